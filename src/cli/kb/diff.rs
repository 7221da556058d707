//! `xinglin kb diff`: what another knowledge base would change, before it is turned on.
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{
    cli::{exit, out},
    services::knowledge_diff::{self, Change, Difference, How, Thing},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 知识包、知识库目录，或 git 版本
    #[arg(value_name = "FILE|REV")]
    other: String,
    /// git 版本所在的项目目录
    #[arg(long, value_name = "DIR", default_value = ".")]
    repository: PathBuf,
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct DifferenceOut<'a> {
    from: &'a str,
    to: &'a str,
    changes: Vec<ChangeOut<'a>>,
    cases_run: usize,
    cases: Vec<CaseOut<'a>>,
}

#[derive(Debug, Serialize)]
struct ChangeOut<'a> {
    thing: &'static str,
    how: &'static str,
    id: &'a str,
    name: &'a str,
    details: &'a [String],
}

#[derive(Debug, Serialize)]
struct CaseOut<'a> {
    place: &'a str,
    case: &'a str,
    before: &'a [String],
    after: &'a [String],
}

/// Exit 0: nothing changes; 1: something does.
pub(super) fn run(args: &Args, kb: Option<&Path>) -> u8 {
    let compared = knowledge_diff::read_own(kb).and_then(|own| {
        let other = knowledge_diff::read_other(&args.other, &args.repository)?;
        knowledge_diff::compare(own, other)
    });
    let difference = match compared {
        Ok(difference) => difference,
        Err(error) => {
            out::note(&error.to_string());
            return exit::REFUSED;
        }
    };
    if args.json {
        out::json(&shape(&difference));
    } else {
        print(&difference);
    }
    if difference.changes.is_empty() && difference.cases.is_empty() {
        exit::DONE
    } else {
        exit::FINDINGS
    }
}

fn shape(difference: &Difference) -> DifferenceOut<'_> {
    DifferenceOut {
        from: &difference.from,
        to: &difference.to,
        changes: difference.changes.iter().map(change).collect(),
        cases_run: difference.cases_run,
        cases: difference
            .cases
            .iter()
            .map(|c| CaseOut { place: &c.place, case: &c.case, before: &c.before, after: &c.after })
            .collect(),
    }
}

fn change(change: &Change) -> ChangeOut<'_> {
    ChangeOut {
        thing: change.thing.id(),
        how: change.how.id(),
        id: &change.id,
        name: &change.name,
        details: &change.details,
    }
}

fn print(difference: &Difference) {
    out::line(&format!("知识库 {} → {}", difference.from, difference.to));
    let mut last: Option<(Thing, How)> = None;
    for change in &difference.changes {
        let here = (change.thing, change.how);
        if last != Some(here) {
            let n = difference.changes.iter().filter(|c| (c.thing, c.how) == here).count();
            out::line(&format!("\n{}{} {n}", change.how.zh(), change.thing.zh()));
            last = Some(here);
        }
        out::line(&format!("  {}（{}）", change.name, change.id));
        for detail in &change.details {
            out::line(&format!("    {detail}"));
        }
    }
    out::line(&format!(
        "\n病例 {} 个，建议有变化的 {} 个",
        difference.cases_run,
        difference.cases.len()
    ));
    for case in &difference.cases {
        out::line(&format!("  {} {}", case.place, case.case));
        out::line(&format!("    前：{}", joined(&case.before)));
        out::line(&format!("    后：{}", joined(&case.after)));
    }
    if difference.changes.is_empty() && difference.cases.is_empty() {
        out::line("没有区别");
    }
}

fn joined(said: &[String]) -> String {
    if said.is_empty() { "无提示".to_owned() } else { said.join("；") }
}
