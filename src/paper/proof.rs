//! The proof for an inspector: the life of a code or a lot, or a recall, with the ledger's hash it was taken from.
use unicode_width::UnicodeWidthStr;

use super::draw::PdfDraft;
use super::prescription::{PaperError, wrap};

/// A heading and its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    pub heading: String,
    pub rows: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    pub title: String,
    /// When and by whom it was printed.
    pub printed: String,
    pub sections: Vec<Section>,
    /// The ledger's newest event and its hash.
    pub head: String,
    pub foot: String,
}

/// The proof as lines of text.
pub fn preview(proof: &Proof, width: usize) -> Vec<String> {
    let gap = width.saturating_sub(proof.title.width() + proof.printed.width()).max(1);
    let mut out = wrap(&format!("{}{}{}", proof.title, " ".repeat(gap), proof.printed), width);
    for section in &proof.sections {
        out.push("─".repeat(width));
        out.extend(wrap(&section.heading, width));
        for row in &section.rows {
            out.extend(
                wrap(row, width.saturating_sub(2)).into_iter().map(|line| format!("  {line}")),
            );
        }
    }
    out.push("─".repeat(width));
    out.extend(wrap(&proof.head, width));
    out.extend(wrap(&proof.foot, width));
    out
}

const LEFT: f32 = 30.0;
const RIGHT: f32 = 390.0;
const TOP: f32 = 40.0;
const BOTTOM: f32 = 555.0;
/// Cells of a row at its size.
const CELLS: usize = 74;
const LINE: f32 = 13.5;

/// The proof as A5 pages, and the characters that the font lacks.
pub fn pdf(proof: &Proof) -> Result<(Vec<u8>, Vec<char>), PaperError> {
    let mut draft = PdfDraft::new(None).ok_or(PaperError::Font)?;
    let mut lines: Vec<(f32, f32, String)> = vec![];
    for section in &proof.sections {
        lines.push((0.0, 11.5, section.heading.clone()));
        for row in &section.rows {
            let mut wrapped = wrap(row, CELLS).into_iter();
            if let Some(first) = wrapped.next() {
                lines.push((8.0, 9.0, first));
            }
            lines.extend(wrapped.map(|more| (20.0, 9.0, more)));
        }
    }
    let foot: Vec<String> =
        wrap(&proof.head, CELLS).into_iter().chain(wrap(&proof.foot, CELLS)).collect();
    let room = BOTTOM - 18.0 - foot.len() as f32 * 11.0 - (TOP + 26.0);
    let a_page = ((room / LINE) as usize).max(1);
    let pages: Vec<&[(f32, f32, String)]> =
        if lines.is_empty() { vec![&[]] } else { lines.chunks(a_page).collect() };
    let count = pages.len();
    for (n, rows) in pages.iter().enumerate() {
        draft
            .page(|page| {
                page.text(LEFT, TOP - 12.0, 14.0, &proof.title);
                page.text(
                    LEFT,
                    TOP + 2.0,
                    8.5,
                    &format!("{}  第{}/{count}页", proof.printed, n + 1),
                );
                page.rule(LEFT, RIGHT, TOP + 8.0);
                let mut y = TOP + 26.0;
                for (indent, size, text) in *rows {
                    page.text(LEFT + indent, y, *size, text);
                    y += LINE;
                }
                page.rule(LEFT, RIGHT, BOTTOM - foot.len() as f32 * 11.0);
                for (line, text) in foot.iter().enumerate() {
                    let up = (foot.len() - line) as f32 * 11.0;
                    page.text(LEFT, BOTTOM + 12.0 - up, 8.0, text);
                }
            })
            .map_err(PaperError::Render)?;
    }
    let missing = draft.missing();
    draft.finish().map(|bytes| (bytes, missing)).map_err(PaperError::Render)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(rows: usize) -> Proof {
        Proof {
            title: "药品追溯凭证".into(),
            printed: "2026-11-24 09:30 王建国".into(),
            sections: vec![Section {
                heading: "来龙去脉".into(),
                rows: (0..rows).map(|n| format!("{n} 2026-11-24 整盒发药 王建国")).collect(),
            }],
            head: "账本第9条 0123456789abcdef".into(),
            foot: "本凭证由账本生成。".into(),
        }
    }

    #[test]
    fn every_event_is_on_the_preview_and_no_line_is_too_wide() {
        let lines = preview(&proof(50), 60);
        assert_eq!(lines.iter().filter(|line| line.contains("整盒发药")).count(), 50);
        assert!(lines.iter().all(|line| line.width() <= 60));
    }

    #[test]
    fn a_long_life_takes_more_pages_and_an_empty_one_still_makes_a_page() {
        for rows in [0, 120] {
            let (bytes, missing) = pdf(&proof(rows)).unwrap();
            assert!(bytes.starts_with(b"%PDF-") && missing.is_empty(), "{missing:?}");
        }
    }
}
