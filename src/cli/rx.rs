//! `xinglin rx parse TEXT` and `xinglin rx check` (NDJSON): the checker of the screens, in batches.
use std::{collections::BTreeMap, io::BufRead, path::Path, time::Instant};

use serde::{Deserialize, Serialize};

use super::{exit, out};
use crate::{
    domain::{
        age::{Age, Sex},
        catalog::{Catalog, formulary::Tier},
        rx::{Alert, Checked, LineReading, Prescription, RxItem, RxPatient, record},
        visit::{Setting, SkinTest},
    },
    services::prescribing::Pharmacist,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// 一行处方怎么读：读懂了什么、缺什么
    Parse {
        /// 如 "amxl 0.5g tid po 5天"
        #[arg(required = true)]
        text: Vec<String>,
        #[arg(long)]
        json: bool,
    },
    /// 从标准输入读处方（每行一个 JSON），逐行给出提醒
    Check {
        /// 有这一级或更高的提醒时退出码为 1：stop warn note log
        #[arg(long, value_name = "TIER")]
        fail_on: Option<String>,
        /// 给人看的文字，不是 JSON
        #[arg(long)]
        text: bool,
    },
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
    patient: PatientIn,
    items: Vec<ItemIn>,
}

#[derive(Debug, Serialize)]
struct AlertOut<'a> {
    tier: &'static str,
    rule: &'a str,
    category: &'static str,
    review_code: &'a str,
    items: &'a [usize],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    current: &'a [String],
    message: &'a str,
    instead: &'a str,
    source: &'a str,
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct CoverageOut<'a> {
    known: usize,
    total: usize,
    unknown: &'a [String],
}

#[derive(Debug, Serialize)]
struct CheckedOut<'a> {
    id: &'a serde_json::Value,
    alerts: Vec<AlertOut<'a>>,
    coverage: CoverageOut<'a>,
    knowledge: &'a str,
    ms: f64,
}

#[derive(Debug, Serialize)]
struct ErrorOut {
    line: usize,
    error: String,
}

#[derive(Debug, Serialize)]
struct ReadingOut<'a> {
    drug: Option<&'a str>,
    name: &'a str,
    matched: &'static str,
    strength: &'a str,
    dose: Option<f64>,
    dose_unit: &'a str,
    route: &'a str,
    frequency: &'a str,
    days: Option<u32>,
    quantity: Option<f64>,
    quantity_unit: &'a str,
    skin_test: Option<&'static str>,
    solvent: &'a str,
    understood: Vec<(&'static str, &'a str, &'a str)>,
    missing: Vec<&'static str>,
    unit_candidates: &'a [String],
    not_understood: &'a [String],
}

pub fn run(args: &Args, kb: Option<&Path>) -> u8 {
    let pharmacist = match Pharmacist::load(kb) {
        Ok(pharmacist) => pharmacist,
        Err(error) => {
            out::note(&error.to_string());
            return exit::REFUSED;
        }
    };
    if pharmacist.left_out > 0 {
        out::note(&format!(
            "知识库有 {} 处错误，出错的条目未启用；运行 xinglin kb lint 查看",
            pharmacist.left_out
        ));
    }
    match &args.command {
        Command::Parse { text, json } => parse(&pharmacist, &text.join(" "), *json),
        Command::Check { fail_on, text } => {
            let fail_on = match fail_on.as_deref().map(Tier::parse) {
                Some(None) => {
                    out::note("--fail-on 只能是 stop warn note log");
                    return exit::USAGE;
                }
                Some(tier) => tier,
                None => None,
            };
            batch(&pharmacist, fail_on, *text)
        }
    }
}

fn parse(pharmacist: &Pharmacist, text: &str, json: bool) -> u8 {
    let readings = pharmacist.parse(text);
    if readings.is_empty() {
        out::note("没有读到内容");
        return exit::FINDINGS;
    }
    for (n, reading) in readings.iter().enumerate() {
        if json {
            out::json(&reading_out(reading));
        } else {
            print_reading(n + 1, reading);
        }
    }
    if readings[0].item.drug_id.is_some() { exit::DONE } else { exit::FINDINGS }
}

fn reading_out(reading: &LineReading) -> ReadingOut<'_> {
    let item = &reading.item;
    ReadingOut {
        drug: item.drug_id.as_deref(),
        name: &reading.name,
        matched: reading.how.zh(),
        strength: &item.strength,
        dose: item.dose,
        dose_unit: &item.dose_unit,
        route: &item.route,
        frequency: &item.frequency,
        days: item.days,
        quantity: item.quantity,
        quantity_unit: &item.quantity_unit,
        skin_test: item.skin_test.map(SkinTest::id),
        solvent: &item.solvent,
        understood: reading
            .understood
            .iter()
            .map(|u| (u.part.zh(), u.typed.as_str(), u.meaning.as_str()))
            .collect(),
        missing: reading.missing.iter().map(|p| p.zh()).collect(),
        unit_candidates: &reading.unit_candidates,
        not_understood: &reading.left_over,
    }
}

fn print_reading(n: usize, reading: &LineReading) {
    out::line(&format!("{n}. {}", reading.summary()));
    for part in &reading.understood {
        out::line(&format!("   {} {} → {}", part.part.zh(), part.typed, part.meaning));
    }
    if !reading.left_over.is_empty() {
        out::line(&format!("   没看懂：{}", reading.left_over.join(" ")));
    }
}

fn batch(pharmacist: &Pharmacist, fail_on: Option<Tier>, human: bool) -> u8 {
    let mut code = exit::DONE;
    let mut bytes = vec![];
    let mut input = std::io::stdin().lock();
    let mut number = 0;
    loop {
        bytes.clear();
        match input.read_until(b'\n', &mut bytes) {
            Ok(0) => return code,
            Ok(_) => number += 1,
            Err(error) => {
                out::note(&format!("标准输入读不出来：{error}。前 {number} 行已经处理。"));
                return exit::REFUSED;
            }
        }
        let result = str::from_utf8(&bytes)
            .map_err(|e| {
                format!(
                    "不是 UTF-8 文本（第 {} 字节起）。请用 UTF-8 重新导出这一行。",
                    e.valid_up_to() + 1
                )
            })
            .map(|line| line.trim_start_matches('\u{feff}').trim())
            .and_then(|line| if line.is_empty() { Ok(None) } else { read(line).map(Some) });
        match result {
            Ok(None) => {}
            Ok(Some((id, rx, patient))) => {
                let started = Instant::now();
                let checked = pharmacist.check(&rx, &patient);
                let ms = started.elapsed().as_secs_f64() * 1000.0;
                if human {
                    print(&id, &rx, &checked);
                } else {
                    out::json(&shape(&pharmacist.catalog, &id, &checked, ms));
                }
                if code == exit::DONE && fail_on.is_some_and(|tier| checked.worst() >= Some(tier)) {
                    code = exit::FINDINGS;
                }
            }
            Err(what) => {
                code = exit::REFUSED;
                out::note(&format!("第 {number} 行：{what}"));
                out::json(&ErrorOut { line: number, error: what });
            }
        }
    }
}

fn shape<'a>(
    catalog: &'a Catalog,
    id: &'a serde_json::Value,
    checked: &'a Checked,
    ms: f64,
) -> CheckedOut<'a> {
    let alert = |a: &'a Alert| AlertOut {
        tier: a.tier.id(),
        rule: &a.rule,
        category: a.category,
        review_code: &a.review_code,
        items: &a.items,
        current: &a.current,
        message: &a.message,
        instead: &a.instead,
        source: &a.source,
        status: a.status.id(),
    };
    CheckedOut {
        id,
        alerts: checked.alerts.iter().map(alert).collect(),
        coverage: CoverageOut {
            known: checked.coverage.known,
            total: checked.coverage.total,
            unknown: &checked.coverage.unknown,
        },
        knowledge: &catalog.version,
        ms: (ms * 1000.0).round() / 1000.0,
    }
}

fn print(id: &serde_json::Value, rx: &Prescription, checked: &Checked) {
    out::line(&format!(
        "== {id}  知识库认识 {}/{}",
        checked.coverage.known, checked.coverage.total
    ));
    for (n, item) in rx.items.iter().enumerate() {
        out::line(&format!("{}. {} {}", n + 1, item.drug, item.directions()));
    }
    for alert in &checked.alerts {
        let lines: Vec<String> = alert.items.iter().map(|n| (n + 1).to_string()).collect();
        out::line(&format!("  〔{}〕{} {}", alert.tier.zh(), lines.join("+"), alert.message));
        if !alert.instead.is_empty() {
            out::line(&format!(
                "      → {}（{}，{}）",
                alert.instead, alert.source, alert.review_code
            ));
        }
    }
}

/// One prescription of a line.
fn read(line: &str) -> Result<(serde_json::Value, Prescription, RxPatient), String> {
    let rx: RxIn = serde_json::from_str(line).map_err(|e| {
        format!("{e}。可用的键：id setting emergency iv_antibiotics_approved patient{{sex age age_years weight_kg pregnant_weeks lactating allergies diagnoses egfr creatinine_umol child_pugh labs current_drugs}} items[{{drug strength dose dose_unit route frequency days skin_test solvent group quantity quantity_unit remark}}]")
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
    Ok((rx.id, prescription, patient(rx.patient)?))
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
    let weeks = match input.pregnant_weeks {
        None => None,
        Some(weeks) if (0.0..=45.0).contains(&weeks) => Some(weeks as u8),
        Some(weeks) => return Err(format!("孕周不可能：{weeks}（0–45）")),
    };
    Ok(RxPatient {
        sex,
        age,
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
