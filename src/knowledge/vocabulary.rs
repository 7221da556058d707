//! Findings and measurements -> the words of the catalog, with their hierarchy.
use std::collections::HashMap;

use super::{
    compile::{Compiled, under},
    files::SourceFile,
    format::{BandHead, FindingFile, FindingHead, MeasurementFile},
    lint::{LintId, line_of},
    read::parse,
};
use crate::domain::{
    age::Sex,
    catalog::{
        finding::{Finding, FindingIx, FindingKind},
        measurement::{Band, Measurement},
    },
};

fn base_share(word: Option<&str>) -> Option<f64> {
    Some(match word {
        Some("very-common") => 0.25,
        Some("common") => 0.09,
        Some("occasional") | None => 0.025,
        Some("rare") => 0.005,
        Some("very-rare") => 0.001,
        Some(_) => return None,
    })
}

pub(super) fn findings(files: &[SourceFile], out: &mut Compiled) {
    let mut heads: Vec<(&SourceFile, FindingHead)> = vec![];
    let mut words: HashMap<String, String> = HashMap::new();
    for file in under(files, "vocabulary/findings/", "toml") {
        let Some(parsed) = parse::<FindingFile>(file, &file.text, 0, &mut out.lints) else {
            continue;
        };
        for head in parsed.finding {
            if out.catalog.finding_ix.contains_key(&head.id) {
                let line = line_of(&file.text, &head.id);
                out.lints.push(
                    LintId::DuplicateId,
                    &file.path,
                    line,
                    format!("所见 {} 写了两次", head.id),
                    "改名或合并",
                );
                continue;
            }
            for word in [&head.zh].into_iter().chain(&head.synonyms) {
                let key = crate::domain::note::normalise(word);
                match words.insert(key, head.id.clone()) {
                    Some(other) if other != head.id => out.lints.push(
                        LintId::DuplicateWord,
                        &file.path,
                        line_of(&file.text, word),
                        format!("“{word}”同时属于 {other} 和 {}", head.id),
                        "一个说法只归一个所见",
                    ),
                    _ => {}
                }
            }
            out.catalog.finding_ix.insert(head.id.clone(), FindingIx(heads.len() as u32));
            heads.push((file, head));
        }
    }
    for (file, head) in &heads {
        let line = |needle: &str| line_of(&file.text, needle);
        let kind = FindingKind::parse(&head.kind).unwrap_or_else(|| {
            out.lints.push(
                LintId::UnknownWord,
                &file.path,
                line(&head.id),
                format!("kind 不认识：{}", head.kind),
                "见 FORMAT.md",
            );
            FindingKind::Symptom
        });
        let base = base_share(head.base.as_deref()).unwrap_or_else(|| {
            out.lints.push(
                LintId::UnknownWord,
                &file.path,
                line(&head.id),
                "base 不认识".into(),
                "见 FORMAT.md",
            );
            0.025
        });
        let mut parents = vec![];
        for parent in &head.parents {
            match out.catalog.finding_ix.get(parent) {
                Some(ix) => parents.push(*ix),
                None => out.lints.push(
                    LintId::UnknownId,
                    &file.path,
                    line(&head.id),
                    format!("{} 的上位所见不存在：{parent}", head.id),
                    "先在词表里加上",
                ),
            }
        }
        if head.ask.is_none() && kind == FindingKind::Symptom {
            out.lints.push(
                LintId::MissingQuestion,
                &file.path,
                line(&head.id),
                format!("{} 没有 ask", head.id),
                "写一句白话问法",
            );
        }
        out.catalog.findings.push(Finding {
            id: head.id.clone(),
            zh: head.zh.clone(),
            en: head.en.clone(),
            kind,
            parents,
            ancestors: vec![],
            children: vec![],
            synonyms: head.synonyms.clone(),
            absent: head.absent.clone(),
            ask: head.ask.clone().filter(|s| !s.is_empty()),
            kit: head.kit.clone().filter(|s| !s.is_empty()),
            base,
        });
    }
    link_hierarchy(out);
}

fn link_hierarchy(out: &mut Compiled) {
    for ix in 0..out.catalog.findings.len() {
        let own = FindingIx(ix as u32);
        let mut ancestors: Vec<FindingIx> = vec![];
        let mut queue = out.catalog.findings[ix].parents.clone();
        while let Some(next) = (!queue.is_empty()).then(|| queue.remove(0)) {
            if next == own {
                let id = out.catalog.findings[ix].id.clone();
                out.lints.push(
                    LintId::BadRange,
                    "vocabulary/findings",
                    1,
                    format!("{id} 的上位关系成环"),
                    "去掉一个 parents",
                );
                continue;
            }
            if !ancestors.contains(&next) {
                ancestors.push(next);
                queue.extend(out.catalog.findings[next.at()].parents.iter().copied());
            }
        }
        out.catalog.findings[ix].ancestors = ancestors;
        for parent in out.catalog.findings[ix].parents.clone() {
            out.catalog.findings[parent.at()].children.push(own);
        }
    }
}

pub(super) fn measurements(files: &[SourceFile], out: &mut Compiled) {
    for file in files.iter().filter(|f| f.path == "vocabulary/measurements.toml") {
        let Some(parsed) = parse::<MeasurementFile>(file, &file.text, 0, &mut out.lints) else {
            continue;
        };
        for head in parsed.measurement {
            if head.plausible.0 >= head.plausible.1 {
                out.lints.push(
                    LintId::BadRange,
                    &file.path,
                    line_of(&file.text, &head.id),
                    "plausible 区间为空".into(),
                    "左闭右开",
                );
            }
            let bands = head.band.iter().filter_map(|b| band(b, file, out)).collect();
            out.catalog.measurements.push(Measurement {
                id: head.id,
                zh: head.zh,
                names: head.names,
                unit: head.unit,
                units: head.units,
                plausible: head.plausible,
                bare: head.bare,
                kit: head.kit,
                bands,
            });
        }
    }
}

fn band(head: &BandHead, file: &SourceFile, out: &mut Compiled) -> Option<Band> {
    let (present, id) = match head.finding.strip_prefix("no:") {
        Some(id) => (false, id),
        None => (true, head.finding.as_str()),
    };
    let Some(finding) = out.catalog.finding_by_id(id) else {
        out.lints.push(
            LintId::UnknownId,
            &file.path,
            line_of(&file.text, &head.finding),
            format!("所见不存在：{id}"),
            "先在词表里加上",
        );
        return None;
    };
    let band = Band {
        finding,
        present,
        min: head.min.unwrap_or(f64::NEG_INFINITY),
        max: head.max.unwrap_or(f64::INFINITY),
        age_min_days: head.age_min_days.unwrap_or(0),
        age_max_days: head.age_max_days.unwrap_or(u32::MAX),
        sex: head.sex.as_deref().and_then(Sex::parse).unwrap_or_default(),
        pregnant: head.pregnant,
    };
    if band.min >= band.max || band.age_min_days >= band.age_max_days {
        out.lints.push(
            LintId::BadRange,
            &file.path,
            line_of(&file.text, &head.finding),
            format!("{} 的区间为空", head.finding),
            "左闭右开，下限小于上限",
        );
        return None;
    }
    Some(band)
}
