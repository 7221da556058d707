//! Between the checker's words and the record's: lines, alerts, the patient's card.
use super::{Alert, Prescription, RxItem, RxPatient, signa, units};
use crate::domain::{
    age::{Age, Day},
    catalog::formulary::Tier,
    patient::{Allergies, Details},
    visit::{AlertShown, AlertTier, PrescriptionLine, SkinTest},
};

impl RxItem {
    /// `每次0.5g 口服 每日3次 5天`
    pub fn directions(&self) -> String {
        let mut parts: Vec<String> = vec![];
        if let Some(dose) = self.dose {
            parts.push(format!("每次{}{}", units::plain(dose), self.dose_unit));
        }
        if !self.route.is_empty() {
            parts.push(signa::route_zh(&self.route).to_owned());
        }
        if !self.frequency.is_empty() {
            parts.push(signa::frequency_zh(&self.frequency));
        }
        if let Some(days) = self.days {
            parts.push(format!("{days}天"));
        }
        if !self.solvent.is_empty() {
            parts.push(format!("加入{}", self.solvent));
        }
        if !self.remark.is_empty() {
            parts.push(self.remark.clone());
        }
        parts.join(" ")
    }

    pub fn to_line(&self) -> PrescriptionLine {
        PrescriptionLine {
            drug: self.drug_id.clone(),
            name: self.drug.clone(),
            strength: self.strength.clone(),
            dose: self.dose.map(units::plain).unwrap_or_default(),
            dose_unit: self.dose_unit.clone(),
            route: self.route.clone(),
            frequency: self.frequency.clone(),
            days: self.days.and_then(|d| u16::try_from(d).ok()),
            quantity: self.quantity.filter(|q| *q >= 0.0).map(|q| q.ceil() as u32),
            quantity_unit: self.quantity_unit.clone(),
            skin_test: self.skin_test,
            solvent: self.solvent.clone(),
            group: self.group,
            remark: self.remark.clone(),
        }
    }

    pub fn from_line(line: &PrescriptionLine) -> Self {
        Self {
            drug: line.name.clone(),
            drug_id: line.drug.clone(),
            strength: line.strength.clone(),
            dose: line.dose.trim().parse().ok(),
            dose_unit: line.dose_unit.clone(),
            route: line.route.clone(),
            frequency: line.frequency.clone(),
            days: line.days.map(u32::from),
            quantity: line.quantity.map(f64::from),
            quantity_unit: line.quantity_unit.clone(),
            skin_test: line.skin_test,
            solvent: line.solvent.clone(),
            group: line.group,
            remark: line.remark.clone(),
        }
    }
}

impl RxPatient {
    /// From the patient's card; a child's weight older than three months is no weight.
    pub fn of(details: &Details, diagnoses: &[String], today: Day) -> Self {
        let age = details.birth.and_then(|birth| Age::on(today, birth));
        let fresh = if age.is_some_and(|a| a.years() < 18.0) { 92 } else { 366 };
        let weight = details.weight.filter(|w| (0..=fresh).contains(&today.days_since(w.on)));
        let all = diagnoses.iter().chain(&details.conditions).cloned().collect();
        Self {
            sex: details.sex,
            age,
            age_in_years: details.birth_estimated,
            weight_kg: weight.map(super::super::patient::Weight::kilograms),
            pregnant_weeks: details.pregnancy.and_then(|p| p.weeks_on(today)),
            lactating: details.lactating,
            allergies: details
                .allergies
                .known()
                .iter()
                .map(|a| {
                    format!(
                        "{}{}",
                        a.substance,
                        if a.reaction.is_empty() {
                            String::new()
                        } else {
                            format!("（{}）", a.reaction)
                        }
                    )
                })
                .collect(),
            allergies_asked: details.allergies != Allergies::NotAsked,
            diagnoses: all,
            ..Self::default()
        }
    }
}

impl Alert {
    /// The drugs it is about, as one key for the 90 days of quiet.
    pub fn key(&self, rx: &Prescription) -> String {
        let mut drugs: Vec<String> = self
            .items
            .iter()
            .filter_map(|n| rx.items.get(*n))
            .map(|i| i.drug_id.clone().unwrap_or_else(|| i.drug.clone()))
            .chain(self.current.iter().cloned())
            .collect();
        drugs.sort();
        drugs.dedup();
        drugs.join("+")
    }

    pub fn shown(&self, rx: &Prescription) -> AlertShown {
        AlertShown {
            rule: self.rule.clone(),
            tier: match self.tier {
                Tier::Stop => AlertTier::Stop,
                Tier::Warn => AlertTier::Warn,
                Tier::Note => AlertTier::Note,
                Tier::Log => AlertTier::Log,
            },
            category: self.category.to_owned(),
            message: self.message.clone(),
            drugs: self.key(rx),
            lines: self.items.iter().filter_map(|n| u16::try_from(*n).ok()).collect(),
            answer: None,
            way_out: self.way_out,
            second: None,
        }
    }
}

/// 阴性, 未做, 阳性, 续用 as people write them.
pub fn skin_test(text: &str) -> Option<SkinTest> {
    let text = text.trim();
    if let Some(test) = SkinTest::parse(text) {
        return Some(test);
    }
    match text.to_lowercase().as_str() {
        "阴性" | "(-)" | "-" | "皮试阴性" | "阴" | "（-）" | "已做阴性" | "皮试(-)" => {
            Some(SkinTest::Negative)
        }
        "阳性" | "(+)" | "+" | "皮试阳性" | "阳" | "（+）" | "皮试(+)" => {
            Some(SkinTest::Positive)
        }
        "未做" | "未皮试" | "无" | "待做" | "未" | "没做" => Some(SkinTest::NotDone),
        "续用" | "免试" | "免皮试" | "连续用药" => Some(SkinTest::Continued),
        _ => None,
    }
}
