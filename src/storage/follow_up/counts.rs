//! Rows for the indicators and the self-check: what is counted, with the people behind.
use std::collections::HashMap;

use super::day;
use crate::domain::age::Day;
use crate::domain::followup::indicators::{Meeting, Member};
use crate::domain::followup::register::Status;
use crate::domain::followup::selfcheck::Measured;
use crate::domain::followup::{Mode, Provenance};
use crate::domain::patient::PatientId;
use crate::domain::role::UserId;
use crate::storage::{Store, StoreError, rows};

impl Store {
    /// Everybody who ever was in a programme, with the valid meetings between two days.
    pub fn members(
        &self,
        programme: &str,
        (from, to): (Day, Day),
    ) -> Result<Vec<Member>, StoreError> {
        let mut members: Vec<Member> = vec![];
        let mut place: HashMap<i64, usize> = HashMap::new();
        let mut statement = self.conn.prepare_cached(
            "SELECT e.patient_id, p.name, e.village, e.doctor, e.from_day, e.status, e.status_day
             FROM enrolments e JOIN patients p ON p.id = e.patient_id WHERE e.programme = ?1 ORDER BY e.id",
        )?;
        let mut found = statement.query([programme])?;
        while let Some(row) = found.next()? {
            let (start, status, on): (String, String, String) =
                (row.get(4)?, row.get(5)?, row.get(6)?);
            place.insert(row.get(0)?, members.len());
            members.push(Member {
                patient: PatientId(row.get(0)?),
                name: row.get(1)?,
                village: row.get(2)?,
                doctor: row.get(3)?,
                from: day(&start)?,
                status: rows::word("status", &status, Status::parse)?,
                status_day: day(&on)?,
                meetings: vec![],
            });
        }
        let mut statement = self.conn.prepare_cached(
            "SELECT f.patient_id, f.day, f.mode, f.controlled FROM follow_ups f
             WHERE f.programme = ?1 AND f.day >= ?2 AND f.day <= ?3
               AND NOT EXISTS (SELECT 1 FROM follow_ups s WHERE s.supersedes = f.id) ORDER BY f.day, f.id",
        )?;
        let mut found = statement.query((programme, from.to_string(), to.to_string()))?;
        while let Some(row) = found.next()? {
            let Some(at) = place.get(&row.get(0)?) else { continue };
            let (on, mode): (String, String) = (row.get(1)?, row.get(2)?);
            members[*at].meetings.push(Meeting {
                day: day(&on)?,
                mode: rows::word("mode", &mode, Mode::parse)?,
                controlled: row.get(3)?,
            });
        }
        Ok(members)
    }

    /// Measured pressures and glucoses between two days, of one doctor or of all; a day's entry for two forms once.
    pub fn measured(
        &self,
        doctor: Option<UserId>,
        (from, to): (Day, Day),
    ) -> Result<Vec<Measured>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT f.patient_id, p.name, coalesce(e.village, ''), f.day,
                max(CASE v.name WHEN 'sbp' THEN v.value END), max(CASE v.name WHEN 'dbp' THEN v.value END),
                max(CASE v.name WHEN 'fbg' THEN v.value END), max(v.provenance)
             FROM follow_ups f JOIN patients p ON p.id = f.patient_id
             JOIN follow_up_values v ON v.follow_up_id = f.id AND v.name IN ('sbp', 'dbp', 'fbg')
             LEFT JOIN enrolments e ON e.patient_id = f.patient_id AND e.programme = f.programme
             WHERE f.day >= ?1 AND f.day <= ?2 AND (?3 IS NULL OR f.doctor_id = ?3)
               AND NOT EXISTS (SELECT 1 FROM follow_ups s WHERE s.supersedes = f.id)
             GROUP BY f.patient_id, f.day ORDER BY f.day, f.patient_id",
        )?;
        let mut found = vec![];
        let mut rows = statement.query((from.to_string(), to.to_string(), doctor.map(|d| d.0)))?;
        while let Some(row) = rows.next()? {
            let (on, provenance): (String, String) = (row.get(3)?, row.get(7)?);
            found.push(Measured {
                patient: PatientId(row.get(0)?),
                name: row.get(1)?,
                village: row.get(2)?,
                day: day(&on)?,
                sbp: row.get(4)?,
                dbp: row.get(5)?,
                fbg: row.get(6)?,
                provenance: rows::word("provenance", &provenance, Provenance::parse)?,
            });
        }
        Ok(found)
    }
}
