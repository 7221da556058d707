//! Two numbers as one pressure: 150/95mmHg, 20/12kPa, with or without the name.
use super::{
    Doubt, Subject,
    number::{Number, judge, number_at, one_number, time_follows},
    text::NoteText,
};
use crate::domain::catalog::Catalog;

pub(super) fn pressure(
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

/// "150/95mmHg" is a blood pressure even without its name.
pub(super) fn pressure_without_name(
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
