//! The clinic's own papers: what is taken in, and that hostile files cost nothing but their child.
use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use krilla::{
    Document,
    geom::{PathBuilder, Point},
    page::PageSettings,
    text::{Font, TextDirection},
};
use xinglin::{
    domain::local_document::LocalDocumentId,
    services::{
        clinic::Clinic,
        intake::{self, FileOutcome, Heading, Intake, Limits},
    },
};
use zip::write::SimpleFileOptions;

use crate::support::Place;

fn intake() -> Intake {
    Intake::new(PathBuf::from(env!("CARGO_BIN_EXE_xinglin")), Limits::default())
}

/// A PDF as an office program makes it: embedded subset font, text layer.
fn pdf(pages: &[&[&str]]) -> Vec<u8> {
    let font =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/paper/fonts/XinglinSans.ttf"))
            .unwrap();
    let font = Font::new(font.into(), 0).unwrap();
    let mut document = Document::new();
    for lines in pages {
        let mut page = document.start_page_with(PageSettings::from_wh(420.0, 595.0).unwrap());
        let mut surface = page.surface();
        for (n, line) in lines.iter().enumerate() {
            let at = Point::from_xy(40.0, 50.0 + 22.0 * n as f32);
            surface.draw_text(at, font.clone(), 12.0, line, false, TextDirection::Auto);
        }
        if lines.is_empty() {
            let mut path = PathBuilder::new();
            path.move_to(10.0, 10.0);
            path.line_to(300.0, 400.0);
            path.line_to(10.0, 400.0);
            surface.draw_path(&path.finish().unwrap());
        }
        surface.finish();
        page.finish();
    }
    document.finish().unwrap()
}

fn docx(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, text) in parts {
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const STYLES: &str = r#"<w:styles xmlns:w="w"><w:style w:styleId="a1"><w:name w:val="heading 1"/></w:style><w:style w:styleId="T"><w:name w:val="Title"/></w:style></w:styles>"#;

fn body(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>{inner}</w:body></w:document>"
    )
}

fn styled(style: &str, text: &str) -> String {
    format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn plain(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

struct Desk {
    _place: Place,
    folder: tempfile::TempDir,
    clinic: Clinic,
}

impl Desk {
    fn new() -> Self {
        let place = Place::new();
        let (clinic, _) = place.set_up();
        Self { _place: place, folder: tempfile::tempdir().unwrap(), clinic }
    }

    fn take(&mut self, name: &str, bytes: &[u8]) -> FileOutcome {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        intake().take(&mut self.clinic, &path, &Heading::default()).unwrap().outcome
    }

    /// Refused, in words that hold `words`; nothing of it is kept.
    #[track_caller]
    fn refused(&mut self, name: &str, bytes: &[u8], words: &str) {
        let before = self.clinic.documents().unwrap().len();
        match self.take(name, bytes) {
            FileOutcome::Refused(why) => assert!(why.contains(words), "{name}: {why}"),
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(self.clinic.documents().unwrap().len(), before);
    }
}

#[test]
fn a_pdf_with_a_text_layer_is_taken_in_page_by_page() {
    let mut desk = Desk::new();
    let first = [
        "柳溪镇卫生院胸痛患者转诊流程2024",
        "",
        "一、识别",
        "胸骨后压榨样疼痛超过二十分钟，立即做心电图。",
    ];
    let second = ["二、转运", "服用阿司匹林三百毫克，联系县医院胸痛中心，全程心电监护。"];
    let outcome = desk.take("流程.pdf", &pdf(&[&first, &second]));
    let FileOutcome::Added { title, year, unread_pages, .. } = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(title.contains("胸痛患者转诊流程"), "{title}");
    assert_eq!((*year, *unread_pages), (Some(2024), 0));
    let texts = desk.clinic.document_texts().unwrap();
    let found = texts[0].paragraphs.iter().find(|p| p.text.contains("阿司匹林三百毫克"));
    assert_eq!(found.map(|p| p.place.as_str()), Some("第2页"), "{:?}", texts[0].paragraphs);
}

#[test]
fn a_docx_is_taken_in_with_its_headings_and_tables() {
    let mut desk = Desk::new();
    let table = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>药品</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>库存 &gt;10</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    let inner = [
        styled("T", "急救药品目录"),
        styled("a1", "常备"),
        plain("肾上腺素 1 mg 两支。"),
        table.to_owned(),
    ]
    .concat();
    let bytes = docx(&[
        ("word/document.xml", &body(&inner)),
        ("word/styles.xml", STYLES),
        ("../../../tmp/evil.sh", "rm"),
    ]);
    let outcome = desk.take("目录.docx", &bytes);
    assert!(
        matches!(&outcome, FileOutcome::Added { title, .. } if title == "急救药品目录"),
        "{outcome:?}"
    );
    let texts = desk.clinic.document_texts().unwrap();
    let got: Vec<(&str, &str)> =
        texts[0].paragraphs.iter().map(|p| (p.section.as_str(), p.text.as_str())).collect();
    assert_eq!(got, [("常备", "肾上腺素 1 mg 两支。"), ("常备", "药品｜库存 >10")]);
}

#[test]
fn the_same_file_is_named_and_taken_in_once() {
    let mut desk = Desk::new();
    let text = "夜间值班电话\n\n内科：八八二一。\n";
    let FileOutcome::Added { id, .. } = desk.take("a.txt", text.as_bytes()) else { panic!() };
    assert!(
        matches!(desk.take("b.txt", text.as_bytes()), FileOutcome::Duplicate(line) if line.id == id)
    );
    desk.clinic.remove_document(id).unwrap();
    assert!(matches!(desk.take("b.txt", text.as_bytes()), FileOutcome::Added { .. }));
    assert!(desk.clinic.remove_document(LocalDocumentId(999)).is_err());
}

#[test]
fn a_scanned_pdf_is_refused_with_a_clear_word() {
    Desk::new().refused("扫描.pdf", &pdf(&[&[], &[], &[]]), "扫描件，没有文字层（3 页");
}

/// A hand-made PDF: objects numbered from 1, the first is the catalog.
fn raw_pdf(objects: &[String]) -> Vec<u8> {
    let mut out = b"%PDF-1.5\n".to_vec();
    let mut places = vec![];
    for (n, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", n + 1).bytes());
    }
    let xref = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    out.extend(
        format!("trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF\n", objects.len() + 1)
            .bytes(),
    );
    out
}

fn page_of(content: &str, font: &str) -> Vec<u8> {
    raw_pdf(&[
        "<</Type/Catalog/Pages 2 0 R>>".into(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".into(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>".into(),
        format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()),
        font.to_owned(),
    ])
}

#[test]
fn hostile_and_broken_pdfs_cost_only_their_child() {
    let mut desk = Desk::new();
    let started = Instant::now();
    let whole = pdf(&[&["题目", "正文一句话，足够长，能读出来。"]]);
    let mut kids = String::new();
    for _ in 0..200_000 {
        kids.push_str("3 0 R ");
    }
    let helvetica = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>";
    let hostile: Vec<(&str, Vec<u8>)> = vec![
        ("cut.pdf", whole[..whole.len() / 3].to_vec()),
        (
            "noise.pdf",
            [b"%PDF-1.7\n".to_vec(), (0..200_000_u32).map(|n| ((n * 7919) >> 5) as u8).collect()]
                .concat(),
        ),
        (
            "loop.pdf",
            raw_pdf(&[
                "<</Type/Catalog/Pages 2 0 R>>".into(),
                "<</Type/Pages/Kids[2 0 R]/Count 9>>".into(),
            ]),
        ),
        (
            "parents.pdf",
            raw_pdf(&[
                "<</Type/Catalog/Pages 2 0 R>>".into(),
                "<</Type/Pages/Kids[3 0 R]/Count 1/Parent 3 0 R>>".into(),
                "<</Type/Page/Parent 2 0 R>>".into(),
            ]),
        ),
        (
            "kids.pdf",
            raw_pdf(&[
                "<</Type/Catalog/Pages 2 0 R>>".into(),
                format!("<</Type/Pages/Kids[{kids}]/Count 200000>>"),
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>".into(),
            ]),
        ),
        ("deep.pdf", raw_pdf(&["<</Type/Catalog/Pages 2 0 R>>".into(), "[".repeat(300_000)])),
        (
            "nofont.pdf",
            page_of(
                "BT /F1 12 Tf (abc) Tj ET",
                "<</Type/Font/Subtype/Type0/BaseFont/X/DescendantFonts[9 0 R]>>",
            ),
        ),
        (
            "badmap.pdf",
            page_of(
                "BT /F1 12 Tf <00010002> Tj ET",
                "<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 99999999/LastChar -5/Widths[1 2]/ToUnicode 4 0 R>>",
            ),
        ),
        (
            "hugepage.pdf",
            page_of(
                "99999999999999999999 0 0 1e38 0 0 cm q q Q BT /F1 1e39 Tf 1 2 3 Td ET",
                helvetica,
            ),
        ),
        ("encrypted.pdf", {
            let text = String::from_utf8_lossy(&page_of("BT ET", helvetica)).replace(
                "/Root 1 0 R",
                "/Root 1 0 R/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O(01234567890123456789012345678901)/U(01234567890123456789012345678901)>>/ID[<00><00>]",
            );
            text.into_bytes()
        }),
    ];
    for (name, bytes) in hostile {
        let outcome = desk.take(name, &bytes);
        assert!(matches!(outcome, FileOutcome::Refused(_)), "{name}: {outcome:?}");
        println!("{name}: {outcome:?}");
    }
    assert!(desk.clinic.documents().unwrap().is_empty());
    assert!(started.elapsed() < Duration::from_mins(4), "{:?}", started.elapsed());
}

#[test]
fn hostile_docx_files_cost_only_their_child() {
    let mut desk = Desk::new();
    // 150 MB of blanks in about 150 kB.
    let bomb = docx(&[("word/document.xml", &body(&plain(&" ".repeat(150 << 20))))]);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    desk.refused("bomb.docx", &bomb, "压缩炸弹");
    let deep = body(&"<w:p>".repeat(100_000));
    desk.refused("deep.docx", &docx(&[("word/document.xml", &deep)]), "嵌套过深");
    let entities = format!(
        "<!DOCTYPE x [<!ENTITY a \"{}\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>{}",
        "哈".repeat(1000),
        body(&plain("&b;&f;"))
    );
    desk.refused("entities.docx", &docx(&[("word/document.xml", &entities)]), "没有文字");
    desk.refused("other.docx", &docx(&[("readme.txt", "x")]), "不认识的文件类型");
    let whole = docx(&[("word/document.xml", &body(&plain("一句话。")))]);
    desk.refused("cut.docx", &whole[..whole.len() / 2], "损坏");
    let mut many = zip::ZipWriter::new(Cursor::new(vec![]));
    for n in 0..10_050 {
        many.start_file(format!("f{n}"), SimpleFileOptions::default()).unwrap();
    }
    desk.refused("many.docx", &many.finish().unwrap().into_inner(), "个文件");
}

#[test]
fn nesting_without_end_is_no_trouble_for_html() {
    let mut desk = Desk::new();
    let page = format!("{}深处的一句话。{}", "<div>".repeat(300_000), "</div>".repeat(300_000));
    let outcome = desk.take("deep.html", page.as_bytes());
    assert!(matches!(outcome, FileOutcome::Added { paragraphs: 1, .. }), "{outcome:?}");
}

#[test]
fn a_child_that_takes_too_long_or_says_too_much_or_eats_too_much_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("长文.txt");
    fs::write(&path, format!("题\n\n{}", "每次随访都要测血压并记录。\n\n".repeat(10_000))).unwrap();
    let with = |limits: Limits| {
        Intake::new(PathBuf::from(env!("CARGO_BIN_EXE_xinglin")), limits).read(&path).unwrap_err()
    };
    let usual = Limits::default();
    let late = with(Limits { wall: Duration::from_millis(1), ..usual });
    assert!(late.contains("超时"), "{late}");
    let wordy = with(Limits { answer_bytes: 1000, ..usual });
    assert!(wordy.contains("过大"), "{wordy}");
    let hungry = with(Limits { memory_bytes: 8 << 20, ..usual });
    assert!(hungry.contains("停止") || hungry.contains("不完整"), "{hungry}");
    assert!(intake().read(&path).is_ok(), "the same file is read within the usual limits");
}

#[test]
fn folders_are_walked_without_following_links_or_opening_pipes() {
    let folder = tempfile::tempdir().unwrap();
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("secret.txt"), "秘密").unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("下级/更下")).unwrap();
    fs::write(root.join("下级/更下/甲.txt"), "甲。").unwrap();
    fs::write(root.join("旧.doc"), "x").unwrap();
    fs::write(root.join(".hidden.txt"), "x").unwrap();
    std::os::unix::fs::symlink(secret.path(), root.join("链接")).unwrap();
    std::os::unix::fs::symlink(secret.path().join("secret.txt"), root.join("链接.txt")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(root.join("管道.txt")).status().unwrap();
    assert!(pipe.success());
    let found = intake::find(&[root.to_owned(), root.join("没有.pdf")]);
    let names: Vec<String> =
        found.files.iter().map(|f| f.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, ["甲.txt"]);
    let words: Vec<String> = found.passed_over.iter().map(|r| format!("{:?}", r.outcome)).collect();
    for word in ["链接", "不是普通文件", "不是可导入的类型", "打不开"] {
        assert!(words.iter().any(|w| w.contains(word)), "{word}: {words:?}");
    }
    // Also when it is named outright, a pipe is never waited for.
    let error = intake().read(&root.join("管道.txt")).unwrap_err();
    assert!(error.contains("不是普通文件"), "{error}");
}

/// The real binary, signed in through a pipe.
fn xinglin(dir: &Path, args: &[&str]) -> std::process::Output {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_xinglin"))
        .arg("--data-dir")
        .arg(dir)
        .args(["--lang", "zh"])
        .args(args)
        .args(["--user", "wang", "--passphrase-fd", "0"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(writeln!(child.stdin.take().unwrap(), "willow creek 2026"));
    child.wait_with_output().unwrap()
}

#[test]
fn papers_are_imported_found_listed_and_removed_by_commands() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (data, folder) = (data.path(), folder.path());
    let out = |output: &std::process::Output, code: i32| {
        let text = [output.stdout.clone(), output.stderr.clone()].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(output.status.code(), Some(code), "{text}");
        text
    };
    out(&xinglin(data, &["set-up", "--clinic-name", "柳溪村卫生室"]), 0);
    fs::create_dir(folder.join("下级")).unwrap();
    fs::write(
        folder.join("下级/蛇伤处置卡2023.txt"),
        "蛇伤处置卡2023\n\n抗蝮蛇毒血清存放于药房二号冰箱，只备两支。\n",
    )
    .unwrap();
    fs::write(folder.join("扫描.pdf"), pdf(&[&[], &[]])).unwrap();
    fs::write(folder.join("表.xlsx"), "x").unwrap();
    let folder = folder.to_str().unwrap();
    let text = out(&xinglin(data, &["kb", "import", folder]), 1);
    for words in [
        "[1/2]",
        "已收 #1 《蛇伤处置卡2023》 2023  1 段",
        "未收 扫描件，没有文字层（2 页",
        "跳过 不是可导入的类型",
        "新增 1，已有 0，未收 1",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let again = out(&xinglin(data, &["kb", "import", folder, "--json"]), 1);
    assert!(again.contains(r#""outcome":"duplicate","id":1"#), "{again}");
    let found = out(&xinglin(data, &["search", "蝮蛇毒血清 冰箱", "--limit", "3"]), 0);
    assert!(found.contains("[本单位资料] 蛇伤处置卡2023") && found.contains("wang 于"), "{found}");
    let listed = out(&xinglin(data, &["kb", "papers", "--json"]), 0);
    assert!(listed.contains(r#""title":"蛇伤处置卡2023","year":2023"#), "{listed}");
    out(&xinglin(data, &["kb", "papers", "remove", "1"]), 0);
    let gone = out(&xinglin(data, &["search", "蝮蛇毒血清 冰箱", "--kind", "local"]), 0);
    assert!(gone.contains("没有找到"), "{gone}");
    out(&xinglin(data, &["kb", "papers", "remove", "1"]), 3);
}
