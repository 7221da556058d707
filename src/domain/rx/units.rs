//! Amounts with units: reading strengths as printed, and turning 2片 or 5ml into mg when the strength allows it.

/// What an amount measures, in one base unit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Milligrams.
    Mass,
    /// International units.
    Units,
    /// Millilitres.
    Volume,
    /// Tablets, capsules, sachets, puffs, ampoules: one piece of the form.
    Count,
    Drops,
    /// Millimoles.
    Moles,
    /// Anything else counts only against itself.
    Other(u8),
}

/// Unit as written -> measure and factor to its base.
pub fn unit(text: &str) -> Option<(Measure, f64)> {
    let text = text.trim();
    let lower = text.to_lowercase();
    Some(match lower.as_str() {
        "g" | "克" => (Measure::Mass, 1000.0),
        "kg" | "千克" => (Measure::Mass, 1_000_000.0),
        "mg" | "毫克" => (Measure::Mass, 1.0),
        "ug" | "mcg" | "μg" | "µg" | "微克" => (Measure::Mass, 0.001),
        "ng" | "纳克" => (Measure::Mass, 0.000_001),
        "iu" | "u" | "单位" | "国际单位" | "axaiu" | "bu" => (Measure::Units, 1.0),
        "万iu" | "万u" | "万单位" | "万" => (Measure::Units, 10_000.0),
        "kiu" | "ku" => (Measure::Units, 1000.0),
        "亿u" | "亿iu" => (Measure::Units, 100_000_000.0),
        "ml" | "毫升" => (Measure::Volume, 1.0),
        "l" | "升" => (Measure::Volume, 1000.0),
        "滴" | "gtt" => (Measure::Drops, 1.0),
        "mmol" | "meq" => (Measure::Moles, 1.0),
        "mol" => (Measure::Moles, 1000.0),
        "片" | "粒" | "袋" | "包" | "颗" | "枚" | "丸" | "支" | "瓶" | "喷" | "揿" | "吸"
        | "贴" | "张" | "块" | "条" | "剂" | "板" | "锭" | "tab" | "cap" | "puff" => {
            (Measure::Count, 1.0)
        }
        "cm" => (Measure::Other(1), 1.0),
        "kcal" => (Measure::Other(2), 1.0),
        "次" => (Measure::Other(3), 1.0),
        "亿cfu" => (Measure::Other(4), 10_000.0),
        "万cfu" => (Measure::Other(4), 1.0),
        "mg/m2" => (Measure::Other(5), 1.0),
        "ug/h" => (Measure::Other(6), 1.0),
        _ => return None,
    })
}

/// What one piece of a form, or one millilitre, holds.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Strength {
    /// Milligrams in one piece.
    pub mg: Option<f64>,
    pub iu: Option<f64>,
    /// Millilitres in one piece.
    pub ml: Option<f64>,
}

impl Strength {
    fn set(&mut self, measure: Measure, base: f64) {
        match measure {
            Measure::Mass => self.mg = Some(base),
            Measure::Units => self.iu = Some(base),
            Measure::Volume => self.ml = Some(base),
            _ => {}
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.mg.is_none() && self.iu.is_none() && self.ml.is_none()
    }

    /// The amount, given in base units of `from`, in base units of `to`; `None` = this strength does not tell.
    pub fn turn(&self, amount: f64, from: Measure, to: Measure) -> Option<f64> {
        if from == to {
            return Some(amount);
        }
        let held = |m: Measure| match m {
            Measure::Mass => self.mg,
            Measure::Units => self.iu,
            Measure::Volume => self.ml,
            Measure::Count => Some(1.0),
            _ => None,
        };
        let (from, to) = (held(from)?, held(to)?);
        (from > 0.0).then(|| amount / from * to)
    }
}

/// A number at the start of `text`, and the rest.
pub fn number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let value: f64 = text[..end].trim_end_matches('.').parse().ok()?;
    value.is_finite().then_some((value, &text[end..]))
}

/// A number with its unit at the start of `text`, base units, and the rest.
fn amount(text: &str) -> Option<(Measure, f64, &str)> {
    let (value, rest) = number(text.trim_start())?;
    let rest = rest.trim_start();
    // Longest unit first: "mg" before "m", "万IU" before "万".
    let ends: Vec<usize> = rest.char_indices().map(|(i, c)| i + c.len_utf8()).take(6).collect();
    for end in ends.into_iter().rev() {
        if let Some((measure, factor)) = unit(&rest[..end]) {
            let word = &rest[..end];
            let next_letter = rest[end..].starts_with(|c: char| c.is_ascii_alphabetic());
            if !(next_letter && word.is_ascii()) {
                return Some((measure, value * factor, &rest[end..]));
            }
        }
    }
    None
}

/// `0.25g`, `10ml:1g`, `5%`, `0.9%:500ml`, `100ml:5%`, `5mg/ml`, `64ug/喷` -> what a piece holds.
pub fn strength(text: &str) -> Strength {
    let text: String = text.chars().map(half_width).filter(|c| !c.is_whitespace()).collect();
    let mut held = Strength::default();
    let mut percent = None;
    for part in text.split([':', '/', '×', '*', '(', ')', ',', '，']) {
        if let Some((value, rest)) = number(part)
            && rest.starts_with('%')
        {
            percent = Some(value);
            continue;
        }
        if let Some((measure, base, _)) = amount(part) {
            match measure {
                // "10mg/7片" on a box tells the pack, "50mg/10mg" two ingredients: the first figure leads.
                Measure::Mass if held.mg.is_some() => {}
                _ => held.set(measure, base),
            }
        } else if part == "ml" {
            held.ml = Some(1.0);
        }
    }
    if let Some(percent) = percent {
        let ml = held.ml.unwrap_or(1.0);
        held.ml = Some(ml);
        held.mg = Some(percent * 10.0 * ml);
    }
    held
}

/// Full-width letters, digits and marks to half-width ones; other characters stay.
pub const fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '，' => ',',
        '：' => ':',
        '（' | '【' | '〔' => '(',
        '）' | '】' | '〕' => ')',
        '／' => '/',
        '％' => '%',
        '＋' => '+',
        '－' => '-',
        '＊' => '*',
        '．' => '.',
        '\u{FF10}'..='\u{FF19}' | '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' => {
            match char::from_u32(c as u32 - 0xFEE0) {
                Some(half) => half,
                None => c,
            }
        }
        _ => c,
    }
}

/// A number as people write it: no trailing zeros.
pub fn plain(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() { "0".to_owned() } else { text.to_owned() }
}

/// Milligrams in the unit that reads best.
pub fn mass(mg: f64) -> String {
    match mg {
        m if m >= 1000.0 => format!("{}g", plain(m / 1000.0)),
        m if m < 0.1 => format!("{}ug", plain(m * 1000.0)),
        m => format!("{}mg", plain(m)),
    }
}

/// A base amount with a readable unit; `written` is the unit that a count is written in.
pub fn show(base: f64, measure: Measure, written: &str) -> String {
    match measure {
        Measure::Mass => mass(base),
        Measure::Units if base >= 10_000.0 => format!("{}万IU", plain(base / 10_000.0)),
        Measure::Units => format!("{}IU", plain(base)),
        Measure::Volume => format!("{}ml", plain(base)),
        Measure::Drops => format!("{}滴", plain(base)),
        Measure::Moles => format!("{}mmol", plain(base)),
        Measure::Count | Measure::Other(_) => format!("{}{written}", plain(base)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, mg: Option<f64>, iu: Option<f64>, ml: Option<f64>) {
        let got = strength(text);
        let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-9,
            (a, b) => a.is_none() && b.is_none(),
        };
        assert!(close(got.mg, mg) && close(got.iu, iu) && close(got.ml, ml), "{text}: {got:?}");
    }

    #[test]
    fn printed_strengths_are_read() {
        check("0.25g", Some(250.0), None, None);
        check("10ml:1g", Some(1000.0), None, Some(10.0));
        check("250ml:50g", Some(50_000.0), None, Some(250.0));
        check("5%", Some(50.0), None, Some(1.0));
        check("0.9%:500ml", Some(4500.0), None, Some(500.0));
        check("10ml:400IU", None, Some(400.0), Some(10.0));
        check("80万IU", None, Some(800_000.0), None);
        check("100mg/10mg", Some(100.0), None, None);
        check("5mg/ml", Some(5.0), None, Some(1.0));
        check("64ug/喷", Some(0.064), None, None);
        check("复方", None, None, None);
    }

    #[test]
    fn a_strength_turns_pieces_and_millilitres_into_mass() {
        let syrup = strength("100ml:2g");
        assert_eq!(syrup.turn(5.0, Measure::Volume, Measure::Mass), Some(100.0));
        let tablet = strength("0.25g");
        assert_eq!(tablet.turn(2.0, Measure::Count, Measure::Mass), Some(500.0));
        assert_eq!(tablet.turn(500.0, Measure::Mass, Measure::Count), Some(2.0));
        assert_eq!(tablet.turn(5.0, Measure::Volume, Measure::Mass), None);
    }
}
