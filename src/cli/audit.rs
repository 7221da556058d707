//! `xinglin audit verify | list | checkpoint`.
use serde::Serialize;

use super::desk::{Place, Who};
use super::{exit, out};
use crate::domain::audit::{Broken, Checkpoint, Entry, Whole, Why};
use crate::services::failure::{Failure, Kind};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    who: Who,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// 验证审计链；断裂时退出码 1
    Verify {
        /// 另处保存的检查点（序号:散列），可发现末尾被截
        #[arg(long, value_name = "SEQ:HASH")]
        checkpoint: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// 列出最近的记录（审计员）
    List {
        /// 只列此序号之前的
        #[arg(long, value_name = "SEQ")]
        before: Option<u64>,
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
        #[arg(long)]
        json: bool,
    },
    /// 打印当前检查点，请抄到站外保存
    Checkpoint,
}

#[derive(Serialize)]
struct VerdictOut {
    whole: bool,
    entries: Option<u64>,
    last: Option<String>,
    broken_at: Option<u64>,
    why: Option<String>,
}

#[derive(Serialize)]
struct EntryOut {
    seq: u64,
    at: String,
    actor: String,
    role: String,
    action: String,
    object: String,
    outcome: &'static str,
    hash: String,
}

pub fn run(args: &Args, place: &Place) -> u8 {
    match act(args, place) {
        Ok(code) => code,
        Err(failure) => place.fail(&failure),
    }
}

fn act(args: &Args, place: &Place) -> Result<u8, Failure> {
    let mut secrets = args.who.secrets()?;
    let mut clinic = args.who.sign_in(place, &mut secrets)?;
    match &args.command {
        Command::Verify { checkpoint, json } => {
            let checkpoint = checkpoint.as_deref().map(read_checkpoint).transpose()?;
            let verdict = clinic.verify_audit(checkpoint)?;
            tell(verdict, *json, place);
            return Ok(if verdict.is_ok() { exit::DONE } else { exit::FINDINGS });
        }
        Command::List { before, limit, json } => {
            for Entry { seq, fact, hash, .. } in clinic.audit_log(*before, *limit)? {
                let row = EntryOut {
                    seq,
                    at: fact.at.to_string(),
                    actor: fact.actor,
                    role: fact.role,
                    action: fact.action,
                    object: fact.object,
                    outcome: fact.outcome.id(),
                    hash: hash.to_string(),
                };
                if *json {
                    out::json(&row);
                } else {
                    out::line(&format!(
                        "{}\t{}\t{}\t{}\t{}\t{}\t{}",
                        row.seq, row.at, row.actor, row.role, row.action, row.object, row.outcome
                    ));
                }
            }
        }
        Command::Checkpoint => {
            if let Ok(Whole { last: Some(last), .. }) = clinic.verify_audit(None)? {
                out::line(&last.to_string());
            } else {
                place.say("审计链不完整，没有检查点。", "The log is not whole: no checkpoint.");
                return Ok(exit::FINDINGS);
            }
        }
    }
    Ok(exit::DONE)
}

pub(super) fn read_checkpoint(text: &str) -> Result<Checkpoint, Failure> {
    Checkpoint::parse(text).ok_or_else(|| {
        Failure::new(
            Kind::Config,
            "检查点应写成 序号:64位散列。",
            "A checkpoint is written as number:64 hexadecimal digits.",
        )
    })
}

fn tell(verdict: Result<Whole, Broken>, json: bool, place: &Place) {
    if json {
        let out = match verdict {
            Ok(Whole { entries, last }) => VerdictOut {
                whole: true,
                entries: Some(entries),
                last: last.map(|last| last.to_string()),
                broken_at: None,
                why: None,
            },
            Err(Broken { seq, why }) => VerdictOut {
                whole: false,
                entries: None,
                last: None,
                broken_at: Some(seq),
                why: Some(format!("{why:?}")),
            },
        };
        return out::json(&out);
    }
    match verdict {
        Ok(Whole { entries, last }) => {
            let last = last.map_or_else(String::new, |last| last.to_string());
            place.say(
                &format!("审计链完整：{entries} 条，检查点 {last}"),
                &format!("The log is whole: {entries} entries, checkpoint {last}"),
            );
        }
        Err(Broken { seq, why }) => {
            let (zh, en) = words(why);
            place.say(
                &format!("审计链在第 {seq} 条处断裂：{zh}。请保全数据目录并通知审计员。"),
                &format!("The log is broken at entry {seq}: {en}. Keep the data directory and tell the auditor."),
            );
        }
    }
}

pub(super) fn words(why: Why) -> (String, String) {
    match why {
        Why::Missing { found } => {
            (format!("此条缺失（其后是 {found}）"), format!("it is missing (next is {found})"))
        }
        Why::Unchained => {
            ("与上一条不衔接".to_owned(), "it does not follow the one before".to_owned())
        }
        Why::Changed => ("内容被改动".to_owned(), "its words were changed".to_owned()),
        Why::CutOff { expected } => (
            format!("末尾被截，应到 {expected}"),
            format!("the end is cut off, {expected} was expected"),
        ),
        Why::Rewritten => (
            "与检查点不符，整段被重写".to_owned(),
            "it is not the entry of the checkpoint".to_owned(),
        ),
    }
}
