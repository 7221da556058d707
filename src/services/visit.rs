//! THE WAY of a visit: note -> findings -> causes, dangers, triage, next question -> plan -> prescription check ->
//! sign (`services::clinic`, one transaction) -> print (`services::print`). What comes out is in words, for a screen.
use super::{
    advisor::{Advice, Advisor},
    clinic::Clinic,
    failure::Failure,
};
use crate::domain::{
    age::{Age, Day, Sex},
    catalog::{
        Catalog, Status,
        condition::{Condition, Urgency},
        finding::FindingIx,
    },
    diagnosis::{self, Correction, Encounter, Evidence},
    note,
    patient::{Details, Patient, PatientId},
    visit::{
        Draft, EarlierAnswer, Polarity, RecordedFinding, Setting, TriageLevel, Visit, VisitId,
        VisitLine,
    },
};

/// All that a visit starts from.
#[derive(Clone, Debug)]
pub struct Opened {
    pub patient: Patient,
    pub visits: Vec<VisitLine>,
    /// What earlier visits prescribed and is still being taken, by printed name.
    pub current: Vec<String>,
    pub draft: Option<Draft>,
    pub earlier: Vec<EarlierAnswer>,
    /// Whether the county has approved intravenous antibiotics here, if anybody recorded it.
    pub iv_antibiotics_approved: Option<bool>,
    pub blank: Visit,
}

/// How far back a prescription may still be in use, and how many visits are looked at for that.
const CURRENT_DAYS: i32 = 84;
const CURRENT_VISITS: usize = 4;

/// The way's first step: the chart, the draft that was left, and what is being taken already.
/// What a visit that is being corrected had prescribed is not taken beside itself.
pub fn open(
    clinic: &mut Clinic,
    id: PatientId,
    corrected: Option<VisitId>,
) -> Result<Opened, Failure> {
    let chart = clinic.open_chart(id)?;
    let draft = clinic.draft_of(id)?;
    let corrected = corrected.or_else(|| draft.as_ref()?.visit.supersedes);
    let today = clinic.today();
    let recent: Vec<VisitId> = chart
        .visits
        .iter()
        .filter(|visit| !visit.superseded && !visit.drugs.is_empty())
        .filter(|visit| Some(visit.id) != corrected)
        .filter(|visit| today.days_since(visit.day) <= CURRENT_DAYS)
        .take(CURRENT_VISITS)
        .map(|visit| visit.id)
        .collect();
    let mut current: Vec<String> = vec![];
    for visit in recent {
        let signed = clinic.open_visit(visit)?;
        let since = today.days_since(signed.signed.day());
        for line in &signed.visit.prescription.lines {
            if line.days.is_some_and(|days| since < i32::from(days))
                && !current.contains(&line.name)
            {
                current.push(line.name.clone());
            }
        }
    }
    Ok(Opened {
        patient: chart.patient,
        visits: chart.visits,
        current,
        draft,
        earlier: clinic.earlier_answers(id)?,
        iv_antibiotics_approved: super::station_options::iv_antibiotics(clinic)?,
        blank: clinic.new_visit(id),
    })
}

/// One state of one note, with what the doctor set right.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub sex: Sex,
    pub age: Option<Age>,
    pub pregnant_weeks: Option<u8>,
    pub month: i8,
    pub setting: Setting,
    pub note: String,
    /// Findings by concept; `None` takes one out.
    pub corrections: Vec<(String, Option<Polarity>)>,
}

impl Case {
    pub fn of(details: &Details, today: Day, setting: Setting) -> Self {
        Self {
            sex: details.sex,
            age: details.age(today),
            pregnant_weeks: details.pregnant_weeks(today),
            month: today.month(),
            setting,
            note: String::new(),
            corrections: vec![],
        }
    }

    fn encounter(&self) -> Encounter {
        Encounter {
            sex: self.sex,
            age: self.age,
            pregnant_weeks: self.pregnant_weeks,
            month: Some(self.month),
            setting: match self.setting {
                Setting::Village => diagnosis::Setting::Village,
                Setting::Township => diagnosis::Setting::Township,
            },
            kit: vec![],
        }
    }
}

/// Something typed that cannot be so.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    pub measurement: String,
    pub typed: String,
    pub low: f64,
    pub high: f64,
    pub unit: String,
}

/// One line of the differential, in words.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Cause {
    pub condition: String,
    pub name: String,
    pub icd10: String,
    pub probability: f64,
    pub support: Vec<String>,
    pub against: Vec<String>,
    pub ask: Vec<String>,
    pub trial: bool,
    pub must_not_miss: bool,
}

/// One rule of the do-not-miss rail that fired, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Danger {
    pub rule: String,
    pub name: String,
    pub level: TriageLevel,
    pub because: Vec<String>,
    pub first_steps: String,
    pub call: String,
    pub trial: bool,
}

/// The next best question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub concept: String,
    pub name: String,
    pub question: String,
}

/// Everything that is shown beside a note.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Suggestion {
    pub findings: Vec<RecordedFinding>,
    pub not_understood: Vec<String>,
    pub doubts: Vec<Doubt>,
    pub causes: Vec<Cause>,
    pub dangers: Vec<Danger>,
    pub triage: Option<(TriageLevel, Vec<String>)>,
    pub questions: Vec<Ask>,
}

/// The first half of the way, step by step.
pub fn consult(advisor: &Advisor, case: &Case) -> Suggestion {
    let catalog = &advisor.engine.catalog;
    let corrections = corrections(catalog, case);
    let advice = advisor.advise(&case.encounter(), &case.note, &corrections);
    Suggestion {
        findings: findings(catalog, case, &advice),
        not_understood: advice.reading.not_understood.clone(),
        doubts: advice.reading.doubts.iter().map(doubt).collect(),
        causes: causes(catalog, &advice),
        dangers: dangers(catalog, &advice),
        triage: triage(case, &advice),
        questions: questions(catalog, &advice),
    }
}

fn corrections(catalog: &Catalog, case: &Case) -> Vec<Correction> {
    let word = |polarity: Polarity| match polarity {
        Polarity::Present => note::Polarity::Present,
        Polarity::Absent => note::Polarity::Absent,
        Polarity::Possible => note::Polarity::Possible,
    };
    case.corrections
        .iter()
        .filter_map(|(concept, polarity)| {
            let finding = catalog.finding_by_id(concept)?;
            Some(Correction { finding, polarity: polarity.map(word) })
        })
        .collect()
}

/// The note's findings as they now stand: the doctor's word on top of the reader's.
fn findings(catalog: &Catalog, case: &Case, advice: &Advice) -> Vec<RecordedFinding> {
    let mut found: Vec<RecordedFinding> = vec![];
    for mention in &advice.reading.mentions {
        let finding = catalog.finding(mention.finding);
        let own = mention.experiencer == note::Experiencer::Patient;
        let set = case.corrections.iter().find(|(concept, _)| own && *concept == finding.id);
        let read = match mention.polarity {
            note::Polarity::Present => Polarity::Present,
            note::Polarity::Absent => Polarity::Absent,
            note::Polarity::Possible => Polarity::Possible,
        };
        let polarity = match set {
            Some((_, None)) => continue,
            Some((_, Some(polarity))) => *polarity,
            None => read,
        };
        // "38.6 ℃ is no hypothermia" follows from the number; a list of all that is normal would hide what is not.
        if polarity == Polarity::Absent && mention.value.is_some() && set.is_none() {
            continue;
        }
        let same = |f: &RecordedFinding| f.concept == finding.id && f.of_family != own;
        if found.iter().any(|f| same(f) && (f.polarity == polarity || f.corrected)) {
            continue;
        }
        found.push(RecordedFinding {
            concept: finding.id.clone(),
            name: finding.zh.clone(),
            polarity,
            of_family: !own,
            past: mention.temporality == note::Temporality::Past,
            value: mention.value.map(trim_number),
            unit: mention.unit.clone(),
            start: mention.start as u32,
            end: mention.end as u32,
            corrected: set.is_some(),
        });
    }
    for (concept, polarity) in &case.corrections {
        let Some(polarity) = polarity else { continue };
        if found.iter().any(|f| f.concept == *concept && !f.of_family) {
            continue;
        }
        let Some(ix) = catalog.finding_by_id(concept) else { continue };
        found.push(RecordedFinding {
            concept: concept.clone(),
            name: catalog.finding(ix).zh.clone(),
            polarity: *polarity,
            of_family: false,
            past: false,
            value: None,
            unit: None,
            start: 0,
            end: 0,
            corrected: true,
        });
    }
    found
}

fn trim_number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn doubt(doubt: &note::Doubt) -> Doubt {
    Doubt {
        measurement: doubt.measurement.clone(),
        typed: doubt.typed.clone(),
        low: doubt.low,
        high: doubt.high,
        unit: doubt.unit.clone(),
    }
}

fn names(catalog: &Catalog, list: &[FindingIx]) -> Vec<String> {
    list.iter().map(|f| catalog.finding(*f).zh.clone()).collect()
}

fn causes(catalog: &Catalog, advice: &Advice) -> Vec<Cause> {
    if nothing_known(&advice.evidence) {
        return vec![];
    }
    advice
        .assessment
        .differential
        .iter()
        .map(|candidate| {
            let condition = &catalog.conditions[candidate.condition];
            Cause {
                condition: condition.id.clone(),
                name: condition.zh.clone(),
                icd10: condition.icd10.first().cloned().unwrap_or_default(),
                probability: candidate.probability,
                support: names(catalog, &candidate.support),
                against: names(catalog, &candidate.against),
                ask: names(catalog, &candidate.ask),
                trial: condition.status == Status::Trial,
                must_not_miss: condition.must_not_miss,
            }
        })
        .collect()
}

/// Without a single finding every rank would only be how common things are: nothing to show a doctor.
fn nothing_known(evidence: &Evidence) -> bool {
    evidence.present.is_empty() && evidence.possible.is_empty()
}

fn dangers(catalog: &Catalog, advice: &Advice) -> Vec<Danger> {
    advice
        .assessment
        .do_not_miss
        .iter()
        .map(|warning| {
            let flag = &catalog.red_flags[warning.rule];
            Danger {
                rule: flag.id.clone(),
                name: flag.zh.clone(),
                level: level(warning.level),
                because: names(catalog, &warning.because),
                first_steps: flag.first_steps.clone(),
                call: flag.call.clone().unwrap_or_default(),
                trial: flag.status == Status::Trial,
            }
        })
        .collect()
}

fn level(urgency: Urgency) -> TriageLevel {
    match urgency {
        Urgency::Emergency => TriageLevel::Emergency,
        Urgency::Urgent => TriageLevel::Urgent,
        Urgency::Routine => TriageLevel::Routine,
        Urgency::SelfCare => TriageLevel::SelfCare,
    }
}

fn triage(case: &Case, advice: &Advice) -> Option<(TriageLevel, Vec<String>)> {
    let known = !nothing_known(&advice.evidence) || !advice.assessment.do_not_miss.is_empty();
    let triage = &advice.assessment.triage;
    (known && !case.note.trim().is_empty()).then(|| (level(triage.level), triage.why.clone()))
}

fn questions(catalog: &Catalog, advice: &Advice) -> Vec<Ask> {
    advice
        .assessment
        .next
        .iter()
        .filter_map(|question| {
            let finding = catalog.finding(question.finding);
            let text = finding.ask.clone()?;
            Some(Ask { concept: finding.id.clone(), name: finding.zh.clone(), question: text })
        })
        .collect()
}

/// What the knowledge base says about one chosen condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub condition: String,
    pub name: String,
    /// Title and text.
    pub sections: Vec<(String, String)>,
    /// Titles and years; empty = general clinical knowledge.
    pub sources: Vec<String>,
    pub notifiable: Option<String>,
    pub trial: bool,
}

/// Plans of the chosen conditions, in their order; what is not in the base is left out.
pub fn plans(advisor: &Advisor, conditions: &[String]) -> Vec<Plan> {
    let catalog = &advisor.engine.catalog;
    conditions
        .iter()
        .filter_map(|id| catalog.condition_by_id(id))
        .map(|condition| plan(catalog, condition))
        .collect()
}

/// Id and code of the condition that has this name or synonym.
pub fn condition_named(advisor: &Advisor, name: &str) -> Option<(String, String)> {
    let name = name.trim();
    let conditions = &advisor.engine.catalog.conditions;
    let found = conditions
        .iter()
        .find(|c| c.zh == name)
        .or_else(|| conditions.iter().find(|c| c.synonyms.iter().any(|s| s == name)))?;
    Some((found.id.clone(), found.icd10.first().cloned().unwrap_or_default()))
}

fn plan(catalog: &Catalog, condition: &Condition) -> Plan {
    let sources = condition.sources.iter().map(|place| source_words(catalog, place)).collect();
    Plan {
        condition: condition.id.clone(),
        name: condition.zh.clone(),
        sections: condition.sections.iter().map(|s| (s.title.clone(), s.text.clone())).collect(),
        sources,
        notifiable: condition.notifiable.clone(),
        trial: condition.status == Status::Trial,
    }
}

/// `source-id 第3章` in full words, as far as the base knows the source.
pub(super) fn source_words(catalog: &Catalog, place: &str) -> String {
    let id = place.split([' ', '#', '：', ':']).next().unwrap_or(place);
    match catalog.sources.iter().find(|source| source.id == id) {
        Some(source) => {
            let rest = place[id.len()..].trim_start_matches([' ', '#', '：', ':']);
            format!("《{}》{} {}", source.title, source.year, rest).trim_end().to_owned()
        }
        None => place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(note: &str) -> Case {
        Case {
            sex: Sex::Female,
            age: Age::parse("61岁"),
            pregnant_weeks: None,
            month: 11,
            setting: Setting::Village,
            note: note.to_owned(),
            corrections: vec![],
        }
    }

    #[test]
    fn an_empty_note_suggests_nothing() {
        let advisor = Advisor::load(None, None).unwrap();
        let suggestion = consult(&advisor, &case(""));
        assert_eq!((suggestion.causes.len(), suggestion.triage), (0, None));
    }

    #[test]
    fn the_doctors_word_on_a_finding_beats_the_readers() {
        let advisor = Advisor::load(None, None).unwrap();
        let mut case = case("咳嗽、咳黄痰5天，发热2天。");
        let read = consult(&advisor, &case);
        let Some(first) = read.findings.first() else { panic!("nothing was read") };
        case.corrections.push((first.concept.clone(), Some(Polarity::Absent)));
        let set = consult(&advisor, &case);
        let now = set.findings.iter().find(|f| f.concept == first.concept).unwrap();
        assert_eq!((now.polarity, now.corrected), (Polarity::Absent, true));
        case.corrections[0].1 = None;
        assert!(!consult(&advisor, &case).findings.iter().any(|f| f.concept == first.concept));
    }
}
