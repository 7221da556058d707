//! The preview beside DCMTK's own renderer: the same squares, within what rounding does; what cannot be shown says so.
use std::path::Path;

use xinglin::services::share::reader::{Reader, Wanted};

use super::peer::{lacking, program, run};
use super::station::reader;
use crate::need_samples;

const ALL: Wanted = Wanted { width: 600, height: 600, frame: 0, window: None };

/// What dcmj2pnm draws, as red, green, blue.
fn drawn(file: &Path, window: &[&str], dir: &Path) -> (usize, usize, Vec<u8>) {
    let out = dir.join("drawn.ppm");
    let args: Vec<&str> =
        window.iter().copied().chain([file.to_str().unwrap(), out.to_str().unwrap()]).collect();
    let done = run("dcmj2pnm", &args, dir);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let bytes = std::fs::read(out).unwrap();
    let mut at = 0;
    let mut fields = vec![];
    while fields.len() < 4 {
        let end = at + bytes[at..].iter().position(u8::is_ascii_whitespace).unwrap();
        let word = std::str::from_utf8(&bytes[at..end]).unwrap();
        if word.starts_with('#') {
            at += bytes[at..].iter().position(|b| *b == b'\n').unwrap() + 1;
            continue;
        }
        if !word.is_empty() {
            fields.push(word.to_owned());
        }
        at = end + 1;
    }
    let (width, height) = (fields[1].parse().unwrap(), fields[2].parse().unwrap());
    let body = &bytes[at..];
    let rgb =
        if fields[0] == "P5" { body.iter().flat_map(|v| [*v; 3]).collect() } else { body.to_vec() };
    (width, height, rgb)
}

#[test]
fn the_preview_is_what_dcmtk_draws() {
    let samples = need_samples!();
    for tool in ["dcmj2pnm", "dcmodify", "dcmcjpeg", "dcmcrle"] {
        if program(&[tool]).is_none() {
            lacking(tool);
            return;
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let small = samples.join("chest/CT_small.dcm");
    let inverse = dir.path().join("mono1.dcm");
    std::fs::copy(&small, &inverse).unwrap();
    run(
        "dcmodify",
        &["-nb", "-m", "(0028,0004)=MONOCHROME1", inverse.to_str().unwrap()],
        dir.path(),
    );
    let colour = samples.join("cardiovascular/examples_ybr_color.dcm");
    let jpeg = dir.path().join("jpeg.dcm");
    let done = run(
        "dcmcjpeg",
        &["+eb", "+q", "95", colour.to_str().unwrap(), jpeg.to_str().unwrap()],
        dir.path(),
    );
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let rle = dir.path().join("rle.dcm");
    let done = run("dcmcrle", &[small.to_str().unwrap(), rle.to_str().unwrap()], dir.path());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let ct = Wanted { window: Some((40.0, 400.0)), ..ALL };
    let soft = ["+Ww", "40", "400"];
    let cases: [(&Path, Wanted, &[&str]); 8] = [
        (&small, ct, &soft),
        (&inverse, ct, &soft),
        (&rle, ct, &soft),
        (&samples.join("brain/CT2_RAW.dcm"), ct, &soft),
        (&samples.join("brain/CT2_RLE.dcm"), ct, &soft),
        (&samples.join("brain/MR4_RAW.dcm"), ALL, &["+Wi", "1"]),
        (&colour, ALL, &["+F", "1"]),
        (&jpeg, ALL, &["+F", "1"]),
    ];
    for (file, wanted, args) in cases {
        let (width, height, theirs) = drawn(file, args, dir.path());
        let picture = reader().picture(&std::fs::read(file).unwrap(), wanted).unwrap();
        assert_eq!(
            (picture.source_width, picture.source_height),
            (width, height),
            "{}",
            file.display()
        );
        assert_eq!((picture.width, picture.height), (width, height));
        let ours = picture.rgb().unwrap();
        assert_eq!(ours.len(), theirs.len());
        let apart: u64 = ours.iter().zip(&theirs).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = apart as f64 / ours.len() as f64;
        println!("{}: mean difference {mean:.2} of 255", file.file_name().unwrap().display());
        // JPEG decoders round otherwise, and not all undo the subsampling of colour alike.
        let most = if file == jpeg { 4.0 } else { 1.0 };
        assert!(mean < most, "{}: {mean}", file.display());
        let tiny = reader()
            .picture(&std::fs::read(file).unwrap(), Wanted { width: 80, height: 48, ..wanted })
            .unwrap();
        assert!(tiny.width <= 80 && tiny.height <= 48);
    }
}

#[test]
fn what_cannot_be_shown_says_so_and_a_bad_file_ends_only_its_child() {
    let samples = need_samples!();
    for (file, word) in [
        ("chest/CT1_J2KR.dcm", "JPEG 2000"),
        ("cardiovascular/waveform_ecg.dcm", "波形"),
        ("sr/test-SR.dcm", "没有图像"),
        ("cardiovascular/color-pl.dcm", ""),
    ] {
        let bytes = std::fs::read(samples.join(file)).unwrap();
        match reader().picture(&bytes, ALL) {
            Err(error) => assert!(error.to_string().contains(word), "{file}: {error}"),
            Ok(_) => assert_eq!(word, "", "{file} was shown"),
        }
    }
    // Sizes that lie, cut at every so many bytes: an answer or a refusal, never the end of this program.
    let whole = std::fs::read(samples.join("brain/CT2_RLE.dcm")).unwrap();
    for cut in (1000..whole.len()).step_by(whole.len() / 9) {
        let _said = Reader::Here.picture(&whole[..cut], ALL);
        let mut bent = whole.clone();
        bent[cut] ^= 0xff;
        let _said = Reader::Here.picture(&bent, ALL);
    }
}
