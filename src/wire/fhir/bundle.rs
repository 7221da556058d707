//! Ids, references and the transaction itself.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::domain::age::Sex;
use crate::domain::audit::Hash;
use crate::domain::share::discharge::Person;
use crate::wire::ws500;

/// What this station's ids are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// OID of the organization; empty = none was given to it.
    pub org_oid: String,
    pub station: String,
}

impl Names {
    /// UUIDv5(organization, kind, local key): the same record always has the same id.
    pub fn id(&self, kind: &str, key: &str) -> String {
        let space = Uuid::new_v5(
            &Uuid::NAMESPACE_OID,
            format!("{}/{}", self.org_oid, self.station).as_bytes(),
        );
        Uuid::new_v5(&space, format!("{kind}|{key}").as_bytes()).to_string()
    }

    /// The system of local numbers.
    pub fn system(&self) -> String {
        if self.org_oid.is_empty() {
            format!("urn:uuid:{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, self.station.as_bytes()))
        } else {
            format!("urn:oid:{}", self.org_oid)
        }
    }
}

/// A Binary's id is the SHA-256 of its content: 64 characters, FHIR's longest.
pub fn binary_id(content: &[u8]) -> String {
    Hash::of(content).to_string()
}

pub fn reference(kind: &str, id: &str) -> Value {
    json!({ "reference": format!("{kind}/{id}") })
}

/// Resources of one transaction, in the order in which they could also be put one by one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prepared {
    resources: Vec<(String, String, Value)>,
}

impl Prepared {
    /// Adds a resource; a second one of the same id is the same one.
    pub fn put(&mut self, kind: &str, id: &str, mut resource: Value) {
        if self.resources.iter().any(|(k, i, _)| k == kind && i == id) {
            return;
        }
        if let Some(map) = resource.as_object_mut() {
            map.insert("resourceType".to_owned(), Value::from(kind));
            map.insert("id".to_owned(), Value::from(id));
        }
        prune(&mut resource);
        self.resources.push((kind.to_owned(), id.to_owned(), resource));
    }

    pub fn resources(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.resources.iter().map(|(kind, id, resource)| (kind.as_str(), id.as_str(), resource))
    }

    /// Changes the resources of a kind before anything is put behind them.
    pub(super) fn amend(&mut self, kind: &str, change: impl Fn(&mut Value)) {
        self.resources.iter_mut().filter(|(k, _, _)| k == kind).for_each(|(_, _, r)| change(r));
    }

    pub fn len(&self) -> usize {
        self.resources.len()
    }

    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    pub fn bundle(&self) -> Value {
        let entries: Vec<Value> = self
            .resources
            .iter()
            .map(|(kind, id, resource)| {
                json!({
                    "fullUrl": format!("urn:uuid:{}", Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{kind}/{id}").as_bytes())),
                    "resource": resource,
                    "request": { "method": "PUT", "url": format!("{kind}/{id}") },
                })
            })
            .collect();
        json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
    }

    /// Reads a bundle of PUTs back, as it was kept.
    pub fn from_bundle(text: &str) -> Option<Self> {
        let bundle: Value = serde_json::from_str(text).ok()?;
        let mut prepared = Self::default();
        for entry in bundle.get("entry")?.as_array()? {
            let (kind, id) = entry.pointer("/request/url")?.as_str()?.split_once('/')?;
            let resource = entry.get("resource")?.clone();
            prepared.resources.push((kind.to_owned(), id.to_owned(), resource));
        }
        Some(prepared)
    }
}

/// FHIR knows no empty strings, arrays or objects.
fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(prune);
            map.retain(|_, value| !is_void(value));
        }
        Value::Array(list) => {
            list.iter_mut().for_each(prune);
            list.retain(|value| !is_void(value));
        }
        _ => {}
    }
}

fn is_void(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

pub(super) fn gender(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Unknown => "unknown",
    }
}

/// A coding; without a code only the words remain.
pub(super) fn concept(system: &str, code: &str, words: &str) -> Value {
    if code.is_empty() {
        return json!({ "text": words });
    }
    json!({ "coding": [{ "system": system, "code": code, "display": words }], "text": words })
}

pub(super) fn oid(oid: &str) -> String {
    format!("urn:oid:{oid}")
}

pub(super) fn identifier(oid: &str, value: &str) -> Value {
    if value.is_empty() {
        return Value::Null;
    }
    json!({ "system": format!("urn:oid:{oid}"), "value": value })
}

/// The Patient of a person. Never a made-up number: without an ID number only the local key names them.
pub fn person_of(names: &Names, person: &Person, local_key: &str) -> (String, Value) {
    let id = names.id("Patient", local_key);
    let mut identifiers = vec![];
    if !person.id_number.is_empty() {
        let kind = json!({ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "NI" }] });
        let mut number = Map::new();
        number.insert("use".to_owned(), Value::from("official"));
        number.insert("type".to_owned(), kind);
        number.insert("system".to_owned(), Value::from(oid(ws500::OID_ID_NUMBER)));
        number.insert("value".to_owned(), Value::from(person.id_number.as_str()));
        identifiers.push(Value::Object(number));
    }
    identifiers.push(identifier(ws500::OID_HEALTH_CARD, &person.health_card));
    identifiers.push(json!({ "use": "usual", "system": names.system(), "value": local_key }));
    let phone = if person.phone.is_empty() {
        Value::Null
    } else {
        json!([{ "system": "phone", "value": person.phone }])
    };
    let address =
        if person.address.is_empty() { Value::Null } else { json!([{ "text": person.address }]) };
    let patient = json!({
        "identifier": identifiers,
        "active": true,
        "name": [{ "use": "official", "text": person.name }],
        "telecom": phone,
        "gender": gender(person.sex),
        "birthDate": person.birth.map(|day| day.to_string()),
        "address": address,
    });
    (id, patient)
}

pub(super) fn binary(content_type: &str, content: &[u8]) -> (String, Value) {
    let plain = content_type.split(';').next().unwrap_or(content_type).trim();
    (binary_id(content), json!({ "contentType": plain, "data": STANDARD.encode(content) }))
}

/// R4 wants the SHA-1 here; the SHA-256 is the Binary's id.
pub(super) fn attachment(content_type: &str, content: &[u8], title: &str) -> Value {
    let sha1 = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, content);
    json!({
        "contentType": content_type,
        "url": format!("Binary/{}", binary_id(content)),
        "size": content.len(),
        "hash": STANDARD.encode(sha1.as_ref()),
        "title": title,
    })
}
