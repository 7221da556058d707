//! Packages on sticks and in drop folders: which were written, which were taken in.
use rusqlite::OptionalExtension;

use crate::domain::audit::{Hash, Stamp};
use crate::domain::role::Action;
use crate::domain::share::HubId;
use crate::storage::{Store, StoreError};

impl Store {
    /// The manifest of the last package to this hub; the next one is chained to it.
    pub fn last_manifest(&self, hub: HubId) -> Result<Option<Hash>, StoreError> {
        let found: Option<[u8; 32]> = self
            .conn
            .prepare_cached("SELECT manifest FROM packages WHERE hub_id = ?1 ORDER BY written_at DESC, rowid DESC LIMIT 1")?
            .query_row([hub.0], |row| row.get(0))
            .optional()?;
        Ok(found.map(Hash))
    }

    pub fn keep_package(
        &mut self,
        (package, manifest): (&str, Hash),
        hub: HubId,
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            books.execute(
                "INSERT INTO packages (package, hub_id, manifest, written_at) VALUES (?1, ?2, ?3, ?4)",
                (package, hub.0, manifest.0, stamp.at.millis()),
            )?;
            books.log(
                stamp,
                Action::DeliverShare.id(),
                format!("package:{package} hub:{} manifest:{manifest}", hub.0),
            )?;
            Ok(())
        })
    }

    /// The hub and manifest of a package that was written here.
    pub fn written_package(&self, package: &str) -> Result<Option<(HubId, Hash)>, StoreError> {
        let found: Option<(i64, [u8; 32])> = self
            .conn
            .prepare_cached("SELECT hub_id, manifest FROM packages WHERE package = ?1")?
            .query_row([package], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(found.map(|(hub, manifest)| (HubId(hub), Hash(manifest))))
    }

    /// Takes note of a package of another station; `false` = it was taken in before.
    pub fn take_package(
        &mut self,
        package: &str,
        manifest: Hash,
        stamp: &Stamp,
    ) -> Result<bool, StoreError> {
        self.write(|books| {
            let new = books.execute(
                "INSERT OR IGNORE INTO packages_in (package, manifest, taken_at) VALUES (?1, ?2, ?3)",
                (package, manifest.0, stamp.at.millis()),
            )?;
            if new > 0 {
                books.log(stamp, Action::ImportShare.id(), format!("package:{package}"))?;
            }
            Ok(new > 0)
        })
    }
}
