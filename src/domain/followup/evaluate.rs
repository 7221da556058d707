//! One visit of one programme: danger, class, plan, next date, with every row that fired named.
use super::clinical::{self, Clinical, fired};
use super::facts::{Case, Known, Occasion, Person};
use super::logic::{Truth, holds};
use super::schedule::{self, Next, Year};
use crate::domain::age::Day;
use crate::domain::catalog::follow_up::{
    Basis, ClassRow, FollowUpBook, Kind, Referral, SignRow, Table,
};

/// Something that must be done by a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub due: Day,
    pub what: String,
}

/// A row that fired, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub id: String,
    pub zh: String,
    pub basis: Basis,
}

impl Shown {
    fn of(row: &SignRow) -> Self {
        Self { id: row.id.clone(), zh: row.zh.clone(), basis: row.basis }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub programme: String,
    pub programme_zh: String,
    /// The version of the table, e.g. `hypertension-2017`.
    pub table: String,
    /// The form's code; `None` = a value that decides is missing, or the programme has no classes.
    pub class: Option<u8>,
    pub class_zh: String,
    pub harm: u8,
    pub previous_class: Option<u8>,
    /// At the programme's target; `None` = not measured.
    pub controlled: Option<bool>,
    pub target: String,
    pub dangers: Vec<Shown>,
    /// To be asked before the visit ends: may be a danger sign.
    pub asks: Vec<Shown>,
    pub next: Option<Next>,
    pub referral: Referral,
    pub task: Option<Task>,
    pub plan: String,
    pub say: String,
    pub face_to_face: bool,
    pub year: Year,
    pub year_needed: u8,
    pub annual_check_due: bool,
    /// Belongs into the programme by age.
    pub in_scope: Option<bool>,
    pub reasons: Vec<String>,
    /// All versions of the clinical guideline in force, the newest last.
    pub clinical: Vec<Clinical>,
    /// Needed for the class and not there.
    pub missing: Vec<String>,
    /// On the form and not filled in.
    pub not_recorded: Vec<String>,
    /// Milestones that are done and missed.
    pub done: Vec<String>,
    pub missed: Vec<String>,
    pub always: Vec<String>,
    /// Every row that fired: `danger/sbp-180`, `class/2`, `plan/adjust`.
    pub rules: Vec<String>,
}

/// Evaluates one visit; `None` when no table of this programme is in force on that day.
pub fn evaluate(book: &FollowUpBook, programme: &str, case: &Case) -> Option<Outcome> {
    let at = (case.visit.day, case.region.as_str());
    let table = book.table(Kind::Programme, programme, at)?;
    let mut known = known_of(book, &case.person, &case.visit);
    let previous = previous_class(book, table, case);
    if let Some(class) = previous {
        known.numbers.insert("previous-class".to_owned(), f64::from(class));
    }
    let year = schedule::year_of(case, programme);
    let judged = judge(table, &mut known);
    let plan = table.plans.iter().find(|plan| holds(&plan.when, &known).is_yes());
    let next = plan.and_then(|plan| schedule::next(table, plan, (case, &known), year));
    let stones = schedule::milestones(table, case, &known);
    let referral = plan.map_or(Referral::None, |plan| plan.referral);
    let task = plan.and_then(|plan| {
        let what = plan.task.clone()?;
        Some(Task { due: next.as_ref()?.by, what })
    });
    let clinical: Vec<Clinical> = book
        .versions(Kind::Clinical, programme, at)
        .into_iter()
        .filter_map(|profile| clinical::judge(profile, &known))
        .collect();
    let mut rules = judged.rules(table);
    rules.extend(plan.map(|plan| format!("plan/{}", plan.id)));
    rules.extend(stones.done.iter().map(|m| format!("milestone/{}", m.id)));
    let mut outcome = Outcome {
        programme: programme.to_owned(),
        programme_zh: table.short.clone(),
        table: table.id.clone(),
        class: judged.class.map(|class| class.code),
        class_zh: judged.class.map_or_else(String::new, |class| class.zh.clone()),
        harm: harm(&judged),
        previous_class: previous,
        controlled: judged.met.known(),
        target: judged.target.clone(),
        dangers: judged.dangers.iter().map(|row| Shown::of(row)).collect(),
        asks: judged.asks.iter().map(|row| Shown::of(row)).collect(),
        next,
        referral,
        task,
        plan: plan.map_or_else(String::new, |plan| plan.id.clone()),
        say: plan.map_or_else(String::new, |plan| plan.say.clone()),
        face_to_face: case.visit.is_face_to_face(),
        year,
        year_needed: table.face_to_face_a_year,
        annual_check_due: table.annual_check && annual_check_due(case),
        in_scope: in_scope(table, &known),
        reasons: vec![],
        clinical,
        missing: lacking(&table.required, &known),
        not_recorded: lacking(&table.wanted, &known),
        done: stones.done.iter().map(|m| m.zh.clone()).collect(),
        missed: stones.missed.iter().map(|m| m.zh.clone()).collect(),
        always: table.always.clone(),
        rules,
    };
    outcome.reasons = reasons(&outcome, case, (book, &known));
    Some(outcome)
}

/// What the first half of the evaluation found.
struct Judged<'a> {
    target: String,
    target_id: String,
    met: Truth,
    dangers: Vec<&'a SignRow>,
    asks: Vec<&'a SignRow>,
    risks: Vec<&'a SignRow>,
    class: Option<&'a ClassRow>,
}

impl Judged<'_> {
    fn rules(&self, table: &Table) -> Vec<String> {
        let named = |kind: &str, rows: &[&SignRow]| {
            rows.iter().map(|row| format!("{kind}/{}", row.id)).collect::<Vec<_>>()
        };
        let mut rules = named("danger", &self.dangers);
        rules.extend(named("ask", &self.asks));
        rules.extend(named("risk", &self.risks));
        if !table.targets.is_empty() {
            rules.push(format!("target/{}", self.target_id));
        }
        rules.extend(self.class.map(|class| format!("class/{}", class.code)));
        rules
    }
}

fn judge<'a>(table: &'a Table, known: &mut Known) -> Judged<'a> {
    let dangers = fired(&table.dangers, known);
    let asks = fired(&table.asks, known);
    let risks = fired(&table.risks, known);
    for (there, sign) in [(!dangers.is_empty(), "danger"), (!risks.is_empty(), "high-risk")] {
        if there {
            known.signs.insert(sign.to_owned());
        }
    }
    let target = clinical::target(table, known);
    let met = target.map_or(Truth::Unknown, |row| holds(&row.met, known));
    match met {
        Truth::Yes => known.signs.insert("on-target".to_owned()),
        Truth::No => known.signs.insert("off-target".to_owned()),
        Truth::Unknown => false,
    };
    let class = table.classes.iter().find(|row| holds(&row.when, known).is_yes());
    if let Some(class) = class {
        known.numbers.insert("class".to_owned(), f64::from(class.code));
    }
    Judged {
        target: target.map_or_else(String::new, |row| row.zh.clone()),
        target_id: target.map_or_else(String::new, |row| row.id.clone()),
        met,
        dangers,
        asks,
        risks,
        class,
    }
}

/// Numbers and signs of one meeting, with what the signs imply.
pub(super) fn known_of(book: &FollowUpBook, person: &Person, occasion: &Occasion) -> Known {
    let mut known = Known::of(person, occasion);
    let implied: Vec<String> = known
        .signs
        .iter()
        .filter_map(|id| book.sign(id))
        .flat_map(|sign| sign.implies.iter().cloned())
        .collect();
    known.signs.extend(implied);
    known
}

/// The class of the meeting before this one: as recorded, else from its own values.
fn previous_class(book: &FollowUpBook, table: &Table, case: &Case) -> Option<u8> {
    case.before(&table.programme).into_iter().rev().find_map(|occasion| {
        occasion.class_for(&table.programme).or_else(|| {
            let mut known = known_of(book, &case.person, occasion);
            judge(table, &mut known).class.map(|class| class.code)
        })
    })
}

fn harm(judged: &Judged<'_>) -> u8 {
    let danger = if judged.dangers.is_empty() { 0 } else { 9 };
    judged.class.map_or(1, |class| class.harm).max(danger)
}

fn annual_check_due(case: &Case) -> bool {
    let day = case.visit.day;
    !case.person.annual_check.is_some_and(|done| done.year() == day.year() && done <= day)
}

fn in_scope(table: &Table, known: &Known) -> Option<bool> {
    let Some(from) = table.age_from else { return Some(true) };
    known.numbers.get("age").map(|age| *age >= f64::from(from))
}

/// A number is there when it was given; a sign's field (`adherence`) when any answer was.
fn lacking(names: &[String], known: &Known) -> Vec<String> {
    let there = |name: &String| {
        known.numbers.contains_key(name)
            || known.signs.contains(name)
            || known.signs.contains(&format!("answered-{name}"))
    };
    names.iter().filter(|name| !there(name)).cloned().collect()
}

fn reasons(outcome: &Outcome, case: &Case, (book, known): (&FollowUpBook, &Known)) -> Vec<String> {
    let mut say = vec![];
    if !outcome.dangers.is_empty() {
        let names: Vec<&str> = outcome.dangers.iter().map(|d| d.zh.as_str()).collect();
        say.push(format!("危险情况：{}", names.join("、")));
    }
    if let Some(values) = values(book, known, &outcome.programme) {
        let verdict = match outcome.controlled {
            Some(true) => "达到公卫目标",
            Some(false) => "未达公卫目标",
            None => "不能判断",
        };
        if !outcome.target.is_empty() {
            say.push(format!("{values}，目标 {}：{verdict}", outcome.target));
        }
    }
    match outcome.class {
        Some(code) => say.push(format!("分类 {code} {}", outcome.class_zh)),
        None if !outcome.missing.is_empty() => {
            let names: Vec<String> = outcome.missing.iter().map(|id| name_of(book, id)).collect();
            say.push(format!("缺 {}，不能分类", names.join("、")));
        }
        None => {}
    }
    if let (Some(1..4), Some(previous)) = (outcome.class, outcome.previous_class)
        && outcome.rules.iter().any(|rule| rule == "plan/twice")
    {
        say.push(format!("上次分类 {previous}，连续两次未达满意"));
    }
    if !outcome.say.is_empty() {
        say.push(outcome.say.clone());
    }
    say.extend(outcome.next.as_ref().and_then(|next| next.why.clone()));
    if outcome.year_needed > 0 {
        let (done, need) = (outcome.year.face_to_face, outcome.year_needed);
        say.push(format!("今年面对面随访 {done} 次（要求 {need} 次）"));
    }
    if !outcome.face_to_face {
        say.push("电话随访不计入面对面次数".to_owned());
    }
    if !outcome.missed.is_empty() {
        say.push(format!("已错过：{}", outcome.missed.join("、")));
    }
    if outcome.annual_check_due {
        say.push(format!("{} 年度健康检查未做，可与随访合并", case.visit.day.year()));
    }
    if case.later() > 0 {
        say.push(format!("有 {} 条记录晚于本次日期：补录或时钟被改，未计入", case.later()));
    }
    if let Some(newest) = outcome.clinical.last() {
        say.push(newest.say.clone());
    }
    say
}

/// `血压 150/95`, `空腹血糖 7.2`.
fn values(book: &FollowUpBook, known: &Known, programme: &str) -> Option<String> {
    let number = |name: &str| known.numbers.get(name).copied();
    if programme == "hypertension" {
        let part = |name| number(name).map_or_else(|| "—".to_owned(), |v: f64| format!("{v:.0}"));
        return (number("sbp").is_some() || number("dbp").is_some())
            .then(|| format!("血压 {}/{}", part("sbp"), part("dbp")));
    }
    let table =
        book.tables.iter().find(|t| t.programme == programme && t.kind == Kind::Programme)?;
    let shown: Vec<String> = table
        .required
        .iter()
        .filter_map(|id| Some(format!("{} {}", name_of(book, id), number(id)?)))
        .collect();
    (!shown.is_empty()).then(|| shown.join("，"))
}

pub(super) fn name_of(book: &FollowUpBook, id: &str) -> String {
    book.measure(id)
        .map(|m| m.zh.clone())
        .or_else(|| book.sign(id).map(|s| s.zh.clone()))
        .unwrap_or_else(|| id.to_owned())
}
