//! An invented patient with both diseases, due people and uncertain cases, for the tests of the screens.
use std::sync::OnceLock;

use super::{
    effect::{CountsPage, DueList},
    testing::{line_of, morning, patient, today},
};
use crate::domain::{
    age::Day,
    catalog::follow_up::FollowUpBook,
    followup::{
        Case, Mode, Occasion, Person, Provenance,
        due::{DueItem, DuePerson},
        indicators::{Counted, Period, Row},
        register::{
            Enrolment, EnrolmentId, FormDraft, OpenTask, Status, TaskId, TaskKind, TaskState,
        },
        register::{Home, LoopCase, Point},
        schedule::Year,
        selfcheck::{Copied, SamePressure, SelfCheck},
    },
    visit::VisitId,
};
use crate::services::{
    advisor::Advisor,
    clinic::{FollowUpPage, YearOf},
    follow_up::{
        FollowUp, follow_up,
        form::{OpenForm, rows},
    },
};

pub fn book() -> &'static FollowUpBook {
    static BOOK: OnceLock<FollowUpBook> = OnceLock::new();
    BOOK.get_or_init(|| Advisor::load(None, None).unwrap().engine.catalog.follow_up)
}

pub fn task() -> OpenTask {
    OpenTask {
        id: TaskId(4),
        patient: line_of(9, "赵永福"),
        kind: TaskKind::Referral,
        programme: "diabetes".into(),
        due: today().plus_days(-6),
        what: "2周内主动随访转诊情况".into(),
        object: "follow-up:4".into(),
        state: TaskState::Open,
        outcome: String::new(),
    }
}

pub fn due() -> DueList {
    DueList { people: people(), tasks: vec![task()] }
}

fn people() -> Vec<DuePerson> {
    let item = |programme: &str, harm| DueItem {
        programme: programme.into(),
        due: today().plus_days(-12),
        harm,
        last_day: Some(today().plus_days(-100)),
        last_class: Some(2),
        last_controlled: Some(false),
    };
    let home =
        Home { village: "柳溪村".into(), hamlet: "一组".into(), household: "3号".into() };
    vec![
        DuePerson {
            patient: line_of(7, "张桂兰"),
            home: home.clone(),
            doctor: "王建国".into(),
            items: vec![item("hypertension", 3), item("diabetes", 9)],
            overdue_days: 12,
            urgency: 912,
        },
        DuePerson {
            patient: line_of(8, "马德胜"),
            home: Home { hamlet: "二组".into(), household: "1号".into(), ..home },
            doctor: "王建国".into(),
            items: vec![item("hypertension", 0)],
            overdue_days: -3,
            urgency: -3,
        },
    ]
}

pub fn loop_cases() -> Vec<LoopCase> {
    vec![LoopCase {
        visit: VisitId(3),
        patient: line_of(9, "赵春花"),
        signed: morning(),
        diagnoses: vec!["急性阑尾炎？".into()],
        why: "疑似".into(),
        answer: None,
    }]
}

pub fn form() -> OpenForm {
    let programmes = vec!["hypertension".to_owned(), "diabetes".to_owned()];
    let person = Person { birth: Day::new(1955, 3, 2), ..Person::default() };
    let case = Case::new(person, Occasion::on(today()));
    let mut rows = rows(book(), &programmes, &case);
    for row in rows.iter_mut().filter(|row| row.id == "sbp") {
        row.last = "158/96".into();
    }
    let point = |(n, value): (usize, &f64)| Point {
        day: today().plus_days(n as i32 * 30 - 300),
        value: *value,
        provenance: Provenance::Typed,
        mode: Mode::Clinic,
    };
    let pressures = [148.0, 152.0, 138.0, 146.0, 160.0, 158.0].iter().enumerate().map(point);
    let year = |programme: &str, zh: &str| YearOf {
        programme: programme.into(),
        programme_zh: zh.into(),
        done: Year { face_to_face: 2, all: 3 },
        needed: 4,
    };
    OpenForm {
        book: book().clone(),
        page: FollowUpPage {
            patient: patient(),
            enrolments: vec![],
            records: vec![],
            tasks: vec![],
            annual_check: None,
            year: vec![year("hypertension", "高血压"), year("diabetes", "2型糖尿病")],
        },
        programmes,
        only: String::new(),
        draft: None,
        rows,
        case,
        series: vec![("sbp".into(), pressures.collect())],
    }
}

pub fn judged(programmes: &[String], case: &Case) -> FollowUp {
    follow_up(book(), programmes, case)
}

pub fn enrolment() -> Enrolment {
    Enrolment {
        id: EnrolmentId(3),
        patient: line_of(7, "张桂兰"),
        programme: "hypertension".into(),
        from: today().plus_days(-300),
        home: Home::of_address("柳溪村一组3号"),
        doctor: "王建国".into(),
        status: Status::Active,
        status_day: today().plus_days(-300),
        status_cause: String::new(),
        next_due: Some(today().plus_days(-12)),
        harm: 3,
        last_day: Some(today().plus_days(-100)),
        last_class: Some(2),
        last_controlled: Some(false),
    }
}

pub fn draft() -> FormDraft {
    let row = |key: &str, text: &str| (key.to_owned(), text.to_owned());
    FormDraft {
        patient: patient().id,
        form: String::new(),
        saved: morning().plus_seconds(-600),
        rows: vec![row("mode 方式", "2"), row("sbp 血压", "152/9")],
    }
}

pub fn counts() -> CountsPage {
    let person = |n: i64, name: &str, ok: bool| Counted {
        patient: crate::domain::patient::PatientId(n),
        name: name.into(),
        status: if n == 9 { Status::Lost } else { Status::Active },
        visits: if ok { 4 } else { 1 },
        needed: 4,
        to_spec: ok,
        controlled: ok,
        last: Some(today().plus_days(-20)),
    };
    let row = |doctor: &str, people: Vec<Counted>| Row {
        village: "柳溪村".into(),
        doctor: doctor.into(),
        managed: people.len() as u32,
        to_spec: people.iter().filter(|p| p.to_spec).count() as u32,
        controlled: people.iter().filter(|p| p.controlled).count() as u32,
        lost: people.iter().filter(|p| p.status == Status::Lost).count() as u32,
        estimated: Some(6),
        people,
    };
    CountsPage {
        programme: "hypertension".into(),
        period: Period::parse("2026Q4").unwrap(),
        programmes: vec![
            ("hypertension".into(), "高血压".into()),
            ("diabetes".into(), "2型糖尿病".into()),
        ],
        rows: vec![
            row("王建国", vec![person(7, "张桂兰", true), person(8, "马德胜", false)]),
            row("赵敏", vec![person(9, "赵永福", false)]),
        ],
    }
}

pub fn self_check() -> SelfCheck {
    let patient = patient().id;
    let days = vec![today().plus_days(-60), today().plus_days(-30), today()];
    SelfCheck {
        measured: 64,
        digits: [40, 2, 3, 3, 4, 3, 2, 3, 2, 2],
        chi_square: 194.8,
        digit_preference: true,
        copied: vec![Copied { patient, name: "张桂兰".into(), what: "136/82".into(), days }],
        same_pressure: vec![SamePressure {
            village: "柳溪村".into(),
            day: today(),
            what: "130/80".into(),
            people: ["马德胜", "赵永福", "孙凤琴"].map(|n| (patient, n.to_owned())).into(),
            of: 4,
        }],
    }
}
