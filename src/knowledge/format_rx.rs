//! The shapes of drugs, classes, prescription rules and prescription cases as people write them (STYLE.md sections 4 to 7).
use std::collections::BTreeMap;

use serde::Deserialize;

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
    #[serde(default)]
    pub content: Vec<ContentHead>,
    #[serde(default)]
    pub infusion: Vec<InfusionHead>,
}

/// `form = "片 0.625g"`, `of = "1 片"`, `holds = { amoxicillin = "500 mg" }`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentHead {
    #[serde(default)]
    pub form: String,
    pub of: String,
    pub holds: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InfusionHead {
    #[serde(default)]
    pub age: String,
    #[serde(default)]
    pub per_ml: String,
    #[serde(default)]
    pub per_hour: String,
    #[serde(default)]
    pub per_kg_hour: String,
    pub least_minutes: Option<u32>,
    pub tier: String,
    pub why: String,
    #[serde(default)]
    pub basis: String,
    #[serde(default)]
    pub source: String,
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
            /// Nobody may sign over this stop.
            #[serde(default)]
            pub change_only: bool,
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
    pub iv_antibiotics_approved: Option<bool>,
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
    pub group: Option<u8>,
    #[serde(default)]
    pub remark: String,
}
