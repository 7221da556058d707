//! What can happen to the screens: keys, scans, pastes, sizes, the clock's tick, and answers of the workers.
use crossterm::event::{Event as Raw, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::effect::Answer;
use crate::domain::{age::half_width, instant::Instant};

#[derive(Debug)]
pub enum Event {
    Key(Key),
    /// A scanner's burst: characters, without the Enter behind them.
    Scan(String),
    Paste(String),
    Resize(u16, u16),
    Tick(Instant),
    Done(u64, Box<Answer>),
    /// The system asks the program to end.
    Hangup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// One key as the tables name it: `ctrl-p`, `f2`, `shift-tab`, `?`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: Code,
    pub ctrl: bool,
    pub alt: bool,
    /// Not set for characters: the character itself says it.
    pub shift: bool,
}

impl Key {
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// What would be typed into a field.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// The key a shortcut table knows: full-width characters of an IME count as their plain twins.
    #[must_use]
    pub fn folded(self) -> Self {
        match self.code {
            Code::Char(c) => {
                let plain = half_width(c);
                let code = if self.ctrl || self.alt { plain.to_ascii_lowercase() } else { plain };
                Self { code: Code::Char(code), ..self }
            }
            _ => self,
        }
    }

    /// Reads `ctrl-p`, `alt-1`, `shift-tab`, `f10`, `enter`, `space`, `?`.
    pub fn parse(name: &str) -> Option<Self> {
        let mut key = Self::char(' ');
        let mut rest = name;
        loop {
            if let Some(after) = rest.strip_prefix("ctrl-").filter(|r| !r.is_empty()) {
                (key.ctrl, rest) = (true, after);
            } else if let Some(after) = rest.strip_prefix("alt-").filter(|r| !r.is_empty()) {
                (key.alt, rest) = (true, after);
            } else if let Some(after) = rest.strip_prefix("shift-").filter(|r| !r.is_empty()) {
                (key.shift, rest) = (true, after);
            } else {
                break;
            }
        }
        key.code = match rest {
            "enter" => Code::Enter,
            "esc" => Code::Esc,
            "tab" => Code::Tab,
            "space" => Code::Char(' '),
            "backspace" => Code::Backspace,
            "delete" => Code::Delete,
            "up" => Code::Up,
            "down" => Code::Down,
            "left" => Code::Left,
            "right" => Code::Right,
            "home" => Code::Home,
            "end" => Code::End,
            "pageup" => Code::PageUp,
            "pagedown" => Code::PageDown,
            _ => {
                let mut chars = rest.chars();
                match (chars.next(), chars.as_str()) {
                    (Some(c), "") => Code::Char(c),
                    (Some('f'), number) => Code::F(number.parse().ok().filter(|n| *n <= 12)?),
                    _ => return None,
                }
            }
        };
        Some(key)
    }

    /// `F2`, `Ctrl-P`, `Enter`: as hints and help print it.
    pub fn label(self) -> String {
        let mut label = String::new();
        if self.ctrl {
            label.push('^');
        }
        if self.alt {
            label.push_str("Alt-");
        }
        if self.shift {
            label.push_str("S-");
        }
        match self.code {
            Code::Char(' ') => label.push_str("空格"),
            Code::Char(c) if self.ctrl => label.extend(c.to_uppercase()),
            Code::Char(c) => label.push(c),
            Code::Enter => label.push_str("Enter"),
            Code::Esc => label.push_str("Esc"),
            Code::Tab => label.push_str("Tab"),
            Code::Backspace => label.push_str("Bksp"),
            Code::Delete => label.push_str("Del"),
            Code::Up => label.push('↑'),
            Code::Down => label.push('↓'),
            Code::Left => label.push('←'),
            Code::Right => label.push('→'),
            Code::Home => label.push_str("Home"),
            Code::End => label.push_str("End"),
            Code::PageUp => label.push_str("PgUp"),
            Code::PageDown => label.push_str("PgDn"),
            Code::F(n) => label.push_str(&format!("F{n}")),
        }
        label
    }
}

/// What the terminal sent, in our words; key releases and what we have no use for are `None`.
pub fn from_terminal(raw: Raw) -> Option<Event> {
    match raw {
        Raw::Key(key) if key.kind != KeyEventKind::Release => pressed(key).map(Event::Key),
        Raw::Paste(text) => Some(Event::Paste(text)),
        Raw::Resize(width, height) => Some(Event::Resize(width, height)),
        _ => None,
    }
}

fn pressed(raw: KeyEvent) -> Option<Key> {
    let code = match raw.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab | KeyCode::BackTab => Code::Tab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) if n <= 12 => Code::F(n),
        _ => return None,
    };
    let is_char = matches!(code, Code::Char(_));
    let back_tab = raw.code == KeyCode::BackTab;
    Some(Key {
        code,
        ctrl: raw.modifiers.contains(KeyModifiers::CONTROL),
        alt: raw.modifiers.contains(KeyModifiers::ALT),
        shift: !is_char && (back_tab || raw.modifiers.contains(KeyModifiers::SHIFT)),
    })
}

/// The fewest characters that a scanner sends in one burst.
pub const SCAN_LEAST: usize = 12;

/// Collects fast characters: a scanner must not press shortcuts. The caller measures the time between keys.
#[derive(Debug, Default)]
pub struct Burst(String);

impl Burst {
    pub fn is_open(&self) -> bool {
        !self.0.is_empty()
    }

    /// The next key, which came soon after the one before it. Gives what may go on.
    pub fn push(&mut self, key: Key) -> Vec<Event> {
        match key.typed().map(half_width) {
            Some(c) if c.is_ascii_alphanumeric() => {
                self.0.push(c);
                vec![]
            }
            None if key == Key::plain(Code::Enter) && self.is_scan() => {
                vec![Event::Scan(std::mem::take(&mut self.0))]
            }
            _ => {
                let mut events = self.quiet();
                events.push(Event::Key(key));
                events
            }
        }
    }

    /// No key came in time: what was held back was typed by a person.
    pub fn quiet(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.0).chars().map(|c| Event::Key(Key::char(c))).collect()
    }

    /// Trace codes are digits; a name in pinyin before Enter is not a scan.
    fn is_scan(&self) -> bool {
        let digits = self.0.chars().filter(char::is_ascii_digit).count();
        self.0.len() >= SCAN_LEAST && digits * 2 > self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_names_are_read_and_printed() {
        for (name, label) in
            [("ctrl-p", "^P"), ("f10", "F10"), ("shift-tab", "S-Tab"), ("?", "?"), ("ctrl--", "^-")]
        {
            assert_eq!(Key::parse(name).map(Key::label).as_deref(), Some(label), "{name}");
        }
        assert_eq!((Key::parse("f13"), Key::parse("hyper-x"), Key::parse("")), (None, None, None));
    }

    #[test]
    fn a_burst_of_digits_and_enter_is_a_scan_and_presses_no_shortcut() {
        let mut burst = Burst::default();
        for c in "81234567890123456789".chars() {
            assert!(burst.push(Key::char(c)).is_empty());
        }
        let events = burst.push(Key::plain(Code::Enter));
        assert!(matches!(&events[..], [Event::Scan(code)] if code == "81234567890123456789"));
        assert!(!burst.is_open());
    }

    #[test]
    fn what_is_too_short_for_a_scan_comes_out_as_typed() {
        let mut burst = Burst::default();
        burst.push(Key::char('1'));
        burst.push(Key::char('2'));
        assert_eq!(burst.push(Key::plain(Code::Enter)).len(), 3);
    }

    #[test]
    fn a_full_width_question_mark_is_the_help_key() {
        assert_eq!(Key::char('？').folded(), Key::char('?'));
    }

    #[test]
    fn a_released_key_is_no_key() {
        let mut raw = KeyEvent::new(KeyCode::Char('a'), KeyModifiers::NONE);
        raw.kind = KeyEventKind::Release;
        assert!(from_terminal(Raw::Key(raw)).is_none());
    }
}
