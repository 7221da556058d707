//! Numbers with a name: T38.6℃, BP 150/95, WBC 12.3×10^9/L, 空腹血糖9.2.
use super::{
    Doubt, Experiencer, Measured, Mention, Polarity, Subject, Temporality,
    lexicon::Lexicon,
    text::{NoteText, Section, is_comma, normalise},
};
use crate::domain::{
    age::Sex,
    catalog::{Catalog, finding::FindingIx, measurement::Measurement},
};

/// One number that was understood, and what it says.
#[derive(Clone, Debug)]
pub(super) struct Number {
    pub start: usize,
    pub end: usize,
    measurement: String,
    value: f64,
    unit: String,
    findings: Vec<(FindingIx, bool)>,
}

impl Number {
    pub fn covers(&self, start: usize, end: usize) -> bool {
        self.start <= start && end <= self.end && !self.findings.is_empty()
    }

    /// The number under its own name, and whether it is one of before: 最高180/110, 平时, 曾.
    pub fn measured(&self, note: &NoteText) -> Measured {
        const LOOK_BACK: usize = 4;
        let around = note.slice(self.start.saturating_sub(LOOK_BACK), self.end);
        let section = note.sentence_at(self.start).map_or(Section::Examination, |s| s.section);
        let told_before = matches!(section, Section::Past | Section::Family | Section::Personal);
        Measured {
            measurement: self.measurement.clone(),
            value: self.value,
            of_before: told_before || BEFORE.iter().any(|word| around.contains(word)),
            start: note.typed_range(self.start, self.end).0,
        }
    }

    pub fn mentions<'a>(&'a self, note: &'a NoteText) -> impl Iterator<Item = Mention> + 'a {
        let (start, end) = note.typed_range(self.start, self.end);
        let section = note.sentence_at(self.start).map_or(Section::Examination, |s| s.section);
        self.findings.iter().map(move |(finding, present)| Mention {
            finding: *finding,
            polarity: if *present { Polarity::Present } else { Polarity::Absent },
            experiencer: Experiencer::Patient,
            temporality: Temporality::Current,
            value: Some(self.value),
            unit: Some(self.unit.clone()),
            start,
            end,
            section,
        })
    }
}

/// Words that make a number one of another day.
const BEFORE: &[&str] = &[
    "最高",
    "最低",
    "曾",
    "平时",
    "波动",
    "既往",
    "以前",
    "上次",
    "昨",
    "家测",
    "在家",
    "自测",
    "外院",
    "月前",
    "天前",
    "周前",
    "年前",
    "控制在",
    "目标",
];
/// 直腿抬高40度: no temperature.
const ANGLES: &[&str] = &[
    "抬高",
    "屈曲",
    "伸直",
    "外展",
    "内收",
    "旋",
    "前屈",
    "后伸",
    "活动度",
    "弯曲",
    "倾斜",
    "角度",
    "cobb",
    "外翻",
    "内翻",
    "近视",
    "散光",
];
/// Stand right before a temperature that is typed without name and unit: 昨晚39.3.
const FEVER_BEFORE: &[&str] = &[
    "晚", "夜", "夜里", "晚上", "早", "早上", "上午", "中午", "下午", "今天", "昨天", "现在",
    "刚才", "最高", "烧", "发烧", "发热", "高烧", "低烧", "高热", "低热", "热", "量", "量了", "测",
];
const ADULT_DAYS: u32 = 14_600;
/// What may stand between a name and its number.
const FILLERS: &[&str] = &[
    "最高",
    "最低",
    "波动",
    "在",
    "为",
    "是",
    "约",
    "达",
    ":",
    "=",
    "测得",
    "测",
    "上升至",
    "升至",
    "降至",
    "高达",
    "可达",
    "至",
    "到",
    "曾",
    "可",
    "值",
    ">",
    "<",
    "≥",
    "≤",
    "(",
    "自测",
    "多",
    "有",
    "烧",
    "提示",
    "示",
    "查",
    "计数",
    "水平",
    "浓度",
    "大约",
    "左右",
    "了",
    "~",
    "高",
    "偏",
    "仅",
    "只有",
    "当时",
    "范围",
    "结果",
    "检测",
    "体检",
    "复查",
    "今日",
    "今",
    "晨",
    "未",
    "均",
];

pub(super) fn read(
    catalog: &Catalog,
    lexicon: &Lexicon,
    note: &NoteText,
    subject: Subject,
    doubts: &mut Vec<Doubt>,
) -> Vec<Number> {
    let text: String = note.chars.iter().collect();
    let mut char_at = vec![0_usize; text.len() + 1];
    for (n, (byte, _)) in text.char_indices().enumerate() {
        char_at[byte] = n;
    }
    char_at[text.len()] = note.chars.len();
    let mut numbers = vec![];
    for found in lexicon.names.find_iter(&text) {
        let (start, end) = (char_at[found.start()], char_at[found.end()]);
        let letter = |at: Option<usize>| {
            at.and_then(|i| note.chars.get(i)).is_some_and(char::is_ascii_alphabetic)
        };
        if letter(Some(start)) && letter(start.checked_sub(1)) && note.adjacent(start) {
            continue;
        }
        let measurement = &catalog.measurements[lexicon.name_of[found.pattern().as_usize()]];
        let Some(at) = skip_fillers(note, end) else { continue };
        if letter(end.checked_sub(1)) && letter(Some(end)) && note.adjacent(end) {
            continue;
        }
        if measurement.id == "bp-systolic" {
            numbers.extend(pressure(catalog, note, start, at, subject, doubts));
        } else if let Some(number) = plain(measurement, note, (start, at), subject, doubts) {
            numbers.push(number);
        }
    }
    degrees_without_name(catalog, note, subject, doubts, &mut numbers);
    pressure_without_name(catalog, note, subject, doubts, &mut numbers);
    numbers
}

fn skip_fillers(note: &NoteText, mut at: usize) -> Option<usize> {
    let limit = at + 8;
    while at < note.chars.len() && at <= limit {
        if note.chars[at].is_ascii_digit() {
            return Some(at);
        }
        let skip = FILLERS.iter().filter(|f| note.at(at, f)).map(|f| f.chars().count()).max()?;
        at += skip;
    }
    None
}

/// A number, and where it ends; of a range (38-39) the upper end.
fn number_at(note: &NoteText, at: usize) -> Option<(f64, usize)> {
    let (mut value, mut end) = one_number(note, at)?;
    if note.chars.get(end).is_some_and(|c| matches!(c, '-' | '~' | '至' | '到'))
        && let Some((upper, upper_end)) = one_number(note, end + 1)
        && upper > value
    {
        (value, end) = (upper, upper_end);
    }
    Some((value, end))
}

fn one_number(note: &NoteText, at: usize) -> Option<(f64, usize)> {
    let mut end = at;
    while note.chars.get(end).is_some_and(|c| {
        c.is_ascii_digit()
            || (*c == '.' && note.chars.get(end + 1).is_some_and(char::is_ascii_digit))
    }) {
        end += 1;
    }
    if end == at || end - at > 9 {
        return None;
    }
    note.slice(at, end).parse().ok().map(|v| (v, end))
}

fn plain(
    measurement: &Measurement,
    note: &NoteText,
    (start, at): (usize, usize),
    subject: Subject,
    doubts: &mut Vec<Doubt>,
) -> Option<Number> {
    let (typed, end) = number_at(note, at)?;
    // 尿白细胞3+ counts plus signs, not cells; 体温38+ is a little more than 38.
    if note.chars.get(end) == Some(&'+') && typed <= 4.0 {
        return None;
    }
    let mut units: Vec<(String, f64, f64)> =
        measurement.units.iter().map(|(u, m, a)| (normalise(u), *m, *a)).collect();
    units.push((normalise(&measurement.unit), 1.0, 0.0));
    units.sort_by_key(|(u, _, _)| usize::MAX - u.len());
    let unit = units.iter().find(|(u, _, _)| !u.is_empty() && note.at(end, u));
    let (value, end) = match unit {
        Some((u, times, plus)) => (typed.mul_add(*times, *plus), end + u.chars().count()),
        None if measurement.bare && !time_follows(note, end) => (typed, end),
        None => return None,
    };
    judge(measurement, value, (start, end), note, subject, doubts)
}

fn time_follows(note: &NoteText, at: usize) -> bool {
    [
        "天",
        "年",
        "月",
        "小时",
        "分钟",
        "周",
        "岁",
        "日",
        "个月",
        "余",
        "片",
        "粒",
        "级",
        "期",
        "度烧伤",
    ]
    .iter()
    .any(|w| note.at(at, w))
}

fn judge(
    measurement: &Measurement,
    value: f64,
    (start, end): (usize, usize),
    note: &NoteText,
    subject: Subject,
    doubts: &mut Vec<Doubt>,
) -> Option<Number> {
    let (low, high) = measurement.plausible;
    if !(low..high).contains(&value) {
        doubts.push(Doubt {
            measurement: measurement.zh.clone(),
            typed: note.slice(start, end),
            low,
            high,
            unit: measurement.unit.clone(),
        });
        return None;
    }
    let days = subject.age.map_or(ADULT_DAYS, super::Age::days);
    let mut findings: Vec<(FindingIx, bool)> = vec![];
    for band in &measurement.bands {
        let fits = (band.min..band.max).contains(&value)
            && (band.age_min_days..band.age_max_days).contains(&days)
            && (band.sex == Sex::Unknown || band.sex == subject.sex)
            && band.pregnant.is_none_or(|p| p == subject.pregnant);
        if fits && !findings.iter().any(|(f, _)| *f == band.finding) {
            findings.push((band.finding, band.present));
        }
    }
    let id = measurement.id.clone();
    Some(Number { start, end, measurement: id, value, unit: measurement.unit.clone(), findings })
}

fn pressure(
    catalog: &Catalog,
    note: &NoteText,
    start: usize,
    at: usize,
    subject: Subject,
    doubts: &mut Vec<Doubt>,
) -> Vec<Number> {
    let by_id = |id: &str| catalog.measurements.iter().find(|m| m.id == id);
    let (Some(upper), Some(lower)) = (by_id("bp-systolic"), by_id("bp-diastolic")) else {
        return vec![];
    };
    let Some((systolic, mut end)) = number_at(note, at) else { return vec![] };
    // 高血压10年 is a history, not a pressure.
    if time_follows(note, end) {
        return vec![];
    }
    let mut found = vec![];
    let mut pair = None;
    if note.chars.get(end).is_some_and(|c| matches!(c, '/' | '-' | '~'))
        && let Some((diastolic, lower_end)) = number_at(note, end + 1)
    {
        pair = Some(diastolic);
        end = lower_end;
    }
    let kilopascal = note.at(end, "kpa");
    for unit in ["mmhg", "毫米汞柱", "kpa"] {
        if note.at(end, unit) {
            end += unit.chars().count();
        }
    }
    let scale = if kilopascal { 7.500_6 } else { 1.0 };
    found.extend(judge(upper, systolic * scale, (start, end), note, subject, doubts));
    if let Some(diastolic) = pair {
        found.extend(judge(lower, diastolic * scale, (start, end), note, subject, doubts));
    }
    found
}

/// "39.2℃" or "烧到39度" without a name in front is a temperature all the same.
fn degrees_without_name(
    catalog: &Catalog,
    note: &NoteText,
    subject: Subject,
    doubts: &mut Vec<Doubt>,
    numbers: &mut Vec<Number>,
) {
    let Some(measurement) = catalog.measurements.iter().find(|m| m.id == "temperature") else {
        return;
    };
    let mut at = 0;
    while at < note.chars.len() {
        let fresh = note.chars[at].is_ascii_digit()
            && !at
                .checked_sub(1)
                .is_some_and(|i| note.chars[i].is_ascii_digit() || note.chars[i] == '.');
        if !fresh {
            at += 1;
            continue;
        }
        let Some((value, end)) = number_at(note, at) else {
            at += 1;
            continue;
        };
        let unit = ["℃", "°c", "摄氏度", "度"].iter().find(|u| note.at(end, u));
        if let Some(unit) = unit {
            let taken = numbers.iter().any(|n| n.start <= at && at < n.end);
            let after = end + unit.chars().count();
            let burn = note.at(end, "度烧伤")
                || note.at(end, "度烫伤")
                || note.chars.get(after).is_some_and(|c| {
                    !is_comma(*c) && note.at(end, "度") && matches!(c, '肿' | '房' | '近' | '远')
                });
            let angle = || {
                let from = at.saturating_sub(10);
                let clause = (from..at).rev().find(|i| is_comma(note.chars[*i]));
                let before = note.slice(clause.unwrap_or(from), at);
                *unit == "度"
                    && (ANGLES.iter().any(|word| before.contains(word)) || note.at(after, "角"))
            };
            if !taken && !burn && (34.0..43.5).contains(&value) && !angle() {
                numbers.extend(judge(measurement, value, (at, after), note, subject, doubts));
            }
        } else if is_fever_by_itself(note, at, end, value)
            && !numbers.iter().any(|n| n.start <= at && at < n.end)
        {
            numbers.extend(judge(measurement, value, (at, end), note, subject, doubts));
        }
        at = end;
    }
}

/// "昨晚39.3，": one decimal of a fever between a time or fever word and the end of the clause.
fn is_fever_by_itself(note: &NoteText, at: usize, end: usize, value: f64) -> bool {
    let tenths = end >= at + 4 && note.chars[end - 2] == '.';
    let ends = note.chars.get(end).is_none_or(|c| is_comma(*c) || matches!(c, '。' | ';' | '\n'));
    let before = note.slice(at.saturating_sub(2), at);
    tenths
        && ends
        && (37.0..42.5).contains(&value)
        && FEVER_BEFORE.iter().any(|word| before.ends_with(word))
}

/// "150/95mmHg" is a blood pressure even without its name.
fn pressure_without_name(
    catalog: &Catalog,
    note: &NoteText,
    subject: Subject,
    doubts: &mut Vec<Doubt>,
    numbers: &mut Vec<Number>,
) {
    let mut at = 0;
    while at < note.chars.len() {
        let fresh = note.chars[at].is_ascii_digit()
            && !at.checked_sub(1).is_some_and(|i| {
                note.chars[i].is_ascii_digit() || matches!(note.chars[i], '.' | '/')
            });
        let pair = if fresh { one_number(note, at) } else { None };
        let Some((_, slash)) = pair else {
            at += 1;
            continue;
        };
        let lower =
            (note.chars.get(slash) == Some(&'/')).then(|| one_number(note, slash + 1)).flatten();
        if let Some((_, end)) = lower {
            let taken = numbers.iter().any(|n| n.start <= at && at < n.end);
            if !taken && (note.at(end, "mmhg") || note.at(end, "毫米汞柱")) {
                numbers.extend(pressure(catalog, note, at, at, subject, doubts));
            }
        }
        at = slash.max(at + 1);
    }
}
