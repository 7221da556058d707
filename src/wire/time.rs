//! Days and moments as FHIR (ISO 8601) and HL7 v3 / DICOM (`YYYYMMDDHHMMSS`) write them. China keeps UTC+8.
use crate::domain::age::Day;
use crate::domain::instant::Instant;

/// `2026-11-24T16:05:09+08:00`
pub fn iso(at: Instant) -> String {
    let (hour, minute, second) = at.time_of_day();
    format!("{}T{hour:02}:{minute:02}:{second:02}+08:00", at.day())
}

/// `20261124160509`
pub fn hl7(at: Instant) -> String {
    let (hour, minute, second) = at.time_of_day();
    format!("{}{hour:02}{minute:02}{second:02}", hl7_day(at.day()))
}

/// `20261124`
pub fn hl7_day(day: Day) -> String {
    day.to_string().replace('-', "")
}

/// The day of `2026-11-24`, `2026-11-24T…`, `20261124…`; whatever follows is not looked at.
pub fn day(text: &str) -> Option<Day> {
    let text = text.trim();
    let found = if text.as_bytes().get(4) == Some(&b'-') {
        text.get(..10).and_then(Day::parse)
    } else {
        text.get(..8).filter(|head| head.bytes().all(|b| b.is_ascii_digit())).and_then(Day::parse)
    };
    found.filter(|day| (1850..2200).contains(&day.year()))
}

/// A moment with or without its zone; without one it is Chinese time, without a time of day it is midnight.
pub fn moment(text: &str) -> Option<Instant> {
    let text = text.trim();
    let start = Instant::start_of(day(text)?);
    let rest = if text.as_bytes().get(4) == Some(&b'-') {
        text.get(10..)?.trim_start_matches(['T', ' '])
    } else {
        text.get(8..)?
    };
    let (clock, zone) = match rest.find(['+', 'Z']).or_else(|| rest.rfind('-')) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let whole = clock.split('.').next().unwrap_or_default();
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    let two = |at: usize| digits.get(at..at + 2).and_then(|d| d.parse::<i64>().ok()).unwrap_or(0);
    let local = start.plus_seconds(two(0) * 3600 + two(2) * 60 + two(4));
    Some(local.plus_seconds(8 * 3600 - offset_s(zone)))
}

/// Seconds east of Greenwich; no zone is China's.
fn offset_s(zone: &str) -> i64 {
    if zone.starts_with('Z') {
        return 0;
    }
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let part = |at: usize| digits.get(at..at + 2).and_then(|d| d.parse::<i64>().ok());
    match part(0) {
        Some(hours) => {
            let seconds = hours * 3600 + part(2).unwrap_or(0) * 60;
            if zone.starts_with('-') { -seconds } else { seconds }
        }
        None => 8 * 3600,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_form_that_documents_use() {
        let want = moment("2026-11-24T16:05:09+08:00").unwrap();
        assert_eq!(want.to_string(), "2026-11-24 16:05:09");
        for text in [
            "20261124160509",
            "20261124160509+0800",
            "2026-11-24T08:05:09Z",
            "2026-11-24T16:05:09.123+08:00",
            "2026-11-24 16:05:09",
            "2026-11-24T03:05:09-05:00",
        ] {
            assert_eq!(moment(text), Some(want), "{text}");
        }
        assert_eq!(
            (iso(want), hl7(want)),
            ("2026-11-24T16:05:09+08:00".into(), "20261124160509".into())
        );
        assert_eq!(moment("20261124").unwrap().to_string(), "2026-11-24 00:00:00");
        assert_eq!((moment("2026"), day("2026-13-01")), (None, None));
    }
}
