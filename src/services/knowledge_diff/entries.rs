//! Entry by entry: added, removed, changed, and what about it.
mod follow_up;

use std::collections::BTreeMap;

use super::{Change, How, Thing};
use crate::domain::catalog::{
    Catalog,
    condition::{Condition, Section},
    finding::FindingIx,
    formulary::{Amount, Circumstance, Dose, Drug, Interaction, Limit, RxRule},
    guideline::Guideline,
    measurement::Measurement,
    red_flag::{Clause, RedFlag},
};

/// More sentences than this about one entry are counted, not shown.
const MOST_DETAILS: usize = 40;

pub(super) fn compare(old: &Catalog, new: &Catalog) -> Vec<Change> {
    let mut changes = vec![];
    let sides = (old, new);
    each(
        (Thing::Finding, &mut changes),
        (&old.findings, &new.findings),
        (|f| f.id.clone(), |f| f.zh.clone()),
        &|a, b| words("写法", &a.synonyms, &b.synonyms),
    );
    each(
        (Thing::Measurement, &mut changes),
        (&old.measurements, &new.measurements),
        (|m| m.id.clone(), |m| m.zh.clone()),
        &|a, b| measurement(sides, a, b),
    );
    each(
        (Thing::Condition, &mut changes),
        (&old.conditions, &new.conditions),
        (|c| c.id.clone(), |c| c.zh.clone()),
        &|a, b| condition(sides, a, b),
    );
    each(
        (Thing::RedFlag, &mut changes),
        (&old.red_flags, &new.red_flags),
        (|r| r.id.clone(), |r| r.zh.clone()),
        &|a, b| red_flag(sides, a, b),
    );
    each(
        (Thing::Drug, &mut changes),
        (&old.formulary.drugs, &new.formulary.drugs),
        (|d| d.id.clone(), |d| d.zh.clone()),
        &|a, b| drug(a, b),
    );
    each(
        (Thing::Interaction, &mut changes),
        (&old.formulary.interactions, &new.formulary.interactions),
        (|i| format!("{}+{}", i.a, i.b), |i| format!("{} + {}", i.a, i.b)),
        &|a, b| interaction(a, b),
    );
    each(
        (Thing::RxRule, &mut changes),
        (&old.formulary.rules, &new.formulary.rules),
        (|r| r.id.clone(), |r| r.limit.why.chars().take(24).collect()),
        &|a, b| rx_rule(a, b),
    );
    each(
        (Thing::Guideline, &mut changes),
        (&old.guidelines, &new.guidelines),
        (|g| g.id.clone(), |g| g.title.clone()),
        &|a, b| guideline(a, b),
    );
    each(
        (Thing::FollowUp, &mut changes),
        (&old.follow_up.tables, &new.follow_up.tables),
        (|t| t.id.clone(), |t| t.zh.clone()),
        &|a, b| follow_up::table(a, b),
    );
    changes
}

type Names<T> = (fn(&T) -> String, fn(&T) -> String);

fn each<T>(
    (thing, changes): (Thing, &mut Vec<Change>),
    (old, new): (&[T], &[T]),
    (id, name): Names<T>,
    details: &dyn Fn(&T, &T) -> Vec<String>,
) {
    let by_id = |list: &'_ [T]| -> BTreeMap<String, usize> {
        list.iter().enumerate().map(|(n, entry)| (id(entry), n)).collect()
    };
    let (before, after) = (by_id(old), by_id(new));
    let mut say = |how, id: &String, entry: &T, mut details: Vec<String>| {
        if details.len() > MOST_DETAILS {
            let rest = details.len() - MOST_DETAILS;
            details.truncate(MOST_DETAILS);
            details.push(format!("……另有 {rest} 处"));
        }
        changes.push(Change { thing, how, id: id.clone(), name: name(entry), details });
    };
    for (id, n) in &after {
        match before.get(id) {
            None => say(How::Added, id, &new[*n], vec![]),
            Some(o) => {
                let details = details(&old[*o], &new[*n]);
                if !details.is_empty() {
                    say(How::Changed, id, &new[*n], details);
                }
            }
        }
    }
    for (id, n) in before.iter().filter(|(id, _)| !after.contains_key(*id)) {
        say(How::Removed, id, &old[*n], vec![]);
    }
}

/// One value that is not what it was.
fn value(details: &mut Vec<String>, what: &str, (a, b): (String, String)) {
    if a != b {
        let or_none = |text: String| if text.is_empty() { "无".to_owned() } else { text };
        details.push(format!("{what} {} → {}", or_none(a), or_none(b)));
    }
}

/// Words that came and went in a list.
fn words(what: &str, a: &[String], b: &[String]) -> Vec<String> {
    let mut details = vec![];
    for (sign, from, to) in [("增", b, a), ("减", a, b)] {
        let gone: Vec<&str> =
            from.iter().filter(|word| !to.contains(word)).map(String::as_str).collect();
        if !gone.is_empty() {
            details.push(format!("{what}{sign}：{}", gone.join("、")));
        }
    }
    details
}

fn sections(a: &[Section], b: &[Section]) -> Vec<String> {
    let text = |list: &[Section], title: &str| {
        list.iter().find(|s| s.title == title).map(|s| s.text.clone())
    };
    let mut details = vec![];
    for section in b {
        match text(a, &section.title) {
            None => details.push(format!("新增“{}”一节", section.title)),
            Some(was) if was != section.text => {
                details.push(format!(
                    "“{}”改为：{}",
                    section.title,
                    section.text.replace('\n', " ")
                ));
            }
            Some(_) => {}
        }
    }
    for section in a.iter().filter(|s| text(b, &s.title).is_none()) {
        details.push(format!("删去“{}”一节", section.title));
    }
    details
}

fn named(catalog: &Catalog, ix: FindingIx) -> String {
    catalog.finding(ix).zh.clone()
}

fn days(days: u32) -> String {
    match days {
        u32::MAX => "不限".to_owned(),
        0 => "出生".to_owned(),
        d if d >= 365 * 2 => format!("{:.0}岁", f64::from(d) / 365.25),
        d => format!("{d}天"),
    }
}

fn measurement((old, new): (&Catalog, &Catalog), a: &Measurement, b: &Measurement) -> Vec<String> {
    let mut details = vec![];
    value(&mut details, "单位", (a.unit.clone(), b.unit.clone()));
    let range = |m: &Measurement| format!("{}–{}", m.plausible.0, m.plausible.1);
    value(&mut details, "可信范围", (range(a), range(b)));
    let bands = |catalog: &Catalog, m: &Measurement| {
        let mut bands: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for band in &m.bands {
            let sign = if band.present { "有" } else { "无" };
            let of = format!(
                "{sign}“{}”（{:?} {}至{} 孕{:?}）",
                named(catalog, band.finding),
                band.sex,
                days(band.age_min_days),
                days(band.age_max_days),
                band.pregnant
            );
            bands.entry(of).or_default().push(format!("{}≤x<{}", band.min, band.max));
        }
        bands
    };
    let (before, after) = (bands(old, a), bands(new, b));
    for key in before.keys().chain(after.keys().filter(|k| !before.contains_key(*k))) {
        let shown = |bands: &BTreeMap<String, Vec<String>>| {
            bands.get(key).map(|list| list.join("、")).unwrap_or_default()
        };
        value(&mut details, &format!("界值 {key}"), (shown(&before), shown(&after)));
    }
    details
}

fn condition((old, new): (&Catalog, &Catalog), a: &Condition, b: &Condition) -> Vec<String> {
    let mut details = vec![];
    value(&mut details, "名称", (a.zh.clone(), b.zh.clone()));
    value(&mut details, "ICD-10", (a.icd10.join("、"), b.icd10.join("、")));
    value(&mut details, "紧急程度", (a.urgency.id().to_owned(), b.urgency.id().to_owned()));
    let yes = |yes: bool| if yes { "是" } else { "否" }.to_owned();
    value(&mut details, "勿漏病", (yes(a.must_not_miss), yes(b.must_not_miss)));
    value(
        &mut details,
        "法定报告",
        (a.notifiable.clone().unwrap_or_default(), b.notifiable.clone().unwrap_or_default()),
    );
    let prior = |c: &Condition| c.prior.map(|p| format!("{p:.5}")).join(" ");
    value(&mut details, "各年龄段基础比例", (prior(a), prior(b)));
    details.extend(words("别名", &a.synonyms, &b.synonyms));
    details.extend(words("药品", &a.drugs, &b.drugs));
    let findings = |catalog: &Catalog, c: &Condition| -> BTreeMap<String, String> {
        c.findings.iter().map(|(f, often)| (named(catalog, *f), format!("{often:?}"))).collect()
    };
    maps(&mut details, "所见", (&findings(old, a), &findings(new, b)));
    let risks = |catalog: &Catalog, c: &Condition| -> BTreeMap<String, String> {
        c.risks.iter().map(|(f, how)| (named(catalog, *f), format!("{how:?}"))).collect()
    };
    maps(&mut details, "危险因素", (&risks(old, a), &risks(new, b)));
    details.extend(sections(&a.sections, &b.sections));
    details.extend(words("来源", &a.sources, &b.sources));
    details
}

fn maps(
    details: &mut Vec<String>,
    what: &str,
    (a, b): (&BTreeMap<String, String>, &BTreeMap<String, String>),
) {
    for (key, after) in b {
        match a.get(key) {
            None => details.push(format!("{what}增：{key}（{after}）")),
            Some(before) if before != after => {
                details.push(format!("{what}“{key}” {before} → {after}"));
            }
            Some(_) => {}
        }
    }
    let gone: Vec<&str> = a.keys().filter(|k| !b.contains_key(*k)).map(String::as_str).collect();
    if !gone.is_empty() {
        details.push(format!("{what}减：{}", gone.join("、")));
    }
}

fn clause(catalog: &Catalog, clause: &Clause) -> String {
    let names = |list: &[FindingIx]| {
        list.iter().map(|ix| named(catalog, *ix)).collect::<Vec<_>>().join("、")
    };
    let mut parts = vec![];
    if !clause.all.is_empty() {
        parts.push(format!("同时有 {}", names(&clause.all)));
    }
    if !clause.any.is_empty() {
        parts.push(format!("{} 中至少 {} 项", names(&clause.any), clause.at_least));
    }
    if !clause.none.is_empty() {
        parts.push(format!("没有 {}", names(&clause.none)));
    }
    if clause.age_min_days > 0 || clause.age_max_days < u32::MAX {
        parts.push(format!("{}至{}", days(clause.age_min_days), days(clause.age_max_days)));
    }
    if clause.pregnant {
        parts.push("妊娠".to_owned());
    }
    parts.push(format!("{:?}", clause.sex));
    parts.extend(clause.onset.iter().map(|o| o.id().to_owned()));
    parts.join("，")
}

fn red_flag((old, new): (&Catalog, &Catalog), a: &RedFlag, b: &RedFlag) -> Vec<String> {
    let mut details = vec![];
    value(&mut details, "名称", (a.zh.clone(), b.zh.clone()));
    value(&mut details, "级别", (a.level.id().to_owned(), b.level.id().to_owned()));
    let clauses = |catalog: &Catalog, rule: &RedFlag| -> Vec<String> {
        rule.when.iter().map(|c| clause(catalog, c)).collect()
    };
    details.extend(words("触发条件", &clauses(old, a), &clauses(new, b)));
    value(&mut details, "原因", (a.why.clone(), b.why.clone()));
    value(&mut details, "先做", (a.first_steps.clone(), b.first_steps.clone()));
    value(
        &mut details,
        "呼叫",
        (a.call.clone().unwrap_or_default(), b.call.clone().unwrap_or_default()),
    );
    details.extend(words("病种", &a.conditions, &b.conditions));
    details.extend(words("来源", &a.sources, &b.sources));
    details
}

fn amount(amount: Option<&Amount>) -> String {
    amount.map_or_else(String::new, |a| {
        if a.min.total_cmp(&a.max).is_eq() {
            format!("{} {}", a.min, a.unit)
        } else {
            format!("{}–{} {}", a.min, a.max, a.unit)
        }
    })
}

fn doses(drug: &Drug) -> BTreeMap<String, &Dose> {
    drug.doses
        .iter()
        .map(|d| {
            let of = format!(
                "{}{}{}至{}",
                d.route,
                if d.indication.is_empty() {
                    String::new()
                } else {
                    format!("（{}）", d.indication)
                },
                days(d.age_min_days),
                days(d.age_max_days)
            );
            (of, d)
        })
        .collect()
}

fn drug(a: &Drug, b: &Drug) -> Vec<String> {
    let mut details = vec![];
    value(&mut details, "名称", (a.zh.clone(), b.zh.clone()));
    let (before, after) = (doses(a), doses(b));
    for (of, dose) in &after {
        let Some(was) = before.get(of) else {
            details.push(format!("剂量新增：{of} 单次 {}", amount(dose.single.as_ref())));
            continue;
        };
        for (what, a, b) in [
            ("单次", &was.single, &dose.single),
            ("单次每kg", &was.single_kg, &dose.single_kg),
            ("每日", &was.daily, &dose.daily),
            ("每日每kg", &was.daily_kg, &dose.daily_kg),
        ] {
            let both = (amount(a.as_ref()), amount(b.as_ref()));
            value(&mut details, &format!("{of} {what}"), both);
        }
        let both = (was.frequency.join("/"), dose.frequency.join("/"));
        value(&mut details, &format!("{of} 频次"), both);
        let course =
            |d: &Dose| d.course_days.map_or_else(String::new, |(a, b)| format!("{a}–{b}天"));
        value(&mut details, &format!("{of} 疗程"), (course(was), course(dose)));
    }
    for of in before.keys().filter(|of| !after.contains_key(*of)) {
        details.push(format!("剂量删去：{of}"));
    }
    let limits = |drug: &Drug| -> Vec<String> { drug.limits.iter().map(limit).collect() };
    details.extend(words("限制", &limits(a), &limits(b)));
    value(
        &mut details,
        "孕早/中/晚期",
        (format!("{:?}", a.pregnancy), format!("{:?}", b.pregnancy)),
    );
    value(&mut details, "哺乳", (format!("{:?}", a.lactation), format!("{:?}", b.lactation)));
    value(&mut details, "皮试", (a.skin_test.clone(), b.skin_test.clone()));
    details.extend(words("类别", &a.classes, &b.classes));
    details.extend(sections(&a.sections, &b.sections));
    details
}

fn limit(limit: &Limit) -> String {
    let mut text = format!("【{}】{}", limit.tier.zh(), limit.why);
    let when = circumstance(&limit.when);
    if !when.is_empty() {
        text = format!("{text}（{when}）");
    }
    if !limit.instead.is_empty() {
        text = format!("{text}；改用 {}", limit.instead);
    }
    text
}

fn circumstance(when: &Circumstance) -> String {
    let mut parts: Vec<String> = vec![];
    parts.extend(when.icd.iter().map(|icd| format!("诊断 {icd}")));
    parts.extend(when.says.iter().cloned());
    parts.extend(when.not_icd.iter().map(|icd| format!("无 {icd}")));
    parts.extend(when.age_below_days.map(|d| format!("小于 {}", days(d))));
    parts.extend(when.age_from_days.map(|d| format!("{} 起", days(d))));
    parts.extend(when.egfr_below.map(|v| format!("eGFR<{v}")));
    parts.extend(when.lab.as_ref().map(|(name, sign, v)| format!("{name}{sign}{v}")));
    parts.extend(when.daily_over.as_ref().map(|a| format!("每日超过 {}", amount(Some(a)))));
    parts.extend(when.days_over.map(|d| format!("超过 {d} 天")));
    if !when.pregnant.is_empty() {
        parts.push(format!("妊娠 {}", when.pregnant));
    }
    if when.lactating {
        parts.push("哺乳".to_owned());
    }
    parts.extend(when.child_pugh.iter().map(|c| format!("Child-Pugh {c}")));
    parts.extend(when.route.iter().cloned());
    parts.extend(when.setting.iter().cloned());
    parts.join("，")
}

fn interaction(a: &Interaction, b: &Interaction) -> Vec<String> {
    let mut details = vec![];
    value(&mut details, "级别", (a.tier.zh().to_owned(), b.tier.zh().to_owned()));
    value(&mut details, "作用", (a.effect.clone(), b.effect.clone()));
    value(&mut details, "处理", (a.advice.clone(), b.advice.clone()));
    value(&mut details, "来源", (a.source.clone(), b.source.clone()));
    details
}

fn rx_rule(a: &RxRule, b: &RxRule) -> Vec<String> {
    let mut details = vec![];
    value(&mut details, "规则", (limit(&a.limit), limit(&b.limit)));
    details.extend(words("药品", &a.drugs, &b.drugs));
    details.extend(words("合用", &a.with, &b.with));
    details.extend(words("溶媒", &a.solvent_not, &b.solvent_not));
    details.extend(words("溶媒", &a.solvent_is, &b.solvent_is));
    details
}

fn guideline(a: &Guideline, b: &Guideline) -> Vec<String> {
    let mut details = vec![];
    value(&mut details, "题名", (a.title.clone(), b.title.clone()));
    value(&mut details, "年份", (a.year.to_string(), b.year.to_string()));
    let valid = |g: &Guideline| g.valid_until.map_or_else(String::new, |day| day.to_string());
    value(&mut details, "有效至", (valid(a), valid(b)));
    let texts = |g: &Guideline| -> Vec<String> {
        g.paragraphs.iter().map(|p| format!("〔{}〕{}", p.section, p.text)).collect()
    };
    details.extend(words("段落", &texts(a), &texts(b)));
    details
}
