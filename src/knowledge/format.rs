//! The shapes that people write (see knowledge-base/STYLE.md). Unknown keys are refused; nothing here is used outside `knowledge`.
use std::collections::BTreeMap;

use serde::Deserialize;

use super::format_rx::RxCase;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingFile {
    #[serde(default)]
    pub finding: Vec<FindingHead>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingHead {
    pub id: String,
    pub zh: String,
    #[serde(default)]
    pub en: String,
    pub kind: String,
    #[serde(default)]
    pub parents: Vec<String>,
    #[serde(default)]
    pub synonyms: Vec<String>,
    #[serde(default)]
    pub absent: Vec<String>,
    pub ask: Option<String>,
    pub kit: Option<String>,
    pub base: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasurementFile {
    #[serde(default)]
    pub measurement: Vec<MeasurementHead>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasurementHead {
    pub id: String,
    pub zh: String,
    pub names: Vec<String>,
    pub unit: String,
    #[serde(default)]
    pub units: Vec<(String, f64, f64)>,
    pub plausible: (f64, f64),
    #[serde(default)]
    pub bare: bool,
    pub kit: Option<String>,
    #[serde(default)]
    pub band: Vec<BandHead>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandHead {
    pub finding: String,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub age_min_days: Option<u32>,
    pub age_max_days: Option<u32>,
    pub sex: Option<String>,
    pub pregnant: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionHead {
    pub id: String,
    pub zh: String,
    #[serde(default)]
    pub en: String,
    #[serde(default)]
    pub synonyms: Vec<String>,
    pub icd10: Vec<String>,
    pub system: String,
    pub status: String,
    pub basis: Option<String>,
    #[serde(default)]
    pub sources: Vec<String>,
    pub prior: String,
    #[serde(default)]
    pub prior_age: BTreeMap<String, String>,
    #[serde(default)]
    pub prior_setting: BTreeMap<String, String>,
    pub sex: Option<String>,
    pub pregnancy: Option<String>,
    #[serde(default)]
    pub season: Vec<String>,
    #[serde(default)]
    pub onset: Vec<String>,
    pub urgency: String,
    #[serde(default)]
    pub must_not_miss: bool,
    pub notifiable: Option<String>,
    #[serde(default)]
    pub tests: Vec<String>,
    #[serde(default)]
    pub drugs: Vec<String>,
    #[serde(default)]
    pub is_a: Vec<String>,
    #[serde(default)]
    pub confusable: Vec<String>,
    #[serde(default)]
    pub findings: FrequencyTable,
    #[serde(default)]
    pub risk: RiskTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FrequencyTable {
    #[serde(default)]
    pub always: Vec<String>,
    #[serde(default)]
    pub very_common: Vec<String>,
    #[serde(default)]
    pub common: Vec<String>,
    #[serde(default)]
    pub occasional: Vec<String>,
    #[serde(default)]
    pub rare: Vec<String>,
    #[serde(default)]
    pub never: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskTable {
    #[serde(default)]
    pub strong: Vec<String>,
    #[serde(default)]
    pub moderate: Vec<String>,
    #[serde(default)]
    pub weak: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedFlagHead {
    pub id: String,
    pub zh: String,
    #[serde(default)]
    pub icd10: Vec<String>,
    #[serde(default)]
    pub conditions: Vec<String>,
    pub level: String,
    pub status: String,
    pub basis: Option<String>,
    #[serde(default)]
    pub sources: Vec<String>,
    pub why: String,
    #[serde(rename = "do")]
    pub first_steps: String,
    pub call: Option<String>,
    pub when: Vec<ClauseHead>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClauseHead {
    #[serde(default)]
    pub all: Vec<String>,
    #[serde(default)]
    pub any: Vec<String>,
    pub at_least: Option<usize>,
    #[serde(default)]
    pub none: Vec<String>,
    pub age_min: Option<String>,
    pub age_max: Option<String>,
    pub sex: Option<String>,
    #[serde(default)]
    pub pregnant: bool,
    #[serde(default)]
    pub onset: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuidelineHead {
    pub id: String,
    pub title: String,
    pub source: String,
    pub year: i16,
    #[serde(default)]
    pub audience: Vec<String>,
    #[serde(default)]
    pub diseases: Vec<String>,
    #[serde(default)]
    pub drugs: Vec<String>,
    pub valid_until: Option<String>,
    pub status: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourcesFile {
    #[serde(default)]
    pub source: BTreeMap<String, SourceHead>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceHead {
    pub title: String,
    #[serde(default)]
    pub publisher: String,
    #[serde(default)]
    pub year: i16,
    #[serde(default)]
    pub licence: String,
    #[serde(default)]
    pub note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackFile {
    pub version: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitCaseFile {
    #[serde(default)]
    pub case: Vec<VisitCase>,
}

/// A visit that a red flag must, or must not, fire on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitCase {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub fires: bool,
    #[serde(default)]
    pub sex: String,
    #[serde(default)]
    pub age: String,
    pub text: String,
    pub pregnant_weeks: Option<u8>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietFile {
    #[serde(default)]
    pub visit: Vec<VisitCase>,
    #[serde(default)]
    pub rx: Vec<RxCase>,
}
