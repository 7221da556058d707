//! 盘点: what was scanned at a place against what the ledger says lies there.
use std::collections::{BTreeMap, BTreeSet};

use super::{Clinic, Stop, TraceReceipt, changed};
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::role::Action;
use crate::domain::trace::bill::{Bill, BillKind};
use crate::domain::trace::code::Fault;
use crate::domain::trace::history::Context;
use crate::domain::trace::ledger::Change;
use crate::domain::trace::pack::{Pack, State};
use crate::storage::TraceBatch;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// In the ledger here, not counted.
    Loss { pack: Box<Pack>, units: u32 },
    /// Counted; the ledger had lost it at an earlier count.
    Gain { pack: Box<Pack>, units: u32 },
    /// Counted here; the ledger has it elsewhere or closed.
    Elsewhere { pack: Box<Pack> },
    /// Counted; no such code was ever received.
    Unknown { code: String },
}

#[derive(Clone, Debug, Default)]
pub struct CountReport {
    pub counted: usize,
    pub fits: usize,
    pub differences: Vec<Difference>,
    pub unread: Vec<(String, Fault)>,
    /// What was booked.
    pub kept: Option<TraceReceipt>,
}

impl Clinic {
    /// Compares a count with the ledger. `left` gives units counted in open packs; others count as the ledger has them.
    pub fn count(
        &mut self,
        place: &str,
        scans: &[String],
        left: &BTreeMap<String, u32>,
    ) -> Result<CountReport, Stop> {
        self.permit(Action::AdjustStock, "count")?;
        let mut report = CountReport::default();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for raw in scans {
            for read in self.read_scans(raw)? {
                let scan = match read {
                    Ok(scan) => scan,
                    Err(fault) => {
                        report.unread.push((raw.clone(), fault));
                        continue;
                    }
                };
                match self.pack_of(&scan) {
                    Ok(pack) if seen.insert(pack.code.clone()) => {
                        counted(&mut report, pack, place, left);
                    }
                    Ok(_) => {}
                    Err(Stop::Refused { code, .. }) => {
                        if seen.insert(code.clone()) {
                            report.differences.push(Difference::Unknown { code });
                        }
                    }
                    Err(stop) => return Err(stop),
                }
            }
        }
        report.counted = seen.len();
        let there = self.store.trace_in_house()?;
        for pack in there
            .into_iter()
            .filter(|pack| !pack.is_case() && (place.is_empty() || pack.place == place))
        {
            if !seen.contains(&pack.code) {
                let units = pack.in_house();
                report.differences.push(Difference::Loss { pack: Box::new(pack), units });
            }
        }
        Ok(report)
    }

    /// Books losses and gains of a count, with the reason.
    pub fn book_count(
        &mut self,
        mut report: CountReport,
        reason: &str,
    ) -> Result<CountReport, Stop> {
        let stamp = self.permit(Action::AdjustStock, "count")?;
        let reason = clean_line(reason, LINE_MAX).text;
        let mut batch = TraceBatch::default();
        let (mut losses, mut gains) = (vec![], vec![]);
        for difference in &report.differences {
            match difference {
                Difference::Loss { pack, units } => {
                    let change = Change::CountLoss { units: *units, reason: reason.clone() };
                    batch.events.push(changed(&pack.code, change, &Context::default()));
                    losses.push(self.bill_line(pack, (*units, *units != pack.units))?);
                }
                Difference::Gain { pack, units } => {
                    let change = Change::CountGain { units: *units, reason: reason.clone() };
                    batch.events.push(changed(&pack.code, change, &Context::default()));
                    gains.push(self.bill_line(pack, (*units, *units != pack.units))?);
                }
                Difference::Elsewhere { .. } | Difference::Unknown { .. } => {}
            }
        }
        for (kind, lines) in [(BillKind::CountLoss, losses), (BillKind::CountGain, gains)] {
            if !lines.is_empty() {
                batch.bills.push(Bill { reason: reason.clone(), ..self.bill(kind, &stamp, lines) });
            }
        }
        if !batch.events.is_empty() {
            report.kept = Some(self.keep(&batch, Action::AdjustStock, "count")?);
        }
        Ok(report)
    }
}

fn counted(report: &mut CountReport, pack: Pack, place: &str, left: &BTreeMap<String, u32>) {
    let here = place.is_empty() || pack.place == place;
    let found = left.get(&pack.code).copied();
    match pack.state {
        State::Missing => {
            let missing = pack.tally.lost - pack.tally.found;
            let units = found.unwrap_or(missing).min(missing);
            report.differences.push(Difference::Gain { pack: Box::new(pack), units });
        }
        State::Shelf | State::Quarantined | State::Arrived | State::Rejected if here => match found
        {
            Some(units) if units < pack.in_house() => {
                let units = pack.in_house() - units;
                report.differences.push(Difference::Loss { pack: Box::new(pack), units });
            }
            _ => report.fits += 1,
        },
        _ => report.differences.push(Difference::Elsewhere { pack: Box::new(pack) }),
    }
}
