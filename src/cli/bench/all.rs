//! `xinglin bench all`: speed and memory on this machine, written to docs/benchmarks.md by the command.
use std::{
    fmt::Write as _,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use super::{exit, out};
use crate::{
    domain::{
        age::{Age, Sex},
        diagnosis::Encounter,
    },
    services::{
        advisor::Advisor,
        knowledge_base,
        library::{self, Library},
        prescribing::Pharmacist,
        ranking_model, rx_month, rx_quality,
    },
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 写到这个文件
    #[arg(long, default_value = "docs/benchmarks.md")]
    out: PathBuf,
    /// 报告里写的日期
    #[arg(long)]
    date: String,
    /// 报告里写的机器说明
    #[arg(long, default_value = "")]
    machine: String,
}

/// What a doctor types, in every way of typing.
const QUERIES: &[&str] = &[
    "高血压 转诊",
    "gaoxueya zhuanzhen",
    "gxy zz",
    "拉肚子",
    "头痛",
    "发热 儿童",
    "tangniaobing",
    "tnb",
    "狂犬病 暴露",
    "破伤风",
    "蛇咬伤",
    "有机磷",
    "抗菌药物 感冒",
    "阿莫西林 儿童 剂量",
    "amxl",
    "心梗",
    "急救",
    "哮喘",
    "manzufei",
    "痛风 急性期",
    "孕妇 高血压",
    "新生儿 黄疸",
    "尿路感染",
    "过敏性休克 肾上腺素",
    "中暑",
    "一氧化碳",
    "处方 几天",
    "长期处方",
    "互认",
    "结核 转诊",
    "手足口",
    "流感 奥司他韦",
    "低血糖",
    "心衰",
    "房颤 抗凝",
    "腰痛",
    "骨质疏松",
    "抑郁 自杀",
    "失眠",
    "贫血",
];

/// Aims of the issue, printed beside what was measured.
struct Row {
    what: &'static str,
    measured: String,
    aim: &'static str,
    met: bool,
}

pub fn run(args: &Args, kb: Option<&Path>, model: Option<&Path>) -> u8 {
    match measure(args, kb, model) {
        Ok(rows) => {
            for row in &rows {
                out::line(&format!(
                    "{} {}（目标 {}）{}",
                    if row.met { "达到" } else { "未达" },
                    row.what,
                    row.aim,
                    row.measured
                ));
            }
            exit::DONE
        }
        Err(what) => {
            out::note(&what);
            exit::REFUSED
        }
    }
}

pub(super) fn quantile(times: &mut [f64], q: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = ((times.len() as f64 * q) as usize).min(times.len().saturating_sub(1));
    times.get(at).copied().unwrap_or(0.0)
}

fn measure(args: &Args, kb: Option<&Path>, model: Option<&Path>) -> Result<Vec<Row>, String> {
    let mut rows = vec![first_paint()?];
    let started = Instant::now();
    let advisor = Advisor::load(kb, model).map_err(|e| e.to_string())?;
    let loaded = started.elapsed().as_secs_f64() * 1000.0;
    rows.push(Row {
        what: "load knowledge, dictionary and model (on a worker thread, after the first paint)",
        measured: format!("{loaded:.0} ms"),
        aim: "-",
        met: true,
    });
    rows.push(diagnose(&advisor, kb)?);
    let pharmacist = Pharmacist::load(kb).map_err(|e| e.to_string())?;
    rows.push(prescriptions(&pharmacist));
    rows.push(batch(&pharmacist)?);
    let started = Instant::now();
    let library = Library::open(&advisor.engine.catalog).map_err(|e| e.to_string())?;
    let built = started.elapsed().as_secs_f64() * 1000.0;
    rows.push(Row {
        what: "build the search index in memory",
        measured: format!("{built:.0} ms, {} passages", library.passages()),
        aim: "<= 3 s",
        met: built <= 3000.0,
    });
    rows.push(search(&library));
    // The second catalog was only for the prescription bench.
    drop(pharmacist);
    let rss = resident_mb();
    rows.push(Row {
        what: "resident memory with everything loaded",
        measured: format!("{rss:.0} MB"),
        aim: "<= 250 MB",
        met: rss <= 250.0,
    });
    super::section::put_page(&args.out, &report(args, &advisor, &rows))?;
    Ok(rows)
}

/// Starts this very program in a pseudo-terminal and waits for the sign-in screen.
fn first_paint() -> Result<Row, String> {
    let exe = std::env::current_exe().map_err(|e| e.to_string())?;
    let folder = std::env::temp_dir().join(format!("xinglin-bench-{}", std::process::id()));
    let line = format!(
        "stty cols 80 rows 24; exec '{}' --demo --data-dir '{}'",
        exe.display(),
        folder.display()
    );
    let mut times = vec![];
    for n in 0..8 {
        let started = Instant::now();
        let mut child = Command::new("script")
            .args(["-qefc", &line, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("伪终端要用 script 命令（util-linux）：{e}"))?;
        let mut seen = vec![];
        let mut chunk = [0; 4096];
        let painted = loop {
            let n = child.stdout.as_mut().map_or(Ok(0), |o| o.read(&mut chunk)).unwrap_or(0);
            if n == 0 {
                break None;
            }
            seen.extend_from_slice(&chunk[..n]);
            // The terminal is told where each wide character goes, so the title is not one run of bytes.
            if String::from_utf8_lossy(&seen).contains('登') {
                break Some(started.elapsed().as_secs_f64() * 1000.0);
            }
            if started.elapsed().as_secs() > 30 {
                break None;
            }
        };
        let _gone = child.kill();
        let _status = child.wait();
        // The first start founds the demo clinic; it is not counted.
        match painted {
            Some(_) if n == 0 => {}
            Some(ms) => times.push(ms),
            None => return Err("30 秒内没有看到登录画面".into()),
        }
    }
    let _removed = fs::remove_dir_all(&folder);
    let worst = times.iter().copied().fold(0.0, f64::max);
    let median = quantile(&mut times, 0.5);
    Ok(Row {
        what: "start to first paint (80x24, demo clinic, median of 7)",
        measured: format!("{median:.0} ms, worst {worst:.0} ms"),
        aim: "<= 300 ms",
        met: median <= 300.0,
    })
}

fn diagnose(advisor: &Advisor, kb: Option<&Path>) -> Result<Row, String> {
    let cases = knowledge_base::compiled(kb).map_err(|e| e.to_string())?.cases;
    let mut times = vec![];
    for case in cases.red_flag.values().flatten().chain(&cases.quiet_visits) {
        let encounter = Encounter {
            sex: Sex::parse(&case.sex).unwrap_or_default(),
            age: Age::parse(&case.age),
            ..Encounter::default()
        };
        let started = Instant::now();
        let advice = advisor.advise(&encounter, &case.text, &[]);
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        drop(advice);
    }
    let n = times.len();
    let (p50, p99) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
    Ok(Row {
        what: "diagnose one note (all cases beside the rules)",
        measured: format!("p50 {p50:.1} ms, p99 {p99:.1} ms, n = {n}"),
        aim: "p99 <= 20 ms",
        met: p99 <= 20.0,
    })
}

fn prescriptions(pharmacist: &Pharmacist) -> Row {
    let mut times = vec![];
    for seed in 0..500 {
        let (rx, patient) = rx_quality::full_sheet(pharmacist, seed, 10, 5);
        let started = Instant::now();
        let checked = pharmacist.check(&rx, &patient);
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        drop(checked);
    }
    let (p50, p99) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
    Row {
        what: "check a prescription of 10 drugs with 5 current drugs",
        measured: format!("p50 {p50:.2} ms, p99 {p99:.2} ms, n = 500"),
        aim: "p99 <= 5 ms",
        met: p99 <= 5.0,
    }
}

fn batch(pharmacist: &Pharmacist) -> Result<Row, String> {
    let sheets = rx_month::month(1, 10_000)?;
    let started = Instant::now();
    for sheet in &sheets {
        drop(pharmacist.check(&sheet.rx, &sheet.patient));
    }
    let seconds = started.elapsed().as_secs_f64();
    Ok(Row {
        what: "check a batch of 10,000 ordinary prescriptions (simulated, one thread)",
        measured: format!("{seconds:.1} s"),
        aim: "<= 15 s",
        met: seconds <= 15.0,
    })
}

fn search(library: &Library) -> Row {
    let clock = Instant::now();
    let ticks = || clock.elapsed().as_micros() as u64;
    let queries: Vec<String> =
        (0..25).flat_map(|_| QUERIES.iter().map(|q| (*q).to_owned())).collect();
    let speed = library::measure(library, &queries, &ticks);
    Row {
        what: "search, warm",
        measured: format!(
            "p50 {:.1} ms, p99 {:.1} ms, n = {}",
            speed.p50_ms, speed.p99_ms, speed.n
        ),
        aim: "p99 <= 20 ms",
        met: speed.p99_ms <= 20.0,
    }
}

pub(super) fn resident_mb() -> f64 {
    fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|s| {
            s.lines()
                .find(|l| l.starts_with("VmRSS:"))?
                .split_whitespace()
                .nth(1)?
                .parse::<f64>()
                .ok()
        })
        .map_or(0.0, |kb| kb / 1024.0)
}

pub(super) fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|s| {
            s.lines()
                .find(|l| l.starts_with("model name"))
                .and_then(|l| l.split(':').nth(1))
                .map(|m| m.trim().to_owned())
        })
        .unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{cores} cores, {cpu}, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

fn report(args: &Args, advisor: &Advisor, rows: &[Row]) -> String {
    let catalog = &advisor.engine.catalog;
    let note = if args.machine.is_empty() { String::new() } else { format!("; {}", args.machine) };
    let mut text = format!(
        "# Benchmarks\n\nWritten by `xinglin bench all` on {}; machine: {}{note}. Back end: {}. Knowledge {} ({} conditions, {} findings, {} drugs, {} interactions).\n\n| what | measured | aim | met |\n|---|---|---|---|\n",
        args.date,
        machine(),
        ranking_model::backend_name(),
        catalog.version,
        catalog.conditions.len(),
        catalog.findings.len(),
        catalog.formulary.drugs.len(),
        catalog.formulary.interactions.len()
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            row.what,
            row.measured,
            row.aim,
            if row.met { "yes" } else { "**no**" }
        );
    }
    text
}
