//! The audit log: who did what to which record, each entry chained to the one before by SHA-256.
//!
//! A chain shows every edit, deletion and swap inside the log; a tail that was cut off shows only against a
//! checkpoint kept elsewhere.
use std::fmt;

use sha2::{Digest, Sha256};

use super::instant::Instant;
use super::role::UserId;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first entry points back to.
    pub const START: Self = Self([0; 32]);

    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    pub fn parse(hex: &str) -> Option<Self> {
        let hex = hex.trim().as_bytes();
        if hex.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Done,
    /// Not permitted, or refused by a rule.
    Refused,
    /// Permitted but went wrong.
    Failed,
}

impl Outcome {
    pub fn id(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Done, Self::Refused, Self::Failed].into_iter().find(|outcome| outcome.id() == text)
    }
}

/// What happened, before it has a place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub at: Instant,
    /// Sign-in name; `-` before anyone has signed in.
    pub actor: String,
    /// The role that permitted it; empty when none did.
    pub role: String,
    /// An `Action` id, or `sign-in`, `sign-out`, `set-up`, `unlock-with-recovery-key`.
    pub action: String,
    /// What it was done to, by number and never by name: `patient:12`, `visit:7 sha256:…`.
    pub object: String,
    pub outcome: Outcome,
}

/// Who does something now, and by which role: what a write brings along to be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub at: Instant,
    pub user: UserId,
    pub actor: String,
    pub role: String,
}

impl Stamp {
    pub fn fact(&self, action: &str, object: impl Into<String>, outcome: Outcome) -> Fact {
        Fact {
            at: self.at,
            actor: self.actor.clone(),
            role: self.role.clone(),
            action: action.to_owned(),
            object: object.into(),
            outcome,
        }
    }
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub seq: u64,
    pub fact: Fact,
    pub prev: Hash,
    pub hash: Hash,
}

impl Entry {
    /// The entry that follows `last` (`None` = the log is empty).
    pub fn after(last: Option<Checkpoint>, fact: Fact) -> Self {
        let (seq, prev) = last.map_or((1, Hash::START), |last| (last.seq + 1, last.hash));
        let hash = chained(seq, &fact, prev);
        Self { seq, fact, prev, hash }
    }

    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { seq: self.seq, hash: self.hash }
    }
}

/// SHA-256 over the fields in order, each with its length in front, so that no two entries read the same.
fn chained(seq: u64, fact: &Fact, prev: Hash) -> Hash {
    let mut hasher = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    field(b"xinglin-audit-1");
    field(&seq.to_be_bytes());
    field(&fact.at.millis().to_be_bytes());
    field(fact.actor.as_bytes());
    field(fact.role.as_bytes());
    field(fact.action.as_bytes());
    field(fact.object.as_bytes());
    field(fact.outcome.id().as_bytes());
    field(&prev.0);
    Hash(hasher.finalize().into())
}

/// The last entry of a log at some time, kept outside it: on the day sheet, in a backup, at the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub seq: u64,
    pub hash: Hash,
}

impl Checkpoint {
    /// Reads what `Display` writes: `300:9f…`.
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, hash) = text.trim().split_once(':')?;
        Some(Self { seq: seq.parse().ok()?, hash: Hash::parse(hash)? })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

/// A log that holds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    pub entries: u64,
    pub last: Option<Checkpoint>,
}

/// Where a log is broken first, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    pub seq: u64,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The entry of this number is not there; the next one found has another number.
    Missing { found: u64 },
    /// The entry does not point back to the one before it.
    Unchained,
    /// The entry's own hash does not fit its words.
    Changed,
    /// The log ends before the checkpoint.
    CutOff { expected: u64 },
    /// The entry at the checkpoint is another one than it was: the log was written anew.
    Rewritten,
}

/// Checks a whole log from its first entry on, and that it still holds the checkpoint, if there is one.
pub fn verify(
    entries: impl IntoIterator<Item = Entry>,
    checkpoint: Option<Checkpoint>,
) -> Result<Whole, Broken> {
    let mut last: Option<Checkpoint> = None;
    for entry in entries {
        let (seq, prev) = last.map_or((1, Hash::START), |last| (last.seq + 1, last.hash));
        let broken = |why| Err(Broken { seq, why });
        if entry.seq != seq {
            return broken(Why::Missing { found: entry.seq });
        }
        if entry.prev != prev {
            return broken(Why::Unchained);
        }
        if entry.hash != chained(seq, &entry.fact, prev) {
            return broken(Why::Changed);
        }
        if checkpoint
            .is_some_and(|checkpoint| checkpoint.seq == seq && checkpoint.hash != entry.hash)
        {
            return broken(Why::Rewritten);
        }
        last = Some(entry.checkpoint());
    }
    let entries = last.map_or(0, |last| last.seq);
    match checkpoint {
        Some(checkpoint) if checkpoint.seq > entries => {
            Err(Broken { seq: entries + 1, why: Why::CutOff { expected: checkpoint.seq } })
        }
        _ => Ok(Whole { entries, last }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(n: i64) -> Fact {
        Fact {
            at: Instant::from_millis(1_700_000_000_000 + n),
            actor: "wang".to_owned(),
            role: "doctor".to_owned(),
            action: "open-chart".to_owned(),
            object: format!("patient:{n}"),
            outcome: Outcome::Done,
        }
    }

    fn log(n: i64) -> Vec<Entry> {
        let mut log: Vec<Entry> = vec![];
        for i in 0..n {
            log.push(Entry::after(log.last().map(Entry::checkpoint), fact(i)));
        }
        log
    }

    #[test]
    fn an_untouched_log_is_whole() {
        let log = log(20);
        let last = log.last().unwrap().checkpoint();
        assert_eq!(verify(log, Some(last)), Ok(Whole { entries: 20, last: Some(last) }));
        assert_eq!(verify([], None), Ok(Whole { entries: 0, last: None }));
    }

    #[test]
    fn a_cut_tail_is_seen_only_against_a_checkpoint() {
        let mut log = log(20);
        let last = log.last().unwrap().checkpoint();
        log.pop();
        assert!(verify(log.clone(), None).is_ok());
        assert_eq!(
            verify(log, Some(last)),
            Err(Broken { seq: 20, why: Why::CutOff { expected: 20 } })
        );
    }

    #[test]
    fn a_log_written_anew_is_seen_against_a_checkpoint() {
        let last = log(20).last().unwrap().checkpoint();
        let mut other: Vec<Entry> = vec![];
        for i in 0..25 {
            other.push(Entry::after(other.last().map(Entry::checkpoint), fact(i + 1)));
        }
        assert_eq!(verify(other, Some(last)), Err(Broken { seq: 20, why: Why::Rewritten }));
    }

    #[test]
    fn words_moved_between_fields_change_the_hash() {
        let mut moved = fact(1);
        moved.actor = "wangd".to_owned();
        moved.role = "octor".to_owned();
        assert_ne!(chained(1, &fact(1), Hash::START), chained(1, &moved, Hash::START));
    }

    #[test]
    fn a_checkpoint_is_read_back_as_printed() {
        let last = log(3).last().unwrap().checkpoint();
        assert_eq!(Checkpoint::parse(&last.to_string()), Some(last));
        assert_eq!(Checkpoint::parse("3:00"), None);
    }
}
