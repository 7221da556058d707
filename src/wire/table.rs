//! A table that someone sends: CSV (UTF-8, UTF-16 with its mark, GB18030; comma, semicolon or tab) or the first sheet
//! of an XLSX. Cells come out as text; what a spreadsheet has spoilt is marked, never guessed.
use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::WireError;
use super::document::decode_text;

const FORMAT: &str = "table";
pub const MOST_BYTES: u64 = 50 * 1024 * 1024;
const MOST_PART: u64 = 200 * 1024 * 1024;
const MOST_SHRUNK: u64 = 400;
const MOST_ROWS: usize = 200_000;
const MOST_COLUMNS: usize = 256;
/// Whole numbers above it have lost digits in a spreadsheet.
const EXACT: f64 = 1e15;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub headings: Vec<String>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// In the file, the heading is 1.
    pub line: usize,
    pub cells: Vec<String>,
}

/// Reads a table; empty rows are passed over.
pub fn read(bytes: &[u8]) -> Result<Table, WireError> {
    if bytes.len() as u64 > MOST_BYTES {
        let bytes = bytes.len() as u64;
        return Err(WireError::TooBig { format: FORMAT, bytes, most: MOST_BYTES });
    }
    let mut rows = match bytes {
        [b'P', b'K', 3, 4, ..] => xlsx(bytes)?,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            return Err(wrong("这是旧的 .xls；请另存为 .xlsx 或 .csv"));
        }
        _ => csv(bytes)?,
    };
    rows.retain(|row| row.cells.iter().any(|cell| !cell.is_empty()));
    if rows.is_empty() {
        return Err(wrong("文件是空的"));
    }
    let mut headings = rows.remove(0).cells;
    while headings.last().is_some_and(String::is_empty) {
        headings.pop();
    }
    for row in &mut rows {
        while row.cells.len() > headings.len() && row.cells.last().is_some_and(String::is_empty) {
            row.cells.pop();
        }
    }
    Ok(Table { headings, rows })
}

fn wrong(what: impl Into<String>) -> WireError {
    WireError::unreadable(FORMAT, what)
}

fn csv(bytes: &[u8]) -> Result<Vec<Row>, WireError> {
    let text =
        decode_text(bytes).map_err(|_| wrong("编码认不出；请存为 UTF-8 或 GB18030（GBK）"))?;
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let many = |mark: char| first.matches(mark).count();
    let delimiter = [',', '\t', ';'].into_iter().max_by_key(|mark| (many(*mark), *mark == ','));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter.unwrap_or(',') as u8)
        .from_reader(text.as_bytes());
    let mut rows = vec![];
    for record in reader.records() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        if rows.len() >= MOST_ROWS {
            return Err(wrong(format!("超过 {MOST_ROWS} 行，请分成几个文件")));
        }
        // Empty lines before a record are passed over, and counted all the same.
        let line = record.position().map_or(0, |at| {
            let rest = text.as_bytes().get(at.byte() as usize..).unwrap_or_default();
            let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
            at.line() as usize + blank.filter(|byte| **byte == b'\n').count()
        });
        rows.push(Row { line, cells: record.iter().map(plain).collect() });
    }
    Ok(rows)
}

/// A cell without the guard against formulas (`="…"`, a leading quote) that spreadsheets put around long numbers.
fn plain(cell: &str) -> String {
    let cell = cell.trim();
    let cell = cell
        .strip_prefix("=\"")
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or_else(|| cell.strip_prefix('\'').unwrap_or(cell));
    cell.trim().to_owned()
}

fn xlsx(bytes: &[u8]) -> Result<Vec<Row>, WireError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| wrong("XLSX 不完整"))?;
    let book = part(&mut archive, "xl/workbook.xml")?
        .ok_or_else(|| wrong("这不是 XLSX（也许是别的压缩文件）"))?;
    if book.contains("date1904=\"1\"") || book.contains("date1904=\"true\"") {
        return Err(wrong("表格用的是 1904 日期系统，日期会差四年；请另存为 CSV"));
    }
    let sheet = sheet_name(&archive).ok_or_else(|| wrong("XLSX 里没有工作表"))?;
    let sheet = part(&mut archive, &sheet)?.unwrap_or_default();
    let shared = match part(&mut archive, "xl/sharedStrings.xml")? {
        Some(xml) => shared_strings(&xml)?,
        None => vec![],
    };
    sheet_rows(&sheet, &shared)
}

fn sheet_name(archive: &ZipArchive<Cursor<&[u8]>>) -> Option<String> {
    let mut names: Vec<String> = archive
        .file_names()
        .flatten()
        .filter(|name| name.starts_with("xl/worksheets/") && name.ends_with(".xml"))
        .map(std::borrow::Cow::into_owned)
        .collect();
    names.sort_by_key(|name| (name.len(), name.clone()));
    names.into_iter().next()
}

/// The size that a part claims is not believed.
fn part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Option<String>, WireError> {
    let entry = match archive.by_name(name) {
        Ok(entry) => entry,
        Err(zip::result::ZipError::FileNotFound) => return Ok(None),
        Err(_) => return Err(wrong("XLSX 打不开（损坏或有密码）")),
    };
    let packed = entry.compressed_size().max(1);
    let mut xml = vec![];
    entry.take(MOST_PART + 1).read_to_end(&mut xml).map_err(|_| wrong("XLSX 不完整"))?;
    let size = xml.len() as u64;
    if size > MOST_PART || (size > 1 << 20 && size / packed > MOST_SHRUNK) {
        return Err(wrong("解压后过大，疑似压缩炸弹"));
    }
    String::from_utf8(xml).map(Some).map_err(|_| wrong("XLSX 不是 UTF-8"))
}

fn shared_strings(xml: &str) -> Result<Vec<String>, WireError> {
    let mut reader = Reader::from_str(xml);
    let (mut all, mut text, mut inside, mut reading) = (vec![], String::new(), false, 0_u32);
    loop {
        match reader.read_event().map_err(|error| wrong(error.to_string()))? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "si" => text.clear(),
                "t" => inside = reading == 0,
                // How it is pronounced is no part of it.
                "rPh" => reading += 1,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "si" => all.push(std::mem::take(&mut text)),
                "t" => inside = false,
                "rPh" => reading = reading.saturating_sub(1),
                _ => {}
            },
            Event::Empty(tag) if tag.local_name().as_ref() == "si" => all.push(String::new()),
            Event::Text(piece) if inside => text.push_str(&piece.xml10_content()),
            Event::CData(piece) if inside => text.push_str(&piece.xml10_content()),
            Event::GeneralRef(name) if inside => text.push_str(&entity(name.as_ref())),
            Event::Eof => return Ok(all),
            _ => {}
        }
    }
}

fn entity(name: &str) -> String {
    let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    });
    match (name, number) {
        ("lt", _) => "<".to_owned(),
        ("gt", _) => ">".to_owned(),
        ("amp", _) => "&".to_owned(),
        ("quot", _) => "\"".to_owned(),
        ("apos", _) => "'".to_owned(),
        (_, Some(number)) => char::from_u32(number).map(String::from).unwrap_or_default(),
        _ => String::new(),
    }
}

/// A cell while it is read.
#[derive(Default)]
struct Cell {
    column: usize,
    kind: String,
    text: String,
}

fn sheet_rows(xml: &str, shared: &[String]) -> Result<Vec<Row>, WireError> {
    let mut reader = Reader::from_str(xml);
    let mut rows: Vec<Row> = vec![];
    let (mut row, mut cell, mut inside) = (Row::default(), Cell::default(), false);
    loop {
        match reader.read_event().map_err(|error| wrong(error.to_string()))? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "row" => {
                    let line = attribute(&tag, "r").and_then(|r| r.parse().ok());
                    row = Row { line: line.unwrap_or(rows.len() + 1), cells: vec![] };
                }
                "c" => cell = begin(&tag, row.cells.len()),
                "v" | "t" => inside = true,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "v" | "t" => inside = false,
                "c" => put(&mut row, &cell, shared)?,
                "row" => {
                    if rows.len() >= MOST_ROWS {
                        return Err(wrong(format!("超过 {MOST_ROWS} 行，请分成几个文件")));
                    }
                    rows.push(std::mem::take(&mut row));
                }
                _ => {}
            },
            Event::Text(piece) if inside => cell.text.push_str(&piece.xml10_content()),
            Event::CData(piece) if inside => cell.text.push_str(&piece.xml10_content()),
            Event::GeneralRef(name) if inside => cell.text.push_str(&entity(name.as_ref())),
            Event::Eof => return Ok(rows),
            _ => {}
        }
    }
}

fn begin(tag: &BytesStart<'_>, next: usize) -> Cell {
    let column = attribute(tag, "r").and_then(|at| column(&at)).unwrap_or(next);
    Cell { column, kind: attribute(tag, "t").unwrap_or_default(), text: String::new() }
}

fn put(row: &mut Row, cell: &Cell, shared: &[String]) -> Result<(), WireError> {
    if cell.column >= MOST_COLUMNS {
        return Err(wrong(format!("第 {} 行超过 {MOST_COLUMNS} 列", row.line)));
    }
    let text = match cell.kind.as_str() {
        "s" => cell
            .text
            .trim()
            .parse::<usize>()
            .ok()
            .and_then(|at| shared.get(at).cloned())
            .ok_or_else(|| wrong(format!("第 {} 行的文字找不到，XLSX 不完整", row.line)))?,
        "" | "n" => number(cell.text.trim()),
        "b" => if cell.text.trim() == "1" { "1" } else { "0" }.to_owned(),
        _ => cell.text.clone(),
    };
    if row.cells.len() <= cell.column {
        row.cells.resize(cell.column + 1, String::new());
    }
    if let Some(place) = row.cells.get_mut(cell.column) {
        *place = plain(&text);
    }
    Ok(())
}

/// `5.5999999999999996` is 5.6; a whole number too long for a spreadsheet stays marked as such: `8.123456E19`.
fn number(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(value) if value.abs() >= EXACT => format!("{value:E}"),
        Ok(value) => value.to_string(),
        Err(_) => text.to_owned(),
    }
}

/// `AB12` -> 27
fn column(at: &str) -> Option<usize> {
    let letters = at.bytes().take_while(u8::is_ascii_uppercase).take(3);
    letters
        .map(|letter| usize::from(letter - b'A') + 1)
        .reduce(|all, letter| all * 26 + letter)
        .map(|column| column - 1)
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|a| a.key.local_name().as_ref() == name)?;
    Some(found.value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(table: &Table) -> Vec<Vec<&str>> {
        table.rows.iter().map(|row| row.cells.iter().map(String::as_str).collect()).collect()
    }

    #[test]
    fn the_same_table_is_read_in_every_encoding_and_with_every_mark_between_cells() {
        let text = "编号,名称\n甲1,\"阿莫西林, 胶囊\"\n\n乙2,=\"00812\"\n";
        let want = [vec!["甲1", "阿莫西林, 胶囊"], vec!["乙2", "00812"]];
        let (gb, ..) = encoding_rs::GB18030.encode(text);
        let bom = format!("\u{feff}{text}");
        for bytes in [text.as_bytes(), gb.as_ref(), bom.as_bytes()] {
            let table = read(bytes).unwrap();
            assert_eq!(table.headings, ["编号", "名称"]);
            assert_eq!(cells(&table), want);
            assert_eq!(table.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
        }
        let table = read("a\tb\n1\t2\n".as_bytes()).unwrap();
        assert_eq!(cells(&table), [["1", "2"]]);
    }

    #[test]
    fn what_is_no_table_is_refused_with_a_reason() {
        let says = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(says(b"").contains("空"));
        assert!(says(&[0xd0, 0xcf, 0x11, 0xe0, 0]).contains(".xls"));
        assert!(says(&[b'P', b'K', 3, 4, 0, 0]).contains("XLSX"));
        assert!(says(&[0xff, 0x80, 0x81]).contains("编码"));
    }

    #[test]
    fn a_spreadsheet_gives_text_numbers_and_marks_codes_it_has_spoilt() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (at, heading) in ["编号", "单价", "追溯码", "有效期"].iter().enumerate() {
            sheet.write(0, at as u16, *heading).unwrap();
        }
        sheet.write(2, 0, "甲 <1> & \"2\"").unwrap();
        sheet.write(2, 1, 5.6).unwrap();
        sheet.write(2, 2, 81_234_560_000_000_000_001_f64).unwrap();
        sheet.write(2, 3, 46_934).unwrap();
        sheet.write(3, 2, "81234560000000000001").unwrap();
        let table = read(&book.save_to_buffer().unwrap()).unwrap();
        assert_eq!(table.headings, ["编号", "单价", "追溯码", "有效期"]);
        assert_eq!(
            cells(&table),
            [
                vec!["甲 <1> & \"2\"", "5.6", "8.123456E19", "46934"],
                vec!["", "", "81234560000000000001"],
            ]
        );
        assert_eq!(table.rows[0].line, 3);
    }

    #[test]
    fn columns_are_counted_in_letters() {
        assert_eq!(
            [column("A1"), column("Z9"), column("AB12"), column("7")],
            [Some(0), Some(25), Some(27), None]
        );
    }
}
