//! Consents: given, and taken back; the row stays.
use rusqlite::Row;

use crate::domain::audit::Stamp;
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::share::consent::{Consent, Manner, Purpose};
use crate::domain::share::{HubId, Kind};
use crate::storage::patients::day;
use crate::storage::{Store, StoreError, rows};

impl Store {
    /// Writes a consent down; its number is given by the table.
    pub fn give_consent(
        &mut self,
        patient: PatientId,
        consent: &Consent,
        stamp: &Stamp,
    ) -> Result<i64, StoreError> {
        let kinds: Vec<&str> = consent.kinds.iter().map(|kind| kind.id()).collect();
        self.write(|books| {
            books.execute(
                "INSERT INTO consents (patient_id, purpose, kinds, hub_id, manner, given_at, until, taken_by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                (
                    patient.0,
                    consent.purpose.id(),
                    kinds.join(","),
                    consent.hub.map(|hub| hub.0),
                    consent.manner.id(),
                    consent.given.millis(),
                    consent.until.map(|day| day.to_string()),
                    stamp.user.0,
                ),
            )?;
            let id = books.last_insert_rowid();
            let object =
                format!("consent:{id} patient:{} purpose:{}", patient.0, consent.purpose.id());
            books.log(stamp, Action::ChangeConsent.id(), object)?;
            Ok(id)
        })
    }

    /// Takes a consent back. What waits under it is not sent any more.
    pub fn withdraw_consent(&mut self, id: i64, stamp: &Stamp) -> Result<u64, StoreError> {
        self.write(|books| {
            let changed = books.execute(
                "UPDATE consents SET withdrawn_at = ?2 WHERE id = ?1 AND withdrawn_at IS NULL",
                (id, stamp.at.millis()),
            )?;
            if changed == 0 {
                return Err(StoreError::NotFound { what: "consent that holds" });
            }
            let open = "consent_id = ?1 AND act = 'share' AND state NOT IN ('verified', 'receipted', 'superseded')";
            books.execute(
                &format!("UPDATE delivery_parts SET state = 'superseded' WHERE state NOT IN ('verified', 'receipted') AND delivery_id IN (SELECT id FROM deliveries WHERE {open})"),
                [id],
            )?;
            let stopped = books.execute(
                &format!("UPDATE deliveries SET state = 'superseded', last_word = '患者撤回了同意' WHERE {open}"),
                [id],
            )?;
            books.log(
                stamp,
                Action::ChangeConsent.id(),
                format!("consent:{id} withdrawn, stopped:{stopped}"),
            )?;
            Ok(stopped as u64)
        })
    }

    pub fn consents(&self, patient: PatientId) -> Result<Vec<Consent>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, purpose, kinds, hub_id, manner, given_at, until, withdrawn_at FROM consents
             WHERE patient_id = ?1 ORDER BY id",
        )?;
        let rows = statement.query_map([patient.0], |row| Ok(read(row)))?;
        rows.map(|row| row?).collect()
    }
}

fn read(row: &Row<'_>) -> Result<Consent, StoreError> {
    let (purpose, kinds, manner): (String, String, String) =
        (row.get(1)?, row.get(2)?, row.get(4)?);
    let kinds = kinds
        .split(',')
        .filter(|kind| !kind.is_empty())
        .map(|kind| rows::word("kind of shared record", kind, Kind::parse))
        .collect::<Result<_, _>>()?;
    Ok(Consent {
        id: row.get(0)?,
        purpose: rows::word("purpose", &purpose, Purpose::parse)?,
        kinds,
        hub: row.get::<_, Option<i64>>(3)?.map(HubId),
        manner: rows::word("manner of consent", &manner, Manner::parse)?,
        given: Instant::from_millis(row.get(5)?),
        until: day(row.get(6)?)?,
        withdrawn: row.get::<_, Option<i64>>(7)?.map(Instant::from_millis),
    })
}
