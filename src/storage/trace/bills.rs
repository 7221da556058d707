//! Bills in the outbox and what the platforms answered. An answer and the step of its message are one transaction.
use rusqlite::{OptionalExtension, Row, params};

use super::super::outbox::{COLUMNS, move_on, read};
use super::super::{Message, Store, StoreError};
use super::rows;
use crate::domain::audit::Stamp;
use crate::domain::instant::Instant;
use crate::domain::outbox::{Event, MessageId, Standing, State};
use crate::domain::trace::bill::{Answer, Bill, BillKind, Business, Target, bill_code};
use crate::domain::trace::history::EventKey;

/// A bill with the message that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillMessage {
    pub message: Message,
    pub target: Target,
    pub bill: Bill,
    /// The last thing a platform said about it on the business level. A line that was lost in between said nothing: a
    /// bill that was told to be uploaded is asked about again, not sent again.
    pub last: Option<Business>,
    /// Lines that were taken at earlier tries.
    pub done: Vec<u32>,
}

/// A line of the upload list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillStanding {
    pub message: MessageId,
    pub target: Target,
    pub bill: String,
    pub state: State,
    pub attempts: u32,
    pub next_try: Instant,
    pub created: Instant,
    pub transport_word: String,
    pub business_word: String,
    pub remedy: String,
}

/// What a platform said last on the business level, and which lines it took. An answer lost on the line said nothing.
const LAST_SAID: &str = "
    (SELECT a.business FROM trace_answers a
        WHERE a.message = outbox.id AND a.transport = 'reached' ORDER BY a.id DESC LIMIT 1),
    (SELECT a.done FROM trace_answers a WHERE a.message = outbox.id ORDER BY a.id DESC LIMIT 1)";

impl Store {
    /// Bills for a target that may go out now, oldest first.
    pub fn due_bills(
        &self,
        target: Target,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<BillMessage>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS}, {LAST_SAID}
             FROM outbox INDEXED BY outbox_open
             WHERE kind = ?1 AND state <> 'accepted' AND state = 'waiting' AND next_try <= ?2 ORDER BY id LIMIT ?3"
        ))?;
        let mut rows = statement.query((target.id(), now.millis(), limit))?;
        let mut bills = vec![];
        while let Some(row) = rows.next()? {
            bills.push(bill_message(row, target)?);
        }
        Ok(bills)
    }

    /// Messages that were handed out when the program ended: nothing is known about them, so they go out again.
    pub fn wake_handed_bills(&mut self, stamp: &Stamp) -> Result<u32, StoreError> {
        self.write(|books| {
            let ids: Vec<i64> = books
                .prepare_cached("SELECT id FROM outbox WHERE state = 'sent' AND kind IN ('trace-platform', 'trace-insurance')")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for id in &ids {
                let word = "程序中断，结果不明，再查一次".to_owned();
                let event = Event::Failed { word, jitter_permille: 0, retry_after_s: Some(0) };
                let event = (event, None);
                move_on(books, MessageId(*id), event, stamp)?;
            }
            Ok(ids.len() as u32)
        })
    }

    /// Keeps what a platform answered and moves the message on.
    pub fn bill_answered(
        &mut self,
        id: MessageId,
        (answer, event): (&Answer, Event),
        stamp: &Stamp,
    ) -> Result<Standing, StoreError> {
        self.write(|books| {
            books
                .prepare_cached(
                    "INSERT INTO trace_answers (message, at, transport, business, transport_word, business_word, remedy,
                        done) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    id.0,
                    stamp.at.millis(),
                    answer.transport.id(),
                    answer.business.id(),
                    answer.transport_word,
                    answer.business_word,
                    answer.remedy,
                    format!("{:?}", answer.done)
                ])?;
            move_on(books, id, (event, None), stamp)
        })
    }

    /// All bills that are not done, with the last words about them; `all` would be years.
    pub fn open_bills(&self, limit: u32) -> Result<Vec<BillStanding>, StoreError> {
        self.bill_lines("o.state <> 'accepted' ORDER BY o.id LIMIT ?1", [limit])
    }

    pub fn bill_standing(&self, code: &str) -> Result<Vec<BillStanding>, StoreError> {
        self.bill_lines("o.object = ?1 ORDER BY o.id", [code])
    }

    /// The bill of an earlier act, for taking it back.
    pub fn bill(&self, code: &str) -> Result<Option<Bill>, StoreError> {
        let body: Option<String> = self
            .conn
            .prepare_cached("SELECT body FROM outbox WHERE kind IN ('trace-platform', 'trace-insurance') AND object = ?1 ORDER BY id LIMIT 1")?
            .query_row([code], |row| row.get(0))
            .optional()?;
        body.map(|body| rows::bill_from_json(&body)).transpose()
    }

    /// A bill as one platform gets it.
    pub fn bill_for(&self, code: &str, target: Target) -> Result<Option<Bill>, StoreError> {
        let body: Option<String> = self
            .conn
            .prepare_cached("SELECT body FROM outbox WHERE kind = ?1 AND object = ?2")?
            .query_row((target.id(), code), |row| row.get(0))
            .optional()?;
        body.map(|body| rows::bill_from_json(&body)).transpose()
    }

    /// A bill for a platform with its standing and what was taken of it, whenever it is due.
    pub fn bill_message(
        &self,
        code: &str,
        target: Target,
    ) -> Result<Option<BillMessage>, StoreError> {
        let all = self.bill_messages((target, "object = ?2"), code)?;
        Ok(all.into_iter().next())
    }

    /// Bills for a platform that wait to go out, whenever they are due.
    pub fn waiting_bills(&self, target: Target) -> Result<Vec<BillMessage>, StoreError> {
        self.bill_messages((target, "state = ?2"), State::Waiting.id())
    }

    /// Bills of what was given out on a sheet.
    pub fn bills_of_sheet(&self, sheet: &str) -> Result<Vec<Bill>, StoreError> {
        let all = self.bill_messages(
            (Target::Insurance, "body ->> 'prescription' = ?2 AND body ->> 'kind' = 'retail'"),
            sheet,
        )?;
        Ok(all.into_iter().map(|message| message.bill).collect())
    }

    fn bill_messages(
        &self,
        (target, filter): (Target, &str),
        value: &str,
    ) -> Result<Vec<BillMessage>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS}, {LAST_SAID} FROM outbox WHERE kind = ?1 AND {filter} ORDER BY id"
        ))?;
        let mut rows = statement.query((target.id(), value))?;
        let mut bills = vec![];
        while let Some(row) = rows.next()? {
            bills.push(bill_message(row, target)?);
        }
        Ok(bills)
    }

    /// The bill that an event went out with, and in which line its code stands. A bill is named by the first event of
    /// its transaction, so it is the last one not after the event.
    pub fn bill_of_event(
        &self,
        (event, code): (&EventKey, &str),
        kind: BillKind,
    ) -> Result<Option<(String, usize)>, StoreError> {
        const DIGITS_OF_SEQ: usize = 9;
        let last = bill_code(event, kind);
        let series = last.get(..last.len().saturating_sub(DIGITS_OF_SEQ)).unwrap_or_default();
        let found: Option<(String, String)> = self
            .conn
            .prepare_cached(
                "SELECT object, body FROM outbox INDEXED BY outbox_trace_once
                 WHERE kind IN ('trace-platform', 'trace-insurance') AND kind = 'trace-insurance'
                    AND object BETWEEN ?1 AND ?2 ORDER BY object DESC LIMIT 1",
            )?
            .query_row([series, &last], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((object, body)) = found else { return Ok(None) };
        let bill = rows::bill_from_json(&body)?;
        Ok(bill.lines.iter().position(|line| line.code == code).map(|line| (object, line)))
    }

    fn bill_lines(
        &self,
        filter: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<BillStanding>, StoreError> {
        let sql = format!(
            "SELECT o.id, o.kind, o.object, o.state, o.attempts, o.next_try, o.created_at, coalesce(a.transport_word, ''),
                coalesce(a.business_word, ''), coalesce(a.remedy, '')
             FROM outbox o LEFT JOIN trace_answers a
                ON a.id = (SELECT max(id) FROM trace_answers WHERE message = o.id)
             WHERE o.kind IN ('trace-platform', 'trace-insurance') AND {filter}"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(params, |row| Ok(standing(row)))?;
        rows.map(|row| row?).collect()
    }
}

fn bill_message(row: &Row<'_>, target: Target) -> Result<BillMessage, StoreError> {
    let message = read(row)?;
    let bill = rows::bill_from_json(&message.body)?;
    let last: Option<String> = row.get(11)?;
    let done: Option<String> = row.get(12)?;
    let done = done.map(|done| serde_json::from_str(&done)).transpose();
    let done = done.map_err(|error| StoreError::unreadable(format!("lines taken: {error}")))?;
    Ok(BillMessage {
        target,
        bill,
        last: last.and_then(|last| Business::parse(&last)),
        done: done.unwrap_or_default(),
        message,
    })
}

fn standing(row: &Row<'_>) -> Result<BillStanding, StoreError> {
    let (kind, state): (String, String) = (row.get(1)?, row.get(3)?);
    Ok(BillStanding {
        message: MessageId(row.get(0)?),
        target: super::super::rows::word("target of a bill", &kind, Target::parse)?,
        bill: row.get(2)?,
        state: super::super::rows::word("state of a message", &state, State::parse)?,
        attempts: row.get(4)?,
        next_try: Instant::from_millis(row.get(5)?),
        created: Instant::from_millis(row.get(6)?),
        transport_word: row.get(7)?,
        business_word: row.get(8)?,
        remedy: row.get(9)?,
    })
}
