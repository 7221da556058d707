//! The store-room as a pharmacist meets it: three scans and one key, each stop a word and its own bells.
use crate::{
    domain::{
        age::Day,
        trace::{
            code::Fault,
            despatch::Verdict,
            dispensing::Wanted,
            history::{Context, Event as PackEvent, EventKey, NewEvent, What},
            ledger::Change,
            product::Product,
            refusal::Refusal,
            split::Portion,
            stock::{LotStock, Nearness},
        },
    },
    services::clinic::trace::{Arrived, Counter, PackLife, Receipt, StockLine, Stop, Taken},
    tui::{
        effect::{Answer, Question},
        event::Event,
        testing::*,
    },
};

pub const CODE: &str = "81234560000000000001";

pub fn stock() -> Vec<StockLine> {
    let line = |name: &str, days: i32, open: i64| StockLine {
        product: Some(Product {
            id: "amx".into(),
            name: name.into(),
            strength: "0.25g".into(),
            units: 24,
            unit: "粒".into(),
            ..Product::default()
        }),
        lot: LotStock {
            product: "amx".into(),
            lot: "A2611".into(),
            expiry: Some(today().plus_days(days)),
            received: 480,
            dispensed: 200,
            back: 0,
            sent_back: 0,
            destroyed: 0,
            lost: 0,
            found: 0,
            shelf: 256,
            held: 24,
            packs: 11,
            open,
            expected: 0,
        },
        near: Nearness::of(Some(today().plus_days(days)), today()),
        rejected: 0,
        pooled: open > 0,
    };
    vec![
        line("阿莫西林胶囊", 60, 1),
        line("阿莫西林胶囊", 150, 0),
        line("苯磺酸氨氯地平片", 700, 0),
    ]
}

pub fn life() -> PackLife {
    let event = |seq, change| PackEvent {
        key: EventKey { station: "s".into(), stream: "trace.1".into(), seq },
        at: morning(),
        actor: "wang".into(),
        event: NewEvent {
            code: CODE.into(),
            what: What::Changed(change),
            context: Context::default(),
        },
    };
    PackLife {
        pack: None,
        product: None,
        events: vec![
            event(1, Change::Receive { is: None, reason: String::new() }),
            event(2, Change::Accept),
            event(3, Change::DispenseWhole),
        ],
        patients: vec![],
        children: vec![],
    }
}

pub fn counter(taken: u32) -> Counter {
    let one = |n: u32| Taken {
        line: 0,
        portion: Portion { code: format!("8123456{n:013}"), units: 24, split: false },
        label: "阿莫西林胶囊 0.25g×24粒".into(),
        unit: "粒".into(),
        lot: "A2611".into(),
        expiry: Day::new(2028, 6, 30),
        left: 0,
        pack_units: 24,
    };
    Counter {
        sheet: "20261124-001".into(),
        visit: 3,
        patient: 7,
        patient_name: "张桂兰".into(),
        doctor: "王建国".into(),
        wanted: vec![Wanted {
            line: 0,
            drug: Some("amoxicillin".into()),
            name: "阿莫西林胶囊".into(),
            strength: "0.25g".into(),
            quantity: Some(3),
            quantity_unit: "盒".into(),
            taken: taken * 24,
        }],
        taken: (1..=taken).map(one).collect(),
    }
}

pub fn receipt() -> Receipt {
    let line = |n: u32, verdict| Arrived {
        code: format!("8123456{n:013}"),
        verdict,
        label: "阿莫西林胶囊 0.25g×24粒".into(),
        product: "amx".into(),
        lot: "A1".into(),
        expiry: Day::new(2028, 6, 30),
        level: 1,
        decision: None,
        taken: false,
        rejected: false,
        stop: None,
    };
    Receipt {
        lines: vec![
            line(1, Verdict::Fits),
            line(2, Verdict::Missing),
            line(3, Verdict::WrongLot { list: "A1".into(), pack: "B2".into() }),
            line(4, Verdict::NearExpiry(Nearness::Within180)),
            line(5, Verdict::Extra),
        ],
        ..Receipt::default()
    }
}

pub fn store(size: (u16, u16)) -> Bench {
    let mut bench = Bench::at_home(size);
    bench.press("k");
    bench.answer(Answer::Stock(stock()));
    bench
}

pub fn at_counter(size: (u16, u16), taken: u32) -> Bench {
    let mut bench = store(size);
    bench.press("d");
    bench.types("20261124-001");
    bench.press("enter");
    bench.answer(Answer::Counter(Box::new(counter(taken))));
    bench
}

pub fn at_the_door(size: (u16, u16)) -> Bench {
    let mut bench = store(size);
    bench.press("r");
    bench.types("CK001");
    bench.press("enter");
    bench.answer(Answer::Compared(Box::new(receipt())));
    bench
}

fn scan(bench: &mut Bench, code: &str) {
    bench.event(Event::Scan(code.into()));
}

#[test]
fn three_boxes_are_three_scans_and_one_key() {
    let mut bench = at_counter((80, 24), 0);
    // Faster than the records: the second and third wait and none is lost.
    for n in 1..=3 {
        scan(&mut bench, &format!("8123456{n:013}"));
    }
    for n in 1..=3 {
        let asked = format!("8123456{n:013}");
        assert!(
            matches!(bench.last_asked(), Some(Question::CounterScan { code, .. }) if *code == asked)
        );
        bench.answer(Answer::Scanned { counter: Box::new(counter(n)), stop: None });
    }
    bench.sees("已配 72");
    bench.press("enter");
    assert!(
        matches!(bench.last_asked(), Some(Question::CounterFinish(counter)) if counter.taken.len() == 3)
    );
    bench.answer(Answer::GivenOut(3));
    bench.sees("已保存：发出 3 盒");
}

#[test]
fn enter_waits_until_every_scan_is_judged() {
    let mut bench = at_counter((80, 24), 0);
    scan(&mut bench, CODE);
    bench.press("enter");
    assert!(
        matches!(bench.last_asked(), Some(Question::CounterScan { .. })),
        "not given out unseen"
    );
}

#[test]
fn each_stop_shows_its_word_and_rings_its_own_number() {
    let mut rung = std::collections::BTreeSet::new();
    for (refusal, word) in [
        (Refusal::NeverReceived, "【未入库】"),
        (Refusal::WrongDrug { product: "甲".into() }, "【药不对】"),
        (Refusal::AlreadyDispensed, "【已发过】"),
        (Refusal::Expired { expiry: today() }, "【过期】"),
        (Refusal::Quarantined, "【隔离】"),
        (Refusal::Recalled, "【召回】"),
        (Refusal::Twice, "【重复扫码】"),
    ] {
        let mut bench = at_counter((80, 24), 1);
        scan(&mut bench, CODE);
        let stop = Stop::Refused { code: CODE.into(), refusal };
        bench.answer(Answer::Scanned { counter: Box::new(counter(1)), stop: Some(stop) });
        bench.sees(word);
        rung.insert(*bench.bells.last().unwrap());
    }
    assert_eq!(rung.len(), 7, "each rings differently");
    let mut bench = at_counter((80, 24), 0);
    scan(&mut bench, "6901234567892");
    let fault = Fault::ShelfCode { digits: "6901234567892".into() };
    bench
        .answer(Answer::Scanned { counter: Box::new(counter(0)), stop: Some(Stop::Unread(fault)) });
    bench.sees("商品条码");
}

#[test]
fn units_are_typed_and_a_scan_never_goes_into_the_field() {
    let mut bench = at_counter((80, 24), 0);
    bench.types("8");
    scan(&mut bench, CODE);
    assert!(matches!(bench.last_asked(), Some(Question::CounterScan { units: Some(8), .. })));
    bench.sees_not(CODE);
    bench.answer(Answer::Scanned { counter: Box::new(counter(1)), stop: None });
    scan(&mut bench, CODE);
    assert!(
        matches!(bench.last_asked(), Some(Question::CounterScan { units: None, .. })),
        "once only"
    );
}

#[test]
fn a_box_is_put_back_before_it_goes_out() {
    let mut bench = at_counter((80, 24), 2);
    bench.sees("已配 48");
    bench.press("delete");
    bench.sees("已配 24");
}

#[test]
fn a_scan_in_the_store_room_asks_for_the_life_of_the_box() {
    let mut bench = store((80, 24));
    scan(&mut bench, CODE);
    assert!(matches!(bench.last_asked(), Some(Question::PackLife(code)) if code == CODE));
    bench.answer(Answer::PackLife(Box::new(life())));
    bench.sees("整盒发药");
}

#[test]
fn the_door_shows_what_is_missing_and_wrong_and_takes_in_on_one_key() {
    let mut bench = at_the_door((80, 24));
    for words in ["缺 1", "多 1", "不符 1", "批号不符", "近效期"] {
        bench.sees(words);
    }
    scan(&mut bench, CODE);
    assert!(
        matches!(bench.last_asked(), Some(Question::CompareReceipt { scans, .. }) if scans.len() == 1)
    );
    bench.answer(Answer::Compared(Box::new(receipt())));
    bench.press("enter");
    assert!(
        matches!(bench.last_asked(), Some(Question::Receive { scans, .. }) if scans.len() == 1)
    );
    bench.answer(Answer::Received(Box::new(receipt())));
    bench.sees("不符的没有入库");
}
