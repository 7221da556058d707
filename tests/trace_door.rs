//! At the door through the real program: refusing a box, a case, a line; what no list announced; the way back to the
//! supplier; what each platform hears of it.
use serde_json::{Value, json};

use crate::support::Place;
use crate::trace::{code, despatch, lines, station, trace};

/// A list of four boxes of two drugs, and a case of two.
fn expecting() -> Place {
    let (place, _) = station();
    let dir = place.path();
    let list = [
        ("B1", code("amx", 1), "A1", "2028-06-30"),
        ("B1", code("amx", 2), "A1", "2028-06-30"),
        ("B1", code("amx", 3), "A1", "2028-06-30"),
        ("B1", code("abx", 4), "X9", "2028-06-30"),
    ];
    let case = "81234569999999999999";
    let mut text = despatch(&list);
    text.push_str(&format!("B1,县医药公司,{case},amx,A2,2026-01-01,2028-06-30,2,\n"));
    for n in [11, 12] {
        text.push_str(&format!(
            "B1,县医药公司,{},amx,A2,2026-01-01,2028-06-30,1,{case}\n",
            code("amx", n)
        ));
    }
    std::fs::write(dir.join("list.csv"), text).unwrap();
    lines(dir, &["expect", dir.join("list.csv").to_str().unwrap()], 0);
    place
}

fn of<'a>(all: &'a [Value], code: &str) -> &'a Value {
    all.iter().find(|line| line["code"] == code).unwrap_or_else(|| panic!("{code} in {all:?}"))
}

/// The open bills: letter of the kind and target.
fn bills(place: &Place) -> Vec<(char, String)> {
    let all = lines(place.path(), &["upload", "--list"], 1);
    all.iter()
        .map(|bill| {
            let number = bill["bill"].as_str().unwrap();
            let letter = number.chars().rev().nth(9).unwrap();
            (letter, bill["target"].as_str().unwrap().to_owned())
        })
        .collect()
}

#[test]
fn a_refused_box_never_is_stock_is_told_as_not_passed_and_goes_back_on_a_slip() {
    let place = expecting();
    let dir = place.path();
    let (good, broken, same_line) = (code("amx", 1), code("amx", 2), code("amx", 3));
    let args = ["receive", "--bill", "B1", "--reject", "外箱压坏", "--cause", "damaged", "--only"];
    let seen = lines(dir, &[&args[..], &[&broken, &good, &broken]].concat(), 1);
    let (taken, refused) = (of(&seen, &good), of(&seen, &broken));
    assert_eq!((&taken["taken"], &taken["rejected"]), (&json!(true), &json!(false)));
    assert_eq!((&refused["taken"], &refused["rejected"]), (&json!(false), &json!(true)));
    assert_eq!(refused["decision"], "拒收：破损：外箱压坏");
    assert_eq!(of(&seen, &same_line)["verdict"], "missing", "nothing happened to the others");

    let stock = lines(dir, &["stock"], 0);
    let lot = stock.iter().find(|line| line["lot"] == "A1").unwrap();
    assert_eq!(
        [&lot["shelf"], &lot["held"], &lot["rejected"], &lot["expected"]],
        [&json!(24), &json!(0), &json!(24), &json!(1)],
        "the refused box is no stock"
    );
    let waiting = lines(dir, &["rejected"], 1);
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        [&waiting[0]["code"], &waiting[0]["reason"], &waiting[0]["supplier"], &waiting[0]["bill"]],
        [&json!(broken), &json!("破损：外箱压坏"), &json!("县医药公司"), &json!("B1")]
    );
    // It cannot be given out, and its life tells why.
    let history = lines(dir, &["history", &broken], 0);
    let told = history[0]["events"].to_string();
    assert!(told.contains("拒收：破损：外箱压坏") && !told.contains("验收合格"), "{told}");

    // The trace platform hears of both, the insurance only of what was bought.
    let platform = "trace-platform".to_owned();
    let told = bills(&place);
    assert!(told.contains(&('A', platform.clone())) && told.contains(&('I', platform.clone())));
    assert!(!told.contains(&('I', "trace-insurance".to_owned())), "{told:?}");

    let pdf = dir.join("refused.pdf");
    lines(dir, &["rejected", "--pdf", pdf.to_str().unwrap()], 1);
    assert!(std::fs::metadata(&pdf).unwrap().len() > 2000);
    lines(dir, &["rejected", "--back", "T9"], 0);
    assert!(lines(dir, &["rejected"], 0).is_empty());
    let history = lines(dir, &["history", &broken], 0);
    assert_eq!(history[0]["pack"]["state"], "sent-back");
    let told = bills(&place);
    assert!(told.contains(&('B', platform)), "{told:?}");
    assert!(!told.contains(&('B', "trace-insurance".to_owned())), "never bought, never returned");
    // Twice is refused.
    assert_eq!(trace(dir, &["receive", "--bill", "B1", &broken]).status.code(), Some(1));
    assert_eq!(lines(dir, &["check"], 0)[0]["sound"], true);
}

#[test]
fn a_refused_case_refuses_what_is_in_it_and_goes_back_with_the_last_of_it() {
    let place = expecting();
    let dir = place.path();
    let case = "81234569999999999999";
    let seen = lines(
        dir,
        &[
            "receive",
            "--bill",
            "B1",
            "--reject",
            "",
            "--cause",
            "temperature",
            "--only",
            case,
            case,
        ],
        1,
    );
    for code in [case, &code("amx", 11), &code("amx", 12)] {
        assert_eq!(of(&seen, code)["rejected"], true, "{code}");
    }
    assert_eq!(lines(dir, &["rejected"], 1).len(), 2, "boxes, not the carton around them");
    lines(dir, &["rejected", "--back", "T1", &code("amx", 11)], 0);
    assert_eq!(lines(dir, &["history", case], 0)[0]["pack"]["state"], "rejected");
    lines(dir, &["rejected", "--back", "T2"], 0);
    assert_eq!(lines(dir, &["history", case], 0)[0]["pack"]["state"], "sent-back");
    assert_eq!(lines(dir, &["check"], 0)[0]["sound"], true);
}

#[test]
fn a_wrong_lot_is_refused_although_the_list_says_another_and_stays_outside_undecided() {
    let (place, _) = station();
    let dir = place.path();
    let text = format!(
        "bill,supplier,code,product,lot,made,expiry,level,parent\nG1,县医药公司,]d201{}21SER1,amx,A1,,2028-06-30,1,\n",
        "06901234567892"
    );
    std::fs::write(dir.join("g.csv"), text).unwrap();
    lines(dir, &["expect", dir.join("g.csv").to_str().unwrap()], 0);
    let symbol = "]d2010690123456789217280630\u{1d}10B2\u{1d}21SER1";
    let seen = lines(dir, &["receive", "--bill", "G1", symbol], 1);
    assert_eq!((&seen[0]["verdict"], &seen[0]["taken"]), (&json!("wrong-lot"), &json!(false)));
    let args = ["receive", "--bill", "G1", "--reject", "盒上B2", "--cause", "wrong-lot", symbol];
    let seen = lines(dir, &args, 0);
    assert_eq!(seen[0]["rejected"], true, "{seen:?}");
    assert_eq!(lines(dir, &["rejected"], 1)[0]["reason"], "批号或效期不符：盒上B2");
}

#[test]
fn what_no_list_announced_comes_in_with_a_reason_or_is_refused_even_when_nobody_knows_it() {
    let place = expecting();
    let dir = place.path();
    let extra = code("amx", 77);
    let seen = lines(dir, &["receive", "--bill", "B1", "--unlisted", " ", &extra], 1);
    assert_eq!(of(&seen, &extra)["stop"]["stop"], "reason-needed");
    let seen = lines(
        dir,
        &["receive", "--bill", "B1", "--unlisted", "电话补发", "--lot", "A7", &extra],
        1,
    );
    assert_eq!(of(&seen, &extra)["taken"], true);
    let told = lines(dir, &["history", &extra], 0)[0]["events"].to_string();
    assert!(told.contains("清单外：电话补发"), "{told}");
    // A drug that no catalogue knows can still be sent away.
    let strange = "89999990000000000001";
    let args = [
        "receive",
        "--bill",
        "B1",
        "--reject",
        "",
        "--cause",
        "not-ordered",
        "--only",
        strange,
        strange,
    ];
    let seen = lines(dir, &args, 1);
    assert_eq!(of(&seen, strange)["rejected"], true);
    let waiting = lines(dir, &["rejected"], 1);
    assert_eq!(
        (&waiting[0]["name"], &waiting[0]["reason"]),
        (&json!("未在目录"), &json!("未订购"))
    );
    lines(dir, &["rejected", "--back", "T3"], 0);
    // "Other" says nothing alone.
    let args = ["receive", "--bill", "B1", "--reject", "", &code("amx", 1)];
    assert_eq!(of(&lines(dir, &args, 1), &code("amx", 1))["stop"]["stop"], "reason-needed");
    assert_eq!(
        trace(dir, &["receive", "--bill", "B1", "--reject", "x", "--cause", "坏"]).status.code(),
        Some(2)
    );
    assert_eq!(lines(dir, &["check"], 0)[0]["sound"], true);
}

#[test]
fn a_refusal_by_mistake_is_taken_back_and_the_box_comes_in_after_all() {
    let place = expecting();
    let dir = place.path();
    let one = code("amx", 1);
    let args = ["receive", "--bill", "B1", "--reject", "看错", "--only", &one, &one];
    lines(dir, &args, 1);
    // Put aside, refused, arrived: each by an event of its own.
    for _ in 0..3 {
        lines(dir, &["take-back", "--reason", "看错了", &one], 0);
    }
    assert!(lines(dir, &["rejected"], 0).is_empty());
    let seen = lines(dir, &["receive", "--bill", "B1", &one], 1);
    assert_eq!(of(&seen, &one)["taken"], true);
    assert_eq!(lines(dir, &["check"], 0)[0]["sound"], true);
}
