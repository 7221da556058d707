//! Adding, changing and deleting lines, and answering what the check says about them.
use super::{Pane, RxFocus, Visit};
use crate::{
    domain::visit::{AlertAnswer, AlertShown, AlertTier, AnswerReason, SecondSignature, WayOut},
    services::clinic::SecondSigning,
    tui::{
        effect::Question,
        field::Field,
        overlays::Overlay,
        rx_tools::second::{SecondSign, Typed},
        screens::{register::Register, visit::words_of},
        state::{Go, Shared},
        text::{rx_tools as rx_words, visit as words},
        theme::Role,
    },
};

impl Visit {
    pub(super) fn add_line(&mut self, shared: &mut Shared) {
        let text = self.input.text().trim().to_owned();
        if text.is_empty() {
            self.interrupt = true;
            self.interrupt_once();
            return;
        }
        // The preview of older text is not what would be added.
        if self.read_text != text {
            return;
        }
        let Some(reading) = self.readings.get(self.reading_at) else {
            let text = words::RX_UNKNOWN.with(shared.lang, &[&text]);
            shared.say(Role::Warning, text);
            return;
        };
        if !reading.missing.is_empty() {
            let missing = words::RX_MISSING.with(shared.lang, &[&reading.missing.join("、")]);
            let text = words::LINE_INCOMPLETE.with(shared.lang, &[&missing]);
            shared.say(Role::Warning, text);
            return;
        }
        let line = reading.line.clone();
        self.remember_lines();
        let text = words::LINE_ADDED.with(shared.lang, &[&words_of::line(&line)]);
        match self.editing.take() {
            Some(at) if at < self.lines.len() => {
                self.lines[at] = line;
                self.line_at = at;
            }
            _ => {
                self.lines.push(line);
                self.line_at = self.lines.len() - 1;
            }
        }
        shared.say(Role::Good, text);
        self.input.take();
        self.read_line(shared);
        self.interrupt = true;
        self.lines_changed(shared);
    }

    pub(super) fn edit_line(&mut self, shared: &mut Shared) {
        let at = self.line_of_focus();
        let Some(line) = self.lines.get(at) else { return };
        self.input.set(&words_of::typed(line));
        (self.editing, self.line_at, self.rx_focus) = (Some(at), at, RxFocus::Line);
        self.touch();
        self.read_line(shared);
    }

    pub(super) fn delete_line(&mut self, shared: &mut Shared) {
        let at = self.line_of_focus();
        if at < self.lines.len() {
            self.remember_lines();
            self.lines.remove(at);
            self.line_at = at.min(self.lines.len().saturating_sub(1));
            self.editing = None;
            self.lines_changed(shared);
        }
    }

    /// In the alerts the line is the one that the alert is about.
    pub(super) fn line_of_focus(&self) -> usize {
        let of_alert = (self.rx_focus == RxFocus::Alerts)
            .then(|| self.shown_alerts().get(self.alert_at)?.alert.shown.lines.last().copied())
            .flatten();
        of_alert.map_or(self.line_at, usize::from)
    }

    pub(super) fn lines_changed(&mut self, shared: &mut Shared) {
        self.touch();
        self.alert_at = 0;
        self.check(shared);
        self.keep_draft(shared);
    }

    pub(super) fn alert_needs_reason(&self) -> bool {
        self.shown_alerts()
            .get(self.alert_at)
            .is_some_and(|seen| seen.tier == AlertTier::Warn && seen.confirmed.is_none())
    }

    /// After a new line the worst open alert takes the keys, once.
    pub(super) fn interrupt_once(&mut self) {
        if !std::mem::take(&mut self.interrupt) {
            return;
        }
        let alerts = self.shown_alerts();
        if let Some(at) = alerts.iter().position(super::keep::SeenAlert::is_open) {
            self.alert_at = at;
            if self.pane == Pane::Rx {
                self.rx_focus = RxFocus::Alerts;
            }
        }
    }

    /// The stops that a second person may sign over and has not yet.
    pub(super) fn stops_to_sign(&self) -> Vec<AlertShown> {
        let open = self.shown_alerts().into_iter().filter(|seen| {
            seen.tier == AlertTier::Stop
                && seen.is_open()
                && seen.alert.shown.way_out == WayOut::SecondSignature
        });
        open.map(|seen| seen.alert.shown).collect()
    }

    pub(super) fn open_second(&self, shared: &mut Shared) -> Go {
        shared.ask(Question::SecondSigners);
        Go::open(Overlay::SecondSign(Box::new(SecondSign::new(self.stops_to_sign()))))
    }

    pub fn ask_second(&self, (stops, typed): (Vec<AlertShown>, Typed), shared: &mut Shared) {
        shared.ask(Question::SignSecond(Box::new(SecondSigning {
            patient: self.patient.id,
            lines: self.lines.clone(),
            stops,
            user: typed.user,
            passphrase: typed.passphrase,
            reason: typed.reason,
        })));
    }

    pub(super) fn second_signed(
        &mut self,
        given: Vec<(AlertShown, SecondSignature)>,
        shared: &mut Shared,
    ) {
        let count = given.len();
        if let Some((_, second)) = given.first() {
            let parts: [&dyn std::fmt::Display; 3] = [&second.name, &second.role.name_zh(), &count];
            let text = rx_words::SECOND_DONE.with(shared.lang, &parts);
            shared.say(Role::Good, text);
        }
        let given = given.into_iter().map(|(alert, second)| (alert.rule, alert.drugs, second));
        self.seconds.extend(given);
        self.touch();
        self.keep_draft(shared);
        self.interrupt = true;
        self.rx_focus = RxFocus::Line;
        self.interrupt_once();
    }

    pub(super) fn give_reason(&mut self, nth: usize, shared: &mut Shared) -> Go {
        let Some(reason) = u8::try_from(nth + 1).ok().and_then(AnswerReason::from_code) else {
            return Go::Stay;
        };
        match reason {
            AnswerReason::Other => {
                return Go::open(Overlay::OwnReason(Field::line()));
            }
            AnswerReason::RecordWrong => {
                let text = shared.t(words::DATA_GAP);
                shared.say(Role::Caution, text);
                self.keep_draft(shared);
                return Go::to(Register::editing(&self.patient));
            }
            reason => self.answer(reason, String::new(), shared),
        }
        Go::Stay
    }

    /// Reason 9 in own words; `false` = too short, ask on.
    pub fn answer_in_words(&mut self, text: &str, shared: &mut Shared) -> bool {
        if text.chars().count() < 4 {
            let text = shared.t(words::REASON_SHORT);
            shared.say(Role::Warning, text);
            return false;
        }
        self.answer(AnswerReason::Other, text.to_owned(), shared);
        true
    }

    pub(super) fn answer(&mut self, reason: AnswerReason, text: String, shared: &mut Shared) {
        let alerts = self.shown_alerts();
        let Some(seen) = alerts.get(self.alert_at) else { return };
        let (rule, drugs) = (seen.alert.shown.rule.clone(), seen.alert.shown.drugs.clone());
        self.answers.retain(|(r, d, _)| (r, d) != (&rule, &drugs));
        self.answers.push((rule, drugs, AlertAnswer { reason, text }));
        self.touch();
        self.keep_draft(shared);
        // The next open one, or back to the line.
        self.interrupt = true;
        self.rx_focus = RxFocus::Line;
        self.interrupt_once();
    }
}
