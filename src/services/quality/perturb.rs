//! What small changes of a note do to the first three: other words, fewer findings, the other sex.
use std::collections::BTreeSet;

use super::{GoldCase, Share, run::answers};
use crate::{
    domain::{
        age::Sex,
        catalog::{condition::SexPattern, finding::FindingIx},
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
    pub changes: Vec<Change>,
}

/// A case whose first three changed with its words.
#[derive(Clone, Debug)]
pub struct Change {
    pub id: String,
    pub text: String,
    /// Findings and known illnesses read only from the one and only from the other wording.
    pub lost: Vec<String>,
    pub gained: Vec<String>,
    pub before: Vec<String>,
    pub after: Vec<String>,
}

fn first_three(advice: &Advice) -> BTreeSet<usize> {
    advice.assessment.differential.iter().take(3).map(|c| c.condition).collect()
}

/// Every literal word that stands for one present finding and nothing else is replaced by another of its words. A word
/// that is part of a wider one (睡不着 in 睡不着觉) or says two things (高血压病史) has no synonym that says the same.
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
        let says_more = advice.reading.mentions.iter().any(|m| {
            m.finding != mention.finding && m.start < mention.end && mention.start < m.end
        });
        if mention.end > free_until || says_more {
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

fn change(
    advisor: &Advisor,
    case: &GoldCase,
    text: String,
    (before, after): (&Advice, &Advice),
) -> Change {
    let catalog = &advisor.engine.catalog;
    let read = |advice: &Advice| -> BTreeSet<String> {
        let evidence = &advice.evidence;
        let signed = |list: &[FindingIx], sign: &str| -> Vec<String> {
            list.iter().map(|f| format!("{sign}{}", catalog.finding(*f).zh)).collect()
        };
        let known = evidence.known_conditions.iter().map(|c| catalog.conditions[*c].zh.clone());
        signed(&evidence.present, "+")
            .into_iter()
            .chain(signed(&evidence.possible, "?"))
            .chain(signed(&evidence.absent, "-"))
            .chain(known)
            .chain(evidence.onsets.iter().map(|o| format!("{o:?}")))
            .collect()
    };
    let named = |advice: &Advice| -> Vec<String> {
        let three = advice.assessment.differential.iter().take(3);
        three.map(|c| catalog.conditions[c.condition].zh.clone()).collect()
    };
    let (old, new) = (read(before), read(after));
    Change {
        id: case.id.clone(),
        text,
        lost: old.difference(&new).cloned().collect(),
        gained: new.difference(&old).cloned().collect(),
        before: named(before),
        after: named(after),
    }
}

pub fn perturb(advisor: &Advisor, cases: &[GoldCase]) -> Perturbed {
    let conditions = &advisor.engine.catalog.conditions;
    let n = cases.len();
    let mut sum = Perturbed {
        words_changed: Share { hits: 0, n },
        whole: Share { hits: 0, n },
        thinned: Share { hits: 0, n },
        impossible: 0,
        changes: vec![],
    };
    for case in cases {
        let encounter = Encounter { sex: case.sex, age: case.age, ..Encounter::default() };
        let advice = advisor.advise(&encounter, &case.text, &[]);
        let three = first_three(&advice);
        let hit = |three: &BTreeSet<usize>| {
            usize::from(three.iter().any(|ix| answers(&conditions[*ix], case)))
        };
        sum.whole.hits += hit(&three);
        let text = reworded(advisor, &advice, &case.text);
        let other_words = advisor.advise(&encounter, &text, &[]);
        if first_three(&other_words) != three {
            sum.words_changed.hits += 1;
            sum.changes.push(change(advisor, case, text, (&advice, &other_words)));
        }
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
