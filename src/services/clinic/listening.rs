//! Images that devices send: each goes the way of an imported file, and is answered when it is on the disk.
use std::sync::atomic::AtomicBool;

use super::Clinic;
use super::share::{Taken, TakenAs, Whose};
use crate::domain::audit::Outcome;
use crate::domain::role::Action;
use crate::services::failure::{Failure, Kind as Fault};
use crate::services::share::intake;
pub use crate::services::share::listener::Listening;
use crate::services::share::listener::{self, Heard};
use crate::services::share::reader::Reader;
pub use crate::wire::dimse_line::{ServerPem, ServerTls};
pub use crate::wire::dimse_scp::{Ended, Limits};
use crate::wire::dimse_scp::{Incoming, Verdict};

/// What `listen` tells as it goes.
#[derive(Debug)]
pub enum Listened {
    Ready(std::net::SocketAddr),
    Taken { calling: String, taken: Box<Taken>, status: u16 },
    Ended(Ended),
    Busy(std::net::SocketAddr),
}

impl Clinic {
    /// Listens for devices until `stop`. One bad object never stops the others.
    pub fn listen(
        &mut self,
        how: &Listening,
        (stop, whose, reader): (&AtomicBool, Whose, &Reader),
        each: &mut dyn FnMut(Listened),
    ) -> Result<(), Failure> {
        let manner = if how.tls.is_some() { "tls" } else { "plain" };
        let object = format!("listen {} as {} {manner}", how.address, how.limits.called);
        self.permit(Action::ImportShare, &object)?;
        self.note(Action::ImportShare.id(), object.clone(), Outcome::Done);
        let each = std::cell::RefCell::new(each);
        let mut ready = |address| (each.borrow_mut())(Listened::Ready(address));
        let mut take = |heard: Heard| {
            let (told, verdict) = self.heard(heard, (whose, reader));
            (each.borrow_mut())(told);
            verdict
        };
        listener::listen(how, stop, (&mut ready, &mut take)).map_err(|error| {
            Failure::new(
                Fault::Config,
                format!("端口 {} 开不了（{error}）。", how.address),
                format!("{} cannot be opened ({error}).", how.address),
            )
            .next("换一个端口，或停掉占用它的程序。", "Take another port, or stop what holds it.")
        })
    }

    fn heard(&mut self, heard: Heard, how: (Whose, &Reader)) -> (Listened, Verdict) {
        match heard {
            Heard::Object(incoming) => {
                let calling = incoming.calling.clone();
                let (taken, verdict) = self.take_incoming(&incoming, how);
                let status = verdict.status();
                (Listened::Taken { calling, taken: Box::new(taken), status }, verdict)
            }
            Heard::Ended(ended) => {
                if let Ended::Refused { why } = &ended {
                    let object = format!(
                        "association refused: {}",
                        why.chars().take(120).collect::<String>()
                    );
                    self.note(Action::ImportShare.id(), object, Outcome::Refused);
                }
                (Listened::Ended(ended), Verdict::Kept)
            }
            Heard::Busy(peer) => (Listened::Busy(peer), Verdict::OutOfResources),
        }
    }

    fn take_incoming(
        &mut self,
        incoming: &Incoming,
        (whose, reader): (Whose, &Reader),
    ) -> (Taken, Verdict) {
        let name = format!("{}.dcm", incoming.sop_uid);
        let found = intake::look(&name, &incoming.file, reader).into_iter().next();
        let Some(found) = found else {
            return (Taken::skipped(&name, "empty".to_owned()), Verdict::CannotUnderstand);
        };
        // The command and the data set must speak of the same object.
        if let intake::Found::Image(image) = &found
            && (image.instance.sop_uid != incoming.sop_uid
                || image.instance.sop_class != incoming.sop_class)
        {
            let reason = "the command names another object than the data set".to_owned();
            return (Taken::skipped(&name, reason), Verdict::Mismatch);
        }
        match self.take((&name, &incoming.file), found, whose) {
            Ok(taken) => {
                let verdict = match taken.result {
                    TakenAs::New | TakenAs::Same => Verdict::Kept,
                    TakenAs::Conflict => Verdict::Duplicate,
                    TakenAs::Quarantined | TakenAs::Skipped => Verdict::CannotUnderstand,
                };
                (taken, verdict)
            }
            // Full disk, another window that writes: the device keeps it and sends it again.
            Err(failure) => {
                let words = failure.sentence(crate::domain::words::Lang::Zh);
                (Taken::skipped(&name, words), Verdict::OutOfResources)
            }
        }
    }
}
