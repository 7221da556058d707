//! 历史: a patient's past visits.
use ratatui::{layout::Rect, text::Line};

use super::{
    Screen,
    follow_up::form::{Form, short},
    past::Past,
    priors::Priors,
    sharing::Sharing,
};
use crate::{
    domain::{
        followup::register::Status,
        patient::Patient,
        role,
        visit::{SignedVisit, VisitLine},
    },
    services::clinic::InProgramme,
    tui::{
        action::Action,
        draw::{Ui, clip, pad, scroll, wrapped},
        effect::{Answer, Question},
        field::Field,
        overlays::stepped,
        state::{Go, Shared},
        text::{chart as words, follow_up},
        theme::Role,
    },
};

#[derive(Debug)]
pub struct Chart {
    pub patient: Patient,
    pub visits: Vec<VisitLine>,
    pub at: usize,
    /// In which programmes; `None` = not asked, or not for these eyes.
    programmes: Option<Vec<InProgramme>>,
}

impl Chart {
    pub const fn new(patient: Patient, visits: Vec<VisitLine>) -> Self {
        Self { patient, visits, at: 0, programmes: None }
    }

    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        let mut actions = vec![];
        if !self.visits.is_empty() {
            actions.extend([Action::ShowVisit, Action::Next, Action::Previous]);
        }
        if shared.may(role::Action::RecordFollowUp) {
            actions.extend([Action::FollowUpForm, Action::Contract]);
        }
        if shared.may(role::Action::SeeShare) {
            actions.push(Action::Sharing);
        }
        if shared.may(role::Action::LookUpPriors) {
            actions.push(Action::Priors);
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
            Action::Priors => return Some(Go::to(Priors::open(&self.patient, &[], shared))),
            Action::Sharing => return Some(Go::to(Sharing::of(&self.patient, shared))),
            Action::FollowUpForm => shared.ask(Question::FollowUpForm(self.patient.id)),
            Action::Contract => shared.ask(Question::FormOf(self.patient.id, CONTRACT.to_owned())),
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
            Answer::Programmes(patient, list) if patient == self.patient.id => {
                self.programmes = Some(list);
                Ok(Go::Stay)
            }
            Answer::FollowUpKept(_) => Ok(Go::Stay),
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
        let mut inner = ui.boxed(area, &title, true);
        if let Some(list) = &self.programmes {
            let text = followed(shared, list);
            let lines: Vec<Line> = wrapped(&text, inner.width.into())
                .into_iter()
                .take(2)
                .map(|row| Line::from(ui.span(Role::Accent, row)))
                .collect();
            let height = (lines.len() as u16).min(inner.height);
            ui.lines(Rect { height, ..inner }, lines);
            inner = Rect { y: inner.y + height, height: inner.height - height, ..inner };
        }
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

const CONTRACT: &str = "contract";

/// `高血压 2类 下次2026-12-08；签约 县人民医院 2026-03-01起`
fn followed(shared: &Shared, list: &[InProgramme]) -> String {
    let lang = shared.lang;
    let one = |p: &InProgramme| {
        if let Some(contract) = &p.contract {
            return if contract.hospital.is_empty() {
                follow_up::CONTRACT_ALONE.with(lang, &[&contract.signed])
            } else {
                follow_up::CONTRACT_WITH.with(lang, &[&contract.hospital, &contract.signed])
            };
        }
        let mut words = vec![short(&p.programme).to_owned()];
        words.extend(p.last_class.map(|class| follow_up::LAST_CLASS.with(lang, &[&class])));
        if p.status == Status::Active {
            words.extend(p.next_due.map(|day| follow_up::NEXT_DUE.with(lang, &[&day])));
        } else {
            words.push(p.status.zh().to_owned());
        }
        words.join(" ")
    };
    if list.is_empty() {
        return shared.t(follow_up::IN_NONE).to_owned();
    }
    let all = list.iter().map(one).collect::<Vec<_>>().join("；");
    follow_up::IN_PROGRAMMES.with(lang, &[&all])
}
