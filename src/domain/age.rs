//! Days and ages. A clock is never read here: the day comes in from outside.
use std::fmt;

/// A calendar day, ISO 8601 when printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(jiff::civil::Date);

impl Day {
    /// 1970-01-01, where [`super::instant::Instant`] counts from.
    pub const EPOCH: Self = Self(jiff::civil::date(1970, 1, 1));

    /// A day of the Gregorian calendar; `None` for days that do not exist (30 February).
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        jiff::civil::Date::new(year, month, day).ok().map(Self)
    }

    /// Reads `YYYY-MM-DD`, `YYYYMMDD`, `YYYY.M.D` or `YYYY/M/D`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Self::new(
                text[..4].parse().ok()?,
                text[4..6].parse().ok()?,
                text[6..].parse().ok()?,
            );
        }
        let mut parts = text.split(['-', '.', '/']);
        let day = Self::new(
            parts.next()?.parse().ok()?,
            parts.next()?.parse().ok()?,
            parts.next()?.parse().ok()?,
        )?;
        parts.next().is_none().then_some(day)
    }

    pub fn year(self) -> i16 {
        self.0.year()
    }

    pub fn month(self) -> i8 {
        self.0.month()
    }

    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// This day moved by a number of days (negative = earlier). Saturates at the calendar's ends.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().days(days)))
    }

    /// This day moved by calendar months; the 31st becomes the last day of a shorter month.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().months(months)))
    }

    /// The last day of this day's calendar year.
    #[must_use]
    pub fn end_of_year(self) -> Self {
        Self(self.0.last_of_year())
    }

    /// Days from `earlier` to this day; negative when `earlier` is later.
    pub fn days_since(self, earlier: Self) -> i32 {
        earlier.0.until(self.0).map_or(0, |span| span.get_days())
    }

    /// Completed calendar years since `birth`; a 29 February birthday is reached on 1 March in common years.
    pub fn full_years_since(self, birth: Self) -> i32 {
        let years = i32::from(self.year()) - i32::from(birth.year());
        let before = (self.month(), self.day()) < (birth.month(), birth.day());
        years - i32::from(before)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

/// Male, female or not stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Sex {
    Male,
    Female,
    #[default]
    Unknown,
}

impl Sex {
    pub fn id(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
            Self::Unknown => "unknown",
        }
    }

    /// Reads `男`, `女`, `male`, `female`, `m`, `f`; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_lowercase().as_str() {
            "男" | "男性" | "male" | "m" => Some(Self::Male),
            "女" | "女性" | "female" | "f" => Some(Self::Female),
            "unknown" | "未知" | "不详" | "" => Some(Self::Unknown),
            _ => None,
        }
    }
}

/// An age in days, as exact as it was given (years become 365.25 days).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age {
    days: u32,
}

/// The age bands that priors are written in, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AgeBand {
    Newborn,
    Infant,
    Toddler,
    Child,
    Teen,
    Adult,
    Middle,
    Elder,
}

impl AgeBand {
    pub const ALL: [Self; 8] = [
        Self::Newborn,
        Self::Infant,
        Self::Toddler,
        Self::Child,
        Self::Teen,
        Self::Adult,
        Self::Middle,
        Self::Elder,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Self::Newborn => "newborn",
            Self::Infant => "infant",
            Self::Toddler => "toddler",
            Self::Child => "child",
            Self::Teen => "teen",
            Self::Adult => "adult",
            Self::Middle => "middle",
            Self::Elder => "elder",
        }
    }
}

impl Age {
    /// Older than anyone has lived: a slip of the keyboard.
    pub const MAX_YEARS: f64 = 125.0;

    pub const fn from_days(days: u32) -> Self {
        Self { days }
    }

    /// `None` for negative, not-a-number or impossible ages.
    pub fn from_years(years: f64) -> Option<Self> {
        (0.0..=Self::MAX_YEARS)
            .contains(&years)
            .then(|| Self { days: (years * 365.25).round() as u32 })
    }

    /// Reads `61岁`, `8月`, `8个月`, `5天`, `3周`, `2岁3月`, `61`, `半岁`; `None` when it is none of these or impossible.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String =
            text.trim().chars().map(half_width).filter(|c| !c.is_whitespace()).collect();
        if text == "半岁" {
            return Some(Self::from_days(183));
        }
        let mut days = 0.0;
        let mut number = String::new();
        let mut seen_unit = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c.is_ascii_digit() || c == '.' {
                number.push(c);
                continue;
            }
            if c == '个' && chars.peek() == Some(&'月') {
                continue;
            }
            let per_unit = match c {
                '岁' | 'y' | 'Y' => 365.25,
                '月' | 'm' | 'M' => 30.4375,
                '周' | 'w' | 'W' => 7.0,
                '天' | '日' | 'd' | 'D' => 1.0,
                '零' | '半' => {
                    if c == '半' && seen_unit {
                        days += 182.6;
                    }
                    continue;
                }
                _ => return None,
            };
            days += number.parse::<f64>().ok()? * per_unit;
            number.clear();
            seen_unit = true;
        }
        if !number.is_empty() {
            if seen_unit {
                return None;
            }
            days = number.parse::<f64>().ok()? * 365.25;
            seen_unit = true;
        }
        (seen_unit && (0.0..=Self::MAX_YEARS * 365.25).contains(&days))
            .then(|| Self { days: days.round() as u32 })
    }

    /// The age on `today` of someone born on `birth`; `None` when born later than today or impossibly long ago.
    pub fn on(today: Day, birth: Day) -> Option<Self> {
        let days = u32::try_from(today.days_since(birth)).ok()?;
        (f64::from(days) <= Self::MAX_YEARS * 365.25 + 1.0).then_some(Self { days })
    }

    pub const fn days(self) -> u32 {
        self.days
    }

    pub fn years(self) -> f64 {
        f64::from(self.days) / 365.25
    }

    pub fn band(self) -> AgeBand {
        let years = self.years() + 1e-6;
        match self.days {
            0..28 => AgeBand::Newborn,
            _ if years < 1.0 => AgeBand::Infant,
            _ if years < 6.0 => AgeBand::Toddler,
            _ if years < 12.0 => AgeBand::Child,
            _ if years < 18.0 => AgeBand::Teen,
            _ if years < 45.0 => AgeBand::Adult,
            _ if years < 65.0 => AgeBand::Middle,
            _ => AgeBand::Elder,
        }
    }
}

impl fmt::Display for Age {
    /// As a prescription wants it: days under a month, months under three years, else years.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.days {
            0..31 => write!(f, "{}天", self.days),
            31..1096 => {
                let months = (f64::from(self.days) / 30.4375).round() as u32;
                if months >= 12 && months.is_multiple_of(12) {
                    write!(f, "{}岁", months / 12)
                } else if months >= 12 {
                    write!(f, "{}岁{}月", months / 12, months % 12)
                } else {
                    write!(f, "{months}月")
                }
            }
            _ => write!(f, "{}岁", (self.years() + 0.003).floor() as u32),
        }
    }
}

/// Full-width ASCII typed through an IME, as plain ASCII.
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<u32>) {
        assert_eq!(Age::parse(text).map(Age::days), want, "{text}");
    }

    #[test]
    fn ages_are_read_as_doctors_write_them() {
        check("61岁", Some(22280));
        check("８个月", Some(244));
        check("5天", Some(5));
        check("3周", Some(21));
        check("2岁3月", Some(822));
        check("61", Some(22280));
        check("半岁", Some(183));
    }

    #[test]
    fn impossible_ages_are_refused() {
        check("126岁", None);
        check("-3", None);
        check("abc", None);
        check("", None);
    }

    #[test]
    fn a_leap_day_child_turns_one_on_the_first_of_march() {
        let birth = Day::new(2024, 2, 29).unwrap();
        assert_eq!(Day::new(2025, 2, 28).unwrap().full_years_since(birth), 0);
        assert_eq!(Day::new(2025, 3, 1).unwrap().full_years_since(birth), 1);
    }

    #[test]
    fn ages_print_in_days_months_and_years() {
        for (days, want) in
            [(5, "5天"), (244, "8月"), (822, "2岁3月"), (22280, "61岁"), (365 * 3 + 1, "3岁")]
        {
            assert_eq!(Age::from_days(days).to_string(), want);
        }
    }
}
