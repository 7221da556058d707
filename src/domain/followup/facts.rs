//! What is known about one follow-up visit: who, when, how they were met, the numbers with where each came from.
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::age::{Day, Sex};

/// How the person was met. Only the first two are face to face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    Clinic,
    Home,
    Phone,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::Clinic, Self::Home, Self::Phone];

    /// A call never counts as face to face.
    pub const fn is_face_to_face(self) -> bool {
        !matches!(self, Self::Phone)
    }

    pub const fn id(self) -> &'static str {
        match self {
            Self::Clinic => "clinic",
            Self::Home => "home",
            Self::Phone => "phone",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Clinic => "门诊",
            Self::Home => "家庭",
            Self::Phone => "电话",
        }
    }

    /// The code on the form.
    pub const fn code(self) -> u8 {
        match self {
            Self::Clinic => 1,
            Self::Home => 2,
            Self::Phone => 3,
        }
    }

    /// Reads the id, the Chinese word or the form's code.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_lowercase().as_str() {
            "clinic" | "outpatient" | "office" | "门诊" | "1" | "就诊" | "门诊随访" => {
                Some(Self::Clinic)
            }
            "home" | "家庭" | "入户" | "上门" | "家访" | "家庭随访" | "入户随访" | "2"
            | "household" | "home-visit" | "home visit" => Some(Self::Home),
            "phone" | "telephone" | "call" | "tel" | "电话" | "电话随访" | "3" | "外呼"
            | "网络" | "视频" | "微信" => Some(Self::Phone),
            _ => None,
        }
    }
}

/// Where a number came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Provenance {
    /// Sent by the instrument.
    Device,
    #[default]
    Typed,
    /// Told by the person, on the telephone or at the door.
    Told,
    /// Came with a record from elsewhere.
    Imported,
}

impl Provenance {
    pub const ALL: [Self; 4] = [Self::Device, Self::Typed, Self::Told, Self::Imported];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Typed => "typed",
            Self::Told => "told",
            Self::Imported => "imported",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Device => "仪器",
            Self::Typed => "录入",
            Self::Told => "口述",
            Self::Imported => "导入",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_lowercase().as_str() {
            "device" | "仪器" | "设备" => Some(Self::Device),
            "typed" | "录入" | "手工" | "manual" => Some(Self::Typed),
            "told" | "口述" | "自述" | "told-by-phone" | "phone" | "电话" | "self-reported" => {
                Some(Self::Told)
            }
            "imported" | "导入" => Some(Self::Imported),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    pub value: f64,
    pub provenance: Provenance,
}

/// One meeting, this one or an earlier one.
#[derive(Clone, Debug, PartialEq)]
pub struct Occasion {
    pub day: Day,
    /// `None` = not said; then it is taken for a visit at the clinic, and that is told.
    pub mode: Option<Mode>,
    pub numbers: BTreeMap<String, Reading>,
    pub signs: BTreeSet<String>,
    /// The class as it was recorded, for one programme or (`None`) for whichever is asked about.
    pub classes: Vec<(Option<String>, u8)>,
    /// The programmes it was for; empty = all.
    pub programmes: Vec<String>,
}

impl Occasion {
    pub fn on(day: Day) -> Self {
        Self {
            day,
            mode: None,
            numbers: BTreeMap::new(),
            signs: BTreeSet::new(),
            classes: vec![],
            programmes: vec![],
        }
    }

    pub fn is_face_to_face(&self) -> bool {
        self.mode.is_none_or(Mode::is_face_to_face)
    }

    pub fn is_for(&self, programme: &str) -> bool {
        self.programmes.is_empty() || self.programmes.iter().any(|p| p == programme)
    }

    pub fn class_for(&self, programme: &str) -> Option<u8> {
        let named = self.classes.iter().find(|(p, _)| p.as_deref() == Some(programme));
        named.or_else(|| self.classes.iter().find(|(p, _)| p.is_none())).map(|(_, class)| *class)
    }

    pub fn set(&mut self, name: &str, value: f64, provenance: Provenance) {
        self.numbers.insert(name.to_owned(), Reading { value, provenance });
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers.get(name).map(|reading| reading.value)
    }
}

/// The person, as far as the tables ask.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Person {
    pub sex: Sex,
    pub birth: Option<Day>,
    /// Completed years at the visit, when the birth day is not known.
    pub age_years: Option<f64>,
    /// States: `diabetes`, `ckd`, `pregnant` …
    pub signs: BTreeSet<String>,
    /// Since when the person is in the programme.
    pub enrolled: Option<Day>,
    pub annual_check: Option<Day>,
}

impl Person {
    /// Completed years on a day.
    pub fn years_on(&self, day: Day) -> Option<f64> {
        self.birth.map(|birth| f64::from(day.full_years_since(birth))).or(self.age_years)
    }
}

/// One visit with the person and what went before.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub person: Person,
    pub visit: Occasion,
    pub history: Vec<Occasion>,
    /// Administrative code of the station; empty = not said.
    pub region: String,
}

impl Case {
    pub fn new(person: Person, visit: Occasion) -> Self {
        Self { person, visit, history: vec![], region: String::new() }
    }

    /// Earlier meetings of one programme, oldest first, one a day (the last one written counts), none of the future.
    pub fn before(&self, programme: &str) -> Vec<&Occasion> {
        let mut earlier: BTreeMap<Day, &Occasion> = BTreeMap::new();
        for occasion in self.history.iter().filter(|o| o.day < self.visit.day) {
            if !occasion.is_for(programme) {
                continue;
            }
            let better = earlier
                .get(&occasion.day)
                .is_none_or(|kept| occasion.is_face_to_face() || !kept.is_face_to_face());
            if better {
                earlier.insert(occasion.day, occasion);
            }
        }
        earlier.into_values().collect()
    }

    /// Entries that are dated after this visit: a clock was moved, or the visit is entered late.
    pub fn later(&self) -> usize {
        self.history.iter().filter(|o| o.day > self.visit.day).count()
    }
}

/// What the rows of a table look at.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub numbers: BTreeMap<String, f64>,
    pub signs: BTreeSet<String>,
}

impl Known {
    /// Everything of one meeting and the person, with what follows from it (age, BMI, sex).
    pub fn of(person: &Person, occasion: &Occasion) -> Self {
        let mut known = Self {
            numbers: occasion.numbers.iter().map(|(name, r)| (name.clone(), r.value)).collect(),
            signs: occasion.signs.union(&person.signs).cloned().collect(),
        };
        if let Some(years) = person.years_on(occasion.day) {
            known.numbers.entry("age".to_owned()).or_insert(years.floor());
        }
        if let Some(birth) = person.birth {
            let days = f64::from(occasion.day.days_since(birth));
            known.numbers.entry("age-days".to_owned()).or_insert(days);
        } else if let Some(years) = person.age_years {
            known.numbers.entry("age-days".to_owned()).or_insert((years * 365.25).floor());
        }
        if let (Some(kg), Some(cm)) = (occasion.number("weight"), occasion.number("height"))
            && !known.numbers.contains_key("bmi")
            && cm > 0.0
        {
            known.numbers.insert("bmi".to_owned(), kg / (cm / 100.0).powi(2));
        }
        match person.sex {
            Sex::Male => known.signs.insert("male".to_owned()),
            Sex::Female => known.signs.insert("female".to_owned()),
            Sex::Unknown => false,
        };
        known
    }
}
