//! Other people's formats: own types, converted by hand. Knows the domain, no store and no clock.
pub mod epcis;
pub mod insurance;
mod trace_http;
pub mod trace_platform;
pub mod trace_profile;
