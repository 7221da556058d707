//! The sheet to take home for people who read little: big type, a sun for the morning, a moon for the night.
use super::draw::{Page, PdfDraft};
use super::prescription::{PaperError, wrap};

/// One drug: how much when; an empty text is no dose then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dose {
    pub name: String,
    pub morning: String,
    pub noon: String,
    pub evening: String,
    /// What does not fit the three times: `每周一次`.
    pub other: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Takeaway {
    pub clinic: String,
    pub name: String,
    /// `血压 150/95，偏高`
    pub today: String,
    /// `下次来：12月8日`
    pub next: String,
    pub doses: Vec<Dose>,
    /// Come at once when …
    pub danger: Vec<String>,
    pub phone: String,
}

pub fn preview(sheet: &Takeaway, width: usize) -> Vec<String> {
    let mut out = wrap(&format!("{}  {}", sheet.clinic, sheet.name), width);
    out.extend(wrap(&sheet.today, width));
    out.extend(wrap(&sheet.next, width));
    for dose in &sheet.doses {
        out.extend(wrap(&dose.name, width));
        let times =
            [("☀早", &dose.morning), ("午", &dose.noon), ("☾晚", &dose.evening), ("", &dose.other)];
        let told: Vec<String> = times
            .into_iter()
            .filter(|(_, amount)| !amount.is_empty())
            .map(|(time, amount)| format!("{time} {amount}"))
            .collect();
        out.extend(wrap(&format!("  {}", told.join("  ")), width));
    }
    out.extend(wrap(&format!("马上来：{}", sheet.danger.join("；")), width));
    out.extend(wrap(&sheet.phone, width));
    out
}

/// A5, several pages when there are many drugs.
pub fn pdf(sheet: &Takeaway) -> Result<(Vec<u8>, Vec<char>), PaperError> {
    const A_PAGE: usize = 4;
    let mut draft = PdfDraft::new(None).ok_or(PaperError::Font)?;
    let pages: Vec<&[Dose]> =
        if sheet.doses.is_empty() { vec![&[]] } else { sheet.doses.chunks(A_PAGE).collect() };
    let last = pages.len() - 1;
    for (n, doses) in pages.into_iter().enumerate() {
        draft.page(|page| draw(page, sheet, (doses, n == last))).map_err(PaperError::Render)?;
    }
    let missing = draft.missing();
    draft.finish().map(|bytes| (bytes, missing)).map_err(PaperError::Render)
}

fn draw(page: &mut Page<'_, '_>, sheet: &Takeaway, (doses, last): (&[Dose], bool)) {
    const LEFT: f32 = 28.0;
    page.text(LEFT, 40.0, 12.0, &sheet.clinic);
    page.text(LEFT, 74.0, 26.0, &sheet.name);
    let mut y = 104.0;
    for line in wrap(&sheet.today, 34) {
        page.text(LEFT, y, 20.0, &line);
        y += 26.0;
    }
    page.text(LEFT, y + 8.0, 26.0, &sheet.next);
    y += 26.0;
    page.rule(LEFT, 392.0, y);
    for dose in doses {
        y += 26.0;
        page.text(LEFT, y, 18.0, &dose.name);
        y += 28.0;
        let mut x = LEFT + 14.0;
        for (time, amount) in [(0, &dose.morning), (1, &dose.noon), (2, &dose.evening)] {
            if !amount.is_empty() {
                match time {
                    0 => sun(page, x, y - 7.0),
                    1 => page.text(x - 10.0, y, 18.0, "午"),
                    _ => moon(page, x, y - 7.0),
                }
                page.text(x + 16.0, y, 20.0, amount);
            }
            x += 120.0;
        }
        if !dose.other.is_empty() {
            page.text(LEFT, y, 18.0, &dose.other);
        }
    }
    if last {
        let mut y = 480.0;
        page.rule(LEFT, 392.0, y - 20.0);
        for line in wrap(&format!("马上来：{}", sheet.danger.join("；")), 42) {
            page.text(LEFT, y, 16.0, &line);
            y += 22.0;
        }
        page.text(LEFT, 580.0, 12.0, &sheet.phone);
    }
}

/// A circle with eight rays.
fn sun(page: &mut Page<'_, '_>, x: f32, y: f32) {
    arc(page, (x, y), 6.0, (0.0, std::f32::consts::TAU));
    for ray in 0..8 {
        let (sin, cos) = (ray as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
        page.slash(x + 8.0 * cos, y + 8.0 * sin, x + 11.5 * cos, y + 11.5 * sin);
    }
}

/// Two arcs that meet.
fn moon(page: &mut Page<'_, '_>, x: f32, y: f32) {
    use std::f32::consts::FRAC_PI_2;
    arc(page, (x, y), 9.0, (FRAC_PI_2, 3.0 * FRAC_PI_2));
    arc(page, (x + 5.0, y), 10.3, (FRAC_PI_2 + 0.51, 3.0 * FRAC_PI_2 - 0.51));
}

fn arc(page: &mut Page<'_, '_>, (x, y): (f32, f32), radius: f32, (from, to): (f32, f32)) {
    const STEPS: u16 = 24;
    let at = |n: u16| {
        let (sin, cos) = (from + (to - from) * f32::from(n) / f32::from(STEPS)).sin_cos();
        (x + radius * cos, y + radius * sin)
    };
    for n in 0..STEPS {
        let ((x1, y1), (x2, y2)) = (at(n), at(n + 1));
        page.slash(x1, y1, x2, y2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_made_and_says_when_each_drug_is_taken() {
        let sheet = Takeaway {
            clinic: "柳溪村卫生室".into(),
            name: "测试甲".into(),
            today: "血压 150/95 偏高".into(),
            next: "下次来：12月8日".into(),
            doses: vec![Dose {
                name: "氨氯地平片".into(),
                morning: "1片".into(),
                ..Dose::default()
            }],
            danger: vec!["剧烈头痛".into(), "胸闷".into()],
            phone: "电话 13800001111".into(),
        };
        assert!(preview(&sheet, 40).iter().any(|l| l.contains("☀早 1片")));
        let (bytes, missing) = pdf(&sheet).unwrap();
        assert!(bytes.starts_with(b"%PDF-") && missing.is_empty(), "{missing:?}");
    }
}
