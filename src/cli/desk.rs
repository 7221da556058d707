//! Where a command finds the station, who signs in to it, and how passphrases come in: by a prompt without echo or
//! by a file descriptor, never by an argument.
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::{exit, out};
use crate::domain::words::Lang;
use crate::services::clinic::Clinic;
use crate::services::clock::{Clock, SystemClock};
use crate::services::demo;
use crate::services::failure::{Failure, Kind};
use crate::services::session::Station;

/// Options of every command that touches a station.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Place {
    /// 数据目录（默认在用户数据目录下）
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// 打开演示诊所，数据与正式库分开
    #[arg(long, global = true)]
    pub demo: bool,
    /// zh 或 en；默认看 LANG
    #[arg(long, global = true, value_name = "LANG", value_parser = parse_lang)]
    pub lang: Option<Lang>,
}

fn parse_lang(text: &str) -> Result<Lang, String> {
    match text {
        "zh" | "zh-CN" => Ok(Lang::Zh),
        "en" => Ok(Lang::En),
        _ => Err("zh | en".to_owned()),
    }
}

impl Place {
    /// `--data-dir`, else `XINGLIN_DATA`, else the user's data directory; the demo has its own beside it.
    pub fn data_dir(&self) -> PathBuf {
        let from_home = || {
            let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
            std::env::var_os("XDG_DATA_HOME")
                .map_or_else(|| home.join(".local/share"), PathBuf::from)
        };
        let dir = match (&self.data_dir, std::env::var_os("XINGLIN_DATA")) {
            (Some(dir), _) => dir.clone(),
            (None, Some(dir)) => PathBuf::from(dir),
            (None, None) => from_home().join("xinglin"),
        };
        if self.demo { dir.join("demo") } else { dir }
    }

    pub fn lang(&self) -> Lang {
        self.lang.unwrap_or_else(|| {
            let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
                .into_iter()
                .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
            if set.is_some_and(|value| value.starts_with("en")) { Lang::En } else { Lang::Zh }
        })
    }

    /// The station there; the demo clinic is made when it is not there yet.
    pub fn station(&self) -> Result<Station, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        if self.demo {
            demo::station(self.data_dir(), &clock)
        } else {
            Ok(Station::at(self.data_dir(), clock))
        }
    }

    pub fn say(&self, zh: &str, en: &str) {
        out::line(if self.lang() == Lang::En { en } else { zh });
    }

    /// Tells a failure and gives the exit code of its kind.
    pub fn fail(&self, failure: &Failure) -> u8 {
        out::note(&failure.sentence(self.lang()));
        match failure.kind {
            Kind::User | Kind::Data => exit::REFUSED,
            Kind::Permission => exit::NOT_PERMITTED,
            Kind::Network => exit::NETWORK,
            Kind::Config => exit::USAGE,
            Kind::Bug => exit::BUG,
        }
    }
}

/// Who signs in for a command.
#[derive(Clone, Debug, clap::Args)]
pub struct Who {
    /// 登录名
    #[arg(long, global = true, value_name = "NAME")]
    pub user: Option<String>,
    /// 从此文件描述符逐行读口令（先登录口令，后新口令）
    #[arg(long, global = true, value_name = "N")]
    pub passphrase_fd: Option<u32>,
}

impl Who {
    pub fn secrets(&self) -> Result<Secrets, Failure> {
        let Some(fd) = self.passphrase_fd else { return Ok(Secrets { lines: None }) };
        let file = File::open(format!("/proc/self/fd/{fd}")).map_err(|error| {
            Failure::new(
                Kind::Config,
                format!("文件描述符 {fd} 无法读取（{error}）。"),
                format!("File descriptor {fd} cannot be read ({error})."),
            )
        })?;
        Ok(Secrets { lines: Some(BufReader::new(file)) })
    }

    /// Signs in; in the demo clinic without `--user` as its doctor.
    pub fn sign_in(&self, place: &Place, secrets: &mut Secrets) -> Result<Clinic, Failure> {
        let station = place.station()?;
        match &self.user {
            Some(user) => station.sign_in(user, &secrets.next("口令：", "Passphrase: ", place)?),
            None if place.demo => station.sign_in(demo::USER, demo::PASSPHRASE),
            None if !station.is_set_up() => {
                Err(Failure::from(crate::services::failure::StoreError::NotSetUp))
            }
            None => Err(Failure::new(
                Kind::Permission,
                "需要登录：请加 --user 登录名。",
                "Sign in with --user NAME.",
            )),
        }
    }
}

/// Passphrases, line by line.
pub struct Secrets {
    lines: Option<BufReader<File>>,
}

impl Secrets {
    pub fn next(
        &mut self,
        zh: &str,
        en: &str,
        place: &Place,
    ) -> Result<zeroize::Zeroizing<String>, Failure> {
        let mut line = zeroize::Zeroizing::new(String::new());
        let read = match &mut self.lines {
            Some(lines) => lines.read_line(&mut line),
            None => prompt(if place.lang() == Lang::En { en } else { zh }, &mut line),
        };
        let missing = |why: String| {
            Failure::new(
                Kind::Config,
                format!("没有读到口令（{why}）。"),
                format!("No passphrase could be read ({why})."),
            )
            .next(
                "请在终端里运行，或用 --passphrase-fd。",
                "Run it in a terminal, or use --passphrase-fd.",
            )
        };
        match read {
            Ok(0) => Err(missing("0".to_owned())),
            Ok(_) => {
                let kept = line.trim_end_matches(['\n', '\r']).len();
                line.truncate(kept);
                Ok(line)
            }
            Err(error) => Err(missing(error.to_string())),
        }
    }
}

/// Asks on the terminal with the echo off.
fn prompt(words: &str, line: &mut String) -> std::io::Result<usize> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(std::io::Error::other("no terminal"));
    }
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "{words}")?;
    stderr.flush()?;
    let before = tcgetattr(&stdin)?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Now, &hidden)?;
    let read = stdin.lock().read_line(line);
    tcsetattr(&stdin, OptionalActions::Now, &before)?;
    writeln!(stderr)?;
    read
}
