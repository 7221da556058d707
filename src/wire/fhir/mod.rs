//! FHIR R4: one transaction of PUTs out (ids made here, so that sending twice changes nothing), documents and answers in.
pub mod answer;
mod bundle;
mod clinical;
mod discharge;
mod read;
mod read_referral;
mod referral;
mod study;

pub use bundle::{Names, Prepared, binary_id, person_of, reference};
pub use discharge::{discharge, replace, withdrawn};
pub use read::{looks_like_fhir, named_images, read};
pub use read_referral::{answer_to, looks_like_referral, read_referral};
pub use referral::{referral, referral_withdrawn, request_id};
pub use study::study;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::Hash;
    use crate::wire::{cda, form};
    use serde_json::Value;

    fn names() -> Names {
        Names { org_oid: "1.2.156.1".to_owned(), station: "0123456789abcdef".to_owned() }
    }

    fn full() -> (crate::domain::share::discharge::Discharge, Prepared) {
        let record = form::read(form::tests::FULL).unwrap();
        let xml = cda::write(&record, "1.2.156.1");
        let documents = [("text/xml; charset=utf-8", xml.as_bytes())];
        let prepared = discharge(&names(), &record, "p7", &documents);
        (record, prepared)
    }

    #[test]
    fn every_field_comes_back_from_the_bundle() {
        let (record, prepared) = full();
        let text = prepared.bundle().to_string();
        let back = read(text.as_bytes()).unwrap();
        assert_eq!(back, record);
    }

    #[test]
    fn the_same_record_makes_the_same_ids_and_bytes() {
        assert_eq!(full().1.bundle().to_string(), full().1.bundle().to_string());
        let (_, prepared) = full();
        let mut seen = std::collections::BTreeSet::new();
        for (kind, id, _) in prepared.resources() {
            assert!(id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
            assert!(seen.insert(format!("{kind}/{id}")), "{kind}/{id} twice");
        }
    }

    #[test]
    fn every_reference_points_into_the_bundle() {
        fn references<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
            match value {
                Value::Object(map) => {
                    for (key, value) in map {
                        if key == "reference"
                            || (key == "url"
                                && value.as_str().is_some_and(|u| u.starts_with("Binary/")))
                        {
                            out.extend(value.as_str());
                        }
                        references(value, out);
                    }
                }
                Value::Array(list) => list.iter().for_each(|value| references(value, out)),
                _ => {}
            }
        }
        let (_, prepared) = full();
        let bundle = prepared.bundle();
        let mut found = vec![];
        references(&bundle, &mut found);
        assert!(found.len() > 10);
        let there: Vec<String> =
            prepared.resources().map(|(kind, id, _)| format!("{kind}/{id}")).collect();
        for reference in found {
            assert!(there.iter().any(|one| one == reference), "{reference} points nowhere");
        }
    }

    #[test]
    fn the_binary_is_named_by_its_hash() {
        let (record, prepared) = full();
        let xml = cda::write(&record, "1.2.156.1");
        let want = Hash::of(xml.as_bytes()).to_string();
        assert!(prepared.resources().any(|(kind, id, _)| kind == "Binary" && id == want));
    }
}
