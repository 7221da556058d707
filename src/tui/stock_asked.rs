//! What the store-room's screens hand over with a question.
use crate::{
    domain::{instant::Instant, trace::stock::Zone},
    services::{
        clinic::trace::Act,
        trace_upload::{BillMessage, Profile},
    },
};

/// What is done with scanned packs beside receiving and giving out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Act(Act),
    TakeBack { reason: String },
}

/// What goes on paper from the store-room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paper {
    Code(String),
    Lot {
        product: String,
        lot: String,
    },
    Recall(String),
    /// Refused boxes, as a list that goes with them.
    Rejected,
}

/// A thermometer as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReading {
    pub place: String,
    pub zone: Zone,
    pub tenths: i32,
    pub humidity: Option<u8>,
}

/// A bill on its way, with what its platform must be told.
#[derive(Clone, Debug)]
pub struct Parcel {
    pub profile: Profile,
    pub bill: BillMessage,
    pub at: Instant,
}
