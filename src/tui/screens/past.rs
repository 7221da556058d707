//! One signed visit as it was kept, with what was advised and answered; its prescription can be printed again.
use ratatui::{layout::Rect, text::Line};

use crate::{
    domain::{patient::Patient, role, visit::SignedVisit},
    services::print::{PrintJob, Printed},
    tui::{
        action::Action,
        draw::{Ui, wrapped},
        effect::{Answer, Question},
        field::Field,
        overlays::stepped,
        screens::{
            Screen,
            stock::counter::CounterDesk,
            visit::{Visit, words_of},
        },
        state::{Go, Shared},
        text::{chart as words, visit},
        theme::Role,
    },
};

#[derive(Debug)]
pub struct Past {
    pub patient: Patient,
    pub visit: SignedVisit,
    top: usize,
    printed: Option<Printed>,
    /// The chart was asked for in order to correct this visit.
    amending: bool,
}

impl Past {
    pub const fn new(patient: Patient, visit: SignedVisit) -> Self {
        Self { patient, visit, top: 0, printed: None, amending: false }
    }

    fn has_prescription(&self) -> bool {
        !self.visit.visit.prescription.lines.is_empty()
    }

    fn can_dispense(&self, shared: &Shared) -> bool {
        let open = self.visit.superseded_by.is_none() && self.visit.prescription_number.is_some();
        open && self.has_prescription() && shared.may(role::Action::DispenseDrugs)
    }

    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        let mut actions = vec![Action::Next, Action::Previous, Action::PageDown, Action::PageUp];
        if self.has_prescription() && shared.may(role::Action::PrintVisit) {
            actions.insert(0, Action::Print);
        }
        if self.can_dispense(shared) {
            actions.push(Action::Dispense);
        }
        if self.visit.superseded_by.is_none() && shared.may(role::Action::SignVisit) {
            actions.push(Action::Amend);
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

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        if action == Action::Amend {
            self.amending = true;
            shared.ask(Question::OpenToAmend(self.patient.id, self.visit.id));
        } else if action == Action::Dispense {
            shared.ask(Question::OpenCounter(self.visit.prescription_number.clone()?));
        } else if action == Action::Print {
            shared.ask(Question::Print(PrintJob {
                visit: self.visit.id,
                width: usize::from(shared.size.0.saturating_sub(4)).min(76),
                to_file: true,
                demo: shared.demo.is_some(),
                reprint: true,
            }));
        } else {
            self.top = stepped(self.top, action, 500);
        }
        Some(Go::Stay)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Printed(printed) => {
                words_of::say_printed(shared, &printed);
                self.printed = Some(printed);
                self.top = 0;
                Ok(Go::Stay)
            }
            Answer::Counter(counter) => Ok(Go::to(CounterDesk::open(*counter))),
            Answer::Stopped(stop) => {
                let text = stop.words();
                shared.say(Role::Danger, text.pick(shared.lang));
                Ok(Go::Stay)
            }
            Answer::Opened(opened) if self.amending => {
                self.amending = false;
                if opened.draft.is_some() {
                    let text = shared.t(words::AMEND_DRAFT);
                    shared.say(Role::Warning, text);
                    return Ok(Go::Stay);
                }
                let visit = Visit::amending(*opened, &self.visit, shared);
                Ok(Go::Replace(Box::new(Screen::Visit(Box::new(visit)))))
            }
            other => Err(other),
        }
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let inner = ui.boxed(area, shared.t(words::PAST_TITLE), true);
        let wide = usize::from(inner.width);
        let lines = self.lines(ui, shared, wide);
        let top = self.top.min(lines.len().saturating_sub(usize::from(inner.height)));
        ui.lines(inner, lines.into_iter().skip(top).collect());
    }

    fn lines(&self, ui: &Ui, shared: &Shared, wide: usize) -> Vec<Line<'static>> {
        let lang = shared.lang;
        let signed = &self.visit;
        let kept = &signed.visit;
        let mut lines: Vec<Line<'static>> = vec![];
        let mut put = |role: Role, text: &str| {
            for row in wrapped(text, wide) {
                lines.push(Line::from(ui.span(role, row)));
            }
        };
        if let Some(printed) = &self.printed {
            for sheet in &printed.sheets {
                for row in sheet {
                    put(Role::Base, row);
                }
            }
        }
        let when = format!("{} {}", signed.signed.day(), Shared::clock(signed.signed));
        put(Role::Good, &words::PAST_SIGNED.with(lang, &[&when, &signed.doctor_name]));
        if signed.superseded_by.is_some() {
            put(Role::Warning, shared.t(words::SUPERSEDED));
        }
        put(Role::Heading, shared.t(words::PAST_DIAGNOSES));
        for diagnosis in &kept.diagnoses {
            put(Role::Base, &format!("  {}", words_of::diagnosis(diagnosis, lang)));
        }
        put(Role::Heading, shared.t(words::PAST_NOTE));
        put(Role::Base, &kept.note);
        if !kept.findings.is_empty() {
            put(Role::Heading, shared.t(words::PAST_FINDINGS));
            let all: Vec<String> =
                kept.findings.iter().map(|finding| words_of::finding(finding, lang)).collect();
            put(Role::Base, &format!("  {}", all.join("  ")));
        }
        let number = signed.prescription_number.clone().unwrap_or_default();
        put(Role::Heading, &words::PAST_RX.with(lang, &[&number]));
        if kept.prescription.lines.is_empty() {
            put(Role::Muted, &format!("  {}", shared.t(words::NOTHING)));
        }
        for (n, line) in kept.prescription.lines.iter().enumerate() {
            put(Role::Base, &format!("  {} {}", n + 1, words_of::line(line)));
        }
        if !kept.prescription.alerts.is_empty() {
            put(Role::Heading, shared.t(words::PAST_ALERTS));
            for alert in &kept.prescription.alerts {
                let answered = words_of::answered((&alert.answer, &alert.second), lang);
                let answer = if answered.is_empty() { answered } else { format!(" - {answered}") };
                let tier = words_of::tier(alert.tier).get(lang);
                put(Role::Base, &format!("  {tier} {}{answer}", alert.message));
            }
        }
        let none = shared.t(words::NO_MODEL).to_owned();
        let model = kept.advice.model.as_ref().map_or(none, |m| m.chars().take(12).collect());
        put(Role::Heading, &words::PAST_ADVICE.with(lang, &[&kept.advice.knowledge, &model]));
        for shown in &kept.advice.differential {
            let share = words_of::share(shown.probability);
            let share = format!("  {:>2} {} {}", shown.rank, shown.name, share.trim());
            put(Role::Muted, &share);
        }
        for danger in &kept.advice.do_not_miss {
            put(Role::Warning, &format!("  {} {}", shared.t(visit::RAIL), danger.name));
        }
        put(Role::Muted, &words::PAST_HASH.with(lang, &[&signed.sha256]));
        lines
    }
}
