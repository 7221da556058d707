//! Looking: stock by lot, one code's whole life, a lot's whole life, the check of the ledger.
use super::{Clinic, Dispensed, Stop, StreamCheck, refused};
use crate::domain::role::Action;
use crate::domain::trace::history::Event;
use crate::domain::trace::pack::Pack;
use crate::domain::trace::product::Product;
use crate::domain::trace::refusal::Refusal;
use crate::domain::trace::stock::{LotStock, Nearness};
use crate::services::failure::Failure;

/// A lot with its product and how near its end is.
#[derive(Clone, Debug)]
pub struct StockLine {
    pub product: Option<Product>,
    pub lot: LotStock,
    pub near: Nearness,
    /// Units of `lot.held` that were refused at the door and wait for the supplier: no stock of ours.
    pub rejected: i64,
    /// Bought under a pooled-procurement agreement of today.
    pub pooled: bool,
}

impl StockLine {
    /// Units set aside that are ours.
    pub const fn held(&self) -> i64 {
        self.lot.held - self.rejected
    }
}

/// Everything about one code.
#[derive(Clone, Debug)]
pub struct PackLife {
    pub pack: Option<Pack>,
    pub product: Option<Product>,
    pub events: Vec<Event>,
    pub patients: Vec<Dispensed>,
    pub children: Vec<Pack>,
}

/// Everything about one lot.
#[derive(Clone, Debug)]
pub struct LotLife {
    pub lots: Vec<LotStock>,
    pub packs: Vec<Pack>,
    pub patients: Vec<Dispensed>,
}

impl Clinic {
    /// What lies here by product and lot, first expired first.
    pub fn stock(&mut self) -> Result<Vec<StockLine>, Failure> {
        self.permit(Action::SeeStock, "stock")?;
        let products = self.store.products()?;
        let today = self.today();
        let agreed = self.store.agreed_products(today)?;
        let lots = self.store.trace_stock()?;
        let rejected = self.store.trace_rejected_units()?;
        Ok(lots
            .into_iter()
            .map(|lot| StockLine {
                rejected: rejected
                    .get(&(lot.product.clone(), lot.lot.clone(), lot.expiry))
                    .copied()
                    .unwrap_or(0),
                product: products
                    .binary_search_by(|product| product.id.as_str().cmp(lot.product.as_str()))
                    .ok()
                    .and_then(|at| products.get(at))
                    .cloned(),
                near: Nearness::of(lot.expiry, today),
                pooled: agreed.contains(&lot.product),
                lot,
            })
            .filter(|line| line.lot.shelf > 0 || line.held() > 0 || line.lot.expected > 0)
            .collect())
    }

    /// The whole life of a code. Looking at it is logged, since it names patients by number.
    pub fn pack_life(&mut self, raw: &str) -> Result<PackLife, Stop> {
        self.permit(Action::SeeStock, "code")?;
        let scan = self.read_scan(raw)?;
        let code = match self.pack_of(&scan) {
            Ok(pack) => pack.code,
            Err(_) => scan.code.as_str().to_owned(),
        };
        self.read(Action::SeeStock, format!("code:{code}"))?;
        let events = self.store.trace_history(&code)?;
        if events.is_empty() {
            return Err(refused(code, Refusal::NeverReceived));
        }
        let pack = self.store.trace_pack(&code)?;
        let product = match &pack {
            Some(pack) => self.store.product(&pack.product)?,
            None => None,
        };
        let patients =
            if self.may(Action::OpenChart) { self.store.trace_patients(&code)? } else { vec![] };
        let children = self.store.trace_children(&code)?;
        Ok(PackLife { pack, product, events, patients, children })
    }

    /// The whole life of a lot.
    pub fn lot_life(&mut self, product: &str, lot: &str) -> Result<LotLife, Failure> {
        self.read(Action::SeeStock, format!("lot:{product} {lot}"))?;
        let packs = self.store.trace_lot(product, lot)?;
        let patients = if self.may(Action::OpenChart) {
            self.store.trace_patients_of_lot(product, lot)?
        } else {
            vec![]
        };
        let lots =
            self.store.trace_lots(product)?.into_iter().filter(|one| one.lot == lot).collect();
        Ok(LotLife { lots, packs, patients })
    }

    /// Packs in the house, for a count list or an export.
    pub fn packs_in_house(&mut self) -> Result<Vec<Pack>, Failure> {
        self.permit(Action::SeeStock, "packs")?;
        Ok(self.store.trace_in_house()?)
    }

    /// Packs of a product with something to give, first expired first; the open ones are the code pool for splits.
    pub fn packs_on_shelf(&mut self, product: &str, limit: u32) -> Result<Vec<Pack>, Failure> {
        self.permit(Action::SeeStock, "packs")?;
        Ok(self.store.trace_on_shelf(product, limit)?)
    }

    pub fn trace_events_from(&mut self, seq: u64, limit: u32) -> Result<Vec<Event>, Failure> {
        self.permit(Action::UploadTrace, "export")?;
        Ok(self.store.trace_events_from(seq, limit)?)
    }

    /// Proves the ledger: the chain, every pack, every sum.
    pub fn check_trace(&mut self) -> Result<StreamCheck, Failure> {
        self.permit(Action::CheckStation, "trace")?;
        Ok(self.store.check_trace()?)
    }
}
