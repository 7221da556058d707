//! The waiting room, first come first.
use super::{Store, StoreError, find};
use crate::domain::audit::Stamp;
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::visit::Waiting;

impl Store {
    pub fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {}, w.id, w.since, w.reason, EXISTS (SELECT 1 FROM drafts d WHERE d.patient_id = p.id)
             FROM waiting w JOIN patients p ON p.id = w.patient_id ORDER BY w.since, w.id",
            find::LINE
        ))?;
        let mut list = vec![];
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            list.push(Waiting {
                patient: find::read_line(row)?,
                id: row.get(8)?,
                since: Instant::from_millis(row.get(9)?),
                reason: row.get(10)?,
                has_draft: row.get(11)?,
            });
        }
        Ok(list)
    }

    pub fn add_to_waiting(
        &mut self,
        patient: PatientId,
        reason: &str,
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            books.execute(
                "INSERT INTO waiting (patient_id, since, reason) VALUES (?1, ?2, ?3)",
                (patient.0, stamp.at.millis(), reason),
            )?;
            books.log(
                stamp,
                Action::ChangeWaitingList.id(),
                format!("patient:{} added", patient.0),
            )?;
            Ok(())
        })
    }

    pub fn remove_from_waiting(
        &mut self,
        patient: PatientId,
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            if books.execute("DELETE FROM waiting WHERE patient_id = ?1", [patient.0])? == 0 {
                return Err(StoreError::NotFound { what: "patient in the waiting list" });
            }
            books.log(
                stamp,
                Action::ChangeWaitingList.id(),
                format!("patient:{} removed", patient.0),
            )?;
            Ok(())
        })
    }
}
