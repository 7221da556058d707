//! Measured understanding: which findings of a labelled note were found, and with the right polarity.
use std::collections::HashSet;

use crate::domain::{
    age::{Age, Sex},
    catalog::finding::FindingIx,
    diagnosis::{Encounter, Engine},
    note::{Experiencer, Polarity},
};

/// A labelled note: each group is met by any of its findings or a kind of one.
#[derive(Clone, Debug, Default)]
pub struct LabelledNote {
    pub id: String,
    pub sex: Sex,
    pub age: Option<Age>,
    pub text: String,
    pub present: Vec<Vec<String>>,
    pub absent: Vec<Vec<String>>,
    /// Groups that the labeller looked for; anything found outside them is not judged.
    pub scope: Vec<Vec<String>>,
}

#[derive(Clone, Debug, Default)]
pub struct Extraction {
    pub found: usize,
    pub missed: Vec<String>,
    pub extra: Vec<String>,
    pub polarity_right: usize,
    pub polarity_wrong: Vec<String>,
}

impl Extraction {
    pub fn precision(&self) -> f64 {
        self.found as f64 / (self.found + self.extra.len()).max(1) as f64
    }

    pub fn recall(&self) -> f64 {
        self.found as f64 / (self.found + self.missed.len()).max(1) as f64
    }

    pub fn f1(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }
    }

    pub fn polarity(&self) -> f64 {
        self.polarity_right as f64 / (self.polarity_right + self.polarity_wrong.len()).max(1) as f64
    }
}

/// Reads every note and compares it with its labels.
pub fn measure(engine: &Engine, notes: &[LabelledNote]) -> Extraction {
    let mut sum = Extraction::default();
    for note in notes {
        one(engine, note, &mut sum);
    }
    sum
}

fn one(engine: &Engine, note: &LabelledNote, sum: &mut Extraction) {
    let catalog = &engine.catalog;
    let encounter = Encounter { sex: note.sex, age: note.age, ..Encounter::default() };
    let reading = engine.read(&encounter, &note.text);
    let mut affirmed: HashSet<FindingIx> = HashSet::new();
    let mut denied: HashSet<FindingIx> = HashSet::new();
    for mention in reading.mentions.iter().filter(|m| m.experiencer == Experiencer::Patient) {
        let set = if mention.polarity == Polarity::Absent { &mut denied } else { &mut affirmed };
        set.insert(mention.finding);
        set.extend(
            catalog
                .finding(mention.finding)
                .ancestors
                .iter()
                .copied()
                .filter(|_| mention.polarity != Polarity::Absent),
        );
    }
    let meets = |group: &[String], set: &HashSet<FindingIx>| {
        group.iter().filter_map(|id| catalog.finding_by_id(id)).any(|f| set.contains(&f))
    };
    let mut labelled: HashSet<&[String]> = HashSet::new();
    for (groups, wanted) in [(&note.present, true), (&note.absent, false)] {
        for group in groups {
            labelled.insert(group);
            let (yes, no) = (meets(group, &affirmed), meets(group, &denied));
            let name = format!("{} {}{}", note.id, if wanted { "+" } else { "-" }, group.join("|"));
            if !yes && !no {
                sum.missed.push(name);
                continue;
            }
            sum.found += 1;
            if yes == wanted {
                sum.polarity_right += 1;
            } else {
                sum.polarity_wrong.push(name);
            }
        }
    }
    for group in note.scope.iter().filter(|g| !labelled.contains(g.as_slice())) {
        // A finding that answers two groups is judged by the one that was labelled.
        let claimed = |id: &String| labelled.iter().any(|g| g.contains(id));
        if meets(group, &affirmed) && !group.iter().any(claimed) {
            sum.extra.push(format!("{} ?{}", note.id, group.join("|")));
        }
    }
}
