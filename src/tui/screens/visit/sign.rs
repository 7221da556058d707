//! 签名: the summary, what still stands in the way, and after the commit the printed sheet.
use ratatui::{layout::Rect, text::Line};

use super::{Visit, words_of};
use crate::{
    domain::visit::{AlertTier, Unready},
    tui::{
        draw::{Ui, clip, wrapped},
        people,
        state::{Loading, Shared},
        text::{chart, visit as words},
        theme::Role,
    },
};

impl Visit {
    /// Everything that stands against signing, in words; empty = may be signed.
    pub(super) fn hindrances(&self, shared: &Shared) -> Vec<String> {
        let lang = shared.lang;
        let message = |rule: &str| {
            let alerts = self.shown_alerts();
            let found = alerts.iter().find(|seen| seen.alert.shown.rule == rule);
            found.map_or_else(|| rule.to_owned(), |seen| seen.alert.shown.message.clone())
        };
        let mut all: Vec<String> = self
            .whole(shared)
            .unready()
            .iter()
            .map(|unready| match unready {
                Unready::NoNote => words::SIGN_NO_NOTE.get(lang).to_owned(),
                Unready::NoDiagnosis | Unready::NamelessDiagnosis { .. } => {
                    words::SIGN_NO_DIAGNOSIS.get(lang).to_owned()
                }
                Unready::UnfinishedLine { line } => words::SIGN_LINE.with(lang, &[&(line + 1)]),
                Unready::Stopped { rule } => words::SIGN_STOP.with(lang, &[&message(rule)]),
                Unready::StoppedForGood { rule } => {
                    words::SIGN_STOP_FOR_GOOD.with(lang, &[&message(rule)])
                }
                Unready::Unanswered { rule } | Unready::AlertOfNoLine { rule } => {
                    words::SIGN_WARN.with(lang, &[&message(rule)])
                }
            })
            .collect();
        if !self.input.is_empty() {
            all.push(words::SIGN_TYPING.with(lang, &[&self.input.text().trim()]));
        }
        let waiting = !self.check_fresh || !self.fresh;
        if waiting && !matches!(shared.knowledge, Loading::Failed(_)) {
            all.push(words::SIGN_CHECKING.get(lang).to_owned());
        }
        all
    }

    pub(super) fn view_sign(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let inner = ui.boxed(area, shared.t(words::SIGN_SUMMARY), true);
        let wide = usize::from(inner.width);
        let mut status = self.sign_status(ui, shared, wide);
        if let (Some(text), false) = (self.ordered_words(shared), self.is_signed()) {
            status.insert(0, Line::from(ui.span(Role::Accent, clip(&text, wide))));
        }
        let status_height = (status.len() as u16).min(inner.height / 2);
        let top = Rect { height: inner.height - status_height, ..inner };
        let lines = self.summary(ui, shared, wide);
        let from = self.sign_top.min(lines.len().saturating_sub(top.height.into()));
        ui.lines(top, lines.into_iter().skip(from).collect());
        ui.lines(Rect { y: top.bottom(), height: status_height, ..inner }, status);
    }

    fn sign_status<'t>(&self, ui: &Ui, shared: &Shared, wide: usize) -> Vec<Line<'t>> {
        if self.signing {
            return vec![Line::from(ui.span(Role::Accent, shared.t(words::SIGN_SAVING)))];
        }
        let hindrances = self.hindrances(shared);
        if hindrances.is_empty() {
            return vec![Line::from(ui.span(Role::Good, shared.t(words::SIGN_READY)))];
        }
        let mut lines = vec![Line::from(ui.span(Role::Warning, shared.t(words::SIGN_NOT_READY)))];
        for hindrance in hindrances {
            let text = clip(&format!("  {hindrance}"), wide);
            lines.push(Line::from(ui.span(Role::Warning, text)));
        }
        lines
    }

    fn summary<'t>(&self, ui: &Ui, shared: &Shared, wide: usize) -> Vec<Line<'t>> {
        let lang = shared.lang;
        let mut lines: Vec<Line> = vec![];
        let mut put = |role: Role, text: &str| {
            for row in wrapped(text, wide) {
                lines.push(Line::from(ui.span(role, row)));
            }
        };
        put(Role::Heading, &people::named(&self.patient.details, shared));
        if let Some((level, why)) = &self.suggestion.triage {
            let text = format!(
                "{}:{} {}",
                shared.t(words::TRIAGE),
                shared.t(words_of::level(*level)),
                why.join("、")
            );
            put(words_of::level_role(*level), &text);
        }
        for pick in &self.picks {
            put(
                Role::Good,
                &format!("{}:{}", shared.t(words::TAB_DIAGNOSIS), words_of::diagnosis(pick, lang)),
            );
        }
        if self.lines.is_empty() {
            put(Role::Muted, &format!("{}:{}", shared.t(words::TAB_RX), shared.t(words::NO_DRUGS)));
        }
        for (n, line) in self.lines.iter().enumerate() {
            put(Role::Base, &format!("{} {}", n + 1, words_of::line(line)));
        }
        for seen in self.shown_alerts().iter().filter(|seen| seen.tier <= AlertTier::Note) {
            let tier = shared.t(words_of::tier(seen.tier));
            let answered = words_of::answered((&seen.answer, &seen.second), lang);
            let answer = if answered.is_empty() { answered } else { format!(" ({answered})") };
            put(
                words_of::tier_role(seen.tier),
                &format!("[{tier}] {}{answer}", seen.alert.shown.message),
            );
        }
        put(Role::Muted, self.note.text());
        lines
    }

    /// After the commit: saved, with its number, and the sheet as it will be printed.
    pub(super) fn view_signed(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let inner = ui.boxed(area, shared.t(chart::PRINT_TITLE), true);
        let Some(receipt) = &self.signed else { return };
        let mut head = format!("{} {}", shared.t(words::SAVED), Shared::clock(receipt.signed));
        if let Some(number) = &receipt.prescription_number {
            head.push_str(&format!("  {}", words::RX_NUMBER.with(shared.lang, &[number])));
        }
        let mut lines = vec![
            Line::from(ui.span(Role::Good, head)),
            Line::from(ui.span(Role::Muted, shared.t(words::SAVED_NEXT))),
        ];
        match &self.printed {
            Some(printed) => {
                if let Some(file) = &printed.file {
                    let text = chart::PRINT_DONE.with(shared.lang, &[&file.display()]);
                    for row in wrapped(&text, inner.width.into()) {
                        lines.push(Line::from(ui.span(Role::Good, row)));
                    }
                }
                for row in printed.sheets.iter().flatten() {
                    lines.push(Line::from(ui.span(Role::Base, row.clone())));
                }
            }
            None if self.lines.is_empty() => {
                let text = shared.t(chart::PRINT_NOTHING);
                lines.push(Line::from(ui.span(Role::Muted, text)));
            }
            None => {
                let text = shared.t(chart::PRINT_WAIT);
                lines.push(Line::from(ui.span(Role::Muted, text)));
            }
        }
        let from = self.sign_top.min(lines.len().saturating_sub(inner.height.into()));
        ui.lines(inner, lines.into_iter().skip(from).collect());
    }
}
