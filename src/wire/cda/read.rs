//! CDA XML -> one record. Element names are looked at without their namespace, data elements wherever they stand;
//! what has no field is kept under its title.
use roxmltree::{Document, Node, ParsingOptions};

use crate::domain::age::Sex;
use crate::domain::share::discharge::{Diagnosis, Discharge, Measurement, Medicine, Operation};
use crate::wire::ws500::{self, Section};
use crate::wire::{DOCUMENT_MOST_BYTES, WireError, time};

const FORMAT: &str = "CDA";

/// Is it worth reading as CDA?
pub fn looks_like_cda(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    decode(head).contains("ClinicalDocument")
}

/// Text by its byte order mark or its XML declaration; Chinese encodings count.
pub fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, skip)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[skip..]).0.into_owned();
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let declared = head
        .split_once("encoding=")
        .and_then(|(_, rest)| rest.get(1..))
        .and_then(|rest| rest.split(['"', '\'']).next())
        .and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    let encoding = match declared {
        // GB 2312 and GBK are parts of GB 18030.
        Some(encoding) if encoding == encoding_rs::GBK => encoding_rs::GB18030,
        Some(encoding) => encoding,
        None => encoding_rs::UTF_8,
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

pub fn read(bytes: &[u8]) -> Result<Discharge, WireError> {
    if bytes.len() as u64 > DOCUMENT_MOST_BYTES {
        let bytes = bytes.len() as u64;
        return Err(WireError::TooBig { format: FORMAT, bytes, most: DOCUMENT_MOST_BYTES });
    }
    let text = decode(bytes);
    if text.contains('\u{fffd}') {
        let what = "the bytes contradict the declared encoding";
        return Err(WireError::unreadable(FORMAT, what));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 400_000, ..Default::default() };
    let document = Document::parse_with_options(&text, options)
        .map_err(|error| WireError::unreadable(FORMAT, error.to_string()))?;
    let root = document.root_element();
    if root.tag_name().name() != "ClinicalDocument" {
        let what = format!("the root is {:?}", root.tag_name().name());
        return Err(WireError::unreadable(FORMAT, what));
    }
    let mut record = Discharge::blank("");
    read_header(root, &mut record);
    for section in root.descendants().filter(|node| is(*node, "section")) {
        read_section(section, &mut record);
    }
    Ok(record)
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| is(*child, name))
}

fn path<'a, 'i>(node: Node<'a, 'i>, names: &[&str]) -> Option<Node<'a, 'i>> {
    names.iter().try_fold(node, |node, name| child(node, name))
}

fn attribute(node: Option<Node<'_, '_>>, name: &str) -> String {
    node.and_then(|node| node.attribute(name)).unwrap_or_default().trim().to_owned()
}

/// All text inside, paragraphs as lines.
fn text_of(node: Node<'_, '_>) -> String {
    let mut out = String::new();
    for inner in node.descendants() {
        if inner.is_element()
            && matches!(inner.tag_name().name(), "paragraph" | "br" | "tr" | "item" | "li")
            && !out.is_empty()
        {
            out.push('\n');
        }
        if let Some(text) = inner.text().filter(|_| inner.is_text()) {
            out.push_str(text);
        }
    }
    out.trim().to_owned()
}

fn words(node: Option<Node<'_, '_>>) -> String {
    node.map(text_of).unwrap_or_default()
}

fn number(node: Node<'_, '_>, root: &str) -> String {
    let found = node.children().find(|id| is(*id, "id") && id.attribute("root") == Some(root));
    attribute(found, "extension")
}

fn read_header(root: Node<'_, '_>, record: &mut Discharge) {
    let id = child(root, "id");
    record.id = attribute(id, "extension");
    if record.id.is_empty() {
        record.id = attribute(id, "root");
    }
    record.version = attribute(child(root, "versionNumber"), "value").parse().unwrap_or(1).max(1);
    record.written = time::moment(&attribute(child(root, "effectiveTime"), "value"));
    if let Some(role) = path(root, &["recordTarget", "patientRole"]) {
        read_patient(role, record);
    }
    let custodian =
        path(root, &["custodian", "assignedCustodian", "representedCustodianOrganization"]);
    record.hospital.name = words(custodian.and_then(|c| child(c, "name")));
    record.hospital.code =
        custodian.map(|c| number(c, ws500::OID_ORGANIZATION)).unwrap_or_default();
    let signer =
        |name: &str| path(root, &[name, "assignedEntity", "assignedPerson", "name"]).map(text_of);
    let author = path(root, &["author", "assignedAuthor", "assignedPerson", "name"]).map(text_of);
    record.attending = signer("legalAuthenticator").or(author).unwrap_or_default();
    record.senior = signer("authenticator").unwrap_or_default();
    if let Some(encounter) = path(root, &["componentOf", "encompassingEncounter"]) {
        let time = child(encounter, "effectiveTime");
        let bound = |name| time::day(&attribute(time.and_then(|t| child(t, name)), "value"));
        (record.admitted, record.discharged) = (bound("low"), bound("high"));
        if record.patient.inpatient_number.is_empty() {
            record.patient.inpatient_number = number(encounter, ws500::OID_INPATIENT);
        }
        let provider =
            path(encounter, &["location", "healthCareFacility", "serviceProviderOrganization"]);
        read_places(provider, record);
    }
}

/// Bed, ward, department, hospital: each a part of the next.
fn read_places(provider: Option<Node<'_, '_>>, record: &mut Discharge) {
    let mut chain = vec![];
    let mut here = provider;
    while let Some(organization) = here {
        let kind = attribute(child(organization, "id"), "assigningAuthorityName");
        chain.push((
            kind,
            words(child(organization, "name")),
            number(organization, ws500::OID_ORGANIZATION),
        ));
        here = path(organization, &["asOrganizationPartOf", "wholeOrganization"]);
    }
    let Some((_, hospital, code)) = chain.pop() else { return };
    if record.hospital.name.is_empty() {
        record.hospital.name = hospital;
    }
    if record.hospital.code.is_empty() {
        record.hospital.code = code;
    }
    // Without a word about its kind: the hospital's parts in the order department, ward, room, bed.
    for (at, (kind, name, _)) in chain.into_iter().rev().enumerate() {
        match (kind.as_str(), at) {
            ("department", _) | ("", 0) => record.hospital.department = name,
            ("ward", _) | ("", 1) => record.hospital.ward = name,
            _ => record.hospital.bed = name,
        }
    }
}

fn read_patient(role: Node<'_, '_>, record: &mut Discharge) {
    let p = &mut record.patient;
    p.inpatient_number = number(role, ws500::OID_INPATIENT);
    p.health_card = number(role, ws500::OID_HEALTH_CARD);
    p.address = words(child(role, "addr"));
    attribute(child(role, "telecom"), "value").trim_start_matches("tel:").clone_into(&mut p.phone);
    let Some(patient) = child(role, "patient") else { return };
    p.id_number = number(patient, ws500::OID_ID_NUMBER);
    if p.id_number.is_empty() {
        p.id_number = number(role, ws500::OID_ID_NUMBER);
    }
    p.name = words(child(patient, "name"));
    p.birth = time::day(&attribute(child(patient, "birthTime"), "value"));
    let sex = child(patient, "administrativeGenderCode");
    p.sex = match attribute(sex, "code").as_str() {
        "1" | "M" => Sex::Male,
        "2" | "F" => Sex::Female,
        _ => Sex::parse(&attribute(sex, "displayName")).unwrap_or(Sex::Unknown),
    };
}

fn read_section(section: Node<'_, '_>, record: &mut Discharge) {
    let code = attribute(child(section, "code"), "code");
    let title = words(child(section, "title"));
    let known = ws500::SECTIONS.into_iter().find(|one| one.loinc == code || one.title == title);
    let before = record.clone();
    for entry in section.children().filter(|node| is(*node, "entry")) {
        for act in entry.children().filter(Node::is_element) {
            read_act(act, known, record);
        }
    }
    let text = words(child(section, "text"));
    if text.is_empty() || *record != before {
        return;
    }
    // Nothing but prose: it goes to the section's own field, or stays under its title.
    match known.and_then(|section| ws500::by_section(section.loinc)) {
        Some(narrative) if narrative.text(record).is_empty() => *narrative.slot(record) = text,
        _ if known.is_some_and(|k| k.loinc == ws500::ALLERGIES.loinc) => {
            record.allergies.push(text);
        }
        _ => {
            let title = if title.is_empty() { code } else { title };
            record.other.push((title, text));
        }
    }
}

/// The value of an observation, in whichever way it is written.
fn value_of(act: Node<'_, '_>) -> String {
    let Some(value) = child(act, "value") else { return String::new() };
    [value.attribute("value"), value.attribute("displayName"), value.attribute("code")]
        .into_iter()
        .flatten()
        .map(|text| text.trim().to_owned())
        .find(|text| !text.is_empty())
        .unwrap_or_else(|| words(Some(value)))
}

/// Texts of the observations below an act, by data element.
fn below<'a, 'i>(act: Node<'a, 'i>, element: &str) -> Option<Node<'a, 'i>> {
    act.descendants()
        .filter(|node| *node != act && is(*node, "observation"))
        .find(|node| attribute(child(*node, "code"), "code") == element)
}

fn read_act(act: Node<'_, '_>, section: Option<&Section>, record: &mut Discharge) {
    match act.tag_name().name() {
        "observation" => read_observation(act, section, record),
        "procedure" => record.operations.push(read_operation(act)),
        "substanceAdministration" => record.medicines.push(read_medicine(act)),
        "organizer" | "act" => {
            for component in act.children().filter(Node::is_element) {
                for inner in component.children().filter(Node::is_element) {
                    read_act(inner, section, record);
                }
            }
        }
        _ => {}
    }
}

fn read_observation(act: Node<'_, '_>, section: Option<&Section>, record: &mut Discharge) {
    let element = attribute(child(act, "code"), "code");
    let in_section = |wanted: &Section| section.is_some_and(|s| s.loinc == wanted.loinc);
    if element == ws500::DE_DIAGNOSIS_CODE || element == ws500::DE_DIAGNOSIS_NAME {
        let list = if in_section(&ws500::ADMISSION) {
            &mut record.admission_diagnoses
        } else {
            &mut record.discharge_diagnoses
        };
        return read_diagnosis(act, &element, list);
    }
    if let Some(narrative) = ws500::by_element(&element) {
        let mut text = value_of(act);
        if element == ws500::DE_OUTCOME {
            text = ws500::outcome_words(&text).to_owned();
        }
        let slot = narrative.slot(record);
        if !slot.is_empty() && !text.is_empty() {
            slot.push('\n');
        }
        slot.push_str(&text);
    } else if element == "DE02.10.022.00" || in_section(&ws500::ALLERGIES) {
        record.allergies.push(value_of(act));
    } else if element == ws500::DE_DAYS {
        // Counted from the days themselves.
    } else if in_section(&ws500::LABORATORY) {
        record.measurements.push(read_measurement(act));
    } else {
        let title = attribute(child(act, "code"), "displayName");
        let title = if title.is_empty() { element } else { title };
        let text = value_of(act);
        if !text.is_empty() {
            record.other.push((title, text));
        }
    }
}

fn read_diagnosis(act: Node<'_, '_>, element: &str, list: &mut Vec<Diagnosis>) {
    let value = child(act, "value");
    let outcome = below(act, ws500::DE_OUTCOME)
        .map(|node| ws500::outcome_words(&value_of(node)).to_owned())
        .unwrap_or_default();
    if element == ws500::DE_DIAGNOSIS_NAME {
        let name = value_of(act);
        // Some templates give the name and the code as two observations.
        match list.last_mut().filter(|last| last.name.is_empty()) {
            Some(last) => last.name = name,
            None => list.push(Diagnosis { name, icd10: String::new(), outcome }),
        }
        return;
    }
    let icd10 = attribute(value, "code");
    let mut name = attribute(value, "displayName");
    if name.is_empty() && icd10.is_empty() {
        name = words(value);
    }
    match list.last_mut().filter(|last| last.icd10.is_empty() && name.is_empty()) {
        Some(last) => last.icd10 = icd10,
        None => list.push(Diagnosis { name, icd10, outcome }),
    }
}

fn read_operation(act: Node<'_, '_>) -> Operation {
    let code = child(act, "code");
    Operation {
        name: attribute(code, "displayName"),
        code: attribute(code, "code"),
        on: time::day(&attribute(child(act, "effectiveTime"), "value")),
        note: below(act, "DE05.10.063.00").map(value_of).unwrap_or_default(),
    }
}

fn read_medicine(act: Node<'_, '_>) -> Medicine {
    let text = |element| below(act, element).map(value_of).unwrap_or_default();
    let dose = child(act, "doseQuantity");
    let or = |first: String, second: String| if first.is_empty() { second } else { first };
    let product = path(act, &["consumable", "manufacturedProduct", "manufacturedLabeledDrug"])
        .or_else(|| path(act, &["consumable", "manufacturedProduct", "manufacturedMaterial"]));
    let code = product.and_then(|product| child(product, "code"));
    Medicine {
        name: or(
            words(product.and_then(|product| child(product, "name"))),
            attribute(code, "displayName"),
        ),
        strength: text(ws500::DE_STRENGTH),
        dose: or(text(ws500::DE_DOSE), attribute(dose, "value")),
        dose_unit: or(text(ws500::DE_DOSE_UNIT), attribute(dose, "unit")),
        route: or(attribute(child(act, "routeCode"), "displayName"), text(ws500::DE_ROUTE)),
        frequency: text(ws500::DE_FREQUENCY),
        days: text("DE06.00.077.00").parse().ok(),
        note: text("DE06.00.179.00"),
    }
}

fn read_measurement(act: Node<'_, '_>) -> Measurement {
    let (code, value) = (child(act, "code"), child(act, "value"));
    let unit = below(act, "DE04.30.017.00").map(value_of);
    Measurement {
        name: attribute(code, "displayName"),
        code: attribute(code, "code"),
        value: value_of(act),
        unit: unit.unwrap_or_else(|| match attribute(value, "unit") {
            one if one == "1" => String::new(),
            unit => unit,
        }),
        on: time::day(&attribute(child(act, "effectiveTime"), "value")),
        reference: words(path(act, &["referenceRange", "observationRange", "text"])),
    }
}
