//! How soon: safety first, an emergency is never shown as routine.
use super::{Evidence, Triage, guard::Warning};
use crate::domain::catalog::{Catalog, condition::Urgency};

/// From this share of emergencies among the likely causes on, the patient is seen today.
const EMERGENCY_TO_URGENT: f64 = 0.15;
const EMERGENCY: f64 = 0.45;
const URGENT: f64 = 0.40;
const SELF_CARE: f64 = 0.50;

/// Rules first, then what the likely causes ask for.
pub fn level(
    catalog: &Catalog,
    evidence: &Evidence,
    warnings: &[Warning],
    shares: &[f64],
) -> Triage {
    let share_of = |level: Urgency| -> f64 {
        catalog
            .conditions
            .iter()
            .zip(shares)
            .filter(|(c, _)| c.urgency == level)
            .map(|(_, s)| s)
            .sum()
    };
    let (emergency, urgent, self_care) =
        (share_of(Urgency::Emergency), share_of(Urgency::Urgent), share_of(Urgency::SelfCare));
    let mut why: Vec<String> =
        warnings.iter().take(3).map(|w| catalog.red_flags[w.rule].zh.clone()).collect();
    let by_rule = warnings.iter().map(|w| w.level).max();
    let by_cause = if emergency >= EMERGENCY {
        Urgency::Emergency
    } else if emergency >= EMERGENCY_TO_URGENT || emergency + urgent >= URGENT {
        Urgency::Urgent
    } else if self_care >= SELF_CARE && evidence.possible.is_empty() && by_rule.is_none() {
        Urgency::SelfCare
    } else {
        Urgency::Routine
    };
    let level = by_rule.map_or(by_cause, |r| r.max(by_cause));
    if why.is_empty() {
        let mut top: Vec<(f64, usize)> = shares
            .iter()
            .enumerate()
            .filter(|(ix, s)| catalog.conditions[*ix].urgency == level && **s > 0.02)
            .map(|(ix, s)| (*s, ix))
            .collect();
        top.sort_by(|a, b| b.0.total_cmp(&a.0));
        why = top.iter().take(2).map(|(_, ix)| catalog.conditions[*ix].zh.clone()).collect();
    }
    Triage { level, why }
}
