//! Finding people by what is at hand: initials, pinyin, part of the name, end of the ID number, part of the telephone
//! number, birth day. Every way is a prefix of an indexed key.
use std::collections::BTreeSet;

use rusqlite::Row;

use super::{Store, StoreError, patients};
use crate::domain::age::{Day, Sex, half_width};
use crate::domain::identity::{IdNumber, Phone};
use crate::domain::patient::{Details, PatientId, PatientLine};
use crate::domain::spelling::{may_begin_with, spellings};

/// The fewest digits by which a telephone number is looked up from its middle.
const LEAST_PHONE_PART: usize = 3;
/// A search that fits more people than this is not narrowed yet; the rest is not looked at.
const MOST_MATCHES: u32 = 3000;

/// What a person is found by, as `(kind, key)`.
pub(super) fn keys_of(details: &Details) -> Vec<(&'static str, String)> {
    let mut keys = vec![];
    let name = plain_name(&details.name);
    for (i, (at, _)) in name.char_indices().enumerate() {
        let rest = &name[at..];
        let [n, f, k] = if i == 0 { ["n0", "f0", "i0"] } else { ["n1", "f1", "i1"] };
        let spelled = spellings(rest);
        keys.push((n, rest.to_owned()));
        keys.extend(spelled.full.into_iter().map(|full| (f, full)));
        keys.extend(spelled.initials.into_iter().map(|initials| (k, initials)));
    }
    if let Some(phone) = &details.phone {
        let digits = phone.as_str();
        keys.extend((0..=digits.len() - LEAST_PHONE_PART).map(|at| ("p", digits[at..].to_owned())));
    }
    if let Some(number) = &details.id_number {
        keys.push(("r", number.as_str().chars().rev().collect()));
    }
    if let Some(birth) = details.birth.filter(|_| !details.birth_estimated) {
        keys.push(("b", birth_key(birth)));
    }
    keys
}

pub(super) fn birth_key(birth: Day) -> String {
    birth.to_string().replace('-', "")
}

/// Names are compared without dots and blanks, letters small.
fn plain_name(name: &str) -> String {
    name.chars()
        .map(half_width)
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// One word of a query, and the keys it may be a prefix of: the likely ones, then those from inside a name.
struct Wanted {
    likely: Vec<(&'static str, String)>,
    inside: Vec<(&'static str, String)>,
    /// `王xm`: characters and letters mixed; the name is matched character by character.
    mixed: Option<String>,
}

fn wanted(word: &str) -> Wanted {
    let word: String = word.chars().map(half_width).flat_map(char::to_lowercase).collect();
    let plain = plain_name(&word);
    let mut wanted = Wanted { likely: vec![], inside: vec![], mixed: None };
    let digits = plain.strip_suffix('x').unwrap_or(&plain);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        wanted.likely.push(("r", plain.to_uppercase().chars().rev().collect()));
        if plain.len() == digits.len() {
            wanted.likely.push(("p", plain.clone()));
            if plain.len() >= 4 {
                wanted.likely.push(("b", plain));
            }
        }
    } else if plain.is_ascii() {
        wanted.likely.extend([("i0", plain.clone()), ("f0", plain.clone())]);
        wanted.inside.extend([("i1", plain.clone()), ("f1", plain)]);
    } else {
        let run: String =
            plain.chars().skip_while(char::is_ascii).take_while(|c| !c.is_ascii()).collect();
        if run.len() < plain.len() {
            wanted.mixed = Some(plain);
        }
        wanted.likely.push(("n0", run.clone()));
        wanted.inside.push(("n1", run));
    }
    wanted
}

impl Store {
    /// People who fit every word of the query, those seen last first; an empty query gives those seen last.
    pub fn find_patients(&self, query: &str, limit: usize) -> Result<Vec<PatientLine>, StoreError> {
        let words: Vec<Wanted> = query
            .split_whitespace()
            .filter(|word| !plain_name(word).is_empty())
            .map(wanted)
            .collect();
        let Some((first, rest)) = words.split_first() else { return self.seen_last(limit) };
        let mixed: Vec<&String> = words.iter().filter_map(|word| word.mixed.as_ref()).collect();
        let mut hits = self.matching(&first.likely)?;
        let mut lines = self.narrowed(&hits, rest, &mixed, limit)?;
        if lines.len() < limit && !first.inside.is_empty() {
            let seen: BTreeSet<i64> = hits.iter().copied().collect();
            hits = self.matching(&first.inside)?;
            hits.retain(|id| !seen.contains(id));
            let left = limit - lines.len();
            lines.extend(self.narrowed(&hits, rest, &mixed, left)?);
        }
        Ok(lines)
    }

    /// Of these people, those who fit the other words too, as lines.
    fn narrowed(
        &self,
        hits: &BTreeSet<i64>,
        rest: &[Wanted],
        mixed: &[&String],
        limit: usize,
    ) -> Result<Vec<PatientLine>, StoreError> {
        let mut kept = hits.clone();
        for word in rest {
            let mut fitting = self.matching(&word.likely)?;
            fitting.append(&mut self.matching(&word.inside)?);
            kept.retain(|id| fitting.contains(id));
        }
        if kept.is_empty() {
            return Ok(vec![]);
        }
        let ids: Vec<String> = kept.iter().map(i64::to_string).collect();
        // Numbers only: nothing typed gets into the statement.
        let mut statement = self.conn.prepare(&format!(
            "SELECT {LINE} FROM patients p WHERE id IN ({}) ORDER BY last_visit_at DESC NULLS LAST, id DESC",
            ids.join(",")
        ))?;
        let mut lines = vec![];
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if lines.len() >= limit {
                break;
            }
            let line = read_line(row)?;
            if mixed.iter().all(|pattern| fits(&plain_name(&line.name), pattern)) {
                lines.push(line);
            }
        }
        Ok(lines)
    }

    fn matching(&self, keys: &[(&'static str, String)]) -> Result<BTreeSet<i64>, StoreError> {
        let mut ids = BTreeSet::new();
        let mut matching = self.conn.prepare_cached(MATCHING)?;
        let mut seen_lately = self.conn.prepare_cached(SEEN_LATELY)?;
        for (kind, key) in keys {
            let mut found = 0;
            for id in matching.query_map((kind, key, after(key), MOST_MATCHES), |row| row.get(0))? {
                ids.insert(id?);
                found += 1;
            }
            if found == MOST_MATCHES {
                // One letter fits thousands: those who come often must be among those that are looked at.
                for id in seen_lately.query_map((kind, key, after(key)), |row| row.get(0))? {
                    ids.insert(id?);
                }
            }
        }
        Ok(ids)
    }

    fn seen_last(&self, limit: usize) -> Result<Vec<PatientLine>, StoreError> {
        let mut statement = self.conn.prepare_cached(&seen_last_sql())?;
        let mut lines = vec![];
        let mut rows = statement.query([limit as i64])?;
        while let Some(row) = rows.next()? {
            lines.push(read_line(row)?);
        }
        Ok(lines)
    }

    pub fn patient_line(&self, id: PatientId) -> Result<PatientLine, StoreError> {
        let mut statement =
            self.conn.prepare_cached(&format!("SELECT {LINE} FROM patients p WHERE id = ?1"))?;
        let mut rows = statement.query([id.0])?;
        rows.next()?.map_or(Err(StoreError::NotFound { what: "patient" }), read_line)
    }
}

const MATCHING: &str =
    "SELECT patient_id FROM patient_keys WHERE kind = ?1 AND key >= ?2 AND key < ?3 LIMIT ?4";

const SEEN_LATELY: &str = "SELECT p.id FROM patients p WHERE p.last_visit_at IS NOT NULL AND EXISTS
    (SELECT 1 FROM patient_keys k WHERE k.patient_id = p.id AND k.kind = ?1 AND k.key >= ?2 AND k.key < ?3)
    ORDER BY p.last_visit_at DESC LIMIT 50";

fn seen_last_sql() -> String {
    format!(
        "SELECT {LINE} FROM patients p WHERE p.last_visit_at IS NOT NULL ORDER BY p.last_visit_at DESC LIMIT ?1"
    )
}

pub(super) const LINE: &str =
    "p.id, p.name, p.sex, p.birth, p.id_number, p.phone, p.address, p.last_visit_at";

pub(super) fn read_line(row: &Row<'_>) -> Result<PatientLine, StoreError> {
    let sex: String = row.get(2)?;
    let number: Option<String> = row.get(4)?;
    let phone: Option<String> = row.get(5)?;
    let last: Option<i64> = row.get(7)?;
    Ok(PatientLine {
        id: PatientId(row.get(0)?),
        name: row.get(1)?,
        sex: super::rows::word("sex", &sex, Sex::parse)?,
        birth: patients::day(row.get(3)?)?,
        id_masked: number.and_then(|text| IdNumber::from_kept(&text)).map(|number| number.masked()),
        phone_masked: phone.and_then(|text| Phone::parse(&text).ok()).map(|phone| phone.masked()),
        address: row.get(6)?,
        last_visit: last.map(|last| crate::domain::instant::Instant::from_millis(last).day()),
    })
}

/// The first text that does not begin with this one.
fn after(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

/// `王小明` fits `王xm`, `王xiaom` and `w小明`: each character stands for itself or for how it begins to sound.
fn fits(name: &str, pattern: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    (0..name.len()).any(|from| fits_from(&name[from..], &pattern))
}

fn fits_from(name: &[char], pattern: &[char]) -> bool {
    let Some(first) = pattern.first() else { return true };
    let Some((character, rest)) = name.split_first() else { return false };
    if first == character && fits_from(rest, &pattern[1..]) {
        return true;
    }
    let letters = pattern.iter().take_while(|c| c.is_ascii_lowercase()).count().min(6);
    (1..=letters).any(|n| {
        let spelling: String = pattern[..n].iter().collect();
        may_begin_with(*character, &spelling) && fits_from(rest, &pattern[n..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::migrate;

    #[test]
    fn every_lookup_goes_by_an_index() {
        let mut conn = rusqlite::Connection::open_in_memory().unwrap();
        migrate::run(&mut conn).unwrap();
        for sql in [
            MATCHING.to_owned(),
            format!("SELECT {LINE} FROM patients p WHERE id IN (1, 2, 3)"),
            "SELECT id FROM patients WHERE id_number = ?1".to_owned(),
            "SELECT id FROM patients WHERE phone = ?1".to_owned(),
            "SELECT id FROM patients WHERE name = ?1".to_owned(),
            "SELECT id FROM visits WHERE patient_id = ?1 ORDER BY signed_at DESC".to_owned(),
            "SELECT rule FROM alert_answers WHERE patient_id = ?1 AND at > ?2 AND reason IS NOT NULL".to_owned(),
            "SELECT id FROM outbox WHERE state = 'waiting' AND next_try <= ?1".to_owned(),
        ] {
            let plan: Vec<String> = conn
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap()
                .query_map(rusqlite::params_from_iter(vec![rusqlite::types::Null; sql.matches('?').count()]), |row| {
                    row.get(3)
                })
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert!(!plan.is_empty() && plan.iter().all(|step| !step.starts_with("SCAN")), "{sql}: {plan:?}");
        }
    }

    #[test]
    fn those_seen_last_are_read_from_an_index_in_order() {
        let mut conn = rusqlite::Connection::open_in_memory().unwrap();
        migrate::run(&mut conn).unwrap();
        for sql in [seen_last_sql(), SEEN_LATELY.to_owned()] {
            let plan: Vec<String> = conn
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap()
                .query_map(rusqlite::params_from_iter(vec![1; sql.matches('?').count()]), |row| {
                    row.get(3)
                })
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert!(plan[0].contains("patients_seen"), "{sql}: {plan:?}");
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{sql}: {plan:?}");
        }
    }

    #[test]
    fn someone_seen_lately_is_found_by_one_letter_among_thousands() {
        use crate::storage::testing::{CAREFUL, stamp, station};
        let (_dir, layout, dek) = station();
        let mut store = Store::open(&layout, &dek, CAREFUL).unwrap();
        let details = |name: &str| Details { name: name.to_owned(), ..Details::default() };
        // More than are looked at, and all of them before the one who is sought.
        store.conn.execute_batch("PRAGMA synchronous = OFF").unwrap();
        for _ in 0..MOST_MATCHES {
            store.register_patient(&details("王伟"), &stamp()).unwrap();
        }
        let late = store.register_patient(&details("王卓"), &stamp()).unwrap();
        let found =
            |store: &Store| store.find_patients("w", 5).unwrap().iter().any(|line| line.id == late);
        assert!(!found(&store), "the case is not the one that it is meant to be");
        store
            .conn
            .execute("UPDATE patients SET last_visit_at = 1 WHERE id = ?1", [late.0])
            .unwrap();
        assert!(found(&store));
    }

    #[test]
    fn mixed_words_fit_by_character_or_by_sound() {
        for (pattern, want) in [
            ("王xm", true),
            ("王xiaom", true),
            ("w小明", true),
            ("x明", true),
            ("王mx", false),
            ("李xm", false),
        ] {
            assert_eq!(fits("王小明", pattern), want, "{pattern}");
        }
    }

    #[test]
    fn a_long_hostile_pattern_ends_soon() {
        let start = std::time::Instant::now();
        assert!(!fits(&"解".repeat(60), &format!("{}王", "x".repeat(190))));
        assert!(start.elapsed().as_secs() < 2);
    }
}
