//! What a driver asks to compare with its own book.
use std::path::Path;

use serde_json::{Value, json};

use crate::domain::trace::history::What;
use crate::domain::trace::ledger::Change;
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::Stop;
use crate::services::trace_upload::profile;

pub(super) fn pack(clinic: &mut Clinic, code: &str) -> Result<Value, Stop> {
    let pack = clinic.pack_life(code)?.pack;
    Ok(pack.map_or(Value::Null, |pack| {
        json!({ "code": pack.code, "state": pack.state.id(), "shelf": pack.shelf, "held": pack.held })
    }))
}

/// Everything in the house: code, units on the shelf, units held back.
pub(super) fn house(clinic: &mut Clinic) -> Result<Value, Stop> {
    let packs = clinic.packs_in_house()?;
    let rows: Vec<Value> =
        packs.iter().map(|pack| json!([pack.code, pack.shelf, pack.held])).collect();
    Ok(json!({ "packs": rows }))
}

/// Events in order: number, kind, code, units where the event says them.
pub(super) fn events(clinic: &mut Clinic, from: u64, limit: u32) -> Result<Value, Stop> {
    let rows: Vec<Value> = clinic
        .trace_events_from(from, limit)?
        .into_iter()
        .map(|event| {
            let units = match &event.event.what {
                What::Changed(
                    Change::DispensePart { units }
                    | Change::ReturnFromPatient { units, .. }
                    | Change::CountLoss { units, .. }
                    | Change::CountGain { units, .. },
                ) => *units,
                _ => 0,
            };
            json!([event.key.seq, event.event.what.kind(), event.event.code, units])
        })
        .collect();
    Ok(json!({ "events": rows }))
}

/// The stock screen, as sums.
pub(super) fn stock(clinic: &mut Clinic) -> Result<Value, Stop> {
    let lines = clinic.stock()?;
    let adds_up = lines.iter().all(|line| line.lot.adds_up());
    let sum = |of: fn(&crate::domain::trace::stock::LotStock) -> i64| {
        lines.iter().map(|line| of(&line.lot)).sum::<i64>()
    };
    Ok(json!({
        "lots": lines.len(), "adds_up": adds_up, "shelf": sum(|lot| lot.shelf), "held": sum(|lot| lot.held),
    }))
}

/// The walk over the whole ledger, and over the audit log.
pub(super) fn check(clinic: &mut Clinic) -> Result<Value, Stop> {
    let found = clinic.check_trace()?;
    let audit = clinic.verify_audit(None)?.is_ok();
    Ok(json!({
        "sound": found.is_sound(), "events": found.events, "packs": found.packs, "audit": audit,
        "wrong": found.wrong_packs.iter().chain(&found.wrong_lots).take(5).collect::<Vec<_>>(),
    }))
}

/// Bills that are not done.
pub(super) fn bills(clinic: &mut Clinic, path: &Path) -> Result<Value, Stop> {
    let open = clinic.open_bills(&profile(path)?, 1000)?;
    let words: Vec<String> = open
        .iter()
        .take(5)
        .map(|bill| {
            let standing = &bill.standing;
            format!(
                "{} {} {} {} {}",
                standing.bill,
                standing.target.id(),
                standing.state.id(),
                standing.transport_word,
                standing.business_word
            )
        })
        .collect();
    Ok(json!({ "open": open.len(), "words": words }))
}
