//! 历史: a patient's past visits.
use ratatui::{layout::Rect, text::Line};

use super::{Screen, follow_up::form::Form, past::Past};
use crate::{
    domain::{
        patient::Patient,
        role,
        visit::{SignedVisit, VisitLine},
    },
    tui::{
        action::Action,
        draw::{Ui, clip, pad, scroll},
        effect::{Answer, Question},
        field::Field,
        overlays::stepped,
        state::{Go, Shared},
        text::chart as words,
        theme::Role,
    },
};

#[derive(Debug)]
pub struct Chart {
    pub patient: Patient,
    pub visits: Vec<VisitLine>,
    pub at: usize,
}

impl Chart {
    pub const fn new(patient: Patient, visits: Vec<VisitLine>) -> Self {
        Self { patient, visits, at: 0 }
    }

    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        let mut actions = vec![];
        if !self.visits.is_empty() {
            actions.extend([Action::ShowVisit, Action::Next, Action::Previous]);
        }
        if shared.may(role::Action::RecordFollowUp) {
            actions.push(Action::FollowUpForm);
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

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match action {
            Action::FollowUpForm => shared.ask(Question::FollowUpForm(self.patient.id)),
            Action::ShowVisit => shared.ask(Question::PastVisit(self.visits.get(self.at)?.id)),
            _ => self.at = stepped(self.at, action, self.visits.len()),
        }
        Some(Go::Stay)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::PastVisit(visit) => Ok(Go::to(self.past(*visit))),
            // Come back to: something may have been signed meanwhile.
            Answer::Chart { patient, visits } if patient.id == self.patient.id => {
                self.at = self.at.min(visits.len().saturating_sub(1));
                (self.patient, self.visits) = (patient, visits);
                Ok(Go::Stay)
            }
            Answer::FollowUpForm(form) => {
                Ok(Go::to(Screen::FollowUpForm(Box::new(Form::new(*form, shared)))))
            }
            other => Err(other),
        }
    }

    fn past(&self, visit: SignedVisit) -> Screen {
        Screen::Past(Box::new(Past::new(self.patient.clone(), visit)))
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let title = format!("{} {}", shared.t(words::HISTORY_TITLE), self.visits.len());
        let inner = ui.boxed(area, &title, true);
        if self.visits.is_empty() {
            ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(words::HISTORY_NONE))));
            return;
        }
        let wide = usize::from(inner.width);
        let height = usize::from(inner.height / 2).max(1);
        let top = scroll(self.at, self.visits.len(), height);
        let mut lines = vec![];
        for (n, visit) in self.visits.iter().enumerate().skip(top).take(height) {
            let chosen = n == self.at;
            let mark = if chosen { ">" } else { " " };
            let superseded = if visit.superseded {
                format!(" [{}]", shared.t(words::SUPERSEDED))
            } else {
                String::new()
            };
            let head = format!(
                "{mark} {} {} {}{superseded} {}",
                visit.day,
                Shared::clock(visit.signed),
                visit.doctor_name,
                visit.diagnoses.join("；")
            );
            let role = if chosen { Role::Selected } else { Role::Base };
            lines.push(Line::from(ui.span(role, pad(&head, wide))));
            let drugs = if visit.drugs.is_empty() {
                shared.t(crate::tui::text::visit::NO_DRUGS).to_owned()
            } else {
                visit.drugs.join("、")
            };
            let drugs = clip(&format!("    {drugs}"), wide);
            lines.push(Line::from(ui.span(Role::Muted, drugs)));
        }
        ui.lines(inner, lines);
    }
}
