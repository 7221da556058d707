//! What a supplier announces: lines of a list that are expected. The same list again changes nothing.
use std::collections::BTreeSet;

use super::receipt::said_by;
use super::{Clinic, Stop, changed, refused};
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::role::Action;
use crate::domain::trace::history::{Context, NewEvent};
use crate::domain::trace::ledger::{Change, Particulars, step};
use crate::domain::trace::pack::{Pack, State};
use crate::domain::trace::refusal::Refusal;
use crate::services::failure::Failure;
use crate::storage::TraceBatch;

/// A line of a despatch list as it comes in; `product` may be empty when the code tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DespatchIn {
    pub bill: String,
    pub supplier: String,
    pub code: String,
    pub is: Particulars,
}

/// What became of a despatch list: the number of kept lines, of those that stood here already, and the refused ones
/// with their place in it.
#[derive(Debug, Default)]
pub struct Listed {
    pub kept: usize,
    pub same: usize,
    pub refused: Vec<(usize, Stop)>,
}

/// What a line would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announced {
    New(Box<NewEvent>),
    /// On the same list already; whether the pack is still on its way.
    Known(State),
}

impl Clinic {
    /// Keeps a supplier's despatch list. A line that cannot be is named; the others are kept.
    pub fn expect_despatch(&mut self, lines: &[DespatchIn]) -> Result<Listed, Failure> {
        let object = format!("bill:{}", lines.first().map_or("", |line| line.bill.as_str()));
        self.permit(Action::ReceiveDrugs, &object)?;
        let mut listed = Listed::default();
        let mut batch = TraceBatch::default();
        for (at, judged) in self.judge_despatch(lines).into_iter().enumerate() {
            match judged {
                Ok(Announced::New(event)) => batch.events.push(*event),
                Ok(Announced::Known(_)) => listed.same += 1,
                Err(stop) => listed.refused.push((at, stop)),
            }
        }
        if !batch.events.is_empty() {
            listed.kept = batch.events.len();
            self.keep(&batch, Action::ReceiveDrugs, &object).map_err(Stop::into_failure)?;
        }
        Ok(listed)
    }

    /// What each line would do, keeping nothing.
    pub(in crate::services) fn judge_despatch(
        &self,
        lines: &[DespatchIn],
    ) -> Vec<Result<Announced, Stop>> {
        let mut seen = BTreeSet::new();
        lines.iter().map(|line| self.announced(line, &mut seen)).collect()
    }

    fn announced(&self, line: &DespatchIn, seen: &mut BTreeSet<String>) -> Result<Announced, Stop> {
        let scan = self.read_scan(&line.code)?;
        let code = scan.code.as_str().to_owned();
        if !seen.insert(code.clone()) {
            return Err(refused(code, Refusal::Twice));
        }
        let product = self
            .product_named(&line.is.product, &scan.code)?
            .ok_or_else(|| refused(&code, Refusal::UnknownProduct))?;
        let parent = match line.is.parent.as_deref().filter(|parent| !parent.trim().is_empty()) {
            Some(parent) => Some(self.read_scan(parent)?.code.as_str().to_owned()),
            None => None,
        };
        let is = Particulars {
            product: product.id,
            units: product.units,
            parent,
            ..said_by(&scan, &line.is)
        };
        let context = Context {
            bill: clean_line(&line.bill, LINE_MAX).text,
            partner: clean_line(&line.supplier, LINE_MAX).text,
            ..Context::default()
        };
        let known = self.store.trace_pack(&code)?;
        if let Some(pack) = &known {
            return self.known_before(pack, (&is, &context));
        }
        let change = Change::Expect { is };
        step(&code, None, &change, self.today()).map_err(|refusal| refused(&code, refusal))?;
        Ok(Announced::New(Box::new(changed(&code, change, &context))))
    }

    /// The same line of the same list is no news; other words about a known code are a contradiction.
    fn known_before(
        &self,
        pack: &Pack,
        (is, context): (&Particulars, &Context),
    ) -> Result<Announced, Stop> {
        let history = self.store.trace_history(&pack.code)?;
        let same_list =
            history.first().is_some_and(|first| first.event.context.bill == context.bill);
        let refusal = match (pack.expiry, is.expiry) {
            _ if !same_list => Refusal::AlreadyKnown { state: pack.state },
            _ if pack.product != is.product => {
                Refusal::OtherProduct { known: pack.product.clone() }
            }
            _ if pack.lot != is.lot => {
                Refusal::OtherLot { known: pack.lot.clone(), read: is.lot.clone() }
            }
            (Some(known), Some(read)) if known != read => Refusal::OtherExpiry { known, read },
            _ => return Ok(Announced::Known(pack.state)),
        };
        Err(refused(&pack.code, refusal))
    }

    /// The list of a despatch, as far as it has not arrived.
    pub fn despatch(&mut self, bill: &str) -> Result<Vec<Pack>, Failure> {
        self.permit(Action::SeeStock, &format!("bill:{bill}"))?;
        Ok(self.store.trace_of_bill(bill)?)
    }
}
