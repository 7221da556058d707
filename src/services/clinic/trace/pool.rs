//! 拆零码池: packs set aside at the receipt for splits. Their codes were scanned once; a portion takes its code from the
//! pool, the open pack first, and the last unit closes the code.
use super::counter::change_of;
use super::{Clinic, Counter, Stop, Taken, refused};
use crate::domain::role::Action;
use crate::domain::trace::ledger::{dispensable, step};
use crate::domain::trace::pack::Pack;
use crate::domain::trace::product::Product;
use crate::domain::trace::refusal::Refusal;
use crate::domain::trace::split::{Portion, plan};
use crate::services::failure::Failure;

/// Where packs for splits lie.
pub const POOL_PLACE: &str = "拆零";

/// A pack of the pool with what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolLine {
    pub pack: Pack,
    pub label: String,
    pub unit: String,
}

impl Clinic {
    /// Open packs and packs set aside for splits, first expired first.
    pub fn split_pool(&mut self) -> Result<Vec<PoolLine>, Failure> {
        self.permit(Action::SeeStock, "pool")?;
        let products = self.store.products()?;
        let named = |pack: Pack| {
            let product = products.iter().find(|product| product.id == pack.product);
            PoolLine {
                label: product.map_or_else(|| pack.product.clone(), Product::label),
                unit: product.map(|product| product.unit.clone()).unwrap_or_default(),
                pack,
            }
        };
        Ok(self.store.trace_pool(POOL_PLACE)?.into_iter().map(named).collect())
    }

    /// Gives every line of the sheet the part of a pack that it still wants from the pool; whole packs are scanned.
    pub fn take_from_pool(&mut self, counter: &mut Counter) -> Result<Vec<Taken>, Stop> {
        self.permit(Action::DispenseDrugs, &format!("visit:{}", counter.visit))?;
        let products = self.store.products()?;
        let pool = self.store.trace_pool(POOL_PLACE)?;
        let mut taken = vec![];
        let mut short = None;
        for line in 0..counter.wanted.len() {
            let Some(wanted) = counter.wanted.get(line).cloned() else { continue };
            let fits = |product: &&Product| {
                product.drug.is_some() && product.drug == wanted.drug && product.units > 1
            };
            for product in products.iter().filter(fits) {
                let part = wanted.units_of(product).saturating_sub(wanted.taken) % product.units;
                if part == 0 {
                    continue;
                }
                let packs: Vec<Pack> = pool
                    .iter()
                    .filter(|pack| pack.product == product.id)
                    .filter(|pack| counter.taken.iter().all(|t| t.portion.code != pack.code))
                    .filter(|pack| self.may_go_out(pack).is_ok())
                    .cloned()
                    .collect();
                match plan(part, &packs, self.today()) {
                    Ok(portions) => {
                        short = None;
                        for portion in portions {
                            let one = self.portion_of(&portion, (product, &packs), wanted.line)?;
                            if let Some(wanted) = counter.wanted.get_mut(line) {
                                wanted.taken += portion.units;
                            }
                            counter.taken.push(one.clone());
                            taken.push(one);
                        }
                        break;
                    }
                    Err(missing) => {
                        short = Some(Refusal::TooMany { wanted: part, left: part - missing });
                    }
                }
            }
        }
        match (taken.is_empty(), short) {
            (true, Some(refusal)) => Err(refused(POOL_PLACE, refusal)),
            (true, None) => Err(refused(POOL_PLACE, Refusal::NoUnits)),
            _ => Ok(taken),
        }
    }

    fn portion_of(
        &self,
        portion: &Portion,
        (product, packs): (&Product, &[Pack]),
        line: u16,
    ) -> Result<Taken, Stop> {
        let pack = packs
            .iter()
            .find(|pack| pack.code == portion.code)
            .ok_or_else(|| refused(&portion.code, Refusal::NeverReceived))?;
        let today = self.today();
        let stop = |refusal| refused(&pack.code, refusal);
        dispensable(pack, today).map_err(stop)?;
        let after = step(&pack.code, Some(pack), &change_of(portion), today).map_err(stop)?;
        Ok(Taken {
            line,
            portion: portion.clone(),
            label: product.label(),
            unit: product.unit.clone(),
            lot: pack.lot.clone(),
            expiry: pack.expiry,
            left: after.shelf,
            pack_units: pack.units,
        })
    }
}
