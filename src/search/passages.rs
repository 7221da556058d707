//! Catalog -> the paragraphs that can be found, each with its headings and its source.
use std::collections::HashMap;

use super::{Kind, related::Names, tokens::fold};
use crate::domain::{
    age::Day,
    catalog::{
        Catalog, Status,
        condition::{Condition, Frequency, Section},
        formulary::{Basis, Drug},
        guideline::{Guideline, Source},
    },
    local_document::LocalDocument,
};

#[derive(Clone, Debug)]
pub(super) struct Passage {
    pub doc: String,
    pub title: String,
    /// Other names of what the passage is about.
    pub about: Vec<String>,
    /// The other names are of the entry itself, not of one of many things it speaks of.
    pub named_by_about: bool,
    /// What the illness shows, on its first passage.
    pub signs: Vec<String>,
    pub section: String,
    pub text: String,
    pub place: String,
    pub source: String,
    pub source_title: Option<String>,
    pub year: Option<i16>,
    pub newer_edition: Option<i16>,
    pub valid_until: Option<Day>,
    pub audience: Vec<String>,
    pub added: Option<(String, Day)>,
    pub kind: Kind,
    pub status: Option<Status>,
    pub diseases: Vec<String>,
    /// Headings and text as compared.
    pub folded: String,
}

/// Words by which a paragraph says that it is not settled.
const DOUBTS: &[&str] = &[
    "各版本不一",
    "各指南不一",
    "说法不一",
    "以当地为准",
    "按当地",
    "不确定",
    "未统一",
    "有争议",
    "尚无定论",
    "证据不足",
    "不尽相同",
    "各地不同",
    "各地不一",
];

impl Passage {
    pub fn is_doubtful(&self) -> bool {
        DOUBTS.iter().any(|doubt| self.text.contains(doubt))
    }

    /// A rule of the base as a paragraph.
    pub fn of_rule(
        catalog: &Catalog,
        (id, title, section): (&str, &str, &str),
        (text, status): (String, Status),
        (citations, diseases): (&[String], Vec<String>),
    ) -> Self {
        let sources = catalog.sources.iter().map(|s| (s.id.as_str(), s)).collect();
        let (source, place, found) = cited(citations, &sources);
        Self {
            doc: id.to_owned(),
            title: title.to_owned(),
            about: vec![],
            named_by_about: false,
            signs: vec![],
            section: section.to_owned(),
            folded: fold(&format!("{title}\n{text}")),
            text,
            place,
            source,
            source_title: found.map(|s| s.title.clone()),
            year: found.map(|s| s.year),
            newer_edition: None,
            valid_until: None,
            audience: vec![],
            added: None,
            kind: Kind::Rule,
            status: Some(status),
            diseases,
        }
    }
}

pub(super) fn passages(catalog: &Catalog, local: &[LocalDocument], names: &Names) -> Vec<Passage> {
    let sources: HashMap<&str, &Source> =
        catalog.sources.iter().map(|s| (s.id.as_str(), s)).collect();
    let mut listing: HashMap<&str, Vec<String>> = HashMap::new();
    for condition in &catalog.conditions {
        for drug in &condition.drugs {
            listing.entry(drug).or_default().push(condition.id.clone());
        }
    }
    let newest = newest_editions(&catalog.sources);
    let mut all = vec![];
    for guideline in &catalog.guidelines {
        of_guideline(catalog, guideline, &sources, &newest, &mut all);
    }
    for condition in &catalog.conditions {
        of_condition(catalog, condition, &sources, &newest, &mut all);
    }
    for drug in &catalog.formulary.drugs {
        let diseases = listing.get(drug.id.as_str()).cloned().unwrap_or_default();
        of_drug(drug, &sources, &diseases, &mut all);
    }
    for document in local {
        of_local(document, names, &mut all);
    }
    for passage in &mut all {
        passage.folded = fold(&format!(
            "{}\n{}\n{}\n{}\n{}",
            passage.title,
            passage.about.join("\n"),
            passage.signs.join("\n"),
            passage.section,
            passage.text
        ));
    }
    all
}

/// What a title is made of: `头痛：红旗与诊断` -> 头痛, 红旗, 诊断.
pub(super) fn title_parts(title: &str) -> impl Iterator<Item = &str> {
    title
        .split(|c: char| !c.is_alphanumeric() || matches!(c, '与' | '和'))
        .map(str::trim)
        .filter(|part| part.chars().count() > 1)
}

/// `nhc-hypertension-2020` -> `nhc-hypertension`, when the id ends in a year.
fn edition_stem(source: &str) -> Option<&str> {
    let (stem, year) = source.rsplit_once('-')?;
    (year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit())).then_some(stem)
}

fn newest_editions(sources: &[Source]) -> HashMap<&str, i16> {
    let mut newest = HashMap::new();
    for source in sources {
        if let Some(stem) = edition_stem(&source.id) {
            let year = newest.entry(stem).or_insert(source.year);
            *year = source.year.max(*year);
        }
    }
    newest
}

fn newer(source: &str, year: i16, newest: &HashMap<&str, i16>) -> Option<i16> {
    edition_stem(source).and_then(|stem| newest.get(stem)).copied().filter(|n| *n > year)
}

fn of_guideline(
    catalog: &Catalog,
    guideline: &Guideline,
    sources: &HashMap<&str, &Source>,
    newest: &HashMap<&str, i16>,
    all: &mut Vec<Passage>,
) {
    let mut about: Vec<String> = vec![];
    let mut diseases = guideline.diseases.clone();
    for condition in guideline.diseases.iter().filter_map(|id| meant(catalog, id)) {
        about.push(condition.zh.clone());
        about.extend(condition.synonyms.iter().take(6).cloned());
        if !diseases.contains(&condition.id) {
            diseases.push(condition.id.clone());
        }
    }
    for paragraph in &guideline.paragraphs {
        all.push(Passage {
            doc: guideline.id.clone(),
            title: guideline.title.clone(),
            about: about.clone(),
            named_by_about: guideline.diseases.len() <= 2,
            signs: vec![],
            section: paragraph.section.clone(),
            text: paragraph.text.clone(),
            place: paragraph.place.clone(),
            source: guideline.source.clone(),
            source_title: sources.get(guideline.source.as_str()).map(|s| s.title.clone()),
            year: Some(guideline.year),
            newer_edition: newer(&guideline.source, guideline.year, newest),
            valid_until: guideline.valid_until,
            audience: guideline.audience.clone(),
            added: None,
            kind: Kind::Guideline,
            status: Some(guideline.status),
            diseases: diseases.clone(),
            folded: String::new(),
        });
    }
}

/// The condition a guideline names by id, or by its English name written as one.
fn meant<'a>(catalog: &'a Catalog, id: &str) -> Option<&'a Condition> {
    catalog.condition_by_id(id).or_else(|| {
        let name = id.replace('-', " ");
        catalog.conditions.iter().find(|c| c.en.eq_ignore_ascii_case(&name))
    })
}

fn of_condition(
    catalog: &Catalog,
    condition: &Condition,
    sources: &HashMap<&str, &Source>,
    newest: &HashMap<&str, i16>,
    all: &mut Vec<Passage>,
) {
    let (source, place, found) = cited(&condition.sources, sources);
    let mut about = condition.synonyms.clone();
    about.push(condition.en.clone());
    let mut signs: Vec<String> = condition
        .findings
        .iter()
        .filter(|(_, frequency)| *frequency >= Frequency::Common)
        .map(|(finding, _)| catalog.finding(*finding).zh.clone())
        .collect();
    for section in written(&condition.sections) {
        all.push(Passage {
            doc: condition.id.clone(),
            title: condition.zh.clone(),
            about: about.clone(),
            named_by_about: true,
            signs: std::mem::take(&mut signs),
            section: section.title.clone(),
            text: section.text.trim().to_owned(),
            place: place.clone(),
            source: source.clone(),
            source_title: found.map(|s| s.title.clone()),
            year: found.map(|s| s.year),
            newer_edition: found.and_then(|s| newer(&s.id, s.year, newest)),
            valid_until: None,
            audience: vec![],
            added: None,
            kind: Kind::Condition,
            status: Some(condition.status),
            diseases: vec![condition.id.clone()],
            folded: String::new(),
        });
    }
}

fn of_drug(
    drug: &Drug,
    sources: &HashMap<&str, &Source>,
    diseases: &[String],
    all: &mut Vec<Passage>,
) {
    let (source, place, found) = cited(&drug.sources, sources);
    let unnamed = match drug.basis {
        Basis::Label => Some("药品说明书".to_owned()),
        Basis::Law => Some("法规".to_owned()),
        Basis::Guideline => Some("指南".to_owned()),
        Basis::ClinicalEstimate => None,
    };
    let mut about = drug.synonyms.clone();
    about.push(drug.en.clone());
    for section in written(&drug.sections) {
        all.push(Passage {
            doc: drug.id.clone(),
            title: drug.zh.clone(),
            about: about.clone(),
            named_by_about: true,
            signs: vec![],
            section: section.title.clone(),
            text: section.text.trim().to_owned(),
            place: place.clone(),
            source: source.clone(),
            source_title: found.map(|s| s.title.clone()).or_else(|| unnamed.clone()),
            year: found.map(|s| s.year),
            newer_edition: None,
            valid_until: None,
            audience: vec![],
            added: None,
            kind: Kind::Drug,
            status: Some(drug.status),
            diseases: diseases.to_vec(),
            folded: String::new(),
        });
    }
}

/// A paper of the clinic; which illnesses it is about is read from its words.
fn of_local(document: &LocalDocument, names: &Names, all: &mut Vec<Passage>) {
    let line = &document.line;
    let of_title = names.conditions_in(&fold(&line.title));
    for paragraph in &document.paragraphs {
        let mut diseases = of_title.clone();
        for id in names.conditions_in(&fold(&format!("{}\n{}", paragraph.section, paragraph.text)))
        {
            if !diseases.contains(&id) {
                diseases.push(id);
            }
        }
        all.push(Passage {
            doc: format!("local:{}", line.id.0),
            title: line.title.clone(),
            about: vec![],
            named_by_about: false,
            signs: vec![],
            section: paragraph.section.clone(),
            text: paragraph.text.clone(),
            place: paragraph.place.clone(),
            source: "local".to_owned(),
            source_title: Some(line.title.clone()),
            year: line.year,
            newer_edition: None,
            valid_until: None,
            audience: vec![],
            added: Some((line.added_by.clone(), line.added_at.day())),
            kind: Kind::Local,
            status: None,
            diseases,
            folded: String::new(),
        });
    }
}

fn written(sections: &[Section]) -> impl Iterator<Item = &Section> {
    sections.iter().filter(|s| !s.text.trim().is_empty())
}

/// The first citation of an entry: source id, place in it, the source itself when it is registered.
fn cited<'a>(
    citations: &[String],
    sources: &HashMap<&str, &'a Source>,
) -> (String, String, Option<&'a Source>) {
    let Some(first) = citations.first() else { return Default::default() };
    let (id, place) = first.split_once([' ', '#', '：', ':']).unwrap_or((first, ""));
    (id.to_owned(), place.trim().to_owned(), sources.get(id).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_falls_into_the_things_it_names() {
        let parts: Vec<&str> = title_parts("基层高血压（2025版）：转诊与随访").collect();
        assert_eq!(parts, ["基层高血压", "2025版", "转诊", "随访"]);
    }

    #[test]
    fn an_older_edition_knows_of_the_newer_one() {
        let source = |id: &str, year| Source {
            id: id.into(),
            title: String::new(),
            publisher: String::new(),
            year,
            licence: String::new(),
        };
        let sources = [source("nhc-ht-2020", 2020), source("nhc-ht-2025", 2025), source("who", 9)];
        let newest = newest_editions(&sources);
        assert_eq!(newer("nhc-ht-2020", 2020, &newest), Some(2025));
        assert_eq!(newer("nhc-ht-2025", 2025, &newest), None);
        assert_eq!(newer("who", 9, &newest), None);
    }
}
