//! How people are written on every screen: sex, age, allergies, the safety strip.
use ratatui::text::{Line, Span};

use super::{
    draw::Ui,
    state::Shared,
    text::{Lang, people as words},
    theme::Role,
};
use crate::domain::{
    age::{Age, Sex},
    patient::{Allergies, Allergy, AllergySeverity, Details},
};

pub const fn sex(sex: Sex, lang: Lang) -> &'static str {
    match sex {
        Sex::Male => words::MALE.get(lang),
        Sex::Female => words::FEMALE.get(lang),
        Sex::Unknown => words::SEX_UNKNOWN.get(lang),
    }
}

pub fn age(age: Option<Age>, lang: Lang) -> String {
    age.map_or_else(|| words::AGE_UNKNOWN.get(lang).to_owned(), |age| age.to_string())
}

/// Name, sex and age in one run, as a question names a patient.
pub fn named(details: &Details, shared: &Shared) -> String {
    let age = age(details.age(shared.today()), shared.lang);
    format!("{} {} {age}", details.name, sex(details.sex, shared.lang))
}

pub fn allergy(allergy: &Allergy, lang: Lang) -> String {
    let mut text = allergy.substance.clone();
    let mut more = vec![];
    if !allergy.reaction.is_empty() {
        more.push(allergy.reaction.as_str());
    }
    if allergy.severity == AllergySeverity::Severe {
        more.push(words::SEVERE.get(lang));
    }
    if !more.is_empty() {
        text.push_str(&format!("({})", more.join(" ")));
    }
    text
}

pub fn allergies(details: &Details, lang: Lang) -> String {
    match &details.allergies {
        Allergies::NotAsked => words::ALLERGY_NOT_ASKED.get(lang).to_owned(),
        Allergies::None => words::ALLERGY_NONE.get(lang).to_owned(),
        Allergies::Known(list) => {
            list.iter().map(|a| allergy(a, lang)).collect::<Vec<_>>().join("、")
        }
    }
}

/// The strip that stands on every patient screen: who this is, and what must not be forgotten.
pub fn strip(ui: &Ui, shared: &Shared, details: &Details) -> Line<'static> {
    let lang = shared.lang;
    let today = shared.today();
    let known = !details.allergies.known().is_empty();
    let allergy_role = match &details.allergies {
        Allergies::Known(_) if known => Role::Danger,
        Allergies::NotAsked => Role::Warning,
        _ => Role::Base,
    };
    let mut spans: Vec<Span> = vec![
        ui.span(Role::Heading, format!(" {} ", named(details, shared))),
        ui.span(Role::Base, " "),
        ui.span(
            allergy_role,
            format!("{}{}", words::ALLERGIES.get(lang), allergies(details, lang)),
        ),
    ];
    let mut rest: Vec<String> = vec![];
    if let Some(weeks) = details.pregnant_weeks(today) {
        rest.push(words::PREGNANT.with(lang, &[&weeks]));
    }
    if details.lactating {
        rest.push(words::NURSING.get(lang).to_owned());
    }
    if let Some(weight) = details.weight {
        rest.push(words::WEIGHT.with(lang, &[&weight.kilograms()]));
    }
    if !details.conditions.is_empty() {
        rest.push(format!("{}{}", words::PROBLEMS.get(lang), details.conditions.join("、")));
    }
    for part in rest {
        spans.push(ui.span(Role::Muted, " | "));
        spans.push(ui.span(Role::Base, part));
    }
    Line::from(spans)
}
