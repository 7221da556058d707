//! Opening a station: the lock, the key, the pragmas that make a commit last, the version guard.
use std::fs::{self, File, TryLockError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::audit::Head;
use super::backup::copy_database;
use super::keys::{Dek, KeyFile, draw_hex};
use super::users::NewUser;
use super::{Books, Layout, LostTail, Store, StoreError, files, migrate};
use crate::domain::audit::Stamp;
use crate::domain::visit::Setting;

/// What a new station is called, where it stands, and who is its first user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founding {
    pub clinic_name: String,
    pub setting: Setting,
    pub first: NewUser,
    pub stamp: Stamp,
}

/// How careful the store is. Anything but the default is for tests of this carefulness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Safety {
    /// Below so many free bytes nothing new is written; reading and printing go on.
    pub reserve_bytes: u64,
    pub synchronous: Synchronous,
}

impl Default for Safety {
    fn default() -> Self {
        Self { reserve_bytes: 50 * 1024 * 1024, synchronous: Synchronous::Full }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// Every commit is on the disk before it returns.
    #[default]
    Full,
    /// Loses commits at a power cut. Only the control run of the power-cut test wants this.
    Normal,
}

/// The first release without the WAL-reset fault.
const OLDEST_SQLITE: i32 = 3_051_003;
/// One page.
const LEAST_DATABASE_BYTES: u64 = 4096;
const BUSY: Duration = Duration::from_secs(5);

impl Store {
    /// Makes a new station: database, key file, lock. Until the last step nothing of it counts.
    pub fn create(
        layout: &Layout,
        founding: &Founding,
        (dek, keys): (&Dek, &KeyFile),
        safety: Safety,
    ) -> Result<Self, StoreError> {
        files::make_dir(layout.root())?;
        let writer = lock(layout)?.ok_or(StoreError::ReadOnlyWindow)?;
        if layout.is_set_up() {
            return Err(StoreError::AlreadySetUp);
        }
        if layout.station().exists() {
            return Err(StoreError::Damaged {
                what: format!("{} is there without its key file", layout.station().display()),
            });
        }
        let free = files::free_bytes(layout.root())?;
        if free < safety.reserve_bytes {
            return Err(StoreError::DiskFull { free_bytes: Some(free) });
        }
        let unfinished = layout.named("station.unfinished");
        if unfinished.station().exists() {
            fs::remove_dir_all(unfinished.station())
                .map_err(StoreError::io("clearing an unfinished set-up"))?;
        }
        files::private_dir(unfinished.station())?;
        files::private_file(&unfinished.database())
            .map_err(StoreError::io("making the database"))?;
        let mut conn = connect(&unfinished, dek, safety)?;
        migrate::run(&mut conn)?;
        found_station(&mut conn, founding)?;
        conn.close().map_err(|(_, error)| StoreError::from(error))?;
        let mut keys = keys.clone();
        keys.belong_to(&unfinished.database())?;
        keys.save(&unfinished.keys())?;
        (|| {
            files::sync_dir(unfinished.station())?;
            fs::rename(unfinished.station(), layout.station())?;
            files::sync_dir(layout.root())
        })()
        .map_err(StoreError::io("finishing the set-up"))?;
        Self::finish(layout, connect(layout, dek, safety)?, safety, Some(writer))
    }

    /// Opens a station. When another window writes already, this one only reads.
    pub fn open(layout: &Layout, dek: &Dek, safety: Safety) -> Result<Self, StoreError> {
        let keys = KeyFile::load(&layout.keys())?;
        let writer = lock(layout)?;
        files::private_dir(layout.station())?;
        let size = fs::metadata(layout.database()).map_or(0, |meta| meta.len());
        if size == 0 {
            return Err(StoreError::DatabaseMissing);
        }
        if size < LEAST_DATABASE_BYTES {
            // SQLite would take it for a new one.
            return Err(StoreError::Damaged { what: format!("only {size} bytes are left of it") });
        }
        let conn = connect(layout, dek, safety).map_err(|error| match error {
            // The first page does not decrypt: a foreign key, or a damaged page.
            StoreError::Damaged { .. } if !keys.belongs_to(&layout.database()) => {
                StoreError::WrongKey
            }
            error => error,
        })?;
        if writer.is_some() {
            keep_older_form(layout, &conn, dek)?;
        }
        Self::finish(layout, conn, safety, writer)
    }

    fn finish(
        layout: &Layout,
        mut conn: Connection,
        safety: Safety,
        writer: Option<File>,
    ) -> Result<Self, StoreError> {
        migrate::guard(&conn)?;
        match &writer {
            Some(_) => migrate::run(&mut conn)?,
            // An older form of the tables that this window may not bring up to date.
            None if migrate::found(&conn)? != migrate::known() => {
                return Err(StoreError::ReadOnlyWindow);
            }
            None => {}
        }
        let seen = Head::read(&layout.head());
        let found = super::audit::last(&conn)?.map_or(0, |last| last.seq);
        let lost_tail =
            seen.filter(|seen| seen.seq > found).map(|expected| LostTail { expected, found });
        let head = Head::open(&layout.head());
        Ok(Self { conn, layout: layout.clone(), safety, writer, head, stopped: false, lost_tail })
    }
}

/// Before a migration the database as it was is kept beside it, once: `before-v4.db` holds what was there before form 4.
fn keep_older_form(layout: &Layout, conn: &Connection, dek: &Dek) -> Result<(), StoreError> {
    let found = migrate::found(conn)?;
    if found == 0 || found >= migrate::known() {
        return Ok(());
    }
    let kept = layout.station().join(format!("before-v{}.db", migrate::known()));
    if kept.exists() {
        return Ok(());
    }
    let unfinished = kept.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_file(&unfinished).map_err(StoreError::io("clearing an unfinished copy"))?;
    }
    copy_database(conn, &unfinished, dek)?;
    File::open(&unfinished)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(&unfinished, &kept))
        .and_then(|()| files::sync_dir(layout.station()))
        .map_err(StoreError::io("keeping a copy before the change of form"))
}

/// The station's own row, its first user, the first entry of the log.
fn found_station(conn: &mut Connection, founding: &Founding) -> Result<(), StoreError> {
    let books = Books::begin(conn)?;
    books.execute(
        "INSERT INTO station (one, id, epoch, clinic_name, setting, created_at) VALUES (1, ?1, 1, ?2, ?3, ?4)",
        (draw_hex::<8>()?, &founding.clinic_name, founding.setting.id(), founding.stamp.at.millis()),
    )?;
    let first = &founding.first;
    books.execute(
        "INSERT INTO users (name, display_name, roles, created_at) VALUES (?1, ?2, ?3, ?4)",
        (&first.name, &first.display_name, first.roles.ids(), founding.stamp.at.millis()),
    )?;
    books.log(&founding.stamp, "set-up", format!("user:1 roles:{}", first.roles.ids()))?;
    books.commit()?;
    Ok(())
}

/// `None` = another window holds it. The lock goes with the process, however it ends.
pub(super) fn lock(layout: &Layout) -> Result<Option<File>, StoreError> {
    let doing = "taking the station's lock";
    let file = files::private_file(&layout.lock()).map_err(StoreError::io(doing))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(StoreError::io(doing)(error)),
    }
}

/// An encrypted connection on which a commit lasts, or an error; never a plain one.
pub(super) fn connect(
    layout: &Layout,
    dek: &Dek,
    safety: Safety,
) -> Result<Connection, StoreError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(StoreError::OldSqlite { found: rusqlite::version().to_owned() });
    }
    // No CREATE: a database that went missing must not come back empty.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(layout.database(), flags)?;
    conn.pragma_update(None, "key", &*dek.pragma())?;
    // SQLCipher writes to standard error when a page does not decrypt, which would tear the screen.
    conn.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    let cipher: Option<String> = conn.query_row("PRAGMA cipher_version", [], |row| row.get(0)).ok();
    if cipher.is_none_or(|version| version.is_empty()) {
        return Err(StoreError::Unencrypted);
    }
    conn.busy_timeout(BUSY)?;
    conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Damaged {
            what: format!("write-ahead logging is not available ({mode})"),
        });
    }
    let synchronous = match safety.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    conn.execute_batch(&format!(
        "PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA cache_size = -16000;"
    ))?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::{Role, Roles};
    use crate::storage::RecoveryKey;
    use crate::storage::testing::{CAREFUL, stamp, station};

    #[test]
    fn a_commit_is_synced_to_a_write_ahead_log_in_an_encrypted_file() {
        let (_dir, layout, dek) = station();
        let store = Store::open(&layout, &dek, CAREFUL).unwrap();
        let report = store.check(None).unwrap();
        assert_eq!((report.journal.as_str(), report.synchronous), ("wal", 2));
        assert!(report.is_sound() && !report.cipher.is_empty(), "{report:?}");
        assert!(rusqlite::version_number() >= OLDEST_SQLITE);
    }

    #[test]
    fn the_default_is_full_and_keeps_a_reserve() {
        assert_eq!(Safety::default().synchronous, Synchronous::Full);
        assert_eq!(Safety::default().reserve_bytes, 50 * 1024 * 1024);
    }

    #[test]
    fn a_newer_database_is_refused_politely_and_left_as_it_is() {
        let (_dir, layout, dek) = station();
        let conn = connect(&layout, &dek, CAREFUL).unwrap();
        conn.execute_batch("PRAGMA user_version = 99").unwrap();
        drop(conn);
        let before = fs::read(layout.database()).unwrap();
        let error = Store::open(&layout, &dek, CAREFUL).unwrap_err();
        assert!(matches!(error, StoreError::NewerVersion { found: 99, .. }), "{error}");
        assert_eq!(fs::read(layout.database()).unwrap(), before);
    }

    #[test]
    fn another_key_opens_nothing_and_changes_nothing() {
        let (_dir, layout, _) = station();
        let before = fs::read(layout.database()).unwrap();
        let error = Store::open(&layout, &Dek::draw().unwrap(), CAREFUL).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. } | StoreError::WrongKey), "{error}");
        assert_eq!(fs::read(layout.database()).unwrap(), before);
    }

    #[test]
    fn after_a_failed_sync_nothing_is_written_until_the_station_is_opened_anew() {
        let (_dir, layout, dek) = station();
        let mut store = Store::open(&layout, &dek, CAREFUL).unwrap();
        let failed = || {
            let code = rusqlite::ffi::SQLITE_IOERR_FSYNC;
            StoreError::from(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None))
        };
        let error = store.write(|_| Err::<(), _>(failed())).unwrap_err();
        assert!(matches!(error, StoreError::Io { .. }), "{error}");
        let error = store.set_setting(("a", "b"), &stamp()).unwrap_err();
        assert!(matches!(error, StoreError::Stopped), "{error}");
        assert!(store.is_read_only());
        drop(store);
        let mut store = Store::open(&layout, &dek, CAREFUL).unwrap();
        store.set_setting(("a", "b"), &stamp()).unwrap();
        assert_eq!(store.setting("a").unwrap().as_deref(), Some("b"));
    }

    #[test]
    fn a_set_up_that_was_cut_short_counts_for_nothing_and_is_cleared() {
        let (_dir, layout, dek) = station();
        let half = layout.named("station.unfinished");
        fs::rename(layout.station(), half.station()).unwrap();
        fs::remove_file(half.keys()).unwrap();
        assert!(!layout.is_set_up());
        assert!(matches!(Store::open(&layout, &dek, CAREFUL), Err(StoreError::NotSetUp)));
        let keys = KeyFile::new(&dek, &RecoveryKey::draw().unwrap()).unwrap();
        let first = NewUser {
            name: "li".to_owned(),
            display_name: "李".to_owned(),
            roles: Roles::new(&[Role::Admin]).unwrap(),
        };
        let founding = Founding {
            clinic_name: "村".to_owned(),
            setting: Setting::Village,
            first,
            stamp: stamp(),
        };
        let store = Store::create(&layout, &founding, (&dek, &keys), CAREFUL).unwrap();
        assert_eq!(store.users().unwrap()[0].name, "li");
        assert!(!half.station().exists());
    }
}
