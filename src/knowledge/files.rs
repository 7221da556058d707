//! Where knowledge files come from: a folder, or the pack that was compiled into the program.
use std::{fs, path::Path};

use super::{
    compile, installed,
    pack::{self, ModelFiles, Pack, Version},
};

/// One file of the knowledge base, as text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Relative, with `/`, e.g. `conditions/respiratory/influenza.md`.
    pub path: String,
    pub text: String,
}

#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    #[error("知识库读不出来：{path}（{source}）。程序没有改动任何文件；请检查目录和权限。")]
    Read { path: String, source: std::io::Error },
    #[error("知识库文件不是 UTF-8 文本：{path}。该包未启用，继续使用原来的知识库。")]
    NotText { path: String },
    #[error("知识包已损坏：{why}。该包未启用，继续使用程序自带的知识库；请重新取得知识包。")]
    Damaged { why: &'static str },
    #[error("知识包不能用：{0}。该包未启用，继续使用程序自带的知识库。")]
    Pack(String),
}

/// Knowledge files, and the model when they came with one.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub files: Vec<SourceFile>,
    pub model: Option<ModelFiles>,
}

/// A folder of files, a slot with an installed pack (its signature is checked), a pack, or the plain pack of a build.
pub fn load(path: &Path) -> Result<Loaded, KnowledgeError> {
    if installed::is_slot(path) {
        let pack = installed::read_slot(path)?;
        let own = Version::parse(&compile::version_of(&embedded()?));
        // A newer program may bring newer knowledge than the pack that was installed before.
        if own.as_ref().is_some_and(|own| pack.version < *own) {
            let why = format!("版本 {} 比程序自带的旧", pack.version);
            return Err(KnowledgeError::Pack(why));
        }
        return Ok(of_pack(pack));
    }
    if path.is_dir() {
        return Ok(Loaded { files: read_dir(path)?, model: None });
    }
    let bytes = fs::read(path)
        .map_err(|source| KnowledgeError::Read { path: path.display().to_string(), source })?;
    if bytes.starts_with(pack::MAGIC) {
        return Ok(of_pack(pack::read(&bytes)?));
    }
    Ok(Loaded { files: read_pack(&bytes)?, model: None })
}

fn of_pack(pack: Pack) -> Loaded {
    Loaded { files: pack.files, model: Some(pack.model) }
}

static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/knowledge.pack"));

/// The knowledge base that this program was built with.
pub fn embedded() -> Result<Vec<SourceFile>, KnowledgeError> {
    read_pack(EMBEDDED)
}

/// Reads a pack: magic, then (path length, path, text length, text) until the end, then the SHA-256 of all before.
pub fn read_pack(bytes: &[u8]) -> Result<Vec<SourceFile>, KnowledgeError> {
    use sha2::Digest;
    let damaged = |why| KnowledgeError::Damaged { why };
    let body = bytes.strip_prefix(b"XLKB1\n").ok_or(damaged("不是知识包文件"))?;
    let (mut rest, sum) =
        body.split_at_checked(body.len().wrapping_sub(32)).ok_or(damaged("文件太短"))?;
    if sha2::Sha256::digest(rest).as_slice() != sum {
        return Err(damaged("校验和不符"));
    }
    let mut files = vec![];
    while !rest.is_empty() {
        let path = take(&mut rest).ok_or(damaged("内容不全"))?;
        let text = take(&mut rest).ok_or(damaged("内容不全"))?;
        let path = String::from_utf8_lossy(path).into_owned();
        let text = str::from_utf8(text)
            .map_err(|_| KnowledgeError::NotText { path: path.clone() })?
            .to_owned();
        files.push(SourceFile { path, text });
    }
    Ok(files)
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(4)?;
    let len = u32::from_le_bytes(head.try_into().ok()?) as usize;
    let (value, tail) = tail.split_at_checked(len)?;
    *rest = tail;
    Some(value)
}

/// Reads every `.md`, `.toml` and `.csv` below `root`, sorted by path.
pub fn read_dir(root: &Path) -> Result<Vec<SourceFile>, KnowledgeError> {
    let mut files = vec![];
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let fail = |source| KnowledgeError::Read { path: folder.display().to_string(), source };
        for entry in fs::read_dir(&folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let wanted = path.extension().is_some_and(|e| e == "md" || e == "toml" || e == "csv");
            if !wanted {
                continue;
            }
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .components()
                .map(|c| c.as_os_str().to_string_lossy())
                .collect::<Vec<_>>()
                .join("/");
            let bytes = fs::read(&path)
                .map_err(|source| KnowledgeError::Read { path: name.clone(), source })?;
            let text = String::from_utf8(bytes)
                .map_err(|_| KnowledgeError::NotText { path: name.clone() })?;
            files.push(SourceFile { path: name, text });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_pack_is_whole() {
        assert!(embedded().unwrap().iter().any(|f| f.path == "pack.toml"));
    }

    #[test]
    fn one_flipped_bit_is_noticed() {
        let mut bytes = EMBEDDED.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        assert!(matches!(read_pack(&bytes), Err(KnowledgeError::Damaged { .. })));
    }

    #[test]
    fn a_cut_pack_is_noticed() {
        for len in [0, 3, 6, 30, EMBEDDED.len() - 1] {
            assert!(read_pack(&EMBEDDED[..len]).is_err(), "{len}");
        }
    }
}
