//! Deliveries and their parts: queued in one transaction, moved on part by part, closed by a receipt.
use rusqlite::{OptionalExtension, Row};

use super::keep_blob;
use crate::domain::audit::{Hash, Stamp};
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::share::consent::Purpose;
use crate::domain::share::parts::{Event, Impossible, State, overall, step};
use crate::domain::share::trouble::Trouble;
use crate::domain::share::{DeliveryId, HubId, ItemId};
use crate::storage::{Books, Store, StoreError, rows};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    Share,
    Withdraw,
}

impl Act {
    pub fn id(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Withdraw => "withdraw",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Share, Self::Withdraw].into_iter().find(|act| act.id() == text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartKind {
    Instance,
    Transaction,
}

impl PartKind {
    pub fn id(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Transaction => "transaction",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Instance, Self::Transaction].into_iter().find(|kind| kind.id() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryPart {
    pub part: u32,
    pub kind: PartKind,
    /// SOP UID, or the resource that stands for the transaction.
    pub reference: String,
    pub sha256: Hash,
    pub bytes: u64,
    pub state: State,
    pub last_word: String,
    pub verified: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub item: ItemId,
    pub hub: HubId,
    pub act: Act,
    pub purpose: Purpose,
    pub consent: Option<i64>,
    pub priority: u8,
    pub bytes: u64,
    pub state: State,
    pub attempts: u32,
    pub next_try: Instant,
    pub error_class: String,
    pub last_word: String,
    pub failed_since: Option<Instant>,
    pub created: Instant,
    /// Serial: one patient's records go one after the other.
    pub patient: Option<PatientId>,
    pub parts: Vec<DeliveryPart>,
}

/// A part before it is queued. `content` is kept unless it is here already.
#[derive(Clone, Debug)]
pub struct NewPart {
    pub kind: PartKind,
    pub reference: String,
    pub sha256: Hash,
    pub bytes: u64,
    pub content: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub struct NewDelivery {
    pub item: ItemId,
    pub hub: HubId,
    pub act: Act,
    pub purpose: Purpose,
    pub consent: Option<i64>,
    pub priority: u8,
    pub parts: Vec<NewPart>,
}

#[derive(Clone, Debug)]
pub struct NewReceipt {
    pub hub: String,
    pub software: String,
    pub hub_time: String,
    pub raw: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub delivery: DeliveryId,
    pub hub: String,
    pub software: String,
    /// Over the hashes of all parts, in order.
    pub sha256: Hash,
    pub hub_time: String,
    pub raw: String,
    pub at: Instant,
}

/// How many deliveries stand where, and how much they weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    pub state: State,
    pub count: u64,
    pub bytes: u64,
}

const COLUMNS: &str = "d.id, d.item_id, d.hub_id, d.act, d.purpose, d.consent_id, d.priority, d.bytes, d.state, d.attempts,
    d.next_try, d.error_class, d.last_word, d.failed_since, d.created_at, i.patient_id";

impl Store {
    /// Signs and queues: the delivery, its parts and their contents, the audit entry, all or none.
    pub fn queue_delivery(
        &mut self,
        new: &NewDelivery,
        stamp: &Stamp,
    ) -> Result<DeliveryId, StoreError> {
        let bytes: u64 = new.parts.iter().map(|part| part.bytes).sum();
        self.write(|books| {
            books
                .prepare_cached(
                    "INSERT INTO deliveries (item_id, hub_id, act, purpose, consent_id, priority, bytes, state, attempts,
                        next_try, error_class, last_word, created_at, created_by)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'queued', 0, ?8, '', '', ?8, ?9)",
                )?
                .execute((
                    new.item.0, new.hub.0, new.act.id(), new.purpose.id(), new.consent, new.priority,
                    bytes as i64, stamp.at.millis(), stamp.user.0,
                ))?;
            let id = DeliveryId(books.last_insert_rowid());
            for (number, part) in new.parts.iter().enumerate() {
                if let Some(content) = &part.content {
                    keep_blob(books, part.sha256, content, stamp.at)?;
                }
                books
                    .prepare_cached(
                        "INSERT INTO delivery_parts (delivery_id, part, kind, reference, sha256, bytes, state, last_word)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'queued', '')",
                    )?
                    .execute((
                        id.0, number as i64, part.kind.id(), &part.reference, part.sha256.0, part.bytes as i64,
                    ))?;
            }
            let object = format!(
                "delivery:{} item:{} hub:{} {} purpose:{} sha256:{}",
                id.0, new.item.0, new.hub.0, new.act.id(), new.purpose.id(),
                whole_hash(new.parts.iter().map(|part| part.sha256))
            );
            books.log(stamp, Action::QueueShare.id(), object)?;
            Ok(id)
        })
    }

    pub fn delivery(&self, id: DeliveryId) -> Result<Delivery, StoreError> {
        self.deliveries_where("d.id = ?1", [id.0])?
            .pop()
            .ok_or(StoreError::NotFound { what: "delivery" })
    }

    /// Newest first.
    pub fn deliveries(&self, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        self.deliveries_where("1 ORDER BY d.id DESC LIMIT ?1", [limit])
    }

    pub fn deliveries_of(&self, item: ItemId, hub: HubId) -> Result<Vec<Delivery>, StoreError> {
        self.deliveries_where("d.item_id = ?1 AND d.hub_id = ?2 ORDER BY d.id", (item.0, hub.0))
    }

    /// What may go to this hub now: urgent before text before images, small before large, one behind the other.
    /// Every waiting delivery is listed; those whose time has not come are the caller's to see.
    pub fn waiting_deliveries(&self, hub: HubId, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        self.deliveries_where(
            "d.hub_id = ?1 AND d.state IN ('queued', 'sending', 'sent') ORDER BY d.priority, d.id LIMIT ?2",
            (hub.0, limit),
        )
    }

    pub fn tally(&self) -> Result<Vec<Tally>, StoreError> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT state, count(*), sum(bytes) FROM deliveries GROUP BY state")?;
        let rows = statement.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        })?;
        rows.map(|row| {
            let (state, count, bytes) = row?;
            let state = rows::word("state of a delivery", &state, State::parse)?;
            Ok(Tally { state, count: count as u64, bytes: bytes as u64 })
        })
        .collect()
    }

    fn deliveries_where(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM deliveries d JOIN share_items i ON i.id = d.item_id WHERE {sql}"
        ))?;
        let rows = statement.query_map(params, |row| Ok(read(row)))?;
        let mut deliveries: Vec<Delivery> = rows.map(|row| row?).collect::<Result<_, _>>()?;
        for delivery in &mut deliveries {
            delivery.parts = self.parts(delivery.id)?;
        }
        Ok(deliveries)
    }

    fn parts(&self, id: DeliveryId) -> Result<Vec<DeliveryPart>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT part, kind, reference, sha256, bytes, state, last_word, verified_at FROM delivery_parts
             WHERE delivery_id = ?1 ORDER BY part",
        )?;
        let rows = statement.query_map([id.0], |row| Ok(read_part(row)))?;
        rows.map(|row| row?).collect()
    }

    /// Moves one part on, and its delivery with it.
    pub fn part_event(
        &mut self,
        (id, part): (DeliveryId, u32),
        event: &Event,
        at: Instant,
    ) -> Result<State, StoreError> {
        self.write(|books| {
            let (state, signed): (String, [u8; 32]) = books
                .prepare_cached("SELECT state, sha256 FROM delivery_parts WHERE delivery_id = ?1 AND part = ?2")?
                .query_row((id.0, part), |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?
                .ok_or(StoreError::NotFound { what: "part of a delivery" })?;
            let state = rows::word("state of a part", &state, State::parse)?;
            let next = step(state, Hash(signed), event).map_err(StoreError::Share)?;
            let word = match event {
                Event::Failed(trouble) => trouble.words_zh(),
                _ => String::new(),
            };
            let verified = (next == State::Verified).then_some(at.millis());
            books
                .prepare_cached(
                    "UPDATE delivery_parts SET state = ?3, last_word = ?4, verified_at = coalesce(?5, verified_at)
                     WHERE delivery_id = ?1 AND part = ?2",
                )?
                .execute((id.0, part, next.id(), word, verified))?;
            settle(books, id)?;
            Ok(next)
        })
    }

    /// Keeps when a failed delivery is tried again, and why.
    pub fn delivery_failed(
        &mut self,
        id: DeliveryId,
        (trouble, next_try): (&Trouble, Option<Instant>),
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            let next = next_try.unwrap_or(stamp.at).millis();
            let counted = i64::from(next_try.is_some());
            books
                .prepare_cached(
                    "UPDATE deliveries SET attempts = attempts + ?2, next_try = ?3, error_class = ?4, last_word = ?5,
                        failed_since = coalesce(failed_since, ?6) WHERE id = ?1",
                )?
                .execute((id.0, counted, next, trouble.class(), trouble.words_zh(), stamp.at.millis()))?;
            settle(books, id)?;
            let state: String =
                books.query_row("SELECT state FROM deliveries WHERE id = ?1", [id.0], |row| row.get(0))?;
            if state.starts_with("held") {
                let object = format!("delivery:{} {state} {}", id.0, trouble.class());
                books.log(stamp, Action::DeliverShare.id(), object)?;
            }
            Ok(())
        })
    }

    /// Every part is verified: writes the receipt and closes the delivery.
    pub fn receipt(
        &mut self,
        id: DeliveryId,
        new: &NewReceipt,
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        let delivery = self.delivery(id)?;
        let whole = whole_hash(delivery.parts.iter().map(|part| part.sha256));
        self.write(|books| {
            for part in delivery.parts.iter().filter(|part| part.state != State::Receipted) {
                let next = step(part.state, part.sha256, &Event::Receipt).map_err(StoreError::Share)?;
                books.execute(
                    "UPDATE delivery_parts SET state = ?3 WHERE delivery_id = ?1 AND part = ?2",
                    (id.0, part.part, next.id()),
                )?;
            }
            settle(books, id)?;
            books.execute(
                "UPDATE deliveries SET error_class = '', last_word = '', failed_since = NULL WHERE id = ?1",
                [id.0],
            )?;
            books.execute(
                "INSERT INTO receipts (delivery_id, hub, software, sha256, hub_time, raw, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (id.0, &new.hub, &new.software, whole.0, &new.hub_time, &new.raw, stamp.at.millis()),
            )?;
            let object = format!("delivery:{} receipted sha256:{whole}", id.0);
            books.log(stamp, Action::DeliverShare.id(), object)?;
            Ok(())
        })
    }

    pub fn receipts(&self, limit: u32) -> Result<Vec<Receipt>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT delivery_id, hub, software, sha256, hub_time, raw, at FROM receipts ORDER BY id DESC LIMIT ?1",
        )?;
        let rows = statement.query_map([limit], |row| {
            Ok(Receipt {
                delivery: DeliveryId(row.get(0)?),
                hub: row.get(1)?,
                software: row.get(2)?,
                sha256: Hash(row.get(3)?),
                hub_time: row.get(4)?,
                raw: row.get(5)?,
                at: Instant::from_millis(row.get(6)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A person's word on a delivery: send it again, or give it up for a newer one.
    pub fn delivery_word(
        &mut self,
        id: DeliveryId,
        event: &Event,
        stamp: &Stamp,
    ) -> Result<State, StoreError> {
        let delivery = self.delivery(id)?;
        self.write(|books| {
            let mut moved = 0;
            for part in &delivery.parts {
                match step(part.state, part.sha256, event) {
                    Ok(next) => {
                        moved += 1;
                        books.execute(
                            "UPDATE delivery_parts SET state = ?3 WHERE delivery_id = ?1 AND part = ?2",
                            (id.0, part.part, next.id()),
                        )?;
                    }
                    // A part that arrived stays where it is.
                    Err(Impossible::NotIn(State::Verified | State::Receipted)) => {}
                    Err(impossible) => return Err(StoreError::Share(impossible)),
                }
            }
            if moved == 0 {
                return Err(StoreError::Share(Impossible::NotIn(delivery.state)));
            }
            settle(books, id)?;
            books.execute(
                "UPDATE deliveries SET attempts = 0, next_try = ?2, failed_since = NULL WHERE id = ?1",
                (id.0, stamp.at.millis()),
            )?;
            let state: String =
                books.query_row("SELECT state FROM deliveries WHERE id = ?1", [id.0], |row| row.get(0))?;
            let object = format!("delivery:{} {state}", id.0);
            books.log(stamp, Action::QueueShare.id(), object)?;
            rows::word("state of a delivery", &state, State::parse)
        })
    }

    /// After a stop of the program: what was being sent is unknown and goes out again, unless it is found there.
    pub fn restart_deliveries(&mut self, hub: HubId) -> Result<u64, StoreError> {
        let unsure = self.deliveries_where(
            "d.hub_id = ?1 AND d.state IN ('sending', 'sent', 'queued') AND EXISTS
                (SELECT 1 FROM delivery_parts p WHERE p.delivery_id = d.id AND p.state = 'sending')",
            [hub.0],
        )?;
        for delivery in &unsure {
            for part in delivery.parts.iter().filter(|part| part.state == State::Sending) {
                self.part_event((delivery.id, part.part), &Event::Restarted, delivery.created)?;
            }
        }
        Ok(unsure.len() as u64)
    }
}

/// One hash for all parts in their order.
fn whole_hash(parts: impl Iterator<Item = Hash>) -> Hash {
    let all: Vec<u8> = parts.flat_map(|hash| hash.0).collect();
    Hash::of(&all)
}

/// A delivery stands where its parts stand.
fn settle(books: &Books<'_>, id: DeliveryId) -> Result<(), StoreError> {
    let mut statement =
        books.prepare_cached("SELECT state FROM delivery_parts WHERE delivery_id = ?1")?;
    let states = statement
        .query_map([id.0], |row| row.get::<_, String>(0))?
        .map(|state| rows::word("state of a part", &state?, State::parse))
        .collect::<Result<Vec<_>, _>>()?;
    books
        .prepare_cached("UPDATE deliveries SET state = ?2 WHERE id = ?1")?
        .execute((id.0, overall(&states).id()))?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Delivery, StoreError> {
    let (act, purpose, state): (String, String, String) = (row.get(3)?, row.get(4)?, row.get(8)?);
    Ok(Delivery {
        id: DeliveryId(row.get(0)?),
        item: ItemId(row.get(1)?),
        hub: HubId(row.get(2)?),
        act: rows::word("act of a delivery", &act, Act::parse)?,
        purpose: rows::word("purpose", &purpose, Purpose::parse)?,
        consent: row.get(5)?,
        priority: row.get(6)?,
        bytes: row.get::<_, i64>(7)? as u64,
        state: rows::word("state of a delivery", &state, State::parse)?,
        attempts: row.get(9)?,
        next_try: Instant::from_millis(row.get(10)?),
        error_class: row.get(11)?,
        last_word: row.get(12)?,
        failed_since: row.get::<_, Option<i64>>(13)?.map(Instant::from_millis),
        created: Instant::from_millis(row.get(14)?),
        patient: row.get::<_, Option<i64>>(15)?.map(PatientId),
        parts: vec![],
    })
}

fn read_part(row: &Row<'_>) -> Result<DeliveryPart, StoreError> {
    let (kind, state): (String, String) = (row.get(1)?, row.get(5)?);
    Ok(DeliveryPart {
        part: row.get(0)?,
        kind: rows::word("kind of a part", &kind, PartKind::parse)?,
        reference: row.get(2)?,
        sha256: Hash(row.get(3)?),
        bytes: row.get::<_, i64>(4)? as u64,
        state: rows::word("state of a part", &state, State::parse)?,
        last_word: row.get(6)?,
        verified: row.get::<_, Option<i64>>(7)?.map(Instant::from_millis),
    })
}
