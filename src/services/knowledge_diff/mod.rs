//! What another knowledge base would change, in plain Chinese: entries, thresholds, and the advice of every case before and
//! after. Read before a pack is turned on.
mod cases;
mod entries;
mod patients;
mod revision;

use std::path::Path;

pub use cases::CaseChange;
pub use patients::{PatientChange, Programme, compare as compare_patients};
pub use revision::RevisionError;

use super::knowledge_base;
use crate::{
    domain::diagnosis::Engine,
    knowledge::{self, Compiled, KnowledgeError},
};

/// What kind of entry changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    Finding,
    Measurement,
    Condition,
    RedFlag,
    Drug,
    Interaction,
    RxRule,
    Guideline,
    FollowUp,
}

impl Thing {
    pub const fn id(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Measurement => "measurement",
            Self::Condition => "condition",
            Self::RedFlag => "red-flag",
            Self::Drug => "drug",
            Self::Interaction => "interaction",
            Self::RxRule => "rx-rule",
            Self::Guideline => "guideline",
            Self::FollowUp => "follow-up",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Finding => "所见",
            Self::Measurement => "测量值",
            Self::Condition => "病种",
            Self::RedFlag => "勿漏规则",
            Self::Drug => "药品",
            Self::Interaction => "相互作用",
            Self::RxRule => "处方规则",
            Self::Guideline => "指南",
            Self::FollowUp => "随访表",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    Added,
    Removed,
    Changed,
}

impl How {
    pub const fn id(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Added => "新增",
            Self::Removed => "删去",
            Self::Changed => "改动",
        }
    }
}

/// One entry that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub thing: Thing,
    pub how: How,
    pub id: String,
    pub name: String,
    /// What about it, each a sentence: `成人口服单次 0.25–0.5 g → 0.5–1 g`.
    pub details: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub from: String,
    pub to: String,
    pub changes: Vec<Change>,
    pub cases: Vec<CaseChange>,
    pub cases_run: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    #[error(transparent)]
    Knowledge(#[from] KnowledgeError),
    #[error(transparent)]
    Revision(#[from] RevisionError),
    #[error("词典放不进内存。没有改动任何记录。")]
    Dictionary,
}

/// A pack, a folder, or a git revision of the working copy in `repository`.
pub fn read_other(what: &str, repository: &Path) -> Result<Compiled, DiffError> {
    let path = Path::new(what);
    let files = if path.exists() {
        knowledge::load(path)?.files
    } else {
        revision::read(what, repository)?
    };
    Ok(knowledge::compile(&files))
}

/// The knowledge in use: a folder or pack that was named, else the built-in one.
pub fn read_own(path: Option<&Path>) -> Result<Compiled, DiffError> {
    Ok(knowledge_base::compiled(path)?)
}

/// Entries -> cases under both. Patients are compared apart, by whoever may read them.
pub fn compare(old: Compiled, new: Compiled) -> Result<Difference, DiffError> {
    let (from, to) = (old.catalog.version.clone(), new.catalog.version.clone());
    let changes = entries::compare(&old.catalog, &new.catalog);
    let books = [old.cases, new.cases];
    let engine = |catalog| Engine::new(catalog).ok_or(DiffError::Dictionary);
    let engines = [engine(old.catalog)?, engine(new.catalog)?];
    let (cases, cases_run) = cases::compare(engines, &books);
    Ok(Difference { from, to, changes, cases, cases_run })
}
