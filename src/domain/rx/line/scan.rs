//! The words behind the drug name: doses, times, routes, days, solvents, in any order, with or without blanks.
use super::Part;
use super::amount::{Written, units_word};
use crate::domain::{
    rx::{infusion::speed::leading_speed, signa, units},
    visit::SkinTest,
};

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
    "饭前半小时",
    "饭后半小时",
    "饭前",
    "饭后",
    "餐前",
    "餐后",
    "餐中",
    "随餐",
    "空腹",
    "嚼碎",
    "温水送服",
    "冲服",
    "慢滴",
    "缓慢",
    "先煎",
    "后下",
    "包煎",
    "烊化",
    "另煎",
    "发热时",
    "疼痛时",
    "发作时",
    "两侧",
    "双侧",
    "左眼",
    "右眼",
    "双眼",
    "左耳",
    "右耳",
    "双耳",
    "患处",
    "避光",
    "首剂加倍",
    "首次加倍",
    "遵医嘱",
    "自用",
];
const QUANTITY_UNITS: &[&str] =
    &["盒", "板", "瓶", "支", "片", "粒", "袋", "包", "贴", "丸", "管", "枚", "揿", "喷"];

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
        if c.is_whitespace()
            || matches!(c, ',' | ';' | '；' | '。' | '、' | '|' | '+' | '-' | '(' | ')' | ':')
        {
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
pub(super) fn starts(text: &str, words: &[&str]) -> usize {
    words.iter().filter(|w| text.starts_with(**w)).map(|w| w.len()).max().unwrap_or(0)
}

pub(super) fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

pub(super) fn letter_next(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
}

impl Scan {
    fn drop_loose(&mut self, loose: &mut String) {
        // Words that only join others.
        let joins = [
            "用", "服", "次", "共", "加入", "加", "溶于", "连用", "连续", "疗程", "每", "x", "×",
            "*", "s", "后", "各", "克",
        ];
        if !loose.is_empty()
            && !joins.contains(&loose.as_str())
            && !loose.chars().all(|c| c.is_ascii_punctuation())
        {
            self.left_over.push(std::mem::take(loose));
        }
        loose.clear();
    }

    fn see(&mut self, part: Part, typed: &str, meaning: impl Into<String>) {
        self.seen.push((part, typed.trim().to_owned(), meaning.into()));
    }

    /// Tries every kind of word at the start; gives the bytes taken.
    fn take(&mut self, text: &str) -> usize {
        for kind in [
            Self::speed,
            Self::skin,
            Self::solvent,
            Self::frequency,
            Self::days,
            Self::remark,
            Self::route,
            Self::quantity,
            Self::amount,
        ] {
            let taken = kind(self, text);
            if taken > 0 {
                return taken;
            }
        }
        0
    }

    /// `40滴/分`, `60ml/h`, `30分钟滴完`: kept as written, the check reads it as a figure.
    fn speed(&mut self, text: &str) -> usize {
        let Some((_, taken)) = leading_speed(text) else { return 0 };
        let word = text[..taken].to_owned();
        self.see(Part::Remark, &word, format!("滴速 {word}"));
        self.remarks.push(word);
        taken
    }

    fn skin(&mut self, text: &str) -> usize {
        let head = starts(text, &["需皮试", "皮试", "ast", "续用", "免皮试", "免试"]);
        if head == 0 {
            return 0;
        }
        let word = &text[..head];
        let mut at = head + blanks(&text[head..]);
        let tail = &text[at..];
        let (result, taken) = if word.starts_with("续") || word.starts_with("免") {
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
        let zh = match result {
            SkinTest::Negative => "皮试阴性",
            SkinTest::Positive => "皮试阳性",
            SkinTest::NotDone => "皮试未做",
            SkinTest::Continued => "续用免试",
        };
        self.skin_test = Some(result);
        self.see(Part::SkinTest, &text[..at], zh);
        at
    }

    fn solvent(&mut self, text: &str) -> usize {
        let mut at = starts(text, &["加入", "溶于", "溶媒", "加", "用"]);
        at += blanks(&text[at..]);
        let start = at;
        // "250ml NS", "0.9%氯化钠", "5%GS"
        let mut volume = String::new();
        if let Some((value, after)) = units::number(&text[at..])
            && let Some(after) = after.trim_start().strip_prefix("ml")
        {
            volume = format!("{}ml", units::plain(value));
            at = text.len() - after.len();
            at += blanks(&text[at..]);
        }
        if let Some((_, after)) = units::number(&text[at..])
            && let Some(after) = after.strip_prefix('%')
        {
            at = text.len() - after.len();
            at += blanks(&text[at..]);
        }
        let word = starts(
            &text[at..],
            &[
                "葡萄糖氯化钠",
                "氯化钠",
                "生理盐水",
                "葡萄糖",
                "糖盐水",
                "复方氯化钠",
                "乳酸钠林格",
                "林格",
                "灭菌注射用水",
                "注射用水",
                "gns",
                "ns",
                "gs",
            ],
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
                } else if text[..at].is_ascii()
                    && (50.0..=1000.0).contains(&value)
                    && !after.starts_with(['%', 'm', 'g', 'u', '万'])
                {
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
        self.see(
            Part::Solvent,
            &text[..at],
            if meaning.is_empty() { "溶媒".to_owned() } else { shown.replace("ML", "ml") },
        );
        at
    }

    fn frequency(&mut self, text: &str) -> usize {
        let Some((code, used)) = signa::leading_frequency(text) else { return 0 };
        self.see(Part::Frequency, &text[..used], signa::frequency_zh(&code));
        self.frequency = match (self.frequency.as_str(), code.as_str()) {
            ("", _) | ("qd", "qn" | "qm") => code,
            (old, "prn") if !old.contains("prn") => format!("{old} prn"),
            ("prn", new) => format!("{new} prn"),
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
                self.route.push_str("eye");
            }
            self.remarks.push(word.to_owned());
            self.see(Part::Remark, word, word);
        }
        taken
    }

    fn route(&mut self, text: &str) -> usize {
        let found = signa::ROUTE_WORDS
            .iter()
            .filter(|(word, _)| {
                text.starts_with(word) && !(word.is_ascii() && letter_next(&text[word.len()..]))
            })
            .max_by_key(|(word, _)| word.len());
        let Some((word, code)) = found else { return 0 };
        let dotted = usize::from(word.is_ascii() && text[word.len()..].starts_with('.'));
        self.see(Part::Route, word, signa::route_zh(code));
        if self.route.is_empty() {
            self.route.push_str(code);
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
            self.see(
                Part::Quantity,
                &text[..unit_at + unit],
                format!("共{}{word}", units::plain(value)),
            );
            return unit_at + unit;
        }
        if unit == 0 && sign > 0 && units_word(&text[unit_at..]).is_none() {
            self.times = Some(value);
            return text.len() - after.len();
        }
        0
    }
}
