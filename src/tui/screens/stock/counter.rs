//! Dispensing a signed prescription: each scan is judged by the records, one key gives everything out.
use std::collections::VecDeque;

use ratatui::{layout::Rect, text::Line};

use super::say_stop;
use crate::{
    services::clinic::trace::Counter,
    tui::{
        action::Action,
        draw::{Ui, clip},
        effect::{Answer, Effect, Question},
        field::Field,
        screens::Screen,
        state::{Go, Shared},
        text::stock as words,
        theme::Role,
    },
};

#[derive(Debug, Default)]
pub struct CounterDesk {
    /// The sheet's number before it is open, the units of the next scan after it.
    field: Field,
    counter: Option<Box<Counter>>,
    /// Scans that wait for the one before to be judged: none is lost, however fast the hand.
    waiting: VecDeque<String>,
    asked: bool,
    finishing: bool,
}

impl From<CounterDesk> for Screen {
    fn from(screen: CounterDesk) -> Self {
        Self::Counter(Box::new(screen))
    }
}

impl CounterDesk {
    pub fn open(counter: Counter) -> Self {
        Self { counter: Some(Box::new(counter)), ..Self::default() }
    }

    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        let mut actions = vec![Action::Submit];
        if self.counter.as_ref().is_some_and(|counter| !counter.taken.is_empty()) {
            actions.push(Action::PutBack);
        }
        if self.counter.is_some() && !self.asked && !self.finishing {
            actions.push(Action::FromPool);
        }
        actions
    }

    pub const fn has_field(&self) -> bool {
        true
    }

    pub const fn field(&mut self) -> Option<&mut Field> {
        Some(&mut self.field)
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        if self.counter.is_none() || self.finishing {
            return;
        }
        self.waiting.push_back(code.to_owned());
        self.next(shared);
    }

    fn next(&mut self, shared: &mut Shared) {
        if self.asked {
            return;
        }
        let (Some(counter), Some(code)) = (&self.counter, self.waiting.pop_front()) else { return };
        let units = self.field.text().trim().parse().ok();
        self.asked = true;
        shared.ask(Question::CounterScan { counter: counter.clone(), code, units });
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        match (action, &mut self.counter) {
            (Action::Submit, None) => {
                let sheet = self.field.text().trim().to_owned();
                if !sheet.is_empty() {
                    shared.ask(Question::OpenCounter(sheet));
                }
            }
            (Action::Submit, Some(_))
                if self.asked || self.finishing || !self.waiting.is_empty() => {}
            (Action::Submit, Some(counter)) if counter.taken.is_empty() => {
                let text = shared.t(words::COUNTER_NOTHING);
                shared.say(Role::Caution, text);
            }
            (Action::Submit, Some(counter)) => {
                self.finishing = true;
                shared.ask(Question::CounterFinish(counter.clone()));
            }
            (Action::FromPool, Some(counter)) if !self.asked && !self.finishing => {
                self.asked = true;
                shared.ask(Question::CounterPool(counter.clone()));
            }
            (Action::PutBack, Some(counter)) if !self.asked && !self.finishing => {
                if let Some(taken) = counter.taken.pop()
                    && let Some(wanted) =
                        counter.wanted.iter_mut().find(|wanted| wanted.line == taken.line)
                {
                    wanted.taken = wanted.taken.saturating_sub(taken.portion.units);
                }
            }
            _ => return None,
        }
        Some(Go::Stay)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Counter(counter) => {
                self.field.set("");
                self.counter = Some(counter);
            }
            Answer::Scanned { counter, stop } => {
                self.asked = false;
                self.field.set("");
                self.counter = Some(counter);
                match stop {
                    Some(stop) => say_stop(shared, &stop),
                    None => shared.effects.push(Effect::Bell(0)),
                }
                self.next(shared);
            }
            Answer::GivenOut(packs) => {
                let text = words::COUNTER_DONE.with(shared.lang, &[&packs]);
                shared.say(Role::Good, text);
                shared.ask(Question::Stock);
                return Ok(Go::Back);
            }
            Answer::Stopped(stop) => {
                (self.asked, self.finishing) = (false, false);
                say_stop(shared, &stop);
            }
            Answer::Failed(crate::tui::effect::Topic::Counter, failure) => {
                (self.asked, self.finishing) = (false, false);
                shared.fail(&failure);
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let (sheet, name) = self
            .counter
            .as_ref()
            .map_or(("", ""), |counter| (counter.sheet.as_str(), counter.patient_name.as_str()));
        let inner = ui.boxed(area, &words::COUNTER_TITLE.with(shared.lang, &[&sheet, &name]), true);
        let label = if self.counter.is_some() { words::COUNTER_UNITS } else { words::COUNTER_ASK };
        ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(label))));
        let field = Rect { y: inner.y + 1, height: 1, width: inner.width.min(24), ..inner };
        ui.field(field, &self.field, true);
        let Some(counter) = &self.counter else { return };
        let wide = usize::from(inner.width);
        let mut lines = vec![Line::from(ui.span(Role::Heading, shared.t(words::COUNTER_SCAN)))];
        for wanted in &counter.wanted {
            let quantity =
                wanted.quantity.map_or_else(|| "-".to_owned(), |quantity| quantity.to_string());
            let want = format!("{quantity}{}", wanted.quantity_unit);
            let text =
                words::COUNTER_LINE.with(shared.lang, &[&wanted.name, &want, &wanted.taken, &""]);
            let role = if wanted.taken > 0 { Role::Good } else { Role::Base };
            lines.push(Line::from(
                ui.span(role, clip(&format!("{}. {text}", wanted.line + 1), wide)),
            ));
        }
        for taken in counter.taken.iter().rev() {
            let split = if taken.portion.split { shared.t(words::COUNTER_SPLIT) } else { "" };
            let text = words::COUNTER_TAKEN.with(
                shared.lang,
                &[
                    &taken.label,
                    &taken.portion.code,
                    &taken.portion.units,
                    &taken.unit,
                    &split,
                    &taken.left,
                ],
            );
            lines.push(Line::from(ui.span(Role::Accent, clip(&format!("  ✓ {text}"), wide))));
        }
        let rest = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
        ui.lines(rest, lines);
    }
}
