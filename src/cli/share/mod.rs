//! `xinglin share …`: records in, records out to a hub, receipts, recognition, referral.
mod hub;
mod import;
mod listen;
mod package;
mod preview;
mod queue;
mod recognise;
mod refer;
mod status;

use std::path::PathBuf;

use serde_json::json;

use super::desk::{Place, Secrets, Who};
use super::out;
use super::user::done;
use crate::domain::patient::PatientId;
use crate::domain::share::consent::Purpose;
use crate::domain::share::{DeliveryId, HubId, ItemId};
use crate::services::clinic::Clinic;
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
    /// 上级：add list test org
    #[command(subcommand)]
    Hub(hub::Command),
    /// 读入影像（DICOM）和出院小结（CDA、FHIR、表单 JSON），文件或文件夹
    Import(import::Args),
    /// 接收本院设备（DR、CT、超声）用 C-STORE 发来的影像，Ctrl-C 结束
    Listen(listen::Args),
    /// 列出记录；--quarantine 列出搁置的坏文件
    Items(import::ItemsArgs),
    /// 在终端里粗看一幅影像（仅供预览，不作诊断）
    Preview(preview::Args),
    /// 影像原件写到文件夹（患者要时给患者）
    Export(import::ExportArgs),
    /// 记录归到患者名下；不写 --patient 则列出候选
    Match(import::MatchArgs),
    /// 出院小结入档：诊断进问题列表，7 天内首次随访
    Confirm(import::ConfirmArgs),
    /// 知情同意：give withdraw list
    #[command(subcommand)]
    Consent(queue::ConsentCommand),
    /// 签发并排队；--dry-run 只看会发出什么
    Queue(queue::Args),
    /// 发送队列里到时的记录，逐份核对
    Deliver(status::DeliverArgs),
    /// 发送到哪一步
    Status(status::StatusArgs),
    /// 搁置或待发的再发一次
    Again { deliveries: Vec<i64> },
    /// 放弃发送；已到的不动
    GiveUp { deliveries: Vec<i64> },
    /// 撤回文书：上级处标为“误录”，不删除
    Withdraw { item: i64 },
    /// 开检查前：本站和上级已有的结果，能否互认
    Lookup(recognise::LookupArgs),
    /// 记下互认，或复查的理由（E1–E6）
    Recognise(recognise::Args),
    /// 互认统计
    Counts,
    /// 互认机构：名称、范围、质控、标识
    Issuer(recognise::IssuerArgs),
    /// 双向转诊：up down list move slip read answers trust
    #[command(subcommand)]
    Refer(Box<refer::Command>),
    /// 本地行政区划码
    Region { code: String },
    /// 回执：列出，或读入回执文件
    Receipts(package::ReceiptsArgs),
    /// U 盘包：写出，或打开别站的包
    Package(package::Args),
    /// 本站公钥：别站封包用、验签用
    Keys,
}

pub fn run(args: &Args, place: &Place, kb: Option<&std::path::Path>) -> u8 {
    match act(args, place, kb) {
        Ok(code) => code,
        Err(failure) => done(place, Err(failure)),
    }
}

fn act(args: &Args, place: &Place, kb: Option<&std::path::Path>) -> Result<u8, Failure> {
    let mut secrets: Secrets = args.who.secrets()?;
    let mut clinic = args.who.sign_in(place, &mut secrets)?;
    let clinic = &mut clinic;
    match &args.command {
        Command::Hub(command) => hub::run(command, clinic, place),
        Command::Import(command) => import::import(command, clinic, place),
        Command::Listen(command) => listen::run(command, clinic, place),
        Command::Items(command) => import::items(command, clinic),
        Command::Preview(command) => preview::run(command, clinic, place),
        Command::Export(command) => import::export(command, clinic),
        Command::Match(command) => import::matching(command, clinic, place),
        Command::Confirm(command) => import::confirm(command, clinic),
        Command::Consent(command) => queue::consent(command, clinic, place),
        Command::Queue(command) => queue::run(command, clinic, place),
        Command::Deliver(command) => status::deliver(command, clinic, place),
        Command::Status(command) => status::status(command, clinic),
        Command::Again { deliveries } => {
            for id in deliveries {
                let state = clinic.send_delivery_again(DeliveryId(*id))?;
                out::json(&json!({ "delivery": id, "state": state.id() }));
            }
            Ok(super::exit::DONE)
        }
        Command::GiveUp { deliveries } => {
            for id in deliveries {
                let state = clinic.give_delivery_up(DeliveryId(*id))?;
                out::json(&json!({ "delivery": id, "state": state.id() }));
            }
            Ok(super::exit::DONE)
        }
        Command::Withdraw { item } => {
            let told = clinic.withdraw_record(ItemId(*item))?;
            let told: Vec<i64> = told.into_iter().map(|id| id.0).collect();
            out::json(&json!({ "item": item, "state": "withdrawn", "deliveries": told }));
            Ok(super::exit::DONE)
        }
        Command::Lookup(command) => recognise::lookup(command, clinic, kb),
        Command::Recognise(command) => recognise::run(command, clinic),
        Command::Counts => recognise::counts(clinic),
        Command::Issuer(command) => recognise::issuer(command, clinic),
        Command::Refer(command) => refer::run(command, clinic, place),
        Command::Region { code } => {
            clinic.set_region(code)?;
            out::json(&json!({ "region": code }));
            Ok(super::exit::DONE)
        }
        Command::Receipts(command) => package::receipts(command, clinic),
        Command::Package(command) => package::run(command, clinic, place),
        Command::Keys => {
            let keys = clinic.public_keys()?;
            out::json(&json!({ "seal_to": keys.seal_to, "signing": keys.signing }));
            Ok(super::exit::DONE)
        }
    }
}

/// A hub by its name.
fn hub_named(clinic: &mut Clinic, name: &str) -> Result<HubId, Failure> {
    clinic.hubs()?.into_iter().find(|hub| hub.name == name).map(|hub| hub.id).ok_or_else(|| {
        Failure::new(
            Kind::Config,
            format!("没有名为 {name} 的上级。"),
            format!("There is no hub named {name}."),
        )
        .next("请先 share hub add。", "Add it first: share hub add.")
    })
}

fn purpose(text: &str) -> Result<Purpose, Failure> {
    Purpose::parse(text).ok_or_else(|| {
        Failure::new(
            Kind::Config,
            format!("目的 {text:?} 不对：treatment referral recognition public-health。"),
            format!("{text:?} is no purpose: treatment referral recognition public-health."),
        )
    })
}

fn patient(id: i64) -> PatientId {
    PatientId(id)
}

fn read_text(path: Option<&PathBuf>) -> Result<String, Failure> {
    let Some(path) = path else { return Ok(String::new()) };
    std::fs::read_to_string(path).map_err(|error| {
        Failure::new(
            Kind::Config,
            format!("{} 读不出来（{error}）。", path.display()),
            format!("{} cannot be read ({error}).", path.display()),
        )
    })
}

fn read_bytes(path: &std::path::Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::new(
            Kind::User,
            format!("{} 读不出来（{error}）。", path.display()),
            format!("{} cannot be read ({error}).", path.display()),
        )
    })
}
