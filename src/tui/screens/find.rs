//! Finding a person by name, initials, end of the ID number or telephone.
use ratatui::{layout::Rect, text::Line};

use super::{Screen, chart::Chart, register::Register, visit::Visit, waiting::open_patient};
use crate::{
    domain::{patient::PatientLine, role},
    tui::{
        action::Action,
        draw::{Ui, pad, scroll},
        effect::{Answer, Question},
        field::Field,
        overlays::stepped,
        people,
        state::{Go, Shared},
        text::people as words,
        theme::Role,
    },
};

#[derive(Debug, Default)]
pub struct Find {
    pub query: Field,
    pub found: Vec<PatientLine>,
    pub at: usize,
    /// What the list answers to; another text means that the answer is on its way.
    answered_to: String,
    added: Option<String>,
}

impl From<Find> for Screen {
    fn from(screen: Find) -> Self {
        Self::Find(screen)
    }
}

impl Find {
    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        let mut actions = vec![];
        if !self.found.is_empty() {
            actions.extend([Action::SeePatient, Action::Next, Action::Previous, Action::History]);
            if shared.may(role::Action::ChangeWaitingList) {
                actions.push(Action::AddToWaiting);
            }
        }
        if shared.may(role::Action::RegisterPatient) {
            actions.push(Action::RegisterPatient);
        }
        actions
    }

    pub const fn has_field(&self) -> bool {
        true
    }

    pub const fn field(&mut self) -> Option<&mut Field> {
        Some(&mut self.query)
    }

    pub fn edited(&mut self, shared: &mut Shared) {
        let query = self.query.text().trim().to_owned();
        if query.is_empty() {
            self.found.clear();
            self.at = 0;
        } else {
            shared.ask(Question::Find(query));
        }
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        let chosen = self.found.get(self.at);
        match action {
            Action::Next | Action::Previous => {
                self.at = stepped(self.at, action, self.found.len());
            }
            // While an answer is on its way the list is of another question: Enter waits for it.
            Action::SeePatient if self.answered_to != self.query.text().trim() => {}
            Action::SeePatient => open_patient(shared, chosen?.id),
            Action::History => shared.ask(Question::Chart(chosen?.id)),
            Action::AddToWaiting => {
                let chosen = chosen?;
                self.added = Some(chosen.name.clone());
                shared.ask(Question::AddToWaiting(chosen.id));
            }
            Action::RegisterPatient => return Some(Go::to(Register::named(self.query.text()))),
            _ => return None,
        }
        Some(Go::Stay)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Found(found) => {
                self.found = found;
                self.at = 0;
                self.answered_to = self.query.text().trim().to_owned();
                Ok(Go::Stay)
            }
            Answer::QueueChanged if self.added.is_some() => {
                let name = self.added.take().unwrap_or_default();
                let text = words::ADDED.with(shared.lang, &[&name]);
                shared.say(Role::Good, text);
                shared.ask(Question::Waiting);
                Ok(Go::Stay)
            }
            // Esc from the visit leads home, not back into the search.
            Answer::Opened(opened) => {
                Ok(Go::Replace(Box::new(Screen::Visit(Box::new(Visit::new(*opened, shared))))))
            }
            Answer::Chart { patient, visits } => {
                Ok(Go::to(Screen::Chart(Box::new(Chart::new(patient, visits)))))
            }
            other => Err(other),
        }
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let inner = ui.boxed(area, shared.t(words::FIND_TITLE), true);
        ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(words::FIND_HINT))));
        let row = |n: u16| Rect {
            y: inner.y + n.min(inner.height),
            height: 1.min(inner.height.saturating_sub(n)),
            ..inner
        };
        ui.field(Rect { width: inner.width.min(48), ..row(1) }, &self.query, true);
        let query = self.query.text().trim();
        if query.is_empty() {
            ui.line(row(3), Line::from(ui.span(Role::Muted, shared.t(words::FIND_START))));
            return;
        }
        if self.found.is_empty() {
            if self.answered_to == query {
                let text = words::FIND_NONE.with(shared.lang, &[&query]);
                ui.line(row(3), Line::from(ui.span(Role::Caution, text)));
            }
            return;
        }
        let list = Rect { height: inner.height.saturating_sub(3), ..row(3) };
        let wide = usize::from(list.width);
        let top = scroll(self.at, self.found.len(), list.height.into());
        let shown = self.found.iter().enumerate().skip(top).take(list.height.into());
        let lines = shown
            .map(|(n, patient)| {
                let mark = if n == self.at { ">" } else { " " };
                let sex = people::sex(patient.sex, shared.lang);
                let age = people::age(patient.age(shared.today()), shared.lang);
                let birth = patient.birth.map_or_else(String::new, |day| day.to_string());
                let id = patient.id_masked.clone().unwrap_or_default();
                let phone = patient.phone_masked.clone().unwrap_or_default();
                let text = format!(
                    "{mark} {} {} {} {} {} {} {}",
                    pad(&patient.name, 10),
                    pad(sex, 4),
                    pad(&age, 7),
                    pad(&birth, 10),
                    pad(&id, 18),
                    pad(&phone, 11),
                    patient.address
                );
                let role = if n == self.at { Role::Selected } else { Role::Base };
                Line::from(ui.span(role, pad(&text, wide)))
            })
            .collect();
        ui.lines(list, lines);
    }
}
