//! `xinglin search`: paragraphs of guidelines, illnesses and drugs; with a sign-in also of the clinic's own papers.
use std::{path::Path, time::Instant};

use serde::Serialize;

use super::{
    desk::{Place, Who},
    exit, out,
};
use crate::{
    domain::{age::Day, catalog::Status, local_document::LocalDocument},
    services::{
        failure::Failure,
        knowledge_base,
        library::{Entry, Filter, Hit, Kind, Library},
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
    /// 只找这一年及以前的
    #[arg(long, value_name = "YEAR")]
    until: Option<i16>,
    /// 只找写给这一级的：village | township
    #[arg(long, value_name = "village|township")]
    audience: Option<String>,
    /// 只找与这一病种有关的（病种 id 或中文名）
    #[arg(long)]
    disease: Option<String>,
    /// guideline | condition | drug | local（指南 | 病种 | 药品 | 本单位资料）
    #[arg(long)]
    kind: Option<String>,
    #[arg(long)]
    json: bool,
    /// 登录后连本单位资料一起找
    #[command(flatten)]
    who: Who,
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
    valid_until: Option<String>,
    expired: bool,
    doubtful: bool,
    audience: &'a [String],
    added_by: Option<&'a str>,
    added_on: Option<String>,
    related: RelatedOut<'a>,
    kind: &'static str,
    status: Option<&'static str>,
    every_word: bool,
    score: f32,
}

#[derive(Debug, Serialize)]
struct RelatedOut<'a> {
    conditions: Vec<EntryOut<'a>>,
    drugs: Vec<EntryOut<'a>>,
    rules: Vec<EntryOut<'a>>,
}

#[derive(Debug, Serialize)]
struct EntryOut<'a> {
    id: &'a str,
    name: &'a str,
}

pub fn run(args: &Args, kb: Option<&Path>, place: &Place) -> u8 {
    let kind = match args.kind.as_deref().map(|k| (k, Kind::parse(k))) {
        None => None,
        Some((_, Some(kind))) => Some(kind),
        Some((typed, None)) => {
            out::note(&format!("kind 不认识：{typed}（guideline | condition | drug | local）"));
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
    if let Some(audience) =
        args.audience.as_deref().filter(|a| !["village", "township"].contains(a))
    {
        out::note(&format!("audience 不认识：{audience}（village | township）"));
        return exit::USAGE;
    }
    let (papers, today) = match papers(args, place) {
        Ok(found) => found,
        Err(failure) => return place.fail(&failure),
    };
    let disease = match args.disease.as_deref().map(|d| (d, compiled.catalog.condition_named(d))) {
        None => None,
        Some((_, Some(condition))) => Some(condition.id.clone()),
        Some((typed, None)) => {
            out::note(&format!("没有这个病种：{typed}（写病种 id 或中文名）"));
            return exit::USAGE;
        }
    };
    let library = match Library::with_papers(&compiled.catalog, &papers) {
        Ok(library) => library,
        Err(error) => {
            out::note(&error.to_string());
            return exit::REFUSED;
        }
    };
    let filter = Filter {
        source: args.source.clone(),
        year_from: args.since,
        year_to: args.until,
        disease,
        kind,
        audience: args.audience.clone(),
    };
    let query = args.query.join(" ");
    let started = Instant::now();
    let hits = library.search_within(&query, &filter, args.limit);
    let ms = started.elapsed().as_secs_f64() * 1000.0;
    if args.json {
        let hits = hits.iter().map(|hit| shape(hit, today)).collect();
        out::json(&AnswerOut { query: &query, hits, ms: (ms * 100.0).round() / 100.0 });
    } else if hits.is_empty() {
        out::note("没有找到。换个说法、少写几个词，或去掉筛选条件再试。");
    } else {
        for hit in &hits {
            print(hit, today);
        }
    }
    exit::DONE
}

/// The clinic's own papers when somebody signs in, and the day by which summaries have to be valid.
fn papers(args: &Args, place: &Place) -> Result<(Vec<LocalDocument>, Day), Failure> {
    use crate::services::clock::Clock;
    if args.who.user.is_none() && !place.demo {
        return Ok((vec![], crate::services::clock::SystemClock.today()));
    }
    let mut clinic = args.who.sign_in(place, &mut args.who.secrets()?)?;
    Ok((clinic.document_texts()?, clinic.today()))
}

fn entries(list: &[Entry]) -> Vec<EntryOut<'_>> {
    list.iter().map(|e| EntryOut { id: &e.id, name: &e.name }).collect()
}

fn is_over(hit: &Hit, today: Day) -> bool {
    hit.valid_until.is_some_and(|last| last < today)
}

fn shape(hit: &Hit, today: Day) -> HitOut<'_> {
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
        valid_until: hit.valid_until.map(|day| day.to_string()),
        expired: is_over(hit, today),
        doubtful: hit.doubtful,
        audience: &hit.audience,
        added_by: hit.added.as_ref().map(|(who, _)| who.as_str()),
        added_on: hit.added.as_ref().map(|(_, day)| day.to_string()),
        related: RelatedOut {
            conditions: entries(&hit.related.conditions),
            drugs: entries(&hit.related.drugs),
            rules: entries(&hit.related.rules),
        },
        kind: hit.kind.id(),
        status: hit.status.map(Status::id),
        every_word: hit.every_word,
        score: (hit.score * 100.0).round() / 100.0,
    }
}

fn print(hit: &Hit, today: Day) {
    let source = hit.source_title.as_deref().unwrap_or("临床估计，无文献出处");
    let mut notes = vec![];
    if let Some(year) = hit.newer_edition {
        notes.push(format!("已有 {year} 年版"));
    }
    if let Some(last) = hit.valid_until.filter(|_| is_over(hit, today)) {
        notes.push(format!("已过有效期 {last}，请核对原文"));
    }
    if hit.doubtful {
        notes.push("说法未统一".to_owned());
    }
    if hit.status == Some(Status::Trial) {
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
    let added =
        hit.added.as_ref().map_or_else(String::new, |(who, day)| format!("，{who} 于 {day} 添加"));
    let valid = hit
        .valid_until
        .filter(|_| !is_over(hit, today))
        .map_or_else(String::new, |last| format!(" · 有效至 {last}"));
    out::line(&format!("    —— {source}{place}{valid}{added}  [{}]", hit.doc));
    let mut related: Vec<&str> = vec![];
    for entry in hit.related.all() {
        if related.len() < 8 && !related.contains(&entry.name.as_str()) {
            related.push(&entry.name);
        }
    }
    if !related.is_empty() {
        out::line(&format!("    相关：{}", related.join("、")));
    }
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
