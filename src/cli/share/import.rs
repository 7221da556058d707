//! `share import`, `items`, `match`, `confirm`.
use std::path::PathBuf;

use serde_json::{Value, json};

use super::patient;
use crate::cli::desk::Place;
use crate::cli::{exit, out};
use crate::domain::share::matching::{Candidate, Match};
use crate::domain::share::{ItemId, Kind as RecordKind};
use crate::services::clinic::{Clinic, Item, Taken, TakenAs, Whose};
use crate::services::failure::{Failure, Kind};
use crate::services::share::reader::Reader;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 文件或文件夹；`-` = 从标准输入读表单（NDJSON）
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// 都是这位患者的
    #[arg(long, value_name = "N", conflicts_with = "register")]
    patient: Option<i64>,
    /// 本站没有的人按记录登记
    #[arg(long)]
    register: bool,
    #[arg(long, hide = true)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub struct ItemsArgs {
    #[arg(long)]
    quarantine: bool,
    #[arg(long, hide = true)]
    json: bool,
    /// 最多几条
    #[arg(long, default_value_t = 10_000)]
    limit: u32,
}

#[derive(Debug, clap::Args)]
pub struct MatchArgs {
    item: i64,
    #[arg(long, value_name = "N", conflicts_with = "register")]
    patient: Option<i64>,
    /// 登记为新患者
    #[arg(long)]
    register: bool,
    /// 登记用的姓名（记录上没有姓名时）
    #[arg(long, value_name = "NAME", requires = "register")]
    name: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct ConfirmArgs {
    #[arg(required = true)]
    items: Vec<i64>,
}

pub(super) fn reader() -> Result<Reader, Failure> {
    Reader::confined().map_err(|error| {
        Failure::new(
            Kind::Bug,
            format!("影像读取程序起不来（{error}）。"),
            format!("The image reader cannot be started ({error})."),
        )
    })
}

pub(super) fn whose(of: Option<i64>, register: bool) -> Whose {
    match of {
        Some(id) => Whose::Patient(patient(id)),
        None if register => Whose::Register,
        None => Whose::Propose,
    }
}

pub fn import(args: &Args, clinic: &mut Clinic, place: &Place) -> Result<u8, Failure> {
    const KINDS: [TakenAs; 5] =
        [TakenAs::New, TakenAs::Same, TakenAs::Conflict, TakenAs::Quarantined, TakenAs::Skipped];
    let mut counts = [0usize; 5];
    let reader = reader()?;
    let whose = whose(args.patient, args.register);
    let mut unmatched = 0;
    let mut each = |taken: Taken| {
        if let Some(at) = KINDS.iter().position(|kind| *kind == taken.result) {
            counts[at] += 1;
        }
        if taken.item.is_some() && taken.patient.is_none() {
            unmatched += 1;
        }
        out::json(&line(&taken));
    };
    let (stdin, paths): (Vec<PathBuf>, Vec<PathBuf>) =
        args.paths.iter().cloned().partition(|path| path.as_os_str() == "-");
    clinic.import(&paths, (whose, &reader), &mut each)?;
    if !stdin.is_empty() {
        let text = std::io::read_to_string(std::io::stdin()).map_err(|error| {
            Failure::new(
                Kind::User,
                format!("标准输入读不出来（{error}）。"),
                format!("Standard input cannot be read ({error})."),
            )
        })?;
        clinic.import_bytes(("-", text.as_bytes()), (whose, &reader), &mut each)?;
    }
    let [new, same, conflict, quarantined, skipped] = counts;
    out::note(&match place.lang() {
        crate::domain::words::Lang::Zh => format!(
            "新收 {new}，已有 {same}，冲突 {conflict}，搁置 {quarantined}，跳过 {skipped}；未归到患者 {unmatched}。"
        ),
        crate::domain::words::Lang::En => format!(
            "{new} new, {same} known, {conflict} in conflict, {quarantined} quarantined, {skipped} skipped; {unmatched} not matched to a patient."
        ),
    });
    let findings = conflict + quarantined + unmatched > 0;
    Ok(if findings { exit::FINDINGS } else { exit::DONE })
}

pub(super) fn line(taken: &Taken) -> Value {
    let (matched, candidates) = match &taken.matched {
        None => (Value::Null, vec![]),
        Some(Match::Same(one)) => (Value::from("same"), vec![candidate(one)]),
        Some(Match::Ask(all)) => (Value::from("ask"), all.iter().map(candidate).collect()),
        Some(Match::Nobody) => (Value::from("nobody"), vec![]),
    };
    json!({
        "file": taken.file,
        "result": taken.result.id(),
        "item": taken.item.map(|item| item.0),
        "kind": taken.kind.map(RecordKind::id),
        "key": taken.key,
        "patient": taken.patient.map(|patient| patient.0),
        "match": matched,
        "candidates": candidates,
        "reason": taken.reason,
        "doubts": taken.doubts,
    })
}

fn candidate(one: &Candidate) -> Value {
    let reasons: Vec<&str> = one.reasons.iter().map(|reason| reason.name_zh()).collect();
    json!({ "patient": one.patient.0, "name": one.name, "reasons": reasons })
}

fn item_line(item: &Item) -> Value {
    json!({
        "item": item.id.0,
        "kind": item.kind.id(),
        "key": item.key,
        "version": item.version,
        "patient": item.patient.map(|patient| patient.0),
        "matched_by": item.matched_by,
        "name": item.claimed.name,
        "sex": item.claimed.sex.id(),
        "birth": item.claimed.birth.map(|day| day.to_string()),
        "id_number": item.claimed.id_number,
        "title": item.title,
        "day": item.day.map(|day| day.to_string()),
        "state": item.state.id(),
        "confirmed": item.confirmed.map(|at| at.to_string()),
    })
}

pub fn items(args: &ItemsArgs, clinic: &mut Clinic) -> Result<u8, Failure> {
    if args.quarantine {
        for one in clinic.quarantined(args.limit)? {
            out::json(&json!({
                "file": one.name, "reason": one.reason, "sha256": one.sha256.to_string(), "bytes": one.bytes,
                "at": one.at.to_string(),
            }));
        }
        return Ok(exit::DONE);
    }
    for item in clinic.shared_items(args.limit)? {
        out::json(&item_line(&item));
    }
    Ok(exit::DONE)
}

pub fn matching(args: &MatchArgs, clinic: &mut Clinic, place: &Place) -> Result<u8, Failure> {
    let item = ItemId(args.item);
    if let Some(id) = args.patient {
        let compared = clinic.match_record(item, patient(id))?;
        out::json(
            &json!({ "item": args.item, "patient": id, "candidates": [candidate(&compared)] }),
        );
        return Ok(exit::DONE);
    }
    if args.register {
        let Some(new) = clinic.register_for(item, args.name.as_deref())? else {
            return Err(Failure::new(
                Kind::User,
                "记录上没有姓名，没有登记。",
                "The record has no name; nobody was registered.",
            )
            .next("请加 --name 姓名。", "Give one with --name."));
        };
        out::json(&json!({ "item": args.item, "patient": new.0 }));
        return Ok(exit::DONE);
    }
    let candidates = match clinic.candidates(item)? {
        Match::Same(one) => vec![one],
        Match::Ask(all) => all,
        Match::Nobody => vec![],
    };
    out::json(
        &json!({ "item": args.item, "candidates": candidates.iter().map(candidate).collect::<Vec<_>>() }),
    );
    if candidates.is_empty() {
        place.say("本站没有相近的人。", "Nobody here is like that.");
    }
    Ok(exit::FINDINGS)
}

pub fn confirm(args: &ConfirmArgs, clinic: &mut Clinic) -> Result<u8, Failure> {
    for item in &args.items {
        let confirmed = clinic.confirm_record(ItemId(*item))?;
        out::json(&json!({
            "item": item,
            "patient": confirmed.patient.0,
            "problems_added": confirmed.added,
            "first_visit_due": confirmed.due.map(|day| day.to_string()),
            "medicines": confirmed.medicines,
            "plan": confirmed.plan,
        }));
    }
    Ok(exit::DONE)
}

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    item: i64,
    /// 写到哪个文件夹
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The images of a study as files, for the patient who asks for them: the bytes are those that came in.
pub fn export(args: &ExportArgs, clinic: &mut Clinic) -> Result<u8, Failure> {
    let images = clinic.images(ItemId(args.item))?;
    let failed = |error: std::io::Error| {
        Failure::new(
            Kind::Data,
            format!("{} 写不进去（{error}）。", args.out.display()),
            format!("{} cannot be written ({error}).", args.out.display()),
        )
    };
    std::fs::create_dir_all(&args.out).map_err(failed)?;
    for image in &images {
        let path = args.out.join(format!("{}.dcm", image.sop_uid));
        std::fs::write(&path, &image.bytes).map_err(failed)?;
        out::json(
            &json!({ "sop_uid": image.sop_uid, "file": path.display().to_string(), "bytes": image.bytes.len() }),
        );
    }
    Ok(exit::DONE)
}
