//! `xinglin bench rx`: time of a full sheet, of a batch, of a typed line; a simulated month; public pair lists when given.
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{rx_report as report, section};
use crate::{
    cli::{exit, out},
    domain::catalog::formulary::Tier,
    services::{
        prescribing::Pharmacist,
        rx_month,
        rx_quality::{self, PairReport},
    },
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 两药对的 CSV（`name_zh_a,name_zh_b,en_a,en_b,…`），可多个
    #[arg(long)]
    pairs: Vec<PathBuf>,
    /// 列出没有到“警”的药对
    #[arg(long)]
    list: bool,
    /// 量多少张处方
    #[arg(long, default_value_t = 2000)]
    sheets: usize,
    /// 模拟一个月多少张普通处方
    #[arg(long, default_value_t = 3000)]
    month: usize,
    /// 模拟的种子
    #[arg(long, default_value_t = 20_261_124)]
    seed: u64,
    /// 一批多少张计时
    #[arg(long, default_value_t = 10_000)]
    batch: usize,
    /// 把质量数字写进这个文件的处方一节
    #[arg(long, requires = "date")]
    out: Option<PathBuf>,
    /// 报告里写的日期
    #[arg(long)]
    date: Option<String>,
}

pub fn run(args: &Args, kb: Option<&Path>) -> u8 {
    let clock = Instant::now();
    let pharmacist = match Pharmacist::load(kb) {
        Ok(pharmacist) => pharmacist,
        Err(error) => {
            out::note(&error.to_string());
            return exit::REFUSED;
        }
    };
    let loaded = clock.elapsed();
    let index = Instant::now();
    drop(crate::domain::rx::RxIndex::new(&pharmacist.catalog));
    out::line(&format!(
        "载入 {:.0} ms，其中名称索引 {:.0} ms",
        millis(loaded),
        millis(index.elapsed())
    ));
    let mut full = vec![];
    for seed in 0..args.sheets.max(1) {
        let (rx, patient) = rx_quality::full_sheet(&pharmacist, seed, 10, 5);
        let started = Instant::now();
        let checked = pharmacist.check(&rx, &patient);
        full.push(millis(started.elapsed()));
        drop(checked);
    }
    out::line(&format!("检查（10种药+在用5种，{}张） {}", full.len(), spread(&mut full)));
    let mut ordinary = vec![];
    let started = Instant::now();
    for seed in 0..args.sheets.max(1) {
        let (rx, patient) = rx_quality::full_sheet(&pharmacist, seed, 3, 1);
        let one = Instant::now();
        drop(pharmacist.check(&rx, &patient));
        ordinary.push(millis(one.elapsed()));
    }
    let rate = ordinary.len() as f64 / started.elapsed().as_secs_f64();
    out::line(&format!("检查（3种药+在用1种） {}，每秒{rate:.0}张", spread(&mut ordinary)));
    let mut typed = vec![];
    for text in [
        "amxl 0.5g tid po 5天",
        "阿莫西林 0.5 一天三次 5天",
        "缬沙坦80 qd×28",
        "布洛芬混悬液 5ml q8h prn",
        "tbqs 2g ivgtt qd 皮试阴性 NS100ml",
    ] {
        for _ in 0..40 {
            let one = Instant::now();
            drop(pharmacist.parse(text));
            typed.push(millis(one.elapsed()));
        }
    }
    out::line(&format!("读一行处方 {}", spread(&mut typed)));
    match measure(args, &pharmacist) {
        Ok(()) => exit::DONE,
        Err(what) => {
            out::note(&what);
            exit::REFUSED
        }
    }
}

fn measure(args: &Args, pharmacist: &Pharmacist) -> Result<(), String> {
    let sheets = rx_month::month(args.seed, args.month)?;
    let sum = rx_month::fatigue(pharmacist, &sheets);
    for (name, rate) in sum.rates() {
        out::line(&format!("模拟月 {} 张：{name} {}", sum.sheets, report::percent(rate)));
    }
    if args.list {
        for ((rule, tier), (n, example)) in &sum.rules {
            out::line(&format!("  〔{tier}〕{n} {rule}：{example}"));
        }
        for (drug, n) in &sum.unknown_drugs {
            out::line(&format!("  不认识 {n} {drug}"));
        }
    }
    let batch = rx_month::month(args.seed + 1, args.batch)?;
    let started = Instant::now();
    for sheet in &batch {
        drop(pharmacist.check(&sheet.rx, &sheet.patient));
    }
    let seconds = started.elapsed().as_secs_f64();
    out::line(&format!("一批 {} 张：{seconds:.1} 秒", batch.len()));
    let mut lists = vec![];
    for path in &args.pairs {
        let text = fs::read_to_string(path)
            .map_err(|error| format!("{} 读不出来：{error}", path.display()))?;
        lists.push((path.clone(), pairs(pharmacist, path, &text, args.list)));
    }
    if let (Some(file), Some(date)) = (&args.out, &args.date) {
        let text = report::section(pharmacist, date, (args.seed, &sum), &lists);
        section::put(file, "rx", &text)?;
    }
    Ok(())
}

fn pairs(pharmacist: &Pharmacist, path: &Path, text: &str, list: bool) -> PairReport {
    let report = rx_quality::pairs(pharmacist, text);
    let judged = report.judged().count();
    let share = |n: usize| if judged == 0 { 0.0 } else { n as f64 * 100.0 / judged as f64 };
    let (loud, stops) = (report.at_least(Tier::Warn), report.at_least(Tier::Stop));
    out::line(&format!(
        "{}：{}对，两药都认识且全身给药 {judged}；禁 {stops}（{:.1}%） 警以上 {loud}（{:.1}%） 提 {} 注 {} 无 {}",
        path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        report.pairs.len(),
        share(stops),
        share(loud),
        report.exactly(Some(Tier::Note)),
        report.exactly(Some(Tier::Log)),
        report.exactly(None),
    ));
    if list {
        for pair in
            report.pairs.iter().filter(|p| !(p.known && p.systemic) || p.tier < Some(Tier::Warn))
        {
            let why = if !pair.known {
                "库中缺药"
            } else if !pair.systemic {
                "只有局部用药"
            } else {
                ""
            };
            out::line(&format!(
                "  {} + {}：{} {} {why}",
                pair.a,
                pair.b,
                pair.tier.map_or("无", Tier::zh),
                pair.rule
            ));
        }
    }
    report
}

fn millis(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn spread(times: &mut [f64]) -> String {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        times.get(((times.len() as f64 - 1.0) * share) as usize).copied().unwrap_or_default()
    };
    format!("p50 {:.2} ms  p99 {:.2} ms  最长 {:.2} ms", at(0.5), at(0.99), at(1.0))
}
