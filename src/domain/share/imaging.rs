//! What a DICOM instance says about itself, and a study as the instances of one UID. Bytes stay elsewhere, untouched.
use crate::domain::age::{Day, Sex};
use crate::domain::audit::Hash;

/// The person as the modality wrote them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ImagePerson {
    /// `王^小东` read as `王小东`; `Wang^XiaoDong=王^小东` gives the ideographic part.
    pub name: String,
    /// The whole value as stored, all component groups.
    pub name_raw: String,
    pub id: String,
    pub sex: Sex,
    pub birth: Option<Day>,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Instance {
    pub sop_uid: String,
    pub sop_class: String,
    pub series_uid: String,
    pub study_uid: String,
    pub transfer_syntax: String,
    pub modality: String,
    pub body_part: String,
    pub study_description: String,
    pub series_description: String,
    pub series_number: String,
    pub instance_number: String,
    pub accession: String,
    pub institution: String,
    pub manufacturer: String,
    pub study_day: Option<Day>,
    /// `HHMMSS` as written.
    pub study_time: String,
    pub frames: u32,
    pub charset: String,
    pub person: ImagePerson,
    /// The bytes of a text contradict its character set, or a value could not be read; shown to a person.
    pub doubts: Vec<String>,
}

/// An instance together with where its bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptInstance {
    pub instance: Instance,
    pub sha256: Hash,
    pub bytes: u64,
}

/// PS3.5 9.1: digits and dots, at most 64, no component with a leading zero.
pub fn is_uid(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.split('.').all(|part| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_digit())
                && (part.len() == 1 || !part.starts_with('0'))
        })
}

/// What keeps an instance from being taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageFault {
    /// SOP, series or study UID is missing or no UID.
    Uid {
        field: &'static str,
        found: String,
    },
    NoClass,
}

impl Instance {
    pub fn faults(&self) -> Vec<ImageFault> {
        // Odd UIDs exist in the world; an archive takes them, so only what cannot be addressed is refused.
        let usable = |uid: &str| {
            !uid.is_empty()
                && uid.len() <= 64
                && uid.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        };
        let mut faults: Vec<ImageFault> = [
            ("SOPInstanceUID", &self.sop_uid),
            ("SeriesInstanceUID", &self.series_uid),
            ("StudyInstanceUID", &self.study_uid),
        ]
        .into_iter()
        .filter(|(_, uid)| !usable(uid))
        .map(|(field, uid)| ImageFault::Uid { field, found: uid.clone() })
        .collect();
        if self.sop_class.is_empty() {
            faults.push(ImageFault::NoClass);
        }
        faults
    }
}

/// The name a person reads: the ideographic group when there is one, without carets.
pub fn readable_name(raw: &str) -> String {
    let groups: Vec<&str> = raw.split('=').map(str::trim).collect();
    let ideographic = groups.get(1).copied().filter(|group| !group.trim_matches('^').is_empty());
    let chosen = ideographic.or(groups.first().copied()).unwrap_or_default();
    let chinese = !chosen.is_ascii();
    let gap = if chinese { "" } else { " " };
    chosen.split('^').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chinese_name_is_read_out_of_the_groups() {
        assert_eq!(readable_name("Wang^XiaoDong=王^小东="), "王小东");
        assert_eq!(readable_name("王^小东"), "王小东");
        assert_eq!(readable_name("CompressedSamples^CT1"), "CompressedSamples CT1");
        assert_eq!(readable_name("Doe^John=^="), "Doe John");
        assert_eq!(readable_name(""), "");
    }

    #[test]
    fn a_uid_is_digits_and_dots() {
        assert!(is_uid("1.2.840.10008.1.2"));
        assert!(!is_uid("1.2.840.010") && !is_uid("1..2") && !is_uid("") && !is_uid("1.2a"));
        assert!(!is_uid(&"1.".repeat(40)));
    }

    #[test]
    fn an_instance_without_its_uids_is_refused_by_field() {
        let instance = Instance {
            sop_uid: "1.2".to_owned(),
            series_uid: "x".to_owned(),
            study_uid: "1.2.3".to_owned(),
            sop_class: "1.2".to_owned(),
            ..Instance::default()
        };
        assert_eq!(
            instance.faults(),
            [ImageFault::Uid { field: "SeriesInstanceUID", found: "x".to_owned() }]
        );
    }
}
