//! The steps of a store-room's day, each through the same way as the screens.
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Listed, Wanted};
use crate::domain::age::{Day, Sex};
use crate::domain::patient::PatientId;
use crate::domain::registration::NewPatient;
use crate::domain::trace::despatch::Verdict;
use crate::domain::trace::ledger::Particulars;
use crate::domain::trace::product::Product;
use crate::domain::trace::recall::{Nature, Recall};
use crate::domain::visit::{Certainty, ChosenDiagnosis, PrescriptionLine};
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::{
    Act as ClinicAct, DespatchIn, Difference, Door, Stop, TraceReceipt,
};
use crate::services::failure::{Failure, Kind};
use crate::services::trace_upload::profile;

const SUPPLIER: &str = "县医药公司";

#[derive(Deserialize)]
pub(super) struct Act {
    #[serde(rename = "act")]
    name: String,
    codes: Vec<String>,
    #[serde(default)]
    units: Option<u32>,
    /// Two people where one must not act alone.
    #[serde(default)]
    names: (String, String),
}

pub(super) fn kept(kept: &TraceReceipt) -> Value {
    json!({ "first": kept.first.seq, "last": kept.last, "bills": kept.bills })
}

pub(super) fn product(
    clinic: &mut Clinic,
    (id, prefix): (String, String),
    units: u32,
) -> Result<Value, Stop> {
    let product = Product {
        name: format!("测试药{id}"),
        strength: "0.25g".to_owned(),
        drug: Some(id.clone()),
        id,
        prefix,
        units,
        unit: "粒".to_owned(),
        pack_unit: "盒".to_owned(),
        maker: "测试厂".to_owned(),
        approval: "H1".to_owned(),
        insurance: "X1".to_owned(),
        rx: true,
        price_fen: Some(100),
        ..Product::default()
    };
    clinic.put_products(&[product])?;
    Ok(json!({}))
}

pub(super) fn patient(clinic: &mut Clinic, name: String, phone: String) -> Result<Value, Stop> {
    let form = NewPatient {
        name,
        sex: Some(Sex::Male),
        birth_or_age: "61岁".to_owned(),
        phone,
        address: "测试村".to_owned(),
        ..NewPatient::default()
    };
    let registration = form.validate(clinic.today()).map_err(|_| {
        Failure::new(Kind::User, "测试资料有误。", "The invented person is refused.")
    })?;
    Ok(json!({ "patient": clinic.register_patient(&registration)?.0 }))
}

pub(super) fn expect(clinic: &mut Clinic, bill: &str, lines: Vec<Listed>) -> Result<Value, Stop> {
    let made = clinic.today().plus_days(-60);
    let lines: Vec<DespatchIn> = lines
        .into_iter()
        .map(|line| DespatchIn {
            bill: bill.to_owned(),
            supplier: SUPPLIER.to_owned(),
            code: line.code,
            is: Particulars {
                lot: line.lot,
                made: Some(made),
                expiry: Day::parse(&line.expiry),
                ..Particulars::default()
            },
        })
        .collect();
    let listed = clinic.expect_despatch(&lines)?;
    let refused: Vec<&str> = listed.refused.iter().map(|(_, stop)| stop.id()).collect();
    Ok(json!({ "kept": listed.kept, "refused": refused }))
}

pub(super) fn receive(
    clinic: &mut Clinic,
    (bill, place): (String, String),
    codes: &[String],
) -> Result<Value, Stop> {
    let door = Door { bill, place, ..Door::default() };
    let receipt = clinic.receive(&door, codes)?;
    let of =
        |verdict: &Verdict| receipt.lines.iter().filter(|line| line.verdict == *verdict).count();
    let mut answer = receipt.kept.as_ref().map_or_else(|| json!({}), kept);
    answer["taken"] = receipt.lines.iter().filter(|line| line.taken).count().into();
    answer["missing"] = of(&Verdict::Missing).into();
    answer["extra"] = of(&Verdict::Extra).into();
    answer["unread"] = receipt.unread.len().into();
    answer["twice"] = receipt.twice.len().into();
    Ok(answer)
}

pub(super) fn sign(clinic: &mut Clinic, patient: i64, lines: Vec<Wanted>) -> Result<Value, Stop> {
    let mut visit = clinic.new_visit(PatientId(patient));
    "主诉：复诊取药。".clone_into(&mut visit.note);
    visit.diagnoses.push(ChosenDiagnosis {
        name: "高血压".to_owned(),
        icd10: "I10".to_owned(),
        condition: None,
        certainty: Certainty::Confirmed,
    });
    let lines = lines.into_iter().map(|line| PrescriptionLine {
        name: format!("测试药{}", line.drug),
        drug: Some(line.drug),
        strength: "0.25g".to_owned(),
        dose: "1".to_owned(),
        dose_unit: "粒".to_owned(),
        route: "口服".to_owned(),
        frequency: "tid".to_owned(),
        days: Some(7),
        quantity: Some(line.quantity),
        quantity_unit: line.unit,
        ..PrescriptionLine::default()
    });
    visit.prescription.lines = lines.collect();
    let receipt = clinic.sign_visit(visit)?;
    Ok(json!({ "visit": receipt.visit.0, "sheet": receipt.prescription_number }))
}

/// Opens the sheet, scans everything in order (wrong scans too), gives out what may go out.
pub(super) fn give(
    clinic: &mut Clinic,
    sheet: &str,
    scans: &[(String, Option<u32>)],
) -> Result<Value, Stop> {
    let mut counter = clinic.open_counter(sheet)?;
    let mut stops = vec![];
    let mut scan_us = vec![];
    for (raw, units) in scans {
        let started = Instant::now();
        let scanned = clinic.scan_at_counter(&mut counter, raw, *units);
        scan_us.push(started.elapsed().as_micros() as u64);
        match scanned {
            Ok(_) => stops.push(None),
            Err(Stop::Failed(failure)) => return Err(Stop::Failed(failure)),
            Err(stop) => stops.push(Some(stop.id())),
        }
    }
    let started = Instant::now();
    let mut answer =
        if counter.taken.is_empty() { json!({}) } else { kept(&clinic.finish_counter(&counter)?) };
    answer["finish_us"] = (started.elapsed().as_micros() as u64).into();
    answer["scan_us"] = scan_us.into();
    answer["stops"] = json!(stops);
    Ok(answer)
}

pub(super) fn act(clinic: &mut Clinic, act: Act) -> Result<Value, Stop> {
    let reason = || "试验".to_owned();
    let (first, second) = act.names;
    let what = match act.name.as_str() {
        "quarantine" => ClinicAct::Quarantine { reason: reason() },
        "release" => ClinicAct::Release { reason: reason(), second },
        "return-from-patient" => {
            ClinicAct::ReturnFromPatient { units: act.units, reason: reason() }
        }
        "return-to-supplier" => ClinicAct::ReturnToSupplier {
            supplier: SUPPLIER.to_owned(),
            bill: "TH".to_owned(),
            reason: reason(),
        },
        "destroy" => ClinicAct::Destroy { reason: reason(), executor: first, supervisor: second },
        other => {
            let words = format!("没有这一步：{other}。");
            return Err(Failure::new(Kind::User, words, format!("No such step: {other}.")).into());
        }
    };
    clinic.act(&what, &act.codes).map(|receipt| kept(&receipt))
}

pub(super) fn recall(
    clinic: &mut Clinic,
    (id, product): (String, String),
    (lots, codes): (Vec<String>, Option<(String, String)>),
    drill: bool,
) -> Result<Value, Stop> {
    let nature = if drill { Nature::Drill } else { Nature::Real };
    let reason = "抽检不合格".to_owned();
    let report = clinic.recall(&Recall { id, class: 2, nature, product, lots, codes, reason })?;
    let mut answer = report.kept.as_ref().map_or_else(|| json!({}), kept);
    answer["packs"] = report.packs.len().into();
    answer["on_shelf"] = report.packs.iter().filter(|pack| pack.shelf > 0).count().into();
    answer["units_given"] =
        report.patients.iter().map(|one| u64::from(one.units)).sum::<u64>().into();
    Ok(answer)
}

/// A count of the whole house by scanning it; the differences are booked.
pub(super) fn count(clinic: &mut Clinic, codes: &[String]) -> Result<Value, Stop> {
    let report = clinic.count("", codes, &BTreeMap::new())?;
    let mut lost = vec![];
    let mut other = 0;
    for difference in &report.differences {
        match difference {
            Difference::Loss { pack, .. } | Difference::Gain { pack, .. } => {
                lost.push(pack.code.clone());
            }
            Difference::Elsewhere { .. } | Difference::Unknown { .. } => other += 1,
        }
    }
    let report = clinic.book_count(report, "盘点")?;
    let mut answer = report.kept.as_ref().map_or_else(|| json!({}), kept);
    answer["differences"] = json!(lost);
    answer["other"] = other.into();
    Ok(answer)
}

/// One round of the upload.
pub(super) fn upload(clinic: &mut Clinic, path: &Path, most: u32) -> Result<Value, Stop> {
    let round = clinic.upload_bills(&profile(path)?, most)?;
    Ok(json!({
        "accepted": round.accepted, "pending": round.pending, "refused": round.refused,
        "unreached": round.unreached.len(),
    }))
}
