//! `share deliver` and `share status`.
use serde_json::{Value, json};

use super::hub_named;
use crate::cli::desk::Place;
use crate::cli::{exit, out};
use crate::domain::instant::Instant;
use crate::domain::share::DeliveryId;
use crate::domain::share::parts::State;
use crate::domain::share::trouble::Trouble;
use crate::services::clinic::{Clinic, Delivery, DeliveryOutcome, Pace};
use crate::services::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct DeliverArgs {
    /// 只发这个上级
    #[arg(long, value_name = "HUB")]
    to: Option<String>,
    /// 不等重试时间，全部现在发
    #[arg(long)]
    now: bool,
    #[arg(long, hide = true)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// 只看这一份，带每个部分
    delivery: Option<i64>,
    /// 最多几份
    #[arg(long, default_value_t = 10_000)]
    limit: u32,
    #[arg(long, hide = true)]
    json: bool,
}

/// 0 = nothing is open any more, 1 = something is held or only sent, 5 = something waits for the network or a hub.
pub fn deliver(args: &DeliverArgs, clinic: &mut Clinic, place: &Place) -> Result<u8, Failure> {
    let hub = args.to.as_deref().map(|name| hub_named(clinic, name)).transpose()?;
    let pace = if args.now { Pace::Now } else { Pace::Due };
    let mut seen: Vec<DeliveryOutcome> = vec![];
    clinic.deliver((hub, pace), &mut |outcome| {
        out::json(&outcome_line(outcome));
        seen.push(outcome.clone());
    })?;
    for tally in clinic.delivery_tally()? {
        let words =
            format!("{}：{} 份，{} KB", tally.state.name_zh(), tally.count, tally.bytes / 1024);
        let english =
            format!("{}: {} records, {} kB", tally.state.id(), tally.count, tally.bytes / 1024);
        out::note(if place.lang() == crate::domain::words::Lang::En { &english } else { &words });
    }
    let open = clinic.delivery_tally()?;
    let has = |wanted: &dyn Fn(State) -> bool| {
        open.iter().any(|tally| tally.count > 0 && wanted(tally.state))
    };
    let stopped =
        seen.iter().any(|outcome| outcome.delivery.is_none() && outcome.trouble.is_some());
    Ok(if stopped || has(&|s| matches!(s, State::Queued | State::Sending)) {
        exit::NETWORK
    } else if has(&|s| matches!(s, State::Held(_) | State::Sent)) {
        exit::FINDINGS
    } else {
        exit::DONE
    })
}

pub(super) fn outcome_line(outcome: &DeliveryOutcome) -> Value {
    json!({
        "delivery": outcome.delivery.map(|id| id.0),
        "hub": outcome.hub,
        "state": outcome.state.id(),
        "bytes": outcome.bytes,
        "error": outcome.trouble.as_ref().map(Trouble::class),
        "words": outcome.trouble.as_ref().map(Trouble::words_zh),
    })
}

pub fn status(args: &StatusArgs, clinic: &mut Clinic) -> Result<u8, Failure> {
    let hubs = clinic.hubs()?;
    let name = |delivery: &Delivery| {
        hubs.iter()
            .find(|hub| hub.id == delivery.hub)
            .map(|hub| hub.name.clone())
            .unwrap_or_default()
    };
    let now = clinic.now();
    if let Some(id) = args.delivery {
        let delivery = clinic.delivery(DeliveryId(id))?;
        let mut line = delivery_line(&delivery, &name(&delivery), now);
        let parts = delivery.parts.iter().map(|part| {
            json!({
                "part": part.part,
                "kind": part.kind.id(),
                "reference": part.reference,
                "sha256": part.sha256.to_string(),
                "bytes": part.bytes,
                "state": part.state.id(),
                "words": part.last_word,
                "verified": part.verified.map(|at| at.to_string()),
            })
        });
        line["parts"] = Value::from(parts.collect::<Vec<_>>());
        out::json(&line);
        return Ok(exit::DONE);
    }
    for delivery in clinic.deliveries(args.limit)? {
        out::json(&delivery_line(&delivery, &name(&delivery), now));
    }
    Ok(exit::DONE)
}

fn delivery_line(delivery: &Delivery, hub: &str, now: Instant) -> Value {
    const DAY_MS: i64 = 24 * 3_600_000;
    let done = delivery
        .parts
        .iter()
        .filter(|p| matches!(p.state, State::Verified | State::Receipted))
        .count();
    let waits_long = delivery.failed_since.is_some_and(|since| now.millis_since(since) > DAY_MS);
    json!({
        "delivery": delivery.id.0,
        "item": delivery.item.0,
        "hub": hub,
        "act": delivery.act.id(),
        "purpose": delivery.purpose.id(),
        "state": delivery.state.id(),
        "state_zh": delivery.state.name_zh(),
        "parts_verified": done,
        "parts_total": delivery.parts.len(),
        "bytes": delivery.bytes,
        "attempts": delivery.attempts,
        "next_try": (!delivery.state.is_final()).then(|| delivery.next_try.to_string()),
        "error": delivery.error_class,
        "words": delivery.last_word,
        "alarm": waits_long && !delivery.state.is_final(),
    })
}
