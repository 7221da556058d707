//! How long and how: 5天, 半月余, 反复5年加重2天, 突发1小时.
use super::{
    Reading,
    text::{NoteText, Section, Span},
};
use crate::domain::catalog::condition::Onset;

const SUDDEN: &[&str] =
    &["突然", "突发", "骤然", "骤起", "猛地", "猛然", "忽然", "一下子", "霎时", "瞬间", "顿时"];
const AGAIN: &[&str] = &[
    "反复",
    "间断",
    "时有",
    "间歇",
    "阵发",
    "经常",
    "每年",
    "时好时坏",
    "一阵一阵",
    "发作性",
    "复发",
    "老是",
    "总是",
    "时轻时重",
    "周期性",
    "每次月经",
    "断断续续",
    "动不动",
    "隔三差五",
    "一犯",
];
const TODAY: &[&str] =
    &["今晨", "今早", "今天", "今日", "昨晚", "昨夜", "刚才", "昨天", "昨日", "前天", "前晚"];

const UNITS: &[(&str, f64)] = &[
    ("分钟", 1.0 / 60.0),
    ("小时", 1.0),
    ("个钟头", 1.0),
    ("钟头", 1.0),
    ("h", 1.0),
    ("天", 24.0),
    ("日", 24.0),
    ("晚", 24.0),
    ("夜", 24.0),
    ("个星期", 168.0),
    ("星期", 168.0),
    ("周", 168.0),
    ("礼拜", 168.0),
    ("个月", 730.0),
    ("月", 730.0),
    ("年", 8766.0),
];

/// `old` are clauses that speak only of illnesses known before: their years are not the length of today's.
pub(super) fn read(note: &NoteText, old: &[(usize, usize)], reading: &mut Reading) {
    let complaint: Vec<Span> =
        note.sentences.iter().filter(|s| s.section == Section::Complaint).copied().collect();
    let history: Vec<Span> =
        note.sentences.iter().filter(|s| s.section == Section::History).copied().collect();
    let told: Vec<Span> =
        if complaint.is_empty() { history.iter().take(3).copied().collect() } else { complaint };
    let mut hours: Vec<f64> = told.iter().flat_map(|s| lengths(note, *s, old)).collect();
    if hours.is_empty() {
        hours = history.iter().take(3).flat_map(|s| lengths(note, *s, old)).collect();
    }
    reading.hours = hours.iter().copied().max_by(f64::total_cmp);
    for hours in &hours {
        reading.onsets.push(onset_of(*hours));
        if (6.0..=24.0).contains(hours) {
            reading.onsets.push(Onset::Hyperacute);
        }
    }
    let says = |words: &[&str], spans: &[Span]| {
        spans.iter().any(|s| {
            let text = note.slice(s.start, s.end);
            words.iter().any(|w| {
                text.contains(w)
                    && !text.contains(&format!("不是{w}"))
                    && !text.contains(&format!("非{w}"))
            })
        })
    };
    let early: Vec<Span> = told.iter().chain(history.iter().take(3)).copied().collect();
    if says(SUDDEN, &early) {
        reading.onsets.push(Onset::Hyperacute);
    }
    if says(AGAIN, &early) {
        reading.onsets.push(Onset::Recurrent);
    }
    if reading.onsets.is_empty() && says(TODAY, &early) {
        reading.onsets.push(Onset::Acute);
    }
}

/// Bounds in hours: a day, two weeks, eight weeks.
pub(super) fn onset_of(hours: f64) -> Onset {
    if hours < 6.0 {
        Onset::Hyperacute
    } else if hours <= 14.5 * 24.0 {
        Onset::Acute
    } else if hours <= 61.0 * 24.0 {
        Onset::Subacute
    } else {
        Onset::Chronic
    }
}

fn lengths(note: &NoteText, span: Span, old: &[(usize, usize)]) -> Vec<f64> {
    let mut found = vec![];
    let mut at = span.start;
    while at < span.end {
        let Some((value, end)) = count_at(note, at) else {
            at += 1;
            continue;
        };
        let mut end = end;
        while note.chars.get(end).is_some_and(|c| matches!(c, '余' | '多' | '来' | '几')) {
            end += 1;
        }
        let unit =
            UNITS.iter().filter(|(u, _)| note.at(end, u)).max_by_key(|(u, _)| u.chars().count());
        if let Some((unit, hours)) = unit {
            let after = end + unit.chars().count();
            // 月 in "5月份", 日 in "3日上午" and 周 in "孕12周" are dates or weeks of pregnancy.
            let date = note.at(after, "份")
                || (*unit == "月" && note.chars.get(after).is_some_and(char::is_ascii_digit));
            let pregnant = at > span.start && matches!(note.chars[at - 1], '孕' | '娠');
            let age = note.at(after, "龄") || note.at(after, "大");
            let every = at > span.start && matches!(note.chars[at - 1], '每' | '隔' | '第');
            let before = old.iter().any(|(from, to)| (*from..*to).contains(&at));
            if !date && !pregnant && !age && !every && !before {
                let half = if note.at(after, "半") { hours / 2.0 } else { 0.0 };
                found.push(value.mul_add(*hours, half));
            }
            at = after;
        } else {
            at = end.max(at + 1);
        }
    }
    found
}

/// 5, 3-4, 十, 半, 两三, 数.
fn count_at(note: &NoteText, at: usize) -> Option<(f64, usize)> {
    let c = *note.chars.get(at)?;
    if c.is_ascii_digit() {
        let mut end = at;
        while note
            .chars
            .get(end)
            .is_some_and(|c| c.is_ascii_digit() || *c == '.' || *c == '-' || *c == '~')
        {
            end += 1;
        }
        let text = note.slice(at, end);
        let last = text.rsplit(['-', '~']).next()?.to_owned();
        return last.parse().ok().map(|v| (v, end));
    }
    let digit = |c: char| match c {
        '一' => Some(1.0),
        '二' | '两' | '俩' => Some(2.0),
        '三' => Some(3.0),
        '四' => Some(4.0),
        '五' => Some(5.0),
        '六' => Some(6.0),
        '七' => Some(7.0),
        '八' => Some(8.0),
        '九' => Some(9.0),
        '数' | '几' => Some(4.0),
        '半' => Some(0.5),
        _ => None,
    };
    if c == '十' {
        let next = note.chars.get(at + 1).copied().and_then(digit).filter(|v| *v >= 1.0);
        return Some((10.0 + next.unwrap_or(0.0), at + 1 + usize::from(next.is_some())));
    }
    let value = digit(c)?;
    match note.chars.get(at + 1) {
        Some('十') => Some((value * 10.0, at + 2)),
        Some(next) if value >= 1.0 => match digit(*next) {
            Some(second) if second >= 1.0 => Some((second, at + 2)),
            _ => Some((value, at + 1)),
        },
        _ => Some((value, at + 1)),
    }
}
