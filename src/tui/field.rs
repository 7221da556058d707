//! A text field: Chinese by cell width, wrapping on graphemes, undo, and a caret whose cell is known exactly.
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::event::{Code, Key};
use crate::domain::cleaning;

/// The most that one field holds.
pub const MOST_BYTES: usize = 64 * 1024;
const MOST_UNDO: usize = 200;

/// What the field did to what was typed or pasted, to be said on screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Control characters were taken out; pictures of the first ones.
    Removed(Vec<String>),
    /// Bytes that did not fit.
    Cut(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Line,
    Text,
    Secret,
}

/// One row of the wrapped text: bytes `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Debug)]
pub struct Field {
    shape: Shape,
    text: String,
    /// Byte offset, always between two graphemes.
    caret: usize,
    /// The column that ↑ and ↓ aim at.
    goal: Option<usize>,
    undo: Vec<(String, usize)>,
    /// The last change was one typed letter, so the next one joins its undo step.
    joining: bool,
    /// Cells a row holds; set by the screen from the terminal's size.
    pub wrap: u16,
    pub notice: Option<Notice>,
}

impl Default for Field {
    fn default() -> Self {
        Self::line()
    }
}

impl Field {
    pub fn line() -> Self {
        Self::of(Shape::Line)
    }

    pub fn text_area() -> Self {
        Self::of(Shape::Text)
    }

    /// Shown as dots; never undone, so that old attempts do not stay in memory.
    pub fn secret() -> Self {
        Self::of(Shape::Secret)
    }

    fn of(shape: Shape) -> Self {
        Self {
            shape,
            text: String::new(),
            caret: 0,
            goal: None,
            undo: vec![],
            joining: false,
            wrap: 40,
            notice: None,
        }
    }

    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        self.set(text);
        self
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    pub fn is_secret(&self) -> bool {
        self.shape == Shape::Secret
    }

    pub fn set(&mut self, text: &str) {
        self.text = self.clean(text);
        self.caret = self.text.len();
        self.joining = false;
        self.undo.clear();
    }

    /// Empties the field and gives what stood in it.
    pub fn take(&mut self) -> String {
        self.caret = 0;
        self.undo.clear();
        std::mem::take(&mut self.text)
    }

    fn clean(&mut self, raw: &str) -> String {
        if self.shape == Shape::Secret {
            // A passphrase is taken as typed, letter by letter, without its line ends.
            return raw.chars().filter(|c| !c.is_control()).collect();
        }
        let cleaned = cleaning::clean_text(raw, MOST_BYTES);
        if !cleaned.removed.is_empty() {
            self.notice = Some(Notice::Removed(cleaned.removed));
        }
        if cleaned.cut > 0 {
            self.notice = Some(Notice::Cut(cleaned.cut));
        }
        if self.shape == Shape::Text { cleaned.text } else { cleaned.text.replace('\n', " ") }
    }

    /// Typed or pasted text at the caret.
    pub fn insert(&mut self, raw: &str) {
        let cap = MOST_BYTES.saturating_sub(self.text.len());
        // What is far too long is cut before it is looked at: a paste of 10 MB must not stop the screen.
        let head = floor(raw, cap.saturating_mul(2));
        let mut text = self.clean(&raw[..head]);
        let room = cleaning::NOTE_MAX.saturating_sub(self.text.chars().count());
        let by_chars = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
        let fits = floor(&text, cap.min(by_chars));
        let lost = raw.len() - head + (text.len() - fits);
        if lost > 0 {
            self.notice = Some(Notice::Cut(lost));
            text.truncate(fits);
        }
        if text.is_empty() {
            return;
        }
        let single = text.graphemes(true).count() == 1 && !text.contains(char::is_whitespace);
        self.remember(single);
        self.text.insert_str(self.caret, &text);
        self.caret += text.len();
        self.settle_caret();
        self.goal = None;
    }

    fn remember(&mut self, joins: bool) {
        if self.shape != Shape::Secret && !(joins && self.joining) {
            if self.undo.len() == MOST_UNDO {
                self.undo.remove(0);
            }
            self.undo.push((self.text.clone(), self.caret));
        }
        self.joining = joins;
    }

    /// An editing key; `false` when the field has no use for it.
    pub fn key(&mut self, key: Key) -> bool {
        if let Some(c) = key.typed() {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        let vertical = matches!(key.code, Code::Up | Code::Down);
        let handled = self.steer(key);
        if handled && !vertical {
            self.goal = None;
        }
        if handled && !matches!(key.code, Code::Backspace | Code::Delete) {
            self.joining = false;
        }
        handled
    }

    fn steer(&mut self, key: Key) -> bool {
        let many = self.shape == Shape::Text;
        match (key.code, key.ctrl, key.alt) {
            (Code::Char('z'), true, false) => self.undo(),
            (Code::Char('a') | Code::Home, true, false) => self.caret = 0,
            (Code::Char('e') | Code::End, true, false) => self.caret = self.text.len(),
            (Code::Char('u'), true, false) => self.delete(self.row_ends().0, self.caret),
            (Code::Char('k'), true, false) => self.delete(self.caret, self.row_ends().1),
            (Code::Char('w') | Code::Backspace, true, false) => {
                self.delete(self.word_back(), self.caret);
            }
            (Code::Left, true, _) => self.caret = self.word_back(),
            (Code::Right, true, _) => self.caret = self.word_on(),
            (_, true, _) | (_, _, true) => return false,
            (Code::Enter, ..) if many => {
                self.insert("\n");
            }
            (Code::Backspace, ..) => self.delete(self.before(), self.caret),
            (Code::Delete, ..) => self.delete(self.caret, self.after()),
            (Code::Left, ..) => self.caret = self.before(),
            (Code::Right, ..) => self.caret = self.after(),
            (Code::Home, ..) => self.caret = self.row_ends().0,
            (Code::End, ..) => self.caret = self.row_ends().1,
            (Code::Up, ..) if many => self.climb(-1),
            (Code::Down, ..) if many => self.climb(1),
            (Code::PageUp, ..) if many => self.climb(-10),
            (Code::PageDown, ..) if many => self.climb(10),
            _ => return false,
        }
        true
    }

    fn undo(&mut self) {
        if let Some((text, caret)) = self.undo.pop() {
            (self.text, self.caret) = (text, caret);
        }
    }

    fn delete(&mut self, from: usize, to: usize) {
        if from < to {
            self.remember(to - from <= 4);
            self.text.replace_range(from..to, "");
            self.caret = from;
            self.settle_caret();
        }
    }

    /// Combining marks may have joined two graphemes around the caret.
    fn settle_caret(&mut self) {
        let fits = self.text.grapheme_indices(true).map(|(at, _)| at).find(|at| *at >= self.caret);
        self.caret = fits.unwrap_or(self.text.len());
    }

    fn before(&self) -> usize {
        self.text[..self.caret].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        let rest = self.text[self.caret..].graphemes(true).next();
        self.caret + rest.map_or(0, str::len)
    }

    fn word_back(&self) -> usize {
        let words = self.text[..self.caret].split_word_bound_indices();
        words.rev().find(|(_, w)| !w.trim().is_empty()).map_or(0, |(at, _)| at)
    }

    fn word_on(&self) -> usize {
        let mut words = self.text[self.caret..].split_word_bound_indices();
        words
            .find(|(at, w)| *at > 0 && !w.trim().is_empty())
            .map_or(self.text.len(), |(at, _)| self.caret + at)
    }

    fn row_ends(&self) -> (usize, usize) {
        let start = self.text[..self.caret].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[self.caret..].find('\n').map_or(self.text.len(), |at| self.caret + at);
        (start, end)
    }

    fn climb(&mut self, by: isize) {
        let rows = self.rows(self.wrap);
        let (row, column) = self.place(&rows);
        let goal = *self.goal.get_or_insert(column);
        let target = (row as isize + by).clamp(0, rows.len() as isize - 1) as usize;
        let Row { start, end } = rows[target];
        let (mut at, mut cells) = (start, 0);
        for grapheme in self.text[start..end].graphemes(true) {
            let wide = cells_of(grapheme);
            if cells + wide > goal {
                break;
            }
            cells += wide;
            at += grapheme.len();
        }
        self.caret = at;
    }

    /// The text in rows of at most `wrap` cells.
    pub fn rows(&self, wrap: u16) -> Vec<Row> {
        let wrap = usize::from(wrap.max(2));
        let mut rows = vec![];
        let mut from = 0;
        for line in self.text.split('\n') {
            let (mut start, mut cells, mut at) = (from, 0, from);
            for grapheme in line.graphemes(true) {
                let wide = cells_of(grapheme);
                if cells + wide > wrap {
                    rows.push(Row { start, end: at });
                    (start, cells) = (at, 0);
                }
                cells += wide;
                at += grapheme.len();
            }
            rows.push(Row { start, end: at });
            from += line.len() + 1;
        }
        rows
    }

    /// Row and cell of the caret, in rows of the given width; a full row's end is the next row's begin.
    pub fn caret_cell(&self, wrap: u16) -> (usize, usize) {
        let rows = self.rows(wrap);
        let (row, column) = self.place(&rows);
        if column >= usize::from(wrap.max(2)) { (row + 1, 0) } else { (row, column) }
    }

    fn place(&self, rows: &[Row]) -> (usize, usize) {
        let row = rows.iter().rposition(|row| row.start <= self.caret).unwrap_or(0);
        let start = rows.get(row).map_or(0, |row| row.start);
        (row, cells_of(&self.text[start..self.caret.max(start)]))
    }

    /// What is to be seen of a one-line field in `width` cells, and the caret's cell in it.
    pub fn window(&self, width: u16) -> (String, u16) {
        let width = usize::from(width.max(3));
        let masked;
        let (text, caret) = if self.is_secret() {
            masked = "•".repeat(self.text.chars().count());
            (masked.as_str(), "•".len() * self.text[..self.caret].chars().count())
        } else {
            (self.text.as_str(), self.caret)
        };
        let mut from = 0;
        let mut graphemes = text[..caret].graphemes(true);
        // The caret needs a cell of its own behind the text.
        while cells_of(&text[from..caret]) >= width {
            from += graphemes.next().map_or(1, str::len);
        }
        let column = cells_of(&text[from..caret]);
        let mut shown = String::new();
        let mut cells = 0;
        for grapheme in text[from..].graphemes(true) {
            cells += cells_of(grapheme);
            if cells > width {
                break;
            }
            shown.push_str(grapheme);
        }
        (shown, column as u16)
    }
}

pub fn cells_of(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The largest boundary of a character that is not past `most`.
fn floor(text: &str, most: usize) -> usize {
    let mut at = most.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(text: &str) -> Field {
        let mut field = Field::text_area();
        for c in text.chars() {
            if c == '\n' {
                field.key(Key::plain(Code::Enter));
            } else {
                field.key(Key::char(c));
            }
        }
        field
    }

    #[test]
    fn the_caret_stands_behind_wide_characters_by_cells() {
        assert_eq!(typed("血压150").caret_cell(40), (0, 7));
        assert_eq!(typed("咳嗽三天").caret_cell(6), (1, 2));
        assert_eq!(typed("咳嗽三").caret_cell(6), (1, 0));
        assert_eq!(typed("a咳嗽三").caret_cell(6), (1, 2));
        assert_eq!(typed("咳\n").caret_cell(6), (1, 0));
    }

    #[test]
    fn fifty_texts_put_the_caret_where_their_cells_end() {
        let bits = ["abc", "咳嗽", "𬭎", "🙂", "℃", "é", " ", "１２", "—", "x"];
        for n in 0..50 {
            let text: String = (0..=n % 7).map(|k| bits[(n * 3 + k * 7) % bits.len()]).collect();
            let field = Field::text_area().with(&text);
            assert_eq!(field.caret_cell(200), (0, cells_of(field.text())), "{text}");
        }
    }

    #[test]
    fn undo_brings_back_what_stood_before_a_word_a_paste_and_a_deletion() {
        let mut field = typed("咳嗽");
        field.insert("，发热3天");
        field.key(Key { ctrl: true, ..Key::char('u') });
        assert_eq!(field.text(), "");
        let undo = Key { ctrl: true, ..Key::char('z') };
        field.key(undo);
        assert_eq!(field.text(), "咳嗽，发热3天");
        field.key(undo);
        assert_eq!(field.text(), "咳嗽");
        field.key(undo);
        assert_eq!(field.text(), "");
    }

    #[test]
    fn pasted_line_ends_become_one_and_control_characters_are_shown_and_dropped() {
        let mut field = Field::text_area();
        field.insert("第一行\r第二行\r\n第三\u{1b}[2J行");
        assert_eq!(field.text(), "第一行\n第二行\n第三行");
        assert_eq!(field.notice, Some(Notice::Removed(vec!["␛[2J".to_owned()])));
    }

    #[test]
    fn a_paste_of_ten_megabytes_is_capped_and_said() {
        let mut field = Field::text_area();
        field.insert(&"咳".repeat(3_500_000));
        assert!(field.text().len() <= MOST_BYTES);
        assert!(matches!(field.notice, Some(Notice::Cut(n)) if n > 10_000_000));
    }

    #[test]
    fn a_line_never_holds_a_line_end() {
        let mut field = Field::line();
        field.insert("张\n三");
        assert_eq!(field.text(), "张 三");
        assert!(!field.key(Key::plain(Code::Enter)));
    }

    #[test]
    fn up_and_down_keep_the_column() {
        let mut field = typed("咳嗽咳痰\n发\n胸痛三天");
        field.key(Key::plain(Code::Left));
        field.key(Key::plain(Code::Up));
        assert_eq!(field.caret_cell(40), (1, 2));
        field.key(Key::plain(Code::Up));
        assert_eq!(field.caret_cell(40), (0, 6));
    }

    #[test]
    fn a_long_line_scrolls_so_that_the_caret_is_seen() {
        let field = Field::line().with("阿莫西林胶囊每日三次");
        let (shown, column) = field.window(9);
        assert!(column < 9 && cells_of(&shown) <= 9);
        assert!(shown.ends_with("三次"));
    }

    #[test]
    fn a_passphrase_is_shown_as_dots() {
        let (shown, column) = Field::secret().with("口令abc").window(20);
        assert_eq!((shown.as_str(), column), ("•••••", 5));
    }

    proptest! {
        #[test]
        fn any_keys_leave_the_caret_inside_the_field(keys in proptest::collection::vec(0_u8..18, 0..120), wrap in 2_u16..30) {
            let mut field = Field::text_area();
            field.wrap = wrap;
            for key in keys {
                let key = match key {
                    0 => Key::char('咳'), 1 => Key::char('a'), 2 => Key::char('\u{301}'), 3 => Key::char('🙂'),
                    4 => Key::plain(Code::Enter), 5 => Key::plain(Code::Backspace), 6 => Key::plain(Code::Delete),
                    7 => Key::plain(Code::Left), 8 => Key::plain(Code::Right), 9 => Key::plain(Code::Up),
                    10 => Key::plain(Code::Down), 11 => Key::plain(Code::Home), 12 => Key::plain(Code::End),
                    13 => Key { ctrl: true, ..Key::char('w') }, 14 => Key { ctrl: true, ..Key::char('z') },
                    15 => Key { ctrl: true, ..Key::plain(Code::Left) }, 16 => Key { ctrl: true, ..Key::plain(Code::Right) },
                    _ => Key::char(' '),
                };
                field.key(key);
                let (row, column) = field.caret_cell(wrap);
                prop_assert!(column < usize::from(wrap.max(2)) && row <= field.rows(wrap).len());
                prop_assert!(field.text().is_char_boundary(field.caret));
            }
        }
    }
}
