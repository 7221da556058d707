//! Guideline summaries, paragraph by paragraph, and where they come from.
use super::Status;
use crate::domain::age::Day;

#[derive(Clone, Debug)]
pub struct Source {
    pub id: String,
    pub title: String,
    pub publisher: String,
    pub year: i16,
    pub licence: String,
}

#[derive(Clone, Debug)]
pub struct Guideline {
    pub id: String,
    pub title: String,
    pub source: String,
    pub year: i16,
    pub audience: Vec<String>,
    pub diseases: Vec<String>,
    pub drugs: Vec<String>,
    pub valid_until: Option<Day>,
    pub status: Status,
    pub paragraphs: Vec<Paragraph>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    pub section: String,
    /// Where in the source, e.g. `第4章`.
    pub place: String,
    pub text: String,
}
