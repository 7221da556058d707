//! `trace product | agreement | reading`: what the station buys, what was agreed with the county, thermometers.
use std::path::PathBuf;

use serde::Serialize;

use super::{How, input};
use crate::cli::{exit, out};
use crate::domain::instant::Instant;
use crate::domain::trace::product::{Agreement, Product};
use crate::domain::trace::stock::{Reading, Zone};
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::Stop;
use crate::services::failure::{Failure, Kind};

#[derive(Debug, clap::Args)]
pub(super) struct ProductArgs {
    /// CSV：id name strength form maker approval drug prefix gtin units unit pack_unit insurance rx price
    #[arg(long, value_name = "FILE")]
    import: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct AgreementArgs {
    /// 县级 CSV：batch product agreed price from to
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

const PRODUCT: &[&str] = &[
    "id",
    "name",
    "strength",
    "form",
    "maker",
    "approval",
    "drug",
    "prefix",
    "gtin",
    "units",
    "unit",
    "pack_unit",
    "insurance",
    "rx",
    "price",
];

pub(super) fn product(args: &ProductArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    if let Some(path) = &args.import {
        let (mut good, mut bad) = (vec![], 0);
        for line in input::table(path, PRODUCT)? {
            match product_of(&line) {
                Ok(product) => good.push(product),
                Err(error) => {
                    bad += 1;
                    out::note(&error);
                }
            }
        }
        clinic.put_products(&good)?;
        how.say(
            &format!("已导入 {} 个药品，{bad} 行有误。", good.len()),
            &format!("{} imported, {bad} lines wrong.", good.len()),
        );
        return Ok(if bad == 0 { exit::DONE } else { exit::FINDINGS });
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

fn product_of(line: &input::Line) -> Result<Product, String> {
    let wrong = |what: &str| format!("第 {} 行：{what}", line.number);
    let prefix = line.text("prefix");
    if !prefix.is_empty() && (prefix.len() != 7 || !prefix.bytes().all(|b| b.is_ascii_digit())) {
        return Err(wrong("prefix 应是追溯码的前 7 位数字"));
    }
    let gtin = match line.text("gtin").as_str() {
        "" => String::new(),
        gtin if gtin.len() <= 14 && gtin.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{gtin:0>14}")
        }
        _ => return Err(wrong("gtin 应是 8 到 14 位数字")),
    };
    let or = |name: &str, otherwise: &str| {
        let text = line.text(name);
        if text.is_empty() { otherwise.to_owned() } else { text }
    };
    let units = line.number_of("units")?.ok_or_else(|| wrong("缺 units（每盒多少片/粒/支）"))?;
    if units == 0 {
        return Err(wrong("units 不能为 0"));
    }
    Ok(Product {
        id: line.needed("id")?,
        name: line.needed("name")?,
        strength: line.text("strength"),
        form: line.text("form"),
        maker: line.text("maker"),
        approval: line.text("approval"),
        drug: Some(line.text("drug")).filter(|drug| !drug.is_empty()),
        prefix,
        gtin,
        units,
        unit: or("unit", "片"),
        pack_unit: or("pack_unit", "盒"),
        insurance: line.text("insurance"),
        rx: !matches!(line.text("rx").as_str(), "0" | "否" | "otc"),
        price_fen: line.fen("price")?,
    })
}

pub(super) fn agreement(
    args: &AgreementArgs,
    clinic: &mut Clinic,
    how: &How<'_>,
) -> Result<u8, Stop> {
    if let Some(path) = &args.import {
        let known: Vec<String> = clinic.products()?.into_iter().map(|product| product.id).collect();
        let (mut good, mut bad) = (vec![], 0);
        for line in input::table(path, &["batch", "product", "agreed", "price", "from", "to"])? {
            match agreement_of(&line, &known) {
                Ok(agreement) => good.push(agreement),
                Err(error) => {
                    bad += 1;
                    out::note(&error);
                }
            }
        }
        clinic.put_agreements(&good)?;
        how.say(
            &format!("已导入 {} 条集采约定，{bad} 行有误。", good.len()),
            &format!("{} imported, {bad} lines wrong.", good.len()),
        );
        return Ok(if bad == 0 { exit::DONE } else { exit::FINDINGS });
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

fn agreement_of(line: &input::Line, known: &[String]) -> Result<Agreement, String> {
    let lacks = |name: &str| format!("第 {} 行缺 {name}", line.number);
    let product = line.needed("product")?;
    if !known.contains(&product) {
        return Err(format!("第 {} 行：目录里没有药品 {product}，先导入目录", line.number));
    }
    let (from, to) = (
        line.day("from")?.ok_or_else(|| lacks("from"))?,
        line.day("to")?.ok_or_else(|| lacks("to"))?,
    );
    if to < from {
        return Err(format!("第 {} 行：to 早于 from", line.number));
    }
    Ok(Agreement {
        batch: line.needed("batch")?,
        product,
        agreed: line.number_of("agreed")?.ok_or_else(|| lacks("agreed"))?,
        price_fen: line.fen("price")?.unwrap_or(0),
        from,
        to,
    })
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
