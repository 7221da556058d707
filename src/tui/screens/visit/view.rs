//! The visit's frame: tabs with the triage word, the do-not-miss rail over every pane, and the pane itself.
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::{Pane, Visit, words_of};
use crate::tui::{
    draw::{Ui, clip},
    field::cells_of,
    state::{Loading, Shared},
    text::{T, visit as words},
    theme::Role,
};

/// Cells of the note's rows; also what ↑ and ↓ reckon with.
pub fn note_width(width: u16) -> u16 {
    split(width).0.saturating_sub(2)
}

/// Left and right part of a pane.
pub const fn split(width: u16) -> (u16, u16) {
    let left = if width >= 110 { width * 60 / 100 } else { width * 56 / 100 };
    (left, width - left)
}

pub fn halves(area: Rect) -> (Rect, Rect) {
    let (left, right) = split(area.width);
    (Rect { width: left, ..area }, Rect { x: area.x + left, width: right, ..area })
}

const TABS: [(Pane, &str, T); 5] = [
    (Pane::Note, "F2", words::TAB_NOTE),
    (Pane::Diagnosis, "F3", words::TAB_DIAGNOSIS),
    (Pane::Plan, "F4", words::TAB_PLAN),
    (Pane::Rx, "F5", words::TAB_RX),
    (Pane::Sign, "F6", words::TAB_SIGN),
];

impl Visit {
    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let row = Rect { height: 1, ..area };
        let tabs = self.tabs(ui, shared);
        ui.line(row, tabs);
        let rail = self.rail(ui, shared, usize::from(area.width));
        let room = area.height.saturating_sub(9).max(1);
        let rail_height = (rail.len() as u16).min(room);
        let at = Rect { y: area.y + 1, height: rail_height, ..area };
        ui.lines(at, rail);
        let body =
            Rect { y: at.bottom(), height: area.height.saturating_sub(1 + rail_height), ..area };
        match self.pane {
            _ if self.is_signed() => self.view_signed(ui, shared, body),
            Pane::Note => self.view_note(ui, shared, body),
            Pane::Diagnosis => self.view_diagnosis(ui, shared, body),
            Pane::Plan => self.view_plan(ui, shared, body),
            Pane::Rx => self.view_rx(ui, shared, body),
            Pane::Sign => self.view_sign(ui, shared, body),
        }
    }

    fn tabs<'t>(&self, ui: &Ui, shared: &Shared) -> Line<'t> {
        let mut spans: Vec<Span> = vec![];
        for (pane, key, name) in TABS {
            let role = if pane == self.pane { Role::Selected } else { Role::Bar };
            let mark = match pane {
                Pane::Diagnosis if !self.picks.is_empty() => format!("({})", self.picks.len()),
                Pane::Rx if !self.lines.is_empty() => format!("({})", self.lines.len()),
                _ => String::new(),
            };
            spans.push(ui.span(role, format!(" {key}{}{mark} ", shared.t(name))));
        }
        spans.push(ui.span(Role::Base, " "));
        if let Some((level, _)) = &self.suggestion.triage {
            let role = words_of::level_role(*level);
            let text = shared.t(words_of::triage(*level));
            spans.push(ui.span(role, text));
        }
        if self.signed.is_some() {
            spans.push(ui.span(Role::Base, " "));
            spans.push(ui.span(Role::Good, shared.t(words::SAVED)));
        } else if let Some(at) = self.saved_at {
            let text = words::DRAFT_SAVED.with(shared.lang, &[&Shared::clock(at)]);
            spans.push(ui.span(Role::Muted, format!(" {text}")));
        }
        Line::from(spans)
    }

    /// All fired rules by name, worst first, and what to do first; never scrolled, never hidden by a pane.
    fn rail<'t>(&self, ui: &Ui, shared: &Shared, width: usize) -> Vec<Line<'t>> {
        let title = ui.span(Role::Heading, format!(" {} ", shared.t(words::RAIL)));
        let dangers = &self.suggestion.dangers;
        if dangers.is_empty() {
            let ready = matches!(shared.knowledge, Loading::Ready(_));
            let (role, text) = if ready {
                (Role::Muted, shared.t(words::RAIL_NONE))
            } else {
                (Role::Warning, shared.t(words::RAIL_OFF))
            };
            return vec![Line::from(vec![title, ui.span(role, text)])];
        }
        let mut rows: Vec<Vec<Span>> = vec![vec![title.clone()]];
        let indent = cells_of(&title.content);
        let mut used = indent;
        for danger in dangers {
            let level = shared.t(words_of::level(danger.level));
            let text = format!("[{level}]{}", danger.name);
            let text = clip(&text, width.saturating_sub(indent));
            let wide = cells_of(&text) + 1;
            if used + wide > width && used > indent {
                rows.push(vec![ui.span(Role::Base, " ".repeat(indent))]);
                used = indent;
            }
            used += wide;
            if let Some(row) = rows.last_mut() {
                row.push(ui.span(words_of::level_role(danger.level), text));
                row.push(ui.span(Role::Base, " "));
            }
        }
        let mut lines: Vec<Line> = rows.into_iter().map(Line::from).collect();
        if let Some(first) = dangers.first() {
            let text = format!(
                " {} {}；{} {}",
                shared.t(words::BECAUSE),
                first.because.join("、"),
                shared.t(words::FIRST_STEPS),
                first.first_steps.replace('\n', " ")
            );
            lines.push(Line::from(ui.span(Role::Base, clip(&text, width))));
        }
        lines
    }
}
