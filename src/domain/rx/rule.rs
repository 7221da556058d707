//! Whether the circumstances of a limit or rule hold for one line, and the rules of one folder run over all lines.
use super::{Alert, Desk, Missing, dose, order::Order, person::Person, signa, units};
use crate::domain::{
    age::Sex,
    catalog::formulary::{Basis, Circumstance, Limit, RuleKind, RxRule, Tier},
    visit::Setting,
};

/// The answer of a circumstance, with what made it so.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Holds {
    Yes {
        /// One word for merging: alerts of one cause on one line are one.
        cause: String,
        /// What of the patient met the rule, for the message.
        seen: String,
    },
    No,
    Unknown(Missing),
}

pub(super) fn holds(person: &Person<'_>, order: &Order<'_>, when: &Circumstance, setting: Option<Setting>) -> Holds {
    if !when.route.is_empty() && !when.route.iter().any(|r| r == order.route) {
        return Holds::No;
    }
    if !when.setting.is_empty() && !setting.is_some_and(|s| when.setting.iter().any(|w| w == s.id())) {
        return Holds::No;
    }
    if (!when.pregnant.is_empty() || when.lactating) && order.is_local_use_only() && !when.route.iter().any(|r| r == order.route) {
        return Holds::No;
    }
    let mut cause = String::new();
    let mut seen: Vec<String> = vec![];
    let mut missing = None;
    let mut because = |word: &str| {
        if cause.is_empty() {
            cause.push_str(word);
        }
    };
    if !when.icd.is_empty() || !when.says.is_empty() {
        match person.illness(&when.icd, &when.says) {
            Some(illness) => {
                because(&organ(when, illness));
                seen.push(illness.to_owned());
            }
            None => return Holds::No,
        }
    }
    if !when.not_icd.is_empty() {
        let prefixes: Vec<&str> = when.not_icd.iter().map(String::as_str).collect();
        if person.has_code(&prefixes) {
            return Holds::No;
        }
    }
    if when.sex != Sex::Unknown {
        match person.patient.sex {
            Sex::Unknown => missing = Some(Missing::Sex),
            sex if sex != when.sex => return Holds::No,
            sex => {
                because("sex");
                seen.push(if sex == Sex::Male { "男性" } else { "女性" }.to_owned());
            }
        }
    }
    if when.age_below_days.is_some() || when.age_from_days.is_some() {
        match person.age_days() {
            None => missing = Some(Missing::Age),
            Some(days) => {
                if when.age_below_days.is_some_and(|limit| days >= limit) || when.age_from_days.is_some_and(|limit| days < limit) {
                    return Holds::No;
                }
                because("age");
                if let Some(age) = person.patient.age {
                    seen.push(age.to_string());
                }
            }
        }
    }
    if !when.pregnant.is_empty() {
        match person.trimester {
            Some(t) => {
                let wanted = match when.pregnant.as_str() {
                    "t1" => t == 0,
                    "t2" => t == 1,
                    "t3" => t == 2,
                    _ => true,
                };
                if !wanted {
                    return Holds::No;
                }
                because("pregnancy");
                seen.push(format!("孕{}周", person.patient.pregnant_weeks.unwrap_or_default()));
            }
            None if person.may_be_pregnant() => missing = Some(Missing::Pregnancy),
            None => return Holds::No,
        }
    }
    if when.lactating {
        if !person.patient.lactating {
            return Holds::No;
        }
        because("lactation");
        seen.push("哺乳期".to_owned());
    }
    if let Some(limit) = when.egfr_below {
        match person.egfr {
            Some(egfr) if egfr >= limit => return Holds::No,
            Some(egfr) => {
                because("renal");
                seen.push(format!("{} {}", person.egfr_how, units::plain((egfr * 10.0).round() / 10.0)));
            }
            None => missing = Some(Missing::Renal),
        }
    }
    if !when.child_pugh.is_empty() {
        let grade = person.patient.child_pugh.as_deref().map(|g| g.trim().to_uppercase());
        match grade.filter(|g| !g.is_empty()) {
            Some(grade) if when.child_pugh.contains(&grade) => {
                because("hepatic");
                seen.push(format!("Child-Pugh {grade}级"));
            }
            Some(_) => return Holds::No,
            None if person.has_code(&["K70.3", "K72", "K74", "I85"]) => missing = Some(Missing::Hepatic),
            None => return Holds::No,
        }
    }
    if let Some((name, sign, limit)) = &when.lab {
        let Some(value) = person.lab(name) else { return Holds::No };
        let met = match sign.as_str() {
            "<" => value < *limit,
            "<=" => value <= *limit,
            ">=" => value >= *limit,
            _ => value > *limit,
        };
        if !met {
            return Holds::No;
        }
        because(name);
        seen.push(format!("{name} {}", units::plain(value)));
    }
    if let Some(limit) = &when.daily_over {
        let Some((measure, factor)) = units::unit(&limit.unit) else { return Holds::No };
        let daily = dose::daily(order, person.patient.weight_kg, measure);
        let least = daily.iter().copied().min_by(f64::total_cmp);
        match least {
            Some(least) if least > limit.max * factor * 1.000_001 => {
                because("dose");
                seen.push(format!("一日{}", units::show(least, measure, &limit.unit)));
            }
            _ => return Holds::No,
        }
    }
    if let Some(limit) = when.days_over {
        match order.item.days {
            Some(days) if days > limit => {
                because("days");
                seen.push(format!("{days}天"));
            }
            _ => return Holds::No,
        }
    }
    match missing {
        Some(kind) => Holds::Unknown(kind),
        None => Holds::Yes { cause, seen: seen.join("，") },
    }
}

/// One cause for the same organ, however it was written: eGFR, 慢性肾脏病, N18.
fn organ(when: &Circumstance, illness: &str) -> String {
    let is = |letters: &[&str]| when.icd.iter().any(|c| letters.iter().any(|l| c.starts_with(l)));
    if is(&["N17", "N18", "N19"]) || ["肾功能", "尿毒症", "肾衰", "慢性肾"].iter().any(|w| illness.contains(w)) {
        "renal".to_owned()
    } else if is(&["K72", "K74"]) || ["肝硬化", "肝衰"].iter().any(|w| illness.contains(w)) {
        "hepatic".to_owned()
    } else {
        illness.to_owned()
    }
}

/// At least twice the daily amount that a rule allows.
fn far_over(person: &Person<'_>, order: &Order<'_>, when: &Circumstance) -> bool {
    let Some(limit) = &when.daily_over else { return false };
    let Some((measure, factor)) = units::unit(&limit.unit) else { return false };
    dose::daily(order, person.patient.weight_kg, measure)
        .into_iter()
        .min_by(f64::total_cmp)
        .is_some_and(|daily| daily >= limit.max * factor * 2.0)
}

/// A stop must rest on a label or a law.
pub(super) fn disciplined(tier: Tier, basis: Basis) -> Tier {
    if tier == Tier::Stop && !matches!(basis, Basis::Label | Basis::Law) { Tier::Warn } else { tier }
}

pub(super) fn source_of(limit: &Limit) -> String {
    if !limit.source.is_empty() {
        return limit.source.clone();
    }
    match limit.basis {
        Basis::Label => "说明书",
        Basis::Law => "法规",
        Basis::Guideline => "指南",
        Basis::ClinicalEstimate => "临床共识",
    }
    .to_owned()
}

/// What a limit is about, for the alert's category.
pub(super) fn category(when: &Circumstance, otherwise: &'static str) -> &'static str {
    if !when.pregnant.is_empty() {
        "pregnancy"
    } else if when.lactating {
        "lactation"
    } else if when.egfr_below.is_some() {
        "renal"
    } else if !when.child_pugh.is_empty() {
        "hepatic"
    } else if when.sex != Sex::Unknown {
        "sex"
    } else if when.age_below_days.is_some() || when.age_from_days.is_some() {
        "age"
    } else {
        otherwise
    }
}

/// Runs the rules of one folder over all lines.
pub(super) fn run(desk: &mut Desk<'_>, kind: RuleKind) {
    let mut alerts = vec![];
    let mut gaps = vec![];
    for rule in desk.formulary.rules.iter().filter(|r| r.kind == kind) {
        for order in desk.orders.iter().filter(|o| o.line.is_some()) {
            if concerns(rule, order) {
                one(desk, rule, order, &mut alerts, &mut gaps);
            }
        }
    }
    desk.alerts.extend(alerts);
    for (kind, line, what) in gaps {
        desk.gaps.say(kind, line, &what);
    }
}

fn concerns(rule: &RxRule, order: &Order<'_>) -> bool {
    if rule.drugs.is_empty() && rule.herbs.is_empty() {
        return order.is_known();
    }
    let by_herb = rule.herbs.iter().any(|h| order.herbs.iter().any(|o| o == h));
    // How many grams of a herb a patent drug holds is not known.
    let by_herb = by_herb && (order.herb || rule.limit.when.daily_over.is_none());
    order.is_any(&rule.drugs) || by_herb
}

fn one(desk: &Desk<'_>, rule: &RxRule, order: &Order<'_>, alerts: &mut Vec<Alert>, gaps: &mut Vec<(Missing, Option<usize>, String)>) {
    let limit = &rule.limit;
    let others = || desk.orders.iter().filter(|o| !std::ptr::eq(*o, order));
    if rule.kind == RuleKind::Infusion && order.is_local() {
        return;
    }
    let mut partner = None;
    if !rule.with.is_empty() || !rule.with_herbs.is_empty() {
        partner = others().find(|o| {
            let named = o.is_any(&rule.with) || rule.with_herbs.iter().any(|h| o.herbs.iter().any(|x| x == h));
            let same = order.drug.is_some() && o.drug.map(|d| &d.id) == order.drug.map(|d| &d.id);
            named && !same && (rule.kind != RuleKind::Infusion || may_mix(order, o))
        });
        // 甘草 and 甘遂 inside one patent drug are a licensed recipe: only others count.
        if partner.is_none() {
            return;
        }
    }
    if others().chain(std::iter::once(order)).any(|o| o.is_any(&rule.without)) {
        return;
    }
    if !rule.solvent_not.is_empty() || !rule.solvent_is.is_empty() {
        let Some(solvent) = super::infusion::solvent(&order.item.solvent) else { return };
        let listed = |list: &[String]| list.iter().any(|s| s == solvent);
        let wrong = (!rule.solvent_is.is_empty() && listed(&rule.solvent_is)) || (!rule.solvent_not.is_empty() && !listed(&rule.solvent_not));
        if !wrong {
            return;
        }
    }
    match holds(&desk.person, order, &limit.when, desk.rx.setting) {
        Holds::Yes { cause, seen } => {
            let mut tier = disciplined(limit.tier, limit.basis);
            if rule.kind == RuleKind::Tcm && far_over(&desk.person, order, &limit.when) {
                // Above twice the pharmacopoeia's most the law wants a reason and a second signature.
                tier = tier.max(Tier::Warn);
            }
            if rule.kind == RuleKind::Tcm && order.drug.is_some() && partner.is_some_and(|p| p.drug.is_some()) {
                // Two licensed patent drugs: doses are small and not known; a pharmacist asks, does not forbid.
                tier = tier.min(Tier::Warn);
            }
            let subject = match partner {
                Some(partner) => format!("{} + {}", order.name, partner.name),
                None => order.name.clone(),
            };
            let seen = if seen.is_empty() { String::new() } else { format!("（{seen}）") };
            let category = category(&limit.when, rule.kind.id());
            let cause = if rule.kind == RuleKind::Contraindication && partner.is_none() { cause } else { rule.id.clone() };
            let mut alert = Alert::new(tier, rule.id.clone(), category, &limit.code)
                .on(order)
                .saying(format!("{subject}：{}{seen}", limit.why), limit.instead.clone())
                .from_source(source_of(limit))
                .because(cause);
            alert.status = rule.status;
            if let Some(partner) = partner {
                alert = alert.on(partner);
                alert.items.sort_unstable();
            }
            alerts.push(alert);
        }
        Holds::Unknown(kind) if worth_saying(&desk.person, kind, limit.tier) => gaps.push((kind, order.line, order.name.clone())),
        Holds::Unknown(_) | Holds::No => {}
    }
}

/// Missing data is said where it could change something: kidneys of the old or the ill, not of every young adult.
pub(super) fn worth_saying(person: &Person<'_>, kind: Missing, tier: Tier) -> bool {
    match kind {
        Missing::Renal => {
            tier >= Tier::Warn
                && (dose::years(person).is_none_or(|y| y >= 65.0)
                    || person.has_code(&["N", "E10", "E11", "E14", "I50", "I12", "I13"]))
        }
        Missing::Pregnancy => tier >= Tier::Warn,
        _ => tier > Tier::Log,
    }
}

/// Two infusions that may meet in one bottle: the same group, or no groups and no own solvents written.
fn may_mix(a: &Order<'_>, b: &Order<'_>) -> bool {
    if !signa::is_intravenous(a.route) || !signa::is_intravenous(b.route) {
        return false;
    }
    match (a.item.group, b.item.group) {
        (Some(x), Some(y)) => x == y,
        _ => true,
    }
}
