//! 长期处方管理规范（试行）2021: stable chronic illness, four weeks as a rule and twelve at most, a reason above four,
//! the first one by a doctor of middle rank, and the kinds of drugs that are never written for so long.
use super::{Alert, Desk, Prescription, RxIndex, RxPatient, order::Order, person::Person, signa};
use crate::domain::catalog::{
    Catalog,
    formulary::{DrugKind, Tier},
};

/// Four weeks, and what a monthly pack of 30 or 31 adds.
const FOUR_WEEKS: u32 = 28;
const A_MONTH: u32 = 31;
pub const LONGEST_DAYS: u32 = 84;
const LAW: &str = "长期处方管理规范（试行），2021";

/// Words of a reason on the line.
const REASONS: &[&str] =
    &["长期", "稳定", "外出", "路远", "行动不便", "慢病", "遵上级", "理由", "复诊困难"];

/// A kind of drug that no long prescription may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excluded {
    Narcotic,
    Psychotropic,
    Toxic,
    Antimicrobial,
    InjectedHormone,
}

impl Excluded {
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Narcotic => "麻醉药品",
            Self::Psychotropic => "精神药品",
            Self::Toxic => "医疗用毒性药品",
            Self::Antimicrobial => "抗微生物药（治结核等慢性感染者除外）",
            Self::InjectedHormone => "注射用糖皮质激素",
        }
    }
}

pub(super) const fn is_long(days: u32) -> bool {
    days > FOUR_WEEKS
}

/// Chronic infections whose treatment is long by nature.
const CHRONIC_INFECTIONS: &[&str] = &[
    "A15", "A16", "A17", "A18", "A19", "A30", "B35.1", "B38", "B39", "B40", "B44", "B45", "A42",
    "A23", "M86", "I00", "I01", "I05", "I09",
];

fn excluded(person: &Person<'_>, order: &Order<'_>) -> Option<Excluded> {
    let any = |classes: &[&str]| classes.iter().any(|c| order.in_class(c));
    if any(&["narcotic-controlled"]) {
        Some(Excluded::Narcotic)
    } else if any(&["psychotropic-1", "psychotropic-2"]) {
        Some(Excluded::Psychotropic)
    } else if order.herb && order.drug.is_none_or(|d| d.kind == DrugKind::Herb) && is_toxic(order) {
        Some(Excluded::Toxic)
    } else if any(&["antibacterial", "antifungal"])
        && !any(&["antitubercular", "antileprosy"])
        && !order.is_local()
        && !person.has_code(CHRONIC_INFECTIONS)
    {
        Some(Excluded::Antimicrobial)
    } else if any(&["corticosteroid-systemic"]) && signa::is_injection(order.route) {
        Some(Excluded::InjectedHormone)
    } else {
        None
    }
}

/// Of the 28 toxic herbs of the 1988 regulation those that a township has.
fn is_toxic(order: &Order<'_>) -> bool {
    const TOXIC: &[&str] = &[
        "生川乌",
        "生草乌",
        "生附子",
        "生半夏",
        "生天南星",
        "生马钱子",
        "马钱子",
        "生白附子",
        "雄黄",
        "蟾酥",
        "斑蝥",
        "生甘遂",
        "生狼毒",
        "生巴豆",
        "生千金子",
        "闹羊花",
        "洋金花",
        "雪上一枝蒿",
    ];
    order.herbs.iter().any(|h| TOXIC.contains(h))
}

pub(super) fn check(desk: &mut Desk<'_>) {
    let mut alerts = vec![];
    let chronic = desk.person.is_chronic();
    for order in desk.orders.iter().filter(|o| o.line.is_some()) {
        let Some(days) = order.item.days.filter(|days| is_long(*days)) else { continue };
        let said = |tier: Tier, rule: &str, code: &str, why: String, instead: &str| {
            Alert::new(tier, rule, "quantity", code)
                .on(order)
                .saying(why, instead)
                .citing(LAW)
                .because("course")
        };
        if let Some(kind) = excluded(&desk.person, order) {
            let code = if kind == Excluded::Antimicrobial { "1-12" } else { "1-13" };
            alerts.push(said(
                Tier::Warn,
                "long-term-excluded",
                code,
                format!("{}：{days}天；{}不得开长期处方", order.name, kind.zh()),
                "按常规用量开，到期复诊",
            ));
        } else if days > LONGEST_DAYS {
            alerts.push(said(
                Tier::Warn,
                "quantity-too-long",
                "1-12",
                format!("{}：{days}天，长期处方最长12周", order.name),
                "减到12周以内并约复诊",
            ));
        } else if chronic {
            let reason = REASONS.iter().any(|w| order.item.remark.contains(w));
            let tier = if days > A_MONTH && !reason { Tier::Note } else { Tier::Log };
            alerts.push(said(
                tier,
                "quantity-long",
                "1-12",
                format!("{}：{days}天，超过4周须病情稳定并写明理由", order.name),
                "备注写理由（如 病情稳定），患者知情并约复诊",
            ));
        }
    }
    desk.alerts.extend(alerts);
}

/// What is asked: these lines for so many weeks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub weeks: u32,
    pub reason: String,
    /// Drugs of the patient's earlier prescriptions, by id or name.
    pub taken_before: Vec<String>,
}

/// Why there can be no long prescription at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// No chronic illness stands on the sheet or in the record.
    NotChronic,
    /// Not four, eight or twelve weeks, or anything between.
    Weeks,
    /// More than four weeks, and no reason.
    NoReason,
    /// Every line is of a kind that is excluded.
    NoLine,
}

/// What the rules say to the wish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub hindrance: Option<Hindrance>,
    /// Lines that may be written for so long.
    pub lines: Vec<usize>,
    pub excluded: Vec<(usize, Excluded)>,
    /// Of these, drugs that the patient has not had before: a first long prescription is for a doctor of middle rank.
    pub first_time: Vec<usize>,
}

/// Which lines may be written for the wished number of weeks.
pub fn judge(
    catalog: &Catalog,
    index: &RxIndex,
    (rx, patient): (&Prescription, &RxPatient),
    wish: &Wish,
) -> Verdict {
    let person = Person::new(index, patient);
    let before: Vec<&str> = wish
        .taken_before
        .iter()
        .flat_map(|name| index.resolve(name))
        .filter_map(|ix| catalog.formulary.drugs.get(ix).map(|d| d.id.as_str()))
        .collect();
    let mut verdict = Verdict::default();
    for (n, item) in rx.items.iter().enumerate() {
        let order = Order::new(&catalog.formulary, index, Some(n), item);
        if let Some(kind) = excluded(&person, &order) {
            verdict.excluded.push((n, kind));
            continue;
        }
        verdict.lines.push(n);
        let id = order.drug.map_or("", |d| d.id.as_str());
        let had =
            before.contains(&id) || wish.taken_before.iter().any(|b| b == id || *b == item.drug);
        if !had {
            verdict.first_time.push(n);
        }
    }
    verdict.hindrance = if !(1..=LONGEST_DAYS / 7).contains(&wish.weeks) {
        Some(Hindrance::Weeks)
    } else if !person.is_chronic() {
        Some(Hindrance::NotChronic)
    } else if wish.weeks * 7 > FOUR_WEEKS && wish.reason.trim().chars().count() < 4 {
        Some(Hindrance::NoReason)
    } else if verdict.lines.is_empty() {
        Some(Hindrance::NoLine)
    } else {
        None
    };
    verdict
}
