//! Messages on their way out. Nothing leaves the station but through here; nothing in here is ever dropped.
use super::audit::Hash;
use super::instant::Instant;

/// A message's row; with the revision it names exactly what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// To be sent at `next_try`.
    Waiting,
    /// Handed to the network; no answer yet.
    Sent,
    /// The hub has it and echoed its hash.
    Accepted,
    /// The hub said no: a person reads why, corrects, sends again.
    Refused,
    /// Set aside by rule or by a person: too large, conflict, no route.
    Parked,
}

impl State {
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::Sent, Self::Accepted, Self::Refused, Self::Parked];

    pub fn id(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Parked => "parked",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == text)
    }
}

/// Where a message stands. The body is fixed by `sha256`; a correction is a new revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    pub revision: u32,
    pub sha256: Hash,
    /// Tries since the message last became `Waiting` by a person's hand or by being written.
    pub attempts: u32,
    pub next_try: Instant,
    /// The last words about it: the hub's, or the reason of parking.
    pub last_word: String,
}

/// What happened to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It goes out now.
    Handed,
    /// The hub took revision `revision` and echoed this hash.
    Accepted {
        revision: u32,
        sha256: Hash,
    },
    Refused {
        revision: u32,
        word: String,
    },
    /// No answer, or an answer that says later; `jitter_permille` is drawn outside, 0 to 999.
    Failed {
        word: String,
        jitter_permille: u16,
        retry_after_s: Option<u32>,
    },
    Parked {
        word: String,
    },
    /// A person sends it again, unchanged.
    Again,
    /// A person corrected the body.
    Corrected {
        sha256: Hash,
    },
}

/// Why an event cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Impossible {
    /// The event does not fit the state.
    NotIn(State),
    /// An answer to an older revision: kept as news, changes nothing.
    OldRevision { current: u32 },
    /// The hub echoed another hash: alarm, the message is kept.
    WrongEcho,
}

const FIRST_WAIT_S: i64 = 5;
const LONGEST_WAIT_S: i64 = 15 * 60;

/// Says where a message stands after an event, or why the event cannot be.
pub fn step(now: Instant, standing: &Standing, event: Event) -> Result<Standing, Impossible> {
    use State::{Accepted, Parked, Refused, Sent, Waiting};
    let mut next = standing.clone();
    match (standing.state, event) {
        (Waiting, Event::Handed) => {
            next.state = Sent;
            next.attempts = standing.attempts.saturating_add(1);
        }
        // An answer may come after we gave up waiting for it.
        (Sent | Waiting, Event::Accepted { revision, sha256 }) => {
            current(standing, revision)?;
            if sha256 != standing.sha256 {
                return Err(Impossible::WrongEcho);
            }
            next.state = Accepted;
            next.last_word.clear();
        }
        (Sent | Waiting, Event::Refused { revision, word }) => {
            current(standing, revision)?;
            next.state = Refused;
            next.last_word = word;
        }
        (Sent | Waiting, Event::Failed { word, jitter_permille, retry_after_s }) => {
            next.state = Waiting;
            next.last_word = word;
            next.next_try =
                now.plus_millis(wait_ms(standing.attempts, jitter_permille, retry_after_s));
        }
        (Waiting | Sent | Refused, Event::Parked { word }) => {
            next.state = Parked;
            next.last_word = word;
        }
        (Refused | Parked | Waiting, Event::Again) => {
            next.state = Waiting;
            next.attempts = 0;
            next.next_try = now;
        }
        (Refused | Parked, Event::Corrected { sha256 }) => {
            next.state = Waiting;
            next.sha256 = sha256;
            next.revision = standing.revision.saturating_add(1);
            next.attempts = 0;
            next.next_try = now;
        }
        (state, _) => return Err(Impossible::NotIn(state)),
    }
    Ok(next)
}

fn current(standing: &Standing, revision: u32) -> Result<(), Impossible> {
    if revision == standing.revision {
        Ok(())
    } else {
        Err(Impossible::OldRevision { current: standing.revision })
    }
}

/// 5 s, doubled with each try up to 15 min, plus up to a fifth so that stations do not call together; never
/// sooner than the hub asked.
pub fn wait_ms(attempts: u32, jitter_permille: u16, retry_after_s: Option<u32>) -> i64 {
    let doubled = FIRST_WAIT_S << attempts.saturating_sub(1).min(12);
    let base_ms = doubled.min(LONGEST_WAIT_S) * 1000;
    let asked_ms = retry_after_s.map_or(0, |s| i64::from(s) * 1000);
    let jitter_ms = base_ms / 5 * i64::from(jitter_permille.min(999)) / 1000;
    base_ms.max(asked_ms) + jitter_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_millis(1_000_000);

    fn fresh() -> Standing {
        Standing {
            state: State::Waiting,
            revision: 1,
            sha256: Hash::of(b"body"),
            attempts: 0,
            next_try: NOW,
            last_word: String::new(),
        }
    }

    #[track_caller]
    fn walk(events: Vec<Event>) -> Result<Standing, Impossible> {
        events.into_iter().try_fold(fresh(), |standing, event| step(NOW, &standing, event))
    }

    fn failed(jitter_permille: u16) -> Event {
        Event::Failed { word: "no line".to_owned(), jitter_permille, retry_after_s: None }
    }

    fn accepted() -> Event {
        Event::Accepted { revision: 1, sha256: Hash::of(b"body") }
    }

    #[test]
    fn a_message_is_accepted_when_the_hub_echoes_its_hash() {
        assert_eq!(walk(vec![Event::Handed, accepted()]).unwrap().state, State::Accepted);
        let lying = Event::Accepted { revision: 1, sha256: Hash::of(b"other") };
        assert_eq!(walk(vec![Event::Handed, lying]), Err(Impossible::WrongEcho));
    }

    #[test]
    fn a_late_answer_after_a_time_out_still_counts() {
        assert_eq!(
            walk(vec![Event::Handed, failed(0), accepted()]).unwrap().state,
            State::Accepted
        );
    }

    #[test]
    fn an_accepted_message_never_changes_again() {
        for event in [Event::Handed, Event::Again, failed(0), Event::Parked { word: String::new() }]
        {
            assert_eq!(
                walk(vec![Event::Handed, accepted(), event]),
                Err(Impossible::NotIn(State::Accepted))
            );
        }
    }

    #[test]
    fn waiting_doubles_up_to_a_quarter_of_an_hour() {
        let mut standing = fresh();
        let mut waits = vec![];
        for _ in 0..12 {
            standing = step(NOW, &standing, Event::Handed).unwrap();
            standing = step(NOW, &standing, failed(0)).unwrap();
            waits.push(standing.next_try.millis_since(NOW) / 1000);
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]);
    }

    #[test]
    fn jitter_adds_up_to_a_fifth_and_the_hubs_wish_is_kept() {
        assert_eq!(wait_ms(1, 999, None), 5_999);
        assert_eq!(wait_ms(1, 0, Some(120)), 120_000);
    }

    #[test]
    fn a_refused_message_waits_for_a_person_and_goes_out_corrected_as_a_new_revision() {
        let refused = Event::Refused { revision: 1, word: "缺少诊断编码".to_owned() };
        let standing = walk(vec![Event::Handed, refused]).unwrap();
        assert_eq!((standing.state, standing.last_word.as_str()), (State::Refused, "缺少诊断编码"));
        let corrected =
            step(NOW, &standing, Event::Corrected { sha256: Hash::of(b"new") }).unwrap();
        assert_eq!(
            (corrected.state, corrected.revision, corrected.attempts),
            (State::Waiting, 2, 0)
        );
        let sent = step(NOW, &corrected, Event::Handed).unwrap();
        let old = step(NOW, &sent, accepted());
        assert_eq!(old, Err(Impossible::OldRevision { current: 2 }));
    }
}
