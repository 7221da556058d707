//! Hidden: `xinglin load`, the writer and the judge of the kill and power-cut tests (tests/durability).
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::desk::Place;
use super::{exit, out};
use crate::services::clinic::Clinic;
use crate::services::clock::SystemClock;
use crate::services::failure::{Failure, Kind};
use crate::services::load::{self, Ack};
use crate::services::session::{Safety, Station, Synchronous};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 每提交一步写一行
    #[arg(long, value_name = "FILE")]
    acks: PathBuf,
    /// 只核对：确认过的是否都在
    #[arg(long)]
    check: bool,
    /// 签满多少次就停
    #[arg(long, value_name = "N")]
    visits: Option<u64>,
    /// 先登记多少人，再量检索
    #[arg(long, value_name = "N")]
    people: Option<u64>,
    /// 断电会丢数据，仅用于断电试验的对照组
    #[arg(long)]
    unsafe_synchronous: bool,
    /// 磁盘余量低于多少 MB 就拒绝写
    #[arg(long, value_name = "MB", default_value_t = 50)]
    reserve_mb: u64,
}

#[derive(Serialize)]
struct SurveyOut {
    acked: u64,
    lost: Vec<String>,
    visits: u64,
    faults: Vec<String>,
}

#[derive(Serialize)]
struct SearchOut {
    people: u64,
    searches: usize,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

pub fn run(args: &Args, place: &Place) -> u8 {
    match act(args, place) {
        Ok(code) => code,
        Err(failure) => place.fail(&failure),
    }
}

fn act(args: &Args, place: &Place) -> Result<u8, Failure> {
    let synchronous = if args.unsafe_synchronous { Synchronous::Normal } else { Synchronous::Full };
    let safety = Safety { reserve_bytes: args.reserve_mb * 1_048_576, synchronous };
    let station = Station::at(place.data_dir(), Arc::new(SystemClock)).with_safety(safety);
    if args.check && !station.is_set_up() {
        // Killed during the set-up: nothing was acknowledged, and nothing half-made counts.
        let acked = read_acks(&args.acks)?.len() as u64;
        let lost = vec!["the station".to_owned(); usize::from(acked > 0)];
        let code = if lost.is_empty() { exit::DONE } else { exit::FINDINGS };
        out::json(&SurveyOut { acked, lost, visits: 0, faults: vec![] });
        return Ok(code);
    }
    let mut clinic = load::open(&station)?;
    if args.check {
        let survey = load::survey(&mut clinic, &read_acks(&args.acks)?)?;
        let sound = survey.lost.is_empty() && survey.faults.is_empty();
        let load::Survey { acked, lost, visits, faults } = survey;
        out::json(&SurveyOut { acked, lost, visits, faults });
        return Ok(if sound { exit::DONE } else { exit::FINDINGS });
    }
    if let Some(people) = args.people {
        load::populate(&mut clinic, people)?;
        out::json(&searches(&mut clinic, people)?);
        return Ok(exit::DONE);
    }
    write(&mut clinic, args)?;
    Ok(exit::DONE)
}

fn write(clinic: &mut Clinic, args: &Args) -> Result<(), Failure> {
    let mut acks = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&args.acks)
        .map_err(|error| io(&error))?;
    let mut visits = 0;
    let mut trouble = None;
    load::run(clinic, |ack| {
        // One write call a line: a kill leaves whole lines and at most one cut short.
        if let Err(error) = acks.write_all(format!("{ack}\n").as_bytes()) {
            trouble = Some(error);
            return false;
        }
        visits += u64::from(matches!(ack, Ack::Visit { .. }));
        args.visits.is_none_or(|most| visits < most)
    })?;
    trouble.map_or(Ok(()), |error| Err(io(&error)))
}

/// A thousand searches as a doctor types them.
fn searches(clinic: &mut Clinic, people: u64) -> Result<SearchOut, Failure> {
    const QUERIES: [&str; 20] = [
        "w", "wx", "zm", "zl", "lij", "wangxiu", "王", "李伟", "伟", "敏", "1380", "5678", "99",
        "1965", "19650", "曾", "zxm", "王 12", "l 7", "yang",
    ];
    let mut times: Vec<f64> = vec![];
    for _ in 0..50 {
        for query in QUERIES {
            let start = Instant::now();
            clinic.find(query, 20)?;
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        times.get(((times.len() - 1) as f64 * share) as usize).copied().unwrap_or_default()
    };
    Ok(SearchOut {
        people,
        searches: times.len(),
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        max_ms: at(1.0),
    })
}

fn read_acks(path: &Path) -> Result<Vec<Ack>, Failure> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => vec![],
        Err(error) => return Err(io(&error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    // Without its line end the last line may be cut short, and then it was never told.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole
        .lines()
        .map(|line| {
            Ack::parse(line).ok_or_else(|| {
                Failure::new(
                    Kind::Config,
                    format!("回执有误：{line}"),
                    format!("This is no acknowledgement: {line}"),
                )
            })
        })
        .collect()
}

fn io(error: &std::io::Error) -> Failure {
    Failure::new(
        Kind::Data,
        format!("回执文件出错：{error}"),
        format!("The file of acknowledgements: {error}"),
    )
}
