//! An invented practice over years, day by day, through the same ways as the screens: enrolments, visits, calls,
//! losses, deaths, moves, late entries, corrections, a clock that is wrong on some days. A book kept apart, by other
//! code, says what the counts must be.
mod ledger;

use std::collections::BTreeMap;

use super::clinic::Clinic;
use super::clock::FixedClock;
use super::failure::{Failure, Kind};
use crate::domain::age::{Day, Sex};
use crate::domain::catalog::Catalog;
use crate::domain::followup::register::{
    EnrolmentId, FollowUpId, Home, NewEnrolment, NewFollowUp, Status,
};
use crate::domain::followup::{Mode, Provenance};
use crate::domain::instant::Instant;
use crate::domain::patient::PatientId;
use crate::domain::registration::NewPatient;
use ledger::Ledger;

#[derive(Clone, Copy, Debug)]
pub struct Practice {
    pub people: u32,
    pub years: u16,
    pub seed: u64,
    pub start: Day,
}

/// One week of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    pub monday: Day,
    pub met: u32,
    pub called: u32,
    /// Due at the week's first day, and of those longer than 30 days.
    pub due: u32,
    pub overdue: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Report {
    pub weeks: Vec<Week>,
    pub people: u32,
    pub enrolments: u32,
    pub records: u32,
    pub late: u32,
    pub corrections: u32,
    pub lost: u32,
    pub found_again: u32,
    pub dead: u32,
    pub moved: u32,
    pub wrong_clock_days: u32,
    pub refused_by_clock: u32,
    /// Comparisons with the book kept apart.
    pub checks: u32,
    /// What did not agree; empty = all invariants held.
    pub faults: Vec<String>,
}

/// Fixed scrambled numbers (splitmix64): the same practice in every run of a seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// So many times in ten thousand.
    fn chance(&mut self, in_10_000: u64) -> bool {
        self.below(10_000) < in_10_000
    }
}

struct Villager {
    patient: PatientId,
    /// Usual systolic pressure and fasting glucose (tenths).
    usual: (u64, u64),
    programmes: Vec<(&'static str, EnrolmentId)>,
    status: Status,
}

struct Pending {
    enter_on: Day,
    new: NewFollowUp,
    corrects: bool,
}

struct Run<'a> {
    clinic: &'a mut Clinic,
    clock: &'a FixedClock,
    catalog: &'a Catalog,
    dice: Dice,
    villagers: Vec<Villager>,
    of: BTreeMap<PatientId, usize>,
    pending: Vec<Pending>,
    ledger: Ledger,
    report: Report,
}

/// Lives through the practice and compares the program's counts with the book kept apart.
pub fn run(
    (clinic, clock): (&mut Clinic, &FixedClock),
    catalog: &Catalog,
    practice: Practice,
) -> Result<Report, Failure> {
    let mut run = Run {
        clinic,
        clock,
        catalog,
        dice: Dice(practice.seed),
        villagers: vec![],
        of: BTreeMap::new(),
        pending: vec![],
        ledger: Ledger::default(),
        report: Report::default(),
    };
    let end = Day::new(
        practice.start.year() + practice.years as i16,
        practice.start.month(),
        practice.start.day(),
    )
    .unwrap_or(practice.start);
    let days = end.days_since(practice.start);
    for n in 0..days {
        let today = practice.start.plus_days(n);
        run.set_clock(today);
        run.newcomers(practice, n)?;
        run.fates(today)?;
        if n % 7 == 0 {
            run.open_week(today)?;
        }
        run.late_entries(today)?;
        run.work(today)?;
    }
    let last = end.plus_days(-1);
    run.clock.set(noon(last));
    run.finish(practice, last)?;
    run.report.people = run.villagers.len() as u32;
    Ok(run.report)
}

fn noon(day: Day) -> Instant {
    Instant::start_of(day).plus_seconds(12 * 3600)
}

impl Run<'_> {
    /// On one day in forty the machine's clock is some days off.
    fn set_clock(&mut self, today: Day) {
        let mut shown = today;
        if self.dice.chance(250) {
            shown = today.plus_days(self.dice.below(9) as i32 - 5);
            self.report.wrong_clock_days += u32::from(shown != today);
        }
        self.clock.set(noon(shown));
    }

    /// Everybody comes during the first half year.
    fn newcomers(&mut self, practice: Practice, n: i32) -> Result<(), Failure> {
        const DAYS: u32 = 180;
        let upto = (u64::from(practice.people) * u64::from((n as u32 + 1).min(DAYS))
            / u64::from(DAYS)) as usize;
        let today = practice.start.plus_days(n);
        while self.villagers.len() < upto && today <= self.clinic.today() {
            self.newcomer(today)?;
        }
        Ok(())
    }

    fn newcomer(&mut self, today: Day) -> Result<(), Failure> {
        let n = self.villagers.len();
        let birth = today
            .plus_days(-((36 + self.dice.below(50)) as i32) * 365 - self.dice.below(365) as i32);
        let village = format!("第{}村", 1 + n % 4);
        let home = Home {
            village: village.clone(),
            hamlet: format!("{}组", 1 + n / 4 % 6),
            household: format!("{}号", 1 + n / 48),
        };
        let form = NewPatient {
            name: format!("演{}", n + 1),
            sex: Some(if self.dice.chance(5000) { Sex::Male } else { Sex::Female }),
            birth_or_age: birth.to_string(),
            phone: format!("138{n:08}"),
            address: format!("{village}{}", home.hamlet),
            ..NewPatient::default()
        };
        let bug = |_| Failure::new(Kind::Bug, "演示资料有误。", "The invented person is refused.");
        let registration = form.validate(self.clinic.today()).map_err(bug)?;
        let patient = self.clinic.register_patient(&registration)?;
        let programmes: &[&str] = match self.dice.below(10) {
            0..7 => &["hypertension"],
            7..9 => &["hypertension", "diabetes"],
            _ => &["diabetes"],
        };
        let mut enrolled = vec![];
        for programme in programmes {
            let doctor = if n.is_multiple_of(2) { "甲医生" } else { "乙医生" };
            let new = NewEnrolment {
                patient,
                programme: (*programme).to_owned(),
                from: today,
                home: home.clone(),
                doctor: doctor.to_owned(),
            };
            let id = self.clinic.enrol(&new)?;
            enrolled.push((*programme, id));
            self.ledger.enrolled((patient, programme), &new, birth);
            self.report.enrolments += 1;
        }
        let usual = (118 + self.dice.below(44), 52 + self.dice.below(40));
        self.of.insert(patient, n);
        self.villagers.push(Villager {
            patient,
            usual,
            programmes: enrolled,
            status: Status::Active,
        });
        Ok(())
    }

    /// In a year 3 % are lost, 2 % die, 2 % move away.
    fn fates(&mut self, today: Day) -> Result<(), Failure> {
        if self.clinic.today() < today {
            return Ok(());
        }
        for n in 0..self.villagers.len() {
            if self.villagers[n].status != Status::Active {
                continue;
            }
            let status = match self.dice.below(365_000) {
                0..30 => Status::Lost,
                30..50 => Status::Dead,
                50..70 => Status::Moved,
                _ => continue,
            };
            self.villagers[n].status = status;
            for (programme, id) in self.villagers[n].programmes.clone() {
                self.clinic.set_enrolment_status(id, (status, today, "演示"))?;
                self.ledger.status((self.villagers[n].patient, programme), (status, today));
            }
            match status {
                Status::Lost => self.report.lost += 1,
                Status::Dead => self.report.dead += 1,
                _ => self.report.moved += 1,
            }
        }
        Ok(())
    }

    fn open_week(&mut self, today: Day) -> Result<(), Failure> {
        let due = self.clinic.due_people(0, None)?;
        let mut seen = std::collections::BTreeSet::new();
        for person in &due {
            if !seen.insert(person.patient.id) {
                self.report
                    .faults
                    .push(format!("{today}: patient {} is due twice", person.patient.id.0));
            }
            let status = self.of.get(&person.patient.id).map(|n| self.villagers[*n].status);
            if status != Some(Status::Active) {
                self.report.faults.push(format!(
                    "{today}: patient {} is due and {status:?}",
                    person.patient.id.0
                ));
            }
        }
        self.report.checks += due.len() as u32;
        let overdue = due.iter().filter(|p| p.overdue_days > 30).count() as u32;
        self.report.weeks.push(Week {
            monday: today,
            met: 0,
            called: 0,
            due: due.len() as u32,
            overdue,
        });
        Ok(())
    }

    /// Who is due comes or is visited, as many as a day holds; some are only called; some lost ones turn up.
    fn work(&mut self, today: Day) -> Result<(), Failure> {
        let capacity = 2 + self.villagers.len() / 45;
        let due = self.clinic.due_people(0, None)?;
        for person in due.iter().take(capacity) {
            let Some(n) = self.of.get(&person.patient.id).copied() else { continue };
            if self.dice.chance(8500) {
                let mode = match self.dice.below(20) {
                    0 | 1 => Mode::Phone,
                    2..6 => Mode::Home,
                    _ => Mode::Clinic,
                };
                self.meet(n, (today, mode))?;
            }
        }
        for n in 0..self.villagers.len() {
            if self.villagers[n].status == Status::Lost && self.dice.chance(15) {
                self.meet(n, (today, Mode::Clinic))?;
            }
        }
        Ok(())
    }

    fn meet(&mut self, n: usize, (today, mode): (Day, Mode)) -> Result<(), Failure> {
        let villager = &self.villagers[n];
        let mut new = NewFollowUp::on(villager.patient, today, mode);
        new.programmes = villager.programmes.iter().map(|(p, _)| (*p).to_owned()).collect();
        let (pressure, glucose) = villager.usual;
        let told = if mode == Mode::Phone { Provenance::Told } else { Provenance::Typed };
        let sbp = pressure + self.dice.below(26) - 8;
        new.occasion.set("sbp", sbp as f64, told);
        new.occasion.set("dbp", (60 + sbp / 8 + self.dice.below(16)) as f64, told);
        if new.programmes.iter().any(|p| p == "diabetes") {
            new.occasion.set("fbg", (glucose + self.dice.below(20)) as f64 / 10.0, told);
        }
        for (sign, often) in [("adr", 150), ("new-complication", 40), ("palpitations", 60)] {
            if self.dice.chance(often) {
                new.occasion.signs.insert(sign.to_owned());
            }
        }
        new.annual_check = mode != Mode::Phone && self.dice.chance(2500);
        if self.dice.chance(500) {
            let enter_on = today.plus_days(1 + self.dice.below(20) as i32);
            self.pending.push(Pending { enter_on, new, corrects: false });
            return Ok(());
        }
        self.enter(new, today)
    }

    /// Keeps one meeting; a machine whose clock is behind refuses it, and it is entered on a later day.
    fn enter(&mut self, new: NewFollowUp, today: Day) -> Result<(), Failure> {
        let meant_wrong = new.supersedes.is_none() && self.dice.chance(300);
        let mut kept = new.clone();
        if meant_wrong {
            // A slip of the keyboard, put right some days later.
            let sbp = kept.occasion.number("sbp").unwrap_or(130.0);
            kept.occasion.set("sbp", sbp + 20.0, Provenance::Typed);
        }
        if kept.occasion.day > self.clinic.today() {
            if self.clinic.record_follow_up(self.catalog, &kept).is_ok() {
                self.report.faults.push(format!("{today}: a follow-up of the future was kept"));
            }
            self.report.refused_by_clock += 1;
            self.pending.push(Pending { enter_on: today.plus_days(1), new, corrects: false });
            return Ok(());
        }
        if self.ledger.has_form(&kept) {
            return Ok(());
        }
        let receipt = self.clinic.record_follow_up(self.catalog, &kept)?;
        self.report.records += receipt.ids.len() as u32;
        self.count_week(&kept);
        let programmes = kept.programmes.clone();
        for (id, programme) in receipt.ids.iter().zip(&programmes) {
            self.ledger.recorded(*id, programme, &kept);
        }
        self.found_again(&kept);
        if meant_wrong {
            let enter_on = today.plus_days(1 + self.dice.below(5) as i32);
            for (id, programme) in receipt.ids.iter().zip(&programmes) {
                self.correction_later((*id, programme), &new, enter_on);
            }
        }
        Ok(())
    }

    fn correction_later(
        &mut self,
        (id, programme): (FollowUpId, &str),
        right: &NewFollowUp,
        enter_on: Day,
    ) {
        let mut new = right.clone();
        new.programmes = vec![programme.to_owned()];
        new.supersedes = Some(id);
        self.pending.push(Pending { enter_on, new, corrects: true });
    }

    fn count_week(&mut self, new: &NewFollowUp) {
        let week = self.report.weeks.iter_mut().rev().find(|w| w.monday <= new.occasion.day);
        if let Some(week) = week {
            match new.occasion.mode {
                Some(Mode::Phone) => week.called += 1,
                _ => week.met += 1,
            }
        }
    }

    fn found_again(&mut self, new: &NewFollowUp) {
        let Some(n) = self.of.get(&new.patient).copied() else { return };
        if self.villagers[n].status == Status::Lost && self.ledger.returns(new) {
            self.villagers[n].status = Status::Active;
            self.report.found_again += 1;
        }
    }

    fn late_entries(&mut self, today: Day) -> Result<(), Failure> {
        let (now, later): (Vec<Pending>, Vec<Pending>) =
            std::mem::take(&mut self.pending).into_iter().partition(|p| p.enter_on <= today);
        self.pending = later;
        for pending in now {
            if pending.corrects {
                if pending.new.occasion.day > self.clinic.today() {
                    self.pending.push(Pending { enter_on: today.plus_days(1), ..pending });
                    continue;
                }
                let receipt = self.clinic.record_follow_up(self.catalog, &pending.new)?;
                self.report.corrections += 1;
                self.report.records += receipt.ids.len() as u32;
                for (id, programme) in receipt.ids.iter().zip(&pending.new.programmes) {
                    self.ledger.recorded(*id, programme, &pending.new);
                }
            } else {
                self.report.late += u32::from(pending.new.occasion.day < today);
                self.enter(pending.new, today)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, practice: Practice, last: Day) -> Result<(), Failure> {
        for programme in ["hypertension", "diabetes"] {
            for year in practice.start.year()..=last.year() {
                for quarter in 1..=4 {
                    self.compare_quarter(programme, (year, quarter))?;
                }
            }
        }
        for n in 0..self.villagers.len() {
            let patient = self.villagers[n].patient;
            let page = self.clinic.follow_up_page(&self.catalog.follow_up, patient)?;
            for year in page.year {
                let want = self.ledger.visits_of_year((patient, &year.programme), last);
                self.report.checks += 1;
                if u32::from(year.done.face_to_face) != want {
                    self.report.faults.push(format!(
                        "patient {} {}: {} visits counted, {want} in the book",
                        patient.0, year.programme, year.done.face_to_face
                    ));
                }
            }
        }
        Ok(())
    }

    fn compare_quarter(
        &mut self,
        programme: &str,
        (year, quarter): (i16, i8),
    ) -> Result<(), Failure> {
        let label = format!("{year}Q{quarter}");
        let Some(period) = crate::domain::followup::indicators::Period::parse(&label) else {
            return Ok(());
        };
        let rows =
            self.clinic.follow_up_indicators(&self.catalog.follow_up, (programme, period))?;
        let mut told: BTreeMap<(String, String), [u32; 4]> = BTreeMap::new();
        for row in rows {
            if row.people.len() != row.managed as usize {
                self.report
                    .faults
                    .push(format!("{label} {}: people behind the number differ", row.village));
            }
            told.insert(
                (row.village, row.doctor),
                [row.managed, row.to_spec, row.controlled, row.lost],
            );
        }
        let want = self.ledger.indicators(programme, (year, quarter));
        self.report.checks += want.len() as u32;
        if told != want {
            self.report.faults.push(format!("{programme} {label}: {told:?}, in the book {want:?}"));
        }
        Ok(())
    }
}
