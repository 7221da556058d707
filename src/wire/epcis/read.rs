//! Other people's EPCIS documents: every event is read or refused with the reason; nothing is passed over in silence.
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::vocabulary::{ACTIONS, BIZ_STEPS, DISPOSITIONS, KINDS, is_field};

/// An event as read.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReadEvent {
    pub id: String,
    pub kind: String,
    pub action: String,
    pub biz_step: String,
    pub disposition: String,
    pub time: String,
    pub epcs: Vec<String>,
    pub parent: String,
    /// Bills that it names: (type, id).
    pub bills: Vec<(String, String)>,
    pub declared_wrong: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadFault {
    #[error("不是 JSON：{0}")]
    NotJson(String),
    #[error("不是 EPCIS 2.0 文件：{0}")]
    NotADocument(String),
    #[error("第 {} 个事件：{reason}", index + 1)]
    Event { index: usize, reason: String },
}

/// Reads a document. The outer error is about the whole of it, inner ones about single events.
pub fn read(text: &str) -> Result<Vec<Result<ReadEvent, ReadFault>>, ReadFault> {
    let document: Value =
        serde_json::from_str(text).map_err(|error| ReadFault::NotJson(error.to_string()))?;
    let prefixes = document_ok(&document)?;
    let events = event_list(&document)?;
    Ok(events
        .iter()
        .enumerate()
        .map(|(index, event)| {
            one(event, &prefixes).map_err(|reason| ReadFault::Event { index, reason })
        })
        .collect())
}

fn document_ok(document: &Value) -> Result<BTreeSet<String>, ReadFault> {
    let wrong = |what: &str| Err(ReadFault::NotADocument(what.to_owned()));
    let Some(prefixes) = document.get("@context").map(prefixes) else {
        return wrong("没有 @context");
    };
    if !matches!(document["type"].as_str(), Some("EPCISDocument" | "EPCISQueryDocument")) {
        return wrong("type 不是 EPCISDocument");
    }
    if document["schemaVersion"].as_str().is_none_or(|version| !version.starts_with('2')) {
        return wrong("schemaVersion 不是 2.x");
    }
    if document["creationDate"].as_str().is_none_or(|time| !is_time(time)) {
        return wrong("creationDate 不是时间");
    }
    Ok(prefixes)
}

fn event_list(document: &Value) -> Result<Vec<Value>, ReadFault> {
    let body = &document["epcisBody"];
    let results = &body["queryResults"]["resultsBody"]["eventList"];
    let list = body.get("eventList").unwrap_or(results);
    match (list, body.get("event")) {
        (Value::Array(events), _) => Ok(events.clone()),
        (_, Some(event)) => Ok(vec![event.clone()]),
        _ => Err(ReadFault::NotADocument("没有 eventList".to_owned())),
    }
}

/// Names that a context declares as prefixes.
fn prefixes(context: &Value) -> BTreeSet<String> {
    match context {
        Value::Array(parts) => parts.iter().flat_map(prefixes).collect(),
        Value::Object(names) => names.keys().cloned().collect(),
        _ => BTreeSet::new(),
    }
}

fn one(event: &Value, prefixes: &BTreeSet<String>) -> Result<ReadEvent, String> {
    let fields = event.as_object().ok_or("不是对象")?;
    let known = with_own(prefixes, fields);
    let kind = text(fields, "type")?;
    let Some((_, own, lists, acts)) = KINDS.iter().find(|(name, ..)| *name == kind) else {
        return if is_extended(&kind, &known) {
            common(fields, kind)
        } else {
            Err(format!("不认识的事件类型 {kind}"))
        };
    };
    for name in fields.keys() {
        if !is_field(own, name) && !is_extended(name, &known) {
            return Err(format!("{kind} 没有 {name} 这一栏，也没有声明它的命名空间"));
        }
    }
    let action = fields.get("action").and_then(Value::as_str).unwrap_or_default();
    if *acts && !ACTIONS.contains(&action) {
        return Err(format!("action 应是 ADD OBSERVE DELETE，而是“{action}”"));
    }
    if !lists.iter().any(|list| fields.contains_key(*list)) {
        return Err(format!("缺标识：{} 至少要有一个", lists.join("、")));
    }
    vocabulary(fields, "bizStep", BIZ_STEPS)?;
    vocabulary(fields, "disposition", DISPOSITIONS)?;
    for list in ["epcList", "childEPCs", "inputEPCList", "outputEPCList"] {
        epcs(fields, list)?;
    }
    for list in ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"] {
        quantities(fields, list)?;
    }
    if let Some(ilmd) = fields.get("ilmd").and_then(Value::as_object) {
        let strange = ilmd.keys().find(|name| !is_extended(name, &known));
        if let Some(strange) = strange {
            return Err(format!("ilmd 里的 {strange} 没有命名空间"));
        }
    }
    certification(fields)?;
    places(fields)?;
    common(fields, kind)
}

fn with_own(prefixes: &BTreeSet<String>, fields: &Map<String, Value>) -> BTreeSet<String> {
    let own = fields.get("@context").map(self::prefixes).unwrap_or_default();
    prefixes.union(&own).cloned().collect()
}

/// A whole URI, or a name whose prefix a context declares.
fn is_extended(name: &str, prefixes: &BTreeSet<String>) -> bool {
    name.split_once(':').is_some_and(|(prefix, rest)| {
        prefixes.contains(prefix)
            || rest.starts_with("//")
            || matches!(prefix, "urn" | "cbvmda" | "gs1" | "rdfs" | "xsd")
    })
}

fn common(fields: &Map<String, Value>, kind: String) -> Result<ReadEvent, String> {
    let time = text(fields, "eventTime")?;
    if !is_time(&time) {
        return Err(format!("eventTime“{time}”不是带时区的时间"));
    }
    let offset = text(fields, "eventTimeZoneOffset")?;
    if !is_offset(&offset) {
        return Err(format!("eventTimeZoneOffset“{offset}”不是 ±hh:mm"));
    }
    let word = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut all = vec![];
    for list in ["epcList", "childEPCs", "inputEPCList", "outputEPCList"] {
        all.extend(epcs(fields, list)?);
    }
    let bills = fields.get("bizTransactionList").and_then(Value::as_array).into_iter().flatten();
    let part = |bill: &Value, name: &str| bill[name].as_str().unwrap_or_default().to_owned();
    Ok(ReadEvent {
        id: word("eventID"),
        kind,
        action: word("action"),
        biz_step: word("bizStep"),
        disposition: word("disposition"),
        time,
        epcs: all,
        parent: word("parentID"),
        bills: bills.map(|bill| (part(bill, "type"), part(bill, "bizTransaction"))).collect(),
        declared_wrong: fields.contains_key("errorDeclaration"),
    })
}

fn text(fields: &Map<String, Value>, name: &str) -> Result<String, String> {
    match fields.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(_) => Err(format!("{name} 不是文字")),
        None => Err(format!("缺 {name}")),
    }
}

/// A bare word must be of the vocabulary; other people's words come as URIs, but not as old CBV ones.
fn vocabulary(fields: &Map<String, Value>, name: &str, words: &[&str]) -> Result<(), String> {
    let Some(value) = fields.get(name) else { return Ok(()) };
    let word = value.as_str().ok_or_else(|| format!("{name} 不是文字"))?;
    let outside = word.contains(':')
        && !word.starts_with("urn:epcglobal:cbv")
        && !word.contains("//ns.gs1.org/cbv/");
    let spelled =
        word.strip_prefix("https://ref.gs1.org/cbv/").and_then(|rest| rest.split_once('-'));
    match spelled {
        Some((_, word)) if words.contains(&word) => Ok(()),
        Some(_) => Err(format!("{name}“{word}”不在 CBV 2.0 里")),
        None if words.contains(&word) || outside => Ok(()),
        None => Err(format!("{name}“{word}”不在 CBV 2.0 里")),
    }
}

fn epcs(fields: &Map<String, Value>, name: &str) -> Result<Vec<String>, String> {
    let Some(value) = fields.get(name) else { return Ok(vec![]) };
    let list = value.as_array().ok_or_else(|| format!("{name} 不是列表"))?;
    list.iter()
        .map(|epc| match epc.as_str() {
            Some(epc) if epc.contains(':') => Ok(epc.to_owned()),
            _ => Err(format!("{name} 里的 {epc} 不是 URI")),
        })
        .collect()
}

fn quantities(fields: &Map<String, Value>, name: &str) -> Result<(), String> {
    let Some(value) = fields.get(name) else { return Ok(()) };
    for one in value.as_array().ok_or_else(|| format!("{name} 不是列表"))? {
        let one = one.as_object().ok_or_else(|| format!("{name} 里有不是对象的"))?;
        if one.get("epcClass").and_then(Value::as_str).is_none() {
            return Err(format!("{name} 里缺 epcClass"));
        }
        if one.get("quantity").is_some_and(|quantity| !quantity.is_number()) {
            return Err(format!("{name} 里的 quantity 不是数"));
        }
        if let Some(strange) =
            one.keys().find(|key| !matches!(key.as_str(), "epcClass" | "quantity" | "uom"))
        {
            return Err(format!("{name} 里没有 {strange} 这一栏"));
        }
    }
    Ok(())
}

fn certification(fields: &Map<String, Value>) -> Result<(), String> {
    let is_uri = |value: &Value| value.as_str().is_some_and(|text| text.contains(':'));
    match fields.get("certificationInfo") {
        None => Ok(()),
        Some(Value::Array(all)) if all.iter().all(is_uri) => Ok(()),
        Some(one) if is_uri(one) => Ok(()),
        Some(_) => Err("certificationInfo 不是 URI".to_owned()),
    }
}

fn places(fields: &Map<String, Value>) -> Result<(), String> {
    for name in ["readPoint", "bizLocation"] {
        if fields
            .get(name)
            .is_some_and(|place| place["id"].as_str().is_none_or(|id| !id.contains(':')))
        {
            return Err(format!("{name} 缺 id，或不是 URI"));
        }
    }
    Ok(())
}

fn is_time(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
}

fn is_offset(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number =
        |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u8>().ok());
    bytes.len() == 6
        && matches!(bytes[0], b'+' | b'-')
        && bytes[3] == b':'
        && matches!((number(1..3), number(4..6)), (Some(h), Some(m)) if h <= 14 && m < 60)
}
