//! The administration commands of the real binary: their words, their exit codes, their files.
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const WORDS: &str = "willow creek 2026";
const OTHER: &str = "other words 2026";

/// Runs the binary; the lines are what is read from `--passphrase-fd 0`.
fn xinglin(dir: &Path, args: &[&str], lines: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_xinglin"))
        .arg("--data-dir")
        .arg(dir)
        .args(["--lang", "zh"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in lines {
        // A command that refuses early closes the pipe.
        drop(writeln!(stdin, "{line}"));
    }
    drop(stdin);
    child.wait_with_output().unwrap()
}

#[track_caller]
fn expect(output: &Output, code: i32, words: &str) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "out: {out}\nerr: {err}");
    let text = if code == 0 || code == 1 { out } else { err };
    assert!(text.contains(words), "{words:?} is not in: {text}");
    text.into_owned()
}

fn set_up(dir: &Path) -> String {
    let args =
        ["set-up", "--clinic-name", "柳溪村卫生室", "--user", "wang", "--passphrase-fd", "0"];
    let text = expect(&xinglin(dir, &args, &[WORDS]), 0, "恢复密钥");
    text.lines().last().unwrap().to_owned()
}

fn wang<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [command, &["--user", "wang", "--passphrase-fd", "0"]].concat()
}

/// `user` and its like take the options before the verb.
fn wang_at<'a>(group: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    [&[group, "--user", "wang", "--passphrase-fd", "0"], rest].concat()
}

#[test]
fn a_station_is_set_up_and_its_users_are_kept_by_commands() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    set_up(dir);
    let add = wang_at("user", &["add", "li", "--display-name", "李梅", "--roles", "pharmacist"]);
    expect(&xinglin(dir, &add, &[WORDS, OTHER]), 0, "已新增用户 li");
    expect(&xinglin(dir, &add, &[WORDS, OTHER]), 3, "已存在：该用户");
    let list = xinglin(dir, &wang_at("user", &["list", "--json"]), &[WORDS]);
    expect(&list, 0, r#"{"name":"li","display_name":"李梅","roles":["pharmacist"],"active":true}"#);
    let li = ["user", "--user", "li", "--passphrase-fd", "0", "list"];
    expect(&xinglin(dir, &li, &[OTHER]), 4, "没有此项权限");
    expect(&xinglin(dir, &wang_at("user", &["off", "li"]), &[WORDS]), 0, "已停用用户 li");
    expect(&xinglin(dir, &li, &[OTHER]), 4, "用户名或口令不正确");
    let roles = wang_at("user", &["add", "chen", "--roles", "doctor,auditor"]);
    expect(&xinglin(dir, &roles, &[WORDS, OTHER]), 2, "auditor 只能单独");
}

#[test]
fn a_lost_passphrase_comes_back_by_the_printed_key() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let key = set_up(dir);
    let unlock = wang_at("key", &["unlock"]);
    expect(&xinglin(dir, &unlock, &["AAAAA-BBBBB", OTHER]), 3, "恢复密钥不正确");
    expect(&xinglin(dir, &unlock, &[&key, OTHER]), 0, "口令已重设");
    expect(&xinglin(dir, &wang_at("audit", &["verify"]), &[WORDS]), 4, "口令不正确");
    let new = expect(&xinglin(dir, &wang_at("key", &["recovery"]), &[OTHER]), 0, "旧的已作废");
    expect(&xinglin(dir, &unlock, &[&key, WORDS]), 3, "恢复密钥不正确");
    expect(&xinglin(dir, &unlock, &[new.lines().last().unwrap(), WORDS]), 0, "口令已重设");
}

#[test]
fn the_log_is_verified_against_a_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    set_up(dir);
    let text = expect(&xinglin(dir, &wang_at("audit", &["checkpoint"]), &[WORDS]), 0, ":");
    let checkpoint = text.trim();
    let verify = wang_at("audit", &["verify", "--json", "--checkpoint", checkpoint]);
    expect(&xinglin(dir, &verify, &[WORDS]), 0, r#""whole":true"#);
    let (_, hash) = checkpoint.split_once(':').unwrap();
    let later = format!("900:{hash}");
    let verify = wang_at("audit", &["verify", "--checkpoint", &later]);
    expect(&xinglin(dir, &verify, &[WORDS]), 1, "末尾被截，应到 900");
    let verify = wang_at("audit", &["verify", "--checkpoint", "nonsense"]);
    expect(&xinglin(dir, &verify, &[WORDS]), 2, "检查点");
    expect(&xinglin(dir, &wang_at("audit", &["list"]), &[WORDS]), 4, "没有此项权限");
}

#[test]
fn a_backup_is_made_checked_and_restored_elsewhere() {
    let (dir, usb, new) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = set_up(dir.path());
    let folder = usb.path().join("b1");
    let folder = folder.to_str().unwrap();
    expect(&xinglin(dir.path(), &wang(&["backup", folder]), &[WORDS]), 0, "备份完成");
    expect(&xinglin(dir.path(), &wang(&["backup", folder]), &[WORDS]), 3, "exists already");
    let check = ["restore", folder, "--check-only", "--recovery-key", "--passphrase-fd", "0"];
    expect(&xinglin(new.path(), &check, &[&key]), 0, "备份完好");
    assert!(!new.path().join("station").exists());
    expect(&xinglin(new.path(), &wang(&["restore", folder]), &["wrong words 42"]), 4, "口令不正确");
    expect(&xinglin(new.path(), &wang(&["restore", folder]), &[WORDS]), 0, "已恢复");
    expect(&xinglin(new.path(), &wang(&["doctor"]), &[WORDS]), 0, "entries, whole");
}

#[test]
fn the_self_check_finds_a_damaged_page_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    expect(&xinglin(dir, &["doctor"], &[]), 0, "还没有建站");
    set_up(dir);
    expect(&xinglin(dir, &["doctor"], &[]), 0, "已建站");
    expect(
        &xinglin(dir, &wang(&["doctor", "--json"]), &[WORDS]),
        0,
        r#""check":"pages","ok":true"#,
    );
    let path = dir.join("station/station.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let output = xinglin(dir, &wang(&["doctor"]), &[WORDS]);
    assert!(matches!(output.status.code(), Some(1 | 3)), "{output:?}");
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(text.contains("备份"), "{text}");
}

#[test]
fn the_demo_clinic_is_apart_from_the_real_one() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    expect(&xinglin(dir, &["--demo", "doctor"], &[]), 0, "10 signed, 0 do not fit");
    expect(&xinglin(dir, &["doctor"], &[]), 0, "还没有建站");
    assert!(dir.join("demo/station/station.db").is_file() && !dir.join("station").exists());
}

#[test]
fn a_passphrase_is_never_taken_from_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    set_up(dir);
    expect(&xinglin(dir, &["audit", "--user", "wang", "verify"], &[WORDS]), 2, "没有读到口令");
    expect(
        &xinglin(dir, &["audit", "--user", "wang", "--passphrase-fd", "99", "verify"], &[]),
        2,
        "文件描述符 99",
    );
    expect(&xinglin(dir, &["audit", "verify"], &[]), 4, "需要登录");
}
