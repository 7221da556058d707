//! Log-odds ranking over the knowledge base: priors, findings present and tellingly absent, risks, time course.
use std::collections::HashMap;

use super::{Encounter, Evidence, Setting};
use crate::domain::{
    age::{AgeBand, Sex},
    catalog::{
        Catalog,
        condition::{Condition, Onset, PregnancyPattern, RiskStrength, SexPattern},
        finding::FindingIx,
    },
};

/// Weights of the sum. They are read as a physician would: a prior counts, but what the patient shows counts more.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// Exponent on the prior: below 1, because the notes that reach this engine are the ones somebody wondered about.
    pub prior: f64,
    pub present: f64,
    pub absent: f64,
    /// Log-ratio of a finding that the condition does not explain.
    pub unexplained: f64,
    /// Upper end of one finding's log-ratio.
    pub ceiling: f64,
    /// A cardinal finding that the note says nothing about.
    pub unmentioned: f64,
    pub onset_match: f64,
    pub onset_miss: f64,
    /// An illness the patient is known to have is context, not news.
    pub known: f64,
    /// The same illness runs in the family.
    pub family: f64,
}

impl Weights {
    /// Sets one weight by name, for experiments with `xinglin bench diagnosis --set`; `false` for an unknown name.
    pub fn set(&mut self, name: &str, value: f64) -> bool {
        let slot = match name {
            "prior" => &mut self.prior,
            "present" => &mut self.present,
            "absent" => &mut self.absent,
            "unexplained" => &mut self.unexplained,
            "ceiling" => &mut self.ceiling,
            "unmentioned" => &mut self.unmentioned,
            "onset-match" => &mut self.onset_match,
            "onset-miss" => &mut self.onset_miss,
            "known" => &mut self.known,
            "family" => &mut self.family,
            _ => return false,
        };
        *slot = value;
        true
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            prior: 0.45,
            present: 0.9,
            absent: 0.7,
            unexplained: -0.7,
            ceiling: 4.2,
            unmentioned: -0.18,
            onset_match: 0.25,
            onset_miss: -0.9,
            known: -1.2,
            family: 1.1,
        }
    }
}

/// A finding that an entry calls `never`, and what seeing it does.
const NEVER: f64 = 0.002;
const EXCLUDES: f64 = -4.0;
const AGAINST_DANGER: f64 = -1.5;

/// Chance of a listed finding among patients with one condition, ancestors included.
type Expected = HashMap<FindingIx, f64>;

/// What one finding did to one condition's score.
#[derive(Clone, Copy, Debug)]
pub struct Contribution {
    pub finding: FindingIx,
    pub log_ratio: f64,
    pub present: bool,
}

#[derive(Debug)]
pub struct Ranker {
    pub weights: Weights,
    expected: Vec<Expected>,
    risks: Vec<HashMap<FindingIx, RiskStrength>>,
    /// How often a finding is met whatever the illness.
    background: Vec<f64>,
    /// Top of each finding's family, by which correlated findings are counted once.
    family: Vec<FindingIx>,
}

impl Ranker {
    pub fn new(catalog: &Catalog) -> Self {
        let expected: Vec<Expected> =
            catalog.conditions.iter().map(|c| expected(catalog, c)).collect();
        let risks = catalog.conditions.iter().map(|c| c.risks.iter().copied().collect()).collect();
        let background = background(catalog, &expected);
        let family = catalog
            .findings
            .iter()
            .enumerate()
            .map(|(ix, f)| f.ancestors.last().copied().unwrap_or(FindingIx(ix as u32)))
            .collect();
        Self { weights: Weights::default(), expected, risks, background, family }
    }

    /// Chance of `finding` given the condition, when the knowledge says anything about it.
    pub fn chance(&self, catalog: &Catalog, condition: usize, finding: FindingIx) -> Option<f64> {
        let expected = &self.expected[condition];
        if let Some(p) = expected.get(&finding) {
            return Some(*p);
        }
        // A kind of something listed: the share that this kind has among all kinds.
        catalog.finding(finding).ancestors.iter().find_map(|ancestor| {
            let share =
                (self.background[finding.at()] / self.background[ancestor.at()]).clamp(0.08, 0.5);
            expected.get(ancestor).map(|p| p * share)
        })
    }

    pub fn background(&self, finding: FindingIx) -> f64 {
        self.background[finding.at()]
    }

    /// Findings the condition is known by, most telling first.
    pub fn telling(&self, condition: usize) -> Vec<(FindingIx, f64)> {
        let mut found: Vec<(FindingIx, f64)> =
            self.expected[condition].iter().map(|(f, p)| (*f, *p)).collect();
        found.sort_by(|a, b| {
            let gain = |(f, p): &(FindingIx, f64)| p * (p / self.background[f.at()]).ln();
            gain(b).total_cmp(&gain(a)).then(a.0.cmp(&b.0))
        });
        found
    }

    /// One log-score a condition; minus infinity = cannot be.
    pub fn scores(
        &self,
        catalog: &Catalog,
        encounter: &Encounter,
        evidence: &Evidence,
    ) -> Vec<f64> {
        (0..catalog.conditions.len())
            .map(|ix| {
                let condition = &catalog.conditions[ix];
                let Some(start) = self.start(condition, encounter, evidence) else {
                    return f64::NEG_INFINITY;
                };
                let sum: f64 = self.weigh(&self.contributions(catalog, ix, evidence));
                let known = evidence.known_conditions.contains(&ix)
                    && !condition.onset.contains(&Onset::Recurrent);
                let known = if known { self.weights.known } else { 0.0 };
                let family = if evidence.family_conditions.contains(&ix) {
                    self.weights.family
                } else {
                    0.0
                };
                start + sum + self.unmentioned(ix, evidence) + known + family
            })
            .collect()
    }

    /// Prior, sex, pregnancy, season and course; `None` = impossible.
    fn start(
        &self,
        condition: &Condition,
        encounter: &Encounter,
        evidence: &Evidence,
    ) -> Option<f64> {
        let prior = match encounter.age {
            Some(age) => condition.prior[AgeBand::ALL.iter().position(|b| *b == age.band())?],
            None => condition.prior.iter().sum::<f64>() / 8.0,
        };
        if prior <= 0.0 {
            return None;
        }
        let seen = if encounter.setting == Setting::Township { condition.at_township } else { 1.0 };
        let mut score = self.weights.prior * (prior * seen).ln();
        score += match (condition.sex, encounter.sex) {
            (SexPattern::FemaleOnly, Sex::Male) | (SexPattern::MaleOnly, Sex::Female) => {
                return None;
            }
            (SexPattern::MostlyFemale, Sex::Male) | (SexPattern::MostlyMale, Sex::Female) => -0.7,
            (SexPattern::MostlyFemale, Sex::Female) | (SexPattern::MostlyMale, Sex::Male) => 0.2,
            _ => 0.0,
        };
        score += match (condition.pregnancy, evidence.pregnant) {
            (PregnancyPattern::Never, Some(true)) => return None,
            (PregnancyPattern::Only, Some(true)) => 1.8,
            (PregnancyPattern::Only, Some(false)) => -4.0,
            (PregnancyPattern::Only, None) => -1.8,
            _ => 0.0,
        };
        if let Some(month) = encounter.month
            && !condition.season.is_empty()
        {
            score += if condition.season.contains(&month) { 0.2 } else { -0.2 };
        }
        Some(score + self.course(condition, evidence))
    }

    fn course(&self, condition: &Condition, evidence: &Evidence) -> f64 {
        if condition.onset.is_empty() || evidence.onsets.is_empty() {
            return 0.0;
        }
        let timed: Vec<Onset> =
            evidence.onsets.iter().copied().filter(|o| *o != Onset::Recurrent).collect();
        let again = evidence.onsets.contains(&Onset::Recurrent);
        let mut score = 0.0;
        if again {
            let expected = condition.onset.contains(&Onset::Recurrent)
                || condition.onset.contains(&Onset::Chronic);
            score +=
                if expected { self.weights.onset_match } else { 0.5 * self.weights.onset_miss };
        }
        if timed.is_empty() {
            return score;
        }
        let place = |o: Onset| match o {
            Onset::Hyperacute => 0_i32,
            Onset::Acute => 1,
            Onset::Subacute => 2,
            Onset::Chronic | Onset::Recurrent => 3,
        };
        let distance = timed
            .iter()
            .flat_map(|t| condition.onset.iter().map(move |c| (place(*t) - place(*c)).abs()))
            .min()
            .unwrap_or(0);
        score
            + match distance {
                0 => self.weights.onset_match,
                // Attacks that come back may be met at any hour.
                _ if condition.onset.contains(&Onset::Recurrent) => 0.3 * self.weights.onset_miss,
                1 => 0.5 * self.weights.onset_miss,
                2 => self.weights.onset_miss,
                _ => 1.4 * self.weights.onset_miss,
            }
    }

    /// What each finding says for or against one condition.
    pub fn contributions(
        &self,
        catalog: &Catalog,
        condition: usize,
        evidence: &Evidence,
    ) -> Vec<Contribution> {
        let w = &self.weights;
        let dangerous = catalog.conditions[condition].must_not_miss;
        let mut found = vec![];
        let affirmed = evidence
            .present
            .iter()
            .map(|f| (*f, 1.0))
            .chain(evidence.possible.iter().map(|f| (*f, 0.5)));
        for (finding, sure) in affirmed {
            let kind = catalog.finding(finding).kind;
            let chance = self.chance(catalog, condition, finding);
            let risk = self.risk(catalog, condition, finding);
            let log_ratio = match (chance, risk) {
                // One finding does not rule out what kills: there it only speaks against.
                (Some(p), _) if p <= NEVER && dangerous => AGAINST_DANGER,
                (Some(p), _) if p <= NEVER => EXCLUDES,
                // Said to be rare in this illness is still said: never worse than not said at all.
                (Some(p), _) => {
                    let telling = (p / self.background[finding.at()]).ln().min(w.ceiling);
                    (telling * w.present).max(w.unexplained)
                }
                (None, Some(strength)) => strength.factor().ln(),
                (None, None) if kind.is_background() => 0.0,
                (None, None) => w.unexplained,
            };
            found.push(Contribution { finding, log_ratio: log_ratio * sure, present: true });
        }
        for finding in &evidence.absent {
            let Some(p) = self.expected[condition].get(finding) else { continue };
            let log_ratio =
                ((1.0 - 0.93 * p) / (1.0 - 0.93 * self.background[finding.at()])).ln() * w.absent;
            found.push(Contribution { finding: *finding, log_ratio, present: false });
        }
        // A denied parent denies what the condition expects below it.
        for (finding, p) in &self.expected[condition] {
            if evidence.denied.contains(finding) && !evidence.absent.contains(finding) {
                let parent_counted = catalog.finding(*finding).ancestors.iter().any(|a| {
                    self.expected[condition].contains_key(a) && evidence.denied.contains(a)
                });
                if !parent_counted {
                    let log_ratio =
                        ((1.0 - 0.93 * p) / (1.0 - 0.93 * self.background[finding.at()])).ln()
                            * w.absent;
                    found.push(Contribution { finding: *finding, log_ratio, present: false });
                }
            }
        }
        found
    }

    fn risk(
        &self,
        catalog: &Catalog,
        condition: usize,
        finding: FindingIx,
    ) -> Option<RiskStrength> {
        let risks = &self.risks[condition];
        risks.get(&finding).copied().or_else(|| {
            catalog.finding(finding).ancestors.iter().find_map(|a| risks.get(a).copied())
        })
    }

    /// Sums contributions; within one family the strongest counts in full and each further one less.
    fn weigh(&self, contributions: &[Contribution]) -> f64 {
        let mut sorted: Vec<&Contribution> = contributions.iter().collect();
        sorted.sort_by(|a, b| {
            b.log_ratio.abs().total_cmp(&a.log_ratio.abs()).then(a.finding.cmp(&b.finding))
        });
        let mut counted: HashMap<(FindingIx, bool), u32> = HashMap::new();
        let mut sum = 0.0;
        for c in sorted {
            let n = counted.entry((self.family[c.finding.at()], c.log_ratio > 0.0)).or_default();
            let weight = [1.0, 0.75, 0.55, 0.4].get(*n as usize).copied().unwrap_or(0.3);
            sum += c.log_ratio * weight;
            *n += 1;
        }
        sum
    }

    fn unmentioned(&self, condition: usize, evidence: &Evidence) -> f64 {
        let cardinal = self.expected[condition]
            .iter()
            .filter(|(f, p)| {
                **p >= 0.75 && !evidence.closure.contains(f) && !evidence.denied.contains(f)
            })
            .count();
        self.weights.unmentioned * cardinal.min(6) as f64
    }
}

fn expected(catalog: &Catalog, condition: &Condition) -> Expected {
    let mut found: Expected = HashMap::new();
    for (finding, frequency) in &condition.findings {
        found.insert(*finding, frequency.probability());
    }
    // A listed kind makes the wider finding at least as likely.
    let mut wider: Expected = HashMap::new();
    for (finding, frequency) in &condition.findings {
        for ancestor in &catalog.finding(*finding).ancestors {
            if !found.contains_key(ancestor) {
                let none = wider.entry(*ancestor).or_insert(1.0);
                *none *= 1.0 - frequency.probability();
            }
        }
    }
    found.extend(wider.into_iter().map(|(f, none)| (f, (1.0 - none).min(0.97))));
    found
}

fn background(catalog: &Catalog, expected: &[Expected]) -> Vec<f64> {
    let weight = |c: &Condition| (c.prior.iter().sum::<f64>() / 8.0).sqrt();
    let total: f64 = catalog.conditions.iter().map(weight).sum::<f64>().max(f64::MIN_POSITIVE);
    let mut met = vec![0.0; catalog.findings.len()];
    for (condition, expected) in catalog.conditions.iter().zip(expected) {
        for (finding, p) in expected {
            met[finding.at()] += p * weight(condition) / total;
        }
    }
    catalog
        .findings
        .iter()
        .zip(met)
        .map(|(finding, met)| 0.5f64.mul_add(met, 0.5 * finding.base).clamp(0.002, 0.5))
        .collect()
}
