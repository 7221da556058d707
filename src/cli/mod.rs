//! One file a subcommand; the same engine as the screens.
mod audit;
mod backup;
mod bench;
pub mod desk;
mod diagnose;
mod doctor;
mod followup;
mod kb;
mod key;
mod load;
mod model;
pub mod out;
mod read_dicom;
mod rx;
mod search;
mod share;
mod store_room;
mod trace;
mod user;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::services::pack;

/// Exit codes, stable.
pub mod exit {
    pub const DONE: u8 = 0;
    pub const FINDINGS: u8 = 1;
    pub const USAGE: u8 = 2;
    pub const REFUSED: u8 = 3;
    pub const NOT_PERMITTED: u8 = 4;
    pub const NETWORK: u8 = 5;
    pub const BUG: u8 = 70;
}

#[derive(Debug, Parser)]
#[command(
    name = "xinglin",
    version,
    about = "杏林：乡镇卫生院与村卫生室的离线诊疗程序",
    disable_help_subcommand = true
)]
struct Args {
    /// 用指定的知识库目录或知识包代替自带的
    #[arg(long, global = true, value_name = "PATH")]
    kb: Option<std::path::PathBuf>,
    /// 用指定的模型目录代替自带的
    #[arg(long, global = true, value_name = "DIR")]
    model: Option<std::path::PathBuf>,
    #[command(flatten)]
    place: desk::Place,
    /// 界面配色：dark light mono
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 病历 -> 鉴别诊断、危险信号、分诊（NDJSON 批量，或 --text）
    Diagnose(diagnose::Args),
    /// 处方：parse（一行怎么读）check（批量检查）review（处方点评）calc（换算）
    Rx(rx::Args),
    /// 随访：evaluate due register indicators selfcheck loop
    Followup(followup::Args),
    /// 知识库：lint cases stats
    Kb(kb::Args),
    /// 找指南、病种、药品的段落（中文、全拼、首字母）
    Search(search::Args),
    /// 量质量和速度
    Bench(bench::Args),
    /// 排序模型：check show
    Model(model::Args),
    /// 药品追溯：parse expect receive dispense return quarantine destroy count stock history recall export upload
    Trace(trace::Args),
    /// 不用向导建站
    SetUp(user::SetUp),
    /// 用户：add list passwd off
    User(user::Args),
    /// 密钥：recovery unlock
    Key(key::Args),
    /// 审计：verify list checkpoint
    Audit(audit::Args),
    /// 备份整站到新目录
    Backup(backup::Args),
    /// 检查备份并恢复
    Restore(backup::RestoreArgs),
    /// 自检
    Doctor(doctor::Args),
    /// 影像与文书：import queue deliver status receipts package …
    Share(Box<share::Args>),
    #[command(hide = true)]
    Load(load::Args),
    #[command(hide = true)]
    StoreRoom(store_room::Args),
    #[command(hide = true)]
    ReadDicom(read_dicom::Args),
}

/// What the screens are opened with when no command is named.
#[derive(Clone, Debug)]
pub struct Screens {
    pub place: desk::Place,
    pub kb: Option<std::path::PathBuf>,
    pub model: Option<std::path::PathBuf>,
    pub theme: Option<String>,
}

/// The knowledge that was named, else the installed pack, else the built-in one; a pack that is not whole is named.
fn in_use(named: Option<&std::path::PathBuf>, place: &desk::Place) -> Option<std::path::PathBuf> {
    if named.is_some() {
        return named.cloned();
    }
    match pack::in_use(&place.data_dir())? {
        Ok(slot) => Some(slot),
        Err(why) => {
            out::note(&why);
            None
        }
    }
}

/// Runs one command line and gives its exit code; without a command the screens are opened.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    screens: impl FnOnce(Screens) -> u8,
) -> ExitCode {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            let _printed = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::DONE });
        }
    };
    let code = match args.command {
        Some(Command::Diagnose(command)) => diagnose::run(
            &command,
            in_use(args.kb.as_ref(), &args.place).as_deref(),
            args.model.as_deref(),
        ),
        Some(Command::Rx(command)) => {
            rx::run(&command, in_use(args.kb.as_ref(), &args.place).as_deref(), &args.place)
        }
        Some(Command::Kb(command)) => {
            kb::run(&command, (args.kb.as_deref(), args.model.as_deref()), &args.place)
        }
        Some(Command::Search(command)) => {
            search::run(&command, in_use(args.kb.as_ref(), &args.place).as_deref(), &args.place)
        }
        Some(Command::Followup(command)) => {
            let kb = in_use(args.kb.as_ref(), &args.place);
            followup::run(&command, (&args.place, kb.as_deref()))
        }
        Some(Command::Bench(command)) => {
            bench::run(&command, args.kb.as_deref(), args.model.as_deref())
        }
        Some(Command::Model(command)) => {
            model::run(&command, args.kb.as_deref(), args.model.as_deref())
        }
        Some(Command::Trace(command)) => trace::run(&command, &args.place),
        Some(Command::SetUp(command)) => user::set_up(&command, &args.place),
        Some(Command::User(command)) => user::run(&command, &args.place),
        Some(Command::Key(command)) => key::run(&command, &args.place),
        Some(Command::Audit(command)) => audit::run(&command, &args.place),
        Some(Command::Backup(command)) => backup::run(&command, &args.place),
        Some(Command::Restore(command)) => backup::restore(&command, &args.place),
        Some(Command::Doctor(command)) => doctor::run(&command, &args.place),
        Some(Command::Share(command)) => share::run(&command, &args.place, args.kb.as_deref()),
        Some(Command::ReadDicom(command)) => read_dicom::run(&command),
        Some(Command::StoreRoom(command)) => store_room::run(&command, &args.place),
        Some(Command::Load(command)) => load::run(&command, &args.place),
        None => screens(Screens {
            // The screens say themselves when an installed pack is not whole.
            kb: args.kb.or_else(|| pack::installed_slot(&args.place.data_dir())),
            place: args.place,
            model: args.model,
            theme: args.theme,
        }),
    };
    ExitCode::from(code)
}
