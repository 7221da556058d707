//! The way of the clinic's own papers: files -> each read in a child process with limits -> the collection, with a report
//! for each. A hostile file costs its child, nothing else.
use std::{
    fs::{self, OpenOptions},
    io::{Read, Write},
    os::unix::{fs::OpenOptionsExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{clinic::Clinic, failure::Failure};
use crate::{
    domain::{
        audit::Hash,
        catalog::guideline::Paragraph,
        cleaning::{LINE_MAX, clean_line},
        local_document::{LocalDocumentId, LocalDocumentLine, NewDocument, ReadDocument, Taken},
    },
    wire::document::{self, Format, LARGEST_FILE},
};

/// What a child may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub memory_bytes: u64,
    pub cpu_seconds: u64,
    pub wall: Duration,
    /// The most that a child may answer.
    pub answer_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 768 << 20,
            cpu_seconds: 60,
            wall: Duration::from_secs(90),
            answer_bytes: 64 << 20,
        }
    }
}

const MOST_FILES: usize = 5_000;
const DEEPEST_FOLDER: usize = 16;

/// Starts children that read papers.
#[derive(Clone, Debug)]
pub struct Intake {
    /// This program.
    program: PathBuf,
    limits: Limits,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// As named or found, made harmless.
    pub file: String,
    pub outcome: FileOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOutcome {
    Added {
        id: LocalDocumentId,
        title: String,
        year: Option<i16>,
        paragraphs: usize,
        unread_pages: u32,
    },
    /// The same file is there already.
    Duplicate(Box<LocalDocumentLine>),
    Refused(String),
    /// Not a kind that is taken, or a link; only told for folders.
    PassedOver(&'static str),
}

/// Title and year given by the person who adds one paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading {
    pub title: Option<String>,
    pub year: Option<i16>,
}

/// Files to read, and what was passed over on the way.
#[derive(Debug, Default)]
pub struct Found {
    pub files: Vec<PathBuf>,
    pub passed_over: Vec<FileReport>,
}

impl Intake {
    /// `program` = the path of xinglin itself.
    pub const fn new(program: PathBuf, limits: Limits) -> Self {
        Self { program, limits }
    }

    /// Reads one file and puts it into the collection.
    pub fn take(
        &self,
        clinic: &mut Clinic,
        path: &Path,
        heading: &Heading,
    ) -> Result<FileReport, Failure> {
        let file = shown(path);
        let read = self.read(path).map(|(mut read, sha256)| {
            if let Some(title) = &heading.title {
                read.title.clone_from(title);
            }
            read.year = heading.year.or(read.year);
            NewDocument { read, file_name: file_name(path), sha256 }
        });
        let document = match read {
            Ok(document) => document,
            Err(why) => return Ok(FileReport { file, outcome: FileOutcome::Refused(why) }),
        };
        let outcome = match clinic.add_document(&document)? {
            Taken::Added(id) => FileOutcome::Added {
                id,
                title: document.read.title,
                year: document.read.year,
                paragraphs: document.read.paragraphs.len(),
                unread_pages: document.read.unread_pages,
            },
            Taken::Duplicate(line) => FileOutcome::Duplicate(Box::new(line)),
        };
        Ok(FileReport { file, outcome })
    }

    /// The text of one file, read by a child; the words say why not.
    pub fn read(&self, path: &Path) -> Result<(ReadDocument, Hash), String> {
        let bytes = regular_file(path)?;
        let sha256 = Hash::of(&bytes);
        let child = Command::new(&self.program)
            .args(["kb", "read-paper", "--name"])
            .arg(file_name(path))
            .args(["--memory", &self.limits.memory_bytes.to_string()])
            .args(["--cpu", &self.limits.cpu_seconds.to_string()])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("读取进程起不来（{error}）"))?;
        let answer = self.answer(child, bytes)?;
        let answer: AnswerRow =
            serde_json::from_slice(&answer).map_err(|_| "读取进程的回答不完整".to_owned())?;
        answer.into_document().map(|read| (read, sha256))
    }

    /// Feeds the child, takes its answer, ends it when it takes too long or says too much.
    fn answer(&self, mut child: Child, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
        if let Some(mut stdin) = child.stdin.take() {
            // A child that died takes no more; what it said before counts.
            thread::spawn(move || drop(stdin.write_all(&bytes)));
        }
        let (done, answered) = mpsc::channel();
        let (said, complained) = (child.stdout.take(), child.stderr.take());
        let most = self.limits.answer_bytes;
        thread::spawn(move || {
            let mut answer = vec![];
            let read = said.map(|out| out.take(most + 1).read_to_end(&mut answer));
            let _nobody_waits = done.send((answer, read.is_some_and(|r| r.is_ok())));
        });
        let words = thread::spawn(move || {
            let mut words = vec![];
            if let Some(err) = complained {
                drop(err.take(4096).read_to_end(&mut words));
            }
            String::from_utf8_lossy(&words).into_owned()
        });
        let answer = answered.recv_timeout(self.limits.wall);
        let over = !matches!(&answer, Ok((bytes, true)) if bytes.len() as u64 <= most);
        if over {
            drop(child.kill());
        }
        let status = child.wait().map_err(|error| format!("读取进程没有结束（{error}）"))?;
        let words = words.join().unwrap_or_default();
        match answer {
            Err(_) => Err("读取超时，已停止。文件可能损坏或有恶意内容".to_owned()),
            Ok((bytes, _)) if bytes.len() as u64 > most => Err("读出的内容过大，已停止".to_owned()),
            Ok((bytes, _)) if status.success() || status.code() == Some(3) => Ok(bytes),
            Ok(_) => Err(crash(status.signal(), &words)),
        }
    }
}

fn crash(signal: Option<i32>, words: &str) -> String {
    let why = if words.contains("memory allocation") {
        "用内存超过限制"
    } else if signal == Some(rustix::process::Signal::XCPU.as_raw()) {
        "用时超过限制"
    } else {
        "读取时崩溃"
    };
    format!("{why}，已停止，没有影响其他文件。文件可能损坏或有恶意内容")
}

/// Every file that is named, and in named folders every file of a kind that is taken. Links in folders are not followed.
pub fn find(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for path in paths {
        match fs::canonicalize(path) {
            Ok(real) if real.is_dir() => walk(&real, 0, &mut found),
            Ok(real) => found.files.push(real),
            Err(error) => found.passed_over.push(FileReport {
                file: shown(path),
                outcome: FileOutcome::Refused(format!("打不开（{error}）")),
            }),
        }
    }
    found.files.dedup();
    found
}

fn walk(folder: &Path, depth: usize, found: &mut Found) {
    let pass =
        |path: &Path, why| FileReport { file: shown(path), outcome: FileOutcome::PassedOver(why) };
    if depth > DEEPEST_FOLDER {
        found.passed_over.push(pass(folder, "文件夹太深"));
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else {
        found.passed_over.push(pass(folder, "文件夹打不开"));
        return;
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let Ok(kind) = fs::symlink_metadata(&path).map(|m| m.file_type()) else { continue };
        if file_name(&path).starts_with('.') {
            continue;
        }
        if kind.is_symlink() {
            found.passed_over.push(pass(&path, "是链接，不跟随"));
        } else if kind.is_dir() {
            walk(&path, depth + 1, found);
        } else if !kind.is_file() {
            found.passed_over.push(pass(&path, "不是普通文件"));
        } else if Format::of_name(&file_name(&path)).is_none() {
            found.passed_over.push(pass(&path, "不是可导入的类型"));
        } else if found.files.len() >= MOST_FILES {
            found.passed_over.push(pass(&path, "文件太多，这一个没有读"));
        } else {
            found.files.push(path);
        }
    }
}

/// Never a link, a pipe or a device, and never more than fits.
fn regular_file(path: &Path) -> Result<Vec<u8>, String> {
    use rustix::fs::OFlags;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path)
        .map_err(|error| format!("打不开（{error}）"))?;
    let meta = file.metadata().map_err(|error| format!("读不了（{error}）"))?;
    if !meta.is_file() {
        return Err("不是普通文件".to_owned());
    }
    let mut bytes = vec![];
    file.take(LARGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("读不了（{error}）"))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(format!("文件超出限制：大于 {} MB。请拆成几份再导入", LARGEST_FILE >> 20));
    }
    Ok(bytes)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| clean_line(&name.to_string_lossy(), LINE_MAX).text)
        .unwrap_or_default()
}

fn shown(path: &Path) -> String {
    clean_line(&path.display().to_string(), 4 * LINE_MAX).text
}

/// What a child says, as one JSON value.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerRow {
    refused: Option<String>,
    title: String,
    year: Option<i16>,
    format: String,
    pages: u32,
    unread_pages: u32,
    /// Section, place, text.
    paragraphs: Vec<(String, String, String)>,
}

impl AnswerRow {
    fn of(result: Result<ReadDocument, document::DocumentError>) -> Self {
        let refused = result.as_ref().err().map(ToString::to_string);
        let read = result.unwrap_or_default();
        Self {
            refused,
            title: read.title,
            year: read.year,
            format: read.format,
            pages: read.pages,
            unread_pages: read.unread_pages,
            paragraphs: read.paragraphs.into_iter().map(|p| (p.section, p.place, p.text)).collect(),
        }
    }

    fn into_document(self) -> Result<ReadDocument, String> {
        if let Some(why) = self.refused {
            return Err(why);
        }
        let paragraphs = self
            .paragraphs
            .into_iter()
            .map(|(section, place, text)| Paragraph { section, place, text })
            .collect();
        Ok(ReadDocument {
            title: self.title,
            year: self.year,
            format: self.format,
            pages: self.pages,
            unread_pages: self.unread_pages,
            paragraphs,
        })
    }
}

/// The child: takes its limits upon itself before it looks at a byte, reads standard input, answers on standard output.
/// `true` = read.
pub fn serve(name: &str, memory_bytes: u64, cpu_seconds: u64) -> std::io::Result<bool> {
    limit(memory_bytes, cpu_seconds)?;
    // Pages that panic are counted; their words would only fill the pipe.
    std::panic::set_hook(Box::new(|_| {}));
    let mut bytes = vec![];
    std::io::stdin().lock().take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    let row = AnswerRow::of(document::read(name, &bytes));
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &row)?;
    out.flush()?;
    Ok(row.refused.is_none())
}

/// Address space, processor time, no files written, no core file.
fn limit(memory_bytes: u64, cpu_seconds: u64) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    for (resource, most) in [
        (Resource::As, memory_bytes),
        (Resource::Cpu, cpu_seconds),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, 16),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}
