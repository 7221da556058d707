//! Limits, interactions and prescription rules -> `catalog::formulary`.
use std::collections::HashSet;

use super::{
    compile::{Compiled, status, stem, under},
    files::SourceFile,
    format_rx::{InteractionRow, LimitHead, RuleHead},
    lint::{LintId, Lints, line_of},
    read::{age_days, amount, parse},
};
use crate::domain::{
    age::Sex,
    catalog::formulary::{
        Basis, Circumstance, Formulary, Interaction, Limit, RuleKind, RxRule, Tier,
    },
    visit::WayOut,
};

fn lab(text: &str) -> Option<(String, String, f64)> {
    let at = text.find(['<', '>', '≥', '≤'])?;
    let (name, rest) = text.split_at(at);
    let value_at = rest.find(|c: char| c.is_ascii_digit())?;
    let (sign, value) = rest.split_at(value_at);
    let sign = sign.trim().replace('≥', ">=").replace('≤', "<=");
    Some((name.trim().to_owned(), sign, value.trim().parse().ok()?))
}

macro_rules! read_limit {
    ($head:expr, $file:expr, $lints:expr) => {{
        let (head, file, lints) = ($head, $file, $lints);
        let at = |needle: &str| line_of(&file.text, needle);
        let mut ok = true;
        let mut age = |text: &str, lints: &mut Lints| match age_days(text) {
            Ok(days) => days,
            Err(what) => {
                lints.push(LintId::BadRange, &file.path, at(text), what, "写成 18岁 / 3月 / 28天");
                ok = false;
                None
            }
        };
        let (age_below_days, age_from_days) = (age(&head.age_below, lints), age(&head.age_from, lints));
        let daily_over = amount(&head.daily_over).unwrap_or_else(|what| {
            lints.push(LintId::DoseUnit, &file.path, at(&head.daily_over), what, "见 STYLE.md 第4节");
            ok = false;
            None
        });
        let lab = lab(&head.lab);
        if lab.is_none() && !head.lab.is_empty() {
            lints.push(LintId::BadRange, &file.path, at(&head.lab), format!("lab 写法不认识：{}", head.lab), "名 比较 数，如 钾>5.5");
            ok = false;
        }
        let basis = if head.basis.is_empty() { Some(Basis::ClinicalEstimate) } else { Basis::parse(&head.basis) };
        let tier = Tier::parse(&head.tier);
        if basis.is_none() || tier.is_none() {
            lints.push(LintId::UnknownWord, &file.path, at(&head.tier), format!("tier/basis 不认识：{}/{}", head.tier, head.basis), "见 STYLE.md");
            ok = false;
        }
        let (basis, tier) = (basis.unwrap_or_default(), tier.unwrap_or(Tier::Note));
        if tier == Tier::Stop && !matches!(basis, Basis::Label | Basis::Law) {
            lints.push(LintId::StopWithoutLabel, &file.path, at(&head.why), format!("stop 只能依据说明书或法规：{}", head.why), "改 basis 或改 warn");
        }
        if head.change_only && (tier != Tier::Stop || basis != Basis::Law) {
            lints.push(LintId::StopWithoutLabel, &file.path, at("change_only"), "change_only 只用于依据法规的 stop".into(), "删去，或写明法规");
        }
        if head.why.is_empty() {
            lints.push(LintId::MissingBasis, &file.path, at(&head.tier), "limit 没有 why".into(), "写一句会怎样");
        }
        ok.then(|| Limit {
            tier,
            when: Circumstance {
                icd: head.icd.clone(),
                says: head.says.clone(),
                not_icd: head.not_icd.clone(),
                age_below_days,
                age_from_days,
                sex: Sex::parse(&head.sex).unwrap_or_default(),
                pregnant: head.pregnant.clone(),
                lactating: head.lactating,
                egfr_below: (head.egfr_below > 0.0).then_some(head.egfr_below),
                child_pugh: head.child_pugh.clone(),
                lab,
                route: head.route.clone(),
                daily_over,
                days_over: (head.days_over > 0).then_some(head.days_over),
                setting: head.setting.clone(),
            },
            why: head.why.clone(),
            instead: head.instead.clone(),
            code: if head.code.is_empty() { "2-2".to_owned() } else { head.code.clone() },
            basis,
            source: head.source.clone(),
            way_out: if head.change_only { WayOut::ChangeOnly } else { WayOut::SecondSignature },
        })
    }};
}

pub(super) fn limit(head: &LimitHead, file: &SourceFile, lints: &mut Lints) -> Option<Limit> {
    read_limit!(head, file, lints)
}

fn known_drug_or_class(id: &str, formulary: &Formulary) -> bool {
    match id.strip_prefix('@') {
        Some(class) => formulary.class(class).is_some(),
        None => formulary.drug(id).is_some(),
    }
}

pub(super) fn interactions(files: &[SourceFile], out: &mut Compiled) {
    let mut seen = HashSet::new();
    for file in under(files, "rules/interaction/", "csv") {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(false)
            .trim(csv::Trim::All)
            .from_reader(file.text.as_bytes());
        for (n, row) in reader.deserialize::<InteractionRow>().enumerate() {
            let line = n + 2;
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    let line = error.position().map_or(line, |p| p.line() as usize);
                    out.lints.push(
                        LintId::Syntax,
                        &file.path,
                        line,
                        error.to_string(),
                        "七列：a,b,tier,effect,advice,basis,source",
                    );
                    continue;
                }
            };
            let Some(tier) = Tier::parse(&row.tier) else {
                out.lints.push(
                    LintId::UnknownWord,
                    &file.path,
                    line,
                    format!("tier 不认识：{}", row.tier),
                    "stop warn note log",
                );
                continue;
            };
            let mut known = true;
            for side in [&row.a, &row.b] {
                if !known_drug_or_class(side, &out.catalog.formulary) {
                    out.lints.push(
                        LintId::UnknownId,
                        &file.path,
                        line,
                        format!("药品或类别不存在：{side}"),
                        "改 id",
                    );
                    known = false;
                }
            }
            if !known {
                continue;
            }
            let basis = Basis::parse(&row.basis).unwrap_or_default();
            if tier == Tier::Stop && !matches!(basis, Basis::Label | Basis::Law) {
                out.lints.push(
                    LintId::StopWithoutLabel,
                    &file.path,
                    line,
                    format!("{} × {}：stop 只能依据说明书或法规", row.a, row.b),
                    "改 basis 或改 warn",
                );
            }
            let mut key = [row.a.clone(), row.b.clone()];
            key.sort();
            if !seen.insert(key) {
                out.lints.push(
                    LintId::DuplicateId,
                    &file.path,
                    line,
                    format!("{} × {} 写了两次", row.a, row.b),
                    "留一条",
                );
                continue;
            }
            let (local, effect) = match row.effect.strip_prefix("[local]") {
                Some(rest) => (true, rest.trim().to_owned()),
                None => (false, row.effect),
            };
            out.catalog.formulary.interactions.push(Interaction {
                a: row.a,
                b: row.b,
                tier,
                local,
                effect,
                advice: row.advice,
                basis,
                source: row.source,
            });
        }
    }
}

pub(super) fn rules(files: &[SourceFile], out: &mut Compiled) {
    let mut seen = HashSet::new();
    for kind in RuleKind::ALL {
        let folder = format!("rules/{}/", kind.id());
        for file in under(files, &folder, "toml") {
            let Some(head) = parse::<RuleHead>(file, &file.text, 0, &mut out.lints) else {
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
                    "改名",
                );
                continue;
            }
            if head.basis.is_empty() && head.source.is_empty() {
                out.lints.push(
                    LintId::MissingBasis,
                    &file.path,
                    1,
                    "没有 basis 也没有 source".into(),
                    "写出处或 basis",
                );
            }
            let mut known = true;
            for id in head.drugs.iter().chain(&head.with).chain(&head.without) {
                if !known_drug_or_class(id, &out.catalog.formulary) {
                    out.lints.push(
                        LintId::UnknownId,
                        &file.path,
                        line_of(&file.text, id),
                        format!("药品或类别不存在：{id}"),
                        "改 id",
                    );
                    known = false;
                }
            }
            let limit = read_limit!(&head, file, &mut out.lints);
            let Some(limit) = limit.filter(|_| known) else { continue };
            out.catalog.formulary.rules.push(RxRule {
                id: head.id,
                kind,
                status,
                drugs: head.drugs,
                with: head.with,
                without: head.without,
                herbs: head.herbs,
                with_herbs: head.with_herbs,
                solvent_not: head.solvent_not,
                solvent_is: head.solvent_is,
                limit,
            });
        }
    }
}
