//! Is this the same person once more? A score with its reasons; a person decides.
use super::identity::IdNumber;
use super::patient::{Details, Patient};
use super::spelling::spellings;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    SameIdNumber,
    SameNameAndBirth,
    SameNameAndPhone,
    SameName,
    /// Sounds the same (张丽 and 章莉) and one more thing agrees.
    SameSoundAndBirth,
    SameSoundAndPhone,
    /// ID numbers that differ by one slip of the key.
    NearIdNumber,
}

/// A known person who may be the one at the counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    pub patient: Patient,
    /// 0 to 100; from [`Duplicate::WARN`] on the screen asks, 100 cannot be registered again.
    pub score: u8,
    pub reasons: Vec<Reason>,
}

impl Duplicate {
    pub const WARN: u8 = 60;
    pub const CERTAIN: u8 = 100;
}

/// How alike two people are, with the reasons; `(0, [])` for strangers.
pub fn likeness(new: &Details, known: &Details) -> (u8, Vec<Reason>) {
    let mut reasons = vec![];
    let both_have_numbers = new.id_number.is_some() && known.id_number.is_some();
    let same_id = both_have_numbers && new.id_number == known.id_number;
    let near_id = matches!((&new.id_number, &known.id_number), (Some(a), Some(b)) if near(a, b));
    let same_name = new.name == known.name;
    let same_sound = !same_name && sound_alike(&new.name, &known.name);
    let same_birth = new.birth.is_some() && new.birth == known.birth;
    let same_phone = new.phone.is_some() && new.phone == known.phone;
    if same_id {
        reasons.push(Reason::SameIdNumber);
    }
    if near_id {
        reasons.push(Reason::NearIdNumber);
    }
    match (same_name, same_sound) {
        (true, _) if same_birth => reasons.push(Reason::SameNameAndBirth),
        (true, _) if same_phone => reasons.push(Reason::SameNameAndPhone),
        (true, _) => reasons.push(Reason::SameName),
        (_, true) if same_birth => reasons.push(Reason::SameSoundAndBirth),
        (_, true) if same_phone => reasons.push(Reason::SameSoundAndPhone),
        _ => {}
    }
    let best = reasons.iter().map(|reason| weight(*reason)).max().unwrap_or(0);
    let score = match (same_id, both_have_numbers && !near_id) {
        (true, _) => best,
        // Two valid numbers that are not alike belong to two people, whatever else agrees.
        (false, true) => best.min(30),
        _ if reasons.len() > 1 => (best + 10).min(95),
        _ => best,
    };
    (score, reasons)
}

fn weight(reason: Reason) -> u8 {
    match reason {
        Reason::SameIdNumber => 100,
        Reason::SameNameAndBirth => 90,
        Reason::SameNameAndPhone => 85,
        Reason::SameSoundAndBirth => 75,
        Reason::NearIdNumber | Reason::SameSoundAndPhone => 65,
        Reason::SameName => 40,
    }
}

fn sound_alike(a: &str, b: &str) -> bool {
    let (a, b) = (spellings(a), spellings(b));
    a.full.iter().any(|spelling| b.full.contains(spelling))
}

/// One character differs, or two neighbours are swapped. The check digit lets only one of two be valid, unless
/// both slips were made; so this fires on copies from older papers.
fn near(a: &IdNumber, b: &IdNumber) -> bool {
    let different: Vec<usize> = a
        .as_str()
        .bytes()
        .zip(b.as_str().bytes())
        .enumerate()
        .filter(|(_, (a, b))| a != b)
        .map(|(i, _)| i)
        .collect();
    (1..=2).contains(&different.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::age::Day;
    use crate::domain::identity::Phone;

    fn person(name: &str, birth: Option<&str>, phone: Option<&str>, id: Option<&str>) -> Details {
        let today = Day::new(2026, 11, 24).unwrap();
        Details {
            name: name.to_owned(),
            birth: birth.and_then(Day::parse),
            phone: phone.and_then(|phone| Phone::parse(phone).ok()),
            id_number: id.map(|id| IdNumber::parse(id, today).unwrap()),
            ..Details::default()
        }
    }

    #[track_caller]
    fn check(new: &Details, known: &Details, score: u8, reasons: &[Reason]) {
        assert_eq!(likeness(new, known), (score, reasons.to_vec()));
        assert_eq!(likeness(known, new).0, score, "likeness has no direction");
    }

    const BIRTH: Option<&str> = Some("1965-08-17");
    const PHONE: Option<&str> = Some("13800001234");
    const ID: Option<&str> = Some("11010519491231002X");

    #[test]
    fn the_same_id_number_is_the_same_person() {
        let (a, b) = (person("王小明", None, None, ID), person("王晓明", None, None, ID));
        check(&a, &b, 100, &[Reason::SameIdNumber]);
    }

    #[test]
    fn same_name_with_same_birth_or_telephone_is_warned_about() {
        check(
            &person("王小明", BIRTH, None, None),
            &person("王小明", BIRTH, None, None),
            90,
            &[Reason::SameNameAndBirth],
        );
        check(
            &person("王小明", None, PHONE, None),
            &person("王小明", None, PHONE, None),
            85,
            &[Reason::SameNameAndPhone],
        );
    }

    #[test]
    fn names_that_sound_alike_are_warned_about_when_more_agrees() {
        check(
            &person("张丽", BIRTH, None, None),
            &person("章莉", BIRTH, None, None),
            75,
            &[Reason::SameSoundAndBirth],
        );
        check(&person("张丽", None, None, None), &person("章莉", None, None, None), 0, &[]);
    }

    #[test]
    fn a_common_name_alone_is_not_warned_about() {
        check(
            &person("王伟", BIRTH, None, None),
            &person("王伟", None, None, None),
            40,
            &[Reason::SameName],
        );
    }

    #[test]
    fn two_different_valid_numbers_are_two_people() {
        let (a, b) = (
            person("王伟", None, PHONE, ID),
            person("王伟", None, PHONE, Some("360121196508170016")),
        );
        assert!(likeness(&a, &b).0 < Duplicate::WARN);
    }
}
