//! A few labelled fields one under the other: Enter goes to the next one that must be filled, then does the work.
use ratatui::{layout::Rect, text::Line};

use crate::tui::{
    action::Action,
    draw::{Ui, pad},
    field::Field,
    state::Shared,
    text::T,
    theme::Role,
};

const LABEL: u16 = 16;

#[derive(Debug)]
struct Row {
    label: T,
    field: Field,
    needed: bool,
}

#[derive(Debug, Default)]
pub struct Entry {
    rows: Vec<Row>,
    at: usize,
}

impl Entry {
    /// Rows with their label and whether they must be filled.
    pub fn new(rows: &[(T, bool)]) -> Self {
        let row = |(label, needed): &(T, bool)| Row {
            label: *label,
            field: Field::line(),
            needed: *needed,
        };
        Self { rows: rows.iter().map(row).collect(), at: 0 }
    }

    #[must_use]
    pub fn with(mut self, row: usize, text: &str) -> Self {
        self.set(row, text);
        self
    }

    pub fn set(&mut self, row: usize, text: &str) {
        if let Some(row) = self.rows.get_mut(row) {
            row.field.set(text);
        }
    }

    pub fn text(&self, row: usize) -> String {
        self.rows.get(row).map_or_else(String::new, |row| row.field.text().trim().to_owned())
    }

    pub const fn at(&self) -> usize {
        self.at
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        self.rows.get_mut(self.at).map(|row| &mut row.field)
    }

    /// Enter: `true` when everything that must be filled is.
    pub fn enter(&mut self) -> bool {
        let lacks = |row: &Row| row.needed && row.field.text().trim().is_empty();
        let after = self.rows.iter().skip(self.at).position(lacks).map(|n| n + self.at);
        match after.or_else(|| self.rows.iter().position(lacks)) {
            Some(row) => {
                self.at = row;
                false
            }
            None => true,
        }
    }

    pub fn step(&mut self, action: Action) {
        let last = self.rows.len().saturating_sub(1);
        self.at = match action {
            Action::NextField | Action::Next => {
                if self.at == last {
                    0
                } else {
                    self.at + 1
                }
            }
            Action::PreviousField | Action::Previous => {
                if self.at == 0 {
                    last
                } else {
                    self.at - 1
                }
            }
            _ => self.at,
        };
    }

    pub const fn height(&self) -> u16 {
        self.rows.len() as u16
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        for (n, row) in self.rows.iter().enumerate().take(usize::from(area.height)) {
            let line = Rect { y: area.y + n as u16, height: 1, ..area };
            let mark = if row.needed { "*" } else { " " };
            let label = pad(&format!("{mark}{}", shared.t(row.label)), usize::from(LABEL));
            let role = if n == self.at { Role::Heading } else { Role::Muted };
            ui.line(line, Line::from(ui.span(role, label)));
            let wide = area.width.saturating_sub(LABEL).min(44);
            let field = Rect { x: area.x + LABEL.min(area.width), width: wide, ..line };
            ui.field(field, &row.field, n == self.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::text::stock as words;

    #[test]
    fn enter_goes_to_what_must_be_filled_and_then_does_it() {
        let mut entry = Entry::new(&[
            (words::ACT_REASON, true),
            (words::ACT_BILL, false),
            (words::ACT_SECOND, true),
        ]);
        assert!(!entry.enter());
        assert_eq!(entry.at(), 0, "the first is empty");
        entry.set(0, "过期");
        assert!(!entry.enter());
        assert_eq!(entry.at(), 2, "one that may stay empty is passed over");
        entry.set(2, "李梅");
        assert!(entry.enter());
    }
}
