//! One test binary: one link on two cores. Every file of this folder is listed here.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::format_push_string
)]

mod architecture;
mod commands;
mod durability;
mod followup;
mod followup_evaluate;
mod forgotten;
mod knowledge_base;
mod knowledge_diff;
mod licences;
mod migrations;
mod model;
mod notes;
mod oracle;
mod packs;
mod papers;
mod pddi;
mod peers;
mod prescriptions;
mod referral;
mod review;
mod roles;
mod rx;
mod search;
mod second_signature;
mod sessions;
mod store;
mod support;
mod trace;
mod trace_door;
mod trace_exchange;
mod trace_files;
mod trace_oracle;
mod trace_peers;
mod trace_symbols;
mod trace_year;
