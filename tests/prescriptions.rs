//! Templates and earlier prescriptions at the station.
use xinglin::domain::role::Role;
use xinglin::domain::visit::SkinTest;
use xinglin::domain::visit::template::{NewTemplate, Scope};
use xinglin::services::failure::Kind;
use xinglin::services::station_options;

use crate::support::{PASSPHRASE, Place, add_user, person, register, visit};

#[test]
fn ones_own_templates_are_ones_own_and_the_clinics_are_everybodys() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let patient = register(&mut clinic, &person("王小明", "61岁", ""));
    let mut lines = visit(&clinic, patient).prescription.lines;
    lines[0].skin_test = Some(SkinTest::Negative);
    let new = |name: &str, scope: Scope| NewTemplate {
        name: name.to_owned(),
        scope,
        lines: lines.clone(),
    };
    let own = clinic.save_template(new("肺炎 轻症", Scope::Personal)).unwrap();
    let shared = clinic.save_template(new("感冒\u{1b}[31m", Scope::Clinic)).unwrap();
    let again = clinic.save_template(new("肺炎 轻症", Scope::Personal)).unwrap();
    assert_eq!(own, again, "the same name is replaced, not doubled");
    let mine = clinic.templates().unwrap();
    assert_eq!(mine.len(), 2);
    assert_eq!(mine.iter().find(|t| t.id == own).unwrap().revision, 2);
    assert!(mine.iter().all(|t| t.lines[0].skin_test == Some(SkinTest::NotDone)));
    assert!(mine.iter().all(|t| !t.name.contains('\u{1b}')));
    let empty = NewTemplate { lines: vec![], ..new("空", Scope::Personal) };
    assert_eq!(clinic.save_template(empty).unwrap_err().kind, Kind::User);
    add_user(&mut clinic, "zhou", Role::Doctor);
    add_user(&mut clinic, "li", Role::Pharmacist);
    drop(clinic);

    let mut zhou = place.station().sign_in("zhou", PASSPHRASE).unwrap();
    let seen: Vec<_> = zhou.templates().unwrap().iter().map(|t| t.id).collect();
    assert_eq!(seen, [shared]);
    assert!(zhou.put_template_away(own).is_err(), "another doctor's own");
    zhou.put_template_away(shared).unwrap();
    assert!(zhou.templates().unwrap().is_empty());
    zhou.bring_template_back(shared).unwrap();
    drop(zhou);
    let mut li = place.station().sign_in("li", PASSPHRASE).unwrap();
    let refused = li.save_template(new("药师", Scope::Personal)).unwrap_err();
    assert_eq!(refused.kind, Kind::Permission);
    li.save_template(new("感冒二", Scope::Clinic)).unwrap();
    drop(li);
    let mut wang = place.sign_in();
    assert_eq!(wang.templates().unwrap().len(), 3);
    wang.verify_audit(None).unwrap().unwrap();
}

#[test]
fn earlier_prescriptions_come_newest_first_without_the_corrected_ones() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    let patient = register(&mut clinic, &person("王小明", "61岁", ""));
    let first = clinic.sign_visit(visit(&clinic, patient)).unwrap().visit;
    place.clock.advance_seconds(86_400);
    let mut correcting = visit(&clinic, patient);
    correcting.supersedes = Some(first);
    correcting.prescription.lines.truncate(1);
    correcting.prescription.alerts.clear();
    let second = clinic.sign_visit(correcting).unwrap().visit;
    let past = clinic.past_prescriptions(patient).unwrap();
    assert_eq!(past.iter().map(|p| p.visit).collect::<Vec<_>>(), [second]);
    assert_eq!(past[0].lines.len(), 1);
    assert_eq!(past[0].diagnoses, ["社区获得性肺炎", "高血压"]);
}

#[test]
fn the_approval_of_intravenous_antibiotics_is_recorded_once_for_everybody() {
    let place = Place::new();
    let (mut clinic, _) = place.set_up();
    assert_eq!(station_options::iv_antibiotics(&clinic).unwrap(), None);
    clinic.set_option(station_options::IV_ANTIBIOTICS, "no").unwrap();
    drop(clinic);
    assert_eq!(station_options::iv_antibiotics(&place.sign_in()).unwrap(), Some(false));
}
