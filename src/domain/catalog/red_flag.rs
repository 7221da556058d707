//! Do-not-miss rules: read by the guard, never by the ranking.
use super::{
    Status,
    condition::{Onset, Urgency},
    finding::FindingIx,
};
use crate::domain::age::Sex;

#[derive(Clone, Debug)]
pub struct RedFlag {
    pub id: String,
    pub zh: String,
    pub icd10: Vec<String>,
    pub conditions: Vec<String>,
    pub level: Urgency,
    pub status: Status,
    pub why: String,
    /// What to do in the first ten minutes.
    pub first_steps: String,
    pub call: Option<String>,
    pub sources: Vec<String>,
    pub when: Vec<Clause>,
}

/// All lines of one clause hold together; clauses of a rule are alternatives.
#[derive(Clone, Debug)]
pub struct Clause {
    pub all: Vec<FindingIx>,
    pub any: Vec<FindingIx>,
    pub at_least: usize,
    pub none: Vec<FindingIx>,
    pub age_min_days: u32,
    pub age_max_days: u32,
    pub sex: Sex,
    pub pregnant: bool,
    pub onset: Vec<Onset>,
}
