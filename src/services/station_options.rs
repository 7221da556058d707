//! What an administrator has recorded of the station, as the checks read it.
use super::{clinic::Clinic, failure::Failure};

/// Whether the county has approved intravenous antibiotics at this village station: `yes`, `no`.
pub const IV_ANTIBIOTICS: &str = "iv-antibiotics-approved";

/// `None` = nobody has recorded it.
pub fn iv_antibiotics(clinic: &Clinic) -> Result<Option<bool>, Failure> {
    Ok(match clinic.option(IV_ANTIBIOTICS)?.as_deref() {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        _ => None,
    })
}
