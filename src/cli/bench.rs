//! `xinglin bench`: measured quality and speed, offline, on files given.
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use serde::{Deserialize, Serialize};

use super::{bench_search, diagnose, exit, out};
use crate::{
    domain::age::{Age, Sex},
    services::{
        advisor::Advisor,
        extraction::{self, LabelledNote},
        quality::{self, GoldCase, Method, Report},
    },
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// 鉴别诊断的命中率、校准与分诊
    Diagnosis {
        /// NDJSON 病例（id sex age_years text gold_zh gold_icd10 urgency）
        #[arg(long)]
        cases: PathBuf,
        #[arg(long)]
        json: bool,
        /// 每例一行写到这个文件
        #[arg(long)]
        per_case: Option<PathBuf>,
        /// 试验用：改一个权重，如 --set prior=0.5
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
    },
    /// 检索：标注查询的 nDCG@10、首条命中，以及快慢
    Search {
        /// TOML（[[query]] way typed answers）
        #[arg(long)]
        queries: PathBuf,
        /// 把全部查询跑几遍来计时
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        #[arg(long)]
        json: bool,
    },
    /// 读病历的查准、查全与否定判断
    Notes {
        /// NDJSON（id sex age text present absent scope；每组所见为 id 列表）
        #[arg(long)]
        cases: PathBuf,
        /// 列出漏的、多的、极性错的
        #[arg(long)]
        list: bool,
    },
}

#[derive(Debug, Deserialize)]
struct NoteLine {
    id: String,
    sex: Option<String>,
    age: Option<String>,
    age_years: Option<f64>,
    text: String,
    #[serde(default)]
    present: Vec<Vec<String>>,
    #[serde(default)]
    absent: Vec<Vec<String>>,
    #[serde(default)]
    scope: Vec<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct CaseLine {
    id: String,
    sex: Option<String>,
    age: Option<String>,
    age_years: Option<f64>,
    text: String,
    #[serde(default)]
    gold_zh: Vec<String>,
    #[serde(default)]
    gold_icd10: Vec<String>,
    urgency: Option<String>,
}

#[derive(Debug, Serialize)]
struct MethodOut {
    method: &'static str,
    n: usize,
    top1: f64,
    top3: f64,
    top5: f64,
    top10: f64,
    mrr: f64,
    coverage: f64,
    top3_if_covered: f64,
    must_not_miss: f64,
    ece: f64,
    p50_ms: f64,
    p99_ms: f64,
}

#[derive(Debug, Serialize)]
struct PerCase<'a> {
    id: &'a str,
    rank: Option<usize>,
    covered: bool,
    triage: &'a str,
    warned: bool,
    top: Vec<(&'a str, f64)>,
}

pub fn run(args: &Args, kb: Option<&Path>, model: Option<&Path>) -> u8 {
    match &args.command {
        Command::Diagnosis { cases, json, per_case, set } => {
            let cases = match read_cases(cases) {
                Ok(cases) => cases,
                Err(what) => {
                    out::note(&what);
                    return exit::REFUSED;
                }
            };
            let mut advisor = match Advisor::load(kb, model) {
                Ok(advisor) => advisor,
                Err(error) => {
                    out::note(&error.to_string());
                    return exit::REFUSED;
                }
            };
            if let Err(what) = adjust(&mut advisor, set) {
                out::note(&what);
                return exit::USAGE;
            }
            diagnose::notices(&advisor);
            let clock = Instant::now();
            let ticks = || clock.elapsed().as_micros() as u64;
            for method in Method::ALL {
                let report = quality::measure(&advisor, method, &cases, &ticks);
                if *json {
                    out::json(&shape(&report));
                } else {
                    print(&report);
                }
                if method == Method::Fused {
                    if let Some(path) = per_case {
                        if let Err(error) = fs::write(path, per_case_lines(&report)) {
                            out::note(&format!("{} 写不进去：{error}", path.display()));
                            return exit::REFUSED;
                        }
                    }
                }
            }
            exit::DONE
        }
        Command::Search { queries, rounds, json } => bench_search::run(queries, *rounds, *json, kb),
        Command::Notes { cases, list } => notes(cases, *list, kb),
    }
}

/// Changes weights for one run.
fn adjust(advisor: &mut Advisor, set: &[String]) -> Result<(), String> {
    for item in set {
        let (name, value) =
            item.split_once('=').ok_or_else(|| format!("写成 NAME=VALUE：{item}"))?;
        let value: f64 = value.parse().map_err(|_| format!("不是数：{value}"))?;
        let engine = &mut advisor.engine;
        match name {
            "temperature" => engine.fusion.temperature = value,
            "model" => engine.fusion.model = value,
            "elsewhere" => engine.fusion.elsewhere = value,
            other if engine.ranker.weights.set(other, value) => {}
            other => return Err(format!("没有这个权重：{other}")),
        }
    }
    Ok(())
}

fn notes(path: &Path, list: bool, kb: Option<&Path>) -> u8 {
    let lines = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            out::note(&format!("{} 读不出来：{error}", path.display()));
            return exit::REFUSED;
        }
    };
    let mut labelled = vec![];
    for (n, line) in lines.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        match serde_json::from_str::<NoteLine>(line) {
            Ok(note) => labelled.push(LabelledNote {
                id: note.id,
                sex: note.sex.as_deref().and_then(Sex::parse).unwrap_or_default(),
                age: note
                    .age_years
                    .and_then(Age::from_years)
                    .or_else(|| note.age.as_deref().and_then(Age::parse)),
                text: note.text,
                present: note.present,
                absent: note.absent,
                scope: note.scope,
            }),
            Err(error) => {
                out::note(&format!("第 {} 行：{error}", n + 1));
                return exit::REFUSED;
            }
        }
    }
    let advisor = match Advisor::load(kb, None) {
        Ok(advisor) => advisor,
        Err(error) => {
            out::note(&error.to_string());
            return exit::REFUSED;
        }
    };
    let sum = extraction::measure(&advisor.engine, &labelled);
    if list {
        for (label, items) in
            [("漏", &sum.missed), ("多", &sum.extra), ("极性", &sum.polarity_wrong)]
        {
            for item in items {
                out::line(&format!("{label} {item}"));
            }
        }
    }
    out::line(&format!(
        "n {}  查准 {:.3}  查全 {:.3}  F1 {:.3}  极性 {:.3}",
        labelled.len(),
        sum.precision(),
        sum.recall(),
        sum.f1(),
        sum.polarity()
    ));
    exit::DONE
}

fn read_cases(path: &Path) -> Result<Vec<GoldCase>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{} 读不出来：{e}", path.display()))?;
    text.lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty())
        .map(|(n, line)| {
            let case: CaseLine =
                serde_json::from_str(line).map_err(|e| format!("第 {} 行：{e}", n + 1))?;
            let age = case
                .age_years
                .and_then(Age::from_years)
                .or_else(|| case.age.as_deref().and_then(Age::parse));
            Ok(GoldCase {
                id: case.id,
                sex: case.sex.as_deref().and_then(Sex::parse).unwrap_or_default(),
                age,
                text: case.text,
                names: case.gold_zh,
                icd10: case.gold_icd10,
                urgency: case.urgency,
            })
        })
        .collect()
}

fn shape(report: &Report) -> MethodOut {
    MethodOut {
        method: report.method,
        n: report.outcomes.len(),
        top1: report.top(1).value(),
        top3: report.top(3).value(),
        top5: report.top(5).value(),
        top10: report.top(10).value(),
        mrr: report.mrr(),
        coverage: report.coverage().value(),
        top3_if_covered: report.top_covered(3).value(),
        must_not_miss: report.must_not_miss().value(),
        ece: report.ece(),
        p50_ms: report.millis(0.5),
        p99_ms: report.millis(0.99),
    }
}

fn print(report: &Report) {
    out::line(&format!("== {}", report.method));
    for k in [1, 3, 5, 10] {
        out::line(&format!("  top-{k:<2} {}", report.top(k)));
    }
    out::line(&format!(
        "  MRR {:.3}  覆盖 {}  覆盖内 top-3 {}",
        report.mrr(),
        report.coverage(),
        report.top_covered(3)
    ));
    out::line(&format!(
        "  勿漏 {}  ECE {:.3}  p50 {:.2} ms  p99 {:.2} ms",
        report.must_not_miss(),
        report.ece(),
        report.millis(0.5),
        report.millis(0.99)
    ));
}

fn per_case_lines(report: &Report) -> String {
    let mut text = String::new();
    for outcome in &report.outcomes {
        let line = PerCase {
            id: &outcome.id,
            rank: outcome.rank,
            covered: outcome.covered,
            triage: outcome.level,
            warned: outcome.warned,
            top: outcome.top.iter().map(|(id, p)| (id.as_str(), *p)).collect(),
        };
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
    }
    text
}
