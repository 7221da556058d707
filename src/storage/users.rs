//! Who works here. Their keys are in the key file; this table gives names and roles.
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Store, StoreError};
use crate::domain::audit::Stamp;
use crate::domain::role::{Action, Roles, UserId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// What is typed to sign in.
    pub name: String,
    /// What is printed on a prescription.
    pub display_name: String,
    pub roles: Roles,
    pub active: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    pub name: String,
    pub display_name: String,
    pub roles: Roles,
}

const COLUMNS: &str = "id, name, display_name, roles, active";

impl Store {
    pub fn add_user(&mut self, user: &NewUser, stamp: &Stamp) -> Result<UserId, StoreError> {
        self.write(|books| {
            books.execute(
                "INSERT INTO users (name, display_name, roles, created_at) VALUES (?1, ?2, ?3, ?4)",
                (&user.name, &user.display_name, user.roles.ids(), stamp.at.millis()),
            )?;
            let id = books.last_insert_rowid();
            let object = format!("user:{id} roles:{}", user.roles.ids());
            books.log(stamp, Action::ChangeUsers.id(), object)?;
            Ok(UserId(id))
        })
    }

    /// Changes roles, or lets a user in no more (`active = false`).
    pub fn change_user(&mut self, user: &User, stamp: &Stamp) -> Result<(), StoreError> {
        self.write(|books| {
            let changed = books.execute(
                "UPDATE users SET display_name = ?2, roles = ?3, active = ?4 WHERE id = ?1",
                (user.id.0, &user.display_name, user.roles.ids(), user.active),
            )?;
            if changed == 0 {
                return Err(StoreError::NotFound { what: "user" });
            }
            let object =
                format!("user:{} roles:{} active:{}", user.id.0, user.roles.ids(), user.active);
            books.log(stamp, Action::ChangeUsers.id(), object)?;
            Ok(())
        })
    }

    pub fn users(&self) -> Result<Vec<User>, StoreError> {
        let mut statement =
            self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM users ORDER BY id"))?;
        let rows = statement.query_map([], |row| Ok(read(row)))?;
        rows.map(|row| row?).collect()
    }

    pub fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        find(&self.conn, name)
    }
}

pub(super) fn find(conn: &Connection, name: &str) -> Result<Option<User>, StoreError> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM users WHERE name = ?1"))?
        .query_row([name], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

fn read(row: &Row<'_>) -> Result<User, StoreError> {
    let roles: String = row.get(3)?;
    Ok(User {
        id: UserId(row.get(0)?),
        name: row.get(1)?,
        display_name: row.get(2)?,
        roles: super::rows::word("roles", &roles, Roles::parse)?,
        active: row.get(4)?,
    })
}
