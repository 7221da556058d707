//! How the helpers of the prescription look.
use ratatui::{layout::Rect, text::Line};

use super::{
    SaveTemplate,
    calculators::{Calculators, label, title, why},
    refill::{Refill, Shelf},
};
use crate::{
    domain::{rx::calculator::Calculator, visit::template::Scope},
    tui::{
        draw::{Ui, clip, pad, scroll, wrapped},
        field::{Field, cells_of},
        state::Shared,
        text::rx_tools as words,
        theme::Role,
    },
};

pub fn refill(ui: &mut Ui, shared: &Shared, refill: &Refill) {
    let size = ui.frame.area();
    let inner = ui.popup(
        (size.width.saturating_sub(4), size.height.saturating_sub(4)),
        shared.t(words::REFILL_TITLE),
    );
    let tab = |shelf: Shelf, words, n: usize| {
        let role = if refill.shelf == shelf { Role::Selected } else { Role::Muted };
        ui.span(role, format!(" {} {n} ", shared.t(words)))
    };
    let tabs = Line::from(vec![
        tab(Shelf::Past, words::SHELF_PAST, refill.past.len()),
        ui.span(Role::Base, " "),
        tab(Shelf::Templates, words::SHELF_TEMPLATES, refill.templates.len()),
        ui.span(Role::Muted, format!("  {}", shared.t(words::REFILL_KEYS))),
    ]);
    ui.line(Rect { height: 1, ..inner }, tabs);
    let rest = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    if refill.len() == 0 {
        let text = match (refill.waiting, refill.shelf) {
            (true, _) => words::REFILL_WAIT,
            (_, Shelf::Past) => words::NO_PAST,
            (_, Shelf::Templates) => words::NO_TEMPLATES,
        };
        ui.line(rest, Line::from(ui.span(Role::Muted, shared.t(text))));
        return;
    }
    let list_height = (refill.len() as u16).min((rest.height / 2).max(3));
    let list = Rect { height: list_height, ..rest };
    let top = scroll(refill.at, refill.len(), list_height.into());
    let rows = (top..refill.len())
        .take(list_height.into())
        .map(|n| {
            let role = if n == refill.at { Role::Selected } else { Role::Base };
            let text = format!("{} {}", n + 1, refill.title(n, shared));
            Line::from(ui.span(role, pad(&clip(&text, list.width.into()), list.width.into())))
        })
        .collect();
    ui.lines(list, rows);
    let below =
        Rect { y: list.bottom() + 1, height: rest.height.saturating_sub(list_height + 1), ..rest };
    let mut lines: Vec<Line> = vec![];
    for (n, line) in refill.preview().iter().enumerate() {
        for row in wrapped(&format!("{} {line}", n + 1), below.width.into()) {
            lines.push(Line::from(ui.span(Role::Base, row)));
        }
    }
    lines.push(Line::from(ui.span(Role::Muted, shared.t(words::REFILL_CHECKED))));
    ui.lines(below, lines);
}

pub fn save_template(ui: &mut Ui, shared: &Shared, save: &SaveTemplate) {
    let inner = ui.popup((56, 6), shared.t(words::SAVE_TITLE));
    ui.field(Rect { y: inner.y + 1, height: 1, ..inner }, &save.name, true);
    let scope = match save.scope {
        Scope::Personal => words::PERSONAL,
        Scope::Clinic => words::CLINIC,
    };
    let mut text = words::SAVE_SCOPE.with(shared.lang, &[&shared.t(scope)]);
    if save.may_share {
        text.push_str(&format!("  {}", shared.t(words::SAVE_SWITCH)));
    }
    let row = Rect { y: inner.y + 3, height: 1, ..inner };
    ui.line(row, Line::from(ui.span(Role::Accent, text)));
}

pub fn long_term(ui: &mut Ui, shared: &Shared, field: &Field) {
    let inner = ui.popup((60, 7), shared.t(words::LONG_TITLE));
    ui.field(Rect { y: inner.y + 1, height: 1, ..inner }, field, true);
    let rows = wrapped(shared.t(words::LONG_HINT), inner.width.into());
    let area = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    let lines = rows.into_iter().map(|row| Line::from(ui.span(Role::Muted, row))).collect();
    ui.lines(area, lines);
}

pub fn calculators(ui: &mut Ui, shared: &Shared, sums: &Calculators) {
    let inner = ui.popup((58, 18), shared.t(words::CALC_TITLE));
    let tabs = Calculator::ALL
        .into_iter()
        .enumerate()
        .map(|(n, calculator)| {
            let role = if n == sums.which { Role::Selected } else { Role::Muted };
            ui.span(role, format!(" {} ", shared.t(title(calculator))))
        })
        .collect::<Vec<_>>();
    ui.line(Rect { height: 1, ..inner }, Line::from(tabs));
    let (needed, _) = sums.calculator().inputs();
    let (_, refused) = sums.read();
    let mut y = inner.y + 2;
    for (n, input) in sums.inputs().into_iter().enumerate() {
        let row = Rect { y, height: 1, ..inner };
        let may = if needed.contains(&input) { " " } else { "~" };
        let name = pad(&format!("{may}{}", shared.t(label(input))), 14);
        let lit = n == sums.at;
        let role = if lit { Role::Accent } else { Role::Base };
        ui.line(row, Line::from(ui.span(role, name.clone())));
        let used = cells_of(&name) as u16;
        let width = 14.min(inner.width.saturating_sub(used));
        let at = Rect { x: row.x + used, width, ..row };
        if let Some(field) = sums.field_of(input) {
            ui.field(at, field, lit);
        }
        let beside = Rect {
            x: at.x + width + 1,
            width: inner.width.saturating_sub(used + width + 1),
            ..row
        };
        let (role, text) = match refused.get(&input) {
            Some(refused) => (Role::Warning, why(refused, shared.lang)),
            None => (Role::Muted, input.unit().to_owned()),
        };
        ui.line(beside, Line::from(ui.span(role, clip(&text, beside.width.into()))));
        y += 1;
    }
    let results = sums.results(shared);
    let area = Rect { y: y + 1, height: inner.bottom().saturating_sub(y + 1), ..inner };
    let mut lines: Vec<Line> = if results.is_empty() {
        vec![Line::from(ui.span(Role::Muted, shared.t(words::CALC_MISSING)))]
    } else {
        results
            .into_iter()
            .map(|text| Line::from(ui.span(Role::Good, format!(" {text}"))))
            .collect()
    };
    for row in wrapped(shared.t(words::CALC_KEYS), inner.width.into()) {
        lines.push(Line::from(ui.span(Role::Muted, row)));
    }
    ui.lines(area, lines);
}
