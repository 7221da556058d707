//! What `kb diff` says of bases that differ in known ways.
use std::{path::Path, process::Command};

use xinglin::{
    domain::followup::{Mode, Provenance, register::NewFollowUp},
    knowledge::{self, Compiled, SourceFile},
    services::knowledge_diff::{self, How, PatientChange, Thing},
};

use crate::support::{Place, person, register};

/// The shipped base with edits; of its cases only those of two rules, so that both engines are asked little.
fn base(edits: &[(&str, &str, &str)], without: &[&str]) -> Compiled {
    let mut files: Vec<SourceFile> = knowledge::embedded().unwrap();
    for (path, from, to) in edits {
        let file = files.iter_mut().find(|f| f.path == *path).unwrap();
        assert!(file.text.contains(from), "{from} is not in {path}");
        file.text = file.text.replacen(from, to, 1);
    }
    files.retain(|f| !without.contains(&f.path.as_str()));
    let mut compiled = knowledge::compile(&files);
    let cases = &mut compiled.cases;
    cases.red_flag.retain(|rule, _| rule == "abdominal-trauma");
    cases.rx.retain(|rule, _| rule.starts_with("ceftriaxone"));
    cases.quiet_visits.clear();
    cases.quiet_rx.clear();
    compiled
}

#[test]
fn thresholds_doses_rules_and_entries_that_differ_are_said_in_plain_words_with_the_cases() {
    let gone = "guidelines/cma-gout-2019/01-gout.md";
    let new = base(
        &[
            ("pack.toml", "2026", "2030"),
            ("vocabulary/measurements.toml", "min = 37.3\nmax = 38.1", "min = 37.2\nmax = 38.1"),
            ("drugs/c/colchicine.md", "single = \"0.25-1 mg\"", "single = \"0.25-0.5 mg\""),
            ("drugs/c/colchicine.md", "egfr_below = 15", "egfr_below = 30"),
            (
                "rules/followup/hypertension-2017.toml",
                "met = [\"sbp < 150 & dbp < 90\"]",
                "met = [\"sbp < 145 & dbp < 90\"]",
            ),
            (
                "rules/red-flags/abdominal-trauma.toml",
                "level = \"emergency\"",
                "level = \"urgent\"",
            ),
            (
                "rules/red-flags/abdominal-trauma.toml",
                "zh = \"腹部闭合伤/脾肝破裂\"",
                "zh = \"腹部闭合伤\"",
            ),
            (
                "rules/red-flags/abdominal-trauma.toml",
                "\"abdominal-pain\", \"hypotension\"",
                "\"hypotension\"",
            ),
        ],
        &[gone],
    );
    let difference = knowledge_diff::compare(base(&[], &[]), new).unwrap();
    assert!(difference.to.starts_with("2030"), "{}", difference.to);
    let details = |thing: Thing, id: &str| {
        let change = difference.changes.iter().find(|c| c.thing == thing && c.id == id);
        let change = change.unwrap_or_else(|| panic!("{id}: {:?}", difference.changes));
        (change.how, change.details.join("\n"))
    };
    let (how, said) = details(Thing::Drug, "colchicine");
    assert_eq!(how, How::Changed);
    assert!(said.contains("单次 0.25–1 mg → 0.25–0.5 mg"), "{said}");
    assert!(
        said.contains("限制增：") && said.contains("eGFR<30") && said.contains("限制减："),
        "{said}"
    );
    let (_, said) = details(Thing::Measurement, "temperature");
    assert!(said.contains("37.3≤x<38.1 → 37.2≤x<38.1"), "{said}");
    let (_, said) = details(Thing::RedFlag, "abdominal-trauma");
    assert!(said.contains("级别 emergency → urgent") && said.contains("触发条件"), "{said}");
    let target = difference.changes.iter().find(|c| c.thing == Thing::FollowUp).unwrap();
    assert!(target.details.join("\n").contains("达标：sbp<145"), "{:?}", target.details);
    assert_eq!(details(Thing::Guideline, "cma-gout-2019/01-gout").0, How::Removed);
    // Nothing else is said to have changed.
    assert_eq!(
        difference.changes.len(),
        5,
        "{:?}",
        difference.changes.iter().map(|c| &c.id).collect::<Vec<_>>()
    );
    assert!(difference.cases_run > 0);
    assert!(
        !difference.cases.is_empty(),
        "a rule has another name, yet no case is answered otherwise"
    );
    assert!(difference.cases.iter().all(|c| c.before != c.after));
}

#[test]
fn a_base_does_not_differ_from_itself() {
    let difference = knowledge_diff::compare(base(&[], &[]), base(&[], &[])).unwrap();
    assert!(difference.changes.is_empty() && difference.cases.is_empty(), "{difference:?}");
}

#[test]
fn a_git_revision_is_read_and_what_is_neither_file_nor_revision_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let output = Command::new("git").arg("-C").arg(dir.path()).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let pack = dir.path().join("knowledge-base/pack.toml");
    std::fs::create_dir_all(pack.parent().unwrap()).unwrap();
    std::fs::write(&pack, "version = \"2001.1.1\"\n").unwrap();
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "a"]);
    let read = |what: &str| knowledge_diff::read_other(what, dir.path());
    let at_head = read("HEAD").unwrap();
    assert!(at_head.catalog.version.starts_with("2001.1.1+"), "{}", at_head.catalog.version);
    for wrong in ["no-such-revision", "--output=x", "a;b", "", "$(x)"] {
        let error = read(wrong).unwrap_err().to_string();
        assert!(error.contains("既不是文件或目录，也不是 git 版本"), "{wrong}: {error}");
    }
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge-base").is_dir());
}

/// `37 人由达标变为未达标`: the station's own people under a stricter table.
#[test]
fn people_in_follow_up_whom_a_stricter_guideline_judges_otherwise_are_counted_and_named() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let own = knowledge::compile(&knowledge::embedded().unwrap());
    let mut people = vec![];
    for (n, systolic) in [118.0, 136.0, 138.0, 152.0].into_iter().enumerate() {
        let name = ["王小明", "李建国", "张桂芳", "赵铁柱"][n];
        let patient = register(&mut clinic, &person(name, "61岁", ""));
        let mut meeting = NewFollowUp::on(patient, clinic.today(), Mode::Clinic);
        meeting.programmes = vec!["hypertension".to_owned()];
        meeting.occasion.set("sbp", systolic, Provenance::Typed);
        meeting.occasion.set("dbp", 76.0, Provenance::Typed);
        clinic.record_follow_up(&own.catalog, &meeting).unwrap();
        people.push(patient);
    }
    assert!(clinic.patients_under([&own.catalog, &own.catalog]).unwrap().is_empty());
    // The same table with another limit.
    let mut files = knowledge::embedded().unwrap();
    let mut edits = 0;
    for file in &mut files {
        if file.path.starts_with("rules/followup/hypertension") && !file.path.contains(".cases.") {
            edits += file.text.matches("sbp < 140").count();
            file.text = file.text.replace("sbp < 140", "sbp < 130");
        }
    }
    assert!(edits > 0, "the table no longer says sbp < 140");
    let other = knowledge::compile(&files);
    let changes = clinic.patients_under([&own.catalog, &other.catalog]).unwrap();
    let said: Vec<String> = changes.iter().map(PatientChange::sentence).collect();
    let change = changes.iter().find(|c| c.from == "达标" && c.to == "未达标");
    let change = change.unwrap_or_else(|| panic!("{said:?}"));
    assert!(change.sentence().contains("2 人由达标变为未达标"), "{said:?}");
    assert_eq!(change.people, people[1..3]);
}
