//! Files that come in: CSV with named columns (unknown ones are refused by name), and scans one a line.
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::unreadable;
use crate::domain::age::Day;
use crate::services::failure::{Failure, Kind};

/// Scans from arguments, or one a line from a file (`-` = standard input).
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Scans {
    /// 扫到的码
    #[arg(value_name = "SCAN")]
    scan: Vec<String>,
    /// 从文件逐行读（- 为标准输入）
    #[arg(long, value_name = "FILE")]
    scans: Option<PathBuf>,
}

impl Scans {
    pub(super) fn all(&self) -> Result<Vec<String>, Failure> {
        let mut all = self.scan.clone();
        if let Some(path) = &self.scans {
            let bytes = bytes(path)?;
            let text = match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(raw) => raw.into_bytes().into_iter().map(char::from).collect(),
            };
            all.extend(
                text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned),
            );
        }
        Ok(all)
    }
}

pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = vec![];
    if path.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(path, &error))?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

/// One line of a table: its number in the file (the heading is 1) and its fields by name.
pub(super) struct Line {
    pub number: usize,
    fields: BTreeMap<String, String>,
    /// Not as many fields as columns, or no UTF-8: nothing of it is taken.
    fault: Option<String>,
}

/// Reads a CSV table whose columns are all known; a column may be left out.
pub(super) fn table(path: &Path, known: &[&str]) -> Result<Vec<Line>, Failure> {
    let bytes = bytes(path)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(bytes);
    let headings = reader.headers().map_err(|error| unreadable(path, &error))?.clone();
    if let Some(strange) = headings.iter().find(|heading| !known.contains(heading)) {
        return Err(Failure::new(
            Kind::User,
            format!("表头里有不认识的列“{strange}”。可用：{}。", known.join(" ")),
            format!("Unknown column {strange:?}. Known: {}.", known.join(" ")),
        ));
    }
    let mut lines = vec![];
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| unreadable(path, &error))? {
        let number = record.position().map_or(0, |at| at.line() as usize);
        let values: Vec<Option<&str>> =
            record.iter().map(|value| std::str::from_utf8(value).ok()).collect();
        let fault = if values.contains(&None) {
            Some(format!("第 {number} 行不是 UTF-8"))
        } else if values.len() != headings.len() {
            Some(format!("第 {number} 行有 {} 栏，表头有 {} 栏", values.len(), headings.len()))
        } else {
            None
        };
        let fields = headings
            .iter()
            .zip(values)
            .filter(|_| fault.is_none())
            .map(|(heading, value)| (heading.to_owned(), value.unwrap_or_default().to_owned()))
            .collect();
        lines.push(Line { number, fields, fault });
    }
    Ok(lines)
}

impl Line {
    pub(super) fn text(&self, name: &str) -> String {
        self.fields.get(name).cloned().unwrap_or_default()
    }

    pub(super) fn needed(&self, name: &str) -> Result<String, String> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let text = self.text(name);
        if text.is_empty() { Err(format!("第 {} 行缺 {name}", self.number)) } else { Ok(text) }
    }

    pub(super) fn number_of<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| format!("第 {} 行 {name}“{text}”不是数", self.number))
    }

    pub(super) fn day(&self, name: &str) -> Result<Option<Day>, String> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        Day::parse(&text).map(Some).ok_or_else(|| {
            format!("第 {} 行 {name}“{text}”不是日期（应如 2028-06-30）", self.number)
        })
    }

    /// `5.60` yuan -> 560.
    pub(super) fn fen(&self, name: &str) -> Result<Option<u32>, String> {
        let wrong =
            |text: &str| format!("第 {} 行 {name}“{text}”不是金额（应如 5.60）", self.number);
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let (yuan, rest) = text.split_once('.').unwrap_or((&text, ""));
        let fen: u32 = match rest.len() {
            0 => 0,
            1 => rest.parse::<u32>().map_err(|_| wrong(&text))? * 10,
            2 => rest.parse().map_err(|_| wrong(&text))?,
            _ => return Err(wrong(&text)),
        };
        let yuan: u32 = yuan.parse().map_err(|_| wrong(&text))?;
        yuan.checked_mul(100)
            .and_then(|all| all.checked_add(fen))
            .map(Some)
            .ok_or_else(|| wrong(&text))
    }
}

/// `CODE=UNITS`
pub(super) fn code_units(text: &str) -> Result<(String, u32), String> {
    let wrong = || "应写成 码=数量".to_owned();
    let (code, units) = text.rsplit_once('=').ok_or_else(wrong)?;
    Ok((code.trim().to_owned(), units.trim().parse().map_err(|_| wrong())?))
}

/// A day in an argument.
pub(super) fn day_arg(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "日期应如 2028-06-30".to_owned())
}
