//! Half-typed follow-up forms, rewritten while somebody types. As with visits only the first and the last of a draft
//! are logged.
use rusqlite::{OptionalExtension, Row};

use crate::domain::audit::Stamp;
use crate::domain::followup::register::FormDraft;
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::role::{Action, UserId};
use crate::storage::{Books, Store, StoreError};

impl Store {
    pub fn save_form_draft(&mut self, draft: &FormDraft, stamp: &Stamp) -> Result<(), StoreError> {
        let rows = serde_json::to_string(&draft.rows)
            .map_err(|error| StoreError::unreadable(error.to_string()))?;
        self.write(|books| {
            let key = (draft.patient.0, stamp.user.0, &draft.form);
            let known: Option<i64> = books
                .prepare_cached(
                    "SELECT id FROM follow_up_drafts WHERE patient_id = ?1 AND doctor_id = ?2 AND form = ?3",
                )?
                .query_row(key, |row| row.get(0))
                .optional()?;
            if let Some(id) = known {
                books
                    .prepare_cached(
                        "UPDATE follow_up_drafts SET saved_at = ?2, rows = ?3 WHERE id = ?1",
                    )?
                    .execute((id, stamp.at.millis(), &rows))?;
                return Ok(());
            }
            books.execute(
                "INSERT INTO follow_up_drafts (patient_id, doctor_id, form, saved_at, rows) VALUES (?1, ?2, ?3, ?4, ?5)",
                (draft.patient.0, stamp.user.0, &draft.form, stamp.at.millis(), &rows),
            )?;
            let object = format!("form-draft patient:{}", draft.patient.0);
            books.log(stamp, Action::RecordFollowUp.id(), object)?;
            Ok(())
        })
    }

    pub fn form_draft(
        &self,
        doctor: UserId,
        (patient, form): (PatientId, &str),
    ) -> Result<Option<FormDraft>, StoreError> {
        let found: Option<Result<FormDraft, StoreError>> = self
            .conn
            .prepare_cached(
                "SELECT patient_id, form, saved_at, rows, '' FROM follow_up_drafts
                 WHERE doctor_id = ?1 AND patient_id = ?2 AND form = ?3",
            )?
            .query_row((doctor.0, patient.0, form), |row| Ok(read(row)))
            .optional()?;
        found.transpose()
    }

    /// The names of those whose form somebody left half-typed, the newest first.
    pub fn form_draft_names(&self, doctor: UserId) -> Result<Vec<String>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT p.name FROM follow_up_drafts d JOIN patients p ON p.id = d.patient_id
             WHERE d.doctor_id = ?1 ORDER BY d.saved_at DESC, d.id DESC",
        )?;
        let rows = statement.query_map([doctor.0], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Throws a half-typed form away. Only who wrote it can; there may be none.
    pub fn discard_form_draft(
        &mut self,
        (patient, form): (PatientId, &str),
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            if forget(books, (patient, form), stamp)? {
                let object = format!("form-draft patient:{} discarded", patient.0);
                books.log(stamp, Action::RecordFollowUp.id(), object)?;
            }
            Ok(())
        })
    }
}

/// `false` = there was none.
pub(super) fn forget(
    books: &Books<'_>,
    (patient, form): (PatientId, &str),
    stamp: &Stamp,
) -> Result<bool, StoreError> {
    let gone = books.execute(
        "DELETE FROM follow_up_drafts WHERE patient_id = ?1 AND doctor_id = ?2 AND form = ?3",
        (patient.0, stamp.user.0, form),
    )?;
    Ok(gone > 0)
}

fn read(row: &Row<'_>) -> Result<FormDraft, StoreError> {
    let rows: String = row.get(3)?;
    Ok(FormDraft {
        patient: PatientId(row.get(0)?),
        form: row.get(1)?,
        saved: Instant::from_millis(row.get(2)?),
        rows: serde_json::from_str(&rows)
            .map_err(|error| StoreError::unreadable(error.to_string()))?,
    })
}
