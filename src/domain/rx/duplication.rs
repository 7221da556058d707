//! The same ingredient or the same kind of drug twice, and what one ingredient adds up to over all lines.
use super::{
    Alert, Desk, infusion,
    order::Order,
    units::{self, Measure},
};
use crate::domain::catalog::formulary::{Dose, Tier};

pub(super) fn check(desk: &mut Desk<'_>) {
    let mut alerts = vec![];
    for (n, x) in desk.orders.iter().enumerate() {
        for y in &desk.orders[n + 1..] {
            if x.line.is_none() && y.line.is_none() {
                continue;
            }
            let found = ingredient(x, y).or_else(|| class(desk, x, y));
            alerts.extend(found.filter(|alert| !told(desk, alert)));
        }
    }
    cumulative(desk, &mut alerts);
    desk.alerts.extend(alerts);
}

/// An interaction row already says it of the same pair, at least as hard.
fn told(desk: &Desk<'_>, alert: &Alert) -> bool {
    desk.alerts.iter().any(|a| {
        a.category == "interaction"
            && a.items == alert.items
            && a.current == alert.current
            && a.tier >= alert.tier
    })
}

/// Parts that many compounds share and that harm little.
fn is_harmless(id: &str) -> bool {
    id.starts_with("vitamin")
        || matches!(
            id,
            "caffeine" | "menthol" | "camphor" | "glycerol" | "nicotinamide" | "calcium-gluconate"
        )
}

fn pair(tier: Tier, rule: String, x: &Order<'_>, y: &Order<'_>, why: &str, instead: &str) -> Alert {
    let mut alert = Alert::new(tier, rule, "duplication", "2-7")
        .on(x)
        .on(y)
        .saying(format!("{} + {}：{why}", x.name, y.name), instead)
        .citing("医院处方点评管理规范")
        .because("duplication");
    alert.items.sort_unstable();
    alert
}

fn ingredient(x: &Order<'_>, y: &Order<'_>) -> Option<Alert> {
    let (a, b) = (x.drug?, y.drug?);
    if x.is_local() != y.is_local() {
        return None;
    }
    let shared: Vec<&String> = a
        .ingredients
        .iter()
        .filter(|i| b.ingredients.contains(i) && !infusion::is_carrier(i))
        .collect();
    let first = shared.iter().find(|i| !is_harmless(i)).or_else(|| shared.first())?;
    let zh = x.parts.iter().find(|p| p.id == ***first).map_or(first.as_str(), |p| p.zh.as_str());
    if a.id == b.id {
        // The same drug among those taken already is the one being prescribed again.
        if x.line.is_none() || y.line.is_none() {
            return None;
        }
        let same_route = x.route == y.route;
        let tier = if same_route { Tier::Warn } else { Tier::Note };
        let why = if same_route { "同一药开了两次" } else { "同一药两种途径" };
        return Some(pair(
            tier,
            format!("duplicate/{}", a.id),
            x,
            y,
            why,
            "合并为一条，或写明先后使用",
        ));
    }
    let tier = if is_harmless(first) || x.is_local() { Tier::Note } else { Tier::Warn };
    Some(pair(
        tier,
        format!("duplicate/{first}"),
        x,
        y,
        &format!("都含{zh}，剂量会叠加"),
        "只留一种，按成分合计剂量",
    ))
}

fn class(desk: &Desk<'_>, x: &Order<'_>, y: &Order<'_>) -> Option<Alert> {
    let (a, b) = (x.drug?, y.drug?);
    if x.is_local() || y.is_local() || a.id == b.id {
        return None;
    }
    let shared = x
        .classes
        .iter()
        .filter(|c| y.classes.contains(c))
        .filter_map(|c| desk.formulary.class(c))
        .filter_map(|c| c.duplicate.map(|tier| (tier, c)))
        .max_by_key(|(tier, class)| (*tier, class.parents.len()));
    if let Some((tier, class)) = shared {
        let taken = x.line.is_none() || y.line.is_none();
        let instead = if taken {
            "若为换药，请注明停用原药；否则只用一种"
        } else {
            "只留一种"
        };
        return Some(pair(
            tier,
            format!("duplicate/class-{}", class.id),
            x,
            y,
            &format!("同属{}，重复用药", class.zh),
            instead,
        ));
    }
    let both = |class: &str| x.in_class(class) && y.in_class(class);
    (both("beta-lactam") && both("antibacterial")).then(|| {
        pair(
            Tier::Warn,
            "duplicate/class-beta-lactam".to_owned(),
            x,
            y,
            "两种β内酰胺类抗菌药，作用重叠",
            "只留一种",
        )
    })
}

/// One ingredient over several lines against its own daily limit.
fn cumulative(desk: &Desk<'_>, alerts: &mut Vec<Alert>) {
    let weight = desk.person.patient.weight_kg;
    let days = desk.person.age_days().unwrap_or(10_957);
    for (n, first) in desk.orders.iter().enumerate() {
        let Some(drug) = first.drug.filter(|_| first.line.is_some() && !first.is_local()) else {
            continue;
        };
        let same: Vec<&Order<'_>> = desk.orders[n..]
            .iter()
            .filter(|o| {
                o.line.is_some() && !o.is_local() && o.drug.is_some_and(|d| d.id == drug.id)
            })
            .collect();
        let earlier = desk.orders[..n]
            .iter()
            .any(|o| o.line.is_some() && o.drug.is_some_and(|d| d.id == drug.id));
        if same.len() < 2 || earlier {
            continue;
        }
        let fits = |d: &&Dose| (d.age_min_days..d.age_max_days).contains(&days);
        let most = drug
            .doses
            .iter()
            .filter(fits)
            .filter_map(|d| d.daily.as_ref())
            .filter_map(|a| {
                units::unit(&a.unit).filter(|(m, _)| *m == Measure::Mass).map(|(_, f)| a.max * f)
            })
            .max_by(f64::total_cmp);
        let Some(most) = most.filter(|m| *m > 0.0) else { continue };
        let amounts: Vec<f64> = same
            .iter()
            .filter_map(|o| {
                super::dose::daily(o, weight, Measure::Mass).into_iter().min_by(f64::total_cmp)
            })
            .collect();
        let total: f64 = amounts.iter().sum();
        if amounts.len() == same.len() && total > most * 1.000_001 {
            let tier = if total >= most * 1.5 - 1e-6 { Tier::Stop } else { Tier::Warn };
            let mut alert = Alert::new(tier, format!("dose-sum/{}", drug.id), "dose", "2-5")
                .saying(
                    format!(
                        "{}各条合计一日{}，超过上限{}",
                        drug.zh,
                        units::mass(total),
                        units::mass(most)
                    ),
                    "减量或只留一条",
                )
                .citing("说明书")
                .because("dose-sum");
            for order in same {
                alert = alert.on(order);
            }
            alerts.push(alert);
        }
    }
}
