//! One disease as the engine knows it.
use super::{Status, finding::FindingIx};

/// How often, in bands; the numbers are the engine's reading of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    Never,
    Rare,
    Occasional,
    Common,
    VeryCommon,
    Always,
}

impl Frequency {
    pub const ALL: [Self; 6] =
        [Self::Always, Self::VeryCommon, Self::Common, Self::Occasional, Self::Rare, Self::Never];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Rare => "rare",
            Self::Occasional => "occasional",
            Self::Common => "common",
            Self::VeryCommon => "very-common",
            Self::Always => "always",
        }
    }

    pub const fn probability(self) -> f64 {
        match self {
            Self::Never => 0.001,
            Self::Rare => 0.03,
            Self::Occasional => 0.15,
            Self::Common => 0.45,
            Self::VeryCommon => 0.80,
            Self::Always => 0.97,
        }
    }
}

/// Which sexes a condition meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SexPattern {
    #[default]
    Both,
    FemaleOnly,
    MaleOnly,
    MostlyFemale,
    MostlyMale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PregnancyPattern {
    #[default]
    Any,
    Only,
    Never,
}

/// How an illness begins and runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Onset {
    /// Minutes to hours.
    Hyperacute,
    /// Hours to two weeks.
    Acute,
    /// Two to eight weeks.
    Subacute,
    /// Longer than eight weeks.
    Chronic,
    /// Comes back in attacks.
    Recurrent,
}

impl Onset {
    pub fn parse(id: &str) -> Option<Self> {
        Some(match id {
            "hyperacute" => Self::Hyperacute,
            "acute" => Self::Acute,
            "subacute" => Self::Subacute,
            "chronic" => Self::Chronic,
            "recurrent" => Self::Recurrent,
            _ => return None,
        })
    }

    pub const fn id(self) -> &'static str {
        match self {
            Self::Hyperacute => "hyperacute",
            Self::Acute => "acute",
            Self::Subacute => "subacute",
            Self::Chronic => "chronic",
            Self::Recurrent => "recurrent",
        }
    }
}

/// How soon somebody has to act; ordered from calm to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Urgency {
    SelfCare,
    #[default]
    Routine,
    Urgent,
    Emergency,
}

impl Urgency {
    pub fn parse(id: &str) -> Option<Self> {
        Some(match id {
            "self-care" => Self::SelfCare,
            "routine" => Self::Routine,
            "urgent" => Self::Urgent,
            "emergency" => Self::Emergency,
            _ => return None,
        })
    }

    pub const fn id(self) -> &'static str {
        match self {
            Self::SelfCare => "self-care",
            Self::Routine => "routine",
            Self::Urgent => "urgent",
            Self::Emergency => "emergency",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RiskStrength {
    Weak,
    Moderate,
    Strong,
}

impl RiskStrength {
    /// By how much the odds grow when the background is there.
    pub const fn factor(self) -> f64 {
        match self {
            Self::Weak => 1.6,
            Self::Moderate => 3.0,
            Self::Strong => 6.0,
        }
    }
}

/// One `## 小节` of an entry's prose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub title: String,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct Condition {
    pub id: String,
    pub zh: String,
    pub en: String,
    pub synonyms: Vec<String>,
    pub icd10: Vec<String>,
    pub system: String,
    pub status: Status,
    /// Share of first contacts with this condition, per age band (`AgeBand::ALL` order).
    pub prior: [f64; 8],
    /// How many times that share a township health centre sees; `prior` is the village's.
    pub at_township: f64,
    pub sex: SexPattern,
    pub pregnancy: PregnancyPattern,
    /// Months (1–12) of the high season; empty = all year.
    pub season: Vec<i8>,
    pub onset: Vec<Onset>,
    pub urgency: Urgency,
    pub must_not_miss: bool,
    pub notifiable: Option<String>,
    pub tests: Vec<String>,
    pub drugs: Vec<String>,
    pub is_a: Vec<String>,
    pub confusable: Vec<String>,
    pub findings: Vec<(FindingIx, Frequency)>,
    pub risks: Vec<(FindingIx, RiskStrength)>,
    pub sections: Vec<Section>,
    /// Source ids with their place, or empty when the entry rests on clinical estimate.
    pub sources: Vec<String>,
}
