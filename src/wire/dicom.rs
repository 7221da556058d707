//! DICOM files read, never written: tags for the record, the data set's bytes as they lie in the file.
use std::borrow::Cow;
use std::io::Cursor;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::file::ReadPreamble;
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder, InMemDicomObject, OpenFileOptions};
use dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN;
use dicom_transfer_syntax_registry::{TransferSyntaxIndex, TransferSyntaxRegistry};
use serde::{Deserialize, Serialize};

use super::{WireError, time};
use crate::domain::age::Sex;
use crate::domain::share::imaging::{ImagePerson, Instance, readable_name};

const FORMAT: &str = "DICOM";
const META_AT: usize = 132;

/// The mark of a DICOM file: `DICM` behind 128 bytes of anything.
pub fn looks_like_dicom(bytes: &[u8]) -> bool {
    bytes.get(128..META_AT) == Some(b"DICM")
}

pub(super) fn parse(bytes: &[u8]) -> Result<DefaultDicomObject, WireError> {
    if !looks_like_dicom(bytes) {
        return Err(WireError::unreadable(FORMAT, "no DICM mark: not a DICOM file"));
    }
    OpenFileOptions::new()
        .read_preamble(ReadPreamble::Always)
        .from_reader(Cursor::new(bytes))
        .map_err(|error| WireError::unreadable(FORMAT, chain(&error)))
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

pub(super) fn text(object: &DefaultDicomObject, tag: Tag) -> String {
    object
        .get(tag)
        .and_then(|element| element.to_str().ok())
        .map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}

pub(super) fn uid(text: &str) -> String {
    text.trim_end_matches(['\0', ' ']).to_owned()
}

/// Reads the whole file, so that one that ends too early is seen.
pub fn read(bytes: &[u8]) -> Result<Instance, WireError> {
    let object = parse(bytes)?;
    let at = |tag| text(&object, tag);
    let name_raw = at(tags::PATIENT_NAME);
    let mut doubts = vec![];
    let words = [
        ("PatientName", name_raw.clone()),
        ("StudyDescription", at(tags::STUDY_DESCRIPTION)),
        ("InstitutionName", at(tags::INSTITUTION_NAME)),
    ];
    for (field, value) in &words {
        if contradicts_charset(value) {
            doubts.push(format!("{field}: the bytes contradict the character set: {value}"));
        }
    }
    let meta = object.meta();
    if uid(&meta.media_storage_sop_instance_uid) != at(tags::SOP_INSTANCE_UID) {
        doubts.push("the file's header names another SOP instance than its data".to_owned());
    }
    let syntax = uid(&meta.transfer_syntax);
    pixel_bytes_are_there(&object, &syntax)?;
    Ok(Instance {
        sop_uid: at(tags::SOP_INSTANCE_UID),
        // The index of a medium names its class in the file's header only.
        sop_class: match at(tags::SOP_CLASS_UID) {
            none if none.is_empty() => uid(&meta.media_storage_sop_class_uid),
            class => class,
        },
        series_uid: at(tags::SERIES_INSTANCE_UID),
        study_uid: at(tags::STUDY_INSTANCE_UID),
        transfer_syntax: syntax,
        modality: at(tags::MODALITY),
        body_part: at(tags::BODY_PART_EXAMINED),
        study_description: at(tags::STUDY_DESCRIPTION),
        series_description: at(tags::SERIES_DESCRIPTION),
        series_number: at(tags::SERIES_NUMBER),
        instance_number: at(tags::INSTANCE_NUMBER),
        accession: at(tags::ACCESSION_NUMBER),
        institution: at(tags::INSTITUTION_NAME),
        manufacturer: at(tags::MANUFACTURER),
        study_day: time::day(&at(tags::STUDY_DATE)),
        study_time: at(tags::STUDY_TIME),
        frames: at(tags::NUMBER_OF_FRAMES).parse().unwrap_or(1),
        charset: at(tags::SPECIFIC_CHARACTER_SET),
        person: ImagePerson {
            name: readable_name(&name_raw),
            name_raw,
            id: at(tags::PATIENT_ID),
            sex: match at(tags::PATIENT_SEX).as_str() {
                "M" => Sex::Male,
                "F" => Sex::Female,
                _ => Sex::Unknown,
            },
            birth: time::day(&at(tags::PATIENT_BIRTH_DATE)),
        },
        doubts,
    })
}

/// dicom-rs writes bytes that it cannot decode as `\325\305`.
fn contradicts_charset(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.contains('\u{fffd}')
        || bytes.windows(4).any(|w| {
            w[0] == b'\\' && (b'2'..=b'3').contains(&w[1]) && w[2..].iter().all(u8::is_ascii_digit)
        })
}

/// Uncompressed pixels must be as many as the image says; fewer means that the file was cut.
fn pixel_bytes_are_there(object: &DefaultDicomObject, syntax: &str) -> Result<(), WireError> {
    const UNCOMPRESSED: [&str; 3] =
        ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"];
    if !UNCOMPRESSED.contains(&syntax) {
        return Ok(());
    }
    let number = |tag| text(object, tag).parse::<u64>().ok();
    let whole = (|| {
        let size = number(tags::ROWS)?
            .checked_mul(number(tags::COLUMNS)?)?
            .checked_mul(number(tags::SAMPLES_PER_PIXEL)?)?
            .checked_mul(number(tags::BITS_ALLOCATED)?)?
            .checked_mul(number(tags::NUMBER_OF_FRAMES).unwrap_or(1))?;
        Some(size.div_ceil(8))
    })();
    let found = object
        .get(tags::PIXEL_DATA)
        .and_then(|element| element.to_bytes().ok())
        .map(|bytes| bytes.len() as u64);
    match (whole, found) {
        // 4:2:2 stores a third less.
        (Some(whole), Some(found)) if found < whole && found < whole * 2 / 3 => {
            let what = format!("the pixels end early: {found} of {whole} bytes");
            Err(WireError::unreadable(FORMAT, what))
        }
        _ => Ok(()),
    }
}

/// The data set as it lies in the file, behind the file's own header.
pub fn data_set(bytes: &[u8]) -> Option<&[u8]> {
    let head = bytes.get(META_AT..META_AT + 12)?;
    // (0002,0000) UL 4
    if head[..8] != [2, 0, 0, 0, b'U', b'L', 4, 0] {
        return None;
    }
    let length = u32::from_le_bytes([head[8], head[9], head[10], head[11]]) as usize;
    bytes.get(META_AT + 12 + length..)
}

/// A file around a data set that came without one: the same data set always makes the same bytes.
pub fn file_of(
    data_set: &[u8],
    (class, instance, syntax): (&str, &str, &str),
) -> Result<Vec<u8>, WireError> {
    let failed = |what: String| WireError::unreadable(FORMAT, what);
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(class)
        .media_storage_sop_instance_uid(instance)
        .transfer_syntax(syntax)
        .build()
        .map_err(|error| failed(chain(&error)))?;
    let mut file = vec![0; 128];
    file.extend_from_slice(b"DICM");
    meta.write(&mut file).map_err(|error| failed(chain(&error)))?;
    file.extend_from_slice(data_set);
    Ok(file)
}

/// Do two files hold the same data set, byte for byte? Nothing is parsed.
pub fn same_data_set(a: &[u8], b: &[u8]) -> bool {
    matches!((data_set(a), data_set(b)), (Some(a), Some(b)) if a == b)
}

/// Do two files hold the same data set? An archive may write the file's header anew, and padding with it.
pub fn same_content(a: &[u8], b: &[u8]) -> bool {
    if let (Some(a), Some(b)) = (data_set(a), data_set(b))
        && a == b
    {
        return true;
    }
    match (parse(a), parse(b)) {
        (Ok(a), Ok(b)) => {
            uid(&a.meta().transfer_syntax) == uid(&b.meta().transfer_syntax)
                && same_objects(a.into_inner(), b.into_inner())
        }
        _ => false,
    }
}

/// Syntaxes whose pixels lie as they are: between them only the lengths and value types are written otherwise.
pub const PLAIN: [&str; 2] = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"];

/// The data set in a syntax that the receiver takes: as it lies in the file if that is the file's own, written anew
/// between plain syntaxes, `None` otherwise (pixels are never compressed or expanded here).
pub fn data_set_in<'a>(bytes: &'a [u8], (own, wanted): (&str, &str)) -> Option<Cow<'a, [u8]>> {
    if own == wanted {
        return data_set(bytes).map(Cow::Borrowed);
    }
    if !PLAIN.contains(&own) || !PLAIN.contains(&wanted) {
        return None;
    }
    let object = parse(bytes).ok()?;
    let syntax = TransferSyntaxRegistry.get(wanted)?;
    let mut out = vec![];
    object.into_inner().write_dataset_with_ts(&mut out, syntax).ok()?;
    Some(Cow::Owned(out))
}

/// Does this data set, in this transfer syntax, hold what the file holds?
pub fn same_data(file: &[u8], (data, syntax): (&[u8], &str)) -> bool {
    let Ok(ours) = parse(file) else { return false };
    let Some(syntax) = TransferSyntaxRegistry.get(syntax) else { return false };
    match InMemDicomObject::read_dataset_with_ts(data, syntax) {
        Ok(theirs) => same_objects(theirs, ours.into_inner()),
        Err(_) => false,
    }
}

/// Element by element. Implicit VR names no types, so values are compared and not what they are called.
fn same_objects(a: InMemDicomObject, b: InMemDicomObject) -> bool {
    let (a, b) = (without_group_lengths(a), without_group_lengths(b));
    if a == b {
        return true;
    }
    let plain = |object: &InMemDicomObject| {
        let mut bytes = vec![];
        let syntax = IMPLICIT_VR_LITTLE_ENDIAN.erased();
        object.write_dataset_with_ts(&mut bytes, &syntax).ok().map(|()| bytes)
    };
    matches!((plain(&a), plain(&b)), (Some(a), Some(b)) if a == b)
}

/// Group lengths and trailing padding are the writer's own (PS3.5 7.2, PS3.10 7.2).
fn without_group_lengths(mut object: InMemDicomObject) -> InMemDicomObject {
    let own: Vec<Tag> = object
        .iter()
        .map(|element| element.header().tag)
        .filter(|tag| tag.element() == 0 || *tag == Tag(0xFFFC, 0xFFFC))
        .collect();
    for tag in own {
        object.remove_element(tag);
    }
    object
}

/// The name that a hub must give back whole.
pub const TEST_NAME: &str = "测试^镕䶮";

/// A whole small file about an invented person, in GB 18030: what a hub is tested with. Always the same bytes.
pub fn test_file() -> Result<Vec<u8>, WireError> {
    const CLASS: &str = "1.2.840.10008.5.1.4.1.1.7";
    // UUID-derived UIDs (PS3.5 B.2), drawn once for this purpose.
    const UIDS: [&str; 3] = [
        "2.25.171349278420911930402835711930274651101",
        "2.25.171349278420911930402835711930274651102",
        "2.25.171349278420911930402835711930274651103",
    ];
    let text =
        |tag: Tag, vr: VR, value: &str| DataElement::new(tag, vr, PrimitiveValue::from(value));
    let object = InMemDicomObject::from_element_iter([
        text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "GB18030"),
        text(tags::SOP_CLASS_UID, VR::UI, CLASS),
        text(tags::SOP_INSTANCE_UID, VR::UI, UIDS[2]),
        text(tags::STUDY_DATE, VR::DA, "20200101"),
        text(tags::STUDY_TIME, VR::TM, "000000"),
        text(tags::ACCESSION_NUMBER, VR::SH, ""),
        text(tags::MODALITY, VR::CS, "OT"),
        text(tags::PATIENT_NAME, VR::PN, TEST_NAME),
        text(tags::PATIENT_ID, VR::LO, TEST_PATIENT),
        text(tags::PATIENT_BIRTH_DATE, VR::DA, ""),
        text(tags::PATIENT_SEX, VR::CS, ""),
        text(tags::STUDY_INSTANCE_UID, VR::UI, UIDS[0]),
        text(tags::SERIES_INSTANCE_UID, VR::UI, UIDS[1]),
        text(tags::SERIES_NUMBER, VR::IS, "1"),
        text(tags::INSTANCE_NUMBER, VR::IS, "1"),
    ]);
    let failed = |what: String| WireError::unreadable(FORMAT, what);
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(CLASS)
        .media_storage_sop_instance_uid(UIDS[2])
        .transfer_syntax(PLAIN[0]);
    let file = object.with_meta(meta).map_err(|error| failed(chain(&error)))?;
    let mut bytes = vec![];
    file.write_all(&mut bytes).map_err(|error| failed(chain(&error)))?;
    Ok(bytes)
}

/// The PatientID of the invented person.
pub const TEST_PATIENT: &str = "XINGLIN-SELF-TEST";

#[derive(Serialize, Deserialize)]
struct Line {
    uids: [String; 4],
    transfer_syntax: String,
    texts: [String; 12],
    study_day: Option<String>,
    frames: u32,
    name: String,
    name_raw: String,
    id: String,
    sex: String,
    birth: Option<String>,
    doubts: Vec<String>,
}

/// How the confined reader tells what it read.
pub fn to_line(i: &Instance) -> Result<String, WireError> {
    let line = Line {
        uids: [&i.sop_uid, &i.sop_class, &i.series_uid, &i.study_uid].map(Clone::clone),
        transfer_syntax: i.transfer_syntax.clone(),
        texts: [
            &i.modality,
            &i.body_part,
            &i.study_description,
            &i.series_description,
            &i.series_number,
            &i.instance_number,
            &i.accession,
            &i.institution,
            &i.manufacturer,
            &i.study_time,
            &i.charset,
            &String::new(),
        ]
        .map(Clone::clone),
        study_day: i.study_day.map(|day| day.to_string()),
        frames: i.frames,
        name: i.person.name.clone(),
        name_raw: i.person.name_raw.clone(),
        id: i.person.id.clone(),
        sex: i.person.sex.id().to_owned(),
        birth: i.person.birth.map(|day| day.to_string()),
        doubts: i.doubts.clone(),
    };
    serde_json::to_string(&line).map_err(|error| WireError::unreadable(FORMAT, error.to_string()))
}

pub fn from_line(text: &str) -> Result<Instance, WireError> {
    let line: Line = serde_json::from_str(text)
        .map_err(|error| WireError::unreadable(FORMAT, error.to_string()))?;
    let [sop_uid, sop_class, series_uid, study_uid] = line.uids;
    let [
        modality,
        body_part,
        study_description,
        series_description,
        series_number,
        instance_number,
        accession,
        institution,
        manufacturer,
        study_time,
        charset,
        _,
    ] = line.texts;
    Ok(Instance {
        sop_uid,
        sop_class,
        series_uid,
        study_uid,
        transfer_syntax: line.transfer_syntax,
        modality,
        body_part,
        study_description,
        series_description,
        series_number,
        instance_number,
        accession,
        institution,
        manufacturer,
        study_day: line.study_day.as_deref().and_then(time::day),
        study_time,
        frames: line.frames,
        charset,
        person: ImagePerson {
            name: line.name,
            name_raw: line.name_raw,
            id: line.id,
            sex: Sex::parse(&line.sex).unwrap_or(Sex::Unknown),
            birth: line.birth.as_deref().and_then(time::day),
        },
        doubts: line.doubts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(name: &str) -> Option<Vec<u8>> {
        let root = std::env::var_os("XINGLIN_SHARED")?;
        std::fs::read(std::path::Path::new(&root).join("data/dicom").join(name)).ok()
    }

    macro_rules! file {
        ($name:literal) => {
            match shared($name) {
                Some(bytes) => bytes,
                None => {
                    println!("SKIPPED: XINGLIN_SHARED has no {}", $name);
                    return;
                }
            }
        };
    }

    #[test]
    fn chinese_names_are_read_in_both_character_sets() {
        let utf8 = read(&file!("charset/chrX1.dcm")).unwrap();
        assert_eq!(utf8.person.name, "王小東");
        let gb = read(&file!("charset/chrX2.dcm")).unwrap();
        assert_eq!((gb.person.name.as_str(), gb.charset.as_str()), ("王小东", "GB18030"));
        assert_eq!(gb.doubts, Vec::<String>::new());
        assert_eq!(from_line(&to_line(&gb).unwrap()).unwrap(), gb);
    }

    #[test]
    fn the_test_file_is_a_dicom_file_with_a_chinese_name() {
        let bytes = test_file().unwrap();
        let read = read(&bytes).unwrap();
        assert_eq!((read.person.name_raw.as_str(), read.charset.as_str()), (TEST_NAME, "GB18030"));
        assert_eq!(bytes, test_file().unwrap());
        assert_eq!((read.faults(), read.doubts), (vec![], vec![]));
    }

    #[test]
    fn a_cut_file_is_no_file() {
        let whole = file!("chest/CT1_RAW.dcm");
        assert!(read(&whole).is_ok());
        assert!(read(&whole[..whole.len() / 2]).is_err());
        assert!(read(&file!("bad/MR_truncated.dcm")).is_err());
        assert!(read(b"not a file").is_err());
    }

    #[test]
    fn the_data_set_is_taken_from_the_file_as_it_lies() {
        let bytes = file!("brain/CT2_J2KR.dcm");
        let set = data_set(&bytes).unwrap();
        assert_eq!(set, &bytes[bytes.len() - set.len()..]);
        // Group 0008 comes first.
        assert_eq!(set[..2], [8, 0]);
        let mut other = bytes.clone();
        // In the pixels; the last bytes are padding, which is the writer's own.
        other[bytes.len() / 2] ^= 1;
        assert!(same_content(&bytes, &bytes) && !same_content(&bytes, &other));
    }
}
