//! 管理率, 规范管理率, 控制率, with the people behind every number. Who is lost counts as not controlled.
use std::collections::{BTreeMap, BTreeSet};

use super::facts::Mode;
use super::register::Status;
use crate::domain::age::Day;
use crate::domain::patient::PatientId;

/// What the counts are made of: one person in one programme with the valid meetings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub patient: PatientId,
    pub name: String,
    pub village: String,
    pub doctor: String,
    pub from: Day,
    pub status: Status,
    pub status_day: Day,
    pub meetings: Vec<Meeting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting {
    pub day: Day,
    pub mode: Mode,
    pub controlled: Option<bool>,
}

/// A quarter, or any stretch inside one calendar year; both days belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Day,
    pub to: Day,
}

impl Period {
    /// Reads `2026Q3`, `2026-Q3`, `2026`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_uppercase().replace(['-', ' '], "").replace('年', "");
        let (year, quarter) = match text.split_once('Q') {
            Some((year, quarter)) => (year.parse().ok()?, Some(quarter.parse::<i8>().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let first = Day::new(year, 1, 1)?;
        match quarter {
            None => Some(Self { from: first, to: first.end_of_year() }),
            Some(quarter @ 1..=4) => Some(Self::quarter(year, quarter)).flatten(),
            Some(_) => None,
        }
    }

    fn quarter(year: i16, quarter: i8) -> Option<Self> {
        let from = Day::new(year, quarter * 3 - 2, 1)?;
        Some(Self { from, to: from.plus_months(3).plus_days(-1) })
    }

    /// The quarter that a day lies in.
    pub fn of(day: Day) -> Option<Self> {
        Self::quarter(day.year(), (day.month() - 1) / 3 + 1)
    }

    pub fn label(&self) -> String {
        let quarter = Self::of(self.from) == Some(*self);
        if quarter {
            format!("{}Q{}", self.from.year(), (self.from.month() - 1) / 3 + 1)
        } else {
            format!("{} – {}", self.from, self.to)
        }
    }
}

/// How one person counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub patient: PatientId,
    pub name: String,
    pub status: Status,
    /// Valid face-to-face meetings of the year up to the end of the period; a day counts once.
    pub visits: u8,
    pub needed: u8,
    pub to_spec: bool,
    pub controlled: bool,
    pub last: Option<Day>,
}

/// One row of the table: a village and a doctor.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Row {
    pub village: String,
    pub doctor: String,
    pub managed: u32,
    pub to_spec: u32,
    pub controlled: u32,
    pub lost: u32,
    /// Patients that the village should have by prevalence; `None` = nobody entered it.
    pub estimated: Option<u32>,
    pub people: Vec<Counted>,
}

/// Counts by village and doctor. `estimates` are by village; `a_year` is what the programme asks for.
pub fn count(
    members: &[Member],
    period: Period,
    (a_year, estimates): (u8, &BTreeMap<String, u32>),
) -> Vec<Row> {
    let mut rows: BTreeMap<(String, String), Row> = BTreeMap::new();
    for member in members {
        let Some(counted) = one(member, period, a_year) else { continue };
        let key = (member.village.clone(), member.doctor.clone());
        let row = rows.entry(key).or_insert_with(|| Row {
            village: member.village.clone(),
            doctor: member.doctor.clone(),
            estimated: estimates.get(&member.village).copied(),
            ..Row::default()
        });
        row.managed += 1;
        row.to_spec += u32::from(counted.to_spec);
        row.controlled += u32::from(counted.controlled);
        row.lost += u32::from(counted.status == Status::Lost);
        row.people.push(counted);
    }
    rows.into_values().collect()
}

/// `None` = not counted in this period: came later, or had died, moved or been closed before its end.
fn one(member: &Member, period: Period, a_year: u8) -> Option<Counted> {
    let gone = matches!(member.status, Status::Dead | Status::Moved | Status::Closed)
        && member.status_day <= period.to;
    if member.from > period.to || gone {
        return None;
    }
    let lost = member.status == Status::Lost && member.status_day <= period.to;
    let year_start = Day::new(period.to.year(), 1, 1)?;
    let in_year = |m: &&Meeting| year_start <= m.day && m.day <= period.to;
    let days: BTreeSet<Day> = member
        .meetings
        .iter()
        .filter(in_year)
        .filter(|m| m.mode.is_face_to_face())
        .map(|m| m.day)
        .collect();
    let needed = needed(member.from, period.to, a_year);
    let last = member
        .meetings
        .iter()
        .filter(in_year)
        .filter(|m| m.controlled.is_some())
        .max_by_key(|m| m.day);
    Some(Counted {
        patient: member.patient,
        name: member.name.clone(),
        status: if lost { Status::Lost } else { Status::Active },
        visits: days.len() as u8,
        needed,
        to_spec: !lost && days.len() >= usize::from(needed),
        controlled: !lost && last.is_some_and(|m| m.controlled == Some(true)),
        last: last.map(|m| m.day),
    })
}

/// What must have been done by the end of the period: the year's number, by quarters begun since enrolment. Ours.
fn needed(from: Day, to: Day, a_year: u8) -> u8 {
    let quarter = |day: Day| (day.month() - 1) / 3 + 1;
    let first = if from.year() == to.year() { quarter(from) } else { 1 };
    let quarters = (quarter(to) - first + 1).max(1) as u8;
    (u16::from(a_year) * u16::from(quarters)).div_ceil(4) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn member(status: (Status, &str), meetings: &[(&str, Mode, bool)]) -> Member {
        Member {
            patient: PatientId(1),
            name: "甲".to_owned(),
            village: "柳溪村".to_owned(),
            doctor: "王".to_owned(),
            from: day("2025-03-01"),
            status: status.0,
            status_day: day(status.1),
            meetings: meetings
                .iter()
                .map(|(on, mode, controlled)| Meeting {
                    day: day(on),
                    mode: *mode,
                    controlled: Some(*controlled),
                })
                .collect(),
        }
    }

    #[track_caller]
    fn check(member: &Member, period: &str, want: Option<(u8, bool, bool)>) {
        let counted = one(member, Period::parse(period).unwrap(), 4);
        assert_eq!(counted.map(|c| (c.visits, c.to_spec, c.controlled)), want);
    }

    #[test]
    fn who_is_lost_counts_as_not_controlled_and_who_died_does_not_count() {
        let seen = [("2026-02-01", Mode::Clinic, true)];
        check(&member((Status::Active, "2025-03-01"), &seen), "2026Q1", Some((1, true, true)));
        check(&member((Status::Lost, "2026-03-01"), &seen), "2026Q1", Some((1, false, false)));
        check(&member((Status::Lost, "2026-04-01"), &seen), "2026Q1", Some((1, true, true)));
        check(&member((Status::Dead, "2026-03-31"), &seen), "2026Q1", None);
        check(&member((Status::Dead, "2026-04-01"), &seen), "2026Q1", Some((1, true, true)));
    }

    #[test]
    fn a_call_and_a_second_entry_of_a_day_are_no_visits() {
        let seen = [
            ("2026-02-01", Mode::Clinic, true),
            ("2026-02-01", Mode::Home, true),
            ("2026-05-01", Mode::Phone, false),
        ];
        check(&member((Status::Active, "2025-03-01"), &seen), "2026Q2", Some((1, false, false)));
    }

    #[test]
    fn last_years_last_day_is_not_this_year() {
        let seen = [("2025-12-31", Mode::Clinic, true)];
        check(&member((Status::Active, "2025-03-01"), &seen), "2026Q1", Some((0, false, false)));
        check(&member((Status::Active, "2025-03-01"), &seen), "2025Q4", Some((1, false, true)));
    }

    #[test]
    fn periods_are_read_and_end_on_the_last_day() {
        assert_eq!(Period::parse("2028Q1").unwrap().to, day("2028-03-31"));
        assert_eq!(Period::parse("2026").unwrap().to, day("2026-12-31"));
        assert_eq!(Period::of(day("2026-11-24")).unwrap().label(), "2026Q4");
        assert!(Period::parse("2026Q5").is_none() && Period::parse("x").is_none());
    }
}
