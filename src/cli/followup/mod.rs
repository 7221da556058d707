//! `xinglin followup`: `evaluate` reads NDJSON visits and needs no database and no sign-in; the rest is in `desk`.
mod answer;
mod counts;
mod desk;
mod keys;
mod read;
mod values;

use std::{io::BufRead, path::Path, time::Instant};

use serde::Serialize;

use super::desk::Place;
use super::{exit, out};
use crate::domain::catalog::Catalog;
use crate::domain::followup::screen;
use crate::services::{follow_up, knowledge_base};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// 随访判定（NDJSON）：分类、危险、下次日期、转诊、理由
    Evaluate {
        /// 行政区划代码前缀，有地方口径时选用
        #[arg(long, value_name = "CODE", default_value = "")]
        region: String,
    },
    #[command(flatten)]
    Desk(desk::Command),
}

#[derive(Serialize)]
struct ErrorOut {
    line: usize,
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    id: serde_json::Value,
    error: String,
}

pub fn run(args: &Args, (place, kb): (&Place, Option<&Path>)) -> u8 {
    match &args.command {
        Command::Desk(command) => desk::run(command, (place, kb)),
        Command::Evaluate { region } => evaluate(region, kb),
    }
}

fn evaluate(region: &str, kb: Option<&Path>) -> u8 {
    let compiled = match knowledge_base::compiled(kb) {
        Ok(compiled) => compiled,
        Err(error) => {
            out::note(&error.to_string());
            return exit::REFUSED;
        }
    };
    let catalog = compiled.catalog;
    if catalog.follow_up.tables.is_empty() {
        out::note("知识库里没有随访表；请换用程序自带的知识库。");
        return exit::REFUSED;
    }
    let mut code = exit::DONE;
    let mut bytes = vec![];
    let mut input = std::io::stdin().lock();
    let mut number = 0;
    let words = read::Words::new(&catalog.follow_up);
    loop {
        bytes.clear();
        match input.read_until(b'\n', &mut bytes) {
            Ok(0) => return code,
            Ok(_) => number += 1,
            Err(error) => {
                out::note(&format!("标准输入读不出来：{error}。前 {number} 行已经处理。"));
                return exit::REFUSED;
            }
        }
        let line = match str::from_utf8(&bytes) {
            Ok(line) if line.trim().trim_start_matches('\u{feff}').is_empty() => continue,
            Ok(line) => Ok(line.trim().trim_start_matches('\u{feff}')),
            Err(_) => Err("不是 UTF-8 文本。请用 UTF-8 重新导出这一行。".to_owned()),
        };
        let started = Instant::now();
        let read = line.map_err(|e| (serde_json::Value::Null, e)).and_then(|l| words.read(l));
        match read {
            Ok(mut visit) => {
                if visit.case.region.is_empty() {
                    region.clone_into(&mut visit.case.region);
                }
                tell(&catalog, &visit, started);
            }
            Err((id, error)) => {
                code = exit::REFUSED;
                out::note(&format!("第 {number} 行：{error}"));
                out::json(&ErrorOut { line: number, id, error });
            }
        }
    }
}

fn tell(catalog: &Catalog, visit: &read::VisitIn, started: Instant) {
    let book = &catalog.follow_up;
    let programmes = if visit.programmes.is_empty() {
        follow_up::programmes_of(book, &visit.case)
    } else {
        visit.programmes.clone()
    };
    let mut outcome = follow_up::follow_up(book, &programmes, &visit.case);
    if visit.screen_too {
        outcome
            .screenings
            .extend(programmes.iter().filter_map(|programme| screen(book, programme, &visit.case)));
    }
    let ms = started.elapsed().as_secs_f64() * 1000.0;
    out::json(&answer::shape(visit, &outcome, (&catalog.version, ms)));
}
