//! What leaves: with the patient's consent, signed, queued for a hub; corrected and taken back as versions.
use super::Clinic;
use crate::domain::patient::{Patient, PatientId};
use crate::domain::role::Action;
use crate::domain::share::consent::{Asked, Consent, Manner, Purpose, permitting};
use crate::domain::share::discharge::Discharge;
use crate::domain::share::hub::Hub;
use crate::domain::share::parts::{Event, State};
use crate::domain::share::referral;
use crate::domain::share::trouble::{Config, Trouble};
use crate::domain::share::{DeliveryId, HubId, ItemId, Kind};
use crate::services::failure::{Failure, Kind as Fault};
use crate::services::share::outgoing::{self, Paper};
use crate::storage::{Act, Item, ItemState, NewDelivery, NewPart};
use crate::wire::fhir::{self, Names, Prepared};

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
    New(DeliveryId, Box<Leaving>),
    /// It waits or is there already.
    Already(DeliveryId, State),
}

impl Clinic {
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
        let urgent = there.kind == Kind::Referral
            && outgoing::letter(&there.body)?.urgency != referral::Urgency::Routine;
        let priority = match (how.urgent, there.kind) {
            _ if urgent => 0,
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
        let id = self.done(queued, Action::QueueShare, &object)?;
        self.referral_went(item, referral::State::Queued, &stamp)?;
        Ok(Queued::New(id, Box::new(shown)))
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
        let no_way = |what: &'static str| Failure::from(Trouble::Config(Config::NoRoute(what)));
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
        let earlier = self.delivered_before(item, hub)?;
        if item.kind == Kind::Referral {
            let letter = outgoing::letter(&item.body)?;
            let before = earlier.map(|old| outgoing::letter(&old.body)).transpose()?;
            let of = (&letter, patient);
            let prepared = outgoing::referral_transaction(&names, of, before.as_ref());
            return Ok(vec![outgoing::transaction_part(&prepared, "DocumentReference")]);
        }
        let (record, documents) = self.paper_of(item)?;
        let paper = Paper { record: &record, patient, documents: &documents };
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

    fn withdrawal(&self, item: &Item, patient: &Patient) -> Result<Prepared, Failure> {
        let names = self.names()?;
        if item.kind == Kind::Referral {
            let letter = outgoing::letter(&item.body)?;
            return Ok(fhir::referral_withdrawn(&names, &letter, &outgoing::patient_key(patient)));
        }
        let (record, documents) = self.paper_of(item)?;
        Ok(Paper { record: &record, patient, documents: &documents }.withdrawal(&names))
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
            if let (true, Kind::Discharge | Kind::Referral, Some(patient)) =
                (arrived, there.kind, there.patient)
            {
                let prepared = self.withdrawal(&there, &self.store.patient(patient)?)?;
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

fn leaving(item: Item, patient: Patient, (hub, parts): (&Hub, &[NewPart])) -> Leaving {
    let mut fields = vec!["姓名", "性别", "出生日期"];
    let d = &patient.details;
    if d.id_number.is_some() || !item.claimed.id_number.is_empty() {
        fields.push("身份证号");
    }
    match item.kind {
        Kind::Study => fields.extend(["影像原件", "检查目录"]),
        Kind::Discharge => {
            fields.extend(["电话", "住址", "诊断", "手术", "用药", "检验", "出院医嘱", "文书原件"]);
        }
        Kind::Referral => fields.extend([
            "电话",
            "住址",
            "转诊原因",
            "病情摘要",
            "诊断",
            "过敏",
            "用药",
            "检查结果",
            "安排",
        ]),
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
