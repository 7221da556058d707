//! What a question is about: which of several still counts, and which worker answers it.
use super::effect::Question;

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
    SecondSigners,
    SecondSign,
    Print,
    Stock,
    PackLife,
    Counter,
    Receipt,
    LotLife,
    Agreements,
    PrintPaper,
    Look,
    Deed,
    Count,
    Recall,
    Temperature,
    Pool,
    Bills,
    Upload,
    Rejected,
    Import,
    WriteFile,
    RxSources,
    Template,
    FollowUps,
    FollowUpForm,
    KeepFollowUp,
    SaveForm,
    FormDrafts,
    SetTask,
    Programmes,
    Sharing,
    ShareStep,
    StudyImages,
    ReadImage,
    Decode,
    LookUp,
    DecidePrior,
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
            Self::SecondSigners => Topic::SecondSigners,
            Self::SignSecond(_) => Topic::SecondSign,
            Self::Print(_) => Topic::Print,
            Self::Stock => Topic::Stock,
            Self::PackLife(_) => Topic::PackLife,
            Self::OpenCounter(_)
            | Self::CounterScan { .. }
            | Self::CounterPool(_)
            | Self::CounterFinish(_) => Topic::Counter,
            Self::LotLife { .. } => Topic::LotLife,
            Self::Agreements => Topic::Agreements,
            Self::PrintPaper(_) => Topic::PrintPaper,
            Self::LookAt(_) => Topic::Look,
            Self::CheckDeed { .. } | Self::DoDeed { .. } => Topic::Deed,
            Self::Count { .. } | Self::BookCount { .. } => Topic::Count,
            Self::Recall(_) | Self::Recalls => Topic::Recall,
            Self::Rejected | Self::SendBack { .. } => Topic::Rejected,
            Self::ReadImport { .. } | Self::KeepImport(_) => Topic::Import,
            Self::WriteFile { .. } => Topic::WriteFile,
            Self::Temperatures | Self::KeepReading(_) | Self::CloseExceedance { .. } => {
                Topic::Temperature
            }
            Self::Pool => Topic::Pool,
            Self::Bills | Self::SendAgain(_) | Self::SettleBill { .. } | Self::ChooseProfile(_) => {
                Topic::Bills
            }
            Self::UploadNext { .. } | Self::Deliver(_) | Self::BillCameBack { .. } => Topic::Upload,
            Self::CompareReceipt { .. } | Self::Receive { .. } => Topic::Receipt,
            Self::RxSources(_) => Topic::RxSources,
            Self::SaveTemplate(_) | Self::PutTemplateAway(_) | Self::BringTemplateBack(_) => {
                Topic::Template
            }
            Self::Due
            | Self::FollowUpRegister(_)
            | Self::LoopCases
            | Self::AnswerLoop(..)
            | Self::Indicators(..)
            | Self::ExportIndicators(..)
            | Self::SelfCheck(_)
            | Self::PrintWalk
            | Self::PrintTakeaway(_) => Topic::FollowUps,
            Self::SetTask(..) | Self::SetStatus { .. } => Topic::SetTask,
            Self::SaveForm(_) | Self::DiscardForm(..) => Topic::SaveForm,
            Self::FormDrafts => Topic::FormDrafts,
            Self::Programmes(_) => Topic::Programmes,
            Self::FollowUpForm(_) | Self::FormOf(..) => Topic::FollowUpForm,
            Self::KeepFollowUp(_) | Self::CountVisit(_) => Topic::KeepFollowUp,
            Self::Sharing | Self::SharingOf(_) => Topic::Sharing,
            Self::StudyImages(_) => Topic::StudyImages,
            Self::ReadImage(..) => Topic::ReadImage,
            Self::Decode(_) => Topic::Decode,
            Self::LookUp(_) | Self::AskHubs(_) | Self::JudgePriors { .. } => Topic::LookUp,
            Self::DecidePrior(_) => Topic::DecidePrior,
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

    /// Waits for a line, so it has a worker of its own.
    pub const fn is_for_courier(&self) -> bool {
        matches!(self, Self::Deliver(_) | Self::AskHubs(_))
    }

    /// Pictures are made beside everything else.
    pub const fn is_for_pictures(&self) -> bool {
        matches!(self, Self::Decode(_))
    }

    /// The records' worker answers it, by the programme tables.
    pub const fn needs_tables(&self) -> bool {
        matches!(
            self,
            Self::FollowUpForm(_)
                | Self::FormOf(..)
                | Self::KeepFollowUp(_)
                | Self::CountVisit(_)
                | Self::PrintWalk
                | Self::PrintTakeaway(_)
                | Self::Indicators(..)
                | Self::ExportIndicators(..)
                | Self::LookUp(_)
        )
    }

    pub const fn needs_knowledge(&self) -> bool {
        self.is_for_adviser() || self.is_for_library()
    }

    pub const fn is_for_library(&self) -> bool {
        matches!(self.topic(), Topic::Guide | Topic::Shelve)
    }
}
