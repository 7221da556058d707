//! Allergy: the drug itself, its class, crossed classes, parts of compounds; and skin tests.
use super::{Alert, Desk, Missing, name::plain_name, order::Order, signa};
use crate::domain::{
    catalog::formulary::{Drug, DrugClass, Formulary, Tier},
    visit::SkinTest,
};

/// What an allergy word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allergen {
    Class(usize),
    Drug(usize),
}

/// Things people are allergic to that no drug rule speaks of.
const NOT_DRUGS: &[&str] = &[
    "海鲜",
    "鱼",
    "虾",
    "蟹",
    "花粉",
    "尘螨",
    "螨",
    "芒果",
    "花生",
    "牛奶",
    "坚果",
    "小麦",
    "猫",
    "狗",
    "动物皮毛",
    "油漆",
    "紫外线",
    "冷空气",
    "柳絮",
    "霉菌",
    "食物",
    "化妆品",
    "金属",
    "胶布",
    "菠萝",
    "桃",
];
const UNCERTAIN: &[&str] = &["不详", "未知", "不明", "说不清", "不清楚"];
const DANGEROUS: &[&str] = &[
    "休克",
    "喉头",
    "喉水肿",
    "呼吸困难",
    "荨麻疹",
    "血管性水肿",
    "哮喘",
    "速发",
    "剥脱",
    "大疱",
    "史蒂文斯",
    "SJS",
    "TEN",
    "DRESS",
];

/// Names that an allergy history may hold, longest first.
pub(super) fn allergens(formulary: &Formulary) -> Vec<(String, Allergen)> {
    let mut names: Vec<(String, Allergen)> = vec![];
    let mut add = |name: &str, allergen: Allergen| {
        let key = plain_name(name);
        if key.chars().count() >= 2 && !names.iter().any(|(n, a)| *n == key && *a == allergen) {
            names.push((key, allergen));
        }
    };
    for (n, class) in formulary.classes.iter().enumerate() {
        if class.allergy || !class.cross.is_empty() || !class.synonyms.is_empty() {
            add(&class.zh, Allergen::Class(n));
            for word in &class.synonyms {
                add(word, Allergen::Class(n));
            }
        }
        if class.id == "alcohol-containing" {
            add("酒精", Allergen::Class(n));
            add("乙醇", Allergen::Class(n));
        }
    }
    for (n, drug) in formulary.drugs.iter().enumerate() {
        for word in std::iter::once(&drug.zh).chain(&drug.synonyms) {
            let key = plain_name(word);
            if key.chars().count() >= 2 {
                names.push((key, Allergen::Drug(n)));
            }
        }
    }
    names.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
    names
}

pub(super) fn check(desk: &mut Desk<'_>) {
    let mut alerts = vec![];
    let mut gaps = vec![];
    let patient = desk.person.patient;
    let uncertain = patient.allergies.iter().any(|a| UNCERTAIN.iter().any(|u| a.contains(u)));
    if (patient.allergies.is_empty() && !patient.allergies_asked) || uncertain {
        for order in desk.known().filter(|o| {
            o.classes.iter().any(|c| desk.formulary.class(c).is_some_and(|c| c.allergy))
        }) {
            gaps.push((Missing::Allergy, order.line, order.name.clone()));
        }
    }
    for text in &desk.person.allergy_text {
        if UNCERTAIN.iter().any(|u| text.contains(u)) {
            continue;
        }
        let found = meant(desk, text);
        if found.is_empty() {
            let about_food = NOT_DRUGS.iter().any(|w| text.contains(w));
            if !about_food && text.chars().count() >= 2 {
                gaps.push((Missing::AllergyWord, None, format!("“{text}”")));
            }
            continue;
        }
        let severe = DANGEROUS.iter().any(|w| text.contains(&w.to_lowercase()));
        for order in desk.orders.iter().filter(|o| o.line.is_some()) {
            if let Some(alert) = found
                .iter()
                .filter_map(|a| hit(desk, order, *a, text, severe))
                .max_by_key(|a| a.tier)
            {
                alerts.push(alert);
            }
        }
    }
    for order in desk.known() {
        if let Some(drug) = order.drug {
            skin_test(desk, order, drug, &mut alerts);
        }
    }
    desk.alerts.extend(alerts);
    for (kind, line, what) in gaps {
        desk.gaps.say(kind, line, &what);
    }
}

/// All allergens named in a text, longest names first and without overlap.
fn meant(desk: &Desk<'_>, text: &str) -> Vec<Allergen> {
    let mut rest = plain_name(text);
    let mut found = vec![];
    let mut last = String::new();
    for (name, allergen) in &desk.index.allergens {
        if *name == last {
            found.push(*allergen);
        } else if rest.contains(name.as_str()) {
            found.push(*allergen);
            rest = rest.replace(name.as_str(), "\u{1}");
            last.clone_from(name);
        }
    }
    found
}

fn alert(order: &Order<'_>, tier: Tier, rule: String, why: String, instead: &str) -> Alert {
    Alert::new(tier, rule, "allergy", "2-2")
        .on(order)
        .saying(why, instead)
        .citing("说明书")
        .because("allergy")
}

fn hit(
    desk: &Desk<'_>,
    order: &Order<'_>,
    allergen: Allergen,
    text: &str,
    severe: bool,
) -> Option<Alert> {
    let formulary = desk.formulary;
    match allergen {
        Allergen::Drug(n) => {
            let culprit = &formulary.drugs[n];
            let shared = culprit.id.as_str() == order.drug.map_or("", |d| d.id.as_str())
                || culprit.ingredients.iter().any(|i| order.ids.contains(&i.as_str()));
            if shared {
                let inside = order.drug.is_some_and(|d| d.id != culprit.id);
                let why = if inside {
                    format!("{}含{}，患者对其过敏（{text}）", order.name, culprit.zh)
                } else {
                    format!("{}：患者对此药过敏（{text}）", order.name)
                };
                return Some(alert(
                    order,
                    Tier::Stop,
                    format!("allergy/{}", culprit.id),
                    why,
                    "换用不同类的药，并记入过敏史",
                ));
            }
            let classes: Vec<&DrugClass> =
                culprit.classes.iter().filter_map(|c| formulary.class(c)).collect();
            if let Some(class) = classes.iter().find(|c| c.allergy && order.in_class(&c.id)) {
                let why = format!(
                    "{}与{}同属{}，患者对后者过敏（{text}）",
                    order.name, culprit.zh, class.zh
                );
                return Some(alert(
                    order,
                    Tier::Stop,
                    format!("allergy/class-{}", class.id),
                    why,
                    "换用不同类的药",
                ));
            }
            classes.iter().filter_map(|c| crossed(order, c, text, severe)).max_by_key(|a| a.tier)
        }
        Allergen::Class(n) => {
            let class = &formulary.classes[n];
            if order.in_class(&class.id) {
                let tier = if class.allergy { Tier::Stop } else { Tier::Warn };
                let why = format!("{}属于{}，患者对其过敏（{text}）", order.name, class.zh);
                return Some(alert(
                    order,
                    tier,
                    format!("allergy/class-{}", class.id),
                    why,
                    "换用不同类的药",
                ));
            }
            crossed(order, class, text, severe)
        }
    }
}

fn crossed(order: &Order<'_>, class: &DrugClass, text: &str, severe: bool) -> Option<Alert> {
    let (other, tier, words) = class
        .cross
        .iter()
        .filter(|(other, _, _)| order.in_class(other))
        .max_by_key(|(_, tier, _)| *tier)?;
    let how = if severe { "（速发或重症）" } else { "" };
    let why = format!("{}：与{}有交叉过敏，患者过敏史“{text}”{how}。{words}", order.name, class.zh);
    Some(alert(
        order,
        *tier,
        format!("allergy/cross-{}-{other}", class.id),
        why,
        "优先换用不同类的药；确需用须问清反应、按说明书皮试并备急救",
    ))
}

fn skin_test(desk: &Desk<'_>, order: &Order<'_>, drug: &Drug, alerts: &mut Vec<Alert>) {
    // A test can be done, and a positive one is its own answer: nobody signs over either.
    let mut say = |tier: Tier, rule: &str, why: String, instead: &str| {
        alerts.push(
            Alert::new(tier, rule, "skin-test", "2-1")
                .on(order)
                .saying(why, instead)
                .citing("β内酰胺类抗菌药物皮肤试验指导原则（2021年）、说明书")
                .final_stop()
                .because("skin-test"),
        );
    };
    if order.item.skin_test == Some(SkinTest::Positive) && !drug.skin_test.is_empty() {
        say(
            Tier::Stop,
            "skin-test-positive",
            format!("{}：皮试阳性", order.name),
            "换用不同类的药，并记入过敏史",
        );
        return;
    }
    if order.is_local() || order.route == "id" {
        return;
    }
    let done = matches!(order.item.skin_test, Some(SkinTest::Negative | SkinTest::Continued));
    match drug.skin_test.as_str() {
        "always" if !done => {
            if signa::is_injection(order.route) {
                say(
                    Tier::Stop,
                    "skin-test-missing",
                    format!("{}：必须皮试，未注明皮试结果", order.name),
                    "先皮试，结果阴性并注明后再用；备肾上腺素",
                );
            } else {
                say(
                    Tier::Log,
                    "skin-test-oral",
                    format!("{}：口服青霉素类首用前也应问清过敏史并按说明书皮试", order.name),
                    "注明皮试结果或连续用药",
                );
            }
        }
        "history" if !done => {
            let warned = desk.person.allergy_text.iter().any(|text| {
                meant(desk, text).iter().any(|a| match a {
                    Allergen::Class(n) => matches!(
                        desk.formulary.classes[*n].id.as_str(),
                        "penicillin" | "cephalosporin" | "beta-lactam"
                    ),
                    Allergen::Drug(n) => {
                        desk.formulary.drugs[*n].classes.iter().any(|c| c == "beta-lactam")
                    }
                })
            });
            if warned && signa::is_injection(order.route) {
                say(
                    Tier::Warn,
                    "skin-test-history",
                    format!("{}：有β内酰胺类过敏史，用前须皮试，未注明结果", order.name),
                    "按说明书皮试，备肾上腺素",
                );
            }
        }
        _ => {}
    }
}
