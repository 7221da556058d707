//! Cases beside the rules: what must fire, what must stay silent, and ordinary work that must raise nothing.
use std::collections::BTreeMap;

use super::{
    compile::Compiled,
    files::SourceFile,
    format::{QuietFile, VisitCase, VisitCaseFile},
    format_follow_up::{FollowUpCase, FollowUpCaseFile},
    format_rx::{RxCase, RxCaseFile},
    lint::{LintId, Lints},
    read::parse,
};
use crate::domain::catalog::{
    follow_up::{Kind, Table},
    formulary::RuleKind,
};

/// All cases, keyed by the rule they stand beside.
#[derive(Debug, Default)]
pub struct CaseBook {
    pub red_flag: BTreeMap<String, Vec<VisitCase>>,
    pub rx: BTreeMap<String, Vec<RxCase>>,
    /// Keyed by the table they stand beside.
    pub follow_up: BTreeMap<String, Vec<FollowUpCase>>,
    pub quiet_visits: Vec<VisitCase>,
    pub quiet_rx: Vec<RxCase>,
}

impl CaseBook {
    pub fn count(&self) -> usize {
        self.red_flag.values().map(Vec::len).sum::<usize>()
            + self.rx.values().map(Vec::len).sum::<usize>()
            + self.follow_up.values().map(Vec::len).sum::<usize>()
    }
}

/// Every row of a follow-up table that needs a firing and a silent case. The last plan and the last target are for
/// everybody else: they need both too, since another row then fires.
fn rows(table: &Table) -> Vec<String> {
    let signs = [("danger", &table.dangers), ("ask", &table.asks), ("risk", &table.risks)];
    let mut rows: Vec<String> = signs
        .into_iter()
        .flat_map(|(kind, list)| list.iter().map(move |row| format!("{kind}/{}", row.id)))
        .collect();
    if table.kind == Kind::Clinical {
        rows.clear();
    }
    if table.targets.len() > 1 {
        rows.extend(table.targets.iter().map(|row| format!("target/{}", row.id)));
    }
    rows.extend(table.classes.iter().map(|row| format!("class/{}", row.code)));
    if table.plans.len() > 1 {
        rows.extend(table.plans.iter().map(|row| format!("plan/{}", row.id)));
    }
    rows.extend(table.milestones.iter().map(|row| format!("milestone/{}", row.id)));
    rows
}

fn rule_of(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.strip_suffix(".cases.toml")
}

/// Reads the case files and says which rule has no firing or no silent case.
pub(super) fn collect(files: &[SourceFile], out: &mut Compiled) {
    for file in files {
        if file.path.starts_with("quiet/") && file.path.rsplit('.').next() == Some("toml") {
            if let Some(parsed) = parse::<QuietFile>(file, &file.text, 0, &mut out.lints) {
                out.cases.quiet_visits.extend(parsed.visit);
                out.cases.quiet_rx.extend(parsed.rx);
            }
            continue;
        }
        let Some(rule) = rule_of(&file.path) else { continue };
        if file.path.starts_with("rules/red-flags/") {
            if let Some(parsed) = parse::<VisitCaseFile>(file, &file.text, 0, &mut out.lints) {
                out.cases.red_flag.insert(rule.to_owned(), parsed.case);
            }
        } else if file.path.starts_with("rules/followup/") {
            if let Some(parsed) = parse::<FollowUpCaseFile>(file, &file.text, 0, &mut out.lints) {
                out.cases.follow_up.insert(rule.to_owned(), parsed.case);
            }
        } else if file.path.starts_with("rules/")
            && let Some(parsed) = parse::<RxCaseFile>(file, &file.text, 0, &mut out.lints)
        {
            out.cases.rx.insert(rule.to_owned(), parsed.case);
        }
    }
    let need = |fires: bool, silent: bool, path: String, lints: &mut Lints| {
        if !fires || !silent {
            let what = if fires { "没有不报的病例" } else { "没有会报的病例" };
            lints.push(
                LintId::MissingCase,
                &path,
                1,
                what.into(),
                "在旁边的 .cases.toml 里各写至少一条",
            );
        }
    };
    for rule in &out.catalog.red_flags {
        let cases = out.cases.red_flag.get(&rule.id).map_or(&[][..], Vec::as_slice);
        let path = format!("rules/red-flags/{}.toml", rule.id);
        need(cases.iter().any(|c| c.fires), cases.iter().any(|c| !c.fires), path, &mut out.lints);
    }
    for table in &out.catalog.follow_up.tables {
        let cases = out.cases.follow_up.get(&table.id).map_or(&[][..], Vec::as_slice);
        for row in rows(table) {
            let of_row = || cases.iter().filter(|c| c.rule.as_deref() == Some(row.as_str()));
            let (fires, silent) = (of_row().any(|c| c.fires), of_row().any(|c| !c.fires));
            if !fires || !silent {
                let what = if fires { "没有不报的病例" } else { "没有会报的病例" };
                let path = format!("rules/followup/{}.toml", table.id);
                let cure = "在旁边的 .cases.toml 里各写至少一条";
                out.lints.push(LintId::MissingCase, &path, 1, format!("{row} {what}"), cure);
            }
        }
    }
    for rule in &out.catalog.formulary.rules {
        let cases = out.cases.rx.get(&rule.id).map_or(&[][..], Vec::as_slice);
        let folder = RuleKind::id(rule.kind);
        let path = format!("rules/{folder}/{}.toml", rule.id);
        need(cases.iter().any(|c| c.fires), cases.iter().any(|c| !c.fires), path, &mut out.lints);
    }
}
