//! An invented patient with both diseases, due people and uncertain cases, for the tests of the screens.
use std::sync::OnceLock;

use super::testing::{line_of, morning, patient, today};
use crate::domain::{
    age::Day,
    catalog::follow_up::FollowUpBook,
    followup::{
        Case, Mode, Occasion, Person, Provenance,
        due::{DueItem, DuePerson},
        register::{Home, LoopCase, Point},
        schedule::Year,
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

pub fn due() -> Vec<DuePerson> {
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
            home,
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
        rows,
        case,
        series: vec![("sbp".into(), pressures.collect())],
    }
}

pub fn judged(programmes: &[String], case: &Case) -> FollowUp {
    follow_up(book(), programmes, case)
}
