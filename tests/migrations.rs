//! Every database that a release has written opens, whole, with this program; the old form is kept beside it.
use std::{fs, path::Path};

use crate::support::Place;
use xinglin::domain::visit::VisitId;

/// Copies a fixture, because opening changes it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn every_released_database_opens_with_its_people_and_visits() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/db");
    let forms =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).unwrap().count();
    let mut opened = 0;
    for entry in fs::read_dir(fixtures).unwrap() {
        let fixture = entry.unwrap().path();
        let form: usize = fixture.file_name().unwrap().to_str().unwrap()[1..].parse().unwrap();
        let newer = forms.saturating_sub(form);
        let place = Place::new();
        copy(&fixture, place.path());
        let mut clinic = place.sign_in();
        let kept = clinic.open_visit(VisitId(1)).unwrap();
        assert_eq!(kept.doctor_name, "王建国");
        assert_eq!(clinic.waiting().unwrap().len(), 0, "the visit was signed");
        assert!(clinic.verify_audit(None).unwrap().is_ok(), "the log is whole");
        drop(clinic);
        let older: Vec<_> = fs::read_dir(place.path().join("station"))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("before-v"))
            .collect();
        assert_eq!(older.len(), usize::from(newer > 0), "{older:?}");
        place.sign_in();
        opened += 1;
        println!("{} opened; kept {older:?}", fixture.display());
    }
    assert!(opened >= 1);
}
