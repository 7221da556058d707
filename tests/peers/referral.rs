//! A referral to a real FHIR server and back: valid R4 by checkers that know nothing of us, field-equal, answered.
use base64::Engine as _;
use serde_json::{Value, json};
use xinglin::domain::share::consent::{Manner, Purpose};
use xinglin::domain::share::letter::{Direction, Letter, Receiver};
use xinglin::domain::share::parts::State as Delivery;
use xinglin::domain::share::referral::{State, Urgency};
use xinglin::domain::share::{HubId, ItemId};
use xinglin::services::clinic::{Queued, Queueing, ReferralWish, Urgency as Sending};

use super::peer::{Peers, free_port, lacking, own_sekmet, run};
use super::station::Station;
use crate::need_peers;
use crate::support::{person, register, visit};

pub fn refer(station: &mut Station, urgency: Urgency, reason: &str) -> (ItemId, Letter) {
    let clinic = &mut station.clinic;
    let patient = register(clinic, &person(&format!("转诊{reason}"), "1960-01-02", "13800001111"));
    let open = visit(clinic, patient);
    let signed = clinic.sign_visit(open).unwrap().visit;
    let wish = ReferralWish {
        direction: Direction::Up,
        urgency,
        to: Receiver {
            name: "柳溪县人民医院".to_owned(),
            code: "H1".to_owned(),
            department: "心内科".to_owned(),
        },
        reason: reason.to_owned(),
        findings: String::new(),
        plan: "到院后电话告知".to_owned(),
        first_visit: None,
        answers: String::new(),
        phone: "0792-1234567".to_owned(),
    };
    let done = clinic.refer(signed, &wish).unwrap();
    (done.item, done.letter)
}

fn queue(station: &mut Station, item: ItemId, hub: HubId) -> xinglin::domain::share::DeliveryId {
    let how = Queueing {
        hub,
        purpose: Purpose::Referral,
        consent_now: Some(Manner::Written),
        urgent: Sending::Usual,
    };
    match station.clinic.queue_record(item, how).unwrap() {
        Queued::New(id, _) => id,
        Queued::Already(..) => panic!("already"),
    }
}

fn state(station: &mut Station, item: ItemId) -> State {
    let all = station.clinic.referrals(100).unwrap();
    all.into_iter().find(|line| line.item.id == item).unwrap().state
}

fn document(peers: &Peers, letter: &Letter) -> (Vec<u8>, Value) {
    let query = format!("DocumentReference?identifier=urn:oid:2.16.156.10011.1.1%7C{}", letter.id);
    let found = peers.fhir_json(&query);
    assert_eq!(found["entry"].as_array().map_or(0, Vec::len), 1, "{found}");
    let reference = found["entry"][0]["resource"].clone();
    let url = reference["content"][0]["attachment"]["url"].as_str().unwrap();
    let binary = peers.fhir_json(url);
    let data = binary["data"].as_str().unwrap();
    (base64::engine::general_purpose::STANDARD.decode(data).unwrap(), reference)
}

#[test]
fn a_referral_arrives_valid_and_field_equal_and_its_answers_come_back() {
    let peers = need_peers!();
    let mut station = Station::new();
    let hub = station.hub("county", &peers.plain());
    let (item, letter) = refer(&mut station, Urgency::Emergency, "胸痛");
    let id = queue(&mut station, item, hub);
    assert_eq!(state(&mut station, item), State::Queued);
    let seen = station.deliver(hub);
    assert_eq!(station.state(id), Delivery::Receipted, "{seen:?}");
    assert_eq!(state(&mut station, item), State::Sent);
    let (bytes, reference) = document(peers, &letter);
    assert_eq!(xinglin::wire::fhir::read_referral(&bytes).unwrap(), letter);
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(document["type"], "document");
    let composition = &document["entry"][0]["resource"];
    assert_eq!(composition["type"]["coding"][0]["code"], "60591-5");
    let codes: Vec<&str> = composition["section"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["code"]["coding"][0]["code"].as_str().unwrap())
        .collect();
    for required in ["11450-4", "48765-2", "10160-0"] {
        assert!(codes.contains(&required), "{codes:?}");
    }
    valid_by_others(&bytes, station.dir.path());
    // Another station reads the hub's copy as the same letter.
    let mut other = Station::new();
    let path = other.dir.path().join("referral.json");
    std::fs::write(&path, &bytes).unwrap();
    let taken = other.import(std::slice::from_ref(&path));
    assert_eq!(taken[0].key, letter.id);
    assert_eq!(other.clinic.referrals(1).unwrap()[0].letter, letter);
    // The hospital answers with a Task of its own.
    let request = reference["context"]["related"][0]["reference"].as_str().unwrap().to_owned();
    assert_eq!(station.clinic.ask_answers(hub).unwrap(), []);
    for (status, wanted) in [("accepted", State::Accepted), ("in-progress", State::Arrived)] {
        let task = json!({ "resourceType": "Task", "id": format!("t-{}", letter.id), "status": status, "intent": "order",
            "focus": { "reference": request }, "statusReason": { "text": "心内科5床" } });
        let url = format!("http://127.0.0.1:{}/fhir/Task/t-{}", peers.fhir, letter.id);
        let put = run(
            "curl",
            &[
                "-s",
                "-f",
                "-X",
                "PUT",
                "-H",
                "Content-Type: application/fhir+json",
                "-d",
                &task.to_string(),
                &url,
            ],
            station.dir.path(),
        );
        assert!(put.status.success(), "{}", String::from_utf8_lossy(&put.stdout));
        let moved = station.clinic.ask_answers(hub).unwrap();
        assert_eq!(moved, [(item, wanted, "心内科5床".to_owned())]);
        assert_eq!(station.clinic.ask_answers(hub).unwrap(), [], "the same answer moves nothing");
    }
    // Taken back: marked, not deleted.
    station.clinic.withdraw_record(item).unwrap();
    station.deliver(hub);
    assert_eq!(self::document(peers, &letter).1["status"], "entered-in-error");
}

/// Structure, cardinality and codes by two checkers of others; what is not installed is skipped with a word.
fn valid_by_others(bundle: &[u8], dir: &std::path::Path) {
    let home = std::path::PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map_or_else(|| home.join(".cache"), std::path::PathBuf::from)
        .join("xinglin-test");
    let file = dir.join("checked.json");
    std::fs::write(&file, bundle).unwrap();
    let file = file.to_str().unwrap();
    let fhirkit = cache.join("peers/bin/fhirkit");
    if fhirkit.is_file() {
        let checked = run(fhirkit.to_str().unwrap(), &["validate", file], dir);
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert!(checked.status.success(), "{said}{}", String::from_utf8_lossy(&checked.stderr));
    } else {
        lacking("fhirkit");
    }
    let modules = cache.join("fhir-npm/node_modules");
    if modules.is_dir() {
        let script = format!(
            "const {{Fhir}}=require({:?});const b=JSON.parse(require('fs').readFileSync({file:?}));const v=new Fhir().validate(b);const bad=v.messages.filter(m=>m.severity==='error'||m.severity==='fatal');console.log(JSON.stringify(bad));process.exit(bad.length?1:0)",
            modules.join("fhir").display().to_string()
        );
        let checked = run("node", &["-e", &script], dir);
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert!(checked.status.success(), "{said}{}", String::from_utf8_lossy(&checked.stderr));
    } else {
        lacking("npm fhir");
    }
}

#[test]
fn an_emergency_goes_before_what_waited_longer() {
    let peers = need_peers!();
    let port = free_port();
    own_sekmet(port, &peers.dir.join(format!("sekmet-{port}")));
    let mut station = Station::new();
    let ways = xinglin::domain::share::hub::Ways {
        fhir: format!("http://127.0.0.1:{port}/fhir"),
        ..Default::default()
    };
    let hub = station.hub("county", &ways);
    for item in station.documents("BEFORE", 3) {
        station.queue(item, hub);
    }
    let (item, _) = refer(&mut station, Urgency::Emergency, "昏迷");
    let urgent = queue(&mut station, item, hub);
    let seen = station.deliver(hub);
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[0].delivery, Some(urgent), "{seen:?}");
    assert!(seen.iter().all(|one| one.state == Delivery::Receipted));
}
