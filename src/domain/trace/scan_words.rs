//! What is said about a read that is no pack's code: which symbol was read and what was expected.
use super::code::Fault;
use super::disguise::Symbol;
use super::gs1::Gs1Fault;
use crate::domain::words::Words;

const EXPECTED_ZH: &str =
    "要扫的是小盒上“药品追溯码”旁的条码：20 位数字、以 8 开头，或带序列号的 GS1 二维码";
const EXPECTED_EN: &str =
    "expected the pack's trace code: 20 digits beginning with 8, or a GS1 code with serial number";

impl Fault {
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::ShelfCode { .. } => "shelf-code",
            Self::OneDigitShort { .. } => "one-digit-short",
            Self::DigitCount { .. } => "digit-count",
            Self::NotEight { .. } => "not-eight",
            Self::Gs1(_) => "gs1",
            Self::NoSerial { .. } => "no-serial",
            Self::Link { .. } => "link",
            Self::Unknown { .. } => "unknown",
        }
    }

    pub fn words(&self) -> Words {
        let (zh, en) = match self {
            Self::Empty => ("没有读到内容".to_owned(), "nothing was read".to_owned()),
            Self::ShelfCode { digits } => (
                format!("读到的是商品条码 {digits}（每盒都一样），不是追溯码"),
                format!("this is the product's shelf code {digits}, the same on every box"),
            ),
            Self::OneDigitShort { .. } => (
                "只读到 19 位数字，丢了一位；不猜，请再扫一次".to_owned(),
                "19 digits: one was lost; it is not guessed, scan again".to_owned(),
            ),
            Self::DigitCount { count } => (
                format!("读到 {count} 位数字，不是 20 位"),
                format!("{count} digits were read, not 20"),
            ),
            Self::NotEight { first } => (
                format!("20 位数字但以 {first} 开头，不是药品追溯码"),
                format!("20 digits beginning with {first}: no trace code"),
            ),
            Self::Gs1(fault) => gs1_words(fault),
            Self::NoSerial { elements } => {
                let has = elements.iter().map(|e| e.ai.as_str()).collect::<Vec<_>>().join(" ");
                (
                    format!(
                        "GS1 码里没有 (01)+(21)（只有 {has}），认不出是哪一盒；也可能是扫描枪丢了分隔符，请检查扫描枪设置"
                    ),
                    format!(
                        "the GS1 code lacks (01)+(21) (it has {has}); the scanner may drop the separator"
                    ),
                )
            }
            Self::Link { host } => (
                format!("读到的是网页二维码（{host}），不是追溯码"),
                format!("this is a web link ({host})"),
            ),
            Self::Unknown { symbol, text } => (
                format!("读到{}“{text}”，不是追溯码", symbol_zh(*symbol)),
                format!("read {} {text:?}: no trace code", symbol.name()),
            ),
        };
        Words::new(format!("{zh}。{EXPECTED_ZH}。"), format!("{en}; {EXPECTED_EN}."))
    }
}

fn symbol_zh(symbol: Symbol) -> String {
    if symbol == Symbol::Unsaid { String::new() } else { format!(" {} ", symbol.name()) }
}

fn gs1_words(fault: &Gs1Fault) -> (String, String) {
    match fault {
        Gs1Fault::Empty => ("GS1 码是空的".to_owned(), "an empty GS1 code".to_owned()),
        Gs1Fault::UnknownIdentifier { at, text } => (
            format!(
                "GS1 码第 {} 个字符起“{text}”不是已知的标识符；多半是分隔符丢了或只读到一半",
                at + 1
            ),
            format!("no GS1 identifier begins at {} ({text:?}); a separator may be lost", at + 1),
        ),
        Gs1Fault::TooShort { ai, value } => (
            format!("GS1 ({ai}) 的值“{value}”太短"),
            format!("GS1 ({ai}) value {value:?} is too short"),
        ),
        Gs1Fault::TooLong { ai, value } => (
            format!("GS1 ({ai}) 的值“{value}”太长，多半是分隔符丢了"),
            format!("GS1 ({ai}) value {value:?} is too long; a separator may be lost"),
        ),
        Gs1Fault::Character { ai, found } => (
            format!("GS1 ({ai}) 里有不允许的字符“{found}”"),
            format!("GS1 ({ai}) may not hold {found:?}"),
        ),
        Gs1Fault::CheckDigit { ai, value, wanted } => (
            format!(
                "GS1 ({ai}) {value} 的校验位不对（应为 {}），多半误读，请再扫",
                wanted.unwrap_or('?')
            ),
            format!(
                "GS1 ({ai}) {value} has a wrong check digit (wanted {})",
                wanted.unwrap_or('?')
            ),
        ),
        Gs1Fault::Content { ai, rule, value } => (
            format!("GS1 ({ai}) 的值“{value}”不合规定（{rule}）"),
            format!("GS1 ({ai}) value {value:?} breaks the rule {rule}"),
        ),
        Gs1Fault::Contradiction { ai } => (
            format!("GS1 ({ai}) 出现两次且不一致，可能两个码连读了"),
            format!("GS1 ({ai}) twice with different values"),
        ),
        Gs1Fault::Together { ai, with } => (
            format!("GS1 ({ai}) 与 ({with}) 不能同时出现"),
            format!("GS1 ({ai}) and ({with}) never stand together"),
        ),
    }
}
