//! 转诊与共享: what came in, what goes out with what to do about it, and referrals with their timers.
use ratatui::{layout::Rect, text::Line};

use super::{Screen, preview::Preview};
use crate::{
    domain::{
        patient::{Patient, PatientId},
        role,
        share::{
            Kind,
            letter::Direction,
            parts::{Hold, State},
            referral::{self, Due, Urgency},
        },
    },
    services::clinic::{DeliveryLine, Item, ReferralLine, SharingBoard},
    tui::{
        action::Action,
        draw::{Ui, pad, scroll, wrapped},
        effect::{Answer, Question},
        field::Field,
        overlays::{Confirm, Overlay, stepped},
        state::{Go, Shared},
        text::{T, sharing as words},
        theme::Role,
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    CameIn,
    GoingOut,
    Referrals,
}

const LISTS: [(List, T); 3] =
    [(List::GoingOut, words::OUT), (List::CameIn, words::IN), (List::Referrals, words::REFERRALS)];

/// What the digits say about a referral.
const MOVES: [referral::State; 4] = [
    referral::State::Accepted,
    referral::State::Arrived,
    referral::State::Treating,
    referral::State::Closed,
];

#[derive(Debug)]
pub struct Sharing {
    /// Only what is this person's.
    of: Option<(PatientId, String)>,
    list: List,
    board: SharingBoard,
    at: usize,
    /// The history was asked for here, not by the page below.
    history: bool,
}

impl From<Sharing> for Screen {
    fn from(screen: Sharing) -> Self {
        Self::Sharing(Box::new(screen))
    }
}

impl From<Preview> for Screen {
    fn from(screen: Preview) -> Self {
        Self::Preview(Box::new(screen))
    }
}

impl Sharing {
    pub fn open(shared: &mut Shared) -> Self {
        shared.ask(Question::Sharing);
        Self::on(None, List::GoingOut)
    }

    /// From a person's page: what came in of theirs first.
    pub fn of(patient: &Patient, shared: &mut Shared) -> Self {
        let of = Some((patient.id, patient.details.name.clone()));
        let screen = Self::on(of, List::CameIn);
        screen.refresh(shared);
        screen
    }

    fn on(of: Option<(PatientId, String)>, list: List) -> Self {
        Self { of, list, board: SharingBoard::default(), at: 0, history: false }
    }

    fn refresh(&self, shared: &mut Shared) {
        shared.ask(match &self.of {
            Some((id, _)) => Question::SharingOf(*id),
            None => Question::Sharing,
        });
    }

    /// The study under the cursor.
    fn study(&self) -> Option<&Item> {
        let chosen = self.board.came_in.get(self.at).filter(|item| item.kind == Kind::Study);
        chosen.filter(|_| self.list == List::CameIn)
    }

    fn len(&self) -> usize {
        match self.list {
            List::CameIn => self.board.came_in.len(),
            List::GoingOut => self.board.deliveries.len(),
            List::Referrals => self.board.referrals.len(),
        }
    }

    fn patient(&self) -> Option<PatientId> {
        match self.list {
            List::CameIn => self.board.came_in.get(self.at)?.patient,
            List::GoingOut => self.board.deliveries.get(self.at)?.delivery.patient,
            List::Referrals => self.board.referrals.get(self.at)?.item.patient,
        }
    }

    /// May a person put the chosen record into the chart?
    fn can_confirm(&self, shared: &Shared) -> bool {
        let chosen = self.board.came_in.get(self.at);
        self.list == List::CameIn
            && shared.may(role::Action::ConfirmShare)
            && chosen.is_some_and(|item| {
                item.kind != Kind::Study && item.patient.is_some() && item.confirmed.is_none()
            })
    }

    fn delivery(&self) -> Option<&DeliveryLine> {
        (self.list == List::GoingOut).then(|| self.board.deliveries.get(self.at))?
    }

    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        let mut actions = vec![];
        if self.study().is_some() {
            actions.push(Action::ShowImages);
        }
        if self.can_confirm(shared) {
            actions.push(Action::ConfirmRecord);
        }
        let open = self.delivery().is_some_and(|line| !line.delivery.state.is_final());
        if open && shared.may(role::Action::QueueShare) {
            actions.extend([Action::DeliverAgain, Action::GiveUp]);
        }
        let ours = self.board.referrals.get(self.at).is_some_and(|line| line.ours);
        if self.list == List::Referrals && ours && shared.may(role::Action::Refer) {
            actions.extend([Action::MoveReferral, Action::Print]);
        }
        if self.len() > 0 {
            actions.extend([Action::Next, Action::Previous]);
        }
        actions.push(Action::SwitchFocus);
        if self.patient().is_some() {
            actions.push(Action::History);
        }
        if self.of.is_some() {
            actions.push(Action::Everyone);
        }
        actions
    }

    pub const fn has_field(&self) -> bool {
        false
    }

    pub const fn field(&mut self) -> Option<&mut Field> {
        None
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn perform(&mut self, shared: &mut Shared, (action, nth): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match action {
            Action::ConfirmRecord => {
                shared.ask(Question::ConfirmRecord(self.board.came_in.get(self.at)?.id));
            }
            Action::DeliverAgain => {
                shared.ask(Question::DeliverAgain(self.delivery()?.delivery.id));
            }
            Action::GiveUp => {
                let line = self.delivery()?;
                let (id, name) = (line.delivery.id, format!("{} {}", line.name, line.title));
                return Some(Go::open(Overlay::Confirm(Confirm::GiveUp { id, name })));
            }
            Action::MoveReferral => {
                let item = self.board.referrals.get(self.at)?.item.id;
                shared.ask(Question::MoveReferral(item, *MOVES.get(nth)?));
            }
            Action::Print => {
                shared.ask(Question::PrintSlip(self.board.referrals.get(self.at)?.item.id));
            }
            Action::ShowImages => {
                let item = self.study()?;
                let title = format!("{} {}", item.claimed.name, item.title);
                return Some(Go::to(Preview::open(item.id, title, shared)));
            }
            Action::Everyone => {
                (self.of, self.at) = (None, 0);
                self.refresh(shared);
            }
            Action::History => {
                shared.ask(Question::Chart(self.patient()?));
                self.history = true;
            }
            Action::SwitchFocus => {
                let here = LISTS.iter().position(|(list, _)| *list == self.list).unwrap_or(0);
                self.list = LISTS[(here + 1) % LISTS.len()].0;
                self.at = 0;
            }
            _ => self.at = stepped(self.at, action, self.len()),
        }
        Some(Go::Stay)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Sharing(board) => self.board = *board,
            Answer::DeliveryMoved(state) => {
                let given_up = state == State::Superseded;
                let text = if given_up { words::GIVEN_UP } else { words::AGAIN_DONE };
                let text = shared.t(text);
                shared.say(Role::Good, text);
                self.refresh(shared);
            }
            Answer::RecordConfirmed(confirmed) => {
                let due = confirmed
                    .due
                    .map_or_else(|| shared.t(words::NO_VISIT).to_owned(), |day| day.to_string());
                let added = if confirmed.added.is_empty() {
                    shared.t(words::NO_VISIT).to_owned()
                } else {
                    confirmed.added.join("、")
                };
                shared.say(Role::Good, words::CONFIRM_DONE.with(shared.lang, &[&added, &due]));
                self.refresh(shared);
            }
            Answer::ReferralMoved(state) => {
                let text = words::MOVED.with(shared.lang, &[&shared.t(referral_state(state))]);
                shared.say(Role::Good, text);
                self.refresh(shared);
            }
            Answer::SheetPrinted(path) => {
                let text = words::SLIP_DONE.with(shared.lang, &[&path.display()]);
                shared.say(Role::Good, text);
            }
            Answer::Chart { patient, visits } if std::mem::take(&mut self.history) => {
                let chart = super::chart::Chart::new(patient, visits);
                return Ok(Go::to(Screen::Chart(Box::new(chart))));
            }
            other => return Err(other),
        }
        self.at = self.at.min(self.len().saturating_sub(1));
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let tabs: Vec<String> = LISTS
            .iter()
            .map(|(list, name)| {
                let name = shared.t(*name);
                if *list == self.list {
                    format!("[{name} {}]", self.len())
                } else {
                    name.to_owned()
                }
            })
            .collect();
        let mut title = tabs.join("  ");
        if let Some((_, name)) = &self.of {
            title = format!("{name}  {title}");
        }
        let inner = ui.boxed(area, &title, true);
        if self.len() == 0 {
            let none = match self.list {
                List::CameIn => words::IN_NONE,
                List::GoingOut => words::OUT_NONE,
                List::Referrals => words::REFERRALS_NONE,
            };
            ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(none))));
            return;
        }
        let wide = usize::from(inner.width);
        let below: Vec<String> =
            self.below(shared).iter().flat_map(|text| wrapped(text, wide)).take(4).collect();
        let height = usize::from(inner.height).saturating_sub(below.len() + 1).max(1);
        let top = scroll(self.at, self.len(), height);
        let mut lines: Vec<Line> = (top..self.len().min(top + height))
            .map(|n| {
                let chosen = n == self.at;
                let (role, text) = self.line(shared, n);
                let role = if chosen { Role::Selected } else { role };
                let mark = if chosen { ">" } else { " " };
                Line::from(ui.span(role, pad(&format!("{mark} {text}"), wide)))
            })
            .collect();
        lines.push(Line::default());
        lines.extend(below.into_iter().map(|text| Line::from(ui.span(Role::Caution, text))));
        ui.lines(inner, lines);
    }

    fn line(&self, shared: &Shared, n: usize) -> (Role, String) {
        match self.list {
            List::CameIn => {
                self.board.came_in.get(n).map_or_else(Default::default, |i| item_line(shared, i))
            }
            List::GoingOut => self
                .board
                .deliveries
                .get(n)
                .map_or_else(Default::default, |d| delivery_line(shared, d)),
            List::Referrals => self
                .board
                .referrals
                .get(n)
                .map_or_else(Default::default, |r| referral_line(shared, r)),
        }
    }

    /// What there is to say about the chosen one, and what to do.
    fn below(&self, shared: &Shared) -> Vec<String> {
        match self.list {
            List::CameIn => vec![],
            List::GoingOut => self.delivery().map_or_else(Vec::new, |line| advice(shared, line)),
            List::Referrals => self.board.referrals.get(self.at).map_or_else(Vec::new, |line| {
                let mut said: Vec<String> =
                    line.due.iter().map(|due| shared.t(due_word(*due)).to_owned()).collect();
                if line.ours {
                    said.push(shared.t(words::MOVES).to_owned());
                }
                said
            }),
        }
    }
}

fn item_line(shared: &Shared, item: &Item) -> (Role, String) {
    let kind = match item.kind {
        Kind::Study => words::IMAGES,
        Kind::Discharge => words::DISCHARGE,
        Kind::Referral => words::REFERRAL,
    };
    let (role, state) = match (item.kind, item.patient, item.confirmed) {
        (_, None, _) => (Role::Warning, shared.t(words::NOBODY)),
        (Kind::Study, _, _) => (Role::Base, ""),
        (_, _, None) => (Role::Caution, shared.t(words::TO_CONFIRM)),
        (_, _, Some(_)) => (Role::Muted, shared.t(words::CONFIRMED)),
    };
    let day = item.day.map(|day| day.to_string()).unwrap_or_default();
    let text = format!(
        "{}{}{}{}{}",
        pad(shared.t(kind), 10),
        pad(&item.claimed.name, 10),
        pad(&day, 12),
        pad(state, 16),
        item.title
    );
    (role, text)
}

fn delivery_word(state: State) -> T {
    match state {
        State::Draft | State::Signed | State::Queued => words::QUEUED,
        State::Sending => words::SENDING,
        State::Sent => words::SENT,
        State::Verified => words::VERIFIED,
        State::Receipted => words::RECEIPTED,
        State::Held(_) => words::HELD,
        State::Superseded => words::SUPERSEDED,
    }
}

fn late(shared: &Shared, line: &DeliveryLine) -> bool {
    const DAY_MS: i64 = 24 * 3_600_000;
    !line.delivery.state.is_final()
        && line.delivery.failed_since.is_some_and(|since| shared.now.millis_since(since) > DAY_MS)
}

fn delivery_line(shared: &Shared, line: &DeliveryLine) -> (Role, String) {
    let d = &line.delivery;
    let role = match d.state {
        State::Held(_) => Role::Danger,
        _ if late(shared, line) => Role::Warning,
        State::Receipted | State::Verified => Role::Good,
        State::Superseded => Role::Muted,
        _ => Role::Base,
    };
    let size = words::SIZE_KB.with(shared.lang, &[&d.bytes.div_ceil(1024)]);
    let when = if d.state.is_final() || matches!(d.state, State::Held(_)) {
        String::new()
    } else {
        words::NEXT_TRY.with(shared.lang, &[&Shared::clock(d.next_try)])
    };
    let text = format!(
        "{}{}{}{}{}{}",
        pad(shared.t(delivery_word(d.state)), 15),
        pad(&line.name, 10),
        pad(&line.hub, 12),
        pad(&size, 10),
        pad(&when, 12),
        line.title
    );
    (role, text)
}

fn advice(shared: &Shared, line: &DeliveryLine) -> Vec<String> {
    let d = &line.delivery;
    let what = match d.state {
        State::Held(Hold::Conflict) => Some(words::DO_CONFLICT),
        State::Held(Hold::Config) => Some(words::DO_CONFIG),
        State::Held(Hold::Data) => Some(words::DO_DATA),
        State::Sent => Some(words::DO_SENT),
        state if !state.is_final() => Some(words::DO_WAIT),
        _ => None,
    };
    let mut said: Vec<String> = what.map(|what| shared.t(what).to_owned()).into_iter().collect();
    if late(shared, line) {
        said.push(shared.t(words::ALARM).to_owned());
    }
    if !line.hub_stopped.is_empty() && !d.state.is_final() {
        said.push(words::HUB_STOPPED.with(shared.lang, &[&line.hub_stopped]));
    } else if !d.last_word.is_empty() {
        said.push(words::LAST_WORD.with(shared.lang, &[&d.last_word]));
    }
    said
}

fn due_word(due: Due) -> T {
    match due {
        Due::Telephone => words::TELEPHONE,
        Due::AskArrival => words::ASK_ARRIVAL,
        Due::FollowUp => words::FOLLOW_UP,
        Due::FirstVisit => words::FIRST_VISIT,
    }
}

fn referral_state(state: referral::State) -> T {
    use referral::State as S;
    match state {
        S::Draft => words::S_DRAFT,
        S::Signed => words::S_SIGNED,
        S::Queued => words::S_QUEUED,
        S::Sent => words::S_SENT,
        S::Received => words::S_RECEIVED,
        S::Accepted => words::S_ACCEPTED,
        S::Rejected => words::S_REJECTED,
        S::Arrived => words::S_ARRIVED,
        S::Treating => words::S_TREATING,
        S::DownSent => words::S_DOWN,
        S::Closed => words::S_CLOSED,
    }
}

fn referral_line(shared: &Shared, line: &ReferralLine) -> (Role, String) {
    let letter = &line.letter;
    let urgency = match letter.urgency {
        Urgency::Emergency => words::EMERGENCY,
        Urgency::Urgent => words::URGENT,
        Urgency::Routine => words::ROUTINE,
    };
    let way = if letter.direction == Direction::Up { words::UP } else { words::DOWN };
    let other = if line.ours {
        words::OURS.with(shared.lang, &[&letter.to.name])
    } else {
        words::THEIRS.with(shared.lang, &[&letter.from.name])
    };
    let role = match (line.due.first(), letter.urgency) {
        (Some(_), Urgency::Emergency) => Role::Danger,
        (Some(_), _) => Role::Warning,
        (None, _) => Role::Base,
    };
    let due = line.due.first().map_or("", |due| shared.t(due_word(*due)));
    let text = format!(
        "{}{}{}{}{}{due}",
        pad(shared.t(way), 6),
        pad(shared.t(urgency), 10),
        pad(&letter.patient.name, 10),
        pad(shared.t(referral_state(line.state)), 10),
        pad(&other, 24),
    );
    (role, text)
}
