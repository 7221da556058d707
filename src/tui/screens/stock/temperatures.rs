//! 冷链: thermometer readings by place, exceedances that wait for a measure, and the measure itself.
use ratatui::{layout::Rect, text::Line};

use super::{entry::Entry, say_stop};
use crate::{
    domain::trace::stock::{Reading, Zone},
    tui::{
        action::Action,
        draw::{Ui, clip, scroll},
        effect::{Answer, Effect, NewReading, Question, Topic},
        field::Field,
        overlays::stepped,
        screens::Screen,
        state::{Go, Shared},
        text::{Lang, stock as words},
        theme::Role,
    },
};

const EXCEEDED_BELLS: u8 = 5;

#[derive(Debug)]
pub struct Temperatures {
    entry: Entry,
    /// A measure is being written about the chosen open exceedance.
    measure: bool,
    readings: Vec<Reading>,
    at: usize,
    working: bool,
}

impl From<Temperatures> for Screen {
    fn from(screen: Temperatures) -> Self {
        Self::Temperatures(Box::new(screen))
    }
}

impl Default for Temperatures {
    fn default() -> Self {
        Self { entry: new_reading("", ""), measure: false, readings: vec![], at: 0, working: false }
    }
}

fn new_reading(place: &str, zone: &str) -> Entry {
    Entry::new(&[
        (words::TEMP_PLACE, true),
        (words::TEMP_ZONE, true),
        (words::TEMP_CELSIUS, true),
        (words::TEMP_HUMIDITY, false),
    ])
    .with(0, place)
    .with(1, zone)
}

impl Temperatures {
    fn open(&self) -> Vec<&Reading> {
        self.readings.iter().filter(|reading| reading.is_open_exceedance()).collect()
    }

    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        let mut actions = vec![Action::Submit];
        if !self.measure {
            actions.extend([Action::NextField, Action::PreviousField]);
            if !self.open().is_empty() {
                actions.push(Action::WriteMeasure);
            }
        }
        actions.extend([Action::Next, Action::Previous]);
        actions
    }

    pub const fn has_field(&self) -> bool {
        true
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        self.entry.field()
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    /// A box says which place is meant.
    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        if !self.working && !self.measure {
            shared.ask(Question::LookAt(code.to_owned()));
        }
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        // The way back from a measure leads to the list, not out of it.
        if action == Action::Back && self.measure {
            self.fresh();
            return Some(Go::Stay);
        }
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match action {
            Action::Submit if self.working || !self.entry.enter() => {}
            Action::Submit if self.measure => self.close(shared),
            Action::Submit => self.keep(shared),
            Action::WriteMeasure => {
                (self.measure, self.at) = (true, 0);
                self.entry = Entry::new(&[(words::TEMP_MEASURE, true)]);
            }
            Action::Next | Action::Previous if self.measure => {
                self.at = stepped(self.at, action, self.open().len());
            }
            _ => self.entry.step(action),
        }
        Some(Go::Stay)
    }

    fn fresh(&mut self) {
        let last = self.readings.first();
        let place = last.map_or("", |reading| reading.place.as_str());
        let zone = last.map_or("", |reading| reading.zone.name_zh());
        self.entry = new_reading(place, zone);
        self.measure = false;
        if !place.is_empty() {
            self.entry.step(Action::NextField);
            self.entry.step(Action::NextField);
        }
    }

    fn keep(&mut self, shared: &mut Shared) {
        let zone = zone(&self.entry.text(1));
        let celsius = self.entry.text(2).parse::<f64>().ok();
        let celsius = celsius.filter(|celsius| (-90.0..=90.0).contains(celsius));
        let humidity = match self.entry.text(3).as_str() {
            "" => Some(None),
            text => text.parse::<u8>().ok().filter(|percent| *percent <= 100).map(Some),
        };
        let (Some(zone), Some(celsius), Some(humidity)) = (zone, celsius, humidity) else {
            let text = shared.t(words::TEMP_WRONG);
            shared.say(Role::Danger, text);
            return;
        };
        self.working = true;
        shared.ask(Question::KeepReading(Box::new(NewReading {
            place: self.entry.text(0),
            zone,
            tenths: (celsius * 10.0).round() as i32,
            humidity,
        })));
    }

    fn close(&mut self, shared: &mut Shared) {
        let Some((place, at)) =
            self.open().get(self.at).map(|reading| (reading.place.clone(), reading.at))
        else {
            return;
        };
        self.working = true;
        shared.ask(Question::CloseExceedance { place, at, measure: self.entry.text(0) });
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Temperatures(readings) => {
                let kept = self.working;
                self.working = false;
                self.readings = readings;
                if kept
                    && !self.measure
                    && self.readings.first().is_some_and(Reading::is_open_exceedance)
                {
                    let text = shared.t(words::TEMP_EXCEEDED);
                    shared.say(Role::Danger, text);
                    shared.effects.push(Effect::Bell(EXCEEDED_BELLS));
                } else if kept {
                    let text = shared.t(words::TEMP_KEPT);
                    shared.say(Role::Good, text);
                }
                self.fresh();
            }
            Answer::LookedAt(packs) => {
                if let Some(scanned) = packs.first() {
                    self.entry.set(0, &scanned.pack.place);
                }
            }
            Answer::Stopped(stop) => say_stop(shared, &stop),
            Answer::Failed(Topic::Temperature | Topic::Look, failure) => {
                self.working = false;
                shared.fail(&failure);
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let open = self.open();
        let title = words::TEMP_TITLE.with(shared.lang, &[&open.len()]);
        let inner = ui.boxed(area, &title, true);
        self.entry.view(ui, shared, inner);
        let used = self.entry.height() + 1;
        let hint = Rect { y: inner.y + used - 1, height: 1, ..inner };
        ui.line(hint, Line::from(ui.span(Role::Muted, shared.t(words::TEMP_HINT))));
        let height = inner.height.saturating_sub(used);
        let rest = Rect { y: inner.y + used, height, ..inner };
        let wide = usize::from(inner.width);
        let rows: Vec<&Reading> = if self.measure { open } else { self.readings.iter().collect() };
        if rows.is_empty() {
            ui.line(rest, Line::from(ui.span(Role::Muted, shared.t(words::TEMP_NONE))));
            return;
        }
        let top = if self.measure { scroll(self.at, rows.len(), height.into()) } else { 0 };
        let lines = rows.iter().enumerate().skip(top).take(height.into()).map(|(n, reading)| {
            let role = match (reading.zone.exceeded(reading.tenths), reading.measure.is_empty()) {
                _ if self.measure && n == self.at => Role::Selected,
                (true, true) => Role::Danger,
                (true, false) => Role::Caution,
                _ => Role::Base,
            };
            Line::from(ui.span(role, clip(&told(shared, reading), wide)))
        });
        let lines = lines.collect();
        ui.lines(rest, lines);
    }
}

fn told(shared: &Shared, reading: &Reading) -> String {
    let zone = match shared.lang {
        Lang::Zh => reading.zone.name_zh(),
        Lang::En => reading.zone.id(),
    };
    let celsius = format!("{:.1}", f64::from(reading.tenths) / 10.0);
    let humidity = reading.humidity.map_or_else(String::new, |percent| format!(" {percent}%"));
    let mark = match (reading.zone.exceeded(reading.tenths), reading.measure.as_str()) {
        (false, _) => String::new(),
        (true, "") => shared.t(words::TEMP_OPEN).to_owned(),
        (true, measure) => words::TEMP_CLOSED.with(shared.lang, &[&measure]),
    };
    format!("{}  {}  {zone}  {celsius}℃{humidity}  {mark}", reading.at, reading.place)
}

/// 1 常温 2 阴凉 3 冷藏, or the first character of the word.
fn zone(text: &str) -> Option<Zone> {
    Zone::parse(text).or_else(|| {
        let at = ["1常r", "2阴", "3冷"]
            .iter()
            .position(|keys| text.chars().next().is_some_and(|first| keys.contains(first)))?;
        Zone::ALL.get(at).copied()
    })
}
