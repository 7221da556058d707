//! 拒收待退: what was refused at the door waits for the supplier, is listed for him, and goes back on one slip.
use super::{Clinic, Stop, TraceReceipt, changed, refused};
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::role::Action;
use crate::domain::trace::bill::{Bill, BillKind, BillLine};
use crate::domain::trace::history::{Context, What, effective};
use crate::domain::trace::ledger::Change;
use crate::domain::trace::pack::{Pack, State};
use crate::domain::trace::product::Product;
use crate::domain::trace::refusal::Refusal;
use crate::services::failure::Failure;
use crate::storage::{RejectedPack, TraceBatch};

/// Where packs lie that were refused.
pub const REJECT_PLACE: &str = "待退区";

/// A refused pack with the name of what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedLine {
    pub is: RejectedPack,
    pub label: String,
}

impl Clinic {
    /// Refused packs that are still here, by supplier and list.
    pub fn rejected(&mut self) -> Result<Vec<RejectedLine>, Failure> {
        self.permit(Action::SeeStock, "rejected")?;
        let products = self.store.products()?;
        let named = |is: RejectedPack| {
            let product = products.iter().find(|product| product.id == is.pack.product);
            let label = product.map_or_else(|| is.pack.product.clone(), Product::label);
            RejectedLine { is, label }
        };
        Ok(self.store.trace_rejected()?.into_iter().map(named).collect())
    }

    /// Gives refused packs back to the supplier on one slip, all or none; their cases go with the last of them.
    pub fn send_rejected_back(
        &mut self,
        (supplier, slip): (&str, &str),
        codes: &[String],
    ) -> Result<TraceReceipt, Stop> {
        let stamp = self.permit(Action::AdjustStock, "send-back")?;
        let context = Context {
            partner: clean_line(supplier, LINE_MAX).text,
            bill: clean_line(slip, LINE_MAX).text,
            ..Context::default()
        };
        let waiting = self.store.trace_rejected()?;
        let mut batch = TraceBatch::default();
        let (mut lines, mut reasons): (Vec<BillLine>, Vec<String>) = (vec![], vec![]);
        for pack in self.packs_of(codes)? {
            let known = waiting.iter().find(|one| one.pack.code == pack.code);
            let known =
                known.ok_or_else(|| refused(&pack.code, Refusal::NotNow { state: pack.state }))?;
            let change = Change::ReturnToSupplier { reason: known.reason.clone() };
            batch.events.push(changed(&pack.code, change, &context));
            lines.push(self.refused_line(&pack)?);
            if !reasons.contains(&known.reason) {
                reasons.push(known.reason.clone());
            }
        }
        if batch.events.is_empty() {
            return Err(Stop::Unread(crate::domain::trace::code::Fault::Empty));
        }
        let left = |pack: &Pack| {
            pack.state == State::Rejected && !batch.events.iter().any(|e| e.code == pack.code)
        };
        let mut empty_cases = vec![];
        for line in &lines {
            let Some(parent) = self.store.trace_pack(&line.code)?.and_then(|pack| pack.parent)
            else {
                continue;
            };
            let case = self.store.trace_pack(&parent)?;
            let goes = case.is_some_and(|case| case.state == State::Rejected)
                && !self.store.trace_children(&parent)?.iter().any(left);
            if goes && !empty_cases.contains(&parent) {
                empty_cases.push(parent);
            }
        }
        for case in empty_cases {
            let reason = reasons.join("；");
            batch.events.push(changed(&case, Change::ReturnToSupplier { reason }, &context));
        }
        let bill = self.bill(BillKind::ReturnOut, &stamp, lines);
        batch.bills.push(Bill {
            reason: reasons.join("；"),
            partner_bill: context.bill.clone(),
            partner: context.partner.clone(),
            ..bill
        });
        self.keep(&batch, Action::AdjustStock, "send-back")
    }

    /// A line about a pack that was never bought; its drug may be in no catalogue.
    pub(super) fn refused_line(&self, pack: &Pack) -> Result<BillLine, Stop> {
        let known = match self.store.product(&pack.product)? {
            Some(_) => self.bill_line(pack, (pack.units, false))?,
            None => BillLine {
                code: pack.code.clone(),
                product: pack.product.clone(),
                product_name: pack.product.clone(),
                lot: pack.lot.clone(),
                made: pack.made,
                expiry: pack.expiry,
                units: pack.units,
                pack_units: pack.units.max(1),
                ..BillLine::default()
            },
        };
        Ok(BillLine { refused: true, ..known })
    }

    /// Whether a pack was refused at the door and never taken in.
    pub(super) fn was_refused(&self, pack: &Pack) -> Result<bool, Stop> {
        if !matches!(pack.state, State::Rejected | State::SentBack) {
            return Ok(false);
        }
        let events = self.store.trace_history(&pack.code)?;
        Ok(effective(&events)
            .iter()
            .any(|event| matches!(event.event.what, What::Changed(Change::Reject { .. }))))
    }
}
