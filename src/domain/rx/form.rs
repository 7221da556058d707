//! What only a review asks of a prescription's form: an infant's age, names, units, essential drugs first, many of one
//! kind. Not asked while typing: the entry writes generic names and whole lines by itself.
use std::collections::BTreeMap;

use super::{Alert, Desk, dose, infusion, name, order::Order, units};
use crate::domain::{
    age::Sex,
    catalog::formulary::{DrugKind, Formulary, Tier},
};

const LAW: &str = "处方管理办法";
const REVIEW: &str = "医院处方点评管理规范";
/// Ages under this many years are written in months, of newborns in days.
const INFANT_YEARS: f64 = 3.0;
/// Names of the pharmacopoeia that look like none.
const OFFICIAL: &[&str] =
    &["开塞露", "炉甘石洗剂", "生理盐水", "林格", "多酶片", "呋麻", "氨咖黄敏", "复方桔梗麻黄碱"];

pub(super) fn check(desk: &mut Desk<'_>) {
    if !desk.rx.signing {
        return;
    }
    let mut alerts = vec![];
    heading(desk, &mut alerts);
    let lines = desk.orders.iter().filter(|o| o.line.is_some() && !o.herb);
    for order in lines.filter(|o| !o.drug.is_some_and(|d| infusion::is_carrier(&d.id))) {
        alerts.extend(generic_name(order));
        alerts.extend(amount(order));
        alerts.extend(directions(order));
        alerts.extend(essential_first(desk.formulary, order));
    }
    alerts.extend(many_of_a_kind(desk));
    desk.alerts.extend(alerts);
}

fn heading(desk: &Desk<'_>, alerts: &mut Vec<Alert>) {
    let patient = desk.person.patient;
    let mut say = |tier: Tier, rule: &str, code: &str, (why, instead): (&str, &str)| {
        alerts.push(
            Alert::new(tier, rule, "form", code).saying(why, instead).citing(LAW).because(rule),
        );
    };
    if patient.age_in_years && dose::years(&desk.person).is_some_and(|y| y < INFANT_YEARS) {
        let words = ("婴幼儿只写了岁数，没有写月龄（新生儿写日龄）", "写日龄、月龄，必要时写体重");
        say(Tier::Warn, "form-infant-age", "1-4", words);
    }
    if patient.sex == Sex::Unknown {
        say(Tier::Note, "form-no-sex", "1-1", ("前记没有性别", "补性别"));
    }
}

fn said(tier: Tier, (rule, code): (&str, &str), order: &Order<'_>, words: (&str, &str)) -> Alert {
    Alert::new(tier, rule, "form", code)
        .on(order)
        .saying(format!("{}：{}", order.name, words.0), words.1)
        .citing(LAW)
        .because(rule)
}

/// A brand or an old name shares no two characters in a row with the generic name.
fn generic_name(order: &Order<'_>) -> Option<Alert> {
    let drug =
        order.drug.filter(|d| matches!(d.kind, DrugKind::Chemical | DrugKind::Biological))?;
    let printed: Vec<char> = order.name.chars().filter(|c| c.is_alphanumeric()).collect();
    let official = OFFICIAL.iter().any(|word| order.name.contains(word));
    let of_parts = order.parts.iter().any(|part| shares(&printed, &part.zh));
    let chinese = printed.iter().any(|c| ('\u{4e00}'..='\u{9fff}').contains(c));
    let is_other = chinese && !official && !of_parts && !shares(&printed, &drug.zh);
    is_other.then(|| {
        let why = format!("商品名或旧名，规范名称是“{}”", drug.zh);
        said(Tier::Note, ("form-name", "1-6"), order, (&why, "写药品通用名"))
    })
}

fn shares(printed: &[char], generic: &str) -> bool {
    let generic: Vec<char> = generic.chars().filter(|c| c.is_alphanumeric()).collect();
    if generic.len() < 2 {
        return generic.iter().all(|c| printed.contains(c));
    }
    generic.windows(2).any(|pair| printed.windows(2).any(|window| window == pair))
}

/// Dose, unit and strength, where the strength is needed to know the dose.
fn amount(order: &Order<'_>) -> Option<Alert> {
    let code = |rule: &'static str| (rule, "1-7");
    if order.is_local() {
        return None;
    }
    let unit = order.item.dose_unit.split(['/', '·', '.']).next().unwrap_or_default();
    let measure = units::unit(unit).map(|(measure, _)| measure);
    if order.item.dose.is_none() || order.item.dose_unit.trim().is_empty() {
        let words = ("没有写剂量或单位", "写单次剂量和单位");
        return Some(said(Tier::Warn, code("form-dose"), order, words));
    }
    let Some(measure) = measure else {
        let why = format!("剂量单位“{}”不规范", order.item.dose_unit.trim());
        return Some(said(
            Tier::Warn,
            code("form-unit"),
            order,
            (&why, "用 g、mg、ug、ml、IU 或片粒袋支"),
        ));
    };
    let unsaid = order.item.strength.trim().is_empty()
        && units::strength(name::printed_strength(&order.item.drug)).is_empty();
    // A bag of a Chinese patent medicine is one dose whatever it weighs with or without sugar.
    let chemical = order.drug.is_some_and(|drug| drug.kind == DrugKind::Chemical);
    let matters = chemical && measure == units::Measure::Count && order.strengths.len() > 1;
    (unsaid && matters).then(|| {
        said(Tier::Note, code("form-strength"), order, ("有几种规格，没有写规格", "写规格"))
    })
}

fn directions(order: &Order<'_>) -> Option<Alert> {
    let code = ("form-directions", "1-1");
    if order.often.is_none() && order.frequency.is_empty() {
        let words = ("没有写频次，或看不懂", "写频次");
        return Some(said(Tier::Warn, code, order, words));
    }
    (!order.route_known)
        .then(|| said(Tier::Note, code, order, ("没有写给药途径，或看不懂", "写途径")))
}

/// The essential list has a drug of the same chemical subgroup (ATC level 4), given the same way.
fn essential_first(formulary: &Formulary, order: &Order<'_>) -> Option<Alert> {
    let drug = order.drug.filter(|d| !d.essential && d.kind == DrugKind::Chemical)?;
    if order.is_local() {
        return None;
    }
    let group = drug.atc.first()?.get(..5)?;
    let other = formulary.drugs.iter().find(|d| {
        d.essential
            && d.kind == DrugKind::Chemical
            && d.ingredients.len() == drug.ingredients.len()
            && d.atc.iter().any(|code| code.starts_with(group))
            && d.routes.iter().any(|route| route == order.route)
    })?;
    let why = format!("不是国家基本药物，同类有基本药物{}", other.zh);
    let words = (why.as_str(), "无特殊理由先用基本药物；有理由请写明");
    Some(said(Tier::Note, ("form-essential-first", "2-4"), order, words))
}

/// Three or more drugs of one action; two are told pair by pair as 2-7.
fn many_of_a_kind(desk: &Desk<'_>) -> Vec<Alert> {
    let mut kinds: BTreeMap<&str, Vec<&Order<'_>>> = BTreeMap::new();
    for order in desk.known().filter(|o| !o.is_local()) {
        for class in &order.classes {
            let counts =
                desk.formulary.class(class).is_some_and(|c| c.duplicate >= Some(Tier::Warn));
            let list = kinds.entry(class).or_default();
            let again = list.iter().any(|o| o.drug.map(|d| &d.id) == order.drug.map(|d| &d.id));
            if counts && !again {
                list.push(order);
            }
        }
    }
    let many = kinds.into_iter().filter(|(_, orders)| orders.len() >= 3);
    many.map(|(class, orders)| {
        let zh = desk.formulary.class(class).map_or(class, |c| c.zh.as_str());
        let names: Vec<&str> = orders.iter().map(|o| o.name.as_str()).collect();
        let alert = Alert::new(Tier::Warn, format!("many-of/{class}"), "duplication", "3-4");
        orders
            .iter()
            .fold(alert, |alert, order| alert.on(order))
            .saying(
                format!("{}：{zh}共{}种", names.join("、"), names.len()),
                "只留一种，或写明理由",
            )
            .citing(REVIEW)
            .because(format!("many-of-{class}"))
    })
    .collect()
}
