//! The JSON that `followup evaluate` answers with.
use serde::Serialize;

use super::read::VisitIn;
use crate::domain::followup::{Outcome, Screened};
use crate::services::follow_up::FollowUp;

#[derive(Clone, Debug, Serialize)]
struct TaskOut {
    due: String,
    what: String,
}

#[derive(Clone, Debug, Serialize)]
struct ClinicalOut {
    profile: String,
    target: String,
    at_target: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refer: Vec<String>,
    say: String,
}

#[derive(Clone, Debug, Serialize)]
struct OutcomeOut {
    programme: String,
    programme_zh: String,
    table: String,
    class: Option<u8>,
    class_zh: String,
    previous_class: Option<u8>,
    controlled: Option<bool>,
    target: String,
    danger: Vec<String>,
    danger_rules: Vec<String>,
    /// To be asked before the visit ends.
    ask: Vec<String>,
    next_date: Option<String>,
    next_by: Option<String>,
    interval_days: Option<i32>,
    referral: &'static str,
    referral_zh: &'static str,
    task: Option<TaskOut>,
    plan: String,
    plan_zh: String,
    face_to_face: bool,
    visits_this_year: u8,
    visits_needed: u8,
    annual_check_due: bool,
    in_scope: Option<bool>,
    reasons: Vec<String>,
    /// The newest clinical guideline in force.
    clinical: Option<ClinicalOut>,
    clinical_versions: Vec<ClinicalOut>,
    missing: Vec<String>,
    not_recorded: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    milestones_done: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    milestones_missed: Vec<String>,
    rules: Vec<String>,
    tell: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ScreenedOut {
    programme: String,
    table: String,
    status: String,
    say: String,
    high_days: u8,
    risks: Vec<String>,
    danger: Vec<String>,
    next_date: Option<String>,
    referral: &'static str,
    referral_zh: &'static str,
    task: Option<TaskOut>,
    in_scope: Option<bool>,
    rules: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Answer<'a> {
    id: &'a serde_json::Value,
    results: Vec<OutcomeOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    screening: Vec<ScreenedOut>,
    #[serde(flatten)]
    only: Option<OutcomeOut>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    doubts: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    not_understood: &'a [String],
    knowledge: &'a str,
    ms: f64,
}

pub(super) fn shape<'a>(
    visit: &'a VisitIn,
    outcome: &FollowUp,
    (knowledge, ms): (&'a str, f64),
) -> Answer<'a> {
    let day = visit.case.visit.day;
    let results: Vec<OutcomeOut> = outcome.outcomes.iter().map(|o| shape_one(o, day)).collect();
    Answer {
        id: &visit.id,
        only: if results.len() == 1 { results.first().cloned() } else { None },
        results,
        screening: outcome.screenings.iter().map(screened).collect(),
        doubts: &visit.doubts,
        not_understood: &visit.not_understood,
        knowledge,
        ms: (ms * 1000.0).round() / 1000.0,
    }
}

fn shape_one(o: &Outcome, day: crate::domain::age::Day) -> OutcomeOut {
    let clinical: Vec<ClinicalOut> = o
        .clinical
        .iter()
        .map(|c| ClinicalOut {
            profile: c.profile.clone(),
            target: c.target.clone(),
            at_target: c.at_target,
            refer: c.refer.clone(),
            say: c.say.clone(),
        })
        .collect();
    OutcomeOut {
        programme: o.programme.clone(),
        programme_zh: o.programme_zh.clone(),
        table: o.table.clone(),
        class: o.class,
        class_zh: o.class_zh.clone(),
        previous_class: o.previous_class,
        controlled: o.controlled,
        target: o.target.clone(),
        danger: o.dangers.iter().map(|d| d.zh.clone()).collect(),
        danger_rules: o.dangers.iter().map(|d| d.id.clone()).collect(),
        ask: o.asks.iter().map(|a| a.zh.clone()).collect(),
        next_date: o.next.as_ref().map(|n| n.on.to_string()),
        next_by: o.next.as_ref().map(|n| n.by.to_string()),
        interval_days: o.next.as_ref().map(|n| n.on.days_since(day)),
        referral: o.referral.id(),
        referral_zh: o.referral.zh(),
        task: o.task.as_ref().map(|t| TaskOut { due: t.due.to_string(), what: t.what.clone() }),
        plan: o.plan.clone(),
        plan_zh: o.say.clone(),
        face_to_face: o.face_to_face,
        visits_this_year: o.year.face_to_face,
        visits_needed: o.year_needed,
        annual_check_due: o.annual_check_due,
        in_scope: o.in_scope,
        reasons: o.reasons.clone(),
        clinical: clinical.last().cloned(),
        clinical_versions: clinical,
        missing: o.missing.clone(),
        not_recorded: o.not_recorded.clone(),
        milestones_done: o.done.clone(),
        milestones_missed: o.missed.clone(),
        rules: o.rules.clone(),
        tell: o.always.clone(),
    }
}

fn screened(s: &Screened) -> ScreenedOut {
    ScreenedOut {
        programme: s.programme.clone(),
        table: s.table.clone(),
        status: s.status.clone(),
        say: s.say.clone(),
        high_days: s.high_days,
        risks: s.risks.clone(),
        danger: s.dangers.clone(),
        next_date: s.next.as_ref().map(|n| n.on.to_string()),
        referral: s.referral.id(),
        referral_zh: s.referral.zh(),
        task: s.task.as_ref().map(|t| TaskOut { due: t.due.to_string(), what: t.what.clone() }),
        in_scope: s.in_scope,
        rules: s.rules.clone(),
    }
}
