//! A knowledge pack: knowledge, guidelines and model in one file that is signed as a whole.
//!
//! `XLPK1\n`, length of the manifest, manifest (TOML: id, version, dates, every file with size and SHA-256), then the files in
//! its order and nothing after them. Nothing is ever unpacked to a path that the pack names.
use std::{collections::HashSet, fmt::Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{KnowledgeError, SourceFile};
use crate::domain::age::Day;

pub const MAGIC: &[u8] = b"XLPK1\n";
/// What every pack of ours calls itself.
pub const ID: &str = "xinglin-knowledge";
const LARGEST_PACK: usize = 256 << 20;
const LARGEST_MANIFEST: usize = 8 << 20;
const MOST_FILES: usize = 20_000;
const MODEL: &str = "model/model.onnx";
const MODEL_MANIFEST: &str = "model/manifest.toml";

/// Why a pack is not used. What was in use before stays in use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    #[error("不是知识包文件")]
    NotAPack,
    #[error("知识包过大（超过 {} MB）", LARGEST_PACK >> 20)]
    TooLarge,
    #[error("知识包不完整：清单之外缺了内容")]
    Truncated,
    #[error("知识包后面多出 {0} 字节")]
    Appended(usize),
    #[error("清单读不懂：{0}")]
    Manifest(String),
    #[error("不是杏林的知识包（{0}）")]
    OtherProduct(String),
    #[error("文件名不允许：{0}")]
    BadName(String),
    #[error("文件重复：{0}")]
    Twice(String),
    #[error("文件与清单不符（校验和）：{0}")]
    Altered(String),
    #[error("缺少 {0}")]
    Missing(&'static str),
    #[error("版本写法不对或前后不一：{0}")]
    Version(String),
    #[error("需要 {0} 或更新的程序")]
    NeedsNewer(String),
    #[error("知识包已过期（{0}）")]
    Expired(Day),
}

impl From<PackError> for KnowledgeError {
    fn from(error: PackError) -> Self {
        Self::Pack(error.to_string())
    }
}

/// `2026.11.1`, compared part by part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Vec<u32>);

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        // A catalog's version carries its content's hash after `+`.
        let parts: Option<Vec<u32>> =
            text.split('+').next()?.split('.').map(|part| part.parse().ok()).collect();
        parts.filter(|p| (1..=4).contains(&p.len())).map(Self)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestRow {
    id: String,
    version: String,
    made_on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<String>,
    min_program: String,
    file: Vec<FileRow>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRow {
    path: String,
    size: usize,
    sha256: String,
}

/// A pack whose every byte was checked against its manifest. Who made it is the signature's business.
#[derive(Clone, Debug)]
pub struct Pack {
    pub version: Version,
    pub made_on: String,
    pub not_after: Option<Day>,
    pub min_program: Version,
    pub sha256: String,
    /// Paths as in `knowledge-base/`.
    pub files: Vec<SourceFile>,
    pub model: ModelFiles,
}

#[derive(Clone, Debug)]
pub struct ModelFiles {
    pub manifest: String,
    pub onnx: Vec<u8>,
}

/// What goes into a new pack besides the files.
#[derive(Clone, Debug)]
pub struct Label {
    pub version: Version,
    pub made_on: Day,
    pub not_after: Option<Day>,
    pub min_program: String,
}

/// Packs files, sorted by path, so that the same files give the same bytes.
pub fn build(
    label: &Label,
    files: &[SourceFile],
    model: &ModelFiles,
) -> Result<Vec<u8>, PackError> {
    let mut parts: Vec<(String, &[u8])> =
        files.iter().map(|f| (format!("knowledge/{}", f.path), f.text.as_bytes())).collect();
    parts.push((MODEL_MANIFEST.to_owned(), model.manifest.as_bytes()));
    parts.push((MODEL.to_owned(), &model.onnx));
    parts.sort();
    let row = ManifestRow {
        id: ID.to_owned(),
        version: label.version.to_string(),
        made_on: label.made_on.to_string(),
        not_after: label.not_after.map(|day| day.to_string()),
        min_program: label.min_program.clone(),
        file: parts
            .iter()
            .map(|(path, bytes)| FileRow {
                path: path.clone(),
                size: bytes.len(),
                sha256: hex(bytes),
            })
            .collect(),
    };
    let manifest = toml::to_string(&row).map_err(|error| PackError::Manifest(error.to_string()))?;
    let mut pack = MAGIC.to_vec();
    let length = u32::try_from(manifest.len()).map_err(|_| PackError::TooLarge)?;
    pack.extend(length.to_le_bytes());
    pack.extend(manifest.bytes());
    for (_, bytes) in &parts {
        pack.extend(*bytes);
    }
    // A pack that could not be read back must not leave the house.
    read(&pack)?;
    Ok(pack)
}

pub fn read(bytes: &[u8]) -> Result<Pack, PackError> {
    if bytes.len() > LARGEST_PACK {
        return Err(PackError::TooLarge);
    }
    let rest = bytes.strip_prefix(MAGIC).ok_or(PackError::NotAPack)?;
    let (length, rest) = rest.split_at_checked(4).ok_or(PackError::Truncated)?;
    let length = u32::from_le_bytes(length.try_into().unwrap_or_default()) as usize;
    if length > LARGEST_MANIFEST {
        return Err(PackError::Manifest("太长".into()));
    }
    let (manifest, mut body) = rest.split_at_checked(length).ok_or(PackError::Truncated)?;
    let manifest =
        str::from_utf8(manifest).map_err(|_| PackError::Manifest("不是 UTF-8".into()))?;
    let row: ManifestRow = toml::from_str(manifest)
        .map_err(|error| PackError::Manifest(error.message().replace('\n', " ")))?;
    let mut pack = labelled(&row)?;
    pack.sha256 = hex(bytes);
    let mut seen = HashSet::new();
    let (mut onnx, mut model_manifest) = (None, None);
    for file in &row.file {
        if !is_plain(&file.path) {
            return Err(PackError::BadName(file.path.escape_debug().take(80).collect()));
        }
        if !seen.insert(file.path.to_lowercase()) {
            return Err(PackError::Twice(file.path.clone()));
        }
        let (content, after) = body.split_at_checked(file.size).ok_or(PackError::Truncated)?;
        body = after;
        if hex(content) != file.sha256 {
            return Err(PackError::Altered(file.path.clone()));
        }
        let text = || {
            str::from_utf8(content)
                .map(str::to_owned)
                .map_err(|_| PackError::Manifest(format!("{} 不是 UTF-8", file.path)))
        };
        match file.path.as_str() {
            MODEL => onnx = Some(content.to_vec()),
            MODEL_MANIFEST => model_manifest = Some(text()?),
            path => match path.strip_prefix("knowledge/") {
                Some(path) => {
                    pack.files.push(SourceFile { path: path.to_owned(), text: text()? });
                }
                None => return Err(PackError::BadName(path.to_owned())),
            },
        }
    }
    if !body.is_empty() {
        return Err(PackError::Appended(body.len()));
    }
    pack.model.onnx = onnx.ok_or(PackError::Missing(MODEL))?;
    pack.model.manifest = model_manifest.ok_or(PackError::Missing(MODEL_MANIFEST))?;
    let own = pack
        .files
        .iter()
        .find(|f| f.path == "pack.toml")
        .ok_or(PackError::Missing("knowledge/pack.toml"))?;
    if super::compile::release(own).and_then(|v| Version::parse(&v)).as_ref() != Some(&pack.version)
    {
        return Err(PackError::Version(format!("清单写 {}，pack.toml 不同", pack.version)));
    }
    Ok(pack)
}

fn labelled(row: &ManifestRow) -> Result<Pack, PackError> {
    if row.id != ID {
        return Err(PackError::OtherProduct(row.id.chars().take(40).collect()));
    }
    if row.file.len() > MOST_FILES {
        return Err(PackError::Manifest("文件太多".into()));
    }
    let version = |text: &str| Version::parse(text).ok_or(PackError::Version(text.to_owned()));
    let not_after = match &row.not_after {
        None => None,
        Some(text) => {
            Some(Day::parse(text).ok_or_else(|| PackError::Manifest("not_after".into()))?)
        }
    };
    Ok(Pack {
        version: version(&row.version)?,
        made_on: row.made_on.clone(),
        not_after,
        min_program: version(&row.min_program)?,
        sha256: String::new(),
        files: vec![],
        model: ModelFiles { manifest: String::new(), onnx: vec![] },
    })
}

/// Plain ASCII names with `/` between them; nothing that leads out of a folder or hides in it.
fn is_plain(path: &str) -> bool {
    let fine = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    path.len() <= 200 && path.split('/').count() <= 8 && path.split('/').all(fine)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let v = |text: &str| Version::parse(text).unwrap();
        assert!(v("2026.11.10") > v("2026.11.9") && v("2026.11.1+3fa9c012") == v("2026.11.1"));
        assert!(v("2026.11") < v("2026.11.1"));
        assert_eq!(Version::parse("2026.x"), None);
        assert_eq!(Version::parse(""), None);
    }

    #[test]
    fn only_plain_names_are_taken() {
        assert!(is_plain("knowledge/guidelines/nhc-2025/01-a.md"));
        for path in [
            "../x",
            "/etc/passwd",
            "a//b",
            "a/./b",
            "a/../b",
            "a\\b",
            "a/.b",
            "a\0b",
            "知识.md",
            "",
            "a/",
            "C:x",
        ] {
            assert!(!is_plain(path), "{path:?}");
        }
    }
}
