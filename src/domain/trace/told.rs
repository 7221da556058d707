//! An event in one phrase, for lists, screens and the inspector's print.
use super::history::What;
use super::ledger::{Change, TwoNames};
use crate::domain::words::Words;

impl What {
    pub fn told(&self) -> Words {
        match self {
            Self::Reversed { of, reason } => Words::new(
                format!("冲销 {}：{reason}", of.seq),
                format!("takes back {}: {reason}", of.seq),
            ),
            Self::Changed(change) => told(change),
        }
    }
}

fn told(change: &Change) -> Words {
    let two = |names: &TwoNames| format!("{}、{}", names.first, names.second);
    let (zh, en) = match change {
        Change::Expect { .. } => ("供应商发货".to_owned(), "despatched".to_owned()),
        Change::Receive { reason, .. } if !reason.is_empty() => {
            (format!("到货（清单外：{reason}）"), format!("arrived, on no list: {reason}"))
        }
        Change::Receive { .. } => ("到货".to_owned(), "arrived".to_owned()),
        Change::Accept => ("验收合格".to_owned(), "accepted".to_owned()),
        Change::Reject { reason } => (format!("拒收：{reason}"), format!("rejected: {reason}")),
        Change::Shelve { place } => (format!("上架 {place}"), format!("shelved at {place}")),
        Change::Move { place } => (format!("移至 {place}"), format!("moved to {place}")),
        Change::OpenCase => ("开箱".to_owned(), "case opened".to_owned()),
        Change::DispenseWhole => ("整盒发药".to_owned(), "given out whole".to_owned()),
        Change::DispensePart { units } => {
            (format!("拆零发药 {units}"), format!("given out in part: {units}"))
        }
        Change::ReturnFromPatient { units, reason } => (
            format!("患者退药 {units}：{reason}"),
            format!("brought back by the patient {units}: {reason}"),
        ),
        Change::ReturnToSupplier { reason } => {
            (format!("退供应商：{reason}"), format!("sent back: {reason}"))
        }
        Change::Quarantine { reason } => {
            (format!("隔离：{reason}"), format!("quarantined: {reason}"))
        }
        Change::Release { reason, names } => (
            format!("解除隔离（{}）：{reason}", two(names)),
            format!("released ({}): {reason}", two(names)),
        ),
        Change::Destroy { reason, names } => (
            format!("销毁（{}）：{reason}", two(names)),
            format!("destroyed ({}): {reason}", two(names)),
        ),
        Change::CountLoss { units, reason } => {
            (format!("盘亏 {units}：{reason}"), format!("count loss {units}: {reason}"))
        }
        Change::CountGain { units, reason } => {
            (format!("盘盈 {units}：{reason}"), format!("count gain {units}: {reason}"))
        }
        Change::Recall { recall } => (format!("召回 {recall}"), format!("recalled {recall}")),
        Change::LostLabel { reason, names } => (
            format!("码标损毁（{}）：{reason}", two(names)),
            format!("label lost ({}): {reason}", two(names)),
        ),
    };
    Words::new(zh, en)
}
