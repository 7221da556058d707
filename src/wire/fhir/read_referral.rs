//! A referral read back: from its transaction, or from its document alone. And the hospital's answer to one.
use serde_json::Value;

use super::read::{
    Found, bundle, coded, list, measurement, medicines, name_of, number, or, person, plain, text,
};
use super::referral::{ALLERGIES, DIRECTION, DOCUMENT_CODE, HISTORY, NIL_KNOWN, PLAN, REASON};
use crate::domain::share::letter::{Direction, Letter, Problem, Receiver, Sender};
use crate::domain::share::referral::{State, Urgency};
use crate::domain::visit::Certainty;
use crate::wire::{WireError, time, ws500};

/// A bundle that asks for somebody to be taken over.
pub fn looks_like_referral(bytes: &[u8]) -> bool {
    let Ok(bundle) = bundle(bytes) else { return false };
    let found = Found::in_bundle(&bundle);
    let summary = found.first("Composition").is_some_and(|composition| {
        list(composition, "/type/coding").iter().any(|c| text(c, "/code") == DOCUMENT_CODE)
    });
    summary && found.first("ServiceRequest").is_some()
}

pub fn read_referral(bytes: &[u8]) -> Result<Letter, WireError> {
    let bundle = bundle(bytes)?;
    let found = Found::in_bundle(&bundle);
    let missing = |what: &str| WireError::unreadable("FHIR", format!("the bundle has no {what}"));
    let composition = found.first("Composition").ok_or_else(|| missing("Composition"))?;
    let request = found.first("ServiceRequest").ok_or_else(|| missing("ServiceRequest"))?;
    let direction = list(request, "/category")
        .iter()
        .flat_map(|category| list(category, "/coding"))
        .find(|coding| text(coding, "/system") == DIRECTION)
        .and_then(|coding| Direction::parse(&text(coding, "/code")));
    let id = or(text(composition, "/identifier/value"), || text(request, "/identifier/0/value"));
    // Who does not say so sends up.
    let mut letter = Letter::blank(id, direction.unwrap_or(Direction::Up));
    letter.version = version(&bundle, &found);
    letter.urgency = match text(request, "/priority").as_str() {
        "stat" | "asap" => Urgency::Emergency,
        "urgent" => Urgency::Urgent,
        _ => Urgency::Routine,
    };
    letter.written = time::moment(&or(text(composition, "/date"), || text(request, "/authoredOn")));
    if let Some(patient) = found.of(composition, "/subject").or_else(|| found.first("Patient")) {
        letter.patient = person(patient);
    }
    letter.from = sender(composition, request, &found);
    letter.to = receiver(request, &found);
    letter.reason = text(request, "/reasonCode/0/text");
    letter.first_visit = time::day(&text(request, "/occurrenceDateTime"));
    letter.answers = text(request, "/basedOn/0/identifier/value");
    letter.problems = found.all("Condition").map(problem).collect();
    letter.medicines = medicines(&found);
    letter.measurements = found.all("Observation").map(measurement).collect();
    letter.allergies = found
        .all("AllergyIntolerance")
        .map(|one| or(text(one, "/code/text"), || text(one, "/code/coding/0/display")))
        .filter(|name| !name.is_empty())
        .collect();
    read_sections(list(composition, "/section"), &mut letter);
    Ok(letter)
}

fn version(bundle: &Value, found: &Found<'_>) -> u32 {
    let reference = found.first("DocumentReference");
    let master = reference.map(|one| text(one, "/masterIdentifier/value")).unwrap_or_default();
    let named = or(master, || text(bundle, "/identifier/value"));
    named.rsplit_once('^').and_then(|(_, version)| version.parse().ok()).unwrap_or(1)
}

fn organization_code(organization: &Value) -> String {
    or(number(organization, ws500::OID_ORGANIZATION), || text(organization, "/identifier/0/value"))
}

fn sender(composition: &Value, request: &Value, found: &Found<'_>) -> Sender {
    let organization = found.of(composition, "/custodian");
    let author = list(composition, "/author").first();
    let doctor = author
        .and_then(|author| found.of(author, ""))
        .or_else(|| found.of(request, "/requester"))
        .filter(|one| text(one, "/resourceType") == "Practitioner");
    let shown = || author.map(|author| text(author, "/display")).unwrap_or_default();
    Sender {
        name: or(organization.map(|o| text(o, "/name")).unwrap_or_default(), || {
            text(composition, "/custodian/display")
        }),
        code: organization.map(organization_code).unwrap_or_default(),
        doctor: or(doctor.map(name_of).unwrap_or_default(), shown),
        phone: organization.map(|o| text(o, "/telecom/0/value")).unwrap_or_default(),
    }
}

fn receiver(request: &Value, found: &Found<'_>) -> Receiver {
    let performer = list(request, "/performer").first();
    let organization = performer.and_then(|one| found.of(one, ""));
    Receiver {
        name: or(organization.map(|o| text(o, "/name")).unwrap_or_default(), || {
            performer.map(|one| text(one, "/display")).unwrap_or_default()
        }),
        code: organization.map(organization_code).unwrap_or_default(),
        department: text(request, "/performerType/text"),
    }
}

fn problem(condition: &Value) -> Problem {
    let (name, icd10) = condition.get("code").map(coded).unwrap_or_default();
    let certainty = match text(condition, "/verificationStatus/coding/0/code").as_str() {
        "provisional" | "unconfirmed" => Certainty::Suspected,
        "differential" => Certainty::RuleOut,
        _ => Certainty::Confirmed,
    };
    Problem { name, icd10, certainty }
}

fn read_sections(sections: &[Value], letter: &mut Letter) {
    for section in sections {
        let code = text(section, "/code/coding/0/code");
        let prose = plain(&text(section, "/text/div"));
        match code.as_str() {
            REASON if letter.reason.is_empty() => letter.reason = prose,
            HISTORY => letter.findings = prose,
            // What stands there when nothing was planned.
            PLAN if prose != "见转诊申请" => letter.plan = prose,
            ALLERGIES => {
                letter.allergies_denied = text(section, "/emptyReason/coding/0/code") == NIL_KNOWN;
            }
            _ => {}
        }
    }
}

/// What a Task says about the request it works on; `None` = it is about another one, or says nothing new.
pub fn answer_to(task: &Value, request_id: &str) -> Option<(State, String)> {
    let about = text(task, "/focus/reference");
    let own = format!("ServiceRequest/{request_id}");
    if text(task, "/resourceType") != "Task"
        || !(about == own || about.ends_with(&format!("/{own}")))
    {
        return None;
    }
    let words = or(text(task, "/statusReason/text"), || {
        or(text(task, "/note/0/text"), || text(task, "/businessStatus/text"))
    });
    let state = match (
        text(task, "/status").as_str(),
        text(task, "/businessStatus/coding/0/code").as_str(),
    ) {
        ("received", _) => State::Received,
        ("accepted" | "ready", _) => State::Accepted,
        ("rejected" | "cancelled" | "failed", _) => State::Rejected,
        ("in-progress", "treating") => State::Treating,
        ("in-progress", _) => State::Arrived,
        ("completed", _) => State::Closed,
        _ => return None,
    };
    Some((state, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::fhir::{Names, looks_like_fhir, referral, request_id};
    use crate::wire::letter_form;
    use base64::Engine as _;
    use serde_json::json;

    fn names() -> Names {
        Names { org_oid: "1.2.156.1".to_owned(), station: "0123456789abcdef".to_owned() }
    }

    #[test]
    fn every_field_comes_back_from_the_transaction_and_from_the_document() {
        let letter = letter_form::read(letter_form::tests::FULL).unwrap();
        let mut bare = letter.clone();
        bare.allergies.clear();
        bare.allergies_denied = true;
        bare.medicines.clear();
        bare.measurements.clear();
        bare.plan.clear();
        bare.from.doctor.clear();
        bare.answers.clear();
        bare.first_visit = None;
        for letter in [letter, bare] {
            let prepared = referral(&names(), &letter, "p7");
            let bytes = prepared.bundle().to_string().into_bytes();
            assert!(looks_like_fhir(&bytes) && looks_like_referral(&bytes));
            assert_eq!(read_referral(&bytes).unwrap(), letter);
            let (_, _, binary) =
                prepared.resources().find(|(kind, _, _)| *kind == "Binary").unwrap();
            let document = base64::engine::general_purpose::STANDARD
                .decode(binary["data"].as_str().unwrap())
                .unwrap();
            assert_eq!(read_referral(&document).unwrap(), letter);
            assert_eq!(bytes, referral(&names(), &letter, "p7").bundle().to_string().into_bytes());
        }
    }

    #[test]
    fn an_answer_counts_only_for_the_request_it_names() {
        let letter = letter_form::read(letter_form::tests::FULL).unwrap();
        let id = request_id(&names(), &letter);
        let prepared = referral(&names(), &letter, "p7");
        assert!(prepared.resources().any(|(kind, own, _)| kind == "ServiceRequest" && own == id));
        let task = json!({ "resourceType": "Task", "status": "rejected", "statusReason": { "text": "无床位" },
            "focus": { "reference": format!("ServiceRequest/{id}") } });
        assert_eq!(answer_to(&task, &id), Some((State::Rejected, "无床位".to_owned())));
        assert_eq!(answer_to(&task, "other"), None);
        let draft = json!({ "resourceType": "Task", "status": "draft", "focus": task["focus"] });
        assert_eq!(answer_to(&draft, &id), None);
    }
}
