//! The installed pack in the data directory: `knowledge/{trusted-keys.toml, current, previous, staged}`. Each slot holds the
//! pack as signed and its signature; both are checked every time it is read. Slots are swapped by renaming, never rewritten.
use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{
    KnowledgeError,
    pack::{self, Pack},
    signature::{self, TrustList},
};

const PACK: &str = "base.xlpack";
const SIGNATURE: &str = "base.xlpack.minisig";
const KEYS: &str = "trusted-keys.toml";

/// The folder `knowledge` of a data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf(PathBuf);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    Current,
    Previous,
}

impl Shelf {
    pub fn of(data_dir: &Path) -> Self {
        Self(data_dir.join("knowledge"))
    }

    pub fn slot(&self, slot: Slot) -> PathBuf {
        self.0.join(match slot {
            Slot::Current => "current",
            Slot::Previous => "previous",
        })
    }

    fn staged(&self) -> PathBuf {
        self.0.join("staged")
    }

    /// The slot in use, when a pack was installed.
    pub fn installed(&self) -> Option<PathBuf> {
        let current = self.slot(Slot::Current);
        current.join(PACK).exists().then_some(current)
    }

    /// The trusted keys and the exact text they were read from; an absent list is an empty one.
    pub fn trusted(&self) -> Result<(TrustList, String), KnowledgeError> {
        let path = self.0.join(KEYS);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(unread(&path, source)),
        };
        let list = toml::from_str(&text).map_err(|error: toml::de::Error| {
            pack_error(&format!("可信公钥名单读不懂（{}）", error.message()))
        })?;
        Ok((list, text))
    }

    /// Keeps the list; gives its text.
    pub fn keep_trusted(&self, list: &TrustList) -> Result<String, KnowledgeError> {
        let text = toml::to_string(list).map_err(|error| pack_error(&error.to_string()))?;
        let path = self.0.join(KEYS);
        (|| {
            private_dir(&self.0)?;
            let unfinished = self.0.join("trusted-keys.unfinished");
            write(&unfinished, text.as_bytes())?;
            fs::rename(&unfinished, &path)?;
            sync(&self.0)
        })()
        .map_err(|source| unread(&path, source))?;
        Ok(text)
    }

    /// Puts a pack and its signature beside the one in use, and reads it back.
    pub fn stage(&self, pack: &[u8], signature: &str) -> Result<(), KnowledgeError> {
        let staged = self.staged();
        (|| {
            private_dir(&self.0)?;
            remove(&staged)?;
            private_dir(&staged)?;
            write(&staged.join(PACK), pack)?;
            write(&staged.join(SIGNATURE), signature.as_bytes())?;
            sync(&staged)?;
            sync(&self.0)
        })()
        .map_err(|source| unread(&staged, source))?;
        read_slot(&staged).map(drop)
    }

    /// Turns the staged pack on in one step; the one in use becomes the previous one.
    pub fn swap(&self) -> Result<(), KnowledgeError> {
        let (staged, current) = (self.staged(), self.slot(Slot::Current));
        let previous = self.slot(Slot::Previous);
        (|| {
            if current.exists() {
                exchange(&staged, &current)?;
                // From here on the new one is in use; what follows only keeps the old one.
                remove(&previous)?;
                fs::rename(&staged, &previous)?;
            } else {
                fs::rename(&staged, &current)?;
            }
            sync(&self.0)
        })()
        .map_err(|source| unread(&current, source))
    }

    /// Turns the previous pack on again, or the built-in knowledge when there is none. A second call undoes the first.
    pub fn roll_back(&self) -> Result<(), KnowledgeError> {
        let (current, previous) = (self.slot(Slot::Current), self.slot(Slot::Previous));
        (|| {
            match (current.exists(), previous.exists()) {
                (true, true) => exchange(&current, &previous)?,
                (true, false) => fs::rename(&current, &previous)?,
                (false, true) => fs::rename(&previous, &current)?,
                (false, false) => return Err(io::ErrorKind::NotFound.into()),
            }
            sync(&self.0)
        })()
        .map_err(|source| unread(&current, source))
    }

    pub fn discard_staged(&self) {
        if let Err(error) = remove(&self.staged()) {
            tracing::warn!(%error, "a staged pack could not be removed");
        }
    }

    pub fn has(&self, slot: Slot) -> bool {
        self.slot(slot).join(PACK).exists()
    }
}

/// Whether a folder is a slot of a shelf.
pub fn is_slot(folder: &Path) -> bool {
    folder.join(PACK).exists()
}

/// Reads a slot: signature by a trusted key, then every byte against the manifest.
pub fn read_slot(slot: &Path) -> Result<Pack, KnowledgeError> {
    let path = slot.join(PACK);
    let bytes = fs::read(&path).map_err(|source| unread(&path, source))?;
    let shelf = Shelf(slot.parent().unwrap_or(Path::new(".")).to_owned());
    let path = slot.join(SIGNATURE);
    let signature = fs::read_to_string(&path).map_err(|source| unread(&path, source))?;
    let (trusted, _) = shelf.trusted()?;
    signature::verify(&bytes, &signature, &trusted.key)
        .map_err(|error| pack_error(&error.to_string()))?;
    Ok(pack::read(&bytes)?)
}

fn pack_error(why: &str) -> KnowledgeError {
    KnowledgeError::Pack(why.to_owned())
}

fn unread(path: &Path, source: io::Error) -> KnowledgeError {
    KnowledgeError::Read { path: path.display().to_string(), source }
}

fn private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file =
        File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Puts `a` where `b` is and `b` where `a` is, in one step.
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).map_err(io::Error::from)
}
