//! Which engine runs the ranking model.

/// E.g. `onnxruntime 1.31.1` or `tract (embedded)`.
pub fn backend_name() -> String {
    crate::infer::backend_name()
}
