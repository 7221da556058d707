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
pub mod lint;
mod read;
mod red_flag;
mod rx_rule;
mod vocabulary;

pub use compile::{Compiled, compile};
pub use files::{KnowledgeError, SourceFile, embedded, read_dir, read_pack};
