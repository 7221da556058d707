//! Whether the circumstances of a limit or rule hold for one line of one patient.
use super::{Missing, dose, order::Order, person::Person, units};
use crate::domain::{age::Sex, catalog::formulary::Circumstance, visit::Setting};

/// The answer of a circumstance, with what made it so.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Holds {
    Yes {
        /// One word for merging: alerts of one cause on one line are one.
        cause: String,
        /// What of the patient met the rule, for the message.
        seen: String,
    },
    No,
    Unknown(Missing),
}

pub(super) fn holds(
    person: &Person<'_>,
    order: &Order<'_>,
    when: &Circumstance,
    setting: Option<Setting>,
) -> Holds {
    if !when.route.is_empty() && !when.route.iter().any(|r| r == order.route) {
        return Holds::No;
    }
    if !when.setting.is_empty()
        && !setting.is_some_and(|s| when.setting.iter().any(|w| w == s.id()))
    {
        return Holds::No;
    }
    if (!when.pregnant.is_empty() || when.lactating)
        && order.is_local_use_only()
        && !when.route.iter().any(|r| r == order.route)
    {
        return Holds::No;
    }
    let mut cause = String::new();
    let mut seen: Vec<String> = vec![];
    let mut missing = None;
    let mut because = |word: &str| {
        if cause.is_empty() {
            cause.push_str(word);
        }
    };
    if !when.icd.is_empty() || !when.says.is_empty() {
        match person.illness(&when.icd, &when.says) {
            Some(illness) => {
                because(&organ(when, illness));
                seen.push(illness.to_owned());
            }
            None => return Holds::No,
        }
    }
    if !when.not_icd.is_empty() {
        let prefixes: Vec<&str> = when.not_icd.iter().map(String::as_str).collect();
        if person.has_code(&prefixes) {
            return Holds::No;
        }
    }
    if when.sex != Sex::Unknown {
        match person.patient.sex {
            Sex::Unknown => missing = Some(Missing::Sex),
            sex if sex != when.sex => return Holds::No,
            sex => {
                because("sex");
                seen.push(if sex == Sex::Male { "男性" } else { "女性" }.to_owned());
            }
        }
    }
    if when.age_below_days.is_some() || when.age_from_days.is_some() {
        match person.age_days() {
            None => missing = Some(Missing::Age),
            Some(days) => {
                if when.age_below_days.is_some_and(|limit| days >= limit)
                    || when.age_from_days.is_some_and(|limit| days < limit)
                {
                    return Holds::No;
                }
                because("age");
                if let Some(age) = person.patient.age {
                    seen.push(age.to_string());
                }
            }
        }
    }
    if !when.pregnant.is_empty() {
        match person.trimester {
            Some(t) => {
                let wanted = match when.pregnant.as_str() {
                    "t1" => t == 0,
                    "t2" => t == 1,
                    "t3" => t == 2,
                    _ => true,
                };
                if !wanted {
                    return Holds::No;
                }
                because("pregnancy");
                seen.push(format!("孕{}周", person.patient.pregnant_weeks.unwrap_or_default()));
            }
            None if person.may_be_pregnant() => missing = Some(Missing::Pregnancy),
            None => return Holds::No,
        }
    }
    if when.lactating {
        if !person.patient.lactating {
            return Holds::No;
        }
        because("lactation");
        seen.push("哺乳期".to_owned());
    }
    if let Some(limit) = when.egfr_below {
        match person.egfr {
            Some(egfr) if egfr >= limit => return Holds::No,
            Some(egfr) => {
                because("renal");
                seen.push(format!(
                    "{} {}",
                    person.egfr_how,
                    units::plain((egfr * 10.0).round() / 10.0)
                ));
            }
            None => missing = Some(Missing::Renal),
        }
    }
    if !when.child_pugh.is_empty() {
        let grade = person.patient.child_pugh.as_deref().and_then(grade_letter);
        match grade {
            Some(grade) if when.child_pugh.contains(&grade) => {
                because("hepatic");
                seen.push(format!("Child-Pugh {grade}级"));
            }
            None if person.has_code(&["K70.3", "K72", "K74", "I85"]) => {
                missing = Some(Missing::Hepatic);
            }
            Some(_) | None => return Holds::No,
        }
    }
    if let Some((name, sign, limit)) = &when.lab {
        let Some(value) = person.lab(name) else { return Holds::No };
        let met = match sign.as_str() {
            "<" => value < *limit,
            "<=" => value <= *limit,
            ">=" => value >= *limit,
            _ => value > *limit,
        };
        if !met {
            return Holds::No;
        }
        because(name);
        seen.push(format!("{name} {}", units::plain(value)));
    }
    if let Some(limit) = &when.daily_over {
        let Some((measure, factor)) = units::unit(&limit.unit) else { return Holds::No };
        let daily = dose::daily(order, person.patient.weight_kg, measure);
        let least = daily.iter().copied().min_by(f64::total_cmp);
        match least {
            Some(least) if least > limit.max * factor * 1.000_001 => {
                because("dose");
                seen.push(format!("一日{}", units::show(least, measure, &limit.unit)));
            }
            _ => return Holds::No,
        }
    }
    if let Some(limit) = when.days_over {
        match order.item.days {
            Some(days) if days > limit => {
                because("days");
                seen.push(format!("{days}天"));
            }
            _ => return Holds::No,
        }
    }
    match missing {
        Some(kind) => Holds::Unknown(kind),
        None => Holds::Yes { cause, seen: seen.join("，") },
    }
}

/// `B`, `b级`, `Child-Pugh C` -> the letter.
fn grade_letter(text: &str) -> Option<String> {
    let text = text.to_uppercase().replace("CHILD", "").replace("PUGH", "");
    text.chars().find(|c| matches!(c, 'A' | 'B' | 'C')).map(String::from)
}

/// One cause for the same organ, however it was written: eGFR, 慢性肾脏病, N18.
fn organ(when: &Circumstance, illness: &str) -> String {
    let is = |letters: &[&str]| when.icd.iter().any(|c| letters.iter().any(|l| c.starts_with(l)));
    if is(&["N17", "N18", "N19"])
        || ["肾功能", "尿毒症", "肾衰", "慢性肾"].iter().any(|w| illness.contains(w))
    {
        "renal".to_owned()
    } else if is(&["K72", "K74"]) || ["肝硬化", "肝衰"].iter().any(|w| illness.contains(w)) {
        "hepatic".to_owned()
    } else {
        illness.to_owned()
    }
}
