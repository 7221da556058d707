//! Where a station's files lie, who may read them, and how a file is replaced whole.
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::StoreError;

/// `root` holds the lock and the attempts; `root/station` is what a restore swaps as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
    station: PathBuf,
}

impl Layout {
    pub fn at(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self { station: root.join("station"), root }
    }

    /// The same data directory with the station under another name: being made, or being restored.
    pub(super) fn named(&self, name: &str) -> Self {
        Self { root: self.root.clone(), station: self.root.join(name) }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn station(&self) -> &Path {
        &self.station
    }

    pub fn database(&self) -> PathBuf {
        self.station.join("station.db")
    }

    pub fn keys(&self) -> PathBuf {
        self.station.join("keys.toml")
    }

    /// The last entry of the audit log, written after each commit.
    pub fn head(&self) -> PathBuf {
        self.station.join("audit.head")
    }

    pub fn lock(&self) -> PathBuf {
        self.root.join("station.lock")
    }

    pub fn attempts(&self) -> PathBuf {
        self.root.join("attempts.toml")
    }

    pub fn is_set_up(&self) -> bool {
        self.keys().is_file()
    }
}

/// Makes a directory that only its owner may enter. One that is there already is left as it is: it may be anybody's.
pub(super) fn make_dir(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    let doing = "making the data directory";
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(StoreError::io(doing))
}

/// Makes a directory of our own, or closes it to others if it was opened to them.
pub(super) fn private_dir(path: &Path) -> Result<(), StoreError> {
    make_dir(path)?;
    let permissions = fs::Permissions::from_mode(0o700);
    fs::set_permissions(path, permissions)
        .map_err(StoreError::io("closing the data directory to others"))
}

/// Opens a file for reading and writing that only its owner may read.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Replaces a file whole: the old or the new one is there, whatever happens in between.
pub(super) fn replace(path: &Path, bytes: &[u8], doing: &'static str) -> Result<(), StoreError> {
    let unfinished = path.with_extension("unfinished");
    let written = (|| {
        let mut file = private_file(&unfinished)?;
        file.set_len(0)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        sync_dir(path.parent().unwrap_or(Path::new(".")))
    })();
    written.map_err(StoreError::io(doing))
}

/// A new name in a directory lasts only once the directory itself is on disk.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Puts `a` where `b` is and `b` where `a` is, in one step.
pub(super) fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).map_err(io::Error::from)
}

pub(super) fn free_bytes(path: &Path) -> Result<u64, StoreError> {
    let doing = "asking for free disk space";
    let stat = rustix::fs::statvfs(path).map_err(|errno| StoreError::io(doing)(errno.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}
