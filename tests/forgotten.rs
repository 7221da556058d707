//! A test file that is not listed in main.rs would never run.
use std::{fs, path::Path};

#[test]
fn every_test_file_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let main = fs::read_to_string(root.join("main.rs")).unwrap();
    let mut checked = 0;
    for entry in fs::read_dir(&root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let module = path.extension().is_some_and(|e| e == "rs") || path.join("mod.rs").exists();
        if module && name != "main" {
            checked += 1;
            assert!(main.contains(&format!("mod {name};")), "tests/main.rs does not list {name}");
        }
    }
    assert!(checked >= 3, "only {checked} files seen");
}
