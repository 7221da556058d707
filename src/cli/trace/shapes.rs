//! The JSON of the trace commands.
use serde::Serialize;

use crate::domain::trace::history::Event;
use crate::domain::trace::pack::Pack;
use crate::domain::words::Lang;
use crate::services::clinic::trace::{Dispensed, Stop, Taken, TraceReceipt};

#[derive(Serialize)]
pub(super) struct StopOut {
    stop: &'static str,
    word: &'static str,
    bells: u8,
    message: String,
}

impl StopOut {
    pub(super) fn of(stop: &Stop, lang: Lang) -> Self {
        Self {
            stop: stop.id(),
            word: stop.word(),
            bells: stop.bells(),
            message: stop.words().pick(lang).to_owned(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct ReceiptOut {
    first: String,
    last: u64,
    bills: Vec<String>,
    packs: Vec<PackOut>,
}

impl ReceiptOut {
    pub(super) fn of(receipt: &TraceReceipt) -> Self {
        Self {
            first: receipt.first.to_string(),
            last: receipt.last,
            bills: receipt.bills.clone(),
            packs: receipt.packs.iter().map(PackOut::of).collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct PackOut {
    code: String,
    product: String,
    lot: String,
    made: Option<String>,
    expiry: Option<String>,
    level: u8,
    parent: Option<String>,
    units: u32,
    state: &'static str,
    shelf: u32,
    held: u32,
    place: String,
    recall: Option<String>,
    from_patient: bool,
    label_lost: bool,
}

impl PackOut {
    pub(super) fn of(pack: &Pack) -> Self {
        Self {
            code: pack.code.clone(),
            product: pack.product.clone(),
            lot: pack.lot.clone(),
            made: pack.made.map(|day| day.to_string()),
            expiry: pack.expiry.map(|day| day.to_string()),
            level: pack.level,
            parent: pack.parent.clone(),
            units: pack.units,
            state: pack.state.id(),
            shelf: pack.shelf,
            held: pack.held,
            place: pack.place.clone(),
            recall: pack.recall.clone(),
            from_patient: pack.from_patient,
            label_lost: pack.label_lost,
        }
    }
}

#[derive(Serialize)]
pub(super) struct TakenOut<'a> {
    line: u16,
    code: &'a str,
    product: &'a str,
    lot: &'a str,
    expiry: Option<String>,
    units: u32,
    trdn_flag: &'static str,
    left: u32,
}

impl<'a> TakenOut<'a> {
    pub(super) fn of(taken: &'a Taken) -> Self {
        Self {
            line: taken.line,
            code: &taken.portion.code,
            product: &taken.label,
            lot: &taken.lot,
            expiry: taken.expiry.map(|day| day.to_string()),
            units: taken.portion.units,
            trdn_flag: if taken.portion.split { "1" } else { "0" },
            left: taken.left,
        }
    }
}

#[derive(Serialize)]
pub(super) struct EventOut {
    key: String,
    at: String,
    kind: &'static str,
    what: String,
    actor: String,
    bill: String,
    partner: String,
    visit: Option<i64>,
    patient: Option<i64>,
}

impl EventOut {
    pub(super) fn of(event: &Event) -> Self {
        let context = &event.event.context;
        Self {
            key: event.key.to_string(),
            at: event.at.to_string(),
            kind: event.event.what.kind(),
            what: event.event.what.told().zh.into(),
            actor: event.actor.clone(),
            bill: context.bill.clone(),
            partner: context.partner.clone(),
            visit: context.visit,
            patient: context.patient,
        }
    }
}

#[derive(Serialize)]
pub(super) struct PatientOut<'a> {
    code: &'a str,
    lot: &'a str,
    units: u32,
    at: String,
    visit: i64,
    patient: i64,
    name: &'a str,
    phone: &'a str,
}

impl<'a> PatientOut<'a> {
    pub(super) fn of(one: &'a Dispensed) -> Self {
        Self {
            code: &one.code,
            lot: &one.lot,
            units: one.units,
            at: one.at.to_string(),
            visit: one.visit,
            patient: one.patient,
            name: &one.name,
            phone: &one.phone,
        }
    }
}
