//! Condition entries -> `catalog::condition`, every band and finding checked.
use std::collections::HashMap;

use super::{
    compile::{Compiled, status, stem, under},
    files::SourceFile,
    format::ConditionHead,
    lint::{LintId, Lints, line_of},
    read::{parse_entry, sections},
};
use crate::domain::{
    age::AgeBand,
    catalog::{
        Status,
        condition::{
            Condition, Frequency, Onset, PregnancyPattern, RiskStrength, SexPattern, Urgency,
        },
        finding::FindingIx,
    },
};

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

pub(super) fn conditions(files: &[SourceFile], out: &mut Compiled) {
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
    let mut at_township = 1.0;
    for (setting, value) in &head.prior_setting {
        match (setting.as_str(), prior_share(value)) {
            ("township", Some(share)) if share > 0.0 && prior > 0.0 => at_township = share / prior,
            ("township", _) => word(lints, "prior_setting", value),
            _ => word(lints, "prior_setting", setting),
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
        at_township,
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

pub(super) fn onsets(words: &[String], file: &SourceFile, lints: &mut Lints) -> Vec<Onset> {
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

pub(super) fn finding_list(
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
