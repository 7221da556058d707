//! The text of a note -> findings: sections, mentions, negation, numbers, durations.
mod derived;
mod duration;
mod kin;
mod leftover;
mod lexicon;
mod number;
mod numeral;
mod pressure;
mod scope;
mod scope_words;
mod text;

pub use lexicon::Lexicon;
pub use text::{Section, normal_char, normalise};

use super::{
    age::{Age, Sex},
    catalog::{Catalog, condition::Onset, finding::FindingIx},
};
use text::NoteText;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Polarity {
    Present,
    Absent,
    Possible,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Experiencer {
    Patient,
    Family,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Temporality {
    Current,
    Past,
}

/// One finding as it stands in the note; `start..end` counts characters of the text as typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    pub finding: FindingIx,
    pub polarity: Polarity,
    pub experiencer: Experiencer,
    pub temporality: Temporality,
    pub value: Option<f64>,
    pub unit: Option<String>,
    pub start: usize,
    pub end: usize,
    pub section: Section,
}

/// Something typed that cannot be so; said aloud, never used.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    pub measurement: String,
    pub typed: String,
    pub low: f64,
    pub high: f64,
    pub unit: String,
}

/// A number under the name it was measured by (`bp-systolic`), in the unit of the vocabulary.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub measurement: String,
    pub value: f64,
    /// Not of this visit: the highest ever, at home, of an earlier day.
    pub of_before: bool,
    /// First character in the text as typed.
    pub start: usize,
}

/// Everything that was understood in one note, and what was not.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub mentions: Vec<Mention>,
    pub onsets: Vec<Onset>,
    /// The main complaint's length in hours, when stated.
    pub hours: Option<f64>,
    /// Places in `Catalog::conditions` of illnesses the patient is known to have.
    pub known_conditions: Vec<usize>,
    /// Illnesses that run in the patient's family.
    pub family_conditions: Vec<usize>,
    pub doubts: Vec<Doubt>,
    pub measured: Vec<Measured>,
    pub not_understood: Vec<String>,
    pub pregnant: Option<bool>,
}

/// Who the note is about, as far as the numbers need it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject {
    pub sex: Sex,
    pub age: Option<Age>,
    pub pregnant: bool,
}

/// Longest note that is read; the rest is kept as text and said to be unread.
pub const MAX_CHARS: usize = 20_000;

/// Reads a note. Never fails: what cannot be understood is listed.
pub fn read(catalog: &Catalog, lexicon: &Lexicon, subject: Subject, typed: &str) -> Reading {
    let note = NoteText::new(typed, MAX_CHARS);
    let mut reading = Reading::default();
    let numbers = number::read(catalog, lexicon, &note, subject, &mut reading.doubts);
    let words = lexicon.mentions(catalog, &note);
    let cues = scope::cues(&note, &words);
    let derived = derived::mentions(catalog, &note, &numbers, subject);
    for hit in &words {
        let settled =
            matches!(hit.meaning, lexicon::Meaning::Finding(ix) if derived::settles(&derived, ix));
        if settled || numbers.iter().any(|n| n.covers(hit)) {
            continue;
        }
        scope::resolve(catalog, &note, &cues, hit, &mut reading);
    }
    reading.measured = numbers.iter().map(|number| number.measured(&note)).collect();
    for number in &numbers {
        reading.mentions.extend(number.mentions(&note));
    }
    reading.mentions.extend(derived);
    duration::read(&note, &old_clauses(catalog, &note, &words), &mut reading);
    settle(&mut reading);
    reading.pregnant = pregnancy(catalog, &reading);
    reading.not_understood = leftover::runs(&note, &words, &numbers, &cues);
    reading
}

/// Clauses that name an illness or habit of before and no complaint: 高血压10年.
fn old_clauses(catalog: &Catalog, note: &NoteText, words: &[lexicon::Hit]) -> Vec<(usize, usize)> {
    let complaint = |h: &lexicon::Hit| match h.meaning {
        lexicon::Meaning::Finding(ix) => !catalog.finding(ix).kind.is_background(),
        _ => false,
    };
    words
        .iter()
        .filter(|h| !complaint(h) && !matches!(h.meaning, lexicon::Meaning::NotFinding(_)))
        .filter_map(|h| note.sentence_at(h.start).map(|s| note.clause_around(h.start, s)))
        .filter(|(from, to)| {
            !words.iter().any(|h| complaint(h) && h.start >= *from && h.end <= *to)
        })
        .collect()
}

/// One mention per finding, experiencer and place; a mention of the present beats one of the past.
fn settle(reading: &mut Reading) {
    reading.mentions.sort_by_key(|m| (m.start, m.end, m.finding));
    reading.mentions.dedup_by(|b, a| {
        a.finding == b.finding && a.start == b.start && a.end == b.end && a.polarity == b.polarity
    });
    reading.onsets.sort_unstable();
    reading.onsets.dedup();
    reading.known_conditions.sort_unstable();
    reading.known_conditions.dedup();
    reading.family_conditions.sort_unstable();
    reading.family_conditions.dedup();
}

fn pregnancy(catalog: &Catalog, reading: &Reading) -> Option<bool> {
    let pregnant = catalog.finding_by_id("hx-pregnant")?;
    let test = catalog.finding_by_id("hcg-positive");
    reading
        .mentions
        .iter()
        .filter(|m| {
            // Only the state itself, or its test, is denied by a denial: 胎动好 denies no pregnancy.
            let says = m.finding == pregnant || Some(m.finding) == test;
            let implies = catalog.finding(m.finding).ancestors.contains(&pregnant);
            says || (implies && m.polarity == Polarity::Present)
        })
        .filter(|m| m.experiencer == Experiencer::Patient && m.temporality == Temporality::Current)
        .map(|m| m.polarity == Polarity::Present)
        .next_back()
}

#[cfg(test)]
mod tests;
