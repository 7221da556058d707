//! The advice of every case, before and after: cases of both bases are put to both.
use std::collections::BTreeMap;

use crate::{
    domain::{catalog::formulary::Tier, diagnosis::Engine},
    knowledge::{cases::CaseBook, format::VisitCase, format_rx::RxCase},
    services::{knowledge_base::encounter, prescribing::Pharmacist, rx_cases},
};

/// A case that is answered otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseChange {
    /// `勿漏/acs-chest-pain`, `安静`, `处方/...`.
    pub place: String,
    pub case: String,
    pub before: Vec<String>,
    pub after: Vec<String>,
}

pub(super) fn compare([old, new]: [Engine; 2], books: &[CaseBook; 2]) -> (Vec<CaseChange>, usize) {
    let mut changes = vec![];
    let visits = visit_cases(books);
    let rx = rx_cases(books);
    let run = visits.len() + rx.len();
    for ((place, _), case) in visits {
        let (before, after) = (of_visit(&old, case), of_visit(&new, case));
        if before != after {
            let words: String = case.text.chars().take(60).collect();
            changes.push(CaseChange {
                place,
                case: format!("{} {words}", case.name),
                before,
                after,
            });
        }
    }
    let pharmacists = [Pharmacist::new(old.catalog), Pharmacist::new(new.catalog)];
    for ((place, _), case) in rx {
        let [before, after] = [0, 1].map(|n| of_prescription(&pharmacists[n], case));
        if before != after {
            let drugs: Vec<&str> = case.items.iter().map(|i| i.drug.as_str()).collect();
            let case = format!("{} {}", case.name, drugs.join("、"));
            changes.push(CaseChange { place, case, before, after });
        }
    }
    (changes, run)
}

type Keyed<'a, T> = BTreeMap<(String, String), &'a T>;

fn visit_cases(books: &[CaseBook; 2]) -> Keyed<'_, VisitCase> {
    let mut all = BTreeMap::new();
    for book in books {
        for (rule, cases) in &book.red_flag {
            for case in cases {
                let key = format!("{}|{}|{}|{}", case.name, case.sex, case.age, case.text);
                all.insert((format!("勿漏/{rule}"), key), case);
            }
        }
        for case in &book.quiet_visits {
            let key = format!("{}|{}|{}|{}", case.name, case.sex, case.age, case.text);
            all.insert(("安静".to_owned(), key), case);
        }
    }
    all
}

fn rx_cases(books: &[CaseBook; 2]) -> Keyed<'_, RxCase> {
    let mut all = BTreeMap::new();
    for book in books {
        for (rule, cases) in &book.rx {
            for case in cases {
                all.insert((format!("处方/{rule}"), format!("{case:?}")), case);
            }
        }
        for case in &book.quiet_rx {
            all.insert(("安静处方".to_owned(), format!("{case:?}")), case);
        }
    }
    all
}

/// Triage, dangers, and the first cause; knowledge alone ranks, as a pack may bring another model.
fn of_visit(engine: &Engine, case: &VisitCase) -> Vec<String> {
    let encounter = encounter(case);
    let reading = engine.read(&encounter, &case.text);
    let evidence = engine.evidence(&encounter, &reading, &[]);
    let assessed = engine.assess(&encounter, &evidence, None);
    let mut said = vec![format!("分诊 {}", urgency(assessed.triage.level.id()))];
    let mut dangers: Vec<String> = assessed
        .do_not_miss
        .iter()
        .map(|w| format!("勿漏 {}", engine.catalog.red_flags[w.rule].zh))
        .collect();
    dangers.sort();
    said.extend(dangers);
    let first = assessed.differential.first();
    said.extend(first.map(|c| format!("首位 {}", engine.catalog.conditions[c.condition].zh)));
    said
}

fn urgency(id: &str) -> &'static str {
    match id {
        "emergency" => "急诊",
        "urgent" => "当日",
        "self-care" => "自护",
        _ => "常规",
    }
}

/// Alerts that a doctor sees.
fn of_prescription(pharmacist: &Pharmacist, case: &RxCase) -> Vec<String> {
    let (rx, patient) = rx_cases::question(case);
    let checked = pharmacist.check(&rx, &patient);
    let mut said: Vec<String> = checked
        .alerts
        .iter()
        .filter(|a| a.tier >= Tier::Note)
        .map(|a| format!("{} {}", a.tier.zh(), a.message))
        .collect();
    said.sort();
    said
}
