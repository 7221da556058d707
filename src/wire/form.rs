//! The discharge record as typed: JSON with the fields of WS/T 500.53 under English names. It is also how a record is
//! kept. Unknown keys are refused by name.
use serde::{Deserialize, Serialize};

use super::{WireError, time};
use crate::domain::age::{Day, Sex};
use crate::domain::instant::Instant;
use crate::domain::share::discharge::{
    Diagnosis, Discharge, Facility, Measurement, Medicine, Operation, Person,
};

const FORMAT: &str = "form";

/// A struct whose keys may be left out, are left out when empty, and are refused when unknown.
macro_rules! form {
    ($(#[$doc:meta])* $name:ident { $($field:ident : $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct $name { $(#[serde(skip_serializing_if = "is_empty")] pub(super) $field: $type,)+ }
    };
}

pub(super) trait Empty {
    fn empty(&self) -> bool;
}

pub(super) fn is_empty<T: Empty>(value: &T) -> bool {
    value.empty()
}

impl Empty for String {
    fn empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Empty for Vec<T> {
    fn empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Empty for Option<T> {
    fn empty(&self) -> bool {
        self.is_none()
    }
}

impl Empty for PersonForm {
    fn empty(&self) -> bool {
        false
    }
}

impl Empty for FacilityForm {
    fn empty(&self) -> bool {
        false
    }
}

pub(super) use form;

form! { PersonForm {
    name: String, sex: String, birth: String, id_number: String, phone: String, address: String,
    inpatient_number: String, health_card: String,
} }
form! { FacilityForm { name: String, code: String, department: String, ward: String, bed: String, } }
form! { DiagnosisForm { name: String, icd10: String, outcome: String, } }
form! { OperationForm { name: String, code: String, on: String, note: String, } }
form! { MedicineForm {
    name: String, strength: String, dose: String, dose_unit: String, route: String, frequency: String,
    days: Option<u16>, note: String,
} }
form! { MeasurementForm {
    name: String, code: String, value: String, unit: String, on: String, reference: String,
} }
form! { SectionForm { title: String, text: String, } }
form! {
    /// Field by field the domain's `Discharge`.
    Form {
        kind: String, id: String, version: Option<u32>, written: String, patient: PersonForm,
        hospital: FacilityForm, admitted: String, discharged: String, admission_state: String,
        admission_diagnoses: Vec<DiagnosisForm>, discharge_diagnoses: Vec<DiagnosisForm>,
        operations: Vec<OperationForm>, tcm_examination: String, treatment_plan: String, course: String,
        outcome: String, discharge_state: String, symptoms_signs: String, orders: String,
        tcm_decoction: String, tcm_usage: String, medicines: Vec<MedicineForm>,
        measurements: Vec<MeasurementForm>, positive_findings: String, allergies: Vec<String>,
        attending: String, senior: String, other: Vec<SectionForm>,
    }
}

pub(super) fn day(field: &str, text: &str) -> Result<Option<Day>, WireError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    time::day(text).map(Some).ok_or_else(|| {
        WireError::unreadable(FORMAT, format!("{field}: {text:?} is no day (2026-11-24)"))
    })
}

pub(super) fn moment(field: &str, text: &str) -> Result<Option<Instant>, WireError> {
    match text.trim() {
        "" => Ok(None),
        text => time::moment(text).map(Some).ok_or_else(|| {
            WireError::unreadable(FORMAT, format!("{field}: {text:?} is no moment"))
        }),
    }
}

pub(super) fn day_text(day: Option<Day>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// Reads a form.
pub fn read(text: &str) -> Result<Discharge, WireError> {
    let form: Form = serde_json::from_str(text)
        .map_err(|error| WireError::unreadable(FORMAT, error.to_string()))?;
    if !form.kind.is_empty() && form.kind != "discharge" {
        let what = format!("kind {:?} is not known (discharge)", form.kind);
        return Err(WireError::unreadable(FORMAT, what));
    }
    let diagnoses = |forms: Vec<DiagnosisForm>| -> Vec<Diagnosis> {
        let one = |d: DiagnosisForm| Diagnosis { name: d.name, icd10: d.icd10, outcome: d.outcome };
        forms.into_iter().map(one).collect()
    };
    let written = moment("written", &form.written)?;
    Ok(Discharge {
        id: form.id,
        version: form.version.unwrap_or(1).max(1),
        written,
        patient: person(form.patient)?,
        hospital: Facility {
            name: form.hospital.name,
            code: form.hospital.code,
            department: form.hospital.department,
            ward: form.hospital.ward,
            bed: form.hospital.bed,
        },
        admitted: day("admitted", &form.admitted)?,
        discharged: day("discharged", &form.discharged)?,
        admission_state: form.admission_state,
        admission_diagnoses: diagnoses(form.admission_diagnoses),
        discharge_diagnoses: diagnoses(form.discharge_diagnoses),
        operations: form.operations.into_iter().map(operation).collect::<Result<_, _>>()?,
        tcm_examination: form.tcm_examination,
        treatment_plan: form.treatment_plan,
        course: form.course,
        outcome: form.outcome,
        discharge_state: form.discharge_state,
        symptoms_signs: form.symptoms_signs,
        orders: form.orders,
        tcm_decoction: form.tcm_decoction,
        tcm_usage: form.tcm_usage,
        medicines: form.medicines.into_iter().map(medicine).collect(),
        measurements: form.measurements.into_iter().map(measurement).collect::<Result<_, _>>()?,
        positive_findings: form.positive_findings,
        allergies: form.allergies,
        attending: form.attending,
        senior: form.senior,
        other: form.other.into_iter().map(|s| (s.title, s.text)).collect(),
    })
}

pub(super) fn person(p: PersonForm) -> Result<Person, WireError> {
    Ok(Person {
        sex: sex(&p.sex)?,
        birth: day("patient.birth", &p.birth)?,
        name: p.name,
        id_number: p.id_number,
        phone: p.phone,
        address: p.address,
        inpatient_number: p.inpatient_number,
        health_card: p.health_card,
    })
}

pub(super) fn person_form(p: Person) -> PersonForm {
    PersonForm {
        name: p.name,
        sex: p.sex.id().to_owned(),
        birth: day_text(p.birth),
        id_number: p.id_number,
        phone: p.phone,
        address: p.address,
        inpatient_number: p.inpatient_number,
        health_card: p.health_card,
    }
}

fn sex(text: &str) -> Result<Sex, WireError> {
    if text.trim().is_empty() {
        return Ok(Sex::Unknown);
    }
    Sex::parse(text).ok_or_else(|| {
        WireError::unreadable(FORMAT, format!("patient.sex: {text:?} (male female unknown 男 女)"))
    })
}

fn operation(form: OperationForm) -> Result<Operation, WireError> {
    let on = day("operations.on", &form.on)?;
    Ok(Operation { name: form.name, code: form.code, on, note: form.note })
}

pub(super) fn medicine(form: MedicineForm) -> Medicine {
    Medicine {
        name: form.name,
        strength: form.strength,
        dose: form.dose,
        dose_unit: form.dose_unit,
        route: form.route,
        frequency: form.frequency,
        days: form.days,
        note: form.note,
    }
}

pub(super) fn measurement(form: MeasurementForm) -> Result<Measurement, WireError> {
    let on = day("measurements.on", &form.on)?;
    let MeasurementForm { name, code, value, unit, reference, .. } = form;
    Ok(Measurement { name, code, value, unit, on, reference })
}

/// Writes the form that [`read`] reads back as the same record.
pub fn write(record: &Discharge) -> Result<String, WireError> {
    let diagnoses = |diagnoses: &[Diagnosis]| -> Vec<DiagnosisForm> {
        diagnoses
            .iter()
            .map(|d| DiagnosisForm {
                name: d.name.clone(),
                icd10: d.icd10.clone(),
                outcome: d.outcome.clone(),
            })
            .collect()
    };
    let r = record.clone();
    let form = Form {
        kind: "discharge".to_owned(),
        id: r.id,
        version: Some(r.version),
        written: r.written.map(time::iso).unwrap_or_default(),
        patient: person_form(r.patient),
        hospital: FacilityForm {
            name: r.hospital.name,
            code: r.hospital.code,
            department: r.hospital.department,
            ward: r.hospital.ward,
            bed: r.hospital.bed,
        },
        admitted: day_text(r.admitted),
        discharged: day_text(r.discharged),
        admission_state: r.admission_state,
        admission_diagnoses: diagnoses(&record.admission_diagnoses),
        discharge_diagnoses: diagnoses(&record.discharge_diagnoses),
        operations: r.operations.into_iter().map(operation_form).collect(),
        tcm_examination: r.tcm_examination,
        treatment_plan: r.treatment_plan,
        course: r.course,
        outcome: r.outcome,
        discharge_state: r.discharge_state,
        symptoms_signs: r.symptoms_signs,
        orders: r.orders,
        tcm_decoction: r.tcm_decoction,
        tcm_usage: r.tcm_usage,
        medicines: r.medicines.into_iter().map(medicine_form).collect(),
        measurements: r.measurements.into_iter().map(measurement_form).collect(),
        positive_findings: r.positive_findings,
        allergies: r.allergies,
        attending: r.attending,
        senior: r.senior,
        other: r.other.into_iter().map(|(title, text)| SectionForm { title, text }).collect(),
    };
    serde_json::to_string(&form).map_err(|error| WireError::unreadable(FORMAT, error.to_string()))
}

fn operation_form(o: Operation) -> OperationForm {
    OperationForm { name: o.name, code: o.code, on: day_text(o.on), note: o.note }
}

pub(super) fn medicine_form(m: Medicine) -> MedicineForm {
    MedicineForm {
        name: m.name,
        strength: m.strength,
        dose: m.dose,
        dose_unit: m.dose_unit,
        route: m.route,
        frequency: m.frequency,
        days: m.days,
        note: m.note,
    }
}

pub(super) fn measurement_form(m: Measurement) -> MeasurementForm {
    MeasurementForm {
        name: m.name,
        code: m.code,
        value: m.value,
        unit: m.unit,
        on: day_text(m.on),
        reference: m.reference,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An invented patient with something in every field.
    pub const FULL: &str = r#"{"kind":"discharge","id":"CY20261118-007","version":1,"written":"2026-11-18T10:20:30+08:00",
"patient":{"name":"欧阳秀英","sex":"女","birth":"1949-12-31","id_number":"11010519491231002X","phone":"13800001234","address":"柳溪村三组","inpatient_number":"ZY0012345","health_card":"HC998"},
"hospital":{"name":"柳溪县人民医院","code":"H36048100001","department":"心血管内科","ward":"三病区","bed":"12"},
"admitted":"2026-11-10","discharged":"2026-11-18","admission_state":"头晕3天，血压 186/112 mmHg <入院>",
"admission_diagnoses":[{"name":"高血压病3级 很高危","icd10":"I10.x05"}],
"discharge_diagnoses":[{"name":"高血压病3级 很高危","icd10":"I10.x05","outcome":"好转"},{"name":"2型糖尿病","icd10":"E11.900"}],
"operations":[{"name":"冠状动脉造影","code":"88.5500x001","on":"2026-11-12","note":"桡动脉入路"}],
"tcm_examination":"舌红苔黄","treatment_plan":"平肝潜阳","course":"入院后予氨氯地平、二甲双胍，血压渐降。\n第二段 & 续","outcome":"好转","discharge_state":"一般情况可，血压 138/84 mmHg",
"symptoms_signs":"无头晕","orders":"低盐饮食；1周后门诊复查","tcm_decoction":"水煎服","tcm_usage":"日一剂",
"medicines":[{"name":"苯磺酸氨氯地平片","strength":"5mg","dose":"5","dose_unit":"mg","route":"口服","frequency":"qd","days":28,"note":"晨服"},{"name":"二甲双胍片","strength":"0.5g","dose":"0.50","dose_unit":"g","route":"口服","frequency":"tid"}],
"measurements":[{"name":"空腹血糖","code":"1558-6","value":"13.50","unit":"mmol/L","on":"2026-11-11","reference":"3.9-6.1"},{"name":"尿蛋白","value":"阴性"}],
"positive_findings":"心电图：左室高电压","allergies":["青霉素"],"attending":"李梅","senior":"陈刚","other":[{"title":"健康教育","text":"戒烟"}]}"#;

    #[test]
    fn a_form_is_written_as_it_was_read() {
        let record = read(FULL).unwrap();
        assert_eq!(record.faults(), []);
        assert_eq!(read(&write(&record).unwrap()).unwrap(), record);
        assert_eq!(record.medicines[1].dose, "0.50");
    }

    #[test]
    fn an_unknown_key_and_a_bad_day_are_named() {
        let unknown = read(r#"{"id":"1","dischargd":"2026-11-18"}"#).unwrap_err().to_string();
        assert!(unknown.contains("dischargd"), "{unknown}");
        let bad = read(r#"{"id":"1","discharged":"18.11.2026"}"#).unwrap_err().to_string();
        assert!(bad.contains("discharged") && bad.contains("18.11.2026"), "{bad}");
    }
}
