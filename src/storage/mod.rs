//! The station's encrypted database and the files beside it. Speaks domain types only.
//!
//! Every change goes through [`Store::write`]: one transaction, synced before it returns, with its audit entries
//! inside. Nothing here reads a clock or draws a person's attention; the moment and the actor come in.
mod attempts;
mod audit;
mod backup;
mod check;
mod documents;
mod drafts;
mod error;
mod files;
mod find;
mod follow_up;
mod keys;
mod migrate;
mod open;
mod outbox;
mod patients;
mod rows;
mod second_signatures;
mod settings;
mod share;
mod templates;
#[cfg(test)]
mod testing;
mod trace;
mod users;
mod visits;
mod waiting;

pub use attempts::{Attempts, Gate};
pub use backup::{BackupReport, backup_keys, backup_user, verify_backup};
pub use check::CheckReport;
pub use error::StoreError;
pub use files::Layout;
pub use follow_up::RegisterFilter;
pub use keys::{Cost, Dek, KeyFile, RecoveryKey};
pub use open::{Founding, Safety, Synchronous};
pub use outbox::Message;
pub use second_signatures::SignedOver;
pub use settings::StationRow;
pub use share::{
    Act, Delivery, DeliveryPart, InstanceRow, Item, ItemState, Kept, NewDecision, NewDelivery,
    NewInstance, NewItem, NewPart, NewReceipt, PartKind, Quarantined, Receipt, RecognitionCount,
    ReferralStep, StationKey, Tally,
};
pub use templates::Away;
pub use trace::{
    BillMessage, BillStanding, Dispensed, RejectedPack, StreamCheck, TraceBatch, TraceReceipt,
};
pub use users::{NewUser, User};

use std::cell::Cell;
use std::fs::File;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::domain::audit::{Checkpoint, Stamp};

/// Less than a transaction needs.
const NO_ROOM_BYTES: u64 = 1024 * 1024;

/// An open station. One writer at a time; a second one can read, and can log that it read.
#[derive(Debug)]
pub struct Store {
    conn: Connection,
    layout: Layout,
    safety: Safety,
    /// Held for as long as this window may write.
    writer: Option<File>,
    head: audit::Head,
    /// An error of the disk was seen while writing: nothing is written any more until the station is opened anew.
    stopped: bool,
    lost_tail: Option<LostTail>,
}

/// The database ends before the entry that was last seen: a file beside it was lost or an old copy was put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostTail {
    pub expected: Checkpoint,
    pub found: u64,
}

impl Store {
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Another window writes; this one only reads.
    pub fn is_read_only(&self) -> bool {
        self.writer.is_none() || self.stopped
    }

    pub fn lost_tail(&self) -> Option<LostTail> {
        self.lost_tail
    }

    /// Bytes left on the station's disk.
    pub fn free_bytes(&self) -> Result<u64, StoreError> {
        files::free_bytes(self.layout.root())
    }

    /// One transaction, on disk when this returns `Ok`; on `Err` nothing of it is kept.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&Books<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.writer.is_none() {
            return Err(StoreError::ReadOnlyWindow);
        }
        let free = self.free_bytes()?;
        if free < self.safety.reserve_bytes {
            return Err(StoreError::DiskFull { free_bytes: Some(free) });
        }
        self.transact(work)
    }

    /// As [`Self::write`], for the audit log alone, which a reading window and a nearly full disk may still write.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&Books<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped);
        }
        let result = (|| {
            let books = Books::begin(&mut self.conn)?;
            let value = work(&books)?;
            Ok((value, books.commit()?))
        })();
        match result {
            Ok((value, last)) => {
                if let Some(last) = last {
                    self.head.advance(last);
                }
                Ok(value)
            }
            Err(error) if error.ends_trust() => {
                self.stopped = true;
                Err(error)
            }
            // A file that could not grow is reported as a disk error; with no room left it is a full disk.
            Err(StoreError::Io { .. })
                if self.free_bytes().is_ok_and(|free| free < NO_ROOM_BYTES) =>
            {
                Err(StoreError::DiskFull { free_bytes: self.free_bytes().ok() })
            }
            Err(error) => Err(error),
        }
    }
}

/// What a transaction writes into: the tables, and the audit log beside them.
struct Books<'conn> {
    tx: Transaction<'conn>,
    last: Cell<Option<Checkpoint>>,
}

impl<'conn> std::ops::Deref for Books<'conn> {
    type Target = Transaction<'conn>;

    fn deref(&self) -> &Self::Target {
        &self.tx
    }
}

impl<'conn> Books<'conn> {
    fn begin(conn: &'conn mut Connection) -> Result<Self, StoreError> {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(Self { tx, last: Cell::new(None) })
    }

    /// The last entry that was logged, once everything is on the disk.
    fn commit(self) -> Result<Option<Checkpoint>, StoreError> {
        self.tx.commit()?;
        Ok(self.last.get())
    }

    /// Logs that something was done, in the same transaction.
    fn log(&self, stamp: &Stamp, action: &str, object: String) -> Result<Checkpoint, StoreError> {
        self.log_fact(stamp.fact(action, object, crate::domain::audit::Outcome::Done))
    }
}
