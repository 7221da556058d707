//! Keys, commands, scans, pastes, the lock.
use std::collections::BTreeSet;

use super::{
    super::{
        action::Action,
        effect::{Answer, Question, Topic},
        event::{Event, Key},
        overlays::fits,
        screens::Screen,
        testing::*,
        text::Lang,
        update::{in_field, live, perform},
    },
    SCENES,
};
use crate::{
    domain::spelling::spellings,
    services::failure::{Failure, Kind},
};

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
        let spelled = spellings(name);
        for query in [Some(name), spelled.full.first().map(String::as_str)].into_iter().flatten() {
            assert!(fits(*action, query, Lang::Zh).is_some(), "{query}");
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
