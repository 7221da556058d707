//! The few strokes a sheet needs, over krilla.
use std::collections::BTreeSet;

use krilla::{
    Document,
    geom::{PathBuilder, Point},
    num::NormalizedF32,
    page::PageSettings,
    paint::Stroke,
    surface::Surface,
    text::{Font, TextDirection},
};

/// Noto Sans SC cut down to GB 2312 and the signs of medicine (OFL, see fonts/OFL.txt).
static FONT: &[u8] = include_bytes!("fonts/XinglinSans.ttf");

/// A5 in points.
const WIDTH: f32 = 420.0;
const HEIGHT: f32 = 595.0;

pub(super) struct PdfDraft {
    document: Document,
    font: Font,
    covered: BTreeSet<u32>,
    missing: BTreeSet<char>,
}

pub(super) struct Page<'a, 'b> {
    surface: Surface<'a>,
    font: &'b Font,
    covered: &'b BTreeSet<u32>,
    missing: &'b mut BTreeSet<char>,
}

impl PdfDraft {
    pub fn new(other_font: Option<Vec<u8>>) -> Option<Self> {
        let bytes = other_font.unwrap_or_else(|| FONT.to_vec());
        let covered = covered(&bytes);
        let font = Font::new(bytes.into(), 0)?;
        Some(Self { document: Document::new(), font, covered, missing: BTreeSet::new() })
    }

    pub fn page(&mut self, draw: impl FnOnce(&mut Page<'_, '_>)) -> Result<(), String> {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or("纸张大小")?;
        let mut page = self.document.start_page_with(settings);
        {
            let surface = page.surface();
            let mut canvas = Page {
                surface,
                font: &self.font,
                covered: &self.covered,
                missing: &mut self.missing,
            };
            draw(&mut canvas);
            canvas.surface.finish();
        }
        page.finish();
        Ok(())
    }

    pub fn missing(&self) -> Vec<char> {
        self.missing.iter().copied().collect()
    }

    pub fn finish(self) -> Result<Vec<u8>, String> {
        self.document.finish().map_err(|e| format!("{e:?}"))
    }
}

impl Page<'_, '_> {
    /// Text with its baseline at `y`; a character that the font lacks is drawn as □ and remembered.
    pub fn text(&mut self, x: f32, y: f32, size: f32, text: &str) {
        let shown: String = text
            .chars()
            .map(|c| {
                if c == '\u{3000}' || self.covered.contains(&(c as u32)) {
                    c
                } else {
                    self.missing.insert(c);
                    '□'
                }
            })
            .collect();
        self.surface.draw_text(
            Point::from_xy(x, y),
            self.font.clone(),
            size,
            &shown,
            false,
            TextDirection::Auto,
        );
    }

    pub fn centred(&mut self, x: f32, y: f32, size: f32, text: &str) {
        let width: f32 = text.chars().map(|c| if c.is_ascii() { 0.55 } else { 1.0 }).sum();
        self.text(x - width * size / 2.0, y, size, text);
    }

    pub fn rule(&mut self, from: f32, to: f32, y: f32) {
        self.slash(from, y, to, y);
    }

    /// A filled rectangle, its upper left corner at `x`, `y`.
    pub fn block(&mut self, x: f32, y: f32, (width, height): (f32, f32)) {
        let mut path = PathBuilder::new();
        path.move_to(x, y);
        path.line_to(x + width, y);
        path.line_to(x + width, y + height);
        path.line_to(x, y + height);
        path.close();
        if let Some(path) = path.finish() {
            self.surface.set_stroke(None);
            self.surface.set_fill(Some(krilla::paint::Fill::default()));
            self.surface.draw_path(&path);
        }
    }

    pub fn slash(&mut self, x1: f32, y1: f32, x2: f32, y2: f32) {
        let mut path = PathBuilder::new();
        path.move_to(x1, y1);
        path.line_to(x2, y2);
        if let Some(path) = path.finish() {
            self.surface.set_fill(None);
            self.surface.set_stroke(Some(Stroke {
                width: 0.7,
                opacity: NormalizedF32::ONE,
                ..Stroke::default()
            }));
            self.surface.draw_path(&path);
            self.surface.set_stroke(None);
            self.surface.set_fill(Some(krilla::paint::Fill::default()));
        }
    }
}

/// Characters of the font's Unicode table (formats 4 and 12), so that a missing one is named instead of vanishing.
fn covered(font: &[u8]) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let u16_at = |at: usize| font.get(at..at + 2).map_or(0, |b| u16::from_be_bytes([b[0], b[1]]));
    let u32_at = |at: usize| {
        font.get(at..at + 4).map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    };
    let tables = usize::from(u16_at(4));
    let Some(cmap) = (0..tables)
        .map(|n| 12 + n * 16)
        .find(|at| font.get(*at..*at + 4) == Some(b"cmap"))
        .map(|at| u32_at(at + 8) as usize)
    else {
        return found;
    };
    for n in 0..usize::from(u16_at(cmap + 2)) {
        let table = cmap + u32_at(cmap + 4 + n * 8 + 4) as usize;
        match u16_at(table) {
            4 => {
                let segments = usize::from(u16_at(table + 6)) / 2;
                for s in 0..segments {
                    let end = u32::from(u16_at(table + 14 + s * 2));
                    let start = u32::from(u16_at(table + 16 + segments * 2 + s * 2));
                    found.extend((start..=end).filter(|c| *c != 0xFFFF));
                }
            }
            12 => {
                for g in 0..u32_at(table + 12).min(100_000) as usize {
                    let at = table + 16 + g * 12;
                    found.extend(u32_at(at)..=u32_at(at + 4).min(0x10_FFFF));
                }
            }
            _ => {}
        }
    }
    found
}
