//! Packages on a stick: written, opened, answered, and the receipts that come back as files.
use std::path::Path;

use super::Clinic;
use super::delivery::{Outcome, write_synced};
use super::share::{Taken, TakenAs, Whose};
use crate::domain::audit::{Hash, Stamp};
use crate::domain::role::Action;
use crate::domain::share::hub::Hub;
use crate::domain::share::parts::{Event, State};
use crate::domain::share::referral;
use crate::domain::share::trouble::Trouble;
use crate::domain::share::{DeliveryId, HubId};
use crate::services::failure::{Failure, Kind as Fault};
use crate::services::share::intake;
use crate::services::share::parcel::{self, Keys, Letterhead, Written};
use crate::services::share::reader::Reader;
use crate::storage::{Delivery, NewReceipt};
use crate::wire::package::{self, Receipt, ReceiptItem};
use crate::wire::{seal, time};

/// The public halves of this station's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKeys {
    /// `age1…`: others seal packages to it.
    pub seal_to: String,
    /// Ed25519, hexadecimal: others check our packages and receipts by it.
    pub signing: String,
}

/// A package of another station as taken in.
#[derive(Debug)]
pub struct Opened {
    pub package: String,
    pub sender: String,
    pub sender_key: String,
    /// It was taken in before; nothing was changed now.
    pub again: bool,
    pub taken: Vec<Taken>,
    /// The signed answer, to be carried back.
    pub receipt: Vec<u8>,
}

impl Clinic {
    /// Drawn at first need and kept in the encrypted database.
    pub(super) fn keys(&mut self) -> Result<Keys, Failure> {
        Ok(Keys {
            signing: self.key("share-signing-key")?,
            opening: self.key("share-opening-key")?,
        })
    }

    fn key(&mut self, name: &str) -> Result<[u8; 32], Failure> {
        let kept = self.store.setting(name)?.and_then(|hex| seal::unhex(&hex)?.try_into().ok());
        if let Some(key) = kept {
            return Ok(key);
        }
        let key = parcel::draw_key()?;
        let stamp = self.permit(Action::DeliverShare, name)?;
        self.store.set_setting((name, &seal::hex(&key)), &stamp)?;
        Ok(key)
    }

    pub fn public_keys(&mut self) -> Result<PublicKeys, Failure> {
        self.permit(Action::DeliverShare, "keys")?;
        let keys = self.keys()?;
        Ok(PublicKeys {
            seal_to: keys.identity().recipient().to_string(),
            signing: seal::public_key(&keys.signing)?,
        })
    }

    /// Writes all that waits for a hub into one file; `None` = nothing waits.
    pub fn write_package(
        &mut self,
        hub: HubId,
        to: &Path,
    ) -> Result<Option<(String, usize)>, Failure> {
        let stamp = self.permit(Action::DeliverShare, &format!("hub:{} package", hub.0))?;
        let hub = self.store.hub(hub)?;
        let Some(written) = self.pack(&hub, &stamp)? else { return Ok(None) };
        let unfinished = to.with_extension("unfinished");
        write_synced(&unfinished, &written.bytes)
            .and_then(|()| std::fs::rename(&unfinished, to))
            .map_err(|error| {
            Failure::new(
                Fault::Data,
                format!("交换包写不到 {}（{error}）。", to.display()),
                format!("The package cannot be written to {} ({error}).", to.display()),
            )
            .kept("记录仍在待发队列里。", "The records still wait in the queue.")
            .next("请检查 U 盘后再写一次。", "Check the stick and write it again.")
        })?;
        let mut count = 0;
        self.packed(&hub, &written, &stamp, &mut |_| count += 1)?;
        Ok(Some((written.package, count)))
    }

    /// The package of everything that waits, not yet marked as sent.
    pub(super) fn pack(&mut self, hub: &Hub, stamp: &Stamp) -> Result<Option<Written>, Failure> {
        let load: Vec<(Delivery, Vec<Vec<u8>>)> = self
            .waiting_for_package(hub.id)?
            .into_iter()
            .map(|delivery| {
                let contents = delivery
                    .parts
                    .iter()
                    .map(|part| self.store.blob(part.sha256))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok((delivery, contents))
            })
            .collect::<Result<_, Failure>>()?;
        if load.is_empty() {
            return Ok(None);
        }
        let (keys, names) = (self.keys()?, self.names()?);
        let head = Letterhead {
            names: &names,
            clinic: &self.row.clinic_name,
            created: stamp.at,
            previous: self.store.last_manifest(hub.id)?,
        };
        Ok(Some(parcel::write((hub, &keys), &head, &load)?))
    }

    fn waiting_for_package(&self, hub: HubId) -> Result<Vec<Delivery>, Failure> {
        let waiting = self.store.waiting_deliveries(hub, 9_000)?;
        Ok(waiting
            .into_iter()
            .filter(|d| d.parts.iter().any(|p| p.state == State::Queued))
            .collect())
    }

    /// The file is written: its parts are sent, not verified; only a receipt verifies.
    pub(super) fn packed(
        &mut self,
        hub: &Hub,
        written: &Written,
        stamp: &Stamp,
        each: &mut dyn FnMut(&Outcome),
    ) -> Result<(), Failure> {
        self.store.keep_package((&written.package, written.manifest), hub.id, stamp)?;
        for delivery in self.waiting_for_package(hub.id)? {
            for part in delivery.parts.iter().filter(|part| part.state == State::Queued) {
                let at = (delivery.id, part.part);
                self.store.part_event(at, &Event::Handed, stamp.at)?;
                self.store.part_event(at, &Event::Answered, stamp.at)?;
            }
            self.referral_went(delivery.item, referral::State::Sent, stamp)?;
            each(&Outcome {
                delivery: Some(delivery.id),
                hub: hub.name.clone(),
                state: State::Sent,
                trouble: None,
                bytes: delivery.bytes,
            });
        }
        Ok(())
    }

    /// Takes a receipt file in. Only parts whose hash the hub names as stored are verified.
    pub fn read_receipt(&mut self, bytes: &[u8]) -> Result<Vec<Outcome>, Failure> {
        self.read_receipt_of(bytes, None)
    }

    pub(super) fn read_receipt_of(
        &mut self,
        bytes: &[u8],
        from: Option<HubId>,
    ) -> Result<Vec<Outcome>, Failure> {
        let stamp = self.permit(Action::DeliverShare, "receipt")?;
        let hubs = self.store.hubs()?;
        let mut refused = None;
        for hub in hubs
            .iter()
            .filter(|h| from.is_none_or(|from| from == h.id) && !h.ways.receipt_key.is_empty())
        {
            match package::read_receipt(bytes, &hub.ways.receipt_key) {
                Ok(receipt) => return self.apply_receipt(hub, &receipt, &stamp),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.map_or_else(
            || {
                Failure::new(
                    Fault::Config,
                    "没有配置回执公钥的上级。",
                    "No hub with a receipt key is set up.",
                )
            },
            Failure::from,
        ))
    }

    fn apply_receipt(
        &mut self,
        hub: &Hub,
        receipt: &Receipt,
        stamp: &Stamp,
    ) -> Result<Vec<Outcome>, Failure> {
        let written = self.store.written_package(&receipt.package)?;
        let fits = written.is_some_and(|(to, manifest)| {
            to == hub.id && manifest.to_string() == receipt.manifest_sha256
        });
        if !fits {
            return Err(Failure::new(
                Fault::User,
                "回执对应的交换包不是本站写给这个上级的。",
                "The receipt is for no package of this station to this hub.",
            ));
        }
        let mut touched: Vec<DeliveryId> = vec![];
        for item in &receipt.items {
            let id = DeliveryId(item.delivery);
            let Ok(delivery) = self.store.delivery(id) else { continue };
            let Some(part) = delivery.parts.iter().find(|p| p.part == item.part) else { continue };
            if delivery.hub != hub.id || part.state.is_final() {
                continue;
            }
            let event = match item.result.as_str() {
                "stored" => match Hash::parse(&item.sha256) {
                    Some(hash) if hash == part.sha256 => Event::ReadBack(hash),
                    _ => Event::Failed(Trouble::Conflict("回执的校验值不符".to_owned())),
                },
                "conflict" => Event::Failed(Trouble::Conflict(item.words.clone())),
                _ => Event::Failed(Trouble::Refused(item.words.clone())),
            };
            self.store.part_event((id, item.part), &event, stamp.at)?;
            if let Event::Failed(trouble) = &event {
                self.store.delivery_failed(id, (trouble, Some(stamp.at)), stamp)?;
            }
            if !touched.contains(&id) {
                touched.push(id);
            }
        }
        let raw = serde_json::to_string(receipt).unwrap_or_default();
        let mut outcomes = vec![];
        for id in touched {
            let mut delivery = self.store.delivery(id)?;
            if delivery.state == State::Verified {
                let new = NewReceipt {
                    hub: hub.name.clone(),
                    software: receipt.hub_software.clone(),
                    hub_time: receipt.hub_time.clone(),
                    raw: raw.clone(),
                };
                self.store.receipt(id, &new, stamp)?;
                // Somebody there has taken it in, not only a disk.
                self.referral_went(delivery.item, referral::State::Received, stamp)?;
                delivery.state = State::Receipted;
            }
            outcomes.push(Outcome {
                delivery: Some(id),
                hub: hub.name.clone(),
                state: delivery.state,
                trouble: None,
                bytes: delivery.bytes,
            });
        }
        Ok(outcomes)
    }

    /// Opens a package of another station, takes its records in and signs the answer. The same package again changes
    /// nothing and gets the same answer.
    pub fn open_package(
        &mut self,
        bytes: &[u8],
        (whose, reader): (Whose, &Reader),
    ) -> Result<Opened, Failure> {
        let stamp = self.permit(Action::ImportShare, "package")?;
        let keys = self.keys()?;
        let opened = parcel::open(bytes, &keys)?;
        let manifest = &opened.manifest;
        let hash = Hash::parse(&opened.manifest_sha256).unwrap_or(Hash::START);
        let again = !self.store.take_package(&manifest.package, hash, &stamp)?;
        let mut taken = vec![];
        let mut items = vec![];
        for (item, content) in manifest.items.iter().zip(&opened.contents) {
            let one = self.take_from_package((&item.path, content), (whose, reader))?;
            items.push(ReceiptItem {
                delivery: item.delivery,
                part: item.part,
                sha256: self.held_hash(content),
                result: match one.result {
                    TakenAs::New | TakenAs::Same => "stored",
                    TakenAs::Conflict => "conflict",
                    TakenAs::Quarantined | TakenAs::Skipped => "refused",
                }
                .to_owned(),
                words: one.reason.clone(),
            });
            taken.push(one);
        }
        let receipt = Receipt {
            version: 1,
            package: manifest.package.clone(),
            manifest_sha256: opened.manifest_sha256.clone(),
            hub: self.row.clinic_name.clone(),
            hub_software: format!("xinglin {}", env!("CARGO_PKG_VERSION")),
            hub_time: time::iso(stamp.at),
            items,
        };
        Ok(Opened {
            package: manifest.package.clone(),
            sender: manifest.sender_name.clone(),
            sender_key: manifest.sender_key.clone(),
            again,
            taken,
            receipt: package::write_receipt(&receipt, &keys.signing)?,
        })
    }

    /// As [`Self::open_package`], for a package that must be signed by this key.
    pub fn open_package_of(
        &mut self,
        bytes: &[u8],
        sender_key: &str,
        how: (Whose, &Reader),
    ) -> Result<Opened, Failure> {
        self.permit(Action::ImportShare, "package")?;
        let keys = self.keys()?;
        if !parcel::open(bytes, &keys)?.manifest.sender_key.eq_ignore_ascii_case(sender_key.trim())
        {
            return Err(Failure::new(
                Fault::User,
                "这个包不是约定的站签的，没有收下。",
                "The package is signed by another station; it was not taken in.",
            ));
        }
        self.open_package(bytes, how)
    }

    fn take_from_package(
        &mut self,
        (path, content): (&str, &[u8]),
        (whose, reader): (Whose, &Reader),
    ) -> Result<Taken, Failure> {
        if let Some(taken) = self.index_of_images((path, content))? {
            return Ok(taken);
        }
        let found = intake::look(path, content, reader).into_iter().next();
        let found = found.unwrap_or_else(|| intake::Found::Other("empty".to_owned()));
        self.take((path, content), found, whose)
    }

    /// A transaction that only names images is kept when all of them are here.
    fn index_of_images(
        &mut self,
        (path, content): (&str, &[u8]),
    ) -> Result<Option<Taken>, Failure> {
        let Some(named) = crate::wire::fhir::named_images(content) else { return Ok(None) };
        let stamp = self.permit(Action::ImportShare, "index")?;
        let missing = named.iter().filter(|uid| self.store.instance(uid).is_err()).count();
        let taken = Taken::index(path, (named.len(), missing));
        if taken.result == TakenAs::New {
            self.store.keep_content(content, stamp.at)?;
        }
        Ok(Some(taken))
    }

    /// The hash of what the store gives back for this content; empty = it has none of it.
    fn held_hash(&self, content: &[u8]) -> String {
        let hash = Hash::of(content);
        self.store.blob(hash).map(|held| Hash::of(&held).to_string()).unwrap_or_default()
    }
}
