//! At the counter: a signed prescription is opened, each box is scanned, one key gives them all out in one transaction.
use super::{Clinic, Stop, TraceReceipt, changed, refused};
use crate::domain::role::Action;
use crate::domain::trace::bill::{Bill, BillKind};
use crate::domain::trace::dispensing::{Wanted, assign};
use crate::domain::trace::history::Context;
use crate::domain::trace::ledger::{Change, dispensable, step};
use crate::domain::trace::pack::{Pack, State};
use crate::domain::trace::refusal::Refusal;
use crate::domain::trace::split::{Portion, plan};
use crate::domain::visit::VisitId;
use crate::services::failure::Failure;
use crate::storage::TraceBatch;

/// An open prescription at the counter. Nothing is kept until it is finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    pub sheet: String,
    pub visit: i64,
    pub patient: i64,
    pub patient_name: String,
    pub doctor: String,
    pub wanted: Vec<Wanted>,
    pub taken: Vec<Taken>,
}

/// A box that was scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub line: u16,
    pub portion: Portion,
    pub label: String,
    pub unit: String,
    pub lot: String,
    pub expiry: Option<crate::domain::age::Day>,
    /// Left in the pack after it.
    pub left: u32,
    pub pack_units: u32,
}

impl Clinic {
    /// Opens a signed prescription by its sheet number, `20261124-003`.
    pub fn open_counter(&mut self, sheet: &str) -> Result<Counter, Stop> {
        let object = format!("sheet:{sheet}");
        self.permit(Action::DispenseDrugs, &object)?;
        let visit = self
            .store
            .visit_of_sheet(sheet)?
            .ok_or_else(|| refused(sheet, Refusal::NoPrescription))?;
        let signed = self.store.visit(VisitId(visit))?;
        if signed.superseded_by.is_some() {
            return Err(refused(sheet, Refusal::Superseded));
        }
        self.read(Action::DispenseDrugs, format!("visit:{visit}"))?;
        let patient = self.store.patient(signed.visit.patient)?;
        let before = self.store.trace_of_visit(visit)?;
        let wanted = signed.visit.prescription.lines.iter().enumerate().map(|(at, line)| {
            let line_number = at as u16;
            let taken = before
                .iter()
                .filter(|one| one.line == Some(line_number))
                .map(|one| one.units)
                .sum();
            Wanted {
                line: line_number,
                drug: line.drug.clone(),
                name: line.name.clone(),
                strength: line.strength.clone(),
                quantity: line.quantity,
                quantity_unit: line.quantity_unit.clone(),
                taken,
            }
        });
        Ok(Counter {
            sheet: sheet.to_owned(),
            visit,
            patient: signed.visit.patient.0,
            patient_name: patient.details.name.clone(),
            doctor: signed.doctor_name,
            wanted: wanted.collect(),
            taken: vec![],
        })
    }

    /// One scan: which line is it for, and may it go out? `units` when not all that the line wants.
    pub fn scan_at_counter(
        &mut self,
        counter: &mut Counter,
        raw: &str,
        units: Option<u32>,
    ) -> Result<Taken, Stop> {
        self.permit(Action::DispenseDrugs, &format!("visit:{}", counter.visit))?;
        let scan = self.read_scan(raw)?;
        let pack = self.pack_of(&scan)?;
        if counter.taken.iter().any(|taken| taken.portion.code == pack.code) {
            return Err(refused(&pack.code, Refusal::Twice));
        }
        dispensable(&pack, self.today()).map_err(|refusal| refused(&pack.code, refusal))?;
        self.may_go_out(&pack)?;
        let product = self.product_of_pack(&pack)?;
        let (line, portion) = assign(&counter.wanted, (&pack, &product), units)
            .map_err(|refusal| refused(&pack.code, refusal))?;
        let after = step(&pack.code, Some(&pack), &change_of(&portion), self.today())
            .map_err(|refusal| refused(&pack.code, refusal))?;
        if let Some(wanted) = counter.wanted.iter_mut().find(|wanted| wanted.line == line) {
            wanted.taken += portion.units;
        }
        let taken = Taken {
            line,
            portion,
            label: product.label(),
            unit: product.unit,
            lot: pack.lot.clone(),
            expiry: pack.expiry,
            left: after.shelf,
            pack_units: pack.units,
        };
        counter.taken.push(taken.clone());
        Ok(taken)
    }

    /// Puts a scanned box back before anything is kept.
    pub fn put_back(&mut self, counter: &mut Counter, code: &str) -> bool {
        let Some(at) = counter.taken.iter().position(|taken| taken.portion.code == code) else {
            return false;
        };
        let taken = counter.taken.remove(at);
        if let Some(wanted) = counter.wanted.iter_mut().find(|wanted| wanted.line == taken.line) {
            wanted.taken = wanted.taken.saturating_sub(taken.portion.units);
        }
        true
    }

    /// Gives out everything that was scanned: events, bills and audit entry in one transaction.
    pub fn finish_counter(&mut self, counter: &Counter) -> Result<TraceReceipt, Stop> {
        let object = format!("visit:{} patient:{}", counter.visit, counter.patient);
        let stamp = self.permit(Action::DispenseDrugs, &object)?;
        let Some(first) = counter.taken.first() else {
            return Err(refused(&counter.sheet, Refusal::NoUnits));
        };
        let mut batch = TraceBatch::default();
        let mut opened: Vec<String> = vec![];
        let mut lines = vec![];
        for taken in &counter.taken {
            let pack = self
                .store
                .trace_pack(&taken.portion.code)?
                .ok_or_else(|| refused(&taken.portion.code, Refusal::NeverReceived))?;
            self.open_cases_of(&pack, &mut opened, &mut batch)?;
            let context = Context {
                bill: counter.sheet.clone(),
                visit: Some(counter.visit),
                patient: Some(counter.patient),
                line: Some(taken.line),
                ..Context::default()
            };
            batch.events.push(changed(&pack.code, change_of(&taken.portion), &context));
            lines.push(self.bill_line(&pack, (taken.portion.units, taken.portion.split))?);
        }
        let bill = self.bill(BillKind::Retail, &stamp, lines);
        batch.bills.push(Bill {
            doctor: counter.doctor.clone(),
            prescription: counter.sheet.clone(),
            visit: Some(counter.visit),
            ..bill
        });
        tracing::debug!(packs = counter.taken.len(), first = first.line, "dispensing");
        self.keep(&batch, Action::DispenseDrugs, &object)
    }

    /// Proposes packs for a line, first expired first.
    pub fn propose(
        &mut self,
        counter: &Counter,
        line: u16,
    ) -> Result<Result<Vec<Portion>, u32>, Failure> {
        self.permit(Action::DispenseDrugs, &format!("visit:{}", counter.visit))?;
        let Some(wanted) = counter.wanted.iter().find(|wanted| wanted.line == line) else {
            return Ok(Err(0));
        };
        let mut best: Result<Vec<Portion>, u32> = Err(u32::MAX);
        for product in self
            .store
            .products()?
            .iter()
            .filter(|product| product.drug.is_some() && product.drug == wanted.drug)
        {
            let packs = self.store.trace_on_shelf(&product.id, 200)?;
            match plan(wanted.units_of(product).saturating_sub(wanted.taken), &packs, self.today())
            {
                Ok(portions) => return Ok(Ok(portions)),
                Err(missing) => best = best.map_err(|least| least.min(missing)),
            }
        }
        Ok(best)
    }

    /// The stops that are not in the pack itself: its place was too warm.
    pub(super) fn may_go_out(&self, pack: &Pack) -> Result<(), Stop> {
        if pack.place.is_empty() {
            return Ok(());
        }
        let open = self.store.trace_readings(500)?;
        if open.iter().any(|reading| reading.place == pack.place && reading.is_open_exceedance()) {
            return Err(refused(&pack.code, Refusal::ColdChain { place: pack.place.clone() }));
        }
        Ok(())
    }

    /// A pack in the hand proves that the case it came in is open.
    pub(super) fn open_cases_of(
        &self,
        pack: &Pack,
        opened: &mut Vec<String>,
        batch: &mut TraceBatch,
    ) -> Result<(), Stop> {
        let mut parent = pack.parent.clone();
        for _ in 0..4 {
            let Some(code) = parent.filter(|code| !opened.contains(code)) else { return Ok(()) };
            let Some(case) = self.store.trace_pack(&code)? else { return Ok(()) };
            if case.state == State::Shelf {
                batch.events.push(changed(&code, Change::OpenCase, &Context::default()));
            }
            opened.push(code);
            parent = case.parent;
        }
        Ok(())
    }
}

pub(super) fn change_of(portion: &Portion) -> Change {
    if portion.split {
        Change::DispensePart { units: portion.units }
    } else {
        Change::DispenseWhole
    }
}
