//! 互认: at ordering, what is there already, here and at the hubs. A hub that is away holds nothing up.
use ratatui::{layout::Rect, text::Line};

use super::preview::Preview;
use crate::{
    domain::{
        patient::{Patient, PatientId},
        role,
        share::{
            ordering::Ordered,
            recognition::{Repeat, Verdict},
        },
    },
    services::clinic::{FoundPriors, HubAsk, PriorShown},
    tui::{
        action::Action,
        draw::{Ui, pad, scroll, wrapped},
        effect::{Answer, Decided, PriorWish, Question, Topic},
        field::Field,
        overlays::{Overlay, RepeatBox, stepped},
        state::{Go, Shared},
        text::{T, priors as words},
        theme::Role,
    },
};

/// How far the asking is.
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Looking,
    /// Of these hubs.
    Asking(String),
    Done,
}

#[derive(Debug)]
pub struct Priors {
    patient: PatientId,
    title: String,
    stage: Stage,
    /// No hub could be asked at all.
    nobody: bool,
    found: FoundPriors,
    at: usize,
}

impl From<Priors> for super::Screen {
    fn from(screen: Priors) -> Self {
        Self::Priors(Box::new(screen))
    }
}

pub const fn reason(repeat: Repeat) -> T {
    match repeat {
        Repeat::E1 => words::E1,
        Repeat::E2 => words::E2,
        Repeat::E3 => words::E3,
        Repeat::E4 => words::E4,
        Repeat::E5 => words::E5,
        Repeat::E6 => words::E6,
    }
}

impl Priors {
    /// Of one kind when the note orders just that, of all otherwise.
    pub fn open(patient: &Patient, ordered: &[Ordered], shared: &mut Shared) -> Self {
        let (modality, body_part) = match ordered {
            [one] => (one.modality, one.body_part),
            _ => ("", ""),
        };
        let wish = PriorWish {
            patient: patient.id,
            modality: modality.to_owned(),
            body_part: body_part.to_owned(),
        };
        shared.ask(Question::LookUp(wish));
        let names: Vec<&str> = ordered.iter().map(|one| one.words.as_str()).collect();
        Self {
            patient: patient.id,
            title: format!("{} {}", patient.details.name, names.join("、")),
            stage: Stage::Looking,
            nobody: false,
            found: FoundPriors::default(),
            at: 0,
        }
    }

    fn chosen(&self) -> Option<&PriorShown> {
        self.found.priors.get(self.at)
    }

    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        let mut actions = vec![];
        let Some(chosen) = self.chosen() else { return actions };
        if let Verdict::Recognisable { .. } = chosen.verdict
            && shared.may(role::Action::Recognise)
        {
            actions.extend([Action::Recognise, Action::RepeatTest]);
        }
        if chosen.item.is_some() && shared.may(role::Action::SeeShare) {
            actions.push(Action::LookAtPrior);
        }
        actions.extend([Action::Next, Action::Previous]);
        actions
    }

    pub const fn has_field(&self) -> bool {
        false
    }

    pub const fn field(&mut self) -> Option<&mut Field> {
        None
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn perform(&mut self, shared: &mut Shared, (action, nth): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match action {
            Action::Recognise => {
                let decided = self.decided(None)?;
                shared.ask(Question::DecidePrior(Box::new(decided)));
            }
            Action::RepeatTest => {
                let repeat = *Repeat::ALL.get(nth)?;
                let decided = self.decided(Some((repeat, String::new())))?;
                let repeat = RepeatBox { decided, words: Field::line() };
                return Some(Go::open(Overlay::Repeat(Box::new(repeat))));
            }
            Action::LookAtPrior => {
                let chosen = self.chosen()?;
                let title = format!("{} {}", self.title, chosen.title);
                return Some(Go::to(Preview::open(chosen.item?, title, shared)));
            }
            _ => self.at = stepped(self.at, action, self.found.priors.len()),
        }
        Some(Go::Stay)
    }

    fn decided(&self, repeat: Option<(Repeat, String)>) -> Option<Decided> {
        let chosen = self.chosen()?;
        let Verdict::Recognisable { code, .. } = &chosen.verdict else { return None };
        Some(Decided {
            patient: self.patient,
            item: code.clone(),
            prior: chosen.prior.reference.clone(),
            issuer: chosen.prior.issuer.clone(),
            repeat,
        })
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::LookUpBegun { begun, found } => {
                self.took(*found);
                let names: Vec<&str> = begun.hubs.iter().map(HubAsk::hub).collect();
                self.nobody = names.is_empty();
                self.stage = if self.nobody {
                    Stage::Done
                } else {
                    let names = names.join("、");
                    shared.ask(Question::AskHubs(begun));
                    Stage::Asking(names)
                };
            }
            Answer::HubsSaid { begun, said } => shared.ask(Question::JudgePriors { begun, said }),
            Answer::Priors(found) => {
                self.took(*found);
                self.stage = Stage::Done;
            }
            Answer::PriorDecided(decided) => {
                let text = match &decided.repeat {
                    None => words::RECOGNISED.with(shared.lang, &[&decided.item]),
                    Some((repeat, _)) => words::REPEATED
                        .with(shared.lang, &[&decided.item, &shared.t(reason(*repeat))]),
                };
                shared.say(Role::Good, text);
            }
            Answer::Failed(Topic::LookUp, failure) => {
                self.stage = Stage::Done;
                shared.fail(&failure);
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    /// The one under the cursor stays under it.
    fn took(&mut self, found: FoundPriors) {
        let chosen = self.chosen().map(|shown| shown.prior.reference.clone());
        self.found = found;
        let same = |shown: &PriorShown| Some(&shown.prior.reference) == chosen.as_ref();
        self.at = self.found.priors.iter().position(same).unwrap_or(0);
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let title = format!("{} {}", shared.t(words::TITLE), self.title);
        let inner = ui.boxed(area, &title, true);
        let wide = usize::from(inner.width);
        let below: Vec<(Role, String)> = self
            .below(shared)
            .into_iter()
            .flat_map(|(role, text)| wrapped(&text, wide).into_iter().map(move |row| (role, row)))
            .collect();
        let below_rows = (below.len() as u16).min(inner.height / 2);
        let list = Rect { height: inner.height - below_rows, ..inner };
        let rows = &self.found.priors;
        let top = scroll(self.at, rows.len(), list.height.into());
        let lines: Vec<Line> = rows
            .iter()
            .enumerate()
            .skip(top)
            .map(|(n, shown)| {
                let (role, text) = row(shared, shown);
                let role = if n == self.at { Role::Selected } else { role };
                let mark = if n == self.at { ">" } else { " " };
                Line::from(ui.span(role, pad(&format!("{mark} {text}"), wide)))
            })
            .collect();
        ui.lines(list, lines);
        let lines = below.into_iter().map(|(role, text)| Line::from(ui.span(role, text))).collect();
        ui.lines(Rect { y: list.bottom(), height: below_rows, ..inner }, lines);
    }

    fn below(&self, shared: &Shared) -> Vec<(Role, String)> {
        let lang = shared.lang;
        let mut said = vec![];
        if let Some(chosen) = self.chosen() {
            match &chosen.verdict {
                Verdict::Recognisable { code, ours, .. } => {
                    said.push((Role::Good, words::ON_LIST.with(lang, &[code])));
                    if *ours {
                        said.push((Role::Muted, words::OWN_LIST.with(lang, &[code])));
                    }
                }
                Verdict::Reference(lacks) => {
                    let lacks: Vec<&str> = lacks.iter().map(|lack| lack.name(lang)).collect();
                    said.push((Role::Caution, words::WHY_NOT.with(lang, &[&lacks.join("、")])));
                }
            }
            if chosen.item.is_some() {
                said.push((Role::Muted, shared.t(words::LOOK).to_owned()));
            }
        }
        for (hub, trouble) in &self.found.away {
            let why: &dyn std::fmt::Display = match lang {
                crate::tui::text::Lang::Zh => &trouble.words_zh(),
                crate::tui::text::Lang::En => &trouble.class(),
            };
            said.push((Role::Warning, words::AWAY.with(lang, &[hub, why])));
        }
        let none = self.found.priors.is_empty();
        match &self.stage {
            Stage::Looking => said.push((Role::Muted, shared.t(words::LOOKING).to_owned())),
            Stage::Asking(hubs) => {
                if none {
                    said.push((Role::Muted, shared.t(words::NONE_YET).to_owned()));
                }
                said.push((Role::Caution, words::ASKING.with(lang, &[hubs])));
            }
            Stage::Done => {
                if none {
                    let (role, text) = if self.found.away.is_empty() {
                        (Role::Base, words::NONE)
                    } else {
                        (Role::Warning, words::NONE_AWAY)
                    };
                    said.push((role, shared.t(text).to_owned()));
                }
                if self.nobody {
                    said.push((Role::Caution, shared.t(words::NO_HUB).to_owned()));
                }
            }
        }
        said
    }
}

fn row(shared: &Shared, shown: &PriorShown) -> (Role, String) {
    let p = &shown.prior;
    let (role, verdict) = match shown.verdict {
        Verdict::Recognisable { .. } => (Role::Good, words::RECOGNISE),
        Verdict::Reference(_) => (Role::Base, words::REFERENCE),
    };
    let at = if shown.item.is_some() { shared.t(words::HERE) } else { &shown.at };
    let day = p.on.map(|day| day.to_string()).unwrap_or_default();
    let text = format!(
        "{}{}{}{}{} {}",
        pad(shared.t(verdict), 14),
        pad(&day, 12),
        pad(&format!("{} {}", p.modality, p.body_part), 14),
        pad(at, 12),
        p.issuer,
        shown.title
    );
    (role, text)
}
