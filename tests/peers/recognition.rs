//! Prior results here and at the hub, judged by the shipped list; decisions and their counts.
use xinglin::domain::patient::PatientId;
use xinglin::domain::share::hub::Ways;
use xinglin::domain::share::recognition::{Decision, Lack, Repeat, Scope, Told, Verdict};
use xinglin::services::clinic::{Issuer, Looking};
use xinglin::services::knowledge_base;
use xinglin::services::share::NewDecision;

use super::peer::run;
use super::station::{Station, document};
use crate::{need_peers, need_samples};

fn looking(patient: PatientId) -> Looking<'static> {
    Looking { patient, modality: "", body_part: "", hub: None }
}

/// A recent head CT of a person with an ID number, sent by another clinic, is found at the hub and judged.
#[test]
fn a_result_at_the_hub_is_found_judged_and_decided_upon() {
    let peers = need_peers!();
    let samples = need_samples!();
    let list = knowledge_base::compiled(None).unwrap().catalog.recognition;
    assert!(list.len() >= 10 && list.iter().all(|item| item.ours));
    let mut sender = Station::new();
    let form = document("RECOG-1", 77);
    let number = form.split("\"id_number\":\"").nth(1).unwrap()[..18].to_owned();
    let image = sender.sample(&samples.join("brain/CT2_J2KR.dcm"), &number);
    let done = run(
        "dcmodify",
        &[
            "-nb",
            "-m",
            "(0008,0020)=20261120",
            "-i",
            "(0018,0015)=HEAD",
            "-i",
            "(0008,0080)=County Hospital A",
            image.to_str().unwrap(),
        ],
        sender.dir.path(),
    );
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let hub = sender.hub("county", &peers.plain());
    let item = sender.import(&[image])[0].item.unwrap();
    sender.queue(item, hub);
    sender.deliver(hub);

    let mut asker = Station::new();
    asker.hub("county", &peers.plain());
    asker.hub("away", &Ways { fhir: "http://127.0.0.1:9/fhir".to_owned(), ..Ways::default() });
    let path = asker.dir.path().join("d.json");
    std::fs::write(&path, form).unwrap();
    let patient = asker.import(&[path])[0].patient.unwrap();
    let before = asker.clinic.look_up_priors(&list, looking(patient)).unwrap();
    // The hub that is away is said; the other answers all the same.
    assert_eq!(before.away.len(), 1);
    assert_eq!(before.away[0].0, "away");
    assert_eq!(before.priors.len(), 1, "{before:?}");
    let Verdict::Reference(lacks) = &before.priors[0].verdict else { panic!("{before:?}") };
    assert!(
        lacks.contains(&Lack::IssuerOutOfScope) && lacks.contains(&Lack::QualityUnknown),
        "{lacks:?}"
    );
    let issuer = Issuer {
        name: before.priors[0].prior.issuer.clone(),
        scopes: vec![Scope::CountyUnion],
        quality_passed: Some(true),
        mark: "赣HR".to_owned(),
    };
    assert_eq!(issuer.name, "County Hospital A");
    asker.clinic.set_issuer(&issuer).unwrap();
    let after = asker.clinic.look_up_priors(&list, looking(patient)).unwrap();
    let shown = &after.priors[0];
    // By QIDO alone the body part is unknown; the ImagingStudy of the same UID is the same result, not a second one.
    println!("{shown:?}");
    let prior = shown.prior.reference.clone();
    let decide = |decision: &Decision, asker: &mut Station| {
        asker.clinic.decide_prior(&NewDecision {
            patient,
            item: "CT-HEAD",
            prior: &prior,
            issuer: "County Hospital A",
            decision,
            saved_fen: 18_000,
        })
    };
    decide(&Decision::Recognised, &mut asker).unwrap();
    let repeat = |told| Decision::Repeated { reason: Repeat::E4, words: String::new(), told };
    assert!(decide(&repeat(Told::No), &mut asker).is_err());
    decide(&repeat(Told::Yes), &mut asker).unwrap();
    let count = asker.clinic.recognition_count().unwrap();
    assert_eq!((count.recognised, count.saved_fen), (1, 18_000));
    assert_eq!(count.repeated, [("E4".to_owned(), 1)]);
    assert_eq!(count.shown, 1);
    assert!(
        matches!(shown.verdict, Verdict::Recognisable { ref code, ours: true, .. } if code == "CT-HEAD"),
        "{shown:?}"
    );
}
