//! 处方点评: a signed month read back by today's rules, and the command on a file.
use std::{io::Write, process::Command};

use xinglin::{
    domain::rx::review::report,
    knowledge,
    services::{prescribing::Pharmacist, review},
};

use crate::support::{Place, person, register, visit};

fn pharmacist() -> Pharmacist {
    Pharmacist::new(knowledge::compile(&knowledge::embedded().unwrap()).catalog)
}

#[test]
fn a_signed_month_is_checked_again_and_what_is_still_taken_counts() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let patient = register(&mut clinic, &person("王小明", "61岁", ""));
    let mut first = visit(&clinic, patient);
    first.prescription.alerts.clear();
    first.prescription.lines.truncate(1);
    let line = &mut first.prescription.lines[0];
    (line.drug, line.name) = (Some("warfarin".into()), "华法林钠片".into());
    (line.strength, line.dose, line.dose_unit) = ("2.5mg".into(), "2.5".into(), "mg".into());
    (line.frequency, line.days) = ("qd".into(), Some(28));
    clinic.sign_visit(first).unwrap();
    place.clock.advance_seconds(5 * 86_400);
    let mut second = visit(&clinic, patient);
    second.prescription.alerts.clear();
    second.prescription.lines.truncate(1);
    let line = &mut second.prescription.lines[0];
    (line.drug, line.name) = (Some("ibuprofen".into()), "布洛芬片".into());
    (line.strength, line.dose, line.dose_unit) = ("0.2g".into(), "0.2".into(), "g".into());
    let corrected = clinic.sign_visit(second.clone()).unwrap().visit;
    second.supersedes = Some(corrected);
    clinic.sign_visit(second).unwrap();

    let today = clinic.today();
    let prescribed = clinic.prescribed(today, today).unwrap();
    assert_eq!((prescribed.before.len(), prescribed.period.len()), (1, 1), "the corrected is out");
    let sheets = review::replay(&pharmacist(), &prescribed, None);
    let bleeding = sheets[0].findings.iter().find(|f| f.code == "2-8");
    assert!(bleeding.is_some_and(|f| f.message.contains("华法林")), "{:#?}", sheets[0].findings);
    let report = report((Some(today), Some(today)), &sheets);
    assert_eq!((report.all.sheets, report.all.flagged), (1, 1));
    let page = review::page::html(&report, &review::page::Heading::default());
    assert!(page.contains("王建国") && page.contains("2-8") && page.contains("程序不判"));
}

#[test]
fn a_file_is_reviewed_without_a_station_and_a_bad_line_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rx.ndjson");
    let mut file = std::fs::File::create(&path).unwrap();
    let line = |drug: &str| {
        format!(
            r#"{{"id":"=1+1","doctor":"王","day":"2026-11-02","patient":{{"sex":"男","age":"45岁","allergies":["青霉素"],"diagnoses":["肺炎"]}},"items":[{{"drug":"{drug}","dose":0.5,"dose_unit":"g","route":"po","frequency":"tid","days":5}}]}}"#
        )
    };
    writeln!(
        file,
        "{}\n{{\"patient\":{{}},\"itms\":[]}}\n{}",
        line("阿莫西林胶囊"),
        line("阿奇霉素片")
    )
    .unwrap();
    drop(file);
    let csv = dir.path().join("r.csv");
    let out = Command::new(env!("CARGO_BIN_EXE_xinglin"))
        .args(["--lang", "zh", "rx", "review", "--json", "--file"])
        .arg(&path)
        .arg("--csv")
        .arg(&csv)
        .output()
        .unwrap();
    let (text, err) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.status.code(), Some(3), "{text} {err}");
    assert!(err.contains("第 2 行") && err.contains("itms"), "{err}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["all"]["sheets"], 2);
    assert!(
        json["codes"].as_array().unwrap().iter().any(|c| c["code"] == "2-2" && c["sheets"] == 1)
    );
    let table = std::fs::read_to_string(&csv).unwrap();
    assert!(table.contains("\"'=1+1\""), "{table}");
}
