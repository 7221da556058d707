//! Visits: kept while they are open, signed once, and what leaves the station because of them.
use super::Clinic;
use crate::domain::cleaning::{LINE_MAX, NOTE_MAX, clean_line, clean_text};
use crate::domain::outbox::{Event, MessageId, Standing, State};
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::visit::{Draft, DraftId, EarlierAnswer, ReadyVisit, SignedReceipt, Visit};
use crate::services::failure::{Failure, Kind};
use crate::storage::Message;

/// A draft may be longer than what can be signed, so that nothing is lost while it is shortened.
const DRAFT_MAX: usize = 10 * NOTE_MAX;

impl Clinic {
    /// An empty visit of this patient by the signed-in doctor.
    pub fn new_visit(&self, patient: PatientId) -> Visit {
        Visit::blank(patient, self.who.id, self.row.setting, self.now())
    }

    /// Keeps an open visit. Called every two seconds of typing and when a field is left.
    pub fn save_draft(&mut self, draft: &Draft) -> Result<DraftId, Failure> {
        let object = format!("patient:{}", draft.visit.patient.0);
        let stamp = self.permit(Action::WriteVisit, &object)?;
        let mut draft = draft.clone();
        draft.visit.doctor = self.who.id;
        draft.visit.note = clean_note(&draft.visit.note, DRAFT_MAX)?;
        draft.typing = clean_line(&draft.typing, LINE_MAX).text;
        let id = self.store.save_draft(&draft, &stamp);
        self.done(id, Action::WriteVisit, &object)
    }

    /// The signed-in doctor's open visits, the one written last first: offered after a crash.
    pub fn drafts(&mut self) -> Result<Vec<Draft>, Failure> {
        self.permit(Action::WriteVisit, "")?;
        Ok(self.store.drafts(self.who.id)?)
    }

    pub fn draft_of(&mut self, patient: PatientId) -> Result<Option<Draft>, Failure> {
        self.permit(Action::WriteVisit, "")?;
        Ok(self.store.draft_of(self.who.id, patient)?)
    }

    pub fn discard_draft(&mut self, id: DraftId) -> Result<(), Failure> {
        let object = format!("draft:{}", id.0);
        let stamp = self.permit(Action::WriteVisit, &object)?;
        let discarded = self.store.discard_draft(id, &stamp);
        self.done(discarded, Action::WriteVisit, &object)
    }

    /// Answers of the last 90 days that keep the same 警 alert quiet for this patient.
    pub fn earlier_answers(&mut self, id: PatientId) -> Result<Vec<EarlierAnswer>, Failure> {
        self.permit(Action::WriteVisit, "")?;
        Ok(self.store.earlier_answers(id, self.now())?)
    }

    /// Signs a visit. When this returns `Ok`, everything of it is on the disk and `已保存` may be shown.
    pub fn sign_visit(&mut self, mut visit: Visit) -> Result<SignedReceipt, Failure> {
        let object = format!("patient:{}", visit.patient.0);
        let stamp = self.permit(Action::SignVisit, &object)?;
        visit.doctor = self.who.id;
        visit.note = clean_note(&visit.note, NOTE_MAX)?;
        let ready = ReadyVisit::new(visit).map_err(|unready| Failure::unready(&unready))?;
        self.check_second_signatures(ready.visit())?;
        let receipt = self.store.sign_visit(&ready, &self.who.display_name, &stamp);
        self.done(receipt, Action::SignVisit, &object)
    }

    pub fn outbox(&mut self, state: State, limit: u32) -> Result<Vec<Message>, Failure> {
        self.permit(Action::SeeOutbox, "")?;
        Ok(self.store.messages_in(state, limit)?)
    }

    /// Sends a refused or parked message again, unchanged.
    pub fn send_again(&mut self, id: MessageId) -> Result<Standing, Failure> {
        self.move_message(id, Event::Again)
    }

    /// Sets a message aside, with the reason.
    pub fn park_message(&mut self, id: MessageId, reason: &str) -> Result<Standing, Failure> {
        self.move_message(id, Event::Parked { word: clean_line(reason, LINE_MAX).text })
    }

    fn move_message(&mut self, id: MessageId, event: Event) -> Result<Standing, Failure> {
        let object = format!("message:{}", id.0);
        let stamp = self.permit(Action::ChangeOutbox, &object)?;
        let moved = self.store.message_event(id, (event, None), &stamp);
        self.done(moved, Action::ChangeOutbox, &object)
    }
}

/// A note is cleaned on the way in, but never cut: what does not fit is refused, so that no word is lost unseen.
fn clean_note(note: &str, most: usize) -> Result<String, Failure> {
    let cleaned = clean_text(note, most);
    if cleaned.cut == 0 {
        return Ok(cleaned.text);
    }
    let over = cleaned.cut;
    Err(Failure::new(
        Kind::User,
        format!("病历太长，超出 {over} 个字（最多 {most}）。"),
        format!("The note is {over} characters too long (at most {most})."),
    )
    .kept("没有截断，也没有保存这一步。", "Nothing was cut, and this step was not saved.")
    .next("请删减后再保存。", "Shorten it and save again."))
}
