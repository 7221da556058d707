//! What follow-up puts on paper: the walk list, the big-type sheet to take home, tables for the township.
use crate::domain::age::{Day, Sex};
use crate::domain::catalog::follow_up::{FollowUpBook, Kind as TableKind};
use crate::domain::followup::due::{DueGroup, DueItem, DuePerson};
use crate::domain::followup::indicators::{Period, Row};
use crate::domain::followup::register::{Enrolment, FollowUpRecord};
use crate::domain::patient::PatientId;
use crate::domain::rx::signa;
use crate::domain::visit::PrescriptionLine;
pub use crate::paper::table::Table;
use crate::paper::table::{self, Cell};
use crate::paper::takeaway::{self, Dose, Takeaway};
use crate::paper::walk::{self, WalkGroup, WalkRow, WalkSheet};
use crate::services::clinic::Clinic;
use crate::services::failure::{Failure, Kind};
use crate::services::print::{Printed, keep};

impl Clinic {
    /// The walk list of everybody due within `days`: preview lines, and the PDF when `to_file`.
    pub fn print_walk(
        &mut self,
        book: &FollowUpBook,
        (days, programme): (u16, Option<&str>),
        width: usize,
        to_file: ToFile,
    ) -> Result<Printed, Failure> {
        let groups = self.due_walk(days, programme)?;
        let today = self.today();
        let sheet = WalkSheet {
            title: format!("{} 入户清单", self.clinic_name()),
            date: today.to_string(),
            groups: groups.iter().map(|group| walk_group(book, group, today)).collect(),
            foot: "电话只作提醒，不算面对面随访；量到的数当天录入。".to_owned(),
        };
        let mut printed =
            Printed { sheets: vec![walk::preview(&sheet, width)], ..Printed::default() };
        if to_file == ToFile::Pdf {
            let (bytes, missing) = walk::pdf(&sheet).map_err(|error| not_made(&error))?;
            printed.file = Some(keep(self, (&format!("walk-{today}.pdf"), &bytes))?);
            printed.missing = missing;
        }
        Ok(printed)
    }

    /// The big-type sheet after a follow-up: today's value, the next day, the drugs of the last prescription.
    pub fn print_takeaway(
        &mut self,
        book: &FollowUpBook,
        patient: PatientId,
        width: usize,
        to_file: ToFile,
    ) -> Result<Printed, Failure> {
        let page = self.follow_up_page(book, patient)?;
        let newest =
            page.records.iter().filter(|r| r.is_valid()).max_by_key(|r| (r.occasion.day, r.id));
        let next = page.enrolments.iter().filter_map(|e| e.next_due).min();
        let lines = self.last_prescription(patient)?;
        let sheet = Takeaway {
            clinic: self.clinic_name().to_owned(),
            name: page.patient.details.name.clone(),
            today: newest.map_or_else(String::new, today_words),
            next: next
                .map_or_else(String::new, |d| format!("下次来：{}月{}日", d.month(), d.day())),
            doses: lines.iter().map(dose).collect(),
            danger: ["剧烈头痛", "胸闷胸痛", "看不清", "说不清话", "手脚没力", "心慌出汗"]
                .map(str::to_owned)
                .to_vec(),
            phone: self.option("phone")?.map_or_else(String::new, |p| format!("电话 {p}")),
        };
        let mut printed =
            Printed { sheets: vec![takeaway::preview(&sheet, width)], ..Printed::default() };
        if to_file == ToFile::Pdf {
            let (bytes, missing) = takeaway::pdf(&sheet).map_err(|error| not_made(&error))?;
            let name = format!("home-{}-{}.pdf", self.today(), patient.0);
            printed.file = Some(keep(self, (&name, &bytes))?);
            printed.missing = missing;
        }
        Ok(printed)
    }

    fn last_prescription(&mut self, patient: PatientId) -> Result<Vec<PrescriptionLine>, Failure> {
        let history = self.history(patient)?;
        let Some(last) = history.iter().find(|v| !v.superseded && !v.drugs.is_empty()) else {
            return Ok(vec![]);
        };
        Ok(self.open_visit(last.id)?.visit.prescription.lines)
    }
}

/// Whether a file is made beside the preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToFile {
    Preview,
    Pdf,
}

fn not_made(error: &crate::paper::PaperError) -> Failure {
    Failure::new(Kind::Data, error.to_string(), error.to_string())
}

fn walk_group(book: &FollowUpBook, group: &DueGroup, today: Day) -> WalkGroup {
    let place = [group.village.as_str(), group.hamlet.as_str()].join(" ");
    let place = if place.trim().is_empty() { "住址不详" } else { place.trim() };
    WalkGroup {
        heading: format!("{place}（{}人）", group.people.len()),
        rows: group.people.iter().map(|person| walk_row(book, person, today)).collect(),
    }
}

fn walk_row(book: &FollowUpBook, person: &DuePerson, today: Day) -> WalkRow {
    let line = &person.patient;
    let age = line.age(today).map_or_else(String::new, |age| age.to_string());
    let place = [Some(person.home.household.clone()), line.phone_masked.clone()];
    let glucose = person.items.iter().any(|item| item.programme == "diabetes");
    WalkRow {
        who: format!("{} {} {age}", line.name, sex(line.sex)).trim_end().to_owned(),
        why: person.items.iter().map(|i| why(book, i, today)).collect::<Vec<_>>().join("；"),
        place: place.into_iter().flatten().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("  "),
        blanks: if glucose { "血压____/____  空腹血糖____" } else { "血压____/____" }.to_owned(),
    }
}

fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "男",
        Sex::Female => "女",
        Sex::Unknown => "",
    }
}

fn why(book: &FollowUpBook, item: &DueItem, today: Day) -> String {
    let name = short(book, &item.programme, today);
    let late = today.days_since(item.due);
    let when = match late {
        1.. => format!("逾期{late}天"),
        0 => "今天到期".to_owned(),
        _ => format!("{}到期", item.due),
    };
    let last = match (item.last_day, item.last_class) {
        (Some(day), Some(class)) => format!(" 上次{day} {class}类"),
        (Some(day), None) => format!(" 上次{day}"),
        (None, _) => " 尚未随访".to_owned(),
    };
    let danger = if item.harm >= 9 { " 上次有危险情况" } else { "" };
    format!("{name} {when}{last}{danger}")
}

fn short(book: &FollowUpBook, programme: &str, today: Day) -> String {
    book.table(TableKind::Programme, programme, (today, ""))
        .map_or_else(|| programme.to_owned(), |t| t.short.clone())
}

fn today_words(record: &FollowUpRecord) -> String {
    let number = |name: &str| record.occasion.number(name);
    let mut words = vec![];
    if let (Some(sbp), Some(dbp)) = (number("sbp"), number("dbp")) {
        words.push(format!("血压 {sbp:.0}/{dbp:.0}"));
    }
    if let Some(fbg) = number("fbg") {
        words.push(format!("空腹血糖 {fbg}"));
    }
    words.push(
        match record.verdict.controlled {
            Some(true) => "控制得好",
            Some(false) => "偏高，要按时吃药",
            None => "",
        }
        .to_owned(),
    );
    words.join("  ").trim().to_owned()
}

/// Where a frequency has its times of the day; any other is told in words.
fn dose(line: &PrescriptionLine) -> Dose {
    let amount = format!("{}{}", line.dose, line.dose_unit);
    let mut dose = Dose { name: line.name.clone(), ..Dose::default() };
    let (morning, noon, evening) = match line.frequency.as_str() {
        "qd" => (true, false, false),
        "bid" | "q12h" => (true, false, true),
        "tid" | "q8h" => (true, true, true),
        "qn" => (false, false, true),
        other => {
            dose.other = format!("{} {amount}", signa::frequency_zh(other));
            return dose;
        }
    };
    for (there, place) in
        [(morning, &mut dose.morning), (noon, &mut dose.noon), (evening, &mut dose.evening)]
    {
        if there {
            place.clone_from(&amount);
        }
    }
    dose
}

/// A table in the form that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Csv,
    Html,
    Xlsx,
}

impl Form {
    /// In the order of the keys 1, 2, 3.
    pub const ALL: [Self; 3] = [Self::Xlsx, Self::Csv, Self::Html];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Xlsx => "xlsx",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "csv" => Some(Self::Csv),
            "html" => Some(Self::Html),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }
}

/// CSV holds the first table only.
pub fn bytes(tables: &[Table], form: Form) -> Result<Vec<u8>, Failure> {
    match form {
        Form::Csv => Ok(tables.first().map(table::csv).unwrap_or_default().into_bytes()),
        Form::Html => Ok(table::html(tables).into_bytes()),
        Form::Xlsx => table::xlsx(tables).map_err(|error| {
            Failure::new(
                Kind::Bug,
                format!("XLSX 没有生成（{error}）。"),
                format!("The workbook could not be made ({error})."),
            )
        }),
    }
}

fn share(part: u32, whole: u32) -> Cell {
    Cell::Share((whole > 0).then(|| f64::from(part) / f64::from(whole)))
}

/// The indicators with the people behind every number: one row a village and doctor, one row a person.
pub fn indicator_tables(rows: &[Row], (programme, period): (&str, Period)) -> Vec<Table> {
    let note =
        "管理率=在管/应管；规范管理率=按要求随访/在管；控制率=最近一次达标/在管；失访计入未达标"
            .to_owned();
    let columns = [
        "村",
        "责任医生",
        "应管",
        "在管",
        "失访",
        "规范",
        "达标",
        "管理率",
        "规范管理率",
        "控制率",
    ];
    let mut sums = Table {
        title: format!("{programme} {}", period.label()),
        note,
        columns: columns.map(str::to_owned).to_vec(),
        rows: vec![],
    };
    let mut people = Table {
        title: format!("名单 {}", period.label()),
        note: "每个数后面的人".to_owned(),
        columns: [
            "村",
            "责任医生",
            "编号",
            "姓名",
            "状态",
            "面对面次数",
            "应有次数",
            "规范",
            "达标",
            "最近测量",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: vec![],
    };
    for row in rows {
        let estimated = row.estimated;
        sums.rows.push(vec![
            Cell::words(&row.village),
            Cell::words(&row.doctor),
            estimated.map_or_else(|| Cell::words("未填"), |n| Cell::Whole(i64::from(n))),
            Cell::Whole(i64::from(row.managed)),
            Cell::Whole(i64::from(row.lost)),
            Cell::Whole(i64::from(row.to_spec)),
            Cell::Whole(i64::from(row.controlled)),
            share(row.managed, estimated.unwrap_or(0)),
            share(row.to_spec, row.managed),
            share(row.controlled, row.managed),
        ]);
        let yes = |yes: bool| Cell::words(if yes { "是" } else { "否" });
        for person in &row.people {
            people.rows.push(vec![
                Cell::words(&row.village),
                Cell::words(&row.doctor),
                Cell::Whole(person.patient.0),
                Cell::words(&person.name),
                Cell::words(person.status.zh()),
                Cell::Whole(i64::from(person.visits)),
                Cell::Whole(i64::from(person.needed)),
                yes(person.to_spec),
                yes(person.controlled),
                Cell::words(person.last.map_or_else(String::new, |d| d.to_string())),
            ]);
        }
    }
    vec![sums, people]
}

/// The register as a table.
pub fn register_table(book: &FollowUpBook, list: &[Enrolment], today: Day) -> Table {
    let columns = [
        "编号",
        "姓名",
        "性别",
        "年龄",
        "项目",
        "村",
        "组",
        "户",
        "责任医生",
        "状态",
        "建档",
        "上次",
        "分类",
        "下次",
    ];
    let day = |d: Option<Day>| Cell::words(d.map_or_else(String::new, |d| d.to_string()));
    Table {
        title: format!("随访登记 {today}"),
        note: String::new(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: list
            .iter()
            .map(|e| {
                vec![
                    Cell::Whole(e.patient.id.0),
                    Cell::words(&e.patient.name),
                    Cell::words(sex(e.patient.sex)),
                    Cell::words(e.patient.age(today).map_or_else(String::new, |a| a.to_string())),
                    Cell::words(short(book, &e.programme, today)),
                    Cell::words(&e.home.village),
                    Cell::words(&e.home.hamlet),
                    Cell::words(&e.home.household),
                    Cell::words(&e.doctor),
                    Cell::words(e.status.zh()),
                    day(Some(e.from)),
                    day(e.last_day),
                    e.last_class.map_or_else(|| Cell::words(""), |c| Cell::Whole(i64::from(c))),
                    day(e.next_due),
                ]
            })
            .collect(),
    }
}
