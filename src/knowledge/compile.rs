//! Source files -> `Catalog`, with every fault named on the way.
use std::collections::{HashMap, HashSet};

use super::{
    cases::{self, CaseBook},
    drug,
    files::SourceFile,
    format::{
        BandHead, ClauseHead, ConditionHead, FindingFile, FindingHead, GuidelineHead,
        MeasurementFile, PackFile, RedFlagHead, SourcesFile,
    },
    lint::{LintId, Lints, line_of},
    read::{age_days, parse, parse_entry, sections},
};
use crate::domain::{
    age::{AgeBand, Day, Sex},
    catalog::{
        Catalog, Status,
        condition::{
            Condition, Frequency, Onset, PregnancyPattern, RiskStrength, SexPattern, Urgency,
        },
        finding::{Finding, FindingIx, FindingKind},
        guideline::{Guideline, Paragraph, Source},
        measurement::{Band, Measurement},
        red_flag::{Clause, RedFlag},
    },
};

/// The catalog, what is wrong with the files, and the cases that stood beside the rules.
#[derive(Debug, Default)]
pub struct Compiled {
    pub catalog: Catalog,
    pub lints: Lints,
    pub cases: CaseBook,
}

/// Compiles whole or partly broken sources; an entry with an error is left out and named in `lints`.
pub fn compile(files: &[SourceFile]) -> Compiled {
    let mut out = Compiled::default();
    out.catalog.version = version(files, &mut out.lints);
    for file in files {
        if !file.path.is_ascii() {
            out.lints.push(
                LintId::FileName,
                &file.path,
                1,
                "文件名不是 ASCII".into(),
                "文件名用英文 id",
            );
        }
    }
    sources(files, &mut out);
    findings(files, &mut out);
    measurements(files, &mut out);
    conditions(files, &mut out);
    red_flags(files, &mut out);
    guidelines(files, &mut out);
    drug::compile_formulary(files, &mut out);
    cases::collect(files, &mut out);
    cross_references(files, &mut out);
    out
}

fn version(files: &[SourceFile], lints: &mut Lints) -> String {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    for file in files {
        hash.update(file.path.as_bytes());
        hash.update([0]);
        hash.update(file.text.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    let short: String = digest[..4].iter().map(|b| format!("{b:02x}")).collect();
    let release = files
        .iter()
        .find(|f| f.path == "pack.toml")
        .and_then(|f| parse::<PackFile>(f, &f.text, 0, lints))
        .map_or_else(|| "0".to_owned(), |p| p.version);
    format!("{release}+{short}")
}

pub(super) fn under<'a>(
    files: &'a [SourceFile],
    folder: &'a str,
    ext: &'a str,
) -> impl Iterator<Item = &'a SourceFile> {
    files.iter().filter(move |f| {
        f.path.starts_with(folder)
            && f.path.rsplit_once('.').is_some_and(|(_, e)| e == ext)
            && !f.path.ends_with(".cases.toml")
    })
}

pub(super) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(s, _)| s)
}

/// `Some` when the entry is to be loaded.
pub(super) fn status(word: &str, path: &str, lints: &mut Lints) -> Option<Status> {
    match word {
        "trial" => Some(Status::Trial),
        "draft" | "retired" => None,
        "stable" => {
            lints.push(
                LintId::NotStable,
                path,
                1,
                "status = \"stable\" 需要两位具名医师/药师的签字记录".into(),
                "目前一律写 trial",
            );
            Some(Status::Trial)
        }
        other => {
            lints.push(
                LintId::UnknownWord,
                path,
                1,
                format!("status 不认识：{other}"),
                "draft | trial | retired",
            );
            None
        }
    }
}

fn sources(files: &[SourceFile], out: &mut Compiled) {
    for file in files.iter().filter(|f| f.path == "sources.toml") {
        let Some(parsed) = parse::<SourcesFile>(file, &file.text, 0, &mut out.lints) else {
            continue;
        };
        for (id, head) in parsed.source {
            out.catalog.sources.push(Source {
                id,
                title: head.title,
                publisher: head.publisher,
                year: head.year,
                licence: head.licence,
            });
        }
    }
}

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

fn findings(files: &[SourceFile], out: &mut Compiled) {
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

fn measurements(files: &[SourceFile], out: &mut Compiled) {
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

fn prior_share(word: &str) -> Option<f64> {
    Some(match word {
        "very-common" => 0.03,
        "common" => 0.01,
        "occasional" => 0.003,
        "uncommon" => 0.001,
        "rare" => 0.000_2,
        "very-rare" => 0.000_04,
        "never" => 0.0,
        _ => return None,
    })
}

fn months(word: &str) -> Option<&'static [i8]> {
    Some(match word {
        "spring" => &[3, 4, 5],
        "summer" => &[6, 7, 8],
        "autumn" => &[9, 10, 11],
        "winter" => &[12, 1, 2],
        _ => return None,
    })
}

fn conditions(files: &[SourceFile], out: &mut Compiled) {
    for file in under(files, "conditions/", "md") {
        let Some((head, prose)) = parse_entry::<ConditionHead>(file, &mut out.lints) else {
            continue;
        };
        let Some(status) = status(&head.status, &file.path, &mut out.lints) else { continue };
        if stem(&file.path) != head.id {
            out.lints.push(
                LintId::FileName,
                &file.path,
                1,
                format!("id {} 与文件名不同", head.id),
                "文件名 = id.md",
            );
        }
        if out.catalog.condition_ix.contains_key(&head.id) {
            out.lints.push(
                LintId::DuplicateId,
                &file.path,
                1,
                format!("疾病 {} 已有", head.id),
                "合并或改名",
            );
            continue;
        }
        if let Some(condition) = condition(file, head, prose, status, out) {
            out.catalog.condition_ix.insert(condition.id.clone(), out.catalog.conditions.len());
            out.catalog.conditions.push(condition);
        }
    }
}

fn condition(
    file: &SourceFile,
    head: ConditionHead,
    prose: &str,
    status: Status,
    out: &mut Compiled,
) -> Option<Condition> {
    let path = file.path.as_str();
    let lints = &mut out.lints;
    let word = |lints: &mut Lints, what: &str, value: &str| {
        lints.push(
            LintId::UnknownWord,
            path,
            line_of(&file.text, value),
            format!("{what} 不认识：{value}"),
            "见 STYLE.md 第2节",
        );
    };
    if head.basis.is_none() && head.sources.is_empty() {
        lints.push(
            LintId::MissingBasis,
            path,
            2,
            "没有 sources 也没有 basis".into(),
            "写出处，或 basis = \"clinical-estimate\"",
        );
    }
    let Some(prior) = prior_share(&head.prior) else {
        word(lints, "prior", &head.prior);
        return None;
    };
    let mut priors = [prior; 8];
    for (band, value) in &head.prior_age {
        let slot = AgeBand::ALL.iter().position(|b| b.id() == band);
        match (slot, prior_share(value)) {
            (Some(slot), Some(share)) => priors[slot] = share,
            (None, _) => word(lints, "prior_age", band),
            (_, None) => word(lints, "prior_age", value),
        }
    }
    let sex = match head.sex.as_deref() {
        None | Some("both" | "") => SexPattern::Both,
        Some("female-only") => SexPattern::FemaleOnly,
        Some("male-only") => SexPattern::MaleOnly,
        Some("mostly-female") => SexPattern::MostlyFemale,
        Some("mostly-male") => SexPattern::MostlyMale,
        Some(other) => {
            word(lints, "sex", other);
            SexPattern::Both
        }
    };
    let pregnancy = match head.pregnancy.as_deref() {
        None | Some("any" | "") => PregnancyPattern::Any,
        Some("only") => PregnancyPattern::Only,
        Some("never") => PregnancyPattern::Never,
        Some(other) => {
            word(lints, "pregnancy", other);
            PregnancyPattern::Any
        }
    };
    let mut season = vec![];
    for value in &head.season {
        match months(value) {
            Some(m) => season.extend_from_slice(m),
            None => word(lints, "season", value),
        }
    }
    let onset = onsets(&head.onset, file, lints);
    let Some(urgency) = Urgency::parse(&head.urgency) else {
        word(lints, "urgency", &head.urgency);
        return None;
    };
    let table = &head.findings;
    let mut findings: Vec<(FindingIx, Frequency)> = vec![];
    let rows = [
        (&table.always, Frequency::Always),
        (&table.very_common, Frequency::VeryCommon),
        (&table.common, Frequency::Common),
        (&table.occasional, Frequency::Occasional),
        (&table.rare, Frequency::Rare),
        (&table.never, Frequency::Never),
    ];
    for (ids, frequency) in rows {
        for ix in finding_list(ids, file, &out.catalog.finding_ix, lints) {
            if findings.iter().any(|(f, _)| *f == ix) {
                let id = &out.catalog.findings[ix.at()].id;
                lints.push(
                    LintId::DuplicateId,
                    path,
                    line_of(&file.text, id),
                    format!("所见 {id} 写在两档里"),
                    "留一档",
                );
            } else {
                findings.push((ix, frequency));
            }
        }
    }
    if findings.iter().filter(|(_, f)| *f != Frequency::Never).count() < 5 {
        lints.push(
            LintId::FewFindings,
            path,
            1,
            "有用的所见不到 5 个".into(),
            "至少写 8 个，先写特异的",
        );
    }
    let mut risks = vec![];
    for (ids, strength) in [
        (&head.risk.strong, RiskStrength::Strong),
        (&head.risk.moderate, RiskStrength::Moderate),
        (&head.risk.weak, RiskStrength::Weak),
    ] {
        for ix in finding_list(ids, file, &out.catalog.finding_ix, lints) {
            if !findings.iter().any(|(f, _)| *f == ix) {
                risks.push((ix, strength));
            }
        }
    }
    if prose.chars().count() > 1200 {
        lints.push(LintId::TooLong, path, 1, "正文超过 1200 字".into(), "压缩到 600 字左右");
    }
    Some(Condition {
        id: head.id,
        zh: head.zh,
        en: head.en,
        synonyms: head.synonyms,
        icd10: head.icd10,
        system: head.system,
        status,
        prior: priors,
        sex,
        pregnancy,
        season,
        onset,
        urgency,
        must_not_miss: head.must_not_miss,
        notifiable: head.notifiable.filter(|s| !s.is_empty()),
        tests: head.tests,
        drugs: head.drugs,
        is_a: head.is_a,
        confusable: head.confusable,
        findings,
        risks,
        sections: sections(prose),
        sources: head.sources,
    })
}

fn onsets(words: &[String], file: &SourceFile, lints: &mut Lints) -> Vec<Onset> {
    let mut found = vec![];
    for value in words {
        match Onset::parse(value) {
            Some(onset) => found.push(onset),
            None => lints.push(
                LintId::UnknownWord,
                &file.path,
                line_of(&file.text, value),
                format!("onset 不认识：{value}"),
                "见 STYLE.md 第2节",
            ),
        }
    }
    found
}

fn finding_list(
    ids: &[String],
    file: &SourceFile,
    known: &HashMap<String, FindingIx>,
    lints: &mut Lints,
) -> Vec<FindingIx> {
    let mut found = vec![];
    for id in ids {
        match known.get(id) {
            Some(ix) => found.push(*ix),
            None => lints.push(
                LintId::UnknownId,
                &file.path,
                line_of(&file.text, id),
                format!("所见不存在：{id}"),
                "改成词表里的 id，或先加到词表",
            ),
        }
    }
    found
}

fn red_flags(files: &[SourceFile], out: &mut Compiled) {
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
        let level = match Urgency::parse(&head.level) {
            Some(level @ (Urgency::Emergency | Urgency::Urgent)) => level,
            _ => {
                out.lints.push(
                    LintId::UnknownWord,
                    &file.path,
                    1,
                    format!("level 不认识：{}", head.level),
                    "emergency | urgent",
                );
                Urgency::Urgent
            }
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

fn guidelines(files: &[SourceFile], out: &mut Compiled) {
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

/// References between kinds, checked when everything is known.
fn cross_references(files: &[SourceFile], out: &mut Compiled) {
    let text_of = |id: &str| {
        under(files, "conditions/", "md")
            .find(|f| stem(&f.path) == id)
            .map_or(("conditions", ""), |f| (f.path.as_str(), f.text.as_str()))
    };
    for condition in &out.catalog.conditions {
        for other in condition.is_a.iter().chain(&condition.confusable) {
            if !out.catalog.condition_ix.contains_key(other) {
                let (path, text) = text_of(&condition.id);
                out.lints.push(
                    LintId::UnknownId,
                    path,
                    line_of(text, other),
                    format!("疾病不存在：{other}"),
                    "改 id 或删去",
                );
            }
        }
        for drug in &condition.drugs {
            if out.catalog.formulary.drug(drug).is_none() {
                let (path, text) = text_of(&condition.id);
                out.lints.push(
                    LintId::UnknownId,
                    path,
                    line_of(text, drug),
                    format!("药品不存在：{drug}"),
                    "改 id 或删去",
                );
            }
        }
    }
    for rule in &out.catalog.red_flags {
        for other in &rule.conditions {
            if !out.catalog.condition_ix.contains_key(other) {
                let path = format!("rules/red-flags/{}.toml", rule.id);
                out.lints.push(
                    LintId::UnknownId,
                    &path,
                    1,
                    format!("疾病不存在：{other}"),
                    "改 id 或删去",
                );
            }
        }
    }
    let mut used = vec![false; out.catalog.findings.len()];
    let mut mark = |ix: FindingIx, findings: &[Finding]| {
        used[ix.at()] = true;
        for ancestor in &findings[ix.at()].ancestors {
            used[ancestor.at()] = true;
        }
    };
    let all = &out.catalog.findings;
    for condition in &out.catalog.conditions {
        for ix in
            condition.findings.iter().map(|(f, _)| f).chain(condition.risks.iter().map(|(f, _)| f))
        {
            mark(*ix, all);
        }
    }
    for clause in out.catalog.red_flags.iter().flat_map(|r| &r.when) {
        for ix in clause.all.iter().chain(&clause.any).chain(&clause.none) {
            mark(*ix, all);
        }
    }
    for (ix, finding) in all.iter().enumerate() {
        let child_used = finding.children.iter().any(|c| used[c.at()]);
        if !used[ix] && !child_used {
            out.lints.push(
                LintId::UnusedFinding,
                "vocabulary/findings",
                1,
                format!("没有疾病或规则用到 {}（{}）", finding.id, finding.zh),
                "加进疾病，或删去",
            );
        }
    }
}
