//! `trace stock | history | recall | check`.
use std::path::PathBuf;

use serde::Serialize;

use super::How;
use super::shapes::{EventOut, PackOut, PatientOut};
use crate::cli::{exit, out};
use crate::domain::trace::recall::{Nature, Recall};
use crate::domain::trace::stock::Nearness;
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::{Dispensed, RecallReport, StockLine, Stop};
use crate::services::failure::{Failure, Kind};
use crate::services::print::Printed;

#[derive(Debug, clap::Args)]
pub(super) struct StockArgs {
    /// 只看已过期和 180 天内到期的
    #[arg(long)]
    near: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct HistoryArgs {
    /// 追溯码
    #[arg(value_name = "CODE", required_unless_present = "lot")]
    code: Option<String>,
    /// 批号（与 --product 一起）
    #[arg(long, value_name = "LOT", requires = "product")]
    lot: Option<String>,
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    /// 另写成给检查人员的 PDF
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RecallArgs {
    /// 召回编号；只写它则重看报告，不写则列出
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    #[arg(long, value_name = "LOT")]
    lot: Vec<String>,
    /// 起止码
    #[arg(long, num_args = 2, value_names = ["FIRST", "LAST"])]
    codes: Vec<String>,
    /// 1 2 3 级
    #[arg(long, value_name = "CLASS", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
    class: u8,
    /// 演练：只查，不隔离
    #[arg(long)]
    drill: bool,
    #[arg(long, value_name = "REASON", default_value = "")]
    reason: String,
    /// 另写成 PDF 报告（在库位置、患者电话）
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
}

#[derive(Serialize)]
struct StockOut<'a> {
    product: &'a str,
    name: String,
    lot: &'a str,
    expiry: Option<String>,
    near: &'static str,
    packs: i64,
    open: i64,
    shelf: i64,
    held: i64,
    expected: i64,
    rejected: i64,
    received: i64,
    dispensed: i64,
    returned: i64,
    sent_back: i64,
    destroyed: i64,
    lost: i64,
    found: i64,
    pooled: bool,
}

#[derive(Serialize)]
struct LifeOut<'a> {
    code: &'a str,
    pack: Option<PackOut>,
    events: Vec<EventOut>,
    patients: Vec<PatientOut<'a>>,
    children: Vec<PackOut>,
}

#[derive(Serialize)]
struct LotOut<'a> {
    lot: &'a str,
    packs: Vec<PackOut>,
    patients: Vec<PatientOut<'a>>,
}

#[derive(Serialize)]
struct RecallOut<'a> {
    id: &'a str,
    class: u8,
    nature: &'static str,
    packs: Vec<PackOut>,
    patients: Vec<PatientOut<'a>>,
    set_aside: bool,
}

#[derive(Serialize)]
struct CheckOut<'a> {
    events: u64,
    packs: u64,
    sound: bool,
    head: Option<String>,
    broken_at: Option<u64>,
    wrong_packs: &'a [String],
    wrong_lots: &'a [String],
}

pub(super) fn stock(args: &StockArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let mut marked = false;
    for line in clinic.stock()? {
        let near =
            matches!(line.near, Nearness::Expired | Nearness::Within90 | Nearness::Within180);
        marked |= line.near == Nearness::Expired && line.lot.shelf > 0;
        if !args.near || near {
            say_stock(&line, how);
        }
    }
    Ok(if marked { exit::FINDINGS } else { exit::DONE })
}

fn say_stock(line: &StockLine, how: &How<'_>) {
    let lot = &line.lot;
    let name = line
        .product
        .as_ref()
        .map_or_else(|| lot.product.clone(), crate::domain::trace::product::Product::label);
    let expiry = lot.expiry.map(|day| day.to_string());
    if how.json {
        out::json(&StockOut {
            product: &lot.product,
            name,
            lot: &lot.lot,
            expiry,
            near: line.near.id(),
            packs: lot.packs,
            open: lot.open,
            shelf: lot.shelf,
            held: line.held(),
            expected: lot.expected,
            rejected: line.rejected,
            received: lot.received,
            dispensed: lot.dispensed,
            returned: lot.back,
            sent_back: lot.sent_back,
            destroyed: lot.destroyed,
            lost: lot.lost,
            found: lot.found,
            pooled: line.pooled,
        });
        return;
    }
    let pooled = if line.pooled { "[集采]" } else { "" };
    out::line(&format!(
        "{name}{pooled}\t批号 {}\t效期 {}\t{} 盒（拆零 {}）\t在架 {}\t隔离 {}\t待到 {}\t{}",
        lot.lot,
        expiry.as_deref().unwrap_or("不明"),
        lot.packs,
        lot.open,
        lot.shelf,
        line.held(),
        lot.expected,
        line.near.word()
    ));
}

pub(super) fn history(args: &HistoryArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    if let (Some(lot), Some(product)) = (&args.lot, &args.product) {
        if let Some(path) = &args.pdf {
            say_printed(&clinic.print_lot((product, lot), Some(path))?, how);
        }
        let life = clinic.lot_life(product, lot)?;
        let patients = life.patients.iter().map(PatientOut::of).collect();
        if how.json {
            out::json(&LotOut {
                lot,
                packs: life.packs.iter().map(PackOut::of).collect(),
                patients,
            });
        } else {
            for pack in &life.packs {
                out::line(&format!(
                    "{}\t{}\t在架 {}\t隔离 {}\t{}",
                    pack.code,
                    pack.state.name_zh(),
                    pack.shelf,
                    pack.held,
                    pack.place
                ));
            }
            say_patients(&life.patients);
        }
        return Ok(exit::DONE);
    }
    if let Some(path) = &args.pdf {
        let code = args.code.as_deref().unwrap_or_default();
        say_printed(&clinic.print_life(code, Some(path))?, how);
    }
    let life = clinic.pack_life(args.code.as_deref().unwrap_or_default())?;
    let code = life.events.first().map_or("", |event| event.event.code.as_str());
    if how.json {
        out::json(&LifeOut {
            code,
            pack: life.pack.as_ref().map(PackOut::of),
            events: life.events.iter().map(EventOut::of).collect(),
            patients: life.patients.iter().map(PatientOut::of).collect(),
            children: life.children.iter().map(PackOut::of).collect(),
        });
        return Ok(exit::DONE);
    }
    out::line(&format!("追溯码 {code}"));
    if let Some(product) = &life.product {
        out::line(&format!("{}  {}  {}", product.label(), product.maker, product.approval));
    }
    if let Some(pack) = &life.pack {
        let expiry = pack.expiry.map_or_else(|| "不明".to_owned(), |day| day.to_string());
        out::line(&format!(
            "批号 {}  有效期至 {expiry}  现为{}  在架 {}  隔离 {}",
            pack.lot,
            pack.state.name_zh(),
            pack.shelf,
            pack.held
        ));
    }
    for event in &life.events {
        let context = &event.event.context;
        out::line(&format!(
            "{}  {}  {}  {} {}",
            event.at,
            event.event.what.told().zh,
            event.actor,
            context.bill,
            context.partner
        ));
    }
    say_patients(&life.patients);
    Ok(exit::DONE)
}

fn say_patients(patients: &[Dispensed]) {
    for one in patients {
        out::line(&format!(
            "患者 {}  电话 {}  {}  {}  {}",
            one.name, one.phone, one.at, one.code, one.units
        ));
    }
}

pub(super) fn recall(args: &RecallArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let Some(id) = &args.id else {
        for (recall, at) in clinic.recalls()? {
            out::line(&format!(
                "{}\t{}\t{} 级\t{at}\t{} {}",
                recall.id,
                recall.nature.id(),
                recall.class,
                recall.product,
                recall.lots.join(" ")
            ));
        }
        return Ok(exit::DONE);
    };
    let names_something = args.product.is_some() || !args.codes.is_empty();
    let report = if names_something {
        let nature = if args.drill { Nature::Drill } else { Nature::Real };
        let codes = match args.codes.as_slice() {
            [first, last] => Some((first.clone(), last.clone())),
            _ => None,
        };
        if codes.as_ref().is_some_and(|(first, last)| first.len() != last.len() || first > last) {
            let failure = Failure::new(
                Kind::User,
                "起止码应同长，且先小后大。",
                "Both codes are of one length, the smaller first.",
            );
            return Err(failure.into());
        }
        clinic.recall(&Recall {
            id: id.clone(),
            class: args.class,
            nature,
            product: args.product.clone().unwrap_or_default(),
            lots: args.lot.clone(),
            codes,
            reason: args.reason.clone(),
        })?
    } else {
        clinic.recall_report(id)?
    };
    if let Some(path) = &args.pdf {
        say_printed(&clinic.print_recall(id, Some(path))?, how);
    }
    say_recall(&report, how);
    Ok(exit::DONE)
}

pub(super) fn say_printed(printed: &Printed, how: &How<'_>) {
    let path = printed.file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    if how.json {
        out::note(&path);
    } else {
        how.say(&format!("PDF 已写到 {path}"), &format!("PDF written to {path}"));
    }
    if !printed.missing.is_empty() {
        let missing: String = printed.missing.iter().collect();
        out::note(&format!("字体里没有这些字，印成 □：{missing}"));
    }
}

fn say_recall(report: &RecallReport, how: &How<'_>) {
    let recall = &report.recall;
    if how.json {
        out::json(&RecallOut {
            id: &recall.id,
            class: recall.class,
            nature: recall.nature.id(),
            packs: report.packs.iter().map(PackOut::of).collect(),
            patients: report.patients.iter().map(PatientOut::of).collect(),
            set_aside: report.kept.is_some(),
        });
        return;
    }
    let drill = if recall.nature == Nature::Drill { "（演练，未隔离）" } else { "" };
    out::line(&format!(
        "召回 {}{drill}：涉及 {} 个码，患者 {} 人次",
        recall.id,
        report.packs.len(),
        report.patients.len()
    ));
    for pack in report.packs.iter().filter(|pack| pack.in_house() > 0) {
        out::line(&format!(
            "{}\t批号 {}\t{}\t位置 {}\t{}",
            pack.code,
            pack.lot,
            pack.state.name_zh(),
            pack.place,
            pack.in_house()
        ));
    }
    say_patients(&report.patients);
}

pub(super) fn check(clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let check = clinic.check_trace()?;
    let sound = check.is_sound();
    if how.json {
        out::json(&CheckOut {
            events: check.events,
            packs: check.packs,
            sound,
            head: check.head.map(|(seq, hash)| format!("{seq} {hash}")),
            broken_at: check.broken_at,
            wrong_packs: &check.wrong_packs,
            wrong_lots: &check.wrong_lots,
        });
    } else if sound {
        let head = check.head.map_or_else(String::new, |(seq, hash)| format!("{seq} {hash}"));
        how.say(
            &format!("{} 条记录、{} 个码，账与事件相符；链首 {head}", check.events, check.packs),
            &format!("{} events, {} packs: sound; head {head}", check.events, check.packs),
        );
    } else {
        how.say(
            &format!(
                "账本有误：链断于 {:?}，码 {:?}，批号 {:?}。",
                check.broken_at, check.wrong_packs, check.wrong_lots
            ),
            &format!("Not sound: {check:?}"),
        );
    }
    Ok(if sound { exit::DONE } else { exit::FINDINGS })
}
