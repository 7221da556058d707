//! The way of a knowledge pack: built -> signed -> verified -> fits -> tested -> staged -> turned on; and back.
use std::path::{Path, PathBuf};

use super::{
    failure::{Failure, Kind},
    follow_up, knowledge_base,
    prescribing::Pharmacist,
    rx_cases,
};
use crate::{
    domain::{age::Day, diagnosis::Engine},
    infer::{self, Model, Place},
    knowledge::{
        self, KnowledgeError, SourceFile,
        installed::{Shelf, Slot, read_slot},
        pack::{self, Label, ModelFiles, Pack, PackError, Version},
        signature::{self, TrustedKey},
    },
};

pub use knowledge::signature::SignatureError;

/// A pack that wants to be turned on.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    pub bytes: &'a [u8],
    pub signature: &'a str,
    pub trusted: Vec<TrustedKey>,
    /// The highest version ever turned on here.
    pub floor: Option<(Version, String)>,
    pub today: Day,
}

/// What was turned on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    pub version: String,
    pub sha256: String,
    pub signed_by: String,
    pub cases: usize,
}

/// What a self-test counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SelfTest {
    pub conditions: usize,
    pub guideline_paragraphs: usize,
    pub cases: usize,
}

pub(super) fn refused(why: &str) -> Failure {
    let end = if why.ends_with('。') { "" } else { "。" };
    Failure::new(
        Kind::Data,
        format!("知识包未启用：{why}{end}"),
        format!("The pack was not turned on: {why}"),
    )
    .kept("原来的知识库仍在使用。", "The knowledge in use stays.")
}

/// Verifies -> reads -> fits -> tests -> puts beside the one in use. Nothing is turned on yet.
pub fn stage(shelf: &Shelf, candidate: &Candidate<'_>) -> Result<Installed, Failure> {
    let signed_by = signature::verify(candidate.bytes, candidate.signature, &candidate.trusted)
        .map_err(|error| refused(&error.to_string()))?;
    let pack = pack::read(candidate.bytes).map_err(|error| refused(&error.to_string()))?;
    fits(&pack, candidate)?;
    let tested = self_test(&pack).map_err(|why| refused(&why))?;
    let staged = shelf.stage(candidate.bytes, candidate.signature);
    staged.map_err(|error| {
        shelf.discard_staged();
        refused(&error.to_string())
    })?;
    Ok(Installed {
        version: pack.version.to_string(),
        sha256: pack.sha256,
        signed_by,
        cases: tested.cases,
    })
}

/// The program, the date, and the order of versions.
fn fits(pack: &Pack, candidate: &Candidate<'_>) -> Result<(), Failure> {
    let program = Version::parse(env!("CARGO_PKG_VERSION"));
    if program.is_none_or(|program| program < pack.min_program) {
        return Err(refused(&PackError::NeedsNewer(pack.min_program.to_string()).to_string()));
    }
    if let Some(last) = pack.not_after.filter(|last| *last < candidate.today) {
        return Err(refused(&PackError::Expired(last).to_string()));
    }
    let built_in = built_in_version();
    if built_in.as_ref().is_some_and(|own| pack.version <= *own) {
        let own = built_in.map_or_else(String::new, |own| own.to_string());
        return Err(refused(&format!("版本 {} 不比程序自带的 {own} 新", pack.version)));
    }
    if let Some((floor, sha256)) = &candidate.floor
        && (pack.version < *floor || (pack.version == *floor && pack.sha256 != *sha256))
    {
        return Err(refused(&format!(
            "版本 {} 比启用过的 {floor} 旧或内容不同，不能降级（回退用 kb rollback）",
            pack.version
        )));
    }
    Ok(())
}

pub fn built_in_version() -> Option<Version> {
    let files = knowledge::embedded().ok()?;
    Version::parse(&knowledge::compile::version_of(&files))
}

/// Lint, every case, the model: as `kb lint`, `kb cases` and the program itself run them.
pub fn self_test(pack: &Pack) -> Result<SelfTest, String> {
    let compiled = knowledge::compile(&pack.files);
    if compiled.lints.errors() > 0 {
        let first = compiled.lints.0.iter().find(|l| l.id.is_error()).map(ToString::to_string);
        return Err(format!(
            "自检发现 {} 处错误，如 {}",
            compiled.lints.errors(),
            first.unwrap_or_default()
        ));
    }
    let catalog = &compiled.catalog;
    if catalog.conditions.is_empty()
        || catalog.red_flags.is_empty()
        || catalog.formulary.drugs.is_empty()
    {
        return Err("自检：没有病种、勿漏规则或药品，是个空包".to_owned());
    }
    let mut tested = SelfTest {
        conditions: catalog.conditions.len(),
        guideline_paragraphs: catalog.guidelines.iter().map(|g| g.paragraphs.len()).sum(),
        cases: 0,
    };
    Model::load(Place::Memory { manifest: &pack.model.manifest, onnx: &pack.model.onnx }, catalog)
        .map_err(|error| format!("自检：{error}"))?;
    let engine = Engine::new(compiled.catalog).ok_or("自检：词典放不进内存")?;
    let visits = knowledge_base::run_visit_cases(&engine, &compiled.cases);
    let follow_ups = follow_up::cases::run(&engine.catalog, &compiled.cases);
    let pharmacist = Pharmacist::new(engine.catalog);
    for run in [
        visits,
        follow_ups,
        rx_cases::run_written(&pharmacist, &compiled.cases),
        rx_cases::generated::run_interactions(&pharmacist),
        rx_cases::generated::run_doses(&pharmacist),
        rx_cases::generated::run_limits(&pharmacist),
    ] {
        if let Some(failure) = run.failures.first() {
            return Err(format!("自检：{} 个病例不符，如 {failure}", run.failures.len()));
        }
        tested.cases += run.ran;
    }
    Ok(tested)
}

/// Goes back; gives the version of the pack in use then, `None` = the built-in knowledge.
pub(super) fn roll_back(shelf: &Shelf) -> Result<Option<String>, Failure> {
    if !shelf.has(Slot::Current) && !shelf.has(Slot::Previous) {
        return Err(Failure::new(
            Kind::User,
            "没有装过知识包，无可回退。",
            "No pack was ever installed.",
        ));
    }
    // The one to go back to must still be whole; going back to the built-in knowledge is always possible.
    if shelf.has(Slot::Previous) {
        read_slot(&shelf.slot(Slot::Previous)).map_err(|error| refused(&error.to_string()))?;
    }
    shelf.roll_back().map_err(|error| refused(&error.to_string()))?;
    if !shelf.has(Slot::Current) {
        return Ok(None);
    }
    let pack =
        read_slot(&shelf.slot(Slot::Current)).map_err(|error| refused(&error.to_string()))?;
    Ok(Some(pack.version.to_string()))
}

/// The installed pack of a data directory, checked; `Err` says why the built-in knowledge is used instead.
pub fn in_use(data_dir: &Path) -> Option<Result<PathBuf, String>> {
    let slot = Shelf::of(data_dir).installed()?;
    Some(knowledge::load(&slot).map(|_| slot).map_err(|error| error.to_string()))
}

/// The slot of the installed pack, unchecked: whoever reads it checks it.
pub fn installed_slot(data_dir: &Path) -> Option<PathBuf> {
    Shelf::of(data_dir).installed()
}

/// Packs a folder of knowledge (or the built-in one) with a model (or the built-in one).
pub fn build(
    (folder, model): (Option<&Path>, Option<&Path>),
    (made_on, not_after): (Day, Option<Day>),
) -> Result<Vec<u8>, KnowledgeError> {
    let files: Vec<SourceFile> = match folder {
        Some(path) => knowledge::load(path)?.files,
        None => knowledge::embedded()?,
    };
    let version = knowledge::compile::version_of(&files);
    let version = Version::parse(&version)
        .ok_or_else(|| KnowledgeError::Pack(format!("pack.toml 的版本写法不对：{version}")))?;
    let model = match model {
        None => {
            let (manifest, onnx) = infer::built_in_files();
            ModelFiles { manifest: manifest.to_owned(), onnx: onnx.to_vec() }
        }
        Some(folder) => {
            let read = |name: &str| {
                let path = folder.join(name);
                std::fs::read(&path).map_err(|source| KnowledgeError::Read {
                    path: path.display().to_string(),
                    source,
                })
            };
            let manifest = String::from_utf8(read("manifest.toml")?)
                .map_err(|_| KnowledgeError::NotText { path: "manifest.toml".into() })?;
            ModelFiles { manifest, onnx: read("model.onnx")? }
        }
    };
    let label =
        Label { version, made_on, not_after, min_program: env!("CARGO_PKG_VERSION").to_owned() };
    Ok(pack::build(&label, &files, &model)?)
}

/// What a pack says about itself, after every byte was checked.
pub fn read(bytes: &[u8]) -> Result<Pack, PackError> {
    pack::read(bytes)
}

/// Signs a file as minisign does.
pub fn sign(
    bytes: &[u8],
    secret: &str,
    passphrase: Option<String>,
    comment: &str,
) -> Result<String, SignatureError> {
    signature::sign(bytes, secret, passphrase, comment)
}

pub fn wants_passphrase(secret: &str) -> bool {
    signature::wants_passphrase(secret)
}

pub fn new_keys(passphrase: &str) -> Result<(String, String), SignatureError> {
    signature::new_keys(passphrase)
}

/// Verifies by public keys that were named outright.
pub fn verify(bytes: &[u8], signed: &str, keys: &[String]) -> Result<String, SignatureError> {
    let mut trusted = vec![];
    for (n, text) in keys.iter().enumerate() {
        let key = signature::public_key(text)?;
        trusted.push(TrustedKey { name: format!("--key {}", n + 1), key, added_on: String::new() });
    }
    signature::verify(bytes, signed, &trusted)
}
