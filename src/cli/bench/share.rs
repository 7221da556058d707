//! `xinglin bench share`: images and documents to a running hub, ours beside curl and dcmsend with the same files, round
//! by round in turn; written into docs/benchmarks.md between its own marks.
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::super::{exit, out};
use super::section;
use super::share_ways::{self, Load, Places, Proof};
use crate::domain::share::hub::Ways;
use crate::services::share::invented;

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
    /// 每个文件一轮发几份
    #[arg(long, default_value_t = 10)]
    copies: usize,
    /// 一轮发几份文书
    #[arg(long, default_value_t = 50)]
    documents: usize,
    /// 轮数；各方式轮流在先
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// DICOMweb 根，例如 http://127.0.0.1:8042/dicom-web
    #[arg(long)]
    dicomweb: String,
    /// AET@主机:端口
    #[arg(long)]
    dimse: String,
    /// FHIR 根；不写 = 只测影像
    #[arg(long, default_value = "")]
    fhir: String,
    /// 对方软件及版本，写进报告
    #[arg(long, default_value = "")]
    peers: String,
    /// 放副本的空目录（用后可删）
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// 只打印，不写文件
    #[arg(long)]
    dry_run: bool,
}

/// A way, and the other one it is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    CurlStow,
    Stow,
    CurlStowBack,
    StowBack,
    Dcmsend,
    Store,
    StoreBack,
    CurlFhir,
    Fhir,
    CurlFhirBack,
    FhirBack,
}

const IMAGES: [Way; 7] = [
    Way::CurlStow,
    Way::Stow,
    Way::CurlStowBack,
    Way::StowBack,
    Way::Dcmsend,
    Way::Store,
    Way::StoreBack,
];
const DOCUMENTS: [Way; 4] = [Way::CurlFhir, Way::Fhir, Way::CurlFhirBack, Way::FhirBack];

impl Way {
    fn words(self) -> &'static str {
        match self {
            Self::CurlStow => "curl, STOW-RS, sending alone",
            Self::Stow => "xinglin, STOW-RS, sending alone",
            Self::CurlStowBack => "curl, STOW-RS, then fetched (compared with nothing)",
            Self::StowBack => "**xinglin, STOW-RS, sending with proof**",
            Self::Dcmsend => "dcmsend, C-STORE, sending alone, one association for all",
            Self::Store => "xinglin, C-STORE, sending alone, one association each",
            Self::StoreBack => "**xinglin, C-STORE, with proof by C-GET**",
            Self::CurlFhir => "curl, FHIR transaction, sending alone",
            Self::Fhir => "xinglin, FHIR transaction, sending alone",
            Self::CurlFhirBack => {
                "curl, FHIR transaction, then each resource fetched (compared with nothing)"
            }
            Self::FhirBack => "**xinglin, FHIR transaction, with proof of each resource**",
        }
    }

    fn beside(self) -> Option<Self> {
        match self {
            Self::Stow => Some(Self::CurlStow),
            Self::StowBack => Some(Self::CurlStowBack),
            Self::Store => Some(Self::Dcmsend),
            Self::Fhir => Some(Self::CurlFhir),
            Self::FhirBack => Some(Self::CurlFhirBack),
            _ => None,
        }
    }

    fn run(self, places: &Places, load: &Load) -> Result<f64, String> {
        let web = || Ways { dicomweb: places.dicomweb.clone(), ..Ways::default() };
        let dimse = || Ways { dimse: places.dimse.clone(), ..Ways::default() };
        let fhir = || Ways { fhir: places.fhir.clone(), ..Ways::default() };
        match self {
            Self::CurlStow | Self::CurlFhir => share_ways::curl(places, Proof::AnswerOnly, load),
            Self::CurlStowBack | Self::CurlFhirBack => {
                share_ways::curl(places, Proof::ReadBack, load)
            }
            Self::Stow => share_ways::ours(web(), Proof::AnswerOnly, load),
            Self::StowBack => share_ways::ours(web(), Proof::ReadBack, load),
            Self::Dcmsend => share_ways::dcmsend(places, load),
            Self::Store => share_ways::ours(dimse(), Proof::AnswerOnly, load),
            Self::StoreBack => share_ways::ours(dimse(), Proof::ReadBack, load),
            Self::Fhir => share_ways::ours(fhir(), Proof::AnswerOnly, load),
            Self::FhirBack => share_ways::ours(fhir(), Proof::ReadBack, load),
        }
    }
}

struct Row {
    way: Way,
    count: usize,
    bytes: u64,
    /// One a round.
    seconds: Vec<f64>,
}

pub fn run(args: &Args) -> u8 {
    let done = measure(args).and_then(|rows| {
        let text = report(args, &rows);
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
fn copies(args: &Args, mark: &str) -> Result<Load, String> {
    let folder = args.dir.join(mark);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut made = vec![];
    for (n, file) in args.files.iter().enumerate() {
        for copy in 0..args.copies {
            let to = folder.join(format!("{n}-{copy}.dcm"));
            fs::copy(file, &to).map_err(|error| format!("{}: {error}", file.display()))?;
            let id = format!("(0010,0020)=BENCH-{mark}-{n}-{copy}");
            let to_words = to.to_string_lossy();
            share_ways::tool("dcmodify", &["-nb", "-gst", "-gse", "-gin", "-m", &id, &to_words])?;
            made.push(to);
        }
    }
    Ok(Load::Images(made))
}

/// Every way once a round, another one first each round; each with content of its own, gone before the next.
fn measure(args: &Args) -> Result<Vec<Row>, String> {
    let places = Places {
        dicomweb: args.dicomweb.clone(),
        dimse: args.dimse.clone(),
        fhir: args.fhir.clone(),
        dir: args.dir.clone(),
    };
    let mut ways = IMAGES.to_vec();
    if !args.fhir.is_empty() {
        ways.extend(DOCUMENTS);
    }
    let mut rows: Vec<Row> =
        ways.iter().map(|way| Row { way: *way, count: 0, bytes: 0, seconds: vec![] }).collect();
    for round in 0..args.rounds.max(1) {
        for n in 0..rows.len() {
            let at = (n + 3 * round) % rows.len();
            let Some(row) = rows.get_mut(at) else { continue };
            let mark = format!("r{round}w{at}");
            let load = if DOCUMENTS.contains(&row.way) {
                let made = invented::discharges(&format!("{}-{mark}", args.date), args.documents);
                Load::Documents(made.map_err(|error| error.to_string())?)
            } else {
                copies(args, &mark)?
            };
            (row.count, row.bytes) = (load.count(), load.bytes());
            row.seconds.push(row.way.run(&places, &load)?);
            let _left = fs::remove_dir_all(args.dir.join(&mark));
        }
    }
    Ok(rows)
}

fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

/// The other's time divided by ours, round by round: above 1 we are quicker.
fn ratio(row: &Row, rows: &[Row]) -> String {
    let Some(beside) = row.way.beside() else { return "-".to_owned() };
    let Some(other) = rows.iter().find(|one| one.way == beside) else { return "-".to_owned() };
    let each: Vec<f64> =
        other.seconds.iter().zip(&row.seconds).map(|(theirs, ours)| theirs / ours).collect();
    let least = each.iter().copied().fold(f64::INFINITY, f64::min);
    let most = each.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({least:.2}–{most:.2})", middle(&each))
}

fn report(args: &Args, rows: &[Row]) -> String {
    let peers = if args.peers.is_empty() { "a real archive" } else { &args.peers };
    let mut text = format!(
        "## Images and documents to a hub\n\nWritten by `xinglin bench share` (`tests/tools/bench_share.sh`) on {date}; {machine}. Receiver on the same machine, no encryption: {peers}. {rounds} rounds; each way sends the same content with ids of its own, the ways take turns at being first; middle of the rounds. Ours reads and parses each file and builds each body while the clock runs; curl's bodies are made beforehand. Sending alone ends with the receiver's answer; with proof it is fetched again and compared (images byte for byte or as data set, every resource of a transaction), which is what `share deliver` always does. Speed beside the other: its time divided by ours, round by round (above 1.00 = ours is quicker).\n\n| way | sent | MB | seconds | MB/s | a second | speed beside the row before |\n|---|---|---|---|---|---|---|\n",
        date = args.date,
        machine = super::all::machine(),
        rounds = args.rounds.max(1),
    );
    for row in rows {
        let megabytes = row.bytes as f64 / 1e6;
        let seconds = middle(&row.seconds).max(0.001);
        let _written = writeln!(
            text,
            "| {} | {} | {megabytes:.1} | {seconds:.2} | {:.1} | {:.0} | {} |",
            row.way.words(),
            row.count,
            megabytes / seconds,
            row.count as f64 / seconds,
            ratio(row, rows),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(way: Way, seconds: &[f64]) -> Row {
        Row { way, count: 10, bytes: 1_000_000, seconds: seconds.to_vec() }
    }

    #[test]
    fn a_ratio_is_taken_round_by_round_against_the_way_beside() {
        let rows = [row(Way::CurlStow, &[2.0, 4.0, 9.0]), row(Way::Stow, &[1.0, 4.0, 3.0])];
        assert_eq!(ratio(&rows[1], &rows), "2.00 (1.00–3.00)");
        assert_eq!(ratio(&rows[0], &rows), "-");
        assert_eq!(ratio(&rows[1], &rows[1..]), "-");
    }
}
