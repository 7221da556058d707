//! Devices of the township send their images here: associations are served side by side, every whole object goes to the
//! one thread that holds the clinic, and the device hears `0000` only after its word.
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::wire::dimse_line::{Line, ServerTls};
use crate::wire::dimse_scp::{self, Ended, Incoming, Limits, Verdict};

const LOOK: Duration = Duration::from_millis(100);

#[derive(Clone, Debug)]
pub struct Listening {
    pub address: SocketAddr,
    pub limits: Limits,
    /// `None` = plain.
    pub tls: Option<ServerTls>,
    pub associations: usize,
    /// Bytes of all objects that are being taken in at one time.
    pub bytes: usize,
    /// No association lives longer.
    pub longest: Duration,
}

/// What goes to the thread that holds the clinic.
enum Word {
    Object(Box<Incoming>, Sender<Verdict>),
    Ended(Ended),
    Busy(SocketAddr),
}

/// What the listener tells.
pub enum Heard {
    Object(Box<Incoming>),
    Ended(Ended),
    /// Too many at a time: this one was turned away.
    Busy(SocketAddr),
}

/// Listens until `stop`; then no new object is begun, those that were answered are kept.
pub fn listen(
    how: &Listening,
    stop: &AtomicBool,
    (ready, take): (&mut dyn FnMut(SocketAddr), &mut dyn FnMut(Heard) -> Verdict),
) -> std::io::Result<()> {
    let listener = TcpListener::bind(how.address)?;
    listener.set_nonblocking(true)?;
    ready(listener.local_addr()?);
    let (words, heard) = mpsc::channel();
    let open: Arc<Mutex<Vec<Guest>>> = Arc::default();
    let weight = Arc::new(AtomicUsize::new(0));
    while !stop.load(Ordering::Relaxed) {
        welcome(&listener, how, (&words, &open, &weight));
        turn_out(&open, how.longest);
        match heard.recv_timeout(LOOK) {
            Ok(word) => answer(word, take),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        while let Ok(word) = heard.try_recv() {
            answer(word, take);
        }
    }
    // Whoever waits for an answer is cut off: what was not answered, the device sends again.
    turn_out(&open, Duration::ZERO);
    let guests = std::mem::take(&mut *open.lock().unwrap_or_else(PoisonError::into_inner));
    drop(words);
    while let Ok(word) = heard.recv_timeout(Duration::from_secs(5)) {
        if let Word::Ended(ended) = word {
            take(Heard::Ended(ended));
        }
    }
    for guest in guests {
        let _panicked = guest.thread.join();
    }
    Ok(())
}

fn answer(word: Word, take: &mut dyn FnMut(Heard) -> Verdict) {
    match word {
        Word::Object(incoming, reply) => {
            // A device that went away meanwhile hears nothing; the object is kept all the same, and known next time.
            let _gone = reply.send(take(Heard::Object(incoming)));
        }
        Word::Ended(ended) => {
            take(Heard::Ended(ended));
        }
        Word::Busy(peer) => {
            take(Heard::Busy(peer));
        }
    }
}

struct Guest {
    socket: TcpStream,
    since: Instant,
    thread: JoinHandle<()>,
}

fn welcome(
    listener: &TcpListener,
    how: &Listening,
    (words, open, weight): (&Sender<Word>, &Arc<Mutex<Vec<Guest>>>, &Arc<AtomicUsize>),
) {
    loop {
        let (socket, peer) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let mut guests = open.lock().unwrap_or_else(PoisonError::into_inner);
        guests.retain(|guest| !guest.thread.is_finished());
        if guests.len() >= how.associations || socket.set_nonblocking(false).is_err() {
            let _told = words.send(Word::Busy(peer));
            continue;
        }
        let Ok(watched) = socket.try_clone() else { continue };
        let (words, limits, weight) = (words.clone(), how.limits.clone(), weight.clone());
        let tls = how.tls.clone();
        let most = how.bytes;
        let thread = thread::spawn(move || {
            let mut take = |incoming: Incoming| hand_over(incoming, (&words, &weight, most));
            let ended = match Line::open(socket, tls.as_ref(), limits.silence) {
                Ok(line) => dimse_scp::serve(line, &limits, &mut take),
                Err(error) => Ended::Refused { why: error.to_string() },
            };
            let _nobody = words.send(Word::Ended(ended));
        });
        guests.push(Guest { socket: watched, since: Instant::now(), thread });
    }
}

/// Gives an object to the clinic and waits for its word.
fn hand_over(
    incoming: Incoming,
    (words, weight, most): (&Sender<Word>, &AtomicUsize, usize),
) -> Verdict {
    let bytes = incoming.file.len();
    if weight.fetch_add(bytes, Ordering::SeqCst) + bytes > most {
        weight.fetch_sub(bytes, Ordering::SeqCst);
        return Verdict::OutOfResources;
    }
    let (reply, verdict) = mpsc::channel();
    let verdict = match words.send(Word::Object(Box::new(incoming), reply)) {
        Ok(()) => verdict.recv().unwrap_or(Verdict::OutOfResources),
        Err(_) => Verdict::OutOfResources,
    };
    weight.fetch_sub(bytes, Ordering::SeqCst);
    verdict
}

/// Closes what has been open for too long: a device that drips bytes holds no place for ever.
fn turn_out(open: &Arc<Mutex<Vec<Guest>>>, longest: Duration) {
    let guests = open.lock().unwrap_or_else(PoisonError::into_inner);
    for guest in guests.iter().filter(|guest| guest.since.elapsed() >= longest) {
        let _closed = guest.socket.shutdown(std::net::Shutdown::Both);
    }
}
