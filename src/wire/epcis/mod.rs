//! GS1 EPCIS 2.0 in JSON-LD: our events out, other people's in. 20-digit codes are no GS1 keys and go by a URN of ours;
//! GS1 codes go as Digital Links.
mod build;
mod hash;
mod read;
mod vocabulary;

pub use build::{ExportEvent, document};
pub use hash::event_id;
pub use read::{ReadEvent, ReadFault, read};

use crate::domain::trace::code::{CodeKind, TraceCode};
use crate::domain::trace::percent::{decoded, encoded};

const OWN: &str = "urn:xinglin:trace:";
const LINK: &str = "https://id.gs1.org/01/";
/// What the names of our extension fields begin with.
pub(super) const NAMESPACE: &str = "https://xinglin.invalid/ns/trace/";

/// A pack's code as URI.
pub fn uri_of(code: &str) -> String {
    let kept = TraceCode::kept(code);
    match (kept.kind(), code.get(4..18), code.get(22..)) {
        (CodeKind::Gs1, Some(gtin), Some(serial)) => format!("{LINK}{gtin}/21/{}", encoded(serial)),
        _ => format!("{OWN}{}", encoded(code)),
    }
}

/// The pack's code of a URI that is ours or a Digital Link with a serial number.
pub fn code_of(uri: &str) -> Option<String> {
    if let Some(code) = uri.strip_prefix(OWN) {
        return decoded(code);
    }
    // The GTIN is a whole step of the path: fifteen digits are not fourteen and one too many.
    let (gtin, rest) = uri.strip_prefix(LINK)?.split_once('/')?;
    if gtin.len() != 14 || !gtin.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (path, _) = rest.split_once('?').unwrap_or((rest, ""));
    let steps: Vec<&str> = path.split('/').collect();
    let serial = steps.chunks(2).find_map(|pair| match pair {
        ["21", serial] => decoded(serial),
        _ => None,
    })?;
    Some(format!("(01){gtin}(21){serial}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_comes_back_from_its_uri() {
        for code in ["81234567890123456789", "(01)06901234567892(21)A/1%x", "ZY0123456789"] {
            assert_eq!(code_of(&uri_of(code)).as_deref(), Some(code));
        }
        assert_eq!(code_of("urn:epc:id:sgtin:0614141.107346.2017"), None);
        let link = |path: &str| code_of(&format!("https://id.gs1.org/01/{path}"));
        assert_eq!(link("06901234567892/10/AB/21/X7").as_deref(), Some("(01)06901234567892(21)X7"));
        for wrong in [
            "069012345678921/21/X7",
            "06901234567892/10/21/X7",
            "06901234567892",
            "0690123456789/21/X7",
        ] {
            assert_eq!(link(wrong), None, "{wrong}");
        }
    }
}
