//! What can happen to the screens: keys, scans, pastes, sizes, the clock's tick, and answers of the workers.
use std::time::Duration;

use crossterm::event::{Event as Raw, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::effect::Answer;
use crate::domain::{age::half_width, instant::Instant, trace::code::read_all};

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
/// A scanner's characters follow each other within this (seen: 7 to 25 ms); fingers take 60 ms and more.
pub const BURST_GAP: Duration = Duration::from_millis(40);
/// An Enter so soon after a code without an end is the scanner's own, come late; no hand is that quick.
pub const END_GAP: Duration = Duration::from_millis(250);

/// Collects fast characters: a scanner must not press shortcuts. The caller measures the time between keys and says
/// [`Burst::quiet`] when none came within [`BURST_GAP`].
#[derive(Debug, Default)]
pub struct Burst {
    keys: Vec<Key>,
    text: String,
    /// A code was just taken without its end, which may still come.
    end_due: bool,
}

impl Burst {
    pub fn is_open(&self) -> bool {
        !self.keys.is_empty()
    }

    /// No end belongs to the last code any more: what comes now is a person's key.
    pub const fn no_end_due(&mut self) {
        self.end_due = false;
    }

    /// The next key, which came soon after the one before it. Gives what may go on.
    pub fn push(&mut self, key: Key) -> Vec<Event> {
        let ends = [Key::plain(Code::Enter), Key::plain(Code::Tab)].contains(&key);
        // A scanner that is slow with its Enter must not give out what lies on the counter.
        if std::mem::take(&mut self.end_due) && ends {
            return vec![];
        }
        if let Some(c) = self.scanned(key) {
            self.keys.push(key);
            self.text.push(c);
            return vec![];
        }
        if ends && self.is_scan() {
            return vec![self.take()];
        }
        let mut events = self.quiet();
        events.push(Event::Key(key));
        events
    }

    /// No key came in time: a whole code is a scan without an Enter, anything else was typed by a person.
    pub fn quiet(&mut self) -> Vec<Event> {
        if self.text.len() >= SCAN_LEAST && self.is_code() {
            self.end_due = true;
            return vec![self.take()];
        }
        self.text.clear();
        std::mem::take(&mut self.keys).into_iter().map(Event::Key).collect()
    }

    fn take(&mut self) -> Event {
        self.keys.clear();
        Event::Scan(std::mem::take(&mut self.text))
    }

    /// What a key adds to a burst; the separator of GS1 comes as Ctrl-], Ctrl-5 or F8, but never first.
    fn scanned(&self, key: Key) -> Option<char> {
        let separator =
            key.ctrl && matches!(key.code, Code::Char(']' | '5')) || key == Key::plain(Code::F(8));
        if separator && self.is_open() {
            return Some('\u{1d}');
        }
        key.typed().map(half_width).filter(char::is_ascii_graphic)
    }

    /// Ended by Enter or Tab: a code, or digits enough to be a misread one, which is said and not typed. A name in
    /// pinyin is neither.
    fn is_scan(&self) -> bool {
        let digits = self.text.chars().filter(char::is_ascii_digit).count();
        let plain = self.text.chars().all(|c| c.is_ascii_alphanumeric());
        self.text.len() >= SCAN_LEAST && (plain && digits * 2 > self.text.len() || self.is_code())
    }

    fn is_code(&self) -> bool {
        read_all(&self.text, &[]).iter().all(Result::is_ok)
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

    /// Keys with the milliseconds before each, through the same rule as the reading thread.
    fn typed(keys: impl IntoIterator<Item = (u64, Key)>) -> Vec<Event> {
        let mut burst = Burst::default();
        let mut events = vec![];
        for (gap, key) in keys {
            if burst.is_open() && Duration::from_millis(gap) > BURST_GAP {
                events.extend(burst.quiet());
            }
            if Duration::from_millis(gap) > END_GAP {
                burst.no_end_due();
            }
            events.extend(burst.push(key));
        }
        events.extend(burst.quiet());
        events
    }

    fn keys(text: &str) -> Vec<Key> {
        text.chars()
            .map(|c| match c {
                '\n' => Key::plain(Code::Enter),
                '\t' => Key::plain(Code::Tab),
                '\u{1d}' => Key { ctrl: true, ..Key::char('5') },
                c => Key::char(c),
            })
            .collect()
    }

    fn scans(events: &[Event]) -> Vec<&str> {
        events
            .iter()
            .filter_map(
                |event| if let Event::Scan(text) = event { Some(text.as_str()) } else { None },
            )
            .collect()
    }

    #[test]
    fn scans_at_every_seen_pace_are_caught_whole() {
        const CODE: &str = "81234567890123456789";
        const MATRIX: &str = "]d2010690123456789217280630\u{1d}10AB-1\u{1d}21X/77";
        for gap in [0, 2, 8, 16, 25] {
            for (text, wanted) in [
                (format!("{CODE}\n"), CODE),
                (format!("{CODE}\t"), CODE),
                (CODE.to_owned(), CODE),
                ("８１２３４５６７８９０１２３４５６７８９\n".to_owned(), CODE),
                (format!("{MATRIX}\n"), MATRIX),
                (MATRIX.to_owned(), MATRIX),
                (format!("{CODE}{CODE}\n"), "8123456789012345678981234567890123456789"),
            ] {
                let events = typed(keys(&text).into_iter().map(|key| (gap, key)));
                assert_eq!(scans(&events), [wanted], "{gap} ms {text}");
                assert_eq!(events.len(), 1, "nothing of it is typed: {events:?}");
            }
        }
        let f8: Vec<Key> = keys("01069012345678921728063010AB")
            .into_iter()
            .chain([Key::plain(Code::F(8))])
            .chain(keys("21X7\n"))
            .collect();
        let events = typed(f8.into_iter().map(|key| (8, key)));
        assert_eq!(scans(&events), ["01069012345678921728063010AB\u{1d}21X7"]);
    }

    #[test]
    fn ten_thousand_scans_are_caught_and_ten_thousand_typings_are_not() {
        let mut seed = 1u64;
        let mut draw = |end: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % end
        };
        let mut caught = 0;
        for n in 0..10_000u64 {
            let code = format!("8{:019}", n * 7919);
            let paced: Vec<(u64, Key)> = keys(&format!("{code}\n"))
                .into_iter()
                .map(|key| ([2, 8, 16, 25][draw(4) as usize] + draw(5), key))
                .collect();
            let events = typed(paced);
            assert!(scans(&events).iter().all(|scan| *scan == code), "a wrong code was taken");
            caught += scans(&events).len();
        }
        assert!(caught >= 9_990, "{caught}");
        for n in 0..10_000u64 {
            let text = ["81234567890123456789\n", "wangxiaoming20261124\n", "138001380001380\n"]
                [(n % 3) as usize];
            let events = typed(keys(text).into_iter().map(|key| (60 + draw(190), key)));
            assert!(scans(&events).is_empty(), "{text}");
            assert_eq!(events.len(), text.len(), "every key comes through");
        }
    }

    #[test]
    fn a_scanners_late_enter_confirms_nothing_and_a_persons_does() {
        let code = || keys("81234567890123456789").into_iter().map(|key| (8, key));
        for (gap, confirms) in [(60, false), (200, false), (300, true)] {
            let enter = Key::plain(Code::Enter);
            let events = typed(code().chain([(gap, enter), (400, enter)]));
            assert_eq!(scans(&events), ["81234567890123456789"]);
            let enters = events.iter().filter(|event| matches!(event, Event::Key(_))).count();
            assert_eq!(enters, 1 + usize::from(confirms), "{gap} ms");
        }
    }

    #[test]
    fn noise_is_typed_and_never_taken_for_a_code() {
        for text in ["hello world foo bar\n", "]d2garbage-garbage\n", "咳嗽咳痰发热三天头痛乏力\n"]
        {
            let events = typed(keys(text).into_iter().map(|key| (2, key)));
            assert!(scans(&events).is_empty(), "{text}");
            assert_eq!(events.len(), text.chars().count());
        }
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
