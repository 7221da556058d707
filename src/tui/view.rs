//! The frame around every screen: status bar, patient strip, body, message line, hints. Draws; never decides.
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    action::Action,
    cover,
    draw::{Ui, clip, pad},
    field::cells_of,
    people,
    state::{LEAST_SIZE, Loading, Shared, State},
    text::frame as words,
    theme::{Role, Theme},
    update::{in_field, live},
};

pub fn view(state: &State, theme: &Theme, frame: &mut Frame) {
    let shared = &state.shared;
    let whole = frame.area();
    let mut ui = Ui { frame, theme };
    ui.fill(whole, Role::Base);
    if whole.width < LEAST_SIZE.0 || whole.height < LEAST_SIZE.1 {
        let text = words::TOO_SMALL.with(shared.lang, &[&whole.width, &whole.height]);
        ui.line(whole, Line::from(ui.span(Role::Warning, text)));
        return;
    }
    let row = |y: u16| Rect { y: whole.y + y, height: 1, ..whole };
    let bar = status(&ui, shared, usize::from(whole.width));
    ui.fill(row(0), Role::Bar);
    ui.line(row(0), bar);
    let mut top = 1;
    let patient = state.screens.last().and_then(|screen| screen.patient());
    if let (Some(details), None) = (patient, &state.locked) {
        let strip = people::strip(&ui, shared, details);
        ui.line(row(1), strip);
        top = 2;
    }
    let body = Rect { y: whole.y + top, height: whole.height.saturating_sub(top + 2), ..whole };
    if let Some(locked) = &state.locked {
        cover::lock(&mut ui, (shared, locked), body);
    } else if let Some(screen) = state.screens.last() {
        screen.view(&mut ui, shared, body);
    }
    let message = row(whole.height - 2);
    if let Some(toast) = &shared.toast {
        let text = clip(&toast.text, whole.width.into());
        let line = Line::from(ui.span(toast.role, text));
        ui.line(message, line);
    }
    let last = row(whole.height - 1);
    ui.fill(last, Role::Bar);
    let hints = hints(&ui, state, usize::from(whole.width));
    ui.line(last, hints);
    if state.locked.is_none()
        && let Some(overlay) = &state.overlay
    {
        cover::view(&mut ui, state, overlay);
    }
}

/// Clinic and person on the left; queue, outbox, faults and the time on the right.
fn status<'t>(ui: &Ui, shared: &Shared, width: usize) -> Line<'t> {
    let lang = shared.lang;
    let mut right: Vec<(Role, String)> = vec![];
    if shared.demo.is_some() {
        right.push((Role::Banner, format!(" {} ", shared.t(words::DEMO))));
    }
    if shared.me.is_some() {
        right.push((Role::Bar, words::QUEUE.with(lang, &[&shared.queue])));
        right.push((Role::Bar, words::OUTBOX.with(lang, &[&shared.station.outbox])));
    }
    for (is, word) in [
        (shared.station.read_only, words::READ_ONLY),
        (shared.station.clock_suspect, words::CLOCK_SUSPECT),
        (shared.station.disk_low, words::DISK_LOW),
        (
            matches!(&shared.knowledge, Loading::Ready(knowledge) if knowledge.model.is_none()),
            words::NO_MODEL,
        ),
    ] {
        if is {
            right.push((Role::Banner, format!(" {} ", shared.t(word))));
        }
    }
    right.push((Role::Bar, Shared::clock(shared.now)));
    let right_cells: usize = right.iter().map(|(_, text)| cells_of(text) + 1).sum();
    let mut left = format!(" {}", shared.t(words::PROGRAM));
    if let Some(me) = &shared.me {
        let roles: Vec<&str> = me
            .roles
            .iter()
            .map(|role| match lang {
                super::text::Lang::Zh => role.name_zh(),
                super::text::Lang::En => role.id(),
            })
            .collect();
        left.push_str(&format!(" {} {} | {}", me.name, roles.join("/"), me.clinic));
    }
    let room = width.saturating_sub(right_cells);
    let mut spans = vec![ui.span(Role::Bar, pad(&left, room))];
    for (role, text) in right {
        spans.push(ui.span(role, text));
        spans.push(ui.span(Role::Bar, " "));
    }
    Line::from(spans)
}

/// As many hints as fit whole; the last two places belong to back and help.
fn hints<'t>(ui: &Ui, state: &State, width: usize) -> Line<'t> {
    let shared = &state.shared;
    let in_field = in_field(state);
    let live = live(state);
    let always = [Action::Back, Action::Help];
    let hint = |action: &Action| {
        let mut key = shared.keymap.shown(*action, in_field)?;
        // The way back stands beside the way on.
        if let Some(twin) = twin(*action).and_then(|twin| shared.keymap.shown(twin, in_field)) {
            key = format!("{twin} {key}");
        }
        let label = action.label(shared.lang);
        Some((cells_of(&key) + cells_of(label) + 3, key, label))
    };
    let tail: Vec<_> =
        always.iter().filter(|action| live.contains(action)).filter_map(hint).collect();
    let mut room = width.saturating_sub(tail.iter().map(|(wide, ..)| wide).sum());
    let mut shown = vec![];
    // While a note is written its own keys come first; these two stand in the help, and where they matter.
    let aside = |action: Action| in_field && matches!(action, Action::Sharing | Action::Priors);
    let hinted =
        |action: &&Action| !always.contains(action) && is_hinted(**action) && !aside(**action);
    for action in live.iter().filter(hinted) {
        let Some((wide, key, label)) = hint(action) else { continue };
        if wide > room {
            break;
        }
        room -= wide;
        shown.push((wide, key, label));
    }
    let mut spans: Vec<Span> = vec![];
    for (_, key, label) in shown.into_iter().chain(tail) {
        spans.push(ui.span(Role::Bar, " "));
        spans.push(ui.span(Role::Key, key));
        spans.push(ui.span(Role::Bar, format!(" {label}")));
    }
    Line::from(spans)
}

const fn twin(action: Action) -> Option<Action> {
    match action {
        Action::Next => Some(Action::Previous),
        Action::PageDown => Some(Action::PageUp),
        Action::NextFrame => Some(Action::PreviousFrame),
        _ => None,
    }
}

/// Panes have their keys in the tabs; ways back stand beside the ways on.
const fn is_hinted(action: Action) -> bool {
    !matches!(
        action,
        Action::PaneNote
            | Action::PaneDiagnosis
            | Action::PanePlan
            | Action::PaneRx
            | Action::PaneSign
            | Action::Previous
            | Action::PageUp
            | Action::PreviousField
            | Action::PreviousFrame
    )
}
