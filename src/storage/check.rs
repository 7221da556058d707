//! The station looks at itself: every page, every reference, every signed visit against its hash, the audit chain.
use rusqlite::Connection;

use super::{Store, StoreError, migrate};
use crate::domain::audit::{Broken, Checkpoint, Hash, Whole};
use crate::domain::visit::VisitId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    pub sqlite: String,
    pub cipher: String,
    pub schema: u32,
    pub journal: String,
    /// 2 = FULL.
    pub synchronous: u8,
    pub database_bytes: u64,
    pub free_bytes: u64,
    pub patients: u64,
    pub visits: u64,
    /// Words of SQLite and SQLCipher about damage; empty = none.
    pub damage: Vec<String>,
    /// Visits whose text does not fit the hash that was signed.
    pub changed_visits: Vec<VisitId>,
    pub audit: Result<Whole, Broken>,
}

impl CheckReport {
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty() && self.changed_visits.is_empty() && self.audit.is_ok()
    }
}

impl Store {
    /// Reads everything once. Takes seconds on a large station.
    pub fn check(&self, checkpoint: Option<Checkpoint>) -> Result<CheckReport, StoreError> {
        let conn = &self.conn;
        let text = |sql: &str| -> Result<String, StoreError> {
            Ok(conn.query_row(sql, [], |row| row.get(0))?)
        };
        let count = |sql: &str| -> Result<u64, StoreError> {
            Ok(conn.query_row(sql, [], |row| row.get::<_, i64>(0))? as u64)
        };
        let checkpoint = checkpoint.or(self.lost_tail.map(|lost| lost.expected));
        Ok(CheckReport {
            sqlite: rusqlite::version().to_owned(),
            cipher: text("PRAGMA cipher_version")?,
            schema: migrate::found(conn)?,
            journal: text("PRAGMA journal_mode")?,
            synchronous: conn.query_row("PRAGMA synchronous", [], |row| row.get(0))?,
            database_bytes: count(
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            )?,
            free_bytes: self.free_bytes()?,
            patients: count("SELECT count(*) FROM patients")?,
            visits: count("SELECT count(*) FROM visits")?,
            damage: damage(conn)?,
            changed_visits: changed_visits(conn)?,
            audit: self.verify_audit(checkpoint)?,
        })
    }
}

/// What SQLCipher (page by page) and SQLite (structure, references) have to say.
pub(super) fn damage(conn: &Connection) -> Result<Vec<String>, StoreError> {
    let mut damage = vec![];
    for pragma in ["PRAGMA cipher_integrity_check", "PRAGMA integrity_check(20)"] {
        let mut statement = conn.prepare(pragma)?;
        for line in statement.query_map([], |row| row.get::<_, String>(0))? {
            let line = line?;
            if line != "ok" {
                damage.push(line);
            }
        }
    }
    let mut statement = conn.prepare("PRAGMA foreign_key_check")?;
    let broken = statement.query_map([], |row| row.get::<_, String>(0))?.count();
    if broken > 0 {
        damage.push(format!("{broken} rows refer to rows that are not there"));
    }
    Ok(damage)
}

fn changed_visits(conn: &Connection) -> Result<Vec<VisitId>, StoreError> {
    let mut changed = vec![];
    let mut statement = conn.prepare("SELECT id, body, sha256 FROM visits")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (body, sha256): (String, [u8; 32]) = (row.get(1)?, row.get(2)?);
        if Hash::of(body.as_bytes()).0 != sha256 {
            changed.push(VisitId(row.get(0)?));
        }
    }
    Ok(changed)
}
