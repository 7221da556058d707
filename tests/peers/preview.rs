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
    let video = with_syntax(
        &std::fs::read(samples.join("chest/CT1_J2KR.dcm")).unwrap(),
        "1.2.840.10008.1.2.4.100\0",
    );
    let words = reader().picture(&video, ALL).unwrap_err().to_string();
    assert!(words.contains("视频"), "{words}");
    // Sizes that lie, cut at every so many bytes: an answer or a refusal, never the end of this program.
    let whole = std::fs::read(samples.join("brain/CT2_RLE.dcm")).unwrap();
    for cut in (1000..whole.len()).step_by(whole.len() / 9) {
        let _said = Reader::Here.picture(&whole[..cut], ALL);
        let mut bent = whole.clone();
        bent[cut] ^= 0xff;
        let _said = Reader::Here.picture(&bent, ALL);
    }
}

/// The same file under the name of another syntax.
fn with_syntax(bytes: &[u8], syntax: &str) -> Vec<u8> {
    let own = b"1.2.840.10008.1.2.4.90";
    let at = bytes.windows(own.len()).position(|w| w == own).unwrap();
    let mut out = bytes[..at].to_vec();
    out.extend(syntax.as_bytes());
    out.extend(&bytes[at + own.len()..]);
    out[at - 2] = syntax.len() as u8;
    let group = u32::from_le_bytes([out[140], out[141], out[142], out[143]]);
    let longer = group + (syntax.len() - own.len()) as u32;
    out[140..144].copy_from_slice(&longer.to_le_bytes());
    out
}

/// The mean of what falls into each square of a smaller picture.
fn reduced((w, h, rgb): &(usize, usize, Vec<u8>), (width, height): (usize, usize)) -> Vec<u8> {
    let span = |n: usize, of: usize, to: usize| {
        let from = n * of / to;
        from..((n + 1) * of / to).max(from + 1)
    };
    let mut out = vec![];
    for y in 0..height {
        for x in 0..width {
            let (mut sums, mut count) = ([0u64; 3], 0);
            for sy in span(y, *h, height) {
                for sx in span(x, *w, width) {
                    count += 1;
                    (0..3).for_each(|n| sums[n] += u64::from(rgb[(sy * w + sx) * 3 + n]));
                }
            }
            out.extend(sums.map(|sum| (sum / count) as u8));
        }
    }
    out
}

fn made(tool: &str, args: &[&str], dir: &Path) -> bool {
    let done = run(tool, args, dir);
    if !done.status.success() {
        println!("{tool} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    done.status.success()
}

/// JPEG 2000, JPEG-LS and lossless JPEG as GDCM and DCMTK write them, against what those two decode themselves.
#[test]
fn compressed_pictures_are_what_gdcm_and_dcmtk_decode() {
    let samples = need_samples!();
    for tool in ["dcmj2pnm", "gdcmconv", "dcmcjpeg"] {
        if program(&[tool]).is_none() {
            lacking(tool);
            return;
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let packed = |from: &Path, name: &str, (tool, flags): (&str, &[&str])| {
        let to = at(name);
        let (from, out) = (from.to_str().unwrap(), to.to_str().unwrap());
        let args: Vec<&str> = flags.iter().copied().chain([from, out]).collect();
        assert!(made(tool, &args, dir.path()), "{name}");
        to
    };
    let small = samples.join("chest/CT_small.dcm");
    let head = samples.join("brain/CT2_RAW.dcm");
    let brain = samples.join("brain/MR4_RAW.dcm");
    let colour = samples.join("cardiovascular/examples_ybr_color.dcm");
    let plain_colour = packed(&colour, "colour.dcm", ("dcmdjpeg", &[]));
    let soft: (Option<(f64, f64)>, &[&str]) = (Some((40.0, 400.0)), &["+Ww", "40", "400"]);
    let own: (Option<(f64, f64)>, &[&str]) = (None, &["+Wi", "1"]);
    let rgb: (Option<(f64, f64)>, &[&str]) = (None, &["+F", "1"]);
    let whole: (Option<(f64, f64)>, &[&str]) = (None, &["+Wm"]);
    let cases = [
        (packed(&small, "j2k.dcm", ("gdcmconv", &["--j2k"])), soft),
        (packed(&small, "jls.dcm", ("gdcmconv", &["--jpegls"])), soft),
        (packed(&small, "jpg.dcm", ("gdcmconv", &["--jpeg"])), soft),
        (packed(&small, "sv1.dcm", ("dcmcjpeg", &["+e1"])), soft),
        (packed(&small, "p14.dcm", ("dcmcjpeg", &["+el", "+sv", "6"])), soft),
        (packed(&small, "dcmtk-jls.dcm", ("dcmcjpls", &[])), soft),
        (packed(&brain, "near.dcm", ("dcmcjpls", &["+en", "+md", "3"])), own),
        (packed(&head, "head-j2k.dcm", ("gdcmconv", &["--j2k"])), soft),
        (packed(&head, "head-jls.dcm", ("gdcmconv", &["--jpegls"])), soft),
        (packed(&head, "head-sv1.dcm", ("dcmcjpeg", &["+e1"])), soft),
        (packed(&plain_colour, "colour-sv1.dcm", ("dcmcjpeg", &["+e1"])), rgb),
        (packed(&plain_colour, "colour-j2k.dcm", ("gdcmconv", &["--j2k"])), rgb),
        (samples.join("chest/CT1_J2KR.dcm"), soft),
        (samples.join("chest/RG1_J2KI.dcm"), own),
        (samples.join("brain/MR1_J2KR.dcm"), own),
        (samples.join("brain/MR4_J2KR.dcm"), own),
        (samples.join("brain/XA1_J2KR.dcm"), whole),
        (samples.join("brain/J2K_pixelrep_mismatch.dcm"), own),
    ];
    for (n, (file, (window, args))) in cases.iter().enumerate() {
        let name = file.file_name().unwrap().to_str().unwrap();
        let raw = packed(file, &format!("raw{n}.dcm"), ("gdcmconv", &["--raw"]));
        let theirs = drawn(&raw, args, dir.path());
        let picture = reader()
            .picture(&std::fs::read(file).unwrap(), Wanted { window: *window, ..ALL })
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((picture.source_width, picture.source_height), (theirs.0, theirs.1), "{name}");
        let theirs = reduced(&theirs, (picture.width, picture.height));
        let ours = picture.rgb().unwrap();
        let apart: u64 = ours.iter().zip(&theirs).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = apart as f64 / ours.len() as f64;
        println!("{name}: mean difference {mean:.2} of 255");
        assert!(mean < 1.5, "{name}: {mean}");
        let bright = ours.iter().filter(|v| **v > 40).count();
        assert!(bright * 20 > ours.len(), "{name} is all dark: it compares nothing");
    }
}

/// Cut and bent streams, tiles without number: an answer or a refusal within the child's limits, and this program goes on.
#[test]
fn hostile_compressed_streams_end_in_their_child() {
    let samples = need_samples!();
    if program(&["gdcmconv"]).is_none() {
        lacking("gdcmconv");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let small = samples.join("chest/CT_small.dcm");
    let (mut refused, mut shown) = (0, 0);
    for flag in ["--j2k", "--jpegls", "--jpeg"] {
        let file = dir.path().join("packed.dcm");
        let args = [flag, small.to_str().unwrap(), file.to_str().unwrap()];
        assert!(made("gdcmconv", &args, dir.path()));
        let whole = std::fs::read(&file).unwrap();
        let pixels = whole.windows(4).rposition(|w| w == [0xe0, 0x7f, 0x10, 0]).unwrap();
        let step = (whole.len() - pixels) / 8;
        for at in (pixels + 20..whole.len()).step_by(step) {
            assert!(reader().picture(&whole[..at], ALL).is_err(), "{flag} cut at {at} was shown");
            let mut bent = whole.clone();
            bent[at..(at + 12).min(whole.len())].iter_mut().for_each(|b| *b ^= 0xa5);
            match reader().picture(&bent, ALL) {
                Ok(_) => shown += 1,
                Err(_) => refused += 1,
            }
        }
        if flag == "--j2k" {
            // Every tile one pixel small, and more bit planes than there are.
            let siz = whole.windows(4).position(|w| w == [0xff, 0x4f, 0xff, 0x51]).unwrap();
            let mut tiles = whole.clone();
            for n in [24, 28] {
                tiles[siz + n..siz + n + 4].copy_from_slice(&1u32.to_be_bytes());
            }
            assert!(reader().picture(&tiles, ALL).is_err());
            let mut planes = whole.clone();
            planes[siz + 42] = 37;
            assert!(reader().picture(&planes, ALL).is_err());
        }
    }
    println!("bent streams: {refused} refused, {shown} shown as they decode, cut ones all refused");
    assert!(refused > 0);
}

/// Who waits may go away: the child is stopped at once, not when it is done.
#[test]
fn a_decoding_that_nobody_waits_for_is_stopped() {
    let samples = need_samples!();
    let bytes = std::fs::read(samples.join("chest/RG1_J2KI.dcm")).unwrap();
    let (waiting, unless) = xinglin::services::share::reader::waiting();
    drop(waiting);
    assert_eq!(reader().picture_unless(&bytes, ALL, &unless).unwrap(), None);
}
