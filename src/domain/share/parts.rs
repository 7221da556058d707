//! Where a delivery and each of its parts stand, and when an answer is proof. A 200 is never proof: verified means
//! every entry and every UID was confirmed and what was read back is what was signed.
use super::trouble::Trouble;
use crate::domain::audit::Hash;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hold {
    Conflict,
    Config,
    Data,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Draft,
    Signed,
    Queued,
    Sending,
    Sent,
    Verified,
    Receipted,
    Held(Hold),
    /// A newer version took its place, or a person gave it up.
    Superseded,
}

impl State {
    pub const ALL: [Self; 11] = [
        Self::Draft,
        Self::Signed,
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Verified,
        Self::Receipted,
        Self::Held(Hold::Conflict),
        Self::Held(Hold::Config),
        Self::Held(Hold::Data),
        Self::Superseded,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Signed => "signed",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Verified => "verified",
            Self::Receipted => "receipted",
            Self::Held(Hold::Conflict) => "held-conflict",
            Self::Held(Hold::Config) => "held-config",
            Self::Held(Hold::Data) => "held-data",
            Self::Superseded => "superseded",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == text)
    }

    /// Nothing more will be sent.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Verified | Self::Receipted | Self::Superseded)
    }

    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Signed => "已签",
            Self::Queued => "待发",
            Self::Sending => "发送中",
            Self::Sent => "已发未核",
            Self::Verified => "已核对",
            Self::Receipted => "已回执",
            Self::Held(Hold::Conflict) => "搁置·冲突",
            Self::Held(Hold::Config) => "搁置·设置",
            Self::Held(Hold::Data) => "搁置·数据",
            Self::Superseded => "已被替代",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Signed,
    Queued,
    /// The bytes go out now.
    Handed,
    /// Every entry or UID was confirmed in the answer.
    Answered,
    /// What was read back has this hash.
    ReadBack(Hash),
    Receipt,
    Failed(Trouble),
    /// The program stopped while sending: what arrived is unknown.
    Restarted,
    /// A person sends it again.
    Again,
    Superseded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impossible {
    NotIn(State),
    /// Read back, but not what was signed.
    OtherBytes,
}

/// Says where a part stands after an event. `signed` is the hash that was signed.
pub fn step(state: State, signed: Hash, event: &Event) -> Result<State, Impossible> {
    use super::trouble::After;
    use State::{Draft, Held, Queued, Receipted, Sending, Sent, Signed, Superseded, Verified};
    Ok(match (state, event) {
        (Draft, Event::Signed) => Signed,
        (Signed, Event::Queued) => Queued,
        (Queued, Event::Handed) => Sending,
        (Sending, Event::Answered) => Sent,
        // A retry may find that the first try had arrived.
        (Queued | Sending | Sent, Event::ReadBack(hash)) => {
            if *hash != signed {
                return Err(Impossible::OtherBytes);
            }
            Verified
        }
        (Verified, Event::Receipt) => Receipted,
        (Queued | Sending | Sent, Event::Failed(trouble)) => match trouble.after() {
            After::Retry | After::StopHub => Queued,
            After::Hold(hold) => Held(hold),
        },
        (Sending | Sent, Event::Restarted) => Queued,
        (Held(_) | Sent | Queued, Event::Again) => Queued,
        (Draft | Signed | Queued | Held(_) | Sent | Verified | Receipted, Event::Superseded) => {
            Superseded
        }
        (state, _) => return Err(Impossible::NotIn(state)),
    })
}

/// Where a delivery stands, from its parts: the one that is furthest behind, a held one above all.
pub fn overall(parts: &[State]) -> State {
    let held = parts.iter().find(|state| matches!(state, State::Held(_)));
    let behind = parts.iter().filter(|state| **state != State::Superseded).min();
    held.or(behind).copied().unwrap_or(State::Superseded)
}

/// One entry of a transaction's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryAnswer {
    /// `200 OK`, `201`: the number in front.
    pub status: u16,
    pub words: String,
}

/// Was a whole transaction taken? An HTTP 200 with one bad entry is not.
pub fn judge_transaction(sent: usize, answers: &[EntryAnswer]) -> Result<(), Trouble> {
    if let Some((at, bad)) =
        answers.iter().enumerate().find(|(_, answer)| !matches!(answer.status, 200 | 201))
    {
        let words = format!("entry {at}: {} {}", bad.status, bad.words);
        return Err(match bad.status {
            409 | 412 => Trouble::Conflict(words),
            _ => Trouble::Partial(words),
        });
    }
    if answers.len() != sent {
        return Err(Trouble::Partial(format!("{} of {sent} entries answered", answers.len())));
    }
    Ok(())
}

/// The answer to a STOW-RS request, as far as it speaks of instances.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StoreAnswer {
    /// (0008,1199)
    pub stored: Vec<String>,
    /// (0008,1198) with its failure reason
    pub failed: Vec<(String, u16)>,
}

/// Was this instance taken? Only a UID that is listed counts.
pub fn judge_store(sop_uid: &str, answer: &StoreAnswer) -> Result<(), Trouble> {
    if let Some((_, reason)) = answer.failed.iter().find(|(uid, _)| uid == sop_uid) {
        return Err(match reason {
            0xA700..=0xA7FF => Trouble::Full,
            0x0122 | 0xC122 => Trouble::SyntaxRefused(format!("{reason:#06x}")),
            0x0111 => Trouble::Conflict("the archive holds this UID".to_owned()),
            _ => Trouble::Refused(format!("failure reason {reason:#06x}")),
        });
    }
    if answer.stored.iter().any(|uid| uid == sop_uid) {
        return Ok(());
    }
    // Orthanc answers so for a full disk and for a body that was cut.
    if answer.stored.is_empty() && answer.failed.is_empty() {
        return Err(Trouble::Full);
    }
    Err(Trouble::NotStored("the answer lists other instances".to_owned()))
}

/// The status of a C-STORE response (PS3.4 B.2.3).
pub fn judge_c_store(status: u16) -> Result<(), Trouble> {
    match status {
        // Warnings B000, B006, B007: elements coerced or discarded; the read-back decides.
        0x0000 | 0xB000 | 0xB006 | 0xB007 => Ok(()),
        0xA700..=0xA7FF => Err(Trouble::Full),
        0x0122 => Err(Trouble::SyntaxRefused("SOP class".to_owned())),
        0x0111 => Err(Trouble::Conflict("the archive holds this UID".to_owned())),
        0x0124 => Err(Trouble::Config(super::trouble::Config::NotAllowed(status))),
        _ => Err(Trouble::Refused(format!("C-STORE status {status:#06x}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::share::trouble::Config;

    const SIGNED: Hash = Hash([1; 32]);

    #[track_caller]
    fn walk(events: &[Event]) -> Result<State, Impossible> {
        events.iter().try_fold(State::Draft, |state, event| step(state, SIGNED, event))
    }

    fn sent() -> Vec<Event> {
        vec![Event::Signed, Event::Queued, Event::Handed, Event::Answered]
    }

    #[test]
    fn an_answer_alone_is_never_proof() {
        assert_eq!(walk(&sent()), Ok(State::Sent));
        assert_eq!(
            walk(&[sent(), vec![Event::Receipt]].concat()),
            Err(Impossible::NotIn(State::Sent))
        );
        let read = [sent(), vec![Event::ReadBack(SIGNED)]].concat();
        assert_eq!(walk(&read), Ok(State::Verified));
        assert_eq!(walk(&[read, vec![Event::Receipt]].concat()), Ok(State::Receipted));
    }

    #[test]
    fn other_bytes_never_verify() {
        let read = [sent(), vec![Event::ReadBack(Hash([2; 32]))]].concat();
        assert_eq!(walk(&read), Err(Impossible::OtherBytes));
    }

    #[test]
    fn a_stopped_program_sends_again_and_a_lost_answer_is_found_by_reading() {
        let start = vec![Event::Signed, Event::Queued, Event::Handed, Event::Restarted];
        assert_eq!(walk(&start), Ok(State::Queued));
        assert_eq!(walk(&[start, vec![Event::ReadBack(SIGNED)]].concat()), Ok(State::Verified));
    }

    #[test]
    fn the_class_of_a_trouble_decides() {
        let fail = |trouble| walk(&[sent(), vec![Event::Failed(trouble)]].concat());
        assert_eq!(fail(Trouble::Slow), Ok(State::Queued));
        assert_eq!(fail(Trouble::Config(Config::UnknownIssuer)), Ok(State::Queued));
        assert_eq!(fail(Trouble::Conflict(String::new())), Ok(State::Held(Hold::Conflict)));
        assert_eq!(fail(Trouble::Refused(String::new())), Ok(State::Held(Hold::Data)));
    }

    #[test]
    fn a_200_with_one_bad_entry_is_a_failure() {
        let entry = |status| EntryAnswer { status, words: String::new() };
        assert_eq!(judge_transaction(2, &[entry(200), entry(201)]), Ok(()));
        assert!(matches!(
            judge_transaction(2, &[entry(201), entry(400)]),
            Err(Trouble::Partial(_))
        ));
        assert!(matches!(judge_transaction(2, &[entry(201)]), Err(Trouble::Partial(_))));
        assert!(matches!(judge_transaction(1, &[entry(412)]), Err(Trouble::Conflict(_))));
    }

    #[test]
    fn only_a_listed_uid_is_stored() {
        let listed = StoreAnswer { stored: vec!["1.2".to_owned()], failed: vec![] };
        assert_eq!(judge_store("1.2", &listed), Ok(()));
        assert!(matches!(judge_store("1.3", &listed), Err(Trouble::NotStored(_))));
        assert_eq!(judge_store("1.2", &StoreAnswer::default()), Err(Trouble::Full));
        let failed = StoreAnswer { stored: vec![], failed: vec![("1.2".to_owned(), 0xA700)] };
        assert_eq!(judge_store("1.2", &failed), Err(Trouble::Full));
    }

    #[test]
    fn a_delivery_stands_where_its_last_part_stands() {
        assert_eq!(overall(&[State::Verified, State::Queued]), State::Queued);
        assert_eq!(overall(&[State::Queued, State::Held(Hold::Data)]), State::Held(Hold::Data));
        assert_eq!(overall(&[State::Verified, State::Superseded]), State::Verified);
        assert!(State::ALL.into_iter().all(|state| State::parse(state.id()) == Some(state)));
    }
}
