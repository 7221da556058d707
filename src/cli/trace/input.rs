//! What comes in beside tables: scans one a line, days and units in arguments.
use std::io::Read;
use std::path::{Path, PathBuf};

use super::unreadable;
use crate::domain::age::Day;
use crate::services::failure::Failure;

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
