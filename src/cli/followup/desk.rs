//! `xinglin followup due | register | indicators | selfcheck | loop`: the station's side, with sign-in.
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::counts;
use crate::cli::desk::{Place, Who};
use crate::cli::{exit, out};
use crate::domain::age::Day;
use crate::domain::catalog::follow_up::FollowUpBook;
use crate::domain::followup::due::{DueGroup, DuePerson};
use crate::domain::followup::indicators::Period;
use crate::domain::followup::register::{Enrolment, Status};
use crate::services::clinic::{Clinic, RegisterFilter};
use crate::services::failure::{Failure, Kind};
use crate::services::follow_up::sheets::{self, Form, ToFile};
use crate::services::follow_up::words;
use crate::services::knowledge_base;

#[derive(Debug, clap::Args)]
pub(super) struct Due {
    #[command(flatten)]
    who: Who,
    /// 几天内到期的也列出；0 = 今天到期和已逾期
    #[arg(long, value_name = "N", default_value_t = 0)]
    days: u16,
    #[arg(long, value_name = "PROGRAMME")]
    programme: Option<String>,
    /// 每人一行 JSON，最急的在前
    #[arg(long)]
    json: bool,
    /// 入户清单存为 PDF
    #[arg(long)]
    pdf: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Register {
    #[command(flatten)]
    who: Who,
    #[arg(long, value_name = "PROGRAMME")]
    programme: Option<String>,
    #[arg(long, value_name = "VILLAGE")]
    village: Option<String>,
    #[arg(long, value_name = "NAME")]
    doctor: Option<String>,
    /// active lost dead moved closed，或 在管 失访 死亡 迁出 结案
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// 姓名、首字母、证件号尾、电话
    #[arg(long, value_name = "WORDS", default_value = "")]
    query: String,
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    limit: u32,
    #[command(flatten)]
    to: To,
}

#[derive(Debug, clap::Args)]
pub(super) struct Indicators {
    #[command(flatten)]
    pub(super) who: Who,
    #[arg(long, value_name = "PROGRAMME", default_value = "hypertension")]
    pub(super) programme: String,
    /// 2026Q4 或 2026；默认本季度
    #[arg(long, value_name = "PERIOD")]
    pub(super) period: Option<String>,
    /// 应管人数：村=人数，可写多次（管理员）
    #[arg(long, value_name = "VILLAGE=N")]
    pub(super) estimate: Vec<String>,
    #[command(flatten)]
    pub(super) to: To,
}

#[derive(Debug, clap::Args)]
pub(super) struct SelfCheckArgs {
    #[command(flatten)]
    pub(super) who: Who,
    #[arg(long, value_name = "PERIOD")]
    pub(super) period: Option<String>,
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Loop {
    #[command(flatten)]
    pub(super) who: Who,
    /// 就诊号=好了|没好|去医院了|撤回
    #[arg(long, value_name = "VISIT=ANSWER")]
    pub(super) answer: Vec<String>,
    /// 列出全部回答（供校准）
    #[arg(long)]
    pub(super) answers: bool,
    #[arg(long)]
    pub(super) json: bool,
}

/// Where a table goes.
#[derive(Debug, clap::Args)]
pub(super) struct To {
    #[arg(long)]
    pub(super) json: bool,
    /// csv html xlsx
    #[arg(long, value_name = "FORM")]
    format: Option<String>,
    /// 写入文件；xlsx 必须写文件
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// 到期和逾期名单，按危害排序、按组和户分组
    Due(Due),
    /// 随访登记
    Register(Register),
    /// 管理率、规范管理率、控制率，带名单
    Indicators(Indicators),
    /// 自查自己录的数：尾数偏好、抄数、全村同一个血压（仅自己可见）
    Selfcheck(SelfCheckArgs),
    /// 72小时回访
    Loop(Loop),
}

pub(super) fn run(command: &Command, (place, kb): (&Place, Option<&Path>)) -> u8 {
    match act(command, (place, kb)) {
        Ok(code) => code,
        Err(failure) => place.fail(&failure),
    }
}

fn act(command: &Command, (place, kb): (&Place, Option<&Path>)) -> Result<u8, Failure> {
    let book = knowledge_base::compiled(kb)
        .map_err(|error| Failure::new(Kind::Config, error.to_string(), error.to_string()))?
        .catalog
        .follow_up;
    match command {
        Command::Due(args) => due(args, (place, &book)),
        Command::Register(args) => register(args, (place, &book)),
        Command::Indicators(args) => counts::indicators(args, (place, &book)),
        Command::Selfcheck(args) => counts::self_check(args, place),
        Command::Loop(args) => counts::answer_loop(args, place),
    }
}

pub(super) fn sign_in(who: &Who, place: &Place) -> Result<Clinic, Failure> {
    let mut secrets = who.secrets()?;
    who.sign_in(place, &mut secrets)
}

pub(super) fn programme(
    book: &FollowUpBook,
    words: Option<&str>,
) -> Result<Option<String>, Failure> {
    let Some(words) = words else { return Ok(None) };
    let unknown = || {
        let known = book.programmes().join(" ");
        Failure::new(
            Kind::Config,
            format!("没有这个随访项目：{words}（可用：{known}）。"),
            format!("No such programme: {words} (known: {known})."),
        )
    };
    words::programme(book, words).map(Some).ok_or_else(unknown)
}

pub(super) fn period(text: Option<&str>, today: Day) -> Result<Period, Failure> {
    let found = text.map_or_else(|| Period::of(today), Period::parse);
    found.ok_or_else(|| {
        Failure::new(
            Kind::Config,
            "时期写成 2026Q4 或 2026。",
            "A period is written 2026Q4 or 2026.",
        )
    })
}

// ---- due ----

#[derive(Serialize)]
struct ItemOut<'a> {
    programme: &'a str,
    due: String,
    harm: u8,
    last_date: Option<String>,
    last_class: Option<u8>,
    last_controlled: Option<bool>,
}

#[derive(Serialize)]
struct PersonOut<'a> {
    patient: i64,
    name: &'a str,
    village: &'a str,
    hamlet: &'a str,
    household: &'a str,
    doctor: &'a str,
    phone: Option<&'a str>,
    overdue_days: i32,
    urgency: i32,
    items: Vec<ItemOut<'a>>,
}

fn due(args: &Due, (place, book): (&Place, &FollowUpBook)) -> Result<u8, Failure> {
    let programme = programme(book, args.programme.as_deref())?;
    let mut clinic = sign_in(&args.who, place)?;
    if args.pdf {
        const WIDTH: usize = 76;
        let window = (args.days, programme.as_deref());
        let printed = clinic.print_walk(book, window, WIDTH, ToFile::Pdf)?;
        if let Some(file) = printed.file {
            place
                .say(&format!("已存：{}", file.display()), &format!("Written: {}", file.display()));
        }
        return Ok(exit::DONE);
    }
    if args.json {
        for person in &clinic.due_people(args.days, programme.as_deref())? {
            out::json(&person_out(person));
        }
        return Ok(exit::DONE);
    }
    let groups = clinic.due_walk(args.days, programme.as_deref())?;
    let people: usize = groups.iter().map(|g| g.people.len()).sum();
    for group in &groups {
        tell_group(group);
    }
    place.say(
        &format!("共 {people} 人，{} 组。", groups.len()),
        &format!("{people} people, {} groups.", groups.len()),
    );
    Ok(exit::DONE)
}

fn tell_group(group: &DueGroup) {
    out::line(&format!("【{} {}】{}人", group.village, group.hamlet, group.people.len()));
    for person in &group.people {
        let items: Vec<String> =
            person.items.iter().map(|i| format!("{} {}", i.programme, i.due)).collect();
        out::line(&format!(
            "  {}\t{}\t{}\t逾期{}天\t{}",
            person.patient.id.0,
            person.patient.name,
            person.home.household,
            person.overdue_days.max(0),
            items.join("；")
        ));
    }
}

fn person_out(person: &DuePerson) -> PersonOut<'_> {
    PersonOut {
        patient: person.patient.id.0,
        name: &person.patient.name,
        village: &person.home.village,
        hamlet: &person.home.hamlet,
        household: &person.home.household,
        doctor: &person.doctor,
        phone: person.patient.phone_masked.as_deref(),
        overdue_days: person.overdue_days,
        urgency: person.urgency,
        items: person
            .items
            .iter()
            .map(|i| ItemOut {
                programme: &i.programme,
                due: i.due.to_string(),
                harm: i.harm,
                last_date: i.last_day.map(|d| d.to_string()),
                last_class: i.last_class,
                last_controlled: i.last_controlled,
            })
            .collect(),
    }
}

// ---- register ----

#[derive(Serialize)]
struct EnrolmentOut<'a> {
    enrolment: i64,
    patient: i64,
    name: &'a str,
    programme: &'a str,
    from: String,
    village: &'a str,
    hamlet: &'a str,
    household: &'a str,
    doctor: &'a str,
    status: &'static str,
    status_date: String,
    status_cause: &'a str,
    next_due: Option<String>,
    harm: u8,
    last_date: Option<String>,
    last_class: Option<u8>,
    last_controlled: Option<bool>,
}

fn register(args: &Register, (place, book): (&Place, &FollowUpBook)) -> Result<u8, Failure> {
    let status = args.status.as_deref().map(|word| {
        Status::parse(word).ok_or_else(|| {
            Failure::new(
                Kind::Config,
                format!("状态不认识：{word}。"),
                format!("No such status: {word}."),
            )
        })
    });
    let filter = RegisterFilter {
        programme: programme(book, args.programme.as_deref())?,
        village: args.village.clone(),
        doctor: args.doctor.clone(),
        status: status.transpose()?,
        query: args.query.clone(),
    };
    let mut clinic = sign_in(&args.who, place)?;
    let list = clinic.follow_up_register(&filter, (args.limit, 0))?;
    if args.to.json {
        for enrolment in &list {
            out::json(&enrolment_out(enrolment));
        }
        return Ok(exit::DONE);
    }
    let today = clinic.today();
    args.to.send(&[sheets::register_table(book, &list, today)], place)
}

fn enrolment_out(e: &Enrolment) -> EnrolmentOut<'_> {
    EnrolmentOut {
        enrolment: e.id.0,
        patient: e.patient.id.0,
        name: &e.patient.name,
        programme: &e.programme,
        from: e.from.to_string(),
        village: &e.home.village,
        hamlet: &e.home.hamlet,
        household: &e.home.household,
        doctor: &e.doctor,
        status: e.status.id(),
        status_date: e.status_day.to_string(),
        status_cause: &e.status_cause,
        next_due: e.next_due.map(|d| d.to_string()),
        harm: e.harm,
        last_date: e.last_day.map(|d| d.to_string()),
        last_class: e.last_class,
        last_controlled: e.last_controlled,
    }
}

impl To {
    pub(super) fn send(&self, tables: &[sheets::Table], place: &Place) -> Result<u8, Failure> {
        let form = match (self.format.as_deref(), &self.out) {
            (Some(word), _) => Form::parse(word).ok_or_else(|| {
                Failure::new(Kind::Config, "格式：csv html xlsx。", "Forms: csv html xlsx.")
            })?,
            (None, Some(file)) => {
                file.extension().and_then(|e| e.to_str()).and_then(Form::parse).unwrap_or(Form::Csv)
            }
            (None, None) => Form::Csv,
        };
        let bytes = sheets::bytes(tables, form)?;
        let Some(file) = &self.out else {
            if form == Form::Xlsx {
                return Err(Failure::new(
                    Kind::Config,
                    "xlsx 请用 --out 写入文件。",
                    "Write a workbook to a file with --out.",
                ));
            }
            out::line(String::from_utf8_lossy(&bytes).trim_end());
            return Ok(exit::DONE);
        };
        std::fs::write(file, bytes).map_err(|error| {
            Failure::new(
                Kind::Data,
                format!("文件写不进去（{}：{error}）。", file.display()),
                format!("The file could not be written ({}: {error}).", file.display()),
            )
        })?;
        place.say(&format!("已存：{}", file.display()), &format!("Written: {}", file.display()));
        Ok(exit::DONE)
    }
}
