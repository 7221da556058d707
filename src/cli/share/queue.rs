//! `share queue` and `share consent`.
use serde_json::{Value, json};

use super::{hub_named, patient, purpose};
use crate::cli::desk::Place;
use crate::cli::{exit, out};
use crate::domain::age::Day;
use crate::domain::share::consent::{Consent, Manner};
use crate::domain::share::{ItemId, Kind as RecordKind};
use crate::services::clinic::{Clinic, Leaving, Queued, Queueing, Urgency};
use crate::services::failure::{Failure, Kind};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 记录号
    #[arg(required_unless_present = "all")]
    items: Vec<i64>,
    /// 所有现行记录；还没归到患者名下的会逐条说明
    #[arg(long, conflicts_with = "items")]
    all: bool,
    /// 发给哪个上级
    #[arg(long, value_name = "HUB")]
    to: String,
    /// treatment referral recognition public-health
    #[arg(long, value_name = "PURPOSE", default_value = "treatment")]
    purpose: String,
    /// 患者此刻同意：written oral guardian
    #[arg(long, value_name = "MANNER")]
    consent: Option<String>,
    /// 急：先于一切
    #[arg(long)]
    urgent: bool,
    /// 只显示会发出什么、给谁
    #[arg(long)]
    dry_run: bool,
    #[arg(long, hide = true)]
    json: bool,
}

fn manner(text: &str) -> Result<Manner, Failure> {
    Manner::parse(text).ok_or_else(|| {
        Failure::new(
            Kind::Config,
            format!("同意方式 {text:?} 不对：written oral guardian。"),
            format!("{text:?} is no manner of consent: written oral guardian."),
        )
    })
}

pub fn run(args: &Args, clinic: &mut Clinic, place: &Place) -> Result<u8, Failure> {
    let hub = hub_named(clinic, &args.to)?;
    let how = Queueing {
        hub,
        purpose: purpose(&args.purpose)?,
        consent_now: args.consent.as_deref().map(manner).transpose()?,
        urgent: if args.urgent { Urgency::Urgent } else { Urgency::Usual },
    };
    let items: Vec<ItemId> = if args.all {
        let all = clinic.shared_items(u32::MAX)?;
        all.into_iter().map(|item| item.id).collect()
    } else {
        args.items.iter().copied().map(ItemId).collect()
    };
    let mut worst = exit::DONE;
    for item in items {
        if args.dry_run {
            match clinic.leaving(item, hub) {
                Ok(shown) => out::json(&leaving(&shown)),
                Err(failure) => worst = worst.max(place.fail(&failure)),
            }
            continue;
        }
        match clinic.queue_record(item, how) {
            Ok(Queued::New(delivery, shown)) => {
                let mut line = leaving(&shown);
                line["delivery"] = Value::from(delivery.0);
                line["state"] = Value::from("queued");
                out::json(&line);
            }
            Ok(Queued::Already(delivery, state)) => {
                out::json(
                    &json!({ "item": item.0, "delivery": delivery.0, "state": state.id(), "already": true }),
                );
            }
            // One record that cannot go does not stop the others.
            Err(failure) => {
                out::json(&json!({ "item": item.0, "error": failure.sentence(place.lang()) }));
                worst = worst.max(place.fail(&failure));
            }
        }
    }
    Ok(worst)
}

fn leaving(shown: &Leaving) -> Value {
    json!({
        "item": shown.item.id.0,
        "kind": shown.item.kind.id(),
        "title": shown.item.title,
        "patient": shown.patient.id.0,
        "name": shown.patient.details.name,
        "to": shown.hub,
        "parts": shown.parts,
        "bytes": shown.bytes,
        "fields": shown.fields,
    })
}

#[derive(Debug, clap::Subcommand)]
pub enum ConsentCommand {
    /// 记下患者的同意
    Give {
        #[arg(long, value_name = "N")]
        patient: i64,
        /// treatment referral recognition public-health
        #[arg(long, value_name = "PURPOSE", default_value = "treatment")]
        purpose: String,
        /// study discharge referral，逗号分开；不写 = 全部
        #[arg(long, value_name = "KINDS", default_value = "")]
        kinds: String,
        /// 只给这个上级；不写 = 全部
        #[arg(long, value_name = "HUB")]
        to: Option<String>,
        /// written oral guardian
        #[arg(long, value_name = "MANNER", default_value = "written")]
        manner: String,
        /// 到哪一天（含）
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
    },
    /// 患者撤回同意；还没发的随即停发
    Withdraw { consent: i64 },
    List {
        #[arg(long, value_name = "N")]
        patient: i64,
    },
}

pub fn consent(
    command: &ConsentCommand,
    clinic: &mut Clinic,
    place: &Place,
) -> Result<u8, Failure> {
    match command {
        ConsentCommand::Give { patient: id, purpose: why, kinds, to, manner: how, until } => {
            let kinds = kinds
                .split(',')
                .map(str::trim)
                .filter(|kind| !kind.is_empty())
                .map(|kind| {
                    RecordKind::parse(kind).ok_or_else(|| {
                        Failure::new(
                            Kind::Config,
                            format!("{kind:?} 不是 study discharge referral 之一。"),
                            format!("{kind:?} is none of study discharge referral."),
                        )
                    })
                })
                .collect::<Result<_, _>>()?;
            let until = until
                .as_deref()
                .map(|text| {
                    Day::parse(text).ok_or_else(|| {
                        Failure::new(
                            Kind::Config,
                            format!("{text:?} 不是日期。"),
                            format!("{text:?} is no day."),
                        )
                    })
                })
                .transpose()?;
            let given = Consent {
                id: 0,
                purpose: purpose(why)?,
                kinds,
                hub: to.as_deref().map(|name| hub_named(clinic, name)).transpose()?,
                manner: manner(how)?,
                given: clinic.now(),
                until,
                withdrawn: None,
            };
            let consent = clinic.give_consent(patient(*id), &given)?;
            out::json(&json!({ "consent": consent, "patient": id }));
        }
        ConsentCommand::Withdraw { consent } => {
            let stopped = clinic.withdraw_consent(*consent)?;
            out::json(&json!({ "consent": consent, "withdrawn": true, "stopped": stopped }));
            place.say(
                "已经到上级的记录如需撤回，请用 share withdraw。",
                "To take back what has arrived, use share withdraw.",
            );
        }
        ConsentCommand::List { patient: id } => {
            for one in clinic.consents(patient(*id))? {
                let kinds: Vec<&str> = one.kinds.iter().map(|kind| kind.id()).collect();
                out::json(&json!({
                    "consent": one.id,
                    "purpose": one.purpose.id(),
                    "kinds": kinds,
                    "hub": one.hub.map(|hub| hub.0),
                    "manner": one.manner.id(),
                    "given": one.given.to_string(),
                    "until": one.until.map(|day| day.to_string()),
                    "withdrawn": one.withdrawn.map(|at| at.to_string()),
                }));
            }
        }
    }
    Ok(exit::DONE)
}
