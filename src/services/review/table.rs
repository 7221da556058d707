//! The review as a CSV table: one row a finding, safe to open in a spreadsheet.
use std::fmt::Write as _;

use crate::domain::rx::review::Reviewed;

/// A cell that no spreadsheet takes for a formula, quoted where needed.
pub fn cell(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let text = if risky { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// With a byte order mark, so that spreadsheets read the Chinese as UTF-8.
pub fn csv(sheets: &[Reviewed]) -> String {
    let mut out =
        String::from("\u{feff}处方号,日期,医师,药品,编码,级别,规则,问题,已写理由,双签\r\n");
    for one in sheets {
        let day = one.sheet.day.map(|d| d.to_string()).unwrap_or_default();
        for finding in &one.findings {
            let row = [
                cell(&one.sheet.id),
                cell(&day),
                cell(&one.sheet.doctor),
                cell(&one.sheet.lines.join("；")),
                // A code such as 1-2 must not become the second of January.
                format!("\"{}\u{a0}\"", finding.code),
                finding.tier.zh().to_owned(),
                cell(&finding.rule),
                cell(&finding.message),
                if finding.answered { "是" } else { "" }.to_owned(),
                cell(&finding.second),
            ];
            let _written = write!(out, "{}\r\n", row.join(","));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("@SUM(A1)"), "\"'@SUM(A1)\"");
        assert_eq!(cell("-5"), "\"'-5\"");
        assert_eq!(cell("阿莫西林,\"胶囊\""), "\"阿莫西林,\"\"胶囊\"\"\"");
        assert_eq!(cell("每次0.5g"), "每次0.5g");
    }
}
