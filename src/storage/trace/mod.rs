//! The trace ledger: events are only ever added; packs and lot sums are folded with each of them, so that a question
//! costs the same after a million events.
mod bills;
mod catalogue;
mod events;
mod look;
mod rejected;
mod rows;

pub use bills::{BillMessage, BillStanding};
pub use events::{TraceBatch, TraceReceipt};
pub use look::{Dispensed, StreamCheck};
pub use rejected::RejectedPack;
