//! Antibiotic stewardship: which illness needs one, who may prescribe which level, intravenous use in a village.
use super::{Alert, Desk, rule, signa};
use crate::domain::{
    catalog::formulary::{RuleKind, Tier},
    visit::Setting,
};

pub(super) fn check(desk: &mut Desk<'_>) {
    rule::run(desk, RuleKind::Antibiotic);
    let mut alerts = vec![];
    for order in desk.known().filter(|o| !o.is_local()) {
        let level = order.drug.and_then(|d| d.antibiotic.as_deref()).unwrap_or("");
        let village = desk.rx.setting == Some(Setting::Village);
        let mut say = |rule: &str, why: String, instead: &str| {
            let told = desk.alerts.iter().any(|a| {
                a.tier == Tier::Stop
                    && a.category == "antibiotic"
                    && a.items == order.line.into_iter().collect::<Vec<_>>()
            });
            if !told {
                alerts.push(
                    Alert::new(Tier::Stop, rule, "antibiotic", "1-14")
                        .on(order)
                        .saying(why, instead)
                        .citing("抗菌药物临床应用管理办法（卫生部令第84号）")
                        .because("antibiotic-level"),
                );
            }
        };
        if level == "special" {
            say(
                "antibiotic-special",
                format!("{}：特殊使用级抗菌药物不得在门诊使用", order.name),
                "换用非限制级，或转诊",
            );
        } else if level == "restricted" && village {
            say(
                "antibiotic-restricted-village",
                format!("{}：限制使用级，乡村医生只有非限制级处方权", order.name),
                "换用非限制级，或转乡镇卫生院",
            );
        } else if village
            && desk.rx.iv_antibiotics_approved == Some(false)
            && !level.is_empty()
            && signa::is_intravenous(order.route)
        {
            say(
                "antibiotic-iv-village",
                format!("{}：本室未经县级核准，不得静脉使用抗菌药物", order.name),
                "改口服或转诊",
            );
        }
    }
    desk.alerts.extend(alerts);
}
