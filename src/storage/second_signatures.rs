//! Second signatures: written when they are given, never changed; a visit may be signed with one only if it is here.
use rusqlite::{OptionalExtension, Row};

use super::{Store, StoreError, rows};
use crate::domain::audit::{Hash, Stamp};
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::role::{Action, Role, UserId};
use crate::domain::visit::{SecondSignature, SecondSignatureId};

/// What a second signature is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOver {
    pub patient: PatientId,
    pub doctor: UserId,
    pub rule: String,
    pub drugs: String,
}

impl Store {
    /// Keeps one person's second signatures for these stops, all or none; `stamp` is the signer's. The numbers that
    /// `given` carries are replaced by those of the rows.
    pub fn add_second_signatures(
        &mut self,
        stops: &[SignedOver],
        given: &SecondSignature,
        stamp: &Stamp,
    ) -> Result<Vec<SecondSignature>, StoreError> {
        self.write(|books| {
            stops
                .iter()
                .map(|stop| {
                    books.execute(
                        "INSERT INTO second_signatures (patient_id, doctor_id, signer_id, signer_name, signer_role,
                            rule, drugs, lines, reason, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                        (
                            stop.patient.0,
                            stop.doctor.0,
                            given.signer.0,
                            &given.name,
                            given.role.id(),
                            &stop.rule,
                            &stop.drugs,
                            given.lines.0,
                            &given.reason,
                            given.at.millis(),
                        ),
                    )?;
                    let id = SecondSignatureId(books.last_insert_rowid());
                    let object = format!(
                        "second-signature:{} patient:{} doctor:{} rule:{} lines:{}",
                        id.0, stop.patient.0, stop.doctor.0, stop.rule, given.lines
                    );
                    books.log(stamp, Action::SignSecond.id(), object)?;
                    Ok(SecondSignature { id, ..given.clone() })
                })
                .collect()
        })
    }

    /// The signature as it was given, and what for.
    pub fn second_signature(
        &self,
        id: SecondSignatureId,
    ) -> Result<Option<(SignedOver, SecondSignature)>, StoreError> {
        self.conn
            .prepare_cached(
                "SELECT patient_id, doctor_id, rule, drugs, signer_id, signer_name, signer_role, at, reason, lines
                 FROM second_signatures WHERE id = ?1",
            )?
            .query_row([id.0], |row| Ok(read(id, row)))
            .optional()?
            .transpose()
    }
}

fn read(id: SecondSignatureId, row: &Row<'_>) -> Result<(SignedOver, SecondSignature), StoreError> {
    let role: String = row.get(6)?;
    let over = SignedOver {
        patient: PatientId(row.get(0)?),
        doctor: UserId(row.get(1)?),
        rule: row.get(2)?,
        drugs: row.get(3)?,
    };
    let signature = SecondSignature {
        id,
        signer: UserId(row.get(4)?),
        name: row.get(5)?,
        role: rows::word("role", &role, Role::parse)?,
        at: Instant::from_millis(row.get(7)?),
        reason: row.get(8)?,
        lines: Hash(row.get(9)?),
    };
    Ok((over, signature))
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::storage::migrate;

    #[test]
    fn a_second_signature_is_another_persons_and_stays_as_it_was_given() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate::run(&mut conn).unwrap();
        conn.execute_batch(
            "INSERT INTO users (id, name, display_name, roles, created_at)
                VALUES (1, 'wang', '王', 'doctor', 0), (2, 'li', '李', 'pharmacist', 0);
             INSERT INTO patients (id, name, sex, birth_estimated, address, allergies_known, lactating, created_at, created_by)
                VALUES (1, '王小明', 'male', 0, '', 'none', 0, 0, 1);",
        )
        .unwrap();
        let insert = |signer: i64, reason: &str| {
            conn.execute(
                "INSERT INTO second_signatures (patient_id, doctor_id, signer_id, signer_name, signer_role, rule, drugs,
                    lines, reason, at) VALUES (1, 1, ?1, '李', 'pharmacist', 'r', 'd', zeroblob(32), ?2, 0)",
                (signer, reason),
            )
        };
        assert!(insert(1, "会诊后同意").is_err(), "the same person");
        assert!(insert(2, "无").is_err(), "no reason");
        insert(2, "会诊后同意").unwrap();
        for sql in ["UPDATE second_signatures SET reason = 'xxxx'", "DELETE FROM second_signatures"]
        {
            let error = StoreError::from(conn.execute(sql, []).unwrap_err());
            assert!(matches!(error, StoreError::Sealed), "{sql}: {error}");
        }
    }
}
