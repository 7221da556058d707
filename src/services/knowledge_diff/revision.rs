//! The knowledge base as it was at a git revision, for authors.
use std::{path::Path, process::Command};

use crate::knowledge::SourceFile;

#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    #[error("既不是文件或目录，也不是 git 版本：{0}。没有改动任何文件。")]
    Unknown(String),
    #[error("git 读不出这个版本的知识库（{0}）。没有改动任何文件；请在项目目录里运行。")]
    Git(String),
}

const FOLDER: &str = "knowledge-base/";

pub(super) fn read(revision: &str, repository: &Path) -> Result<Vec<SourceFile>, RevisionError> {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '~' | '^');
    if revision.is_empty() || revision.starts_with('-') || !revision.chars().all(plain) {
        return Err(RevisionError::Unknown(revision.to_owned()));
    }
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(repository)
            .args(args)
            .output()
            .map_err(|error| RevisionError::Git(error.to_string()))?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(RevisionError::Git(words))
        }
    };
    let commit = format!("{revision}^{{commit}}");
    git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
        .map_err(|_| RevisionError::Unknown(revision.to_owned()))?;
    let tar = git(&["archive", "--format=tar", revision, FOLDER])?;
    files(&tar).ok_or_else(|| RevisionError::Git("tar".to_owned()))
}

/// Plain files of a tar as git writes it: 512-byte heads, name and size in fixed places.
fn files(tar: &[u8]) -> Option<Vec<SourceFile>> {
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    };
    let mut files = vec![];
    let mut at = 0;
    while let Some(head) = tar.get(at..at + 512).filter(|head| head.iter().any(|b| *b != 0)) {
        let size = usize::from_str_radix(text(&head[124..136]).trim(), 8).ok()?;
        let body = tar.get(at + 512..at + 512 + size)?;
        let prefix = text(&head[345..500]);
        let name = text(&head[..100]);
        let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let wanted = [".md", ".toml", ".csv"].iter().any(|end| name.ends_with(end));
        if head[156] == b'0' && wanted {
            let path = name.strip_prefix(FOLDER).unwrap_or(&name).to_owned();
            files.push(SourceFile { path, text: String::from_utf8(body.to_vec()).ok()? });
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Some(files)
}
