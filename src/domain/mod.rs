//! PURE: the rules of the clinic. No file, socket, clock, SQL, index, model or screen; nothing here serialises.
pub mod age;
pub mod catalog;
pub mod diagnosis;
pub mod note;
