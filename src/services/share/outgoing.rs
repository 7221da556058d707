//! What leaves for a hub: the parts of a study or a document, made once and kept as they were signed.
use crate::domain::audit::Hash;
use crate::domain::patient::{Details, Patient};
use crate::domain::share::discharge::{Discharge, Person};
use crate::domain::share::imaging::KeptInstance;
use crate::domain::share::letter::Letter;
use crate::storage::{NewPart, PartKind};
use crate::wire::fhir::{self, Names, Prepared};
use crate::wire::{WireError, cda, dicom, form, letter_form};

/// The local key under which a patient's resources are named.
pub fn patient_key(patient: &Patient) -> String {
    format!("patient:{}", patient.id.0)
}

/// A record's person with what only this station knows filled in; what the record says stays.
fn filled(mut person: Person, details: &Details) -> Person {
    let fill = |slot: &mut String, ours: Option<&str>| {
        if slot.is_empty() {
            ours.unwrap_or_default().clone_into(slot);
        }
    };
    fill(&mut person.name, Some(&details.name));
    fill(
        &mut person.id_number,
        details.id_number.as_ref().map(crate::domain::identity::IdNumber::as_str),
    );
    fill(&mut person.phone, details.phone.as_ref().map(crate::domain::identity::Phone::as_str));
    fill(&mut person.address, Some(&details.address));
    if person.birth.is_none() && !details.birth_estimated {
        person.birth = details.birth;
    }
    if person.sex == crate::domain::age::Sex::Unknown {
        person.sex = details.sex;
    }
    person
}

/// The documents of a record: the original as it came in when it is CDA; else one that is made, with the original beside.
pub fn documents(
    record: &Discharge,
    original: Option<(Vec<u8>, String)>,
    org: &str,
) -> Vec<(String, Vec<u8>)> {
    let made = || ("text/xml".to_owned(), cda::write(record, org).into_bytes());
    match original {
        Some((bytes, kind)) if kind == "text/xml" => vec![(kind, bytes)],
        Some((bytes, kind)) => vec![made(), (kind, bytes)],
        None => vec![made()],
    }
}

/// A document with everything around it.
pub struct Paper<'a> {
    pub record: &'a Discharge,
    pub patient: &'a Patient,
    pub documents: &'a [(String, Vec<u8>)],
}

impl Paper<'_> {
    fn pieces(&self) -> Vec<(&str, &[u8])> {
        self.documents.iter().map(|(kind, bytes)| (kind.as_str(), bytes.as_slice())).collect()
    }

    fn with_person(&self) -> Discharge {
        let mut record = self.record.clone();
        record.patient = filled(record.patient, &self.patient.details);
        record
    }

    /// The transaction; `earlier` is the version before, when the hub has it.
    pub fn transaction(&self, names: &Names, earlier: Option<&Paper<'_>>) -> Prepared {
        let record = self.with_person();
        let mut prepared =
            fhir::discharge(names, &record, &patient_key(self.patient), &self.pieces());
        if let Some(earlier) = earlier {
            let was = earlier.with_person();
            let before =
                fhir::discharge(names, &was, &patient_key(earlier.patient), &earlier.pieces());
            fhir::replace(&mut prepared, &before);
        }
        prepared
    }

    pub fn withdrawal(&self, names: &Names) -> Prepared {
        fhir::withdrawn(names, &self.with_person(), &patient_key(self.patient), &self.pieces())
    }
}

/// A transaction as a part: its bytes are what is signed.
pub fn transaction_part(prepared: &Prepared, main: &str) -> NewPart {
    let reference = prepared
        .resources()
        .find(|(kind, _, _)| *kind == main)
        .map(|(kind, id, _)| format!("{kind}/{id}"))
        .unwrap_or_default();
    let content = prepared.bundle().to_string().into_bytes();
    NewPart {
        kind: PartKind::Transaction,
        reference,
        sha256: Hash::of(&content),
        bytes: content.len() as u64,
        content: Some(content),
    }
}

/// The transaction that names the images of a study.
pub fn study_transaction(
    names: &Names,
    patient: &Patient,
    images: (&[KeptInstance], &str),
) -> Prepared {
    let person = filled(Person::default(), &patient.details);
    fhir::study(names, &person, &patient_key(patient), images)
}

pub fn image_part(kept: &KeptInstance) -> NewPart {
    NewPart {
        kind: PartKind::Instance,
        reference: kept.instance.sop_uid.clone(),
        sha256: kept.sha256,
        bytes: kept.bytes,
        content: None,
    }
}

/// Instances from their rows.
pub fn kept(rows: Vec<crate::storage::InstanceRow>) -> Result<Vec<KeptInstance>, WireError> {
    rows.into_iter()
        .map(|row| {
            let instance = dicom::from_line(&row.line)?;
            Ok(KeptInstance { instance, sha256: row.sha256, bytes: row.bytes })
        })
        .collect()
}

/// The referral in an item's body.
pub fn letter(body: &str) -> Result<Letter, WireError> {
    letter_form::read(body)
}

/// The transaction of a referral; `earlier` is the version before, when the hub has it.
pub fn referral_transaction(
    names: &Names,
    (letter, patient): (&Letter, &Patient),
    earlier: Option<&Letter>,
) -> Prepared {
    let key = patient_key(patient);
    let mut prepared = fhir::referral(names, letter, &key);
    if let Some(earlier) = earlier {
        fhir::replace(&mut prepared, &fhir::referral(names, earlier, &key));
    }
    prepared
}

/// The record in an item's body.
pub fn record(body: &str) -> Result<Discharge, WireError> {
    form::read(body)
}
