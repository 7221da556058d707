//! `xinglin bench trace`: the ledger from ten thousand events to a million, on this machine, written into
//! docs/benchmarks.md between its own marks.
use std::{fmt::Write as _, fs, path::PathBuf, sync::Arc, time::Instant};

use super::{
    super::{exit, out},
    all::quantile,
    section,
};
use crate::domain::trace::recall::{Nature, Recall};
use crate::services::clinic::Clinic;
use crate::services::clock::SystemClock;
use crate::services::load;
use crate::services::session::{Safety, Station, Synchronous};
use crate::services::trace_load::{Filled, fill, prepare, scan, some_code, take_wanted};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 写进这个文件
    #[arg(long, default_value = "docs/benchmarks.md")]
    out: PathBuf,
    /// 报告里写的日期
    #[arg(long)]
    date: String,
    /// 在这个空目录里建站（用后可删）
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// 到多少条为止
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// 只打印，不写文件
    #[arg(long)]
    dry_run: bool,
    /// 目录里是以前建好的站：只量召回，打印
    #[arg(long)]
    recall_only: bool,
}

/// What was measured at one size.
struct Row {
    events: u64,
    packs: u32,
    bytes: u64,
    fill_per_s: f64,
    scan: (f64, f64),
    stock: (f64, f64, usize),
    give: (f64, f64),
    lot: f64,
    recall: (f64, usize, usize),
    recall_product: (f64, usize, usize),
    life: f64,
}

pub fn run(args: &Args) -> u8 {
    match measure(args) {
        Ok(text) => {
            out::line(&text);
            if args.dry_run || args.recall_only {
                return exit::DONE;
            }
            match section::put(&args.out, "trace", &text) {
                Ok(()) => exit::DONE,
                Err(what) => {
                    out::note(&what);
                    exit::REFUSED
                }
            }
        }
        Err(what) => {
            out::note(&what);
            exit::REFUSED
        }
    }
}

fn measure(args: &Args) -> Result<String, String> {
    let safety = Safety { reserve_bytes: 0, synchronous: Synchronous::Full };
    let station = Station::at(&args.dir, Arc::new(SystemClock)).with_safety(safety);
    if args.recall_only {
        return recalls(&station)
            .map_err(|failure| failure.sentence(crate::domain::words::Lang::Zh));
    }
    if station.is_set_up() {
        return Err("目录里已有一个站；请给一个空目录".to_owned());
    }
    let told = |failure: crate::services::failure::Failure| {
        failure.sentence(crate::domain::words::Lang::Zh)
    };
    let mut clinic = load::open(&station).map_err(told)?;
    let mut filled = prepare(&mut clinic).map_err(told)?;
    let mut rows = vec![];
    let mut size = 10_000;
    while size <= args.events {
        let (started, before) = (Instant::now(), filled.events);
        fill(&mut clinic, &mut filled, size).map_err(told)?;
        let fill_per_s =
            (filled.events - before) as f64 / started.elapsed().as_secs_f64().max(0.001);
        let row = at_size(&mut clinic, &mut filled, fill_per_s).map_err(told)?;
        out::note(&format!(
            "{} events: scan p99 {:.2} ms, stock {:.2} ms",
            row.events, row.scan.1, row.stock.0
        ));
        rows.push(Row { bytes: bytes(&args.dir), ..row });
        size = if size == 10_000 || size == 100_000 { size * 3 } else { size / 3 * 10 };
    }
    Ok(report(&args.date, &rows))
}

/// Recall drills on a store-room that was filled before.
fn recalls(station: &Station) -> Result<String, crate::services::failure::Failure> {
    let mut clinic = load::open(station)?;
    let check = clinic.trace_events_from(1, 1)?.len();
    let now = clinic.now().millis().unsigned_abs();
    let lot = drill(&mut clinic, (now, &["L00000"]))?;
    let product = drill(&mut clinic, (now, &[]))?;
    Ok(format!(
        "recall drill, slowest of 10: lot {:.1} ms ({} packs, {} times to patients), whole product {:.1} ms ({}, {}){}",
        lot.0,
        lot.1,
        lot.2,
        product.0,
        product.1,
        product.2,
        if check == 0 { ", EMPTY LEDGER" } else { "" }
    ))
}

fn at_size(
    clinic: &mut Clinic,
    filled: &mut Filled,
    fill_per_s: f64,
) -> Result<Row, crate::services::failure::Failure> {
    let sheet = filled.sheet.clone();
    let mut counter =
        clinic.open_counter(&sheet).map_err(crate::services::clinic::trace::Stop::into_failure)?;
    // What the sheet was given in bulk is no business of these scans.
    counter.wanted.iter_mut().for_each(|wanted| wanted.taken = 0);
    let mut scans: Vec<f64> = (0..2000)
        .map(|_| {
            let code = some_code(filled);
            let started = Instant::now();
            let _may = scan(clinic, &mut counter, &code);
            started.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    let mut lines = 0;
    let mut stocks = vec![];
    for _ in 0..30 {
        let started = Instant::now();
        lines = clinic.stock()?.len();
        stocks.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    let code = filled.on_shelf.first().cloned().unwrap_or_default();
    let started = Instant::now();
    drop(clinic.pack_life(&code));
    let life = started.elapsed().as_secs_f64() * 1000.0;
    let started = Instant::now();
    let found = clinic.lot_life("p001", "L00000")?;
    let lot = started.elapsed().as_secs_f64() * 1000.0;
    drop(found);
    let recall = drill(clinic, (filled.events, &["L00000"]))?;
    let recall_product = drill(clinic, (filled.events, &[]))?;
    let give = give(clinic, filled)?;
    Ok(Row {
        events: filled.events,
        packs: filled.packs,
        bytes: 0,
        fill_per_s,
        scan: (quantile(&mut scans, 0.5), quantile(&mut scans, 0.99)),
        stock: (quantile(&mut stocks, 0.5), quantile(&mut stocks, 0.99), lines),
        give,
        lot,
        recall,
        recall_product,
        life,
    })
}

/// Recall drills of these lots (none = the whole product): found, written and logged; and what was found.
fn drill(
    clinic: &mut Clinic,
    (events, lots): (u64, &[&str]),
) -> Result<(f64, usize, usize), crate::services::failure::Failure> {
    let mut times = vec![];
    let mut found = (0, 0);
    for n in 0..10 {
        let recall = Recall {
            id: format!("YL-{events}-{}-{n}", lots.len()),
            class: 2,
            nature: Nature::Drill,
            product: "p001".to_owned(),
            lots: lots.iter().map(|lot| (*lot).to_owned()).collect(),
            codes: None,
            reason: String::new(),
        };
        let started = Instant::now();
        let report =
            clinic.recall(&recall).map_err(crate::services::clinic::trace::Stop::into_failure)?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        found = (report.packs.len(), report.patients.len());
    }
    Ok((quantile(&mut times, 0.99), found.0, found.1))
}

/// One box scanned and given out, on the disk when it returns.
fn give(
    clinic: &mut Clinic,
    filled: &mut Filled,
) -> Result<(f64, f64), crate::services::failure::Failure> {
    let mut times = vec![];
    let sheet = filled.sheet.clone();
    for _ in 0..40 {
        let Some(code) = take_wanted(filled) else { break };
        let mut counter = clinic
            .open_counter(&sheet)
            .map_err(crate::services::clinic::trace::Stop::into_failure)?;
        counter.wanted.iter_mut().for_each(|wanted| wanted.taken = 0);
        let started = Instant::now();
        clinic
            .scan_at_counter(&mut counter, &code, None)
            .map_err(crate::services::clinic::trace::Stop::into_failure)?;
        clinic
            .finish_counter(&counter)
            .map_err(crate::services::clinic::trace::Stop::into_failure)?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        filled.events += 1;
    }
    Ok((quantile(&mut times, 0.5), quantile(&mut times, 0.99)))
}

fn bytes(dir: &std::path::Path) -> u64 {
    let size =
        |name: &str| fs::metadata(dir.join("station").join(name)).map_or(0, |meta| meta.len());
    size("station.db") + size("station.db-wal")
}

fn report(date: &str, rows: &[Row]) -> String {
    let mut text = format!(
        "## Drug traceability\n\nWritten by `xinglin bench trace` on {date}: invented packs, encrypted database, commits \
         with full sync; scans are 8 of 10 packs on the shelf, 1 given out, 1 never received; aims: scan to answer p99 <= 30 ms, \
         stock <= 100 ms, recall <= 100 ms.\n\n| events | packs | database | written | scan to answer p50 / p99 | stock screen p50 / p99 (lots) | \
         give out, synced p50 / p99 | a code's life | a lot's life | recall drill of a lot, slowest of 10 (packs, times to patients) | of a whole product |\n|---|---|---|---|---|---|---|---|---|---|---|\n"
    );
    for r in rows {
        let _written = writeln!(
            text,
            "| {} | {} | {} MB | {:.0}/s | {:.2} / {:.2} ms | {:.1} / {:.1} ms ({}) | {:.1} / {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms ({}, {}) | {:.1} ms ({}, {}) |",
            r.events,
            r.packs,
            r.bytes / 1_048_576,
            r.fill_per_s,
            r.scan.0,
            r.scan.1,
            r.stock.0,
            r.stock.1,
            r.stock.2,
            r.give.0,
            r.give.1,
            r.life,
            r.lot,
            r.recall.0,
            r.recall.1,
            r.recall.2,
            r.recall_product.0,
            r.recall_product.1,
            r.recall_product.2
        );
    }
    let _written = write!(text, "\n```\nscan p99, ms (each # = 0.25 ms)\n");
    for r in rows {
        let bar = "#".repeat(((r.scan.1 * 4.0).ceil() as usize).clamp(1, 120));
        let _written = writeln!(text, "{:>9} {bar} {:.2}", r.events, r.scan.1);
    }
    let _written = writeln!(text, "stock p50, ms (each # = 1 ms)");
    for r in rows {
        let bar = "#".repeat((r.stock.0.ceil() as usize).clamp(1, 120));
        let _written = writeln!(text, "{:>9} {bar} {:.1}", r.events, r.stock.0);
    }
    text.push_str("```\n");
    text
}
