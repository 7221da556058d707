//! Failure mode 21: the clinic's own disk is full, or the program is killed, while records come in and are queued.
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use xinglin::domain::share::hub::Ways;
use xinglin::domain::share::parts::State;
use xinglin::services::clinic::Clinic;
use xinglin::services::clock::FixedClock;

use super::peer::lacking;
use super::station::{Station, document};
use crate::support::{DOCTOR, PASSPHRASE, Place};

/// A small disk of its own; unmounted at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(megabytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap().keep();
        let size = format!("size={megabytes}m");
        let done =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&dir).output();
        if done.is_ok_and(|out| out.status.success()) {
            return Some(Self(dir));
        }
        std::fs::remove_dir(&dir).unwrap();
        // Containers without the right to mount exist, in CI as well.
        println!("SKIPPED: no right to mount a small disk");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(&self.0).status();
        let _gone = std::fs::remove_dir(&self.0);
    }
}

fn nobody() -> Ways {
    Ways { fhir: "http://127.0.0.1:9/fhir".to_owned(), ..Ways::default() }
}

fn whole(clinic: &mut Clinic) -> usize {
    assert!(clinic.verify_audit(None).unwrap().is_ok());
    let deliveries = clinic.deliveries(u32::MAX).unwrap();
    for delivery in &deliveries {
        assert_eq!(delivery.state, State::Queued);
        assert!(!delivery.parts.is_empty(), "no half delivery");
        let sum: u64 = delivery.parts.iter().map(|part| part.bytes).sum();
        assert_eq!(delivery.bytes, sum);
    }
    deliveries.len()
}

#[test]
fn m21_a_full_disk_keeps_what_was_told_and_lets_everything_be_read() {
    let Some(disk) = SmallDisk::mount(10) else { return };
    let clock = Place::new().clock;
    let place = Place {
        dir: tempfile::Builder::new().tempdir_in(&disk.0).unwrap(),
        clock: Arc::<FixedClock>::clone(&clock),
    };
    let (clinic, _) = place.set_up();
    let mut station = Station { place, clinic, dir: tempfile::tempdir().unwrap() };
    let hub = station.hub("county", &nobody());
    let mut queued = 0;
    let mut refused = None;
    for n in 0..2000 {
        // Large enough to meet the end of a 10 MB disk soon.
        let course = format!("{}{n}", "降压治疗，血压平稳。".repeat(800));
        let form = document(&format!("FULL-{n:05}"), n).replace("降压治疗，血压平稳。", &course);
        let path = station.dir.path().join("one.json");
        std::fs::write(&path, form).unwrap();
        let mut taken = vec![];
        let how = (xinglin::services::clinic::Whose::Register, &super::station::reader());
        let done = station
            .clinic
            .import(&[path], how, &mut |one| taken.push(one))
            .and_then(|()| station.try_queue(taken[0].item.unwrap(), hub));
        match done {
            Ok(_) => queued += 1,
            Err(failure) => {
                refused = Some(failure);
                break;
            }
        }
    }
    let refused = refused.expect("the disk never filled");
    assert!(queued > 5, "{queued}");
    println!("{queued} queued, then: {}", refused.sentence(xinglin::domain::words::Lang::Zh));
    assert_eq!(whole(&mut station.clinic), queued);
    // Reading goes on, and what is there can leave on a stick.
    let items = station.clinic.shared_items(u32::MAX).unwrap();
    assert!(items.len() >= queued);
    // Room again: the same records go on where they stopped, none twice.
    let grown =
        Command::new("mount").args(["-o", "remount,size=40m"]).arg(&disk.0).status().unwrap();
    assert!(grown.success());
    let Station { place, clinic, dir: _kept } = station;
    drop(clinic);
    let mut clinic = place.sign_in();
    assert_eq!(whole(&mut clinic), queued);
}

#[test]
fn m21_a_program_killed_while_it_queues_leaves_no_half_delivery() {
    let mut station = Station::new();
    let items = station.documents("KILLQ", 60);
    station.hub("county", &nobody());
    let Station { place, clinic, dir: _kept } = station;
    drop(clinic);
    if Command::new("kill").arg("--version").output().is_err() {
        lacking("kill");
        return;
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_xinglin"))
        .arg("--data-dir")
        .arg(place.path())
        .args(["share", "queue", "--all", "--to", "county", "--consent", "written"])
        .args(["--user", DOCTOR, "--passphrase-fd", "0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSPHRASE}").unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines.take(20).filter(|line| line.as_ref().unwrap().contains("\"queued\"")).count();
    child.kill().unwrap();
    child.wait().unwrap();
    let mut clinic = place.sign_in();
    let there = whole(&mut clinic);
    println!("told {told}, there {there} of {}", items.len());
    assert!(told >= 20 && there >= told, "told {told}, there {there}");
}
