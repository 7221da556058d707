//! Invented lines, alerts, earlier prescriptions and templates, for the tests of the screens.
use super::testing::morning;
use crate::domain::{
    age::Day,
    role::{Role, UserId},
    visit::{
        AlertShown, AlertTier, PrescriptionLine, SecondSignature, SecondSignatureId, VisitId,
        WayOut, lines_digest,
        template::{PastPrescription, Scope, Template, TemplateId},
    },
};
use crate::services::clinic::SecondSigner;
use crate::services::prescribe::{Checked, CheckedAlert, LineReading};
use crate::services::visit::Plan;

pub fn chronic_line() -> PrescriptionLine {
    PrescriptionLine {
        drug: Some("amlodipine".into()),
        name: "苯磺酸氨氯地平片".into(),
        strength: "5mg".into(),
        dose: "5".into(),
        dose_unit: "mg".into(),
        route: "口服".into(),
        frequency: "每日1次".into(),
        days: Some(28),
        quantity: Some(2),
        quantity_unit: "盒".into(),
        ..PrescriptionLine::default()
    }
}

/// One earlier prescription and two templates.
pub fn rx_sources() -> (Vec<PastPrescription>, Vec<Template>) {
    let template = |id: i64, name: &str, scope: Scope, line: PrescriptionLine| Template {
        id: TemplateId(id),
        revision: 1,
        name: name.into(),
        scope,
        owner: UserId(1),
        lines: vec![line],
        changed: morning(),
    };
    let past = PastPrescription {
        visit: VisitId(3),
        day: Day::new(2026, 10, 15).unwrap(),
        doctor_name: "王建国".into(),
        diagnoses: vec!["高血压".into()],
        lines: vec![chronic_line(), rx_line()],
    };
    let templates = vec![
        template(1, "成人感冒", Scope::Personal, rx_line()),
        template(2, "高血压常用", Scope::Clinic, chronic_line()),
    ];
    (vec![past], templates)
}

pub fn rx_line() -> PrescriptionLine {
    PrescriptionLine {
        drug: Some("amoxicillin".into()),
        name: "阿莫西林胶囊".into(),
        strength: "0.25g".into(),
        dose: "0.5".into(),
        dose_unit: "g".into(),
        route: "口服".into(),
        frequency: "每日3次".into(),
        days: Some(5),
        ..PrescriptionLine::default()
    }
}

pub fn alert(tier: AlertTier, rule: &str) -> CheckedAlert {
    CheckedAlert {
        shown: AlertShown {
            rule: rule.into(),
            tier,
            category: "allergy".into(),
            message: "青霉素过敏（皮疹），阿莫西林属青霉素类，可致过敏性休克".into(),
            drugs: "amoxicillin".into(),
            lines: vec![0],
            answer: None,
            way_out: WayOut::default(),
            second: None,
        },
        instead: "多西环素 0.1g 每日2次，或阿奇霉素".into(),
        source: "药品说明书".into(),
        trial: true,
    }
}

pub fn second_signers() -> Vec<SecondSigner> {
    vec![SecondSigner { user: "limei".into(), name: "李梅".into(), role: Role::Pharmacist }]
}

pub fn second_signature(lines: &[PrescriptionLine]) -> SecondSignature {
    SecondSignature {
        id: SecondSignatureId(5),
        signer: UserId(9),
        name: "李梅".into(),
        role: Role::Pharmacist,
        at: morning(),
        reason: "会诊后同意".into(),
        lines: lines_digest(lines),
    }
}

pub fn checked(tiers: &[AlertTier]) -> Checked {
    let alerts = tiers.iter().enumerate().map(|(n, tier)| alert(*tier, &format!("r{n}"))).collect();
    Checked { alerts, known: 1, total: 1, unchecked: vec!["肾功能（无肌酐）".into()] }
}

pub fn reading(complete: bool) -> LineReading {
    LineReading {
        line: rx_line(),
        shown: "阿莫西林胶囊 每次0.5g 口服 每日3次 5天".into(),
        missing: if complete { vec![] } else { vec!["单位".into()] },
        left_over: vec![],
        unknown_drug: false,
    }
}

pub fn plans() -> Vec<Plan> {
    vec![Plan {
        condition: "c-18".into(),
        name: "社区获得性肺炎".into(),
        sections: vec![
            ("处理".into(), "轻症成人阿莫西林1g每日3次，5–7天；低氧先吸氧。".into()),
            ("转诊".into(), "CRB-65≥2、SpO2<92%：急转。".into()),
        ],
        sources: vec!["《基层肺炎诊疗指南》2018 第4章".into()],
        notifiable: None,
        trial: true,
    }]
}
