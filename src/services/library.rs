//! The way of a question to the guideline base: typed words -> paragraphs with their source, and how fast that is.
use crate::{
    domain::{catalog::Catalog, local_document::LocalDocument},
    search::{SearchError, SearchIndex},
};

pub use crate::search::{Entry, Filter, Hit, Kind, Related, Support};

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
        Self::with_papers(catalog, &[])
    }

    /// The base together with the clinic's own papers.
    pub fn with_papers(catalog: &Catalog, papers: &[LocalDocument]) -> Result<Self, LibraryError> {
        Ok(Self { index: SearchIndex::build(catalog, papers)? })
    }

    /// All paragraphs of one entry.
    pub fn entry(&self, id: &str) -> Vec<Hit> {
        self.index.entry(id)
    }

    /// The paragraphs that a condition, a rule or an alert rests on.
    pub fn supporting(&self, what: &Support) -> Vec<Hit> {
        self.index.supporting(what)
    }

    /// Best first, at most two paragraphs of one document.
    pub fn search(&self, typed: &str, limit: usize) -> Vec<Hit> {
        self.search_within(typed, &Filter::default(), limit)
    }

    pub fn search_within(&self, typed: &str, filter: &Filter, limit: usize) -> Vec<Hit> {
        self.index.search(typed, filter, limit)
    }

    /// A text as the words of the index.
    pub fn words_of(&self, text: &str) -> Vec<String> {
        self.index.words_of(text)
    }

    /// Bytes that the inverted index takes.
    pub fn index_bytes(&self) -> u64 {
        self.index.bytes()
    }

    /// Title, section and text of every paragraph.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.index.texts()
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

/// A query with the documents that answer it.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledQuery {
    /// How it was typed: words, colloquial, pinyin, ...
    pub way: String,
    pub typed: String,
    /// Ids of documents that answer; ids that the base does not hold do not count.
    pub answers: Vec<String>,
}

/// How well one labelled query was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    pub way: String,
    pub typed: String,
    /// Documents in the order shown, each once.
    pub documents: Vec<String>,
    /// 1-based place of the first document that answers.
    pub first: Option<usize>,
    /// Of the first ten documents.
    pub ndcg: f64,
}

/// Asks labelled queries. Those without an answer in the base are left out.
pub fn judge(library: &Library, queries: &[LabelledQuery]) -> Vec<Answered> {
    queries
        .iter()
        .filter_map(|query| {
            let answers: Vec<&String> =
                query.answers.iter().filter(|id| library.index.holds(id)).collect();
            if answers.is_empty() {
                return None;
            }
            let mut documents: Vec<String> = vec![];
            for hit in library.search(&query.typed, 30) {
                if documents.len() < 10 && !documents.contains(&hit.doc) {
                    documents.push(hit.doc);
                }
            }
            Some(Answered {
                way: query.way.clone(),
                typed: query.typed.clone(),
                first: documents.iter().position(|d| answers.contains(&d)).map(|p| p + 1),
                ndcg: ndcg(&documents, &answers),
                documents,
            })
        })
        .collect()
}

/// Normalised discounted gain with every answer worth the same.
fn ndcg(documents: &[String], answers: &[&String]) -> f64 {
    let worth = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let gained: f64 = documents
        .iter()
        .take(10)
        .enumerate()
        .filter(|(_, d)| answers.contains(d))
        .map(|(place, _)| worth(place))
        .sum();
    let best: f64 = (0..answers.len().min(10)).map(worth).sum();
    gained / best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gain_is_whole_when_all_answers_stand_first_and_falls_with_their_place() {
        let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let wanted = names(&["a", "b"]);
        let answers: Vec<&String> = wanted.iter().collect();
        assert!((ndcg(&names(&["b", "a", "x"]), &answers) - 1.0).abs() < 1e-9);
        assert!(ndcg(&names(&["x", "a", "b"]), &answers) < 0.75);
        assert!(ndcg(&names(&["x"]), &answers).abs() < 1e-9);
    }
}
