//! Rows of the due list, the register and the 72-hour list; the due list by harm, or by hamlet and household.
use crate::{
    domain::{
        followup::{
            due::{self, DuePerson},
            register::{Enrolment, Home, LoopAnswer, LoopCase, OpenTask},
        },
        patient::PatientLine,
    },
    tui::{
        draw::pad,
        effect::DueList,
        people,
        state::Shared,
        text::{T, follow_up as words},
        theme::Role,
    },
};

use super::form;

/// How the due list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Order {
    #[default]
    Harm,
    Place,
}

impl Order {
    pub const fn other(self) -> Self {
        match self {
            Self::Harm => Self::Place,
            Self::Place => Self::Harm,
        }
    }

    pub const fn name(self) -> T {
        match self {
            Self::Harm => words::ORDER_HARM,
            Self::Place => words::ORDER_PLACE,
        }
    }
}

/// A row of the due list: what it shows lies in the list at this place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueRow {
    Heading(String),
    Task(usize),
    Person(usize),
}

/// Tasks first: a referral and a discharge have their own day. Then the worst, or hamlet by hamlet.
pub fn arranged(list: &DueList, (order, shared): (Order, &Shared)) -> Vec<DueRow> {
    let tasks = (0..list.tasks.len()).map(DueRow::Task);
    if order == Order::Harm {
        return tasks.chain((0..list.people.len()).map(DueRow::Person)).collect();
    }
    let mut rows = vec![];
    if !list.tasks.is_empty() {
        let heading = words::TASKS_GROUP.with(shared.lang, &[&list.tasks.len()]);
        rows.push(DueRow::Heading(heading));
        rows.extend(tasks);
    }
    for group in due::groups(list.people.clone()) {
        let place = format!("{} {}", group.village, group.hamlet);
        let place =
            if place.trim().is_empty() { shared.t(words::PLACE_UNKNOWN) } else { place.trim() };
        let heading = words::PLACE_GROUP.with(shared.lang, &[&place, &group.people.len()]);
        rows.push(DueRow::Heading(heading));
        for person in group.people {
            let at = list.people.iter().position(|p| p.patient.id == person.patient.id);
            rows.extend(at.map(DueRow::Person));
        }
    }
    rows
}

/// Cells of who, when, where; the rest is for the programmes.
pub fn due(wide: usize) -> [usize; 4] {
    let who = if wide >= 72 { 20 } else { 18 };
    let place = if wide >= 72 { 12 } else { 9 };
    [who, 11, place, wide.saturating_sub(who + 11 + place + 2)]
}

pub fn register(wide: usize) -> [usize; 6] {
    let who = if wide >= 72 { 20 } else { 18 };
    let place = if wide >= 72 { 12 } else { 0 };
    [who, 9, 6, 12, place, wide.saturating_sub(who + 9 + 6 + 12 + place + 2)]
}

pub fn heads<const N: usize>(shared: &Shared, columns: T, widths: [usize; N]) -> String {
    let heads = shared.t(columns).split('|').zip(widths);
    let text: String = heads.map(|(text, wide)| pad(text, wide)).collect();
    format!("  {text}")
}

fn row<const N: usize>(cells: [&str; N], widths: [usize; N]) -> String {
    cells.iter().zip(widths).map(|(text, wide)| pad(text, wide)).collect()
}

fn person(shared: &Shared, patient: &PatientLine, wide: usize) -> String {
    let age = people::age(patient.age(shared.today()), shared.lang);
    let sex = people::sex(patient.sex, shared.lang);
    format!("{}{}{}", pad(&patient.name, wide.saturating_sub(10)), pad(sex, 3), pad(&age, 7))
}

fn class(shared: &Shared, last: Option<u8>) -> String {
    last.map_or_else(
        || shared.t(words::NEVER_SEEN).to_owned(),
        |class| words::LAST_CLASS.with(shared.lang, &[&class]),
    )
}

fn when(shared: &Shared, overdue: i32) -> String {
    match overdue {
        1.. => words::OVERDUE.with(shared.lang, &[&overdue]),
        0 => words::DUE_TODAY.get(shared.lang).to_owned(),
        days => words::DUE_IN.with(shared.lang, &[&-days]),
    }
}

/// The village stands in the heading, or is the clinic's own.
fn place(home: &Home) -> String {
    if home.hamlet.is_empty() && home.household.is_empty() {
        home.village.clone()
    } else {
        format!("{}{}", home.hamlet, home.household)
    }
}

pub fn due_line(shared: &Shared, (due, order): (&DuePerson, Order), wide: usize) -> (Role, String) {
    let items: Vec<String> = due
        .items
        .iter()
        // Never seen: said once, the programme is enough otherwise.
        .map(|item| match item.last_day {
            Some(_) if item.last_class.is_none() => form::short(&item.programme).to_owned(),
            _ => format!("{} {}", form::short(&item.programme), class(shared, item.last_class)),
        })
        .collect();
    let worst = due.items.iter().map(|item| item.harm).max().unwrap_or(0);
    let role = match (worst, due.overdue_days) {
        (5.., _) => Role::Danger,
        (_, 31..) | (3.., 1..) => Role::Warning,
        _ => Role::Base,
    };
    let widths = self::due(wide);
    let place = if order == Order::Place { due.home.household.clone() } else { place(&due.home) };
    let name = person(shared, &due.patient, widths[0]);
    let text = row([&name, &when(shared, due.overdue_days), &place, &items.join("、")], widths);
    (role, text)
}

pub fn task_line(shared: &Shared, task: &OpenTask, wide: usize) -> (Role, String) {
    let overdue = shared.today().days_since(task.due);
    let widths = self::due(wide);
    let name = person(shared, &task.patient, widths[0]);
    let kind = words::TASK.with(shared.lang, &[&task.kind.zh()]);
    let place = place(&Home::of_address(&task.patient.address));
    let what = format!("{kind} {}", task.what);
    let text = row([&name, &when(shared, overdue), &place, &what], widths);
    (if overdue > 0 { Role::Danger } else { Role::Warning }, text)
}

pub fn register_line(shared: &Shared, one: &Enrolment, wide: usize) -> (Role, String) {
    let next = one.next_due.map_or_else(|| shared.t(words::NO_DATE).to_owned(), |d| d.to_string());
    let widths = register(wide);
    let name = person(shared, &one.patient, widths[0]);
    let class = match one.last_day {
        Some(_) if one.last_class.is_none() => String::new(),
        _ => class(shared, one.last_class),
    };
    let cells = [
        name.as_str(),
        form::short(&one.programme),
        one.status.zh(),
        &next,
        &place(&one.home),
        &class,
    ];
    (if one.harm >= 5 { Role::Danger } else { Role::Base }, row(cells, widths))
}

pub fn loop_line(shared: &Shared, case: &LoopCase) -> (Role, String) {
    let answer = case.answer.map_or("", LoopAnswer::zh);
    let name = person(shared, &case.patient, 20);
    let diagnoses = case.diagnoses.join("、");
    let text = format!("{name} {} {diagnoses} [{}] {answer}", case.signed.day(), case.why);
    (if case.answer.is_some() { Role::Muted } else { Role::Base }, text)
}
