//! Moments. A clock is never read here: the moment comes in from outside (`services::clock`).
use std::fmt;

use super::age::Day;

/// China keeps one time, UTC+8, all year; a station's wall clock is always shown in it.
const CHINA_OFFSET_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// A moment, in milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This moment moved by milliseconds (negative = earlier). Saturates.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_millis(seconds.saturating_mul(1000))
    }

    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_millis(days.saturating_mul(DAY_MS))
    }

    /// Milliseconds from `earlier` to this moment; negative when `earlier` is later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The calendar day in China.
    pub fn day(self) -> Day {
        let days = self.0.saturating_add(CHINA_OFFSET_MS).div_euclid(DAY_MS);
        Day::EPOCH.plus_days(days.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
    }

    /// The first moment of a day in China.
    pub fn start_of(day: Day) -> Self {
        Self(i64::from(day.days_since(Day::EPOCH)) * DAY_MS - CHINA_OFFSET_MS)
    }

    /// Hour, minute and second on the wall clock in China.
    pub const fn time_of_day(self) -> (u8, u8, u8) {
        let seconds = self.0.saturating_add(CHINA_OFFSET_MS).rem_euclid(DAY_MS) / 1000;
        ((seconds / 3600) as u8, (seconds / 60 % 60) as u8, (seconds % 60) as u8)
    }
}

impl fmt::Display for Instant {
    /// `2026-11-24 08:05:09`, Chinese time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = self.time_of_day();
        write!(f, "{} {hour:02}:{minute:02}:{second:02}", self.day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_in_chinese_time() {
        assert_eq!(Instant::from_millis(0).to_string(), "1970-01-01 08:00:00");
        assert_eq!(Instant::from_millis(1_795_507_509_000).to_string(), "2026-11-24 16:05:09");
    }

    #[test]
    fn the_day_turns_at_midnight_in_china_not_in_greenwich() {
        let midnight = Instant::start_of(Day::new(2026, 11, 24).unwrap());
        assert_eq!(midnight.day().to_string(), "2026-11-24");
        assert_eq!(midnight.plus_millis(-1).day().to_string(), "2026-11-23");
        assert_eq!(midnight.to_string(), "2026-11-24 00:00:00");
    }
}
