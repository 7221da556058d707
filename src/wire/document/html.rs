//! HTML: a stream of tags, never a tree, so that no nesting is too deep. Scripts, styles and menus are left out.
use html5gum::{Token, Tokenizer};

use super::lines::Collected;
use crate::domain::local_document::ReadDocument;

const HIDDEN: &[&[u8]] = &[
    b"script",
    b"style",
    b"noscript",
    b"template",
    b"nav",
    b"footer",
    b"svg",
    b"head",
    b"iframe",
    b"button",
    b"select",
    b"option",
    b"textarea",
];
const BLOCKS: &[&[u8]] = &[
    b"p",
    b"div",
    b"li",
    b"ul",
    b"ol",
    b"tr",
    b"table",
    b"section",
    b"article",
    b"br",
    b"dd",
    b"dt",
    b"blockquote",
    b"pre",
    b"body",
    b"figcaption",
    b"caption",
    b"main",
    b"aside",
    b"header",
    b"hr",
    b"center",
];

pub(super) fn read(text: &str) -> ReadDocument {
    let mut collected = Collected::default();
    let mut open = String::new();
    // Name of the hidden element that is open, and how often it opened inside itself.
    let mut hidden: Option<(Vec<u8>, usize)> = None;
    let mut heading: Option<usize> = None;
    let mut title: Option<String> = None;
    let mut page_title = String::new();
    for token in Tokenizer::new(text) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = tag.name.as_slice();
                if name == b"title" && page_title.is_empty() {
                    title = Some(String::new());
                    continue;
                }
                if let Some((open_name, depth)) = &mut hidden {
                    if open_name == name && !tag.self_closing {
                        *depth += 1;
                    }
                    if name == b"body" {
                        hidden = None;
                    }
                    continue;
                }
                if HIDDEN.contains(&name) && !tag.self_closing {
                    hidden = Some((name.to_vec(), 1));
                } else if let Some(level) = heading_level(name) {
                    flush(&mut collected, &mut open, &mut heading);
                    heading = Some(level);
                } else if name == b"td" || name == b"th" {
                    if !open.trim().is_empty() && !open.ends_with('｜') {
                        open.push('｜');
                    }
                } else if BLOCKS.contains(&name) {
                    flush(&mut collected, &mut open, &mut heading);
                }
            }
            Token::EndTag(tag) => {
                let name = tag.name.as_slice();
                if name == b"title" {
                    if let Some(words) = title.take() {
                        page_title = words;
                    }
                    continue;
                }
                if let Some((open_name, depth)) = &mut hidden {
                    if open_name == name {
                        *depth -= 1;
                        if *depth == 0 {
                            hidden = None;
                        }
                    }
                    continue;
                }
                // A paragraph inside a cell does not end the row.
                if heading_level(name).is_some() || BLOCKS.contains(&name) {
                    flush(&mut collected, &mut open, &mut heading);
                }
            }
            Token::String(words) => {
                let words = String::from_utf8_lossy(&words);
                match (&mut title, &hidden) {
                    (Some(title), _) => title.push_str(&words),
                    (None, None) => open.push_str(&words),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    flush(&mut collected, &mut open, &mut heading);
    if !page_title.trim().is_empty() {
        collected.title = super::lines::tidy(&page_title);
    }
    collected.into_document()
}

fn flush(collected: &mut Collected, open: &mut String, heading: &mut Option<usize>) {
    let text = std::mem::take(open);
    match heading.take() {
        Some(level) => collected.heading(level, &text),
        None => collected.paragraph(text.trim_end_matches('｜')),
    }
}

fn heading_level(name: &[u8]) -> Option<usize> {
    match name {
        [b'h', digit @ b'1'..=b'6'] => Some(usize::from(digit - b'0')),
        _ => None,
    }
}
