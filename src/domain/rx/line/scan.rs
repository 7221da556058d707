//! The words behind the drug name: doses, times, routes, days, solvents, in any order, with or without blanks.
use super::Part;
use crate::domain::{
    rx::{
        signa,
        units::{self, Measure},
    },
    visit::SkinTest,
};

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

#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    pub amounts: Vec<Written>,
    pub frequency: String,
    pub route: String,
    pub days: Option<u32>,
    pub quantity: Option<(f64, String)>,
    /// `×28` without a unit.
    pub times: Option<f64>,
    pub skin_test: Option<SkinTest>,
    pub solvent: String,
    pub remarks: Vec<String>,
    pub seen: Vec<(Part, String, String)>,
    pub left_over: Vec<String>,
}

const REMARKS: &[&str] = &[
    "饭前半小时", "饭后半小时", "饭前", "饭后", "餐前", "餐后", "餐中", "随餐", "空腹", "嚼碎", "温水送服", "冲服", "慢滴", "缓慢", "先煎", "后下", "包煎", "烊化", "另煎", "发热时", "疼痛时", "发作时", "两侧", "双侧", "左眼",
    "右眼", "双眼", "左耳", "右耳", "双耳", "患处", "避光", "首剂加倍", "首次加倍", "遵医嘱", "自用",
];
const QUANTITY_UNITS: &[&str] = &["盒", "板", "瓶", "支", "片", "粒", "袋", "包", "贴", "丸", "管", "枚", "揿", "喷"];
const MARKS: &[&str] = &["每次", "每回", "一次", "1次", "单次", "sig:", "sig", "各"];

/// Bytes of a word of the directions at the start; 0 = none.
pub(super) fn word(text: &str) -> usize {
    Scan::default().take(text)
}

pub(super) fn scan(text: &str) -> Scan {
    let mut scan = Scan::default();
    let mut rest = text;
    let mut loose = String::new();
    // Whether the last character was a Latin letter: words must not begin inside one.
    let mut inside = false;
    while let Some(c) = rest.chars().next() {
        if c.is_whitespace() || matches!(c, ',' | ';' | '；' | '。' | '、' | '|' | '+' | '-' | '(' | ')' | ':') {
            scan.drop_loose(&mut loose);
            inside = false;
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let taken = if inside && c.is_ascii_alphabetic() { 0 } else { scan.take(rest) };
        if taken > 0 {
            scan.drop_loose(&mut loose);
            inside = false;
            rest = &rest[taken..];
        } else {
            loose.push(c);
            inside = c.is_ascii_alphabetic();
            rest = &rest[c.len_utf8()..];
        }
    }
    scan.drop_loose(&mut loose);
    scan
}

/// Byte length of the first of `words` that `text` begins with.
fn starts(text: &str, words: &[&str]) -> usize {
    words.iter().filter(|w| text.starts_with(**w)).map(|w| w.len()).max().unwrap_or(0)
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn letter_next(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
}

impl Scan {
    fn drop_loose(&mut self, loose: &mut String) {
        // Words that only join others.
        let joins = ["用", "服", "次", "共", "加入", "加", "溶于", "连用", "连续", "疗程", "每", "x", "×", "*", "s", "后", "各", "克"];
        if !loose.is_empty() && !joins.contains(&loose.as_str()) && !loose.chars().all(|c| c.is_ascii_punctuation()) {
            self.left_over.push(std::mem::take(loose));
        }
        loose.clear();
    }

    fn see(&mut self, part: Part, typed: &str, meaning: impl Into<String>) {
        self.seen.push((part, typed.trim().to_owned(), meaning.into()));
    }

    /// Tries every kind of word at the start; gives the bytes taken.
    fn take(&mut self, text: &str) -> usize {
        for kind in [Self::skin, Self::solvent, Self::frequency, Self::days, Self::remark, Self::route, Self::quantity, Self::amount] {
            let taken = kind(self, text);
            if taken > 0 {
                return taken;
            }
        }
        0
    }

    fn skin(&mut self, text: &str) -> usize {
        let head = starts(text, &["需皮试", "皮试", "ast", "续用", "免皮试", "免试"]);
        if head == 0 {
            return 0;
        }
        let word = &text[..head];
        let mut at = head + blanks(&text[head..]);
        let tail = &text[at..];
        let (test, taken) = if word.starts_with("续") || word.starts_with("免") {
            (SkinTest::Continued, 0)
        } else {
            let find = |words: &[&str]| starts(tail, words);
            let negative = find(&["(-)", "阴性", "阴", "-", ":阴性"]);
            let positive = find(&["(+)", "阳性", "阳", "+", ":阳性"]);
            let continued = find(&["续用", "(续用)"]);
            let undone = find(&["未做", "未皮试", "待做", "(未做)", "后用"]);
            if negative > 0 {
                (SkinTest::Negative, negative)
            } else if positive > 0 {
                (SkinTest::Positive, positive)
            } else if continued > 0 {
                (SkinTest::Continued, continued)
            } else {
                (SkinTest::NotDone, undone)
            }
        };
        at = if taken == 0 { head } else { at + taken };
        let zh = match test {
            SkinTest::Negative => "皮试阴性",
            SkinTest::Positive => "皮试阳性",
            SkinTest::NotDone => "皮试未做",
            SkinTest::Continued => "续用免试",
        };
        self.skin_test = Some(test);
        self.see(Part::SkinTest, &text[..at], zh);
        at
    }

    fn solvent(&mut self, text: &str) -> usize {
        let mut at = starts(text, &["加入", "溶于", "溶媒", "加", "用"]);
        at += blanks(&text[at..]);
        let start = at;
        // "250ml NS", "0.9%氯化钠", "5%GS"
        let mut volume = String::new();
        if let Some((value, after)) = units::number(&text[at..]) {
            if let Some(after) = after.trim_start().strip_prefix("ml") {
                volume = format!("{}ml", units::plain(value));
                at = text.len() - after.len();
                at += blanks(&text[at..]);
            }
        }
        if let Some((_, after)) = units::number(&text[at..]) {
            if let Some(after) = after.strip_prefix('%') {
                at = text.len() - after.len();
                at += blanks(&text[at..]);
            }
        }
        let word = starts(
            &text[at..],
            &["葡萄糖氯化钠", "氯化钠", "生理盐水", "葡萄糖", "糖盐水", "复方氯化钠", "乳酸钠林格", "林格", "灭菌注射用水", "注射用水", "gns", "ns", "gs"],
        );
        if word == 0 || (text[at..at + word].is_ascii() && letter_next(&text[at + word..])) {
            return 0;
        }
        at += word;
        at += starts(&text[at..], &["注射液", "液"]);
        let name = text[start..at].trim().to_owned();
        if volume.is_empty() {
            let gap = blanks(&text[at..]);
            if let Some((value, after)) = units::number(&text[at + gap..]) {
                if let Some(after) = after.trim_start().strip_prefix("ml") {
                    volume = format!("{}ml", units::plain(value));
                    at = text.len() - after.len();
                } else if text[..at].is_ascii() && (50.0..=1000.0).contains(&value) && !after.starts_with(['%', 'm', 'g', 'u', '万']) {
                    volume = format!("{}ml", units::plain(value));
                    at = text.len() - after.len();
                }
            }
            self.solvent = if volume.is_empty() { name } else { format!("{name} {volume}") };
        } else {
            self.solvent = name;
        }
        let meaning = super::super::infusion::solvent(&self.solvent).unwrap_or("");
        let shown = format!("溶媒 {}", self.solvent.to_uppercase());
        self.solvent = self.solvent.to_uppercase().replace("ML", "ml");
        self.see(Part::Solvent, &text[..at], if meaning.is_empty() { "溶媒".to_owned() } else { shown.replace("ML", "ml") });
        at
    }

    fn frequency(&mut self, text: &str) -> usize {
        let Some((code, used)) = signa::leading_frequency(text) else { return 0 };
        self.see(Part::Frequency, &text[..used], signa::frequency_zh(&code));
        self.frequency = match (self.frequency.as_str(), code.as_str()) {
            ("", _) => code,
            (old, "prn") if !old.contains("prn") => format!("{old} prn"),
            ("prn", new) => format!("{new} prn"),
            ("qd", "qn" | "qm") => code,
            (old, _) => old.to_owned(),
        };
        used
    }

    fn days(&mut self, text: &str) -> usize {
        let mut at = starts(text, &["连用", "连续", "疗程", "共", "×", "x", "*", "用", "服"]);
        at += blanks(&text[at..]);
        let Some((value, after)) = units::number(&text[at..]) else { return 0 };
        let unit_at = text.len() - after.len() + blanks(after);
        let unit = &text[unit_at..];
        let (len, per) = if let n @ 1.. = starts(unit, &["天", "日"]) {
            (n, 1.0)
        } else if let n @ 1.. = starts(unit, &["周", "星期"]) {
            (n, 7.0)
        } else if let n @ 1.. = starts(unit, &["个月"]) {
            (n, 30.0)
        } else if unit.starts_with('d') && !letter_next(&unit[1..]) {
            (1, 1.0)
        } else {
            return 0;
        };
        let days = (value * per).round();
        if !(1.0..=3660.0).contains(&days) {
            return 0;
        }
        let end = unit_at + len;
        self.days = Some(days as u32);
        self.see(Part::Days, &text[..end], format!("{days}天"));
        end
    }

    fn remark(&mut self, text: &str) -> usize {
        let taken = starts(text, REMARKS);
        if taken > 0 {
            let word = &text[..taken];
            if matches!(word, "左眼" | "右眼" | "双眼") && self.route.is_empty() {
                self.route = "eye".to_owned();
            }
            self.remarks.push(word.to_owned());
            self.see(Part::Remark, word, word);
        }
        taken
    }

    fn route(&mut self, text: &str) -> usize {
        let found = signa::ROUTE_WORDS
            .iter()
            .filter(|(word, _)| text.starts_with(word) && !(word.is_ascii() && letter_next(&text[word.len()..])))
            .max_by_key(|(word, _)| word.len());
        let Some((word, code)) = found else { return 0 };
        let dotted = usize::from(word.is_ascii() && text[word.len()..].starts_with('.'));
        self.see(Part::Route, word, signa::route_zh(code));
        if self.route.is_empty() {
            self.route = (*code).to_owned();
        }
        word.len() + dotted
    }

    fn quantity(&mut self, text: &str) -> usize {
        let sign = starts(text, &["共", "总量", "总", "数量", "×", "x", "*", "#"]);
        let at = sign + blanks(&text[sign..]);
        let Some((value, after)) = units::number(&text[at..]) else { return 0 };
        let unit_at = text.len() - after.len() + blanks(after);
        let unit = starts(&text[unit_at..], QUANTITY_UNITS);
        let word = &text[unit_at..unit_at + unit];
        if unit > 0 && (sign > 0 || matches!(word, "盒" | "板")) {
            self.quantity = Some((value, word.to_owned()));
            self.see(Part::Quantity, &text[..unit_at + unit], format!("共{}{word}", units::plain(value)));
            return unit_at + unit;
        }
        if unit == 0 && sign > 0 && units_word(&text[unit_at..]).is_none() {
            self.times = Some(value);
            return text.len() - after.len();
        }
        0
    }

    fn amount(&mut self, text: &str) -> usize {
        let mark = starts(text, MARKS);
        let mut at = mark + blanks(&text[mark..]);
        let number_at = at;
        let Some((mut value, mut used)) = value(&text[at..]) else { return 0 };
        at += used;
        // "1-2片", "0.5~1g": the larger is checked.
        let mut span = false;
        for dash in ["-", "~", "–", "至", "到"] {
            if let Some(tail) = text[at..].strip_prefix(dash) {
                if let Some((upper, n)) = self::value(tail) {
                    if upper > value {
                        value = upper;
                        used = dash.len() + n;
                        at += used;
                        span = true;
                    }
                }
                break;
            }
        }
        let gap = blanks(&text[at..]);
        let mut unit = String::new();
        if let Some(len) = units_word(&text[at + gap..]) {
            unit = text[at + gap..at + gap + len].to_owned();
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
            "片".clone_into(&mut unit);
            at += 1;
        } else if text[at..].starts_with('%') {
            // A percentage is a strength: 1%软膏.
            unit = "%".to_owned();
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
                let mass = units::unit(word).is_some_and(|(m, _)| matches!(m, Measure::Mass | Measure::Units | Measure::Volume));
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
        self.amounts.push(Written { value, unit: canonical(&unit), marked: mark > 0, printed, text: text_kept });
        at
    }
}

/// A dose number: 0.5, 1/2, 半, 一, 两.
fn value(text: &str) -> Option<(f64, usize)> {
    if let Some((value, rest)) = units::number(text) {
        let used = text.len() - rest.len();
        if let Some(tail) = rest.strip_prefix('/') {
            if let Some((below, after)) = units::number(tail) {
                let small = (1.0..=8.0).contains(&below) && below.fract() == 0.0 && value < below;
                if small && units_word(after.trim_start()).is_some() {
                    return Some((value / below, text.len() - after.len()));
                }
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
fn units_word(text: &str) -> Option<usize> {
    let ends: Vec<usize> = text.char_indices().map(|(i, c)| i + c.len_utf8()).take(5).collect();
    ends.into_iter().rev().find(|end| {
        let word = &text[..*end];
        units::unit(word).is_some() && !word.contains(char::is_whitespace) && word != "次" && !(word.is_ascii() && letter_next(&text[*end..])) && !(word == "万" && text[*end..].starts_with(['i', 'u', '单']))
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
