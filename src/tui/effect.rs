//! What `update` asks for and what comes back. Every question has a number; an answer to an old number is dropped.
use std::sync::Arc;

use crate::{
    domain::{
        duplicate::Duplicate,
        followup::{
            Case as FollowUpCase, Outcome,
            due::DuePerson,
            register::{Enrolment, LoopAnswer, LoopCase, NewFollowUp},
        },
        local_document::LocalDocument,
        patient::{Patient, PatientId, PatientLine},
        registration::Registration,
        role::Roles,
        rx::long_term::Verdict,
        share::{
            DeliveryId, ItemId, parts::State as DeliveryState, referral::State as ReferralState,
        },
        visit::{
            Draft, DraftId, PrescriptionLine, Setting, SignedReceipt, SignedVisit, Visit, VisitId,
            VisitLine, Waiting,
            template::{NewTemplate, PastPrescription, Template, TemplateId},
        },
    },
    services::{
        clinic::trace::{Counter, Door, PackLife, Receipt, StockLine, Stop},
        clinic::{Confirmed, SharingBoard},
        failure::Failure,
        follow_up::{FollowUp, form::OpenForm},
        library::{Filter, Hit, Support},
        prescribe::{Checked, LineReading, LongCase, RxCase},
        print::{PrintJob, Printed},
        session::FirstRun,
        visit::{Case, Opened, Plan, Suggestion},
    },
};

#[derive(Debug)]
pub enum Effect {
    Ask(u64, Question),
    /// Rings so many times.
    Bell(u8),
    Quit,
}

/// One thing that a worker does. The first block is the database's work, the second the adviser's.
#[derive(Clone, Debug)]
pub enum Question {
    SetUp(Box<FirstRun>),
    SignIn {
        user: String,
        passphrase: String,
    },
    SignOut,
    /// Records are closed and the key leaves the memory until the passphrase comes again.
    Lock,
    Standing,
    Waiting,
    Drafts,
    Find(String),
    Duplicates(Box<Registration>),
    Register(Box<Registration>),
    Correct {
        id: PatientId,
        revision: u32,
        registration: Box<Registration>,
    },
    AddToWaiting(PatientId),
    RemoveFromWaiting(PatientId),
    OpenVisitOf(PatientId),
    /// The patient's chart, to correct this visit.
    OpenToAmend(PatientId, VisitId),
    Chart(PatientId),
    PastVisit(VisitId),
    SaveDraft(Box<Draft>),
    DiscardDraft(DraftId),
    Sign(Box<Visit>),
    Print(PrintJob),
    Stock,
    PackLife(String),
    OpenCounter(String),
    CounterScan {
        counter: Box<Counter>,
        code: String,
        units: Option<u32>,
    },
    CounterFinish(Box<Counter>),
    CompareReceipt {
        door: Box<Door>,
        scans: Vec<String>,
    },
    Receive {
        door: Box<Door>,
        scans: Vec<String>,
    },
    /// Earlier prescriptions of a patient, and templates.
    RxSources(PatientId),
    SaveTemplate(Box<NewTemplate>),
    PutTemplateAway(TemplateId),
    BringTemplateBack(TemplateId),

    Due,
    FollowUpRegister(String),
    LoopCases,
    AnswerLoop(VisitId, LoopAnswer),
    FollowUpForm(PatientId),
    KeepFollowUp(Box<NewFollowUp>),
    CountVisit(VisitId),
    PrintWalk,
    PrintTakeaway(PatientId),

    /// What is shared, on one page.
    Sharing,
    ConfirmRecord(ItemId),
    DeliverAgain(DeliveryId),
    GiveUp(DeliveryId),
    MoveReferral(ItemId, ReferralState),
    PrintSlip(ItemId),

    LongTerm(Box<LongCase>),
    /// What is typed on a follow-up form, judged for these programmes.
    Judge(Box<(Vec<String>, FollowUpCase)>),
    Consult(Box<Case>),
    Plans(Vec<String>),
    /// Is there a condition of this name?
    Name(String),
    ReadLine(String),
    Check(Box<RxCase>),
    Guide(Box<GuideQuestion>),
    /// The clinic's own papers, for the search.
    Papers,
    /// Puts them into the search; an empty list takes them out.
    Shelve(Arc<Vec<LocalDocument>>),
}

/// What is asked of the guideline base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuideQuestion {
    Words {
        typed: String,
        filter: Filter,
    },
    /// All paragraphs of one entry.
    Entry(String),
    Support(Support),
}

/// Questions of one kind overtake each other; only the newest answer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    Door,
    Standing,
    Waiting,
    Drafts,
    Find,
    Duplicates,
    Register,
    Queue,
    Open,
    Chart,
    PastVisit,
    SaveDraft,
    DiscardDraft,
    Sign,
    Print,
    Stock,
    PackLife,
    Counter,
    Receipt,
    RxSources,
    Template,
    FollowUps,
    FollowUpForm,
    KeepFollowUp,
    Sharing,
    ShareStep,
    LongTerm,
    Judge,
    Consult,
    Plans,
    Name,
    ReadLine,
    Check,
    Guide,
    Papers,
    Shelve,
}

impl Question {
    pub const fn topic(&self) -> Topic {
        match self {
            Self::SetUp(_) | Self::SignIn { .. } | Self::SignOut | Self::Lock => Topic::Door,
            Self::Standing => Topic::Standing,
            Self::Waiting => Topic::Waiting,
            Self::Drafts => Topic::Drafts,
            Self::Find(_) => Topic::Find,
            Self::Duplicates(_) => Topic::Duplicates,
            Self::Register(_) | Self::Correct { .. } => Topic::Register,
            Self::AddToWaiting(_) | Self::RemoveFromWaiting(_) => Topic::Queue,
            Self::OpenVisitOf(_) | Self::OpenToAmend(..) => Topic::Open,
            Self::Chart(_) => Topic::Chart,
            Self::PastVisit(_) => Topic::PastVisit,
            Self::SaveDraft(_) => Topic::SaveDraft,
            Self::DiscardDraft(_) => Topic::DiscardDraft,
            Self::Sign(_) => Topic::Sign,
            Self::Print(_) => Topic::Print,
            Self::Stock => Topic::Stock,
            Self::PackLife(_) => Topic::PackLife,
            Self::OpenCounter(_) | Self::CounterScan { .. } | Self::CounterFinish(_) => {
                Topic::Counter
            }
            Self::CompareReceipt { .. } | Self::Receive { .. } => Topic::Receipt,
            Self::RxSources(_) => Topic::RxSources,
            Self::SaveTemplate(_) | Self::PutTemplateAway(_) | Self::BringTemplateBack(_) => {
                Topic::Template
            }
            Self::Due
            | Self::FollowUpRegister(_)
            | Self::LoopCases
            | Self::AnswerLoop(..)
            | Self::PrintWalk
            | Self::PrintTakeaway(_) => Topic::FollowUps,
            Self::FollowUpForm(_) => Topic::FollowUpForm,
            Self::KeepFollowUp(_) | Self::CountVisit(_) => Topic::KeepFollowUp,
            Self::Sharing => Topic::Sharing,
            Self::ConfirmRecord(_)
            | Self::DeliverAgain(_)
            | Self::GiveUp(_)
            | Self::MoveReferral(..)
            | Self::PrintSlip(_) => Topic::ShareStep,
            Self::Judge(_) => Topic::Judge,
            Self::LongTerm(_) => Topic::LongTerm,
            Self::Consult(_) => Topic::Consult,
            Self::Plans(_) => Topic::Plans,
            Self::Name(_) => Topic::Name,
            Self::ReadLine(_) => Topic::ReadLine,
            Self::Check(_) => Topic::Check,
            Self::Guide(_) => Topic::Guide,
            Self::Papers => Topic::Papers,
            Self::Shelve(_) => Topic::Shelve,
        }
    }

    pub const fn is_for_adviser(&self) -> bool {
        matches!(
            self.topic(),
            Topic::Consult
                | Topic::Plans
                | Topic::Name
                | Topic::ReadLine
                | Topic::Check
                | Topic::LongTerm
                | Topic::Judge
        )
    }

    pub const fn needs_knowledge(&self) -> bool {
        self.is_for_adviser() || self.is_for_library()
    }

    pub const fn is_for_library(&self) -> bool {
        matches!(self.topic(), Topic::Guide | Topic::Shelve)
    }
}

/// The person at the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    pub user: String,
    pub name: String,
    pub roles: Roles,
    pub clinic: String,
    pub setting: Setting,
    pub id: crate::domain::role::UserId,
    pub today: crate::domain::age::Day,
}

/// What the status bar shows of the station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Station {
    pub read_only: bool,
    pub clock_suspect: bool,
    pub disk_low: bool,
    pub outbox: u64,
}

/// How far the knowledge is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knowledge {
    pub version: String,
    pub model: Option<String>,
    pub notices: Vec<crate::services::advisor::Notice>,
}

#[derive(Debug)]
pub enum Answer {
    SignedIn {
        me: Me,
        recovery_key: Option<Vec<String>>,
    },
    SignedOut,
    Locked,
    Standing(Station),
    Waiting(Vec<Waiting>),
    Drafts(Vec<Draft>),
    Found(Vec<PatientLine>),
    Duplicates {
        registration: Box<Registration>,
        found: Vec<Duplicate>,
    },
    Registered {
        id: PatientId,
        name: String,
    },
    Corrected(Patient),
    QueueChanged,
    Opened(Box<Opened>),
    Chart {
        patient: Patient,
        visits: Vec<VisitLine>,
    },
    PastVisit(Box<SignedVisit>),
    DraftSaved {
        patient: PatientId,
        id: DraftId,
    },
    DraftDiscarded,
    Signed(SignedReceipt),
    Printed(Printed),
    Stock(Vec<StockLine>),
    PackLife(Box<PackLife>),
    Counter(Box<Counter>),
    /// The counter after a scan, and why the scan did nothing.
    Scanned {
        counter: Box<Counter>,
        stop: Option<Stop>,
    },
    /// So many packs were given out and kept.
    GivenOut(usize),
    Compared(Box<Receipt>),
    Received(Box<Receipt>),
    Stopped(Stop),
    RxSources {
        past: Vec<PastPrescription>,
        templates: Vec<Template>,
    },
    TemplateSaved(String),
    TemplatePutAway,
    TemplateBroughtBack,

    Due(Vec<DuePerson>),
    FollowUpRegister(Vec<Enrolment>),
    LoopCases(Vec<LoopCase>),
    FollowUpForm(Box<OpenForm>),
    FollowUpKept(Vec<Outcome>),
    VisitCounted(Vec<Outcome>),
    SheetPrinted(std::path::PathBuf),
    Judged(Box<FollowUp>),

    Sharing(Box<SharingBoard>),
    RecordConfirmed(Box<Confirmed>),
    DeliveryMoved(DeliveryState),
    ReferralMoved(ReferralState),

    LongTerm {
        case: Box<LongCase>,
        verdict: Verdict,
    },
    Ready(Box<Knowledge>),
    NotReady(String),
    Suggestion(Box<Suggestion>),
    Plans(Vec<Plan>),
    /// A typed diagnosis and what the base knows it as.
    Named {
        typed: String,
        condition: String,
        icd10: String,
    },
    /// The base has no condition of the typed name.
    Unnamed,
    Readings(Vec<LineReading>),
    Checked {
        lines: Vec<PrescriptionLine>,
        checked: Checked,
    },
    Hits(Vec<Hit>),
    Papers(Arc<Vec<LocalDocument>>),
    Shelved,

    Failed(Topic, Failure),
}

impl Answer {
    /// News that nobody asked for: always taken.
    pub const fn is_news(&self) -> bool {
        matches!(self, Self::Ready(_) | Self::NotReady(_))
    }
}
