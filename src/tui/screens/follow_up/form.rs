//! The follow-up form: one row a field, digits and Enter; judged while typing; danger signs open at once.
use std::collections::BTreeSet;

use crate::{
    domain::{
        followup::register::{FormDraft, NewFollowUp},
        instant::Instant,
    },
    services::follow_up::{
        FollowUp,
        form::{OpenForm, read, row_key},
    },
    tui::{
        action::Action,
        effect::{Answer, Question, Topic},
        field::Field,
        overlays::{Confirm, Overlay},
        people,
        state::{Go, Shared},
        text::follow_up as words,
        theme::Role,
    },
};

#[derive(Debug)]
pub struct Form {
    pub open: OpenForm,
    pub(super) fields: Vec<Field>,
    pub(super) at: usize,
    pub(super) judged: Option<Box<FollowUp>>,
    pub(super) problems: Vec<(usize, String)>,
    /// Danger signs that were shown and acknowledged.
    warned: BTreeSet<String>,
    keeping: bool,
    kept: bool,
    /// Typed since it was last kept as a draft.
    dirty: bool,
    /// A draft of it lies in the records.
    drafted: bool,
    /// When a draft was last asked to be kept, and when one was.
    saved_at: Option<Instant>,
    pub(super) safe_at: Option<Instant>,
    /// The charts stand in the place of the rows.
    pub(super) charts: bool,
}

/// A pause in typing of so long, or so long since the last time: the draft is kept.
const KEEP_MS: i64 = 2_000;

impl Form {
    pub fn new(open: OpenForm, shared: &mut Shared) -> Self {
        let mut fields: Vec<Field> = open.rows.iter().map(|_| Field::line()).collect();
        if let Some(mode) = fields.first_mut() {
            mode.set("1");
        }
        let at = usize::from(fields.len() > 1);
        let mut form = Self {
            open,
            fields,
            at,
            judged: None,
            problems: vec![],
            warned: BTreeSet::new(),
            keeping: false,
            kept: false,
            dirty: false,
            drafted: false,
            saved_at: None,
            safe_at: None,
            charts: false,
        };
        form.restore(shared);
        form.judge(shared);
        form
    }

    /// What a power cut or a call from the door left half-typed.
    fn restore(&mut self, shared: &mut Shared) {
        let Some(draft) = self.open.draft.take() else { return };
        self.drafted = true;
        for (row, field) in self.open.rows.iter().zip(&mut self.fields) {
            let key = row_key(row);
            if let Some((_, text)) = draft.rows.iter().find(|(own, _)| *own == key) {
                field.set(text);
            }
        }
        self.at = self.fields.iter().position(Field::is_empty).unwrap_or(self.at);
        let name = &self.open.page.patient.details.name;
        let (day, at) = (draft.saved.day(), Shared::clock(draft.saved));
        let when = if day == shared.today() { at } else { format!("{day} {at}") };
        let text = words::DRAFT_RESTORED.with(shared.lang, &[name, &when]);
        shared.say(Role::Caution, text);
    }

    pub fn ticked(&mut self, shared: &mut Shared) {
        if self.saved_at.is_none_or(|at| shared.now.millis_since(at) >= KEEP_MS) {
            self.keep_draft(shared);
        }
    }

    /// Keeps what is typed as a draft, unless it is kept already.
    pub fn keep_draft(&mut self, shared: &mut Shared) {
        if !self.dirty || self.kept || self.keeping {
            return;
        }
        self.dirty = false;
        if !self.drafted && !self.unsaved() {
            return;
        }
        self.drafted = true;
        self.saved_at = Some(shared.now);
        let filled = self.open.rows.iter().zip(&self.fields).filter(|(_, f)| !f.is_empty());
        let rows = filled.map(|(row, field)| (row_key(row), field.text().to_owned())).collect();
        shared.ask(Question::SaveForm(Box::new(FormDraft {
            patient: self.open.page.patient.id,
            form: self.open.only.clone(),
            saved: shared.now,
            rows,
        })));
    }

    /// The draft is being thrown away: nothing is kept on the way out.
    pub const fn discarded(&mut self) {
        self.kept = true;
    }

    fn typed(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.text().to_owned()).collect()
    }

    fn entry(&self, shared: &Shared) -> (NewFollowUp, Vec<(usize, String)>) {
        let book = &self.open.book;
        let start = NewFollowUp {
            programmes: self.open.programmes.clone(),
            draft: Some(self.open.only.clone()),
            ..NewFollowUp::on(
                self.open.page.patient.id,
                shared.today(),
                crate::domain::followup::Mode::Clinic,
            )
        };
        read(book, (&self.open.rows, &self.typed()), &start)
    }

    fn judge(&mut self, shared: &mut Shared) {
        let (new, _) = self.entry(shared);
        let mut case = self.open.case.clone();
        let gestation = case.visit.numbers.remove("gestation-days");
        case.visit = new.occasion;
        if let Some(days) = gestation {
            case.visit.numbers.insert("gestation-days".to_owned(), days);
        }
        shared.ask(Question::Judge(Box::new((self.open.programmes.clone(), case))));
    }

    /// Something typed that is not kept.
    pub fn unsaved(&self) -> bool {
        !self.kept && self.fields.iter().skip(1).any(|field| !field.is_empty())
    }

    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        if self.kept {
            return vec![];
        }
        let mut actions = vec![
            Action::Save,
            Action::Submit,
            Action::NextField,
            Action::PreviousField,
            Action::Next,
            Action::Previous,
        ];
        if self.open.series.iter().any(|(_, points)| !points.is_empty()) {
            actions.push(Action::Trend);
        }
        if self.drafted || self.unsaved() {
            actions.push(Action::DiscardDraft);
        }
        actions
    }

    pub const fn has_field(&self) -> bool {
        !self.kept
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        if self.kept { None } else { self.fields.get_mut(self.at) }
    }

    pub fn edited(&mut self, shared: &mut Shared) {
        let at = self.at;
        self.problems.retain(|(row, _)| *row != at);
        (self.dirty, self.safe_at) = (true, None);
        self.judge(shared);
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if action == Action::Back && self.charts {
            self.charts = false;
            return Some(Go::Stay);
        }
        if action == Action::Back && self.unsaved() {
            self.keep_draft(shared);
            let name = &self.open.page.patient.details.name;
            let text = words::DRAFT_STAYS.with(shared.lang, &[name]);
            shared.say(Role::Caution, text);
            return Some(Go::Back);
        }
        if !self.actions(shared).contains(&action) {
            return None;
        }
        let last = self.fields.len().saturating_sub(1);
        match action {
            Action::Trend => self.charts = !self.charts,
            Action::DiscardDraft => {
                let patient = &self.open.page.patient;
                let (id, form) = (patient.id, self.open.only.clone());
                let name = people::named(&patient.details, shared);
                return Some(Go::open(Overlay::Confirm(Confirm::DiscardForm { id, form, name })));
            }
            Action::Save => self.keep(shared),
            Action::Submit if self.at == last => self.keep(shared),
            Action::Submit | Action::NextField | Action::Next => {
                let (_, problems) = self.entry(shared);
                self.problems = problems.into_iter().filter(|(row, _)| *row <= self.at).collect();
                let here = self.problems.iter().any(|(row, _)| *row == self.at);
                if !here {
                    self.at = if self.at == last { 0 } else { self.at + 1 };
                }
            }
            _ => self.at = if self.at == 0 { last } else { self.at - 1 },
        }
        Some(Go::Stay)
    }

    fn keep(&mut self, shared: &mut Shared) {
        if self.keeping {
            return;
        }
        let (new, problems) = self.entry(shared);
        if let Some((row, _)) = problems.first() {
            self.at = *row;
            self.problems = problems;
            return;
        }
        self.keeping = true;
        shared.ask(Question::KeepFollowUp(Box::new(new)));
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Judged(judged) => {
                let fresh: Vec<String> = judged
                    .outcomes
                    .iter()
                    .flat_map(|o| &o.dangers)
                    .map(|danger| danger.zh.clone())
                    .filter(|zh| !self.warned.contains(zh))
                    .collect();
                self.judged = Some(judged);
                if !fresh.is_empty() {
                    self.warned.extend(fresh.iter().cloned());
                    let mut signs = fresh;
                    signs.dedup();
                    let name = self.open.page.patient.details.name.clone();
                    return Ok(Go::open(Overlay::Confirm(Confirm::Danger { name, signs })));
                }
            }
            Answer::FollowUpKept(outcomes) => {
                self.keeping = false;
                self.kept = true;
                let text = words::KEPT.with(shared.lang, &[&summary(&outcomes)]);
                shared.say(Role::Good, text);
                return Ok(Go::Back);
            }
            Answer::Failed(Topic::KeepFollowUp, failure) => {
                self.keeping = false;
                self.dirty = true;
                return Err(Answer::Failed(Topic::KeepFollowUp, failure));
            }
            Answer::Failed(Topic::SaveForm, failure) => {
                // Tried again in two seconds, not at every tick.
                (self.dirty, self.saved_at) = (true, Some(shared.now));
                return Err(Answer::Failed(Topic::SaveForm, failure));
            }
            Answer::FormSaved => self.safe_at = (!self.dirty).then_some(shared.now),
            other => return Err(other),
        }
        Ok(Go::Stay)
    }
}

/// 高血压 2类 下次 2026-03-24
pub fn summary(outcomes: &[crate::domain::followup::Outcome]) -> String {
    outcomes
        .iter()
        .map(|o| {
            let class = o.class.map_or_else(String::new, |c| format!(" {c}{}", o.class_zh));
            let next = o.next.as_ref().map_or_else(String::new, |n| format!(" 下次{}", n.on));
            format!("{}{class}{next}", o.programme_zh)
        })
        .collect::<Vec<_>>()
        .join("；")
}

/// The programme's short name for a list.
pub fn short(programme: &str) -> &str {
    match programme {
        "hypertension" => "高血压",
        "diabetes" => "糖尿病",
        "copd" => "慢阻肺",
        "elderly" => "老年人",
        "severe-mental-illness" => "精神",
        "tuberculosis" => "结核",
        "maternal" => "孕产妇",
        "child" => "儿童",
        "contract" => "签约",
        other => other,
    }
}
