//! The referral slip: what the hospital reads, and the same letter as codes that another station scans.
use super::draw::{Page, PdfDraft};
use super::prescription::{PaperError, wrap};
use super::qr::{Squares, squares};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlipSheet {
    /// `双向转诊单（上转）`
    pub title: String,
    /// `急诊`; printed large when not empty.
    pub urgency: String,
    pub number: String,
    pub date: String,
    /// Label and text, in order; a long text takes several lines.
    pub fields: Vec<(String, String)>,
    /// The cut-off receipt at the foot: whom to tell, by which telephone.
    pub receipt: Vec<String>,
    /// Texts of the codes, in order.
    pub codes: Vec<String>,
    /// `XLR1 … 由 柳溪村卫生室 签名`
    pub foot: String,
}

/// The slip as lines of text, without its codes.
pub fn preview(sheet: &SlipSheet, width: usize) -> Vec<String> {
    let mut out = wrap(&format!("{}  {}", sheet.title, sheet.urgency), width);
    out.extend(wrap(&format!("{}  {}", sheet.number, sheet.date), width));
    out.push("─".repeat(width));
    for (label, text) in &sheet.fields {
        for line in text.lines() {
            out.extend(wrap(&format!("{label}：{line}"), width));
        }
    }
    out.push("─".repeat(width));
    for line in &sheet.receipt {
        out.extend(wrap(line, width));
    }
    out.extend(wrap(&sheet.foot, width));
    out
}

const LEFT: f32 = 30.0;
const RIGHT: f32 = 390.0;
const TOP: f32 = 40.0;
const BOTTOM: f32 = 560.0;
const LINE: f32 = 15.0;
const CHARS: usize = 68;

/// A5: the words first, then two codes a page.
pub fn pdf(sheet: &SlipSheet) -> Result<(Vec<u8>, Vec<char>), PaperError> {
    let mut draft = PdfDraft::new(None).ok_or(PaperError::Font)?;
    let codes: Vec<Squares> = sheet
        .codes
        .iter()
        .map(|code| squares(code).ok_or_else(|| PaperError::Render("二维码放不下".to_owned())))
        .collect::<Result<_, _>>()?;
    let mut lines: Vec<String> = vec![];
    for (label, text) in &sheet.fields {
        for (n, line) in text.lines().enumerate() {
            let head = if n == 0 { format!("{label}：") } else { "    ".to_owned() };
            lines.extend(wrap(&format!("{head}{line}"), CHARS));
        }
    }
    lines.push(String::new());
    lines.extend(sheet.receipt.iter().flat_map(|line| wrap(line, CHARS)));
    let room = ((BOTTOM - TOP - 50.0) / LINE) as usize;
    let pages: Vec<&[String]> = lines.chunks(room).collect();
    for (n, lines) in pages.iter().enumerate() {
        let last = n + 1 == pages.len();
        // One code fits under few words; else the codes have pages of their own.
        let under = last && codes.len() == 1 && lines.len() + 19 <= room;
        draft
            .page(|page| {
                head(page, sheet);
                let mut y = TOP + 44.0;
                for line in *lines {
                    page.text(LEFT, y, 10.5, line);
                    y += LINE;
                }
                if under {
                    code(page, &codes[0], (LEFT + 50.0, y, 250.0));
                }
                page.text(LEFT, BOTTOM + 14.0, 8.0, &sheet.foot);
            })
            .map_err(PaperError::Render)?;
        if last && !under {
            for pair in codes.chunks(2) {
                draft
                    .page(|page| {
                        head(page, sheet);
                        for (n, one) in pair.iter().enumerate() {
                            let top = TOP + 36.0 + n as f32 * 252.0;
                            code(page, one, (LEFT + 55.0, top, 245.0));
                        }
                        page.text(LEFT, BOTTOM + 14.0, 8.0, &sheet.foot);
                    })
                    .map_err(PaperError::Render)?;
            }
        }
    }
    let missing = draft.missing();
    draft.finish().map(|bytes| (bytes, missing)).map_err(PaperError::Render)
}

fn head(page: &mut Page<'_, '_>, sheet: &SlipSheet) {
    page.text(LEFT, TOP, 15.0, &sheet.title);
    page.text(RIGHT - 60.0, TOP, 15.0, &sheet.urgency);
    page.text(LEFT, TOP + 16.0, 8.5, &format!("{}  {}", sheet.number, sheet.date));
    page.rule(LEFT, RIGHT, TOP + 24.0);
}

/// The code within a square of `side` points, with its quiet border of four modules inside.
fn code(page: &mut Page<'_, '_>, code: &Squares, (x, y, side): (f32, f32, f32)) {
    let module = side / (code.side as f32 + 8.0);
    let at = |n: usize| 4.0 * module + n as f32 * module;
    for row in 0..code.side {
        let mut column = 0;
        while column < code.side {
            let start = column;
            while column < code.side && code.dark[row * code.side + column] {
                column += 1;
            }
            if column > start {
                let width = (column - start) as f32 * module;
                page.block(x + at(start), y + at(row), (width, module));
            } else {
                column += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_slip_takes_more_pages_and_the_preview_says_everything() {
        let sheet = SlipSheet {
            title: "双向转诊单（上转）".into(),
            urgency: "急诊".into(),
            number: "R1".into(),
            date: "2026-11-24".into(),
            fields: vec![("病情摘要".into(), "头晕三天。".repeat(400))],
            codes: vec!["A".repeat(900), "B".repeat(900)],
            ..SlipSheet::default()
        };
        let (bytes, missing) = pdf(&sheet).unwrap();
        assert!(bytes.starts_with(b"%PDF-") && missing.is_empty(), "{missing:?}");
        let all: String = preview(&sheet, 60).concat();
        assert_eq!(all.matches("头晕三天").count(), 400);
    }
}
