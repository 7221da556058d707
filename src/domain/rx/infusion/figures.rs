//! Concentration and rate of an infusion against the label, as far as the line gives the figures.
use super::speed::{Speed, speed, volume_ml};
use crate::domain::{
    catalog::{
        content::InfusionLimit,
        formulary::{Amount, Tier},
    },
    rx::{Alert, Desk, order::Order, rule, signa, units},
};

/// Rounding of volumes and the drug's own volume are no excess.
const CLOSE: f64 = 1.05;
const FAR: f64 = 2.0;

pub(in crate::domain::rx) fn check(desk: &mut Desk<'_>) {
    let mut alerts = vec![];
    let days = desk.person.age_days().unwrap_or(10_957);
    for order in desk.known().filter(|o| signa::is_intravenous(o.route)) {
        let Some(drug) = order.drug else { continue };
        let fits = |l: &&InfusionLimit| (l.age_min_days..l.age_max_days).contains(&days);
        for limit in drug.infusions.iter().filter(fits) {
            one(desk, order, limit, &mut alerts);
        }
    }
    desk.alerts.extend(alerts);
}

fn one(desk: &Desk<'_>, order: &Order<'_>, limit: &InfusionLimit, alerts: &mut Vec<Alert>) {
    let weight = desk.person.patient.weight_kg.filter(|w| w.is_finite() && *w > 0.0);
    let volume = volume(desk, order);
    let words = format!("{} {} {}", order.item.remark, order.item.frequency, order.item.solvent);
    let mut say = |rule: &str, over: f64, what: String, instead: String| {
        let tier =
            if over >= FAR { limit.tier.max(Tier::Warn) } else { limit.tier.min(Tier::Warn) };
        let source = if limit.source.is_empty() { "说明书" } else { limit.source.as_str() };
        alerts.push(
            Alert::new(rule::disciplined(tier, limit.basis), rule, "infusion", "2-5")
                .on(order)
                .saying(format!("{}：{what}；{}", order.name, limit.why), instead)
                .citing(source)
                .because(rule),
        );
    };
    if let (Some(volume), Some(most)) = (volume, &limit.per_ml)
        && let Some((dose, most_base)) = dose_and(order, weight, most)
    {
        let over = dose / volume / most_base;
        if over > CLOSE {
            let needed = (dose / most_base).ceil();
            say(
                "infusion-concentration",
                over,
                format!(
                    "{}加入{}ml，浓度超过{}{}/ml（{}倍）",
                    show(dose, most),
                    units::plain(volume),
                    units::plain(most.max),
                    most.unit,
                    units::plain((over * 10.0).round() / 10.0)
                ),
                format!("至少稀释到{}ml", units::plain(needed)),
            );
        }
    }
    let minutes = speed(&words).and_then(|s: Speed| s.minutes(volume));
    let Some(minutes) = minutes.filter(|m| *m > 0.0) else { return };
    let shown = units::plain(minutes.round());
    if let Some(least) = limit.least_minutes.filter(|l| minutes * CLOSE < f64::from(*l)) {
        say(
            "infusion-too-fast",
            f64::from(least) / minutes,
            format!("{shown}分钟滴完，太快"),
            format!("不少于{least}分钟"),
        );
        return;
    }
    let by_weight = limit.per_kg_hour.as_ref().zip(weight);
    let rates =
        [(limit.per_hour.as_ref(), 1.0), (by_weight.map(|(a, _)| a), weight.unwrap_or(1.0))];
    for (most, kilograms) in rates.into_iter().filter_map(|(most, kg)| Some((most?, kg))) {
        let Some((dose, most_base)) = dose_and(order, weight, most) else { continue };
        let over = dose / (minutes / 60.0) / (most_base * kilograms);
        if over > CLOSE {
            let slowest = (dose / (most_base * kilograms) * 60.0).ceil();
            say(
                "infusion-too-fast",
                over,
                format!(
                    "{}在{shown}分钟内滴完，是限速的{}倍",
                    show(dose, most),
                    units::plain((over * 10.0).round() / 10.0)
                ),
                format!("不少于{}分钟", units::plain(slowest)),
            );
            return;
        }
    }
}

fn show(base: f64, amount: &Amount) -> String {
    units::unit(&amount.unit)
        .map_or_else(String::new, |(measure, _)| units::show(base, measure, &amount.unit))
}

/// One dose and the limit in base units of the limit's measure. Of several strengths the least counts.
fn dose_and(order: &Order<'_>, weight: Option<f64>, limit: &Amount) -> Option<(f64, f64)> {
    let (measure, factor) = units::unit(&limit.unit)?;
    let (own, amount) = order.dose(weight)?;
    let dose = order.turned(amount, own, measure).into_iter().min_by(f64::total_cmp)?;
    (limit.max > 0.0).then_some((dose, limit.max * factor))
}

/// The bottle of the line: its own solvent, or that of its group, or a fluid of its group.
fn volume(desk: &Desk<'_>, order: &Order<'_>) -> Option<f64> {
    let own = volume_ml(&order.item.solvent);
    own.or_else(|| {
        let group = order.item.group?;
        let mut mates =
            desk.orders.iter().filter(|o| o.line.is_some() && o.item.group == Some(group));
        mates.find_map(|o| {
            volume_ml(&o.item.solvent).or_else(|| {
                let carrier = o.drug.is_some_and(|d| super::is_carrier(&d.id));
                let written = o.item.dose.filter(|_| carrier)?;
                let (measure, factor) = units::unit(&o.item.dose_unit)?;
                (measure == units::Measure::Volume).then_some(written * factor)
            })
        })
    })
}
