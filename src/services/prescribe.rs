//! The prescription part of the visit's way: a typed line -> readings; lines + patient -> alerts. In words, for a screen.
use super::advisor::Advisor;
use crate::domain::{
    age::Day,
    catalog::Status,
    patient::Details,
    rx::{self, NameMatch, Part, Prescription, RxIndex, RxItem, RxPatient},
    visit::{AlertShown, PrescriptionLine, Setting},
};

/// One way to read a typed line.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LineReading {
    pub line: PrescriptionLine,
    /// The line in full words, as it would be printed.
    pub shown: String,
    /// What still has to be typed, in words.
    pub missing: Vec<String>,
    /// What was typed and not understood.
    pub left_over: Vec<String>,
    /// The knowledge base does not have this drug: nothing about it is checked.
    pub unknown_drug: bool,
}

/// A prescription with what the check needs to know of the patient.
#[derive(Clone, Debug, PartialEq)]
pub struct RxCase {
    pub details: Details,
    pub today: Day,
    pub setting: Setting,
    pub diagnoses: Vec<String>,
    /// What earlier visits prescribed and is still being taken.
    pub current: Vec<String>,
    pub lines: Vec<PrescriptionLine>,
}

/// One alert with what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedAlert {
    pub shown: AlertShown,
    pub instead: String,
    pub source: String,
    pub trial: bool,
}

/// The result of a check. What could not be checked is said.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Checked {
    pub alerts: Vec<CheckedAlert>,
    pub known: usize,
    pub total: usize,
    /// Drugs that the knowledge base does not have.
    pub unchecked: Vec<String>,
}

/// Names and spellings of all drugs, built once.
#[derive(Debug)]
pub struct Prescriber {
    index: RxIndex,
}

impl Prescriber {
    pub fn new(advisor: &Advisor) -> Self {
        Self { index: RxIndex::new(&advisor.engine.catalog) }
    }

    /// The ways to read a line, best first. A missing unit is never guessed: the reading without it comes first,
    /// and one with each candidate unit for the doctor to choose.
    pub fn read_line(&self, advisor: &Advisor, text: &str) -> Vec<LineReading> {
        let formulary = &advisor.engine.catalog.formulary;
        let mut all = vec![];
        for reading in rx::parse(&self.index, formulary, text) {
            all.push(worded(&reading.item, &reading));
            if reading.missing.contains(&Part::Unit) {
                for unit in &reading.unit_candidates {
                    let item = RxItem { dose_unit: unit.clone(), ..reading.item.clone() };
                    let mut with_unit = worded(&item, &reading);
                    with_unit.missing.retain(|part| part != Part::Unit.zh());
                    all.push(with_unit);
                }
            }
        }
        all
    }

    /// Checks the whole prescription at once.
    pub fn check(&self, advisor: &Advisor, case: &RxCase) -> Checked {
        let prescription = Prescription {
            items: case.lines.iter().map(RxItem::from_line).collect(),
            setting: Some(case.setting),
            ..Prescription::default()
        };
        let patient = RxPatient {
            current_drugs: case.current.clone(),
            ..RxPatient::of(&case.details, &case.diagnoses, case.today)
        };
        let checked = rx::check(&advisor.engine.catalog, &self.index, &prescription, &patient);
        let alerts = checked
            .alerts
            .iter()
            .map(|alert| CheckedAlert {
                shown: alert.shown(&prescription),
                instead: alert.instead.clone(),
                source: super::visit::source_words(&advisor.engine.catalog, &alert.source),
                trial: alert.status == Status::Trial,
            })
            .collect();
        Checked {
            alerts,
            known: checked.coverage.known,
            total: checked.coverage.total,
            unchecked: checked.coverage.unknown,
        }
    }
}

fn worded(item: &RxItem, reading: &rx::LineReading) -> LineReading {
    // A drug that is not in the base may be prescribed all the same; that it is not checked is said.
    let unknown_drug = reading.how == NameMatch::Unknown && !item.drug.trim().is_empty();
    let missing = reading
        .missing
        .iter()
        .filter(|part| !(unknown_drug && **part == Part::Drug))
        .map(|part| part.zh().to_owned())
        .collect();
    LineReading {
        line: item.to_line(),
        shown: format!("{} {} {}", item.drug, item.strength, item.directions())
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        missing,
        left_over: reading.left_over.clone(),
        unknown_drug,
    }
}
