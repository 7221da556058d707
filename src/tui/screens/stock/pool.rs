//! 拆零: packs that are open or set aside for splits, what is left of each. A scanned box goes into the pool.
use ratatui::{layout::Rect, text::Line};

use super::{leaf::Leaf, say_stop};
use crate::{
    domain::{role, trace::stock::Nearness},
    services::clinic::trace::{Act, POOL_PLACE, PoolLine},
    tui::{
        action::Action,
        draw::{Ui, clip, scroll},
        effect::{Answer, Deed, Effect, Question, Topic},
        field::Field,
        overlays::stepped,
        screens::Screen,
        state::{Go, Shared},
        text::stock as words,
        theme::Role,
    },
};

#[derive(Debug, Default)]
pub struct SplitPool {
    lines: Vec<PoolLine>,
    at: usize,
}

impl From<SplitPool> for Screen {
    fn from(screen: SplitPool) -> Self {
        Self::Pool(Box::new(screen))
    }
}

impl SplitPool {
    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        if self.lines.is_empty() {
            return vec![];
        }
        vec![Action::Submit, Action::Next, Action::Previous]
    }

    pub const fn has_field(&self) -> bool {
        false
    }

    pub const fn field(&mut self) -> Option<&mut Field> {
        None
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        if !shared.may(role::Action::AdjustStock) {
            shared.ask(Question::PackLife(code.to_owned()));
            return;
        }
        let deed = Deed::Act(Act::Move { place: POOL_PLACE.to_owned() });
        shared.ask(Question::DoDeed { deed: Box::new(deed), codes: vec![code.to_owned()] });
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        if action == Action::Submit {
            let code = self.lines.get(self.at)?.pack.code.clone();
            shared.ask(Question::PackLife(code));
        } else {
            self.at = stepped(self.at, action, self.lines.len());
        }
        Some(Go::Stay)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Pool(lines) => {
                self.at = self.at.min(lines.len().saturating_sub(1));
                self.lines = lines;
            }
            Answer::PackLife(life) => return Ok(Go::to(Leaf::of_code(shared, &life))),
            Answer::DeedDone(_) => {
                shared.effects.push(Effect::Bell(0));
                let text = shared.t(words::POOL_ADDED);
                shared.say(Role::Good, text);
                shared.ask(Question::Pool);
            }
            Answer::Stopped(stop) => say_stop(shared, &stop),
            Answer::Failed(Topic::Deed | Topic::Pool, failure) => shared.fail(&failure),
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let title = words::POOL_TITLE.with(shared.lang, &[&self.lines.len()]);
        let inner = ui.boxed(area, &title, true);
        ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(words::POOL_HINT))));
        let height = inner.height.saturating_sub(1);
        let rest = Rect { y: inner.y + 1, height, ..inner };
        let wide = usize::from(inner.width);
        let top = scroll(self.at, self.lines.len(), height.into());
        let shown = self.lines.iter().enumerate().skip(top).take(height.into());
        let lines = shown.map(|(n, line)| {
            let pack = &line.pack;
            let near = Nearness::of(pack.expiry, shared.today());
            let role = match near {
                _ if n == self.at => Role::Selected,
                Nearness::Expired => Role::Danger,
                Nearness::Within90 => Role::Warning,
                _ => Role::Base,
            };
            let expiry = pack
                .expiry
                .map_or_else(|| shared.t(words::UNDATED).to_owned(), |day| day.to_string());
            let text = words::POOL_LINE.with(
                shared.lang,
                &[
                    &line.label,
                    &pack.code,
                    &pack.shelf,
                    &pack.units,
                    &line.unit,
                    &pack.lot,
                    &expiry,
                ],
            );
            Line::from(ui.span(role, clip(&text, wide)))
        });
        let lines = lines.collect();
        ui.lines(rest, lines);
    }
}
