//! 双签 at the same screen: the stops, and the other person's name, passphrase and reason.
use ratatui::{layout::Rect, text::Line};

use crate::{
    domain::visit::AlertShown,
    services::{clinic::SecondSigner, failure::Failure},
    tui::{
        action::Action,
        draw::{Ui, clip, wrapped},
        field::Field,
        state::Shared,
        text::{T, rx_tools as words},
        theme::Role,
    },
};

#[derive(Debug)]
pub struct SecondSign {
    pub stops: Vec<AlertShown>,
    user: Field,
    reason: Field,
    passphrase: Field,
    at: usize,
    checking: bool,
    problem: Option<Failure>,
    /// `None` = not known yet; empty = nobody here may.
    signers: Option<Vec<SecondSigner>>,
}

/// Name, passphrase, reason as typed.
#[derive(Debug)]
pub struct Typed {
    pub user: String,
    pub passphrase: String,
    pub reason: String,
}

const FIELDS: [T; 3] = [words::SECOND_USER, words::SECOND_REASON, words::SECOND_PASSPHRASE];

impl SecondSign {
    pub fn new(stops: Vec<AlertShown>) -> Self {
        Self {
            stops,
            user: Field::line(),
            reason: Field::line(),
            passphrase: Field::secret(),
            at: 0,
            checking: false,
            problem: None,
            signers: None,
        }
    }

    pub fn actions() -> Vec<Action> {
        vec![Action::Submit, Action::NextField, Action::PreviousField, Action::Back]
    }

    pub const fn field(&mut self) -> &mut Field {
        match self.at {
            0 => &mut self.user,
            1 => &mut self.reason,
            _ => &mut self.passphrase,
        }
    }

    pub fn edited(&mut self) {
        self.problem = None;
    }

    /// Who may; the only one is filled in, because there is no other choice.
    pub fn may(&mut self, signers: Vec<SecondSigner>) {
        if let [only] = signers.as_slice()
            && self.user.is_empty()
        {
            self.user.set(&only.user);
        }
        self.signers = Some(signers);
    }

    pub fn refused(&mut self, failure: Failure) {
        (self.checking, self.problem) = (false, Some(failure));
    }

    /// Enter goes on to the next field; on the last one it gives what was typed.
    pub fn step(&mut self, action: Action) -> Option<Typed> {
        match action {
            Action::PreviousField => self.at = (self.at + FIELDS.len() - 1) % FIELDS.len(),
            Action::NextField => self.at = (self.at + 1) % FIELDS.len(),
            Action::Submit if self.at + 1 < FIELDS.len() => self.at += 1,
            Action::Submit if !self.checking && !self.passphrase.is_empty() => {
                self.checking = true;
                return Some(Typed {
                    user: self.user.text().trim().to_owned(),
                    passphrase: self.passphrase.take(),
                    reason: self.reason.text().trim().to_owned(),
                });
            }
            _ => {}
        }
        None
    }
}

pub fn view(ui: &mut Ui, shared: &Shared, second: &SecondSign) {
    let inner = ui.popup((58, 17), shared.t(words::SECOND_TITLE));
    let wide = usize::from(inner.width);
    let most = 4;
    let mut rows: Vec<Line> = second
        .stops
        .iter()
        .take(most)
        .map(|stop| Line::from(ui.span(Role::Danger, clip(&format!(" {}", stop.message), wide))))
        .collect();
    if second.stops.len() > most {
        let text = words::SECOND_MORE.with(shared.lang, &[&(second.stops.len() - most)]);
        rows.push(Line::from(ui.span(Role::Danger, format!(" {text}"))));
    }
    let mut y = inner.y + rows.len() as u16 + 1;
    ui.lines(inner, rows);
    let label = 10.min(inner.width);
    for (n, name) in FIELDS.into_iter().enumerate() {
        let row = Rect { y, height: 1.min(inner.bottom().saturating_sub(y)), ..inner };
        let lit = n == second.at && !second.checking;
        let role = if lit { Role::Accent } else { Role::Base };
        ui.line(row, Line::from(ui.span(role, format!(" {}", shared.t(name)))));
        let at = Rect { x: row.x + label, width: inner.width.saturating_sub(label + 1), ..row };
        let field = [&second.user, &second.reason, &second.passphrase][n];
        ui.field(at, field, lit);
        y += 1;
    }
    let below = Rect { y: y + 1, height: inner.bottom().saturating_sub(y + 1), ..inner };
    let (role, text) = note(second, shared);
    let rows = wrapped(&text, wide.saturating_sub(1));
    let lines = rows.into_iter().map(|row| Line::from(ui.span(role, format!(" {row}")))).collect();
    ui.lines(below, lines);
}

fn note(second: &SecondSign, shared: &Shared) -> (Role, String) {
    if second.checking {
        return (Role::Accent, shared.t(words::SECOND_WAIT).to_owned());
    }
    if let Some(problem) = &second.problem {
        return (Role::Warning, problem.sentence(shared.lang));
    }
    match second.signers.as_deref() {
        Some([]) => (Role::Warning, shared.t(words::SECOND_NOBODY).to_owned()),
        Some(signers) => {
            let names: Vec<String> = signers
                .iter()
                .map(|signer| format!("{}({})", signer.user, signer.role.name_zh()))
                .collect();
            (Role::Muted, words::SECOND_WHO.with(shared.lang, &[&names.join("、")]))
        }
        None => (Role::Muted, shared.t(words::SECOND_HINT).to_owned()),
    }
}
