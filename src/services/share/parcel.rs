//! Packages: what waits for a hub without a line, written to a file; a package of others opened; receipts both ways.
use crate::domain::audit::Hash;
use crate::domain::share::hub::Hub;
use crate::storage::{Delivery, PartKind, StoreError};
use crate::wire::package::{self, Item, Manifest};
use crate::wire::seal::{self, Fresh, Identity, Recipient};
use crate::wire::{WireError, fhir::Names, time};

/// The keys by which this station signs and opens.
pub struct Keys {
    pub signing: [u8; 32],
    pub opening: [u8; 32],
}

impl Keys {
    pub fn identity(&self) -> Identity {
        Identity::from_bytes(self.opening)
    }
}

/// Who sends, when, and what the package before was.
pub struct Letterhead<'a> {
    pub names: &'a Names,
    pub clinic: &'a str,
    pub created: crate::domain::instant::Instant,
    pub previous: Option<Hash>,
}

/// A package as bytes, with its name and the hash of its manifest.
pub struct Written {
    pub package: String,
    pub manifest: Hash,
    pub bytes: Vec<u8>,
}

fn draw<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Io {
        doing: "drawing random numbers",
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(bytes)
}

pub fn draw_key() -> Result<[u8; 32], StoreError> {
    draw()
}

/// Writes deliveries with their contents into one package, sealed when the hub has a key.
pub fn write(
    (hub, keys): (&Hub, &Keys),
    head: &Letterhead<'_>,
    load: &[(Delivery, Vec<Vec<u8>>)],
) -> Result<Written, crate::services::failure::Failure> {
    let package = seal::hex(&draw::<16>()?);
    let mut contents = vec![];
    let mut items = vec![];
    for (delivery, parts) in load {
        for (part, content) in delivery.parts.iter().zip(parts) {
            let number = items.len();
            let (kind, path) = match part.kind {
                PartKind::Instance => ("dicom", format!("DICOM/I{number:07}")),
                PartKind::Transaction => ("fhir-transaction", format!("FHIR/T{number:07}.json")),
            };
            items.push(Item {
                path,
                kind: kind.to_owned(),
                sha256: part.sha256.to_string(),
                size: content.len() as u64,
                patient: delivery
                    .patient
                    .map(|patient| head.names.id("Patient", &format!("patient:{}", patient.0)))
                    .unwrap_or_default(),
                delivery: delivery.id.0,
                part: part.part,
            });
            contents.push(content.clone());
        }
    }
    let manifest = Manifest {
        version: 1,
        package: package.clone(),
        sender_oid: head.names.org_oid.clone(),
        sender_station: head.names.station.clone(),
        sender_name: head.clinic.to_owned(),
        sender_key: seal::public_key(&keys.signing)?,
        hub: hub.name.clone(),
        created: time::iso(head.created),
        items,
        previous_sha256: head.previous.map(|hash| hash.to_string()).unwrap_or_default(),
    };
    let zip = package::write(&manifest, &contents, &keys.signing)?;
    let hash = package::open(&zip)?.manifest_sha256;
    let manifest = Hash::parse(&hash).ok_or(WireError::Signature("no hash"))?;
    let bytes = if hub.ways.seal_to.is_empty() {
        zip
    } else {
        let to = Recipient::parse(&hub.ways.seal_to)
            .ok_or(WireError::Seal("the hub's key is no age1… key"))?;
        let fresh = Fresh { file_key: draw()?, ephemeral: draw()?, nonce: draw()? };
        seal::seal(&zip, to, &fresh)?
    };
    Ok(Written { package, manifest, bytes })
}

/// Opens a package, sealed or not. Signature and every hash are checked before anything is given out.
pub fn open(bytes: &[u8], keys: &Keys) -> Result<package::Opened, WireError> {
    if bytes.starts_with(b"age-encryption.org/") {
        package::open(&seal::open(bytes, &keys.identity())?)
    } else {
        package::open(bytes)
    }
}
