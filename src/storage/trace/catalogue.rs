//! The catalogue of products, pooled-procurement agreements with their progress, thermometer readings.
use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row, params};

use super::super::{Store, StoreError};
use super::rows;
use crate::domain::age::Day;
use crate::domain::audit::Stamp;
use crate::domain::trace::code::TraceCode;
use crate::domain::trace::product::{Agreement, Product, Progress};
use crate::domain::trace::stock::Reading;

const COLUMNS: &str = "id, name, strength, form, maker, approval, drug, prefix, gtin, units, unit, pack_unit, insurance, rx, price_fen";

impl Store {
    /// Adds products or changes what is known about them, all or none.
    pub fn put_products(
        &mut self,
        products: &[Product],
        action: &str,
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            for p in products {
                books
                    .prepare_cached(&format!(
                        "INSERT INTO trace_products ({COLUMNS}, changed_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
                         ON CONFLICT (id) DO UPDATE SET name = ?2, strength = ?3, form = ?4, maker = ?5, approval = ?6,
                            drug = ?7, prefix = ?8, gtin = ?9, units = ?10, unit = ?11, pack_unit = ?12, insurance = ?13,
                            rx = ?14, price_fen = ?15, changed_at = ?16"
                    ))?
                    .execute(params![
                        p.id,
                        p.name,
                        p.strength,
                        p.form,
                        p.maker,
                        p.approval,
                        p.drug,
                        p.prefix,
                        p.gtin,
                        p.units,
                        p.unit,
                        p.pack_unit,
                        p.insurance,
                        p.rx,
                        p.price_fen,
                        stamp.at.millis()
                    ])?;
            }
            books.log(stamp, action, format!("products:{}", products.len()))?;
            Ok(())
        })
    }

    pub fn product(&self, id: &str) -> Result<Option<Product>, StoreError> {
        self.product_where("id = ?1", id)
    }

    /// By what a code says about its product.
    pub fn product_of(&self, code: &TraceCode) -> Result<Option<Product>, StoreError> {
        let Some(part) = code.product_part() else { return Ok(None) };
        let column = if part.len() == 7 {
            "prefix = ?1 AND prefix <> ''"
        } else {
            "gtin = ?1 AND gtin <> ''"
        };
        self.product_where(column, part)
    }

    fn product_where(&self, filter: &str, value: &str) -> Result<Option<Product>, StoreError> {
        Ok(self
            .conn
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM trace_products WHERE {filter} ORDER BY id LIMIT 1"
            ))?
            .query_row([value], product)
            .optional()?)
    }

    pub fn products(&self) -> Result<Vec<Product>, StoreError> {
        let mut statement = self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM trace_products ORDER BY id"))?;
        let rows = statement.query_map([], product)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn put_agreements(
        &mut self,
        agreements: &[Agreement],
        action: &str,
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            for a in agreements {
                books
                    .prepare_cached(
                        "INSERT INTO trace_agreements (batch, product, agreed, price_fen, starts, ends)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                         ON CONFLICT (batch, product, starts) DO UPDATE SET agreed = ?3, price_fen = ?4, ends = ?6",
                    )?
                    .execute((&a.batch, &a.product, a.agreed, a.price_fen, a.from.to_string(), a.to.to_string()))?;
            }
            books.log(stamp, action, format!("agreements:{}", agreements.len()))?;
            Ok(())
        })
    }

    /// Agreements with the packs accepted in their period, less those sent back or taken back.
    pub fn agreements(&self) -> Result<Vec<Progress>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT a.batch, a.product, a.agreed, a.price_fen, a.starts, a.ends,
                (SELECT count(*) FROM trace_packs k JOIN trace_events e ON e.pack = k.id
                 WHERE k.product = a.product AND k.level = 1 AND k.sent_back = 0 AND e.kind = 'accept'
                    AND NOT EXISTS (SELECT 1 FROM trace_events r WHERE r.stream = e.stream AND r.reverses = e.seq)
                    AND date(e.at / 1000 + 28800, 'unixepoch') BETWEEN a.starts AND a.ends)
             FROM trace_agreements a ORDER BY a.ends, a.batch, a.product",
        )?;
        let mut rows = statement.query([])?;
        let mut all = vec![];
        while let Some(row) = rows.next()? {
            let day = |at: usize| -> Result<_, StoreError> {
                rows::day(row.get(at)?)?
                    .ok_or_else(|| StoreError::unreadable("an agreement without a day"))
            };
            let agreement = Agreement {
                batch: row.get(0)?,
                product: row.get(1)?,
                agreed: row.get(2)?,
                price_fen: row.get(3)?,
                from: day(4)?,
                to: day(5)?,
            };
            all.push(Progress { agreement, bought: row.get(6)? });
        }
        Ok(all)
    }

    /// Products that an agreement of this day names.
    pub fn agreed_products(&self, today: Day) -> Result<BTreeSet<String>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT product FROM trace_agreements WHERE ?1 BETWEEN starts AND ends",
        )?;
        let rows = statement.query_map([today.to_string()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps a reading, or the measure taken about an earlier one.
    pub fn put_reading(
        &mut self,
        reading: &Reading,
        action: &str,
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            books.execute(
                "INSERT INTO trace_readings (place, at, zone, tenths, humidity, measure, actor)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (place, at) DO UPDATE SET measure = ?6",
                params![
                    reading.place,
                    reading.at.millis(),
                    reading.zone.id(),
                    reading.tenths,
                    reading.humidity,
                    reading.measure,
                    stamp.actor
                ],
            )?;
            books.log(stamp, action, format!("reading:{}", reading.at.millis()))?;
            Ok(())
        })
    }
}

fn product(row: &Row<'_>) -> rusqlite::Result<Product> {
    Ok(Product {
        id: row.get(0)?,
        name: row.get(1)?,
        strength: row.get(2)?,
        form: row.get(3)?,
        maker: row.get(4)?,
        approval: row.get(5)?,
        drug: row.get(6)?,
        prefix: row.get(7)?,
        gtin: row.get(8)?,
        units: row.get(9)?,
        unit: row.get(10)?,
        pack_unit: row.get(11)?,
        insurance: row.get(12)?,
        rx: row.get(13)?,
        price_fen: row.get(14)?,
    })
}
