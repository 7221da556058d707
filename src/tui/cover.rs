//! How overlays look: help, commands, search, messages, questions, the lock.
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::{
    draw::{Ui, pad, scroll, wrapped},
    overlays::{Confirm, Overlay, Palette, Search, commands, live_below},
    rx_tools::view as rx_tools,
    state::{LockBox, Shared, State},
    text::{frame as words, visit},
    theme::Role,
};
use crate::{
    domain::catalog::Status,
    services::library::{Hit, Kind},
};

pub fn view(ui: &mut Ui, state: &State, overlay: &Overlay) {
    let shared = &state.shared;
    match overlay {
        Overlay::Help { top } => help(ui, state, *top),
        Overlay::Messages { top } => messages(ui, shared, *top),
        Overlay::Palette(palette) => view_palette(ui, state, palette),
        Overlay::Search(search) => view_search(ui, shared, search),
        Overlay::Confirm(confirm) => view_confirm(ui, shared, confirm),
        Overlay::OwnDiagnosis(field) => {
            let inner = ui.popup((50, 5), shared.t(visit::TYPE_DIAGNOSIS));
            ui.field(Rect { y: inner.y + 1, height: 1, ..inner }, field, true);
        }
        Overlay::Refill(refill) => rx_tools::refill(ui, shared, refill),
        Overlay::SaveTemplate(save) => rx_tools::save_template(ui, shared, save),
        Overlay::LongTerm(field) => rx_tools::long_term(ui, shared, field),
        Overlay::Calculators(sums) => rx_tools::calculators(ui, shared, sums),
        Overlay::OwnReason(field) => {
            let inner = ui.popup((54, 5), shared.t(visit::REASON_WORDS));
            ui.field(Rect { y: inner.y + 1, height: 1, ..inner }, field, true);
        }
    }
}

/// Only what works on the screen below, with every key it has.
fn help(ui: &mut Ui, state: &State, top: usize) {
    let shared = &state.shared;
    let below = live_below(state);
    let typing = state.screens.last().is_some_and(super::screens::Screen::has_field);
    let mut lines: Vec<Line> = below
        .iter()
        .map(|action| {
            let keys = shared.keymap.keys(*action);
            let keys = if keys.len() > 4 {
                shared.keymap.shown(*action, false).unwrap_or_default()
            } else {
                let usable = keys.iter().filter(|key| !typing || key.typed().is_none());
                usable.map(|key| key.label()).collect::<Vec<_>>().join(" ")
            };
            let text = action.help().get(shared.lang);
            Line::from(vec![
                Span::styled(pad(&keys, 12), ui.style(Role::Accent)),
                Span::styled(text, ui.style(Role::Base)),
            ])
        })
        .collect();
    for row in wrapped(shared.t(words::HELP_FIELD), 62) {
        lines.push(Line::from(ui.span(Role::Muted, row)));
    }
    let height = (lines.len() as u16 + 3).min(ui.frame.area().height.saturating_sub(2));
    let inner = ui.popup((66, height), shared.t(words::HELP_TITLE));
    let list = Rect { height: inner.height.saturating_sub(1), ..inner };
    let top = top.min(lines.len().saturating_sub(list.height.into()));
    ui.lines(list, lines.into_iter().skip(top).collect());
    let foot = Rect { y: list.bottom(), height: 1, ..inner };
    ui.line(foot, Line::from(ui.span(Role::Muted, shared.t(words::HELP_CLOSE))));
}

fn messages(ui: &mut Ui, shared: &Shared, top: usize) {
    let size = ui.frame.area();
    let inner = ui.popup(
        (size.width.saturating_sub(6), size.height.saturating_sub(4)),
        shared.t(words::MESSAGES_TITLE),
    );
    let mut lines: Vec<Line> = vec![];
    for message in shared.messages.iter().rev() {
        let text = format!("{} {}", Shared::clock(message.at), message.text);
        for row in wrapped(&text, inner.width.into()) {
            lines.push(Line::from(ui.span(message.role, row)));
        }
    }
    if lines.is_empty() {
        lines.push(Line::from(ui.span(Role::Muted, shared.t(words::MESSAGES_NONE))));
    }
    let top = top.min(lines.len().saturating_sub(inner.height.into()));
    ui.lines(inner, lines.into_iter().skip(top).collect());
}

fn view_palette(ui: &mut Ui, state: &State, palette: &Palette) {
    let shared = &state.shared;
    let found = commands(state, palette.query.text());
    let inner = ui.popup((56, 16), shared.t(words::PALETTE_TITLE));
    ui.field(Rect { height: 1, ..inner }, &palette.query, true);
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    if found.is_empty() {
        ui.line(list, Line::from(ui.span(Role::Caution, shared.t(words::PALETTE_NONE))));
        return;
    }
    let top = scroll(palette.at, found.len(), list.height.into());
    let lines = found
        .iter()
        .enumerate()
        .skip(top)
        .take(list.height.into())
        .map(|(n, action)| {
            let role = if n == palette.at { Role::Selected } else { Role::Base };
            let key = shared.keymap.shown(*action, false).unwrap_or_default();
            let name = pad(action.label(shared.lang), 12);
            let text = format!("{name} {} {}", pad(&key, 6), action.help().get(shared.lang));
            Line::from(ui.span(role, pad(&text, list.width.into())))
        })
        .collect();
    ui.lines(list, lines);
}

fn view_search(ui: &mut Ui, shared: &Shared, search: &Search) {
    let size = ui.frame.area();
    let inner = ui.popup(
        (size.width.saturating_sub(4), size.height.saturating_sub(2)),
        shared.t(words::SEARCH_TITLE),
    );
    ui.field(Rect { height: 1, ..inner }, &search.query, true);
    let rest = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let note = |ui: &mut Ui, role, words: super::text::T| {
        ui.line(rest, Line::from(ui.span(role, shared.t(words))));
    };
    if search.hits.is_empty() {
        match (search.query.is_empty(), search.waiting) {
            (true, _) => note(ui, Role::Muted, words::SEARCH_HINT),
            (_, true) => note(ui, Role::Muted, words::SEARCH_WAIT),
            _ => note(ui, Role::Caution, words::SEARCH_NONE),
        }
        return;
    }
    let list_height = (search.hits.len() as u16).min((rest.height / 3).max(3));
    let list = Rect { height: list_height, ..rest };
    let top = scroll(search.at, search.hits.len(), list_height.into());
    let lines = search
        .hits
        .iter()
        .enumerate()
        .skip(top)
        .take(list_height.into())
        .map(|(n, hit)| {
            let role = if n == search.at { Role::Selected } else { Role::Base };
            let kind = shared.t(match hit.kind {
                Kind::Guideline => words::KIND_GUIDELINE,
                Kind::Condition => words::KIND_CONDITION,
                Kind::Drug => words::KIND_DRUG,
            });
            let text = format!("{} [{kind}] {} | {}", n + 1, hit.title, hit.section);
            Line::from(ui.span(role, pad(&text, list.width.into())))
        })
        .collect();
    ui.lines(list, lines);
    let body =
        Rect { y: list.bottom() + 1, height: rest.height.saturating_sub(list_height + 1), ..rest };
    if let Some(hit) = search.hits.get(search.at) {
        passage(ui, shared, (hit, search.top), body);
    }
}

/// The passage with what was searched for lit, and where it comes from.
fn passage(ui: &mut Ui, shared: &Shared, (hit, top): (&Hit, usize), area: Rect) {
    let rows = wrapped(&hit.text, area.width.into());
    let mut at = 0;
    let mut lines: Vec<Line> = vec![];
    for row in rows {
        let mut spans: Vec<Span> = vec![];
        let mut run = String::new();
        let mut lit_run = false;
        for c in row.chars() {
            let lit = hit.highlights.iter().any(|range| range.contains(&at));
            if lit != lit_run && !run.is_empty() {
                let role = if lit_run { Role::Accent } else { Role::Base };
                spans.push(ui.span(role, std::mem::take(&mut run)));
            }
            lit_run = lit;
            run.push(c);
            at += 1;
        }
        if hit.text.chars().nth(at) == Some('\n') {
            at += 1;
        }
        let role = if lit_run { Role::Accent } else { Role::Base };
        spans.push(ui.span(role, run));
        lines.push(Line::from(spans));
    }
    let source = match &hit.source_title {
        Some(title) => {
            let year = hit.year.map_or_else(String::new, |year| year.to_string());
            format!("{}:《{title}》{year} {}", shared.t(visit::SOURCE), hit.place)
        }
        None => format!("{}:{}", shared.t(visit::SOURCE), shared.t(visit::PLAN_ESTIMATE)),
    };
    let mut foot = vec![ui.span(Role::Muted, source.trim_end().to_owned())];
    if hit.status == Status::Trial {
        foot.push(ui.span(Role::Muted, format!(" [{}]", shared.t(words::TRIAL))));
    }
    if let Some(year) = hit.newer_edition {
        let text = words::SEARCH_NEWER.with(shared.lang, &[&year]);
        foot.push(ui.span(Role::Warning, format!(" {text}")));
    }
    if !hit.every_word {
        foot.push(ui.span(Role::Caution, format!(" {}", shared.t(words::SEARCH_PARTLY))));
    }
    lines.push(Line::from(foot));
    let top = top.min(lines.len().saturating_sub(area.height.into()));
    ui.lines(area, lines.into_iter().skip(top).collect());
}

fn view_confirm(ui: &mut Ui, shared: &Shared, confirm: &Confirm) {
    let lang = shared.lang;
    let text = match confirm {
        Confirm::LeaveVisit { name } => words::CONFIRM_LEAVE.with(lang, &[name]),
        Confirm::Sign { name } => words::CONFIRM_SIGN.with(lang, &[name]),
        Confirm::Remove { name, .. } => words::CONFIRM_REMOVE.with(lang, &[name]),
        Confirm::Discard { name, .. } => words::CONFIRM_DISCARD.with(lang, &[name]),
        Confirm::SignOut => shared.t(words::CONFIRM_SIGN_OUT).to_owned(),
        Confirm::Quit => shared.t(words::CONFIRM_QUIT).to_owned(),
    };
    let rows = wrapped(&text, 46);
    let inner = ui.popup((50, rows.len() as u16 + 4), shared.t(words::PROGRAM));
    let mut lines: Vec<Line> =
        rows.into_iter().map(|row| Line::from(ui.span(Role::Heading, format!(" {row}")))).collect();
    lines.push(Line::default());
    let keys = format!(" {}", shared.t(words::CONFIRM_KEYS));
    lines.push(Line::from(ui.span(Role::Accent, keys)));
    ui.lines(inner, lines);
}

/// Covers the records until the passphrase comes again.
pub fn lock(ui: &mut Ui, (shared, locked): (&Shared, &LockBox), area: Rect) {
    let width = area.width.min(58);
    let boxed = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + area.height / 4,
        width,
        height: area.height.min(8),
    };
    let inner = ui.boxed(boxed, shared.t(words::LOCK_TITLE), true);
    let name = shared.me.as_ref().map_or("", |me| me.name.as_str());
    let text = words::LOCK_ASK.with(shared.lang, &[&name]);
    let rows = wrapped(&text, inner.width.into());
    let used = rows.len() as u16;
    let lines = rows.into_iter().map(|row| Line::from(ui.span(Role::Base, row))).collect();
    ui.lines(inner, lines);
    let at = Rect { y: inner.y + used.min(inner.height - 1), height: 1, ..inner };
    ui.field(at, &locked.passphrase, !locked.checking);
    let (role, note) = match (&locked.problem, locked.checking) {
        (_, true) => (Role::Accent, shared.t(words::WAIT).to_owned()),
        (Some(problem), _) => (Role::Warning, problem.clone()),
        _ => return,
    };
    let rows = wrapped(&note, inner.width.into());
    let lines = rows.into_iter().map(|row| Line::from(ui.span(role, row))).collect();
    let below =
        Rect { y: at.bottom(), height: inner.bottom().saturating_sub(at.bottom()), ..inner };
    ui.lines(below, lines);
}
