//! Measured quality: how often the right cause stands first, third, fifth; how honest the probabilities are.
mod baseline;
mod perturb;
mod run;

pub use baseline::NaiveBayes;
pub use perturb::{Change, Perturbed, perturb};
pub(super) use run::answers;
pub use run::{Question, measure};

use super::simulate::Dice;
use crate::domain::age::{Age, Sex};

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
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub id: String,
    /// 1-based place of the first hit.
    pub rank: Option<usize>,
    /// Some entry of the base is a hit, wherever it ranked.
    pub covered: bool,
    pub top: Vec<(String, f64)>,
    pub warned: bool,
    /// A warning that names the right answer.
    pub warned_rightly: bool,
    pub gold_must_not_miss: bool,
    /// Body system of the right answer, when the base holds it.
    pub system: Option<String>,
    /// What the set says, else what the base says of the right answer.
    pub gold_level: Option<String>,
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

    /// As above, but only a warning that names the right answer, or the answer itself among the first three, counts.
    pub fn must_not_miss_named(&self) -> Share {
        let dangerous = self.outcomes.iter().filter(|o| o.gold_must_not_miss);
        Share {
            hits: dangerous
                .clone()
                .filter(|o| o.warned_rightly || o.rank.is_some_and(|r| r <= 3))
                .count(),
            n: dangerous.count(),
        }
    }

    /// Warnings on cases whose right answer is nothing to be afraid of.
    pub fn false_alarms(&self) -> Share {
        let calm = self.outcomes.iter().filter(|o| o.covered && !o.gold_must_not_miss);
        Share { hits: calm.clone().filter(|o| o.warned).count(), n: calm.count() }
    }

    /// Of the cases that are emergencies: how many were shown as routine or self-care.
    pub fn emergency_as_routine(&self) -> Share {
        let grave = self.outcomes.iter().filter(|o| o.gold_level.as_deref() == Some("emergency"));
        Share {
            hits: grave.clone().filter(|o| matches!(o.level, "routine" | "self-care")).count(),
            n: grave.count(),
        }
    }

    /// Triage below, at and above what the right answer asks for.
    pub fn triage(&self) -> (usize, usize, usize) {
        let place = |level: &str| {
            ["self-care", "routine", "urgent", "emergency"].iter().position(|l| *l == level)
        };
        let mut sum = (0, 0, 0);
        for outcome in &self.outcomes {
            let Some(gold) = outcome.gold_level.as_deref().and_then(place) else { continue };
            match place(outcome.level).map(|got| got.cmp(&gold)) {
                Some(std::cmp::Ordering::Less) => sum.0 += 1,
                Some(std::cmp::Ordering::Equal) => sum.1 += 1,
                Some(std::cmp::Ordering::Greater) => sum.2 += 1,
                None => {}
            }
        }
        sum
    }

    /// Top-3 by body system of the right answer.
    pub fn by_system(&self) -> std::collections::BTreeMap<String, Share> {
        let mut sum: std::collections::BTreeMap<String, Share> = std::collections::BTreeMap::new();
        for outcome in &self.outcomes {
            let Some(system) = &outcome.system else { continue };
            let share = sum.entry(system.clone()).or_insert(Share { hits: 0, n: 0 });
            share.n += 1;
            share.hits += usize::from(outcome.rank.is_some_and(|r| r <= 3));
        }
        sum
    }

    /// Expected calibration error of the first candidate in ten bins.
    pub fn ece(&self) -> f64 {
        calibration_error(self.firsts().map(|(p, right)| (p, f64::from(u8::from(right)))))
    }

    /// What chance alone gives a perfectly calibrated ranking with these shares: mean of the error, and what one set in
    /// twenty exceeds. An error below it proves nothing; one far above it is real.
    pub fn ece_by_chance(&self) -> (f64, f64) {
        const DRAWS: usize = 1000;
        let mut dice = Dice::new(20_261_124);
        let mut errors: Vec<f64> = (0..DRAWS)
            .map(|_| {
                let right = |p: f64, dice: &mut Dice| f64::from(u8::from(dice.chance(p)));
                calibration_error(self.firsts().map(|(p, _)| (p, right(p, &mut dice))))
            })
            .collect();
        errors.sort_by(f64::total_cmp);
        (errors.iter().sum::<f64>() / DRAWS as f64, errors[DRAWS * 19 / 20])
    }

    /// Share of the first candidate, and whether it was right.
    fn firsts(&self) -> impl Iterator<Item = (f64, bool)> {
        self.outcomes.iter().filter_map(|o| o.top.first().map(|(_, p)| (*p, o.rank == Some(1))))
    }

    /// Milliseconds at a quantile.
    pub fn millis(&self, quantile: f64) -> f64 {
        let mut times: Vec<u64> = self.outcomes.iter().map(|o| o.micros).collect();
        times.sort_unstable();
        let at = ((times.len() as f64 * quantile) as usize).min(times.len().saturating_sub(1));
        times.get(at).map_or(0.0, |t| *t as f64 / 1000.0)
    }
}

fn calibration_error(firsts: impl Iterator<Item = (f64, f64)>) -> f64 {
    let mut bins = [(0.0, 0.0, 0.0_f64); 10];
    for (p, right) in firsts {
        let bin = &mut bins[((p * 10.0) as usize).min(9)];
        bin.0 += p;
        bin.1 += right;
        bin.2 += 1.0;
    }
    let n: f64 = bins.iter().map(|b| b.2).sum();
    bins.iter().filter(|b| b.2 > 0.0).map(|b| (b.0 - b.1).abs() / n.max(1.0)).sum()
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

    #[test]
    fn chance_alone_miscalibrates_a_small_set() {
        let outcome = |n: usize| Outcome {
            top: vec![("a".into(), 0.55)],
            rank: (n % 20 < 11).then_some(1),
            ..Outcome::default()
        };
        let report = |n: usize| Report { method: "", outcomes: (0..n).map(outcome).collect() };
        let (small, large) = (report(20), report(2000));
        assert!(small.ece() < 1e-9 && large.ece() < 1e-9);
        assert!(small.ece_by_chance().0 > 0.06 && large.ece_by_chance().1 < 0.03);
    }
}
