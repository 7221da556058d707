//! The book kept apart: plain lists and loops, written without the program's own counting, to compare with it.
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::age::Day;
use crate::domain::followup::Mode;
use crate::domain::followup::register::{FollowUpId, NewEnrolment, NewFollowUp, Status};
use crate::domain::patient::PatientId;

struct Person {
    from: Day,
    birth: Day,
    village: String,
    doctor: String,
    status: Status,
    since: Day,
}

struct Note {
    id: FollowUpId,
    day: Day,
    mode: Mode,
    sbp: Option<f64>,
    dbp: Option<f64>,
    fbg: Option<f64>,
    struck: bool,
}

#[derive(Default)]
pub(super) struct Ledger {
    people: BTreeMap<(PatientId, String), Person>,
    notes: BTreeMap<(PatientId, String), Vec<Note>>,
}

impl Ledger {
    pub fn enrolled(
        &mut self,
        (patient, programme): (PatientId, &str),
        new: &NewEnrolment,
        birth: Day,
    ) {
        let person = Person {
            from: new.from,
            birth,
            village: new.home.village.clone(),
            doctor: new.doctor.clone(),
            status: Status::Active,
            since: new.from,
        };
        self.people.insert((patient, programme.to_owned()), person);
    }

    pub fn status(
        &mut self,
        (patient, programme): (PatientId, &str),
        (status, day): (Status, Day),
    ) {
        if let Some(person) = self.people.get_mut(&(patient, programme.to_owned())) {
            person.status = status;
            person.since = day;
        }
    }

    /// A form of the same day and way stands already: the program would refuse it.
    pub fn has_form(&self, new: &NewFollowUp) -> bool {
        new.programmes.iter().any(|programme| {
            self.notes_of((new.patient, programme))
                .any(|note| note.day == new.occasion.day && Some(note.mode) == new.occasion.mode)
        })
    }

    /// What stands of one person in one programme; struck entries are left out.
    fn notes_of(&self, (patient, programme): (PatientId, &str)) -> impl Iterator<Item = &Note> {
        let notes = self.notes.get(&(patient, programme.to_owned()));
        notes.into_iter().flatten().filter(|note| !note.struck)
    }

    pub fn recorded(&mut self, id: FollowUpId, programme: &str, new: &NewFollowUp) {
        let notes = self.notes.entry((new.patient, programme.to_owned())).or_default();
        for note in notes.iter_mut().filter(|note| Some(note.id) == new.supersedes) {
            note.struck = true;
        }
        notes.push(Note {
            id,
            day: new.occasion.day,
            mode: new.occasion.mode.unwrap_or(Mode::Clinic),
            sbp: new.occasion.number("sbp"),
            dbp: new.occasion.number("dbp"),
            fbg: new.occasion.number("fbg"),
            struck: false,
        });
    }

    /// A lost person who is met on or after the day of the loss is back, in every programme of the meeting.
    pub fn returns(&mut self, new: &NewFollowUp) -> bool {
        let mut back = false;
        for programme in &new.programmes {
            if let Some(person) = self.people.get_mut(&(new.patient, programme.clone()))
                && person.status == Status::Lost
                && person.since <= new.occasion.day
            {
                person.status = Status::Active;
                person.since = new.occasion.day;
                back = true;
            }
        }
        back
    }

    pub fn visits_of_year(&self, (patient, programme): (PatientId, &str), until: Day) -> u32 {
        let mut days = vec![];
        for note in self.notes_of((patient, programme)) {
            let counts =
                note.mode != Mode::Phone && note.day.year() == until.year() && note.day <= until;
            if counts && !days.contains(&note.day) {
                days.push(note.day);
            }
        }
        days.len() as u32
    }

    /// Managed, to spec, controlled, lost by village and doctor at the end of a quarter.
    pub fn indicators(
        &self,
        programme: &str,
        (year, quarter): (i16, i8),
    ) -> BTreeMap<(String, String), [u32; 4]> {
        let last_day = [31, 30, 30, 31][quarter as usize - 1];
        let Some(end) = Day::new(year, quarter * 3, last_day) else { return BTreeMap::new() };
        let mut sums: BTreeMap<(String, String), [u32; 4]> = BTreeMap::new();
        for ((patient, of), person) in &self.people {
            let gone = matches!(person.status, Status::Dead | Status::Moved | Status::Closed);
            if of != programme || person.from > end || (gone && person.since <= end) {
                continue;
            }
            let lost = person.status == Status::Lost && person.since <= end;
            let mut days = BTreeSet::new();
            let mut newest: Option<(&Note, bool)> = None;
            for note in self.notes_of((*patient, programme)) {
                if note.day.year() != year || note.day > end {
                    continue;
                }
                if note.mode != Mode::Phone {
                    days.insert(note.day);
                }
                let well = well(programme, note, person.birth);
                // Of two on one day the one that was written last counts.
                if newest.is_none_or(|(old, _)| (note.day, note.id) > (old.day, old.id)) {
                    newest = Some((note, well));
                }
            }
            let first =
                if person.from.year() == year { (person.from.month() - 1) / 3 + 1 } else { 1 };
            let needed = (quarter - first + 1) as usize;
            let row = sums.entry((person.village.clone(), person.doctor.clone())).or_default();
            row[0] += 1;
            row[1] += u32::from(!lost && days.len() >= needed);
            row[2] += u32::from(!lost && newest.is_some_and(|(_, well)| well));
            row[3] += u32::from(lost);
        }
        sums
    }
}

/// The programme's target, as the spec says it in one sentence.
fn well(programme: &str, note: &Note, birth: Day) -> bool {
    if programme == "diabetes" {
        return note.fbg.is_some_and(|fbg| fbg < 7.0);
    }
    let most = if note.day.full_years_since(birth) >= 65 { 150.0 } else { 140.0 };
    note.sbp.is_some_and(|sbp| sbp < most) && note.dbp.is_some_and(|dbp| dbp < 90.0)
}
