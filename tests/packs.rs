//! Signed knowledge packs: what is turned on, what is refused, and that `minisign` itself agrees with us.
use std::{fs, path::Path, process::Command, sync::OnceLock};

use sha2::{Digest, Sha256};
use xinglin::{
    domain::{age::Day, role::Role, words::Lang},
    knowledge::{
        self, SourceFile,
        pack::{self, Label, ModelFiles, Version},
        signature,
    },
    services::{
        advisor::{Advisor, Notice},
        clinic::Clinic,
        failure::Failure,
        knowledge_base, pack as way,
    },
};

use crate::support::{PASSPHRASE, Place, add_user};

/// A small base that is whole: the shipped vocabulary, one rule with its cases, one drug, one illness of our own.
fn files(version: &str) -> Vec<SourceFile> {
    const KEPT: &[&str] = &[
        "sources.toml",
        "vocabulary/measurements.toml",
        "vocabulary/drug-classes.toml",
        "rules/red-flags/abdominal-trauma.toml",
        "rules/red-flags/abdominal-trauma.cases.toml",
        "drugs/c/colchicine.md",
    ];
    const ILLNESS: &str = "```toml\nid = \"gout\"\nzh = \"痛风\"\nen = \"gout\"\nicd10 = [\"M10.9\"]\nsystem = \"x\"\nstatus = \"trial\"\nprior = \"uncommon\"\nonset = [\"acute\"]\nurgency = \"routine\"\nbasis = \"clinical-estimate\"\n\n[findings]\ncommon = [\"fever\", \"cough\", \"headache\", \"vomiting\", \"abdominal-pain\"]\n```\n## 要点\n试验用。\n";
    let mut files: Vec<SourceFile> = knowledge::embedded()
        .unwrap()
        .into_iter()
        .filter(|f| KEPT.contains(&f.path.as_str()) || f.path.starts_with("vocabulary/findings/"))
        .collect();
    files.push(SourceFile { path: "conditions/x/gout.md".into(), text: ILLNESS.into() });
    files.push(SourceFile { path: "pack.toml".into(), text: format!("version = \"{version}\"\n") });
    files
}

fn model() -> ModelFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ranker");
    ModelFiles {
        manifest: fs::read_to_string(folder.join("manifest.toml")).unwrap(),
        onnx: fs::read(folder.join("model.onnx")).unwrap(),
    }
}

fn label(version: &str) -> Label {
    Label {
        version: Version::parse(version).unwrap(),
        made_on: Day::new(2026, 11, 24).unwrap(),
        not_after: None,
        min_program: "0.1.0".to_owned(),
    }
}

fn good() -> &'static [u8] {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| pack::build(&label("2030.1.1"), &files("2030.1.1"), &model()).unwrap())
}

/// A small pack of any content, written without the checks of `pack::build`.
fn raw(version: &str, head: &str, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut manifest = format!(
        "id = \"xinglin-knowledge\"\nversion = \"{version}\"\nmade_on = \"2026-11-24\"\nmin_program = \"0.1.0\"\n{head}"
    );
    for (path, bytes) in parts {
        let sum: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        manifest.push_str(&format!(
            "\n[[file]]\npath = {path:?}\nsize = {}\nsha256 = \"{sum}\"\n",
            bytes.len()
        ));
    }
    let mut pack = b"XLPK1\n".to_vec();
    pack.extend((manifest.len() as u32).to_le_bytes());
    pack.extend(manifest.bytes());
    for (_, bytes) in parts {
        pack.extend(*bytes);
    }
    pack
}

const RELEASE: &[u8] = b"version = \"2030.1.1\"\n";

/// A station whose administrator trusts one publisher.
struct Desk {
    place: Place,
    clinic: Clinic,
    secret: String,
}

impl Desk {
    fn new() -> Self {
        let place = Place::new();
        let (mut clinic, _) = place.set_up();
        let (public, secret) = way::new_keys("").unwrap();
        clinic.trust_key("县疾控中心", &public).unwrap();
        Self { place, clinic, secret }
    }

    fn sign(&self, bytes: &[u8]) -> String {
        way::sign(bytes, &self.secret, None, "test").unwrap()
    }

    /// Refused with these words; what was in use stays in use and the attempt is in the log.
    #[track_caller]
    fn refuses(&mut self, bytes: &[u8], signature: &str, words: &str) {
        let slot = self.place.path().join("knowledge/current");
        let before = fs::read(slot.join("base.xlpack")).ok();
        let failure: Failure = self.clinic.install_pack(bytes, signature).unwrap_err();
        let said = failure.sentence(Lang::Zh);
        assert!(said.contains(words), "{words:?} is not in {said:?}");
        assert!(said.contains("原来的知识库仍在使用"), "{said}");
        assert_eq!(fs::read(slot.join("base.xlpack")).ok(), before, "the slot was touched");
        assert!(!self.place.path().join("knowledge/staged").exists(), "something stays staged");
        let entries = self.log();
        assert!(
            entries
                .iter()
                .any(|e| e.starts_with("install-knowledge pack sha256:") && e.ends_with("failed")),
            "{entries:?}"
        );
    }

    #[track_caller]
    fn refuses_signed(&mut self, bytes: &[u8], words: &str) {
        let signature = self.sign(bytes);
        self.refuses(bytes, &signature, words);
    }

    /// Action, object and outcome of every entry, read by an auditor in a window of their own.
    fn log(&mut self) -> Vec<String> {
        if self.clinic.users().unwrap().iter().all(|user| user.name != "shen") {
            add_user(&mut self.clinic, "shen", Role::Auditor);
        }
        let mut auditor = self.place.station().sign_in("shen", PASSPHRASE).unwrap();
        let entries = auditor.audit_log(None, 1000).unwrap();
        entries
            .into_iter()
            .map(|e| format!("{} {} {}", e.fact.action, e.fact.object, e.fact.outcome.id()))
            .collect()
    }
}

#[test]
fn a_signed_pack_is_tested_turned_on_read_by_the_program_and_rolled_back() {
    let mut desk = Desk::new();
    let signature = desk.sign(good());
    let installed = desk.clinic.install_pack(good(), &signature).unwrap();
    assert_eq!(
        (installed.version.as_str(), installed.signed_by.as_str()),
        ("2030.1.1", "县疾控中心")
    );
    assert!(installed.cases > 5, "{}", installed.cases);
    let slot = way::in_use(desk.place.path()).unwrap().unwrap();
    let compiled = knowledge_base::compiled(Some(&slot)).unwrap();
    assert!(compiled.catalog.version.starts_with("2030.1.1+"), "{}", compiled.catalog.version);
    // The same again, after it was taken back: the floor lets exactly this one through.
    assert_eq!(desk.clinic.roll_back_pack().unwrap(), None);
    assert!(way::in_use(desk.place.path()).is_none());
    assert_eq!(desk.clinic.roll_back_pack().unwrap().as_deref(), Some("2030.1.1"));
    let log = desk.log();
    for line in [
        "install-knowledge pack:2030.1.1 sha256:",
        "install-knowledge pack rollback to:built-in",
        "change-pack-keys pack-key:",
    ] {
        assert!(log.iter().any(|entry| entry.starts_with(line)), "{line}: {log:?}");
    }

    // What is on the disk is checked at every start: a damaged slot gives the built-in knowledge and says so.
    let path = slot.join("base.xlpack");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let why = way::in_use(desk.place.path()).unwrap().unwrap_err();
    assert!(why.contains("继续使用程序自带的知识库"), "{why}");
    let advisor = Advisor::load(Some(&slot), None).unwrap();
    assert!(advisor.notices.iter().any(|n| matches!(n, Notice::KnowledgeFallback(_))));
    assert!(!advisor.knowledge_version().starts_with("2030"));
}

#[test]
fn tampering_1_a_flipped_byte_is_refused() {
    let mut desk = Desk::new();
    let signature = desk.sign(good());
    for at in [0, 7, 200, good().len() / 2, good().len() - 1] {
        let mut bytes = good().to_vec();
        bytes[at] ^= 0x20;
        desk.refuses(&bytes, &signature, "签名与文件不符");
    }
}

#[test]
fn tampering_2_a_truncated_pack_is_refused() {
    let mut desk = Desk::new();
    let cut = &good()[..good().len() - 1000];
    let whole = desk.sign(good());
    desk.refuses(cut, &whole, "签名与文件不符");
    // Also when the one who cuts holds the key.
    desk.refuses_signed(cut, "不完整");
    desk.refuses_signed(&good()[..8], "不完整");
}

#[test]
fn tampering_3_bytes_appended_are_refused() {
    let mut desk = Desk::new();
    let longer = [good(), b"\0\0\0"].concat();
    let signature = desk.sign(good());
    desk.refuses(&longer, &signature, "签名与文件不符");
    desk.refuses_signed(&longer, "多出 3 字节");
}

#[test]
fn tampering_4_a_signature_by_another_key_is_refused() {
    let mut desk = Desk::new();
    let (_, other) = way::new_keys("").unwrap();
    let signature = way::sign(good(), &other, None, "").unwrap();
    desk.refuses(good(), &signature, "不在可信名单上");
    // A stranger's signature that claims the number of the trusted key.
    let own = desk.sign(good());
    let mixed = renumbered(&signature, &own);
    desk.refuses(good(), &mixed, "签名与文件不符");
}

/// The signature of one file with the key number of another.
fn renumbered(signature: &str, other: &str) -> String {
    let line = |text: &str, n: usize| text.lines().nth(n).unwrap().to_owned();
    let (mine, theirs) = (line(signature, 1), line(other, 1));
    // Algorithm and key number are ten bytes: thirteen letters of base64 and a part of the next.
    let mut blended: String = theirs[..14].to_owned();
    blended.push_str(&mine[14..]);
    signature.replace(&mine, &blended)
}

#[test]
fn tampering_5_a_downgrade_is_refused() {
    let mut desk = Desk::new();
    let older = pack::build(&label("2020.1.1"), &files("2020.1.1"), &model()).unwrap();
    desk.refuses_signed(&older, "不比程序自带的");
    let signature = desk.sign(good());
    desk.clinic.install_pack(good(), &signature).unwrap();
    let between = pack::build(&label("2029.1.1"), &files("2029.1.1"), &model()).unwrap();
    desk.refuses_signed(&between, "不能降级");
    // The same number with another content.
    let mut changed = files("2030.1.1");
    changed.iter_mut().find(|f| f.path == "pack.toml").unwrap().text.push_str("# x\n");
    let twin = pack::build(&label("2030.1.1"), &changed, &model()).unwrap();
    desk.refuses_signed(&twin, "不能降级");
    // Going back is another way, and does not lower the floor.
    desk.clinic.roll_back_pack().unwrap();
    desk.refuses_signed(&between, "不能降级");
}

#[test]
fn tampering_6_the_signature_of_another_pack_is_refused() {
    let mut desk = Desk::new();
    let other = pack::build(&label("2031.1.1"), &files("2031.1.1"), &model()).unwrap();
    let signature = desk.sign(&other);
    desk.refuses(good(), &signature, "签名与文件不符");
}

#[test]
fn tampering_7_names_that_lead_elsewhere_are_refused_even_when_signed() {
    let mut desk = Desk::new();
    for name in [
        "../../evil.toml",
        "/etc/cron.d/x",
        "knowledge/../../x",
        "knowledge/a\\b",
        "other/x",
        "knowledge/.ssh/x",
        "知识.md",
    ] {
        desk.refuses_signed(
            &raw("2030.1.1", "", &[("knowledge/pack.toml", RELEASE), (name, b"x")]),
            "文件名不允许",
        );
    }
}

#[test]
fn tampering_8_a_pack_without_its_model_is_refused() {
    let mut desk = Desk::new();
    desk.refuses_signed(
        &raw("2030.1.1", "", &[("knowledge/pack.toml", RELEASE)]),
        "缺少 model/model.onnx",
    );
    let manifest = model().manifest;
    let without_knowledge = raw(
        "2030.1.1",
        "",
        &[("model/manifest.toml", manifest.as_bytes()), ("model/model.onnx", b"x")],
    );
    desk.refuses_signed(&without_knowledge, "缺少 knowledge/pack.toml");
}

#[test]
fn tampering_9_a_file_that_stands_twice_is_refused() {
    let mut desk = Desk::new();
    let twice = raw(
        "2030.1.1",
        "",
        &[("knowledge/pack.toml", RELEASE), ("knowledge/Pack.toml", b"version = \"1\"\n")],
    );
    desk.refuses_signed(&twice, "文件重复");
}

#[test]
fn tampering_10_a_file_swapped_under_its_manifest_is_refused() {
    let mut desk = Desk::new();
    let mut bytes = good().to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    desk.refuses_signed(&bytes, "与清单不符");
}

#[test]
fn tampering_11_an_expired_pack_or_one_for_a_newer_program_is_refused() {
    let mut desk = Desk::new();
    let late = Label { not_after: Day::new(2026, 11, 23), ..label("2030.1.1") };
    let expired = pack::build(&late, &files("2030.1.1"), &model()).unwrap();
    desk.refuses_signed(&expired, "已过期");
    let newer = Label { min_program: "99.0.0".to_owned(), ..label("2030.1.1") };
    let newer = pack::build(&newer, &files("2030.1.1"), &model()).unwrap();
    desk.refuses_signed(&newer, "需要 99.0.0");
}

#[test]
fn tampering_12_an_altered_comment_or_a_maimed_signature_is_refused() {
    let mut desk = Desk::new();
    let signature = desk.sign(good());
    let altered = signature.replace("trusted comment: test", "trusted comment: best");
    assert_ne!(altered, signature);
    desk.refuses(good(), &altered, "签名与文件不符");
    let lines: Vec<&str> = signature.lines().collect();
    for maimed in ["", "x", &lines[..2].join("\n"), &signature.replace('R', "!"), &"A".repeat(5000)]
    {
        desk.refuses(good(), maimed, "签名");
    }
}

#[test]
fn tampering_13_a_model_that_does_not_fit_its_manifest_is_refused() {
    let mut desk = Desk::new();
    let mut other = model();
    let middle = other.onnx.len() / 2;
    other.onnx[middle] ^= 1;
    let bytes = pack::build(&label("2030.1.1"), &files("2030.1.1"), &other).unwrap();
    desk.refuses_signed(&bytes, "模型未加载");
}

#[test]
fn tampering_14_knowledge_with_faults_or_without_content_is_refused() {
    let mut desk = Desk::new();
    let mut faulty = files("2030.1.1");
    faulty
        .iter_mut()
        .find(|f| f.path.starts_with("rules/red-flags/") && !f.path.contains(".cases."))
        .unwrap()
        .text
        .push_str("\nnonsense = 1\n");
    let bytes = pack::build(&label("2030.1.1"), &faulty, &model()).unwrap();
    desk.refuses_signed(&bytes, "自检发现");
    let empty =
        vec![SourceFile { path: "pack.toml".into(), text: "version = \"2030.1.1\"\n".into() }];
    let bytes = pack::build(&label("2030.1.1"), &empty, &model()).unwrap();
    desk.refuses_signed(&bytes, "空包");
}

#[test]
fn tampering_15_a_changed_list_of_trusted_keys_is_put_right_and_does_not_count() {
    let mut desk = Desk::new();
    let (public, secret) = way::new_keys("").unwrap();
    let path = desk.place.path().join("knowledge/trusted-keys.toml");
    let own = fs::read_to_string(&path).unwrap();
    let key = signature::public_key(&public).unwrap();
    fs::write(
        &path,
        format!("[[key]]\nname = \"x\"\nkey = \"{key}\"\nadded_on = \"2026-11-24\"\n"),
    )
    .unwrap();
    let signature = way::sign(good(), &secret, None, "").unwrap();
    desk.refuses(good(), &signature, "不在可信名单上");
    drop(desk.place.sign_in());
    assert_eq!(fs::read_to_string(&path).unwrap(), own, "the list was not put right");
    assert!(desk.log().iter().any(|e| e.starts_with("pack-keys-changed")));
}

#[test]
fn tampering_16_another_products_file_or_no_pack_at_all_is_refused() {
    let mut desk = Desk::new();
    let mut other = raw("2030.1.1", "", &[("knowledge/pack.toml", RELEASE)]);
    let at = other.windows(17).position(|w| w == b"xinglin-knowledge").unwrap();
    other[at + 16] = b'f';
    desk.refuses_signed(&other, "不是杏林的知识包");
    desk.refuses_signed(b"hello", "不是知识包文件");
    desk.refuses_signed(
        &raw("2030.1.1", "extra = 1\n", &[("knowledge/pack.toml", RELEASE)]),
        "清单读不懂",
    );
    desk.refuses_signed(
        &raw(
            "2031.1.1",
            "",
            &[
                ("knowledge/pack.toml", RELEASE),
                ("model/manifest.toml", b""),
                ("model/model.onnx", b""),
            ],
        ),
        "前后不一",
    );
}

#[test]
fn a_publisher_no_longer_trusted_is_not_believed_at_the_next_start() {
    let mut desk = Desk::new();
    let signature = desk.sign(good());
    desk.clinic.install_pack(good(), &signature).unwrap();
    let number = desk.clinic.trusted_keys().unwrap()[0].number().unwrap();
    desk.clinic.distrust_key(&number).unwrap();
    assert!(way::in_use(desk.place.path()).unwrap().is_err());
    desk.refuses(good(), &signature, "没有可信的公钥");
}

/// The tool of Debian and ours sign for each other. Skipped with a word where the tool is not there.
#[test]
fn minisign_itself_verifies_our_signatures_and_we_verify_its_own() {
    if Command::new("minisign").arg("-v").output().is_err() {
        println!("minisign is not installed: skipped");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("file"), b"content of a pack").unwrap();
    let run = |args: &[&str]| {
        let output = Command::new("minisign").args(args).current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    // Ours -> theirs, by a key of ours.
    let (public, secret) = way::new_keys("").unwrap();
    fs::write(at("ours.pub"), &public).unwrap();
    let signature = way::sign(b"content of a pack", &secret, None, "ours").unwrap();
    fs::write(at("file.minisig"), signature).unwrap();
    run(&["-V", "-p", "ours.pub", "-m", "file"]);
    fs::write(at("file"), b"content of a pacK").unwrap();
    let bad = Command::new("minisign")
        .args(["-V", "-p", "ours.pub", "-m", "file"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(!bad.status.success(), "minisign takes what we did not sign");
    fs::write(at("file"), b"content of a pack").unwrap();
    // Theirs -> ours, by a key of theirs without a passphrase.
    run(&["-G", "-W", "-p", "theirs.pub", "-s", "theirs.key"]);
    run(&["-S", "-s", "theirs.key", "-m", "file", "-x", "theirs.minisig", "-t", "theirs"]);
    let public = fs::read_to_string(at("theirs.pub")).unwrap();
    let signed = fs::read_to_string(at("theirs.minisig")).unwrap();
    way::verify(b"content of a pack", &signed, std::slice::from_ref(&public)).unwrap();
    assert!(way::verify(b"content of a pacK", &signed, &[public]).is_err());
    // Their secret key signs with our hands, and they verify it.
    let secret = fs::read_to_string(at("theirs.key")).unwrap();
    let signature = way::sign(b"content of a pack", &secret, None, "by theirs").unwrap();
    fs::write(at("file.minisig"), signature).unwrap();
    run(&["-V", "-p", "theirs.pub", "-m", "file"]);
}
