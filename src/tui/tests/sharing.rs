//! The list of what is shared: what stands there, and which key asks for what.
use super::super::{
    effect::{Answer, Question},
    testing::*,
};
use crate::domain::audit::Hash;
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::share::consent::Purpose;
use crate::domain::share::letter::{Direction, Letter};
use crate::domain::share::matching::Claimed;
use crate::domain::share::parts::{Hold, State};
use crate::domain::share::referral::{self, Due, Urgency};
use crate::domain::share::{DeliveryId, HubId, ItemId, Kind};
use crate::services::clinic::{
    Confirmed, Delivery, DeliveryLine, Item, ReferralLine, SharingBoard,
};
use crate::services::clinic::{DeliveryAct, ItemState};

fn item(id: i64, (kind, name, title): (Kind, &str, &str), patient: Option<i64>) -> Item {
    Item {
        id: ItemId(id),
        kind,
        key: format!("k{id}"),
        version: 1,
        patient: patient.map(PatientId),
        matched_by: String::new(),
        claimed: Claimed { name: name.into(), ..Claimed::default() },
        title: title.into(),
        day: Some(today()),
        body: String::new(),
        original: Some(Hash([0; 32])),
        original_type: String::new(),
        source: "file".into(),
        state: ItemState::Current,
        confirmed: None,
        created: morning(),
    }
}

fn delivery(id: i64, state: State, (bytes, word): (u64, &str)) -> DeliveryLine {
    let failed: Option<Instant> =
        (state == State::Queued).then(|| morning().plus_seconds(-2 * 24 * 3600));
    DeliveryLine {
        delivery: Delivery {
            id: DeliveryId(id),
            item: ItemId(id),
            hub: HubId(1),
            act: DeliveryAct::Share,
            purpose: Purpose::Treatment,
            consent: Some(1),
            priority: 2,
            bytes,
            state,
            attempts: 3,
            next_try: morning().plus_seconds(900),
            error_class: String::new(),
            last_word: word.into(),
            failed_since: failed,
            created: morning(),
            patient: Some(PatientId(7)),
            parts: vec![],
        },
        hub: "county".into(),
        hub_stopped: String::new(),
        name: "张桂兰".into(),
        title: "高血压病3级".into(),
    }
}

fn line(state: referral::State, due: Vec<Due>) -> ReferralLine {
    let mut letter = Letter::blank("R1", Direction::Up);
    letter.urgency = Urgency::Emergency;
    letter.patient.name = "张桂兰".into();
    letter.to.name = "柳溪县人民医院".into();
    ReferralLine {
        item: item(9, (Kind::Referral, "张桂兰", "上转：胸痛"), Some(7)),
        letter,
        ours: true,
        state,
        steps: vec![],
        due,
    }
}

pub fn board() -> SharingBoard {
    SharingBoard {
        came_in: vec![
            item(1, (Kind::Discharge, "张桂兰", "高血压病3级"), Some(7)),
            item(2, (Kind::Study, "王小东", "CT HEAD 头颅平扫"), None),
        ],
        deliveries: vec![
            delivery(1, State::Held(Hold::Conflict), (14_000, "SOP 1.2.3 内容不同")),
            delivery(2, State::Queued, (7_200_000, "上级连不上")),
            delivery(3, State::Receipted, (14_000, "")),
        ],
        referrals: vec![
            line(referral::State::Sent, vec![Due::Telephone]),
            line(referral::State::Arrived, vec![]),
        ],
    }
}

pub fn confirmed() -> Confirmed {
    Confirmed {
        patient: PatientId(7),
        added: vec!["高血压病3级".into()],
        due: Some(today().plus_days(7)),
        medicines: vec![],
        plan: String::new(),
    }
}

/// The list, after so many times Tab.
pub fn open(size: (u16, u16), tabs: usize) -> Bench {
    let mut bench = Bench::at_home(size);
    bench.types("z");
    bench.answer(Answer::Sharing(Box::new(board())));
    for _ in 0..tabs {
        bench.press("tab");
    }
    bench
}

#[test]
fn a_held_record_says_what_to_do_and_giving_up_asks_first() {
    let mut bench = open((80, 24), 0);
    bench.sees("上级已有不同内容");
    bench.sees("内容不同");
    bench.types("a");
    assert!(matches!(bench.last_asked(), Some(Question::DeliverAgain(DeliveryId(1)))));
    bench.types("u");
    bench.sees("放弃发送");
    assert!(!bench.asked.iter().any(|(_, q)| matches!(q, Question::GiveUp(_))));
    bench.types("y");
    assert!(matches!(bench.last_asked(), Some(Question::GiveUp(DeliveryId(1)))));
    bench.press("down");
    bench.sees("超过24小时没发出去");
    bench.sees("7032 KB");
    // What has arrived is neither sent again nor given up.
    bench.press("down");
    let before = bench.asked.len();
    bench.types("au");
    assert_eq!(bench.asked.len(), before);
}

#[test]
fn a_discharge_record_is_confirmed_by_one_key_and_a_stranger_s_study_is_not() {
    let mut bench = open((80, 24), 1);
    bench.sees("待确认入档");
    bench.types("c");
    assert!(matches!(bench.last_asked(), Some(Question::ConfirmRecord(ItemId(1)))));
    bench.answer(Answer::RecordConfirmed(Box::new(confirmed())));
    bench.sees("首次随访");
    bench.press("down");
    bench.sees("未归到患者");
    let before = bench.asked.len();
    bench.types("c");
    assert_eq!(bench.asked.len(), before);
}

#[test]
fn a_referral_shows_its_timer_and_goes_on_by_digits() {
    let mut bench = open((80, 24), 2);
    bench.sees("没有回音，请打电话");
    bench.types("2");
    let asked = bench.last_asked();
    assert!(matches!(asked, Some(Question::MoveReferral(ItemId(9), referral::State::Arrived))));
}
