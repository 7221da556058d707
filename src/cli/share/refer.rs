//! `share refer …`: referral up and down, its slip, its list, its answers.
use std::path::PathBuf;

use serde_json::{Value, json};

use super::import;
use crate::cli::desk::Place;
use crate::cli::{exit, out};
use crate::domain::age::Day;
use crate::domain::share::ItemId;
use crate::domain::share::letter::{Direction, Receiver};
use crate::domain::share::referral::{State, Urgency};
use crate::domain::visit::VisitId;
use crate::services::clinic::{Clinic, ReferralLine, ReferralWish, TakenAs};
use crate::services::failure::{Failure, Kind};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// 上转：由已签就诊写转诊单
    Up(Write),
    /// 下转：附后续计划
    Down(Write),
    /// 列出，带状态和该做的事
    List {
        /// 只列有事要做的
        #[arg(long)]
        due: bool,
        #[arg(long, default_value_t = 10_000)]
        limit: u32,
        #[arg(long, hide = true)]
        json: bool,
    },
    /// 记下进展：received accepted rejected arrived treating down-sent closed
    Move {
        item: i64,
        state: String,
        /// 对方的话；拒绝必须写原因
        #[arg(long, value_name = "TEXT", default_value = "")]
        words: String,
    },
    /// 转诊单上纸：PDF，或只要二维码的文字
    Slip(Slip),
    /// 读入别站的转诊单：扫码枪打出的文字，或存有文字的文件
    Read(Read),
    /// 问上级：转出去的人怎么样了
    Answers {
        #[arg(long, value_name = "HUB")]
        to: String,
    },
    /// 登记认得的站的公钥；--end 不再认
    Trust {
        /// 站名
        name: String,
        key: String,
        #[arg(long)]
        end: bool,
    },
    /// 认得的站
    Trusted,
}

#[derive(Debug, clap::Args)]
pub struct Slip {
    item: i64,
    #[arg(long, value_name = "FILE", required_unless_present_any = ["codes", "preview"])]
    out: Option<PathBuf>,
    /// 只要二维码的文字
    #[arg(long)]
    codes: bool,
    #[arg(long)]
    preview: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Due,
}

#[derive(Debug, clap::Args)]
pub struct Write {
    /// 已签就诊号
    visit: i64,
    /// 转往哪个机构
    #[arg(long, value_name = "NAME")]
    to: String,
    #[arg(long, value_name = "CODE", default_value = "")]
    to_code: String,
    #[arg(long, value_name = "NAME", default_value = "")]
    department: String,
    /// emergency urgent routine
    #[arg(long, value_name = "URGENCY", default_value = "routine")]
    urgency: String,
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// 病情摘要；不写 = 病历原文
    #[arg(long, value_name = "TEXT", default_value = "")]
    findings: String,
    #[arg(long, value_name = "TEXT", default_value = "")]
    plan: String,
    /// 首次随访不晚于哪一天（下转）
    #[arg(long, value_name = "DAY")]
    first_visit: Option<String>,
    /// 答复哪张上转单（编号）
    #[arg(long, value_name = "NUMBER", default_value = "")]
    answers: String,
    /// 本站电话
    #[arg(long, value_name = "PHONE", default_value = "")]
    phone: String,
    #[arg(long, hide = true)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub struct Read {
    /// 二维码文字或文件，可多个；`-` = 标准输入
    #[arg(required = true)]
    slips: Vec<String>,
    /// 这一次认这个公钥
    #[arg(long, value_name = "HEX")]
    from: Option<String>,
    #[arg(long, value_name = "N", conflicts_with = "register")]
    patient: Option<i64>,
    /// 本站没有的人按转诊单登记
    #[arg(long)]
    register: bool,
}

pub fn run(command: &Command, clinic: &mut Clinic, place: &Place) -> Result<u8, Failure> {
    match command {
        Command::Up(write) => refer(Direction::Up, write, clinic),
        Command::Down(write) => refer(Direction::Down, write, clinic),
        Command::List { due, limit, .. } => {
            list(if *due { Which::Due } else { Which::All }, *limit, clinic)
        }
        Command::Move { item, state, words } => {
            let to = State::parse(state).ok_or_else(|| unknown("状态", "state", state))?;
            let moved = clinic.move_referral(ItemId(*item), (to, words))?;
            out::json(&json!({ "item": item, "state": to.id(), "already": !moved }));
            Ok(exit::DONE)
        }
        Command::Slip(args) => slip(args, clinic),
        Command::Read(read) => read_slip(read, clinic, place),
        Command::Answers { to } => {
            let hub = super::hub_named(clinic, to)?;
            for (item, state, words) in clinic.ask_answers(hub)? {
                out::json(&json!({ "item": item.0, "state": state.id(), "words": words }));
            }
            Ok(exit::DONE)
        }
        Command::Trust { name, key, end } => {
            if *end {
                clinic.distrust_station(key)?;
            } else {
                clinic.trust_station(name, key)?;
            }
            out::json(&json!({ "name": name, "key": key, "trusted": !end }));
            Ok(exit::DONE)
        }
        Command::Trusted => {
            for one in clinic.station_keys()? {
                out::json(
                    &json!({ "name": one.name, "key": one.key, "since": one.added.to_string() }),
                );
            }
            Ok(exit::DONE)
        }
    }
}

fn unknown(zh: &str, en: &str, text: &str) -> Failure {
    Failure::new(Kind::Config, format!("{zh} {text:?} 不认识。"), format!("{text:?} is no {en}."))
}

fn refer(direction: Direction, write: &Write, clinic: &mut Clinic) -> Result<u8, Failure> {
    let urgency = Urgency::parse(&write.urgency)
        .ok_or_else(|| unknown("紧急程度", "urgency", &write.urgency))?;
    let first_visit = write
        .first_visit
        .as_deref()
        .map(|text| Day::parse(text).ok_or_else(|| unknown("日期", "day", text)))
        .transpose()?;
    let wish = ReferralWish {
        direction,
        urgency,
        to: Receiver {
            name: write.to.clone(),
            code: write.to_code.clone(),
            department: write.department.clone(),
        },
        reason: write.reason.clone(),
        findings: write.findings.clone(),
        plan: write.plan.clone(),
        first_visit,
        answers: write.answers.clone(),
        phone: write.phone.clone(),
    };
    let referred = clinic.refer(VisitId(write.visit), &wish)?;
    out::json(&json!({
        "item": referred.item.0,
        "key": referred.letter.id,
        "version": referred.letter.version,
        "direction": referred.letter.direction.id(),
        "urgency": referred.letter.urgency.id(),
        "to": referred.letter.to.name,
        "again": referred.again,
    }));
    Ok(exit::DONE)
}

/// 0 = nothing is due, 1 = something is.
fn list(which: Which, limit: u32, clinic: &mut Clinic) -> Result<u8, Failure> {
    let lines = clinic.referrals(limit)?;
    let due = lines.iter().any(|line| !line.due.is_empty());
    for line in lines.iter().filter(|line| which == Which::All || !line.due.is_empty()) {
        out::json(&line_json(line));
    }
    Ok(if due { exit::FINDINGS } else { exit::DONE })
}

fn line_json(line: &ReferralLine) -> Value {
    let due: Vec<Value> =
        line.due.iter().map(|due| json!({ "due": due.id(), "words": due.name_zh() })).collect();
    let steps: Vec<Value> = line
        .steps
        .iter()
        .map(|step| json!({ "state": step.state.id(), "at": step.at.to_string(), "words": step.words }))
        .collect();
    json!({
        "item": line.item.id.0,
        "key": line.letter.id,
        "version": line.letter.version,
        "direction": line.letter.direction.id(),
        "ours": line.ours,
        "urgency": line.letter.urgency.id(),
        "patient": line.item.patient.map(|patient| patient.0),
        "name": line.letter.patient.name,
        "from": line.letter.from.name,
        "to": line.letter.to.name,
        "state": line.state.id(),
        "state_zh": line.state.name_zh(),
        "due": due,
        "steps": steps,
    })
}

fn slip(args: &Slip, clinic: &mut Clinic) -> Result<u8, Failure> {
    let slip = clinic.referral_slip(ItemId(args.item))?;
    if args.codes {
        slip.sheet.codes.iter().for_each(|code| out::line(code));
    }
    if args.preview {
        for line in crate::services::share::referral::preview(&slip.sheet, 76) {
            out::line(&line);
        }
    }
    let Some(file) = &args.out else { return Ok(exit::DONE) };
    std::fs::write(file, &slip.pdf).map_err(|error| {
        Failure::new(
            Kind::Data,
            format!("{} 写不进去（{error}）。", file.display()),
            format!("{} cannot be written ({error}).", file.display()),
        )
    })?;
    let missing: String = slip.missing.iter().collect();
    out::json(&json!({
        "item": args.item, "file": file.display().to_string(), "codes": slip.sheet.codes.len(), "missing_characters": missing,
    }));
    Ok(if missing.is_empty() { exit::DONE } else { exit::FINDINGS })
}

fn read_slip(read: &Read, clinic: &mut Clinic, place: &Place) -> Result<u8, Failure> {
    let mut text = String::new();
    for slip in &read.slips {
        let part = if slip == "-" {
            std::io::read_to_string(std::io::stdin()).map_err(|error| {
                Failure::new(
                    Kind::User,
                    format!("标准输入读不出来（{error}）。"),
                    format!("Standard input cannot be read ({error})."),
                )
            })?
        } else if slip.to_ascii_uppercase().contains("XLR1/") {
            slip.clone()
        } else {
            String::from_utf8_lossy(&super::read_bytes(std::path::Path::new(slip))?).into_owned()
        };
        text.push_str(&part);
        text.push('\n');
    }
    let whose = import::whose(read.patient, read.register);
    let done = clinic.read_slip(&text, (whose, read.from.as_deref()))?;
    let mut line = import::line(&done.taken);
    line["signer"] = Value::from(done.signer);
    line["direction"] = Value::from(done.letter.direction.id());
    line["urgency"] = Value::from(done.letter.urgency.id());
    line["from"] = Value::from(done.letter.from.name);
    line["plan"] = Value::from(done.letter.plan);
    out::json(&line);
    if done.letter.direction == Direction::Down && done.taken.result == TakenAs::New {
        place.say(
            "看过以后请用 share confirm 入档：计划和 7 天内首次随访。",
            "After reading, put it into the chart with share confirm: the plan and the visit within 7 days.",
        );
    }
    let open = done.taken.result == TakenAs::Conflict || done.taken.patient.is_none();
    Ok(if open { exit::FINDINGS } else { exit::DONE })
}
