//! A second reading of what is a pack's code, written apart from the program and sharing nothing with it: its own check
//! digit, its own dates, its own table of a few identifiers. What it does not know it says it does not know.
pub const GS: char = '\u{1d}';

/// What the second reading says about one symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A pack's code, as the ledger keeps it.
    Code(String),
    No,
    /// An identifier outside the small table.
    Unsure,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Gtin,
    Date,
    Digits(usize),
    Text(usize),
}

const TABLE: [(&str, Form); 9] = [
    ("01", Form::Gtin),
    ("10", Form::Text(20)),
    ("11", Form::Date),
    ("13", Form::Date),
    ("15", Form::Date),
    ("17", Form::Date),
    ("21", Form::Text(20)),
    ("240", Form::Text(30)),
    ("3103", Form::Digits(6)),
];

/// GS1 General Specifications 7.9: weights 3 and 1 from the right, the sum with the check digit ends in 0.
pub fn sum_fits(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 1 { 3 } else { 1 })
        .sum();
    sum.is_multiple_of(10)
}

fn is_date(text: &str) -> bool {
    let number = |at: usize| text[at..at + 2].parse::<u32>().unwrap_or(99);
    let (year, month, day) = (number(0), number(2), number(4));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 => 29,
        2 => 28,
        _ => return false,
    };
    // 00 = the whole month.
    day <= days
}

fn in_set_82(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!\"%&'()*+,-./:;<=>?_".contains(c)
}

fn keeps(form: Form, value: &str) -> bool {
    let digits = value.bytes().all(|b| b.is_ascii_digit());
    match form {
        Form::Gtin => value.len() == 14 && digits && sum_fits(value),
        Form::Date => value.len() == 6 && digits && is_date(value),
        Form::Digits(length) => value.len() == length && digits,
        Form::Text(most) => {
            !value.is_empty() && value.len() <= most && value.chars().all(in_set_82)
        }
    }
}

const fn length(form: Form) -> Option<usize> {
    match form {
        Form::Gtin => Some(14),
        Form::Date => Some(6),
        Form::Digits(length) => Some(length),
        Form::Text(_) => None,
    }
}

/// ISO/IEC 15424: what the scanner says of the symbol, in front of it. `true` = GS1. Caps Lock turns the letter, but of
/// `]E` (EAN), whose small letter means DataBar.
fn prefix(raw: &str) -> (bool, &str) {
    let Some((said, rest)) = raw.get(1..3).zip(raw.get(3..)).filter(|_| raw.starts_with(']'))
    else {
        return (false, raw);
    };
    let turned = said.to_ascii_uppercase();
    match (said, turned.as_str()) {
        (_, "C1" | "D2" | "Q3") => (true, rest),
        (_, "C0" | "C2" | "C4" | "D0" | "D1" | "D4" | "Q0" | "Q1" | "Q2") => (false, rest),
        ("E0" | "E1" | "E2" | "E3" | "E4", _) => (false, rest),
        _ => (false, raw),
    }
}

/// One symbol, of ASCII without the disguises of the separator.
pub fn verdict(raw: &str) -> Verdict {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_platform = |text: &str| text.len() == 20 && text.starts_with('8') && digits(text);
    let (said, text) = prefix(raw);
    let text = text.trim_matches(GS);
    if !said && is_platform(text) {
        return Verdict::Code(text.to_owned());
    }
    if text.starts_with('(') {
        return bracketed(text);
    }
    if said || text.contains(GS) || text.starts_with("01") && (!digits(text) || text.len() > 20) {
        return plain(text);
    }
    Verdict::No
}

fn plain(text: &str) -> Verdict {
    let mut rest = text;
    let mut found: Vec<(&str, &str)> = vec![];
    while !rest.is_empty() {
        let Some((ai, form)) = TABLE.iter().find(|(ai, _)| rest.starts_with(ai)) else {
            let may_be = rest.get(..2).is_some_and(|ai| ai.bytes().all(|b| b.is_ascii_digit()));
            return if may_be { Verdict::Unsure } else { Verdict::No };
        };
        let data = &rest[ai.len()..];
        let separator = data.find(GS).unwrap_or(data.len());
        let end = length(*form).map_or(separator, |most| most.min(separator));
        if !keeps(*form, &data[..end]) {
            return Verdict::No;
        }
        found.push((ai, &data[..end]));
        rest = data[end..].strip_prefix(GS).unwrap_or(&data[end..]);
    }
    of_elements(&found)
}

fn bracketed(text: &str) -> Verdict {
    let mut parts: Vec<(&str, &str, Form)> = vec![];
    for part in text[1..].split('(') {
        // A bracket may be part of a value: which it is, this reading does not know.
        let Some((ai, value)) = part.split_once(')') else { return Verdict::Unsure };
        let Some((_, form)) = TABLE.iter().find(|(known, _)| *known == ai) else {
            return Verdict::Unsure;
        };
        // Some scanners send the separator in the printed form too.
        parts.push((ai, value.trim_end_matches(GS), *form));
    }
    if parts.iter().any(|(_, value, form)| !keeps(*form, value)) {
        return Verdict::No;
    }
    let found: Vec<(&str, &str)> = parts.iter().map(|(ai, value, _)| (*ai, *value)).collect();
    of_elements(&found)
}

fn of_elements(found: &[(&str, &str)]) -> Verdict {
    for (n, (ai, value)) in found.iter().enumerate() {
        if found[..n].iter().any(|(other, said)| other == ai && said != value) {
            return Verdict::No;
        }
    }
    let own = |ai: &str| found.iter().find(|(other, _)| *other == ai).map(|(_, value)| *value);
    match (own("01"), own("21")) {
        (Some(gtin), Some(serial)) => Verdict::Code(format!("(01){gtin}(21){serial}")),
        _ => Verdict::No,
    }
}

/// A fixed sequence of numbers.
pub struct Draw(u64);

impl Draw {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % end.max(1) as u64) as usize
    }

    pub fn of(&mut self, letters: &[u8]) -> char {
        char::from(letters[self.below(letters.len())])
    }

    fn text(&mut self, letters: &[u8], most: usize) -> String {
        (0..=self.below(most)).map(|_| self.of(letters)).collect()
    }
}

const SERIAL: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefhk-./:_+,";
/// What a mutation puts in; no disguise of the separator among them.
const PUT: &[u8] = b"0123456789012345678901234567890123456789ABXYZabd()]Q-./\x1d";

/// A GTIN whose check digit fits.
pub fn gtin(draw: &mut Draw) -> String {
    let body: String = (0..13).map(|_| draw.of(b"0123456789")).collect();
    (0..10).map(|digit| format!("{body}{digit}")).find(|gtin| sum_fits(gtin)).unwrap()
}

/// A pack's symbol as a scanner sends it, in one of the usual dresses.
pub fn symbol(draw: &mut Draw) -> String {
    if draw.below(4) == 0 {
        let code: String = (0..19).map(|_| draw.of(b"0123456789")).collect();
        return format!("{}8{code}", ["", "]C0", "]Q1"][draw.below(3)]);
    }
    let date = format!("{:02}{:02}{:02}", 26 + draw.below(6), 1 + draw.below(12), draw.below(29));
    let mut parts = vec![("01", gtin(draw)), ("17", date), ("10", draw.text(SERIAL, 12))];
    if draw.below(3) == 0 {
        parts.push(("240", draw.text(SERIAL, 20)));
    }
    if draw.below(4) == 0 {
        parts.push(("3103", format!("{:06}", draw.below(1_000_000))));
    }
    let at = 1 + draw.below(parts.len());
    parts.insert(at, ("21", draw.text(SERIAL, 19)));
    if draw.below(4) == 0 {
        return parts.iter().map(|(ai, value)| format!("({ai}){value}")).collect();
    }
    let mut text = ["]d2", "]C1", "]Q3", ""][draw.below(4)].to_owned();
    for (ai, value) in &parts {
        text.push_str(ai);
        text.push_str(value);
        if matches!(*ai, "10" | "21" | "240") {
            text.push(GS);
        }
    }
    text.trim_end_matches(GS).to_owned()
}

/// The same with one to three small damages, as a bad print, a bad line or a keyboard makes them.
pub fn damaged(draw: &mut Draw, symbol: &str) -> String {
    let mut chars: Vec<char> = symbol.chars().collect();
    for _ in 0..=draw.below(3) {
        let at = draw.below(chars.len());
        match draw.below(6) {
            0 => {
                chars.remove(at);
            }
            1 => chars.insert(at, draw.of(PUT)),
            2 => {
                let next = (at + 1).min(chars.len() - 1);
                chars.swap(at, next);
            }
            3 => chars.truncate(at.max(1)),
            _ => chars[at] = draw.of(PUT),
        }
        if chars.is_empty() {
            chars.push('8');
        }
    }
    chars.into_iter().collect()
}

/// The same with another check digit in its GTIN, or one digit of it misread; `None` when it has none.
pub fn wrong_gtin(draw: &mut Draw, symbol: &str) -> Option<String> {
    if !matches!(verdict(symbol), Verdict::Code(code) if code.starts_with("(01)")) {
        return None;
    }
    // The GTIN comes first in every symbol made here.
    let start = symbol.find("(01)").map(|at| at + 4).or(symbol.find("01").map(|at| at + 2))?;
    let mut bytes = symbol.as_bytes().to_vec();
    let at = start + if draw.below(2) == 0 { 13 } else { draw.below(14) };
    bytes[at] = b'0' + (bytes[at] - b'0' + 1 + draw.below(9) as u8) % 10;
    String::from_utf8(bytes).ok()
}
