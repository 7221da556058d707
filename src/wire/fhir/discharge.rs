//! A discharge record as a transaction: the coded parts, the composition that orders them, and the documents themselves.
use serde_json::{Value, json};

use super::bundle::{
    Names, Prepared, attachment, binary, concept, identifier, oid, person_of, reference,
};
use super::clinical::{Base, LOINC, allergies, div, measurements, medicines, practitioner};
use crate::domain::share::discharge::{Diagnosis, Discharge, Person};
use crate::wire::time;
use crate::wire::ws500::{self, Narrative};

pub(super) const OUTCOME: &str = "urn:xinglin:DE05.10.113.00";
pub(super) const ENCOUNTER_CLASS: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const DIAGNOSIS_ROLE: &str = "http://terminology.hl7.org/CodeSystem/diagnosis-role";
const CONDITION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";

/// The id of a version's DocumentReference.
pub(super) fn document_id(names: &Names, id: &str, version: u32) -> String {
    names.id("DocumentReference", &format!("{id}|{version}"))
}

/// Everything of one record. `local_key` names the patient here; `documents` are content type and bytes, the main one
/// first.
pub fn discharge(
    names: &Names,
    record: &Discharge,
    local_key: &str,
    documents: &[(&str, &[u8])],
) -> Prepared {
    let mut out = Prepared::default();
    let key = format!("{}|{}", record.id, record.version);
    let organization =
        names.id("Organization", &format!("{}|{}", record.hospital.code, record.hospital.name));
    let (patient, person) = person_of(names, &record.patient, local_key);
    let base = Base {
        names: names.clone(),
        encounter: names.id("Encounter", &key),
        key,
        patient,
        organization,
    };
    out.put("Patient", &base.patient, person);
    out.put(
        "Organization",
        &base.organization,
        json!({ "identifier": [identifier(ws500::OID_ORGANIZATION, &record.hospital.code)], "name": record.hospital.name }),
    );
    let attending = practitioner(&mut out, &base, &record.attending);
    let senior = practitioner(&mut out, &base, &record.senior);
    let admission = conditions(&mut out, &base, record, Role::Admission);
    let discharged = conditions(&mut out, &base, record, Role::Discharge);
    out.put("Encounter", &base.encounter, encounter(&base, record, (&admission, &discharged)));
    let operations = operations(&mut out, &base, record);
    let medicines = medicines(&mut out, &base, (&record.medicines, record.discharged));
    let measurements = measurements(&mut out, &base, &record.measurements);
    let allergies = allergies(&mut out, &base, &record.allergies);
    let entries = [
        (&ws500::ADMISSION, admission),
        (&ws500::DISCHARGE, discharged),
        (&ws500::OPERATIONS, operations),
        (&ws500::ORDERS, medicines),
        (&ws500::LABORATORY, measurements),
        (&ws500::ALLERGIES, allergies),
    ];
    let composition = base.id("Composition", "");
    out.put(
        "Composition",
        &composition,
        compose(&base, record, &entries, (attending.as_ref(), senior.as_ref())),
    );
    for (content_type, content) in documents {
        let (id, resource) = binary(content_type, content);
        out.put("Binary", &id, resource);
    }
    let document = document_id(names, &record.id, record.version);
    out.put(
        "DocumentReference",
        &document,
        document_reference(&base, record, documents, attending.as_ref()),
    );
    let provenance = base.id("Provenance", "");
    out.put(
        "Provenance",
        &provenance,
        json!({
            "target": [reference("DocumentReference", &document), reference("Composition", &composition)],
            "recorded": recorded(record),
            "agent": [{ "who": { "identifier": { "system": names.system(), "value": names.station }, "display": format!("xinglin {}", env!("CARGO_PKG_VERSION")) } }],
            "entity": [{ "role": "source", "what": { "identifier": { "system": oid(ws500::OID_DOCUMENT), "value": record.id } } }],
        }),
    );
    out
}

/// The document taken back: its reference says so, nothing is deleted.
pub fn withdrawn(
    names: &Names,
    record: &Discharge,
    local_key: &str,
    documents: &[(&str, &[u8])],
) -> Prepared {
    let whole = discharge(names, record, local_key, documents);
    let mut out = Prepared::default();
    for (kind, id, resource) in whole.resources() {
        let mut resource = resource.clone();
        match kind {
            "DocumentReference" => resource["status"] = Value::from("entered-in-error"),
            "Composition" => resource["status"] = Value::from("entered-in-error"),
            _ => continue,
        }
        out.put(kind, id, resource);
    }
    out
}

/// The new document takes the place of the earlier one, which says so itself: both in one transaction.
pub fn replace(new: &mut Prepared, earlier: &Prepared) {
    let Some((_, id, resource)) =
        earlier.resources().find(|(kind, _, _)| *kind == "DocumentReference")
    else {
        return;
    };
    let mut resource = resource.clone();
    resource["status"] = Value::from("superseded");
    let relates = json!([{ "code": "replaces", "target": reference("DocumentReference", id) }]);
    new.amend("DocumentReference", |document| document["relatesTo"] = relates.clone());
    new.put("DocumentReference", id, resource);
}

fn recorded(record: &Discharge) -> String {
    record.written.map_or_else(
        || {
            record
                .discharged
                .map(crate::domain::instant::Instant::start_of)
                .map(time::iso)
                .unwrap_or_default()
        },
        time::iso,
    )
}

fn encounter(
    base: &Base,
    record: &Discharge,
    (admission, discharged): (&[Value], &[Value]),
) -> Value {
    let role = |list: &[Value], code: &str| -> Vec<Value> {
        list.iter()
            .enumerate()
            .map(|(at, condition)| {
                json!({ "condition": condition, "use": { "coding": [{ "system": DIAGNOSIS_ROLE, "code": code }] }, "rank": at + 1 })
            })
            .collect()
    };
    let diagnosis = [role(admission, "AD"), role(discharged, "DD")].concat();
    let h = &record.hospital;
    let places: Vec<Value> = [("department", &h.department), ("ward", &h.ward), ("bed", &h.bed)]
        .into_iter()
        .filter(|(_, name)| !name.is_empty())
        .map(|(kind, name)| json!({ "location": { "display": name }, "physicalType": { "text": kind } }))
        .collect();
    json!({
        "identifier": [identifier(ws500::OID_INPATIENT, &record.patient.inpatient_number)],
        "status": "finished",
        "class": { "system": ENCOUNTER_CLASS, "code": "IMP", "display": "inpatient encounter" },
        "subject": base.subject(),
        "period": {
            "start": record.admitted.map(|day| day.to_string()),
            "end": record.discharged.map(|day| day.to_string()),
        },
        "diagnosis": diagnosis,
        "location": places,
        "serviceProvider": reference("Organization", &base.organization),
    })
}

#[derive(Clone, Copy)]
enum Role {
    Admission,
    Discharge,
}

fn conditions(out: &mut Prepared, base: &Base, record: &Discharge, role: Role) -> Vec<Value> {
    let (list, part): (&[Diagnosis], _) = match role {
        Role::Admission => (&record.admission_diagnoses, "AD"),
        Role::Discharge => (&record.discharge_diagnoses, "DD"),
    };
    list.iter()
        .enumerate()
        .map(|(at, one)| {
            let id = base.id("Condition", &format!("{part}{at}"));
            let outcome = if one.outcome.is_empty() {
                Value::Null
            } else {
                json!([{ "url": OUTCOME, "valueString": one.outcome }])
            };
            out.put(
                "Condition",
                &id,
                json!({
                    "extension": outcome,
                    "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active" }] },
                    "category": [{ "coding": [{ "system": CONDITION_CATEGORY, "code": "encounter-diagnosis" }] }],
                    "code": concept(&oid(ws500::OID_ICD10), &one.icd10, &one.name),
                    "subject": base.subject(),
                    "encounter": base.visit(),
                }),
            );
            reference("Condition", &id)
        })
        .collect()
}

fn operations(out: &mut Prepared, base: &Base, record: &Discharge) -> Vec<Value> {
    let each = record.operations.iter().enumerate();
    each.map(|(at, one)| {
        let id = base.id("Procedure", &at.to_string());
        let note = if one.note.is_empty() { Value::Null } else { json!([{ "text": one.note }]) };
        out.put(
            "Procedure",
            &id,
            json!({
                "status": "completed",
                "code": concept(&oid(ws500::OID_ICD9), &one.code, &one.name),
                "subject": base.subject(),
                "encounter": base.visit(),
                "performedDateTime": one.on.map(|day| day.to_string()),
                "note": note,
            }),
        );
        reference("Procedure", &id)
    })
    .collect()
}

fn section_code(section: &ws500::Section) -> Value {
    json!({ "coding": [{ "system": LOINC, "code": section.loinc, "display": section.loinc_name }], "text": section.title })
}

/// One section a text, so that each field can be found by its data element; lists have sections of their own.
fn compose(
    base: &Base,
    record: &Discharge,
    entries: &[(&ws500::Section, Vec<Value>)],
    (attending, senior): (Option<&String>, Option<&String>),
) -> Value {
    let narrative = |one: &Narrative| {
        let text = one.text(record);
        (!text.is_empty()).then(|| {
            json!({
                "title": one.title,
                "code": { "coding": [
                    { "system": LOINC, "code": one.section.loinc, "display": one.section.loinc_name },
                    { "system": oid(ws500::OID_ELEMENT), "code": one.element, "display": one.title },
                ] },
                "text": div(text),
            })
        })
    };
    let mut sections: Vec<Value> = ws500::NARRATIVES.iter().filter_map(narrative).collect();
    for (section, list) in entries.iter().filter(|(_, list)| !list.is_empty()) {
        sections
            .push(json!({ "title": section.title, "code": section_code(section), "entry": list }));
    }
    for (title, text) in &record.other {
        sections.push(json!({ "title": title, "text": div(text) }));
    }
    let party = |id: Option<&String>| id.map(|id| reference("Practitioner", id));
    let author = party(attending).unwrap_or_else(|| reference("Organization", &base.organization));
    let attesters: Vec<Value> = [(attending, "professional"), (senior, "legal")]
        .into_iter()
        .filter_map(|(who, mode)| Some(json!({ "mode": mode, "party": party(who)? })))
        .collect();
    json!({
        "identifier": { "system": oid(ws500::OID_DOCUMENT), "value": record.id },
        "status": if record.version > 1 { "amended" } else { "final" },
        "type": document_type(),
        "subject": base.subject(),
        "encounter": base.visit(),
        "date": recorded(record),
        "author": [author],
        "title": ws500::DOCUMENT_TITLE,
        "attester": attesters,
        "custodian": reference("Organization", &base.organization),
        "section": sections,
    })
}

fn document_type() -> Value {
    json!({
        "coding": [
            { "system": oid(ws500::OID_DOCUMENT_TYPE), "code": ws500::DOCUMENT_CODE, "display": ws500::DOCUMENT_TITLE },
            { "system": LOINC, "code": "18842-5", "display": "Discharge summary" },
        ],
        "text": ws500::DOCUMENT_TITLE,
    })
}

fn document_reference(
    base: &Base,
    record: &Discharge,
    documents: &[(&str, &[u8])],
    attending: Option<&String>,
) -> Value {
    let content: Vec<Value> = documents
        .iter()
        .map(
            |(kind, bytes)| json!({ "attachment": attachment(kind, bytes, ws500::DOCUMENT_TITLE) }),
        )
        .collect();
    json!({
        "masterIdentifier": { "system": oid(ws500::OID_DOCUMENT), "value": format!("{}^{}", record.id, record.version) },
        "identifier": [{ "system": oid(ws500::OID_DOCUMENT), "value": record.id }],
        "status": "current",
        "docStatus": "final",
        "type": document_type(),
        "subject": base.subject(),
        "date": recorded(record),
        "author": attending.map(|id| vec![reference("Practitioner", id)]),
        "custodian": reference("Organization", &base.organization),
        "content": content,
        "context": {
            "encounter": [base.visit()],
            "period": {
                "start": record.admitted.map(|day| day.to_string()),
                "end": record.discharged.map(|day| day.to_string()),
            },
        },
    })
}

/// A person's data as the record has them.
impl From<&crate::domain::share::imaging::ImagePerson> for Person {
    fn from(person: &crate::domain::share::imaging::ImagePerson) -> Self {
        let number = crate::domain::identity::IdNumber::from_kept(person.id.trim());
        Self {
            name: person.name.clone(),
            sex: person.sex,
            birth: person.birth,
            id_number: number.map(|number| number.as_str().to_owned()).unwrap_or_default(),
            ..Self::default()
        }
    }
}
