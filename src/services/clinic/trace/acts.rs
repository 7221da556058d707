//! Everything else that a person does with packs, and taking back a mistake.
use super::{Clinic, Scanned, Stop, TraceReceipt, changed, refused};
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::role::Action;
use crate::domain::trace::bill::{Bill, BillKind};
use crate::domain::trace::history::{Context, NewEvent, What, last_effective};
use crate::domain::trace::ledger::{Change, TwoNames, step};
use crate::domain::trace::pack::Pack;
use crate::domain::trace::refusal::Refusal;
use crate::storage::TraceBatch;

/// What is done with the scanned packs. `None` units = all there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Move { place: String },
    OpenCase,
    Quarantine { reason: String },
    Release { reason: String, second: String },
    ReturnFromPatient { units: Option<u32>, reason: String },
    ReturnToSupplier { supplier: String, bill: String, reason: String },
    Destroy { reason: String, executor: String, supervisor: String },
    LostLabel { reason: String, second: String },
}

impl Clinic {
    /// Does one thing to several packs, all or none.
    pub fn act(&mut self, act: &Act, scans: &[String]) -> Result<TraceReceipt, Stop> {
        let stamp = self.permit(Action::AdjustStock, "")?;
        let mut batch = TraceBatch::default();
        let (mut opened, mut lines, mut partner) = (vec![], vec![], Context::default());
        for pack in self.packs_of(scans)? {
            let (change, context, units) = self.change_of_act(act, &pack)?;
            if !pack.is_case() && !matches!(act, Act::Move { .. }) {
                self.open_cases_of(&pack, &mut opened, &mut batch)?;
            }
            batch.events.push(changed(&pack.code, change, &context));
            let split =
                units < pack.units || pack.tally.dispensed > pack.tally.back && units != pack.units;
            let mut line = self.bill_line(&pack, (units, split))?;
            if matches!(act, Act::ReturnFromPatient { .. }) {
                line.first = pack.tally.dispensed - pack.tally.back == units;
            }
            lines.push(line);
            partner = context;
        }
        if batch.events.is_empty() {
            return Err(Stop::Unread(crate::domain::trace::code::Fault::Empty));
        }
        if let Some(kind) = bill_of_act(act) {
            let bill = self.bill(kind, &stamp, lines);
            let (reason, executor, supervisor) = reason_of_act(act);
            batch.bills.push(Bill {
                reason,
                executor,
                supervisor,
                partner_bill: partner.bill,
                partner: partner.partner,
                visit: partner.visit,
                ..bill
            });
        }
        self.keep(&batch, Action::AdjustStock, act.id())
    }

    /// Whether an act could be done to what was scanned: the packs, or the stop. Keeps nothing; words that are still
    /// to be typed do not count yet.
    pub fn may_act(&mut self, act: &Act, raw: &str) -> Result<Vec<Scanned>, Stop> {
        self.permit(Action::AdjustStock, "look")?;
        let mut scanned = vec![];
        for pack in self.packs_of(&[raw.to_owned()])? {
            let (change, ..) = self.change_of_act(&act.worded(), &pack)?;
            step(&pack.code, Some(&pack), &change, self.today())
                .map_err(|refusal| refused(&pack.code, refusal))?;
            scanned.push(self.scanned(pack)?);
        }
        Ok(scanned)
    }

    /// What taking back would take back: the pack, and its last event that still counts.
    pub fn may_take_back(&mut self, raw: &str) -> Result<(Scanned, What), Stop> {
        self.permit(Action::AdjustStock, "look")?;
        let scan = self.read_scan(raw)?;
        let pack = self.pack_of(&scan)?;
        let events = self.store.trace_history(&pack.code)?;
        let last = last_effective(&events)
            .ok_or_else(|| refused(&pack.code, Refusal::NothingToReverse))?;
        Ok((self.scanned(pack)?, last.event.what.clone()))
    }

    fn change_of_act(&self, act: &Act, pack: &Pack) -> Result<(Change, Context, u32), Stop> {
        if matches!(act, Act::ReturnToSupplier { .. } | Act::Destroy { .. }) && pack.is_case() {
            return Err(refused(&pack.code, Refusal::CaseNotPack));
        }
        let clean = |text: &str| clean_line(text, LINE_MAX).text;
        let me = || self.who.display_name.clone();
        let mut context = Context::default();
        let mut units = pack.in_house();
        let change = match act {
            Act::Move { place } => Change::Move { place: clean(place) },
            Act::OpenCase => Change::OpenCase,
            Act::Quarantine { reason } => Change::Quarantine { reason: clean(reason) },
            Act::Release { reason, second } => Change::Release {
                reason: clean(reason),
                names: TwoNames { first: me(), second: clean(second) },
            },
            Act::ReturnFromPatient { units: asked, reason } => {
                units = asked.unwrap_or(pack.tally.dispensed - pack.tally.back);
                // The last patient who got of it, unless several did: then the visit is left open.
                let out = self.store.trace_patients(&pack.code)?;
                if let [one] = out.as_slice() {
                    (context.visit, context.patient, context.line) =
                        (Some(one.visit), Some(one.patient), one.line);
                }
                Change::ReturnFromPatient { units, reason: clean(reason) }
            }
            Act::ReturnToSupplier { supplier, bill, reason } => {
                (context.partner, context.bill) = (clean(supplier), clean(bill));
                Change::ReturnToSupplier { reason: clean(reason) }
            }
            Act::Destroy { reason, executor, supervisor } => {
                units = pack.held;
                let names = TwoNames { first: clean(executor), second: clean(supervisor) };
                Change::Destroy { reason: clean(reason), names }
            }
            Act::LostLabel { reason, second } => Change::LostLabel {
                reason: clean(reason),
                names: TwoNames { first: me(), second: clean(second) },
            },
        };
        Ok((change, context, units))
    }

    /// Takes back the last event of a pack by an event that names it; what was uploaded is withdrawn.
    pub fn take_back(&mut self, raw: &str, reason: &str) -> Result<TraceReceipt, Stop> {
        let stamp = self.permit(Action::AdjustStock, "")?;
        let code = match self.read_scan(raw) {
            Ok(scan) => self.pack_of(&scan)?.code,
            Err(stop) => return Err(stop),
        };
        let events = self.store.trace_history(&code)?;
        let last = last_effective(&events)
            .ok_or_else(|| refused(&code, Refusal::NothingToReverse))?
            .clone();
        let reason = clean_line(reason, LINE_MAX).text;
        let mut batch = TraceBatch::default();
        let what = What::Reversed { of: last.key.clone(), reason: reason.clone() };
        batch.events.push(NewEvent {
            code: code.clone(),
            what,
            context: last.event.context.clone(),
        });
        if let Some((kind, withdraws, units)) = self.bill_of_event(&last, &code)? {
            let pack = self
                .store
                .trace_pack(&code)?
                .ok_or_else(|| refused(&code, Refusal::NeverReceived))?;
            let taken = units.unwrap_or(pack.units);
            let mut line = self.bill_line(&pack, (taken, units.is_some()))?;
            if kind == BillKind::RetailReturn {
                line.first = pack.tally.dispensed - pack.tally.back == taken;
            }
            let bill = self.bill(kind, &stamp, vec![line]);
            batch.bills.push(Bill { withdraws, reason, visit: last.event.context.visit, ..bill });
        }
        self.keep(&batch, Action::AdjustStock, "take-back")
    }

    /// The bill that an event went out with, and how it is taken back.
    fn bill_of_event(
        &self,
        last: &crate::domain::trace::history::Event,
        code: &str,
    ) -> Result<Option<(BillKind, String, Option<u32>)>, Stop> {
        let What::Changed(change) = &last.event.what else { return Ok(None) };
        let (of, units) = match change {
            Change::Accept => (BillKind::PurchaseIn, None),
            Change::Reject { .. } => (BillKind::RejectIn, None),
            Change::DispenseWhole => (BillKind::Retail, None),
            Change::DispensePart { units } => (BillKind::Retail, Some(*units)),
            Change::ReturnFromPatient { units, .. } => (BillKind::RetailReturn, Some(*units)),
            Change::ReturnToSupplier { .. } => (BillKind::ReturnOut, None),
            Change::Destroy { .. } => (BillKind::DestroyOut, None),
            Change::CountLoss { units, .. } => (BillKind::CountLoss, Some(*units)),
            Change::CountGain { units, .. } => (BillKind::CountGain, Some(*units)),
            _ => return Ok(None),
        };
        let withdraws = match self.store.bill_of_event((&last.key, code), of)? {
            Some((bill, line)) => format!("{bill}-{line:04}"),
            None => String::new(),
        };
        // Giving out by mistake and bringing back is a form that both platforms know.
        let kind = if of == BillKind::Retail { BillKind::RetailReturn } else { BillKind::Withdraw };
        Ok(Some((kind, withdraws, units)))
    }
}

impl Act {
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Move { .. } => "move",
            Self::OpenCase => "open-case",
            Self::Quarantine { .. } => "quarantine",
            Self::Release { .. } => "release",
            Self::ReturnFromPatient { .. } => "return-from-patient",
            Self::ReturnToSupplier { .. } => "return-to-supplier",
            Self::Destroy { .. } => "destroy",
            Self::LostLabel { .. } => "lost-label",
        }
    }
}

impl Act {
    /// With words where none were typed yet, so that a look at a pack tells of the pack and not of the form.
    fn worded(&self) -> Self {
        let (other, another) = ("—".to_owned(), "——".to_owned());
        match self {
            Self::Release { reason, .. } => Self::Release { reason: reason.clone(), second: other },
            Self::LostLabel { reason, .. } => {
                Self::LostLabel { reason: reason.clone(), second: other }
            }
            Self::Destroy { reason, .. } => {
                Self::Destroy { reason: reason.clone(), executor: other, supervisor: another }
            }
            act => act.clone(),
        }
    }
}

const fn bill_of_act(act: &Act) -> Option<BillKind> {
    match act {
        Act::ReturnFromPatient { .. } => Some(BillKind::RetailReturn),
        Act::ReturnToSupplier { .. } => Some(BillKind::ReturnOut),
        Act::Destroy { .. } => Some(BillKind::DestroyOut),
        _ => None,
    }
}

fn reason_of_act(act: &Act) -> (String, String, String) {
    match act {
        Act::Destroy { reason, executor, supervisor } => {
            (reason.clone(), executor.clone(), supervisor.clone())
        }
        Act::ReturnFromPatient { reason, .. } | Act::ReturnToSupplier { reason, .. } => {
            (reason.clone(), String::new(), String::new())
        }
        _ => Default::default(),
    }
}
