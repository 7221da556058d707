//! Rules for the old and the very young (Beers, Chinese PIM list, paediatric warnings).
use super::{Desk, rule};
use crate::domain::catalog::formulary::RuleKind;

pub(super) fn check(desk: &mut Desk<'_>) {
    rule::run(desk, RuleKind::Population);
}
