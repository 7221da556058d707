//! `xinglin followup indicators | selfcheck | loop`.
use serde::Serialize;

use super::desk::{Indicators, Loop, SelfCheckArgs, period, programme, sign_in};
use crate::cli::desk::Place;
use crate::cli::{exit, out};
use crate::domain::catalog::follow_up::FollowUpBook;
use crate::domain::followup::indicators::{Period, Row};
use crate::domain::followup::register::{LoopAnswer, LoopCase};
use crate::domain::followup::selfcheck::SelfCheck;
use crate::domain::visit::VisitId;
use crate::services::failure::{Failure, Kind};
use crate::services::follow_up::sheets;

// ---- indicators ----

#[derive(Serialize)]
struct CountedOut<'a> {
    patient: i64,
    name: &'a str,
    status: &'static str,
    visits: u8,
    needed: u8,
    to_spec: bool,
    controlled: bool,
    last_date: Option<String>,
}

#[derive(Serialize)]
struct RowOut<'a> {
    programme: &'a str,
    period: String,
    village: &'a str,
    doctor: &'a str,
    estimated: Option<u32>,
    managed: u32,
    lost: u32,
    to_spec: u32,
    controlled: u32,
    managed_rate: Option<f64>,
    to_spec_rate: Option<f64>,
    control_rate: Option<f64>,
    people: Vec<CountedOut<'a>>,
}

pub(super) fn indicators(
    args: &Indicators,
    (place, book): (&Place, &FollowUpBook),
) -> Result<u8, Failure> {
    let programme = programme(book, Some(&args.programme))?.unwrap_or_default();
    let mut clinic = sign_in(&args.who, place)?;
    let period = period(args.period.as_deref(), clinic.today())?;
    for pair in &args.estimate {
        let read = pair.rsplit_once('=').and_then(|(v, n)| Some((v, n.trim().parse().ok()?)));
        let Some((village, n)) = read else {
            return Err(Failure::new(
                Kind::Config,
                "写成 --estimate 村=人数。",
                "Write --estimate VILLAGE=N.",
            ));
        };
        clinic.set_estimate(&programme, (village.trim(), n))?;
    }
    let rows = clinic.follow_up_indicators(book, (&programme, period))?;
    if args.to.json {
        for row in &rows {
            out::json(&row_out(row, (&programme, period)));
        }
        return Ok(exit::DONE);
    }
    args.to.send(&sheets::indicator_tables(&rows, (&programme, period)), place)
}

fn row_out<'a>(row: &'a Row, (programme, period): (&'a str, Period)) -> RowOut<'a> {
    let rate = |part: u32, whole: u32| {
        (whole > 0).then(|| (f64::from(part) / f64::from(whole) * 1e4).round() / 1e4)
    };
    RowOut {
        programme,
        period: period.label(),
        village: &row.village,
        doctor: &row.doctor,
        estimated: row.estimated,
        managed: row.managed,
        lost: row.lost,
        to_spec: row.to_spec,
        controlled: row.controlled,
        managed_rate: rate(row.managed, row.estimated.unwrap_or(0)),
        to_spec_rate: rate(row.to_spec, row.managed),
        control_rate: rate(row.controlled, row.managed),
        people: row
            .people
            .iter()
            .map(|p| CountedOut {
                patient: p.patient.0,
                name: &p.name,
                status: p.status.id(),
                visits: p.visits,
                needed: p.needed,
                to_spec: p.to_spec,
                controlled: p.controlled,
                last_date: p.last.map(|d| d.to_string()),
            })
            .collect(),
    }
}

// ---- self-check ----

#[derive(Serialize)]
struct SelfCheckOut {
    period: String,
    measured: usize,
    digits: [usize; 10],
    chi_square: f64,
    digit_preference: bool,
    copied: Vec<(i64, String, String, Vec<String>)>,
    same_pressure: Vec<(String, String, String, Vec<i64>, usize)>,
}

pub(super) fn self_check(args: &SelfCheckArgs, place: &Place) -> Result<u8, Failure> {
    let mut clinic = sign_in(&args.who, place)?;
    let period = period(args.period.as_deref(), clinic.today())?;
    let found = clinic.self_check(period)?;
    let findings =
        found.digit_preference || !found.copied.is_empty() || !found.same_pressure.is_empty();
    if args.json {
        out::json(&self_check_out(&found, period));
    } else {
        tell_self_check(&found, period);
    }
    Ok(if findings { exit::FINDINGS } else { exit::DONE })
}

fn tell_self_check(found: &SelfCheck, period: Period) {
    out::line(&format!("{} 自查（只给自己看）：{} 次测量", period.label(), found.measured));
    let digits: Vec<String> =
        found.digits.iter().enumerate().map(|(digit, n)| format!("{digit}:{n}")).collect();
    let verdict = if found.digit_preference { "有尾数偏好" } else { "未见尾数偏好" };
    out::line(&format!("收缩压尾数 {}  χ²={:.1} {verdict}", digits.join(" "), found.chi_square));
    for c in &found.copied {
        let days: Vec<String> = c.days.iter().map(ToString::to_string).collect();
        out::line(&format!("连续相同 {} {} {}：{}", c.patient.0, c.name, c.what, days.join(" ")));
    }
    for s in &found.same_pressure {
        out::line(&format!(
            "{} {} 有 {} 人血压都是 {}（当天共测 {} 人）",
            s.day,
            s.village,
            s.people.len(),
            s.what,
            s.of
        ));
    }
}

fn self_check_out(found: &SelfCheck, period: Period) -> SelfCheckOut {
    SelfCheckOut {
        period: period.label(),
        measured: found.measured,
        digits: found.digits,
        chi_square: (found.chi_square * 10.0).round() / 10.0,
        digit_preference: found.digit_preference,
        copied: found
            .copied
            .iter()
            .map(|c| {
                let days = c.days.iter().map(ToString::to_string).collect();
                (c.patient.0, c.name.clone(), c.what.clone(), days)
            })
            .collect(),
        same_pressure: found
            .same_pressure
            .iter()
            .map(|s| {
                let people = s.people.iter().map(|(id, _)| id.0).collect();
                (s.village.clone(), s.day.to_string(), s.what.clone(), people, s.of)
            })
            .collect(),
    }
}

// ---- loop ----

#[derive(Serialize)]
struct LoopOut<'a> {
    visit: i64,
    patient: i64,
    name: &'a str,
    signed: String,
    diagnoses: &'a [String],
    why: &'a str,
    answer: Option<&'static str>,
}

#[derive(Serialize)]
struct AnswerOut {
    visit: i64,
    answer: &'static str,
    at: String,
}

pub(super) fn answer_loop(args: &Loop, place: &Place) -> Result<u8, Failure> {
    let mut clinic = sign_in(&args.who, place)?;
    for pair in &args.answer {
        let read = pair.split_once('=').and_then(|(visit, word)| {
            Some((VisitId(visit.trim().parse().ok()?), LoopAnswer::parse(word)?))
        });
        let Some((visit, answer)) = read else {
            return Err(Failure::new(
                Kind::Config,
                format!("写成 就诊号=好了|没好|去医院了|撤回：{pair}"),
                format!("Write VISIT=better|same|hospital|withdrawn: {pair}"),
            ));
        };
        clinic.answer_loop(visit, answer)?;
    }
    if args.answers {
        for (visit, answer, at) in clinic.loop_answers()? {
            out::json(&AnswerOut { visit: visit.0, answer: answer.id(), at: at.to_string() });
        }
        return Ok(exit::DONE);
    }
    for case in &clinic.loop_cases()? {
        if args.json { out::json(&case_out(case)) } else { tell_case(case) }
    }
    Ok(exit::DONE)
}

fn case_out(case: &LoopCase) -> LoopOut<'_> {
    LoopOut {
        visit: case.visit.0,
        patient: case.patient.id.0,
        name: &case.patient.name,
        signed: case.signed.to_string(),
        diagnoses: &case.diagnoses,
        why: &case.why,
        answer: case.answer.map(LoopAnswer::id),
    }
}

fn tell_case(case: &LoopCase) {
    let answer = case.answer.map_or("未答", LoopAnswer::zh);
    out::line(&format!(
        "{}\t{}\t{}\t{}（{}）\t{answer}",
        case.visit.0,
        case.signed.day(),
        case.patient.name,
        case.diagnoses.join("、"),
        case.why
    ));
}
