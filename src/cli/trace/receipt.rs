//! `trace expect | receive | dispense`.
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::shapes::{ReceiptOut, StopOut, TakenOut};
use super::{How, import, input};
use crate::cli::{exit, out};
use crate::domain::age::Day;
use crate::domain::trace::code::Fault;
use crate::domain::trace::ledger::Particulars;
use crate::domain::trace::rejection::{Cause, Decision};
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::{Arrived, Door, Receipt, Stop, Taken};
use crate::services::trace_import::{Sender, Subject};
use crate::services::trace_upload;

#[derive(Debug, clap::Args)]
pub(super) struct ExpectArgs {
    /// CSV 或 XLSX：bill supplier code product lot made expiry level parent（- 为标准输入）
    #[arg(required_unless_present_any = ["epcis", "from_platform"])]
    file: Option<PathBuf>,
    /// 供应商的 EPCIS 2.0 文件（其中的 shipping 事件）
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    epcis: Option<PathBuf>,
    /// 从追溯平台取发货方（ref_ent_id）的单据，需 --bill 和 --profile
    #[arg(
        long,
        value_name = "REF_ENT_ID",
        requires = "bill",
        requires = "profile",
        conflicts_with = "file"
    )]
    from_platform: Option<String>,
    #[arg(long, value_name = "BILL")]
    bill: Option<String>,
    #[arg(long, value_name = "NAME", default_value = "")]
    supplier: String,
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReceiveArgs {
    /// 随货单号
    #[arg(long, value_name = "BILL")]
    bill: String,
    #[arg(long, value_name = "NAME", default_value = "")]
    supplier: String,
    /// 上架位置
    #[arg(long, value_name = "PLACE", default_value = "")]
    place: String,
    /// 清单外的也收：写明理由（没有清单时可不写）；药品由码认出，或用 --product
    #[arg(long, value_name = "REASON", conflicts_with = "reject")]
    unlisted: Option<String>,
    /// 清单外的药按此药品入库（还需批号、效期）
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    #[arg(long, value_name = "LOT", default_value = "")]
    lot: String,
    #[arg(long, value_name = "DAY", value_parser = input::day_arg)]
    made: Option<Day>,
    #[arg(long, value_name = "DAY", value_parser = input::day_arg)]
    expiry: Option<Day>,
    /// 拒收，写明说明（原因见 --cause）：不写 --only 则扫到的都拒收
    #[arg(long, value_name = "WORDS")]
    reject: Option<String>,
    /// 拒收原因：damaged wrong-lot near-expiry temperature not-ordered other
    #[arg(long, value_name = "CAUSE", default_value = "other", value_parser = cause, requires = "reject")]
    cause: Cause,
    /// 只拒收这些码（箱码连同箱内的），其余照收；可写几次
    #[arg(long, value_name = "CODE", requires = "reject")]
    only: Vec<String>,
    /// 这个码放进拆零码池（可写几次）
    #[arg(long, value_name = "CODE")]
    pool: Vec<String>,
    /// 只核对，不入账
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    scans: input::Scans,
}

#[derive(Debug, clap::Args)]
pub(super) struct DispenseArgs {
    /// 处方号，如 20261124-003
    #[arg(long, value_name = "NUMBER")]
    sheet: String,
    /// 某码只发这么多（拆零）：码=数量
    #[arg(long, value_name = "CODE=UNITS", value_parser = input::code_units)]
    units: Vec<(String, u32)>,
    /// 扫完整盒后，零头从拆零码池里取，不必再扫
    #[arg(long)]
    pool: bool,
    /// 只提示该拿哪些（先到期先发），不发
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    scans: input::Scans,
}

#[derive(Serialize)]
struct ArrivedOut<'a> {
    code: &'a str,
    verdict: &'static str,
    word: &'static str,
    taken: bool,
    rejected: bool,
    label: &'a str,
    lot: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<StopOut>,
}

#[derive(Serialize)]
struct UnreadOut<'a> {
    scan: &'a str,
    fault: &'static str,
    message: String,
}

#[derive(Serialize)]
struct PlanOut {
    line: u16,
    code: String,
    units: u32,
    trdn_flag: &'static str,
}

pub(super) fn expect(args: &ExpectArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let sender =
        Sender { bill: args.bill.clone().unwrap_or_default(), supplier: args.supplier.clone() };
    if let Some(path) = &args.epcis {
        return import::bring(Subject::Epcis, (path, &sender), clinic, how);
    }
    if let Some(path) = &args.file {
        return import::bring(Subject::Despatch, (path, &sender), clinic, how);
    }
    let (Some(from), Some(bill), Some(path)) = (&args.from_platform, &args.bill, &args.profile)
    else {
        return Ok(exit::DONE);
    };
    let lines = clinic.fetch_despatch(&trace_upload::profile(path)?, bill, from)?;
    let listed = clinic.expect_despatch(&lines)?;
    for (at, stop) in &listed.refused {
        import::say_refused(at + 1, stop, how);
    }
    import::say_kept((listed.kept, listed.same, listed.refused.len()), how);
    Ok(if listed.refused.is_empty() { exit::DONE } else { exit::FINDINGS })
}

pub(super) fn receive(args: &ReceiveArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let scans = args.scans.all()?;
    let door = door(args);
    let receipt = if args.dry_run {
        clinic.compare_receipt(&door, &scans)?
    } else {
        clinic.receive(&door, &scans)?
    };
    Ok(say_receipt(&receipt, how))
}

fn cause(text: &str) -> Result<Cause, String> {
    Cause::parse(text).ok_or_else(|| {
        let known: Vec<String> =
            Cause::ALL.iter().map(|c| format!("{}（{}）", c.id(), c.name_zh())).collect();
        format!("拒收原因应是 {}", known.join("、"))
    })
}

/// What was decided before the first scan.
fn door(args: &ReceiveArgs) -> Door {
    let mut door = Door {
        bill: args.bill.clone(),
        supplier: args.supplier.clone(),
        place: args.place.clone(),
        pool: args.pool.clone(),
        ..Door::default()
    };
    if let Some(note) = &args.reject {
        let decision = Decision::Reject { cause: args.cause, note: note.clone() };
        if args.only.is_empty() {
            door.otherwise = Some(decision);
        } else {
            door.decisions =
                args.only.iter().map(|code| (code.clone(), decision.clone())).collect();
        }
    } else if args.unlisted.is_some() || args.product.is_some() {
        let is = Particulars {
            product: args.product.clone().unwrap_or_default(),
            lot: args.lot.clone(),
            made: args.made,
            expiry: args.expiry,
            level: 1,
            ..Particulars::default()
        };
        let reason = args.unlisted.clone().unwrap_or_default();
        door.otherwise = Some(Decision::Accept { reason, is });
    }
    door
}

fn say_receipt(receipt: &Receipt, how: &How<'_>) -> u8 {
    let lang = how.place.lang();
    let mut clean = receipt.unread.is_empty();
    for line in &receipt.lines {
        // What was decided about is no open question.
        clean &= line.stop.is_none() && (line.verdict.may_enter() || line.taken || line.rejected);
        let stop = line.stop.as_ref().map(|stop| StopOut::of(stop, lang));
        if how.json {
            let (verdict, word) = (line.verdict.id(), line.verdict.word());
            out::json(&ArrivedOut {
                code: &line.code,
                verdict,
                word,
                taken: line.taken,
                rejected: line.rejected,
                label: &line.label,
                lot: &line.lot,
                decision: decided(line),
                stop,
            });
        } else {
            let taken = if line.taken { "✓" } else { "✗" };
            let decision = decided(line).map_or(String::new(), |words| format!("  {words}"));
            let why = line
                .stop
                .as_ref()
                .map_or(String::new(), |stop| format!("  {}", stop.words().pick(lang)));
            out::line(&format!(
                "{taken} {}\t{}\t{} {}{decision}{why}",
                line.code,
                line.verdict.word(),
                line.label,
                line.lot
            ));
        }
    }
    say_unread(&receipt.unread, how);
    for code in &receipt.twice {
        out::note(&format!("{code} 重复扫码，只计一次"));
    }
    if let Some(kept) = &receipt.kept {
        if how.json {
            out::json(&ReceiptOut::of(kept));
        } else {
            let taken = receipt.lines.iter().filter(|line| line.taken).count();
            let rejected = receipt.lines.iter().filter(|line| line.rejected).count();
            how.say(
                &format!("已保存：入库 {taken} 个码，拒收 {rejected} 个码。"),
                &format!("Saved: {taken} codes taken in, {rejected} refused."),
            );
        }
    }
    if clean { exit::DONE } else { exit::FINDINGS }
}

/// `拒收：破损`
fn decided(line: &Arrived) -> Option<String> {
    match line.decision.as_ref()? {
        Decision::Reject { cause, note } => {
            Some(format!("拒收：{}", cause.reason(note).unwrap_or_default()))
        }
        Decision::Accept { reason, .. } if reason.is_empty() => Some("没有清单，接收".to_owned()),
        Decision::Accept { reason, .. } => Some(format!("清单外接收：{reason}")),
    }
}

pub(super) fn say_unread(unread: &[(String, Fault)], how: &How<'_>) {
    for (scan, fault) in unread {
        let message = fault.words().pick(how.place.lang()).to_owned();
        if how.json {
            out::json(&UnreadOut { scan, fault: fault.id(), message });
        } else {
            out::line(&format!("✗ {message}"));
        }
    }
}

pub(super) fn dispense(
    args: &DispenseArgs,
    clinic: &mut Clinic,
    how: &How<'_>,
) -> Result<u8, Stop> {
    let mut counter = clinic.open_counter(&args.sheet)?;
    if args.plan {
        return plan(clinic, &counter, how);
    }
    let units: BTreeMap<&str, u32> =
        args.units.iter().map(|(code, units)| (code.as_str(), *units)).collect();
    for raw in args.scans.all()? {
        // One stop, and nothing goes out: the person at the counter decides, not a script.
        let taken = clinic.scan_at_counter(&mut counter, &raw, units.get(raw.trim()).copied())?;
        say_taken(&taken, how);
    }
    if args.pool {
        for taken in clinic.take_from_pool(&mut counter)? {
            say_taken(&taken, how);
        }
    }
    let kept = clinic.finish_counter(&counter)?;
    if how.json {
        out::json(&ReceiptOut::of(&kept));
    } else {
        how.say(
            &format!("已保存：发出 {} 个码。", counter.taken.len()),
            &format!("Saved: {} codes given out.", counter.taken.len()),
        );
    }
    Ok(exit::DONE)
}

fn say_taken(taken: &Taken, how: &How<'_>) {
    if how.json {
        out::json(&TakenOut::of(taken));
        return;
    }
    let split = if taken.portion.split { "  拆零" } else { "" };
    out::line(&format!(
        "{}  {} {}{}{split}",
        taken.label, taken.portion.code, taken.portion.units, taken.unit
    ));
}

fn plan(
    clinic: &mut Clinic,
    counter: &crate::services::clinic::trace::Counter,
    how: &How<'_>,
) -> Result<u8, Stop> {
    let mut short = false;
    for wanted in &counter.wanted {
        match clinic.propose(counter, wanted.line)? {
            Ok(portions) => {
                for portion in portions {
                    let trdn_flag = if portion.split { "1" } else { "0" };
                    if how.json {
                        out::json(&PlanOut {
                            line: wanted.line,
                            code: portion.code,
                            units: portion.units,
                            trdn_flag,
                        });
                    } else {
                        out::line(&format!("{}\t{}\t{}", wanted.name, portion.code, portion.units));
                    }
                }
            }
            Err(missing) => {
                short = true;
                let what = if missing == u32::MAX {
                    "目录中没有对应药品".to_owned()
                } else {
                    format!("库存不足，差 {missing}")
                };
                out::note(&format!("{}：{what}", wanted.name));
            }
        }
    }
    Ok(if short { exit::FINDINGS } else { exit::DONE })
}
