//! The prescription part of the visit's way: a typed line -> readings; lines + patient -> alerts. In words, for a screen.
use super::advisor::Advisor;
use crate::domain::{
    age::Day,
    patient::Details,
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
}

/// A prescription with what the check needs to know of the patient.
#[derive(Clone, Debug, PartialEq)]
pub struct RxCase {
    pub details: Details,
    pub today: Day,
    pub setting: Setting,
    pub diagnoses: Vec<String>,
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
    pub unchecked: Vec<String>,
}

/// What reading and checking lines needs, built once.
#[derive(Debug)]
pub struct Prescriber;

impl Prescriber {
    pub fn new(_advisor: &Advisor) -> Self {
        Self
    }

    pub fn read_line(&self, _advisor: &Advisor, text: &str) -> Vec<LineReading> {
        let mut parts = text.split_whitespace();
        let Some(name) = parts.next() else { return vec![] };
        let mut line = PrescriptionLine { name: name.to_owned(), ..Default::default() };
        for part in parts {
            let digits: String =
                part.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            let rest = part[digits.len()..].to_owned();
            match (digits.as_str(), rest.as_str()) {
                ("", "po") => line.route = "口服".into(),
                ("", freq) => line.frequency = freq.to_owned(),
                (days, "天") => line.days = days.parse().ok(),
                (dose, unit) => {
                    line.dose = dose.to_owned();
                    line.dose_unit = unit.to_owned();
                }
            }
        }
        let mut missing = vec![];
        for (field, word) in [
            (&line.dose, "剂量"),
            (&line.dose_unit, "单位"),
            (&line.route, "途径"),
            (&line.frequency, "频次"),
        ] {
            if field.is_empty() {
                missing.push(word.to_owned());
            }
        }
        let days = line.days.map_or_else(String::new, |d| format!("{d}天"));
        let shown = format!(
            "{} 每次{}{} {} {} {days}",
            line.name, line.dose, line.dose_unit, line.route, line.frequency
        );
        vec![LineReading { line, shown, missing }]
    }

    pub fn check(&self, _advisor: &Advisor, case: &RxCase) -> Checked {
        Checked { total: case.lines.len(), ..Checked::default() }
    }
}
