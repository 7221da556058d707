//! The compiled knowledge that the checks read.
