//! SQLite FTS5, as somebody would put it into the same program: trigrams, or text that our words were cut for.
use std::{path::Path, time::Instant};

use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::{Document, Figures, bytes_beginning, millis};

/// How FTS5 gets its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// Its own trigram tokenizer.
    Trigram,
    /// Words cut by us, parted by blanks; `unicode61` takes them as they are.
    Words,
}

/// How the text was cut for it: the words of a text in a row.
type Cut<'a> = &'a dyn Fn(&str) -> Vec<String>;

/// Builds the database; gives the time and its size.
pub fn build(
    path: &Path,
    tokens: Tokens,
    documents: &[Document],
    cut: Cut<'_>,
) -> rusqlite::Result<(f64, u64)> {
    let started = Instant::now();
    let mut conn = Connection::open(path)?;
    conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
    let options = match tokens {
        Tokens::Trigram => "tokenize = 'trigram'",
        Tokens::Words => "content = '', tokenize = 'unicode61 remove_diacritics 0'",
    };
    conn.execute_batch(&format!(
        "CREATE VIRTUAL TABLE papers USING fts5(title, section, text, {options});"
    ))?;
    let tx = conn.transaction()?;
    {
        let mut insert =
            tx.prepare("INSERT INTO papers (rowid, title, section, text) VALUES (?1, ?2, ?3, ?4)")?;
        let prepared = |text: &str| match tokens {
            Tokens::Trigram => text.to_owned(),
            Tokens::Words => cut(text).join(" "),
        };
        for (n, d) in documents.iter().enumerate() {
            insert.execute((
                n as i64 + 1,
                prepared(&d.title),
                prepared(&d.section),
                prepared(&d.text),
            ))?;
        }
    }
    tx.commit()?;
    conn.execute_batch(
        "INSERT INTO papers (papers) VALUES ('optimize'); PRAGMA wal_checkpoint(TRUNCATE);",
    )?;
    drop(conn);
    Ok((millis(started), bytes_beginning(path)))
}

/// Opens it and asks everything.
pub fn open(
    path: &Path,
    tokens: Tokens,
    (queries, rounds): (&[String], usize),
    cut: Cut<'_>,
) -> rusqlite::Result<Figures> {
    let started = Instant::now();
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?;
    let open_ms = millis(started);
    let mut figures = super::asked(queries, rounds, |query| {
        let found = match tokens {
            Tokens::Trigram => by_trigrams(&conn, query),
            Tokens::Words => by_words(&conn, &cut(query)),
        };
        found.unwrap_or(0)
    });
    figures.open_ms = open_ms;
    Ok(figures)
}

fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// Parts of three letters and more by the index; shorter ones, which it cannot look up, by LIKE, as its manual advises.
fn by_trigrams(conn: &Connection, query: &str) -> rusqlite::Result<usize> {
    let parts: Vec<&str> = query.split_whitespace().collect();
    let (long, short): (Vec<&str>, Vec<&str>) =
        parts.into_iter().partition(|part| part.chars().count() >= 3);
    let mut clauses = vec![];
    let mut values = vec![];
    if !long.is_empty() {
        clauses.push("papers MATCH ?".to_owned());
        values.push(long.iter().map(|w| quoted(w)).collect::<Vec<_>>().join(" AND "));
    }
    for part in short {
        clauses.push("(title LIKE ? OR section LIKE ? OR text LIKE ?)".to_owned());
        values.extend(std::iter::repeat_n(format!("%{part}%"), 3));
    }
    if clauses.is_empty() {
        return Ok(0);
    }
    let order = if long.is_empty() { "" } else { "ORDER BY rank" };
    let sql = format!("SELECT rowid FROM papers WHERE {} {order} LIMIT 10", clauses.join(" AND "));
    count(conn, &sql, values)
}

fn by_words(conn: &Connection, words: &[String]) -> rusqlite::Result<usize> {
    if words.is_empty() {
        return Ok(0);
    }
    let asked = words.iter().map(|w| quoted(w)).collect::<Vec<_>>().join(" AND ");
    let sql = "SELECT rowid FROM papers WHERE papers MATCH ? ORDER BY rank LIMIT 10";
    count(conn, sql, vec![asked])
}

fn count(conn: &Connection, sql: &str, values: Vec<String>) -> rusqlite::Result<usize> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = 0;
    while rows.next()?.is_some() {
        found += 1;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_find_what_stands_there_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let documents =
            [("痛风", "处理", "急性期用秋水仙碱。"), ("高血压病", "转诊", "血压过高者转诊。")].map(
                |(title, section, text)| Document {
                    title: title.into(),
                    section: section.into(),
                    text: text.into(),
                },
            );
        let cut = |text: &str| -> Vec<String> {
            ["痛风", "处理", "急性期", "秋水仙碱", "高血压病", "转诊", "血压"]
                .iter()
                .filter(|w| text.contains(*w))
                .map(|w| (*w).to_owned())
                .collect()
        };
        for tokens in [Tokens::Trigram, Tokens::Words] {
            let path = dir.path().join(format!("{tokens:?}.db"));
            let (_, bytes) = build(&path, tokens, &documents, &cut).unwrap();
            assert!(bytes > 0);
            let ask =
                |query: &str| open(&path, tokens, (&[query.to_owned()], 1), &cut).unwrap().answered;
            assert_eq!(
                (ask("秋水仙碱"), ask("秋水仙碱 转诊"), ask("痛风")),
                (1, 0, 1),
                "{tokens:?}"
            );
        }
    }
}
