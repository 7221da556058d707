//! What a patient has allowed: for which purpose, which kinds of records, to whom, until when; taken back at any time.
use super::{HubId, Kind};
use crate::domain::age::Day;
use crate::domain::instant::Instant;

/// Why a record is handed on. Identity goes along in full only where the receiver treats this person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    Treatment,
    Referral,
    Recognition,
    PublicHealth,
}

impl Purpose {
    pub const ALL: [Self; 4] =
        [Self::Treatment, Self::Referral, Self::Recognition, Self::PublicHealth];

    pub fn id(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::Referral => "referral",
            Self::Recognition => "recognition",
            Self::PublicHealth => "public-health",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.id() == text || purpose.name_zh() == text)
    }

    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Treatment => "诊疗",
            Self::Referral => "转诊",
            Self::Recognition => "检查互认",
            Self::PublicHealth => "公共卫生",
        }
    }
}

/// How consent was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Manner {
    Written,
    Oral,
    /// A guardian for a child or for somebody who cannot decide.
    Guardian,
}

impl Manner {
    pub const ALL: [Self; 3] = [Self::Written, Self::Oral, Self::Guardian];

    pub fn id(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Oral => "oral",
            Self::Guardian => "guardian",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|manner| manner.id() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub id: i64,
    pub purpose: Purpose,
    /// Empty = every kind.
    pub kinds: Vec<Kind>,
    /// `None` = every hub of this station.
    pub hub: Option<HubId>,
    pub manner: Manner,
    pub given: Instant,
    /// The last day on which it holds; `None` = until it is taken back.
    pub until: Option<Day>,
    pub withdrawn: Option<Instant>,
}

/// What is asked of the consents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub purpose: Purpose,
    pub kind: Kind,
    pub hub: HubId,
}

/// Why nothing may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoConsent {
    NeverGiven,
    Withdrawn,
    Expired,
}

/// The consent that permits it now; else the reason nearest to one.
pub fn permitting(consents: &[Consent], asked: Asked, now: Instant) -> Result<i64, NoConsent> {
    let fits = |consent: &&Consent| {
        consent.purpose == asked.purpose
            && (consent.kinds.is_empty() || consent.kinds.contains(&asked.kind))
            && consent.hub.is_none_or(|hub| hub == asked.hub)
    };
    let mut refusal = NoConsent::NeverGiven;
    for consent in consents.iter().filter(fits) {
        if consent.withdrawn.is_some() {
            refusal = NoConsent::Withdrawn;
        } else if consent.until.is_some_and(|until| now.day() > until) {
            refusal = NoConsent::Expired;
        } else {
            return Ok(consent.id);
        }
    }
    Err(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent() -> Consent {
        Consent {
            id: 1,
            purpose: Purpose::Treatment,
            kinds: vec![Kind::Study],
            hub: Some(HubId(1)),
            manner: Manner::Written,
            given: Instant::from_millis(0),
            until: Day::new(2026, 12, 31),
            withdrawn: None,
        }
    }

    const ASKED: Asked = Asked { purpose: Purpose::Treatment, kind: Kind::Study, hub: HubId(1) };

    #[track_caller]
    fn check(change: impl FnOnce(&mut Consent), asked: Asked, want: Result<i64, NoConsent>) {
        let mut consent = consent();
        change(&mut consent);
        let now = Instant::start_of(Day::new(2026, 11, 24).unwrap());
        assert_eq!(permitting(&[consent], asked, now), want);
    }

    #[test]
    fn consent_holds_for_its_purpose_kind_hub_and_term_only() {
        check(|_| {}, ASKED, Ok(1));
        check(
            |_| {},
            Asked { purpose: Purpose::PublicHealth, ..ASKED },
            Err(NoConsent::NeverGiven),
        );
        check(|_| {}, Asked { kind: Kind::Discharge, ..ASKED }, Err(NoConsent::NeverGiven));
        check(|_| {}, Asked { hub: HubId(2), ..ASKED }, Err(NoConsent::NeverGiven));
        check(|c| c.until = Day::new(2026, 11, 23), ASKED, Err(NoConsent::Expired));
        check(|c| c.until = Day::new(2026, 11, 24), ASKED, Ok(1));
        check(|c| c.withdrawn = Some(Instant::from_millis(5)), ASKED, Err(NoConsent::Withdrawn));
    }
}
