//! Findings that follow from two numbers: body-mass index, and the drop of pressure on standing.
use super::{
    Mention, Polarity, Subject,
    number::{Number, bands, number_after},
    text::{NoteText, is_comma, is_stop},
};
use crate::domain::catalog::{Catalog, finding::FindingIx};

const HEIGHT: &[&str] = &["身高", "身长"];
const METRES: &[(&str, f64)] =
    &[("cm", 0.01), ("厘米", 0.01), ("公分", 0.01), ("米", 1.0), ("m", 1.0)];
const WEIGHT: &[&str] = &["体重"];
const KILOGRAMS: &[(&str, f64)] = &[("kg", 1.0), ("公斤", 1.0), ("千克", 1.0), ("斤", 0.5)];
/// Heights that an index is worked out for; below it is a child's or a slip.
const TALL: std::ops::Range<f64> = 1.2..2.3;

const LYING: &[&str] = &["卧", "躺"];
const STANDING: &[&str] = &["立位", "站", "直立", "起立", "起身"];
const POSTURE_BEFORE: usize = 14;

/// Adults only: a child's index is judged by curves that the vocabulary does not hold.
const ADULT_DAYS: u32 = 6_570;

pub(super) fn mentions(
    catalog: &Catalog,
    note: &NoteText,
    numbers: &[Number],
    subject: Subject,
) -> Vec<Mention> {
    let mut found = mass_index(catalog, note, numbers, subject);
    found.extend(drop_on_standing(catalog, note, numbers));
    found
}

fn mass_index(
    catalog: &Catalog,
    note: &NoteText,
    numbers: &[Number],
    subject: Subject,
) -> Vec<Mention> {
    let typed = numbers.iter().any(|n| n.measurement == "bmi");
    let adult = subject.age.is_none_or(|age| age.days() >= ADULT_DAYS);
    let Some(index) = catalog.measurements.iter().find(|m| m.id == "bmi") else { return vec![] };
    let (Some((_, _, height)), Some((start, end, weight))) =
        (stated(note, HEIGHT, METRES), stated(note, WEIGHT, KILOGRAMS))
    else {
        return vec![];
    };
    let value = weight / (height * height);
    if typed || !adult || !TALL.contains(&height) || subject.pregnant {
        return vec![];
    }
    if !(index.plausible.0..index.plausible.1).contains(&value) {
        return vec![];
    }
    bands(index, value, subject)
        .into_iter()
        .map(|(finding, present)| {
            let polarity = if present { Polarity::Present } else { Polarity::Absent };
            let mut mention = Number::mention(note, (start, end), finding, polarity);
            mention.value = Some((value * 10.0).round() / 10.0);
            mention.unit = Some(index.unit.clone());
            mention
        })
        .collect()
}

/// The first value under one of the names, in the base unit, with its place.
fn stated(note: &NoteText, names: &[&str], units: &[(&str, f64)]) -> Option<(usize, usize, f64)> {
    (0..note.chars.len()).find_map(|start| {
        let name = names.iter().find(|name| note.at(start, name))?;
        let (value, end) = number_after(note, start + name.chars().count())?;
        let (unit, times) = units.iter().find(|(unit, _)| note.at(end, unit))?;
        Some((start, end + unit.chars().count(), value * times))
    })
}

/// 卧位135/82，立位108/66: a fall of 20 (upper) or 10 (lower) within the same examination.
fn drop_on_standing(catalog: &Catalog, note: &NoteText, numbers: &[Number]) -> Option<Mention> {
    let finding = catalog.finding_by_id("orthostatic-hypotension")?;
    let by = |id: &'static str, words: &'static [&'static str]| {
        numbers.iter().find(move |n| n.measurement == id && posture(note, n.start) == Some(words))
    };
    let fall = |id| Some(by(id, LYING)?.value - by(id, STANDING)?.value);
    let upper = fall("bp-systolic")?;
    let lower = fall("bp-diastolic").unwrap_or(0.0);
    let standing = by("bp-systolic", STANDING)?;
    let polarity =
        if upper >= 20.0 || lower >= 10.0 { Polarity::Present } else { Polarity::Absent };
    let mut mention = Number::mention(note, (standing.start, standing.end), finding, polarity);
    mention.value = Some(upper);
    mention.unit = Some("mmHg".into());
    Some(mention)
}

/// The posture named last before the number, not further back than the clause before its own.
fn posture(note: &NoteText, at: usize) -> Option<&'static [&'static str]> {
    let mut from = at;
    let mut commas = 0;
    while from > 0 && at - from < POSTURE_BEFORE {
        let c = note.chars[from - 1];
        if is_stop(c) {
            break;
        }
        commas += usize::from(is_comma(c));
        if commas > 1 {
            break;
        }
        from -= 1;
    }
    let before = note.slice(from, at);
    let last = |words: &[&str]| words.iter().filter_map(|w| before.rfind(w)).max();
    match (last(LYING), last(STANDING)) {
        (Some(lying), Some(standing)) => Some(if lying > standing { LYING } else { STANDING }),
        (Some(_), None) => Some(LYING),
        (None, Some(_)) => Some(STANDING),
        (None, None) => None,
    }
}

/// Words that only say the pressures were taken are settled by the pressures.
pub(super) fn settles(derived: &[Mention], finding: FindingIx) -> bool {
    derived.iter().any(|m| m.finding == finding)
}
