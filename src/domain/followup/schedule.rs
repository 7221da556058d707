//! When the next visit is due: so many days on, pulled earlier when the year's visits would not fit, or the next
//! milestone of a clock.
use std::collections::BTreeSet;

use super::facts::{Case, Known, Occasion};
use crate::domain::age::Day;
use crate::domain::catalog::follow_up::{Milestone, PlanRow, Table, Within};

/// Two visits of one year stand at least so far apart (ours: a fortnight is the shortest interval of the spec).
const LEAST_GAP_DAYS: i32 = 14;

/// The year's valid visits, this one included when it is one. A day counts once, a call never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Year {
    pub face_to_face: u8,
    pub all: u8,
}

pub fn year_of(case: &Case, programme: &str) -> Year {
    let earlier = case.before(programme);
    year_to(earlier.into_iter().chain([&case.visit]), case.visit.day)
}

/// The valid visits of the calendar year of `until`, up to that day.
pub fn year_to<'a>(occasions: impl IntoIterator<Item = &'a Occasion>, until: Day) -> Year {
    let mut days = BTreeSet::new();
    let mut met = BTreeSet::new();
    for occasion in occasions {
        if occasion.day.year() == until.year() && occasion.day <= until {
            days.insert(occasion.day);
            if occasion.is_face_to_face() {
                met.insert(occasion.day);
            }
        }
    }
    Year { face_to_face: met.len() as u8, all: days.len() as u8 }
}

/// The next visit: booked for `on`, not later than `by`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    pub on: Day,
    pub by: Day,
    pub why: Option<String>,
    pub milestone: Option<String>,
}

pub fn next(
    table: &Table,
    plan: &PlanRow,
    (case, known): (&Case, &Known),
    year: Year,
) -> Option<Next> {
    let day = case.visit.day;
    let plain = |on: Day| Next { on, by: on, why: None, milestone: None };
    match plan.within {
        Within::Days(days) => {
            let next = plain(day.plus_days(i32::from(days)));
            Some(if plan.fit_year { fit_year(table, case, next, year) } else { next })
        }
        Within::Months(months) => Some(plain(day.plus_months(i32::from(months)))),
        Within::Milestone => milestone(table, case, known),
    }
}

/// The latest day from which the rest of the year's face-to-face visits still fit. Someone without any earlier entry
/// is new: what was done before is not known, so nothing is pulled.
fn fit_year(table: &Table, case: &Case, usual: Next, year: Year) -> Next {
    let day = case.visit.day;
    let left = i32::from(table.face_to_face_a_year) - i32::from(year.face_to_face);
    if left <= 0 || case.before(&table.programme).is_empty() {
        return usual;
    }
    let end = day.end_of_year();
    let latest = end.plus_days(-(left - 1) * LEAST_GAP_DAYS);
    let earliest = day.plus_days(LEAST_GAP_DAYS);
    let fits = latest >= earliest;
    let by = if fits { latest } else { end.max(earliest) };
    if usual.on <= by {
        return Next { by: by.max(usual.on), ..usual };
    }
    let need = table.face_to_face_a_year;
    let why = if fits {
        format!("今年还差{left}次面对面随访，提前到{by}才能满{need}次")
    } else {
        format!("今年还差{left}次面对面随访，已排不满{need}次；年内至少再见一次")
    };
    Next { on: by, by, why: Some(why), milestone: None }
}

/// How a person stands to the milestones of a table.
#[derive(Clone, Debug, Default)]
pub struct Milestones<'a> {
    pub done: Vec<&'a Milestone>,
    pub missed: Vec<&'a Milestone>,
    /// The first one that is not over and not done, with its first and last day.
    pub next: Option<(&'a Milestone, Day, Day)>,
}

pub fn milestones<'a>(table: &'a Table, case: &Case, known: &Known) -> Milestones<'a> {
    let day = case.visit.day;
    let mut found = Milestones::default();
    let earlier = case.before(&table.programme);
    for milestone in &table.milestones {
        let Some(clock) = known.numbers.get(&milestone.clock) else { continue };
        let now = *clock as i64;
        let begins = day.plus_days((i64::from(milestone.from) - now) as i32);
        let ends = day.plus_days((i64::from(milestone.to) - 1 - now) as i32);
        let seen = earlier
            .iter()
            .copied()
            .chain([&case.visit])
            .any(|o| o.is_face_to_face() && begins <= o.day && o.day <= ends);
        if seen {
            found.done.push(milestone);
        } else if ends <= day {
            found.missed.push(milestone);
        } else if found.next.is_none_or(|(_, at, _)| begins < at) {
            found.next = Some((milestone, begins, ends));
        }
    }
    found
}

fn milestone(table: &Table, case: &Case, known: &Known) -> Option<Next> {
    let (milestone, begins, ends) = milestones(table, case, known).next?;
    let on = begins.max(case.visit.day.plus_days(1));
    Some(Next {
        on,
        by: ends,
        why: Some(format!("下一次：{}（{begins} 至 {ends}）", milestone.zh)),
        milestone: Some(milestone.id.clone()),
    })
}
