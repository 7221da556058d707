//! `trace import`: a file is judged line by line, shown with --dry-run, kept otherwise. The same file again changes nothing.
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::shapes::StopOut;
use super::{How, input};
use crate::cli::{exit, out};
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::Stop;
use crate::services::trace_import::{Fate, Import, Line, Sender, Subject};

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// products despatch agreements（CSV、XLSX）、epcis（供应商的 EPCIS 2.0）、answers（医保结果，NDJSON）
    #[arg(value_parser = subject)]
    subject: Subject,
    /// 文件（- 为标准输入）
    file: PathBuf,
    /// 文件里没有随货单号时用它
    #[arg(long, value_name = "BILL", default_value = "")]
    bill: String,
    /// 文件里没有供应商时用它
    #[arg(long, value_name = "NAME", default_value = "")]
    supplier: String,
    /// 只看每一行会怎样，不保存
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct LineOut<'a> {
    line: usize,
    fate: &'static str,
    label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
}

#[derive(Serialize)]
struct KeptOut {
    kept: usize,
    same: usize,
    refused: usize,
}

#[derive(Serialize)]
struct RefusedLine<'a> {
    line: usize,
    #[serde(flatten)]
    stop: StopOut,
    code: &'a str,
}

fn subject(text: &str) -> Result<Subject, String> {
    Subject::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Subject::ALL.iter().map(|subject| subject.id()).collect();
        format!("应是 {}", known.join(" "))
    })
}

pub(super) fn run(args: &ImportArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let sender = Sender { bill: args.bill.clone(), supplier: args.supplier.clone() };
    if !args.dry_run {
        return bring(args.subject, (&args.file, &sender), clinic, how);
    }
    let import = look(args.subject, (&args.file, &sender), clinic)?;
    for line in &import.lines {
        say(line, how);
    }
    let tally = import.tally();
    if !how.json {
        how.say(
            &format!(
                "新 {}，改 {}，已有 {}，有误 {}；没有保存。",
                tally.new, tally.changed, tally.same, tally.bad
            ),
            &format!(
                "{} new, {} changed, {} known, {} wrong; nothing was kept.",
                tally.new, tally.changed, tally.same, tally.bad
            ),
        );
    }
    Ok(if tally.bad == 0 { exit::DONE } else { exit::FINDINGS })
}

fn look(
    subject: Subject,
    (path, sender): (&Path, &Sender),
    clinic: &mut Clinic,
) -> Result<Import, Stop> {
    let bytes = input::bytes(path)?;
    Ok(clinic.judge_import(subject, (path, &bytes), sender)?)
}

/// Reads, names what is wrong, keeps the rest.
pub(super) fn bring(
    subject: Subject,
    file: (&Path, &Sender),
    clinic: &mut Clinic,
    how: &How<'_>,
) -> Result<u8, Stop> {
    let import = look(subject, file, clinic)?;
    for line in import.lines.iter().filter(|line| matches!(line.fate, Fate::Bad(_))) {
        match &line.stop {
            Some(stop) => say_refused(line.number, stop, how),
            None => say(line, how),
        }
    }
    let kept = clinic.keep_import(&import)?;
    for (number, stop) in &kept.refused {
        say_refused(*number, stop, how);
    }
    let tally = import.tally();
    let refused = tally.bad + kept.refused.len();
    say_kept((kept.kept, tally.same, refused), how);
    Ok(if refused == 0 { exit::DONE } else { exit::FINDINGS })
}

pub(super) fn say_kept((kept, same, refused): (usize, usize, usize), how: &How<'_>) {
    if how.json {
        out::json(&KeptOut { kept, same, refused });
    } else {
        how.say(
            &format!("已保存 {kept}，已有 {same}，有误 {refused} 行未保存。"),
            &format!("{kept} kept, {same} known, {refused} lines refused."),
        );
    }
}

pub(super) fn say_refused(line: usize, stop: &Stop, how: &How<'_>) {
    let lang = how.place.lang();
    let code = match stop {
        Stop::Refused { code, .. } => code.as_str(),
        Stop::Unread(_) | Stop::Failed(_) => "",
    };
    if how.json {
        out::json(&RefusedLine { line, stop: StopOut::of(stop, lang), code });
    }
    out::note(&format!("第 {line} 行【{}】{}", stop.word(), stop.words().pick(lang)));
}

fn say(line: &Line, how: &How<'_>) {
    let (fate, word, message) = match &line.fate {
        Fate::New => ("new", "新", None),
        Fate::Changed(what) => ("changed", "改", Some(what.join("；"))),
        Fate::Same => ("same", "已有", None),
        Fate::Bad(what) => ("bad", "有误", Some(what.clone())),
    };
    if how.json {
        out::json(&LineOut {
            line: line.number,
            fate,
            label: &line.label,
            message: message.clone(),
            note: &line.note,
        });
    }
    let message = message.unwrap_or_default();
    if fate == "bad" {
        out::note(&message);
    } else if !how.json {
        out::line(&format!("{word}\t{}\t{message}{}", line.label, line.note));
    }
}
