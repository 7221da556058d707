//! What scanners, keyboards and input methods do to a code before it arrives, undone: full-width characters, the many
//! disguises of the GS separator, symbology prefixes.
use super::gs1::GS;

/// The kind of symbol, as far as the scanner says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    Code128,
    Gs1Code128,
    DataMatrix,
    Gs1DataMatrix,
    Qr,
    Gs1Qr,
    Ean,
    /// The scanner does not say.
    Unsaid,
}

impl Symbol {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code128 => "Code 128",
            Self::Gs1Code128 => "GS1-128",
            Self::DataMatrix => "DataMatrix",
            Self::Gs1DataMatrix => "GS1 DataMatrix",
            Self::Qr => "QR",
            Self::Gs1Qr => "GS1 QR",
            Self::Ean => "EAN/UPC",
            Self::Unsaid => "",
        }
    }

    pub const fn is_gs1(self) -> bool {
        matches!(self, Self::Gs1Code128 | Self::Gs1DataMatrix | Self::Gs1Qr)
    }

    /// `C1` of `]C1`. Caps Lock may have turned the letter.
    fn parse(id: &str) -> Option<Self> {
        Some(match id {
            "C0" | "c0" | "C2" | "c2" | "C4" | "c4" => Self::Code128,
            "C1" | "c1" => Self::Gs1Code128,
            "d0" | "d1" | "d4" | "D0" | "D1" | "D4" => Self::DataMatrix,
            "d2" | "D2" => Self::Gs1DataMatrix,
            "Q0" | "Q1" | "Q2" | "q0" | "q1" | "q2" => Self::Qr,
            "Q3" | "q3" => Self::Gs1Qr,
            // ]E is EAN/UPC, ]e is GS1 DataBar: the letter's case means something, so a turned one cannot be told apart.
            "E0" | "E1" | "E2" | "E3" | "E4" => Self::Ean,
            _ => return None,
        })
    }
}

/// Words and signs that stand for GS. None of the single signs can be part of a GS1 value.
const GS_WORDS: &[&str] = &[
    "<gs>", "{gs}", "[gs]", "<fnc1>", "{fnc1}", "[fnc1]", "<f8>", "{f8}", "%1d", "\\x1d",
    "\\u001d", "\\x{1d}", "<0x1d>", "{0x1d}", "0x1d", "&#29;", "&#x1d;", "^]", "\\035",
];
const GS_SIGNS: &[char] = &[
    '\u{1d}', '\u{241d}', '\u{f8}', '\u{d8}', '\u{e8}', '\u{c8}', '\u{2194}', '|', '~', '^', '`',
    '\u{1e}',
];

/// A read without its disguises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bare {
    pub symbol: Symbol,
    /// Half-width, with [`GS`] as separator, without prefix and end marks.
    pub text: String,
}

pub fn strip(raw: &str) -> Bare {
    let text: String = raw.chars().map(half_of).filter(|c| !is_noise(*c)).collect();
    let text = text.trim_matches([' ', '\r', '\n', '\t', '\u{2}', '\u{3}']);
    let (symbol, text) = symbol(text);
    // A link is kept as it is: its `%1D` belongs to it.
    let text = if link(text).is_some() { text.to_owned() } else { with_gs(text) };
    Bare { symbol, text: text.trim_matches(GS).to_owned() }
}

/// Scheme and rest of a link. A scheme is letters only: `://` may stand in a serial number too.
pub fn link(text: &str) -> Option<(&str, &str)> {
    text.split_once("://").filter(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphabetic()))
}

fn half_of(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '】' | '〕' | '）' => {
            if c == '）' {
                ')'
            } else {
                ']'
            }
        }
        '【' | '〔' | '（' => {
            if c == '（' {
                '('
            } else {
                '['
            }
        }
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '《' => '<',
        '》' => '>',
        '。' => '.',
        _ => c,
    }
}

/// Marks that no symbol prints: zero width, byte order, bidirectional, NUL.
const fn is_noise(c: char) -> bool {
    matches!(c, '\0' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

fn symbol(text: &str) -> (Symbol, &str) {
    let Some(rest) = text.strip_prefix(']') else { return (Symbol::Unsaid, text) };
    match rest.get(..2).and_then(Symbol::parse) {
        Some(symbol) => (symbol, &rest[2..]),
        None => (Symbol::Unsaid, text),
    }
}

fn with_gs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = GS_WORDS.iter().find(|word| {
            rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
        });
        match word {
            Some(word) if !plain_value(rest, word) => {
                out.push(GS);
                rest = &rest[word.len()..];
            }
            _ => {
                out.push(if GS_SIGNS.contains(&c) { GS } else { c });
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

/// `0x1d` could be part of a lot; it counts as a separator only when an identifier follows.
fn plain_value(rest: &str, word: &str) -> bool {
    *word == *"0x1d" && !rest[word.len()..].chars().take(2).all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_disguise_of_the_separator_is_the_same_code() {
        let plain = strip("]d201069012345678921728063010AB12\u{1d}21X77");
        assert_eq!(plain.symbol, Symbol::Gs1DataMatrix);
        for gs in
            GS_WORDS.iter().map(|w| (*w).to_owned()).chain(GS_SIGNS.iter().map(char::to_string))
        {
            let dressed = format!("]D201069012345678921728063010AB12{gs}21X77\r\n");
            assert_eq!(strip(&dressed), plain, "{gs:?}");
            assert_eq!(strip(&dressed.to_uppercase()).text, plain.text, "{gs:?} upper");
        }
    }

    #[test]
    fn full_width_digits_of_an_input_method_are_digits() {
        assert_eq!(strip("８１２３４５６７８９０１２３４５６７８９").text, "81234567890123456789");
        assert_eq!(strip("（０１）０６９").text, "(01)069");
        assert_eq!(strip("】ｄ２０１").text, "01");
    }
}
