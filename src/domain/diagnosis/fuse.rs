//! Two opinions into one share per condition, calibrated.
use super::ModelScores;

/// How the two opinions are mixed and how sure the sum may sound; fitted by `xinglin bench diagnosis`, see docs/quality.md.
#[derive(Clone, Copy, Debug)]
pub struct Fusion {
    /// Divides knowledge scores before they become shares: the sum of findings is surer than it should be.
    pub temperature: f64,
    /// Weight of the model's opinion in the log domain.
    pub model: f64,
    /// The same, where the model recognises what it has learned from real patients.
    pub met: f64,
    /// Share kept back for "something the base does not hold".
    pub elsewhere: f64,
}

impl Default for Fusion {
    fn default() -> Self {
        Self { temperature: 0.7, model: 0.3, met: 1.0, elsewhere: 0.1 }
    }
}

/// Shares that sum to `1 - elsewhere`.
pub fn shares(knowledge: &[f64], model: Option<&ModelScores>) -> Vec<f64> {
    shares_with(Fusion::default(), knowledge, model)
}

pub fn shares_with(fusion: Fusion, knowledge: &[f64], model: Option<&ModelScores>) -> Vec<f64> {
    let known = log_shares(knowledge, fusion.temperature);
    let mixed: Vec<f64> = match model {
        None => known,
        Some(model) => {
            // A condition that the model was not trained on keeps its knowledge rank.
            let floor = model.log.iter().flatten().copied().fold(0.0, f64::min);
            let weight = (fusion.met - fusion.model).mul_add(model.met, fusion.model);
            known
                .iter()
                .zip(&model.log)
                .map(|(k, m)| {
                    if !k.is_finite() {
                        return *k;
                    }
                    let opinion = m.map_or(*k, |m| m.max(floor));
                    (1.0 - weight).mul_add(*k, weight * opinion)
                })
                .collect()
        }
    };
    log_shares(&mixed, 1.0).iter().map(|l| l.exp() * (1.0 - fusion.elsewhere)).collect()
}

fn log_shares(scores: &[f64], temperature: f64) -> Vec<f64> {
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !top.is_finite() {
        return vec![f64::NEG_INFINITY; scores.len()];
    }
    let sum: f64 = scores.iter().map(|s| ((s - top) / temperature).exp()).sum();
    scores.iter().map(|s| (s - top) / temperature - sum.ln()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_leave_room_for_something_else() {
        let shares = shares(&[0.0, 1.0, f64::NEG_INFINITY], None);
        let sum: f64 = shares.iter().sum();
        assert!((sum - 0.9).abs() < 1e-9);
        assert!(shares[1] > shares[0]);
        assert!(shares[2].abs() < 1e-12);
    }

    #[test]
    fn the_model_cannot_revive_an_impossible_condition() {
        let model = ModelScores { log: vec![Some(-5.0), Some(-0.01)], met: 0.0 };
        let shares = shares(&[0.0, f64::NEG_INFINITY], Some(&model));
        assert!(shares[1].abs() < 1e-12);
    }

    #[test]
    fn a_model_without_weight_changes_nothing() {
        let knowledge = [0.3, f64::NEG_INFINITY, 1.1];
        let fusion = Fusion { model: 0.0, ..Fusion::default() };
        let model = ModelScores { log: vec![Some(-9.0), None, Some(-0.1)], met: 0.0 };
        let with = shares_with(fusion, &knowledge, Some(&model));
        let without = shares_with(fusion, &knowledge, None);
        assert!(
            with.iter().zip(&without).all(|(a, b)| (a - b).abs() < 1e-9),
            "{with:?} {without:?}"
        );
    }

    #[test]
    fn nothing_possible_gives_no_shares() {
        assert!(shares(&[f64::NEG_INFINITY; 3], None).iter().all(|s| s.abs() < 1e-12));
    }
}
