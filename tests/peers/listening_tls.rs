//! The receiver inside TLS: DCMTK's echoscu and storescu with certificates are let in (its dcmsend knows no TLS), everybody
//! else hears why not.
use std::path::Path;

use super::listening::{Receiver, kept, prepared, station, tools};
use super::peer::{certificates, free_port, lacking, listening, program, run, start_orthanc};
use crate::need_samples;

struct Device<'a> {
    certificates: &'a Path,
    port: String,
}

impl Device<'_> {
    /// `storescu` and the like with these TLS options; did it succeed, and what did it say?
    fn calls(&self, tool: &str, (tls, files): (&[&str], &[&str])) -> (bool, String) {
        let args: Vec<&str> = tls
            .iter()
            .copied()
            .chain(["-aet", "DR1", "-aec", "CLINIC", "127.0.0.1", &self.port])
            .chain(files.iter().copied())
            .collect();
        let done = run(tool, &args, self.certificates);
        (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

/// A receiver with our certificate that wants the devices' own.
fn mutual(place: &crate::support::Place, dir: &Path) -> Receiver {
    let at = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let (cert, key, ca) = (at("hub.crt"), at("hub.key"), at("ca.crt"));
    let more = ["--allow", "DR1", "--register", "--tls-cert", &cert, "--tls-key", &key];
    Receiver::start(place, &[&more[..], &["--client-ca", &ca]].concat())
}

#[test]
fn storescu_delivers_inside_tls() {
    let samples = need_samples!();
    if !tools() {
        return;
    }
    let (helper, files) = prepared(&samples, "LT");
    let dir = helper.dir.path();
    certificates(dir);
    let place = station();
    let mut receiver = mutual(&place, dir);
    let device = Device { certificates: dir, port: receiver.port.to_string() };
    let ours = ["+tls", "clinic.key", "clinic.crt", "+cf", "ca.crt"];
    let (well, said) = device.calls("echoscu", (&ours, &[]));
    assert!(well, "{said}");
    assert_eq!(receiver.association()[0]["echoes"], 1);
    for (n, file) in files.iter().enumerate() {
        let file = file.to_str().unwrap();
        let syntax = ["-xv", "-x=", "-xw", "-x=", "-x="][n];
        let options: Vec<&str> = ours.iter().copied().chain([syntax]).collect();
        let (well, said) = device.calls("storescu", (&options, &[file]));
        assert!(well, "{file}: {said}");
        let lines = receiver.association();
        assert_eq!(lines[0]["status"], "0000", "{lines:?}");
        assert_eq!(lines.last().unwrap()["association"], "released");
    }
    receiver.stop();
    let mut clinic = place.sign_in();
    let kept = kept(&mut clinic);
    let set = |bytes: &[u8]| xinglin::wire::dicom::data_set(bytes).unwrap().to_vec();
    let equal = files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .filter(|sent| kept.iter().any(|one| set(one) == set(sent)))
        .count();
    println!("inside TLS: sent 5, kept {}, data sets equal byte for byte {equal}", kept.len());
    assert_eq!((kept.len(), equal), (5, 5));
}

#[test]
fn who_speaks_plainly_or_without_a_good_certificate_is_refused_with_the_reason() {
    let samples = need_samples!();
    if !tools() {
        return;
    }
    let (helper, files) = prepared(&samples, "LN");
    let dir = helper.dir.path();
    certificates(dir);
    let place = station();
    let mut receiver = mutual(&place, dir);
    let device = Device { certificates: dir, port: receiver.port.to_string() };
    let file = files[1].to_str().unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&[], "没有用 TLS"),
        (&["+tla", "-ic"], "没有出示证书"),
        (&["+tls", "intruder.key", "intruder.crt", "+cf", "ca.crt"], "信任的机构"),
        (&["+tls", "clinic.key", "expired.crt", "+cf", "ca.crt"], "已过期"),
        (&["+tls", "clinic.key", "clinic.crt", "+cf", "ca2.crt"], "不接受本站证书"),
    ];
    for (options, word) in cases {
        let (well, said) = device.calls("storescu", (options, &[file]));
        assert!(!well, "{options:?} was let in");
        let lines = receiver.association();
        let ended = lines.last().unwrap();
        assert_eq!((lines.len(), &ended["association"]), (1, &"refused".into()), "{lines:?}");
        assert!(ended["reason"].as_str().unwrap().contains(word), "{options:?}: {ended}");
        if options.is_empty() {
            assert!(said.contains("Reject"), "the plain device hears it: {said}");
        }
    }
    // The good one is still let in afterwards.
    let ours = ["+tls", "clinic.key", "clinic.crt", "+cf", "ca.crt"];
    let (well, said) = device.calls("storescu", (&ours, &[file]));
    assert!(well, "{said}");
    assert_eq!(receiver.association()[0]["status"], "0000");
    receiver.stop();
    assert_eq!(kept(&mut place.sign_in()).len(), 1);

    let place = station();
    let mut plain = Receiver::start(&place, &["--allow", "DR1"]);
    let device = Device { certificates: dir, port: plain.port.to_string() };
    let (well, _) = device.calls("echoscu", (&ours, &[]));
    assert!(!well);
    let ended = plain.association().pop().unwrap();
    assert!(ended["reason"].as_str().unwrap().contains("明文"), "{ended}");
    plain.stop();
}

#[test]
fn a_key_that_does_not_fit_is_said_before_anything_is_heard() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let place = station();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    for (cert, key) in [("hub.crt", "clinic.key"), ("hub.key", "hub.key"), ("hub.crt", "hub.crt")] {
        let (cert, key) = (at(cert), at(key));
        let (code, said) =
            Receiver::refused(&place, &["--allow", "DR1", "--tls-cert", &cert, "--tls-key", &key]);
        assert_ne!(code, Some(0), "{cert} {key}");
        assert!(!said.is_empty());
    }
}

/// An archive with DICOM-TLS sends here as a device does.
#[test]
fn orthanc_sends_inside_tls() {
    let samples = need_samples!();
    let Some(orthanc) = program(&["Orthanc"]).filter(|_| tools()) else {
        lacking("Orthanc");
        return;
    };
    let (helper, files) = prepared(&samples, "LU");
    let dir = helper.dir.path();
    certificates(dir);
    let place = station();
    let at = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let (cert, key, ca) = (at("hub.crt"), at("hub.key"), at("ca.crt"));
    let more = ["--allow", "COUNTYPACS", "--register", "--tls-cert", &cert, "--tls-key", &key];
    let mut receiver = Receiver::start(&place, &[&more[..], &["--client-ca", &ca]].concat());
    let (http, dimse) = (free_port(), free_port());
    let tls = format!(
        r#""DicomTlsEnabled":true,"DicomTlsPrivateKey":"{d}/clinic.key","DicomTlsCertificate":"{d}/clinic.crt","DicomTlsTrustedCertificates":"{d}/ca.crt","DicomModalities":{{"clinic":{{"AET":"CLINIC","Host":"127.0.0.1","Port":{p},"UseDicomTls":true}}}},"#,
        d = dir.display(),
        p = receiver.port,
    );
    start_orthanc(&orthanc, (http, dimse), &dir.join("orthanc"), &tls);
    listening(http);
    let base = format!("http://127.0.0.1:{http}");
    let post = |path: &str, more: &[&str]| {
        let url = format!("{base}/{path}");
        let args = [&["-s", "-f", "-X", "POST", url.as_str()][..], more].concat();
        let done = run("curl", &args, dir);
        assert!(done.status.success(), "{path}: {}", String::from_utf8_lossy(&done.stdout));
        done.stdout
    };
    for file in &files[..2] {
        let stored = post("instances", &["--data-binary", &format!("@{}", file.display())]);
        let stored: serde_json::Value = serde_json::from_slice(&stored).unwrap();
        post("modalities/clinic/store", &["-d", stored["ID"].as_str().unwrap()]);
        let lines = receiver.association();
        assert_eq!(lines[0]["status"], "0000", "{lines:?}");
    }
    receiver.stop();
    assert_eq!(kept(&mut place.sign_in()).len(), 2);
}
