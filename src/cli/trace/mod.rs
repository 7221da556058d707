//! `xinglin trace …`: the life of every pack. `parse` needs no station; everything else signs in.
mod acts;
mod exchange;
mod import;
mod input;
mod lists;
mod look;
mod parse;
mod profile;
mod receipt;
mod rejected;
mod shapes;

use super::desk::{Place, Who};
use super::{exit, out};
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::Stop;
use crate::services::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    who: Who,
    /// 结果用 JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// 追溯码怎么读：读到什么、应扫什么（参数，或标准输入一行一个：文本或 NDJSON）
    Parse(parse::Args),
    /// 导入文件：药品目录、发货清单、集采、EPCIS、医保结果；--dry-run 先看
    Import(import::ImportArgs),
    /// 药品目录：从 CSV、XLSX 导入，或列出
    Product(lists::ProductArgs),
    /// 集采约定：从县级 CSV、XLSX 导入，或列出进度
    Agreement(lists::AgreementArgs),
    /// 登记供应商的发货清单（CSV、XLSX、EPCIS、平台）
    Expect(receipt::ExpectArgs),
    /// 到货扫码：与清单核对，相符的验收上架
    Receive(receipt::ReceiveArgs),
    /// 拒收待退：列出，或退给供应商
    Rejected(rejected::RejectedArgs),
    /// 按已签名的处方扫码发药
    Dispense(receipt::DispenseArgs),
    /// 退药：患者退回（进隔离区），或退供应商
    Return(acts::ReturnArgs),
    /// 隔离
    Quarantine(acts::ReasonArgs),
    /// 解除隔离（双人）
    Release(acts::SecondArgs),
    /// 销毁（双人）
    Destroy(acts::DestroyArgs),
    /// 移位
    Move(acts::MoveArgs),
    /// 开箱
    Open(acts::ScanArgs),
    /// 码标损毁（双人、写明理由）
    LostLabel(acts::SecondArgs),
    /// 冲销某码的最后一次记录
    TakeBack(acts::TakeBackArgs),
    /// 盘点：扫到的与账上的比；--book 才入账
    Count(acts::CountArgs),
    /// 库存：批号、效期、近效期
    Stock(look::StockArgs),
    /// 一个码或一个批号的来龙去脉
    History(look::HistoryArgs),
    /// 召回：批号或码段 -> 库存位置与患者
    Recall(look::RecallArgs),
    /// 温湿度记录与超温处理
    Reading(lists::ReadingArgs),
    /// 核对账本：散列链、每个码、每个批号
    Check,
    /// 导出：epcis（EPCIS 2.0 JSON-LD）或 csv
    Export(exchange::ExportArgs),
    /// 读别人的 EPCIS 2.0 文件，说明读到什么、拒绝什么
    ReadEpcis(exchange::ReadArgs),
    /// 上传到追溯平台与医保平台；--list 看卡在哪里、缺什么
    Upload(exchange::UploadArgs),
    /// 省份配置：列出随程序的几份及依据，或选用一份
    Profile(profile::ProfileArgs),
}

pub fn run(args: &Args, place: &Place) -> u8 {
    match &args.command {
        Command::Parse(parse) => return parse::run(parse, place),
        Command::ReadEpcis(read) => return exchange::read(read, place),
        _ => {}
    }
    let signed_in =
        args.who.secrets().and_then(|mut secrets| args.who.sign_in(place, &mut secrets));
    let mut clinic = match signed_in {
        Ok(clinic) => clinic,
        Err(failure) => return place.fail(&failure),
    };
    let how = How { place, json: args.json };
    match act(&args.command, &mut clinic, &how) {
        Ok(code) => code,
        Err(Stop::Failed(failure)) => place.fail(&failure),
        Err(stop) => {
            if how.json {
                out::json(&shapes::StopOut::of(&stop, place.lang()));
            }
            out::note(&format!("【{}】{}", stop.word(), stop.words().pick(place.lang())));
            exit::REFUSED
        }
    }
}

/// How results are shown.
struct How<'a> {
    place: &'a Place,
    json: bool,
}

impl How<'_> {
    fn say(&self, zh: &str, en: &str) {
        self.place.say(zh, en);
    }
}

fn act(command: &Command, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    match command {
        Command::Parse(_) | Command::ReadEpcis(_) => Ok(exit::DONE),
        Command::Import(args) => import::run(args, clinic, how),
        Command::Profile(args) => profile::profile(args, clinic, how),
        Command::Product(args) => lists::product(args, clinic, how),
        Command::Agreement(args) => lists::agreement(args, clinic, how),
        Command::Reading(args) => lists::reading(args, clinic, how),
        Command::Expect(args) => receipt::expect(args, clinic, how),
        Command::Receive(args) => receipt::receive(args, clinic, how),
        Command::Rejected(args) => rejected::rejected(args, clinic, how),
        Command::Dispense(args) => receipt::dispense(args, clinic, how),
        Command::Return(args) => acts::give_back(args, clinic, how),
        Command::Quarantine(args) => acts::quarantine(args, clinic, how),
        Command::Release(args) => acts::release(args, clinic, how),
        Command::Destroy(args) => acts::destroy(args, clinic, how),
        Command::Move(args) => acts::shift(args, clinic, how),
        Command::Open(args) => acts::open(args, clinic, how),
        Command::LostLabel(args) => acts::lost_label(args, clinic, how),
        Command::TakeBack(args) => acts::take_back(args, clinic, how),
        Command::Count(args) => acts::count(args, clinic, how),
        Command::Stock(args) => look::stock(args, clinic, how),
        Command::History(args) => look::history(args, clinic, how),
        Command::Recall(args) => look::recall(args, clinic, how),
        Command::Check => look::check(clinic, how),
        Command::Export(args) => exchange::export(args, clinic, how),
        Command::Upload(args) => exchange::upload(args, clinic, how),
    }
}

/// A failure of reading a file, in the words of the others.
fn unreadable(path: &std::path::Path, error: &impl std::fmt::Display) -> Failure {
    Failure::new(
        crate::services::failure::Kind::User,
        format!("读不了 {}：{error}。", path.display()),
        format!("{} cannot be read: {error}.", path.display()),
    )
}
