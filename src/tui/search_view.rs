//! How the find screen looks: words, filters, list, the open paragraph with its source, and what it leads to.
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::{
    draw::{Ui, pad, scroll, wrapped},
    search::{About, Search},
    state::Shared,
    text::{T, frame as words, visit},
    theme::Role,
};
use crate::{
    domain::catalog::Status,
    services::library::{Hit, Kind},
};

pub fn view_search(ui: &mut Ui, shared: &Shared, search: &Search) {
    let size = ui.frame.area();
    let inner = ui.popup(
        (size.width.saturating_sub(4), size.height.saturating_sub(2)),
        shared.t(words::SEARCH_TITLE),
    );
    let first = Rect { height: 1.min(inner.height), ..inner };
    match &search.about {
        Some(about) => {
            let text = match about {
                About::Support(name) => words::SEARCH_ABOUT.with(shared.lang, &[name]),
                About::Entry(name) => words::SEARCH_ENTRY.with(shared.lang, &[name]),
            };
            ui.line(first, Line::from(ui.span(Role::Heading, text)));
        }
        None => ui.field(first, &search.query, !search.on_hits),
    }
    let mut rest = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let filters = filters(shared, search);
    if search.about.is_none() && !filters.is_empty() {
        let text = format!("{} {}", shared.t(words::SEARCH_FILTERS), filters.join(" · "));
        ui.line(
            Rect { height: 1.min(rest.height), ..rest },
            Line::from(ui.span(Role::Accent, text)),
        );
        rest = Rect { y: rest.y + 1, height: rest.height.saturating_sub(1), ..rest };
    }
    let note = |ui: &mut Ui, role, words: T| {
        ui.line(rest, Line::from(ui.span(role, shared.t(words))));
    };
    if search.hits.is_empty() {
        match (search.about.is_some(), search.query.is_empty(), search.waiting) {
            (false, true, _) => note(ui, Role::Muted, words::SEARCH_HINT),
            (_, _, true) => note(ui, Role::Muted, words::SEARCH_WAIT),
            (true, ..) => note(ui, Role::Caution, words::SEARCH_ABOUT_NONE),
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
            let text =
                format!("{} [{}] {} | {}", n + 1, shared.t(kind(hit.kind)), hit.title, hit.section);
            Line::from(ui.span(role, pad(&text, list.width.into())))
        })
        .collect();
    ui.lines(list, lines);
    let related = related_lines(ui, shared, search, inner.width.into());
    let foot = related.len() as u16;
    let body = Rect {
        y: list.bottom() + 1,
        height: rest.height.saturating_sub(list_height + 1 + foot),
        ..rest
    };
    if let Some(hit) = search.hit() {
        passage(ui, shared, (hit, search.top), body);
    }
    let below = Rect { y: body.bottom(), height: foot.min(rest.height), ..rest };
    ui.lines(below, related);
}

const fn kind(kind: Kind) -> T {
    match kind {
        Kind::Guideline => words::KIND_GUIDELINE,
        Kind::Condition => words::KIND_CONDITION,
        Kind::Drug => words::KIND_DRUG,
        Kind::Local => words::KIND_LOCAL,
        Kind::Rule => words::KIND_RULE,
    }
}

fn filters(shared: &Shared, search: &Search) -> Vec<String> {
    let filter = &search.filter;
    let mut shown = vec![];
    shown.extend(filter.kind.map(|k| shared.t(kind(k)).to_owned()));
    shown.extend(filter.year_from.map(|from| words::SEARCH_SINCE.with(shared.lang, &[&from])));
    shown.extend(filter.disease.as_ref().map(|_| search.disease_name.clone()));
    shown.extend(filter.source.clone());
    shown.extend(filter.audience.as_deref().map(|audience| {
        let t = if audience == "village" { words::SEARCH_VILLAGE } else { words::SEARCH_TOWNSHIP };
        shared.t(t).to_owned()
    }));
    shown
}

/// One or two lines: `相关 1痛风 2秋水仙碱 …`.
fn related_lines(ui: &Ui, shared: &Shared, search: &Search, wide: usize) -> Vec<Line<'static>> {
    let related: Vec<String> =
        search.related().enumerate().map(|(n, e)| format!("{} {}", n + 1, e.name)).collect();
    if related.is_empty() {
        return vec![];
    }
    let role = if search.on_hits { Role::Accent } else { Role::Muted };
    let text = format!("{}  {}", shared.t(words::SEARCH_RELATED), related.join("   "));
    wrapped(&text, wide).into_iter().take(2).map(|row| Line::from(ui.span(role, row))).collect()
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
    for (role, text) in foot(shared, hit) {
        let rows = wrapped(&text, area.width.into());
        lines.extend(rows.into_iter().map(|row| Line::from(ui.span(role, row))));
    }
    let top = top.min(lines.len().saturating_sub(area.height.into()));
    ui.lines(area, lines.into_iter().skip(top).collect());
}

/// Where it comes from, and what has to be known before it is believed.
fn foot(shared: &Shared, hit: &Hit) -> Vec<(Role, String)> {
    let lang = shared.lang;
    let mut source = match &hit.source_title {
        Some(title) => {
            let year = hit.year.map_or_else(String::new, |year| year.to_string());
            format!("{}:《{title}》{year} {}", shared.t(visit::SOURCE), hit.place)
        }
        None => format!("{}:{}", shared.t(visit::SOURCE), shared.t(visit::PLAN_ESTIMATE)),
    };
    if let Some((who, day)) = &hit.added {
        source.push_str(&format!(" {}", words::SEARCH_ADDED.with(lang, &[who, day])));
    }
    if hit.status == Some(Status::Trial) {
        source.push_str(&format!(" [{}]", shared.t(words::TRIAL)));
    }
    let over = hit.valid_until.filter(|last| *last < shared.today());
    if let Some(last) = hit.valid_until.filter(|_| over.is_none()) {
        source.push_str(&format!(" {}", words::SEARCH_VALID.with(lang, &[&last])));
    }
    let mut lines = vec![(Role::Muted, source.trim_end().to_owned())];
    if let Some(last) = over {
        lines.push((Role::Warning, words::SEARCH_EXPIRED.with(lang, &[&last])));
    }
    if let Some(year) = hit.newer_edition {
        lines.push((Role::Warning, words::SEARCH_NEWER.with(lang, &[&year])));
    }
    if hit.doubtful {
        lines.push((Role::Caution, shared.t(words::SEARCH_DOUBTFUL).to_owned()));
    }
    if !hit.every_word {
        lines.push((Role::Caution, shared.t(words::SEARCH_PARTLY).to_owned()));
    }
    lines
}
