//! PDF: the text layer, page by page. A page that cannot be read is counted, not fatal; no text layer is said plainly.
use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_extract::{Document, PlainTextOutput, output_doc_page};

use super::{
    DocumentError, MOST_CHARS,
    lines::{Collected, add_lines},
};
use crate::domain::local_document::ReadDocument;

const MOST_PAGES: usize = 2000;
/// Fewer characters a page than this on average: pictures of pages, not text.
const LEAST_CHARS_A_PAGE: usize = 15;

pub(super) fn read(bytes: &[u8]) -> Result<ReadDocument, DocumentError> {
    let document = guarded(|| Document::load_mem(bytes))
        .ok_or_else(|| DocumentError::Damaged("PDF 结构".into()))?
        .map_err(|error| {
            let what = error.to_string();
            if what.to_lowercase().contains("password") || what.to_lowercase().contains("decrypt") {
                DocumentError::Encrypted
            } else {
                DocumentError::Damaged("PDF 结构".into())
            }
        })?;
    let mut document = document;
    if document.is_encrypted() {
        let opened = guarded(|| document.decrypt("")).is_some_and(|r| r.is_ok());
        if !opened {
            return Err(DocumentError::Encrypted);
        }
    }
    let pages = guarded(|| document.get_pages().len())
        .ok_or_else(|| DocumentError::Damaged("PDF 页目录".into()))?;
    if pages == 0 {
        return Err(DocumentError::Damaged("没有页".into()));
    }
    if pages > MOST_PAGES {
        return Err(DocumentError::TooLarge(format!("{pages} 页")));
    }
    let mut collected = Collected::default();
    let (mut unread, mut chars) = (0, 0);
    for number in 1..=pages as u32 {
        let Some(text) = guarded(|| page(&document, number)).flatten() else {
            unread += 1;
            continue;
        };
        chars += text.chars().filter(|c| !c.is_whitespace()).count();
        if chars > MOST_CHARS {
            return Err(DocumentError::TooLarge("字数".into()));
        }
        collected.at(format!("第{number}页"));
        add_page(&mut collected, &text);
    }
    let readable = pages - unread;
    if readable == 0 {
        return Err(DocumentError::Damaged("每一页都读不出来".into()));
    }
    if chars < readable * LEAST_CHARS_A_PAGE {
        return Err(DocumentError::Scanned { pages, chars });
    }
    let mut read = collected.into_document();
    (read.pages, read.unread_pages) = (pages as u32, unread as u32);
    Ok(read)
}

/// The library panics on some damaged fonts; this page is lost then, not the paper.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn page(document: &Document, number: u32) -> Option<String> {
    let mut text = String::new();
    let mut output = PlainTextOutput::new(&mut text);
    output_doc_page(document, &mut output, number).ok()?;
    Some(text)
}

/// Page numbers and the like are no paragraphs; the first short line of the paper is its title.
fn add_page(collected: &mut Collected, text: &str) {
    for block in text.split("\n\n").map(str::trim).filter(|b| !b.is_empty()) {
        let number = block.trim_matches(|c: char| !c.is_alphanumeric());
        if number.len() <= 4 && number.bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        let (line, rest) = block.split_once('\n').unwrap_or((block, ""));
        let short = line.chars().count() <= 60 && !line.trim_end().ends_with(['。', '；', '，']);
        if collected.title.is_empty() && collected.paragraphs.is_empty() && short {
            collected.heading(1, line);
            add_lines(collected, rest);
        } else {
            add_lines(collected, block);
        }
    }
}
