//! Records that leave the clinic or come in: discharge records, imaging, consent, recognition, referral, and how a
//! delivery stands.
pub mod consent;
pub mod discharge;
pub mod hub;
pub mod imaging;
pub mod letter;
pub mod matching;
pub mod ordering;
pub mod parts;
pub mod recognition;
pub mod referral;
pub mod trouble;

/// A record that can be shared: one study, one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub i64);

/// One record on its way to one hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(pub i64);

/// A receiving side that was set up here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HubId(pub i64);

/// What is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Study,
    Discharge,
    Referral,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Study, Self::Discharge, Self::Referral];

    pub fn id(self) -> &'static str {
        match self {
            Self::Study => "study",
            Self::Discharge => "discharge",
            Self::Referral => "referral",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == text)
    }

    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Study => "影像检查",
            Self::Discharge => "出院小结",
            Self::Referral => "转诊单",
        }
    }
}
