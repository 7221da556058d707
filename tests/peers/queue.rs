//! Thirty days without a hub, then all of it: small here, 1,800 documents and 600 images in tests/long/share.sh.
use std::time::Instant;

use serde_json::Value;
use xinglin::domain::share::hub::Ways;
use xinglin::domain::share::parts::State;

use super::peer::{free_port, listening, own_sekmet, program, run, start_orthanc};
use super::station::Station;
use crate::support::size_of_run;
use crate::{need_peers, need_samples};

#[test]
fn thirty_days_of_records_drain_with_no_duplicate_and_nothing_lost() {
    let peers = need_peers!();
    let samples = need_samples!();
    let documents = size_of_run("XINGLIN_SHARE_DOCUMENTS", 24) as usize;
    let images = size_of_run("XINGLIN_SHARE_IMAGES", 8) as usize;
    let (fhir, http, dimse) = (free_port(), free_port(), free_port());
    let mut station = Station::new();
    let ways = Ways {
        fhir: format!("http://127.0.0.1:{fhir}/fhir"),
        dicomweb: format!("http://127.0.0.1:{http}/dicom-web"),
        ..Ways::default()
    };
    let hub = station.hub("county", &ways);
    let began = Instant::now();
    let mut items = station.documents("MONTH", documents);
    let sample = samples.join("chest/CT_small.dcm");
    for n in 0..images {
        let copy = station.sample(&sample, &format!("MONTH{n:04}"));
        items.push(station.import(std::slice::from_ref(&copy))[0].item.unwrap());
        std::fs::remove_file(copy).unwrap();
    }
    let ids: Vec<_> = items.iter().map(|item| station.queue(*item, hub)).collect();
    let queued = began.elapsed();
    // A month of tries at nobody.
    for _ in 0..30 {
        station.place.clock.advance_seconds(24 * 3600);
        let mut seen = 0;
        station
            .clinic
            .deliver((Some(hub), xinglin::services::clinic::Pace::Due), &mut |_| seen += 1)
            .unwrap();
        assert!(seen <= 1, "one word about the hub, not one a record");
    }
    own_sekmet(fhir, &peers.dir.join(format!("sekmet-{fhir}")));
    start_orthanc(
        &program(&["Orthanc"]).unwrap(),
        (http, dimse),
        &peers.dir.join(format!("orthanc-{http}")),
        "",
    );
    listening(http);
    let began = Instant::now();
    station.deliver(hub);
    let drained = began.elapsed();
    let lost = ids
        .iter()
        .filter(|id| station.clinic.delivery(**id).unwrap().state != State::Receipted)
        .count();
    // What the hub has, asked past the program.
    let count = |url: &str| -> Value {
        serde_json::from_slice(&run("curl", &["-s", url], station.dir.path()).stdout).unwrap()
    };
    let found = count(&format!(
        "http://127.0.0.1:{fhir}/fhir/DocumentReference?_summary=count&_total=accurate"
    ));
    let there = found["total"].as_u64().unwrap() as usize;
    let archive = count(&format!("http://127.0.0.1:{http}/statistics"));
    let instances = archive["CountInstances"].as_u64().unwrap() as usize;
    let duplicates = there.saturating_sub(documents) + instances.saturating_sub(images);
    println!(
        "{documents} documents and {images} images queued in {:.0} s, 30 days away, drained in {:.0} s: lost {lost}, duplicates {duplicates}",
        queued.as_secs_f64(),
        drained.as_secs_f64()
    );
    assert_eq!((lost, duplicates), (0, 0));
    assert_eq!((there, instances), (documents, images));
}
