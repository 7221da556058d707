//! The queue runs: hubs one after the other, one patient's records in their order, each part sent, confirmed, read back.
use std::collections::BTreeSet;
use std::path::Path;

use super::Clinic;
use crate::domain::audit::Stamp;
use crate::domain::instant::Instant;
use crate::domain::outbox::wait_ms;
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::share::consent::{Asked, permitting};
use crate::domain::share::hub::Hub;
use crate::domain::share::parts::{Event, State};
use crate::domain::share::referral;
use crate::domain::share::trouble::{After, Trouble};
use crate::domain::share::{DeliveryId, HubId};
use crate::services::failure::Failure;
use crate::services::share::courier::{Courier, ReadBack};
use crate::storage::{
    Act, Delivery, DeliveryPart, NewReceipt, PartKind, Receipt, StoreError, Tally,
};
use crate::wire::fhir::Prepared;
use crate::wire::{dicom, time};

/// Whether waiting times are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Only what is due.
    Due,
    /// Everything that waits, now.
    Now,
}

/// What became of one delivery, or of a whole hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub delivery: Option<DeliveryId>,
    pub hub: String,
    pub state: State,
    pub trouble: Option<Trouble>,
    pub bytes: u64,
}

impl Clinic {
    /// Lets the queue run once: everything that is due, or all that waits.
    pub fn deliver(
        &mut self,
        (only, pace): (Option<HubId>, Pace),
        each: &mut dyn FnMut(&Outcome),
    ) -> Result<(), Failure> {
        let stamp = self.permit(Action::DeliverShare, "")?;
        if self.store.is_read_only() {
            return Err(StoreError::ReadOnlyWindow.into());
        }
        for hub in self.store.hubs()? {
            if only.is_some_and(|only| only != hub.id) {
                continue;
            }
            if hub.ways.is_online() {
                self.deliver_to(hub, pace, each)?;
            } else if !hub.ways.folder.is_empty() {
                self.drop_into_folder(&hub, &stamp, each)?;
            }
        }
        Ok(())
    }

    fn deliver_to(
        &mut self,
        mut hub: Hub,
        pace: Pace,
        each: &mut dyn FnMut(&Outcome),
    ) -> Result<(), Failure> {
        self.store.restart_deliveries(hub.id)?;
        let waiting = self.store.waiting_deliveries(hub.id, 100_000)?;
        let now = self.now();
        let due = |d: &Delivery| pace == Pace::Now || d.next_try <= now;
        let rests = pace == Pace::Due && hub.next_try.is_some_and(|next| next > now);
        if rests || !waiting.iter().any(due) {
            return Ok(());
        }
        let courier = match self.greet(&mut hub) {
            Ok(courier) => courier,
            Err(trouble) => return self.hub_failed(hub, &trouble, each),
        };
        let mut behind: BTreeSet<PatientId> = BTreeSet::new();
        for delivery in waiting {
            let waits = delivery.patient.is_some_and(|patient| behind.contains(&patient));
            if waits || !due(&delivery) {
                behind.extend(delivery.patient);
                continue;
            }
            let outcome = self.deliver_one(&mut hub, &courier, &delivery)?;
            each(&outcome);
            match &outcome.trouble {
                Some(trouble) if trouble.concerns_hub() => {
                    if trouble.after() == After::StopHub {
                        hub.stopped = trouble.words_zh();
                        trouble.class().clone_into(&mut hub.stopped_class);
                    }
                    break;
                }
                // A held record does not keep the patient's others back; one that is tried again does.
                Some(trouble) if trouble.after() == After::Retry => behind.extend(delivery.patient),
                _ => {}
            }
        }
        Ok(self.store.keep_hub_state(&hub)?)
    }

    /// The hub did not answer, or not as it should: nothing is tried, records are not to blame.
    fn hub_failed(
        &mut self,
        mut hub: Hub,
        trouble: &Trouble,
        each: &mut dyn FnMut(&Outcome),
    ) -> Result<(), Failure> {
        if trouble.after() == After::StopHub {
            hub.stopped = trouble.words_zh();
            trouble.class().clone_into(&mut hub.stopped_class);
        }
        hub.next_try = Some(self.next_try(hub.failures, trouble));
        hub.failures = hub.failures.saturating_add(1);
        self.store.keep_hub_state(&hub)?;
        each(&Outcome {
            delivery: None,
            hub: hub.name,
            state: State::Queued,
            trouble: Some(trouble.clone()),
            bytes: 0,
        });
        Ok(())
    }

    fn next_try(&self, attempts: u32, trouble: &Trouble) -> Instant {
        let mut jitter = [0; 2];
        let _zero_will_do = getrandom::fill(&mut jitter);
        let asked = match trouble {
            Trouble::Busy { retry_after_s, .. } => *retry_after_s,
            Trouble::Full => Some(15 * 60),
            _ => None,
        };
        let wait = wait_ms(attempts + 1, u16::from_le_bytes(jitter) % 1000, asked);
        self.now().plus_millis(wait)
    }

    fn deliver_one(
        &mut self,
        hub: &mut Hub,
        courier: &Courier,
        delivery: &Delivery,
    ) -> Result<Outcome, Failure> {
        let object = format!("delivery:{}", delivery.id.0);
        let stamp = self.permit(Action::DeliverShare, &object)?;
        let name = hub.name.clone();
        let outcome = |state, trouble| Outcome {
            delivery: Some(delivery.id),
            hub: name.clone(),
            state,
            trouble,
            bytes: delivery.bytes,
        };
        if self.consent_is_gone(delivery)? {
            self.store.delivery_word(delivery.id, &Event::Superseded, &stamp)?;
            return Ok(outcome(State::Superseded, None));
        }
        let mut failed: Option<Trouble> = None;
        let mut images_are_there = true;
        for part in &delivery.parts {
            if part.state.is_final() {
                continue;
            }
            // The transaction names images: it goes only when each of them was read back.
            if matches!(part.state, State::Held(_))
                || (part.kind == PartKind::Transaction && !images_are_there)
            {
                images_are_there = false;
                continue;
            }
            match self.deliver_part(courier, (delivery, part)) {
                Ok(Sent::Verified) => {}
                Ok(Sent::Blind) => images_are_there = false,
                Err(PartFailure::Ours(failure)) => return Err(failure),
                Err(PartFailure::Theirs(trouble)) => {
                    images_are_there = false;
                    self.part_failed(hub, (delivery.id, part.part), &trouble)?;
                    let over = trouble.concerns_hub();
                    failed = Some(failed.unwrap_or(trouble));
                    if over {
                        break;
                    }
                }
            }
        }
        if let Some(trouble) = &failed {
            let next = match trouble.after() {
                After::StopHub => None,
                _ => Some(self.next_try(delivery.attempts, trouble)),
            };
            self.store.delivery_failed(delivery.id, (trouble, next), &stamp)?;
        }
        let now = self.store.delivery(delivery.id)?;
        if now.state == State::Verified {
            self.close(&now, hub, &stamp)?;
            hub.last_ok = Some(stamp.at);
            return Ok(outcome(State::Receipted, None));
        }
        Ok(outcome(now.state, failed))
    }

    fn part_failed(
        &mut self,
        hub: &mut Hub,
        at: (DeliveryId, u32),
        trouble: &Trouble,
    ) -> Result<(), Failure> {
        self.store.part_event(at, &Event::Failed(trouble.clone()), self.now())?;
        if let Trouble::TooLarge { bytes } = trouble {
            hub.refused_bytes = Some(hub.refused_bytes.map_or(*bytes, |least| least.min(*bytes)));
        }
        Ok(())
    }

    /// Consent may have run out since the record was queued.
    fn consent_is_gone(&self, delivery: &Delivery) -> Result<bool, Failure> {
        let (Act::Share, Some(patient)) = (delivery.act, delivery.patient) else {
            return Ok(false);
        };
        let kind = self.store.item(delivery.item)?.kind;
        let asked = Asked { purpose: delivery.purpose, kind, hub: delivery.hub };
        Ok(permitting(&self.store.consents(patient)?, asked, self.now()).is_err())
    }

    fn close(&mut self, delivery: &Delivery, hub: &Hub, stamp: &Stamp) -> Result<(), Failure> {
        let receipt = NewReceipt {
            hub: hub.name.clone(),
            software: hub.software.clone(),
            hub_time: hub
                .skew_s
                .map(|skew| time::iso(stamp.at.plus_seconds(skew)))
                .unwrap_or_default(),
            raw: "read back".to_owned(),
        };
        self.store.receipt(delivery.id, &receipt, stamp)?;
        if delivery.act == Act::Share {
            self.referral_went(delivery.item, referral::State::Sent, stamp)?;
        }
        Ok(())
    }

    /// One part: found there already, or sent and read back.
    fn deliver_part(
        &mut self,
        courier: &Courier,
        (delivery, part): (&Delivery, &DeliveryPart),
    ) -> Result<Sent, PartFailure> {
        let at = (delivery.id, part.part);
        let content = self.store.blob(part.sha256)?;
        let load = self.load(part, &content)?;
        // What was tried before may have arrived although no answer came.
        let tried = delivery.attempts > 0 || part.state != State::Queued;
        if tried {
            match load.read_back(courier)? {
                ReadBack::Same => {
                    self.store.part_event(at, &Event::ReadBack(part.sha256), self.now())?;
                    return Ok(Sent::Verified);
                }
                // It was answered for, and cannot be asked about: sending it again would prove no more.
                ReadBack::Blind if part.state == State::Sent => return Ok(Sent::Blind),
                _ => {}
            }
        }
        if part.state == State::Sent {
            self.store.part_event(at, &Event::Again, self.now())?;
        }
        self.store.part_event(at, &Event::Handed, self.now())?;
        load.send(courier)?;
        self.store.part_event(at, &Event::Answered, self.now())?;
        match load.read_back(courier)? {
            ReadBack::Same => {
                self.store.part_event(at, &Event::ReadBack(part.sha256), self.now())?;
                Ok(Sent::Verified)
            }
            ReadBack::Missing => Err(Trouble::NotStored("读不回来".to_owned()).into()),
            ReadBack::Other(what) => Err(Trouble::Conflict(what).into()),
            ReadBack::Blind => Ok(Sent::Blind),
        }
    }

    fn load<'a>(&self, part: &DeliveryPart, content: &'a [u8]) -> Result<Load<'a>, Failure> {
        match part.kind {
            PartKind::Instance => {
                let row = self.store.instance(&part.reference)?;
                Ok(Load::Image(Box::new(dicom::from_line(&row.line)?), content))
            }
            PartKind::Transaction => {
                let text = String::from_utf8_lossy(content);
                let prepared =
                    Prepared::from_bundle(&text).ok_or_else(StoreError::unreadable_part)?;
                Ok(Load::Papers(prepared, content))
            }
        }
    }

    /// Sends again what is held or waits; a conflict only by this word.
    pub fn send_delivery_again(&mut self, id: DeliveryId) -> Result<State, Failure> {
        self.delivery_word(id, &Event::Again)
    }

    /// Gives a delivery up; what arrived stays there.
    pub fn give_delivery_up(&mut self, id: DeliveryId) -> Result<State, Failure> {
        self.delivery_word(id, &Event::Superseded)
    }

    fn delivery_word(&mut self, id: DeliveryId, event: &Event) -> Result<State, Failure> {
        let object = format!("delivery:{}", id.0);
        let stamp = self.permit(Action::QueueShare, &object)?;
        let said = self.store.delivery_word(id, event, &stamp);
        self.done(said, Action::QueueShare, &object)
    }

    pub fn deliveries(&mut self, limit: u32) -> Result<Vec<Delivery>, Failure> {
        self.read(Action::SeeShare, "deliveries".to_owned())?;
        Ok(self.store.deliveries(limit)?)
    }

    pub fn delivery(&mut self, id: DeliveryId) -> Result<Delivery, Failure> {
        self.read(Action::SeeShare, format!("delivery:{}", id.0))?;
        Ok(self.store.delivery(id)?)
    }

    pub fn delivery_tally(&mut self) -> Result<Vec<Tally>, Failure> {
        self.permit(Action::DeliverShare, "tally")?;
        Ok(self.store.tally()?)
    }

    pub fn receipts(&mut self, limit: u32) -> Result<Vec<Receipt>, Failure> {
        self.read(Action::SeeShare, "receipts".to_owned())?;
        Ok(self.store.receipts(limit)?)
    }

    /// A drop folder: one package for all that waits, and the receipts that lie there.
    fn drop_into_folder(
        &mut self,
        hub: &Hub,
        stamp: &Stamp,
        each: &mut dyn FnMut(&Outcome),
    ) -> Result<(), Failure> {
        let folder = Path::new(&hub.ways.folder);
        let away = |error: &std::io::Error| Trouble::Away(format!("{}：{error}", hub.ways.folder));
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let waiting = self.store.waiting_deliveries(hub.id, 100_000)?;
                if waiting.is_empty() {
                    return Ok(());
                }
                return self.hub_failed(hub.clone(), &away(&error), each);
            }
        };
        let mut receipts: Vec<_> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().ends_with(".receipt.json"))
            .collect();
        receipts.sort();
        for path in receipts {
            if let Ok(bytes) = std::fs::read(&path) {
                // A receipt of another station, or one that was read before, changes nothing.
                for outcome in self.read_receipt_of(&bytes, Some(hub.id)).unwrap_or_default() {
                    each(&outcome);
                }
            }
        }
        let Some(written) = self.pack(hub, stamp)? else { return Ok(()) };
        let name = format!("{}.xlp", written.package);
        let unfinished = folder.join(format!("{name}.unfinished"));
        let put = write_synced(&unfinished, &written.bytes)
            .and_then(|()| std::fs::rename(&unfinished, folder.join(&name)));
        if let Err(error) = put {
            return self.hub_failed(hub.clone(), &away(&error), each);
        }
        self.packed(hub, &written, stamp, each)
    }
}

/// What a part carries.
enum Load<'a> {
    Image(Box<crate::domain::share::imaging::Instance>, &'a [u8]),
    Papers(Prepared, &'a [u8]),
}

impl Load<'_> {
    fn send(&self, courier: &Courier) -> Result<(), Trouble> {
        match self {
            Self::Image(instance, bytes) => courier.send_image(instance, bytes),
            Self::Papers(prepared, bytes) => courier.send_transaction(prepared, bytes),
        }
    }

    fn read_back(&self, courier: &Courier) -> Result<ReadBack, Trouble> {
        match self {
            Self::Image(instance, bytes) => courier.read_image(instance, bytes),
            Self::Papers(prepared, _) => courier.read_transaction(prepared),
        }
    }
}

enum Sent {
    Verified,
    /// Sent, but the hub gives nothing back to compare.
    Blind,
}

enum PartFailure {
    Ours(Failure),
    Theirs(Trouble),
}

impl From<Trouble> for PartFailure {
    fn from(trouble: Trouble) -> Self {
        Self::Theirs(trouble)
    }
}

impl From<Failure> for PartFailure {
    fn from(failure: Failure) -> Self {
        Self::Ours(failure)
    }
}

impl From<StoreError> for PartFailure {
    fn from(error: StoreError) -> Self {
        Self::Ours(error.into())
    }
}

pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut file = std::fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
