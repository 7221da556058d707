//! First run: the clinic, its kind, the first user, a passphrase twice, and the recovery key shown once.
use ratatui::{layout::Rect, text::Line};

use super::{Screen, waiting::WaitingRoom};
use crate::{
    domain::{
        age::half_width,
        role::{Role as Part, Roles},
        visit::Setting,
    },
    services::session::FirstRun,
    tui::{
        action::Action,
        draw::{Ui, wrapped},
        effect::{Answer, Question, Topic},
        field::Field,
        state::{Go, Shared},
        text::{T, desk as words},
        theme::Role,
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Clinic,
    Setting,
    User,
    Display,
    Passphrase,
    Again,
    Key,
}

const STEPS: [Step; 7] = [
    Step::Clinic,
    Step::Setting,
    Step::User,
    Step::Display,
    Step::Passphrase,
    Step::Again,
    Step::Key,
];

#[derive(Debug)]
pub struct Wizard {
    step: Step,
    clinic: Field,
    setting: Setting,
    setting_typed: Field,
    user: Field,
    display: Field,
    passphrase: Field,
    again: Field,
    key: Vec<String>,
    key_typed: Field,
    making: bool,
    problem: Option<String>,
}

impl Default for Wizard {
    fn default() -> Self {
        Self {
            step: Step::Clinic,
            clinic: Field::line(),
            setting: Setting::Village,
            setting_typed: Field::line(),
            user: Field::line(),
            display: Field::line(),
            passphrase: Field::secret(),
            again: Field::secret(),
            key: vec![],
            key_typed: Field::line(),
            making: false,
            problem: None,
        }
    }
}

impl Wizard {
    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        if self.step == Step::Key || self.step == Step::Clinic {
            vec![Action::Submit]
        } else {
            vec![Action::Submit, Action::Back]
        }
    }

    pub const fn has_field(&self) -> bool {
        !self.making
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        if self.making {
            return None;
        }
        Some(match self.step {
            Step::Clinic => &mut self.clinic,
            Step::Setting => &mut self.setting_typed,
            Step::User => &mut self.user,
            Step::Display => &mut self.display,
            Step::Passphrase => &mut self.passphrase,
            Step::Again => &mut self.again,
            Step::Key => &mut self.key_typed,
        })
    }

    pub fn edited(&mut self, _shared: &mut Shared) {
        self.problem = None;
        if self.step == Step::Setting {
            // One key chooses; nothing but the choice stays in the field.
            match self.setting_typed.take().chars().next_back().map(half_width) {
                Some('1') => self.setting = Setting::Village,
                Some('2') => self.setting = Setting::Township,
                _ => {}
            }
        }
    }

    /// The station stands: the key is shown, once.
    pub fn show_key(&mut self, key: Vec<String>) {
        (self.key, self.step, self.making) = (key, Step::Key, false);
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        match action {
            Action::Submit if self.making => {}
            Action::Submit => return Some(self.submit(shared)),
            Action::Back if !matches!(self.step, Step::Clinic | Step::Key) && !self.making => {
                let at = STEPS.iter().position(|step| *step == self.step).unwrap_or(1);
                self.step = STEPS[at.saturating_sub(1)];
                self.problem = None;
            }
            _ => return None,
        }
        Some(Go::Stay)
    }

    fn submit(&mut self, shared: &mut Shared) -> Go {
        let needed = match self.step {
            Step::Clinic => Some(&self.clinic),
            Step::User => Some(&self.user),
            Step::Display => Some(&self.display),
            Step::Passphrase => Some(&self.passphrase),
            _ => None,
        };
        if needed.is_some_and(Field::is_empty) {
            self.problem = Some(shared.t(words::WIZARD_NEEDED).to_owned());
            return Go::Stay;
        }
        match self.step {
            Step::Again if self.again.text() != self.passphrase.text() => {
                self.again.take();
                self.problem = Some(shared.t(words::WIZARD_AGAIN_BAD).to_owned());
            }
            Step::Again => self.make(shared),
            Step::Key => return self.confirm_key(shared),
            step => {
                let at = STEPS.iter().position(|s| *s == step).unwrap_or(0);
                self.step = STEPS[at + 1];
            }
        }
        Go::Stay
    }

    fn make(&mut self, shared: &mut Shared) {
        // In a village one person is doctor, pharmacist and administrator; roles can be parted later.
        let Ok(roles) = Roles::new(&[Part::Doctor, Part::Pharmacist, Part::Admin]) else { return };
        self.making = true;
        self.again.take();
        shared.ask(Question::SetUp(Box::new(FirstRun {
            clinic_name: self.clinic.text().to_owned(),
            setting: self.setting,
            user: self.user.text().trim().to_owned(),
            display_name: self.display.text().trim().to_owned(),
            roles,
            passphrase: self.passphrase.text().to_owned(),
        })));
    }

    fn confirm_key(&mut self, shared: &mut Shared) -> Go {
        let typed: String =
            self.key_typed.text().trim().chars().map(half_width).collect::<String>().to_uppercase();
        if self.key.last().is_some_and(|group| *group == typed) {
            self.key.clear();
            self.passphrase.take();
            return Go::Replace(Box::new(Screen::Waiting(WaitingRoom::default())));
        }
        self.problem = Some(shared.t(words::WIZARD_KEY_BAD).to_owned());
        Go::Stay
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Failed(Topic::Door, failure) => {
                self.making = false;
                self.step = Step::Passphrase;
                self.passphrase.take();
                self.problem = Some(failure.sentence(shared.lang));
                Ok(Go::Stay)
            }
            other => Err(other),
        }
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let width = area.width.min(72);
        let boxed = Rect {
            x: area.x + (area.width - width) / 2,
            y: area.y + 1.min(area.height),
            width,
            height: area.height.saturating_sub(1).min(15),
        };
        let inner = ui.boxed(boxed, shared.t(words::WIZARD_TITLE), true);
        let at = STEPS.iter().position(|step| *step == self.step).unwrap_or(0) + 1;
        let step = words::WIZARD_STEP.with(shared.lang, &[&at, &STEPS.len()]);
        ui.line(inner, Line::from(ui.span(Role::Muted, step)));
        let inner = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
        if self.step == Step::Key {
            self.view_key(ui, shared, inner);
        } else {
            self.view_step(ui, shared, inner);
        }
    }

    fn label(&self) -> (T, T) {
        match self.step {
            Step::Clinic => (words::WIZARD_CLINIC, words::WIZARD_CLINIC_HINT),
            Step::Setting => (words::WIZARD_SETTING, words::WIZARD_SETTING_HINT),
            Step::User => (words::WIZARD_USER, words::WIZARD_USER_HINT),
            Step::Display => (words::WIZARD_DISPLAY, words::WIZARD_DISPLAY_HINT),
            Step::Passphrase | Step::Key => (words::WIZARD_PASS, words::WIZARD_PASS_HINT),
            Step::Again => (words::WIZARD_AGAIN, words::WIZARD_PASS_HINT),
        }
    }

    fn view_step(&self, ui: &mut Ui, shared: &Shared, inner: Rect) {
        let (label, hint) = self.label();
        let row = |n: u16| Rect { y: inner.y + n.min(inner.height), height: 1, ..inner };
        ui.line(row(0), Line::from(ui.span(Role::Heading, shared.t(label))));
        if self.step == Step::Setting {
            let kinds = [
                (Setting::Village, words::WIZARD_VILLAGE),
                (Setting::Township, words::WIZARD_TOWNSHIP),
            ];
            for (n, (setting, word)) in kinds.into_iter().enumerate() {
                let role = if setting == self.setting { Role::Selected } else { Role::Base };
                let text = format!(" {} ", shared.t(word));
                ui.line(row(2 + n as u16), Line::from(ui.span(role, text)));
            }
            ui.field(Rect { width: 3, ..row(5) }, &self.setting_typed, true);
        } else {
            let field = match self.step {
                Step::Clinic => &self.clinic,
                Step::User => &self.user,
                Step::Display => &self.display,
                Step::Again => &self.again,
                _ => &self.passphrase,
            };
            let at = row(2);
            ui.field(Rect { width: at.width.min(50), ..at }, field, !self.making);
        }
        ui.line(row(6), Line::from(ui.span(Role::Muted, shared.t(hint))));
        let (role, note) = match (&self.problem, self.making) {
            (_, true) => (Role::Accent, shared.t(words::WIZARD_MAKING).to_owned()),
            (Some(problem), _) => (Role::Warning, problem.clone()),
            _ => (Role::Muted, String::new()),
        };
        let notes = wrapped(&note, inner.width.into());
        let notes = notes.into_iter().map(|text| Line::from(ui.span(role, text))).collect();
        let at = row(8);
        ui.lines(Rect { height: inner.bottom().saturating_sub(at.y), ..at }, notes);
    }

    fn view_key(&self, ui: &mut Ui, shared: &Shared, inner: Rect) {
        let mut lines = vec![Line::from(ui.span(Role::Danger, shared.t(words::WIZARD_KEY_TITLE)))];
        for row in wrapped(shared.t(words::WIZARD_KEY_NOTE), inner.width.into()) {
            lines.push(Line::from(ui.span(Role::Base, row)));
        }
        lines.push(Line::default());
        for four in self.key.chunks(4) {
            lines.push(Line::from(ui.span(Role::Heading, format!("    {}", four.join("-")))));
        }
        lines.push(Line::default());
        lines.push(Line::from(ui.span(Role::Base, shared.t(words::WIZARD_KEY_ASK))));
        let used = lines.len() as u16;
        ui.lines(inner, lines);
        let at = Rect { y: inner.y + used.min(inner.height), height: 1, ..inner };
        if at.y < inner.bottom() {
            ui.field(Rect { width: at.width.min(12), ..at }, &self.key_typed, true);
        }
        if let Some(problem) = &self.problem {
            let at = Rect { y: at.y + 1, ..at };
            if at.y < inner.bottom() {
                ui.line(at, Line::from(ui.span(Role::Warning, problem.as_str())));
            }
        }
    }
}
