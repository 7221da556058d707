//! Patients invented from the knowledge base, for training the ranking model: realistic priors, missing answers, denials, noise.
use std::collections::HashSet;

use crate::domain::{
    age::{Age, AgeBand, Sex},
    catalog::{
        Catalog,
        condition::{Condition, Frequency, Onset, PregnancyPattern, RiskStrength, SexPattern},
        finding::FindingIx,
    },
    diagnosis::{
        Encounter, Evidence,
        features::{Encoder, context_names},
    },
};

/// Names of all inputs: every finding, then the context.
pub fn feature_names(catalog: &Catalog) -> Vec<String> {
    catalog.findings.iter().map(|f| f.id.clone()).chain(context_names()).collect()
}

/// One invented patient: place of the condition, and the non-zero inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedCase {
    pub condition: usize,
    pub inputs: Vec<(u16, f32)>,
}

impl SimulatedCase {
    /// Keeps the inputs that are not zero.
    pub fn of(condition: usize, row: &[f32]) -> Self {
        let inputs = row.iter().enumerate().filter(|(_, v)| v.abs() > 0.0);
        Self { condition, inputs: inputs.map(|(at, v)| (at as u16, *v)).collect() }
    }
}

/// xorshift64*: the same seed gives the same patients on every machine.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.share() < p
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// A place drawn by weight.
    pub(super) fn weighted(&mut self, weights: &[f64]) -> usize {
        let total: f64 = weights.iter().sum();
        let mut left = self.share() * total;
        for (ix, w) in weights.iter().enumerate() {
            left -= w;
            if left <= 0.0 {
                return ix;
            }
        }
        weights.len().saturating_sub(1)
    }
}

/// Draws patients of one catalog.
pub struct Simulator<'a> {
    catalog: &'a Catalog,
    encoder: Encoder,
    by_prior: Vec<f64>,
    by_base: Vec<f64>,
    dice: Dice,
}

/// Rare conditions are drawn more often than they are met, so that the model has seen them.
const PRIOR_POWER: f64 = 0.3;

impl<'a> Simulator<'a> {
    pub fn new(catalog: &'a Catalog, seed: u64) -> Self {
        let by_prior = catalog
            .conditions
            .iter()
            .map(|c| c.prior.iter().copied().fold(0.0, f64::max).powf(PRIOR_POWER))
            .collect();
        let by_base = catalog
            .findings
            .iter()
            .map(|f| if f.kind.is_background() { 0.3 * f.base } else { f.base })
            .collect();
        let encoder = Encoder::new(catalog, &feature_names(catalog));
        Self { catalog, encoder, by_prior, by_base, dice: Dice::new(seed) }
    }

    pub fn draw(&mut self) -> SimulatedCase {
        let ix = self.dice.weighted(&self.by_prior);
        let condition = &self.catalog.conditions[ix];
        let encounter = self.person(condition);
        let evidence = self.note(condition, &encounter);
        SimulatedCase::of(ix, &self.encoder.encode(&encounter, &evidence))
    }

    fn person(&mut self, condition: &Condition) -> Encounter {
        let weights: Vec<f64> = condition.prior.iter().map(|p| p.sqrt()).collect();
        let band = AgeBand::ALL[self.dice.weighted(&weights)];
        let (from, to) = match band {
            AgeBand::Newborn => (0.0, 0.07),
            AgeBand::Infant => (0.08, 0.99),
            AgeBand::Toddler => (1.0, 5.9),
            AgeBand::Child => (6.0, 11.9),
            AgeBand::Teen => (12.0, 17.9),
            AgeBand::Adult => (18.0, 44.9),
            AgeBand::Middle => (45.0, 64.9),
            AgeBand::Elder => (65.0, 88.0),
        };
        let years = from + (to - from) * self.dice.share();
        let female = match condition.sex {
            SexPattern::FemaleOnly => 1.0,
            SexPattern::MaleOnly => 0.0,
            SexPattern::MostlyFemale => 0.75,
            SexPattern::MostlyMale => 0.25,
            SexPattern::Both => 0.5,
        };
        let sex = if self.dice.chance(female) || condition.pregnancy == PregnancyPattern::Only {
            Sex::Female
        } else {
            Sex::Male
        };
        let fertile = sex == Sex::Female && (15.0..50.0).contains(&years);
        let pregnant = match condition.pregnancy {
            PregnancyPattern::Only => self.dice.chance(0.85),
            PregnancyPattern::Never => false,
            PregnancyPattern::Any => fertile && self.dice.chance(0.04),
        };
        let known_age = !self.dice.chance(0.03);
        Encounter {
            sex,
            age: known_age.then(|| Age::from_years(years)).flatten(),
            pregnant_weeks: pregnant.then_some(20),
            ..Encounter::default()
        }
    }

    /// What a doctor would have written: cardinal findings mostly, the rest by half, some denials, a little that has nothing to do with it.
    fn note(&mut self, condition: &Condition, encounter: &Encounter) -> Evidence {
        let mut present: HashSet<FindingIx> = HashSet::new();
        let mut absent: HashSet<FindingIx> = HashSet::new();
        // Some notes are one line, some are a page.
        let care = 0.35 + 0.65 * self.dice.share();
        for (finding, frequency) in &condition.findings {
            let p = frequency.probability();
            if self.dice.chance(p) {
                let written = match frequency {
                    Frequency::Always | Frequency::VeryCommon => 0.55 + 0.4 * care,
                    Frequency::Common => 0.3 + 0.5 * care,
                    _ => 0.25 + 0.45 * care,
                };
                if self.dice.chance(written) {
                    present.insert(self.worded(*finding));
                }
            } else if self.dice.chance(care * if p > 0.4 { 0.45 } else { 0.18 }) {
                absent.insert(*finding);
            }
        }
        for (finding, strength) in &condition.risks {
            let p = match strength {
                RiskStrength::Strong => 0.45,
                RiskStrength::Moderate => 0.25,
                RiskStrength::Weak => 0.15,
            };
            if self.dice.chance(p * (0.5 + 0.5 * care)) {
                present.insert(*finding);
            } else if self.dice.chance(0.1 * care) {
                absent.insert(*finding);
            }
        }
        self.noise(&mut present, &mut absent, condition, care);
        evidence(self.catalog, encounter, present, absent, self.onset(condition))
    }

    /// The doctor may write the wider word, or a kind of it.
    fn worded(&mut self, finding: FindingIx) -> FindingIx {
        let entry = self.catalog.finding(finding);
        if !entry.parents.is_empty() && self.dice.chance(0.15) {
            return entry.parents[self.dice.below(entry.parents.len())];
        }
        if !entry.children.is_empty() && self.dice.chance(0.2) {
            return entry.children[self.dice.below(entry.children.len())];
        }
        finding
    }

    fn noise(
        &mut self,
        present: &mut HashSet<FindingIx>,
        absent: &mut HashSet<FindingIx>,
        condition: &Condition,
        care: f64,
    ) {
        let never: HashSet<FindingIx> = condition
            .findings
            .iter()
            .filter(|(_, f)| *f == Frequency::Never)
            .map(|(f, _)| *f)
            .collect();
        let extra = [0, 0, 1, 1, 2, 3][self.dice.below(6)];
        for _ in 0..extra {
            let finding = FindingIx(self.dice.weighted(&self.by_base) as u32);
            if !never.contains(&finding) {
                present.insert(finding);
            }
        }
        // Denials that a doctor asks about because of the neighbours of this illness.
        let neighbours: Vec<&Condition> =
            self.catalog.conditions.iter().filter(|c| c.system == condition.system).collect();
        let denials = (care * 12.0 * self.dice.share()) as usize;
        for _ in 0..denials {
            let finding = if self.dice.chance(0.6) && !neighbours.is_empty() {
                let neighbour = neighbours[self.dice.below(neighbours.len())];
                match neighbour.findings.len() {
                    0 => continue,
                    n => neighbour.findings[self.dice.below(n)].0,
                }
            } else {
                FindingIx(self.dice.weighted(&self.by_base) as u32)
            };
            let expected = condition.findings.iter().any(|(f, _)| *f == finding);
            if !expected && !present.contains(&finding) {
                absent.insert(finding);
            }
        }
    }

    fn onset(&mut self, condition: &Condition) -> Vec<Onset> {
        if condition.onset.is_empty() || self.dice.chance(0.15) {
            return vec![];
        }
        let mut onsets = vec![condition.onset[self.dice.below(condition.onset.len())]];
        if condition.onset.contains(&Onset::Recurrent) && self.dice.chance(0.5) {
            onsets.push(Onset::Recurrent);
        }
        if self.dice.chance(0.06) {
            onsets = vec![[Onset::Acute, Onset::Subacute, Onset::Chronic][self.dice.below(3)]];
        }
        onsets
    }
}

fn evidence(
    catalog: &Catalog,
    encounter: &Encounter,
    present: HashSet<FindingIx>,
    absent: HashSet<FindingIx>,
    onsets: Vec<Onset>,
) -> Evidence {
    let mut evidence = Evidence {
        onsets,
        pregnant: encounter.pregnant_weeks.map(|_| true),
        ..Evidence::default()
    };
    for finding in present {
        evidence.closure.insert(finding);
        evidence.closure.extend(catalog.finding(finding).ancestors.iter().copied());
        evidence.present.push(finding);
    }
    let mut queue: Vec<FindingIx> =
        absent.into_iter().filter(|f| !evidence.closure.contains(f)).collect();
    queue.sort_unstable();
    evidence.absent.clone_from(&queue);
    while let Some(finding) = queue.pop() {
        if !evidence.closure.contains(&finding) && evidence.denied.insert(finding) {
            queue.extend(catalog.finding(finding).children.iter().copied());
        }
    }
    evidence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_dice() {
        let roll = |seed| {
            let mut dice = Dice::new(seed);
            (0..5).map(|_| dice.next()).collect::<Vec<_>>()
        };
        assert_eq!(roll(7), roll(7));
        assert_ne!(roll(7), roll(8));
    }

    #[test]
    fn a_weight_of_zero_is_never_drawn() {
        let mut dice = Dice::new(3);
        assert!((0..200).all(|_| dice.weighted(&[0.0, 1.0, 0.0]) == 1));
    }
}
