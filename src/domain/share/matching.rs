//! Whose record came in. A match is proposed with its reasons; only a whole ID number together with the name is taken
//! without a person's word, and even that is written down.
use crate::domain::age::{Day, Sex};
use crate::domain::identity::IdNumber;
use crate::domain::patient::{Patient, PatientId};

/// Who the record says it is about.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Claimed {
    pub name: String,
    pub sex: Sex,
    pub birth: Option<Day>,
    /// As written; anything that is no valid ID number counts as no number.
    pub id_number: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    SameIdNumber,
    SameName,
    SameBirth,
    SameSex,
    OtherIdNumber,
    OtherName,
    OtherBirth,
    OtherSex,
}

impl Reason {
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::SameIdNumber => "身份证号相同",
            Self::SameName => "姓名相同",
            Self::SameBirth => "出生日期相同",
            Self::SameSex => "性别相同",
            Self::OtherIdNumber => "身份证号不同",
            Self::OtherName => "姓名不同",
            Self::OtherBirth => "出生日期不同",
            Self::OtherSex => "性别不同",
        }
    }

    fn contradicts(self) -> bool {
        self >= Self::OtherIdNumber
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub patient: PatientId,
    pub name: String,
    pub reasons: Vec<Reason>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Whole ID number and name agree, nothing contradicts.
    Same(Candidate),
    /// A person must say who it is; best first.
    Ask(Vec<Candidate>),
    /// Nobody here is like that.
    Nobody,
}

/// Blanks, dots between parts of a name and case do not make another person.
fn same_name(a: &str, b: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '·' | '•' | '.' | '^' | '-'))
            .flat_map(char::to_lowercase)
            .collect()
    };
    plain(a) == plain(b) && !plain(a).is_empty()
}

pub fn compare(claimed: &Claimed, patient: &Patient) -> Candidate {
    let details = &patient.details;
    let mut reasons = vec![];
    if let (Some(theirs), Some(ours)) =
        (IdNumber::from_kept(claimed.id_number.trim()), &details.id_number)
    {
        reasons.push(if theirs == *ours { Reason::SameIdNumber } else { Reason::OtherIdNumber });
    }
    let name = same_name(&claimed.name, &details.name);
    reasons.push(if name { Reason::SameName } else { Reason::OtherName });
    if let (Some(theirs), Some(ours)) = (claimed.birth, details.birth) {
        if theirs == ours {
            reasons.push(Reason::SameBirth);
        } else if !details.birth_estimated || theirs.year().abs_diff(ours.year()) > 2 {
            reasons.push(Reason::OtherBirth);
        }
    }
    if claimed.sex != Sex::Unknown && details.sex != Sex::Unknown {
        reasons.push(if claimed.sex == details.sex { Reason::SameSex } else { Reason::OtherSex });
    }
    Candidate { patient: patient.id, name: details.name.clone(), reasons }
}

/// Who of these people the record is about.
pub fn match_person(claimed: &Claimed, patients: &[Patient]) -> Match {
    let mut candidates: Vec<Candidate> = patients
        .iter()
        .map(|patient| compare(claimed, patient))
        .filter(|one| {
            one.reasons.contains(&Reason::SameIdNumber)
                || (one.reasons.contains(&Reason::SameName)
                    && !one.reasons.contains(&Reason::OtherIdNumber))
        })
        .collect();
    let agreeing = |one: &Candidate| one.reasons.iter().filter(|r| !r.contradicts()).count();
    candidates.sort_by_key(|one| {
        let by_number = one.reasons.contains(&Reason::SameIdNumber);
        std::cmp::Reverse((by_number, agreeing(one)))
    });
    match candidates.first() {
        None => Match::Nobody,
        Some(first)
            if first.reasons.contains(&Reason::SameIdNumber)
                && !first.reasons.iter().any(|reason| reason.contradicts()) =>
        {
            Match::Same(candidates.swap_remove(0))
        }
        Some(_) => Match::Ask(candidates),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::patient::Details;

    const NUMBER: &str = "11010519491231002X";

    fn patient(id: i64, name: &str, number: Option<&str>) -> Patient {
        let id_number = number.map(|n| IdNumber::from_kept(n).unwrap());
        let details = Details {
            name: name.to_owned(),
            sex: Sex::Female,
            birth: Day::new(1949, 12, 31),
            id_number,
            ..Details::default()
        };
        Patient { id: PatientId(id), revision: 1, details }
    }

    fn claimed(name: &str, number: &str) -> Claimed {
        Claimed {
            name: name.to_owned(),
            sex: Sex::Female,
            birth: Day::new(1949, 12, 31),
            id_number: number.to_owned(),
        }
    }

    #[test]
    fn number_and_name_together_are_the_same_person() {
        let people = [patient(1, "李梅", None), patient(2, "李梅", Some(NUMBER))];
        let Match::Same(found) = match_person(&claimed("李 梅", NUMBER), &people) else {
            panic!("not matched")
        };
        assert_eq!(found.patient, PatientId(2));
    }

    #[test]
    fn the_same_number_under_another_name_is_asked() {
        let people = [patient(2, "李梅", Some(NUMBER))];
        let Match::Ask(asked) = match_person(&claimed("张三", NUMBER), &people) else {
            panic!("not asked")
        };
        assert!(asked[0].reasons.contains(&Reason::OtherName));
    }

    #[test]
    fn a_name_alone_is_never_enough() {
        let people = [patient(1, "李梅", None)];
        assert!(matches!(match_person(&claimed("李梅", ""), &people), Match::Ask(_)));
        assert!(matches!(match_person(&claimed("李梅", "CT-0012"), &people), Match::Ask(_)));
    }

    #[test]
    fn another_number_is_another_person() {
        let other = patient(1, "李梅", Some("110105194912310046"));
        assert_eq!(match_person(&claimed("李梅", NUMBER), &[other]), Match::Nobody);
    }
}
