//! Percent-encoding, as GS1 Digital Link and form bodies use it.
use std::fmt::Write as _;

/// Everything but letters, digits and `-._~` encoded.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _written = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `None` for a broken escape or what is no UTF-8.
pub fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(part.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_comes_back_and_broken_escapes_do_not() {
        for text in ["", "批号/A-1", "100%", "a b&c=d"] {
            assert_eq!(decoded(&encoded(text)).as_deref(), Some(text));
        }
        assert_eq!(encoded("批/1"), "%E6%89%B9%2F1");
        assert_eq!((decoded("%E6"), decoded("%zz"), decoded("%1")), (None, None, None));
    }
}
