//! The follow-up form: one row a field, digits and Enter; judged while typing; danger signs open at once.
use std::collections::BTreeSet;

use crate::{
    domain::followup::register::NewFollowUp,
    services::follow_up::{FollowUp, form::OpenForm, form::read},
    tui::{
        action::Action,
        effect::{Answer, Question, Topic},
        field::Field,
        overlays::{Confirm, Overlay},
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
}

impl Form {
    pub fn new(open: OpenForm, shared: &mut Shared) -> Self {
        let mut fields: Vec<Field> = open.rows.iter().map(|_| Field::line()).collect();
        if let Some(mode) = fields.first_mut() {
            mode.set("1");
        }
        let mut form = Self {
            open,
            fields,
            at: 1,
            judged: None,
            problems: vec![],
            warned: BTreeSet::new(),
            keeping: false,
            kept: false,
        };
        form.judge(shared);
        form
    }

    fn typed(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.text().to_owned()).collect()
    }

    fn entry(&self, shared: &Shared) -> (NewFollowUp, Vec<(usize, String)>) {
        let book = &self.open.book;
        let start = NewFollowUp {
            programmes: self.open.programmes.clone(),
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
        vec![
            Action::Save,
            Action::Submit,
            Action::NextField,
            Action::PreviousField,
            Action::Next,
            Action::Previous,
        ]
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
        self.judge(shared);
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if action == Action::Back && self.unsaved() {
            let name = self.open.page.patient.details.name.clone();
            return Some(Go::open(Overlay::Confirm(Confirm::LeaveFollowUp { name })));
        }
        if !self.actions(shared).contains(&action) {
            return None;
        }
        let last = self.fields.len().saturating_sub(1);
        match action {
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
                return Err(Answer::Failed(Topic::KeepFollowUp, failure));
            }
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
