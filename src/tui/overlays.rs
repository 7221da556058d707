//! What lies over a screen for a moment: help, commands, search, messages, one question.
use super::{
    action::Action,
    effect::{Answer, Decided, Effect, Question, Topic},
    field::Field,
    rx_tools::{SaveTemplate, calculators::Calculators, refill::Refill, second::SecondSign},
    screens::{Screen, follow_up as follow_ups},
    search::Search,
    state::{Go, Shared, State},
    text::{Lang, follow_up, priors, rx_tools},
    theme::Role,
    update::{at_desk, follow, live, perform as perform_below, sign_out},
};
use crate::domain::{
    followup::register::EnrolmentId,
    patient::PatientId,
    share::recognition::Repeat,
    spelling::{Spellings, spellings},
    visit::DraftId,
};

#[derive(Debug)]
pub enum Overlay {
    Help {
        top: usize,
    },
    Messages {
        top: usize,
    },
    Palette(Box<Palette>),
    Search(Box<Search>),
    Confirm(Confirm),
    /// A diagnosis in the doctor's own words.
    OwnDiagnosis(Field),
    /// Own words for reason 9.
    OwnReason(Field),
    Refill(Box<Refill>),
    SaveTemplate(Box<SaveTemplate>),
    /// Weeks and reason.
    LongTerm(Field),
    /// Lost, dead, moved, closed: digit and cause.
    Status(Box<StatusBox>),
    Calculators(Box<Calculators>),
    SecondSign(Box<SecondSign>),
    /// A test is repeated although its result is there.
    Repeat(Box<RepeatBox>),
}

/// The decision as it will be kept, and the words with it.
#[derive(Debug)]
pub struct RepeatBox {
    pub decided: Decided,
    pub words: Field,
}

impl RepeatBox {
    /// What is kept; `None` = this reason needs words.
    fn kept(&self) -> Option<Decided> {
        let (reason, _) = self.decided.repeat.as_ref()?;
        let words = self.words.text().trim().to_owned();
        let silent = *reason == Repeat::E6 && words.is_empty();
        (!silent).then(|| Decided { repeat: Some((*reason, words)), ..self.decided.clone() })
    }
}

/// Whose place in a programme is changed.
#[derive(Debug)]
pub struct StatusBox {
    pub enrolment: EnrolmentId,
    pub name: String,
    pub programme: String,
    pub field: Field,
}

#[derive(Debug)]
pub struct Palette {
    pub query: Field,
    pub at: usize,
}

/// Asked before what is hard to take back; the question names the patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirm {
    LeaveVisit {
        name: String,
    },
    Sign {
        name: String,
    },
    Remove {
        id: PatientId,
        name: String,
    },
    DiscardForm {
        id: PatientId,
        form: String,
        name: String,
    },
    /// Signs that call for the hospital now; nothing goes on before they were read.
    Danger {
        name: String,
        signs: Vec<String>,
    },
    Discard {
        id: DraftId,
        name: String,
    },
    /// Something with packs that is hard to take back, said in one question.
    Stock {
        what: String,
    },
    /// A record is not sent any more.
    GiveUp {
        id: crate::domain::share::DeliveryId,
        name: String,
    },
    SignOut,
    Quit,
}

impl Overlay {
    pub fn palette() -> Self {
        Self::Palette(Box::new(Palette { query: Field::line(), at: 0 }))
    }

    pub fn search() -> Self {
        Self::Search(Box::new(Search::new()))
    }

    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        match self {
            Self::Help { .. } | Self::Messages { .. } => {
                vec![Action::Back, Action::Next, Action::Previous, Action::PageDown, Action::PageUp]
            }
            Self::Palette(_) => {
                vec![Action::Submit, Action::Next, Action::Previous, Action::Back]
            }
            Self::Search(search) => search.actions(),
            Self::Confirm(_) => vec![Action::Yes, Action::Back],
            Self::OwnDiagnosis(_)
            | Self::OwnReason(_)
            | Self::LongTerm(_)
            | Self::Status(_)
            | Self::Repeat(_) => {
                vec![Action::Submit, Action::Back]
            }
            Self::Refill(refill) => refill.actions(),
            Self::SecondSign(_) => SecondSign::actions(),
            Self::SaveTemplate(save) => {
                let mut actions = vec![Action::Submit];
                if save.may_share {
                    actions.push(Action::SwitchFocus);
                }
                actions.push(Action::Back);
                actions
            }
            Self::Calculators(_) => vec![
                Action::Submit,
                Action::Next,
                Action::Previous,
                Action::PageDown,
                Action::PageUp,
                Action::Back,
            ],
        }
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        match self {
            Self::Palette(palette) => Some(&mut palette.query),
            Self::Search(search) if !search.on_hits => Some(&mut search.query),
            Self::OwnDiagnosis(field) | Self::OwnReason(field) | Self::LongTerm(field) => {
                Some(field)
            }
            Self::SaveTemplate(save) => Some(&mut save.name),
            Self::Status(status) => Some(&mut status.field),
            Self::Repeat(repeat) => Some(&mut repeat.words),
            Self::Calculators(sums) => sums.field(),
            Self::SecondSign(second) => Some(second.field()),
            _ => None,
        }
    }

    pub const fn has_field(&self) -> bool {
        match self {
            Self::Search(search) => !search.on_hits,
            Self::Palette(_)
            | Self::OwnDiagnosis(_)
            | Self::OwnReason(_)
            | Self::LongTerm(_)
            | Self::SecondSign(_)
            | Self::Status(_)
            | Self::Repeat(_)
            | Self::SaveTemplate(_)
            | Self::Calculators(_) => true,
            _ => false,
        }
    }

    pub fn edited(&mut self, shared: &mut Shared) {
        match self {
            Self::Palette(palette) => palette.at = 0,
            Self::Search(search) => search.edited(shared),
            Self::SecondSign(second) => second.edited(),
            _ => {}
        }
    }

    /// What was asked before the knowledge was loaded is asked again.
    pub fn knowledge_came(&mut self, shared: &mut Shared) {
        match self {
            Self::Search(search) => search.ask_again(shared),
            other => other.edited(shared),
        }
    }

    /// Takes an answer that belongs here, gives back any other.
    pub fn answered(&mut self, answer: Answer) -> Option<Answer> {
        match (self, answer) {
            (Self::Refill(refill), Answer::RxSources { past, templates }) => {
                refill.filled(past, templates);
                None
            }
            (Self::SecondSign(second), Answer::SecondSigners(signers)) => {
                second.may(signers);
                None
            }
            (Self::SecondSign(second), Answer::Failed(Topic::SecondSign, failure)) => {
                second.refused(failure);
                None
            }
            (Self::Search(search), answer) => search.answered(answer),
            (_, answer) => Some(answer),
        }
    }
}

/// Commands that fit what was typed: part of the name, full pinyin or initials; best first.
pub fn commands(state: &State, query: &str) -> Vec<Action> {
    let query = query.trim().to_lowercase();
    let lang = state.shared.lang;
    let below = {
        // What could be done if the palette were closed.
        let mut actions = live_below(state);
        actions.retain(|action| {
            !matches!(
                action,
                Action::Palette
                    | Action::Pick
                    | Action::CopyRow
                    | Action::Reason
                    | Action::Next
                    | Action::Previous
                    | Action::PageUp
                    | Action::PageDown
            )
        });
        actions
    };
    let mut ranked: Vec<(u8, Action)> = below
        .into_iter()
        .filter_map(|action| fits(action, &query, lang).map(|rank| (rank, action)))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, action)| action).collect()
}

/// How well a command fits, 0 = best; `None` = not at all.
pub fn fits(action: Action, query: &str, lang: Lang) -> Option<u8> {
    if query.is_empty() {
        return Some(0);
    }
    let hint = action.hint().zh;
    let Spellings { full, initials } = spellings(hint);
    let begins = |list: &[String]| list.iter().any(|s| s.starts_with(query));
    if hint.starts_with(query) || initials.iter().any(|s| s == query) {
        Some(0)
    } else if begins(&initials) || begins(&full) || action.id().starts_with(query) {
        Some(1)
    } else if hint.contains(query) || action.help().get(lang).to_lowercase().contains(query) {
        Some(2)
    } else if full.iter().any(|s| s.contains(query)) || action.id().contains(query) {
        Some(3)
    } else {
        None
    }
}

/// The live actions of what lies under the overlay.
pub fn live_below(state: &State) -> Vec<Action> {
    let mut actions =
        state.screens.last().map_or_else(Vec::new, |screen| screen.actions(&state.shared));
    if at_desk(state) {
        actions.extend([Action::Search, Action::Calculate]);
    }
    if state.screens.len() > 1 {
        actions.push(Action::Back);
    }
    actions.extend([Action::Help, Action::Messages]);
    if at_desk(state) {
        actions.extend([Action::Lock, Action::SignOut]);
    }
    actions
}

pub fn perform(state: &mut State, (action, nth): (Action, usize)) -> bool {
    if !live(state).contains(&action) {
        return false;
    }
    if action == Action::Back {
        let stays = match &mut state.overlay {
            Some(Overlay::Search(search)) => search.back(),
            _ => false,
        };
        if !stays {
            state.overlay = None;
        }
        return true;
    }
    let found = match &state.overlay {
        Some(Overlay::Palette(palette)) => commands(state, palette.query.text()),
        _ => vec![],
    };
    let Some(overlay) = &mut state.overlay else { return false };
    match overlay {
        Overlay::Help { top } | Overlay::Messages { top } => {
            *top = stepped(*top, action, usize::MAX);
        }
        Overlay::Palette(palette) => {
            if action == Action::Submit {
                if let Some(chosen) = found.get(palette.at).copied() {
                    state.overlay = None;
                    return perform_below(state, (chosen, 0));
                }
            } else {
                palette.at = stepped(palette.at, action, found.len());
            }
        }
        Overlay::Search(search) => search.perform((action, nth), &mut state.shared),
        Overlay::Confirm(confirm) => {
            let confirm = confirm.clone();
            state.overlay = None;
            confirmed(state, &confirm);
        }
        Overlay::OwnDiagnosis(field) => {
            let name = field.text().trim().to_owned();
            state.overlay = None;
            if let Some(Screen::Visit(visit)) = state.screens.last_mut()
                && !name.is_empty()
            {
                visit.pick_own(&name, &mut state.shared);
            }
        }
        Overlay::Refill(_) => refill(state, action, nth),
        Overlay::SaveTemplate(save) => {
            if action == Action::SwitchFocus {
                save.switch();
                return true;
            }
            let (name, scope) = (save.name.text().trim().to_owned(), save.scope);
            if let Some(Screen::Visit(visit)) = state.screens.last_mut()
                && !name.is_empty()
            {
                state.overlay = None;
                visit.keep_as_template(name, scope, &mut state.shared);
            }
        }
        Overlay::LongTerm(field) => {
            let text = field.text().trim().to_owned();
            if let Some(Screen::Visit(visit)) = state.screens.last_mut()
                && !text.is_empty()
            {
                state.overlay = None;
                visit.ask_for_long_term(&text, &mut state.shared);
            }
        }
        Overlay::Repeat(repeat) => {
            if let Some(decided) = repeat.kept() {
                state.overlay = None;
                state.shared.ask(Question::DecidePrior(Box::new(decided)));
            } else {
                let text = state.shared.t(priors::NEEDS_WORDS);
                state.shared.say(Role::Warning, text);
            }
        }
        Overlay::Status(status) => {
            if let Some((question, said)) = follow_ups::status_typed(status) {
                let said = follow_up::STATUS_SET.with(state.shared.lang, &[&status.name, &said]);
                state.overlay = None;
                state.shared.say(Role::Good, said);
                state.shared.ask(question);
            } else {
                let text = state.shared.t(follow_up::STATUS_WRONG);
                state.shared.say(Role::Warning, text);
            }
        }
        Overlay::Calculators(sums) => sums.step(action),
        Overlay::SecondSign(second) => {
            if let Some(typed) = second.step(action)
                && let Some(Screen::Visit(visit)) = state.screens.last()
            {
                let stops = second.stops.clone();
                visit.ask_second((stops, typed), &mut state.shared);
            }
        }
        Overlay::OwnReason(field) => {
            let words = field.text().trim().to_owned();
            if let Some(Screen::Visit(visit)) = state.screens.last_mut()
                && visit.answer_in_words(&words, &mut state.shared)
            {
                state.overlay = None;
            }
        }
    }
    true
}

/// The list of earlier prescriptions and templates.
fn refill(state: &mut State, action: Action, nth: usize) {
    let Some(Overlay::Refill(refill)) = &mut state.overlay else { return };
    match action {
        Action::SwitchFocus => refill.switch(),
        Action::Next | Action::Previous => refill.step(action),
        Action::PutAway => {
            if let Some(template) = refill.template() {
                let (id, name) = (template.id, template.name.clone());
                refill.away = Some(id);
                let text = rx_tools::PUT_AWAY.with(state.shared.lang, &[&name]);
                state.shared.say(Role::Caution, text);
                state.shared.ask(Question::PutTemplateAway(id));
            }
        }
        Action::UndoLines => {
            if let Some(id) = refill.away.take() {
                state.shared.ask(Question::BringTemplateBack(id));
            }
        }
        Action::Submit | Action::CopyRow => {
            let at = if action == Action::CopyRow { nth } else { refill.at };
            if let Some((lines, from)) = refill.chosen(at, state.shared.lang) {
                state.overlay = None;
                if let Some(Screen::Visit(visit)) = state.screens.last_mut() {
                    visit.copy_lines(&lines, &from, &mut state.shared);
                }
            }
        }
        _ => {}
    }
}

fn confirmed(state: &mut State, confirm: &Confirm) {
    match confirm {
        Confirm::LeaveVisit { .. } => follow(state, Go::Back),
        Confirm::DiscardForm { id, form, .. } => {
            state.shared.ask(Question::DiscardForm(*id, form.clone()));
            if let Some(Screen::FollowUpForm(open)) = state.screens.last_mut() {
                open.discarded();
            }
            follow(state, Go::Back);
        }
        Confirm::Danger { .. } => {}
        Confirm::Sign { .. } => {
            if let Some(Screen::Visit(visit)) = state.screens.last_mut() {
                visit.sign(&mut state.shared);
            }
        }
        Confirm::Remove { id, .. } => state.shared.ask(Question::RemoveFromWaiting(*id)),
        Confirm::Discard { id, .. } => {
            state.shared.ask(Question::DiscardDraft(*id));
            if let Some(Screen::Visit(visit)) = state.screens.last_mut() {
                visit.discarded();
            }
            follow(state, Go::Back);
        }
        Confirm::Stock { .. } => {
            if let Some(screen) = state.screens.last_mut() {
                screen.confirmed(&mut state.shared);
            }
        }
        Confirm::GiveUp { id, .. } => state.shared.ask(Question::GiveUp(*id)),
        Confirm::SignOut => sign_out(state),
        Confirm::Quit => state.shared.effects.push(Effect::Quit),
    }
}

/// A row number after an arrow or page key, kept inside `0..len`.
pub fn stepped(at: usize, action: Action, len: usize) -> usize {
    let last = len.saturating_sub(1);
    match action {
        Action::Next => (at + 1).min(last),
        Action::Previous => at.saturating_sub(1),
        Action::PageDown => at.saturating_add(10).min(last),
        Action::PageUp => at.saturating_sub(10),
        _ => at,
    }
}
