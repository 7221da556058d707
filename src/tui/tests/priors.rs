//! At ordering: the note names a test, one key shows what is there already; recognised, or repeated with a reason.
use super::super::{
    effect::{Answer, PriorWish, Question},
    testing::*,
};
use crate::domain::patient::PatientId;
use crate::domain::share::{
    HubId, ItemId,
    recognition::{Lack, Prior, Repeat, Scope, Verdict},
    trouble::Trouble,
};
use crate::services::clinic::{FoundPriors, LookUp, Looking, PriorShown};

fn prior(uid: &str, issuer: &str, verdict: Verdict) -> PriorShown {
    PriorShown {
        prior: Prior {
            reference: format!("study:{uid}"),
            modality: "CT".into(),
            body_part: "CHEST".into(),
            on: Some(today().plus_days(-4)),
            issuer: issuer.into(),
            ..Prior::default()
        },
        verdict,
        title: "胸部平扫".into(),
        at: if uid == "1.2" { "here".into() } else { "county".into() },
        item: (uid == "1.2").then_some(ItemId(2)),
    }
}

pub fn found() -> FoundPriors {
    let code = "CT-CHEST".to_owned();
    FoundPriors {
        priors: vec![
            prior(
                "1.2",
                "柳溪县人民医院",
                Verdict::Recognisable { code, scope: Scope::CountyUnion, ours: true },
            ),
            prior("1.3", "外省医院", Verdict::Reference(vec![Lack::TooOld, Lack::QualityUnknown])),
        ],
        away: vec![],
    }
}

fn looked_up() -> LookUp {
    let looking =
        Looking { patient: PatientId(7), modality: "CT", body_part: "CHEST", hub: Some(HubId(1)) };
    LookUp::of(looking)
}

pub fn begun() -> Answer {
    Answer::LookUpBegun { begun: Box::new(looked_up()), found: Box::new(found()) }
}

/// A note that orders a chest CT, and what is there of it.
pub fn at_ordering(size: (u16, u16)) -> Bench {
    let mut bench = Bench::in_visit(size);
    bench.types("处理：查胸部CT。");
    bench.press("f11");
    bench.answer(begun());
    bench
}

#[test]
fn the_note_s_order_is_seen_on_plan_and_sign_and_asked_for_by_kind() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f4");
    bench.sees_not("F11");
    bench.press("f2");
    bench.types("处理：查胸部CT。");
    for pane in ["f4", "f6"] {
        bench.press(pane);
        bench.sees("病历里要做 胸部CT：按 F11");
    }
    bench.press("f11");
    let wish =
        PriorWish { patient: PatientId(7), modality: "CT".into(), body_part: "CHEST".into() };
    assert!(
        bench.asked.iter().any(|(_, q)| matches!(q, Question::LookUp(asked) if *asked == wish))
    );
    bench.sees("正在看本站");
    bench.answer(begun());
    for text in ["可互认", "柳溪县人民医院", "CT-CHEST", "没有问上级"] {
        bench.sees(text);
    }
    bench.press("down");
    bench.sees("超过互认时限、质控情况不明");
    // Back in the visit, nothing lost.
    bench.press("esc");
    bench.press("f2");
    bench.sees("处理：查胸");
}

#[test]
fn one_key_recognises_and_what_is_for_reference_only_cannot_be() {
    let mut bench = at_ordering((80, 24));
    bench.press("enter");
    let Some(Question::DecidePrior(decided)) = bench.last_asked().cloned() else { panic!() };
    assert_eq!((decided.item.as_str(), decided.prior.as_str()), ("CT-CHEST", "study:1.2"));
    assert_eq!(decided.repeat, None);
    bench.answer(Answer::PriorDecided(decided));
    bench.sees("已互认：CT-CHEST");
    bench.press("down");
    let before = bench.asked.len();
    bench.press("enter");
    bench.types("4");
    assert_eq!(bench.asked.len(), before);
    // The images that are here are one key away.
    bench.press("up");
    bench.types("v");
    assert!(matches!(bench.last_asked(), Some(Question::StudyImages(ItemId(2)))));
}

#[test]
fn a_repeat_is_kept_only_when_the_patient_was_told_and_the_last_reason_needs_words() {
    let mut bench = at_ordering((80, 24));
    bench.types("4");
    bench.sees("E4");
    bench.sees("已把理由告知患者");
    let before = bench.asked.len();
    bench.press("esc");
    assert_eq!(bench.asked.len(), before, "not told, nothing kept");
    bench.types("6");
    bench.press("enter");
    bench.sees("要写明理由");
    assert_eq!(bench.asked.len(), before);
    bench.types("家属要求");
    bench.press("enter");
    let Some(Question::DecidePrior(decided)) = bench.last_asked() else { panic!() };
    assert_eq!(decided.repeat, Some((Repeat::E6, "家属要求".to_owned())));
}

#[test]
fn a_hub_that_is_away_is_not_taken_for_none() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f11");
    bench.answer(Answer::LookUpBegun { begun: Box::new(looked_up()), found: Box::default() });
    bench.sees("没有已有结果");
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f11");
    let away = vec![("county".to_owned(), Trouble::Away("refused".to_owned()))];
    let found = Box::new(FoundPriors { priors: vec![], away });
    bench.answer(Answer::LookUpBegun { begun: Box::new(looked_up()), found });
    bench.sees("不等于没有");
    bench.sees_not("可以开单");
}
