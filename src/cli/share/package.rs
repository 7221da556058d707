//! `share package` and `share receipts`.
use std::path::PathBuf;

use serde_json::json;

use super::import::{line, reader, whose};
use super::status::outcome_line;
use super::{hub_named, read_bytes};
use crate::cli::desk::Place;
use crate::cli::{exit, out};
use crate::domain::share::parts::State;
use crate::services::clinic::Clinic;
use crate::services::failure::{Failure, Kind};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 写给哪个上级
    #[arg(long, value_name = "HUB", requires = "out", conflicts_with = "open")]
    to: Option<String>,
    /// 写到这个文件
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// 打开别站的包
    #[arg(long, value_name = "FILE", required_unless_present = "to")]
    open: Option<PathBuf>,
    /// 回执写到这个文件
    #[arg(long, value_name = "FILE", requires = "open")]
    answer: Option<PathBuf>,
    /// 只收这个公钥签的包
    #[arg(long, value_name = "HEX", requires = "open")]
    from: Option<String>,
    /// 本站没有的人按记录登记
    #[arg(long)]
    register: bool,
}

#[derive(Debug, clap::Args)]
pub struct ReceiptsArgs {
    /// 读入回执文件
    #[arg(long, value_name = "FILE")]
    read: Vec<PathBuf>,
    #[arg(long, default_value_t = 10_000)]
    limit: u32,
    #[arg(long, hide = true)]
    json: bool,
}

pub fn run(args: &Args, clinic: &mut Clinic, place: &Place) -> Result<u8, Failure> {
    if let (Some(name), Some(to)) = (&args.to, &args.out) {
        let hub = hub_named(clinic, name)?;
        match clinic.write_package(hub, to)? {
            Some((package, deliveries)) => {
                out::json(
                    &json!({ "package": package, "deliveries": deliveries, "file": to.display().to_string() }),
                );
            }
            None => place.say(
                "没有待发给它的记录，没有写包。",
                "Nothing waits for it; no package was written.",
            ),
        }
        return Ok(exit::DONE);
    }
    let Some(path) = &args.open else { return Ok(exit::USAGE) };
    let bytes = read_bytes(path)?;
    let opened = match &args.from {
        Some(key) => clinic.open_package_of(&bytes, key, (whose(None, args.register), &reader()?)),
        None => clinic.open_package(&bytes, (whose(None, args.register), &reader()?)),
    }?;
    for taken in &opened.taken {
        out::json(&line(taken));
    }
    if let Some(answer) = &args.answer {
        std::fs::write(answer, &opened.receipt).map_err(|error| {
            Failure::new(
                Kind::Data,
                format!("回执写不到 {}（{error}）。", answer.display()),
                format!("The receipt cannot be written to {} ({error}).", answer.display()),
            )
            .kept(
                "包已收下；再打开一次会得到同样的回执。",
                "The package is taken in; opening it again gives the same answer.",
            )
        })?;
    }
    out::json(&json!({
        "package": opened.package, "sender": opened.sender, "sender_key": opened.sender_key, "again": opened.again,
    }));
    Ok(exit::DONE)
}

pub fn receipts(args: &ReceiptsArgs, clinic: &mut Clinic) -> Result<u8, Failure> {
    let mut code = exit::DONE;
    for path in &args.read {
        for outcome in clinic.read_receipt(&read_bytes(path)?)? {
            if !matches!(outcome.state, State::Receipted) {
                code = exit::FINDINGS;
            }
            out::json(&outcome_line(&outcome));
        }
    }
    if args.read.is_empty() {
        for one in clinic.receipts(args.limit)? {
            out::json(&json!({
                "delivery": one.delivery.0, "hub": one.hub, "software": one.software, "sha256": one.sha256.to_string(),
                "hub_time": one.hub_time, "proof": if one.raw == "read back" { "read-back" } else { "signed-receipt" },
                "at": one.at.to_string(),
            }));
        }
    }
    Ok(code)
}
