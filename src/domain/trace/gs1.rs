//! GS1 element strings: which identifiers stand in a symbol and whether each value is what the GS1 dictionary asks.
pub use super::gs1_lint::check_digit;
use super::gs1_lint::{in_set, keeps};
use super::gs1_table::{Row, TABLE};
use crate::domain::age::Day;

/// The separator between values of open length, after its disguises are taken off.
pub const GS: char = '\u{1d}';

/// One identifier with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub ai: String,
    pub title: &'static str,
    pub value: String,
}

/// Why a string is no whole element string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gs1Fault {
    Empty,
    /// No identifier of GS1 begins here.
    UnknownIdentifier {
        at: usize,
        text: String,
    },
    TooShort {
        ai: String,
        value: String,
    },
    /// Often the separator was lost and the next identifier was swallowed.
    TooLong {
        ai: String,
        value: String,
    },
    Character {
        ai: String,
        found: char,
    },
    CheckDigit {
        ai: String,
        value: String,
        wanted: Option<char>,
    },
    /// A content rule of the dictionary, by its name.
    Content {
        ai: String,
        rule: &'static str,
        value: String,
    },
    /// The same identifier twice with different values.
    Contradiction {
        ai: String,
    },
    /// Two identifiers that never stand together.
    Together {
        ai: String,
        with: String,
    },
}

/// Reads an element string: `01…17…10…␝21…` or `(01)…(17)…`.
pub fn parse(text: &str) -> Result<Vec<Element>, Gs1Fault> {
    let elements = if text.starts_with('(') { bracketed(text)? } else { plain(text)? };
    if elements.is_empty() {
        return Err(Gs1Fault::Empty);
    }
    agree(&elements)?;
    Ok(elements)
}

fn plain(text: &str) -> Result<Vec<Element>, Gs1Fault> {
    let mut elements = vec![];
    let mut rest = text.trim_start_matches(GS);
    while !rest.is_empty() {
        let at = text.len() - rest.len();
        let (ai, row) = identifier(rest).ok_or_else(|| unknown(at, rest))?;
        let data = &rest[ai.len()..];
        let open_end = data.find(GS).unwrap_or(data.len());
        let end = if row.fixed { longest(row.spec).min(open_end) } else { open_end };
        if !data.is_char_boundary(end) {
            return Err(unknown(at, rest));
        }
        elements.push(element(ai, row, &data[..end])?);
        rest = data[end..].strip_prefix(GS).unwrap_or(&data[end..]);
    }
    Ok(elements)
}

/// The form printed under symbols. A bracket may be part of a value, so an identifier counts only where one fits.
fn bracketed(text: &str) -> Result<Vec<Element>, Gs1Fault> {
    let starts: Vec<usize> =
        text.match_indices('(').map(|(at, _)| at).filter(|at| opens(&text[*at..])).collect();
    if starts.first() != Some(&0) {
        return Err(unknown(0, text));
    }
    let mut elements = vec![];
    for (n, start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(text.len());
        let (ai, value) =
            text[start + 1..end].split_once(')').ok_or_else(|| unknown(*start, text))?;
        let (_, row) =
            identifier(ai).filter(|(found, _)| *found == ai).ok_or_else(|| unknown(*start, ai))?;
        elements.push(element(ai, row, value.trim_end_matches(GS))?);
    }
    Ok(elements)
}

fn opens(text: &str) -> bool {
    text[1..]
        .split_once(')')
        .is_some_and(|(ai, _)| identifier(ai).is_some_and(|(found, _)| found == ai))
}

fn unknown(at: usize, text: &str) -> Gs1Fault {
    Gs1Fault::UnknownIdentifier { at, text: text.chars().take(6).collect() }
}

fn identifier(text: &str) -> Option<(&str, &'static Row)> {
    (2..=4).find_map(|length| {
        let ai = text.get(..length).filter(|ai| ai.bytes().all(|b| b.is_ascii_digit()))?;
        let row = TABLE
            .iter()
            .find(|row| row.from.len() == length && (row.from..=row.to).contains(&ai))?;
        Some((ai, row))
    })
}

/// Type, least and greatest length, rules of one part.
struct Part {
    kind: u8,
    least: usize,
    most: usize,
    rules: &'static str,
    optional: bool,
}

fn parts(spec: &'static str) -> impl Iterator<Item = Part> {
    spec.split(' ').filter_map(|word| {
        let (form, rules) = word.split_once(',').unwrap_or((word, ""));
        let optional = form.starts_with('[');
        let form = form.trim_matches(['[', ']']);
        let (kind, length) = (*form.as_bytes().first()?, form.get(1..)?);
        let most = length.trim_start_matches("..").parse().ok()?;
        let least = if length.starts_with("..") { 1 } else { most };
        Some(Part { kind, least, most, rules, optional })
    })
}

fn longest(spec: &'static str) -> usize {
    parts(spec).map(|part| part.most).sum()
}

fn element(ai: &str, row: &'static Row, value: &str) -> Result<Element, Gs1Fault> {
    let own = || (ai.to_owned(), value.to_owned());
    let mut rest = value;
    for part in parts(row.spec) {
        if rest.is_empty() && part.optional {
            break;
        }
        let end = rest.char_indices().nth(part.most).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        if piece.chars().count() < part.least {
            let (ai, value) = own();
            return Err(Gs1Fault::TooShort { ai, value });
        }
        if let Some(found) = piece.chars().find(|c| !in_set(part.kind, *c)) {
            return Err(Gs1Fault::Character { ai: ai.to_owned(), found });
        }
        for rule in part.rules.split(',').filter(|rule| !rule.is_empty()) {
            if !keeps(rule, piece) {
                let (ai, value) = own();
                return Err(if rule == "csum" {
                    Gs1Fault::CheckDigit { ai, value, wanted: check_digit(piece) }
                } else {
                    Gs1Fault::Content { ai, rule, value }
                });
            }
        }
        rest = after;
    }
    if !rest.is_empty() {
        let (ai, value) = own();
        return Err(Gs1Fault::TooLong { ai, value });
    }
    Ok(Element { ai: ai.to_owned(), title: row.title, value: value.to_owned() })
}

/// No identifier twice with different values, none beside one that it excludes.
fn agree(elements: &[Element]) -> Result<(), Gs1Fault> {
    for (n, one) in elements.iter().enumerate() {
        if elements[..n].iter().any(|other| other.ai == one.ai && other.value != one.value) {
            return Err(Gs1Fault::Contradiction { ai: one.ai.clone() });
        }
        let excludes = identifier(&one.ai).map_or("", |(_, row)| row.excludes);
        for pattern in excludes.split(',').filter(|pattern| !pattern.is_empty()) {
            if let Some(with) =
                elements.iter().find(|other| other.ai != one.ai && fits(pattern, &other.ai))
            {
                return Err(Gs1Fault::Together { ai: one.ai.clone(), with: with.ai.clone() });
            }
        }
    }
    Ok(())
}

/// `310n` fits 3100 to 3109.
fn fits(pattern: &str, ai: &str) -> bool {
    pattern.len() == ai.len() && pattern.bytes().zip(ai.bytes()).all(|(p, a)| p == a || p == b'n')
}

/// Identifiers that should stand beside these, on this symbol or on another of the same pack: (identifier, groups).
pub fn lacks(elements: &[Element]) -> Vec<(String, &'static str)> {
    let has = |pattern: &str| elements.iter().any(|element| fits(pattern, &element.ai));
    elements
        .iter()
        .filter_map(|one| {
            let (_, row) = identifier(&one.ai)?;
            let group = row
                .needs
                .split(' ')
                .filter(|group| !group.is_empty())
                .find(|group| !group.split(',').any(|all| all.split('+').all(has)))?;
            Some((one.ai.clone(), group))
        })
        .collect()
}

pub fn value<'a>(elements: &'a [Element], ai: &str) -> Option<&'a str> {
    elements.iter().find(|element| element.ai == ai).map(|element| element.value.as_str())
}

/// The day of a `YYMMDD` value, in this century; day 00 is the last of the month.
pub fn day(yymmdd: &str) -> Option<Day> {
    let number = |range: std::ops::Range<usize>| yymmdd.get(range)?.parse::<i8>().ok();
    let (year, month, day) = (number(0..2)?, number(2..4)?, number(4..6)?);
    let year = 2000 + i16::from(year);
    if day > 0 {
        return Day::new(year, month, day);
    }
    let next = if month == 12 { Day::new(year + 1, 1, 1) } else { Day::new(year, month + 1, 1) };
    Some(next?.plus_days(-1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drug_pack_is_read_with_and_without_brackets() {
        let plain = parse("01069012345678921728063010AB12\u{1d}21X-77").unwrap();
        let printed = parse("(01)06901234567892(17)280630(10)AB12(21)X-77").unwrap();
        assert_eq!(plain, printed);
        assert_eq!(value(&plain, "21"), Some("X-77"));
        assert_eq!(day("280630"), Day::new(2028, 6, 30));
        assert_eq!(day("280200"), Day::new(2028, 2, 29));
    }

    #[test]
    fn faults_say_which_identifier_and_what() {
        let wrong = parse("0106901234567890");
        assert!(matches!(wrong, Err(Gs1Fault::CheckDigit { wanted: Some('2'), .. })), "{wrong:?}");
        assert!(matches!(parse("17281330"), Err(Gs1Fault::Content { rule: "yymmd0", .. })));
        assert!(matches!(parse("0106901234"), Err(Gs1Fault::TooShort { .. })));
        assert!(matches!(parse("10ABCDEFGHIJKLMNOPQRSTUVWXYZ"), Err(Gs1Fault::TooLong { .. })));
        assert!(matches!(parse("10药"), Err(Gs1Fault::Character { found: '药', .. })));
        assert!(matches!(parse("05123"), Err(Gs1Fault::UnknownIdentifier { at: 0, .. })));
        assert_eq!(parse(""), Err(Gs1Fault::Empty));
        let both = parse("0106901234567892\u{1d}0206901234567892");
        assert!(matches!(both, Err(Gs1Fault::Together { .. })), "{both:?}");
    }

    #[test]
    fn what_is_missing_beside_an_identifier_is_named() {
        let lot = parse("10AB12").unwrap();
        assert_eq!(lacks(&lot), [("10".to_owned(), "01,02,03,8006,8026")]);
        assert_eq!(lacks(&parse("010690123456789210AB12").unwrap()), []);
    }

    #[test]
    fn no_identifier_can_be_read_as_two() {
        for (n, one) in TABLE.iter().enumerate() {
            for other in &TABLE[n + 1..] {
                let (short, long) =
                    if one.from.len() <= other.from.len() { (one, other) } else { (other, one) };
                let head = &long.from[..short.from.len()];
                assert!(!(short.from..=short.to).contains(&head), "{one:?} {other:?}");
            }
            assert!(parts(one.spec).count() == one.spec.split(' ').count(), "{one:?}");
        }
    }
}
