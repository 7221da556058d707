//! What the station is called, and what was set on it.
use rusqlite::OptionalExtension;

use super::{Store, StoreError, rows};
use crate::domain::audit::Stamp;
use crate::domain::role::Action;
use crate::domain::visit::Setting;

/// The station's own row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationRow {
    /// 16 hexadecimal digits, drawn at set-up.
    pub id: String,
    /// Grows with every restore.
    pub epoch: u32,
    pub clinic_name: String,
    pub setting: Setting,
}

impl Store {
    pub fn station(&self) -> Result<StationRow, StoreError> {
        let (id, epoch, clinic_name, setting): (_, _, _, String) = self.conn.query_row(
            "SELECT id, epoch, clinic_name, setting FROM station",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        Ok(StationRow {
            id,
            epoch,
            clinic_name,
            setting: rows::word("setting", &setting, Setting::parse)?,
        })
    }

    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let mut statement =
            self.conn.prepare_cached("SELECT value FROM settings WHERE key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    pub fn set_setting(
        &mut self,
        (key, value): (&str, &str),
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            books.execute(
                "INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
                (key, value),
            )?;
            books.log(stamp, Action::ChangeSettings.id(), format!("setting:{key}"))?;
            Ok(())
        })
    }
}
