//! Limits of each drug: disease, age, sex, pregnancy, lactation, kidney, liver, laboratory; and the contraindication rules.
use super::{
    Alert, Desk, Missing,
    circumstance::{Holds, holds},
    dose,
    order::Order,
    rule, signa, units,
};
use crate::domain::catalog::formulary::{Dose, Drug, DrugKind, RuleKind, Safety, Tier};

pub(super) fn check(desk: &mut Desk<'_>) {
    let mut alerts = vec![];
    let mut gaps = vec![];
    for order in desk.known() {
        let Some(drug) = order.drug else { continue };
        limits(desk, order, drug, &mut alerts, &mut gaps);
        // A compound without limits of its own, and a patent drug with western parts, bring those of their parts.
        if drug.limits.is_empty() || drug.kind == DrugKind::Patent {
            for part in order.parts.iter().filter(|p| p.id != drug.id) {
                limits(desk, order, part, &mut alerts, &mut gaps);
            }
        }
        motherhood(desk, order, drug, &mut alerts, &mut gaps);
        blind_to_kidneys(desk, order, drug, &mut alerts);
    }
    desk.alerts.extend(alerts);
    for (kind, line, what) in gaps {
        desk.gaps.say(kind, line, &what);
    }
    if !desk.person.has_diagnosis() && !desk.rx.items.is_empty() {
        desk.gaps.say(Missing::Diagnosis, None, "");
    }
    rule::run(desk, RuleKind::Contraindication);
}

type Gap = (Missing, Option<usize>, String);

fn limits(
    desk: &Desk<'_>,
    order: &Order<'_>,
    drug: &Drug,
    alerts: &mut Vec<Alert>,
    gaps: &mut Vec<Gap>,
) {
    for (n, limit) in drug.limits.iter().enumerate() {
        match holds(&desk.person, order, &limit.when, desk.rx.setting) {
            Holds::Yes { cause, seen } => {
                let seen = if seen.is_empty() { String::new() } else { format!("（{seen}）") };
                let part = if order.drug.is_some_and(|d| d.id == drug.id) {
                    String::new()
                } else {
                    format!("含{}，", drug.zh)
                };
                let full = limit.when.egfr_below.is_some() && is_full_dose(desk, order, drug);
                let (tier, not_reduced) = match limit.tier {
                    Tier::Note if full => (Tier::Warn, "，剂量未减"),
                    tier => (tier, ""),
                };
                let mut alert = Alert::new(
                    rule::disciplined(tier, limit.basis),
                    format!("{}/limit-{}", drug.id, n + 1),
                    rule::category(&limit.when, "contraindication"),
                    &limit.code,
                )
                .on(order)
                .saying(
                    format!("{}：{part}{}{seen}{not_reduced}", order.name, limit.why),
                    limit.instead.clone(),
                )
                .citing(rule::source_of(limit))
                .because(cause);
                alert.status = drug.status;
                alert.way_out = limit.way_out;
                alerts.push(alert);
            }
            Holds::Unknown(kind) if rule::worth_saying(&desk.person, kind, limit.tier) => {
                gaps.push((kind, order.line, order.name.clone()));
            }
            Holds::Unknown(_) | Holds::No => {}
        }
    }
}

/// Three quarters or more of the most that healthy kidneys are given.
fn is_full_dose(desk: &Desk<'_>, order: &Order<'_>, drug: &Drug) -> bool {
    let most = |row: &Dose| {
        let amount = row.daily.as_ref()?;
        let (measure, factor) = units::unit(&amount.unit)?;
        let daily = dose::daily(order, desk.person.patient.weight_kg, measure);
        let least = daily.into_iter().min_by(f64::total_cmp)?;
        Some(least / (amount.max * factor))
    };
    let days = desk.person.age_days().unwrap_or(0);
    let shares: Vec<f64> = drug
        .doses
        .iter()
        .filter(|d| d.route == order.route && d.indication.is_empty())
        .filter(|d| (d.age_min_days..d.age_max_days).contains(&days))
        .filter_map(most)
        .collect();
    !shares.is_empty() && shares.iter().all(|s| *s >= 0.75)
}

/// Drugs that damage kidneys and are dosed by them: in the old not without a creatinine.
fn blind_to_kidneys(desk: &Desk<'_>, order: &Order<'_>, drug: &Drug, alerts: &mut Vec<Alert>) {
    let dosed_by_kidneys =
        ["aminoglycoside", "glycopeptide", "polymyxin"].iter().any(|c| order.in_class(c));
    let old = dose::years(&desk.person).is_some_and(|y| y >= 65.0);
    if dosed_by_kidneys && old && desk.person.egfr.is_none() && signa::is_injection(order.route) {
        alerts.push(
            Alert::new(Tier::Warn, format!("{}/renal-not-known", drug.id), "renal", "2-2")
                .on(order)
                .saying(
                    format!("{}：老年人用前没有肌酐或eGFR，易蓄积致耳、肾损害", order.name),
                    "先查肌酐，按清除率定量；或换无肾毒性的药",
                )
                .citing("说明书")
                .because("age"),
        );
    }
}

fn worst(parts: &[&Drug], of: impl Fn(&Drug) -> Safety) -> Safety {
    let rank = |s: Safety| match s {
        Safety::Contraindicated => 4,
        Safety::Avoid => 3,
        Safety::Caution => 2,
        Safety::Unknown => 1,
        Safety::Ok => 0,
    };
    parts.iter().map(|d| of(d)).max_by_key(|s| rank(*s)).unwrap_or_default()
}

fn motherhood(
    desk: &Desk<'_>,
    order: &Order<'_>,
    drug: &Drug,
    alerts: &mut Vec<Alert>,
    gaps: &mut Vec<Gap>,
) {
    if order.is_local_use_only() {
        return;
    }
    let person = &desk.person;
    // The compound's own mark decides; its parts only where it has none.
    let judged = |of: &dyn Fn(&Drug) -> Safety| match of(drug) {
        Safety::Unknown => worst(&order.parts, of),
        own => own,
    };
    let grade = |safety: Safety| match safety {
        Safety::Contraindicated => Some((Tier::Stop, "禁用")),
        Safety::Avoid => Some((Tier::Warn, "避免使用")),
        Safety::Caution => Some((Tier::Note, "慎用")),
        Safety::Ok | Safety::Unknown => None,
    };
    let say = |safety: Safety, category: &'static str, when: &str| {
        let (tier, word) = grade(safety)?;
        let mut alert = Alert::new(
            rule::disciplined(tier, drug.basis),
            format!("{}/{category}", drug.id),
            category,
            "2-2",
        )
        .on(order)
        .saying(
            format!("{}：{when}{word}", order.name),
            "换用资料明确、相对安全的药；确需用时说明风险并记录",
        )
        .citing("说明书")
        .because(category);
        alert.status = drug.status;
        Some(alert)
    };
    if let Some(trimester) = person.trimester {
        let weeks = person.patient.pregnant_weeks.unwrap_or_default();
        let safety = judged(&|d: &Drug| d.pregnancy[trimester]);
        alerts.extend(say(safety, "pregnancy", &format!("妊娠期（{weeks}周）")));
        if safety == Safety::Unknown {
            gaps.push((Missing::PregnancyData, order.line, order.name.clone()));
        }
    } else if person.may_be_pregnant() {
        let any = |d: &Drug| worst_of_three(d.pregnancy);
        let safety = judged(&any);
        if safety == Safety::Contraindicated && is_strong_teratogen(order) {
            alerts.push(
                Alert::new(
                    Tier::Warn,
                    format!("{}/pregnancy-not-asked", drug.id),
                    "pregnancy",
                    "2-2",
                )
                .on(order)
                .saying(
                    format!("{}：强致畸，育龄女性须先排除妊娠并避孕", order.name),
                    "验孕阴性、落实避孕后再开，并记录",
                )
                .citing("说明书")
                .because("pregnancy"),
            );
        } else if safety == Safety::Contraindicated {
            gaps.push((Missing::Pregnancy, order.line, order.name.clone()));
        }
    }
    if person.patient.lactating {
        alerts.extend(say(judged(&|d: &Drug| d.lactation), "lactation", "哺乳期"));
    }
}

fn worst_of_three(by_trimester: [Safety; 3]) -> Safety {
    if by_trimester.contains(&Safety::Contraindicated) {
        Safety::Contraindicated
    } else {
        by_trimester[0]
    }
}

/// One dose in early pregnancy harms: a test must come before the drug.
fn is_strong_teratogen(order: &Order<'_>) -> bool {
    order.in_class("retinoid")
        || order.ids.iter().any(|id| {
            matches!(
                *id,
                "ribavirin"
                    | "thalidomide"
                    | "leflunomide"
                    | "acitretin"
                    | "isotretinoin"
                    | "methotrexate"
                    | "misoprostol"
                    | "mifepristone"
                    | "mycophenolate-mofetil"
            )
        })
}
