//! The line to a device: plain TCP, or TLS with our certificate and, where asked, the device's own. A caller of the wrong
//! kind is told from its first byte.
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::server::WebPkiClientVerifier;
use rustls::{CertificateError, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::WireError;
use crate::domain::share::trouble::{Config, Trouble};

const FORMAT: &str = "DIMSE";
/// The first byte of a TLS greeting, and of a DICOM A-ASSOCIATE-RQ.
const TLS_GREETING: u8 = 0x16;
const ASSOCIATE: u8 = 0x01;
/// A-ASSOCIATE-RJ: permanent, by the service user, no reason given (PS3.8 9.3.4).
const REJECTED: [u8; 10] = [3, 0, 0, 0, 0, 4, 0, 1, 1, 1];

/// Our certificate and key, and whose devices are let in.
#[derive(Clone, Debug)]
pub struct ServerTls(Arc<ServerConfig>);

/// PEM texts. Without an authority for the devices any device may speak TLS; its AE title is still on the list.
pub struct ServerPem<'a> {
    pub certificate: &'a str,
    pub key: &'a str,
    pub client_ca: Option<&'a str>,
}

impl ServerTls {
    pub fn new(pem: &ServerPem<'_>) -> Result<Self, Trouble> {
        let bad = |what: &str, error: &dyn std::fmt::Display| {
            Trouble::Config(Config::BadKey(format!("{what}: {error}")))
        };
        let chain = CertificateDer::pem_slice_iter(pem.certificate.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| bad("certificate", &error))?;
        if chain.is_empty() {
            return Err(bad("certificate", &"no certificate in the file"));
        }
        let key = PrivateKeyDer::from_pem_slice(pem.key.as_bytes())
            .map_err(|error| bad("key", &error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| bad("tls", &error))?;
        let builder = match pem.client_ca {
            None => builder.with_no_client_auth(),
            Some(text) => {
                let mut roots = RootCertStore::empty();
                for one in CertificateDer::pem_slice_iter(text.as_bytes()) {
                    let one = one.map_err(|error| bad("client-ca", &error))?;
                    roots.add(one).map_err(|error| bad("client-ca", &error))?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .map_err(|error| bad("client-ca", &error))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let config =
            builder.with_single_cert(chain, key).map_err(|error| bad("certificate", &error))?;
        Ok(Self(Arc::new(config)))
    }
}

/// One connection from a device.
pub enum Line {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Line {
    /// Opens it; with TLS the handshake is done and the device's certificate judged when this returns.
    pub fn open(
        socket: TcpStream,
        tls: Option<&ServerTls>,
        silence: Duration,
    ) -> Result<Self, WireError> {
        let io = |source| WireError::Io { doing: "opening the association", source };
        socket.set_read_timeout(Some(silence)).map_err(io)?;
        socket.set_write_timeout(Some(silence)).map_err(io)?;
        let mut first = [0];
        let got = socket.peek(&mut first).map_err(io)?;
        match (tls, (got == 1).then_some(first[0])) {
            (None, Some(TLS_GREETING)) => {
                let why =
                    "设备用了 TLS，这个端口是明文的 (the device speaks TLS, this port is plain)";
                Err(WireError::unreadable(FORMAT, why))
            }
            (Some(_), Some(ASSOCIATE)) => {
                let _heard = turn_away(socket);
                let why = "设备没有用 TLS，这个端口只收 TLS (the device speaks plain DICOM, TLS is required)";
                Err(WireError::unreadable(FORMAT, why))
            }
            (None, _) => Ok(Self::Plain(socket)),
            (Some(tls), _) => Self::greet(socket, tls),
        }
    }

    fn greet(socket: TcpStream, tls: &ServerTls) -> Result<Self, WireError> {
        let bad = |error: &rustls::Error| WireError::unreadable("TLS", words_of(error));
        let connection = ServerConnection::new(tls.0.clone()).map_err(|error| bad(&error))?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            if let Err(error) = stream.conn.complete_io(&mut stream.sock) {
                return Err(match error.get_ref().and_then(|e| e.downcast_ref()) {
                    Some(tls) => bad(tls),
                    None => WireError::Io { doing: "the TLS handshake", source: error },
                });
            }
        }
        Ok(Self::Tls(Box::new(stream)))
    }

    /// Says goodbye in TLS and closes.
    pub fn close(&mut self) {
        match self {
            Self::Plain(socket) => {
                let _gone = socket.shutdown(std::net::Shutdown::Both);
            }
            Self::Tls(stream) => {
                stream.conn.send_close_notify();
                let _gone = stream.flush();
                let _gone = stream.sock.shutdown(std::net::Shutdown::Both);
            }
        }
    }
}

/// Hears the plain request to its end, or the answer would be lost with the closing of the line, and rejects it.
fn turn_away(mut socket: TcpStream) -> io::Result<()> {
    const MOST: u32 = 64 * 1024;
    let mut head = [0; 6];
    socket.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[2], head[3], head[4], head[5]]).min(MOST);
    io::copy(&mut (&socket).take(length.into()), &mut io::sink())?;
    socket.write_all(&REJECTED)
}

/// What a failed handshake means for the person at the desk.
fn words_of(error: &rustls::Error) -> String {
    let said = match error {
        rustls::Error::NoCertificatesPresented => {
            "设备没有出示证书 (the device shows no certificate)"
        }
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "设备证书不是本站信任的机构签发 (the device's certificate is not from the trusted authority)"
        }
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "设备证书已过期 (the device's certificate has expired)",
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => {
            "设备证书尚未生效，请核对时钟 (the device's certificate is not valid yet: check the clocks)"
        }
        rustls::Error::InvalidCertificate(_) => {
            "设备证书不能用 (the device's certificate is not good)"
        }
        rustls::Error::AlertReceived(_) => {
            "设备不接受本站证书 (the device does not take our certificate)"
        }
        _ => "TLS 握手失败 (the handshake failed)",
    };
    format!("{said}: {error}")
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Line {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(buffer),
            Self::Tls(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
