//! What `update` asks for and what comes back. Every question has a number; an answer to an old number is dropped.
use std::{collections::BTreeMap, sync::Arc};

use crate::{
    domain::{
        duplicate::Duplicate,
        followup::{
            Case as FollowUpCase, Outcome,
            indicators::Period,
            register::{
                Enrolment, EnrolmentId, FormDraft, LoopAnswer, LoopCase, NewFollowUp, Status,
                TaskId, TaskState,
            },
            selfcheck::SelfCheck,
        },
        instant::Instant,
        local_document::LocalDocument,
        patient::{Patient, PatientId, PatientLine},
        registration::Registration,
        rx::long_term::Verdict,
        share::{
            DeliveryId, ItemId, parts::State as DeliveryState, referral::State as ReferralState,
        },
        trace::{
            product::{Product, Progress},
            recall::Recall,
            stock::Reading,
        },
        visit::{
            AlertShown, Draft, DraftId, PrescriptionLine, SecondSignature, SignedReceipt,
            SignedVisit, Visit, VisitId, VisitLine, Waiting,
            template::{NewTemplate, PastPrescription, Template, TemplateId},
        },
    },
    services::{
        clinic::{
            Confirmed, FoundPriors, HubSaid, InProgramme, LookUp, SecondSigner, SecondSigning,
            SharingBoard, StudyImage,
            trace::{
                CountReport, Counter, Door, LotLife, PackLife, PoolLine, RecallReport, Receipt,
                RejectedLine, Scanned, StockLine, Stop,
            },
        },
        failure::Failure,
        follow_up::{FollowUp, form::OpenForm, sheets::Form},
        library::Hit,
        prescribe::{Checked, LineReading, LongCase, RxCase},
        print::{PrintJob, Printed},
        session::FirstRun,
        share::reader::Picture,
        trace_files::{Leaving, Written},
        trace_import::{Import, Imported, Sender, Subject},
        trace_upload::{OpenBill, PlatformAnswer, Round},
        visit::{Case, Opened, Plan, Suggestion},
    },
};

pub use super::asked::*;
pub use super::stock_asked::{Deed, NewReading, Paper, Parcel};
pub use super::topic::Topic;

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
    /// Who else may sign a stop over.
    SecondSigners,
    SignSecond(Box<SecondSigning>),
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
    /// Refused boxes that wait for the supplier.
    Rejected,
    SendBack {
        supplier: String,
        slip: String,
        codes: Vec<String>,
    },
    /// Earlier recalls and drills.
    Recalls,
    ReadImport {
        subject: Subject,
        path: String,
        sender: Sender,
    },
    KeepImport(Box<Import>),
    WriteFile {
        leaving: Leaving,
        path: String,
        sheet: String,
    },
    /// The shipped profile of the province.
    ChooseProfile(String),
    /// What the lines still want in parts, from the pool for splits.
    CounterPool(Box<Counter>),
    LotLife {
        product: String,
        lot: String,
    },
    Agreements,
    PrintPaper(Paper),
    /// What was scanned, without any more.
    LookAt(String),
    /// Could it be done to what was scanned?
    CheckDeed {
        deed: Box<Deed>,
        code: String,
    },
    DoDeed {
        deed: Box<Deed>,
        codes: Vec<String>,
    },
    Count {
        place: String,
        scans: Vec<String>,
        left: BTreeMap<String, u32>,
    },
    BookCount {
        report: Box<CountReport>,
        reason: String,
    },
    Recall(Box<Recall>),
    Temperatures,
    KeepReading(Box<NewReading>),
    CloseExceedance {
        place: String,
        at: Instant,
        measure: String,
    },
    Pool,
    /// Bills that are not done.
    Bills,
    SendAgain(String),
    SettleBill {
        bill: String,
        reason: String,
    },
    /// The next bill of a round.
    UploadNext {
        round: Box<Round>,
        first: bool,
    },
    /// Waits for the platform, on a thread of its own.
    Deliver(Box<Parcel>),
    BillCameBack {
        parcel: Box<Parcel>,
        answer: Box<PlatformAnswer>,
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
    /// The form of one programme only.
    FormOf(PatientId, String),
    KeepFollowUp(Box<NewFollowUp>),
    SaveForm(Box<FormDraft>),
    DiscardForm(PatientId, String),
    /// Whose forms were left half-typed.
    FormDrafts,
    SetTask(TaskId, TaskState),
    SetStatus {
        enrolment: EnrolmentId,
        status: Status,
        cause: String,
    },
    Indicators(String, Period),
    ExportIndicators(String, Period, Form),
    SelfCheck(Period),
    /// In which programmes someone is.
    Programmes(PatientId),
    CountVisit(VisitId),
    PrintWalk,
    PrintTakeaway(PatientId),

    /// What is shared, on one page.
    Sharing,
    /// The same of one person.
    SharingOf(PatientId),
    StudyImages(ItemId),
    /// One image of a study, by its number.
    ReadImage(ItemId, usize),
    Decode(Box<Decoding>),
    /// What is there already, here.
    LookUp(PriorWish),
    /// Waits for the line, on a thread of its own.
    AskHubs(Box<LookUp>),
    JudgePriors {
        begun: Box<LookUp>,
        said: Vec<HubSaid>,
    },
    DecidePrior(Box<Decided>),
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
    SecondSigners(Vec<SecondSigner>),
    /// Given for these stops.
    SecondSigned(Vec<(AlertShown, SecondSignature)>),
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
    LotLife {
        product: String,
        lot: String,
        life: Box<LotLife>,
    },
    Agreements(Vec<Progress>, Vec<Product>),
    PaperPrinted(std::path::PathBuf),
    LookedAt(Vec<Scanned>),
    /// The packs it may be done to, with what it would mean for each.
    DeedMay(Vec<(Scanned, String)>),
    /// To so many packs.
    DeedDone(usize),
    Counted(Box<CountReport>),
    Recalled(Box<RecallReport>),
    Temperatures(Vec<Reading>),
    Pool(Vec<PoolLine>),
    /// Open bills, and the name of the profile when there is one.
    Bills {
        bills: Vec<OpenBill>,
        profile: Option<String>,
        /// The shipped profile below it.
        base: String,
    },
    Rejected(Vec<RejectedLine>),
    /// So many refused boxes.
    SentBack(usize),
    Recalls(Vec<(Recall, Instant)>),
    ImportRead(Box<Import>),
    Imported(Imported),
    FileWritten(Written),
    BillTaken {
        parcel: Option<Box<Parcel>>,
        round: Box<Round>,
    },
    Delivered {
        parcel: Box<Parcel>,
        answer: Box<PlatformAnswer>,
    },
    BillKept,
    RxSources {
        past: Vec<PastPrescription>,
        templates: Vec<Template>,
    },
    TemplateSaved(String),
    TemplatePutAway,
    TemplateBroughtBack,

    Due(DueList),
    FollowUpRegister(Vec<Enrolment>),
    LoopCases(Vec<LoopCase>),
    FollowUpForm(Box<OpenForm>),
    FollowUpKept(Vec<Outcome>),
    VisitCounted(Vec<Outcome>),
    SheetPrinted(std::path::PathBuf),
    FormSaved,
    FormDiscarded,
    FormDrafts(Vec<String>),
    /// A task or a status was set: the lists are asked anew.
    RegisterChanged,
    Indicators(Box<CountsPage>),
    SelfChecked(Period, Box<SelfCheck>),
    Programmes(PatientId, Vec<InProgramme>),
    Judged(Box<FollowUp>),

    Sharing(Box<SharingBoard>),
    StudyImages(ItemId, Vec<StudyImage>),
    ImageRead {
        image: usize,
        bytes: Arc<Vec<u8>>,
    },
    Pictured(Box<Picture>),
    LookUpBegun {
        begun: Box<LookUp>,
        found: Box<FoundPriors>,
    },
    HubsSaid {
        begun: Box<LookUp>,
        said: Vec<HubSaid>,
    },
    Priors(Box<FoundPriors>),
    PriorDecided(Box<Decided>),
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
