//! The screens: each decides for itself; here they get their common face.
#![expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    clippy::result_large_err,
    reason = "every screen shows the same face, whether it needs all of it or not; an answer is moved, not copied"
)]
pub mod chart;
pub mod find;
pub mod follow_up;
pub mod past;
pub mod preview;
pub mod priors;
pub mod register;
pub mod sharing;
pub mod sign_in;
pub mod stock;
pub mod visit;
pub mod waiting;
pub mod wizard;

use super::{
    action::Action,
    draw::Ui,
    effect::Answer,
    field::Field,
    state::{Go, Shared},
};
use crate::domain::patient::Details;
use ratatui::layout::Rect;

#[derive(Debug)]
pub enum Screen {
    Wizard(Box<wizard::Wizard>),
    SignIn(sign_in::SignIn),
    Waiting(waiting::WaitingRoom),
    Find(find::Find),
    Register(Box<register::Register>),
    Visit(Box<visit::Visit>),
    Chart(Box<chart::Chart>),
    Past(Box<past::Past>),
    FollowUps(Box<follow_up::FollowUps>),
    FollowUpForm(Box<follow_up::form::Form>),
    Sharing(Box<sharing::Sharing>),
    Preview(Box<preview::Preview>),
    Priors(Box<priors::Priors>),
    StoreRoom(stock::store::StoreRoom),
    Counter(Box<stock::counter::CounterDesk>),
    Receipt(Box<stock::receipt::ReceiptDesk>),
    Acts(Box<stock::acts::ActDesk>),
    Count(Box<stock::count::CountDesk>),
    Recall(Box<stock::recall::RecallDesk>),
    Temperatures(Box<stock::temperatures::Temperatures>),
    Upload(Box<stock::upload::UploadDesk>),
    Pool(Box<stock::pool::SplitPool>),
    Leaf(Box<stock::leaf::Leaf>),
    Rejected(Box<stock::rejected::RejectedDesk>),
    Files(Box<stock::files::FilesDesk>),
}

/// Calls the same method on whichever screen it is.
macro_rules! each {
    ($screen:expr, $it:ident => $call:expr) => {
        match $screen {
            Screen::Wizard($it) => $call,
            Screen::SignIn($it) => $call,
            Screen::Waiting($it) => $call,
            Screen::Find($it) => $call,
            Screen::Register($it) => $call,
            Screen::Visit($it) => $call,
            Screen::Chart($it) => $call,
            Screen::Past($it) => $call,
            Screen::FollowUps($it) => $call,
            Screen::FollowUpForm($it) => $call,
            Screen::Sharing($it) => $call,
            Screen::Preview($it) => $call,
            Screen::Priors($it) => $call,
            Screen::StoreRoom($it) => $call,
            Screen::Counter($it) => $call,
            Screen::Receipt($it) => $call,
            Screen::Acts($it) => $call,
            Screen::Count($it) => $call,
            Screen::Recall($it) => $call,
            Screen::Temperatures($it) => $call,
            Screen::Upload($it) => $call,
            Screen::Pool($it) => $call,
            Screen::Leaf($it) => $call,
            Screen::Rejected($it) => $call,
            Screen::Files($it) => $call,
        }
    };
}

impl Screen {
    /// What keys can do here now, most useful first; the footer shows them in this order.
    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        each!(self, it => it.actions(shared))
    }

    /// The text field that typing goes into.
    pub fn field(&mut self) -> Option<&mut Field> {
        each!(self, it => it.field())
    }

    pub fn has_field(&self) -> bool {
        each!(self, it => it.has_field())
    }

    /// The text of the field in focus has changed.
    pub fn edited(&mut self, shared: &mut Shared) {
        each!(self, it => it.edited(shared));
    }

    /// Does an action; `None` = it is not for this screen.
    pub fn perform(&mut self, shared: &mut Shared, (action, nth): (Action, usize)) -> Option<Go> {
        each!(self, it => it.perform(shared, (action, nth)))
    }

    /// Takes an answer, or gives it back for a screen below.
    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        each!(self, it => it.answered(shared, answer))
    }

    /// Takes a scan whatever field is in focus; `false` = codes mean nothing here.
    pub fn scanned(&mut self, shared: &mut Shared, code: &str) -> bool {
        match self {
            Self::StoreRoom(store) => store.scanned(shared, code),
            Self::Counter(counter) => counter.scanned(shared, code),
            Self::Receipt(receipt) => receipt.scanned(shared, code),
            Self::Acts(screen) => screen.scanned(shared, code),
            Self::Count(screen) => screen.scanned(shared, code),
            Self::Recall(screen) => screen.scanned(shared, code),
            Self::Temperatures(screen) => screen.scanned(shared, code),
            Self::Upload(screen) => screen.scanned(shared, code),
            Self::Pool(screen) => screen.scanned(shared, code),
            Self::Leaf(screen) => screen.scanned(shared, code),
            Self::Rejected(screen) => screen.scanned(shared, code),
            Self::Files(screen) => screen.scanned(shared, code),
            _ => return false,
        }
        true
    }

    /// What was asked before it is done was answered with yes.
    pub fn confirmed(&mut self, shared: &mut Shared) {
        match self {
            Self::Acts(acts) => acts.confirmed(shared),
            Self::Recall(recall) => recall.confirmed(shared),
            Self::Rejected(screen) => screen.confirmed(shared),
            _ => {}
        }
    }

    pub fn resized(&mut self, size: (u16, u16)) {
        if let Self::Visit(visit) = self {
            visit.resized(size);
        }
    }

    /// Whose record is open: shown in the strip of every patient screen.
    pub fn patient(&self) -> Option<&Details> {
        match self {
            Self::Visit(visit) => Some(&visit.patient.details),
            Self::Chart(chart) => Some(&chart.patient.details),
            Self::Past(past) => Some(&past.patient.details),
            Self::FollowUpForm(form) => Some(&form.open.page.patient.details),
            _ => None,
        }
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        each!(self, it => it.view(ui, shared, area));
    }
}
