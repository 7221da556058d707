//! The prescription part of the visit's way: a typed line -> readings; lines + patient -> alerts. In words, for a screen.
use super::advisor::Advisor;
use crate::domain::{
    age::Day,
    catalog::Status,
    patient::Details,
    rx::{
        self, NameMatch, Part, Prescription, RxIndex, RxItem, RxPatient,
        long_term::{Verdict, Wish, judge},
    },
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
    /// Whether the county has approved intravenous antibiotics here, if anybody recorded it.
    pub iv_antibiotics_approved: Option<bool>,
    pub diagnoses: Vec<String>,
    /// What earlier visits prescribed and is still being taken.
    pub current: Vec<String>,
    pub lines: Vec<PrescriptionLine>,
}

/// A sheet that is to last for weeks.
#[derive(Clone, Debug, PartialEq)]
pub struct LongCase {
    pub rx: RxCase,
    pub wish: Wish,
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

    /// Which lines may be written for weeks, by the rules of long prescriptions.
    pub fn long_term(&self, advisor: &Advisor, case: &LongCase) -> Verdict {
        let (rx, patient) = case.rx.question();
        judge(&advisor.engine.catalog, &self.index, (&rx, &patient), &case.wish)
    }

    /// Checks the whole prescription at once.
    pub fn check(&self, advisor: &Advisor, case: &RxCase) -> Checked {
        let (prescription, patient) = case.question();
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

impl RxCase {
    fn question(&self) -> (Prescription, RxPatient) {
        let prescription = Prescription {
            items: self.lines.iter().map(RxItem::from_line).collect(),
            setting: Some(self.setting),
            iv_antibiotics_approved: self.iv_antibiotics_approved,
            ..Prescription::default()
        };
        let patient = RxPatient {
            current_drugs: self.current.clone(),
            ..RxPatient::of(&self.details, &self.diagnoses, self.today)
        };
        (prescription, patient)
    }
}

fn worded(item: &RxItem, reading: &rx::LineReading) -> LineReading {
    // A drug that is not in the base may be prescribed all the same, under its Chinese name as the law wants it
    // printed; that it is not checked is said. Letters that name no drug are no name.
    let chinese = item.drug.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let unknown_drug = reading.how == NameMatch::Unknown && chinese;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<LineReading> {
        let advisor = Advisor::load(None, None).unwrap();
        Prescriber::new(&advisor).read_line(&advisor, text)
    }

    #[test]
    fn letters_that_name_no_drug_are_not_printed_as_one() {
        let readings = read("qzxwvk 300mg qd po 5天");
        assert!(readings.iter().all(|reading| !reading.missing.is_empty()), "{readings:?}");
    }

    #[test]
    fn a_chinese_name_that_the_base_lacks_can_be_prescribed_and_is_said_to_be_unchecked() {
        let readings = read("某某从未有过的药 1片 tid po 3天");
        let first = readings.first().unwrap();
        assert!(first.unknown_drug && first.missing.is_empty(), "{first:?}");
    }

    #[test]
    fn a_missing_unit_is_never_the_first_choice() {
        let readings = read("阿莫西林 0.5 tid po 5天");
        assert!(!readings[0].missing.is_empty(), "{readings:?}");
        assert!(readings[1..].iter().any(|reading| reading.line.dose_unit == "g"), "{readings:?}");
    }
}
