//! Naive Bayes over the findings that the reader saw: the baseline that a set with a training part is compared with.
use std::collections::{HashMap, HashSet};

use super::{GoldCase, Share};
use crate::{
    domain::{catalog::finding::FindingIx, diagnosis::Encounter},
    services::advisor::Advisor,
};

/// Bernoulli naive Bayes with add-one smoothing; labels are the cases' own names.
#[derive(Debug, Default)]
pub struct NaiveBayes {
    cases: f64,
    label_count: HashMap<String, f64>,
    met: HashMap<(String, FindingIx), f64>,
}

impl NaiveBayes {
    pub fn train(advisor: &Advisor, cases: &[GoldCase]) -> Self {
        let mut model = Self::default();
        for case in cases {
            let Some(label) = case.names.first() else { continue };
            model.cases += 1.0;
            *model.label_count.entry(label.clone()).or_default() += 1.0;
            for finding in findings(advisor, case) {
                *model.met.entry((label.clone(), finding)).or_default() += 1.0;
            }
        }
        model
    }

    /// Labels, best first.
    pub fn rank(&self, advisor: &Advisor, case: &GoldCase) -> Vec<String> {
        let seen = findings(advisor, case);
        let mut scored: Vec<(f64, &String)> = self
            .label_count
            .iter()
            .map(|(label, n)| {
                let met =
                    |f: &FindingIx| self.met.get(&(label.clone(), *f)).copied().unwrap_or(0.0);
                let sum: f64 = seen.iter().map(|f| ((met(f) + 1.0) / (n + 2.0)).ln()).sum();
                ((n / self.cases).ln() + sum, label)
            })
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        scored.into_iter().map(|(_, label)| label.clone()).collect()
    }

    pub fn top(&self, advisor: &Advisor, cases: &[GoldCase], k: usize) -> Share {
        let hit = |case: &&GoldCase| {
            self.rank(advisor, case).iter().take(k).any(|label| case.names.contains(label))
        };
        Share { hits: cases.iter().filter(hit).count(), n: cases.len() }
    }
}

fn findings(advisor: &Advisor, case: &GoldCase) -> HashSet<FindingIx> {
    let encounter = Encounter { sex: case.sex, age: case.age, ..Encounter::default() };
    let reading = advisor.engine.read(&encounter, &case.text);
    advisor.engine.evidence(&encounter, &reading, &[]).closure
}
