//! `xinglin rx parse TEXT`, `rx check` (NDJSON), `rx review`, `rx calc`: the checker of the screens, in batches.
mod calc;
mod input;
mod review;

use std::{path::Path, time::Instant};

use serde::Serialize;

use super::{desk::Place, exit, out};
use crate::{
    domain::{
        catalog::{Catalog, formulary::Tier},
        rx::{Alert, Checked, LineReading, Prescription},
        visit::SkinTest,
    },
    services::prescribing::Pharmacist,
};
use input::Lines;

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
    /// 处方点评：一段时间里已签名的处方（或 --file 的 NDJSON）按今天的规则重核，按28项编码计数
    Review(review::Args),
    /// 换算：egfr crcl bsa bmi dose drip，带单位
    Calc(Box<calc::Args>),
    /// 登记本村卫生室静脉用抗菌药物是否经县级核准：yes no（管理员）
    IvApproval(review::ApprovalArgs),
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
    /// What can end a stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    way_out: Option<&'static str>,
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

pub fn run(args: &Args, kb: Option<&Path>, place: &Place) -> u8 {
    match &args.command {
        Command::Calc(calc) => return calc::run(calc, place),
        Command::IvApproval(approval) => return review::approve(approval, place),
        _ => {}
    }
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
        Command::Review(review) => review::run(review, &pharmacist, place),
        Command::Calc(_) | Command::IvApproval(_) => exit::DONE,
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
    for line in Lines::new(std::io::stdin().lock()) {
        match line {
            Ok((_, Ok(one))) => {
                let started = Instant::now();
                let checked = pharmacist.check(&one.rx, &one.patient);
                let ms = started.elapsed().as_secs_f64() * 1000.0;
                if human {
                    print(&one.id, &one.rx, &checked);
                } else {
                    out::json(&shape(&pharmacist.catalog, &one.id, &checked, ms));
                }
                if code == exit::DONE && fail_on.is_some_and(|tier| checked.worst() >= Some(tier)) {
                    code = exit::FINDINGS;
                }
            }
            Ok((number, Err(what))) => {
                code = exit::REFUSED;
                out::note(&format!("第 {number} 行：{what}"));
                out::json(&ErrorOut { line: number, error: what });
            }
            Err(what) => {
                out::note(&what);
                return exit::REFUSED;
            }
        }
    }
    code
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
        way_out: (a.tier == Tier::Stop).then(|| a.way_out.id()),
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
