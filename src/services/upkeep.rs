//! Keeping a station well: backup, restore, self-check.
use std::path::{Path, PathBuf};

use super::clinic::Clinic;
use super::failure::Failure;
use super::session::Station;
use crate::domain::audit::{Checkpoint, Stamp};
use crate::domain::role::{Action, Role, UserId};
pub use crate::storage::{BackupReport, CheckReport};
use crate::storage::{
    Dek, RecoveryKey, Store, StoreError, backup_keys, backup_user, verify_backup,
};

/// By what a backup is opened.
pub enum Credential<'a> {
    /// An administrator of the backed-up station, with the passphrase of that day.
    Passphrase {
        user: &'a str,
        passphrase: &'a str,
    },
    RecoveryKey(&'a str),
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub report: BackupReport,
    /// Where the station that was there before lies now.
    pub replaced: Option<PathBuf>,
}

impl Clinic {
    /// Writes a backup into a folder that must not exist yet, and proves it by reading all of it.
    pub fn backup(&mut self, folder: &Path) -> Result<BackupReport, Failure> {
        let stamp = self.permit(Action::MakeBackup, "backup")?;
        let made = self.store.backup(folder, &self.dek, &stamp);
        self.done(made, Action::MakeBackup, "backup")
    }

    /// Reads every page, every reference, every signed visit and the whole log.
    pub fn check(&mut self, checkpoint: Option<Checkpoint>) -> Result<CheckReport, Failure> {
        self.permit(Action::CheckStation, "station")?;
        let report = self.store.check(checkpoint);
        self.done(report, Action::CheckStation, "station")
    }
}

impl Station {
    /// Proves a backup without touching the station.
    pub fn check_backup(
        &self,
        folder: &Path,
        credential: &Credential<'_>,
    ) -> Result<BackupReport, Failure> {
        let (dek, _) = open_backup(folder, credential)?;
        Ok(verify_backup(folder, &dek)?)
    }

    /// Puts a backup in the place of the station; everything is checked first, and what was there is kept.
    pub fn restore(&self, folder: &Path, credential: &Credential<'_>) -> Result<Restored, Failure> {
        let (dek, actor) = open_backup(folder, credential)?;
        let report = verify_backup(folder, &dek)?;
        let stamp = Stamp {
            at: self.clock.now(),
            user: UserId(0),
            actor,
            role: Role::Admin.id().to_owned(),
        };
        let replaced = Store::restore(&self.layout, folder, &dek, &stamp)?;
        Ok(Restored { report, replaced })
    }
}

fn open_backup(folder: &Path, credential: &Credential<'_>) -> Result<(Dek, String), Failure> {
    let keys = backup_keys(folder).map_err(|error| match error {
        StoreError::NotSetUp => {
            StoreError::Backup { what: format!("{} holds none", folder.display()) }
        }
        error => error,
    })?;
    match credential {
        Credential::Passphrase { user, passphrase } => {
            let dek = keys.unlock(user, passphrase)?.ok_or_else(Failure::not_signed_in)?;
            let admin = backup_user(folder, &dek, user)?
                .is_some_and(|user| user.active && user.roles.has(Role::Admin));
            if admin {
                Ok((dek, (*user).to_owned()))
            } else {
                Err(Failure::forbidden(Action::RestoreBackup))
            }
        }
        Credential::RecoveryKey(text) => {
            let key = RecoveryKey::parse(text).ok_or_else(Failure::recovery_key_misread)?;
            let dek = keys.unlock_with(&key)?.ok_or_else(Failure::recovery_key_misread)?;
            Ok((dek, "recovery-key".to_owned()))
        }
    }
}
