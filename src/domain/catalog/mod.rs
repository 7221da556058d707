//! The compiled knowledge that the checks read. Built by `knowledge::compile`, never changed afterwards.
pub mod condition;
pub mod content;
pub mod finding;
pub mod follow_up;
pub mod formulary;
pub mod guideline;
pub mod measurement;
pub mod red_flag;

use std::collections::HashMap;

use condition::Condition;
use finding::{Finding, FindingIx};
use follow_up::FollowUpBook;
use formulary::Formulary;
use guideline::{Guideline, Source};
use measurement::Measurement;
use red_flag::RedFlag;

use super::share::recognition::ListedItem;

/// How far an entry has been reviewed. Drafts and retired entries are not in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Status {
    #[default]
    Trial,
    Stable,
}

impl Status {
    pub const fn id(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Stable => "stable",
        }
    }
}

/// Everything that was read from one knowledge base.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Release number and the first 8 hex digits of the content hash, e.g. `2026.11.1+3fa9c012`.
    pub version: String,
    pub findings: Vec<Finding>,
    pub measurements: Vec<Measurement>,
    pub conditions: Vec<Condition>,
    pub red_flags: Vec<RedFlag>,
    pub formulary: Formulary,
    pub follow_up: FollowUpBook,
    /// Item lists of mutual recognition.
    pub recognition: Vec<ListedItem>,
    pub guidelines: Vec<Guideline>,
    pub sources: Vec<Source>,
    pub finding_ix: HashMap<String, FindingIx>,
    pub condition_ix: HashMap<String, usize>,
}

impl Catalog {
    pub fn finding(&self, ix: FindingIx) -> &Finding {
        &self.findings[ix.0 as usize]
    }

    pub fn finding_by_id(&self, id: &str) -> Option<FindingIx> {
        self.finding_ix.get(id).copied()
    }

    /// By id, Chinese name, English name or another name.
    pub fn condition_named(&self, typed: &str) -> Option<&Condition> {
        let typed = typed.trim();
        self.condition_by_id(typed).or_else(|| {
            self.conditions
                .iter()
                .find(|c| c.zh == typed || c.en.eq_ignore_ascii_case(typed))
                .or_else(|| {
                    self.conditions.iter().find(|c| c.synonyms.iter().any(|name| name == typed))
                })
        })
    }

    pub fn condition_by_id(&self, id: &str) -> Option<&Condition> {
        self.condition_ix.get(id).map(|ix| &self.conditions[*ix])
    }
}
