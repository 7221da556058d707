//! The shipped knowledge is clean, big enough, and its cases hold.
use std::sync::OnceLock;

use xinglin::{
    domain::diagnosis::Engine,
    knowledge::{self, Compiled, SourceFile},
    services::knowledge_base,
};

/// Compiled once for all tests of this binary: the base is large and the dev profile slow.
pub fn shipped() -> &'static Compiled {
    static SHIPPED: OnceLock<Compiled> = OnceLock::new();
    SHIPPED.get_or_init(|| knowledge::compile(&knowledge::embedded().unwrap()))
}

pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        Engine::new(knowledge::compile(&knowledge::embedded().unwrap()).catalog).unwrap()
    })
}

#[test]
fn the_shipped_knowledge_has_no_errors() {
    let errors: Vec<String> =
        shipped().lints.0.iter().filter(|l| l.id.is_error()).map(ToString::to_string).collect();
    assert!(
        errors.is_empty(),
        "{} errors:\n{}",
        errors.len(),
        errors[..errors.len().min(40)].join("\n")
    );
}

#[test]
fn the_first_body_is_big_enough() {
    let catalog = &shipped().catalog;
    assert!(catalog.conditions.len() >= 60, "{} conditions", catalog.conditions.len());
    assert!(catalog.findings.len() >= 300, "{} findings", catalog.findings.len());
    assert!(catalog.red_flags.len() >= 30, "{} red flags", catalog.red_flags.len());
    assert!(catalog.formulary.drugs.len() >= 80, "{} drugs", catalog.formulary.drugs.len());
    assert!(catalog.guidelines.len() >= 25, "{} guidelines", catalog.guidelines.len());
}

#[test]
fn red_flag_cases_and_quiet_visits_hold() {
    let run = knowledge_base::run_visit_cases(engine(), &shipped().cases);
    let failures: Vec<String> = run.failures.iter().map(ToString::to_string).collect();
    assert!(run.ran > 0);
    assert!(
        failures.is_empty(),
        "{} of {} cases fail:\n{}",
        failures.len(),
        run.ran,
        failures.join("\n")
    );
    println!("{} red-flag cases and quiet visits hold", run.ran);
}

/// Each lint has a fixture that makes it speak; a lint that never speaks is no lint.
#[test]
fn every_error_has_a_fixture_that_fails() {
    use knowledge::lint::LintId;
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let finding = "[[finding]]\nid = \"a\"\nzh = \"甲\"\nkind = \"symptom\"\nask = \"?\"\n";
    let condition = |extra: &str| {
        format!(
            "```toml\nid = \"c\"\nzh = \"病\"\nicd10 = [\"A00\"]\nsystem = \"x\"\nstatus = \"trial\"\nprior = \"common\"\nurgency = \"routine\"\n{extra}\n```\n"
        )
    };
    let drug = |extra: &str| {
        format!(
            "```toml\nid = \"d\"\nzh = \"药\"\nstatus = \"trial\"\nkind = \"chemical\"\n{extra}\n```\n"
        )
    };
    let fixtures: Vec<(LintId, Vec<SourceFile>)> = vec![
        (LintId::Syntax, vec![file("vocabulary/findings/x.toml", "[[finding]]\nid = 3\n")]),
        (
            LintId::Syntax,
            vec![file(
                "vocabulary/findings/x.toml",
                "[[finding]]\nid = \"a\"\nzh = \"甲\"\nkind = \"symptom\"\ncolour = 1\n",
            )],
        ),
        (
            LintId::FileName,
            vec![file("conditions/x/other.md", &condition("basis = \"clinical-estimate\""))],
        ),
        (LintId::FileName, vec![file("conditions/x/病.md", "x")]),
        (
            LintId::DuplicateId,
            vec![file("vocabulary/findings/x.toml", &format!("{finding}{finding}"))],
        ),
        (
            LintId::DuplicateWord,
            vec![file(
                "vocabulary/findings/x.toml",
                &format!(
                    "{finding}[[finding]]\nid = \"b\"\nzh = \"乙\"\nkind = \"sign\"\nsynonyms = [\"甲\"]\n"
                ),
            )],
        ),
        (
            LintId::UnknownId,
            vec![file(
                "conditions/x/c.md",
                &condition("basis = \"clinical-estimate\"\n[findings]\nalways = [\"nothing\"]"),
            )],
        ),
        (
            LintId::UnknownWord,
            vec![file(
                "vocabulary/findings/x.toml",
                "[[finding]]\nid = \"a\"\nzh = \"甲\"\nkind = \"smell\"\n",
            )],
        ),
        (
            LintId::BadRange,
            vec![file(
                "vocabulary/measurements.toml",
                "[[measurement]]\nid = \"m\"\nzh = \"量\"\nnames = []\nunit = \"x\"\nplausible = [3.0, 2.0]\n",
            )],
        ),
        (LintId::MissingBasis, vec![file("conditions/x/c.md", &condition(""))]),
        (
            LintId::StopWithoutLabel,
            vec![file(
                "drugs/d/d.md",
                &drug(
                    "basis = \"label\"\n[[limit]]\ntier = \"stop\"\nwhy = \"x\"\nbasis = \"clinical-estimate\"",
                ),
            )],
        ),
        (
            LintId::FewFindings,
            vec![file("conditions/x/c.md", &condition("basis = \"clinical-estimate\""))],
        ),
        (
            LintId::MissingCase,
            vec![
                file("vocabulary/findings/x.toml", finding),
                file(
                    "rules/red-flags/r.toml",
                    "id = \"r\"\nzh = \"险\"\nlevel = \"urgent\"\nstatus = \"trial\"\nbasis = \"clinical-estimate\"\nwhy = \"\"\ndo = \"\"\n[[when]]\nall = [\"a\"]\n",
                ),
            ],
        ),
        (LintId::DrugWithoutClass, vec![file("drugs/d/d.md", &drug("basis = \"label\""))]),
        (
            LintId::DoseUnit,
            vec![file(
                "drugs/d/d.md",
                &drug("basis = \"label\"\n[[dose]]\nwho = \"adult\"\nsingle = \"1 spoon\""),
            )],
        ),
        (
            LintId::TooLong,
            vec![file(
                "conditions/x/c.md",
                &format!("{}{}", condition("basis = \"clinical-estimate\""), "长".repeat(1300)),
            )],
        ),
        (
            LintId::NotStable,
            vec![file(
                "conditions/x/c.md",
                &condition("basis = \"clinical-estimate\"").replace("trial", "stable"),
            )],
        ),
    ];
    for (id, files) in &fixtures {
        let compiled = knowledge::compile(files);
        let spoke: Vec<&str> = compiled.lints.0.iter().map(|l| l.id.id()).collect();
        assert!(
            spoke.contains(&id.id()),
            "{} did not speak on {}: {spoke:?}",
            id.id(),
            files[0].path
        );
    }
    println!("{} fixtures make their lint speak", fixtures.len());
}

#[test]
fn a_clean_entry_raises_nothing() {
    let findings: String = (0..6)
        .map(|n| {
            format!(
                "[[finding]]\nid = \"f{n}\"\nzh = \"所见{n}\"\nkind = \"symptom\"\nask = \"?\"\n"
            )
        })
        .collect();
    let files = vec![
        SourceFile { path: "vocabulary/findings/x.toml".into(), text: findings },
        SourceFile {
            path: "conditions/x/c.md".into(),
            text: "```toml\nid = \"c\"\nzh = \"病\"\nicd10 = [\"A00\"]\nsystem = \"x\"\nstatus = \"trial\"\nbasis = \"clinical-estimate\"\nprior = \"common\"\nurgency = \"routine\"\n[findings]\nalways = [\"f0\", \"f1\", \"f2\", \"f3\", \"f4\", \"f5\"]\n```\n## 要点\n一句。\n".into(),
        },
    ];
    let lints: Vec<String> =
        knowledge::compile(&files).lints.0.iter().map(ToString::to_string).collect();
    assert!(lints.is_empty(), "{lints:?}");
}

/// Found on re-reading: a finding called `never` must not bury an illness that kills.
#[test]
fn a_tender_chest_wall_does_not_rule_out_an_infarction() {
    use xinglin::domain::{
        age::{Age, Sex},
        diagnosis::Encounter,
    };
    let engine = engine();
    let encounter = Encounter { sex: Sex::Male, age: Age::parse("61岁"), ..Encounter::default() };
    let text = "胸骨后压榨样疼痛1小时，出冷汗，向左臂放射。查体：胸壁压痛。";
    let reading = engine.read(&encounter, text);
    let evidence = engine.evidence(&encounter, &reading, &[]);
    let tender = engine.catalog.finding_by_id("chest-wall-tenderness").unwrap();
    assert!(
        evidence.closure.contains(&tender),
        "the note must be understood for this to mean anything"
    );
    let assessment = engine.assess(&encounter, &evidence, None);
    let first: Vec<&str> = assessment
        .differential
        .iter()
        .take(3)
        .map(|c| engine.catalog.conditions[c.condition].id.as_str())
        .collect();
    assert!(first.contains(&"acute-myocardial-infarction"), "{first:?}");
}
