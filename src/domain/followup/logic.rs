//! Three-valued reading of a row's conditions: a number that was not measured makes it unknown, never false.
use super::facts::Known;
use crate::domain::catalog::follow_up::{Compare, Term, When};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    Unknown,
}

impl Truth {
    pub fn is_yes(self) -> bool {
        self == Self::Yes
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }

    pub fn known(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No => Some(false),
            Self::Unknown => None,
        }
    }
}

/// Does it hold? Without any clause it holds for everybody.
pub fn holds(when: &When, known: &Known) -> Truth {
    if when.0.is_empty() {
        return Truth::Yes;
    }
    when.0.iter().fold(Truth::No, |so_far, clause| so_far.or(all(clause, known)))
}

fn all(clause: &[Term], known: &Known) -> Truth {
    clause.iter().fold(Truth::Yes, |so_far, term| so_far.and(one(term, known)))
}

fn one(term: &Term, known: &Known) -> Truth {
    match term {
        Term::Sign { name, wanted } => {
            if known.signs.contains(name) == *wanted {
                Truth::Yes
            } else {
                Truth::No
            }
        }
        Term::Number { name, compare, value } => match known.numbers.get(name) {
            None => Truth::Unknown,
            Some(number) => {
                let true_ = match compare {
                    Compare::Below => number < value,
                    Compare::AtMost => number <= value,
                    Compare::AtLeast => number >= value,
                    Compare::Above => number > value,
                };
                if true_ { Truth::Yes } else { Truth::No }
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(name: &str, value: f64) -> Term {
        Term::Number { name: name.to_owned(), compare: Compare::Below, value }
    }

    #[track_caller]
    fn check(numbers: &[(&str, f64)], want: Truth) {
        let known = Known {
            numbers: numbers.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
            ..Known::default()
        };
        let met = When(vec![vec![below("sbp", 140.0), below("dbp", 90.0)]]);
        assert_eq!(holds(&met, &known), want);
    }

    #[test]
    fn a_pressure_that_was_not_taken_is_unknown_unless_the_other_one_decides() {
        check(&[("sbp", 139.0), ("dbp", 89.0)], Truth::Yes);
        check(&[("sbp", 139.0)], Truth::Unknown);
        check(&[("sbp", 140.0)], Truth::No);
        check(&[], Truth::Unknown);
    }
}
