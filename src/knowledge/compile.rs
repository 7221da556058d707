//! Source files -> `Catalog`, with every fault named on the way.
use super::{
    cases::{self, CaseBook},
    condition, drug,
    files::SourceFile,
    follow_up,
    format::{PackFile, SourcesFile},
    guideline,
    lint::{LintId, Lints, line_of},
    read::parse,
    recognition, red_flag, rx_rule, vocabulary,
};
use crate::domain::catalog::{
    Catalog, Status,
    finding::{Finding, FindingIx},
    guideline::Source,
};

/// The catalog, what is wrong with the files, and the cases that stood beside the rules.
#[derive(Debug, Default)]
pub struct Compiled {
    pub catalog: Catalog,
    pub lints: Lints,
    pub cases: CaseBook,
}

/// Compiles whole or partly broken sources; an entry with an error is left out and named in `lints`.
pub fn compile(files: &[SourceFile]) -> Compiled {
    let mut out = Compiled::default();
    out.catalog.version = version(files, &mut out.lints);
    for file in files {
        if !file.path.is_ascii() {
            out.lints.push(
                LintId::FileName,
                &file.path,
                1,
                "文件名不是 ASCII".into(),
                "文件名用英文 id",
            );
        }
    }
    sources(files, &mut out);
    vocabulary::findings(files, &mut out);
    vocabulary::measurements(files, &mut out);
    condition::conditions(files, &mut out);
    red_flag::red_flags(files, &mut out);
    guideline::guidelines(files, &mut out);
    drug::drugs_and_classes(files, &mut out);
    rx_rule::interactions(files, &mut out);
    rx_rule::rules(files, &mut out);
    follow_up::follow_up(files, &mut out);
    recognition::recognition(files, &mut out);
    cases::collect(files, &mut out);
    cross_references(files, &mut out);
    out
}

fn version(files: &[SourceFile], lints: &mut Lints) -> String {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    for file in files {
        hash.update(file.path.as_bytes());
        hash.update([0]);
        hash.update(file.text.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    let short: String = digest[..4].iter().map(|b| format!("{b:02x}")).collect();
    let release = files
        .iter()
        .find(|f| f.path == "pack.toml")
        .and_then(|f| parse::<PackFile>(f, &f.text, 0, lints))
        .map_or_else(|| "0".to_owned(), |p| p.version);
    format!("{release}+{short}")
}

/// Release number and content hash, without compiling.
pub fn version_of(files: &[SourceFile]) -> String {
    version(files, &mut Lints::default())
}

/// The release number that a `pack.toml` gives.
pub(super) fn release(pack: &SourceFile) -> Option<String> {
    parse::<PackFile>(pack, &pack.text, 0, &mut Lints::default()).map(|p| p.version)
}

pub(super) fn under<'a>(
    files: &'a [SourceFile],
    folder: &'a str,
    ext: &'a str,
) -> impl Iterator<Item = &'a SourceFile> {
    files.iter().filter(move |f| {
        f.path.starts_with(folder)
            && f.path.rsplit_once('.').is_some_and(|(_, e)| e == ext)
            && !f.path.ends_with(".cases.toml")
    })
}

pub(super) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(s, _)| s)
}

/// `Some` when the entry is to be loaded.
pub(super) fn status(word: &str, path: &str, lints: &mut Lints) -> Option<Status> {
    match word {
        "trial" => Some(Status::Trial),
        "draft" | "retired" => None,
        "stable" => {
            lints.push(
                LintId::NotStable,
                path,
                1,
                "status = \"stable\" 需要两位具名医师/药师的签字记录".into(),
                "目前一律写 trial",
            );
            Some(Status::Trial)
        }
        other => {
            lints.push(
                LintId::UnknownWord,
                path,
                1,
                format!("status 不认识：{other}"),
                "draft | trial | retired",
            );
            None
        }
    }
}

fn sources(files: &[SourceFile], out: &mut Compiled) {
    for file in files.iter().filter(|f| f.path == "sources.toml") {
        let Some(parsed) = parse::<SourcesFile>(file, &file.text, 0, &mut out.lints) else {
            continue;
        };
        for (id, head) in parsed.source {
            out.catalog.sources.push(Source {
                id,
                title: head.title,
                publisher: head.publisher,
                year: head.year,
                licence: head.licence,
            });
        }
    }
}

/// References between kinds, checked when everything is known.
fn cross_references(files: &[SourceFile], out: &mut Compiled) {
    let text_of = |id: &str| {
        under(files, "conditions/", "md")
            .find(|f| stem(&f.path) == id)
            .map_or(("conditions", ""), |f| (f.path.as_str(), f.text.as_str()))
    };
    for condition in &out.catalog.conditions {
        for other in condition.is_a.iter().chain(&condition.confusable) {
            if !out.catalog.condition_ix.contains_key(other) {
                let (path, text) = text_of(&condition.id);
                out.lints.push(
                    LintId::UnknownId,
                    path,
                    line_of(text, other),
                    format!("疾病不存在：{other}"),
                    "改 id 或删去",
                );
            }
        }
        for drug in &condition.drugs {
            if out.catalog.formulary.drug(drug).is_none() {
                let (path, text) = text_of(&condition.id);
                out.lints.push(
                    LintId::UnknownId,
                    path,
                    line_of(text, drug),
                    format!("药品不存在：{drug}"),
                    "改 id 或删去",
                );
            }
        }
    }
    for rule in &out.catalog.red_flags {
        for other in &rule.conditions {
            if !out.catalog.condition_ix.contains_key(other) {
                let path = format!("rules/red-flags/{}.toml", rule.id);
                out.lints.push(
                    LintId::UnknownId,
                    &path,
                    1,
                    format!("疾病不存在：{other}"),
                    "改 id 或删去",
                );
            }
        }
    }
    let mut used = vec![false; out.catalog.findings.len()];
    let mut mark = |ix: FindingIx, findings: &[Finding]| {
        used[ix.at()] = true;
        for ancestor in &findings[ix.at()].ancestors {
            used[ancestor.at()] = true;
        }
    };
    let all = &out.catalog.findings;
    for condition in &out.catalog.conditions {
        for ix in
            condition.findings.iter().map(|(f, _)| f).chain(condition.risks.iter().map(|(f, _)| f))
        {
            mark(*ix, all);
        }
    }
    for clause in out.catalog.red_flags.iter().flat_map(|r| &r.when) {
        for ix in clause.all.iter().chain(&clause.any).chain(&clause.none) {
            mark(*ix, all);
        }
    }
    for (ix, finding) in all.iter().enumerate() {
        let child_used = finding.children.iter().any(|c| used[c.at()]);
        if !used[ix] && !child_used {
            out.lints.push(
                LintId::UnusedFinding,
                "vocabulary/findings",
                1,
                format!("没有疾病或规则用到 {}（{}）", finding.id, finding.zh),
                "加进疾病，或删去",
            );
        }
    }
}
