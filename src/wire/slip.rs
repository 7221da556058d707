//! The referral on paper: the letter itself, packed and signed, in one or more codes that any scanner types in.
//! `XLR1/part/of/mark/BASE32`: capitals and digits only, so that a QR code takes them densely.
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{WireError, letter_form, seal};
use crate::domain::audit::Hash;
use crate::domain::share::letter::Letter;

const FORMAT: &str = "referral slip";
const HEAD: &str = "XLR1";
const VERSION: u8 = 1;
const CONTEXT: &[u8] = b"xinglin referral slip 1\n";
/// Characters of one code: about 97 modules a side, which prints and scans well.
const CODE_CHARS: usize = 900;
/// More codes than this nobody scans.
pub const MOST_CODES: usize = 6;
const MOST_TEXT: u64 = 256 * 1024;
const KEY: usize = 32;
const SIGNATURE: usize = 64;

/// A letter as read from its codes, with the key that signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    pub letter: Letter,
    /// Hexadecimal Ed25519 key; whose it is, others must know.
    pub signer: String,
}

/// The codes of a letter, signed with this station's seed.
pub fn codes(letter: &Letter, seed: &[u8; 32]) -> Result<Vec<String>, WireError> {
    let io = |source| WireError::Io { doing: "packing the slip", source };
    let text = letter_form::write(letter)?;
    let mut packer = DeflateEncoder::new(vec![], Compression::best());
    packer.write_all(text.as_bytes()).map_err(io)?;
    let packed = packer.finish().map_err(io)?;
    let signature = seal::sign(seed, &[CONTEXT, text.as_bytes()].concat())?;
    let key = seal::unhex(&seal::public_key(seed)?).unwrap_or_default();
    let payload = [&[VERSION], &key[..], &signature, &packed].concat();
    let mark = mark(&payload);
    let letters = base32(&payload);
    let parts: Vec<&str> = letters
        .as_bytes()
        .chunks(CODE_CHARS)
        .map(|chunk| std::str::from_utf8(chunk).unwrap_or_default())
        .collect();
    if parts.len() > MOST_CODES {
        let what = format!("{} codes are too many (at most {MOST_CODES})", parts.len());
        return Err(WireError::unreadable(FORMAT, what));
    }
    let of = parts.len();
    Ok(parts
        .iter()
        .enumerate()
        .map(|(n, part)| format!("{HEAD}/{}/{of}/{mark}/{part}", n + 1))
        .collect())
}

fn mark(payload: &[u8]) -> String {
    Hash::of(payload).to_string()[..8].to_ascii_uppercase()
}

/// Is there a code of ours in this text?
pub fn looks_like_slip(text: &str) -> bool {
    text.split_whitespace().any(|word| code(word).is_some())
}

/// The code in a word; zbarimg writes `QR-Code:` before it, scanners may type small letters.
fn code(word: &str) -> Option<String> {
    let upper = word.to_ascii_uppercase();
    let at = upper.find(&format!("{HEAD}/"))?;
    Some(upper[at..].to_owned())
}

/// Reads the codes in whatever order they were scanned; one that is missing is named, one changed letter refuses all.
pub fn read(text: &str) -> Result<Slip, WireError> {
    let bad = |what: String| WireError::unreadable(FORMAT, what);
    let mut found: Option<(usize, String)> = None;
    let mut parts: Vec<Option<String>> = vec![];
    for code in text.split_whitespace().filter_map(code) {
        let fields: Vec<&str> = code.split('/').collect();
        let [_, part, of, mark, letters] = fields.as_slice() else {
            return Err(bad("a code is cut".to_owned()));
        };
        let (Ok(part), Ok(of)) = (part.parse::<usize>(), of.parse::<usize>()) else {
            return Err(bad("a code is damaged".to_owned()));
        };
        if of == 0 || of > MOST_CODES || part == 0 || part > of {
            return Err(bad("a code is damaged".to_owned()));
        }
        match &found {
            Some(known) if *known != (of, (*mark).to_owned()) => {
                return Err(bad("the codes are of two slips".to_owned()));
            }
            Some(_) => {}
            None => {
                parts = vec![None; of];
                found = Some((of, (*mark).to_owned()));
            }
        }
        parts[part - 1] = Some((*letters).to_owned());
    }
    let (of, mark_of) = found.ok_or_else(|| bad("no code of a slip is in it".to_owned()))?;
    if let Some(missing) = parts.iter().position(Option::is_none) {
        return Err(bad(format!("code {} of {of} is missing", missing + 1)));
    }
    let letters: String = parts.into_iter().flatten().collect();
    let payload = unbase32(&letters).ok_or_else(|| bad("a code is damaged".to_owned()))?;
    if mark(&payload) != mark_of {
        return Err(WireError::Signature("the slip was changed or read wrongly"));
    }
    open(&payload)
}

fn open(payload: &[u8]) -> Result<Slip, WireError> {
    let bad = |what: &str| WireError::unreadable(FORMAT, what);
    let (version, rest) = payload.split_first().ok_or_else(|| bad("it is empty"))?;
    if *version != VERSION {
        return Err(bad("it was written by a newer program"));
    }
    if rest.len() < KEY + SIGNATURE {
        return Err(bad("it is cut"));
    }
    let (key, rest) = rest.split_at(KEY);
    let (signature, packed) = rest.split_at(SIGNATURE);
    let mut text = vec![];
    DeflateDecoder::new(packed)
        .take(MOST_TEXT + 1)
        .read_to_end(&mut text)
        .map_err(|_| bad("it cannot be unpacked"))?;
    if text.len() as u64 > MOST_TEXT {
        return Err(WireError::TooBig {
            format: FORMAT,
            bytes: text.len() as u64,
            most: MOST_TEXT,
        });
    }
    let signer = seal::hex(key);
    seal::verify(&signer, &[CONTEXT, &text[..]].concat(), signature)?;
    let text = String::from_utf8(text).map_err(|_| bad("it is no text"))?;
    Ok(Slip { letter: letter_form::read(&text)?, signer })
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// RFC 4648 without padding.
fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut bits) = (0u32, 0);
    for byte in bytes {
        held = (held << 8 | u32::from(*byte)) & 0xffff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        out.push(char::from(ALPHABET[(held << (5 - bits) & 31) as usize]));
    }
    out
}

fn unbase32(text: &str) -> Option<Vec<u8>> {
    let mut out = vec![];
    let (mut held, mut bits) = (0u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|one| *one == letter)? as u32;
        held = (held << 5 | value) & 0xffff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits & 255) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::letter_form;

    fn letter() -> Letter {
        letter_form::read(letter_form::tests::FULL).unwrap()
    }

    #[test]
    fn a_slip_is_read_back_in_any_order_and_twice_scanned() {
        let mut long = letter();
        // Words that do not repeat, or they would pack into one code.
        long.findings =
            (0..700u32).filter_map(|n| char::from_u32(0x4e00 + n * 2_654_435 % 20_000)).collect();
        let codes = codes(&long, &[3; 32]).unwrap();
        assert!(codes.len() > 1, "{}", codes.len());
        let mut scanned: Vec<String> = codes.iter().rev().cloned().collect();
        scanned.push(format!("QR-Code:{}", codes[0].to_lowercase()));
        let slip = read(&scanned.join("\n")).unwrap();
        assert_eq!(slip.letter, long);
        assert_eq!(slip.signer, seal::public_key(&[3; 32]).unwrap());
        let error = read(&codes[1..].join("\n")).unwrap_err().to_string();
        assert!(error.contains("code 1 of"), "{error}");
    }

    #[test]
    fn one_changed_letter_refuses_the_slip() {
        let codes = codes(&letter(), &[3; 32]).unwrap();
        for (n, code) in codes.iter().enumerate() {
            let start = code.rfind('/').unwrap() + 1;
            for at in (start..code.len()).step_by(7) {
                let mut bytes = code.clone().into_bytes();
                bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
                let mut scanned = codes.clone();
                scanned[n] = String::from_utf8(bytes).unwrap();
                let refused = read(&scanned.join("\n"));
                assert!(matches!(refused, Err(WireError::Signature(_))), "code {n} letter {at}");
            }
        }
    }

    #[test]
    fn a_slip_whose_text_was_signed_by_nobody_is_refused() {
        let codes = codes(&letter(), &[3; 32]).unwrap();
        let letters: String = codes.iter().filter_map(|code| code.rsplit('/').next()).collect();
        let mut payload = unbase32(&letters).unwrap();
        // Another key in place of the signer's, and the mark made to fit.
        let other = seal::unhex(&seal::public_key(&[4; 32]).unwrap()).unwrap();
        payload[1..=KEY].copy_from_slice(&other);
        let forged = format!("XLR1/1/1/{}/{}", mark(&payload), base32(&payload));
        assert!(matches!(read(&forged), Err(WireError::Signature(_))));
    }

    #[test]
    fn whatever_is_scanned_does_no_harm() {
        for text in [
            "",
            "XLR1",
            "XLR1/",
            "XLR1/1/1/A/B",
            "XLR1/9/1/A/B",
            "XLR1/0/0//",
            "XLR1/1/99999999999999999999/A/B",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let bomb = {
            let mut packer = DeflateEncoder::new(vec![], Compression::best());
            packer.write_all(&vec![b' '; 4 * 1024 * 1024]).unwrap();
            [&[VERSION][..], &[0; KEY + SIGNATURE], &packer.finish().unwrap()].concat()
        };
        assert!(matches!(open(&bomb), Err(WireError::TooBig { .. })));
    }
}
