//! Drugs, classes and the rules that prescriptions are checked by.
use std::collections::HashMap;

use super::{
    Status,
    condition::Section,
    content::{Content, InfusionLimit},
};
use crate::domain::{age::Sex, visit::WayOut};

/// How hard a rule stands in the way; ordered from quiet to hard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Tier {
    /// 注: only in the review list.
    #[default]
    Log,
    /// 提: beside the line.
    Note,
    /// 警: interrupts once, needs a reason.
    Warn,
    /// 禁: cannot be signed as it stands.
    Stop,
}

impl Tier {
    pub fn parse(id: &str) -> Option<Self> {
        Some(match id {
            "stop" => Self::Stop,
            "warn" => Self::Warn,
            "note" => Self::Note,
            "log" => Self::Log,
            _ => return None,
        })
    }

    pub const fn id(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Warn => "warn",
            Self::Note => "note",
            Self::Log => "log",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DrugKind {
    #[default]
    Chemical,
    Biological,
    Patent,
    Herb,
}

/// Safety in pregnancy or lactation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Safety {
    Ok,
    Caution,
    Avoid,
    Contraindicated,
    #[default]
    Unknown,
}

impl Safety {
    pub fn parse(id: &str) -> Option<Self> {
        Some(match id {
            "ok" => Self::Ok,
            "caution" => Self::Caution,
            "avoid" => Self::Avoid,
            "contraindicated" => Self::Contraindicated,
            "unknown" | "" => Self::Unknown,
            _ => return None,
        })
    }
}

/// What a figure or rule rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Basis {
    Label,
    Law,
    Guideline,
    #[default]
    ClinicalEstimate,
}

impl Basis {
    pub fn parse(id: &str) -> Option<Self> {
        Some(match id {
            "label" => Self::Label,
            "law" => Self::Law,
            "guideline" => Self::Guideline,
            "clinical-estimate" => Self::ClinicalEstimate,
            _ => return None,
        })
    }

    pub const fn id(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Law => "law",
            Self::Guideline => "guideline",
            Self::ClinicalEstimate => "clinical-estimate",
        }
    }
}

/// An amount range `min..=max` in one unit, as written on a label ("0.25-1 g").
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    pub min: f64,
    pub max: f64,
    pub unit: String,
}

#[derive(Clone, Debug, Default)]
pub struct Dose {
    pub age_min_days: u32,
    pub age_max_days: u32,
    pub route: String,
    pub indication: String,
    pub single: Option<Amount>,
    pub single_kg: Option<Amount>,
    pub daily: Option<Amount>,
    pub daily_kg: Option<Amount>,
    pub frequency: Vec<String>,
    pub course_days: Option<(u32, u32)>,
}

/// Circumstances that a limit or rule asks for; empty fields do not ask.
#[derive(Clone, Debug, Default)]
pub struct Circumstance {
    pub icd: Vec<String>,
    pub says: Vec<String>,
    pub not_icd: Vec<String>,
    pub age_below_days: Option<u32>,
    pub age_from_days: Option<u32>,
    pub sex: Sex,
    /// `any`, `t1`, `t2`, `t3` or empty.
    pub pregnant: String,
    pub lactating: bool,
    pub egfr_below: Option<f64>,
    pub child_pugh: Vec<String>,
    /// Name, comparison (`<`, `>`, `<=`, `>=`), value.
    pub lab: Option<(String, String, f64)>,
    pub route: Vec<String>,
    pub daily_over: Option<Amount>,
    pub days_over: Option<u32>,
    pub setting: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Limit {
    pub tier: Tier,
    pub when: Circumstance,
    pub why: String,
    pub instead: String,
    pub code: String,
    pub basis: Basis,
    pub source: String,
    /// Whether a second person may sign over it, when it is a 禁.
    pub way_out: WayOut,
}

#[derive(Clone, Debug, Default)]
pub struct Drug {
    pub id: String,
    pub zh: String,
    pub en: String,
    pub synonyms: Vec<String>,
    pub status: Status,
    pub kind: DrugKind,
    pub atc: Vec<String>,
    /// Own classes and all their ancestors.
    pub classes: Vec<String>,
    /// Ingredient ids; a plain drug holds its own id.
    pub ingredients: Vec<String>,
    pub herbs: Vec<String>,
    pub essential: bool,
    pub specialist: bool,
    pub antibiotic: Option<String>,
    pub aware: Option<String>,
    pub routes: Vec<String>,
    /// Form and strength as printed: ("胶囊", "0.25g").
    pub forms: Vec<(String, String)>,
    /// `always`, `history` or empty.
    pub skin_test: String,
    /// Per trimester.
    pub pregnancy: [Safety; 3],
    pub lactation: Safety,
    pub monitor: Vec<String>,
    pub basis: Basis,
    pub sources: Vec<String>,
    pub doses: Vec<Dose>,
    pub limits: Vec<Limit>,
    pub contents: Vec<Content>,
    pub infusions: Vec<InfusionLimit>,
    pub sections: Vec<Section>,
}

#[derive(Clone, Debug, Default)]
pub struct DrugClass {
    pub id: String,
    pub zh: String,
    pub synonyms: Vec<String>,
    pub parents: Vec<String>,
    pub allergy: bool,
    pub duplicate: Option<Tier>,
    /// Other class, tier, words.
    pub cross: Vec<(String, Tier, String)>,
}

#[derive(Clone, Debug)]
pub struct Interaction {
    /// Drug id, or `@class`.
    pub a: String,
    pub b: String,
    pub tier: Tier,
    /// Also counts for drops, creams and sprays.
    pub local: bool,
    pub effect: String,
    pub advice: String,
    pub basis: Basis,
    pub source: String,
}

/// Folder a rule was written in; it is also the alert's category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    Contraindication,
    Population,
    Antibiotic,
    Infusion,
    Tcm,
}

impl RuleKind {
    pub const ALL: [Self; 5] =
        [Self::Contraindication, Self::Population, Self::Antibiotic, Self::Infusion, Self::Tcm];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Contraindication => "contraindication",
            Self::Population => "population",
            Self::Antibiotic => "antibiotic",
            Self::Infusion => "infusion",
            Self::Tcm => "tcm",
        }
    }
}

#[derive(Clone, Debug)]
pub struct RxRule {
    pub id: String,
    pub kind: RuleKind,
    pub status: Status,
    pub drugs: Vec<String>,
    pub with: Vec<String>,
    pub without: Vec<String>,
    pub herbs: Vec<String>,
    pub with_herbs: Vec<String>,
    pub solvent_not: Vec<String>,
    pub solvent_is: Vec<String>,
    pub limit: Limit,
}

#[derive(Debug, Default)]
pub struct Formulary {
    pub drugs: Vec<Drug>,
    pub classes: Vec<DrugClass>,
    pub interactions: Vec<Interaction>,
    pub rules: Vec<RxRule>,
    pub drug_ix: HashMap<String, usize>,
    pub class_ix: HashMap<String, usize>,
}

impl Formulary {
    pub fn drug(&self, id: &str) -> Option<&Drug> {
        self.drug_ix.get(id).map(|ix| &self.drugs[*ix])
    }

    pub fn class(&self, id: &str) -> Option<&DrugClass> {
        self.class_ix.get(id).map(|ix| &self.classes[*ix])
    }
}
