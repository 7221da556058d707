//! The event hash id of CBV 2.0 for the events that this program writes: fields in their fixed order, then extensions.
use serde_json::Value;

use super::NAMESPACE;
use crate::domain::audit::Hash;

/// `ni:///sha-256;…?ver=CBV2.0`. The same event always gets the same id, declared wrong or not.
pub fn event_id(event: &Value) -> String {
    format!("ni:///sha-256;{}?ver=CBV2.0", Hash::of(pre_hash(event).as_bytes()))
}

fn pre_hash(event: &Value) -> String {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let mut parts = vec![
        format!("eventType={}", text("type")),
        format!("eventTime={}", in_utc(text("eventTime"))),
        format!("eventTimeZoneOffset={}", text("eventTimeZoneOffset")),
    ];
    if let Some(parent) = event["parentID"].as_str() {
        parts.push(format!("parentID={parent}"));
    }
    for list in ["epcList", "childEPCs"] {
        let mut epcs: Vec<&str> =
            event[list].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        epcs.sort_unstable();
        if !epcs.is_empty() {
            parts.push(list.to_owned());
            parts.extend(epcs.iter().map(|epc| format!("epc={epc}")));
        }
    }
    parts.push(format!("action={}", text("action")));
    if let Some(step) = event["bizStep"].as_str() {
        parts.push(format!("bizStep=https://ref.gs1.org/cbv/BizStep-{step}"));
    }
    if let Some(disposition) = event["disposition"].as_str() {
        parts.push(format!("disposition=https://ref.gs1.org/cbv/Disp-{disposition}"));
    }
    for place in ["readPoint", "bizLocation"] {
        if let Some(id) = event[place]["id"].as_str() {
            parts.push(format!("{place}id={id}"));
        }
    }
    if let Some(one) = event["bizTransactionList"].as_array().and_then(|list| list.first()) {
        let kind = one["type"].as_str().unwrap_or_default();
        let id = one["bizTransaction"].as_str().unwrap_or_default();
        parts.push(format!(
            "bizTransactionListtype=https://ref.gs1.org/cbv/BTT-{kind}bizTransaction={id}"
        ));
    }
    let mut extensions: Vec<String> = event
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some(format!("{{{NAMESPACE}}}{}={value}", name.strip_prefix("xinglin:")?))
        })
        .collect();
    extensions.sort();
    parts.extend(extensions);
    parts.concat()
}

/// `2026-11-24T16:05:09.120+08:00` -> `2026-11-24T08:05:09.120Z`
fn in_utc(time: &str) -> String {
    time.parse::<jiff::Timestamp>().map_or_else(|_| time.to_owned(), |at| format!("{at:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_hashed_in_utc_with_milliseconds() {
        assert_eq!(in_utc("2026-11-24T16:05:09+08:00"), "2026-11-24T08:05:09.000Z");
        assert_eq!(in_utc("2026-11-24T16:05:09.120+08:00"), "2026-11-24T08:05:09.120Z");
    }
}
