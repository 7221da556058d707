//! 方案: what the knowledge base says about treating, referring and advising for the chosen diagnoses.
use ratatui::{layout::Rect, text::Line};

use super::Visit;
use crate::domain::{
    role,
    share::ordering::{Ordered, ordered},
};
use crate::tui::{
    action::Action,
    draw::{Ui, wrapped},
    state::Shared,
    text::{frame, priors, visit as words},
    theme::Role,
};

impl Visit {
    pub(super) fn view_plan(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let inner = ui.boxed(area, shared.t(words::TAB_PLAN), true);
        let mut inner = inner;
        if let Some(text) = self.ordered_words(shared) {
            ui.line(inner, Line::from(ui.span(Role::Accent, text)));
            inner = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        }
        if self.picks.is_empty() {
            ui.line(inner, Line::from(ui.span(Role::Caution, shared.t(words::PLAN_NONE))));
            return;
        }
        let lines = self.plan_lines(ui, shared, usize::from(inner.width));
        let height = usize::from(inner.height);
        let top = self.plan_top.min(lines.len().saturating_sub(height));
        ui.lines(inner, lines.into_iter().skip(top).collect());
    }

    /// The tests that the note orders.
    pub(super) fn ordered(&self) -> Vec<Ordered> {
        ordered(self.note.text())
    }

    /// What is ordered, and the key that shows what is there already.
    pub(super) fn ordered_words(&self, shared: &Shared) -> Option<String> {
        let ordered = self.ordered();
        let key = shared.keymap.shown(Action::Priors, true)?;
        if ordered.is_empty() || !shared.may(role::Action::LookUpPriors) {
            return None;
        }
        let names: Vec<&str> = ordered.iter().map(|one| one.words.as_str()).collect();
        Some(priors::ORDERED.with(shared.lang, &[&names.join("、"), &key]))
    }

    fn plan_lines<'t>(&self, ui: &Ui, shared: &Shared, wide: usize) -> Vec<Line<'t>> {
        let mut lines: Vec<Line> = vec![];
        let mut put = |role: Role, text: &str, indent: &str| {
            for row in wrapped(text, wide.saturating_sub(indent.len())) {
                lines.push(Line::from(ui.span(role, format!("{indent}{row}"))));
            }
        };
        for plan in &self.plans {
            let trial =
                if plan.trial { format!(" [{}]", shared.t(frame::TRIAL)) } else { String::new() };
            put(Role::Accent, &format!("{}{trial}", plan.name), "");
            if let Some(notifiable) = &plan.notifiable {
                put(Role::Warning, notifiable, "  ");
            }
            for (title, text) in &plan.sections {
                put(Role::Heading, title, " ");
                put(Role::Base, text, "  ");
            }
            let source = if plan.sources.is_empty() {
                shared.t(words::PLAN_ESTIMATE).to_owned()
            } else {
                plan.sources.join("；")
            };
            let source = words::PLAN_SOURCE.with(shared.lang, &[&source]);
            put(Role::Muted, &source, " ");
            put(Role::Base, "", "");
        }
        for pick in self.picks.iter().filter(|pick| pick.condition.is_none()) {
            put(Role::Caution, &words::PLAN_OWN.with(shared.lang, &[&pick.name]), "");
        }
        let (version, _) = self.knowledge(shared);
        put(Role::Muted, &words::PLAN_VERSION.with(shared.lang, &[&version]), "");
        lines
    }
}
