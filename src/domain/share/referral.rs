//! A referral up or down, on the wire or on paper: how it stands, and which timer runs.
use crate::domain::instant::Instant;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Draft,
    Signed,
    Queued,
    Sent,
    Received,
    Accepted,
    Rejected,
    Arrived,
    Treating,
    DownSent,
    Closed,
}

impl State {
    pub const ALL: [Self; 11] = [
        Self::Draft,
        Self::Signed,
        Self::Queued,
        Self::Sent,
        Self::Received,
        Self::Accepted,
        Self::Rejected,
        Self::Arrived,
        Self::Treating,
        Self::DownSent,
        Self::Closed,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Signed => "signed",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Arrived => "arrived",
            Self::Treating => "treating",
            Self::DownSent => "down-sent",
            Self::Closed => "closed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == text)
    }

    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Signed => "已签",
            Self::Queued => "待发",
            Self::Sent => "已发",
            Self::Received => "对方已收",
            Self::Accepted => "已接诊",
            Self::Rejected => "已拒绝",
            Self::Arrived => "已到院",
            Self::Treating => "治疗中",
            Self::DownSent => "已下转",
            Self::Closed => "已结束",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// 急诊: ring at once.
    Emergency,
    Urgent,
    Routine,
}

impl Urgency {
    pub const ALL: [Self; 3] = [Self::Emergency, Self::Urgent, Self::Routine];

    pub fn id(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Urgent => "urgent",
            Self::Routine => "routine",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|urgency| urgency.id() == text)
    }

    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Emergency => "急诊",
            Self::Urgent => "紧急",
            Self::Routine => "常规",
        }
    }
}

/// May it go from here to there? A paper slip may skip what nobody reported: arrival follows sending.
pub fn may(from: State, to: State) -> bool {
    use State::{
        Accepted, Arrived, Closed, DownSent, Draft, Queued, Received, Rejected, Sent, Signed,
        Treating,
    };
    matches!(
        (from, to),
        (Draft, Signed)
            | (Signed, Queued | Sent)
            | (Queued, Sent)
            | (Signed | Queued | Sent, Received | Accepted | Arrived)
            | (Sent | Received, Rejected)
            | (Received, Accepted | Arrived)
            | (Accepted, Arrived)
            | (Arrived, Treating)
            | (Arrived | Treating, DownSent | Closed)
            | (Rejected | DownSent, Closed)
    )
}

/// What is due for a referral that nobody has moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Due {
    /// No word from the other side: telephone.
    Telephone,
    /// Nobody knows whether the patient arrived: ask.
    AskArrival,
    /// Active follow-up, fourteen days after a referral up.
    FollowUp,
    /// First visit within seven days of coming back.
    FirstVisit,
}

impl Due {
    pub fn id(self) -> &'static str {
        match self {
            Self::Telephone => "telephone",
            Self::AskArrival => "ask-arrival",
            Self::FollowUp => "follow-up",
            Self::FirstVisit => "first-visit",
        }
    }

    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Telephone => "对方没有回音，请打电话",
            Self::AskArrival => "不知是否到达，请询问患者或医院",
            Self::FollowUp => "转诊后两周内主动随访",
            Self::FirstVisit => "下转后 7 天内首次随访",
        }
    }
}

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// What is due now, given since when it stands so and when it was signed.
pub fn due(
    state: State,
    urgency: Urgency,
    (since, signed, now): (Instant, Instant, Instant),
) -> Vec<Due> {
    use State::{Accepted, DownSent, Queued, Received, Sent, Signed};
    let stood = now.millis_since(since);
    let mut due = vec![];
    let unanswered = matches!(state, Signed | Queued | Sent);
    let patience = if urgency == Urgency::Routine { 30 * MINUTE_MS } else { 0 };
    if unanswered && stood >= patience {
        due.push(Due::Telephone);
    }
    if matches!(state, Sent | Received | Accepted) && stood >= DAY_MS {
        due.push(Due::AskArrival);
    }
    let sent_up = !matches!(state, State::Draft | State::Closed | State::Rejected | DownSent);
    // Reminded two days before the fourteenth.
    if sent_up && now.millis_since(signed) >= 12 * DAY_MS {
        due.push(Due::FollowUp);
    }
    if state == DownSent {
        due.push(Due::FirstVisit);
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_millis(2_000_000_000_000);

    fn after(state: State, urgency: Urgency, minutes: i64) -> Vec<Due> {
        let then = NOW.plus_millis(-minutes * MINUTE_MS);
        due(state, urgency, (then, then, NOW))
    }

    #[test]
    fn silence_is_a_telephone_call() {
        assert_eq!(after(State::Sent, Urgency::Routine, 29), []);
        assert_eq!(after(State::Sent, Urgency::Routine, 30), [Due::Telephone]);
        assert_eq!(after(State::Signed, Urgency::Emergency, 0), [Due::Telephone]);
        assert_eq!(after(State::Accepted, Urgency::Emergency, 60), []);
        assert_eq!(after(State::Accepted, Urgency::Routine, 24 * 60), [Due::AskArrival]);
    }

    #[test]
    fn two_weeks_and_one_week_are_kept() {
        assert_eq!(after(State::Treating, Urgency::Routine, 12 * 24 * 60), [Due::FollowUp]);
        assert_eq!(after(State::DownSent, Urgency::Routine, 0), [Due::FirstVisit]);
        assert_eq!(after(State::Closed, Urgency::Routine, 20 * 24 * 60), []);
    }

    #[test]
    fn a_referral_goes_forward_only() {
        assert!(may(State::Draft, State::Signed) && may(State::Sent, State::Arrived));
        for state in State::ALL {
            assert!(!may(state, State::Draft) && !may(State::Closed, state));
        }
        assert!(!may(State::Draft, State::Sent) && !may(State::Rejected, State::Arrived));
    }
}
