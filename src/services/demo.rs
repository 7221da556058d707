//! The demo clinic: an invented village with invented people, the same every time, in a data directory of its own.
//! Its follow-ups are judged by the real tables, so what is due and what the trends say is true of these records.
//! ID numbers begin with 990000, which is no region, so that they belong to nobody.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::clinic::Clinic;
use super::clock::{Clock, FixedClock};
use super::failure::{Failure, Kind};
use super::knowledge_base;
use super::session::{FirstRun, Station};
use crate::domain::age::{Day, Sex};
use crate::domain::catalog::Catalog;
use crate::domain::followup::register::{Home, NewEnrolment, NewFollowUp};
use crate::domain::followup::{Mode, Provenance};
use crate::domain::instant::Instant;
use crate::domain::patient::{Allergies, Allergy, AllergyKind, AllergySeverity, PatientId};
use crate::domain::registration::NewPatient;
use crate::domain::role::{Role, Roles};
use crate::domain::visit::{Certainty, ChosenDiagnosis, PrescriptionLine, Setting};
use crate::storage::{Layout, NewUser, StoreError};

/// The doctor and administrator of the demo clinic.
pub const USER: &str = "wang";
/// Published: it protects nothing.
pub const PASSPHRASE: &str = "demo clinic 2026";

/// Opens the demo station in `dir`, making it on the first time.
pub fn station(dir: impl Into<PathBuf>, clock: &Arc<dyn Clock>) -> Result<Station, Failure> {
    let dir = dir.into();
    let station = Station::at(dir.clone(), clock.clone()).with_quick_keys();
    if !station.is_set_up() {
        make(&dir, clock.as_ref())?;
    }
    Ok(station)
}

/// Fills a directory beside the real place and moves it there whole: a half-made demo never counts.
fn make(dir: &Path, clock: &dyn Clock) -> Result<(), Failure> {
    let unfinished = dir.join("seeding");
    let moved = |step: std::io::Result<()>| {
        step.map_err(|source| {
            Failure::from(StoreError::Io { doing: "making the demo clinic", source })
        })
    };
    if unfinished.exists() {
        moved(std::fs::remove_dir_all(&unfinished))?;
    }
    seed(unfinished.clone(), clock)?;
    moved(std::fs::rename(Layout::at(&unfinished).station(), Layout::at(dir).station()))?;
    moved(std::fs::remove_dir_all(&unfinished))
}

/// Fills an empty data directory. The records depend only on the day.
fn seed(dir: PathBuf, clock: &dyn Clock) -> Result<(), Failure> {
    let past = Arc::new(FixedClock::at(clock.now()));
    let today = Instant::start_of(clock.today());
    past.set(today.plus_days(-FIRST_DAYS_AGO));
    let roles = roles(&[Role::Doctor, Role::Admin])?;
    let first = FirstRun {
        clinic_name: "柳溪村卫生室（演示）".to_owned(),
        setting: Setting::Village,
        user: USER.to_owned(),
        display_name: "王建国".to_owned(),
        roles,
        passphrase: PASSPHRASE.to_owned(),
    };
    let (mut clinic, _recovery) =
        Station::at(dir, past.clone()).with_quick_keys().set_up(&first)?;
    for (name, display_name, role) in USERS {
        let user = NewUser {
            name: (*name).to_owned(),
            display_name: (*display_name).to_owned(),
            roles: self::roles(&[*role])?,
        };
        clinic.add_user(&user, PASSPHRASE)?;
    }
    let mut ids = vec![];
    for person in PEOPLE {
        past.advance_seconds(300);
        let born = Day::parse(person.1).map(Instant::start_of);
        let before_birth = born.filter(|born| past.now().millis_since(*born) < 0);
        let came = past.now();
        past.set(before_birth.map_or(came, |born| born.plus_days(20)));
        ids.push(register(&mut clinic, person)?);
        past.set(came);
    }
    for (days_ago, who, visit) in VISITS {
        past.set(today.plus_days(-days_ago).plus_seconds(9 * 3600 + *who as i64 * 120));
        sign(&mut clinic, id(&ids, *who)?, visit)?;
    }
    follow(&mut clinic, (&ids, today), &past)?;
    for (minutes, who, reason) in WAITING {
        past.set(clock.now().plus_seconds(-60 * minutes));
        clinic.add_to_waiting(id(&ids, *who)?, reason)?;
    }
    past.set(clock.now());
    Ok(())
}

/// Some months of follow-ups, each on its day.
fn follow(
    clinic: &mut Clinic,
    (ids, today): (&[PatientId], Instant),
    past: &FixedClock,
) -> Result<(), Failure> {
    let catalog = knowledge_base::compiled(None).map_err(|_| bug("demo tables"))?.catalog;
    for (programme, people) in ESTIMATES {
        clinic.set_estimate(programme, ("柳溪村", *people))?;
    }
    for met in MET {
        past.set(today.plus_days(-met.0).plus_seconds(15 * 3600 + met.1 as i64 * 60));
        meet(clinic, (id(ids, met.1)?, &catalog), met)?;
    }
    for (days_ago, who) in CONTRACTS {
        past.set(today.plus_days(-days_ago).plus_seconds(16 * 3600 + *who as i64 * 60));
        let mut new = NewFollowUp::on(id(ids, *who)?, clinic.today(), Mode::Clinic);
        new.programmes = vec!["contract".to_owned()];
        new.occasion.signs.insert("contract-hospital".to_owned());
        for (field, words) in CONTRACT {
            new.fields.push(((*field).to_owned(), (*words).to_owned()));
        }
        clinic.record_follow_up(&catalog, &new)?;
    }
    for (days_ago, who, programme) in NEWLY_IN {
        past.set(today.plus_days(-days_ago).plus_seconds(17 * 3600));
        clinic.enrol(&NewEnrolment {
            patient: id(ids, *who)?,
            programme: (*programme).to_owned(),
            from: clinic.today(),
            home: Home::of_address(&format!("柳溪村{}", PEOPLE[*who].3)),
            doctor: clinic.who().display_name.clone(),
        })?;
    }
    Ok(())
}

fn meet(
    clinic: &mut Clinic,
    (patient, catalog): (PatientId, &Catalog),
    met: &Met,
) -> Result<(), Failure> {
    let Met(_, _, programmes, mode, numbers, signs) = met;
    let mut new = NewFollowUp::on(patient, clinic.today(), *mode);
    new.programmes = programmes.iter().map(|programme| (*programme).to_owned()).collect();
    let source = if *mode == Mode::Phone { Provenance::Told } else { Provenance::Typed };
    for (name, value) in *numbers {
        new.occasion.set(name, *value, source);
    }
    new.occasion.signs = signs.iter().map(|sign| (*sign).to_owned()).collect();
    clinic.record_follow_up(catalog, &new).map(drop)
}

fn roles(roles: &[Role]) -> Result<Roles, Failure> {
    Roles::new(roles).map_err(|_| bug("demo roles"))
}

fn id(ids: &[PatientId], who: usize) -> Result<PatientId, Failure> {
    ids.get(who).copied().ok_or_else(|| bug("demo people"))
}

fn bug(what: &str) -> Failure {
    Failure::new(
        Kind::Bug,
        format!("演示数据有误（{what}）。"),
        format!("The demo records are wrong ({what})."),
    )
}

/// Name, birth day with sequence number (odd = man), telephone, group, problems, allergy.
struct Person(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

fn register(clinic: &mut Clinic, person: &Person) -> Result<PatientId, Failure> {
    let Person(name, born, phone, address, problems, allergy) = person;
    let child = born.len() != 11;
    let allergies = match *allergy {
        "" => Allergies::NotAsked,
        "无" => Allergies::None,
        substance => Allergies::Known(vec![Allergy {
            substance: substance.trim_end_matches('!').to_owned(),
            kind: AllergyKind::Drug,
            severity: if substance.ends_with('!') {
                AllergySeverity::Severe
            } else {
                AllergySeverity::Mild
            },
            reaction: if substance.ends_with('!') { "休克" } else { "皮疹" }.to_owned(),
        }]),
    };
    let form = NewPatient {
        name: (*name).to_owned(),
        sex: child.then_some(Sex::Female),
        birth_or_age: if child { (*born).to_owned() } else { String::new() },
        id_number: if child { String::new() } else { with_check_digit(&format!("990000{born}")) },
        phone: (*phone).to_owned(),
        address: format!("柳溪村{address}"),
        allergies,
        conditions: problems.iter().map(|problem| (*problem).to_owned()).collect(),
        ..NewPatient::default()
    };
    let registration = form.validate(clinic.today()).map_err(|_| bug(name))?;
    clinic.register_patient(&registration)
}

/// GB 11643-1999, for inventing numbers.
fn with_check_digit(seventeen: &str) -> String {
    "0123456789X"
        .chars()
        .map(|check| format!("{seventeen}{check}"))
        .find(|number| crate::domain::identity::IdNumber::from_kept(number).is_some())
        .unwrap_or_default()
}

struct Past(
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
    &'static [[&'static str; 7]],
);

fn sign(clinic: &mut Clinic, patient: PatientId, past: &Past) -> Result<(), Failure> {
    let Past(note, diagnoses, lines) = past;
    let mut visit = clinic.new_visit(patient);
    (*note).clone_into(&mut visit.note);
    "demo".clone_into(&mut visit.advice.knowledge);
    for (name, icd10, condition) in *diagnoses {
        visit.diagnoses.push(ChosenDiagnosis {
            name: (*name).to_owned(),
            icd10: (*icd10).to_owned(),
            condition: Some(*condition).filter(|id| !id.is_empty()).map(str::to_owned),
            certainty: Certainty::Confirmed,
        });
    }
    for [drug, name, strength, dose, dose_unit, frequency, days] in *lines {
        visit.prescription.lines.push(PrescriptionLine {
            drug: Some((*drug).to_owned()),
            name: (*name).to_owned(),
            strength: (*strength).to_owned(),
            dose: (*dose).to_owned(),
            dose_unit: (*dose_unit).to_owned(),
            route: "口服".to_owned(),
            frequency: (*frequency).to_owned(),
            days: days.parse().ok(),
            quantity: Some(1),
            quantity_unit: "盒".to_owned(),
            ..PrescriptionLine::default()
        });
    }
    clinic.sign_visit(visit).map(drop)
}

const USERS: &[(&str, &str, Role)] = &[
    ("li", "李梅", Role::Pharmacist),
    ("zhao", "赵敏", Role::PublicHealth),
    ("liu", "刘洋", Role::Clerk),
    ("chen", "陈静", Role::Auditor),
];

const PEOPLE: &[Person] = &[
    Person("张桂兰", "19550312002", "13800000001", "一组3号", &["高血压"], "无"),
    Person("李国强", "19610817001", "13800000002", "一组8号", &["高血压", "2型糖尿病"], "青霉素!"),
    Person("王秀英", "19480105004", "13800000003", "一组3号", &["慢性阻塞性肺疾病"], ""),
    Person("刘建军", "19700922003", "13800000004", "一组", &[], "无"),
    Person("陈玉梅", "19820614006", "13800000005", "一组", &["缺铁性贫血"], ""),
    Person("杨志明", "19530730005", "13800000006", "二组1号", &["冠心病", "高血压"], "无"),
    Person("黄丽华", "19670418008", "13800000007", "二组", &[], "磺胺"),
    Person("赵永福", "19450211007", "13800000008", "二组6号", &["2型糖尿病"], "无"),
    Person("周美玲", "19911203010", "13800000009", "二组", &[], "无"),
    Person("吴小宝", "2022-05-06", "13800000009", "二组2号", &[], ""),
    Person("徐长青", "19740825009", "13800000011", "三组", &["痛风"], "无"),
    Person("孙凤琴", "19580609012", "13800000012", "三组4号", &["高血压"], "头孢"),
    Person("马德胜", "19640101011", "13800000013", "三组", &[], ""),
    Person("朱雨桐", "2019-09-01", "13800000014", "三组", &["支气管哮喘"], "无"),
    Person("胡金花", "19500717014", "13800000015", "三组9号", &["骨关节炎"], "无"),
    Person("郭海波", "19880320013", "13800000016", "三组", &[], "无"),
    Person("何翠萍", "19770508016", "13800000017", "四组", &["甲状腺功能减退"], ""),
    Person("高文斌", "19690214015", "13800000018", "四组", &["胃溃疡"], "无"),
    Person("林秋月", "19950926018", "13800000019", "四组", &[], "无"),
    Person("罗大山", "19420403017", "13800000020", "四组5号", &["高血压", "脑梗死后遗症"], ""),
    Person("梁思雨", "2025-12-20", "13800000021", "四组7号", &[], ""),
    Person("宋立新", "19630611019", "13800000022", "四组5号", &["2型糖尿病", "高血压"], "无"),
    Person("曾国荣", "19560829021", "13800000023", "五组2号", &[], "无"),
    Person("单晓红", "19840115020", "13800000024", "五组", &[], "青霉素"),
    Person(
        "仇保田",
        "19490519023",
        "13800000025",
        "五组6号",
        &["慢性阻塞性肺疾病", "高血压"],
        "无",
    ),
    Person("解玉珍", "19601010022", "13800000026", "五组6号", &["高血压"], ""),
    Person("区振华", "19720707025", "13800000027", "五组", &[], "无"),
    Person("查素芬", "19530404024", "13800000028", "六组", &["心房颤动"], "无"),
    Person("欧阳俊", "19990808027", "13800000029", "六组", &[], "无"),
    Person("买买提·吐尔逊", "19681231029", "13800000030", "六组11号", &["高血压"], ""),
];

const HYPERTENSION: &[(&str, &str, &str)] = &[("高血压", "I10", "")];
const AMLODIPINE: [&str; 7] = ["amlodipine", "苯磺酸氨氯地平片", "5mg", "5", "mg", "qd", "28"];
const METFORMIN: [&str; 7] = ["metformin", "盐酸二甲双胍片", "0.5g", "0.5", "g", "bid", "28"];

/// Days ago, person, what was written.
const VISITS: &[(i64, usize, Past)] = &[
    (
        96,
        0,
        Past("高血压复诊，无头晕头痛。BP 152/94mmHg，P 76次/分。", HYPERTENSION, &[AMLODIPINE]),
    ),
    (68, 0, Past("高血压复诊，无不适。BP 146/90mmHg，P 74次/分。", HYPERTENSION, &[AMLODIPINE])),
    (40, 0, Past("高血压复诊，无不适。BP 138/86mmHg，P 72次/分。", HYPERTENSION, &[AMLODIPINE])),
    (
        61,
        1,
        Past(
            "高血压、糖尿病复诊。BP 144/88mmHg，空腹血糖 8.2mmol/L，体重 71kg。",
            &[("高血压", "I10", ""), ("2型糖尿病", "E11.9", "")],
            &[AMLODIPINE, METFORMIN],
        ),
    ),
    (
        33,
        2,
        Past(
            "主诉：咳嗽、咳白痰加重3天。无发热、无咯血。R 22次/分，SpO2 93%，双肺散在干啰音。",
            &[("慢性阻塞性肺疾病急性加重", "J44.1", "")],
            &[["ambroxol", "盐酸氨溴索片", "30mg", "30", "mg", "tid", "5"]],
        ),
    ),
    (
        21,
        9,
        Past(
            "主诉：发热1天，最高38.9℃，流涕，精神可，饮水好。咽红，双肺清。体重 14kg。",
            &[("急性上呼吸道感染", "J06.9", "")],
            &[["ibuprofen", "布洛芬混悬液", "2g:100ml", "5", "ml", "prn", "2"]],
        ),
    ),
    (
        15,
        10,
        Past("主诉：右足第一跖趾关节红肿热痛1天。无外伤，无发热。", &[("痛风", "M10.9", "")], &[]),
    ),
    (
        12,
        21,
        Past(
            "糖尿病、高血压复诊。BP 136/84mmHg，空腹血糖 7.0mmol/L。",
            &[("2型糖尿病", "E11.9", "")],
            &[METFORMIN],
        ),
    ),
    (
        7,
        27,
        Past(
            "心悸复诊，无黑矇、无胸痛。P 88次/分，律不齐，BP 130/80mmHg。",
            &[("心房颤动", "I48.9", "")],
            &[],
        ),
    ),
    (
        2,
        16,
        Past(
            "乏力、怕冷复诊，服药规律。P 64次/分，BP 118/74mmHg。",
            &[("甲状腺功能减退", "E03.9", "")],
            &[],
        ),
    ),
];

/// Minutes waited, person, reason.
const WAITING: &[(i64, usize, &str)] = &[
    (52, 0, "高血压复诊"),
    (41, 12, "咳嗽、发热2天"),
    (33, 9, "腹泻"),
    (20, 23, "尿频、尿痛"),
    (11, 7, "头晕"),
    (4, 28, "手指割伤"),
];

/// How long ago the demo clinic was opened.
const FIRST_DAYS_AGO: i64 = 400;

/// Days ago, person, programmes, how, numbers, signs.
struct Met(
    i64,
    usize,
    &'static [&'static str],
    Mode,
    &'static [(&'static str, f64)],
    &'static [&'static str],
);

const HT: &[&str] = &["hypertension"];
const DM: &[&str] = &["diabetes"];
const BOTH: &[&str] = &["hypertension", "diabetes"];
const LUNG: &[&str] = &["copd"];
const NONE: &[&str] = &["no-symptom"];

/// The oldest first.
const MET: &[Met] = &[
    Met(
        372,
        14,
        &["elderly"],
        Mode::Clinic,
        &[("sbp", 136.0), ("dbp", 78.0), ("fbg", 5.6), ("weight", 58.0), ("height", 154.0)],
        &[],
    ),
    Met(300, 1, BOTH, Mode::Clinic, &[("sbp", 158.0), ("dbp", 98.0), ("fbg", 8.6)], NONE),
    Met(286, 1, BOTH, Mode::Clinic, &[("sbp", 138.0), ("dbp", 86.0), ("fbg", 6.8)], NONE),
    Met(275, 0, HT, Mode::Clinic, &[("sbp", 154.0), ("dbp", 92.0)], NONE),
    Met(260, 9, &["child"], Mode::Clinic, &[("weight", 15.0), ("height", 99.0)], &[]),
    Met(240, 5, HT, Mode::Clinic, &[("sbp", 146.0), ("dbp", 84.0)], NONE),
    Met(200, 1, BOTH, Mode::Home, &[("sbp", 136.0), ("dbp", 84.0), ("fbg", 6.6)], NONE),
    Met(195, 11, HT, Mode::Clinic, &[("sbp", 138.0), ("dbp", 82.0)], NONE),
    Met(180, 0, HT, Mode::Clinic, &[("sbp", 148.0), ("dbp", 88.0)], NONE),
    Met(160, 7, DM, Mode::Clinic, &[("fbg", 6.9), ("sbp", 132.0), ("dbp", 74.0)], NONE),
    Met(150, 5, HT, Mode::Home, &[("sbp", 148.0), ("dbp", 82.0)], NONE),
    Met(140, 1, BOTH, Mode::Clinic, &[("sbp", 134.0), ("dbp", 82.0), ("fbg", 6.4)], NONE),
    Met(130, 19, HT, Mode::Home, &[("sbp", 162.0), ("dbp", 88.0)], &["headache-dizziness"]),
    Met(100, 11, HT, Mode::Clinic, &[("sbp", 142.0), ("dbp", 86.0)], NONE),
    Met(96, 0, HT, Mode::Clinic, &[("sbp", 152.0), ("dbp", 94.0)], NONE),
    Met(95, 29, HT, Mode::Phone, &[("sbp", 136.0), ("dbp", 84.0)], NONE),
    Met(90, 20, &["child"], Mode::Clinic, &[("weight", 8.6), ("height", 70.0)], &[]),
    Met(88, 25, HT, Mode::Clinic, &[("sbp", 138.0), ("dbp", 82.0)], NONE),
    Met(75, 24, HT, Mode::Home, &[("sbp", 132.0), ("dbp", 80.0)], NONE),
    Met(75, 24, LUNG, Mode::Home, &[("spo2", 95.0), ("cat", 8.0), ("mmrc", 1.0)], NONE),
    Met(61, 1, BOTH, Mode::Clinic, &[("sbp", 144.0), ("dbp", 88.0), ("fbg", 8.2)], NONE),
    Met(40, 0, HT, Mode::Clinic, &[("sbp", 138.0), ("dbp", 86.0)], NONE),
    Met(33, 2, LUNG, Mode::Clinic, &[("spo2", 93.0), ("cat", 18.0)], &["symptoms-worse"]),
    Met(30, 5, HT, Mode::Clinic, &[("sbp", 172.0), ("dbp", 96.0)], NONE),
    Met(20, 7, DM, Mode::Clinic, &[("fbg", 16.9), ("sbp", 138.0), ("dbp", 76.0)], &["polydipsia"]),
    Met(12, 21, BOTH, Mode::Clinic, &[("sbp", 136.0), ("dbp", 84.0), ("fbg", 7.0)], NONE),
];

/// Days ago, person: contracts with the county hospital.
const CONTRACTS: &[(i64, usize)] = &[(210, 0), (205, 1), (204, 7)];
const CONTRACT: &[(&str, &str)] = &[
    ("hospital", "1"),
    ("hospital-name", "青河县人民医院（演示）"),
    ("team", "王建国、赵敏"),
    ("signed-copy", "1"),
];

/// Days ago, person: in a programme, not yet seen.
const NEWLY_IN: &[(i64, usize, &str)] = &[(30, 22, "elderly")];

/// Patients that the village should have.
const ESTIMATES: &[(&str, u32)] = &[("hypertension", 14), ("diabetes", 5)];

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Arc<FixedClock> {
        Arc::new(FixedClock::at(
            Instant::start_of(Day::new(2026, 11, 24).unwrap()).plus_seconds(9 * 3600),
        ))
    }

    fn open() -> (tempfile::TempDir, Clinic) {
        let dir = tempfile::tempdir().unwrap();
        let clinic = station(dir.path(), &(clock() as Arc<dyn Clock>))
            .unwrap()
            .sign_in(USER, PASSPHRASE)
            .unwrap();
        (dir, clinic)
    }

    #[test]
    fn the_demo_clinic_has_people_who_wait_and_people_who_were_seen() {
        let (_dir, mut clinic) = open();
        assert_eq!(clinic.waiting().unwrap().len(), 6);
        let seen = clinic.find("", 50).unwrap();
        assert!(seen.len() >= 7, "{}", seen.len());
        assert_eq!(clinic.find("zgr", 5).unwrap()[0].name, "曾国荣");
        let chart = clinic.open_chart(PatientId(1)).unwrap();
        assert_eq!((chart.visits.len(), chart.patient.details.conditions.len()), (3, 1));
    }

    #[test]
    fn the_demo_clinic_has_people_who_are_overdue_who_are_due_and_a_trend() {
        let (_dir, mut clinic) = open();
        let due = clinic.due_people(7, None).unwrap();
        assert!(due.iter().filter(|p| p.overdue_days > 0).count() >= 5, "{due:#?}");
        assert!(due.iter().any(|p| p.overdue_days <= 0), "somebody is due soon");
        let of = |name: &str| due.iter().find(|p| p.patient.name == name);
        assert!(of("李国强").is_some_and(|p| p.overdue_days > 30));
        assert!(clinic.due_walk(7, None).unwrap().len() >= 4, "hamlets");
        assert_eq!(clinic.follow_up_series(PatientId(1), "sbp").unwrap().len(), 4);
        let tasks = clinic.follow_up_tasks(30).unwrap();
        assert_eq!(tasks.iter().map(|t| t.patient.name.as_str()).collect::<Vec<_>>(), ["赵永福"]);
    }

    #[test]
    fn two_demo_clinics_of_one_day_hold_the_same_records() {
        let ((_a, mut one), (_b, mut two)) = (open(), open());
        for id in 1..=PEOPLE.len() as i64 {
            assert_eq!(
                one.open_chart(PatientId(id)).unwrap(),
                two.open_chart(PatientId(id)).unwrap()
            );
        }
        assert_eq!(one.waiting().unwrap(), two.waiting().unwrap());
    }

    #[test]
    fn every_demo_user_signs_in_with_the_published_passphrase() {
        let (dir, clinic) = open();
        drop(clinic);
        for name in ["wang", "li", "zhao", "liu", "chen"] {
            assert!(
                station(dir.path(), &(clock() as Arc<dyn Clock>))
                    .unwrap()
                    .sign_in(name, PASSPHRASE)
                    .is_ok(),
                "{name}"
            );
        }
    }
}
