//! `xinglin trace parse`: reads of a scanner, from arguments or line by line, as text or NDJSON `{"id","scan"}`.
use std::io::BufRead;

use serde::{Deserialize, Serialize};

use crate::cli::desk::Place;
use crate::cli::{exit, out};
use crate::domain::trace::code::{Fault, MakerForm, Scan, read_all};
use crate::domain::words::Lang;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 扫描枪读到的内容；不写则从标准输入逐行读
    #[arg(value_name = "SCAN")]
    scans: Vec<String>,
    /// 厂家自有码：前缀:长度，可多次
    #[arg(long, value_name = "PREFIX:LENGTH", value_parser = maker_form)]
    maker: Vec<MakerForm>,
    /// 每个读数一个 JSON（标准输入时总是如此）
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScanIn {
    #[serde(default)]
    id: serde_json::Value,
    scan: String,
}

#[derive(Debug, Serialize)]
struct ElementOut<'a> {
    ai: &'a str,
    title: &'static str,
    value: &'a str,
}

#[derive(Debug, Serialize)]
struct ScanOut<'a> {
    id: &'a serde_json::Value,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    symbol: &'static str,
    gtin: Option<&'a str>,
    serial: Option<&'a str>,
    lot: Option<&'a str>,
    made: Option<String>,
    expiry: Option<String>,
    elements: Vec<ElementOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Debug, Serialize)]
struct ErrorOut {
    line: usize,
    error: String,
}

/// `ZY:12`
pub(super) fn maker_form(text: &str) -> Result<MakerForm, String> {
    let wrong = || "应写成 前缀:长度，如 ZY:12".to_owned();
    let (prefix, length) = text.rsplit_once(':').ok_or_else(wrong)?;
    let length = length.parse().map_err(|_| wrong())?;
    if prefix.len() < 2 || !(8..=60).contains(&length) {
        return Err("前缀至少 2 个字符，长度 8 到 60".to_owned());
    }
    Ok(MakerForm { prefix: prefix.to_owned(), length })
}

pub fn run(args: &Args, place: &Place) -> u8 {
    let mut all_good = true;
    if !args.scans.is_empty() {
        for scan in &args.scans {
            for read in read_all(scan, &args.maker) {
                all_good &= read.is_ok();
                say(&serde_json::Value::Null, &read, (args.json, place));
            }
        }
        return if all_good { exit::DONE } else { exit::FINDINGS };
    }
    let mut bytes = vec![];
    let mut input = std::io::stdin().lock();
    for number in 1.. {
        bytes.clear();
        match input.read_until(b'\n', &mut bytes) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                out::note(&format!("标准输入读不出来：{error}。前 {} 行已经处理。", number - 1));
                return exit::REFUSED;
            }
        }
        match line(&bytes) {
            Ok(None) => {}
            Ok(Some(ScanIn { id, scan })) => {
                for read in read_all(&scan, &args.maker) {
                    all_good &= read.is_ok();
                    say(&id, &read, (true, place));
                }
            }
            Err(error) => {
                all_good = false;
                out::json(&ErrorOut { line: number, error });
            }
        }
    }
    if all_good { exit::DONE } else { exit::FINDINGS }
}

/// A line that begins with `{"` is NDJSON; `{GS}` at the start is a scan.
fn line(bytes: &[u8]) -> Result<Option<ScanIn>, String> {
    // Scanners send bytes that are no UTF-8 (F8 for the separator): read as Latin-1 then.
    let text = match str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let text = text.trim_start_matches('\u{feff}').trim_matches(['\r', '\n', ' ', '\t']);
    if text.is_empty() {
        return Ok(None);
    }
    if !text.starts_with("{\"") {
        return Ok(Some(ScanIn { id: serde_json::Value::Null, scan: text.to_owned() }));
    }
    serde_json::from_str(text)
        .map(Some)
        .map_err(|error| format!("不是 {{\"id\",\"scan\"}}：{error}"))
}

fn say(id: &serde_json::Value, read: &Result<Scan, Fault>, (json, place): (bool, &Place)) {
    if json {
        out::json(&scan_out(id, read, place.lang()));
        return;
    }
    match read {
        Ok(scan) => {
            out::line(&format!("{}  {}  {}", scan.code, scan.code.kind().id(), scan.symbol.name()));
            for element in &scan.elements {
                out::line(&format!("  ({}) {}  {}", element.ai, element.value, element.title));
            }
        }
        Err(fault) => out::line(&format!("✗ {}", fault.words().pick(place.lang()))),
    }
}

fn scan_out<'a>(
    id: &'a serde_json::Value,
    read: &'a Result<Scan, Fault>,
    lang: Lang,
) -> ScanOut<'a> {
    let scan = read.as_ref().ok();
    let fault = read.as_ref().err();
    let elements = match read {
        Ok(scan) => scan.elements.as_slice(),
        Err(Fault::NoSerial { elements }) => elements.as_slice(),
        Err(_) => &[],
    };
    ScanOut {
        id,
        ok: scan.is_some(),
        kind: scan.map(|scan| scan.code.kind().id()),
        code: scan.map(|scan| scan.code.as_str()),
        symbol: scan.map_or("", |scan| scan.symbol.name()),
        gtin: scan.and_then(|scan| scan.gtin.as_deref()),
        serial: scan.and_then(|scan| scan.serial.as_deref()),
        lot: scan.and_then(|scan| scan.lot.as_deref()),
        made: scan.and_then(|scan| scan.made).map(|day| day.to_string()),
        expiry: scan.and_then(|scan| scan.expiry).map(|day| day.to_string()),
        elements: elements
            .iter()
            .map(|e| ElementOut { ai: &e.ai, title: e.title, value: &e.value })
            .collect(),
        fault: fault.map(Fault::id),
        message: fault.map(|fault| fault.words().pick(lang).to_owned()),
    }
}
