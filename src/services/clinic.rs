//! The open clinic: every way in is checked against the permission table and written into the audit log.
use super::failure::{Failure, Kind};
use super::session::{Station, check_passphrase, display_name, user_name};
use crate::domain::age::Day;
use crate::domain::audit::{Broken, Checkpoint, Entry, Fact, Outcome, Stamp, Whole};
use crate::domain::cleaning::{LINE_MAX, NOTE_MAX, clean_line, clean_text};
use crate::domain::duplicate::Duplicate;
use crate::domain::instant::Instant;
use crate::domain::outbox::State;
use crate::domain::patient::{Details, Patient, PatientId, PatientLine};
use crate::domain::registration::Registration;
use crate::domain::role::{Action, Roles, UserId};
use crate::domain::visit::{
    Draft, DraftId, EarlierAnswer, ReadyVisit, Setting, SignedReceipt, SignedVisit, Visit, VisitId,
    VisitLine, Waiting,
};
use crate::storage::{Dek, KeyFile, RecoveryKey, StationRow, Store, StoreError};
pub use crate::storage::{LostTail, Message, NewUser, User};

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub id: UserId,
    pub name: String,
    pub display_name: String,
    pub roles: Roles,
}

/// A person's chart as opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    pub patient: Patient,
    pub visits: Vec<VisitLine>,
}

/// What the status line shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Another window writes, or a disk error stopped writing.
    pub read_only: bool,
    pub free_bytes: Option<u64>,
    /// Messages not yet accepted by the hub.
    pub outbox: Vec<(State, u64)>,
    /// Audit entries that could not be written yet.
    pub unlogged: usize,
    /// The database ends before what was last seen: a file was lost or an old copy was put back.
    pub lost_tail: Option<LostTail>,
    /// The machine's clock is behind the last entry of the log by more than five minutes.
    pub clock_suspect: bool,
}

/// An open station with a signed-in user. One for each thread that needs records.
pub struct Clinic {
    pub(super) station: Station,
    pub(super) store: Store,
    pub(super) dek: Dek,
    who: SignedIn,
    row: StationRow,
    /// Facts that wait to be logged: searches, and reads while the disk was full.
    pending: Vec<Fact>,
    searches: u32,
}

impl Clinic {
    pub(super) fn new(
        station: Station,
        store: Store,
        dek: Dek,
        (who, row): (SignedIn, StationRow),
    ) -> Self {
        let mut clinic = Self { station, store, dek, who, row, pending: vec![], searches: 0 };
        if let Some(lost) = clinic.store.lost_tail() {
            let object = format!("expected:{} found:{}", lost.expected, lost.found);
            clinic.note("records-missing", object, Outcome::Failed);
        }
        clinic
    }

    pub fn who(&self) -> &SignedIn {
        &self.who
    }

    pub fn clinic_name(&self) -> &str {
        &self.row.clinic_name
    }

    pub fn station_id(&self) -> &str {
        &self.row.id
    }

    pub fn setting(&self) -> Setting {
        self.row.setting
    }

    pub fn now(&self) -> Instant {
        self.station.clock.now()
    }

    pub fn today(&self) -> Day {
        self.station.clock.today()
    }

    pub fn may(&self, action: Action) -> bool {
        self.who.roles.allow(action).is_some()
    }

    pub fn is_read_only(&self) -> bool {
        self.store.is_read_only()
    }

    pub fn standing(&self) -> Result<Standing, Failure> {
        const CLOCK_SLACK_MS: i64 = 5 * 60 * 1000;
        let last = self.store.audit_entries(None, 1)?;
        let behind =
            last.first().is_some_and(|last| last.fact.at.millis_since(self.now()) > CLOCK_SLACK_MS);
        Ok(Standing {
            read_only: self.store.is_read_only(),
            free_bytes: self.store.free_bytes().ok(),
            outbox: self.store.count_messages()?,
            unlogged: self.pending.len(),
            lost_tail: self.store.lost_tail(),
            clock_suspect: behind,
        })
    }

    // --- people -------------------------------------------------------------------------------------------------

    /// By initials, pinyin, part of the name, end of the ID number, part of the telephone, birth day.
    pub fn find(&mut self, query: &str, limit: usize) -> Result<Vec<PatientLine>, Failure> {
        self.permit(Action::FindPatient, "")?;
        self.searches += 1;
        Ok(self.store.find_patients(&clean_line(query, LINE_MAX).text, limit)?)
    }

    /// People who may be the one that is about to be registered, most alike first.
    pub fn duplicates(&mut self, details: &Details) -> Result<Vec<Duplicate>, Failure> {
        self.permit(Action::FindPatient, "")?;
        self.searches += 1;
        Ok(self.store.duplicates(details)?)
    }

    /// Registers a person. The screen shows [`Self::duplicates`] first; the same ID number is refused here.
    pub fn register_patient(&mut self, registration: &Registration) -> Result<PatientId, Failure> {
        let stamp = self.permit(Action::RegisterPatient, "")?;
        let id = self.store.register_patient(&registration.details, &stamp);
        self.done(id, Action::RegisterPatient, "")
    }

    /// Corrects a person's details, made on a certain revision; the old version is kept.
    pub fn edit_patient(
        &mut self,
        (id, revision): (PatientId, u32),
        registration: &Registration,
    ) -> Result<Patient, Failure> {
        let object = format!("patient:{}", id.0);
        let stamp = self.permit(Action::EditPatient, &object)?;
        let patient = self.store.edit_patient((id, revision), &registration.details, &stamp);
        self.done(patient, Action::EditPatient, &object)
    }

    /// Opens a chart: details and the list of past visits. Logged before it is shown.
    pub fn open_chart(&mut self, id: PatientId) -> Result<Chart, Failure> {
        self.read(Action::OpenChart, format!("patient:{}", id.0))?;
        Ok(Chart { patient: self.store.patient(id)?, visits: self.store.history(id)? })
    }

    pub fn history(&mut self, id: PatientId) -> Result<Vec<VisitLine>, Failure> {
        self.read(Action::OpenChart, format!("patient:{} history", id.0))?;
        Ok(self.store.history(id)?)
    }

    /// Opens one signed visit.
    pub fn open_visit(&mut self, id: VisitId) -> Result<SignedVisit, Failure> {
        self.read(Action::OpenChart, format!("visit:{}", id.0))?;
        Ok(self.store.visit(id)?)
    }

    /// A signed visit, to be printed; logged as a print.
    pub fn visit_to_print(&mut self, id: VisitId) -> Result<(Patient, SignedVisit), Failure> {
        self.read(Action::PrintVisit, format!("visit:{}", id.0))?;
        let visit = self.store.visit(id)?;
        Ok((self.store.patient(visit.visit.patient)?, visit))
    }

    // --- the waiting room ---------------------------------------------------------------------------------------

    pub fn waiting(&mut self) -> Result<Vec<Waiting>, Failure> {
        self.permit(Action::SeeWaitingList, "")?;
        Ok(self.store.waiting()?)
    }

    pub fn add_to_waiting(&mut self, id: PatientId, reason: &str) -> Result<(), Failure> {
        let object = format!("patient:{}", id.0);
        let stamp = self.permit(Action::ChangeWaitingList, &object)?;
        let added = self.store.add_to_waiting(id, &clean_line(reason, LINE_MAX).text, &stamp);
        self.done(added, Action::ChangeWaitingList, &object)
    }

    pub fn remove_from_waiting(&mut self, id: PatientId) -> Result<(), Failure> {
        let object = format!("patient:{}", id.0);
        let stamp = self.permit(Action::ChangeWaitingList, &object)?;
        let removed = self.store.remove_from_waiting(id, &stamp);
        self.done(removed, Action::ChangeWaitingList, &object)
    }

    // --- visits -------------------------------------------------------------------------------------------------

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
        draft.visit.note = clean_text(&draft.visit.note, NOTE_MAX).text;
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
        visit.note = clean_text(&visit.note, NOTE_MAX).text;
        let ready = ReadyVisit::new(visit).map_err(|unready| Failure::unready(&unready))?;
        let receipt = self.store.sign_visit(&ready, &self.who.display_name, &stamp);
        self.done(receipt, Action::SignVisit, &object)
    }

    // --- what leaves --------------------------------------------------------------------------------------------

    pub fn outbox(&mut self, state: State, limit: u32) -> Result<Vec<Message>, Failure> {
        self.permit(Action::SeeOutbox, "")?;
        Ok(self.store.messages_in(state, limit)?)
    }

    // --- people who work here -----------------------------------------------------------------------------------

    pub fn users(&mut self) -> Result<Vec<User>, Failure> {
        self.permit(Action::SeeUsers, "")?;
        Ok(self.store.users()?)
    }

    /// A new user with a first passphrase, which they should change.
    pub fn add_user(&mut self, user: &NewUser, passphrase: &str) -> Result<UserId, Failure> {
        let stamp = self.permit(Action::ChangeUsers, "")?;
        let name = user_name(&user.name)?;
        check_passphrase(passphrase, &name)?;
        let display_name = display_name(&user.display_name, &name);
        let user = NewUser { name, display_name, roles: user.roles };
        let added = self.store.add_user(&user, &stamp);
        let id = self.done(added, Action::ChangeUsers, "")?;
        // A crash here leaves a user without a key; `set_passphrase` mends it.
        self.set_key(&user.name, passphrase)?;
        Ok(id)
    }

    /// Changes roles or name, or lets a user in no more (`active = false`). The last administrator stays.
    pub fn change_user(&mut self, user: &User) -> Result<(), Failure> {
        let object = format!("user:{}", user.id.0);
        let stamp = self.permit(Action::ChangeUsers, &object)?;
        let admin = |user: &User| user.active && user.roles.has(crate::domain::role::Role::Admin);
        let others = self.store.users()?.iter().any(|other| other.id != user.id && admin(other));
        if !admin(user) && !others {
            return Err(Failure::new(
                Kind::User,
                "至少要留一位管理员。",
                "At least one administrator must stay.",
            ));
        }
        let changed = self.store.change_user(user, &stamp);
        self.done(changed, Action::ChangeUsers, &object)?;
        if !user.active {
            let path = self.store.layout().keys();
            let mut keys = KeyFile::load(&path)?;
            keys.remove(&user.name);
            keys.save(&path)?;
        }
        Ok(())
    }

    /// Gives any user a new passphrase.
    pub fn set_passphrase(&mut self, name: &str, passphrase: &str) -> Result<(), Failure> {
        let name = user_name(name)?;
        let object = format!("user:{name} passphrase");
        let stamp = self.permit(Action::ChangeUsers, &object)?;
        check_passphrase(passphrase, &name)?;
        if self.store.user(&name)?.is_none_or(|user| !user.active) {
            return Err(StoreError::NotFound { what: "user" }.into());
        }
        self.set_key(&name, passphrase)?;
        self.note_fact(stamp.fact(Action::ChangeUsers.id(), object, Outcome::Done));
        Ok(())
    }

    /// Changes the signed-in user's own passphrase.
    pub fn change_passphrase(&mut self, old: &str, new: &str) -> Result<(), Failure> {
        let name = self.who.name.clone();
        let object = format!("user:{name} passphrase");
        let stamp = self.permit(Action::ChangeOwnPassphrase, &object)?;
        check_passphrase(new, &name)?;
        let keys = KeyFile::load(&self.store.layout().keys())?;
        if keys.unlock(&name, old)?.is_none() {
            self.note_fact(stamp.fact(Action::ChangeOwnPassphrase.id(), object, Outcome::Refused));
            return Err(Failure::not_signed_in());
        }
        self.set_key(&name, new)?;
        self.note_fact(stamp.fact(Action::ChangeOwnPassphrase.id(), object, Outcome::Done));
        Ok(())
    }

    /// Makes a new recovery key; the old one opens nothing from then on.
    pub fn new_recovery_key(&mut self) -> Result<RecoveryKey, Failure> {
        let stamp = self.permit(Action::ChangeKeys, "recovery-key")?;
        self.must_write()?;
        let path = self.store.layout().keys();
        let mut keys = KeyFile::load(&path)?;
        let recovery = RecoveryKey::draw()?;
        keys.set_recovery(&recovery, &self.dek)?;
        keys.save(&path)?;
        self.note_fact(stamp.fact(Action::ChangeKeys.id(), "recovery-key", Outcome::Done));
        Ok(recovery)
    }

    fn set_key(&self, name: &str, passphrase: &str) -> Result<(), Failure> {
        self.must_write()?;
        let path = self.store.layout().keys();
        let mut keys = KeyFile::load(&path)?;
        keys.set(name, passphrase, (&self.dek, self.station.cost()))?;
        keys.save(&path)?;
        Ok(())
    }

    fn must_write(&self) -> Result<(), Failure> {
        if self.store.is_read_only() { Err(StoreError::ReadOnlyWindow.into()) } else { Ok(()) }
    }

    // --- the log ------------------------------------------------------------------------------------------------

    /// The newest entries before `before`, newest first.
    pub fn audit_log(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<Entry>, Failure> {
        self.read(Action::ReadAudit, "audit".to_owned())?;
        Ok(self.store.audit_entries(before, limit)?)
    }

    /// Checks the whole chain, against a checkpoint that was kept elsewhere if there is one.
    pub fn verify_audit(
        &mut self,
        checkpoint: Option<Checkpoint>,
    ) -> Result<Result<Whole, Broken>, Failure> {
        let stamp = self.permit(Action::VerifyAudit, "audit")?;
        let checkpoint = checkpoint.or(self.store.lost_tail().map(|lost| lost.expected));
        let verdict = self.store.verify_audit(checkpoint)?;
        let outcome = if verdict.is_ok() { Outcome::Done } else { Outcome::Failed };
        self.note_fact(stamp.fact(Action::VerifyAudit.id(), "audit", outcome));
        Ok(verdict)
    }

    /// May it be done? If not, that is logged. The stamp names the role that permits it.
    pub(super) fn permit(&mut self, action: Action, object: &str) -> Result<Stamp, Failure> {
        let stamp = self.stamp(action);
        if self.may(action) {
            return Ok(stamp);
        }
        self.note_fact(stamp.fact(action.id(), object, Outcome::Refused));
        Err(Failure::forbidden(action))
    }

    /// Permits and logs a look at records. On a full disk the look is still granted and logged later.
    fn read(&mut self, action: Action, object: String) -> Result<(), Failure> {
        let stamp = self.permit(action, &object)?;
        self.note_fact(stamp.fact(action.id(), object, Outcome::Done));
        Ok(())
    }

    /// Logs that a permitted step went wrong; a step that went well has logged itself.
    pub(super) fn done<T>(
        &mut self,
        result: Result<T, StoreError>,
        action: Action,
        object: &str,
    ) -> Result<T, Failure> {
        result.map_err(|error| {
            let fact = self.stamp(action).fact(action.id(), object, Outcome::Failed);
            self.note_fact(fact);
            error.into()
        })
    }

    fn stamp(&self, action: Action) -> Stamp {
        let role = self.who.roles.allow(action).map_or("", crate::domain::role::Role::id);
        Stamp {
            at: self.now(),
            user: self.who.id,
            actor: self.who.name.clone(),
            role: role.to_owned(),
        }
    }

    pub(super) fn note(&mut self, action: &str, object: String, outcome: Outcome) {
        let stamp = Stamp {
            at: self.now(),
            user: self.who.id,
            actor: self.who.name.clone(),
            role: String::new(),
        };
        self.note_fact(stamp.fact(action, object, outcome));
    }

    pub(super) fn note_sign_in(&mut self, failures: u32) {
        let object =
            if failures > 0 { format!("failures before:{failures}") } else { String::new() };
        self.note("sign-in", object, Outcome::Done);
    }

    /// Logs now, or keeps the fact until logging works again.
    fn note_fact(&mut self, fact: Fact) {
        const MOST_PENDING: usize = 1000;
        self.count_searches();
        self.pending.push(fact);
        match self.store.log(self.pending.clone()) {
            Ok(_) => self.pending.clear(),
            Err(error) => {
                tracing::error!(%error, waiting = self.pending.len(), "audit entries wait to be written");
                if self.pending.len() > MOST_PENDING {
                    self.pending.remove(0);
                }
            }
        }
    }

    /// Searches are counted, not logged one by one: one entry for each key stroke would drown the log.
    fn count_searches(&mut self) {
        if self.searches > 0 {
            let fact = self.stamp(Action::FindPatient).fact(
                Action::FindPatient.id(),
                format!("searches:{}", self.searches),
                Outcome::Done,
            );
            self.searches = 0;
            self.pending.push(fact);
        }
    }
}

impl Drop for Clinic {
    fn drop(&mut self) {
        self.note("sign-out", String::new(), Outcome::Done);
    }
}
