//! Other people's training cases, encoded as the ranking model sees them; only files whose licence allows training go in here.
use super::{
    advisor::Advisor,
    quality::{GoldCase, answers},
    simulate::{SimulatedCase, feature_names},
};
use crate::domain::{
    age::Age,
    diagnosis::{Encounter, features::Encoder},
};

/// One training row for each age; a case that states its age keeps it. Cases whose answer the base does not hold are left out.
pub fn encode(advisor: &Advisor, cases: &[GoldCase], ages: &[f64]) -> Vec<SimulatedCase> {
    let catalog = &advisor.engine.catalog;
    let encoder = Encoder::new(catalog, &feature_names(catalog));
    let mut rows = vec![];
    for case in cases {
        let widest = (0..catalog.conditions.len())
            .filter(|ix| answers(&catalog.conditions[*ix], case))
            .max_by(|a, b| {
                let prior = |ix: &usize| catalog.conditions[*ix].prior.iter().sum::<f64>();
                prior(a).total_cmp(&prior(b))
            });
        let Some(condition) = widest else { continue };
        for years in ages {
            let age = case.age.or_else(|| Age::from_years(*years));
            let encounter = Encounter { sex: case.sex, age, ..Encounter::default() };
            let reading = advisor.engine.read(&encounter, &case.text);
            let evidence = advisor.engine.evidence(&encounter, &reading, &[]);
            rows.push(SimulatedCase::of(condition, &encoder.encode(&encounter, &evidence)));
        }
    }
    rows
}
