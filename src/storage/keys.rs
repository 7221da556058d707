//! The data key, and who can unwrap it. The key file lies beside the database and holds no secret in the clear:
//! for each user, and for the recovery key, the data key encrypted under what Argon2id makes of their passphrase.
use std::fmt;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{StoreError, files};
use crate::domain::audit::Hash;

/// The key that the database is encrypted with. Never printed, wiped when dropped.
#[derive(Clone)]
pub struct Dek(Zeroizing<[u8; 32]>);

impl Dek {
    pub fn draw() -> Result<Self, StoreError> {
        let mut key = Zeroizing::new([0; 32]);
        draw(&mut *key)?;
        Ok(Self(key))
    }

    /// As SQLCipher wants a raw key.
    pub(super) fn pragma(&self) -> Zeroizing<String> {
        use fmt::Write;
        let mut text = Zeroizing::new(String::with_capacity(67));
        text.push_str("x'");
        for byte in self.0.iter() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\'');
        text
    }
}

impl fmt::Debug for Dek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dek(hidden)")
    }
}

/// How dear one guess is. `LEAST` is OWASP's minimum for Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Cost {
    pub const LEAST: Self = Self { memory_kib: 19_456, passes: 2 };
    const MOST_PASSES: u32 = 16;
    const WANTED_MS: u128 = 400;

    /// As many passes as this machine does in some 0.4 s.
    pub fn measured() -> Self {
        let start = std::time::Instant::now();
        if stretch("measure", &[7; 16], Self::LEAST).is_err() {
            return Self::LEAST;
        }
        let per_pass = (start.elapsed().as_millis() / u128::from(Self::LEAST.passes)).max(1);
        let passes = u32::try_from(Self::WANTED_MS / per_pass).unwrap_or(Self::MOST_PASSES);
        Self { passes: passes.clamp(Self::LEAST.passes, Self::MOST_PASSES), ..Self::LEAST }
    }
}

/// Who can open the station, as kept in `keys.toml`.
#[derive(Clone, Debug)]
pub struct KeyFile {
    /// The first bytes of the database that this file opens (its salt, no secret): tells a foreign key file from a
    /// damaged database.
    database: String,
    users: Vec<Wrapped>,
    recovery: Wrapped,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFileForm {
    version: u32,
    database: String,
    recovery: Wrapped,
    #[serde(default)]
    user: Vec<Wrapped>,
}

/// The data key under one passphrase.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    name: String,
    memory_kib: u32,
    passes: u32,
    salt: String,
    nonce: String,
    key: String,
}

const RECOVERY: &str = "recovery key";

impl KeyFile {
    const VERSION: u32 = 1;

    /// A file that only the recovery key opens so far.
    pub fn new(dek: &Dek, recovery: &RecoveryKey) -> Result<Self, StoreError> {
        // The recovery key is random: stretching adds nothing, the least cost is enough.
        let recovery = wrap(dek, RECOVERY, recovery.secret(), Cost::LEAST)?;
        Ok(Self { database: String::new(), users: vec![], recovery })
    }

    pub fn load(path: &Path) -> Result<Self, StoreError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::NotSetUp);
            }
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(StoreError::KeyFile { what: "it is not text".to_owned() });
            }
            Err(error) => return Err(StoreError::io("reading the key file")(error)),
        };
        let damaged = |what: String| StoreError::KeyFile { what };
        // Only the place, never the text: an error message must not carry key material.
        let form: KeyFileForm =
            toml::from_str(&text).map_err(|error| damaged(error.message().to_owned()))?;
        if form.version != Self::VERSION {
            return Err(damaged(format!("version {} is not known", form.version)));
        }
        Ok(Self { database: form.database, users: form.user, recovery: form.recovery })
    }

    pub fn save(&self, path: &Path) -> Result<(), StoreError> {
        let form = KeyFileForm {
            version: Self::VERSION,
            database: self.database.clone(),
            recovery: self.recovery.clone(),
            user: self.users.clone(),
        };
        let text = toml::to_string(&form)
            .map_err(|error| StoreError::KeyFile { what: error.to_string() })?;
        files::replace(path, text.as_bytes(), "writing the key file")
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.users.iter().map(|user| user.name.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// Lets a user in with a passphrase, or changes it.
    pub fn set(
        &mut self,
        name: &str,
        passphrase: &str,
        (dek, cost): (&Dek, Cost),
    ) -> Result<(), StoreError> {
        let wrapped = wrap(dek, name, passphrase, cost)?;
        match self.users.iter_mut().find(|user| user.name == name) {
            Some(user) => *user = wrapped,
            None => self.users.push(wrapped),
        }
        Ok(())
    }

    /// Lets a user in no more.
    pub fn remove(&mut self, name: &str) {
        self.users.retain(|user| user.name != name);
    }

    pub fn set_recovery(&mut self, recovery: &RecoveryKey, dek: &Dek) -> Result<(), StoreError> {
        self.recovery = wrap(dek, RECOVERY, recovery.secret(), Cost::LEAST)?;
        Ok(())
    }

    /// The data key, or `None` for an unknown user or a wrong passphrase; both take the same time.
    pub fn unlock(&self, name: &str, passphrase: &str) -> Result<Option<Dek>, StoreError> {
        match self.users.iter().find(|user| user.name == name) {
            Some(user) => user.unwrap(passphrase),
            None => self.users.first().unwrap_or(&self.recovery).unwrap(passphrase).map(|_| None),
        }
    }

    pub fn unlock_with(&self, recovery: &RecoveryKey) -> Result<Option<Dek>, StoreError> {
        self.recovery.unwrap(recovery.secret())
    }

    /// Says that this file opens that database.
    pub(super) fn belong_to(&mut self, database: &Path) -> Result<(), StoreError> {
        self.database = salt_of(database).map_err(StoreError::io("reading the database"))?;
        Ok(())
    }

    pub(super) fn belongs_to(&self, database: &Path) -> bool {
        salt_of(database).is_ok_and(|salt| salt == self.database)
    }
}

impl Wrapped {
    fn unwrap(&self, passphrase: &str) -> Result<Option<Dek>, StoreError> {
        let damaged = || StoreError::KeyFile { what: "an entry is damaged".to_owned() };
        let salt = unhex(&self.salt).ok_or_else(damaged)?;
        let nonce: [u8; 24] =
            unhex(&self.nonce).and_then(|n| n.try_into().ok()).ok_or_else(damaged)?;
        let wrapped = unhex(&self.key).ok_or_else(damaged)?;
        let cost = Cost { memory_kib: self.memory_kib, passes: self.passes };
        if cost.memory_kib > 1_048_576 || cost.passes > 1000 {
            return Err(damaged());
        }
        let kek = stretch(passphrase, &salt, cost)?;
        let associated = associated(&self.name);
        let payload = Payload { msg: &wrapped, aad: &associated };
        let Ok(key) = XChaCha20Poly1305::new((&*kek).into()).decrypt(&XNonce::from(nonce), payload)
        else {
            return Ok(None);
        };
        let key = Zeroizing::new(key);
        let key: [u8; 32] = key.as_slice().try_into().map_err(|_| damaged())?;
        Ok(Some(Dek(Zeroizing::new(key))))
    }
}

fn wrap(dek: &Dek, name: &str, passphrase: &str, cost: Cost) -> Result<Wrapped, StoreError> {
    let mut salt = [0; 16];
    let mut nonce = [0; 24];
    draw(&mut salt)?;
    draw(&mut nonce)?;
    let kek = stretch(passphrase, &salt, cost)?;
    let associated = associated(name);
    let payload = Payload { msg: &*dek.0, aad: &associated };
    let wrapped = XChaCha20Poly1305::new((&*kek).into())
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| StoreError::KeyFile { what: "the key could not be wrapped".to_owned() })?;
    Ok(Wrapped {
        name: name.to_owned(),
        memory_kib: cost.memory_kib,
        passes: cost.passes,
        salt: hex(&salt),
        nonce: hex(&nonce),
        key: hex(&wrapped),
    })
}

/// The first 16 bytes of an SQLCipher file are its random salt, in the clear.
fn salt_of(database: &Path) -> std::io::Result<String> {
    let mut salt = [0; 16];
    std::io::Read::read_exact(&mut std::fs::File::open(database)?, &mut salt)?;
    Ok(hex(&salt))
}

/// Binds a wrapped key to its owner: entries cannot be passed on by renaming.
fn associated(name: &str) -> Vec<u8> {
    [b"xinglin-key-1:", name.as_bytes()].concat()
}

fn stretch(passphrase: &str, salt: &[u8], cost: Cost) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    let refused = |error: argon2::Error| StoreError::KeyFile { what: error.to_string() };
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).map_err(refused)?;
    let mut kek = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *kek)
        .map_err(refused)?;
    Ok(kek)
}

fn draw(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| StoreError::Io {
        doing: "drawing a random key",
        source: std::io::Error::other(error.to_string()),
    })
}

/// Random hexadecimal digits, for the station's name.
pub(super) fn draw_hex<const N: usize>() -> Result<String, StoreError> {
    let mut bytes = [0; N];
    draw(&mut bytes)?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let pairs = digits.chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// The way back in when every passphrase is lost: 184 random bits and two check characters' worth, printed once as
/// eight groups of five.
pub struct RecoveryKey(Zeroizing<String>);

impl RecoveryKey {
    /// Crockford's letters: no I, L, O, U to misread.
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const LEN: usize = 40;

    pub fn draw() -> Result<Self, StoreError> {
        let mut bytes = Zeroizing::new([0; 25]);
        draw(&mut bytes[..23])?;
        let check = Hash::of(&bytes[..23]).0;
        bytes[23..].copy_from_slice(&check[..2]);
        let mut text = Zeroizing::new(String::with_capacity(Self::LEN));
        for i in 0..Self::LEN {
            text.push(char::from(Self::LETTERS[usize::from(five_bits(&*bytes, i))]));
        }
        Ok(Self(text))
    }

    /// Reads what was printed, in any case, with or without dashes; `None` when a letter was misread.
    pub fn parse(text: &str) -> Option<Self> {
        let mut kept = Zeroizing::new(String::with_capacity(Self::LEN));
        let mut bytes = Zeroizing::new([0_u8; 25]);
        for c in text
            .chars()
            .map(crate::domain::age::half_width)
            .filter(|c| !c.is_whitespace() && *c != '-')
        {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            let value = Self::LETTERS.iter().position(|letter| char::from(*letter) == c)?;
            let at = kept.len();
            if at >= Self::LEN {
                return None;
            }
            put_five_bits(&mut *bytes, at, value as u8);
            kept.push(c);
        }
        let check = Hash::of(&bytes[..23]).0;
        (kept.len() == Self::LEN && bytes[23..] == check[..2]).then_some(Self(kept))
    }

    /// `7K2MQ-…`, eight groups of five.
    pub fn groups(&self) -> Vec<&str> {
        (0..Self::LEN / 5).map(|i| &self.0[i * 5..i * 5 + 5]).collect()
    }

    fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(hidden)")
    }
}

fn five_bits(bytes: &[u8], i: usize) -> u8 {
    (0..5).fold(0, |value, bit| {
        let at = i * 5 + bit;
        value << 1 | (bytes[at / 8] >> (7 - at % 8) & 1)
    })
}

fn put_five_bits(bytes: &mut [u8], i: usize, value: u8) {
    for bit in 0..5 {
        let at = i * 5 + bit;
        bytes[at / 8] |= (value >> (4 - bit) & 1) << (7 - at % 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASS: &str = "correct horse battery";

    fn file() -> (KeyFile, Dek, RecoveryKey) {
        let (dek, recovery) = (Dek::draw().unwrap(), RecoveryKey::draw().unwrap());
        let mut file = KeyFile::new(&dek, &recovery).unwrap();
        file.set("wang", PASS, (&dek, Cost::LEAST)).unwrap();
        (file, dek, recovery)
    }

    #[test]
    fn the_right_passphrase_and_the_recovery_key_open_and_nothing_else_does() {
        let (file, dek, recovery) = file();
        let same = |found: Option<Dek>| found.is_some_and(|found| *found.0 == *dek.0);
        assert!(same(file.unlock("wang", PASS).unwrap()));
        assert!(same(file.unlock_with(&recovery).unwrap()));
        assert!(file.unlock("wang", "correct horse batterz").unwrap().is_none());
        assert!(file.unlock("li", PASS).unwrap().is_none());
        assert!(file.unlock_with(&RecoveryKey::draw().unwrap()).unwrap().is_none());
    }

    #[test]
    fn an_entry_cannot_be_passed_on_under_another_name() {
        let (mut file, ..) = file();
        file.users[0].name = "li".to_owned();
        assert!(file.unlock("li", PASS).unwrap().is_none());
    }

    #[test]
    fn the_file_is_read_back_and_holds_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        let (file, dek, recovery) = file();
        file.save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for secret in [PASS, &hex(&*dek.0), recovery.secret()] {
            assert!(!text.contains(secret));
        }
        assert!(KeyFile::load(&path).unwrap().unlock("wang", PASS).unwrap().is_some());
        std::fs::write(&path, &text[..text.len() / 2]).unwrap();
        assert!(matches!(KeyFile::load(&path), Err(StoreError::KeyFile { .. })));
    }

    #[test]
    fn a_recovery_key_is_read_back_as_people_copy_it() {
        let key = RecoveryKey::draw().unwrap();
        let written = key.groups().join("-").to_lowercase().replace('0', "o").replace('1', "l");
        assert_eq!(RecoveryKey::parse(&written).unwrap().secret(), key.secret());
        assert_eq!(key.groups().len(), 8);
    }

    #[test]
    fn a_recovery_key_with_one_wrong_letter_is_noticed_before_it_is_tried() {
        let key = RecoveryKey::draw().unwrap();
        let mut noticed = 0;
        for i in 0..RecoveryKey::LEN {
            let mut letters: Vec<char> = key.secret().chars().collect();
            letters[i] = if letters[i] == 'Z' { 'Y' } else { 'Z' };
            noticed +=
                usize::from(RecoveryKey::parse(&letters.iter().collect::<String>()).is_none());
        }
        assert_eq!(noticed, RecoveryKey::LEN);
    }
}
