//! Bytes of a text -> characters: UTF-8, UTF-16 with its mark, else GB18030; never guessed over errors.
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::DocumentError;

pub(in crate::wire) fn decode(bytes: &[u8]) -> Result<String, DocumentError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return strict(encoding, &bytes[mark..]);
    }
    if let Ok(text) = str::from_utf8(bytes) {
        return if is_binary(text) { Err(DocumentError::Encoding) } else { Ok(text.to_owned()) };
    }
    strict(GB18030, bytes)
}

/// A page that names its encoding is believed when that is one of ours; else as any text.
pub(super) fn decode_html(bytes: &[u8]) -> Result<String, DocumentError> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
    let named = start.split("charset=").nth(1).map(|rest| {
        rest.trim_start_matches(['"', '\''])
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            .collect::<String>()
    });
    let believed = named
        .and_then(|name| Encoding::for_label(name.as_bytes()))
        .filter(|e| [UTF_8, UTF_16BE, UTF_16LE].contains(e) || *e == GB18030 || e.name() == "GBK");
    match believed {
        Some(encoding) if str::from_utf8(bytes).is_err() => {
            strict(if encoding.name() == "GBK" { GB18030 } else { encoding }, bytes)
        }
        _ => decode(bytes),
    }
}

fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, DocumentError> {
    let (text, wrong) = encoding.decode_without_bom_handling(bytes);
    if wrong || is_binary(&text) { Err(DocumentError::Encoding) } else { Ok(text.into_owned()) }
}

/// A text has no zero bytes.
fn is_binary(text: &str) -> bool {
    text.contains('\0')
}
