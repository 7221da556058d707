//! One entry counts everywhere: a signed ordinary visit becomes a valid follow-up after one key.
use super::words;
use crate::domain::catalog::follow_up::SignKind;
use crate::domain::diagnosis::Encounter;
use crate::domain::followup::register::NewFollowUp;
use crate::domain::followup::{Mode, Provenance};
use crate::domain::note::Measured;
use crate::domain::role::Action;
use crate::domain::visit::{Certainty, Polarity, SignedVisit, VisitId};
use crate::services::advisor::Advisor;
use crate::services::clinic::{Clinic, FollowUpReceipt};
use crate::services::failure::{Failure, Kind};

/// The note's name of a measurement, and the table's.
const MEASURES: &[(&str, &str)] = &[
    ("bp-systolic", "sbp"),
    ("bp-diastolic", "dbp"),
    ("glucose-fasting", "fbg"),
    ("glucose-postmeal", "ppg"),
    ("glucose-random", "random-glucose"),
    ("hba1c", "hba1c"),
    ("pulse", "heart-rate"),
    ("temperature", "temperature"),
    ("respiration", "respiration"),
    ("spo2", "spo2"),
    ("weight", "weight"),
    ("height", "height"),
    ("bmi", "bmi"),
];

impl Clinic {
    /// What a signed visit holds for the patient's programmes, to be looked at and kept with one key. `None` = the
    /// patient is in no programme that this visit says anything about, or it was counted already.
    pub fn follow_up_of_visit(
        &mut self,
        advisor: &Advisor,
        visit: VisitId,
    ) -> Result<Option<NewFollowUp>, Failure> {
        self.permit(Action::SeeFollowUps, "")?;
        let signed = self.open_visit(visit)?;
        let catalog = &advisor.engine.catalog;
        let counted = self.counted_for(visit)?;
        let mut found = proposal(advisor, &signed);
        let mut programmes: Vec<String> = self
            .enrolments_of(signed.visit.patient)?
            .into_iter()
            .map(|enrolment| enrolment.programme)
            .collect();
        let diagnosed: Vec<String> = signed
            .visit
            .diagnoses
            .iter()
            .filter(|d| d.certainty == Certainty::Confirmed)
            .map(|d| d.name.clone())
            .collect();
        for sign in words::conditions(&catalog.follow_up, &diagnosed).signs {
            let table = catalog.follow_up.tables.iter().find(|t| t.programme == sign);
            programmes.extend(table.map(|t| t.programme.clone()));
        }
        programmes.sort();
        programmes.dedup();
        found.programmes = programmes
            .into_iter()
            .filter(|p| !counted.contains(p) && says_something(advisor, p, &found))
            .collect();
        Ok((!found.programmes.is_empty()).then_some(found))
    }

    /// The one key: keeps what [`Self::follow_up_of_visit`] found.
    pub fn follow_up_from_visit(
        &mut self,
        advisor: &Advisor,
        visit: VisitId,
    ) -> Result<FollowUpReceipt, Failure> {
        self.permit(Action::RecordFollowUp, "")?;
        let Some(new) = self.follow_up_of_visit(advisor, visit)? else {
            return Err(Failure::new(
                Kind::User,
                "这次就诊没有可计入随访的测值，或已经计入。",
                "This visit holds nothing to count as a follow-up, or was counted already.",
            )
            .next("请打开随访表补录。", "Open the follow-up form and fill it in."));
        };
        self.record_follow_up(&advisor.engine.catalog, &new)
    }
}

/// A programme is filled only when the visit holds what its class needs.
fn says_something(advisor: &Advisor, programme: &str, new: &NewFollowUp) -> bool {
    let book = &advisor.engine.catalog.follow_up;
    let at = (new.occasion.day, "");
    let table = book.table(crate::domain::catalog::follow_up::Kind::Programme, programme, at);
    table.is_some_and(|table| {
        !table.required.is_empty()
            && table.required.iter().all(|name| new.occasion.numbers.contains_key(name))
    })
}

fn proposal(advisor: &Advisor, signed: &SignedVisit) -> NewFollowUp {
    let catalog = &advisor.engine.catalog;
    let mut new = NewFollowUp::on(signed.visit.patient, signed.signed.day(), Mode::Clinic);
    new.visit = Some(signed.id);
    let reading = advisor.engine.read(&Encounter::default(), &signed.visit.note);
    for (note_id, name) in MEASURES {
        if let Some(value) = newest(&reading.measured, note_id) {
            new.occasion.set(name, value, Provenance::Typed);
        }
    }
    for finding in &signed.visit.findings {
        let own = finding.polarity == Polarity::Present && !finding.of_family && !finding.past;
        if own && finding.value.is_none() {
            let sign = catalog.follow_up.sign_named(&finding.name);
            let sign = sign.or_else(|| catalog.follow_up.sign_named(&finding.concept));
            if let Some(sign) = sign.filter(|sign| sign.kind == SignKind::Symptom) {
                new.occasion.signs.insert(sign.id.clone());
            }
        }
    }
    let drugs: Vec<String> = signed
        .visit
        .prescription
        .lines
        .iter()
        .map(|line| format!("{} {}{} {}", line.name, line.dose, line.dose_unit, line.frequency))
        .collect();
    if !drugs.is_empty() {
        new.fields.push(("drugs".to_owned(), drugs.join("；")));
    }
    new
}

/// The last value of today; one of before is never taken for it.
fn newest(measured: &[Measured], id: &str) -> Option<f64> {
    measured
        .iter()
        .filter(|m| m.measurement == id && !m.of_before)
        .max_by_key(|m| m.start)
        .map(|m| m.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(note: &str, want: &[(&str, Option<f64>)]) {
        let advisor = Advisor::load(None, None).unwrap();
        let reading = advisor.engine.read(&Encounter::default(), note);
        for (id, value) in want {
            assert_eq!(newest(&reading.measured, id), *value, "{id} in {note}");
        }
    }

    #[test]
    fn the_pressure_of_today_is_taken_not_the_highest_ever() {
        check(
            "主诉：头晕3天。既往史：高血压10年，血压最高180/110mmHg。查体：BP 148/92mmHg，P 78次/分，空腹血糖7.2mmol/L",
            &[
                ("bp-systolic", Some(148.0)),
                ("bp-diastolic", Some(92.0)),
                ("glucose-fasting", Some(7.2)),
                ("pulse", Some(78.0)),
            ],
        );
        check("复诊。在家自测血压130/80mmHg。", &[("bp-systolic", None)]);
        check("复诊。BP 128/76", &[("bp-systolic", Some(128.0)), ("bp-diastolic", Some(76.0))]);
    }
}
