//! PURE: no file, socket, clock, SQL, index, model, screen; does not serialise.
pub mod age;
pub mod audit;
pub mod catalog;
pub mod cleaning;
pub mod diagnosis;
pub mod duplicate;
pub mod identity;
pub mod instant;
pub mod note;
pub mod outbox;
pub mod patient;
pub mod registration;
pub mod role;
pub mod rx;
pub mod spelling;
pub mod visit;
pub mod words;
