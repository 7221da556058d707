//! `share lookup`, `recognise`, `counts`, `issuer`.
use std::path::Path;

use serde_json::{Value, json};

use super::{hub_named, patient};
use crate::cli::{exit, out};
use crate::domain::share::recognition::{Decision, Repeat, Scope, Told, Verdict};
use crate::services::clinic::{Clinic, Issuer, Looking};
use crate::services::failure::{Failure, Kind};
use crate::services::knowledge_base;
use crate::services::share::NewDecision;

#[derive(Debug, clap::Args)]
pub struct LookupArgs {
    #[arg(long, value_name = "N")]
    patient: i64,
    /// DX CR CT MR US ECG …；不写 = 全部
    #[arg(long, value_name = "CODE", default_value = "")]
    modality: String,
    /// CHEST HEAD …；不写 = 全部
    #[arg(long, value_name = "PART", default_value = "")]
    body: String,
    /// 只问这个上级；不写 = 全部
    #[arg(long, value_name = "HUB")]
    to: Option<String>,
    #[arg(long, hide = true)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "N")]
    patient: i64,
    /// 已有结果，如 lookup 所示 study:1.2.3
    #[arg(long, value_name = "REF")]
    prior: String,
    /// 清单项目编码
    #[arg(long, value_name = "CODE", default_value = "")]
    item: String,
    #[arg(long, value_name = "NAME", default_value = "")]
    issuer: String,
    /// 复查的理由 E1–E6；不写 = 互认
    #[arg(long, value_name = "REASON")]
    repeat: Option<String>,
    /// 理由补充；E6 必写
    #[arg(long, value_name = "TEXT", default_value = "")]
    words: String,
    /// 已告知患者
    #[arg(long)]
    told: bool,
    /// 互认节省的金额（分）
    #[arg(long, value_name = "FEN", default_value_t = 0)]
    saved_fen: u32,
}

#[derive(Debug, clap::Args)]
pub struct IssuerArgs {
    /// 机构名称，与报告上一致；不写 = 列出
    name: Option<String>,
    /// national,province,city,county-union
    #[arg(long, value_name = "SCOPES", default_value = "county-union")]
    scopes: String,
    /// passed failed unknown
    #[arg(long, value_name = "WORD", default_value = "unknown")]
    quality: String,
    /// 报告上的互认标识
    #[arg(long, value_name = "MARK", default_value = "")]
    mark: String,
}

fn wrong(zh: String, en: String) -> Failure {
    Failure::new(Kind::Config, zh, en)
}

/// 0 = nothing to recognise, 1 = a recognisable result is there, 5 = nothing here and a hub could not be asked.
pub fn lookup(args: &LookupArgs, clinic: &mut Clinic, kb: Option<&Path>) -> Result<u8, Failure> {
    let compiled = knowledge_base::compiled(kb)
        .map_err(|error| wrong(error.to_string(), error.to_string()))?;
    let hub = args.to.as_deref().map(|name| hub_named(clinic, name)).transpose()?;
    let looking = Looking {
        patient: patient(args.patient),
        modality: &args.modality,
        body_part: &args.body,
        hub,
    };
    let found = clinic.look_up_priors(&compiled.catalog.recognition, looking)?;
    let mut recognisable = false;
    for shown in &found.priors {
        let (verdict, detail) = match &shown.verdict {
            Verdict::Recognisable { code, scope, ours } => {
                recognisable = true;
                ("recognisable", json!({ "item": code, "scope": scope.id(), "list_is_ours": ours }))
            }
            Verdict::Reference(lacks) => {
                let lacks: Vec<&str> = lacks.iter().map(|lack| lack.name_zh()).collect();
                ("reference", json!({ "lacks": lacks }))
            }
        };
        let p = &shown.prior;
        let mut line = json!({
            "prior": p.reference, "title": shown.title, "modality": p.modality, "body_part": p.body_part,
            "day": p.on.map(|day| day.to_string()), "issuer": p.issuer, "mark": p.mark, "at": shown.at,
            "verdict": verdict,
        });
        if let (Some(line), Value::Object(detail)) = (line.as_object_mut(), detail) {
            line.extend(detail);
        }
        out::json(&line);
    }
    for (hub, trouble) in &found.away {
        out::json(&json!({ "hub": hub, "error": trouble.class(), "words": trouble.words_zh() }));
    }
    Ok(match (recognisable, found.away.is_empty()) {
        (true, _) => exit::FINDINGS,
        (false, false) => exit::NETWORK,
        (false, true) => exit::DONE,
    })
}

pub fn run(args: &Args, clinic: &mut Clinic) -> Result<u8, Failure> {
    let decision = match &args.repeat {
        None => Decision::Recognised,
        Some(code) => Decision::Repeated {
            reason: Repeat::parse(code).ok_or_else(|| {
                wrong(
                    format!("复查理由 {code:?} 不是 E1–E6。"),
                    format!("{code:?} is none of E1 to E6."),
                )
            })?,
            words: args.words.clone(),
            told: if args.told { Told::Yes } else { Told::No },
        },
    };
    clinic.decide_prior(&NewDecision {
        patient: patient(args.patient),
        item: &args.item,
        prior: &args.prior,
        issuer: &args.issuer,
        decision: &decision,
        saved_fen: args.saved_fen,
    })?;
    let (word, reason) = match &decision {
        Decision::Recognised => ("recognised", Value::Null),
        Decision::Repeated { reason, .. } => ("repeated", Value::from(reason.name_zh())),
    };
    out::json(
        &json!({ "patient": args.patient, "prior": args.prior, "decision": word, "reason": reason }),
    );
    Ok(exit::DONE)
}

pub fn counts(clinic: &mut Clinic) -> Result<u8, Failure> {
    let count = clinic.recognition_count()?;
    let repeated: serde_json::Map<String, Value> =
        count.repeated.into_iter().map(|(reason, n)| (reason, Value::from(n))).collect();
    out::json(&json!({
        "shown": count.shown, "recognised": count.recognised, "repeated": repeated, "saved_fen": count.saved_fen,
    }));
    Ok(exit::DONE)
}

pub fn issuer(args: &IssuerArgs, clinic: &mut Clinic) -> Result<u8, Failure> {
    if let Some(name) = &args.name {
        let scopes = args
            .scopes
            .split(',')
            .map(|word| {
                Scope::parse(word.trim()).ok_or_else(|| {
                    wrong(format!("范围 {word:?} 不对。"), format!("{word:?} is no scope."))
                })
            })
            .collect::<Result<_, _>>()?;
        let quality_passed = match args.quality.as_str() {
            "passed" => Some(true),
            "failed" => Some(false),
            "unknown" => None,
            word => {
                return Err(wrong(
                    format!("质控 {word:?} 不对：passed failed unknown。"),
                    format!("{word:?} is none of passed failed unknown."),
                ));
            }
        };
        let issuer = Issuer { name: name.clone(), scopes, quality_passed, mark: args.mark.clone() };
        clinic.set_issuer(&issuer)?;
        out::json(&json!({ "issuer": issuer.name, "kept": true }));
        return Ok(exit::DONE);
    }
    for issuer in clinic.issuers()? {
        let scopes: Vec<&str> = issuer.scopes.iter().map(|scope| scope.id()).collect();
        out::json(&json!({
            "issuer": issuer.name, "scopes": scopes, "quality_passed": issuer.quality_passed, "mark": issuer.mark,
        }));
    }
    Ok(exit::DONE)
}
