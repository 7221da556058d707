//! The bedside sums on the screen: what the record knows is filled in with its day, the result follows every key.
use std::collections::BTreeMap;

use crate::{
    domain::{
        age::{Day, Sex},
        patient::Details,
        rx::{
            calculator::{
                Calculator, Figure, Input, Name, Refused, STALE_DAYS, Values, age_of_value, figures,
            },
            units,
        },
    },
    tui::{
        action::Action,
        field::Field,
        overlays::stepped,
        state::Shared,
        text::{Lang, T, rx_tools as words},
    },
};

#[derive(Debug)]
pub struct Calculators {
    pub which: usize,
    pub at: usize,
    fields: BTreeMap<Input, Field>,
    /// Where the weight is from.
    pub weighed: Option<Day>,
}

const EVERY_INPUT: [Input; 13] = [
    Input::Creatinine,
    Input::TakenOn,
    Input::Age,
    Input::Sex,
    Input::Weight,
    Input::Height,
    Input::PerKg,
    Input::Times,
    Input::Most,
    Input::Volume,
    Input::Minutes,
    Input::DropsPerMl,
    Input::Amount,
];

impl Calculators {
    pub fn new(details: Option<&Details>, today: Day) -> Self {
        let mut fields: BTreeMap<Input, Field> =
            EVERY_INPUT.into_iter().map(|input| (input, Field::line())).collect();
        let mut set = |input: Input, text: &str| {
            if let Some(field) = fields.get_mut(&input) {
                field.set(text);
            }
        };
        if let Some(details) = details {
            if let Some(age) = details.age(today) {
                set(Input::Age, &age.to_string());
            }
            match details.sex {
                Sex::Male => set(Input::Sex, "男"),
                Sex::Female => set(Input::Sex, "女"),
                Sex::Unknown => {}
            }
            if let Some(weight) = details.weight {
                set(Input::Weight, &format!("{}kg", units::plain(weight.kilograms())));
            }
        }
        let weighed = details.and_then(|d| d.weight).map(|w| w.on);
        Self { which: 0, at: 0, fields, weighed }
    }

    pub fn calculator(&self) -> Calculator {
        Calculator::ALL.get(self.which).copied().unwrap_or(Calculator::Egfr)
    }

    /// Needed first, then what may be left out.
    pub fn inputs(&self) -> Vec<Input> {
        let (needed, may) = self.calculator().inputs();
        needed.iter().chain(may).copied().collect()
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        let input = self.inputs().get(self.at).copied()?;
        self.fields.get_mut(&input)
    }

    pub fn field_of(&self, input: Input) -> Option<&Field> {
        self.fields.get(&input)
    }

    pub fn step(&mut self, action: Action) {
        match action {
            Action::PageDown => {
                self.which = (self.which + 1) % Calculator::ALL.len();
                self.at = 0;
            }
            Action::PageUp => {
                self.which = (self.which + Calculator::ALL.len() - 1) % Calculator::ALL.len();
                self.at = 0;
            }
            Action::Submit => self.at = (self.at + 1) % self.inputs().len().max(1),
            _ => self.at = stepped(self.at, action, self.inputs().len()),
        }
    }

    /// The values of this calculator, and what was refused of each input.
    pub fn read(&self) -> (Values, BTreeMap<Input, Refused>) {
        let mut values = Values::default();
        let mut refused = BTreeMap::new();
        for input in self.inputs() {
            let text = self.fields.get(&input).map_or("", Field::text);
            if let Err(why) = values.set(input, text) {
                refused.insert(input, why);
            }
        }
        (values, refused)
    }

    /// The results in words; nothing while something needed is missing or was refused.
    pub fn results(&self, shared: &Shared) -> Vec<String> {
        let (values, refused) = self.read();
        if !refused.is_empty() {
            return vec![];
        }
        let mut lines: Vec<String> =
            figures(self.calculator(), &values).iter().map(|f| shown(f, shared.lang)).collect();
        if lines.is_empty() {
            return lines;
        }
        if let Some(days) = age_of_value(&values, shared.today()) {
            let text =
                if days > STALE_DAYS { words::CREATININE_OLD } else { words::CREATININE_AGE };
            lines.push(text.with(shared.lang, &[&days]));
        }
        if self.inputs().contains(&Input::Weight)
            && let Some(day) = self.weighed
        {
            lines.push(words::WEIGHED_ON.with(shared.lang, &[&day]));
        }
        lines
    }
}

pub fn why(refused: &Refused, lang: Lang) -> String {
    match refused {
        Refused::NotRead { .. } => words::NOT_READ.get(lang).to_owned(),
        Refused::Unit { typed } => words::UNIT_UNKNOWN.with(lang, &[typed]),
        Refused::Range { low, high, unit } => {
            words::OUT_OF_RANGE.with(lang, &[&units::plain(*low), &units::plain(*high), unit])
        }
    }
}

fn shown(figure: &Figure, lang: Lang) -> String {
    let digits = match figure.name {
        Name::Surface | Name::MicrogramsAKiloMinute => 2,
        Name::DropsAMinute => 0,
        _ => 1,
    };
    format!("{} {:.*} {}", name(figure.name).get(lang), digits, figure.value, figure.unit)
}

pub const fn name(name: Name) -> T {
    match name {
        Name::Egfr => words::EGFR,
        Name::Clearance => words::CLEARANCE,
        Name::Surface => words::SURFACE,
        Name::BodyMass => words::BODY_MASS,
        Name::Single => words::SINGLE,
        Name::SingleCapped => words::SINGLE_CAPPED,
        Name::Daily => words::DAILY,
        Name::DropsAMinute => words::DROPS,
        Name::MlAnHour => words::ML_AN_HOUR,
        Name::MgAnHour | Name::MicrogramsAKiloMinute => words::DRUG_RATE,
    }
}

pub const fn title(calculator: Calculator) -> T {
    match calculator {
        Calculator::Egfr => words::TAB_EGFR,
        Calculator::Clearance => words::TAB_CLEARANCE,
        Calculator::Surface => words::TAB_SURFACE,
        Calculator::BodyMass => words::TAB_BODY_MASS,
        Calculator::ChildDose => words::TAB_DOSE,
        Calculator::Drip => words::TAB_DRIP,
    }
}

pub const fn label(input: Input) -> T {
    match input {
        Input::Creatinine => words::IN_CREATININE,
        Input::TakenOn => words::IN_TAKEN_ON,
        Input::Age => words::IN_AGE,
        Input::Sex => words::IN_SEX,
        Input::Weight => words::IN_WEIGHT,
        Input::Height => words::IN_HEIGHT,
        Input::PerKg => words::IN_PER_KG,
        Input::Times => words::IN_TIMES,
        Input::Most => words::IN_MOST,
        Input::Volume => words::IN_VOLUME,
        Input::Minutes => words::IN_MINUTES,
        Input::DropsPerMl => words::IN_DROPS,
        Input::Amount => words::IN_AMOUNT,
    }
}
