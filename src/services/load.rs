//! A scripted writer for the kill and power-cut tests: registers, keeps drafts and signs through the same ways as the
//! screens, as fast as it can, and tells each step only after it is committed.
use super::clinic::Clinic;
use super::demo;
use super::failure::{Failure, Kind};
use super::session::{FirstRun, Station};
use crate::domain::age::Sex;
use crate::domain::audit::Hash;
use crate::domain::patient::PatientId;
use crate::domain::registration::NewPatient;
use crate::domain::role::{Role, Roles};
use crate::domain::visit::{
    AlertAnswer, AlertShown, AlertTier, AnswerReason, Certainty, ChosenDiagnosis, Draft,
    PrescriptionLine, Setting, ShownCondition, Visit, VisitId, WayOut,
};
use crate::storage::StoreError;

/// A committed step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ack {
    Patient { id: PatientId, name: String },
    Draft { patient: PatientId, round: u64 },
    Visit { id: VisitId, sha256: Hash },
}

impl std::fmt::Display for Ack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Patient { id, name } => write!(f, "P {} {name}", id.0),
            Self::Draft { patient, round } => write!(f, "D {} {round}", patient.0),
            Self::Visit { id, sha256 } => write!(f, "V {} {sha256}", id.0),
        }
    }
}

impl Ack {
    /// Reads a line back; `None` for a line that was cut short.
    pub fn parse(line: &str) -> Option<Self> {
        let (kind, rest) = line.split_once(' ')?;
        let (number, rest) = rest.split_once(' ')?;
        let number: i64 = number.parse().ok()?;
        match kind {
            "P" => Some(Self::Patient { id: PatientId(number), name: rest.to_owned() }),
            "D" => Some(Self::Draft { patient: PatientId(number), round: rest.parse().ok()? }),
            "V" => Some(Self::Visit { id: VisitId(number), sha256: Hash::parse(rest)? }),
            _ => None,
        }
    }
}

/// What is left of the acknowledged steps.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Survey {
    pub acked: u64,
    pub lost: Vec<String>,
    pub visits: u64,
    /// Faults of the whole self-check; empty = sound.
    pub faults: Vec<String>,
}

/// Opens the station of a load run, making it when it is not there.
pub fn open(station: &Station) -> Result<Clinic, Failure> {
    let station = station.clone().with_quick_keys();
    if station.is_set_up() {
        return station.sign_in(demo::USER, demo::PASSPHRASE);
    }
    let roles = Roles::new(&[Role::Doctor, Role::Admin])
        .map_err(|_| Failure::new(Kind::Bug, "角色有误。", "The roles are wrong."))?;
    let first = FirstRun {
        clinic_name: "压力测试".to_owned(),
        setting: Setting::Village,
        user: demo::USER.to_owned(),
        display_name: "测试".to_owned(),
        roles,
        passphrase: demo::PASSPHRASE.to_owned(),
    };
    Ok(station.set_up(&first)?.0)
}

/// Works until `acked` says stop.
pub fn run(clinic: &mut Clinic, mut acked: impl FnMut(&Ack) -> bool) -> Result<(), Failure> {
    let start = clinic.store.count_visits()?;
    let mut patient = None;
    for round in start.. {
        let id = match patient {
            Some(id) if !round.is_multiple_of(8) => id,
            _ => {
                let ack = register(clinic, round)?;
                let Ack::Patient { id, .. } = ack else { continue };
                patient = Some(id);
                clinic.add_to_waiting(id, "压力测试")?;
                if !acked(&ack) {
                    return Ok(());
                }
                id
            }
        };
        let visit = visit(clinic, id, round);
        let draft = Draft { typing: round.to_string(), ..Draft::of(visit.clone()) };
        clinic.save_draft(&draft)?;
        if !acked(&Ack::Draft { patient: id, round }) {
            return Ok(());
        }
        let receipt = clinic.sign_visit(visit)?;
        if !acked(&Ack::Visit { id: receipt.visit, sha256: receipt.sha256 }) {
            return Ok(());
        }
    }
    Ok(())
}

/// Looks whether everything that was acknowledged is there, and whether the station is sound.
pub fn survey(clinic: &mut Clinic, acks: &[Ack]) -> Result<Survey, Failure> {
    let mut survey = Survey { acked: acks.len() as u64, ..Survey::default() };
    for (i, ack) in acks.iter().enumerate() {
        let is_last = i + 1 == acks.len();
        let kept = match ack {
            Ack::Patient { id, name } => {
                found(clinic.store.patient(*id))?.is_some_and(|p| p.details.name == *name)
            }
            Ack::Visit { id, sha256 } => {
                found(clinic.store.visit(*id))?.is_some_and(|v| v.sha256 == *sha256)
            }
            // A draft goes when its visit is signed, so only one that was acknowledged last must be there.
            Ack::Draft { patient, round } if is_last => draft_or_visit(clinic, *patient, *round)?,
            Ack::Draft { .. } => true,
        };
        if !kept {
            survey.lost.push(ack.to_string());
        }
    }
    let report = clinic.check(None)?;
    survey.visits = report.visits;
    survey.faults.extend(report.damage);
    survey.faults.extend(report.changed_visits.iter().map(|id| format!("visit {} changed", id.0)));
    if let Err(broken) = report.audit {
        survey.faults.push(format!("audit broken at {}: {:?}", broken.seq, broken.why));
    }
    Ok(survey)
}

/// Adds invented people until there are so many, for measuring searches. Gives their names.
pub fn populate(clinic: &mut Clinic, people: u64) -> Result<(), Failure> {
    for n in 0..people {
        register(clinic, n)?;
    }
    Ok(())
}

fn found<T>(result: Result<T, StoreError>) -> Result<Option<T>, Failure> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn draft_or_visit(clinic: &mut Clinic, patient: PatientId, round: u64) -> Result<bool, Failure> {
    let draft = clinic.draft_of(patient)?;
    if draft.is_some_and(|draft| draft.typing.parse::<u64>().is_ok_and(|kept| kept >= round)) {
        return Ok(true);
    }
    let Some(newest) = clinic.store.history(patient)?.into_iter().next() else { return Ok(false) };
    Ok(clinic.store.visit(newest.id)?.visit.note.starts_with(&format!("第{round}轮")))
}

fn register(clinic: &mut Clinic, n: u64) -> Result<Ack, Failure> {
    const SURNAMES: [char; 20] = [
        '王', '李', '张', '刘', '陈', '杨', '黄', '赵', '吴', '周', '徐', '孙', '马', '朱', '胡',
        '郭', '何', '曾', '单', '解',
    ];
    const GIVEN: [char; 24] = [
        '伟', '芳', '娜', '敏', '静', '丽', '强', '磊', '军', '洋', '勇', '艳', '杰', '娟', '涛',
        '明', '超', '秀', '霞', '平', '刚', '桂', '英', '华',
    ];
    let pick = |chars: &[char], salt: u64| chars[(mix(n ^ salt) % chars.len() as u64) as usize];
    let name: String = [pick(&SURNAMES, 1), pick(&GIVEN, 2), pick(&GIVEN, 3)].into_iter().collect();
    let (year, month, day) = (1930 + mix(n ^ 4) % 90, 1 + mix(n ^ 5) % 12, 1 + mix(n ^ 6) % 28);
    let form = NewPatient {
        name: name.clone(),
        sex: Some(if mix(n ^ 7).is_multiple_of(2) { Sex::Male } else { Sex::Female }),
        birth_or_age: format!("{year}-{month:02}-{day:02}"),
        phone: format!("138{:08}", mix(n ^ 8) % 100_000_000),
        address: format!("测试村{}组", 1 + n % 9),
        ..NewPatient::default()
    };
    let registration = form.validate(clinic.today()).map_err(|_| {
        Failure::new(Kind::Bug, "测试资料有误。", "The invented person is refused.")
    })?;
    Ok(Ack::Patient { id: clinic.register_patient(&registration)?, name })
}

fn visit(clinic: &Clinic, patient: PatientId, round: u64) -> Visit {
    let mut visit = clinic.new_visit(patient);
    visit.note = format!("第{round}轮。主诉：咳嗽、咳黄痰5天，发热2天。查体：T38.6℃ R24次/分。");
    visit.diagnoses.push(ChosenDiagnosis {
        name: "急性支气管炎".to_owned(),
        icd10: "J20.9".to_owned(),
        condition: Some("acute-bronchitis".to_owned()),
        certainty: Certainty::Confirmed,
    });
    for rank in 1..=10 {
        visit.advice.differential.push(ShownCondition {
            rank,
            condition: format!("condition-{rank}"),
            name: "某病".to_owned(),
            probability: 1.0 / f64::from(rank + 1),
        });
    }
    "load".clone_into(&mut visit.advice.knowledge);
    for drug in ["amoxicillin", "ambroxol", "ibuprofen"] {
        visit.prescription.lines.push(PrescriptionLine {
            drug: Some(drug.to_owned()),
            name: drug.to_owned(),
            dose: "1".to_owned(),
            dose_unit: "片".to_owned(),
            route: "口服".to_owned(),
            frequency: "tid".to_owned(),
            days: Some(5),
            ..PrescriptionLine::default()
        });
    }
    visit.prescription.alerts.push(AlertShown {
        way_out: WayOut::default(),
        second: None,
        rule: "load".to_owned(),
        tier: AlertTier::Warn,
        category: "load".to_owned(),
        message: String::new(),
        drugs: "amoxicillin".to_owned(),
        lines: vec![0],
        answer: Some(AlertAnswer { reason: AnswerReason::WillMonitor, text: String::new() }),
    });
    visit
}

/// A fixed scramble (splitmix64): the same people in every run.
fn mix(n: u64) -> u64 {
    let z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
