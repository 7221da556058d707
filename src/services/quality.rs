//! Measured quality: how often the right cause stands first, third, fifth; how honest the probabilities are.
use crate::domain::{
    age::{Age, Sex},
    diagnosis::{Encounter, Evidence, ModelScores, fuse},
};

use super::advisor::Advisor;

/// One case of a set, as design/diagnosis.md section 4 writes it.
#[derive(Clone, Debug)]
pub struct GoldCase {
    pub id: String,
    pub sex: Sex,
    pub age: Option<Age>,
    pub text: String,
    pub names: Vec<String>,
    pub icd10: Vec<String>,
    /// `emergency`, `urgent`, `routine`, `self-care`, when the set says so.
    pub urgency: Option<String>,
}

/// Which opinion is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    PriorOnly,
    Overlap,
    Knowledge,
    Model,
    Fused,
}

impl Method {
    pub const ALL: [Self; 5] =
        [Self::PriorOnly, Self::Overlap, Self::Knowledge, Self::Model, Self::Fused];

    pub const fn id(self) -> &'static str {
        match self {
            Self::PriorOnly => "prior-only",
            Self::Overlap => "dictionary-overlap",
            Self::Knowledge => "knowledge",
            Self::Model => "model",
            Self::Fused => "fused",
        }
    }
}

/// What happened to one case.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub id: String,
    /// 1-based place of the first hit.
    pub rank: Option<usize>,
    /// Some entry of the base is a hit, wherever it ranked.
    pub covered: bool,
    pub top: Vec<(String, f64)>,
    pub warned: bool,
    pub gold_must_not_miss: bool,
    pub level: &'static str,
    pub micros: u64,
}

/// A share with its Wilson 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub hits: usize,
    pub n: usize,
}

impl Share {
    pub fn value(self) -> f64 {
        if self.n == 0 { 0.0 } else { self.hits as f64 / self.n as f64 }
    }

    pub fn wilson(self) -> (f64, f64) {
        if self.n == 0 {
            return (0.0, 1.0);
        }
        let (n, p, z) = (self.n as f64, self.value(), 1.959_964);
        let middle = p + z * z / (2.0 * n);
        let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z * z / n;
        ((middle - spread) / scale, (middle + spread) / scale)
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (low, high) = self.wilson();
        write!(
            f,
            "{:.1} % ({}/{}, {:.1}–{:.1})",
            self.value() * 100.0,
            self.hits,
            self.n,
            low * 100.0,
            high * 100.0
        )
    }
}

#[derive(Clone, Debug)]
pub struct Report {
    pub method: &'static str,
    pub outcomes: Vec<Outcome>,
}

impl Report {
    pub fn top(&self, k: usize) -> Share {
        Share {
            hits: self.outcomes.iter().filter(|o| o.rank.is_some_and(|r| r <= k)).count(),
            n: self.outcomes.len(),
        }
    }

    pub fn top_covered(&self, k: usize) -> Share {
        let covered = self.outcomes.iter().filter(|o| o.covered);
        Share {
            hits: covered.clone().filter(|o| o.rank.is_some_and(|r| r <= k)).count(),
            n: covered.count(),
        }
    }

    pub fn coverage(&self) -> Share {
        Share { hits: self.outcomes.iter().filter(|o| o.covered).count(), n: self.outcomes.len() }
    }

    /// Mean reciprocal rank within the ten shown.
    pub fn mrr(&self) -> f64 {
        let sum: f64 = self
            .outcomes
            .iter()
            .filter_map(|o| o.rank.filter(|r| *r <= 10))
            .map(|r| 1.0 / r as f64)
            .sum();
        sum / self.outcomes.len().max(1) as f64
    }

    /// Cases whose right answer is a must-not-miss condition: was a warning shown, or the condition itself among the first three?
    pub fn must_not_miss(&self) -> Share {
        let dangerous = self.outcomes.iter().filter(|o| o.gold_must_not_miss);
        Share {
            hits: dangerous.clone().filter(|o| o.warned || o.rank.is_some_and(|r| r <= 3)).count(),
            n: dangerous.count(),
        }
    }

    /// Expected calibration error of the first candidate in ten bins.
    pub fn ece(&self) -> f64 {
        let mut bins = [(0.0, 0.0, 0.0_f64); 10];
        for outcome in &self.outcomes {
            let Some((_, p)) = outcome.top.first() else { continue };
            let bin = &mut bins[((p * 10.0) as usize).min(9)];
            bin.0 += p;
            bin.1 += f64::from(u8::from(outcome.rank == Some(1)));
            bin.2 += 1.0;
        }
        let n: f64 = bins.iter().map(|b| b.2).sum();
        bins.iter().filter(|b| b.2 > 0.0).map(|b| (b.0 - b.1).abs() / n.max(1.0)).sum()
    }

    /// Milliseconds at a quantile.
    pub fn millis(&self, quantile: f64) -> f64 {
        let mut times: Vec<u64> = self.outcomes.iter().map(|o| o.micros).collect();
        times.sort_unstable();
        let at = ((times.len() as f64 * quantile) as usize).min(times.len().saturating_sub(1));
        times.get(at).map_or(0.0, |t| *t as f64 / 1000.0)
    }
}

/// Runs one method over a set.
pub fn measure(
    advisor: &Advisor,
    method: Method,
    cases: &[GoldCase],
    ticks: &dyn Fn() -> u64,
) -> Report {
    let outcomes = cases.iter().map(|case| outcome(advisor, method, case, ticks)).collect();
    Report { method: method.id(), outcomes }
}

fn outcome(advisor: &Advisor, method: Method, case: &GoldCase, ticks: &dyn Fn() -> u64) -> Outcome {
    let engine = &advisor.engine;
    let encounter = Encounter { sex: case.sex, age: case.age, ..Encounter::default() };
    let started = ticks();
    let reading = engine.read(&encounter, &case.text);
    let evidence = engine.evidence(&encounter, &reading, &[]);
    let shares = shares(advisor, method, &encounter, &evidence);
    let model =
        (method == Method::Fused).then(|| advisor.model_scores(&encounter, &evidence)).flatten();
    let assessment = engine.assess(&encounter, &evidence, model.as_ref());
    let micros = ticks() - started;
    let mut order: Vec<usize> = (0..shares.len()).filter(|ix| shares[*ix] > 0.0).collect();
    order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
    let conditions = &engine.catalog.conditions;
    let hits = |ix: &usize| {
        let c = &conditions[*ix];
        c.icd10.iter().any(|code| case.icd10.contains(code))
            || std::iter::once(&c.zh).chain(&c.synonyms).any(|n| case.names.contains(n))
    };
    let gold_must_not_miss =
        (0..conditions.len()).any(|ix| hits(&ix) && conditions[ix].must_not_miss);
    Outcome {
        id: case.id.clone(),
        rank: order.iter().position(hits).map(|p| p + 1),
        covered: (0..conditions.len()).any(|ix| hits(&ix)),
        top: order.iter().take(10).map(|ix| (conditions[*ix].id.clone(), shares[*ix])).collect(),
        warned: !assessment.do_not_miss.is_empty(),
        gold_must_not_miss,
        level: assessment.triage.level.id(),
        micros,
    }
}

fn shares(
    advisor: &Advisor,
    method: Method,
    encounter: &Encounter,
    evidence: &Evidence,
) -> Vec<f64> {
    let engine = &advisor.engine;
    match method {
        Method::PriorOnly => {
            let nothing = Evidence { pregnant: evidence.pregnant, ..Evidence::default() };
            fuse::shares_with(
                engine.fusion,
                &engine.ranker.scores(&engine.catalog, encounter, &nothing),
                None,
            )
        }
        Method::Overlap => {
            let overlap: Vec<f64> = engine
                .catalog
                .conditions
                .iter()
                .map(|c| {
                    let met =
                        c.findings.iter().filter(|(f, _)| evidence.closure.contains(f)).count()
                            as f64;
                    met / (c.findings.len().max(1) as f64).sqrt()
                })
                .collect();
            fuse::shares_with(engine.fusion, &overlap, None)
        }
        Method::Knowledge => {
            fuse::shares(&engine.ranker.scores(&engine.catalog, encounter, evidence), None)
        }
        Method::Model => match advisor.model_scores(encounter, evidence) {
            Some(scores) => {
                let alone: Vec<f64> =
                    scores.iter().map(|s| s.unwrap_or(f64::NEG_INFINITY)).collect();
                fuse::shares_with(
                    fuse::Fusion { temperature: 1.0, ..fuse::Fusion::default() },
                    &alone,
                    None,
                )
            }
            None => vec![0.0; engine.catalog.conditions.len()],
        },
        Method::Fused => {
            let model: Option<ModelScores> = advisor.model_scores(encounter, evidence);
            fuse::shares(
                &engine.ranker.scores(&engine.catalog, encounter, evidence),
                model.as_ref(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wilson_interval_holds_its_share() {
        let share = Share { hits: 8, n: 10 };
        let (low, high) = share.wilson();
        assert!((low - 0.4902).abs() < 1e-3 && (high - 0.9433).abs() < 1e-3, "{low} {high}");
    }
}
