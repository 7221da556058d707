//! Finding paragraphs of guidelines, illnesses and drugs by Chinese words, pinyin, initials and everyday speech.
//!
//! Catalog -> `passages` -> `build` (tantivy in memory, jieba `tokens`) ; typed text -> `terms` (with `thesaurus`, `pinyin`) ->
//! `query` -> passages -> `highlight`.
mod build;
mod highlight;
mod passages;
mod pinyin;
mod query;
mod related;
mod schema;
mod terms;
mod thesaurus;
mod tokens;

use std::ops::Range;

pub use build::SearchIndex;
pub use related::{Entry, Related, Support};

use crate::domain::{age::Day, catalog::Status};

/// Why the paragraphs could not be indexed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error(
        "检索索引建不起来（{0}）。记录和其他功能不受影响；请重新打开程序，内存不足时先关掉别的程序。"
    )]
    Index(#[from] tantivy::TantivyError),
    #[error("检索词典放不进内存。记录和其他功能不受影响；请先关掉别的程序再打开。")]
    Dictionary,
}

/// What kind of entry a passage stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Guideline,
    Condition,
    Drug,
    /// 本单位资料: a paper of the clinic itself.
    Local,
    /// A rule of the base; found through what it is about, not by words.
    Rule,
}

impl Kind {
    pub fn parse(id: &str) -> Option<Self> {
        Some(match id {
            "guideline" | "指南" => Self::Guideline,
            "condition" | "病种" => Self::Condition,
            "drug" | "药品" => Self::Drug,
            "local" | "本单位资料" | "本单位" => Self::Local,
            _ => return None,
        })
    }

    pub const fn id(self) -> &'static str {
        match self {
            Self::Guideline => "guideline",
            Self::Condition => "condition",
            Self::Drug => "drug",
            Self::Local => "local",
            Self::Rule => "rule",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Guideline => "指南",
            Self::Condition => "病种",
            Self::Drug => "药品",
            Self::Local => "本单位资料",
            Self::Rule => "规则",
        }
    }
}

/// Narrows a search; empty fields do not ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Source id.
    pub source: Option<String>,
    /// This year or later; passages without a year are left out.
    pub year_from: Option<i16>,
    /// This year or earlier; passages without a year are left out.
    pub year_to: Option<i16>,
    /// Condition id: its own entry, guidelines about it, drugs it lists, papers that name it.
    pub disease: Option<String>,
    pub kind: Option<Kind>,
    /// `village`, `township`: guidelines written for others are left out; what names no audience is for all.
    pub audience: Option<String>,
}

/// One paragraph that answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Guideline, condition or drug id.
    pub doc: String,
    pub title: String,
    pub section: String,
    /// The whole paragraph.
    pub text: String,
    /// Ranges of characters (not bytes) of `text`, sorted, not touching.
    pub highlights: Vec<Range<usize>>,
    /// Source id, or empty.
    pub source: String,
    /// `None`: rests on clinical estimate, which the screen has to say.
    pub source_title: Option<String>,
    /// Place in the source, or empty.
    pub place: String,
    pub year: Option<i16>,
    /// A later edition of the same source is in the base: its year.
    pub newer_edition: Option<i16>,
    /// The summary has to be looked over after this day.
    pub valid_until: Option<Day>,
    /// The paragraph itself says that sources disagree or that it is not settled.
    pub doubtful: bool,
    pub audience: Vec<String>,
    /// Of a paper of the clinic: who added it, and when.
    pub added: Option<(String, Day)>,
    pub related: Related,
    pub kind: Kind,
    /// `None`: not an entry of the base, nobody has reviewed it.
    pub status: Option<Status>,
    pub score: f32,
    /// Whether every word typed was found in this passage or its headings.
    pub every_word: bool,
}
