//! How much for how long, how many drugs on a sheet, and the words the law does not accept.
use super::{Alert, Desk, infusion, long_term};
use crate::domain::catalog::formulary::Tier;

const DRUGS_A_SHEET: usize = 5;
const USUAL_DAYS: u32 = 7;
const EMERGENCY_DAYS: u32 = 3;
const LAW: &str = "处方管理办法";

pub(super) fn check(desk: &mut Desk<'_>) {
    let mut alerts = vec![];
    let drugs: Vec<usize> = desk
        .orders
        .iter()
        .filter(|o| !o.herb && !o.drug.is_some_and(|d| infusion::is_carrier(&d.id)))
        .filter_map(|o| o.line)
        .collect();
    if drugs.len() > DRUGS_A_SHEET {
        alerts.push(
            Alert::new(Tier::Warn, "form-too-many-drugs", "form", "1-11")
                .saying(
                    format!("一张处方{}种药，超过5种", drugs.len()),
                    "减少药品，或分开两张并写明理由",
                )
                .citing(LAW)
                .because("too-many"),
        );
    }
    let chronic = desk.person.is_chronic();
    for order in desk.orders.iter().filter(|o| o.line.is_some()) {
        let words =
            format!("{} {} {}", order.item.frequency, order.item.remark, order.item.dose_unit);
        if ["遵医嘱", "自用", "按说明"].iter().any(|w| words.contains(w)) {
            alerts.push(
                Alert::new(Tier::Warn, "form-vague-directions", "form", "1-8")
                    .on(order)
                    .saying(
                        format!("{}：用法写了“遵医嘱/自用”等含糊字句", order.name),
                        "写明剂量、途径、频次",
                    )
                    .citing(LAW)
                    .because("vague"),
            );
        }
        if order.drug.is_some_and(|d| d.specialist) && desk.rx.setting.is_some() {
            alerts.push(
                Alert::new(Tier::Log, "specialist", "form", "1-13")
                    .on(order)
                    .saying(
                        format!("{}：目录△，需专科医师指导下使用", order.name),
                        "按上级医嘱延续，或转诊评估",
                    )
                    .citing("国家基本药物目录（2026年）")
                    .because("specialist"),
            );
        }
        let Some(days) = order.item.days else { continue };
        let said = |tier: Tier, rule: &str, why: String, instead: &str| {
            Alert::new(tier, rule, "quantity", "1-12")
                .on(order)
                .saying(why, instead)
                .citing(LAW)
                .because("course")
        };
        let covered = order.drug.is_some_and(|d| {
            d.doses.iter().any(|r| r.course_days.is_some_and(|(_, to)| days <= to))
        });
        if desk.rx.emergency && days > EMERGENCY_DAYS {
            alerts.push(said(
                Tier::Note,
                "quantity-emergency",
                format!("{}：急诊处方{days}天，一般不超过3天", order.name),
                "减到3天或写明理由",
            ));
        } else if long_term::is_long(days) && (chronic || days > long_term::LONGEST_DAYS) {
            // The rules of long prescriptions speak of it.
        } else if days > USUAL_DAYS && !chronic && !covered && !order.is_local() {
            let known = desk.person.has_diagnosis();
            let acute = known
                && days > 14
                && order.drug.is_some_and(|d| d.doses.iter().any(|r| r.course_days.is_some()));
            let tier = match days {
                _ if acute || (known && long_term::is_long(days)) => Tier::Warn,
                0..=14 => Tier::Log,
                _ => Tier::Note,
            };
            alerts.push(said(
                tier,
                "quantity-over-7-days",
                format!("{}：{days}天，门诊处方一般不超过7天，诊断未见慢性病", order.name),
                "减到7天，或写明慢性病诊断与理由",
            ));
        }
    }
    if desk.rx.signing {
        signing(desk, &mut alerts);
    }
    desk.alerts.extend(alerts);
}

fn signing(desk: &Desk<'_>, alerts: &mut Vec<Alert>) {
    let mut say = |rule: &str, code: &str, why: &str, instead: &str| {
        alerts.push(
            Alert::new(Tier::Stop, rule, "form", code)
                .saying(why, instead)
                .citing(LAW)
                .final_stop()
                .because(rule),
        );
    };
    if !desk.person.has_diagnosis() {
        say("form-no-diagnosis", "1-10", "没有临床诊断，不能签名", "补诊断");
    }
    if desk.person.patient.age.is_none() {
        say("form-no-age", "1-1", "没有年龄，不能签名", "补年龄");
    }
}
