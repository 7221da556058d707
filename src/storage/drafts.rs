//! Open visits: one row for each patient and doctor, rewritten every two seconds of typing. Only the first and the
//! last of a draft are logged; the strokes between are not events of their own.
use rusqlite::OptionalExtension;

use super::{Store, StoreError, rows};
use crate::domain::audit::Stamp;
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::role::{Action, UserId};
use crate::domain::visit::{Draft, DraftId};

impl Store {
    pub fn save_draft(&mut self, draft: &Draft, stamp: &Stamp) -> Result<DraftId, StoreError> {
        let body = rows::visit_to_json(&draft.visit)?;
        self.write(|books| {
            let (patient, doctor) = (draft.visit.patient.0, draft.visit.doctor.0);
            let known: Option<i64> = books
                .prepare_cached("SELECT id FROM drafts WHERE patient_id = ?1 AND doctor_id = ?2")?
                .query_row((patient, doctor), |row| row.get(0))
                .optional()?;
            if let Some(id) = known {
                books
                    .prepare_cached(
                        "UPDATE drafts SET saved_at = ?2, typing = ?3, body = ?4 WHERE id = ?1",
                    )?
                    .execute((id, stamp.at.millis(), &draft.typing, &body))?;
                return Ok(DraftId(id));
            }
            books.execute(
                "INSERT INTO drafts (patient_id, doctor_id, opened_at, saved_at, typing, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    patient,
                    doctor,
                    draft.visit.opened.millis(),
                    stamp.at.millis(),
                    &draft.typing,
                    &body,
                ),
            )?;
            let id = books.last_insert_rowid();
            books.log(stamp, Action::WriteVisit.id(), format!("draft:{id} patient:{patient}"))?;
            Ok(DraftId(id))
        })
    }

    /// A doctor's open visits, the one written last first.
    pub fn drafts(&self, doctor: UserId) -> Result<Vec<Draft>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, saved_at, typing, body FROM drafts WHERE doctor_id = ?1 ORDER BY saved_at DESC, id DESC",
        )?;
        let rows = statement.query_map([doctor.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
        })?;
        rows.map(|row| {
            let (id, saved, typing, body) = row?;
            Ok(Draft {
                id: Some(DraftId(id)),
                visit: rows::visit_from_json(&body)?,
                typing,
                saved: Instant::from_millis(saved),
            })
        })
        .collect()
    }

    pub fn draft_of(
        &self,
        doctor: UserId,
        patient: PatientId,
    ) -> Result<Option<Draft>, StoreError> {
        Ok(self.drafts(doctor)?.into_iter().find(|draft| draft.visit.patient == patient))
    }

    /// Throws an open visit away. Only the doctor who wrote it can.
    pub fn discard_draft(&mut self, id: DraftId, stamp: &Stamp) -> Result<(), StoreError> {
        self.write(|books| {
            if books.execute(
                "DELETE FROM drafts WHERE id = ?1 AND doctor_id = ?2",
                (id.0, stamp.user.0),
            )? == 0
            {
                return Err(StoreError::NotFound { what: "open visit" });
            }
            books.log(stamp, Action::WriteVisit.id(), format!("draft:{} discarded", id.0))?;
            Ok(())
        })
    }
}
