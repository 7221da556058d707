//! A proxy that loses things: the end of a request, the whole answer, the end of an answer.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None = 0,
    /// Half of each request with a body goes through, then both sides are cut.
    HalfRequest = 1,
    /// The request goes through whole; the answer is dropped.
    LostAnswer = 2,
    /// The body is cut to 3000 bytes and declared as that long: whole for HTTP, cut for DICOM.
    CutBody = 3,
}

pub struct Proxy {
    pub port: u16,
    fault: Arc<AtomicU8>,
    pub struck: Arc<AtomicUsize>,
}

impl Proxy {
    pub fn before(upstream: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (fault, struck) = (Arc::new(AtomicU8::new(0)), Arc::new(AtomicUsize::new(0)));
        let proxy = Self { port, fault: fault.clone(), struck: struck.clone() };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (fault, struck) = (fault.clone(), struck.clone());
                std::thread::spawn(move || {
                    let _ended = serve(client, upstream, (&fault, &struck));
                });
            }
        });
        proxy
    }

    pub fn set(&self, fault: Fault) {
        self.fault.store(fault as u8, Ordering::SeqCst);
    }

    pub fn struck(&self) -> usize {
        self.struck.load(Ordering::SeqCst)
    }
}

/// One request a connection.
fn serve(
    mut client: TcpStream,
    upstream: u16,
    (fault, struck): (&AtomicU8, &AtomicUsize),
) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut request = vec![];
    let mut buffer = vec![0; 65536];
    let (head, length) = loop {
        let read = client.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&buffer[..read]);
        if let Some(at) = request.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..at]).into_owned();
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned)
                })
                .and_then(|value| value.trim().parse::<usize>().ok())
                .unwrap_or(0);
            break (at + 4, length);
        }
    };
    while request.len() < head + length {
        let read = client.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        request.extend_from_slice(&buffer[..read]);
    }
    let now = if length > 0 { fault.load(Ordering::SeqCst) } else { 0 };
    if now != 0 {
        struck.fetch_add(1, Ordering::SeqCst);
    }
    let mut text = String::from_utf8_lossy(&request[..head]).into_owned();
    let mut body = request[head..].to_vec();
    if now == Fault::CutBody as u8 {
        body.truncate(3000);
    }
    // One request a connection, so that a dropped answer is this request's.
    text = text
        .lines()
        .filter(|line| {
            let line = line.to_ascii_lowercase();
            !line.is_empty()
                && !line.starts_with("connection:")
                && !line.starts_with("content-length:")
        })
        .map(|line| format!("{line}\r\n"))
        .collect();
    if length > 0 {
        text.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
    }
    text.push_str("Connection: close\r\n\r\n");
    let mut hub = TcpStream::connect(("127.0.0.1", upstream))?;
    hub.write_all(text.as_bytes())?;
    if now == Fault::HalfRequest as u8 {
        hub.write_all(&body[..body.len() / 2])?;
        return Ok(());
    }
    hub.write_all(&body)?;
    let mut answer = vec![];
    hub.read_to_end(&mut answer)?;
    if now == Fault::LostAnswer as u8 {
        return Ok(());
    }
    client.write_all(&answer)
}
