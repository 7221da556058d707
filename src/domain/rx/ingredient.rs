//! What all lines together give of one ingredient a day: compounds count by what a piece holds.
use super::{
    Alert, Desk, dose,
    order::Order,
    signa,
    units::{self, Measure, Strength},
};
use crate::domain::catalog::{
    content::Content,
    formulary::{Dose, Drug, Tier},
};

pub(super) fn check(desk: &mut Desk<'_>) {
    let mut ids: Vec<&str> = vec![];
    for order in desk.known().filter(|o| !o.is_local()) {
        for id in order.drug.iter().flat_map(|d| d.ingredients.iter()) {
            if !ids.contains(&id.as_str()) {
                ids.push(id);
            }
        }
    }
    let alerts: Vec<Alert> =
        ids.into_iter().filter_map(|id| sum(desk, desk.formulary.drug(id)?)).collect();
    desk.alerts.extend(alerts);
}

/// Milligrams of `ingredient` on a day of use, once for every form or strength it may be; empty = not known.
pub(super) fn daily(order: &Order<'_>, ingredient: &str, weight: Option<f64>) -> Vec<f64> {
    let Some(drug) = order.drug else { return vec![] };
    if drug.id == ingredient {
        return dose::daily(order, weight, Measure::Mass);
    }
    let held = |row: &&Content| row.holds.iter().any(|(id, _)| id == ingredient);
    let rows: Vec<&Content> = drug.contents.iter().filter(held).collect();
    let named: Vec<&Content> = rows.iter().copied().filter(|row| is_meant(order, row)).collect();
    let rows = if named.is_empty() { rows } else { named };
    rows.into_iter().filter_map(|row| from_row(order, row, ingredient, weight)).collect()
}

/// The form and strength written on the line are those of the row.
fn is_meant(order: &Order<'_>, row: &Content) -> bool {
    let written = units::strength(&order.item.strength);
    let strength = units::strength(&row.strength);
    let formed = row.form.is_empty() || order.is_of_form(&row.form);
    formed && (written.is_empty() || strength.is_empty() || same(&written, &strength))
}

fn same(a: &Strength, b: &Strength) -> bool {
    let close = |x: Option<f64>, y: Option<f64>| match (x, y) {
        (Some(x), Some(y)) => (x - y).abs() < 1e-6,
        _ => true,
    };
    close(a.mg, b.mg) && close(a.iu, b.iu)
}

fn from_row(
    order: &Order<'_>,
    row: &Content,
    ingredient: &str,
    weight: Option<f64>,
) -> Option<f64> {
    let (_, mg) = row.holds.iter().find(|(id, _)| id == ingredient)?;
    let (of, factor) = units::unit(&row.of.unit)?;
    let (measure, amount) = order.dose(weight)?;
    let times = match order.often {
        Some(o) if o.once => 1.0,
        Some(o) if o.a_day > 0.0 => o.a_day,
        _ => 1.0,
    };
    let taken = if measure == of {
        amount
    } else {
        units::strength(&row.strength)
            .turn(amount, measure, of)
            .or_else(|| order.turned(amount, measure, of).into_iter().min_by(f64::total_cmp))?
    };
    Some(mg * taken * times / (row.of.min * factor))
}

/// The most of a drug on one day for this patient, by any of the routes in use.
fn most(desk: &Desk<'_>, drug: &Drug, orders: &[&Order<'_>]) -> Option<f64> {
    let days = desk.person.age_days().unwrap_or(10_957);
    let weight = desk.person.patient.weight_kg.filter(|w| w.is_finite() && *w > 0.0);
    let mass = |a: &crate::domain::catalog::formulary::Amount| {
        units::unit(&a.unit).filter(|(m, _)| *m == Measure::Mass).map(|(_, f)| a.max * f)
    };
    let fits = |d: &&Dose| {
        (d.age_min_days..d.age_max_days).contains(&days)
            && (d.route.is_empty()
                || orders.iter().any(|o| {
                    o.route == d.route
                        || (signa::is_injection(o.route) && signa::is_injection(&d.route))
                }))
    };
    drug.doses
        .iter()
        .filter(fits)
        .filter_map(|d| {
            let whole = d.daily.as_ref().and_then(mass);
            let scaled = d.daily_kg.as_ref().and_then(mass).zip(weight).map(|(a, w)| a * w);
            match (whole, scaled) {
                (Some(whole), Some(scaled)) => Some(whole.min(scaled)),
                (whole, scaled) => whole.or(scaled),
            }
        })
        .filter(|m| *m > 0.0)
        .max_by(f64::total_cmp)
}

fn sum(desk: &Desk<'_>, drug: &Drug) -> Option<Alert> {
    let weight = desk.person.patient.weight_kg;
    let holding: Vec<(&Order<'_>, f64)> = desk
        .known()
        .filter(|o| {
            !o.is_local() && o.drug.is_some_and(|d| d.ingredients.iter().any(|i| i == &drug.id))
        })
        .filter_map(|o| Some((o, daily(o, &drug.id, weight).into_iter().min_by(f64::total_cmp)?)))
        .collect();
    // One line alone is judged by its own rows, also a compound: 复方磺胺甲噁唑 allows more trimethoprim than
    // trimethoprim alone does.
    let own_rows = holding.iter().any(|(o, _)| o.drug.is_some_and(|d| !d.doses.is_empty()));
    if holding.len() < 2 && own_rows {
        return None;
    }
    let orders: Vec<&Order<'_>> = holding.iter().map(|(o, _)| *o).collect();
    let most = most(desk, drug, &orders)?;
    let total: f64 = holding.iter().map(|(_, mg)| mg).sum();
    if total <= most * 1.000_001 {
        return None;
    }
    let far = total >= most * 1.5 - 1e-6;
    let parts: Vec<String> =
        holding.iter().map(|(o, mg)| format!("{}{}", o.name, units::mass(*mg))).collect();
    let mut alert = Alert::new(
        if far { Tier::Stop } else { Tier::Warn },
        format!("dose-sum/{}", drug.id),
        "dose",
        "2-5",
    )
    .saying(
        format!(
            "{}各条合计一日{}（{}），超过上限{}",
            drug.zh,
            units::mass(total),
            parts.join("＋"),
            units::mass(most)
        ),
        "减量或只留一条",
    )
    .citing("说明书")
    .because("dose-sum");
    for order in orders {
        alert = alert.on(order);
    }
    Some(alert)
}
