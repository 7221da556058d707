//! Refills, templates, long prescriptions, undo, the bedside sums.
use super::super::{
    effect::{Answer, Question, Topic},
    testing::*,
};
use crate::domain::{
    rx::long_term::{Excluded, Hindrance, Verdict},
    visit::{AlertTier, SkinTest, template::Scope},
};

fn with_list() -> Bench {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f5");
    bench.press("ctrl-r");
    let (past, templates) = rx_sources();
    bench.answer(Answer::RxSources { past, templates });
    bench
}

fn checks(bench: &Bench) -> usize {
    bench.asked.iter().filter(|(_, q)| matches!(q, Question::Check(_))).count()
}

#[test]
fn a_refill_takes_six_keys_to_the_signature() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f3");
    bench.types("1");
    let mut keys = 0;
    let mut press = |bench: &mut Bench, key: &str| {
        keys += 1;
        bench.press(key);
    };
    press(&mut bench, "f5");
    press(&mut bench, "ctrl-r");
    let (past, templates) = rx_sources();
    bench.answer(Answer::RxSources { past, templates });
    press(&mut bench, "enter");
    bench.sees("处方 2");
    let lines = vec![chronic_line(), rx_line()];
    bench.answer(Answer::Checked { lines, checked: checked(&[]) });
    bench.sees("重新核对复制的 2 行：禁 0 警 0 提 0，无提示 2");
    press(&mut bench, "f6");
    press(&mut bench, "enter");
    press(&mut bench, "y");
    let Some(Question::Sign(visit)) = bench.last_asked() else { panic!() };
    assert_eq!(visit.prescription.lines.len(), 2);
    assert_eq!(keys, 6);
}

#[test]
fn copied_lines_are_checked_anew_and_an_alert_on_one_interrupts() {
    let mut bench = with_list();
    let before = checks(&bench);
    bench.types("1");
    assert_eq!(checks(&bench), before + 1);
    let Some((_, Question::Check(case))) =
        bench.asked.iter().rev().find(|(_, q)| matches!(q, Question::Check(_)))
    else {
        panic!()
    };
    assert_eq!(case.lines.len(), 2);
    let lines = case.lines.clone();
    bench.answer(Answer::Checked { lines, checked: checked(&[AlertTier::Stop]) });
    bench.sees("重新核对复制的 2 行：禁 1 警 0 提 0，无提示 1");
    bench.sees("禁：改处方行");
}

#[test]
fn a_skin_test_of_last_time_is_not_copied() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f5");
    bench.press("ctrl-r");
    let (mut past, templates) = rx_sources();
    past[0].lines[1].skin_test = Some(SkinTest::Negative);
    bench.answer(Answer::RxSources { past, templates });
    bench.sees("皮试未做");
    bench.press("enter");
    let Some((_, Question::Check(case))) =
        bench.asked.iter().rev().find(|(_, q)| matches!(q, Question::Check(_)))
    else {
        panic!()
    };
    assert_eq!(case.lines[1].skin_test, Some(SkinTest::NotDone));
}

#[test]
fn what_is_on_the_sheet_already_is_not_doubled() {
    let mut bench = Bench::with_drug((80, 24), &[]);
    bench.press("ctrl-r");
    let (past, templates) = rx_sources();
    bench.answer(Answer::RxSources { past, templates });
    bench.press("enter");
    bench.sees("处方 2");
    bench.sees("1 种已在处方上");
}

#[test]
fn undo_takes_back_copies_and_deletions_and_leaves_typing_alone() {
    let mut bench = with_list();
    bench.press("enter");
    bench.sees("处方 2");
    bench.types("blf");
    bench.press("ctrl-z");
    bench.sees("处方 2");
    for _ in 0..3 {
        bench.press("backspace");
    }
    bench.press("ctrl-d");
    bench.sees("处方 1");
    bench.press("ctrl-z");
    bench.sees("处方 2");
    bench.press("ctrl-z");
    bench.sees("处方 0");
    let before = checks(&bench);
    bench.press("ctrl-z");
    assert_eq!(checks(&bench), before, "nothing is left to take back");
}

#[test]
fn the_sheet_is_kept_as_a_template_of_ones_own_or_of_the_clinic() {
    let mut bench = Bench::with_drug((80, 24), &[]);
    bench.press("ctrl-t");
    bench.press("enter");
    assert!(!bench.asked.iter().any(|(_, q)| q.topic() == Topic::Template), "a name is needed");
    bench.types("成人感冒");
    bench.press("tab");
    bench.press("enter");
    let Some(Question::SaveTemplate(new)) = bench.last_asked() else { panic!() };
    assert_eq!((new.name.as_str(), new.scope, new.lines.len()), ("成人感冒", Scope::Clinic, 1));
    bench.answer(Answer::TemplateSaved("成人感冒".into()));
    bench.sees("已存协定处方：成人感冒");
}

#[test]
fn a_template_that_is_put_away_can_be_brought_back() {
    let mut bench = with_list();
    bench.press("tab");
    bench.press("delete");
    assert!(matches!(bench.last_asked(), Some(Question::PutTemplateAway(_))));
    bench.answer(Answer::TemplatePutAway);
    let (past, mut templates) = rx_sources();
    templates.remove(0);
    bench.answer(Answer::RxSources { past, templates });
    bench.sees_not("成人感冒 |");
    bench.press("ctrl-z");
    assert!(matches!(bench.last_asked(), Some(Question::BringTemplateBack(_))));
}

#[test]
fn a_long_prescription_changes_the_lines_that_may_be_and_names_the_others() {
    let mut bench = with_list();
    bench.press("enter");
    bench.press("ctrl-g");
    bench.types("8周 病情稳定");
    bench.press("enter");
    let Some(Question::LongTerm(case)) = bench.last_asked().cloned() else { panic!() };
    assert_eq!((case.wish.weeks, case.wish.reason.as_str()), (8, "病情稳定"));
    assert_eq!(case.wish.taken_before, ["苯磺酸氨氯地平片"]);
    let verdict = Verdict {
        lines: vec![0],
        excluded: vec![(1, Excluded::Antimicrobial)],
        ..Verdict::default()
    };
    bench.answer(Answer::LongTerm { case, verdict });
    bench.sees("1 行改为 8 周；不延长：阿莫西林胶囊");
    bench.sees("56天 长期处方：病情稳定");
    bench.press("ctrl-z");
    bench.sees("28天");
}

#[test]
fn a_long_prescription_against_the_rules_changes_nothing() {
    let mut bench = with_list();
    bench.press("enter");
    bench.press("ctrl-g");
    bench.types("13");
    bench.press("enter");
    let Some(Question::LongTerm(case)) = bench.last_asked().cloned() else { panic!() };
    let verdict = Verdict { hindrance: Some(Hindrance::Weeks), ..Verdict::default() };
    bench.answer(Answer::LongTerm { case, verdict });
    bench.sees("1–12 之间");
    bench.sees("28天");
}

#[test]
fn the_sums_begin_with_what_the_record_knows_and_say_their_units() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("ctrl-n");
    bench.sees("71岁");
    bench.sees("女");
    bench.types("1.0");
    bench.sees("应在 15–2500 umol/L");
    bench.types(" mg/dl");
    bench.sees("eGFR（CKD-EPI 2021） 6");
    bench.press("pagedown");
    bench.sees("62.5kg");
    bench.sees("档案体重记于 2026-11-24");
    bench.press("esc");
    bench.press("ctrl-p");
    bench.types("huansuan");
    bench.press("enter");
    bench.sees("肌酐");
}
