//! Correcting findings, answering the next question, choosing diagnoses.
use super::Visit;
use crate::{
    domain::visit::{Certainty, ChosenDiagnosis, Polarity},
    tui::{effect::Question, state::Shared, text::visit as words, theme::Role},
};

impl Visit {
    /// 有 -> 无 -> 疑 -> as the reader had it.
    pub(super) fn cycle_polarity(&mut self, shared: &mut Shared) {
        let Some(finding) = self.suggestion.findings.get(self.finding_at) else { return };
        if finding.of_family {
            return;
        }
        let concept = finding.concept.clone();
        let set = self.corrections.iter().position(|(c, _)| *c == concept);
        let next = match finding.polarity {
            Polarity::Present => Polarity::Absent,
            Polarity::Absent => Polarity::Possible,
            Polarity::Possible => Polarity::Present,
        };
        let added_by_hand = finding.start == finding.end;
        match set {
            // Three steps lead back to the reader's own word.
            Some(at) if next == Polarity::Present && !added_by_hand => {
                self.corrections.remove(at);
            }
            Some(at) => self.corrections[at].1 = Some(next),
            None => self.corrections.push((concept, Some(next))),
        }
        self.corrected(shared);
    }

    pub(super) fn take_out(&mut self, shared: &mut Shared) {
        let Some(finding) = self.suggestion.findings.get(self.finding_at) else { return };
        let concept = finding.concept.clone();
        self.corrections.retain(|(c, _)| *c != concept);
        if finding.start < finding.end {
            self.corrections.push((concept, None));
        }
        self.corrected(shared);
    }

    pub(super) fn answer_question(&mut self, polarity: Option<Polarity>, shared: &mut Shared) {
        if !self.fresh {
            return;
        }
        let Some(concept) = self.question().map(|ask| ask.concept.clone()) else { return };
        match polarity {
            None => self.unclear.push(concept),
            Some(polarity) => {
                self.corrections.retain(|(c, _)| *c != concept);
                self.corrections.push((concept, Some(polarity)));
                self.corrected(shared);
            }
        }
    }

    pub(super) fn corrected(&mut self, shared: &mut Shared) {
        self.touch();
        self.consult(shared);
    }

    // --- diagnoses ------------------------------------------------------------------------------------------------

    /// Chooses or drops the cause of this number. A list that is being renewed is not chosen from.
    pub(super) fn pick(&mut self, number: usize, shared: &mut Shared) {
        if !self.fresh {
            let text = shared.t(words::CAUSES_STALE);
            shared.say(Role::Caution, text);
            return;
        }
        let Some(cause) = self.suggestion.causes.get(number) else { return };
        self.cause_at = number;
        let same = |pick: &ChosenDiagnosis| pick.condition.as_ref() == Some(&cause.condition);
        if let Some(at) = self.picks.iter().position(same) {
            self.picks.remove(at);
        } else {
            self.picks.push(ChosenDiagnosis {
                name: cause.name.clone(),
                icd10: cause.icd10.clone(),
                condition: Some(cause.condition.clone()),
                certainty: Certainty::Confirmed,
            });
        }
        self.diagnoses_changed(shared);
    }

    /// A diagnosis in own words; when the base has one of this name, its code and plan are joined to it.
    pub fn pick_own(&mut self, name: &str, shared: &mut Shared) {
        if self.picks.iter().any(|pick| pick.name == name) {
            return;
        }
        self.picks.push(ChosenDiagnosis {
            name: name.to_owned(),
            icd10: String::new(),
            condition: None,
            certainty: Certainty::Confirmed,
        });
        shared.ask(Question::Name(name.to_owned()));
        self.diagnoses_changed(shared);
    }

    pub(super) fn change_certainty(&mut self, shared: &mut Shared) {
        if let Some(last) = self.picks.last_mut() {
            last.certainty = match last.certainty {
                Certainty::Confirmed => Certainty::Suspected,
                Certainty::Suspected => Certainty::RuleOut,
                Certainty::RuleOut => Certainty::Confirmed,
            };
            self.diagnoses_changed(shared);
        }
    }

    /// Some checks look at the diagnosis, so the prescription is checked again.
    pub(super) fn diagnoses_changed(&mut self, shared: &mut Shared) {
        self.touch();
        self.check(shared);
        self.keep_draft(shared);
    }
}
