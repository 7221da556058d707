//! Strangers' DICOM files are parsed in a child process with little memory, little time and no files: whatever such a
//! file does to the parser, the clinic's program goes on.
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::domain::share::imaging::Instance;
pub use crate::wire::picture::{Picture, Wanted};
use crate::wire::{WireError, dicom, picture};

/// The hidden subcommand by which the child is started.
pub const SUBCOMMAND: &str = "read-dicom";

/// Files larger than this are not read.
pub const MOST_BYTES: u64 = 1024 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reader {
    /// This program, started again.
    Child(PathBuf),
    /// In this process: only for files that this program wrote.
    Here,
}

impl Reader {
    /// The child is the program that runs now.
    pub fn confined() -> Result<Self, std::io::Error> {
        std::env::current_exe().map(Self::Child)
    }

    /// What the file says; `Err` = it is damaged, with the reason.
    pub fn read(&self, bytes: &[u8]) -> Result<Instance, WireError> {
        match self {
            Self::Here => dicom::read(bytes),
            Self::Child(program) => ask_child(program, bytes),
        }
    }

    /// One frame, small; `Err` = it cannot be shown, with the reason.
    pub fn picture(&self, bytes: &[u8], wanted: Wanted) -> Result<Picture, WireError> {
        match self {
            Self::Here => picture::of(bytes, wanted),
            Self::Child(program) => Picture::from_line(&told(program, bytes, Some(wanted))?),
        }
    }
}

fn ask_child(program: &PathBuf, bytes: &[u8]) -> Result<Instance, WireError> {
    dicom::from_line(&told(program, bytes, None)?)
}

/// What the child says about the bytes, or that it was stopped.
fn told(program: &PathBuf, bytes: &[u8], wanted: Option<Wanted>) -> Result<String, WireError> {
    let io = |source| WireError::Io { doing: "starting the reader", source };
    let mut child = Command::new(program)
        .arg(SUBCOMMAND)
        .arg(bytes.len().to_string())
        .args(wanted.map(|wanted| to_word(&wanted)))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(io)?;
    // The child reads everything before it says anything, so writing first cannot lock.
    if let Some(mut stdin) = child.stdin.take() {
        // A child that died early closes the pipe; its exit tells more than this error.
        let _closed = stdin.write_all(bytes);
    }
    let output = child.wait_with_output().map_err(io)?;
    let text = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(text.trim().to_owned());
    }
    let what = match output.status.code() {
        Some(1) if !text.trim().is_empty() => text.trim().to_owned(),
        code => format!(
            "the reader was stopped ({})",
            code.map_or("signal".to_owned(), |c| c.to_string())
        ),
    };
    Err(WireError::Unreadable { format: "DICOM", what })
}

/// `80x48,0` or `80x48,0,40,400`
fn to_word(wanted: &Wanted) -> String {
    let window =
        wanted.window.map_or(String::new(), |(centre, width)| format!(",{centre},{width}"));
    format!("{}x{},{}{window}", wanted.width, wanted.height, wanted.frame)
}

fn from_word(word: &str) -> Option<Wanted> {
    let mut fields = word.split(',');
    let (width, height) = fields.next()?.split_once('x')?;
    let frame = fields.next()?.parse().ok()?;
    let window = match (fields.next(), fields.next()) {
        (Some(centre), Some(size)) => Some((centre.parse().ok()?, size.parse().ok()?)),
        _ => None,
    };
    Some(Wanted { width: width.parse().ok()?, height: height.parse().ok()?, frame, window })
}

/// What the child does: shuts itself in, reads standard input, prints one line. 0 = read, 1 = the file is damaged.
pub fn child((size, wanted): (u64, Option<&str>), out: &mut impl Write) -> u8 {
    shut_in(size);
    let mut bytes = vec![];
    if std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes).is_err() {
        return 1;
    }
    let line = match wanted.map(from_word) {
        None => dicom::read(&bytes).and_then(|instance| dicom::to_line(&instance)),
        Some(Some(wanted)) => picture::of(&bytes, wanted).and_then(|picture| picture.to_line()),
        Some(None) => return 1,
    };
    let (text, code) = match line {
        Ok(line) => (line, 0),
        Err(error) => (error.to_string(), 1),
    };
    if writeln!(out, "{text}").is_err() { 1 } else { code }
}

/// Memory for the file a few times over, ten seconds of work, no new files, no children, no core file.
fn shut_in(size: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    const BASE: u64 = 512 * 1024 * 1024;
    let limits = [
        (Resource::As, BASE + 4 * size.min(MOST_BYTES)),
        (Resource::Cpu, 10),
        (Resource::Fsize, 0),
        (Resource::Nofile, 3),
        (Resource::Core, 0),
    ];
    for (resource, most) in limits {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        // A limit that cannot be set leaves the others.
        let _unset = setrlimit(resource, limit);
    }
}
