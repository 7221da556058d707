//! Frequencies, and through [`route`] the routes: the words and codes that doctors write, and what they mean.
pub mod route;

pub use route::{ROUTE_WORDS, is_injection, is_intravenous, is_local, route, route_zh};

/// How often, in numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Often {
    /// Times on a day when it is given at all.
    pub a_day: f64,
    /// Days between, on average: 1 daily, 2 every other day, 7 weekly.
    pub every_days: f64,
    /// Only when needed: `a_day` is then the most.
    pub as_needed: bool,
    /// One single time.
    pub once: bool,
}

impl Often {
    const fn daily(a_day: f64) -> Self {
        Self { a_day, every_days: 1.0, as_needed: false, once: false }
    }

    const fn spaced(every_days: f64) -> Self {
        Self { a_day: 1.0, every_days, as_needed: false, once: false }
    }

    /// Given on fewer days than every second one.
    pub fn is_weekly_like(&self) -> bool {
        self.every_days > 2.1
    }
}

/// Frequency code -> numbers; `None` = not a frequency. `prn` alone has no number of times (`a_day` 0).
pub fn often(code: &str) -> Option<Often> {
    let code = code.trim().to_lowercase();
    if let Some(rest) = code.strip_suffix("prn").map(str::trim) {
        if rest.is_empty() {
            return Some(Often { a_day: 0.0, every_days: 1.0, as_needed: true, once: false });
        }
        return often(rest).map(|o| Often { as_needed: true, ..o });
    }
    Some(match code.as_str() {
        "qd" | "qn" | "qm" | "q24h" => Often::daily(1.0),
        "bid" | "q12h" => Often::daily(2.0),
        "tid" | "q8h" => Often::daily(3.0),
        "qid" | "q6h" => Often::daily(4.0),
        "qod" => Often::spaced(2.0),
        "q3d" | "q72h" => Often::spaced(3.0),
        "biw" => Often::spaced(3.5),
        "tiw" => Often::spaced(7.0 / 3.0),
        "qw" => Often::spaced(7.0),
        "q2w" => Often::spaced(14.0),
        "q4w" | "qmonth" => Often::spaced(28.0),
        "once" => Often { a_day: 1.0, every_days: 1.0, as_needed: false, once: true },
        other => {
            if let Some(times) = other.strip_suffix('x').and_then(|n| n.parse::<f64>().ok()) {
                return (1.0..=24.0).contains(&times).then(|| Often::daily(times));
            }
            let hours: f64 = other.strip_prefix('q')?.strip_suffix('h')?.parse().ok()?;
            if !(0.5..=168.0).contains(&hours) {
                return None;
            }
            if hours <= 24.0 { Often::daily(24.0 / hours) } else { Often::spaced(hours / 24.0) }
        }
    })
}

/// Frequency code -> Chinese.
pub fn frequency_zh(code: &str) -> String {
    let (base, prn) = match code.trim().strip_suffix("prn") {
        Some(base) => (base.trim(), true),
        None => (code.trim(), false),
    };
    let words = match base {
        "qd" => "每日1次".to_owned(),
        "bid" => "每日2次".to_owned(),
        "tid" => "每日3次".to_owned(),
        "qid" => "每日4次".to_owned(),
        "qn" => "每晚1次".to_owned(),
        "qm" => "每晨1次".to_owned(),
        "qod" => "隔日1次".to_owned(),
        "biw" => "每周2次".to_owned(),
        "tiw" => "每周3次".to_owned(),
        "qw" => "每周1次".to_owned(),
        "q2w" => "每2周1次".to_owned(),
        "q4w" => "每4周1次".to_owned(),
        "once" => "用1次".to_owned(),
        other => {
            if let Some(times) = other.strip_suffix('x') {
                format!("每日{times}次")
            } else if let Some(hours) = other.strip_prefix('q').and_then(|h| h.strip_suffix('h')) {
                format!("每{hours}小时1次")
            } else {
                other.to_owned()
            }
        }
    };
    match (words.is_empty(), prn) {
        (true, true) => "必要时".to_owned(),
        (false, true) => format!("{words}（必要时）"),
        _ => words,
    }
}

fn digit(c: char) -> Option<u32> {
    Some(match c {
        '一' | '壹' => 1,
        '两' | '二' | '双' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        '十' => 10,
        c => return c.to_digit(10),
    })
}

/// A small number at the start, Arabic or Chinese, and how many bytes it took.
fn small(text: &str) -> Option<(u32, usize)> {
    let mut value = 0;
    let mut used = 0;
    for c in text.chars().take(2) {
        let Some(d) = digit(c) else { break };
        value = match (used, c) {
            (0, _) => d,
            (_, '十') => value * 10,
            _ if value == 10 || c.is_ascii_digit() => {
                if value == 10 && !c.is_ascii_digit() {
                    10 + d
                } else {
                    value * 10 + d
                }
            }
            _ => break,
        };
        used += c.len_utf8();
    }
    (used > 0).then_some((value, used))
}

const LATIN: &[&str] = &[
    "q72h", "q24h", "q12h", "q48h", "q10h", "q8h", "q6h", "q5h", "q4h", "q3h", "q2h", "q1h", "qod",
    "q2d", "q2w", "q4w", "qid", "tid", "bid", "biw", "tiw", "qw", "qd", "qn", "qm", "qh", "stat",
    "sos", "prn", "once", "hs", "st",
];

const FIXED: &[(&str, &str)] = &[
    ("早中晚各", "tid"),
    ("早中晚", "tid"),
    ("早晚各", "bid"),
    ("早晚", "bid"),
    ("每天早晨", "qm"),
    ("每日早晨", "qm"),
    ("每日清晨", "qm"),
    ("每晨", "qm"),
    ("清晨", "qm"),
    ("晨起", "qm"),
    ("每晚", "qn"),
    ("睡前", "qn"),
    ("临睡", "qn"),
    ("晚上", "qn"),
    ("隔日", "qod"),
    ("隔天", "qod"),
    ("必要时", "prn"),
    ("需要时", "prn"),
    ("立即", "once"),
    ("即刻", "once"),
    ("单次", "once"),
    ("一次性", "once"),
    ("单剂", "once"),
    ("顿服", "qd"),
];

/// A frequency at the start of `text` (lower case, half width): its code and how many bytes it took.
pub fn leading_frequency(text: &str) -> Option<(String, usize)> {
    for word in LATIN {
        // q.d., b.i.d. and q 8 h are the same words.
        let mut used = 0;
        let mut want = word.chars().peekable();
        for c in text.chars() {
            match want.peek() {
                Some(w) if *w == c => {
                    want.next();
                    used += c.len_utf8();
                }
                Some(_) if used > 0 && matches!(c, '.' | ' ') => used += c.len_utf8(),
                _ => break,
            }
            if want.peek().is_none() {
                break;
            }
        }
        if want.peek().is_some() {
            continue;
        }
        let mut rest = &text[used..];
        if rest.starts_with('.') && text[..used].contains('.') {
            used += 1;
            rest = &text[used..];
        }
        if rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            continue;
        }
        let code = match *word {
            "stat" | "st" => "once",
            "sos" => "prn",
            "hs" => "qn",
            "qh" | "q1h" => "q1h",
            "q2d" | "q48h" => "qod",
            other => other,
        };
        return Some((code.to_owned(), used));
    }
    for (word, code) in FIXED {
        if let Some(rest) = text.strip_prefix(word) {
            let mut used = word.len();
            for tail in ["一次", "1次", "服", "用"] {
                if rest.starts_with(tail) {
                    used += tail.len();
                    break;
                }
            }
            return Some(((*code).to_owned(), used));
        }
    }
    chinese(text)
}

/// 每日三次, 一日2次, 日三次, 3次/日, 每8小时一次, 每周2次, 每2周一次.
fn chinese(text: &str) -> Option<(String, usize)> {
    let skip = |text: &str, words: &[&str]| -> usize {
        words.iter().find(|w| text.starts_with(**w)).map_or(0, |w| w.len())
    };
    // 每N小时
    let head = skip(text, &["每隔", "每", "隔"]);
    if head > 0
        && let Some((hours, n)) = small(text[head..].trim_start())
    {
        let blank = text[head..].len() - text[head..].trim_start().len();
        let at = head + blank + n;
        let unit = skip(&text[at..], &["个小时", "小时", "h"]);
        if unit > 0 {
            let mut used = at + unit;
            used += skip(&text[used..], &["一次", "1次"]);
            return Some((format!("q{hours}h"), used));
        }
        let weeks = skip(&text[at..], &["周", "星期"]);
        if weeks > 0 && matches!(hours, 2 | 4) {
            let mut used = at + weeks;
            used += skip(&text[used..], &["一次", "1次"]);
            return Some((format!("q{hours}w"), used));
        }
    }
    // [每一1]日/天/周 N 次
    let mut at = skip(text, &["每", "一", "1"]);
    let period = skip(&text[at..], &["日", "天", "星期", "周"]);
    if period > 0 {
        let week = text[at..].starts_with('周') || text[at..].starts_with("星期");
        at += period;
        let blank = text[at..].len() - text[at..].trim_start().len();
        if let Some((times, n)) = small(text[at + blank..].trim_start()) {
            let end = at + blank + n;
            let tail = skip(&text[end..], &["次", "回"]);
            if tail > 0 {
                return Some((times_code(times, week)?, end + tail));
            }
        }
    }
    // N次/日, N次每日
    let (times, n) = small(text)?;
    let tail =
        skip(&text[n..], &["次/日", "次/天", "次/d", "次每日", "次每天", "次一日", "次一天"]);
    if tail > 0 {
        return Some((times_code(times, false)?, n + tail));
    }
    let tail = skip(&text[n..], &["次/周", "次每周", "次一周"]);
    (tail > 0).then(|| times_code(times, true).map(|code| (code, n + tail))).flatten()
}

fn times_code(times: u32, week: bool) -> Option<String> {
    Some(
        match (week, times) {
            (true, 1) => "qw",
            (true, 2) => "biw",
            (true, 3) => "tiw",
            (true, 7) | (false, 1) => "qd",
            (false, 2) => "bid",
            (false, 3) => "tid",
            (false, 4) => "qid",
            (false, n) if (5..=24).contains(&n) => return Some(format!("{n}x")),
            _ => return None,
        }
        .to_owned(),
    )
}

/// A whole frequency field: code or Chinese words; `None` = not understood.
pub fn frequency(text: &str) -> Option<String> {
    let text: String = text.trim().to_lowercase().chars().map(super::units::half_width).collect();
    if text.is_empty() {
        return None;
    }
    if often(&text).is_some() {
        return Some(text);
    }
    let (code, used) = leading_frequency(&text)?;
    let rest = text[used..].trim_matches([' ', ',', '(', ')', '，']);
    if rest.is_empty() {
        return Some(code);
    }
    // "q6h prn", "必要时 每6小时一次"
    let Some((second, _)) = leading_frequency(rest) else {
        // "每日3次，饭后服用": words that say no other number of times.
        let other = rest.contains('次')
            || rest.contains('或')
            || rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        return (!other).then_some(code);
    };
    Some(match (code.as_str(), second.as_str()) {
        ("prn", other) | (other, "prn") => format!("{other} prn"),
        // "qd 睡前", "每晚一次 睡前"
        ("qd", "qn") => "qn".to_owned(),
        _ => code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, code: &str) {
        assert_eq!(frequency(text).as_deref(), Some(code), "{text}");
    }

    #[test]
    fn frequencies_are_read_as_they_are_written() {
        check("tid", "tid");
        check("T.I.D.", "tid");
        check("q 8 h", "q8h");
        check("每日三次", "tid");
        check("一日2次", "bid");
        check("日三次", "tid");
        check("一天3次", "tid");
        check("3次/日", "tid");
        check("每8小时", "q8h");
        check("每 6 小时一次", "q6h");
        check("睡前", "qn");
        check("每晚一次", "qn");
        check("隔日一次", "qod");
        check("每周1次", "qw");
        check("每周两次", "biw");
        check("q6h prn", "q6h prn");
        check("必要时", "prn");
        check("每日5次", "5x");
        check("ST", "once");
        assert_eq!(frequency("随便"), None);
        assert_eq!(frequency("遵医嘱"), None);
    }

    #[test]
    fn often_counts_times_and_days() {
        let times = |code: &str| often(code).map(|o| (o.a_day, o.every_days));
        assert_eq!(times("q4h"), Some((6.0, 1.0)));
        assert_eq!(times("qw"), Some((1.0, 7.0)));
        assert_eq!(times("5x"), Some((5.0, 1.0)));
        assert_eq!(times("q6h prn"), Some((4.0, 1.0)));
        assert_eq!(times("often"), None);
    }
}
