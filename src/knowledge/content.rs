//! Ingredients by the piece, and infusion limits, as written in a drug's head.
use super::{
    files::SourceFile,
    format_rx::{DrugHead, InfusionHead},
    lint::{LintId, Lints, line_of},
    read::{age_range, amount},
};
use crate::domain::{
    catalog::{
        content::{Content, InfusionLimit},
        formulary::{Amount, Basis, Tier},
    },
    rx::units::{self, Measure},
};

fn fault(file: &SourceFile, lints: &mut Lints, what: String) {
    let near = what.rsplit('：').next().unwrap_or("").to_owned();
    lints.push(LintId::DoseUnit, &file.path, line_of(&file.text, &near), what, "见 STYLE.md 第4节");
}

/// Only ingredients that the drug says it has; every amount in mass.
pub(super) fn contents(head: &DrugHead, file: &SourceFile, lints: &mut Lints) -> Vec<Content> {
    let mut all = vec![];
    for row in &head.content {
        let of = match amount(&row.of) {
            Ok(Some(of)) if of.min > 0.0 => of,
            _ => {
                fault(file, lints, format!("content 的 of 写法不认识：{}", row.of));
                continue;
            }
        };
        if !row.form.is_empty() && !head.forms.iter().any(|f| f == &row.form) {
            fault(file, lints, format!("content 的 form 不在 forms 里：{}", row.form));
            continue;
        }
        let mut holds = vec![];
        for (ingredient, text) in &row.holds {
            let own = ingredient == &head.id || head.ingredients.contains(ingredient);
            let mass = amount(text).ok().flatten().and_then(|a| {
                units::unit(&a.unit)
                    .filter(|(measure, _)| *measure == Measure::Mass)
                    .map(|(_, factor)| a.max * factor)
            });
            match mass.filter(|_| own) {
                Some(mass) => holds.push((ingredient.clone(), mass)),
                None => fault(
                    file,
                    lints,
                    format!("content 的成分要在 ingredients 里、含量要写质量：{ingredient}"),
                ),
            }
        }
        let (form, strength) = row.form.split_once(' ').unwrap_or((&row.form, ""));
        all.push(Content {
            form: form.to_owned(),
            strength: strength.trim().to_owned(),
            of,
            holds,
        });
    }
    all
}

pub(super) fn infusions(
    head: &DrugHead,
    file: &SourceFile,
    lints: &mut Lints,
) -> Vec<InfusionLimit> {
    head.infusion.iter().filter_map(|row| infusion(row, file, lints)).collect()
}

fn infusion(row: &InfusionHead, file: &SourceFile, lints: &mut Lints) -> Option<InfusionLimit> {
    let mut read = |text: &str| -> Option<Amount> {
        match amount(text) {
            Ok(amount) => amount,
            Err(what) => {
                fault(file, lints, what);
                None
            }
        }
    };
    let (per_ml, per_hour) = (read(&row.per_ml), read(&row.per_hour));
    let per_kg_hour = read(&row.per_kg_hour);
    let Some(tier) = Tier::parse(&row.tier) else {
        fault(file, lints, format!("tier 不认识：{}", row.tier));
        return None;
    };
    let (age_min_days, age_max_days) = match age_range(&row.age) {
        Ok(range) => range,
        Err(what) => {
            fault(file, lints, what);
            return None;
        }
    };
    Some(InfusionLimit {
        age_min_days,
        age_max_days,
        per_ml,
        per_hour,
        per_kg_hour,
        least_minutes: row.least_minutes,
        tier,
        why: row.why.clone(),
        basis: Basis::parse(&row.basis).unwrap_or_default(),
        source: row.source.clone(),
    })
}
