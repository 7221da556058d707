//! One pack (or case) as the ledger knows it now, in minimal units (tablets, vials), so that a split is exact.
use crate::domain::age::Day;

/// Where a pack stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// On a despatch list, not here yet.
    Expected,
    /// Here, not yet checked.
    Arrived,
    /// Refused at the check; waits to go back.
    Rejected,
    /// Can be dispensed, whole or what is left of it.
    Shelf,
    /// A case whose packs were taken out.
    Opened,
    /// Set aside: returned by a patient, recalled, expired, doubtful.
    Quarantined,
    Dispensed,
    SentBack,
    Destroyed,
    /// Lost at a count.
    Missing,
}

impl State {
    pub const ALL: [Self; 10] = [
        Self::Expected,
        Self::Arrived,
        Self::Rejected,
        Self::Shelf,
        Self::Opened,
        Self::Quarantined,
        Self::Dispensed,
        Self::SentBack,
        Self::Destroyed,
        Self::Missing,
    ];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Arrived => "arrived",
            Self::Rejected => "rejected",
            Self::Shelf => "shelf",
            Self::Opened => "opened",
            Self::Quarantined => "quarantined",
            Self::Dispensed => "dispensed",
            Self::SentBack => "sent-back",
            Self::Destroyed => "destroyed",
            Self::Missing => "missing",
        }
    }

    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Expected => "待到货",
            Self::Arrived => "待验收",
            Self::Rejected => "拒收待退",
            Self::Shelf => "在架",
            Self::Opened => "已开箱",
            Self::Quarantined => "隔离",
            Self::Dispensed => "已发出",
            Self::SentBack => "已退供应商",
            Self::Destroyed => "已销毁",
            Self::Missing => "盘亏",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == text)
    }
}

/// Units that came and went; what is in the house is the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Tally {
    pub received: u32,
    pub dispensed: u32,
    /// Brought back by patients.
    pub back: u32,
    pub sent_back: u32,
    pub destroyed: u32,
    pub lost: u32,
    pub found: u32,
}

impl Tally {
    /// What must be in the house. Wider than the fields, so that no sum can wrap.
    pub fn in_house(&self) -> i64 {
        let sum = |all: &[u32]| all.iter().map(|n| i64::from(*n)).sum::<i64>();
        sum(&[self.received, self.back, self.found])
            - sum(&[self.dispensed, self.sent_back, self.destroyed, self.lost])
    }
}

/// A pack as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    pub code: String,
    pub product: String,
    pub lot: String,
    pub made: Option<Day>,
    pub expiry: Option<Day>,
    /// 1 = the smallest sales pack; greater ones hold others.
    pub level: u8,
    /// The case it came in.
    pub parent: Option<String>,
    /// Units in the whole pack; 0 for a case, which only holds packs.
    pub units: u32,
    pub state: State,
    /// Units that can be dispensed.
    pub shelf: u32,
    /// Units set aside.
    pub held: u32,
    pub place: String,
    pub label_lost: bool,
    /// Something of it has been with a patient: it never comes back to the shelf.
    pub from_patient: bool,
    /// The recall it is under.
    pub recall: Option<String>,
    pub tally: Tally,
}

impl Pack {
    /// Some of it was dispensed by units, some is left.
    pub const fn is_open(&self) -> bool {
        self.shelf > 0 && self.shelf < self.units
    }

    pub const fn is_case(&self) -> bool {
        self.level > 1
    }

    pub const fn in_house(&self) -> u32 {
        self.shelf.saturating_add(self.held)
    }

    /// The last day of use has passed.
    pub fn is_expired(&self, today: Day) -> bool {
        self.expiry.is_some_and(|expiry| expiry < today)
    }

    /// The count of units agrees with what came and went.
    pub fn adds_up(&self) -> bool {
        i64::from(self.in_house()) == self.tally.in_house()
    }
}
