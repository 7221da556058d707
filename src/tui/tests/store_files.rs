//! At the door and with files: refusing with a cause, taking in with a reason, giving back, imports looked at before they
//! are kept, exports, earlier recalls, what a bill lacks before it is sent.
use super::{
    super::testing_stock::*,
    stock::at_the_door,
    store_room::{fill, opened, uploading},
};
use crate::{
    domain::{
        trace::rejection::{Cause, Decision},
        words::Words,
    },
    services::{
        trace_files::{Leaving, Written},
        trace_import::{Imported, Sender, Subject},
    },
    tui::{
        effect::{Answer, Paper, Question},
        event::Event,
        testing::*,
    },
};

/// The door with the cursor on the box that is on no list.
pub fn extra(size: (u16, u16)) -> Bench {
    let mut bench = at_the_door(size);
    // What needs a decision stands first: the wrong lot, then the extra.
    bench.press("down");
    bench
}

pub fn refusing(size: (u16, u16)) -> Bench {
    let mut bench = at_the_door(size);
    bench.press("f3");
    bench
}

pub fn accepting(size: (u16, u16)) -> Bench {
    let mut bench = extra(size);
    bench.press("f5");
    bench
}

pub fn refused(size: (u16, u16)) -> Bench {
    let mut bench = opened(size, "b");
    bench.answer(Answer::Rejected(rejected()));
    bench
}

pub fn looked(size: (u16, u16)) -> Bench {
    let mut bench = opened(size, "i");
    bench.types("1");
    bench.types("/media/usb/products.xlsx");
    bench.press("enter");
    bench.answer(Answer::ImportRead(Box::new(import())));
    bench
}

pub fn earlier(size: (u16, u16)) -> Bench {
    let mut bench = opened(size, "z");
    bench.press("f4");
    bench.answer(Answer::Recalls(recalls()));
    bench
}

fn decided(bench: &Bench, n: u32) -> Option<Decision> {
    let Some(Question::CompareReceipt { door, .. }) = bench.last_asked() else { panic!() };
    door.decisions.get(&format!("8123456{n:013}")).cloned()
}

#[test]
fn a_box_is_refused_with_the_likely_cause_and_it_goes_out_with_the_receipt() {
    let mut bench = refusing((80, 24));
    // The wrong lot stands first and its cause is filled in.
    bench.sees("拒收 1 个码");
    bench.sees("2批号效期不符");
    bench.press("tab");
    bench.types("盒上是B2");
    bench.press("enter");
    let want = Decision::Reject { cause: Cause::WrongLot, note: "盒上是B2".into() };
    assert_eq!(decided(&bench, 3), Some(want));
    bench.sees("未通过验证");
    bench.press("enter");
    let Some(Question::Receive { door, scans }) = bench.last_asked() else { panic!() };
    assert!(scans.is_empty() && door.decisions.len() == 1, "a refusal needs no scan");
}

#[test]
fn a_whole_line_is_refused_at_once_and_a_decision_can_be_taken_back() {
    let mut bench = at_the_door((80, 24));
    bench.press("f4");
    bench.sees("拒收 5 个码");
    bench.press("enter");
    assert!((1..=5).all(|n| decided(&bench, n).is_some()));
    let Some(Question::CompareReceipt { door, .. }) = bench.last_asked() else { panic!() };
    let mut seen = super::stock::receipt();
    for line in &mut seen.lines {
        line.decision = door.decisions.get(&line.code).cloned();
    }
    bench.answer(Answer::Compared(Box::new(seen)));
    bench.sees("拒收 5");
    bench.press("delete");
    assert_eq!((decided(&bench, 3), decided(&bench, 1).is_some()), (None, true));
}

#[test]
fn a_cause_is_one_of_six_and_other_needs_words_and_esc_writes_nothing() {
    for cause in ["9", "6", "坏"] {
        let mut bench = refusing((80, 24));
        bench.press("backspace");
        bench.types(cause);
        let before = bench.asked.len();
        bench.press("enter");
        bench.sees("原因应是 1 到 6");
        assert_eq!(bench.asked.len(), before, "{cause}");
        bench.press("esc");
        bench.sees("逐盒或扫整箱");
        bench.sees_not("原因 1-6");
    }
}

#[test]
fn a_box_on_no_list_is_taken_in_only_with_a_reason() {
    let mut bench = accepting((80, 24));
    bench.sees("清单外收下");
    let before = bench.asked.len();
    bench.press("enter");
    assert_eq!(bench.asked.len(), before, "the reason is missing");
    bench.types("电话补发");
    bench.press("enter");
    let Some(Decision::Accept { reason, is }) = decided(&bench, 5) else { panic!() };
    assert_eq!((reason.as_str(), is.product.as_str(), is.lot.as_str()), ("电话补发", "amx", "A1"));
    assert!(is.expiry.is_some());
}

#[test]
fn only_what_is_on_no_list_is_taken_in_with_a_reason() {
    let mut bench = at_the_door((80, 24));
    bench.press("f5");
    bench.sees_not("清单外收下");
}

#[test]
fn a_scan_while_a_cause_is_written_goes_to_the_receipt_and_not_into_the_field() {
    let mut bench = refusing((80, 24));
    bench.event(Event::Scan("81234560000000000009".into()));
    assert!(
        matches!(bench.last_asked(), Some(Question::CompareReceipt { scans, .. }) if scans.len() == 1)
    );
    bench.sees("原因 1-6");
    bench.sees_not("81234560000000000009");
}

#[test]
fn refused_boxes_go_back_by_supplier_on_one_slip_after_a_question() {
    let mut bench = refused((120, 40));
    for words in ["拒收待退 3 盒", "破损：外箱压坏", "市药材站"] {
        bench.sees(words);
    }
    bench.press("enter");
    bench.press("enter");
    assert!(
        !bench.asked.iter().any(|(_, q)| matches!(q, Question::SendBack { .. })),
        "no slip yet"
    );
    bench.types("TH9");
    bench.press("enter");
    bench.sees("共 2 盒");
    bench.types("y");
    let Some(Question::SendBack { supplier, slip, codes }) = bench.last_asked() else { panic!() };
    assert_eq!((supplier.as_str(), slip.as_str(), codes.len()), ("县医药公司", "TH9", 2));
    bench.answer(Answer::SentBack(2));
    bench.sees("退回 2 盒");
    assert!(matches!(bench.last_asked(), Some(Question::Rejected)));
    bench.answer(Answer::Rejected(rejected()));
    bench.press("p");
    assert!(matches!(bench.last_asked(), Some(Question::PrintPaper(Paper::Rejected))));
}

#[test]
fn a_file_is_seen_line_by_line_before_it_is_kept() {
    let mut bench = looked((80, 24));
    assert!(matches!(
        bench.asked.iter().rev().find(|(_, q)| matches!(q, Question::ReadImport { .. })),
        Some((_, Question::ReadImport { subject: Subject::Products, path, .. })) if path == "/media/usb/products.xlsx"
    ));
    for words in ["新 1，改 1，已有 1，有误 1", "不能为 0", "单价 8.00→7.20", "缺 医保编码"]
    {
        bench.sees(words);
    }
    assert!(!bench.asked.iter().any(|(_, q)| matches!(q, Question::KeepImport(_))));
    bench.press("enter");
    assert!(matches!(bench.last_asked(), Some(Question::KeepImport(_))));
    bench.press("enter");
    let kept = bench.asked.iter().filter(|(_, q)| matches!(q, Question::KeepImport(_))).count();
    assert_eq!(kept, 1, "once");
    bench.answer(Answer::Imported(Imported { kept: 2, refused: vec![] }));
    bench.sees("已保存 2");
}

#[test]
fn esc_leaves_a_look_without_keeping_and_the_path_stays() {
    let mut bench = looked((80, 24));
    bench.press("esc");
    bench.sees("products.xlsx");
    assert!(!bench.asked.iter().any(|(_, q)| matches!(q, Question::KeepImport(_))));
    bench.press("esc");
    bench.sees("文件：导入与导出");
}

#[test]
fn a_despatch_list_may_get_its_number_and_supplier_from_the_keys() {
    let mut bench = opened((80, 24), "i");
    bench.types("2");
    fill(&mut bench, &["list.csv", "CK7", "县医药公司"]);
    bench.press("enter");
    let Some(Question::ReadImport { subject, sender, .. }) = bench.last_asked() else { panic!() };
    let want = Sender { bill: "CK7".into(), supplier: "县医药公司".into() };
    assert_eq!((*subject, sender), (Subject::Despatch, &want));
}

#[test]
fn every_export_is_reachable_and_says_what_was_written_and_what_was_not() {
    for (key, leaving, needs_sheet) in [
        ("6", Leaving::Epcis, false),
        ("7", Leaving::Csv, false),
        ("8", Leaving::Insurance, false),
        ("9", Leaving::Settlement, true),
    ] {
        let mut bench = opened((80, 24), "i");
        bench.types(key);
        if needs_sheet {
            bench.types("20261124-001");
        }
        bench.press("enter");
        let Some(Question::WriteFile { leaving: asked, path, sheet }) = bench.last_asked() else {
            panic!("{key}")
        };
        assert_eq!((*asked, path.as_str(), sheet.is_empty()), (leaving, "", !needs_sheet));
        bench.answer(Answer::FileWritten(Written {
            path: "exports/x.json".into(),
            words: Words::new("7 条记录", "7 events"),
            left_out: vec!["XL1D 苯磺酸氨氯地平片 缺 manu_date（生产日期）".into()],
        }));
        bench.sees("exports/x.json");
        bench.sees("没写进去 1 张");
        bench.sees("manu_date");
    }
}

#[test]
fn an_earlier_drill_is_opened_from_the_list_and_printed_again() {
    let mut bench = earlier((80, 24));
    bench.sees("历次召回和演练 2");
    bench.sees("ZH20261101-080000");
    // The newest first.
    bench.press("enter");
    let Some(Question::Recall(asked)) = bench.last_asked() else { panic!() };
    assert_eq!(asked.id, "YL20261124-093000");
    assert!(asked.product.is_empty() && asked.codes.is_none(), "asks, starts nothing");
    bench.answer(Answer::Recalled(Box::new(recall())));
    bench.sees("张桂兰 电话 13800001234");
    bench.press("p");
    assert!(matches!(bench.last_asked(), Some(Question::PrintPaper(Paper::Recall(_)))));
    bench.press("esc");
    bench.sees("历次召回和演练 2");
    bench.press("esc");
    bench.sees("召回编号");
}

#[test]
fn what_a_bill_lacks_is_named_before_it_is_sent_and_the_profile_changes_by_a_key() {
    let mut bench = uploading((80, 24));
    bench.sees("1 张缺必填");
    bench.press("down");
    bench.sees("发前检查：苯磺酸氨氯地平片 缺 manu_date（生产日期）");
    bench.sees("省份配置 default");
    bench.types("o");
    assert!(matches!(bench.last_asked(), Some(Question::ChooseProfile(name)) if name == "strict"));
}
