//! What is shared: taken in (`intake`, read in a confined child by `reader`), made ready (`outgoing`), carried to a hub and
//! confirmed there (`courier`), carried on a stick (`parcel`).
pub mod courier;
pub mod intake;
pub mod invented;
pub mod listener;
pub mod outgoing;
pub mod parcel;
pub mod reader;
pub mod referral;

use crate::domain::share::consent::NoConsent;
use crate::domain::share::trouble::Trouble;
use crate::services::failure::{Failure, Kind};
pub use crate::storage::NewDecision;
use crate::wire::WireError;

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self::new(
            Kind::User,
            format!("读不出来：{error}。"),
            format!("It cannot be read: {error}."),
        )
        .next("请核对文件来源后重试。", "Check where the file came from and try again.")
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let kind = match &trouble {
            Trouble::Config(_) => Kind::Config,
            Trouble::Refused(_) | Trouble::Conflict(_) | Trouble::TooLarge { .. } => Kind::User,
            _ => Kind::Network,
        };
        Self::new(
            kind,
            format!("{}。", trouble.words_zh()),
            format!("The hub: {} ({trouble:?}).", trouble.class()),
        )
    }
}

impl Failure {
    pub(super) fn no_consent(why: NoConsent) -> Self {
        let (zh, en) = match why {
            NoConsent::NeverGiven => {
                ("患者没有同意这样共享", "The patient has not consented to this")
            }
            NoConsent::Withdrawn => ("患者已撤回同意", "The patient has withdrawn the consent"),
            NoConsent::Expired => ("患者的同意已到期", "The patient's consent has run out"),
        };
        Self::new(Kind::User, format!("{zh}，没有排队。"), format!("{en}; nothing was queued."))
            .next(
                "请先取得同意：share consent give，或在 share queue 里加 --consent written。",
                "Ask first: share consent give, or share queue --consent written.",
            )
    }
}
