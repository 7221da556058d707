//! How a visit and a patient look inside a JSON column: own types, converted by hand. Fields are only ever added,
//! with a default; what is signed is read for as long as it is kept.
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::domain::audit::Hash;
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::role::{Role, UserId};
use crate::domain::visit::{
    AdviceShown, AlertAnswer, AlertShown, AlertTier, AnswerReason, Certainty, ChosenDiagnosis,
    Polarity, Prescription, PrescriptionLine, RecordedFinding, SecondSignature, SecondSignatureId,
    Setting, ShownCondition, ShownRule, SkinTest, Triage, TriageLevel, Visit, VisitId, WayOut,
};

#[derive(Serialize, Deserialize)]
pub(super) struct VisitRow {
    patient: i64,
    doctor: i64,
    opened: i64,
    setting: String,
    note: String,
    #[serde(default)]
    findings: Vec<FindingRow>,
    #[serde(default)]
    diagnoses: Vec<DiagnosisRow>,
    triage: Option<TriageRow>,
    advice: AdviceRow,
    #[serde(default)]
    lines: Vec<LineRow>,
    #[serde(default)]
    alerts: Vec<AlertRow>,
    supersedes: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct FindingRow {
    concept: String,
    name: String,
    polarity: String,
    #[serde(default)]
    of_family: bool,
    #[serde(default)]
    past: bool,
    value: Option<String>,
    unit: Option<String>,
    start: u32,
    end: u32,
    #[serde(default)]
    corrected: bool,
}

#[derive(Serialize, Deserialize)]
struct DiagnosisRow {
    name: String,
    icd10: String,
    condition: Option<String>,
    certainty: String,
}

#[derive(Serialize, Deserialize)]
struct TriageRow {
    level: String,
    why: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct AdviceRow {
    differential: Vec<ConditionRow>,
    do_not_miss: Vec<RuleRow>,
    plans: Vec<RuleRow>,
    knowledge: String,
    model: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ConditionRow {
    rank: u16,
    condition: String,
    name: String,
    probability: f64,
}

#[derive(Serialize, Deserialize)]
struct RuleRow {
    rule: String,
    name: String,
}

#[derive(Serialize, Deserialize)]
struct LineRow {
    drug: Option<String>,
    name: String,
    strength: String,
    dose: String,
    dose_unit: String,
    route: String,
    frequency: String,
    days: Option<u16>,
    quantity: Option<u32>,
    quantity_unit: String,
    skin_test: Option<String>,
    solvent: String,
    group: Option<u8>,
    remark: String,
}

#[derive(Serialize, Deserialize)]
struct AlertRow {
    rule: String,
    tier: String,
    category: String,
    message: String,
    drugs: String,
    lines: Vec<u16>,
    reason: Option<u8>,
    #[serde(default)]
    words: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    way_out: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    second: Option<SecondRow>,
}

#[derive(Serialize, Deserialize)]
struct SecondRow {
    id: i64,
    signer: i64,
    name: String,
    role: String,
    at: i64,
    reason: String,
    lines: String,
}

pub(super) fn visit_to_json(visit: &Visit) -> Result<String, StoreError> {
    let row = VisitRow {
        patient: visit.patient.0,
        doctor: visit.doctor.0,
        opened: visit.opened.millis(),
        setting: visit.setting.id().to_owned(),
        note: visit.note.clone(),
        findings: visit.findings.iter().map(finding_row).collect(),
        diagnoses: visit.diagnoses.iter().map(diagnosis_row).collect(),
        triage: visit
            .triage
            .as_ref()
            .map(|t| TriageRow { level: t.level.id().to_owned(), why: t.why.clone() }),
        advice: advice_row(&visit.advice),
        lines: visit.prescription.lines.iter().map(line_row).collect(),
        alerts: visit.prescription.alerts.iter().map(alert_row).collect(),
        supersedes: visit.supersedes.map(|id| id.0),
    };
    serde_json::to_string(&row).map_err(|error| StoreError::unreadable(format!("visit: {error}")))
}

pub(super) fn visit_from_json(text: &str) -> Result<Visit, StoreError> {
    let row: VisitRow = serde_json::from_str(text)
        .map_err(|error| StoreError::unreadable(format!("visit: {error}")))?;
    Ok(Visit {
        patient: PatientId(row.patient),
        doctor: UserId(row.doctor),
        opened: Instant::from_millis(row.opened),
        setting: word("setting", &row.setting, Setting::parse)?,
        note: row.note,
        findings: row.findings.into_iter().map(finding).collect::<Result<_, _>>()?,
        diagnoses: row.diagnoses.into_iter().map(diagnosis).collect::<Result<_, _>>()?,
        triage: row.triage.map(triage).transpose()?,
        advice: advice(row.advice),
        prescription: Prescription {
            lines: row.lines.into_iter().map(line).collect::<Result<_, _>>()?,
            alerts: row.alerts.into_iter().map(alert).collect::<Result<_, _>>()?,
        },
        supersedes: row.supersedes.map(VisitId),
    })
}

/// The lines of a template, as a visit keeps its own.
pub(super) fn lines_to_json(lines: &[PrescriptionLine]) -> Result<String, StoreError> {
    let rows: Vec<LineRow> = lines.iter().map(line_row).collect();
    serde_json::to_string(&rows)
        .map_err(|error| StoreError::unreadable(format!("template: {error}")))
}

pub(super) fn lines_from_json(text: &str) -> Result<Vec<PrescriptionLine>, StoreError> {
    let rows: Vec<LineRow> = serde_json::from_str(text)
        .map_err(|error| StoreError::unreadable(format!("template: {error}")))?;
    rows.into_iter().map(line).collect()
}

/// Reads a word of a fixed list, or says which word is not in it.
pub(super) fn word<T>(
    what: &str,
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, StoreError> {
    parse(text).ok_or_else(|| StoreError::unreadable(format!("{what} {text:?}")))
}

fn finding_row(f: &RecordedFinding) -> FindingRow {
    FindingRow {
        concept: f.concept.clone(),
        name: f.name.clone(),
        polarity: f.polarity.id().to_owned(),
        of_family: f.of_family,
        past: f.past,
        value: f.value.clone(),
        unit: f.unit.clone(),
        start: f.start,
        end: f.end,
        corrected: f.corrected,
    }
}

fn finding(row: FindingRow) -> Result<RecordedFinding, StoreError> {
    Ok(RecordedFinding {
        polarity: word("polarity", &row.polarity, Polarity::parse)?,
        concept: row.concept,
        name: row.name,
        of_family: row.of_family,
        past: row.past,
        value: row.value,
        unit: row.unit,
        start: row.start,
        end: row.end,
        corrected: row.corrected,
    })
}

fn diagnosis_row(d: &ChosenDiagnosis) -> DiagnosisRow {
    DiagnosisRow {
        name: d.name.clone(),
        icd10: d.icd10.clone(),
        condition: d.condition.clone(),
        certainty: d.certainty.id().to_owned(),
    }
}

fn diagnosis(row: DiagnosisRow) -> Result<ChosenDiagnosis, StoreError> {
    let certainty = word("certainty", &row.certainty, Certainty::parse)?;
    Ok(ChosenDiagnosis { name: row.name, icd10: row.icd10, condition: row.condition, certainty })
}

fn triage(row: TriageRow) -> Result<Triage, StoreError> {
    Ok(Triage { level: word("triage", &row.level, TriageLevel::parse)?, why: row.why })
}

fn advice_row(advice: &AdviceShown) -> AdviceRow {
    let rules = |rules: &[ShownRule]| {
        rules.iter().map(|r| RuleRow { rule: r.rule.clone(), name: r.name.clone() }).collect()
    };
    let conditions = advice.differential.iter().map(|c| ConditionRow {
        rank: c.rank,
        condition: c.condition.clone(),
        name: c.name.clone(),
        probability: c.probability,
    });
    AdviceRow {
        differential: conditions.collect(),
        do_not_miss: rules(&advice.do_not_miss),
        plans: rules(&advice.plans),
        knowledge: advice.knowledge.clone(),
        model: advice.model.clone(),
    }
}

fn advice(row: AdviceRow) -> AdviceShown {
    let rules = |rules: Vec<RuleRow>| {
        rules.into_iter().map(|r| ShownRule { rule: r.rule, name: r.name }).collect()
    };
    let conditions = row.differential.into_iter().map(|c| ShownCondition {
        rank: c.rank,
        condition: c.condition,
        name: c.name,
        probability: c.probability,
    });
    AdviceShown {
        differential: conditions.collect(),
        do_not_miss: rules(row.do_not_miss),
        plans: rules(row.plans),
        knowledge: row.knowledge,
        model: row.model,
    }
}

fn line_row(l: &PrescriptionLine) -> LineRow {
    LineRow {
        drug: l.drug.clone(),
        name: l.name.clone(),
        strength: l.strength.clone(),
        dose: l.dose.clone(),
        dose_unit: l.dose_unit.clone(),
        route: l.route.clone(),
        frequency: l.frequency.clone(),
        days: l.days,
        quantity: l.quantity,
        quantity_unit: l.quantity_unit.clone(),
        skin_test: l.skin_test.map(|test| test.id().to_owned()),
        solvent: l.solvent.clone(),
        group: l.group,
        remark: l.remark.clone(),
    }
}

fn line(row: LineRow) -> Result<PrescriptionLine, StoreError> {
    let skin_test =
        row.skin_test.map(|test| word("skin test", &test, SkinTest::parse)).transpose()?;
    Ok(PrescriptionLine {
        drug: row.drug,
        name: row.name,
        strength: row.strength,
        dose: row.dose,
        dose_unit: row.dose_unit,
        route: row.route,
        frequency: row.frequency,
        days: row.days,
        quantity: row.quantity,
        quantity_unit: row.quantity_unit,
        skin_test,
        solvent: row.solvent,
        group: row.group,
        remark: row.remark,
    })
}

fn alert_row(a: &AlertShown) -> AlertRow {
    AlertRow {
        rule: a.rule.clone(),
        tier: a.tier.id().to_owned(),
        category: a.category.clone(),
        message: a.message.clone(),
        drugs: a.drugs.clone(),
        lines: a.lines.clone(),
        reason: a.answer.as_ref().map(|answer| answer.reason.code()),
        words: a.answer.as_ref().map(|answer| answer.text.clone()).unwrap_or_default(),
        way_out: if a.tier == AlertTier::Stop { a.way_out.id() } else { "" }.to_owned(),
        second: a.second.as_ref().map(|second| SecondRow {
            id: second.id.0,
            signer: second.signer.0,
            name: second.name.clone(),
            role: second.role.id().to_owned(),
            at: second.at.millis(),
            reason: second.reason.clone(),
            lines: second.lines.to_string(),
        }),
    }
}

fn alert(row: AlertRow) -> Result<AlertShown, StoreError> {
    let answer = match row.reason {
        None => None,
        Some(code) => {
            let reason = AnswerReason::from_code(code)
                .ok_or_else(|| StoreError::unreadable(format!("reason {code}")))?;
            Some(AlertAnswer { reason, text: row.words })
        }
    };
    Ok(AlertShown {
        tier: word("tier", &row.tier, AlertTier::parse)?,
        rule: row.rule,
        category: row.category,
        message: row.message,
        drugs: row.drugs,
        lines: row.lines,
        answer,
        way_out: match row.way_out.as_str() {
            "" => WayOut::default(),
            id => word("way out", id, WayOut::parse)?,
        },
        second: row.second.map(second).transpose()?,
    })
}

fn second(row: SecondRow) -> Result<SecondSignature, StoreError> {
    Ok(SecondSignature {
        id: SecondSignatureId(row.id),
        signer: UserId(row.signer),
        name: row.name,
        role: word("role", &row.role, Role::parse)?,
        at: Instant::from_millis(row.at),
        reason: row.reason,
        lines: word("digest of lines", &row.lines, Hash::parse)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_signed_by_an_older_program_is_still_read() {
        let oldest = r#"{"patient":1,"doctor":2,"opened":3,"setting":"village","note":"n","triage":null,
            "advice":{"differential":[],"do_not_miss":[],"plans":[],"knowledge":"k","model":null},"supersedes":null}"#;
        let visit = visit_from_json(oldest).unwrap();
        assert_eq!((visit.note.as_str(), visit.advice.knowledge.as_str()), ("n", "k"));
    }

    #[test]
    fn a_word_outside_its_list_is_named_and_not_guessed() {
        let odd = r#"{"patient":1,"doctor":2,"opened":3,"setting":"city","note":"n","triage":null,
            "advice":{"differential":[],"do_not_miss":[],"plans":[],"knowledge":"k","model":null},"supersedes":null}"#;
        assert_eq!(
            visit_from_json(odd).unwrap_err().to_string(),
            "a row cannot be read: setting \"city\""
        );
    }
}
