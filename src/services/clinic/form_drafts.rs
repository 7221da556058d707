//! Half-typed follow-up forms, and where one person stands in every programme: what the screens need between two keys.
use super::Clinic;
use crate::domain::age::Day;
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::followup::register::{FollowUpRecord, FormDraft, Status};
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::services::failure::Failure;

/// One programme of a person in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InProgramme {
    pub programme: String,
    pub status: Status,
    pub last_class: Option<u8>,
    pub next_due: Option<Day>,
    /// What the paper of the contract says: the county hospital of the 1+1, and since when.
    pub contract: Option<Contract>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    pub signed: Day,
    /// Empty = no county hospital.
    pub hospital: String,
}

impl Clinic {
    /// Keeps a half-typed form. Called every two seconds of typing and when the form is left.
    pub fn save_form_draft(&mut self, draft: &FormDraft) -> Result<(), Failure> {
        let object = format!("patient:{} form-draft", draft.patient.0);
        let stamp = self.permit(Action::RecordFollowUp, &object)?;
        let mut draft = draft.clone();
        for (_, text) in &mut draft.rows {
            *text = clean_line(text, LINE_MAX).text;
        }
        let saved = self.store.save_form_draft(&draft, &stamp);
        self.done(saved, Action::RecordFollowUp, &object)
    }

    /// Whose forms the signed-in user left half-typed: said after a crash.
    pub fn form_draft_names(&mut self) -> Result<Vec<String>, Failure> {
        self.permit(Action::RecordFollowUp, "")?;
        Ok(self.store.form_draft_names(self.who.id)?)
    }

    pub fn form_draft(
        &mut self,
        (patient, form): (PatientId, &str),
    ) -> Result<Option<FormDraft>, Failure> {
        self.permit(Action::SeeFollowUps, "")?;
        Ok(self.store.form_draft(self.who.id, (patient, form))?)
    }

    pub fn discard_form_draft(
        &mut self,
        (patient, form): (PatientId, &str),
    ) -> Result<(), Failure> {
        let object = format!("patient:{} form-draft", patient.0);
        let stamp = self.permit(Action::RecordFollowUp, &object)?;
        let discarded = self.store.discard_form_draft((patient, form), &stamp);
        self.done(discarded, Action::RecordFollowUp, &object)
    }

    /// Every programme someone is or was in, and the family-doctor contract with its hospital.
    pub fn programmes_in(&mut self, patient: PatientId) -> Result<Vec<InProgramme>, Failure> {
        self.read(Action::SeeFollowUps, format!("patient:{} programmes", patient.0))?;
        let records = self.store.follow_ups(patient)?;
        let enrolments = self.store.enrolments_of(patient)?;
        Ok(enrolments
            .into_iter()
            .map(|e| InProgramme {
                contract: (e.programme == "contract").then(|| contract(&records)).flatten(),
                programme: e.programme,
                status: e.status,
                last_class: e.last_class,
                next_due: e.next_due,
            })
            .collect())
    }
}

fn contract(records: &[FollowUpRecord]) -> Option<Contract> {
    let newest = records
        .iter()
        .filter(|r| r.is_valid() && r.verdict.programme == "contract")
        .max_by_key(|r| (r.occasion.day, r.id))?;
    let field = |id: &str| newest.fields.iter().find(|(own, _)| own == id).map(|(_, w)| w.clone());
    let has = newest.occasion.signs.contains("contract-hospital");
    Some(Contract {
        signed: newest.occasion.day,
        hospital: if has {
            field("hospital-name").unwrap_or_else(|| "有".to_owned())
        } else {
            String::new()
        },
    })
}
