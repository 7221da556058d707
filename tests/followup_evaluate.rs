//! `followup evaluate` as a program meets it: forgiving in words, strict in names, complete in its answer.
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

fn run(lines: &[Value]) -> (i32, Vec<Value>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_xinglin"))
        .args(["followup", "evaluate"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in lines {
        let text = line.as_str().map_or_else(|| line.to_string(), str::to_owned);
        writeln!(stdin, "{text}").unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    (
        output.status.code().unwrap(),
        answers.lines().map(|l| serde_json::from_str(l).unwrap()).collect(),
    )
}

#[test]
fn the_same_visit_is_read_however_it_is_written() {
    let forms = [
        json!({"id":1,"programme":"hypertension","date":"2026-05-10","mode":"clinic",
            "patient":{"sex":"male","age_years":58},"visit":{"sbp":152,"dbp":94,"symptoms":["心悸"]}}),
        json!({"id":2,"programmes":["高血压"],"date":"2026/5/10","mode":"门诊",
            "patient":{"sex":"男","age":"58岁"},"visit":{"bp":"152/94 mmHg","symptoms":"心慌，无胸痛"}}),
        json!({"id":3,"date":"2026-05-10","mode":1,"sex":"M","age":58,"conditions":["原发性高血压"],
            "SBP":"152","DBP":"94","symptoms":[6],"height_cm":170,"weight_kg":70}),
        json!({"id":4,"programme":"htn","date":"2026年5月10日","mode":"home","patient":{"birth":"1968-01-01","gender":"m"},
            "收缩压":152,"舒张压":94,"palpitations":true}),
    ];
    let (code, answers) = run(&forms);
    assert_eq!(code, 0, "{answers:?}");
    for answer in &answers {
        assert_eq!(answer["programme"], "hypertension");
        assert_eq!(
            (&answer["class"], &answer["referral"]),
            (&json!(2), &json!("urgent")),
            "{answer}"
        );
        assert_eq!(answer["danger"].as_array().unwrap()[0], "心悸");
        assert_eq!(
            (&answer["next_date"], &answer["task"]["due"]),
            (&json!("2026-05-24"), &json!("2026-05-24"))
        );
        assert_eq!(answer["results"].as_array().unwrap().len(), 1);
        assert!(answer["ms"].is_number() && answer["knowledge"].is_string());
    }
}

#[test]
fn unknown_keys_and_bad_values_are_named_and_the_batch_goes_on() {
    let good = json!({"id":"ok","programme":"hypertension","date":"2026-05-10","sbp":130,"dbp":80,"age":50});
    let bad = [
        (json!({"id":"a","date":"2026-05-10","sbp":130,"dbp":80,"colour":"x"}), "colour"),
        (json!({"id":"b","date":"2026-05-10","colour":null}), "colour"),
        (json!({"id":"c","date":"2026-02-30","sbp":130}), "2026-02-30"),
        (json!({"id":"d","programme":"牙科","date":"2026-05-10"}), "牙科"),
        (json!({"id":"e","sbp":130}), "date"),
        (json!({"id":"f","date":"2026-05-10","mode":"飞鸽"}), "飞鸽"),
        (json!("{\"id\":"), "JSON"),
        (
            json!({"id":"g","date":"2026-05-10","history":[{"date":"2026-05-01","shape":1}]}),
            "history 第 1 条",
        ),
    ];
    let mut lines: Vec<Value> = bad.iter().map(|(line, _)| line.clone()).collect();
    lines.push(good);
    let (code, answers) = run(&lines);
    assert_eq!(code, 3);
    for ((line, word), answer) in bad.iter().zip(&answers) {
        assert!(answer["error"].as_str().unwrap().contains(word), "{line}: {answer}");
    }
    assert_eq!(answers.last().unwrap()["class"], 1);
}

#[test]
fn a_value_that_cannot_be_is_doubted_and_never_used() {
    let line =
        json!({"id":1,"programme":"hypertension","date":"2026-05-10","age":50,"sbp":1300,"dbp":80});
    let (_, answers) = run(&[line]);
    assert_eq!(answers[0]["class"], Value::Null);
    assert_eq!(answers[0]["missing"], json!(["sbp"]));
    assert!(answers[0]["doubts"].to_string().contains("1300"));
}

#[test]
fn both_programmes_of_one_visit_and_both_verdicts_are_told() {
    let line = json!({"id":1,"date":"2026-05-10","mode":"门诊","patient":{"age":60,"sex":"女","conditions":"高血压、糖尿病"},
        "visit":{"sbp":134,"dbp":84,"glucose":6.5,"glucose_kind":"空腹","hba1c":7.4},
        "history":[{"date":"2026-01-10","mode":"电话","class":2},{"date":"2026-02-10","mode":"家庭","sbp":130,"dbp":80,"fbg":6.0}]});
    let (_, answers) = run(&[line]);
    let results = answers[0]["results"].as_array().unwrap();
    let of = |id: &str| results.iter().find(|r| r["programme"] == id).unwrap();
    let (pressure, sugar) = (of("hypertension"), of("diabetes"));
    assert_eq!(
        (&pressure["class"], &pressure["clinical"]["at_target"]),
        (&json!(1), &json!(false))
    );
    let versions = pressure["clinical_versions"].as_array().unwrap();
    assert_eq!(versions.len(), 2, "2020 and 2025 side by side");
    assert_eq!(
        (&pressure["target"], &versions[1]["target"]),
        (&json!("<140/90"), &json!("<130/80"))
    );
    assert_eq!((&sugar["class"], &sugar["clinical"]["at_target"]), (&json!(1), &json!(false)));
    assert_eq!(pressure["visits_this_year"], 2, "a call is no visit");
    assert!(answers[0].get("class").is_none(), "no single verdict at the top for two programmes");
}

#[test]
fn people_outside_the_programmes_are_screened() {
    let (_, answers) = run(&[
        json!({"id":1,"date":"2026-05-10","patient":{"age":40,"sex":"男"},"visit":{"sbp":150,"dbp":85},
            "history":[{"date":"2026-05-01","sbp":142,"dbp":80},{"date":"2026-05-05","bp":"138/92"}]}),
        json!({"id":2,"date":"2026-05-10","patient":{"age":56,"sex":"男"},"visit":{"sbp":120,"dbp":75}}),
    ]);
    assert_eq!(answers[0]["screening"][0]["status"], "three-days-high");
    assert_eq!(answers[0]["screening"][0]["task"]["due"], "2026-05-24");
    assert_eq!(
        (&answers[1]["screening"][0]["status"], &answers[1]["screening"][0]["next_date"]),
        (&json!("high-risk"), &json!("2026-11-10"))
    );
}
