//! Invented boxes, bills and readings for the tests of the store-room's screens.
use super::{
    effect::{Answer, Parcel, Topic},
    testing::*,
};
use crate::{
    domain::{
        instant::Instant,
        outbox::{MessageId, Standing, State as MessageState},
        trace::{
            bill::{Bill, BillKind, Business, Lack, Target, Transport},
            pack::{Pack, State, Tally},
            product::{Agreement, Product, Progress},
            recall::{Nature, Recall},
            refusal::Refusal,
            stock::{Reading, Zone},
        },
    },
    services::{
        clinic::trace::{
            BillStanding, CountReport, Difference, Dispensed, LotLife, PoolLine, RecallReport,
            RejectedLine, RejectedPack, Scanned, Stop,
        },
        trace_import::{Fate, Import, Line, Subject},
        trace_upload::{BillMessage, Message, OpenBill, PlatformAnswer, Profile},
    },
};

const CODE: &str = "81234560000000000001";

/// Whether an answer of the store-room is one to a question of this topic.
pub fn fits(topic: Topic, answer: &Answer) -> bool {
    matches!(
        (topic, answer),
        (Topic::Stock, Answer::Stock(_))
            | (Topic::PackLife, Answer::PackLife(_) | Answer::Stopped(_))
            | (
                Topic::Counter,
                Answer::Counter(_)
                    | Answer::Scanned { .. }
                    | Answer::GivenOut(_)
                    | Answer::Stopped(_)
            )
            | (Topic::Receipt, Answer::Compared(_) | Answer::Received(_))
            | (Topic::LotLife, Answer::LotLife { .. })
            | (Topic::Agreements, Answer::Agreements(..))
            | (Topic::PrintPaper, Answer::PaperPrinted(_))
            | (Topic::Look, Answer::LookedAt(_) | Answer::Stopped(_))
            | (Topic::Deed, Answer::DeedMay(_) | Answer::DeedDone(_) | Answer::Stopped(_))
            | (Topic::Count, Answer::Counted(_))
            | (Topic::Recall, Answer::Recalled(_) | Answer::Recalls(_) | Answer::Stopped(_))
            | (Topic::Rejected, Answer::Rejected(_) | Answer::SentBack(_) | Answer::Stopped(_))
            | (Topic::Import, Answer::ImportRead(_) | Answer::Imported(_))
            | (Topic::WriteFile, Answer::FileWritten(_))
            | (Topic::Temperature, Answer::Temperatures(_))
            | (Topic::Pool, Answer::Pool(_))
            | (Topic::Bills, Answer::Bills { .. })
            | (
                Topic::Upload,
                Answer::BillTaken { .. } | Answer::Delivered { .. } | Answer::BillKept
            )
    )
}

pub fn pack(n: u32, state: State) -> Pack {
    let here = matches!(state, State::Shelf | State::Quarantined);
    Pack {
        code: format!("8123456{n:013}"),
        product: "amx".into(),
        lot: "A2611".into(),
        made: None,
        expiry: Some(today().plus_days(60)),
        level: 1,
        parent: None,
        units: 24,
        state,
        shelf: if state == State::Shelf { 24 } else { 0 },
        held: if state == State::Quarantined { 24 } else { 0 },
        place: "A架".into(),
        label_lost: false,
        from_patient: false,
        recall: None,
        tally: Tally { received: 24, dispensed: if here { 0 } else { 24 }, ..Tally::default() },
    }
}

pub fn scanned(n: u32) -> Scanned {
    Scanned { pack: pack(n, State::Shelf), label: "阿莫西林胶囊 0.25g×24粒".into() }
}

pub fn never_received() -> Stop {
    Stop::Refused { code: CODE.into(), refusal: Refusal::NeverReceived }
}

fn patients() -> Vec<Dispensed> {
    ["张桂兰", "马德胜"]
        .iter()
        .enumerate()
        .map(|(n, name)| Dispensed {
            code: format!("8123456{n:013}"),
            product: "amx".into(),
            lot: "A2611".into(),
            units: 24,
            at: morning(),
            visit: 3 + n as i64,
            patient: 7,
            line: Some(0),
            name: (*name).into(),
            phone: "13800001234".into(),
        })
        .collect()
}

pub fn lot_life() -> LotLife {
    LotLife {
        lots: super::tests::stock::stock().into_iter().take(1).map(|line| line.lot).collect(),
        packs: vec![pack(1, State::Shelf), pack(2, State::Quarantined), pack(3, State::Dispensed)],
        patients: patients(),
    }
}

pub fn recall() -> RecallReport {
    RecallReport {
        recall: Recall {
            id: "YL20261124-093000".into(),
            class: 2,
            nature: Nature::Drill,
            product: "amx".into(),
            lots: vec!["A2611".into()],
            codes: None,
            reason: String::new(),
        },
        packs: vec![pack(1, State::Shelf), pack(2, State::Quarantined), pack(3, State::Dispensed)],
        patients: patients(),
        kept: None,
    }
}

pub fn recalls() -> Vec<(Recall, Instant)> {
    let drill = recall().recall;
    let real = Recall {
        id: "ZH20261101-080000".into(),
        class: 1,
        nature: Nature::Real,
        lots: vec!["B7".into()],
        ..drill.clone()
    };
    vec![(real, morning().plus_seconds(-23 * 86_400)), (drill, morning())]
}

pub fn rejected() -> Vec<RejectedLine> {
    let line = |n: u32, supplier: &str, reason: &str| RejectedLine {
        is: RejectedPack {
            pack: Pack { held: 24, ..pack(n, State::Rejected) },
            reason: reason.into(),
            bill: "CK001".into(),
            supplier: supplier.into(),
            at: morning(),
        },
        label: "阿莫西林胶囊 0.25g×24粒".into(),
    };
    vec![
        line(1, "县医药公司", "破损：外箱压坏"),
        line(2, "县医药公司", "近效期或过期"),
        line(3, "市药材站", "未订购"),
    ]
}

/// A catalogue with one line of each fate.
pub fn import() -> Import {
    let line = |number, label: &str, fate, note: &str| Line {
        number,
        label: label.into(),
        fate,
        stop: None,
        note: note.into(),
    };
    Import::shown(
        Subject::Products,
        vec![
            line(2, "amx  阿莫西林胶囊 0.25g×24粒", Fate::Same, ""),
            line(3, "aml  苯磺酸氨氯地平片 5mg×28片", Fate::New, "缺 医保编码"),
            line(4, "abx  氨溴索片 0.25g×20片", Fate::Changed(vec!["单价 8.00→7.20".into()]), ""),
            line(5, "", Fate::Bad("第 5 行：units（每盒数量）不能为 0".into()), ""),
        ],
    )
}

pub fn count() -> CountReport {
    CountReport {
        counted: 12,
        fits: 10,
        differences: vec![
            Difference::Loss { pack: Box::new(pack(4, State::Shelf)), units: 24 },
            Difference::Elsewhere { pack: Box::new(pack(5, State::Dispensed)) },
            Difference::Unknown { code: "81234569999999999999".into() },
        ],
        ..CountReport::default()
    }
}

pub fn readings() -> Vec<Reading> {
    let reading = |hours: i64, tenths: i32, measure: &str| Reading {
        place: "冰箱".into(),
        zone: Zone::Cold,
        at: morning().plus_seconds(-3600 * hours),
        tenths,
        humidity: Some(55),
        measure: measure.into(),
    };
    vec![reading(0, 92, ""), reading(12, 48, ""), reading(24, 101, "断电，已移入备用冰箱")]
}

pub fn pool_lines() -> Vec<PoolLine> {
    let line = |n: u32, shelf: u32| PoolLine {
        pack: Pack { shelf, place: "拆零".into(), ..pack(n, State::Shelf) },
        label: "阿莫西林胶囊 0.25g×24粒".into(),
        unit: "粒".into(),
    };
    vec![line(1, 9), line(2, 24)]
}

pub fn bills() -> Vec<OpenBill> {
    let bill = |n: u32, state: MessageState, hours_left: i64, said: &str, remedy: &str| OpenBill {
        standing: BillStanding {
            message: MessageId(i64::from(n)),
            target: if n.is_multiple_of(2) { Target::Platform } else { Target::Insurance },
            bill: format!("XL01JAB2CD01D{n:09}"),
            state,
            attempts: n,
            next_try: morning(),
            created: morning(),
            transport_word: "200".into(),
            business_word: said.into(),
            remedy: remedy.into(),
        },
        hours_left,
        lacks: vec![],
    };
    vec![
        bill(
            2,
            MessageState::Refused,
            -3,
            "药品追溯码不在本企业库存",
            "核对这一盒是否由本机构入库；若刚收货，先传收货单，再按 w 重传。",
        ),
        OpenBill {
            lacks: vec![Lack {
                field: "manu_date".into(),
                word: "生产日期".into(),
                what: "苯磺酸氨氯地平片".into(),
                place: "补在发货清单",
            }],
            ..bill(3, MessageState::Waiting, 20, "", "")
        },
    ]
}

fn bill() -> BillMessage {
    BillMessage {
        message: Message {
            id: MessageId(1),
            kind: String::new(),
            object: String::new(),
            body: String::new(),
            standing: Standing {
                state: MessageState::Sent,
                revision: 1,
                sha256: crate::domain::audit::Hash::START,
                attempts: 0,
                next_try: morning(),
                last_word: String::new(),
            },
            created: morning(),
        },
        target: Target::Platform,
        bill: Bill {
            code: "XL1".into(),
            kind: BillKind::Retail,
            at: morning(),
            withdraws: String::new(),
            partner_bill: String::new(),
            partner: String::new(),
            reason: String::new(),
            operator: String::new(),
            executor: String::new(),
            supervisor: String::new(),
            doctor: String::new(),
            prescription: String::new(),
            visit: None,
            lines: vec![],
        },
        last: None,
        done: vec![],
    }
}

pub fn parcel() -> Parcel {
    Parcel { profile: Profile::default(), bill: bill(), at: morning() }
}

pub fn platform_says(yes: bool) -> PlatformAnswer {
    PlatformAnswer {
        transport: if yes { Transport::Reached } else { Transport::Failed },
        business: if yes { Business::Accepted } else { Business::Unknown },
        transport_word: String::new(),
        business_word: String::new(),
        remedy: String::new(),
        done: vec![],
    }
}

pub fn agreements() -> (Vec<Progress>, Vec<Product>) {
    let agreement = Agreement {
        batch: "第十批".into(),
        product: "amx".into(),
        agreed: 400,
        price_fen: 560,
        from: today().plus_days(-180),
        to: today().plus_days(184),
    };
    let product = Product {
        id: "amx".into(),
        name: "阿莫西林胶囊".into(),
        strength: "0.25g".into(),
        units: 24,
        unit: "粒".into(),
        ..Product::default()
    };
    (vec![Progress { agreement, bought: 120 }], vec![product])
}
