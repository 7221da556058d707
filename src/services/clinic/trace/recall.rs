//! 召回: one lot or code range -> everything of it in the house is set aside, and every patient who got some is listed.
use std::collections::HashSet;

use super::{Clinic, Dispensed, Stop, TraceReceipt, changed, refused};
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::instant::Instant;
use crate::domain::role::Action;
use crate::domain::trace::history::Context;
use crate::domain::trace::ledger::{Change, step};
use crate::domain::trace::pack::Pack;
use crate::domain::trace::recall::{Nature, Recall};
use crate::domain::trace::refusal::Refusal;
use crate::services::failure::Failure;
use crate::storage::TraceBatch;

#[derive(Clone, Debug)]
pub struct RecallReport {
    pub recall: Recall,
    /// Packs of it, with where they are.
    pub packs: Vec<Pack>,
    pub patients: Vec<Dispensed>,
    /// `None` for a drill: it finds, but sets nothing aside.
    pub kept: Option<TraceReceipt>,
}

impl Clinic {
    /// Starts a recall. A drill is kept as a drill and changes no pack.
    pub fn recall(&mut self, recall: &Recall) -> Result<RecallReport, Stop> {
        let object = format!("recall:{} {}", recall.id, recall.nature.id());
        self.permit(Action::RecallDrugs, &object)?;
        if !recall.is_bounded() || recall.id.trim().is_empty() {
            return Err(refused(&recall.id, Refusal::NoProduct));
        }
        if self.store.trace_recalls()?.iter().any(|(known, _)| known.id == recall.id) {
            return Err(refused(&recall.id, Refusal::AlreadyRecalled));
        }
        let recall = Recall { reason: clean_line(&recall.reason, LINE_MAX).text, ..recall.clone() };
        let mut report = self.find_recalled(recall)?;
        let mut batch = TraceBatch { recall: Some(report.recall.clone()), ..TraceBatch::default() };
        if report.recall.nature == Nature::Real {
            for pack in &report.packs {
                let change = Change::Recall { recall: report.recall.id.clone() };
                // What has not come yet is caught at the door; what is destroyed stays so.
                if step(&pack.code, Some(pack), &change, self.today()).is_ok() {
                    batch.events.push(changed(&pack.code, change, &Context::default()));
                }
            }
        }
        let kept = self.keep(&batch, Action::RecallDrugs, &object)?;
        if report.recall.nature == Nature::Real {
            report.packs = self.packs_meant(&report.recall)?;
            report.kept = Some(kept);
        }
        Ok(report)
    }

    /// The report of a recall again, as things stand now.
    pub fn recall_report(&mut self, id: &str) -> Result<RecallReport, Stop> {
        self.read(Action::RecallDrugs, format!("recall:{id}"))?;
        let known = self.store.trace_recalls()?;
        let (recall, _) = known
            .into_iter()
            .find(|(recall, _)| recall.id == id)
            .ok_or_else(|| refused(id, Refusal::NothingToReverse))?;
        self.find_recalled(recall)
    }

    pub fn recalls(&mut self) -> Result<Vec<(Recall, Instant)>, Failure> {
        self.permit(Action::SeeStock, "recalls")?;
        Ok(self.store.trace_recalls()?)
    }

    fn find_recalled(&self, recall: Recall) -> Result<RecallReport, Stop> {
        let packs = self.packs_meant(&recall)?;
        let got = match (&recall.codes, recall.lots.as_slice()) {
            (Some((first, last)), _) => self.store.trace_patients_between(first, last)?,
            (None, []) => self.store.trace_patients_of_product(&recall.product)?,
            (None, lots) => {
                let mut got = vec![];
                for lot in lots {
                    got.extend(self.store.trace_patients_of_lot(&recall.product, lot)?);
                }
                got
            }
        };
        let meant: HashSet<&str> = packs.iter().map(|pack| pack.code.as_str()).collect();
        let patients = got.into_iter().filter(|one| meant.contains(one.code.as_str())).collect();
        Ok(RecallReport { recall, packs, patients, kept: None })
    }

    fn packs_meant(&self, recall: &Recall) -> Result<Vec<Pack>, Stop> {
        let mut packs = match (&recall.codes, recall.lots.as_slice()) {
            (Some((first, last)), _) => self.store.trace_between(first, last)?,
            (None, []) => self.store.trace_of_product(&recall.product)?,
            (None, lots) => {
                let mut packs = vec![];
                for lot in lots {
                    packs.extend(self.store.trace_lot(&recall.product, lot)?);
                }
                packs
            }
        };
        packs.retain(|pack| recall.means(pack));
        Ok(packs)
    }
}
