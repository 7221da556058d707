//! The follow-up form as rows to type into (codes of the paper form, numbers, words), and what was typed read back.
use crate::domain::age::Day;
use crate::domain::catalog::follow_up::{Choice, Field, FollowUpBook, Kind as TableKind};
use crate::domain::followup::facts::Known;
use crate::domain::followup::logic::{Truth, holds};
use crate::domain::followup::register::{Enrolment, FormDraft, NewFollowUp, Point, Status};
use crate::domain::followup::{Case, Mode, Provenance};
use crate::domain::patient::PatientId;
use crate::services::clinic::{Clinic, FollowUpPage};
use crate::services::failure::{Failure, Kind};
use crate::services::follow_up::words;

/// What a row takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// How the person was met: 1, 2 or 3.
    Mode,
    /// `150/95`
    Pressure,
    Number,
    /// Digits of the printed codes, several where the form allows it.
    Codes {
        many: bool,
    },
    Words,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub zh: String,
    pub unit: String,
    pub takes: Takes,
    pub choices: Vec<Choice>,
    /// The value of the last meeting, as it would be typed.
    pub last: String,
}

/// Everything a follow-up form needs, read in one go.
#[derive(Clone, Debug)]
pub struct OpenForm {
    /// The tables that the form was made from.
    pub book: FollowUpBook,
    pub page: FollowUpPage,
    pub programmes: Vec<String>,
    /// The one programme that was asked for; empty = all that the person is in.
    pub only: String,
    /// What was typed last time and is not kept yet.
    pub draft: Option<FormDraft>,
    pub rows: Vec<Row>,
    pub case: Case,
    /// Values over time, by measurement: `sbp`, `dbp`, `fbg`.
    pub series: Vec<(String, Vec<Point>)>,
}

/// What stands on the form before anything else: asked at every visit.
const FIRST: &[&str] = &[
    "sbp",
    "fbg",
    "symptoms",
    "adherence",
    "adr",
    "complication",
    "hypoglycaemia",
    "drugs",
    "heart-rate",
    "weight",
];
const SYMPTOMS: &str = "symptoms";
/// Code 2 = the year's check was done at this meeting.
const ANNUAL_CHECK: &str = "annual-check";
/// Worked out by the program, or written below the form by the sheet.
const NOT_TYPED: &[&str] = &["mode", "dbp", "bmi", "class", "referral", "next", "signature"];

/// The rows of all forms that one entry fills; the same field of two forms is one row.
pub fn rows(book: &FollowUpBook, programmes: &[String], case: &Case) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![];
    let known = Known::of(&case.person, &case.visit);
    let tables: Vec<_> = programmes
        .iter()
        .filter_map(|p| book.table(TableKind::Programme, p, (case.visit.day, &case.region)))
        .collect();
    for table in &tables {
        for field in table.fields.iter().filter(|f| !NOT_TYPED.contains(&f.id.as_str())) {
            // Whose age is not known sees all.
            if holds(&field.when, &known) == Truth::No {
                continue;
            }
            let mut row = row(book, field);
            if rows.iter().any(|known| known.id == row.id && known.choices == row.choices) {
                continue;
            }
            if rows.iter().any(|known| known.id == row.id) {
                row.zh = format!("{}·{}", field.zh, table.short);
            }
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| FIRST.iter().position(|id| *id == row.id).unwrap_or(FIRST.len()));
    rows.insert(
        0,
        Row {
            id: "mode".to_owned(),
            zh: "方式".to_owned(),
            unit: String::new(),
            takes: Takes::Mode,
            choices: Mode::ALL
                .iter()
                .map(|mode| Choice {
                    code: mode.code().to_string(),
                    zh: mode.zh().to_owned(),
                    signs: vec![],
                })
                .collect(),
            last: String::new(),
        },
    );
    rows
}

fn row(book: &FollowUpBook, field: &Field) -> Row {
    let takes = if field.id == "sbp" {
        Takes::Pressure
    } else if !field.choices.is_empty() {
        Takes::Codes { many: field.many }
    } else if book.measure(&field.id).is_some() {
        Takes::Number
    } else {
        Takes::Words
    };
    let zh = if field.id == "sbp" { "血压".to_owned() } else { field.zh.clone() };
    Row {
        id: field.id.clone(),
        zh,
        unit: field.unit.clone(),
        takes,
        choices: field.choices.clone(),
        last: String::new(),
    }
}

/// The name of a row in a draft: two forms may ask the same in their own codes.
pub fn row_key(row: &Row) -> String {
    format!("{} {}", row.id, row.zh)
}

/// What was typed, as facts; a row that cannot be read is named with the reason.
pub fn read(
    book: &FollowUpBook,
    (rows, typed): (&[Row], &[String]),
    start: &NewFollowUp,
) -> (NewFollowUp, Vec<(usize, String)>) {
    let mut new = start.clone();
    let mut problems = vec![];
    let texts: Vec<&str> = typed.iter().map(|text| text.trim()).collect();
    if let Some(at) = rows.iter().position(|row| row.takes == Takes::Mode) {
        match Mode::parse(texts.get(at).copied().unwrap_or_default()) {
            Some(mode) => new.occasion.mode = Some(mode),
            None => problems.push((at, "按 1 门诊、2 家庭、3 电话".to_owned())),
        }
    }
    let told = new.occasion.mode == Some(Mode::Phone);
    let source = if told { Provenance::Told } else { Provenance::Typed };
    for (at, row) in rows.iter().enumerate() {
        let text = texts.get(at).copied().unwrap_or_default();
        if text.is_empty() {
            continue;
        }
        let wrong = match row.takes {
            Takes::Mode => None,
            Takes::Pressure => pressure(book, text, (&mut new, source)),
            Takes::Number => number(book, (&row.id, text), (&mut new, source)),
            Takes::Codes { many } => codes(book, row, (text, many), &mut new),
            Takes::Words => {
                new.fields.push((row.id.clone(), text.to_owned()));
                None
            }
        };
        problems.extend(wrong.map(|why| (at, why)));
    }
    (new, problems)
}

fn pressure(
    book: &FollowUpBook,
    text: &str,
    (new, source): (&mut NewFollowUp, Provenance),
) -> Option<String> {
    let Some((high, low)) = text.split_once(['/', '／', ' ', '-']) else {
        return Some("写成 150/95".to_owned());
    };
    number(book, ("sbp", high), (new, source)).or_else(|| number(book, ("dbp", low), (new, source)))
}

fn number(
    book: &FollowUpBook,
    (id, text): (&str, &str),
    (new, source): (&mut NewFollowUp, Provenance),
) -> Option<String> {
    let Ok(value) = text.trim().parse::<f64>() else { return Some("要写数字".to_owned()) };
    let measure = book.measure(id)?;
    let (from, to) = measure.plausible;
    if !(from..to).contains(&value) {
        return Some(format!("{} 不可能（{from}–{to}{}）", measure.zh, measure.unit));
    }
    new.occasion.set(id, value, source);
    None
}

fn codes(
    book: &FollowUpBook,
    row: &Row,
    (text, many): (&str, bool),
    new: &mut NewFollowUp,
) -> Option<String> {
    const BETWEEN: [char; 7] = ['、', ',', '，', ' ', ';', '；', '。'];
    let mut split: Vec<String> = vec![];
    for part in text.split(BETWEEN).filter(|part| !part.is_empty()) {
        if row.choices.iter().any(|c| c.code == part) {
            split.push(part.to_owned());
            continue;
        }
        // `2剧烈头痛`: digits are codes one by one, words stay together.
        let before = split.len();
        for c in part.chars() {
            match split.get_mut(before..).and_then(<[String]>::last_mut) {
                Some(words) if row.id == SYMPTOMS && !c.is_ascii() && !words.is_ascii() => {
                    words.push(c);
                }
                _ => split.push(c.to_string()),
            }
        }
    }
    if split.len() > 1 && !many {
        return Some("这一栏只能选一个".to_owned());
    }
    for code in &split {
        if let Some(choice) = row.choices.iter().find(|c| c.code == *code) {
            new.occasion.signs.extend(choice.signs.iter().cloned());
        } else if row.id == SYMPTOMS && !code.is_ascii() {
            // The paper's 其他: what it calls by name counts as ticked, the danger signs above all.
            let found = words::symptoms(book, &[], std::slice::from_ref(code));
            new.occasion.signs.extend(found.signs);
        } else {
            return Some(format!("没有代码 {code}"));
        }
    }
    if row.id == ANNUAL_CHECK {
        new.annual_check |= text == "2";
    }
    new.fields.push((row.id.clone(), split.join(",")));
    None
}

impl Clinic {
    /// The form of the programmes someone is in, or of those that their known illnesses belong to; `only` = this one.
    pub fn open_follow_up_form(
        &mut self,
        book: &FollowUpBook,
        (patient, only): (PatientId, Option<&str>),
    ) -> Result<OpenForm, Failure> {
        let page = self.follow_up_page(book, patient)?;
        let start = NewFollowUp::on(patient, self.today(), Mode::Clinic);
        let case = self.follow_up_case(book, &start)?;
        let mut programmes = match only {
            Some(programme) => vec![programme.to_owned()],
            None => asked_for(book, &page, start.occasion.day),
        };
        if programmes.is_empty() {
            programmes = super::programmes_of(book, &case);
        }
        programmes.dedup();
        if programmes.is_empty() {
            return Err(Failure::new(
                Kind::User,
                "此人不在任何随访项目里，资料里也没有相应的病。",
                "This person is in no programme and has no illness of one.",
            )
            .next(
                "先在资料（F7）的既往病史里写上，如：高血压、2型糖尿病。",
                "Write the known illness into the details (F7) first.",
            ));
        }
        let mut rows = rows(book, &programmes, &case);
        for row in &mut rows {
            row.last = last(&page, row);
        }
        let mut series = vec![];
        for name in ["sbp", "dbp", "fbg"] {
            series.push((name.to_owned(), self.follow_up_series(patient, name)?));
        }
        let only = only.unwrap_or_default().to_owned();
        let draft = self.form_draft((patient, &only))?;
        Ok(OpenForm { book: book.clone(), page, programmes, only, draft, rows, case, series })
    }
}

/// Yearly programmes come onto the form of the others when they fall due within so many days. Ours.
const YEARLY_AHEAD_DAYS: i32 = 30;

/// Who is dead, moved or out of a programme is not asked for it; a yearly one waits for its time beside the others.
fn asked_for(book: &FollowUpBook, page: &FollowUpPage, today: Day) -> Vec<String> {
    let followed = |e: &&Enrolment| matches!(e.status, Status::Active | Status::Lost);
    let yearly = |e: &Enrolment| {
        let table = book.table(TableKind::Programme, &e.programme, (today, ""));
        table.is_some_and(|t| t.visits_a_year == 1)
    };
    let soon =
        |e: &Enrolment| e.next_due.is_none_or(|due| due <= today.plus_days(YEARLY_AHEAD_DAYS));
    let all: Vec<&Enrolment> = page.enrolments.iter().filter(followed).collect();
    let now: Vec<&Enrolment> = all.iter().copied().filter(|e| !yearly(e) || soon(e)).collect();
    let chosen = if now.is_empty() { all } else { now };
    chosen.into_iter().map(|e| e.programme.clone()).collect()
}

/// What the last meeting that has it says.
fn last(page: &FollowUpPage, row: &Row) -> String {
    let valid = page.records.iter().rev().filter(|record| record.is_valid());
    for record in valid {
        let value = |id: &str| record.occasion.number(id);
        let words = match row.takes {
            Takes::Mode => None,
            Takes::Pressure => {
                value("sbp").zip(value("dbp")).map(|(s, d)| format!("{s:.0}/{d:.0}"))
            }
            Takes::Number => value(&row.id).map(|v| v.to_string()),
            _ => record.fields.iter().find(|(id, _)| *id == row.id).map(|(_, w)| w.clone()),
        };
        if let Some(words) = words {
            return words;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::followup::{Occasion, Person};
    use crate::knowledge;

    fn book() -> FollowUpBook {
        knowledge::compile(&knowledge::embedded().unwrap()).catalog.follow_up
    }

    fn typed(rows: &[Row], pairs: &[(&str, &str)]) -> Vec<String> {
        rows.iter()
            .map(|row| {
                let found = pairs.iter().find(|(id, _)| *id == row.id);
                found.map_or_else(String::new, |(_, text)| (*text).to_owned())
            })
            .collect()
    }

    #[test]
    fn one_form_serves_both_diseases_and_codes_become_signs() {
        let book = book();
        let day = Day::parse("2026-03-10").unwrap();
        let case = Case::new(Person::default(), Occasion::on(day));
        let both = ["hypertension".to_owned(), "diabetes".to_owned()];
        let rows = rows(&book, &both, &case);
        assert_eq!(rows.iter().filter(|r| r.id == "adherence").count(), 1);
        assert_eq!(rows.iter().filter(|r| r.id == "symptoms").count(), 2);
        let start = NewFollowUp::on(PatientId(1), day, Mode::Clinic);
        let text = typed(&rows, &[("mode", "3"), ("sbp", "150/95"), ("fbg", "7.2"), ("adr", "2")]);
        let (new, problems) = read(&book, (&rows, &text), &start);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(new.occasion.number("dbp"), Some(95.0));
        assert_eq!(new.occasion.numbers["fbg"].provenance, Provenance::Told);
        assert!(new.occasion.signs.contains("adr"));
    }

    #[test]
    fn what_cannot_be_read_is_named_and_never_guessed() {
        let book = book();
        let day = Day::parse("2026-03-10").unwrap();
        let case = Case::new(Person::default(), Occasion::on(day));
        let rows = rows(&book, &["hypertension".to_owned()], &case);
        let start = NewFollowUp::on(PatientId(1), day, Mode::Clinic);
        let text = typed(&rows, &[("mode", "1"), ("sbp", "15095"), ("symptoms", "z")]);
        let (new, problems) = read(&book, (&rows, &text), &start);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(new.occasion.numbers.is_empty());
        let (_, problems) =
            read(&book, (&rows, &typed(&rows, &[("mode", "1"), ("sbp", "950/95")])), &start);
        assert!(problems[0].1.contains("不可能"), "{problems:?}");
    }
    #[test]
    fn a_danger_sign_that_has_no_code_is_written_in_words_and_still_counts() {
        let book = book();
        let day = Day::parse("2026-03-10").unwrap();
        let case = Case::new(Person::default(), Occasion::on(day));
        let rows = rows(&book, &["hypertension".to_owned()], &case);
        let start = NewFollowUp::on(PatientId(1), day, Mode::Clinic);
        for (typed_words, sign) in [
            ("2剧烈头痛", "severe-headache"),
            ("眼痛", "eye-pain"),
            ("6", "palpitations-or-tightness"),
        ] {
            let text = typed(&rows, &[("mode", "1"), ("sbp", "150/95"), ("symptoms", typed_words)]);
            let (new, problems) = read(&book, (&rows, &text), &start);
            assert!(problems.is_empty(), "{typed_words}: {problems:?}");
            assert!(new.occasion.signs.contains(sign), "{typed_words}: {:?}", new.occasion.signs);
        }
        let text = typed(&rows, &[("mode", "1"), ("annual-check", "2"), ("complication", "2")]);
        let (new, _) = read(&book, (&rows, &text), &start);
        assert!(new.annual_check && new.occasion.signs.contains("new-complication"));
    }

    #[test]
    fn every_programme_has_a_form_and_a_childs_form_asks_what_fits_the_age() {
        let book = book();
        let day = Day::parse("2026-11-24").unwrap();
        for programme in book.programmes() {
            let case = Case::new(Person::default(), Occasion::on(day));
            assert!(rows(&book, &[programme.to_owned()], &case).len() >= 8, "{programme}");
        }
        let of = |birth: &str| {
            let person = Person { birth: Day::parse(birth), ..Person::default() };
            let case = Case::new(person, Occasion::on(day));
            let rows = rows(&book, &["child".to_owned()], &case);
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        let four = of("2022-05-06");
        for (id, asked) in [
            ("height", true),
            ("vision", true),
            ("teeth", true),
            ("newborn", false),
            ("fontanelle", false),
        ] {
            assert_eq!(four.iter().any(|own| own == id), asked, "{id} at four");
        }
        let new_born = of("2026-11-20");
        for (id, asked) in
            [("newborn", true), ("temperature", true), ("vision", false), ("teeth", false)]
        {
            assert_eq!(new_born.iter().any(|own| own == id), asked, "{id} at four days");
        }
    }
}
