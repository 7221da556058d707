//! Seals and signatures of packages: the age v1 format with one X25519 recipient (any `age` opens it), Ed25519 over
//! manifests and receipts.
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use ring::{hkdf, hmac};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::WireError;

const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

/// A recipient's public key, `age1…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient([u8; 32]);

/// The secret that opens what was sealed to its recipient.
pub struct Identity(Zeroizing<[u8; 32]>);

impl Identity {
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads `AGE-SECRET-KEY-1…`.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, bytes) = bech32_decode(text.trim())?;
        (prefix == "age-secret-key-").then(|| bytes.try_into().ok().map(Self::from_bytes))?
    }

    pub fn recipient(&self) -> Recipient {
        Recipient(PublicKey::from(&StaticSecret::from(*self.0)).to_bytes())
    }
}

impl Recipient {
    /// Reads `age1…`.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, bytes) = bech32_decode(text.trim())?;
        (prefix == "age").then(|| bytes.try_into().ok().map(Self))?
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&bech32_encode("age", &self.0))
    }
}

/// Randomness comes in from outside: a file key, an ephemeral secret and a payload nonce, each drawn for one seal only.
pub struct Fresh {
    pub file_key: [u8; 16],
    pub ephemeral: [u8; 32],
    pub nonce: [u8; 16],
}

fn derive(salt: &[u8], secret: &[u8], info: &[u8]) -> Result<[u8; 32], WireError> {
    let failed = |_| WireError::Seal("the key cannot be derived");
    let mut key = [0; 32];
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], hkdf::HKDF_SHA256)
        .map_err(failed)?
        .fill(&mut key)
        .map_err(failed)?;
    Ok(key)
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(key.into())
}

fn wrap_key(shared: &[u8], share: &[u8; 32], recipient: &[u8; 32]) -> Result<[u8; 32], WireError> {
    derive(&[&share[..], &recipient[..]].concat(), shared, b"age-encryption.org/v1/X25519")
}

/// Seals bytes so that only the recipient opens them.
pub fn seal(plain: &[u8], to: Recipient, fresh: &Fresh) -> Result<Vec<u8>, WireError> {
    let secret = StaticSecret::from(fresh.ephemeral);
    let share = PublicKey::from(&secret).to_bytes();
    let shared = secret.diffie_hellman(&PublicKey::from(to.0));
    if !shared.was_contributory() {
        return Err(WireError::Seal("the recipient's key is weak"));
    }
    let wrapped = cipher(&wrap_key(shared.as_bytes(), &share, &to.0)?)
        .encrypt(&Nonce::default(), &fresh.file_key[..])
        .map_err(|_| WireError::Seal("the file key cannot be wrapped"))?;
    let head = format!(
        "age-encryption.org/v1\n-> X25519 {}\n{}\n---",
        STANDARD_NO_PAD.encode(share),
        STANDARD_NO_PAD.encode(wrapped)
    );
    let mut out = format!("{head} {}\n", STANDARD_NO_PAD.encode(head_mac(&fresh.file_key, &head)?))
        .into_bytes();
    out.extend_from_slice(&fresh.nonce);
    let payload = cipher(&derive(&fresh.nonce, &fresh.file_key, b"payload")?);
    let chunks = plain.len().div_ceil(CHUNK).max(1);
    for number in 0..chunks {
        let chunk = &plain[number * CHUNK..plain.len().min((number + 1) * CHUNK)];
        let sealed = payload
            .encrypt(&stream_nonce(number, number + 1 == chunks), chunk)
            .map_err(|_| WireError::Seal("a part cannot be sealed"))?;
        out.extend(sealed);
    }
    Ok(out)
}

fn head_mac(file_key: &[u8], head: &str) -> Result<[u8; 32], WireError> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &derive(&[], file_key, b"header")?);
    let tag = hmac::sign(&key, head.as_bytes());
    tag.as_ref().try_into().map_err(|_| WireError::Seal("the header cannot be signed"))
}

/// Eleven bytes of counter, one that marks the last part.
fn stream_nonce(number: usize, last: bool) -> Nonce {
    let mut bytes = [0; 12];
    bytes[3..11].copy_from_slice(&(number as u64).to_be_bytes());
    bytes[11] = u8::from(last);
    Nonce::from(bytes)
}

/// Opens what was sealed to this identity. One changed byte and nothing comes out.
pub fn open(sealed: &[u8], identity: &Identity) -> Result<Vec<u8>, WireError> {
    const SHORT: WireError = WireError::Seal("it is no age file, or cut");
    let end = sealed.windows(5).take(64 * 1024).position(|w| w == b"\n--- ").ok_or(SHORT)?;
    let head = std::str::from_utf8(&sealed[..end + 4]).map_err(|_| SHORT)?;
    let rest = &sealed[end + 5..];
    let line = rest.iter().position(|b| *b == b'\n').ok_or(SHORT)?;
    let mac = STANDARD_NO_PAD.decode(&rest[..line]).map_err(|_| SHORT)?;
    let file_key = unwrap_file_key(head, identity)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &derive(&[], &file_key, b"header")?);
    hmac::verify(&key, head.as_bytes(), &mac)
        .map_err(|_| WireError::Seal("its header was changed"))?;
    let payload = rest.get(line + 1..).filter(|p| p.len() >= 16 + TAG).ok_or(SHORT)?;
    let (nonce, body) = payload.split_at(16);
    let cipher = cipher(&derive(nonce, &file_key, b"payload")?);
    let chunks: Vec<&[u8]> = body.chunks(CHUNK + TAG).collect();
    let mut out = Vec::with_capacity(body.len());
    for (number, chunk) in chunks.iter().enumerate() {
        let plain = cipher
            .decrypt(&stream_nonce(number, number + 1 == chunks.len()), *chunk)
            .map_err(|_| WireError::Seal("its content was changed or cut"))?;
        out.extend(plain);
    }
    Ok(out)
}

fn unwrap_file_key(head: &str, identity: &Identity) -> Result<Zeroizing<Vec<u8>>, WireError> {
    let mut lines = head.lines();
    if lines.next() != Some("age-encryption.org/v1") {
        return Err(WireError::Seal("it is no age file of version 1"));
    }
    let secret = StaticSecret::from(*identity.0);
    let own = identity.recipient().0;
    while let Some(line) = lines.next() {
        let Some(share) = line.strip_prefix("-> X25519 ") else { continue };
        let body = lines.next().unwrap_or_default();
        let (Ok(share), Ok(body)) = (STANDARD_NO_PAD.decode(share), STANDARD_NO_PAD.decode(body))
        else {
            continue;
        };
        let Ok(share) = <[u8; 32]>::try_from(share) else { continue };
        let shared = secret.diffie_hellman(&PublicKey::from(share));
        let key = wrap_key(shared.as_bytes(), &share, &own)?;
        if let Ok(file_key) = cipher(&key).decrypt(&Nonce::default(), &body[..]) {
            return Ok(Zeroizing::new(file_key));
        }
    }
    Err(WireError::Seal("it is sealed to another key"))
}

/// Signs with an Ed25519 seed.
pub fn sign(seed: &[u8; 32], message: &[u8]) -> Result<Vec<u8>, WireError> {
    Ok(pair(seed)?.sign(message).as_ref().to_vec())
}

/// The public half of a seed, hexadecimal.
pub fn public_key(seed: &[u8; 32]) -> Result<String, WireError> {
    Ok(hex(pair(seed)?.public_key().as_ref()))
}

fn pair(seed: &[u8; 32]) -> Result<Ed25519KeyPair, WireError> {
    Ed25519KeyPair::from_seed_unchecked(seed)
        .map_err(|_| WireError::Signature("the signing key is unusable"))
}

/// Does the signature fit the message under this public key (hexadecimal)?
pub fn verify(public: &str, message: &[u8], signature: &[u8]) -> Result<(), WireError> {
    let key = unhex(public).ok_or(WireError::Signature("the public key is no key"))?;
    UnparsedPublicKey::new(&ED25519, key)
        .verify(message, signature)
        .map_err(|_| WireError::Signature("the message was changed or signed by another"))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn polymod(values: impl IntoIterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let mut check: u32 = 1;
    for value in values {
        let top = check >> 25;
        check = ((check & 0x01ff_ffff) << 5) ^ u32::from(value);
        for (bit, generator) in GENERATOR.iter().enumerate() {
            if (top >> bit) & 1 == 1 {
                check ^= generator;
            }
        }
    }
    check
}

fn expand(prefix: &str) -> Vec<u8> {
    let bytes = prefix.bytes();
    bytes.clone().map(|b| b >> 5).chain([0]).chain(bytes.map(|b| b & 31)).collect()
}

fn bech32_encode(prefix: &str, bytes: &[u8]) -> String {
    let mut values = vec![];
    let (mut held, mut bits) = (0u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            values.push((held >> bits & 31) as u8);
        }
    }
    if bits > 0 {
        values.push((held << (5 - bits) & 31) as u8);
    }
    let check = polymod(expand(prefix).into_iter().chain(values.iter().copied()).chain([0; 6])) ^ 1;
    let sum = (0..6).map(|at| (check >> (5 * (5 - at)) & 31) as u8);
    let letters = values.iter().copied().chain(sum).map(|v| char::from(BECH32[usize::from(v)]));
    format!("{prefix}1{}", letters.collect::<String>())
}

fn bech32_decode(text: &str) -> Option<(String, Vec<u8>)> {
    let lower = text.to_ascii_lowercase();
    if lower != text && text.to_ascii_uppercase() != text {
        return None;
    }
    let (prefix, data) = lower.rsplit_once('1')?;
    let values: Vec<u8> = data
        .bytes()
        .map(|b| BECH32.iter().position(|letter| *letter == b).map(|at| at as u8))
        .collect::<Option<_>>()?;
    if values.len() < 6 || polymod(expand(prefix).into_iter().chain(values.iter().copied())) != 1 {
        return None;
    }
    let mut bytes = vec![];
    let (mut held, mut bits) = (0u32, 0);
    for value in &values[..values.len() - 6] {
        held = (held << 5) | u32::from(*value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 255) as u8);
        }
    }
    Some((prefix.to_owned(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> Fresh {
        Fresh { file_key: [7; 16], ephemeral: [9; 32], nonce: [3; 16] }
    }

    #[test]
    fn what_was_sealed_is_opened_by_its_key_only() {
        let (identity, other) = (Identity::from_bytes([5; 32]), Identity::from_bytes([6; 32]));
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let plain = vec![0xA5; length];
            let sealed = seal(&plain, identity.recipient(), &fresh()).unwrap();
            assert_eq!(open(&sealed, &identity).unwrap(), plain);
            assert!(open(&sealed, &other).is_err());
        }
    }

    #[test]
    fn one_changed_byte_and_nothing_comes_out() {
        let identity = Identity::from_bytes([5; 32]);
        let sealed = seal(&[1; 300], identity.recipient(), &fresh()).unwrap();
        for at in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            assert!(open(&bad, &identity).is_err(), "byte {at}");
        }
        assert!(open(&sealed[..sealed.len() - 1], &identity).is_err());
    }

    #[test]
    fn keys_are_written_as_age_writes_them() {
        let recipient = Identity::from_bytes([5; 32]).recipient();
        let text = recipient.to_string();
        assert!(text.starts_with("age1") && text.len() == 62);
        assert_eq!(Recipient::parse(&text), Some(recipient));
        assert_eq!(Recipient::parse(&text.replace('1', "2")), None);
    }

    #[test]
    fn a_signature_fits_its_message_only() {
        let seed = [1; 32];
        let (public, signature) = (public_key(&seed).unwrap(), sign(&seed, b"abc").unwrap());
        assert!(verify(&public, b"abc", &signature).is_ok());
        assert!(verify(&public, b"abd", &signature).is_err());
        assert!(verify(&public_key(&[2; 32]).unwrap(), b"abc", &signature).is_err());
    }
}
