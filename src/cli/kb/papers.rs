//! `xinglin kb import | papers`: the clinic's own papers (本单位资料).
use std::path::PathBuf;

use serde::Serialize;

use crate::{
    cli::{
        desk::{Place, Who},
        exit, out,
    },
    domain::local_document::{LocalDocumentId, LocalDocumentLine},
    services::{
        failure::{Failure, Kind},
        intake::{self, FileOutcome, FileReport, Heading, Intake, Limits},
    },
};

#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// PDF、DOCX、HTML、Markdown、纯文本；文件夹会连同下级一起读
    #[arg(required = true, value_name = "FILE|FOLDER")]
    paths: Vec<PathBuf>,
    /// 题名（只导入一个文件时可用）
    #[arg(long)]
    title: Option<String>,
    /// 年份（只导入一个文件时可用）
    #[arg(long)]
    year: Option<i16>,
    /// 每个文件一行 JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, clap::Args)]
pub(super) struct Papers {
    #[command(subcommand)]
    command: Option<PapersCommand>,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, clap::Subcommand)]
enum PapersCommand {
    /// 移出一份（正文删除，记录和审计保留）
    Remove {
        /// `kb papers` 列出的编号
        id: i64,
        #[command(flatten)]
        who: Who,
    },
}

/// The child of `import`; not for people.
#[derive(Debug, clap::Args)]
pub(super) struct ReadPaper {
    #[arg(long)]
    name: String,
    #[arg(long)]
    memory: u64,
    #[arg(long)]
    cpu: u64,
}

#[derive(Debug, Serialize)]
struct ReportOut<'a> {
    file: &'a str,
    outcome: &'static str,
    id: Option<i64>,
    title: Option<&'a str>,
    year: Option<i16>,
    paragraphs: Option<usize>,
    unread_pages: Option<u32>,
    why: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct PaperOut<'a> {
    id: i64,
    title: &'a str,
    year: Option<i16>,
    format: &'a str,
    file: &'a str,
    sha256: String,
    paragraphs: u32,
    added_by: &'a str,
    added_on: String,
}

pub(super) fn import(args: &Import, place: &Place) -> u8 {
    match imported(args, place) {
        Ok(code) => code,
        Err(failure) => place.fail(&failure),
    }
}

fn imported(args: &Import, place: &Place) -> Result<u8, Failure> {
    if let Some(year) = args.year.filter(|year| !(1900..=2200).contains(year)) {
        let zh = format!("年份不对：{year}。");
        return Err(Failure::new(Kind::Config, zh, format!("Not a year: {year}.")));
    }
    let found = intake::find(&args.paths);
    let one = found.files.len() == 1;
    if !one && (args.title.is_some() || args.year.is_some()) {
        return Err(Failure::new(
            Kind::Config,
            "--title 和 --year 只能用于一个文件。",
            "--title and --year go with one file only.",
        ));
    }
    let program = std::env::current_exe().map_err(|error| {
        let zh = format!("找不到程序自身（{error}）。");
        Failure::new(Kind::Bug, zh, format!("The program cannot find itself ({error})."))
    })?;
    let mut clinic = args.who.sign_in(place, &mut args.who.secrets()?)?;
    let intake = Intake::new(program, Limits::default());
    let heading = Heading { title: args.title.clone(), year: args.year };
    let (mut added, mut same, mut refused) = (0, 0, 0);
    let mut tell = |report: &FileReport| {
        match report.outcome {
            FileOutcome::Added { .. } => added += 1,
            FileOutcome::Duplicate(_) => same += 1,
            FileOutcome::Refused(_) => refused += 1,
            FileOutcome::PassedOver(_) => {}
        }
        if args.json { out::json(&shape(report)) } else { out::line(&sentence(report)) }
    };
    found.passed_over.iter().for_each(&mut tell);
    let all = found.files.len();
    for (n, path) in found.files.iter().enumerate() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = crate::domain::cleaning::clean_line(&name, 60).text;
        out::note(&format!("[{}/{all}] {name} …", n + 1));
        tell(&intake.take(&mut clinic, path, &heading)?);
    }
    out::note(&format!("新增 {added}，已有 {same}，未收 {refused}"));
    Ok(match (refused, added + same) {
        (0, 0) => {
            out::note("没有可导入的文件（PDF、DOCX、HTML、Markdown、纯文本）。");
            exit::REFUSED
        }
        (0, _) => exit::DONE,
        (_, 0) => exit::REFUSED,
        _ => exit::FINDINGS,
    })
}

fn sentence(report: &FileReport) -> String {
    let file = &report.file;
    match &report.outcome {
        FileOutcome::Added { id, title, year, paragraphs, unread_pages } => {
            let year = year.map_or_else(|| "年份不详".to_owned(), |y| y.to_string());
            let lost = if *unread_pages > 0 {
                format!("，{unread_pages} 页读不出来")
            } else {
                String::new()
            };
            format!("已收 #{} 《{title}》 {year}  {paragraphs} 段{lost}  {file}", id.0)
        }
        FileOutcome::Duplicate(line) => {
            format!("已有 #{} 《{}》（同一文件）  {file}", line.id.0, line.title)
        }
        FileOutcome::Refused(why) => format!("未收 {why}。  {file}"),
        FileOutcome::PassedOver(why) => format!("跳过 {why}  {file}"),
    }
}

fn shape(report: &FileReport) -> ReportOut<'_> {
    let mut shape = ReportOut {
        file: &report.file,
        outcome: "passed-over",
        id: None,
        title: None,
        year: None,
        paragraphs: None,
        unread_pages: None,
        why: None,
    };
    match &report.outcome {
        FileOutcome::Added { id, title, year, paragraphs, unread_pages } => {
            shape.outcome = "added";
            (shape.id, shape.title, shape.year) = (Some(id.0), Some(title.as_str()), *year);
            (shape.paragraphs, shape.unread_pages) = (Some(*paragraphs), Some(*unread_pages));
        }
        FileOutcome::Duplicate(line) => {
            shape.outcome = "duplicate";
            (shape.id, shape.title, shape.year) =
                (Some(line.id.0), Some(line.title.as_str()), line.year);
        }
        FileOutcome::Refused(why) => {
            (shape.outcome, shape.why) = ("refused", Some(why.as_str()));
        }
        FileOutcome::PassedOver(why) => shape.why = Some(*why),
    }
    shape
}

pub(super) fn papers(args: &Papers, place: &Place) -> u8 {
    let done = (|| {
        let who = match &args.command {
            Some(PapersCommand::Remove { who, .. }) if who.user.is_some() => who,
            _ => &args.who,
        };
        let mut clinic = who.sign_in(place, &mut who.secrets()?)?;
        match &args.command {
            None => {
                let lines = clinic.documents()?;
                for line in &lines {
                    if args.json { out::json(&paper(line)) } else { out::line(&listed(line)) }
                }
                out::note(&format!("本单位资料 {} 份", lines.len()));
            }
            Some(PapersCommand::Remove { id, .. }) => {
                let gone = clinic.remove_document(LocalDocumentId(*id))?;
                place.say(
                    &format!("已移出 #{id} 《{}》；审计记录保留。", gone.title),
                    &format!("Removed #{id} {}; the audit log keeps it.", gone.title),
                );
            }
        }
        Ok(exit::DONE)
    })();
    done.unwrap_or_else(|failure: Failure| place.fail(&failure))
}

fn listed(line: &LocalDocumentLine) -> String {
    format!(
        "#{} 《{}》 {} {} {}段  {} 于 {} 添加  sha256:{}",
        line.id.0,
        line.title,
        line.year.map_or_else(|| "年份不详".to_owned(), |y| y.to_string()),
        line.format,
        line.paragraphs,
        line.added_by,
        line.added_at.day(),
        &line.sha256.to_string()[..12]
    )
}

fn paper(line: &LocalDocumentLine) -> PaperOut<'_> {
    PaperOut {
        id: line.id.0,
        title: &line.title,
        year: line.year,
        format: &line.format,
        file: &line.file_name,
        sha256: line.sha256.to_string(),
        paragraphs: line.paragraphs,
        added_by: &line.added_by,
        added_on: line.added_at.day().to_string(),
    }
}

pub(super) fn read_paper(args: &ReadPaper) -> u8 {
    match intake::serve(&args.name, args.memory, args.cpu) {
        Ok(true) => exit::DONE,
        Ok(false) => exit::REFUSED,
        Err(error) => {
            out::note(&error.to_string());
            exit::BUG
        }
    }
}
