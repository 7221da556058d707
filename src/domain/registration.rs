//! From what was typed at the counter to a person's details, or to the list of what is wrong with it.
use super::age::{Age, Day, Sex};
use super::cleaning::{Cleaned, LINE_MAX, NAME_MAX, clean_line};
use super::identity::{IdNumber, IdRefusal, Phone, PhoneRefusal};
use super::patient::{Allergies, Allergy, Details, Pregnancy, Weight};

/// The form as typed. Empty = not given. An ID number gives birth day and sex by itself.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NewPatient {
    pub name: String,
    pub sex: Option<Sex>,
    /// `1965-08-17`, or an age: `61岁`, `8月`.
    pub birth_or_age: String,
    pub id_number: String,
    pub phone: String,
    pub address: String,
    pub allergies: Allergies,
    pub conditions: Vec<String>,
    /// Kilograms: `62.5`.
    pub weight_kg: String,
    /// Completed weeks: `30`.
    pub pregnant_weeks: String,
    pub lactating: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    Name,
    Sex,
    Birth,
    IdNumber,
    Phone,
    Address,
    Allergies,
    Conditions,
    Weight,
    Pregnancy,
}

/// One thing that is wrong with a form, at its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub field: Field,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    Missing,
    Unreadable,
    /// Neither a day nor an age that anyone has.
    Impossible,
    InTheFuture,
    IdNumber(IdRefusal),
    Phone(PhoneRefusal),
    /// The ID number says otherwise; it says this.
    NotAsIdNumber {
        id_says: String,
    },
    /// Pregnant or nursing, and not a woman of an age for it.
    NotForThisPerson,
    /// More entries than the list can hold.
    TooMany {
        most: usize,
    },
}

/// What had to be changed in what was typed, to be shown beside the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub field: Field,
    pub cleaned: Cleaned,
}

/// A form that may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub details: Details,
    pub corrections: Vec<Correction>,
}

const MOST_ENTRIES: usize = 40;

impl NewPatient {
    /// Reads the whole form at once, so that every problem is shown in one go.
    pub fn validate(&self, today: Day) -> Result<Registration, Vec<Problem>> {
        let mut desk = Desk::default();
        let details = Details {
            name: desk.name(&self.name),
            id_number: desk.id_number(&self.id_number, today),
            phone: desk.phone(&self.phone),
            address: desk.line(Field::Address, &self.address, LINE_MAX),
            allergies: desk.allergies(&self.allergies),
            conditions: desk.conditions(&self.conditions),
            weight: desk.weight(&self.weight_kg, today),
            lactating: self.lactating,
            ..Details::default()
        };
        let details = desk.born(details, &self.birth_or_age, today);
        let details = desk.sexed(details, self.sex);
        let details = desk.expecting(details, &self.pregnant_weeks, today);
        if desk.problems.is_empty() {
            Ok(Registration { details, corrections: desk.corrections })
        } else {
            Err(desk.problems)
        }
    }
}

#[derive(Default)]
struct Desk {
    problems: Vec<Problem>,
    corrections: Vec<Correction>,
}

impl Desk {
    fn problem(&mut self, field: Field, why: Why) {
        self.problems.push(Problem { field, why });
    }

    fn line(&mut self, field: Field, raw: &str, max: usize) -> String {
        let cleaned = clean_line(raw, max);
        let text = cleaned.text.clone();
        if !cleaned.is_untouched() {
            self.corrections.push(Correction { field, cleaned });
        }
        text
    }

    fn name(&mut self, raw: &str) -> String {
        let name = self.line(Field::Name, raw, NAME_MAX);
        if name.is_empty() {
            self.problem(Field::Name, Why::Missing);
        } else if !name.chars().any(char::is_alphabetic) {
            self.problem(Field::Name, Why::Unreadable);
        }
        name
    }

    fn id_number(&mut self, raw: &str, today: Day) -> Option<IdNumber> {
        let text = self.line(Field::IdNumber, raw, NAME_MAX);
        if text.is_empty() {
            return None;
        }
        IdNumber::parse(&text, today)
            .map_err(|refusal| self.problem(Field::IdNumber, Why::IdNumber(refusal)))
            .ok()
    }

    fn phone(&mut self, raw: &str) -> Option<Phone> {
        let text = self.line(Field::Phone, raw, NAME_MAX);
        if text.is_empty() {
            return None;
        }
        Phone::parse(&text).map_err(|refusal| self.problem(Field::Phone, Why::Phone(refusal))).ok()
    }

    fn allergies(&mut self, raw: &Allergies) -> Allergies {
        let Allergies::Known(raw) = raw else { return raw.clone() };
        let mut kept: Vec<Allergy> = vec![];
        for allergy in raw {
            let substance = self.line(Field::Allergies, &allergy.substance, LINE_MAX);
            let reaction = self.line(Field::Allergies, &allergy.reaction, LINE_MAX);
            if !substance.is_empty() {
                kept.push(Allergy { substance, reaction, ..allergy.clone() });
            }
        }
        if kept.is_empty() {
            // "Has an allergy" without a name must not turn into "has none".
            self.problem(Field::Allergies, Why::Missing);
        }
        if kept.len() > MOST_ENTRIES {
            self.problem(Field::Allergies, Why::TooMany { most: MOST_ENTRIES });
        }
        Allergies::Known(kept)
    }

    fn conditions(&mut self, raw: &[String]) -> Vec<String> {
        let mut kept: Vec<String> = vec![];
        for condition in raw {
            let text = self.line(Field::Conditions, condition, LINE_MAX);
            if !text.is_empty() && !kept.contains(&text) {
                kept.push(text);
            }
        }
        if kept.len() > MOST_ENTRIES {
            self.problem(Field::Conditions, Why::TooMany { most: MOST_ENTRIES });
        }
        kept
    }

    fn weight(&mut self, raw: &str, today: Day) -> Option<Weight> {
        let text = number_text(raw, &["kg", "公斤", "千克"]);
        if text.is_empty() {
            return None;
        }
        let Ok(kg) = text.parse::<f64>() else {
            self.problem(Field::Weight, Why::Unreadable);
            return None;
        };
        let grams = (kg * 1000.0).round();
        if !(f64::from(Weight::LEAST_GRAMS)..=f64::from(Weight::MOST_GRAMS)).contains(&grams) {
            self.problem(Field::Weight, Why::Impossible);
            return None;
        }
        Some(Weight { grams: grams as u32, on: today })
    }

    fn born(&mut self, mut details: Details, raw: &str, today: Day) -> Details {
        let text = number_text(raw, &[]);
        let typed = self.birth(&text, today);
        match (&details.id_number, typed) {
            (Some(id), Some((birth, estimated))) => {
                let agrees = if estimated {
                    years_apart(birth, id.birth()) <= 1
                } else {
                    birth == id.birth()
                };
                if !agrees {
                    let id_says = id.birth().to_string();
                    self.problem(Field::Birth, Why::NotAsIdNumber { id_says });
                }
                details.birth = Some(id.birth());
            }
            (Some(id), None) => details.birth = Some(id.birth()),
            (None, Some((birth, estimated))) => {
                details.birth = Some(birth);
                details.birth_estimated = estimated;
            }
            (None, None) => {}
        }
        details
    }

    /// A day, or an age counted back from today.
    fn birth(&mut self, text: &str, today: Day) -> Option<(Day, bool)> {
        if text.is_empty() {
            return None;
        }
        if let Some(age) = Age::parse(text) {
            return Some((today.plus_days(-(age.days() as i32)), true));
        }
        let Some(day) = Day::parse(text) else {
            let looks_like_one = text.chars().filter(char::is_ascii_digit).count() >= 4;
            let why = if looks_like_one { Why::Impossible } else { Why::Unreadable };
            self.problem(Field::Birth, why);
            return None;
        };
        if day > today {
            self.problem(Field::Birth, Why::InTheFuture);
            return None;
        }
        if Age::on(today, day).is_none() {
            self.problem(Field::Birth, Why::Impossible);
            return None;
        }
        Some((day, false))
    }

    fn sexed(&mut self, mut details: Details, typed: Option<Sex>) -> Details {
        let typed = typed.filter(|sex| *sex != Sex::Unknown);
        match (&details.id_number, typed) {
            (Some(id), Some(sex)) if sex != id.sex() => {
                let id_says = if id.sex() == Sex::Male { "男" } else { "女" };
                self.problem(Field::Sex, Why::NotAsIdNumber { id_says: id_says.to_owned() });
            }
            (Some(id), _) => details.sex = id.sex(),
            (None, sex) => details.sex = sex.unwrap_or(Sex::Unknown),
        }
        details
    }

    fn expecting(&mut self, mut details: Details, raw: &str, today: Day) -> Details {
        let text = number_text(raw, &["周", "w"]);
        if !text.is_empty() {
            match text.parse::<u8>() {
                Ok(weeks) if weeks <= Pregnancy::MOST_WEEKS => {
                    details.pregnancy = Some(Pregnancy { weeks, on: today });
                }
                Ok(_) => self.problem(Field::Pregnancy, Why::Impossible),
                Err(_) => self.problem(Field::Pregnancy, Why::Unreadable),
            }
        }
        let fertile = details.age(today).is_none_or(|age| (9.0..60.0).contains(&age.years()));
        let expecting = details.pregnancy.is_some() || details.lactating;
        if expecting && (details.sex == Sex::Male || !fertile) {
            self.problem(Field::Pregnancy, Why::NotForThisPerson);
        }
        details
    }
}

/// A typed number in plain digits, without its unit.
fn number_text(raw: &str, units: &[&str]) -> String {
    let plain: String =
        clean_line(raw, LINE_MAX).text.chars().map(super::age::half_width).collect();
    let plain = plain.trim().to_lowercase();
    let bare = units.iter().find_map(|unit| plain.strip_suffix(unit)).unwrap_or(&plain);
    bare.trim().to_owned()
}

fn years_apart(a: Day, b: Day) -> i32 {
    (i32::from(a.year()) - i32::from(b.year())).abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::patient::AllergyKind;

    fn today() -> Day {
        Day::new(2026, 11, 24).unwrap()
    }

    fn form() -> NewPatient {
        NewPatient { name: "王小明".to_owned(), ..NewPatient::default() }
    }

    #[track_caller]
    fn refused(form: &NewPatient, field: Field, why: Why) {
        assert_eq!(form.validate(today()), Err(vec![Problem { field, why }]));
    }

    #[test]
    fn an_id_number_gives_birth_day_and_sex() {
        let form = NewPatient { id_number: "11010519491231002x".to_owned(), ..form() };
        let details = form.validate(today()).unwrap().details;
        assert_eq!(details.birth, Day::new(1949, 12, 31));
        assert_eq!((details.sex, details.birth_estimated), (Sex::Female, false));
    }

    #[test]
    fn what_contradicts_the_id_number_is_refused_not_overwritten() {
        let form = NewPatient { id_number: "11010519491231002X".to_owned(), ..form() };
        let male = NewPatient { sex: Some(Sex::Male), ..form.clone() };
        refused(&male, Field::Sex, Why::NotAsIdNumber { id_says: "女".to_owned() });
        let younger = NewPatient { birth_or_age: "1959-12-31".to_owned(), ..form };
        refused(&younger, Field::Birth, Why::NotAsIdNumber { id_says: "1949-12-31".to_owned() });
    }

    #[test]
    fn an_age_that_was_told_becomes_an_estimated_birth_day() {
        let details = NewPatient { birth_or_age: "８个月".to_owned(), ..form() }
            .validate(today())
            .unwrap()
            .details;
        assert!(details.birth_estimated);
        assert_eq!(details.age(today()).unwrap().to_string(), "8月");
    }

    #[test]
    fn impossible_days_and_ages_are_refused() {
        let birth = |text: &str| NewPatient { birth_or_age: text.to_owned(), ..form() };
        refused(&birth("1990-02-30"), Field::Birth, Why::Impossible);
        refused(&birth("2027-01-01"), Field::Birth, Why::InTheFuture);
        refused(&birth("1799-01-01"), Field::Birth, Why::Impossible);
        refused(&birth("很老"), Field::Birth, Why::Unreadable);
    }

    #[test]
    fn every_problem_is_shown_at_once() {
        let form = NewPatient {
            name: " \u{202e} ".to_owned(),
            phone: "123".to_owned(),
            weight_kg: "900".to_owned(),
            ..NewPatient::default()
        };
        let fields: Vec<Field> =
            form.validate(today()).unwrap_err().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, [Field::Name, Field::Phone, Field::Weight]);
    }

    #[test]
    fn a_hostile_name_is_kept_without_its_sequences_and_the_change_is_told() {
        let form = NewPatient { name: "王\u{1b}[2J小明".to_owned(), ..NewPatient::default() };
        let registration = form.validate(today()).unwrap();
        assert_eq!(registration.details.name, "王小明");
        assert_eq!(registration.corrections[0].cleaned.removed, ["␛[2J"]);
    }

    #[test]
    fn an_allergy_without_a_name_never_turns_into_no_allergy() {
        let nameless = Allergy {
            substance: "\u{0}".to_owned(),
            kind: AllergyKind::Drug,
            severity: crate::domain::patient::AllergySeverity::Severe,
            reaction: String::new(),
        };
        let form = NewPatient { allergies: Allergies::Known(vec![nameless]), ..form() };
        refused(&form, Field::Allergies, Why::Missing);
    }

    #[test]
    fn a_man_is_not_registered_as_pregnant() {
        let form =
            NewPatient { sex: Some(Sex::Male), pregnant_weeks: "12周".to_owned(), ..form() };
        refused(&form, Field::Pregnancy, Why::NotForThisPerson);
    }

    #[test]
    fn weights_are_read_in_kilograms() {
        let form = NewPatient { weight_kg: "６２．５公斤".to_owned(), ..form() };
        assert_eq!(form.validate(today()).unwrap().details.weight.unwrap().grams, 62_500);
    }
}
