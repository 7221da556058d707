//! The clinic's own papers: bytes of a PDF, DOCX, HTML, Markdown or text file -> paragraphs with their place.
//!
//! Everything here may be fed hostile files. `services::intake` runs it in a child process with limits on memory and time.
mod docx;
mod html;
mod lines;
mod markdown;
mod pdf;
mod text;

pub(super) use text::decode as decode_text;

use crate::domain::{
    catalog::guideline::Paragraph,
    cleaning::{LINE_MAX, clean_line},
    local_document::{ReadDocument, year_in},
};

/// The largest file that is looked at.
pub const LARGEST_FILE: u64 = 50 << 20;
/// What a part of a DOCX may unpack to.
const LARGEST_PART: u64 = 64 << 20;
/// Text beyond this is not a paper that anybody reads.
const MOST_CHARS: usize = 3_000_000;
const MOST_PARAGRAPHS: usize = 20_000;

/// Why a file was not taken in. The file itself is never changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    #[error("不认识的文件类型。可导入 PDF、DOCX、HTML、Markdown、纯文本")]
    UnknownFormat,
    #[error("旧版 Word（.doc）读不了。请在 Word 或 WPS 里另存为 .docx 再导入")]
    OldWord,
    #[error(
        "扫描件，没有文字层（{pages} 页只读到 {chars} 个字）。请先做文字识别（OCR）再导入，或找文字版"
    )]
    Scanned { pages: usize, chars: usize },
    #[error("文件有密码。请解除密码后再导入")]
    Encrypted,
    #[error("读出来的是乱码（字体或编码损坏）。请换一份文件，或另存为文本再导入")]
    Garbled,
    #[error("文字编码认不出（不是 UTF-8、UTF-16 或 GB18030）。请另存为 UTF-8 再导入")]
    Encoding,
    #[error("文件损坏：{0}。请换一份文件")]
    Damaged(String),
    #[error("文件超出限制：{0}。请拆成几份再导入")]
    TooLarge(String),
    #[error("文件里没有文字")]
    Empty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Pdf,
    Docx,
    Html,
    Markdown,
    Text,
}

impl Format {
    pub const fn id(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Text => "text",
        }
    }

    /// By the end of the name; `None` = not one that is taken.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        Some(match end.to_ascii_lowercase().as_str() {
            "pdf" => Self::Pdf,
            "docx" => Self::Docx,
            "htm" | "html" | "xhtml" => Self::Html,
            "md" | "markdown" => Self::Markdown,
            "txt" | "text" => Self::Text,
            _ => return None,
        })
    }
}

/// What the bytes are, whatever the name says: a PDF that is called .txt is still a PDF.
fn format(name: &str, bytes: &[u8]) -> Result<Format, DocumentError> {
    let start = &bytes[..bytes.len().min(1024)];
    if start.windows(5).any(|w| w == b"%PDF-") {
        return Ok(Format::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Format::Docx);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(DocumentError::OldWord);
    }
    match Format::of_name(name) {
        Some(Format::Pdf) => Err(DocumentError::Damaged("没有 PDF 文件头".into())),
        Some(Format::Docx) => Err(DocumentError::Damaged("没有 DOCX 文件头".into())),
        Some(format) => Ok(format),
        None => Err(DocumentError::UnknownFormat),
    }
}

/// Reads a whole file. `name` is its file name, without folders.
pub fn read(name: &str, bytes: &[u8]) -> Result<ReadDocument, DocumentError> {
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(DocumentError::TooLarge(format!("大于 {} MB", LARGEST_FILE >> 20)));
    }
    let format = format(name, bytes)?;
    let mut read = match format {
        Format::Pdf => pdf::read(bytes)?,
        Format::Docx => docx::read(bytes)?,
        Format::Html => html::read(&text::decode_html(bytes)?),
        Format::Markdown => markdown::read(&text::decode(bytes)?),
        Format::Text => lines::read_text(&text::decode(bytes)?),
    };
    format.id().clone_into(&mut read.format);
    let chars: usize = read.paragraphs.iter().map(|p| p.text.chars().count()).sum();
    if chars == 0 {
        return Err(DocumentError::Empty);
    }
    if chars > MOST_CHARS || read.paragraphs.len() > MOST_PARAGRAPHS {
        return Err(DocumentError::TooLarge(format!(
            "{} 万字、{} 段",
            chars / 10_000,
            read.paragraphs.len()
        )));
    }
    if lines::is_garbled(&read.paragraphs) {
        return Err(DocumentError::Garbled);
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if read.title.trim().is_empty() {
        stem.clone_into(&mut read.title);
    }
    read.title = clean_line(&read.title, LINE_MAX).text;
    read.year =
        year_in(&read.title).or_else(|| year_in(stem)).or_else(|| dated_line(&read.paragraphs));
    Ok(read)
}

/// The year of a short line that is a date (`2024年5月`, `成文日期：2024年5月8日`), as papers carry it under the title or at
/// the end.
fn dated_line(paragraphs: &[Paragraph]) -> Option<i16> {
    let last = paragraphs.len().saturating_sub(3).max(8);
    let edges = paragraphs.iter().take(8).chain(paragraphs.iter().skip(last));
    let mut dates = edges.filter(|p| p.text.chars().count() <= 24 && p.text.contains('年'));
    dates.find_map(|p| year_in(&p.text))
}

#[cfg(test)]
mod tests;
