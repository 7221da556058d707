//! What a file is, and the record in it.
use std::fs;
use std::path::{Path, PathBuf};

use super::reader::{MOST_BYTES, Reader};
use crate::domain::share::Kind;
use crate::domain::share::discharge::{Discharge, Fault};
use crate::domain::share::imaging::{ImageFault, Instance};
use crate::domain::share::letter::Letter;
use crate::domain::share::matching::Claimed;
use crate::storage::NewItem;
use crate::wire::{cda, dicom, fhir, form, letter_form};

/// The index of a DICOM medium: names only what lies beside it.
const MEDIA_DIRECTORY: &str = "1.2.840.10008.1.3.10";

/// What came out of one file.
#[derive(Debug)]
pub enum Found {
    Image(Box<Image>),
    Document(Box<NewItem>),
    /// A zip package, or a sealed one.
    Package,
    /// Ours to take, but damaged or incomplete: quarantine.
    Bad(String),
    /// Not a record at all.
    Other(String),
}

#[derive(Debug)]
pub struct Image {
    pub study: NewItem,
    pub instance: Instance,
    pub line: String,
}

/// All files below the paths, in order; links are not followed.
pub fn files(paths: &[PathBuf]) -> Vec<(PathBuf, Result<(), std::io::Error>)> {
    let mut found = vec![];
    let mut open: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    while let Some(path) = open.pop() {
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => match fs::read_dir(&path) {
                Ok(entries) => {
                    let mut inside: Vec<PathBuf> =
                        entries.flatten().map(|entry| entry.path()).collect();
                    inside.sort();
                    open.extend(inside.into_iter().rev());
                }
                Err(error) => found.push((path, Err(error))),
            },
            Ok(meta) if meta.is_file() => found.push((path, Ok(()))),
            Ok(_) => {}
            Err(error) => found.push((path, Err(error))),
        }
    }
    found
}

pub fn read_file(path: &Path) -> Result<Vec<u8>, std::io::Error> {
    if fs::metadata(path)?.len() > MOST_BYTES {
        return Err(std::io::Error::other("larger than 1 GB"));
    }
    fs::read(path)
}

/// Looks at the bytes, not at the name; the name only says whether someone meant it as a record.
pub fn look(name: &str, bytes: &[u8], reader: &Reader) -> Vec<Found> {
    if dicom::looks_like_dicom(bytes) {
        return vec![image(bytes, reader)];
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"age-encryption.org/") {
        return vec![Found::Package];
    }
    if fhir::looks_like_fhir(bytes) && fhir::looks_like_referral(bytes) {
        return vec![match fhir::read_referral(bytes) {
            Ok(found) => letter(&found, "file", Some((bytes, "application/fhir+json"))),
            Err(error) => Found::Bad(error.to_string()),
        }];
    }
    if fhir::looks_like_fhir(bytes) {
        return vec![match fhir::read(bytes) {
            Ok(record) => document(&record, Some((bytes, "application/fhir+json"))),
            Err(error) => Found::Bad(error.to_string()),
        }];
    }
    if cda::looks_like_cda(bytes) {
        return vec![match cda::read(bytes) {
            Ok(record) => document(&record, Some((bytes, "text/xml"))),
            Err(error) => Found::Bad(error.to_string()),
        }];
    }
    let text = String::from_utf8_lossy(bytes);
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        return forms(text.trim_start_matches('\u{feff}').trim());
    }
    let extension = Path::new(name).extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("dcm" | "dicom") => {
            vec![Found::Bad("no DICM mark: not a DICOM file, or its beginning is lost".to_owned())]
        }
        Some("xml" | "json" | "ndjson") => {
            vec![Found::Bad("neither CDA nor FHIR nor a form".to_owned())]
        }
        _ => vec![Found::Other("not a record".to_owned())],
    }
}

/// One form, or one a line; a bad line does not stop the others.
fn forms(text: &str) -> Vec<Found> {
    if let Ok(record) = form::read(text) {
        return vec![document(&record, None)];
    }
    if letter_form::looks_like_letter(text) {
        return vec![one_form(text, None)];
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let whole_lines =
        lines.iter().all(|line| line.trim().starts_with('{') && line.trim().ends_with('}'));
    if lines.len() < 2 || !whole_lines {
        return vec![one_form(text, None)];
    }
    lines.iter().enumerate().map(|(at, line)| one_form(line, Some(at + 1))).collect()
}

fn one_form(text: &str, line: Option<usize>) -> Found {
    let read = if letter_form::looks_like_letter(text) {
        letter_form::read(text).map(|found| letter(&found, "file", None))
    } else {
        form::read(text).map(|record| document(&record, None))
    };
    match read {
        Ok(found) => found,
        Err(error) => {
            let at = line.map_or(String::new(), |n| format!("line {n}: "));
            Found::Bad(format!("{at}{error}"))
        }
    }
}

/// A record becomes an item, or is bad with its faults named.
pub fn document(record: &Discharge, original: Option<(&[u8], &str)>) -> Found {
    let faults = record.faults();
    if !faults.is_empty() {
        let words: Vec<String> = faults.iter().map(fault_words).collect();
        return Found::Bad(format!("discharge record: {}", words.join("; ")));
    }
    match form::write(record) {
        Ok(body) => Found::Document(Box::new(NewItem {
            kind: Kind::Discharge,
            key: record.id.clone(),
            version: record.version,
            claimed: Claimed {
                name: record.patient.name.clone(),
                sex: record.patient.sex,
                birth: record.patient.birth,
                id_number: record.patient.id_number.clone(),
            },
            title: record
                .discharge_diagnoses
                .iter()
                .map(|d| d.name.as_str())
                .collect::<Vec<_>>()
                .join("；"),
            day: record.discharged,
            body,
            original: original.map(|(bytes, kind)| (bytes.to_vec(), kind.to_owned())),
            source: "file".to_owned(),
        })),
        Err(error) => Found::Bad(error.to_string()),
    }
}

/// A referral becomes an item, or is bad with what it lacks.
pub fn letter(found: &Letter, source: &str, original: Option<(&[u8], &str)>) -> Found {
    let missing = found.missing();
    if !missing.is_empty() {
        let words: Vec<&str> = missing.iter().map(|one| one.0).collect();
        return Found::Bad(format!("referral: {} is missing", words.join(", ")));
    }
    match letter_form::write(found) {
        Ok(body) => Found::Document(Box::new(NewItem {
            kind: Kind::Referral,
            key: found.id.clone(),
            version: found.version,
            claimed: Claimed {
                name: found.patient.name.clone(),
                sex: found.patient.sex,
                birth: found.patient.birth,
                id_number: found.patient.id_number.clone(),
            },
            title: found.title(),
            day: found.written.map(crate::domain::instant::Instant::day),
            body,
            original: original.map(|(bytes, kind)| (bytes.to_vec(), kind.to_owned())),
            source: source.to_owned(),
        })),
        Err(error) => Found::Bad(error.to_string()),
    }
}

fn fault_words(fault: &Fault) -> String {
    match fault {
        Fault::Missing(field) => format!("{field} is missing"),
        Fault::DischargedBeforeAdmitted => "discharged lies before admitted".to_owned(),
        Fault::DischargedBeforeBorn => "discharged lies before birth".to_owned(),
    }
}

fn image(bytes: &[u8], reader: &Reader) -> Found {
    let instance = match reader.read(bytes) {
        Ok(instance) => instance,
        Err(error) => return Found::Bad(error.to_string()),
    };
    if instance.sop_class == MEDIA_DIRECTORY {
        return Found::Other("DICOMDIR: the files themselves are read".to_owned());
    }
    let faults = instance.faults();
    if !faults.is_empty() {
        let one = |fault: &ImageFault| match fault {
            ImageFault::Uid { field, found } => format!("{field} {found:?} is no UID"),
            ImageFault::NoClass => "SOPClassUID is missing".to_owned(),
        };
        return Found::Bad(format!(
            "DICOM: {}",
            faults.iter().map(one).collect::<Vec<_>>().join("; ")
        ));
    }
    match dicom::to_line(&instance) {
        Ok(line) => {
            let study = study_of(&instance);
            Found::Image(Box::new(Image { study, instance, line }))
        }
        Err(error) => Found::Bad(error.to_string()),
    }
}

fn study_of(instance: &Instance) -> NewItem {
    let i = instance;
    let title = [&i.modality, &i.body_part, &i.study_description]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ");
    NewItem {
        kind: Kind::Study,
        key: i.study_uid.clone(),
        version: 1,
        claimed: Claimed {
            name: i.person.name.clone(),
            sex: i.person.sex,
            birth: i.person.birth,
            id_number: i.person.id.clone(),
        },
        title,
        day: i.study_day,
        body: String::new(),
        original: None,
        source: "file".to_owned(),
    }
}
