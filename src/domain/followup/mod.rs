//! Follow-up: the facts of one visit -> class, danger, next date, referral, by the tables of `catalog::follow_up`.
//! Every day comes in from outside; nothing is guessed that was not given.
pub mod clinical;
pub mod evaluate;
pub mod facts;
pub mod logic;
pub mod schedule;
pub mod screening;

pub use evaluate::{Outcome, Task, evaluate};
pub use facts::{Case, Known, Mode, Occasion, Person, Provenance, Reading};
pub use screening::{Screened, screen};
