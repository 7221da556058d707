//! Why a cause stands where it stands.
use super::{Candidate, Evidence, Ranker};
use crate::domain::catalog::{Catalog, finding::FindingIx};

/// The first `count` candidates with their reasons.
pub fn candidates(
    catalog: &Catalog,
    ranker: &Ranker,
    evidence: &Evidence,
    shares: &[f64],
    count: usize,
) -> Vec<Candidate> {
    let mut order: Vec<usize> = (0..shares.len()).filter(|ix| shares[*ix] > 0.0).collect();
    order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
    order
        .into_iter()
        .take(count)
        .map(|condition| {
            let mut parts = ranker.contributions(catalog, condition, evidence);
            parts.sort_by(|a, b| {
                b.log_ratio.total_cmp(&a.log_ratio).then(a.finding.cmp(&b.finding))
            });
            let support: Vec<FindingIx> =
                parts.iter().filter(|c| c.log_ratio > 0.15).take(6).map(|c| c.finding).collect();
            let against: Vec<FindingIx> = parts
                .iter()
                .rev()
                .filter(|c| c.log_ratio < -0.3 && !c.present)
                .take(4)
                .map(|c| c.finding)
                .collect();
            let ask = ranker
                .telling(condition)
                .into_iter()
                .map(|(f, _)| f)
                .filter(|f| !evidence.closure.contains(f) && !evidence.denied.contains(f))
                .filter(|f| catalog.finding(*f).ask.is_some())
                .take(3)
                .collect();
            Candidate { condition, probability: shares[condition], support, against, ask }
        })
        .collect()
}
