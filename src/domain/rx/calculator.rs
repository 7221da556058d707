//! The bedside sums with units and dates: kidneys, surface, body mass, a child's dose, drops. What is typed is read
//! strictly: a value that cannot be so is refused, never bent.
use super::{calc, units};
use crate::domain::age::{Age, Day, Sex};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Calculator {
    /// CKD-EPI 2021.
    Egfr,
    /// Cockcroft-Gault.
    Clearance,
    /// Mosteller.
    Surface,
    BodyMass,
    ChildDose,
    Drip,
}

/// One thing to type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input {
    Creatinine,
    /// The day the creatinine was taken.
    TakenOn,
    Age,
    Sex,
    Weight,
    Height,
    /// Milligrams a kilogram, for one dose.
    PerKg,
    Times,
    /// The most for one dose.
    Most,
    Volume,
    Minutes,
    /// Drops of the set that make a millilitre.
    DropsPerMl,
    /// Drug in the bottle.
    Amount,
}

impl Calculator {
    pub const ALL: [Self; 6] =
        [Self::Egfr, Self::Clearance, Self::Surface, Self::BodyMass, Self::ChildDose, Self::Drip];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Egfr => "egfr",
            Self::Clearance => "crcl",
            Self::Surface => "bsa",
            Self::BodyMass => "bmi",
            Self::ChildDose => "dose",
            Self::Drip => "drip",
        }
    }

    /// What is needed, then what may be left out.
    pub const fn inputs(self) -> (&'static [Input], &'static [Input]) {
        match self {
            Self::Egfr => (&[Input::Creatinine, Input::Age, Input::Sex], &[Input::TakenOn]),
            Self::Clearance => {
                (&[Input::Creatinine, Input::Age, Input::Sex, Input::Weight], &[Input::TakenOn])
            }
            Self::Surface | Self::BodyMass => (&[Input::Weight, Input::Height], &[]),
            Self::ChildDose => (&[Input::PerKg, Input::Weight], &[Input::Times, Input::Most]),
            Self::Drip => (
                &[Input::Volume, Input::Minutes],
                &[Input::DropsPerMl, Input::Amount, Input::Weight],
            ),
        }
    }
}

impl Input {
    /// The unit that a bare number is in; empty = a word or a day.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Creatinine => "umol/L",
            Self::Age | Self::Sex | Self::TakenOn => "",
            Self::Weight => "kg",
            Self::Height => "cm",
            Self::PerKg => "mg/kg",
            Self::Times => "次/日",
            Self::Most | Self::Amount => "mg",
            Self::Volume => "ml",
            Self::Minutes => "min",
            Self::DropsPerMl => "滴/ml",
        }
    }

    /// Outside of this a slip is more likely than a patient.
    pub const fn range(self) -> (f64, f64) {
        match self {
            Self::Creatinine => (15.0, 2500.0),
            Self::Weight => (0.4, 350.0),
            Self::Height => (30.0, 250.0),
            Self::PerKg => (0.000_01, 500.0),
            Self::Times => (1.0, 12.0),
            Self::Most | Self::Amount => (0.000_1, 100_000.0),
            Self::Volume => (0.1, 5000.0),
            Self::Minutes => (1.0, 2880.0),
            Self::DropsPerMl => (10.0, 60.0),
            Self::Age | Self::Sex | Self::TakenOn => (0.0, 0.0),
        }
    }

    /// Units that may be written, with their factor to [`Self::unit`].
    const fn written(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Creatinine => {
                &[("umol/l", 1.0), ("μmol/l", 1.0), ("µmol/l", 1.0), ("mg/dl", 88.4)]
            }
            Self::Weight => &[("kg", 1.0), ("公斤", 1.0), ("千克", 1.0), ("斤", 0.5), ("g", 0.001)],
            Self::Height => &[("cm", 1.0), ("厘米", 1.0), ("m", 100.0), ("米", 100.0)],
            Self::PerKg => &[("mg/kg", 1.0), ("g/kg", 1000.0), ("ug/kg", 0.001), ("mg", 1.0)],
            Self::Times => &[("次/日", 1.0), ("次", 1.0)],
            Self::Most | Self::Amount => &[("mg", 1.0), ("g", 1000.0), ("ug", 0.001)],
            Self::Volume => &[("ml", 1.0), ("毫升", 1.0), ("l", 1000.0)],
            Self::Minutes => {
                &[("min", 1.0), ("分钟", 1.0), ("分", 1.0), ("h", 60.0), ("小时", 60.0)]
            }
            Self::DropsPerMl => &[("滴/ml", 1.0), ("滴", 1.0)],
            Self::Age | Self::Sex | Self::TakenOn => &[],
        }
    }
}

/// Why something typed was not taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    NotRead { typed: String },
    Unit { typed: String },
    Range { low: f64, high: f64, unit: &'static str },
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Values {
    pub creatinine_umol: Option<f64>,
    pub taken_on: Option<Day>,
    pub age: Option<Age>,
    pub sex: Sex,
    pub weight_kg: Option<f64>,
    pub height_cm: Option<f64>,
    pub mg_per_kg: Option<f64>,
    pub times: Option<f64>,
    pub most_mg: Option<f64>,
    pub volume_ml: Option<f64>,
    pub minutes: Option<f64>,
    pub drops_per_ml: Option<f64>,
    pub amount_mg: Option<f64>,
}

impl Values {
    /// Takes one typed value; empty takes it out. A bare number is in the input's own unit.
    pub fn set(&mut self, input: Input, text: &str) -> Result<(), Refused> {
        let text: String = text.chars().map(units::half_width).collect::<String>();
        let text = text.trim();
        let not_read = || Refused::NotRead { typed: text.to_owned() };
        match input {
            Input::Age if text.is_empty() => self.age = None,
            Input::Age => {
                let age =
                    Age::parse(text).or_else(|| text.parse::<f64>().ok().and_then(Age::from_years));
                self.age = Some(age.ok_or_else(not_read)?);
            }
            Input::Sex if text.is_empty() => self.sex = Sex::Unknown,
            Input::Sex => self.sex = Sex::parse(text).ok_or_else(not_read)?,
            Input::TakenOn if text.is_empty() => self.taken_on = None,
            Input::TakenOn => self.taken_on = Some(Day::parse(text).ok_or_else(not_read)?),
            _ => {
                let value = if text.is_empty() { None } else { Some(number(input, text)?) };
                *self.slot(input) = value;
            }
        }
        Ok(())
    }

    fn slot(&mut self, input: Input) -> &mut Option<f64> {
        match input {
            Input::Weight => &mut self.weight_kg,
            Input::Height => &mut self.height_cm,
            Input::PerKg => &mut self.mg_per_kg,
            Input::Times => &mut self.times,
            Input::Most => &mut self.most_mg,
            Input::Volume => &mut self.volume_ml,
            Input::Minutes => &mut self.minutes,
            Input::DropsPerMl => &mut self.drops_per_ml,
            Input::Amount => &mut self.amount_mg,
            Input::Creatinine | Input::Age | Input::Sex | Input::TakenOn => {
                &mut self.creatinine_umol
            }
        }
    }
}

fn number(input: Input, text: &str) -> Result<f64, Refused> {
    let (value, rest) =
        units::number(text).ok_or_else(|| Refused::NotRead { typed: text.to_owned() })?;
    let unit = rest.trim().to_lowercase();
    let factor = if unit.is_empty() {
        1.0
    } else {
        let found = input.written().iter().find(|(word, _)| *word == unit);
        found.ok_or(Refused::Unit { typed: rest.trim().to_owned() })?.1
    };
    let (low, high) = input.range();
    let value = value * factor;
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(Refused::Range { low, high, unit: input.unit() })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Egfr,
    Clearance,
    Surface,
    BodyMass,
    Single,
    /// Limited by the most that was given.
    SingleCapped,
    Daily,
    DropsAMinute,
    MlAnHour,
    MgAnHour,
    MicrogramsAKiloMinute,
}

/// A result with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    pub name: Name,
    pub value: f64,
    pub unit: &'static str,
}

const fn figure(name: Name, value: f64, unit: &'static str) -> Figure {
    Figure { name, value, unit }
}

/// The results; empty = something needed is missing, or the formula is not made for this patient (children).
pub fn figures(calculator: Calculator, v: &Values) -> Vec<Figure> {
    work(calculator, v).unwrap_or_default()
}

fn work(calculator: Calculator, v: &Values) -> Option<Vec<Figure>> {
    let years = v.age.map(Age::years);
    Some(match calculator {
        Calculator::Egfr => {
            let egfr = calc::egfr_ckd_epi(v.creatinine_umol?, years?, v.sex)?;
            vec![figure(Name::Egfr, egfr, "ml/min/1.73m²")]
        }
        Calculator::Clearance => {
            let crcl = calc::cockcroft_gault(v.creatinine_umol?, years?, v.weight_kg?, v.sex)?;
            vec![figure(Name::Clearance, crcl, "ml/min")]
        }
        Calculator::Surface => {
            vec![figure(Name::Surface, calc::bsa_mosteller(v.weight_kg?, v.height_cm?)?, "m²")]
        }
        Calculator::BodyMass => {
            vec![figure(Name::BodyMass, calc::bmi(v.weight_kg?, v.height_cm?)?, "kg/m²")]
        }
        Calculator::ChildDose => {
            let whole = calc::by_weight(v.mg_per_kg?, v.weight_kg?)?;
            let single = v.most_mg.map_or(whole, |most| whole.min(most));
            let name = if single < whole { Name::SingleCapped } else { Name::Single };
            let mut all = vec![figure(name, single, "mg")];
            if let Some(times) = v.times {
                all.push(figure(Name::Daily, single * times, "mg/日"));
            }
            all
        }
        Calculator::Drip => drip(v)?,
    })
}

fn drip(v: &Values) -> Option<Vec<Figure>> {
    let hours = v.minutes? / 60.0;
    let volume = v.volume_ml?;
    let drops = calc::drops_per_minute(
        volume,
        hours,
        v.drops_per_ml.unwrap_or(super::infusion::speed::DROPS_A_ML),
    )?;
    let mut all = vec![
        figure(Name::DropsAMinute, drops, "滴/分"),
        figure(Name::MlAnHour, volume / hours, "ml/h"),
    ];
    if let Some(amount) = v.amount_mg {
        all.push(figure(Name::MgAnHour, amount / hours, "mg/h"));
        if let Some(weight) = v.weight_kg {
            let rate = amount * 1000.0 / (hours * 60.0) / weight;
            all.push(figure(Name::MicrogramsAKiloMinute, rate, "ug/kg/min"));
        }
    }
    Some(all)
}

/// A creatinine older than this tells little of the kidneys now.
pub const STALE_DAYS: i32 = 90;

/// Days since the creatinine was taken; negative = a day that is still to come.
pub fn age_of_value(v: &Values, today: Day) -> Option<i32> {
    v.taken_on.map(|day| today.days_since(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(list: &[(Input, &str)]) -> Values {
        let mut values = Values::default();
        for (input, text) in list {
            values.set(*input, text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        }
        values
    }

    #[track_caller]
    fn gives(calculator: Calculator, list: &[(Input, &str)], want: &[(Name, f64)]) {
        let got = figures(calculator, &values(list));
        assert_eq!(got.len(), want.len(), "{got:?}");
        for (figure, (name, value)) in got.iter().zip(want) {
            assert_eq!(figure.name, *name);
            assert!((figure.value - value).abs() < value * 0.005, "{figure:?} is not {value}");
        }
    }

    #[test]
    fn units_that_are_written_are_used_and_a_bare_number_is_in_the_fields_own() {
        let sex_age = [(Input::Age, "50岁"), (Input::Sex, "男")];
        let egfr = |creatinine: &str| {
            let all = [(Input::Creatinine, creatinine), sex_age[0], sex_age[1]];
            figures(Calculator::Egfr, &values(&all))[0].value
        };
        assert!((egfr("88.4") - egfr("1.0 mg/dL")).abs() < 1e-9);
        assert!((egfr("88.4umol/L") - 91.7).abs() < 0.6);
    }

    #[test]
    fn what_cannot_be_so_is_refused_with_the_range() {
        let mut v = Values::default();
        assert!(matches!(v.set(Input::Creatinine, "1.0"), Err(Refused::Range { .. })));
        assert!(matches!(v.set(Input::Weight, "60 磅"), Err(Refused::Unit { .. })));
        assert!(matches!(v.set(Input::Height, "高"), Err(Refused::NotRead { .. })));
        assert_eq!(v, Values::default(), "nothing of it is kept");
    }

    #[test]
    fn results_agree_with_hand_arithmetic() {
        gives(
            Calculator::Clearance,
            &[
                (Input::Creatinine, "88.4"),
                (Input::Age, "60"),
                (Input::Sex, "女"),
                (Input::Weight, "72kg"),
            ],
            &[(Name::Clearance, 68.0)],
        );
        gives(
            Calculator::Surface,
            &[(Input::Weight, "140斤"), (Input::Height, "1.75m")],
            &[(Name::Surface, 1.845)],
        );
        gives(
            Calculator::ChildDose,
            &[
                (Input::PerKg, "15mg/kg"),
                (Input::Weight, "40"),
                (Input::Times, "4"),
                (Input::Most, "0.5g"),
            ],
            &[(Name::SingleCapped, 500.0), (Name::Daily, 2000.0)],
        );
        gives(
            Calculator::Drip,
            &[
                (Input::Volume, "500ml"),
                (Input::Minutes, "4小时"),
                (Input::Amount, "200mg"),
                (Input::Weight, "50"),
            ],
            &[
                (Name::DropsAMinute, 41.67),
                (Name::MlAnHour, 125.0),
                (Name::MgAnHour, 50.0),
                (Name::MicrogramsAKiloMinute, 16.67),
            ],
        );
    }

    #[test]
    fn children_get_no_adult_formula() {
        let child = values(&[(Input::Creatinine, "60"), (Input::Age, "10岁"), (Input::Sex, "男")]);
        assert!(figures(Calculator::Egfr, &child).is_empty());
    }
}
