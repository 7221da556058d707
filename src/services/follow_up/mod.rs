//! The follow-up way: words -> facts -> outcome by the tables, for the screens, the command and the cases.
pub mod cases;
pub mod export;
pub mod form;
pub mod from_visit;
pub mod sheets;
pub mod words;

use crate::domain::catalog::follow_up::{FollowUpBook, Kind};
use crate::domain::followup::{self, Case, Outcome, Screened};

/// Everything that one visit means for every programme it is for.
#[derive(Clone, Debug, Default)]
pub struct FollowUp {
    pub outcomes: Vec<Outcome>,
    /// For programmes the person is not in, as far as something was measured.
    pub screenings: Vec<Screened>,
}

/// One visit fills the forms of all its programmes, and is a screening for the others.
pub fn follow_up(book: &FollowUpBook, programmes: &[String], case: &Case) -> FollowUp {
    let outcomes: Vec<Outcome> =
        programmes.iter().filter_map(|p| followup::evaluate(book, p, case)).collect();
    let mut screenings = vec![];
    for table in book.tables.iter().filter(|t| t.kind == Kind::Screening) {
        let known =
            programmes.contains(&table.programme) || case.person.signs.contains(&table.programme);
        if !known && measured(&table.programme, case) {
            screenings.extend(followup::screen(book, &table.programme, case));
        }
    }
    screenings.dedup_by(|a, b| a.programme == b.programme);
    FollowUp { outcomes, screenings }
}

fn measured(programme: &str, case: &Case) -> bool {
    let names: &[&str] = match programme {
        "hypertension" => &["sbp", "dbp"],
        _ => &["fbg", "ppg", "random-glucose", "hba1c"],
    };
    names.iter().any(|name| case.visit.numbers.contains_key(*name))
}

/// The programmes that follow from what the person has: diseases first, then pregnancy and contract; by age alone only
/// when nothing else is known.
pub fn programmes_of(book: &FollowUpBook, case: &Case) -> Vec<String> {
    let has = |sign: &str| case.person.signs.contains(sign);
    let by_sign = [
        ("hypertension", "hypertension"),
        ("diabetes", "diabetes"),
        ("copd", "copd"),
        ("severe-mental-illness", "severe-mental-illness"),
        ("tuberculosis", "tuberculosis"),
        ("pregnant", "maternal"),
        ("postpartum", "maternal"),
        ("contract", "contract"),
    ];
    let mut found: Vec<String> = vec![];
    for (sign, programme) in by_sign {
        if has(sign) && !found.iter().any(|p| p == programme) {
            found.push(programme.to_owned());
        }
    }
    if found.is_empty()
        && let Some(years) = case.person.years_on(case.visit.day)
    {
        if years >= 65.0 {
            found.push("elderly".to_owned());
        } else if years < 7.0 {
            found.push("child".to_owned());
        }
    }
    found.retain(|p| book.tables.iter().any(|t| t.programme == *p && t.kind == Kind::Programme));
    found
}
