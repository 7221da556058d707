//! The names that a key may have. Case, `-` and blanks do not matter; Chinese names of values are keys too.
use crate::domain::catalog::follow_up::{FollowUpBook, plain};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    Id,
    Programme,
    Date,
    Mode,
    Patient,
    Visit,
    History,
    Region,
    Sex,
    Age,
    Birth,
    Enrolled,
    AnnualCheck,
    Conditions,
    FamilyHistory,
    Symptoms,
    Pressure,
    Glucose,
    GlucoseKind,
    Weeks,
    Adherence,
    Adr,
    Complication,
    Complications,
    Salt,
    Alcohol,
    Smoking,
    Hypoglycaemia,
    Provenance,
    Class,
    Classes,
    PreviousClass,
    Number(&'static str),
    Measure(String),
    /// Holds or not: `unmanageable`, `tolerates_140_90`, `severe_headache`.
    Sign(String),
    /// Kept on the form, decides nothing.
    Ignored,
}

pub(super) fn unknown(name: &str) -> String {
    format!("不认识的键：{name}（见 docs/cli.md 的 followup evaluate；不用的请删去）")
}

pub(super) fn find(book: &FollowUpBook, name: &str) -> Option<Key> {
    let asked = name.trim().to_lowercase().replace(['-', ' '], "_");
    if let Some(key) = known(&asked) {
        return Some(key);
    }
    let words = plain(name);
    let measure = book
        .measures
        .iter()
        .find(|m| [&m.id, &m.zh].into_iter().chain(&m.names).any(|n| plain(n) == words));
    if let Some(measure) = measure {
        return Some(Key::Measure(measure.id.clone()));
    }
    book.sign_named(name).map(|sign| Key::Sign(sign.id.clone()))
}

fn known(name: &str) -> Option<Key> {
    Some(match name {
        "id" | "visit_id" | "patient_id" | "编号" => Key::Id,
        "programme" | "programmes" | "program" | "programs" | "项目" => Key::Programme,
        "date" | "visit_date" | "day" | "随访日期" | "日期" => Key::Date,
        "mode" | "method" | "way" | "visit_type" | "visit_mode" | "随访方式" | "方式" => {
            Key::Mode
        }
        "patient" | "person" | "患者" => Key::Patient,
        "visit" | "current" | "values" | "measurements" | "measures" | "lifestyle" | "本次"
        | "vitals" | "labs" => Key::Visit,
        "history" | "previous_visits" | "previous" | "visits" | "past" | "既往随访" => {
            Key::History
        }
        "region" | "地区" => Key::Region,
        "sex" | "gender" | "性别" => Key::Sex,
        "age" | "age_years" | "years" | "年龄" => Key::Age,
        "birth" | "birth_date" | "birthday" | "birthdate" | "date_of_birth" | "dob" | "born"
        | "出生日期" => Key::Birth,
        "enrolled" | "enrolled_on" | "enrolled_from" | "managed" | "registered" | "建档日期" => {
            Key::Enrolled
        }
        "annual_check" | "annual_check_date" | "last_annual_check" | "annual_check_on"
        | "annual_exam" | "health_check" | "last_health_check" | "annual_check_done" | "年检" => {
            Key::AnnualCheck
        }
        "conditions" | "condition" | "diagnoses" | "diagnosis" | "comorbidities" | "problems"
        | "diseases" | "history_of" | "诊断" | "合并症" | "疾病" => Key::Conditions,
        "family_history" | "family" | "家族史" => Key::FamilyHistory,
        "symptoms" | "symptom" | "symptom_codes" | "signs" | "danger_signs" | "症状"
        | "complaints" => Key::Symptoms,
        "bp" | "blood_pressure" | "血压" | "pressure" => Key::Pressure,
        "sbp" | "systolic" | "bp_systolic" | "systolic_bp" => Key::Number("sbp"),
        "dbp" | "diastolic" | "bp_diastolic" | "diastolic_bp" => Key::Number("dbp"),
        "fbg" | "fpg" | "fasting_glucose" | "glucose_fasting" | "fasting_blood_glucose" => {
            Key::Number("fbg")
        }
        "ppg"
        | "postprandial_glucose"
        | "glucose_postprandial"
        | "glucose_postmeal"
        | "postmeal_glucose"
        | "pbg"
        | "glucose_2h"
        | "ppbg" => Key::Number("ppg"),
        "rbg" | "random_glucose" | "glucose_random" | "random_blood_glucose" => {
            Key::Number("random-glucose")
        }
        "glucose" | "blood_glucose" | "bg" | "血糖" | "blood_sugar" => Key::Glucose,
        "glucose_kind" | "glucose_type" | "glucose_when" | "血糖类型" => Key::GlucoseKind,
        "heart_rate" | "hr" | "pulse" | "pulse_rate" => Key::Number("heart-rate"),
        "temperature" | "temp" | "body_temperature" | "temperature_c" => Key::Number("temperature"),
        "respiration" | "rr" | "respiratory_rate" => Key::Number("respiration"),
        "spo2" => Key::Number("spo2"),
        "weight" | "weight_kg" => Key::Number("weight"),
        "height" | "height_cm" => Key::Number("height"),
        "waist" | "waist_cm" => Key::Number("waist"),
        "ldl_c" => Key::Number("ldl"),
        "alcohol_ml" | "spirits_ml" | "spirits_ml_per_day" | "spirits_ml_day" | "liquor_ml"
        | "baijiu_ml" | "alcohol_ml_day" | "alcohol_ml_per_day" => Key::Number("liquor-ml"),
        "alcohol_liang" | "liquor_liang" | "spirits_liang" => Key::Number("liquor"),
        "cigarettes" | "cigarettes_per_day" => Key::Number("cigarettes"),
        "exercise_minutes" => Key::Number("exercise-minutes"),
        "exercise_times" => Key::Number("exercise-times"),
        "staple_food" | "staple_food_g" => Key::Number("staple-food"),
        "postpartum_days" => Key::Number("postpartum-days"),
        "treatment_days" => Key::Number("treatment-days"),
        "gestation_days" => Key::Number("gestation-days"),
        "risk" | "risk_level" => Key::Number("risk-level"),
        "pregnant_weeks"
        | "gestation_weeks"
        | "gestational_weeks"
        | "gestational_age_weeks"
        | "孕周" => Key::Weeks,
        "pregnant" => Key::Sign("pregnant".to_owned()),
        "lactating" | "breastfeeding" => Key::Sign("lactating".to_owned()),
        "adherence" | "medication_adherence" | "服药依从性" | "依从性" => Key::Adherence,
        "adr"
        | "adverse_reaction"
        | "adverse_reactions"
        | "adverse_drug_reaction"
        | "side_effects"
        | "不良反应"
        | "药物不良反应" => Key::Adr,
        "adr_hard"
        | "adr_uncontrolled"
        | "adr_hard_to_control"
        | "adr_difficult"
        | "adr_intractable" => Key::Sign("adr-hard".to_owned()),
        "complication"
        | "new_complication"
        | "new_complications"
        | "complication_new"
        | "complication_worse"
        | "complication_worsened"
        | "worse_complication"
        | "new_or_worse_complication"
        | "新发并发症"
        | "new_or_worsened_complication"
        | "complication_worsening"
        | "complication_new_or_worse" => Key::Complication,
        "complications" | "并发症" => Key::Complications,
        "unmanageable"
        | "other_unmanageable"
        | "unmanageable_other"
        | "cannot_manage"
        | "unmanageable_disease"
        | "other_disease_unmanageable"
        | "other_unmanageable_disease"
        | "cannot_handle"
        | "unmanageable_condition" => Key::Sign("unmanageable".to_owned()),
        "tolerates_140_90"
        | "tolerates_lower"
        | "tolerates"
        | "tolerates_lower_target"
        | "能耐受" => Key::Sign("tolerates-140-90".to_owned()),
        "secondary_suspected" | "suspected_secondary" | "secondary_hypertension_suspected" => {
            Key::Sign("secondary-suspected".to_owned())
        }
        "salt" | "salt_intake" | "摄盐" => Key::Salt,
        "high_salt" => Key::Sign("salt-high".to_owned()),
        "alcohol" | "drinking" | "饮酒" | "spirits" => Key::Alcohol,
        "smoking" | "smoker" | "smoke" | "吸烟" => Key::Smoking,
        "hypoglycaemia" | "hypoglycemia" | "低血糖" | "低血糖反应" => Key::Hypoglycaemia,
        "provenance" | "source" | "来源" => Key::Provenance,
        "class" | "classification" | "随访分类" | "分类" => Key::Class,
        "classes" => Key::Classes,
        "previous_class" | "prev_class" | "last_class" | "上次分类" => Key::PreviousClass,
        "name" | "姓名" | "phone" | "address" | "doctor" | "note" | "notes" | "remark"
        | "comment" | "drugs" | "medications" | "medication" | "drug" | "用药" | "exercise"
        | "运动" | "psychology" | "mind" | "心理" | "compliance" | "遵医行为" | "foot_pulse"
        | "足背动脉" | "insulin" | "tests" | "辅助检查" | "referral" | "referred" | "next_date"
        | "controlled" | "setting" | "weight_target" | "bmi_target" | "hba1c_date"
        | "target_weight" | "target_bmi" | "village" | "household" | "reachable"
        | "unreachable" | "as_of" | "today" | "face_to_face" | "diet" | "created" | "reason"
        | "education" => Key::Ignored,
        _ => return None,
    })
}
