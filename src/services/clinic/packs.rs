//! Knowledge packs of the station: whose are trusted, turning one on, going back. The list of trusted keys and the highest
//! version ever turned on are kept in the encrypted database; the list lies in the data directory too, for the start.
use std::collections::BTreeMap;

use super::Clinic;
use crate::domain::audit::{Hash, Outcome};
use crate::domain::catalog::Catalog;
use crate::domain::cleaning::{NAME_MAX, clean_line};
use crate::domain::followup::Case;
use crate::domain::followup::register::{FollowUpRecord, NewFollowUp, Status};
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::knowledge::{
    installed::Shelf,
    pack::Version,
    signature::{self, TrustList, TrustedKey},
};
use crate::services::failure::{Failure, Kind};
use crate::services::follow_up::follow_up;
use crate::services::knowledge_diff::{PatientChange, Programme, compare_patients};
use crate::services::pack::{self, Candidate, Installed};
use crate::storage::RegisterFilter;

const TRUSTED: &str = "pack.trusted";
/// The highest version ever turned on, and its SHA-256.
const FLOOR: &str = "pack.floor";

impl Clinic {
    pub fn trusted_keys(&mut self) -> Result<Vec<TrustedKey>, Failure> {
        self.read(Action::ChangePackKeys, "pack-keys".to_owned())?;
        Ok(self.trust_list()?.key)
    }

    /// Trusts a publisher: the text of a `.pub` file, or the key alone. Gives the key's number.
    pub fn trust_key(&mut self, name: &str, key: &str) -> Result<String, Failure> {
        self.permit(Action::ChangePackKeys, "pack-keys")?;
        let name = clean_line(name, NAME_MAX).text;
        if name.is_empty() {
            return Err(Failure::new(
                Kind::User,
                "请写明这把公钥是谁的。",
                "Say whose key this is.",
            ));
        }
        let key = signature::public_key(key).map_err(|error| pack::refused(&error.to_string()))?;
        let mut list = self.trust_list()?;
        if list.key.iter().any(|known| known.key == key) {
            return Err(Failure::new(
                Kind::User,
                "这把公钥已在名单上。",
                "This key is trusted already.",
            ));
        }
        let trusted = TrustedKey { name, key, added_on: self.today().to_string() };
        let number = trusted.number().unwrap_or_default();
        list.key.push(trusted);
        self.keep_trust_list(&list, &format!("pack-key:{number} trusted"))?;
        Ok(number)
    }

    /// Trusts a publisher no more. A pack by them that is in use falls back to the built-in knowledge at the next start.
    pub fn distrust_key(&mut self, number: &str) -> Result<TrustedKey, Failure> {
        self.permit(Action::ChangePackKeys, "pack-keys")?;
        let mut list = self.trust_list()?;
        let at = list
            .key
            .iter()
            .position(|k| k.number().is_some_and(|n| n.eq_ignore_ascii_case(number.trim())))
            .ok_or_else(|| {
                Failure::new(Kind::User, "名单上没有这把公钥。", "No such key is trusted.")
            })?;
        let gone = list.key.remove(at);
        self.keep_trust_list(&list, &format!("pack-key:{} removed", number.trim()))?;
        Ok(gone)
    }

    /// Verifies, stages, tests and turns on a pack; any refusal leaves what is in use as it is.
    pub fn install_pack(&mut self, bytes: &[u8], signature: &str) -> Result<Installed, Failure> {
        let object = format!("pack sha256:{}", Hash::of(bytes));
        let stamp = self.permit(Action::InstallKnowledge, &object)?;
        let candidate = Candidate {
            bytes,
            signature,
            trusted: self.trust_list()?.key,
            floor: self.floor()?,
            today: self.today(),
        };
        let shelf = Shelf::of(self.station.layout.root());
        let staged = pack::stage(&shelf, &candidate);
        let installed = match staged {
            Ok(installed) => installed,
            Err(failure) => {
                let what = failure.what.pick(crate::domain::words::Lang::En).to_owned();
                tracing::warn!(what, "a pack was refused");
                self.note_fact(stamp.fact(Action::InstallKnowledge.id(), object, Outcome::Failed));
                return Err(failure);
            }
        };
        let object = format!("pack:{} sha256:{}", installed.version, installed.sha256);
        // The floor is raised first: a crash in between keeps an older pack out, not the newer one.
        let floor = format!("{} {}", installed.version, installed.sha256);
        self.store.set_setting((FLOOR, &floor), &stamp)?;
        let swapped = shelf.swap().map_err(|error| pack::refused(&error.to_string()));
        let outcome = if swapped.is_ok() { Outcome::Done } else { Outcome::Failed };
        self.note_fact(stamp.fact(Action::InstallKnowledge.id(), object, outcome));
        swapped.map(|()| installed)
    }

    /// Goes back to the pack before, or to the built-in knowledge. Gives the version that is in use then.
    pub fn roll_back_pack(&mut self) -> Result<Option<String>, Failure> {
        let stamp = self.permit(Action::InstallKnowledge, "pack rollback")?;
        let shelf = Shelf::of(self.station.layout.root());
        let back = pack::roll_back(&shelf);
        let (outcome, object) = match &back {
            Ok(version) => (
                Outcome::Done,
                format!("pack rollback to:{}", version.as_deref().unwrap_or("built-in")),
            ),
            Err(_) => (Outcome::Failed, "pack rollback".to_owned()),
        };
        self.note_fact(stamp.fact(Action::InstallKnowledge.id(), object, outcome));
        back
    }

    /// Whom the programmes and guidelines would judge otherwise: everybody in care, by the values of their last meeting,
    /// under both versions. Logged once.
    pub fn patients_under(
        &mut self,
        [old, new]: [&Catalog; 2],
    ) -> Result<Vec<PatientChange<PatientId>>, Failure> {
        const PAGE: u32 = 500;
        self.read(Action::SeeFollowUps, "follow-up register under two versions".to_owned())?;
        let mut programmes: BTreeMap<PatientId, Vec<String>> = BTreeMap::new();
        for page in 0.. {
            let filter =
                RegisterFilter { status: Some(Status::Active), ..RegisterFilter::default() };
            let rows = self.store.register(&filter, (PAGE, page * PAGE))?;
            let last = (rows.len() as u32) < PAGE;
            for row in rows {
                programmes.entry(row.patient.id).or_default().push(row.programme);
            }
            if last {
                break;
            }
        }
        let mut cases: BTreeMap<PatientId, (Vec<String>, Case)> = BTreeMap::new();
        for (patient, programmes) in programmes {
            let records = self.store.follow_ups(patient)?;
            let valid = records.into_iter().filter(FollowUpRecord::is_valid);
            let Some(last) = valid.max_by_key(|record| record.occasion.day) else { continue };
            let (day, mode) = (last.occasion.day, last.mode());
            let meeting = NewFollowUp {
                programmes: programmes.clone(),
                occasion: last.occasion,
                ..NewFollowUp::on(patient, day, mode)
            };
            let case = self.follow_up_case(&old.follow_up, &meeting)?;
            cases.insert(patient, (programmes, case));
        }
        let people: Vec<PatientId> = cases.keys().copied().collect();
        let under = |catalog: &Catalog, id: &PatientId| {
            cases.get(id).map(|(of, case)| judged(catalog, of, case)).unwrap_or_default()
        };
        Ok(compare_patients(&people, |id| under(old, id), |id| under(new, id)))
    }

    /// The list in the data directory must be the one in the database: a changed one is put right and logged.
    pub(super) fn mend_trust_list(&mut self) {
        let Ok(Some(text)) = self.store.setting(TRUSTED) else { return };
        let shelf = Shelf::of(self.station.layout.root());
        let there = shelf.trusted().map(|(_, text)| text);
        if there.is_ok_and(|there| there == text) {
            return;
        }
        self.note("pack-keys-changed", "trusted-keys.toml".to_owned(), Outcome::Failed);
        let mended = toml::from_str(&text).map(|list: TrustList| shelf.keep_trusted(&list));
        if !matches!(mended, Ok(Ok(_))) {
            tracing::warn!("the list of trusted pack keys could not be put right");
        }
    }

    fn trust_list(&self) -> Result<TrustList, Failure> {
        let Some(text) = self.store.setting(TRUSTED)? else { return Ok(TrustList::default()) };
        toml::from_str(&text).map_err(|error| {
            let why = error.message().to_owned();
            Failure::new(
                Kind::Data,
                format!("可信公钥名单读不懂（{why}）。"),
                format!("The list of trusted keys cannot be read ({why})."),
            )
        })
    }

    fn keep_trust_list(&mut self, list: &TrustList, object: &str) -> Result<(), Failure> {
        let stamp = self.permit(Action::ChangePackKeys, object)?;
        let shelf = Shelf::of(self.station.layout.root());
        let text = toml::to_string(list).map_err(|error| pack::refused(&error.to_string()))?;
        self.store.set_setting((TRUSTED, &text), &stamp)?;
        shelf.keep_trusted(list).map_err(|error| pack::refused(&error.to_string()))?;
        self.note_fact(stamp.fact(Action::ChangePackKeys.id(), object, Outcome::Done));
        Ok(())
    }

    fn floor(&self) -> Result<Option<(Version, String)>, Failure> {
        let text = self.store.setting(FLOOR)?;
        Ok(text.and_then(|text| {
            let (version, sha256) = text.split_once(' ')?;
            Some((Version::parse(version)?, sha256.to_owned()))
        }))
    }
}

/// At the programme's target, and at that of the newest clinical guideline, by programme.
fn judged(catalog: &Catalog, programmes: &[String], case: &Case) -> BTreeMap<Programme, String> {
    let word = |met: Option<bool>| {
        match met {
            Some(true) => "达标",
            Some(false) => "未达标",
            None => "不能评定",
        }
        .to_owned()
    };
    let mut classes = BTreeMap::new();
    for outcome in follow_up(&catalog.follow_up, programmes, case).outcomes {
        if let Some(clinical) = outcome.clinical.last() {
            let name = format!("{}（临床指南）", outcome.programme_zh);
            classes.insert(name, word(clinical.at_target));
        }
        classes.insert(outcome.programme_zh, word(outcome.controlled));
    }
    classes
}
