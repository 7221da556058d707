//! Signing in.
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::Screen;
use crate::tui::{
    action::Action,
    draw::{Ui, wrapped},
    effect::{Answer, Question, Topic},
    field::Field,
    state::{Go, Shared},
    text::desk as words,
    theme::Role,
};

#[derive(Debug)]
pub struct SignIn {
    user: Field,
    passphrase: Field,
    on_passphrase: bool,
    checking: bool,
    problem: Option<String>,
    users: Vec<String>,
}

impl From<SignIn> for Screen {
    fn from(screen: SignIn) -> Self {
        Self::SignIn(screen)
    }
}

impl SignIn {
    pub fn new(users: Vec<String>, demo: Option<&(String, String)>) -> Self {
        let known =
            demo.map(|(user, _)| user).or_else(|| users.first().filter(|_| users.len() == 1));
        let user = Field::line().with(known.map_or("", String::as_str));
        let on_passphrase = !user.is_empty();
        Self {
            user,
            passphrase: Field::secret(),
            on_passphrase,
            checking: false,
            problem: None,
            users,
        }
    }

    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        vec![Action::Submit, Action::NextField, Action::PreviousField]
    }

    pub const fn has_field(&self) -> bool {
        true
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        Some(if self.on_passphrase { &mut self.passphrase } else { &mut self.user })
    }

    pub fn edited(&mut self, _shared: &mut Shared) {
        self.problem = None;
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        match action {
            Action::NextField | Action::PreviousField => self.on_passphrase = !self.on_passphrase,
            Action::Submit if !self.on_passphrase => self.on_passphrase = true,
            Action::Submit if self.checking || self.passphrase.text().is_empty() => {}
            Action::Submit => {
                self.checking = true;
                let user = self.user.text().trim().to_owned();
                let passphrase = self.passphrase.take();
                shared.ask(Question::SignIn { user, passphrase });
            }
            _ => return None,
        }
        Some(Go::Stay)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Failed(Topic::Door, failure) => {
                self.checking = false;
                self.problem = Some(failure.sentence(shared.lang));
                Ok(Go::Stay)
            }
            other => Err(other),
        }
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let width = area.width.min(56);
        let boxed = Rect {
            x: area.x + (area.width - width) / 2,
            y: area.y + area.height / 6,
            width,
            height: area.height.min(11),
        };
        let inner = ui.boxed(boxed, shared.t(words::SIGN_IN_TITLE), true);
        let label = 10.min(inner.width);
        for (row, name, field, focus) in [
            (1, words::USER, &self.user, !self.on_passphrase),
            (3, words::PASSPHRASE, &self.passphrase, self.on_passphrase),
        ] {
            if row >= inner.height {
                break;
            }
            let at = Rect { y: inner.y + row, height: 1, ..inner };
            let role = if focus { Role::Accent } else { Role::Base };
            ui.line(at, Line::from(ui.span(role, format!("  {}", shared.t(name)))));
            let at = Rect { x: at.x + label, width: inner.width.saturating_sub(label + 2), ..at };
            ui.field(at, field, focus && !self.checking);
        }
        let mut notes: Vec<Line> = vec![];
        let wide = usize::from(inner.width);
        match (&self.problem, self.checking) {
            (_, true) => {
                notes.push(Line::from(ui.span(Role::Accent, shared.t(words::SIGN_IN_WAIT))));
            }
            (Some(problem), _) => notes.extend(
                wrapped(problem, wide)
                    .into_iter()
                    .map(|row| Line::from(ui.span(Role::Warning, row))),
            ),
            _ => {
                if let Some((user, passphrase)) = &shared.demo {
                    let text = words::SIGN_IN_DEMO.with(shared.lang, &[user, passphrase]);
                    notes.push(Line::from(ui.span(Role::Good, text)));
                } else if self.users.len() > 1 {
                    let text = words::SIGN_IN_USERS.with(shared.lang, &[&self.users.join("、")]);
                    notes.push(Line::from(ui.span(Role::Muted, text)));
                }
                notes.push(Line::from(ui.span(Role::Muted, shared.t(words::SIGN_IN_HINT))));
                notes.push(Line::from(Span::styled(
                    shared.t(words::SIGN_IN_RESCUE),
                    ui.style(Role::Muted),
                )));
            }
        }
        let at = Rect {
            y: inner.y + 5.min(inner.height),
            height: inner.height.saturating_sub(5),
            ..inner
        };
        ui.lines(at, notes);
    }
}
