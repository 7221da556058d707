//! 随访: who is due, who is registered, how uncertain cases went on, the counts, one's own numbers. Enter opens the
//! follow-up form.
mod counts;
pub mod form;
mod form_view;
mod lists;
mod mirror;
mod trend;

use ratatui::{layout::Rect, text::Line};

use super::Screen;
use crate::{
    domain::{
        followup::register::{Enrolment, LoopAnswer, LoopCase, Status, TaskId, TaskState},
        patient::{PatientId, PatientLine},
        role,
    },
    tui::{
        action::Action,
        draw::{Ui, pad, scroll},
        effect::{Answer, DueList, Question},
        field::Field,
        overlays::{Overlay, StatusBox, stepped},
        state::{Go, Shared},
        text::{T, follow_up as words},
        theme::Role,
    },
};
use counts::Counts;
use form::Form;
use lists::{DueRow, Order};
use mirror::Mirror;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum List {
    #[default]
    Due,
    Register,
    Loop,
    Counts,
    Mirror,
}

const LISTS: [(List, T); 5] = [
    (List::Due, words::DUE),
    (List::Register, words::REGISTER),
    (List::Loop, words::LOOP),
    (List::Counts, words::COUNTS),
    (List::Mirror, words::MIRROR),
];

#[derive(Debug)]
pub struct FollowUps {
    list: List,
    due: DueList,
    order: Order,
    /// The due list as it stands on the screen, with its headings.
    rows: Vec<DueRow>,
    /// The task that was closed last: one key opens it again.
    closed: Option<TaskId>,
    register: Vec<Enrolment>,
    cases: Vec<LoopCase>,
    counts: Counts,
    mirror: Mirror,
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
            due: DueList::default(),
            order: Order::default(),
            rows: vec![],
            closed: None,
            register: vec![],
            cases: vec![],
            counts: Counts::new(shared.today()),
            mirror: Mirror::new(shared.today()),
            query: Field::line(),
            at: 0,
        }
    }

    fn len(&self) -> usize {
        match self.list {
            List::Due => self.rows.len(),
            List::Register => self.register.len(),
            List::Loop => self.cases.len(),
            List::Counts | List::Mirror => 0,
        }
    }

    fn chosen(&self) -> Option<&PatientLine> {
        match self.list {
            List::Due => match self.rows.get(self.at)? {
                DueRow::Person(n) => self.due.people.get(*n).map(|p| &p.patient),
                DueRow::Task(n) => self.due.tasks.get(*n).map(|t| &t.patient),
                DueRow::Heading(_) => None,
            },
            List::Register => self.register.get(self.at).map(|e| &e.patient),
            List::Loop => self.cases.get(self.at).map(|c| &c.patient),
            List::Counts | List::Mirror => None,
        }
    }

    fn patient(&self) -> Option<PatientId> {
        match self.list {
            List::Counts => self.counts.patient(),
            _ => self.chosen().map(|p| p.id),
        }
    }

    fn refresh(&self, shared: &mut Shared) {
        match self.list {
            List::Due => shared.ask(Question::Due),
            List::Register => {
                shared.ask(Question::FollowUpRegister(self.query.text().trim().to_owned()));
            }
            List::Loop => shared.ask(Question::LoopCases),
            List::Counts => self.counts.ask(shared),
            List::Mirror => self.mirror.ask(shared),
        }
    }

    fn on_task(&self) -> Option<usize> {
        match self.rows.get(self.at) {
            Some(DueRow::Task(n)) if self.list == List::Due => Some(*n),
            _ => None,
        }
    }

    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        let may_record = shared.may(role::Action::RecordFollowUp);
        let mut actions = vec![];
        match self.list {
            List::Counts => actions.extend(self.counts.actions()),
            List::Mirror => actions.extend(self.mirror.actions()),
            List::Loop if self.len() > 0 => actions.push(Action::AnswerLoop),
            _ if self.len() > 0 && may_record => actions.push(Action::Submit),
            _ => {}
        }
        if self.on_task().is_some() && may_record {
            actions.insert(0, Action::FinishTask);
        }
        if self.len() > 0 {
            actions.extend([Action::Next, Action::Previous]);
        }
        actions.push(Action::SwitchFocus);
        if self.list == List::Due {
            if self.closed.is_some() && may_record {
                actions.push(Action::ReopenTask);
            }
            if !self.due.people.is_empty() {
                actions.extend([Action::GroupDue, Action::PrintWalk]);
            }
        }
        let may_change = shared.may(role::Action::ChangeEnrolment);
        if self.list == List::Register && self.len() > 0 && may_change {
            actions.push(Action::ChangeStatus);
        }
        if self.patient().is_some() {
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
        if self.list == List::Counts && self.counts.perform(shared, (action, nth)) {
            return Some(Go::Stay);
        }
        if self.list == List::Mirror && self.mirror.perform(shared, action) {
            return Some(Go::Stay);
        }
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match action {
            Action::Submit => shared.ask(Question::FollowUpForm(self.patient()?)),
            Action::History => shared.ask(Question::Chart(self.patient()?)),
            Action::SwitchFocus => {
                let here = LISTS.iter().position(|(list, _)| *list == self.list).unwrap_or(0);
                self.list = LISTS[(here + 1) % LISTS.len()].0;
                self.at = 0;
                self.refresh(shared);
                self.settle(Action::Next);
            }
            Action::FinishTask | Action::ReopenTask => self.set_task(shared, action)?,
            Action::GroupDue => {
                self.order = self.order.other();
                self.arrange(shared);
            }
            Action::ChangeStatus => return self.change_status(),
            Action::PrintWalk => shared.ask(Question::PrintWalk),
            Action::Print => shared.ask(Question::PrintTakeaway(self.patient()?)),
            Action::AnswerLoop => {
                let answer = *LoopAnswer::ALL.get(nth)?;
                let case = self.cases.get(self.at)?;
                let text = words::ANSWERED.with(shared.lang, &[&case.patient.name, &answer.zh()]);
                shared.say(Role::Good, text);
                shared.ask(Question::AnswerLoop(case.visit, answer));
            }
            _ => {
                self.at = stepped(self.at, action, self.len());
                self.settle(action);
            }
        }
        Some(Go::Stay)
    }

    fn set_task(&mut self, shared: &mut Shared, action: Action) -> Option<()> {
        if action == Action::ReopenTask {
            shared.ask(Question::SetTask(self.closed.take()?, TaskState::Open));
            let text = shared.t(words::TASK_REOPENED);
            shared.say(Role::Caution, text);
            return Some(());
        }
        let task = self.due.tasks.get(self.on_task()?)?;
        self.closed = Some(task.id);
        let text = words::TASK_DONE.with(shared.lang, &[&task.patient.name, &task.kind.zh()]);
        shared.say(Role::Good, text);
        shared.ask(Question::SetTask(task.id, TaskState::Done));
        Some(())
    }

    fn change_status(&self) -> Option<Go> {
        let one = self.register.get(self.at)?;
        Some(Go::open(Overlay::Status(Box::new(StatusBox {
            enrolment: one.id,
            name: one.patient.name.clone(),
            programme: one.programme.clone(),
            field: Field::line(),
        }))))
    }

    /// The rows anew; the cursor stays on the same person.
    fn arrange(&mut self, shared: &Shared) {
        let before = self.chosen().map(|p| p.id);
        self.rows = lists::arranged(&self.due, (self.order, shared));
        if self.list != List::Due {
            return;
        }
        let found = before.is_some() && (0..self.rows.len()).any(|n| same_row(self, n, before));
        if !found {
            self.at = self.at.min(self.rows.len().saturating_sub(1));
        }
        self.settle(Action::Next);
    }

    /// A heading is stepped over.
    fn settle(&mut self, action: Action) {
        if self.list != List::Due {
            return;
        }
        while matches!(self.rows.get(self.at), Some(DueRow::Heading(_))) {
            if matches!(action, Action::Previous | Action::PageUp) && self.at > 0 {
                self.at -= 1;
            } else if self.at + 1 < self.rows.len() {
                self.at += 1;
                if matches!(action, Action::Previous | Action::PageUp) {
                    return self.settle(Action::Next);
                }
            } else {
                return;
            }
        }
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Due(due) => {
                self.due = due;
                self.arrange(shared);
            }
            Answer::FollowUpRegister(register) => self.register = register,
            Answer::LoopCases(cases) => self.cases = cases,
            Answer::Indicators(page) => self.counts.filled(*page),
            Answer::SelfChecked(period, found) => self.mirror.filled(period, *found),
            Answer::FollowUpForm(form) => {
                return Ok(Go::to(Screen::FollowUpForm(Box::new(Form::new(*form, shared)))));
            }
            Answer::Chart { patient, visits } => {
                let chart = super::chart::Chart::new(patient, visits);
                return Ok(Go::to(Screen::Chart(Box::new(chart))));
            }
            Answer::FollowUpKept(_) | Answer::RegisterChanged => self.refresh(shared),
            Answer::SheetPrinted(path) => {
                // The name first: a long folder is cut at the edge.
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let folder = path.parent().unwrap_or(&path).display();
                let text = words::FILE_DONE.with(shared.lang, &[&name, &folder]);
                shared.say(Role::Good, text);
            }
            other => return Err(other),
        }
        self.at = self.at.min(self.len().saturating_sub(1));
        Ok(Go::Stay)
    }

    fn title(&self, shared: &Shared) -> String {
        let tabs: Vec<String> = LISTS
            .iter()
            .map(|(list, name)| {
                let name = shared.t(*name);
                if *list != self.list {
                    return name.to_owned();
                }
                match list {
                    List::Due => {
                        let many = self.due.people.len() + self.due.tasks.len();
                        format!("[{name} {many} {}]", shared.t(self.order.name()))
                    }
                    List::Counts | List::Mirror => format!("[{name}]"),
                    _ => format!("[{name} {}]", self.len()),
                }
            })
            .collect();
        tabs.join("  ")
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let mut inner = ui.boxed(area, &self.title(shared), true);
        match self.list {
            List::Counts => return self.counts.view(ui, shared, inner),
            List::Mirror => return self.mirror.view(ui, shared, inner),
            _ => {}
        }
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
                _ => words::LOOP_NONE,
            };
            ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(none))));
            return;
        }
        let wide = usize::from(inner.width);
        let head = match self.list {
            List::Loop => shared.t(words::ANSWERS).to_owned(),
            List::Register => lists::heads(shared, words::REGISTER_COLUMNS, lists::register(wide)),
            _ => lists::heads(shared, words::DUE_COLUMNS, lists::due(wide)),
        };
        ui.line(inner, Line::from(ui.span(Role::Muted, head)));
        inner = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let height = usize::from(inner.height).max(1);
        let top = scroll(self.at, self.len(), height);
        let lines = (top..self.len().min(top + height))
            .map(|n| {
                let mark = if n == self.at { ">" } else { " " };
                let (role, text) = self.line(shared, (n, wide));
                let role = if n == self.at { Role::Selected } else { role };
                let text = format!("{mark} {text}");
                Line::from(ui.span(role, pad(&text, wide)))
            })
            .collect();
        ui.lines(inner, lines);
    }

    fn line(&self, shared: &Shared, (n, wide): (usize, usize)) -> (Role, String) {
        let found = match self.list {
            List::Due => self.rows.get(n).and_then(|row| match row {
                DueRow::Heading(text) => Some((Role::Heading, text.clone())),
                DueRow::Person(n) => {
                    self.due.people.get(*n).map(|p| lists::due_line(shared, (p, self.order), wide))
                }
                DueRow::Task(n) => {
                    self.due.tasks.get(*n).map(|t| lists::task_line(shared, t, wide))
                }
            }),
            List::Register => self.register.get(n).map(|e| lists::register_line(shared, e, wide)),
            List::Loop => self.cases.get(n).map(|c| lists::loop_line(shared, c)),
            List::Counts | List::Mirror => None,
        };
        found.unwrap_or_default()
    }
}

/// Puts the cursor on a row when it is the same person's.
fn same_row(lists: &mut FollowUps, n: usize, patient: Option<PatientId>) -> bool {
    let kept = lists.at;
    lists.at = n;
    let same = lists.chosen().map(|p| p.id) == patient;
    if !same {
        lists.at = kept;
    }
    same
}

/// `1 外出打工`: the digit is the status, the rest its cause; only coming back needs none.
pub fn status_typed(status: &StatusBox) -> Option<(Question, &'static str)> {
    const ORDER: [Status; 5] =
        [Status::Lost, Status::Dead, Status::Moved, Status::Closed, Status::Active];
    let text = status.field.text().trim();
    let mut rest = text.chars();
    let digit = rest.next().and_then(|c| crate::domain::age::half_width(c).to_digit(10))?;
    let wanted = *ORDER.get((digit as usize).checked_sub(1)?)?;
    let cause = rest.as_str().trim().to_owned();
    if cause.is_empty() && wanted != Status::Active {
        return None;
    }
    let enrolment = status.enrolment;
    Some((Question::SetStatus { enrolment, status: wanted, cause }, wanted.zh()))
}
