//! The store-room's other work on the screens: recalls, splits, returns, destruction, counts, thermometers, upload, lives.
use super::{
    super::testing_stock::*,
    stock::{CODE, life, store},
};
use crate::{
    domain::trace::{recall::Nature, refusal::Refusal, stock::Zone},
    services::clinic::trace::{Act, Stop},
    tui::{
        effect::{Answer, Deed, Paper, Question},
        event::{Burst, Event, Key},
        testing::*,
    },
};

pub fn opened(size: (u16, u16), key: &str) -> Bench {
    let mut bench = store(size);
    bench.press(key);
    bench
}

/// Types into the fields from the first on; an empty text leaves a field as it is.
pub fn fill(bench: &mut Bench, texts: &[&str]) {
    for (n, text) in texts.iter().enumerate() {
        if n > 0 {
            bench.press("tab");
        }
        bench.types(text);
    }
}

fn scan(bench: &mut Bench, n: u32) {
    bench.event(Event::Scan(format!("8123456{n:013}")));
}

pub fn destroying(size: (u16, u16), boxes: u32) -> Bench {
    let mut bench = opened(size, "a");
    bench.types("5");
    for n in 1..=boxes {
        scan(&mut bench, n);
        bench.answer(Answer::DeedMay(vec![(scanned(n), "24".into())]));
    }
    bench
}

pub fn counted(size: (u16, u16)) -> Bench {
    let mut bench = opened(size, "c");
    bench.types("A架");
    bench.press("enter");
    scan(&mut bench, 1);
    bench.answer(Answer::LookedAt(vec![scanned(1)]));
    bench.press("enter");
    bench.answer(Answer::Counted(Box::new(count())));
    bench
}

pub fn recalled(size: (u16, u16)) -> Bench {
    let mut bench = opened(size, "z");
    bench.press("enter");
    bench.answer(Answer::Recalled(Box::new(recall())));
    bench
}

pub fn warmth(size: (u16, u16)) -> Bench {
    let mut bench = opened(size, "t");
    bench.answer(Answer::Temperatures(readings()));
    bench
}

pub fn uploading(size: (u16, u16)) -> Bench {
    let mut bench = opened(size, "u");
    bench.answer(Answer::Bills {
        bills: bills(),
        profile: Some("试验省".into()),
        base: "default".into(),
    });
    bench
}

pub fn pool(size: (u16, u16)) -> Bench {
    let mut bench = opened(size, "s");
    bench.answer(Answer::Pool(pool_lines()));
    bench
}

pub fn lot(size: (u16, u16)) -> Bench {
    let mut bench = opened(size, "enter");
    let (product, lot) = ("amx".to_owned(), "A2611".to_owned());
    bench.answer(Answer::LotLife { product, lot, life: Box::new(lot_life()) });
    bench
}

pub fn code(size: (u16, u16)) -> Bench {
    let mut bench = store(size);
    bench.event(Event::Scan(CODE.into()));
    bench.answer(Answer::PackLife(Box::new(life())));
    bench.press("enter");
    bench
}

pub fn agreed(size: (u16, u16)) -> Bench {
    let mut bench = opened(size, "j");
    let (agreements, products) = agreements();
    bench.answer(Answer::Agreements(agreements, products));
    bench
}

#[test]
fn a_recall_drill_is_three_keys_from_the_stock_to_the_printed_report() {
    let mut bench = store((80, 24));
    let mut keys = 0;
    let mut press = |bench: &mut Bench, key: &str| {
        keys += 1;
        bench.press(key);
    };
    press(&mut bench, "z");
    press(&mut bench, "enter");
    let Some(Question::Recall(recall_asked)) = bench.last_asked() else { panic!() };
    assert_eq!(
        (recall_asked.product.as_str(), recall_asked.lots.as_slice()),
        ("amx", &["A2611".to_owned()][..])
    );
    assert_eq!(recall_asked.nature, Nature::Drill, "a slip of the hand sets nothing aside");
    bench.answer(Answer::Recalled(Box::new(recall())));
    for words in ["在库 2 盒", "患者 2 人次", "张桂兰 电话 13800001234", "A架"] {
        bench.sees(words);
    }
    press(&mut bench, "p");
    assert!(
        matches!(bench.last_asked(), Some(Question::PrintPaper(Paper::Recall(id))) if id == "YL20261124-093000")
    );
    bench.answer(Answer::PaperPrinted("prints/recall.pdf".into()));
    bench.sees("prints/recall.pdf");
    assert_eq!(keys, 3);
}

#[test]
fn a_real_recall_is_asked_about_and_carries_the_range_of_two_scans() {
    let mut bench = opened((80, 24), "z");
    bench.press("f3");
    bench.sees("实际召回");
    for _ in 0..4 {
        bench.press("tab");
    }
    for n in [10, 19] {
        scan(&mut bench, n);
        assert!(matches!(bench.last_asked(), Some(Question::LookAt(_))));
        // The first is here, the last of the range never came.
        if n == 10 {
            bench.answer(Answer::LookedAt(vec![scanned(10)]));
        } else {
            let code = format!("8123456{n:013}");
            bench.answer(Answer::Stopped(Stop::Refused { code, refusal: Refusal::NeverReceived }));
        }
    }
    bench.press("enter");
    assert!(!bench.asked.iter().any(|(_, q)| matches!(q, Question::Recall(_))), "asked first");
    bench.types("y");
    let Some(Question::Recall(asked)) = bench.last_asked() else { panic!() };
    assert_eq!(asked.nature, Nature::Real);
    let (first, last) = asked.codes.clone().unwrap();
    assert_eq!((first, last), (format!("8123456{:013}", 10), format!("8123456{:013}", 19)));
    assert!(asked.lots.is_empty() && asked.id.starts_with("ZH"));
}

#[test]
fn one_end_of_a_range_or_a_wrong_class_starts_no_recall() {
    for (tabs, text, says) in [(4, "81234560000000000001", "同长"), (1, "9", "1、2 或 3")] {
        let mut bench = opened((80, 24), "z");
        for _ in 0..tabs {
            bench.press("tab");
        }
        bench.press("end");
        bench.types(text);
        bench.press("enter");
        bench.sees(says);
        assert!(!bench.asked.iter().any(|(_, q)| matches!(q, Question::Recall(_))));
    }
}

#[test]
fn destroying_wants_two_names_and_a_yes_and_loses_no_fast_scan() {
    let mut bench = opened((80, 24), "a");
    // Before the act is chosen and faster than the records: both wait.
    scan(&mut bench, 1);
    bench.sees("先选要办的事");
    bench.types("5");
    scan(&mut bench, 2);
    for n in 1..=2 {
        let asked = format!("8123456{n:013}");
        assert!(
            matches!(bench.last_asked(), Some(Question::CheckDeed { code, .. }) if *code == asked)
        );
        bench.answer(Answer::DeedMay(vec![(scanned(n), "24".into())]));
    }
    bench.sees("已扫 2");
    bench.types("过期");
    bench.press("enter");
    assert!(
        !bench.asked.iter().any(|(_, q)| matches!(q, Question::DoDeed { .. })),
        "the second name is missing"
    );
    bench.types("李梅");
    bench.press("enter");
    bench.sees("会上报平台");
    bench.types("y");
    let Some(Question::DoDeed { deed, codes }) = bench.last_asked() else { panic!() };
    let act = Act::Destroy {
        reason: "过期".into(),
        executor: "王建国".into(),
        supervisor: "李梅".into(),
    };
    assert_eq!((deed.as_ref(), codes.len()), (&Deed::Act(act), 2));
    bench.answer(Answer::DeedDone(2));
    bench.sees("已保存：2 盒");
}

#[test]
fn each_act_sends_what_was_typed_and_scanned() {
    for (digit, texts, wanted) in [
        ("1", &["过敏", "6"][..], Act::ReturnFromPatient { units: Some(6), reason: "过敏".into() }),
        ("3", &["破损"], Act::Quarantine { reason: "破损".into() }),
        (
            "4",
            &["复核合格", "李梅"],
            Act::Release { reason: "复核合格".into(), second: "李梅".into() },
        ),
        ("6", &["受潮", "李梅"], Act::LostLabel { reason: "受潮".into(), second: "李梅".into() }),
        ("7", &["B架"], Act::Move { place: "B架".into() }),
        ("8", &[], Act::OpenCase),
    ] {
        let mut bench = opened((80, 24), "a");
        bench.types(digit);
        fill(&mut bench, texts);
        scan(&mut bench, 1);
        bench.sees_not("00000000000018123456");
        bench.answer(Answer::DeedMay(vec![(scanned(1), "24".into())]));
        bench.press("enter");
        assert!(
            matches!(bench.last_asked(), Some(Question::DoDeed { deed, .. }) if **deed == Deed::Act(wanted.clone())),
            "{digit}: {:?}",
            bench.last_asked()
        );
    }
}

#[test]
fn a_stop_in_an_act_is_a_word_and_a_sound_and_the_next_scan_goes_on() {
    let mut bench = destroying((80, 24), 0);
    scan(&mut bench, 1);
    scan(&mut bench, 2);
    bench.answer(Answer::Stopped(never_received()));
    bench.sees("【未入库】");
    assert!(bench.bells.last().is_some_and(|times| *times > 0));
    assert!(
        matches!(bench.last_asked(), Some(Question::CheckDeed { code, .. }) if code.ends_with('2'))
    );
}

#[test]
fn a_returned_number_that_is_none_sends_nothing() {
    let mut bench = opened((80, 24), "a");
    bench.types("1");
    fill(&mut bench, &["过敏", "半盒"]);
    scan(&mut bench, 1);
    bench.answer(Answer::DeedMay(vec![(scanned(1), "24".into())]));
    bench.press("enter");
    bench.sees("大于 0 的整数");
    assert!(!bench.asked.iter().any(|(_, q)| matches!(q, Question::DoDeed { .. })));
}

#[test]
fn taking_back_holds_one_pack_and_says_what_is_taken_back() {
    let mut bench = opened((80, 24), "a");
    bench.types("9");
    for n in 1..=2 {
        scan(&mut bench, n);
        bench.answer(Answer::DeedMay(vec![(scanned(n), "整盒发药".into())]));
    }
    bench.sees("整盒发药");
    bench.sees("已扫 1");
    bench.types("发错");
    bench.press("enter");
    assert!(
        matches!(bench.last_asked(), Some(Question::DoDeed { codes, .. }) if codes.len() == 1 && codes[0].ends_with('2'))
    );
}

#[test]
fn a_count_shows_differences_before_it_books_them() {
    let mut bench = opened((80, 24), "c");
    bench.types("A架");
    scan(&mut bench, 1);
    bench.sees_not("A架8123");
    bench.answer(Answer::LookedAt(vec![scanned(1)]));
    // Nine capsules are left in the second box; a third was never received and still counts as found.
    bench.types("9");
    scan(&mut bench, 2);
    bench.answer(Answer::LookedAt(vec![scanned(2)]));
    scan(&mut bench, 3);
    bench.answer(Answer::Stopped(Stop::Refused {
        code: format!("8123456{:013}", 3),
        refusal: Refusal::NeverReceived,
    }));
    bench.sees("【未入库】");
    scan(&mut bench, 1);
    bench.answer(Answer::LookedAt(vec![scanned(1)]));
    bench.sees("只计一次");
    bench.press("enter");
    let Some(Question::Count { place, scans, left }) = bench.last_asked() else { panic!() };
    assert_eq!((place.as_str(), scans.len(), left.len()), ("A架", 3, 1));
    assert_eq!(left.get(&format!("8123456{:013}", 2)), Some(&9));
    bench.answer(Answer::Counted(Box::new(count())));
    for words in ["盘亏", "账上不在此处", "未入库", "差异 3"] {
        bench.sees(words);
    }
    bench.press("enter");
    assert!(
        !bench.asked.iter().any(|(_, q)| matches!(q, Question::BookCount { .. })),
        "no reason yet"
    );
    bench.types("月度盘点");
    bench.press("enter");
    assert!(
        matches!(bench.last_asked(), Some(Question::BookCount { reason, .. }) if reason == "月度盘点")
    );
}

#[test]
fn too_warm_rings_and_stays_open_until_a_measure_is_written() {
    let mut bench = warmth((80, 24));
    // Place and zone are those of the last reading: degrees and Enter.
    bench.types("9.2");
    bench.press("enter");
    let Some(Question::KeepReading(new)) = bench.last_asked() else { panic!() };
    assert_eq!((new.place.as_str(), new.zone, new.tenths), ("冰箱", Zone::Cold, 92));
    bench.answer(Answer::Temperatures(readings()));
    bench.sees("【超温】");
    assert_eq!(bench.bells.last(), Some(&5));
    bench.press("f6");
    bench.press("enter");
    assert!(!bench.asked.iter().any(|(_, q)| matches!(q, Question::CloseExceedance { .. })));
    bench.types("移入备用冰箱");
    bench.press("enter");
    assert!(
        matches!(bench.last_asked(), Some(Question::CloseExceedance { place, measure, .. }) if place == "冰箱" && measure == "移入备用冰箱")
    );
    bench.press("esc");
    bench.sees("温湿度");
}

#[test]
fn degrees_that_cannot_be_are_not_kept() {
    for text in ["热", "400", ""] {
        let mut bench = warmth((80, 24));
        bench.types(text);
        bench.press("enter");
        assert!(!bench.asked.iter().any(|(_, q)| matches!(q, Question::KeepReading(_))), "{text}");
    }
}

#[test]
fn a_scan_at_the_pool_puts_the_box_in_and_the_counter_takes_parts_from_it() {
    let mut bench = pool((80, 24));
    bench.sees("余 9/24粒");
    scan(&mut bench, 5);
    let Some(Question::DoDeed { deed, .. }) = bench.last_asked() else { panic!() };
    assert_eq!(**deed, Deed::Act(Act::Move { place: "拆零".into() }));
    bench.answer(Answer::DeedDone(1));
    bench.sees("已放进拆零码池");
    let mut bench = super::stock::at_counter((80, 24), 0);
    bench.press("f6");
    assert!(matches!(bench.last_asked(), Some(Question::CounterPool(_))));
    let stop =
        Stop::Refused { code: "拆零".into(), refusal: Refusal::TooMany { wanted: 6, left: 2 } };
    bench.answer(Answer::Scanned { counter: Box::new(super::stock::counter(0)), stop: Some(stop) });
    bench.sees("【");
}

#[test]
fn the_last_box_at_the_door_goes_into_the_pool_by_one_key() {
    let mut bench = super::stock::at_the_door((80, 24));
    bench.event(Event::Scan(CODE.into()));
    bench.answer(Answer::Compared(Box::new(super::stock::receipt())));
    bench.press("f6");
    bench.sees("放进拆零码池");
    bench.press("enter");
    assert!(
        matches!(bench.last_asked(), Some(Question::Receive { door, .. }) if door.pool == [CODE])
    );
}

#[test]
fn lives_are_seen_whole_and_printed() {
    let mut bench = lot((80, 24));
    for words in ["批号 A2611", "各码（3）", "发给（2 人次）"] {
        bench.sees(words);
    }
    bench.press("p");
    assert!(
        matches!(bench.last_asked(), Some(Question::PrintPaper(Paper::Lot { lot, .. })) if lot == "A2611")
    );
    let mut bench = code((80, 24));
    bench.sees("来龙去脉（3）");
    bench.press("p");
    assert!(
        matches!(bench.last_asked(), Some(Question::PrintPaper(Paper::Code(code))) if code == CODE)
    );
    bench.event(Event::Scan("81234560000000000002".into()));
    assert!(matches!(bench.last_asked(), Some(Question::PackLife(code)) if code.ends_with('2')));
}

#[test]
fn agreed_purchases_show_their_progress_and_who_is_behind() {
    let mut bench = agreed((120, 40));
    bench.sees("120/400");
    bench.sees("30%");
    bench.sees("落后于进度");
}

/// Every screen of the store-room with a field, and what is typed there before the scan.
#[test]
fn a_scanners_burst_never_goes_into_a_field_of_the_store_room() {
    let desks: [fn() -> Bench; 8] = [
        || destroying((80, 24), 1),
        || opened((80, 24), "c"),
        || counted((80, 24)),
        || opened((80, 24), "z"),
        || warmth((80, 24)),
        || opened((80, 24), "r"),
        || super::stock::at_counter((80, 24), 0),
        || {
            let mut bench = uploading((80, 24));
            bench.types("m");
            bench
        },
    ];
    for (n, desk) in desks.iter().enumerate() {
        let mut bench = desk();
        bench.types("甲");
        let mut burst = Burst::default();
        for c in "81234567777777777777".chars() {
            assert!(burst.push(Key::char(c)).is_empty(), "a burst presses no key");
        }
        for event in burst.push(Key::parse("enter").unwrap()) {
            bench.event(event);
        }
        let typed = bench
            .state
            .screens
            .last_mut()
            .and_then(crate::tui::screens::Screen::field)
            .map(|field| field.text().to_owned());
        assert!(!typed.unwrap_or_default().contains("7777"), "desk {n}");
        let done = |q: &Question| {
            matches!(q, Question::DoDeed { .. } | Question::Recall(_) | Question::BookCount { .. })
        };
        assert!(
            !bench.asked.iter().any(|(_, q)| done(q)),
            "desk {n}: the scanner's Enter confirms nothing"
        );
    }
}
