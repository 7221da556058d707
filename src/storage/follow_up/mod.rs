//! The follow-up tables: enrolments with where each person stands, records that never change, tasks, answers.
mod counts;
mod enrolments;
mod form_drafts;
mod records;
mod tasks;

pub use enrolments::RegisterFilter;

use super::StoreError;
use crate::domain::age::Day;

/// A day as it is kept.
fn day(text: &str) -> Result<Day, StoreError> {
    Day::parse(text).ok_or_else(|| StoreError::unreadable(format!("day {text:?}")))
}

#[expect(clippy::needless_pass_by_value, reason = "what a row gives")]
fn day_or_none(text: Option<String>) -> Result<Option<Day>, StoreError> {
    text.as_deref().map(day).transpose()
}
