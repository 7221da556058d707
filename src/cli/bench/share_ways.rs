//! The ways a file or a document goes to a hub: ours through the courier, others' through curl and dcmsend.
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::domain::share::HubId;
use crate::domain::share::hub::{Hub, Ways};
use crate::domain::share::trouble::Trouble;
use crate::services::share::courier::{Courier, ReadBack};
use crate::services::share::invented::Transaction;
use crate::services::share::reader::Reader;

const DICOM: &str = "application/dicom+json";
const FHIR: &str = "application/fhir+json";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    AnswerOnly,
    ReadBack,
}

/// What is sent in one round: files (images) or transactions (documents).
pub(super) enum Load {
    Images(Vec<PathBuf>),
    Documents(Vec<Transaction>),
}

impl Load {
    pub fn count(&self) -> usize {
        match self {
            Self::Images(files) => files.len(),
            Self::Documents(all) => all.len(),
        }
    }

    pub fn bytes(&self) -> u64 {
        match self {
            Self::Images(files) => {
                files.iter().filter_map(|file| fs::metadata(file).ok()).map(|meta| meta.len()).sum()
            }
            Self::Documents(all) => all.iter().map(|(_, bytes)| bytes.len() as u64).sum(),
        }
    }
}

/// Where it goes.
pub(super) struct Places {
    pub dicomweb: String,
    pub dimse: String,
    pub fhir: String,
    pub dir: PathBuf,
}

pub(super) fn tool(program: &str, args: &[&str]) -> Result<(), String> {
    let done = Command::new(program)
        .args(args)
        .output()
        .map_err(|error| format!("{program}：{error}（apt install dcmtk curl）"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&done.stderr)))
}

fn courier(ways: Ways) -> Result<Courier, String> {
    let hub = Hub {
        id: HubId(0),
        name: "bench".to_owned(),
        ways,
        stopped: String::new(),
        stopped_class: String::new(),
        tested: None,
        software: String::new(),
        refused_bytes: None,
        skew_s: None,
        last_ok: None,
        failures: 0,
        next_try: None,
    };
    Courier::new(&hub).map_err(|trouble| trouble.words_zh())
}

/// As `share deliver` does it: one at a time over one kept connection. Connecting, reading and parsing each file, and
/// with `ReadBack` fetching and comparing, all count.
pub(super) fn ours(ways: Ways, proof: Proof, load: &Load) -> Result<f64, String> {
    let started = Instant::now();
    let courier = courier(ways)?;
    let same = |what: &str, found| match found {
        Ok(ReadBack::Same) => Ok(()),
        Ok(other) => Err(format!("{what}: {other:?}")),
        Err(trouble) => Err(trouble_words(&trouble)),
    };
    match load {
        Load::Images(files) => {
            for file in files {
                let bytes = fs::read(file).map_err(|error| error.to_string())?;
                let instance = Reader::Here.read(&bytes).map_err(|error| error.to_string())?;
                courier.send_image(&instance, &bytes).map_err(|trouble| trouble_words(&trouble))?;
                if proof == Proof::ReadBack {
                    same(&instance.sop_uid, courier.read_image(&instance, &bytes))?;
                }
            }
        }
        Load::Documents(all) => {
            for (prepared, bytes) in all {
                courier
                    .send_transaction(prepared, bytes)
                    .map_err(|trouble| trouble_words(&trouble))?;
                if proof == Proof::ReadBack {
                    same("transaction", courier.read_transaction(prepared))?;
                }
            }
        }
    }
    Ok(started.elapsed().as_secs_f64())
}

fn trouble_words(trouble: &Trouble) -> String {
    trouble.words_zh()
}

/// One curl for all, one request each over one kept connection; the bodies are made before the clock starts.
pub(super) fn curl(places: &Places, proof: Proof, load: &Load) -> Result<f64, String> {
    let mut requests = vec![];
    match load {
        Load::Images(files) => {
            for file in files {
                let bytes = fs::read(file).map_err(|error| error.to_string())?;
                let body = file.with_extension("stow");
                let head = b"--xl\r\nContent-Type: application/dicom\r\n\r\n";
                let whole = [head, bytes.as_slice(), b"\r\n--xl--\r\n"].concat();
                fs::write(&body, whole).map_err(|error| error.to_string())?;
                let kind = "multipart/related; type=\\\"application/dicom\\\"; boundary=xl";
                requests.push(post(&format!("{}/studies", places.dicomweb), kind, (DICOM, &body)));
                if proof == Proof::ReadBack {
                    let i = Reader::Here.read(&bytes).map_err(|error| error.to_string())?;
                    let url = format!(
                        "{}/studies/{}/series/{}/instances/{}",
                        places.dicomweb, i.study_uid, i.series_uid, i.sop_uid
                    );
                    let whole =
                        "multipart/related; type=\\\"application/dicom\\\"; transfer-syntax=*";
                    requests.push(get(&url, whole));
                }
            }
        }
        Load::Documents(all) => {
            for (n, (prepared, bytes)) in all.iter().enumerate() {
                let body = places.dir.join(format!("body-{n}.json"));
                fs::write(&body, bytes).map_err(|error| error.to_string())?;
                requests.push(post(&places.fhir, FHIR, (FHIR, &body)));
                if proof == Proof::ReadBack {
                    let url = |kind, id| format!("{}/{kind}/{id}", places.fhir);
                    requests.extend(prepared.resources().map(|(k, id, _)| get(&url(k, id), FHIR)));
                }
            }
        }
    }
    let config = places.dir.join("curl.conf");
    fs::write(&config, requests.join("next\n")).map_err(|error| error.to_string())?;
    let started = Instant::now();
    tool("curl", &["-K", &config.to_string_lossy()])?;
    Ok(started.elapsed().as_secs_f64())
}

fn get(url: &str, accept: &str) -> String {
    format!(
        "silent\nfail\nurl = \"{url}\"\nheader = \"Accept: {accept}\"\noutput = \"/dev/null\"\n"
    )
}

fn post(url: &str, kind: &str, (accept, body): (&str, &Path)) -> String {
    let mut text = get(url, accept);
    let _written = write!(
        text,
        "header = \"Content-Type: {kind}\"\nheader = \"Expect:\"\ndata-binary = \"@{}\"\n",
        body.display()
    );
    text
}

/// One association for all files.
pub(super) fn dcmsend(places: &Places, load: &Load) -> Result<f64, String> {
    let Load::Images(files) = load else { return Err("dcmsend sends images".to_owned()) };
    let (called, place) = places.dimse.split_once('@').ok_or("AET@HOST:PORT")?;
    let (host, port) = place.rsplit_once(':').ok_or("AET@HOST:PORT")?;
    let folder = files.first().and_then(|file| file.parent()).unwrap_or(Path::new("."));
    let folder = folder.to_string_lossy();
    let started = Instant::now();
    tool("dcmsend", &["-aec", called, "+sd", "+sp", "*.dcm", host, port, &folder])?;
    Ok(started.elapsed().as_secs_f64())
}
