//! A discharge record as a transaction: the coded parts, the composition that orders them, and the documents themselves.
use serde_json::{Value, json};

use super::bundle::{
    Names, Prepared, attachment, binary, concept, identifier, oid, person_of, reference,
};
use crate::domain::share::discharge::{Diagnosis, Discharge, Measurement, Medicine, Person};
use crate::wire::cda::escape as esc;
use crate::wire::time;
use crate::wire::ws500::{self, Narrative};

pub(super) const AS_WRITTEN: &str = "urn:xinglin:as-written";
pub(super) const STRENGTH: &str = "urn:xinglin:DE08.50.043.00";
pub(super) const OUTCOME: &str = "urn:xinglin:DE05.10.113.00";
pub(super) const ENCOUNTER_CLASS: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
pub(super) const LOINC: &str = "http://loinc.org";
const DIAGNOSIS_ROLE: &str = "http://terminology.hl7.org/CodeSystem/diagnosis-role";
const CONDITION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";

/// Ids of what everything else points at.
struct Base {
    names: Names,
    key: String,
    patient: String,
    encounter: String,
    organization: String,
}

impl Base {
    fn id(&self, kind: &str, part: &str) -> String {
        self.names.id(kind, &format!("{}|{part}", self.key))
    }

    fn subject(&self) -> Value {
        reference("Patient", &self.patient)
    }

    fn visit(&self) -> Value {
        reference("Encounter", &self.encounter)
    }
}

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
    let medicines = medicines(&mut out, &base, record);
    let measurements = measurements(&mut out, &base, record);
    let allergies = allergies(&mut out, &base, record);
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

fn practitioner(out: &mut Prepared, base: &Base, name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let id = base.names.id("Practitioner", &format!("{}|{name}", base.organization));
    out.put("Practitioner", &id, json!({ "name": [{ "text": name }] }));
    Some(id)
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

fn as_written(number: &str) -> Value {
    json!([{ "url": AS_WRITTEN, "valueString": number }])
}

/// A quantity that keeps the digits as they were written; words that are no number stay words.
fn quantity(value: &str, unit: &str) -> Option<Value> {
    let number: f64 = value.parse().ok().filter(|n: &f64| n.is_finite())?;
    let number = serde_json::Number::from_f64(number)?;
    // 5 and not 5.0, where it is whole.
    let shown = if value.contains('.') {
        Value::Number(number)
    } else {
        value.parse::<i64>().map_or(Value::Number(number), Value::from)
    };
    let digits = shown.to_string();
    let extension = if digits == value { Value::Null } else { as_written(value) };
    Some(json!({ "value": shown, "unit": unit, "extension": extension }))
}

fn medicines(out: &mut Prepared, base: &Base, record: &Discharge) -> Vec<Value> {
    record
        .medicines
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let id = base.id("MedicationStatement", &at.to_string());
            out.put("MedicationStatement", &id, medicine(base, one, record));
            reference("MedicationStatement", &id)
        })
        .collect()
}

fn medicine(base: &Base, one: &Medicine, record: &Discharge) -> Value {
    let text = [&one.strength, &one.dose, &one.dose_unit, &one.route, &one.frequency]
        .map(String::as_str)
        .join(" ");
    let dose = match quantity(&one.dose, &one.dose_unit) {
        Some(quantity) => json!([{ "doseQuantity": quantity }]),
        None if one.dose.is_empty() && one.dose_unit.is_empty() => Value::Null,
        // A dose in words has no number to put; its words and unit are kept beside it.
        None => {
            json!([{ "doseQuantity": { "unit": one.dose_unit, "extension": as_written(&one.dose) } }])
        }
    };
    let repeat = one.days.map(|days| {
        json!({ "boundsDuration": { "value": days, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d" } })
    });
    let timing = json!({ "repeat": repeat, "code": { "text": one.frequency } });
    let strength = if one.strength.is_empty() {
        Value::Null
    } else {
        json!([{ "url": STRENGTH, "valueString": one.strength }])
    };
    let note = if one.note.is_empty() { Value::Null } else { json!([{ "text": one.note }]) };
    json!({
        "extension": strength,
        "status": "active",
        "medicationCodeableConcept": { "text": one.name },
        "subject": base.subject(),
        "context": base.visit(),
        "dateAsserted": record.discharged.map(|day| day.to_string()),
        "note": note,
        "dosage": [{ "text": text.trim(), "timing": timing, "route": { "text": one.route }, "doseAndRate": dose }],
    })
}

fn measurements(out: &mut Prepared, base: &Base, record: &Discharge) -> Vec<Value> {
    let each = record.measurements.iter().enumerate();
    each.map(|(at, one)| {
        let id = base.id("Observation", &at.to_string());
        out.put("Observation", &id, observation(base, one));
        reference("Observation", &id)
    })
    .collect()
}

fn observation(base: &Base, one: &Measurement) -> Value {
    let reference =
        if one.reference.is_empty() { Value::Null } else { json!([{ "text": one.reference }]) };
    let mut resource = json!({
        "status": "final",
        "code": concept(LOINC, &one.code, &one.name),
        "subject": base.subject(),
        "encounter": base.visit(),
        "effectiveDateTime": one.on.map(|day| day.to_string()),
        "referenceRange": reference,
    });
    match quantity(&one.value, &one.unit) {
        Some(quantity) => resource["valueQuantity"] = quantity,
        None if one.unit.is_empty() => resource["valueString"] = Value::from(one.value.as_str()),
        None => {
            resource["valueQuantity"] =
                json!({ "unit": one.unit, "extension": as_written(&one.value) });
        }
    }
    resource
}

fn allergies(out: &mut Prepared, base: &Base, record: &Discharge) -> Vec<Value> {
    let each = record.allergies.iter().enumerate();
    each.map(|(at, one)| {
        let id = base.id("AllergyIntolerance", &at.to_string());
        out.put(
            "AllergyIntolerance",
            &id,
            json!({
                "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active" }] },
                "code": { "text": one },
                "patient": base.subject(),
            }),
        );
        reference("AllergyIntolerance", &id)
    })
    .collect()
}

fn div(text: &str) -> Value {
    json!({ "status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{}</div>", esc(text)) })
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
