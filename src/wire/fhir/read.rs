//! A FHIR document or transaction -> one discharge record.
use serde_json::Value;

use super::clinical::{AS_WRITTEN, STRENGTH};
use super::discharge::OUTCOME;
use crate::domain::age::Sex;
use crate::domain::share::discharge::{
    Diagnosis, Discharge, Measurement, Medicine, Operation, Person,
};
use crate::wire::ws500;
use crate::wire::{DOCUMENT_MOST_BYTES, WireError, time};

const FORMAT: &str = "FHIR";

pub fn looks_like_fhir(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(64 * 1024)]);
    head.trim_start_matches('\u{feff}').trim_start().starts_with('{')
        && head.contains("\"resourceType\"")
}

/// The images that a bundle without a document names; `None` = it is something else.
pub fn named_images(bytes: &[u8]) -> Option<Vec<String>> {
    let bundle: Value = serde_json::from_slice(bytes).ok()?;
    let resources: Vec<&Value> =
        list(&bundle, "/entry").iter().filter_map(|entry| entry.get("resource")).collect();
    let kind =
        |wanted: &str| resources.iter().filter(|r| text(r, "/resourceType") == wanted).count();
    if kind("ImagingStudy") == 0 || kind("Composition") > 0 {
        return None;
    }
    let studies = resources.iter().filter(|r| text(r, "/resourceType") == "ImagingStudy");
    let series = studies.flat_map(|study| list(study, "/series"));
    Some(series.flat_map(|one| list(one, "/instance")).map(|one| text(one, "/uid")).collect())
}

/// The resources of a bundle, found by reference.
pub(super) struct Found<'a> {
    entries: Vec<(String, &'a Value)>,
}

impl<'a> Found<'a> {
    pub(super) fn in_bundle(bundle: &'a Value) -> Self {
        let entries = list(bundle, "/entry")
            .iter()
            .filter_map(|entry| Some((text(entry, "/fullUrl"), entry.get("resource")?)))
            .collect();
        Self { entries }
    }

    pub(super) fn all(&self, kind: &str) -> impl Iterator<Item = &'a Value> {
        let kind = kind.to_owned();
        self.entries.iter().map(|(_, r)| *r).filter(move |r| text(r, "/resourceType") == kind)
    }

    pub(super) fn first(&self, kind: &str) -> Option<&'a Value> {
        self.all(kind).next()
    }

    /// By full URL, or by `Type/id` at its end.
    pub(super) fn at(&self, reference: &str) -> Option<&'a Value> {
        let exact = self.entries.iter().find(|(url, _)| url == reference);
        let by_id = || {
            self.entries.iter().find(|(_, r)| {
                let own = format!("{}/{}", text(r, "/resourceType"), text(r, "/id"));
                reference == own || reference.ends_with(&format!("/{own}"))
            })
        };
        exact.or_else(by_id).map(|(_, resource)| *resource)
    }

    pub(super) fn of(&self, value: &Value, pointer: &str) -> Option<&'a Value> {
        self.at(value.pointer(pointer)?.get("reference")?.as_str()?)
    }
}

pub(super) fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn or(first: String, second: impl FnOnce() -> String) -> String {
    if first.is_empty() { second() } else { first }
}

/// The bundle in these bytes.
pub(super) fn bundle(bytes: &[u8]) -> Result<Value, WireError> {
    if bytes.len() as u64 > DOCUMENT_MOST_BYTES {
        let bytes = bytes.len() as u64;
        return Err(WireError::TooBig { format: FORMAT, bytes, most: DOCUMENT_MOST_BYTES });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bundle: Value = serde_json::from_slice(bytes)
        .map_err(|error| WireError::unreadable(FORMAT, error.to_string()))?;
    if text(&bundle, "/resourceType") != "Bundle" {
        let what = format!("{:?} is no Bundle", text(&bundle, "/resourceType"));
        return Err(WireError::unreadable(FORMAT, what));
    }
    Ok(bundle)
}

pub fn read(bytes: &[u8]) -> Result<Discharge, WireError> {
    let bundle = bundle(bytes)?;
    let found = Found::in_bundle(&bundle);
    let composition = found
        .first("Composition")
        .ok_or_else(|| WireError::unreadable(FORMAT, "the bundle has no Composition"))?;
    Ok(record(&bundle, composition, &found))
}

fn record(bundle: &Value, composition: &Value, found: &Found<'_>) -> Discharge {
    let id = or(text(composition, "/identifier/value"), || {
        or(text(bundle, "/identifier/value"), || text(composition, "/id"))
    });
    let mut record = Discharge::blank(id);
    record.written = time::moment(&text(composition, "/date"));
    record.version = version(found);
    if let Some(patient) = found.of(composition, "/subject").or_else(|| found.first("Patient")) {
        record.patient = person(patient);
    }
    let encounter = found.of(composition, "/encounter").or_else(|| found.first("Encounter"));
    if let Some(encounter) = encounter {
        read_encounter(encounter, found, &mut record);
    }
    read_hospital(composition, encounter, found, &mut record);
    read_signers(composition, found, &mut record);
    read_diagnoses(encounter, found, &mut record);
    record.operations = found.all("Procedure").map(operation).collect();
    record.medicines = medicines(found);
    record.measurements = found.all("Observation").map(measurement).collect();
    record.allergies = found
        .all("AllergyIntolerance")
        .map(|one| or(text(one, "/code/text"), || text(one, "/code/coding/0/display")))
        .filter(|name| !name.is_empty())
        .collect();
    read_sections(list(composition, "/section"), &mut record);
    record
}

/// The version that a DocumentReference of this program names; other documents are their first.
fn version(found: &Found<'_>) -> u32 {
    found
        .first("DocumentReference")
        .and_then(|one| text(one, "/masterIdentifier/value").rsplit_once('^')?.1.parse().ok())
        .unwrap_or(1)
}

pub(super) fn number(resource: &Value, oid: &str) -> String {
    let system = format!("urn:oid:{oid}");
    list(resource, "/identifier")
        .iter()
        .find(|one| text(one, "/system") == system)
        .map(|one| text(one, "/value"))
        .unwrap_or_default()
}

pub(super) fn name_of(resource: &Value) -> String {
    or(text(resource, "/name/0/text"), || {
        let given: String =
            list(resource, "/name/0/given").iter().filter_map(Value::as_str).collect();
        let family = text(resource, "/name/0/family");
        let chinese = !family.is_ascii();
        if chinese || given.is_empty() {
            format!("{family}{given}")
        } else {
            format!("{given} {family}")
        }
    })
}

pub(super) fn person(patient: &Value) -> Person {
    let by_type = list(patient, "/identifier")
        .iter()
        .find(|one| text(one, "/type/coding/0/code") == "NI")
        .map(|one| text(one, "/value"));
    let phone = list(patient, "/telecom")
        .iter()
        .find(|one| text(one, "/system") == "phone")
        .map(|one| text(one, "/value"));
    let address = or(text(patient, "/address/0/text"), || {
        let lines = list(patient, "/address/0/line").iter().filter_map(Value::as_str);
        let place = ["/address/0/state", "/address/0/city", "/address/0/district"];
        place.map(|p| text(patient, p)).concat() + &lines.collect::<String>()
    });
    Person {
        name: name_of(patient),
        sex: match text(patient, "/gender").as_str() {
            "male" => Sex::Male,
            "female" => Sex::Female,
            _ => Sex::Unknown,
        },
        birth: time::day(&text(patient, "/birthDate")),
        id_number: or(number(patient, ws500::OID_ID_NUMBER), || by_type.unwrap_or_default()),
        phone: phone.unwrap_or_default(),
        address,
        inpatient_number: number(patient, ws500::OID_INPATIENT),
        health_card: number(patient, ws500::OID_HEALTH_CARD),
    }
}

fn read_encounter(encounter: &Value, found: &Found<'_>, record: &mut Discharge) {
    record.admitted = time::day(&text(encounter, "/period/start"));
    record.discharged = time::day(&text(encounter, "/period/end"));
    if record.patient.inpatient_number.is_empty() {
        record.patient.inpatient_number =
            or(number(encounter, ws500::OID_INPATIENT), || text(encounter, "/identifier/0/value"));
    }
    for place in list(encounter, "/location") {
        let name = or(text(place, "/location/display"), || {
            found.of(place, "/location").map(|l| text(l, "/name")).unwrap_or_default()
        });
        match text(place, "/physicalType/text").as_str() {
            "ward" => record.hospital.ward = name,
            "bed" => record.hospital.bed = name,
            _ if record.hospital.department.is_empty() => record.hospital.department = name,
            _ => {}
        }
    }
}

fn read_hospital(
    composition: &Value,
    encounter: Option<&Value>,
    found: &Found<'_>,
    record: &mut Discharge,
) {
    let organization = encounter
        .and_then(|encounter| found.of(encounter, "/serviceProvider"))
        .or_else(|| found.of(composition, "/custodian"))
        .or_else(|| found.first("Organization"));
    let display = || {
        encounter.map(|e| text(e, "/serviceProvider/display")).unwrap_or_default()
            + &text(composition, "/custodian/display")
    };
    record.hospital.name = or(organization.map(|o| text(o, "/name")).unwrap_or_default(), display);
    record.hospital.code = organization
        .map(|o| or(number(o, ws500::OID_ORGANIZATION), || text(o, "/identifier/0/value")))
        .unwrap_or_default();
}

fn read_signers(composition: &Value, found: &Found<'_>, record: &mut Discharge) {
    let who = |value: &Value, pointer: &str| {
        let practitioner =
            found.of(value, pointer).filter(|r| text(r, "/resourceType") == "Practitioner");
        or(practitioner.map(name_of).unwrap_or_default(), || {
            text(value, &format!("{pointer}/display"))
        })
    };
    for attester in list(composition, "/attester") {
        match text(attester, "/mode").as_str() {
            "legal" => record.senior = who(attester, "/party"),
            _ if record.attending.is_empty() => record.attending = who(attester, "/party"),
            _ => {}
        }
    }
    if record.attending.is_empty()
        && let Some(author) = list(composition, "/author").first()
    {
        record.attending = who(author, "");
    }
}

pub(super) fn coded(concept: &Value) -> (String, String) {
    let name = or(text(concept, "/text"), || text(concept, "/coding/0/display"));
    (name, text(concept, "/coding/0/code"))
}

pub(super) fn extension(resource: &Value, url: &str) -> String {
    list(resource, "/extension")
        .iter()
        .find(|one| text(one, "/url") == url)
        .map(|one| text(one, "/valueString"))
        .unwrap_or_default()
}

fn diagnosis(condition: &Value) -> Diagnosis {
    let (name, icd10) = condition.get("code").map(coded).unwrap_or_default();
    Diagnosis { name, icd10, outcome: extension(condition, OUTCOME) }
}

/// By the encounter's roles; a condition that no encounter names is a discharge diagnosis.
fn read_diagnoses(encounter: Option<&Value>, found: &Found<'_>, record: &mut Discharge) {
    let mut named: Vec<&Value> = vec![];
    for one in encounter.map(|e| list(e, "/diagnosis")).unwrap_or_default() {
        let Some(condition) = found.of(one, "/condition") else { continue };
        if text(condition, "/resourceType") != "Condition" {
            continue;
        }
        named.push(condition);
        let admission = list(one, "/use/coding").iter().any(|c| text(c, "/code") == "AD");
        let to = if admission {
            &mut record.admission_diagnoses
        } else {
            &mut record.discharge_diagnoses
        };
        to.push(diagnosis(condition));
    }
    for condition in
        found.all("Condition").filter(|one| !named.iter().any(|n| std::ptr::eq(*n, *one)))
    {
        record.discharge_diagnoses.push(diagnosis(condition));
    }
}

fn operation(procedure: &Value) -> Operation {
    let (name, code) = procedure.get("code").map(coded).unwrap_or_default();
    let day =
        or(text(procedure, "/performedDateTime"), || text(procedure, "/performedPeriod/start"));
    Operation { name, code, on: time::day(&day), note: text(procedure, "/note/0/text") }
}

/// The number as it was written, where it was kept so.
fn written(quantity: &Value) -> String {
    or(extension(quantity, AS_WRITTEN), || text(quantity, "/value"))
}

pub(super) fn medicines(found: &Found<'_>) -> Vec<Medicine> {
    let statements = found.all("MedicationStatement").map(|one| (one, "/dosage/0"));
    let requests = found.all("MedicationRequest").map(|one| (one, "/dosageInstruction/0"));
    statements
        .chain(requests)
        .map(|(one, dosage)| {
            let at = |rest: &str| text(one, &format!("{dosage}{rest}"));
            let quantity = one.pointer(&format!("{dosage}/doseAndRate/0/doseQuantity"));
            let name = or(text(one, "/medicationCodeableConcept/text"), || {
                or(text(one, "/medicationCodeableConcept/coding/0/display"), || {
                    or(text(one, "/medicationReference/display"), || {
                        found
                            .of(one, "/medicationReference")
                            .and_then(|m| m.get("code"))
                            .map(|code| coded(code).0)
                            .unwrap_or_default()
                    })
                })
            });
            let structured = quantity.is_some() || !at("/timing/code/text").is_empty();
            Medicine {
                name,
                strength: extension(one, STRENGTH),
                dose: quantity.map(written).unwrap_or_default(),
                dose_unit: quantity.map(|q| text(q, "/unit")).unwrap_or_default(),
                route: or(at("/route/text"), || at("/route/coding/0/display")),
                frequency: or(at("/timing/code/text"), || at("/timing/code/coding/0/display")),
                days: at("/timing/repeat/boundsDuration/value").parse().ok(),
                note: or(text(one, "/note/0/text"), || {
                    if structured { String::new() } else { at("/text") }
                }),
            }
        })
        .collect()
}

pub(super) fn measurement(observation: &Value) -> Measurement {
    let (name, code) = observation.get("code").map(coded).unwrap_or_default();
    let quantity = observation.get("valueQuantity");
    let value = quantity.map(written).unwrap_or_default();
    Measurement {
        name,
        code,
        value: or(value, || {
            or(text(observation, "/valueString"), || {
                observation.get("valueCodeableConcept").map(|c| coded(c).0).unwrap_or_default()
            })
        }),
        unit: quantity.map(|q| or(text(q, "/unit"), || text(q, "/code"))).unwrap_or_default(),
        on: time::day(&text(observation, "/effectiveDateTime")),
        reference: text(observation, "/referenceRange/0/text"),
    }
}

fn read_sections(sections: &[Value], record: &mut Discharge) {
    for section in sections {
        read_sections(list(section, "/section"), record);
        let prose = plain(&text(section, "/text/div"));
        if prose.is_empty() {
            continue;
        }
        let codes: Vec<String> =
            list(section, "/code/coding").iter().map(|coding| text(coding, "/code")).collect();
        let title = text(section, "/title");
        let by_element = codes.iter().find_map(|code| ws500::by_element(code));
        // Prose beside a list repeats the list.
        let repeats = !list(section, "/entry").is_empty() && by_element.is_none();
        let place = by_element.or_else(|| codes.iter().find_map(|code| ws500::by_section(code)));
        match place {
            Some(narrative) if narrative.text(record).is_empty() => {
                let outcome = narrative.element == ws500::DE_OUTCOME;
                let prose = if outcome { ws500::outcome_words(&prose).to_owned() } else { prose };
                if !repeats {
                    *narrative.slot(record) = prose;
                }
            }
            _ if repeats => {}
            _ => record.other.push((title, prose)),
        }
    }
}

/// The text of an XHTML fragment.
pub(super) fn plain(div: &str) -> String {
    if div.is_empty() {
        return String::new();
    }
    let Ok(document) = roxmltree::Document::parse(div) else { return div.to_owned() };
    let mut out = String::new();
    for node in document.descendants() {
        let block = matches!(node.tag_name().name(), "p" | "br" | "li" | "tr" | "h1" | "h2" | "h3");
        if node.is_element() && block && !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        if let Some(text) = node.text().filter(|_| node.is_text()) {
            out.push_str(text);
        }
    }
    out.trim().to_owned()
}
