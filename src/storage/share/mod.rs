//! What is shared: studies and documents with their bytes, hubs, consents, deliveries. Bytes lie in the encrypted
//! database under their SHA-256, in pieces; a read checks the hash.
mod consents;
mod decisions;
mod deliveries;
mod hubs;
mod packages;
mod referrals;

pub use decisions::{NewDecision, RecognitionCount, ReferralStep};
pub use deliveries::{
    Act, Delivery, DeliveryPart, NewDelivery, NewPart, NewReceipt, PartKind, Receipt, Tally,
};
pub use referrals::StationKey;

use rusqlite::{OptionalExtension, Row};

use super::patients::{day, sex_id};
use super::{Books, Store, StoreError, rows};
use crate::domain::age::{Day, Sex};
use crate::domain::audit::{Hash, Stamp};
use crate::domain::instant::Instant;
use crate::domain::patient::{Patient, PatientId};
use crate::domain::role::Action;
use crate::domain::share::matching::Claimed;
use crate::domain::share::{ItemId, Kind};

const PIECE: usize = 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemState {
    Current,
    Superseded,
    Withdrawn,
}

impl ItemState {
    pub fn id(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Current, Self::Superseded, Self::Withdrawn].into_iter().find(|s| s.id() == text)
    }
}

/// A study or document as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: ItemId,
    pub kind: Kind,
    /// Study UID, or the document's number.
    pub key: String,
    pub version: u32,
    pub patient: Option<PatientId>,
    /// `rule`, `person`, or empty.
    pub matched_by: String,
    pub claimed: Claimed,
    pub title: String,
    pub day: Option<Day>,
    pub body: String,
    pub original: Option<Hash>,
    pub original_type: String,
    pub source: String,
    pub state: ItemState,
    pub confirmed: Option<Instant>,
    pub created: Instant,
}

/// A record before it is kept.
#[derive(Clone, Debug)]
pub struct NewItem {
    pub kind: Kind,
    pub key: String,
    pub version: u32,
    pub claimed: Claimed,
    pub title: String,
    pub day: Option<Day>,
    pub body: String,
    /// What came in, as it came in, with its media type.
    pub original: Option<(Vec<u8>, String)>,
    pub source: String,
}

/// An image before it is kept.
#[derive(Clone, Debug)]
pub struct NewInstance<'a> {
    pub sop_uid: &'a str,
    pub line: &'a str,
    pub bytes: &'a [u8],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceRow {
    pub sop_uid: String,
    pub line: String,
    pub sha256: Hash,
    pub bytes: u64,
}

/// What became of what came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    New(ItemId),
    /// It was here already, byte for byte.
    Same(ItemId),
    /// Something else is here under this number; what came in went into quarantine.
    Conflict(ItemId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    pub id: i64,
    pub name: String,
    pub sha256: Hash,
    pub bytes: u64,
    pub reason: String,
    pub at: Instant,
}

const COLUMNS: &str =
    "id, kind, key, version, patient_id, matched_by, name, sex, birth, id_number, title, day, body,
    original, original_type, source, state, confirmed_at, created_at";

impl Store {
    /// Keeps an image in its study. The same image twice is one; the same UID with other bytes is a conflict.
    pub fn keep_instance(
        &mut self,
        study: &NewItem,
        instance: &NewInstance<'_>,
        stamp: &Stamp,
    ) -> Result<Kept, StoreError> {
        let sha256 = Hash::of(instance.bytes);
        self.write(|books| {
            let there: Option<(i64, [u8; 32])> = books
                .prepare_cached("SELECT item_id, sha256 FROM share_instances WHERE sop_uid = ?1")?
                .query_row([instance.sop_uid], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            match there {
                Some((item, hash)) if hash == sha256.0 => return Ok(Kept::Same(ItemId(item))),
                Some((item, _)) => return Ok(Kept::Conflict(ItemId(item))),
                None => {}
            }
            let item = match find_item(books, study)? {
                Some((item, _)) => item,
                None => insert_item(books, study, stamp)?,
            };
            keep_blob(books, sha256, instance.bytes, stamp.at)?;
            books
                .prepare_cached(
                    "INSERT INTO share_instances (sop_uid, item_id, line, sha256, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute((
                    instance.sop_uid,
                    item.0,
                    instance.line,
                    sha256.0,
                    instance.bytes.len() as i64,
                ))?;
            let object = format!("item:{} instance sha256:{sha256}", item.0);
            books.log(stamp, Action::ImportShare.id(), object)?;
            Ok(Kept::New(item))
        })
    }

    /// Keeps a document. A higher version takes the place of the lower ones, which stay.
    pub fn keep_document(&mut self, new: &NewItem, stamp: &Stamp) -> Result<Kept, StoreError> {
        self.write(|books| {
            if let Some((item, body)) = find_item(books, new)? {
                return Ok(if body == new.body { Kept::Same(item) } else { Kept::Conflict(item) });
            }
            let item = insert_item(books, new, stamp)?;
            books.execute(
                "UPDATE share_items SET state = 'superseded' WHERE kind = ?1 AND key = ?2 AND version < ?3 AND state = 'current'",
                (new.kind.id(), &new.key, new.version),
            )?;
            let object = format!("item:{} version:{}", item.0, new.version);
            books.log(stamp, Action::ImportShare.id(), object)?;
            Ok(Kept::New(item))
        })
    }

    /// Keeps what cannot be taken in, with the reason. The same thing for the same reason is kept once.
    pub fn quarantine(
        &mut self,
        (name, bytes): (&str, &[u8]),
        reason: &str,
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        let sha256 = Hash::of(bytes);
        self.write(|books| {
            let new = books.execute(
                "INSERT OR IGNORE INTO share_quarantine (name, sha256, bytes, reason, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                (name, sha256.0, bytes.len() as i64, reason, stamp.at.millis()),
            )?;
            if new > 0 {
                keep_blob(books, sha256, bytes, stamp.at)?;
                let object = format!("quarantine sha256:{sha256}");
                books.log(stamp, Action::ImportShare.id(), object)?;
            }
            Ok(())
        })
    }

    pub fn quarantined(&self, limit: u32) -> Result<Vec<Quarantined>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, name, sha256, bytes, reason, at FROM share_quarantine ORDER BY id DESC LIMIT ?1",
        )?;
        let rows = statement.query_map([limit], |row| {
            Ok(Quarantined {
                id: row.get(0)?,
                name: row.get(1)?,
                sha256: Hash(row.get(2)?),
                bytes: row.get::<_, i64>(3)? as u64,
                reason: row.get(4)?,
                at: Instant::from_millis(row.get(5)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The content of this hash; what does not fit its hash is not given out.
    pub fn blob(&self, sha256: Hash) -> Result<Vec<u8>, StoreError> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT content FROM blob_pieces WHERE sha256 = ?1 ORDER BY piece")?;
        let mut rows = statement.query([sha256.0])?;
        let mut content = vec![];
        while let Some(row) = rows.next()? {
            content.extend_from_slice(
                row.get_ref(0)?
                    .as_blob()
                    .map_err(|_| StoreError::unreadable("a piece of a content is no bytes"))?,
            );
        }
        if Hash::of(&content) != sha256 {
            return Err(StoreError::unreadable(format!("content {sha256} does not fit its hash")));
        }
        Ok(content)
    }

    pub fn item(&self, id: ItemId) -> Result<Item, StoreError> {
        self.items_where("id = ?1", [id.0])?
            .pop()
            .ok_or(StoreError::NotFound { what: "shared record" })
    }

    /// All that is current, oldest first.
    pub fn items(&self, limit: u32) -> Result<Vec<Item>, StoreError> {
        self.items_where("state = 'current' ORDER BY id LIMIT ?1", [limit])
    }

    pub fn items_of(&self, patient: PatientId) -> Result<Vec<Item>, StoreError> {
        self.items_where("patient_id = ?1 AND state = 'current' ORDER BY id", [patient.0])
    }

    /// One version of a record.
    pub fn item_version(
        &self,
        kind: Kind,
        key: &str,
        version: u32,
    ) -> Result<Option<Item>, StoreError> {
        let found =
            self.items_where("kind = ?1 AND key = ?2 AND version = ?3", (kind.id(), key, version))?;
        Ok(found.into_iter().next())
    }

    pub(super) fn items_where(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<Item>, StoreError> {
        let mut statement =
            self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM share_items WHERE {sql}"))?;
        let rows = statement.query_map(params, |row| Ok(read(row)))?;
        rows.map(|row| row?).collect()
    }

    pub fn instances(&self, item: ItemId) -> Result<Vec<InstanceRow>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT sop_uid, line, sha256, bytes FROM share_instances WHERE item_id = ?1 ORDER BY rowid",
        )?;
        let rows = statement.query_map([item.0], |row| {
            Ok(InstanceRow {
                sop_uid: row.get(0)?,
                line: row.get(1)?,
                sha256: Hash(row.get(2)?),
                bytes: row.get::<_, i64>(3)? as u64,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One image by its UID.
    pub fn instance(&self, sop_uid: &str) -> Result<InstanceRow, StoreError> {
        self.conn
            .prepare_cached(
                "SELECT sop_uid, line, sha256, bytes FROM share_instances WHERE sop_uid = ?1",
            )?
            .query_row([sop_uid], |row| {
                Ok(InstanceRow {
                    sop_uid: row.get(0)?,
                    line: row.get(1)?,
                    sha256: Hash(row.get(2)?),
                    bytes: row.get::<_, i64>(3)? as u64,
                })
            })
            .optional()?
            .ok_or(StoreError::NotFound { what: "image" })
    }

    /// Keeps a content that belongs to no record by itself.
    pub fn keep_content(&mut self, content: &[u8], at: Instant) -> Result<Hash, StoreError> {
        let sha256 = Hash::of(content);
        self.write(|books| keep_blob(books, sha256, content, at))?;
        Ok(sha256)
    }

    /// Says whose record it is. `by` = `rule` or `person`.
    pub fn match_item(
        &mut self,
        item: ItemId,
        (patient, by): (PatientId, &str),
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            let sent: i64 = books.query_row(
                "SELECT count(*) FROM deliveries d JOIN share_items i ON i.id = d.item_id
                 WHERE i.id = ?1 AND i.patient_id IS NOT NULL AND i.patient_id <> ?2 AND d.state NOT IN ('superseded')",
                (item.0, patient.0),
                |row| row.get(0),
            )?;
            if sent > 0 {
                return Err(StoreError::Sealed);
            }
            let changed = books.execute(
                "UPDATE share_items SET patient_id = ?2, matched_by = ?3 WHERE id = ?1",
                (item.0, patient.0, by),
            )?;
            if changed == 0 {
                return Err(StoreError::NotFound { what: "shared record" });
            }
            let object = format!("item:{} patient:{} by:{by}", item.0, patient.0);
            books.log(stamp, Action::MatchShare.id(), object)?;
            Ok(())
        })
    }

    /// Takes a record back: it stays, marked so.
    pub fn withdraw_item(&mut self, item: ItemId, stamp: &Stamp) -> Result<(), StoreError> {
        self.write(|books| {
            let changed = books
                .execute("UPDATE share_items SET state = 'withdrawn' WHERE id = ?1", [item.0])?;
            if changed == 0 {
                return Err(StoreError::NotFound { what: "shared record" });
            }
            books.log(stamp, Action::QueueShare.id(), format!("item:{} withdrawn", item.0))?;
            Ok(())
        })
    }

    /// The patient to whom a record of the same name and the same local number (never a blank one) was matched.
    pub fn patient_of_claim(&self, claimed: &Claimed) -> Result<Option<PatientId>, StoreError> {
        if claimed.id_number.trim().is_empty() || claimed.name.trim().is_empty() {
            return Ok(None);
        }
        let mut statement = self.conn.prepare_cached(
            "SELECT DISTINCT patient_id FROM share_items WHERE name = ?1 AND id_number = ?2 AND patient_id IS NOT NULL LIMIT 2",
        )?;
        let ids = statement
            .query_map((&claimed.name, &claimed.id_number), |row| row.get::<_, i64>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(match ids.as_slice() {
            [one] => Some(PatientId(*one)),
            _ => None,
        })
    }

    /// People whom a record may be about: the same ID number, or the same name.
    pub fn people_like(&self, claimed: &Claimed) -> Result<Vec<Patient>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id FROM patients WHERE (?1 <> '' AND id_number = ?1)
                OR replace(replace(name, ' ', ''), '·', '') = replace(replace(?2, ' ', ''), '·', '') COLLATE NOCASE
             ORDER BY id LIMIT 50",
        )?;
        let ids = statement
            .query_map((claimed.id_number.trim(), &claimed.name), |row| row.get::<_, i64>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        ids.into_iter().map(|id| self.patient(PatientId(id))).collect()
    }
}

fn find_item(books: &Books<'_>, new: &NewItem) -> Result<Option<(ItemId, String)>, StoreError> {
    let found = books
        .prepare_cached(
            "SELECT id, body FROM share_items WHERE kind = ?1 AND key = ?2 AND version = ?3",
        )?
        .query_row((new.kind.id(), &new.key, new.version), |row| {
            Ok((ItemId(row.get(0)?), row.get(1)?))
        })
        .optional()?;
    Ok(found)
}

fn insert_item(books: &Books<'_>, new: &NewItem, stamp: &Stamp) -> Result<ItemId, StoreError> {
    let original = match &new.original {
        Some((bytes, _)) => {
            let sha256 = Hash::of(bytes);
            keep_blob(books, sha256, bytes, stamp.at)?;
            Some(sha256.0)
        }
        None => None,
    };
    books
        .prepare_cached(
            "INSERT INTO share_items (kind, key, version, matched_by, name, sex, birth, id_number, title, day, body,
                original, original_type, source, state, created_at, created_by)
             VALUES (?1, ?2, ?3, '', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'current', ?14, ?15)",
        )?
        .execute(rusqlite::params![
            new.kind.id(),
            new.key,
            new.version,
            new.claimed.name,
            sex_id(new.claimed.sex),
            new.claimed.birth.map(|day| day.to_string()),
            new.claimed.id_number,
            new.title,
            new.day.map(|day| day.to_string()),
            new.body,
            original,
            new.original.as_ref().map_or("", |(_, kind)| kind.as_str()),
            new.source,
            stamp.at.millis(),
            stamp.user.0,
        ])?;
    Ok(ItemId(books.last_insert_rowid()))
}

pub(super) fn keep_blob(
    books: &Books<'_>,
    sha256: Hash,
    bytes: &[u8],
    at: Instant,
) -> Result<(), StoreError> {
    let new = books
        .prepare_cached("INSERT OR IGNORE INTO blobs (sha256, bytes, kept_at) VALUES (?1, ?2, ?3)")?
        .execute((sha256.0, bytes.len() as i64, at.millis()))?;
    if new == 0 {
        return Ok(());
    }
    let mut piece = books
        .prepare_cached("INSERT INTO blob_pieces (sha256, piece, content) VALUES (?1, ?2, ?3)")?;
    for (number, content) in bytes.chunks(PIECE).enumerate() {
        piece.execute((sha256.0, number as i64, content))?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Item, StoreError> {
    let (kind, sex, state): (String, String, String) = (row.get(1)?, row.get(7)?, row.get(16)?);
    Ok(Item {
        id: ItemId(row.get(0)?),
        kind: rows::word("kind of shared record", &kind, Kind::parse)?,
        key: row.get(2)?,
        version: row.get(3)?,
        patient: row.get::<_, Option<i64>>(4)?.map(PatientId),
        matched_by: row.get(5)?,
        claimed: Claimed {
            name: row.get(6)?,
            sex: rows::word("sex", &sex, Sex::parse)?,
            birth: day(row.get(8)?)?,
            id_number: row.get(9)?,
        },
        title: row.get(10)?,
        day: day(row.get(11)?)?,
        body: row.get(12)?,
        original: row.get::<_, Option<[u8; 32]>>(13)?.map(Hash),
        original_type: row.get(14)?,
        source: row.get(15)?,
        state: rows::word("state of a shared record", &state, ItemState::parse)?,
        confirmed: row.get::<_, Option<i64>>(17)?.map(Instant::from_millis),
        created: Instant::from_millis(row.get(18)?),
    })
}
