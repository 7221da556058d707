//! DICOMweb bodies: one instance a request, always with its length; answers in DICOM JSON; what is read back.
use serde_json::Value;

use crate::domain::audit::Hash;
use crate::domain::share::parts::StoreAnswer;

/// A multipart body with one instance. The boundary is drawn from the content, which cannot hold it.
pub fn body(instance: &[u8]) -> (String, Vec<u8>) {
    let boundary = format!("xinglin-{}", &Hash::of(instance).to_string()[..40]);
    let mut body = Vec::with_capacity(instance.len() + 200);
    body.extend_from_slice(
        format!("--{boundary}\r\nContent-Type: application/dicom\r\n\r\n").as_bytes(),
    );
    body.extend_from_slice(instance);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/related; type=\"application/dicom\"; boundary={boundary}"), body)
}

/// What a STOW-RS answer lists; `None` = it is no such answer.
pub fn answer(body: &[u8]) -> Option<StoreAnswer> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let json = json.as_array().and_then(|list| list.first()).unwrap_or(&json);
    let list = |tag: &str| {
        json.pointer(&format!("/{tag}/Value"))
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let uid = |item: &Value| {
        item.pointer("/00081155/Value/0").and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let reason = |item: &Value| {
        let value = item.pointer("/00081197/Value/0").and_then(Value::as_u64);
        value.and_then(|reason| u16::try_from(reason).ok()).unwrap_or(0x0110)
    };
    json.as_object()?;
    Some(StoreAnswer {
        stored: list("00081199").iter().map(uid).collect(),
        failed: list("00081198").iter().map(|item| (uid(item), reason(item))).collect(),
    })
}

/// The first part of a multipart answer; a body that is the file itself is the file.
pub fn first_part<'a>(content_type: &str, body: &'a [u8]) -> Option<&'a [u8]> {
    if !content_type.to_ascii_lowercase().starts_with("multipart/") {
        return Some(body);
    }
    let boundary = content_type
        .split(';')
        .find_map(|part| part.trim().strip_prefix("boundary="))?
        .trim_matches('"');
    let delimiter = format!("--{boundary}");
    let start = find(body, delimiter.as_bytes())? + delimiter.len();
    let head = find(&body[start..], b"\r\n\r\n")? + start + 4;
    let end = format!("\r\n{delimiter}");
    let length = find(&body[head..], end.as_bytes())?;
    body.get(head..head + length)
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    aho_corasick::AhoCorasick::new([needle]).ok()?.find(hay).map(|found| found.start())
}

/// One study of a QIDO-RS answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundStudy {
    pub study_uid: String,
    pub patient_id: String,
    pub patient_name: String,
    pub date: String,
    pub modalities: Vec<String>,
    pub description: String,
    pub institution: String,
    pub instances: u64,
}

/// The studies of a QIDO-RS answer; `None` = it is none. 204 without a body is an empty list.
pub fn studies(body: &[u8]) -> Option<Vec<FoundStudy>> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Some(vec![]);
    }
    let list: Value = serde_json::from_slice(body).ok()?;
    let one = |study: &Value| {
        let value = |tag: &str| study.pointer(&format!("/{tag}/Value/0")).cloned();
        let text = |tag: &str| match value(tag) {
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let name = value("00100010").map(|name| {
            let group = |key| name.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let ideographic = group("Ideographic");
            if ideographic.is_empty() { group("Alphabetic") } else { ideographic }
        });
        let modalities = study.pointer("/00080061/Value").and_then(Value::as_array);
        FoundStudy {
            study_uid: text("0020000D"),
            patient_id: text("00100020"),
            patient_name: name.unwrap_or_default(),
            date: text("00080020"),
            modalities: modalities
                .map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
                .unwrap_or_default(),
            description: text("00081030"),
            institution: text("00080080"),
            instances: text("00201208").parse().unwrap_or(0),
        }
    };
    Some(list.as_array()?.iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_comes_out_of_the_body_as_it_went_in() {
        for instance in [&b"DICM\r\n--x\0\xff"[..], b"", b"\r\n--"] {
            let (content_type, body) = body(instance);
            assert_eq!(first_part(&content_type, &body), Some(instance));
        }
        assert_eq!(first_part("application/dicom", b"abc"), Some(&b"abc"[..]));
        let (content_type, body) = body(b"abcdef");
        assert_eq!(first_part(&content_type, &body[..body.len() - 60]), None);
    }

    #[test]
    fn stored_and_failed_are_told_apart() {
        let json = br#"{"00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2"]}}]},
            "00081198":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.3"]},"00081197":{"vr":"US","Value":[42752]}}]}}"#;
        let answer = answer(json).unwrap();
        assert_eq!(answer.stored, ["1.2"]);
        assert_eq!(answer.failed, [("1.3".to_owned(), 0xA700)]);
        assert_eq!(super::answer(b"{}"), Some(StoreAnswer::default()));
        assert_eq!(super::answer(b"<html>"), None);
    }
}
