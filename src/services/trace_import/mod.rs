//! Files that come into the store-room: read, judged line by line and shown, kept only then. The same file again
//! changes nothing.
mod answers;
mod columns;
mod judge;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::clinic::Clinic;
use super::clinic::trace::{DespatchIn, Stop};
use super::failure::{Failure, Kind};
use super::trace_upload::{despatch_of, read_epcis};
use crate::domain::role::Action;
use crate::domain::trace::product::{Agreement, Product};
use crate::wire::table;
use answers::PlatformAnswers;

/// What a file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Products,
    Despatch,
    Agreements,
    /// A supplier's EPCIS 2.0 document: its shipping events are a despatch list.
    Epcis,
    /// What the insurance platform answered to an exported file.
    Answers,
}

impl Subject {
    pub const ALL: [Self; 5] =
        [Self::Products, Self::Despatch, Self::Agreements, Self::Epcis, Self::Answers];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Despatch => "despatch",
            Self::Agreements => "agreements",
            Self::Epcis => "epcis",
            Self::Answers => "answers",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.id() == text)
    }

    const fn action(self) -> Action {
        match self {
            Self::Products | Self::Agreements => Action::ChangeDrugCatalogue,
            Self::Despatch | Self::Epcis => Action::ReceiveDrugs,
            Self::Answers => Action::UploadTrace,
        }
    }
}

/// What a line of the file would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    New,
    /// Something that is known gets these other words.
    Changed(Vec<String>),
    Same,
    Bad(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Line of the file; the heading is 1.
    pub number: usize,
    pub label: String,
    pub fate: Fate,
    /// The ledger's own word for what is wrong.
    pub stop: Option<Stop>,
    /// What is not wrong and yet will be asked for later.
    pub note: String,
}

/// A file that was read and judged, with what of it would be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub subject: Subject,
    pub path: PathBuf,
    pub lines: Vec<Line>,
    payload: Payload,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Payload {
    Products(Vec<Product>),
    /// With the numbers of their lines.
    Despatch(Vec<(usize, DespatchIn)>),
    Agreements(Vec<Agreement>),
    Answers(PlatformAnswers),
}

/// How many lines do what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub new: usize,
    pub changed: usize,
    pub same: usize,
    pub bad: usize,
}

/// What was kept; lines that became impossible since the look are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub kept: usize,
    pub refused: Vec<(usize, Stop)>,
}

/// Words that a file may leave out: the list's number and who sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    pub bill: String,
    pub supplier: String,
}

impl Import {
    /// Of a file in which nothing stood.
    pub const fn empty(subject: Subject) -> Self {
        let payload = Payload::Products(vec![]);
        Self { subject, path: PathBuf::new(), lines: vec![], payload }
    }

    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for line in &self.lines {
            match line.fate {
                Fate::New => tally.new += 1,
                Fate::Changed(_) => tally.changed += 1,
                Fate::Same => tally.same += 1,
                Fate::Bad(_) => tally.bad += 1,
            }
        }
        tally
    }

    pub fn is_empty(&self) -> bool {
        match &self.payload {
            Payload::Products(all) => all.is_empty(),
            Payload::Despatch(all) => all.is_empty(),
            Payload::Agreements(all) => all.is_empty(),
            Payload::Answers(all) => all.is_empty(),
        }
    }
}

#[cfg(test)]
impl Import {
    /// As a screen gets it, for the tests of the screens.
    pub fn shown(subject: Subject, lines: Vec<Line>) -> Self {
        let payload = Payload::Products(vec![Product::default()]);
        Self { subject, path: PathBuf::from("products.csv"), lines, payload }
    }
}

impl Clinic {
    /// Reads and judges a file; keeps nothing.
    pub fn read_import(
        &mut self,
        subject: Subject,
        path: &Path,
        sender: &Sender,
    ) -> Result<Import, Failure> {
        self.permit(subject.action(), &format!("import:{}", subject.id()))?;
        let bytes = bytes_of(path)?;
        self.judge_import(subject, (path, &bytes), sender)
    }

    /// The same for what was read already, from standard input for one.
    pub fn judge_import(
        &mut self,
        subject: Subject,
        (path, bytes): (&Path, &[u8]),
        sender: &Sender,
    ) -> Result<Import, Failure> {
        self.permit(subject.action(), &format!("import:{}", subject.id()))?;
        let unreadable = |error: &dyn std::fmt::Display| {
            Failure::new(
                Kind::User,
                format!("读不了 {}：{error}。", path.display()),
                format!("{} cannot be read: {error}.", path.display()),
            )
        };
        let (lines, payload) = match subject {
            Subject::Epcis => {
                let text = String::from_utf8_lossy(bytes);
                let events = read_epcis(&text).map_err(|fault| unreadable(&fault))?;
                self.judge_epcis(events, sender)
            }
            Subject::Answers => {
                let text = String::from_utf8_lossy(bytes).into_owned();
                let (lines, answers) = self.judge_answers(&text)?;
                (lines, Payload::Answers(answers))
            }
            _ => {
                let table = table::read(bytes).map_err(|error| unreadable(&error))?;
                let rows = columns::rows(subject, table)?;
                match subject {
                    Subject::Products => {
                        let known = self.store.products()?;
                        let (lines, products) = judge::products(rows, &known);
                        (lines, Payload::Products(products))
                    }
                    Subject::Agreements => {
                        let known = self.store.products()?;
                        let standing = self.store.agreements()?;
                        let (lines, agreements) = judge::agreements(rows, &known, &standing);
                        (lines, Payload::Agreements(agreements))
                    }
                    _ => {
                        let (lines, despatch) = judge::despatch(rows, sender);
                        self.announce(lines, despatch)
                    }
                }
            }
        };
        Ok(Import { subject, path: path.to_owned(), lines, payload })
    }

    /// Keeps what a look has shown.
    pub fn keep_import(&mut self, import: &Import) -> Result<Imported, Failure> {
        let subject = import.subject;
        self.permit(subject.action(), &format!("import:{}", subject.id()))?;
        match &import.payload {
            Payload::Products(products) => {
                if !products.is_empty() {
                    self.put_products(products)?;
                }
                Ok(Imported { kept: products.len(), refused: vec![] })
            }
            Payload::Agreements(agreements) => {
                if !agreements.is_empty() {
                    self.put_agreements(agreements)?;
                }
                Ok(Imported { kept: agreements.len(), refused: vec![] })
            }
            Payload::Despatch(lines) => self.keep_despatch(lines),
            Payload::Answers(answers) => {
                Ok(Imported { kept: self.keep_answers(answers)?, refused: vec![] })
            }
        }
    }

    /// Each list of the file is one act of its own.
    fn keep_despatch(&mut self, lines: &[(usize, DespatchIn)]) -> Result<Imported, Failure> {
        let mut imported = Imported::default();
        let bills: BTreeSet<&str> = lines.iter().map(|(_, line)| line.bill.as_str()).collect();
        for bill in bills {
            let of_bill: Vec<&(usize, DespatchIn)> =
                lines.iter().filter(|(_, line)| line.bill == bill).collect();
            let plain: Vec<DespatchIn> = of_bill.iter().map(|(_, line)| line.clone()).collect();
            let listed = self.expect_despatch(&plain)?;
            imported.kept += listed.kept;
            let named = listed
                .refused
                .into_iter()
                .filter_map(|(at, stop)| of_bill.get(at).map(|(number, _)| (*number, stop)));
            imported.refused.extend(named);
        }
        Ok(imported)
    }
}

/// The bytes of a typed path: `~` is the home of the one at the keys, quotes of a file manager do not count.
fn bytes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::new(
            Kind::User,
            format!("打不开 {}：{error}。", path.display()),
            format!("{} cannot be opened: {error}.", path.display()),
        )
        .next("请核对路径和文件名；U 盘要先插好。", "Check path and name; is the stick plugged in?")
    };
    let size = std::fs::metadata(path).map_err(|error| wrong(&error))?.len();
    if size > table::MOST_BYTES {
        return Err(wrong(&format!("{size} 字节，太大")));
    }
    std::fs::read(path).map_err(|error| wrong(&error))
}

/// A path as it was typed or dropped on the terminal.
pub fn typed_path(text: &str) -> PathBuf {
    let text = text.trim().trim_matches(['"', '\'']);
    match (text.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    }
}
