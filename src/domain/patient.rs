//! A person in the station's care: who they are, what they do not tolerate, what they live with.
use super::age::{Age, Day, Sex};
use super::identity::{IdNumber, Phone};

/// The row of a patient on this station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatientId(pub i64);

/// What is known about allergies. Not asked is not the same as none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Allergies {
    #[default]
    NotAsked,
    /// Asked, and denied.
    None,
    Known(Vec<Allergy>),
}

impl Allergies {
    pub fn known(&self) -> &[Allergy] {
        match self {
            Self::Known(allergies) => allergies,
            Self::NotAsked | Self::None => &[],
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allergy {
    /// As said: `青霉素`, `头孢`, `海鲜`.
    pub substance: String,
    pub kind: AllergyKind,
    pub severity: AllergySeverity,
    /// What happened: `皮疹`, `休克`; empty when not known.
    pub reaction: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum AllergyKind {
    #[default]
    Drug,
    Food,
    Other,
}

impl AllergyKind {
    pub const ALL: [Self; 3] = [Self::Drug, Self::Food, Self::Other];

    pub fn id(self) -> &'static str {
        match self {
            Self::Drug => "drug",
            Self::Food => "food",
            Self::Other => "other",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == text)
    }
}

/// Severe = shock, throat swelling, breathlessness, skin coming off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum AllergySeverity {
    #[default]
    Unknown,
    Mild,
    Severe,
}

impl AllergySeverity {
    pub const ALL: [Self; 3] = [Self::Unknown, Self::Mild, Self::Severe];

    pub fn id(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Mild => "mild",
            Self::Severe => "severe",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.id() == text)
    }
}

/// A body weight with the day it was taken: a child's weight of last year is no weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    pub grams: u32,
    pub on: Day,
}

impl Weight {
    pub const LEAST_GRAMS: u32 = 300;
    pub const MOST_GRAMS: u32 = 400_000;

    pub fn kilograms(self) -> f64 {
        f64::from(self.grams) / 1000.0
    }
}

/// A pregnancy as told on a day; the weeks go on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pregnancy {
    pub weeks: u8,
    pub on: Day,
}

impl Pregnancy {
    /// Longer than any pregnancy lasts.
    pub const MOST_WEEKS: u8 = 44;

    /// Completed weeks on a day; `None` once it must be over, or before it was told.
    pub fn weeks_on(self, today: Day) -> Option<u8> {
        let days = u32::try_from(today.days_since(self.on)).ok()?;
        let weeks = u32::from(self.weeks) + days / 7;
        u8::try_from(weeks).ok().filter(|weeks| *weeks <= Self::MOST_WEEKS)
    }
}

/// What is written about a person; the same for a new and a known one.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Details {
    pub name: String,
    pub sex: Sex,
    pub birth: Option<Day>,
    /// The birth day was counted back from an age that was told.
    pub birth_estimated: bool,
    pub id_number: Option<IdNumber>,
    pub phone: Option<Phone>,
    /// Village group or hamlet, house number.
    pub address: String,
    pub allergies: Allergies,
    /// The problem list: `高血压`, `2型糖尿病`.
    pub conditions: Vec<String>,
    pub weight: Option<Weight>,
    pub pregnancy: Option<Pregnancy>,
    pub lactating: bool,
}

impl Details {
    pub fn age(&self, today: Day) -> Option<Age> {
        Age::on(today, self.birth?)
    }

    pub fn pregnant_weeks(&self, today: Day) -> Option<u8> {
        self.pregnancy?.weeks_on(today)
    }
}

/// A person as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    pub id: PatientId,
    /// Counts the corrections; a correction names the revision it was made on.
    pub revision: u32,
    pub details: Details,
}

/// A person in a list of hits or of the waiting room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientLine {
    pub id: PatientId,
    pub name: String,
    pub sex: Sex,
    pub birth: Option<Day>,
    /// `110105********002X`
    pub id_masked: Option<String>,
    /// `138****1234`
    pub phone_masked: Option<String>,
    pub address: String,
    /// Day of the last signed visit.
    pub last_visit: Option<Day>,
}

impl PatientLine {
    pub fn age(&self, today: Day) -> Option<Age> {
        Age::on(today, self.birth?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_of_pregnancy_go_on_and_end() {
        let told = Day::new(2026, 1, 1).unwrap();
        let pregnancy = Pregnancy { weeks: 30, on: told };
        assert_eq!(pregnancy.weeks_on(told.plus_days(13)), Some(31));
        assert_eq!(pregnancy.weeks_on(told.plus_days(14 * 7 + 6)), Some(44));
        assert_eq!(pregnancy.weeks_on(told.plus_days(15 * 7)), None);
        assert_eq!(pregnancy.weeks_on(told.plus_days(-1)), None);
    }
}
