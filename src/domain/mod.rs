//! PURE: the rules of the clinic. No file, socket, clock, SQL, index, model or screen; nothing here serialises.
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
