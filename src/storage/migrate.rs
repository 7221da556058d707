//! Numbered migrations, embedded. `PRAGMA user_version` holds the number; a database from a newer program is refused.
use rusqlite::Connection;

use super::StoreError;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The version that this program writes.
pub(super) fn known() -> u32 {
    embedded::migrations::runner()
        .get_migrations()
        .iter()
        .map(|one| one.version() as u32)
        .max()
        .unwrap_or(0)
}

pub(super) fn found(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Refuses a database that a newer program has written, or one that holds no station, before anything is touched.
pub(super) fn guard(conn: &Connection) -> Result<(), StoreError> {
    match (found(conn)?, known()) {
        (0, _) => Err(StoreError::Damaged { what: "it is empty".to_owned() }),
        (found, known) if found > known => Err(StoreError::NewerVersion { found, known }),
        _ => Ok(()),
    }
}

/// Brings a database up to this program's version, all steps or none.
pub(super) fn run(conn: &mut Connection) -> Result<(), StoreError> {
    if found(conn)? == known() {
        return Ok(());
    }
    embedded::migrations::runner()
        .set_grouped(true)
        .run(conn)
        .map_err(|error| StoreError::Damaged { what: format!("migration: {error}") })?;
    guard(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_migration_sets_the_version_that_the_program_knows() {
        let mut conn = Connection::open_in_memory().unwrap();
        run(&mut conn).unwrap();
        assert_eq!(found(&conn).unwrap(), known());
    }

    #[test]
    fn the_first_released_database_is_brought_up_with_its_rows() {
        let mut conn = Connection::open_in_memory().unwrap();
        embedded::migrations::runner()
            .set_target(refinery::Target::Version(1))
            .run(&mut conn)
            .unwrap();
        assert_eq!(found(&conn).unwrap(), 1);
        conn.execute_batch(
            "INSERT INTO users (id, name, display_name, roles, created_at) VALUES (1, 'wang', '王', 'doctor', 0)",
        )
        .unwrap();
        run(&mut conn).unwrap();
        assert_eq!(found(&conn).unwrap(), known());
        let users: i64 = conn.query_row("SELECT count(*) FROM users", [], |r| r.get(0)).unwrap();
        assert_eq!(users, 1);
        conn.execute_batch(
            "INSERT INTO prescription_templates (revision, scope, owner_id, name, body, created_at, changed_at)
             VALUES (1, 'personal', 1, '甲', '[]', 0, 0)",
        )
        .unwrap();
        assert!(conn.execute("DELETE FROM prescription_templates", []).is_err());
    }

    #[test]
    fn every_table_is_strict() {
        let mut conn = Connection::open_in_memory().unwrap();
        run(&mut conn).unwrap();
        let loose: Vec<String> = conn
            .prepare("SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND schema = 'main' AND name NOT LIKE 'sqlite_%'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(loose, ["refinery_schema_history"]);
    }

    #[test]
    fn an_empty_database_is_never_taken_for_a_station() {
        let conn = Connection::open_in_memory().unwrap();
        assert!(matches!(guard(&conn), Err(StoreError::Damaged { .. })));
    }

    #[test]
    fn a_database_of_a_newer_program_is_refused_untouched() {
        let mut conn = Connection::open_in_memory().unwrap();
        run(&mut conn).unwrap();
        conn.execute_batch("PRAGMA user_version = 99").unwrap();
        assert!(matches!(guard(&conn), Err(StoreError::NewerVersion { found: 99, .. })));
    }
}
