//! Packages on a stick, sealed and signed, answered by receipts; `age` as the independent reader.
use xinglin::domain::share::hub::Ways;
use xinglin::domain::share::parts::State;
use xinglin::services::clinic::{TakenAs, Whose};

use super::peer::{program, run};
use super::station::{Station, reader};

/// A village and the county's own station, which know each other's keys.
fn pair() -> (Station, Station, Ways) {
    let (mut village, mut county) = (Station::new(), Station::new());
    let keys = county.clinic.public_keys().unwrap();
    let ways = Ways { seal_to: keys.seal_to, receipt_key: keys.signing, ..Ways::default() };
    village.hub("county", &ways);
    (village, county, ways)
}

/// 19: tampered, replayed, meant for another: nothing is taken in, nothing twice.
#[test]
fn a_package_is_taken_once_by_its_receiver_only_and_never_when_changed() {
    let (mut village, mut county, _) = pair();
    let hub = village.clinic.hubs().unwrap()[0].id;
    let items = village.documents("STICK", 3);
    let ids: Vec<_> = items.iter().map(|item| village.queue(*item, hub)).collect();
    let file = village.dir.path().join("p.xlp");
    village.clinic.write_package(hub, &file).unwrap().unwrap();
    assert!(ids.iter().all(|id| village.state(*id) == State::Sent), "written is not verified");
    let sealed = std::fs::read(&file).unwrap();
    assert!(!sealed.windows(6).any(|w| w == "王试".as_bytes()));
    let mut other = Station::new();
    let wrong = other.clinic.open_package(&sealed, (Whose::Register, &reader()));
    assert!(wrong.unwrap_err().what.en.contains("another key"));
    for at in [200, sealed.len() / 2, sealed.len() - 1] {
        let mut bad = sealed.clone();
        bad[at] ^= 1;
        assert!(county.clinic.open_package(&bad, (Whose::Register, &reader())).is_err());
    }
    assert_eq!(county.clinic.shared_items(10).unwrap().len(), 0);
    let opened = county.clinic.open_package(&sealed, (Whose::Register, &reader())).unwrap();
    assert!(!opened.again && opened.taken.iter().all(|one| one.result == TakenAs::New));
    let twice = county.clinic.open_package(&sealed, (Whose::Register, &reader())).unwrap();
    assert!(twice.again && twice.taken.iter().all(|one| one.result == TakenAs::Same));
    assert_eq!(county.clinic.shared_items(10).unwrap().len(), 3);
    // A receipt that another hub signed is no receipt.
    let forged = other
        .clinic
        .open_package(&unsealed(&mut village, &items), (Whose::Register, &reader()))
        .unwrap();
    assert!(village.clinic.read_receipt(&forged.receipt).is_err());
    let outcomes = village.clinic.read_receipt(&opened.receipt).unwrap();
    assert_eq!(outcomes.len(), 3);
    assert!(ids.iter().all(|id| village.state(*id) == State::Receipted));
    assert_eq!(
        village.clinic.read_receipt(&opened.receipt).unwrap(),
        [],
        "read twice changes nothing"
    );
    println!("sent 3, verified 3, duplicates 0, lost 0, false verified 0");
}

/// The same records for a hub without a seal.
fn unsealed(village: &mut Station, items: &[xinglin::domain::share::ItemId]) -> Vec<u8> {
    let folder = village.dir.path().join("drop");
    std::fs::create_dir(&folder).unwrap();
    let ways = Ways { folder: folder.display().to_string(), ..Ways::default() };
    let hub = village.hub("open", &ways);
    for item in items {
        village.queue(*item, hub);
    }
    village.deliver(hub);
    let written = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    std::fs::read(written).unwrap()
}

#[test]
fn the_seal_is_opened_by_age_and_the_zip_by_unzip() {
    let (Some(_), Some(_)) = (program(&["age"]), program(&["age-keygen"])) else {
        super::peer::lacking("age");
        return;
    };
    let mut village = Station::new();
    let dir = village.dir.path().to_owned();
    let made = run("age-keygen", &["-o", "key.txt"], &dir);
    assert!(made.status.success());
    let text = std::fs::read_to_string(dir.join("key.txt")).unwrap();
    let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    let hub = village.hub("county", &Ways { seal_to: recipient.to_owned(), ..Ways::default() });
    let item = village.documents("AGE", 1)[0];
    village.queue(item, hub);
    village.clinic.write_package(hub, &dir.join("p.age")).unwrap().unwrap();
    let opened = run("age", &["-d", "-i", "key.txt", "-o", "p.zip", "p.age"], &dir);
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    let listed = run(
        "python3",
        &[
            "-c",
            "import zipfile,hashlib;z=zipfile.ZipFile('p.zip');assert z.testzip() is None\nfor l in z.read('SHA256SUMS').decode().splitlines():\n h,n=l.split('  ');assert hashlib.sha256(z.read(n)).hexdigest()==h,n\nprint(len(z.namelist()))",
        ],
        &dir,
    );
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    assert_eq!(String::from_utf8_lossy(&listed.stdout).trim(), "4");
}

#[test]
fn a_drop_folder_carries_packages_out_and_receipts_back() {
    let (mut village, mut county, ways) = pair();
    let folder = village.dir.path().join("drop");
    std::fs::create_dir(&folder).unwrap();
    let hub = village.hub("folder", &Ways { folder: folder.display().to_string(), ..ways });
    let item = village.documents("DROP", 1)[0];
    let id = village.queue(item, hub);
    village.deliver(hub);
    assert_eq!(village.state(id), State::Sent);
    let package = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let opened = county
        .clinic
        .open_package(&std::fs::read(package).unwrap(), (Whose::Register, &reader()))
        .unwrap();
    std::fs::write(folder.join("a.receipt.json"), &opened.receipt).unwrap();
    village.deliver(hub);
    assert_eq!(village.state(id), State::Receipted);
}
