//! The rules of one folder run over all lines.
use super::{
    Alert, Desk, Missing,
    circumstance::{Holds, holds},
    dose,
    order::Order,
    person::Person,
    signa, units,
};
use crate::domain::{
    age::Sex,
    catalog::formulary::{Basis, Circumstance, Limit, RuleKind, RxRule, Tier},
};

/// How many times the daily amount that a rule allows; 0 = it allows any, or the amount is not known.
fn times_over(person: &Person<'_>, order: &Order<'_>, when: &Circumstance) -> f64 {
    let Some(limit) = when.daily_over.as_ref().filter(|l| l.max > 0.0) else { return 0.0 };
    let Some((measure, factor)) = units::unit(&limit.unit) else { return 0.0 };
    dose::daily(order, person.patient.weight_kg, measure)
        .into_iter()
        .min_by(f64::total_cmp)
        .map_or(0.0, |daily| daily / (limit.max * factor))
}

/// Above twice the pharmacopoeia's most the law wants a reason and a second signature; three times is no dose.
fn herb_tier(tier: Tier, basis: Basis, over: f64) -> Tier {
    match over {
        o if o >= 3.0 => tier.max(disciplined(Tier::Stop, basis)),
        o if o >= 2.0 => tier.max(Tier::Warn),
        _ => tier,
    }
}

/// A stop must rest on a label or a law.
pub(super) fn disciplined(tier: Tier, basis: Basis) -> Tier {
    if tier == Tier::Stop && !matches!(basis, Basis::Label | Basis::Law) {
        Tier::Warn
    } else {
        tier
    }
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
    // How many grams of a herb a patent drug holds is not known, and the prescriptions of special control (1-13) are
    // about the herb itself: 麝香保心丸 with its 蟾酥 is a licensed drug.
    let of_herbs_only = rule.limit.when.daily_over.is_some() || rule.limit.code == "1-13";
    let by_herb = by_herb && (order.herb || !of_herbs_only);
    order.is_any(&rule.drugs) || by_herb
}

fn one(
    desk: &Desk<'_>,
    rule: &RxRule,
    order: &Order<'_>,
    alerts: &mut Vec<Alert>,
    gaps: &mut Vec<(Missing, Option<usize>, String)>,
) {
    let limit = &rule.limit;
    let others = || desk.orders.iter().filter(|o| !std::ptr::eq(*o, order));
    if rule.kind == RuleKind::Infusion && order.is_local() {
        return;
    }
    let mut partner = None;
    if !rule.with.is_empty() || !rule.with_herbs.is_empty() {
        partner = others().find(|o| {
            let named = o.is_any(&rule.with)
                || rule.with_herbs.iter().any(|h| o.herbs.iter().any(|x| x == h));
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
        let wrong = (!rule.solvent_is.is_empty() && listed(&rule.solvent_is))
            || (!rule.solvent_not.is_empty() && !listed(&rule.solvent_not));
        if !wrong {
            return;
        }
    }
    match holds(&desk.person, order, &limit.when, desk.rx.setting) {
        Holds::Yes { cause, seen } => {
            let mut tier = disciplined(limit.tier, limit.basis);
            if rule.kind == RuleKind::Tcm {
                tier = herb_tier(tier, limit.basis, times_over(&desk.person, order, &limit.when));
            }
            if rule.kind == RuleKind::Tcm
                && order.drug.is_some()
                && partner.is_some_and(|p| p.drug.is_some())
            {
                // Two licensed patent drugs: doses are small and not known; a pharmacist asks, does not forbid.
                tier = tier.min(Tier::Warn);
            }
            // What is only to be kept apart must not stand in one bottle.
            if rule.kind == RuleKind::Infusion && partner.is_some_and(|p| in_one_bottle(order, p)) {
                tier = tier.max(Tier::Warn);
            }
            let subject = match partner {
                Some(partner) => format!("{} + {}", order.name, partner.name),
                None => order.name.clone(),
            };
            let seen = if seen.is_empty() { String::new() } else { format!("（{seen}）") };
            let category = category(&limit.when, rule.kind.id());
            let cause = if rule.kind == RuleKind::Contraindication && partner.is_none() {
                cause
            } else {
                rule.id.clone()
            };
            let mut alert = Alert::new(tier, rule.id.clone(), category, &limit.code)
                .on(order)
                .saying(format!("{subject}：{}{seen}", limit.why), limit.instead.clone())
                .citing(source_of(limit))
                .because(cause);
            alert.status = rule.status;
            alert.way_out = limit.way_out;
            if let Some(partner) = partner {
                alert = alert.on(partner);
                alert.items.sort_unstable();
            }
            alerts.push(alert);
        }
        Holds::Unknown(kind) if worth_saying(&desk.person, kind, limit.tier) => {
            gaps.push((kind, order.line, order.name.clone()));
        }
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

/// Both lines say the same group.
fn in_one_bottle(a: &Order<'_>, b: &Order<'_>) -> bool {
    signa::is_intravenous(a.route)
        && signa::is_intravenous(b.route)
        && a.item.group.is_some()
        && a.item.group == b.item.group
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
