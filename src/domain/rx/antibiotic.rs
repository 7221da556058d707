//! Antibiotic stewardship: which illness needs one, who may prescribe which level, intravenous use in a village.
use super::{Alert, Desk, person::icd_matches, rule, signa};
use crate::domain::{
    catalog::formulary::{RuleKind, Tier},
    visit::Setting,
};

/// Illnesses that are no infection: an antibacterial for these alone has no reason on the sheet.
const NO_INFECTION: &[&str] = &[
    "I10", "I11", "I12", "I13", "I15", "I20", "I21", "I25", "I48", "I49", "I50", "I63", "I69",
    "E03", "E04", "E05", "E10", "E11", "E14", "E66", "E78", "E79", "F", "G20", "G30", "G40", "G43",
    "G44", "G47", "G50", "H40", "J30", "K21", "K58", "K59.0", "L20", "L50", "M10", "M15", "M16",
    "M17", "M19", "M47", "M50", "M51", "M54", "M80", "M81", "N40", "N95", "D50",
];

/// Every diagnosis is known, and none of them is or hides an infection.
fn no_reason(desk: &Desk<'_>) -> bool {
    let illnesses = &desk.person.illnesses;
    let harmless = |codes: &[String]| {
        !codes.is_empty() && codes.iter().all(|c| NO_INFECTION.iter().any(|p| icd_matches(c, p)))
    };
    let infected = ["感染", "炎", "脓", "发热", "术", "伤", "幽门螺杆菌", "预防"];
    !illnesses.is_empty()
        && illnesses
            .iter()
            .all(|i| harmless(&i.codes) && !infected.iter().any(|w| i.text.contains(w)))
}

pub(super) fn check(desk: &mut Desk<'_>) {
    rule::run(desk, RuleKind::Antibiotic);
    let mut alerts = vec![];
    if no_reason(desk) {
        for order in desk.known().filter(|o| o.in_class("antibacterial") && !o.is_local()) {
            let line: Vec<usize> = order.line.into_iter().collect();
            let told = desk.alerts.iter().any(|a| a.review_code == "3-1" && a.items == line);
            if !told {
                alerts.push(
                    Alert::new(Tier::Warn, "antibiotic-no-indication", "antibiotic", "3-1")
                        .on(order)
                        .saying(
                            format!("{}：诊断里没有感染，抗菌药无适应证", order.name),
                            "没有感染就停；有感染请写出诊断",
                        )
                        .citing("抗菌药物临床应用指导原则（2015年版）")
                        .because("antibiotic-no-indication"),
                );
            }
        }
    }
    for order in desk.known().filter(|o| !o.is_local()) {
        let level = order.drug.and_then(|d| d.antibiotic.as_deref()).unwrap_or("");
        let village = desk.rx.setting == Some(Setting::Village);
        let mut say = |tier: Tier, rule: &str, why: String, instead: &str| {
            let told = desk.alerts.iter().any(|a| {
                a.tier == Tier::Stop
                    && a.category == "antibiotic"
                    && a.items == order.line.into_iter().collect::<Vec<_>>()
            });
            if !told {
                alerts.push(
                    Alert::new(tier, rule, "antibiotic", "1-14")
                        .on(order)
                        .saying(why, instead)
                        .citing("抗菌药物临床应用管理办法（卫生部令第84号）")
                        .final_stop()
                        .because("antibiotic-level"),
                );
            }
        };
        if level == "special" {
            say(
                Tier::Stop,
                "antibiotic-special",
                format!("{}：特殊使用级抗菌药物不得在门诊使用", order.name),
                "换用非限制级，或转诊",
            );
        } else if level == "restricted" && village && !order.in_class("antitubercular") {
            say(
                Tier::Stop,
                "antibiotic-restricted-village",
                format!("{}：限制使用级，乡村医生只有非限制级处方权", order.name),
                "换用非限制级，或转乡镇卫生院",
            );
        } else if village
            && (!level.is_empty() || order.in_class("antibacterial"))
            && signa::is_intravenous(order.route)
        {
            // Without the county's approval on record the law's answer is no; that nobody has recorded it is no proof.
            match desk.rx.iv_antibiotics_approved {
                Some(true) => {}
                Some(false) => say(
                    Tier::Stop,
                    "antibiotic-iv-village",
                    format!("{}：本室未经县级核准，不得静脉使用抗菌药物", order.name),
                    "改口服或转诊",
                ),
                None => say(
                    Tier::Warn,
                    "antibiotic-iv-village-unknown",
                    format!(
                        "{}：村卫生室静脉用抗菌药须经县级卫生健康部门核准，本室的核准没有登记",
                        order.name
                    ),
                    "未核准改口服或转诊；已核准请管理员登记：xinglin rx iv-approval yes",
                ),
            }
        }
    }
    desk.alerts.extend(alerts);
}
