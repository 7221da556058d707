//! Dose, frequency and course against the label: by age, weight and use; slips of ten- and thousandfold.
mod row;

use super::{Alert, Desk, Missing, order::Order, person::Person, signa, units};
use crate::domain::{
    age::Age,
    catalog::formulary::{Basis, Dose, Drug, Tier},
};
use row::{Amounts, Verdict};

/// An adult for whom no age was written.
const GROWN_DAYS: u32 = 10_957;
const ADULT_DAYS: u32 = 6574;

pub(super) fn check(desk: &mut Desk<'_>) {
    let mut alerts = vec![];
    let mut gaps = vec![];
    for order in desk.orders.iter().filter(|o| o.line.is_some() && !o.herb) {
        let Some(drug) = order.drug else { continue };
        let local = order.is_local();
        let mut gap = |kind: Missing| gaps.push((kind, order.line, order.name.clone()));
        if !order.route_known {
            gap(Missing::Route);
        }
        route(order, drug, &mut alerts);
        let rows = Rows::choose(&desk.person, order, drug);
        if order.item.dose.is_none() && !local {
            gap(Missing::Dose);
        }
        if order.often.is_none() && !local {
            gap(Missing::Frequency);
        }
        if desk.person.patient.age.is_none() && !drug.doses.is_empty() {
            gap(Missing::Age);
        }
        if weekly(order, &rows, &mut alerts) {
            continue;
        }
        frequency(order, &rows, &mut alerts);
        course(&desk.person, order, &rows, &mut alerts);
        if let Some(kind) = amounts(&desk.person, order, drug, &rows, &mut alerts) {
            gap(kind);
        }
    }
    desk.alerts.extend(alerts);
    for (kind, line, what) in gaps {
        desk.gaps.say(kind, line, &what);
    }
}

/// The rows of a drug that speak of this patient and route.
struct Rows<'a> {
    /// Decide.
    governing: Vec<&'a Dose>,
    /// Less specific in age: within them an excess is only a warning.
    wider: Vec<&'a Dose>,
    /// For another use than the one written.
    other_use: Vec<&'a Dose>,
    /// Weekly rows of a drug that is also given daily: their amount must not be given every day.
    weekly: Vec<&'a Dose>,
    /// The patient is younger than any row; adult rows are a ceiling only.
    ceiling_only: bool,
}

fn same_family(a: &str, b: &str) -> bool {
    a == b
        || (signa::is_intravenous(a) && signa::is_intravenous(b))
        || (matches!(a, "inh" | "neb") && matches!(b, "inh" | "neb"))
        || (matches!(a, "po" | "sl") && matches!(b, "po" | "sl"))
}

/// The use named in a row (`滴虫单剂`) is the one on the sheet (`滴虫性阴道炎`).
fn use_is_meant(person: &Person<'_>, order: &Order<'_>, indication: &str) -> bool {
    let chars: Vec<char> = indication.chars().collect();
    let pairs: Vec<String> = chars.windows(2).map(|w| w.iter().collect()).collect();
    let on_sheet = |pair: &String| {
        person.illnesses.iter().any(|i| i.text.contains(pair.as_str()))
            || order.item.drug.contains(pair.as_str())
            || order.item.remark.contains(pair.as_str())
    };
    chars.len() < 2 && order.item.drug.contains(indication) || pairs.iter().any(on_sheet)
}

impl<'a> Rows<'a> {
    fn choose(person: &Person<'_>, order: &Order<'_>, drug: &'a Drug) -> Self {
        let exact: Vec<&Dose> = drug.doses.iter().filter(|d| d.route == order.route).collect();
        let routed: Vec<&Dose> = if exact.is_empty() {
            drug.doses
                .iter()
                .filter(|d| d.route.is_empty() || same_family(&d.route, order.route))
                .collect()
        } else {
            exact
        };
        let days = person.age_days().unwrap_or(GROWN_DAYS);
        let at = |days: u32| -> Vec<&'a Dose> {
            routed
                .iter()
                .copied()
                .filter(|d| (d.age_min_days..d.age_max_days).contains(&days))
                .collect()
        };
        let mut mine = at(days);
        let ceiling_only = mine.is_empty() && days < ADULT_DAYS;
        if ceiling_only {
            mine = at(GROWN_DAYS);
        }
        // A row in the unit that was written knows better than one that needs a strength: 6丸 of one pill, 6g of another.
        let unit = order.item.dose_unit.split('/').next().and_then(units::unit).map(|(m, _)| m);
        if let Some(unit) = unit.filter(|u| mine.iter().any(|d| is_in(d, *u))) {
            mine.retain(|d| is_in(d, unit));
        }
        let (general, with_use): (Vec<&Dose>, Vec<&Dose>) =
            mine.into_iter().partition(|d| d.indication.is_empty());
        let (meant, other): (Vec<&Dose>, Vec<&Dose>) =
            with_use.into_iter().partition(|d| use_is_meant(person, order, &d.indication));
        let (general, other_use) =
            if general.is_empty() && meant.is_empty() { (other, vec![]) } else { (general, other) };
        let youngest = general.iter().map(|d| d.age_min_days).max().unwrap_or(0);
        let (mut governing, wider): (Vec<&Dose>, Vec<&Dose>) =
            general.into_iter().partition(|d| d.age_min_days == youngest);
        governing.extend(meant);
        let daily = order.often.is_some_and(|o| !o.once && o.every_days < 2.2);
        let mut weekly = vec![];
        if daily && governing.iter().any(|d| !is_weekly(d)) {
            (weekly, governing) = governing.into_iter().partition(|d| is_weekly(d));
        }
        Self { governing, wider, other_use, weekly, ceiling_only }
    }

    fn frequencies(&self) -> Vec<signa::Often> {
        self.governing
            .iter()
            .chain(&self.other_use)
            .flat_map(|d| &d.frequency)
            .filter_map(|f| signa::often(f))
            .collect()
    }
}

fn is_in(row: &Dose, unit: units::Measure) -> bool {
    [&row.single, &row.daily, &row.single_kg, &row.daily_kg]
        .into_iter()
        .flatten()
        .any(|a| units::unit(&a.unit).is_some_and(|(m, _)| m == unit))
}

fn is_weekly(row: &Dose) -> bool {
    !row.frequency.is_empty()
        && row.frequency.iter().filter_map(|f| signa::often(f)).all(|o| o.every_days > 2.2)
}

fn route(order: &Order<'_>, drug: &Drug, alerts: &mut Vec<Alert>) {
    let known = |r: &str| drug.routes.iter().any(|x| x == r);
    if !order.route_known || drug.routes.is_empty() || known(order.route) || order.route == "id" {
        return;
    }
    let (tier, why) = match order.route {
        "iv" if known("ivgtt") => (Tier::Warn, "只见静滴用法，未见静推"),
        "ivgtt" if known("iv") => (Tier::Note, "未见静滴用法"),
        "iv" | "ivgtt" | "im" | "sc" => (Tier::Warn, "说明书没有这个注射途径"),
        "po" if !known("sl") => (Tier::Warn, "没有口服用法"),
        _ => (Tier::Note, "说明书没有这个途径"),
    };
    let usual: Vec<&str> = drug.routes.iter().map(|r| signa::route_zh(r)).collect();
    alerts.push(
        Alert::new(tier, "route", "route", "2-3")
            .on(order)
            .saying(
                format!("{}：{}，{why}", order.name, signa::route_zh(order.route)),
                format!("可用途径：{}", usual.join("、")),
            )
            .citing(source(drug))
            .because("route"),
    );
}

/// A weekly drug written for every day kills; says so and ends the dose check of the line.
fn weekly(order: &Order<'_>, rows: &Rows<'_>, alerts: &mut Vec<Alert>) -> bool {
    let Some(often) = order.often.filter(|o| !o.once && (!o.as_needed || o.a_day >= 0.5)) else {
        return false;
    };
    let spaced: Vec<signa::Often> = rows.frequencies().into_iter().filter(|o| !o.once).collect();
    let Some(nearest) = spaced.iter().map(|o| o.every_days).min_by(f64::total_cmp) else {
        return false;
    };
    if nearest < 2.2 || often.every_days * 1.5 >= nearest || order.item.days == Some(1) {
        return false;
    }
    let tier = if nearest >= 6.0 { Tier::Stop } else { Tier::Warn };
    let usual = if nearest >= 6.0 { "每周1次" } else { "每周2–3次" };
    alerts.push(
        Alert::new(tier, "dose-weekly", "frequency", "2-5")
            .on(order)
            .saying(
                format!(
                    "{}是{usual}的药，写成了{}",
                    order.name,
                    signa::frequency_zh(&order.frequency)
                ),
                format!("改为{usual}，写明星期几"),
            )
            .citing("说明书")
            .because("dose"),
    );
    true
}

fn frequency(order: &Order<'_>, rows: &Rows<'_>, alerts: &mut Vec<Alert>) {
    let Some(often) = order.often.filter(|o| !o.once && !o.as_needed && o.every_days < 1.1) else {
        return;
    };
    let listed: Vec<f64> = rows
        .frequencies()
        .iter()
        .filter(|o| !o.once && o.a_day > 0.0)
        .map(|o| o.a_day / o.every_days)
        .collect();
    let Some(most) = listed.iter().copied().max_by(f64::total_cmp) else { return };
    let least = listed.iter().copied().min_by(f64::total_cmp).unwrap_or(most);
    let usual = || {
        let mut codes: Vec<String> = vec![];
        for code in rows.governing.iter().flat_map(|d| &d.frequency) {
            let words = signa::frequency_zh(code);
            if !codes.contains(&words) && codes.len() < 3 {
                codes.push(words);
            }
        }
        codes.join("、")
    };
    let beta_lactam = order.in_class("beta-lactam") && signa::is_injection(order.route);
    let (tier, why) = if often.a_day > most + 0.5 {
        (Tier::Note, "频次高于常用")
    } else if often.a_day < least - 0.5 && beta_lactam {
        (Tier::Warn, "时间依赖性抗菌药，给药次数太少不足以维持血药浓度")
    } else if often.a_day < least - 0.5 && order.in_class("antibacterial") && !order.is_local() {
        (Tier::Note, "频次低于常用")
    } else {
        return;
    };
    alerts.push(
        Alert::new(tier, "dose-frequency", "frequency", "2-5")
            .on(order)
            .saying(
                format!("{} {}：{why}", order.name, signa::frequency_zh(&order.frequency)),
                format!("常用：{}", usual()),
            )
            .citing("说明书")
            .because("frequency"),
    );
}

fn course(person: &Person<'_>, order: &Order<'_>, rows: &Rows<'_>, alerts: &mut Vec<Alert>) {
    let Some(days) = order.item.days else { return };
    let longest = rows
        .governing
        .iter()
        .chain(&rows.wider)
        .chain(&rows.other_use)
        .filter_map(|d| d.course_days)
        .map(|(_, to)| to)
        .max();
    let Some(longest) = longest.filter(|l| *l > 0 && days > *l) else { return };
    let far = days > longest * 2
        && days > 7
        && !person.is_chronic()
        && person.has_diagnosis()
        && !order.is_local();
    alerts.push(
        Alert::new(if far { Tier::Warn } else { Tier::Note }, "course", "course", "2-5")
            .on(order)
            .saying(
                format!("{} {days}天，超过常用疗程（最长{longest}天）", order.name),
                "缩短疗程，或写明理由并约复诊",
            )
            .citing("说明书")
            .because("course"),
    );
}

/// Single and daily amounts. Gives back what could not be checked.
fn amounts(
    person: &Person<'_>,
    order: &Order<'_>,
    drug: &Drug,
    rows: &Rows<'_>,
    alerts: &mut Vec<Alert>,
) -> Option<Missing> {
    order.item.dose?;
    let weight = person.patient.weight_kg.filter(|w| w.is_finite() && *w > 0.0);
    let Some((measure, dose)) = order.dose(weight) else {
        let per_kg = order.item.dose_unit.contains("/kg");
        return (!order.is_local()).then_some(if per_kg { Missing::Weight } else { Missing::Unit });
    };
    if rows.governing.is_empty() {
        return (!order.is_local()).then_some(Missing::DoseData);
    }
    let amounts = Amounts { measure, dose, weight, order };
    let mut best: Option<Verdict> = None;
    let mut need_weight = false;
    for row in &rows.governing {
        need_weight |= (row.single_kg.is_some() || row.daily_kg.is_some()) && weight.is_none();
        let Some(verdict) = amounts.against(row) else { continue };
        if best.as_ref().is_none_or(|b| verdict.tier < b.tier) {
            best = Some(verdict);
        }
    }
    let Some(mut verdict) = best else {
        if order.is_local() {
            return None;
        }
        return Some(if need_weight { Missing::Weight } else { Missing::Unit });
    };
    let gap = match (rows.ceiling_only, need_weight) {
        (true, _) => Some(Missing::DoseData),
        (_, true) => Some(Missing::Weight),
        _ => None,
    };
    if rows.ceiling_only {
        verdict.findings.retain(|f| f.too_much);
        verdict.tier = verdict.findings.iter().map(|f| f.tier).max();
    }
    let accepted = |rows: &[&Dose]| {
        rows.iter()
            .filter_map(|r| amounts.against(r))
            .any(|v| v.tier.is_none_or(|t| t < Tier::Warn))
    };
    let for_other_use = rows.other_use.iter().find(|r| accepted(&[**r]));
    let label = matches!(drug.basis, Basis::Label | Basis::Law);
    for finding in verdict.findings {
        let mut tier = finding.tier;
        if !label && !finding.slip {
            tier = tier.min(Tier::Warn);
        }
        if finding.too_much && accepted(&rows.wider) {
            tier = tier.min(Tier::Warn);
        }
        let other = for_other_use.filter(|_| finding.too_much);
        let only_for =
            other.map_or_else(String::new, |row| format!("；此量只用于{}", row.indication));
        if other.is_some() {
            tier = tier.min(Tier::Note);
        }
        let weekly = finding.too_much && accepted(&rows.weekly);
        let slip_of_days = if weekly { "；这是每周1次的量" } else { "" };
        let message = format!("{}：{}{only_for}{slip_of_days}", order.name, finding.words);
        alerts.push(
            Alert::new(tier, finding.rule, "dose", "2-5")
                .on(order)
                .saying(message, finding.instead)
                .citing(source(drug))
                .because("dose"),
        );
    }
    gap
}

fn source(drug: &Drug) -> String {
    match drug.sources.first() {
        Some(source) => source.clone(),
        None => match drug.basis {
            Basis::Label => "说明书".to_owned(),
            Basis::Law => "法规".to_owned(),
            Basis::Guideline => "指南".to_owned(),
            Basis::ClinicalEstimate => "临床共识".to_owned(),
        },
    }
}

/// Amount on one day of use in the measure asked for, once for each strength it may be; empty = not known.
pub(super) fn daily(order: &Order<'_>, weight: Option<f64>, to: units::Measure) -> Vec<f64> {
    let Some((measure, dose)) = order.dose(weight) else { return vec![] };
    let times = match order.often {
        Some(o) if o.once => 1.0,
        Some(o) if o.a_day > 0.0 => o.a_day,
        _ => 1.0,
    };
    order.turned(dose * times, measure, to)
}

pub(super) fn years(person: &Person<'_>) -> Option<f64> {
    person.patient.age.map(Age::years)
}
