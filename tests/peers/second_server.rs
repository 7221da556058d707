//! A second, independent FHIR R4 server: HFS. Its build takes half an hour, so it is used where it is: `XINGLIN_HFS` or
//! `hfs` on the PATH (cargo install helios-hfs --locked --no-default-features --features R4,sqlite,postgres).
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::Value;
use xinglin::domain::share::hub::Ways;
use xinglin::domain::share::parts::State;
use xinglin::wire::{cda, form};

use super::peer::{free_port, keep, listening, program, run};
use super::station::{Station, document};
use crate::{need_peers, need_samples};

/// Starts it with a database of its own; its root is the FHIR root. A word when it is not there.
fn hfs(dir: &Path) -> Option<(u16, PathBuf)> {
    let named = std::env::var_os("XINGLIN_HFS").map(PathBuf::from).filter(|path| path.is_file());
    let Some(found) = named.or_else(|| program(&["hfs"])) else {
        println!("SKIPPED: the second FHIR server (hfs) is not on this machine");
        return None;
    };
    let port = free_port();
    let dir = dir.join(format!("hfs-{port}"));
    std::fs::create_dir_all(&dir).unwrap();
    let port_words = port.to_string();
    let database = dir.join("fhir.db");
    let args = [
        "--host",
        "127.0.0.1",
        "--port",
        &port_words,
        "--data-dir",
        dir.to_str().unwrap(),
        "--database-url",
        database.to_str().unwrap(),
    ];
    keep(&found, &args, &dir, "hfs.log");
    listening(port);
    Some((port, dir))
}

fn get(station: &Station, url: &str) -> Value {
    let got = run("curl", &["-s", "-g", url], station.dir.path());
    serde_json::from_slice(&got.stdout).unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// The same records as to the first server: there once with equal bytes, sent twice changes nothing, a correction takes
/// the old one's place, a withdrawal says so.
#[test]
fn the_second_server_takes_the_records_and_gives_them_back_equal() {
    let peers = need_peers!();
    let samples = need_samples!();
    let Some((port, _)) = hfs(&peers.dir) else { return };
    let root = format!("http://127.0.0.1:{port}");
    let mut station = Station::new();
    let ways = Ways {
        fhir: root.clone(),
        dicomweb: format!("http://127.0.0.1:{}/dicom-web", peers.orthanc),
        ..Ways::default()
    };
    let hub = station.hub("second", &ways);
    assert_eq!(station.clinic.test_hub(hub).unwrap().trouble, None);
    let mut items = station.documents("SECOND", 3);
    let image = station.sample(&samples.join("chest/CT_small.dcm"), "SECONDCT");
    items.push(station.import(&[image])[0].item.unwrap());
    let ids: Vec<_> = items.iter().map(|item| station.queue(*item, hub)).collect();
    let seen = station.deliver(hub);
    for id in ids {
        assert_eq!(station.state(id), State::Receipted, "{seen:?}");
    }
    // Asked past the program; a filter is not trusted.
    let listed = |station: &Station, number: &str| -> Vec<Value> {
        let found = get(station, &format!("{root}/DocumentReference?_count=200"));
        let entries = found["entry"].as_array().cloned().unwrap_or_default();
        let all = entries.into_iter().map(|entry| entry["resource"].clone());
        all.filter(|one| one["identifier"][0]["value"] == number).collect()
    };
    for n in 0..3 {
        let number = format!("SECOND-{n:05}");
        let found = listed(&station, &number);
        assert_eq!(found.len(), 1);
        let url = found[0]["content"][0]["attachment"]["url"].as_str().unwrap();
        let binary = get(&station, &format!("{root}/{url}"));
        let data = binary["data"].as_str().unwrap();
        let xml = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
        let record = form::read(&document(&number, n)).unwrap();
        assert_eq!(cda::read(&xml).unwrap(), record);
    }
    let studies = get(&station, &format!("{root}/ImagingStudy?_count=200"));
    assert_eq!(studies["entry"].as_array().map(Vec::len), Some(1));
    let text = document("SECOND-00000", 0)
        .replace("降压治疗，血压平稳。", "更正：血压 138/84 mmHg。")
        .replace("\"kind\":\"discharge\",", "\"kind\":\"discharge\",\"version\":2,");
    let path = station.dir.path().join("v2.json");
    std::fs::write(&path, text).unwrap();
    let corrected = station.import(&[path])[0].item.unwrap();
    let id = station.queue(corrected, hub);
    station.deliver(hub);
    assert_eq!(station.state(id), State::Receipted);
    let states = |station: &Station| {
        let mut all: Vec<String> = listed(station, "SECOND-00000")
            .iter()
            .map(|one| one["status"].as_str().unwrap_or_default().to_owned())
            .collect();
        all.sort();
        all
    };
    assert_eq!(states(&station), ["current", "superseded"]);
    let told = station.clinic.withdraw_record(corrected).unwrap();
    station.deliver(hub);
    assert_eq!(station.state(told[0]), State::Receipted);
    assert!(states(&station).contains(&"entered-in-error".to_owned()));
    assert!(!states(&station).contains(&"current".to_owned()));
    println!(
        "second FHIR server: 3 documents, 1 study, a correction and a withdrawal, all read back equal"
    );
}
