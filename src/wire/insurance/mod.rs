//! 医保进销存 3501–3507: one row a code, two levels of result. Which fields must be there is the province's profile.
//! The gateway's SM2/SM4 envelope is not made here: a local front machine is expected to add it.
mod fields;
mod rows;

use std::time::Duration;

use serde_json::{Map, Value, json};

pub(super) use fields::lack;
use rows::{missing, row};

use super::trace_http::{Request, post, text};
use super::trace_platform::{said, unreached};
use super::trace_profile::{Interface, Profile};
use crate::domain::instant::Instant;
use crate::domain::trace::bill::{Answer, Bill, Business, Lack, Transport};

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
                let told: Vec<String> = missing
                    .iter()
                    .map(|field| lack(field, line.product_name.clone()).told())
                    .collect();
                let words = format!("本机判定：{} 缺 {}", line.product_name, missing.join("、"));
                let remedy = format!("{}；然后重传。", told.join("；"));
                return Answer {
                    business: Business::Refused,
                    remedy,
                    done: done.to_vec(),
                    ..said(Transport::Reached, "", &words)
                };
            }
        }
    }
    if goes_together(profile, interface) {
        all_at_once(profile, (interface, rows), (done, now))
    } else {
        one_by_one(profile, (interface, rows), (done, now))
    }
}

/// Whether several rows go in one request.
fn goes_together(profile: &Profile, interface: &Interface) -> bool {
    let p = &profile.insurance;
    let has_form = p.batch_for.is_empty() || p.batch_for.contains(&interface.infno);
    !p.batch.is_empty() && has_form && interface.infno != "3507"
}

/// Required fields that are empty, line by line, before anything is sent.
pub fn lint(profile: &Profile, bill: &Bill) -> Vec<Lack> {
    let Some(interface) = profile.insurance.interfaces.get(bill.kind.id()) else {
        return vec![lack(bill.kind.id(), String::new())];
    };
    let lines = bill.lines.iter().enumerate();
    lines
        .flat_map(|(at, line)| {
            missing(profile, (bill, line, at as u32), interface)
                .into_iter()
                .map(|field| lack(&field, line.product_name.clone()))
        })
        .fold(vec![], |mut all: Vec<Lack>, lack| {
            // Ten boxes of one drug lack the same thing once.
            if !all.contains(&lack) {
                all.push(lack);
            }
            all
        })
}

/// The requests of a bill as they would be sent, for a front machine that takes files; or what lacks.
pub fn requests(
    profile: &Profile,
    bill: &Bill,
    (done, now): (&[u32], Instant),
) -> Result<Vec<Value>, Vec<Lack>> {
    let lacks = lint(profile, bill);
    let Some(interface) = profile.insurance.interfaces.get(bill.kind.id()) else {
        return Err(lacks);
    };
    if !lacks.is_empty() {
        return Err(lacks);
    }
    let open = bill.lines.iter().enumerate().filter(|(at, _)| !done.contains(&(*at as u32)));
    let rows: Vec<Value> = open
        .filter_map(|(at, line)| row(profile, (bill, line, at as u32), interface).ok())
        .collect();
    if goes_together(profile, interface) {
        let (infno, node) = batch_form(profile, interface);
        return Ok(vec![envelope(profile, (&infno, &node, Value::Array(rows)), now)]);
    }
    let one = |row| envelope(profile, (&interface.infno, &interface.node, row), now);
    Ok(rows.into_iter().map(one).collect())
}

fn batch_form(profile: &Profile, interface: &Interface) -> (String, String) {
    (format!("{}{}", interface.infno, profile.insurance.batch), format!("{}s", interface.node))
}

/// What an answer that came back in a file says about one row.
pub fn answered(profile: &Profile, reply: &Value) -> Answer {
    let code = text(&reply["infcode"]);
    if !code.is_empty() && code != "0" {
        let word = format!("{code} {}", text(&reply["err_msg"]));
        return Answer {
            remedy: profile.remedy(&word),
            ..said(Transport::Rejected, word.trim(), "")
        };
    }
    judge(profile, (&text(&reply["retRslt"]), &text(&reply["msgRslt"])))
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
    let (infno, node) = batch_form(profile, interface);
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

fn envelope(profile: &Profile, (infno, node, row): (&str, &str, Value), now: Instant) -> Value {
    let p = &profile.insurance;
    let mut input = Map::new();
    input.insert(node.to_owned(), row);
    json!({
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
    })
}

fn send(
    profile: &Profile,
    (infno, node, row): (&str, &str, Value),
    now: Instant,
) -> Result<Value, Answer> {
    let p = &profile.insurance;
    let body = envelope(profile, (infno, node, row), now);
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
}
