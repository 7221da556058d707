//! Files that leave the store-room: EPCIS, the ledger as CSV, requests for the insurance platform. A file that is there
//! already is never overwritten, and nothing that names a patient goes out.
use std::path::{Path, PathBuf};

use serde_json::json;

use super::clinic::Clinic;
use super::failure::{Failure, Kind};
use super::trace_import::typed_path;
use crate::domain::role::Action;
use crate::domain::trace::bill::Target;
use crate::domain::trace::history::Event;
use crate::domain::words::Words;
use crate::wire::insurance;

/// Events in one file; the next one goes on from there.
const MOST: u32 = 200_000;

/// What a file is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leaving {
    /// EPCIS 2.0 JSON-LD of the whole ledger.
    Epcis,
    /// The ledger as a table.
    Csv,
    /// Requests 3502–3507 that wait, for a front machine that takes files.
    Insurance,
    /// 2207 drug_trac_info of what was given out on a sheet.
    Settlement,
}

impl Leaving {
    pub const ALL: [Self; 4] = [Self::Epcis, Self::Csv, Self::Insurance, Self::Settlement];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Epcis => "epcis",
            Self::Csv => "csv",
            Self::Insurance => "insurance",
            Self::Settlement => "settlement",
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Epcis | Self::Settlement => "json",
            Self::Csv => "csv",
            Self::Insurance => "ndjson",
        }
    }
}

/// What was written, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub path: PathBuf,
    pub words: Words,
    /// What could not go out, and why.
    pub left_out: Vec<String>,
}

/// The text of a file before it is written.
pub struct Text {
    pub text: String,
    pub words: Words,
    pub left_out: Vec<String>,
}

impl Clinic {
    /// Writes a file; an empty path is a new file of today in the data directory's `exports`.
    pub fn write_file(
        &mut self,
        leaving: Leaving,
        (path, sheet): (&str, &str),
    ) -> Result<Written, Failure> {
        let made = self.leaving_text(leaving, sheet)?;
        let path = if path.trim().is_empty() { self.free_name(leaving)? } else { typed_path(path) };
        keep_new(&path, made.text.as_bytes())?;
        Ok(Written { path, words: made.words, left_out: made.left_out })
    }

    /// The same as text, for standard output.
    pub fn leaving_text(&mut self, leaving: Leaving, sheet: &str) -> Result<Text, Failure> {
        match leaving {
            Leaving::Epcis => {
                let (text, next) = self.export_epcis(1, MOST)?;
                let words = counted(next.saturating_sub(1), "条记录（不含患者信息）", "events");
                Ok(Text { text, words, left_out: more(next.saturating_sub(1)) })
            }
            Leaving::Csv => {
                let events = self.trace_events_from(1, MOST)?;
                let words = counted(events.len() as u64, "条记录", "events");
                // With the mark by which spreadsheets know UTF-8.
                let text = format!("\u{feff}{}", events_csv(&events));
                Ok(Text { text, words, left_out: more(events.len() as u64) })
            }
            Leaving::Insurance => self.insurance_requests(),
            Leaving::Settlement => self.settlement(sheet),
        }
    }

    /// One request a line, with the bill it is of; bills that lack something stay here and say what.
    fn insurance_requests(&mut self) -> Result<Text, Failure> {
        self.permit(Action::UploadTrace, "export-insurance")?;
        let profile = self.profile_or_base()?;
        let (mut text, mut left_out, mut bills, mut count) = (String::new(), vec![], 0_u64, 0_u64);
        for message in self.store.waiting_bills(Target::Insurance)? {
            let bill = &message.bill;
            match insurance::requests(&profile, bill, (&message.done, self.now())) {
                Ok(requests) => {
                    bills += 1;
                    for request in requests {
                        count += 1;
                        text.push_str(&json!({"bill": bill.code, "request": request}).to_string());
                        text.push('\n');
                    }
                }
                Err(lacks) => {
                    let told: Vec<String> =
                        lacks.iter().map(crate::domain::trace::bill::Lack::told).collect();
                    left_out.push(format!("{} {}", bill.code, told.join("；")));
                }
            }
        }
        self.note(
            "export-insurance",
            format!("bills:{bills}"),
            crate::domain::audit::Outcome::Done,
        );
        let words = Words::new(
            format!("{bills} 张单据，{count} 个请求；单据仍为待传，导入结果文件后才算办成"),
            format!("{bills} bills, {count} requests; they stay open until the answers come in"),
        );
        Ok(Text { text, words, left_out })
    }

    fn settlement(&mut self, sheet: &str) -> Result<Text, Failure> {
        let sheet = sheet.trim();
        self.permit(Action::UploadTrace, &format!("sheet:{sheet}"))?;
        let bills = self.store.bills_of_sheet(sheet)?;
        if bills.is_empty() {
            return Err(Failure::new(
                Kind::User,
                format!("处方 {sheet} 还没有扫码发药，没有追溯码可报。"),
                format!("Nothing was given out on sheet {sheet} yet."),
            ));
        }
        let mut rows = vec![];
        for bill in &bills {
            if let serde_json::Value::Array(more) = insurance::settlement_rows(bill) {
                rows.extend(more);
            }
        }
        let words = counted(rows.len() as u64, "行 drug_trac_info", "rows of drug_trac_info");
        let text = json!({ "drug_trac_info": rows }).to_string();
        Ok(Text { text, words, left_out: vec![] })
    }

    fn free_name(&self, leaving: Leaving) -> Result<PathBuf, Failure> {
        let folder = self.station.layout().root().join("exports");
        std::fs::create_dir_all(&folder).map_err(|error| cannot(&folder, &error))?;
        let day: String = self.today().to_string().chars().filter(char::is_ascii_digit).collect();
        let (hour, minute, second) = self.now().time_of_day();
        let time = format!("{hour:02}{minute:02}{second:02}");
        Ok(folder.join(format!("{}-{day}-{time}.{}", leaving.id(), leaving.ending())))
    }
}

/// The ledger as a table; a cell that a spreadsheet would take for a formula is guarded.
pub fn events_csv(events: &[Event]) -> String {
    let mut text = "key,at,code,kind,what,actor,bill,partner\n".to_owned();
    for event in events {
        let context = &event.event.context;
        let what: String = event.event.what.told().zh.into();
        let (key, at) = (event.key.to_string(), event.at.to_string());
        let fields = [
            key.as_str(),
            &at,
            &event.event.code,
            event.event.what.kind(),
            &what,
            &event.actor,
            &context.bill,
            &context.partner,
        ];
        text.push_str(&fields.map(cell).join(","));
        text.push('\n');
    }
    text
}

fn cell(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@', '\t']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    format!("\"{}\"", guarded.replace('"', "\"\""))
}

/// A ledger that does not fit into one file is not cut off in silence.
fn more(written: u64) -> Vec<String> {
    if written < u64::from(MOST) {
        return vec![];
    }
    vec![format!("只写了前 {MOST} 条；其余用 xinglin trace export --from {} 导出", MOST + 1)]
}

fn counted(count: u64, zh: &str, en: &str) -> Words {
    Words::new(format!("{count} {zh}"), format!("{count} {en}"))
}

fn keep_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write;
    let mut file = std::fs::File::create_new(path).map_err(|error| cannot(path, &error))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| cannot(path, &error))
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    let why = if error.kind() == std::io::ErrorKind::AlreadyExists {
        "已有同名文件，不覆盖".to_owned()
    } else {
        error.to_string()
    };
    Failure::new(
        Kind::User,
        format!("写不了 {}：{why}。", path.display()),
        format!("{} cannot be written: {error}.", path.display()),
    )
    .next("请换一个文件名。", "Choose another name.")
}
