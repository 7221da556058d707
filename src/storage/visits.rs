//! Signed visits: written once, in one transaction with all that belongs to them, and never changed.
use rusqlite::{OptionalExtension, Row};

use super::{Books, Store, StoreError, outbox, rows};
use crate::domain::audit::{Hash, Stamp};
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::visit::{
    AlertAnswer, AnswerReason, EarlierAnswer, QUIET_DAYS, ReadyVisit, SignedReceipt, SignedVisit,
    Visit, VisitId, VisitLine,
};

impl Store {
    /// Signs a visit: visit, diagnoses, advice, prescription, answers, outbox message and audit entry, all or none.
    /// The draft goes, and the patient leaves the waiting room. When this returns `Ok`, it is on the disk.
    pub fn sign_visit(
        &mut self,
        ready: &ReadyVisit,
        doctor_name: &str,
        stamp: &Stamp,
    ) -> Result<SignedReceipt, StoreError> {
        let visit = ready.visit();
        let body = rows::visit_to_json(visit)?;
        let sha256 = Hash::of(body.as_bytes());
        self.write(|books| {
            if let Some(superseded) = visit.supersedes {
                must_be_of_patient(books, superseded, visit.patient)?;
            }
            let id = write_visit(books, visit, (doctor_name, &body, sha256), stamp)?;
            write_diagnoses(books, id, visit)?;
            write_advice(books, id, visit)?;
            let prescription_number = write_prescription(books, id, visit, stamp)?;
            write_answers(books, id, visit, stamp)?;
            outbox::write_message(
                books,
                ("visit", format!("visit:{}", id.0)),
                &message(id, sha256),
                stamp,
            )?;
            close_visit(books, visit, stamp)?;
            let object = format!("visit:{} patient:{} sha256:{sha256}", id.0, visit.patient.0);
            let audit = books.log(stamp, Action::SignVisit.id(), object)?;
            Ok(SignedReceipt { visit: id, signed: stamp.at, prescription_number, sha256, audit })
        })
    }

    /// A patient's signed visits, newest first.
    pub fn history(&self, patient: PatientId) -> Result<Vec<VisitLine>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT v.id, v.signed_at, v.doctor_name,
                EXISTS (SELECT 1 FROM visits s WHERE s.supersedes = v.id),
                (SELECT group_concat(name, char(31)) FROM
                    (SELECT name FROM visit_diagnoses d WHERE d.visit_id = v.id ORDER BY seq)),
                (SELECT group_concat(name, char(31)) FROM
                    (SELECT i.name FROM prescriptions r JOIN prescription_items i ON i.prescription_id = r.id
                     WHERE r.visit_id = v.id ORDER BY i.seq))
             FROM visits v WHERE v.patient_id = ?1 ORDER BY v.signed_at DESC, v.id DESC",
        )?;
        let split = |names: Option<String>| -> Vec<String> {
            names
                .map(|names| names.split('\u{1f}').map(str::to_owned).collect())
                .unwrap_or_default()
        };
        let rows = statement.query_map([patient.0], |row| {
            let signed = Instant::from_millis(row.get(1)?);
            Ok(VisitLine {
                id: VisitId(row.get(0)?),
                day: signed.day(),
                signed,
                doctor_name: row.get(2)?,
                superseded: row.get(3)?,
                diagnoses: split(row.get(4)?),
                drugs: split(row.get(5)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn visit(&self, id: VisitId) -> Result<SignedVisit, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT v.id, v.signed_at, v.doctor_name, v.body, v.sha256,
                (SELECT s.id FROM visits s WHERE s.supersedes = v.id), r.day, r.of_day
             FROM visits v LEFT JOIN prescriptions r ON r.visit_id = v.id WHERE v.id = ?1",
        )?;
        let mut rows = statement.query([id.0])?;
        rows.next()?.map_or(Err(StoreError::NotFound { what: "visit" }), read)
    }

    /// Answers of the last 90 days that keep a 警 alert of the same rule and drugs quiet for this patient. A 禁 is
    /// never in here.
    pub fn earlier_answers(
        &self,
        patient: PatientId,
        now: Instant,
    ) -> Result<Vec<EarlierAnswer>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT rule, drugs, reason, words, at FROM alert_answers
             WHERE patient_id = ?1 AND at > ?2 AND reason IS NOT NULL AND tier = 'warn' ORDER BY at DESC",
        )?;
        let since = now.plus_days(-QUIET_DAYS).millis();
        let rows = statement.query_map((patient.0, since), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, u8>(2)?, row.get(3)?, row.get(4)?))
        })?;
        rows.map(|row| {
            let (rule, drugs, code, text, at) = row?;
            let reason = AnswerReason::from_code(code)
                .ok_or_else(|| StoreError::unreadable(format!("reason {code}")))?;
            Ok(EarlierAnswer {
                rule,
                drugs,
                answer: AlertAnswer { reason, text },
                at: Instant::from_millis(at),
            })
        })
        .collect()
    }

    /// Signed visits with a prescription in `from..to`, oldest first; corrected ones are left out.
    pub fn prescribed_between(
        &self,
        (from, to): (Instant, Instant),
    ) -> Result<Vec<SignedVisit>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT v.id, v.signed_at, v.doctor_name, v.body, v.sha256, NULL, r.day, r.of_day
             FROM visits v JOIN prescriptions r ON r.visit_id = v.id
             WHERE v.signed_at >= ?1 AND v.signed_at < ?2
                AND NOT EXISTS (SELECT 1 FROM visits s WHERE s.supersedes = v.id)
             ORDER BY v.signed_at, v.id",
        )?;
        let mut rows = statement.query((from.millis(), to.millis()))?;
        let mut visits = vec![];
        while let Some(row) = rows.next()? {
            visits.push(read(row)?);
        }
        Ok(visits)
    }

    pub fn count_visits(&self) -> Result<u64, StoreError> {
        Ok(self.conn.query_row("SELECT count(*) FROM visits", [], |row| row.get::<_, i64>(0))?
            as u64)
    }
}

fn must_be_of_patient(
    books: &Books<'_>,
    visit: VisitId,
    patient: PatientId,
) -> Result<(), StoreError> {
    let of: Option<i64> = books
        .query_row("SELECT patient_id FROM visits WHERE id = ?1", [visit.0], |row| row.get(0))
        .optional()?;
    match of {
        Some(of) if of == patient.0 => Ok(()),
        _ => Err(StoreError::NotFound { what: "visit of this patient to correct" }),
    }
}

fn write_visit(
    books: &Books<'_>,
    visit: &Visit,
    (doctor_name, body, sha256): (&str, &str, Hash),
    stamp: &Stamp,
) -> Result<VisitId, StoreError> {
    books
        .prepare_cached(
            "INSERT INTO visits (patient_id, doctor_id, doctor_name, opened_at, signed_at, setting, triage,
                knowledge, model, supersedes, body, sha256)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute((
            visit.patient.0,
            visit.doctor.0,
            doctor_name,
            visit.opened.millis(),
            stamp.at.millis(),
            visit.setting.id(),
            visit.triage.as_ref().map(|triage| triage.level.id()),
            &visit.advice.knowledge,
            &visit.advice.model,
            visit.supersedes.map(|id| id.0),
            body,
            sha256.0,
        ))?;
    Ok(VisitId(books.last_insert_rowid()))
}

fn write_diagnoses(books: &Books<'_>, id: VisitId, visit: &Visit) -> Result<(), StoreError> {
    let mut insert = books.prepare_cached(
        "INSERT INTO visit_diagnoses (visit_id, seq, name, icd10, condition, certainty) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (seq, d) in visit.diagnoses.iter().enumerate() {
        insert.execute((id.0, seq as i64, &d.name, &d.icd10, &d.condition, d.certainty.id()))?;
    }
    Ok(())
}

fn write_advice(books: &Books<'_>, id: VisitId, visit: &Visit) -> Result<(), StoreError> {
    let mut insert = books.prepare_cached(
        "INSERT INTO advice (visit_id, kind, seq, rule, name, probability) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (seq, c) in visit.advice.differential.iter().enumerate() {
        insert.execute((
            id.0,
            "condition",
            seq as i64,
            &c.condition,
            &c.name,
            Some(c.probability),
        ))?;
    }
    for (kind, rules) in [("do-not-miss", &visit.advice.do_not_miss), ("plan", &visit.advice.plans)]
    {
        for (seq, r) in rules.iter().enumerate() {
            insert.execute((id.0, kind, seq as i64, &r.rule, &r.name, None::<f64>))?;
        }
    }
    Ok(())
}

/// Sheets are numbered within their day: `20261124-003`.
fn write_prescription(
    books: &Books<'_>,
    id: VisitId,
    visit: &Visit,
    stamp: &Stamp,
) -> Result<Option<String>, StoreError> {
    if visit.prescription.lines.is_empty() {
        return Ok(None);
    }
    let day = stamp.at.day().to_string();
    let of_day: i64 = books
        .prepare_cached("SELECT coalesce(max(of_day), 0) + 1 FROM prescriptions WHERE day = ?1")?
        .query_row([&day], |row| row.get(0))?;
    books
        .prepare_cached("INSERT INTO prescriptions (visit_id, day, of_day) VALUES (?1, ?2, ?3)")?
        .execute((id.0, &day, of_day))?;
    let prescription = books.last_insert_rowid();
    let mut insert = books.prepare_cached(
        "INSERT INTO prescription_items (prescription_id, seq, drug, name, strength, dose, dose_unit, route, frequency,
            days, quantity, quantity_unit, skin_test) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for (seq, l) in visit.prescription.lines.iter().enumerate() {
        insert.execute((
            prescription,
            seq as i64,
            &l.drug,
            &l.name,
            &l.strength,
            &l.dose,
            &l.dose_unit,
            &l.route,
            &l.frequency,
            l.days,
            l.quantity,
            &l.quantity_unit,
            l.skin_test.map(crate::domain::visit::SkinTest::id),
        ))?;
    }
    Ok(Some(number(&day, of_day)))
}

fn write_answers(
    books: &Books<'_>,
    id: VisitId,
    visit: &Visit,
    stamp: &Stamp,
) -> Result<(), StoreError> {
    let mut insert = books.prepare_cached(
        "INSERT INTO alert_answers (visit_id, seq, patient_id, rule, drugs, tier, category, reason, words, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for (seq, a) in visit.prescription.alerts.iter().enumerate() {
        let reason = a.answer.as_ref().map(|answer| answer.reason.code());
        let words = a.answer.as_ref().map_or("", |answer| answer.text.as_str());
        insert.execute((
            id.0,
            seq as i64,
            visit.patient.0,
            &a.rule,
            &a.drugs,
            a.tier.id(),
            &a.category,
            reason,
            words,
            stamp.at.millis(),
        ))?;
    }
    Ok(())
}

/// What is no longer open once a visit is signed.
fn close_visit(books: &Books<'_>, visit: &Visit, stamp: &Stamp) -> Result<(), StoreError> {
    let (patient, doctor) = (visit.patient.0, visit.doctor.0);
    books
        .prepare_cached("DELETE FROM drafts WHERE patient_id = ?1 AND doctor_id = ?2")?
        .execute((patient, doctor))?;
    books.prepare_cached("DELETE FROM waiting WHERE patient_id = ?1")?.execute([patient])?;
    books
        .prepare_cached(
            "UPDATE patients SET last_visit_at = max(coalesce(last_visit_at, 0), ?2) WHERE id = ?1",
        )?
        .execute((patient, stamp.at.millis()))?;
    Ok(())
}

/// The outbox names the visit and its hash; what is sent is made from the visit, which cannot change, on the way out.
fn message(id: VisitId, sha256: Hash) -> String {
    format!("{{\"visit\":{},\"sha256\":\"{sha256}\"}}", id.0)
}

fn number(day: &str, of_day: i64) -> String {
    format!("{}-{of_day:03}", day.replace('-', ""))
}

fn read(row: &Row<'_>) -> Result<SignedVisit, StoreError> {
    let body: String = row.get(3)?;
    let day: Option<String> = row.get(6)?;
    let of_day: Option<i64> = row.get(7)?;
    Ok(SignedVisit {
        id: VisitId(row.get(0)?),
        visit: rows::visit_from_json(&body)?,
        signed: Instant::from_millis(row.get(1)?),
        doctor_name: row.get(2)?,
        prescription_number: day.zip(of_day).map(|(day, of_day)| number(&day, of_day)),
        superseded_by: row.get::<_, Option<i64>>(5)?.map(VisitId),
        sha256: Hash(row.get(4)?),
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::domain::role::UserId;
    use crate::domain::visit::Setting;
    use crate::storage::migrate;

    /// One signed visit with everything that hangs on it.
    fn signed() -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate::run(&mut conn).unwrap();
        conn.execute_batch(
            "INSERT INTO users (id, name, display_name, roles, created_at) VALUES (1, 'wang', '王', 'doctor', 0);
             INSERT INTO patients (id, name, sex, birth_estimated, address, allergies_known, lactating, created_at, created_by)
             VALUES (1, '王小明', 'male', 0, '', 'none', 0, 0, 1);",
        )
        .unwrap();
        let at = Instant::from_millis(1_700_000_000_000);
        let mut visit = Visit::blank(PatientId(1), UserId(1), Setting::Village, at);
        visit.prescription.lines.push(crate::domain::visit::PrescriptionLine {
            name: "甲".to_owned(),
            dose: "1".to_owned(),
            dose_unit: "片".to_owned(),
            route: "口服".to_owned(),
            frequency: "qd".to_owned(),
            ..Default::default()
        });
        visit
            .advice
            .plans
            .push(crate::domain::visit::ShownRule { rule: "r".to_owned(), name: "n".to_owned() });
        visit.diagnoses.push(crate::domain::visit::ChosenDiagnosis {
            name: "感冒".to_owned(),
            icd10: "J00".to_owned(),
            condition: None,
            certainty: crate::domain::visit::Certainty::Confirmed,
        });
        visit.prescription.alerts.push(crate::domain::visit::AlertShown {
            rule: "r".to_owned(),
            tier: crate::domain::visit::AlertTier::Note,
            category: String::new(),
            message: String::new(),
            drugs: String::new(),
            lines: vec![0],
            answer: None,
            way_out: crate::domain::visit::WayOut::default(),
            second: None,
        });
        let stamp =
            Stamp { at, user: UserId(1), actor: "wang".to_owned(), role: "doctor".to_owned() };
        let body = rows::visit_to_json(&visit).unwrap();
        let books = Books::begin(&mut conn).unwrap();
        let id =
            write_visit(&books, &visit, ("王", &body, Hash::of(body.as_bytes())), &stamp).unwrap();
        write_diagnoses(&books, id, &visit).unwrap();
        write_advice(&books, id, &visit).unwrap();
        write_prescription(&books, id, &visit, &stamp).unwrap();
        write_answers(&books, id, &visit, &stamp).unwrap();
        books.commit().unwrap();
        conn
    }

    #[test]
    fn no_table_of_a_signed_visit_can_be_changed_or_emptied() {
        let conn = signed();
        for (table, change) in [
            ("visits", "body = '{}'"),
            ("visit_diagnoses", "name = 'x'"),
            ("advice", "name = 'x'"),
            ("prescriptions", "of_day = 9"),
            ("prescription_items", "dose = '9'"),
            ("alert_answers", "reason = 1"),
        ] {
            let rows: i64 = conn
                .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
                .unwrap();
            assert_eq!(rows, 1, "{table} holds a row to guard");
            for sql in [format!("UPDATE {table} SET {change}"), format!("DELETE FROM {table}")] {
                let error = StoreError::from(conn.execute(&sql, []).unwrap_err());
                assert!(matches!(error, StoreError::Sealed), "{sql}: {error}");
            }
        }
    }

    #[test]
    fn a_visit_of_nobody_is_refused() {
        let conn = signed();
        let sql = "INSERT INTO visits (patient_id, doctor_id, doctor_name, opened_at, signed_at, setting, knowledge, body, sha256)
            VALUES (99, 1, '', 0, 0, 'village', '', '{}', zeroblob(32))";
        conn.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        let error = StoreError::from(conn.execute(sql, []).unwrap_err());
        assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    }
}
