//! 召回: from the chosen lot, a scanned box or a range of codes to the places in stock and the patients with telephone.
use ratatui::{layout::Rect, text::Line};

use super::{entry::Entry, leaf::Leaf, say_stop};
use crate::{
    domain::{
        instant::Instant,
        trace::recall::{Nature, Recall},
    },
    services::clinic::trace::Stop,
    tui::{
        action::Action,
        draw::{Ui, clip, scroll, wrapped},
        effect::{Answer, Question, Topic},
        field::Field,
        overlays::{Confirm, Overlay, stepped},
        screens::Screen,
        state::{Go, Shared},
        text::stock as words,
        theme::Role,
    },
};

const ID: usize = 0;
const CLASS: usize = 1;
const PRODUCT: usize = 2;
const LOT: usize = 3;
const FIRST: usize = 4;
const LAST: usize = 5;
const REASON: usize = 6;

#[derive(Debug)]
pub struct RecallDesk {
    entry: Entry,
    nature: Nature,
    given: String,
    working: bool,
    /// Earlier ones, the newest first, while they are looked through.
    earlier: Option<Vec<(Recall, Instant)>>,
    at: usize,
}

impl From<RecallDesk> for Screen {
    fn from(screen: RecallDesk) -> Self {
        Self::Recall(Box::new(screen))
    }
}

impl RecallDesk {
    /// A drill of this product and lot, unless something else is typed.
    pub fn of(now: Instant, product: &str, lot: &str) -> Self {
        let given = number(now, Nature::Drill);
        let entry = Entry::new(&[
            (words::RECALL_ID, true),
            (words::RECALL_CLASS, true),
            (words::RECALL_PRODUCT, false),
            (words::RECALL_LOT, false),
            (words::RECALL_FIRST, false),
            (words::RECALL_LAST, false),
            (words::ACT_REASON, false),
        ])
        .with(ID, &given)
        .with(CLASS, "2")
        .with(PRODUCT, product)
        .with(LOT, lot);
        Self { entry, nature: Nature::Drill, given, working: false, earlier: None, at: 0 }
    }

    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        if self.earlier.is_some() {
            return vec![Action::Submit, Action::Next, Action::Previous];
        }
        vec![
            Action::Submit,
            Action::RecallNature,
            Action::EarlierRecalls,
            Action::NextField,
            Action::PreviousField,
            Action::Next,
            Action::Previous,
        ]
    }

    pub const fn has_field(&self) -> bool {
        self.earlier.is_none()
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        if self.has_field() { self.entry.field() } else { None }
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        if !self.working && self.earlier.is_none() {
            shared.ask(Question::LookAt(code.to_owned()));
        }
    }

    /// A box says its product and lot; in one of the code fields it says its code.
    fn filled(&mut self, code: &str, of: Option<(&str, &str)>) {
        if matches!(self.entry.at(), FIRST | LAST) {
            let at = self.entry.at();
            self.entry.set(at, code);
            self.entry.set(LOT, "");
            if at == FIRST {
                self.entry.step(Action::NextField);
            }
        } else if let Some((product, lot)) = of {
            self.entry.set(PRODUCT, product);
            self.entry.set(LOT, lot);
        }
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if action == Action::Back && self.earlier.take().is_some() {
            return Some(Go::Stay);
        }
        if !self.actions(shared).contains(&action) {
            return None;
        }
        if let Some(earlier) = &self.earlier {
            match (action, earlier.get(self.at)) {
                (Action::Submit, Some((recall, _))) if !self.working => {
                    self.working = true;
                    shared.ask(Question::Recall(Box::new(alone(&recall.id))));
                }
                (Action::Submit, _) => {}
                _ => self.at = stepped(self.at, action, earlier.len()),
            }
            return Some(Go::Stay);
        }
        match action {
            Action::EarlierRecalls => shared.ask(Question::Recalls),
            Action::Submit if self.working || !self.entry.enter() => {}
            Action::Submit => return Some(self.submit(shared)),
            Action::RecallNature => {
                self.nature = match self.nature {
                    Nature::Real => Nature::Drill,
                    Nature::Drill => Nature::Real,
                };
                if self.entry.text(ID) == self.given {
                    self.given = number(shared.now, self.nature);
                    self.entry.set(ID, &self.given);
                }
            }
            _ => self.entry.step(action),
        }
        Some(Go::Stay)
    }

    fn submit(&mut self, shared: &mut Shared) -> Go {
        let text = |row| self.entry.text(row);
        let (first, last) = (text(FIRST), text(LAST));
        let bad_range =
            first.is_empty() != last.is_empty() || first.len() != last.len() || first > last;
        let wrong = if !matches!(text(CLASS).as_str(), "1" | "2" | "3") {
            Some(words::RECALL_CLASS_WRONG)
        } else if bad_range {
            Some(words::RECALL_RANGE_WRONG)
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let text = shared.t(wrong);
            shared.say(Role::Danger, text);
            return Go::Stay;
        }
        if self.nature == Nature::Real {
            let what = words::RECALL_CONFIRM
                .with(shared.lang, &[&text(ID), &text(PRODUCT), &text(LOT), &first, &last]);
            return Go::open(Overlay::Confirm(Confirm::Stock { what }));
        }
        self.confirmed(shared);
        Go::Stay
    }

    pub fn confirmed(&mut self, shared: &mut Shared) {
        let text = |row| self.entry.text(row);
        let lots = text(LOT)
            .split([' ', ',', '，', '、'])
            .filter(|lot| !lot.is_empty())
            .map(str::to_owned)
            .collect();
        let recall = Recall {
            id: text(ID),
            class: text(CLASS).parse().unwrap_or(2),
            nature: self.nature,
            product: text(PRODUCT),
            lots,
            codes: Some((text(FIRST), text(LAST))).filter(|(first, _)| !first.is_empty()),
            reason: text(REASON),
        };
        self.working = true;
        shared.ask(Question::Recall(Box::new(recall)));
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::LookedAt(packs) => {
                for scanned in packs {
                    let pack = scanned.pack;
                    self.filled(&pack.code, Some((&pack.product, &pack.lot)));
                }
            }
            Answer::Recalls(mut recalls) => {
                recalls.reverse();
                (self.earlier, self.at) = (Some(recalls), 0);
            }
            Answer::Recalled(report) => {
                self.working = false;
                let leaf = Leaf::of_recall(shared, &report);
                // From the list one comes back to the list.
                if self.earlier.is_some() {
                    return Ok(Go::to(leaf));
                }
                shared.ask(Question::Stock);
                return Ok(Go::Replace(Box::new(leaf.into())));
            }
            Answer::Stopped(stop) => {
                self.working = false;
                match &stop {
                    // The end of a range need not have been here.
                    Stop::Refused { code, .. } if matches!(self.entry.at(), FIRST | LAST) => {
                        self.filled(code, None);
                    }
                    _ => say_stop(shared, &stop),
                }
            }
            Answer::Failed(Topic::Look | Topic::Recall, failure) => {
                self.working = false;
                shared.fail(&failure);
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        if let Some(earlier) = &self.earlier {
            self.view_earlier(ui, shared, (earlier, area));
            return;
        }
        let nature = shared.t(match self.nature {
            Nature::Drill => words::RECALL_DRILL,
            Nature::Real => words::RECALL_REAL,
        });
        let inner = ui.boxed(area, &words::RECALL_TITLE.with(shared.lang, &[&nature]), true);
        self.entry.view(ui, shared, inner);
        let used = self.entry.height();
        let rest = Rect { y: inner.y + used, height: inner.height.saturating_sub(used), ..inner };
        let role = if self.nature == Nature::Real { Role::Danger } else { Role::Muted };
        let lines = wrapped(shared.t(words::RECALL_HINT), inner.width.into())
            .into_iter()
            .map(|row| Line::from(ui.span(role, row)))
            .collect();
        ui.lines(rest, lines);
    }

    fn view_earlier(
        &self,
        ui: &mut Ui,
        shared: &Shared,
        (earlier, area): (&[(Recall, Instant)], Rect),
    ) {
        let title = words::RECALLS_TITLE.with(shared.lang, &[&earlier.len()]);
        let inner = ui.boxed(area, &title, true);
        if earlier.is_empty() {
            ui.line(inner, Line::from(ui.span(Role::Muted, shared.t(words::RECALLS_NONE))));
            return;
        }
        let wide = usize::from(inner.width);
        let top = scroll(self.at, earlier.len(), inner.height.into());
        let shown = earlier.iter().enumerate().skip(top).take(inner.height.into());
        let lines = shown.map(|(n, (recall, at))| {
            let nature = shared.t(match recall.nature {
                Nature::Drill => words::RECALL_DRILL,
                Nature::Real => words::RECALL_REAL,
            });
            let codes = recall
                .codes
                .as_ref()
                .map_or_else(String::new, |(first, last)| format!("{first}–{last}"));
            let text = words::RECALLS_LINE.with(
                shared.lang,
                &[
                    &recall.id,
                    &nature,
                    &recall.class,
                    at,
                    &recall.product,
                    &recall.lots.join(" "),
                    &codes,
                ],
            );
            let role = match recall.nature {
                _ if n == self.at => Role::Selected,
                Nature::Real => Role::Danger,
                Nature::Drill => Role::Base,
            };
            Line::from(ui.span(role, clip(&text, wide)))
        });
        let lines = lines.collect();
        ui.lines(inner, lines);
    }
}

/// A number alone asks for the report again.
fn alone(id: &str) -> Recall {
    Recall {
        id: id.to_owned(),
        class: 2,
        nature: Nature::Drill,
        product: String::new(),
        lots: vec![],
        codes: None,
        reason: String::new(),
    }
}

/// `YL20261124-0930`: a drill (演练), `ZH…`: a recall.
fn number(now: Instant, nature: Nature) -> String {
    let (hour, minute, second) = now.time_of_day();
    let day: String = now.day().to_string().chars().filter(char::is_ascii_digit).collect();
    let letters = if nature == Nature::Real { "ZH" } else { "YL" };
    format!("{letters}{day}-{hour:02}{minute:02}{second:02}")
}
