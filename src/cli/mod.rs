//! One file a subcommand; the same engine as the screens.
mod bench;
mod diagnose;
mod kb;
pub mod out;
mod rx;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

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
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 病历 -> 鉴别诊断、危险信号、分诊（NDJSON 批量，或 --text）
    Diagnose(diagnose::Args),
    /// 处方：rx parse（一行处方怎么读）、rx check（NDJSON 批量检查）
    Rx(rx::Args),
    /// 知识库：lint cases stats
    Kb(kb::Args),
    /// 量质量和速度
    Bench(bench::Args),
}

/// Runs one command line and gives its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            let _printed = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::DONE });
        }
    };
    let code = match args.command {
        Some(Command::Diagnose(command)) => {
            diagnose::run(&command, args.kb.as_deref(), args.model.as_deref())
        }
        Some(Command::Rx(command)) => rx::run(&command, args.kb.as_deref()),
        Some(Command::Kb(command)) => kb::run(&command, args.kb.as_deref()),
        Some(Command::Bench(command)) => {
            bench::run(&command, args.kb.as_deref(), args.model.as_deref())
        }
        None => exit::USAGE,
    };
    ExitCode::from(code)
}
