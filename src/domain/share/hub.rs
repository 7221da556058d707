//! A receiving side: which ways lead there, by which certificates, and what has been learnt about it.
use super::HubId;
use crate::domain::instant::Instant;

/// The ways to a hub, as set up by an administrator. Empty = that way is not there.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ways {
    /// FHIR R4 base: `https://hub/fhir`
    pub fhir: String,
    /// DICOMweb base: `https://hub/dicom-web`
    pub dicomweb: String,
    /// `AET@host:port`
    pub dimse: String,
    /// Our own AE title.
    pub calling_aet: String,
    /// DIMSE inside TLS with the certificates below.
    pub dimse_tls: bool,
    /// A folder that another program carries on.
    pub folder: String,
    /// `age1…`: packages are sealed to this key.
    pub seal_to: String,
    /// Ed25519 public key, hexadecimal: receipts in files are signed with it.
    pub receipt_key: String,
    /// PEM texts. An empty CA = the public ones.
    pub ca: String,
    pub certificate: String,
    pub key: String,
}

impl Ways {
    pub fn is_online(&self) -> bool {
        !self.fhir.is_empty() || !self.dicomweb.is_empty() || !self.dimse.is_empty()
    }

    /// Not one way leads there.
    pub fn is_empty(&self) -> bool {
        !self.is_online() && self.folder.is_empty() && self.seal_to.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    pub id: HubId,
    pub name: String,
    pub ways: Ways,
    /// Why nothing is sent there now; empty = it runs.
    pub stopped: String,
    /// The class of that reason, as in a delivery's error.
    pub stopped_class: String,
    /// The self-test passed at this time.
    pub tested: Option<Instant>,
    pub software: String,
    /// The largest body that was refused, learnt from a 413.
    pub refused_bytes: Option<u64>,
    /// Hub's clock minus ours.
    pub skew_s: Option<i64>,
    pub last_ok: Option<Instant>,
    /// Greetings in a row that failed, and when the next one is due.
    pub failures: u32,
    pub next_try: Option<Instant>,
}
