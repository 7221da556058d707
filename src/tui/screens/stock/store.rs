//! What lies here by product and lot, first expired first; a scanned box shows its life.
use ratatui::{layout::Rect, text::Line};

use super::{
    acts::ActDesk,
    count::CountDesk,
    counter::CounterDesk,
    files::FilesDesk,
    leaf::{Leaf, life_line, patient_line},
    pool::SplitPool,
    recall::RecallDesk,
    receipt::ReceiptDesk,
    rejected::RejectedDesk,
    say_stop,
    temperatures::Temperatures,
    upload::UploadDesk,
};
use crate::{
    domain::{
        role,
        trace::{product::Product, stock::Nearness},
    },
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
        let mut actions = vec![];
        for (may, action) in [
            (role::Action::ReceiveDrugs, Action::Receive),
            (role::Action::DispenseDrugs, Action::Dispense),
            (role::Action::AdjustStock, Action::StockActs),
            (role::Action::RecallDrugs, Action::RecallDrugs),
            (role::Action::SeeStock, Action::Files),
            (role::Action::UploadTrace, Action::UploadBills),
            (role::Action::SeeStock, Action::Rejected),
            (role::Action::AdjustStock, Action::CountStock),
            (role::Action::SeeStock, Action::SplitPool),
            (role::Action::AdjustStock, Action::Temperatures),
            (role::Action::SeeStock, Action::Agreements),
        ] {
            if shared.may(may) {
                actions.push(action);
            }
        }
        if self.life.is_some() || !self.lines.is_empty() {
            actions.push(Action::ShowLife);
        }
        actions.extend([Action::Next, Action::Previous]);
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
        let chosen = self.lines.get(self.at).map(|line| &line.lot);
        Some(match action {
            Action::Receive => Go::to(ReceiptDesk::default()),
            Action::Dispense => Go::to(CounterDesk::default()),
            Action::StockActs => Go::to(ActDesk::default()),
            Action::CountStock => Go::to(CountDesk::default()),
            Action::RecallDrugs => {
                // A box that lies open below says what is meant; else the chosen line.
                let of_box = self.life.as_ref().and_then(|life| life.pack.as_ref());
                let (product, lot) = match (of_box, chosen) {
                    (Some(pack), _) => (pack.product.as_str(), pack.lot.as_str()),
                    (None, Some(lot)) => (lot.product.as_str(), lot.lot.as_str()),
                    (None, None) => ("", ""),
                };
                Go::to(RecallDesk::of(shared.now, product, lot))
            }
            Action::Temperatures => {
                shared.ask(Question::Temperatures);
                Go::to(Temperatures::default())
            }
            Action::UploadBills => {
                shared.ask(Question::Bills);
                Go::to(UploadDesk::default())
            }
            Action::Rejected => {
                shared.ask(Question::Rejected);
                Go::to(RejectedDesk::default())
            }
            Action::Files => Go::to(FilesDesk::default()),
            Action::SplitPool => {
                shared.ask(Question::Pool);
                Go::to(SplitPool::default())
            }
            Action::Agreements => {
                shared.ask(Question::Agreements);
                Go::Stay
            }
            Action::ShowLife => match (&self.life, chosen) {
                (Some(life), _) => Go::to(Leaf::of_code(shared, life)),
                (None, Some(lot)) => {
                    let (product, lot) = (lot.product.clone(), lot.lot.clone());
                    shared.ask(Question::LotLife { product, lot });
                    Go::Stay
                }
                (None, None) => Go::Stay,
            },
            _ => {
                self.life = None;
                self.at = stepped(self.at, action, self.lines.len());
                Go::Stay
            }
        })
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Stock(lines) => {
                self.at = self.at.min(lines.len().saturating_sub(1));
                self.lines = lines;
            }
            Answer::PackLife(life) => self.life = Some(life),
            Answer::LotLife { product, lot, life } => {
                let label = self
                    .lines
                    .iter()
                    .find(|line| line.lot.product == product)
                    .and_then(|line| line.product.as_ref())
                    .map_or_else(|| product.clone(), Product::label);
                return Ok(Go::to(Leaf::of_lot(shared, (&product, &lot, &label), &life)));
            }
            Answer::Agreements(agreements, products) => {
                return Ok(Go::to(Leaf::of_agreements(shared, &agreements, &products)));
            }
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
        let of = |near: Nearness| self.lines.iter().filter(|line| line.near == near).count();
        let title = words::STOCK_TITLE.with(
            shared.lang,
            &[
                &self.lines.len(),
                &of(Nearness::Within180),
                &of(Nearness::Within90),
                &of(Nearness::Expired),
            ],
        );
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
    let name = line.product.as_ref().map_or_else(|| lot.product.clone(), Product::label);
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
        line.held().to_string(),
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
        let name = life.product.as_ref().map_or_else(|| pack.product.clone(), Product::label);
        let text = life_line(shared, pack);
        lines.push(Line::from(ui.span(Role::Base, clip(&format!("{name}  {text}"), wide))));
    }
    for one in &life.patients {
        let text = patient_line(shared.lang, one);
        lines.push(Line::from(ui.span(Role::Accent, clip(&text, wide))));
    }
    for event in life.events.iter().rev() {
        let text =
            format!("{}  {}  {}", event.at, event.event.what.told().pick(shared.lang), event.actor);
        lines.push(Line::from(ui.span(Role::Muted, clip(&text, wide))));
    }
    ui.lines(inner, lines);
}
