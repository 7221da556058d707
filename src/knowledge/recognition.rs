//! Item lists of mutual recognition -> `domain::share::recognition`.
use std::collections::HashSet;

use serde::Deserialize;

use super::compile::{Compiled, under};
use super::files::SourceFile;
use super::lint::{LintId, line_of};
use super::read::parse;
use crate::domain::age::Day;
use crate::domain::share::recognition::{ListedItem, Scope};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    version: String,
    #[serde(default)]
    item: Vec<ItemHead>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemHead {
    scope: String,
    #[serde(default)]
    region: String,
    code: String,
    name: String,
    modality: String,
    body_part: String,
    valid_days: u16,
    from: String,
    to: Option<String>,
    source: String,
    ours: bool,
}

pub(super) fn recognition(files: &[SourceFile], out: &mut Compiled) {
    let mut seen = HashSet::new();
    for file in under(files, "rules/recognition/", "toml") {
        let Some(list) = parse::<ListFile>(file, &file.text, 0, &mut out.lints) else { continue };
        for head in list.item {
            let line = line_of(&file.text, &head.code);
            let mut wrong =
                |id, what: String, cure| out.lints.push(id, &file.path, line, what, cure);
            let Some(scope) = Scope::parse(&head.scope) else {
                let cure = "national | province | city | county-union";
                wrong(LintId::UnknownWord, format!("scope 不认识：{}", head.scope), cure);
                continue;
            };
            let to = head.to.as_deref().map(Day::parse);
            let (Some(from), true) = (Day::parse(&head.from), to != Some(None)) else {
                wrong(LintId::BadRange, format!("{} 的日期不对", head.code), "写成 2026-01-01");
                continue;
            };
            let to = to.flatten();
            if to.is_some_and(|to| to < from) {
                wrong(LintId::BadRange, format!("{} 的 to 早于 from", head.code), "改日期");
                continue;
            }
            if head.source.trim().is_empty() {
                wrong(
                    LintId::MissingBasis,
                    format!("{} 没有出处", head.code),
                    "写明清单名称或“本程序自拟”",
                );
                continue;
            }
            if !seen.insert((scope, head.region.clone(), head.code.clone(), head.from.clone())) {
                wrong(LintId::DuplicateId, format!("{} 已有", head.code), "合并或改起始日");
                continue;
            }
            out.catalog.recognition.push(ListedItem {
                scope,
                region: head.region,
                code: head.code,
                name: head.name,
                modality: head.modality,
                body_part: head.body_part,
                valid_days: head.valid_days,
                from,
                to,
                source: head.source,
                version: list.version.clone(),
                ours: head.ours,
            });
        }
    }
}
