//! ONNX ranks: an absent or unfit model means no ranks, never an error on the screen.
pub mod backend;
mod manifest;
mod rank;

pub use backend::backend_name;
pub use manifest::Manifest;
pub use rank::{Model, ModelError, Place, built_in_files};
