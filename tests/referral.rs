//! Referral without a network: from a signed visit onto paper, through an independent reader of QR codes, into another
//! station; refused when changed or signed by a stranger; the way down with its plan and its first visit.
use std::path::Path;
use std::process::Command;

use xinglin::domain::role::Role;
use xinglin::domain::share::ItemId;
use xinglin::domain::share::letter::{Direction, Receiver};
use xinglin::domain::share::referral::{Due, State, Urgency};
use xinglin::domain::visit::VisitId;
use xinglin::services::clinic::{Clinic, ReferralWish, TakenAs, Whose};
use xinglin::services::failure::Kind;

use crate::support::{PASSPHRASE, Place, add_user, person, register, visit};

fn wish(direction: Direction, to: &str) -> ReferralWish {
    ReferralWish {
        direction,
        urgency: Urgency::Urgent,
        to: Receiver {
            name: to.to_owned(),
            department: "呼吸内科".to_owned(),
            ..Receiver::default()
        },
        reason: "抗感染3天无好转，需胸部CT".to_owned(),
        findings: String::new(),
        plan: String::new(),
        first_visit: None,
        answers: String::new(),
        phone: "0792-1234567".to_owned(),
    }
}

fn signed(clinic: &mut Clinic) -> VisitId {
    let patient = register(clinic, &person("测试甲", "1960-01-02", "13800001111"));
    let visit = visit(clinic, patient);
    clinic.sign_visit(visit).unwrap().visit
}

fn key(clinic: &mut Clinic) -> String {
    clinic.public_keys().unwrap().signing
}

/// What zbarimg reads on the printed pages; `None` = the tools are not installed.
fn read_by_zbar(pdf: &[u8], dir: &Path) -> Option<String> {
    for tool in ["pdftoppm", "zbarimg"] {
        if Command::new(tool).arg("--version").output().is_err()
            && Command::new(tool).arg("-v").output().is_err()
        {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{tool} is missing in CI");
            println!("SKIPPED: {tool} is missing");
            return None;
        }
    }
    let file = dir.join("slip.pdf");
    std::fs::write(&file, pdf).unwrap();
    let drawn = Command::new("pdftoppm")
        .args(["-r", "200", "-png"])
        .arg(&file)
        .arg(dir.join("page"))
        .status()
        .unwrap();
    assert!(drawn.success());
    let mut pages: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "png"))
        .collect();
    pages.sort();
    let read = Command::new("zbarimg").args(["-q", "--raw"]).args(&pages).output().unwrap();
    for page in pages {
        std::fs::remove_file(page).unwrap();
    }
    Some(String::from_utf8(read.stdout).unwrap())
}

#[test]
fn a_slip_printed_here_is_read_by_zbar_and_taken_in_there_once() {
    let (village, county) = (Place::new(), Place::new());
    let (mut village, _) = village.set_up();
    let (mut county, _) = county.set_up();
    let visit = signed(&mut village);
    let referred = village.refer(visit, &wish(Direction::Up, "柳溪县人民医院")).unwrap();
    let again = village.refer(visit, &wish(Direction::Up, "柳溪县人民医院")).unwrap();
    assert_eq!((again.item, again.again), (referred.item, true));
    // A long note takes several codes.
    let mut long = wish(Direction::Up, "市第一医院");
    long.findings = (0..900u32).filter_map(|n| char::from_u32(0x4e00 + n * 7919 % 3000)).collect();
    let long = village.refer(visit, &long).unwrap();
    let dir = tempfile::tempdir().unwrap();
    county.trust_station("柳溪村卫生室", &key(&mut village)).unwrap();
    for (item, least) in [(referred.item, 1), (long.item, 2)] {
        let slip = village.referral_slip(item).unwrap();
        assert!(slip.sheet.codes.len() >= least, "{}", slip.sheet.codes.len());
        let Some(scanned) = read_by_zbar(&slip.pdf, dir.path()) else { return };
        let mut lines: Vec<&str> = scanned.lines().collect();
        lines.sort_unstable();
        let mut wanted: Vec<&str> = slip.sheet.codes.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        assert_eq!(lines, wanted, "zbarimg reads what was printed");
        let first = county.read_slip(&scanned, (Whose::Register, None)).unwrap();
        assert_eq!((first.taken.result, first.signer.as_str()), (TakenAs::New, "柳溪村卫生室"));
        let second = county.read_slip(&scanned, (Whose::Register, None)).unwrap();
        assert_eq!((second.taken.result, second.taken.item), (TakenAs::Same, first.taken.item));
    }
    let here = county.referrals(10).unwrap();
    assert_eq!(here.len(), 2);
    assert!(here.iter().all(|line| line.state == State::Received && !line.ours));
    assert_eq!(here[1].letter, referred.letter);
    assert!(here[1].letter.measurements.iter().any(|m| m.value == "38.6"));
    // The same words also as a form: the same referral.
    assert_eq!(village.referrals(10).unwrap().len(), 2);
}

#[test]
fn a_changed_slip_and_a_stranger_s_slip_are_refused_in_plain_words() {
    let (village, county) = (Place::new(), Place::new());
    let (mut village, _) = village.set_up();
    let (mut county, _) = county.set_up();
    let visit = signed(&mut village);
    let item = village.refer(visit, &wish(Direction::Up, "柳溪县人民医院")).unwrap().item;
    let code = village.referral_slip(item).unwrap().sheet.codes.join("\n");
    let stranger = county.read_slip(&code, (Whose::Register, None)).unwrap_err();
    assert!(
        stranger.what.pick(xinglin::domain::words::Lang::Zh).contains("不认识"),
        "{stranger:?}"
    );
    let own = key(&mut village);
    let wrong = county.read_slip(&code, (Whose::Register, Some(&own.replace('a', "b"))));
    assert!(wrong.is_err());
    let mut changed = code.clone().into_bytes();
    let at = changed.len() - 40;
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    let refused = county.read_slip(&changed, (Whose::Register, Some(&own))).unwrap_err();
    assert_eq!(refused.kind, Kind::User);
    assert_eq!(county.referrals(10).unwrap().len(), 0, "nothing was taken in");
    let known = county.read_slip(&code, (Whose::Register, Some(&own))).unwrap();
    assert_eq!(known.taken.result, TakenAs::New);
    // A key that is no longer trusted opens nothing.
    county.trust_station("柳溪村卫生室", &own).unwrap();
    county.distrust_station(&own).unwrap();
    assert!(county.read_slip(&code, (Whose::Register, None)).is_err());
}

#[test]
fn the_way_down_brings_the_plan_and_the_first_visit_and_closes_the_way_up() {
    let (village_place, county_place) = (Place::new(), Place::new());
    let (mut village, _) = village_place.set_up();
    let (mut county, _) = county_place.set_up();
    let up_visit = signed(&mut village);
    let up = village.refer(up_visit, &wish(Direction::Up, "柳溪县人民医院")).unwrap();
    let tasks = village.follow_up_tasks(30).unwrap();
    assert!(tasks.iter().any(|task| task.what.contains("两周内主动随访")), "{tasks:?}");
    let line = village.referrals(1).unwrap().remove(0);
    assert_eq!((line.state, line.due.as_slice()), (State::Signed, &[Due::Telephone][..]));
    // The county writes the way down from a visit of its own and answers the letter.
    let down_visit = signed(&mut county);
    let mut plan = wish(Direction::Down, "柳溪村卫生室");
    let empty = county.refer(down_visit, &plan).unwrap_err();
    assert!(empty.what.pick(xinglin::domain::words::Lang::Zh).contains("plan"), "{empty:?}");
    plan.plan = "阿莫西林再用4天；1周后复查胸片；发热再来".to_owned();
    plan.answers.clone_from(&up.letter.id);
    let down = county.refer(down_visit, &plan).unwrap();
    let codes = county.referral_slip(down.item).unwrap().sheet.codes.join(" ");
    village.trust_station("柳溪县人民医院", &key(&mut county)).unwrap();
    let read = village.read_slip(&codes, (Whose::Propose, None)).unwrap();
    let state = |clinic: &mut Clinic, item: ItemId| {
        clinic.referrals(10).unwrap().into_iter().find(|line| line.item.id == item).unwrap().state
    };
    assert_eq!(state(&mut village, up.item), State::DownSent);
    let item = read.taken.item.unwrap();
    // Name and birth alone are no proof of who it is: a person says so.
    assert_eq!(read.taken.patient, None);
    assert!(village.confirm_record(item).is_err(), "not before it is known whose it is");
    let patient =
        village.referrals(10).unwrap().iter().find(|l| l.ours).unwrap().item.patient.unwrap();
    village.match_record(item, patient).unwrap();
    let confirmed = village.confirm_record(item).unwrap();
    assert_eq!(confirmed.plan, plan.plan);
    assert_eq!(confirmed.due, Some(village.today().plus_days(7)));
    let tasks = village.follow_up_tasks(30).unwrap();
    assert!(tasks.iter().any(|task| task.what.contains("下转后7天内首次随访")), "{tasks:?}");
    assert_eq!(state(&mut village, up.item), State::Closed);
    // Confirming twice makes no second task.
    village.confirm_record(item).unwrap();
    assert_eq!(village.follow_up_tasks(30).unwrap().len(), tasks.len());
}

#[test]
fn timers_run_by_the_clock_and_a_rejection_needs_its_reason() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let visit = signed(&mut clinic);
    let mut routine = wish(Direction::Up, "柳溪县人民医院");
    routine.urgency = Urgency::Routine;
    let item = clinic.refer(visit, &routine).unwrap().item;
    let due = |clinic: &mut Clinic| clinic.referrals(1).unwrap().remove(0).due;
    assert_eq!(due(&mut clinic), []);
    place.clock.advance_seconds(31 * 60);
    assert_eq!(due(&mut clinic), [Due::Telephone]);
    assert!(clinic.move_referral(item, (State::Rejected, "")).is_err());
    assert!(clinic.move_referral(item, (State::Treating, "")).is_err(), "not before arrival");
    clinic.move_referral(item, (State::Accepted, "电话：明早来")).unwrap();
    assert_eq!(due(&mut clinic), []);
    place.clock.advance_seconds(24 * 3600);
    assert_eq!(due(&mut clinic), [Due::AskArrival]);
    clinic.move_referral(item, (State::Arrived, "")).unwrap();
    assert!(!clinic.move_referral(item, (State::Arrived, "")).unwrap(), "twice is once");
    place.clock.advance_seconds(12 * 24 * 3600);
    assert_eq!(due(&mut clinic), [Due::FollowUp]);
    assert!(clinic.verify_audit(None).unwrap().is_ok());
    // Only a doctor refers.
    add_user(&mut clinic, "li", Role::Clerk);
    drop(clinic);
    let mut clerk = place.station().sign_in("li", PASSPHRASE).unwrap();
    let refused = clerk.refer(visit, &routine).unwrap_err();
    assert_eq!(refused.kind, Kind::Permission);
    assert!(clerk.move_referral(item, (State::Closed, "")).is_err());
}
