//! `xinglin search`: paragraphs of guidelines, illnesses and drugs.
use std::{path::Path, time::Instant};

use serde::Serialize;

use super::{exit, out};
use crate::{
    domain::catalog::Status,
    services::{
        knowledge_base,
        library::{Filter, Hit, Kind, Library},
    },
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 要找的词：中文、全拼、首字母可混写，如 "高血压 转诊"、"gxy zz"
    #[arg(required = true)]
    query: Vec<String>,
    #[arg(long, default_value_t = 10)]
    limit: usize,
    /// 只找这一来源（sources.toml 的 id）
    #[arg(long)]
    source: Option<String>,
    /// 只找这一年及以后的
    #[arg(long, value_name = "YEAR")]
    since: Option<i16>,
    /// 只找与这一病种有关的（病种 id）
    #[arg(long)]
    disease: Option<String>,
    /// guideline | condition | drug（指南 | 病种 | 药品）
    #[arg(long)]
    kind: Option<String>,
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct AnswerOut<'a> {
    query: &'a str,
    hits: Vec<HitOut<'a>>,
    ms: f64,
}

#[derive(Debug, Serialize)]
struct HitOut<'a> {
    doc: &'a str,
    title: &'a str,
    section: &'a str,
    text: &'a str,
    highlights: Vec<[usize; 2]>,
    source: &'a str,
    source_title: Option<&'a str>,
    place: &'a str,
    year: Option<i16>,
    newer_edition: Option<i16>,
    kind: &'static str,
    status: &'static str,
    every_word: bool,
    score: f32,
}

pub fn run(args: &Args, kb: Option<&Path>) -> u8 {
    let kind = match args.kind.as_deref().map(|k| (k, Kind::parse(k))) {
        None => None,
        Some((_, Some(kind))) => Some(kind),
        Some((typed, None)) => {
            out::note(&format!("kind 不认识：{typed}（guideline | condition | drug）"));
            return exit::USAGE;
        }
    };
    let compiled = match knowledge_base::compiled(kb) {
        Ok(compiled) => compiled,
        Err(error) => {
            out::note(&error.to_string());
            return exit::REFUSED;
        }
    };
    let library = match Library::open(&compiled.catalog) {
        Ok(library) => library,
        Err(error) => {
            out::note(&error.to_string());
            return exit::REFUSED;
        }
    };
    let filter = Filter {
        source: args.source.clone(),
        year_from: args.since,
        disease: args.disease.clone(),
        kind,
    };
    let query = args.query.join(" ");
    let started = Instant::now();
    let hits = library.search_within(&query, &filter, args.limit);
    let ms = started.elapsed().as_secs_f64() * 1000.0;
    if args.json {
        let hits = hits.iter().map(shape).collect();
        out::json(&AnswerOut { query: &query, hits, ms: (ms * 100.0).round() / 100.0 });
    } else if hits.is_empty() {
        out::note("没有找到。换个说法、少写几个词，或去掉筛选条件再试。");
    } else {
        hits.iter().for_each(print);
    }
    exit::DONE
}

fn shape(hit: &Hit) -> HitOut<'_> {
    HitOut {
        doc: &hit.doc,
        title: &hit.title,
        section: &hit.section,
        text: &hit.text,
        highlights: hit.highlights.iter().map(|r| [r.start, r.end]).collect(),
        source: &hit.source,
        source_title: hit.source_title.as_deref(),
        place: &hit.place,
        year: hit.year,
        newer_edition: hit.newer_edition,
        kind: hit.kind.id(),
        status: hit.status.id(),
        every_word: hit.every_word,
        score: (hit.score * 100.0).round() / 100.0,
    }
}

fn print(hit: &Hit) {
    let source = hit.source_title.as_deref().unwrap_or("临床估计，无文献出处");
    let mut notes = vec![];
    if let Some(year) = hit.newer_edition {
        notes.push(format!("已有 {year} 年版"));
    }
    if hit.status == Status::Trial {
        notes.push("试用".to_owned());
    }
    if !hit.every_word {
        notes.push("只含部分词".to_owned());
    }
    out::line(&format!(
        "[{}] {} · {}{}",
        hit.kind.zh(),
        hit.title,
        hit.section,
        if notes.is_empty() { String::new() } else { format!("（{}）", notes.join("，")) }
    ));
    out::line(&format!("    {}", marked(hit)));
    let place = if hit.place.is_empty() { String::new() } else { format!(" · {}", hit.place) };
    out::line(&format!("    —— {source}{place}  [{}]", hit.doc));
}

/// The paragraph with 【】 round what was found: plain text has no colours.
fn marked(hit: &Hit) -> String {
    let mut text = String::new();
    for (place, c) in hit.text.chars().enumerate() {
        if hit.highlights.iter().any(|r| r.start == place) {
            text.push('【');
        }
        text.push(if c == '\n' { ' ' } else { c });
        if hit.highlights.iter().any(|r| r.end == place + 1) {
            text.push('】');
        }
    }
    text
}
