//! The prescription sheet (处方笺): header, body, footer; at most five drugs a sheet, the blank rest struck through.
use unicode_width::UnicodeWidthStr;

use super::draw::{Page, PdfDraft};

/// Most drugs on one sheet (处方管理办法).
pub const DRUGS_A_SHEET: usize = 5;

#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    #[error("字库读不出来，PDF 没有生成；就诊记录已保存，可换字库后补打。")]
    Font,
    #[error("PDF 生成失败（{0}）；就诊记录已保存，可稍后补打。")]
    Render(String),
}

/// Which sheet the law wants; the colour is said in words at the top right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SheetKind {
    #[default]
    Ordinary,
    Emergency,
    Paediatric,
}

impl SheetKind {
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Ordinary => "普通",
            Self::Emergency => "急诊",
            Self::Paediatric => "儿科",
        }
    }
}

/// One drug of the sheet.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Generic name with strength, e.g. `阿莫西林胶囊 0.25g`.
    pub drug: String,
    /// Total, e.g. `×30粒`.
    pub quantity: String,
    /// Directions, e.g. `每次0.5g  口服  每日三次  5天`.
    pub directions: String,
    /// Skin test, second signature, footnote; empty when there is none.
    pub remark: String,
}

#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub clinic: String,
    pub kind: SheetKind,
    pub number: String,
    pub date: String,
    pub name: String,
    pub sex: String,
    /// In full: days and months for infants.
    pub age: String,
    pub weight: String,
    pub address: String,
    pub diagnosis: String,
    pub allergies: String,
    pub lines: Vec<Line>,
    pub doctor: String,
    /// 补打: printed before.
    pub reprint: bool,
    pub demo: bool,
}

/// Cuts a long prescription into sheets of at most five drugs; the numbers get `-1`, `-2` …
pub fn split(whole: &Sheet) -> Vec<Sheet> {
    let count = whole.lines.len().div_ceil(DRUGS_A_SHEET).max(1);
    (0..count)
        .map(|n| {
            let from = n * DRUGS_A_SHEET;
            let to = (from + DRUGS_A_SHEET).min(whole.lines.len());
            let number = if count > 1 {
                format!("{}-{}", whole.number, n + 1)
            } else {
                whole.number.clone()
            };
            Sheet { number, lines: whole.lines[from..to].to_vec(), ..whole.clone() }
        })
        .collect()
}

fn head(sheet: &Sheet) -> [String; 4] {
    let weight =
        if sheet.weight.is_empty() { String::new() } else { format!("　体重 {}", sheet.weight) };
    let allergies = if sheet.allergies.is_empty() { "未诉" } else { &sheet.allergies };
    [
        format!("姓名 {}　性别 {}　年龄 {}{weight}", sheet.name, sheet.sex, sheet.age),
        format!("处方编号 {}　开具日期 {}", sheet.number, sheet.date),
        format!("临床诊断 {}", sheet.diagnosis),
        format!("过敏史 {allergies}　住址 {}", sheet.address),
    ]
}

fn foot(sheet: &Sheet) -> [String; 3] {
    [
        format!("医师 {}　　　审核 ________　　　调配 ________", sheet.doctor),
        "核对 ________　　　发药 ________　　　金额 ________".to_owned(),
        "处方当日有效；特殊情况由医师注明有效期，最长不超过3天。".to_owned(),
    ]
}

fn title(sheet: &Sheet) -> String {
    format!("{} 处方笺", sheet.clinic)
}

fn marks(sheet: &Sheet) -> String {
    let mut marks = sheet.kind.zh().to_owned();
    if sheet.reprint {
        marks.push_str(" 补打");
    }
    if sheet.demo {
        marks.push_str(" 演示无效");
    }
    marks
}

/// The sheet as lines of text, for the screen.
pub fn preview(sheet: &Sheet, width: usize) -> Vec<String> {
    let rule = "─".repeat(width);
    let mut out = vec![];
    let (title, marks) = (title(sheet), marks(sheet));
    let gap = width.saturating_sub(title.width() + marks.width());
    out.push(format!("{title}{}{marks}", " ".repeat(gap)));
    for line in head(sheet) {
        out.extend(wrap(&line, width));
    }
    out.push(rule.clone());
    out.push("Rp.".into());
    for (n, line) in sheet.lines.iter().enumerate() {
        let drug = format!("{}. {}", n + 1, line.drug);
        let gap = width.saturating_sub(drug.width() + line.quantity.width()).max(1);
        out.extend(wrap(&format!("{drug}{}{}", " ".repeat(gap), line.quantity), width));
        out.extend(wrap(&format!("   用法：{}", line.directions), width));
        if !line.remark.is_empty() {
            out.extend(wrap(&format!("   {}", line.remark), width));
        }
    }
    if sheet.lines.len() < DRUGS_A_SHEET {
        out.push("／／／（以下空白）".into());
    }
    out.push(rule);
    for line in foot(sheet) {
        out.extend(wrap(&line, width));
    }
    out
}

/// Cuts by cell width.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let w = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used + w > width && used > 0 {
            lines.push(String::new());
            used = 0;
        }
        if let Some(last) = lines.last_mut() {
            last.push(c);
        }
        used += w;
    }
    lines
}

const LEFT: f32 = 34.0;
const RIGHT: f32 = 386.0;

/// All sheets as one PDF, and the characters that the font could not show.
pub fn pdf(
    sheets: &[Sheet],
    other_font: Option<Vec<u8>>,
) -> Result<(Vec<u8>, Vec<char>), PaperError> {
    let mut draft = PdfDraft::new(other_font).ok_or(PaperError::Font)?;
    for sheet in sheets {
        draft.page(|page| draw_sheet(page, sheet)).map_err(PaperError::Render)?;
    }
    let missing = draft.missing();
    draft.finish().map(|bytes| (bytes, missing)).map_err(PaperError::Render)
}

fn draw_sheet(page: &mut Page<'_, '_>, sheet: &Sheet) {
    let title = title(sheet);
    let size = if title.chars().count() > 18 { 13.0 } else { 16.0 };
    page.centred(210.0, 46.0, size, &title);
    page.text(RIGHT - 9.5 * marks(sheet).chars().count() as f32, 26.0, 9.5, &marks(sheet));
    let mut y = 70.0;
    for line in head(sheet) {
        for part in wrap(&line, 70) {
            page.text(LEFT, y, 10.0, &part);
            y += 16.0;
        }
    }
    page.rule(LEFT, RIGHT, y - 6.0);
    y += 16.0;
    page.text(LEFT, y, 15.0, "Rp.");
    y += 22.0;
    for (n, line) in sheet.lines.iter().enumerate() {
        for (m, part) in wrap(&format!("{}. {}", n + 1, line.drug), 52).iter().enumerate() {
            page.text(LEFT + 10.0, y, 11.0, part);
            if m == 0 {
                page.text(RIGHT - 78.0, y, 11.0, &line.quantity);
            }
            y += 16.0;
        }
        for part in wrap(&format!("用法：{}", line.directions), 62) {
            page.text(LEFT + 24.0, y, 10.0, &part);
            y += 15.0;
        }
        if !line.remark.is_empty() {
            for part in wrap(&line.remark, 62) {
                page.text(LEFT + 24.0, y, 9.0, &part);
                y += 14.0;
            }
        }
        y += 8.0;
    }
    let bottom = 500.0;
    if sheet.lines.len() < DRUGS_A_SHEET && y < bottom - 24.0 {
        page.slash(LEFT + 20.0, y, RIGHT - 20.0, bottom - 12.0);
    }
    page.rule(LEFT, RIGHT, bottom);
    let mut y = bottom + 20.0;
    for line in foot(sheet) {
        page.text(LEFT, y, 9.5, &line);
        y += 20.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(drugs: usize) -> Sheet {
        Sheet {
            clinic: "杏林镇卫生院".into(),
            number: "20261124-0001".into(),
            date: "2026-11-24".into(),
            name: "测试甲".into(),
            sex: "男".into(),
            age: "61岁".into(),
            diagnosis: "急性支气管炎".into(),
            doctor: "演示医师".into(),
            lines: (0..drugs)
                .map(|n| Line {
                    drug: format!("阿莫西林胶囊{n} 0.25g"),
                    quantity: "×30粒".into(),
                    directions: "每次0.5g 口服 每日三次 5天".into(),
                    remark: String::new(),
                })
                .collect(),
            ..Sheet::default()
        }
    }

    #[test]
    fn six_drugs_need_two_sheets() {
        let sheets = split(&sheet(6));
        assert_eq!(sheets.iter().map(|s| s.lines.len()).collect::<Vec<_>>(), [5, 1]);
        assert_eq!(sheets[1].number, "20261124-0001-2");
    }

    #[test]
    fn no_drug_is_still_one_sheet() {
        assert_eq!(split(&sheet(0)).len(), 1);
    }

    #[test]
    fn the_preview_never_grows_wider_than_the_screen() {
        for width in [36, 58, 76] {
            for line in preview(&sheet(3), width) {
                assert!(line.width() <= width, "{line}");
            }
        }
    }

    #[test]
    fn a_pdf_is_made_and_a_missing_character_is_named() {
        let mut one = sheet(2);
        one.name = "王\u{2A6A5}".into();
        let (bytes, missing) = pdf(&split(&one), None).unwrap();
        assert!(bytes.starts_with(b"%PDF-"));
        assert_eq!(missing, ['\u{2A6A5}']);
    }
}
