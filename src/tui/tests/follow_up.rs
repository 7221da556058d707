//! The follow-up lists and the form.
use super::super::{
    effect::{Answer, Question},
    testing::*,
    testing_follow_up,
};
use crate::domain::followup::Mode;
use crate::domain::followup::register::LoopAnswer;

pub fn in_form(size: (u16, u16)) -> Bench {
    let mut bench = Bench::at_home(size);
    bench.types("g");
    bench.answer(Answer::Due(testing_follow_up::due()));
    bench.press("enter");
    bench.answer(Answer::FollowUpForm(Box::new(testing_follow_up::form())));
    bench
}

impl Bench {
    /// The adviser's answer to what stands on the form.
    pub fn judge(&mut self) {
        let newest = self.asked.iter().rev().find_map(|(_, question)| match question {
            Question::Judge(asked) => Some(asked.clone()),
            _ => None,
        });
        let asked = newest.expect("the form asks for a judgement");
        self.answer(Answer::Judged(Box::new(testing_follow_up::judged(&asked.0, &asked.1))));
    }
}

#[test]
fn one_pressure_is_judged_by_the_programme_and_by_treatment_at_once() {
    let mut bench = in_form((80, 24));
    bench.types("138/86");
    bench.judge();
    bench.sees("1控制满意");
    bench.sees("目标 <130/80：未达");
    bench.sees("158/96");
}

#[test]
fn a_danger_sign_opens_the_urgent_panel_before_anything_is_kept() {
    let mut bench = in_form((80, 24));
    bench.types("182/95");
    bench.judge();
    bench.sees("危险情况");
    bench.sees("收缩压≥180mmHg");
    bench.types("y");
    bench.sees_not("看过按 y 继续");
}

#[test]
fn a_bare_follow_up_takes_few_keys_and_asks_for_what_was_typed() {
    let mut bench = Bench::at_home((80, 24));
    let keys = ["g", "enter"];
    bench.types("g");
    bench.answer(Answer::Due(testing_follow_up::due()));
    bench.press("enter");
    bench.answer(Answer::FollowUpForm(Box::new(testing_follow_up::form())));
    let typed = "150/95\n7.2\n";
    bench.types(typed);
    bench.press("f2");
    let count = keys.len() + typed.chars().count() + 1;
    assert!(count <= 25, "{count} keys");
    let Some(Question::KeepFollowUp(new)) = bench.last_asked() else { panic!("nothing is kept") };
    assert_eq!(new.occasion.number("sbp"), Some(150.0));
    assert_eq!(new.occasion.number("fbg"), Some(7.2));
    assert_eq!((new.occasion.mode, new.programmes.len()), (Some(Mode::Clinic), 2));
    println!("{count} keys");
}

#[test]
fn what_cannot_be_read_keeps_the_form_open_and_says_why() {
    let mut bench = in_form((80, 24));
    bench.types("15095");
    bench.press("f2");
    bench.sees("写成 150/95");
    let kept = bench.asked.iter().any(|(_, q)| matches!(q, Question::KeepFollowUp(_)));
    assert!(!kept);
    bench.press("esc");
    bench.sees("还没有保存");
}

#[test]
fn an_uncertain_case_is_answered_with_one_key_and_taken_back_with_one() {
    let mut bench = Bench::at_home((80, 24));
    bench.types("g");
    bench.answer(Answer::Due(testing_follow_up::due()));
    bench.press("tab");
    bench.answer(Answer::FollowUpRegister(vec![]));
    bench.press("tab");
    bench.answer(Answer::LoopCases(testing_follow_up::loop_cases()));
    bench.sees("急性阑尾炎");
    bench.types("3");
    assert!(matches!(bench.last_asked(), Some(Question::AnswerLoop(_, LoopAnswer::Hospital))));
    bench.types("4");
    assert!(matches!(bench.last_asked(), Some(Question::AnswerLoop(_, LoopAnswer::Withdrawn))));
}
