//! What is kept of a visit: the draft every two seconds, and the whole of it for signing.
use super::Visit;
use crate::{
    domain::instant::Instant,
    domain::visit::{
        self, AdviceShown, AlertAnswer, AlertShown, AlertTier, Draft, Prescription,
        SecondSignature, ShownCondition, ShownRule, Triage, WayOut,
    },
    services::prescribe::CheckedAlert,
    tui::{
        effect::Question,
        state::{Loading, Shared},
        text::visit as words,
    },
};

/// A pause in typing of so long, or so long since the last time: the draft is kept.
const KEEP_MS: i64 = 2_000;

/// An alert as this patient's visit shows it: answered before within 90 days, a 警 only reminds.
#[derive(Clone, Debug)]
pub struct SeenAlert {
    pub alert: CheckedAlert,
    pub tier: AlertTier,
    pub answer: Option<AlertAnswer>,
    /// Day of the earlier answer.
    pub confirmed: Option<String>,
    /// Who signed this 禁 over, for the lines as they stand.
    pub second: Option<SecondSignature>,
}

impl SeenAlert {
    /// It still stands in the way of signing.
    pub fn is_open(&self) -> bool {
        match self.tier {
            AlertTier::Stop => self.second.is_none(),
            AlertTier::Warn => self.answer.is_none(),
            _ => false,
        }
    }
}

impl Visit {
    pub(super) fn restore(&mut self, draft: &Draft, now: Instant) {
        self.draft = draft.id;
        self.saved_at = Some(draft.saved);
        let kept = &draft.visit;
        self.note.set(&kept.note);
        self.input.set(&draft.typing);
        self.corrections = kept
            .findings
            .iter()
            .filter(|finding| finding.corrected && !finding.of_family)
            .map(|finding| (finding.concept.clone(), Some(finding.polarity)))
            .collect();
        self.picks.clone_from(&kept.diagnoses);
        self.lines.clone_from(&kept.prescription.lines);
        self.answers = kept
            .prescription
            .alerts
            .iter()
            .filter_map(|alert| {
                Some((alert.rule.clone(), alert.drugs.clone(), alert.answer.clone()?))
            })
            .collect();
        self.seconds = kept
            .prescription
            .alerts
            .iter()
            .filter_map(|alert| {
                let second = alert.second.clone().filter(|second| second.is_fresh(now))?;
                Some((alert.rule.clone(), alert.drugs.clone(), second))
            })
            .collect();
        self.plans_seen =
            kept.advice.plans.iter().map(|p| (p.rule.clone(), p.name.clone())).collect();
    }

    /// The alerts of the last check, worst first, each with its answer.
    pub fn shown_alerts(&self) -> Vec<SeenAlert> {
        let Some(checked) = &self.checked else { return vec![] };
        checked.alerts.iter().map(|alert| self.seen(alert)).collect()
    }

    fn seen(&self, alert: &CheckedAlert) -> SeenAlert {
        let shown = &alert.shown;
        let same = |rule: &str, drugs: &str| rule == shown.rule && drugs == shown.drugs;
        let seen = SeenAlert {
            alert: alert.clone(),
            tier: shown.tier,
            answer: None,
            confirmed: None,
            second: None,
        };
        if shown.tier == AlertTier::Stop {
            let second = self
                .seconds
                .iter()
                .rfind(|(rule, drugs, second)| {
                    same(rule, drugs)
                        && shown.way_out == WayOut::SecondSignature
                        && second.stands(self.base.doctor, &self.lines)
                })
                .map(|(_, _, second)| second.clone());
            return SeenAlert { second, ..seen };
        }
        let now = self.answers.iter().find(|(rule, drugs, _)| same(rule, drugs));
        if let Some((_, _, answer)) = now {
            return SeenAlert { answer: Some(answer.clone()), ..seen };
        }
        let earlier = (shown.tier == AlertTier::Warn)
            .then(|| self.earlier.iter().find(|e| same(&e.rule, &e.drugs)))
            .flatten();
        match earlier {
            Some(earlier) => SeenAlert {
                tier: AlertTier::Note,
                answer: Some(earlier.answer.clone()),
                confirmed: Some(earlier.at.day().to_string()),
                ..seen
            },
            None => seen,
        }
    }

    /// Everything as it stands, for the draft and for signing.
    pub(super) fn whole(&self, shared: &Shared) -> visit::Visit {
        let mut whole = self.base.clone();
        self.note.text().clone_into(&mut whole.note);
        whole.findings.clone_from(&self.suggestion.findings);
        whole.diagnoses.clone_from(&self.picks);
        let triage = self.suggestion.triage.as_ref();
        whole.triage = triage.map(|(level, why)| Triage { level: *level, why: why.clone() });
        whole.advice = self.advice(shared);
        let alerts = self
            .shown_alerts()
            .into_iter()
            .map(|seen| AlertShown {
                tier: seen.tier,
                answer: seen.answer,
                second: seen.second,
                ..seen.alert.shown
            })
            .collect();
        whole.prescription = Prescription { lines: self.lines.clone(), alerts };
        whole
    }

    fn advice(&self, shared: &Shared) -> AdviceShown {
        let (knowledge, model) = match &shared.knowledge {
            Loading::Ready(knowledge) => (knowledge.version.clone(), knowledge.model.clone()),
            _ => (String::new(), None),
        };
        let rule =
            |(rule, name): (&String, &String)| ShownRule { rule: rule.clone(), name: name.clone() };
        AdviceShown {
            differential: self
                .suggestion
                .causes
                .iter()
                .enumerate()
                .map(|(n, cause)| ShownCondition {
                    rank: n as u16 + 1,
                    condition: cause.condition.clone(),
                    name: cause.name.clone(),
                    probability: cause.probability,
                })
                .collect(),
            do_not_miss: self
                .suggestion
                .dangers
                .iter()
                .map(|danger| rule((&danger.rule, &danger.name)))
                .collect(),
            plans: self.plans_seen.iter().map(|(id, name)| rule((id, name))).collect(),
            knowledge,
            model,
        }
    }

    pub(super) const fn touch(&mut self) {
        self.dirty = true;
    }

    pub fn ticked(&mut self, shared: &mut Shared) {
        if self.ask_again && !self.is_signed() {
            self.knowledge_came(shared);
        }
        let due = self.saved_at.is_none_or(|at| shared.now.millis_since(at) >= KEEP_MS);
        if due {
            self.keep_draft(shared);
        }
    }

    /// Keeps what is written, unless it is kept or signed already.
    pub fn keep_draft(&mut self, shared: &mut Shared) {
        if !self.dirty || self.gone || self.signing || self.is_signed() {
            return;
        }
        if self.draft.is_none() && !self.has_work() {
            self.dirty = false;
            return;
        }
        self.dirty = false;
        if !self.queued {
            // Who is being seen stands on the list, or nobody would find the draft again.
            self.queued = true;
            shared.ask(Question::AddToWaiting(self.patient.id));
        }
        let mut draft = Draft::of(self.whole(shared));
        draft.id = self.draft;
        draft.saved = shared.now;
        self.input.text().clone_into(&mut draft.typing);
        shared.ask(Question::SaveDraft(Box::new(draft)));
    }

    pub(super) fn draft_saved(&mut self, id: visit::DraftId, shared: &Shared) {
        self.draft = Some(id);
        self.saved_at = Some(shared.now);
    }

    pub(super) fn draft_failed(&mut self, text: &str, shared: &mut Shared) {
        self.dirty = true;
        // Tried again in two seconds, not at every tick.
        self.saved_at = Some(shared.now);
        let text = words::DRAFT_FAILED.with(shared.lang, &[&text]);
        shared.say(crate::tui::theme::Role::Danger, text);
    }

    /// The draft is being thrown away: nothing is kept on the way out.
    pub const fn discarded(&mut self) {
        self.gone = true;
    }
}
