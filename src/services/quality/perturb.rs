//! What small changes of a note do to the first three: other words, fewer findings, the other sex.
use std::collections::BTreeSet;

use super::{GoldCase, Share, run::answers};
use crate::{
    domain::{
        age::Sex,
        catalog::condition::SexPattern,
        diagnosis::{Correction, Encounter},
        note::Polarity,
    },
    services::advisor::{Advice, Advisor},
};

#[derive(Clone, Debug)]
pub struct Perturbed {
    /// Cases whose first three changed when words were swapped for synonyms.
    pub words_changed: Share,
    /// Right answer among the first three, as written and with three in ten findings left out.
    pub whole: Share,
    pub thinned: Share,
    /// Candidates shown to the other sex that this sex cannot have.
    pub impossible: usize,
}

fn first_three(advice: &Advice) -> BTreeSet<usize> {
    advice.assessment.differential.iter().take(3).map(|c| c.condition).collect()
}

/// Every literal word of a present finding replaced by another of its words.
fn reworded(advisor: &Advisor, advice: &Advice, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let mut mentions: Vec<_> = advice
        .reading
        .mentions
        .iter()
        .filter(|m| m.polarity == Polarity::Present && m.value.is_none())
        .collect();
    mentions.sort_by_key(|m| std::cmp::Reverse((m.start, m.end)));
    let mut free_until = chars.len();
    for mention in mentions.into_iter().filter(|m| m.start < m.end) {
        if mention.end > free_until {
            continue;
        }
        let finding = advisor.engine.catalog.finding(mention.finding);
        let typed: String = chars[mention.start..mention.end].iter().collect();
        let words = || {
            std::iter::once(&finding.zh)
                .chain(&finding.synonyms)
                .filter(|w| !w.contains(['*', '（', '(', '、']))
        };
        if !words().any(|w| *w == typed) {
            continue;
        }
        if let Some(other) = words().find(|w| **w != typed) {
            chars.splice(mention.start..mention.end, other.chars());
            free_until = mention.start;
        }
    }
    chars.into_iter().collect()
}

pub fn perturb(advisor: &Advisor, cases: &[GoldCase]) -> Perturbed {
    let conditions = &advisor.engine.catalog.conditions;
    let n = cases.len();
    let mut sum = Perturbed {
        words_changed: Share { hits: 0, n },
        whole: Share { hits: 0, n },
        thinned: Share { hits: 0, n },
        impossible: 0,
    };
    for case in cases {
        let encounter = Encounter { sex: case.sex, age: case.age, ..Encounter::default() };
        let advice = advisor.advise(&encounter, &case.text, &[]);
        let three = first_three(&advice);
        let hit = |three: &BTreeSet<usize>| {
            usize::from(three.iter().any(|ix| answers(&conditions[*ix], case)))
        };
        sum.whole.hits += hit(&three);
        let other_words = advisor.advise(&encounter, &reworded(advisor, &advice, &case.text), &[]);
        sum.words_changed.hits += usize::from(first_three(&other_words) != three);
        let dropped: Vec<Correction> = advice
            .evidence
            .present
            .iter()
            .chain(&advice.evidence.absent)
            .enumerate()
            .filter(|(at, _)| (at * 7 + 3) % 10 < 3)
            .map(|(_, finding)| Correction { finding: *finding, polarity: None })
            .collect();
        sum.thinned.hits += hit(&first_three(&advisor.advise(&encounter, &case.text, &dropped)));
        let swapped = match case.sex {
            Sex::Male => Sex::Female,
            Sex::Female => Sex::Male,
            Sex::Unknown => continue,
        };
        let other_sex = advisor.advise(&Encounter { sex: swapped, ..encounter }, &case.text, &[]);
        let cannot =
            if swapped == Sex::Male { SexPattern::FemaleOnly } else { SexPattern::MaleOnly };
        sum.impossible += other_sex
            .assessment
            .differential
            .iter()
            .filter(|c| conditions[c.condition].sex == cannot)
            .count();
    }
    sum
}
