//! The station's records: registered, found, written, signed, read back, corrected.
use xinglin::domain::age::Day;
use xinglin::domain::duplicate::Duplicate;
use xinglin::domain::outbox::State;
use xinglin::domain::patient::{Allergies, Allergy, AllergyKind, AllergySeverity, PatientId};
use xinglin::domain::registration::NewPatient;
use xinglin::domain::visit::{AlertTier, Draft, PrescriptionLine};
use xinglin::services::failure::Kind;

use crate::support::{Place, person, register, visit};

#[test]
fn a_signed_visit_is_read_back_word_for_word_after_a_restart() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "1965-08-17", "13800001234"));
    let signed = visit(&clinic, id);
    let receipt = clinic.sign_visit(signed.clone()).unwrap();
    assert_eq!(receipt.prescription_number.as_deref(), Some("20261124-001"));
    drop(clinic);
    let mut clinic = place.sign_in();
    let chart = clinic.open_chart(id).unwrap();
    assert_eq!(chart.visits.len(), 1);
    assert_eq!(chart.visits[0].diagnoses, ["社区获得性肺炎", "高血压"]);
    assert_eq!(chart.visits[0].drugs, ["阿莫西林胶囊", "氨溴索片"]);
    let kept = clinic.open_visit(receipt.visit).unwrap();
    assert_eq!(kept.visit, signed);
    assert_eq!((kept.doctor_name.as_str(), kept.sha256), ("王建国", receipt.sha256));
    assert_eq!(kept.prescription_number, receipt.prescription_number);
}

#[test]
fn signing_closes_the_draft_empties_the_chair_and_fills_the_outbox_and_the_log() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", ""));
    clinic.add_to_waiting(id, "咳嗽").unwrap();
    clinic.save_draft(&Draft::of(visit(&clinic, id))).unwrap();
    assert!(clinic.waiting().unwrap()[0].has_draft);
    let receipt = clinic.sign_visit(visit(&clinic, id)).unwrap();
    assert!(clinic.waiting().unwrap().is_empty());
    assert!(clinic.drafts().unwrap().is_empty());
    let messages = clinic.outbox(State::Waiting, 10).unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].object, format!("visit:{}", receipt.visit.0));
    assert!(messages[0].body.contains(&receipt.sha256.to_string()));
    let whole = clinic.verify_audit(Some(receipt.audit)).unwrap().unwrap();
    assert!(whole.entries >= receipt.audit.seq);
}

#[test]
fn what_may_not_be_signed_is_not_written_and_the_draft_stays() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", ""));
    let mut stopped = visit(&clinic, id);
    stopped.prescription.alerts[0].tier = AlertTier::Stop;
    clinic.save_draft(&Draft::of(stopped.clone())).unwrap();
    let failure = clinic.sign_visit(stopped).unwrap_err();
    assert_eq!(failure.kind, Kind::User);
    assert!(failure.what.zh.contains("【禁】"), "{failure:?}");
    assert_eq!(clinic.drafts().unwrap().len(), 1);
    assert!(clinic.history(id).unwrap().is_empty());
}

#[test]
fn a_correction_supersedes_and_leaves_the_old_visit_as_it_was() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", ""));
    let first = clinic.sign_visit(visit(&clinic, id)).unwrap();
    let mut corrected = visit(&clinic, id);
    corrected.supersedes = Some(first.visit);
    let second = clinic.sign_visit(corrected.clone()).unwrap();
    let old = clinic.open_visit(first.visit).unwrap();
    assert_eq!((old.superseded_by, old.sha256), (Some(second.visit), first.sha256));
    // A second correction of the same visit would fork its history.
    assert!(clinic.sign_visit(corrected.clone()).is_err());
    let other = register(&mut clinic, &person("李四", "30岁", ""));
    corrected.patient = other;
    corrected.supersedes = Some(second.visit);
    assert!(clinic.sign_visit(corrected).is_err(), "a visit of another patient is not corrected");
}

#[test]
fn a_draft_is_found_again_after_a_restart_with_the_line_being_typed() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", ""));
    let mut draft = Draft::of(visit(&clinic, id));
    let first = clinic.save_draft(&draft).unwrap();
    draft.typing = "amxl 0.5g t".to_owned();
    draft.visit.note.push_str("\n补充");
    draft.visit.prescription.lines.push(PrescriptionLine::default());
    assert_eq!(clinic.save_draft(&draft).unwrap(), first, "one row for one open visit");
    drop(clinic);
    let mut clinic = place.sign_in();
    let found = clinic.draft_of(id).unwrap().unwrap();
    assert_eq!((&found.visit, found.typing.as_str()), (&draft.visit, "amxl 0.5g t"));
    clinic.discard_draft(first).unwrap();
    assert!(clinic.drafts().unwrap().is_empty());
}

#[test]
fn people_are_found_by_whatever_is_at_hand() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let form = NewPatient {
        id_number: "11010519491231002X".to_owned(),
        sex: None,
        birth_or_age: String::new(),
        ..person("曾小明", "", "13800001234")
    };
    let id = register(&mut clinic, &form);
    register(&mut clinic, &person("王大伟", "1950-01-02", "13911112222"));
    for query in [
        "曾",
        "小明",
        "明",
        "zxm",
        "cxm",
        "ZXM",
        "zengxiao",
        "xiaoming",
        "xm",
        "曾xm",
        "曾xiao",
        "z小明",
        "002X",
        "２Ｘ",
        "0002x".trim_start_matches("00"),
        "1234",
        "13800",
        "8000",
        "19491231",
        "曾 1234",
        "zx 002x",
        "zeng ming",
    ] {
        let found: Vec<PatientId> =
            clinic.find(query, 10).unwrap().into_iter().map(|line| line.id).collect();
        assert_eq!(found, [id], "{query}");
    }
    for query in ["王小", "zz", "99999", "曾 2222", "' OR 1=1 --", "%", "\u{0}"] {
        assert!(clinic.find(query, 10).unwrap().iter().all(|line| line.id != id), "{query}");
    }
}

#[test]
fn those_seen_last_come_first_and_an_empty_search_shows_them() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let first = register(&mut clinic, &person("王一", "61岁", ""));
    let second = register(&mut clinic, &person("王二", "61岁", ""));
    clinic.sign_visit(visit(&clinic, second)).unwrap();
    place.clock.advance_seconds(60);
    clinic.sign_visit(visit(&clinic, first)).unwrap();
    let ids = |lines: Vec<xinglin::domain::patient::PatientLine>| {
        lines.iter().map(|l| l.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(clinic.find("w", 10).unwrap()), [first, second]);
    assert_eq!(ids(clinic.find("", 10).unwrap()), [first, second]);
    assert_eq!(ids(clinic.find("w", 1).unwrap()), [first]);
    assert_eq!(clinic.find("w", 1).unwrap()[0].last_visit, Day::new(2026, 11, 24));
}

#[test]
fn the_same_id_number_is_not_registered_twice_and_likely_doubles_are_shown() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let form = NewPatient {
        id_number: "11010519491231002X".to_owned(),
        sex: None,
        ..person("王丽", "", "")
    };
    register(&mut clinic, &form);
    let again = form.validate(clinic.today()).unwrap();
    let duplicates = clinic.duplicates(&again.details).unwrap();
    assert_eq!(duplicates[0].score, Duplicate::CERTAIN);
    let failure = clinic.register_patient(&again).unwrap_err();
    assert!(failure.what.zh.contains("身份证号"), "{failure:?}");
    let sounds =
        NewPatient { birth_or_age: "1949-12-31".to_owned(), sex: None, ..person("汪莉", "", "") };
    let sounds = sounds.validate(clinic.today()).unwrap();
    assert!(clinic.duplicates(&sounds.details).unwrap()[0].score >= Duplicate::WARN);
}

#[test]
fn a_correction_of_a_person_needs_the_revision_it_was_made_on() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", "13800001234"));
    let allergy = Allergy {
        substance: "青霉素".to_owned(),
        kind: AllergyKind::Drug,
        severity: AllergySeverity::Severe,
        reaction: "休克".to_owned(),
    };
    let mut form = person("王晓明", "61岁", "13800001234");
    form.allergies = Allergies::Known(vec![allergy]);
    form.conditions = vec!["高血压".to_owned()];
    form.weight_kg = "62.5".to_owned();
    let corrected = form.validate(clinic.today()).unwrap();
    let kept = clinic.edit_patient((id, 1), &corrected).unwrap();
    assert_eq!((kept.revision, &kept.details), (2, &corrected.details));
    assert_eq!(clinic.open_chart(id).unwrap().patient, kept);
    assert_eq!(clinic.find("王晓明", 5).unwrap().len(), 1);
    assert!(clinic.find("王小明", 5).unwrap().is_empty(), "the old name finds nobody");
    let late = clinic.edit_patient((id, 1), &corrected).unwrap_err();
    assert!(late.what.zh.contains("已被他人改动"), "{late:?}");
}

#[test]
fn an_answered_warning_keeps_quiet_for_ninety_days_and_a_stop_never() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", ""));
    clinic.sign_visit(visit(&clinic, id)).unwrap();
    place.clock.advance_seconds(89 * 86_400);
    let answers = clinic.earlier_answers(id).unwrap();
    assert_eq!((answers.len(), answers[0].rule.as_str()), (1, "amoxicillin-renal"));
    place.clock.advance_seconds(86_400);
    assert!(clinic.earlier_answers(id).unwrap().is_empty());
}

#[test]
fn sheets_are_numbered_within_their_day() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", ""));
    let number = |clinic: &mut xinglin::services::clinic::Clinic| {
        let visit = visit(clinic, id);
        clinic.sign_visit(visit).unwrap().prescription_number.unwrap()
    };
    assert_eq!([number(&mut clinic), number(&mut clinic)], ["20261124-001", "20261124-002"]);
    place.clock.advance_seconds(86_400);
    assert_eq!(number(&mut clinic), "20261125-001");
    let mut bare = visit(&clinic, id);
    bare.prescription = xinglin::domain::visit::Prescription::default();
    assert_eq!(clinic.sign_visit(bare).unwrap().prescription_number, None);
}

#[test]
fn the_waiting_room_is_first_come_first_served_and_nobody_sits_twice() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let ids: Vec<PatientId> = ["王一", "王二"]
        .iter()
        .map(|name| register(&mut clinic, &person(name, "61岁", "")))
        .collect();
    for id in &ids {
        clinic.add_to_waiting(*id, "复诊\u{1b}[2J").unwrap();
        place.clock.advance_seconds(60);
    }
    let list = clinic.waiting().unwrap();
    assert_eq!(list.iter().map(|w| w.patient.id).collect::<Vec<_>>(), ids);
    assert_eq!(list[0].reason, "复诊");
    assert!(clinic.add_to_waiting(ids[0], "").unwrap_err().what.zh.contains("候诊名单"));
    clinic.remove_from_waiting(ids[0]).unwrap();
    assert!(clinic.remove_from_waiting(ids[0]).is_err());
}

#[test]
fn a_note_that_is_too_long_is_refused_and_never_cut() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", ""));
    let mut long = visit(&clinic, id);
    long.note = "咳".repeat(20_001);
    clinic.save_draft(&Draft::of(long.clone())).unwrap();
    assert_eq!(clinic.draft_of(id).unwrap().unwrap().visit.note.chars().count(), 20_001);
    let failure = clinic.sign_visit(long.clone()).unwrap_err();
    assert!(failure.what.zh.contains("超出 1 个字"), "{failure:?}");
    long.note = "咳".repeat(3_500_000);
    assert_eq!(clinic.save_draft(&Draft::of(long)).unwrap_err().kind, Kind::User);
    assert_eq!(
        clinic.draft_of(id).unwrap().unwrap().visit.note.chars().count(),
        20_001,
        "the last draft stays"
    );
}

#[test]
fn a_hostile_note_is_signed_without_its_sequences() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", ""));
    let mut hostile = visit(&clinic, id);
    hostile.note = "咳嗽\u{1b}]0;x\u{7}5天\r\n\u{202e}发热".to_owned();
    let receipt = clinic.sign_visit(hostile).unwrap();
    assert_eq!(clinic.open_visit(receipt.visit).unwrap().visit.note, "咳嗽5天\n发热");
}

#[test]
fn messages_move_by_row_and_revision_and_a_person_can_set_them_aside() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", ""));
    clinic.sign_visit(visit(&clinic, id)).unwrap();
    let message = clinic.outbox(State::Waiting, 5).unwrap().remove(0);
    assert_eq!(clinic.park_message(message.id, "没有线路").unwrap().state, State::Parked);
    let parked = clinic.outbox(State::Parked, 5).unwrap().remove(0);
    assert_eq!((parked.body, parked.standing.last_word.as_str()), (message.body, "没有线路"));
    assert_eq!(clinic.send_again(message.id).unwrap().state, State::Waiting);
    assert!(
        clinic
            .send_again(xinglin::domain::outbox::MessageId(99))
            .unwrap_err()
            .what
            .zh
            .contains("该消息")
    );
}
