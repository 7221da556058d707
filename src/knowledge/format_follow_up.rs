//! The shapes of rules/followup: vocabulary, tables, cases. Unknown keys are refused.
use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VocabularyFile {
    #[serde(default)]
    pub measure: Vec<MeasureHead>,
    #[serde(default)]
    pub sign: Vec<SignHead>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureHead {
    pub id: String,
    pub zh: String,
    #[serde(default)]
    pub unit: String,
    #[serde(default)]
    pub names: Vec<String>,
    pub plausible: (f64, f64),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignHead {
    pub id: String,
    pub zh: String,
    pub kind: String,
    #[serde(default)]
    pub names: Vec<String>,
    #[serde(default)]
    pub implies: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFile {
    pub id: String,
    /// Takes every key that is not written here from that table.
    pub extends: Option<String>,
    pub kind: String,
    pub programme: String,
    pub zh: String,
    pub short: String,
    #[serde(default)]
    pub form: String,
    pub valid_from: String,
    #[serde(default)]
    pub region: String,
    #[serde(default)]
    pub source: String,
    pub basis: String,
    pub status: String,
    pub age_from: Option<u16>,
    #[serde(default)]
    pub says: Vec<String>,
    #[serde(default)]
    pub says_not: Vec<String>,
    #[serde(default)]
    pub icd: Vec<String>,
    #[serde(default)]
    pub required: Vec<String>,
    #[serde(default)]
    pub wanted: Vec<String>,
    #[serde(default)]
    pub face_to_face_a_year: u8,
    #[serde(default)]
    pub visits_a_year: u8,
    #[serde(default)]
    pub annual_check: bool,
    #[serde(default)]
    pub counts: Vec<String>,
    #[serde(default)]
    pub always: Vec<String>,
    #[serde(default)]
    pub target: Vec<TargetHead>,
    #[serde(default)]
    pub danger: Vec<RowHead>,
    #[serde(default)]
    pub ask: Vec<RowHead>,
    #[serde(default)]
    pub risk: Vec<RowHead>,
    #[serde(default)]
    pub class: Vec<ClassHead>,
    #[serde(default)]
    pub plan: Vec<PlanHead>,
    #[serde(default)]
    pub milestone: Vec<MilestoneHead>,
    #[serde(default)]
    pub field: Vec<FieldHead>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetHead {
    pub id: String,
    #[serde(default)]
    pub who: Vec<String>,
    pub zh: String,
    pub met: Vec<String>,
    pub basis: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowHead {
    pub id: String,
    pub zh: String,
    pub when: Vec<String>,
    pub basis: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassHead {
    pub code: u8,
    pub zh: String,
    pub when: Vec<String>,
    #[serde(default)]
    pub harm: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanHead {
    pub id: String,
    pub when: Vec<String>,
    #[serde(default)]
    pub referral: String,
    pub within_days: Option<u16>,
    pub within_months: Option<u8>,
    #[serde(default)]
    pub fit_year: bool,
    pub task: Option<String>,
    pub say: String,
    pub basis: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MilestoneHead {
    pub id: String,
    pub zh: String,
    pub clock: String,
    pub from: u32,
    pub to: u32,
    #[serde(default)]
    pub what: String,
    pub basis: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldHead {
    pub id: String,
    pub zh: String,
    #[serde(default)]
    pub unit: String,
    #[serde(default)]
    pub many: bool,
    /// `[code, words, sign, sign …]`
    #[serde(default)]
    pub codes: Vec<Vec<String>>,
    /// For whom it stands on the form; empty = for everybody.
    #[serde(default)]
    pub when: Vec<String>,
    pub basis: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUpCaseFile {
    #[serde(default)]
    pub case: Vec<FollowUpCase>,
}

/// A visit on which one row must, or must not, fire, and what else must come out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUpCase {
    #[serde(default)]
    pub name: String,
    /// `danger/sbp-180`; without it only the outcome is checked.
    pub rule: Option<String>,
    #[serde(default)]
    pub fires: bool,
    pub date: Option<String>,
    pub mode: Option<String>,
    pub sex: Option<String>,
    pub age: Option<f64>,
    pub birth: Option<String>,
    #[serde(default)]
    pub n: BTreeMap<String, f64>,
    #[serde(default)]
    pub signs: Vec<String>,
    /// Codes ticked in the form's `symptoms`.
    #[serde(default)]
    pub ticks: Vec<String>,
    pub annual_check: Option<String>,
    #[serde(default)]
    pub history: Vec<PastHead>,
    pub class: Option<u8>,
    pub next: Option<String>,
    pub referral: Option<String>,
    pub task: Option<String>,
    pub controlled: Option<bool>,
    pub target: Option<String>,
    pub visits: Option<u8>,
    pub annual_check_due: Option<bool>,
    pub at_target: Option<bool>,
    pub in_scope: Option<bool>,
    pub unclassed: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastHead {
    pub date: String,
    pub mode: Option<String>,
    #[serde(default)]
    pub n: BTreeMap<String, f64>,
    #[serde(default)]
    pub signs: Vec<String>,
    pub class: Option<u8>,
}
