//! Markdown: headings by `#`, paragraphs by blank lines; marks of emphasis, links and code go.
use super::lines::Collected;
use crate::domain::local_document::ReadDocument;

pub(super) fn read(text: &str) -> ReadDocument {
    let mut collected = Collected::default();
    let mut open = String::new();
    let mut in_code = false;
    for line in text.lines().chain([""]) {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            in_code = !in_code;
            continue;
        }
        let level = trimmed.bytes().take_while(|b| *b == b'#').count();
        let is_heading = !in_code
            && (1..=6).contains(&level)
            && trimmed[level..].starts_with([' ', '\t', '\u{3000}']);
        let is_item = !in_code
            && (trimmed.starts_with("- ") || trimmed.starts_with("* ") || trimmed.starts_with('|'));
        if trimmed.is_empty() || is_heading || is_item {
            collected.paragraph(&plain(&std::mem::take(&mut open)));
        }
        if is_heading {
            collected.heading(level, &plain(trimmed[level..].trim().trim_end_matches('#')));
        } else if !is_rule(trimmed) {
            open.push_str(row(trimmed.trim_start_matches("> ")).as_str());
            open.push('\n');
        }
    }
    collected.paragraph(&plain(&open));
    collected.into_document()
}

/// `---`, `|---|---|`: lines of a table or across the page.
fn is_rule(line: &str) -> bool {
    line.len() > 2 && line.chars().all(|c| matches!(c, '-' | '=' | '*' | '_' | '|' | ':' | ' '))
}

fn row(line: &str) -> String {
    if line.starts_with('|') {
        line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join("｜")
    } else {
        line.trim_start_matches("- ").trim_start_matches("* ").to_owned()
    }
}

/// `**重要**`, `[文字](地址)`, `` `码` `` -> the words alone.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        out.push_str(&rest[..at]);
        let inner = &rest[at + 1..];
        let link = inner.find("](").and_then(|mid| {
            let end = inner[mid + 2..].find(')')?;
            Some((&inner[..mid], &inner[mid + 2 + end + 1..]))
        });
        match link {
            Some((words, after)) if !words.contains('[') => {
                if out.ends_with('!') {
                    out.pop();
                }
                out.push_str(words);
                rest = after;
            }
            _ => {
                out.push('[');
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out.replace("**", "").replace("__", "").replace('`', "")
}
