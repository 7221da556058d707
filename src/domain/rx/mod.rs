//! Prescriptions: one-line entry, and the checks a pharmacist would make. One pure function; the same while typing,
//! at signing, in batch and in replay.
pub mod allergy;
pub mod antibiotic;
pub mod calc;
pub mod calculator;
mod circumstance;
pub mod contraindication;
pub mod dose;
pub mod duplication;
mod form;
mod gaps;
pub mod infusion;
mod ingredient;
pub mod interaction;
pub mod line;
pub mod long_term;
pub mod name;
mod order;
mod person;
pub mod population;
pub mod quantity;
pub mod record;
pub mod review;
pub mod rule;
pub mod signa;
pub mod tcm;
pub mod units;

use super::{
    age::{Age, Sex},
    catalog::{
        Catalog, Status,
        formulary::{Formulary, Tier},
    },
    visit::{Setting, SkinTest, WayOut},
};
use gaps::{Gaps, Missing};
pub use line::{LineReading, Part, Understood, parse};
pub use name::{Candidate, NameMatch, RxIndex};
use order::Order;
use person::Person;

/// One line of a prescription as the checks read it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RxItem {
    /// As printed, with form and strength if they were written there.
    pub drug: String,
    /// `None` = find it by the printed name.
    pub drug_id: Option<String>,
    pub strength: String,
    pub dose: Option<f64>,
    /// Empty = not written; may be `mg/kg`.
    pub dose_unit: String,
    pub route: String,
    pub frequency: String,
    pub days: Option<u32>,
    pub quantity: Option<f64>,
    pub quantity_unit: String,
    pub skin_test: Option<SkinTest>,
    pub solvent: String,
    /// Lines of one infusion share a group.
    pub group: Option<u8>,
    pub remark: String,
}

#[derive(Clone, Debug, Default)]
pub struct Prescription {
    pub items: Vec<RxItem>,
    /// `None` = not said, so site rules are left out.
    pub setting: Option<Setting>,
    pub emergency: bool,
    /// Whether the county has approved intravenous antibiotics at this village station.
    pub iv_antibiotics_approved: Option<bool>,
    /// At signing the form counts too: no diagnosis, no age.
    pub signing: bool,
}

/// What is known of the patient; what is not known is said as 未检查, never taken for normal.
#[derive(Clone, Debug, Default)]
pub struct RxPatient {
    pub sex: Sex,
    pub age: Option<Age>,
    /// Written in whole years, or reckoned from a guessed birthday.
    pub age_in_years: bool,
    pub weight_kg: Option<f64>,
    pub pregnant_weeks: Option<u8>,
    pub lactating: bool,
    pub allergies: Vec<String>,
    pub allergies_asked: bool,
    pub diagnoses: Vec<String>,
    pub egfr: Option<f64>,
    pub creatinine_umol: Option<f64>,
    pub child_pugh: Option<String>,
    pub labs: Vec<(String, f64)>,
    pub current_drugs: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub tier: Tier,
    /// Stable id of the rule.
    pub rule: String,
    pub category: &'static str,
    /// 处方点评 code.
    pub review_code: String,
    /// Lines from 0; empty = the whole prescription.
    pub items: Vec<usize>,
    /// Drugs taken already that it is about.
    pub current: Vec<String>,
    /// What and why.
    pub message: String,
    pub instead: String,
    pub source: String,
    pub status: Status,
    pub way_out: WayOut,
    /// Rules with the same cause on the same lines that this alert also speaks for.
    pub also: Vec<String>,
    /// Alerts with one cause on one line are one alert: the worst is kept.
    cause: String,
}

/// How many of the lines the knowledge base knows.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Coverage {
    pub known: usize,
    pub total: usize,
    pub unknown: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Checked {
    pub alerts: Vec<Alert>,
    pub coverage: Coverage,
}

impl Checked {
    /// Alerts of one line, worst first.
    pub fn of_line(&self, line: usize) -> Vec<&Alert> {
        self.alerts.iter().filter(|a| a.items.contains(&line)).collect()
    }

    pub fn worst(&self) -> Option<Tier> {
        self.alerts.iter().map(|a| a.tier).max()
    }
}

impl Tier {
    /// The word that stands beside the colour.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Stop => "禁",
            Self::Warn => "警",
            Self::Note => "提",
            Self::Log => "注",
        }
    }
}

impl Alert {
    /// This rule made the alert, or was merged into it.
    pub fn speaks_for(&self, rule: &str) -> bool {
        self.rule == rule || self.also.iter().any(|r| r == rule)
    }

    fn new(tier: Tier, rule: impl Into<String>, category: &'static str, code: &str) -> Self {
        Self {
            tier,
            rule: rule.into(),
            category,
            review_code: code.to_owned(),
            items: vec![],
            current: vec![],
            message: String::new(),
            instead: String::new(),
            source: String::new(),
            status: Status::Trial,
            way_out: WayOut::default(),
            also: vec![],
            cause: String::new(),
        }
    }

    fn on(mut self, order: &Order<'_>) -> Self {
        match order.line {
            Some(line) if !self.items.contains(&line) => self.items.push(line),
            None => self.current.push(order.name.clone()),
            Some(_) => {}
        }
        self
    }

    fn saying(mut self, message: impl Into<String>, instead: impl Into<String>) -> Self {
        self.message = message.into();
        self.instead = instead.into();
        self
    }

    fn citing(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// The law knows no exception, or what is missing can be filled in.
    fn final_stop(mut self) -> Self {
        self.way_out = WayOut::ChangeOnly;
        self
    }

    fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }
}

/// Everything one check needs.
struct Desk<'a> {
    pub formulary: &'a Formulary,
    pub index: &'a RxIndex,
    pub rx: &'a Prescription,
    pub person: Person<'a>,
    /// Lines first, then drugs taken already.
    pub orders: Vec<Order<'a>>,
    pub alerts: Vec<Alert>,
    pub gaps: Gaps,
}

impl<'a> Desk<'a> {
    /// The lines of this prescription that the knowledge base knows.
    pub fn known(&self) -> impl Iterator<Item = &Order<'a>> {
        self.orders.iter().filter(|o| o.line.is_some() && o.drug.is_some())
    }
}

/// Checks a whole prescription. Never fails: what cannot be checked is said in `unchecked` alerts and in the coverage.
pub fn check(
    catalog: &Catalog,
    index: &RxIndex,
    rx: &Prescription,
    patient: &RxPatient,
) -> Checked {
    let formulary = &catalog.formulary;
    let person = Person::new(index, patient);
    let currents: Vec<RxItem> = patient
        .current_drugs
        .iter()
        .flat_map(|told| told.split(['、', ',', '，', ';', '；', '+', '\n']))
        .filter(|told| !told.trim().is_empty())
        .flat_map(|told| taken(formulary, index, told.trim()))
        .collect();
    let lines = rx.items.iter().enumerate().map(|(n, item)| (Some(n), item));
    let orders: Vec<Order<'_>> = lines
        .chain(currents.iter().map(|item| (None, item)))
        .map(|(line, item)| Order::new(formulary, index, line, item))
        .collect();
    let mut desk =
        Desk { formulary, index, rx, person, orders, alerts: vec![], gaps: Gaps::default() };
    allergy::check(&mut desk);
    dose::check(&mut desk);
    quantity::check(&mut desk);
    long_term::check(&mut desk);
    contraindication::check(&mut desk);
    population::check(&mut desk);
    interaction::check(&mut desk);
    duplication::check(&mut desk);
    ingredient::check(&mut desk);
    antibiotic::check(&mut desk);
    infusion::check(&mut desk);
    tcm::check(&mut desk);
    form::check(&mut desk);
    let coverage = coverage(&mut desk);
    let Desk { mut alerts, gaps, .. } = desk;
    alerts.extend(gaps.alerts());
    let mut alerts = merged(alerts);
    for alert in &mut alerts {
        if let Some(title) = titled(catalog, &alert.source) {
            alert.source = title;
        }
    }
    Checked { alerts, coverage }
}

/// The title and year of a source id, with the place behind it: `nhc-hypertension-2025 3.1`.
fn titled(catalog: &Catalog, cited: &str) -> Option<String> {
    let (id, place) = cited.split_once(' ').unwrap_or((cited, ""));
    let source = catalog.sources.iter().find(|s| s.id == id)?;
    let year = source.year.to_string();
    let year = if source.title.contains(&year) || source.year == 0 {
        String::new()
    } else {
        format!("，{year}")
    };
    Some(format!("{}{year} {place}", source.title).trim_end().to_owned())
}

/// What a person says they take: one drug as printed, or words around drug names (`长期服用华法林`).
fn taken(formulary: &Formulary, index: &RxIndex, told: &str) -> Vec<RxItem> {
    let item = |drug: &str, id: Option<String>| RxItem {
        drug: drug.to_owned(),
        drug_id: id,
        ..RxItem::default()
    };
    if index.resolve(told).is_empty() {
        let inside = index.drugs_inside(told);
        if !inside.is_empty() {
            return inside
                .iter()
                .map(|ix| item(told, Some(formulary.drugs[*ix].id.clone())))
                .collect();
        }
    }
    vec![item(told, None)]
}

fn coverage(desk: &mut Desk<'_>) -> Coverage {
    let mut coverage = Coverage::default();
    let mut gaps = vec![];
    for order in &desk.orders {
        let known = order.is_known();
        if order.line.is_some() {
            coverage.total += 1;
            coverage.known += usize::from(known);
        }
        if !known {
            coverage.unknown.push(order.name.clone());
            let what = if order.line.is_some() {
                order.name.clone()
            } else {
                format!("{}（在用）", order.name)
            };
            gaps.push((order.line, what));
        }
    }
    for (line, what) in gaps {
        desk.gaps.say(Missing::Drug, line, &what);
    }
    coverage
}

/// One cause on the same lines once, the worst of them; then worst first.
fn merged(alerts: Vec<Alert>) -> Vec<Alert> {
    let mut kept: Vec<Alert> = vec![];
    for alert in alerts {
        let same = kept.iter_mut().find(|k| {
            k.items == alert.items
                && k.current == alert.current
                && !alert.cause.is_empty()
                && k.cause == alert.cause
        });
        match same {
            Some(k) if k.tier >= alert.tier => {
                if alert.tier == k.tier && alert.way_out == WayOut::ChangeOnly {
                    k.way_out = WayOut::ChangeOnly;
                }
                k.also.push(alert.rule);
                k.also.extend(alert.also);
            }
            Some(k) => {
                let mut quieter = std::mem::replace(k, alert);
                k.also.push(quieter.rule);
                k.also.append(&mut quieter.also);
            }
            None => kept.push(alert),
        }
    }
    // Stable: within a tier the order of the checks stays, patient safety before form.
    kept.sort_by_key(|a| (std::cmp::Reverse(a.tier), a.category == "unchecked"));
    kept
}
