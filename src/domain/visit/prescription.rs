//! The prescription of a visit in the words that are printed, the alerts that were shown and what the doctor answered.
use super::second::{SecondSignature, WayOut};
use crate::domain::instant::Instant;

/// One line of a prescription, in the words that are printed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PrescriptionLine {
    /// The drug of the knowledge base; `None` = not in it, not checked.
    pub drug: Option<String>,
    pub name: String,
    /// `0.25g`
    pub strength: String,
    /// `0.5`
    pub dose: String,
    /// `g`
    pub dose_unit: String,
    pub route: String,
    pub frequency: String,
    pub days: Option<u16>,
    pub quantity: Option<u32>,
    /// `盒`, `片`
    pub quantity_unit: String,
    pub skin_test: Option<SkinTest>,
    /// `0.9%氯化钠注射液 100ml`
    pub solvent: String,
    /// Lines of one infusion share a group.
    pub group: Option<u8>,
    /// `饭后`, `睡前`
    pub remark: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SkinTest {
    NotDone,
    Negative,
    Positive,
    /// The same batch was given without a break.
    Continued,
}

impl SkinTest {
    pub const ALL: [Self; 4] = [Self::NotDone, Self::Negative, Self::Positive, Self::Continued];

    pub fn id(self) -> &'static str {
        match self {
            Self::NotDone => "not-done",
            Self::Negative => "negative",
            Self::Positive => "positive",
            Self::Continued => "continued",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|test| test.id() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Prescription {
    pub lines: Vec<PrescriptionLine>,
    /// Every alert that was shown, also those that needed no answer.
    pub alerts: Vec<AlertShown>,
}

/// An alert as shown, with the doctor's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertShown {
    pub rule: String,
    pub tier: AlertTier,
    pub category: String,
    pub message: String,
    /// The drugs it is about, as one key for the 90 days of quiet: ids in order, joined by `+`.
    pub drugs: String,
    /// Lines of the prescription, from 0.
    pub lines: Vec<u16>,
    pub answer: Option<AlertAnswer>,
    /// What can end it, when it is a 禁.
    pub way_out: WayOut,
    /// Who signed a 禁 over, and why.
    pub second: Option<SecondSignature>,
}

/// 禁, 警, 提, 注.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertTier {
    Stop,
    Warn,
    Note,
    Log,
}

impl AlertTier {
    pub const ALL: [Self; 4] = [Self::Stop, Self::Warn, Self::Note, Self::Log];

    pub fn id(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Warn => "warn",
            Self::Note => "note",
            Self::Log => "log",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.id() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertAnswer {
    pub reason: AnswerReason,
    /// Own words; at least four characters for [`AnswerReason::Other`].
    pub text: String,
}

impl AlertAnswer {
    /// The fewest characters of own words for reason 9.
    const LEAST_OWN_WORDS: usize = 4;

    /// Reason 9 needs words; the others speak for themselves.
    pub fn is_complete(&self) -> bool {
        self.reason != AnswerReason::Other
            || self.text.trim().chars().count() >= Self::LEAST_OWN_WORDS
    }
}

/// Why a doctor goes on, by one digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnswerReason {
    /// 会监测
    WillMonitor,
    /// 既往耐受
    ToleratedBefore,
    /// 获益大于风险
    BenefitOutweighs,
    /// 已减量/错开
    DoseReduced,
    /// 无可替代药
    NoAlternative,
    /// 延续上级医嘱
    ContinuedFromAbove,
    /// 患者信息有误
    RecordWrong,
    /// 规则不适用
    RuleDoesNotFit,
    /// 其他
    Other,
}

impl AnswerReason {
    pub const ALL: [Self; 9] = [
        Self::WillMonitor,
        Self::ToleratedBefore,
        Self::BenefitOutweighs,
        Self::DoseReduced,
        Self::NoAlternative,
        Self::ContinuedFromAbove,
        Self::RecordWrong,
        Self::RuleDoesNotFit,
        Self::Other,
    ];

    /// 1 to 9.
    pub fn code(self) -> u8 {
        self as u8 + 1
    }

    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code.checked_sub(1)?)).copied()
    }
}

/// How long an answered 警 alert of the same patient, rule and drugs stays quiet.
pub const QUIET_DAYS: i64 = 90;

/// An earlier answer that keeps an alert quiet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierAnswer {
    pub rule: String,
    pub drugs: String,
    pub answer: AlertAnswer,
    pub at: Instant,
}
