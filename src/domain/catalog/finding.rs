//! One thing a doctor may see, ask or measure.

/// Place of a finding in `Catalog::findings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FindingIx(pub u32);

impl FindingIx {
    pub const fn at(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FindingKind {
    Symptom,
    Sign,
    Measurement,
    Lab,
    Imaging,
    History,
    Exposure,
    DrugUse,
    Family,
}

impl FindingKind {
    pub fn parse(id: &str) -> Option<Self> {
        Some(match id {
            "symptom" => Self::Symptom,
            "sign" => Self::Sign,
            "measurement" => Self::Measurement,
            "lab" => Self::Lab,
            "imaging" => Self::Imaging,
            "history" => Self::History,
            "exposure" => Self::Exposure,
            "drug-use" => Self::DrugUse,
            "family" => Self::Family,
            _ => return None,
        })
    }

    /// Background rather than complaint: true of the person before today's illness.
    pub const fn is_background(self) -> bool {
        matches!(self, Self::History | Self::Exposure | Self::DrugUse | Self::Family)
    }
}

#[derive(Clone, Debug)]
pub struct Finding {
    pub id: String,
    pub zh: String,
    pub en: String,
    pub kind: FindingKind,
    pub parents: Vec<FindingIx>,
    /// All findings implied by this one, nearest first, without itself.
    pub ancestors: Vec<FindingIx>,
    pub children: Vec<FindingIx>,
    pub synonyms: Vec<String>,
    pub absent: Vec<String>,
    pub ask: Option<String>,
    pub kit: Option<String>,
    /// How often it is met in any consultation whatever the illness.
    pub base: f64,
}
