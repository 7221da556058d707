//! The only place that reads the machine's clock.
use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::age::Day;
use crate::domain::instant::Instant;

pub trait Clock: Send + Sync {
    fn now(&self) -> Instant;

    /// The calendar day in China.
    fn today(&self) -> Day {
        self.now().day()
    }
}

/// The clock of the machine, as far as it is right.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // A clock before 1970 is a dead battery: it is shown as 1970 and found suspect.
        Instant::from_millis(
            since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

/// A clock that stands where it is put, for cases, tests and the demo clinic.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    pub fn at(instant: Instant) -> Self {
        Self(AtomicI64::new(instant.millis()))
    }

    pub fn set(&self, instant: Instant) {
        self.0.store(instant.millis(), Ordering::Relaxed);
    }

    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds.saturating_mul(1000), Ordering::Relaxed);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::Relaxed))
    }
}
