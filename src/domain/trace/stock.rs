//! What lies where: lots with their dates, first expired first out, near-expiry lines, cold-chain readings.
use super::pack::Pack;
use crate::domain::age::Day;
use crate::domain::instant::Instant;

/// Days before expiry at which a lot is marked; the label's own wins where it says less.
pub const NEAR_DAYS: i32 = 180;
pub const VERY_NEAR_DAYS: i32 = 90;

/// How close a lot is to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nearness {
    Expired,
    Within90,
    Within180,
    Fine,
    /// No expiry is known: shown, never guessed.
    Undated,
}

impl Nearness {
    pub fn of(expiry: Option<Day>, today: Day) -> Self {
        match expiry.map(|expiry| expiry.days_since(today)) {
            None => Self::Undated,
            Some(days) if days < 0 => Self::Expired,
            Some(days) if days <= VERY_NEAR_DAYS => Self::Within90,
            Some(days) if days <= NEAR_DAYS => Self::Within180,
            Some(_) => Self::Fine,
        }
    }

    pub const fn id(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Within90 => "within-90",
            Self::Within180 => "within-180",
            Self::Fine => "fine",
            Self::Undated => "undated",
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Expired => "已过期",
            Self::Within90 => "近效期90天",
            Self::Within180 => "近效期180天",
            Self::Fine => "",
            Self::Undated => "效期不明",
        }
    }
}

/// Sums over the packs of one product and lot, in units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotStock {
    pub product: String,
    pub lot: String,
    pub expiry: Option<Day>,
    pub received: i64,
    pub dispensed: i64,
    pub back: i64,
    pub sent_back: i64,
    pub destroyed: i64,
    pub lost: i64,
    pub found: i64,
    pub shelf: i64,
    pub held: i64,
    /// Packs with something on the shelf, and of these the open ones.
    pub packs: i64,
    pub open: i64,
    /// On a list, not here yet.
    pub expected: i64,
}

impl LotStock {
    pub const fn adds_up(&self) -> bool {
        self.received + self.back + self.found
            - self.dispensed
            - self.sent_back
            - self.destroyed
            - self.lost
            == self.shelf + self.held
    }
}

/// First expired first out: open packs before whole ones of the same day, dated before undated, then by code.
pub fn fefo(packs: &mut [Pack]) {
    packs.sort_by(|a, b| {
        let key = |pack: &Pack| (pack.expiry.is_none(), pack.expiry, !pack.is_open());
        key(a).cmp(&key(b)).then_with(|| a.code.cmp(&b.code))
    });
}

/// A kind of storage by its limits, in tenths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// 常温 10–30 ℃
    Room,
    /// 阴凉 to 20 ℃
    Cool,
    /// 冷藏 2–8 ℃
    Cold,
}

impl Zone {
    pub const ALL: [Self; 3] = [Self::Room, Self::Cool, Self::Cold];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Cool => "cool",
            Self::Cold => "cold",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|zone| zone.id() == text || zone.name_zh() == text)
    }

    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Room => "常温",
            Self::Cool => "阴凉",
            Self::Cold => "冷藏",
        }
    }

    pub const fn exceeded(self, tenths: i32) -> bool {
        match self {
            Self::Room => tenths < 100 || tenths > 300,
            Self::Cool => tenths > 200,
            Self::Cold => tenths < 20 || tenths > 80,
        }
    }
}

/// One reading of a thermometer. An exceedance stands open until someone writes what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub place: String,
    pub zone: Zone,
    pub at: Instant,
    pub tenths: i32,
    pub humidity: Option<u8>,
    pub measure: String,
}

impl Reading {
    pub fn is_open_exceedance(&self) -> bool {
        self.zone.exceeded(self.tenths) && self.measure.trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_of_use_is_not_yet_expired_and_the_lines_are_90_and_180() {
        let today = Day::new(2026, 11, 24).unwrap();
        let near = |days| Nearness::of(Some(today.plus_days(days)), today);
        assert_eq!(
            [near(-1), near(0), near(90), near(91), near(180), near(181)],
            [
                Nearness::Expired,
                Nearness::Within90,
                Nearness::Within90,
                Nearness::Within180,
                Nearness::Within180,
                Nearness::Fine,
            ]
        );
        assert_eq!(Nearness::of(None, today), Nearness::Undated);
    }

    #[test]
    fn zones_have_their_edges() {
        assert!(!Zone::Cold.exceeded(20) && !Zone::Cold.exceeded(80));
        assert!(Zone::Cold.exceeded(19) && Zone::Cold.exceeded(81));
        assert!(Zone::Room.exceeded(301) && !Zone::Cool.exceeded(-50) && Zone::Cool.exceeded(201));
    }
}
