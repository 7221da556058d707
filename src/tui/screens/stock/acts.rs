//! 办理: everything that is done with scanned packs beside receiving and dispensing: returns, quarantine, destruction with
//! two names, lost labels, moves, open cases, and taking a mistake back.
use std::collections::VecDeque;

use ratatui::{layout::Rect, text::Line};

use super::{entry::Entry, say_stop};
use crate::{
    services::clinic::trace::Act,
    tui::{
        action::Action,
        draw::{Ui, clip, scroll},
        effect::{Answer, Deed, Effect, Question, Topic},
        field::Field,
        overlays::{Confirm, Overlay, stepped},
        screens::Screen,
        state::{Go, Shared},
        text::{T, stock as words},
        theme::Role,
    },
};

/// What can be done, in the order of the menu's digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    FromPatient,
    ToSupplier,
    Quarantine,
    Release,
    Destroy,
    LostLabel,
    Move,
    OpenCase,
    TakeBack,
}

const KINDS: [(Kind, T); 9] = [
    (Kind::FromPatient, words::ACT_FROM_PATIENT),
    (Kind::ToSupplier, words::ACT_TO_SUPPLIER),
    (Kind::Quarantine, words::ACT_QUARANTINE),
    (Kind::Release, words::ACT_RELEASE),
    (Kind::Destroy, words::ACT_DESTROY),
    (Kind::LostLabel, words::ACT_LOST_LABEL),
    (Kind::Move, words::ACT_MOVE),
    (Kind::OpenCase, words::ACT_OPEN_CASE),
    (Kind::TakeBack, words::ACT_TAKE_BACK),
];

const fn rows(kind: Kind) -> &'static [(T, bool)] {
    match kind {
        Kind::FromPatient => &[(words::ACT_REASON, true), (words::ACT_UNITS, false)],
        Kind::ToSupplier => {
            &[(words::ACT_SUPPLIER, true), (words::ACT_BILL, false), (words::ACT_REASON, true)]
        }
        Kind::Quarantine | Kind::TakeBack => &[(words::ACT_REASON, true)],
        Kind::Release | Kind::LostLabel => &[(words::ACT_REASON, true), (words::ACT_SECOND, true)],
        Kind::Destroy => {
            &[(words::ACT_REASON, true), (words::ACT_EXECUTOR, true), (words::ACT_SUPERVISOR, true)]
        }
        Kind::Move => &[(words::ACT_PLACE, true)],
        Kind::OpenCase => &[],
    }
}

/// A scanned pack that the act may be done to.
#[derive(Debug)]
struct Chosen {
    code: String,
    text: String,
}

#[derive(Debug, Default)]
pub struct ActDesk {
    kind: Option<Kind>,
    at: usize,
    entry: Entry,
    chosen: Vec<Chosen>,
    /// Scans that wait to be judged, also those from before the act was chosen: none is lost.
    waiting: VecDeque<String>,
    asked: bool,
    keeping: bool,
}

impl From<ActDesk> for Screen {
    fn from(screen: ActDesk) -> Self {
        Self::Acts(Box::new(screen))
    }
}

impl ActDesk {
    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        match self.kind {
            None => vec![Action::ChooseAct, Action::Submit, Action::Next, Action::Previous],
            Some(kind) => {
                let mut actions = vec![Action::Submit];
                if !self.chosen.is_empty() {
                    actions.push(Action::PutBack);
                }
                if !rows(kind).is_empty() {
                    actions.extend([
                        Action::NextField,
                        Action::PreviousField,
                        Action::Next,
                        Action::Previous,
                    ]);
                }
                actions
            }
        }
    }

    pub fn has_field(&self) -> bool {
        self.kind.is_some_and(|kind| !rows(kind).is_empty())
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        if self.has_field() { self.entry.field() } else { None }
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        if self.keeping {
            return;
        }
        self.waiting.push_back(code.to_owned());
        if self.kind.is_none() {
            let text = shared.t(words::ACT_CHOOSE_FIRST);
            shared.say(Role::Caution, text);
        }
        self.next(shared);
    }

    fn next(&mut self, shared: &mut Shared) {
        let Some(deed) = self.deed().filter(|_| !self.asked) else { return };
        let Some(code) = self.waiting.pop_front() else { return };
        self.asked = true;
        shared.ask(Question::CheckDeed { deed: Box::new(deed), code });
    }

    fn deed(&self) -> Option<Deed> {
        let text = |row| self.entry.text(row);
        let act = match self.kind? {
            Kind::FromPatient => {
                Act::ReturnFromPatient { reason: text(0), units: text(1).parse().ok() }
            }
            Kind::ToSupplier => {
                Act::ReturnToSupplier { supplier: text(0), bill: text(1), reason: text(2) }
            }
            Kind::Quarantine => Act::Quarantine { reason: text(0) },
            Kind::Release => Act::Release { reason: text(0), second: text(1) },
            Kind::Destroy => {
                Act::Destroy { reason: text(0), executor: text(1), supervisor: text(2) }
            }
            Kind::LostLabel => Act::LostLabel { reason: text(0), second: text(1) },
            Kind::Move => Act::Move { place: text(0) },
            Kind::OpenCase => Act::OpenCase,
            Kind::TakeBack => return Some(Deed::TakeBack { reason: text(0) }),
        };
        Some(Deed::Act(act))
    }

    fn choose(&mut self, shared: &mut Shared, n: usize) {
        let Some((kind, _)) = KINDS.get(n) else { return };
        (self.kind, self.entry) = (Some(*kind), Entry::new(rows(*kind)));
        if *kind == Kind::Destroy {
            let me = shared.me.as_ref().map(|me| me.name.clone()).unwrap_or_default();
            self.entry.set(1, &me);
        }
        self.next(shared);
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, nth): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match (action, self.kind) {
            (Action::ChooseAct, None) => self.choose(shared, nth),
            (Action::Submit, None) => self.choose(shared, self.at),
            (_, None) => self.at = stepped(self.at, action, KINDS.len()),
            (Action::Submit, Some(kind)) => return Some(self.enter(shared, kind)),
            (Action::PutBack, _) => {
                self.chosen.pop();
            }
            _ => self.entry.step(action),
        }
        Some(Go::Stay)
    }

    fn enter(&mut self, shared: &mut Shared, kind: Kind) -> Go {
        if self.asked || self.keeping || !self.waiting.is_empty() || !self.entry.enter() {
            return Go::Stay;
        }
        if self.chosen.is_empty() {
            let text = shared.t(words::COUNTER_NOTHING);
            shared.say(Role::Caution, text);
            return Go::Stay;
        }
        if kind == Kind::FromPatient && !self.entry.text(1).is_empty() {
            let units = self.entry.text(1).parse::<u32>();
            if units.map_or(true, |units| units == 0) {
                let text = shared.t(words::UNITS_WRONG);
                shared.say(Role::Danger, text);
                return Go::Stay;
            }
        }
        if matches!(kind, Kind::Destroy | Kind::ToSupplier) {
            let name = shared.t(title(kind));
            let what = words::ACT_CONFIRM.with(shared.lang, &[&name, &self.chosen.len()]);
            return Go::open(Overlay::Confirm(Confirm::Stock { what }));
        }
        self.confirmed(shared);
        Go::Stay
    }

    /// The question was answered with yes, or none was needed.
    pub fn confirmed(&mut self, shared: &mut Shared) {
        let Some(deed) = self.deed().filter(|_| !self.keeping) else { return };
        self.keeping = true;
        let codes = self.chosen.iter().map(|chosen| chosen.code.clone()).collect();
        shared.ask(Question::DoDeed { deed: Box::new(deed), codes });
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::DeedMay(packs) => {
                self.asked = false;
                // A mistake is taken back one pack at a time, so that no half of several is done.
                if self.kind == Some(Kind::TakeBack) {
                    self.chosen.clear();
                }
                for (scanned, note) in packs {
                    let code = scanned.pack.code;
                    if self.chosen.iter().any(|chosen| chosen.code == code) {
                        shared.effects.push(Effect::Bell(1));
                        let text = words::SCANNED_TWICE.with(shared.lang, &[&code]);
                        shared.say(Role::Caution, text);
                        continue;
                    }
                    shared.effects.push(Effect::Bell(0));
                    let text = format!("{}  {code}  {note}", scanned.label);
                    self.chosen.push(Chosen { code, text });
                }
                self.next(shared);
            }
            Answer::DeedDone(packs) => {
                let text = words::ACT_DONE.with(shared.lang, &[&packs]);
                shared.say(Role::Good, text);
                shared.ask(Question::Stock);
                return Ok(Go::Back);
            }
            Answer::Stopped(stop) => {
                (self.asked, self.keeping) = (false, false);
                say_stop(shared, &stop);
                self.next(shared);
            }
            Answer::Failed(Topic::Deed, failure) => {
                (self.asked, self.keeping) = (false, false);
                shared.fail(&failure);
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let Some(kind) = self.kind else {
            let inner = ui.boxed(area, shared.t(words::ACTS_TITLE), true);
            let lines = KINDS.iter().enumerate().map(|(n, (_, name))| {
                let role = if n == self.at { Role::Selected } else { Role::Base };
                Line::from(ui.span(role, format!(" {}  {}", n + 1, shared.t(*name))))
            });
            let lines = lines.collect();
            ui.lines(inner, lines);
            return;
        };
        let inner = ui.boxed(area, shared.t(title(kind)), true);
        self.entry.view(ui, shared, inner);
        let used = self.entry.height();
        let hint = Rect { y: inner.y + used, height: 1, ..inner };
        let text = words::ACT_SCAN.with(shared.lang, &[&self.chosen.len()]);
        ui.line(hint, Line::from(ui.span(Role::Muted, text)));
        let height = inner.height.saturating_sub(used + 1);
        let rest = Rect { y: inner.y + used + 1, height, ..inner };
        let wide = usize::from(inner.width);
        let top = scroll(self.chosen.len(), self.chosen.len(), height.into());
        let lines = self
            .chosen
            .iter()
            .skip(top)
            .map(|one| Line::from(ui.span(Role::Accent, clip(&format!("  ✓ {}", one.text), wide))))
            .collect();
        ui.lines(rest, lines);
    }
}

fn title(kind: Kind) -> T {
    KINDS.iter().find(|(known, _)| *known == kind).map_or(words::ACTS_TITLE, |(_, name)| *name)
}
