//! Studies and documents: taken in, matched, confirmed into the chart.
use std::path::{Path, PathBuf};

use super::Clinic;
use crate::domain::age::Sex;
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::identity::{IdNumber, Phone};
use crate::domain::patient::{Allergies, Details, PatientId};
use crate::domain::role::Action;
use crate::domain::share::matching::{Candidate, Claimed, Match, Reason, compare, match_person};
use crate::domain::share::{ItemId, Kind};
use crate::services::failure::{Failure, Kind as Fault};
use crate::services::share::intake::{self, Found, Image};
use crate::services::share::outgoing;
use crate::services::share::reader::Reader;
use crate::storage::{Item, Kept, NewInstance, NewItem};
use crate::wire::dicom;

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
        let kept = match self.done(kept, Action::ImportShare, "instance")? {
            // On a stick and over the line the header around the same data set differs.
            Kept::Conflict(item) if self.is_same_data_set(&i.sop_uid, bytes)? => Kept::Same(item),
            kept => kept,
        };
        let mut taken = self.settle((name, bytes), (kept, &image.study), whose)?;
        taken.key.clone_from(&i.sop_uid);
        taken.doubts.clone_from(&i.doubts);
        Ok(taken)
    }

    fn is_same_data_set(&self, sop_uid: &str, bytes: &[u8]) -> Result<bool, Failure> {
        let held = self.store.blob(self.store.instance(sop_uid)?.sha256)?;
        Ok(dicom::same_data_set(&held, bytes))
    }

    pub(super) fn take_document(
        &mut self,
        (name, bytes): (&str, &[u8]),
        new: &NewItem,
        whose: Whose,
    ) -> Result<Taken, Failure> {
        let stamp = self.permit(Action::ImportShare, "")?;
        let kept = self.store.keep_document(new, &stamp);
        let kept = self.done(kept, Action::ImportShare, "document")?;
        if let (Kept::New(item), Kind::Referral) = (kept, new.kind) {
            self.referral_received(item, &stamp)?;
        }
        let mut taken = self.settle((name, bytes), (kept, new), whose)?;
        taken.key.clone_from(&new.key);
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
            Kind::Referral => Some(outgoing::letter(&item.body)?.patient),
            Kind::Study => None,
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

    pub(super) fn skipped(name: &str, reason: String) -> Self {
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
