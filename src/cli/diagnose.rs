//! `xinglin diagnose`: cases as NDJSON, or one case in arguments.
use std::{io::BufRead, path::Path, time::Instant};

use serde::{Deserialize, Serialize};

use super::{exit, out};
use crate::{
    domain::{
        age::{Age, Sex},
        catalog::finding::FindingIx,
        diagnosis::{Encounter, Setting},
        note::{Experiencer, Polarity, Temporality},
    },
    services::advisor::{Advice, Advisor, Notice},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 病历文字；不写则从标准输入读 NDJSON
    #[arg(long)]
    text: Option<String>,
    #[arg(long, default_value = "unknown")]
    sex: String,
    #[arg(long)]
    age: Option<String>,
    #[arg(long)]
    pregnant_weeks: Option<u8>,
    /// 每例输出一行 JSON（从标准输入读时总是 JSON）
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseIn {
    #[serde(default)]
    id: serde_json::Value,
    sex: Option<String>,
    age: Option<String>,
    age_years: Option<f64>,
    age_months: Option<f64>,
    age_days: Option<u32>,
    text: String,
    setting: Option<String>,
    #[serde(default)]
    kit: Vec<String>,
    pregnant_weeks: Option<u8>,
    month: Option<i8>,
}

#[derive(Debug, Serialize)]
struct FindingOut<'a> {
    concept: &'a str,
    name: &'a str,
    polarity: &'static str,
    experiencer: &'static str,
    temporality: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    start: usize,
    end: usize,
}

#[derive(Debug, Serialize)]
struct CandidateOut<'a> {
    rank: usize,
    condition: &'a str,
    name: &'a str,
    icd10: &'a [String],
    probability: f64,
    #[serde(rename = "for")]
    support: Vec<&'a str>,
    against: Vec<&'a str>,
    ask: Vec<&'a str>,
    /// Missing it kills or maims; the screens mark it with `!`.
    must_not_miss: bool,
    urgency: &'static str,
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct WarningOut<'a> {
    rule: &'a str,
    name: &'a str,
    icd10: &'a [String],
    level: &'static str,
    why: Vec<&'a str>,
    #[serde(rename = "do")]
    first_steps: &'a str,
}

#[derive(Debug, Serialize)]
struct TriageOut<'a> {
    level: &'static str,
    why: &'a [String],
}

#[derive(Debug, Serialize)]
struct QuestionOut<'a> {
    concept: &'a str,
    question: &'a str,
    gain: f64,
}

#[derive(Debug, Serialize)]
struct CaseOut<'a> {
    id: &'a serde_json::Value,
    findings: Vec<FindingOut<'a>>,
    differential: Vec<CandidateOut<'a>>,
    do_not_miss: Vec<WarningOut<'a>>,
    triage: TriageOut<'a>,
    next: Vec<QuestionOut<'a>>,
    not_understood: &'a [String],
    doubts: Vec<String>,
    knowledge: &'a str,
    model: Option<String>,
    ms: f64,
}

#[derive(Debug, Serialize)]
struct ErrorOut {
    line: usize,
    error: String,
}

pub fn run(args: &Args, kb: Option<&Path>, model: Option<&Path>) -> u8 {
    let advisor = match Advisor::load(kb, model) {
        Ok(advisor) => advisor,
        Err(error) => {
            out::note(&error.to_string());
            return exit::REFUSED;
        }
    };
    notices(&advisor);
    if let Some(text) = &args.text {
        let case = CaseIn {
            id: serde_json::Value::Null,
            sex: Some(args.sex.clone()),
            age: args.age.clone(),
            age_years: None,
            age_months: None,
            age_days: None,
            text: text.clone(),
            setting: None,
            kit: vec![],
            pregnant_weeks: args.pregnant_weeks,
            month: None,
        };
        return match encounter(&case) {
            Ok(encounter) => {
                let started = Instant::now();
                let advice = advisor.advise(&encounter, &case.text, &[]);
                let ms = started.elapsed().as_secs_f64() * 1000.0;
                if args.json {
                    out::json(&shape(&advisor, &case.id, &advice, ms));
                } else {
                    print(&advisor, &advice);
                }
                exit::DONE
            }
            Err(what) => {
                out::note(&what);
                exit::USAGE
            }
        };
    }
    batch(&advisor)
}

/// Says on standard error what was not loaded.
pub(super) fn notices(advisor: &Advisor) {
    for notice in &advisor.notices {
        match notice {
            Notice::KnowledgeFallback(why) | Notice::ModelMissing(why) => out::note(why),
            Notice::EntriesLeftOut(n) => {
                out::note(&format!(
                    "知识库有 {n} 处错误，出错的条目未启用；运行 xinglin kb lint 查看"
                ));
            }
        }
    }
}

fn batch(advisor: &Advisor) -> u8 {
    let mut code = exit::DONE;
    let mut bytes = vec![];
    let mut input = std::io::stdin().lock();
    let mut number = 0;
    loop {
        bytes.clear();
        match input.read_until(b'\n', &mut bytes) {
            Ok(0) => return code,
            Ok(_) => number += 1,
            Err(error) => {
                out::note(&format!("标准输入读不出来：{error}。前 {number} 行已经处理。"));
                return exit::REFUSED;
            }
        }
        let result = str::from_utf8(&bytes)
            .map_err(|e| {
                format!(
                    "不是 UTF-8 文本（第 {} 字节起）。请用 UTF-8 重新导出这一行。",
                    e.valid_up_to() + 1
                )
            })
            .map(str::trim)
            .and_then(|line| if line.is_empty() { Ok(None) } else { parse(line).map(Some) });
        match result {
            Ok(None) => {}
            Ok(Some((case, encounter))) => {
                let started = Instant::now();
                let advice = advisor.advise(&encounter, &case.text, &[]);
                let ms = started.elapsed().as_secs_f64() * 1000.0;
                out::json(&shape(advisor, &case.id, &advice, ms));
            }
            Err(what) => {
                code = exit::REFUSED;
                out::note(&format!("第 {number} 行：{what}"));
                out::json(&ErrorOut { line: number, error: what });
            }
        }
    }
}

fn parse(line: &str) -> Result<(CaseIn, Encounter), String> {
    let case: CaseIn = serde_json::from_str(line).map_err(|e| {
        format!("{e}。可用的键：id sex age age_years age_months age_days text setting kit pregnant_weeks month")
    })?;
    let encounter = encounter(&case)?;
    Ok((case, encounter))
}

fn encounter(case: &CaseIn) -> Result<Encounter, String> {
    let sex_text = case.sex.as_deref().unwrap_or("unknown");
    let sex = Sex::parse(sex_text).ok_or_else(|| {
        format!("性别写法不认识：{sex_text}（male | female | unknown | 男 | 女）")
    })?;
    let age = match (&case.age, case.age_years) {
        (Some(text), _) if !text.trim().is_empty() => Some(
            Age::parse(text)
                .ok_or_else(|| format!("年龄不可能或写法不认识：{text}（如 61岁、8月、5天）"))?,
        ),
        (_, Some(years)) => {
            Some(Age::from_years(years).ok_or_else(|| format!("年龄不可能：{years}（0–125）"))?)
        }
        _ => match (case.age_months, case.age_days) {
            (Some(months), _) => Some(
                Age::from_years(months / 12.0)
                    .ok_or_else(|| format!("年龄不可能：{months} 月（0–1500）"))?,
            ),
            (None, Some(days)) => Some(Age::from_days(days)),
            (None, None) => None,
        },
    };
    let setting = match case.setting.as_deref() {
        None | Some("township") => Setting::Township,
        Some("village") => Setting::Village,
        Some(other) => return Err(format!("setting 不认识：{other}（village | township）")),
    };
    if case.pregnant_weeks.is_some_and(|w| w > 45) {
        return Err("孕周不可能大于 45".into());
    }
    Ok(Encounter {
        sex,
        age,
        pregnant_weeks: case.pregnant_weeks,
        month: case.month,
        setting,
        kit: case.kit.clone(),
    })
}

fn shape<'a>(
    advisor: &'a Advisor,
    id: &'a serde_json::Value,
    advice: &'a Advice,
    ms: f64,
) -> CaseOut<'a> {
    let catalog = &advisor.engine.catalog;
    let ids = |list: &[FindingIx]| {
        list.iter().map(|f| catalog.finding(*f).id.as_str()).collect::<Vec<_>>()
    };
    let findings = advice
        .reading
        .mentions
        .iter()
        .map(|m| FindingOut {
            concept: &catalog.finding(m.finding).id,
            name: &catalog.finding(m.finding).zh,
            polarity: match m.polarity {
                Polarity::Present => "present",
                Polarity::Absent => "absent",
                Polarity::Possible => "possible",
            },
            experiencer: if m.experiencer == Experiencer::Family { "family" } else { "patient" },
            temporality: if m.temporality == Temporality::Past { "past" } else { "current" },
            value: m.value,
            unit: m.unit.as_deref(),
            start: m.start,
            end: m.end,
        })
        .collect();
    let differential = advice
        .assessment
        .differential
        .iter()
        .enumerate()
        .map(|(n, c)| {
            let condition = &catalog.conditions[c.condition];
            CandidateOut {
                rank: n + 1,
                condition: &condition.id,
                name: &condition.zh,
                icd10: &condition.icd10,
                probability: round(c.probability, 4),
                support: ids(&c.support),
                against: ids(&c.against),
                ask: ids(&c.ask),
                must_not_miss: condition.must_not_miss,
                urgency: condition.urgency.id(),
                status: condition.status.id(),
            }
        })
        .collect();
    let do_not_miss = advice
        .assessment
        .do_not_miss
        .iter()
        .map(|w| {
            let rule = &catalog.red_flags[w.rule];
            WarningOut {
                rule: &rule.id,
                name: &rule.zh,
                icd10: &rule.icd10,
                level: rule.level.id(),
                why: w.because.iter().map(|f| catalog.finding(*f).zh.as_str()).collect(),
                first_steps: &rule.first_steps,
            }
        })
        .collect();
    let next = advice
        .assessment
        .next
        .iter()
        .map(|q| QuestionOut {
            concept: &catalog.finding(q.finding).id,
            question: catalog.finding(q.finding).ask.as_deref().unwrap_or(""),
            gain: round(q.gain, 3),
        })
        .collect();
    CaseOut {
        id,
        findings,
        differential,
        do_not_miss,
        triage: TriageOut {
            level: advice.assessment.triage.level.id(),
            why: &advice.assessment.triage.why,
        },
        next,
        not_understood: &advice.reading.not_understood,
        doubts: advice
            .reading
            .doubts
            .iter()
            .map(|d| {
                format!(
                    "{}“{}”不在可信范围 {}–{}{}，未采用",
                    d.measurement, d.typed, d.low, d.high, d.unit
                )
            })
            .collect(),
        knowledge: advisor.knowledge_version(),
        model: advisor.model_hash().map(|h| format!("sha256:{h}")),
        ms: round(ms, 2),
    }
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

fn print(advisor: &Advisor, advice: &Advice) {
    let catalog = &advisor.engine.catalog;
    let names = |list: &[FindingIx]| {
        list.iter().map(|f| catalog.finding(*f).zh.as_str()).collect::<Vec<_>>().join("、")
    };
    for warning in &advice.assessment.do_not_miss {
        let rule = &catalog.red_flags[warning.rule];
        out::line(&format!(
            "【勿漏】{}（{}）：{}",
            rule.zh,
            names(&warning.because),
            rule.first_steps
        ));
    }
    let triage = &advice.assessment.triage;
    out::line(&format!("分诊 {} {}", triage.level.id(), triage.why.join("；")));
    for (n, candidate) in advice.assessment.differential.iter().enumerate() {
        let condition = &catalog.conditions[candidate.condition];
        out::line(&format!(
            "{:2}. {:5.1} %  {}  支持:{}  不支持:{}",
            n + 1,
            candidate.probability * 100.0,
            condition.zh,
            names(&candidate.support),
            names(&candidate.against)
        ));
    }
    for question in &advice.assessment.next {
        let finding = catalog.finding(question.finding);
        out::line(&format!(
            "再问: {}（{:.2} bit）",
            finding.ask.as_deref().unwrap_or(&finding.zh),
            question.gain
        ));
    }
    if !advice.reading.not_understood.is_empty() {
        out::line(&format!("没看懂: {}", advice.reading.not_understood.join("、")));
    }
}
