//! What comes in from a keyboard, a paste or a file, made harmless before it is kept: no control characters,
//! no terminal sequences, no direction overrides; one Unicode form; a cap on length. What was removed is shown.
use unicode_normalization::UnicodeNormalization;

/// The longest note of one visit, in characters.
pub const NOTE_MAX: usize = 20_000;
/// The longest one-line field (an address, a reason), in characters.
pub const LINE_MAX: usize = 200;
/// The longest name of a person, in characters; long Uyghur and Tibetan names fit.
pub const NAME_MAX: usize = 60;

/// Text that is safe to keep and to show, with what had to go.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cleaned {
    pub text: String,
    /// What was removed, printable: `␛[2J`, `␇`, `<U+202E>`. At most [`Cleaned::SHOWN`] are listed.
    pub removed: Vec<String>,
    pub removed_count: usize,
    /// Characters cut off because the field was too long.
    pub cut: usize,
}

impl Cleaned {
    pub const SHOWN: usize = 8;

    pub fn is_untouched(&self) -> bool {
        self.removed_count == 0 && self.cut == 0
    }

    fn note(&mut self, shown: String) {
        self.removed_count += 1;
        if self.removed.len() < Self::SHOWN {
            self.removed.push(shown);
        }
    }
}

/// Cleans a field of one line: line ends and tabs become spaces, blanks at both ends go, runs of blanks become one.
pub fn clean_line(raw: &str, max_chars: usize) -> Cleaned {
    let mut cleaned = clean(raw, usize::MAX);
    let line = cleaned.text.split_whitespace().collect::<Vec<_>>().join(" ");
    (cleaned.text, cleaned.cut) = cap(&line, max_chars);
    cleaned
}

/// Cleans a text of several lines: `\r\n` and `\r` become `\n`, tabs become a space, blanks at both ends stay.
pub fn clean_text(raw: &str, max_chars: usize) -> Cleaned {
    clean(raw, max_chars)
}

fn clean(raw: &str, max_chars: usize) -> Cleaned {
    let mut cleaned = Cleaned::default();
    let mut kept = String::with_capacity(raw.len().min(64 * 1024));
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                if chars.peek() == Some(&'\n') {
                    chars.next();
                }
                kept.push('\n');
            }
            '\n' => kept.push('\n'),
            '\t' | '\u{2028}' | '\u{2029}' => kept.push(' '),
            '\u{1b}' => {
                let shown = take_sequence(&mut chars);
                cleaned.note(shown);
            }
            _ if is_hidden(c) => cleaned.note(picture(c)),
            _ => kept.push(c),
        }
    }
    let composed: String = kept.nfc().collect();
    (cleaned.text, cleaned.cut) = cap(&composed, max_chars);
    cleaned
}

/// Swallows a terminal sequence whose ESC is already read, and gives its picture.
fn take_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    const LONGEST: usize = 64;
    let mut shown = String::from('\u{241b}');
    let Some(&kind) = chars.peek() else { return shown };
    match kind {
        '[' => {
            shown.push('[');
            chars.next();
            while let Some(&c) = chars.peek().filter(|c| matches!(c, ' '..='?')) {
                shown.push(c);
                chars.next();
                if shown.chars().count() > LONGEST {
                    return shown;
                }
            }
            if let Some(&c) = chars.peek().filter(|c| matches!(c, '@'..='~')) {
                shown.push(c);
                chars.next();
            }
        }
        ']' | 'P' | '_' | '^' | 'X' => {
            // An operating system command runs to BEL or ESC \; without an end only the opening goes.
            shown.push(kind);
            chars.next();
            let rest: Vec<char> = chars.clone().take(LONGEST * 4).collect();
            let end = rest.iter().position(|c| matches!(c, '\u{7}' | '\u{1b}' | '\u{9c}'));
            if let Some(end) = end {
                for c in chars.by_ref().take(end + 1).filter(|c| !is_hidden(*c) && *c != '\u{1b}') {
                    shown.push(c);
                }
                if rest[end] == '\u{1b}' && chars.peek() == Some(&'\\') {
                    chars.next();
                }
            }
        }
        '('..='/' => {
            shown.push(kind);
            chars.next();
        }
        _ => {}
    }
    shown
}

/// Characters that act instead of being seen: C0, C1, DEL, direction marks and overrides, joiners, tags, BOM.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}'
            | '\u{E0000}'..='\u{E007F}')
}

fn picture(c: char) -> String {
    match c {
        '\u{0}'..='\u{1f}' => {
            char::from_u32(0x2400 + c as u32).map_or_else(String::new, String::from)
        }
        '\u{7f}' => "\u{2421}".to_owned(),
        _ => format!("<U+{:04X}>", c as u32),
    }
}

fn cap(text: &str, max_chars: usize) -> (String, usize) {
    match text.char_indices().nth(max_chars) {
        None => (text.to_owned(), 0),
        Some((at, _)) => (text[..at].to_owned(), text[at..].chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, text: &str, removed: &[&str]) {
        let cleaned = clean_line(raw, 50);
        assert_eq!(
            (cleaned.text.as_str(), cleaned.removed.iter().map(String::as_str).collect()),
            (text, removed.to_vec())
        );
    }

    #[test]
    fn an_ordinary_name_is_left_as_it_is() {
        check("欧阳娜娜", "欧阳娜娜", &[]);
        check("买买提·吐尔逊", "买买提·吐尔逊", &[]);
        check("𬭎", "𬭎", &[]);
    }

    #[test]
    fn terminal_sequences_are_removed_whole_and_shown() {
        check("王\u{1b}[2J小\u{1b}[31;1m明", "王小明", &["␛[2J", "␛[31;1m"]);
        check("王\u{1b}]0;title\u{7}小明", "王小明", &["␛]0;title"]);
        check("王\u{1b}]52;c;AAAA\u{1b}\\小明", "王小明", &["␛]52;c;AAAA"]);
        check("王\u{1b}@小明", "王@小明", &["␛"]);
    }

    #[test]
    fn an_unended_command_does_not_swallow_the_rest_of_a_name() {
        check("王\u{1b}]0;小明", "王0;小明", &["␛]"]);
    }

    #[test]
    fn control_characters_and_direction_overrides_are_removed_and_shown() {
        check(
            "李\u{0}\u{7}\u{9b}四\u{202e}五\u{200b}",
            "李四五",
            &["␀", "␇", "<U+009B>", "<U+202E>", "<U+200B>"],
        );
    }

    #[test]
    fn a_decomposed_letter_becomes_one_letter() {
        check("Jose\u{301}", "José", &[]);
    }

    #[test]
    fn blanks_and_line_ends_of_a_one_line_field_become_one_space() {
        check("  王\r\n 小\t明　", "王 小 明", &[]);
    }

    #[test]
    fn pasted_line_ends_are_kept_as_line_ends_in_a_note() {
        assert_eq!(clean_text("主诉：咳嗽\r\n现病史\r查体", 100).text, "主诉：咳嗽\n现病史\n查体");
    }

    #[test]
    fn ten_megabytes_pasted_into_a_field_are_cut_and_counted() {
        let cleaned = clean_text(&"咳".repeat(3_500_000), NOTE_MAX);
        assert_eq!((cleaned.text.chars().count(), cleaned.cut), (NOTE_MAX, 3_480_000));
    }
}
