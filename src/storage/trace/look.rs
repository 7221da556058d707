//! Questions to the ledger: one pack, its life, stock by lot, who got what, and whether the folded tables are true.
use rusqlite::{Connection, OptionalExtension, params};

use super::super::{Store, StoreError};
use super::events::{chain, event, find};
use super::rows::{self, PACK_COLUMNS};
use crate::domain::audit::Hash;
use crate::domain::instant::Instant;
use crate::domain::trace::history::{Context, Event, EventKey, fold};
use crate::domain::trace::pack::Pack;
use crate::domain::trace::recall::{Nature, Recall};
use crate::domain::trace::stock::{LotStock, Reading, Zone};

/// A pack, or part of one, that a patient got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispensed {
    pub code: String,
    pub product: String,
    pub lot: String,
    pub units: u32,
    pub at: Instant,
    pub visit: i64,
    pub patient: i64,
    pub line: Option<u16>,
    pub name: String,
    pub phone: String,
}

/// What a walk over the whole ledger found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StreamCheck {
    pub events: u64,
    pub packs: u64,
    /// Number and hash of the newest event, as prints name it.
    pub head: Option<(u64, Hash)>,
    /// First event whose hash does not follow from the one before.
    pub broken_at: Option<u64>,
    /// Packs whose row is not the fold of their events.
    pub wrong_packs: Vec<String>,
    /// Lots whose sums are not those of their packs.
    pub wrong_lots: Vec<String>,
}

impl StreamCheck {
    pub fn is_sound(&self) -> bool {
        self.broken_at.is_none() && self.wrong_packs.is_empty() && self.wrong_lots.is_empty()
    }
}

impl Store {
    pub fn trace_pack(&self, code: &str) -> Result<Option<Pack>, StoreError> {
        Ok(find(&self.conn, code)?.1)
    }

    /// A pack's events, oldest first.
    pub fn trace_history(&self, code: &str) -> Result<Vec<Event>, StoreError> {
        let (row, _) = find(&self.conn, code)?;
        row.map_or(Ok(vec![]), |row| events_of(&self.conn, row, code))
    }

    /// The packs of a case.
    pub fn trace_children(&self, case: &str) -> Result<Vec<Pack>, StoreError> {
        self.packs("parent = ?1 ORDER BY code", [case])
    }

    /// Packs of a lot, whatever became of them.
    pub fn trace_lot(&self, product: &str, lot: &str) -> Result<Vec<Pack>, StoreError> {
        self.packs("product = ?1 AND lot = ?2 ORDER BY code", [product, lot])
    }

    pub fn trace_of_product(&self, product: &str) -> Result<Vec<Pack>, StoreError> {
        self.packs("product = ?1 ORDER BY lot, code", [product])
    }

    /// Packs with something to give, first expired first.
    pub fn trace_on_shelf(&self, product: &str, limit: u32) -> Result<Vec<Pack>, StoreError> {
        // The index of what lies on the shelf, not the one of all packs that ever were.
        self.packs_by(
            "INDEXED BY trace_packs_shelf",
            "product = ?1 AND shelf > 0 ORDER BY expiry IS NULL, expiry, code LIMIT ?2",
            params![product, limit],
        )
    }

    /// All packs in the house.
    pub fn trace_in_house(&self) -> Result<Vec<Pack>, StoreError> {
        self.packs("shelf > 0 OR held > 0 ORDER BY product, expiry, code", [])
    }

    /// Packs between two codes, both included.
    pub fn trace_between(&self, first: &str, last: &str) -> Result<Vec<Pack>, StoreError> {
        self.packs("code >= ?1 AND code <= ?2 ORDER BY code", [first, last])
    }

    /// Packs that a despatch list or a receipt named.
    pub fn trace_of_bill(&self, bill: &str) -> Result<Vec<Pack>, StoreError> {
        self.packs(
            "id IN (SELECT pack FROM trace_events WHERE bill = ?1 AND bill <> '') ORDER BY code",
            [bill],
        )
    }

    /// Who sent what a list announced.
    pub fn trace_partner(&self, bill: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT partner FROM trace_events WHERE bill = ?1 AND bill <> '' AND partner <> '' LIMIT 1",
            )?
            .query_row([bill], |row| row.get(0))
            .optional()?)
    }

    /// Packs that are open, or lie at the place for splits; first expired first.
    pub fn trace_pool(&self, place: &str) -> Result<Vec<Pack>, StoreError> {
        self.packs(
            "shelf > 0 AND level = 1 AND (shelf < units OR place = ?1) ORDER BY product, expiry IS NULL, expiry, code",
            [place],
        )
    }

    /// The newest event of the ledger and its hash: a print names it, so that a later ledger can be held against it.
    pub fn trace_head(&self) -> Result<Option<(EventKey, Hash)>, StoreError> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT s.station, s.stream, e.seq, e.hash FROM trace_events e JOIN trace_streams s ON s.id = e.stream
                 WHERE e.stream = (SELECT max(id) FROM trace_streams) ORDER BY e.seq DESC LIMIT 1",
            )?
            .query_row([], |row| {
                let seq: i64 = row.get(2)?;
                let key =
                    EventKey { station: row.get(0)?, stream: row.get(1)?, seq: seq as u64 };
                Ok((key, Hash(row.get(3)?)))
            })
            .optional()?)
    }

    fn packs(&self, filter: &str, params: impl rusqlite::Params) -> Result<Vec<Pack>, StoreError> {
        self.packs_by("", filter, params)
    }

    fn packs_by(
        &self,
        index: &str,
        filter: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<Pack>, StoreError> {
        let sql = format!("SELECT {PACK_COLUMNS} FROM trace_packs {index} WHERE {filter}");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query(params)?;
        let mut packs = vec![];
        while let Some(row) = rows.next()? {
            packs.extend(rows::pack(row)?);
        }
        Ok(packs)
    }

    /// Lots that have something in the house or on its way.
    pub fn trace_stock(&self) -> Result<Vec<LotStock>, StoreError> {
        self.lots(
            "shelf > 0 OR held > 0 OR expected > 0 ORDER BY product, expiry = '', expiry, lot",
            [],
        )
    }

    /// All lots of a product, empty ones too.
    pub fn trace_lots(&self, product: &str) -> Result<Vec<LotStock>, StoreError> {
        self.lots("product = ?1 ORDER BY expiry, lot", [product])
    }

    fn lots(
        &self,
        filter: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<LotStock>, StoreError> {
        let sql = format!(
            "SELECT product, lot, expiry, received, dispensed, back, sent_back, destroyed, lost, found, shelf, held, packs,
                open, expected FROM trace_lots WHERE {filter}"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query(params)?;
        let mut lots = vec![];
        while let Some(row) = rows.next()? {
            lots.push(LotStock {
                product: row.get(0)?,
                lot: row.get(1)?,
                expiry: rows::day(row.get(2)?)?,
                received: row.get(3)?,
                dispensed: row.get(4)?,
                back: row.get(5)?,
                sent_back: row.get(6)?,
                destroyed: row.get(7)?,
                lost: row.get(8)?,
                found: row.get(9)?,
                shelf: row.get(10)?,
                held: row.get(11)?,
                packs: row.get(12)?,
                open: row.get(13)?,
                expected: row.get(14)?,
            });
        }
        Ok(lots)
    }

    /// What was dispensed for a visit and not taken back.
    pub fn trace_of_visit(&self, visit: i64) -> Result<Vec<Dispensed>, StoreError> {
        let from = "trace_events e JOIN trace_packs k ON k.id = e.pack";
        self.dispensed((from, "e.visit = ?1"), [visit])
    }

    /// Who got something of a pack.
    pub fn trace_patients(&self, code: &str) -> Result<Vec<Dispensed>, StoreError> {
        self.dispensed((GIVEN_OF_PACKS, "k.code = ?1"), [code])
    }

    /// Who got something of a lot.
    pub fn trace_patients_of_lot(
        &self,
        product: &str,
        lot: &str,
    ) -> Result<Vec<Dispensed>, StoreError> {
        self.dispensed((GIVEN_OF_PACKS, "k.product = ?1 AND k.lot = ?2"), [product, lot])
    }

    pub fn trace_patients_of_product(&self, product: &str) -> Result<Vec<Dispensed>, StoreError> {
        self.dispensed((GIVEN_OF_PACKS, "k.product = ?1"), [product])
    }

    /// Who got something of the codes between two, both included.
    pub fn trace_patients_between(
        &self,
        first: &str,
        last: &str,
    ) -> Result<Vec<Dispensed>, StoreError> {
        self.dispensed((GIVEN_OF_PACKS, "k.code >= ?1 AND k.code <= ?2"), [first, last])
    }

    fn dispensed(
        &self,
        (from, filter): (&str, &str),
        params: impl rusqlite::Params,
    ) -> Result<Vec<Dispensed>, StoreError> {
        let sql = given_sql((from, filter));
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(params, |row| {
            Ok(Dispensed {
                code: row.get(0)?,
                product: row.get(1)?,
                lot: row.get(2)?,
                units: row.get(3)?,
                at: Instant::from_millis(row.get(4)?),
                visit: row.get(5)?,
                patient: row.get(6)?,
                line: row.get(7)?,
                name: row.get(8)?,
                phone: row.get(9)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The visit of a sheet number `20261124-003`.
    pub fn visit_of_sheet(&self, number: &str) -> Result<Option<i64>, StoreError> {
        let Some((day, of_day)) = number.split_once('-') else { return Ok(None) };
        let day = match (day.get(..4), day.get(4..6), day.get(6..8)) {
            (Some(y), Some(m), Some(d)) if day.len() == 8 => format!("{y}-{m}-{d}"),
            _ => return Ok(None),
        };
        let Ok(of_day) = of_day.parse::<i64>() else { return Ok(None) };
        Ok(self
            .conn
            .prepare_cached("SELECT visit_id FROM prescriptions WHERE day = ?1 AND of_day = ?2")?
            .query_row((day, of_day), |row| row.get(0))
            .optional()?)
    }

    pub fn trace_recalls(&self) -> Result<Vec<(Recall, Instant)>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, class, nature, product, lots, first_code, last_code, reason, at FROM trace_recalls ORDER BY at",
        )?;
        let mut rows = statement.query([])?;
        let mut recalls = vec![];
        while let Some(row) = rows.next()? {
            let (nature, lots): (String, String) = (row.get(2)?, row.get(4)?);
            let codes = row.get::<_, Option<String>>(5)?.zip(row.get::<_, Option<String>>(6)?);
            let recall = Recall {
                id: row.get(0)?,
                class: row.get(1)?,
                nature: super::super::rows::word("nature of a recall", &nature, Nature::parse)?,
                product: row.get(3)?,
                lots: serde_json::from_str(&lots)
                    .map_err(|error| StoreError::unreadable(format!("lots: {error}")))?,
                codes,
                reason: row.get(7)?,
            };
            recalls.push((recall, Instant::from_millis(row.get(8)?)));
        }
        Ok(recalls)
    }

    /// Readings with no measure written although a limit was passed come first.
    pub fn trace_readings(&self, limit: u32) -> Result<Vec<Reading>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT place, at, zone, tenths, humidity, measure FROM trace_readings ORDER BY at DESC LIMIT ?1",
        )?;
        let mut rows = statement.query([limit])?;
        let mut readings = vec![];
        while let Some(row) = rows.next()? {
            let zone: String = row.get(2)?;
            readings.push(Reading {
                place: row.get(0)?,
                at: Instant::from_millis(row.get(1)?),
                zone: super::super::rows::word("zone", &zone, Zone::parse)?,
                tenths: row.get(3)?,
                humidity: row.get(4)?,
                measure: row.get(5)?,
            });
        }
        Ok(readings)
    }

    /// Events in order from one on, for export.
    pub fn trace_events_from(&self, seq: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {EVENT_COLUMNS}, k.code FROM trace_events e JOIN trace_streams s ON s.id = e.stream
             JOIN trace_packs k ON k.id = e.pack WHERE e.stream = (SELECT max(id) FROM trace_streams) AND e.seq >= ?1
             ORDER BY e.seq LIMIT ?2"
        ))?;
        let mut rows = statement.query((seq as i64, limit))?;
        let mut events = vec![];
        while let Some(row) = rows.next()? {
            let code: String = row.get(14)?;
            events.push(read_event(row, &code)?);
        }
        Ok(events)
    }

    pub fn count_trace_events(&self) -> Result<u64, StoreError> {
        Ok(self
            .conn
            .query_row("SELECT count(*) FROM trace_events", [], |row| row.get::<_, i64>(0))?
            as u64)
    }

    /// Walks the whole ledger: the chain of hashes, every pack against the fold of its events, every lot's sums.
    pub fn check_trace(&self) -> Result<StreamCheck, StoreError> {
        let mut check = StreamCheck::default();
        self.check_chain(&mut check)?;
        let mut statement = self
            .conn
            .prepare(&format!("SELECT {PACK_COLUMNS}, id FROM trace_packs ORDER BY id"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            check.packs += 1;
            let (code, id): (String, i64) = (row.get(0)?, row.get(22)?);
            let folded = fold(&code, &events_of(&self.conn, id, &code)?);
            if folded.ok() != Some(rows::pack(row)?) {
                check.wrong_packs.push(code);
            }
        }
        let mut wrong = self.conn.prepare(WRONG_LOTS)?;
        let names = wrong.query_map([], |row| row.get::<_, String>(0))?;
        check.wrong_lots = names.collect::<Result<_, _>>()?;
        Ok(check)
    }

    fn check_chain(&self, check: &mut StreamCheck) -> Result<(), StoreError> {
        let mut statement = self.conn.prepare(
            "SELECT e.stream, e.seq, e.kind, k.code, e.at, e.actor, e.body, e.bill, e.partner, e.visit, e.patient, e.line,
                e.hash FROM trace_events e JOIN trace_packs k ON k.id = e.pack ORDER BY e.stream, e.seq",
        )?;
        let mut rows = statement.query([])?;
        let mut last: Option<(i64, u64, Hash)> = None;
        while let Some(row) = rows.next()? {
            check.events += 1;
            let (stream, seq): (i64, i64) = (row.get(0)?, row.get(1)?);
            let text = |at: usize| row.get::<_, String>(at);
            let (visit, patient): (Option<i64>, Option<i64>) = (row.get(9)?, row.get(10)?);
            let line: Option<u16> = row.get(11)?;
            let (expected, before) = match last {
                Some((of, seq, hash)) if of == stream => (seq + 1, hash),
                _ => (1, Hash::START),
            };
            let hash = chain(
                before,
                &[
                    &seq.to_string(),
                    &text(2)?,
                    &text(3)?,
                    &row.get::<_, i64>(4)?.to_string(),
                    &text(5)?,
                    &text(6)?,
                    &text(7)?,
                    &text(8)?,
                    &format!("{visit:?} {patient:?} {line:?}"),
                ],
            );
            if seq as u64 != expected || hash.0 != row.get::<_, [u8; 32]>(12)? {
                check.broken_at = Some(seq as u64);
                return Ok(());
            }
            last = Some((stream, seq as u64, hash));
        }
        check.head = last.map(|(_, seq, hash)| (seq, hash));
        Ok(())
    }
}

const WRONG_LOTS: &str = "SELECT l.product || ' ' || l.lot FROM trace_lots l LEFT JOIN
    (SELECT product, lot, coalesce(expiry, '') AS expiry, sum(received) AS received, sum(dispensed) AS dispensed,
        sum(shelf) AS shelf, sum(held) AS held FROM trace_packs WHERE state IS NOT NULL
     GROUP BY product, lot, coalesce(expiry, '')) p
    ON p.product = l.product AND p.lot = l.lot AND p.expiry = l.expiry
    WHERE l.received <> coalesce(p.received, 0) OR l.dispensed <> coalesce(p.dispensed, 0)
        OR l.shelf <> coalesce(p.shelf, 0) OR l.held <> coalesce(p.held, 0)";

fn given_sql((from, filter): (&str, &str)) -> String {
    format!(
        "SELECT k.code, k.product, k.lot, coalesce(e.body ->> 'units', k.units), e.at, e.visit, e.patient, e.line,
                p.name, coalesce(p.phone, '')
             FROM {from} JOIN patients p ON p.id = e.patient
             WHERE {filter} AND e.kind IN ('dispense-whole', 'dispense-part')
                AND NOT EXISTS (SELECT 1 FROM trace_events r WHERE r.stream = e.stream AND r.reverses = e.seq)
             ORDER BY e.at, k.code"
    )
}

/// From the packs to what was given of them, by indexes that hold all that is asked: a page that is not read need not be
/// decrypted.
const GIVEN_OF_PACKS: &str =
    "trace_packs k CROSS JOIN trace_events e INDEXED BY trace_events_given ON e.pack = k.id";

const EVENT_COLUMNS: &str = "s.station, s.stream, e.seq, e.kind, e.at, e.actor, e.body, e.bill, e.partner, e.visit, \
    e.patient, e.line, e.reverses, e.pack";

pub(super) fn events_of(
    conn: &Connection,
    pack: i64,
    code: &str,
) -> Result<Vec<Event>, StoreError> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {EVENT_COLUMNS} FROM trace_events e JOIN trace_streams s ON s.id = e.stream WHERE e.pack = ?1
         ORDER BY e.at, e.stream, e.seq"
    ))?;
    let mut rows = statement.query([pack])?;
    let mut events = vec![];
    while let Some(row) = rows.next()? {
        events.push(read_event(row, code)?);
    }
    // The clock may have been set back: within a stream the numbers tell the order.
    events.sort_by(|a, b| (&a.key.stream, a.key.seq).cmp(&(&b.key.stream, b.key.seq)));
    Ok(events)
}

fn read_event(row: &rusqlite::Row<'_>, code: &str) -> Result<Event, StoreError> {
    let key =
        EventKey { station: row.get(0)?, stream: row.get(1)?, seq: row.get::<_, i64>(2)? as u64 };
    let (kind, body): (String, String) = (row.get(3)?, row.get(6)?);
    let reverses = row.get::<_, Option<i64>>(12)?.map(|seq| seq as u64);
    let context = Context {
        bill: row.get(7)?,
        partner: row.get(8)?,
        visit: row.get(9)?,
        patient: row.get(10)?,
        line: row.get(11)?,
    };
    event(
        code,
        key,
        (&kind, &body, reverses),
        (Instant::from_millis(row.get(4)?), row.get(5)?, context),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::{CAREFUL, station};

    /// What SQLite does for a question, step by step.
    fn plan(store: &Store, sql: &str) -> Vec<String> {
        let mut statement = store.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let count = statement.parameter_count();
        let rows = statement
            .query_map(rusqlite::params_from_iter(vec!["x"; count]), |row| row.get(3))
            .unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_recall_reads_packs_and_what_was_given_of_them_from_indexes_alone() {
        let (_dir, layout, dek) = station();
        let store = Store::open(&layout, &dek, CAREFUL).unwrap();
        let packs =
            format!("SELECT {PACK_COLUMNS} FROM trace_packs WHERE product = ?1 ORDER BY lot, code");
        assert_eq!(
            plan(&store, &packs),
            ["SEARCH trace_packs USING COVERING INDEX trace_packs_lot (product=?)"]
        );
        let given = given_sql((GIVEN_OF_PACKS, "k.product = ?1"));
        let plan = plan(&store, &given);
        for step in [
            "SEARCH k USING COVERING INDEX trace_packs_lot (product=?)",
            "SEARCH e USING COVERING INDEX trace_events_given (pack=? AND kind=?)",
        ] {
            assert!(plan.iter().any(|one| one == step), "{step}: {plan:?}");
        }
    }
}
