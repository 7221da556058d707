//! The shapes that people write (see knowledge-base/STYLE.md). Unknown keys are refused; nothing here is used outside `knowledge`.
use std::collections::BTreeMap;

use serde::Deserialize;

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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassFile {
    #[serde(default)]
    pub class: Vec<ClassHead>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassHead {
    pub id: String,
    pub zh: String,
    #[serde(default)]
    pub synonyms: Vec<String>,
    #[serde(default)]
    pub parents: Vec<String>,
    #[serde(default)]
    pub allergy: bool,
    #[serde(default)]
    pub duplicate: bool,
    pub duplicate_tier: Option<String>,
    #[serde(default)]
    pub cross: Vec<(String, String, String)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MembersFile {
    #[serde(default)]
    pub members: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrugHead {
    pub id: String,
    pub zh: String,
    #[serde(default)]
    pub en: String,
    #[serde(default)]
    pub synonyms: Vec<String>,
    pub status: String,
    pub kind: String,
    #[serde(default)]
    pub atc: Vec<String>,
    #[serde(default)]
    pub classes: Vec<String>,
    #[serde(default)]
    pub ingredients: Vec<String>,
    #[serde(default)]
    pub herbs: Vec<String>,
    #[serde(default)]
    pub essential: bool,
    #[serde(default)]
    pub specialist: bool,
    pub antibiotic: Option<String>,
    pub aware: Option<String>,
    #[serde(default)]
    pub routes: Vec<String>,
    #[serde(default)]
    pub forms: Vec<String>,
    #[serde(default)]
    pub skin_test: String,
    #[serde(default)]
    pub pregnancy: String,
    #[serde(default)]
    pub pregnancy_t: Vec<String>,
    #[serde(default)]
    pub lactation: String,
    #[serde(default)]
    pub monitor: Vec<String>,
    pub basis: Option<String>,
    #[serde(default)]
    pub sources: Vec<String>,
    #[serde(default)]
    pub dose: Vec<DoseHead>,
    #[serde(default)]
    pub limit: Vec<LimitHead>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoseHead {
    #[serde(default)]
    pub who: String,
    #[serde(default)]
    pub age: String,
    #[serde(default)]
    pub route: String,
    #[serde(default, rename = "use")]
    pub indication: String,
    #[serde(default)]
    pub single: String,
    #[serde(default)]
    pub single_kg: String,
    #[serde(default)]
    pub daily: String,
    #[serde(default)]
    pub daily_kg: String,
    #[serde(default)]
    pub frequency: Vec<String>,
    #[serde(default)]
    pub course_days: String,
}

/// A limit or rule head: the circumstances stand in the same table as its own keys, because people write them so.
macro_rules! with_circumstance {
    ($(#[$meta:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $(#[$meta])*
        pub struct $name {
            #[serde(default)]
            pub icd: Vec<String>,
            #[serde(default)]
            pub says: Vec<String>,
            #[serde(default)]
            pub not_icd: Vec<String>,
            #[serde(default)]
            pub age_below: String,
            #[serde(default)]
            pub age_from: String,
            #[serde(default)]
            pub sex: String,
            #[serde(default)]
            pub pregnant: String,
            #[serde(default)]
            pub lactating: bool,
            #[serde(default)]
            pub egfr_below: f64,
            #[serde(default)]
            pub child_pugh: Vec<String>,
            #[serde(default)]
            pub lab: String,
            #[serde(default)]
            pub route: Vec<String>,
            #[serde(default)]
            pub daily_over: String,
            #[serde(default)]
            pub days_over: u32,
            #[serde(default)]
            pub setting: Vec<String>,
            pub tier: String,
            #[serde(default)]
            pub why: String,
            #[serde(default)]
            pub instead: String,
            #[serde(default)]
            pub code: String,
            #[serde(default)]
            pub basis: String,
            #[serde(default)]
            pub source: String,
            $($own)*
        }
    };
}

with_circumstance! {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct LimitHead {}
}

with_circumstance! {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct RuleHead {
        pub id: String,
        pub status: String,
        #[serde(default)]
        pub drugs: Vec<String>,
        #[serde(default)]
        pub with: Vec<String>,
        #[serde(default)]
        pub without: Vec<String>,
        #[serde(default)]
        pub herbs: Vec<String>,
        #[serde(default)]
        pub with_herbs: Vec<String>,
        #[serde(default)]
        pub solvent_not: Vec<String>,
        #[serde(default)]
        pub solvent_is: Vec<String>,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InteractionRow {
    pub a: String,
    pub b: String,
    pub tier: String,
    pub effect: String,
    #[serde(default)]
    pub advice: String,
    #[serde(default)]
    pub basis: String,
    #[serde(default)]
    pub source: String,
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
pub struct RxCaseFile {
    #[serde(default)]
    pub case: Vec<RxCase>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RxCase {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub fires: bool,
    #[serde(default)]
    pub setting: String,
    #[serde(default)]
    pub patient: RxPatient,
    pub items: Vec<RxItem>,
}

/// The patient of a prescription case; the same keys as `xinglin rx check` takes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RxPatient {
    #[serde(default)]
    pub sex: String,
    #[serde(default)]
    pub age: String,
    pub weight_kg: Option<f64>,
    pub pregnant_weeks: Option<u8>,
    #[serde(default)]
    pub lactating: bool,
    #[serde(default)]
    pub allergies: Vec<String>,
    #[serde(default)]
    pub diagnoses: Vec<String>,
    pub egfr: Option<f64>,
    pub creatinine_umol: Option<f64>,
    pub child_pugh: Option<String>,
    #[serde(default)]
    pub labs: BTreeMap<String, f64>,
    #[serde(default)]
    pub current_drugs: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RxItem {
    pub drug: String,
    pub strength: Option<String>,
    pub dose: Option<f64>,
    #[serde(default)]
    pub dose_unit: String,
    #[serde(default)]
    pub route: String,
    #[serde(default)]
    pub frequency: String,
    pub days: Option<u32>,
    pub skin_test: Option<String>,
    pub solvent: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietFile {
    #[serde(default)]
    pub visit: Vec<VisitCase>,
    #[serde(default)]
    pub rx: Vec<RxCase>,
}
