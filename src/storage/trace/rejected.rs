//! Packs that were refused at the door and are still here, with why and for whom they wait.
use std::collections::BTreeMap;

use super::super::{Store, StoreError};
use super::rows::{self, PACK_COLUMNS};
use crate::domain::age::Day;
use crate::domain::instant::Instant;
use crate::domain::trace::pack::Pack;

/// A refused pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedPack {
    pub pack: Pack,
    pub reason: String,
    /// The list it came with.
    pub bill: String,
    pub supplier: String,
    pub at: Instant,
}

/// Product, lot, expiry.
type Lot = (String, String, Option<Day>);

impl Store {
    /// Refused packs that wait to go back, by supplier and list.
    pub fn trace_rejected(&self) -> Result<Vec<RejectedPack>, StoreError> {
        let columns: Vec<String> =
            PACK_COLUMNS.split(',').map(|column| format!("k.{}", column.trim())).collect();
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {}, coalesce(e.body ->> 'reason', ''), e.bill, e.partner, e.at
             FROM trace_packs k JOIN trace_events e ON e.pack = k.id
             WHERE k.state = 'rejected' AND k.held > 0 AND e.kind = 'reject'
                AND NOT EXISTS (SELECT 1 FROM trace_events r WHERE r.stream = e.stream AND r.reverses = e.seq)
             ORDER BY e.partner, e.bill, k.code",
            columns.join(", ")
        ))?;
        let mut rows = statement.query([])?;
        let mut all = vec![];
        while let Some(row) = rows.next()? {
            let Some(pack) = rows::pack(row)? else { continue };
            all.push(RejectedPack {
                pack,
                reason: row.get(22)?,
                bill: row.get(23)?,
                supplier: row.get(24)?,
                at: Instant::from_millis(row.get(25)?),
            });
        }
        Ok(all)
    }

    /// Units of refused packs by lot: they lie here, and are no stock.
    pub fn trace_rejected_units(&self) -> Result<BTreeMap<Lot, i64>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT product, lot, expiry, sum(held) FROM trace_packs WHERE state = 'rejected' AND held > 0
             GROUP BY product, lot, expiry",
        )?;
        let mut rows = statement.query([])?;
        let mut all = BTreeMap::new();
        while let Some(row) = rows.next()? {
            all.insert((row.get(0)?, row.get(1)?, rows::day(row.get(2)?)?), row.get(3)?);
        }
        Ok(all)
    }
}
