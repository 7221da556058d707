//! How good and how fast the prescription checker is: pair lists, labelled prescriptions, and the time of a full sheet.
use crate::domain::{
    age::{Age, Sex},
    catalog::formulary::Tier,
    rx::{Checked, Prescription, RxItem, RxPatient, signa},
};

use super::prescribing::Pharmacist;

/// One pair of a public list and the worst interaction alert it got.
#[derive(Clone, Debug)]
pub struct PairResult {
    pub a: String,
    pub b: String,
    /// Both drugs were found in the knowledge base.
    pub known: bool,
    /// Both can be given so that they reach the blood.
    pub systemic: bool,
    pub tier: Option<Tier>,
    pub rule: String,
}

#[derive(Clone, Debug, Default)]
pub struct PairReport {
    pub pairs: Vec<PairResult>,
}

impl PairReport {
    pub fn known(&self) -> usize {
        self.pairs.iter().filter(|p| p.known).count()
    }

    /// Pairs whose drugs are known and systemic.
    pub fn judged(&self) -> impl Iterator<Item = &PairResult> {
        self.pairs.iter().filter(|p| p.known && p.systemic)
    }

    pub fn at_least(&self, tier: Tier) -> usize {
        self.judged().filter(|p| p.tier >= Some(tier)).count()
    }

    pub fn exactly(&self, tier: Option<Tier>) -> usize {
        self.judged().filter(|p| p.tier == tier).count()
    }
}

/// Why a pair that two public sources call severe is only noted here, by the rule that grades it.
const QUIET: &[(&str, &str)] = &[
    (
        "ddi/@ppi+methotrexate",
        "matters with the high doses of oncology; a township gives 7.5–15 mg a week, where labels ask for watching the blood count",
    ),
    (
        "ddi/@serotonergic+@serotonergic",
        "two weak serotonergic drugs; the strong ones (MAO inhibitors, linezolid, tramadol or pethidine with an SSRI) have their own rows and warn or stop",
    ),
    (
        "ddi/itraconazole+osimertinib",
        "osimertinib's label: strong CYP3A4 inhibitors raise its exposure by a quarter, no change of dose",
    ),
];

pub fn why_quiet(rule: &str) -> Option<&'static str> {
    QUIET.iter().find(|(id, _)| *id == rule).map(|(_, why)| *why)
}

/// Reads `name_zh_a,name_zh_b,en_a,en_b,…` and checks every pair as a prescription of a grown man.
pub fn pairs(pharmacist: &Pharmacist, csv: &str) -> PairReport {
    let mut report = PairReport::default();
    for line in csv.lines().skip(1).filter(|l| !l.trim().is_empty()) {
        let mut fields = line.split(',').map(str::trim);
        let mut next = || fields.next().unwrap_or_default().to_owned();
        let (zh_a, zh_b, en_a, en_b) = (next(), next(), next(), next());
        let find = |zh: &str, en: &str| {
            let found = pharmacist.index.resolve(zh);
            let found = if found.is_empty() { pharmacist.index.resolve(en) } else { found };
            found.first().map(|ix| &pharmacist.catalog.formulary.drugs[*ix])
        };
        let (a, b) = (find(&zh_a, &en_a), find(&zh_b, &en_b));
        let systemic = |d: Option<&crate::domain::catalog::formulary::Drug>| {
            d.is_some_and(|d| d.routes.is_empty() || d.routes.iter().any(|r| !signa::is_local(r)))
        };
        let item = |d: Option<&crate::domain::catalog::formulary::Drug>, zh: &str| RxItem {
            drug: zh.to_owned(),
            drug_id: d.map(|d| d.id.clone()),
            route: d
                .and_then(|d| d.routes.iter().find(|r| !signa::is_local(r)))
                .cloned()
                .unwrap_or_default(),
            ..RxItem::default()
        };
        let rx =
            Prescription { items: vec![item(a, &zh_a), item(b, &zh_b)], ..Prescription::default() };
        let checked = pharmacist.check(&rx, &grown_man());
        let worst = checked
            .alerts
            .iter()
            .filter(|x| matches!(x.category, "interaction" | "duplication") && x.items.len() == 2)
            .max_by_key(|x| x.tier);
        report.pairs.push(PairResult {
            known: a.is_some() && b.is_some(),
            systemic: systemic(a) && systemic(b),
            tier: worst.map(|x| x.tier),
            rule: worst.map(|x| x.rule.clone()).unwrap_or_default(),
            a: zh_a,
            b: zh_b,
        });
    }
    report
}

pub fn grown_man() -> RxPatient {
    RxPatient {
        sex: Sex::Male,
        age: Age::parse("45岁"),
        weight_kg: Some(65.0),
        allergies_asked: true,
        egfr: Some(90.0),
        ..RxPatient::default()
    }
}

/// A sheet of `items` drugs for somebody taking `current` others, chosen by a fixed walk through the formulary.
pub fn full_sheet(
    pharmacist: &Pharmacist,
    seed: usize,
    items: usize,
    current: usize,
) -> (Prescription, RxPatient) {
    let drugs = &pharmacist.catalog.formulary.drugs;
    let pick = |n: usize| &drugs[(seed * 7919 + n * 104_729) % drugs.len().max(1)];
    let lines = (0..items)
        .map(|n| {
            let drug = pick(n);
            let row = drug.doses.first();
            RxItem {
                drug: drug.zh.clone(),
                route: drug.routes.first().cloned().unwrap_or_default(),
                dose: row.and_then(|r| r.single.as_ref()).map(|a| a.max),
                dose_unit: row
                    .and_then(|r| r.single.as_ref())
                    .map(|a| a.unit.clone())
                    .unwrap_or_default(),
                frequency: row.and_then(|r| r.frequency.first()).cloned().unwrap_or_default(),
                days: Some(7),
                ..RxItem::default()
            }
        })
        .collect();
    let patient = RxPatient {
        age: Age::parse("72岁"),
        sex: Sex::Female,
        weight_kg: Some(58.0),
        allergies: vec!["青霉素（皮疹）".to_owned()],
        allergies_asked: true,
        diagnoses: ["高血压", "2型糖尿病", "慢性肾脏病3期", "否认哮喘、溃疡病史"]
            .map(str::to_owned)
            .to_vec(),
        creatinine_umol: Some(120.0),
        labs: vec![("血钾".to_owned(), 5.1)],
        current_drugs: (0..current).map(|n| pick(items + n).zh.clone()).collect(),
        ..RxPatient::default()
    };
    (Prescription { items: lines, ..Prescription::default() }, patient)
}

/// The worst tier of anything but missing data: what a label of "silent" is held against.
pub fn loudest(checked: &Checked) -> Option<Tier> {
    checked.alerts.iter().filter(|a| a.category != "unchecked").map(|a| a.tier).max()
}
