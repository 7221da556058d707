//! One patient as numbers for the ranking model; features are named, so that the model and the vocabulary may grow apart.
use std::collections::HashMap;

use super::{Encounter, Evidence};
use crate::domain::{
    age::{AgeBand, Sex},
    catalog::{Catalog, condition::Onset, finding::FindingIx},
};

/// Share of a finding that was only said to be possible.
const POSSIBLE: f32 = 0.5;

/// What one input of the model stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feature {
    Finding(FindingIx),
    Age(AgeBand),
    Sex(Sex),
    Pregnant,
    Onset(Onset),
    /// Named by the model, unknown to this knowledge base: always 0.
    Unknown,
}

/// Inputs of one model, in its order.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    features: Vec<Feature>,
    place: HashMap<FindingIx, usize>,
}

/// Names of the inputs that are not findings.
pub fn context_names() -> Vec<String> {
    let mut names: Vec<String> = AgeBand::ALL.iter().map(|b| format!("age:{}", b.id())).collect();
    names.extend(["sex:male", "sex:female", "pregnant"].map(str::to_owned));
    let onsets =
        [Onset::Hyperacute, Onset::Acute, Onset::Subacute, Onset::Chronic, Onset::Recurrent];
    names.extend(onsets.iter().map(|o| format!("onset:{}", o.id())));
    names
}

impl Encoder {
    /// Reads the names that a model lists for its inputs.
    pub fn new(catalog: &Catalog, names: &[String]) -> Self {
        let features: Vec<Feature> = names.iter().map(|n| feature(catalog, n)).collect();
        let place = features
            .iter()
            .enumerate()
            .filter_map(|(at, f)| if let Feature::Finding(ix) = f { Some((*ix, at)) } else { None })
            .collect();
        Self { features, place }
    }

    pub fn len(&self) -> usize {
        self.features.len()
    }

    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// Present +1, possible +0.5, denied −1, everything else 0.
    pub fn encode(&self, encounter: &Encounter, evidence: &Evidence) -> Vec<f32> {
        let mut row = vec![0.0; self.features.len()];
        for finding in &evidence.denied {
            if let Some(at) = self.place.get(finding) {
                row[*at] = -1.0;
            }
        }
        for finding in &evidence.closure {
            if let Some(at) = self.place.get(finding) {
                row[*at] = if evidence.possible.contains(finding) { POSSIBLE } else { 1.0 };
            }
        }
        for (at, feature) in self.features.iter().enumerate() {
            let on = match feature {
                Feature::Finding(_) | Feature::Unknown => continue,
                Feature::Age(band) => encounter.age.is_some_and(|a| a.band() == *band),
                Feature::Sex(sex) => encounter.sex == *sex,
                Feature::Pregnant => evidence.pregnant == Some(true),
                Feature::Onset(onset) => evidence.onsets.contains(onset),
            };
            row[at] = f32::from(u8::from(on));
        }
        row
    }
}

fn feature(catalog: &Catalog, name: &str) -> Feature {
    match name.split_once(':') {
        Some(("age", band)) => AgeBand::ALL
            .iter()
            .find(|b| b.id() == band)
            .map_or(Feature::Unknown, |b| Feature::Age(*b)),
        Some(("sex", "male")) => Feature::Sex(Sex::Male),
        Some(("sex", "female")) => Feature::Sex(Sex::Female),
        Some(("onset", onset)) => Onset::parse(onset).map_or(Feature::Unknown, Feature::Onset),
        None if name == "pregnant" => Feature::Pregnant,
        None => catalog.finding_by_id(name).map_or(Feature::Unknown, Feature::Finding),
        Some(_) => Feature::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_that_this_base_does_not_know_stays_zero() {
        let names: Vec<String> =
            ["never-heard-of", "age:elder", "sex:male"].map(str::to_owned).into();
        let encoder = Encoder::new(&Catalog::default(), &names);
        let encounter = Encounter {
            sex: Sex::Male,
            age: crate::domain::age::Age::parse("70岁"),
            ..Encounter::default()
        };
        assert_eq!(encoder.encode(&encounter, &Evidence::default()), [0.0, 1.0, 1.0]);
    }
}
