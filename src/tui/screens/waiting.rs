//! 候诊: the waiting list, and the home of the program.
use ratatui::{layout::Rect, text::Line};

use super::{Screen, find::Find, register::Register, stock::store::StoreRoom};
use crate::{
    domain::{
        role,
        visit::{Draft, Waiting},
    },
    tui::{
        action::Action,
        draw::{Ui, pad, scroll},
        effect::{Answer, Question},
        field::Field,
        overlays::{Confirm, Overlay, stepped},
        people,
        screens::{
            chart::Chart,
            follow_up::{FollowUps, form::Form},
            sharing::Sharing,
            visit::Visit,
        },
        state::{Go, Shared},
        text::{desk as words, follow_up},
        theme::Role,
    },
};

#[derive(Debug, Default)]
pub struct WaitingRoom {
    pub list: Vec<Waiting>,
    pub at: usize,
    drafts_said: bool,
}

impl WaitingRoom {
    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        let mut actions = vec![];
        if !self.list.is_empty() {
            actions.extend([Action::SeePatient, Action::Next, Action::Previous]);
        }
        if shared.may(role::Action::FindPatient) {
            actions.push(Action::FindPatient);
        }
        if shared.may(role::Action::RegisterPatient) {
            actions.push(Action::RegisterPatient);
        }
        if !self.list.is_empty() {
            actions.push(Action::History);
            if shared.may(role::Action::ChangeWaitingList) {
                actions.push(Action::RemoveFromWaiting);
            }
        }
        if shared.may(role::Action::SeeFollowUps) {
            actions.push(Action::FollowUps);
        }
        if !self.list.is_empty() && shared.may(role::Action::RecordFollowUp) {
            actions.push(Action::FollowUpForm);
        }
        if shared.may(role::Action::SeeShare) {
            actions.push(Action::Sharing);
        }
        if shared.may(role::Action::SeeStock) {
            actions.push(Action::StoreRoom);
        }
        actions.push(Action::Quit);
        actions
    }

    pub const fn has_field(&self) -> bool {
        false
    }

    pub const fn field(&mut self) -> Option<&mut Field> {
        None
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        let chosen = self.list.get(self.at);
        Some(match action {
            Action::Next | Action::Previous => {
                self.at = stepped(self.at, action, self.list.len());
                Go::Stay
            }
            Action::FindPatient => Go::to(Find::default()),
            Action::RegisterPatient => Go::to(Register::default()),
            Action::FollowUps => Go::to(FollowUps::open(shared)),
            Action::Sharing => Go::to(Sharing::open(shared)),
            Action::FollowUpForm => {
                shared.ask(Question::FollowUpForm(chosen?.patient.id));
                Go::Stay
            }
            Action::StoreRoom => {
                shared.ask(Question::Stock);
                Go::to(StoreRoom::default())
            }
            Action::Quit => Go::open(Overlay::Confirm(Confirm::Quit)),
            Action::SeePatient => {
                open_patient(shared, chosen?.patient.id);
                Go::Stay
            }
            Action::History => {
                shared.ask(Question::Chart(chosen?.patient.id));
                Go::Stay
            }
            Action::RemoveFromWaiting => {
                let Waiting { patient, .. } = chosen?;
                let (id, name) = (patient.id, patient.name.clone());
                Go::open(Overlay::Confirm(Confirm::Remove { id, name }))
            }
            _ => return None,
        })
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Waiting(list) => {
                let chosen = self.list.get(self.at).map(|w| w.patient.id);
                let again = list.iter().position(|w| Some(w.patient.id) == chosen);
                self.at = again.unwrap_or(self.at.min(list.len().saturating_sub(1)));
                shared.queue = list.len();
                self.list = list;
            }
            Answer::Drafts(drafts) => self.offer(shared, &drafts),
            Answer::QueueChanged | Answer::DraftDiscarded => shared.ask(Question::Waiting),
            Answer::Opened(opened) => {
                return Ok(Go::to(Screen::Visit(Box::new(Visit::new(*opened, shared)))));
            }
            Answer::Chart { patient, visits } => {
                return Ok(Go::to(Screen::Chart(Box::new(Chart::new(patient, visits)))));
            }
            Answer::FollowUpForm(form) => {
                return Ok(Go::to(Screen::FollowUpForm(Box::new(Form::new(*form, shared)))));
            }
            Answer::FollowUpKept(_) => {}
            Answer::FormDrafts(names) => {
                if !names.is_empty() {
                    let text = follow_up::DRAFTS_LEFT
                        .with(shared.lang, &[&names.len(), &names.join("、")]);
                    shared.say(Role::Caution, text);
                }
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    /// After a crash the open visits are still there: said once at the start.
    fn offer(&mut self, shared: &mut Shared, drafts: &[Draft]) {
        if self.drafts_said || drafts.is_empty() {
            return;
        }
        self.drafts_said = true;
        let of = |draft: &Draft| {
            let known = self.list.iter().find(|w| w.patient.id == draft.visit.patient);
            known.map_or_else(|| format!("#{}", draft.visit.patient.0), |w| w.patient.name.clone())
        };
        let names: Vec<String> = drafts.iter().map(of).collect();
        let text = words::DRAFTS_OFFERED.with(shared.lang, &[&drafts.len(), &names.join("、")]);
        shared.say(Role::Caution, text);
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let title = format!("{} {}", shared.t(words::WAITING_TITLE), self.list.len());
        let inner = ui.boxed(area, &title, true);
        if self.list.is_empty() {
            ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(words::WAITING_NONE))));
            return;
        }
        let widths = columns(inner.width.into());
        let heads: Vec<&str> = shared.t(words::WAITING_COLUMNS).split('|').collect();
        let head: String = heads.iter().zip(widths).map(|(text, w)| pad(text, w)).collect();
        ui.line(inner, Line::from(ui.span(Role::Muted, head)));
        let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let top = scroll(self.at, self.list.len(), rows.height.into());
        let shown = self.list.iter().enumerate().skip(top).take(rows.height.into());
        let lines = shown
            .map(|(n, waiting)| {
                let patient = &waiting.patient;
                let age = patient.age(shared.today());
                let cells = [
                    format!("{} {}", if n == self.at { ">" } else { " " }, patient.name),
                    people::sex(patient.sex, shared.lang).to_owned(),
                    people::age(age, shared.lang),
                    Shared::clock(waiting.since),
                    if waiting.has_draft {
                        format!("[{}] {}", shared.t(words::WAITING_DRAFT), waiting.reason)
                    } else {
                        waiting.reason.clone()
                    },
                    patient.last_visit.map_or_else(|| "-".to_owned(), |day| day.to_string()),
                ];
                let text: String = cells.iter().zip(widths).map(|(text, w)| pad(text, w)).collect();
                let role = if n == self.at { Role::Selected } else { Role::Base };
                Line::from(ui.span(role, text))
            })
            .collect();
        ui.lines(rows, lines);
    }
}

/// Cells of name, sex, age, since, reason, last visit.
fn columns(width: usize) -> [usize; 6] {
    let name = if width >= 76 { 16 } else { 12 };
    let fixed = name + 5 + 8 + 7 + 12;
    [name, 5, 8, 7, width.saturating_sub(fixed), 12]
}

/// A doctor goes on with the visit, anyone else looks at the chart.
pub fn open_patient(shared: &mut Shared, id: crate::domain::patient::PatientId) {
    if shared.may(role::Action::WriteVisit) {
        shared.ask(Question::OpenVisitOf(id));
    } else {
        let text = shared.t(words::NOT_A_DOCTOR);
        shared.say(Role::Caution, text);
        shared.ask(Question::Chart(id));
    }
}
