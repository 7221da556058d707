//! The screens as a doctor meets them: pictures at three sizes, keys, carets, and a monkey.
use std::collections::BTreeSet;

use super::{
    action::Action,
    effect::{Answer, Question, Topic},
    event::{Code, Event, Key},
    field::cells_of,
    screens::Screen,
    testing::*,
    update::{in_field, live, perform},
};
use crate::{
    domain::visit::{AlertTier, AnswerReason, Polarity},
    services::failure::{Failure, Kind},
};

type Scene = (&'static str, fn((u16, u16)) -> Bench);

/// Every screen, pane and overlay once.
const SCENES: &[Scene] = &[
    ("wizard", |size| Bench::new(size, None)),
    ("wizard-setting", |size| wizard_at(size, 1)),
    ("wizard-key", |size| {
        let mut bench = wizard_at(size, 6);
        bench.answer(Answer::SignedIn {
            me: me(),
            recovery_key: Some((0..8).map(|n| format!("7K2M{n}")).collect()),
        });
        bench
    }),
    ("sign-in", |size| Bench::new(size, Some(vec!["wang".into()]))),
    ("waiting", Bench::at_home),
    ("find", |size| {
        let mut bench = Bench::at_home(size);
        bench.types("fzg");
        bench.answer(Answer::Found(vec![line_of(7, "张桂兰"), line_of(8, "张国力")]));
        bench
    }),
    ("register", |size| {
        let mut bench = Bench::at_home(size);
        bench.types("n");
        bench.types("李小明");
        bench.press("enter");
        bench.types("110105194912310021");
        bench.press("ctrl-s");
        bench
    }),
    ("note-empty", |size| {
        let mut bench = Bench::at_home(size);
        bench.press("enter");
        bench.answer(Answer::Opened(Box::new(opened())));
        bench
    }),
    ("note", Bench::in_visit),
    ("findings", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("tab");
        bench
    }),
    ("diagnosis", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f3");
        bench
    }),
    ("diagnosis-picked", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f3");
        bench.press("down");
        bench.types("2");
        bench
    }),
    ("plan", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f3");
        bench.types("1");
        bench.press("f4");
        bench.answer(Answer::Plans(plans()));
        bench
    }),
    ("rx-preview", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f5");
        bench.types("amxl 0.5 tid");
        bench.answer(Answer::Readings(vec![reading(false), reading(true)]));
        bench
    }),
    ("rx-stop", |size| Bench::with_drug(size, &[AlertTier::Stop, AlertTier::Note])),
    ("rx-warn", |size| Bench::with_drug(size, &[AlertTier::Warn, AlertTier::Note])),
    ("sign", |size| {
        let mut bench = Bench::with_drug(size, &[]);
        bench.press("f6");
        bench
    }),
    ("sign-hindered", |size| {
        let mut bench = Bench::with_drug(size, &[AlertTier::Stop]);
        bench.press("f6");
        bench
    }),
    ("sign-confirm", |size| {
        let mut bench = Bench::with_drug(size, &[]);
        bench.press("f6");
        bench.press("enter");
        bench
    }),
    ("signed", Bench::signed),
    ("history", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f8");
        bench.answer(Answer::Chart { patient: patient(), visits: visits() });
        bench
    }),
    ("past-visit", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f8");
        bench.answer(Answer::Chart { patient: patient(), visits: visits() });
        bench.press("enter");
        bench.answer(Answer::PastVisit(Box::new(past())));
        bench
    }),
    ("help", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f1");
        bench
    }),
    ("palette", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("ctrl-p");
        bench.types("cf");
        bench
    }),
    ("search", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("ctrl-f");
        bench.types("gxy");
        bench.answer(Answer::Hits(hits()));
        bench
    }),
    ("messages", |size| {
        let mut bench = Bench::at_home(size);
        bench.press("ctrl-l");
        bench
    }),
    ("leave-visit", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("esc");
        bench
    }),
    ("own-reason", |size| {
        let mut bench = Bench::with_drug(size, &[AlertTier::Warn]);
        bench.types("9");
        bench
    }),
    ("locked", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("ctrl-k");
        bench
    }),
];

fn wizard_at(size: (u16, u16), step: usize) -> Bench {
    let mut bench = Bench::new(size, None);
    let typed = ["柳溪村卫生室", "1", "wang", "王建国", "柳树发芽 春天来了", "柳树发芽 春天来了"];
    for text in typed.iter().take(step) {
        bench.types(text);
        bench.press("enter");
    }
    bench
}

#[test]
fn every_screen_looks_as_it_did_at_three_sizes() {
    for (name, scene) in SCENES {
        for size in SIZES {
            let shown = scene(size).text();
            insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), shown);
        }
    }
}

#[test]
fn no_screen_is_wider_than_its_terminal() {
    for (name, scene) in SCENES {
        for size in SIZES {
            for row in scene(size).picture() {
                assert!(cells_of(&row) <= usize::from(size.0), "{name} {size:?}: {row}");
            }
        }
    }
}

#[test]
fn keys_that_are_listed_are_handled_and_no_others() {
    for (name, scene) in SCENES {
        let mut listed: BTreeSet<Action> = live(&scene((80, 24)).state).into_iter().collect();
        for action in Action::ALL {
            let mut bench = scene((80, 24));
            let handled = perform(&mut bench.state, (*action, 0));
            // The back key of the visit asks first; both ways count as handled.
            let is_listed = listed.remove(action);
            assert_eq!(handled, is_listed, "{name}: {} is listed {is_listed}", action.id());
        }
    }
}

#[test]
fn no_key_means_two_things_on_one_screen() {
    for (name, scene) in SCENES {
        let bench = scene((80, 24));
        let in_field = in_field(&bench.state);
        let mut seen: Vec<(Key, Action)> = vec![];
        for action in live(&bench.state) {
            for key in bench.state.shared.keymap.keys(action) {
                if in_field && key.typed().is_some() {
                    continue;
                }
                let other = seen.iter().find(|(known, _)| known == key);
                assert!(other.is_none(), "{name}: {} is {action:?} and {other:?}", key.label());
                seen.push((*key, action));
            }
        }
    }
}

#[test]
fn the_strip_and_the_rail_stand_on_every_pane_of_a_visit() {
    for size in SIZES {
        for pane in ["f2", "f3", "f4", "f5", "f6"] {
            let mut bench = Bench::in_visit(size);
            bench.press(pane);
            for text in ["张桂兰 女 71岁", "过敏:青霉素", "[急]脓毒症", "[重]重症肺炎"]
            {
                bench.sees(text);
            }
        }
    }
}

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
    bench.sees("禁：不能签名");
    bench.types("123456789");
    bench.press("f6");
    bench.sees("还不能签名");
    bench.press("enter");
    bench.types("y");
    assert!(!bench.asked.iter().any(|(_, q)| q.topic() == Topic::Sign));
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
fn q_in_a_note_is_a_letter_and_at_home_a_question() {
    let mut bench = Bench::in_visit((80, 24));
    bench.types("q?:/");
    bench.sees("q?:/");
    let mut bench = Bench::at_home((80, 24));
    bench.types("q");
    assert!(!bench.quit);
    bench.types("y");
    assert!(bench.quit);
}

#[test]
fn the_palette_finds_commands_by_characters_pinyin_and_initials() {
    for query in ["病史", "bingshi", "bs", "history"] {
        let mut bench = Bench::at_home((80, 24));
        bench.types(":");
        bench.types(query);
        bench.press("enter");
        assert!(matches!(bench.last_asked(), Some(Question::Chart(_))), "{query}");
    }
}

#[test]
fn every_command_is_reachable_by_name_pinyin_and_initials() {
    for action in Action::ALL {
        let name = action.hint().zh;
        let spelled = crate::domain::spelling::spellings(name);
        for query in [Some(name), spelled.full.first().map(String::as_str)].into_iter().flatten() {
            assert!(
                super::overlays::fits(*action, query, super::text::Lang::Zh).is_some(),
                "{query}"
            );
        }
    }
}

#[test]
fn a_paste_never_submits() {
    let mut bench = Bench::in_visit((80, 24));
    bench.press("f5");
    bench.event(Event::Paste("amxl 0.5g tid po 5天\r\n".into()));
    assert!(!bench.asked.iter().any(|(_, q)| matches!(q, Question::Check(_))));
    bench.sees("amxl 0.5g tid po 5天");
}

#[test]
fn a_scan_in_a_note_is_lifted_out_and_said() {
    let mut bench = Bench::in_visit((80, 24));
    bench.event(Event::Scan("81234567890123456789".into()));
    bench.sees("扫到条码 81234567890123456789");
    let Screen::Visit(visit) = bench.state.screens.last().unwrap() else { panic!() };
    assert!(!visit.note.text().contains("8123"));
}

#[test]
fn the_desk_locks_itself_and_opens_to_the_same_screen() {
    let mut bench = Bench::in_visit((80, 24));
    bench.tick(599);
    bench.sees("主诉");
    bench.tick(5);
    bench.sees("已锁定");
    bench.sees_not("主诉");
    bench.sees_not("张桂兰");
    bench.types("wrong words");
    bench.press("enter");
    bench.answer(Answer::Failed(Topic::Door, Failure::new(Kind::Permission, "口令不正确。", "no")));
    bench.sees("口令不正确");
    bench.types("demo clinic 2026");
    bench.press("enter");
    bench.answer(Answer::SignedIn { me: me(), recovery_key: None });
    bench.sees("主诉：咳嗽");
}

#[test]
fn the_caret_stands_behind_what_was_typed_on_every_field() {
    let end = |bench: &mut Bench, text: &str| {
        let rows = bench.picture();
        let (y, row) = rows
            .iter()
            .enumerate()
            .find(|(_, row)| row.contains(text))
            .unwrap_or_else(|| panic!("{text} not found:\n{}", rows.join("\n")));
        let before = row.split(text).next().unwrap();
        (cells_of(before) as u16 + cells_of(text) as u16, y as u16)
    };
    let fields: [(&str, fn(&mut Bench)); 5] = [
        ("sign-in", |_| {}),
        ("find", |b| b.types("f")),
        ("register", |b| b.types("n")),
        ("note", |b| {
            b.press("enter");
            b.answer(Answer::Opened(Box::new(opened())));
        }),
        ("palette", |b| b.types(":")),
    ];
    for (name, open) in fields {
        for text in ["血压150", "abc", "咳嗽𬭎x", "１２３"] {
            let mut bench = if name == "sign-in" {
                let mut bench = Bench::new((80, 24), Some(vec!["a".into(), "b".into()]));
                bench.state.shared.demo = None;
                bench.state.screens = vec![Screen::SignIn(super::screens::sign_in::SignIn::new(
                    vec!["a".into(), "b".into()],
                    None,
                ))];
                bench
            } else {
                Bench::at_home((80, 24))
            };
            open(&mut bench);
            bench.types(text);
            let want = end(&mut bench, text);
            assert_eq!(bench.cursor(), Some(want), "{name} {text}");
        }
    }
}

#[test]
fn only_one_place_sets_the_cursor() {
    let mut found = vec![];
    let mut folders = vec![std::path::PathBuf::from("src/tui")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let calls = text.matches(".set_cursor_position(").count();
                found.extend(std::iter::repeat_n(path.clone(), calls));
            }
        }
    }
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_small_terminal_says_so_and_a_large_one_again_shows_everything() {
    let mut bench = Bench::in_visit((80, 24));
    bench.resize((59, 19));
    bench.sees("终端太小");
    bench.resize((80, 24));
    bench.sees("主诉：咳嗽");
}

#[test]
fn every_screen_speaks_english_too() {
    for (name, scene) in SCENES {
        let mut bench = scene((80, 24));
        bench.state.shared.lang = super::text::Lang::En;
        let hints = bench.picture().pop().unwrap();
        let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        assert!(!hints.replace("空格", "").chars().any(han), "{name}: {hints}");
    }
}

/// A small generator, so that a failing run can be run again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn random_event(dice: &mut Dice) -> Event {
    const CODES: [Code; 14] = [
        Code::Enter,
        Code::Esc,
        Code::Tab,
        Code::Backspace,
        Code::Delete,
        Code::Up,
        Code::Down,
        Code::Left,
        Code::Right,
        Code::Home,
        Code::End,
        Code::PageUp,
        Code::PageDown,
        Code::F(1),
    ];
    let letters: Vec<char> = "fnhxqyu1234567890tcp:/?咳嗽，𬭎🙂 a\u{301}".chars().collect();
    match dice.roll(20) {
        0..=8 => Event::Key(Key::char(letters[dice.roll(letters.len() as u64) as usize])),
        9..=13 => Event::Key(Key::plain(CODES[dice.roll(14) as usize])),
        14..=16 => Event::Key(Key::plain(Code::F(dice.roll(12) as u8 + 1))),
        17 => {
            let c = char::from(b'a' + dice.roll(26) as u8);
            Event::Key(Key { ctrl: true, ..Key::char(c) })
        }
        18 => Event::Resize(dice.roll(140) as u16 + 1, dice.roll(50) as u16 + 1),
        _ => Event::Paste("粘贴\u{1b}[31m的\r文字".repeat(dice.roll(5) as usize)),
    }
}

/// What a worker might answer to a question, right or failing.
fn random_answer(dice: &mut Dice, question: &Question) -> Answer {
    if dice.roll(6) == 0 {
        let failure = Failure::new(Kind::Data, "磁盘空间不足。", "The disk is full.");
        return Answer::Failed(question.topic(), failure);
    }
    match question {
        Question::SetUp(_) => {
            Answer::SignedIn { me: me(), recovery_key: Some(vec!["7K2MQ".into()]) }
        }
        Question::SignIn { .. } => Answer::SignedIn { me: me(), recovery_key: None },
        Question::SignOut => Answer::SignedOut,
        Question::Lock => Answer::Locked,
        Question::Standing => Answer::Standing(Default::default()),
        Question::Waiting => {
            Answer::Waiting(waiting().into_iter().take(dice.roll(4) as usize).collect())
        }
        Question::Drafts => Answer::Drafts(vec![]),
        Question::Find(_) => Answer::Found(vec![line_of(7, "张桂兰")]),
        Question::Duplicates(registration) => {
            Answer::Duplicates { registration: registration.clone(), found: vec![] }
        }
        Question::Register(_) => Answer::Registered { id: patient().id, name: "张桂兰".into() },
        Question::Correct { .. } => Answer::Corrected(patient()),
        Question::AddToWaiting(_) | Question::RemoveFromWaiting(_) => Answer::QueueChanged,
        Question::OpenVisitOf(_) => Answer::Opened(Box::new(opened())),
        Question::Chart(_) => Answer::Chart { patient: patient(), visits: visits() },
        Question::PastVisit(_) => Answer::PastVisit(Box::new(past())),
        Question::SaveDraft(_) => draft_saved(),
        Question::DiscardDraft(_) => Answer::DraftDiscarded,
        Question::Sign(_) => Answer::Signed(receipt()),
        Question::Print(_) => Answer::Printed(Default::default()),
        Question::Consult(_) => Answer::Suggestion(Box::new(suggestion())),
        Question::Plans(_) => Answer::Plans(plans()),
        Question::ReadLine(_) => Answer::Readings(vec![reading(dice.roll(2) == 0)]),
        Question::Check(case) => {
            let tiers = [AlertTier::Stop, AlertTier::Warn, AlertTier::Note];
            let n = dice.roll(4) as usize;
            Answer::Checked { lines: case.lines.clone(), checked: checked(&tiers[..n]) }
        }
        Question::Guide(_) => Answer::Hits(hits()),
    }
}

/// 20,000 random keys, pastes, sizes, ticks and answers: nothing panics, and whatever is signed was fit to be signed.
#[test]
fn a_monkey_at_the_keys_breaks_nothing() {
    for seed in 1..=4_u64 {
        let mut dice = Dice(seed);
        let mut bench = Bench::at_home((80, 24));
        let mut size = (80, 24);
        for step in 0..5_000 {
            match dice.roll(10) {
                0 => bench.tick(dice.roll(4) as i64),
                1..=3 if !bench.asked.is_empty() => {
                    let at = dice.roll(bench.asked.len() as u64) as usize;
                    let (number, question) = bench.asked.remove(at);
                    let answer = random_answer(&mut dice, &question);
                    bench.event(Event::Done(number, Box::new(answer)));
                }
                _ => match random_event(&mut dice) {
                    Event::Resize(width, height) => {
                        size = (width, height);
                        bench.resize(size);
                    }
                    event => bench.event(event),
                },
            }
            for (_, question) in &bench.asked {
                if let Question::Sign(visit) = question {
                    assert!(visit.unready().is_empty(), "seed {seed} step {step}");
                }
            }
            bench.asked.retain(|(_, q)| !matches!(q, Question::SignOut));
            if step % 3 == 0 {
                let rows = bench.picture();
                assert!(rows.iter().all(|row| cells_of(row) <= usize::from(size.0)));
            }
        }
    }
}
