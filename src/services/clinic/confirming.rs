//! A person has read what came in: it goes into the chart, and the first visit becomes a task.
use super::Clinic;
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::share::discharge::{Discharge, FIRST_VISIT_DAYS};
use crate::domain::share::letter::Letter;
use crate::domain::share::{ItemId, Kind};
use crate::domain::visit::Certainty;
use crate::services::failure::{Failure, Kind as Fault};
use crate::services::share::outgoing;
use crate::storage::Item;

impl Clinic {
    /// A person has read a discharge record: its diagnoses join the problem list, the first visit becomes a task.
    pub fn confirm_record(&mut self, item: ItemId) -> Result<Confirmed, Failure> {
        let object = format!("item:{}", item.0);
        let stamp = self.permit(Action::ConfirmShare, &object)?;
        let there = self.store.item(item)?;
        let (Kind::Discharge | Kind::Referral, Some(patient)) = (there.kind, there.patient) else {
            return Err(Failure::new(
                Fault::User,
                "只有已归到患者名下的出院小结和转诊单可以确认入档。",
                "Only a discharge record or referral that is matched to a patient can be confirmed.",
            ));
        };
        let read = Read::of(&there)?;
        let known = self.store.patient(patient)?;
        let mut details = known.details.clone();
        let added: Vec<String> = read
            .problems()
            .into_iter()
            .map(|name| clean_line(name, LINE_MAX).text)
            .filter(|name| !name.is_empty() && !known.details.conditions.contains(name))
            .collect();
        if !added.is_empty() {
            let edit = self.permit(Action::EditPatient, &object)?;
            details.conditions.extend(added.iter().cloned());
            let edited = self.store.edit_patient((patient, known.revision), &details, &edit);
            self.done(edited, Action::EditPatient, &object)?;
        }
        let due = match &read {
            Read::Discharge(record) => {
                let from = record.discharged.unwrap_or(self.today());
                self.discharge_received(patient, (from, &object))?;
                Some(from.plus_days(FIRST_VISIT_DAYS))
            }
            Read::Referral(letter) => self.referral_confirmed((item, patient), letter)?,
        };
        let confirmed = self.store.confirm_item(item, &stamp);
        self.done(confirmed, Action::ConfirmShare, &object)?;
        Ok(Confirmed { patient, added, due, medicines: read.medicines(), plan: read.plan() })
    }
}

/// A document that a person can confirm.
enum Read {
    Discharge(Box<Discharge>),
    Referral(Box<Letter>),
}

impl Read {
    fn of(item: &Item) -> Result<Self, Failure> {
        Ok(match item.kind {
            Kind::Referral => Self::Referral(Box::new(outgoing::letter(&item.body)?)),
            _ => Self::Discharge(Box::new(outgoing::record(&item.body)?)),
        })
    }

    /// What joins the problem list; what is only suspected does not.
    fn problems(&self) -> Vec<&str> {
        match self {
            Self::Discharge(record) => {
                record.discharge_diagnoses.iter().map(|d| d.name.as_str()).collect()
            }
            Self::Referral(letter) => letter
                .problems
                .iter()
                .filter(|one| one.certainty == Certainty::Confirmed)
                .map(|one| one.name.as_str())
                .collect(),
        }
    }

    fn medicines(&self) -> Vec<String> {
        let all = match self {
            Self::Discharge(record) => &record.medicines,
            Self::Referral(letter) => &letter.medicines,
        };
        all.iter().map(|m| m.name.clone()).collect()
    }

    fn plan(&self) -> String {
        match self {
            Self::Discharge(record) => record.orders.clone(),
            Self::Referral(letter) => letter.plan.clone(),
        }
    }
}

/// What was put into the chart.
#[derive(Clone, Debug)]
pub struct Confirmed {
    pub patient: PatientId,
    /// Names that joined the problem list.
    pub added: Vec<String>,
    /// Day of the first visit; `None` for a referral up, which asks for none here.
    pub due: Option<crate::domain::age::Day>,
    pub medicines: Vec<String>,
    /// Orders or plan, as written.
    pub plan: String,
}
