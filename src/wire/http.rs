//! HTTPS with mutual TLS: one blocking client for each hub, and what its errors mean.
use std::io;
use std::time::Duration;

use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::domain::share::hub::Ways;
use crate::domain::share::trouble::{Config, Trouble};

/// Larger answers are not read.
const ANSWER_MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// One hub's client. Dropped, its connections close.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub retry_after_s: Option<u32>,
    /// The hub's clock, as it says.
    pub date: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What a status that is no success means.
    pub fn trouble(&self, sent_bytes: u64) -> Trouble {
        let words = super::fhir::answer::words(&self.body);
        let html = self.content_type.contains("html") || self.content_type.is_empty();
        match self.status {
            // nginx says so in a page, not in a TLS alert.
            400 | 495 | 496 if html && words.contains("SSL certificate") => {
                Trouble::Config(Config::ClientCertificate(words))
            }
            400 | 422 if super::fhir::answer::blames_itself(&self.body) => {
                Trouble::Busy { status: self.status, retry_after_s: self.retry_after_s }
            }
            401 | 403 => Trouble::Config(Config::NotAllowed(self.status)),
            404 | 405 if html => {
                Trouble::Config(Config::Association(format!("HTTP {} {words}", self.status)))
            }
            409 | 412 => Trouble::Conflict(words),
            413 => Trouble::TooLarge { bytes: sent_bytes },
            415 => Trouble::SyntaxRefused(words),
            507 => Trouble::Full,
            408 | 425 | 429 | 500..=599 => {
                Trouble::Busy { status: self.status, retry_after_s: self.retry_after_s }
            }
            _ => Trouble::Refused(format!("HTTP {} {words}", self.status)),
        }
    }
}

/// A request's kind and how its body is labelled.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    pub content_type: &'a str,
    pub bytes: &'a [u8],
}

impl Client {
    pub fn new(ways: &Ways) -> Result<Self, Trouble> {
        let mut tls = TlsConfig::builder();
        if !ways.ca.is_empty() {
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates(&ways.ca)?));
        }
        if !ways.certificate.is_empty() {
            let key = PrivateKey::from_pem(ways.key.as_bytes()).map_err(|e| bad_key("key", &e))?;
            let chain = certificates(&ways.certificate)?;
            tls = tls.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_resolve(Some(Duration::from_secs(10)))
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(Duration::from_mins(1)))
            .timeout_recv_body(Some(Duration::from_mins(10)))
            .user_agent(concat!("xinglin/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build())
            .build();
        Ok(Self { agent: config.into() })
    }

    pub fn get(&self, url: &str, accept: &str) -> Result<Answer, Trouble> {
        read(self.agent.get(url).header("Accept", accept).call())
    }

    pub fn post(&self, url: &str, accept: &str, body: Body<'_>) -> Result<Answer, Trouble> {
        let request = self.agent.post(url).header("Accept", accept);
        read(request.header("Content-Type", body.content_type).send(body.bytes))
    }

    pub fn put(&self, url: &str, accept: &str, body: Body<'_>) -> Result<Answer, Trouble> {
        let request = self.agent.put(url).header("Accept", accept);
        read(request.header("Content-Type", body.content_type).send(body.bytes))
    }
}

fn bad_key(what: &str, error: &dyn std::fmt::Display) -> Trouble {
    Trouble::Config(Config::BadKey(format!("{what}: {error}")))
}

fn certificates(pem: &str) -> Result<Vec<Certificate<'static>>, Trouble> {
    let mut found = vec![];
    for item in parse_pem(pem.as_bytes()) {
        if let PemItem::Certificate(one) = item.map_err(|e| bad_key("certificate", &e))? {
            found.push(one);
        }
    }
    if found.is_empty() {
        return Err(bad_key("certificate", &"no certificate in the file"));
    }
    Ok(found)
}

fn read(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, Trouble> {
    let mut response = result.map_err(|error| trouble(&error))?;
    let header = |name: &str| {
        response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (content_type, date) = (header("content-type"), header("date"));
    let retry_after_s = header("retry-after").trim().parse().ok();
    let status = response.status().as_u16();
    let body = response
        .body_mut()
        .with_config()
        .limit(ANSWER_MOST_BYTES)
        .read_to_vec()
        .map_err(|error| trouble(&error))?;
    Ok(Answer { status, content_type, retry_after_s, date, body })
}

/// What an error of the connection means. TLS errors hide at different depths.
fn trouble(error: &ureq::Error) -> Trouble {
    if let ureq::Error::Rustls(tls) = error {
        return tls_trouble(tls);
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = match error {
        ureq::Error::Io(io) => Some(io),
        _ => None,
    };
    while let Some(inner) = cause {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return tls_trouble(tls);
        }
        cause = match inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => inner.source(),
        };
    }
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Trouble::Away("连接超时".to_owned())
        }
        ureq::Error::Timeout(_) => Trouble::Slow,
        ureq::Error::HostNotFound => Trouble::Away("找不到主机名".to_owned()),
        ureq::Error::ConnectionFailed => Trouble::Away(error.to_string()),
        ureq::Error::BadUri(uri) => {
            Trouble::Config(Config::Association(format!("网址不对：{uri}")))
        }
        ureq::Error::Io(io) => io_trouble(io),
        other => Trouble::Broken(other.to_string()),
    }
}

pub(super) fn io_trouble(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::NotFound => Trouble::Away(error.kind().to_string()),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Trouble::Slow,
        _ => Trouble::Broken(error.kind().to_string()),
    }
}

pub(super) fn tls_trouble(error: &rustls::Error) -> Trouble {
    use rustls::{AlertDescription as Alert, CertificateError as Bad};
    let config = match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::UnknownIssuer | Bad::BadSignature => Config::UnknownIssuer,
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                Config::OtherName(bad.to_string())
            }
            Bad::Expired | Bad::ExpiredContext { .. } => Config::ServerExpired,
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => Config::ClockBehind,
            other => Config::OtherName(other.to_string()),
        },
        rustls::Error::AlertReceived(
            alert @ (Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::CertificateExpired
            | Alert::CertificateRevoked
            | Alert::CertificateUnknown
            | Alert::UnsupportedCertificate
            | Alert::UnknownCA
            | Alert::AccessDenied),
        ) => Config::ClientCertificate(format!("{alert:?}")),
        other => return Trouble::Broken(other.to_string()),
    };
    Trouble::Config(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(issue: &str) -> Trouble {
        let body = format!(r#"{{"resourceType":"OperationOutcome","issue":[{issue}]}}"#);
        let answer = Answer {
            status: 400,
            content_type: "application/fhir+json".to_owned(),
            retry_after_s: None,
            date: String::new(),
            body: body.into_bytes(),
        };
        answer.trouble(0)
    }

    /// As HFS 0.2.7 answered while its PostgreSQL was a standby that was not promoted yet.
    #[test]
    fn a_refusal_for_the_server_s_own_trouble_is_tried_again_and_one_for_the_record_is_held() {
        let away = r#"{"severity":"error","code":"processing","diagnostics":"Transaction failed at entry 1: Entry processing failed: internal error in postgres: Failed to insert resources: db error"}"#;
        for issue in [away, r#"{"severity":"error","code":"transient"}"#] {
            assert!(matches!(refusal(issue), Trouble::Busy { status: 400, .. }), "{issue}");
        }
        let bad =
            r#"{"severity":"error","code":"processing","diagnostics":"gender: unknown code"}"#;
        assert!(matches!(refusal(bad), Trouble::Refused(_)));
    }
}
