//! A copy of the whole station in one folder: the database through SQLite's backup interface (never a copied file),
//! the key file, and a manifest with checksums. A restore checks everything first and then swaps in one step.
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::keys::{Dek, KeyFile};
use super::open::{connect, lock};
use super::users::User;
use super::{Layout, Safety, Store, StoreError, audit, check, files, migrate};
use crate::domain::audit::{Checkpoint, Hash, Stamp};
use crate::domain::instant::Instant;
use crate::domain::role::Action;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    pub folder: PathBuf,
    pub station: String,
    pub clinic_name: String,
    pub made: Instant,
    pub bytes: u64,
    pub patients: u64,
    pub visits: u64,
    /// The last audit entry in it.
    pub audit: Option<Checkpoint>,
}

const DATABASE: &str = "station.db";
const KEYS: &str = "keys.toml";
const MANIFEST: &str = "manifest.toml";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: u32,
    station: String,
    clinic_name: String,
    made_ms: i64,
    made: String,
    schema: u32,
    patients: u64,
    visits: u64,
    audit: Option<String>,
    file: Vec<Listed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    bytes: u64,
    sha256: String,
}

impl Store {
    /// Writes a backup into `folder`, which must not exist yet. Until it is complete it has another name.
    pub fn backup(
        &mut self,
        folder: &Path,
        dek: &Dek,
        stamp: &Stamp,
    ) -> Result<BackupReport, StoreError> {
        if folder.exists() {
            return Err(StoreError::Backup {
                what: format!("{} exists already", folder.display()),
            });
        }
        self.write(|books| {
            books.log(stamp, Action::MakeBackup.id(), "backup".to_owned())?;
            Ok(())
        })?;
        let unfinished = folder.with_extension("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)
                .map_err(StoreError::io("clearing an unfinished backup"))?;
        }
        files::private_dir(&unfinished)?;
        copy_database(&self.conn, &unfinished.join(DATABASE), dek)?;
        let synced = File::open(unfinished.join(DATABASE)).and_then(|file| file.sync_all());
        synced.map_err(StoreError::io("writing the backup"))?;
        let mut keys = KeyFile::load(&self.layout.keys())?;
        keys.belong_to(&unfinished.join(DATABASE))?;
        keys.save(&unfinished.join(KEYS))?;
        let manifest = self.manifest(&unfinished, stamp.at)?;
        let text = toml::to_string(&manifest)
            .map_err(|error| StoreError::Backup { what: error.to_string() })?;
        files::replace(
            &unfinished.join(MANIFEST),
            text.as_bytes(),
            "writing the backup's manifest",
        )?;
        let report = verify_backup(&unfinished, dek)?;
        let parent = folder
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        fs::rename(&unfinished, folder)
            .and_then(|()| files::sync_dir(parent))
            .map_err(StoreError::io("finishing the backup"))?;
        Ok(BackupReport { folder: folder.to_owned(), ..report })
    }

    fn manifest(&self, folder: &Path, made: Instant) -> Result<Manifest, StoreError> {
        let station = self.station()?;
        let count = |table: &str| -> Result<u64, StoreError> {
            Ok(self.conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                row.get::<_, i64>(0)
            })? as u64)
        };
        Ok(Manifest {
            version: 1,
            station: station.id,
            clinic_name: station.clinic_name,
            made_ms: made.millis(),
            made: made.to_string(),
            schema: migrate::found(&self.conn)?,
            patients: count("patients")?,
            visits: count("visits")?,
            audit: self.last_audit()?.map(|last| last.to_string()),
            file: [DATABASE, KEYS]
                .into_iter()
                .map(|name| listed(folder, name))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Puts a backup in the place of the station. What was there is kept beside it; its folder is returned.
    pub fn restore(
        layout: &Layout,
        folder: &Path,
        dek: &Dek,
        stamp: &Stamp,
    ) -> Result<Option<PathBuf>, StoreError> {
        files::make_dir(layout.root())?;
        let _writer = lock(layout)?.ok_or(StoreError::ReadOnlyWindow)?;
        let report = verify_backup(folder, dek)?;
        let coming = layout.named("station.restored");
        if coming.station().exists() {
            fs::remove_dir_all(coming.station())
                .map_err(StoreError::io("clearing an unfinished restore"))?;
        }
        files::private_dir(coming.station())?;
        for (name, to) in [(DATABASE, coming.database()), (KEYS, coming.keys())] {
            let doing = "copying the backup";
            files::private_file(&to).map_err(StoreError::io(doing))?;
            fs::copy(folder.join(name), &to).map_err(StoreError::io(doing))?;
            File::open(&to).and_then(|file| file.sync_all()).map_err(StoreError::io(doing))?;
        }
        let last = begin_epoch(&coming, dek, &report, stamp)?;
        files::replace(
            &coming.head(),
            format!("{:020}:{}\n", last.seq, last.hash).as_bytes(),
            "writing the log's end",
        )?;
        swap(layout, &coming, stamp.at)
    }
}

/// A restored station starts a new epoch, so that no number of the lost one is used again, and says so in its log.
fn begin_epoch(
    coming: &Layout,
    dek: &Dek,
    report: &BackupReport,
    stamp: &Stamp,
) -> Result<Checkpoint, StoreError> {
    let mut conn = connect(coming, dek, Safety::default())?;
    migrate::guard(&conn)?;
    migrate::run(&mut conn)?;
    let books = super::Books::begin(&mut conn)?;
    books.execute("UPDATE station SET epoch = epoch + 1", [])?;
    let object =
        format!("backup of {} audit:{}", report.made, report.audit.map_or(0, |last| last.seq));
    let last = books.log(stamp, Action::RestoreBackup.id(), object)?;
    books.commit()?;
    conn.close().map_err(|(_, error)| StoreError::from(error))?;
    Ok(last)
}

fn swap(layout: &Layout, coming: &Layout, at: Instant) -> Result<Option<PathBuf>, StoreError> {
    let doing = "putting the restored station in place";
    if !layout.station().exists() {
        let done = fs::rename(coming.station(), layout.station())
            .and_then(|()| files::sync_dir(layout.root()));
        return done.map(|()| None).map_err(StoreError::io(doing));
    }
    let replaced = layout.root().join(format!("station.replaced-{}", at.millis()));
    (|| {
        files::exchange(coming.station(), layout.station())?;
        fs::rename(coming.station(), &replaced)?;
        files::sync_dir(layout.root())
    })()
    .map_err(StoreError::io(doing))?;
    Ok(Some(replaced))
}

/// The key file inside a backup, by which its passphrases open it.
pub fn backup_keys(folder: &Path) -> Result<KeyFile, StoreError> {
    KeyFile::load(&folder.join(KEYS))
}

/// A user as the backup knows them.
pub fn backup_user(folder: &Path, dek: &Dek, name: &str) -> Result<Option<User>, StoreError> {
    super::users::find(&open_read_only(folder, dek)?, name)
}

fn open_read_only(folder: &Path, dek: &Dek) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(folder.join(DATABASE), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| StoreError::Backup { what: format!("{DATABASE}: {error}") })?;
    unlock(&conn, dek)?;
    if conn.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())).is_err() {
        let fits = backup_keys(folder)?.belongs_to(&folder.join(DATABASE));
        return Err(if fits {
            StoreError::Backup { what: "its database is damaged".to_owned() }
        } else {
            StoreError::WrongKey
        });
    }
    migrate::guard(&conn)?;
    Ok(conn)
}

/// Proves a backup: checksums, every page, every reference, the audit chain up to the entry in the manifest.
pub fn verify_backup(folder: &Path, dek: &Dek) -> Result<BackupReport, StoreError> {
    let unusable = |what: String| StoreError::Backup { what };
    let text = fs::read_to_string(folder.join(MANIFEST)).map_err(|error| {
        unusable(format!("{} cannot be read: {error}", folder.join(MANIFEST).display()))
    })?;
    let manifest: Manifest = toml::from_str(&text)
        .map_err(|error| unusable(format!("the manifest is damaged: {}", error.message())))?;
    let mut bytes = 0;
    for name in [DATABASE, KEYS] {
        let found = listed(folder, name)?;
        let wanted = manifest.file.iter().find(|file| file.name == name);
        if wanted.is_none_or(|wanted| wanted.sha256 != found.sha256 || wanted.bytes != found.bytes)
        {
            return Err(unusable(format!("{name} is not what was backed up (checksum)")));
        }
        bytes += found.bytes;
    }
    let conn = open_read_only(folder, dek)?;
    let damage = check::damage(&conn)?;
    if let Some(first) = damage.first() {
        return Err(unusable(format!("its database is damaged: {first}")));
    }
    let checkpoint = match &manifest.audit {
        None => None,
        Some(text) => Some(
            Checkpoint::parse(text)
                .ok_or_else(|| unusable("the manifest's audit entry is damaged".to_owned()))?,
        ),
    };
    if audit::last(&conn)? != checkpoint {
        return Err(unusable("its audit log does not end where the manifest says".to_owned()));
    }
    audit::verify_in(&conn, checkpoint)?
        .map_err(|broken| unusable(format!("its audit log is broken at entry {}", broken.seq)))?;
    Ok(BackupReport {
        folder: folder.to_owned(),
        station: manifest.station,
        clinic_name: manifest.clinic_name,
        made: Instant::from_millis(manifest.made_ms),
        bytes,
        patients: manifest.patients,
        visits: manifest.visits,
        audit: checkpoint,
    })
}

/// The whole database through SQLite's backup interface, under the same key.
pub(super) fn copy_database(conn: &Connection, to: &Path, dek: &Dek) -> Result<(), StoreError> {
    const PAGES_A_STEP: i32 = 2000;
    files::private_file(to).map_err(StoreError::io("writing the backup"))?;
    let mut copy = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    unlock(&copy, dek)?;
    Backup::new(conn, &mut copy)?.run_to_completion(PAGES_A_STEP, Duration::ZERO, None)?;
    // So that the copy can be read from a medium that cannot be written.
    copy.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0))?;
    copy.close().map_err(|(_, error)| StoreError::from(error))
}

fn unlock(conn: &Connection, dek: &Dek) -> Result<(), StoreError> {
    conn.pragma_update(None, "key", &*dek.pragma())?;
    conn.execute_batch("PRAGMA cipher_log_level = NONE; PRAGMA temp_store = MEMORY;")?;
    let cipher: Option<String> = conn.query_row("PRAGMA cipher_version", [], |row| row.get(0)).ok();
    if cipher.is_none_or(|version| version.is_empty()) {
        Err(StoreError::Unencrypted)
    } else {
        Ok(())
    }
}

fn listed(folder: &Path, name: &str) -> Result<Listed, StoreError> {
    let read = (|| {
        let mut file = File::open(folder.join(name))?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = 0;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return Ok((bytes, hasher));
            }
            hasher.update(&buffer[..read]);
            bytes += read as u64;
        }
    })();
    match read {
        Ok((bytes, hasher)) => Ok(Listed {
            name: name.to_owned(),
            bytes,
            sha256: Hash(hasher.finalize().into()).to_string(),
        }),
        Err(error) => {
            let error: std::io::Error = error;
            Err(StoreError::Backup { what: format!("{name} cannot be read: {error}") })
        }
    }
}
