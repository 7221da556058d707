//! `xinglin model check | simulate`: the ranking model as its makers see it.
use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command as Process, Stdio},
};

use super::{exit, out};
use crate::services::{
    advisor::{Advisor, Notice},
    ranking_model, real_cases,
    simulate::{SimulatedCase, Simulator, feature_names},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// 在子进程里试装一个模型目录：坏模型不会带走本程序
    Check { dir: PathBuf },
    /// 自带或指定模型的说明
    Show,
    /// 由知识库模拟病例，供训练（models/ranker/train/run.sh 用）
    #[command(hide = true)]
    Simulate {
        #[arg(long, default_value_t = 240_000)]
        cases: u64,
        #[arg(long, default_value_t = 20_261_124)]
        seed: u64,
        #[arg(long)]
        out: PathBuf,
        /// 真实训练病例（NDJSON，许可允许训练的），每例按下列年龄各写一行
        #[arg(long)]
        real: Vec<PathBuf>,
        #[arg(long, value_delimiter = ',', default_values_t = [0.7, 2.0, 4.0, 8.0])]
        ages: Vec<f64>,
    },
    #[command(hide = true)]
    Probe { dir: PathBuf },
}

pub fn run(args: &Args, kb: Option<&Path>, model: Option<&Path>) -> u8 {
    match &args.command {
        Command::Check { dir } => check(dir),
        Command::Probe { dir } => load(kb, Some(dir)),
        Command::Show => load(kb, model),
        Command::Simulate { cases, seed, out, real, ages } => {
            match Advisor::load(kb, None).map_err(|e| e.to_string()).and_then(|advisor| {
                simulate(&advisor, *cases, *seed, out)?;
                add_real(&advisor, real, ages, out)
            }) {
                Ok(()) => exit::DONE,
                Err(what) => {
                    super::out::note(&what);
                    exit::REFUSED
                }
            }
        }
    }
}

fn load(kb: Option<&Path>, model: Option<&Path>) -> u8 {
    match Advisor::load(kb, model) {
        Ok(advisor) => {
            for notice in &advisor.notices {
                if let Notice::ModelMissing(why) = notice {
                    out::note(why);
                    return exit::REFUSED;
                }
            }
            out::line(&format!(
                "{} sha256:{}",
                ranking_model::backend_name(),
                advisor.model_hash().unwrap_or("-")
            ));
            exit::DONE
        }
        Err(error) => {
            out::note(&error.to_string());
            exit::REFUSED
        }
    }
}

/// A hostile model may abort the process that loads it, so another one does.
fn check(dir: &Path) -> u8 {
    let probe = std::env::current_exe().and_then(|exe| {
        Process::new(exe).args(["model", "probe"]).arg(dir).stdin(Stdio::null()).status()
    });
    match probe {
        Ok(status) if status.success() => {
            out::line("模型可用");
            exit::DONE
        }
        Ok(status) => {
            out::note(&format!("模型不可用（{status}）；没有改动任何文件，程序继续用原来的模型。"));
            exit::REFUSED
        }
        Err(error) => {
            out::note(&format!("无法启动检查进程：{error}"));
            exit::BUG
        }
    }
}

fn simulate(advisor: &Advisor, cases: u64, seed: u64, dir: &Path) -> Result<(), String> {
    let catalog = &advisor.engine.catalog;
    let fail = |e: std::io::Error| format!("{} 写不进去：{e}", dir.display());
    fs::create_dir_all(dir).map_err(fail)?;
    fs::write(dir.join("features.txt"), feature_names(catalog).join("\n")).map_err(fail)?;
    let labels: Vec<&str> = catalog.conditions.iter().map(|c| c.id.as_str()).collect();
    fs::write(dir.join("labels.txt"), labels.join("\n")).map_err(fail)?;
    fs::write(dir.join("version.txt"), &catalog.version).map_err(fail)?;
    let mut file = BufWriter::new(File::create(dir.join("cases.bin")).map_err(fail)?);
    let mut simulator = Simulator::new(catalog, seed);
    for n in 0..cases {
        let case = simulator.draw();
        file.write_all(&record(&case)).map_err(fail)?;
        if n > 0 && n % 50_000 == 0 {
            out::note(&format!("{n} / {cases}"));
        }
    }
    file.flush().map_err(fail)
}

/// Rows of real cases behind the simulated ones; `real.txt` says how many.
fn add_real(advisor: &Advisor, files: &[PathBuf], ages: &[f64], dir: &Path) -> Result<(), String> {
    let fail = |e: std::io::Error| format!("{} 写不进去：{e}", dir.display());
    let mut file = File::options()
        .append(true)
        .open(dir.join("cases.bin"))
        .map(BufWriter::new)
        .map_err(fail)?;
    let mut rows = 0;
    for path in files {
        let cases = super::bench::files::read_cases(path)?;
        for case in real_cases::encode(advisor, &cases, ages) {
            file.write_all(&record(&case)).map_err(fail)?;
            rows += 1;
        }
    }
    fs::write(dir.join("real.txt"), rows.to_string()).map_err(fail)?;
    file.flush().map_err(fail)
}

fn record(case: &SimulatedCase) -> Vec<u8> {
    let mut record = vec![];
    record.extend((case.condition as u16).to_le_bytes());
    record.extend((case.inputs.len() as u16).to_le_bytes());
    for (at, value) in &case.inputs {
        record.extend(at.to_le_bytes());
        // Halves are the smallest step: +1, +0.5, −1.
        record.extend(((value * 2.0) as i16).to_le_bytes());
    }
    record
}
