//! What changes in a follow-up table: who belongs, thresholds, danger signs, classes, plans, dates.
use super::{value, words};
use crate::domain::catalog::follow_up::{Compare, SignRow, Table, TargetRow, Term, When, Within};

pub(super) fn table(a: &Table, b: &Table) -> Vec<String> {
    let mut details = vec![];
    value(&mut details, "起用", (a.valid_from.to_string(), b.valid_from.to_string()));
    value(&mut details, "地区", (a.region.clone(), b.region.clone()));
    let age = |t: &Table| t.age_from.map_or_else(String::new, |years| format!("{years}岁起"));
    value(&mut details, "年龄", (age(a), age(b)));
    let a_year =
        |t: &Table| format!("面对面 {} 次、共 {} 次", t.face_to_face_a_year, t.visits_a_year);
    value(&mut details, "每年随访", (a_year(a), a_year(b)));
    details.extend(words("必填", &a.required, &b.required));
    details.extend(words("目标", &targets(a), &targets(b)));
    details.extend(words("危险情况", &signs(&a.dangers), &signs(&b.dangers)));
    details.extend(words("要问", &signs(&a.asks), &signs(&b.asks)));
    details.extend(words("高危因素", &signs(&a.risks), &signs(&b.risks)));
    let classes = |t: &Table| -> Vec<String> {
        t.classes.iter().map(|c| format!("{}{}：{}", c.code, c.zh, when(&c.when))).collect()
    };
    details.extend(words("分类", &classes(a), &classes(b)));
    details.extend(words("处理", &plans(a), &plans(b)));
    let milestones = |t: &Table| -> Vec<String> {
        t.milestones
            .iter()
            .map(|m| format!("{}（{} {}–{}）{}", m.zh, m.clock, m.from, m.to, m.what))
            .collect()
    };
    details.extend(words("时间点", &milestones(a), &milestones(b)));
    details.extend(words("每次都说", &a.always, &b.always));
    value(&mut details, "来源", (a.source.clone(), b.source.clone()));
    details
}

fn targets(table: &Table) -> Vec<String> {
    let told = |t: &TargetRow| format!("{}（{}；达标：{}）", t.zh, when(&t.who), when(&t.met));
    table.targets.iter().map(told).collect()
}

fn signs(rows: &[SignRow]) -> Vec<String> {
    rows.iter().map(|row| format!("{}（{}）", row.zh, when(&row.when))).collect()
}

fn plans(table: &Table) -> Vec<String> {
    table
        .plans
        .iter()
        .map(|p| {
            let within = match p.within {
                Within::Days(days) => format!("{days}天内"),
                Within::Months(months) => format!("{months}个月内"),
                Within::Milestone => "按时间点".to_owned(),
            };
            format!("{}：{} {within} {}", when(&p.when), p.referral.zh(), p.say)
        })
        .collect()
}

fn when(when: &When) -> String {
    let clause = |terms: &Vec<Term>| terms.iter().map(term).collect::<Vec<_>>().join("且");
    let all: Vec<String> = when.0.iter().map(clause).collect();
    if all.iter().all(String::is_empty) { "其余".to_owned() } else { all.join(" 或 ") }
}

fn term(term: &Term) -> String {
    match term {
        Term::Number { name, compare, value } => {
            let sign = match compare {
                Compare::Below => "<",
                Compare::AtMost => "≤",
                Compare::AtLeast => "≥",
                Compare::Above => ">",
            };
            format!("{name}{sign}{value}")
        }
        Term::Sign { name, wanted: true } => name.clone(),
        Term::Sign { name, wanted: false } => format!("非{name}"),
    }
}
