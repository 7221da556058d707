//! Referral both ways: written from a signed visit, sent or printed, read from a slip, moved on by answers and by hand.
use super::Clinic;
use super::share::{Taken, Whose};
use crate::domain::age::Day;
use crate::domain::audit::Stamp;
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::followup::register::{NewTask, TaskKind};
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::share::discharge::FIRST_VISIT_DAYS;
use crate::domain::share::letter::{Direction, Letter};
use crate::domain::share::referral::{Due, State, due, may};
use crate::domain::share::{HubId, ItemId, Kind};
use crate::domain::visit::VisitId;
use crate::paper::referral::{self as sheet, SlipSheet};
use crate::services::failure::{Failure, Kind as Fault};
use crate::services::share::courier::Courier;
use crate::services::share::intake::{self, Found};
pub use crate::services::share::referral::Wish;
use crate::services::share::{outgoing, referral};
use crate::storage::{Item, Kept, ReferralStep, StationKey};
use crate::wire::{fhir, seal, slip};

/// A referral that was written here.
pub(super) const WRITTEN_HERE: &str = "visit";
/// Days within which somebody asks how a referral went.
const FOLLOW_UP_DAYS: i32 = 14;

#[derive(Clone, Debug)]
pub struct Referred {
    pub item: ItemId,
    pub letter: Letter,
    /// It was written before, word for word.
    pub again: bool,
}

/// A referral in the list.
#[derive(Clone, Debug)]
pub struct ReferralLine {
    pub item: Item,
    pub letter: Letter,
    pub ours: bool,
    pub state: State,
    pub steps: Vec<ReferralStep>,
    pub due: Vec<Due>,
}

#[derive(Clone, Debug)]
pub struct SlipRead {
    pub taken: Taken,
    pub letter: Letter,
    /// Whose signature it bears.
    pub signer: String,
}

/// The slip on paper.
#[derive(Clone, Debug)]
pub struct Slip {
    pub sheet: SlipSheet,
    pub pdf: Vec<u8>,
    pub missing: Vec<char>,
}

impl Clinic {
    /// Writes a referral from a signed visit and signs it. The same words again are the same referral; other words are
    /// its next version.
    pub fn refer(&mut self, visit: VisitId, wish: &Wish) -> Result<Referred, Failure> {
        let object = format!("visit:{} refer", visit.0);
        let stamp = self.permit(Action::Refer, &object)?;
        let signed = self.store.visit(visit)?;
        let patient = self.store.patient(signed.visit.patient)?;
        let names = self.names()?;
        let mut letter =
            referral::letter((&names, &self.row.clinic_name), (&signed, &patient), wish);
        let latest = self.store.latest_version(Kind::Referral, &letter.id)?;
        if let Some(latest) = latest {
            letter.version = latest.version;
            if outgoing::letter(&latest.body)? != letter {
                letter.version += 1;
            }
        }
        let new = match intake::letter(&letter, WRITTEN_HERE, None) {
            Found::Document(new) => new,
            Found::Bad(words) => return Err(Failure::lacking(&letter, &words)),
            _ => return Err(Failure::lacking(&letter, "")),
        };
        // A letter that no slip can hold is refused now, not at the printer.
        slip::codes(&letter, &self.keys()?.signing).map_err(|_| Failure::too_long())?;
        let kept = self.store.keep_document(&new, &stamp);
        let (item, again) = match self.done(kept, Action::Refer, &object)? {
            Kept::New(item) => (item, false),
            Kept::Same(item) | Kept::Conflict(item) => (item, true),
        };
        let matched = self.store.match_item(item, (patient.id, "rule"), &stamp);
        self.done(matched, Action::Refer, &object)?;
        if self.referral_state(item)? == State::Draft {
            self.store.referral_step(item, (State::Signed, ""), &stamp)?;
        }
        if letter.direction == Direction::Up {
            let task = NewTask {
                patient: patient.id,
                kind: TaskKind::Referral,
                programme: String::new(),
                due: stamp.at.day().plus_days(FOLLOW_UP_DAYS),
                what: format!("转诊到{}后两周内主动随访：到了没有，怎样处理", letter.to.name),
                object: format!("referral:{}", letter.id),
            };
            let made = self.store.make_task(&task, &stamp);
            self.done(made, Action::Refer, &object)?;
        }
        Ok(Referred { item, letter, again })
    }

    fn referral_state(&self, item: ItemId) -> Result<State, Failure> {
        let steps = self.store.referral_steps(item)?;
        Ok(steps.last().map_or(State::Draft, |step| step.state))
    }

    fn referral_item(&self, item: ItemId) -> Result<(Item, Letter), Failure> {
        let there = self.store.item(item)?;
        if there.kind != Kind::Referral {
            return Err(Failure::new(
                Fault::User,
                format!("记录 {} 不是转诊单。", item.0),
                format!("Record {} is no referral.", item.0),
            ));
        }
        let letter = outgoing::letter(&there.body)?;
        Ok((there, letter))
    }

    /// The slip of a referral: words, codes, PDF.
    pub fn referral_slip(&mut self, item: ItemId) -> Result<Slip, Failure> {
        let object = format!("item:{} slip", item.0);
        self.read(Action::Refer, object)?;
        let (there, letter) = self.referral_item(item)?;
        if there.source != WRITTEN_HERE {
            return Err(Failure::new(
                Fault::User,
                "这张转诊单是别站写的，本站不代签。",
                "Another station wrote this referral; it is not signed here.",
            )
            .next("请打印原单。", "Print the original."));
        }
        let codes = slip::codes(&letter, &self.keys()?.signing).map_err(|_| Failure::too_long())?;
        let sheet = referral::sheet(&letter, codes);
        let (pdf, missing) = sheet::pdf(&sheet)
            .map_err(|error| Failure::new(Fault::Data, error.to_string(), error.to_string()))?;
        Ok(Slip { sheet, pdf, missing })
    }

    /// The slip as a file among the prints.
    pub fn keep_slip(&mut self, item: ItemId) -> Result<std::path::PathBuf, Failure> {
        let slip = self.referral_slip(item)?;
        crate::services::print::keep(self, (&format!("referral-{}.pdf", item.0), &slip.pdf))
    }

    /// Reads the codes of a slip. Only a signature that is known here, or named by the person who reads, is believed.
    pub fn read_slip(
        &mut self,
        codes: &str,
        (whose, from): (Whose, Option<&str>),
    ) -> Result<SlipRead, Failure> {
        self.permit(Action::ImportShare, "slip")?;
        let read = slip::read(codes)?;
        let signer = match self.signer_of(&read.signer)? {
            Some(name) => name,
            None if from.is_some_and(|key| key.trim().eq_ignore_ascii_case(&read.signer)) => {
                read.letter.from.name.clone()
            }
            None => return Err(Failure::unknown_signer(&read)),
        };
        let new = match intake::letter(&read.letter, "slip", None) {
            Found::Document(new) => new,
            Found::Bad(words) => return Err(Failure::lacking(&read.letter, &words)),
            _ => return Err(Failure::lacking(&read.letter, "")),
        };
        let taken = self.take_document(("slip", codes.as_bytes()), &new, whose)?;
        Ok(SlipRead { taken, letter: read.letter, signer })
    }

    fn signer_of(&mut self, key: &str) -> Result<Option<String>, Failure> {
        if seal::public_key(&self.keys()?.signing)?.eq_ignore_ascii_case(key) {
            return Ok(Some(self.row.clinic_name.clone()));
        }
        if let Some(known) =
            self.store.station_keys()?.into_iter().find(|one| one.key.eq_ignore_ascii_case(key))
        {
            return Ok(Some(known.name));
        }
        let hub = self
            .store
            .hubs()?
            .into_iter()
            .find(|hub| hub.ways.receipt_key.trim().eq_ignore_ascii_case(key));
        Ok(hub.map(|hub| hub.name))
    }

    pub fn trust_station(&mut self, name: &str, key: &str) -> Result<(), Failure> {
        let key = key.trim().to_ascii_lowercase();
        let object = format!("station-key:{key}");
        let stamp = self.permit(Action::ChangeHubs, &object)?;
        let name = clean_line(name, LINE_MAX).text;
        if seal::unhex(&key).is_none_or(|bytes| bytes.len() != 32) || name.is_empty() {
            return Err(Failure::new(
                Fault::Config,
                "公钥应是 64 位十六进制数，并写明是哪个站。",
                "The key must be 64 hexadecimal digits, with the station's name.",
            )
            .next(
                "对方用 share keys 可以看到（signing）。",
                "The other station shows it with share keys (signing).",
            ));
        }
        let kept = self.store.trust_station((&key, &name), &stamp);
        self.done(kept, Action::ChangeHubs, &object)
    }

    pub fn distrust_station(&mut self, key: &str) -> Result<(), Failure> {
        let object = format!("station-key:{key}");
        let stamp = self.permit(Action::ChangeHubs, &object)?;
        let ended = self.store.distrust_station(&key.trim().to_ascii_lowercase(), &stamp);
        self.done(ended, Action::ChangeHubs, &object)
    }

    pub fn station_keys(&mut self) -> Result<Vec<StationKey>, Failure> {
        self.read(Action::SeeShare, "station-keys".to_owned())?;
        Ok(self.store.station_keys()?)
    }

    /// All referrals, newest first, with what is due for each.
    pub fn referrals(&mut self, limit: u32) -> Result<Vec<ReferralLine>, Failure> {
        self.read(Action::SeeShare, "referrals".to_owned())?;
        let now = self.now();
        let items = self.store.referrals(limit)?;
        items
            .into_iter()
            .map(|item| {
                let letter = outgoing::letter(&item.body)?;
                let steps = self.store.referral_steps(item.id)?;
                let state = steps.last().map_or(State::Draft, |step| step.state);
                let since = steps.last().map_or(item.created, |step| step.at);
                let signed = steps.first().map_or(item.created, |step| step.at);
                let ours = item.source == WRITTEN_HERE;
                let due = match (ours, letter.direction) {
                    (true, _) => due(state, letter.urgency, (since, signed, now)),
                    // The plan came here: the first visit is ours until it is closed.
                    (false, Direction::Down) if state != State::Closed => vec![Due::FirstVisit],
                    (false, _) => vec![],
                };
                Ok(ReferralLine { item, letter, ours, state, steps, due })
            })
            .collect()
    }

    /// A person says how a referral went on: accepted by telephone, rejected, arrived, closed.
    pub fn move_referral(
        &mut self,
        item: ItemId,
        (to, words): (State, &str),
    ) -> Result<bool, Failure> {
        let object = format!("item:{} {}", item.0, to.id());
        let stamp = self.permit(Action::Refer, &object)?;
        self.referral_item(item)?;
        let words = clean_line(words, LINE_MAX).text;
        if to == State::Rejected && words.is_empty() {
            return Err(Failure::new(
                Fault::User,
                "拒绝要写明原因。",
                "A rejection needs a reason.",
            )
            .next("请加 --words 原因。", "Give it with --words."));
        }
        let moved = self.store.referral_step(item, (to, &words), &stamp);
        self.done(moved, Action::Refer, &object)
    }

    /// A referral went out or was taken in over there; where it stands further already, nothing changes.
    pub(super) fn referral_went(
        &mut self,
        item: ItemId,
        to: State,
        stamp: &Stamp,
    ) -> Result<(), Failure> {
        self.referral_advance(item, (to, ""), stamp).map(|_| ())
    }

    fn referral_advance(
        &mut self,
        item: ItemId,
        (to, words): (State, &str),
        stamp: &Stamp,
    ) -> Result<bool, Failure> {
        if self.store.item(item)?.kind != Kind::Referral || !may(self.referral_state(item)?, to) {
            return Ok(false);
        }
        Ok(self.store.referral_step(item, (to, words), stamp)?)
    }

    /// A referral came in. One that answers ours shows that the patient was there.
    pub(super) fn referral_received(&mut self, item: ItemId, stamp: &Stamp) -> Result<(), Failure> {
        self.store.referral_step(item, (State::Signed, ""), stamp)?;
        self.store.referral_step(item, (State::Received, ""), stamp)?;
        if let Some(ours) = self.answered(item)? {
            self.referral_advance(ours, (State::Arrived, "下转单说明已到院"), stamp)?;
            self.referral_advance(ours, (State::DownSent, ""), stamp)?;
        }
        Ok(())
    }

    /// Our referral up that a down-referral answers.
    fn answered(&self, down: ItemId) -> Result<Option<ItemId>, Failure> {
        let (_, letter) = self.referral_item(down)?;
        if letter.direction != Direction::Down || letter.answers.is_empty() {
            return Ok(None);
        }
        let ours = self.store.latest_version(Kind::Referral, &letter.answers)?;
        Ok(ours.filter(|item| item.source == WRITTEN_HERE).map(|item| item.id))
    }

    /// A person has read the letter: the plan of a down-referral becomes a first visit within seven days.
    pub(super) fn referral_confirmed(
        &mut self,
        (item, patient): (ItemId, PatientId),
        letter: &Letter,
    ) -> Result<Option<Day>, Failure> {
        if letter.direction == Direction::Up {
            return Ok(None);
        }
        let object = format!("referral:{}", letter.id);
        let stamp = self.permit(Action::RecordFollowUp, &object)?;
        let from =
            letter.written.map_or_else(|| self.today(), crate::domain::instant::Instant::day);
        let latest = from.plus_days(FIRST_VISIT_DAYS);
        let due = letter.first_visit.filter(|day| *day <= latest).unwrap_or(latest);
        let plan = clean_line(&letter.plan, LINE_MAX).text;
        let task = NewTask {
            patient,
            kind: TaskKind::Discharge,
            programme: String::new(),
            due,
            what: format!("下转后7天内首次随访：{plan}"),
            object: object.clone(),
        };
        let made = self.store.make_task(&task, &stamp);
        self.done(made, Action::RecordFollowUp, &object)?;
        self.referral_advance(item, (State::Arrived, "计划已入档"), &stamp)?;
        if let Some(ours) = self.answered(item)? {
            self.referral_advance(ours, (State::Closed, "已下转并接回"), &stamp)?;
        }
        Ok(Some(due))
    }

    /// Asks a hub what became of our referrals (FHIR Task on our ServiceRequest). Returns what moved.
    pub fn ask_answers(&mut self, hub: HubId) -> Result<Vec<(ItemId, State, String)>, Failure> {
        let stamp = self.permit(Action::DeliverShare, &format!("hub:{} answers", hub.0))?;
        let hub = self.store.hub(hub)?;
        let names = self.names()?;
        let courier = Courier::new(&hub)?;
        let mut moved = vec![];
        for line in self.referrals(10_000)? {
            let open = !matches!(line.state, State::Draft | State::Rejected | State::Closed);
            let there = self.store.deliveries_of(line.item.id, hub.id)?;
            if !line.ours || !open || there.is_empty() {
                continue;
            }
            let id = fhir::request_id(&names, &line.letter);
            let found = courier.search(&format!("Task?focus=ServiceRequest/{id}&_count=50"))?;
            for (state, words) in found.iter().filter_map(|task| fhir::answer_to(task, &id)) {
                let words = clean_line(&words, LINE_MAX).text;
                // Closed over there without a word of arrival still means that they were there.
                if state == State::Closed || state == State::Treating {
                    self.referral_advance(line.item.id, (State::Arrived, ""), &stamp)?;
                }
                if self.referral_advance(line.item.id, (state, &words), &stamp)? {
                    moved.push((line.item.id, state, words));
                }
            }
        }
        Ok(moved)
    }
}

impl Failure {
    fn lacking(letter: &Letter, words: &str) -> Self {
        let missing: Vec<&str> = letter.missing().iter().map(|one| one.0).collect();
        Self::new(
            Fault::User,
            format!("转诊单缺少：{}。", missing.join("、")),
            format!("The referral is not complete ({words})."),
        )
        .next("上转要写原因，下转要写计划。", "One up needs a reason, one down a plan.")
    }

    fn too_long() -> Self {
        Self::new(
            Fault::User,
            "内容太多，转诊单的二维码放不下。",
            "The text is too long for the codes of the slip.",
        )
        .next("请用 --findings 写一段摘要。", "Write a summary with --findings.")
    }

    fn unknown_signer(slip: &slip::Slip) -> Self {
        Self::new(
            Fault::User,
            format!(
                "签名完好，但本站不认识签名的公钥 {}（自称 {}），没有收下。",
                slip.signer, slip.letter.from.name
            ),
            format!(
                "The signature is whole, but its key {} (it says {}) is not known here; it was not taken in.",
                slip.signer, slip.letter.from.name
            ),
        )
        .next(
            "请打电话核对公钥后用 share refer trust 登记，或这一次加 --from 公钥。",
            "Check the key by telephone, then share refer trust, or --from KEY for this once.",
        )
    }
}
