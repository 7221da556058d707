//! The ways: each is a short list of named steps over the other modules.
pub mod advisor;
pub mod extraction;
pub mod knowledge_base;
pub mod quality;
