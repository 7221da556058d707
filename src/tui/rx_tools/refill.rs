//! 历史 and 协定: earlier prescriptions of the patient and kept ones; one key copies a whole sheet.
use crate::{
    domain::visit::{
        PrescriptionLine,
        template::{PastPrescription, Scope, Template, TemplateId},
    },
    tui::{
        action::Action,
        overlays::stepped,
        screens::visit::words_of,
        state::Shared,
        text::{Lang, rx_tools as words},
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    Past,
    Templates,
}

#[derive(Debug)]
pub struct Refill {
    pub shelf: Shelf,
    pub past: Vec<PastPrescription>,
    pub templates: Vec<Template>,
    pub at: usize,
    pub waiting: bool,
    /// What was put away last, to bring it back.
    pub away: Option<TemplateId>,
}

impl Default for Refill {
    fn default() -> Self {
        Self {
            shelf: Shelf::Past,
            past: vec![],
            templates: vec![],
            at: 0,
            waiting: true,
            away: None,
        }
    }
}

impl Refill {
    pub fn filled(&mut self, past: Vec<PastPrescription>, templates: Vec<Template>) {
        // A patient without earlier prescriptions is shown what can be used at once.
        if self.waiting && past.is_empty() && !templates.is_empty() {
            self.shelf = Shelf::Templates;
        }
        (self.past, self.templates, self.waiting) = (past, templates, false);
        self.at = self.at.min(self.len().saturating_sub(1));
    }

    pub fn len(&self) -> usize {
        match self.shelf {
            Shelf::Past => self.past.len(),
            Shelf::Templates => self.templates.len(),
        }
    }

    pub fn switch(&mut self) {
        self.shelf = match self.shelf {
            Shelf::Past => Shelf::Templates,
            Shelf::Templates => Shelf::Past,
        };
        self.at = 0;
    }

    pub fn step(&mut self, action: Action) {
        self.at = stepped(self.at, action, self.len());
    }

    pub fn actions(&self) -> Vec<Action> {
        let mut actions = vec![];
        if self.len() > 0 {
            actions.extend([Action::Submit, Action::CopyRow, Action::Next, Action::Previous]);
        }
        actions.push(Action::SwitchFocus);
        if self.shelf == Shelf::Templates && self.len() > 0 {
            actions.push(Action::PutAway);
        }
        if self.away.is_some() {
            actions.push(Action::UndoLines);
        }
        actions.push(Action::Back);
        actions
    }

    /// The template under the cursor.
    pub fn template(&self) -> Option<&Template> {
        (self.shelf == Shelf::Templates).then(|| self.templates.get(self.at)).flatten()
    }

    /// The lines of a row, and what they are called.
    pub fn chosen(&self, at: usize, lang: Lang) -> Option<(Vec<PrescriptionLine>, String)> {
        match self.shelf {
            Shelf::Past => {
                let past = self.past.get(at)?;
                Some((past.lines.clone(), words::PAST_OF.with(lang, &[&past.day])))
            }
            Shelf::Templates => {
                let template = self.templates.get(at)?;
                Some((template.lines.clone(), template.name.clone()))
            }
        }
    }

    /// One row of the list.
    pub fn title(&self, at: usize, shared: &Shared) -> String {
        let drugs = |lines: &[PrescriptionLine]| {
            lines.iter().map(|line| line.name.as_str()).collect::<Vec<_>>().join("、")
        };
        match self.shelf {
            Shelf::Past => self.past.get(at).map_or_else(String::new, |past| {
                format!("{} {} | {}", past.day, past.diagnoses.join("、"), drugs(&past.lines))
            }),
            Shelf::Templates => self.templates.get(at).map_or_else(String::new, |template| {
                let scope = match template.scope {
                    Scope::Personal => words::PERSONAL,
                    Scope::Clinic => words::CLINIC,
                };
                format!("[{}] {} | {}", shared.t(scope), template.name, drugs(&template.lines))
            }),
        }
    }

    /// The lines of the row under the cursor, as they will be copied.
    pub fn preview(&self) -> Vec<String> {
        let lines = match self.shelf {
            Shelf::Past => self.past.get(self.at).map(|past| &past.lines),
            Shelf::Templates => self.templates.get(self.at).map(|template| &template.lines),
        };
        let copied = lines.map_or(&[][..], Vec::as_slice).iter().map(PrescriptionLine::copied);
        copied.map(|line| words_of::line(&line)).collect()
    }
}
