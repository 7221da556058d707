//! What people decided: recognised or repeated, how a referral went on, what a discharge asks for.
use rusqlite::OptionalExtension;

use crate::domain::audit::Stamp;
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::share::ItemId;
use crate::domain::share::recognition::Decision;
use crate::domain::share::referral::{self, State};
use crate::storage::{Store, StoreError, rows};

pub struct NewDecision<'a> {
    pub patient: PatientId,
    /// Code on the item list.
    pub item: &'a str,
    pub prior: &'a str,
    pub issuer: &'a str,
    pub decision: &'a Decision,
    pub saved_fen: u32,
}

/// How often, and what was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecognitionCount {
    pub shown: u64,
    pub recognised: u64,
    /// `E1` … `E6`
    pub repeated: Vec<(String, u64)>,
    pub saved_fen: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferralStep {
    pub state: State,
    pub words: String,
    pub at: Instant,
}

impl Store {
    pub fn keep_decision(
        &mut self,
        new: &NewDecision<'_>,
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        let (decision, reason, words) = match new.decision {
            Decision::Recognised => ("recognised", None, ""),
            Decision::Repeated { reason, words, .. } => {
                ("repeated", Some(reason.id()), words.as_str())
            }
        };
        self.write(|books| {
            books.execute(
                "INSERT INTO recognitions (patient_id, item, prior, issuer, decision, reason, words, saved_fen, at, doctor_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                (
                    new.patient.0, new.item, new.prior, new.issuer, decision, reason, words,
                    if reason.is_none() { new.saved_fen } else { 0 }, stamp.at.millis(), stamp.user.0,
                ),
            )?;
            let id = books.last_insert_rowid();
            let object = format!("recognition:{id} patient:{} {decision}", new.patient.0);
            books.log(stamp, Action::Recognise.id(), object)?;
            Ok(())
        })
    }

    pub fn keep_shown(
        &mut self,
        patient: PatientId,
        priors: &[(String, String)],
        at: Instant,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            for (prior, verdict) in priors {
                books.execute(
                    "INSERT INTO recognition_shown (patient_id, prior, verdict, at) VALUES (?1, ?2, ?3, ?4)",
                    (patient.0, prior, verdict, at.millis()),
                )?;
            }
            Ok(())
        })
    }

    pub fn recognition_count(&self) -> Result<RecognitionCount, StoreError> {
        let one = |sql: &str| -> Result<u64, StoreError> {
            Ok(self.conn.query_row(sql, [], |row| row.get::<_, i64>(0))? as u64)
        };
        let mut statement = self.conn.prepare_cached(
            "SELECT reason, count(*) FROM recognitions WHERE decision = 'repeated' GROUP BY reason ORDER BY reason",
        )?;
        let repeated = statement
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?
            .collect::<Result<_, _>>()?;
        Ok(RecognitionCount {
            shown: one("SELECT count(*) FROM recognition_shown")?,
            recognised: one("SELECT count(*) FROM recognitions WHERE decision = 'recognised'")?,
            repeated,
            saved_fen: one("SELECT coalesce(sum(saved_fen), 0) FROM recognitions")?,
        })
    }

    /// The steps of a referral, first to last.
    pub fn referral_steps(&self, item: ItemId) -> Result<Vec<ReferralStep>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT state, words, at FROM referral_steps WHERE item_id = ?1 ORDER BY seq",
        )?;
        let rows = statement.query_map([item.0], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, i64>(2)?))
        })?;
        rows.map(|row| {
            let (state, words, at) = row?;
            let state = rows::word("state of a referral", &state, State::parse)?;
            Ok(ReferralStep { state, words, at: Instant::from_millis(at) })
        })
        .collect()
    }

    /// Moves a referral on; the same step twice is one. `Ok(false)` = it stood there already.
    pub fn referral_step(
        &mut self,
        item: ItemId,
        (to, words): (State, &str),
        stamp: &Stamp,
    ) -> Result<bool, StoreError> {
        self.write(|books| {
            let last: Option<(i64, String)> = books
                .query_row(
                    "SELECT seq, state FROM referral_steps WHERE item_id = ?1 ORDER BY seq DESC LIMIT 1",
                    [item.0],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let (seq, from) = match last {
                Some((seq, state)) => (seq, rows::word("state of a referral", &state, State::parse)?),
                None => (0, State::Draft),
            };
            if from == to {
                return Ok(false);
            }
            if !referral::may(from, to) {
                return Err(StoreError::Referral { from, to });
            }
            books.execute(
                "INSERT INTO referral_steps (item_id, seq, state, words, at, by) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (item.0, seq + 1, to.id(), words, stamp.at.millis(), stamp.user.0),
            )?;
            books.log(stamp, Action::Refer.id(), format!("item:{} {}", item.0, to.id()))?;
            Ok(true)
        })
    }

    /// A person has read what came in and put it into the chart.
    pub fn confirm_item(&mut self, item: ItemId, stamp: &Stamp) -> Result<(), StoreError> {
        self.write(|books| {
            books.execute(
                "UPDATE share_items SET confirmed_at = ?2 WHERE id = ?1 AND confirmed_at IS NULL",
                (item.0, stamp.at.millis()),
            )?;
            books.log(stamp, Action::ConfirmShare.id(), format!("item:{}", item.0))?;
            Ok(())
        })
    }
}
