//! One blocking request to a platform of the trace or insurance authorities: bounded in time and size.
use std::time::Duration;

use crate::domain::trace::percent::encoded;

/// Larger answers are cut off and count as broken.
const ANSWER_MOST_BYTES: u64 = 4 * 1024 * 1024;

/// The platform was not reached, or its answer is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpTrouble {
    #[error("no line: {0}")]
    NoLine(String),
    #[error("HTTP {status}: {words}")]
    Status { status: u16, words: String },
    #[error("not JSON: {0}")]
    NotJson(String),
}

pub(super) struct Request<'a> {
    pub url: &'a str,
    pub content_type: &'static str,
    pub headers: &'a [(String, String)],
    pub body: Vec<u8>,
    pub timeout: Duration,
}

pub(super) fn post(request: &Request<'_>) -> Result<serde_json::Value, HttpTrouble> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(request.timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .build();
    let agent: ureq::Agent = config.into();
    let mut call = agent.post(request.url).content_type(request.content_type);
    for (name, value) in request.headers {
        call = call.header(name, value);
    }
    let mut answer =
        call.send(&request.body[..]).map_err(|error| HttpTrouble::NoLine(error.to_string()))?;
    let status = answer.status().as_u16();
    let bytes = answer
        .body_mut()
        .with_config()
        .limit(ANSWER_MOST_BYTES)
        .read_to_vec()
        .map_err(|error| HttpTrouble::NoLine(error.to_string()))?;
    let words = || {
        String::from_utf8_lossy(&bytes)
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect::<String>()
    };
    if status != 200 {
        return Err(HttpTrouble::Status { status, words: words() });
    }
    serde_json::from_slice(&bytes).map_err(|_| HttpTrouble::NotJson(words()))
}

/// `k=v&…` with everything but letters, digits and `-._~` encoded.
pub(super) fn form(fields: &[(String, String)]) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    pairs.join("&")
}

/// A value as text, whether it came as text, number or truth.
pub(super) fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    }
}
