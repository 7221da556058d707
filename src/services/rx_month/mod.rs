//! A simulated month of ordinary prescriptions of a township and its villages: written down from practice in
//! `recipes.txt`, never from the checker's rules. How often the checker speaks on them is the measure of fatigue.
mod recipes;

use std::collections::BTreeMap;

use super::{prescribing::Pharmacist, rx_quality::loudest, simulate::Dice};
use crate::domain::{
    age::{Age, Sex},
    catalog::formulary::Tier,
    rx::{Prescription, RxItem, RxPatient, record, review::Rate},
    visit::Setting,
};
use recipes::{Choice, Line, Recipe, Who};

/// One invented prescription.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub rx: Prescription,
    pub patient: RxPatient,
}

/// `n` prescriptions; the same seed gives the same ones.
pub fn month(seed: u64, n: usize) -> Result<Vec<Sheet>, String> {
    let recipes = recipes::read()?;
    let weights: Vec<f64> = recipes.iter().map(|r| r.weight).collect();
    let mut dice = Dice::new(seed);
    Ok((0..n).map(|_| sheet(&recipes[dice.weighted(&weights)], &mut dice)).collect())
}

fn sheet(recipe: &Recipe, dice: &mut Dice) -> Sheet {
    let mut patient = person(recipe, dice);
    already_ill(recipe, &mut patient, dice);
    let mut lines: Vec<&Line> = vec![];
    for choice in &recipe.lines {
        if dice.chance(choice.often) {
            let shelf = allowed(choice, &patient);
            if shelf.is_empty() {
                // The doctor has nothing else at hand: this is a patient without that allergy.
                patient.allergies.clear();
                lines.extend(&choice.sets[dice.below(choice.sets.len())]);
            } else {
                lines.extend(shelf[dice.below(shelf.len())]);
            }
        }
    }
    if lines.is_empty() {
        lines.extend(recipe.lines.first().and_then(|c| c.sets.first()).into_iter().flatten());
    }
    let kilograms = patient.weight_kg.unwrap_or(60.0);
    let years = patient.age.map_or(40.0, Age::years);
    let items = lines.iter().map(|line| item(line, kilograms, years)).collect();
    let township = recipe.township || dice.chance(0.6);
    let setting = if township { Setting::Township } else { Setting::Village };
    Sheet {
        rx: Prescription {
            items,
            setting: Some(setting),
            iv_antibiotics_approved: Some(false),
            signing: true,
            ..Prescription::default()
        },
        patient,
    }
}

/// Who comes with a cold at sixty often takes something already, and the doctor of the cold did not choose it.
fn already_ill(recipe: &Recipe, patient: &mut RxPatient, dice: &mut Dice) {
    const ILLNESSES: &[(f64, &str, &[&str])] = &[
        (0.3, "高血压", &["氨氯地平片"]),
        (0.1, "高血压", &["缬沙坦胶囊"]),
        (0.12, "2型糖尿病", &["二甲双胍片"]),
        (0.1, "冠心病", &["阿司匹林肠溶片", "阿托伐他汀钙片"]),
        (0.04, "前列腺增生症", &["坦索罗辛缓释胶囊"]),
    ];
    let acute =
        recipe.lines.iter().flat_map(|c| c.sets.iter().flatten()).all(|line| line.days <= 14);
    if !acute || patient.age.is_none_or(|age| age.years() < 50.0) {
        return;
    }
    for (often, illness, drugs) in ILLNESSES {
        let man = *illness != "前列腺增生症" || patient.sex == Sex::Male;
        let new = !patient.diagnoses.iter().any(|d| d.contains(illness));
        if man && new && dice.chance(*often) {
            patient.diagnoses.push((*illness).to_owned());
            patient.current_drugs.extend(drugs.iter().map(|d| (*d).to_owned()));
        }
    }
}

/// Of several ways those that a doctor who asked for allergies takes.
fn allowed<'a>(choice: &'a Choice, patient: &RxPatient) -> Vec<&'a Vec<Line>> {
    let avoided = |drug: &str| {
        patient.allergies.iter().any(|a| match a.as_str() {
            "青霉素（皮疹）" => ["西林", "青霉素", "头孢"].iter().any(|w| drug.contains(w)),
            "头孢（皮疹）" => ["头孢", "西林", "青霉素"].iter().any(|w| drug.contains(w)),
            "磺胺（皮疹）" => ["磺胺", "塞来昔布", "格列", "噻嗪", "呋塞米", "吲达帕胺"]
                .iter()
                .any(|w| drug.contains(w)),
            _ => false,
        })
    };
    choice.sets.iter().filter(|set| !set.iter().any(|line| avoided(&line.drug))).collect()
}

fn person(recipe: &Recipe, dice: &mut Dice) -> RxPatient {
    let (low, high) = recipe.years;
    let years = low + (high - low) * dice.share();
    let sex = match recipe.who {
        Who::Man => Sex::Male,
        Who::Woman | Who::Pregnant | Who::Nursing => Sex::Female,
        Who::Any if dice.chance(0.5) => Sex::Male,
        Who::Any => Sex::Female,
    };
    let allergies = match dice.below(100) {
        0..=2 => vec!["青霉素（皮疹）".to_owned()],
        3 => vec!["磺胺（皮疹）".to_owned()],
        4 => vec!["头孢（皮疹）".to_owned()],
        _ => vec![],
    };
    let chronic =
        recipe.diagnoses.iter().any(|d| ["高血压", "糖尿病", "肾"].iter().any(|w| d.contains(w)));
    let ckd = recipe.diagnoses.iter().any(|d| d.contains("慢性肾脏病"));
    let egfr = if ckd {
        Some(46.0 + 12.0 * dice.share())
    } else {
        // Most of the old and the chronically ill have had their kidneys measured within the year.
        (chronic || years > 65.0)
            .then(|| dice.chance(0.7))
            .filter(|known| *known)
            .map(|_| 115.0 - 0.6 * years.max(30.0) + 14.0 * (dice.share() - 0.5))
    };
    let weeks = (recipe.who == Who::Pregnant).then(|| 8 + dice.below(28) as u8);
    let fertile = sex == Sex::Female && (14.0..50.0).contains(&years);
    RxPatient {
        sex,
        age: Age::from_years(years),
        weight_kg: Some(kilograms(years, sex, dice)),
        // Asked as the sheet wants it: a woman who may be is either pregnant or said not to be.
        pregnant_weeks: weeks,
        lactating: recipe.who == Who::Nursing,
        allergies,
        allergies_asked: true,
        diagnoses: recipe.diagnoses.clone(),
        egfr: egfr.map(f64::round),
        labs: if fertile { vec![] } else { vec![("血钾".to_owned(), 3.8 + 0.8 * dice.share())] },
        ..RxPatient::default()
    }
}

/// Middle weights of Chinese children and adults, give or take a tenth.
fn kilograms(years: f64, sex: Sex, dice: &mut Dice) -> f64 {
    let middle = match years {
        y if y < 1.0 => 7.5,
        y if y < 12.0 => 2.0 * y + 8.0,
        y if y < 16.0 => 3.5 * y,
        _ if sex == Sex::Male => 67.0,
        _ => 58.0,
    };
    (middle * (0.9 + 0.2 * dice.share()) * 2.0).round() / 2.0
}

fn item(line: &Line, kilograms: f64, years: f64) -> RxItem {
    RxItem {
        drug: line.drug.clone(),
        dose: Some(line.dose.of(kilograms, years)),
        dose_unit: line.unit.clone(),
        route: line.route.clone(),
        frequency: line.times.clone(),
        days: Some(line.days),
        solvent: line.solvent.clone(),
        skin_test: record::skin_test(&line.skin_test),
        ..RxItem::default()
    }
}

/// How often the checker spoke.
#[derive(Clone, Debug, Default)]
pub struct Fatigue {
    pub sheets: usize,
    pub stopped: usize,
    /// 警 or 禁.
    pub warned: usize,
    /// 提 or more, missing data left out.
    pub noted: usize,
    pub unknown_drugs: BTreeMap<String, usize>,
    /// Rule, tier, how often, one example.
    pub rules: BTreeMap<(String, &'static str), (usize, String)>,
}

impl Fatigue {
    pub const fn rates(&self) -> [(&'static str, Rate); 3] {
        [
            ("禁", Rate::of(self.stopped, self.sheets)),
            ("警或禁", Rate::of(self.warned, self.sheets)),
            ("提或以上", Rate::of(self.noted, self.sheets)),
        ]
    }
}

/// Checks every sheet.
pub fn fatigue(pharmacist: &Pharmacist, sheets: &[Sheet]) -> Fatigue {
    let mut sum = Fatigue { sheets: sheets.len(), ..Fatigue::default() };
    for sheet in sheets {
        let checked = pharmacist.check(&sheet.rx, &sheet.patient);
        let worst = loudest(&checked);
        sum.stopped += usize::from(worst == Some(Tier::Stop));
        sum.warned += usize::from(worst >= Some(Tier::Warn));
        sum.noted += usize::from(worst >= Some(Tier::Note));
        for drug in &checked.coverage.unknown {
            *sum.unknown_drugs.entry(drug.clone()).or_default() += 1;
        }
        for alert in
            checked.alerts.iter().filter(|a| a.category != "unchecked" && a.tier >= Tier::Note)
        {
            let example = format!("{}（{}）", alert.message, sheet.patient.diagnoses.join("；"));
            let entry = sum.rules.entry((alert.rule.clone(), alert.tier.zh())).or_default();
            entry.0 += 1;
            if entry.1.is_empty() {
                entry.1 = example;
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_month_and_every_recipe_can_be_read() {
        let (a, b) = (month(7, 200).unwrap(), month(7, 200).unwrap());
        assert!(a.iter().zip(&b).all(|(x, y)| x.rx.items == y.rx.items));
        let mean = a.iter().map(|s| s.rx.items.len()).sum::<usize>() as f64 / 200.0;
        assert!((1.3..3.5).contains(&mean), "{mean} drugs a sheet");
        assert!(a.iter().any(|s| s.patient.pregnant_weeks.is_some()));
        assert!(a.iter().any(|s| s.patient.age.is_some_and(|x| x.years() < 12.0)));
    }
}
