//! What leaves the station because of ledger events, before any platform's form: one bill per act, with a code that is
//! the same at every try.
use super::history::EventKey;
use crate::domain::age::Day;
use crate::domain::instant::Instant;

/// Where a bill goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// 药品追溯平台（码上放心）
    Platform,
    /// 医保进销存
    Insurance,
}

impl Target {
    pub const ALL: [Self; 2] = [Self::Platform, Self::Insurance];

    /// The kind of the outbox message.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Platform => "trace-platform",
            Self::Insurance => "trace-insurance",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.id() == text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BillKind {
    PurchaseIn,
    ReturnOut,
    DestroyOut,
    Retail,
    RetailReturn,
    CountLoss,
    CountGain,
    /// Refused at the door: told as not passed, and never bought.
    RejectIn,
    /// A bill that was sent in error is taken back.
    Withdraw,
}

impl BillKind {
    pub const ALL: [Self; 9] = [
        Self::PurchaseIn,
        Self::ReturnOut,
        Self::DestroyOut,
        Self::Retail,
        Self::RetailReturn,
        Self::CountLoss,
        Self::CountGain,
        Self::RejectIn,
        Self::Withdraw,
    ];

    pub const fn id(self) -> &'static str {
        match self {
            Self::PurchaseIn => "purchase-in",
            Self::ReturnOut => "return-out",
            Self::DestroyOut => "destroy-out",
            Self::Retail => "retail",
            Self::RetailReturn => "retail-return",
            Self::CountLoss => "count-loss",
            Self::CountGain => "count-gain",
            Self::RejectIn => "reject-in",
            Self::Withdraw => "withdraw",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == text)
    }

    /// Who wants to know.
    pub const fn targets(self) -> &'static [Target] {
        match self {
            Self::PurchaseIn
            | Self::ReturnOut
            | Self::DestroyOut
            | Self::Retail
            | Self::RetailReturn => &[Target::Platform, Target::Insurance],
            Self::Withdraw => &[Target::Platform, Target::Insurance],
            Self::CountLoss | Self::CountGain => &[Target::Insurance],
            Self::RejectIn => &[Target::Platform],
        }
    }
}

/// One code of a bill, with what its platform may ask about it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BillLine {
    pub code: String,
    pub product: String,
    pub product_name: String,
    pub maker: String,
    pub approval: String,
    pub insurance: String,
    pub rx: bool,
    pub lot: String,
    pub made: Option<Day>,
    pub expiry: Option<Day>,
    pub units: u32,
    pub pack_units: u32,
    pub split: bool,
    /// The first that leaves this pack, or what came back and nothing of it is out any more: the trace platform hears
    /// once that a code is out, and once that it is not.
    pub first: bool,
    /// Refused at the door and never bought: the insurance side never hears of it.
    pub refused: bool,
    pub price_fen: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The same at every try, so that a platform can tell a repetition.
    pub code: String,
    pub kind: BillKind,
    pub at: Instant,
    /// Bill that is taken back.
    pub withdraws: String,
    /// The partner's own number of it.
    pub partner_bill: String,
    pub partner: String,
    pub reason: String,
    pub operator: String,
    pub executor: String,
    pub supervisor: String,
    pub doctor: String,
    pub prescription: String,
    /// Number of the visit; names and ID numbers of patients stay here.
    pub visit: Option<i64>,
    pub lines: Vec<BillLine>,
}

/// A platform takes 3,500 codes in a bill; fewer are advised on a bad line.
pub const CODES_PER_BILL: usize = 1000;

impl Bill {
    /// The bill in pieces of [`CODES_PER_BILL`] codes.
    pub fn parts(&self) -> impl Iterator<Item = Self> {
        self.lines
            .chunks(CODES_PER_BILL)
            .map(|lines| Self { lines: lines.to_vec(), ..self.clone() })
    }

    /// The lines that a target wants; `None` when there is nothing for it.
    ///
    /// The trace platform takes only codes of its own form, and of a split pack only the first portion: this is our
    /// reading of its rules, no published text of them was at hand.
    pub fn for_target(&self, target: Target) -> Option<Self> {
        let wanted = |line: &&BillLine| match target {
            Target::Insurance => !line.refused,
            Target::Platform => {
                let own = super::code::TraceCode::kept(line.code.as_str()).kind()
                    == super::code::CodeKind::Platform;
                own && match self.kind {
                    BillKind::Retail | BillKind::RetailReturn => line.first,
                    _ => true,
                }
            }
        };
        let lines: Vec<BillLine> = self.lines.iter().filter(wanted).cloned().collect();
        (!lines.is_empty()).then(|| Self { lines, ..self.clone() })
    }
}

/// The code of the bill (or of a piece of one) that begins with this event: the epoch of the stream is in it, so that a restored station
/// never uses a code twice.
pub fn bill_code(first: &EventKey, kind: BillKind) -> String {
    let station: String = first.station.chars().take(8).collect();
    let epoch = first.stream.rsplit('.').next().unwrap_or_default();
    let letter = match kind {
        BillKind::PurchaseIn => 'A',
        BillKind::ReturnOut => 'B',
        BillKind::DestroyOut => 'C',
        BillKind::Retail => 'D',
        BillKind::RetailReturn => 'E',
        BillKind::CountLoss => 'F',
        BillKind::CountGain => 'G',
        BillKind::Withdraw => 'H',
        BillKind::RejectIn => 'I',
    };
    format!("XL{station}{epoch:0>2}{letter}{:09}", first.seq)
}

/// A field that a platform requires and that is empty, said before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The platform's name of the field, and the Chinese word for it.
    pub field: String,
    pub word: String,
    /// Drug of the line; empty when the whole bill lacks it.
    pub what: String,
    /// Where a person writes it.
    pub place: &'static str,
}

impl Lack {
    /// `苯磺酸氨氯地平片 缺 manu_date（生产日期）：补在发货清单或收货时`
    pub fn told(&self) -> String {
        let gap = if self.what.is_empty() { "" } else { " " };
        format!("{}{gap}缺 {}（{}）：{}", self.what, self.field, self.word, self.place)
    }
}

/// How an attempt ended on both levels: whether the platform was reached, and whether it took the matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub transport: Transport,
    pub business: Business,
    /// The platform's own words, both levels.
    pub transport_word: String,
    pub business_word: String,
    /// In plain Chinese, what to do.
    pub remedy: String,
    /// Lines of the bill that are known to be taken, from 0; they are never sent again.
    pub done: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    Reached,
    /// Timeout, no line, a broken answer.
    Failed,
    /// Reached, but the envelope said no (signature, rights, frequency).
    Rejected,
}

impl Transport {
    pub const fn id(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Business {
    /// Done, and seen to be done.
    Accepted,
    /// Taken, not yet worked on: ask again later.
    Pending,
    /// Refused: a person must look.
    Refused,
    /// Nothing was said about it.
    Unknown,
}

impl Business {
    pub const fn id(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Pending => "pending",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Accepted, Self::Pending, Self::Refused, Self::Unknown]
            .into_iter()
            .find(|b| b.id() == text)
    }
}
