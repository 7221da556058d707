//! People who come: found, registered, corrected, their charts, the waiting room.
use super::{Chart, Clinic};
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::duplicate::Duplicate;
use crate::domain::patient::{Details, Patient, PatientId, PatientLine};
use crate::domain::registration::Registration;
use crate::domain::role::Action;
use crate::domain::visit::{SignedVisit, VisitId, VisitLine, Waiting};
use crate::services::failure::Failure;

impl Clinic {
    /// By initials, pinyin, part of the name, end of the ID number, part of the telephone, birth day.
    pub fn find(&mut self, query: &str, limit: usize) -> Result<Vec<PatientLine>, Failure> {
        self.permit(Action::FindPatient, "")?;
        self.searches += 1;
        Ok(self.store.find_patients(&clean_line(query, LINE_MAX).text, limit)?)
    }

    /// People who may be the one that is about to be registered, most alike first.
    pub fn duplicates(&mut self, details: &Details) -> Result<Vec<Duplicate>, Failure> {
        self.permit(Action::FindPatient, "")?;
        self.searches += 1;
        Ok(self.store.duplicates(details)?)
    }

    /// Registers a person. The screen shows [`Self::duplicates`] first; the same ID number is refused here.
    pub fn register_patient(&mut self, registration: &Registration) -> Result<PatientId, Failure> {
        let stamp = self.permit(Action::RegisterPatient, "")?;
        let id = self.store.register_patient(&registration.details, &stamp);
        self.done(id, Action::RegisterPatient, "")
    }

    /// Corrects a person's details, made on a certain revision; the old version is kept.
    pub fn edit_patient(
        &mut self,
        (id, revision): (PatientId, u32),
        registration: &Registration,
    ) -> Result<Patient, Failure> {
        let object = format!("patient:{}", id.0);
        let stamp = self.permit(Action::EditPatient, &object)?;
        let patient = self.store.edit_patient((id, revision), &registration.details, &stamp);
        self.done(patient, Action::EditPatient, &object)
    }

    /// Opens a chart: details and the list of past visits. Logged before it is shown.
    pub fn open_chart(&mut self, id: PatientId) -> Result<Chart, Failure> {
        self.read(Action::OpenChart, format!("patient:{}", id.0))?;
        Ok(Chart { patient: self.store.patient(id)?, visits: self.store.history(id)? })
    }

    pub fn history(&mut self, id: PatientId) -> Result<Vec<VisitLine>, Failure> {
        self.read(Action::OpenChart, format!("patient:{} history", id.0))?;
        Ok(self.store.history(id)?)
    }

    /// Opens one signed visit.
    pub fn open_visit(&mut self, id: VisitId) -> Result<SignedVisit, Failure> {
        self.read(Action::OpenChart, format!("visit:{}", id.0))?;
        Ok(self.store.visit(id)?)
    }

    /// A signed visit, to be printed; logged as a print.
    pub fn visit_to_print(&mut self, id: VisitId) -> Result<(Patient, SignedVisit), Failure> {
        self.read(Action::PrintVisit, format!("visit:{}", id.0))?;
        let visit = self.store.visit(id)?;
        Ok((self.store.patient(visit.visit.patient)?, visit))
    }

    pub fn waiting(&mut self) -> Result<Vec<Waiting>, Failure> {
        self.permit(Action::SeeWaitingList, "")?;
        Ok(self.store.waiting()?)
    }

    pub fn add_to_waiting(&mut self, id: PatientId, reason: &str) -> Result<(), Failure> {
        let object = format!("patient:{}", id.0);
        let stamp = self.permit(Action::ChangeWaitingList, &object)?;
        let added = self.store.add_to_waiting(id, &clean_line(reason, LINE_MAX).text, &stamp);
        self.done(added, Action::ChangeWaitingList, &object)
    }

    pub fn remove_from_waiting(&mut self, id: PatientId) -> Result<(), Failure> {
        let object = format!("patient:{}", id.0);
        let stamp = self.permit(Action::ChangeWaitingList, &object)?;
        let removed = self.store.remove_from_waiting(id, &stamp);
        self.done(removed, Action::ChangeWaitingList, &object)
    }
}
