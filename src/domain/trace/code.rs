//! What a scanner delivered, read as trace code: the 20-digit code of the Chinese platform, a GS1 element string, or
//! a maker's own form. A 20-digit code has no check digit that can be tested offline, and none is invented here.
use super::disguise::{self, Bare, Symbol, strip};
use super::gs1::{self, Element, Gs1Fault, check_digit};
use super::percent;
use crate::domain::age::Day;

/// The three kinds in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeKind {
    /// 20 digits, the first is 8; the first seven name the product.
    Platform,
    /// GTIN and serial number.
    Gs1,
    /// By a form that the maker has announced.
    Maker,
}

impl CodeKind {
    pub const fn id(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Gs1 => "gs1",
            Self::Maker => "maker",
        }
    }
}

/// One pack's code, in the one form in which the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceCode(String);

impl TraceCode {
    /// A code as the ledger wrote it.
    pub fn kept(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn kind(&self) -> CodeKind {
        if is_platform(&self.0) {
            CodeKind::Platform
        } else if self.0.starts_with("(01)") {
            CodeKind::Gs1
        } else {
            CodeKind::Maker
        }
    }

    /// The part that is the same for all packs of a product: seven digits, or the GTIN.
    pub fn product_part(&self) -> Option<&str> {
        match self.kind() {
            CodeKind::Platform => self.0.get(..7),
            CodeKind::Gs1 => self.0.get(4..18),
            CodeKind::Maker => None,
        }
    }
}

impl std::fmt::Display for TraceCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A maker's own codes: how they begin and how many characters they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakerForm {
    pub prefix: String,
    pub length: usize,
}

/// A symbol that holds a pack's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    pub code: TraceCode,
    pub symbol: Symbol,
    /// Only what the symbol says itself; a 20-digit code says none of these.
    pub gtin: Option<String>,
    pub lot: Option<String>,
    pub made: Option<Day>,
    pub expiry: Option<Day>,
    pub serial: Option<String>,
    pub elements: Vec<Element>,
}

/// Why a read is no pack's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Empty,
    /// The product's shelf code, the same on every box.
    ShelfCode {
        digits: String,
    },
    /// 19 digits: the first or last one was lost. It is not put back by guessing.
    OneDigitShort {
        digits: String,
    },
    /// Digits, but not 20.
    DigitCount {
        count: usize,
    },
    /// 20 digits that do not begin with 8.
    NotEight {
        first: char,
    },
    Gs1(Gs1Fault),
    /// GS1, but no GTIN (01) or serial number (21): it names a product or lot, not this box. The separator may be lost.
    NoSerial {
        elements: Vec<Element>,
    },
    /// A link, for instance an advertisement.
    Link {
        host: String,
    },
    /// Part of a code, or noise.
    Unknown {
        symbol: Symbol,
        text: String,
    },
}

/// Reads everything in one burst: codes glued together are taken apart.
pub fn read_all(raw: &str, makers: &[MakerForm]) -> Vec<Result<Scan, Fault>> {
    let mut out = vec![];
    for line in raw.split(['\r', '\n', '\t']).filter(|line| !line.trim().is_empty()) {
        let bare = strip(line);
        match glued(&bare.text) {
            Some(codes) => {
                out.extend(codes.into_iter().map(|code| Ok(platform(code, bare.symbol))));
            }
            None => out.push(read_bare(bare, makers)),
        }
    }
    if out.is_empty() {
        out.push(Err(Fault::Empty));
    }
    out
}

/// Reads one symbol.
pub fn read(raw: &str, makers: &[MakerForm]) -> Result<Scan, Fault> {
    read_bare(strip(raw), makers)
}

fn read_bare(bare: Bare, makers: &[MakerForm]) -> Result<Scan, Fault> {
    let Bare { symbol, text } = bare;
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    if let Some((scheme, rest)) = disguise::link(&text) {
        return link(scheme, rest, symbol);
    }
    if symbol.is_gs1() || text.starts_with('(') || text.contains(gs1::GS) {
        return element_string(&text, symbol);
    }
    if is_platform(&text) {
        return Ok(platform(&text, symbol));
    }
    if makers.iter().any(|form| is_makers(&text, form)) {
        return Ok(plain(TraceCode(text.clone()), symbol));
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return digits(&text, symbol);
    }
    if text.starts_with("01") {
        return element_string(&text, symbol);
    }
    Err(Fault::Unknown { symbol, text: text.chars().take(40).collect() })
}

fn is_platform(text: &str) -> bool {
    text.len() == 20 && text.starts_with('8') && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_makers(text: &str, form: &MakerForm) -> bool {
    !form.prefix.is_empty()
        && text.starts_with(&form.prefix)
        && text.chars().count() == form.length
        && text.chars().all(|c| c.is_ascii_graphic())
}

fn glued(text: &str) -> Option<Vec<&str>> {
    let fits = text.len() > 20
        && text.len().is_multiple_of(20)
        && text.bytes().all(|b| b.is_ascii_digit());
    let codes: Vec<&str> =
        (0..text.len() / 20).filter_map(|n| text.get(n * 20..n * 20 + 20)).collect();
    (fits && codes.iter().all(|code| is_platform(code))).then_some(codes)
}

fn platform(text: &str, symbol: Symbol) -> Scan {
    plain(TraceCode(text.to_owned()), symbol)
}

/// A code that says nothing about itself.
fn plain(code: TraceCode, symbol: Symbol) -> Scan {
    Scan {
        code,
        symbol,
        gtin: None,
        lot: None,
        made: None,
        expiry: None,
        serial: None,
        elements: vec![],
    }
}

/// Digits that are no 20-digit code: an unbracketed element string, the shelf code, or part of something.
fn digits(text: &str, symbol: Symbol) -> Result<Scan, Fault> {
    let sum_fits = check_digit(text) == text.chars().last();
    match text.len() {
        8 | 12 | 13 | 14 if sum_fits => Err(Fault::ShelfCode { digits: text.to_owned() }),
        19 => Err(Fault::OneDigitShort { digits: text.to_owned() }),
        20 => Err(Fault::NotEight { first: text.chars().next().unwrap_or('?') }),
        count if count > 20 && text.starts_with("01") => {
            element_string(text, symbol).map_err(|fault| match fault {
                Fault::Gs1(_) => Fault::DigitCount { count },
                other => other,
            })
        }
        count => Err(Fault::DigitCount { count }),
    }
}

fn element_string(text: &str, symbol: Symbol) -> Result<Scan, Fault> {
    let elements = gs1::parse(text).map_err(Fault::Gs1)?;
    let own = |ai| gs1::value(&elements, ai).map(str::to_owned);
    let (Some(gtin), Some(serial)) = (own("01"), own("21")) else {
        return Err(Fault::NoSerial { elements });
    };
    Ok(Scan {
        code: TraceCode(format!("(01){gtin}(21){serial}")),
        symbol,
        lot: own("10"),
        made: gs1::value(&elements, "11").and_then(gs1::day),
        expiry: gs1::value(&elements, "17").and_then(gs1::day),
        gtin: Some(gtin),
        serial: Some(serial),
        elements,
    })
}

/// A GS1 Digital Link (`https://…/01/…/10/…/21/…`) is a code; any other link is not.
fn link(scheme: &str, rest: &str, symbol: Symbol) -> Result<Scan, Fault> {
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let other = Fault::Link { host: host.chars().take(60).collect() };
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(other);
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let steps: Vec<&str> = path.split('/').collect();
    let Some(start) = steps.iter().position(|step| *step == "01") else { return Err(other) };
    let mut text = String::new();
    let pairs = steps[start..].chunks(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)));
    let asked = query.split('&').filter_map(|pair| pair.split_once('='));
    for (ai, value) in pairs.chain(asked.filter(|(ai, _)| ai.bytes().all(|b| b.is_ascii_digit()))) {
        let Some(value) = percent::decoded(value) else { return Err(other) };
        text.extend(["(", ai, ")", &value]);
    }
    element_string(&text, symbol)
}

/// The same letters with their case turned, as Caps Lock types them; `None` when there are none.
pub fn caps_turned(code: &TraceCode) -> Option<TraceCode> {
    let turned: String =
        code.0
            .chars()
            .map(|c| {
                if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
            })
            .collect();
    (turned != code.0).then_some(TraceCode(turned))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CODE: &str = "81234567890123456789";

    #[test]
    fn a_twenty_digit_code_is_read_in_every_dress() {
        for raw in [
            CODE,
            "]C081234567890123456789\r",
            "８１２３４５６７８９０１２３４５６７８９\n",
            " 81234567890123456789\t",
        ] {
            let scan = read(raw, &[]).unwrap();
            assert_eq!((scan.code.as_str(), scan.code.kind()), (CODE, CodeKind::Platform));
        }
        assert_eq!(TraceCode::kept(CODE).product_part(), Some("8123456"));
    }

    #[test]
    fn glued_reads_are_taken_apart_and_damaged_ones_are_not_guessed() {
        let two = read_all(&format!("{CODE}{CODE}"), &[]);
        assert_eq!(two.len(), 2);
        assert!(two.iter().all(Result::is_ok));
        assert_eq!(read_all(&format!("{CODE}\r\n{CODE}\r\n"), &[]).len(), 2);
        assert!(read_all(&format!("{CODE}{}", &CODE[1..]), &[])[0].is_err());
    }

    #[test]
    fn each_wrong_symbol_has_its_own_word() {
        assert!(matches!(read("6901234567892", &[]), Err(Fault::ShelfCode { .. })));
        assert!(matches!(read(&CODE[1..], &[]), Err(Fault::OneDigitShort { .. })));
        assert!(matches!(read("71234567890123456789", &[]), Err(Fault::NotEight { first: '7' })));
        assert!(matches!(read("812345", &[]), Err(Fault::DigitCount { count: 6 })));
        assert!(
            matches!(read("https://example.com/ad?x=1", &[]), Err(Fault::Link { host }) if host == "example.com")
        );
        assert!(matches!(read("]d2010690123456789217280630", &[]), Err(Fault::NoSerial { .. })));
        assert!(matches!(read("hello", &[]), Err(Fault::Unknown { .. })));
        assert_eq!(read("  ", &[]), Err(Fault::Empty));
        let serial = read("]d2010690123456789221C://7", &[]).unwrap().serial;
        assert_eq!(serial.as_deref(), Some("C://7"), "no link: GS1 allows these signs");
    }

    #[test]
    fn a_gs1_pack_and_its_digital_link_are_the_same_code() {
        let matrix = read("]d20106901234567892172806301 0AB".replace(' ', "").as_str(), &[]);
        assert!(matrix.is_err(), "no serial");
        let matrix = read("]d201069012345678921728063010AB{GS}21X77", &[]).unwrap();
        let link =
            read("https://id.example.org/01/06901234567892/10/AB/21/X77?17=280630", &[]).unwrap();
        assert_eq!(matrix.code, link.code);
        assert_eq!((link.lot.as_deref(), link.expiry), (Some("AB"), Day::new(2028, 6, 30)));
        assert_eq!(caps_turned(&matrix.code).unwrap().as_str(), "(01)06901234567892(21)x77");
    }

    #[test]
    fn a_makers_code_counts_only_when_its_form_is_known() {
        let form = MakerForm { prefix: "ZY".to_owned(), length: 12 };
        assert!(read("ZY0123456789", &[]).is_err());
        assert_eq!(read("ZY0123456789", &[form]).unwrap().code.kind(), CodeKind::Maker);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn no_read_panics(raw in "\\PC{0,80}") {
            read_all(&raw, &[]).into_iter().for_each(drop);
        }

        #[test]
        fn dressing_a_code_does_not_change_it(tail in "[0-9]{19}", full in any::<bool>(), end in "[\r\n\t]{0,2}") {
            let code = format!("8{tail}");
            let worn: String = if full {
                code.bytes().filter_map(|b| char::from_u32(0xff10 + u32::from(b - b'0'))).collect()
            } else {
                code.clone()
            };
            let scan = read(&format!("{worn}{end}"), &[]).unwrap();
            prop_assert_eq!(scan.code.as_str(), code);
        }

        #[test]
        fn digits_of_another_length_are_never_a_code(text in "[0-9]{1,19}|[0-9]{21,39}") {
            if let Ok(scan) = read(&text, &[]) {
                prop_assert!(scan.code.kind() == CodeKind::Gs1 && text.starts_with("01"));
            }
        }

        #[test]
        fn what_is_kept_is_read_back(serial in "[A-Za-z0-9]{1,20}") {
            let scan = read(&format!("(01)06901234567892(21){serial}"), &[]).unwrap();
            prop_assert_eq!(read(scan.code.as_str(), &[]).unwrap().code, scan.code);
        }
    }
}
