//! Licences and sources of everything that is linked in, against deny.toml: the same list that cargo-deny reads, checked without it.
use std::{collections::BTreeSet, fs, path::Path, process::Command};

#[derive(serde::Deserialize)]
struct Deny {
    licenses: Licenses,
}

#[derive(serde::Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(serde::Deserialize)]
struct Package {
    name: String,
    license: Option<String>,
    license_file: Option<String>,
    source: Option<String>,
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Metadata>(&output.stdout).unwrap().packages
}

/// `A OR B` needs one, `A AND B` needs both; brackets as people write them.
fn allowed(expression: &str, allow: &BTreeSet<String>) -> bool {
    let flat = expression.replace('/', " OR ").replace(['(', ')'], " ");
    flat.split(" AND ").all(|part| part.split(" OR ").any(|licence| allow.contains(licence.trim())))
}

#[test]
fn every_licence_is_on_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let deny: Deny = toml::from_str(&fs::read_to_string(root.join("deny.toml")).unwrap()).unwrap();
    let allow: BTreeSet<String> = deny.licenses.allow.into_iter().collect();
    let packages = packages();
    let wrong: Vec<String> = packages
        .iter()
        .filter(|p| p.source.is_some())
        .filter(|p| !p.license.as_deref().is_some_and(|l| allowed(l, &allow)))
        .filter(|p| p.license.is_some() || p.license_file.is_none())
        .map(|p| format!("{}: {:?}", p.name, p.license))
        .collect();
    assert!(packages.len() > 100, "only {} packages seen", packages.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} packages, all on the list", packages.len());
}

#[test]
fn everything_comes_from_the_registry() {
    let strange: Vec<String> = packages()
        .iter()
        .filter_map(|p| p.source.as_ref().map(|s| (p, s)))
        .filter(|(_, s)| !s.starts_with("registry+"))
        .map(|(p, s)| format!("{} from {s}", p.name))
        .collect();
    assert!(strange.is_empty(), "{}", strange.join("\n"));
}

#[test]
fn an_unlisted_licence_is_refused() {
    let allow: BTreeSet<String> = ["MIT".to_owned(), "Apache-2.0".to_owned()].into();
    assert!(allowed("MIT OR GPL-3.0", &allow));
    assert!(allowed("(MIT OR Apache-2.0) AND MIT", &allow));
    assert!(!allowed("GPL-3.0-only", &allow));
    assert!(!allowed("MIT AND GPL-3.0", &allow));
}
