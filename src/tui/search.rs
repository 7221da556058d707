//! The find screen over everything: words or a support question -> paragraphs, filters, and what each leads to.
use super::{
    action::Action,
    effect::{Answer, GuideQuestion, Question, Topic},
    field::Field,
    overlays::stepped,
    state::Shared,
};
use crate::services::library::{Entry, Filter, Hit, Kind, Support};

/// Related entries that have a digit.
pub const FOLLOWED_MOST: usize = 9;
const STEPS_BACK_MOST: usize = 20;

#[derive(Debug)]
pub struct Search {
    pub query: Field,
    pub hits: Vec<Hit>,
    pub at: usize,
    /// First row of the open passage.
    pub top: usize,
    pub waiting: bool,
    /// Keys go to the paragraphs, not to the words.
    pub on_hits: bool,
    pub filter: Filter,
    /// Name of the illness that the filter holds.
    pub disease_name: String,
    /// What the list is of, when no words were typed for it.
    pub about: Option<About>,
    back: Vec<(Option<About>, Vec<Hit>, usize)>,
    asked: Option<GuideQuestion>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    Support(String),
    Entry(String),
}

impl Search {
    pub fn new() -> Self {
        Self {
            query: Field::line(),
            hits: vec![],
            at: 0,
            top: 0,
            waiting: false,
            on_hits: false,
            filter: Filter::default(),
            disease_name: String::new(),
            about: None,
            back: vec![],
            asked: None,
        }
    }

    /// Opened from a cause, a danger or an alert.
    pub fn supporting(name: &str, what: Support, shared: &mut Shared) -> Self {
        let mut search =
            Self { on_hits: true, about: Some(About::Support(name.to_owned())), ..Self::new() };
        search.put(GuideQuestion::Support(what), shared);
        search
    }

    fn put(&mut self, question: GuideQuestion, shared: &mut Shared) {
        self.waiting = true;
        self.asked = Some(question.clone());
        shared.ask(Question::Guide(Box::new(question)));
    }

    pub fn ask_again(&mut self, shared: &mut Shared) {
        if let Some(question) = self.asked.clone().filter(|_| self.waiting) {
            self.put(question, shared);
        }
    }

    pub fn actions(&self) -> Vec<Action> {
        let mut actions = vec![];
        if self.on_hits {
            if self.related().next().is_some() {
                actions.push(Action::Follow);
            }
            if self.about.is_none() && !self.query.is_empty() {
                actions.extend([Action::FilterKind, Action::FilterYear, Action::FilterAudience]);
                if self.filter.disease.is_some() || self.disease().is_some() {
                    actions.push(Action::FilterDisease);
                }
                if self.filter.source.is_some() || self.source().is_some() {
                    actions.push(Action::FilterSource);
                }
            }
        }
        if self.on_hits || !self.hits.is_empty() {
            actions.push(Action::SwitchFocus);
        }
        actions.extend([
            Action::Next,
            Action::Previous,
            Action::PageDown,
            Action::PageUp,
            Action::Back,
        ]);
        actions
    }

    pub fn hit(&self) -> Option<&Hit> {
        self.hits.get(self.at)
    }

    /// What the open paragraph leads to, in the order of the digits.
    pub fn related(&self) -> impl Iterator<Item = &Entry> {
        self.hit().into_iter().flat_map(|hit| hit.related.all()).take(FOLLOWED_MOST)
    }

    fn disease(&self) -> Option<&Entry> {
        self.hit().and_then(|hit| hit.related.conditions.first())
    }

    fn source(&self) -> Option<&str> {
        self.hit().map(|hit| hit.source.as_str()).filter(|source| !source.is_empty())
    }

    /// Other words: what was followed is left, filters stay.
    pub fn edited(&mut self, shared: &mut Shared) {
        self.about = None;
        self.back.clear();
        self.ask(shared);
    }

    fn ask(&mut self, shared: &mut Shared) {
        (self.at, self.top) = (0, 0);
        let typed = self.query.text().trim().to_owned();
        if typed.is_empty() {
            self.hits.clear();
            (self.on_hits, self.waiting) = (false, false);
            return;
        }
        let filter = self.filter.clone();
        self.put(GuideQuestion::Words { typed, filter }, shared);
    }

    /// `true` = the overlay stays open.
    pub fn back(&mut self) -> bool {
        let Some((about, hits, at)) = self.back.pop() else { return false };
        (self.about, self.hits, self.at, self.top) = (about, hits, at, 0);
        self.waiting = false;
        true
    }

    pub fn perform(&mut self, (action, nth): (Action, usize), shared: &mut Shared) {
        match action {
            Action::PageDown => self.top += 5,
            Action::PageUp => self.top = self.top.saturating_sub(5),
            Action::SwitchFocus => self.on_hits = !self.on_hits,
            Action::Follow => self.follow(nth, shared),
            Action::FilterKind
            | Action::FilterYear
            | Action::FilterDisease
            | Action::FilterSource
            | Action::FilterAudience => self.narrow(action, shared),
            _ => {
                self.at = stepped(self.at, action, self.hits.len());
                self.top = 0;
            }
        }
    }

    fn follow(&mut self, nth: usize, shared: &mut Shared) {
        let Some(entry) = self.related().nth(nth).cloned() else { return };
        if self.back.len() == STEPS_BACK_MOST {
            self.back.remove(0);
        }
        self.back.push((self.about.take(), std::mem::take(&mut self.hits), self.at));
        (self.at, self.top) = (0, 0);
        self.put(GuideQuestion::Entry(entry.id), shared);
        self.about = Some(About::Entry(entry.name));
    }

    fn narrow(&mut self, action: Action, shared: &mut Shared) {
        let filter = &mut self.filter;
        match action {
            Action::FilterKind => {
                filter.kind = match filter.kind {
                    None => Some(Kind::Guideline),
                    Some(Kind::Guideline) => Some(Kind::Condition),
                    Some(Kind::Condition) => Some(Kind::Drug),
                    Some(Kind::Drug) => Some(Kind::Local),
                    _ => None,
                };
            }
            Action::FilterYear => {
                let this = shared.today().year();
                filter.year_from = match filter.year_from.map(|from| this - from) {
                    None => Some(this - 3),
                    Some(3) => Some(this - 5),
                    Some(5) => Some(this - 10),
                    _ => None,
                };
            }
            Action::FilterAudience => {
                filter.audience = match filter.audience.as_deref() {
                    None => Some("village".to_owned()),
                    Some("village") => Some("township".to_owned()),
                    _ => None,
                };
            }
            Action::FilterSource => {
                let source = self.source().map(str::to_owned);
                self.filter.source = if self.filter.source.is_some() { None } else { source };
            }
            _ => {
                let disease = self.disease().cloned();
                let on = self.filter.disease.is_none();
                self.filter.disease = disease.as_ref().filter(|_| on).map(|e| e.id.clone());
                self.disease_name = disease.filter(|_| on).map(|e| e.name).unwrap_or_default();
            }
        }
        self.ask(shared);
    }

    /// Takes an answer that belongs here, gives back any other.
    pub fn answered(&mut self, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Hits(hits) => {
                self.waiting = false;
                if self.about.is_some() || !self.query.is_empty() {
                    self.hits = hits;
                }
                (self.at, self.top) = (0, 0);
                None
            }
            Answer::Failed(Topic::Guide, failure) => {
                self.waiting = false;
                Some(Answer::Failed(Topic::Guide, failure))
            }
            other => Some(other),
        }
    }
}
