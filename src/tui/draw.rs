//! The few drawing tools that all screens share: widths in cells, popups that cut no character, the one caret.
use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, BorderType, Clear, Paragraph},
};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    field::{Field, cells_of},
    theme::{Role, Theme},
};

/// What a view draws with.
pub struct Ui<'a, 'b> {
    pub frame: &'a mut Frame<'b>,
    pub theme: &'a Theme,
}

impl Ui<'_, '_> {
    pub fn style(&self, role: Role) -> Style {
        self.theme.of(role)
    }

    pub fn span<'t>(&self, role: Role, text: impl Into<std::borrow::Cow<'t, str>>) -> Span<'t> {
        Span::styled(text, self.theme.of(role))
    }

    pub fn line(&mut self, area: Rect, line: Line<'_>) {
        if area.height > 0 && area.width > 0 {
            let fitted = fit(line, area.width);
            self.frame.render_widget(Paragraph::new(fitted), Rect { height: 1, ..area });
        }
    }

    /// Lines one under the other, from the first on, as many as there is room for.
    pub fn lines(&mut self, area: Rect, lines: Vec<Line<'_>>) {
        for (row, line) in lines.into_iter().take(usize::from(area.height)).enumerate() {
            self.line(Rect { y: area.y + row as u16, height: 1, ..area }, line);
        }
    }

    pub fn fill(&mut self, area: Rect, role: Role) {
        let style = self.theme.of(role);
        self.frame.buffer_mut().set_style(area, style);
    }

    /// A frame with a title on its upper edge; gives the inside.
    pub fn boxed(&mut self, area: Rect, title: &str, lit: bool) -> Rect {
        let role = if lit { Role::Accent } else { Role::Border };
        let heading = if lit { Role::Accent } else { Role::Heading };
        let shown = clip(title, area.width.saturating_sub(4).into());
        let block = Block::bordered()
            .border_type(BorderType::Plain)
            .border_style(self.theme.of(role))
            .style(self.theme.of(Role::Base))
            .title(Span::styled(format!(" {shown} "), self.theme.of(heading)));
        let inner = block.inner(area);
        self.frame.render_widget(block, area);
        inner
    }

    /// A box in the middle, over everything else; gives the inside.
    pub fn popup(&mut self, (width, height): (u16, u16), title: &str) -> Rect {
        let whole = self.frame.area();
        let (width, height) = (width.min(whole.width), height.min(whole.height));
        let area = Rect {
            x: whole.x + (whole.width - width) / 2,
            y: whole.y + (whole.height - height) / 2,
            width,
            height,
        };
        self.clear(area);
        self.boxed(area, title, true)
    }

    /// Empties an area. A wide character that its edge would cut in half is blanked first, or the terminal
    /// swallows the first cell of what comes here (ratatui#2526).
    pub fn clear(&mut self, area: Rect) {
        blank_cut_cells(self.frame, area);
        self.frame.render_widget(Clear, area);
        self.fill(area, Role::Base);
    }

    /// A one-line field with its label's place already taken; the real cursor stands in it when it has the focus.
    pub fn field(&mut self, area: Rect, field: &Field, focus: bool) {
        if area.width < 3 {
            return;
        }
        let (shown, column) = field.window(area.width);
        let style = self.theme.of(Role::Field);
        let line = Line::from(Span::styled(pad(&shown, area.width.into()), style));
        self.line(area, line);
        if focus {
            place_caret(self.frame, area, (0, column.into()));
        }
    }

    /// A many-line field, scrolled so that the caret is seen.
    pub fn text_area(&mut self, area: Rect, field: &Field, focus: bool) {
        if area.width < 3 || area.height == 0 {
            return;
        }
        let rows = field.rows(area.width);
        let (row, column) = field.caret_cell(area.width);
        let height = usize::from(area.height);
        let top = (row + 1).saturating_sub(height);
        let style = self.theme.of(Role::Base);
        for (n, shown) in rows.iter().skip(top).take(height).enumerate() {
            let text = field.text()[shown.start..shown.end].to_owned();
            let at = Rect { y: area.y + n as u16, height: 1, ..area };
            self.line(at, Line::from(Span::styled(text, style)));
        }
        if focus {
            place_caret(self.frame, area, (row - top, column));
        }
    }
}

/// The only place that sets the cursor: an IME's window follows it.
pub fn place_caret(frame: &mut Frame, area: Rect, (row, column): (usize, usize)) {
    let x = area.x + (column as u16).min(area.width.saturating_sub(1));
    let y = area.y + (row as u16).min(area.height.saturating_sub(1));
    frame.set_cursor_position(Position { x, y });
}

fn blank_cut_cells(frame: &mut Frame, area: Rect) {
    let buffer = frame.buffer_mut();
    let whole = buffer.area;
    for y in area.y..area.bottom().min(whole.bottom()) {
        let edges = [area.x.checked_sub(1), area.right().checked_sub(1)];
        for x in edges.into_iter().flatten().filter(|x| *x >= whole.x && *x < whole.right()) {
            if let Some(cell) = buffer.cell_mut((x, y)).filter(|cell| cells_of(cell.symbol()) > 1) {
                cell.set_symbol(" ");
            }
        }
    }
}

/// As much of a text as fits, with `…` when something is left out.
pub fn clip(text: &str, cells: usize) -> String {
    if cells_of(text) <= cells {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = cells_of(grapheme);
        if used + wide + 1 > cells {
            break;
        }
        used += wide;
        shown.push_str(grapheme);
    }
    if cells > 0 {
        shown.push('…');
    }
    shown
}

/// Clipped and filled up to exactly so many cells.
pub fn pad(text: &str, cells: usize) -> String {
    let mut shown = clip(text, cells);
    let used = cells_of(&shown);
    shown.extend(std::iter::repeat_n(' ', cells.saturating_sub(used)));
    shown
}

/// A styled line cut to a width, never through a character.
pub fn fit(line: Line<'_>, cells: u16) -> Line<'static> {
    let style = line.style;
    let mut left = usize::from(cells);
    let total: usize = line.spans.iter().map(|span| cells_of(&span.content)).sum();
    let mut spans = vec![];
    for span in line.spans {
        let wide = cells_of(&span.content);
        if total <= usize::from(cells) || wide < left {
            left = left.saturating_sub(wide);
            spans.push(Span::styled(span.content.into_owned(), span.style));
        } else {
            let mut shown = clip(&span.content, left);
            if !shown.ends_with('…') && left > 0 {
                shown = clip(&format!("{}……", span.content), left);
            }
            spans.push(Span::styled(shown, span.style));
            break;
        }
    }
    Line::from(spans).style(style)
}

/// Text in rows of at most so many cells; line ends are kept.
pub fn wrapped(text: &str, cells: usize) -> Vec<String> {
    let field = Field::text_area().with(text);
    let wrap = cells.clamp(2, 500) as u16;
    field.rows(wrap).iter().map(|row| field.text()[row.start..row.end].to_owned()).collect()
}

/// First row to show so that row `at` of a list is seen.
pub fn scroll(at: usize, rows: usize, height: usize) -> usize {
    if rows <= height { 0 } else { at.saturating_sub(height / 2).min(rows - height) }
}

#[cfg(test)]
pub mod testing {
    //! A buffer as the terminal shows it.
    use ratatui::buffer::Buffer;

    use super::cells_of;

    /// Rows of text; the cell behind a wide character is no character of its own.
    pub fn lines(buffer: &Buffer) -> Vec<String> {
        let area = buffer.area;
        (area.y..area.bottom())
            .map(|y| {
                let mut row = String::new();
                let mut x = area.x;
                while x < area.right() {
                    let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
                    row.push_str(symbol);
                    x += cells_of(symbol).max(1) as u16;
                }
                row.trim_end().to_owned()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{Terminal, backend::TestBackend};

    use super::*;
    use crate::tui::theme::Depth;

    #[test]
    fn a_popup_over_half_a_wide_character_keeps_its_edge() {
        let theme = Theme::named("mono", Depth::None);
        let mut terminal = Terminal::new(TestBackend::new(16, 1)).unwrap();
        let draw = |frame: &mut Frame, popup: bool| {
            let mut ui = Ui { frame, theme: &theme };
            let whole = ui.frame.area();
            ui.line(whole, Line::from("abc字字字xyz"));
            if popup {
                let area = Rect { x: 4, y: 0, width: 4, height: 1 };
                ui.clear(area);
                ui.line(area, Line::from("[OK]"));
            }
        };
        terminal.draw(|frame| draw(frame, false)).unwrap();
        terminal.draw(|frame| draw(frame, true)).unwrap();
        let shown = testing::lines(terminal.backend().buffer());
        assert_eq!(shown, ["abc [OK] xyz"]);
    }

    #[test]
    fn texts_are_cut_between_characters_and_say_so() {
        assert_eq!(
            (clip("咳嗽三天", 8), clip("咳嗽三天", 7)),
            ("咳嗽三天".into(), "咳嗽三…".into())
        );
        assert_eq!((clip("咳嗽三天", 6), pad("咳", 5)), ("咳嗽…".into(), "咳   ".into()));
        for cells in 0..12 {
            assert!(cells_of(&clip("咳a嗽b三c天", cells)) <= cells);
        }
    }

    #[test]
    fn styled_lines_are_cut_between_characters_too() {
        for cells in 1..14 {
            let line = Line::from(vec![Span::raw("咳嗽"), Span::raw("a三"), Span::raw("天xyz")]);
            let fitted = fit(line, cells);
            let used: usize = fitted.spans.iter().map(|s| cells_of(&s.content)).sum();
            assert!(used <= usize::from(cells), "{cells}");
        }
    }
}
