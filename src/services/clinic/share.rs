//! Studies and documents: taken in, matched, confirmed into the chart, consented to, signed and queued.
use std::path::{Path, PathBuf};

use super::Clinic;
use crate::domain::age::Sex;
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::identity::{IdNumber, Phone};
use crate::domain::patient::{Allergies, Details, Patient, PatientId};
use crate::domain::role::Action;
use crate::domain::share::consent::{Asked, Consent, Manner, Purpose, permitting};
use crate::domain::share::discharge::{Discharge, FIRST_VISIT_DAYS};
use crate::domain::share::hub::Hub;
use crate::domain::share::matching::{Candidate, Claimed, Match, Reason, compare, match_person};
use crate::domain::share::parts::{Event, State};
use crate::domain::share::{DeliveryId, HubId, ItemId, Kind};
use crate::services::failure::{Failure, Kind as Fault};
use crate::services::share::intake::{self, Found, Image};
use crate::services::share::outgoing::{self, Paper};
use crate::services::share::reader::Reader;
use crate::storage::{Act, Item, ItemState, Kept, NewDelivery, NewInstance, NewItem, NewPart};
use crate::wire::fhir::Names;

/// What became of one file or line.
#[derive(Clone, Debug)]
pub struct Taken {
    pub file: String,
    pub result: TakenAs,
    pub item: Option<ItemId>,
    pub kind: Option<Kind>,
    /// SOP instance UID, or the document's number.
    pub key: String,
    pub matched: Option<Match>,
    pub patient: Option<PatientId>,
    pub reason: String,
    pub doubts: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenAs {
    New,
    Same,
    Conflict,
    Quarantined,
    Skipped,
}

impl TakenAs {
    pub fn id(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Conflict => "conflict",
            Self::Quarantined => "quarantined",
            Self::Skipped => "skipped",
        }
    }
}

/// What a person said about whose the records are, before they came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Whose {
    /// Propose; only number and name together are taken.
    #[default]
    Propose,
    /// They are this patient's.
    Patient(PatientId),
    /// People who are not here are registered from what the record says.
    Register,
}

/// One queueing: what, to whom, why, and how the patient agreed now (if not before).
#[derive(Clone, Copy, Debug)]
pub struct Queueing {
    pub hub: HubId,
    pub purpose: Purpose,
    pub consent_now: Option<Manner>,
    pub urgent: Urgency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    Usual,
    Urgent,
}

/// What would leave, shown before it leaves.
#[derive(Clone, Debug)]
pub struct Leaving {
    pub item: Item,
    pub patient: Patient,
    pub hub: String,
    pub parts: usize,
    pub bytes: u64,
    /// Where each part's fields come from is the record itself; these are named for the person who signs.
    pub fields: Vec<String>,
}

#[derive(Clone, Debug)]
pub enum Queued {
    New(DeliveryId, Leaving),
    /// It waits or is there already.
    Already(DeliveryId, State),
}

impl Clinic {
    /// Takes in files and folders. One bad file never stops the others; each gets its line.
    pub fn import(
        &mut self,
        paths: &[PathBuf],
        (whose, reader): (Whose, &Reader),
        each: &mut dyn FnMut(Taken),
    ) -> Result<(), Failure> {
        self.permit(Action::ImportShare, "")?;
        for (path, found) in intake::files(paths) {
            let name = path.display().to_string();
            let bytes = match found.and_then(|()| intake::read_file(&path)) {
                Ok(bytes) => bytes,
                Err(error) => {
                    each(Taken::skipped(&name, error.to_string()));
                    continue;
                }
            };
            for found in intake::look(&name, &bytes, reader) {
                each(self.take((&name, &bytes), found, whose)?);
            }
        }
        Ok(())
    }

    /// Takes in what was typed or piped: forms, or one document.
    pub fn import_bytes(
        &mut self,
        (name, bytes): (&str, &[u8]),
        (whose, reader): (Whose, &Reader),
        each: &mut dyn FnMut(Taken),
    ) -> Result<(), Failure> {
        self.permit(Action::ImportShare, "")?;
        for found in intake::look(name, bytes, reader) {
            each(self.take((name, bytes), found, whose)?);
        }
        Ok(())
    }

    /// One record that was read from bytes.
    pub(in crate::services) fn take(
        &mut self,
        (name, bytes): (&str, &[u8]),
        found: Found,
        whose: Whose,
    ) -> Result<Taken, Failure> {
        match found {
            Found::Image(image) => self.take_image((name, bytes), &image, whose),
            Found::Document(document) => self.take_document((name, bytes), &document, whose),
            Found::Package => {
                Ok(Taken::skipped(name, "交换包请用 share package --open".to_owned()))
            }
            Found::Bad(reason) => self.set_aside((name, bytes), &reason),
            Found::Other(reason) => Ok(Taken::skipped(name, reason)),
        }
    }

    fn set_aside(&mut self, (name, bytes): (&str, &[u8]), reason: &str) -> Result<Taken, Failure> {
        let stamp = self.permit(Action::ImportShare, "")?;
        let short = Path::new(name).file_name().map_or(name.into(), |n| n.to_string_lossy());
        let short = clean_line(&short, LINE_MAX).text;
        let kept = self.store.quarantine((&short, bytes), reason, &stamp);
        self.done(kept, Action::ImportShare, "quarantine")?;
        Ok(Taken { result: TakenAs::Quarantined, ..Taken::skipped(name, reason.to_owned()) })
    }

    fn take_image(
        &mut self,
        (name, bytes): (&str, &[u8]),
        image: &Image,
        whose: Whose,
    ) -> Result<Taken, Failure> {
        let stamp = self.permit(Action::ImportShare, "")?;
        let i = &image.instance;
        if let Some(study) = self.store.item_version(Kind::Study, &i.study_uid, 1)?
            && (study.claimed.name != image.study.claimed.name
                || study.claimed.id_number != image.study.claimed.id_number)
        {
            let reason = format!("study {} is another person's here", i.study_uid);
            let taken = self.set_aside((name, bytes), &reason)?;
            return Ok(Taken { item: Some(study.id), ..taken });
        }
        let new = NewInstance { sop_uid: &i.sop_uid, line: &image.line, bytes };
        let kept = self.store.keep_instance(&image.study, &new, &stamp);
        let kept = self.done(kept, Action::ImportShare, "instance")?;
        let mut taken = self.settle((name, bytes), (kept, &image.study), whose)?;
        taken.key = i.sop_uid.clone();
        taken.doubts = i.doubts.clone();
        Ok(taken)
    }

    fn take_document(
        &mut self,
        (name, bytes): (&str, &[u8]),
        new: &NewItem,
        whose: Whose,
    ) -> Result<Taken, Failure> {
        let stamp = self.permit(Action::ImportShare, "")?;
        let kept = self.store.keep_document(new, &stamp);
        let kept = self.done(kept, Action::ImportShare, "document")?;
        let mut taken = self.settle((name, bytes), (kept, new), whose)?;
        taken.key = new.key.clone();
        Ok(taken)
    }

    fn settle(
        &mut self,
        (name, bytes): (&str, &[u8]),
        (kept, new): (Kept, &NewItem),
        whose: Whose,
    ) -> Result<Taken, Failure> {
        let (result, item) = match kept {
            Kept::New(item) => (TakenAs::New, item),
            Kept::Same(item) => (TakenAs::Same, item),
            Kept::Conflict(item) => (TakenAs::Conflict, item),
        };
        let mut taken = Taken {
            file: name.to_owned(),
            result,
            item: Some(item),
            kind: Some(new.kind),
            key: new.key.clone(),
            matched: None,
            patient: None,
            reason: String::new(),
            doubts: vec![],
        };
        if result == TakenAs::Conflict {
            let reason = format!("the same number with other content is here (item {})", item.0);
            self.set_aside((name, bytes), &reason)?;
            taken.reason = reason;
            return Ok(taken);
        }
        let there = self.store.item(item)?;
        taken.patient = there.patient;
        if there.patient.is_none() {
            let (matched, patient) = self.whose(&there, whose)?;
            taken.matched = matched;
            taken.patient = patient;
        }
        Ok(taken)
    }

    /// Finds whose a record is; what is not certain is left to a person.
    fn whose(
        &mut self,
        item: &Item,
        whose: Whose,
    ) -> Result<(Option<Match>, Option<PatientId>), Failure> {
        let stamp = self.permit(Action::MatchShare, &format!("item:{}", item.id.0))?;
        if let Whose::Patient(patient) = whose {
            self.match_record(item.id, patient)?;
            return Ok((None, Some(patient)));
        }
        let people = self.store.people_like(&item.claimed)?;
        let found = match_person(&item.claimed, &people);
        let patient = match (&found, whose) {
            (Match::Same(same), _) => {
                let matched = self.store.match_item(item.id, (same.patient, "rule"), &stamp);
                self.done(matched, Action::MatchShare, "item")?;
                Some(same.patient)
            }
            (Match::Nobody, Whose::Register) => self.register_claimed(item)?,
            // The hospital's own number and the name are those of a record that was matched before.
            (Match::Ask(asked), Whose::Register)
                if let Some(known) = self.store.patient_of_claim(&item.claimed)?
                    && asked.iter().any(|one| one.patient == known && agrees_with(one)) =>
            {
                let matched = self.store.match_item(item.id, (known, "person"), &stamp);
                self.done(matched, Action::MatchShare, "item")?;
                Some(known)
            }
            // Registered a moment ago from the same words: the same person again, by the user's own order.
            (Match::Ask(asked), Whose::Register) if agrees(asked) => {
                let matched = self.store.match_item(item.id, (asked[0].patient, "person"), &stamp);
                self.done(matched, Action::MatchShare, "item")?;
                Some(asked[0].patient)
            }
            _ => None,
        };
        Ok((Some(found), patient))
    }

    /// Registers a new person for a record, under the record's name or under the one that is given.
    pub fn register_for(
        &mut self,
        item: ItemId,
        name: Option<&str>,
    ) -> Result<Option<PatientId>, Failure> {
        self.permit(Action::MatchShare, &format!("item:{}", item.0))?;
        let mut record = self.store.item(item)?;
        if let Some(name) = name {
            record.claimed.name = clean_line(name, LINE_MAX).text;
        }
        self.register_claimed(&record)
    }

    fn register_claimed(&mut self, item: &Item) -> Result<Option<PatientId>, Failure> {
        if item.claimed.name.trim().is_empty() {
            return Ok(None);
        }
        let stamp = self.permit(Action::RegisterPatient, "")?;
        let person = match item.kind {
            Kind::Discharge => Some(outgoing::record(&item.body)?.patient),
            _ => None,
        };
        let id_number = IdNumber::from_kept(item.claimed.id_number.trim());
        let sex = match item.claimed.sex {
            Sex::Unknown => id_number.as_ref().map_or(Sex::Unknown, IdNumber::sex),
            sex => sex,
        };
        let details = Details {
            name: clean_line(&item.claimed.name, LINE_MAX).text,
            sex,
            birth: item.claimed.birth.or(id_number.as_ref().map(IdNumber::birth)),
            id_number,
            phone: person.as_ref().and_then(|p| Phone::parse(&p.phone).ok()),
            address: person.map(|p| clean_line(&p.address, LINE_MAX).text).unwrap_or_default(),
            allergies: Allergies::NotAsked,
            ..Details::default()
        };
        let registered = self.store.register_patient(&details, &stamp);
        let patient = self.done(registered, Action::RegisterPatient, "")?;
        let matched = self.store.match_item(item.id, (patient, "person"), &stamp);
        self.done(matched, Action::MatchShare, "item")?;
        Ok(Some(patient))
    }

    /// A person says whose record it is. Another ID number is never overruled.
    pub fn match_record(&mut self, item: ItemId, patient: PatientId) -> Result<Candidate, Failure> {
        let object = format!("item:{} patient:{}", item.0, patient.0);
        let stamp = self.permit(Action::MatchShare, &object)?;
        let record = self.store.item(item)?;
        let compared = compare(&record.claimed, &self.store.patient(patient)?);
        if compared.reasons.contains(&Reason::OtherIdNumber) {
            return Err(Failure::new(
                Fault::User,
                "记录上的身份证号与该患者不同，没有归到名下。",
                "The record's ID number is another one; it was not matched.",
            )
            .next(
                "请核对身份证号；登记错了就先更正患者资料。",
                "Check the number; correct the patient's record first if that one is wrong.",
            ));
        }
        let matched = self.store.match_item(item, (patient, "person"), &stamp);
        self.done(matched, Action::MatchShare, &object)?;
        Ok(compared)
    }

    /// Who a record may be about, best first.
    pub fn candidates(&mut self, item: ItemId) -> Result<Match, Failure> {
        self.permit(Action::MatchShare, &format!("item:{}", item.0))?;
        let claimed: Claimed = self.store.item(item)?.claimed;
        Ok(match_person(&claimed, &self.store.people_like(&claimed)?))
    }

    pub fn shared_items(&mut self, limit: u32) -> Result<Vec<Item>, Failure> {
        self.read(Action::SeeShare, "items".to_owned())?;
        Ok(self.store.items(limit)?)
    }

    pub fn shared_item(&mut self, item: ItemId) -> Result<Item, Failure> {
        self.read(Action::SeeShare, format!("item:{}", item.0))?;
        Ok(self.store.item(item)?)
    }

    pub fn quarantined(&mut self, limit: u32) -> Result<Vec<crate::storage::Quarantined>, Failure> {
        self.read(Action::SeeShare, "quarantine".to_owned())?;
        Ok(self.store.quarantined(limit)?)
    }

    /// A person has read a discharge record: its diagnoses join the problem list, the first visit becomes a task.
    pub fn confirm_record(&mut self, item: ItemId) -> Result<Confirmed, Failure> {
        let object = format!("item:{}", item.0);
        let stamp = self.permit(Action::ConfirmShare, &object)?;
        let there = self.store.item(item)?;
        let (Kind::Discharge, Some(patient)) = (there.kind, there.patient) else {
            return Err(Failure::new(
                Fault::User,
                "只有已归到患者名下的出院小结可以确认入档。",
                "Only a discharge record that is matched to a patient can be confirmed.",
            ));
        };
        let record = outgoing::record(&there.body)?;
        let known = self.store.patient(patient)?;
        let mut details = known.details.clone();
        let added: Vec<String> = record
            .discharge_diagnoses
            .iter()
            .map(|d| clean_line(&d.name, LINE_MAX).text)
            .filter(|name| !name.is_empty() && !known.details.conditions.contains(name))
            .collect();
        if !added.is_empty() {
            let edit = self.permit(Action::EditPatient, &object)?;
            details.conditions.extend(added.iter().cloned());
            let edited = self.store.edit_patient((patient, known.revision), &details, &edit);
            self.done(edited, Action::EditPatient, &object)?;
        }
        let from = record.discharged.unwrap_or(self.today());
        let due = from.plus_days(FIRST_VISIT_DAYS);
        let confirmed = self.store.confirm_item(item, (patient, due), &stamp);
        self.done(confirmed, Action::ConfirmShare, &object)?;
        Ok(Confirmed { patient, added, due, record })
    }

    pub fn first_visits(&mut self) -> Result<Vec<crate::storage::Task>, Failure> {
        self.read(Action::SeeShare, "tasks".to_owned())?;
        Ok(self.store.share_tasks()?)
    }

    pub fn give_consent(&mut self, patient: PatientId, consent: &Consent) -> Result<i64, Failure> {
        let object = format!("patient:{}", patient.0);
        let stamp = self.permit(Action::ChangeConsent, &object)?;
        let given = self.store.give_consent(patient, consent, &stamp);
        self.done(given, Action::ChangeConsent, &object)
    }

    /// Takes a consent back; returns how many waiting deliveries were stopped by it.
    pub fn withdraw_consent(&mut self, id: i64) -> Result<u64, Failure> {
        let object = format!("consent:{id}");
        let stamp = self.permit(Action::ChangeConsent, &object)?;
        let withdrawn = self.store.withdraw_consent(id, &stamp);
        self.done(withdrawn, Action::ChangeConsent, &object)
    }

    pub fn consents(&mut self, patient: PatientId) -> Result<Vec<Consent>, Failure> {
        self.read(Action::ChangeConsent, format!("patient:{} consents", patient.0))?;
        Ok(self.store.consents(patient)?)
    }

    pub(super) fn names(&self) -> Result<Names, Failure> {
        let org_oid = self.store.setting("share-org-oid")?.unwrap_or_default();
        Ok(Names { org_oid, station: self.row.id.clone() })
    }

    pub fn set_org_oid(&mut self, oid: &str) -> Result<(), Failure> {
        let stamp = self.permit(Action::ChangeHubs, "org-oid")?;
        if !crate::domain::share::imaging::is_uid(oid.trim()) {
            return Err(Failure::new(
                Fault::Config,
                format!("{oid:?} 不是 OID。"),
                format!("{oid:?} is no OID."),
            ));
        }
        let set = self.store.set_setting(("share-org-oid", oid.trim()), &stamp);
        self.done(set, Action::ChangeHubs, "org-oid")
    }

    /// What would leave for a hub. Nothing is signed or queued by looking.
    pub fn leaving(&mut self, item: ItemId, hub: HubId) -> Result<Leaving, Failure> {
        self.read(Action::SeeShare, format!("item:{} for hub:{}", item.0, hub.0))?;
        let (there, patient) = self.ready(item)?;
        let hub = self.store.hub(hub)?;
        let parts = self.parts(&there, &patient, &hub)?;
        Ok(leaving(there, patient, (&hub, &parts)))
    }

    fn ready(&self, item: ItemId) -> Result<(Item, Patient), Failure> {
        let there = self.store.item(item)?;
        let Some(patient) = there.patient else {
            return Err(Failure::new(
                Fault::User,
                format!("记录 {} 还没有归到患者名下，没有排队。", item.0),
                format!("Record {} is not matched to a patient; it was not queued.", item.0),
            )
            .next("请先 share match。", "Match it first: share match."));
        };
        if there.state != ItemState::Current {
            return Err(Failure::new(
                Fault::User,
                format!("记录 {} 已被替代或撤回，没有排队。", item.0),
                format!("Record {} is superseded or withdrawn; it was not queued.", item.0),
            ));
        }
        let patient = self.store.patient(patient)?;
        Ok((there, patient))
    }

    /// Signs a record and puts it into the queue of a hub, with the patient's consent.
    pub fn queue_record(&mut self, item: ItemId, how: Queueing) -> Result<Queued, Failure> {
        let object = format!("item:{} hub:{}", item.0, how.hub.0);
        let stamp = self.permit(Action::QueueShare, &object)?;
        let (there, patient) = self.ready(item)?;
        let hub = self.store.hub(how.hub)?;
        let before = self.store.deliveries_of(item, hub.id)?;
        let shared =
            |d: &&crate::storage::Delivery| d.act == Act::Share && d.state != State::Superseded;
        if let Some(open) = before.iter().filter(shared).find(|d| !d.state.is_final()) {
            return Ok(Queued::Already(open.id, open.state));
        }
        let parts = self.parts(&there, &patient, &hub)?;
        let arrived: Vec<_> = before.iter().filter(shared).flat_map(|d| &d.parts).collect();
        let news = |part: &NewPart| !arrived.iter().any(|old| old.sha256 == part.sha256);
        let last = before.iter().rev().find(shared);
        if let Some(last) = last
            && !parts.iter().any(news)
        {
            return Ok(Queued::Already(last.id, last.state));
        }
        let consent = self.consent_for(&there, &patient, how)?;
        self.give_up_older(&there, &hub)?;
        let priority = match (how.urgent, there.kind) {
            (Urgency::Urgent, _) => 0,
            (Urgency::Usual, Kind::Referral) => 1,
            (Urgency::Usual, Kind::Discharge) => 2,
            (Urgency::Usual, Kind::Study) => 5,
        };
        let shown = leaving(there, patient, (&hub, &parts));
        let new = NewDelivery {
            item,
            hub: hub.id,
            act: Act::Share,
            purpose: how.purpose,
            consent: Some(consent),
            priority,
            parts,
        };
        let queued = self.store.queue_delivery(&new, &stamp);
        Ok(Queued::New(self.done(queued, Action::QueueShare, &object)?, shown))
    }

    fn consent_for(
        &mut self,
        item: &Item,
        patient: &Patient,
        how: Queueing,
    ) -> Result<i64, Failure> {
        let asked = Asked { purpose: how.purpose, kind: item.kind, hub: how.hub };
        let now = self.now();
        match permitting(&self.store.consents(patient.id)?, asked, now) {
            Ok(consent) => Ok(consent),
            Err(why) => match how.consent_now {
                Some(manner) => {
                    let consent = Consent {
                        id: 0,
                        purpose: how.purpose,
                        kinds: vec![item.kind],
                        hub: Some(how.hub),
                        manner,
                        given: now,
                        until: None,
                        withdrawn: None,
                    };
                    self.give_consent(patient.id, &consent)
                }
                None => Err(Failure::no_consent(why)),
            },
        }
    }

    /// An older version that still waits is not sent any more.
    fn give_up_older(&mut self, item: &Item, hub: &Hub) -> Result<(), Failure> {
        let stamp = self.permit(Action::QueueShare, &format!("item:{}", item.id.0))?;
        for version in 1..item.version {
            let Some(old) = self.store.item_version(item.kind, &item.key, version)? else {
                continue;
            };
            for delivery in self.store.deliveries_of(old.id, hub.id)? {
                if !delivery.state.is_final() && delivery.state != State::Sending {
                    self.store.delivery_word(delivery.id, &Event::Superseded, &stamp)?;
                }
            }
        }
        Ok(())
    }

    fn paper_of(&self, item: &Item) -> Result<(Discharge, Vec<(String, Vec<u8>)>), Failure> {
        let record = outgoing::record(&item.body)?;
        let original = match item.original {
            Some(hash) => Some((self.store.blob(hash)?, item.original_type.clone())),
            None => None,
        };
        let documents = outgoing::documents(&record, original, &self.names()?.org_oid);
        Ok((record, documents))
    }

    fn parts(&self, item: &Item, patient: &Patient, hub: &Hub) -> Result<Vec<NewPart>, Failure> {
        let names = self.names()?;
        let offline = !hub.ways.is_online();
        let no_way = |what: &'static str| {
            Failure::from(crate::domain::share::trouble::Trouble::Config(
                crate::domain::share::trouble::Config::NoRoute(what),
            ))
        };
        if item.kind == Kind::Study {
            if !offline && hub.ways.dicomweb.is_empty() && hub.ways.dimse.is_empty() {
                return Err(no_way("影像"));
            }
            let images = outgoing::kept(self.store.instances(item.id)?)?;
            let mut parts: Vec<NewPart> = images.iter().map(outgoing::image_part).collect();
            parts.sort_by_key(|part| part.bytes);
            if offline || !hub.ways.fhir.is_empty() {
                let prepared =
                    outgoing::study_transaction(&names, patient, (&images, &hub.ways.dicomweb));
                parts.push(outgoing::transaction_part(&prepared, "ImagingStudy"));
            }
            return Ok(parts);
        }
        if !offline && hub.ways.fhir.is_empty() {
            return Err(no_way("文书"));
        }
        let (record, documents) = self.paper_of(item)?;
        let paper = Paper { record: &record, patient, documents: &documents };
        let earlier = self.delivered_before(item, hub)?;
        let prepared = match &earlier {
            Some(old) => {
                let (record, documents) = self.paper_of(old)?;
                let old = Paper { record: &record, patient, documents: &documents };
                paper.transaction(&names, Some(&old))
            }
            None => paper.transaction(&names, None),
        };
        Ok(vec![outgoing::transaction_part(&prepared, "DocumentReference")])
    }

    /// The version before this one that the hub has.
    fn delivered_before(&self, item: &Item, hub: &Hub) -> Result<Option<Item>, Failure> {
        for version in (1..item.version).rev() {
            let Some(old) = self.store.item_version(item.kind, &item.key, version)? else {
                continue;
            };
            let there = self.store.deliveries_of(old.id, hub.id)?;
            if there.iter().any(|d| matches!(d.state, State::Verified | State::Receipted)) {
                return Ok(Some(old));
            }
        }
        Ok(None)
    }

    /// Takes a document back wherever it has arrived; what waits is given up. Nothing is deleted anywhere.
    pub fn withdraw_record(&mut self, item: ItemId) -> Result<Vec<DeliveryId>, Failure> {
        let object = format!("item:{} withdraw", item.0);
        let stamp = self.permit(Action::QueueShare, &object)?;
        let there = self.store.item(item)?;
        let mut told = vec![];
        for hub in self.store.hubs()? {
            let deliveries = self.store.deliveries_of(item, hub.id)?;
            let arrived = deliveries.iter().any(|d| {
                d.act == Act::Share
                    && d.parts.iter().any(|p| {
                        matches!(p.state, State::Verified | State::Receipted | State::Sent)
                    })
            });
            for delivery in deliveries.iter().filter(|d| !d.state.is_final()) {
                self.store.delivery_word(delivery.id, &Event::Superseded, &stamp)?;
            }
            if let (true, Kind::Discharge, Some(patient)) = (arrived, there.kind, there.patient) {
                let patient = self.store.patient(patient)?;
                let (record, documents) = self.paper_of(&there)?;
                let paper = Paper { record: &record, patient: &patient, documents: &documents };
                let prepared = paper.withdrawal(&self.names()?);
                let new = NewDelivery {
                    item,
                    hub: hub.id,
                    act: Act::Withdraw,
                    purpose: Purpose::Treatment,
                    consent: None,
                    priority: 1,
                    parts: vec![outgoing::transaction_part(&prepared, "DocumentReference")],
                };
                told.push(self.store.queue_delivery(&new, &stamp)?);
            }
        }
        let withdrawn = self.store.withdraw_item(item, &stamp);
        self.done(withdrawn, Action::QueueShare, &object)?;
        Ok(told)
    }
}

/// What was put into the chart.
#[derive(Clone, Debug)]
pub struct Confirmed {
    pub patient: PatientId,
    /// Names that joined the problem list.
    pub added: Vec<String>,
    pub due: crate::domain::age::Day,
    pub record: Discharge,
}

impl Taken {
    /// The index of a study: how many images it names, and how many of them are not here.
    pub(super) fn index(name: &str, (named, missing): (usize, usize)) -> Self {
        let mut taken = Self::skipped(name, String::new());
        if missing == 0 && named > 0 {
            taken.result = TakenAs::New;
        } else {
            taken.reason = format!("{missing} of {named} named images are not here");
        }
        taken
    }

    fn skipped(name: &str, reason: String) -> Self {
        Self {
            file: name.to_owned(),
            result: TakenAs::Skipped,
            item: None,
            kind: None,
            key: String::new(),
            matched: None,
            patient: None,
            reason,
            doubts: vec![],
        }
    }
}

fn agrees_with(one: &Candidate) -> bool {
    one.reasons.iter().all(|reason| *reason < Reason::OtherIdNumber)
}

/// One candidate only, nothing against them, and more than the name speaks for them.
fn agrees(asked: &[Candidate]) -> bool {
    asked.len() == 1 && agrees_with(&asked[0]) && asked[0].reasons.len() > 1
}

fn leaving(item: Item, patient: Patient, (hub, parts): (&Hub, &[NewPart])) -> Leaving {
    let mut fields = vec!["姓名", "性别", "出生日期"];
    let d = &patient.details;
    if d.id_number.is_some() || !item.claimed.id_number.is_empty() {
        fields.push("身份证号");
    }
    match item.kind {
        Kind::Study => fields.extend(["影像原件", "检查目录"]),
        Kind::Discharge => {
            fields.extend(["电话", "住址", "诊断", "手术", "用药", "检验", "出院医嘱", "文书原件"])
        }
        Kind::Referral => fields.extend(["诊断", "用药", "过敏", "转诊原因"]),
    }
    Leaving {
        hub: hub.name.clone(),
        parts: parts.len(),
        bytes: parts.iter().map(|part| part.bytes).sum(),
        fields: fields.into_iter().map(str::to_owned).collect(),
        item,
        patient,
    }
}
