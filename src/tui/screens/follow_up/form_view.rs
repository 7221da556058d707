//! How the follow-up form looks: rows with the last values, the codes of the row in focus, the verdict, the trend.
use ratatui::{layout::Rect, text::Line};

use super::{form::Form, trend};
use crate::{
    domain::{catalog::follow_up::FollowUpBook, followup::Outcome},
    tui::{
        draw::{Ui, clip, pad, scroll, wrapped},
        state::Shared,
        text::follow_up as words,
        theme::Role,
    },
};

const LABEL: u16 = 18;
const BOX: u16 = 16;

impl Form {
    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let title = words::FORM.with(shared.lang, &[&self.titles(shared)]);
        let inner = ui.boxed(area, &title, true);
        let verdict = self.verdict(ui, shared, inner.width.into());
        let under = (verdict.len() as u16).min(inner.height * 2 / 5);
        let trend = if inner.height >= 26 { 6 } else { 2 };
        let rows = inner.height.saturating_sub(under + trend + 2);
        let form = Rect { height: rows, ..inner };
        self.view_rows(ui, shared, form);
        let codes = Rect { y: form.bottom(), height: 2, ..inner };
        self.view_codes(ui, codes);
        ui.lines(Rect { y: codes.bottom(), height: under, ..inner }, verdict);
        self.view_trend(ui, shared, Rect { y: codes.bottom() + under, height: trend, ..inner });
    }

    fn titles(&self, shared: &Shared) -> String {
        self.open
            .page
            .year
            .iter()
            .map(|year| {
                let done = year.done.face_to_face;
                let bar = words::YEAR.with(shared.lang, &[&done, &year.needed]);
                format!("{} {bar}", year.programme_zh)
            })
            .collect::<Vec<_>>()
            .join("  ")
    }

    fn view_rows(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let top = scroll(self.at, self.fields.len(), area.height.into());
        for (n, (row, field)) in self.open.rows.iter().zip(&self.fields).enumerate().skip(top) {
            let line = (n - top) as u16;
            if line >= area.height {
                break;
            }
            let at = Rect { y: area.y + line, height: 1, ..area };
            let here = n == self.at;
            let mark = if here { ">" } else { " " };
            let label = pad(&format!("{mark} {}", row.zh), LABEL.into());
            let role = if here { Role::Accent } else { Role::Base };
            ui.line(Rect { width: LABEL.min(at.width), ..at }, Line::from(ui.span(role, label)));
            let wide = BOX.min(at.width.saturating_sub(LABEL));
            ui.field(Rect { x: at.x + LABEL, width: wide, ..at }, field, here);
            let x = at.x + LABEL + wide + 1;
            let rest = Rect { x, width: at.right().saturating_sub(x), ..at };
            let wrong = self.problems.iter().find(|(row, _)| *row == n);
            let (role, text) = match wrong {
                Some((_, why)) => (Role::Warning, why.clone()),
                None if row.last.is_empty() => (Role::Muted, row.unit.clone()),
                None => {
                    let last = words::LAST.with(shared.lang, &[&row.last]);
                    (Role::Muted, format!("{} {last}", row.unit))
                }
            };
            ui.line(rest, Line::from(ui.span(role, clip(&text, rest.width.into()))));
        }
    }

    fn view_codes(&self, ui: &mut Ui, area: Rect) {
        let Some(row) = self.open.rows.get(self.at) else { return };
        let codes: Vec<String> =
            row.choices.iter().map(|choice| format!("{}{}", choice.code, choice.zh)).collect();
        let lines = wrapped(&codes.join("  "), area.width.into());
        let lines = lines.into_iter().map(|line| Line::from(ui.span(Role::Accent, line))).collect();
        ui.lines(area, lines);
    }

    fn verdict<'t>(&self, ui: &Ui, shared: &Shared, wide: usize) -> Vec<Line<'t>> {
        let Some(judged) = &self.judged else { return vec![] };
        let mut lines = vec![];
        let mut put = |role: Role, text: &str| {
            for row in wrapped(text, wide) {
                lines.push(Line::from(ui.span(role, row)));
            }
        };
        for outcome in &judged.outcomes {
            let (role, text) = said(shared, (outcome, &self.open.book));
            put(role, &text);
            for danger in &outcome.dangers {
                put(Role::Danger, &words::URGENT.with(shared.lang, &[&danger.zh]));
            }
            for ask in &outcome.asks {
                put(Role::Caution, &words::ASK.with(shared.lang, &[&ask.zh]));
            }
        }
        lines
    }

    fn view_trend(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let names = [("sbp", "收缩压", 140.0), ("fbg", "空腹血糖", 7.0)];
        let with: Vec<_> = names
            .iter()
            .filter_map(|(id, name, limit)| {
                let (_, points) = self.open.series.iter().find(|(own, _)| own == id)?;
                (!points.is_empty()).then_some((*name, *limit, points))
            })
            .collect();
        let said: Vec<Line> = with
            .iter()
            .map(|(name, _, points)| {
                let text = trend::in_words(shared, name, points);
                Line::from(ui.span(Role::Muted, clip(&text, area.width.into())))
            })
            .collect();
        let height = said.len() as u16;
        let bars = area.height.saturating_sub(height);
        if let Some((_, limit, points)) = with.first()
            && bars >= 2
        {
            trend::draw(ui, Rect { height: bars, ..area }, (points, *limit));
            ui.lines(Rect { y: area.y + bars, height, ..area }, said);
        } else {
            ui.lines(area, said);
        }
    }
}

/// Programme and treatment said together, each with its own target.
fn said(shared: &Shared, (outcome, book): (&Outcome, &FollowUpBook)) -> (Role, String) {
    let lang = shared.lang;
    let mut text = match outcome.class {
        Some(class) => words::PROGRAMME_SAYS.with(
            lang,
            &[
                &outcome.programme_zh,
                &format!("{class}{}", outcome.class_zh),
                &if outcome.target.is_empty() { "-" } else { &outcome.target },
            ],
        ),
        None if outcome.missing.is_empty() => outcome.programme_zh.clone(),
        None => format!(
            "{}：{}",
            outcome.programme_zh,
            words::NOT_CLASSED.with(lang, &[&named(&outcome.missing, book)])
        ),
    };
    if let Some(clinical) = outcome.clinical.last() {
        text.push_str(&format!("；{}", clinical.say));
    }
    if let Some(next) = &outcome.next {
        text.push_str(&format!("；{}", words::NEXT_ON.with(lang, &[&next.on])));
    }
    let role = match outcome.class {
        Some(1) => Role::Good,
        Some(_) => Role::Warning,
        None => Role::Muted,
    };
    (role, text)
}

fn named(missing: &[String], book: &FollowUpBook) -> String {
    let name = |id: &String| book.measure(id).map_or_else(|| id.clone(), |m| m.zh.clone());
    missing.iter().map(name).collect::<Vec<_>>().join("、")
}
