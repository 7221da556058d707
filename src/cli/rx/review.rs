//! `xinglin rx review`: 处方点评 of a period or of a file, as text, HTML and CSV; `xinglin rx iv-approval`.
use std::{fs, io::BufReader, path::PathBuf};

use super::input::Lines;
use crate::{
    cli::{
        desk::{Place, Who},
        exit, out,
    },
    domain::{
        age::Day,
        rx::review::{Report, Reviewed, Sheet, report},
    },
    services::{
        clock::{Clock, SystemClock},
        failure::{Failure, Kind},
        prescribing::Pharmacist,
        review::{
            one,
            page::{Heading, html, rates_of},
            replay, table,
        },
        station_options,
    },
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    who: Who,
    /// 第一天，如 2026-11-01
    #[arg(long, value_name = "DAY", value_parser = day, required_unless_present = "file")]
    from: Option<Day>,
    /// 最后一天（含）
    #[arg(long, value_name = "DAY", value_parser = day, required_unless_present = "file")]
    to: Option<Day>,
    /// 不用数据库：每行一张处方的 NDJSON（键同 rx check，另可写 doctor day）；- 为标准输入
    #[arg(long, value_name = "NDJSON")]
    file: Option<PathBuf>,
    /// 写一页 HTML（可打印，不引用别处）
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// 写 CSV（每个问题一行）
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// 只输出一个 JSON 对象
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub struct ApprovalArgs {
    #[command(flatten)]
    who: Who,
    /// yes 已核准，no 未核准
    #[arg(value_parser = ["yes", "no"])]
    approved: String,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| format!("日期写法不认识：{text}（如 2026-11-24）"))
}

pub fn run(args: &Args, pharmacist: &Pharmacist, place: &Place) -> u8 {
    match act(args, pharmacist, place) {
        Ok(code) => code,
        Err(failure) => place.fail(&failure),
    }
}

pub fn approve(args: &ApprovalArgs, place: &Place) -> u8 {
    let set = || -> Result<(), Failure> {
        let mut secrets = args.who.secrets()?;
        let mut clinic = args.who.sign_in(place, &mut secrets)?;
        clinic.set_option(station_options::IV_ANTIBIOTICS, &args.approved)
    };
    match set() {
        Ok(()) => {
            place.say("已登记。", "Recorded.");
            exit::DONE
        }
        Err(failure) => place.fail(&failure),
    }
}

fn act(args: &Args, pharmacist: &Pharmacist, place: &Place) -> Result<u8, Failure> {
    let mut heading = Heading {
        made_on: Some(SystemClock.today()),
        knowledge: pharmacist.catalog.version.clone(),
        ..Heading::default()
    };
    let mut refused = 0;
    let sheets = if let Some(path) = &args.file {
        let (sheets, bad) = from_file(pharmacist, path)?;
        refused = bad;
        within(sheets, (args.from, args.to))
    } else {
        let (Some(from), Some(to)) = (args.from, args.to) else { return Ok(exit::USAGE) };
        let mut secrets = args.who.secrets()?;
        let mut clinic = args.who.sign_in(place, &mut secrets)?;
        clinic.clinic_name().clone_into(&mut heading.clinic);
        let prescribed = clinic.prescribed(from, to)?;
        replay(pharmacist, &prescribed, station_options::iv_antibiotics(&clinic)?)
    };
    let report = report((args.from, args.to), &sheets);
    if let Some(path) = &args.html {
        write(path, &html(&report, &heading))?;
    }
    if let Some(path) = &args.csv {
        write(path, &table::csv(&sheets))?;
    }
    if args.json {
        out::json(&shape(&report));
    } else {
        tell(&report);
    }
    Ok(match (refused, report.all.flagged) {
        (1.., _) => exit::REFUSED,
        (_, 0) => exit::DONE,
        _ => exit::FINDINGS,
    })
}

fn write(path: &PathBuf, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| {
        let file = path.display();
        Failure::new(
            Kind::Data,
            format!("{file} 写不进去（{error}）。"),
            format!("{file} cannot be written ({error})."),
        )
        .next("请换一个位置或腾出空间。", "Choose another place or free some room.")
    })
}

/// Every line that can be read; the others are told and counted.
fn from_file(pharmacist: &Pharmacist, path: &PathBuf) -> Result<(Vec<Reviewed>, usize), Failure> {
    let input: Box<dyn std::io::BufRead> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        let file = fs::File::open(path).map_err(|error| {
            let shown = path.display();
            Failure::new(
                Kind::Data,
                format!("{shown} 打不开（{error}）。"),
                format!("{shown} cannot be opened ({error})."),
            )
        })?;
        Box::new(BufReader::new(file))
    };
    let (mut sheets, mut refused) = (vec![], 0);
    for line in Lines::new(input) {
        match line {
            Ok((number, Ok(mut read))) => {
                read.rx.signing = true;
                let id = match &read.id {
                    serde_json::Value::Null => number.to_string(),
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let sheet =
                    Sheet { id, day: read.day, doctor: read.doctor.clone(), ..Sheet::default() };
                sheets.push(one(pharmacist, sheet, (&read.rx, &read.patient), &[]));
            }
            Ok((number, Err(what))) => {
                refused += 1;
                out::note(&format!("第 {number} 行：{what}"));
            }
            Err(what) => return Err(Failure::new(Kind::Data, what.clone(), what)),
        }
    }
    Ok((sheets, refused))
}

/// A prescription without a day is kept: it may be of the period.
fn within(sheets: Vec<Reviewed>, (from, to): (Option<Day>, Option<Day>)) -> Vec<Reviewed> {
    let inside = |day: Day| from.is_none_or(|f| day >= f) && to.is_none_or(|t| day <= t);
    sheets.into_iter().filter(|s| s.sheet.day.is_none_or(inside)).collect()
}

fn tell(report: &Report) {
    for (name, figure) in rates_of(&report.all) {
        out::line(&format!("{name}：{figure}"));
    }
    for count in report.codes.iter().filter(|c| c.sheets + c.reminders > 0) {
        out::line(&format!(
            "  {} {}：{} 张（另有 {} 张只提示）",
            count.code.id, count.code.zh, count.sheets, count.reminders
        ));
    }
    out::line("程序不判、须人工点评：");
    for count in report.codes.iter().filter(|c| !c.code.is_judged()) {
        out::line(&format!("  {} {}：{}", count.code.id, count.code.zh, count.code.why_not));
    }
    for (name, f) in &report.doctors {
        let name = if name.is_empty() { "（未注明医师）" } else { name };
        out::line(&format!("  {name}：{} 张，不合理 {}，有禁 {}", f.sheets, f.flagged, f.stopped));
    }
}

#[derive(serde::Serialize)]
struct FiguresOut {
    sheets: usize,
    flagged: usize,
    stopped: usize,
    antibacterial: usize,
    injection: usize,
    drugs: usize,
    essential: usize,
    unknown: usize,
}

#[derive(serde::Serialize)]
struct CodeOut {
    code: &'static str,
    name: &'static str,
    judged: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    why_not: &'static str,
    sheets: usize,
    reminders: usize,
}

#[derive(serde::Serialize)]
struct DoctorOut {
    doctor: String,
    #[serde(flatten)]
    figures: FiguresOut,
}

#[derive(serde::Serialize)]
struct FindingOut {
    code: String,
    tier: &'static str,
    rule: String,
    message: String,
    answered: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    second_signature: String,
}

#[derive(serde::Serialize)]
struct SheetOut {
    id: String,
    day: Option<String>,
    doctor: String,
    lines: Vec<String>,
    findings: Vec<FindingOut>,
}

#[derive(serde::Serialize)]
struct ReportOut {
    from: Option<String>,
    to: Option<String>,
    all: FiguresOut,
    codes: Vec<CodeOut>,
    doctors: Vec<DoctorOut>,
    flagged: Vec<SheetOut>,
}

fn figures(f: &crate::domain::rx::review::Figures) -> FiguresOut {
    FiguresOut {
        sheets: f.sheets,
        flagged: f.flagged,
        stopped: f.stopped,
        antibacterial: f.antibacterial,
        injection: f.injection,
        drugs: f.drugs,
        essential: f.essential,
        unknown: f.unknown,
    }
}

fn shape(report: &Report) -> ReportOut {
    let sheet = |one: &Reviewed| SheetOut {
        id: one.sheet.id.clone(),
        day: one.sheet.day.map(|d| d.to_string()),
        doctor: one.sheet.doctor.clone(),
        lines: one.sheet.lines.clone(),
        findings: one
            .findings
            .iter()
            .map(|f| FindingOut {
                code: f.code.clone(),
                tier: f.tier.id(),
                rule: f.rule.clone(),
                message: f.message.clone(),
                answered: f.answered,
                second_signature: f.second.clone(),
            })
            .collect(),
    };
    ReportOut {
        from: report.from.map(|d| d.to_string()),
        to: report.to.map(|d| d.to_string()),
        all: figures(&report.all),
        codes: report
            .codes
            .iter()
            .map(|c| CodeOut {
                code: c.code.id,
                name: c.code.zh,
                judged: c.code.is_judged(),
                why_not: c.code.why_not,
                sheets: c.sheets,
                reminders: c.reminders,
            })
            .collect(),
        doctors: report
            .doctors
            .iter()
            .map(|(name, f)| DoctorOut { doctor: name.clone(), figures: figures(f) })
            .collect(),
        flagged: report.flagged.iter().map(sheet).collect(),
    }
}
