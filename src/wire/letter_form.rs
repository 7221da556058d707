//! The referral as typed and as kept: JSON under English names, as the discharge form. Unknown keys are refused by name.
use serde::{Deserialize, Serialize};

use super::form::{
    self, Empty, MeasurementForm, MedicineForm, PersonForm, day, day_text, is_empty,
};
use super::{WireError, time};
use crate::domain::share::letter::{Direction, Letter, Problem, Receiver, Sender};
use crate::domain::share::referral::Urgency;
use crate::domain::visit::Certainty;

const FORMAT: &str = "referral form";

form::form! { SenderForm { name: String, code: String, doctor: String, phone: String, } }
form::form! { ReceiverForm { name: String, code: String, department: String, } }
form::form! { ProblemForm { name: String, icd10: String, certainty: String, } }
form::form! {
    /// Field by field the domain's `Letter`.
    Form {
        kind: String, id: String, version: Option<u32>, direction: String, urgency: String, written: String,
        patient: PersonForm, from: SenderForm, to: ReceiverForm, reason: String, findings: String,
        problems: Vec<ProblemForm>, allergies: Vec<String>, allergies_denied: Option<bool>,
        medicines: Vec<MedicineForm>, measurements: Vec<MeasurementForm>, plan: String, first_visit: String,
        answers: String,
    }
}

impl Empty for SenderForm {
    fn empty(&self) -> bool {
        false
    }
}

impl Empty for ReceiverForm {
    fn empty(&self) -> bool {
        false
    }
}

/// Does this text mean to be a referral?
pub fn looks_like_letter(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Head {
        kind: Option<String>,
    }
    serde_json::from_str::<Head>(text).is_ok_and(|head| head.kind.as_deref() == Some("referral"))
}

fn word<T>(
    (field, text): (&str, &str),
    usual: T,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, WireError> {
    if text.is_empty() {
        return Ok(usual);
    }
    parse(text)
        .ok_or_else(|| WireError::unreadable(FORMAT, format!("{field}: {text:?} is not known")))
}

pub fn read(text: &str) -> Result<Letter, WireError> {
    let form: Form = serde_json::from_str(text)
        .map_err(|error| WireError::unreadable(FORMAT, error.to_string()))?;
    if form.kind != "referral" {
        let what = format!("kind {:?} is not referral", form.kind);
        return Err(WireError::unreadable(FORMAT, what));
    }
    let problem = |one: ProblemForm| -> Result<Problem, WireError> {
        let certainty = ("problems.certainty", one.certainty.as_str());
        Ok(Problem {
            certainty: word(certainty, Certainty::Confirmed, Certainty::parse)?,
            name: one.name,
            icd10: one.icd10,
        })
    };
    Ok(Letter {
        direction: word(("direction", &form.direction), Direction::Up, Direction::parse)?,
        urgency: word(("urgency", &form.urgency), Urgency::Routine, Urgency::parse)?,
        written: form::moment("written", &form.written)?,
        patient: form::person(form.patient)?,
        from: Sender {
            name: form.from.name,
            code: form.from.code,
            doctor: form.from.doctor,
            phone: form.from.phone,
        },
        to: Receiver { name: form.to.name, code: form.to.code, department: form.to.department },
        problems: form.problems.into_iter().map(problem).collect::<Result<_, _>>()?,
        medicines: form.medicines.into_iter().map(form::medicine).collect(),
        measurements: form
            .measurements
            .into_iter()
            .map(form::measurement)
            .collect::<Result<_, _>>()?,
        first_visit: day("first_visit", &form.first_visit)?,
        id: form.id,
        version: form.version.unwrap_or(1).max(1),
        reason: form.reason,
        findings: form.findings,
        allergies: form.allergies,
        allergies_denied: form.allergies_denied.unwrap_or(false),
        plan: form.plan,
        answers: form.answers,
    })
}

/// Writes the form that [`read`] reads back as the same letter.
pub fn write(letter: &Letter) -> Result<String, WireError> {
    let l = letter.clone();
    let problem = |one: Problem| ProblemForm {
        certainty: match one.certainty {
            Certainty::Confirmed => String::new(),
            other => other.id().to_owned(),
        },
        name: one.name,
        icd10: one.icd10,
    };
    let form = Form {
        kind: "referral".to_owned(),
        id: l.id,
        version: Some(l.version),
        direction: l.direction.id().to_owned(),
        urgency: l.urgency.id().to_owned(),
        written: l.written.map(time::iso).unwrap_or_default(),
        patient: form::person_form(l.patient),
        from: SenderForm {
            name: l.from.name,
            code: l.from.code,
            doctor: l.from.doctor,
            phone: l.from.phone,
        },
        to: ReceiverForm { name: l.to.name, code: l.to.code, department: l.to.department },
        reason: l.reason,
        findings: l.findings,
        problems: l.problems.into_iter().map(problem).collect(),
        allergies: l.allergies,
        allergies_denied: l.allergies_denied.then_some(true),
        medicines: l.medicines.into_iter().map(form::medicine_form).collect(),
        measurements: l.measurements.into_iter().map(form::measurement_form).collect(),
        plan: l.plan,
        first_visit: day_text(l.first_visit),
        answers: l.answers,
    };
    serde_json::to_string(&form).map_err(|error| WireError::unreadable(FORMAT, error.to_string()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub const FULL: &str = r#"{"kind":"referral","id":"R-1","version":2,"direction":"up","urgency":"urgent","written":"2026-11-24T09:30:00+08:00","patient":{"name":"王试","sex":"male","birth":"1960-01-02","id_number":"360481196001020019","phone":"13800001111","address":"柳溪村三组"},"from":{"name":"柳溪村卫生室","code":"V1","doctor":"王建国","phone":"0792-1"},"to":{"name":"柳溪县人民医院","code":"H1","department":"心内科"},"reason":"3种药足量血压仍不达标","findings":"主诉：头晕3天。\n查体：BP 186/112 <mmHg> & 心率96","problems":[{"name":"高血压病3级","icd10":"I10.x05"},{"name":"急性心力衰竭","certainty":"rule-out"}],"allergies":["青霉素"],"medicines":[{"name":"氨氯地平片","strength":"5mg","dose":"5","dose_unit":"mg","route":"口服","frequency":"qd","days":28,"note":"饭后"}],"measurements":[{"name":"收缩压","value":"186","unit":"mmHg","on":"2026-11-24"},{"name":"尿蛋白","value":"++"}],"plan":"完善检查，调整降压方案","first_visit":"2026-12-01","answers":"R-0"}"#;

    #[test]
    fn a_letter_is_read_back_as_written() {
        let letter = read(FULL).unwrap();
        assert_eq!(write(&letter).unwrap(), FULL);
        assert_eq!(letter.problems[1].certainty, Certainty::RuleOut);
        assert!(looks_like_letter(FULL) && !looks_like_letter(r#"{"kind":"discharge"}"#));
    }

    #[test]
    fn an_unknown_key_is_refused_by_its_name() {
        let bad = FULL.replace("\"reason\"", "\"raeson\"");
        assert!(read(&bad).unwrap_err().to_string().contains("raeson"));
        assert!(read(&FULL.replace("\"urgent\"", "\"soon\"")).is_err());
    }
}
