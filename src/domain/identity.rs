//! Who a person is on paper: the 18-digit ID number (GB 11643-1999), its 15-digit ancestor, the telephone number.
use std::fmt;

use super::age::{Age, Day, Sex, half_width};

/// A valid 18-character citizen ID number, upper-case X.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber {
    text: String,
    birth: Day,
}

/// Why a text is no ID number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdRefusal {
    Length { got: usize },
    CharacterAt { position: usize, found: char },
    NoSuchDate { text: String },
    InTheFuture { birth: Day },
    TooLongAgo { birth: Day },
    WrongCheckDigit { expected: char, found: char },
}

/// GB 11643-1999, annex: weights of the first 17 digits.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

impl IdNumber {
    /// Reads 18 characters, or 15 digits of before 1999 which become 18. Full-width digits, blanks between and a
    /// small x are accepted. `today` bounds the birth date.
    pub fn parse(text: &str, today: Day) -> Result<Self, IdRefusal> {
        let mut chars: Vec<char> = text
            .chars()
            .map(half_width)
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if chars.len() != 18 && chars.len() != 15 {
            return Err(IdRefusal::Length { got: chars.len() });
        }
        for (i, c) in chars.iter().enumerate() {
            if !(c.is_ascii_digit() || (*c == 'X' && i == 17)) {
                return Err(IdRefusal::CharacterAt { position: i + 1, found: *c });
            }
        }
        if chars.len() == 15 {
            chars = lengthen(&chars);
        }
        let birth = birth_of(&chars, today)?;
        let expected = check_digit(&chars);
        if chars[17] != expected {
            return Err(IdRefusal::WrongCheckDigit { expected, found: chars[17] });
        }
        Ok(Self { text: chars.into_iter().collect(), birth })
    }

    /// Reads back a number that was checked when it was written; people grow older than any bound of today.
    pub fn from_kept(text: &str) -> Option<Self> {
        let chars: Vec<char> = text.chars().collect();
        let digits = chars.len() == 18 && chars[..17].iter().all(char::is_ascii_digit);
        if !digits || chars[17] != check_digit(&chars) {
            return None;
        }
        Some(Self { text: text.to_owned(), birth: Day::parse(&text[6..14])? })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn birth(&self) -> Day {
        self.birth
    }

    /// Odd sequence numbers are men's, even ones women's.
    pub fn sex(&self) -> Sex {
        match self.text.as_bytes()[16] % 2 {
            1 => Sex::Male,
            _ => Sex::Female,
        }
    }

    /// For lists that others may see over the shoulder: `110105********002X`.
    pub fn masked(&self) -> String {
        format!("{}********{}", &self.text[..6], &self.text[14..])
    }
}

impl fmt::Display for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for IdNumber {
    /// Masked, so that no log ever holds a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumber({})", self.masked())
    }
}

/// Sequence numbers 996 to 999 of the 15-digit form were kept for people born before 1900.
fn lengthen(fifteen: &[char]) -> Vec<char> {
    let century =
        if fifteen[12..].starts_with(&['9', '9']) && fifteen[14] >= '6' { "18" } else { "19" };
    let mut chars: Vec<char> = fifteen[..6].to_vec();
    chars.extend(century.chars());
    chars.extend(&fifteen[6..]);
    let check = check_digit(&chars);
    chars.push(check);
    chars
}

fn check_digit(chars: &[char]) -> char {
    let sum: u32 =
        WEIGHTS.iter().zip(chars).map(|(weight, c)| weight * c.to_digit(10).unwrap_or(0)).sum();
    CHECK[(sum % 11) as usize]
}

fn birth_of(chars: &[char], today: Day) -> Result<Day, IdRefusal> {
    let text: String = chars[6..14].iter().collect();
    let Some(birth) = Day::parse(&text) else { return Err(IdRefusal::NoSuchDate { text }) };
    if birth > today {
        return Err(IdRefusal::InTheFuture { birth });
    }
    if Age::on(today, birth).is_none() {
        return Err(IdRefusal::TooLongAgo { birth });
    }
    Ok(birth)
}

/// A Chinese telephone number, digits only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneRefusal {
    CharacterAt {
        position: usize,
        found: char,
    },
    Length {
        got: usize,
    },
    /// Eleven digits that begin like no mobile number (13 to 19) and no area code (0).
    Beginning {
        found: String,
    },
}

impl Phone {
    /// Mobile (11 digits from 13 to 19), land line with area code (0…, 10 to 12 digits) or local (7 or 8 digits).
    /// Full-width digits, blanks, dashes, brackets and +86 or 0086 are accepted.
    pub fn parse(text: &str) -> Result<Self, PhoneRefusal> {
        let mut digits = String::new();
        for (i, c) in text.chars().map(half_width).enumerate() {
            match c {
                '0'..='9' => digits.push(c),
                ' ' | '-' | '(' | ')' | '—' | '–' => {}
                '+' if digits.is_empty() => {}
                _ => return Err(PhoneRefusal::CharacterAt { position: i + 1, found: c }),
            }
        }
        if digits.len() >= 13 {
            let bare = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86"));
            digits = bare.map_or(digits.clone(), str::to_owned);
        }
        let bytes = digits.as_bytes();
        match bytes.len() {
            7 | 8 if matches!(bytes[0], b'2'..=b'9') => Ok(Self(digits)),
            11 if bytes[0] == b'1' && bytes[1] >= b'3' => Ok(Self(digits)),
            10..=12 if bytes[0] == b'0' && bytes[1] != b'0' => Ok(Self(digits)),
            7 | 8 | 10..=12 => Err(PhoneRefusal::Beginning { found: digits[..2].to_owned() }),
            got => Err(PhoneRefusal::Length { got }),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `138****1234`.
    pub fn masked(&self) -> String {
        let tail = self.0.len().saturating_sub(4);
        let head = tail.saturating_sub(4);
        format!("{}{}{}", &self.0[..head], "*".repeat(tail - head), &self.0[tail..])
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn today() -> Day {
        Day::new(2026, 11, 24).unwrap()
    }

    #[track_caller]
    fn accept(text: &str, number: &str, birth: &str, sex: Sex) {
        let id = IdNumber::parse(text, today()).unwrap();
        assert_eq!((id.as_str(), id.birth().to_string().as_str(), id.sex()), (number, birth, sex));
    }

    #[track_caller]
    fn refuse(text: &str, want: IdRefusal) {
        assert_eq!(IdNumber::parse(text, today()), Err(want), "{text}");
    }

    #[test]
    fn the_example_of_the_standard_is_read() {
        // GB 11643-1999 prints this one; its other one, 440524188001010014, is of someone born in 1880.
        accept("11010519491231002X", "11010519491231002X", "1949-12-31", Sex::Female);
        refuse(
            "440524188001010014",
            IdRefusal::TooLongAgo { birth: Day::new(1880, 1, 1).unwrap() },
        );
    }

    #[test]
    fn full_width_digits_blanks_and_a_small_x_are_read() {
        accept("１１０１０５ 19491231 002ｘ", "11010519491231002X", "1949-12-31", Sex::Female);
    }

    #[test]
    fn fifteen_digits_become_eighteen() {
        accept("110105491231002", "11010519491231002X", "1949-12-31", Sex::Female);
    }

    #[test]
    fn each_refusal_says_what_is_wrong() {
        refuse("1101051949123100", IdRefusal::Length { got: 16 });
        refuse("", IdRefusal::Length { got: 0 });
        refuse("1101051949123100X2", IdRefusal::CharacterAt { position: 17, found: 'X' });
        refuse("1101O519491231002X", IdRefusal::CharacterAt { position: 5, found: 'O' });
        refuse("110105194902300021", IdRefusal::NoSuchDate { text: "19490230".to_owned() });
        refuse(
            "110105209912310029",
            IdRefusal::InTheFuture { birth: Day::new(2099, 12, 31).unwrap() },
        );
        refuse(
            "110105180012310029",
            IdRefusal::TooLongAgo { birth: Day::new(1800, 12, 31).unwrap() },
        );
        refuse("110105194912310021", IdRefusal::WrongCheckDigit { expected: 'X', found: '1' });
    }

    #[test]
    fn someone_born_today_has_a_number() {
        let mut chars: Vec<char> = "11010520261124001".chars().collect();
        chars.push(check_digit(&chars));
        let text: String = chars.iter().collect();
        assert_eq!(IdNumber::parse(&text, today()).unwrap().birth(), today());
    }

    #[test]
    fn a_number_is_masked_in_debug_output() {
        let id = IdNumber::parse("11010519491231002X", today()).unwrap();
        assert_eq!(format!("{id:?}"), "IdNumber(110105********002X)");
        assert_eq!(format!("{:?}", Phone::parse("13800001234").unwrap()), "Phone(138****1234)");
    }

    proptest! {
        /// MOD 11-2 finds every single wrong digit and every swap of neighbours.
        #[test]
        fn one_wrong_digit_or_a_swap_is_always_found(seq in 0u32..999, year in 1930i32..2020, at in 0usize..17, add in 1u32..10) {
            let mut chars: Vec<char> = format!("360121{year}0817{seq:03}").chars().collect();
            chars.push(check_digit(&chars));
            let right: String = chars.iter().collect();
            prop_assert!(IdNumber::parse(&right, today()).is_ok());
            let mut wrong = chars.clone();
            wrong[at] = char::from_digit((wrong[at].to_digit(10).unwrap() + add) % 10, 10).unwrap();
            prop_assert!(IdNumber::parse(&wrong.iter().collect::<String>(), today()).is_err());
            let mut swapped = chars.clone();
            swapped.swap(at, at + 1);
            if swapped != chars {
                prop_assert!(IdNumber::parse(&swapped.iter().collect::<String>(), today()).is_err());
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,24}") {
            drop(IdNumber::parse(&text, today()));
            drop(Phone::parse(&text));
        }
    }

    #[track_caller]
    fn phone(text: &str, want: Result<&str, PhoneRefusal>) {
        let want = want.map(str::to_owned);
        assert_eq!(Phone::parse(text).map(|phone| phone.as_str().to_owned()), want);
    }

    #[test]
    fn telephone_numbers_are_read_as_people_write_them() {
        phone("138 0000 1234", Ok("13800001234"));
        phone("+86-13800001234", Ok("13800001234"));
        phone("１３８００００１２３４", Ok("13800001234"));
        phone("(0791)8612345", Ok("07918612345"));
        phone("010-88886666", Ok("01088886666"));
        phone("8612345", Ok("8612345"));
    }

    #[test]
    fn impossible_telephone_numbers_are_refused_with_the_reason() {
        phone("12800001234", Err(PhoneRefusal::Beginning { found: "12".to_owned() }));
        phone("138000012", Err(PhoneRefusal::Length { got: 9 }));
        phone("1380000a234", Err(PhoneRefusal::CharacterAt { position: 8, found: 'a' }));
        phone("", Err(PhoneRefusal::Length { got: 0 }));
    }
}
