//! At the door: the supplier's list is expected, what is scanned is compared with it, and only what fits comes in.
use std::collections::BTreeSet;

use super::{Clinic, POOL_PLACE, Stop, TraceReceipt, changed, refused};
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::role::Action;
use crate::domain::trace::bill::{Bill, BillKind};
use crate::domain::trace::code::{Fault, Scan};
use crate::domain::trace::despatch::{Arrival, DespatchLine, Verdict, compare};
use crate::domain::trace::history::{Context, NewEvent};
use crate::domain::trace::ledger::{Change, Particulars, step};
use crate::domain::trace::pack::{Pack, State};
use crate::domain::trace::recall::Nature;
use crate::domain::trace::refusal::Refusal;
use crate::services::failure::Failure;
use crate::storage::TraceBatch;

/// A line of a despatch list as it comes in; `product` may be empty when the code tells it.
#[derive(Clone, Debug, Default)]
pub struct DespatchIn {
    pub bill: String,
    pub supplier: String,
    pub code: String,
    pub is: Particulars,
}

/// What became of a despatch list: the number of kept lines, and the refused ones with their place in it.
#[derive(Debug, Default)]
pub struct Listed {
    pub kept: usize,
    pub refused: Vec<(usize, Stop)>,
}

/// What stands at the door.
#[derive(Clone, Debug, Default)]
pub struct Door {
    pub bill: String,
    pub supplier: String,
    pub place: String,
    /// For packs that no list announced: what they are. Lot and expiry of the symbol itself win.
    pub unlisted: Option<Particulars>,
    /// Taken in but refused at the check, with the reason.
    pub reject: String,
    /// Codes that go into the pool for splits instead of the place.
    pub pool: Vec<String>,
}

/// One code at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub code: String,
    pub verdict: Verdict,
    pub taken: bool,
    /// Why it was not taken although it is here.
    pub stop: Option<Stop>,
}

#[derive(Clone, Debug, Default)]
pub struct Receipt {
    pub lines: Vec<Arrived>,
    pub unread: Vec<(String, Fault)>,
    /// Scanned more than once; counted once.
    pub twice: Vec<String>,
    pub kept: Option<TraceReceipt>,
}

impl Clinic {
    /// Keeps a supplier's despatch list. A line that cannot be is named; the others are kept.
    pub fn expect_despatch(&mut self, lines: &[DespatchIn]) -> Result<Listed, Failure> {
        let object = format!("bill:{}", lines.first().map_or("", |line| line.bill.as_str()));
        self.permit(Action::ReceiveDrugs, &object)?;
        let mut listed = Listed::default();
        let mut batch = TraceBatch::default();
        let mut seen = BTreeSet::new();
        for (at, line) in lines.iter().enumerate() {
            match self.expected(line, &mut seen) {
                Ok(event) => batch.events.push(event),
                Err(stop) => listed.refused.push((at, stop)),
            }
        }
        if !batch.events.is_empty() {
            listed.kept = batch.events.len();
            self.keep(&batch, Action::ReceiveDrugs, &object).map_err(Stop::into_failure)?;
        }
        Ok(listed)
    }

    fn expected(&self, line: &DespatchIn, seen: &mut BTreeSet<String>) -> Result<NewEvent, Stop> {
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
        let change = Change::Expect { is };
        let known = self.store.trace_pack(&code)?;
        step(&code, known.as_ref(), &change, self.today())
            .map_err(|refusal| refused(&code, refusal))?;
        let context = Context {
            bill: clean_line(&line.bill, LINE_MAX).text,
            partner: clean_line(&line.supplier, LINE_MAX).text,
            ..Context::default()
        };
        Ok(changed(&code, change, &context))
    }

    /// The list of a despatch, as far as it has not arrived.
    pub fn despatch(&mut self, bill: &str) -> Result<Vec<Pack>, Failure> {
        self.permit(Action::SeeStock, &format!("bill:{bill}"))?;
        Ok(self.store.trace_of_bill(bill)?)
    }

    /// Compares without keeping anything.
    pub fn compare_receipt(&mut self, door: &Door, scans: &[String]) -> Result<Receipt, Failure> {
        self.permit(Action::ReceiveDrugs, &format!("bill:{}", door.bill))?;
        Ok(self.judge(door, scans)?.0)
    }

    /// Takes in what fits the list, checked and shelved; everything else is named and left outside.
    pub fn receive(&mut self, door: &Door, scans: &[String]) -> Result<Receipt, Failure> {
        let object = format!("bill:{}", door.bill);
        let stamp = self.permit(Action::ReceiveDrugs, &object)?;
        let (mut receipt, list, scanned) = self.judge(door, scans)?;
        let door = &self.door_of_list(door)?;
        let context = Context {
            bill: door.bill.clone(),
            partner: door.supplier.clone(),
            ..Context::default()
        };
        let recalls = self.store.trace_recalls()?;
        let mut batch = TraceBatch::default();
        let mut bill_lines = vec![];
        for line in &mut receipt.lines {
            let listed = list.iter().find(|listed| listed.code == line.code);
            let scan = scanned.iter().find(|scan| scan.code.as_str() == line.code);
            let is = match (listed, scan, &door.unlisted) {
                (Some(_), scan, _)
                    if line.verdict.may_enter() || !door.reject.is_empty() && scan.is_some() =>
                {
                    scan.map(|scan| said_by(scan, &Particulars::default()))
                }
                (None, Some(scan), Some(unlisted)) => match self.unlisted(scan, unlisted) {
                    Ok(is) => Some(is),
                    Err(stop) => {
                        line.stop = Some(stop);
                        continue;
                    }
                },
                _ => continue,
            };
            match self.take_in(&line.code, (is, door), (&recalls, &context)) {
                Ok((events, pack)) => {
                    line.taken = true;
                    batch.events.extend(events);
                    if pack.state == State::Shelf && !pack.is_case() {
                        bill_lines.push(
                            self.bill_line(&pack, (pack.units, false))
                                .map_err(Stop::into_failure)?,
                        );
                    }
                }
                Err(stop) => line.stop = Some(stop),
            }
        }
        if !bill_lines.is_empty() {
            let bill = self.bill(BillKind::PurchaseIn, &stamp, bill_lines);
            batch.bills.push(Bill {
                partner_bill: door.bill.clone(),
                partner: door.supplier.clone(),
                ..bill
            });
        }
        if !batch.events.is_empty() {
            let kept =
                self.keep(&batch, Action::ReceiveDrugs, &object).map_err(Stop::into_failure)?;
            receipt.kept = Some(kept);
        }
        Ok(receipt)
    }

    /// The events that bring one pack in, and the pack after them.
    fn take_in(
        &self,
        code: &str,
        (is, door): (Option<Particulars>, &Door),
        (recalls, context): (
            &[(crate::domain::trace::recall::Recall, crate::domain::instant::Instant)],
            &Context,
        ),
    ) -> Result<(Vec<NewEvent>, Pack), Stop> {
        let today = self.today();
        let mut pack = self.store.trace_pack(code)?;
        let mut events = vec![];
        let mut apply = |pack: &mut Option<Pack>, change: Change| -> Result<(), Stop> {
            let next = step(code, pack.as_ref(), &change, today)
                .map_err(|refusal| refused(code, refusal))?;
            *pack = Some(next);
            events.push(changed(code, change, context));
            Ok(())
        };
        apply(&mut pack, Change::Receive { is })?;
        let hit = pack.as_ref().and_then(|pack| {
            recalls.iter().find(|(recall, _)| recall.nature == Nature::Real && recall.means(pack))
        });
        if let Some((recall, _)) = hit {
            apply(&mut pack, Change::Recall { recall: recall.id.clone() })?;
        } else if door.reject.is_empty() {
            apply(&mut pack, Change::Accept)?;
        } else {
            apply(&mut pack, Change::Reject { reason: door.reject.clone() })?;
        }
        let place = if door.pool.iter().any(|pooled| pooled == code) {
            POOL_PLACE
        } else {
            door.place.as_str()
        };
        if !place.is_empty() {
            apply(&mut pack, Change::Shelve { place: place.to_owned() })?;
        }
        pack.map(|pack| (events, pack)).ok_or_else(|| refused(code, Refusal::NoProduct))
    }

    /// Who sent it stands on the list; the platforms ask for the name.
    fn door_of_list(&self, door: &Door) -> Result<Door, Failure> {
        let mut door = door.clone();
        door.place = clean_line(&door.place, LINE_MAX).text;
        if door.supplier.trim().is_empty()
            && let Some(supplier) = self.store.trace_partner(&door.bill)?
        {
            door.supplier = supplier;
        }
        Ok(door)
    }

    fn unlisted(&self, scan: &Scan, given: &Particulars) -> Result<Particulars, Stop> {
        let code = scan.code.as_str();
        let product = self
            .product_named(&given.product, &scan.code)?
            .ok_or_else(|| refused(code, Refusal::UnknownProduct))?;
        if !product.prefix.is_empty()
            && scan.code.product_part().is_some()
            && !product.owns(&scan.code)
        {
            return Err(refused(code, Refusal::OtherProduct { known: product.label() }));
        }
        Ok(Particulars { product: product.id, units: product.units, ..said_by(scan, given) })
    }

    fn judge(
        &self,
        door: &Door,
        scans: &[String],
    ) -> Result<(Receipt, Vec<DespatchLine>, Vec<Scan>), Failure> {
        let mut receipt = Receipt::default();
        let mut scanned: Vec<Scan> = vec![];
        for raw in scans {
            for read in self.read_scans(raw)? {
                match read {
                    Ok(scan) if scanned.iter().any(|other| other.code == scan.code) => {
                        receipt.twice.push(scan.code.as_str().to_owned());
                    }
                    Ok(scan) => scanned.push(scan),
                    Err(fault) => receipt.unread.push((raw.clone(), fault)),
                }
            }
        }
        let known = self.store.trace_of_bill(&door.bill)?;
        let list: Vec<DespatchLine> = known
            .iter()
            .filter(|pack| pack.state == State::Expected)
            .map(|pack| listed(pack, door))
            .collect();
        let arrivals: Vec<Arrival> = scanned
            .iter()
            .map(|scan| Arrival {
                code: scan.code.as_str().to_owned(),
                lot: scan.lot.clone(),
                expiry: scan.expiry,
            })
            .collect();
        for (code, verdict) in compare(&list, &arrivals, self.today()) {
            // An extra that has been here before is told as such.
            let stop = match (&verdict, self.store.trace_pack(&code)?) {
                (Verdict::Extra, Some(pack)) if pack.state != State::Expected => {
                    Some(refused(&code, Refusal::AlreadyReceived { state: pack.state }))
                }
                _ => None,
            };
            receipt.lines.push(Arrived { code, verdict, taken: false, stop });
        }
        Ok((receipt, list, scanned))
    }
}

fn listed(pack: &Pack, door: &Door) -> DespatchLine {
    let is = Particulars {
        product: pack.product.clone(),
        lot: pack.lot.clone(),
        made: pack.made,
        expiry: pack.expiry,
        level: pack.level,
        parent: pack.parent.clone(),
        units: pack.units,
    };
    DespatchLine {
        bill: door.bill.clone(),
        supplier: door.supplier.clone(),
        code: pack.code.clone(),
        is,
    }
}

/// What the symbol says itself goes before what was typed.
fn said_by(scan: &Scan, given: &Particulars) -> Particulars {
    Particulars {
        lot: scan.lot.clone().unwrap_or_else(|| clean_line(&given.lot, LINE_MAX).text),
        made: scan.made.or(given.made),
        expiry: scan.expiry.or(given.expiry),
        ..given.clone()
    }
}

impl Stop {
    /// The same as a failure, for ways that tell only one kind.
    pub fn into_failure(self) -> Failure {
        match self {
            Self::Failed(failure) => *failure,
            Self::Refused { code, refusal } => {
                crate::storage::StoreError::Refused { code, refusal }.into()
            }
            Self::Unread(fault) => {
                let words = fault.words();
                Failure::new(crate::services::failure::Kind::User, words.zh, words.en)
            }
        }
    }
}
