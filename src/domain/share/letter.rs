//! What a referral says: who is sent where and why, what was found, what is taken, what is to be done.
use super::discharge::{Measurement, Medicine, Person};
use super::referral::Urgency;
use crate::domain::age::Day;
use crate::domain::instant::Instant;
use crate::domain::visit::Certainty;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// 上转: to the hospital.
    Up,
    /// 下转: back to the clinic, with a plan.
    Down,
}

impl Direction {
    pub const ALL: [Self; 2] = [Self::Up, Self::Down];

    pub fn id(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|direction| direction.id() == text)
    }

    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Up => "上转",
            Self::Down => "下转",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sender {
    pub name: String,
    /// Organization code; empty when it has none.
    pub code: String,
    pub doctor: String,
    pub phone: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Receiver {
    pub name: String,
    pub code: String,
    pub department: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub name: String,
    pub icd10: String,
    pub certainty: Certainty,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// With `version` it names one text for ever.
    pub id: String,
    pub version: u32,
    pub direction: Direction,
    pub urgency: Urgency,
    pub written: Option<Instant>,
    pub patient: Person,
    pub from: Sender,
    pub to: Receiver,
    /// 转诊原因
    pub reason: String,
    /// 病情摘要: the note, as written.
    pub findings: String,
    pub problems: Vec<Problem>,
    pub allergies: Vec<String>,
    /// Asked, and there are none. Not asked is neither.
    pub allergies_denied: bool,
    pub medicines: Vec<Medicine>,
    pub measurements: Vec<Measurement>,
    /// 下一步安排
    pub plan: String,
    /// The first visit is due by this day (down-referral).
    pub first_visit: Option<Day>,
    /// The number of the referral up that this one answers.
    pub answers: String,
}

/// What keeps a letter from being sent or taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing(pub &'static str);

impl Letter {
    pub fn blank(id: impl Into<String>, direction: Direction) -> Self {
        Self {
            id: id.into(),
            version: 1,
            direction,
            urgency: Urgency::Routine,
            written: None,
            patient: Person::default(),
            from: Sender::default(),
            to: Receiver::default(),
            reason: String::new(),
            findings: String::new(),
            problems: vec![],
            allergies: vec![],
            allergies_denied: false,
            medicines: vec![],
            measurements: vec![],
            plan: String::new(),
            first_visit: None,
            answers: String::new(),
        }
    }

    /// Empty = it can be sent. A letter up needs a reason, one down needs a plan.
    pub fn missing(&self) -> Vec<Missing> {
        let needed = match self.direction {
            Direction::Up => ("reason", &self.reason),
            Direction::Down => ("plan", &self.plan),
        };
        [
            ("id", &self.id),
            ("patient.name", &self.patient.name),
            ("from.name", &self.from.name),
            ("to.name", &self.to.name),
            needed,
        ]
        .into_iter()
        .filter(|(_, text)| text.trim().is_empty())
        .map(|(field, _)| Missing(field))
        .collect()
    }

    pub fn title(&self) -> String {
        let problems: Vec<&str> = self.problems.iter().map(|one| one.name.as_str()).collect();
        let what = if problems.is_empty() { self.reason.clone() } else { problems.join("；") };
        format!("{}：{what}", self.direction.name_zh())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_up_needs_a_reason_and_one_down_a_plan() {
        let mut letter = Letter::blank("R1", Direction::Up);
        letter.patient.name = "王试".to_owned();
        letter.from.name = "村".to_owned();
        letter.to.name = "县".to_owned();
        assert_eq!(letter.missing(), [Missing("reason")]);
        letter.reason = "血压控制不佳".to_owned();
        assert_eq!(letter.missing(), []);
        letter.direction = Direction::Down;
        assert_eq!(letter.missing(), [Missing("plan")]);
    }
}
