//! DOCX: `word/document.xml` of a zip, read as a stream. Nothing is written to disk, so no name in the zip can lead anywhere.
use std::{
    collections::HashMap,
    io::{Cursor, Read},
};

use quick_xml::{Reader, events::Event};
use zip::ZipArchive;

use super::{DocumentError, LARGEST_PART, lines::Collected};
use crate::domain::local_document::ReadDocument;

const MOST_ENTRIES: usize = 10_000;
const DEEPEST: usize = 256;
/// Text of a real paper shrinks by less than this.
const MOST_SHRUNK: u64 = 400;

pub(super) fn read(bytes: &[u8]) -> Result<ReadDocument, DocumentError> {
    let damaged = |_| DocumentError::Damaged("不是完整的 DOCX".into());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MOST_ENTRIES {
        return Err(DocumentError::TooLarge(format!("压缩包里有 {} 个文件", archive.len())));
    }
    let body = part(&mut archive, "word/document.xml")?.ok_or(DocumentError::UnknownFormat)?;
    let styles = match part(&mut archive, "word/styles.xml")? {
        Some(xml) => heading_styles(&xml),
        None => HashMap::new(),
    };
    paragraphs(&body, &styles)
}

/// One part as text; `None` = not in the zip. The size it claims is not believed.
fn part(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
) -> Result<Option<String>, DocumentError> {
    let entry = match archive.by_name(name) {
        Ok(entry) => entry,
        Err(zip::result::ZipError::FileNotFound) => return Ok(None),
        Err(zip::result::ZipError::UnsupportedArchive(_)) => return Err(DocumentError::Encrypted),
        Err(_) => return Err(DocumentError::Damaged("DOCX 内的文件".into())),
    };
    let packed = entry.compressed_size().max(1);
    let mut xml = vec![];
    entry
        .take(LARGEST_PART + 1)
        .read_to_end(&mut xml)
        .map_err(|_| DocumentError::Damaged("DOCX 解压".into()))?;
    let size = xml.len() as u64;
    if size > LARGEST_PART || (size > 1 << 20 && size / packed > MOST_SHRUNK) {
        return Err(DocumentError::TooLarge("解压后过大，疑似压缩炸弹".into()));
    }
    String::from_utf8(xml).map(Some).map_err(|_| DocumentError::Damaged("DOCX 不是 UTF-8".into()))
}

/// Style id -> level, for styles that are named `heading 1` … or `标题 1` …
fn heading_styles(xml: &str) -> HashMap<String, usize> {
    let mut styles = HashMap::new();
    let mut reader = Reader::from_str(xml);
    let mut id = String::new();
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                "style" => id = attribute(&tag, "styleId").unwrap_or_default(),
                "name" => {
                    let name = attribute(&tag, "val").unwrap_or_default().to_lowercase();
                    if let Some(level) = named_level(&name) {
                        styles.insert(id.clone(), level);
                    }
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    styles
}

fn named_level(name: &str) -> Option<usize> {
    if name == "title" || name == "标题" {
        return Some(1);
    }
    let rest = ["heading", "标题"].into_iter().find_map(|word| name.strip_prefix(word))?;
    rest.trim().parse().ok().filter(|level| (1..=9).contains(level)).map(|level: usize| level + 1)
}

fn attribute(tag: &quick_xml::events::BytesStart<'_>, name: &str) -> Option<String> {
    tag.attributes()
        .filter_map(Result::ok)
        .find(|a| a.key.local_name().as_ref() == name)
        .map(|a| a.value.into_owned())
}

fn paragraphs(xml: &str, styles: &HashMap<String, usize>) -> Result<ReadDocument, DocumentError> {
    let mut reader = Reader::from_str(xml);
    let mut collected = Collected::default();
    let (mut open, mut row) = (String::new(), Vec::<String>::new());
    let (mut level, mut depth, mut rows_open, mut in_text) = (None, 0_usize, 0_usize, false);
    loop {
        let event = reader
            .read_event()
            .map_err(|error| DocumentError::Damaged(format!("DOCX 的 XML（{error}）")))?;
        match event {
            Event::Start(tag) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(DocumentError::TooLarge("XML 嵌套过深".into()));
                }
                match tag.local_name().as_ref() {
                    "t" => in_text = true,
                    "tr" => rows_open += 1,
                    _ => {}
                }
            }
            Event::Empty(tag) => match tag.local_name().as_ref() {
                "pStyle" => {
                    let id = attribute(&tag, "val").unwrap_or_default();
                    level = styles.get(&id).copied().or_else(|| named_level(&id.to_lowercase()));
                }
                "outlineLvl" => {
                    let own = attribute(&tag, "val").and_then(|v| v.parse::<usize>().ok());
                    level = level.or(own.filter(|l| *l < 9).map(|l| l + 2));
                }
                "tab" | "br" | "cr" => open.push(' '),
                _ => {}
            },
            Event::Text(text) if in_text => open.push_str(&text.xml10_content()),
            Event::CData(text) if in_text => open.push_str(&text.xml10_content()),
            // No DTD is read: only the five names of XML and numbers mean anything.
            Event::GeneralRef(name) if in_text => match name.resolve_char_ref() {
                Ok(Some(c)) => open.push(c),
                _ => open.push_str(match name.as_ref() {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "quot" => "\"",
                    "apos" => "'",
                    _ => "",
                }),
            },
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                match tag.local_name().as_ref() {
                    "t" => in_text = false,
                    "p" if rows_open > 0 => open.push(' '),
                    "p" => {
                        let text = std::mem::take(&mut open);
                        match level.take().or_else(|| super::lines::heading_level(&text)) {
                            Some(level) => collected.heading(level, &text),
                            None => collected.paragraph(&text),
                        }
                    }
                    "tc" => {
                        row.push(super::lines::tidy(&std::mem::take(&mut open)));
                        level = None;
                    }
                    "tr" => {
                        rows_open = rows_open.saturating_sub(1);
                        row.retain(|cell| !cell.is_empty());
                        collected.paragraph(&std::mem::take(&mut row).join("｜"));
                    }
                    _ => {}
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(collected.into_document())
}
