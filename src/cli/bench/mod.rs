//! `xinglin bench`: measured quality and speed, offline, on files given.
mod all;
mod engines;
pub(super) mod files;
mod follow_up;
mod quality_report;
mod rx;
mod rx_report;
mod search;
mod section;
mod share;
mod share_ways;
mod trace;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use serde::Serialize;

use super::{diagnose, exit, out};
use crate::services::{
    advisor::Advisor,
    extraction,
    quality::{self, Change, Method, Question, Report},
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
        /// 只在本集出现的病里排序
        #[arg(long)]
        closed: bool,
        /// 每例一行写到这个文件
        #[arg(long)]
        per_case: Option<PathBuf>,
        /// 换同义词后前三名变了的例，每例一行写到这个文件
        #[arg(long)]
        perturbed: Option<PathBuf>,
        /// 试验用：改一个权重，如 --set prior=0.5
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
    },
    /// 处方检查：速度，公开药对清单
    Rx(rx::Args),
    /// 检索：标注查询的 nDCG@10、首条命中，以及快慢
    Search(search::Args),
    /// 随访：模拟诊所与不变量、到期名单和判定的快慢
    FollowUp(follow_up::Args),
    /// 一个检索引擎单独量（bench search --against 用）
    #[command(hide = true)]
    Engine(engines::Args),
    /// 追溯账本：扫码到答复、库存一览，从一万条到一百万条，写进 docs/benchmarks.md
    Trace(trace::Args),
    /// 影像发往上级：STOW-RS 与 C-STORE，同样文件与 curl、dcmsend 并排
    Share(share::Args),
    /// 全部速度与内存数字，写进 docs/benchmarks.md
    All(all::Args),
    /// 全部质量数字，写进 docs/quality.md
    Quality(quality_report::Args),
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
    must_not_miss_named: f64,
    false_alarms: f64,
    emergency_as_routine: f64,
    under_triage: usize,
    right_triage: usize,
    over_triage: usize,
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
        Command::Share(args) => share::run(args),
        Command::FollowUp(args) => follow_up::run(args, kb),
        Command::Diagnosis { cases, json, closed, per_case, perturbed, set } => {
            let cases = match files::read_cases(cases) {
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
                let report = quality::measure(
                    &advisor,
                    &Question { method, cases: &cases, closed: *closed },
                    &ticks,
                );
                if *json {
                    out::json(&shape(&report));
                } else {
                    print(&report);
                    print_safety(&report);
                }
                if method == Method::Fused
                    && let Some(path) = per_case
                    && let Err(error) = fs::write(path, per_case_lines(&report))
                {
                    out::note(&format!("{} 写不进去：{error}", path.display()));
                    return exit::REFUSED;
                }
            }
            if let Some(path) = perturbed {
                let shaken = quality::perturb(&advisor, &cases);
                out::note(&format!("换词后前三名变了：{}", shaken.words_changed));
                if let Err(error) = fs::write(path, changed_lines(&shaken.changes)) {
                    out::note(&format!("{} 写不进去：{error}", path.display()));
                    return exit::REFUSED;
                }
            }
            exit::DONE
        }
        Command::Trace(args) => trace::run(args),
        Command::Rx(rx) => rx::run(rx, kb),
        Command::Search(args) => search::run(args, kb),
        Command::Engine(args) => engines::engine(args, kb),
        Command::All(args) => all::run(args, kb, model),
        Command::Quality(args) => quality_report::run(args, kb, model),
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
            "met" => engine.fusion.met = value,
            "elsewhere" => engine.fusion.elsewhere = value,
            other if engine.ranker.weights.set(other, value) => {}
            other => return Err(format!("没有这个权重：{other}")),
        }
    }
    Ok(())
}

fn notes(path: &Path, list: bool, kb: Option<&Path>) -> u8 {
    let labelled = match files::read_notes(path) {
        Ok(notes) => notes,
        Err(what) => {
            out::note(&what);
            return exit::REFUSED;
        }
    };
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
        must_not_miss_named: report.must_not_miss_named().value(),
        false_alarms: report.false_alarms().value(),
        emergency_as_routine: report.emergency_as_routine().value(),
        under_triage: report.triage().0,
        right_triage: report.triage().1,
        over_triage: report.triage().2,
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

fn print_safety(report: &Report) {
    let (under, right, over) = report.triage();
    out::line(&format!(
        "  点名勿漏 {}  误报 {}  急症当常规 {}  分诊 低{under} 准{right} 高{over}",
        report.must_not_miss_named(),
        report.false_alarms(),
        report.emergency_as_routine()
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

#[derive(Debug, Serialize)]
struct ChangeOut<'a> {
    id: &'a str,
    text: &'a str,
    lost: &'a [String],
    gained: &'a [String],
    before: &'a [String],
    after: &'a [String],
}

fn changed_lines(changes: &[Change]) -> String {
    let mut text = String::new();
    for Change { id, text: typed, lost, gained, before, after } in changes {
        let line = ChangeOut { id, text: typed, lost, gained, before, after };
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
    }
    text
}
