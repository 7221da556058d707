//! Looking up prior results in three steps: what is here, what the hubs say (away from the records, so that nothing waits
//! for a line), and the judgement by the list.
use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::recognition::Issuer;
use super::{Clinic, Looking};
use crate::domain::age::Day;
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::share::hub::Hub;
use crate::domain::share::recognition::{ListedItem, Order, Prior, Scope, Verdict, judge};
use crate::domain::share::trouble::Trouble;
use crate::domain::share::{ItemId, Kind};
use crate::services::failure::Failure;
use crate::services::share::courier::{Courier, percent};
use crate::services::share::outgoing;
use crate::wire::time;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorShown {
    pub prior: Prior,
    pub verdict: Verdict,
    pub title: String,
    /// Here, or at this hub.
    pub at: String,
    /// The study, when its images are here.
    pub item: Option<ItemId>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The recognisable ones first, then by day.
    pub priors: Vec<PriorShown>,
    /// Hubs that could not be asked, and why.
    pub away: Vec<(String, Trouble)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    prior: Prior,
    title: String,
    at: String,
    item: Option<ItemId>,
}

/// A hub to be asked about a person. It holds all that is needed, the records do not wait for it.
#[derive(Clone)]
pub struct HubAsk {
    hub: Hub,
    number: String,
}

/// Neither keys nor numbers of people in a log.
impl fmt::Debug for HubAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubAsk").field("hub", &self.hub.name).finish_non_exhaustive()
    }
}

/// What a hub said, or why it could not be asked.
#[derive(Clone, Debug)]
pub struct HubSaid {
    hub: String,
    said: Result<Vec<(Prior, String)>, Trouble>,
}

impl HubAsk {
    pub fn hub(&self) -> &str {
        &self.hub.name
    }

    /// Waits for the hub.
    pub fn ask(&self) -> HubSaid {
        let said = Courier::new(&self.hub).and_then(|courier| priors_at(&courier, &self.number));
        HubSaid { hub: self.hub.name.clone(), said }
    }
}

/// A look-up that has begun.
#[derive(Clone, Debug)]
pub struct LookUp {
    patient: PatientId,
    modality: String,
    body_part: String,
    here: Vec<Listed>,
    /// Who can be asked besides; without an ID number nobody can be asked about safely.
    pub hubs: Vec<HubAsk>,
    /// Shown as recognisable already: counted once.
    counted: BTreeSet<String>,
}

impl LookUp {
    /// Nothing looked up yet.
    pub fn of(looking: Looking<'_>) -> Self {
        Self {
            patient: looking.patient,
            modality: looking.modality.to_owned(),
            body_part: looking.body_part.to_owned(),
            here: vec![],
            hubs: vec![],
            counted: BTreeSet::new(),
        }
    }
}

impl Clinic {
    /// Prior results of a patient, judged by the list; waits for the hubs.
    pub fn look_up_priors(
        &mut self,
        list: &[ListedItem],
        looking: Looking<'_>,
    ) -> Result<Found, Failure> {
        let mut begun = self.begin_look_up(looking)?;
        let said: Vec<HubSaid> = begun.hubs.iter().map(HubAsk::ask).collect();
        self.judge_priors(list, (&mut begun, &said))
    }

    /// What is here, and whom to ask.
    pub fn begin_look_up(&mut self, looking: Looking<'_>) -> Result<LookUp, Failure> {
        self.read(Action::LookUpPriors, format!("patient:{}", looking.patient.0))?;
        let here = self.priors_here(looking.patient)?;
        let patient = self.store.patient(looking.patient)?;
        let number = patient.details.id_number.as_ref().map(|n| n.as_str().to_owned());
        let mut hubs = vec![];
        for hub in self.store.hubs()? {
            let asked = looking.hub.is_none_or(|only| only == hub.id);
            let answers = !hub.ways.fhir.is_empty() || !hub.ways.dicomweb.is_empty();
            if let (true, true, Some(number)) = (asked, answers, &number) {
                hubs.push(HubAsk { hub, number: number.clone() });
            }
        }
        Ok(LookUp { here, hubs, ..LookUp::of(looking) })
    }

    /// Which of the results here, and of what the hubs said so far, have to be recognised.
    pub fn judge_priors(
        &mut self,
        list: &[ListedItem],
        (begun, said): (&mut LookUp, &[HubSaid]),
    ) -> Result<Found, Failure> {
        self.permit(Action::LookUpPriors, &format!("patient:{}", begun.patient.0))?;
        let issuers = self.issuers_kept()?;
        let region = self.region()?;
        let mut found = Found::default();
        let mut priors = begun.here.clone();
        for HubSaid { hub, said } in said {
            match said {
                Ok(theirs) => priors.extend(theirs.iter().map(|(prior, title)| Listed {
                    prior: prior.clone(),
                    title: title.clone(),
                    at: hub.clone(),
                    item: None,
                })),
                Err(trouble) => found.away.push((hub.clone(), trouble.clone())),
            }
        }
        // What does not say which part it shows may be the one.
        let fits = |wanted: &str, has: &str| {
            wanted.is_empty() || has.is_empty() || wanted.eq_ignore_ascii_case(has)
        };
        let in_scope = |scope: Scope, name: &str| {
            issuers
                .iter()
                .any(|issuer: &Issuer| issuer.name == name && issuer.scopes.contains(&scope))
        };
        let order = Order { region: &region, today: self.today(), issuer_in_scope: &in_scope };
        for Listed { mut prior, title, at, item } in one_each(priors) {
            if !fits(&begun.modality, &prior.modality) || !fits(&begun.body_part, &prior.body_part)
            {
                continue;
            }
            if let Some(issuer) = issuers.iter().find(|issuer| issuer.name == prior.issuer) {
                prior.quality_passed = issuer.quality_passed;
                prior.mark.clone_from(&issuer.mark);
            }
            let verdict = judge(&prior, list, order);
            found.priors.push(PriorShown { prior, verdict, title, at, item });
        }
        found.priors.sort_by_key(|shown| {
            let reference = matches!(shown.verdict, Verdict::Reference(_));
            (reference, std::cmp::Reverse(shown.prior.on))
        });
        self.count_shown(begun, &found)?;
        Ok(found)
    }

    fn count_shown(&mut self, begun: &mut LookUp, found: &Found) -> Result<(), Failure> {
        let shown: Vec<(String, String)> = found
            .priors
            .iter()
            .filter(|shown| matches!(shown.verdict, Verdict::Recognisable { .. }))
            .filter(|shown| !begun.counted.contains(&shown.prior.reference))
            .map(|shown| (shown.prior.reference.clone(), "recognisable".to_owned()))
            .collect();
        if !shown.is_empty() && !self.store.is_read_only() {
            self.store.keep_shown(begun.patient, &shown, self.now())?;
            begun.counted.extend(shown.into_iter().map(|(reference, _)| reference));
        }
        Ok(())
    }

    fn priors_here(&self, patient: PatientId) -> Result<Vec<Listed>, Failure> {
        let mut priors = vec![];
        for item in
            self.store.items_of(patient)?.into_iter().filter(|item| item.kind == Kind::Study)
        {
            let images = outgoing::kept(self.store.instances(item.id)?)?;
            let Some(first) = images.first().map(|image| &image.instance) else { continue };
            let prior = Prior {
                reference: format!("study:{}", item.key),
                modality: first.modality.clone(),
                body_part: first.body_part.clone(),
                on: item.day,
                issuer: first.institution.clone(),
                data_present: true,
                ..Prior::default()
            };
            let (title, at) = (item.title, "here".to_owned());
            priors.push(Listed { prior, title, at, item: Some(item.id) });
        }
        Ok(priors)
    }
}

/// The same result told twice (here and there, as image and as index) is one; each fills what the other lacks.
fn one_each(priors: Vec<Listed>) -> Vec<Listed> {
    let mut kept: Vec<Listed> = vec![];
    for new in priors {
        let Some(known) =
            kept.iter_mut().find(|known| known.prior.reference == new.prior.reference)
        else {
            kept.push(new);
            continue;
        };
        let fill = |slot: &mut String, with: String| {
            if slot.is_empty() {
                *slot = with;
            }
        };
        fill(&mut known.prior.modality, new.prior.modality);
        fill(&mut known.prior.body_part, new.prior.body_part);
        fill(&mut known.prior.issuer, new.prior.issuer);
        fill(&mut known.title, new.title);
        known.prior.on = known.prior.on.or(new.prior.on);
        known.prior.data_present |= new.prior.data_present;
    }
    kept
}

/// By QIDO-RS and by FHIR search. Hubs were seen to ignore filters: whoever is not this person is left out here.
fn priors_at(courier: &Courier, number: &str) -> Result<Vec<(Prior, String)>, Trouble> {
    let mut priors = vec![];
    if courier.queries_images() {
        for study in courier.find_studies(number)? {
            let prior = Prior {
                reference: format!("study:{}", study.study_uid),
                modality: study.modalities.first().cloned().unwrap_or_default(),
                on: time::day(&study.date),
                issuer: study.institution.clone(),
                data_present: study.instances > 0,
                ..Prior::default()
            };
            priors.push((prior, study.description.clone()));
        }
    }
    if courier.takes_documents() {
        priors.extend(image_studies(courier, number)?);
    }
    Ok(priors)
}

fn image_studies(courier: &Courier, number: &str) -> Result<Vec<(Prior, String)>, Trouble> {
    const SYSTEM: &str = "urn:oid:2.16.156.10011.1.3";
    let text = |value: &Value, at: &str| {
        value.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let people =
        courier.search(&format!("Patient?identifier={}%7C{}", percent(SYSTEM), percent(number)))?;
    let ours = people.iter().filter(|one| {
        let all = one.get("identifier").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        text(one, "/resourceType") == "Patient"
            && all.iter().any(|id| text(id, "/system") == SYSTEM && text(id, "/value") == number)
    });
    let mut priors = vec![];
    for person in ours {
        let subject = format!("Patient/{}", text(person, "/id"));
        for study in courier.search(&format!("ImagingStudy?patient={}", percent(&subject)))? {
            let of = text(&study, "/subject/reference");
            let same = of == subject || of.ends_with(&format!("/{subject}"));
            if text(&study, "/resourceType") != "ImagingStudy" || !same {
                continue;
            }
            let uid = text(&study, "/identifier/0/value");
            let instances = study.get("numberOfInstances").and_then(Value::as_u64).unwrap_or(0);
            let day: Option<Day> = time::day(&text(&study, "/started"));
            let prior = Prior {
                reference: format!("study:{}", uid.trim_start_matches("urn:oid:")),
                modality: text(&study, "/modality/0/code"),
                body_part: text(&study, "/series/0/bodySite/display"),
                on: day,
                issuer: text(&study, "/series/0/performer/0/actor/display"),
                data_present: instances > 0,
                ..Prior::default()
            };
            priors.push((prior, text(&study, "/description")));
        }
    }
    Ok(priors)
}
