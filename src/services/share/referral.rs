//! A referral made from a signed visit, and as it goes on paper.
use crate::domain::identity::{IdNumber, Phone};
use crate::domain::instant::Instant;
use crate::domain::patient::{Allergies, Details, Patient};
use crate::domain::share::discharge::{Measurement, Medicine, Person};
use crate::domain::share::letter::{Direction, Letter, Problem, Receiver, Sender};
use crate::domain::share::referral::Urgency;
use crate::domain::visit::{Certainty, Polarity, PrescriptionLine, SignedVisit};
pub use crate::paper::referral::{SlipSheet, preview};
use crate::wire::fhir::Names;

/// What the doctor says beside the visit.
#[derive(Clone, Debug)]
pub struct Wish {
    pub direction: Direction,
    pub urgency: Urgency,
    pub to: Receiver,
    pub reason: String,
    /// In place of the note when not empty.
    pub findings: String,
    pub plan: String,
    pub first_visit: Option<crate::domain::age::Day>,
    /// Number of the referral up that is answered.
    pub answers: String,
    pub phone: String,
}

/// The letter of a visit. The same visit to the same place is the same referral.
pub fn letter(
    (names, clinic): (&Names, &str),
    (visit, patient): (&SignedVisit, &Patient),
    wish: &Wish,
) -> Letter {
    let key = format!("visit:{}|{}|{}", visit.id.0, wish.direction.id(), wish.to.name);
    let mut letter = Letter::blank(names.id("Referral", &key), wish.direction);
    let d = &patient.details;
    letter.urgency = wish.urgency;
    // Whole seconds, as every format writes them.
    letter.written = Some(Instant::from_millis(visit.signed.millis() / 1000 * 1000));
    letter.patient = person(d);
    letter.from = Sender {
        name: clinic.to_owned(),
        code: names.org_oid.clone(),
        doctor: visit.doctor_name.clone(),
        phone: wish.phone.clone(),
    };
    letter.to = wish.to.clone();
    letter.reason.clone_from(&wish.reason);
    let note = visit.visit.note.trim();
    letter.findings =
        if wish.findings.is_empty() { note.to_owned() } else { wish.findings.clone() };
    letter.problems = problems(visit, d);
    letter.allergies_denied = d.allergies == Allergies::None;
    letter.allergies = d.allergies.known().iter().map(allergy).collect();
    letter.medicines = visit.visit.prescription.lines.iter().map(medicine).collect();
    letter.measurements = measurements(visit);
    letter.plan.clone_from(&wish.plan);
    letter.first_visit = wish.first_visit;
    letter.answers.clone_from(&wish.answers);
    letter
}

fn person(d: &Details) -> Person {
    Person {
        name: d.name.clone(),
        sex: d.sex,
        birth: d.birth.filter(|_| !d.birth_estimated),
        id_number: d.id_number.as_ref().map(IdNumber::as_str).unwrap_or_default().to_owned(),
        phone: d.phone.as_ref().map(Phone::as_str).unwrap_or_default().to_owned(),
        address: d.address.clone(),
        ..Person::default()
    }
}

/// The visit's diagnoses first, then what the person lives with.
fn problems(visit: &SignedVisit, d: &Details) -> Vec<Problem> {
    let mut problems: Vec<Problem> = visit
        .visit
        .diagnoses
        .iter()
        .map(|one| Problem {
            name: one.name.clone(),
            icd10: one.icd10.clone(),
            certainty: one.certainty,
        })
        .collect();
    for name in &d.conditions {
        if !problems.iter().any(|known| known.name == *name) {
            let (icd10, certainty) = (String::new(), Certainty::Confirmed);
            problems.push(Problem { name: name.clone(), icd10, certainty });
        }
    }
    problems
}

fn allergy(one: &crate::domain::patient::Allergy) -> String {
    if one.reaction.is_empty() {
        one.substance.clone()
    } else {
        format!("{}（{}）", one.substance, one.reaction)
    }
}

fn medicine(line: &PrescriptionLine) -> Medicine {
    let notes = [&line.solvent, &line.remark];
    Medicine {
        name: line.name.clone(),
        strength: line.strength.clone(),
        dose: line.dose.clone(),
        dose_unit: line.dose_unit.clone(),
        route: line.route.clone(),
        frequency: line.frequency.clone(),
        days: line.days,
        note: notes.into_iter().filter(|n| !n.is_empty()).cloned().collect::<Vec<_>>().join("；"),
    }
}

/// What was measured in this illness of this person.
fn measurements(visit: &SignedVisit) -> Vec<Measurement> {
    visit
        .visit
        .findings
        .iter()
        .filter(|f| !f.of_family && !f.past && f.polarity != Polarity::Absent)
        .filter_map(|f| {
            Some(Measurement {
                name: f.name.clone(),
                value: f.value.clone()?,
                unit: f.unit.clone().unwrap_or_default(),
                on: Some(visit.signed.day()),
                ..Measurement::default()
            })
        })
        .collect()
}

/// The slip with its codes.
pub fn sheet(letter: &Letter, codes: Vec<String>) -> SlipSheet {
    let l = letter;
    let mut fields: Vec<(String, String)> = vec![];
    let mut put = |label: &str, text: String| {
        if !text.trim().is_empty() {
            fields.push((label.to_owned(), text));
        }
    };
    let sex = match l.patient.sex {
        crate::domain::age::Sex::Male => "男",
        crate::domain::age::Sex::Female => "女",
        crate::domain::age::Sex::Unknown => "",
    };
    let birth = l.patient.birth.map(|day| day.to_string()).unwrap_or_default();
    put("患者", format!("{} {sex} {birth}", l.patient.name));
    put("身份证号", l.patient.id_number.clone());
    put("电话", l.patient.phone.clone());
    put("住址", l.patient.address.clone());
    put("转往", format!("{} {}", l.to.name, l.to.department));
    put("转诊原因", l.reason.clone());
    let problem = |one: &Problem| match one.certainty {
        Certainty::Confirmed => one.name.clone(),
        Certainty::Suspected => format!("{}？", one.name),
        Certainty::RuleOut => format!("{}待排", one.name),
    };
    put("诊断", l.problems.iter().map(problem).collect::<Vec<_>>().join("；"));
    let allergies = match (l.allergies.is_empty(), l.allergies_denied) {
        (false, _) => l.allergies.join("、"),
        (true, true) => "无".to_owned(),
        (true, false) => "未问".to_owned(),
    };
    put("过敏", allergies);
    let drug = |m: &Medicine| {
        [&m.name, &m.strength, &m.dose, &m.dose_unit, &m.route, &m.frequency]
            .map(String::as_str)
            .join(" ")
    };
    put("用药", l.medicines.iter().map(drug).collect::<Vec<_>>().join("；"));
    let value = |m: &Measurement| format!("{} {}{}", m.name, m.value, m.unit);
    put("检查", l.measurements.iter().map(value).collect::<Vec<_>>().join("；"));
    put("病情摘要", l.findings.clone());
    put("安排", l.plan.clone());
    put("首次随访", l.first_visit.map(|day| format!("{day} 以前")).unwrap_or_default());
    put("转出", format!("{} {} {}", l.from.name, l.from.doctor, l.from.phone));
    SlipSheet {
        title: format!("双向转诊单（{}）", l.direction.name_zh()),
        urgency: l.urgency.name_zh().to_owned(),
        number: l.id.clone(),
        date: l.written.map(|at| at.day().to_string()).unwrap_or_default(),
        fields,
        receipt: vec![
            "—— 回执（接收单位填写，交患者带回或电话告知）——".to_owned(),
            "□接收  □不接收，原因：____________  科室：________  日期：____年__月__日".to_owned(),
        ],
        codes,
        foot: "二维码即本转诊单内容，带签名；用 share refer read 或扫码枪读入。不联网也有效。"
            .to_owned(),
    }
}
