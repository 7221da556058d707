//! 拒收: why a pack is refused at the door, and what was decided about one that does not simply fit the list.
use super::despatch::Verdict;
use super::ledger::Particulars;
use crate::domain::words::Words;

/// What is product of a refused pack that no list and no catalogue knows.
pub const UNKNOWN_PRODUCT: &str = "未在目录";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    Damaged,
    WrongLot,
    NearExpiry,
    Temperature,
    NotOrdered,
    Other,
}

impl Cause {
    /// In the order of the digits on the screen.
    pub const ALL: [Self; 6] = [
        Self::Damaged,
        Self::WrongLot,
        Self::NearExpiry,
        Self::Temperature,
        Self::NotOrdered,
        Self::Other,
    ];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::WrongLot => "wrong-lot",
            Self::NearExpiry => "near-expiry",
            Self::Temperature => "temperature",
            Self::NotOrdered => "not-ordered",
            Self::Other => "other",
        }
    }

    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Damaged => "破损",
            Self::WrongLot => "批号或效期不符",
            Self::NearExpiry => "近效期或过期",
            Self::Temperature => "运输温度不合格",
            Self::NotOrdered => "未订购",
            Self::Other => "其他",
        }
    }

    pub fn words(self) -> Words {
        let en = match self {
            Self::Damaged => "damaged",
            Self::WrongLot => "wrong lot or expiry",
            Self::NearExpiry => "near expiry or expired",
            Self::Temperature => "transport temperature",
            Self::NotOrdered => "not ordered",
            Self::Other => "other",
        };
        Words::new(self.name_zh(), en)
    }

    /// By id, by word, or by the digit of the screen.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let by_digit = text.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        by_digit.and_then(|n| Self::ALL.get(n).copied()).or_else(|| {
            Self::ALL.into_iter().find(|cause| cause.id() == text || cause.name_zh() == text)
        })
    }

    /// What the comparison with the list lets one expect.
    pub const fn likely(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::WrongLot { .. } | Verdict::WrongExpiry { .. } => Self::WrongLot,
            Verdict::NearExpiry(_) | Verdict::Expired => Self::NearExpiry,
            Verdict::Extra => Self::NotOrdered,
            Verdict::Fits | Verdict::Missing => Self::Damaged,
        }
    }

    /// As the ledger keeps it: `破损：外箱压坏`. `None` when the cause says nothing by itself and nothing was added.
    pub fn reason(self, note: &str) -> Option<String> {
        match (self, note.trim()) {
            (Self::Other, "") => None,
            (Self::Other, note) => Some(note.to_owned()),
            (cause, "") => Some(cause.name_zh().to_owned()),
            (cause, note) => Some(format!("{}：{note}", cause.name_zh())),
        }
    }

    /// The cause that a kept reason begins with.
    pub fn of_reason(reason: &str) -> Self {
        let word = reason.split('：').next().unwrap_or_default();
        Self::ALL.into_iter().find(|cause| cause.name_zh() == word).unwrap_or(Self::Other)
    }
}

/// What was decided at the door about a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Reject {
        cause: Cause,
        note: String,
    },
    /// On no list, and taken in all the same.
    Accept {
        reason: String,
        is: Particulars,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_its_cause_and_other_says_nothing_alone() {
        for cause in Cause::ALL {
            assert_eq!(Cause::parse(cause.id()), Some(cause));
            assert_eq!(Cause::parse(cause.name_zh()), Some(cause));
            let reason = cause.reason("外箱压坏").unwrap();
            assert_eq!(Cause::of_reason(&reason), cause);
        }
        assert_eq!(Cause::parse("2"), Some(Cause::WrongLot));
        assert_eq!((Cause::parse("0"), Cause::parse("7")), (None, None));
        assert_eq!(
            (Cause::Other.reason(" "), Cause::Damaged.reason("")),
            (None, Some("破损".into()))
        );
        assert_eq!(Cause::likely(&Verdict::Extra), Cause::NotOrdered);
    }
}
