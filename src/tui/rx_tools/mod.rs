//! What helps to write a prescription, laid over it: earlier ones and templates, a name to keep lines under, weeks of a
//! long prescription, a second signature, and the bedside sums.
pub mod calculators;
pub mod refill;
pub mod second;
pub mod view;

use super::field::Field;
use crate::domain::visit::template::Scope;

/// A name under which the lines of the sheet are kept.
#[derive(Debug)]
pub struct SaveTemplate {
    pub name: Field,
    pub scope: Scope,
    /// The clinic's templates may be changed by this person.
    pub may_share: bool,
}

impl SaveTemplate {
    pub fn new(may_share: bool) -> Self {
        Self { name: Field::line(), scope: Scope::Personal, may_share }
    }

    pub const fn switch(&mut self) {
        if self.may_share {
            self.scope = match self.scope {
                Scope::Personal => Scope::Clinic,
                Scope::Clinic => Scope::Personal,
            };
        }
    }
}
