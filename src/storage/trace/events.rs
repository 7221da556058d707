//! Writing: each event is checked against the pack as it is in the same transaction; all of a batch or none.
use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};

use super::super::{Books, Store, StoreError, outbox};
use super::rows::{self, PACK_COLUMNS};
use crate::domain::audit::{Hash, Stamp};
use crate::domain::trace::bill::{Bill, bill_code};
use crate::domain::trace::history::{Event, EventKey, NewEvent, What, reversed};
use crate::domain::trace::ledger::step;
use crate::domain::trace::pack::{Pack, State};
use crate::domain::trace::recall::Recall;

/// What belongs together: kept whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct TraceBatch {
    pub events: Vec<NewEvent>,
    /// Their codes are given here, from the first event.
    pub bills: Vec<Bill>,
    pub recall: Option<Recall>,
}

/// What was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceReceipt {
    pub first: EventKey,
    pub last: u64,
    pub bills: Vec<String>,
    /// The packs after it, in the order of the batch's codes.
    pub packs: Vec<Pack>,
}

/// The stream events of this station are written to.
struct Stream {
    id: i64,
    station: String,
    name: String,
    seq: u64,
    head: Hash,
}

impl Store {
    /// Writes events, bills and the audit entry in one transaction, after asking for each event whether it may be.
    pub fn trace_write(
        &mut self,
        (batch, action): (&TraceBatch, &str),
        object: &str,
        stamp: &Stamp,
    ) -> Result<TraceReceipt, StoreError> {
        self.write(|books| {
            let mut stream = stream(books)?;
            let before = stream.seq;
            if let Some(recall) = &batch.recall {
                write_recall(books, recall, stamp)?;
            }
            let mut packs: Vec<Pack> = vec![];
            let mut begins: HashMap<&str, u64> = HashMap::new();
            for event in &batch.events {
                begins.entry(event.code.as_str()).or_insert(stream.seq + 1);
                if let Some(pack) = apply(books, &mut stream, event, stamp)? {
                    packs.retain(|known| known.code != pack.code);
                    packs.push(pack);
                }
            }
            let first = EventKey {
                station: stream.station.clone(),
                stream: stream.name.clone(),
                seq: before + 1,
            };
            let mut bills = vec![];
            for (n, bill) in batch.bills.iter().enumerate() {
                let alike = batch.bills.iter().take(n).filter(|b| b.kind == bill.kind).count();
                for (piece, part) in bill.parts().enumerate() {
                    // Each further bill or piece is named by the first event of its first code, so that no two are one.
                    let begin = part.lines.first().and_then(|line| begins.get(line.code.as_str()));
                    let further = piece + alike > 0;
                    let seq = begin
                        .copied()
                        .filter(|seq| further && *seq != first.seq)
                        .unwrap_or(first.seq + alike as u64);
                    let of = EventKey { seq, ..first.clone() };
                    bills.push(write_bill(books, &part, &of, stamp)?);
                }
            }
            let object =
                format!("{object} events:{}-{} head:{}", before + 1, stream.seq, stream.head);
            books.log(stamp, action, object)?;
            Ok(TraceReceipt { first, last: stream.seq, bills, packs })
        })
    }
}

fn stream(books: &Books<'_>) -> Result<Stream, StoreError> {
    let (station, epoch): (String, u32) = books
        .prepare_cached("SELECT id, epoch FROM station")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let name = format!("trace.{epoch}");
    let found: Option<i64> = books
        .prepare_cached("SELECT id FROM trace_streams WHERE station = ?1 AND stream = ?2")?
        .query_row((&station, &name), |row| row.get(0))
        .optional()?;
    let id = if let Some(id) = found {
        id
    } else {
        books.execute(
            "INSERT INTO trace_streams (station, stream) VALUES (?1, ?2)",
            (&station, &name),
        )?;
        books.last_insert_rowid()
    };
    let last: Option<(i64, [u8; 32])> = books
        .prepare_cached(
            "SELECT seq, hash FROM trace_events WHERE stream = ?1 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, head) = last.map_or((0, Hash::START), |(seq, hash)| (seq as u64, Hash(hash)));
    Ok(Stream { id, station, name, seq, head })
}

fn apply(
    books: &Books<'_>,
    stream: &mut Stream,
    new: &NewEvent,
    stamp: &Stamp,
) -> Result<Option<Pack>, StoreError> {
    let (row, before) = find(books, &new.code)?;
    let refused = |refusal| StoreError::Refused { code: new.code.clone(), refusal };
    let after = match &new.what {
        What::Changed(change) => {
            Some(step(&new.code, before.as_ref(), change, stamp.at.day()).map_err(refused)?)
        }
        What::Reversed { of, .. } => {
            let events = super::look::events_of(books, row.unwrap_or(-1), &new.code)?;
            reversed(&new.code, &events, of).map_err(refused)?
        }
    };
    let row = keep_pack(books, row, (before.as_ref(), after.as_ref()))?;
    sum_lot(books, before.as_ref(), -1)?;
    sum_lot(books, after.as_ref(), 1)?;
    keep_event(books, stream, (row, new), stamp)?;
    Ok(after)
}

pub(super) fn find(
    books: &rusqlite::Connection,
    code: &str,
) -> Result<(Option<i64>, Option<Pack>), StoreError> {
    let mut statement = books
        .prepare_cached(&format!("SELECT {PACK_COLUMNS}, id FROM trace_packs WHERE code = ?1"))?;
    let mut rows = statement.query([code])?;
    match rows.next()? {
        None => Ok((None, None)),
        Some(row) => Ok((Some(row.get(22)?), rows::pack(row)?)),
    }
}

fn keep_pack(
    books: &Books<'_>,
    row: Option<i64>,
    (before, after): (Option<&Pack>, Option<&Pack>),
) -> Result<i64, StoreError> {
    let Some(pack) = after.or(before) else {
        return Err(StoreError::NotFound { what: "pack" });
    };
    let day = |day: Option<crate::domain::age::Day>| day.map(|day| day.to_string());
    let state = after.map(|pack| pack.state.id());
    let nothing = crate::domain::trace::pack::Tally::default();
    // A pack whose events were all taken back has no units.
    let (shelf, held, tally) =
        after.map_or((0, 0, &nothing), |pack| (pack.shelf, pack.held, &pack.tally));
    books
        .prepare_cached(&format!(
            "INSERT INTO trace_packs ({PACK_COLUMNS}, id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
                ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
             ON CONFLICT (id) DO UPDATE SET product = ?2, lot = ?3, made = ?4, expiry = ?5, level = ?6, parent = ?7,
                units = ?8, state = ?9, shelf = ?10, held = ?11, place = ?12, label_lost = ?13, from_patient = ?14,
                recall = ?15, received = ?16, dispensed = ?17, back = ?18, sent_back = ?19, destroyed = ?20, lost = ?21,
                found = ?22"
        ))?
        .execute(params![
            pack.code,
            pack.product,
            pack.lot,
            day(pack.made),
            day(pack.expiry),
            pack.level,
            pack.parent,
            pack.units,
            state,
            shelf,
            held,
            pack.place,
            pack.label_lost,
            pack.from_patient,
            pack.recall,
            tally.received,
            tally.dispensed,
            tally.back,
            tally.sent_back,
            tally.destroyed,
            tally.lost,
            tally.found,
            row,
        ])?;
    Ok(row.unwrap_or_else(|| books.last_insert_rowid()))
}

/// Adds (`sign` 1) or takes off (−1) what a pack means for its lot.
fn sum_lot(books: &Books<'_>, pack: Option<&Pack>, sign: i64) -> Result<(), StoreError> {
    let Some(pack) = pack else { return Ok(()) };
    let t = &pack.tally;
    let n = |count: u32| sign * i64::from(count);
    let flag = |is: bool| if is { sign } else { 0 };
    books
        .prepare_cached(
            "INSERT INTO trace_lots (product, lot, expiry, received, dispensed, back, sent_back, destroyed, lost, found,
                shelf, held, packs, open, expected)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             ON CONFLICT (product, lot, expiry) DO UPDATE SET received = received + ?4, dispensed = dispensed + ?5,
                back = back + ?6, sent_back = sent_back + ?7, destroyed = destroyed + ?8, lost = lost + ?9,
                found = found + ?10, shelf = shelf + ?11, held = held + ?12, packs = packs + ?13, open = open + ?14,
                expected = expected + ?15",
        )?
        .execute(params![
            pack.product,
            pack.lot,
            pack.expiry.map_or_else(String::new, |day| day.to_string()),
            n(t.received),
            n(t.dispensed),
            n(t.back),
            n(t.sent_back),
            n(t.destroyed),
            n(t.lost),
            n(t.found),
            n(pack.shelf),
            n(pack.held),
            flag(pack.shelf > 0),
            flag(pack.is_open()),
            flag(pack.state == State::Expected && !pack.is_case()),
        ])?;
    Ok(())
}

fn keep_event(
    books: &Books<'_>,
    stream: &mut Stream,
    (pack, new): (i64, &NewEvent),
    stamp: &Stamp,
) -> Result<(), StoreError> {
    let body = rows::what_to_json(&new.what)?;
    let reverses = match &new.what {
        What::Reversed { of, .. } if of.station == stream.station && of.stream == stream.name => {
            Some(of.seq as i64)
        }
        // Events of another station or of before a restore are not taken back here.
        What::Reversed { .. } => {
            let refusal = crate::domain::trace::refusal::Refusal::NothingToReverse;
            return Err(StoreError::Refused { code: new.code.clone(), refusal });
        }
        What::Changed(_) => None,
    };
    let seq = stream.seq + 1;
    let kind = new.what.kind();
    let hash = chained(stream, seq, (new, &body), stamp);
    let context = &new.context;
    books
        .prepare_cached(
            "INSERT INTO trace_events (stream, seq, pack, kind, at, actor, body, bill, partner, visit, patient, line,
                reverses, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            stream.id,
            seq as i64,
            pack,
            kind,
            stamp.at.millis(),
            stamp.actor,
            body,
            context.bill,
            context.partner,
            context.visit,
            context.patient,
            context.line,
            reverses,
            hash.0,
        ])?;
    (stream.seq, stream.head) = (seq, hash);
    Ok(())
}

fn chained(stream: &Stream, seq: u64, (new, body): (&NewEvent, &str), stamp: &Stamp) -> Hash {
    chain(
        stream.head,
        &[
            &seq.to_string(),
            new.what.kind(),
            &new.code,
            &stamp.at.millis().to_string(),
            &stamp.actor,
            body,
            &new.context.bill,
            &new.context.partner,
            &format!("{:?} {:?} {:?}", new.context.visit, new.context.patient, new.context.line),
        ],
    )
}

/// Each field with its length in front, after the hash before.
pub(super) fn chain(before: Hash, fields: &[&str]) -> Hash {
    let mut bytes = before.0.to_vec();
    for field in fields {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field.as_bytes());
    }
    Hash::of(&bytes)
}

fn write_bill(
    books: &Books<'_>,
    bill: &Bill,
    first: &EventKey,
    stamp: &Stamp,
) -> Result<String, StoreError> {
    let code = bill_code(first, bill.kind);
    for target in bill.kind.targets() {
        if let Some(bill) = bill.for_target(*target) {
            let body = rows::bill_to_json(&Bill { code: code.clone(), ..bill })?;
            outbox::write_message(books, (target.id(), code.clone()), &body, stamp)?;
        }
    }
    Ok(code)
}

fn write_recall(books: &Books<'_>, recall: &Recall, stamp: &Stamp) -> Result<(), StoreError> {
    let lots = serde_json::to_string(&recall.lots)
        .map_err(|error| StoreError::unreadable(error.to_string()))?;
    let (first, last) = recall.codes.clone().unzip();
    books.execute(
        "INSERT INTO trace_recalls (id, class, nature, product, lots, first_code, last_code, reason, at, actor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            recall.id,
            recall.class,
            recall.nature.id(),
            recall.product,
            lots,
            first,
            last,
            recall.reason,
            stamp.at.millis(),
            stamp.actor
        ],
    )?;
    Ok(())
}

/// An event as read from its row; used by the fold and by the check of the whole stream.
pub(super) fn event(
    code: &str,
    key: EventKey,
    (kind, body, reverses): (&str, &str, Option<u64>),
    rest: (crate::domain::instant::Instant, String, crate::domain::trace::history::Context),
) -> Result<Event, StoreError> {
    let of = reverses.map(|seq| EventKey { seq, ..key.clone() });
    let what = rows::what_from_json(kind, body, of)?;
    let (at, actor, context) = rest;
    Ok(Event { key, at, actor, event: NewEvent { code: code.to_owned(), what, context } })
}
