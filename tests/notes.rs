//! The reader on the project's own labelled notes: finding F1 and polarity, against what a physician would mark.
use std::{fs, path::Path};

use xinglin::{
    domain::age::{Age, Sex},
    services::extraction::{LabelledNote, measure},
};

use crate::knowledge_base::engine;

fn groups(value: &serde_json::Value) -> Vec<Vec<String>> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect())
        .collect()
}

fn labelled() -> Vec<LabelledNote> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/notes/labelled.ndjson");
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter(|l| !l.trim().is_empty())
        .map(|line| {
            let v: serde_json::Value = serde_json::from_str(line).unwrap();
            LabelledNote {
                id: v["id"].as_str().unwrap().to_owned(),
                sex: Sex::parse(v["sex"].as_str().unwrap_or("")).unwrap_or_default(),
                age: Age::parse(v["age"].as_str().unwrap_or("")),
                text: v["text"].as_str().unwrap().to_owned(),
                present: groups(&v["present"]),
                absent: groups(&v["absent"]),
                scope: groups(&v["scope"]),
            }
        })
        .collect()
}

#[test]
fn every_label_is_a_finding_of_the_vocabulary() {
    let catalog = &engine().catalog;
    let mut unknown = vec![];
    for note in labelled() {
        for id in note.present.iter().chain(&note.absent).chain(&note.scope).flatten() {
            if catalog.finding_by_id(id).is_none() {
                unknown.push(format!("{} {id}", note.id));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn findings_and_polarity_reach_the_bounds_of_the_issue() {
    let notes = labelled();
    let sum = measure(engine(), &notes);
    println!("{} notes: F1 {:.3}, polarity {:.3}", notes.len(), sum.f1(), sum.polarity());
    assert!(notes.len() >= 300, "{}", notes.len());
    assert!(sum.f1() >= 0.85, "F1 {:.3}", sum.f1());
    assert!(sum.polarity() >= 0.95, "polarity {:.3}", sum.polarity());
}
