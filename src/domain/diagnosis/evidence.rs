//! What a reading and the doctor's corrections say about this patient now.
use std::collections::{HashMap, HashSet};

use super::Encounter;
use crate::domain::{
    catalog::{Catalog, condition::Onset, finding::FindingIx},
    note::{Experiencer, Polarity, Reading, Temporality},
};

/// The doctor's word on one finding; it beats the reader's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    pub finding: FindingIx,
    /// `None` takes the finding out altogether.
    pub polarity: Option<Polarity>,
}

#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Affirmed, most specific only (no ancestor of another one).
    pub present: Vec<FindingIx>,
    /// Said to be possible: weigh half, but guard in full.
    pub possible: Vec<FindingIx>,
    pub absent: Vec<FindingIx>,
    /// Affirmed ones with all their ancestors.
    pub closure: HashSet<FindingIx>,
    /// Denied ones with all their descendants.
    pub denied: HashSet<FindingIx>,
    pub onsets: Vec<Onset>,
    pub known_conditions: Vec<usize>,
    pub family_conditions: Vec<usize>,
    pub pregnant: Option<bool>,
}

/// Folds mentions into one stand per finding: the patient's own, present beats absent, then corrections.
pub fn gather(
    catalog: &Catalog,
    encounter: &Encounter,
    reading: &Reading,
    corrections: &[Correction],
) -> Evidence {
    let mut stand: HashMap<FindingIx, Polarity> = HashMap::new();
    for mention in &reading.mentions {
        let background = catalog.finding(mention.finding).kind.is_background();
        let counts = mention.experiencer == Experiencer::Patient
            && (background || mention.temporality == Temporality::Current);
        if !counts {
            continue;
        }
        let held = stand.entry(mention.finding).or_insert(mention.polarity);
        *held = match (*held, mention.polarity) {
            (Polarity::Present, _) | (_, Polarity::Present) => Polarity::Present,
            (Polarity::Possible, _) | (_, Polarity::Possible) => Polarity::Possible,
            _ => Polarity::Absent,
        };
    }
    for correction in corrections {
        match correction.polarity {
            Some(polarity) => {
                stand.insert(correction.finding, polarity);
            }
            None => {
                stand.remove(&correction.finding);
            }
        }
    }
    let mut evidence = Evidence {
        onsets: reading.onsets.clone(),
        known_conditions: reading.known_conditions.clone(),
        family_conditions: reading.family_conditions.clone(),
        pregnant: if encounter.pregnant_weeks.is_some() { Some(true) } else { reading.pregnant },
        ..Evidence::default()
    };
    for (finding, polarity) in &stand {
        if matches!(polarity, Polarity::Present | Polarity::Possible) {
            evidence.closure.insert(*finding);
            evidence.closure.extend(catalog.finding(*finding).ancestors.iter().copied());
        }
    }
    for (finding, polarity) in &stand {
        match polarity {
            Polarity::Present => evidence.present.push(*finding),
            Polarity::Possible => evidence.possible.push(*finding),
            // "No abdominal pain" in one place and "pain in the right lower belly" in another: the pain is there.
            Polarity::Absent if !evidence.closure.contains(finding) => {
                evidence.absent.push(*finding);
            }
            Polarity::Absent => {}
        }
    }
    let implied: HashSet<FindingIx> = evidence
        .present
        .iter()
        .flat_map(|f| catalog.finding(*f).ancestors.iter().copied())
        .collect();
    evidence.present.retain(|f| !implied.contains(f));
    for list in [&mut evidence.present, &mut evidence.possible, &mut evidence.absent] {
        list.sort_unstable();
    }
    let mut queue = evidence.absent.clone();
    while let Some(finding) = queue.pop() {
        if !evidence.closure.contains(&finding) && evidence.denied.insert(finding) {
            queue.extend(catalog.finding(finding).children.iter().copied());
        }
    }
    evidence
}
