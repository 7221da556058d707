//! Other people's formats and protocols: own types, converted by hand to the domain's and back.
pub mod cda;
pub mod dicom;
pub mod dimse;
pub mod dimse_line;
pub mod dimse_scp;
pub mod document;
pub mod epcis;
pub mod fhir;
pub mod form;
pub mod http;
pub mod insurance;
pub mod letter_form;
pub mod package;
pub mod picture;
pub mod seal;
pub mod slip;
pub mod stow;
pub mod table;
pub mod time;
mod trace_http;
pub mod trace_platform;
pub mod trace_profile;
mod ws500;

use thiserror::Error;

/// What came in cannot be understood.
#[derive(Debug, Error)]
pub enum WireError {
    #[error("{format}: {what}")]
    Unreadable { format: &'static str, what: String },
    #[error("{format}: {bytes} bytes are too many (at most {most})")]
    TooBig { format: &'static str, bytes: u64, most: u64 },
    #[error("the signature does not fit: {0}")]
    Signature(&'static str),
    #[error("the seal cannot be opened: {0}")]
    Seal(&'static str),
    #[error("{doing}: {source}")]
    Io { doing: &'static str, source: std::io::Error },
}

impl WireError {
    fn unreadable(format: &'static str, what: impl Into<String>) -> Self {
        Self::Unreadable { format, what: what.into() }
    }
}

/// Documents larger than this are not clinical documents.
pub const DOCUMENT_MOST_BYTES: u64 = 20 * 1024 * 1024;
