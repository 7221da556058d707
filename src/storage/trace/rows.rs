//! How changes and bills look inside a JSON column, and packs inside a row. Fields are only ever added.
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::super::StoreError;
use crate::domain::age::Day;
use crate::domain::instant::Instant;
use crate::domain::trace::bill::{Bill, BillKind, BillLine};
use crate::domain::trace::history::{EventKey, What};
use crate::domain::trace::ledger::{Change, Particulars, TwoNames};
use crate::domain::trace::pack::{Pack, State, Tally};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct ChangeRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    is: Option<ParticularsRow>,
    #[serde(skip_serializing_if = "String::is_empty")]
    place: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    units: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    recall: String,
}

#[derive(Serialize, Deserialize)]
struct ParticularsRow {
    product: String,
    lot: String,
    made: Option<String>,
    expiry: Option<String>,
    level: u8,
    parent: Option<String>,
    units: u32,
}

fn particulars_row(is: &Particulars) -> ParticularsRow {
    ParticularsRow {
        product: is.product.clone(),
        lot: is.lot.clone(),
        made: is.made.map(|day| day.to_string()),
        expiry: is.expiry.map(|day| day.to_string()),
        level: is.level,
        parent: is.parent.clone(),
        units: is.units,
    }
}

fn particulars(row: ParticularsRow) -> Result<Particulars, StoreError> {
    Ok(Particulars {
        product: row.product,
        lot: row.lot,
        made: day(row.made)?,
        expiry: day(row.expiry)?,
        level: row.level,
        parent: row.parent,
        units: row.units,
    })
}

pub(super) fn day(text: Option<String>) -> Result<Option<Day>, StoreError> {
    text.filter(|text| !text.is_empty())
        .map(|text| {
            Day::parse(&text).ok_or_else(|| StoreError::unreadable(format!("day {text:?}")))
        })
        .transpose()
}

pub(super) fn what_to_json(what: &What) -> Result<String, StoreError> {
    let mut row = ChangeRow::default();
    let two = |names: &TwoNames| vec![names.first.clone(), names.second.clone()];
    match what {
        What::Reversed { reason, .. } => row.reason.clone_from(reason),
        What::Changed(change) => match change {
            Change::Expect { is } => row.is = Some(particulars_row(is)),
            Change::Receive { is, reason } => {
                row.is = is.as_ref().map(particulars_row);
                row.reason.clone_from(reason);
            }
            Change::Accept | Change::OpenCase | Change::DispenseWhole => {}
            Change::Shelve { place } | Change::Move { place } => row.place.clone_from(place),
            Change::DispensePart { units } => row.units = Some(*units),
            Change::ReturnFromPatient { units, reason }
            | Change::CountLoss { units, reason }
            | Change::CountGain { units, reason } => {
                row.units = Some(*units);
                row.reason.clone_from(reason);
            }
            Change::Reject { reason }
            | Change::ReturnToSupplier { reason }
            | Change::Quarantine { reason } => {
                row.reason.clone_from(reason);
            }
            Change::Release { reason, names }
            | Change::Destroy { reason, names }
            | Change::LostLabel { reason, names } => {
                row.reason.clone_from(reason);
                row.names = two(names);
            }
            Change::Recall { recall } => row.recall.clone_from(recall),
        },
    }
    serde_json::to_string(&row).map_err(|error| StoreError::unreadable(error.to_string()))
}

/// `reverses` = the event that a `reverse` takes back.
pub(super) fn what_from_json(
    kind: &str,
    body: &str,
    reverses: Option<EventKey>,
) -> Result<What, StoreError> {
    let row: ChangeRow = serde_json::from_str(body)
        .map_err(|error| StoreError::unreadable(format!("event: {error}")))?;
    let lacks = |field: &str| StoreError::unreadable(format!("event {kind} without {field}"));
    let names = || {
        let mut names = row.names.iter().cloned();
        TwoNames {
            first: names.next().unwrap_or_default(),
            second: names.next().unwrap_or_default(),
        }
    };
    let units = || row.units.ok_or_else(|| lacks("units"));
    let reason = || row.reason.clone();
    if kind == "reverse" {
        return Ok(What::Reversed {
            of: reverses.ok_or_else(|| lacks("target"))?,
            reason: reason(),
        });
    }
    Ok(What::Changed(match kind {
        "expect" => {
            Change::Expect { is: particulars(row.is.ok_or_else(|| lacks("particulars"))?)? }
        }
        "receive" => {
            Change::Receive { is: row.is.map(particulars).transpose()?, reason: row.reason }
        }
        "accept" => Change::Accept,
        "reject" => Change::Reject { reason: reason() },
        "shelve" => Change::Shelve { place: row.place },
        "move" => Change::Move { place: row.place },
        "open-case" => Change::OpenCase,
        "dispense-whole" => Change::DispenseWhole,
        "dispense-part" => Change::DispensePart { units: units()? },
        "return-from-patient" => Change::ReturnFromPatient { units: units()?, reason: reason() },
        "return-to-supplier" => Change::ReturnToSupplier { reason: reason() },
        "quarantine" => Change::Quarantine { reason: reason() },
        "release" => Change::Release { reason: reason(), names: names() },
        "destroy" => Change::Destroy { reason: reason(), names: names() },
        "count-loss" => Change::CountLoss { units: units()?, reason: reason() },
        "count-gain" => Change::CountGain { units: units()?, reason: reason() },
        "recall" => Change::Recall { recall: row.recall },
        "lost-label" => Change::LostLabel { reason: reason(), names: names() },
        other => return Err(StoreError::unreadable(format!("event kind {other:?}"))),
    }))
}

pub(super) const PACK_COLUMNS: &str = "code, product, lot, made, expiry, level, parent, units, state, shelf, held, place, \
    label_lost, from_patient, recall, received, dispensed, back, sent_back, destroyed, lost, found";

/// `None` = every event of it was taken back.
pub(super) fn pack(row: &Row<'_>) -> Result<Option<Pack>, StoreError> {
    let Some(state) = row.get::<_, Option<String>>(8)? else { return Ok(None) };
    Ok(Some(Pack {
        code: row.get(0)?,
        product: row.get(1)?,
        lot: row.get(2)?,
        made: day(row.get(3)?)?,
        expiry: day(row.get(4)?)?,
        level: row.get(5)?,
        parent: row.get(6)?,
        units: row.get(7)?,
        state: super::super::rows::word("state of a pack", &state, State::parse)?,
        shelf: row.get(9)?,
        held: row.get(10)?,
        place: row.get(11)?,
        label_lost: row.get(12)?,
        from_patient: row.get(13)?,
        recall: row.get(14)?,
        tally: Tally {
            received: row.get(15)?,
            dispensed: row.get(16)?,
            back: row.get(17)?,
            sent_back: row.get(18)?,
            destroyed: row.get(19)?,
            lost: row.get(20)?,
            found: row.get(21)?,
        },
    }))
}

#[derive(Serialize, Deserialize)]
struct BillRow {
    code: String,
    kind: String,
    at: i64,
    #[serde(default)]
    withdraws: String,
    #[serde(default)]
    partner_bill: String,
    #[serde(default)]
    partner: String,
    #[serde(default)]
    reason: String,
    operator: String,
    #[serde(default)]
    executor: String,
    #[serde(default)]
    supervisor: String,
    #[serde(default)]
    doctor: String,
    #[serde(default)]
    prescription: String,
    visit: Option<i64>,
    lines: Vec<BillLineRow>,
}

#[derive(Serialize, Deserialize)]
struct BillLineRow {
    code: String,
    product: String,
    name: String,
    #[serde(default)]
    maker: String,
    #[serde(default)]
    approval: String,
    #[serde(default)]
    insurance: String,
    #[serde(default)]
    rx: bool,
    lot: String,
    made: Option<String>,
    expiry: Option<String>,
    units: u32,
    pack_units: u32,
    split: bool,
    #[serde(default)]
    first: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    refused: bool,
    price_fen: Option<u32>,
}

pub(super) fn bill_to_json(bill: &Bill) -> Result<String, StoreError> {
    let row = BillRow {
        code: bill.code.clone(),
        kind: bill.kind.id().to_owned(),
        at: bill.at.millis(),
        withdraws: bill.withdraws.clone(),
        partner_bill: bill.partner_bill.clone(),
        partner: bill.partner.clone(),
        reason: bill.reason.clone(),
        operator: bill.operator.clone(),
        executor: bill.executor.clone(),
        supervisor: bill.supervisor.clone(),
        doctor: bill.doctor.clone(),
        prescription: bill.prescription.clone(),
        visit: bill.visit,
        lines: bill.lines.iter().map(line_row).collect(),
    };
    serde_json::to_string(&row).map_err(|error| StoreError::unreadable(error.to_string()))
}

fn line_row(line: &BillLine) -> BillLineRow {
    BillLineRow {
        code: line.code.clone(),
        product: line.product.clone(),
        name: line.product_name.clone(),
        maker: line.maker.clone(),
        approval: line.approval.clone(),
        insurance: line.insurance.clone(),
        rx: line.rx,
        lot: line.lot.clone(),
        made: line.made.map(|day| day.to_string()),
        expiry: line.expiry.map(|day| day.to_string()),
        units: line.units,
        pack_units: line.pack_units,
        split: line.split,
        first: line.first,
        refused: line.refused,
        price_fen: line.price_fen,
    }
}

pub(super) fn bill_from_json(body: &str) -> Result<Bill, StoreError> {
    let row: BillRow = serde_json::from_str(body)
        .map_err(|error| StoreError::unreadable(format!("bill: {error}")))?;
    let line = |line: BillLineRow| -> Result<BillLine, StoreError> {
        Ok(BillLine {
            code: line.code,
            product: line.product,
            product_name: line.name,
            maker: line.maker,
            approval: line.approval,
            insurance: line.insurance,
            rx: line.rx,
            lot: line.lot,
            made: day(line.made)?,
            expiry: day(line.expiry)?,
            units: line.units,
            pack_units: line.pack_units,
            split: line.split,
            first: line.first,
            refused: line.refused,
            price_fen: line.price_fen,
        })
    };
    Ok(Bill {
        kind: super::super::rows::word("kind of a bill", &row.kind, BillKind::parse)?,
        code: row.code,
        at: Instant::from_millis(row.at),
        withdraws: row.withdraws,
        partner_bill: row.partner_bill,
        partner: row.partner,
        reason: row.reason,
        operator: row.operator,
        executor: row.executor,
        supervisor: row.supervisor,
        doctor: row.doctor,
        prescription: row.prescription,
        visit: row.visit,
        lines: row.lines.into_iter().map(line).collect::<Result<_, _>>()?,
    })
}
