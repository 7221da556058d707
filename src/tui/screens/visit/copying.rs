//! Lines from elsewhere: earlier prescriptions, templates, weeks of a long prescription; and the way back.
use super::{Pane, RxFocus, Visit};
use crate::{
    domain::{
        rx::long_term::{Hindrance, Verdict, Wish},
        visit::{
            AlertTier, PrescriptionLine,
            template::{NewTemplate, Scope, added},
        },
    },
    services::prescribe::{LongCase, RxCase},
    tui::{
        action::Action,
        effect::{Answer, Question},
        field::Field,
        overlays::Overlay,
        rx_tools::SaveTemplate,
        state::{Go, Shared},
        text::rx_tools as words,
        theme::Role,
    },
};

/// So many steps can be taken back.
const UNDO_MOST: usize = 50;

impl Visit {
    /// Before the lines change: what they were.
    pub(super) fn remember_lines(&mut self) {
        if self.undo_lines.len() == UNDO_MOST {
            self.undo_lines.remove(0);
        }
        self.undo_lines.push(self.lines.clone());
    }

    pub(super) fn copying_actions(&self, actions: &mut Vec<Action>) {
        actions.push(Action::Refill);
        if !self.lines.is_empty() {
            actions.extend([Action::LongTerm, Action::SaveTemplate]);
        }
        if self.input.is_empty() && !self.undo_lines.is_empty() {
            actions.push(Action::UndoLines);
        }
    }

    /// Does what stands in [`Self::copying_actions`].
    pub(super) fn copying(&mut self, action: Action, shared: &mut Shared) -> Option<Go> {
        match action {
            Action::Refill => {
                shared.ask(Question::RxSources(self.patient.id));
                Some(Go::open(Overlay::Refill(Box::default())))
            }
            Action::SaveTemplate => {
                let may = shared.may(crate::domain::role::Action::ChangeClinicTemplates);
                Some(Go::open(Overlay::SaveTemplate(Box::new(SaveTemplate::new(may)))))
            }
            Action::LongTerm => Some(Go::open(Overlay::LongTerm(Field::line()))),
            Action::UndoLines => {
                self.undo_lines_once(shared);
                Some(Go::Stay)
            }
            _ => None,
        }
    }

    fn undo_lines_once(&mut self, shared: &mut Shared) {
        let Some(lines) = self.undo_lines.pop() else { return };
        self.lines = lines;
        self.line_at = self.line_at.min(self.lines.len().saturating_sub(1));
        (self.editing, self.copied) = (None, None);
        let text = words::UNDONE.with(shared.lang, &[&self.lines.len()]);
        shared.say(Role::Good, text);
        self.lines_changed(shared);
    }

    /// Adds lines of another sheet, without results of a day and without what stands here already.
    pub fn copy_lines(&mut self, lines: &[PrescriptionLine], from: &str, shared: &mut Shared) {
        if self.is_signed() {
            return;
        }
        let (new, there) = added(&self.lines, lines);
        if new.is_empty() {
            let text = words::COPIED_NONE.with(shared.lang, &[&from]);
            shared.say(Role::Caution, text);
            return;
        }
        self.remember_lines();
        let first = self.lines.len();
        let mut text = words::COPIED.with(shared.lang, &[&from, &new.len()]);
        if !there.is_empty() {
            text.push_str(&words::COPIED_THERE.with(shared.lang, &[&there.len()]));
        }
        self.lines.extend(new);
        self.copied = Some(first..self.lines.len());
        self.line_at = first;
        (self.pane, self.rx_focus) = (Pane::Rx, RxFocus::Line);
        shared.say(Role::Good, text);
        self.interrupt = true;
        self.lines_changed(shared);
    }

    /// After the check: how each copied line came out.
    pub(super) fn say_rechecked(&mut self, shared: &mut Shared) {
        let Some(copied) = self.copied.take() else { return };
        let alerts = self.shown_alerts();
        let worst = |line: usize| {
            let touching = alerts
                .iter()
                .filter(|seen| seen.alert.shown.lines.iter().any(|n| usize::from(*n) == line));
            touching.map(|seen| seen.tier).min()
        };
        let tiers: Vec<Option<AlertTier>> = copied.clone().map(worst).collect();
        let count = |tier: AlertTier| tiers.iter().filter(|t| **t == Some(tier)).count();
        let (stop, warn, note) =
            (count(AlertTier::Stop), count(AlertTier::Warn), count(AlertTier::Note));
        let role = match (stop, warn) {
            (1.., _) => Role::Danger,
            (_, 1..) => Role::Warning,
            _ => Role::Good,
        };
        let quiet = tiers.len() - stop - warn - note;
        let text = words::RECHECKED.with(shared.lang, &[&tiers.len(), &stop, &warn, &note, &quiet]);
        shared.say(role, text);
    }

    pub fn keep_as_template(&mut self, name: String, scope: Scope, shared: &mut Shared) {
        let new = NewTemplate { name, scope, lines: self.lines.clone() };
        shared.ask(Question::SaveTemplate(Box::new(new)));
    }

    pub(super) fn rx_case(&self, shared: &Shared) -> RxCase {
        RxCase {
            details: self.patient.details.clone(),
            today: shared.today(),
            setting: self.base.setting,
            iv_antibiotics_approved: self.iv_antibiotics_approved,
            diagnoses: self.picks.iter().map(|pick| pick.name.clone()).collect(),
            current: self.current.clone(),
            lines: self.lines.clone(),
        }
    }

    /// `8 病情稳定`: weeks, then the reason.
    pub fn ask_for_long_term(&mut self, text: &str, shared: &mut Shared) {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let weeks = text[..end].parse().unwrap_or(0);
        let reason = text[end..].trim_start_matches(['周', ' ', '，', ',', '、']).trim().to_owned();
        let taken_before = self.visits.iter().flat_map(|visit| visit.drugs.clone()).collect();
        let wish = Wish { weeks, reason, taken_before };
        shared.ask(Question::LongTerm(Box::new(LongCase { rx: self.rx_case(shared), wish })));
    }

    fn made_long(&mut self, case: &LongCase, verdict: &Verdict, shared: &mut Shared) {
        // The lines were changed meanwhile: the verdict is about others.
        if case.rx.lines != self.lines {
            return;
        }
        if let Some(hindrance) = verdict.hindrance {
            let text = shared.t(match hindrance {
                Hindrance::NotChronic => words::LONG_NOT_CHRONIC,
                Hindrance::Weeks => words::LONG_WEEKS,
                Hindrance::NoReason => words::LONG_NO_REASON,
                Hindrance::NoLine => words::LONG_NO_LINE,
            });
            shared.say(Role::Warning, text);
            return;
        }
        self.remember_lines();
        let days = u16::try_from(case.wish.weeks * 7).ok();
        for n in &verdict.lines {
            let Some(line) = self.lines.get_mut(*n) else { continue };
            line.days = days;
            // The number of boxes was for the days that were.
            line.quantity = None;
            line.quantity_unit.clear();
            if !case.wish.reason.is_empty() {
                line.remark = words::LONG_REMARK.with(shared.lang, &[&case.wish.reason]);
            }
        }
        let names = |lines: &[usize]| {
            let name = |n: &usize| self.lines.get(*n).map(|line| line.name.clone());
            lines.iter().filter_map(name).collect::<Vec<_>>().join("、")
        };
        let weeks = case.wish.weeks;
        let mut text = words::LONG_DONE.with(shared.lang, &[&verdict.lines.len(), &weeks]);
        if !verdict.excluded.is_empty() {
            let excluded: Vec<usize> = verdict.excluded.iter().map(|(n, _)| *n).collect();
            text.push_str(&words::LONG_EXCLUDED.with(shared.lang, &[&names(&excluded)]));
        }
        let mut role = Role::Good;
        if !verdict.first_time.is_empty() {
            text.push_str(&words::LONG_FIRST.with(shared.lang, &[&names(&verdict.first_time)]));
            role = Role::Caution;
        }
        shared.say(role, text);
        self.lines_changed(shared);
    }

    /// Takes the answers to what is asked here; gives back any other.
    pub(super) fn copying_answered(
        &mut self,
        answer: Answer,
        shared: &mut Shared,
    ) -> Result<(), Answer> {
        match answer {
            Answer::LongTerm { case, verdict } => self.made_long(&case, &verdict, shared),
            Answer::TemplateSaved(name) => {
                let text = words::SAVED_TEMPLATE.with(shared.lang, &[&name]);
                shared.say(Role::Good, text);
            }
            Answer::TemplatePutAway => shared.ask(Question::RxSources(self.patient.id)),
            Answer::TemplateBroughtBack => {
                let text = shared.t(words::BROUGHT_BACK);
                shared.say(Role::Good, text);
                shared.ask(Question::RxSources(self.patient.id));
            }
            // The list was closed meanwhile.
            Answer::RxSources { .. } => {}
            other => return Err(other),
        }
        Ok(())
    }
}
