//! Runs the cases beside the follow-up tables: each row fires where it must and is silent where it must be.
use crate::domain::age::{Day, Sex};
use crate::domain::catalog::Catalog;
use crate::domain::catalog::follow_up::{FollowUpBook, Kind, Table};
use crate::domain::followup::{self, Case, Mode, Occasion, Outcome, Person, Provenance, Screened};
use crate::knowledge::cases::CaseBook;
use crate::knowledge::format_follow_up::{FollowUpCase, PastHead};
use crate::knowledge::lint::{Lint, LintId};
use crate::services::knowledge_base::CaseRun;

/// A case that does not say its day.
const DAY: &str = "2026-05-12";
const AGE: f64 = 60.0;

pub fn run(catalog: &Catalog, cases: &CaseBook) -> CaseRun {
    let book = &catalog.follow_up;
    let mut run = CaseRun::default();
    for (id, list) in &cases.follow_up {
        let path = format!("rules/followup/{id}.cases.toml");
        let Some(table) = book.tables.iter().find(|t| t.id == *id) else {
            run.failures.push(failure(&path, format!("没有表 {id}")));
            continue;
        };
        for (n, case) in list.iter().enumerate() {
            run.ran += 1;
            let wrong = match case_of(book, table, case) {
                Ok(facts) => check(book, table, (case, &facts)),
                Err(what) => vec![what],
            };
            let name = [case.rule.as_deref().unwrap_or(""), &case.name].join(" ");
            for what in wrong {
                run.failures.push(failure(&path, format!("第 {} 例 {name}：{what}", n + 1)));
            }
        }
    }
    run
}

fn failure(path: &str, what: String) -> Lint {
    Lint {
        id: LintId::CaseFails,
        path: path.to_owned(),
        line: 1,
        what,
        cure: "改规则或改病例，说明理由".into(),
    }
}

fn case_of(book: &FollowUpBook, table: &Table, case: &FollowUpCase) -> Result<Case, String> {
    let day = day(case.date.as_deref().unwrap_or(DAY))?;
    let mut person = Person {
        sex: case.sex.as_deref().and_then(Sex::parse).unwrap_or(Sex::Male),
        birth: case.birth.as_deref().map(self::day).transpose()?,
        annual_check: case.annual_check.as_deref().map(self::day).transpose()?,
        ..Person::default()
    };
    if person.birth.is_none() {
        person.age_years = Some(case.age.unwrap_or(AGE));
    }
    let mut visit = occasion(day, case.mode.as_deref(), (&case.n, &case.signs))?;
    for tick in &case.ticks {
        let fields = table.fields.iter().filter(|f| f.id == "symptoms");
        let choice = fields.flat_map(|f| &f.choices).find(|c| c.code == *tick);
        let choice = choice.ok_or_else(|| format!("症状没有代码 {tick}"))?;
        visit.signs.extend(choice.signs.iter().cloned());
    }
    for sign in &visit.signs {
        if book.sign(sign).is_none() {
            return Err(format!("征象不存在：{sign}"));
        }
    }
    let history = case.history.iter().map(past).collect::<Result<_, _>>()?;
    Ok(Case { person, visit, history, region: table.region.clone() })
}

fn past(head: &PastHead) -> Result<Occasion, String> {
    let mut occasion = occasion(day(&head.date)?, head.mode.as_deref(), (&head.n, &head.signs))?;
    occasion.classes.extend(head.class.map(|class| (None, class)));
    Ok(occasion)
}

fn occasion(
    day: Day,
    mode: Option<&str>,
    (numbers, signs): (&std::collections::BTreeMap<String, f64>, &[String]),
) -> Result<Occasion, String> {
    let mut occasion = Occasion::on(day);
    occasion.mode = Some(match mode {
        None => Mode::Clinic,
        Some(word) => Mode::parse(word).ok_or_else(|| format!("方式不认识：{word}"))?,
    });
    for (name, value) in numbers {
        occasion.set(name, *value, Provenance::Typed);
    }
    occasion.signs.extend(signs.iter().cloned());
    Ok(occasion)
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| format!("日期不存在：{text}"))
}

fn check(book: &FollowUpBook, table: &Table, (case, facts): (&FollowUpCase, &Case)) -> Vec<String> {
    match table.kind {
        Kind::Screening => match followup::screen(book, &table.programme, facts) {
            Some(screened) if screened.table == table.id => check_screened(case, &screened),
            _ => vec!["这张表没有被选用".to_owned()],
        },
        Kind::Programme | Kind::Clinical => {
            match followup::evaluate(book, &table.programme, facts) {
                Some(outcome) => check_outcome(table, case, &outcome),
                None => vec!["这一天没有可用的表".to_owned()],
            }
        }
    }
}

fn check_screened(case: &FollowUpCase, screened: &Screened) -> Vec<String> {
    let mut wrong = fires(case, &screened.rules);
    let next = screened.next.as_ref().map(|n| n.on.to_string());
    let task = screened.task.as_ref().map(|t| t.due.to_string());
    expect(&mut wrong, "下次", case.next.as_ref(), next.as_ref());
    expect(&mut wrong, "任务", case.task.as_ref(), task.as_ref());
    let referral = screened.referral.id().to_owned();
    expect(&mut wrong, "转诊", case.referral.as_ref(), Some(&referral));
    expect(&mut wrong, "范围", case.in_scope.as_ref(), screened.in_scope.as_ref());
    wrong
}

fn check_outcome(table: &Table, case: &FollowUpCase, outcome: &Outcome) -> Vec<String> {
    let mut wrong = vec![];
    let (mut rules, mut target) = (outcome.rules.clone(), outcome.target.clone());
    if table.kind == Kind::Clinical {
        let Some(profile) = outcome.clinical.iter().find(|c| c.profile == table.id) else {
            return vec!["这份指南没有被选用".to_owned()];
        };
        rules = vec![format!("target/{}", profile.target_id)];
        target.clone_from(&profile.target);
        expect(&mut wrong, "达标", case.at_target.as_ref(), profile.at_target.as_ref());
    } else if outcome.table != table.id {
        return vec![format!("选用了 {}", outcome.table)];
    }
    wrong.extend(fires(case, &rules));
    let next = outcome.next.as_ref().map(|n| n.on.to_string());
    let task = outcome.task.as_ref().map(|t| t.due.to_string());
    expect(&mut wrong, "分类", case.class.as_ref(), outcome.class.as_ref());
    expect(&mut wrong, "下次", case.next.as_ref(), next.as_ref());
    expect(&mut wrong, "任务", case.task.as_ref(), task.as_ref());
    let referral = outcome.referral.id().to_owned();
    expect(&mut wrong, "转诊", case.referral.as_ref(), Some(&referral));
    expect(&mut wrong, "控制", case.controlled.as_ref(), outcome.controlled.as_ref());
    expect(&mut wrong, "目标", case.target.as_ref(), Some(&target));
    expect(&mut wrong, "次数", case.visits.as_ref(), Some(&outcome.year.face_to_face));
    let due = outcome.annual_check_due;
    expect(&mut wrong, "年检", case.annual_check_due.as_ref(), Some(&due));
    expect(&mut wrong, "范围", case.in_scope.as_ref(), outcome.in_scope.as_ref());
    expect(&mut wrong, "不能分类", case.unclassed.as_ref(), Some(&outcome.class.is_none()));
    wrong
}

fn fires(case: &FollowUpCase, rules: &[String]) -> Vec<String> {
    let Some(rule) = &case.rule else { return vec![] };
    let fired = rules.iter().any(|r| r == rule);
    if fired == case.fires {
        return vec![];
    }
    let what = if case.fires { "应报未报" } else { "不应报却报了" };
    vec![format!("{what}（报了 {}）", rules.join(" "))]
}

fn expect<T: PartialEq + std::fmt::Debug>(
    wrong: &mut Vec<String>,
    what: &str,
    want: Option<&T>,
    got: Option<&T>,
) {
    if want.is_some() && want != got {
        wrong.push(format!("{what} 应为 {want:?}，得 {got:?}"));
    }
}
