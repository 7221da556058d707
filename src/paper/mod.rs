//! What goes on paper: sheets as data, the text preview, and the PDF.
mod draw;
pub mod prescription;
pub mod proof;
mod qr;
pub mod referral;
pub mod table;
pub mod takeaway;
pub mod walk;

pub use prescription::{Line, PaperError, Sheet, SheetKind, pdf, preview, split};
