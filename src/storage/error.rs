//! What can go wrong with the store. The words for people are in `services::failure`.
use std::io;

use thiserror::Error;

use crate::domain::trace::refusal::Refusal;

#[derive(Debug, Error)]
pub enum StoreError {
    #[error("another window writes to this station; this window only reads")]
    ReadOnlyWindow,
    #[error(
        "an error of the disk was seen earlier; nothing is written until the station is opened anew"
    )]
    Stopped,
    #[error("another program holds the database; nothing was changed")]
    Busy,
    #[error("no station has been set up in this directory")]
    NotSetUp,
    #[error("a station is already set up in this directory")]
    AlreadySetUp,
    #[error("the database file is missing or empty although the station is set up")]
    DatabaseMissing,
    #[error("the key does not fit this database")]
    WrongKey,
    #[error("the database is damaged: {what}")]
    Damaged { what: String },
    #[error("the database is of version {found}, this program knows versions up to {known}")]
    NewerVersion { found: u32, known: u32 },
    #[error(
        "the disk is full ({free_bytes:?} bytes left); the change was not kept, all earlier ones are"
    )]
    DiskFull { free_bytes: Option<u64> },
    #[error("this build cannot encrypt: SQLCipher is not in it")]
    Unencrypted,
    #[error("SQLite {found} has known faults; 3.51.3 or later is needed")]
    OldSqlite { found: String },
    #[error("the key file cannot be read: {what}")]
    KeyFile { what: String },
    #[error("no such {what}")]
    NotFound { what: &'static str },
    #[error("{what} was changed meanwhile by someone else")]
    Changed { what: &'static str },
    #[error("{what} exists already")]
    Exists { what: &'static str },
    #[error("what is signed or logged never changes")]
    Sealed,
    #[error("{code}: {}", refusal.words().en)]
    Refused { code: String, refusal: Refusal },
    #[error("the outbox refuses this step: {0:?}")]
    Outbox(crate::domain::outbox::Impossible),
    #[error("the delivery refuses this step: {0:?}")]
    Share(crate::domain::share::parts::Impossible),
    #[error("a referral does not go from {from:?} to {to:?}")]
    Referral {
        from: crate::domain::share::referral::State,
        to: crate::domain::share::referral::State,
    },
    #[error("a row cannot be read: {what}")]
    Unreadable { what: String },
    #[error("the backup cannot be used: {what}")]
    Backup { what: String },
    #[error("{doing}: {source}")]
    Io { doing: &'static str, source: io::Error },
    #[error("the database refused")]
    Sqlite(#[source] rusqlite::Error),
}

impl StoreError {
    /// For `map_err`: an error of the file system while doing something.
    pub(super) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { free_bytes: None }
            }
            _ => Self::Io { doing, source },
        }
    }

    const SYNCING: &str = "syncing the database to the disk";

    /// An error of the disk after which nothing that this process wrote can be trusted: stop, never retry.
    pub(super) fn ends_trust(&self) -> bool {
        matches!(self, Self::Io { doing: Self::SYNCING, .. } | Self::Damaged { .. })
    }

    /// A part that was kept whole and is not understood any more.
    pub fn unreadable_part() -> Self {
        Self::unreadable("a transaction that waits to be sent")
    }

    pub(super) fn unreadable(what: impl Into<String>) -> Self {
        Self::Unreadable { what: what.into() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let Some(failure) = error.sqlite_error() else {
            return match error {
                rusqlite::Error::QueryReturnedNoRows => Self::NotFound { what: "row" },
                error => Self::Sqlite(error),
            };
        };
        match failure.code {
            ErrorCode::DiskFull => Self::DiskFull { free_bytes: None },
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Self::Damaged { what: error.to_string() }
            }
            ErrorCode::SystemIoFailure
                if matches!(
                    failure.extended_code,
                    rusqlite::ffi::SQLITE_IOERR_FSYNC | rusqlite::ffi::SQLITE_IOERR_DIR_FSYNC
                ) =>
            {
                Self::Io { doing: Self::SYNCING, source: io::Error::other(error) }
            }
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly => {
                Self::Io { doing: "database file", source: io::Error::other(error) }
            }
            ErrorCode::ConstraintViolation => match failure.extended_code {
                rusqlite::ffi::SQLITE_CONSTRAINT_TRIGGER => Self::Sealed,
                rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE => {
                    let text = error.to_string();
                    let what = match () {
                        () if text.contains("patients.id_number") => {
                            "a patient with this ID number"
                        }
                        () if text.contains("users.name") => "a user of this name",
                        () if text.contains("visits.supersedes") => "a correction of this visit",
                        () if text.contains("waiting.") => "this patient in the waiting list",
                        () => "an entry like this",
                    };
                    Self::Exists { what }
                }
                rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY => {
                    Self::NotFound { what: "record that this refers to" }
                }
                _ => Self::Sqlite(error),
            },
            _ => Self::Sqlite(error),
        }
    }
}
