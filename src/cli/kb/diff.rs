//! `xinglin kb diff`: what another knowledge base would change, before it is turned on.
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{
    cli::{
        desk::{Place, Who},
        exit, out,
    },
    domain::patient::PatientId,
    services::knowledge_diff::{self, Change, Difference, How, PatientChange, Thing},
};

type Changed = PatientChange<PatientId>;

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
    /// 登录后还比较本单位随访中的患者
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, Serialize)]
struct DifferenceOut<'a> {
    from: &'a str,
    to: &'a str,
    changes: Vec<ChangeOut<'a>>,
    cases_run: usize,
    cases: Vec<CaseOut<'a>>,
    /// Null without a sign-in.
    patients: Option<Vec<PatientsOut<'a>>>,
}

#[derive(Debug, Serialize)]
struct PatientsOut<'a> {
    programme: &'a str,
    from: &'a str,
    to: &'a str,
    people: usize,
    patients: Vec<i64>,
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
pub(super) fn run(args: &Args, kb: Option<&Path>, place: &Place) -> u8 {
    let refused = |error: &knowledge_diff::DiffError| {
        out::note(&error.to_string());
        exit::REFUSED
    };
    let both = knowledge_diff::read_own(kb)
        .and_then(|own| Ok((own, knowledge_diff::read_other(&args.other, &args.repository)?)));
    let (own, other) = match both {
        Ok(both) => both,
        Err(error) => return refused(&error),
    };
    let patients = if args.who.user.is_some() || place.demo {
        let judged = (|| {
            let mut clinic = args.who.sign_in(place, &mut args.who.secrets()?)?;
            clinic.patients_under([&own.catalog, &other.catalog])
        })();
        match judged {
            Ok(changes) => Some(changes),
            Err(failure) => return place.fail(&failure),
        }
    } else {
        None
    };
    let difference = match knowledge_diff::compare(own, other) {
        Ok(difference) => difference,
        Err(error) => return refused(&error),
    };
    if args.json {
        out::json(&shape(&difference, patients.as_deref()));
    } else {
        print(&difference);
        print_patients(patients.as_deref());
    }
    let nobody = patients.is_none_or(|changes| changes.is_empty());
    if difference.changes.is_empty() && difference.cases.is_empty() && nobody {
        exit::DONE
    } else {
        exit::FINDINGS
    }
}

fn shape<'a>(difference: &'a Difference, patients: Option<&'a [Changed]>) -> DifferenceOut<'a> {
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
        patients: patients.map(|changes| {
            changes
                .iter()
                .map(|c| PatientsOut {
                    programme: &c.programme,
                    from: &c.from,
                    to: &c.to,
                    people: c.people.len(),
                    patients: c.people.iter().map(|id| id.0).collect(),
                })
                .collect()
        }),
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

fn print_patients(patients: Option<&[Changed]>) {
    match patients {
        None => out::line("\n没有登录，未比较本单位的患者（加 --user）"),
        Some([]) => out::line("\n随访中的患者，评定都不变"),
        Some(changes) => {
            out::line("\n随访中的患者");
            for change in changes {
                let numbers: Vec<String> =
                    change.people.iter().map(|id| id.0.to_string()).collect();
                out::line(&format!("  {}（编号 {}）", change.sentence(), numbers.join("、")));
            }
        }
    }
}

fn joined(said: &[String]) -> String {
    if said.is_empty() { "无提示".to_owned() } else { said.join("；") }
}
