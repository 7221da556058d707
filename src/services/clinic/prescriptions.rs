//! Prescriptions over visits: a period read for review, templates, earlier ones to be written again.
use std::collections::{HashMap, hash_map::Entry};

use super::Clinic;
use crate::domain::age::Day;
use crate::domain::cleaning::{NAME_MAX, clean_line};
use crate::domain::instant::Instant;
use crate::domain::patient::{Patient, PatientId};
use crate::domain::role::Action;
use crate::domain::visit::SignedVisit;
use crate::domain::visit::template::{
    NewTemplate, PastPrescription, Scope, Template, TemplateId, TemplateRefusal,
};
use crate::services::failure::{Failure, Kind};
use crate::storage::Away;

/// So many earlier prescriptions are offered.
const PAST_MOST: usize = 9;

/// How long before a period a prescription may still be in use in it: the longest the law allows.
const STILL_IN_USE_DAYS: i64 = 84;

/// Signed prescriptions of a period, with those before it that may still have been in use.
#[derive(Clone, Debug, Default)]
pub struct Prescribed {
    pub before: Vec<SignedVisit>,
    pub period: Vec<SignedVisit>,
    pub patients: HashMap<PatientId, Patient>,
}

impl Clinic {
    /// Signed prescriptions from one day to another, both counted, for 处方点评. Logged as one look at records.
    pub fn prescribed(&mut self, from: Day, to: Day) -> Result<Prescribed, Failure> {
        self.read(Action::ReviewPrescription, format!("prescriptions:{from}..{to}"))?;
        if to < from {
            return Err(Failure::new(
                Kind::User,
                format!("起止日期写反了：{from} 在 {to} 之后。"),
                format!("The days are the wrong way round: {from} is after {to}."),
            ));
        }
        let start = Instant::start_of(from);
        let end = Instant::start_of(to).plus_days(1);
        let before = self.store.prescribed_between((start.plus_days(-STILL_IN_USE_DAYS), start))?;
        let period = self.store.prescribed_between((start, end))?;
        let mut patients = HashMap::new();
        for visit in &period {
            let id = visit.visit.patient;
            if let Entry::Vacant(place) = patients.entry(id) {
                place.insert(self.store.patient(id)?);
            }
        }
        Ok(Prescribed { before, period, patients })
    }

    /// The signed-in doctor's own templates and the clinic's.
    pub fn templates(&mut self) -> Result<Vec<Template>, Failure> {
        self.permit(Action::ReviewPrescription, "")?;
        Ok(self.store.templates(self.who().id)?)
    }

    /// Keeps lines under a name; the same name again replaces them.
    pub fn save_template(&mut self, new: NewTemplate) -> Result<TemplateId, Failure> {
        let action = action_of(new.scope);
        let stamp = self.permit(action, "template")?;
        let name = clean_line(&new.name, NAME_MAX).text;
        let new = NewTemplate { name, ..new }.checked().map_err(refused)?;
        let saved = self.store.save_template(&new, (action, &stamp));
        self.done(saved, action, "template")
    }

    pub fn put_template_away(&mut self, id: TemplateId) -> Result<(), Failure> {
        self.move_template(id, Away::PutAway)
    }

    pub fn bring_template_back(&mut self, id: TemplateId) -> Result<(), Failure> {
        self.move_template(id, Away::BroughtBack)
    }

    fn move_template(&mut self, id: TemplateId, away: Away) -> Result<(), Failure> {
        let object = format!("template:{}", id.0);
        // Whoever may touch none learns nothing of which there are.
        if !self.may(Action::WriteVisit) {
            self.permit(Action::ChangeClinicTemplates, &object)?;
        }
        let template = self.store.template(id)?;
        let action = action_of(template.scope);
        let stamp = self.permit(action, &object)?;
        if template.scope == Scope::Personal && template.owner != self.who().id {
            return Err(Failure::from(crate::storage::StoreError::NotFound { what: "template" }));
        }
        let moved = self.store.move_template((id, away), (action, &stamp));
        self.done(moved, action, &object)
    }

    /// The patient's last prescriptions, newest first, with their lines.
    pub fn past_prescriptions(
        &mut self,
        patient: PatientId,
    ) -> Result<Vec<PastPrescription>, Failure> {
        self.read(Action::OpenChart, format!("patient:{} prescriptions", patient.0))?;
        let history = self.store.history(patient)?;
        let prescribed = history.iter().filter(|v| !v.superseded && !v.drugs.is_empty());
        prescribed
            .take(PAST_MOST)
            .map(|line| {
                let signed = self.store.visit(line.id)?;
                Ok(PastPrescription {
                    visit: line.id,
                    day: line.day,
                    doctor_name: line.doctor_name.clone(),
                    diagnoses: line.diagnoses.clone(),
                    lines: signed.visit.prescription.lines,
                })
            })
            .collect()
    }
}

/// One's own templates are part of writing visits.
const fn action_of(scope: Scope) -> Action {
    match scope {
        Scope::Personal => Action::WriteVisit,
        Scope::Clinic => Action::ChangeClinicTemplates,
    }
}

fn refused(refusal: TemplateRefusal) -> Failure {
    let (zh, en) = match refusal {
        TemplateRefusal::NoName => {
            ("协定处方没有名称。".to_owned(), "The template has no name.".to_owned())
        }
        TemplateRefusal::NoLines => {
            ("处方里没有药，没有可存的。".to_owned(), "There are no lines to keep.".to_owned())
        }
        TemplateRefusal::UnfinishedLine { line } => (
            format!("第 {} 行不完整，没有存。", line + 1),
            format!("Line {} is not complete; nothing was kept.", line + 1),
        ),
    };
    Failure::new(Kind::User, zh, en)
}
