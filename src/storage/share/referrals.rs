//! Referrals as they stand, and the stations whose slips are believed.
use rusqlite::OptionalExtension;

use super::{COLUMNS, Item, read};
use crate::domain::audit::Stamp;
use crate::domain::instant::Instant;
use crate::domain::role::Action;
use crate::domain::share::Kind;
use crate::storage::{Store, StoreError};

/// A station whose signature is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationKey {
    pub key: String,
    pub name: String,
    pub added: Instant,
}

impl Store {
    /// Newest first; a superseded version is not listed.
    pub fn referrals(&self, limit: u32) -> Result<Vec<Item>, StoreError> {
        self.items_where(
            "kind = 'referral' AND state = 'current' ORDER BY id DESC LIMIT ?1",
            [limit],
        )
    }

    /// The latest version of a record, whatever its state.
    pub fn latest_version(&self, kind: Kind, key: &str) -> Result<Option<Item>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM share_items WHERE kind = ?1 AND key = ?2 ORDER BY version DESC LIMIT 1"
        ))?;
        let row = statement.query_row((kind.id(), key), |row| Ok(read(row))).optional()?;
        row.transpose()
    }

    /// Believes a station's signature from now on; the same key again takes the new name.
    pub fn trust_station(
        &mut self,
        (key, name): (&str, &str),
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            books.execute(
                "INSERT INTO station_keys (key, name, added_at, added_by) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (key) DO UPDATE SET name = excluded.name, ended_at = NULL",
                (key, name, stamp.at.millis(), stamp.user.0),
            )?;
            books.log(stamp, Action::ChangeHubs.id(), format!("station-key:{key} trusted"))?;
            Ok(())
        })
    }

    pub fn distrust_station(&mut self, key: &str, stamp: &Stamp) -> Result<(), StoreError> {
        self.write(|books| {
            let changed = books.execute(
                "UPDATE station_keys SET ended_at = ?2 WHERE key = ?1 AND ended_at IS NULL",
                (key, stamp.at.millis()),
            )?;
            if changed == 0 {
                return Err(StoreError::NotFound { what: "station key" });
            }
            books.log(stamp, Action::ChangeHubs.id(), format!("station-key:{key} ended"))?;
            Ok(())
        })
    }

    pub fn station_keys(&self) -> Result<Vec<StationKey>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT key, name, added_at FROM station_keys WHERE ended_at IS NULL ORDER BY name",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(StationKey {
                key: row.get(0)?,
                name: row.get(1)?,
                added: Instant::from_millis(row.get(2)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
