//! A referral as an IPS-shaped document (Composition 60591-5), and the transaction that carries it: the coded parts, the
//! ServiceRequest that asks, and the document as a Binary with its reference.
use serde_json::{Value, json};

use super::bundle::{
    Names, Prepared, attachment, binary, concept, identifier, oid, person_of, reference,
};
use super::clinical::{Base, LOINC, allergies, div, measurements, medicines, practitioner};
use crate::domain::share::letter::{Direction, Letter};
use crate::domain::share::referral::Urgency;
use crate::domain::visit::Certainty;
use crate::wire::{time, ws500};

pub(super) const DOCUMENT_CODE: &str = "60591-5";
pub(super) const REASON: &str = "42349-1";
pub(super) const HISTORY: &str = "10164-2";
pub(super) const PROBLEMS: &str = "11450-4";
pub(super) const ALLERGIES: &str = "48765-2";
pub(super) const MEDICINES: &str = "10160-0";
pub(super) const RESULTS: &str = "30954-2";
pub(super) const PLAN: &str = "18776-5";
pub(super) const DIRECTION: &str = "urn:xinglin:referral-direction";
pub(super) const NIL_KNOWN: &str = "nilknown";
const EMPTY_REASON: &str = "http://terminology.hl7.org/CodeSystem/list-empty-reason";
const TITLE: &str = "双向转诊单（患者摘要）";
const DOCUMENT_TYPE: &str = "application/fhir+json";

/// Everything of one referral. `local_key` names the patient here.
pub fn referral(names: &Names, letter: &Letter, local_key: &str) -> Prepared {
    let mut out = Prepared::default();
    let base = people(&mut out, (names, letter), local_key);
    let doctor = practitioner(&mut out, &base, &letter.from.doctor);
    let receiver = receiver(&mut out, &base, letter);
    let problems = problems(&mut out, &base, letter);
    let day = letter.written.map(crate::domain::instant::Instant::day);
    let medicines = medicines(&mut out, &base, (&letter.medicines, day));
    let results = measurements(&mut out, &base, &letter.measurements);
    let allergies = allergies(&mut out, &base, &letter.allergies);
    let request = base.id("ServiceRequest", "");
    let asked = service_request(&base, letter, (doctor.as_ref(), &receiver, &problems));
    out.put("ServiceRequest", &request, asked);
    let none = if letter.allergies_denied { NIL_KNOWN } else { "notasked" };
    let sections = [
        text_section(REASON, "转诊原因", &letter.reason),
        text_section(HISTORY, "病情摘要", &letter.findings),
        Some(list_section(
            (PROBLEMS, "诊断与问题"),
            &words(letter, Part::Problems),
            (problems, "unavailable"),
        )),
        Some(list_section((ALLERGIES, "过敏史"), &letter.allergies, (allergies, none))),
        Some(list_section(
            (MEDICINES, "用药"),
            &words(letter, Part::Medicines),
            (medicines, NIL_KNOWN),
        )),
        Some(list_section(
            (RESULTS, "检查结果"),
            &words(letter, Part::Results),
            (results, "unavailable"),
        )),
        Some(plan_section(letter, &request)),
    ];
    let composition = base.id("Composition", "");
    let author = doctor.as_ref().map_or_else(
        || reference("Organization", &base.organization),
        |id| reference("Practitioner", id),
    );
    out.put(
        "Composition",
        &composition,
        json!({
            "identifier": { "system": oid(ws500::OID_DOCUMENT), "value": letter.id },
            "status": if letter.version > 1 { "amended" } else { "final" },
            "type": document_type(),
            "subject": base.subject(),
            "encounter": base.visit(),
            "date": written(letter),
            "author": [author.clone()],
            "title": TITLE,
            "custodian": reference("Organization", &base.organization),
            "section": sections.into_iter().flatten().collect::<Vec<_>>(),
        }),
    );
    let content = document(&out, (letter, &composition)).to_string().into_bytes();
    let (id, resource) = binary(DOCUMENT_TYPE, &content);
    out.put("Binary", &id, resource);
    let document = super::discharge::document_id(names, &letter.id, letter.version);
    out.put(
        "DocumentReference",
        &document,
        json!({
            "masterIdentifier": { "system": oid(ws500::OID_DOCUMENT), "value": master(letter) },
            "identifier": [{ "system": oid(ws500::OID_DOCUMENT), "value": letter.id }],
            "status": "current",
            "docStatus": "final",
            "type": document_type(),
            "subject": base.subject(),
            "date": written(letter),
            "author": [author],
            "custodian": reference("Organization", &base.organization),
            "content": [{ "attachment": attachment(DOCUMENT_TYPE, &content, TITLE) }],
            "context": { "encounter": [base.visit()], "related": [reference("ServiceRequest", &request)] },
        }),
    );
    out.put(
        "Provenance",
        &base.id("Provenance", ""),
        json!({
            "target": [reference("DocumentReference", &document), reference("ServiceRequest", &request)],
            "recorded": written(letter),
            "agent": [{ "who": { "identifier": { "system": names.system(), "value": names.station }, "display": format!("xinglin {}", env!("CARGO_PKG_VERSION")) } }],
        }),
    );
    out
}

/// The id under which the hub knows the request of a referral; answers point at it.
pub fn request_id(names: &Names, letter: &Letter) -> String {
    names.id("ServiceRequest", &format!("referral|{}|{}|", letter.id, letter.version))
}

/// Taken back: document and request say so, nothing is deleted.
pub fn referral_withdrawn(names: &Names, letter: &Letter, local_key: &str) -> Prepared {
    let whole = referral(names, letter, local_key);
    let mut out = Prepared::default();
    for (kind, id, resource) in whole.resources() {
        if matches!(kind, "DocumentReference" | "Composition" | "ServiceRequest") {
            let mut resource = resource.clone();
            resource["status"] = Value::from("entered-in-error");
            out.put(kind, id, resource);
        }
    }
    out
}

fn master(letter: &Letter) -> String {
    format!("{}^{}", letter.id, letter.version)
}

fn written(letter: &Letter) -> String {
    letter.written.map(time::iso).unwrap_or_default()
}

fn document_type() -> Value {
    json!({
        "coding": [
            { "system": LOINC, "code": DOCUMENT_CODE, "display": "Patient summary Document" },
            { "system": LOINC, "code": "57133-1", "display": "Referral note" },
        ],
        "text": TITLE,
    })
}

fn people(out: &mut Prepared, (names, letter): (&Names, &Letter), local_key: &str) -> Base {
    let (patient, person) = person_of(names, &letter.patient, local_key);
    let from = &letter.from;
    let organization = names.id("Organization", &format!("{}|{}", from.code, from.name));
    out.put("Patient", &patient, person);
    let phone = if from.phone.is_empty() {
        Value::Null
    } else {
        json!([{ "system": "phone", "value": from.phone }])
    };
    out.put(
        "Organization",
        &organization,
        json!({ "identifier": [identifier(ws500::OID_ORGANIZATION, &from.code)], "name": from.name, "telecom": phone }),
    );
    let key = format!("referral|{}|{}", letter.id, letter.version);
    let encounter = names.id("Encounter", &key);
    let base = Base { names: names.clone(), key, patient, encounter, organization };
    out.put(
        "Encounter",
        &base.encounter,
        json!({
            "status": "finished",
            "class": { "system": super::discharge::ENCOUNTER_CLASS, "code": "AMB", "display": "ambulatory" },
            "subject": base.subject(),
            "serviceProvider": reference("Organization", &base.organization),
        }),
    );
    base
}

fn receiver(out: &mut Prepared, base: &Base, letter: &Letter) -> String {
    let to = &letter.to;
    let id = base.names.id("Organization", &format!("{}|{}", to.code, to.name));
    out.put(
        "Organization",
        &id,
        json!({ "identifier": [identifier(ws500::OID_ORGANIZATION, &to.code)], "name": to.name }),
    );
    id
}

fn problems(out: &mut Prepared, base: &Base, letter: &Letter) -> Vec<Value> {
    let each = letter.problems.iter().enumerate();
    each.map(|(at, one)| {
        let id = base.id("Condition", &format!("P{at}"));
        let certainty = match one.certainty {
            Certainty::Confirmed => "confirmed",
            Certainty::Suspected => "provisional",
            Certainty::RuleOut => "differential",
        };
        out.put(
            "Condition",
            &id,
            json!({
                "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active" }] },
                "verificationStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": certainty }] },
                "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": "problem-list-item" }] }],
                "code": concept(&oid(ws500::OID_ICD10), &one.icd10, &one.name),
                "subject": base.subject(),
                "encounter": base.visit(),
            }),
        );
        reference("Condition", &id)
    })
    .collect()
}

fn service_request(
    base: &Base,
    letter: &Letter,
    (doctor, receiver, problems): (Option<&String>, &str, &[Value]),
) -> Value {
    let priority = match letter.urgency {
        Urgency::Emergency => "stat",
        Urgency::Urgent => "urgent",
        Urgency::Routine => "routine",
    };
    let requester = doctor.map_or_else(
        || reference("Organization", &base.organization),
        |id| reference("Practitioner", id),
    );
    let based_on = if letter.answers.is_empty() {
        Value::Null
    } else {
        json!([{ "identifier": { "system": oid(ws500::OID_DOCUMENT), "value": letter.answers } }])
    };
    let direction = letter.direction;
    json!({
        "identifier": [{ "system": oid(ws500::OID_DOCUMENT), "value": letter.id }],
        "basedOn": based_on,
        "status": "active",
        "intent": "order",
        "category": [{ "coding": [{ "system": DIRECTION, "code": direction.id() }], "text": direction.name_zh() }],
        "priority": priority,
        "code": { "coding": [{ "system": "http://snomed.info/sct", "code": "3457005", "display": "Patient referral" }], "text": "双向转诊" },
        "subject": base.subject(),
        "encounter": base.visit(),
        "occurrenceDateTime": letter.first_visit.map(|day| day.to_string()),
        "authoredOn": written(letter),
        "requester": requester,
        "performerType": if letter.to.department.is_empty() { Value::Null } else { json!({ "text": letter.to.department }) },
        "performer": [reference("Organization", receiver)],
        "reasonCode": if letter.reason.is_empty() { Value::Null } else { json!([{ "text": letter.reason }]) },
        "reasonReference": problems,
    })
}

fn section_code(code: &str, title: &str) -> Value {
    json!({ "coding": [{ "system": LOINC, "code": code }], "text": title })
}

fn text_section(code: &str, title: &str, text: &str) -> Option<Value> {
    (!text.is_empty())
        .then(|| json!({ "title": title, "code": section_code(code, title), "text": div(text) }))
}

/// IPS wants these sections even when they are empty; then the reason stands in the entries' place.
fn list_section(
    (code, title): (&str, &str),
    words: &[String],
    (entries, none): (Vec<Value>, &str),
) -> Value {
    let mut section = json!({ "title": title, "code": section_code(code, title) });
    if entries.is_empty() {
        let said = if none == NIL_KNOWN { "无" } else { "未提供" };
        section["text"] = div(said);
        section["emptyReason"] = json!({ "coding": [{ "system": EMPTY_REASON, "code": none }] });
    } else {
        section["text"] = div(&words.join("；"));
        section["entry"] = Value::from(entries);
    }
    section
}

fn plan_section(letter: &Letter, request: &str) -> Value {
    let title = match letter.direction {
        Direction::Up => "转诊安排",
        Direction::Down => "后续治疗与随访计划",
    };
    let text = if letter.plan.is_empty() { "见转诊申请" } else { &letter.plan };
    json!({
        "title": title,
        "code": section_code(PLAN, title),
        "text": div(text),
        "entry": [reference("ServiceRequest", request)],
    })
}

#[derive(Clone, Copy)]
enum Part {
    Problems,
    Medicines,
    Results,
}

fn words(letter: &Letter, part: Part) -> Vec<String> {
    match part {
        Part::Problems => letter.problems.iter().map(|one| one.name.clone()).collect(),
        Part::Medicines => letter
            .medicines
            .iter()
            .map(|m| {
                [&m.name, &m.strength, &m.dose, &m.dose_unit, &m.route, &m.frequency]
                    .map(String::as_str)
                    .join(" ")
            })
            .collect(),
        Part::Results => letter
            .measurements
            .iter()
            .map(|m| format!("{} {}{}", m.name, m.value, m.unit))
            .collect(),
    }
}

/// The document: its composition first, then all that it names, each under a URN of its own.
fn document(prepared: &Prepared, (letter, composition): (&Letter, &str)) -> Value {
    let mut resources: Vec<(&str, &str, &Value)> = prepared.resources().collect();
    resources.sort_by_key(|(kind, id, _)| !(*kind == "Composition" && *id == composition));
    let entries: Vec<Value> = resources
        .into_iter()
        .map(|(_, id, resource)| {
            let mut resource = resource.clone();
            by_urn(&mut resource);
            json!({ "fullUrl": format!("urn:uuid:{id}"), "resource": resource })
        })
        .collect();
    json!({
        "resourceType": "Bundle",
        "type": "document",
        "identifier": { "system": oid(ws500::OID_DOCUMENT), "value": master(letter) },
        "timestamp": written(letter),
        "entry": entries,
    })
}

/// Inside a document whose entries have URNs, relative references would point nowhere.
fn by_urn(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                match inner {
                    Value::String(text) if key == "reference" => {
                        if let Some((_, id)) = text.split_once('/') {
                            *text = format!("urn:uuid:{id}");
                        }
                    }
                    inner => by_urn(inner),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(by_urn),
        _ => {}
    }
}
