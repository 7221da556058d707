//! Why something cannot happen to a pack: an id, a word for the counter, a sound, and a sentence with the remedy.
use super::pack::State;
use crate::domain::age::Day;
use crate::domain::words::Words;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NeverReceived,
    AlreadyKnown {
        state: State,
    },
    AlreadyReceived {
        state: State,
    },
    AlreadyDispensed,
    Expired {
        expiry: Day,
    },
    Recalled,
    AlreadyRecalled,
    Quarantined,
    NotAccepted,
    Destroyed,
    CaseNotPack,
    NotACase,
    /// Whole was asked of a pack that is open.
    OpenPack {
        left: u32,
        of: u32,
    },
    TooMany {
        wanted: u32,
        left: u32,
    },
    NoUnits,
    NotThatManyOut {
        wanted: u32,
        out: u32,
    },
    NotThatManyMissing {
        wanted: u32,
        missing: u32,
    },
    FromPatient,
    NotHeld {
        state: State,
    },
    NotNow {
        state: State,
    },
    TwoNamesNeeded,
    NoProduct,
    UnknownProduct,
    DatesTurned,
    MadeInFuture,
    OtherProduct {
        known: String,
    },
    OtherLot {
        known: String,
        read: String,
    },
    OtherExpiry {
        known: Day,
        read: Day,
    },
    /// Not the drug of any open line.
    WrongDrug {
        product: String,
    },
    WrongStrength {
        asked: String,
        product: String,
    },
    /// All lines have their packs already.
    LineFull {
        name: String,
    },
    /// Scanned twice in this dispensing.
    Twice,
    /// The prescription is not signed, corrected since, or already dispensed.
    NoPrescription,
    Superseded,
    NotTheLast,
    AlreadyReversed,
    NothingToReverse,
    /// Something out of the ordinary is done, and nobody wrote why.
    ReasonNeeded,
    /// The place was too warm or too cold and nobody has decided about it.
    ColdChain {
        place: String,
    },
}

impl Refusal {
    pub const fn id(&self) -> &'static str {
        match self {
            Self::NeverReceived => "never-received",
            Self::AlreadyKnown { .. } => "already-known",
            Self::AlreadyReceived { .. } => "already-received",
            Self::AlreadyDispensed => "already-dispensed",
            Self::Expired { .. } => "expired",
            Self::Recalled => "recalled",
            Self::AlreadyRecalled => "already-recalled",
            Self::Quarantined => "quarantined",
            Self::NotAccepted => "not-accepted",
            Self::Destroyed => "destroyed",
            Self::CaseNotPack => "case-not-pack",
            Self::NotACase => "not-a-case",
            Self::OpenPack { .. } => "open-pack",
            Self::TooMany { .. } => "too-many",
            Self::NoUnits => "no-units",
            Self::NotThatManyOut { .. } => "not-that-many-out",
            Self::NotThatManyMissing { .. } => "not-that-many-missing",
            Self::FromPatient => "from-patient",
            Self::NotHeld { .. } => "not-held",
            Self::NotNow { .. } => "not-now",
            Self::TwoNamesNeeded => "two-names-needed",
            Self::NoProduct => "no-product",
            Self::UnknownProduct => "unknown-product",
            Self::DatesTurned => "dates-turned",
            Self::MadeInFuture => "made-in-future",
            Self::OtherProduct { .. } => "other-product",
            Self::OtherLot { .. } => "other-lot",
            Self::OtherExpiry { .. } => "other-expiry",
            Self::WrongDrug { .. } => "wrong-drug",
            Self::WrongStrength { .. } => "wrong-strength",
            Self::LineFull { .. } => "line-full",
            Self::Twice => "twice",
            Self::NoPrescription => "no-prescription",
            Self::Superseded => "superseded",
            Self::NotTheLast => "not-the-last",
            Self::AlreadyReversed => "already-reversed",
            Self::NothingToReverse => "nothing-to-reverse",
            Self::ReasonNeeded => "reason-needed",
            Self::ColdChain { .. } => "cold-chain",
        }
    }

    /// How often the bell rings: the six stops at the counter can be told apart without looking.
    pub const fn bells(&self) -> u8 {
        match self {
            Self::Twice | Self::LineFull { .. } => 1,
            Self::NeverReceived => 2,
            Self::WrongDrug { .. } | Self::WrongStrength { .. } => 3,
            Self::AlreadyDispensed => 4,
            Self::Expired { .. } => 5,
            Self::Quarantined | Self::ColdChain { .. } => 6,
            Self::Recalled => 7,
            _ => 2,
        }
    }

    /// One word for the counter.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NeverReceived => "未入库",
            Self::AlreadyKnown { .. } | Self::AlreadyReceived { .. } => "已登记",
            Self::AlreadyDispensed => "已发过",
            Self::Expired { .. } => "过期",
            Self::Recalled | Self::AlreadyRecalled => "召回",
            Self::Quarantined => "隔离",
            Self::NotAccepted => "未验收",
            Self::Destroyed => "已销毁",
            Self::CaseNotPack => "整箱码",
            Self::NotACase => "非整箱",
            Self::OpenPack { .. } => "已拆零",
            Self::TooMany { .. }
            | Self::NotThatManyOut { .. }
            | Self::NotThatManyMissing { .. }
            | Self::NoUnits => "数量不对",
            Self::FromPatient => "患者退药",
            Self::TwoNamesNeeded => "须双人",
            Self::ReasonNeeded => "写理由",
            Self::WrongDrug { .. } => "药不对",
            Self::WrongStrength { .. } => "规格不对",
            Self::LineFull { .. } => "已配齐",
            Self::Twice => "重复扫码",
            Self::ColdChain { .. } => "冷链超温",
            _ => "不能",
        }
    }

    /// What is the matter and what to do.
    pub fn words(&self) -> Words {
        let (zh, en) = match self {
            Self::NeverReceived => (
                "此码没有入库记录，先办入库再发药".to_owned(),
                "this code was never received; receive it first".to_owned(),
            ),
            Self::AlreadyKnown { state } => (
                format!("此码已登记（{}），不再重复登记", state.name_zh()),
                format!("this code is known already ({})", state.id()),
            ),
            Self::AlreadyReceived { state } => (
                format!("此码已入库（{}），同一码不能入库两次", state.name_zh()),
                format!("this code was received already ({})", state.id()),
            ),
            Self::AlreadyDispensed => (
                "此码已发出过；若是录错，先冲销那一次".to_owned(),
                "this code was dispensed already; reverse that entry if it was a mistake"
                    .to_owned(),
            ),
            Self::Expired { expiry } => (
                format!("有效期至 {expiry}，已过期；请隔离，不得发出"),
                format!("expired on {expiry}; quarantine it"),
            ),
            Self::Recalled => (
                "此批正在召回；请隔离，不得发出".to_owned(),
                "under recall; quarantine it".to_owned(),
            ),
            Self::AlreadyRecalled => {
                ("此码已在该召回名下".to_owned(), "already under this recall".to_owned())
            }
            Self::Quarantined => (
                "此码在隔离区，未解除前不得发出".to_owned(),
                "in quarantine; not to be dispensed".to_owned(),
            ),
            Self::NotAccepted => (
                "此码已到货但未验收；先验收".to_owned(),
                "arrived but not checked; accept it first".to_owned(),
            ),
            Self::Destroyed => (
                "此码已销毁，不能再有任何动作".to_owned(),
                "destroyed; nothing can follow".to_owned(),
            ),
            Self::CaseNotPack => (
                "这是整箱（中包装）的码；请开箱后扫小盒的码".to_owned(),
                "this is the code of a case; open it and scan a pack".to_owned(),
            ),
            Self::NotACase => {
                ("这是小盒的码，不是整箱".to_owned(), "this is a pack, not a case".to_owned())
            }
            Self::OpenPack { left, of } => (
                format!("此盒已拆零，剩 {left}/{of}；请按拆零发，或换整盒"),
                format!(
                    "this pack is open ({left} of {of} left); dispense units or take a whole one"
                ),
            ),
            Self::TooMany { wanted, left } => {
                (format!("要 {wanted}，只剩 {left}"), format!("{wanted} wanted, {left} left"))
            }
            Self::NoUnits => ("数量为 0".to_owned(), "no units".to_owned()),
            Self::NotThatManyOut { wanted, out } => (
                format!("退 {wanted}，但此码在患者手中的只有 {out}"),
                format!("{wanted} returned, only {out} are out"),
            ),
            Self::NotThatManyMissing { wanted, missing } => (
                format!("盘盈 {wanted}，但此码盘亏的只有 {missing}；别的来源请办入库"),
                format!(
                    "{wanted} found, only {missing} missing; receive it if it came from elsewhere"
                ),
            ),
            Self::FromPatient => (
                "患者退回的药不得再上架，只能销毁或退供应商".to_owned(),
                "returned by a patient: never back to the shelf".to_owned(),
            ),
            Self::NotHeld { state } => (
                format!("须先隔离（现为{}）", state.name_zh()),
                format!("quarantine it first (it is {})", state.id()),
            ),
            Self::NotNow { state } => (
                format!("现为{}，不能做这一步", state.name_zh()),
                format!("not possible while {}", state.id()),
            ),
            Self::TwoNamesNeeded => {
                ("须有两个不同的人签名".to_owned(), "two different names are needed".to_owned())
            }
            Self::ReasonNeeded => ("须写明理由".to_owned(), "a reason must be written".to_owned()),
            Self::NoProduct => {
                ("没有写明是哪个药品".to_owned(), "the product is not named".to_owned())
            }
            Self::UnknownProduct => (
                "药品目录里没有这个药品；先导入目录".to_owned(),
                "the product is not in the catalogue; import it first".to_owned(),
            ),
            Self::DatesTurned => {
                ("生产日期晚于有效期".to_owned(), "made after its expiry".to_owned())
            }
            Self::MadeInFuture => {
                ("生产日期在今天之后".to_owned(), "made in the future".to_owned())
            }
            Self::OtherProduct { known } => {
                (format!("随货单上此码是 {known}"), format!("the list says {known}"))
            }
            Self::OtherLot { known, read } => (
                format!("批号不符：随货单 {known}，实物 {read}"),
                format!("wrong lot: list {known}, pack {read}"),
            ),
            Self::OtherExpiry { known, read } => (
                format!("有效期不符：随货单 {known}，实物 {read}"),
                format!("wrong expiry: list {known}, pack {read}"),
            ),
            Self::WrongDrug { product } => (
                format!("处方里没有这个药：{product}"),
                format!("not on the prescription: {product}"),
            ),
            Self::WrongStrength { asked, product } => (
                format!("规格不对：处方 {asked}，实物 {product}"),
                format!("wrong strength: prescribed {asked}, pack {product}"),
            ),
            Self::LineFull { name } => {
                (format!("{name} 已配齐，多扫了一盒"), format!("{name} is complete already"))
            }
            Self::Twice => ("这一盒刚扫过".to_owned(), "scanned a moment ago".to_owned()),
            Self::NoPrescription => (
                "没有这张已签名的处方".to_owned(),
                "no signed prescription of this number".to_owned(),
            ),
            Self::Superseded => (
                "此处方已被更正，请按新的一张发药".to_owned(),
                "this prescription was corrected; use the new one".to_owned(),
            ),
            Self::NotTheLast => (
                "此后还有别的动作，须从最后一次起依次冲销".to_owned(),
                "later events follow; reverse from the last one".to_owned(),
            ),
            Self::AlreadyReversed => ("这一条已冲销".to_owned(), "reversed already".to_owned()),
            Self::NothingToReverse => {
                ("没有可冲销的记录".to_owned(), "nothing to reverse".to_owned())
            }
            Self::ColdChain { place } => (
                format!("{place} 有未处理的超温记录，先评估再发"),
                format!("{place} has an open temperature exceedance; decide about it first"),
            ),
        };
        Words::new(zh, en)
    }
}
