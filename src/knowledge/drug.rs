//! Drugs and classes -> `domain::catalog::formulary`.
use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    compile::{Compiled, status, stem, under},
    content,
    files::SourceFile,
    format_rx::{ClassFile, DoseHead, DrugHead, MembersFile},
    lint::{LintId, Lints, line_of},
    read::{age_range, amount, parse, parse_entry, sections},
    rx_rule::limit,
};
use crate::domain::catalog::formulary::{
    Basis, Dose, Drug, DrugClass, DrugKind, Formulary, Safety, Tier,
};

const ADULT_DAYS: u32 = 6574;
const ELDER_DAYS: u32 = 23741;

pub(super) fn drugs_and_classes(files: &[SourceFile], out: &mut Compiled) {
    classes(files, out);
    let members = members(files, out);
    drugs(files, &members, out);
}

fn classes(files: &[SourceFile], out: &mut Compiled) {
    for file in files.iter().filter(|f| f.path == "vocabulary/drug-classes.toml") {
        let Some(parsed) = parse::<ClassFile>(file, &file.text, 0, &mut out.lints) else {
            continue;
        };
        for head in parsed.class {
            let formulary = &mut out.catalog.formulary;
            if formulary.class_ix.contains_key(&head.id) {
                out.lints.push(
                    LintId::DuplicateId,
                    &file.path,
                    line_of(&file.text, &head.id),
                    format!("类别 {} 写了两次", head.id),
                    "合并",
                );
                continue;
            }
            let tier = head.duplicate_tier.as_deref().map_or(Some(Tier::Warn), Tier::parse);
            let cross = head
                .cross
                .iter()
                .filter_map(|(class, tier, words)| {
                    Some((class.clone(), Tier::parse(tier)?, words.clone()))
                })
                .collect();
            formulary.class_ix.insert(head.id.clone(), formulary.classes.len());
            formulary.classes.push(DrugClass {
                id: head.id,
                zh: head.zh,
                synonyms: head.synonyms,
                parents: head.parents,
                allergy: head.allergy,
                duplicate: if head.duplicate { tier } else { None },
                cross,
            });
        }
        let known: HashSet<&str> =
            out.catalog.formulary.classes.iter().map(|c| c.id.as_str()).collect();
        for class in &out.catalog.formulary.classes {
            for other in class.parents.iter().chain(class.cross.iter().map(|(c, _, _)| c)) {
                if !known.contains(other.as_str()) {
                    out.lints.push(
                        LintId::UnknownId,
                        &file.path,
                        line_of(&file.text, &class.id),
                        format!("类别不存在：{other}"),
                        "先在本文件加上",
                    );
                }
            }
        }
    }
}

/// Drug id -> further classes, from `class-members.toml`.
fn members(files: &[SourceFile], out: &mut Compiled) -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for file in files.iter().filter(|f| f.path == "vocabulary/class-members.toml") {
        let parsed: Option<MembersFile> = parse(file, &file.text, 0, &mut out.lints);
        let lists: BTreeMap<String, Vec<String>> = parsed.map(|p| p.members).unwrap_or_default();
        for (class, drugs) in lists {
            if out.catalog.formulary.class(&class).is_none() {
                out.lints.push(
                    LintId::UnknownId,
                    &file.path,
                    line_of(&file.text, &class),
                    format!("类别不存在：{class}"),
                    "先加到 drug-classes.toml",
                );
                continue;
            }
            for drug in drugs {
                found.entry(drug).or_default().push(class.clone());
            }
        }
    }
    found
}

fn with_ancestors(own: &[String], formulary: &Formulary) -> Vec<String> {
    let mut all: Vec<String> = vec![];
    let mut queue: Vec<String> = own.to_vec();
    while let Some(id) = queue.pop() {
        if all.contains(&id) {
            continue;
        }
        if let Some(class) = formulary.class(&id) {
            queue.extend(class.parents.iter().cloned());
        }
        all.push(id);
    }
    all.sort();
    all
}

fn drugs(files: &[SourceFile], members: &HashMap<String, Vec<String>>, out: &mut Compiled) {
    for file in under(files, "drugs/", "md") {
        let Some((head, prose)) = parse_entry::<DrugHead>(file, &mut out.lints) else { continue };
        let Some(status) = status(&head.status, &file.path, &mut out.lints) else { continue };
        if stem(&file.path) != head.id {
            out.lints.push(
                LintId::FileName,
                &file.path,
                2,
                format!("id {} 与文件名不同", head.id),
                "文件名 = id.md",
            );
        }
        if out.catalog.formulary.drug_ix.contains_key(&head.id) {
            out.lints.push(
                LintId::DuplicateId,
                &file.path,
                2,
                format!("药品 {} 已有", head.id),
                "合并",
            );
            continue;
        }
        let Some(kind) = drug_kind(&head.kind) else {
            out.lints.push(
                LintId::UnknownWord,
                &file.path,
                line_of(&file.text, &head.kind),
                format!("kind 不认识：{}", head.kind),
                "chemical | biological | patent | herb",
            );
            continue;
        };
        let mut own = head.classes.clone();
        own.extend(members.get(&head.id).cloned().unwrap_or_default());
        for class in &own {
            if out.catalog.formulary.class(class).is_none() {
                out.lints.push(
                    LintId::UnknownId,
                    &file.path,
                    line_of(&file.text, class),
                    format!("类别不存在：{class}"),
                    "加到 drug-classes.toml 或改 id",
                );
            }
        }
        if own.is_empty() {
            out.lints.push(
                LintId::DrugWithoutClass,
                &file.path,
                2,
                format!("{} 没有类别", head.id),
                "写 classes",
            );
        }
        if head.basis.is_none() && head.sources.is_empty() {
            out.lints.push(
                LintId::MissingBasis,
                &file.path,
                2,
                "没有 basis 也没有 sources".into(),
                "写 basis = \"label\" 等",
            );
        }
        let safety = |word: &str, lints: &mut Lints| {
            Safety::parse(word).unwrap_or_else(|| {
                lints.push(
                    LintId::UnknownWord,
                    &file.path,
                    line_of(&file.text, word),
                    format!("妊娠/哺乳级别不认识：{word}"),
                    "ok caution avoid contraindicated unknown",
                );
                Safety::Unknown
            })
        };
        let whole = safety(&head.pregnancy, &mut out.lints);
        let mut pregnancy = [whole; 3];
        for (slot, word) in pregnancy.iter_mut().zip(&head.pregnancy_t) {
            *slot = safety(word, &mut out.lints);
        }
        let lactation = safety(&head.lactation, &mut out.lints);
        let doses = head.dose.iter().filter_map(|d| dose(d, file, &mut out.lints)).collect();
        let limits = head.limit.iter().filter_map(|l| limit(l, file, &mut out.lints)).collect();
        let contents = content::contents(&head, file, &mut out.lints);
        let infusions = content::infusions(&head, file, &mut out.lints);
        let forms = head
            .forms
            .iter()
            .map(|f| {
                f.split_once(' ').map_or((f.clone(), String::new()), |(a, b)| {
                    (a.to_owned(), b.trim().to_owned())
                })
            })
            .collect();
        let classes = with_ancestors(&own, &out.catalog.formulary);
        let ingredients =
            if head.ingredients.is_empty() { vec![head.id.clone()] } else { head.ingredients };
        let formulary = &mut out.catalog.formulary;
        formulary.drug_ix.insert(head.id.clone(), formulary.drugs.len());
        formulary.drugs.push(Drug {
            id: head.id,
            zh: head.zh,
            en: head.en,
            synonyms: head.synonyms,
            status,
            kind,
            atc: head.atc,
            classes,
            ingredients,
            herbs: head.herbs,
            essential: head.essential,
            specialist: head.specialist,
            antibiotic: head.antibiotic.filter(|s| !s.is_empty()),
            aware: head.aware.filter(|s| !s.is_empty()),
            routes: head.routes,
            forms,
            skin_test: head.skin_test,
            pregnancy,
            lactation,
            monitor: head.monitor,
            basis: head.basis.as_deref().and_then(Basis::parse).unwrap_or_default(),
            sources: head.sources,
            doses,
            limits,
            contents,
            infusions,
            sections: sections(prose),
        });
    }
}

fn drug_kind(word: &str) -> Option<DrugKind> {
    Some(match word {
        "chemical" => DrugKind::Chemical,
        "biological" => DrugKind::Biological,
        "patent" => DrugKind::Patent,
        "herb" => DrugKind::Herb,
        _ => return None,
    })
}

fn dose(head: &DoseHead, file: &SourceFile, lints: &mut Lints) -> Option<Dose> {
    let fault = |lints: &mut Lints, what: String| {
        lints.push(
            LintId::DoseUnit,
            &file.path,
            line_of(&file.text, what.rsplit('：').next().unwrap_or("")),
            what,
            "见 STYLE.md 第4节",
        );
    };
    let who = match head.who.as_str() {
        "" | "any" => (0, u32::MAX),
        "adult" => (ADULT_DAYS, u32::MAX),
        "child" => (0, ADULT_DAYS),
        "elder" => (ELDER_DAYS, u32::MAX),
        "infant" => (0, 366),
        "neonate" | "newborn" => (0, 28),
        other => {
            fault(lints, format!("who 不认识：{other}"));
            return None;
        }
    };
    let age = match age_range(&head.age) {
        Ok(range) => range,
        Err(what) => {
            fault(lints, what);
            return None;
        }
    };
    let mut read = |text: &str| match amount(text) {
        Ok(value) => value,
        Err(what) => {
            fault(lints, what);
            None
        }
    };
    let (single, single_kg) = (read(&head.single), read(&head.single_kg));
    let (daily, daily_kg) = (read(&head.daily), read(&head.daily_kg));
    let course_days = course(&head.course_days);
    Some(Dose {
        // An explicit age replaces the band of `who`.
        age_min_days: if head.age.is_empty() { who.0 } else { age.0 },
        age_max_days: if head.age.is_empty() { who.1 } else { age.1 },
        route: head.route.clone(),
        indication: head.indication.clone(),
        single,
        single_kg,
        daily,
        daily_kg,
        frequency: head.frequency.clone(),
        course_days,
    })
}

fn course(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('-').map(|n| n.trim().parse::<u32>().ok());
    let from = parts.next()??;
    Some((from, parts.next().flatten().unwrap_or(from)))
}
