//! The contexts of HL7's PDDI-CDS scenarios (warfarin + NSAID, digoxin + ciclosporin), read from their own request files.
//! What each must come out as is a pharmacist's reading of the scenario; the files carry no expected grade.
use std::{fs, path::PathBuf};

use serde_json::Value;
use xinglin::{
    domain::{
        age::{Age, Day, Sex},
        catalog::formulary::Tier,
        rx::{Checked, Prescription, RxItem, RxPatient},
    },
    knowledge,
    services::prescribing::Pharmacist,
};

fn folder() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("XINGLIN_SHARED").map_or(beside, PathBuf::from);
    let folder = shared.join("data/drugs/pddi_cds_tests/input/images/requests");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("{} is not here: the PDDI-CDS scenarios were not run", folder.display());
    None
}

/// Drug as printed here, usual route.
const DRUGS: &[(&str, &str, &str)] = &[
    ("topical gel", "双氯芬酸二乙胺乳胶剂", "topical"),
    ("warfarin", "华法林钠片", "po"),
    ("ibuprofen", "布洛芬片", "po"),
    ("ketorolac", "酮咯酸氨丁三醇片", "po"),
    ("cyclosporine", "环孢素软胶囊", "po"),
    ("digoxin", "地高辛片", "po"),
    ("rabeprazole", "雷贝拉唑钠肠溶片", "po"),
    ("dexamethasone", "地塞米松片", "po"),
    ("spironolactone", "螺内酯片", "po"),
    ("furosemide", "呋塞米片", "po"),
];

/// One scenario as the checker takes it.
#[derive(Default)]
struct Scene {
    new: Vec<(&'static str, &'static str)>,
    patient: RxPatient,
}

fn display(resource: &Value) -> String {
    let coded = ["medicationCodeableConcept", "code"].into_iter().find_map(|k| resource.get(k));
    let text = coded.and_then(|c| c["coding"][0]["display"].as_str()).unwrap_or_default();
    text.to_lowercase()
}

fn take(scene: &mut Scene, resource: &Value, new: bool) {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let name = display(resource);
    match kind {
        k if k.starts_with("Medication") => {
            let known = DRUGS.iter().find(|(english, ..)| name.contains(english));
            let (_, printed, route) = known.unwrap_or_else(|| panic!("{name} has no name here"));
            if new && kind == "MedicationRequest" {
                scene.new.push((printed, route));
            } else {
                scene.patient.current_drugs.push((*printed).to_owned());
            }
        }
        "Patient" => {
            let born = resource["birthDate"].as_str().and_then(Day::parse);
            let today = Day::new(2026, 11, 24).unwrap();
            scene.patient.age = born.and_then(|born| Age::on(today, born));
        }
        "Condition" if name.contains("gastric ulcer") => {
            scene.patient.diagnoses.push("急性胃溃疡伴出血".to_owned());
        }
        "Condition" if name.contains("duodenal ulcer") => {
            scene.patient.diagnoses.push("急性十二指肠溃疡伴出血".to_owned());
        }
        "Observation" => {
            let Some(value) = resource["valueQuantity"]["value"].as_f64() else { return };
            if name.contains("digoxin") {
                scene.patient.labs.push(("地高辛浓度".to_owned(), value));
            } else if name.contains("potassium") {
                scene.patient.labs.push(("血钾".to_owned(), value));
            } else if name.contains("creatinine [mass") {
                scene.patient.creatinine_umol = Some(value * 88.4);
            }
        }
        _ => {}
    }
}

/// Drafts of the hook's context are new, everything fetched before is known of the patient.
fn walk(scene: &mut Scene, value: &Value, new: bool) {
    match value {
        Value::Object(map) => {
            if map.get("resourceType").is_some_and(|k| k != "Bundle") {
                take(scene, value, new);
            }
            for (key, inner) in map {
                walk(scene, inner, new && key != "prefetch");
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| walk(scene, inner, new)),
        _ => {}
    }
}

fn read(folder: &std::path::Path, name: &str) -> Scene {
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let mut scene = Scene::default();
    scene.patient.sex = Sex::Male;
    scene.patient.allergies_asked = true;
    walk(&mut scene, &json["context"], true);
    walk(&mut scene, &json["prefetch"], false);
    assert!(!scene.new.is_empty(), "{name} orders nothing");
    scene.patient.age = scene.patient.age.or(Age::parse("44岁"));
    scene
}

fn check(pharmacist: &Pharmacist, scene: &Scene) -> Checked {
    let items = scene
        .new
        .iter()
        .map(|(drug, route)| RxItem {
            drug: (*drug).to_owned(),
            route: (*route).to_owned(),
            frequency: "qd".to_owned(),
            days: Some(7),
            ..RxItem::default()
        })
        .collect();
    let checked =
        pharmacist.check(&Prescription { items, ..Prescription::default() }, &scene.patient);
    assert!(checked.coverage.unknown.is_empty(), "{:?}", checked.coverage.unknown);
    checked
}

/// The worst alert that is about the pair or its context.
fn grade(checked: &Checked) -> Option<Tier> {
    checked.alerts.iter().filter(|a| a.category != "unchecked").map(|a| a.tier).max()
}

#[test]
fn the_scenarios_come_out_as_their_contexts_ask() {
    let Some(folder) = folder() else { return };
    let pharmacist = Pharmacist::new(knowledge::compile(&knowledge::embedded().unwrap()).catalog);
    // A gel on the skin is no tablet; a bleeding ulcer forbids the NSAID; otherwise bleeding needs a reason, with or
    // without a PPI, a steroid or a potassium-sparing diuretic.
    let warfarin = [
        ("request-warfarin-nsaid-scenario-01", None, Tier::Note),
        ("request-warfarin-nsaid-scenario-02", Some(Tier::Warn), Tier::Warn),
        ("request-warfarin-nsaid-scenario-03", Some(Tier::Warn), Tier::Warn),
        ("request-warfarin-nsaid-scenario-04", Some(Tier::Stop), Tier::Stop),
        ("request-warfarin-nsaid-scenario-05", Some(Tier::Warn), Tier::Warn),
        ("warfarin-nsaids-order-select-coordination", Some(Tier::Stop), Tier::Stop),
        ("warfarin-nsaids-order-select-no-coordination", Some(Tier::Stop), Tier::Stop),
        ("warfarin-nsaids-order-sign-coordination", Some(Tier::Stop), Tier::Stop),
        ("warfarin-nsaids-order-sign-no-coordination", Some(Tier::Stop), Tier::Stop),
        ("multi-update-draft-orders-1", Some(Tier::Stop), Tier::Stop),
        ("multi-update-draft-orders-3", Some(Tier::Stop), Tier::Stop),
    ];
    // A level in the toxic range (2.3 ng/ml) or no potassium (0.9 mmol/l) is worse than the pair alone.
    let digoxin = [
        ("request-digoxin-cyclosporine-scenario-01", Some(Tier::Warn), Tier::Stop),
        ("request-digoxin-cyclosporine-scenario-02", Some(Tier::Warn), Tier::Stop),
        ("request-digoxin-cyclosporine-scenario-03", Some(Tier::Warn), Tier::Warn),
        ("request-digoxin-cyclosporine-scenario-04", Some(Tier::Stop), Tier::Stop),
        ("digoxin-cyclosporine-order-select-coordination", Some(Tier::Warn), Tier::Warn),
        ("digoxin-cyclosporine-order-select-no-coordination", Some(Tier::Warn), Tier::Warn),
        ("digoxin-cyclosporine-order-sign-coordination", Some(Tier::Warn), Tier::Warn),
        ("digoxin-cyclosporine-order-sign-no-coordination", Some(Tier::Warn), Tier::Warn),
        ("multi-update-draft-orders-2", Some(Tier::Warn), Tier::Stop),
        ("multi-update-draft-orders-4", Some(Tier::Warn), Tier::Stop),
    ];
    for (name, least, most) in warfarin.into_iter().chain(digoxin) {
        let scene = read(&folder, name);
        let checked = check(&pharmacist, &scene);
        let got = grade(&checked);
        println!("{name}: {got:?}");
        let rules: Vec<_> = checked.alerts.iter().map(|a| (a.tier, &a.message)).collect();
        assert!(got >= least && got <= Some(most), "{name}: {got:?} {rules:#?}");
    }
}
