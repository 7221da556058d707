//! Our ledger's events as EPCIS events. What has no word in the vocabulary goes into extension fields of ours; nothing
//! that names a patient goes in.
use std::collections::BTreeMap;

use serde::Serialize;

use super::hash::event_id;
use super::{NAMESPACE, uri_of};
use crate::domain::instant::Instant;
use crate::domain::trace::history::{Event, What};
use crate::domain::trace::ledger::Change;

/// An event with what its export needs to know about the pack.
#[derive(Clone, Debug)]
pub struct ExportEvent {
    pub event: Event,
    pub product: String,
    pub lot: String,
    pub units: u32,
    /// The event that a reversal takes back.
    pub of: Option<Event>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(rename = "@context")]
    context: (&'static str, BTreeMap<&'static str, &'static str>),
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    schema_version: &'static str,
    creation_date: String,
    epcis_body: Body,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    event_list: Vec<EventOut>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventOut {
    #[serde(rename = "eventID")]
    event_id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    action: &'static str,
    biz_step: &'static str,
    disposition: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    epc_list: Option<Vec<String>>,
    #[serde(rename = "parentID", skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(rename = "childEPCs", skip_serializing_if = "Option::is_none")]
    children: Option<Vec<String>>,
    event_time: String,
    event_time_zone_offset: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_declaration: Option<Declaration>,
    read_point: Place,
    biz_location: Place,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    biz_transaction_list: Vec<Transaction>,
    #[serde(flatten)]
    extensions: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Declaration {
    declaration_time: String,
    reason: &'static str,
}

#[derive(Clone, Serialize)]
struct Place {
    id: String,
}

/// The reference hash tool reads these two in the order in which they stand: the type first, as the standard says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Transaction {
    #[serde(rename = "type")]
    kind: &'static str,
    biz_transaction: String,
}

/// A whole document; events that are not ours to tell (what a supplier announced) are left out.
pub fn document(
    station: &str,
    events: &[ExportEvent],
    created: Instant,
) -> Result<String, serde_json::Error> {
    let event_list = events
        .iter()
        .filter_map(|event| one(station, event).transpose())
        .collect::<Result<_, _>>()?;
    serde_json::to_string_pretty(&Document {
        context: (
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            BTreeMap::from([("xinglin", NAMESPACE)]),
        ),
        id: format!("urn:xinglin:document:{station}:{}", created.millis()),
        kind: "EPCISDocument",
        schema_version: "2.0",
        creation_date: time(created),
        epcis_body: Body { event_list },
    })
}

fn one(station: &str, export: &ExportEvent) -> Result<Option<EventOut>, serde_json::Error> {
    let event = &export.event;
    match &event.event.what {
        What::Changed(change) => told(station, export, (event, change)),
        // A reversal is the first event again, declared wrong.
        What::Reversed { .. } => {
            let Some(first) = &export.of else { return Ok(None) };
            let What::Changed(change) = &first.event.what else { return Ok(None) };
            let declaration =
                Declaration { declaration_time: time(event.at), reason: "did_not_occur" };
            let told = told(station, export, (first, change))?;
            Ok(told.map(|told| EventOut { error_declaration: Some(declaration), ..told }))
        }
    }
}

fn told(
    station: &str,
    export: &ExportEvent,
    (event, change): (&Event, &Change),
) -> Result<Option<EventOut>, serde_json::Error> {
    let Some((action, biz_step, disposition)) = words(change, export.units) else {
        return Ok(None);
    };
    let epc = uri_of(&event.event.code);
    let opens = matches!(change, Change::OpenCase);
    let place = Place { id: format!("urn:xinglin:station:{station}") };
    let mut out = EventOut {
        event_id: String::new(),
        kind: if opens { "AggregationEvent" } else { "ObjectEvent" },
        action,
        biz_step,
        disposition,
        epc_list: (!opens).then(|| vec![epc.clone()]),
        parent: opens.then_some(epc),
        children: opens.then(Vec::new),
        event_time: time(event.at),
        event_time_zone_offset: "+08:00",
        error_declaration: None,
        read_point: place.clone(),
        biz_location: place,
        biz_transaction_list: transactions(event, change),
        extensions: extensions(export, (event, change)),
    };
    out.event_id = event_id(&serde_json::to_value(&out)?);
    Ok(Some(out))
}

/// A prescription's number belongs to a patient and stays here; suppliers' bills do not.
fn transactions(event: &Event, change: &Change) -> Vec<Transaction> {
    let context = &event.event.context;
    if context.bill.is_empty() || context.patient.is_some() {
        return vec![];
    }
    let kind = if matches!(change, Change::ReturnToSupplier { .. }) { "rma" } else { "desadv" };
    vec![Transaction {
        kind,
        biz_transaction: format!("urn:xinglin:bill:{}", super::encoded(&context.bill)),
    }]
}

fn extensions(
    export: &ExportEvent,
    (event, change): (&Event, &Change),
) -> BTreeMap<&'static str, String> {
    let mut all = BTreeMap::from([
        ("xinglin:seq", event.key.to_string()),
        ("xinglin:kind", change.kind().to_owned()),
        ("xinglin:product", export.product.clone()),
        ("xinglin:lot", export.lot.clone()),
    ]);
    match change {
        Change::DispensePart { units }
        | Change::ReturnFromPatient { units, .. }
        | Change::CountLoss { units, .. }
        | Change::CountGain { units, .. } => {
            all.insert("xinglin:units", units.to_string());
        }
        Change::Shelve { place } | Change::Move { place } => {
            all.insert("xinglin:place", place.clone());
        }
        _ => {}
    }
    all.retain(|_, value| !value.is_empty());
    all
}

/// Action, business step and disposition.
fn words(change: &Change, pack_units: u32) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match change {
        Change::Expect { .. } => return None,
        Change::Receive { .. } => ("OBSERVE", "receiving", "in_progress"),
        Change::Accept => ("OBSERVE", "accepting", "sellable_not_accessible"),
        Change::Reject { .. } => ("OBSERVE", "inspecting", "non_conformant"),
        Change::Shelve { .. } => ("OBSERVE", "storing", "sellable_accessible"),
        Change::Move { .. } => ("OBSERVE", "storing", "unknown"),
        Change::OpenCase => ("DELETE", "unpacking", "container_open"),
        Change::DispenseWhole => ("DELETE", "dispensing", "dispensed"),
        Change::DispensePart { .. } => ("OBSERVE", "dispensing", "partially_dispensed"),
        Change::ReturnFromPatient { units, .. } if *units == pack_units => {
            ("ADD", "receiving", "returned")
        }
        Change::ReturnFromPatient { .. } => ("OBSERVE", "receiving", "returned"),
        Change::ReturnToSupplier { .. } => ("OBSERVE", "shipping", "returned"),
        Change::Quarantine { .. } => ("OBSERVE", "holding", "non_sellable_other"),
        Change::Release { .. } => ("OBSERVE", "stocking", "sellable_accessible"),
        Change::Destroy { .. } => ("DELETE", "destroying", "destroyed"),
        Change::CountLoss { .. } => ("OBSERVE", "cycle_counting", "unavailable"),
        Change::CountGain { .. } => ("OBSERVE", "cycle_counting", "available"),
        Change::Recall { .. } => ("OBSERVE", "holding", "recalled"),
        Change::LostLabel { .. } => ("OBSERVE", "inspecting", "needs_replacement"),
    })
}

/// `2026-11-24T16:05:09.120+08:00`
fn time(at: Instant) -> String {
    let (hour, minute, second) = at.time_of_day();
    format!(
        "{}T{hour:02}:{minute:02}:{second:02}.{:03}+08:00",
        at.day(),
        at.millis().rem_euclid(1000)
    )
}
