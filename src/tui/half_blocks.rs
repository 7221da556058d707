//! A picture on the terminal: two squares a cell in colour or grey, or one character a cell where colours are few.
use ratatui::{layout::Rect, style::Color};

use super::{
    draw::Ui,
    theme::{Depth, fit},
};

/// Dark to bright.
const SHADES: &[char] = &[' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];

/// Squares, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Squares {
    pub width: usize,
    pub height: usize,
    /// `width * height * 3` bytes.
    pub rgb: Vec<u8>,
}

impl Squares {
    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let from = (y * self.width + x) * 3;
        let inside = x < self.width && y < self.height;
        match self.rgb.get(from..from + 3) {
            Some(three) if inside => [three[0], three[1], three[2]],
            _ => [0; 3],
        }
    }
}

/// In the middle of the area; what does not fit is cut at the edge.
pub fn draw(ui: &mut Ui, area: Rect, squares: &Squares) {
    let depth = ui.theme.depth;
    let rows = squares.height.div_ceil(2);
    let left = usize::from(area.width).saturating_sub(squares.width) / 2;
    let top = usize::from(area.height).saturating_sub(rows) / 2;
    let buffer = ui.frame.buffer_mut();
    for row in 0..rows.min(area.height.into()) {
        for column in 0..squares.width.min(area.width.into()) {
            let (x, y) = (area.x + (left + column) as u16, area.y + (top + row) as u16);
            let Some(cell) = buffer.cell_mut((x, y)) else { continue };
            let (upper, lower) = (squares.at(column, row * 2), squares.at(column, row * 2 + 1));
            match depth {
                Depth::True | Depth::Palette256 => {
                    cell.set_symbol("\u{2580}");
                    cell.set_fg(colour(upper, depth)).set_bg(colour(lower, depth));
                }
                Depth::Sixteen => {
                    cell.set_char(shade(upper, lower));
                    cell.set_fg(Color::White).set_bg(Color::Black);
                }
                Depth::None => {
                    cell.set_char(shade(upper, lower));
                }
            }
        }
    }
}

fn colour([r, g, b]: [u8; 3], depth: Depth) -> Color {
    fit((r, g, b), depth)
}

fn shade(upper: [u8; 3], lower: [u8; 3]) -> char {
    let sum: usize = upper.iter().chain(&lower).map(|v| usize::from(*v)).sum();
    SHADES[sum * (SHADES.len() - 1) / (255 * 6)]
}

#[cfg(test)]
mod tests {
    use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};

    use super::*;
    use crate::tui::theme::Theme;

    fn drawn(depth: Depth) -> Buffer {
        let theme = Theme::named("dark", depth);
        // White over black on the left, grey over white on the right, and a third row that has no partner.
        let rgb = [[255; 3], [128; 3], [0; 3], [255; 3], [255; 3], [0; 3]].concat();
        let squares = Squares { width: 2, height: 3, rgb };
        let mut terminal = Terminal::new(TestBackend::new(4, 2)).unwrap();
        terminal
            .draw(|frame| {
                let mut ui = Ui { frame, theme: &theme };
                let area = ui.frame.area();
                draw(&mut ui, area, &squares);
            })
            .unwrap();
        terminal.backend().buffer().clone()
    }

    #[test]
    fn each_cell_holds_the_upper_square_on_the_lower_one() {
        let buffer = drawn(Depth::True);
        let (white, black) = (Color::Rgb(255, 255, 255), Color::Rgb(0, 0, 0));
        let cell =
            |x, y| (buffer[(x, y)].symbol().to_owned(), buffer[(x, y)].fg, buffer[(x, y)].bg);
        assert_eq!(cell(1, 0), ("▀".to_owned(), white, black));
        assert_eq!(cell(2, 0), ("▀".to_owned(), Color::Rgb(128, 128, 128), white));
        assert_eq!(cell(1, 1), ("▀".to_owned(), white, black));
        assert_eq!(buffer[(0, 0)].symbol(), " ");
        let palette = drawn(Depth::Palette256);
        assert_eq!(
            (palette[(1, 0)].fg, palette[(1, 0)].bg),
            (Color::Indexed(231), Color::Indexed(16))
        );
    }

    #[test]
    fn with_few_colours_or_none_it_is_drawn_in_characters() {
        for depth in [Depth::Sixteen, Depth::None] {
            let buffer = drawn(depth);
            assert_eq!((buffer[(1, 0)].symbol(), buffer[(2, 0)].symbol()), ("=", "*"), "{depth:?}");
        }
        let none = drawn(Depth::None);
        assert_eq!((none[(1, 0)].fg, none[(1, 0)].bg), (Color::Reset, Color::Reset));
    }
}
