//! `trace product | agreement | reading`: what the station buys, what was agreed with the county, thermometers.
use std::path::PathBuf;

use serde::Serialize;

use super::{How, import};
use crate::cli::{exit, out};
use crate::domain::instant::Instant;
use crate::domain::trace::stock::{Reading, Zone};
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::Stop;
use crate::services::failure::{Failure, Kind};
use crate::services::trace_import::{Sender, Subject};

#[derive(Debug, clap::Args)]
pub(super) struct ProductArgs {
    /// CSV 或 XLSX：id name strength form maker approval drug prefix gtin units unit pack_unit insurance rx price
    #[arg(long, value_name = "FILE")]
    import: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct AgreementArgs {
    /// 县级 CSV 或 XLSX：batch product agreed price from to
    #[arg(long, value_name = "FILE")]
    import: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReadingArgs {
    /// 位置，如 冷藏柜1
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// room cool cold（常温 阴凉 冷藏）
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// 摄氏度，如 5.5
    #[arg(long, value_name = "C", allow_hyphen_values = true)]
    celsius: Option<f64>,
    #[arg(long, value_name = "PERCENT")]
    humidity: Option<u8>,
    /// 处理这一刻（毫秒，见列表）的超温：写明措施
    #[arg(long, value_name = "AT", requires = "measure")]
    close: Option<i64>,
    #[arg(long, value_name = "WORDS")]
    measure: Option<String>,
}

#[derive(Serialize)]
struct ProductOut<'a> {
    id: &'a str,
    name: &'a str,
    strength: &'a str,
    units: u32,
    unit: &'a str,
    pack_unit: &'a str,
    prefix: &'a str,
    gtin: &'a str,
    drug: Option<&'a str>,
}

#[derive(Serialize)]
struct ProgressOut<'a> {
    batch: &'a str,
    product: &'a str,
    agreed: u32,
    bought: u32,
    permille: u32,
    behind: bool,
    from: String,
    to: String,
    price_fen: u32,
}

#[derive(Serialize)]
struct ReadingOut<'a> {
    place: &'a str,
    at: i64,
    time: String,
    zone: &'static str,
    celsius: f64,
    humidity: Option<u8>,
    exceeded: bool,
    measure: &'a str,
}

pub(super) fn product(args: &ProductArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    if let Some(path) = &args.import {
        return import::bring(Subject::Products, (path, &Sender::default()), clinic, how);
    }
    for p in clinic.products()? {
        if how.json {
            out::json(&ProductOut {
                id: &p.id,
                name: &p.name,
                strength: &p.strength,
                units: p.units,
                unit: &p.unit,
                pack_unit: &p.pack_unit,
                prefix: &p.prefix,
                gtin: &p.gtin,
                drug: p.drug.as_deref(),
            });
        } else {
            out::line(&format!("{}\t{}\t{}", p.id, p.label(), p.maker));
        }
    }
    Ok(exit::DONE)
}

pub(super) fn agreement(
    args: &AgreementArgs,
    clinic: &mut Clinic,
    how: &How<'_>,
) -> Result<u8, Stop> {
    if let Some(path) = &args.import {
        return import::bring(Subject::Agreements, (path, &Sender::default()), clinic, how);
    }
    let today = clinic.today();
    for progress in clinic.agreements()? {
        let (a, behind) = (&progress.agreement, progress.is_behind(today));
        if how.json {
            out::json(&ProgressOut {
                batch: &a.batch,
                product: &a.product,
                agreed: a.agreed,
                bought: progress.bought,
                permille: progress.permille(),
                behind,
                from: a.from.to_string(),
                to: a.to.to_string(),
                price_fen: a.price_fen,
            });
        } else {
            let late = if behind { "  落后于进度" } else { "" };
            out::line(&format!(
                "{}\t{}\t{}/{}\t{} 至 {}{late}",
                a.batch, a.product, progress.bought, a.agreed, a.from, a.to
            ));
        }
    }
    Ok(exit::DONE)
}

pub(super) fn reading(args: &ReadingArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    let usage = |zh: &str, en: &str| Stop::from(Failure::new(Kind::Config, zh, en));
    match (&args.place, args.celsius, args.close) {
        (Some(place), _, Some(at)) => {
            let measure = args.measure.as_deref().unwrap_or_default();
            clinic.close_exceedance((place, Instant::from_millis(at)), measure)?;
            how.say("已写明措施。", "The measure was written.");
        }
        (Some(place), Some(celsius), None) => {
            let zone = args.zone.as_deref().and_then(Zone::parse);
            let zone = zone.ok_or_else(|| {
                usage("--zone 应是 room cool cold。", "--zone is room, cool or cold.")
            })?;
            if !(-90.0..=90.0).contains(&celsius) {
                return Err(usage("--celsius 应在 -90 到 90。", "--celsius is -90 to 90."));
            }
            let reading = clinic.put_reading(
                (place, zone),
                (celsius * 10.0).round() as i32,
                args.humidity,
            )?;
            if reading.is_open_exceedance() {
                how.say(
                    "已记录；超出范围，须写明措施后该处药品才能发出。",
                    "Kept; outside the limits: write a measure before drugs of this place go out.",
                );
                return Ok(exit::FINDINGS);
            }
            how.say("已记录。", "Kept.");
        }
        _ => {
            for reading in clinic.readings(200)? {
                say_reading(&reading, how);
            }
        }
    }
    Ok(exit::DONE)
}

fn say_reading(r: &Reading, how: &How<'_>) {
    let exceeded = r.zone.exceeded(r.tenths);
    let celsius = f64::from(r.tenths) / 10.0;
    if how.json {
        out::json(&ReadingOut {
            place: &r.place,
            at: r.at.millis(),
            time: r.at.to_string(),
            zone: r.zone.id(),
            celsius,
            humidity: r.humidity,
            exceeded,
            measure: &r.measure,
        });
        return;
    }
    let mark = match (exceeded, r.measure.is_empty()) {
        (true, true) => "  超温，待处理",
        (true, false) => "  超温，已处理：",
        _ => "",
    };
    out::line(&format!(
        "{}\t{}\t{}\t{celsius:.1}℃{mark}{}",
        r.at.millis(),
        r.at,
        r.place,
        r.measure
    ));
}
