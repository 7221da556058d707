//! A discharge record by the fields of WS/T 500.53-2016 (出院小结), whichever way it came in.
use crate::domain::age::{Day, Sex};
use crate::domain::instant::Instant;

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Person {
    pub name: String,
    pub sex: Sex,
    pub birth: Option<Day>,
    /// As written in the document; checked only when people are matched.
    pub id_number: String,
    pub phone: String,
    pub address: String,
    /// 住院号
    pub inpatient_number: String,
    /// 健康卡号
    pub health_card: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Facility {
    pub name: String,
    pub code: String,
    pub department: String,
    pub ward: String,
    pub bed: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Diagnosis {
    pub name: String,
    /// Clinical edition of ICD-10; empty when the document gives none.
    pub icd10: String,
    /// 治疗结果 of this diagnosis, in words.
    pub outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Operation {
    pub name: String,
    /// ICD-9-CM-3
    pub code: String,
    pub on: Option<Day>,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Medicine {
    pub name: String,
    pub strength: String,
    pub dose: String,
    pub dose_unit: String,
    pub route: String,
    pub frequency: String,
    pub days: Option<u16>,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Measurement {
    pub name: String,
    /// LOINC; empty when the document gives none.
    pub code: String,
    /// As written: `13.50` stays `13.50`.
    pub value: String,
    pub unit: String,
    pub on: Option<Day>,
    pub reference: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discharge {
    /// The document's own number; with `version` it names one text for ever.
    pub id: String,
    pub version: u32,
    pub written: Option<Instant>,
    pub patient: Person,
    pub hospital: Facility,
    pub admitted: Option<Day>,
    pub discharged: Option<Day>,
    /// 入院情况
    pub admission_state: String,
    pub admission_diagnoses: Vec<Diagnosis>,
    pub discharge_diagnoses: Vec<Diagnosis>,
    pub operations: Vec<Operation>,
    /// 中医“四诊”观察结果
    pub tcm_examination: String,
    /// 治则治法
    pub treatment_plan: String,
    /// 诊疗过程描述
    pub course: String,
    /// 治疗结果, in words or by code of the table CV05.10.010
    pub outcome: String,
    /// 出院情况
    pub discharge_state: String,
    /// 出院时症状与体征
    pub symptoms_signs: String,
    /// 出院医嘱
    pub orders: String,
    /// 中药煎煮方法
    pub tcm_decoction: String,
    /// 中药用药方法
    pub tcm_usage: String,
    pub medicines: Vec<Medicine>,
    pub measurements: Vec<Measurement>,
    /// 阳性辅助检查结果
    pub positive_findings: String,
    pub allergies: Vec<String>,
    /// 住院医师
    pub attending: String,
    /// 上级医师
    pub senior: String,
    /// Sections of the original that have no field here, under their titles: nothing that was written is lost.
    pub other: Vec<(String, String)>,
}

impl Discharge {
    pub fn blank(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            version: 1,
            written: None,
            patient: Person::default(),
            hospital: Facility::default(),
            admitted: None,
            discharged: None,
            admission_state: String::new(),
            admission_diagnoses: vec![],
            discharge_diagnoses: vec![],
            operations: vec![],
            tcm_examination: String::new(),
            treatment_plan: String::new(),
            course: String::new(),
            outcome: String::new(),
            discharge_state: String::new(),
            symptoms_signs: String::new(),
            orders: String::new(),
            tcm_decoction: String::new(),
            tcm_usage: String::new(),
            medicines: vec![],
            measurements: vec![],
            positive_findings: String::new(),
            allergies: vec![],
            attending: String::new(),
            senior: String::new(),
            other: vec![],
        }
    }

    /// 实际住院天数: the day of admission counts, the day of discharge does not; one day at least.
    pub fn days(&self) -> Option<u32> {
        let days = self.discharged?.days_since(self.admitted?);
        u32::try_from(days).ok().map(|days| days.max(1))
    }

    /// What keeps the document from being taken in; empty = accepted.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = vec![];
        let missing = [
            (self.id.trim().is_empty(), "id"),
            (self.patient.name.trim().is_empty(), "patient.name"),
            (self.hospital.name.trim().is_empty(), "hospital.name"),
            (self.discharged.is_none(), "discharged"),
            (
                self.discharge_diagnoses.iter().all(|one| one.name.trim().is_empty()),
                "discharge_diagnoses",
            ),
        ];
        faults.extend(missing.iter().filter(|(empty, _)| *empty).map(|(_, f)| Fault::Missing(f)));
        if let (Some(admitted), Some(discharged)) = (self.admitted, self.discharged)
            && discharged < admitted
        {
            faults.push(Fault::DischargedBeforeAdmitted);
        }
        if let (Some(birth), Some(discharged)) = (self.patient.birth, self.discharged)
            && discharged < birth
        {
            faults.push(Fault::DischargedBeforeBorn);
        }
        faults
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The field by its name in the form.
    Missing(&'static str),
    DischargedBeforeAdmitted,
    DischargedBeforeBorn,
}

/// The first visit after a discharge is due within this many days.
pub const FIRST_VISIT_DAYS: i32 = 7;

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Discharge {
        let mut record = Discharge::blank("D-1");
        record.patient.name = "王秀英".to_owned();
        record.hospital.name = "县人民医院".to_owned();
        record.admitted = Day::new(2026, 11, 10);
        record.discharged = Day::new(2026, 11, 18);
        record.discharge_diagnoses =
            vec![Diagnosis { name: "高血压病3级".to_owned(), ..Diagnosis::default() }];
        record
    }

    #[test]
    fn what_is_missing_is_named_by_its_field() {
        assert_eq!(record().faults(), []);
        let mut bad = record();
        bad.hospital.name = " ".to_owned();
        bad.discharge_diagnoses.clear();
        assert_eq!(
            bad.faults(),
            [Fault::Missing("hospital.name"), Fault::Missing("discharge_diagnoses")]
        );
    }

    #[test]
    fn nobody_leaves_before_coming() {
        let mut bad = record();
        bad.discharged = Day::new(2026, 11, 9);
        assert_eq!(bad.faults(), [Fault::DischargedBeforeAdmitted]);
        assert_eq!((record().days(), bad.days()), (Some(8), None));
    }
}
