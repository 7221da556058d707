//! Prescriptions over visits: a period read for review.
use std::collections::HashMap;

use super::Clinic;
use crate::domain::age::Day;
use crate::domain::instant::Instant;
use crate::domain::patient::{Patient, PatientId};
use crate::domain::role::Action;
use crate::domain::visit::SignedVisit;
use crate::services::failure::{Failure, Kind};

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
            if !patients.contains_key(&id) {
                patients.insert(id, self.store.patient(id)?);
            }
        }
        Ok(Prescribed { before, period, patients })
    }
}
