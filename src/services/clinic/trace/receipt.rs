//! At the door: what is scanned is compared with the supplier's list; what fits comes in, what was refused is kept as
//! refused, and what nobody decided about stays outside.
use std::collections::BTreeMap;

use super::{Clinic, POOL_PLACE, REJECT_PLACE, Stop, TraceReceipt, changed, refused};
use crate::domain::age::Day;
use crate::domain::audit::Stamp;
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::instant::Instant;
use crate::domain::role::Action;
use crate::domain::trace::bill::{Bill, BillKind, BillLine};
use crate::domain::trace::code::{Fault, Scan};
use crate::domain::trace::despatch::{Arrival, DespatchLine, Verdict, compare};
use crate::domain::trace::history::{Context, NewEvent};
use crate::domain::trace::ledger::{Change, Particulars, step};
use crate::domain::trace::pack::{Pack, State};
use crate::domain::trace::product::Product;
use crate::domain::trace::recall::{Nature, Recall};
use crate::domain::trace::refusal::Refusal;
use crate::domain::trace::rejection::{Decision, UNKNOWN_PRODUCT};
use crate::services::failure::Failure;
use crate::storage::TraceBatch;

/// What stands at the door.
#[derive(Clone, Debug, Default)]
pub struct Door {
    pub bill: String,
    pub supplier: String,
    pub place: String,
    /// By code: what was decided about a pack. A refused case refuses all that the list puts into it.
    pub decisions: BTreeMap<String, Decision>,
    /// About every scanned pack that no decision names: refused, or taken in although no list announced it.
    pub otherwise: Option<Decision>,
    /// Codes that go into the pool for splits instead of the place.
    pub pool: Vec<String>,
}

/// One code at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub code: String,
    pub verdict: Verdict,
    /// Name of what it is, as far as that is known.
    pub label: String,
    pub product: String,
    pub lot: String,
    pub expiry: Option<Day>,
    pub level: u8,
    pub decision: Option<Decision>,
    pub taken: bool,
    /// Kept as refused.
    pub rejected: bool,
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

/// The list and the scans that a receipt was judged by.
struct Judged {
    receipt: Receipt,
    list: Vec<DespatchLine>,
    scanned: Vec<Scan>,
}

/// How a pack goes through the door.
enum Passage {
    In { is: Option<Particulars>, reason: String },
    Refused { is: Option<Particulars>, reason: String },
}

impl Clinic {
    /// Compares without keeping anything.
    pub fn compare_receipt(&mut self, door: &Door, scans: &[String]) -> Result<Receipt, Failure> {
        self.permit(Action::ReceiveDrugs, &format!("bill:{}", door.bill))?;
        Ok(self.judge(door, scans)?.receipt)
    }

    /// Takes in what fits the list or was accepted, keeps what was refused as refused; everything else stays outside.
    pub fn receive(&mut self, door: &Door, scans: &[String]) -> Result<Receipt, Failure> {
        let object = format!("bill:{}", door.bill);
        let stamp = self.permit(Action::ReceiveDrugs, &object)?;
        let Judged { mut receipt, list, scanned } = self.judge(door, scans)?;
        let door = &self.door_of_list(door)?;
        let context = Context {
            bill: door.bill.clone(),
            partner: door.supplier.clone(),
            ..Context::default()
        };
        let recalls = self.store.trace_recalls()?;
        let mut batch = TraceBatch::default();
        let (mut bought, mut turned_away) = (vec![], BTreeMap::<String, Vec<BillLine>>::new());
        for line in &mut receipt.lines {
            let listed = list.iter().any(|listed| listed.code == line.code);
            let scan = scanned.iter().find(|scan| scan.code.as_str() == line.code);
            let passage = match self.passage(line, (listed, !list.is_empty()), scan) {
                Ok(Some(passage)) => passage,
                Ok(None) => continue,
                Err(stop) => {
                    line.stop = Some(stop);
                    continue;
                }
            };
            let reason = match &passage {
                Passage::Refused { reason, .. } => Some(reason.clone()),
                Passage::In { .. } => None,
            };
            match self.through(&line.code, (passage, door), (&recalls, &context)) {
                Ok((events, pack)) => {
                    (line.taken, line.rejected) = (reason.is_none(), reason.is_some());
                    batch.events.extend(events);
                    if pack.is_case() {
                        continue;
                    }
                    match reason {
                        Some(reason) => {
                            let lines = turned_away.entry(reason).or_default();
                            lines.push(self.refused_line(&pack).map_err(Stop::into_failure)?);
                        }
                        None if pack.state == State::Shelf => bought.push(
                            self.bill_line(&pack, (pack.units, false))
                                .map_err(Stop::into_failure)?,
                        ),
                        None => {}
                    }
                }
                Err(stop) => line.stop = Some(stop),
            }
        }
        batch.bills = self.door_bills(door, &stamp, (bought, turned_away));
        if !batch.events.is_empty() {
            let kept =
                self.keep(&batch, Action::ReceiveDrugs, &object).map_err(Stop::into_failure)?;
            receipt.kept = Some(kept);
        }
        Ok(receipt)
    }

    /// How a line goes through the door; `None` = it stays outside.
    fn passage(
        &self,
        line: &Arrived,
        (listed, a_list): (bool, bool),
        scan: Option<&Scan>,
    ) -> Result<Option<Passage>, Stop> {
        let here_before = line.stop.is_some() && matches!(line.verdict, Verdict::Extra) && !listed;
        match (&line.decision, scan) {
            _ if here_before => Ok(None),
            (Some(Decision::Reject { cause, note }), scan) => {
                let reason = cause
                    .reason(&clean_line(note, LINE_MAX).text)
                    .ok_or_else(|| refused(&line.code, Refusal::ReasonNeeded))?;
                // What the symbol says is in the reason already; the list's own words stay as they are.
                let is = match scan {
                    Some(scan) if !listed => Some(self.unknown_particulars(scan)?),
                    _ => None,
                };
                Ok(Some(Passage::Refused { is, reason }))
            }
            (Some(Decision::Accept { reason, is }), Some(scan)) if !listed => {
                let reason = clean_line(reason, LINE_MAX).text;
                if reason.is_empty() && a_list {
                    return Err(refused(&line.code, Refusal::ReasonNeeded));
                }
                let reason = if reason.is_empty() { "没有清单".to_owned() } else { reason };
                Ok(Some(Passage::In { is: Some(self.unlisted(scan, is)?), reason }))
            }
            (_, scan) if listed && line.verdict.may_enter() => {
                let is = scan.map(|scan| said_by(scan, &Particulars::default()));
                Ok(Some(Passage::In { is, reason: String::new() }))
            }
            _ => Ok(None),
        }
    }

    /// The events that bring one pack through the door, and the pack after them.
    fn through(
        &self,
        code: &str,
        (passage, door): (Passage, &Door),
        (recalls, context): (&[(Recall, Instant)], &Context),
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
        let (is, reason, refusal) = match passage {
            Passage::In { is, reason } => (is, reason, None),
            Passage::Refused { is, reason } => (is, String::new(), Some(reason)),
        };
        apply(&mut pack, Change::Receive { is, reason })?;
        let refuses = refusal.is_some();
        if let Some(reason) = refusal {
            apply(&mut pack, Change::Reject { reason })?;
        }
        let hit = pack.as_ref().and_then(|pack| {
            recalls.iter().find(|(recall, _)| recall.nature == Nature::Real && recall.means(pack))
        });
        if let Some((recall, _)) = hit {
            apply(&mut pack, Change::Recall { recall: recall.id.clone() })?;
        } else if !refuses {
            apply(&mut pack, Change::Accept)?;
        }
        let place = if refuses {
            REJECT_PLACE
        } else if door.pool.iter().any(|pooled| pooled == code) {
            POOL_PLACE
        } else {
            door.place.as_str()
        };
        if !place.is_empty() {
            apply(&mut pack, Change::Shelve { place: place.to_owned() })?;
        }
        pack.map(|pack| (events, pack)).ok_or_else(|| refused(code, Refusal::NoProduct))
    }

    /// One bill of what was bought, and one for each reason of what was turned away.
    fn door_bills(
        &self,
        door: &Door,
        stamp: &Stamp,
        (bought, turned_away): (Vec<BillLine>, BTreeMap<String, Vec<BillLine>>),
    ) -> Vec<Bill> {
        let bill = |kind, lines, reason| Bill {
            partner_bill: door.bill.clone(),
            partner: door.supplier.clone(),
            reason,
            ..self.bill(kind, stamp, lines)
        };
        let mut bills = vec![];
        if !bought.is_empty() {
            bills.push(bill(BillKind::PurchaseIn, bought, String::new()));
        }
        for (reason, lines) in turned_away {
            bills.push(bill(BillKind::RejectIn, lines, reason));
        }
        bills
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

    /// What can be said of a refused pack that nobody announced: a drug of the catalogue, or none.
    fn unknown_particulars(&self, scan: &Scan) -> Result<Particulars, Stop> {
        let known = self.store.product_of(&scan.code)?;
        let (product, units) =
            known.map_or((UNKNOWN_PRODUCT.to_owned(), 1), |product| (product.id, product.units));
        Ok(Particulars { product, units, level: 1, ..said_by(scan, &Particulars::default()) })
    }

    fn judge(&self, door: &Door, scans: &[String]) -> Result<Judged, Failure> {
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
        let decisions = decided(door, &list, &scanned);
        let products = self.store.products()?;
        for (code, verdict) in compare(&list, &arrivals, self.today()) {
            let scan = scanned.iter().find(|scan| scan.code.as_str() == code);
            let on_list = list.iter().find(|line| line.code == code);
            let mut line = self.arrived((code, verdict), (on_list, scan), &products)?;
            line.decision = decisions.get(&line.code).cloned();
            receipt.lines.push(line);
        }
        Ok(Judged { receipt, list, scanned })
    }

    fn arrived(
        &self,
        (code, verdict): (String, Verdict),
        (on_list, scan): (Option<&DespatchLine>, Option<&Scan>),
        products: &[Product],
    ) -> Result<Arrived, Failure> {
        // An extra that has been here before is told as such.
        let before = match &verdict {
            Verdict::Extra => self.store.trace_pack(&code)?,
            _ => None,
        };
        let before = before.filter(|pack| pack.state != State::Expected);
        let product = match (on_list, scan) {
            (Some(line), _) => products.iter().find(|product| product.id == line.is.product),
            (None, Some(scan)) => products.iter().find(|product| product.owns(&scan.code)),
            (None, None) => None,
        };
        let is = on_list.map(|line| &line.is);
        let lot = scan.and_then(|scan| scan.lot.clone());
        Ok(Arrived {
            label: product.map(Product::label).unwrap_or_default(),
            product: product.map(|product| product.id.clone()).unwrap_or_default(),
            lot: is.map(|is| is.lot.clone()).or(lot).unwrap_or_default(),
            expiry: is.and_then(|is| is.expiry).or_else(|| scan.and_then(|scan| scan.expiry)),
            level: is.map_or(1, |is| is.level),
            decision: None,
            taken: false,
            rejected: false,
            stop: before.map(|pack| refused(&code, Refusal::AlreadyReceived { state: pack.state })),
            code,
            verdict,
        })
    }
}

/// What was decided by code: said itself, by the case around it, by all the packs in it, or for everything scanned.
fn decided(door: &Door, list: &[DespatchLine], scanned: &[Scan]) -> BTreeMap<String, Decision> {
    let mut all = door.decisions.clone();
    let on_list = |code: &str| list.iter().any(|line| line.code == code);
    if let Some(otherwise) = &door.otherwise {
        for scan in scanned {
            let code = scan.code.as_str();
            let meant = matches!(otherwise, Decision::Reject { .. }) || !on_list(code);
            if meant && !all.contains_key(code) {
                all.insert(code.to_owned(), otherwise.clone());
            }
        }
    }
    let rejected = |all: &BTreeMap<String, Decision>, code: &str| {
        all.get(code).filter(|decision| matches!(decision, Decision::Reject { .. })).cloned()
    };
    // Three levels at most: pack, box, case.
    for _ in 0..3 {
        for line in list {
            let above = line.is.parent.as_deref().and_then(|parent| rejected(&all, parent));
            if let Some(decision) = above.filter(|_| !all.contains_key(&line.code)) {
                all.insert(line.code.clone(), decision);
            }
            let mut inside = list
                .iter()
                .filter(|child| child.is.parent.as_deref() == Some(&line.code))
                .map(|child| rejected(&all, &child.code))
                .peekable();
            // A case of which nothing is taken is not taken either.
            if inside.peek().is_some()
                && let Some(decisions) = inside.collect::<Option<Vec<_>>>()
                && let Some(first) = decisions.into_iter().next()
            {
                all.entry(line.code.clone()).or_insert(first);
            }
        }
    }
    all
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
pub(super) fn said_by(scan: &Scan, given: &Particulars) -> Particulars {
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
