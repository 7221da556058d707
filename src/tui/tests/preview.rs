//! The look at a study: what is asked and when, what is shown under which caption, what Esc lets go of.
use std::sync::Arc;

use super::super::{
    effect::{Answer, Decoding, Question, Topic},
    testing::*,
};
use crate::domain::patient::PatientId;
use crate::domain::share::ItemId;
use crate::services::clinic::{SharingBoard, StudyImage};
use crate::services::failure::{Failure, Kind};
use crate::services::share::reader::Picture;

fn image(n: usize, series: &str, modality: &str) -> StudyImage {
    StudyImage {
        image: n,
        series_uid: format!("1.2.{series}"),
        series: format!("{series} 平扫"),
        modality: modality.into(),
        body_part: "HEAD".into(),
        frames: if n == 2 { 3 } else { 1 },
    }
}

/// Two of one CT series, one CR.
pub fn images() -> Vec<StudyImage> {
    vec![image(1, "3", "CT"), image(2, "3", "CT"), image(3, "4", "CR")]
}

pub fn pictured(side: usize, window: Option<(f64, f64)>) -> Answer {
    Answer::Pictured(Box::new(Picture::ramp(side, window)))
}

pub fn refused() -> Answer {
    let failure = Failure::new(Kind::User, "不能预览：HTJ2K 压缩。", "It cannot be shown: HTJ2K.")
        .kept("", "");
    Answer::Failed(Topic::Decode, failure)
}

/// From a person's page to what is shared of theirs.
pub fn of_a_person(size: (u16, u16)) -> Bench {
    let mut bench = Bench::at_home(size);
    bench.types("h");
    bench.answer(Answer::Chart { patient: patient(), visits: visits() });
    bench.types("z");
    let board = super::sharing::board();
    let came_in = board.came_in.into_iter().rev().collect();
    bench.answer(Answer::Sharing(Box::new(SharingBoard { came_in, ..SharingBoard::default() })));
    bench
}

pub fn decoding(size: (u16, u16)) -> Bench {
    let mut bench = of_a_person(size);
    bench.press("enter");
    bench.answer(Answer::StudyImages(ItemId(2), images()));
    bench.answer(Answer::ImageRead { image: 1, bytes: Arc::new(vec![1]) });
    bench
}

pub fn shown(size: (u16, u16), window: Option<(f64, f64)>) -> Bench {
    let mut bench = decoding(size);
    bench.answer(pictured(16, window));
    bench
}

fn last_decoding(bench: &Bench) -> &Decoding {
    match bench.last_asked() {
        Some(Question::Decode(asked)) => asked,
        other => panic!("{other:?}"),
    }
}

#[test]
fn from_a_chart_two_keys_lead_to_a_picture_that_says_what_it_is_not() {
    let mut bench = of_a_person((80, 24));
    assert!(bench.asked.iter().any(|(_, q)| matches!(q, Question::SharingOf(PatientId(7)))));
    bench.sees("张桂兰  发出  [收到 2]");
    bench.press("enter");
    assert!(matches!(bench.last_asked(), Some(Question::StudyImages(ItemId(2)))));
    bench.answer(Answer::StudyImages(ItemId(2), images()));
    assert!(matches!(bench.last_asked(), Some(Question::ReadImage(ItemId(2), 1))));
    bench.sees("读取中");
    bench.answer(Answer::ImageRead { image: 1, bytes: Arc::new(vec![1]) });
    let wanted = last_decoding(&bench).wanted;
    assert_eq!((wanted.width, wanted.height, wanted.window), (78, 34, None));
    bench.tick(3);
    bench.sees("解码中… 3秒");
    bench.sees_not("▀");
    bench.answer(pictured(16, Some((40.0, 400.0))));
    for text in ["仅供预览，不能用于诊断", "▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀", "第1/3幅", "文件窗 40/400"]
    {
        bench.sees(text);
    }
    bench.press("esc");
    bench.sees("[收到 2]");
    bench.press("esc");
    bench.sees("历次就诊");
}

#[test]
fn a_window_is_asked_for_by_a_digit_and_only_for_ct() {
    let mut bench = shown((80, 24), Some((40.0, 400.0)));
    bench.types("2");
    assert_eq!(last_decoding(&bench).wanted.window, Some((40.0, 80.0)));
    bench.answer(pictured(16, Some((40.0, 80.0))));
    bench.sees("脑窗 40/80");
    bench.types("+");
    assert_eq!(last_decoding(&bench).wanted.window, Some((40.0, 64.0)));
    bench.answer(pictured(16, Some((40.0, 64.0))));
    bench.types(",");
    assert_eq!(last_decoding(&bench).wanted.window, Some((46.4, 64.0)));
    bench.answer(pictured(16, Some((46.4, 64.0))));
    bench.sees("手调窗");
    // The other series is no CT: its own window, and no bone window.
    bench.press("tab");
    bench.answer(Answer::ImageRead { image: 3, bytes: Arc::new(vec![3]) });
    assert_eq!(last_decoding(&bench).wanted.window, None);
    bench.answer(pictured(16, Some((2048.0, 4096.0))));
    let before = bench.asked.len();
    bench.types("4");
    assert_eq!(bench.asked.len(), before);
    bench.sees("只用于CT");
}

#[test]
fn another_image_takes_the_old_picture_away_at_once_and_frames_go_by_arrows() {
    let mut bench = shown((80, 24), Some((40.0, 400.0)));
    bench.sees("▀");
    bench.press("down");
    bench.sees_not("▀");
    assert!(matches!(bench.last_asked(), Some(Question::ReadImage(ItemId(2), 2))));
    bench.answer(Answer::ImageRead { image: 2, bytes: Arc::new(vec![2]) });
    bench.answer(pictured(16, Some((40.0, 400.0))));
    bench.sees("第2/3幅  帧1/3");
    bench.press("right");
    assert_eq!(last_decoding(&bench).wanted.frame, 1);
    // The bytes are here already: the records are not asked again.
    bench.answer(pictured(16, Some((40.0, 400.0))));
    bench.sees("帧2/3");
}

#[test]
fn esc_lets_go_of_what_is_waited_for_and_a_late_picture_is_not_shown() {
    let mut bench = decoding((80, 24));
    let unless = last_decoding(&bench).unless.clone();
    assert!(!unless.gone());
    bench.press("esc");
    assert!(unless.gone());
    bench.sees("已取消");
    bench.answer(pictured(16, None));
    bench.sees_not("▀");
    bench.types("1");
    assert!(!last_decoding(&bench).unless.gone());
    let unless = last_decoding(&bench).unless.clone();
    // Another choice lets go of the one before.
    bench.press("down");
    assert!(unless.gone());
    bench.press("esc");
    bench.press("esc");
    bench.sees("[收到 2]");
}

#[test]
fn what_cannot_be_shown_says_why_and_the_next_image_is_still_reached() {
    let mut bench = decoding((80, 24));
    bench.answer(refused());
    bench.sees("HTJ2K");
    bench.sees_not("▀");
    bench.press("down");
    assert!(matches!(bench.last_asked(), Some(Question::ReadImage(ItemId(2), 2))));
}

#[test]
fn another_terminal_size_asks_for_another_picture() {
    let mut bench = shown((80, 24), None);
    bench.resize((120, 40));
    assert_eq!(
        (last_decoding(&bench).wanted.width, last_decoding(&bench).wanted.height),
        (118, 66)
    );
}
