//! The knowledge base as its authors see it: lint, cases, stats.
use std::path::Path;

use crate::{
    domain::{
        age::{Age, Sex},
        catalog::condition::Urgency,
        diagnosis::{Encounter, Engine},
    },
    knowledge::{
        self, KnowledgeError,
        format::VisitCase,
        lint::{Lint, LintId},
    },
};

pub use knowledge::Compiled;

/// Compiles the folder or pack, or the built-in base.
pub fn compiled(folder: Option<&Path>) -> Result<Compiled, KnowledgeError> {
    let files = match folder {
        Some(path) => knowledge::load(path)?.files,
        None => knowledge::embedded()?,
    };
    Ok(knowledge::compile(&files))
}

/// How many cases ran, and what each failing one did.
#[derive(Debug, Default)]
pub struct CaseRun {
    pub ran: usize,
    pub failures: Vec<Lint>,
}

/// Runs every red-flag case and every quiet visit against the engine.
pub fn run_visit_cases(engine: &Engine, cases: &knowledge::cases::CaseBook) -> CaseRun {
    let mut run = CaseRun::default();
    for (rule, list) in &cases.red_flag {
        for case in list {
            run.ran += 1;
            let fired = fired(engine, case).iter().any(|(id, _)| id == rule);
            if fired != case.fires {
                let what = if case.fires { "应报未报" } else { "不应报却报了" };
                run.failures.push(failure(
                    &format!("rules/red-flags/{rule}.cases.toml"),
                    what,
                    case,
                ));
            }
        }
    }
    for case in &cases.quiet_visits {
        run.ran += 1;
        let loud: Vec<String> = fired(engine, case)
            .into_iter()
            .filter(|(_, level)| *level == Urgency::Emergency)
            .map(|(id, _)| id)
            .collect();
        if !loud.is_empty() {
            run.failures.push(failure(
                "quiet",
                &format!("安静病例报了急症 {}", loud.join(" ")),
                case,
            ));
        }
    }
    run
}

fn failure(path: &str, what: &str, case: &VisitCase) -> Lint {
    Lint {
        id: LintId::CaseFails,
        path: path.to_owned(),
        line: 1,
        what: format!("{what}：{}（{}）", case.name, case.text),
        cure: "改规则或改病例，说明理由".into(),
    }
}

/// The person of a case.
pub(super) fn encounter(case: &VisitCase) -> Encounter {
    Encounter {
        sex: Sex::parse(&case.sex).unwrap_or_default(),
        age: Age::parse(&case.age),
        pregnant_weeks: case.pregnant_weeks,
        ..Encounter::default()
    }
}

fn fired(engine: &Engine, case: &VisitCase) -> Vec<(String, Urgency)> {
    let encounter = encounter(case);
    let reading = engine.read(&encounter, &case.text);
    let evidence = engine.evidence(&encounter, &reading, &[]);
    crate::domain::diagnosis::guard::watch(&engine.catalog, &encounter, &evidence)
        .into_iter()
        .map(|w| (engine.catalog.red_flags[w.rule].id.clone(), w.level))
        .collect()
}
