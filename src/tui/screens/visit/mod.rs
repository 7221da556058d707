//! One visit on one screen: note, causes, plan, prescription, signature. The do-not-miss rail stands over all of it.
mod choosing;
mod copying;
mod diagnosis;
mod keep;
mod note;
mod plan;
mod prescribing;
mod rx;
mod sign;
mod update;
mod view;
pub mod words_of;

use crate::{
    domain::{
        instant::Instant,
        patient::Patient,
        role,
        visit::{
            self, AlertAnswer, ChosenDiagnosis, DraftId, EarlierAnswer, Polarity, PrescriptionLine,
            SecondSignature, SignedReceipt, SignedVisit, VisitLine,
        },
    },
    services::{
        library::Support,
        prescribe::{Checked, LineReading},
        print::Printed,
        visit::{Opened, Plan, Suggestion},
    },
    tui::{
        action::Action,
        field::Field,
        state::{Loading, Shared},
        text::{chart, visit as words},
        theme::Role,
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    Note,
    Diagnosis,
    Plan,
    Rx,
    Sign,
}

/// Which part of the prescription pane the keys go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RxFocus {
    Line,
    Alerts,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing about another part of the screen"
)]
#[derive(Debug)]
pub struct Visit {
    pub patient: Patient,
    pub visits: Vec<VisitLine>,
    current: Vec<String>,
    earlier: Vec<EarlierAnswer>,
    /// Who, where and when: what the draft began with.
    base: visit::Visit,

    draft: Option<DraftId>,
    dirty: bool,
    /// On the waiting list, so that the way back to the draft is seen.
    queued: bool,
    /// Thrown away: nothing is kept any more.
    gone: bool,
    pub saved_at: Option<Instant>,

    pub pane: Pane,
    pub note: Field,
    on_findings: bool,
    finding_at: usize,
    corrections: Vec<(String, Option<Polarity>)>,
    /// Questions that were answered "unclear": not asked again in this visit.
    unclear: Vec<String>,
    suggestion: Suggestion,
    /// The suggestion belongs to the text as it stands.
    fresh: bool,
    ask_again: bool,

    cause_at: usize,
    /// The right half tells of the dangers, not of the cause under the cursor.
    on_dangers: bool,
    dangers_top: usize,
    picks: Vec<ChosenDiagnosis>,

    plans: Vec<Plan>,
    plans_for: Vec<String>,
    plan_top: usize,
    plans_seen: Vec<(String, String)>,

    input: Field,
    readings: Vec<LineReading>,
    /// What the readings were made of.
    read_text: String,
    reading_at: usize,
    lines: Vec<PrescriptionLine>,
    /// The lines as they were before each of the last changes.
    undo_lines: Vec<Vec<PrescriptionLine>>,
    /// Lines that were copied and wait for their check.
    copied: Option<std::ops::Range<usize>>,
    iv_antibiotics_approved: Option<bool>,
    line_at: usize,
    editing: Option<usize>,
    checked: Option<Checked>,
    /// The alerts belong to the lines as they stand.
    check_fresh: bool,
    answers: Vec<(String, String, AlertAnswer)>,
    /// Second signatures by rule and drugs; those for other lines than now count for nothing.
    seconds: Vec<(String, String, SecondSignature)>,
    rx_focus: RxFocus,
    alert_at: usize,
    /// A line was added or changed: a 警 alert on it interrupts once.
    interrupt: bool,

    signing: bool,
    signed: Option<SignedReceipt>,
    /// The signed visit stands in the follow-ups too.
    counted: bool,
    printed: Option<Printed>,
    sign_top: usize,
}

impl Visit {
    pub fn new(opened: Opened, shared: &mut Shared) -> Self {
        let mut visit = Self {
            base: opened.draft.as_ref().map_or(opened.blank, |draft| draft.visit.clone()),
            patient: opened.patient,
            visits: opened.visits,
            current: opened.current,
            earlier: opened.earlier,
            draft: None,
            dirty: false,
            queued: false,
            gone: false,
            saved_at: None,
            pane: Pane::Note,
            note: Field::text_area(),
            on_findings: false,
            finding_at: 0,
            corrections: vec![],
            unclear: vec![],
            suggestion: Suggestion::default(),
            fresh: true,
            ask_again: false,
            cause_at: 0,
            on_dangers: false,
            dangers_top: 0,
            picks: vec![],
            plans: vec![],
            plans_for: vec![],
            plan_top: 0,
            plans_seen: vec![],
            input: Field::line(),
            readings: vec![],
            read_text: String::new(),
            reading_at: 0,
            lines: vec![],
            undo_lines: vec![],
            copied: None,
            iv_antibiotics_approved: opened.iv_antibiotics_approved,
            line_at: 0,
            editing: None,
            checked: None,
            check_fresh: true,
            answers: vec![],
            seconds: vec![],
            rx_focus: RxFocus::Line,
            alert_at: 0,
            interrupt: false,
            signing: false,
            signed: None,
            counted: false,
            printed: None,
            sign_top: 0,
        };
        visit.resized(shared.size);
        if let Some(draft) = &opened.draft {
            visit.restore(draft, shared.now);
            let at = Shared::clock(draft.saved);
            let text = words::DRAFT_RESTORED.with(shared.lang, &[&visit.patient.details.name, &at]);
            shared.say(Role::Caution, text);
        }
        visit.consult(shared);
        visit.read_line(shared);
        visit.check(shared);
        visit
    }

    /// A new visit that will stand in the place of a signed one, beginning with its words.
    pub fn amending(opened: Opened, signed: &SignedVisit, shared: &mut Shared) -> Self {
        let old = signed.visit.clone();
        let kept = visit::Visit {
            opened: opened.blank.opened,
            doctor: opened.blank.doctor,
            setting: opened.blank.setting,
            supersedes: Some(signed.id),
            ..old
        };
        let mut visit = Self::new(Opened { draft: Some(visit::Draft::of(kept)), ..opened }, shared);
        visit.seconds.clear();
        let day = signed.signed.day();
        let text = chart::AMENDING.with(shared.lang, &[&day]);
        shared.say(Role::Caution, text);
        (visit.saved_at, visit.dirty) = (None, true);
        visit
    }

    pub const fn is_signed(&self) -> bool {
        self.signed.is_some()
    }

    /// Something was written that is not signed.
    pub fn has_work(&self) -> bool {
        !self.is_signed()
            && (!self.note.is_empty()
                || !self.lines.is_empty()
                || !self.picks.is_empty()
                || !self.input.is_empty())
    }

    pub fn resized(&mut self, size: (u16, u16)) {
        self.note.wrap = view::note_width(size.0);
    }

    pub fn has_field(&self) -> bool {
        if self.is_signed() {
            return false;
        }
        match self.pane {
            Pane::Note => !self.on_findings,
            Pane::Rx => self.rx_focus == RxFocus::Line,
            _ => false,
        }
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        if !self.has_field() {
            return None;
        }
        match self.pane {
            Pane::Note => Some(&mut self.note),
            _ => Some(&mut self.input),
        }
    }

    /// What keys do here, most useful first.
    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        use Action::{
            AnswerNo, AnswerUnclear, AnswerYes, Certainty, CountVisit, CyclePolarity, DiscardDraft,
            EditPatient, History, Next, PageDown, PageUp, PaneDiagnosis, PaneNote, PanePlan,
            PaneRx, PaneSign, Pick, Previous, Print, Sign, Support, SwitchFocus, TakeOut,
            TypeDiagnosis,
        };
        let mut actions = vec![];
        if self.is_signed() {
            if !self.lines.is_empty() {
                actions.push(Print);
            }
            if !self.counted && shared.may(role::Action::RecordFollowUp) {
                actions.push(CountVisit);
            }
            actions.extend([History, Next, Previous, PageDown, PageUp]);
            if shared.may(role::Action::SeeShare) {
                actions.push(Action::Sharing);
            }
            if shared.may(role::Action::LookUpPriors) {
                actions.push(Action::Priors);
            }
            return actions;
        }
        let asks = self.question().is_some();
        match self.pane {
            Pane::Note => {
                actions.push(SwitchFocus);
                if self.on_findings {
                    if !self.suggestion.findings.is_empty() {
                        actions.extend([CyclePolarity, TakeOut, Next, Previous]);
                    }
                    if asks {
                        actions.extend([AnswerYes, AnswerNo, AnswerUnclear]);
                    }
                }
            }
            Pane::Diagnosis => {
                if !self.suggestion.dangers.is_empty() {
                    actions.extend([SwitchFocus, PageDown, PageUp]);
                }
                if !self.suggestion.causes.is_empty() {
                    actions.extend([Pick, Next, Previous]);
                }
                actions.push(TypeDiagnosis);
                if self.support().is_some() {
                    actions.push(Support);
                }
                if asks {
                    actions.extend([AnswerYes, AnswerNo, AnswerUnclear]);
                }
                if !self.picks.is_empty() {
                    actions.push(Certainty);
                }
            }
            Pane::Plan => actions.extend([Next, Previous, PageDown, PageUp]),
            Pane::Rx => self.rx_actions(&mut actions),
            Pane::Sign => {
                actions.push(Sign);
                if !self.stops_to_sign().is_empty() {
                    actions.push(Action::SignSecond);
                }
                actions.extend([Next, Previous]);
            }
        }
        actions.extend([PaneNote, PaneDiagnosis, PanePlan, PaneRx, PaneSign]);
        actions.push(History);
        if shared.may(role::Action::SeeShare) {
            actions.push(Action::Sharing);
        }
        if shared.may(role::Action::LookUpPriors) {
            actions.push(Action::Priors);
        }
        if shared.may(role::Action::EditPatient) {
            actions.push(EditPatient);
        }
        if self.draft.is_some() {
            actions.push(DiscardDraft);
        }
        actions
    }

    fn rx_actions(&self, actions: &mut Vec<Action>) {
        match self.rx_focus {
            RxFocus::Line => {
                actions.push(Action::AddLine);
                if self.readings.len() > 1 || !self.lines.is_empty() {
                    actions.extend([Action::Next, Action::Previous]);
                }
            }
            RxFocus::Alerts => {
                actions.extend([Action::Next, Action::Previous]);
                if !self.stops_to_sign().is_empty() {
                    actions.push(Action::SignSecond);
                }
                if self.alert_needs_reason() {
                    actions.push(Action::Reason);
                }
            }
        }
        if !self.lines.is_empty() {
            actions.extend([Action::EditLine, Action::DeleteLine]);
        }
        if !self.shown_alerts().is_empty() {
            actions.extend([Action::Support, Action::SwitchFocus]);
        }
        self.copying_actions(actions);
    }

    /// What lies under the cursor, and what its paragraphs should support.
    fn support(&self) -> Option<(String, Support)> {
        match self.pane {
            Pane::Diagnosis if self.on_dangers => {
                let danger = self.suggestion.dangers.first()?;
                Some((danger.name.clone(), Support::Rule(danger.rule.clone())))
            }
            Pane::Diagnosis => {
                let cause = self.suggestion.causes.get(self.cause_at)?;
                Some((cause.name.clone(), Support::Condition(cause.condition.clone())))
            }
            Pane::Rx => {
                let alerts = self.shown_alerts();
                let shown = &alerts.get(self.alert_at).or(alerts.first())?.alert.shown;
                let what = Support::Alert {
                    rule: shown.rule.clone(),
                    drugs: shown.drugs.split('+').map(str::to_owned).collect(),
                    message: shown.message.clone(),
                };
                Some((shown.message.chars().take(24).collect(), what))
            }
            _ => None,
        }
    }

    /// The best question that was not put aside.
    fn question(&self) -> Option<&crate::services::visit::Ask> {
        self.suggestion.questions.iter().find(|ask| !self.unclear.contains(&ask.concept))
    }

    fn knowledge<'s>(&self, shared: &'s Shared) -> (&'s str, Option<&'s str>) {
        match &shared.knowledge {
            Loading::Ready(knowledge) => (&knowledge.version, knowledge.model.as_deref()),
            _ => ("", None),
        }
    }
}
