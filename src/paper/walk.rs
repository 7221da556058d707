//! The walk list: whom to see today, by hamlet and household, with room to write the numbers in by hand.
use unicode_width::UnicodeWidthStr;

use super::draw::PdfDraft;
use super::prescription::{PaperError, wrap};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkRow {
    /// `王小明 男 61岁`
    pub who: String,
    /// `高血压 逾期40天 上次2类 158/96`
    pub why: String,
    /// House and telephone; empty when not known.
    pub place: String,
    /// What is to be measured: `血压____/____`.
    pub blanks: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkGroup {
    /// `柳溪村 三组（4人）`
    pub heading: String,
    pub rows: Vec<WalkRow>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkSheet {
    pub title: String,
    pub date: String,
    pub groups: Vec<WalkGroup>,
    pub foot: String,
}

/// The list as lines of text.
pub fn preview(sheet: &WalkSheet, width: usize) -> Vec<String> {
    let mut out = vec![];
    let gap = width.saturating_sub(sheet.title.width() + sheet.date.width()).max(1);
    out.push(format!("{}{}{}", sheet.title, " ".repeat(gap), sheet.date));
    for group in &sheet.groups {
        out.push("─".repeat(width));
        out.extend(wrap(&group.heading, width));
        for row in &group.rows {
            out.extend(wrap(&format!("□ {}  {}", row.who, row.place), width));
            out.extend(wrap(&format!("   {}", row.why), width));
            out.extend(wrap(&format!("   {}", row.blanks), width));
        }
    }
    out.push("─".repeat(width));
    out.extend(wrap(&sheet.foot, width));
    out
}

const LEFT: f32 = 30.0;
const RIGHT: f32 = 390.0;
const TOP: f32 = 40.0;
const BOTTOM: f32 = 565.0;

/// The list as A5 pages, and the characters that the font lacks.
pub fn pdf(sheet: &WalkSheet) -> Result<(Vec<u8>, Vec<char>), PaperError> {
    let mut draft = PdfDraft::new(None).ok_or(PaperError::Font)?;
    // Lines first, so that a person is never cut over two pages.
    let mut pages: Vec<Vec<(f32, f32, String)>> = vec![vec![]];
    let mut y = TOP + 26.0;
    let mut put = |block: Vec<(f32, f32, String)>| {
        let height: f32 = block.iter().map(|(_, size, _)| size + 5.0).sum();
        if y + height > BOTTOM - 20.0 {
            pages.push(vec![]);
            y = TOP + 26.0;
        }
        y += height;
        if let Some(page) = pages.last_mut() {
            page.extend(block);
        }
    };
    for group in &sheet.groups {
        put(vec![(0.0, 12.0, group.heading.clone())]);
        for row in &group.rows {
            let mut block: Vec<(f32, f32, String)> = vec![];
            for line in wrap(&format!("□ {}  {}", row.who, row.place), 64) {
                block.push((6.0, 11.0, line));
            }
            for line in wrap(&row.why, 66) {
                block.push((22.0, 9.5, line));
            }
            block.push((22.0, 11.0, row.blanks.clone()));
            put(block);
        }
    }
    let count = pages.len();
    for (n, lines) in pages.iter().enumerate() {
        draft
            .page(|page| {
                page.text(LEFT, TOP, 14.0, &sheet.title);
                page.text(
                    RIGHT - 130.0,
                    TOP,
                    9.5,
                    &format!("{}  第{}/{count}页", sheet.date, n + 1),
                );
                page.rule(LEFT, RIGHT, TOP + 8.0);
                let mut y = TOP + 26.0;
                for (indent, size, text) in lines {
                    page.text(LEFT + indent, y, *size, text);
                    y += size + 5.0;
                }
                page.text(LEFT, BOTTOM + 12.0, 8.5, &sheet.foot);
            })
            .map_err(PaperError::Render)?;
    }
    let missing = draft.missing();
    draft.finish().map(|bytes| (bytes, missing)).map_err(PaperError::Render)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(people: usize) -> WalkSheet {
        WalkSheet {
            title: "柳溪村卫生室 入户清单".into(),
            date: "2026-11-24".into(),
            groups: vec![WalkGroup {
                heading: "柳溪村 三组".into(),
                rows: (0..people)
                    .map(|n| WalkRow {
                        who: format!("测试{n} 男 61岁"),
                        why: "高血压 逾期40天 上次2类".into(),
                        place: "12号 138****1111".into(),
                        blanks: "血压____/____".into(),
                    })
                    .collect(),
            }],
            foot: "电话只作提醒，不算面对面随访。".into(),
        }
    }

    #[test]
    fn everybody_is_on_the_preview_and_no_line_is_too_wide() {
        let lines = preview(&sheet(30), 60);
        assert_eq!(lines.iter().filter(|l| l.starts_with('□')).count(), 30);
        assert!(lines.iter().all(|l| l.width() <= 60));
    }

    #[test]
    fn a_long_list_takes_more_pages() {
        let (bytes, missing) = pdf(&sheet(60)).unwrap();
        assert!(bytes.starts_with(b"%PDF-") && missing.is_empty(), "{missing:?}");
    }
}
