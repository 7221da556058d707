//! Files in and out of the store-room: tables in every form they come in, profiles of provinces and what they lack, requests
//! and answers of the insurance platform by file.
use serde_json::{Value, json};
use xinglin::services::trace_import::{Fate, Sender, Subject};

use crate::support::Place;
use crate::trace::{code, lines, shelve, station, trace};

const CATALOGUE: &str = "编号,名称,规格,每盒数量,最小单位,标识码,厂家,单价\n\
    mtf,二甲双胍片,0.5g,20,片,8123460,丙药厂,3.20\n\
    bad,坏行,1g,0,片,8123461,丙药厂,\n\
    amx,阿莫西林胶囊,0.25g,24,粒,8123456,甲药厂,5.20\n\
    twin,同码药,1g,10,片,8123456,丙药厂,1\n";

fn put(place: &Place, name: &str, bytes: &[u8]) -> String {
    let path = place.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn sheet(rows: &[Vec<&str>]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (r, row) in rows.iter().enumerate() {
        for (c, cell) in row.iter().enumerate() {
            sheet.write(r as u32, c as u16, *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

fn fates(all: &[Value]) -> Vec<&str> {
    all.iter().filter_map(|line| line["fate"].as_str()).collect()
}

#[test]
fn a_catalogue_in_gb18030_is_looked_at_kept_without_its_bad_rows_and_harmless_again() {
    let (place, _) = station();
    let dir = place.path();
    let (bytes, ..) = encoding_rs::GB18030.encode(CATALOGUE);
    let file = put(&place, "目录.csv", &bytes);
    let looked = lines(dir, &["import", "products", &file, "--dry-run"], 1);
    assert_eq!(fates(&looked), ["new", "bad", "changed", "bad"]);
    assert!(looked[1]["message"].as_str().unwrap().contains("第 3 行"), "{looked:?}");
    assert!(looked[2]["message"].as_str().unwrap().contains("单价 5.60→5.20"), "{looked:?}");
    assert!(looked[3]["message"].as_str().unwrap().contains("已属于 amx"), "{looked:?}");
    assert!(looked[0]["note"].as_str().unwrap().contains("医保编码"), "{looked:?}");
    assert_eq!(lines(dir, &["product"], 0).len(), 2, "a look keeps nothing");
    let kept = lines(dir, &["import", "products", &file], 1);
    assert_eq!(kept.last().unwrap(), &json!({"kept": 2, "same": 0, "refused": 2}));
    let again = lines(dir, &["import", "products", &file], 1);
    assert_eq!(again.last().unwrap(), &json!({"kept": 0, "same": 2, "refused": 2}));
    let products = lines(dir, &["product"], 0);
    assert!(products.iter().any(|p| p["name"] == "二甲双胍片" && p["units"] == 20));
}

#[test]
fn a_strange_column_an_old_workbook_and_a_spoilt_code_are_named() {
    let (place, _) = station();
    let dir = place.path();
    let says = |subject: &str, bytes: &[u8]| {
        let file = put(&place, "x", bytes);
        let output = trace(dir, &["import", subject, &file]);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, words) = says("products", "编号,名称,每盒数量,颜色\n1,甲,2,红\n".as_bytes());
    assert!(code == 3 && words.contains("“颜色”"), "{code} {words}");
    let (code, words) = says("products", &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
    assert!(code == 3 && words.contains(".xls"), "{code} {words}");
    let (code, words) = says("despatch", b"bill,code\nB1,8.12345E+19\n");
    assert!(code == 1 && words.contains("设为文本"), "{code} {words}");
    let (code, words) = says("despatch", "code\n81234560000000000001\n".as_bytes());
    assert!(code == 1 && words.contains("随货单号"), "{code} {words}");
    let missing = trace(dir, &["import", "products", "/nowhere/x.csv"]);
    assert_eq!(missing.status.code(), Some(3));
}

#[test]
fn a_despatch_list_comes_as_a_spreadsheet_and_again_changes_nothing_even_when_half_has_arrived() {
    let (place, _) = station();
    let dir = place.path();
    let (one, two) = (code("amx", 1), code("amx", 2));
    let rows = [
        vec!["药品追溯码", "批号", "生产日期", "有效期至"],
        vec![&one, "A1", "2026/1/5", "2028年6月30日"],
        vec![&two, "A1", "20260105", "46934"],
        vec![&two, "A1", "", ""],
    ];
    let file = put(&place, "list.xlsx", &sheet(&rows));
    let args = ["import", "despatch", &file, "--bill", "B1", "--supplier", "县医药公司"];
    let seen = lines(dir, &args, 1);
    assert_eq!(seen[0]["stop"], "twice", "the same code in two lines: {seen:?}");
    assert_eq!(seen.last().unwrap(), &json!({"kept": 2, "same": 0, "refused": 1}));
    lines(dir, &["receive", "--bill", "B1", &one], 1);
    let again = lines(dir, &[&args[..], &["--dry-run"]].concat(), 1);
    assert_eq!(fates(&again), ["same", "same", "bad"]);
    assert!(again[0]["note"].as_str().unwrap().contains("已到过货"), "{again:?}");
    let stock = lines(dir, &["stock"], 0);
    assert_eq!(
        (&stock[0]["expiry"], &stock[0]["shelf"], &stock[0]["expected"]),
        (&json!("2028-06-30"), &json!(24), &json!(1))
    );
    // Other words about a known code are a contradiction, not an update.
    let other = [rows[0].clone(), vec![&two, "B7", "", "2028-06-30"]];
    let file = put(&place, "other.xlsx", &sheet(&other));
    let seen = lines(dir, &["import", "despatch", &file, "--bill", "B1"], 1);
    assert_eq!(seen[0]["stop"], "other-lot");
}

#[test]
fn the_county_s_list_of_agreed_purchases_comes_by_the_same_way() {
    let (place, _) = station();
    let dir = place.path();
    let text = "集采批次,药品编号,约定采购量,中选价,采购周期起,采购周期止\n第十批,amx,10,5.60,2026-01-01,2027-12-31\n第十批,xyz,1,1,2026-01-01,2026-12-31\n";
    let file = put(&place, "集采.csv", text.as_bytes());
    let kept = lines(dir, &["import", "agreements", &file], 1);
    assert_eq!(kept.last().unwrap(), &json!({"kept": 1, "same": 0, "refused": 1}));
    let again = lines(dir, &["import", "agreements", &file], 1);
    assert_eq!(again.last().unwrap(), &json!({"kept": 0, "same": 1, "refused": 1}));
    assert_eq!(lines(dir, &["agreement"], 0)[0]["agreed"], 10);
}

/// A station with a box bought and sold; the list had no date of manufacture for the second.
fn sold() -> (Place, String) {
    let (place, sheet) = station();
    shelve(&place, "B1", &[("amx", 1)]);
    let dir = place.path();
    let text =
        format!("bill,supplier,code,lot,expiry\nB2,县医药公司,{},A1,2028-06-30\n", code("abx", 5));
    let file = put(&place, "b2.csv", text.as_bytes());
    lines(dir, &["import", "despatch", &file], 0);
    lines(dir, &["receive", "--bill", "B2", &code("abx", 5)], 0);
    lines(dir, &["dispense", "--sheet", &sheet, &code("amx", 1)], 0);
    (place, sheet)
}

#[test]
fn three_profiles_require_different_fields_and_what_lacks_is_named_before_anything_is_sent() {
    let (place, _) = sold();
    let dir = place.path();
    let profiles = lines(dir, &["profile"], 0);
    let names: Vec<&str> = profiles.iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["default", "strict", "batch"]);
    assert!(profiles.iter().all(|p| !p["basis"].as_array().unwrap().is_empty()));
    assert_eq!(profiles[0]["chosen"], true);
    // What each profile says about the same bills, without a line to any platform.
    let lacks = || -> Vec<(String, String)> {
        lines(dir, &["upload", "--list"], 1)
            .iter()
            .map(|bill| (bill["target"].as_str().unwrap().to_owned(), bill["lacks"].to_string()))
            .collect()
    };
    let told = |all: &[(String, String)], target: &str, field: &str| {
        all.iter().any(|(of, lacks)| of == target && lacks.contains(field))
    };
    let usual = lacks();
    assert!(told(&usual, "trace-insurance", "manu_date（生产日期）"), "{usual:?}");
    assert!(told(&usual, "trace-insurance", "phar_prac_cert_no"), "{usual:?}");
    assert!(told(&usual, "trace-platform", "ref_user_id"), "no address, no number yet: {usual:?}");
    assert!(!told(&usual, "trace-platform", "from_address"), "{usual:?}");
    lines(dir, &["profile", "--use", "strict"], 0);
    let strict = lacks();
    assert!(told(&strict, "trace-platform", "from_address（发货地址）"), "{strict:?}");
    lines(dir, &["profile", "--use", "batch"], 0);
    assert_eq!(lines(dir, &["profile"], 0)[2]["chosen"], true);
    assert_eq!(trace(dir, &["profile", "--use", "某省"]).status.code(), Some(2));
}

#[test]
fn a_bill_that_lacks_a_field_is_stopped_here_and_not_by_the_platform() {
    use xinglin::domain::trace::bill::Business;
    use xinglin::services::trace_upload::{deliver, named_profile};
    let (place, _) = sold();
    let mut clinic = place.sign_in();
    let now = xinglin::services::clock::Clock::now(&xinglin::services::clock::SystemClock);
    place.clock.set(now.plus_seconds(60));
    // No address at all: whatever is answered was answered here.
    let mut profile = named_profile("default").unwrap();
    profile.insurance.url = "http://127.0.0.1:1/".to_owned();
    clinic.begin_round().unwrap();
    let mut round = xinglin::services::trace_upload::Round::default();
    let mut stopped = 0;
    while let Some(bill) = clinic.next_bill(&profile, &mut round).unwrap() {
        let answer = deliver(&profile, &bill, clinic.now());
        if answer.business_word.contains("本机判定") {
            stopped += 1;
            assert_eq!(answer.business, Business::Refused);
            assert!(
                answer.remedy.contains("manu_date") || answer.remedy.contains("phar_prac_cert_no"),
                "{answer:?}"
            );
        }
        clinic.bill_came_back(&bill, &answer).unwrap();
    }
    assert_eq!(stopped, 2, "the purchase without a date, the sale without the pharmacist's number");
}

#[test]
fn insurance_requests_go_out_as_a_file_and_the_answers_come_back_as_one() {
    let (place, sheet) = sold();
    let dir = place.path();
    std::fs::write(
        dir.join("trace.toml"),
        "name = '试验省'\n[insurance]\norg_code = 'H001'\n[insurance.constants]\nphar_prac_cert_no = 'P1'\n",
    )
    .unwrap();
    let out = dir.join("requests.ndjson");
    let path = out.to_str().unwrap();
    let output = trace(dir, &["export", "--format", "insurance", "--out", path]);
    assert_eq!(output.status.code(), Some(1), "one bill lacks a field");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("manu_date（生产日期）"), "{said}");
    let requests: Vec<Value> = std::fs::read_to_string(&out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<&str> =
        requests.iter().map(|r| r["request"]["infno"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["3503", "3505"]);
    assert!(!requests.iter().any(|r| r.to_string().contains("王小明")), "no patient's name leaves");
    // An existing file is never overwritten.
    assert_eq!(
        trace(dir, &["export", "--format", "insurance", "--out", path]).status.code(),
        Some(3)
    );

    // The front machine's answers: one taken, one refused, one of somebody else, one that is no JSON.
    let number = |r: &Value, node: &str| {
        r["request"]["input"][node]["fixmedins_bchno"].as_str().unwrap().to_owned()
    };
    let answers = [
        json!({"infno": "3503", "infcode": 0, "fixmedins_bchno": number(&requests[0], "purcinfo"), "retRslt": "1", "msgRslt": "成功"}).to_string(),
        json!({"infno": "3505", "infcode": "0", "fixmedins_bchno": number(&requests[1], "selinfo"), "retRslt": 0, "msgRslt": "库存不足"}).to_string(),
        json!({"fixmedins_bchno": "XLxxxx01D000000009-0000", "retRslt": "1"}).to_string(),
        "{".to_owned(),
    ];
    let file = put(&place, "answers.ndjson", answers.join("\n").as_bytes());
    let looked = lines(dir, &["import", "answers", &file, "--dry-run"], 1);
    assert_eq!(fates(&looked), ["new", "new", "bad", "bad"]);
    let kept = lines(dir, &["import", "answers", &file], 1);
    assert_eq!(kept.last().unwrap(), &json!({"kept": 2, "same": 0, "refused": 2}));
    let open = lines(dir, &["upload", "--list"], 1);
    let of = |letter: char| {
        open.iter().find(|bill| {
            bill["target"] == "trace-insurance"
                && bill["bill"].as_str().unwrap().chars().rev().nth(9) == Some(letter)
                && bill["state"] != "waiting"
        })
    };
    assert!(of('A').is_none(), "the purchase is done: {open:?}");
    assert_eq!(of('D').unwrap()["state"], "refused");
    assert!(of('D').unwrap()["remedy"].as_str().unwrap().contains("入库单"));
    let again = lines(dir, &["import", "answers", &file, "--dry-run"], 1);
    assert_eq!(fates(&again)[0], "same");

    // 2207 by the sheet's number.
    let rows = lines(dir, &["export", "--format", "settlement", "--sheet", &sheet], 0);
    let rows = rows[0]["drug_trac_info"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["drug_trac_codg"], &rows[0]["trdn_flag"]),
        (&json!(code("amx", 1)), &json!("0"))
    );
    assert_eq!(
        trace(dir, &["export", "--format", "settlement", "--sheet", "x"]).status.code(),
        Some(3)
    );
}

#[test]
fn the_ledger_goes_out_as_epcis_and_csv_into_new_files_and_comes_in_as_a_list_at_another_station() {
    let (place, _) = sold();
    let dir = place.path();
    for (format, name) in [("csv", "ledger.csv"), ("epcis", "ledger.json")] {
        let path = dir.join(name);
        let output = trace(dir, &["export", "--format", format, "--out", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(&code("amx", 1)) && !text.contains("王小明"), "{format}");
    }
    let text = std::fs::read_to_string(dir.join("ledger.csv")).unwrap();
    assert!(text.starts_with('\u{feff}') && text.lines().count() > 8);
    let (other, _) = station();
    let shipping = std::fs::read_to_string(dir.join("ledger.json"))
        .unwrap()
        .replace("\"accepting\"", "\"shipping\"");
    let file = put(&other, "shipping.json", shipping.as_bytes());
    let mut clinic = other.sign_in();
    let sender = Sender { bill: "S1".into(), supplier: "县医药公司".into() };
    let path = std::path::Path::new(&file);
    let import = clinic.read_import(Subject::Epcis, path, &sender).unwrap();
    assert_eq!(import.tally().new, 2, "{:?}", import.lines);
    assert!(
        import.lines.iter().any(|line| line.fate == Fate::Same && line.note.contains("不是发货"))
    );
    assert_eq!(clinic.keep_import(&import).unwrap().kept, 2);
    let again = clinic.read_import(Subject::Epcis, path, &sender).unwrap();
    assert_eq!((again.tally().new, again.is_empty()), (0, true));
}
