//! Interactions of lines with each other and with drugs taken already; the worst of a pair, once.
use std::collections::HashMap;

use super::{Alert, Desk, rule};
use crate::domain::catalog::formulary::{Basis, Formulary, Interaction, Tier};

/// Rows by each of their sides.
pub(super) fn rows(formulary: &Formulary) -> HashMap<String, Vec<u32>> {
    let mut rows: HashMap<String, Vec<u32>> = HashMap::new();
    for (n, row) in formulary.interactions.iter().enumerate() {
        rows.entry(row.a.clone()).or_default().push(n as u32);
        if row.a != row.b {
            rows.entry(row.b.clone()).or_default().push(n as u32);
        }
    }
    rows
}

pub fn rule_id(row: &Interaction) -> String {
    format!("ddi/{}+{}", row.a, row.b)
}

/// A row on two named drugs says more than one on classes.
fn precision(row: &Interaction) -> usize {
    usize::from(!row.a.starts_with('@')) + usize::from(!row.b.starts_with('@'))
}

pub(super) fn check(desk: &mut Desk<'_>) {
    let formulary = desk.formulary;
    let mut sides: HashMap<u32, (Vec<usize>, Vec<usize>)> = HashMap::new();
    let mut key = String::new();
    for (n, order) in desk.orders.iter().enumerate() {
        let mut touch = |key: &str| {
            for row in desk.index.rows.get(key).into_iter().flatten() {
                let Some(interaction) = formulary.interactions.get(*row as usize) else { continue };
                let (a, b) = sides.entry(*row).or_default();
                if interaction.a == key && a.last() != Some(&n) {
                    a.push(n);
                }
                if interaction.b == key && b.last() != Some(&n) {
                    b.push(n);
                }
            }
        };
        order.ids.iter().for_each(|id| touch(id));
        for class in &order.classes {
            key.clear();
            key.push('@');
            key.push_str(class);
            touch(&key);
        }
    }
    let mut worst: HashMap<(usize, usize), u32> = HashMap::new();
    for (row, (a, b)) in &sides {
        let interaction = &formulary.interactions[*row as usize];
        for (i, j) in a.iter().flat_map(|i| b.iter().map(move |j| (*i, *j))) {
            let (x, y) = (&desk.orders[i], &desk.orders[j]);
            let both_taken = x.line.is_none() && y.line.is_none();
            let same_drug = x.drug.map(|d| &d.id) == y.drug.map(|d| &d.id);
            let local = x.is_local() || y.is_local();
            if i == j || both_taken || same_drug || (local && !interaction.local) {
                continue;
            }
            let pair = (i.min(j), i.max(j));
            let rank = |r: u32| {
                let row = &formulary.interactions[r as usize];
                (tier(row), precision(row), std::cmp::Reverse(r))
            };
            let best = worst.entry(pair).or_insert(*row);
            if rank(*row) > rank(*best) {
                *best = *row;
            }
        }
    }
    let mut pairs: Vec<((usize, usize), u32)> = worst.into_iter().collect();
    pairs.sort_unstable();
    for ((i, j), row) in pairs {
        let row = &formulary.interactions[row as usize];
        let (x, y) = (&desk.orders[i], &desk.orders[j]);
        let source =
            if row.source.is_empty() { basis_zh(row.basis).to_owned() } else { row.source.clone() };
        let mut alert = Alert::new(tier(row), rule_id(row), "interaction", "2-8")
            .on(x)
            .on(y)
            .saying(format!("{} + {}：{}", x.name, y.name, row.effect), row.advice.clone())
            .citing(source)
            .because("interaction");
        alert.items.sort_unstable();
        desk.alerts.push(alert);
    }
}

fn tier(row: &Interaction) -> Tier {
    rule::disciplined(row.tier, row.basis)
}

fn basis_zh(basis: Basis) -> &'static str {
    match basis {
        Basis::Label => "说明书",
        Basis::Law => "法规",
        Basis::Guideline => "指南",
        Basis::ClinicalEstimate => "临床共识",
    }
}
