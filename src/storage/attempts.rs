//! Failed sign-ins, kept outside the database because they come before it can be opened. Names are kept as hashes,
//! known and unknown ones alike, so that the list does not tell who works here.
use serde::{Deserialize, Serialize};

use super::{Layout, StoreError, files};
use crate::domain::audit::Hash;
use crate::domain::instant::Instant;

/// Five failures close the door for fifteen minutes.
const MOST_FAILURES: u32 = 5;
const CLOSED_MS: i64 = 15 * 60 * 1000;
const MOST_NAMES: usize = 64;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Attempts {
    #[serde(default)]
    name: Vec<Name>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Name {
    hash: String,
    failures: u32,
    last_ms: i64,
    #[serde(default)]
    closed_until_ms: i64,
}

/// May this name try?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Open { left: u32 },
    Closed { until: Instant },
}

impl Attempts {
    /// A list that is missing or damaged counts as empty: it must never keep a doctor out.
    pub fn load(layout: &Layout) -> Self {
        let text = std::fs::read_to_string(layout.attempts()).unwrap_or_default();
        toml::from_str(&text).unwrap_or_default()
    }

    pub fn save(&self, layout: &Layout) -> Result<(), StoreError> {
        let text =
            toml::to_string(self).map_err(|error| StoreError::unreadable(error.to_string()))?;
        files::replace(&layout.attempts(), text.as_bytes(), "writing the list of failed sign-ins")
    }

    pub fn gate(&mut self, user: &str, now: Instant) -> Gate {
        let hash = hash(user);
        let Some(name) = self.name.iter_mut().find(|name| name.hash == hash) else {
            return Gate::Open { left: MOST_FAILURES };
        };
        if name.closed_until_ms > now.millis().saturating_add(CLOSED_MS) {
            // The clock went back: nobody waits longer than fifteen minutes from now.
            name.closed_until_ms = now.millis().saturating_add(CLOSED_MS);
        }
        if name.closed_until_ms > now.millis() {
            return Gate::Closed { until: Instant::from_millis(name.closed_until_ms) };
        }
        if name.closed_until_ms != 0 {
            (name.failures, name.closed_until_ms) = (0, 0);
        }
        Gate::Open { left: MOST_FAILURES.saturating_sub(name.failures) }
    }

    /// Counts a failure; the fifth closes the gate.
    pub fn failed(&mut self, user: &str, now: Instant) -> Gate {
        let hash = hash(user);
        if !self.name.iter().any(|name| name.hash == hash) {
            if self.name.len() >= MOST_NAMES {
                self.name
                    .sort_by_key(|name| (name.closed_until_ms.max(name.last_ms), name.failures));
                self.name.remove(0);
            }
            self.name.push(Name {
                hash: hash.clone(),
                failures: 0,
                last_ms: 0,
                closed_until_ms: 0,
            });
        }
        for name in self.name.iter_mut().filter(|name| name.hash == hash) {
            name.failures += 1;
            name.last_ms = now.millis();
            if name.failures >= MOST_FAILURES {
                name.closed_until_ms = now.millis().saturating_add(CLOSED_MS);
            }
        }
        self.gate(user, now)
    }

    pub fn succeeded(&mut self, user: &str) {
        let hash = hash(user);
        self.name.retain(|name| name.hash != hash);
    }

    /// Failures of this name since it last came in.
    pub fn failures(&self, user: &str) -> u32 {
        let hash = hash(user);
        self.name.iter().find(|name| name.hash == hash).map_or(0, |name| name.failures)
    }
}

fn hash(user: &str) -> String {
    Hash::of(format!("xinglin-sign-in:{user}").as_bytes()).to_string()[..24].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_millis(1_800_000_000_000);

    fn closed() -> Attempts {
        let mut attempts = Attempts::default();
        for left in [4, 3, 2, 1] {
            assert_eq!(attempts.failed("wang", NOW), Gate::Open { left });
        }
        assert_eq!(attempts.failed("wang", NOW), Gate::Closed { until: NOW.plus_seconds(900) });
        attempts
    }

    #[test]
    fn five_failures_close_the_door_for_fifteen_minutes_for_that_name_only() {
        let mut attempts = closed();
        assert!(matches!(attempts.gate("wang", NOW.plus_seconds(899)), Gate::Closed { .. }));
        assert_eq!(attempts.gate("wang", NOW.plus_seconds(900)), Gate::Open { left: 5 });
        assert_eq!(closed().gate("li", NOW), Gate::Open { left: 5 });
    }

    #[test]
    fn a_clock_set_back_by_years_does_not_lock_for_years() {
        let mut attempts = closed();
        let earlier = NOW.plus_days(-4000);
        assert_eq!(
            attempts.gate("wang", earlier),
            Gate::Closed { until: earlier.plus_seconds(900) }
        );
        assert_eq!(attempts.gate("wang", earlier.plus_seconds(900)), Gate::Open { left: 5 });
    }

    #[test]
    fn the_list_survives_a_restart_and_holds_no_names() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::at(dir.path());
        closed().save(&layout).unwrap();
        assert!(!std::fs::read_to_string(layout.attempts()).unwrap().contains("wang"));
        assert!(matches!(Attempts::load(&layout).gate("wang", NOW), Gate::Closed { .. }));
        std::fs::write(layout.attempts(), [0xff, 0x00]).unwrap();
        assert_eq!(Attempts::load(&layout).gate("wang", NOW), Gate::Open { left: 5 });
    }

    #[test]
    fn a_flood_of_invented_names_does_not_grow_the_list_without_end_nor_free_a_closed_one() {
        let mut attempts = closed();
        for i in 0..500 {
            attempts.failed(&format!("x{i}"), NOW);
        }
        assert!(attempts.name.len() <= MOST_NAMES);
        assert!(matches!(attempts.gate("wang", NOW.plus_seconds(1)), Gate::Closed { .. }));
    }
}
