//! 码上放心 for medical institutions: in/out bills, retail, status, the supplier's despatch list. A bill counts as done
//! only when the platform's own status query says so: "uploaded" is not "done".
use std::time::Duration;

use md5::{Digest, Md5};
use serde_json::Value;

use super::trace_http::{HttpTrouble, Request, form, post, text};
use super::trace_profile::Profile;
use crate::domain::age::Day;
use crate::domain::instant::Instant;
use crate::domain::trace::bill::{Answer, Bill, BillKind, Business, Lack, Transport};
use crate::domain::trace::despatch::DespatchLine;
use crate::domain::trace::ledger::Particulars;
use crate::domain::trace::rejection::Cause;

const NAME: &str = "alibaba.alihealth.drugtrace.top.yljg";
/// The profile's word for a platform that does not want to hear of refused goods.
const NOT_TOLD: &str = "not-told";
const DUPLICATE: &str = "BILL_FILE_NAME_DUPLICATE_UPLOAD";

/// Fields that the interface marks as required.
const IN_OUT: [&str; 9] = [
    "bill_code",
    "bill_time",
    "bill_type",
    "physic_type",
    "ref_user_id",
    "from_user_id",
    "to_user_id",
    "oper_ic_code",
    "client_type",
];
const RETAIL: [&str; 4] = ["bill_code", "bill_time", "bill_type", "ref_user_id"];

/// Required fields that are empty, before anything is sent.
pub fn lint(profile: &Profile, bill: &Bill) -> Vec<Lack> {
    if bill.kind == BillKind::Withdraw {
        return vec![];
    }
    let (method, fields) = upload_fields(profile, bill);
    let own = profile.platform.required.iter().map(String::as_str);
    let asked: Vec<&str> = if method == "uploadretail" {
        RETAIL.to_vec()
    } else {
        IN_OUT.into_iter().chain(own).collect()
    };
    let filled =
        |name: &str| fields.iter().any(|(known, value)| known == name && !value.is_empty());
    asked
        .into_iter()
        .filter(|name| !filled(name))
        .map(|name| super::insurance::lack(name, String::new()))
        .collect()
}

/// Sends a bill, or asks about one that was sent (`pending`).
pub fn deliver(profile: &Profile, bill: &Bill, (pending, now): (bool, Instant)) -> Answer {
    if bill.kind == BillKind::Withdraw {
        let remedy =
            "平台没有撤单接口：请在平台网页上处理原单，然后把这一条标为已处理。".to_owned();
        return Answer {
            business: Business::Refused,
            remedy,
            ..said(Transport::Reached, "", "本机判定：平台没有此接口")
        };
    }
    let told: Vec<_> = bill.lines.iter().filter(|line| !line.refused).cloned().collect();
    let untold = profile.platform.rejected == NOT_TOLD;
    let bill = &if untold { Bill { lines: told, ..bill.clone() } } else { bill.clone() };
    if untold && bill.lines.is_empty() {
        return Answer {
            business: Business::Accepted,
            ..said(Transport::Reached, "", "本机判定：按配置，拒收的药不上传")
        };
    }
    let lacks = lint(profile, bill);
    if !lacks.is_empty() {
        let told: Vec<String> = lacks.iter().map(Lack::told).collect();
        return Answer {
            business: Business::Refused,
            remedy: format!("{}；然后重传。", told.join("；")),
            ..said(Transport::Reached, "", &format!("本机判定：{}", told.join("；")))
        };
    }
    if !pending {
        let answer = upload(profile, bill, now);
        if answer.business != Business::Pending {
            return answer;
        }
    }
    status(profile, bill, now)
}

fn upload(profile: &Profile, bill: &Bill, now: Instant) -> Answer {
    let (method, fields) = upload_fields(profile, bill);
    let reply = match call(profile, (&method, &fields), now) {
        Ok(reply) => reply,
        Err(answer) => return answer,
    };
    let (code, info) = (text(&reply["msg_code"]), text(&reply["msg_info"]));
    if code.contains(DUPLICATE) {
        return Answer {
            business: Business::Pending,
            ..said(Transport::Reached, "", &format!("{code} {info}（已上传过）"))
        };
    }
    match truth(&reply["response_success"]) {
        Some(true) => Answer {
            business: Business::Pending,
            ..said(Transport::Reached, "", &format!("已上传 {code} {info}"))
        },
        Some(false) => refused(profile, &format!("{code} {info}")),
        None => said(Transport::Reached, "", "平台没有说成功还是失败"),
    }
}

/// The platform's own word about a bill.
fn status(profile: &Profile, bill: &Bill, now: Instant) -> Answer {
    let day = bill.at.day();
    let own = &profile.platform.ref_user_id;
    let outward =
        !matches!(bill.kind, BillKind::PurchaseIn | BillKind::RejectIn | BillKind::RetailReturn);
    let fields = pairs(&[
        ("ref_ent_id", own),
        ("begin_date", &day.plus_days(-1).to_string()),
        ("end_date", &now.day().plus_days(1).to_string()),
        ("bill_type", if outward { "AO" } else { "AI" }),
        ("bill_code", &bill.code),
        ("page_size", "10"),
        ("page", "1"),
    ]);
    let reply = match call(profile, ("query.billstatus", &fields), now) {
        Ok(reply) => reply,
        Err(answer) => return answer,
    };
    let found = list(&reply["model"]["result_list"])
        .into_iter()
        .find(|row| text(&row["bill_code"]) == bill.code);
    let Some(row) = found else {
        // It said "uploaded" and knows nothing: the next try uploads again, under the same code.
        return said(Transport::Reached, "", "平台查不到这张单据");
    };
    let info = text(&row["process_info"]);
    match text(&row["result_type"]).as_str() {
        "3" => Answer {
            business: Business::Accepted,
            ..said(Transport::Reached, "", &format!("处理成功 {info}"))
        },
        "4" => refused(profile, &format!("处理失败 {info}")),
        other => Answer {
            business: Business::Pending,
            ..said(Transport::Reached, "", &format!("处理中（{other}）{info}"))
        },
    }
}

/// The supplier's despatch list with every code: what is to be expected.
pub fn despatch(
    profile: &Profile,
    (bill, from): (&str, &str),
    now: Instant,
) -> Result<Vec<DespatchLine>, Answer> {
    let own = &profile.platform.ref_user_id;
    let fields = pairs(&[
        ("ref_ent_id", own),
        ("bill_code", bill),
        ("from_ref_user_id", from),
        ("to_ref_user_id", own),
    ]);
    let reply = call(profile, ("listupout.detail", &fields), now)?;
    let model = &reply["model"];
    if model.is_null() {
        return Err(refused(
            profile,
            &format!("{} {}", text(&reply["msg_code"]), text(&reply["msg_info"])),
        ));
    }
    let supplier = text(&model["ent_send_name"]);
    let mut lines = vec![];
    for drug in list(&model["drug_infos_dto_list"]) {
        for code in list(&drug["code_info_list_dto_list"]) {
            let is = Particulars {
                lot: text(&drug["produce_batch_no"]),
                made: day(&text(&drug["produce_date"])),
                expiry: day(&text(&drug["valid_end_date"])),
                level: text(&code["code_level"]).parse().unwrap_or(1),
                ..Particulars::default()
            };
            lines.push(DespatchLine {
                bill: bill.to_owned(),
                supplier: supplier.clone(),
                code: text(&code["code"]),
                is,
            });
        }
    }
    Ok(lines)
}

fn upload_fields(profile: &Profile, bill: &Bill) -> (String, Vec<(String, String)>) {
    let p = &profile.platform;
    let codes: Vec<&str> = bill.lines.iter().map(|line| line.code.as_str()).collect();
    let codes = codes.join(",");
    let at = bill.at.to_string();
    let count = bill.lines.len().to_string();
    let bill_type = match bill.kind {
        BillKind::PurchaseIn | BillKind::RejectIn => "102",
        BillKind::ReturnOut => "202",
        BillKind::DestroyOut => "205",
        BillKind::RetailReturn => "116",
        _ => "323",
    };
    let mut fields = pairs(&[
        ("bill_code", &bill.code),
        ("bill_time", &at),
        ("bill_type", bill_type),
        ("physic_type", &p.physic_type),
        ("ref_user_id", &p.ref_user_id),
        ("oper_ic_code", &p.app_key),
        ("oper_ic_name", if p.operator.is_empty() { &bill.operator } else { &p.operator }),
        ("trace_codes", &codes),
    ]);
    if matches!(bill.kind, BillKind::Retail | BillKind::RetailReturn) {
        // No name, number or telephone of a patient: the platform does not need them.
        fields.extend(pairs(&[
            ("from_user_id", &p.ent_id),
            ("medic_doctor", &bill.doctor),
            ("medic_dispenser", &bill.operator),
        ]));
        return ("uploadretail".to_owned(), fields);
    }
    let inward = matches!(bill.kind, BillKind::PurchaseIn | BillKind::RejectIn);
    let (from, to) = if inward { (&bill.partner, &p.ent_id) } else { (&p.ent_id, &bill.partner) };
    let to = if bill.kind == BillKind::DestroyOut { &p.ent_id } else { to };
    fields.extend(pairs(&[
        ("from_user_id", from),
        ("to_user_id", to),
        ("client_type", &p.client_type),
        ("from_bill_code", &bill.partner_bill),
        ("to_person", &bill.operator),
        ("qu_receivable", &count),
    ]));
    match bill.kind {
        BillKind::PurchaseIn => fields.extend(pairs(&[("xt_is_check", "1")])),
        // The interface has no bill of refused goods; it has the mark "not passed" with the reason.
        BillKind::RejectIn => {
            let cause = Cause::of_reason(&bill.reason);
            let code = p.check_codes.get(cause.id()).map_or("", String::as_str);
            fields.extend(pairs(&[
                ("xt_is_check", "0"),
                ("xt_check_code", code),
                ("xt_check_code_desc", &bill.reason),
            ]));
        }
        BillKind::ReturnOut => fields.extend(pairs(&[("return_reason_des", &bill.reason)])),
        BillKind::DestroyOut => fields.extend(pairs(&[
            ("cancel_reason_des", &bill.reason),
            ("executer_name", &bill.executor),
            ("superviser_name", &bill.supervisor),
        ])),
        _ => {}
    }
    for (name, value) in &p.constants {
        if !fields.iter().any(|(known, filled)| known == name && !filled.is_empty()) {
            fields.push((name.clone(), value.clone()));
        }
    }
    ("uploadinoutbill".to_owned(), fields)
}

/// One signed call; the inner `result`, or how it failed.
fn call(
    profile: &Profile,
    (method, fields): (&str, &[(String, String)]),
    now: Instant,
) -> Result<Value, Answer> {
    let p = &profile.platform;
    let method = format!("{NAME}.{method}");
    let mut all = fields.to_vec();
    all.extend(pairs(&[
        ("method", &method),
        ("app_key", &p.app_key),
        ("timestamp", &now.to_string()),
        ("format", "json"),
        ("v", "2.0"),
        ("sign_method", "md5"),
    ]));
    all.retain(|(_, value)| !value.is_empty());
    all.push(("sign".to_owned(), sign(&all, &p.secret)));
    let request = Request {
        url: &p.url,
        content_type: "application/x-www-form-urlencoded;charset=utf-8",
        headers: &[],
        body: form(&all).into_bytes(),
        timeout: Duration::from_secs(u64::from(p.timeout_s.max(1))),
    };
    let reply = post(&request).map_err(|trouble| unreached(&trouble))?;
    if let Some(error) = reply.get("error_response") {
        let words = ["code", "msg", "sub_code", "sub_msg"].map(|key| text(&error[key])).join(" ");
        // 7 = called too often; 15 with isp.* = their trouble, not ours.
        let later = text(&error["code"]) == "7" || text(&error["sub_code"]).starts_with("isp.");
        let transport = if later { Transport::Failed } else { Transport::Rejected };
        return Err(Answer { remedy: profile.remedy(&words), ..said(transport, words.trim(), "") });
    }
    let name = format!("{}_response", method.replace('.', "_"));
    let outer = reply.get(&name).unwrap_or(&reply);
    let result = outer.get("result").unwrap_or(outer);
    if !result.is_object() {
        return Err(said(
            Transport::Failed,
            &format!("答复里没有结果：{}", text(&reply).chars().take(120).collect::<String>()),
            "",
        ));
    }
    Ok(result.clone())
}

/// MD5 over secret, sorted names and values, secret; upper case.
fn sign(fields: &[(String, String)], secret: &str) -> String {
    let mut sorted: Vec<&(String, String)> = fields.iter().collect();
    sorted.sort();
    let mut hasher = Md5::new();
    hasher.update(secret.as_bytes());
    for (name, value) in sorted {
        hasher.update(name.as_bytes());
        hasher.update(value.as_bytes());
    }
    hasher.update(secret.as_bytes());
    hasher.finalize().iter().map(|byte| format!("{byte:02X}")).collect()
}

pub(super) fn unreached(trouble: &HttpTrouble) -> Answer {
    said(Transport::Failed, &trouble.to_string(), "")
}

pub(super) fn said(transport: Transport, transport_word: &str, business_word: &str) -> Answer {
    Answer {
        transport,
        business: Business::Unknown,
        transport_word: transport_word.to_owned(),
        business_word: business_word.trim().to_owned(),
        remedy: String::new(),
        done: vec![],
    }
}

fn refused(profile: &Profile, words: &str) -> Answer {
    Answer {
        business: Business::Refused,
        remedy: profile.remedy(words),
        ..said(Transport::Reached, "", words)
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A list comes bare, or wrapped once in an object of one field, as this gateway does.
fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Object(fields) if fields.len() == 1 => {
            fields.values().next().map(list).unwrap_or_default()
        }
        _ => vec![],
    }
}

fn truth(value: &Value) -> Option<bool> {
    match text(value).to_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// `2028-06-30`, `20280630`, with or without a time.
fn day(text: &str) -> Option<Day> {
    let digits: String = text.chars().filter(char::is_ascii_digit).take(8).collect();
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i16>().ok();
    Day::new(number(0..4)?, i8::try_from(number(4..6)?).ok()?, i8::try_from(number(6..8)?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_signed_over_its_sorted_fields() {
        let fields = pairs(&[("b", "2"), ("a", "1")]);
        // md5("sa1b2s")
        assert_eq!(sign(&fields, "s"), "5EE29085AF57D942F21F1C5BA3C2A90A");
        assert_ne!(sign(&fields, "s"), sign(&fields, "t"));
    }

    #[test]
    fn dates_are_read_in_both_forms() {
        assert_eq!(day("2028-06-30 00:00:00"), Day::new(2028, 6, 30));
        assert_eq!(day("20280630"), Day::new(2028, 6, 30));
        assert_eq!(day("soon"), None);
    }
}
