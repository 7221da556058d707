//! What was found at each meeting: written once, with values, tasks, outbox message and audit entry in one transaction.
use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::enrolments::{enrol, event};
use super::{day, day_or_none, form_drafts, tasks};
use crate::domain::age::Day;
use crate::domain::audit::{Hash, Stamp};
use crate::domain::catalog::follow_up::Referral;
use crate::domain::followup::register::{
    EnrolmentId, FollowUpId, FollowUpRecord, Home, NewEnrolment, NewFollowUp, NewTask, Point,
    Status, TaskKind, Verdict,
};
use crate::domain::followup::{Mode, Occasion, Provenance};
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::visit::VisitId;
use crate::storage::{Books, Store, StoreError, outbox, rows};

/// What is signed, as JSON: numbers with provenance, signs, other fields.
#[derive(Serialize, Deserialize)]
struct Body {
    patient: i64,
    programme: String,
    day: String,
    mode: String,
    numbers: Vec<(String, f64, String)>,
    #[serde(default)]
    signs: Vec<String>,
    #[serde(default)]
    fields: Vec<(String, String)>,
    class: Option<u8>,
    controlled: Option<bool>,
    referral: String,
    plan: String,
    next_on: Option<String>,
    table: String,
}

const COLUMNS: &str = "f.id, f.patient_id, f.programme, f.day, f.mode, f.recorded_at, f.doctor_name, f.visit_id, f.class,
    f.controlled, f.danger, f.referral, f.plan, f.harm, f.next_on, f.annual_check, f.table_id, f.knowledge, f.supersedes,
    (SELECT s.id FROM follow_ups s WHERE s.supersedes = f.id), f.body, f.sha256";

impl Store {
    /// Keeps one meeting for all its programmes. Who is not enrolled yet is enrolled; who was lost is found again.
    pub fn record_follow_up(
        &mut self,
        new: &NewFollowUp,
        (verdicts, doctor_name, knowledge): (&[Verdict], &str, &str),
        stamp: &Stamp,
    ) -> Result<Vec<FollowUpId>, StoreError> {
        self.write(|books| {
            let mut ids = vec![];
            if let Some(form) = &new.draft {
                form_drafts::forget(books, (new.patient, form), stamp)?;
            }
            if let Some(old) = new.supersedes {
                must_be_same(books, old, new)?;
            }
            for verdict in verdicts {
                let enrolment = enrolment_of(books, (new, &verdict.programme, doctor_name), stamp)?;
                let body = body(new, verdict)?;
                let sha256 = Hash::of(body.as_bytes());
                let id =
                    write(books, (new, verdict), (doctor_name, knowledge, &body, sha256), stamp)?;
                write_values(books, id, &new.occasion)?;
                if let Some(old) = new.supersedes {
                    tasks::cancel(books, &format!("follow-up:{}", old.0), stamp)?;
                }
                if let Some(task) = &verdict.task {
                    let task = NewTask {
                        patient: new.patient,
                        kind: TaskKind::Referral,
                        programme: verdict.programme.clone(),
                        due: task.due,
                        what: task.what.clone(),
                        object: format!("follow-up:{}", id.0),
                    };
                    tasks::make(books, &task, stamp)?;
                }
                stand(books, (enrolment, new.patient), &verdict.programme)?;
                let object = format!("follow-up:{}", id.0);
                outbox::write_message(books, ("follow-up", object), &message(id, sha256), stamp)?;
                let object = format!(
                    "follow-up:{} patient:{} {} sha256:{sha256}",
                    id.0, new.patient.0, verdict.programme
                );
                books.log(stamp, Action::RecordFollowUp.id(), object)?;
                ids.push(id);
            }
            Ok(ids)
        })
    }

    /// All follow-ups of a person, corrected ones too, oldest first.
    pub fn follow_ups(&self, patient: PatientId) -> Result<Vec<FollowUpRecord>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM follow_ups f WHERE f.patient_id = ?1 ORDER BY f.day, f.id"
        ))?;
        let mut found = vec![];
        let mut rows = statement.query([patient.0])?;
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    pub fn follow_up(&self, id: FollowUpId) -> Result<FollowUpRecord, StoreError> {
        let mut statement = self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM follow_ups f WHERE f.id = ?1"))?;
        let mut rows = statement.query([id.0])?;
        rows.next()?.map_or(Err(StoreError::NotFound { what: "follow-up" }), read)
    }

    /// The programmes that a signed visit was already counted for.
    pub fn counted_for(&self, visit: VisitId) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT DISTINCT programme FROM follow_ups WHERE visit_id = ?1")?;
        let rows = statement.query_map([visit.0], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One number over time, for a chart; corrected entries are left out, a day's entry for two forms comes once.
    pub fn series(&self, patient: PatientId, name: &str) -> Result<Vec<Point>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT f.day, v.value, v.provenance, f.mode FROM follow_ups f
             JOIN follow_up_values v ON v.follow_up_id = f.id AND v.name = ?2
             WHERE f.patient_id = ?1 AND NOT EXISTS (SELECT 1 FROM follow_ups s WHERE s.supersedes = f.id)
             ORDER BY f.day, f.id",
        )?;
        let mut found: Vec<Point> = vec![];
        let mut rows = statement.query((patient.0, name))?;
        while let Some(row) = rows.next()? {
            let (on, provenance, mode): (String, String, String) =
                (row.get(0)?, row.get(2)?, row.get(3)?);
            let point = Point {
                day: day(&on)?,
                value: row.get(1)?,
                provenance: rows::word("provenance", &provenance, Provenance::parse)?,
                mode: rows::word("mode", &mode, Mode::parse)?,
            };
            if found.last() != Some(&point) {
                found.push(point);
            }
        }
        Ok(found)
    }
}

fn must_be_same(books: &Books<'_>, old: FollowUpId, new: &NewFollowUp) -> Result<(), StoreError> {
    let of: Option<(i64, String)> = books
        .query_row("SELECT patient_id, programme FROM follow_ups WHERE id = ?1", [old.0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    match of {
        Some((patient, programme))
            if patient == new.patient.0 && new.programmes.iter().eq([&programme]) =>
        {
            Ok(())
        }
        _ => {
            Err(StoreError::NotFound { what: "follow-up of this person and programme to correct" })
        }
    }
}

fn enrolment_of(
    books: &Books<'_>,
    (new, programme, doctor_name): (&NewFollowUp, &str, &str),
    stamp: &Stamp,
) -> Result<EnrolmentId, StoreError> {
    let known: Option<(i64, String)> = books
        .prepare_cached(
            "SELECT id, status FROM enrolments WHERE patient_id = ?1 AND programme = ?2",
        )?
        .query_row((new.patient.0, programme), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((id, status)) = known {
        let id = EnrolmentId(id);
        if status == Status::Lost.id() && new.supersedes.is_none() {
            let on = new.occasion.day.to_string();
            // A late entry of a meeting before the loss does not undo it.
            let changed = books.execute(
                "UPDATE enrolments SET status = 'active', status_day = ?2, status_cause = '' WHERE id = ?1 AND status_day <= ?2",
                (id.0, on),
            )?;
            if changed > 0 {
                event(books, id, (Status::Active, new.occasion.day, "随访到"), stamp)?;
            }
        }
        return Ok(id);
    }
    let address: Option<String> = books
        .query_row("SELECT address FROM patients WHERE id = ?1", [new.patient.0], |row| row.get(0))
        .optional()?;
    let address = address.ok_or(StoreError::NotFound { what: "patient" })?;
    let enrolment = NewEnrolment {
        patient: new.patient,
        programme: programme.to_owned(),
        from: new.occasion.day,
        home: Home::of_address(&address),
        doctor: doctor_name.to_owned(),
    };
    enrol(books, &enrolment, stamp)
}

/// Where the person stands follows from the newest valid meeting, whichever was entered last.
fn stand(
    books: &Books<'_>,
    (enrolment, patient): (EnrolmentId, PatientId),
    programme: &str,
) -> Result<(), StoreError> {
    books
        .prepare_cached(
            "UPDATE enrolments SET (last_day, last_class, last_controlled, next_due, harm) =
                (SELECT f.day, f.class, f.controlled, f.next_on, f.harm FROM follow_ups f
                 WHERE f.patient_id = ?2 AND f.programme = ?3
                   AND NOT EXISTS (SELECT 1 FROM follow_ups s WHERE s.supersedes = f.id)
                 ORDER BY f.day DESC, f.id DESC LIMIT 1)
             WHERE id = ?1",
        )?
        .execute((enrolment.0, patient.0, programme))?;
    Ok(())
}

fn body(new: &NewFollowUp, verdict: &Verdict) -> Result<String, StoreError> {
    let body = Body {
        patient: new.patient.0,
        programme: verdict.programme.clone(),
        day: new.occasion.day.to_string(),
        mode: new.occasion.mode.unwrap_or(Mode::Clinic).id().to_owned(),
        numbers: new
            .occasion
            .numbers
            .iter()
            .map(|(name, r)| (name.clone(), r.value, r.provenance.id().to_owned()))
            .collect(),
        signs: new.occasion.signs.iter().cloned().collect(),
        fields: new.fields.clone(),
        class: verdict.class,
        controlled: verdict.controlled,
        referral: verdict.referral.id().to_owned(),
        plan: verdict.plan.clone(),
        next_on: verdict.next_on.map(|d| d.to_string()),
        table: verdict.table.clone(),
    };
    serde_json::to_string(&body).map_err(|error| StoreError::unreadable(error.to_string()))
}

fn write(
    books: &Books<'_>,
    (new, verdict): (&NewFollowUp, &Verdict),
    (doctor_name, knowledge, body, sha256): (&str, &str, &str, Hash),
    stamp: &Stamp,
) -> Result<FollowUpId, StoreError> {
    books
        .prepare_cached(
            "INSERT INTO follow_ups (patient_id, programme, day, mode, recorded_at, doctor_id, doctor_name, visit_id,
                class, controlled, danger, referral, plan, harm, next_on, annual_check, table_id, knowledge, supersedes,
                body, sha256)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
        )?
        .execute(rusqlite::params![
            new.patient.0,
            verdict.programme,
            new.occasion.day.to_string(),
            new.occasion.mode.unwrap_or(Mode::Clinic).id(),
            stamp.at.millis(),
            stamp.user.0,
            doctor_name,
            new.visit.map(|v| v.0),
            verdict.class,
            verdict.controlled,
            verdict.danger.join("\u{1f}"),
            verdict.referral.id(),
            verdict.plan,
            verdict.harm,
            verdict.next_on.map(|d| d.to_string()),
            new.annual_check,
            verdict.table,
            knowledge,
            new.supersedes.map(|id| id.0),
            body,
            sha256.0,
        ])?;
    Ok(FollowUpId(books.last_insert_rowid()))
}

fn write_values(books: &Books<'_>, id: FollowUpId, occasion: &Occasion) -> Result<(), StoreError> {
    let mut insert = books.prepare_cached(
        "INSERT INTO follow_up_values (follow_up_id, name, value, provenance) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (name, reading) in &occasion.numbers {
        insert.execute((id.0, name, reading.value, reading.provenance.id()))?;
    }
    Ok(())
}

/// Like a visit's, the message names the record and its hash; delivery fills in the rest when it goes out.
fn message(id: FollowUpId, sha256: Hash) -> String {
    format!("{{\"follow_up\":{},\"sha256\":\"{sha256}\"}}", id.0)
}

fn read(row: &Row<'_>) -> Result<FollowUpRecord, StoreError> {
    let (body, sha256): (String, [u8; 32]) = (row.get(20)?, row.get(21)?);
    let body: Body =
        serde_json::from_str(&body).map_err(|error| StoreError::unreadable(error.to_string()))?;
    let (on, mode, referral): (String, String, String) = (row.get(3)?, row.get(4)?, row.get(11)?);
    let programme: String = row.get(2)?;
    let class: Option<u8> = row.get(8)?;
    let mut occasion = Occasion::on(day(&on)?);
    occasion.mode = Some(rows::word("mode", &mode, Mode::parse)?);
    for (name, value, provenance) in &body.numbers {
        occasion.set(name, *value, rows::word("provenance", provenance, Provenance::parse)?);
    }
    occasion.signs = body.signs.into_iter().collect::<BTreeSet<_>>();
    occasion.classes = class.map(|class| (Some(programme.clone()), class)).into_iter().collect();
    occasion.programmes = vec![programme.clone()];
    let danger: String = row.get(10)?;
    Ok(FollowUpRecord {
        id: FollowUpId(row.get(0)?),
        patient: PatientId(row.get(1)?),
        verdict: Verdict {
            programme,
            class,
            controlled: row.get(9)?,
            danger: danger.split('\u{1f}').filter(|d| !d.is_empty()).map(str::to_owned).collect(),
            referral: rows::word("referral", &referral, Referral::parse)?,
            plan: row.get(12)?,
            harm: row.get(13)?,
            next_on: day_or_none(row.get(14)?)?,
            task: None,
            table: row.get(16)?,
        },
        occasion,
        fields: body.fields,
        recorded: Instant::from_millis(row.get(5)?),
        doctor_name: row.get(6)?,
        annual_check: row.get(15)?,
        visit: row.get::<_, Option<i64>>(7)?.map(VisitId),
        supersedes: row.get::<_, Option<i64>>(18)?.map(FollowUpId),
        superseded_by: row.get::<_, Option<i64>>(19)?.map(FollowUpId),
        knowledge: row.get(17)?,
        sha256: Hash(sha256),
    })
}

/// The newest annual check of a person on or before a day.
impl Store {
    pub fn annual_check(&self, patient: PatientId, until: Day) -> Result<Option<Day>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT max(f.day) FROM follow_ups f WHERE f.patient_id = ?1 AND f.annual_check = 1 AND f.day <= ?2
               AND NOT EXISTS (SELECT 1 FROM follow_ups s WHERE s.supersedes = f.id)",
        )?;
        let found = statement.query_row((patient.0, until.to_string()), |row| row.get(0))?;
        day_or_none(found)
    }
}
