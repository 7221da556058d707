//! Codes through other people's printers and readers: zint draws them, zbar and zxing read them, `trace parse` must get
//! back what was drawn. And every identifier of the GS1 dictionary, as its own words describe it.
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use xinglin::domain::trace::code::{CodeKind, read_all};
use xinglin::domain::trace::gs1;

fn skipped(what: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{what} is missing in CI");
    println!("SKIPPED: {what} is missing");
}

fn has(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}

/// What the program reads in these bytes of a scanner.
fn parsed(bytes: &[u8]) -> Value {
    let mut child = Command::new(env!("CARGO_BIN_EXE_xinglin"))
        .args(["trace", "parse"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(output.stdout.split(|b| *b == b'\n').next().unwrap()).unwrap()
}

fn draw(dir: &Path, args: &[&str]) -> std::path::PathBuf {
    let file = dir.join("symbol.png");
    let drawn = Command::new("zint").args(args).arg("-o").arg(&file).output().unwrap();
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    file
}

const PLATFORM: &str = "81234567890123456789";
const PACK: &str = "[01]06901234567892[17]280630[10]AB12[21]X77";

#[test]
fn symbols_drawn_by_zint_and_read_by_zbar_are_the_same_codes() {
    if !has("zint") || !has("zbarimg") {
        return skipped("zint or zbarimg");
    }
    let dir = tempfile::tempdir().unwrap();
    for (args, code) in [
        (vec!["-b", "20", "-d", PLATFORM], PLATFORM),
        (vec!["-b", "58", "-d", PLATFORM], PLATFORM),
        (vec!["-b", "16", "--gs1", "-d", PACK], "(01)06901234567892(21)X77"),
    ] {
        let file = draw(dir.path(), &args);
        let read = Command::new("zbarimg").args(["-q", "--raw"]).arg(&file).output().unwrap();
        let scan = parsed(&read.stdout);
        assert_eq!(scan["code"], code, "{args:?} {scan}");
    }
}

#[test]
fn a_datamatrix_read_by_zxing_is_the_same_pack() {
    let Some(python) = std::env::var_os("XINGLIN_EPCIS_PYTHON").filter(|_| has("zint")) else {
        println!("SKIPPED: needs zint and $XINGLIN_EPCIS_PYTHON with zxing-cpp (./test makes it)");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let file = draw(dir.path(), &["-b", "71", "--gs1", "-d", PACK]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/datamatrix.py");
    let read = Command::new(python).arg(script).arg(&file).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let scan = parsed(&read.stdout);
    assert_eq!(
        (&scan["code"], &scan["symbol"]),
        (&"(01)06901234567892(21)X77".into(), &"GS1 DataMatrix".into())
    );
    assert_eq!((&scan["lot"], &scan["expiry"]), (&"AB12".into(), &"2028-06-30".into()));
}

/// A value that keeps one part of the dictionary's specification, made from its own words.
fn sample(kind: u8, length: usize, rules: &str) -> String {
    let first = |rule: &str| rules.split(',').any(|one| one == rule);
    let fixed = [
        ("yymmd0", "280630"),
        ("yymmdd", "280630"),
        ("yyyymmdd", "19500630"),
        ("hhmi", "1230"),
        ("hh", "12"),
        ("mi", "30"),
        ("ss", "30"),
        ("iso4217", "156"),
        ("iso3166", "156"),
        ("iso3166999", "156"),
        ("iso3166alpha2", "CN"),
        ("pieceoftotal", "0102"),
        ("posinseqslash", "1/2"),
        ("iban", "GB82WEST12345698765432"),
        ("hyphen", "-"),
        ("latitude", "0900000000"),
        ("longitude", "0900000000"),
        ("mediatype", "01"),
    ];
    if let Some((_, value)) = fixed.iter().find(|(rule, _)| first(rule)) {
        return (*value).to_owned();
    }
    if first("csumalpha") {
        // GS1's own example of the pair of check characters.
        return "1987654Ad4X4bL5ttr2310c2K".to_owned();
    }
    if first("zero") {
        return "0".repeat(length);
    }
    let digit = if kind == b'N' || rules.contains("gcppos") || rules.contains("coupon") {
        '1'
    } else {
        'A'
    };
    let mut value = String::from(digit).repeat(length);
    if first("csum") {
        value.pop();
        value.push(gs1::check_digit(&format!("{value}0")).unwrap());
    }
    value
}

const LETTERS: &[u8] = b"0123456789012345678901234567890123456789ABCXYZabc-/.:()[]{}<>%|~\x1d]dCQ ";

#[test]
fn every_identifier_of_the_gs1_dictionary_is_read_and_checked() {
    let path = std::env::var_os("XINGLIN_SHARED")
        .map(|root| Path::new(&root).join("data/drugs/gs1_syntax/gs1-syntax-dictionary.txt"))
        .filter(|path| path.exists());
    let Some(path) = path else {
        println!("SKIPPED: the GS1 dictionary needs $XINGLIN_SHARED");
        return;
    };
    let (mut read, mut wrong) = (0, vec![]);
    for line in std::fs::read_to_string(path).unwrap().lines().filter(|line| !line.starts_with('#'))
    {
        let body = line.split('#').next().unwrap();
        let mut words = body.split_whitespace();
        let Some(ais) = words.next() else { continue };
        let (from, to) = ais.split_once('-').unwrap_or((ais, ais));
        let is_spec = |word: &&str| {
            let word = word.trim_start_matches('[');
            matches!(word.as_bytes().first(), Some(b'N' | b'X' | b'Y' | b'Z'))
                && word.as_bytes().get(1).is_some_and(|b| b.is_ascii_digit() || *b == b'.')
        };
        let parts: Vec<&str> = words.filter(is_spec).collect();
        let mut value = String::new();
        for part in &parts {
            let (form, rules) = part.split_once(',').unwrap_or((part, ""));
            let form = form.trim_matches(['[', ']']);
            let length: usize = form[1..].trim_start_matches("..").parse().unwrap();
            value.push_str(&sample(form.as_bytes()[0], length, rules));
        }
        for ai in from.parse::<u32>().unwrap()..=to.parse::<u32>().unwrap() {
            let ai = format!("{ai:0width$}", width = from.len());
            read += 1;
            match gs1::parse(&format!("{ai}{value}")) {
                Ok(elements) if elements.len() == 1 && elements[0].value == value => {}
                other => wrong.push(format!("{ai} {value}: {other:?}")),
            }
            if gs1::parse(&format!("({ai}){value}1")).is_ok() {
                // Values of open length at their greatest, and whole ones, cannot take one more.
                wrong.push(format!("{ai}: one character too many was taken"));
            }
        }
    }
    assert!(read > 500, "{read}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{read} identifiers");
}

/// Random bursts: nothing panics, and what is taken for a code is one by a rule of its own.
fn bursts(count: u64) {
    let mut seed = 42u64;
    let mut draw = |end: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % end
    };
    let mut taken = 0;
    for _ in 0..count {
        let length = 1 + draw(60);
        let digits = draw(3) == 0;
        let text: String = (0..length)
            .map(|_| {
                char::from(LETTERS[draw(if digits { 10 } else { LETTERS.len() as u64 }) as usize])
            })
            .collect();
        for scan in read_all(&text, &[]).into_iter().flatten() {
            taken += 1;
            let code = scan.code.as_str();
            let ours = match scan.code.kind() {
                CodeKind::Platform => {
                    code.len() == 20
                        && code.starts_with('8')
                        && code.bytes().all(|b| b.is_ascii_digit())
                        && text.contains(code)
                }
                CodeKind::Gs1 => {
                    code[4..18].bytes().all(|b| b.is_ascii_digit())
                        && gs1::check_digit(&code[4..18]) == code[..18].chars().last()
                }
                CodeKind::Maker => false,
            };
            assert!(ours, "{text:?} was taken for {code}");
        }
    }
    println!("{taken} of {count} bursts were codes by form");
}

#[test]
fn random_bursts_are_never_taken_for_what_they_are_not() {
    bursts(crate::support::size_of_run("XINGLIN_BURSTS", 20_000));
}
