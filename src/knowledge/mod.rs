//! Files of the knowledge base -> `domain::catalog`. The loader, the linter and the compiler are the same code.
pub mod cases;
pub mod compile;
mod condition;
mod content;
mod drug;
pub mod files;
mod follow_up;
pub mod format;
pub mod format_follow_up;
pub mod format_rx;
mod guideline;
pub mod installed;
pub mod lint;
pub mod pack;
mod read;
mod recognition;
mod red_flag;
mod rx_rule;
pub mod signature;
mod vocabulary;

pub use compile::{Compiled, compile};
pub use files::{KnowledgeError, Loaded, SourceFile, embedded, load, read_dir, read_pack};
