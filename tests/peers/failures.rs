//! The failure modes of the exchange design (section 8), one test a mode, each against real software.
use std::path::Path;

use xinglin::domain::outbox::wait_ms;
use xinglin::domain::share::hub::Ways;
use xinglin::domain::share::parts::State;
use xinglin::domain::share::trouble::Trouble;
use xinglin::services::clinic::{Pace, TakenAs};

use super::peer::{free_port, keep, listening, own_sekmet, program, run, start_orthanc};
use super::proxy::{Fault, Proxy};
use super::station::{Station, document};
use crate::{need_peers, need_samples};

fn fhir_at(port: u16) -> Ways {
    Ways { fhir: format!("http://127.0.0.1:{port}/fhir"), ..Ways::default() }
}

fn class(station: &mut Station, id: xinglin::domain::share::DeliveryId) -> String {
    station.clinic.delivery(id).unwrap().error_class
}

/// 1: away for thirty days; then everything drains, once.
#[test]
fn m01_a_hub_that_was_away_for_thirty_days_gets_everything_once() {
    let peers = need_peers!();
    let mut station = Station::new();
    let port = free_port();
    let hub = station.hub("county", &fhir_at(port));
    let items = station.documents("AWAY", 60);
    let ids: Vec<_> = items.iter().map(|item| station.queue(*item, hub)).collect();
    let mut calls = 0;
    for _hour in 0..(30 * 24) {
        station.place.clock.advance_seconds(3600);
        let mut seen = vec![];
        station.clinic.deliver((Some(hub), Pace::Due), &mut |o| seen.push(o.clone())).unwrap();
        calls += seen.len();
        assert!(seen.iter().all(|o| matches!(o.trouble, Some(Trouble::Away(_)))));
    }
    // One greeting for all that waits, never one for each record.
    assert_eq!(calls, 30 * 24);
    assert!((0..40).all(|n| wait_ms(n, 999, None) <= 18 * 60 * 1000));
    own_sekmet(port, &peers.dir.join(format!("away-{port}")));
    station.deliver(hub);
    let done = ids.iter().filter(|id| station.state(**id) == State::Receipted).count();
    assert_eq!(done, 60);
    let total = run(
        "curl",
        &["-s", &format!("http://127.0.0.1:{port}/fhir/DocumentReference?_count=1000")],
        &peers.dir,
    );
    let found: serde_json::Value = serde_json::from_slice(&total.stdout).unwrap();
    assert_eq!(found["entry"].as_array().unwrap().len(), 60);
    println!("sent 60, verified {done}, duplicates 0, lost 0");
}

/// 2: everything three times and from eight threads.
#[test]
fn m02_sending_three_times_from_eight_threads_leaves_one_copy() {
    let peers = need_peers!();
    let samples = need_samples!();
    let mut station = Station::new();
    let hub = station.hub("county", &peers.plain());
    let document = station.documents("DUP", 1)[0];
    let image = station.sample(&samples.join("chest/CT_small.dcm"), "DUP");
    let bytes = std::fs::read(&image).unwrap();
    let study = station.import(&[image])[0].clone();
    for item in [document, study.item.unwrap()] {
        station.queue(item, hub);
    }
    station.deliver(hub);
    let hub = station.clinic.hubs().unwrap()[0].clone();
    let record =
        xinglin::wire::form::read(&station.clinic.shared_item(document).unwrap().body).unwrap();
    let xml = xinglin::wire::cda::write(&record, "");
    let names = xinglin::wire::fhir::Names {
        org_oid: String::new(),
        station: station.clinic.station_id().to_owned(),
    };
    let prepared = xinglin::wire::fhir::discharge(
        &names,
        &record,
        "patient:1",
        &[("text/xml", xml.as_bytes())],
    );
    let body = prepared.bundle().to_string();
    let instance = xinglin::wire::dicom::read(&bytes).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let courier = xinglin::services::share::courier::Courier::new(&hub).unwrap();
                for _ in 0..3 {
                    // A busy server may say so; what counts is what it has in the end.
                    let _sent = courier.send_transaction(&prepared, body.as_bytes());
                    let _sent = courier.send_image(&instance, &bytes);
                }
            });
        }
    });
    assert_eq!(peers.documents("DUP-00000"), 1);
    assert_eq!(peers.files(&instance.study_uid).len(), 1);
    let binary = xinglin::wire::fhir::binary_id(xml.as_bytes());
    let history = peers.fhir_json(&format!("Binary/{binary}"));
    assert_eq!(history["id"], binary.as_str());
    println!("sent 25 times, copies 1 + 1");
}

/// 3 and 4: half a request stores nothing; a lost answer is found by asking.
#[test]
fn m03_m04_half_a_request_is_sent_again_and_a_lost_answer_is_found() {
    let peers = need_peers!();
    for (mode, fault) in [("HALF", Fault::HalfRequest), ("LOST", Fault::LostAnswer)] {
        let proxy = Proxy::before(peers.fhir);
        let mut station = Station::new();
        let hub = station.hub("county", &fhir_at(proxy.port));
        let item = station.documents(mode, 1)[0];
        let id = station.queue(item, hub);
        proxy.set(fault);
        station.deliver(hub);
        assert_eq!(station.state(id), State::Queued, "{mode}");
        assert_eq!(
            peers.documents(&format!("{mode}-00000")),
            usize::from(fault == Fault::LostAnswer)
        );
        proxy.set(Fault::None);
        let struck = proxy.struck();
        station.deliver(hub);
        assert_eq!(station.state(id), State::Receipted, "{mode}");
        assert_eq!(peers.documents(&format!("{mode}-00000")), 1, "{mode}");
        assert!(struck > 0, "the fault never struck");
    }
}

/// 5: a multipart body that ends early is answered 200 with an empty list: not sent.
#[test]
fn m05_a_cut_image_that_is_answered_200_is_not_taken_for_sent() {
    let peers = need_peers!();
    let samples = need_samples!();
    let proxy = Proxy::before(peers.orthanc);
    let mut station = Station::new();
    let ways =
        Ways { dicomweb: format!("http://127.0.0.1:{}/dicom-web", proxy.port), ..Ways::default() };
    let hub = station.hub("pacs", &ways);
    let image = station.sample(&samples.join("chest/CT_small.dcm"), "CUT");
    let taken = station.import(&[image])[0].clone();
    let id = station.queue(taken.item.unwrap(), hub);
    proxy.set(Fault::CutBody);
    station.deliver(hub);
    assert_eq!(station.state(id), State::Queued);
    assert_eq!(proxy.struck(), 1);
    proxy.set(Fault::None);
    station.deliver(hub);
    assert_eq!(station.state(id), State::Receipted);
}

/// 6: the archive's disk is full.
#[test]
fn m06_a_full_archive_is_named_and_tried_later() {
    let peers = need_peers!();
    let samples = need_samples!();
    let dir = peers.dir.join("full");
    std::fs::create_dir_all(&dir).unwrap();
    let mounted =
        run("mount", &["-t", "tmpfs", "-o", "size=2m", "tmpfs", dir.to_str().unwrap()], &peers.dir);
    if !mounted.status.success() {
        println!("SKIPPED: a small disk cannot be mounted (no root)");
        return;
    }
    let (http, dimse) = (free_port(), free_port());
    start_orthanc(&program(&["Orthanc"]).unwrap(), (http, dimse), &dir, "");
    let mut station = Station::new();
    let web = Ways { dicomweb: format!("http://127.0.0.1:{http}/dicom-web"), ..Ways::default() };
    let old = Ways { dimse: format!("COUNTYPACS@127.0.0.1:{dimse}"), ..Ways::default() };
    for (name, ways) in [("web", web), ("dimse", old)] {
        let hub = station.hub(name, &ways);
        let mut full = None;
        for n in 0..6 {
            let image =
                station.sample(&samples.join("brain/CT2_RAW.dcm"), &format!("FULL{name}{n}"));
            let item = station.import(&[image])[0].item.unwrap();
            let id = station.queue(item, hub);
            station.deliver(hub);
            if station.state(id) != State::Receipted {
                full = Some(id);
                break;
            }
        }
        let id = full.expect("the disk never filled");
        assert_eq!(station.state(id), State::Queued, "{name}");
        assert_eq!(class(&mut station, id), "hub-full", "{name}");
        let waits =
            station.clinic.delivery(id).unwrap().next_try.millis_since(station.clinic.now());
        assert!(waits >= 15 * 60 * 1000);
    }
    let _later = run("umount", &["-l", dir.to_str().unwrap()], &peers.dir);
}

/// 7: the UID is there with other content: shown, nothing overwritten.
#[test]
fn m07_the_same_uid_with_other_content_is_a_conflict() {
    let peers = need_peers!();
    let samples = need_samples!();
    let mut station = Station::new();
    let ways = Ways { fhir: String::new(), ..peers.plain() };
    let hub = station.hub("pacs", &ways);
    let image = station.sample(&samples.join("chest/CT_small.dcm"), "TWIN");
    let theirs = station.dir.path().join("theirs.dcm");
    std::fs::copy(&image, &theirs).unwrap();
    run(
        "dcmodify",
        &["-nb", "-m", "(0008,1030)=OTHER", theirs.to_str().unwrap()],
        station.dir.path(),
    );
    let sent = run(
        "storescu",
        &[
            "-aec",
            "COUNTYPACS",
            "127.0.0.1",
            &peers.orthanc_dimse.to_string(),
            theirs.to_str().unwrap(),
        ],
        station.dir.path(),
    );
    assert!(sent.status.success());
    let taken = station.import(&[image])[0].clone();
    let id = station.queue(taken.item.unwrap(), hub);
    station.deliver(hub);
    assert_eq!(station.state(id).id(), "held-conflict");
    let study = station.clinic.shared_item(taken.item.unwrap()).unwrap().key;
    let there = peers.files(&study);
    assert_eq!(there.len(), 1);
    assert!(there[0].windows(5).any(|w| w == b"OTHER"), "theirs was overwritten");
    // Here as well: the other file under the same UID goes into quarantine.
    let again = station.import(&[theirs])[0].clone();
    assert_eq!(again.result, TakenAs::Conflict);
}

/// 8: one bad file among good ones.
#[test]
fn m08_one_bad_instance_does_not_stop_the_good_ones() {
    let peers = need_peers!();
    let samples = need_samples!();
    let mut station = Station::new();
    let hub = station.hub("county", &peers.plain());
    let inbox = station.dir.path().join("usb");
    std::fs::create_dir(&inbox).unwrap();
    let good = station.sample(&samples.join("chest/CT_small.dcm"), "GOOD8");
    std::fs::copy(&good, inbox.join("a.dcm")).unwrap();
    std::fs::write(inbox.join("b.dcm"), "only text").unwrap();
    let whole = std::fs::read(&good).unwrap();
    std::fs::write(inbox.join("c.dcm"), &whole[..whole.len() / 2]).unwrap();
    let taken = station.import(&[inbox]);
    let results: Vec<TakenAs> = taken.iter().map(|one| one.result).collect();
    assert_eq!(results, [TakenAs::New, TakenAs::Quarantined, TakenAs::Quarantined]);
    assert_eq!(station.clinic.quarantined(9).unwrap().len(), 2);
    let id = station.queue(taken[0].item.unwrap(), hub);
    station.deliver(hub);
    assert_eq!(station.state(id), State::Receipted);
}

/// 9: 413 for a document: in pieces; for an image that cannot be cut: said, and the others go on.
#[test]
fn m09_too_large_goes_in_pieces_or_is_held_with_a_word() {
    let peers = need_peers!();
    let samples = need_samples!();
    let mut station = Station::new();
    let hub = station.hub("county", &peers.secured("clinic"));
    let text = document("BIG-1", 1).replace("降压治疗", &"降压治疗，".repeat(300));
    let path = station.dir.path().join("big.json");
    std::fs::write(&path, text).unwrap();
    let big = station.import(&[path])[0].item.unwrap();
    let image = station.sample(&samples.join("brain/CT2_RAW.dcm"), "BIG9");
    let image = station.import(&[image])[0].item.unwrap();
    let small = station.documents("SMALL9", 1)[0];
    let ids = [big, image, small].map(|item| station.queue(item, hub));
    let seen = station.deliver(hub);
    assert_eq!(station.state(ids[0]), State::Receipted, "{seen:?}");
    assert_eq!(station.state(ids[1]).id(), "held-data");
    assert_eq!(class(&mut station, ids[1]), "too-large");
    assert_eq!(station.state(ids[2]), State::Receipted);
    assert_eq!(peers.documents("BIG-1"), 1);
    assert!(station.clinic.hubs().unwrap()[0].refused_bytes.is_some());
}

/// 10 and 11: 412, and a 200 with one bad entry (canned, as Medplum's router answered).
#[test]
fn m10_m11_a_conflict_is_held_and_a_partial_200_is_a_failure() {
    let peers = need_peers!();
    for (name, want) in [("conflict", "held-conflict"), ("partial", "queued")] {
        let mut station = Station::new();
        let ways =
            Ways { fhir: format!("http://127.0.0.1:{}/{name}/fhir", peers.odd), ..Ways::default() };
        let hub = station.hub("odd", &ways);
        let item = station.documents(&format!("ODD{name}"), 1)[0];
        let id = station.queue(item, hub);
        station.deliver(hub);
        assert_eq!(station.state(id).id(), want);
        assert_eq!(class(&mut station, id), name);
        assert_eq!(station.clinic.receipts(9).unwrap().len(), 0);
    }
}

/// 12 and 13: certificates. The hub is stopped, records are not marked bad, nothing is sent.
#[test]
fn m12_m13_a_wrong_certificate_stops_the_hub_and_blames_no_record() {
    let peers = need_peers!();
    let pem = |name: &str| std::fs::read_to_string(peers.dir.join("ca").join(name)).unwrap();
    let clinic = peers.secured("clinic");
    let cases = [
        ("intruder", peers.secured("intruder"), "client-certificate"),
        ("expired", peers.secured("expired"), "client-certificate"),
        (
            "none",
            Ways { certificate: String::new(), key: String::new(), ..clinic.clone() },
            "client-certificate",
        ),
        (
            "host",
            Ways { fhir: format!("https://localhost:{}/fhir", peers.wrong_host), ..clinic.clone() },
            "other-name",
        ),
        ("issuer", Ways { ca: pem("ca2.crt"), ..clinic.clone() }, "unknown-issuer"),
    ];
    for (name, ways, want) in cases {
        let mut station = Station::new();
        let hub = station.hub("county", &ways);
        let item = station.documents(&format!("CERT{name}"), 1)[0];
        let id = station.queue(item, hub);
        let seen = station.deliver(hub);
        assert_eq!(seen[0].trouble.as_ref().map(Trouble::class), Some(want), "{name}");
        let delivery = station.clinic.delivery(id).unwrap();
        assert_eq!((delivery.state, delivery.attempts), (State::Queued, 0), "{name}");
        assert_eq!(station.clinic.hubs().unwrap()[0].stopped_class, want, "{name}");
        // The right certificate, and it runs again by itself.
        station.hub("county", &clinic);
        station.deliver(hub);
        assert_eq!(station.state(id), State::Receipted, "{name}");
    }
}

/// 14: the clinic's clock is wrong.
#[test]
fn m14_a_wrong_clock_is_said_and_nothing_is_sent() {
    let peers = need_peers!();
    let Some(faketime) = program(&["faketime"]) else {
        super::peer::lacking("faketime");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let ca = peers.dir.join("ca");
    let sh = format!(
        "{x} --data-dir {d} set-up --clinic-name 村 --user wang --passphrase-fd 0 >/dev/null <<E\nwillow creek 2026\nE\n\
         for when in '2001-01-01' '2031-01-01'; do {f} \"$when\" {x} --data-dir {d} --lang zh share hub add county --fhir https://localhost:{p}/fhir --ca {c}/ca.crt --cert {c}/clinic.crt --key {c}/clinic.key --user wang --passphrase-fd 0 <<E\nwillow creek 2026\nE\ndone",
        x = env!("CARGO_BIN_EXE_xinglin"),
        d = dir.path().join("st").display(),
        f = faketime.display(),
        p = peers.tls,
        c = ca.display()
    );
    let out = run("sh", &["-c", &sh], dir.path());
    let text =
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(text.contains(r#""stopped_class":"clock""#), "{text}");
    assert!(text.contains(r#""stopped_class":"server-expired""#), "{text}");
    assert!(text.contains("本机时间"), "{text}");
}

/// 15, without the database cluster: the hub's server is killed in the middle and started again on its data.
#[test]
fn m15_a_hub_killed_in_the_middle_loses_nothing_and_doubles_nothing() {
    let peers = need_peers!();
    let mut station = Station::new();
    let port = free_port();
    let dir = peers.dir.join(format!("kill-{port}"));
    own_sekmet(port, &dir);
    let hub = station.hub("county", &fhir_at(port));
    let items = station.documents("KILL", 40);
    let ids: Vec<_> = items.iter().map(|item| station.queue(*item, hub)).collect();
    let mut seen = 0;
    let pattern = format!("{}/settings.yaml", dir.display());
    station
        .clinic
        .deliver((Some(hub), Pace::Now), &mut |_| {
            seen += 1;
            if seen == 7 {
                kill_listener(port, &dir);
            }
        })
        .unwrap();
    let before = ids.iter().filter(|id| station.state(**id) == State::Receipted).count();
    assert!(before < 40, "it was never killed ({pattern})");
    own_sekmet(port, &dir);
    station.deliver(hub);
    let after = ids.iter().filter(|id| station.state(**id) == State::Receipted).count();
    assert_eq!(after, 40);
    let total = run(
        "curl",
        &["-s", &format!("http://127.0.0.1:{port}/fhir/DocumentReference?_count=1000")],
        &peers.dir,
    );
    let found: serde_json::Value = serde_json::from_slice(&total.stdout).unwrap();
    assert_eq!(found["entry"].as_array().unwrap().len(), 40);
    println!("receipted before the kill {before}, after {after}, duplicates 0, lost 0");
}

/// The process that listens on a port of ours, found by its socket and not by its name.
fn kill_listener(port: u16, dir: &Path) {
    let found = run(
        "sh",
        &[
            "-c",
            &format!("ss -ltnpH 'sport = :{port}' | grep -o 'pid=[0-9]*' | head -1 | cut -d= -f2"),
        ],
        dir,
    );
    let pid = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    assert!(!pid.is_empty(), "nobody listens on {port}");
    assert!(run("kill", &["-9", &pid], dir).status.success());
}

/// 16: associations refused, aborted, slow.
#[test]
fn m16_refused_aborted_and_slow_associations_have_their_classes() {
    let peers = need_peers!();
    let samples = need_samples!();
    let storescp = program(&["storescp"]).unwrap();
    for (name, switch, want) in [
        ("refuse", "--refuse", "association"),
        ("abort", "--abort-during", "broken"),
        ("slow", "--sleep-during", ""),
    ] {
        let port = free_port();
        let dir = peers.dir.join(format!("scp-{port}"));
        std::fs::create_dir_all(&dir).unwrap();
        let text = port.to_string();
        let mut args = vec![switch];
        if name == "slow" {
            args.push("2");
        }
        args.push(&text);
        keep(&storescp, &args, &dir, "scp.log");
        listening(port);
        let mut station = Station::new();
        let hub = station
            .hub("pacs", &Ways { dimse: format!("ANY@127.0.0.1:{port}"), ..Ways::default() });
        let image = station.sample(&samples.join("chest/CT_small.dcm"), &format!("SCP{name}"));
        let item = station.import(&[image])[0].item.unwrap();
        let id = station.queue(item, hub);
        let seen = station.deliver(hub);
        if want.is_empty() {
            // It took the image and gives nothing out: sent, never verified.
            assert_eq!(station.state(id), State::Sent, "{seen:?}");
            station.deliver(hub);
            assert_eq!(station.state(id), State::Sent);
        } else {
            assert_eq!(seen[0].trouble.as_ref().map(Trouble::class), Some(want), "{name} {seen:?}");
            assert_eq!(station.state(id), State::Queued, "{name}");
        }
    }
}

/// 18: an archive that loses Chinese characters in its queries is refused at set-up.
#[test]
fn m18_a_hub_that_loses_chinese_characters_is_refused() {
    let peers = need_peers!();
    let (http, dimse) = (free_port(), free_port());
    let dir = peers.dir.join(format!("latin-{http}"));
    start_orthanc(
        &program(&["Orthanc"]).unwrap(),
        (http, dimse),
        &dir,
        r#""DefaultEncoding":"Latin1","#,
    );
    let mut station = Station::new();
    let latin = Ways { dicomweb: format!("http://127.0.0.1:{http}/dicom-web"), ..Ways::default() };
    let id = station.hub("latin", &latin);
    let tested = station.clinic.test_hub(id).unwrap();
    assert_eq!(tested.trouble.as_ref().map(Trouble::class), Some("self-test"));
    let id = station.hub("utf8", &peers.plain());
    assert_eq!(station.clinic.test_hub(id).unwrap().trouble, None);
}

/// 20: the index of a medium is not a record; what it names is read.
#[test]
fn m20_a_medium_with_its_index_is_read() {
    let _peers = need_peers!();
    let samples = need_samples!();
    let mut station = Station::new();
    let inbox = station.dir.path().join("cd");
    std::fs::create_dir(&inbox).unwrap();
    let image = station.sample(&samples.join("chest/CT_small.dcm"), "CD20");
    std::fs::copy(image, inbox.join("I1")).unwrap();
    let made = run("dcmmkdir", &["+r", "+D", "DICOMDIR", "I1", "-Pfl"], &inbox);
    if !inbox.join("DICOMDIR").is_file() {
        println!("SKIPPED: dcmmkdir made no DICOMDIR: {}", String::from_utf8_lossy(&made.stderr));
        return;
    }
    let mut results: Vec<TakenAs> = station.import(&[inbox]).iter().map(|one| one.result).collect();
    results.sort_by_key(|one| *one as u8);
    assert_eq!(results, [TakenAs::New, TakenAs::Skipped]);
}

/// 22: consent taken back: what waits is not sent; what arrived is taken back by an entry, the receipt stays.
#[test]
fn m22_a_withdrawn_consent_stops_what_waits() {
    let peers = need_peers!();
    let mut station = Station::new();
    let hub = station.hub("county", &peers.plain());
    let item = station.documents("CONS", 1)[0];
    let id = station.queue(item, hub);
    let patient = station.clinic.shared_item(item).unwrap().patient.unwrap();
    let consent = station.clinic.consents(patient).unwrap()[0].id;
    assert_eq!(station.clinic.withdraw_consent(consent).unwrap(), 1);
    station.deliver(hub);
    assert_eq!(station.state(id), State::Superseded);
    assert_eq!(peers.documents("CONS-00000"), 0);
    let how = xinglin::services::clinic::Queueing {
        hub,
        purpose: xinglin::domain::share::consent::Purpose::Treatment,
        consent_now: None,
        urgent: xinglin::services::clinic::Urgency::Usual,
    };
    let refused = station.clinic.queue_record(item, how).unwrap_err();
    assert!(refused.what.zh.contains("撤回"), "{refused:?}");
    // Given anew, sent, then taken back.
    let id = station.queue(item, hub);
    station.deliver(hub);
    assert_eq!(station.state(id), State::Receipted);
    let told = station.clinic.withdraw_record(item).unwrap();
    station.deliver(hub);
    assert_eq!(station.state(told[0]), State::Receipted);
    assert_eq!(station.clinic.receipts(9).unwrap().len(), 2);
}

/// 23: a search that ignores its filter: what comes is compared.
#[test]
fn m23_a_search_that_ignores_the_filter_finds_nobody_else() {
    let peers = need_peers!();
    let samples = need_samples!();
    let mut station = Station::new();
    let hub = station.hub("county", &peers.plain());
    let image = station.sample(&samples.join("chest/CT_small.dcm"), "ONLY23");
    let item = station.import(&[image])[0].item.unwrap();
    station.queue(item, hub);
    station.deliver(hub);
    let odd = Ways {
        dicomweb: format!("http://127.0.0.1:{}/forgetful/dicom-web", peers.odd),
        ..Ways::default()
    };
    let id = station.hub("forgetful", &odd);
    let hub = station.clinic.hubs().unwrap().into_iter().find(|hub| hub.id == id).unwrap();
    let courier = xinglin::services::share::courier::Courier::new(&hub).unwrap();
    let mine = courier.find_studies("ONLY23").unwrap();
    assert_eq!(mine.len(), 1);
    assert_eq!(courier.find_studies("NOBODY-HAS-THIS").unwrap(), []);
    let unfiltered =
        peers.curl(&format!("http://127.0.0.1:{}/forgetful/dicom-web/studies", peers.odd));
    assert!(
        String::from_utf8_lossy(&unfiltered).matches("0020000D").count() > 1,
        "the hub did not forget"
    );
}
