//! `xinglin bench search`: how well labelled queries are answered, and how fast.
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use serde::{Deserialize, Serialize};

use super::super::{exit, out};
use crate::services::{
    knowledge_base,
    library::{self, Answered, LabelledQuery, Library, Speed},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// TOML（[[query]] way typed answers）
    #[arg(long)]
    queries: PathBuf,
    /// 把全部查询跑几遍来计时
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// 只量这一部分：dev | test（按主题分开，见文件开头的 test_topics）
    #[arg(long, value_name = "dev|test")]
    part: Option<String>,
    /// 与 SQLite FTS5、Xapian 在同样两万段上比，写进 docs/benchmarks.md 并画图
    #[arg(long)]
    against: bool,
    /// --against 写到这个文件
    #[arg(long, default_value = "docs/benchmarks.md")]
    out: PathBuf,
    /// --against 报告里写的日期
    #[arg(long, default_value = "")]
    date: String,
    /// --against 报告里写的机器说明
    #[arg(long, default_value = "")]
    machine: String,
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryFile {
    /// Topics whose queries are kept for the test; the rest is for development.
    #[serde(default)]
    test_topics: Vec<String>,
    query: Vec<QueryEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryEntry {
    way: String,
    #[serde(default)]
    topic: String,
    typed: String,
    answers: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SearchOut {
    queries: usize,
    passages: usize,
    open_ms: f64,
    ndcg10: f64,
    first_hit: f64,
    within_three: f64,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    empty: usize,
}

pub(super) fn run(args: &Args, kb: Option<&Path>) -> u8 {
    if args.part.as_deref().is_some_and(|part| !["dev", "test"].contains(&part)) {
        out::note("part 写 dev 或 test");
        return exit::USAGE;
    }
    if args.against {
        return match read(args) {
            Ok(queries) => super::engines::against(
                &super::engines::Against {
                    queries: &queries.into_iter().map(|q| q.typed).collect::<Vec<_>>(),
                    rounds: args.rounds,
                    out: &args.out,
                    date: &args.date,
                    machine: &args.machine,
                },
                kb,
            ),
            Err(what) => {
                out::note(&what);
                exit::REFUSED
            }
        };
    }
    match figures(args, kb) {
        Ok((figures, answered)) => {
            if args.json {
                out::json(&figures);
            } else {
                print(&figures, &answered);
            }
            exit::DONE
        }
        Err(what) => {
            out::note(&what);
            exit::REFUSED
        }
    }
}

fn read(args: &Args) -> Result<Vec<LabelledQuery>, String> {
    let path = &args.queries;
    let text = fs::read_to_string(path).map_err(|e| format!("{} 读不出来：{e}", path.display()))?;
    let file: QueryFile = toml::from_str(&text).map_err(|e| format!("{}：{e}", path.display()))?;
    let part = |topic: &String| if file.test_topics.contains(topic) { "test" } else { "dev" };
    Ok(file
        .query
        .iter()
        .filter(|q| args.part.as_deref().is_none_or(|wanted| wanted == part(&q.topic)))
        .map(|q| LabelledQuery {
            way: q.way.clone(),
            typed: q.typed.clone(),
            answers: q.answers.clone(),
        })
        .collect())
}

fn figures(args: &Args, kb: Option<&Path>) -> Result<(SearchOut, Vec<Answered>), String> {
    let (queries, rounds) = (read(args)?, args.rounds);
    let compiled = knowledge_base::compiled(kb).map_err(|e| e.to_string())?;
    let started = Instant::now();
    let library = Library::open(&compiled.catalog).map_err(|e| e.to_string())?;
    let open_ms = started.elapsed().as_secs_f64() * 1000.0;
    let answered = library::judge(&library, &queries);
    let typed: Vec<String> =
        (0..rounds.max(1)).flat_map(|_| queries.iter().map(|q| q.typed.clone())).collect();
    let ticks = || started.elapsed().as_micros() as u64;
    let Speed { p50_ms, p99_ms, max_ms, empty, .. } = library::measure(&library, &typed, &ticks);
    let n = answered.len().max(1) as f64;
    let within = |most: usize| {
        answered.iter().filter(|a| a.first.is_some_and(|f| f <= most)).count() as f64 / n
    };
    let figures = SearchOut {
        queries: answered.len(),
        passages: library.passages(),
        open_ms,
        ndcg10: answered.iter().map(|a| a.ndcg).sum::<f64>() / n,
        first_hit: within(1),
        within_three: within(3),
        p50_ms,
        p99_ms,
        max_ms,
        empty,
    };
    Ok((figures, answered))
}

fn print(figures: &SearchOut, answered: &[Answered]) {
    for query in answered.iter().filter(|a| a.first != Some(1)) {
        let first = query.first.map_or_else(|| "前十没有".to_owned(), |f| format!("第 {f}"));
        out::line(&format!("  {} “{}”：{first}", query.way, query.typed));
    }
    out::line(&format!(
        "查询 {}  段落 {}  nDCG@10 {:.3}  首条命中 {:.1} %  前三命中 {:.1} %",
        figures.queries,
        figures.passages,
        figures.ndcg10,
        figures.first_hit * 100.0,
        figures.within_three * 100.0
    ));
    out::line(&format!(
        "建索引 {:.0} ms  p50 {:.2} ms  p99 {:.2} ms  最慢 {:.2} ms  空答 {}",
        figures.open_ms, figures.p50_ms, figures.p99_ms, figures.max_ms, figures.empty
    ));
}
