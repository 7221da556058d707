//! Which field of a discharge record stands where in WS/T 500.53-2016: section (LOINC) and data element (WS 363).
use crate::domain::share::discharge::Discharge;

/// OIDs of the Chinese shared documents.
pub const OID_DOCUMENT: &str = "2.16.156.10011.1.1";
pub const OID_ID_NUMBER: &str = "2.16.156.10011.1.3";
pub const OID_STAFF: &str = "2.16.156.10011.1.4";
pub const OID_ORGANIZATION: &str = "2.16.156.10011.1.5";
pub const OID_INPATIENT: &str = "2.16.156.10011.1.12";
pub const OID_HEALTH_CARD: &str = "2.16.156.10011.1.19";
pub const OID_DOCUMENT_TYPE: &str = "2.16.156.10011.2.4";
pub const OID_ELEMENT: &str = "2.16.156.10011.2.2.1";
pub const OID_SEX: &str = "2.16.156.10011.2.3.3.4";
pub const OID_ICD10: &str = "2.16.156.10011.2.3.3.11.5";
pub const OID_ICD9: &str = "2.16.156.10011.2.3.3.12";
pub const OID_LOINC: &str = "2.16.840.1.113883.6.1";
pub const TEMPLATE: &str = "2.16.156.10011.2.1.1.73";
pub const DOCUMENT_CODE: &str = "C0053";
pub const DOCUMENT_TITLE: &str = "出院小结";

/// A section of the document.
pub struct Section {
    pub loinc: &'static str,
    pub loinc_name: &'static str,
    pub title: &'static str,
}

pub const PROBLEMS: Section =
    Section { loinc: "11450-4", loinc_name: "PROBLEM LIST", title: "主要健康问题" };
pub const ADMISSION: Section =
    Section { loinc: "46241-6", loinc_name: "HOSPITAL ADMISSION DX", title: "入院诊断" };
pub const DISCHARGE: Section =
    Section { loinc: "11535-2", loinc_name: "HOSPITAL DISCHARGE DX", title: "出院诊断" };
pub const OPERATIONS: Section =
    Section { loinc: "47519-4", loinc_name: "HISTORY OF PROCEDURES", title: "手术操作" };
pub const PLAN: Section =
    Section { loinc: "18776-5", loinc_name: "TREATMENT PLAN", title: "治疗计划" };
pub const COURSE: Section =
    Section { loinc: "8648-8", loinc_name: "HOSPITAL COURSE", title: "住院过程" };
pub const ORDERS: Section =
    Section { loinc: "46209-3", loinc_name: "PROVIDER ORDERS", title: "医嘱" };
pub const LABORATORY: Section =
    Section { loinc: "30954-2", loinc_name: "STUDIES SUMMARY", title: "实验室检查" };
pub const ALLERGIES: Section =
    Section { loinc: "48765-2", loinc_name: "Allergies", title: "过敏史" };

pub const SECTIONS: [&Section; 9] = [
    &PROBLEMS,
    &ADMISSION,
    &DISCHARGE,
    &OPERATIONS,
    &PLAN,
    &COURSE,
    &ORDERS,
    &LABORATORY,
    &ALLERGIES,
];

pub const DE_DIAGNOSIS_CODE: &str = "DE05.01.024.00";
pub const DE_DIAGNOSIS_NAME: &str = "DE05.01.025.00";
pub const DE_OUTCOME: &str = "DE05.10.113.00";
pub const DE_DAYS: &str = "DE06.00.310.00";
pub const DE_STRENGTH: &str = "DE08.50.043.00";
pub const DE_DOSE: &str = "DE06.00.135.00";
pub const DE_DOSE_UNIT: &str = "DE08.50.024.00";
pub const DE_ROUTE: &str = "DE06.00.134.00";
pub const DE_FREQUENCY: &str = "DE06.00.133.00";

/// A text of the record with its place.
pub struct Narrative {
    pub section: &'static Section,
    pub element: &'static str,
    pub title: &'static str,
    get: fn(&Discharge) -> &String,
    set: fn(&mut Discharge) -> &mut String,
}

impl Narrative {
    pub fn text<'a>(&self, record: &'a Discharge) -> &'a str {
        (self.get)(record)
    }

    pub fn slot<'a>(&self, record: &'a mut Discharge) -> &'a mut String {
        (self.set)(record)
    }
}

macro_rules! narratives {
    ($($section:ident $element:literal $title:literal $field:ident,)+) => {
        /// The first of a section is where text without a data element goes.
        pub const NARRATIVES: &[Narrative] = &[$(Narrative {
            section: &$section,
            element: $element,
            title: $title,
            get: |record| &record.$field,
            set: |record| &mut record.$field,
        },)+];
    };
}

narratives! {
    PROBLEMS "DE05.10.148.00" "入院情况" admission_state,
    DISCHARGE "DE06.00.193.00" "出院情况" discharge_state,
    DISCHARGE "DE04.01.117.00" "出院时症状与体征" symptoms_signs,
    DISCHARGE "DE05.10.028.00" "中医“四诊”观察结果" tcm_examination,
    PLAN "DE06.00.300.00" "治则治法" treatment_plan,
    COURSE "DE06.00.296.00" "诊疗过程描述" course,
    COURSE "DE05.10.113.00" "治疗结果" outcome,
    ORDERS "DE06.00.287.00" "出院医嘱" orders,
    ORDERS "DE08.50.047.00" "中药煎煮方法" tcm_decoction,
    ORDERS "DE06.00.136.00" "中药用药方法" tcm_usage,
    LABORATORY "DE04.50.128.00" "阳性辅助检查结果" positive_findings,
}

pub fn by_element(element: &str) -> Option<&'static Narrative> {
    NARRATIVES.iter().find(|one| one.element == element)
}

/// Where the plain text of a section goes.
pub fn by_section(loinc: &str) -> Option<&'static Narrative> {
    NARRATIVES.iter().find(|one| one.section.loinc == loinc)
}

/// The number in the table 治疗结果 (CV05.10.010), as words; other codes stay as they are.
pub fn outcome_words(code: &str) -> &str {
    match code.trim() {
        "1" => "治愈",
        "2" => "好转",
        "3" => "稳定",
        "4" => "恶化",
        "5" => "死亡",
        "9" => "其他",
        other => other,
    }
}
