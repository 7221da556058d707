//! xinglin (杏林): the program that a village doctor keeps open all day.
//!
//! Arrows (checked by tests/architecture.rs):
//! `domain <- storage, wire, knowledge, paper <- search, infer <- services <- tui, cli <- main`.
pub mod cli;
pub mod domain;
pub mod infer;
pub mod knowledge;
pub mod paper;
pub mod search;
pub mod services;
pub mod storage;
pub mod tui;
pub mod wire;
