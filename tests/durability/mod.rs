//! What happens to records when files, disks and windows do not behave. The kill and power-cut runs are the two
//! scripts beside this file.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use xinglin::domain::patient::PatientId;
use xinglin::services::clinic::Clinic;
use xinglin::services::failure::Kind;
use xinglin::services::load::{self, Ack};
use xinglin::services::session::Station;
use xinglin::services::upkeep::Credential;

use crate::support::{DOCTOR, PASSPHRASE, Place, no_reserve, person, register, visit};

fn database(root: &Path) -> PathBuf {
    root.join("station/station.db")
}

/// A closed station with some signed visits; everything is in the one database file.
fn closed_station() -> (Place, PatientId) {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", "13800001234"));
    for _ in 0..20 {
        clinic.sign_visit(visit(&clinic, id)).unwrap();
    }
    drop(clinic);
    assert!(
        !place.path().join("station/station.db-wal").exists(),
        "closing folds the log into the database"
    );
    (place, id)
}

#[test]
fn every_flipped_page_is_noticed_and_never_read_as_something_else() {
    let (place, id) = closed_station();
    let clean = place.sign_in().history(id).unwrap();
    let sound = fs::read(database(place.path())).unwrap();
    let pages = sound.len() / 4096;
    assert!(pages > 20);
    let head = fs::read(place.path().join("station/audit.head")).unwrap();
    let mut noticed = 0;
    for page in 0..pages {
        let mut bytes = sound.clone();
        let at = page * 4096 + (page * 1237) % 4096;
        bytes[at] ^= 1 << (page % 8);
        fs::write(database(place.path()), &bytes).unwrap();
        fs::write(place.path().join("station/audit.head"), &head).unwrap();
        match place.station().sign_in(DOCTOR, PASSPHRASE) {
            Err(failure) => {
                assert_eq!(failure.kind, Kind::Data, "{failure:?}");
                noticed += 1;
            }
            Ok(mut clinic) => {
                if let Ok(history) = clinic.history(id) {
                    assert_eq!(history, clean, "page {page}: wrong words were read");
                }
                noticed +=
                    usize::from(clinic.check(None).map_or(true, |report| !report.is_sound()));
            }
        }
    }
    assert_eq!(noticed, pages);
}

#[test]
fn a_damaged_first_page_is_called_damaged_and_the_file_is_left_alone() {
    let (place, _) = closed_station();
    let mut bytes = fs::read(database(place.path())).unwrap();
    bytes[100] ^= 0xff;
    fs::write(database(place.path()), &bytes).unwrap();
    let failure = place.station().sign_in(DOCTOR, PASSPHRASE).err().unwrap();
    assert!(
        failure.what.zh.contains("已损坏") && failure.next.zh.contains("restore"),
        "{failure:?}"
    );
    assert_eq!(fs::read(database(place.path())).unwrap(), bytes);
}

#[test]
fn a_truncated_file_is_noticed_at_every_length() {
    let (place, _) = closed_station();
    let sound = fs::read(database(place.path())).unwrap();
    for keep in [0, 1, 16, 4095, 4096, 8192, sound.len() / 2, sound.len() - 4096, sound.len() - 1] {
        fs::write(database(place.path()), &sound[..keep]).unwrap();
        let unsound = match place.station().sign_in(DOCTOR, PASSPHRASE) {
            Err(failure) => failure.kind == Kind::Data,
            Ok(mut clinic) => clinic.check(None).map_or(true, |report| !report.is_sound()),
        };
        assert!(unsound, "cut to {keep} bytes");
        assert!(
            fs::metadata(database(place.path())).unwrap().len() <= keep as u64 + 4096,
            "it was not made anew"
        );
    }
    fs::remove_file(database(place.path())).unwrap();
    let failure = place.station().sign_in(DOCTOR, PASSPHRASE).err().unwrap();
    assert!(
        failure.what.zh.contains("丢失") && failure.kept.zh.contains("没有新建"),
        "{failure:?}"
    );
    assert!(!database(place.path()).exists());
}

#[test]
fn a_database_of_another_station_is_told_apart_from_a_damaged_one() {
    let ((one, _), (two, _)) = (closed_station(), closed_station());
    fs::copy(database(one.path()), database(two.path())).unwrap();
    let failure = two.station().sign_in(DOCTOR, PASSPHRASE).err().unwrap();
    assert!(failure.what.zh.contains("密钥与数据库不符"), "{failure:?}");
}

#[test]
fn a_damaged_key_file_says_so_and_a_backup_of_it_opens_again() {
    let (place, id) = closed_station();
    let path = place.path().join("station/keys.toml");
    let sound = fs::read(&path).unwrap();
    for bytes in [&b""[..], &sound[..sound.len() / 3], &[0xff, 0xfe, 0x00]] {
        fs::write(&path, bytes).unwrap();
        let failure = place.station().sign_in(DOCTOR, PASSPHRASE).err().unwrap();
        assert!(failure.what.zh.contains("密钥文件"), "{failure:?}");
    }
    fs::write(&path, &sound).unwrap();
    assert!(place.sign_in().open_chart(id).is_ok());
}

#[test]
fn a_lost_write_ahead_log_is_noticed_by_the_entry_that_was_seen_last() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("王小明", "61岁", ""));
    // A copy taken while the log still holds what was signed, without the log: a careless copy, or a lost file.
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("station")).unwrap();
    clinic.sign_visit(visit(&clinic, id)).unwrap();
    for file in ["station.db", "keys.toml", "audit.head"] {
        fs::copy(place.path().join("station").join(file), copy.path().join("station").join(file))
            .unwrap();
    }
    let station =
        Station::at(copy.path(), place.clock.clone()).with_quick_keys().with_safety(no_reserve());
    let mut clinic = station.sign_in(DOCTOR, PASSPHRASE).unwrap();
    let lost = clinic.standing().unwrap().lost_tail.expect("the missing entries are noticed");
    assert!(lost.expected.seq > lost.found);
    assert!(clinic.verify_audit(None).unwrap().is_err());
}

#[test]
fn a_second_window_reads_logs_its_reading_and_says_clearly_that_it_cannot_write() {
    let place = Place::new();
    let (mut first, _) = place.set_up();
    let id = register(&mut first, &person("王小明", "61岁", ""));
    let mut second = place.sign_in();
    assert!(second.is_read_only() && !first.is_read_only());
    for _ in 0..5 {
        second.open_chart(id).unwrap();
        first.open_chart(id).unwrap();
        first.sign_visit(visit(&first, id)).unwrap();
    }
    assert_eq!(second.history(id).unwrap().len(), 5, "it sees what the first one signs");
    let failure = second.sign_visit(visit(&second, id)).unwrap_err();
    assert!(failure.what.zh.contains("另一个窗口"), "{failure:?}");
    assert_eq!(second.new_recovery_key().unwrap_err().what, failure.what);
    assert!(first.verify_audit(None).unwrap().is_ok(), "two windows keep one chain");
    drop(first);
    assert!(second.sign_visit(visit(&second, id)).is_err());
    drop(second);
    assert!(!place.sign_in().is_read_only(), "the next window writes");
}

#[test]
fn nothing_that_names_a_person_is_readable_in_any_file() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let id = register(&mut clinic, &person("欧阳杜鹃", "61岁", "13912345678"));
    for _ in 0..5 {
        clinic.sign_visit(visit(&clinic, id)).unwrap();
    }
    clinic.backup(&place.path().join("backup")).unwrap();
    let mut looked = 0;
    let mut look = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        looked += bytes.len();
        for secret in ["欧阳杜鹃", "13912345678", "咳黄痰", "阿莫西林", "ouyangdujuan", PASSPHRASE]
        {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {}", path.display());
        }
    };
    // While it is open, with the write-ahead log there, and after it is closed.
    for open in [true, false] {
        if !open {
            clinic = {
                drop(clinic);
                place.sign_in()
            };
        }
        walk(place.path(), &mut look);
    }
    assert!(looked > 200_000);
}

fn walk(dir: &Path, look: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, look) } else { look(&path) }
    }
}

#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    register(&mut clinic, &person("王小明", "61岁", ""));
    place.station().sign_in(DOCTOR, "wrong horse 42").err().unwrap();
    clinic.backup(&place.path().join("backup")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for dir in ["station", "backup"] {
        assert_eq!(mode(&place.path().join(dir)), 0o700, "{dir}");
    }
    let fresh = place.path().join("made/here");
    let station =
        Station::at(&fresh, place.clock.clone()).with_quick_keys().with_safety(no_reserve());
    drop(station.set_up(&crate::support::first_run()).unwrap());
    assert_eq!(mode(&fresh), 0o700);
    walk(place.path(), &mut |path| assert_eq!(mode(path), 0o600, "{}", path.display()));
}

#[test]
fn below_the_reserve_nothing_new_is_written_and_reading_goes_on() {
    let (place, id) = closed_station();
    let mut safety = no_reserve();
    safety.reserve_bytes = u64::MAX;
    let station = place.station().with_safety(safety);
    let mut clinic = station.sign_in(DOCTOR, PASSPHRASE).unwrap();
    let failure = clinic.sign_visit(visit(&clinic, id)).unwrap_err();
    assert!(
        failure.what.zh.contains("磁盘空间不足") && failure.kept.zh.contains("查看和打印"),
        "{failure:?}"
    );
    assert_eq!(clinic.open_chart(id).unwrap().visits.len(), 20);
}

/// A disk of 3 MB, really filled: what was told as saved is there, the words are clear, and it works again once there
/// is room, without a restart.
#[test]
fn a_full_disk_loses_nothing_and_works_again_without_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mount = |options: &str| {
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(dir.path())
            .output();
        done.is_ok_and(|output| output.status.success())
    };
    if !mount("size=3m") {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "CI must be able to mount a small disk"
        );
        println!("skipped: a tmpfs of 3 MB cannot be mounted here (needs root)");
        return;
    }
    let _unmount = Unmount(dir.path().to_owned());
    let clock = Place::new().clock;
    let station = Station::at(dir.path(), clock).with_quick_keys().with_safety(no_reserve());
    let (mut clinic, _) = station.set_up(&crate::support::first_run()).unwrap();
    let id = register(&mut clinic, &person("王小明", "61岁", ""));
    let mut signed = vec![];
    let failure = loop {
        match clinic.sign_visit(visit(&clinic, id)) {
            Ok(receipt) => signed.push(receipt.visit),
            Err(failure) => break failure,
        }
        assert!(signed.len() < 5000, "the disk never filled");
    };
    assert!(failure.what.zh.contains("磁盘空间不足"), "{failure:?}");
    assert!(signed.len() > 20, "{}", signed.len());
    // A full disk stays usable for looking.
    for visit in &signed {
        clinic.open_visit(*visit).unwrap();
    }
    assert!(clinic.standing().unwrap().unlogged > 0, "what could not be logged waits");
    assert!(mount("remount,size=16m"));
    clinic.sign_visit(visit(&clinic, id)).unwrap();
    assert_eq!(clinic.history(id).unwrap().len(), signed.len() + 1);
    assert_eq!(clinic.standing().unwrap().unlogged, 0, "and is logged then");
    let report = clinic.check(None).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

struct Unmount(PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).output());
    }
}

#[test]
fn a_backup_restores_to_the_same_records_on_a_new_machine() {
    let (place, id) = closed_station();
    let folder = place.path().join("usb");
    let (before, report) = {
        let mut clinic = place.sign_in();
        (clinic.open_chart(id).unwrap(), clinic.backup(&folder).unwrap())
    };
    assert_eq!((report.patients, report.visits), (1, 20));
    let fresh = Place::new();
    let credential = Credential::Passphrase { user: DOCTOR, passphrase: PASSPHRASE };
    let restored = fresh.station().restore(&folder, &credential).unwrap();
    assert_eq!(restored.replaced, None);
    let mut clinic = fresh.sign_in();
    assert_eq!(clinic.open_chart(id).unwrap(), before);
    assert!(clinic.check(report.audit).unwrap().is_sound());
    clinic.sign_visit(visit(&clinic, id)).unwrap();
}

#[test]
fn a_restore_keeps_what_was_there_and_starts_a_new_epoch() {
    let (place, id) = closed_station();
    let folder = place.path().join("usb");
    let mut clinic = place.sign_in();
    clinic.backup(&folder).unwrap();
    clinic.sign_visit(visit(&clinic, id)).unwrap();
    let credential = Credential::Passphrase { user: DOCTOR, passphrase: PASSPHRASE };
    let busy = place.station().restore(&folder, &credential).unwrap_err();
    assert!(busy.what.zh.contains("另一个窗口"), "a station in use is not swapped: {busy:?}");
    drop(clinic);
    let replaced = place.station().restore(&folder, &credential).unwrap().replaced.unwrap();
    assert!(replaced.join("station.db").is_file());
    let mut clinic = place.sign_in();
    assert_eq!(clinic.history(id).unwrap().len(), 20);
    assert_eq!(clinic.standing().unwrap().lost_tail, None);
    drop(clinic);
    fs::rename(place.path().join("station"), place.path().join("restored")).unwrap();
    fs::rename(&replaced, place.path().join("station")).unwrap();
    assert_eq!(place.sign_in().history(id).unwrap().len(), 21, "the replaced station is whole");
}

#[test]
fn a_backup_with_one_wrong_byte_is_refused_and_the_station_is_untouched() {
    let (place, id) = closed_station();
    let folder = place.path().join("usb");
    place.sign_in().backup(&folder).unwrap();
    let credential = Credential::Passphrase { user: DOCTOR, passphrase: PASSPHRASE };
    for (file, at) in
        [("station.db", 50_000), ("station.db", 20), ("keys.toml", 100), ("manifest.toml", 300)]
    {
        let path = folder.join(file);
        let sound = fs::read(&path).unwrap();
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let failure = place.station().restore(&folder, &credential).unwrap_err();
        assert!(matches!(failure.kind, Kind::Data | Kind::Permission), "{file}: {failure:?}");
        fs::write(&path, &sound).unwrap();
    }
    assert_eq!(place.sign_in().history(id).unwrap().len(), 20);
    assert!(place.station().restore(&folder, &credential).is_ok(), "the sound backup is taken");
}

#[test]
fn only_an_administrator_or_the_recovery_key_opens_a_backup() {
    let place = Place::new();
    let (mut clinic, recovery) = place.set_up();
    crate::support::add_user(&mut clinic, "li", xinglin::domain::role::Role::Clerk);
    let folder = place.path().join("usb");
    clinic.backup(&folder).unwrap();
    let check = |credential| place.station().check_backup(&folder, &credential);
    let kind =
        |user, passphrase| check(Credential::Passphrase { user, passphrase }).unwrap_err().kind;
    assert_eq!(kind("li", PASSPHRASE), Kind::Permission);
    assert_eq!(kind(DOCTOR, "wrong horse 42"), Kind::Permission);
    assert!(check(Credential::RecoveryKey(&recovery.groups().join("-"))).is_ok());
}

#[test]
fn the_judge_of_the_kill_runs_sees_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let station = Station::at(dir.path(), Arc::new(xinglin::services::clock::SystemClock))
        .with_safety(no_reserve());
    let mut clinic: Clinic = load::open(&station).unwrap();
    let mut acks = vec![];
    load::run(&mut clinic, |ack| {
        acks.push(ack.clone());
        acks.len() < 30
    })
    .unwrap();
    let whole = load::survey(&mut clinic, &acks).unwrap();
    assert_eq!((whole.acked, whole.lost.len(), whole.faults.len()), (30, 0, 0), "{whole:?}");
    let Some(Ack::Visit { id, sha256 }) =
        acks.iter().rev().find(|ack| matches!(ack, Ack::Visit { .. })).cloned()
    else {
        panic!("no visit was signed");
    };
    let missing = Ack::Visit { id: xinglin::domain::visit::VisitId(id.0 + 1), sha256 };
    let other = Ack::Visit { id: xinglin::domain::visit::VisitId(id.0 - 1), sha256 };
    let draft = Ack::Draft { patient: PatientId(1), round: 999 };
    let lies = [missing, other, draft];
    assert_eq!(load::survey(&mut clinic, &lies).unwrap().lost.len(), 3);
}
