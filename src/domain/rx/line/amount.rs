//! Numbers with units in a typed line: doses, strengths, packs.
use super::scan::{Scan, blanks, letter_next, starts};
use crate::domain::rx::units::{self, Measure};

/// A number that may be a dose or a strength.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    pub value: f64,
    /// Empty = no unit was written.
    pub unit: String,
    /// Behind 每次 or 一次.
    pub marked: bool,
    /// `0.25g×24片`, `10ml:1g`: printed on the box.
    pub printed: bool,
    pub text: String,
}

const MARKS: &[&str] = &["每次", "每回", "一次", "1次", "单次", "sig:", "sig", "各"];

impl Scan {
    pub(super) fn amount(&mut self, text: &str) -> usize {
        let mark = starts(text, MARKS);
        let mut at = mark + blanks(&text[mark..]);
        let number_at = at;
        let Some((mut value, mut used)) = value(&text[at..]) else { return 0 };
        at += used;
        // "1-2片", "0.5~1g": the larger is checked.
        let mut span = false;
        for dash in ["-", "~", "–", "至", "到"] {
            if let Some(tail) = text[at..].strip_prefix(dash) {
                if let Some((upper, n)) = self::value(tail)
                    && upper > value
                {
                    value = upper;
                    used = dash.len() + n;
                    at += used;
                    span = true;
                }
                break;
            }
        }
        let gap = blanks(&text[at..]);
        let mut unit = String::new();
        if let Some(len) = units_word(&text[at + gap..]) {
            unit.push_str(&text[at + gap..at + gap + len]);
            at += gap + len;
            for per_kg in ["/kg", "/公斤", "每公斤", "/次"] {
                if let Some(tail) = text[at..].strip_prefix(per_kg) {
                    if per_kg != "/次" {
                        unit.push_str("/kg");
                    }
                    at = text.len() - tail.len();
                    break;
                }
            }
        } else if text[at..].starts_with('#') {
            unit.push('片');
            at += 1;
        } else if text[at..].starts_with('%') {
            // A percentage is a strength: 1%软膏.
            unit.push('%');
            at += 1;
        }
        let mut printed = unit == "%";
        // 10ml:1g, 0.25g×24片, 5mg*7
        let gap = blanks(&text[at..]);
        let joint = starts(&text[at + gap..], &[":", "×", "*", "x", "/"]);
        if joint > 0 && !unit.is_empty() {
            let colon = text[at + gap..].starts_with(':') || text[at + gap..].starts_with('/');
            let tail_at = at + gap + joint;
            if let Some((_, n)) = self::value(&text[tail_at..]) {
                let after = tail_at + n;
                let len = units_word(&text[after..]).unwrap_or(0);
                let word = &text[after..after + len];
                let pack = starts(&text[after..], &["片", "粒", "袋", "支", "丸", "s", "t", "贴"]);
                let days = starts(&text[after..], &["天", "日", "d", "周"]);
                let mass = units::unit(word).is_some_and(|(m, _)| {
                    matches!(m, Measure::Mass | Measure::Units | Measure::Volume)
                });
                if colon && mass {
                    printed = true;
                    at = after + len;
                } else if !colon && pack > 0 && days == 0 && !letter_next(&text[after + pack..]) {
                    printed = true;
                    at = after + pack;
                }
            }
        }
        let whole = &text[number_at..at];
        if span {
            self.remarks.push(format!("每次{}", whole.trim()));
        }
        let text_kept = whole.trim().to_owned();
        self.amounts.push(Written {
            value,
            unit: canonical(&unit),
            marked: mark > 0,
            printed,
            text: text_kept,
        });
        at
    }
}

/// A dose number: 0.5, 1/2, 半, 一, 两.
fn value(text: &str) -> Option<(f64, usize)> {
    if let Some((value, rest)) = units::number(text) {
        let used = text.len() - rest.len();
        if let Some(tail) = rest.strip_prefix('/')
            && let Some((below, after)) = units::number(tail)
        {
            let small = (1.0..=8.0).contains(&below) && below.fract() == 0.0 && value < below;
            if small && units_word(after.trim_start()).is_some() {
                return Some((value / below, text.len() - after.len()));
            }
        }
        return Some((value, used));
    }
    let c = text.chars().next()?;
    let value = match c {
        '半' => 0.5,
        '一' => 1.0,
        '两' | '二' => 2.0,
        '三' => 3.0,
        '四' => 4.0,
        '五' => 5.0,
        '六' => 6.0,
        _ => return None,
    };
    // A Chinese numeral is a dose only before a unit: 一片, but not 一日.
    let after = &text[c.len_utf8()..];
    units_word(after).map(|_| (value, c.len_utf8()))
}

/// Length of the unit at the start.
pub(super) fn units_word(text: &str) -> Option<usize> {
    let ends: Vec<usize> = text.char_indices().map(|(i, c)| i + c.len_utf8()).take(5).collect();
    ends.into_iter().rev().find(|end| {
        let word = &text[..*end];
        units::unit(word).is_some()
            && !word.contains(char::is_whitespace)
            && word != "次"
            && !(word.is_ascii() && letter_next(&text[*end..]))
            && !(word == "万" && text[*end..].starts_with(['i', 'u', '单']))
    })
}

fn canonical(unit: &str) -> String {
    let (base, per_kg) = match unit.strip_suffix("/kg") {
        Some(base) => (base, "/kg"),
        None => (unit, ""),
    };
    let base = match base {
        "克" => "g",
        "毫克" => "mg",
        "微克" | "mcg" | "μg" | "µg" => "ug",
        "毫升" => "ml",
        "iu" | "u" | "单位" | "国际单位" => "IU",
        "万iu" | "万u" | "万单位" | "万" => "万IU",
        other => other,
    };
    format!("{base}{per_kg}")
}
