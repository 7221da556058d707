//! What a drug holds by the piece, and how it may be run into a vein.
use super::formulary::{Amount, Basis, Tier};

/// Ingredients in a certain amount of one form: `片 0.625g`, 1 片 holds amoxicillin 500 mg.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Form and strength as in the drug's list of forms; empty = every form.
    pub form: String,
    pub strength: String,
    /// `1 片`, `5 ml`, `10 丸`
    pub of: Amount,
    /// Ingredient and milligrams.
    pub holds: Vec<(String, f64)>,
}

/// Limits of one infusion by the label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InfusionLimit {
    /// Half-open ages in days.
    pub age_min_days: u32,
    pub age_max_days: u32,
    /// Milligrams (or IU) in a millilitre, at most.
    pub per_ml: Option<Amount>,
    /// An hour, at most.
    pub per_hour: Option<Amount>,
    /// A kilogram and hour, at most.
    pub per_kg_hour: Option<Amount>,
    /// The shortest time of one dose.
    pub least_minutes: Option<u32>,
    pub tier: Tier,
    pub why: String,
    pub basis: Basis,
    pub source: String,
}
