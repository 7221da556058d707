//! 协定处方: lines kept under a name, for one doctor or the whole clinic; and lines copied from an earlier visit.
use super::{PrescriptionLine, SkinTest, VisitId};
use crate::domain::{age::Day, instant::Instant, role::UserId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateId(pub i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    #[default]
    Personal,
    Clinic,
}

impl Scope {
    pub const ALL: [Self; 2] = [Self::Personal, Self::Clinic];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Clinic => "clinic",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.id() == text)
    }
}

/// What is kept; the name is cleaned on the way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTemplate {
    pub name: String,
    pub scope: Scope,
    pub lines: Vec<PrescriptionLine>,
}

/// Why a template cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateRefusal {
    NoName,
    NoLines,
    /// A line without drug, dose, route or frequency.
    UnfinishedLine {
        line: usize,
    },
}

impl NewTemplate {
    /// What stands against keeping it. Results of skin tests belong to a person and never go in.
    pub fn checked(mut self) -> Result<Self, TemplateRefusal> {
        if self.name.trim().is_empty() {
            return Err(TemplateRefusal::NoName);
        }
        if self.lines.is_empty() {
            return Err(TemplateRefusal::NoLines);
        }
        if let Some(line) = self.lines.iter().position(|line| !line.is_finished()) {
            return Err(TemplateRefusal::UnfinishedLine { line });
        }
        self.lines = self.lines.iter().map(PrescriptionLine::copied).collect();
        Ok(self)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub id: TemplateId,
    pub revision: u32,
    pub name: String,
    pub scope: Scope,
    pub owner: UserId,
    pub lines: Vec<PrescriptionLine>,
    pub changed: Instant,
}

/// An earlier prescription of the patient, to be written again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastPrescription {
    pub visit: VisitId,
    pub day: Day,
    pub doctor_name: String,
    pub diagnoses: Vec<String>,
    pub lines: Vec<PrescriptionLine>,
}

impl PrescriptionLine {
    /// Drug, dose, unit, route and frequency are there.
    pub fn is_finished(&self) -> bool {
        [&self.name, &self.dose, &self.dose_unit, &self.route, &self.frequency]
            .into_iter()
            .all(|text| !text.trim().is_empty())
    }

    /// The line for a new prescription: what was found out about a person on one day is asked again.
    #[must_use]
    pub fn copied(&self) -> Self {
        let skin_test = self.skin_test.map(|_| SkinTest::NotDone);
        Self { skin_test, ..self.clone() }
    }

    /// The same drug by the same route.
    pub fn is_same_drug(&self, other: &Self) -> bool {
        let drug = match (&self.drug, &other.drug) {
            (Some(a), Some(b)) => a == b,
            _ => self.name == other.name,
        };
        drug && self.route == other.route
    }
}

/// The lines that are not on the sheet yet, as copies; the others by their place on the copied one.
pub fn added(
    sheet: &[PrescriptionLine],
    copied: &[PrescriptionLine],
) -> (Vec<PrescriptionLine>, Vec<usize>) {
    let mut lines: Vec<PrescriptionLine> = vec![];
    let mut there = vec![];
    for (n, line) in copied.iter().enumerate() {
        if sheet.iter().chain(&lines).any(|have| have.is_same_drug(line)) {
            there.push(n);
        } else {
            lines.push(line.copied());
        }
    }
    (lines, there)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(drug: &str) -> PrescriptionLine {
        PrescriptionLine {
            drug: Some(drug.to_owned()),
            name: drug.to_owned(),
            dose: "1".to_owned(),
            dose_unit: "片".to_owned(),
            route: "口服".to_owned(),
            frequency: "qd".to_owned(),
            ..PrescriptionLine::default()
        }
    }

    #[test]
    fn a_skin_test_of_last_time_is_not_one_of_today() {
        let mut old = line("penicillin");
        old.skin_test = Some(SkinTest::Negative);
        assert_eq!(old.copied().skin_test, Some(SkinTest::NotDone));
        assert_eq!(line("x").copied().skin_test, None);
    }

    #[test]
    fn what_is_on_the_sheet_already_is_not_copied_twice() {
        let (lines, there) = added(&[line("a")], &[line("a"), line("b"), line("b")]);
        assert_eq!((lines.len(), there), (1, vec![0, 2]));
    }

    #[test]
    fn a_template_needs_a_name_and_whole_lines() {
        let new = |name: &str, lines: Vec<PrescriptionLine>| {
            NewTemplate { name: name.to_owned(), scope: Scope::Personal, lines }.checked()
        };
        assert_eq!(new(" ", vec![line("a")]), Err(TemplateRefusal::NoName));
        assert_eq!(new("n", vec![]), Err(TemplateRefusal::NoLines));
        let unfinished = PrescriptionLine { dose: String::new(), ..line("b") };
        let refused = new("n", vec![line("a"), unfinished]);
        assert_eq!(refused, Err(TemplateRefusal::UnfinishedLine { line: 1 }));
    }
}
