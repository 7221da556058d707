//! Who may use whom. A new arrow between modules is a decision: change it here, in its own commit, and in ARCHITECTURE.md.
use std::{fs, path::Path};

/// Module, modules of ours it may use, crates and paths it must not name.
const MAP: &[(&str, &[&str], &[&str])] = &[
    (
        "domain",
        &[],
        &[
            "rusqlite",
            "tantivy",
            "ort",
            "ratatui",
            "crossterm",
            "serde",
            "serde_json",
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
        ],
    ),
    ("knowledge", &["domain"], &["rusqlite", "tantivy", "ort", "ratatui", "crossterm", "std::net"]),
    ("storage", &["domain"], &["tantivy", "ort", "ratatui", "crossterm", "std::net"]),
    ("wire", &["domain"], &["rusqlite", "tantivy", "ort", "ratatui", "crossterm", "std::fs"]),
    ("paper", &["domain"], &["rusqlite", "tantivy", "ort", "ratatui", "crossterm", "std::net"]),
    ("wire", &["domain"], &["rusqlite", "tantivy", "ort", "ratatui", "crossterm", "std::fs"]),
    ("search", &["domain", "knowledge"], &["rusqlite", "ort", "ratatui", "crossterm", "std::net"]),
    (
        "infer",
        &["domain", "knowledge"],
        &["rusqlite", "tantivy", "ratatui", "crossterm", "std::net"],
    ),
    ("wire", &["domain"], &["rusqlite", "tantivy", "ort", "ratatui", "crossterm"]),
    (
        "services",
        &["domain", "knowledge", "storage", "search", "infer", "paper", "wire"],
        &["ratatui", "crossterm"],
    ),
    ("tui", &["domain", "services"], &["rusqlite", "tantivy", "ort", "serde_json"]),
    (
        "cli",
        &["domain", "services", "tui"],
        &["rusqlite", "tantivy", "ort", "ratatui", "crossterm"],
    ),
];

fn sources(dir: &Path, out: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The text without the test modules at its end, which may reach anywhere.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

#[test]
fn arrows_point_inwards() {
    let mut wrong = vec![];
    let mut seen = 0;
    for (module, may_use, never) in MAP {
        let mut files = vec![];
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(module), &mut files);
        assert!(!files.is_empty(), "src/{module} has no files: MAP is out of date");
        for (path, text) in files {
            if path.ends_with("/tests.rs") {
                continue;
            }
            seen += 1;
            for (n, line) in code(&text).lines().enumerate() {
                if line.trim_start().starts_with("//") {
                    continue;
                }
                for rest in line.split("crate::").skip(1) {
                    let used: Vec<String> = match rest.strip_prefix('{') {
                        Some(list) => list
                            .split(',')
                            .map(|w| {
                                w.trim()
                                    .chars()
                                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                                    .collect()
                            })
                            .collect(),
                        None => vec![
                            rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect(),
                        ],
                    };
                    for used in used.iter().filter(|u| MAP.iter().any(|(m, _, _)| m == u)) {
                        if used != module && !may_use.contains(&used.as_str()) {
                            wrong.push(format!("{path}:{}: {module} may not use {used}", n + 1));
                        }
                    }
                }
                for name in *never {
                    let named = line.match_indices(&format!("{name}::")).any(|(at, _)| {
                        !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                    });
                    if named {
                        wrong.push(format!("{path}:{}: {module} may not name {name}", n + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{seen} files follow the arrows");
}

/// `use crate::{ a, b }` over several lines: the first word of each nested line counts too.
#[test]
fn nested_uses_follow_the_arrows() {
    let mut wrong = vec![];
    for (module, may_use, _) in MAP {
        let mut files = vec![];
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(module), &mut files);
        for (path, text) in files.iter().filter(|(p, _)| !p.ends_with("/tests.rs")) {
            let mut inside = false;
            for line in code(text).lines() {
                if line.trim_start().starts_with("use crate::{") {
                    inside = !line.contains("};");
                    continue;
                }
                if inside {
                    let indent = line.len() - line.trim_start().len();
                    let word: String = line
                        .trim_start()
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    if indent == 4
                        && MAP.iter().any(|(m, _, _)| *m == word)
                        && word != *module
                        && !may_use.contains(&word.as_str())
                    {
                        wrong.push(format!("{path}: {module} may not use {word}"));
                    }
                    inside = !line.starts_with("};");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_small_enough_to_read() {
    let mut files = vec![];
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let long: Vec<String> = files
        .iter()
        .filter(|(p, _)| !p.ends_with("/tests.rs"))
        .map(|(p, t)| (p, code(t).lines().count()))
        .filter(|(_, n)| *n > 500)
        .map(|(p, n)| format!("{p}: {n} lines"))
        .collect();
    assert!(long.is_empty(), "split these: {}", long.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let mut files = vec![];
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let silent: Vec<&String> =
        files.iter().filter(|(_, t)| !t.starts_with("//!")).map(|(p, _)| p).collect();
    assert!(silent.is_empty(), "no module comment: {silent:?}");
}
