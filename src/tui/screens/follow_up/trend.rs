//! A measurement over time: a few rows of blocks with the target line, and always a line of words that says the same.
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::followup::register::Point,
    tui::{
        draw::{Ui, clip},
        state::Shared,
        text::follow_up as words,
        theme::Role,
    },
};

/// Values shown at most, newest last.
const MOST: usize = 24;
/// Eighths of a cell.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One line: name, how many, median, last, and where it goes.
pub fn in_words(shared: &Shared, name: &str, points: &[Point]) -> String {
    let Some(last) = points.last() else {
        return format!("{name} {}", shared.t(words::TREND_NONE));
    };
    let mut sorted: Vec<f64> = points.iter().map(|p| p.value).collect();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    let before = points.len().checked_sub(2).and_then(|n| points.get(n)).map(|p| p.value);
    let arrow = match before {
        Some(before) if last.value > before => "↑",
        Some(before) if last.value < before => "↓",
        _ => "=",
    };
    words::TREND.with(shared.lang, &[&name, &points.len(), &median, &last.value, &arrow])
}

/// Bars of one measurement; those at or above the limit are marked by colour and by standing over the line of dots.
pub fn draw(ui: &mut Ui, area: Rect, (points, limit): (&[Point], f64)) {
    let rows = usize::from(area.height);
    let fits = usize::from(area.width.saturating_sub(6)) / 2;
    if rows < 2 || points.is_empty() || fits == 0 {
        return;
    }
    let shown = &points[points.len().saturating_sub(MOST.min(fits))..];
    let values = shown.iter().map(|p| p.value);
    let top = values.clone().fold(limit, f64::max);
    let low = values.fold(limit, f64::min);
    let low = low - (top - low).max(1.0) * 0.15;
    let eighths = |value: f64| {
        let share = ((value - low) / (top - low)).clamp(0.0, 1.0);
        (share * rows as f64 * 8.0).round() as usize
    };
    let limit_row = rows - (eighths(limit) / 8).min(rows - 1) - 1;
    let lines = (0..rows)
        .map(|row| {
            let base = (rows - 1 - row) * 8;
            let label = if row == limit_row { format!("{limit:>5} ") } else { " ".repeat(6) };
            let mut spans: Vec<Span> = vec![ui.span(Role::Muted, clip(&label, 6))];
            for point in shown {
                let fill = eighths(point.value).saturating_sub(base).min(8);
                let rule = if row == limit_row { '·' } else { ' ' };
                let bar = if fill == 0 { rule } else { BLOCKS[fill] };
                let over = point.value >= limit;
                let role = if over { Role::Warning } else { Role::Good };
                spans.push(ui.span(role, bar.to_string()));
                spans.push(ui.span(Role::Muted, rule.to_string()));
            }
            Line::from(spans)
        })
        .collect();
    ui.lines(area, lines);
}
