//! Reads `recipes.txt`.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Any,
    Man,
    Woman,
    Pregnant,
    Nursing,
}

#[derive(Clone, Debug)]
pub(super) struct Recipe {
    pub weight: f64,
    pub years: (f64, f64),
    pub who: Who,
    /// Only at a township: infusions, restricted antibacterials.
    pub township: bool,
    pub diagnoses: Vec<String>,
    pub lines: Vec<Choice>,
}

/// One of several sets of lines, now and then.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub often: f64,
    pub sets: Vec<Vec<Line>>,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub drug: String,
    pub dose: Dose,
    pub unit: String,
    pub route: String,
    pub times: String,
    pub days: u32,
    pub solvent: String,
    pub skin_test: String,
}

#[derive(Clone, Debug)]
pub(super) enum Dose {
    Plain(f64),
    /// A kilogram, rounded to a step, at most so much.
    Weighed {
        per_kg: f64,
        step: f64,
        most: f64,
    },
    /// By the packet's table: years below, dose.
    Aged(&'static [(f64, f64)]),
}

/// Printed on the boxes.
const PACKETS: &[(f64, f64)] = &[(1.0, 0.5), (4.0, 1.0), (7.0, 1.5), (10.0, 2.0), (99.0, 2.5)];
const AMBROXOL_ML: &[(f64, f64)] = &[(2.0, 2.5), (6.0, 2.5), (99.0, 5.0)];
const OSELTAMIVIR_MG: &[(f64, f64)] = &[(3.6, 30.0), (7.5, 45.0), (12.5, 60.0), (99.0, 75.0)];

impl Dose {
    pub fn of(&self, kilograms: f64, years: f64) -> f64 {
        match self {
            Self::Plain(dose) => *dose,
            Self::Weighed { per_kg, step, most } => {
                ((per_kg * kilograms / step).floor().max(1.0) * step).min(*most)
            }
            Self::Aged(table) => {
                table.iter().find(|(below, _)| years < *below).map_or(1.0, |(_, dose)| *dose)
            }
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text {
            "@child-packet" => return Some(Self::Aged(PACKETS)),
            "@child-ambroxol" => return Some(Self::Aged(AMBROXOL_ML)),
            "@child-oseltamivir" => return Some(Self::Aged(OSELTAMIVIR_MG)),
            _ => {}
        }
        let Some((per_kg, rest)) = text.split_once("*kg") else {
            return text.parse().ok().map(Self::Plain);
        };
        let (step, most) = match rest.split_once('<') {
            Some((step, most)) => (step, most.parse().ok()?),
            None => (rest, f64::INFINITY),
        };
        let step = step.trim_start_matches('~').parse().unwrap_or(1.0);
        Some(Self::Weighed { per_kg: per_kg.parse().ok()?, step, most })
    }
}

/// Every recipe, or which line cannot be read.
pub(super) fn read() -> Result<Vec<Recipe>, String> {
    include_str!("recipes.txt")
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(n, line)| recipe(line).ok_or_else(|| format!("recipes.txt line {}: {line}", n + 1)))
        .collect()
}

fn recipe(text: &str) -> Option<Recipe> {
    let mut fields = text.splitn(6, '|').map(str::trim);
    let weight = fields.next()?.parse().ok()?;
    let (low, high) = fields.next()?.split_once('-')?;
    let who = match fields.next()? {
        "any" => Who::Any,
        "m" => Who::Man,
        "f" => Who::Woman,
        "preg" => Who::Pregnant,
        "lact" => Who::Nursing,
        _ => return None,
    };
    let township = match fields.next()? {
        "t" => true,
        "any" => false,
        _ => return None,
    };
    let diagnoses = fields.next()?.split('；').map(|d| d.trim().to_owned()).collect();
    let lines = fields.next()?.split(';').map(choice).collect::<Option<Vec<_>>>()?;
    Some(Recipe {
        weight,
        years: (low.parse().ok()?, high.parse().ok()?),
        who,
        township,
        diagnoses,
        lines,
    })
}

fn choice(text: &str) -> Option<Choice> {
    let text = text.trim();
    let (often, text) = match text.strip_prefix('?') {
        Some(rest) => {
            let (percent, rest) = rest.split_once(' ')?;
            (percent.parse::<f64>().ok()? / 100.0, rest)
        }
        None => (1.0, text),
    };
    let sets = text
        .split(" or ")
        .map(|set| set.split(" & ").map(line).collect::<Option<Vec<Line>>>())
        .collect::<Option<Vec<_>>>()?;
    Some(Choice { often, sets })
}

fn line(text: &str) -> Option<Line> {
    let mut fields = text.split(',').map(str::trim);
    let drug = fields.next()?.to_owned();
    let (dose, unit) = fields.next()?.split_once(' ')?;
    Some(Line {
        drug,
        dose: Dose::read(dose)?,
        unit: unit.to_owned(),
        route: fields.next()?.to_owned(),
        times: fields.next()?.to_owned(),
        days: fields.next()?.parse().ok()?,
        solvent: fields.next().unwrap_or_default().to_owned(),
        skin_test: fields.next().unwrap_or_default().to_owned(),
    })
}
