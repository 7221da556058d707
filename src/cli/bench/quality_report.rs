//! `xinglin bench quality`: every figure of docs/quality.md, written by the command that measures it.
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{diagnose, exit, files, out};
use crate::services::{
    advisor::Advisor,
    extraction,
    quality::{self, GoldCase, Method, NaiveBayes, Question, Report},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 名称=病例文件（可多次）
    #[arg(long = "cases", value_name = "NAME=FILE")]
    cases: Vec<String>,
    /// 名称=测试文件:训练文件（短病名单的集；训练部分只给朴素贝叶斯基线用）
    #[arg(long = "closed", value_name = "NAME=TEST:TRAIN")]
    closed: Vec<String>,
    /// 名称=标注句文件
    #[arg(long = "notes", value_name = "NAME=FILE")]
    notes: Vec<String>,
    /// 写到这个文件
    #[arg(long, default_value = "docs/quality.md")]
    out: PathBuf,
    /// 报告里写的日期
    #[arg(long)]
    date: String,
}

pub fn run(args: &Args, kb: Option<&Path>, model: Option<&Path>) -> u8 {
    match write(args, kb, model) {
        Ok(()) => exit::DONE,
        Err(what) => {
            out::note(&what);
            exit::REFUSED
        }
    }
}

fn pair(item: &str) -> Result<(&str, &str), String> {
    item.split_once('=').ok_or_else(|| format!("写成 名称=文件：{item}"))
}

fn write(args: &Args, kb: Option<&Path>, model: Option<&Path>) -> Result<(), String> {
    let advisor = Advisor::load(kb, model).map_err(|e| e.to_string())?;
    diagnose::notices(&advisor);
    let clock = Instant::now();
    let ticks = || clock.elapsed().as_micros() as u64;
    let mut text = head(&advisor, &args.date);
    for item in &args.cases {
        let (name, file) = pair(item)?;
        let cases = files::read_cases(Path::new(file))?;
        out::note(&format!("{name}: {} 例", cases.len()));
        set(&mut text, &advisor, name, &cases, &ticks);
    }
    for item in &args.closed {
        let (name, both) = pair(item)?;
        let (test, train) =
            both.split_once(':').ok_or_else(|| format!("写成 名称=测试:训练：{item}"))?;
        let (test, train) =
            (files::read_cases(Path::new(test))?, files::read_cases(Path::new(train))?);
        out::note(&format!("{name}: {} 例", test.len()));
        closed_set(&mut text, &advisor, name, &test, &train, &ticks);
    }
    for item in &args.notes {
        let (name, file) = pair(item)?;
        let notes = files::read_notes(Path::new(file))?;
        let sum = extraction::measure(&advisor.engine, &notes);
        let _ = write!(
            text,
            "\n## Reading: {name}\n\nn = {} notes. Findings: precision {:.3}, recall {:.3}, **F1 {:.3}**. Polarity of the findings that were found: **{:.3}** ({} of {}).\n",
            notes.len(),
            sum.precision(),
            sum.recall(),
            sum.f1(),
            sum.polarity(),
            sum.polarity_right,
            sum.found
        );
    }
    super::section::put_page(&args.out, &text)
}

fn head(advisor: &Advisor, date: &str) -> String {
    let catalog = &advisor.engine.catalog;
    format!(
        "# Measured quality\n\nWritten by `xinglin bench quality` on {date}; nothing below is typed by hand. Knowledge {} ({} conditions, {} findings, {} red flags), model {}.\n\n\
         What these sets are: published or translated vignettes, symptom lists and records of other people, used for measuring only and not kept in this repository. \
         What they are not: patients of a village clinic. \"Accuracy in clinics\" is not claimed; nobody has measured it.\n\n\
         A hit = a code or name of the listed condition is among the case's right answers. Intervals are Wilson 95 %. \"Named\" = a red-flag rule names the right answer, or the answer stands among the first three.\n",
        catalog.version,
        catalog.conditions.len(),
        catalog.findings.len(),
        catalog.red_flags.len(),
        advisor.model_hash().map_or("none".to_owned(), |h| format!(
            "sha256:{}…",
            h.chars().take(12).collect::<String>()
        ))
    )
}

fn set(
    text: &mut String,
    advisor: &Advisor,
    name: &str,
    cases: &[GoldCase],
    ticks: &dyn Fn() -> u64,
) {
    let _ = write!(
        text,
        "\n## {name} (n = {})\n\n| method | top-1 | top-3 | top-5 | top-10 | MRR | ECE |\n|---|---|---|---|---|---|---|\n",
        cases.len()
    );
    let mut fused: Option<Report> = None;
    for method in Method::ALL {
        let report = quality::measure(advisor, &Question { method, cases, closed: false }, ticks);
        row(text, &report);
        fused = Some(report);
    }
    let Some(report) = fused else { return };
    let (under, right, over) = report.triage();
    let _ = write!(
        text,
        "\nFused: coverage {}; given coverage top-1 {}, top-3 {}. Must-not-miss cases with any warning or the answer in the first three {}; named {}. \
         Warnings on harmless answers {}. Emergencies shown as routine {}. Triage below / at / above what the answer asks: {under} / {right} / {over}. Per case p50 {:.1} ms, p99 {:.1} ms.\n",
        report.coverage(),
        report.top_covered(1),
        report.top_covered(3),
        report.must_not_miss(),
        report.must_not_miss_named(),
        report.false_alarms(),
        report.emergency_as_routine(),
        report.millis(0.5),
        report.millis(0.99)
    );
    let (mean, one_in_twenty) = report.ece_by_chance();
    let _ = writeln!(
        text,
        "\nCalibration: ECE {:.3}; a perfectly calibrated ranking with these shares would show {mean:.3} by chance on so many cases, and more than {one_in_twenty:.3} once in twenty.",
        report.ece()
    );
    let shaken = quality::perturb(advisor, cases);
    let _ = writeln!(
        text,
        "\nPerturbed: words swapped for synonyms change the first three in {}; right answer in the first three {} as written, {} with three in ten findings left out; candidates that the other sex cannot have: {}.",
        shaken.words_changed, shaken.whole, shaken.thinned, shaken.impossible
    );
    let systems = report.by_system();
    if systems.len() > 1 {
        let list: Vec<String> =
            systems.iter().map(|(s, share)| format!("{s} {}/{}", share.hits, share.n)).collect();
        let _ = writeln!(text, "\nTop-3 by body system of the answer: {}.", list.join(", "));
    }
}

fn row(text: &mut String, report: &Report) {
    let _ = writeln!(
        text,
        "| {} | {} | {} | {} | {} | {:.3} | {:.3} |",
        report.method,
        report.top(1),
        report.top(3),
        report.top(5),
        report.top(10),
        report.mrr(),
        report.ece()
    );
}

fn closed_set(
    text: &mut String,
    advisor: &Advisor,
    name: &str,
    test: &[GoldCase],
    train: &[GoldCase],
    ticks: &dyn Fn() -> u64,
) {
    let bayes = NaiveBayes::train(advisor, train);
    let _ = write!(
        text,
        "\n## {name} (n = {}; only the diseases of the set may be ranked)\n\n| method | top-1 | top-3 |\n|---|---|---|\n| naive Bayes trained on its training part ({} cases) | {} | {} |\n",
        test.len(),
        train.len(),
        bayes.top(advisor, test, 1),
        bayes.top(advisor, test, 3)
    );
    for (method, seen) in [
        (Method::Knowledge, "never trained on it"),
        (Method::Fused, "its model met the training part, see models/ranker/card.md"),
    ] {
        let report =
            quality::measure(advisor, &Question { method, cases: test, closed: true }, ticks);
        let _ = writeln!(
            text,
            "| {} ({seen}) | {} | {} |",
            report.method,
            report.top(1),
            report.top(3)
        );
    }
    let open = quality::measure(
        advisor,
        &Question { method: Method::Fused, cases: test, closed: false },
        ticks,
    );
    let _ = writeln!(text, "| fused, against the whole base | {} | {} |", open.top(1), open.top(3));
}
