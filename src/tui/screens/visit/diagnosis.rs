//! 诊断: the ranked causes with their reasons; the doctor chooses, nothing is chosen before.
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::{Visit, view::halves, words_of};
use crate::{
    services::visit::Cause,
    tui::{
        draw::{Ui, pad, wrapped},
        field::cells_of,
        state::Shared,
        text::{frame, visit as words},
        theme::Role,
    },
};

impl Visit {
    pub(super) fn view_diagnosis(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let picks = self.pick_lines(ui, shared, usize::from(area.width));
        let question = self.question_lines(ui, shared, usize::from(area.width));
        let below = (picks.len() + question.len()) as u16;
        let top = Rect { height: area.height.saturating_sub(below), ..area };
        let (left, right) = halves(top);
        self.view_causes(ui, shared, left);
        let dangers = !self.suggestion.dangers.is_empty();
        if dangers && right.height >= 20 {
            let half = right.height / 2;
            self.view_reasons(ui, shared, Rect { height: half, ..right });
            let rest = Rect { y: right.y + half, height: right.height - half, ..right };
            self.view_dangers(ui, shared, rest);
        } else if self.on_dangers && dangers {
            self.view_dangers(ui, shared, right);
        } else {
            self.view_reasons(ui, shared, right);
        }
        let at = Rect { y: top.bottom(), height: question.len() as u16, ..area };
        ui.lines(at, question);
        ui.lines(Rect { y: at.bottom(), height: picks.len() as u16, ..area }, picks);
    }

    fn view_causes(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let inner = ui.boxed(area, shared.t(words::CAUSES), true);
        let causes = &self.suggestion.causes;
        if causes.is_empty() {
            ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(words::CAUSES_NONE))));
            return;
        }
        let wide = usize::from(inner.width);
        let lines = causes
            .iter()
            .enumerate()
            .map(|(n, cause)| {
                let chosen = self.is_picked(cause);
                let mark = if chosen { "√" } else { " " };
                let share = words_of::share(cause.probability);
                let trial = if cause.trial { shared.t(frame::TRIAL) } else { "" };
                let tail = format!("{share} {trial}");
                let name_room = wide.saturating_sub(cells_of(&tail) + 5);
                let danger = if cause.must_not_miss { "!" } else { " " };
                let text = format!(
                    "{} {mark}{danger}{} {tail}",
                    (n + 1) % 10,
                    pad(&cause.name, name_room)
                );
                let role = match (n == self.cause_at, chosen) {
                    (true, _) => Role::Selected,
                    (_, true) => Role::Good,
                    _ => Role::Base,
                };
                Line::from(ui.span(role, text))
            })
            .collect();
        ui.lines(inner, lines);
    }

    fn is_picked(&self, cause: &Cause) -> bool {
        self.picks.iter().any(|pick| pick.condition.as_ref() == Some(&cause.condition))
    }

    /// For and against the cause under the cursor, in words.
    fn view_reasons(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let cause = self.suggestion.causes.get(self.cause_at);
        let title = cause.map_or("", |cause| cause.name.as_str());
        let inner = ui.boxed(area, title, false);
        let Some(cause) = cause else { return };
        let wide = usize::from(inner.width);
        let mut lines: Vec<Line> = vec![];
        let mut head = vec![ui.span(Role::Muted, cause.icd10.clone())];
        if cause.must_not_miss {
            let text = format!(" {}", shared.t(words::MUST_NOT_MISS));
            head.push(ui.span(Role::Warning, text));
        }
        if !self.fresh {
            head.push(ui.span(Role::Caution, format!(" {}", shared.t(words::CAUSES_STALE))));
        }
        lines.push(Line::from(head));
        for (word, role, list) in [
            (words::FOR, Role::Good, &cause.support),
            (words::AGAINST, Role::Caution, &cause.against),
            (words::TO_ASK, Role::Accent, &cause.ask),
        ] {
            if list.is_empty() {
                continue;
            }
            let text = format!("{}:{}", shared.t(word), list.join("、"));
            lines
                .extend(wrapped(&text, wide).into_iter().map(|row| Line::from(ui.span(role, row))));
        }
        ui.lines(inner, lines);
    }

    /// Each fired rule: why, what first, whom to call.
    fn view_dangers(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let inner = ui.boxed(area, shared.t(words::RAIL), true);
        let wide = usize::from(inner.width);
        let mut lines: Vec<Line> = vec![];
        for danger in &self.suggestion.dangers {
            let level = shared.t(words_of::level(danger.level));
            let trial =
                if danger.trial { format!(" {}", shared.t(frame::TRIAL)) } else { String::new() };
            let head = format!("[{level}]{}{trial}", danger.name);
            let role = words_of::level_role(danger.level);
            let rows = wrapped(&head, wide);
            lines.extend(rows.into_iter().map(|row| Line::from(ui.span(role, row))));
            let because = format!("{} {}", shared.t(words::BECAUSE), danger.because.join("、"));
            let mut steps = format!("{} {}", shared.t(words::FIRST_STEPS), danger.first_steps);
            if !danger.call.is_empty() {
                steps.push_str(&format!(" {} {}", shared.t(words::CALL), danger.call));
            }
            for (role, text) in [(Role::Muted, because), (Role::Base, steps)] {
                let rows = wrapped(text.trim_end(), wide);
                lines.extend(rows.into_iter().map(|row| Line::from(ui.span(role, row))));
            }
        }
        let top = self.dangers_top.min(lines.len().saturating_sub(inner.height.into()));
        ui.lines(inner, lines.into_iter().skip(top).collect());
    }

    pub(super) fn pick_lines<'t>(&self, ui: &Ui, shared: &Shared, wide: usize) -> Vec<Line<'t>> {
        let title = ui.span(Role::Heading, format!(" {}:", shared.t(words::PICKED)));
        if self.picks.is_empty() {
            let none = ui.span(Role::Caution, shared.t(words::PICKED_NONE));
            return vec![Line::from(vec![title, none])];
        }
        let all: Vec<String> =
            self.picks.iter().map(|pick| words_of::diagnosis(pick, shared.lang)).collect();
        let room = wide.saturating_sub(cells_of(&title.content));
        let mut lines = vec![];
        for (n, row) in wrapped(&all.join("；"), room).into_iter().take(2).enumerate() {
            let first = if n == 0 {
                title.clone()
            } else {
                Span::raw(" ".repeat(cells_of(&title.content)))
            };
            lines.push(Line::from(vec![first, ui.span(Role::Good, row)]));
        }
        lines
    }
}
