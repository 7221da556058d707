//! What keys, edits and answers do to a visit.
use super::{Pane, RxFocus, Visit};
use crate::{
    domain::visit::{ChosenDiagnosis, Polarity, TriageLevel},
    services::{print::PrintJob, visit::Case},
    tui::{
        action::Action,
        effect::{Answer, Question, Topic},
        overlays::{Confirm, Overlay, stepped},
        people,
        screens::follow_up::form::summary,
        screens::{
            chart::Chart, priors::Priors, register::Register, sharing::Sharing, visit::words_of,
        },
        search::Search,
        state::{Go, Shared},
        text::{follow_up, visit as words},
        theme::Role,
    },
};

impl Visit {
    pub fn edited(&mut self, shared: &mut Shared) {
        self.touch();
        match self.pane {
            Pane::Note => self.consult(shared),
            _ => self.read_line(shared),
        }
    }

    pub(super) fn consult(&mut self, shared: &mut Shared) {
        self.fresh = false;
        let details = &self.patient.details;
        let case = Case {
            note: self.note.text().to_owned(),
            corrections: self.corrections.clone(),
            ..Case::of(details, shared.today(), self.base.setting)
        };
        shared.ask(Question::Consult(Box::new(case)));
    }

    pub(super) fn read_line(&mut self, shared: &mut Shared) {
        let text = self.input.text().trim().to_owned();
        if text.is_empty() {
            self.readings.clear();
            self.read_text.clear();
            self.reading_at = 0;
        } else {
            shared.ask(Question::ReadLine(text));
        }
    }

    /// The whole prescription is checked at once, after every change.
    pub(super) fn check(&mut self, shared: &mut Shared) {
        if self.lines.is_empty() {
            self.checked = None;
            self.check_fresh = true;
            self.rx_focus = RxFocus::Line;
            return;
        }
        self.check_fresh = false;
        shared.ask(Question::Check(Box::new(self.rx_case(shared))));
    }

    pub fn knowledge_came(&mut self, shared: &mut Shared) {
        self.ask_again = false;
        self.consult(shared);
        self.read_line(shared);
        self.check(shared);
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, nth): (Action, usize)) -> Option<Go> {
        if action == Action::Back {
            return self.back(shared);
        }
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match action {
            Action::PaneNote => self.go_to(Pane::Note, shared),
            Action::PaneDiagnosis => self.go_to(Pane::Diagnosis, shared),
            Action::PanePlan => self.go_to(Pane::Plan, shared),
            Action::PaneRx => self.go_to(Pane::Rx, shared),
            Action::PaneSign => self.go_to(Pane::Sign, shared),
            Action::SwitchFocus => self.switch_focus(shared),
            Action::CyclePolarity => self.cycle_polarity(shared),
            Action::TakeOut => self.take_out(shared),
            Action::AnswerYes => self.answer_question(Some(Polarity::Present), shared),
            Action::AnswerNo => self.answer_question(Some(Polarity::Absent), shared),
            Action::AnswerUnclear => self.answer_question(None, shared),
            Action::Pick => self.pick((nth + 10) % 10, shared),
            Action::Certainty => self.change_certainty(shared),
            Action::EditLine => self.edit_line(shared),
            Action::DeleteLine => self.delete_line(shared),
            Action::TypeDiagnosis => {
                return Some(Go::open(Overlay::OwnDiagnosis(crate::tui::field::Field::line())));
            }
            Action::Support => {
                let (name, what) = self.support()?;
                let search = Search::supporting(&name, what, shared);
                return Some(Go::open(Overlay::Search(Box::new(search))));
            }
            Action::Reason => return Some(self.give_reason(nth, shared)),
            Action::AddLine => self.add_line(shared),
            Action::Sign => return Some(self.ask_to_sign(shared)),
            Action::SignSecond => return Some(self.open_second(shared)),
            Action::History => {
                self.keep_draft(shared);
                shared.ask(Question::Chart(self.patient.id));
            }
            Action::Priors => {
                self.keep_draft(shared);
                let ordered = self.ordered();
                return Some(Go::to(Priors::open(&self.patient, &ordered, shared)));
            }
            Action::Sharing => {
                self.keep_draft(shared);
                return Some(Go::to(Sharing::of(&self.patient, shared)));
            }
            Action::EditPatient => {
                self.keep_draft(shared);
                return Some(Go::to(Register::editing(&self.patient)));
            }
            Action::DiscardDraft => {
                let name = self.patient.details.name.clone();
                let id = self.draft?;
                return Some(Go::open(Overlay::Confirm(Confirm::Discard { id, name })));
            }
            Action::Print => self.print(true, shared),
            Action::CountVisit => {
                if let Some(receipt) = &self.signed {
                    shared.ask(Question::CountVisit(receipt.visit));
                }
            }
            Action::Next | Action::Previous | Action::PageDown | Action::PageUp => {
                self.step(action);
            }
            other => return self.copying(other, shared),
        }
        Some(Go::Stay)
    }

    /// Esc first leaves the alerts, then asks once before leaving unsigned work. `None` = just go.
    fn back(&mut self, shared: &mut Shared) -> Option<Go> {
        if self.pane == Pane::Rx && self.rx_focus == RxFocus::Alerts {
            self.rx_focus = RxFocus::Line;
            return Some(Go::Stay);
        }
        if self.editing.is_some() {
            self.editing = None;
            self.input.take();
            self.read_line(shared);
            return Some(Go::Stay);
        }
        if !self.has_work() {
            return None;
        }
        self.keep_draft(shared);
        let name = people::named(&self.patient.details, shared);
        Some(Go::open(Overlay::Confirm(Confirm::LeaveVisit { name })))
    }

    fn go_to(&mut self, pane: Pane, shared: &mut Shared) {
        self.keep_draft(shared);
        self.pane = pane;
        self.on_findings = false;
        match pane {
            // An emergency is told of first.
            Pane::Diagnosis => {
                let worst = self.suggestion.dangers.first();
                self.on_dangers = worst.is_some_and(|d| d.level == TriageLevel::Emergency);
            }
            Pane::Plan => {
                let wanted: Vec<String> =
                    self.picks.iter().filter_map(|pick| pick.condition.clone()).collect();
                if wanted != self.plans_for {
                    self.plan_top = 0;
                    self.plans.clear();
                    self.plans_for.clone_from(&wanted);
                }
                if self.plans.is_empty() && !wanted.is_empty() {
                    shared.ask(Question::Plans(wanted));
                }
            }
            Pane::Rx if !self.check_fresh => self.check(shared),
            _ => {}
        }
    }

    fn switch_focus(&mut self, shared: &mut Shared) {
        match self.pane {
            Pane::Note => {
                self.on_findings = !self.on_findings;
                self.keep_draft(shared);
            }
            Pane::Diagnosis => {
                self.on_dangers = !self.on_dangers;
                self.dangers_top = 0;
            }
            _ => {
                self.rx_focus = match self.rx_focus {
                    RxFocus::Line => RxFocus::Alerts,
                    RxFocus::Alerts => RxFocus::Line,
                };
            }
        }
    }

    /// From the alerts back to the line, for a letter that is no answer.
    pub fn write_on(&mut self) -> bool {
        let away = !self.is_signed() && self.pane == Pane::Rx && self.rx_focus == RxFocus::Alerts;
        if away {
            self.rx_focus = RxFocus::Line;
        }
        away
    }

    fn step(&mut self, action: Action) {
        if self.is_signed() {
            self.sign_top = stepped(self.sign_top, action, 200);
            return;
        }
        match self.pane {
            Pane::Note => {
                self.finding_at = stepped(self.finding_at, action, self.suggestion.findings.len());
            }
            Pane::Diagnosis if matches!(action, Action::PageDown | Action::PageUp) => {
                self.dangers_top = stepped(self.dangers_top, action, 100);
            }
            Pane::Diagnosis => {
                self.cause_at = stepped(self.cause_at, action, self.suggestion.causes.len());
                self.on_dangers = false;
            }
            Pane::Plan => self.plan_top = stepped(self.plan_top, action, 1000),
            Pane::Rx if self.rx_focus == RxFocus::Alerts => {
                self.alert_at = stepped(self.alert_at, action, self.shown_alerts().len());
            }
            Pane::Rx if self.input.is_empty() => {
                self.line_at = stepped(self.line_at, action, self.lines.len());
            }
            Pane::Rx => {
                self.reading_at = stepped(self.reading_at, action, self.readings.len());
            }
            Pane::Sign => self.sign_top = stepped(self.sign_top, action, 200),
        }
    }

    // --- signing --------------------------------------------------------------------------------------------------

    fn ask_to_sign(&mut self, shared: &mut Shared) -> Go {
        if self.signing || !self.hindrances(shared).is_empty() {
            return Go::Stay;
        }
        let name = people::named(&self.patient.details, shared);
        Go::open(Overlay::Confirm(Confirm::Sign { name }))
    }

    pub fn sign(&mut self, shared: &mut Shared) {
        if self.signing || self.is_signed() || !self.hindrances(shared).is_empty() {
            return;
        }
        self.signing = true;
        shared.ask(Question::Sign(Box::new(self.whole(shared))));
    }

    fn print(&mut self, to_file: bool, shared: &mut Shared) {
        if let Some(receipt) = &self.signed {
            shared.ask(Question::Print(PrintJob {
                visit: receipt.visit,
                width: usize::from(shared.size.0.saturating_sub(4)).min(76),
                to_file,
                demo: shared.demo.is_some(),
                reprint: false,
            }));
        }
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Suggestion(suggestion) => {
                self.suggestion = *suggestion;
                self.fresh = true;
                let findings = self.suggestion.findings.len();
                self.finding_at = self.finding_at.min(findings.saturating_sub(1));
                let causes = self.suggestion.causes.len();
                self.cause_at = self.cause_at.min(causes.saturating_sub(1));
            }
            Answer::Named { typed, condition, icd10 } => {
                let own =
                    |pick: &&mut ChosenDiagnosis| pick.condition.is_none() && pick.name == typed;
                if let Some(pick) = self.picks.iter_mut().find(own) {
                    (pick.condition, pick.icd10) = (Some(condition), icd10);
                    self.touch();
                }
            }
            Answer::Plans(plans) => {
                for plan in &plans {
                    let seen = (plan.condition.clone(), plan.name.clone());
                    if !self.plans_seen.contains(&seen) {
                        self.plans_seen.push(seen);
                    }
                }
                self.touch();
                self.plans = plans;
            }
            Answer::Readings(readings) => {
                self.readings = readings;
                self.read_text = self.input.text().trim().to_owned();
                self.reading_at = 0;
            }
            Answer::Checked { lines, checked } if lines == self.lines => {
                self.checked = Some(checked);
                self.check_fresh = true;
                let alerts = self.shown_alerts().len();
                self.alert_at = self.alert_at.min(alerts.saturating_sub(1));
                if alerts == 0 {
                    self.rx_focus = RxFocus::Line;
                }
                self.say_rechecked(shared);
                self.interrupt_once();
            }
            // An answer for older lines, a name the base lacks, a patient on the list already: nothing to do.
            Answer::Checked { .. } | Answer::Unnamed | Answer::Failed(Topic::Queue, _) => {}
            Answer::DraftSaved { patient, id } if patient == self.patient.id => {
                self.draft_saved(id, shared);
            }
            Answer::Failed(Topic::SaveDraft, failure) => {
                self.draft_failed(&failure.sentence(shared.lang), shared);
            }
            Answer::VisitCounted(outcomes) => {
                self.counted = true;
                let text = follow_up::COUNTED.with(shared.lang, &[&summary(&outcomes)]);
                shared.say(Role::Good, text);
            }
            Answer::SecondSigned(given) => self.second_signed(given, shared),
            // The dialogue was closed meanwhile.
            Answer::SecondSigners(_) | Answer::Failed(Topic::SecondSigners, _) => {}
            Answer::Signed(receipt) => {
                self.signing = false;
                let at = Shared::clock(receipt.signed);
                let name = &self.patient.details.name;
                let text = words::SAVED_LINE.with(shared.lang, &[name, &at]);
                self.signed = Some(receipt);
                self.pane = Pane::Sign;
                self.sign_top = 0;
                shared.say(Role::Good, text);
                if !self.lines.is_empty() {
                    self.print(false, shared);
                }
            }
            // Tried again at the next tick: a suggestion must not stay behind its text.
            Answer::Failed(Topic::Consult | Topic::Check | Topic::ReadLine, _) => {
                self.ask_again = true;
            }
            Answer::Failed(Topic::Sign, failure) => {
                self.signing = false;
                shared.fail(&failure);
            }
            Answer::Printed(printed) => {
                words_of::say_printed(shared, &printed);
                self.printed = Some(printed);
            }
            Answer::Chart { patient, visits } => {
                return Ok(Go::to(super::super::Screen::Chart(Box::new(Chart::new(
                    patient, visits,
                )))));
            }
            // After a correction of the record: the patient is new, the visit stays.
            Answer::Opened(opened) if opened.patient.id == self.patient.id => {
                self.patient = opened.patient;
                self.visits = opened.visits;
                self.current = opened.current;
                self.consult(shared);
                self.check(shared);
            }
            other => self.copying_answered(other, shared)?,
        }
        Ok(Go::Stay)
    }
}
