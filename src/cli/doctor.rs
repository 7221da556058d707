//! `xinglin doctor`: what this machine and this station are like; whole self-check when someone signs in.
use std::os::unix::fs::PermissionsExt;

use serde::Serialize;

use super::desk::{Place, Who};
use super::{audit, exit, out};
use crate::domain::words::Lang;
use crate::services::failure::Failure;
use crate::services::upkeep::CheckReport;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    who: Who,
    /// 另处保存的审计检查点
    #[arg(long, value_name = "SEQ:HASH")]
    checkpoint: Option<String>,
    #[arg(long)]
    json: bool,
}

/// One line of the report.
#[derive(Serialize)]
struct Line {
    check: &'static str,
    ok: bool,
    found: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    next: String,
}

pub fn run(args: &Args, place: &Place) -> u8 {
    match lines(args, place) {
        Ok(lines) => {
            for line in &lines {
                tell(line, args.json);
            }
            if lines.iter().all(|line| line.ok) { exit::DONE } else { exit::FINDINGS }
        }
        Err(failure) => place.fail(&failure),
    }
}

fn tell(line: &Line, json: bool) {
    if json {
        return out::json(line);
    }
    let mark = if line.ok { "ok  " } else { "FAIL" };
    let next = if line.next.is_empty() { String::new() } else { format!("  -> {}", line.next) };
    out::line(&format!("{mark}  {:<12} {}{next}", line.check, line.found));
}

fn lines(args: &Args, place: &Place) -> Result<Vec<Line>, Failure> {
    let mut lines = vec![data_dir(place), terminal()];
    let station = place.station()?;
    if !station.is_set_up() {
        let found = pick(place, "还没有建站", "not set up yet");
        lines.push(Line { check: "station", ok: true, found, next: String::new() });
        return Ok(lines);
    }
    if args.who.user.is_none() && !place.demo {
        let found = pick(
            place,
            "已建站；加 --user 登录后做完整检查",
            "set up; sign in with --user for the whole check",
        );
        lines.push(Line { check: "station", ok: true, found, next: String::new() });
        return Ok(lines);
    }
    let checkpoint = args.checkpoint.as_deref().map(audit::read_checkpoint).transpose()?;
    let mut secrets = args.who.secrets()?;
    let report = args.who.sign_in(place, &mut secrets)?.check(checkpoint)?;
    lines.extend(station_lines(&report, place));
    Ok(lines)
}

fn station_lines(report: &CheckReport, place: &Place) -> Vec<Line> {
    const MB: u64 = 1_048_576;
    let line = |check, ok, found: String, next: (&str, &str)| Line {
        check,
        ok,
        found,
        next: if ok { String::new() } else { pick(place, next.0, next.1) },
    };
    let restore =
        ("复制整个数据目录，再从备份恢复", "copy the whole data directory, then restore a backup");
    let damage = if report.damage.is_empty() { "ok".to_owned() } else { report.damage.join("; ") };
    let (audit_ok, audit_found) = match report.audit {
        Ok(whole) => (true, format!("{} entries, whole", whole.entries)),
        Err(broken) => {
            let (zh, en) = audit::words(broken.why);
            (false, format!("{}: {}", broken.seq, pick(place, &zh, &en)))
        }
    };
    vec![
        line("sqlite", true, format!("{} SQLCipher {}", report.sqlite, report.cipher), ("", "")),
        line(
            "durability",
            report.journal == "wal" && report.synchronous == 2,
            format!("journal {} synchronous {}", report.journal, report.synchronous),
            ("请报告给维护人员", "report this"),
        ),
        line("pages", report.damage.is_empty(), damage, restore),
        line(
            "visits",
            report.changed_visits.is_empty(),
            format!(
                "{} signed, {} do not fit their hash",
                report.visits,
                report.changed_visits.len()
            ),
            restore,
        ),
        line("patients", true, report.patients.to_string(), ("", "")),
        line(
            "audit",
            audit_ok,
            audit_found,
            ("保全数据目录并通知审计员", "keep the data directory and tell the auditor"),
        ),
        line(
            "disk",
            report.free_bytes >= 200 * MB,
            format!(
                "database {} MB, {} MB free",
                report.database_bytes.div_ceil(MB),
                report.free_bytes / MB
            ),
            ("请清理磁盘", "free some disk space"),
        ),
    ]
}

fn data_dir(place: &Place) -> Line {
    let root = place.data_dir();
    let station = root.join("station");
    let dir = if station.is_dir() { station } else { root };
    let shown = dir.display();
    match std::fs::metadata(&dir) {
        Ok(meta) if dir.ends_with("station") && meta.permissions().mode() & 0o077 != 0 => Line {
            check: "data-dir",
            ok: false,
            found: format!("{shown} {:o}", meta.permissions().mode() & 0o777),
            next: pick(place, "别的用户可以读：chmod 700", "others can read it: chmod 700"),
        },
        Ok(_) => {
            Line { check: "data-dir", ok: true, found: shown.to_string(), next: String::new() }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Line {
            check: "data-dir",
            ok: true,
            found: format!("{shown} ({})", pick(place, "尚未建立", "not made yet")),
            next: String::new(),
        },
        Err(error) => Line {
            check: "data-dir",
            ok: false,
            found: format!("{shown}: {error}"),
            next: pick(place, "请检查权限", "check its permissions"),
        },
    }
}

fn terminal() -> Line {
    let term = std::env::var("TERM").unwrap_or_default();
    let ok = term != "linux";
    let next = if ok {
        String::new()
    } else {
        "文本控制台不能显示汉字，请用图形终端 / use a graphical terminal".to_owned()
    };
    Line { check: "terminal", ok, found: format!("TERM={term}"), next }
}

fn pick(place: &Place, zh: &str, en: &str) -> String {
    if place.lang() == Lang::En { en.to_owned() } else { zh.to_owned() }
}
