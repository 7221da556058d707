//! Agreed prescriptions. A template that is put away stays in the table and can come back.
use rusqlite::{OptionalExtension, Row};

use super::{Books, Store, StoreError, rows};
use crate::domain::audit::Stamp;
use crate::domain::instant::Instant;
use crate::domain::role::{Action, UserId};
use crate::domain::visit::template::{NewTemplate, Scope, Template, TemplateId};

const COLUMNS: &str = "id, revision, scope, owner_id, name, body, changed_at";

impl Store {
    /// A doctor's own and the clinic's, by name; what is put away is left out.
    pub fn templates(&self, doctor: UserId) -> Result<Vec<Template>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM prescription_templates
             WHERE put_away = 0 AND (scope = 'clinic' OR owner_id = ?1) ORDER BY scope DESC, name",
        ))?;
        let rows = statement.query_map([doctor.0], |row| Ok(read(row)))?;
        rows.map(|row| row?).collect()
    }

    pub fn template(&self, id: TemplateId) -> Result<Template, StoreError> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM prescription_templates WHERE id = ?1"))?
            .query_row([id.0], |row| Ok(read(row)))
            .optional()?
            .ok_or(StoreError::NotFound { what: "template" })?
    }

    /// A new template, or new lines under a name that is there.
    pub fn save_template(
        &mut self,
        new: &NewTemplate,
        (action, stamp): (Action, &Stamp),
    ) -> Result<TemplateId, StoreError> {
        let body = rows::lines_to_json(&new.lines)?;
        self.write(|books| {
            let known = named(books, new, stamp.user)?;
            let id = if let Some(id) = known {
                books.execute(
                    "UPDATE prescription_templates SET body = ?2, revision = revision + 1, changed_at = ?3
                     WHERE id = ?1",
                    (id, &body, stamp.at.millis()),
                )?;
                id
            } else {
                books.execute(
                    "INSERT INTO prescription_templates (revision, scope, owner_id, name, body, created_at, changed_at)
                     VALUES (1, ?1, ?2, ?3, ?4, ?5, ?5)",
                    (new.scope.id(), stamp.user.0, &new.name, &body, stamp.at.millis()),
                )?;
                books.last_insert_rowid()
            };
            books.log(stamp, action.id(), format!("template:{id} saved"))?;
            Ok(TemplateId(id))
        })
    }

    /// Puts a template away, or brings it back.
    pub fn move_template(
        &mut self,
        (id, away): (TemplateId, Away),
        (action, stamp): (Action, &Stamp),
    ) -> Result<(), StoreError> {
        self.write(|books| {
            let changed = books.execute(
                "UPDATE prescription_templates SET put_away = ?2, revision = revision + 1, changed_at = ?3
                 WHERE id = ?1 AND put_away <> ?2",
                (id.0, away == Away::PutAway, stamp.at.millis()),
            )?;
            if changed == 0 {
                return Err(StoreError::NotFound { what: "template" });
            }
            let what = if away == Away::PutAway { "put away" } else { "brought back" };
            books.log(stamp, action.id(), format!("template:{} {what}", id.0))?;
            Ok(())
        })
    }
}

/// Which way a template goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    PutAway,
    BroughtBack,
}

fn named(books: &Books<'_>, new: &NewTemplate, owner: UserId) -> Result<Option<i64>, StoreError> {
    Ok(books
        .query_row(
            "SELECT id FROM prescription_templates
             WHERE put_away = 0 AND scope = ?1 AND name = ?2 AND (scope = 'clinic' OR owner_id = ?3)",
            (new.scope.id(), &new.name, owner.0),
            |row| row.get(0),
        )
        .optional()?)
}

fn read(row: &Row<'_>) -> Result<Template, StoreError> {
    let scope: String = row.get(2)?;
    let body: String = row.get(5)?;
    Ok(Template {
        id: TemplateId(row.get(0)?),
        revision: row.get(1)?,
        scope: rows::word("scope of a template", &scope, Scope::parse)?,
        owner: UserId(row.get(3)?),
        name: row.get(4)?,
        lines: rows::lines_from_json(&body)?,
        changed: Instant::from_millis(row.get(6)?),
    })
}
