//! The open clinic: every way in is checked against the permission table and written into the audit log.
mod board;
mod confirming;
mod delivery;
mod documents;
mod follow_ups;
mod form_drafts;
mod hubs;
mod images;
mod listening;
mod packs;
mod parcels;
mod people;
mod prescriptions;
mod priors;
mod recognition;
mod referrals;
mod second_signature;
mod share;
mod sharing;
mod staff;
pub mod trace;
mod visits;

pub use self::board::{DeliveryLine, SharingBoard};
pub use self::confirming::Confirmed;
pub use self::delivery::{Outcome as DeliveryOutcome, Pace};
pub use self::hubs::Tested;
pub use self::images::{KeptImage, StudyImage};
pub use self::listening::{
    Ended as AssociationEnded, Limits as AssociationLimits, Listened, Listening, ServerPem,
    ServerTls,
};
pub use self::parcels::{Opened as OpenedPackage, PublicKeys};
pub use self::priors::{Found as FoundPriors, HubAsk, HubSaid, LookUp, PriorShown};
pub use self::recognition::{Issuer, Looking};
pub use self::referrals::{
    ReferralLine, Referred, Slip as ReferralSlip, SlipRead, Wish as ReferralWish,
};
pub use self::second_signature::{SecondSigner, SecondSigning};
pub use self::share::{Taken, TakenAs, Whose};
pub use self::sharing::{Leaving, Queued, Queueing, Urgency};
use super::failure::Failure;
use super::session::Station;
use crate::domain::age::Day;
use crate::domain::audit::{Broken, Checkpoint, Entry, Fact, Outcome, Stamp, Whole};
use crate::domain::instant::Instant;
use crate::domain::outbox::State;
use crate::domain::patient::Patient;
use crate::domain::role::{Action, Roles, UserId};
use crate::domain::visit::{Setting, VisitLine};
pub use crate::storage::{
    Act as DeliveryAct, Delivery, DeliveryPart, Item, ItemState, LostTail, Message, NewUser,
    Quarantined, Receipt, RecognitionCount, Tally, User,
};
use crate::storage::{Dek, StationRow, Store, StoreError};
pub use follow_ups::{FollowUpPage, FollowUpReceipt, RegisterFilter, YearOf};
pub use form_drafts::{Contract, InProgramme};

pub use prescriptions::Prescribed;

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
        clinic.mend_trust_list();
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
    pub(in crate::services) fn permit(
        &mut self,
        action: Action,
        object: &str,
    ) -> Result<Stamp, Failure> {
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
