//! Follow-up on a whole station: one entry counts everywhere, nobody twice, corrections, losses, tasks, counts.
use xinglin::domain::age::Day;
use xinglin::domain::followup::indicators::Period;
use xinglin::domain::followup::register::{
    FollowUpRecord, FormDraft, Home, LoopAnswer, NewEnrolment, NewFollowUp, Status, TaskKind,
    TaskState,
};
use xinglin::domain::followup::{Mode, Provenance};
use xinglin::domain::instant::Instant;
use xinglin::domain::patient::PatientId;
use xinglin::domain::visit::{Certainty, ChosenDiagnosis};
use xinglin::services::advisor::Advisor;
use xinglin::services::clinic::{Clinic, RegisterFilter};
use xinglin::services::follow_up::form::read;
use xinglin::services::follow_up::sheets::Form;

use crate::support::{Place, person, register};

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

pub fn advisor() -> &'static Advisor {
    static ADVISOR: std::sync::OnceLock<Advisor> = std::sync::OnceLock::new();
    ADVISOR.get_or_init(|| Advisor::load(None, None).unwrap())
}

fn at(place: &Place, date: &str) {
    place.clock.set(Instant::start_of(day(date)).plus_seconds(9 * 3600));
}

fn pressure(patient: PatientId, date: &str, (sbp, dbp): (f64, f64)) -> NewFollowUp {
    let mut new = NewFollowUp::on(patient, day(date), Mode::Clinic);
    new.programmes = vec!["hypertension".to_owned()];
    new.occasion.set("sbp", sbp, Provenance::Typed);
    new.occasion.set("dbp", dbp, Provenance::Typed);
    new
}

fn record(clinic: &mut Clinic, new: &NewFollowUp) -> FollowUpRecord {
    let receipt = clinic.record_follow_up(&advisor().engine.catalog, new).unwrap();
    let page = clinic.follow_up_page(&advisor().engine.catalog.follow_up, new.patient).unwrap();
    page.records.into_iter().find(|r| r.id == receipt.ids[0]).unwrap()
}

#[test]
fn one_visit_with_both_diseases_fills_both_forms_with_one_key_and_only_once() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let patient = register(&mut clinic, &person("王小明", "61岁", "13800001111"));
    let mut visit = clinic.new_visit(patient);
    "主诉：复诊。\n查体：BP 152/94mmHg，空腹血糖7.6mmol/L，P 76次/分".clone_into(&mut visit.note);
    for name in ["高血压", "2型糖尿病"] {
        visit.diagnoses.push(ChosenDiagnosis {
            name: name.to_owned(),
            icd10: String::new(),
            condition: None,
            certainty: Certainty::Confirmed,
        });
    }
    let signed = clinic.sign_visit(visit).unwrap();
    let receipt = clinic.follow_up_from_visit(advisor(), signed.visit).unwrap();
    let classes: Vec<_> =
        receipt.outcomes.iter().map(|o| (o.programme.as_str(), o.class)).collect();
    assert_eq!(classes, [("diabetes", Some(2)), ("hypertension", Some(2))]);
    assert!(clinic.follow_up_of_visit(advisor(), signed.visit).unwrap().is_none());
    assert!(clinic.follow_up_from_visit(advisor(), signed.visit).is_err());
    let page = clinic.follow_up_page(&advisor().engine.catalog.follow_up, patient).unwrap();
    assert_eq!(page.records.len(), 2);
    assert!(page.year.iter().all(|y| y.done.face_to_face == 1 && y.needed == 4));
    assert_eq!(clinic.follow_up_series(patient, "sbp").unwrap().len(), 1);
    assert_eq!(clinic.due_people(14, None).unwrap().len(), 1, "one line for both diseases");
    assert_eq!(clinic.due_people(13, None).unwrap().len(), 0);
}

#[test]
fn two_unsatisfactory_visits_make_a_referral_with_a_task_and_a_correction_takes_it_back() {
    let place = Place::new();
    at(&place, "2026-03-01");
    let (mut clinic, _) = place.set_up();
    let patient = register(&mut clinic, &person("李小红", "50岁", "13800002222"));
    record(&mut clinic, &pressure(patient, "2026-02-10", (150.0, 95.0)));
    let second = record(&mut clinic, &pressure(patient, "2026-02-24", (152.0, 96.0)));
    assert_eq!(second.verdict.plan, "twice");
    let tasks = clinic.follow_up_tasks(30).unwrap();
    assert_eq!(
        (tasks.len(), tasks[0].kind, tasks[0].due),
        (1, TaskKind::Referral, day("2026-03-10"))
    );
    let mut right = pressure(patient, "2026-02-24", (132.0, 86.0));
    right.supersedes = Some(second.id);
    let corrected = record(&mut clinic, &right);
    assert_eq!((corrected.verdict.class, corrected.verdict.plan.as_str()), (Some(1), "satisfied"));
    assert_eq!(clinic.follow_up_tasks(30).unwrap().len(), 0);
    let page = clinic.follow_up_page(&advisor().engine.catalog.follow_up, patient).unwrap();
    assert_eq!(page.records.len(), 3);
    assert_eq!(page.year[0].done.face_to_face, 2, "the corrected one is not counted");
    assert_eq!(page.enrolments[0].last_class, Some(1));
    assert!(
        right.supersedes.is_some()
            && clinic.record_follow_up(&advisor().engine.catalog, &right).is_err(),
        "corrected once"
    );
}

#[test]
fn a_late_entry_counts_on_its_day_and_does_not_move_the_next_date() {
    let place = Place::new();
    at(&place, "2026-06-01");
    let (mut clinic, _) = place.set_up();
    let patient = register(&mut clinic, &person("赵小平", "50岁", ""));
    record(&mut clinic, &pressure(patient, "2026-05-20", (130.0, 80.0)));
    record(&mut clinic, &pressure(patient, "2026-02-20", (170.0, 100.0)));
    let enrolment = clinic.enrolments_of(patient).unwrap().remove(0);
    assert_eq!(enrolment.last_day, Some(day("2026-05-20")));
    assert_eq!(enrolment.next_due, Some(day("2026-08-18")));
    let tomorrow = pressure(patient, "2026-06-02", (130.0, 80.0));
    assert!(
        clinic.record_follow_up(&advisor().engine.catalog, &tomorrow).is_err(),
        "a clock is wrong"
    );
    let twice = pressure(patient, "2026-05-20", (128.0, 80.0));
    assert!(clinic.record_follow_up(&advisor().engine.catalog, &twice).is_err(), "one form a day");
}

#[test]
fn who_is_lost_is_not_due_and_is_found_again_by_a_visit() {
    let place = Place::new();
    at(&place, "2026-06-01");
    let (mut clinic, _) = place.set_up();
    let patient = register(&mut clinic, &person("孙小刚", "70岁", ""));
    let enrolment = NewEnrolment {
        patient,
        programme: "hypertension".to_owned(),
        from: day("2026-01-05"),
        home: Home::of_address("柳溪村三组12号"),
        doctor: "王建国".to_owned(),
    };
    let id = clinic.enrol(&enrolment).unwrap();
    assert_eq!(clinic.due_people(0, None).unwrap().len(), 1, "enrolled and never seen is due");
    let walk = clinic.due_walk(0, Some("hypertension")).unwrap();
    assert_eq!((walk[0].village.as_str(), walk[0].hamlet.as_str()), ("柳溪村", "三组"));
    assert!(clinic.set_enrolment_status(id, (Status::Lost, day("2026-05-30"), "")).is_err());
    clinic.set_enrolment_status(id, (Status::Lost, day("2026-05-30"), "外出打工")).unwrap();
    assert_eq!(clinic.due_people(0, None).unwrap().len(), 0);
    let rows = |clinic: &mut Clinic| {
        let period = Period::parse("2026Q2").unwrap();
        clinic
            .follow_up_indicators(&advisor().engine.catalog.follow_up, ("hypertension", period))
            .unwrap()
    };
    let row = rows(&mut clinic).remove(0);
    assert_eq!((row.managed, row.lost, row.controlled), (1, 1, 0));
    record(&mut clinic, &pressure(patient, "2026-06-01", (140.0, 80.0)));
    let row = rows(&mut clinic).remove(0);
    assert_eq!((row.managed, row.lost, row.controlled, row.people.len()), (1, 0, 1, 1));
    let filter = RegisterFilter {
        status: Some(Status::Active),
        query: "sxg".to_owned(),
        ..RegisterFilter::default()
    };
    assert_eq!(clinic.follow_up_register(&filter, (10, 0)).unwrap().len(), 1);
}

#[test]
fn a_discharge_makes_one_task_within_seven_days() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let patient = register(&mut clinic, &person("钱小东", "66岁", ""));
    for _ in 0..2 {
        clinic.discharge_received(patient, (day("2026-11-20"), "discharge:3")).unwrap();
    }
    let task = clinic.follow_up_tasks(7).unwrap().remove(0);
    assert_eq!((task.kind, task.due), (TaskKind::Discharge, day("2026-11-27")));
    clinic.set_follow_up_task(task.id, (TaskState::Done, "电话，恢复好")).unwrap();
    assert_eq!(clinic.follow_up_tasks(7).unwrap().len(), 0);
    clinic.set_follow_up_task(task.id, (TaskState::Open, "")).unwrap();
    assert_eq!(clinic.follow_up_tasks(7).unwrap().len(), 1, "reversible");
}

#[test]
fn the_loop_asks_after_two_days_and_an_answer_can_be_taken_back() {
    let place = Place::new();
    at(&place, "2026-11-01");
    let (mut clinic, _) = place.set_up();
    let patient = register(&mut clinic, &person("周小兰", "40岁", ""));
    let visit = crate::support::visit(&clinic, patient);
    let signed = clinic.sign_visit(visit).unwrap();
    assert_eq!(clinic.loop_cases().unwrap().len(), 0, "too early");
    at(&place, "2026-11-04");
    let case = clinic.loop_cases().unwrap().remove(0);
    assert_eq!((case.visit, case.answer), (signed.visit, None));
    assert!(case.why.contains("疑似"));
    clinic.answer_loop(signed.visit, LoopAnswer::Better).unwrap();
    assert_eq!(clinic.loop_cases().unwrap()[0].answer, Some(LoopAnswer::Better));
    clinic.answer_loop(signed.visit, LoopAnswer::Withdrawn).unwrap();
    assert_eq!(clinic.loop_cases().unwrap()[0].answer, None);
    assert_eq!(clinic.loop_answers().unwrap().len(), 2, "nothing is erased");
}

#[test]
fn a_half_typed_form_comes_back_after_a_cut_and_goes_when_it_is_saved_or_thrown_away() {
    let place = Place::new();
    at(&place, "2026-06-01");
    let (mut clinic, _) = place.set_up();
    let book = &advisor().engine.catalog.follow_up;
    let mut new_person = person("郑小满", "66岁", "13800003333");
    new_person.conditions = vec!["高血压".to_owned()];
    let patient = register(&mut clinic, &new_person);
    let draft = |text: &str| FormDraft {
        patient,
        form: String::new(),
        saved: Instant::start_of(day("2026-06-01")),
        rows: vec![("sbp 血压".to_owned(), text.to_owned())],
    };
    clinic.save_form_draft(&draft("15")).unwrap();
    clinic.save_form_draft(&draft("152/9")).unwrap();
    drop(clinic);
    let mut clinic = place.sign_in();
    assert_eq!(clinic.form_draft_names().unwrap(), ["郑小满"]);
    let form = clinic.open_follow_up_form(book, (patient, None)).unwrap();
    assert_eq!(form.draft.unwrap().rows[0].1, "152/9");
    let other = clinic.open_follow_up_form(book, (patient, Some("contract"))).unwrap();
    assert!(other.draft.is_none(), "another form has its own draft");
    let mut new = pressure(patient, "2026-06-01", (152.0, 94.0));
    new.draft = Some(String::new());
    record(&mut clinic, &new);
    assert!(clinic.form_draft_names().unwrap().is_empty(), "kept: the draft is gone");
    clinic.save_form_draft(&draft("1")).unwrap();
    clinic.discard_form_draft((patient, "")).unwrap();
    clinic.discard_form_draft((patient, "")).unwrap();
    assert!(clinic.form_draft((patient, "")).unwrap().is_none());
    assert!(clinic.verify_audit(None).unwrap().is_ok());
}

#[test]
fn a_contract_is_signed_changed_and_seen_and_does_not_stand_on_every_form() {
    let place = Place::new();
    at(&place, "2026-03-01");
    let (mut clinic, _) = place.set_up();
    let book = &advisor().engine.catalog.follow_up;
    let patient = register(&mut clinic, &person("冯小雨", "70岁", ""));
    record(&mut clinic, &pressure(patient, "2026-02-20", (138.0, 84.0)));
    let sign = |clinic: &mut Clinic, (date, hospital): (&str, &str)| {
        at(&place, date);
        let form = clinic.open_follow_up_form(book, (patient, Some("contract"))).unwrap();
        let typed: Vec<String> = form
            .rows
            .iter()
            .map(|row| match row.id.as_str() {
                "mode" => "1",
                "hospital" if hospital.is_empty() => "2",
                "hospital" => "1",
                "hospital-name" => hospital,
                _ => "",
            })
            .map(str::to_owned)
            .collect();
        let start = NewFollowUp {
            programmes: form.programmes.clone(),
            ..NewFollowUp::on(patient, day(date), Mode::Clinic)
        };
        let (new, problems) = read(book, (&form.rows, &typed), &start);
        assert!(problems.is_empty(), "{problems:?}");
        clinic.record_follow_up(&advisor().engine.catalog, &new).unwrap();
        let all = clinic.programmes_in(patient).unwrap();
        all.into_iter().find(|p| p.programme == "contract").unwrap()
    };
    let alone = sign(&mut clinic, ("2026-03-01", ""));
    assert_eq!(alone.next_due, Some(day("2026-04-01")), "a month to find the hospital");
    assert_eq!(alone.contract.unwrap().hospital, "");
    let whole = sign(&mut clinic, ("2026-03-20", "青河县人民医院"));
    assert_eq!(whole.next_due, Some(day("2027-03-20")));
    assert_eq!(whole.contract.unwrap().hospital, "青河县人民医院");
    at(&place, "2026-05-20");
    let form = clinic.open_follow_up_form(book, (patient, None)).unwrap();
    assert_eq!(form.programmes, ["hypertension"], "the contract waits for its day");
    at(&place, "2027-03-01");
    let form = clinic.open_follow_up_form(book, (patient, None)).unwrap();
    assert_eq!(form.programmes, ["hypertension", "contract"]);
    let id = clinic.enrolments_of(patient).unwrap()[0].id;
    clinic.set_enrolment_status(id, (Status::Closed, day("2027-02-01"), "误诊")).unwrap();
    let form = clinic.open_follow_up_form(book, (patient, None)).unwrap();
    assert_eq!(form.programmes, ["contract"], "who is out of a programme is not asked for it");
}

#[test]
fn the_counts_go_to_files_with_the_people_behind() {
    let place = Place::new();
    at(&place, "2026-06-01");
    let (mut clinic, _) = place.set_up();
    let patient = register(&mut clinic, &person("卫小芹", "50岁", ""));
    record(&mut clinic, &pressure(patient, "2026-05-20", (150.0, 95.0)));
    let book = &advisor().engine.catalog.follow_up;
    let what = ("hypertension", Period::parse("2026Q2").unwrap());
    for form in Form::ALL {
        let path = clinic.export_indicators(book, what, form).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.is_empty() && path.to_string_lossy().ends_with(form.id()));
        match form {
            Form::Csv => {
                let people = path.with_file_name("indicators-hypertension-2026Q2-people.csv");
                assert!(std::fs::read_to_string(people).unwrap().contains("卫小芹"));
                assert!(String::from_utf8(bytes).unwrap().contains("控制率"));
            }
            Form::Html => assert!(String::from_utf8(bytes).unwrap().contains("卫小芹")),
            Form::Xlsx => assert_eq!(&bytes[..2], b"PK"),
        }
    }
}

/// Two thousand people are run by `xinglin bench follow-up`; here the same code with fewer, on each test run.
#[test]
fn a_practice_of_three_years_agrees_with_the_book_kept_apart() {
    use xinglin::services::session::{Safety, Synchronous};
    use xinglin::services::simulate_practice::{Practice, run};
    for seed in [1, 2] {
        let place = Place::new();
        at(&place, "2024-01-01");
        let quick = Safety { reserve_bytes: 0, synchronous: Synchronous::Normal };
        let (mut clinic, _) =
            place.station().with_safety(quick).set_up(&crate::support::first_run()).unwrap();
        let practice = Practice { people: 25, years: 3, seed, start: day("2024-01-01") };
        let report = run((&mut clinic, &place.clock), &advisor().engine.catalog, practice).unwrap();
        assert!(report.faults.is_empty(), "seed {seed}:\n{}", report.faults.join("\n"));
        let seen =
            [report.late, report.corrections, report.refused_by_clock, report.wrong_clock_days];
        assert!(seen.iter().all(|n| *n > 0), "{report:?}");
        assert!(report.lost + report.dead + report.moved > 0 && report.records > 300);
        assert!(clinic.verify_audit(None).unwrap().is_ok());
        println!("seed {seed}: {} records, {} checks", report.records, report.checks);
    }
}
