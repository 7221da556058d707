//! Files of the knowledge base -> `domain::catalog`. The loader, the linter and the compiler are the same code.
pub mod cases;
pub mod compile;
pub mod drug;
pub mod files;
pub mod format;
pub mod lint;
pub mod read;

pub use compile::{Compiled, compile};
pub use files::{KnowledgeError, SourceFile, embedded, read_dir, read_pack};
