//! One hub as it is spoken to: greeted, tested, given a part, and asked for it again. A success is what was read back.
use serde_json::{Value, json};

use crate::domain::audit::Hash;
use crate::domain::share::hub::Hub;
use crate::domain::share::imaging::Instance;
use crate::domain::share::parts::{judge_c_store, judge_store, judge_transaction};
use crate::domain::share::trouble::{Config, Trouble};
use crate::wire::dimse::{Archive, Stored};
use crate::wire::fhir::{self, Prepared, answer};
use crate::wire::http::{Answer, Body, Client};
use crate::wire::{dicom, stow};

const FHIR_JSON: &str = "application/fhir+json";
const DICOM_JSON: &str = "application/dicom+json";
const WHOLE_FILE: &str = "multipart/related; type=\"application/dicom\"; transfer-syntax=*";

/// What reading back found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// What was signed is there.
    Same,
    Missing,
    /// Something else is there under this id.
    Other(String),
    /// This hub gives nothing out: sent, but never verified.
    Blind,
}

pub struct Courier {
    http: Option<Client>,
    archive: Option<Archive>,
    fhir: String,
    dicomweb: String,
}

/// What a greeting told about the hub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Greeting {
    pub software: String,
    /// The hub's `Date` header.
    pub date: String,
}

impl Courier {
    pub fn new(hub: &Hub) -> Result<Self, Trouble> {
        let w = &hub.ways;
        let web = !w.fhir.is_empty() || !w.dicomweb.is_empty();
        Ok(Self {
            http: if web { Some(Client::new(w)?) } else { None },
            archive: if w.dimse.is_empty() { None } else { Some(Archive::new(w)?) },
            fhir: w.fhir.trim_end_matches('/').to_owned(),
            dicomweb: w.dicomweb.trim_end_matches('/').to_owned(),
        })
    }

    fn web(&self) -> Result<&Client, Trouble> {
        self.http.as_ref().ok_or(Trouble::Config(Config::NoRoute("HTTPS")))
    }

    pub fn takes_documents(&self) -> bool {
        !self.fhir.is_empty()
    }

    /// QIDO-RS is there.
    pub fn queries_images(&self) -> bool {
        !self.dicomweb.is_empty()
    }

    pub fn takes_images(&self) -> bool {
        !self.dicomweb.is_empty() || self.archive.is_some()
    }

    /// Is each way open, and does the hub let us name our resources?
    pub fn greet(&self) -> Result<Greeting, Trouble> {
        let mut greeting = Greeting::default();
        if !self.fhir.is_empty() {
            let got = self.web()?.get(&format!("{}/metadata", self.fhir), FHIR_JSON)?;
            if !got.is_success() {
                return Err(got.trouble(0));
            }
            let kinds = ["Patient", "DocumentReference", "Binary", "Composition", "ImagingStudy"];
            let (software, refused) = answer::capability(&got.body, &kinds).ok_or_else(|| {
                let words = "网址后面没有 FHIR 服务".to_owned();
                Trouble::Config(Config::Association(words))
            })?;
            if !refused.is_empty() {
                let words = format!("上级不让客户端定编号：{}", refused.join("、"));
                return Err(Trouble::Config(Config::SelfTest(words)));
            }
            greeting = Greeting { software, date: got.date };
        }
        if !self.dicomweb.is_empty() {
            let got = self.web()?.get(&format!("{}/studies?limit=1", self.dicomweb), DICOM_JSON)?;
            if !got.is_success() {
                return Err(got.trouble(0));
            }
            if greeting.date.is_empty() {
                greeting.date = got.date;
            }
        }
        if let Some(archive) = &self.archive {
            archive.echo()?;
        }
        Ok(greeting)
    }

    /// Sends an invented patient with a Chinese name and reads it back: a hub that loses characters is refused.
    pub fn self_test(&self, id: &str) -> Result<(), Trouble> {
        if self.takes_images() {
            self.test_images()?;
        }
        if self.fhir.is_empty() {
            return Ok(());
        }
        let mut test = Prepared::default();
        test.put(
            "Patient",
            id,
            json!({
                "active": false,
                "identifier": [{ "system": "urn:xinglin:self-test", "value": id }],
                "name": [{ "text": "测试䶮镕·自检" }],
                "gender": "unknown",
            }),
        );
        let put = test.resources().next();
        let Some((kind, id, resource)) = put else { return Ok(()) };
        let bytes = resource.to_string();
        let body = Body { content_type: FHIR_JSON, bytes: bytes.as_bytes() };
        let sent = self.web()?.put(&format!("{}/{kind}/{id}", self.fhir), FHIR_JSON, body)?;
        if !sent.is_success() {
            return Err(sent.trouble(bytes.len() as u64));
        }
        match self.read_resource((kind, id), resource)? {
            ReadBack::Same => Ok(()),
            other => {
                let words = format!("写入的测试患者读回来不一样（{other:?}）");
                Err(Trouble::Config(Config::SelfTest(words)))
            }
        }
    }

    /// An archive must give back the file, and find the person under the whole Chinese name.
    fn test_images(&self) -> Result<(), Trouble> {
        let wrong = |words: String| Trouble::Config(Config::SelfTest(words));
        let bytes = dicom::test_file().map_err(|error| wrong(error.to_string()))?;
        let instance = dicom::read(&bytes).map_err(|error| wrong(error.to_string()))?;
        self.send_image(&instance, &bytes)?;
        match self.read_image(&instance, &bytes)? {
            ReadBack::Same | ReadBack::Blind => {}
            other => return Err(wrong(format!("写入的测试影像读回来不一样（{other:?}）"))),
        }
        if self.dicomweb.is_empty() {
            return Ok(());
        }
        let found = self.find_studies(dicom::TEST_PATIENT)?;
        let study = found.iter().find(|study| study.study_uid == instance.study_uid);
        let name = study.map(|study| study.patient_name.trim_end_matches('^'));
        if name == Some(dicom::TEST_NAME) {
            return Ok(());
        }
        Err(wrong(format!("按姓名查询时汉字丢失（写入 {}，查回 {name:?}）", dicom::TEST_NAME)))
    }

    /// Gives one image to the archive. `Ok` = the archive named this UID as stored; nothing is proven yet.
    pub fn send_image(&self, instance: &Instance, bytes: &[u8]) -> Result<(), Trouble> {
        if !self.dicomweb.is_empty() {
            return self.stow(instance, bytes);
        }
        let archive = self.archive.as_ref().ok_or(Trouble::Config(Config::NoRoute("影像")))?;
        judge_c_store(archive.store(&Stored { instance, file: bytes })?)
    }

    fn stow(&self, instance: &Instance, bytes: &[u8]) -> Result<(), Trouble> {
        let (content_type, body) = stow::body(bytes);
        let body = Body { content_type: &content_type, bytes: &body };
        let got = self.web()?.post(&format!("{}/studies", self.dicomweb), DICOM_JSON, body)?;
        match (got.status, stow::answer(&got.body)) {
            // 202 and 409 list what was taken and what was not.
            (200 | 202 | 409, Some(listed)) => judge_store(&instance.sop_uid, &listed),
            (200..=299, None) => {
                Err(Trouble::NotStored("the answer is no STOW-RS answer".to_owned()))
            }
            _ => Err(got.trouble(bytes.len() as u64)),
        }
    }

    /// Reads one image back and compares it with what was signed.
    pub fn read_image(&self, instance: &Instance, bytes: &[u8]) -> Result<ReadBack, Trouble> {
        if self.dicomweb.is_empty() {
            return self.read_from_archive(instance, bytes);
        }
        let url = format!(
            "{}/studies/{}/series/{}/instances/{}",
            self.dicomweb, instance.study_uid, instance.series_uid, instance.sop_uid
        );
        let got = self.web()?.get(&url, WHOLE_FILE)?;
        if matches!(got.status, 404 | 410) {
            return Ok(ReadBack::Missing);
        }
        if !got.is_success() {
            return Err(got.trouble(0));
        }
        let Some(file) = stow::first_part(&got.content_type, &got.body) else {
            return Err(Trouble::Broken("读回的内容不完整".to_owned()));
        };
        let same = Hash::of(file) == Hash::of(bytes) || dicom::same_content(file, bytes);
        Ok(if same {
            ReadBack::Same
        } else {
            ReadBack::Other(format!("SOP {} 内容不同", instance.sop_uid))
        })
    }

    fn read_from_archive(&self, instance: &Instance, bytes: &[u8]) -> Result<ReadBack, Trouble> {
        let archive = self.archive.as_ref().ok_or(Trouble::Config(Config::NoRoute("影像")))?;
        match archive.fetch(instance) {
            Ok(Some((data, syntax))) => {
                let same = dicom::data_set(bytes) == Some(&data)
                    || dicom::same_data(bytes, (&data, &syntax));
                Ok(if same {
                    ReadBack::Same
                } else {
                    ReadBack::Other(format!("SOP {} 内容不同", instance.sop_uid))
                })
            }
            // No retrieve service, or nothing came: which of them cannot be told.
            Ok(None) | Err(Trouble::SyntaxRefused(_)) => Ok(ReadBack::Blind),
            Err(other) => Err(other),
        }
    }

    /// Puts a transaction. Too large in one piece, it goes resource by resource, the document that points at the others
    /// last.
    pub fn send_transaction(&self, prepared: &Prepared, bytes: &[u8]) -> Result<(), Trouble> {
        if self.fhir.is_empty() {
            return Err(Trouble::Config(Config::NoRoute("文书")));
        }
        let body = Body { content_type: FHIR_JSON, bytes };
        let got = self.web()?.post(&self.fhir, FHIR_JSON, body)?;
        if got.status == 413 {
            return self.send_one_by_one(prepared);
        }
        if !got.is_success() {
            return Err(got.trouble(bytes.len() as u64));
        }
        let entries = answer::entries(&got.body).ok_or_else(|| {
            Trouble::NotStored("the answer is no transaction response".to_owned())
        })?;
        judge_transaction(prepared.len(), &entries)
    }

    fn send_one_by_one(&self, prepared: &Prepared) -> Result<(), Trouble> {
        let pointing = |kind: &str| matches!(kind, "DocumentReference" | "Provenance");
        let (last, first): (Vec<_>, Vec<_>) =
            prepared.resources().partition(|(kind, _, _)| pointing(kind));
        for (kind, id, resource) in first.into_iter().chain(last) {
            let bytes = resource.to_string();
            let body = Body { content_type: FHIR_JSON, bytes: bytes.as_bytes() };
            let got: Answer =
                self.web()?.put(&format!("{}/{kind}/{id}", self.fhir), FHIR_JSON, body)?;
            if !got.is_success() {
                return Err(got.trouble(bytes.len() as u64));
            }
        }
        Ok(())
    }

    /// Reads every resource back. One that is missing or different and nothing is verified.
    pub fn read_transaction(&self, prepared: &Prepared) -> Result<ReadBack, Trouble> {
        // What points at the others first: it is the likeliest to be missing.
        let mut all: Vec<_> = prepared.resources().collect();
        all.reverse();
        for (kind, id, resource) in all {
            match self.read_resource((kind, id), resource)? {
                ReadBack::Same => {}
                other => return Ok(other),
            }
        }
        Ok(ReadBack::Same)
    }

    fn read_resource(&self, (kind, id): (&str, &str), put: &Value) -> Result<ReadBack, Trouble> {
        let got = self.web()?.get(&format!("{}/{kind}/{id}", self.fhir), FHIR_JSON)?;
        if matches!(got.status, 404 | 410) {
            return Ok(ReadBack::Missing);
        }
        if !got.is_success() {
            return Err(got.trouble(0));
        }
        if kind == "Binary" {
            let content = answer::binary_content(&got.body, &got.content_type);
            return Ok(match content {
                Some(content) if fhir::binary_id(&content) == id => ReadBack::Same,
                Some(_) => ReadBack::Other(format!("Binary/{id} 内容的校验值不符")),
                None => ReadBack::Other(format!("Binary/{id} 读不出来")),
            });
        }
        let Ok(found) = serde_json::from_slice::<Value>(&got.body) else {
            return Err(Trouble::Broken(format!("{kind}/{id} 读回的不是 JSON")));
        };
        Ok(match answer::difference(put, &found) {
            None => ReadBack::Same,
            Some(what) => ReadBack::Other(format!("{kind}/{id}{what}")),
        })
    }

    /// Studies of a person at the hub: QIDO-RS. The hub may ignore the filter, so what comes is compared again.
    pub fn find_studies(&self, patient_id: &str) -> Result<Vec<stow::FoundStudy>, Trouble> {
        if self.dicomweb.is_empty() {
            return Err(Trouble::Config(Config::NoRoute("影像查询")));
        }
        let url = format!(
            "{}/studies?PatientID={}&includefield=00081030&includefield=00080080&limit=200",
            self.dicomweb,
            percent(patient_id)
        );
        let got = self.web()?.get(&url, DICOM_JSON)?;
        if !got.is_success() {
            return Err(got.trouble(0));
        }
        let found = stow::studies(&got.body)
            .ok_or_else(|| Trouble::Broken("查询结果读不出来".to_owned()))?;
        Ok(found.into_iter().filter(|study| study.patient_id == patient_id).collect())
    }

    /// Resources of a kind that carry this identifier (of the subject or their own); compared again as well.
    pub fn search(&self, query: &str) -> Result<Vec<Value>, Trouble> {
        if self.fhir.is_empty() {
            return Err(Trouble::Config(Config::NoRoute("文书查询")));
        }
        let got = self.web()?.get(&format!("{}/{query}", self.fhir), FHIR_JSON)?;
        if !got.is_success() {
            return Err(got.trouble(0));
        }
        let bundle: Value = serde_json::from_slice(&got.body)
            .map_err(|_| Trouble::Broken("查询结果读不出来".to_owned()))?;
        let entries = bundle.get("entry").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(entries.into_iter().filter_map(|entry| entry.get("resource").cloned()).collect())
    }
}

/// Everything but letters, digits and `-._~` as `%XX`.
pub fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
