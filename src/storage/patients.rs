//! People: registered, corrected with the old version kept, looked at for duplicates.
use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;

use super::{Books, Store, StoreError, find, rows};
use crate::domain::age::{Day, Sex};
use crate::domain::audit::Stamp;
use crate::domain::duplicate::{Duplicate, likeness};
use crate::domain::identity::{IdNumber, Phone};
use crate::domain::patient::{
    Allergies, Allergy, AllergyKind, AllergySeverity, Details, Patient, PatientId, Pregnancy,
    Weight,
};
use crate::domain::role::Action;

impl Store {
    pub fn register_patient(
        &mut self,
        details: &Details,
        stamp: &Stamp,
    ) -> Result<PatientId, StoreError> {
        self.write(|books| {
            books
                .prepare_cached(
                    "INSERT INTO patients (name, sex, birth, birth_estimated, id_number, phone, address,
                        allergies_known, weight_grams, weight_on, pregnant_weeks, pregnant_on, lactating,
                        created_at, created_by)
                     VALUES (:name, :sex, :birth, :estimated, :id_number, :phone, :address,
                        :allergies, :grams, :weighed, :weeks, :told, :lactating, :at, :by)",
                )?
                .execute(rusqlite::named_params! {
                    ":name": details.name, ":sex": sex_id(details.sex),
                    ":birth": details.birth.map(|d| d.to_string()), ":estimated": details.birth_estimated,
                    ":id_number": details.id_number.as_ref().map(IdNumber::as_str),
                    ":phone": details.phone.as_ref().map(Phone::as_str), ":address": details.address,
                    ":allergies": allergies_id(&details.allergies),
                    ":grams": details.weight.map(|w| w.grams), ":weighed": details.weight.map(|w| w.on.to_string()),
                    ":weeks": details.pregnancy.map(|p| p.weeks), ":told": details.pregnancy.map(|p| p.on.to_string()),
                    ":lactating": details.lactating, ":at": stamp.at.millis(), ":by": stamp.user.0,
                })?;
            let id = PatientId(books.last_insert_rowid());
            write_lists(books, id, details)?;
            books.log(stamp, Action::RegisterPatient.id(), format!("patient:{}", id.0))?;
            Ok(id)
        })
    }

    /// Corrects a person's details. `revision` is the one that the correction was made on; what was there is kept.
    pub fn edit_patient(
        &mut self,
        (id, revision): (PatientId, u32),
        details: &Details,
        stamp: &Stamp,
    ) -> Result<Patient, StoreError> {
        let was = self.patient(id)?;
        self.write(|books| {
            let changed = books.execute(
                "UPDATE patients SET revision = revision + 1, name = :name, sex = :sex, birth = :birth,
                    birth_estimated = :estimated, id_number = :id_number, phone = :phone, address = :address,
                    allergies_known = :allergies, weight_grams = :grams, weight_on = :weighed,
                    pregnant_weeks = :weeks, pregnant_on = :told, lactating = :lactating
                 WHERE id = :id AND revision = :revision",
                rusqlite::named_params! {
                    ":id": id.0, ":revision": revision, ":name": details.name, ":sex": sex_id(details.sex),
                    ":birth": details.birth.map(|d| d.to_string()), ":estimated": details.birth_estimated,
                    ":id_number": details.id_number.as_ref().map(IdNumber::as_str),
                    ":phone": details.phone.as_ref().map(Phone::as_str), ":address": details.address,
                    ":allergies": allergies_id(&details.allergies),
                    ":grams": details.weight.map(|w| w.grams), ":weighed": details.weight.map(|w| w.on.to_string()),
                    ":weeks": details.pregnancy.map(|p| p.weeks), ":told": details.pregnancy.map(|p| p.on.to_string()),
                    ":lactating": details.lactating,
                },
            )?;
            if changed == 0 || was.revision != revision {
                return Err(StoreError::Changed { what: "this patient's record" });
            }
            books.execute(
                "INSERT INTO patient_revisions (patient_id, revision, replaced_at, replaced_by, was)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (id.0, revision, stamp.at.millis(), stamp.user.0, was_json(&was.details)?),
            )?;
            for table in ["allergies", "problems", "patient_keys"] {
                books.execute(&format!("DELETE FROM {table} WHERE patient_id = ?1"), [id.0])?;
            }
            write_lists(books, id, details)?;
            let object = format!("patient:{} revision:{}", id.0, revision + 1);
            books.log(stamp, Action::EditPatient.id(), object)?;
            Ok(())
        })?;
        self.patient(id)
    }

    pub fn patient(&self, id: PatientId) -> Result<Patient, StoreError> {
        let (mut patient, known): (Patient, String) = self
            .conn
            .prepare_cached(
                "SELECT id, revision, name, sex, birth, birth_estimated, id_number, phone, address, weight_grams,
                    weight_on, pregnant_weeks, pregnant_on, lactating, allergies_known FROM patients WHERE id = ?1",
            )?
            .query_row([id.0], |row| Ok(read(row).and_then(|patient| Ok((patient, row.get(14)?)))))
            .optional()?
            .ok_or(StoreError::NotFound { what: "patient" })??;
        patient.details.allergies = match known.as_str() {
            "none" => Allergies::None,
            "known" => Allergies::Known(self.allergies(id)?),
            _ => Allergies::NotAsked,
        };
        let mut statement = self
            .conn
            .prepare_cached("SELECT text FROM problems WHERE patient_id = ?1 ORDER BY seq")?;
        patient.details.conditions =
            statement.query_map([id.0], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(patient)
    }

    fn allergies(&self, id: PatientId) -> Result<Vec<Allergy>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT substance, kind, severity, reaction FROM allergies WHERE patient_id = ?1 ORDER BY seq",
        )?;
        let rows = statement.query_map([id.0], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get(3)?,
            ))
        })?;
        rows.map(|row| {
            let (substance, kind, severity, reaction) = row?;
            Ok(Allergy {
                substance,
                kind: rows::word("kind of allergy", &kind, AllergyKind::parse)?,
                severity: rows::word("severity", &severity, AllergySeverity::parse)?,
                reaction,
            })
        })
        .collect()
    }

    /// People who may be the same as this one, most alike first.
    pub fn duplicates(&self, details: &Details) -> Result<Vec<Duplicate>, StoreError> {
        const MOST_CANDIDATES: u32 = 200;
        const MOST_SHOWN: usize = 9;
        let mut ids: BTreeSet<i64> = BTreeSet::new();
        let mut gather = |sql: &str, key: &str| -> Result<(), StoreError> {
            let mut statement = self.conn.prepare_cached(sql)?;
            for id in statement.query_map((key, MOST_CANDIDATES), |row| row.get(0))? {
                ids.insert(id?);
            }
            Ok(())
        };
        if let Some(number) = &details.id_number {
            gather("SELECT id FROM patients WHERE id_number = ?1 LIMIT ?2", number.as_str())?;
        }
        if let Some(phone) = &details.phone {
            gather("SELECT id FROM patients WHERE phone = ?1 LIMIT ?2", phone.as_str())?;
        }
        if let Some(birth) = details.birth {
            let key = find::birth_key(birth);
            gather(
                "SELECT patient_id FROM patient_keys WHERE kind = 'b' AND key = ?1 LIMIT ?2",
                &key,
            )?;
        }
        gather("SELECT id FROM patients WHERE name = ?1 ORDER BY id DESC LIMIT ?2", &details.name)?;
        let mut duplicates = vec![];
        for id in ids {
            let patient = self.patient(PatientId(id))?;
            let (score, reasons) = likeness(details, &patient.details);
            if score > 0 {
                duplicates.push(Duplicate { patient, score, reasons });
            }
        }
        duplicates.sort_by_key(|duplicate| std::cmp::Reverse(duplicate.score));
        duplicates.truncate(MOST_SHOWN);
        Ok(duplicates)
    }
}

fn write_lists(books: &Books<'_>, id: PatientId, details: &Details) -> Result<(), StoreError> {
    let mut allergy = books.prepare_cached(
        "INSERT INTO allergies (patient_id, seq, substance, kind, severity, reaction) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (seq, a) in details.allergies.known().iter().enumerate() {
        allergy.execute((
            id.0,
            seq as i64,
            &a.substance,
            a.kind.id(),
            a.severity.id(),
            &a.reaction,
        ))?;
    }
    let mut problem =
        books.prepare_cached("INSERT INTO problems (patient_id, seq, text) VALUES (?1, ?2, ?3)")?;
    for (seq, text) in details.conditions.iter().enumerate() {
        problem.execute((id.0, seq as i64, text))?;
    }
    let mut key = books.prepare_cached(
        "INSERT OR IGNORE INTO patient_keys (kind, key, patient_id) VALUES (?1, ?2, ?3)",
    )?;
    for (kind, text) in find::keys_of(details) {
        key.execute((kind, text, id.0))?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Patient, StoreError> {
    let sex: String = row.get(3)?;
    let number: Option<String> = row.get(6)?;
    let phone: Option<String> = row.get(7)?;
    let unreadable = |what: &str| StoreError::unreadable(format!("{what} of a patient"));
    let number = number
        .map(|text| IdNumber::from_kept(&text).ok_or_else(|| unreadable("ID number")))
        .transpose()?;
    let phone =
        phone.map(|text| Phone::parse(&text).map_err(|_| unreadable("telephone"))).transpose()?;
    let weight = match (row.get::<_, Option<u32>>(9)?, day(row.get(10)?)?) {
        (Some(grams), Some(on)) => Some(Weight { grams, on }),
        _ => None,
    };
    let pregnancy = match (row.get::<_, Option<u8>>(11)?, day(row.get(12)?)?) {
        (Some(weeks), Some(on)) => Some(Pregnancy { weeks, on }),
        _ => None,
    };
    Ok(Patient {
        id: PatientId(row.get(0)?),
        revision: row.get(1)?,
        details: Details {
            name: row.get(2)?,
            sex: rows::word("sex", &sex, Sex::parse)?,
            birth: day(row.get(4)?)?,
            birth_estimated: row.get(5)?,
            id_number: number,
            phone,
            address: row.get(8)?,
            allergies: Allergies::NotAsked,
            conditions: vec![],
            weight,
            pregnancy,
            lactating: row.get(13)?,
        },
    })
}

pub(super) fn day(text: Option<String>) -> Result<Option<Day>, StoreError> {
    text.map(|text| {
        Day::parse(&text).ok_or_else(|| StoreError::unreadable(format!("day {text:?}")))
    })
    .transpose()
}

pub(super) fn sex_id(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Unknown => "unknown",
    }
}

fn allergies_id(allergies: &Allergies) -> &'static str {
    match allergies {
        Allergies::NotAsked => "not-asked",
        Allergies::None => "none",
        Allergies::Known(_) => "known",
    }
}

#[derive(Serialize)]
struct WasRow<'a> {
    name: &'a str,
    sex: &'a str,
    birth: Option<String>,
    birth_estimated: bool,
    id_number: Option<&'a str>,
    phone: Option<&'a str>,
    address: &'a str,
    allergies_known: &'a str,
    allergies: Vec<[&'a str; 4]>,
    conditions: &'a [String],
    weight_grams: Option<u32>,
    pregnant_weeks: Option<u8>,
    lactating: bool,
}

fn was_json(was: &Details) -> Result<String, StoreError> {
    let allergies = was.allergies.known().iter();
    let row = WasRow {
        name: &was.name,
        sex: sex_id(was.sex),
        birth: was.birth.map(|day| day.to_string()),
        birth_estimated: was.birth_estimated,
        id_number: was.id_number.as_ref().map(IdNumber::as_str),
        phone: was.phone.as_ref().map(Phone::as_str),
        address: &was.address,
        allergies_known: allergies_id(&was.allergies),
        allergies: allergies
            .map(|a| [a.substance.as_str(), a.kind.id(), a.severity.id(), &a.reaction])
            .collect(),
        conditions: &was.conditions,
        weight_grams: was.weight.map(|weight| weight.grams),
        pregnant_weeks: was.pregnancy.map(|pregnancy| pregnancy.weeks),
        lactating: was.lactating,
    };
    serde_json::to_string(&row).map_err(|error| StoreError::unreadable(format!("patient: {error}")))
}
