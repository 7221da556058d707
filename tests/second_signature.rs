//! 双签: who may, who is refused, how long it lasts, and where it is read again.
use xinglin::domain::audit::Outcome;
use xinglin::domain::patient::PatientId;
use xinglin::domain::role::Role;
use xinglin::domain::visit::{AlertShown, AlertTier, Draft, SecondSignature, Visit, WayOut};
use xinglin::knowledge;
use xinglin::services::clinic::{Clinic, SecondSigning};
use xinglin::services::failure::{Failure, Kind};
use xinglin::services::prescribing::Pharmacist;
use xinglin::services::print::{PrintJob, print};
use xinglin::services::review;

use crate::support::{DOCTOR, PASSPHRASE, Place, add_user, person, register, visit};

fn stop(way_out: WayOut) -> AlertShown {
    AlertShown {
        rule: "amoxicillin/limit-1".to_owned(),
        tier: AlertTier::Stop,
        category: "allergy".to_owned(),
        message: "青霉素过敏".to_owned(),
        drugs: "amoxicillin".to_owned(),
        lines: vec![0],
        answer: None,
        way_out,
        second: None,
    }
}

/// A visit whose first line is stopped.
fn stopped(clinic: &Clinic, patient: PatientId) -> Visit {
    let mut visit = visit(clinic, patient);
    visit.prescription.alerts.push(stop(WayOut::SecondSignature));
    visit
}

fn asked(visit: &Visit, user: &str) -> SecondSigning {
    SecondSigning {
        patient: visit.patient,
        lines: visit.prescription.lines.clone(),
        stops: vec![visit.prescription.alerts[1].clone()],
        user: user.to_owned(),
        passphrase: PASSPHRASE.to_owned(),
        reason: "皮试阴性，会诊同意".to_owned(),
    }
}

fn with(visit: &Visit, second: &SecondSignature) -> Visit {
    let mut visit = visit.clone();
    visit.prescription.alerts[1].second = Some(second.clone());
    visit
}

/// The doctor's clinic with one user of each role, and a patient.
fn staffed(place: &Place) -> (Clinic, PatientId) {
    let (mut clinic, _) = place.set_up();
    let patient = register(&mut clinic, &person("王小明", "61岁", ""));
    for role in Role::ALL {
        add_user(&mut clinic, role.id(), role);
    }
    (clinic, patient)
}

fn refused_kind(result: Result<Vec<SecondSignature>, Failure>) -> Kind {
    result.unwrap_err().kind
}

#[test]
fn a_pharmacist_signs_a_stop_over_and_the_sheet_and_the_review_say_who_and_why() {
    let place = Place::new();
    let (mut clinic, patient) = staffed(&place);
    let visit = stopped(&clinic, patient);
    let alone = clinic.sign_visit(visit.clone()).unwrap_err();
    assert!(alone.what.zh.contains("双签"), "{alone:?}");
    let given = clinic.sign_second(&asked(&visit, "pharmacist")).unwrap();
    assert_eq!((given.len(), given[0].role), (1, Role::Pharmacist));

    // It is in the draft as well, so that a crash does not lose it.
    let signed = with(&visit, &given[0]);
    clinic.save_draft(&Draft::of(signed.clone())).unwrap();
    let draft = clinic.draft_of(patient).unwrap().unwrap();
    assert_eq!(draft.visit.prescription.alerts[1].second.as_ref(), Some(&given[0]));

    let receipt = clinic.sign_visit(signed).unwrap();
    let kept = clinic.open_visit(receipt.visit).unwrap();
    assert_eq!(kept.visit.prescription.alerts[1].second.as_ref(), Some(&given[0]));
    let job =
        PrintJob { visit: receipt.visit, width: 76, to_file: false, demo: false, reprint: false };
    let sheet = print(&mut clinic, job).unwrap().sheets.concat().join("");
    for words in ["双签 pharmacist（药师）（药师）2026-11-24 08:00", "皮试阴性，会诊同意"]
    {
        assert!(sheet.contains(words), "{sheet}");
    }

    // Today's rules find no such stop in this base; the review shows the signature where they do.
    let today = clinic.today();
    let prescribed = clinic.prescribed(today, today).unwrap();
    let pharmacist = Pharmacist::new(knowledge::compile(&knowledge::embedded().unwrap()).catalog);
    let mut again = prescribed.clone();
    again.patients.get_mut(&patient).unwrap().details.allergies =
        xinglin::domain::patient::Allergies::Known(vec![xinglin::domain::patient::Allergy {
            substance: "阿莫西林".to_owned(),
            reaction: "休克".to_owned(),
            kind: xinglin::domain::patient::AllergyKind::Drug,
            severity: xinglin::domain::patient::AllergySeverity::Severe,
        }]);
    let sheets = review::replay(&pharmacist, &again, None);
    let found = sheets[0].findings.iter().find(|f| f.message.contains("阿莫西林")).unwrap();
    let rule = found.rule.clone();
    again.period[0].visit.prescription.alerts[1].rule = rule;
    let sheets = review::replay(&pharmacist, &again, None);
    let told = sheets[0].findings.iter().any(|f| f.second.contains("会诊同意"));
    assert!(told, "{:#?}", sheets[0].findings);
    let table = review::table::csv(&sheets);
    assert!(table.contains("会诊同意"), "{table}");
}

#[test]
fn only_another_doctor_or_pharmacist_who_is_let_in_may() {
    let place = Place::new();
    let (mut clinic, patient) = staffed(&place);
    let visit = stopped(&clinic, patient);
    for role in Role::ALL {
        let may = matches!(role, Role::Doctor | Role::Pharmacist);
        let result = clinic.sign_second(&asked(&visit, role.id()));
        assert_eq!(result.is_ok(), may, "{}: {result:?}", role.id());
    }
    for user in [DOCTOR, " wang ", "nobody", ""] {
        assert_eq!(
            refused_kind(clinic.sign_second(&asked(&visit, user))),
            Kind::Permission,
            "{user}"
        );
    }
    let names: Vec<String> =
        clinic.second_signers().unwrap().into_iter().map(|signer| signer.user).collect();
    assert_eq!(names, ["doctor", "pharmacist"]);

    let gone = clinic.users().unwrap().into_iter().find(|user| user.name == "pharmacist").unwrap();
    clinic.change_user(&xinglin::services::clinic::User { active: false, ..gone }).unwrap();
    let result = clinic.sign_second(&asked(&visit, "pharmacist"));
    assert_eq!(refused_kind(result), Kind::Permission, "who has left signs nothing");
}

#[test]
fn a_clinic_of_one_doctor_has_nobody_to_ask() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    assert_eq!(clinic.second_signers().unwrap(), []);
}

#[test]
fn wrong_passphrases_count_as_at_the_door_and_every_try_is_in_the_log() {
    let place = Place::new();
    let (mut clinic, patient) = staffed(&place);
    let visit = stopped(&clinic, patient);
    let wrong =
        SecondSigning { passphrase: "wrong horse 42".to_owned(), ..asked(&visit, "pharmacist") };
    for _ in 0..5 {
        clinic.sign_second(&wrong).unwrap_err();
    }
    let closed = clinic.sign_second(&asked(&visit, "pharmacist")).unwrap_err();
    assert!(closed.what.zh.contains("锁定"), "{closed:?}");
    assert!(place.station().sign_in("pharmacist", PASSPHRASE).is_err(), "the same door");
    place.clock.advance_seconds(15 * 60);
    clinic.sign_second(&asked(&visit, "pharmacist")).unwrap();
    drop(clinic);
    let mut auditor = place.station().sign_in("auditor", PASSPHRASE).unwrap();
    let log = auditor.audit_log(None, 500).unwrap();
    let of = |outcome: Outcome| {
        log.iter()
            .filter(|e| e.fact.action == "sign-second" && e.fact.outcome == outcome)
            .filter(|e| e.fact.actor == "pharmacist" && e.fact.role == "pharmacist")
            .count()
    };
    assert_eq!((of(Outcome::Refused), of(Outcome::Done)), (6, 1));
    assert!(!format!("{wrong:?}").contains("horse"), "no passphrase in any debug text");
}

#[test]
fn a_changed_prescription_another_patient_or_a_day_later_is_not_signed() {
    let place = Place::new();
    let (mut clinic, patient) = staffed(&place);
    let other = register(&mut clinic, &person("李小红", "30岁", ""));
    let visit = stopped(&clinic, patient);
    let given = clinic.sign_second(&asked(&visit, "doctor")).unwrap().remove(0);

    let mut changed = with(&visit, &given);
    changed.prescription.lines[0].dose = "1.0".to_owned();
    assert!(clinic.sign_visit(changed).unwrap_err().what.zh.contains("双签"), "the lines changed");
    let elsewhere = Visit { patient: other, ..with(&visit, &given) };
    assert!(clinic.sign_visit(elsewhere).unwrap_err().what.zh.contains("失效"), "another patient");
    let mut another_stop = with(&visit, &given);
    another_stop.prescription.alerts[1].rule = "another".to_owned();
    assert!(clinic.sign_visit(another_stop).is_err(), "another stop");
    let forged = SecondSignature { reason: "没有人写过这句".to_owned(), ..given.clone() };
    assert!(clinic.sign_visit(with(&visit, &forged)).is_err(), "not as it was given");
    let unknown =
        SecondSignature { id: xinglin::domain::visit::SecondSignatureId(99), ..given.clone() };
    assert!(clinic.sign_visit(with(&visit, &unknown)).is_err(), "never given");

    place.clock.advance_seconds(86_401);
    assert!(clinic.sign_visit(with(&visit, &given)).is_err(), "a day later");
    place.clock.advance_seconds(-86_400);
    clinic.sign_visit(with(&visit, &given)).unwrap();
}

#[test]
fn what_the_law_forbids_and_what_has_no_reason_is_not_signed_over() {
    let place = Place::new();
    let (mut clinic, patient) = staffed(&place);
    let mut visit = stopped(&clinic, patient);
    let short = SecondSigning { reason: "同意".to_owned(), ..asked(&visit, "pharmacist") };
    assert_eq!(refused_kind(clinic.sign_second(&short)), Kind::User);
    let none = SecondSigning { stops: vec![], ..asked(&visit, "pharmacist") };
    assert_eq!(refused_kind(clinic.sign_second(&none)), Kind::User);
    let given = clinic.sign_second(&asked(&visit, "pharmacist")).unwrap().remove(0);
    visit.prescription.alerts[1].way_out = WayOut::ChangeOnly;
    assert_eq!(refused_kind(clinic.sign_second(&asked(&visit, "pharmacist"))), Kind::User);
    let failure = clinic.sign_visit(with(&visit, &given)).unwrap_err();
    assert!(failure.what.zh.contains("不能双签"), "{failure:?}");
}
