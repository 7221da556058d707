//! The package for a USB stick or a drop folder: a zip with a signed manifest, sealed outside; and the signed receipt that
//! comes back as a file. The manifest is the truth, names inside are never used as paths.
use std::io::{Cursor, Read, Write};

use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{WireError, seal};
use crate::domain::audit::Hash;

const FORMAT: &str = "package";
const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.sig";
const SUMS: &str = "SHA256SUMS";
const MOST_ENTRIES: usize = 10_000;
const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub version: u32,
    /// Names this package for ever.
    pub package: String,
    pub sender_oid: String,
    pub sender_station: String,
    pub sender_name: String,
    /// Ed25519, hexadecimal.
    pub sender_key: String,
    pub hub: String,
    pub created: String,
    pub items: Vec<Item>,
    /// The manifest before this one to the same hub; empty = the first.
    pub previous_sha256: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub path: String,
    /// `dicom`, `fhir-transaction`
    pub kind: String,
    pub sha256: String,
    pub size: u64,
    /// Stands for the person without naming them.
    pub patient: String,
    pub delivery: i64,
    pub part: u32,
}

/// A package as opened: what its manifest says, and the content of each item, in its order.
#[derive(Debug)]
pub struct Opened {
    pub manifest: Manifest,
    pub manifest_sha256: String,
    pub contents: Vec<Vec<u8>>,
}

fn zip_error(error: &zip::result::ZipError) -> WireError {
    WireError::unreadable(FORMAT, error.to_string())
}

fn io(error: &std::io::Error) -> WireError {
    WireError::unreadable(FORMAT, error.to_string())
}

/// Writes the zip. Every content must have the hash that its item names.
pub fn write(
    manifest: &Manifest,
    contents: &[Vec<u8>],
    seed: &[u8; 32],
) -> Result<Vec<u8>, WireError> {
    let text = serde_json::to_vec_pretty(manifest)
        .map_err(|error| WireError::unreadable(FORMAT, error.to_string()))?;
    let signature = seal::hex(&seal::sign(seed, &text)?);
    let mut sums = String::new();
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut add = |name: &str, bytes: &[u8]| -> Result<(), WireError> {
        zip.start_file(name, packed).map_err(|e| zip_error(&e))?;
        zip.write_all(bytes).map_err(|e| io(&e))
    };
    add(MANIFEST, &text)?;
    add(SIGNATURE, signature.as_bytes())?;
    sums.extend([Hash::of(&text).to_string().as_str(), "  ", MANIFEST, "\n"]);
    for (item, content) in manifest.items.iter().zip(contents) {
        if Hash::of(content).to_string() != item.sha256 {
            return Err(WireError::unreadable(FORMAT, format!("{} has another hash", item.path)));
        }
        add(&item.path, content)?;
        sums.extend([item.sha256.as_str(), "  ", &item.path, "\n"]);
    }
    add(SUMS, sums.as_bytes())?;
    Ok(zip.finish().map_err(|e| zip_error(&e))?.into_inner())
}

/// Opens a zip: the signature first, then every hash. Anything amiss and nothing is given out.
pub fn open(bytes: &[u8]) -> Result<Opened, WireError> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| zip_error(&e))?;
    if zip.len() > MOST_ENTRIES {
        let entries = zip.len() as u64;
        return Err(WireError::TooBig {
            format: FORMAT,
            bytes: entries,
            most: MOST_ENTRIES as u64,
        });
    }
    let mut left = MOST_BYTES;
    let text = entry(&mut zip, MANIFEST, &mut left)?;
    let signature = entry(&mut zip, SIGNATURE, &mut left)?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|error| WireError::unreadable(FORMAT, format!("{MANIFEST}: {error}")))?;
    let signature = seal::unhex(&String::from_utf8_lossy(&signature))
        .ok_or(WireError::Signature("it is no signature"))?;
    seal::verify(&manifest.sender_key, &text, &signature)?;
    if manifest.version != 1 {
        let what = format!("version {} is not known", manifest.version);
        return Err(WireError::unreadable(FORMAT, what));
    }
    if zip.len() != manifest.items.len() + 3 {
        return Err(WireError::unreadable(
            FORMAT,
            "it holds more or fewer files than its manifest",
        ));
    }
    let mut contents = vec![];
    for item in &manifest.items {
        let content = entry(&mut zip, &item.path, &mut left)?;
        if Hash::of(&content).to_string() != item.sha256 || content.len() as u64 != item.size {
            return Err(WireError::unreadable(FORMAT, format!("{} was changed", item.path)));
        }
        contents.push(content);
    }
    Ok(Opened { manifest, manifest_sha256: Hash::of(&text).to_string(), contents })
}

/// One entry, never more than what is left of the limit, whatever its header claims.
fn entry(
    zip: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    left: &mut u64,
) -> Result<Vec<u8>, WireError> {
    let file = zip.by_name(name).map_err(|e| zip_error(&e))?;
    let mut content = vec![];
    let read = file.take(*left + 1).read_to_end(&mut content).map_err(|e| io(&e))? as u64;
    if read > *left {
        return Err(WireError::TooBig { format: FORMAT, bytes: read, most: MOST_BYTES });
    }
    *left -= read;
    Ok(content)
}

/// What a hub says about a package that it took in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    pub version: u32,
    pub package: String,
    pub manifest_sha256: String,
    pub hub: String,
    pub hub_software: String,
    pub hub_time: String,
    pub items: Vec<ReceiptItem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptItem {
    pub delivery: i64,
    pub part: u32,
    /// Of what the hub holds now, read back from its store.
    pub sha256: String,
    /// `stored`, `conflict`, `refused`
    pub result: String,
    pub words: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedReceipt {
    receipt: String,
    key: String,
    signature: String,
}

pub fn write_receipt(receipt: &Receipt, seed: &[u8; 32]) -> Result<Vec<u8>, WireError> {
    let json = |error: serde_json::Error| WireError::unreadable("receipt", error.to_string());
    let text = serde_json::to_string(receipt).map_err(json)?;
    let signature = seal::hex(&seal::sign(seed, text.as_bytes())?);
    let signed = SignedReceipt { receipt: text, key: seal::public_key(seed)?, signature };
    serde_json::to_vec_pretty(&signed).map_err(json)
}

/// Reads a receipt that must be signed by this key.
pub fn read_receipt(bytes: &[u8], hub_key: &str) -> Result<Receipt, WireError> {
    let json = |error: serde_json::Error| WireError::unreadable("receipt", error.to_string());
    let signed: SignedReceipt = serde_json::from_slice(bytes).map_err(json)?;
    if !signed.key.eq_ignore_ascii_case(hub_key.trim()) {
        return Err(WireError::Signature("the receipt is signed by another hub"));
    }
    let signature =
        seal::unhex(&signed.signature).ok_or(WireError::Signature("it is no signature"))?;
    seal::verify(hub_key, signed.receipt.as_bytes(), &signature)?;
    serde_json::from_str(&signed.receipt).map_err(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u8; 32] = [4; 32];

    fn package() -> Vec<u8> {
        let contents = vec![b"one".to_vec(), vec![0; 5000]];
        let items = contents
            .iter()
            .enumerate()
            .map(|(at, content)| Item {
                path: format!("DICOM/I{at}"),
                kind: "dicom".to_owned(),
                sha256: Hash::of(content).to_string(),
                size: content.len() as u64,
                patient: "p".to_owned(),
                delivery: 1,
                part: at as u32,
            })
            .collect();
        let manifest = Manifest {
            version: 1,
            package: "k".to_owned(),
            sender_oid: String::new(),
            sender_station: "s".to_owned(),
            sender_name: "村卫生室".to_owned(),
            sender_key: seal::public_key(&SEED).unwrap(),
            hub: "county".to_owned(),
            created: String::new(),
            items,
            previous_sha256: String::new(),
        };
        write(&manifest, &contents, &SEED).unwrap()
    }

    #[test]
    fn a_package_opens_as_it_was_written_and_not_when_a_byte_is_changed() {
        let bytes = package();
        let opened = open(&bytes).unwrap();
        assert_eq!((opened.contents[0].as_slice(), opened.contents[1].len()), (&b"one"[..], 5000));
        let mut survived = 0;
        for at in (0..bytes.len()).step_by(7) {
            let mut bad = bytes.clone();
            bad[at] ^= 0x10;
            // Bytes of no meaning (times, attributes) may change; contents may not.
            if let Ok(opened) = open(&bad) {
                survived += 1;
                assert_eq!(opened.contents[0], b"one");
            }
        }
        assert!(survived < bytes.len() / 14, "{survived} changes were not seen");
    }

    #[test]
    fn a_receipt_counts_only_from_the_hub_it_should_come_from() {
        let receipt = Receipt {
            version: 1,
            package: "k".to_owned(),
            manifest_sha256: "00".to_owned(),
            hub: "county".to_owned(),
            hub_software: String::new(),
            hub_time: String::new(),
            items: vec![],
        };
        let bytes = write_receipt(&receipt, &SEED).unwrap();
        assert_eq!(read_receipt(&bytes, &seal::public_key(&SEED).unwrap()).unwrap(), receipt);
        assert!(read_receipt(&bytes, &seal::public_key(&[5; 32]).unwrap()).is_err());
        let changed = String::from_utf8(bytes).unwrap().replace("county", "kounty");
        assert!(read_receipt(changed.as_bytes(), &seal::public_key(&SEED).unwrap()).is_err());
    }
}
