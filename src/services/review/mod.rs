//! THE WAY of 处方点评: signed prescriptions of a period -> today's check of each -> counted by code, doctor and rate ->
//! a page and a table. The same check as while typing; nothing is kept.
pub mod page;
pub mod table;

use std::collections::HashMap;

use super::{clinic::Prescribed, prescribing::Pharmacist};
use crate::domain::{
    patient::PatientId,
    rx::{
        Prescription, RxItem, RxPatient,
        review::{self, Reviewed, Sheet},
    },
    visit::{AlertShown, SignedVisit},
};

/// One prescription against today's rules.
pub fn one(
    pharmacist: &Pharmacist,
    sheet: Sheet,
    (rx, patient): (&Prescription, &RxPatient),
    answered: &[AlertShown],
) -> Reviewed {
    let checked = pharmacist.check(rx, patient);
    let traits = review::traits(&pharmacist.catalog, &pharmacist.index, rx);
    let lines = rx.items.iter().map(|item| format!("{} {}", item.drug, item.directions()));
    let sheet = Sheet { lines: lines.collect(), ..sheet };
    review::reviewed(sheet, traits, &checked, answered)
}

/// Every prescription of the period, in order. Patients are as their cards say now; drugs still in use are those of
/// earlier visits. `approved`: intravenous antibiotics at this station, if anybody recorded it.
pub fn replay(
    pharmacist: &Pharmacist,
    prescribed: &Prescribed,
    approved: Option<bool>,
) -> Vec<Reviewed> {
    let mut earlier: HashMap<PatientId, Vec<&SignedVisit>> = HashMap::new();
    for visit in &prescribed.before {
        earlier.entry(visit.visit.patient).or_default().push(visit);
    }
    let mut all = vec![];
    for signed in &prescribed.period {
        let visit = &signed.visit;
        let taken = earlier.entry(visit.patient).or_default();
        if let Some(patient) = prescribed.patients.get(&visit.patient) {
            let rx = Prescription {
                items: visit.prescription.lines.iter().map(RxItem::from_line).collect(),
                setting: Some(visit.setting),
                iv_antibiotics_approved: approved,
                signing: true,
                ..Prescription::default()
            };
            let diagnoses: Vec<String> =
                visit.diagnoses.iter().map(|d| format!("{} {}", d.name, d.icd10)).collect();
            let known = RxPatient {
                current_drugs: still_taken(taken, signed),
                ..RxPatient::of(&patient.details, &diagnoses, signed.signed.day())
            };
            let sheet = Sheet {
                id: signed
                    .prescription_number
                    .clone()
                    .unwrap_or_else(|| format!("visit:{}", signed.id.0)),
                day: Some(signed.signed.day()),
                doctor: signed.doctor_name.clone(),
                lines: vec![],
            };
            all.push(one(pharmacist, sheet, (&rx, &known), &visit.prescription.alerts));
        }
        taken.push(signed);
    }
    all
}

/// Drugs of earlier visits whose days were not over, without those that this one renews.
fn still_taken(earlier: &[&SignedVisit], now: &SignedVisit) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    let renewed = |drug: &Option<String>| {
        drug.is_some() && now.visit.prescription.lines.iter().any(|line| line.drug == *drug)
    };
    for visit in earlier {
        let since = now.signed.day().days_since(visit.signed.day());
        for line in &visit.visit.prescription.lines {
            if line.days.is_some_and(|days| since < i32::from(days))
                && !renewed(&line.drug)
                && !names.contains(&line.name)
            {
                names.push(line.name.clone());
            }
        }
    }
    names
}
