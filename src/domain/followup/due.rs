//! The due list: who is due or overdue, the worst first, grouped by village, hamlet and household for the walk.
use super::register::{Enrolment, Home};
use crate::domain::age::Day;
use crate::domain::patient::{PatientId, PatientLine};

/// One person with everything they are due for: nobody is on the list twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuePerson {
    pub patient: PatientLine,
    pub home: Home,
    pub doctor: String,
    pub items: Vec<DueItem>,
    /// The most days that any item is overdue; negative = days still to go.
    pub overdue_days: i32,
    /// How bad waiting is: the harm of the last verdict first, then the days.
    pub urgency: i32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueItem {
    pub programme: String,
    pub due: Day,
    pub harm: u8,
    pub last_day: Option<Day>,
    pub last_class: Option<u8>,
    pub last_controlled: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueGroup {
    pub village: String,
    pub hamlet: String,
    pub people: Vec<DuePerson>,
}

/// A day of waiting counts as one, up to a year; a step of harm as a hundred: someone with a danger sign at the last
/// meeting stands before someone who was well and is months late. Ours.
fn urgency(harm: u8, overdue: i32) -> i32 {
    i32::from(harm) * 100 + overdue.clamp(-30, 365)
}

/// One line a person, the worst first.
pub fn people(enrolments: Vec<Enrolment>, today: Day) -> Vec<DuePerson> {
    let mut sorted = enrolments;
    sorted.sort_by_key(|e| e.patient.id);
    let mut people: Vec<DuePerson> = Vec::with_capacity(sorted.len());
    for enrolment in sorted {
        let Some(due) = enrolment.next_due else { continue };
        let item = DueItem {
            programme: enrolment.programme,
            due,
            harm: enrolment.harm,
            last_day: enrolment.last_day,
            last_class: enrolment.last_class,
            last_controlled: enrolment.last_controlled,
        };
        let overdue = today.days_since(due);
        let score = urgency(item.harm, overdue);
        match people.last_mut() {
            Some(last) if last.patient.id == enrolment.patient.id => {
                last.items.push(item);
                last.overdue_days = last.overdue_days.max(overdue);
                last.urgency = last.urgency.max(score);
            }
            _ => people.push(DuePerson {
                patient: enrolment.patient,
                home: enrolment.home,
                doctor: enrolment.doctor,
                items: vec![item],
                overdue_days: overdue,
                urgency: score,
            }),
        }
    }
    people.sort_by(|a, b| {
        let key = |p: &DuePerson| (std::cmp::Reverse(p.urgency), p.patient.id);
        key(a).cmp(&key(b))
    });
    people
}

/// The walk: villages and hamlets in the order of their worst case, one household together, within it the worst first.
pub fn groups(people: Vec<DuePerson>) -> Vec<DueGroup> {
    let mut groups: Vec<DueGroup> = vec![];
    let mut at = std::collections::HashMap::new();
    for person in people {
        let key = (person.home.village.clone(), person.home.hamlet.clone());
        let n = *at.entry(key.clone()).or_insert_with(|| {
            groups.push(DueGroup { village: key.0, hamlet: key.1, people: vec![] });
            groups.len() - 1
        });
        groups[n].people.push(person);
    }
    for group in &mut groups {
        by_household(&mut group.people);
    }
    groups
}

fn by_household(people: &mut [DuePerson]) {
    let mut first = std::collections::HashMap::new();
    for (n, person) in people.iter().enumerate() {
        first.entry(household(person)).or_insert(n);
    }
    people.sort_by_key(|person| first.get(&household(person)).copied());
}

/// Without a house number everybody is a household of their own.
fn household(person: &DuePerson) -> (String, Option<PatientId>) {
    let name = person.home.household.clone();
    let alone = name.is_empty().then_some(person.patient.id);
    (name, alone)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::age::Sex;
    use crate::domain::followup::register::{EnrolmentId, Status};

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    pub fn enrolment(
        patient: i64,
        programme: &str,
        (due, harm): (&str, u8),
        home: (&str, &str),
    ) -> Enrolment {
        Enrolment {
            id: EnrolmentId(patient * 10),
            patient: PatientLine {
                id: PatientId(patient),
                name: format!("甲{patient}"),
                sex: Sex::Male,
                birth: None,
                id_masked: None,
                phone_masked: None,
                address: String::new(),
                last_visit: None,
            },
            programme: programme.to_owned(),
            from: day("2025-01-01"),
            home: Home {
                village: "柳溪村".to_owned(),
                hamlet: home.0.to_owned(),
                household: home.1.to_owned(),
            },
            doctor: "王".to_owned(),
            status: Status::Active,
            status_day: day("2025-01-01"),
            status_cause: String::new(),
            next_due: Some(day(due)),
            harm,
            last_day: None,
            last_class: None,
            last_controlled: None,
        }
    }

    #[test]
    fn nobody_is_on_the_list_twice_and_the_worst_comes_first() {
        let list = people(
            vec![
                enrolment(1, "hypertension", ("2026-01-01", 0), ("一组", "1号")),
                enrolment(2, "hypertension", ("2026-05-20", 9), ("二组", "")),
                enrolment(1, "diabetes", ("2026-05-01", 3), ("一组", "1号")),
            ],
            day("2026-05-21"),
        );
        let ids: Vec<i64> = list.iter().map(|p| p.patient.id.0).collect();
        assert_eq!(ids, [2, 1]);
        assert_eq!(list[1].items.len(), 2);
        assert_eq!(list[1].overdue_days, 140);
    }

    #[test]
    fn a_household_is_visited_together() {
        let list = people(
            vec![
                enrolment(1, "hypertension", ("2026-05-01", 3), ("一组", "1号")),
                enrolment(2, "hypertension", ("2026-05-01", 2), ("一组", "2号")),
                enrolment(3, "hypertension", ("2026-05-01", 0), ("一组", "1号")),
                enrolment(4, "hypertension", ("2026-05-01", 9), ("二组", "")),
                enrolment(5, "hypertension", ("2026-05-01", 8), ("二组", "")),
            ],
            day("2026-05-21"),
        );
        let walk = groups(list);
        let ids = |n: usize| walk[n].people.iter().map(|p| p.patient.id.0).collect::<Vec<_>>();
        assert_eq!(walk[0].hamlet, "二组");
        assert_eq!(ids(0), [4, 5]);
        assert_eq!(ids(1), [1, 3, 2]);
    }
}
