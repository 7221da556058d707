//! Numbers that become findings: temperature, blood pressure, haemoglobin …
use super::finding::FindingIx;
use crate::domain::age::Sex;

#[derive(Clone, Debug)]
pub struct Measurement {
    pub id: String,
    pub zh: String,
    pub names: Vec<String>,
    pub unit: String,
    /// As written, multiplier and offset that bring the value to `unit`.
    pub units: Vec<(String, f64, f64)>,
    /// Half-open; a value outside is a slip of the keyboard and is said so.
    pub plausible: (f64, f64),
    pub bare: bool,
    pub kit: Option<String>,
    pub bands: Vec<Band>,
}

#[derive(Clone, Debug)]
pub struct Band {
    pub finding: FindingIx,
    /// `false`: a value in this band says that the finding is absent.
    pub present: bool,
    pub min: f64,
    pub max: f64,
    pub age_min_days: u32,
    pub age_max_days: u32,
    pub sex: Sex,
    pub pregnant: Option<bool>,
}
