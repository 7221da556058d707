//! Searching: what is one key away, the way back, filters, the clinic's own papers, from a cause and an alert to the text.
use std::sync::Arc;

use super::super::{
    effect::{Answer, GuideQuestion, Question, Topic},
    testing::*,
};
use crate::{
    domain::visit::AlertTier,
    services::{
        failure::{Failure, Kind as FailureKind},
        library::{Entry, Hit, Kind, Related, Support},
    },
};

pub fn hits() -> Vec<Hit> {
    vec![Hit {
        doc: "htn/03".into(),
        title: "国家基层高血压防治管理指南".into(),
        section: "转诊".into(),
        text: "收缩压≥180mmHg和（或）舒张压≥110mmHg伴症状者，立即转诊。".into(),
        highlights: vec![0..3, 4..6],
        source: "htn".into(),
        source_title: Some("国家基层高血压防治管理指南".into()),
        place: "第6章".into(),
        year: Some(2020),
        newer_edition: None,
        kind: Kind::Guideline,
        valid_until: None,
        doubtful: false,
        audience: vec![],
        added: None,
        related: Related::default(),
        status: Some(crate::domain::catalog::Status::Trial),
        score: 1.0,
        every_word: true,
    }]
}

/// A paper of the clinic, and a summary that is out of date, older than its successor, and not settled.
pub fn local_hits() -> Vec<Hit> {
    let entry = |id: &str, name: &str| Entry { id: id.into(), name: name.into() };
    let own = Hit {
        doc: "local:3".into(),
        title: "柳溪镇高血压转诊流程".into(),
        section: "二、上转".into(),
        text: "血压≥180/110伴头痛呕吐，联系县医院心内科。".into(),
        highlights: vec![],
        source: "local".into(),
        source_title: Some("柳溪镇高血压转诊流程".into()),
        place: "第2页".into(),
        year: Some(2024),
        added: Some(("wang".into(), morning().day())),
        kind: Kind::Local,
        status: None,
        related: Related {
            conditions: vec![entry("hypertension", "高血压病")],
            drugs: vec![entry("nifedipine", "硝苯地平")],
            rules: vec![entry("rule:hypertensive-emergency", "高血压急症")],
        },
        ..hits().remove(0)
    };
    let old = Hit {
        valid_until: morning().plus_days(-30).day().into(),
        newer_edition: Some(2025),
        doubtful: true,
        ..hits().remove(0)
    };
    vec![own, old]
}

fn searching() -> Bench {
    let mut bench = Bench::in_visit((100, 30));
    bench.press("ctrl-f");
    bench.types("gxy");
    bench.answer(Answer::Hits(local_hits()));
    bench
}

fn asked(bench: &Bench) -> &GuideQuestion {
    match bench.last_asked() {
        Some(Question::Guide(question)) => question,
        other => panic!("not asked of the base: {other:?}"),
    }
}

#[test]
fn a_paper_of_the_clinic_says_that_it_is_one_and_who_added_it() {
    let mut bench = searching();
    for text in ["[本单位] 柳溪镇高血压转诊流程", "第2页", "wang 于 2026-11-24 添加"]
    {
        bench.sees(text);
    }
    bench.sees_not("试用");
}

#[test]
fn out_of_date_superseded_and_unsettled_are_said() {
    let mut bench = searching();
    bench.press("down");
    for text in ["已过有效期 2026-10-25，请核对原文", "已有 2025 年新版", "说法未统一", "试用"]
    {
        bench.sees(text);
    }
}

#[test]
fn what_is_related_is_one_digit_away_and_escape_leads_back() {
    let mut bench = searching();
    bench.sees("1 高血压病");
    // In the field a digit is typed, not followed.
    bench.press("tab");
    bench.press("2");
    assert_eq!(*asked(&bench), GuideQuestion::Entry("nifedipine".into()));
    bench.sees("条目：硝苯地平");
    bench.answer(Answer::Hits(hits()));
    bench.press("esc");
    bench.sees("柳溪镇高血压转诊流程");
    bench.press("3");
    assert_eq!(*asked(&bench), GuideQuestion::Entry("rule:hypertensive-emergency".into()));
    bench.answer(Answer::Hits(hits()));
    bench.press("esc");
    bench.press("esc");
    bench.sees_not("指南检索");
}

#[test]
fn filters_are_one_key_each_and_are_shown() {
    let mut bench = searching();
    bench.press("tab");
    for _ in 0..4 {
        bench.press("k");
    }
    let GuideQuestion::Words { typed, filter } = asked(&bench) else { panic!() };
    assert_eq!((typed.as_str(), filter.kind), ("gxy", Some(Kind::Local)));
    bench.answer(Answer::Hits(local_hits()));
    bench.press("y");
    bench.press("a");
    bench.press("d");
    bench.press("s");
    let GuideQuestion::Words { filter, .. } = asked(&bench) else { panic!() };
    assert_eq!(filter.year_from, Some(2023));
    assert_eq!(filter.audience.as_deref(), Some("village"));
    assert_eq!(filter.disease.as_deref(), Some("hypertension"));
    assert_eq!(filter.source.as_deref(), Some("local"));
    bench.sees("只看 本单位 · 2023 年以后 · 高血压病 · local · 村卫生室");
}

#[test]
fn from_a_cause_a_danger_and_an_alert_one_key_leads_to_what_supports_it() {
    let mut bench = Bench::in_visit((100, 30));
    bench.press("f3");
    bench.press("g");
    // The right half tells of the dangers first.
    assert!(
        matches!(asked(&bench), GuideQuestion::Support(Support::Rule(_))),
        "{:?}",
        asked(&bench)
    );
    bench.answer(Answer::Hits(hits()));
    bench.sees("依据：");
    bench.press("esc");
    bench.press("tab");
    bench.press("g");
    assert!(
        matches!(asked(&bench), GuideQuestion::Support(Support::Condition(_))),
        "{:?}",
        asked(&bench)
    );
    bench.press("esc");

    let mut bench = Bench::with_drug((100, 30), &[AlertTier::Note]);
    bench.press("ctrl-y");
    let GuideQuestion::Support(Support::Alert { rule, drugs, message }) = asked(&bench) else {
        panic!("{:?}", bench.last_asked())
    };
    assert!(!rule.is_empty() && !drugs.is_empty() && !message.is_empty());
    bench.answer(Answer::Hits(vec![]));
    bench.sees("知识库里没有支持它的段落");
}

#[test]
fn own_papers_go_to_the_search_after_sign_in_and_leave_it_with_the_person() {
    let mut bench = Bench::new((80, 24), Some(vec!["wang".into()]));
    bench.answer(knowledge());
    bench.types("x");
    bench.press("enter");
    bench.answer(Answer::SignedIn { me: me(), recovery_key: None });
    bench.answer(Answer::Papers(Arc::default()));
    assert!(matches!(bench.last_asked(), Some(Question::Shelve(_))), "{:?}", bench.last_asked());
    // A failure to read them is no message on the screen.
    bench.state.shared.toast = None;
    let failure = Failure::new(FailureKind::Data, "坏了", "broken");
    bench.answer(Answer::Failed(Topic::Papers, failure));
    assert!(bench.state.shared.toast.is_none());
    bench.press("ctrl-o");
    bench.press("y");
    bench.answer(Answer::SignedOut);
    assert!(
        matches!(bench.last_asked(), Some(Question::Shelve(papers)) if papers.is_empty()),
        "{:?}",
        bench.last_asked()
    );
}
