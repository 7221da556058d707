//! Findings -> ranked causes, do-not-miss rail, triage, next question. The model may reorder the first, never touch the second.
pub mod evidence;
pub mod explain;
pub mod features;
pub mod fuse;
pub mod guard;
pub mod question;
pub mod rank;
pub mod triage;

use super::{
    age::{Age, Sex},
    catalog::{Catalog, condition::Urgency, finding::FindingIx},
    note::{Lexicon, Reading, Subject},
};
pub use evidence::{Correction, Evidence};
pub use guard::Warning;
pub use question::Question;
pub use rank::Ranker;

/// Where the patient is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Setting {
    Village,
    #[default]
    Township,
}

/// Who is seen, where, when, and with what at hand.
#[derive(Clone, Debug, Default)]
pub struct Encounter {
    pub sex: Sex,
    pub age: Option<Age>,
    pub pregnant_weeks: Option<u8>,
    /// 1–12 when the day is known: seasons then count.
    pub month: Option<i8>,
    pub setting: Setting,
    /// Instruments the clinic owns; empty = not stated, so nothing is ruled out.
    pub kit: Vec<String>,
}

impl Encounter {
    pub fn subject(&self) -> Subject {
        Subject { sex: self.sex, age: self.age, pregnant: self.pregnant_weeks.is_some() }
    }
}

/// One line of the differential.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Place in `Catalog::conditions`.
    pub condition: usize,
    /// Calibrated share, the rest of the list and "something else" included.
    pub probability: f64,
    pub support: Vec<FindingIx>,
    pub against: Vec<FindingIx>,
    pub ask: Vec<FindingIx>,
}

#[derive(Clone, Debug, Default)]
pub struct Triage {
    pub level: Urgency,
    pub why: Vec<String>,
}

/// Everything the screen shows beside a note.
#[derive(Clone, Debug, Default)]
pub struct Assessment {
    pub differential: Vec<Candidate>,
    pub do_not_miss: Vec<Warning>,
    pub triage: Triage,
    pub next: Vec<Question>,
}

/// How many candidates are shown.
pub const SHOWN: usize = 10;

/// Ranks that a model gave, by place in `Catalog::conditions`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelScores {
    /// Log-probabilities; `None` for conditions it does not know.
    pub log: Vec<Option<f64>>,
    /// Share of its opinion that lies on conditions it learned from real patients, not only from simulated ones.
    pub met: f64,
}

/// Knowledge, words and ranker of one catalog; built once, then only borrowed.
#[derive(Debug)]
pub struct Engine {
    pub catalog: Catalog,
    pub lexicon: Lexicon,
    pub ranker: Ranker,
    pub fusion: fuse::Fusion,
}

impl Engine {
    /// `None` only when the dictionary would not fit in memory.
    pub fn new(catalog: Catalog) -> Option<Self> {
        let lexicon = Lexicon::new(&catalog)?;
        let ranker = Ranker::new(&catalog);
        Some(Self { catalog, lexicon, ranker, fusion: fuse::Fusion::default() })
    }

    pub fn read(&self, encounter: &Encounter, text: &str) -> Reading {
        super::note::read(&self.catalog, &self.lexicon, encounter.subject(), text)
    }

    pub fn evidence(
        &self,
        encounter: &Encounter,
        reading: &Reading,
        corrections: &[Correction],
    ) -> Evidence {
        evidence::gather(&self.catalog, encounter, reading, corrections)
    }

    /// The whole assessment; `model` may be absent, then knowledge ranks alone.
    pub fn assess(
        &self,
        encounter: &Encounter,
        evidence: &Evidence,
        model: Option<&ModelScores>,
    ) -> Assessment {
        let scores = self.ranker.scores(&self.catalog, encounter, evidence);
        let shares = fuse::shares_with(self.fusion, &scores, model);
        let do_not_miss = guard::watch(&self.catalog, encounter, evidence);
        let differential =
            explain::candidates(&self.catalog, &self.ranker, evidence, &shares, SHOWN);
        let triage = triage::level(&self.catalog, evidence, &do_not_miss, &shares);
        let next = question::next(&self.catalog, &self.ranker, encounter, evidence, &shares);
        Assessment { differential, do_not_miss, triage, next }
    }
}
