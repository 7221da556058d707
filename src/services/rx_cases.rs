//! Prescription cases: those written beside the rules, the quiet ones, and those every entry implies.
pub mod generated;

use crate::{
    domain::{
        age::{Age, Sex},
        catalog::formulary::Tier,
        rx::{Alert, Checked, Prescription, RxItem, RxPatient, record},
        visit::Setting,
    },
    knowledge::{
        cases::CaseBook,
        format_rx::{self, RxCase},
        lint::{Lint, LintId},
    },
    services::{knowledge_base::CaseRun, prescribing::Pharmacist},
};

/// The case as the checker takes it.
pub fn question(case: &RxCase) -> (Prescription, RxPatient) {
    let items = case.items.iter().map(item).collect();
    let rx = Prescription {
        items,
        setting: Setting::parse(&case.setting),
        iv_antibiotics_approved: case.iv_antibiotics_approved,
        ..Prescription::default()
    };
    let p = &case.patient;
    let patient = RxPatient {
        sex: Sex::parse(&p.sex).unwrap_or_default(),
        age: Age::parse(&p.age),
        age_in_years: false,
        weight_kg: p.weight_kg,
        pregnant_weeks: p.pregnant_weeks,
        lactating: p.lactating,
        allergies: p.allergies.clone(),
        allergies_asked: true,
        diagnoses: p.diagnoses.clone(),
        egfr: p.egfr,
        creatinine_umol: p.creatinine_umol,
        child_pugh: p.child_pugh.clone(),
        labs: p.labs.iter().map(|(k, v)| (k.clone(), *v)).collect(),
        current_drugs: p.current_drugs.clone(),
    };
    (rx, patient)
}

fn item(i: &format_rx::RxItem) -> RxItem {
    RxItem {
        drug: i.drug.clone(),
        strength: i.strength.clone().unwrap_or_default(),
        dose: i.dose,
        dose_unit: i.dose_unit.clone(),
        route: i.route.clone(),
        frequency: i.frequency.clone(),
        days: i.days,
        skin_test: i.skin_test.as_deref().and_then(record::skin_test),
        solvent: i.solvent.clone().unwrap_or_default(),
        group: i.group,
        remark: i.remark.clone(),
        ..RxItem::default()
    }
}

/// Cases beside the rules and quiet prescriptions.
pub fn run_written(pharmacist: &Pharmacist, cases: &CaseBook) -> CaseRun {
    let mut run = CaseRun::default();
    for (rule, list) in &cases.rx {
        let path = pharmacist.catalog.formulary.rules.iter().find(|r| r.id == *rule).map_or_else(
            || format!("{rule}.cases.toml"),
            |r| format!("rules/{}/{rule}.cases.toml", r.kind.id()),
        );
        for case in list {
            run.ran += 1;
            let (rx, patient) = question(case);
            let checked = pharmacist.check(&rx, &patient);
            let fired = checked.alerts.iter().any(|a| a.speaks_for(rule));
            if fired != case.fires {
                let what = if case.fires { "应报未报" } else { "不应报却报了" };
                run.failures.push(failure(&path, format!("{what}：{}", case.name)));
            }
        }
    }
    for case in &cases.quiet_rx {
        run.ran += 1;
        let (rx, patient) = question(case);
        for alert in loud(&pharmacist.check(&rx, &patient)) {
            run.failures.push(failure(
                "quiet",
                format!(
                    "安静处方报了{} {}：{}（{}）",
                    alert.tier.zh(),
                    alert.rule,
                    alert.message,
                    case.name
                ),
            ));
        }
    }
    run
}

fn loud(checked: &Checked) -> impl Iterator<Item = &Alert> {
    checked.alerts.iter().filter(|a| a.tier >= Tier::Warn)
}

fn failure(path: &str, what: String) -> Lint {
    Lint {
        id: LintId::CaseFails,
        path: path.to_owned(),
        line: 1,
        what,
        cure: "改规则或改病例，说明理由".into(),
    }
}
