//! The same ingredient or the same kind of drug twice.
use super::{Alert, Desk, infusion, order::Order};
use crate::domain::catalog::formulary::Tier;

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
        // What is taken already may be what is being changed.
        let tier = if taken { tier.min(Tier::Warn) } else { tier };
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
