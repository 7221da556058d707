//! 随访: who is due, who is registered, and how uncertain cases went on. Enter opens the follow-up form.
pub mod form;
mod form_view;
mod trend;

use ratatui::{layout::Rect, text::Line};

use super::Screen;
use crate::{
    domain::{
        followup::{
            due::DuePerson,
            register::{Enrolment, LoopAnswer, LoopCase},
        },
        patient::PatientId,
        role,
    },
    tui::{
        action::Action,
        draw::{Ui, pad, scroll},
        effect::{Answer, Question},
        field::Field,
        overlays::stepped,
        people,
        state::{Go, Shared},
        text::{T, follow_up as words},
        theme::Role,
    },
};
use form::Form;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum List {
    #[default]
    Due,
    Register,
    Loop,
}

const LISTS: [(List, T); 3] =
    [(List::Due, words::DUE), (List::Register, words::REGISTER), (List::Loop, words::LOOP)];

#[derive(Debug)]
pub struct FollowUps {
    list: List,
    due: Vec<DuePerson>,
    register: Vec<Enrolment>,
    cases: Vec<LoopCase>,
    query: Field,
    at: usize,
}

impl From<FollowUps> for Screen {
    fn from(screen: FollowUps) -> Self {
        Self::FollowUps(Box::new(screen))
    }
}

impl FollowUps {
    pub fn open(shared: &mut Shared) -> Self {
        shared.ask(Question::Due);
        Self {
            list: List::Due,
            due: vec![],
            register: vec![],
            cases: vec![],
            query: Field::line(),
            at: 0,
        }
    }

    fn len(&self) -> usize {
        match self.list {
            List::Due => self.due.len(),
            List::Register => self.register.len(),
            List::Loop => self.cases.len(),
        }
    }

    fn chosen(&self) -> Option<PatientId> {
        match self.list {
            List::Due => self.due.get(self.at).map(|p| p.patient.id),
            List::Register => self.register.get(self.at).map(|e| e.patient.id),
            List::Loop => self.cases.get(self.at).map(|c| c.patient.id),
        }
    }

    fn refresh(&self, shared: &mut Shared) {
        shared.ask(match self.list {
            List::Due => Question::Due,
            List::Register => Question::FollowUpRegister(self.query.text().trim().to_owned()),
            List::Loop => Question::LoopCases,
        });
    }

    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        let mut actions = vec![];
        if self.len() > 0 {
            if self.list == List::Loop {
                actions.push(Action::AnswerLoop);
            } else if shared.may(role::Action::RecordFollowUp) {
                actions.push(Action::Submit);
            }
            actions.extend([Action::Next, Action::Previous]);
        }
        actions.push(Action::SwitchFocus);
        if self.list == List::Due && !self.due.is_empty() {
            actions.push(Action::PrintWalk);
        }
        if self.len() > 0 {
            actions.extend([Action::Print, Action::History]);
        }
        actions
    }

    pub const fn has_field(&self) -> bool {
        matches!(self.list, List::Register)
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        (self.list == List::Register).then_some(&mut self.query)
    }

    pub fn edited(&mut self, shared: &mut Shared) {
        self.at = 0;
        self.refresh(shared);
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, nth): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match action {
            Action::Submit => shared.ask(Question::FollowUpForm(self.chosen()?)),
            Action::History => shared.ask(Question::Chart(self.chosen()?)),
            Action::SwitchFocus => {
                let here = LISTS.iter().position(|(list, _)| *list == self.list).unwrap_or(0);
                self.list = LISTS[(here + 1) % LISTS.len()].0;
                self.at = 0;
                self.refresh(shared);
            }
            Action::PrintWalk => shared.ask(Question::PrintWalk),
            Action::Print => shared.ask(Question::PrintTakeaway(self.chosen()?)),
            Action::AnswerLoop => {
                let answer = *LoopAnswer::ALL.get(nth)?;
                let case = self.cases.get(self.at)?;
                let text = words::ANSWERED.with(shared.lang, &[&case.patient.name, &answer.zh()]);
                shared.say(Role::Good, text);
                shared.ask(Question::AnswerLoop(case.visit, answer));
            }
            _ => self.at = stepped(self.at, action, self.len()),
        }
        Some(Go::Stay)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Due(due) => self.due = due,
            Answer::FollowUpRegister(register) => self.register = register,
            Answer::LoopCases(cases) => self.cases = cases,
            Answer::FollowUpForm(form) => {
                return Ok(Go::to(Screen::FollowUpForm(Box::new(Form::new(*form, shared)))));
            }
            Answer::Chart { patient, visits } => {
                let chart = super::chart::Chart::new(patient, visits);
                return Ok(Go::to(Screen::Chart(Box::new(chart))));
            }
            Answer::FollowUpKept(_) => self.refresh(shared),
            Answer::SheetPrinted(path) => {
                let text = words::SHEET_DONE.with(shared.lang, &[&path.display()]);
                shared.say(Role::Good, text);
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
        let mut inner = ui.boxed(area, &tabs.join("  "), true);
        if self.list == List::Register {
            let hint = pad(shared.t(words::REGISTER_HINT), 24);
            ui.line(inner, Line::from(ui.span(Role::Muted, hint)));
            let line = Rect { x: inner.x + 24, width: inner.width.saturating_sub(24), ..inner };
            ui.field(Rect { height: 1, ..line }, &self.query, true);
            inner = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        }
        if self.len() == 0 {
            let none = match self.list {
                List::Due => words::DUE_NONE,
                List::Register => words::REGISTER_NONE,
                List::Loop => words::LOOP_NONE,
            };
            ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(none))));
            return;
        }
        if self.list == List::Loop {
            ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(words::ANSWERS))));
            inner = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        }
        let height = usize::from(inner.height).max(1);
        let top = scroll(self.at, self.len(), height);
        let lines = (top..self.len().min(top + height))
            .map(|n| {
                let mark = if n == self.at { ">" } else { " " };
                let (role, text) = self.line(shared, n);
                let role = if n == self.at { Role::Selected } else { role };
                let text = format!("{mark} {text}");
                Line::from(ui.span(role, pad(&text, inner.width.into())))
            })
            .collect();
        ui.lines(inner, lines);
    }

    fn line(&self, shared: &Shared, n: usize) -> (Role, String) {
        match self.list {
            List::Due => self.due.get(n).map_or_else(Default::default, |p| due_line(shared, p)),
            List::Register => {
                self.register.get(n).map_or_else(Default::default, |e| register_line(shared, e))
            }
            List::Loop => self.cases.get(n).map_or_else(Default::default, |c| {
                let answer = c.answer.map_or("", LoopAnswer::zh);
                let name = person(shared, &c.patient);
                let text = format!(
                    "{name} {} {} [{}] {answer}",
                    c.signed.day(),
                    c.diagnoses.join("、"),
                    c.why
                );
                (if c.answer.is_some() { Role::Muted } else { Role::Base }, text)
            }),
        }
    }
}

fn person(shared: &Shared, patient: &crate::domain::patient::PatientLine) -> String {
    let age = people::age(patient.age(shared.today()), shared.lang);
    format!(
        "{}{}{}",
        pad(&patient.name, 10),
        pad(people::sex(patient.sex, shared.lang), 3),
        pad(&age, 7)
    )
}

fn class(shared: &Shared, last: Option<u8>) -> String {
    last.map_or_else(
        || shared.t(words::NEVER_SEEN).to_owned(),
        |class| words::LAST_CLASS.with(shared.lang, &[&class]),
    )
}

fn due_line(shared: &Shared, due: &DuePerson) -> (Role, String) {
    let lang = shared.lang;
    let when = match due.overdue_days {
        1.. => words::OVERDUE.with(lang, &[&due.overdue_days]),
        0 => words::DUE_TODAY.get(lang).to_owned(),
        days => words::DUE_IN.with(lang, &[&-days]),
    };
    let items: Vec<String> = due
        .items
        .iter()
        .map(|item| format!("{}({})", form::short(&item.programme), class(shared, item.last_class)))
        .collect();
    let place = format!("{}{}", due.home.village, due.home.hamlet);
    let worst = due.items.iter().map(|item| item.harm).max().unwrap_or(0);
    let role = match (worst, due.overdue_days) {
        (5.., _) => Role::Danger,
        (_, 31..) | (3.., 1..) => Role::Warning,
        _ => Role::Base,
    };
    let name = person(shared, &due.patient);
    (role, format!("{name}{}{}{}", pad(&when, 13), pad(&place, 16), items.join("、")))
}

fn register_line(shared: &Shared, one: &Enrolment) -> (Role, String) {
    let next = one.next_due.map_or_else(|| shared.t(words::NO_DATE).to_owned(), |d| d.to_string());
    let place = format!("{}{}", one.home.village, one.home.hamlet);
    let text = format!(
        "{}{}{}{}{} {}",
        person(shared, &one.patient),
        pad(form::short(&one.programme), 10),
        pad(one.status.zh(), 6),
        pad(&next, 12),
        pad(&place, 14),
        class(shared, one.last_class)
    );
    (if one.harm >= 5 { Role::Danger } else { Role::Base }, text)
}
