//! One prescription of a line of NDJSON, for `rx check` and `rx review --file`.
use std::{collections::BTreeMap, io::BufRead};

use serde::Deserialize;

use crate::domain::{
    age::{Age, Day, Sex},
    rx::{Prescription, RxItem, RxPatient, record},
    visit::Setting,
};

/// A prescription with its patient, as read.
#[derive(Debug)]
pub struct One {
    pub id: serde_json::Value,
    pub doctor: String,
    pub day: Option<Day>,
    pub rx: Prescription,
    pub patient: RxPatient,
}

/// Lines of a stream, each read or refused by its number; blank ones are passed over.
pub struct Lines<R> {
    input: R,
    number: usize,
    bytes: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub const fn new(input: R) -> Self {
        Self { input, number: 0, bytes: vec![] }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    /// The number of the line, and what stood in it. `Err(Err)` = the stream itself failed.
    type Item = Result<(usize, Result<One, String>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.bytes.clear();
            match self.input.read_until(b'\n', &mut self.bytes) {
                Ok(0) => return None,
                Ok(_) => self.number += 1,
                Err(error) => {
                    return Some(Err(format!(
                        "输入读不出来：{error}。前 {} 行已经处理。",
                        self.number
                    )));
                }
            }
            let line = match str::from_utf8(&self.bytes) {
                Ok(line) => line.trim_start_matches('\u{feff}').trim(),
                Err(error) => {
                    let at = error.valid_up_to() + 1;
                    let what =
                        format!("不是 UTF-8 文本（第 {at} 字节起）。请用 UTF-8 重新导出这一行。");
                    return Some(Ok((self.number, Err(what))));
                }
            };
            if !line.is_empty() {
                return Some(Ok((self.number, read(line))));
            }
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PatientIn {
    sex: Option<String>,
    age: Option<String>,
    age_years: Option<f64>,
    weight_kg: Option<f64>,
    pregnant_weeks: Option<f64>,
    lactating: Option<bool>,
    allergies: Option<Vec<String>>,
    diagnoses: Option<Vec<String>>,
    egfr: Option<f64>,
    creatinine_umol: Option<f64>,
    child_pugh: Option<String>,
    labs: Option<BTreeMap<String, f64>>,
    current_drugs: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemIn {
    drug: String,
    strength: Option<String>,
    dose: Option<f64>,
    dose_unit: Option<String>,
    route: Option<String>,
    frequency: Option<String>,
    days: Option<f64>,
    skin_test: Option<String>,
    solvent: Option<String>,
    group: Option<u8>,
    quantity: Option<f64>,
    quantity_unit: Option<String>,
    remark: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RxIn {
    #[serde(default)]
    id: serde_json::Value,
    setting: Option<String>,
    emergency: Option<bool>,
    iv_antibiotics_approved: Option<bool>,
    /// Who wrote it and when, for a review.
    doctor: Option<String>,
    day: Option<String>,
    patient: PatientIn,
    items: Vec<ItemIn>,
}

/// One prescription of a line.
pub fn read(line: &str) -> Result<One, String> {
    let rx: RxIn = serde_json::from_str(line).map_err(|e| {
        format!("{e}。可用的键：id setting emergency iv_antibiotics_approved doctor day patient{{sex age age_years weight_kg pregnant_weeks lactating allergies diagnoses egfr creatinine_umol child_pugh labs current_drugs}} items[{{drug strength dose dose_unit route frequency days skin_test solvent group quantity quantity_unit remark}}]")
    })?;
    let setting = match rx.setting.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
        None => None,
        Some(text) => Some(
            Setting::parse(text)
                .ok_or_else(|| format!("setting 写法不认识：{text}（village | township）"))?,
        ),
    };
    let items = rx.items.into_iter().map(item).collect::<Result<Vec<_>, _>>()?;
    let prescription = Prescription {
        items,
        setting,
        emergency: rx.emergency.unwrap_or(false),
        iv_antibiotics_approved: rx.iv_antibiotics_approved,
        ..Prescription::default()
    };
    let day = match rx.day.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
        None => None,
        Some(text) => Some(
            Day::parse(text).ok_or_else(|| format!("日期写法不认识：{text}（如 2026-11-24）"))?,
        ),
    };
    Ok(One {
        id: rx.id,
        doctor: rx.doctor.unwrap_or_default(),
        day,
        rx: prescription,
        patient: patient(rx.patient)?,
    })
}

fn item(input: ItemIn) -> Result<RxItem, String> {
    let skin_test = match input.skin_test.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
        None => None,
        Some(text) => Some(
            record::skin_test(text)
                .ok_or_else(|| format!("皮试写法不认识：{text}（阴性 | 未做 | 阳性 | 续用）"))?,
        ),
    };
    if input.dose.is_some_and(|d| !d.is_finite() || d < 0.0) {
        return Err(format!("{} 的剂量不能是负数", input.drug));
    }
    Ok(RxItem {
        drug: input.drug,
        strength: input.strength.unwrap_or_default(),
        dose: input.dose,
        dose_unit: input.dose_unit.unwrap_or_default(),
        route: input.route.unwrap_or_default(),
        frequency: input.frequency.unwrap_or_default(),
        days: input.days.filter(|d| (0.5..=3660.0).contains(d)).map(|d| d.ceil() as u32),
        skin_test,
        solvent: input.solvent.unwrap_or_default(),
        group: input.group,
        quantity: input.quantity,
        quantity_unit: input.quantity_unit.unwrap_or_default(),
        remark: input.remark.unwrap_or_default(),
        ..RxItem::default()
    })
}

fn patient(input: PatientIn) -> Result<RxPatient, String> {
    let sex_text = input.sex.as_deref().unwrap_or("unknown");
    let sex = Sex::parse(sex_text).ok_or_else(|| {
        format!("性别写法不认识：{sex_text}（male | female | unknown | 男 | 女）")
    })?;
    let age = match (&input.age, input.age_years) {
        (Some(text), _) if !text.trim().is_empty() => Some(
            Age::parse(text)
                .ok_or_else(|| format!("年龄写法不认识或不可能：{text}（如 61岁、8月、5天）"))?,
        ),
        (_, Some(years)) => {
            Some(Age::from_years(years).ok_or_else(|| format!("年龄不可能：{years}"))?)
        }
        _ => None,
    };
    // `1岁` of an infant is no age in months; `1.5` and `14月` are.
    let age_in_years = match (&input.age, input.age_years) {
        (Some(text), _) if !text.trim().is_empty() => {
            !text.contains(['月', '天', '日', 'm', 'd', '.', '半'])
        }
        (_, Some(years)) => years.fract() == 0.0,
        _ => false,
    };
    let weeks = match input.pregnant_weeks {
        None => None,
        Some(weeks) if (0.0..=45.0).contains(&weeks) => Some(weeks as u8),
        Some(weeks) => return Err(format!("孕周不可能：{weeks}（0–45）")),
    };
    Ok(RxPatient {
        sex,
        age,
        age_in_years,
        weight_kg: input.weight_kg.filter(|w| w.is_finite() && *w > 0.0),
        pregnant_weeks: weeks,
        lactating: input.lactating.unwrap_or(false),
        allergies_asked: input.allergies.is_some(),
        allergies: input.allergies.unwrap_or_default(),
        diagnoses: input.diagnoses.unwrap_or_default(),
        egfr: input.egfr,
        creatinine_umol: input.creatinine_umol,
        child_pugh: input.child_pugh,
        labs: input.labs.unwrap_or_default().into_iter().collect(),
        current_drugs: input.current_drugs.unwrap_or_default(),
    })
}
