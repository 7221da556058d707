//! The follow-up lists and the form.
use super::super::{
    effect::{Answer, DueList, Question},
    testing::*,
    testing_follow_up,
};
use crate::domain::followup::{
    Mode,
    indicators::Period,
    register::{LoopAnswer, Status, TaskState},
};
use crate::services::{
    clinic::{Contract, InProgramme},
    follow_up::sheets::Form,
};

pub fn in_form(size: (u16, u16)) -> Bench {
    let mut bench = Bench::at_home(size);
    bench.types("g");
    bench.answer(Answer::Due(testing_follow_up::due()));
    bench.press("down");
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
    let keys = ["g", "down", "enter"];
    bench.types("g");
    bench.answer(Answer::Due(testing_follow_up::due()));
    bench.press("down");
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
}

#[test]
fn a_half_typed_form_is_kept_while_typing_and_when_it_is_left_and_goes_when_it_is_saved() {
    let mut bench = in_form((80, 24));
    bench.types("152/9");
    bench.tick(3);
    let Some(Question::SaveForm(draft)) = bench.last_asked().cloned() else {
        panic!("no draft is kept")
    };
    assert_eq!(draft.rows, [("mode 方式".into(), "1".into()), ("sbp 血压".into(), "152/9".into())]);
    let asked = bench.asked.len();
    bench.tick(3);
    bench.tick(3);
    let again = bench.asked[asked..].iter().any(|(_, q)| matches!(q, Question::SaveForm(_)));
    assert!(!again, "nothing new was typed");
    bench.types("4");
    bench.press("esc");
    let kept = bench.asked.iter().rev().find_map(|(_, q)| match q {
        Question::SaveForm(draft) => Some(draft.rows[1].1.clone()),
        _ => None,
    });
    assert_eq!(kept.as_deref(), Some("152/94"), "leaving keeps the last stroke");
    bench.sees("草稿已留");
    let mut bench = in_form((80, 24));
    bench.types("152/94");
    bench.press("f2");
    let Some(Question::KeepFollowUp(new)) = bench.last_asked() else { panic!("not kept") };
    assert_eq!(new.draft.as_deref(), Some(""), "the draft goes in the same step");
}

#[test]
fn a_form_asked_for_while_the_tables_load_opens_when_they_are_there() {
    let mut bench = Bench::new((80, 24), Some(vec!["wang".into()]));
    bench.types("demo clinic 2026");
    bench.press("enter");
    bench.answer(Answer::SignedIn { me: me(), recovery_key: None });
    bench.answer(Answer::Waiting(waiting()));
    bench.types("j");
    bench.sees("还在装载");
    let asked = |bench: &Bench| {
        bench.asked.iter().filter(|(_, q)| matches!(q, Question::FollowUpForm(_))).count()
    };
    assert_eq!(asked(&bench), 0);
    bench.answer(knowledge());
    assert_eq!(asked(&bench), 1);
    bench.answer(Answer::FollowUpForm(Box::new(testing_follow_up::form())));
    bench.sees("空腹血糖");
}

#[test]
fn a_draft_is_put_back_with_a_word_and_can_be_thrown_away() {
    let mut bench = Bench::at_home((80, 24));
    bench.types("j");
    let mut form = testing_follow_up::form();
    form.draft = Some(testing_follow_up::draft());
    bench.answer(Answer::FollowUpForm(Box::new(form)));
    bench.sees("接着填 张桂兰 的随访表（09:20");
    bench.sees("152/9");
    bench.press("ctrl-x");
    bench.sees("丢弃 张桂兰");
    bench.types("y");
    let thrown = bench.asked.iter().any(|(_, q)| matches!(q, Question::DiscardForm(..)));
    assert!(thrown);
    bench.answer(Answer::FormDiscarded);
    bench.sees("草稿已丢弃");
    let kept = bench.asked.iter().any(|(_, q)| matches!(q, Question::SaveForm(_)));
    assert!(!kept, "what is thrown away is not kept again on the way out");
}

#[test]
fn a_task_stands_among_the_due_and_is_closed_and_opened_again_with_one_key_each() {
    let mut bench = Bench::at_home((80, 24));
    bench.types("g");
    bench.answer(Answer::Due(testing_follow_up::due()));
    bench.sees("任务·转诊随访");
    bench.types("d");
    let Some(Question::SetTask(id, TaskState::Done)) = bench.last_asked() else {
        panic!("nothing is closed")
    };
    assert_eq!(id.0, 4);
    bench.answer(Answer::RegisterChanged);
    bench.answer(Answer::Due(DueList { tasks: vec![], ..testing_follow_up::due() }));
    bench.sees_not("任务·");
    bench.types("z");
    assert!(matches!(bench.last_asked(), Some(Question::SetTask(_, TaskState::Open))));
}

#[test]
fn the_due_list_stands_by_harm_or_by_hamlet_and_household() {
    let mut bench = Bench::at_home((80, 24));
    bench.types("g");
    bench.answer(Answer::Due(testing_follow_up::due()));
    bench.sees("按危害");
    bench.sees_not("柳溪村 一组（1人）");
    bench.press("down");
    bench.types("o");
    bench.sees("柳溪村 一组（1人）");
    bench.sees("要办的事（1）");
    let chosen = |bench: &mut Bench| {
        bench.picture().into_iter().find(|row| row.contains("> ")).unwrap_or_default()
    };
    assert!(chosen(&mut bench).contains("张桂兰"), "the cursor stays on the person");
    bench.press("down");
    assert!(chosen(&mut bench).contains("马德胜"), "a heading is stepped over");
    for _ in 0..5 {
        bench.press("up");
    }
    assert!(chosen(&mut bench).contains("赵永福"));
    bench.types("o");
    bench.sees_not("柳溪村 一组（1人）");
}

pub fn in_counts(size: (u16, u16)) -> Bench {
    let mut bench = Bench::at_home(size);
    bench.types("g");
    bench.answer(Answer::Due(testing_follow_up::due()));
    bench.press("tab");
    bench.answer(Answer::FollowUpRegister(vec![testing_follow_up::enrolment()]));
    bench.press("tab");
    bench.answer(Answer::LoopCases(testing_follow_up::loop_cases()));
    bench.press("tab");
    bench.answer(Answer::Indicators(Box::new(testing_follow_up::counts())));
    bench
}

pub fn in_mirror(size: (u16, u16)) -> Bench {
    let mut bench = in_counts(size);
    bench.press("tab");
    let period = Period::parse("2026Q4").unwrap();
    bench.answer(Answer::SelfChecked(period, Box::new(testing_follow_up::self_check())));
    bench
}

#[test]
fn every_number_of_the_counts_opens_its_people_and_goes_to_a_file() {
    let mut bench = in_counts((80, 24));
    bench.sees("高血压 2026Q4");
    bench.sees("50%");
    bench.press("down");
    bench.press("down");
    bench.press("enter");
    bench.sees("未规范：1人");
    bench.sees("赵永福");
    bench.types("n");
    bench.sees("达标：0人");
    bench.press("esc");
    bench.sees("合计");
    for (key, form) in [("1", Form::Xlsx), ("2", Form::Csv), ("3", Form::Html)] {
        bench.types(key);
        let Some(Question::ExportIndicators(programme, _, asked)) = bench.last_asked() else {
            panic!("nothing is written")
        };
        assert_eq!((programme.as_str(), *asked), ("hypertension", form));
    }
    bench.types("c");
    assert!(matches!(bench.last_asked(), Some(Question::Indicators(p, _)) if p == "diabetes"));
    bench.press("left");
    let Some(Question::Indicators(_, period)) = bench.last_asked() else { panic!() };
    assert_eq!(period.label(), "2026Q3");
    bench.press("right");
    bench.press("right");
    let Some(Question::Indicators(_, period)) = bench.last_asked() else { panic!() };
    assert_eq!(period.label(), "2026Q4", "not into the future");
}

#[test]
fn ones_own_numbers_are_shown_with_what_an_inspector_would_see() {
    let mut bench = in_mirror((80, 24));
    for text in ["只给自己看", "有尾数偏好", "张桂兰 连续 3 次都是 136/82", "3 人血压都是 130/80"]
    {
        bench.sees(text);
    }
}

#[test]
fn a_loss_needs_its_cause_and_names_whom_it_concerns() {
    let mut bench = Bench::at_home((80, 24));
    bench.types("g");
    bench.answer(Answer::Due(testing_follow_up::due()));
    bench.press("tab");
    bench.answer(Answer::FollowUpRegister(vec![testing_follow_up::enrolment()]));
    bench.press("f3");
    bench.sees("张桂兰 高血压：1失访");
    bench.types("1\n");
    bench.sees("再写原因");
    bench.types("外出打工\n");
    let Some(Question::SetStatus { status, cause, .. }) = bench.last_asked() else {
        panic!("nothing is set")
    };
    assert_eq!((*status, cause.as_str()), (Status::Lost, "外出打工"));
}

#[test]
fn the_chart_says_the_contract_with_its_hospital_and_one_key_opens_its_form() {
    let mut bench = Bench::at_home((80, 24));
    bench.types("h");
    bench.answer(Answer::Chart { patient: patient(), visits: visits() });
    let contract =
        Contract { signed: today().plus_days(-200), hospital: "青河县人民医院".into() };
    let programmes = vec![
        InProgramme {
            programme: "hypertension".into(),
            status: Status::Active,
            last_class: Some(2),
            next_due: Some(today()),
            contract: None,
        },
        InProgramme {
            programme: "contract".into(),
            status: Status::Active,
            last_class: None,
            next_due: None,
            contract: Some(contract),
        },
    ];
    bench.answer(Answer::Programmes(patient().id, programmes));
    bench.sees("高血压 2类 下次2026-11-24；签约 青河县人民医院");
    bench.types("i");
    assert!(matches!(bench.last_asked(), Some(Question::FormOf(_, p)) if p == "contract"));
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
