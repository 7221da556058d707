//! What is kept: who is in which programme, what was found at each meeting, what is still to be done.
use super::facts::{Mode, Occasion, Provenance};
use crate::domain::age::Day;
use crate::domain::audit::Hash;
use crate::domain::catalog::follow_up::Referral;
use crate::domain::instant::Instant;
use crate::domain::patient::{PatientId, PatientLine};
use crate::domain::visit::VisitId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnrolmentId(pub i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FollowUpId(pub i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub i64);

/// Whether someone is followed. Lost ones stay in the counts, as not controlled; dead and moved ones leave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Status {
    #[default]
    Active,
    Lost,
    Dead,
    Moved,
    /// The diagnosis was taken back, or the programme is over.
    Closed,
}

impl Status {
    pub const ALL: [Self; 5] = [Self::Active, Self::Lost, Self::Dead, Self::Moved, Self::Closed];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Lost => "lost",
            Self::Dead => "dead",
            Self::Moved => "moved",
            Self::Closed => "closed",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Active => "在管",
            Self::Lost => "失访",
            Self::Dead => "死亡",
            Self::Moved => "迁出",
            Self::Closed => "结案",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.id() == text.trim() || s.zh() == text.trim())
    }
}

/// Where someone lives, as the walk list groups it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Home {
    pub village: String,
    pub hamlet: String,
    pub household: String,
}

impl Home {
    /// Reads `柳溪村三组12号`: what ends in 村, then what ends in 组, 队, 屯 or 社, the rest is the household.
    pub fn of_address(address: &str) -> Self {
        let mut rest = address.trim();
        let mut home = Self::default();
        if let Some(at) = rest.find(['村', '居']) {
            let end = at + rest[at..].chars().next().map_or(0, char::len_utf8);
            rest[..end].trim().clone_into(&mut home.village);
            rest = rest[end..].trim_start_matches("委会");
        }
        if let Some(at) = rest.find(['组', '队', '屯', '社']) {
            let end = at + rest[at..].chars().next().map_or(0, char::len_utf8);
            rest[..end].trim().clone_into(&mut home.hamlet);
            rest = &rest[end..];
        }
        rest.trim().clone_into(&mut home.household);
        home
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEnrolment {
    pub patient: PatientId,
    pub programme: String,
    pub from: Day,
    pub home: Home,
    /// Whose patient: the responsible doctor's name.
    pub doctor: String,
}

/// Someone in a programme, with where they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    pub id: EnrolmentId,
    pub patient: PatientLine,
    pub programme: String,
    pub from: Day,
    pub home: Home,
    pub doctor: String,
    pub status: Status,
    pub status_day: Day,
    pub status_cause: String,
    pub next_due: Option<Day>,
    /// 0 well … 9 danger sign at the last meeting.
    pub harm: u8,
    pub last_day: Option<Day>,
    pub last_class: Option<u8>,
    pub last_controlled: Option<bool>,
}

/// What a doctor enters for one meeting; the program adds class, plan and next date for each programme.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFollowUp {
    pub patient: PatientId,
    /// The forms that are filled: one entry fills all of them.
    pub programmes: Vec<String>,
    /// Day, mode, numbers with provenance, signs.
    pub occasion: Occasion,
    /// Other fields of the form, `(field, words)`: drugs, exercise, remark.
    pub fields: Vec<(String, String)>,
    /// The doctor's own date for the next meeting; `None` = as the plan says.
    pub next: Option<Day>,
    pub annual_check: bool,
    /// The signed visit that it was taken from.
    pub visit: Option<VisitId>,
    /// The follow-up that it corrects.
    pub supersedes: Option<FollowUpId>,
    /// The half-typed form that goes when this is kept.
    pub draft: Option<String>,
}

/// A follow-up form as far as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormDraft {
    pub patient: PatientId,
    /// The one programme that was asked for; empty = all that the person is in.
    pub form: String,
    pub saved: Instant,
    /// Which row, and what stands in it.
    pub rows: Vec<(String, String)>,
}

impl NewFollowUp {
    pub fn on(patient: PatientId, day: Day, mode: Mode) -> Self {
        let mut occasion = Occasion::on(day);
        occasion.mode = Some(mode);
        Self {
            patient,
            programmes: vec![],
            occasion,
            fields: vec![],
            next: None,
            annual_check: false,
            visit: None,
            supersedes: None,
            draft: None,
        }
    }
}

/// The verdict on one form, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub programme: String,
    pub class: Option<u8>,
    pub controlled: Option<bool>,
    pub danger: Vec<String>,
    pub referral: Referral,
    pub plan: String,
    pub harm: u8,
    pub next_on: Option<Day>,
    pub task: Option<super::Task>,
    pub table: String,
}

/// A follow-up as kept; it never changes.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUpRecord {
    pub id: FollowUpId,
    pub patient: PatientId,
    pub verdict: Verdict,
    pub occasion: Occasion,
    pub fields: Vec<(String, String)>,
    pub recorded: Instant,
    pub doctor_name: String,
    pub annual_check: bool,
    pub visit: Option<VisitId>,
    pub supersedes: Option<FollowUpId>,
    pub superseded_by: Option<FollowUpId>,
    pub knowledge: String,
    pub sha256: Hash,
}

impl FollowUpRecord {
    pub fn mode(&self) -> Mode {
        self.occasion.mode.unwrap_or(Mode::Clinic)
    }

    pub fn is_valid(&self) -> bool {
        self.superseded_by.is_none()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskKind {
    /// Ask within 14 days how a referral went.
    Referral,
    /// See or call someone within 7 days after they left a hospital.
    Discharge,
    /// A measurement to be repeated.
    Recheck,
}

impl TaskKind {
    pub const ALL: [Self; 3] = [Self::Referral, Self::Discharge, Self::Recheck];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Referral => "referral",
            Self::Discharge => "discharge",
            Self::Recheck => "recheck",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Referral => "转诊随访",
            Self::Discharge => "出院随访",
            Self::Recheck => "复查",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    Open,
    Done,
    Cancelled,
}

impl TaskState {
    pub const ALL: [Self; 3] = [Self::Open, Self::Done, Self::Cancelled];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    pub patient: PatientId,
    pub kind: TaskKind,
    pub programme: String,
    pub due: Day,
    pub what: String,
    /// What it is about (`follow-up:7`, `discharge:3`); the same thing makes one task only.
    pub object: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTask {
    pub id: TaskId,
    pub patient: PatientLine,
    pub kind: TaskKind,
    pub programme: String,
    pub due: Day,
    pub what: String,
    pub object: String,
    pub state: TaskState,
    pub outcome: String,
}

/// How an uncertain case went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoopAnswer {
    Better,
    Same,
    Hospital,
    /// The answer before was wrong: the case is open again.
    Withdrawn,
}

impl LoopAnswer {
    pub const ALL: [Self; 4] = [Self::Better, Self::Same, Self::Hospital, Self::Withdrawn];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Same => "same",
            Self::Hospital => "hospital",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Better => "好了",
            Self::Same => "没好",
            Self::Hospital => "去医院了",
            Self::Withdrawn => "撤回",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.id() == text.trim() || a.zh() == text.trim())
    }
}

/// An uncertain case that should have shown by now how it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopCase {
    pub visit: VisitId,
    pub patient: PatientLine,
    pub signed: Instant,
    pub diagnoses: Vec<String>,
    /// Why it is uncertain: 疑似, 待排, 急.
    pub why: String,
    /// The last answer that stands.
    pub answer: Option<LoopAnswer>,
}

/// One number of one day, for a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub day: Day,
    pub value: f64,
    pub provenance: Provenance,
    pub mode: Mode,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gives_village_hamlet_and_household() {
        let home = Home::of_address("柳溪村三组12号");
        let want = ("柳溪村", "三组", "12号");
        assert_eq!((home.village.as_str(), home.hamlet.as_str(), home.household.as_str()), want);
        let home = Home::of_address("河口镇柳溪村委会2组");
        assert_eq!((home.village.as_str(), home.hamlet.as_str()), ("河口镇柳溪村", "2组"));
        assert_eq!(Home::of_address("").village, "");
        assert_eq!(Home::of_address("东街5号").household, "东街5号");
    }
}
