//! 医保进销存 3501–3507: one row a code, two levels of result. Which fields must be there is the province's profile.
//! The gateway's SM2/SM4 envelope is not made here: a local front machine is expected to add it.
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::trace_http::{Request, post, text};
use super::trace_platform::{said, unreached};
use super::trace_profile::{Interface, Profile};
use crate::domain::instant::Instant;
use crate::domain::trace::bill::{Answer, Bill, BillKind, BillLine, Business, Transport};

/// Fields of each interface: name, whether it must be there in most sources.
const FIELDS: &[(&str, &[(&str, bool)])] = &[
    (
        "3502",
        &[
            ("med_list_codg", true),
            ("inv_chg_type", true),
            ("fixmedins_hilist_id", true),
            ("fixmedins_hilist_name", true),
            ("fixmedins_bchno", true),
            ("pric", true),
            ("cnt", true),
            ("rx_flag", true),
            ("inv_chg_time", true),
            ("inv_chg_opter_name", false),
            ("memo", false),
            ("trdn_flag", true),
        ],
    ),
    ("3503", PURCHASE),
    ("3504", PURCHASE),
    (
        "3505",
        &[
            ("med_list_codg", true),
            ("fixmedins_hilist_id", true),
            ("fixmedins_hilist_name", true),
            ("fixmedins_bchno", true),
            ("prsc_dr_name", true),
            ("phar_name", true),
            ("phar_prac_cert_no", true),
            ("hi_feesetl_type", true),
            ("setl_id", false),
            ("mdtrt_sn", true),
            ("psn_cert_type", true),
            ("manu_lotnum", true),
            ("manu_date", true),
            ("expy_end", false),
            ("rx_flag", true),
            ("trdn_flag", true),
            ("finl_trns_pric", false),
            ("rxno", false),
            ("rx_circ_flag", true),
            ("rtal_docno", true),
            ("sel_retn_cnt", true),
            ("sel_retn_time", true),
            ("sel_retn_opter_name", true),
            ("mdtrt_setl_type", false),
        ],
    ),
    (
        "3506",
        &[
            ("med_list_codg", true),
            ("fixmedins_hilist_id", true),
            ("fixmedins_hilist_name", true),
            ("fixmedins_bchno", true),
            ("psn_cert_type", true),
            ("manu_lotnum", true),
            ("manu_date", true),
            ("expy_end", true),
            ("rx_flag", true),
            ("trdn_flag", true),
            ("finl_trns_pric", false),
            ("sel_retn_cnt", true),
            ("sel_retn_time", true),
            ("sel_retn_opter_name", true),
            ("memo", false),
            ("mdtrt_sn", true),
        ],
    ),
    ("3507", &[("fixmedins_bchno", true), ("inv_data_type", true)]),
];

const PURCHASE: &[(&str, bool)] = &[
    ("med_list_codg", true),
    ("fixmedins_hilist_id", true),
    ("fixmedins_hilist_name", true),
    ("dynt_no", false),
    ("fixmedins_bchno", true),
    ("spler_name", true),
    ("manu_lotnum", true),
    ("prodentp_name", true),
    ("aprvno", true),
    ("manu_date", true),
    ("expy_end", true),
    ("finl_trns_pric", false),
    ("purc_retn_cnt", true),
    ("rx_flag", true),
    ("purc_retn_stoin_time", true),
    ("purc_retn_opter_name", true),
    ("prod_geay_flag", true),
];

/// Sends the rows of a bill that are not done yet; `done` are lines already taken at earlier tries.
pub fn deliver(profile: &Profile, bill: &Bill, (done, now): (&[u32], Instant)) -> Answer {
    let Some(interface) = profile.insurance.interfaces.get(bill.kind.id()) else {
        let words = format!("配置里没有 {} 的接口", bill.kind.id());
        return Answer {
            business: Business::Refused,
            remedy: "请补齐配置文件。".to_owned(),
            ..said(Transport::Reached, "", &words)
        };
    };
    let mut rows = vec![];
    for (at, line) in bill.lines.iter().enumerate() {
        let at = at as u32;
        if done.contains(&at) {
            continue;
        }
        match row(profile, (bill, line, at), interface) {
            Ok(row) => rows.push((at, row)),
            Err(missing) => {
                let words = format!("本机判定：{} 缺 {}", line.product_name, missing.join("、"));
                let remedy =
                    format!("请在药品目录或配置里补齐：{}；然后重传。", missing.join("、"));
                return Answer {
                    business: Business::Refused,
                    remedy,
                    done: done.to_vec(),
                    ..said(Transport::Reached, "", &words)
                };
            }
        }
    }
    if profile.insurance.batch.is_empty() || interface.infno == "3507" {
        one_by_one(profile, (interface, rows), (done, now))
    } else {
        all_at_once(profile, (interface, rows), (done, now))
    }
}

/// One request a row. What is taken stays taken, wherever it stops.
fn one_by_one(
    profile: &Profile,
    (interface, rows): (&Interface, Vec<(u32, Value)>),
    (done, now): (&[u32], Instant),
) -> Answer {
    let mut taken = done.to_vec();
    let mut last = said(Transport::Reached, "", "");
    for (at, row) in rows {
        let reply = match send(profile, (&interface.infno, &interface.node, row.clone()), now) {
            Ok(reply) => reply,
            Err(answer) => return Answer { done: taken, ..answer },
        };
        let result = &reply["output"]["result"];
        last = judge(profile, (&text(&result["retRslt"]), &text(&result["msgRslt"])));
        if last.business != Business::Accepted {
            return Answer { done: taken, ..last };
        }
        taken.push(at);
    }
    Answer { business: Business::Accepted, done: taken, ..last }
}

/// All rows in one request; each answer must name its row, what is not named is not taken.
fn all_at_once(
    profile: &Profile,
    (interface, rows): (&Interface, Vec<(u32, Value)>),
    (done, now): (&[u32], Instant),
) -> Answer {
    let mut taken = done.to_vec();
    let infno = format!("{}{}", interface.infno, profile.insurance.batch);
    let node = format!("{}s", interface.node);
    let all: Vec<Value> = rows.iter().map(|(_, row)| row.clone()).collect();
    let reply = match send(profile, (&infno, &node, Value::Array(all)), now) {
        Ok(reply) => reply,
        Err(answer) => return Answer { done: taken, ..answer },
    };
    let results = reply["output"]["result"].as_array().cloned().unwrap_or_default();
    let mut worst = said(Transport::Reached, "", "");
    worst.business = Business::Accepted;
    for (at, row) in &rows {
        let number = text(&row["fixmedins_bchno"]);
        let verdict = match results.iter().find(|result| text(&result["fixmedins_bchno"]) == number)
        {
            Some(result) => judge(profile, (&text(&result["retRslt"]), &text(&result["msgRslt"]))),
            None => said(Transport::Reached, "", &format!("答复里没有 {number}")),
        };
        if verdict.business == Business::Accepted {
            taken.push(*at);
        } else if worst.business == Business::Accepted || verdict.business == Business::Refused {
            worst = verdict;
        }
    }
    Answer { done: taken, ..worst }
}

/// What the business level says: 1 taken, 0 refused; a repetition is taken; a busy platform is asked again.
fn judge(profile: &Profile, (result, words): (&str, &str)) -> Answer {
    let has = |list: &[String]| list.iter().any(|word| words.contains(word.as_str()));
    let business = match result {
        "1" => Business::Accepted,
        "0" if has(&profile.insurance.duplicate_words) => Business::Accepted,
        "0" if has(&profile.insurance.busy_words) => Business::Unknown,
        "0" => Business::Refused,
        _ => Business::Unknown,
    };
    let remedy = if business == Business::Refused { profile.remedy(words) } else { String::new() };
    let words = if result.is_empty() {
        "传输层说成功，但没有业务结果".to_owned()
    } else {
        format!("{result} {words}")
    };
    Answer { business, remedy, ..said(Transport::Reached, "", &words) }
}

fn send(
    profile: &Profile,
    (infno, node, row): (&str, &str, Value),
    now: Instant,
) -> Result<Value, Answer> {
    let p = &profile.insurance;
    let mut input = Map::new();
    input.insert(node.to_owned(), row);
    let body = json!({
        "infno": infno,
        "infver": "V1.0",
        "msgid": format!("{}{:014}", p.org_code, now.millis()),
        "mdtrtarea_admvs": p.region,
        "insuplc_admdvs": p.region,
        "recer_sys_code": "xinglin",
        "opter_type": "1",
        "inf_time": now.to_string(),
        "fixmedins_code": p.org_code,
        "fixmedins_name": p.org_name,
        "input": input,
    });
    let headers: Vec<(String, String)> =
        p.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let request = Request {
        url: &p.url,
        content_type: "application/json;charset=utf-8",
        headers: &headers,
        body: body.to_string().into_bytes(),
        timeout: Duration::from_secs(u64::from(p.timeout_s.max(1))),
    };
    let reply = post(&request).map_err(|trouble| unreached(&trouble))?;
    let (code, words) = (text(&reply["infcode"]), text(&reply["err_msg"]));
    match code.as_str() {
        "0" => Ok(reply),
        // Some provinces answer a repetition on the transport level.
        _ if p.duplicate_words.iter().any(|word| words.contains(word.as_str())) => {
            Ok(json!({"output": {"result": {"retRslt": "1", "msgRslt": words}}}))
        }
        "" => Err(said(Transport::Failed, "答复里没有 infcode", "")),
        _ if p.busy_words.iter().any(|word| words.contains(word.as_str())) => {
            Err(said(Transport::Failed, &format!("{code} {words}"), ""))
        }
        _ => {
            let word = format!("{code} {words}");
            Err(Answer { remedy: profile.remedy(&word), ..said(Transport::Rejected, &word, "") })
        }
    }
}

/// A row with the fields of its interface, or which required ones are empty.
fn row(
    profile: &Profile,
    (bill, line, at): (&Bill, &BillLine, u32),
    interface: &Interface,
) -> Result<Value, Vec<String>> {
    let p = &profile.insurance;
    let values = values(profile, (bill, line, at), interface);
    let fields = FIELDS
        .iter()
        .find(|(infno, _)| *infno == interface.infno)
        .map_or(&[][..], |(_, fields)| fields);
    let listed = |lists: &BTreeMap<String, Vec<String>>, field: &str| {
        lists.get(&interface.infno).is_some_and(|list| list.iter().any(|one| one == field))
    };
    let mut row = Map::new();
    let mut missing = vec![];
    let extra =
        p.required.get(&interface.infno).into_iter().flatten().map(|field| (field.as_str(), true));
    let known = fields.iter().map(|(field, must)| (*field, *must));
    for (field, must) in known.chain(extra) {
        let must = (must || listed(&p.required, field)) && !listed(&p.optional, field);
        match values.get(field).filter(|value| !value.is_empty()) {
            Some(value) => {
                row.insert(field.to_owned(), Value::String(value.clone()));
            }
            None if must => missing.push(field.to_owned()),
            None => {}
        }
    }
    missing.dedup();
    if !missing.is_empty() {
        return Err(missing);
    }
    if interface.infno != "3507" {
        row.insert("drugtracinfo".to_owned(), json!([{ "drug_trac_codg": line.code }]));
    }
    Ok(Value::Object(row))
}

/// Everything a row may be asked for.
fn values(
    profile: &Profile,
    (bill, line, at): (&Bill, &BillLine, u32),
    interface: &Interface,
) -> BTreeMap<String, String> {
    let p = &profile.insurance;
    let day =
        |day: Option<crate::domain::age::Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let price =
        line.price_fen.map(|fen| format!("{}.{:02}", fen / 100, fen % 100)).unwrap_or_default();
    let count = count(p.count_in == "units", line);
    let at_time = bill.at.to_string();
    let withdrawn = withdrawn_infno(profile, &bill.withdraws);
    let mut values: BTreeMap<String, String> = p.constants.clone();
    let number = if bill.kind == BillKind::Withdraw {
        bill.withdraws.clone()
    } else {
        format!("{}-{at:04}", bill.code)
    };
    for (name, value) in [
        ("med_list_codg", line.insurance.clone()),
        ("inv_chg_type", interface.inv_chg_type.clone()),
        ("fixmedins_hilist_id", line.product.clone()),
        ("fixmedins_hilist_name", line.product_name.clone()),
        ("fixmedins_bchno", number),
        ("rx_flag", if line.rx { "1" } else { "0" }.to_owned()),
        ("trdn_flag", if line.split { "1" } else { "0" }.to_owned()),
        ("manu_lotnum", line.lot.clone()),
        ("manu_date", day(line.made)),
        ("expy_end", day(line.expiry)),
        ("pric", price.clone()),
        ("finl_trns_pric", price),
        ("cnt", count.clone()),
        ("purc_retn_cnt", count.clone()),
        ("sel_retn_cnt", count),
        ("inv_chg_time", at_time.clone()),
        ("purc_retn_stoin_time", at_time.clone()),
        ("sel_retn_time", at_time),
        ("inv_chg_opter_name", bill.operator.clone()),
        ("purc_retn_opter_name", bill.operator.clone()),
        ("sel_retn_opter_name", bill.operator.clone()),
        ("spler_name", bill.partner.clone()),
        ("dynt_no", bill.partner_bill.clone()),
        ("prodentp_name", line.maker.clone()),
        ("aprvno", line.approval.clone()),
        ("prsc_dr_name", bill.doctor.clone()),
        ("mdtrt_sn", bill.visit.map(|visit| visit.to_string()).unwrap_or_default()),
        ("rtal_docno", bill.code.clone()),
        ("rxno", bill.prescription.clone()),
        ("memo", bill.reason.clone()),
        ("inv_data_type", p.data_types.get(&withdrawn).cloned().unwrap_or_default()),
    ] {
        values.insert(name.to_owned(), value);
    }
    // Who handed it out, unless the profile names the pharmacist.
    values.entry("phar_name".to_owned()).or_insert_with(|| bill.operator.clone());
    values
}

/// Four decimals at most: 8 of 24 capsules are 0.3333 packs.
fn count(by_units: bool, line: &BillLine) -> String {
    if by_units {
        return line.units.to_string();
    }
    let ten_thousandths = u64::from(line.units) * 10_000 / u64::from(line.pack_units.max(1));
    let text = format!("{}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The interface that a withdrawn bill went to, from the letter in its code.
fn withdrawn_infno(profile: &Profile, withdraws: &str) -> String {
    let code = withdraws.split('-').next().unwrap_or_default();
    let letter = code.len().checked_sub(10).and_then(|at| code.get(at..=at)).unwrap_or_default();
    let kind = match letter {
        "A" => BillKind::PurchaseIn,
        "B" => BillKind::ReturnOut,
        "C" => BillKind::DestroyOut,
        "D" => BillKind::Retail,
        "E" => BillKind::RetailReturn,
        "F" => BillKind::CountLoss,
        "G" => BillKind::CountGain,
        _ => return String::new(),
    };
    profile
        .insurance
        .interfaces
        .get(kind.id())
        .map(|interface| interface.infno.clone())
        .unwrap_or_default()
}

/// The rows `drug_trac_info` of a settlement (2207) for what was dispensed.
pub fn settlement_rows(bill: &Bill) -> Value {
    let rows = bill.lines.iter().enumerate().map(|(at, line)| {
        json!({
            "feedetl_sn": format!("{}-{at:04}", bill.code),
            "drug_trac_codg": line.code,
            "trdn_flag": if line.split { "1" } else { "0" },
            "min_prcunt_type": if line.split { "1" } else { "2" },
        })
    });
    Value::Array(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_in_packs_with_four_decimals_or_in_units() {
        let line = BillLine { units: 8, pack_units: 24, ..BillLine::default() };
        assert_eq!(
            (count(false, &line), count(true, &line)),
            ("0.3333".to_owned(), "8".to_owned())
        );
        let line = BillLine { units: 24, pack_units: 24, ..BillLine::default() };
        assert_eq!(count(false, &line), "1");
    }

    #[test]
    fn the_business_level_decides_not_the_transport() {
        let profile = Profile::over_defaults("").unwrap();
        let business = |result, words| judge(&profile, (result, words)).business;
        assert_eq!(business("1", "成功"), Business::Accepted);
        assert_eq!(business("0", "该流水号已上传，请勿重复"), Business::Accepted);
        assert_eq!(business("0", "请求频繁"), Business::Unknown);
        assert_eq!(business("0", "库存不足"), Business::Refused);
        assert_eq!(business("", ""), Business::Unknown);
        assert!(judge(&profile, ("0", "库存不足")).remedy.contains("入库单"));
    }

    #[test]
    fn a_required_field_that_is_empty_is_named_and_the_province_decides_which_those_are() {
        let line =
            BillLine { code: "8".to_owned(), units: 1, pack_units: 1, ..BillLine::default() };
        let bill = Bill {
            code: "XLabcdefgh01D000000007".to_owned(),
            kind: BillKind::Retail,
            at: Instant::from_millis(0),
            withdraws: String::new(),
            partner_bill: String::new(),
            partner: String::new(),
            reason: String::new(),
            operator: "王".to_owned(),
            executor: String::new(),
            supervisor: String::new(),
            doctor: "王".to_owned(),
            prescription: String::new(),
            visit: Some(1),
            lines: vec![line],
        };
        let missing = |own: &str| {
            let profile = Profile::over_defaults(own).unwrap();
            row(&profile, (&bill, &bill.lines[0], 0), &profile.insurance.interfaces["retail"])
                .unwrap_err()
        };
        let usual = missing("");
        assert!(
            usual.contains(&"med_list_codg".to_owned()) && !usual.contains(&"expy_end".to_owned()),
            "{usual:?}"
        );
        let strict = missing(
            "[insurance.required]\n3505 = ['expy_end']\n[insurance.optional]\n3505 = ['med_list_codg']",
        );
        assert!(
            !strict.contains(&"med_list_codg".to_owned())
                && strict.contains(&"expy_end".to_owned()),
            "{strict:?}"
        );
        let profile = Profile::over_defaults("").unwrap();
        assert_eq!(withdrawn_infno(&profile, "XLabcdefgh01D000000007-0000"), "3505");
    }
}
