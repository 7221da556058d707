//! `xinglin bench follow-up`: an invented practice over years with its invariants and a picture of the work by week;
//! the due list of many people; judging many visits.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::section;
use crate::cli::{exit, out};
use crate::domain::age::Day;
use crate::domain::catalog::Catalog;
use crate::domain::followup::register::{Home, NewEnrolment};
use crate::domain::followup::{Case, Mode, Occasion, Person, Provenance};
use crate::domain::instant::Instant as Moment;
use crate::domain::patient::PatientId;
use crate::services::clinic::Clinic;
use crate::services::clock::FixedClock;
use crate::services::failure::Failure;
use crate::services::session::{Safety, Station, Synchronous};
use crate::services::simulate_practice::{Practice, Report, Week, run as live};
use crate::services::{follow_up, knowledge_base, load};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 模拟多少人
    #[arg(long, default_value_t = 2000)]
    people: u32,
    #[arg(long, default_value_t = 3)]
    years: u16,
    #[arg(long, value_delimiter = ',', default_value = "1")]
    seeds: Vec<u64>,
    /// 到期名单用多少人量
    #[arg(long, default_value_t = 50_000)]
    due: u32,
    /// 判定多少次
    #[arg(long, default_value_t = 100_000)]
    visits: u32,
    /// 每周工作量的图
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// 把数字写进这个文件里自己的一段
    #[arg(long, requires = "date")]
    out: Option<PathBuf>,
    /// 报告里写的日期
    #[arg(long)]
    date: Option<String>,
}

#[derive(Serialize)]
struct PracticeOut {
    seed: u64,
    people: u32,
    enrolments: u32,
    records: u32,
    late: u32,
    corrections: u32,
    lost: u32,
    found_again: u32,
    dead: u32,
    moved: u32,
    wrong_clock_days: u32,
    refused_by_clock: u32,
    checks: u32,
    faults: Vec<String>,
    seconds: f64,
}

impl PracticeOut {
    fn sentence(&self, years: u16) -> String {
        let faults = match self.faults.len() {
            0 => "no fault: no one due twice, no visit counted twice, the indicators of every quarter equal a naive recomputation".to_owned(),
            n => format!("**{n} faults**"),
        };
        format!(
            "\nSeed {}, {} people, {years} years in {} s: {} enrolments, {} records, {} late entries, {} corrections, {} lost ({} found again), {} dead, {} moved, {} days with a wrong clock ({} entries of \"tomorrow\" refused and made later); {} comparisons, {faults}.\n",
            self.seed,
            self.people,
            self.seconds,
            self.enrolments,
            self.records,
            self.late,
            self.corrections,
            self.lost,
            self.found_again,
            self.dead,
            self.moved,
            self.wrong_clock_days,
            self.refused_by_clock,
            self.checks
        )
    }
}

#[derive(Serialize)]
struct SpeedOut {
    people: u32,
    due: usize,
    due_list_ms: Vec<f64>,
    all_due: usize,
    all_due_ms: Vec<f64>,
    evaluated: u32,
    evaluate_us: f64,
}

impl SpeedOut {
    fn sentence(&self) -> String {
        let worst = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
        format!(
            "\n{} people enrolled: due list of {} due {} ms at worst of {} (aim <= 100 ms); with all {} due at once {} ms. Judging one visit for both programmes {} us (aim <= 1 ms), mean of {}.\n",
            self.people,
            self.due,
            worst(&self.due_list_ms),
            self.due_list_ms.len(),
            self.all_due,
            worst(&self.all_due_ms),
            self.evaluate_us,
            self.evaluated
        )
    }
}

pub fn run(args: &Args, kb: Option<&Path>) -> u8 {
    let catalog = match knowledge_base::compiled(kb) {
        Ok(compiled) => compiled.catalog,
        Err(error) => {
            out::note(&error.to_string());
            return exit::REFUSED;
        }
    };
    match act(args, &catalog) {
        Ok(code) => code,
        Err(failure) => {
            out::note(&failure.sentence(crate::domain::words::Lang::Zh));
            exit::REFUSED
        }
    }
}

fn act(args: &Args, catalog: &Catalog) -> Result<u8, Failure> {
    let mut code = exit::DONE;
    let start = Day::new(2024, 1, 1).unwrap_or(Day::EPOCH);
    let mut said = String::new();
    for seed in args.seeds.iter().filter(|_| args.people > 0) {
        let practice = Practice { people: args.people, years: args.years, seed: *seed, start };
        let began = Instant::now();
        let report = with_station(start, |clinic, clock| live((clinic, clock), catalog, practice))?;
        if let Some(file) = &args.svg
            && let Err(error) = std::fs::write(file, picture(&report.weeks, practice))
        {
            out::note(&format!("{}：{error}", file.display()));
            code = exit::REFUSED;
        }
        if !report.faults.is_empty() {
            code = exit::FINDINGS;
        }
        let lived = practice_out(report, *seed, began.elapsed().as_secs_f64());
        said.push_str(&lived.sentence(args.years));
        out::json(&lived);
    }
    if args.due > 0 {
        let speed = with_station(start, |clinic, clock| speed(args, (clinic, clock), catalog))?;
        said.push_str(&speed.sentence());
        out::json(&speed);
    }
    if let (Some(file), Some(date)) = (&args.out, &args.date) {
        let part = format!("Written by `xinglin bench follow-up` on {date}.\n{said}");
        if let Err(what) = section::put(file, "follow-up", &part) {
            out::note(&what);
            code = exit::REFUSED;
        }
    }
    Ok(code)
}

/// A station of its own in the temporary directory, gone afterwards.
fn with_station<T>(
    start: Day,
    work: impl FnOnce(&mut Clinic, &FixedClock) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let dir = std::env::temp_dir().join(format!("xinglin-bench-follow-up-{}", std::process::id()));
    let clock = Arc::new(FixedClock::at(Moment::start_of(start).plus_seconds(8 * 3600)));
    let quick = Safety { reserve_bytes: 0, synchronous: Synchronous::Normal };
    let station = Station::at(&dir, clock.clone()).with_safety(quick);
    let result = load::open(&station).and_then(|mut clinic| work(&mut clinic, &clock));
    // What is left of a bench harms nobody.
    drop(std::fs::remove_dir_all(&dir));
    result
}

fn practice_out(report: Report, seed: u64, seconds: f64) -> PracticeOut {
    PracticeOut {
        seed,
        people: report.people,
        enrolments: report.enrolments,
        records: report.records,
        late: report.late,
        corrections: report.corrections,
        lost: report.lost,
        found_again: report.found_again,
        dead: report.dead,
        moved: report.moved,
        wrong_clock_days: report.wrong_clock_days,
        refused_by_clock: report.refused_by_clock,
        checks: report.checks,
        faults: report.faults,
        seconds: seconds.round(),
    }
}

/// People are enrolled over 90 days, so that a week's list is a part of them; the clock then stands on day 7 and 89.
fn speed(
    args: &Args,
    (clinic, clock): (&mut Clinic, &FixedClock),
    catalog: &Catalog,
) -> Result<SpeedOut, Failure> {
    const SPREAD: i32 = 90;
    let start = clinic.today();
    let at = |n: i32| Moment::start_of(start.plus_days(n)).plus_seconds(8 * 3600);
    clock.set(at(SPREAD - 1));
    load::populate(clinic, u64::from(args.due))?;
    for n in 0..args.due {
        let new = NewEnrolment {
            patient: PatientId(i64::from(n) + 1),
            programme: "hypertension".to_owned(),
            from: start.plus_days(n as i32 % SPREAD),
            home: Home {
                village: format!("第{}村", n % 20),
                hamlet: format!("{}组", n / 20 % 8),
                household: format!("{}号", n / 480),
            },
            doctor: "测试".to_owned(),
        };
        clinic.enrol(&new)?;
    }
    let time = |clinic: &mut Clinic| -> Result<(usize, Vec<f64>), Failure> {
        let mut times = vec![];
        let mut people = 0;
        for _ in 0..5 {
            let began = Instant::now();
            let walk = clinic.due_walk(0, None)?;
            times.push((began.elapsed().as_secs_f64() * 1e4).round() / 10.0);
            people = walk.iter().map(|g| g.people.len()).sum();
        }
        Ok((people, times))
    };
    clock.set(at(7));
    let (due, due_list_ms) = time(clinic)?;
    clock.set(at(SPREAD - 1));
    let (all_due, all_due_ms) = time(clinic)?;
    Ok(SpeedOut {
        people: args.due,
        due,
        due_list_ms,
        all_due,
        all_due_ms,
        evaluated: args.visits,
        evaluate_us: judge(args.visits, catalog, start),
    })
}

/// Microseconds for judging one visit of a person with both diseases and four earlier visits.
fn judge(visits: u32, catalog: &Catalog, start: Day) -> f64 {
    let programmes = ["hypertension".to_owned(), "diabetes".to_owned()];
    let occasion = |n: u32, day: Day| {
        let mut occasion = Occasion::on(day);
        occasion.mode = Some(Mode::Clinic);
        occasion.set("sbp", f64::from(110 + n % 80), Provenance::Typed);
        occasion.set("dbp", f64::from(60 + n % 55), Provenance::Typed);
        occasion.set("fbg", f64::from(35 + n % 140) / 10.0, Provenance::Typed);
        occasion
    };
    let began = Instant::now();
    let mut outcomes = 0;
    for n in 0..visits {
        let day = start.plus_days(n as i32 % 365);
        let person = Person { age_years: Some(f64::from(35 + n % 55)), ..Person::default() };
        let mut case = Case::new(person, occasion(n, day));
        case.history = (1..5).map(|m| occasion(n + m, day.plus_days(m as i32 * -60))).collect();
        outcomes += follow_up::follow_up(&catalog.follow_up, &programmes, &case).outcomes.len();
    }
    let us = began.elapsed().as_secs_f64() * 1e6 / f64::from(visits.max(1));
    if outcomes == 2 * visits as usize { (us * 10.0).round() / 10.0 } else { f64::NAN }
}

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 50.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 310.0;

/// Bars for meetings and calls, lines for due and overdue; plain SVG.
fn picture(weeks: &[Week], practice: Practice) -> String {
    let most = weeks.iter().map(|w| (w.met + w.called).max(w.due)).max().unwrap_or(1).max(1);
    let step = (WIDTH - LEFT - 20.0) / weeks.len().max(1) as f64;
    let y = |n: u32| BOTTOM - f64::from(n) / f64::from(most) * (BOTTOM - TOP);
    let mut svg = vec![format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"15\">模拟诊所每周随访工作量（{} 人，{} 年，种子 {}）</text>\n",
        practice.people, practice.years, practice.seed
    )];
    for (n, week) in weeks.iter().enumerate() {
        let x = LEFT + n as f64 * step;
        let (met, all) = (y(week.met), y(week.met + week.called));
        let wide = (step - 1.0).max(0.8);
        svg.push(format!(
            "<rect x=\"{x:.1}\" y=\"{met:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"#0072b2\"/>\
             <rect x=\"{x:.1}\" y=\"{all:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"#56b4e9\"/>\n",
            BOTTOM - met,
            met - all
        ));
        if n % 26 == 0 {
            svg.push(format!(
                "<text x=\"{x:.1}\" y=\"{}\">{}</text>\n",
                BOTTOM + 18.0,
                &week.monday.to_string()[..7]
            ));
        }
    }
    let line = |pick: fn(&Week) -> u32| -> String {
        let points = weeks
            .iter()
            .enumerate()
            .map(|(n, week)| format!("{:.1},{:.1}", LEFT + (n as f64 + 0.5) * step, y(pick(week))));
        points.collect::<Vec<_>>().join(" ")
    };
    for (colour, dash, points) in
        [("#d55e00", "none", line(|w| w.due)), ("#000000", "4 3", line(|w| w.overdue))]
    {
        svg.push(format!(
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" stroke-dasharray=\"{dash}\" points=\"{points}\"/>\n"
        ));
    }
    for tick in 0..=4 {
        let n = most * tick / 4;
        svg.push(format!("<text x=\"8\" y=\"{:.1}\">{n}</text>\n", y(n) + 4.0));
    }
    svg.push(format!(
        "<line x1=\"{LEFT}\" y1=\"{BOTTOM}\" x2=\"{}\" y2=\"{BOTTOM}\" stroke=\"black\"/>\n\
         <text x=\"{LEFT}\" y=\"{}\"><tspan fill=\"#0072b2\">■ 面对面</tspan>　<tspan fill=\"#56b4e9\">■ 电话</tspan>　\
         <tspan fill=\"#d55e00\">— 周一到期和逾期人数</tspan>　<tspan>┄ 其中逾期超过30天</tspan></text>\n</svg>\n",
        WIDTH - 20.0,
        HEIGHT - 10.0
    ));
    svg.concat()
}
