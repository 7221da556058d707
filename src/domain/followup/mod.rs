//! Follow-up: the facts of one visit -> class, danger, next date, referral, by the tables of `catalog::follow_up`; and
//! the register: who is in a programme, who is due, what the counts say. Every day comes in from outside.
pub mod clinical;
pub mod due;
pub mod evaluate;
pub mod facts;
pub mod indicators;
pub mod logic;
pub mod register;
pub mod schedule;
pub mod screening;
pub mod selfcheck;

pub use evaluate::{Outcome, Task, evaluate};
pub use facts::{Case, Known, Mode, Occasion, Person, Provenance, Reading};
pub use screening::{Screened, screen};
