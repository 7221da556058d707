//! Other people's formats: own types, converted by hand into those of `domain`.
pub mod document;
