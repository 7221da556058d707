//! Strangers' DICOM files are parsed in a child process with little memory, little time and no files: whatever such a
//! file does to the parser, the clinic's program goes on.
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::domain::share::imaging::Instance;
pub use crate::wire::picture::{Picture, Wanted};
use crate::wire::{WireError, dicom, picture};

/// The hidden subcommand by which the child is started.
pub const SUBCOMMAND: &str = "read-dicom";

/// Files larger than this are not read.
pub const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// The child has ten seconds of work; on a busy machine they may last longer, but not for ever.
const LONGEST: Duration = Duration::from_mins(1);
/// How often it is looked whether somebody still waits.
const LOOK: Duration = Duration::from_millis(50);

/// More than the largest picture's line.
const MOST_SAID: u64 = 16 * 1024 * 1024;

/// Held by whoever waits for an answer; let go, the child is stopped.
#[derive(Debug)]
pub struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Goes with the work: has the one who waited gone away?
#[derive(Clone, Debug, Default)]
pub struct Unless(Arc<AtomicBool>);

impl Unless {
    pub fn gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

pub fn waiting() -> (Waiting, Unless) {
    let gone = Arc::<AtomicBool>::default();
    (Waiting(Arc::clone(&gone)), Unless(gone))
}

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
        let picture = self.picture_unless(bytes, wanted, &Unless::default())?;
        picture.ok_or_else(stopped)
    }

    /// The same for somebody who may go away meanwhile; `None` = they did, and the child is gone too.
    pub fn picture_unless(
        &self,
        bytes: &[u8],
        wanted: Wanted,
        unless: &Unless,
    ) -> Result<Option<Picture>, WireError> {
        match self {
            Self::Here => picture::of(bytes, wanted).map(Some),
            Self::Child(program) => told(program, bytes, (Some(wanted), unless))?
                .map(|line| Picture::from_line(&line))
                .transpose(),
        }
    }
}

fn stopped() -> WireError {
    let what = "the reader was stopped: it took too long".to_owned();
    WireError::Unreadable { format: "DICOM", what }
}

fn ask_child(program: &Path, bytes: &[u8]) -> Result<Instance, WireError> {
    let line = told(program, bytes, (None, &Unless::default()))?;
    dicom::from_line(&line.ok_or_else(stopped)?)
}

/// What the child says about the bytes, or that it was stopped; `None` = nobody waits any more.
fn told(
    program: &Path,
    bytes: &[u8],
    (wanted, unless): (Option<Wanted>, &Unless),
) -> Result<Option<String>, WireError> {
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
    let said = listen_to(&mut child, bytes, unless);
    let status = child.wait().map_err(io)?;
    let Some(text) = said else {
        return if unless.gone() { Ok(None) } else { Err(stopped()) };
    };
    if status.success() {
        return Ok(Some(text.trim().to_owned()));
    }
    let what = match status.code() {
        Some(1) if !text.trim().is_empty() => text.trim().to_owned(),
        code => format!(
            "the reader was stopped ({})",
            code.map_or("signal".to_owned(), |c| c.to_string())
        ),
    };
    Err(WireError::Unreadable { format: "DICOM", what })
}

/// Gives the child its bytes and hears it to the end; `None` = nobody waits any more, or it took too long.
fn listen_to(child: &mut Child, bytes: &[u8], unless: &Unless) -> Option<String> {
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let end = Instant::now() + LONGEST;
    thread::scope(|scope| {
        let (to, heard) = channel();
        scope.spawn(move || {
            // A child that died early closes the pipe; its exit tells more than this error.
            let _closed = stdin.map(|mut pipe| pipe.write_all(bytes));
        });
        scope.spawn(move || {
            let mut text = vec![];
            let _ended = stdout.map(|pipe| pipe.take(MOST_SAID).read_to_end(&mut text));
            let _nobody = to.send(String::from_utf8_lossy(&text).into_owned());
        });
        loop {
            match heard.recv_timeout(LOOK) {
                Ok(text) => return Some(text),
                Err(RecvTimeoutError::Disconnected) => return Some(String::new()),
                Err(RecvTimeoutError::Timeout) if unless.gone() || Instant::now() > end => {
                    // The pipes close with the child, and the two threads end.
                    let _ended = child.kill();
                    return None;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    })
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
