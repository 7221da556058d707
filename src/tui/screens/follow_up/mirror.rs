//! 自查: one's own numbers as an inspector would see them, shown to nobody else.
use ratatui::{layout::Rect, text::Line};

use crate::{
    domain::{
        age::Day,
        followup::{indicators::Period, selfcheck::SelfCheck},
    },
    tui::{
        action::Action,
        draw::{Ui, wrapped},
        effect::Question,
        overlays::stepped,
        state::Shared,
        text::follow_up as words,
        theme::Role,
    },
};

/// Fewer values say nothing about digits; the same bound as the check itself.
const LEAST_VALUES: usize = 50;
const BAR: usize = 24;

#[derive(Debug)]
pub struct Mirror {
    period: Option<Period>,
    today: Day,
    found: Option<SelfCheck>,
    top: usize,
}

impl Mirror {
    pub fn new(today: Day) -> Self {
        Self { period: Period::of(today), today, found: None, top: 0 }
    }

    pub fn ask(&self, shared: &mut Shared) {
        if let Some(period) = self.period {
            shared.ask(Question::SelfCheck(period));
        }
    }

    pub fn filled(&mut self, period: Period, found: SelfCheck) {
        (self.period, self.found, self.top) = (Some(period), Some(found), 0);
    }

    fn later(&self) -> Option<Period> {
        let next = self.period?.to.plus_days(1);
        (next <= self.today).then(|| Period::of(next)).flatten()
    }

    pub fn actions(&self) -> Vec<Action> {
        let mut actions = vec![Action::Next, Action::Previous, Action::EarlierPeriod];
        if self.later().is_some() {
            actions.push(Action::LaterPeriod);
        }
        actions
    }

    /// `false` = not for this list.
    pub fn perform(&mut self, shared: &mut Shared, action: Action) -> bool {
        if !self.actions().contains(&action) {
            return false;
        }
        match action {
            Action::EarlierPeriod => {
                self.period = self.period.and_then(|p| Period::of(p.from.plus_days(-1)));
                self.ask(shared);
            }
            Action::LaterPeriod => {
                self.period = self.later().or(self.period);
                self.ask(shared);
            }
            _ => self.top = stepped(self.top, action, 500),
        }
        true
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let Some(found) = &self.found else { return };
        let lang = shared.lang;
        let wide = usize::from(area.width);
        let mut lines: Vec<Line> = vec![];
        let mut put = |role: Role, text: &str| {
            for row in wrapped(text, wide) {
                lines.push(Line::from(ui.span(role, row)));
            }
        };
        let label = self.period.map_or_else(String::new, |p| p.label());
        put(Role::Heading, &words::MIRROR_TITLE.with(lang, &[&label]));
        put(Role::Base, &words::MIRROR_COUNT.with(lang, &[&found.measured]));
        put(Role::Muted, shared.t(words::MIRROR_DIGITS));
        let most = found.digits.iter().copied().max().unwrap_or(0).max(1);
        for pair in found.digits.iter().enumerate().collect::<Vec<_>>().chunks(2) {
            let bars = pair.iter().map(|(digit, n)| {
                let bar = "#".repeat((**n * BAR).div_ceil(most).min(BAR));
                format!("{digit} {n:>4} {bar:<BAR$}  ")
            });
            put(Role::Base, bars.collect::<String>().trim_end());
        }
        let total: usize = found.digits.iter().sum();
        let chi = format!("{:.1}", found.chi_square);
        if total < LEAST_VALUES {
            put(Role::Muted, shared.t(words::MIRROR_FEW));
        } else if found.digit_preference {
            put(Role::Warning, &words::MIRROR_LIKES.with(lang, &[&chi]));
        } else {
            put(Role::Good, &words::MIRROR_EVEN.with(lang, &[&chi]));
        }
        for copied in &found.copied {
            let (Some(first), Some(last)) = (copied.days.first(), copied.days.last()) else {
                continue;
            };
            let times = copied.days.len();
            let text =
                words::MIRROR_COPIED.with(lang, &[&copied.name, &times, &copied.what, first, last]);
            put(Role::Warning, &text);
        }
        for same in &found.same_pressure {
            let names: Vec<&str> = same.people.iter().map(|(_, name)| name.as_str()).collect();
            let many = same.people.len();
            let text = words::MIRROR_SAME.with(
                lang,
                &[&same.day, &same.village, &many, &same.what, &same.of, &names.join("、")],
            );
            put(Role::Warning, &text);
        }
        if found.copied.is_empty() && found.same_pressure.is_empty() {
            put(Role::Good, shared.t(words::MIRROR_CLEAN));
        }
        let top = self.top.min(lines.len().saturating_sub(usize::from(area.height)));
        ui.lines(area, lines.into_iter().skip(top).collect());
    }
}
