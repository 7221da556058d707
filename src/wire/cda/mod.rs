//! WS/T 500.53-2016 shaped CDA R2: written so that HL7's schema accepts it, read from whoever writes it.
mod read;
mod write;

pub use read::{decode, looks_like_cda, read};
pub use write::{escape, write};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::share::discharge::Discharge;
    use crate::wire::form;

    fn full() -> Discharge {
        form::read(form::tests::FULL).unwrap()
    }

    #[test]
    fn every_field_comes_back_from_the_document() {
        let record = full();
        let xml = write(&record, "1.2.3");
        assert_eq!(read(xml.as_bytes()).unwrap(), record);
    }

    #[test]
    fn gb18030_and_a_foreign_layout_are_read() {
        let xml = r#"<?xml version="1.0" encoding="GB18030"?><ClinicalDocument xmlns="urn:hl7-org:v3"><id root="2.16.156.10011.1.1" extension="X9"/>
<recordTarget><patientRole><patient><name>王小东</name><administrativeGenderCode code="1"/><birthTime value="19500101"/></patient></patientRole></recordTarget>
<component><structuredBody><component><section><code code="8648-8"/><text>住院期间平稳</text></section></component>
<component><section><code code="11535-2"/><text/><entry><observation><code code="DE05.01.024.00"/><value code="J44.900" displayName="慢性阻塞性肺疾病"/></observation></entry></section></component>
<component><section><title>护理</title><text>一级护理</text></section></component></structuredBody></component></ClinicalDocument>"#;
        let (bytes, _, _) = encoding_rs::GB18030.encode(xml);
        let record = read(&bytes).unwrap();
        assert_eq!(
            (record.patient.name.as_str(), record.course.as_str()),
            ("王小东", "住院期间平稳")
        );
        assert_eq!(record.discharge_diagnoses[0].icd10, "J44.900");
        assert_eq!(record.other, [("护理".to_owned(), "一级护理".to_owned())]);
    }

    #[test]
    fn a_document_with_entities_of_its_own_is_refused() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY b "bbbb">]><ClinicalDocument>&b;</ClinicalDocument>"#;
        assert!(read(bomb.as_bytes()).is_err());
    }
}
