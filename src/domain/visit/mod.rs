//! One visit: what is written while it is open, and what the doctor signs. Suggestions stand beside choices, never
//! in their place.
mod prescription;
mod second;
pub mod template;

pub use prescription::{
    AlertAnswer, AlertShown, AlertTier, AnswerReason, EarlierAnswer, Prescription,
    PrescriptionLine, QUIET_DAYS, SkinTest,
};
pub use second::{SecondSignature, SecondSignatureId, WayOut, lines_digest};

use super::age::Day;
use super::audit::{Checkpoint, Hash};
use super::instant::Instant;
use super::patient::PatientId;
use super::role::UserId;

/// The row of a signed visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VisitId(pub i64);

/// The row of an open visit's draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DraftId(pub i64);

/// Where the visit takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Setting {
    #[default]
    Village,
    Township,
}

impl Setting {
    pub fn id(self) -> &'static str {
        match self {
            Self::Village => "village",
            Self::Township => "township",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "village" | "村卫生室" | "村" => Some(Self::Village),
            "township" | "乡镇卫生院" | "乡" | "镇" => Some(Self::Township),
            _ => None,
        }
    }
}

/// A finding of the note as the doctor left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFinding {
    pub concept: String,
    pub name: String,
    pub polarity: Polarity,
    /// Of a relative, not of the patient.
    pub of_family: bool,
    /// Long past, not part of this illness.
    pub past: bool,
    /// A measured value as written, with its unit: `38.6`, `℃`.
    pub value: Option<String>,
    pub unit: Option<String>,
    /// Characters `start..end` of the note; empty when the doctor added it by hand.
    pub start: u32,
    pub end: u32,
    /// The doctor changed, added or confirmed it by hand.
    pub corrected: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Polarity {
    Present,
    Absent,
    Possible,
}

impl Polarity {
    pub const ALL: [Self; 3] = [Self::Present, Self::Absent, Self::Possible];

    pub fn id(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Possible => "possible",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|polarity| polarity.id() == text)
    }
}

/// A diagnosis that the doctor picked or typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenDiagnosis {
    pub name: String,
    /// Empty when the name was typed and has no code.
    pub icd10: String,
    /// The condition of the knowledge base; `None` = typed by the doctor.
    pub condition: Option<String>,
    pub certainty: Certainty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Certainty {
    #[default]
    Confirmed,
    /// `？` behind the diagnosis.
    Suspected,
    /// To be ruled out.
    RuleOut,
}

impl Certainty {
    pub const ALL: [Self; 3] = [Self::Confirmed, Self::Suspected, Self::RuleOut];

    pub fn id(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Suspected => "suspected",
            Self::RuleOut => "rule-out",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|certainty| certainty.id() == text)
    }
}

/// What was on the screen when the doctor signed.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AdviceShown {
    pub differential: Vec<ShownCondition>,
    /// Rules of the do-not-miss rail that fired.
    pub do_not_miss: Vec<ShownRule>,
    /// Treatment and referral advice that was opened.
    pub plans: Vec<ShownRule>,
    /// `2026.11.1`
    pub knowledge: String,
    /// SHA-256 of the model; `None` = no model was loaded.
    pub model: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ShownCondition {
    pub rank: u16,
    pub condition: String,
    pub name: String,
    pub probability: f64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRule {
    pub rule: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triage {
    pub level: TriageLevel,
    pub why: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TriageLevel {
    Emergency,
    Urgent,
    Routine,
    SelfCare,
}

impl TriageLevel {
    pub const ALL: [Self; 4] = [Self::Emergency, Self::Urgent, Self::Routine, Self::SelfCare];

    pub fn id(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Urgent => "urgent",
            Self::Routine => "routine",
            Self::SelfCare => "self-care",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.id() == text)
    }
}

/// All that belongs to one visit, open or signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    pub patient: PatientId,
    pub doctor: UserId,
    pub opened: Instant,
    pub setting: Setting,
    pub note: String,
    pub findings: Vec<RecordedFinding>,
    pub diagnoses: Vec<ChosenDiagnosis>,
    pub triage: Option<Triage>,
    pub advice: AdviceShown,
    pub prescription: Prescription,
    /// The signed visit that this one corrects.
    pub supersedes: Option<VisitId>,
}

/// Why a visit cannot be signed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unready {
    NoNote,
    NoDiagnosis,
    NamelessDiagnosis {
        index: usize,
    },
    /// A line without drug, dose, route or frequency.
    UnfinishedLine {
        line: usize,
    },
    /// A 禁 alert stands: change the line, or let a second person sign.
    Stopped {
        rule: String,
    },
    /// A 禁 that nobody can sign over: change the line.
    StoppedForGood {
        rule: String,
    },
    /// A 警 alert has no reason, or reason 9 without words.
    Unanswered {
        rule: String,
    },
    /// An alert speaks of a line that is not there.
    AlertOfNoLine {
        rule: String,
    },
}

impl Visit {
    pub fn blank(patient: PatientId, doctor: UserId, setting: Setting, opened: Instant) -> Self {
        Self {
            patient,
            doctor,
            opened,
            setting,
            note: String::new(),
            findings: vec![],
            diagnoses: vec![],
            triage: None,
            advice: AdviceShown::default(),
            prescription: Prescription::default(),
            supersedes: None,
        }
    }

    /// Everything that stands against signing; empty = may be signed.
    pub fn unready(&self) -> Vec<Unready> {
        let mut unready = vec![];
        if self.note.trim().is_empty() {
            unready.push(Unready::NoNote);
        }
        if self.diagnoses.is_empty() {
            unready.push(Unready::NoDiagnosis);
        }
        for (index, diagnosis) in self.diagnoses.iter().enumerate() {
            if diagnosis.name.trim().is_empty() {
                unready.push(Unready::NamelessDiagnosis { index });
            }
        }
        for (line, item) in self.prescription.lines.iter().enumerate() {
            let needed = [&item.name, &item.dose, &item.dose_unit, &item.route, &item.frequency];
            if needed.iter().any(|text| text.trim().is_empty()) {
                unready.push(Unready::UnfinishedLine { line });
            }
        }
        for alert in &self.prescription.alerts {
            let rule = alert.rule.clone();
            if alert.lines.iter().any(|line| usize::from(*line) >= self.prescription.lines.len()) {
                unready.push(Unready::AlertOfNoLine { rule });
            } else if alert.tier == AlertTier::Stop {
                let lines = &self.prescription.lines;
                match (alert.way_out, &alert.second) {
                    (WayOut::ChangeOnly, _) => unready.push(Unready::StoppedForGood { rule }),
                    (_, Some(second)) if second.stands(self.doctor, lines) => {}
                    _ => unready.push(Unready::Stopped { rule }),
                }
            } else if alert.tier == AlertTier::Warn
                && !alert.answer.as_ref().is_some_and(AlertAnswer::is_complete)
            {
                unready.push(Unready::Unanswered { rule });
            }
        }
        unready
    }
}

/// A visit that may be signed; the only way to one is [`ReadyVisit::new`].
#[derive(Clone, Debug, PartialEq)]
pub struct ReadyVisit(Visit);

impl ReadyVisit {
    pub fn new(visit: Visit) -> Result<Self, Vec<Unready>> {
        let unready = visit.unready();
        if unready.is_empty() { Ok(Self(visit)) } else { Err(unready) }
    }

    pub fn visit(&self) -> &Visit {
        &self.0
    }
}

/// A visit as kept; it never changes. A correction is a new visit that supersedes it.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedVisit {
    pub id: VisitId,
    pub visit: Visit,
    pub signed: Instant,
    /// The doctor's name as it was on that day.
    pub doctor_name: String,
    /// The number on the prescription sheet; `None` = nothing was prescribed.
    pub prescription_number: Option<String>,
    pub superseded_by: Option<VisitId>,
    /// SHA-256 of what was signed; the audit log holds it too.
    pub sha256: Hash,
}

/// What stands on disk once `已保存` may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedReceipt {
    pub visit: VisitId,
    pub signed: Instant,
    pub prescription_number: Option<String>,
    pub sha256: Hash,
    /// The audit log's last entry, for the printed sheet.
    pub audit: Checkpoint,
}

/// One visit in a patient's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitLine {
    pub id: VisitId,
    pub day: Day,
    pub signed: Instant,
    pub doctor_name: String,
    pub diagnoses: Vec<String>,
    pub drugs: Vec<String>,
    pub superseded: bool,
}

/// An open visit's working state, kept every two seconds and when a field is left.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// `None` = not kept yet.
    pub id: Option<DraftId>,
    pub visit: Visit,
    /// The prescription line that is being typed.
    pub typing: String,
    pub saved: Instant,
}

impl Draft {
    pub fn of(visit: Visit) -> Self {
        let saved = visit.opened;
        Self { id: None, visit, typing: String::new(), saved }
    }
}

/// A person in the waiting room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub id: i64,
    pub patient: super::patient::PatientLine,
    pub since: Instant,
    pub reason: String,
    /// A draft of this patient's visit is open.
    pub has_draft: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit() -> Visit {
        let mut visit = Visit::blank(
            PatientId(1),
            UserId(1),
            Setting::Village,
            Instant::from_millis(1_700_000_000_000),
        );
        visit.note = "主诉：咳嗽5天".to_owned();
        visit.diagnoses.push(ChosenDiagnosis {
            name: "急性支气管炎".to_owned(),
            icd10: "J20.9".to_owned(),
            condition: None,
            certainty: Certainty::Confirmed,
        });
        visit.prescription.lines.push(PrescriptionLine {
            name: "阿莫西林胶囊".to_owned(),
            dose: "0.5".to_owned(),
            dose_unit: "g".to_owned(),
            route: "口服".to_owned(),
            frequency: "tid".to_owned(),
            ..PrescriptionLine::default()
        });
        visit
    }

    fn alert(tier: AlertTier, answer: Option<(AnswerReason, &str)>) -> AlertShown {
        AlertShown {
            rule: "r1".to_owned(),
            tier,
            category: "allergy".to_owned(),
            message: String::new(),
            drugs: "amoxicillin".to_owned(),
            lines: vec![0],
            answer: answer.map(|(reason, text)| AlertAnswer { reason, text: text.to_owned() }),
            way_out: WayOut::SecondSignature,
            second: None,
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Visit), want: &[Unready]) {
        let mut visit = visit();
        change(&mut visit);
        assert_eq!(visit.unready(), want);
        assert_eq!(ReadyVisit::new(visit).is_ok(), want.is_empty());
    }

    #[test]
    fn a_visit_with_note_diagnosis_and_finished_lines_may_be_signed() {
        check(|_| {}, &[]);
        check(|visit| visit.prescription.lines.clear(), &[]);
    }

    #[test]
    fn what_is_missing_is_named() {
        check(|visit| visit.note = " \n".to_owned(), &[Unready::NoNote]);
        check(|visit| visit.diagnoses.clear(), &[Unready::NoDiagnosis]);
        check(
            |visit| visit.prescription.lines[0].route.clear(),
            &[Unready::UnfinishedLine { line: 0 }],
        );
    }

    #[test]
    fn a_stop_really_stops_whatever_the_reason() {
        let rule = "r1".to_owned();
        for answer in [None, Some((AnswerReason::BenefitOutweighs, ""))] {
            check(
                |visit| visit.prescription.alerts.push(alert(AlertTier::Stop, answer)),
                &[Unready::Stopped { rule: rule.clone() }],
            );
        }
    }

    #[test]
    fn a_warning_needs_a_reason_and_other_needs_words() {
        let unanswered = [Unready::Unanswered { rule: "r1".to_owned() }];
        let with = |answer| {
            move |visit: &mut Visit| visit.prescription.alerts.push(alert(AlertTier::Warn, answer))
        };
        check(with(None), &unanswered);
        check(with(Some((AnswerReason::Other, "无"))), &unanswered);
        check(with(Some((AnswerReason::Other, "家属已签字"))), &[]);
        check(with(Some((AnswerReason::WillMonitor, ""))), &[]);
        check(|visit| visit.prescription.alerts.push(alert(AlertTier::Note, None)), &[]);
    }

    #[test]
    fn reason_codes_are_one_to_nine() {
        let codes: Vec<u8> = AnswerReason::ALL.into_iter().map(AnswerReason::code).collect();
        assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert!(
            AnswerReason::ALL
                .into_iter()
                .all(|reason| AnswerReason::from_code(reason.code()) == Some(reason))
        );
        assert_eq!((AnswerReason::from_code(0), AnswerReason::from_code(10)), (None, None));
    }
}
