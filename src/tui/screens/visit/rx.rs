//! 处方: lines, a one-line parser with its preview, and one box of alerts, worst first.
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::{RxFocus, Visit, keep::SeenAlert, words_of};
use crate::{
    domain::visit::{AlertTier, WayOut},
    tui::{
        draw::{Ui, clip, scroll, wrapped},
        field::cells_of,
        state::Shared,
        text::{frame, visit as words},
        theme::Role,
    },
};

impl Visit {
    pub(super) fn view_rx(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        // The input with its preview takes four rows, or one while an alert wants its answer.
        let rows = if self.rx_focus == RxFocus::Alerts { 1 } else { 4 };
        let input_height = rows.min(area.height);
        let rest = area.height - input_height;
        let alerts = self.shown_alerts();
        let wanted = (self.lines.len() as u16 + 2).max(3);
        let lines_height = if alerts.is_empty() {
            rest.saturating_sub(3)
        } else {
            wanted.min(if self.rx_focus == RxFocus::Alerts { rest / 3 } else { rest / 2 }).max(3)
        };
        let lines = Rect { height: lines_height, ..area };
        let input = Rect { y: lines.bottom(), height: input_height, ..area };
        let box_of_alerts = Rect { y: input.bottom(), height: rest - lines_height, ..area };
        self.view_lines(ui, shared, lines);
        self.view_input(ui, shared, input);
        self.view_alerts(ui, shared, (box_of_alerts, &alerts));
    }

    fn view_lines(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let mut title = format!("{} {}", shared.t(words::RX_LINES), self.lines.len());
        if !self.current.is_empty() {
            title.push_str(&format!(
                " | {}{}",
                shared.t(words::RX_CURRENT),
                self.current.join("、")
            ));
        }
        let inner = ui.boxed(area, &title, false);
        if self.lines.is_empty() {
            ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(words::RX_NONE))));
            return;
        }
        let alerts = self.shown_alerts();
        let top = scroll(self.line_at, self.lines.len(), inner.height.into());
        let shown = self.lines.iter().enumerate().skip(top).take(inner.height.into());
        let lines = shown
            .map(|(n, line)| {
                let chosen = n == self.line_at && self.input.is_empty();
                let role = if chosen { Role::Selected } else { Role::Base };
                let mut spans = vec![ui.span(role, format!("{} {} ", n + 1, words_of::line(line)))];
                let touching =
                    alerts.iter().filter(|seen| seen.alert.shown.lines.contains(&(n as u16)));
                if let Some(worst) = touching.map(|seen| seen.tier).min() {
                    let text = format!("[{}]", shared.t(words_of::tier(worst)));
                    spans.push(ui.span(words_of::tier_role(worst), text));
                }
                Line::from(spans)
            })
            .collect();
        ui.lines(inner, lines);
    }

    fn view_input(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let label = match self.editing {
            Some(at) => words::RX_EDITING.with(shared.lang, &[&(at + 1)]),
            None => shared.t(words::RX_INPUT).to_owned(),
        };
        let row = |n: u16| Rect { y: area.y + n, height: 1, ..area };
        let used = cells_of(&label) as u16 + 2;
        ui.line(row(0), Line::from(ui.span(Role::Accent, format!(" {label}"))));
        let at = Rect { x: area.x + used, width: area.width.saturating_sub(used), ..row(0) };
        ui.field(at, &self.input, self.rx_focus == RxFocus::Line);
        if area.height < 4 {
            return;
        }
        if self.input.is_empty() {
            let hint = format!(" {}", shared.t(words::RX_HINT));
            ui.line(row(1), Line::from(ui.span(Role::Muted, hint)));
            return;
        }
        if self.readings.is_empty() {
            if self.read_text == self.input.text().trim() {
                let text = words::RX_UNKNOWN.with(shared.lang, &[&self.read_text]);
                ui.line(row(1), Line::from(ui.span(Role::Warning, format!(" {text}"))));
            }
            return;
        }
        let top = scroll(self.reading_at, self.readings.len(), 3);
        for (n, reading) in self.readings.iter().enumerate().skip(top).take(3) {
            let chosen = n == self.reading_at;
            let many = self.readings.len() > 1;
            let mark = if chosen && many { ">" } else { " " };
            let role = if chosen { Role::Heading } else { Role::Muted };
            let mut spans = vec![ui.span(role, format!(" {mark}{} ", reading.shown))];
            for (is, role, text) in [
                (reading.unknown_drug, Role::Warning, shared.t(words::RX_NOT_IN_BASE).to_owned()),
                (
                    !reading.left_over.is_empty(),
                    Role::Caution,
                    words::RX_LEFT_OVER.with(shared.lang, &[&reading.left_over.join(" ")]),
                ),
            ] {
                if is {
                    spans.push(ui.span(role, format!("{text} ")));
                }
            }
            if reading.missing.is_empty() && chosen {
                spans.push(ui.span(Role::Good, shared.t(words::RX_COMPLETE)));
            } else if !reading.missing.is_empty() {
                let missing = reading.missing.join("、");
                let text = words::RX_MISSING.with(shared.lang, &[&missing]);
                spans.push(ui.span(Role::Caution, text));
            }
            ui.line(row(1 + (n - top) as u16), Line::from(spans));
        }
    }

    fn view_alerts(&self, ui: &mut Ui, shared: &Shared, (area, alerts): (Rect, &[SeenAlert])) {
        let lit = self.rx_focus == RxFocus::Alerts;
        let mut title = format!("{} {}", shared.t(words::RX_ALERTS), alerts.len());
        if !self.check_fresh {
            title.push_str(&format!(" {}", shared.t(words::RX_CHECKING)));
        }
        let inner = ui.boxed(area, &title, lit);
        let wide = usize::from(inner.width);
        let mut lines: Vec<Line> = vec![];
        if let Some(checked) = self.checked.as_ref().filter(|_| alerts.is_empty()) {
            let text = words::RX_ALERTS_NONE.with(shared.lang, &[&checked.known, &checked.total]);
            lines.push(Line::from(ui.span(Role::Good, text)));
        }
        if let Some(checked) = &self.checked
            && !checked.unchecked.is_empty()
        {
            let text = words::RX_UNCHECKED.with(shared.lang, &[&checked.unchecked.join("、")]);
            lines.push(Line::from(ui.span(Role::Caution, clip(&text, wide))));
        }
        let mut chosen_row = 0;
        for (n, seen) in alerts.iter().enumerate() {
            let chosen = lit && n == self.alert_at;
            if chosen {
                chosen_row = lines.len();
            }
            lines.extend(alert_lines(ui, shared, (seen, chosen), wide));
        }
        let top = chosen_row.min(lines.len().saturating_sub(inner.height.into()));
        ui.lines(inner, lines.into_iter().skip(top).collect());
    }
}

/// What, what instead, source; under the cursor also what has to be done.
fn alert_lines<'t>(
    ui: &Ui,
    shared: &Shared,
    (seen, chosen): (&SeenAlert, bool),
    wide: usize,
) -> Vec<Line<'t>> {
    let lang = shared.lang;
    let alert = &seen.alert;
    let tier = shared.t(words_of::tier(seen.tier));
    let role = words_of::tier_role(seen.tier);
    let numbers: Vec<String> = alert.shown.lines.iter().map(|n| (n + 1).to_string()).collect();
    let place = if numbers.is_empty() {
        String::new()
    } else {
        words::ALERT_PLACE.with(lang, &[&numbers.join("、")])
    };
    let mark = if chosen { ">" } else { " " };
    let head = format!("[{tier}]");
    let mut text = format!("{place}{}", alert.shown.message);
    if alert.trial {
        text.push_str(&format!(" [{}]", shared.t(frame::TRIAL)));
    }
    let room = wide.saturating_sub(cells_of(&head) + 2);
    let mut lines: Vec<Line> = vec![];
    for (n, row) in wrapped(&text, room).into_iter().enumerate() {
        let first = if n == 0 {
            vec![ui.span(Role::Accent, mark), ui.span(role, head.clone()), Span::raw(" ")]
        } else {
            vec![Span::raw(" ".repeat(cells_of(&head) + 2))]
        };
        let body = ui.span(if chosen { Role::Heading } else { Role::Base }, row);
        lines.push(Line::from(first.into_iter().chain([body]).collect::<Vec<_>>()));
    }
    let answered = words_of::answered((&seen.answer, &seen.second), lang);
    if !answered.is_empty() {
        let mut text = format!("    {answered}");
        if let Some(day) = &seen.confirmed {
            text.push_str(&format!(" {}", words::EARLIER.with(lang, &[day])));
        }
        lines.push(Line::from(ui.span(Role::Accent, clip(&text, wide))));
    }
    let loud = chosen || seen.tier <= AlertTier::Warn;
    if loud && !alert.instead.is_empty() {
        let text = format!("{}:{}", shared.t(words::INSTEAD), alert.instead);
        for row in wrapped(&text, wide.saturating_sub(4)) {
            lines.push(Line::from(ui.span(Role::Good, format!("    {row}"))));
        }
    }
    if chosen {
        let what = match seen.tier {
            AlertTier::Stop if seen.second.is_some() => None,
            AlertTier::Stop if alert.shown.way_out == WayOut::ChangeOnly => {
                Some(words::RX_STOPPED_FOR_GOOD)
            }
            AlertTier::Stop => Some(words::RX_STOPPED),
            AlertTier::Warn => Some(words::RX_REASON),
            _ => None,
        };
        if let Some(what) = what {
            lines.push(Line::from(ui.span(role, format!("  {}", shared.t(what)))));
        }
        if seen.tier == AlertTier::Warn {
            for row in wrapped(shared.t(words::RX_REASONS), wide.saturating_sub(2)) {
                lines.push(Line::from(ui.span(Role::Accent, format!("  {row}"))));
            }
        }
        if !alert.source.is_empty() {
            let text = format!("    {}:{}", shared.t(words::SOURCE), alert.source);
            lines.push(Line::from(ui.span(Role::Muted, clip(&text, wide))));
        }
    }
    lines
}
