//! What the station buys: products, pooled-procurement agreements, thermometers.
use super::Clinic;
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::instant::Instant;
use crate::domain::role::Action;
use crate::domain::trace::product::{Agreement, Product, Progress};
use crate::domain::trace::stock::{Reading, Zone};
use crate::services::failure::{Failure, Kind};

impl Clinic {
    /// Adds products or changes what is known of them, all or none.
    pub fn put_products(&mut self, products: &[Product]) -> Result<(), Failure> {
        let stamp = self.permit(Action::ChangeDrugCatalogue, "products")?;
        let put = self.store.put_products(products, Action::ChangeDrugCatalogue.id(), &stamp);
        self.done(put, Action::ChangeDrugCatalogue, "products")
    }

    pub fn products(&mut self) -> Result<Vec<Product>, Failure> {
        self.permit(Action::SeeStock, "products")?;
        Ok(self.store.products()?)
    }

    pub fn put_agreements(&mut self, agreements: &[Agreement]) -> Result<(), Failure> {
        let stamp = self.permit(Action::ChangeDrugCatalogue, "agreements")?;
        let put = self.store.put_agreements(agreements, Action::ChangeDrugCatalogue.id(), &stamp);
        self.done(put, Action::ChangeDrugCatalogue, "agreements")
    }

    /// How far each agreed purchase has come.
    pub fn agreements(&mut self) -> Result<Vec<Progress>, Failure> {
        self.permit(Action::SeeStock, "agreements")?;
        Ok(self.store.agreements()?)
    }

    /// A thermometer reading of now. Outside the limits it stays open until a measure is written.
    pub fn put_reading(
        &mut self,
        (place, zone): (&str, Zone),
        tenths: i32,
        humidity: Option<u8>,
    ) -> Result<Reading, Failure> {
        let stamp = self.permit(Action::AdjustStock, "reading")?;
        let place = clean_line(place, LINE_MAX).text;
        let reading =
            Reading { place, zone, at: stamp.at, tenths, humidity, measure: String::new() };
        let put = self.store.put_reading(&reading, Action::AdjustStock.id(), &stamp);
        self.done(put, Action::AdjustStock, "reading")?;
        Ok(reading)
    }

    /// Writes what was done about an exceedance.
    pub fn close_exceedance(
        &mut self,
        (place, at): (&str, Instant),
        measure: &str,
    ) -> Result<(), Failure> {
        let stamp = self.permit(Action::AdjustStock, "reading")?;
        let measure = clean_line(measure, LINE_MAX).text;
        let open = self.store.trace_readings(1000)?;
        let Some(reading) =
            open.into_iter().find(|r| r.place == place && r.at == at && r.is_open_exceedance())
        else {
            return Err(Failure::new(
                Kind::User,
                "没有这条未处理的超温记录。",
                "There is no such open exceedance.",
            ));
        };
        if measure.is_empty() {
            return Err(Failure::new(Kind::User, "请写明采取了什么措施。", "Write what was done."));
        }
        let put = self.store.put_reading(
            &Reading { measure, ..reading },
            Action::AdjustStock.id(),
            &stamp,
        );
        self.done(put, Action::AdjustStock, "reading")
    }

    pub fn readings(&mut self, limit: u32) -> Result<Vec<Reading>, Failure> {
        self.permit(Action::SeeStock, "readings")?;
        Ok(self.store.trace_readings(limit)?)
    }
}
