//! The audit table, and the last entry beside the database by which a cut tail shows.
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row};

use super::{Books, Store, StoreError, files};
use crate::domain::audit::{Broken, Checkpoint, Entry, Fact, Hash, Outcome, Whole, verify};
use crate::domain::instant::Instant;

impl Store {
    /// Logs facts that change nothing else: a chart was read, a sign-in failed, something was refused. A reading
    /// window may do this too.
    pub fn log(&mut self, facts: Vec<Fact>) -> Result<Option<Checkpoint>, StoreError> {
        self.transact(|books| {
            let mut last = None;
            for fact in facts {
                last = Some(books.log_fact(fact)?);
            }
            Ok(last)
        })
    }

    /// Checks the whole log, against a checkpoint if there is one. Outer error: the log cannot be read.
    pub fn verify_audit(
        &self,
        checkpoint: Option<Checkpoint>,
    ) -> Result<Result<Whole, Broken>, StoreError> {
        verify_in(&self.conn, checkpoint)
    }

    /// The newest entries, newest first, before `before` if given.
    pub fn audit_entries(&self, before: Option<u64>, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let before = before.map_or(i64::MAX, |before| before as i64);
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2"
        ))?;
        let rows = statement.query_map((before, limit), |row| Ok(read(row)))?;
        rows.map(|row| row?).collect()
    }

    pub fn last_audit(&self) -> Result<Option<Checkpoint>, StoreError> {
        last(&self.conn)
    }
}

impl Books<'_> {
    pub(super) fn log_fact(&self, fact: Fact) -> Result<Checkpoint, StoreError> {
        let last = match self.last.get() {
            Some(last) => Some(last),
            None => last(&self.tx)?,
        };
        let Entry { seq, fact, prev, hash } = Entry::after(last, fact);
        self.tx
            .prepare_cached(&format!(
                "INSERT INTO audit ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            ))?
            .execute((
                seq as i64,
                fact.at.millis(),
                fact.actor,
                fact.role,
                fact.action,
                fact.object,
                fact.outcome.id(),
                prev.0,
                hash.0,
            ))?;
        let last = Checkpoint { seq, hash };
        self.last.set(Some(last));
        Ok(last)
    }
}

/// Reads the log entry by entry, so that a log of years needs no memory.
pub(super) fn verify_in(
    conn: &Connection,
    checkpoint: Option<Checkpoint>,
) -> Result<Result<Whole, Broken>, StoreError> {
    let mut unreadable = None;
    let mut statement = conn.prepare(&format!("SELECT {COLUMNS} FROM audit ORDER BY seq"))?;
    let rows = statement.query_map([], |row| Ok(read(row)))?;
    let entries =
        rows.map_while(|row| match row.map_err(StoreError::from).and_then(|entry| entry) {
            Ok(entry) => Some(entry),
            Err(error) => {
                unreadable = Some(error);
                None
            }
        });
    let verdict = verify(entries, checkpoint);
    unreadable.map_or(Ok(verdict), Err)
}

const COLUMNS: &str = "seq, at, actor, role, action, object, outcome, prev, hash";

fn read(row: &Row<'_>) -> Result<Entry, StoreError> {
    let outcome: String = row.get(6)?;
    let outcome = Outcome::parse(&outcome)
        .ok_or_else(|| StoreError::unreadable(format!("audit outcome {outcome}")))?;
    Ok(Entry {
        seq: row.get::<_, i64>(0)? as u64,
        fact: Fact {
            at: Instant::from_millis(row.get(1)?),
            actor: row.get(2)?,
            role: row.get(3)?,
            action: row.get(4)?,
            object: row.get(5)?,
            outcome,
        },
        prev: Hash(row.get(7)?),
        hash: Hash(row.get(8)?),
    })
}

pub(super) fn last(conn: &Connection) -> Result<Option<Checkpoint>, StoreError> {
    let row = conn
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| {
            Ok(Checkpoint { seq: row.get::<_, i64>(0)? as u64, hash: Hash(row.get(1)?) })
        })
        .optional()?;
    Ok(row)
}

/// The file that remembers the last entry. It is written after a commit and is no promise by itself: when it cannot
/// be written, the log still stands; when it cannot be read, nothing is claimed.
#[derive(Debug)]
pub(super) struct Head {
    file: Option<File>,
}

impl Head {
    pub(super) fn open(path: &Path) -> Self {
        Self { file: files::private_file(path).ok() }
    }

    pub(super) fn read(path: &Path) -> Option<Checkpoint> {
        Checkpoint::parse(&std::fs::read_to_string(path).ok()?)
    }

    /// One write of always the same length, so that a reader finds the old or the new entry.
    pub(super) fn advance(&self, last: Checkpoint) {
        if let Some(file) = &self.file {
            let line = format!("{:020}:{}\n", last.seq, last.hash);
            // A stale head only means that less can be claimed later.
            drop(file.write_all_at(line.as_bytes(), 0));
        }
    }
}
