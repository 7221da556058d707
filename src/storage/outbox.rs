//! The outbox table. An answer changes a message only by row and revision.
use rusqlite::{OptionalExtension, Row};

use super::{Books, Store, StoreError, rows};
use crate::domain::audit::{Hash, Stamp};
use crate::domain::instant::Instant;
use crate::domain::outbox::{Event, MessageId, Standing, State, step};
use crate::domain::role::Action;

/// A message with its standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub kind: String,
    /// `visit:7`
    pub object: String,
    pub body: String,
    pub standing: Standing,
    pub created: Instant,
}

pub(super) const COLUMNS: &str =
    "id, kind, object, body, state, revision, sha256, attempts, next_try, last_word, created_at";

impl Store {
    /// Messages that may go out now, oldest first.
    pub fn due_messages(&self, now: Instant, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.messages(
            &format!("SELECT {COLUMNS} FROM outbox WHERE state = 'waiting' AND next_try <= ?1 ORDER BY id LIMIT ?2"),
            (now.millis(), limit),
        )
    }

    pub fn messages_in(&self, state: State, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.messages(
            &format!("SELECT {COLUMNS} FROM outbox WHERE state = ?1 ORDER BY id LIMIT ?2"),
            (state.id(), limit),
        )
    }

    /// How many messages are in each state that is not `Accepted`.
    pub fn count_messages(&self) -> Result<Vec<(State, u64)>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT state, count(*) FROM outbox WHERE state <> 'accepted' GROUP BY state",
        )?;
        let rows =
            statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
        rows.map(|row| {
            let (state, count) = row?;
            Ok((rows::word("state of a message", &state, State::parse)?, count as u64))
        })
        .collect()
    }

    /// Moves a message on. `body` comes with [`Event::Corrected`] only.
    pub fn message_event(
        &mut self,
        id: MessageId,
        (event, body): (Event, Option<&str>),
        stamp: &Stamp,
    ) -> Result<Standing, StoreError> {
        self.write(|books| move_on(books, id, (event, body), stamp))
    }

    fn messages(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<Message>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params, |row| Ok(read(row)))?;
        rows.map(|row| row?).collect()
    }
}

/// Moves a message on, inside a transaction.
pub(super) fn move_on(
    books: &Books<'_>,
    id: MessageId,
    (event, body): (Event, Option<&str>),
    stamp: &Stamp,
) -> Result<Standing, StoreError> {
    let message = books
        .prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1"))?
        .query_row([id.0], |row| Ok(read(row)))
        .optional()?
        .ok_or(StoreError::NotFound { what: "message" })??;
    let name = event_id(&event);
    let next = step(stamp.at, &message.standing, event).map_err(StoreError::Outbox)?;
    let body = body.unwrap_or(&message.body);
    if Hash::of(body.as_bytes()) != next.sha256 {
        return Err(StoreError::unreadable("a message whose hash does not fit its body"));
    }
    let changed = books
        .prepare_cached(
            "UPDATE outbox SET state = ?3, revision = ?4, sha256 = ?5, attempts = ?6, next_try = ?7,
                last_word = ?8, body = ?9, changed_at = ?10 WHERE id = ?1 AND revision = ?2",
        )?
        .execute((
            id.0,
            message.standing.revision,
            next.state.id(),
            next.revision,
            next.sha256.0,
            next.attempts,
            next.next_try.millis(),
            &next.last_word,
            body,
            stamp.at.millis(),
        ))?;
    if changed == 0 {
        return Err(StoreError::Changed { what: "this message" });
    }
    let object = format!("message:{} revision:{} {name}", id.0, next.revision);
    books.log(stamp, Action::ChangeOutbox.id(), object)?;
    Ok(next)
}

/// Puts a message into the outbox, inside the transaction of what it is about.
pub(super) fn write_message(
    books: &Books<'_>,
    (kind, object): (&str, String),
    body: &str,
    stamp: &Stamp,
) -> Result<MessageId, StoreError> {
    books
        .prepare_cached(
            "INSERT INTO outbox (revision, kind, object, body, sha256, state, attempts, next_try, last_word,
                created_at, changed_at) VALUES (1, ?1, ?2, ?3, ?4, 'waiting', 0, ?5, '', ?5, ?5)",
        )?
        .execute((kind, object, body, Hash::of(body.as_bytes()).0, stamp.at.millis()))?;
    Ok(MessageId(books.last_insert_rowid()))
}

fn event_id(event: &Event) -> &'static str {
    match event {
        Event::Handed => "handed",
        Event::Accepted { .. } => "accepted",
        Event::Refused { .. } => "refused",
        Event::Failed { .. } => "failed",
        Event::Parked { .. } => "parked",
        Event::Again => "again",
        Event::Corrected { .. } => "corrected",
    }
}

pub(super) fn read(row: &Row<'_>) -> Result<Message, StoreError> {
    let state: String = row.get(4)?;
    Ok(Message {
        id: MessageId(row.get(0)?),
        kind: row.get(1)?,
        object: row.get(2)?,
        body: row.get(3)?,
        standing: Standing {
            state: rows::word("state of a message", &state, State::parse)?,
            revision: row.get(5)?,
            sha256: Hash(row.get(6)?),
            attempts: row.get(7)?,
            next_try: Instant::from_millis(row.get(8)?),
            last_word: row.get(9)?,
        },
        created: Instant::from_millis(row.get(10)?),
    })
}
