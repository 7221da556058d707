//! 盘点: a place is named, its boxes are scanned, the differences are shown, and only then booked, with the reason.
use std::collections::{BTreeMap, VecDeque};

use ratatui::{layout::Rect, text::Line};

use super::{entry::Entry, say_stop};
use crate::{
    domain::trace::refusal::Refusal,
    services::clinic::trace::{CountReport, Difference, Stop},
    tui::{
        action::Action,
        draw::{Ui, clip, scroll},
        effect::{Answer, Effect, Question, Topic},
        field::Field,
        overlays::stepped,
        screens::Screen,
        state::{Go, Shared},
        text::stock as words,
        theme::Role,
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Place,
    Scanning,
    Compared,
}

#[derive(Debug)]
pub struct CountDesk {
    stage: Stage,
    entry: Entry,
    place: String,
    scans: Vec<String>,
    left: BTreeMap<String, u32>,
    waiting: VecDeque<String>,
    asked: bool,
    working: bool,
    report: Box<CountReport>,
    at: usize,
}

impl From<CountDesk> for Screen {
    fn from(screen: CountDesk) -> Self {
        Self::Count(Box::new(screen))
    }
}

impl Default for CountDesk {
    fn default() -> Self {
        Self {
            stage: Stage::Place,
            entry: Entry::new(&[(words::COUNT_PLACE, false)]),
            place: String::new(),
            scans: vec![],
            left: BTreeMap::new(),
            waiting: VecDeque::new(),
            asked: false,
            working: false,
            report: Box::default(),
            at: 0,
        }
    }
}

impl CountDesk {
    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        let mut actions = vec![Action::Submit];
        if self.stage == Stage::Scanning && !self.scans.is_empty() {
            actions.push(Action::PutBack);
        }
        if self.stage == Stage::Compared {
            actions.extend([Action::Next, Action::Previous]);
        }
        actions
    }

    pub const fn has_field(&self) -> bool {
        true
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        self.entry.field()
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        if self.working {
            return;
        }
        match self.stage {
            Stage::Place => {
                self.place = self.entry.text(0);
                self.scanning();
            }
            // Something was forgotten: the count goes on.
            Stage::Compared => self.scanning(),
            Stage::Scanning => {}
        }
        self.waiting.push_back(code.to_owned());
        self.next(shared);
    }

    fn scanning(&mut self) {
        self.stage = Stage::Scanning;
        self.entry = Entry::new(&[(words::COUNT_LEFT, false)]);
    }

    fn next(&mut self, shared: &mut Shared) {
        if self.asked {
            return;
        }
        if let Some(code) = self.waiting.pop_front() {
            self.asked = true;
            shared.ask(Question::LookAt(code));
        }
    }

    fn keep(&mut self, shared: &mut Shared, code: String) {
        if self.scans.contains(&code) {
            shared.effects.push(Effect::Bell(1));
            let text = words::SCANNED_TWICE.with(shared.lang, &[&code]);
            shared.say(Role::Caution, text);
            return;
        }
        if let Ok(units) = self.entry.text(0).parse() {
            self.left.insert(code.clone(), units);
            self.entry.set(0, "");
        }
        self.scans.push(code);
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match (action, self.stage) {
            (Action::Submit, Stage::Place) => {
                self.place = self.entry.text(0);
                self.scanning();
            }
            (Action::Submit, _) if self.asked || self.working || !self.waiting.is_empty() => {}
            (Action::Submit, Stage::Scanning) => {
                self.working = true;
                shared.ask(Question::Count {
                    place: self.place.clone(),
                    scans: self.scans.clone(),
                    left: self.left.clone(),
                });
            }
            (Action::Submit, Stage::Compared) => self.book(shared),
            (Action::PutBack, _) => {
                if let Some(code) = self.scans.pop() {
                    self.left.remove(&code);
                }
            }
            _ => self.at = stepped(self.at, action, self.report.differences.len()),
        }
        Some(Go::Stay)
    }

    fn book(&mut self, shared: &mut Shared) {
        let bookable = |difference: &Difference| {
            matches!(difference, Difference::Loss { .. } | Difference::Gain { .. })
        };
        if !self.report.differences.iter().any(bookable) {
            let text = shared.t(words::COUNT_NOTHING);
            shared.say(Role::Good, text);
            return;
        }
        if self.entry.enter() {
            self.working = true;
            let (report, reason) = (self.report.clone(), self.entry.text(0));
            shared.ask(Question::BookCount { report, reason });
        }
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::LookedAt(packs) => {
                self.asked = false;
                shared.effects.push(Effect::Bell(0));
                for scanned in packs {
                    self.keep(shared, scanned.pack.code);
                }
                self.next(shared);
            }
            Answer::Counted(report) => {
                self.working = false;
                if report.kept.is_some() {
                    let text = words::COUNT_BOOKED.with(shared.lang, &[&report.differences.len()]);
                    shared.say(Role::Good, text);
                    shared.ask(Question::Stock);
                    return Ok(Go::Back);
                }
                if !report.differences.is_empty() {
                    shared.effects.push(Effect::Bell(3));
                }
                (self.report, self.stage, self.at) = (report, Stage::Compared, 0);
                self.entry = Entry::new(&[(words::ACT_REASON, true)]);
            }
            Answer::Stopped(stop) => {
                (self.asked, self.working) = (false, false);
                say_stop(shared, &stop);
                // What was never received still lies there: it belongs into the report.
                if let Stop::Refused { code, refusal: Refusal::NeverReceived } = stop {
                    self.keep(shared, code);
                }
                self.next(shared);
            }
            Answer::Failed(Topic::Look | Topic::Count, failure) => {
                (self.asked, self.working) = (false, false);
                shared.fail(&failure);
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let inner = ui.boxed(area, &words::COUNT_TITLE.with(shared.lang, &[&self.place]), true);
        self.entry.view(ui, shared, inner);
        let hint = match self.stage {
            Stage::Place => shared.t(words::COUNT_ASK).to_owned(),
            Stage::Scanning => words::COUNT_SCANNED.with(shared.lang, &[&self.scans.len()]),
            Stage::Compared => words::COUNT_SUM.with(
                shared.lang,
                &[&self.report.counted, &self.report.fits, &self.report.differences.len()],
            ),
        };
        let line = Rect { y: inner.y + 1, height: 1, ..inner };
        ui.line(line, Line::from(ui.span(Role::Heading, hint)));
        let height = inner.height.saturating_sub(2);
        let rest = Rect { y: inner.y + 2, height, ..inner };
        let wide = usize::from(inner.width);
        let lines: Vec<Line> = if self.stage == Stage::Compared {
            let top = scroll(self.at, self.report.differences.len(), height.into());
            let shown = self.report.differences.iter().enumerate().skip(top);
            shown
                .map(|(n, difference)| {
                    let (role, text) = told(shared, difference);
                    let role = if n == self.at { Role::Selected } else { role };
                    Line::from(ui.span(role, clip(&text, wide)))
                })
                .collect()
        } else {
            let newest = self.scans.iter().rev().map(|code| {
                let left = self.left.get(code).map_or_else(String::new, |n| format!("  {n}"));
                Line::from(ui.span(Role::Accent, format!("  ✓ {code}{left}")))
            });
            newest.collect()
        };
        ui.lines(rest, lines);
    }
}

fn told(shared: &Shared, difference: &Difference) -> (Role, String) {
    let lang = shared.lang;
    match difference {
        Difference::Loss { pack, units } => {
            (Role::Danger, words::COUNT_LOSS.with(lang, &[&pack.code, units, &pack.place]))
        }
        Difference::Gain { pack, units } => {
            (Role::Warning, words::COUNT_GAIN.with(lang, &[&pack.code, units]))
        }
        Difference::Elsewhere { pack } => {
            let state = super::state_name(pack.state, lang);
            (Role::Caution, words::COUNT_ELSEWHERE.with(lang, &[&pack.code, &state, &pack.place]))
        }
        Difference::Unknown { code } => (Role::Danger, words::COUNT_UNKNOWN.with(lang, &[code])),
    }
}
