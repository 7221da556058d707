//! How the follow-up form looks: rows with the last values, the codes of the row in focus, the verdict, the trend.
use ratatui::{layout::Rect, text::Line};

use super::{form::Form, trend};
use crate::{
    domain::{
        catalog::follow_up::FollowUpBook,
        followup::{Outcome, register::Point},
    },
    tui::{
        draw::{Ui, clip, pad, scroll, wrapped},
        state::Shared,
        text::{follow_up as words, visit},
        theme::Role,
    },
};

const LABEL: u16 = 18;
const BOX: u16 = 16;

impl Form {
    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let mut title = self.titles(shared);
        if let Some(at) = self.safe_at {
            let at = Shared::clock(at);
            title = format!("[{}] {title}", visit::DRAFT_SAVED.with(shared.lang, &[&at]));
        }
        let title = words::FORM.with(shared.lang, &[&title]);
        let inner = ui.boxed(area, &title, true);
        if self.charts {
            return self.view_charts(ui, shared, inner);
        }
        let verdict = self.verdict(ui, shared, inner.width.into());
        let under = (verdict.len() as u16).min(inner.height * 2 / 5);
        let trend = if inner.height >= 26 { 6 } else { 2 };
        let rows = inner.height.saturating_sub(under + trend + 2);
        let form = Rect { height: rows, ..inner };
        self.view_rows(ui, shared, form);
        let codes = Rect { y: form.bottom(), height: 2, ..inner };
        self.view_codes(ui, shared, codes);
        ui.lines(Rect { y: codes.bottom(), height: under, ..inner }, verdict);
        self.view_trend(ui, shared, Rect { y: codes.bottom() + under, height: trend, ..inner });
    }

    fn titles(&self, shared: &Shared) -> String {
        self.open
            .page
            .year
            .iter()
            .filter(|year| self.open.programmes.contains(&year.programme))
            .map(|year| {
                // A child's visits go by age, not by the year.
                if year.needed == 0 {
                    return year.programme_zh.clone();
                }
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

    fn view_codes(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let Some(row) = self.open.rows.get(self.at) else { return };
        let mut codes: Vec<String> =
            row.choices.iter().map(|choice| format!("{}{}", choice.code, choice.zh)).collect();
        if codes.is_empty() {
            // The name may be longer than its column.
            codes.push(format!("{} {}", row.zh, row.unit));
        } else if row.id == "symptoms" {
            codes.push(shared.t(words::OWN_WORDS).to_owned());
        }
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

    fn measured(&self) -> Vec<Measured<'_>> {
        let (sbp, dbp) = self.pressure_limits();
        let names = [("sbp", "收缩压", sbp), ("dbp", "舒张压", dbp), ("fbg", "空腹血糖", 7.0)];
        names
            .into_iter()
            .filter_map(|(id, name, limit)| {
                let (_, points) = self.open.series.iter().find(|(own, _)| own == id)?;
                (!points.is_empty()).then_some((name, limit, points.as_slice()))
            })
            .collect()
    }

    /// The programme's target for this person, as the verdict says it: `<150/90`.
    fn pressure_limits(&self) -> (f64, f64) {
        let said = self.judged.iter().flat_map(|j| &j.outcomes);
        let target = said.into_iter().find(|o| o.programme == "hypertension").map(|o| &o.target);
        let read = target.and_then(|t| {
            let (high, low) = t.trim_start_matches('<').split_once('/')?;
            Some((high.parse().ok()?, low.parse().ok()?))
        });
        read.unwrap_or((140.0, 90.0))
    }

    fn view_trend(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let with = self.measured();
        let said: Vec<Line> = with
            .iter()
            .filter(|(name, ..)| *name != "舒张压")
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

    /// All charts, each under its line of words.
    fn view_charts(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let with = self.measured();
        let each = area.height / (with.len() as u16).max(1);
        for (n, (name, limit, points)) in with.iter().enumerate() {
            let at = Rect { y: area.y + n as u16 * each, height: each, ..area };
            let text = trend::in_words(shared, name, points);
            let target = words::TREND_TARGET.with(shared.lang, &[limit]);
            let text = clip(&format!("{text}  {target}"), at.width.into());
            ui.line(at, Line::from(ui.span(Role::Heading, text)));
            let rows = at.height.saturating_sub(2);
            trend::draw(ui, Rect { y: at.y + 1, height: rows, ..at }, (points, *limit));
            if let (Some(first), Some(last)) = (points.first(), points.last()) {
                let days = format!("      {} … {}", first.day, last.day);
                let foot = Rect { y: at.y + 1 + rows, height: 1, ..at };
                ui.line(foot, Line::from(ui.span(Role::Muted, days)));
            }
        }
    }
}

/// Name, target, values.
type Measured<'a> = (&'static str, f64, &'a [Point]);

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
