//! Readers of papers on ordinary files; hostile ones are in tests/papers.rs.
use super::*;

fn texts(read: &ReadDocument) -> Vec<(&str, &str, &str)> {
    read.paragraphs
        .iter()
        .map(|p| (p.section.as_str(), p.place.as_str(), p.text.as_str()))
        .collect()
}

#[test]
fn markdown_gives_its_headings_as_places() {
    let text = "# 本院转诊流程（2024年修订）\n\n说明**重要**。\n\n## 一、急诊\n\n- 胸痛：打 [120](tel:120)\n- 卒中：`立即`\n\n### 夜间\n\n| 时间 | 电话 |\n|---|---|\n| 20点后 | 值班 |\n";
    let read = read("a.md", text.as_bytes()).unwrap();
    assert_eq!((read.title.as_str(), read.year), ("本院转诊流程（2024年修订）", Some(2024)));
    assert_eq!(
        texts(&read),
        [
            ("", "", "说明重要。"),
            ("一、急诊", "一、急诊", "胸痛：打 120"),
            ("一、急诊", "一、急诊", "卒中：立即"),
            ("夜间", "一、急诊 › 夜间", "时间｜电话"),
            ("夜间", "一、急诊 › 夜间", "20点后｜值班"),
        ]
    );
}

#[test]
fn html_is_read_without_scripts_and_menus_in_both_encodings() {
    let page = |charset: &str| {
        format!(
            "<html><head><meta charset=\"{charset}\"><title>蛇伤处置</title><style>p{{}}</style></head><body><nav>首页</nav>\
             <h2>急救</h2><p>去除戒指 &amp; 手镯，<b>制动</b>。<script>alert('x')</script></p>\
             <table><tr><th>蛇</th><td>血清</td></tr></table></body></html>"
        )
    };
    let gb = encoding_rs::GB18030.encode(&page("gb2312")).0.into_owned();
    for bytes in [page("utf-8").into_bytes(), gb] {
        let read = read("a.html", &bytes).unwrap();
        assert_eq!(read.title, "蛇伤处置");
        assert_eq!(
            texts(&read),
            [("急救", "急救", "去除戒指 & 手镯，制动。"), ("急救", "急救", "蛇｜血清")]
        );
    }
}

#[test]
fn plain_text_is_read_in_three_encodings_and_refused_in_none() {
    let text = "发热门诊流程\n\n一、预检\n\n测体温，问流行病学史。\n";
    let gb = encoding_rs::GB18030.encode(text).0.into_owned();
    let mut utf16: Vec<u8> = vec![0xFF, 0xFE];
    utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    for bytes in [text.as_bytes().to_vec(), gb, utf16] {
        let read = read("a.txt", &bytes).unwrap();
        assert_eq!(read.title, "发热门诊流程");
        assert_eq!(texts(&read), [("一、预检", "一、预检", "测体温，问流行病学史。")]);
    }
    assert_eq!(read("a.txt", &[0x80, 0xFF, 0x00, 0x01]), Err(DocumentError::Encoding));
    assert_eq!(read("a.txt", b"\x7fELF\0\0\0"), Err(DocumentError::Encoding));
    assert_eq!(read("a.txt", b" \n "), Err(DocumentError::Empty));
}

#[test]
fn what_a_file_is_shows_in_its_bytes_not_in_its_name() {
    assert!(matches!(read("a.txt", b"%PDF-1.4 nothing"), Err(DocumentError::Damaged(_))));
    assert!(matches!(read("a.pdf", "文字".as_bytes()), Err(DocumentError::Damaged(_))));
    assert_eq!(read("a.doc", &[0xD0, 0xCF, 0x11, 0xE0, 1]), Err(DocumentError::OldWord));
    assert_eq!(read("a.exe", b"MZ"), Err(DocumentError::UnknownFormat));
    assert!(matches!(read("a.docx", b"PK\x03\x04junk"), Err(DocumentError::Damaged(_))));
}

#[test]
fn a_long_paragraph_is_cut_at_the_ends_of_sentences() {
    let text = format!("题目\n\n{}", "每次随访都要测血压并记录。".repeat(60));
    let read = read("a.txt", text.as_bytes()).unwrap();
    assert!(read.paragraphs.len() > 1);
    assert!(
        read.paragraphs.iter().all(|p| p.text.ends_with('。') && p.text.chars().count() <= 430)
    );
}

#[test]
fn numbered_lines_are_headings_and_sentences_are_not() {
    for (line, level) in [
        ("第三章 转诊", Some(2)),
        ("一、适应证", Some(2)),
        ("（二）禁忌", Some(3)),
        ("1.2 诊断标准", Some(3)),
        ("2. 处理", Some(2)),
        ("3天后复查。", None),
        ("1.5 mmol/L 以上", None),
        ("第二天复诊", None),
        ("一般处理，对症。", None),
    ] {
        assert_eq!(lines::heading_level(line), level, "{line}");
    }
}

#[test]
fn letters_of_no_script_are_called_garbled() {
    let text: String = (0..200).map(|n| char::from_u32(0xE000 + n).unwrap()).collect();
    assert_eq!(read("a.txt", format!("甲\n\n{text}").as_bytes()), Err(DocumentError::Garbled));
}

#[test]
fn a_paper_without_a_marked_title_takes_its_first_heading_and_its_date_line() {
    let read =
        read("新建.md", "## 院前演练方案\n\n2024年5月8日\n\n胸痛十分钟内做心电图。\n".as_bytes())
            .unwrap();
    assert_eq!((read.title.as_str(), read.year), ("院前演练方案", Some(2024)));
    let told = super::read(
        "b.md",
        "说明。\n\n## 一、急诊\n\n2019 年以来的病人共 30 例，均由卫生院随访并记录在册。\n"
            .as_bytes(),
    )
    .unwrap();
    assert_eq!((told.title.as_str(), told.year), ("b", None));
}
