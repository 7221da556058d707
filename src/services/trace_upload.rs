//! Bills on their way to the platforms: oldest first, one try each, both levels of every answer kept. A line that fails
//! ends the round for that platform; nothing waits on a screen.
use std::path::{Path, PathBuf};

use super::clinic::Clinic;
use super::clinic::trace::DespatchIn;
use super::failure::{Failure, Kind};
use crate::domain::instant::Instant;
use crate::domain::outbox::{Event, State};
use crate::domain::role::Action;
pub use crate::domain::trace::bill::Answer as PlatformAnswer;
use crate::domain::trace::bill::{Answer, Bill, Business, Lack, Target, Transport};
use crate::domain::trace::history::What;
pub use crate::storage::{BillMessage, Message};
use crate::wire::epcis::{self, ExportEvent};
pub use crate::wire::epcis::{ReadEvent, ReadFault};
pub use crate::wire::trace_profile::Profile;
use crate::wire::{insurance, trace_platform};

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub accepted: u32,
    pub pending: u32,
    pub refused: u32,
    /// The platform could not be reached.
    pub unreached: Vec<Target>,
    /// Targets that have no address in the profile.
    pub unset: Vec<Target>,
}

/// A bill that is not done, with how long it may still take.
#[derive(Clone, Debug)]
pub struct OpenBill {
    pub standing: crate::storage::BillStanding,
    /// Hours until the deadline; negative = overdue.
    pub hours_left: i64,
    /// Required fields that are empty: seen before it is sent.
    pub lacks: Vec<Lack>,
}

/// The station's profile over the defaults; the secret comes from its own file.
pub fn profile(path: &Path) -> Result<Profile, Failure> {
    profile_over("default", path)
}

/// The same over a shipped profile.
pub fn profile_over(base: &str, path: &Path) -> Result<Profile, Failure> {
    let wrong = |what: &str| {
        Failure::new(
            Kind::Config,
            format!("配置 {} 有误：{what}。", path.display()),
            format!("{}: {what}.", path.display()),
        )
    };
    let own = std::fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
    let mut profile = Profile::over(base, &own).map_err(|error| wrong(&error.to_string()))?;
    if !profile.platform.secret_file.is_empty() {
        let secret = path.parent().unwrap_or(Path::new(".")).join(&profile.platform.secret_file);
        let secret = std::fs::read_to_string(&secret)
            .map_err(|error| wrong(&format!("{}: {error}", secret.display())))?;
        secret.trim().clone_into(&mut profile.platform.secret);
    }
    Ok(profile)
}

/// The profile that the screens and commands use when no other is named.
pub const PROFILE: &str = "trace.toml";
/// The setting that names the shipped profile below it.
pub const BASE: &str = "trace.profile";

impl Round {
    /// Where the next bill may go: targets with an address whose line is not down.
    fn open(&mut self, profile: &Profile) -> Vec<Target> {
        let mut open = vec![];
        for target in Target::ALL {
            let url = match target {
                Target::Platform => &profile.platform.url,
                Target::Insurance => &profile.insurance.url,
            };
            if !url.is_empty() && !self.unreached.contains(&target) {
                open.push(target);
            } else if url.is_empty() && !self.unset.contains(&target) {
                self.unset.push(target);
            }
        }
        open
    }

    /// Counts an answer; a line that is down ends the round for its platform.
    pub fn count(&mut self, target: Target, answer: &Answer) {
        match (answer.transport, answer.business) {
            (_, Business::Accepted) => self.accepted += 1,
            (_, Business::Refused) | (Transport::Rejected, _) => self.refused += 1,
            _ => self.pending += 1,
        }
        if answer.transport == Transport::Failed {
            self.unreached.push(target);
        }
    }
}

/// Tells a platform of a bill. Waits for the line, so it belongs on a thread that nobody waits for.
pub fn deliver(profile: &Profile, bill: &BillMessage, now: Instant) -> Answer {
    match bill.target {
        Target::Platform => {
            let pending = bill.last == Some(Business::Pending);
            trace_platform::deliver(profile, &bill.bill, (pending, now))
        }
        Target::Insurance => insurance::deliver(profile, &bill.bill, (&bill.done, now)),
    }
}

impl Clinic {
    /// One round: at most `most` bills for each platform.
    pub fn upload_bills(&mut self, profile: &Profile, most: u32) -> Result<Round, Failure> {
        self.begin_round()?;
        let mut round = Round::default();
        for target in round.open(profile) {
            for _ in 0..most {
                let Some(bill) = self.hand_out(target)? else { break };
                let answer = deliver(profile, &bill, self.now());
                round.count(target, &answer);
                self.bill_came_back(&bill, &answer)?;
                if round.unreached.contains(&target) {
                    break;
                }
            }
        }
        Ok(round)
    }

    /// Bills that were on the way when a program ended are asked about again.
    pub fn begin_round(&mut self) -> Result<(), Failure> {
        let stamp = self.permit(Action::UploadTrace, "upload")?;
        self.store.wake_handed_bills(&stamp)?;
        Ok(())
    }

    /// The next bill of a round, marked as on its way; `None` = the round is over.
    pub fn next_bill(
        &mut self,
        profile: &Profile,
        round: &mut Round,
    ) -> Result<Option<BillMessage>, Failure> {
        for target in round.open(profile) {
            if let Some(bill) = self.hand_out(target)? {
                return Ok(Some(bill));
            }
        }
        Ok(None)
    }

    fn hand_out(&mut self, target: Target) -> Result<Option<BillMessage>, Failure> {
        let stamp = self.permit(Action::UploadTrace, target.id())?;
        let Some(bill) = self.store.due_bills(target, self.now(), 1)?.pop() else {
            return Ok(None);
        };
        self.store.message_event(bill.message.id, (Event::Handed, None), &stamp)?;
        Ok(Some(bill))
    }

    /// Keeps what a platform answered, both levels, and moves the bill on.
    pub fn bill_came_back(&mut self, bill: &BillMessage, answer: &Answer) -> Result<(), Failure> {
        let stamp = self.permit(Action::UploadTrace, &format!("bill:{}", bill.bill.code))?;
        let event = event_of(answer, bill);
        self.store.bill_answered(bill.message.id, (answer, event), &stamp)?;
        Ok(())
    }

    /// The profile in the data directory; `None` = there is none yet.
    pub fn upload_profile(&self) -> Result<Option<Profile>, Failure> {
        let path = self.profile_path();
        if path.exists() { profile_over(&self.base_profile()?, &path).map(Some) } else { Ok(None) }
    }

    /// The name of the shipped profile that this station has chosen.
    pub fn base_profile(&self) -> Result<String, Failure> {
        Ok(self.store.setting(BASE)?.unwrap_or_else(|| "default".to_owned()))
    }

    /// The station's profile, or the shipped one as long as there are no addresses.
    pub fn profile_or_base(&self) -> Result<Profile, Failure> {
        match self.upload_profile()? {
            Some(profile) => Ok(profile),
            None => named_profile(&self.base_profile()?),
        }
    }

    /// Chooses a shipped profile for this station.
    pub fn choose_profile(&mut self, name: &str) -> Result<(), Failure> {
        named_profile(name)?;
        self.set_option(BASE, name)
    }

    /// Where the profile is looked for.
    pub fn profile_path(&self) -> PathBuf {
        self.station.layout().root().join(PROFILE)
    }

    /// Bills that are not done, the oldest first, with their deadline.
    pub fn open_bills(&mut self, profile: &Profile, limit: u32) -> Result<Vec<OpenBill>, Failure> {
        self.permit(Action::UploadTrace, "bills")?;
        let now = self.now();
        let open = self.store.open_bills(limit)?;
        Ok(open
            .into_iter()
            .map(|standing| {
                let bill = self.store.bill_for(&standing.bill, standing.target).ok().flatten();
                let lacks =
                    bill.map_or_else(Vec::new, |bill| lint(profile, (standing.target, &bill)));
                let hours = match standing.target {
                    Target::Platform => profile.platform.deadline_hours,
                    Target::Insurance => profile.insurance.deadline_hours,
                };
                OpenBill { hours_left: hours_left(standing.created, hours, now), lacks, standing }
            })
            .collect())
    }

    /// Where one bill stands at each platform.
    pub fn bill_standing(
        &mut self,
        code: &str,
    ) -> Result<Vec<crate::storage::BillStanding>, Failure> {
        self.permit(Action::UploadTrace, &format!("bill:{code}"))?;
        Ok(self.store.bill_standing(code)?)
    }

    /// Sends a refused or parked bill again, after a person has seen to it.
    pub fn upload_again(&mut self, code: &str) -> Result<u32, Failure> {
        let stamp = self.permit(Action::UploadTrace, &format!("bill:{code}"))?;
        let mut again = 0;
        for standing in self.store.bill_standing(code)? {
            if matches!(standing.state, State::Refused | State::Parked | State::Waiting) {
                self.store.message_event(standing.message, (Event::Again, None), &stamp)?;
                again += 1;
            }
        }
        Ok(again)
    }

    /// Sets a bill aside that was settled by hand with the platform.
    pub fn settle_bill(&mut self, code: &str, reason: &str) -> Result<u32, Failure> {
        let stamp = self.permit(Action::UploadTrace, &format!("bill:{code}"))?;
        let mut settled = 0;
        for standing in self.store.bill_standing(code)? {
            if standing.state == State::Refused {
                let word =
                    crate::domain::cleaning::clean_line(reason, crate::domain::cleaning::LINE_MAX)
                        .text;
                self.store.message_event(
                    standing.message,
                    (Event::Parked { word }, None),
                    &stamp,
                )?;
                settled += 1;
            }
        }
        Ok(settled)
    }

    /// The supplier's despatch list from the platform, kept as expected.
    pub fn fetch_despatch(
        &mut self,
        profile: &Profile,
        bill: &str,
        from: &str,
    ) -> Result<Vec<DespatchIn>, Failure> {
        self.permit(Action::ReceiveDrugs, &format!("bill:{bill}"))?;
        let lines =
            trace_platform::despatch(profile, (bill, from), self.now()).map_err(|answer| {
                let words = format!("{} {}", answer.transport_word, answer.business_word);
                Failure::new(
                    Kind::Network,
                    format!("没有取到发货单 {bill}：{words}。"),
                    format!("No despatch list {bill}: {words}."),
                )
                .next(answer.remedy.clone(), answer.remedy)
            })?;
        Ok(lines
            .into_iter()
            .map(|line| DespatchIn {
                bill: line.bill,
                supplier: line.supplier,
                code: line.code,
                is: line.is,
            })
            .collect())
    }

    /// The rows `drug_trac_info` (2207) of what was dispensed on a bill, as JSON.
    pub fn settlement_rows(&mut self, bill: &str) -> Result<String, Failure> {
        self.permit(Action::UploadTrace, &format!("bill:{bill}"))?;
        let known =
            self.store.bill(bill)?.ok_or(crate::storage::StoreError::NotFound { what: "bill" })?;
        Ok(insurance::settlement_rows(&known).to_string())
    }

    /// Events from a number on as an EPCIS 2.0 document; the number to go on from.
    pub fn export_epcis(&mut self, from: u64, most: u32) -> Result<(String, u64), Failure> {
        self.permit(Action::UploadTrace, "export")?;
        let events = self.store.trace_events_from(from, most)?;
        let next = events.last().map_or(from, |last| last.key.seq + 1);
        let mut exports = vec![];
        for event in events {
            let pack = self.store.trace_pack(&event.event.code)?;
            let of = match &event.event.what {
                What::Reversed { of, .. } => self
                    .store
                    .trace_history(&event.event.code)?
                    .into_iter()
                    .find(|first| first.key == *of),
                What::Changed(_) => None,
            };
            exports.push(ExportEvent {
                product: pack.as_ref().map(|pack| pack.product.clone()).unwrap_or_default(),
                lot: pack.as_ref().map(|pack| pack.lot.clone()).unwrap_or_default(),
                units: pack.as_ref().map_or(0, |pack| pack.units),
                event,
                of,
            });
        }
        let document =
            epcis::document(self.station_id(), &exports, self.now()).map_err(|error| {
                Failure::new(Kind::Bug, format!("EPCIS：{error}。"), format!("EPCIS: {error}."))
            })?;
        self.note(
            "export-epcis",
            format!("events:{from}-{}", next.saturating_sub(1)),
            crate::domain::audit::Outcome::Done,
        );
        Ok((document, next))
    }
}

/// A shipped profile alone.
pub fn named_profile(name: &str) -> Result<Profile, Failure> {
    Profile::over(name, "").map_err(|error| {
        Failure::new(Kind::Config, format!("{error}。"), format!("No profile {name:?}."))
    })
}

/// Required fields that are empty, said before anything is sent.
pub fn lint(profile: &Profile, (target, bill): (Target, &Bill)) -> Vec<Lack> {
    match target {
        Target::Platform => trace_platform::lint(profile, bill),
        Target::Insurance => insurance::lint(profile, bill),
    }
}

/// Reads an EPCIS document.
pub fn read_epcis(text: &str) -> Result<Vec<Result<ReadEvent, ReadFault>>, ReadFault> {
    epcis::read(text)
}

/// What a supplier's shipping events announce, as a despatch list; the named bill wins over the document's.
pub fn despatch_of(events: &[ReadEvent], bill: &str, supplier: &str) -> Vec<DespatchIn> {
    let shipped =
        events.iter().filter(|event| event.biz_step.ends_with("shipping") && !event.declared_wrong);
    shipped
        .flat_map(|event| {
            let named = event
                .bills
                .iter()
                .find(|(kind, _)| kind.ends_with("desadv"))
                .map(|(_, id)| id.as_str());
            let bill = if bill.is_empty() { named.unwrap_or_default() } else { bill }.to_owned();
            let codes = event.epcs.iter().filter_map(|epc| epcis::code_of(epc));
            codes.map(move |code| DespatchIn {
                bill: bill.clone(),
                supplier: supplier.to_owned(),
                code,
                ..DespatchIn::default()
            })
        })
        .collect()
}

/// Where a message goes after an answer. A refusal on either level waits for a person; everything unsure is tried again.
pub(super) fn event_of(answer: &Answer, bill: &BillMessage) -> Event {
    let standing = &bill.message.standing;
    let revision = standing.revision;
    let word = format!("{} {}", answer.transport_word, answer.business_word).trim().to_owned();
    match (answer.transport, answer.business) {
        (_, Business::Accepted) => Event::Accepted { revision, sha256: standing.sha256 },
        (_, Business::Refused) | (Transport::Rejected, _) => Event::Refused { revision, word },
        _ => {
            // Spread over a fifth, so that bills of one outage do not come back together.
            let jitter_permille =
                (bill.message.id.0.unsigned_abs().wrapping_mul(7919) % 1000) as u16;
            Event::Failed { word, jitter_permille, retry_after_s: None }
        }
    }
}

fn hours_left(created: Instant, hours: u32, now: Instant) -> i64 {
    created.plus_seconds(i64::from(hours) * 3600).millis_since(now).div_euclid(3_600_000)
}
