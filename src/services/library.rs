//! The way of a question to the guideline base: typed words -> paragraphs with their source, and how fast that is.
use crate::{
    domain::catalog::Catalog,
    search::{SearchError, SearchIndex},
};

pub use crate::search::{Filter, Hit, Kind};

/// Why the base cannot be searched; everything else works without it.
pub type LibraryError = SearchError;

/// Guidelines, illnesses and drugs, ready to be searched. Shared between threads by `Arc`.
#[derive(Debug)]
pub struct Library {
    index: SearchIndex,
}

impl Library {
    /// Reads the catalog into an index in memory (a second or less); call it on a worker thread.
    pub fn open(catalog: &Catalog) -> Result<Self, LibraryError> {
        Ok(Self { index: SearchIndex::build(catalog)? })
    }

    /// Best first, at most three paragraphs of one document.
    pub fn search(&self, typed: &str, limit: usize) -> Vec<Hit> {
        self.search_within(typed, &Filter::default(), limit)
    }

    pub fn search_within(&self, typed: &str, filter: &Filter, limit: usize) -> Vec<Hit> {
        self.index.search(typed, filter, limit)
    }

    /// Number of paragraphs.
    pub fn passages(&self) -> usize {
        self.index.passages()
    }
}

/// How long answers took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Speed {
    pub n: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// Queries without any answer.
    pub empty: usize,
}

/// Asks every query once, ten answers each; `ticks` counts microseconds.
pub fn measure(library: &Library, queries: &[String], ticks: &dyn Fn() -> u64) -> Speed {
    let mut times = vec![];
    let mut empty = 0;
    for query in queries {
        let started = ticks();
        let hits = library.search(query, 10);
        times.push(ticks().saturating_sub(started));
        empty += usize::from(hits.is_empty());
    }
    times.sort_unstable();
    let at = |quantile: f64| {
        let place = ((times.len() as f64 * quantile) as usize).min(times.len().saturating_sub(1));
        times.get(place).map_or(0.0, |t| *t as f64 / 1000.0)
    };
    Speed { n: times.len(), p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1.0), empty }
}
