//! A clinic for a test: set up, with one hub, records with ids of their own, and questions to the hub past the program.
use std::path::{Path, PathBuf};

use serde_json::Value;
use xinglin::domain::share::consent::{Manner, Purpose};
use xinglin::domain::share::hub::Ways;
use xinglin::domain::share::parts::State;
use xinglin::domain::share::{DeliveryId, HubId, ItemId};
use xinglin::services::clinic::{
    Clinic, DeliveryOutcome, Pace, Queued, Queueing, Taken, Urgency, Whose,
};
use xinglin::services::failure::Failure;
use xinglin::services::share::reader::Reader;

use super::peer::{Peers, run};
use crate::support::Place;

pub struct Station {
    pub place: Place,
    pub clinic: Clinic,
    pub dir: tempfile::TempDir,
}

/// The real program, started again as the confined reader.
pub fn reader() -> Reader {
    Reader::Child(PathBuf::from(env!("CARGO_BIN_EXE_xinglin")))
}

impl Station {
    pub fn new() -> Self {
        let place = Place::new();
        let (clinic, _) = place.set_up();
        Self { place, clinic, dir: tempfile::tempdir().unwrap() }
    }

    pub fn hub(&mut self, name: &str, ways: &Ways) -> HubId {
        self.clinic.set_hub(name, ways).unwrap()
    }

    pub fn import(&mut self, paths: &[PathBuf]) -> Vec<Taken> {
        let mut taken = vec![];
        self.clinic
            .import(paths, (Whose::Register, &reader()), &mut |one| taken.push(one))
            .unwrap();
        taken
    }

    pub fn queue(&mut self, item: ItemId, hub: HubId) -> DeliveryId {
        match self.try_queue(item, hub).unwrap() {
            Queued::New(id, _) => id,
            Queued::Already(id, state) => panic!("already {id:?} {state:?}"),
        }
    }

    pub fn try_queue(&mut self, item: ItemId, hub: HubId) -> Result<Queued, Failure> {
        let how = Queueing {
            hub,
            purpose: Purpose::Treatment,
            consent_now: Some(Manner::Written),
            urgent: Urgency::Usual,
        };
        self.clinic.queue_record(item, how)
    }

    pub fn deliver(&mut self, hub: HubId) -> Vec<DeliveryOutcome> {
        let mut seen = vec![];
        self.clinic
            .deliver((Some(hub), Pace::Now), &mut |outcome| seen.push(outcome.clone()))
            .unwrap();
        seen
    }

    pub fn state(&mut self, id: DeliveryId) -> State {
        self.clinic.delivery(id).unwrap().state
    }

    /// Documents of invented people, each with a number of its own.
    pub fn documents(&mut self, mark: &str, count: usize) -> Vec<ItemId> {
        let lines: Vec<String> =
            (0..count).map(|n| document(&format!("{mark}-{n:05}"), n)).collect();
        let path = self.dir.path().join(format!("{mark}.ndjson"));
        std::fs::write(&path, lines.join("\n")).unwrap();
        let taken = self.import(&[path]);
        taken.iter().map(|one| one.item.unwrap_or_else(|| panic!("{one:?}"))).collect()
    }

    /// A copy of a sample with new UIDs and a new person, so that tests do not meet at the hub.
    pub fn sample(&self, sample: &Path, mark: &str) -> PathBuf {
        let copy = self.dir.path().join(format!("{mark}.dcm"));
        std::fs::copy(sample, &copy).unwrap();
        let name = format!("(0010,0010)=Test^{mark}");
        let id = format!("(0010,0020)={mark}");
        let done = run(
            "dcmodify",
            &["-nb", "-gst", "-gse", "-gin", "-m", &name, "-m", &id, copy.to_str().unwrap()],
            self.dir.path(),
        );
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        copy
    }
}

pub fn document(id: &str, n: usize) -> String {
    let base = format!("3604811950{:02}{:02}{:03}", n / 28 % 12 + 1, n % 28 + 1, (n * 2 + 1) % 999);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = base.bytes().zip(weights).map(|(b, w)| usize::from(b - b'0') * w).sum();
    let check = b"10X98765432"[sum % 11] as char;
    format!(
        r#"{{"kind":"discharge","id":"{id}","patient":{{"name":"王试{id}","sex":"男","id_number":"{base}{check}"}},"hospital":{{"name":"柳溪县人民医院","code":"H1"}},"admitted":"2026-11-10","discharged":"2026-11-18","admission_diagnoses":[{{"name":"高血压病3级","icd10":"I10.x05"}}],"discharge_diagnoses":[{{"name":"高血压病3级","icd10":"I10.x05","outcome":"好转"}}],"course":"降压治疗，血压平稳。","orders":"低盐饮食，1周复诊","medicines":[{{"name":"氨氯地平片","strength":"5mg","dose":"5","dose_unit":"mg","route":"口服","frequency":"qd","days":28}}],"attending":"李梅"}}"#
    )
}

impl Peers {
    pub fn plain(&self) -> Ways {
        Ways {
            fhir: format!("http://127.0.0.1:{}/fhir", self.fhir),
            dicomweb: format!("http://127.0.0.1:{}/dicom-web", self.orthanc),
            ..Ways::default()
        }
    }

    pub fn secured(&self, certificate: &str) -> Ways {
        let pem = |name: &str| std::fs::read_to_string(self.dir.join("ca").join(name)).unwrap();
        Ways {
            fhir: format!("https://localhost:{}/fhir", self.tls),
            dicomweb: format!("https://localhost:{}/dicom-web", self.tls),
            ca: pem("ca.crt"),
            certificate: pem(&format!("{certificate}.crt")),
            key: pem(&format!(
                "{}.key",
                if certificate == "expired" { "clinic" } else { certificate }
            )),
            ..Ways::default()
        }
    }

    /// What curl, which knows nothing of us, gets.
    pub fn curl(&self, url: &str) -> Vec<u8> {
        let got = run("curl", &["-s", "-g", url], &self.dir);
        assert!(got.status.success(), "{url}");
        got.stdout
    }

    pub fn fhir_json(&self, query: &str) -> Value {
        let url = format!("http://127.0.0.1:{}/fhir/{query}", self.fhir);
        serde_json::from_slice(&self.curl(&url)).unwrap()
    }

    /// How many documents the hub has under this number.
    pub fn documents(&self, number: &str) -> usize {
        let query =
            format!("DocumentReference?identifier=urn:oid:2.16.156.10011.1.1%7C{number}&_count=50");
        let found = self.fhir_json(&query);
        found["entry"].as_array().map_or(0, |entries| {
            entries.iter().filter(|e| e["resource"]["identifier"][0]["value"] == number).count()
        })
    }

    /// Instances that Orthanc has of a study, and the files themselves.
    pub fn files(&self, study: &str) -> Vec<Vec<u8>> {
        let base = format!("http://127.0.0.1:{}", self.orthanc);
        let found = run(
            "curl",
            &[
                "-s",
                "-X",
                "POST",
                &format!("{base}/tools/find"),
                "-d",
                &format!(r#"{{"Level":"Instance","Query":{{"StudyInstanceUID":"{study}"}}}}"#),
            ],
            &self.dir,
        );
        let ids: Vec<String> = serde_json::from_slice(&found.stdout).unwrap();
        ids.iter().map(|id| self.curl(&format!("{base}/instances/{id}/file"))).collect()
    }
}

/// Public samples that are not in the repository; skipped with a word without them.
pub fn samples() -> Option<PathBuf> {
    let found = std::env::var_os("XINGLIN_SHARED")
        .map(|root| PathBuf::from(root).join("data/dicom"))
        .filter(|dir| dir.is_dir());
    if found.is_none() {
        println!("SKIPPED: XINGLIN_SHARED names no folder with data/dicom");
    }
    found
}

#[macro_export]
macro_rules! need_samples {
    () => {
        match $crate::peers::station::samples() {
            Some(dir) => dir,
            None => return,
        }
    };
}
