//! `trace rejected`: what was refused at the door, for whom it waits, and its way back.
use std::path::PathBuf;

use serde::Serialize;

use super::How;
use super::look::say_printed;
use super::shapes::ReceiptOut;
use crate::cli::{exit, out};
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::{RejectedLine, Stop};

#[derive(Debug, clap::Args)]
pub(super) struct RejectedArgs {
    /// 退给供应商：随附的退货单号（写了它才退）
    #[arg(long, value_name = "SLIP")]
    back: Option<String>,
    /// 只列出（退）这个供应商的
    #[arg(long, value_name = "NAME")]
    supplier: Option<String>,
    /// 另写成给供应商的 PDF 清单
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// 只退这些码；不写则列出的都退
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
}

#[derive(Serialize)]
struct RejectedOut<'a> {
    code: &'a str,
    product: &'a str,
    name: &'a str,
    lot: &'a str,
    expiry: Option<String>,
    units: u32,
    reason: &'a str,
    bill: &'a str,
    supplier: &'a str,
    at: String,
}

pub(super) fn rejected(
    args: &RejectedArgs,
    clinic: &mut Clinic,
    how: &How<'_>,
) -> Result<u8, Stop> {
    let mut lines = clinic.rejected()?;
    lines.retain(|line| {
        args.supplier.as_ref().is_none_or(|supplier| line.is.supplier == *supplier)
            && (args.codes.is_empty() || args.codes.contains(&line.is.pack.code))
    });
    if let Some(path) = &args.pdf {
        let supplier = args.supplier.as_deref();
        say_printed(&clinic.print_rejected(supplier, Some(path))?, how);
    }
    let Some(slip) = &args.back else {
        for line in &lines {
            say(line, how);
        }
        return Ok(if lines.is_empty() { exit::DONE } else { exit::FINDINGS });
    };
    let mut suppliers: Vec<String> = lines.iter().map(|line| line.is.supplier.clone()).collect();
    suppliers.dedup();
    // A slip is one supplier's.
    for supplier in suppliers {
        let codes: Vec<String> = lines
            .iter()
            .filter(|line| line.is.supplier == supplier)
            .map(|line| line.is.pack.code.clone())
            .collect();
        let kept = clinic.send_rejected_back((&supplier, slip), &codes)?;
        if how.json {
            out::json(&ReceiptOut::of(&kept));
        } else {
            how.say(
                &format!("已保存：退 {supplier} {} 盒。", codes.len()),
                &format!("Saved: {} packs back to {supplier}.", codes.len()),
            );
        }
    }
    Ok(exit::DONE)
}

fn say(line: &RejectedLine, how: &How<'_>) {
    let is = &line.is;
    let expiry = is.pack.expiry.map(|day| day.to_string());
    if how.json {
        out::json(&RejectedOut {
            code: &is.pack.code,
            product: &is.pack.product,
            name: &line.label,
            lot: &is.pack.lot,
            expiry,
            units: is.pack.held,
            reason: &is.reason,
            bill: &is.bill,
            supplier: &is.supplier,
            at: is.at.to_string(),
        });
        return;
    }
    out::line(&format!(
        "{}\t{}\t批号 {}\t{}\t{} {}",
        is.pack.code, line.label, is.pack.lot, is.reason, is.supplier, is.bill
    ));
}
