//! Upload from the screens: one key, bill after bill, while other screens go on.
use super::{
    super::testing_stock::*,
    store_room::{opened, uploading},
};
use crate::{
    domain::trace::bill::Target,
    services::trace_upload::Round,
    tui::effect::{Answer, Question, Topic},
};

#[test]
fn one_key_sends_bill_after_bill_while_other_screens_go_on() {
    let mut bench = uploading((80, 24));
    for words in ["药品追溯码不在本企业库存", "怎么办：核对这一盒", "已超期 3 小时", "还剩 20 小时"]
    {
        bench.sees(words);
    }
    bench.types("u");
    assert!(matches!(bench.last_asked(), Some(Question::UploadNext { first: true, .. })));
    bench.answer(Answer::BillTaken { parcel: Some(Box::new(parcel())), round: Box::default() });
    assert!(matches!(bench.last_asked(), Some(Question::Deliver(_))));
    // Back to the patients; the line is slow.
    bench.press("esc");
    bench.press("esc");
    bench.sees("候诊");
    let bell = bench.bells.len();
    bench.answer(Answer::Delivered {
        parcel: Box::new(parcel()),
        answer: Box::new(platform_says(true)),
    });
    assert!(matches!(bench.last_asked(), Some(Question::BillCameBack { .. })));
    bench.answer(Answer::BillKept);
    let Some(Question::UploadNext { round, first: false }) = bench.last_asked() else { panic!() };
    assert_eq!(round.accepted, 1);
    let round =
        Box::new(Round { accepted: 1, unreached: vec![Target::Insurance], ..Round::default() });
    bench.answer(Answer::BillTaken { parcel: None, round });
    bench.sees("办成 1");
    bench.sees("医保连不上");
    assert!(bench.state.shared.upload.is_none() && bench.bells.len() == bell);
}

#[test]
fn a_round_that_fails_ends_and_can_be_started_again() {
    let mut bench = uploading((80, 24));
    bench.types("u");
    let failure = crate::services::failure::Failure::new(
        crate::services::failure::Kind::Config,
        "配置有误。",
        "bad profile",
    );
    bench.answer(Answer::Failed(Topic::Upload, failure));
    bench.sees("配置有误");
    bench.types("u");
    let starts =
        bench.asked.iter().filter(|(_, q)| matches!(q, Question::UploadNext { first: true, .. }));
    assert_eq!(starts.count(), 2);
}

#[test]
fn without_a_profile_nothing_is_sent_and_the_screen_says_why() {
    let mut bench = opened((80, 24), "u");
    bench.answer(Answer::Bills { bills: bills(), profile: None, base: "default".into() });
    bench.sees("trace.toml");
    bench.types("u");
    assert!(!bench.asked.iter().any(|(_, q)| matches!(q, Question::UploadNext { .. })));
}

#[test]
fn a_refused_bill_is_sent_again_or_set_aside_with_a_reason() {
    let mut bench = uploading((80, 24));
    bench.types("w");
    assert!(matches!(bench.last_asked(), Some(Question::SendAgain(bill)) if bill.ends_with('2')));
    let profile = Some("试验省".into());
    bench.answer(Answer::Bills { bills: bills(), profile, base: "default".into() });
    bench.types("m");
    bench.press("enter");
    assert!(
        !bench.asked.iter().any(|(_, q)| matches!(q, Question::SettleBill { .. })),
        "no reason"
    );
    bench.types("平台已补录");
    bench.press("enter");
    assert!(
        matches!(bench.last_asked(), Some(Question::SettleBill { reason, .. }) if reason == "平台已补录")
    );
}
