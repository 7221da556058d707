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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::migrate;

    const ENTRIES: u64 = 300;

    /// A log of 300 entries whose guards were taken away, as someone with the key and a tool could.
    fn unguarded() -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate::run(&mut conn).unwrap();
        let books = Books::begin(&mut conn).unwrap();
        for n in 0..ENTRIES {
            let fact = Fact {
                at: Instant::from_millis(1_700_000_000_000 + n as i64),
                actor: "wang".to_owned(),
                role: "doctor".to_owned(),
                action: "open-chart".to_owned(),
                object: format!("patient:{n}"),
                outcome: Outcome::Done,
            };
            books.log_fact(fact).unwrap();
        }
        books.commit().unwrap();
        conn
    }

    fn without_triggers() -> Connection {
        let conn = unguarded();
        conn.execute_batch("DROP TRIGGER audit_stays; DROP TRIGGER audit_remains;").unwrap();
        conn
    }

    /// Tampers, looks, and puts everything back.
    #[track_caller]
    fn noticed(conn: &Connection, tamper: &str, checkpoint: Option<Checkpoint>) -> bool {
        conn.execute_batch(&format!("SAVEPOINT t; {tamper}")).unwrap();
        let verdict = verify_in(conn, checkpoint);
        conn.execute_batch("ROLLBACK TO t; RELEASE t;").unwrap();
        !matches!(verdict, Ok(Ok(_)))
    }

    #[test]
    fn the_table_itself_refuses_changes() {
        let conn = unguarded();
        for sql in
            ["UPDATE audit SET actor = 'li' WHERE seq = 7", "DELETE FROM audit WHERE seq = 300"]
        {
            let error = StoreError::from(conn.execute(sql, []).unwrap_err());
            assert!(matches!(error, StoreError::Sealed), "{sql}");
        }
    }

    #[test]
    fn every_single_edit_in_a_log_of_three_hundred_is_noticed() {
        let conn = without_triggers();
        let edits = [
            "at = at + 1",
            "actor = 'li'",
            "role = 'admin'",
            "action = 'sign-visit'",
            "object = object || '0'",
            "outcome = 'refused'",
            "prev = randomblob(32)",
            "hash = randomblob(32)",
        ];
        for seq in 1..=ENTRIES {
            // Each field of each tenth entry, one field of the others in turn.
            for (i, edit) in edits.iter().enumerate() {
                if seq % 10 == 0 || seq % edits.len() as u64 == i as u64 {
                    let tamper = format!("UPDATE audit SET {edit} WHERE seq = {seq}");
                    assert!(noticed(&conn, &tamper, None), "{tamper}");
                }
            }
        }
    }

    #[test]
    fn every_deletion_is_noticed_and_the_last_ones_against_a_checkpoint() {
        let conn = without_triggers();
        let checkpoint = last(&conn).unwrap();
        for seq in 1..ENTRIES {
            assert!(noticed(&conn, &format!("DELETE FROM audit WHERE seq = {seq}"), None), "{seq}");
        }
        for seq in 1..=ENTRIES {
            let cut = format!("DELETE FROM audit WHERE seq >= {seq}");
            assert!(noticed(&conn, &cut, checkpoint), "{cut}");
            assert!(!noticed(&conn, &cut, None), "only the checkpoint can tell");
        }
    }

    #[test]
    fn every_swap_is_noticed_also_when_the_numbers_are_mended() {
        let conn = without_triggers();
        for a in 1..ENTRIES {
            let b = (a * 7) % ENTRIES + 1;
            for b in [a + 1, b].into_iter().filter(|b| *b != a) {
                let swap = format!(
                    "UPDATE audit SET seq = -1 WHERE seq = {a}; UPDATE audit SET seq = {a} WHERE seq = {b};
                     UPDATE audit SET seq = {b} WHERE seq = -1;"
                );
                assert!(noticed(&conn, &swap, None), "{a} {b}");
            }
        }
    }

    #[test]
    fn an_entry_put_in_between_is_noticed() {
        let conn = without_triggers();
        let insert = "UPDATE audit SET seq = -seq WHERE seq > 100; UPDATE audit SET seq = 1 - seq WHERE seq < 0;
            INSERT INTO audit SELECT 101, at, actor, role, action, object, outcome, prev, hash FROM audit WHERE seq = 100;";
        assert!(noticed(&conn, insert, None));
    }

    #[test]
    fn a_log_with_words_of_a_later_program_is_not_called_whole() {
        let conn = without_triggers();
        conn.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
        assert!(noticed(&conn, "UPDATE audit SET outcome = 'maybe' WHERE seq = 5", None));
    }
}
