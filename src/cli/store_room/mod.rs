//! Hidden: `xinglin store-room`, one process that does what the lines of standard input say and answers each with a line
//! when it is on the disk. The long runs drive it, kill it and cut its power (tests/durability/year.py).
mod look;
mod steps;

use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::Place;
use super::{exit, out};
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::Stop;
use crate::services::clock::FixedClock;
use crate::services::failure::Failure;
use crate::services::load;
use crate::services::session::{Safety, Station, Synchronous};
use crate::services::trace_load::head;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 断电会丢数据，仅用于断电试验的对照组
    #[arg(long)]
    unsafe_synchronous: bool,
}

/// One line: what is to be done, and when it is.
#[derive(Deserialize)]
struct Line {
    /// Milliseconds since 1970.
    at: i64,
    #[serde(flatten)]
    step: Step,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
enum Step {
    Product {
        id: String,
        prefix: String,
        units: u32,
    },
    Patient {
        name: String,
        phone: String,
    },
    Expect {
        bill: String,
        lines: Vec<Listed>,
    },
    Receive {
        bill: String,
        place: String,
        codes: Vec<String>,
    },
    Sign {
        patient: i64,
        lines: Vec<Wanted>,
    },
    Give {
        sheet: String,
        scans: Vec<(String, Option<u32>)>,
    },
    Act(steps::Act),
    TakeBack {
        code: String,
    },
    Recall {
        id: String,
        product: String,
        lots: Vec<String>,
        codes: Option<(String, String)>,
        drill: bool,
    },
    Count {
        codes: Vec<String>,
    },
    Upload {
        profile: PathBuf,
        most: u32,
    },
    Head,
    Pack {
        code: String,
    },
    House,
    Events {
        from: u64,
        limit: u32,
    },
    Stock,
    Check,
    Bills {
        profile: PathBuf,
    },
}

#[derive(Deserialize)]
struct Listed {
    code: String,
    lot: String,
    expiry: String,
}

/// A line of a prescription: the product's id stands for the drug.
#[derive(Deserialize)]
struct Wanted {
    drug: String,
    quantity: u32,
    unit: String,
}

pub fn run(args: &Args, place: &Place) -> u8 {
    match serve(args, place) {
        Ok(()) => exit::DONE,
        Err(failure) => place.fail(&failure),
    }
}

fn serve(args: &Args, place: &Place) -> Result<(), Failure> {
    let synchronous = if args.unsafe_synchronous { Synchronous::Normal } else { Synchronous::Full };
    let safety = Safety { reserve_bytes: 0, synchronous };
    let mut input = std::io::stdin().lock().lines();
    // The first line only says when it is: nobody signs in before the last event.
    let Some(Ok(first)) = input.next() else { return Ok(()) };
    let now = crate::domain::instant::Instant::from_millis(first.trim().parse().unwrap_or(0));
    let clock = Arc::new(FixedClock::at(now));
    let station = Station::at(place.data_dir(), clock.clone()).with_safety(safety);
    let mut clinic = load::open(&station)?;
    out::json(&json!({
        "head": head(&clinic)?, "read_only": clinic.is_read_only(), "lost_tail": clinic.standing()?.lost_tail.is_some(),
    }));
    for line in input.map_while(Result::ok) {
        let line: Line = match serde_json::from_str(&line) {
            Ok(line) => line,
            Err(error) => {
                out::json(&json!({ "fault": format!("line: {error}") }));
                continue;
            }
        };
        clock.set(crate::domain::instant::Instant::from_millis(line.at));
        let started = Instant::now();
        let answer = work(&mut clinic, line.step);
        let us = started.elapsed().as_micros() as u64;
        out::json(&match answer {
            Ok(mut answer) => {
                if let Some(fields) = answer.as_object_mut() {
                    fields.insert("us".to_owned(), us.into());
                }
                answer
            }
            Err(Stop::Failed(failure)) => {
                json!({ "fault": failure.sentence(crate::domain::words::Lang::En) })
            }
            Err(stop) => json!({ "stop": stop.id(), "us": us }),
        });
    }
    Ok(())
}

fn work(clinic: &mut Clinic, step: Step) -> Result<Value, Stop> {
    match step {
        Step::Product { id, prefix, units } => steps::product(clinic, (id, prefix), units),
        Step::Patient { name, phone } => steps::patient(clinic, name, phone),
        Step::Expect { bill, lines } => steps::expect(clinic, &bill, lines),
        Step::Receive { bill, place, codes } => steps::receive(clinic, (bill, place), &codes),
        Step::Sign { patient, lines } => steps::sign(clinic, patient, lines),
        Step::Give { sheet, scans } => steps::give(clinic, &sheet, &scans),
        Step::Act(act) => steps::act(clinic, act),
        Step::TakeBack { code } => clinic.take_back(&code, "扫错").map(|kept| steps::kept(&kept)),
        Step::Recall { id, product, lots, codes, drill } => {
            steps::recall(clinic, (id, product), (lots, codes), drill)
        }
        Step::Count { codes } => steps::count(clinic, &codes),
        Step::Upload { profile, most } => steps::upload(clinic, &profile, most),
        Step::Head => Ok(json!({ "head": head(clinic)? })),
        Step::Pack { code } => look::pack(clinic, &code),
        Step::House => look::house(clinic),
        Step::Events { from, limit } => look::events(clinic, from, limit),
        Step::Stock => look::stock(clinic),
        Step::Check => look::check(clinic),
        Step::Bills { profile } => look::bills(clinic, &profile),
    }
}
