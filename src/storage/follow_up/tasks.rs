//! Tasks with a day, and the answers of the 72-hour loop.
use rusqlite::Row;

use super::day;
use crate::domain::age::Day;
use crate::domain::audit::Stamp;
use crate::domain::followup::register::{
    LoopAnswer, LoopCase, NewTask, OpenTask, TaskId, TaskKind, TaskState,
};
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::visit::VisitId;
use crate::storage::{Books, Store, StoreError, find, rows};

impl Store {
    /// Makes a task; the same thing twice makes one.
    pub fn make_task(&mut self, task: &NewTask, stamp: &Stamp) -> Result<(), StoreError> {
        self.write(|books| {
            if make(books, task, stamp)? {
                let object = format!("task patient:{} {}", task.patient.0, task.object);
                books.log(stamp, Action::RecordFollowUp.id(), object)?;
            }
            Ok(())
        })
    }

    /// Open tasks that are due on `until` or before, the earliest first.
    pub fn open_tasks(&self, until: Day) -> Result<Vec<OpenTask>, StoreError> {
        self.tasks("t.state = 'open' AND t.due <= ?1 ORDER BY t.due, t.id", until.to_string())
    }

    pub fn tasks_of(&self, patient: PatientId) -> Result<Vec<OpenTask>, StoreError> {
        self.tasks("t.patient_id = ?1 ORDER BY t.state = 'open' DESC, t.due, t.id", patient.0)
    }

    /// Done, cancelled, or open again.
    pub fn set_task(
        &mut self,
        id: TaskId,
        (state, outcome): (TaskState, &str),
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            let changed = books.execute(
                "UPDATE follow_up_tasks SET state = ?2, outcome = ?3, changed_at = ?4 WHERE id = ?1",
                (id.0, state.id(), outcome, stamp.at.millis()),
            )?;
            if changed == 0 {
                return Err(StoreError::NotFound { what: "task" });
            }
            let object = format!("task:{} {}", id.0, state.id());
            books.log(stamp, Action::RecordFollowUp.id(), object)?;
            Ok(())
        })
    }

    fn tasks(&self, tail: &str, value: impl rusqlite::ToSql) -> Result<Vec<OpenTask>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {}, t.id, t.kind, t.programme, t.due, t.what, t.object, t.state, t.outcome
             FROM follow_up_tasks t JOIN patients p ON p.id = t.patient_id WHERE {tail}",
            find::LINE
        ))?;
        let mut found = vec![];
        let mut rows = statement.query([value])?;
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// Signed visits between two moments that were uncertain: a diagnosis suspected or to be ruled out, or urgent by
    /// triage. Corrected visits are left out; each person's newest one only.
    pub fn uncertain(&self, (from, to): (Instant, Instant)) -> Result<Vec<LoopCase>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {}, v.id, v.signed_at,
                (SELECT group_concat(name, char(31)) FROM
                    (SELECT name FROM visit_diagnoses d WHERE d.visit_id = v.id ORDER BY seq)),
                (SELECT group_concat(DISTINCT certainty) FROM visit_diagnoses d
                  WHERE d.visit_id = v.id AND d.certainty <> 'confirmed'),
                coalesce(v.triage, ''),
                (SELECT a.answer FROM loop_answers a WHERE a.visit_id = v.id ORDER BY a.id DESC LIMIT 1)
             FROM visits v JOIN patients p ON p.id = v.patient_id
             WHERE v.signed_at >= ?1 AND v.signed_at <= ?2
               AND NOT EXISTS (SELECT 1 FROM visits s WHERE s.supersedes = v.id)
               AND NOT EXISTS (SELECT 1 FROM visits n WHERE n.patient_id = v.patient_id AND n.signed_at > v.signed_at)
               AND (v.triage IN ('emergency', 'urgent')
                    OR EXISTS (SELECT 1 FROM visit_diagnoses d WHERE d.visit_id = v.id AND d.certainty <> 'confirmed'))
             ORDER BY v.signed_at",
            find::LINE
        ))?;
        let mut found = vec![];
        let mut rows = statement.query((from.millis(), to.millis()))?;
        while let Some(row) = rows.next()? {
            let names: Option<String> = row.get(10)?;
            let certainty: Option<String> = row.get(11)?;
            let triage: String = row.get(12)?;
            let answer: Option<String> = row.get(13)?;
            let answer =
                answer.map(|word| rows::word("answer", &word, LoopAnswer::parse)).transpose()?;
            found.push(LoopCase {
                patient: find::read_line(row)?,
                visit: VisitId(row.get(8)?),
                signed: Instant::from_millis(row.get(9)?),
                diagnoses: names
                    .map(|n| n.split('\u{1f}').map(str::to_owned).collect())
                    .unwrap_or_default(),
                why: why(certainty.as_deref(), &triage),
                answer: answer.filter(|a| *a != LoopAnswer::Withdrawn),
            });
        }
        Ok(found)
    }

    pub fn answer_loop(
        &mut self,
        visit: VisitId,
        answer: LoopAnswer,
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            books.execute(
                "INSERT INTO loop_answers (visit_id, answer, at, by) VALUES (?1, ?2, ?3, ?4)",
                (visit.0, answer.id(), stamp.at.millis(), stamp.user.0),
            )?;
            let object = format!("visit:{} loop {}", visit.0, answer.id());
            books.log(stamp, Action::RecordFollowUp.id(), object)?;
            Ok(())
        })
    }

    /// Every answer that was given, oldest first: kept for calibration, to be looked at.
    pub fn loop_answers(&self) -> Result<Vec<(VisitId, LoopAnswer, Instant)>, StoreError> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT visit_id, answer, at FROM loop_answers ORDER BY id")?;
        let mut found = vec![];
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let answer: String = row.get(1)?;
            found.push((
                VisitId(row.get(0)?),
                rows::word("answer", &answer, LoopAnswer::parse)?,
                Instant::from_millis(row.get(2)?),
            ));
        }
        Ok(found)
    }
}

fn why(certainty: Option<&str>, triage: &str) -> String {
    let mut words = vec![];
    let certainty = certainty.unwrap_or_default();
    if certainty.contains("suspected") {
        words.push("疑似");
    }
    if certainty.contains("rule-out") {
        words.push("待排");
    }
    match triage {
        "emergency" => words.push("急诊"),
        "urgent" => words.push("当日"),
        _ => {}
    }
    words.join("、")
}

/// `false` = there was one for the same thing.
pub(super) fn make(books: &Books<'_>, task: &NewTask, stamp: &Stamp) -> Result<bool, StoreError> {
    let made = books
        .prepare_cached(
            "INSERT INTO follow_up_tasks (patient_id, kind, programme, due, what, object, state, outcome, made_at, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', '', ?7, ?7) ON CONFLICT (patient_id, kind, object) DO NOTHING",
        )?
        .execute((
            task.patient.0,
            task.kind.id(),
            &task.programme,
            task.due.to_string(),
            &task.what,
            &task.object,
            stamp.at.millis(),
        ))?;
    Ok(made > 0)
}

/// A corrected follow-up takes its open task with it.
pub(super) fn cancel(books: &Books<'_>, object: &str, stamp: &Stamp) -> Result<(), StoreError> {
    books
        .prepare_cached(
            "UPDATE follow_up_tasks SET state = 'cancelled', outcome = '更正', changed_at = ?2
             WHERE object = ?1 AND state = 'open'",
        )?
        .execute((object, stamp.at.millis()))?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<OpenTask, StoreError> {
    let (kind, due, state): (String, String, String) = (row.get(9)?, row.get(11)?, row.get(14)?);
    Ok(OpenTask {
        patient: find::read_line(row)?,
        id: TaskId(row.get(8)?),
        kind: rows::word("task", &kind, TaskKind::parse)?,
        programme: row.get(10)?,
        due: day(&due)?,
        what: row.get(12)?,
        object: row.get(13)?,
        state: rows::word("state of a task", &state, TaskState::parse)?,
        outcome: row.get(15)?,
    })
}
