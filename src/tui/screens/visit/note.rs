//! 病历: the note on the left, what was understood of it on the right.
use ratatui::{layout::Rect, text::Line};

use super::{Visit, view::halves, words_of};
use crate::domain::visit::Polarity;
use crate::tui::{
    draw::{Ui, scroll, wrapped},
    state::Shared,
    text::visit as words,
    theme::Role,
};

impl Visit {
    pub(super) fn view_note(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let (left, right) = halves(area);
        let editing = !self.on_findings;
        let inner = ui.boxed(left, shared.t(words::TAB_NOTE), editing);
        if self.note.text().is_empty() {
            let hint = wrapped(shared.t(words::NOTE_EMPTY), inner.width.into());
            let lines = hint.into_iter().map(|row| Line::from(ui.span(Role::Muted, row)));
            ui.lines(inner, lines.collect());
        }
        ui.text_area(inner, &self.note, editing);
        self.view_findings(ui, shared, right);
    }

    fn view_findings(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let lang = shared.lang;
        let findings = &self.suggestion.findings;
        let title = format!("{} {}", shared.t(words::FINDINGS), findings.len());
        let inner = ui.boxed(area, &title, self.on_findings);
        let wide = usize::from(inner.width);
        let mut below: Vec<Line> = vec![];
        for doubt in self.suggestion.doubts.iter().take(2) {
            let text = words::DOUBT.with(
                lang,
                &[&doubt.measurement, &doubt.typed, &doubt.low, &doubt.high, &doubt.unit],
            );
            below.extend(
                wrapped(&text, wide).into_iter().map(|row| Line::from(ui.span(Role::Warning, row))),
            );
        }
        if !self.suggestion.not_understood.is_empty() {
            let all = self.suggestion.not_understood.join("｜");
            let text = format!("{}:{all}", shared.t(words::NOT_UNDERSTOOD));
            below.extend(
                wrapped(&text, wide)
                    .into_iter()
                    .take(3)
                    .map(|row| Line::from(ui.span(Role::Caution, row))),
            );
        }
        below.extend(self.question_lines(ui, shared, wide));
        let below_height = (below.len() as u16).min(inner.height.saturating_sub(2));
        let list = Rect { height: inner.height - below_height, ..inner };
        if findings.is_empty() {
            ui.line(list, Line::from(ui.span(Role::Muted, shared.t(words::FINDINGS_NONE))));
        }
        let top = scroll(self.finding_at, findings.len(), list.height.into());
        let lines = findings
            .iter()
            .enumerate()
            .skip(top)
            .take(list.height.into())
            .map(|(n, finding)| {
                let chosen = self.on_findings && n == self.finding_at;
                let role = match (chosen, finding.polarity) {
                    (true, _) => Role::Selected,
                    (_, Polarity::Present) => Role::Base,
                    (_, Polarity::Absent) => Role::Muted,
                    (_, Polarity::Possible) => Role::Caution,
                };
                Line::from(ui.span(role, words_of::finding(finding, lang)))
            })
            .collect();
        ui.lines(list, lines);
        ui.lines(Rect { y: list.bottom(), height: below_height, ..inner }, below);
    }

    /// The next best question, with its keys.
    pub(super) fn question_lines<'t>(
        &self,
        ui: &Ui,
        shared: &Shared,
        wide: usize,
    ) -> Vec<Line<'t>> {
        let Some(ask) = self.question() else { return vec![] };
        let text =
            format!("{}:{} [{}]", shared.t(words::ASK), ask.question, shared.t(words::ASK_KEYS));
        wrapped(&text, wide)
            .into_iter()
            .take(3)
            .map(|row| Line::from(ui.span(Role::Accent, row)))
            .collect()
    }
}
