//! Numbers with a name: T38.6℃, BP 150/95, WBC 12.3×10^9/L, 空腹血糖9.2.
use super::{
    Doubt, Experiencer, Measured, Mention, Polarity, Subject, Temporality,
    lexicon::{Hit, Lexicon},
    numeral::numeral_at,
    pressure,
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
    pub measurement: String,
    pub value: f64,
    unit: String,
    findings: Vec<(FindingIx, bool)>,
}

impl Number {
    /// The word lies inside the number, or is cut out of its name: 来血 in 站起来血压100/60.
    pub fn covers(&self, hit: &Hit) -> bool {
        let inside = self.start <= hit.start && hit.end <= self.end && !self.findings.is_empty();
        let cut = hit.gaps.is_empty()
            && hit.start < self.start
            && self.start < hit.end
            && hit.end <= self.start + 1;
        inside || cut
    }

    /// What the number at this place says of a finding.
    pub fn mention(
        note: &NoteText,
        (start, end): (usize, usize),
        finding: FindingIx,
        polarity: Polarity,
    ) -> Mention {
        let section = note.sentence_at(start).map_or(Section::Examination, |s| s.section);
        let (start, end) = note.typed_range(start, end);
        Mention {
            finding,
            polarity,
            experiencer: Experiencer::Patient,
            temporality: Temporality::Current,
            value: None,
            unit: None,
            start,
            end,
            section,
        }
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
        self.findings.iter().map(move |(finding, present)| {
            let polarity = if *present { Polarity::Present } else { Polarity::Absent };
            Mention {
                value: Some(self.value),
                unit: Some(self.unit.clone()),
                ..Self::mention(note, (self.start, self.end), *finding, polarity)
            }
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
    "每分钟",
    "每分",
    "一分钟",
    "1分钟",
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
            numbers.extend(pressure::pressure(catalog, note, start, at, subject, doubts));
        } else {
            let measurement = counted(catalog, measurement, note, at).unwrap_or(measurement);
            numbers.extend(plain(measurement, note, (start, at), subject, doubts));
        }
    }
    degrees_without_name(catalog, note, subject, doubts, &mut numbers);
    pressure::pressure_without_name(catalog, note, subject, doubts, &mut numbers);
    numbers
}

/// 中性粒细胞0.2×10^9/L is a count, though the bare name stands for the share of all cells.
fn counted<'a>(
    catalog: &'a Catalog,
    share: &Measurement,
    note: &NoteText,
    at: usize,
) -> Option<&'a Measurement> {
    let (_, end) = number_at(note, at)?;
    let count = ["×10", "x10", "*10"].iter().any(|times| note.at(end, times));
    if !count || share.unit != "%" {
        return None;
    }
    let of_share = |name: &String| share.names.iter().any(|s| *name == format!("{s}绝对值"));
    catalog.measurements.iter().find(|m| m.names.iter().any(of_share))
}

fn skip_fillers(note: &NoteText, mut at: usize) -> Option<usize> {
    let limit = at + 8;
    while at < note.chars.len() && at <= limit {
        let filler = FILLERS.iter().filter(|f| note.at(at, f)).map(|f| f.chars().count()).max();
        if let Some(skip) = filler {
            at += skip;
            continue;
        }
        let starts = note.chars[at].is_ascii_digit() || numeral_at(note, at).is_some();
        return starts.then_some(at);
    }
    None
}

/// The number behind a name and its fillers.
pub(super) fn number_after(note: &NoteText, name_end: usize) -> Option<(f64, usize)> {
    number_at(note, skip_fillers(note, name_end)?)
}

/// A number, and where it ends; of a range (38-39) the upper end.
pub(super) fn number_at(note: &NoteText, at: usize) -> Option<(f64, usize)> {
    let (mut value, mut end) = one_number(note, at)?;
    if note.chars.get(end).is_some_and(|c| matches!(c, '-' | '~' | '至' | '到'))
        && let Some((upper, upper_end)) = one_number(note, end + 1)
        && upper > value
    {
        (value, end) = (upper, upper_end);
    }
    Some((value, end))
}

pub(super) fn one_number(note: &NoteText, at: usize) -> Option<(f64, usize)> {
    if note.chars.get(at).is_some_and(|c| !c.is_ascii_digit()) {
        return numeral_at(note, at);
    }
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

pub(super) fn time_follows(note: &NoteText, at: usize) -> bool {
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

pub(super) fn judge(
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
    let findings = bands(measurement, value, subject);
    let id = measurement.id.clone();
    Some(Number { start, end, measurement: id, value, unit: measurement.unit.clone(), findings })
}

/// The findings that a value says are there or not, by age, sex and pregnancy.
pub(super) fn bands(
    measurement: &Measurement,
    value: f64,
    subject: Subject,
) -> Vec<(FindingIx, bool)> {
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
    findings
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
