//! One method over one set of cases.
use crate::{
    domain::{
        catalog::condition::Condition,
        diagnosis::{Encounter, Evidence, ModelScores, fuse},
    },
    services::advisor::Advisor,
};

use super::{GoldCase, Method, Outcome, Report};

/// How a set is asked.
pub struct Question<'a> {
    pub method: Method,
    pub cases: &'a [GoldCase],
    /// Only conditions that are the answer of some case may be ranked, as sets with a short list of diseases do.
    pub closed: bool,
}

/// Runs one method over a set.
pub fn measure(advisor: &Advisor, question: &Question<'_>, ticks: &dyn Fn() -> u64) -> Report {
    let conditions = &advisor.engine.catalog.conditions;
    let allowed: Vec<bool> = conditions
        .iter()
        .map(|c| !question.closed || question.cases.iter().any(|case| answers(c, case)))
        .collect();
    let outcomes = question
        .cases
        .iter()
        .map(|case| outcome(advisor, question.method, case, &allowed, ticks))
        .collect();
    Report { method: question.method.id(), outcomes }
}

/// A hit: one of the condition's codes or names is among the case's.
pub(in crate::services) fn answers(condition: &Condition, case: &GoldCase) -> bool {
    condition.icd10.iter().any(|code| case.icd10.contains(code))
        || std::iter::once(&condition.zh).chain(&condition.synonyms).any(|n| case.names.contains(n))
}

fn outcome(
    advisor: &Advisor,
    method: Method,
    case: &GoldCase,
    allowed: &[bool],
    ticks: &dyn Fn() -> u64,
) -> Outcome {
    let engine = &advisor.engine;
    let encounter = Encounter { sex: case.sex, age: case.age, ..Encounter::default() };
    let started = ticks();
    let reading = engine.read(&encounter, &case.text);
    let evidence = engine.evidence(&encounter, &reading, &[]);
    let shares = shares(advisor, method, &encounter, &evidence);
    let model =
        (method == Method::Fused).then(|| advisor.model_scores(&encounter, &evidence)).flatten();
    let assessment = engine.assess(&encounter, &evidence, model.as_ref());
    let micros = ticks() - started;
    let mut order: Vec<usize> =
        (0..shares.len()).filter(|ix| shares[*ix] > 0.0 && allowed[*ix]).collect();
    order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
    let conditions = &engine.catalog.conditions;
    let hits = |ix: &usize| answers(&conditions[*ix], case);
    let right: Vec<usize> = (0..conditions.len()).filter(hits).collect();
    let names_right = |rule: usize| {
        let flag = &engine.catalog.red_flags[rule];
        flag.icd10.iter().any(|c| case.icd10.contains(c))
            || right.iter().any(|ix| flag.conditions.contains(&conditions[*ix].id))
    };
    let gold_level = case.urgency.clone().or_else(|| {
        right.iter().map(|ix| conditions[*ix].urgency).max().map(|u| u.id().to_owned())
    });
    Outcome {
        id: case.id.clone(),
        rank: order.iter().position(hits).map(|p| p + 1),
        covered: !right.is_empty(),
        top: order.iter().take(10).map(|ix| (conditions[*ix].id.clone(), shares[*ix])).collect(),
        warned: !assessment.do_not_miss.is_empty(),
        warned_rightly: assessment.do_not_miss.iter().any(|w| names_right(w.rule)),
        gold_must_not_miss: right.iter().any(|ix| conditions[*ix].must_not_miss),
        system: right.first().map(|ix| conditions[*ix].system.clone()),
        gold_level,
        level: assessment.triage.level.id(),
        micros,
    }
}

fn shares(
    advisor: &Advisor,
    method: Method,
    encounter: &Encounter,
    evidence: &Evidence,
) -> Vec<f64> {
    let engine = &advisor.engine;
    match method {
        Method::PriorOnly => {
            let nothing = Evidence { pregnant: evidence.pregnant, ..Evidence::default() };
            fuse::shares_with(
                engine.fusion,
                &engine.ranker.scores(&engine.catalog, encounter, &nothing),
                None,
            )
        }
        Method::Overlap => {
            let overlap: Vec<f64> = engine
                .catalog
                .conditions
                .iter()
                .map(|c| {
                    let met =
                        c.findings.iter().filter(|(f, _)| evidence.closure.contains(f)).count()
                            as f64;
                    met / (c.findings.len().max(1) as f64).sqrt()
                })
                .collect();
            fuse::shares_with(engine.fusion, &overlap, None)
        }
        Method::Knowledge => fuse::shares_with(
            engine.fusion,
            &engine.ranker.scores(&engine.catalog, encounter, evidence),
            None,
        ),
        Method::Model => match advisor.model_scores(encounter, evidence) {
            Some(scores) => {
                let alone: Vec<f64> =
                    scores.log.iter().map(|s| s.unwrap_or(f64::NEG_INFINITY)).collect();
                fuse::shares_with(
                    fuse::Fusion { temperature: 1.0, ..fuse::Fusion::default() },
                    &alone,
                    None,
                )
            }
            None => vec![0.0; engine.catalog.conditions.len()],
        },
        Method::Fused => {
            let model: Option<ModelScores> = advisor.model_scores(encounter, evidence);
            fuse::shares_with(
                engine.fusion,
                &engine.ranker.scores(&engine.catalog, encounter, evidence),
                model.as_ref(),
            )
        }
    }
}
