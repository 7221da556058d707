//! `trace expect | receive | dispense`.
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::shapes::{ReceiptOut, StopOut, TakenOut};
use super::{How, input};
use crate::cli::{exit, out};
use crate::domain::age::Day;
use crate::domain::trace::code::Fault;
use crate::domain::trace::ledger::Particulars;
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::{DespatchIn, Door, Receipt, Stop, Taken};
use crate::services::trace_upload;

#[derive(Debug, clap::Args)]
pub(super) struct ExpectArgs {
    /// CSV：bill supplier code product lot made expiry level parent（- 为标准输入）
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
    /// 清单外的药按此药品入库（还需批号、效期）
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    #[arg(long, value_name = "LOT", default_value = "")]
    lot: String,
    #[arg(long, value_name = "DAY", value_parser = input::day_arg)]
    made: Option<Day>,
    #[arg(long, value_name = "DAY", value_parser = input::day_arg)]
    expiry: Option<Day>,
    /// 扫到的都拒收，写明理由
    #[arg(long, value_name = "REASON", default_value = "")]
    reject: String,
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
struct ListedOut {
    kept: usize,
    refused: usize,
}

#[derive(Serialize)]
struct RefusedLine<'a> {
    line: usize,
    #[serde(flatten)]
    stop: StopOut,
    code: &'a str,
}

#[derive(Serialize)]
struct ArrivedOut<'a> {
    code: &'a str,
    verdict: &'static str,
    word: &'static str,
    taken: bool,
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

const DESPATCH: &[&str] =
    &["bill", "supplier", "code", "product", "lot", "made", "expiry", "level", "parent"];

pub(super) fn expect(args: &ExpectArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let (good, numbers, bad) = announced(args, clinic)?;
    let listed = clinic.expect_despatch(&good)?;
    for (at, stop) in &listed.refused {
        let (number, code) = (numbers[*at], good[*at].code.as_str());
        if how.json {
            out::json(&RefusedLine {
                line: number,
                stop: StopOut::of(stop, how.place.lang()),
                code,
            });
        }
        out::note(&format!(
            "第 {number} 行【{}】{}",
            stop.word(),
            stop.words().pick(how.place.lang())
        ));
    }
    let refused = listed.refused.len() + bad;
    if how.json {
        out::json(&ListedOut { kept: listed.kept, refused });
    } else {
        how.say(
            &format!("已登记 {} 个码，{refused} 行未登记。", listed.kept),
            &format!("{} kept, {refused} refused.", listed.kept),
        );
    }
    Ok(if refused == 0 { exit::DONE } else { exit::FINDINGS })
}

/// The lines of a list with their numbers, and how many could not be read.
fn announced(
    args: &ExpectArgs,
    clinic: &mut Clinic,
) -> Result<(Vec<DespatchIn>, Vec<usize>, usize), Stop> {
    let (mut good, mut numbers, mut bad) = (vec![], vec![], 0);
    if let Some(path) = &args.epcis {
        let text = String::from_utf8_lossy(&input::bytes(path)?).into_owned();
        let events =
            trace_upload::read_epcis(&text).map_err(|fault| super::unreadable(path, &fault))?;
        let mut read = vec![];
        for event in events {
            match event {
                Ok(event) => read.push(event),
                Err(fault) => {
                    bad += 1;
                    out::note(&fault.to_string());
                }
            }
        }
        good = trace_upload::despatch_of(
            &read,
            args.bill.as_deref().unwrap_or_default(),
            &args.supplier,
        );
    } else if let (Some(from), Some(bill), Some(path)) =
        (&args.from_platform, &args.bill, &args.profile)
    {
        good = clinic.fetch_despatch(&trace_upload::profile(path)?, bill, from)?;
    } else if let Some(path) = &args.file {
        for line in &input::table(path, DESPATCH)? {
            match despatch_of(line) {
                Ok(one) => {
                    good.push(one);
                    numbers.push(line.number);
                }
                Err(error) => {
                    bad += 1;
                    out::note(&error);
                }
            }
        }
    }
    if numbers.is_empty() {
        numbers = (1..=good.len()).collect();
    }
    Ok((good, numbers, bad))
}

fn despatch_of(line: &input::Line) -> Result<DespatchIn, String> {
    Ok(DespatchIn {
        bill: line.needed("bill")?,
        supplier: line.text("supplier"),
        code: line.needed("code")?,
        is: Particulars {
            product: line.text("product"),
            lot: line.text("lot"),
            made: line.day("made")?,
            expiry: line.day("expiry")?,
            level: line.number_of("level")?.unwrap_or(1),
            parent: Some(line.text("parent")).filter(|parent| !parent.is_empty()),
            units: 0,
        },
    })
}

pub(super) fn receive(args: &ReceiveArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let scans = args.scans.all()?;
    let unlisted = args.product.clone().map(|product| Particulars {
        product,
        lot: args.lot.clone(),
        made: args.made,
        expiry: args.expiry,
        level: 1,
        ..Particulars::default()
    });
    let door = Door {
        bill: args.bill.clone(),
        supplier: args.supplier.clone(),
        place: args.place.clone(),
        unlisted,
        reject: args.reject.clone(),
        pool: args.pool.clone(),
    };
    let receipt = if args.dry_run {
        clinic.compare_receipt(&door, &scans)?
    } else {
        clinic.receive(&door, &scans)?
    };
    Ok(say_receipt(&receipt, how))
}

fn say_receipt(receipt: &Receipt, how: &How<'_>) -> u8 {
    let lang = how.place.lang();
    let mut clean = receipt.unread.is_empty();
    for line in &receipt.lines {
        clean &= line.verdict.may_enter() && line.stop.is_none();
        let stop = line.stop.as_ref().map(|stop| StopOut::of(stop, lang));
        if how.json {
            let (verdict, word) = (line.verdict.id(), line.verdict.word());
            out::json(&ArrivedOut { code: &line.code, verdict, word, taken: line.taken, stop });
        } else {
            let taken = if line.taken { "✓" } else { "✗" };
            let why = line
                .stop
                .as_ref()
                .map_or(String::new(), |stop| format!("  {}", stop.words().pick(lang)));
            out::line(&format!("{taken} {}\t{}{why}", line.code, line.verdict.word()));
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
            how.say(&format!("已保存：{taken} 个码。"), &format!("Saved: {taken} codes."));
        }
    }
    if clean { exit::DONE } else { exit::FINDINGS }
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
