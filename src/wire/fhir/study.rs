//! A study as a transaction: the person and an ImagingStudy that names only instances which were confirmed before.
use serde_json::{Value, json};

use super::bundle::{Names, Prepared, person_of, reference};
use crate::domain::share::discharge::Person;
use crate::domain::share::imaging::{Instance, KeptInstance};

const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";

/// `wado` is the hub's DICOMweb base, under which the images can be fetched.
pub fn study(
    names: &Names,
    person: &Person,
    local_key: &str,
    (instances, wado): (&[KeptInstance], &str),
) -> Prepared {
    let mut out = Prepared::default();
    let Some(first) = instances.first().map(|kept| &kept.instance) else { return out };
    let (patient, resource) = person_of(names, person, local_key);
    out.put("Patient", &patient, resource);
    let endpoint = names.id("Endpoint", wado);
    if !wado.is_empty() {
        out.put("Endpoint", &endpoint, json!({
            "status": "active",
            "connectionType": { "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code": "dicom-wado-rs" },
            "payloadType": [{ "text": "DICOM" }],
            "address": wado,
        }));
    }
    let id = names.id("ImagingStudy", &first.study_uid);
    let mut modalities: Vec<&str> =
        instances.iter().map(|k| k.instance.modality.as_str()).collect();
    modalities.sort_unstable();
    modalities.dedup();
    let mut identifiers =
        vec![json!({ "system": "urn:dicom:uid", "value": format!("urn:oid:{}", first.study_uid) })];
    if !first.accession.is_empty() {
        let kind = json!({ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN" }] });
        identifiers.push(json!({ "type": kind, "value": first.accession }));
    }
    let modality = |code: &&str| json!({ "system": DCM, "code": code });
    out.put("ImagingStudy", &id, json!({
        "identifier": identifiers,
        "status": "available",
        "modality": modalities.iter().filter(|m| !m.is_empty()).map(modality).collect::<Vec<_>>(),
        "subject": reference("Patient", &patient),
        "started": first.study_day.map(|day| day.to_string()),
        "endpoint": if wado.is_empty() { Value::Null } else { json!([reference("Endpoint", &endpoint)]) },
        "numberOfSeries": series_of(instances).len(),
        "numberOfInstances": instances.len(),
        "description": first.study_description,
        "series": series_of(instances).iter().map(|uid| series(uid, instances)).collect::<Vec<_>>(),
    }));
    out
}

fn series_of(instances: &[KeptInstance]) -> Vec<&str> {
    let mut uids: Vec<&str> = instances.iter().map(|k| k.instance.series_uid.as_str()).collect();
    uids.sort_unstable();
    uids.dedup();
    uids
}

fn whole(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

fn series(uid: &str, instances: &[KeptInstance]) -> Value {
    let mut of: Vec<&Instance> =
        instances.iter().map(|k| &k.instance).filter(|i| i.series_uid == uid).collect();
    of.sort_by(|a, b| {
        (whole(&a.instance_number), &a.sop_uid).cmp(&(whole(&b.instance_number), &b.sop_uid))
    });
    let Some(first) = of.first() else { return Value::Null };
    let body = if first.body_part.is_empty() {
        Value::Null
    } else {
        json!({ "display": first.body_part })
    };
    let instances: Vec<Value> = of
        .iter()
        .map(|one| json!({
            "uid": one.sop_uid,
            "sopClass": { "system": "urn:ietf:rfc:3986", "code": format!("urn:oid:{}", one.sop_class) },
            "number": whole(&one.instance_number),
        }))
        .collect();
    json!({
        "uid": uid,
        "number": whole(&first.series_number),
        "modality": { "system": DCM, "code": if first.modality.is_empty() { "OT" } else { &first.modality } },
        "description": first.series_description,
        "numberOfInstances": of.len(),
        "bodySite": body,
        "performer": if first.institution.is_empty() { Value::Null } else { json!([{ "actor": { "display": first.institution } }]) },
        "instance": instances,
    })
}
