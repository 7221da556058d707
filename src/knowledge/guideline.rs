//! Guideline summaries -> paragraphs with their place in the source.
use std::collections::HashSet;

use super::{
    compile::{Compiled, status, under},
    files::SourceFile,
    format::GuidelineHead,
    lint::{LintId, line_of},
    read::{parse_entry, sections},
};
use crate::domain::{
    age::Day,
    catalog::guideline::{Guideline, Paragraph},
};

pub(super) fn guidelines(files: &[SourceFile], out: &mut Compiled) {
    let mut seen = HashSet::new();
    let known: HashSet<String> = out.catalog.sources.iter().map(|s| s.id.clone()).collect();
    for file in under(files, "guidelines/", "md") {
        let Some((head, prose)) = parse_entry::<GuidelineHead>(file, &mut out.lints) else {
            continue;
        };
        let Some(status) = status(&head.status, &file.path, &mut out.lints) else { continue };
        let expected = file.path.trim_start_matches("guidelines/").trim_end_matches(".md");
        if expected != head.id {
            out.lints.push(
                LintId::FileName,
                &file.path,
                2,
                format!("id {} 与路径不同", head.id),
                "id = 来源/文件名",
            );
        }
        if !seen.insert(head.id.clone()) {
            out.lints.push(LintId::DuplicateId, &file.path, 2, format!("{} 已有", head.id), "改名");
            continue;
        }
        if !known.contains(&head.source) {
            out.lints.push(
                LintId::UnknownId,
                &file.path,
                line_of(&file.text, &head.source),
                format!("来源未登记：{}", head.source),
                "加到 sources.toml",
            );
        }
        let strange = head.diseases.iter().filter(|id| !out.catalog.condition_ix.contains_key(*id));
        for id in strange {
            out.lints.push(
                LintId::UnknownId,
                &file.path,
                line_of(&file.text, id),
                format!("疾病不存在：{id}"),
                "改成 conditions/ 里的 id；没有对应的病就留空",
            );
        }
        let paragraphs = paragraphs(prose);
        for paragraph in paragraphs.iter().filter(|p| p.text.chars().count() > 260) {
            let head: String = paragraph.text.chars().take(12).collect();
            out.lints.push(
                LintId::TooLong,
                &file.path,
                line_of(&file.text, &head),
                format!("“{head}…”超过 260 字"),
                "一段说一件事",
            );
        }
        out.catalog.guidelines.push(Guideline {
            id: head.id,
            title: head.title,
            source: head.source,
            year: head.year,
            audience: head.audience,
            diseases: head.diseases,
            drugs: head.drugs,
            valid_until: head.valid_until.as_deref().and_then(Day::parse),
            status,
            paragraphs,
        });
    }
}

fn paragraphs(prose: &str) -> Vec<Paragraph> {
    let mut found = vec![];
    for section in sections(prose) {
        let (title, place) = match section.title.split_once('〔') {
            Some((title, place)) => {
                (title.trim().to_owned(), place.trim_end_matches('〕').trim().to_owned())
            }
            None => (section.title.clone(), String::new()),
        };
        for text in section.text.split("\n\n").map(str::trim).filter(|t| !t.is_empty()) {
            found.push(Paragraph {
                section: title.clone(),
                place: place.clone(),
                text: text.replace('\n', ""),
            });
        }
    }
    found
}
