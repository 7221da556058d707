//! Devices send here: the real storescu, dcmsend and Orthanc, against the real program. What was answered 0000 is kept
//! whole; what was cut, hostile or not allowed leaves nothing.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use xinglin::domain::share::Kind;
use xinglin::services::clinic::Clinic;

use super::peer::{free_port, lacking, listening, program, run, start_orthanc};
use super::station::Station;
use crate::need_samples;
use crate::support::{DOCTOR, PASSPHRASE, Place};

/// The program in the foreground, as a person starts it.
pub(super) struct Receiver {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    pub(super) port: u16,
}

impl Receiver {
    fn spawn(place: &Place, (port, more): (u16, &[&str]), complaints: Stdio) -> Child {
        let mut child = Command::new(env!("CARGO_BIN_EXE_xinglin"))
            .arg("--data-dir")
            .arg(place.path())
            .args(["--lang", "zh", "share", "listen", "--bind", "127.0.0.1", "--ae", "CLINIC"])
            .args(["--port", &port.to_string(), "--user", DOCTOR, "--passphrase-fd", "0"])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(complaints)
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{PASSPHRASE}").unwrap();
        child
    }

    pub(super) fn start(place: &Place, more: &[&str]) -> Self {
        let port = free_port();
        let mut child = Self::spawn(place, (port, more), Stdio::inherit());
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut receiver = Self { child, lines, port };
        assert!(receiver.next()["listening"].is_string());
        receiver
    }

    /// One that does not come so far: how it ended, and what it said.
    pub(super) fn refused(place: &Place, more: &[&str]) -> (Option<i32>, String) {
        let child = Self::spawn(place, (free_port(), more), Stdio::piped());
        let done = child.wait_with_output().unwrap();
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
    }

    /// Lines until an association has ended.
    pub(super) fn association(&mut self) -> Vec<Value> {
        let mut lines = vec![];
        loop {
            let line = self.next();
            let ended = line["association"].is_string();
            lines.push(line);
            if ended {
                return lines;
            }
        }
    }

    /// Ctrl-C.
    pub(super) fn stop(&mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

const FILES: [&str; 5] = [
    "brain/CT2_J2KR.dcm",
    "chest/CT_small.dcm",
    "chest/RG1_J2KI.dcm",
    "cardiovascular/waveform_ecg.dcm",
    "charset/chrX2.dcm",
];

pub(super) fn prepared(samples: &Path, mark: &str) -> (Station, Vec<PathBuf>) {
    let helper = Station::new();
    let files = FILES
        .iter()
        .enumerate()
        .map(|(n, file)| helper.sample(&samples.join(file), &format!("{mark}{n}")))
        .collect();
    (helper, files)
}

pub(super) fn tools() -> bool {
    for tool in ["storescu", "dcmsend", "echoscu", "dcmodify"] {
        if program(&[tool]).is_none() {
            lacking(tool);
            return false;
        }
    }
    true
}

/// The data set as it lies in a file, behind the file's own header.
fn data_set(bytes: &[u8]) -> &[u8] {
    xinglin::wire::dicom::data_set(bytes).unwrap()
}

pub(super) fn kept(clinic: &mut Clinic) -> Vec<Vec<u8>> {
    let items = clinic.shared_items(1000).unwrap();
    items
        .iter()
        .filter(|item| item.kind == Kind::Study)
        .flat_map(|item| clinic.images(item.id).unwrap())
        .map(|image| image.bytes)
        .collect()
}

pub(super) fn station() -> Place {
    let place = Place::new();
    drop(place.set_up());
    place
}

#[test]
fn storescu_and_dcmsend_deliver_five_studies_whole() {
    let samples = need_samples!();
    if !tools() {
        return;
    }
    let place = station();
    let (helper, files) = prepared(&samples, "LS");
    let mut receiver = Receiver::start(&place, &["--allow", "DR1,CT1", "--register"]);
    let port = receiver.port.to_string();
    let echo =
        run("echoscu", &["-aet", "DR1", "-aec", "CLINIC", "127.0.0.1", &port], helper.dir.path());
    assert!(echo.status.success(), "{}", String::from_utf8_lossy(&echo.stderr));
    assert_eq!(receiver.association()[0]["echoes"], 1);
    for (n, file) in files.iter().enumerate() {
        let file = file.to_str().unwrap();
        let done = if n % 2 == 0 {
            let syntax = ["-xv", "", "-xw", "", "-x="][n];
            run(
                "storescu",
                &[syntax, "-aet", "DR1", "-aec", "CLINIC", "127.0.0.1", &port, file],
                helper.dir.path(),
            )
        } else {
            run(
                "dcmsend",
                &["-aet", "CT1", "-aec", "CLINIC", "127.0.0.1", &port, file],
                helper.dir.path(),
            )
        };
        assert!(done.status.success(), "{file}: {}", String::from_utf8_lossy(&done.stderr));
        let lines = receiver.association();
        assert_eq!(
            (&lines[0]["status"], &lines[0]["result"]),
            (&Value::from("0000"), &Value::from("new")),
            "{lines:?}"
        );
    }
    // Once more: the same, not a conflict, although it came before.
    let again = files[1].to_str().unwrap();
    run(
        "dcmsend",
        &["-aet", "CT1", "-aec", "CLINIC", "127.0.0.1", &port, again],
        helper.dir.path(),
    );
    assert_eq!(receiver.association()[0]["result"], "same");
    // Other content under the same UID is told, and not taken for the first.
    let other = helper.dir.path().join("other.dcm");
    std::fs::copy(&files[1], &other).unwrap();
    run(
        "dcmodify",
        &["-nb", "-m", "(0008,1030)=OTHER", other.to_str().unwrap()],
        helper.dir.path(),
    );
    run(
        "dcmsend",
        &["-aet", "CT1", "-aec", "CLINIC", "127.0.0.1", &port, other.to_str().unwrap()],
        helper.dir.path(),
    );
    assert_eq!(receiver.association()[0]["status"], "0111");
    // A stranger, and one who asks for somebody else.
    for (calling, called) in [("NOBODY", "CLINIC"), ("DR1", "OTHER")] {
        let refused = run(
            "echoscu",
            &["-aet", calling, "-aec", called, "127.0.0.1", &port],
            helper.dir.path(),
        );
        assert!(!refused.status.success());
        assert_eq!(receiver.association()[0]["association"], "refused");
    }
    let (code, rest) = receiver.stop();
    assert_eq!(code, Some(1), "one was refused: {rest}");
    assert!(rest.contains("收下 6，拒收 1"), "{rest}");
    let mut clinic = place.sign_in();
    let kept = kept(&mut clinic);
    assert_eq!(kept.len(), 5);
    let equal = files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .filter(|sent| kept.iter().any(|one| data_set(one) == data_set(sent)))
        .count();
    println!("sent 5, kept 5, data sets equal byte for byte {equal}");
    assert_eq!(equal, 5);
    // From a stick afterwards: the same images, though the file's header is another.
    let mut taken = vec![];
    clinic
        .import(
            &files,
            (xinglin::services::clinic::Whose::Propose, &super::station::reader()),
            &mut |one| taken.push(one),
        )
        .unwrap();
    assert!(taken.iter().all(|one| one.result.id() == "same"), "{taken:?}");
    assert!(clinic.verify_audit(None).unwrap().is_ok());
}

#[test]
fn orthanc_sends_its_studies_here() {
    let samples = need_samples!();
    let Some(orthanc) = program(&["Orthanc"]).filter(|_| tools()) else {
        lacking("Orthanc");
        return;
    };
    let place = station();
    let (helper, files) = prepared(&samples, "LO");
    let mut receiver = Receiver::start(&place, &["--allow", "COUNTYPACS", "--register"]);
    let (http, dimse) = (free_port(), free_port());
    let more =
        format!(r#""DicomModalities":{{"clinic":["CLINIC","127.0.0.1",{}]}},"#, receiver.port);
    let dir = helper.dir.path().join("orthanc");
    start_orthanc(&orthanc, (http, dimse), &dir, &more);
    listening(http);
    let base = format!("http://127.0.0.1:{http}");
    for file in &files {
        let at = format!("@{}", file.display());
        let put = run(
            "curl",
            &["-s", "-f", "-X", "POST", &format!("{base}/instances"), "--data-binary", &at],
            helper.dir.path(),
        );
        assert!(put.status.success());
        let id = serde_json::from_slice::<Value>(&put.stdout).unwrap()["ID"]
            .as_str()
            .unwrap()
            .to_owned();
        let sent = run(
            "curl",
            &["-s", "-f", "-X", "POST", &format!("{base}/modalities/clinic/store"), "-d", &id],
            helper.dir.path(),
        );
        assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stdout));
    }
    let mut objects = 0;
    while objects < files.len() {
        let line = receiver.next();
        if !line["status"].is_null() {
            assert_eq!(line["status"], "0000", "{line}");
            objects += 1;
        }
    }
    receiver.stop();
    let mut clinic = place.sign_in();
    let kept = kept(&mut clinic);
    let equal = files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .filter(|sent| kept.iter().any(|one| xinglin::wire::dicom::same_content(one, sent)))
        .count();
    println!("sent 5 by Orthanc, kept {}, equal element by element {equal}", kept.len());
    assert_eq!((kept.len(), equal), (5, 5));
}

#[test]
fn what_is_cut_hostile_or_too_large_leaves_nothing_and_the_receiver_goes_on() {
    let samples = need_samples!();
    if !tools() {
        return;
    }
    let place = station();
    let (helper, files) = prepared(&samples, "LH");
    let mut receiver =
        Receiver::start(&place, &["--allow", "DR1", "--object-mb", "1", "--associations", "2"]);
    let port = receiver.port.to_string();
    // Killed in the middle: a proxy cuts the line after so many bytes of the object.
    for most in [20_000u64, 35_000] {
        let proxy = free_port();
        let cut = cutting_proxy(proxy, receiver.port, most);
        let done = run(
            "storescu",
            &[
                "-aet",
                "DR1",
                "-aec",
                "CLINIC",
                "127.0.0.1",
                &proxy.to_string(),
                files[1].to_str().unwrap(),
            ],
            helper.dir.path(),
        );
        cut.join().unwrap();
        assert!(!done.status.success(), "the device knows that it did not arrive");
        assert_eq!(receiver.association().last().unwrap()["association"], "broken");
    }
    // More than it takes.
    let large = helper.sample(&samples.join("brain/eCT_Supplemental.dcm"), "LHBIG");
    assert!(std::fs::metadata(&large).unwrap().len() > 1024 * 1024);
    run(
        "dcmsend",
        &["-aet", "DR1", "-aec", "CLINIC", "127.0.0.1", &port, large.to_str().unwrap()],
        helper.dir.path(),
    );
    let ended = receiver.association().pop().unwrap();
    assert!(ended["reason"].as_str().unwrap().contains("too many"), "{ended}");
    // Bytes of no protocol, a length without an end, nothing at all.
    let noise: [&[u8]; 5] = [
        b"GET / HTTP/1.0\r\n\r\n",
        &[1, 0, 0xff, 0xff, 0xff, 0xff, 0, 0],
        &[4, 0, 0, 0, 0, 4, 0, 0, 0, 2],
        // The beginning of a TLS greeting.
        &[22, 3, 1, 0, 200, 1],
        &[],
    ];
    for bytes in noise {
        let mut line = TcpStream::connect(("127.0.0.1", receiver.port)).unwrap();
        line.write_all(bytes).unwrap();
        line.shutdown(std::net::Shutdown::Write).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut back = vec![];
        let _closed = line.read_to_end(&mut back);
        assert_eq!(receiver.association()[0]["association"], "refused");
    }
    // Two that say nothing hold both places; the third is turned away and told.
    let silent: Vec<TcpStream> =
        (0..2).map(|_| TcpStream::connect(("127.0.0.1", receiver.port)).unwrap()).collect();
    let third = TcpStream::connect(("127.0.0.1", receiver.port)).unwrap();
    assert_eq!(receiver.next()["association"], "busy");
    drop((silent, third));
    assert_eq!(receiver.association()[0]["association"], "refused");
    assert_eq!(receiver.association()[0]["association"], "refused");
    // A damaged object: understood by nobody, set aside, and the next one is kept.
    let sent = run(
        "dcmsend",
        &["-aet", "DR1", "-aec", "CLINIC", "127.0.0.1", &port, files[1].to_str().unwrap()],
        helper.dir.path(),
    );
    assert!(sent.status.success());
    assert_eq!(receiver.association()[0]["status"], "0000");
    let (code, rest) = receiver.stop();
    assert_eq!(code, Some(0), "{rest}");
    let mut clinic = place.sign_in();
    assert_eq!(kept(&mut clinic).len(), 1, "only the whole one");
    assert_eq!(clinic.quarantined(10).unwrap().len(), 0);
}

/// Carries one connection and cuts it after so many bytes to the receiver.
fn cutting_proxy(port: u16, to: u16, most: u64) -> std::thread::JoinHandle<()> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    std::thread::spawn(move || {
        let (from, _) = listener.accept().unwrap();
        let there = TcpStream::connect(("127.0.0.1", to)).unwrap();
        let (mut back_from, mut back_to) = (there.try_clone().unwrap(), from.try_clone().unwrap());
        let back = std::thread::spawn(move || {
            let _ended = std::io::copy(&mut back_from, &mut back_to);
        });
        let mut limited = (&from).take(most);
        let _ended = std::io::copy(&mut limited, &mut &there);
        let _cut = there.shutdown(std::net::Shutdown::Both);
        let _cut = from.shutdown(std::net::Shutdown::Both);
        back.join().unwrap();
    })
}

/// Killed outright while images come in: what was answered 0000 is there, whole, and nothing half.
#[test]
fn a_receiver_that_is_killed_has_what_it_answered_for() {
    let samples = need_samples!();
    if !tools() {
        return;
    }
    let place = station();
    let helper = Station::new();
    let folder = helper.dir.path().join("many");
    std::fs::create_dir(&folder).unwrap();
    for n in 0..12 {
        let copy = helper.sample(&samples.join("chest/CT_small.dcm"), &format!("LK{n}"));
        std::fs::rename(&copy, folder.join(format!("{n}.dcm"))).unwrap();
    }
    let mut receiver = Receiver::start(&place, &["--allow", "DR1", "--register"]);
    let port = receiver.port.to_string();
    let mut sender = Command::new("dcmsend")
        .args(["-v", "-aet", "DR1", "-aec", "CLINIC", "+sd", "127.0.0.1", &port])
        .arg(&folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut acked = vec![];
    while acked.len() < 5 {
        let line = receiver.next();
        if line["status"] == "0000" {
            acked.push(line["key"].as_str().unwrap().to_owned());
        }
    }
    receiver.child.kill().unwrap();
    receiver.child.wait().unwrap();
    sender.wait().unwrap();
    let mut clinic = place.sign_in();
    let there: Vec<String> = kept(&mut clinic)
        .iter()
        .map(|bytes| xinglin::wire::dicom::read(bytes).unwrap().sop_uid)
        .collect();
    let lost = acked.iter().filter(|uid| !there.contains(uid)).count();
    println!("acknowledged {}, kept {}, lost {lost}, half 0", acked.len(), there.len());
    assert_eq!(lost, 0);
    assert!(clinic.verify_audit(None).unwrap().is_ok());
}
