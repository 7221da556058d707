//! How overlays look: help, commands, search, messages, questions, the lock.
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::{
    draw::{Ui, pad, scroll, wrapped},
    overlays::{Confirm, Overlay, Palette, commands, live_below},
    rx_tools::{second, view as rx_tools},
    screens::{follow_up::form::short, priors::reason},
    search_view::view_search,
    state::{LockBox, Shared, State},
    text::{follow_up, frame as words, priors, visit},
    theme::Role,
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
        Overlay::Status(status) => {
            let title = follow_up::STATUS_TITLE
                .with(shared.lang, &[&status.name, &short(&status.programme)]);
            let inner = ui.popup((58, 6), &title);
            ui.field(Rect { y: inner.y + 1, height: 1, ..inner }, &status.field, true);
            let hint = Rect { y: inner.y + 2, height: 1, ..inner };
            ui.line(hint, Line::from(ui.span(Role::Muted, shared.t(follow_up::STATUS_HINT))));
        }
        Overlay::Calculators(sums) => rx_tools::calculators(ui, shared, sums),
        Overlay::SecondSign(second) => second::view(ui, shared, second),
        Overlay::Repeat(repeat) => {
            let title = priors::REPEAT_TITLE.with(shared.lang, &[&repeat.decided.item]);
            let inner = ui.popup((64, 7), &title);
            let row = |y: u16| Rect { y: inner.y + y, height: 1, ..inner };
            if let Some((why, _)) = &repeat.decided.repeat {
                let text = shared.t(reason(*why));
                ui.line(row(0), Line::from(ui.span(Role::Accent, text)));
            }
            ui.line(row(1), Line::from(ui.span(Role::Muted, shared.t(priors::REPEAT_WORDS))));
            ui.field(row(2), &repeat.words, true);
            let told = shared.t(priors::REPEAT_TOLD);
            ui.line(row(4), Line::from(ui.span(Role::Caution, told)));
        }
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

fn view_confirm(ui: &mut Ui, shared: &Shared, confirm: &Confirm) {
    let lang = shared.lang;
    let text = match confirm {
        Confirm::LeaveVisit { name } => words::CONFIRM_LEAVE.with(lang, &[name]),
        Confirm::Sign { name } => words::CONFIRM_SIGN.with(lang, &[name]),
        Confirm::DiscardForm { name, .. } => follow_up::DISCARD_FORM.with(lang, &[name]),
        Confirm::Danger { name, signs } => return view_danger(ui, shared, (name, signs)),
        Confirm::Remove { name, .. } => words::CONFIRM_REMOVE.with(lang, &[name]),
        Confirm::Discard { name, .. } => words::CONFIRM_DISCARD.with(lang, &[name]),
        Confirm::Stock { what } => what.clone(),
        Confirm::GiveUp { name, .. } => {
            crate::tui::text::sharing::CONFIRM_GIVE_UP.with(lang, &[name])
        }
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

/// The urgent panel of a follow-up: what was found, what to do.
fn view_danger(ui: &mut Ui, shared: &Shared, (name, signs): (&str, &[String])) {
    let mut rows = vec![(Role::Heading, name.to_owned())];
    for sign in signs {
        let text = follow_up::URGENT.with(shared.lang, &[sign]);
        rows.extend(wrapped(&text, 50).into_iter().map(|row| (Role::Danger, row)));
    }
    let text = shared.t(follow_up::URGENT_DO);
    rows.extend(wrapped(text, 50).into_iter().map(|row| (Role::Base, row)));
    rows.push((Role::Accent, shared.t(follow_up::URGENT_KEY).to_owned()));
    let inner = ui.popup((54, rows.len() as u16 + 2), shared.t(follow_up::URGENT_TITLE));
    let lines =
        rows.into_iter().map(|(role, row)| Line::from(ui.span(role, format!(" {row}")))).collect();
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
