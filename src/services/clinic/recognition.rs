//! At ordering: what is there already, here and at the hub; recognised, or repeated with a reason. A hub that is away is
//! said and does not hold anything up.
use serde_json::Value;

use super::Clinic;
use crate::domain::age::Day;
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::share::recognition::{
    Decision, ListedItem, Order, Prior, Scope, Undecided, Verdict, judge,
};
use crate::domain::share::trouble::Trouble;
use crate::domain::share::{HubId, Kind};
use crate::services::failure::{Failure, Kind as Fault};
use crate::services::share::courier::{Courier, percent};
use crate::services::share::outgoing;
use crate::storage::{NewDecision, RecognitionCount};
use crate::wire::time;

const ISSUERS: &str = "share-issuers";
const REGION: &str = "share-region";

/// An institution whose results count here, as the administrator wrote it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    pub name: String,
    pub scopes: Vec<Scope>,
    /// `None` = not known.
    pub quality_passed: Option<bool>,
    /// The mark on its reports: 赣HR.
    pub mark: String,
}

/// What is looked for. Empty modality or body part = any.
#[derive(Clone, Copy, Debug)]
pub struct Looking<'a> {
    pub patient: PatientId,
    pub modality: &'a str,
    pub body_part: &'a str,
    pub hub: Option<HubId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorShown {
    pub prior: Prior,
    pub verdict: Verdict,
    pub title: String,
    /// Here, or at this hub.
    pub at: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The recognisable ones first, then by day.
    pub priors: Vec<PriorShown>,
    /// Hubs that could not be asked, and why.
    pub away: Vec<(String, Trouble)>,
}

impl Clinic {
    /// Prior results of a patient, judged by the list.
    pub fn look_up_priors(
        &mut self,
        list: &[ListedItem],
        looking: Looking<'_>,
    ) -> Result<Found, Failure> {
        self.read(Action::LookUpPriors, format!("patient:{}", looking.patient.0))?;
        let issuers = self.issuers_kept()?;
        let region = self.store.setting(REGION)?.unwrap_or_default();
        let mut found = Found::default();
        let mut priors = self.priors_here(looking.patient)?;
        for hub in self.store.hubs()? {
            let asked = looking.hub.is_none_or(|only| only == hub.id);
            if !asked || (hub.ways.fhir.is_empty() && hub.ways.dicomweb.is_empty()) {
                continue;
            }
            let patient = self.store.patient(looking.patient)?;
            let number = patient.details.id_number.as_ref().map(|n| n.as_str().to_owned());
            // Without an ID number nobody can be asked about safely.
            let Some(number) = number else { continue };
            match Courier::new(&hub).and_then(|courier| priors_at(&courier, &number)) {
                Ok(theirs) => {
                    priors.extend(theirs.into_iter().map(|(p, t)| (p, t, hub.name.clone())));
                }
                Err(trouble) => found.away.push((hub.name.clone(), trouble)),
            }
        }
        let fits = |wanted: &str, has: &str| wanted.is_empty() || wanted.eq_ignore_ascii_case(has);
        let in_scope = |scope: Scope, name: &str| {
            issuers.iter().any(|issuer| issuer.name == name && issuer.scopes.contains(&scope))
        };
        let order = Order { region: &region, today: self.today(), issuer_in_scope: &in_scope };
        for (mut prior, title, at) in one_each(priors) {
            if !fits(looking.modality, &prior.modality)
                || !fits(looking.body_part, &prior.body_part)
            {
                continue;
            }
            if let Some(issuer) = issuers.iter().find(|issuer| issuer.name == prior.issuer) {
                prior.quality_passed = issuer.quality_passed;
                prior.mark.clone_from(&issuer.mark);
            }
            let verdict = judge(&prior, list, order);
            found.priors.push(PriorShown { prior, verdict, title, at });
        }
        found.priors.sort_by_key(|shown| {
            let reference = matches!(shown.verdict, Verdict::Reference(_));
            (reference, std::cmp::Reverse(shown.prior.on))
        });
        let shown: Vec<(String, String)> = found
            .priors
            .iter()
            .filter(|shown| matches!(shown.verdict, Verdict::Recognisable { .. }))
            .map(|shown| (shown.prior.reference.clone(), "recognisable".to_owned()))
            .collect();
        if !shown.is_empty() && !self.store.is_read_only() {
            self.store.keep_shown(looking.patient, &shown, self.now())?;
        }
        Ok(found)
    }

    fn priors_here(&self, patient: PatientId) -> Result<Vec<(Prior, String, String)>, Failure> {
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
            priors.push((prior, item.title.clone(), "here".to_owned()));
        }
        Ok(priors)
    }

    /// The doctor's decision about a prior result; it is written down and never changed.
    pub fn decide_prior(&mut self, decided: &NewDecision<'_>) -> Result<(), Failure> {
        let object = format!("patient:{}", decided.patient.0);
        let stamp = self.permit(Action::Recognise, &object)?;
        decided.decision.check().map_err(|why| match why {
            Undecided::NotTold => Failure::new(
                Fault::User,
                "重复检查前要告知患者原因。",
                "The patient is told why before a test is repeated.",
            )
            .next("告知后加 --told。", "Tell the patient, then add --told."),
            Undecided::NoWords => {
                Failure::new(Fault::User, "选“其他”要写明理由。", "Reason E6 needs words.")
                    .next("请加 --words。", "Add --words.")
            }
        })?;
        let words = match decided.decision {
            Decision::Repeated { reason, words, told } => Decision::Repeated {
                reason: *reason,
                words: clean_line(words, LINE_MAX).text,
                told: *told,
            },
            Decision::Recognised => Decision::Recognised,
        };
        let kept = self.store.keep_decision(&NewDecision { decision: &words, ..*decided }, &stamp);
        self.done(kept, Action::Recognise, &object)
    }

    pub fn recognition_count(&mut self) -> Result<RecognitionCount, Failure> {
        self.permit(Action::SeeCounts, "recognition")?;
        Ok(self.store.recognition_count()?)
    }

    fn issuers_kept(&self) -> Result<Vec<Issuer>, Failure> {
        let text = self.store.setting(ISSUERS)?.unwrap_or_default();
        Ok(text.lines().filter_map(issuer_of).collect())
    }

    pub fn issuers(&mut self) -> Result<Vec<Issuer>, Failure> {
        self.permit(Action::LookUpPriors, "issuers")?;
        self.issuers_kept()
    }

    /// Writes an institution down, or anew.
    pub fn set_issuer(&mut self, issuer: &Issuer) -> Result<(), Failure> {
        let stamp = self.permit(Action::ChangeSettings, ISSUERS)?;
        let mut all = self.issuers_kept()?;
        all.retain(|other| other.name != issuer.name);
        all.push(issuer.clone());
        let text: Vec<String> = all.iter().map(issuer_line).collect();
        let set = self.store.set_setting((ISSUERS, &text.join("\n")), &stamp);
        self.done(set, Action::ChangeSettings, ISSUERS)
    }

    /// The six digits of the region whose lists hold here.
    pub fn set_region(&mut self, region: &str) -> Result<(), Failure> {
        let stamp = self.permit(Action::ChangeSettings, REGION)?;
        if region.len() != 6 || !region.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Failure::new(
                Fault::Config,
                "行政区划码是 6 位数字。",
                "A region has six digits.",
            ));
        }
        let set = self.store.set_setting((REGION, region), &stamp);
        self.done(set, Action::ChangeSettings, REGION)
    }
}

type Listed = (Prior, String, String);

/// The same result told twice (here and there, as image and as index) is one; each fills what the other lacks.
fn one_each(priors: Vec<Listed>) -> Vec<Listed> {
    let mut kept: Vec<Listed> = vec![];
    for (prior, title, at) in priors {
        let Some((known, known_title, _)) =
            kept.iter_mut().find(|(known, _, _)| known.reference == prior.reference)
        else {
            kept.push((prior, title, at));
            continue;
        };
        let fill = |slot: &mut String, with: String| {
            if slot.is_empty() {
                *slot = with;
            }
        };
        fill(&mut known.modality, prior.modality);
        fill(&mut known.body_part, prior.body_part);
        fill(&mut known.issuer, prior.issuer);
        fill(known_title, title);
        known.on = known.on.or(prior.on);
        known.data_present |= prior.data_present;
    }
    kept
}

fn issuer_line(issuer: &Issuer) -> String {
    let clean = |text: &str| clean_line(text, LINE_MAX).text.replace('\t', " ");
    let scopes: Vec<&str> = issuer.scopes.iter().map(|scope| scope.id()).collect();
    let quality = match issuer.quality_passed {
        Some(true) => "passed",
        Some(false) => "failed",
        None => "unknown",
    };
    format!("{}\t{}\t{quality}\t{}", clean(&issuer.name), scopes.join(","), clean(&issuer.mark))
}

fn issuer_of(line: &str) -> Option<Issuer> {
    let mut parts = line.split('\t');
    let (name, scopes, quality) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Issuer {
        name: name.to_owned(),
        scopes: scopes.split(',').filter_map(Scope::parse).collect(),
        quality_passed: match quality {
            "passed" => Some(true),
            "failed" => Some(false),
            _ => None,
        },
        mark: parts.next().unwrap_or_default().to_owned(),
    })
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
