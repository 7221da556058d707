//! Resources that a discharge record and a referral share: medicines, measurements, allergies, people who sign.
use serde_json::{Value, json};

use super::bundle::{Names, Prepared, concept, reference};
use crate::domain::age::Day;
use crate::domain::share::discharge::{Measurement, Medicine};
use crate::wire::cda::escape as esc;

pub(super) const AS_WRITTEN: &str = "urn:xinglin:as-written";
pub(super) const STRENGTH: &str = "urn:xinglin:DE08.50.043.00";
pub(super) const LOINC: &str = "http://loinc.org";

/// Ids of what everything else points at.
pub(super) struct Base {
    pub names: Names,
    pub key: String,
    pub patient: String,
    pub encounter: String,
    pub organization: String,
}

impl Base {
    pub fn id(&self, kind: &str, part: &str) -> String {
        self.names.id(kind, &format!("{}|{part}", self.key))
    }

    pub fn subject(&self) -> Value {
        reference("Patient", &self.patient)
    }

    pub fn visit(&self) -> Value {
        reference("Encounter", &self.encounter)
    }
}

pub(super) fn practitioner(out: &mut Prepared, base: &Base, name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let id = base.names.id("Practitioner", &format!("{}|{name}", base.organization));
    out.put("Practitioner", &id, json!({ "name": [{ "text": name }] }));
    Some(id)
}

fn as_written(number: &str) -> Value {
    json!([{ "url": AS_WRITTEN, "valueString": number }])
}

/// A quantity that keeps the digits as they were written; words that are no number stay words.
pub(super) fn quantity(value: &str, unit: &str) -> Option<Value> {
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

pub(super) fn medicines(
    out: &mut Prepared,
    base: &Base,
    (medicines, asserted): (&[Medicine], Option<Day>),
) -> Vec<Value> {
    medicines
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let id = base.id("MedicationStatement", &at.to_string());
            out.put("MedicationStatement", &id, medicine(base, one, asserted));
            reference("MedicationStatement", &id)
        })
        .collect()
}

fn medicine(base: &Base, one: &Medicine, asserted: Option<Day>) -> Value {
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
        "dateAsserted": asserted.map(|day| day.to_string()),
        "note": note,
        "dosage": [{ "text": text.trim(), "timing": timing, "route": { "text": one.route }, "doseAndRate": dose }],
    })
}

pub(super) fn measurements(
    out: &mut Prepared,
    base: &Base,
    measurements: &[Measurement],
) -> Vec<Value> {
    let each = measurements.iter().enumerate();
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

pub(super) fn allergies(out: &mut Prepared, base: &Base, allergies: &[String]) -> Vec<Value> {
    let each = allergies.iter().enumerate();
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

pub(super) fn div(text: &str) -> Value {
    json!({ "status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{}</div>", esc(text)) })
}
