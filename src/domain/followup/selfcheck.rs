//! A private look at one's own numbers before any inspector: last digits, copied values, one pressure for many people.
use std::collections::BTreeMap;

use super::facts::Provenance;
use crate::domain::age::Day;
use crate::domain::patient::PatientId;

/// One measured pressure or glucose.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub patient: PatientId,
    pub name: String,
    pub village: String,
    pub day: Day,
    pub sbp: Option<f64>,
    pub dbp: Option<f64>,
    pub fbg: Option<f64>,
    pub provenance: Provenance,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SelfCheck {
    pub measured: usize,
    /// Systolic values by last digit 0–9, of those that were not sent by an instrument.
    pub digits: [usize; 10],
    /// Chi-square against equal shares, 9 degrees of freedom; over 16.9 is unlikely to be chance.
    pub chi_square: f64,
    pub digit_preference: bool,
    /// The same numbers three times running in one person.
    pub copied: Vec<Copied>,
    /// The same pressure in three or more people of one village on one day.
    pub same_pressure: Vec<SamePressure>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Copied {
    pub patient: PatientId,
    pub name: String,
    pub what: String,
    pub days: Vec<Day>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SamePressure {
    pub village: String,
    pub day: Day,
    pub what: String,
    pub people: Vec<(PatientId, String)>,
    /// People of that village measured on that day.
    pub of: usize,
}

/// 5 % of chance at 9 degrees of freedom.
const CHI_SQUARE_LIMIT: f64 = 16.919;
/// Fewer values say nothing about digits. Ours.
const LEAST_VALUES: usize = 50;
const COPIES: usize = 3;
const PEOPLE: usize = 3;

pub fn check(list: &[Measured]) -> SelfCheck {
    let mut digits = [0_usize; 10];
    for value in list.iter().filter(|m| m.provenance != Provenance::Device).filter_map(|m| m.sbp) {
        digits[(value.round() as i64).rem_euclid(10) as usize] += 1;
    }
    let total: usize = digits.iter().sum();
    let expected = total as f64 / 10.0;
    let chi_square = if total == 0 {
        0.0
    } else {
        digits.iter().map(|n| (*n as f64 - expected).powi(2) / expected).sum()
    };
    SelfCheck {
        measured: list.len(),
        digits,
        chi_square,
        digit_preference: total >= LEAST_VALUES && chi_square > CHI_SQUARE_LIMIT,
        copied: copied(list),
        same_pressure: same_pressure(list),
    }
}

fn pressure(m: &Measured) -> Option<String> {
    Some(format!("{:.0}/{:.0}", m.sbp?, m.dbp?))
}

fn copied(list: &[Measured]) -> Vec<Copied> {
    let mut by_patient: BTreeMap<PatientId, Vec<&Measured>> = BTreeMap::new();
    for m in list {
        by_patient.entry(m.patient).or_default().push(m);
    }
    let mut found = vec![];
    for rows in by_patient.values_mut() {
        rows.sort_by_key(|m| m.day);
        let pressures: Vec<(String, &Measured)> =
            rows.iter().filter_map(|m| Some((pressure(m)?, *m))).collect();
        let glucoses: Vec<(String, &Measured)> =
            rows.iter().filter_map(|m| Some((format!("血糖 {:.1}", m.fbg?), *m))).collect();
        found.extend(runs(&pressures));
        found.extend(runs(&glucoses));
    }
    found
}

fn runs(values: &[(String, &Measured)]) -> Vec<Copied> {
    values
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|run| run.len() >= COPIES)
        .filter_map(|run| {
            let (what, first) = run.first()?;
            Some(Copied {
                patient: first.patient,
                name: first.name.clone(),
                what: what.clone(),
                days: run.iter().map(|(_, m)| m.day).collect(),
            })
        })
        .collect()
}

fn same_pressure(list: &[Measured]) -> Vec<SamePressure> {
    let mut by_day: BTreeMap<(&str, Day), BTreeMap<String, BTreeMap<PatientId, &str>>> =
        BTreeMap::new();
    for m in list {
        let Some(what) = pressure(m) else { continue };
        let day = by_day.entry((&m.village, m.day)).or_default();
        day.entry(what).or_default().insert(m.patient, &m.name);
    }
    let mut found = vec![];
    for ((village, day), values) in by_day {
        let of = values.values().map(BTreeMap::len).sum();
        for (what, people) in values.into_iter().filter(|(_, people)| people.len() >= PEOPLE) {
            found.push(SamePressure {
                village: village.to_owned(),
                day,
                what,
                people: people.into_iter().map(|(id, name)| (id, name.to_owned())).collect(),
                of,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(patient: i64, day: &str, (sbp, dbp): (f64, f64)) -> Measured {
        Measured {
            patient: PatientId(patient),
            name: format!("甲{patient}"),
            village: "柳溪村".to_owned(),
            day: Day::parse(day).unwrap(),
            sbp: Some(sbp),
            dbp: Some(dbp),
            fbg: None,
            provenance: Provenance::Typed,
        }
    }

    #[test]
    fn a_doctor_who_likes_zero_is_shown_it_and_an_instrument_is_not_blamed() {
        let mut list: Vec<Measured> = (0..60)
            .map(|n| measured(n, "2026-05-01", (120.0 + 10.0 * (n % 5) as f64, 70.0 + n as f64)))
            .collect();
        assert!(check(&list).digit_preference);
        for m in &mut list {
            m.provenance = Provenance::Device;
        }
        assert!(!check(&list).digit_preference);
        let even: Vec<Measured> =
            (0..60).map(|n| measured(n, "2026-05-01", (120.0 + n as f64, 80.0))).collect();
        assert!(!check(&even).digit_preference);
    }

    #[test]
    fn three_times_the_same_is_copied_twice_is_not() {
        let day = |n: i64| format!("2026-0{}-01", n + 1);
        let rows = |n: i64| (0..n).map(|i| measured(1, &day(i), (136.0, 82.0))).collect::<Vec<_>>();
        assert_eq!(check(&rows(3)).copied.len(), 1);
        assert_eq!(check(&rows(2)).copied.len(), 0);
    }

    #[test]
    fn one_pressure_for_three_people_of_a_village_on_one_day_is_shown() {
        let rows =
            |n: i64| (0..n).map(|i| measured(i, "2026-05-01", (136.0, 82.0))).collect::<Vec<_>>();
        assert_eq!(check(&rows(3)).same_pressure[0].people.len(), 3);
        assert_eq!(check(&rows(2)).same_pressure.len(), 0);
    }
}
