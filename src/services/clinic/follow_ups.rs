//! Follow-up on an open clinic: register, due list, one entry for all forms, tasks, counts, the 72-hour loop.
use std::collections::BTreeMap;

use super::Clinic;
use crate::domain::age::Day;
use crate::domain::catalog::Catalog;
use crate::domain::catalog::follow_up::{FollowUpBook, Kind as TableKind};
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::followup::due::{self, DueGroup, DuePerson};
use crate::domain::followup::indicators::{self, Period, Row};
use crate::domain::followup::register::{
    Enrolment, EnrolmentId, FollowUpId, FollowUpRecord, Home, LoopAnswer, LoopCase, NewEnrolment,
    NewFollowUp, NewTask, OpenTask, Point, Status, TaskId, TaskKind, TaskState, Verdict,
};
use crate::domain::followup::schedule::{self, Year};
use crate::domain::followup::selfcheck::{self, SelfCheck};
use crate::domain::followup::{Case, Occasion, Outcome, Person};
use crate::domain::instant::Instant;
use crate::domain::patient::{Patient, PatientId};
use crate::domain::role::Action;
use crate::domain::visit::VisitId;
use crate::services::failure::{Failure, Kind};
use crate::services::follow_up::{FollowUp, follow_up, words};
pub use crate::storage::RegisterFilter;

/// Days after a discharge within which someone is seen or called.
const DISCHARGE_DAYS: i32 = 7;
/// The loop asks after two days and gives up after fourteen. Ours.
const LOOP_FROM_DAYS: i64 = 2;
const LOOP_UNTIL_DAYS: i64 = 14;

/// A person's follow-up page.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUpPage {
    pub patient: Patient,
    pub enrolments: Vec<Enrolment>,
    /// All of them, corrected ones too, oldest first.
    pub records: Vec<FollowUpRecord>,
    pub tasks: Vec<OpenTask>,
    pub annual_check: Option<Day>,
    /// Valid meetings of the calendar year by programme, with what is asked for: the bar on the patient line.
    pub year: Vec<YearOf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YearOf {
    pub programme: String,
    pub programme_zh: String,
    pub done: Year,
    pub needed: u8,
}

/// What stands on the disk when `已保存` may be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUpReceipt {
    pub ids: Vec<FollowUpId>,
    pub outcomes: Vec<Outcome>,
}

impl Clinic {
    // ---- register ----

    pub fn enrolments_of(&mut self, patient: PatientId) -> Result<Vec<Enrolment>, Failure> {
        self.permit(Action::SeeFollowUps, "")?;
        Ok(self.store.enrolments_of(patient)?)
    }

    pub fn enrol(&mut self, new: &NewEnrolment) -> Result<EnrolmentId, Failure> {
        let object = format!("patient:{}", new.patient.0);
        let stamp = self.permit(Action::ChangeEnrolment, &object)?;
        not_later(new.from, self.today())?;
        let new = NewEnrolment {
            home: clean_home(&new.home),
            doctor: clean_line(&new.doctor, LINE_MAX).text,
            ..new.clone()
        };
        let id = self.store.enrol(&new, &stamp);
        self.done(id, Action::ChangeEnrolment, &object)
    }

    /// 失访, 死亡, 迁出, 结案, or back in the programme; all but the last need a cause.
    pub fn set_enrolment_status(
        &mut self,
        id: EnrolmentId,
        (status, on, cause): (Status, Day, &str),
    ) -> Result<(), Failure> {
        let object = format!("enrolment:{}", id.0);
        let stamp = self.permit(Action::ChangeEnrolment, &object)?;
        not_later(on, self.today())?;
        let cause = clean_line(cause, LINE_MAX).text;
        if cause.is_empty() && status != Status::Active {
            return Err(Failure::new(Kind::User, "请写明原因。", "Say the cause."));
        }
        let set = self.store.set_status(id, (status, on, &cause), &stamp);
        self.done(set, Action::ChangeEnrolment, &object)
    }

    pub fn set_enrolment_home(
        &mut self,
        id: EnrolmentId,
        (home, doctor): (&Home, &str),
    ) -> Result<(), Failure> {
        let object = format!("enrolment:{}", id.0);
        let stamp = self.permit(Action::ChangeEnrolment, &object)?;
        let doctor = clean_line(doctor, LINE_MAX).text;
        let set = self.store.set_home(id, (&clean_home(home), &doctor), &stamp);
        self.done(set, Action::ChangeEnrolment, &object)
    }

    /// A page of the register: `(limit, offset)`.
    pub fn follow_up_register(
        &mut self,
        filter: &RegisterFilter,
        page: (u32, u32),
    ) -> Result<Vec<Enrolment>, Failure> {
        self.read(Action::SeeFollowUps, "follow-up register".to_owned())?;
        let query = clean_line(&filter.query, LINE_MAX).text;
        Ok(self.store.register(&RegisterFilter { query, ..filter.clone() }, page)?)
    }

    /// Villages with their doctors, for choosing.
    pub fn follow_up_places(&mut self) -> Result<Vec<(String, String)>, Failure> {
        self.permit(Action::SeeFollowUps, "")?;
        Ok(self.store.places()?)
    }

    // ---- due ----

    /// Everybody who is due within `days` (0 = due today or overdue), the worst first, each once.
    pub fn due_people(
        &mut self,
        days: u16,
        programme: Option<&str>,
    ) -> Result<Vec<DuePerson>, Failure> {
        self.read(Action::SeeFollowUps, "due list".to_owned())?;
        let today = self.today();
        let until = today.plus_days(i32::from(days));
        Ok(due::people(self.store.due(until, programme)?, today))
    }

    /// As [`Self::due_people`], grouped by village, hamlet and household for the walk.
    pub fn due_walk(
        &mut self,
        days: u16,
        programme: Option<&str>,
    ) -> Result<Vec<DueGroup>, Failure> {
        Ok(due::groups(self.due_people(days, programme)?))
    }

    // ---- one entry counts everywhere ----

    pub fn follow_up_page(
        &mut self,
        book: &FollowUpBook,
        patient: PatientId,
    ) -> Result<FollowUpPage, Failure> {
        self.read(Action::SeeFollowUps, format!("patient:{} follow-ups", patient.0))?;
        let today = self.today();
        let enrolments = self.store.enrolments_of(patient)?;
        let records = self.store.follow_ups(patient)?;
        let history = valid(&records);
        let year = enrolments
            .iter()
            .filter_map(|e| {
                let table = book.table(TableKind::Programme, &e.programme, (today, ""))?;
                let of_it = history.iter().filter(|o| o.is_for(&e.programme));
                Some(YearOf {
                    programme: e.programme.clone(),
                    programme_zh: table.short.clone(),
                    done: schedule::year_to(of_it, today),
                    needed: table.face_to_face_a_year,
                })
            })
            .collect();
        Ok(FollowUpPage {
            patient: self.store.patient(patient)?,
            enrolments,
            records,
            tasks: self.store.tasks_of(patient)?,
            annual_check: self.store.annual_check(patient, today)?,
            year,
        })
    }

    /// One number over time, for a chart.
    pub fn follow_up_series(
        &mut self,
        patient: PatientId,
        name: &str,
    ) -> Result<Vec<Point>, Failure> {
        self.permit(Action::SeeFollowUps, "")?;
        Ok(self.store.series(patient, name)?)
    }

    /// The facts as they would be judged: the screen can judge every key stroke itself with `services::follow_up`.
    pub fn follow_up_case(
        &mut self,
        book: &FollowUpBook,
        new: &NewFollowUp,
    ) -> Result<Case, Failure> {
        self.permit(Action::SeeFollowUps, "")?;
        self.case(book, new)
    }

    /// What one entry would mean, without keeping anything.
    pub fn preview_follow_up(
        &mut self,
        book: &FollowUpBook,
        new: &NewFollowUp,
    ) -> Result<FollowUp, Failure> {
        let case = self.follow_up_case(book, new)?;
        Ok(follow_up(book, &new.programmes, &case))
    }

    /// Keeps one meeting for all its programmes. When this returns `Ok`, it is on the disk.
    pub fn record_follow_up(
        &mut self,
        catalog: &Catalog,
        new: &NewFollowUp,
    ) -> Result<FollowUpReceipt, Failure> {
        let object = format!("patient:{}", new.patient.0);
        let stamp = self.permit(Action::RecordFollowUp, &object)?;
        let new = self.checked(&catalog.follow_up, new)?;
        let case = self.case(&catalog.follow_up, &new)?;
        let outcomes = follow_up(&catalog.follow_up, &new.programmes, &case).outcomes;
        let verdicts: Vec<Verdict> = outcomes.iter().map(|o| verdict(o, &new)).collect();
        let name = self.who.display_name.clone();
        let kept = self.store.record_follow_up(&new, (&verdicts, &name, &catalog.version), &stamp);
        let ids = self.done(kept, Action::RecordFollowUp, &object)?;
        Ok(FollowUpReceipt { ids, outcomes })
    }

    fn checked(&self, book: &FollowUpBook, new: &NewFollowUp) -> Result<NewFollowUp, Failure> {
        let refuse = |zh: String, en: &str| Err(Failure::new(Kind::User, zh, en));
        not_later(new.occasion.day, self.today())?;
        if new.programmes.is_empty() {
            return refuse("没有选随访项目。".to_owned(), "No programme was chosen.");
        }
        for programme in &new.programmes {
            if book.table(TableKind::Programme, programme, (new.occasion.day, "")).is_none() {
                return refuse(
                    format!("这一天没有“{programme}”的随访表。"),
                    "No table of this programme on that day.",
                );
            }
        }
        for (name, reading) in &new.occasion.numbers {
            let Some(measure) = book.measure(name) else {
                return refuse(format!("不认识的测值：{name}。"), "An unknown measurement.");
            };
            let (low, high) = measure.plausible;
            if !(low..high).contains(&reading.value) {
                return refuse(
                    format!(
                        "{} {} 不可能（{low}–{high}{}）。",
                        measure.zh, reading.value, measure.unit
                    ),
                    "A value cannot be so.",
                );
            }
        }
        if new.supersedes.is_none() {
            let same = self.store.follow_ups(new.patient)?.into_iter().find(|record| {
                record.is_valid()
                    && record.occasion.day == new.occasion.day
                    && record.occasion.mode == new.occasion.mode
                    && new.programmes.contains(&record.verdict.programme)
            });
            if same.is_some() {
                return Err(Failure::new(
                    Kind::User,
                    "这一天已经有这张随访表。",
                    "There is a follow-up of this day already.",
                )
                .next("如有错，请更正那一条。", "Correct that one if it is wrong."));
            }
        }
        let mut new = new.clone();
        for (_, words) in &mut new.fields {
            *words = clean_line(words, LINE_MAX).text;
        }
        Ok(new)
    }

    /// Who, what went before, and this meeting, as the tables look at it.
    fn case(&self, book: &FollowUpBook, new: &NewFollowUp) -> Result<Case, Failure> {
        let patient = self.store.patient(new.patient)?;
        let day = new.occasion.day;
        let details = &patient.details;
        let mut occasion = new.occasion.clone();
        let mut person = Person {
            sex: details.sex,
            birth: details.birth,
            signs: words::conditions(book, &details.conditions).signs.into_iter().collect(),
            annual_check: self.store.annual_check(new.patient, day)?,
            ..Person::default()
        };
        if new.annual_check {
            person.annual_check = Some(day);
        }
        if let Some(weeks) = details.pregnant_weeks(day) {
            person.signs.insert("pregnant".to_owned());
            let told =
                details.pregnancy.map_or(0, |p| i32::from(p.weeks) * 7 + day.days_since(p.on));
            let days = f64::from(told.max(i32::from(weeks) * 7));
            occasion.numbers.entry("gestation-days".to_owned()).or_insert(
                crate::domain::followup::Reading {
                    value: days,
                    provenance: crate::domain::followup::Provenance::Typed,
                },
            );
        }
        if details.lactating {
            person.signs.insert("lactating".to_owned());
        }
        for enrolment in self.store.enrolments_of(new.patient)? {
            person.enrolled =
                Some(person.enrolled.map_or(enrolment.from, |d| d.min(enrolment.from)));
            if book.sign(&enrolment.programme).is_some() {
                person.signs.insert(enrolment.programme);
            }
        }
        let records: Vec<FollowUpRecord> = self
            .store
            .follow_ups(new.patient)?
            .into_iter()
            .filter(|record| Some(record.id) != new.supersedes)
            .collect();
        let mut case = Case::new(person, occasion);
        case.history = valid(&records);
        case.region = self.store.setting("region")?.unwrap_or_default();
        Ok(case)
    }

    // ---- tasks ----

    pub fn follow_up_tasks(&mut self, days: u16) -> Result<Vec<OpenTask>, Failure> {
        self.read(Action::SeeFollowUps, "follow-up tasks".to_owned())?;
        Ok(self.store.open_tasks(self.today().plus_days(i32::from(days)))?)
    }

    /// Done or cancelled with what came out; [`TaskState::Open`] opens it again.
    pub fn set_follow_up_task(
        &mut self,
        id: TaskId,
        (state, outcome): (TaskState, &str),
    ) -> Result<(), Failure> {
        let object = format!("task:{}", id.0);
        let stamp = self.permit(Action::RecordFollowUp, &object)?;
        let outcome = clean_line(outcome, LINE_MAX).text;
        let set = self.store.set_task(id, (state, &outcome), &stamp);
        self.done(set, Action::RecordFollowUp, &object)
    }

    /// A discharge record came in: someone is seen or called within 7 days. `object` names the record.
    pub fn discharge_received(
        &mut self,
        patient: PatientId,
        (discharged, object): (Day, &str),
    ) -> Result<(), Failure> {
        let stamp = self.permit(Action::RecordFollowUp, object)?;
        let task = NewTask {
            patient,
            kind: TaskKind::Discharge,
            programme: String::new(),
            due: discharged.plus_days(DISCHARGE_DAYS),
            what: "出院后7天内随访：核对用药、症状和复查安排".to_owned(),
            object: clean_line(object, LINE_MAX).text,
        };
        let made = self.store.make_task(&task, &stamp);
        self.done(made, Action::RecordFollowUp, object)
    }

    // ---- counts ----

    /// 管理率, 规范管理率, 控制率 by village and doctor with the people behind.
    pub fn follow_up_indicators(
        &mut self,
        book: &FollowUpBook,
        (programme, period): (&str, Period),
    ) -> Result<Vec<Row>, Failure> {
        self.read(Action::SeeFollowUps, format!("indicators {programme}"))?;
        let a_year = book
            .table(TableKind::Programme, programme, (period.to, ""))
            .map_or(4, |table| table.face_to_face_a_year);
        let from = Day::new(period.to.year(), 1, 1).unwrap_or(period.from);
        let members = self.store.members(programme, (from, period.to))?;
        let mut estimates = BTreeMap::new();
        for village in members.iter().map(|m| &m.village) {
            if !estimates.contains_key(village) {
                let kept = self.store.setting(&estimate_key(programme, village))?;
                estimates.extend(kept.and_then(|n| n.parse().ok()).map(|n| (village.clone(), n)));
            }
        }
        Ok(indicators::count(&members, period, (a_year, &estimates)))
    }

    /// How many patients a village should have by prevalence; entered once, used for 管理率.
    pub fn set_estimate(
        &mut self,
        programme: &str,
        (village, n): (&str, u32),
    ) -> Result<(), Failure> {
        self.set_option(&estimate_key(programme, village), &n.to_string())
    }

    /// The signed-in doctor's own numbers, for their eyes before any inspector's.
    pub fn self_check(&mut self, period: Period) -> Result<SelfCheck, Failure> {
        self.permit(Action::SeeFollowUps, "")?;
        let rows = self.store.measured(Some(self.who.id), (period.from, period.to))?;
        Ok(selfcheck::check(&rows))
    }

    // ---- 72-hour loop ----

    /// Uncertain cases of the last days that wait for an answer, and those that have one.
    pub fn loop_cases(&mut self) -> Result<Vec<LoopCase>, Failure> {
        self.read(Action::SeeFollowUps, "72-hour loop".to_owned())?;
        let now = self.now();
        let window = (now.plus_days(-LOOP_UNTIL_DAYS), now.plus_days(-LOOP_FROM_DAYS));
        Ok(self.store.uncertain(window)?)
    }

    /// One key; [`LoopAnswer::Withdrawn`] takes the answer back.
    pub fn answer_loop(&mut self, visit: VisitId, answer: LoopAnswer) -> Result<(), Failure> {
        let object = format!("visit:{}", visit.0);
        let stamp = self.permit(Action::RecordFollowUp, &object)?;
        let kept = self.store.answer_loop(visit, answer, &stamp);
        self.done(kept, Action::RecordFollowUp, &object)
    }

    /// Every answer ever given, with its moment: what a calibration would use.
    pub fn loop_answers(&mut self) -> Result<Vec<(VisitId, LoopAnswer, Instant)>, Failure> {
        self.read(Action::SeeFollowUps, "72-hour loop answers".to_owned())?;
        Ok(self.store.loop_answers()?)
    }

    pub(in crate::services) fn counted_for(&self, visit: VisitId) -> Result<Vec<String>, Failure> {
        Ok(self.store.counted_for(visit)?)
    }
}

fn estimate_key(programme: &str, village: &str) -> String {
    format!("follow-up.estimate.{programme}.{village}")
}

fn valid(records: &[FollowUpRecord]) -> Vec<Occasion> {
    records.iter().filter(|r| r.is_valid()).map(|r| r.occasion.clone()).collect()
}

fn verdict(outcome: &Outcome, new: &NewFollowUp) -> Verdict {
    let planned = outcome.next.as_ref().map(|next| next.on);
    Verdict {
        programme: outcome.programme.clone(),
        class: outcome.class,
        controlled: outcome.controlled,
        danger: outcome.dangers.iter().map(|d| d.id.clone()).collect(),
        referral: outcome.referral,
        plan: outcome.plan.clone(),
        harm: outcome.harm,
        next_on: new.next.or(planned),
        task: outcome.task.clone(),
        table: outcome.table.clone(),
    }
}

/// A record of tomorrow is a slip of the keyboard or a wrong clock.
fn not_later(day: Day, today: Day) -> Result<(), Failure> {
    if day <= today {
        return Ok(());
    }
    Err(Failure::new(
        Kind::User,
        format!("日期 {day} 晚于今天（{today}）。"),
        format!("The day {day} is later than today ({today})."),
    )
    .next(
        "请改日期；若今天的日期不对，请先校正电脑时钟。",
        "Correct the day, or the clock of this machine.",
    ))
}

fn clean_home(home: &Home) -> Home {
    let clean = |text: &str| clean_line(text, LINE_MAX).text;
    Home {
        village: clean(&home.village),
        hamlet: clean(&home.hamlet),
        household: clean(&home.household),
    }
}
