//! What a FHIR server answers: a transaction's entries, an OperationOutcome, a resource that is read back and compared.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::domain::share::parts::EntryAnswer;

/// The entries of a transaction-response; `None` = the body is none.
pub fn entries(body: &[u8]) -> Option<Vec<EntryAnswer>> {
    let bundle: Value = serde_json::from_slice(body).ok()?;
    let kind = bundle.get("type").and_then(Value::as_str).unwrap_or_default();
    if !matches!(kind, "transaction-response" | "batch-response") {
        return None;
    }
    let entries = bundle.get("entry")?.as_array()?.iter();
    let one = |entry: &Value| {
        let status = entry.pointer("/response/status").and_then(Value::as_str).unwrap_or_default();
        let code = status.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
        let outcome = entry.pointer("/response/outcome").map(outcome_words).unwrap_or_default();
        EntryAnswer { status: code, words: outcome }
    };
    Some(entries.map(one).collect())
}

/// The words of an OperationOutcome, or the beginning of whatever came.
pub fn words(body: &[u8]) -> String {
    if let Ok(outcome) = serde_json::from_slice::<Value>(body) {
        return outcome_words(&outcome);
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned();
    let plain: String = strip_tags(&text);
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

fn strip_tags(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// The server says in its refusal that it was itself at fault: no verdict on the record. The codes are FHIR's for a
/// passing trouble; the words are HFS's, which answers 400 `processing` while its database is away.
pub fn blames_itself(body: &[u8]) -> bool {
    const OWN: [&str; 6] =
        ["transient", "exception", "lock-error", "no-store", "timeout", "throttled"];
    let Ok(outcome) = serde_json::from_slice::<Value>(body) else { return false };
    let issues = outcome.get("issue").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let code = |issue: &Value| issue.get("code").and_then(Value::as_str).map(str::to_owned);
    issues.iter().filter_map(code).any(|code| OWN.contains(&code.as_str()))
        || outcome_words(&outcome).contains("internal error in ")
}

fn outcome_words(outcome: &Value) -> String {
    let issues = outcome.get("issue").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let one = |issue: &Value| {
        let pick = |pointer| issue.pointer(pointer).and_then(Value::as_str);
        let words = pick("/details/text").or(pick("/diagnostics")).or(pick("/code"));
        words.unwrap_or_default().to_owned()
    };
    issues.iter().map(one).collect::<Vec<_>>().join("; ").chars().take(300).collect()
}

/// Where what was read back differs from what was put; `None` = everything that was put is there. What the server
/// added is not looked at.
pub fn difference(put: &Value, got: &Value) -> Option<String> {
    differs(put, got, "")
}

fn differs(put: &Value, got: &Value, at: &str) -> Option<String> {
    match (put, got) {
        (Value::Object(put), Value::Object(got)) => put.iter().find_map(|(key, value)| {
            let here = format!("{at}/{key}");
            // The server's own: version and times of its copy.
            if key == "meta" {
                return None;
            }
            match got.get(key) {
                Some(found) => differs(value, found, &here),
                None => Some(format!("{here} is missing")),
            }
        }),
        (Value::Array(put), Value::Array(got)) if put.len() == got.len() => put
            .iter()
            .zip(got)
            .enumerate()
            .find_map(|(n, (p, g))| differs(p, g, &format!("{at}/{n}"))),
        (Value::Number(put), Value::Number(got)) if same_number(put, got) => None,
        (Value::String(put), Value::String(got)) if same_text(put, got, at) => None,
        (put, got) if put == got => None,
        _ => Some(format!("{at} differs")),
    }
}

fn same_number(a: &serde_json::Number, b: &serde_json::Number) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b).is_eq(),
        _ => a == b,
    }
}

fn same_text(put: &str, got: &str, at: &str) -> bool {
    // A server may make its own references absolute.
    let absolute =
        (at.ends_with("/reference") || at.ends_with("/url")) && got.ends_with(&format!("/{put}"));
    put == got || absolute
}

/// The content of a Binary, whether it came as the resource or as itself.
pub fn binary_content(body: &[u8], content_type: &str) -> Option<Vec<u8>> {
    if content_type.contains("json") {
        let resource: Value = serde_json::from_slice(body).ok()?;
        if resource.get("resourceType").and_then(Value::as_str) == Some("Binary") {
            return STANDARD.decode(resource.get("data")?.as_str()?).ok();
        }
    }
    Some(body.to_vec())
}

/// What `/metadata` says: software and whether ids may be chosen by the client for every kind named.
pub fn capability(body: &[u8], kinds: &[&str]) -> Option<(String, Vec<String>)> {
    let statement: Value = serde_json::from_slice(body).ok()?;
    if statement.get("resourceType").and_then(Value::as_str) != Some("CapabilityStatement") {
        return None;
    }
    let pick = |pointer| statement.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let software = format!("{} {}", pick("/software/name"), pick("/software/version"));
    let resources = statement.pointer("/rest/0/resource").and_then(Value::as_array);
    let refused = kinds
        .iter()
        .filter(|kind| {
            resources
                .and_then(|all| {
                    all.iter().find(|r| r.get("type").and_then(Value::as_str) == Some(**kind))
                })
                .is_some_and(|r| r.get("updateCreate") == Some(&Value::Bool(false)))
        })
        .map(|kind| (*kind).to_owned())
        .collect();
    Some((software.trim().to_owned(), refused))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_server_adds_does_not_matter_and_what_it_drops_does() {
        let put = json!({ "id": "1", "name": [{ "text": "王" }], "value": 13.5, "subject": { "reference": "Patient/1" } });
        let same = json!({ "id": "1", "meta": { "versionId": "2" }, "name": [{ "text": "王" }], "value": 13.50, "text": {}, "subject": { "reference": "http://h/fhir/Patient/1" } });
        assert_eq!(difference(&put, &same), None);
        let mut other = same.clone();
        other["name"][0]["text"] = json!("李");
        assert_eq!(difference(&put, &other), Some("/name/0/text differs".to_owned()));
        let mut less = same;
        less.as_object_mut().unwrap().remove("value");
        assert_eq!(difference(&put, &less), Some("/value is missing".to_owned()));
    }

    #[test]
    fn the_hub_s_words_are_found_in_outcomes_and_in_pages() {
        let outcome =
            br#"{"resourceType":"OperationOutcome","issue":[{"diagnostics":"gender: bad code"}]}"#;
        assert_eq!(words(outcome), "gender: bad code");
        let page =
            b"<html><head><title>400 No required SSL certificate was sent</title></head></html>";
        assert_eq!(words(page), "400 No required SSL certificate was sent");
    }

    #[test]
    fn only_a_transaction_response_is_an_answer() {
        assert_eq!(entries(br#"{"resourceType":"Bundle","type":"searchset","entry":[]}"#), None);
        let body = br#"{"resourceType":"Bundle","type":"transaction-response","entry":[{"response":{"status":"201 Created"}},{"response":{"status":"400","outcome":{"issue":[{"code":"invalid"}]}}}]}"#;
        let found = entries(body).unwrap();
        assert_eq!(
            (found[0].status, found[1].status, found[1].words.as_str()),
            (201, 400, "invalid")
        );
    }
}
