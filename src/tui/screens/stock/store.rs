//! What lies here by product and lot, first expired first; a scanned box shows its life.
use ratatui::{layout::Rect, text::Line};

use super::{counter::CounterDesk, receipt::ReceiptDesk, say_stop};
use crate::{
    domain::{role, trace::stock::Nearness},
    services::clinic::trace::{PackLife, StockLine},
    tui::{
        action::Action,
        draw::{Ui, clip, pad, scroll},
        effect::{Answer, Question},
        field::Field,
        overlays::stepped,
        screens::Screen,
        state::{Go, Shared},
        text::stock as words,
        theme::Role,
    },
};

#[derive(Debug, Default)]
pub struct StoreRoom {
    lines: Vec<StockLine>,
    at: usize,
    life: Option<Box<PackLife>>,
}

impl From<StoreRoom> for Screen {
    fn from(screen: StoreRoom) -> Self {
        Self::StoreRoom(screen)
    }
}

impl StoreRoom {
    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        let mut actions = vec![Action::Next, Action::Previous];
        if shared.may(role::Action::ReceiveDrugs) {
            actions.push(Action::Receive);
        }
        if shared.may(role::Action::DispenseDrugs) {
            actions.push(Action::Dispense);
        }
        actions
    }

    pub const fn has_field(&self) -> bool {
        false
    }

    pub const fn field(&mut self) -> Option<&mut Field> {
        None
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        shared.ask(Question::PackLife(code.to_owned()));
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match action {
            Action::Receive => Some(Go::to(ReceiptDesk::default())),
            Action::Dispense => Some(Go::to(CounterDesk::default())),
            _ => {
                self.life = None;
                self.at = stepped(self.at, action, self.lines.len());
                Some(Go::Stay)
            }
        }
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Stock(lines) => {
                self.at = self.at.min(lines.len().saturating_sub(1));
                self.lines = lines;
            }
            Answer::PackLife(life) => self.life = Some(life),
            Answer::Stopped(stop) => say_stop(shared, &stop),
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let life_rows = self
            .life
            .as_ref()
            .map_or(0, |life| (life.events.len() + life.patients.len() + 4).min(12))
            as u16;
        let life_rows = life_rows.min(area.height.saturating_sub(6));
        let upper = Rect { height: area.height - life_rows, ..area };
        let title = format!("{} {}", shared.t(words::STOCK_TITLE), self.lines.len());
        let inner = ui.boxed(upper, &title, true);
        if self.lines.is_empty() {
            ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(words::STOCK_NONE))));
        } else {
            self.view_lines(ui, shared, inner);
        }
        if let Some(life) = self.life.as_ref().filter(|_| life_rows > 2) {
            let lower = Rect { y: area.y + upper.height, height: life_rows, ..area };
            view_life(ui, shared, (life, lower));
        }
    }

    fn view_lines(&self, ui: &mut Ui, shared: &Shared, inner: Rect) {
        let name = usize::from(inner.width).saturating_sub(10 + 11 + 7 + 6 + 6 + 5 + 12).max(10);
        let widths = [name, 10, 11, 7, 6, 6, 5, 12];
        let heads: Vec<&str> = shared.t(words::STOCK_COLUMNS).split('|').collect();
        let head: String = heads.iter().zip(widths).map(|(text, width)| pad(text, width)).collect();
        ui.line(inner, Line::from(ui.span(Role::Muted, head)));
        let height = inner.height.saturating_sub(2);
        let rows = Rect { y: inner.y + 1, height, ..inner };
        let top = scroll(self.at, self.lines.len(), height.into());
        let shown = self.lines.iter().enumerate().skip(top).take(height.into());
        let lines = shown.map(|(n, line)| {
            let cells = cells(line, shared);
            let text: String =
                cells.iter().zip(widths).map(|(text, width)| pad(text, width)).collect();
            let role = match line.near {
                _ if n == self.at => Role::Selected,
                Nearness::Expired => Role::Danger,
                Nearness::Within90 => Role::Warning,
                Nearness::Within180 | Nearness::Undated => Role::Caution,
                Nearness::Fine => Role::Base,
            };
            Line::from(ui.span(role, text))
        });
        let lines = lines.collect();
        ui.lines(rows, lines);
        let last = Rect { y: inner.y + inner.height.saturating_sub(1), height: 1, ..inner };
        ui.line(last, Line::from(ui.span(Role::Muted, shared.t(words::STOCK_HINT))));
    }
}

fn cells(line: &StockLine, shared: &Shared) -> [String; 8] {
    let lot = &line.lot;
    let name = line
        .product
        .as_ref()
        .map_or_else(|| lot.product.clone(), crate::domain::trace::product::Product::label);
    let pooled = if line.pooled { format!("[{}]", shared.t(words::POOLED)) } else { String::new() };
    let packs = if lot.open > 0 {
        format!("{} {}", lot.packs, words::SPLIT_OF.with(shared.lang, &[&lot.open]))
    } else {
        lot.packs.to_string()
    };
    [
        format!("{pooled}{name}"),
        lot.lot.clone(),
        lot.expiry.map_or_else(|| shared.t(words::UNDATED).to_owned(), |day| day.to_string()),
        packs,
        lot.shelf.to_string(),
        lot.held.to_string(),
        lot.expected.to_string(),
        // Which of the two lines was crossed must be readable without colour.
        line.near.word().to_owned(),
    ]
}

fn view_life(ui: &mut Ui, shared: &Shared, (life, area): (&PackLife, Rect)) {
    let code = life.events.first().map_or("", |event| event.event.code.as_str());
    let inner = ui.boxed(area, &words::LIFE_TITLE.with(shared.lang, &[&code]), false);
    let wide = usize::from(inner.width);
    let mut lines = vec![];
    if let Some(pack) = &life.pack {
        let expiry =
            pack.expiry.map_or_else(|| shared.t(words::UNDATED).to_owned(), |day| day.to_string());
        let name = life
            .product
            .as_ref()
            .map_or_else(|| pack.product.clone(), crate::domain::trace::product::Product::label);
        let state = if shared.lang == crate::tui::text::Lang::En {
            pack.state.id()
        } else {
            pack.state.name_zh()
        };
        let text = words::LIFE_LINE
            .with(shared.lang, &[&pack.lot, &expiry, &state, &pack.shelf, &pack.held]);
        lines.push(Line::from(ui.span(Role::Base, clip(&format!("{name}  {text}"), wide))));
    }
    for one in &life.patients {
        let text = words::LIFE_PATIENT.with(shared.lang, &[&one.name, &one.phone, &one.at]);
        lines.push(Line::from(ui.span(Role::Accent, clip(&text, wide))));
    }
    for event in life.events.iter().rev() {
        let text = format!("{}  {}  {}", event.at, event.event.what.kind(), event.actor);
        lines.push(Line::from(ui.span(Role::Muted, clip(&text, wide))));
    }
    ui.lines(inner, lines);
}
