//! The one question or bedside check that would change most.
use std::collections::HashMap;

use super::{Encounter, Evidence, Ranker, guard};
use crate::domain::catalog::{Catalog, condition::Urgency, finding::FindingIx};

#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub finding: FindingIx,
    /// Bits of uncertainty about the cause that the answer is expected to take away, plus what it does to the danger rail.
    pub gain: f64,
}

/// How many causes are weighed, and how many questions are shown.
const CAUSES: usize = 12;
const SHOWN: usize = 5;
/// An answer that would make an emergency rule fire is worth this many bits at least.
const DANGER_BITS: f64 = 0.25;

pub fn next(
    catalog: &Catalog,
    ranker: &Ranker,
    encounter: &Encounter,
    evidence: &Evidence,
    shares: &[f64],
) -> Vec<Question> {
    if evidence.closure.is_empty() {
        return vec![];
    }
    let mut order: Vec<usize> = (0..shares.len()).filter(|ix| shares[*ix] > 0.0).collect();
    order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
    order.truncate(CAUSES);
    let total: f64 = order.iter().map(|ix| shares[*ix]).sum();
    if total <= 0.0 {
        return vec![];
    }
    let weights: Vec<f64> = order.iter().map(|ix| shares[*ix] / total).collect();
    let mut gains: HashMap<FindingIx, f64> = HashMap::new();
    for condition in &order {
        for (finding, _) in ranker.telling(*condition).into_iter().take(14) {
            if askable(catalog, encounter, evidence, finding) {
                gains
                    .entry(finding)
                    .or_insert_with(|| expected_gain(catalog, ranker, &order, &weights, finding));
            }
        }
    }
    for (finding, bits) in danger(catalog, encounter, evidence) {
        if askable(catalog, encounter, evidence, finding) {
            *gains.entry(finding).or_default() += bits;
        }
    }
    let mut questions: Vec<Question> = gains
        .into_iter()
        .filter(|(_, g)| *g > 0.01)
        .map(|(finding, gain)| Question { finding, gain })
        .collect();
    questions.sort_by(|a, b| b.gain.total_cmp(&a.gain).then(a.finding.cmp(&b.finding)));
    questions.truncate(SHOWN);
    questions
}

fn askable(
    catalog: &Catalog,
    encounter: &Encounter,
    evidence: &Evidence,
    finding: FindingIx,
) -> bool {
    let entry = catalog.finding(finding);
    let owned = match &entry.kit {
        None => true,
        Some(kit) => {
            encounter.kit.is_empty() && !matches!(kit.as_str(), "lab" | "imaging")
                || encounter.kit.contains(kit)
        }
    };
    entry.ask.is_some()
        && owned
        && !evidence.closure.contains(&finding)
        && !evidence.denied.contains(&finding)
}

fn entropy(weights: impl Iterator<Item = f64>) -> f64 {
    -weights.filter(|w| *w > 1e-12).map(|w| w * w.log2()).sum::<f64>()
}

fn expected_gain(
    catalog: &Catalog,
    ranker: &Ranker,
    order: &[usize],
    weights: &[f64],
    finding: FindingIx,
) -> f64 {
    let chances: Vec<f64> = order
        .iter()
        .map(|c| {
            ranker
                .chance(catalog, *c, finding)
                .unwrap_or_else(|| ranker.background(finding) * 0.5)
                .clamp(0.005, 0.98)
        })
        .collect();
    let yes: f64 = weights.iter().zip(&chances).map(|(w, p)| w * p).sum();
    let after = |yes_answer: bool| {
        let share = if yes_answer { yes } else { 1.0 - yes };
        let part =
            |(w, p): (&f64, &f64)| w * if yes_answer { *p } else { 1.0 - p } / share.max(1e-9);
        share * entropy(weights.iter().zip(&chances).map(part))
    };
    (entropy(weights.iter().copied()) - after(true) - after(false)).max(0.0)
}

/// Findings that alone stand between the patient and an emergency rule.
fn danger(catalog: &Catalog, encounter: &Encounter, evidence: &Evidence) -> Vec<(FindingIx, f64)> {
    let mut found = vec![];
    for flag in catalog.red_flags.iter().filter(|f| f.level == Urgency::Emergency) {
        for clause in &flag.when {
            let has = |f: &FindingIx| evidence.closure.contains(f);
            let any_met = clause.any.iter().filter(|f| has(f)).count();
            let started = clause.all.iter().any(has) || any_met > 0;
            if !started || !guard::fits(clause, encounter, evidence) || clause.none.iter().any(has)
            {
                continue;
            }
            let lacking: Vec<FindingIx> = clause.all.iter().copied().filter(|f| !has(f)).collect();
            match (lacking.len(), clause.at_least.saturating_sub(any_met)) {
                (1, 0) => found.push((lacking[0], DANGER_BITS)),
                (0, 1) => {
                    let open: Vec<FindingIx> =
                        clause.any.iter().copied().filter(|f| !has(f)).collect();
                    let each = DANGER_BITS / (open.len().max(1) as f64).sqrt();
                    found.extend(open.into_iter().map(|f| (f, each)));
                }
                _ => {}
            }
        }
    }
    found
}
