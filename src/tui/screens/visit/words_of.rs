//! The words for what stands in a visit: levels, tiers, findings, diagnoses, lines, answers.
use crate::{
    domain::rx::signa,
    domain::visit::{
        AlertAnswer, AlertTier, AnswerReason, Certainty, ChosenDiagnosis, Polarity,
        PrescriptionLine, RecordedFinding, SecondSignature, SkinTest, TriageLevel,
    },
    services::print::Printed,
    tui::{
        state::Shared,
        text::{Lang, T, chart, rx_tools, visit as words},
        theme::Role,
    },
};

pub const fn level(level: TriageLevel) -> T {
    match level {
        TriageLevel::Emergency => words::LEVEL_EMERGENCY,
        TriageLevel::Urgent => words::LEVEL_URGENT,
        TriageLevel::Routine => words::LEVEL_ROUTINE,
        TriageLevel::SelfCare => words::LEVEL_SELF_CARE,
    }
}

pub const fn triage(level: TriageLevel) -> T {
    match level {
        TriageLevel::Emergency => words::TRIAGE_EMERGENCY,
        TriageLevel::Urgent => words::TRIAGE_URGENT,
        TriageLevel::Routine => words::TRIAGE_ROUTINE,
        TriageLevel::SelfCare => words::TRIAGE_SELF_CARE,
    }
}

pub const fn level_role(level: TriageLevel) -> Role {
    match level {
        TriageLevel::Emergency => Role::Danger,
        TriageLevel::Urgent => Role::Warning,
        TriageLevel::Routine => Role::Base,
        TriageLevel::SelfCare => Role::Good,
    }
}

/// ` 43%`; what rounds to nothing is still something.
pub fn share(probability: f64) -> String {
    if probability < 0.005 { " <1%".to_owned() } else { format!("{:>3.0}%", probability * 100.0) }
}

pub const fn tier(tier: AlertTier) -> T {
    match tier {
        AlertTier::Stop => words::TIER_STOP,
        AlertTier::Warn => words::TIER_WARN,
        AlertTier::Note => words::TIER_NOTE,
        AlertTier::Log => words::TIER_LOG,
    }
}

pub const fn tier_role(tier: AlertTier) -> Role {
    match tier {
        AlertTier::Stop => Role::Danger,
        AlertTier::Warn => Role::Warning,
        AlertTier::Note => Role::Caution,
        AlertTier::Log => Role::Muted,
    }
}

pub const fn polarity(polarity: Polarity) -> T {
    match polarity {
        Polarity::Present => words::YES,
        Polarity::Absent => words::NO,
        Polarity::Possible => words::PERHAPS,
    }
}

pub const fn certainty(certainty: Certainty) -> T {
    match certainty {
        Certainty::Confirmed => words::SURE,
        Certainty::Suspected => words::SUSPECTED,
        Certainty::RuleOut => words::RULE_OUT,
    }
}

pub const fn reason(reason: AnswerReason) -> T {
    match reason {
        AnswerReason::WillMonitor => words::REASON_1,
        AnswerReason::ToleratedBefore => words::REASON_2,
        AnswerReason::BenefitOutweighs => words::REASON_3,
        AnswerReason::DoseReduced => words::REASON_4,
        AnswerReason::NoAlternative => words::REASON_5,
        AnswerReason::ContinuedFromAbove => words::REASON_6,
        AnswerReason::RecordWrong => words::REASON_7,
        AnswerReason::RuleDoesNotFit => words::REASON_8,
        AnswerReason::Other => words::REASON_9,
    }
}

pub fn answer(answer: &AlertAnswer, lang: Lang) -> String {
    let text = format!(
        "{} {}{}",
        words::ANSWERED.get(lang),
        answer.reason.code(),
        reason(answer.reason).get(lang)
    );
    if answer.text.is_empty() { text } else { format!("{text}：{}", answer.text) }
}

/// The doctor's answer, or who signed second; empty when there is neither.
pub fn answered(
    (given, second): (&Option<AlertAnswer>, &Option<SecondSignature>),
    lang: Lang,
) -> String {
    match (second, given) {
        (Some(second), _) => rx_tools::SECOND_BY.with(lang, &[&second.words()]),
        (None, Some(given)) => answer(given, lang),
        (None, None) => String::new(),
    }
}

pub fn finding(finding: &RecordedFinding, lang: Lang) -> String {
    let mut text = format!("{} {}", polarity(finding.polarity).get(lang), finding.name);
    if let Some(value) = &finding.value {
        text.push_str(&format!(" {value}{}", finding.unit.as_deref().unwrap_or_default()));
    }
    for (is, word) in [
        (finding.of_family, words::OF_FAMILY),
        (finding.past, words::PAST),
        (finding.corrected, words::CORRECTED),
    ] {
        if is {
            text.push_str(&format!("({})", word.get(lang)));
        }
    }
    text
}

pub fn diagnosis(diagnosis: &ChosenDiagnosis, lang: Lang) -> String {
    let code =
        if diagnosis.icd10.is_empty() { String::new() } else { format!(" {}", diagnosis.icd10) };
    let own = if diagnosis.condition.is_none() {
        format!(" {}", words::OWN_WORDS.get(lang))
    } else {
        String::new()
    };
    format!("{}{code} {}{own}", diagnosis.name, certainty(diagnosis.certainty).get(lang))
}

/// A line as it is read aloud.
pub fn line(line: &PrescriptionLine) -> String {
    let mut parts = vec![line.name.clone()];
    if !line.strength.is_empty() {
        parts.push(line.strength.clone());
    }
    if !line.solvent.is_empty() {
        parts.push(format!("加入{}", line.solvent));
    }
    parts.push(format!("每次{}{}", line.dose, line.dose_unit));
    parts.push(signa::route_zh(&line.route).to_owned());
    parts.push(signa::frequency_zh(&line.frequency));
    if let Some(days) = line.days {
        parts.push(format!("{days}天"));
    }
    if let Some(quantity) = line.quantity {
        parts.push(format!("×{quantity}{}", line.quantity_unit));
    }
    match line.skin_test {
        None => {}
        Some(SkinTest::NotDone) => parts.push("皮试未做".to_owned()),
        Some(SkinTest::Negative) => parts.push("皮试阴性".to_owned()),
        Some(SkinTest::Positive) => parts.push("皮试阳性".to_owned()),
        Some(SkinTest::Continued) => parts.push("续用免试".to_owned()),
    }
    if !line.remark.is_empty() {
        parts.push(line.remark.clone());
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

/// A line as it could have been typed, for changing it.
pub fn typed(line: &PrescriptionLine) -> String {
    let mut parts = vec![line.name.clone(), line.strength.clone()];
    parts.push(format!("{}{}", line.dose, line.dose_unit));
    parts.extend([line.frequency.clone(), line.route.clone()]);
    if let Some(days) = line.days {
        parts.push(format!("{days}天"));
    }
    parts.push(line.solvent.clone());
    match line.skin_test {
        Some(SkinTest::Negative) => parts.push("皮试阴性".to_owned()),
        Some(SkinTest::Positive) => parts.push("皮试阳性".to_owned()),
        _ => {}
    }
    if let Some(quantity) = line.quantity {
        parts.push(format!("×{quantity}{}", line.quantity_unit));
    }
    parts.push(line.remark.clone());
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

/// Where the PDF is, and what its font lacks.
pub fn say_printed(shared: &mut Shared, printed: &Printed) {
    let lang = shared.lang;
    if printed.sheets.is_empty() {
        shared.say(Role::Caution, chart::PRINT_NOTHING.get(lang));
    }
    if let Some(file) = &printed.file {
        let text = chart::PRINT_DONE.with(lang, &[&file.display()]);
        shared.say(Role::Good, text);
    }
    if !printed.missing.is_empty() {
        let lacks: String = printed.missing.iter().collect();
        let text = chart::PRINT_MISSING.with(lang, &[&lacks]);
        shared.say(Role::Warning, text);
    }
}
