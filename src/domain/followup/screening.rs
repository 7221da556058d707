//! People who are not in a programme yet: free yearly measuring, three high days, the high-risk list.
use std::collections::BTreeSet;

use super::clinical::fired;
use super::evaluate::{Task, known_of};
use super::facts::Case;
use super::logic::holds;
use super::schedule::{self, Next, Year};
use crate::domain::catalog::follow_up::{FollowUpBook, Kind, Referral};

#[derive(Clone, Debug, PartialEq)]
pub struct Screened {
    pub programme: String,
    pub table: String,
    /// The row that decided: `normal`, `high-risk`, `first-high`, `three-days-high` …
    pub status: String,
    pub say: String,
    pub risks: Vec<String>,
    pub dangers: Vec<String>,
    /// Days with a high value, this one included.
    pub high_days: u8,
    pub next: Option<Next>,
    pub referral: Referral,
    pub task: Option<Task>,
    pub in_scope: Option<bool>,
    pub rules: Vec<String>,
}

/// Screens one visit for one programme; `None` without a table, or without any value it asks for.
pub fn screen(book: &FollowUpBook, programme: &str, case: &Case) -> Option<Screened> {
    let table = book.table(Kind::Screening, programme, (case.visit.day, &case.region))?;
    let mut known = known_of(book, &case.person, &case.visit);
    let high: BTreeSet<_> = case
        .history
        .iter()
        .filter(|o| o.day < case.visit.day)
        .chain([&case.visit])
        .filter(|o| holds(&table.counts, &known_of(book, &case.person, o)).is_yes())
        .map(|o| o.day)
        .collect();
    known.numbers.insert("high-days".to_owned(), high.len() as f64);
    let dangers = fired(&table.dangers, &known);
    let risks = fired(&table.risks, &known);
    for (there, sign) in [(!dangers.is_empty(), "danger"), (!risks.is_empty(), "high-risk")] {
        if there {
            known.signs.insert(sign.to_owned());
        }
    }
    let plan = table.plans.iter().find(|plan| holds(&plan.when, &known).is_yes())?;
    let next = schedule::next(table, plan, (case, &known), Year::default());
    let task = plan.task.clone().and_then(|what| Some(Task { due: next.as_ref()?.by, what }));
    let mut rules: Vec<String> = dangers.iter().map(|row| format!("danger/{}", row.id)).collect();
    rules.extend(risks.iter().map(|row| format!("risk/{}", row.id)));
    rules.push(format!("plan/{}", plan.id));
    Some(Screened {
        programme: programme.to_owned(),
        table: table.id.clone(),
        status: plan.id.clone(),
        say: plan.say.clone(),
        risks: risks.iter().map(|row| row.zh.clone()).collect(),
        dangers: dangers.iter().map(|row| row.zh.clone()).collect(),
        high_days: high.len() as u8,
        next,
        referral: plan.referral,
        task,
        in_scope: table
            .age_from
            .map_or(Some(true), |from| known.numbers.get("age").map(|age| *age >= f64::from(from))),
        rules,
    })
}
