//! Who is in which programme. The row holds where a person stands now; every change has its event.
use rusqlite::{OptionalExtension, Row, params_from_iter, types::Value};

use super::{day, day_or_none};
use crate::domain::age::Day;
use crate::domain::audit::Stamp;
use crate::domain::followup::register::{Enrolment, EnrolmentId, Home, NewEnrolment, Status};
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::storage::{Books, Store, StoreError, find, rows};

/// What the register is narrowed by; empty = everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterFilter {
    pub programme: Option<String>,
    pub village: Option<String>,
    pub doctor: Option<String>,
    pub status: Option<Status>,
    /// As on the patient search: initials, name, end of the ID number, telephone.
    pub query: String,
}

const REST: &str = "e.id, e.programme, e.from_day, e.village, e.hamlet, e.household, e.doctor, e.status, e.status_day,
    e.status_cause, e.next_due, e.harm, e.last_day, e.last_class, e.last_controlled";

impl Store {
    /// Enrols someone; who was lost, moved or closed comes back into the programme.
    pub fn enrol(&mut self, new: &NewEnrolment, stamp: &Stamp) -> Result<EnrolmentId, StoreError> {
        self.write(|books| {
            let id = enrol(books, new, stamp)?;
            let object = format!("patient:{} programme:{}", new.patient.0, new.programme);
            books.log(stamp, Action::ChangeEnrolment.id(), object)?;
            Ok(id)
        })
    }

    /// Sets status with its day and cause: 失访 and its reason, death and its cause, moved where to.
    pub fn set_status(
        &mut self,
        id: EnrolmentId,
        (status, on, cause): (Status, Day, &str),
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            let changed = books.execute(
                "UPDATE enrolments SET status = ?2, status_day = ?3, status_cause = ?4 WHERE id = ?1",
                (id.0, status.id(), on.to_string(), cause),
            )?;
            if changed == 0 {
                return Err(StoreError::NotFound { what: "enrolment" });
            }
            event(books, id, (status, on, cause), stamp)?;
            let object = format!("enrolment:{} {}", id.0, status.id());
            books.log(stamp, Action::ChangeEnrolment.id(), object)?;
            Ok(())
        })
    }

    /// Where someone lives and whose patient they are.
    pub fn set_home(
        &mut self,
        id: EnrolmentId,
        (home, doctor): (&Home, &str),
        stamp: &Stamp,
    ) -> Result<(), StoreError> {
        self.write(|books| {
            let changed = books.execute(
                "UPDATE enrolments SET village = ?2, hamlet = ?3, household = ?4, doctor = ?5 WHERE id = ?1",
                (id.0, &home.village, &home.hamlet, &home.household, doctor),
            )?;
            if changed == 0 {
                return Err(StoreError::NotFound { what: "enrolment" });
            }
            let (status, on): (String, String) = books.query_row(
                "SELECT status, status_day FROM enrolments WHERE id = ?1",
                [id.0],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let status = rows::word("status", &status, Status::parse)?;
            event(books, id, (status, day(&on)?, ""), stamp)?;
            books.log(stamp, Action::ChangeEnrolment.id(), format!("enrolment:{} home", id.0))?;
            Ok(())
        })
    }

    /// Everybody who is due on `until` or before; the order is made by `domain::followup::due`.
    pub fn due(&self, until: Day, programme: Option<&str>) -> Result<Vec<Enrolment>, StoreError> {
        let mut sql = format!(
            "SELECT {}, {REST} FROM enrolments e JOIN patients p ON p.id = e.patient_id
             WHERE e.status = 'active' AND e.next_due <= ?1",
            find::LINE
        );
        let mut values = vec![Value::Text(until.to_string())];
        if let Some(programme) = programme {
            sql.push_str(" AND e.programme = ?2");
            values.push(Value::Text(programme.to_owned()));
        }
        self.enrolments(&sql, values)
    }

    /// The register: by village, hamlet, household and name.
    pub fn register(
        &self,
        filter: &RegisterFilter,
        (limit, offset): (u32, u32),
    ) -> Result<Vec<Enrolment>, StoreError> {
        let mut wanted = vec!["1 = 1".to_owned()];
        let mut values = vec![];
        let mut equal = |column: &str, value: Option<String>, wanted: &mut Vec<String>| {
            if let Some(value) = value {
                values.push(Value::Text(value));
                wanted.push(format!("{column} = ?{}", values.len()));
            }
        };
        equal("e.programme", filter.programme.clone(), &mut wanted);
        equal("e.village", filter.village.clone(), &mut wanted);
        equal("e.doctor", filter.doctor.clone(), &mut wanted);
        equal("e.status", filter.status.map(|s| s.id().to_owned()), &mut wanted);
        if !filter.query.trim().is_empty() {
            const MOST: usize = 500;
            let found = self.find_patients(&filter.query, MOST)?;
            let ids: Vec<String> = found.iter().map(|p| p.id.0.to_string()).collect();
            wanted.push(format!("e.patient_id IN ({})", ids.join(",")));
        }
        let sql = format!(
            "SELECT {}, {REST} FROM enrolments e JOIN patients p ON p.id = e.patient_id WHERE {}
             ORDER BY e.village, e.hamlet, e.household, p.name, e.id LIMIT {limit} OFFSET {offset}",
            find::LINE,
            wanted.join(" AND ")
        );
        self.enrolments(&sql, values)
    }

    pub fn enrolments_of(&self, patient: PatientId) -> Result<Vec<Enrolment>, StoreError> {
        let sql = format!(
            "SELECT {}, {REST} FROM enrolments e JOIN patients p ON p.id = e.patient_id
             WHERE e.patient_id = ?1 ORDER BY e.id",
            find::LINE
        );
        self.enrolments(&sql, vec![Value::Integer(patient.0)])
    }

    /// Villages and doctors that have anyone enrolled, for choosing.
    pub fn places(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT DISTINCT village, doctor FROM enrolments ORDER BY 1, 2")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn enrolments(&self, sql: &str, values: Vec<Value>) -> Result<Vec<Enrolment>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut found = vec![];
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }
}

const FIRST: usize = 8;

fn read(row: &Row<'_>) -> Result<Enrolment, StoreError> {
    let status: String = row.get(FIRST + 7)?;
    Ok(Enrolment {
        patient: find::read_line(row)?,
        id: EnrolmentId(row.get(FIRST)?),
        programme: row.get(FIRST + 1)?,
        from: day(row.get_ref(FIRST + 2)?.as_str().unwrap_or_default())?,
        home: Home {
            village: row.get(FIRST + 3)?,
            hamlet: row.get(FIRST + 4)?,
            household: row.get(FIRST + 5)?,
        },
        doctor: row.get(FIRST + 6)?,
        status: rows::word("status", &status, Status::parse)?,
        status_day: day(row.get_ref(FIRST + 8)?.as_str().unwrap_or_default())?,
        status_cause: row.get(FIRST + 9)?,
        next_due: day_or_none(row.get(FIRST + 10)?)?,
        harm: row.get(FIRST + 11)?,
        last_day: day_or_none(row.get(FIRST + 12)?)?,
        last_class: row.get(FIRST + 13)?,
        last_controlled: row.get(FIRST + 14)?,
    })
}

/// Someone new is due on the day of enrolment: nobody is forgotten between the list and the first visit.
pub(super) fn enrol(
    books: &Books<'_>,
    new: &NewEnrolment,
    stamp: &Stamp,
) -> Result<EnrolmentId, StoreError> {
    let from = new.from.to_string();
    let known: Option<i64> = books
        .prepare_cached("SELECT id FROM enrolments WHERE patient_id = ?1 AND programme = ?2")?
        .query_row((new.patient.0, &new.programme), |row| row.get(0))
        .optional()?;
    let id = if let Some(id) = known {
        books
            .prepare_cached(
                "UPDATE enrolments SET status = 'active', status_day = ?2, status_cause = '',
                    next_due = coalesce(next_due, ?2) WHERE id = ?1",
            )?
            .execute((id, &from))?;
        EnrolmentId(id)
    } else {
        books
            .prepare_cached(
                "INSERT INTO enrolments (patient_id, programme, from_day, village, hamlet, household, doctor, status,
                    status_day, status_cause, next_due) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'active', ?3, '', ?3)",
            )?
            .execute((
                new.patient.0,
                &new.programme,
                &from,
                &new.home.village,
                &new.home.hamlet,
                &new.home.household,
                &new.doctor,
            ))?;
        EnrolmentId(books.last_insert_rowid())
    };
    event(books, id, (Status::Active, new.from, ""), stamp)?;
    Ok(id)
}

pub(super) fn event(
    books: &Books<'_>,
    id: EnrolmentId,
    (status, on, cause): (Status, Day, &str),
    stamp: &Stamp,
) -> Result<(), StoreError> {
    books
        .prepare_cached(
            "INSERT INTO enrolment_events (enrolment_id, at, by, status, day, cause, place)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, village || char(31) || hamlet || char(31) || household || char(31) || doctor
             FROM enrolments WHERE id = ?1",
        )?
        .execute((id.0, stamp.at.millis(), stamp.user.0, status.id(), on.to_string(), cause))?;
    Ok(())
}
