//! The hubs table: ways in as JSON, what was learnt beside it.
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::domain::audit::Stamp;
use crate::domain::instant::Instant;
use crate::domain::role::Action;
use crate::domain::share::HubId;
use crate::domain::share::hub::{Hub, Ways};
use crate::storage::{Store, StoreError};

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct WaysRow {
    fhir: String,
    dicomweb: String,
    dimse: String,
    calling_aet: String,
    dimse_tls: bool,
    folder: String,
    seal_to: String,
    receipt_key: String,
    ca: String,
    certificate: String,
    key: String,
}

const COLUMNS: &str =
    "id, name, ways, stopped, stopped_class, tested_at, software, refused_bytes, skew_s, last_ok,
    failures, next_try";

impl Store {
    /// Adds a hub, or changes the ways of the one of this name; it has to pass its self-test anew.
    pub fn set_hub(&mut self, name: &str, ways: &Ways, stamp: &Stamp) -> Result<HubId, StoreError> {
        let w = ways.clone();
        let row = WaysRow {
            fhir: w.fhir,
            dicomweb: w.dicomweb,
            dimse: w.dimse,
            calling_aet: w.calling_aet,
            dimse_tls: w.dimse_tls,
            folder: w.folder,
            seal_to: w.seal_to,
            receipt_key: w.receipt_key,
            ca: w.ca,
            certificate: w.certificate,
            key: w.key,
        };
        let text = serde_json::to_string(&row)
            .map_err(|error| StoreError::unreadable(format!("hub: {error}")))?;
        self.write(|books| {
            books.execute(
                "INSERT INTO hubs (name, ways, stopped, stopped_class, software) VALUES (?1, ?2, '', '', '')
                 ON CONFLICT (name) DO UPDATE SET ways = ?2, stopped = '', stopped_class = '', tested_at = NULL,
                    refused_bytes = NULL, failures = 0, next_try = NULL",
                (name, &text),
            )?;
            let id: i64 =
                books.query_row("SELECT id FROM hubs WHERE name = ?1", [name], |row| row.get(0))?;
            books.log(stamp, Action::ChangeHubs.id(), format!("hub:{id}"))?;
            Ok(HubId(id))
        })
    }

    pub fn hubs(&self) -> Result<Vec<Hub>, StoreError> {
        let mut statement =
            self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM hubs ORDER BY id"))?;
        let rows = statement.query_map([], |row| Ok(read(row)))?;
        rows.map(|row| row?).collect()
    }

    pub fn hub(&self, id: HubId) -> Result<Hub, StoreError> {
        self.hubs()?
            .into_iter()
            .find(|hub| hub.id == id)
            .ok_or(StoreError::NotFound { what: "hub" })
    }

    /// Keeps what was learnt about a hub: why it is stopped, its software, its limits, its clock.
    pub fn keep_hub_state(&mut self, hub: &Hub) -> Result<(), StoreError> {
        self.write(|books| {
            books
                .prepare_cached(
                    "UPDATE hubs SET stopped = ?2, stopped_class = ?3, tested_at = ?4, software = ?5,
                        refused_bytes = ?6, skew_s = ?7, last_ok = ?8, failures = ?9, next_try = ?10 WHERE id = ?1",
                )?
                .execute((
                    hub.id.0,
                    &hub.stopped,
                    &hub.stopped_class,
                    hub.tested.map(Instant::millis),
                    &hub.software,
                    hub.refused_bytes.map(|bytes| bytes as i64),
                    hub.skew_s,
                    hub.last_ok.map(Instant::millis),
                    hub.failures,
                    hub.next_try.map(Instant::millis),
                ))?;
            Ok(())
        })
    }
}

fn read(row: &Row<'_>) -> Result<Hub, StoreError> {
    let text: String = row.get(2)?;
    let w: WaysRow = serde_json::from_str(&text)
        .map_err(|error| StoreError::unreadable(format!("hub: {error}")))?;
    Ok(Hub {
        id: HubId(row.get(0)?),
        name: row.get(1)?,
        ways: Ways {
            fhir: w.fhir,
            dicomweb: w.dicomweb,
            dimse: w.dimse,
            calling_aet: w.calling_aet,
            dimse_tls: w.dimse_tls,
            folder: w.folder,
            seal_to: w.seal_to,
            receipt_key: w.receipt_key,
            ca: w.ca,
            certificate: w.certificate,
            key: w.key,
        },
        stopped: row.get(3)?,
        stopped_class: row.get(4)?,
        tested: row.get::<_, Option<i64>>(5)?.map(Instant::from_millis),
        software: row.get(6)?,
        refused_bytes: row.get::<_, Option<i64>>(7)?.map(|bytes| bytes as u64),
        skew_s: row.get(8)?,
        last_ok: row.get::<_, Option<i64>>(9)?.map(Instant::from_millis),
        failures: row.get(10)?,
        next_try: row.get::<_, Option<i64>>(11)?.map(Instant::from_millis),
    })
}
