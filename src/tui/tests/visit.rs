//! One visit: findings, causes, prescription, signature, drafts.
use super::super::{
    effect::{Answer, Question, Topic},
    event::Event,
    testing::*,
};
use crate::{
    domain::visit::{AlertAnswer, AlertTier, AnswerReason, EarlierAnswer, Polarity, WayOut},
    services::failure::{Failure, Kind},
};

#[test]
fn nothing_is_picked_before_the_doctor_picks() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f3");
    bench.sees("未选诊断");
    bench.press("enter");
    bench.sees("未选诊断");
    bench.types("2");
    bench.sees("急性支气管炎 J20 确诊");
    bench.types("2");
    bench.sees("未选诊断");
}

#[test]
fn a_list_of_causes_that_is_being_renewed_is_not_picked_from() {
    let mut bench = Bench::in_visit((80, 24));
    bench.types("胸痛");
    bench.press("f3");
    bench.types("1");
    bench.sees("未选诊断");
}

#[test]
fn an_answer_to_an_older_note_is_dropped() {
    let mut bench = Bench::in_visit((80, 24));
    let old = bench.asked.iter().rev().find(|(_, q)| q.topic() == Topic::Consult).unwrap().0;
    bench.types("胸");
    let mut stale = suggestion();
    stale.findings[0].name = "旧的所见".into();
    bench.event(Event::Done(old, Box::new(Answer::Suggestion(Box::new(stale)))));
    bench.sees_not("旧的所见");
}

#[test]
fn what_was_typed_before_the_knowledge_came_is_asked_once_when_it_comes() {
    let mut bench = Bench::new((80, 24), Some(vec!["wang".into()]));
    bench.types("demo clinic 2026");
    bench.press("enter");
    bench.answer(Answer::SignedIn { me: me(), recovery_key: None });
    bench.answer(Answer::Waiting(waiting()));
    bench.press("enter");
    bench.answer(Answer::Opened(Box::new(opened())));
    bench.types("主诉：咳嗽三天");
    bench.sees("知识库未就绪");
    let consults =
        |bench: &Bench| bench.asked.iter().filter(|(_, q)| q.topic() == Topic::Consult).count();
    assert_eq!(consults(&bench), 0);
    bench.answer(knowledge());
    assert_eq!(consults(&bench), 1);
    let Some(Question::Consult(case)) =
        bench.asked.iter().rev().map(|(_, q)| q).find(|q| q.topic() == Topic::Consult)
    else {
        panic!()
    };
    assert_eq!(case.note, "主诉：咳嗽三天");
}

#[test]
fn a_question_that_was_not_taken_is_asked_again() {
    let mut bench = Bench::in_visit((80, 24));
    bench.types("胸痛");
    bench.answer(Answer::Failed(Topic::Consult, Failure::new(Kind::Bug, "忙", "busy")));
    bench.tick(1);
    assert!(bench.asked.iter().rev().take(4).any(|(_, q)| q.topic() == Topic::Consult));
}

#[test]
fn one_key_corrects_a_finding_and_three_bring_the_readers_word_back() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("tab");
    bench.press("space");
    let asked = |bench: &Bench| match bench.last_asked() {
        Some(Question::Consult(case)) => case.corrections.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(asked(&bench), [("f-3".to_owned(), Some(Polarity::Absent))]);
    let mut now = suggestion();
    now.findings[0].polarity = Polarity::Absent;
    bench.answer(Answer::Suggestion(Box::new(now.clone())));
    bench.press("space");
    assert_eq!(asked(&bench), [("f-3".to_owned(), Some(Polarity::Possible))]);
    now.findings[0].polarity = Polarity::Possible;
    bench.answer(Answer::Suggestion(Box::new(now)));
    bench.press("space");
    assert_eq!(asked(&bench), []);
}

#[test]
fn the_next_question_is_answered_by_one_key() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f3");
    bench.types("n");
    let Some(Question::Consult(case)) = bench.last_asked() else { panic!() };
    assert_eq!(case.corrections, [("chest-pain".to_owned(), Some(Polarity::Absent))]);
}

#[test]
fn a_stop_cannot_be_signed_whatever_is_pressed() {
    let mut bench = Bench::with_drug((80, 24), &[AlertTier::Stop]);
    bench.sees("禁：改处方行");
    bench.types("123456789");
    bench.press("f6");
    bench.sees("还不能签名");
    bench.press("enter");
    bench.types("y");
    assert!(!bench.asked.iter().any(|(_, q)| q.topic() == Topic::Sign));
}

/// A stop that is signed over by a second person, up to the summary.
fn signed_over() -> Bench {
    let mut bench = Bench::with_drug((80, 24), &[AlertTier::Stop]);
    bench.press("f6");
    bench.press("ctrl-b");
    bench.answer(Answer::SecondSigners(second_signers()));
    bench.sees("limei(药师)");
    bench.press("enter");
    bench.types("会诊后同意");
    bench.press("enter");
    bench.types("another passphrase 7");
    bench.sees_not("another passphrase");
    bench.press("enter");
    bench
}

#[test]
fn a_second_person_signs_a_stop_over_at_the_same_screen() {
    let mut bench = signed_over();
    let Some(Question::SignSecond(asked)) = bench.last_asked() else { panic!() };
    assert_eq!((asked.user.as_str(), asked.reason.as_str()), ("limei", "会诊后同意"));
    assert_eq!((asked.stops.len(), asked.lines.len()), (1, 1));
    let given = vec![(asked.stops[0].clone(), second_signature(&asked.lines))];
    bench.answer(Answer::SecondSigned(given));
    bench.sees("可以签名");
    bench.sees("双签 李梅（药师）");
    bench.press("enter");
    bench.types("y");
    let Some(Question::Sign(visit)) = bench.last_asked() else { panic!() };
    assert_eq!(visit.prescription.alerts[0].second.as_ref().unwrap().name, "李梅");
    assert!(visit.unready().is_empty());
}

#[test]
fn a_wrong_passphrase_leaves_the_dialogue_open_and_signs_nothing() {
    let mut bench = signed_over();
    let failure = Failure::new(Kind::Permission, "用户名或口令不正确。", "Wrong.");
    bench.answer(Answer::Failed(Topic::SecondSign, failure));
    bench.sees("口令不正确");
    bench.press("esc");
    bench.sees("还不能签名");
}

#[test]
fn a_line_that_changes_after_the_second_signature_makes_it_fall() {
    let mut bench = signed_over();
    let Some(Question::SignSecond(asked)) = bench.last_asked() else { panic!() };
    let given = vec![(asked.stops[0].clone(), second_signature(&asked.lines))];
    bench.answer(Answer::SecondSigned(given));
    bench.sees("可以签名");
    bench.press("f5");
    bench.press("ctrl-e");
    let mut changed = reading(true);
    changed.line.dose = "1.0".into();
    bench.answer(Answer::Readings(vec![changed.clone()]));
    bench.press("enter");
    bench.answer(Answer::Checked {
        lines: vec![changed.line],
        checked: checked(&[AlertTier::Stop]),
    });
    bench.press("f6");
    bench.sees("还不能签名");
    bench.sees("双签（^B）");
}

#[test]
fn a_stop_that_the_law_leaves_no_way_round_offers_no_second_signature() {
    let mut bench = Bench::with_drug((80, 24), &[]);
    let mut stopped = checked(&[AlertTier::Stop]);
    stopped.alerts[0].shown.way_out = WayOut::ChangeOnly;
    bench.press("ctrl-d");
    bench.types("amxl 0.5g tid po 5天");
    bench.answer(Answer::Readings(vec![reading(true)]));
    bench.press("enter");
    bench.answer(Answer::Checked { lines: vec![rx_line()], checked: stopped });
    bench.sees("不能双签放行");
    bench.press("f6");
    bench.sees("不能双签，须改处方（F5）");
    bench.press("ctrl-b");
    assert!(!bench.asked.iter().any(|(_, q)| q.topic() == Topic::SecondSigners));
}

#[test]
fn a_warning_interrupts_once_and_one_digit_is_its_reason() {
    let mut bench = Bench::with_drug((80, 24), &[AlertTier::Warn]);
    bench.press("enter");
    bench.sees("警：须改处方或按数字填理由");
    bench.press("f6");
    bench.sees("未填理由");
    bench.press("f5");
    bench.types("1");
    bench.sees("理由 1会监测");
    bench.press("f6");
    bench.sees("可以签名");
    bench.press("enter");
    bench.sees("张桂兰 女 71岁 签名");
    bench.types("y");
    let Some(Question::Sign(visit)) = bench.last_asked() else { panic!() };
    let answer = visit.prescription.alerts[0].answer.clone().unwrap();
    assert_eq!(answer.reason, AnswerReason::WillMonitor);
    assert_eq!(visit.diagnoses[0].name, "社区获得性肺炎");
    assert_eq!(visit.advice.knowledge, "2026.11.1+3fa9c012");
}

/// A warning answered in the last 90 days only reminds; a stop is never kept quiet.
#[test]
fn an_earlier_answer_quiets_a_warning_and_never_a_stop() {
    for (tier, quiet) in [(AlertTier::Warn, true), (AlertTier::Stop, false)] {
        let mut bench = Bench::at_home((80, 24));
        bench.press("enter");
        let mut earlier = opened();
        earlier.earlier.push(EarlierAnswer {
            rule: "r0".into(),
            drugs: "amoxicillin".into(),
            answer: AlertAnswer { reason: AnswerReason::WillMonitor, text: String::new() },
            at: morning(),
        });
        bench.answer(Answer::Opened(Box::new(earlier)));
        bench.types("主诉：咳嗽5天。");
        bench.answer(Answer::Suggestion(Box::new(suggestion())));
        bench.press("f3");
        bench.types("1");
        bench.press("f5");
        bench.types("amxl 0.5g tid po 5天");
        bench.answer(Answer::Readings(vec![reading(true)]));
        bench.press("enter");
        bench.answer(Answer::Checked { lines: vec![rx_line()], checked: checked(&[tier]) });
        bench.press("f6");
        bench.sees(if quiet { "可以签名" } else { "还不能签名" });
    }
}

#[test]
fn other_reasons_need_four_characters() {
    let mut bench = Bench::with_drug((80, 24), &[AlertTier::Warn]);
    bench.types("9");
    bench.types("无");
    bench.press("enter");
    bench.sees("理由至少 4 个字");
    bench.types("家属签字");
    bench.press("enter");
    bench.sees("其他：无家属签字");
}

#[test]
fn saved_is_shown_only_after_the_commit() {
    let mut bench = Bench::with_drug((80, 24), &[]);
    bench.press("f6");
    bench.press("enter");
    bench.types("y");
    bench.sees_not("已保存");
    bench.sees("正在保存");
    bench.answer(Answer::Failed(Topic::Sign, Failure::new(Kind::Data, "磁盘空间不足。", "full")));
    bench.sees_not("已保存");
    bench.sees("磁盘空间不足");
    bench.press("enter");
    bench.types("y");
    bench.answer(Answer::Signed(receipt()));
    bench.sees("已保存");
}

#[test]
fn a_typed_but_unadded_line_holds_the_signature_up() {
    let mut bench = Bench::with_drug((80, 24), &[]);
    bench.types("blf 0.3g");
    bench.press("f6");
    bench.sees("处方框里还有未加入的一行");
}

#[test]
fn enter_never_adds_a_reading_of_older_text() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f5");
    bench.types("amxl 0.5g tid po 5天");
    bench.answer(Answer::Readings(vec![reading(true)]));
    bench.types(" 加点什么");
    bench.press("enter");
    assert!(!bench.asked.iter().any(|(_, q)| matches!(q, Question::Check(_))));
}

#[test]
fn an_incomplete_line_is_not_added_and_says_what_is_missing() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f5");
    bench.types("amxl 0.5 tid");
    bench.answer(Answer::Readings(vec![reading(false)]));
    bench.press("enter");
    bench.sees("还缺：单位");
    bench.sees("处方 0");
}

#[test]
fn a_draft_is_kept_every_two_seconds_and_when_a_pane_is_left() {
    let mut bench = Bench::in_visit((80, 24));
    let drafts = |bench: &Bench| {
        bench.asked.iter().filter(|(_, q)| matches!(q, Question::SaveDraft(_))).count()
    };
    bench.tick(1);
    assert_eq!(drafts(&bench), 1);
    bench.answer(draft_saved());
    bench.types("胸痛");
    bench.tick(1);
    assert_eq!(drafts(&bench), 1);
    bench.tick(1);
    assert_eq!(drafts(&bench), 2);
    bench.answer(draft_saved());
    bench.types("三天");
    bench.press("f3");
    assert_eq!(drafts(&bench), 3);
}

#[test]
fn leaving_unsigned_work_asks_once_names_the_patient_and_keeps_the_draft() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("esc");
    bench.sees("张桂兰 女 71岁 的病历未签名");
    bench.press("esc");
    bench.sees("主诉：咳嗽");
    assert!(matches!(bench.last_asked(), Some(Question::SaveDraft(_))));
    bench.press("esc");
    bench.types("y");
    bench.sees("马德胜");
}

#[test]
fn a_diagnosis_in_own_words_gets_its_code_when_the_base_has_its_name() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f3");
    bench.types("t");
    bench.types("肺炎");
    bench.press("enter");
    bench.sees("肺炎 确诊 自写");
    bench.answer(Answer::Named {
        typed: "肺炎".into(),
        condition: "pneumonia".into(),
        icd10: "J18".into(),
    });
    bench.sees("肺炎 J18 确诊");
    bench.sees_not("确诊 自写");
}

#[test]
fn who_is_being_written_about_is_put_on_the_waiting_list_once() {
    let mut bench = Bench::in_visit((80, 24));
    let queued = |bench: &Bench| {
        bench.asked.iter().filter(|(_, q)| matches!(q, Question::AddToWaiting(_))).count()
    };
    bench.tick(1);
    bench.types("x");
    bench.tick(3);
    assert_eq!(queued(&bench), 1);
}

#[test]
fn a_signed_visit_is_corrected_by_a_new_one_that_names_it() {
    let mut bench = Bench::at_home((80, 24));
    bench.press("h");
    bench.answer(Answer::Chart { patient: patient(), visits: visits() });
    bench.press("enter");
    bench.answer(Answer::PastVisit(Box::new(past())));
    bench.press("a");
    bench.answer(Answer::Opened(Box::new(opened())));
    bench.sees("更正 2026-10-15 的就诊");
    bench.sees("主诉：头晕3天");
    bench.tick(1);
    let draft = bench.asked.iter().find_map(|(_, q)| match q {
        Question::SaveDraft(draft) => Some(draft.clone()),
        _ => None,
    });
    assert_eq!(draft.unwrap().visit.supersedes, Some(crate::domain::visit::VisitId(3)));
}
