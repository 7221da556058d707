//! 拒收待退: what was refused at the door, by supplier; the list goes on paper, and one slip gives it all back.
use ratatui::{layout::Rect, text::Line};

use super::{entry::Entry, leaf::Leaf, say_stop};
use crate::{
    domain::role,
    services::clinic::trace::RejectedLine,
    tui::{
        action::Action,
        draw::{Ui, clip, scroll},
        effect::{Answer, Paper, Question, Topic},
        field::Field,
        overlays::{Confirm, Overlay, stepped},
        screens::Screen,
        state::{Go, Shared},
        text::{chart, stock as words},
        theme::Role,
    },
};

#[derive(Debug, Default)]
pub struct RejectedDesk {
    lines: Vec<RejectedLine>,
    known: bool,
    at: usize,
    /// Supplier and slip, while they are typed.
    slip: Option<Entry>,
    keeping: bool,
}

impl From<RejectedDesk> for Screen {
    fn from(screen: RejectedDesk) -> Self {
        Self::Rejected(Box::new(screen))
    }
}

impl RejectedDesk {
    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        if self.slip.is_some() {
            return vec![Action::Submit, Action::NextField, Action::PreviousField];
        }
        let mut actions = vec![];
        if !self.lines.is_empty() {
            if shared.may(role::Action::AdjustStock) {
                actions.push(Action::Submit);
            }
            actions.push(Action::Print);
        }
        actions.extend([Action::Next, Action::Previous]);
        actions
    }

    pub const fn has_field(&self) -> bool {
        self.slip.is_some()
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        self.slip.as_mut().and_then(Entry::field)
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        shared.ask(Question::PackLife(code.to_owned()));
    }

    /// Everything of the chosen row's supplier.
    fn codes(&self) -> Vec<String> {
        let Some(chosen) = self.lines.get(self.at) else { return vec![] };
        let alike = self.lines.iter().filter(|line| line.is.supplier == chosen.is.supplier);
        alike.map(|line| line.is.pack.code.clone()).collect()
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if action == Action::Back && self.slip.take().is_some() {
            return Some(Go::Stay);
        }
        if self.keeping || !self.actions(shared).contains(&action) {
            return None;
        }
        match (action, &mut self.slip) {
            (Action::Submit, None) => {
                let supplier = self.lines.get(self.at).map(|line| line.is.supplier.clone());
                let rows = [(words::ACT_SUPPLIER, true), (words::ACT_BILL, true)];
                let mut slip = Entry::new(&rows).with(0, supplier.as_deref().unwrap_or_default());
                // The supplier stands on the list; the slip is what must be typed.
                slip.enter();
                self.slip = Some(slip);
            }
            (Action::Submit, Some(slip)) => {
                if slip.enter() {
                    let (supplier, number) = (slip.text(0), slip.text(1));
                    let what = words::REJECTED_CONFIRM
                        .with(shared.lang, &[&supplier, &self.codes().len(), &number]);
                    return Some(Go::open(Overlay::Confirm(Confirm::Stock { what })));
                }
            }
            (Action::Print, _) => shared.ask(Question::PrintPaper(Paper::Rejected)),
            (_, Some(slip)) => slip.step(action),
            (_, None) => self.at = stepped(self.at, action, self.lines.len()),
        }
        Some(Go::Stay)
    }

    pub fn confirmed(&mut self, shared: &mut Shared) {
        let Some(slip) = self.slip.as_ref().filter(|_| !self.keeping) else { return };
        let (supplier, number) = (slip.text(0), slip.text(1));
        let codes = self.codes();
        self.keeping = true;
        shared.ask(Question::SendBack { supplier, slip: number, codes });
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Rejected(lines) => {
                (self.lines, self.known) = (lines, true);
                self.at = self.at.min(self.lines.len().saturating_sub(1));
            }
            Answer::SentBack(count) => {
                (self.slip, self.keeping) = (None, false);
                let text = words::REJECTED_DONE.with(shared.lang, &[&count]);
                shared.say(Role::Good, text);
                shared.ask(Question::Rejected);
            }
            Answer::PaperPrinted(path) => {
                let text = chart::PRINT_DONE.with(shared.lang, &[&path.display()]);
                shared.say(Role::Good, text);
            }
            Answer::PackLife(life) => return Ok(Go::to(Leaf::of_code(shared, &life))),
            Answer::Stopped(stop) => {
                self.keeping = false;
                say_stop(shared, &stop);
            }
            Answer::Failed(Topic::Rejected | Topic::PrintPaper, failure) => {
                self.keeping = false;
                shared.fail(&failure);
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let lang = shared.lang;
        let title = words::REJECTED_TITLE.with(lang, &[&self.lines.len()]);
        let inner = ui.boxed(area, &title, true);
        if self.lines.is_empty() {
            if self.known {
                ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(words::REJECTED_NONE))));
            }
            return;
        }
        let wide = usize::from(inner.width);
        let form = self.slip.as_ref().map_or(0, Entry::height);
        let height = inner.height.saturating_sub(1 + form);
        let rows = Rect { height, ..inner };
        let top = scroll(self.at, self.lines.len(), height.into());
        let shown = self.lines.iter().enumerate().skip(top).take(height.into());
        let lines = shown.map(|(n, line)| {
            let is = &line.is;
            let text = words::REJECTED_LINE.with(
                lang,
                &[&is.pack.code, &is.reason, &is.supplier, &is.bill, &line.label, &is.pack.lot],
            );
            let role = if n == self.at { Role::Selected } else { Role::Base };
            Line::from(ui.span(role, clip(&text, wide)))
        });
        let lines = lines.collect();
        ui.lines(rows, lines);
        let below = Rect { y: rows.bottom(), height: form, ..inner };
        if let Some(slip) = &self.slip {
            slip.view(ui, shared, below);
        }
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        ui.line(last, Line::from(ui.span(Role::Muted, shared.t(words::REJECTED_HINT))));
    }
}
