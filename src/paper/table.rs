//! A table as CSV, HTML and XLSX, for a township that wants its numbers in its own program.
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// One cell: words stay words, numbers stay numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Words(String),
    Whole(i64),
    /// A share, 0 to 1; empty when there is nothing to divide by.
    Share(Option<f64>),
}

impl Cell {
    pub fn words(text: impl Into<String>) -> Self {
        Self::Words(text.into())
    }

    fn shown(&self) -> String {
        match self {
            Self::Words(text) => text.clone(),
            Self::Whole(n) => n.to_string(),
            Self::Share(None) => "—".to_owned(),
            Self::Share(Some(share)) => format!("{:.1}%", share * 100.0),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Table {
    pub title: String,
    /// Said under the title: the period, how it was counted.
    pub note: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// A spreadsheet runs a text that begins like a formula; an apostrophe in front keeps it a text.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// With a byte order mark, so that spreadsheets read Chinese.
pub fn csv(table: &Table) -> String {
    let quote = |text: &str| {
        let text = guarded(text);
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    let mut out = String::from("\u{feff}");
    let mut line = |cells: Vec<String>| {
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    };
    line(table.columns.iter().map(|c| quote(c)).collect());
    for row in &table.rows {
        line(row.iter().map(|cell| quote(&cell.shown())).collect());
    }
    out
}

pub fn html(tables: &[Table]) -> String {
    let escape = |text: &str| {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    };
    let mut out = vec![String::from(
        "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\"><style>body{font-family:sans-serif}\
         table{border-collapse:collapse;margin-bottom:2em}td,th{border:1px solid #888;padding:3px 8px}</style>\n",
    )];
    for table in tables {
        out.push(format!(
            "<h2>{}</h2><p>{}</p>\n<table><tr>",
            escape(&table.title),
            escape(&table.note)
        ));
        for column in &table.columns {
            out.push(format!("<th>{}</th>", escape(column)));
        }
        out.push("</tr>\n".to_owned());
        for row in &table.rows {
            let cells: String =
                row.iter().map(|c| format!("<td>{}</td>", escape(&c.shown()))).collect();
            out.push(format!("<tr>{cells}</tr>\n"));
        }
        out.push("</table>\n".to_owned());
    }
    out.push("</html>\n".to_owned());
    out.concat()
}

/// One sheet a table. Words are written as strings, so nothing in them is ever run.
pub fn xlsx(tables: &[Table]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let percent = Format::new().set_num_format("0.0%");
    for table in tables {
        let sheet = book.add_worksheet();
        sheet.set_name(sheet_name(&table.title))?;
        sheet.write_string_with_format(0, 0, &table.title, &bold)?;
        sheet.write_string(1, 0, &table.note)?;
        for (column, name) in (0_u16..).zip(&table.columns) {
            sheet.write_string_with_format(2, column, name, &bold)?;
        }
        for (row, cells) in (3_u32..).zip(&table.rows) {
            for (column, cell) in (0_u16..).zip(cells) {
                match cell {
                    Cell::Words(text) => sheet.write_string(row, column, text)?,
                    Cell::Whole(n) => sheet.write_number(row, column, *n as f64)?,
                    Cell::Share(Some(share)) => {
                        sheet.write_number_with_format(row, column, *share, &percent)?
                    }
                    Cell::Share(None) => sheet.write_string(row, column, "—")?,
                };
            }
        }
    }
    book.save_to_buffer()
}

fn sheet_name(title: &str) -> String {
    let clean: String =
        title.chars().filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\')).collect();
    clean.chars().take(31).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        Table {
            title: "指标 2026Q4".to_owned(),
            note: String::new(),
            columns: vec!["村".to_owned(), "率".to_owned()],
            rows: vec![vec![Cell::words(text), Cell::Share(Some(0.5))]],
        }
    }

    #[test]
    fn a_text_that_looks_like_a_formula_stays_a_text() {
        for text in ["=1+1", "+86", "-1", "@x", "\t=1"] {
            assert!(csv(&table(text)).contains(&format!("'{text}")), "{text}");
        }
        assert!(csv(&table("柳溪村")).contains("\r\n柳溪村,50.0%\r\n"));
        assert!(csv(&table("a,\"b\"")).contains("\"a,\"\"b\"\"\""));
    }

    #[test]
    fn html_shows_tags_as_words() {
        assert!(html(&[table("<script>")]).contains("&lt;script&gt;"));
    }

    #[test]
    fn a_workbook_is_a_zip_that_holds_the_words_as_strings() {
        let bytes = xlsx(&[table("=1+1")]).unwrap();
        assert!(bytes.starts_with(b"PK"));
    }
}
