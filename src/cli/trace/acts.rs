//! `trace return | quarantine | release | destroy | move | open | lost-label | take-back | count`.
use serde::Serialize;

use super::shapes::ReceiptOut;
use super::{How, input, receipt};
use crate::cli::{exit, out};
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::{Act, Difference, Stop, TraceReceipt};
use crate::services::failure::{Failure, Kind};

#[derive(Debug, clap::Args)]
pub(super) struct ReturnArgs {
    /// 患者退回：进隔离区，不得再上架
    #[arg(long, conflicts_with = "to_supplier")]
    from_patient: bool,
    /// 退给哪个供应商
    #[arg(long, value_name = "NAME")]
    to_supplier: Option<String>,
    #[arg(long, value_name = "BILL", default_value = "")]
    bill: String,
    #[arg(long, value_name = "REASON")]
    reason: String,
    /// 退回多少（最小单位）；不写为全部
    #[arg(long, value_name = "UNITS")]
    units: Option<u32>,
    #[command(flatten)]
    scans: input::Scans,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReasonArgs {
    #[arg(long, value_name = "REASON")]
    reason: String,
    #[command(flatten)]
    scans: input::Scans,
}

#[derive(Debug, clap::Args)]
pub(super) struct SecondArgs {
    #[arg(long, value_name = "REASON")]
    reason: String,
    /// 另一人的姓名
    #[arg(long, value_name = "NAME")]
    second: String,
    #[command(flatten)]
    scans: input::Scans,
}

#[derive(Debug, clap::Args)]
pub(super) struct DestroyArgs {
    #[arg(long, value_name = "REASON")]
    reason: String,
    /// 执行人
    #[arg(long, value_name = "NAME")]
    executor: String,
    /// 监督人
    #[arg(long, value_name = "NAME")]
    supervisor: String,
    #[command(flatten)]
    scans: input::Scans,
}

#[derive(Debug, clap::Args)]
pub(super) struct MoveArgs {
    #[arg(long, value_name = "PLACE")]
    place: String,
    #[command(flatten)]
    scans: input::Scans,
}

#[derive(Debug, clap::Args)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    scans: input::Scans,
}

#[derive(Debug, clap::Args)]
pub(super) struct TakeBackArgs {
    #[arg(long, value_name = "REASON")]
    reason: String,
    #[command(flatten)]
    scans: input::Scans,
}

#[derive(Debug, clap::Args)]
pub(super) struct CountArgs {
    /// 只盘这个位置；不写为全部
    #[arg(long, value_name = "PLACE", default_value = "")]
    place: String,
    /// 拆零的盒里数到多少：码=数量
    #[arg(long, value_name = "CODE=UNITS", value_parser = input::code_units)]
    left: Vec<(String, u32)>,
    /// 把差异入账，写明理由
    #[arg(long, value_name = "REASON")]
    book: Option<String>,
    #[command(flatten)]
    scans: input::Scans,
}

#[derive(Serialize)]
struct DifferenceOut<'a> {
    difference: &'static str,
    code: &'a str,
    units: u32,
    state: Option<&'static str>,
    place: Option<&'a str>,
}

#[derive(Serialize)]
struct CountOut {
    counted: usize,
    fits: usize,
    differences: usize,
    booked: bool,
}

pub(super) fn give_back(args: &ReturnArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let reason = args.reason.clone();
    let act = match (&args.to_supplier, args.from_patient) {
        (Some(supplier), _) => {
            Act::ReturnToSupplier { supplier: supplier.clone(), bill: args.bill.clone(), reason }
        }
        (None, true) => Act::ReturnFromPatient { units: args.units, reason },
        (None, false) => {
            let failure = Failure::new(
                Kind::Config,
                "请写明 --from-patient 或 --to-supplier。",
                "Say --from-patient or --to-supplier.",
            );
            return Err(failure.into());
        }
    };
    done(clinic, (&act, &args.scans), how)
}

pub(super) fn quarantine(
    args: &ReasonArgs,
    clinic: &mut Clinic,
    how: &How<'_>,
) -> Result<u8, Stop> {
    done(clinic, (&Act::Quarantine { reason: args.reason.clone() }, &args.scans), how)
}

pub(super) fn release(args: &SecondArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let act = Act::Release { reason: args.reason.clone(), second: args.second.clone() };
    done(clinic, (&act, &args.scans), how)
}

pub(super) fn lost_label(
    args: &SecondArgs,
    clinic: &mut Clinic,
    how: &How<'_>,
) -> Result<u8, Stop> {
    let act = Act::LostLabel { reason: args.reason.clone(), second: args.second.clone() };
    done(clinic, (&act, &args.scans), how)
}

pub(super) fn destroy(args: &DestroyArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let (executor, supervisor) = (args.executor.clone(), args.supervisor.clone());
    let act = Act::Destroy { reason: args.reason.clone(), executor, supervisor };
    done(clinic, (&act, &args.scans), how)
}

pub(super) fn shift(args: &MoveArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    done(clinic, (&Act::Move { place: args.place.clone() }, &args.scans), how)
}

pub(super) fn open(args: &ScanArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    done(clinic, (&Act::OpenCase, &args.scans), how)
}

fn done(
    clinic: &mut Clinic,
    (act, scans): (&Act, &input::Scans),
    how: &How<'_>,
) -> Result<u8, Stop> {
    let kept = clinic.act(act, &scans.all()?)?;
    say_kept(&kept, how);
    Ok(exit::DONE)
}

fn say_kept(kept: &TraceReceipt, how: &How<'_>) {
    if how.json {
        out::json(&ReceiptOut::of(kept));
        return;
    }
    for pack in &kept.packs {
        out::line(&format!(
            "{}\t{}\t在架 {}\t隔离 {}",
            pack.code,
            pack.state.name_zh(),
            pack.shelf,
            pack.held
        ));
    }
    how.say("已保存。", "Saved.");
}

pub(super) fn take_back(
    args: &TakeBackArgs,
    clinic: &mut Clinic,
    how: &How<'_>,
) -> Result<u8, Stop> {
    for raw in args.scans.all()? {
        let kept = clinic.take_back(&raw, &args.reason)?;
        say_kept(&kept, how);
    }
    Ok(exit::DONE)
}

pub(super) fn count(args: &CountArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let left = args.left.iter().cloned().collect();
    let mut report = clinic.count(&args.place, &args.scans.all()?, &left)?;
    if let Some(reason) = &args.book {
        report = clinic.book_count(report, reason)?;
    }
    for difference in &report.differences {
        say_difference(difference, how);
    }
    receipt::say_unread(&report.unread, how);
    let (counted, fits, differences) = (report.counted, report.fits, report.differences.len());
    if how.json {
        out::json(&CountOut { counted, fits, differences, booked: report.kept.is_some() });
    } else {
        let booked = if report.kept.is_some() { "，已入账" } else { "" };
        how.say(
            &format!("扫到 {counted}，相符 {fits}，差异 {differences}{booked}。"),
            &format!("{counted} counted, {fits} fit, {differences} differ."),
        );
    }
    Ok(if differences == 0 { exit::DONE } else { exit::FINDINGS })
}

fn say_difference(difference: &Difference, how: &How<'_>) {
    let (id, word, code, units, pack) = match difference {
        Difference::Loss { pack, units } => {
            ("loss", "盘亏", pack.code.as_str(), *units, Some(pack))
        }
        Difference::Gain { pack, units } => {
            ("gain", "盘盈", pack.code.as_str(), *units, Some(pack))
        }
        Difference::Elsewhere { pack } => {
            ("elsewhere", "账上不在此处", pack.code.as_str(), 0, Some(pack))
        }
        Difference::Unknown { code } => ("unknown", "未入库", code.as_str(), 0, None),
    };
    let (state, place) = (pack.map(|pack| pack.state), pack.map(|pack| pack.place.as_str()));
    if how.json {
        out::json(&DifferenceOut {
            difference: id,
            code,
            units,
            state: state.map(crate::domain::trace::pack::State::id),
            place,
        });
    } else {
        out::line(&format!(
            "{word}\t{code}\t{units}\t{}",
            state.map_or("", |state| state.name_zh())
        ));
    }
}
