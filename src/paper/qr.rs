//! A QR code as dark and light squares.
use qrcode::{Color, EcLevel, QrCode};

/// Modules of one code, row by row, without the quiet border.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Squares {
    pub side: usize,
    pub dark: Vec<bool>,
}

/// Medium correction: a fold or a stain of 15 % is read through.
pub fn squares(text: &str) -> Option<Squares> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
    Some(Squares { side: code.width(), dark })
}
