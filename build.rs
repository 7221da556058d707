//! Packs `knowledge-base/` into one file that is compiled into the program (see src/knowledge/files.rs for the form).
use std::{env, fs, io, path::Path};

use sha2::Digest;

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=knowledge-base");
    println!("cargo:rerun-if-changed=build.rs");
    let root = Path::new("knowledge-base");
    let mut paths = vec![];
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md" || e == "toml" || e == "csv") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let mut body = vec![];
    for path in paths {
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        for part in [name.into_bytes(), fs::read(&path)?] {
            body.extend(u32::try_from(part.len()).unwrap_or(0).to_le_bytes());
            body.extend(part);
        }
    }
    let mut pack = b"XLKB1\n".to_vec();
    pack.extend(&body);
    pack.extend(sha2::Sha256::digest(&body));
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&out).join("knowledge.pack"), pack)
}
