//! The demo clinic: an invented village with invented people, the same every time, in a data directory of its own.
//! ID numbers begin with 990000, which is no region, so that they belong to nobody.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::clinic::Clinic;
use super::clock::{Clock, FixedClock};
use super::failure::{Failure, Kind};
use super::session::{FirstRun, Station};
use crate::domain::age::Sex;
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
    past.set(today.plus_days(-120));
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
        ids.push(register(&mut clinic, person)?);
    }
    for (days_ago, who, visit) in VISITS {
        past.set(today.plus_days(-days_ago).plus_seconds(9 * 3600 + *who as i64 * 120));
        sign(&mut clinic, id(&ids, *who)?, visit)?;
    }
    for (minutes, who, reason) in WAITING {
        past.set(clock.now().plus_seconds(-60 * minutes));
        clinic.add_to_waiting(id(&ids, *who)?, reason)?;
    }
    past.set(clock.now());
    Ok(())
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
    Person("张桂兰", "19550312002", "13800000001", "一组", &["高血压"], "无"),
    Person("李国强", "19610817001", "13800000002", "一组", &["高血压", "2型糖尿病"], "青霉素!"),
    Person("王秀英", "19480105004", "13800000003", "一组", &["慢性阻塞性肺疾病"], ""),
    Person("刘建军", "19700922003", "13800000004", "一组", &[], "无"),
    Person("陈玉梅", "19820614006", "13800000005", "一组", &["缺铁性贫血"], ""),
    Person("杨志明", "19530730005", "13800000006", "二组", &["冠心病", "高血压"], "无"),
    Person("黄丽华", "19670418008", "13800000007", "二组", &[], "磺胺"),
    Person("赵永福", "19450211007", "13800000008", "二组", &["2型糖尿病"], "无"),
    Person("周美玲", "19911203010", "13800000009", "二组", &[], "无"),
    Person("吴小宝", "2022-05-06", "13800000009", "二组", &[], ""),
    Person("徐长青", "19740825009", "13800000011", "三组", &["痛风"], "无"),
    Person("孙凤琴", "19580609012", "13800000012", "三组", &["高血压"], "头孢"),
    Person("马德胜", "19640101011", "13800000013", "三组", &[], ""),
    Person("朱雨桐", "2019-09-01", "13800000014", "三组", &["支气管哮喘"], "无"),
    Person("胡金花", "19500717014", "13800000015", "三组", &["骨关节炎"], "无"),
    Person("郭海波", "19880320013", "13800000016", "三组", &[], "无"),
    Person("何翠萍", "19770508016", "13800000017", "四组", &["甲状腺功能减退"], ""),
    Person("高文斌", "19690214015", "13800000018", "四组", &["胃溃疡"], "无"),
    Person("林秋月", "19950926018", "13800000019", "四组", &[], "无"),
    Person("罗大山", "19420403017", "13800000020", "四组", &["高血压", "脑梗死后遗症"], ""),
    Person("梁思雨", "2025-12-20", "13800000021", "四组", &[], ""),
    Person("宋立新", "19630611019", "13800000022", "四组", &["2型糖尿病", "高血压"], "无"),
    Person("曾国荣", "19560829021", "13800000023", "五组", &[], "无"),
    Person("单晓红", "19840115020", "13800000024", "五组", &[], "青霉素"),
    Person("仇保田", "19490519023", "13800000025", "五组", &["慢性阻塞性肺疾病", "高血压"], "无"),
    Person("解玉珍", "19601010022", "13800000026", "五组", &["高血压"], ""),
    Person("区振华", "19720707025", "13800000027", "五组", &[], "无"),
    Person("查素芬", "19530404024", "13800000028", "六组", &["心房颤动"], "无"),
    Person("欧阳俊", "19990808027", "13800000029", "六组", &[], "无"),
    Person("买买提·吐尔逊", "19681231029", "13800000030", "六组", &["高血压"], ""),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::age::Day;

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
