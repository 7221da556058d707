//! `trace export | read-epcis | upload`: what leaves the station and what comes from others.
use std::path::PathBuf;

use serde::Serialize;

use super::{How, input};
use crate::cli::desk::Place;
use crate::cli::{exit, out};
use crate::domain::trace::bill::Lack;
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::Stop;
use crate::services::trace_files::{Leaving, events_csv};
use crate::services::trace_upload::{OpenBill, Profile, Round, profile_over, read_epcis};

#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// epcis、csv、insurance（待传的 3502–3507 请求，一行一个），或 settlement（2207 的 drug_trac_info，需 --bill 或 --sheet）
    #[arg(long, default_value = "epcis", value_parser = ["epcis", "csv", "insurance", "settlement"])]
    format: String,
    /// 从第几条起
    #[arg(long, default_value_t = 1)]
    from: u64,
    #[arg(long, default_value_t = 100_000)]
    most: u32,
    #[arg(long, value_name = "BILL", default_value = "")]
    bill: String,
    /// 处方号（settlement）
    #[arg(long, value_name = "NUMBER", default_value = "")]
    sheet: String,
    /// 写到这个新文件（整本账）；不写则到标准输出
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReadArgs {
    /// EPCIS 2.0 JSON 文件（- 为标准输入）
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct UploadArgs {
    /// 省份/机构配置（TOML）；不写为数据目录里的 trace.toml
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// 每个平台一次最多几张
    #[arg(long, default_value_t = 200)]
    most: u32,
    /// 只列出没办完的单据、平台原话、怎么办、还剩几小时
    #[arg(long)]
    list: bool,
    /// 问题处理好之后，重传这张
    #[arg(long, value_name = "BILL")]
    again: Option<String>,
    /// 已在平台上人工处理，这张不再传
    #[arg(long, value_name = "BILL", requires = "reason")]
    settled: Option<String>,
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct ReadOut<'a> {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biz_step: Option<&'a str>,
    epcs: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl ReadOut<'_> {
    const fn refused(error: String) -> Self {
        Self { ok: false, event: None, action: None, biz_step: None, epcs: 0, error: Some(error) }
    }
}

#[derive(Serialize)]
struct RoundOut {
    accepted: u32,
    pending: u32,
    refused: u32,
    unreached: Vec<&'static str>,
    unset: Vec<&'static str>,
}

#[derive(Serialize)]
struct OpenOut<'a> {
    bill: &'a str,
    target: &'static str,
    state: &'static str,
    attempts: u32,
    hours_left: i64,
    transport: &'a str,
    business: &'a str,
    remedy: &'a str,
    /// Required fields that are empty, seen before it is sent.
    lacks: Vec<String>,
}

pub(super) fn export(args: &ExportArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let leaving = Leaving::ALL.into_iter().find(|leaving| leaving.id() == args.format);
    if let (Some(path), Some(leaving)) = (&args.out, leaving) {
        let written = clinic.write_file(leaving, (&path.display().to_string(), &args.sheet))?;
        for left in &written.left_out {
            out::note(left);
        }
        how.say(
            &format!("已写 {}：{}。", written.path.display(), written.words.zh),
            &format!("{} written: {}.", written.path.display(), written.words.en),
        );
        return Ok(if written.left_out.is_empty() { exit::DONE } else { exit::FINDINGS });
    }
    match args.format.as_str() {
        "settlement" if args.bill.is_empty() => {
            out::line(&clinic.leaving_text(Leaving::Settlement, &args.sheet)?.text);
        }
        "settlement" => out::line(&clinic.settlement_rows(&args.bill)?),
        "csv" => {
            let events = clinic.trace_events_from(args.from, args.most)?;
            out::line(events_csv(&events).trim_end());
        }
        "insurance" => {
            let made = clinic.leaving_text(Leaving::Insurance, "")?;
            if !made.text.is_empty() {
                out::line(made.text.trim_end());
            }
            for left in &made.left_out {
                out::note(left);
            }
            return Ok(if made.left_out.is_empty() { exit::DONE } else { exit::FINDINGS });
        }
        _ => {
            let (document, next) = clinic.export_epcis(args.from, args.most)?;
            out::line(&document);
            out::note(&format!("下次从 --from {next} 起"));
        }
    }
    Ok(exit::DONE)
}

pub(super) fn read(args: &ReadArgs, place: &Place) -> u8 {
    let text = match input::bytes(&args.file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(failure) => return place.fail(&failure),
    };
    let events = match read_epcis(&text) {
        Ok(events) => events,
        Err(fault) => {
            out::json(&ReadOut::refused(fault.to_string()));
            return exit::REFUSED;
        }
    };
    let mut code = exit::DONE;
    for event in &events {
        match event {
            Ok(event) => out::json(&ReadOut {
                ok: true,
                event: Some(&event.kind),
                action: Some(&event.action),
                biz_step: Some(&event.biz_step),
                epcs: event.epcs.len(),
                error: None,
            }),
            Err(fault) => {
                code = exit::REFUSED;
                out::json(&ReadOut::refused(fault.to_string()));
            }
        }
    }
    code
}

pub(super) fn upload(args: &UploadArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let profile = match &args.profile {
        Some(path) => profile_over(&clinic.base_profile()?, path)?,
        None if args.list => clinic.profile_or_base()?,
        None => profile_over(&clinic.base_profile()?, &clinic.profile_path())?,
    };
    if let Some(bill) = &args.again {
        let again = clinic.upload_again(bill)?;
        how.say(&format!("{again} 条将重传。"), &format!("{again} will be sent again."));
        return Ok(exit::DONE);
    }
    if let (Some(bill), Some(reason)) = (&args.settled, &args.reason) {
        let settled = clinic.settle_bill(bill, reason)?;
        how.say(&format!("{settled} 条已标为人工处理。"), &format!("{settled} set aside."));
        return Ok(exit::DONE);
    }
    if !args.list {
        let round = clinic.upload_bills(&profile, args.most)?;
        say_round(&round, how);
        if !round.unreached.is_empty() {
            return Ok(exit::NETWORK);
        }
    }
    list(args, clinic, (&profile, how))
}

fn list(
    args: &UploadArgs,
    clinic: &mut Clinic,
    (profile, how): (&Profile, &How<'_>),
) -> Result<u8, Stop> {
    let mut waits_for_a_person = false;
    for open in clinic.open_bills(profile, 10_000)? {
        let refused = matches!(open.standing.state.id(), "refused");
        let lacks = !open.lacks.is_empty();
        waits_for_a_person |= refused || lacks || open.hours_left < 0;
        if args.list || refused || lacks {
            say_open(&open, how);
        }
    }
    Ok(if waits_for_a_person { exit::FINDINGS } else { exit::DONE })
}

fn say_round(round: &Round, how: &How<'_>) {
    let ids = |targets: &[crate::domain::trace::bill::Target]| {
        targets.iter().map(|target| target.id()).collect::<Vec<_>>()
    };
    if how.json {
        out::json(&RoundOut {
            accepted: round.accepted,
            pending: round.pending,
            refused: round.refused,
            unreached: ids(&round.unreached),
            unset: ids(&round.unset),
        });
        return;
    }
    how.say(
        &format!("办成 {}，处理中 {}，被拒 {}。", round.accepted, round.pending, round.refused),
        &format!("{} done, {} pending, {} refused.", round.accepted, round.pending, round.refused),
    );
    for target in &round.unreached {
        out::note(&format!("{}：连不上，其余单据都在，稍后自动再试", target.id()));
    }
    for target in &round.unset {
        out::note(&format!("{}：配置里没有地址，未传", target.id()));
    }
}

fn say_open(open: &OpenBill, how: &How<'_>) {
    let s = &open.standing;
    let lacks: Vec<String> = open.lacks.iter().map(Lack::told).collect();
    if how.json {
        out::json(&OpenOut {
            bill: &s.bill,
            target: s.target.id(),
            state: s.state.id(),
            attempts: s.attempts,
            hours_left: open.hours_left,
            transport: &s.transport_word,
            business: &s.business_word,
            remedy: &s.remedy,
            lacks,
        });
        return;
    }
    let due = if open.hours_left < 0 {
        format!("已超期 {} 小时", -open.hours_left)
    } else {
        format!("还剩 {} 小时", open.hours_left)
    };
    out::line(&format!(
        "{}\t{}\t{}\t{due}\t{} {}",
        s.bill,
        s.target.id(),
        s.state.id(),
        s.transport_word,
        s.business_word
    ));
    for lack in &lacks {
        out::line(&format!("  发前检查：{lack}"));
    }
    if !s.remedy.is_empty() {
        out::line(&format!("  → {}", s.remedy));
    }
}
