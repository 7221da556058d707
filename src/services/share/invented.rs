//! Discharge records of invented people as transactions: to measure a hub with, never to keep.
use crate::wire::fhir::{self, Names, Prepared};
use crate::wire::{WireError, cda, form};

/// A transaction and the bytes that go over the line.
pub type Transaction = (Prepared, Vec<u8>);

/// `count` records with ids of their own under this mark.
pub fn discharges(mark: &str, count: usize) -> Result<Vec<Transaction>, WireError> {
    let names = Names { org_oid: "1.2.156.99999".to_owned(), station: "0".repeat(16) };
    (0..count)
        .map(|n| {
            let key = format!("{mark}-{n:05}");
            let record = form::read(&text(&key))?;
            let xml = cda::write(&record, &names.org_oid);
            let prepared = fhir::discharge(&names, &record, &key, &[("text/xml", xml.as_bytes())]);
            let bytes = prepared.bundle().to_string().into_bytes();
            Ok((prepared, bytes))
        })
        .collect()
}

fn text(key: &str) -> String {
    format!(
        r#"{{"kind":"discharge","id":"{key}","patient":{{"name":"测试{key}","sex":"男","birth":"1950-03-07"}},"hospital":{{"name":"柳溪县人民医院","code":"H1"}},"admitted":"2026-11-10","discharged":"2026-11-18","admission_diagnoses":[{{"name":"高血压病3级","icd10":"I10.x05"}}],"discharge_diagnoses":[{{"name":"高血压病3级","icd10":"I10.x05","outcome":"好转"}}],"course":"降压治疗，血压平稳。","orders":"低盐饮食，1周复诊","medicines":[{{"name":"氨氯地平片","strength":"5mg","dose":"5","dose_unit":"mg","route":"口服","frequency":"qd","days":28}}],"attending":"李梅"}}"#
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_invented_record_is_another_one_and_of_another_person() {
        let made = discharges("T", 3).unwrap();
        let ids = |kind: &str| {
            let of = |(p, _): &Transaction| {
                p.resources().find(|(k, _, _)| *k == kind).map(|(_, id, _)| id.to_owned()).unwrap()
            };
            made.iter().map(of).collect::<BTreeSet<String>>().len()
        };
        assert_eq!((ids("Patient"), ids("DocumentReference"), ids("Binary")), (3, 3, 3));
    }
}
