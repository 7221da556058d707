//! The case files that `bench` reads.
use std::{fs, path::Path};

use serde::Deserialize;

use crate::{
    domain::age::{Age, Sex},
    services::{extraction::LabelledNote, quality::GoldCase},
};

#[derive(Debug, Deserialize)]
struct CaseLine {
    id: String,
    sex: Option<String>,
    age: Option<String>,
    age_years: Option<f64>,
    age_months: Option<f64>,
    age_days: Option<u32>,
    text: String,
    #[serde(default)]
    gold_zh: Vec<String>,
    #[serde(default)]
    gold_icd10: Vec<String>,
    urgency: Option<String>,
}

#[derive(Debug, Deserialize)]
struct NoteLine {
    id: String,
    sex: Option<String>,
    age: Option<String>,
    age_years: Option<f64>,
    text: String,
    #[serde(default)]
    present: Vec<Vec<String>>,
    #[serde(default)]
    absent: Vec<Vec<String>>,
    #[serde(default)]
    scope: Vec<Vec<String>>,
}

fn lines<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Vec<T>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{} 读不出来：{e}", path.display()))?;
    text.lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty())
        .map(|(n, line)| {
            serde_json::from_str(line)
                .map_err(|e| format!("{} 第 {} 行：{e}", path.display(), n + 1))
        })
        .collect()
}

fn age(years: Option<f64>, text: Option<&str>) -> Option<Age> {
    years.and_then(Age::from_years).or_else(|| text.and_then(Age::parse))
}

fn sex(text: Option<&str>) -> Sex {
    text.and_then(Sex::parse).unwrap_or_default()
}

/// Cases as design/diagnosis.md section 4 writes them.
pub(in crate::cli) fn read_cases(path: &Path) -> Result<Vec<GoldCase>, String> {
    let cases: Vec<CaseLine> = lines(path)?;
    Ok(cases
        .into_iter()
        .map(|case| GoldCase {
            id: case.id,
            sex: sex(case.sex.as_deref()),
            age: age(case.age_years, case.age.as_deref())
                .or_else(|| case.age_months.and_then(|m| Age::from_years(m / 12.0)))
                .or_else(|| case.age_days.map(Age::from_days)),
            text: case.text,
            names: case.gold_zh,
            icd10: case.gold_icd10,
            urgency: case.urgency,
        })
        .collect())
}

/// Labelled notes: `present`, `absent` and `scope` are groups of finding ids.
pub(super) fn read_notes(path: &Path) -> Result<Vec<LabelledNote>, String> {
    let notes: Vec<NoteLine> = lines(path)?;
    Ok(notes
        .into_iter()
        .map(|note| LabelledNote {
            id: note.id,
            sex: sex(note.sex.as_deref()),
            age: age(note.age_years, note.age.as_deref()),
            text: note.text,
            present: note.present,
            absent: note.absent,
            scope: note.scope,
        })
        .collect())
}
