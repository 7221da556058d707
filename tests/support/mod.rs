//! A clinic to test with: a fixed clock, quick keys, invented people.
use std::path::Path;
use std::sync::Arc;

use xinglin::domain::age::{Day, Sex};
use xinglin::domain::instant::Instant;
use xinglin::domain::patient::PatientId;
use xinglin::domain::registration::NewPatient;
use xinglin::domain::role::{Role, Roles};
use xinglin::domain::visit::{
    AdviceShown, AlertAnswer, AlertShown, AlertTier, AnswerReason, Certainty, ChosenDiagnosis,
    Polarity, PrescriptionLine, RecordedFinding, Setting, ShownCondition, ShownRule, Triage,
    TriageLevel, Visit, WayOut,
};
use xinglin::services::clinic::Clinic;
use xinglin::services::clock::FixedClock;
use xinglin::services::session::{FirstRun, RecoveryKey, Station};
use xinglin::storage::{NewUser, Safety, Synchronous};

pub const PASSPHRASE: &str = "杏林春暖 village 42";
pub const DOCTOR: &str = "wang";

/// A data directory with a clock, not set up yet.
pub struct Place {
    pub dir: tempfile::TempDir,
    pub clock: Arc<FixedClock>,
}

impl Place {
    pub fn new() -> Self {
        let morning = Instant::start_of(Day::new(2026, 11, 24).unwrap()).plus_seconds(8 * 3600);
        Self { dir: tempfile::tempdir().unwrap(), clock: Arc::new(FixedClock::at(morning)) }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn station(&self) -> Station {
        Station::at(self.path(), self.clock.clone()).with_quick_keys().with_safety(no_reserve())
    }

    pub fn set_up(&self) -> (Clinic, RecoveryKey) {
        self.station().set_up(&first_run()).unwrap()
    }

    pub fn sign_in(&self) -> Clinic {
        self.station().sign_in(DOCTOR, PASSPHRASE).unwrap()
    }
}

/// How large a run is: small in CI, as large as `tests/long/trace.sh` asks for.
pub fn size_of_run(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| {
        text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number"))
    })
}

/// Tests run on whatever disk there is.
pub fn no_reserve() -> Safety {
    Safety { reserve_bytes: 0, synchronous: Synchronous::Full }
}

pub fn first_run() -> FirstRun {
    FirstRun {
        clinic_name: "柳溪村卫生室".to_owned(),
        setting: Setting::Village,
        user: DOCTOR.to_owned(),
        display_name: "王建国".to_owned(),
        roles: Roles::new(&[Role::Doctor, Role::Admin]).unwrap(),
        passphrase: PASSPHRASE.to_owned(),
    }
}

/// Adds a user with one role and signs them in (as a reading window while `admin` is open).
pub fn add_user(admin: &mut Clinic, name: &str, role: Role) {
    let user = NewUser {
        name: name.to_owned(),
        display_name: format!("{name}（{}）", role.name_zh()),
        roles: Roles::new(&[role]).unwrap(),
    };
    admin.add_user(&user, PASSPHRASE).unwrap();
}

pub fn person(name: &str, birth: &str, phone: &str) -> NewPatient {
    NewPatient {
        name: name.to_owned(),
        sex: Some(Sex::Male),
        birth_or_age: birth.to_owned(),
        phone: phone.to_owned(),
        address: "柳溪村三组".to_owned(),
        ..NewPatient::default()
    }
}

pub fn register(clinic: &mut Clinic, form: &NewPatient) -> PatientId {
    let registration = form.validate(clinic.today()).unwrap();
    clinic.register_patient(&registration).unwrap()
}

/// A whole visit: findings, two diagnoses, advice, two lines, an answered warning.
pub fn visit(clinic: &Clinic, patient: PatientId) -> Visit {
    let mut visit = clinic.new_visit(patient);
    "主诉：咳嗽、咳黄痰5天，发热2天。\n查体：T38.6℃ R24次/分".clone_into(&mut visit.note);
    visit.findings.push(RecordedFinding {
        concept: "fever".to_owned(),
        name: "发热".to_owned(),
        polarity: Polarity::Present,
        of_family: false,
        past: false,
        value: Some("38.6".to_owned()),
        unit: Some("℃".to_owned()),
        start: 12,
        end: 16,
        corrected: true,
    });
    visit.diagnoses = vec![
        ChosenDiagnosis {
            name: "社区获得性肺炎".to_owned(),
            icd10: "J15.9".to_owned(),
            condition: Some("community-acquired-pneumonia".to_owned()),
            certainty: Certainty::Suspected,
        },
        ChosenDiagnosis {
            name: "高血压".to_owned(),
            icd10: "I10".to_owned(),
            condition: None,
            certainty: Certainty::Confirmed,
        },
    ];
    visit.triage = Some(Triage { level: TriageLevel::Urgent, why: vec!["R24".to_owned()] });
    visit.advice = AdviceShown {
        differential: vec![ShownCondition {
            rank: 1,
            condition: "community-acquired-pneumonia".to_owned(),
            name: "社区获得性肺炎".to_owned(),
            probability: 0.61,
        }],
        do_not_miss: vec![ShownRule {
            rule: "sepsis-qsofa".to_owned(), name: "脓毒症".to_owned()
        }],
        plans: vec![ShownRule {
            rule: "cap-outpatient".to_owned(), name: "门诊治疗".to_owned()
        }],
        knowledge: "2026.11.1".to_owned(),
        model: Some("ab".repeat(32)),
    };
    visit.prescription.lines =
        vec![line("amoxicillin", "阿莫西林胶囊"), line("ambroxol", "氨溴索片")];
    visit.prescription.alerts.push(AlertShown {
        rule: "amoxicillin-renal".to_owned(),
        tier: AlertTier::Warn,
        category: "renal".to_owned(),
        message: "肾功能未知".to_owned(),
        drugs: "amoxicillin".to_owned(),
        lines: vec![0],
        answer: Some(AlertAnswer { reason: AnswerReason::WillMonitor, text: String::new() }),
        way_out: WayOut::default(),
        second: None,
    });
    visit
}

fn line(drug: &str, name: &str) -> PrescriptionLine {
    PrescriptionLine {
        drug: Some(drug.to_owned()),
        name: name.to_owned(),
        strength: "0.25g".to_owned(),
        dose: "0.5".to_owned(),
        dose_unit: "g".to_owned(),
        route: "口服".to_owned(),
        frequency: "tid".to_owned(),
        days: Some(5),
        quantity: Some(2),
        quantity_unit: "盒".to_owned(),
        ..PrescriptionLine::default()
    }
}
