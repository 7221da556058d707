//! Do-not-miss rules: what fires, and on which findings. No model has a say here.
use super::{Encounter, Evidence};
use crate::domain::{
    age::Sex,
    catalog::{Catalog, condition::Urgency, finding::FindingIx, red_flag::Clause},
};

/// One rule that fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Place in `Catalog::red_flags`.
    pub rule: usize,
    pub level: Urgency,
    pub because: Vec<FindingIx>,
}

const UNKNOWN_AGE_DAYS: u32 = 14_600;
const SMALL_CHILD_DAYS: u32 = 3 * 366;

/// All rules that fire, emergencies first.
pub fn watch(catalog: &Catalog, encounter: &Encounter, evidence: &Evidence) -> Vec<Warning> {
    let mut found: Vec<Warning> = catalog
        .red_flags
        .iter()
        .enumerate()
        .filter_map(|(rule, flag)| {
            let because = flag.when.iter().find_map(|c| fires(c, encounter, evidence))?;
            Some(Warning { rule, level: flag.level, because })
        })
        .collect();
    found.sort_by_key(|w| (std::cmp::Reverse(w.level), w.rule));
    found
}

/// The findings that made the clause fire.
pub fn fires(
    clause: &Clause,
    encounter: &Encounter,
    evidence: &Evidence,
) -> Option<Vec<FindingIx>> {
    if !fits(clause, encounter, evidence) {
        return None;
    }
    let has = |f: &FindingIx| evidence.closure.contains(f);
    if !clause.all.iter().all(has) || clause.none.iter().any(has) {
        return None;
    }
    let some: Vec<FindingIx> = clause.any.iter().copied().filter(has).collect();
    if some.len() < clause.at_least {
        return None;
    }
    Some(clause.all.iter().copied().chain(some).collect())
}

/// Age, sex, pregnancy and course; what is not known does not silence a warning.
pub fn fits(clause: &Clause, encounter: &Encounter, evidence: &Evidence) -> bool {
    let days = encounter.age.map_or(UNKNOWN_AGE_DAYS, crate::domain::age::Age::days);
    let age = match encounter.age {
        Some(_) => (clause.age_min_days..clause.age_max_days).contains(&days),
        // Rules for babies need an age: a fever of somebody unknown is not a newborn's.
        None => clause.age_max_days > SMALL_CHILD_DAYS,
    };
    let sex =
        clause.sex == Sex::Unknown || encounter.sex == Sex::Unknown || clause.sex == encounter.sex;
    let pregnant = !clause.pregnant || evidence.pregnant == Some(true);
    let course = clause.onset.is_empty()
        || evidence.onsets.is_empty()
        || clause.onset.iter().any(|o| evidence.onsets.contains(o));
    age && sex && pregnant && course
}
