//! What the doctor decides about a result that is there already, and whose results count here.
use super::Clinic;
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::share::HubId;
use crate::domain::share::recognition::{Decision, Scope, Undecided};
use crate::services::failure::{Failure, Kind as Fault};
use crate::storage::{NewDecision, RecognitionCount};

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

impl Clinic {
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

    pub(super) fn region(&self) -> Result<String, Failure> {
        Ok(self.store.setting(REGION)?.unwrap_or_default())
    }

    pub(super) fn issuers_kept(&self) -> Result<Vec<Issuer>, Failure> {
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
