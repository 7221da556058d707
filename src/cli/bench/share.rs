//! `xinglin bench share`: images to a running archive by STOW-RS and by C-STORE, beside curl and dcmsend with the same
//! files, written into docs/benchmarks.md between its own marks.
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::super::{exit, out};
use super::section;
use crate::domain::share::HubId;
use crate::domain::share::hub::{Hub, Ways};
use crate::services::share::courier::{Courier, ReadBack};
use crate::services::share::reader::Reader;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 写进这个文件
    #[arg(long, default_value = "docs/benchmarks.md")]
    out: PathBuf,
    /// 报告里写的日期
    #[arg(long)]
    date: String,
    /// 影像文件，每种方式各发一遍（用 dcmodify 换新 UID）
    #[arg(long, required = true, num_args = 1..)]
    files: Vec<PathBuf>,
    /// 每个文件发几份
    #[arg(long, default_value_t = 10)]
    copies: usize,
    /// DICOMweb 根，例如 http://127.0.0.1:8042/dicom-web
    #[arg(long)]
    dicomweb: String,
    /// AET@主机:端口
    #[arg(long)]
    dimse: String,
    /// 放副本的空目录（用后可删）
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// 只打印，不写文件
    #[arg(long)]
    dry_run: bool,
}

struct Row {
    way: &'static str,
    seconds: f64,
    files: usize,
    bytes: u64,
    /// Files that were read back equal; `None` = this way does not ask.
    proven: Option<usize>,
}

pub fn run(args: &Args) -> u8 {
    let done = measure(args).and_then(|text| {
        out::line(&text);
        if args.dry_run { Ok(()) } else { section::put(&args.out, "share", &text) }
    });
    match done {
        Ok(()) => exit::DONE,
        Err(what) => {
            out::note(&what);
            exit::REFUSED
        }
    }
}

/// Copies with UIDs of their own, so that no archive knows them yet.
fn copies(args: &Args, way: &str) -> Result<Vec<PathBuf>, String> {
    let folder = args.dir.join(way);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut made = vec![];
    for (n, file) in args.files.iter().enumerate() {
        for copy in 0..args.copies {
            let to = folder.join(format!("{n}-{copy}.dcm"));
            fs::copy(file, &to).map_err(|error| format!("{}: {error}", file.display()))?;
            let id = format!("(0010,0020)=BENCH-{way}-{n}-{copy}");
            tool("dcmodify", &["-nb", "-gst", "-gse", "-gin", "-m", &id, &to.to_string_lossy()])?;
            made.push(to);
        }
    }
    Ok(made)
}

fn tool(program: &str, args: &[&str]) -> Result<(), String> {
    let done = Command::new(program)
        .args(args)
        .output()
        .map_err(|error| format!("{program}：{error}（apt install dcmtk curl）"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&done.stderr)))
}

fn weight(files: &[PathBuf]) -> u64 {
    files.iter().filter_map(|file| fs::metadata(file).ok()).map(|meta| meta.len()).sum()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    ReadBack,
    AnswerOnly,
}

/// As `share deliver` does it: one instance a request; with or without the read-back.
fn ours((way, ways): (&'static str, Ways), proof: Proof, files: &[PathBuf]) -> Result<Row, String> {
    let hub = Hub {
        id: HubId(0),
        name: "bench".to_owned(),
        ways,
        stopped: String::new(),
        stopped_class: String::new(),
        tested: None,
        software: String::new(),
        refused_bytes: None,
        skew_s: None,
        last_ok: None,
        failures: 0,
        next_try: None,
    };
    let courier = Courier::new(&hub).map_err(|trouble| trouble.words_zh())?;
    let mut loaded = vec![];
    for file in files {
        let bytes = fs::read(file).map_err(|error| error.to_string())?;
        let instance = Reader::Here.read(&bytes).map_err(|error| error.to_string())?;
        loaded.push((instance, bytes));
    }
    let started = Instant::now();
    let mut proven = 0;
    for (instance, bytes) in &loaded {
        courier.send_image(instance, bytes).map_err(|trouble| trouble.words_zh())?;
        if proof == Proof::ReadBack {
            match courier.read_image(instance, bytes) {
                Ok(ReadBack::Same) => proven += 1,
                Ok(other) => return Err(format!("{}: {other:?}", instance.sop_uid)),
                Err(trouble) => return Err(trouble.words_zh()),
            }
        }
    }
    Ok(Row {
        way,
        seconds: started.elapsed().as_secs_f64(),
        files: files.len(),
        bytes: weight(files),
        proven: (proof == Proof::ReadBack).then_some(proven),
    })
}

/// One curl for all files, one request each, bodies made beforehand.
fn by_curl(args: &Args, files: &[PathBuf]) -> Result<Row, String> {
    let mut config = String::new();
    for (n, file) in files.iter().enumerate() {
        let body = file.with_extension("stow");
        let mut bytes = b"--xl\r\nContent-Type: application/dicom\r\n\r\n".to_vec();
        bytes.extend(fs::read(file).map_err(|error| error.to_string())?);
        bytes.extend_from_slice(b"\r\n--xl--\r\n");
        fs::write(&body, bytes).map_err(|error| error.to_string())?;
        if n > 0 {
            config.push_str("next\n");
        }
        let _written = write!(
            config,
            "silent\nfail\nurl = \"{}/studies\"\nheader = \"Content-Type: multipart/related; type=\\\"application/dicom\\\"; boundary=xl\"\nheader = \"Accept: application/dicom+json\"\nheader = \"Expect:\"\noutput = \"/dev/null\"\ndata-binary = \"@{}\"\n",
            args.dicomweb,
            body.display()
        );
    }
    let path = args.dir.join("curl.conf");
    fs::write(&path, config).map_err(|error| error.to_string())?;
    let started = Instant::now();
    tool("curl", &["-K", &path.to_string_lossy()])?;
    Ok(row("curl, STOW-RS", started, files))
}

fn by_dcmsend(args: &Args, files: &[PathBuf]) -> Result<Row, String> {
    let (called, place) = args.dimse.split_once('@').ok_or("AET@HOST:PORT")?;
    let (host, port) = place.rsplit_once(':').ok_or("AET@HOST:PORT")?;
    let folder = files.first().and_then(|file| file.parent()).unwrap_or(Path::new("."));
    let folder = folder.to_string_lossy();
    let started = Instant::now();
    tool("dcmsend", &["-aec", called, "+sd", "+sp", "*.dcm", host, port, &folder])?;
    Ok(row("dcmsend, C-STORE, one association", started, files))
}

fn row(way: &'static str, started: Instant, files: &[PathBuf]) -> Row {
    let seconds = started.elapsed().as_secs_f64();
    Row { way, seconds, files: files.len(), bytes: weight(files), proven: None }
}

fn measure(args: &Args) -> Result<String, String> {
    let web = Ways { dicomweb: args.dicomweb.clone(), ..Ways::default() };
    let dimse = Ways { dimse: args.dimse.clone(), ..Ways::default() };
    let rows = [
        by_curl(args, &copies(args, "curl")?)?,
        ours(("xinglin, STOW-RS", web.clone()), Proof::AnswerOnly, &copies(args, "stow")?)?,
        ours(("xinglin, STOW-RS, read back", web), Proof::ReadBack, &copies(args, "stowproof")?)?,
        by_dcmsend(args, &copies(args, "dcmsend")?)?,
        ours(
            ("xinglin, C-STORE, one association each", dimse.clone()),
            Proof::AnswerOnly,
            &copies(args, "cstore")?,
        )?,
        ours(
            ("xinglin, C-STORE, read back by C-GET", dimse),
            Proof::ReadBack,
            &copies(args, "cstoreproof")?,
        )?,
    ];
    Ok(report(&args.date, &rows))
}

fn report(date: &str, rows: &[Row]) -> String {
    let mut text = format!(
        "## Images to an archive\n\nWritten by `xinglin bench share` on {date}: the same files with UIDs of their own for each way, a real archive on the same machine, no encryption. xinglin sends one instance a request, so that each is confirmed by itself; `share deliver` always reads back, the rows without it are there to compare.\n\n| way | files | MB | seconds | MB/s | read back equal |\n|---|---|---|---|---|---|\n"
    );
    for row in rows {
        let megabytes = row.bytes as f64 / 1e6;
        let _written = writeln!(
            text,
            "| {} | {} | {megabytes:.1} | {:.2} | {:.1} | {} |",
            row.way,
            row.files,
            row.seconds,
            megabytes / row.seconds.max(0.001),
            row.proven.map_or_else(|| "-".to_owned(), |n| format!("{n} of {}", row.files)),
        );
    }
    text
}
