//! Signatures as the tool `minisign` makes and checks them (ed25519, prehashed), and whose are trusted.
use std::io::Cursor;

use minisign::{KeyPair, PublicKey, PublicKeyBox, SecretKey, SecretKeyBox, SignatureBox};
use serde::{Deserialize, Serialize};

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("签名文件读不懂")]
    Unreadable,
    #[error("公钥读不懂")]
    BadKey,
    #[error("私钥读不懂，或口令不对")]
    BadSecret,
    #[error("没有可信的公钥。请管理员先用 kb trust add 登记发布者的公钥")]
    NobodyTrusted,
    #[error("签名者不在可信名单上（密钥号 {0}）")]
    Stranger(String),
    #[error("签名与文件不符：文件被改动，或签名属于另一个文件")]
    DoesNotFit,
    #[error("签不了名（{0}）")]
    Signing(String),
}

/// One publisher that the station trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    pub name: String,
    /// Base64, as in the second line of a `.pub` file.
    pub key: String,
    pub added_on: String,
}

impl TrustedKey {
    /// The number that signatures by this key carry, as minisign prints it.
    pub fn number(&self) -> Option<String> {
        public(&self.key).ok().map(|key| number(key.keynum()))
    }
}

/// The list of trusted publishers, as kept in the data directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustList {
    #[serde(default)]
    pub key: Vec<TrustedKey>,
}

/// Reads a `.pub` file, or the key alone; gives the key in base64.
pub fn public_key(text: &str) -> Result<String, SignatureError> {
    let key = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with("untrusted comment:"))
        .ok_or(SignatureError::BadKey)?;
    public(key).map(|key| key.to_base64())
}

fn public(base64: &str) -> Result<PublicKey, SignatureError> {
    // The length is looked at first: the library reads fixed places of what it is given.
    if base64.len() != 56 {
        return Err(SignatureError::BadKey);
    }
    PublicKey::from_base64(base64).map_err(|_| SignatureError::BadKey)
}

/// Whose signature it is, when one of the keys made it over exactly these bytes.
pub fn verify(
    bytes: &[u8],
    signature: &str,
    keys: &[TrustedKey],
) -> Result<String, SignatureError> {
    if keys.is_empty() {
        return Err(SignatureError::NobodyTrusted);
    }
    if signature.len() > 4096 || signature.lines().count() < 4 {
        return Err(SignatureError::Unreadable);
    }
    let signed = SignatureBox::from_string(signature).map_err(|_| SignatureError::Unreadable)?;
    let key = keys.iter().find_map(|trusted| {
        let key = public(&trusted.key).ok()?;
        (key.keynum() == signed.keynum()).then_some((trusted, key))
    });
    let Some((trusted, key)) = key else {
        return Err(SignatureError::Stranger(number(signed.keynum())));
    };
    minisign::verify(&key, &signed, Cursor::new(bytes), true, false, false)
        .map_err(|_| SignatureError::DoesNotFit)?;
    Ok(trusted.name.clone())
}

fn number(keynum: &[u8]) -> String {
    keynum.iter().rev().map(|byte| format!("{byte:02X}")).collect()
}

/// Signs bytes with a secret key file; `passphrase` is `None` for a key without one.
pub fn sign(
    bytes: &[u8],
    secret: &str,
    passphrase: Option<String>,
    comment: &str,
) -> Result<String, SignatureError> {
    let key = match passphrase {
        Some(words) => SecretKeyBox::from_string(secret)
            .and_then(|boxed| boxed.into_secret_key(Some(words)))
            .map_err(|_| SignatureError::BadSecret)?,
        // Not by way of the box: minisign of C leaves the checksum of an open key empty.
        None => bytes_of(secret)
            .and_then(|bytes| SecretKey::from_bytes(&bytes).ok())
            .filter(|key| !key.is_encrypted())
            .ok_or(SignatureError::BadSecret)?,
    };
    minisign::sign(None, &key, Cursor::new(bytes), Some(comment), Some("signature of xinglin"))
        .map(|signed| signed.to_string())
        .map_err(|error| SignatureError::Signing(error.to_string()))
}

/// Whether a secret key file wants a passphrase.
pub fn wants_passphrase(secret: &str) -> bool {
    bytes_of(secret)
        .and_then(|bytes| SecretKey::from_bytes(&bytes).ok())
        .is_some_and(|key| key.is_encrypted())
}

/// The second line of a key file, from base64.
fn bytes_of(secret: &str) -> Option<Vec<u8>> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let line = secret.lines().nth(1)?.trim().trim_end_matches('=');
    let (mut bytes, mut held, mut bits) = (vec![], 0_u32, 0);
    for letter in line.bytes() {
        let value = LETTERS.iter().position(|l| *l == letter)?;
        held = (held << 6) | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

/// A new pair: text of the `.pub` and of the `.key` file. An empty passphrase leaves the secret open.
pub fn new_keys(passphrase: &str) -> Result<(String, String), SignatureError> {
    let failed = |error: minisign::PError| SignatureError::Signing(error.to_string());
    let pair = if passphrase.is_empty() {
        KeyPair::generate_unencrypted_keypair()
    } else {
        KeyPair::generate_encrypted_keypair(Some(passphrase.to_owned()))
    }
    .map_err(failed)?;
    let public: PublicKeyBox = pair.pk.to_box().map_err(failed)?;
    let secret = pair.sk.to_box(None).map_err(failed)?;
    Ok((public.into_string(), secret.into_string()))
}
