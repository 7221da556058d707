//! Red-flag rules -> `catalog::red_flag`; a clause that lost a finding is left out whole.
use std::collections::HashSet;

use super::{
    compile::{Compiled, status, stem, under},
    condition::{finding_list, onsets},
    files::SourceFile,
    format::{ClauseHead, RedFlagHead},
    lint::{LintId, Lints},
    read::{age_days, parse},
};
use crate::domain::{
    age::Sex,
    catalog::{
        condition::Urgency,
        red_flag::{Clause, RedFlag},
    },
};

pub(super) fn red_flags(files: &[SourceFile], out: &mut Compiled) {
    let mut seen = HashSet::new();
    for file in under(files, "rules/red-flags/", "toml") {
        let Some(head) = parse::<RedFlagHead>(file, &file.text, 0, &mut out.lints) else {
            continue;
        };
        let Some(status) = status(&head.status, &file.path, &mut out.lints) else { continue };
        if stem(&file.path) != head.id {
            out.lints.push(
                LintId::FileName,
                &file.path,
                1,
                format!("id {} 与文件名不同", head.id),
                "文件名 = id.toml",
            );
        }
        if !seen.insert(head.id.clone()) {
            out.lints.push(
                LintId::DuplicateId,
                &file.path,
                1,
                format!("规则 {} 已有", head.id),
                "合并或改名",
            );
            continue;
        }
        if head.basis.is_none() && head.sources.is_empty() {
            out.lints.push(
                LintId::MissingBasis,
                &file.path,
                1,
                "没有 sources 也没有 basis".into(),
                "写出处或 basis",
            );
        }
        let level = if let Some(level @ (Urgency::Emergency | Urgency::Urgent)) =
            Urgency::parse(&head.level)
        {
            level
        } else {
            out.lints.push(
                LintId::UnknownWord,
                &file.path,
                1,
                format!("level 不认识：{}", head.level),
                "emergency | urgent",
            );
            Urgency::Urgent
        };
        let when = head.when.iter().filter_map(|c| clause(c, file, out)).collect();
        out.catalog.red_flags.push(RedFlag {
            id: head.id,
            zh: head.zh,
            icd10: head.icd10,
            conditions: head.conditions,
            level,
            status,
            why: head.why,
            first_steps: head.first_steps,
            call: head.call.filter(|s| !s.is_empty()),
            sources: head.sources,
            when,
        });
    }
}

fn clause(head: &ClauseHead, file: &SourceFile, out: &mut Compiled) -> Option<Clause> {
    let known = &out.catalog.finding_ix;
    let lints = &mut out.lints;
    let before = lints.0.len();
    let age =
        |text: &Option<String>, lints: &mut Lints| match age_days(text.as_deref().unwrap_or("")) {
            Ok(days) => days,
            Err(what) => {
                lints.push(LintId::BadRange, &file.path, 1, what, "写成 18岁 / 3月 / 28天");
                None
            }
        };
    let clause = Clause {
        all: finding_list(&head.all, file, known, lints),
        any: finding_list(&head.any, file, known, lints),
        at_least: if head.any.is_empty() { 0 } else { head.at_least.unwrap_or(1) },
        none: finding_list(&head.none, file, known, lints),
        age_min_days: age(&head.age_min, lints).unwrap_or(0),
        age_max_days: age(&head.age_max, lints).unwrap_or(u32::MAX),
        sex: head.sex.as_deref().and_then(Sex::parse).unwrap_or_default(),
        pregnant: head.pregnant,
        onset: onsets(&head.onset, file, lints),
    };
    if clause.all.is_empty() && clause.any.is_empty() {
        lints.push(
            LintId::BadRange,
            &file.path,
            1,
            "有一个 when 没有任何所见".into(),
            "写 all 或 any",
        );
    }
    // A clause that lost a finding would fire too easily: it is left out whole.
    (lints.0.len() == before).then_some(clause)
}
