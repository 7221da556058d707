//! The pack way: scan -> what is it? -> may it happen? -> one transaction with the fact, its bills and the audit entry.
mod acts;
mod catalogue;
mod count;
mod counter;
mod despatch;
mod look;
mod pool;
mod recall;
mod receipt;
mod rejection;

use super::Clinic;
use crate::domain::audit::Stamp;
use crate::domain::role::Action;
use crate::domain::trace::bill::{Bill, BillKind, BillLine};
use crate::domain::trace::code::{Fault, MakerForm, Scan, TraceCode, caps_turned, read, read_all};
use crate::domain::trace::history::{Context, NewEvent, What};
use crate::domain::trace::ledger::Change;
use crate::domain::trace::pack::Pack;
use crate::domain::trace::product::Product;
use crate::domain::trace::refusal::Refusal;
use crate::domain::words::Words;
use crate::services::failure::Failure;
use crate::storage::TraceBatch;
pub use crate::storage::{BillStanding, Dispensed, RejectedPack, StreamCheck, TraceReceipt};
pub use acts::Act;
pub use count::{CountReport, Difference};
pub use counter::{Counter, Taken};
pub use despatch::{Announced, DespatchIn, Listed};
pub use look::{LotLife, PackLife, StockLine};
pub use pool::{POOL_PLACE, PoolLine};
pub use recall::RecallReport;
pub use receipt::{Arrived, Door, Receipt};
pub use rejection::{REJECT_PLACE, RejectedLine};

/// The setting that holds makers' own code forms: `ZY:12 AB:16`.
pub const MAKERS: &str = "trace.makers";

/// A pack that was scanned, with the name of what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    pub pack: Pack,
    pub label: String,
}

/// Why a scan does nothing: the symbol is no pack's code, the pack may not, or the records cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    Unread(Fault),
    Refused { code: String, refusal: Refusal },
    Failed(Box<Failure>),
}

impl Stop {
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Unread(fault) => fault.id(),
            Self::Refused { refusal, .. } => refusal.id(),
            Self::Failed(_) => "failed",
        }
    }

    /// One word for the counter.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unread(_) => "码不对",
            Self::Refused { refusal, .. } => refusal.word(),
            Self::Failed(_) => "出错",
        }
    }

    pub const fn bells(&self) -> u8 {
        match self {
            Self::Unread(_) | Self::Failed(_) => 8,
            Self::Refused { refusal, .. } => refusal.bells(),
        }
    }

    pub fn words(&self) -> Words {
        match self {
            Self::Unread(fault) => fault.words(),
            Self::Refused { code, refusal } => {
                let words = refusal.words();
                Words::new(format!("{code}：{}。", words.zh), format!("{code}: {}.", words.en))
            }
            Self::Failed(failure) => Words::new(
                failure.sentence(crate::domain::words::Lang::Zh),
                failure.sentence(crate::domain::words::Lang::En),
            ),
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<crate::storage::StoreError> for Stop {
    fn from(error: crate::storage::StoreError) -> Self {
        match error {
            crate::storage::StoreError::Refused { code, refusal } => {
                Self::Refused { code, refusal }
            }
            error => Failure::from(error).into(),
        }
    }
}

fn refused(code: impl Into<String>, refusal: Refusal) -> Stop {
    Stop::Refused { code: code.into(), refusal }
}

impl Clinic {
    /// Code forms of single makers that this station knows.
    pub fn maker_forms(&self) -> Result<Vec<MakerForm>, Failure> {
        let text = self.store.setting(MAKERS)?.unwrap_or_default();
        let form = |word: &str| {
            let (prefix, length) = word.rsplit_once(':')?;
            Some(MakerForm { prefix: prefix.to_owned(), length: length.parse().ok()? })
        };
        Ok(text.split_whitespace().filter_map(form).collect())
    }

    fn read_scan(&self, raw: &str) -> Result<Scan, Stop> {
        read(raw, &self.maker_forms()?).map_err(Stop::Unread)
    }

    fn read_scans(&self, raw: &str) -> Result<Vec<Result<Scan, Fault>>, Failure> {
        Ok(read_all(raw, &self.maker_forms()?))
    }

    /// The pack of a scan. Letters turned by Caps Lock are found when only the turned code is known.
    fn pack_of(&self, scan: &Scan) -> Result<Pack, Stop> {
        if let Some(pack) = self.store.trace_pack(scan.code.as_str())? {
            return Ok(pack);
        }
        if let Some(turned) = caps_turned(&scan.code)
            && let Some(pack) = self.store.trace_pack(turned.as_str())?
        {
            return Ok(pack);
        }
        Err(refused(scan.code.as_str(), Refusal::NeverReceived))
    }

    /// The packs of scans, each once; a merged read is as many scans as it holds codes.
    fn packs_of(&self, scans: &[String]) -> Result<Vec<Pack>, Stop> {
        let mut packs: Vec<Pack> = vec![];
        for raw in scans {
            for scan in self.read_scans(raw)? {
                let pack = self.pack_of(&scan.map_err(Stop::Unread)?)?;
                if packs.iter().any(|known| known.code == pack.code) {
                    return Err(refused(&pack.code, Refusal::Twice));
                }
                packs.push(pack);
            }
        }
        Ok(packs)
    }

    fn scanned(&self, pack: Pack) -> Result<Scanned, Stop> {
        let label = self
            .store
            .product(&pack.product)?
            .map_or_else(|| pack.product.clone(), |product| product.label());
        Ok(Scanned { pack, label })
    }

    /// Which packs were scanned, without any more.
    pub fn look_at(&mut self, raw: &str) -> Result<Vec<Scanned>, Stop> {
        self.permit(Action::SeeStock, "look")?;
        self.packs_of(&[raw.to_owned()])?.into_iter().map(|pack| self.scanned(pack)).collect()
    }

    fn product_of_pack(&self, pack: &Pack) -> Result<Product, Stop> {
        self.store
            .product(&pack.product)?
            .ok_or_else(|| refused(&pack.code, Refusal::UnknownProduct))
    }

    /// The product that a code or a name in a list means.
    fn product_named(&self, named: &str, code: &TraceCode) -> Result<Option<Product>, Failure> {
        if named.trim().is_empty() {
            return Ok(self.store.product_of(code)?);
        }
        Ok(self.store.product(named.trim())?)
    }

    /// Writes a batch; the audit entry names the first and last event and the chain's head.
    fn keep(
        &mut self,
        batch: &TraceBatch,
        action: Action,
        object: &str,
    ) -> Result<TraceReceipt, Stop> {
        let stamp = self.permit(action, object)?;
        let kept = self.store.trace_write((batch, action.id()), object, &stamp);
        match kept {
            Err(crate::storage::StoreError::Refused { code, refusal }) => {
                self.note_fact(stamp.fact(
                    action.id(),
                    format!("{object} refused:{}", refusal.id()),
                    crate::domain::audit::Outcome::Refused,
                ));
                Err(refused(code, refusal))
            }
            kept => Ok(self.done(kept, action, object)?),
        }
    }

    fn bill(&self, kind: BillKind, stamp: &Stamp, lines: Vec<BillLine>) -> Bill {
        Bill {
            code: String::new(),
            kind,
            at: stamp.at,
            withdraws: String::new(),
            partner_bill: String::new(),
            partner: String::new(),
            reason: String::new(),
            operator: self.who.display_name.clone(),
            executor: String::new(),
            supervisor: String::new(),
            doctor: String::new(),
            prescription: String::new(),
            visit: None,
            lines,
        }
    }

    fn bill_line(&self, pack: &Pack, (units, split): (u32, bool)) -> Result<BillLine, Stop> {
        let product = self.product_of_pack(pack)?;
        Ok(BillLine {
            code: pack.code.clone(),
            product: product.id,
            product_name: product.name,
            maker: product.maker,
            approval: product.approval,
            insurance: product.insurance,
            rx: product.rx,
            lot: pack.lot.clone(),
            made: pack.made,
            expiry: pack.expiry,
            units,
            pack_units: pack.units.max(1),
            split,
            first: pack.tally.dispensed == pack.tally.back,
            refused: self.was_refused(pack)?,
            price_fen: product.price_fen,
        })
    }
}

fn changed(code: &str, change: Change, context: &Context) -> NewEvent {
    NewEvent { code: code.to_owned(), what: What::Changed(change), context: context.clone() }
}
