//! Receiving against the supplier's list: what fits, what is missing, what is wrong, before anything comes in.
use ratatui::{layout::Rect, text::Line};

use super::{entry::Entry, say_stop};
use crate::{
    domain::trace::{code::read_all, despatch::Verdict},
    services::clinic::trace::{Door, Receipt},
    tui::{
        action::Action,
        draw::{Ui, clip, scroll},
        effect::{Answer, Effect, Question},
        field::Field,
        overlays::stepped,
        screens::Screen,
        state::{Go, Shared},
        text::stock as words,
        theme::Role,
    },
};

#[derive(Debug)]
pub struct ReceiptDesk {
    /// Number of the list, and where its boxes will lie.
    entry: Entry,
    /// The list is open: its number no longer changes.
    open: Option<Door>,
    scans: Vec<String>,
    seen: Receipt,
    at: usize,
    taking: bool,
}

impl From<ReceiptDesk> for Screen {
    fn from(screen: ReceiptDesk) -> Self {
        Self::Receipt(Box::new(screen))
    }
}

impl Default for ReceiptDesk {
    fn default() -> Self {
        Self {
            entry: Entry::new(&[(words::RECEIPT_BILL, true), (words::RECEIPT_PLACE, false)]),
            open: None,
            scans: vec![],
            seen: Receipt::default(),
            at: 0,
            taking: false,
        }
    }
}

impl ReceiptDesk {
    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        let mut actions = vec![Action::Submit];
        if self.open.is_none() {
            actions.extend([Action::NextField, Action::PreviousField]);
        } else if !self.scans.is_empty() && !self.taking {
            actions.push(Action::ToPool);
        }
        actions.extend([Action::Next, Action::Previous]);
        actions
    }

    /// The last scanned box goes into the pool for splits, or out of it again.
    fn turn_pool(&mut self, shared: &mut Shared) {
        let (Some(door), Some(raw)) = (&mut self.open, self.scans.last()) else { return };
        for scan in read_all(raw, &[]).into_iter().flatten() {
            let code = scan.code.as_str().to_owned();
            let inside = door.pool.iter().position(|known| *known == code);
            let words = if let Some(at) = inside {
                door.pool.remove(at);
                words::POOL_OUT
            } else {
                door.pool.push(code.clone());
                words::POOL_IN
            };
            let text = words.with(shared.lang, &[&code]);
            shared.say(Role::Good, text);
        }
    }

    pub const fn has_field(&self) -> bool {
        self.open.is_none()
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        if self.open.is_none() { self.entry.field() } else { None }
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        let Some(door) = self.open.clone().filter(|_| !self.taking) else { return };
        self.scans.push(code.to_owned());
        shared.ask(Question::CompareReceipt { door: Box::new(door), scans: self.scans.clone() });
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        match (action, &self.open) {
            (Action::Submit, None) => {
                if self.entry.enter() {
                    let (bill, place) = (self.entry.text(0), self.entry.text(1));
                    let door = Door { bill, place, ..Door::default() };
                    self.open = Some(door.clone());
                    shared.ask(Question::CompareReceipt { door: Box::new(door), scans: vec![] });
                }
            }
            (Action::Submit, Some(_)) if self.taking || self.scans.is_empty() => {}
            (Action::Submit, Some(door)) => {
                self.taking = true;
                shared.ask(Question::Receive {
                    door: Box::new(door.clone()),
                    scans: self.scans.clone(),
                });
            }
            (Action::ToPool, Some(_)) if !self.taking && !self.scans.is_empty() => {
                self.turn_pool(shared);
            }
            (Action::Next | Action::Previous | Action::NextField | Action::PreviousField, None) => {
                self.entry.step(action);
            }
            (Action::Next | Action::Previous, Some(_)) => {
                self.at = stepped(self.at, action, self.seen.lines.len());
            }
            _ => return None,
        }
        Some(Go::Stay)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Compared(receipt) => {
                let wrong = wrong(&receipt);
                // A new trouble rings; the list itself is quiet.
                if wrong > self::wrong(&self.seen) {
                    shared.effects.push(Effect::Bell(3));
                }
                if receipt.twice.len() > self.seen.twice.len() {
                    shared.effects.push(Effect::Bell(1));
                }
                if receipt.lines.is_empty() && receipt.unread.is_empty() {
                    let text = shared.t(words::RECEIPT_NONE);
                    shared.say(Role::Caution, text);
                }
                if let Some((_, fault)) = receipt.unread.get(self.seen.unread.len()) {
                    let text = fault.words();
                    shared.say(Role::Danger, text.pick(shared.lang));
                    shared.effects.push(Effect::Bell(8));
                }
                self.seen = *receipt;
            }
            Answer::Received(receipt) => {
                let taken = receipt.lines.iter().filter(|line| line.taken).count();
                let text = words::RECEIPT_DONE.with(shared.lang, &[&taken]);
                shared.say(Role::Good, text);
                (self.taking, self.scans) = (false, vec![]);
                shared.ask(Question::Stock);
                return Ok(Go::Back);
            }
            Answer::Stopped(stop) => {
                self.taking = false;
                say_stop(shared, &stop);
            }
            Answer::Failed(crate::tui::effect::Topic::Receipt, failure) => {
                self.taking = false;
                shared.fail(&failure);
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let bill = self.open.as_ref().map_or("", |door| door.bill.as_str());
        let inner = ui.boxed(area, &words::RECEIPT_TITLE.with(shared.lang, &[&bill]), true);
        if self.open.is_none() {
            self.entry.view(ui, shared, inner);
            let hint = Rect { y: inner.y + self.entry.height(), height: 1, ..inner };
            ui.line(hint, Line::from(ui.span(Role::Muted, shared.t(words::RECEIPT_ASK))));
            return;
        }
        let missing =
            self.seen.lines.iter().filter(|line| line.verdict == Verdict::Missing).count();
        let listed = self.seen.lines.iter().filter(|line| line.verdict != Verdict::Extra).count();
        let sum = words::RECEIPT_SUM
            .with(shared.lang, &[&listed, &self.scans.len(), &missing, &wrong(&self.seen)]);
        ui.line(inner, Line::from(ui.span(Role::Heading, sum)));
        let hint = Rect { y: inner.y + 1, height: 1, ..inner };
        ui.line(hint, Line::from(ui.span(Role::Muted, shared.t(words::RECEIPT_SCAN))));
        let height = inner.height.saturating_sub(2);
        let rest = Rect { y: inner.y + 2, height, ..inner };
        let top = scroll(self.at, self.seen.lines.len(), height.into());
        let wide = usize::from(inner.width);
        let shown = self.seen.lines.iter().enumerate().skip(top).take(height.into());
        let lines =
            shown.map(|(n, line)| {
                let role = match &line.verdict {
                    _ if n == self.at => Role::Selected,
                    Verdict::Fits => Role::Good,
                    Verdict::Missing => Role::Muted,
                    Verdict::NearExpiry(_) => Role::Caution,
                    _ => Role::Danger,
                };
                let more = match &line.verdict {
                    Verdict::WrongLot { list, pack } => format!("{list} ≠ {pack}"),
                    Verdict::WrongExpiry { list, pack } => format!("{list} ≠ {pack}"),
                    _ if self.open.as_ref().is_some_and(|door| door.pool.contains(&line.code)) => {
                        shared.t(words::POOL_MARK).to_owned()
                    }
                    _ => line.stop.as_ref().map_or(String::new(), |stop| stop.word().to_owned()),
                };
                Line::from(ui.span(
                    role,
                    clip(&format!("{}  {}  {more}", line.code, line.verdict.word()), wide),
                ))
            });
        let lines = lines.collect();
        ui.lines(rest, lines);
    }
}

fn wrong(receipt: &Receipt) -> usize {
    let fine = |verdict: &Verdict| verdict.may_enter() || *verdict == Verdict::Missing;
    receipt.lines.iter().filter(|line| !fine(&line.verdict)).count()
}
