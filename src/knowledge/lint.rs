//! What is wrong with a knowledge file: where, which rule of the house, and the cure.
use std::fmt;

/// Every lint has a failing fixture in tests/fixtures/kb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LintId {
    Syntax,
    FileName,
    DuplicateId,
    DuplicateWord,
    UnknownId,
    UnknownWord,
    BadRange,
    MissingBasis,
    StopWithoutLabel,
    FewFindings,
    MissingCase,
    CaseFails,
    DrugWithoutClass,
    DoseUnit,
    TooLong,
    NotStable,
    UnusedFinding,
    MissingQuestion,
}

impl LintId {
    pub const fn id(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::FileName => "file-name",
            Self::DuplicateId => "duplicate-id",
            Self::DuplicateWord => "duplicate-word",
            Self::UnknownId => "unknown-id",
            Self::UnknownWord => "unknown-word",
            Self::BadRange => "bad-range",
            Self::MissingBasis => "missing-basis",
            Self::StopWithoutLabel => "stop-without-label",
            Self::FewFindings => "few-findings",
            Self::MissingCase => "missing-case",
            Self::CaseFails => "case-fails",
            Self::DrugWithoutClass => "drug-without-class",
            Self::DoseUnit => "dose-unit",
            Self::TooLong => "too-long",
            Self::NotStable => "not-stable",
            Self::UnusedFinding => "unused-finding",
            Self::MissingQuestion => "missing-question",
        }
    }

    /// An error keeps the base from being released; the rest is advice.
    pub const fn is_error(self) -> bool {
        !matches!(self, Self::UnusedFinding | Self::MissingQuestion)
    }
}

#[derive(Clone, Debug)]
pub struct Lint {
    pub id: LintId,
    pub path: String,
    pub line: usize,
    pub what: String,
    pub cure: String,
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.id.is_error() { "error" } else { "advice" };
        write!(f, "{}:{}: {level}[{}] {}", self.path, self.line, self.id.id(), self.what)?;
        if self.cure.is_empty() { Ok(()) } else { write!(f, " → {}", self.cure) }
    }
}

/// Collects lints while files are read.
#[derive(Debug, Default)]
pub struct Lints(pub Vec<Lint>);

impl Lints {
    pub fn push(&mut self, id: LintId, path: &str, line: usize, what: String, cure: &str) {
        self.0.push(Lint { id, path: path.to_owned(), line, what, cure: cure.to_owned() });
    }

    pub fn errors(&self) -> usize {
        self.0.iter().filter(|l| l.id.is_error()).count()
    }
}

/// The first line of `text` that holds `needle` as a quoted word, else as any text, else 1.
pub fn line_of(text: &str, needle: &str) -> usize {
    let quoted = format!("\"{needle}\"");
    text.lines()
        .position(|l| l.contains(&quoted))
        .or_else(|| text.lines().position(|l| l.contains(needle)))
        .map_or(1, |n| n + 1)
}
