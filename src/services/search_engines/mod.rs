//! Our search against what somebody would take instead, on the same paragraphs: the corpus, and the engines that can be
//! linked in. Each engine is measured in a process of its own, so that memory is its own.
mod fts5;

use std::{path::Path, time::Instant};

use super::library::{Library, LibraryError};
use crate::domain::catalog::{
    Catalog, Status,
    guideline::{Guideline, Paragraph},
};

pub use fts5::{Tokens, build as build_fts5, open as open_fts5};

/// Paragraphs of one made document.
const PARAGRAPHS_OF_ONE: usize = 16;

/// One paragraph that every engine gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub title: String,
    pub section: String,
    pub text: String,
}

/// The SQLite that is linked in.
pub fn sqlite_version() -> String {
    rusqlite::version().to_owned()
}

/// What was measured of one engine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    pub build_ms: f64,
    pub bytes: u64,
    pub open_ms: f64,
    pub first_ms: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub rss_mb: f64,
    /// Queries, each asked `rounds` times.
    pub queries: usize,
    /// Queries that found something.
    pub answered: usize,
}

/// Paragraphs by recombination: sentences of the shipped base, 2–4 of them under a title and a section of the base, drawn
/// with a seed. Words and their frequencies stay those of the field; the sense does not matter for speed.
pub fn corpus(library: &Library, count: usize, seed: u64) -> Vec<Document> {
    let mut sentences: Vec<&str> = vec![];
    let mut headings: Vec<(&str, &str)> = vec![];
    for (title, section, text) in library.texts() {
        headings.push((title, section));
        sentences.extend(
            text.split_inclusive(['。', '；', '\n'])
                .map(str::trim)
                .filter(|s| s.chars().count() >= 6),
        );
    }
    let mut dice = Dice(seed);
    let mut documents = Vec::with_capacity(count);
    while documents.len() < count && !sentences.is_empty() {
        let (title, section) = headings[dice.roll(headings.len())];
        let parts = 2 + dice.roll(3);
        let text = (0..parts).map(|_| sentences[dice.roll(sentences.len())]).collect();
        documents.push(Document { title: title.to_owned(), section: section.to_owned(), text });
    }
    documents
}

/// The catalog with nothing to be found in it but these paragraphs; its words, illnesses and drugs stay.
pub fn shelved(mut catalog: Catalog, documents: &[Document]) -> Catalog {
    catalog.conditions.iter_mut().for_each(|c| c.sections.clear());
    catalog.formulary.drugs.iter_mut().for_each(|d| d.sections.clear());
    catalog.guidelines = documents
        .chunks(PARAGRAPHS_OF_ONE)
        .enumerate()
        .map(|(n, chunk)| Guideline {
            id: format!("made/{n}"),
            title: chunk[0].title.clone(),
            source: String::new(),
            year: 2026,
            audience: vec![],
            diseases: vec![],
            drugs: vec![],
            valid_until: None,
            status: Status::Trial,
            paragraphs: chunk
                .iter()
                .map(|d| Paragraph {
                    section: d.section.clone(),
                    place: String::new(),
                    text: d.text.clone(),
                })
                .collect(),
        })
        .collect();
    catalog
}

/// Our own engine: it is built anew at every start, so that opening is building.
pub fn ours(catalog: &Catalog, queries: &[String], rounds: usize) -> Result<Figures, LibraryError> {
    let started = Instant::now();
    let library = Library::open(catalog)?;
    let build_ms = millis(started);
    let mut figures = asked(queries, rounds, |query| library.search(query, 10).len());
    (figures.build_ms, figures.open_ms) = (build_ms, build_ms);
    figures.bytes = library.index_bytes();
    Ok(figures)
}

/// Asks everything: the first query apart, then all of them `rounds` times.
pub fn asked(queries: &[String], rounds: usize, ask: impl Fn(&str) -> usize) -> Figures {
    let mut figures = Figures { queries: queries.len(), ..Figures::default() };
    let started = Instant::now();
    if let Some(first) = queries.first() {
        ask(first);
    }
    figures.first_ms = millis(started);
    let mut times = vec![];
    for round in 0..rounds.max(1) {
        for query in queries {
            let started = Instant::now();
            let found = ask(query);
            times.push(millis(started));
            figures.answered += usize::from(round == 0 && found > 0);
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |quantile: f64| {
        let place = ((times.len() as f64 * quantile) as usize).min(times.len().saturating_sub(1));
        times.get(place).copied().unwrap_or(0.0)
    };
    (figures.p50_ms, figures.p99_ms) = (at(0.5), at(0.99));
    figures
}

pub(super) fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// Bytes of all files whose path begins with this one (a database with its log beside it).
pub(super) fn bytes_beginning(path: &Path) -> u64 {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return 0 };
    let name = name.to_string_lossy().into_owned();
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&name))
        .filter_map(|entry| entry.metadata().ok())
        .map(|meta| meta.len())
        .sum()
}

/// splitmix64
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides.max(1) as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_the_middle_and_the_slowest_are_told_apart() {
        let queries: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        let figures = asked(&queries, 3, |query| usize::from(query != "3"));
        assert_eq!((figures.queries, figures.answered), (10, 9));
        assert!(figures.p50_ms <= figures.p99_ms);
    }
}
