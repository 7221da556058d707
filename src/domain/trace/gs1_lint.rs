//! What the parts of a GS1 value must look like, by the rule names of the GS1 dictionary. Lists of countries, currencies,
//! package types and coupons are checked by their form only, not against the registers.

/// `true` = the part keeps the rule. An unknown rule is kept by nothing, so that a new one cannot be overlooked.
pub(super) fn keeps(rule: &str, part: &str) -> bool {
    match rule {
        "csum" => check_digit(part) == part.chars().last(),
        "csumalpha" => check_pair_fits(part),
        // A company prefix has at least four digits, after one digit more in GTIN and SSCC.
        "gcppos1" => digits_at(part, 0, 4),
        "gcppos2" => digits_at(part, 1, 4),
        "yymmd0" => date6(part, 0),
        "yymmdd" => date6(part, 1),
        "yyyymmdd" => part.len() == 8 && date(part, 4, 1),
        "hh" => below(part, 24),
        "mi" | "ss" => below(part, 60),
        "hhmi" => part.len() == 4 && below(&part[..2], 24) && below(&part[2..], 60),
        "iso4217" | "iso3166" | "iso3166999" => digits_at(part, 0, 3),
        "iso3166alpha2" => part.len() == 2 && part.bytes().all(|b| b.is_ascii_uppercase()),
        "latitude" => part.parse::<u64>().is_ok_and(|n| n <= 1_800_000_000),
        "longitude" => part.parse::<u64>().is_ok_and(|n| n <= 3_600_000_000),
        "yesno" => matches!(part, "0" | "1"),
        "hyphen" => part.bytes().all(|b| b == b'-'),
        "importeridx" => part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
        "packagetype" => !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()),
        "mediatype" => part.parse::<u8>().is_ok_and(|n| (1..=10).contains(&n) || n >= 80),
        "iso5218" => matches!(part, "0" | "1" | "2" | "9"),
        "posinseqslash" => in_sequence(part),
        "nonzero" => part.bytes().any(|b| b != b'0'),
        "zero" => part.bytes().all(|b| b == b'0'),
        "winding" => matches!(part, "0" | "1" | "9"),
        "pieceoftotal" => piece_of_total(part),
        "iban" => iban(part),
        "nozeroprefix" => part == "0" || !part.starts_with('0'),
        "hasnondigit" => part.bytes().any(|b| !b.is_ascii_digit()),
        "pcenc" => percent_encoded(part),
        "couponcode" | "couponposoffer" => digits_at(part, 0, 1),
        _ => false,
    }
}

/// The check digit that belongs at the end: weights 3, 1, 3 … from the right.
pub fn check_digit(number: &str) -> Option<char> {
    let body = number.get(..number.len().checked_sub(1)?)?;
    let sum = body.bytes().rev().enumerate().try_fold(0u32, |sum, (at, byte)| {
        let digit = u32::from(byte.checked_sub(b'0').filter(|d| *d <= 9)?);
        Some(sum + digit * if at % 2 == 0 { 3 } else { 1 })
    })?;
    char::from_digit((10 - sum % 10) % 10, 10)
}

const CSET82: &[u8] =
    b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const CSET32: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const PRIMES: [u32; 23] =
    [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83];

/// GS1's pair of check characters over numbers with letters.
fn check_pair_fits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(split) = bytes.len().checked_sub(2).filter(|n| (1..=PRIMES.len()).contains(n)) else {
        return false;
    };
    let (body, pair) = bytes.split_at(split);
    let sum = body.iter().rev().zip(PRIMES).try_fold(0u32, |sum, (byte, prime)| {
        let value = CSET82.iter().position(|b| b == byte)? as u32;
        Some(sum + value * prime)
    });
    sum.is_some_and(|sum| {
        let sum = (sum % 1021) as usize;
        pair == [CSET32[sum >> 5], CSET32[sum & 31]]
    })
}

fn digits_at(part: &str, from: usize, count: usize) -> bool {
    part.as_bytes().get(from..from + count).is_some_and(|some| some.iter().all(u8::is_ascii_digit))
}

fn below(part: &str, end: u32) -> bool {
    part.parse::<u32>().is_ok_and(|n| n < end)
}

fn date6(part: &str, least_day: u32) -> bool {
    part.len() == 6 && date(&format!("20{part}"), 4, least_day)
}

fn date(text: &str, year_digits: usize, least_day: u32) -> bool {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let (Some(year), Some(month), Some(day)) = (
        number(0..year_digits),
        number(year_digits..year_digits + 2),
        number(year_digits + 2..year_digits + 4),
    ) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (least_day..=days).contains(&day)
}

/// `2/3`: the second of three.
fn in_sequence(part: &str) -> bool {
    let Some((at, of)) = part.split_once('/') else { return false };
    let number = |text: &str| {
        (text.len() == 1 && !text.starts_with('0')).then(|| text.parse::<u8>().ok()).flatten()
    };
    matches!((number(at), number(of)), (Some(at), Some(of)) if at <= of)
}

/// `0203`: the second of three.
fn piece_of_total(part: &str) -> bool {
    let number = |range: std::ops::Range<usize>| part.get(range)?.parse::<u8>().ok();
    matches!((number(0..2), number(2..4)), (Some(at), Some(of)) if at > 0 && at <= of)
}

fn iban(part: &str) -> bool {
    if part.len() < 10 || !part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        return false;
    }
    let (head, rest) = part.split_at(4);
    let rest_of = rest.chars().chain(head.chars()).try_fold(0u32, |sum, c| {
        let value = c.to_digit(36)?;
        Some((sum * if value > 9 { 100 } else { 10 } + value) % 97)
    });
    rest_of == Some(1)
}

fn percent_encoded(part: &str) -> bool {
    part.split('%').skip(1).all(|after| {
        after.as_bytes().get(..2).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Characters that a value of this type may hold.
pub(super) fn in_set(kind: u8, c: char) -> bool {
    match kind {
        b'N' => c.is_ascii_digit(),
        b'X' => u8::try_from(c).is_ok_and(|b| CSET82.contains(&b)),
        b'Y' => c.is_ascii_uppercase() || c.is_ascii_digit() || "#-/".contains(c),
        b'Z' => c.is_ascii_alphanumeric() || "-_=".contains(c),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_and_pairs_are_those_of_gs1() {
        assert_eq!(check_digit("09521101530001"), Some('1'));
        assert!(keeps("csum", "09521101530001") && !keeps("csum", "09521101530000"));
        assert!(keeps("csumalpha", "1987654Ad4X4bL5ttr2310c2K"));
        assert!(!keeps("csumalpha", "1987654Ad4X4bL5ttr2310c2J"));
    }

    #[test]
    fn dates_know_their_months_and_day_nought_only_where_allowed() {
        assert!(keeps("yymmd0", "280200") && keeps("yymmd0", "280229"));
        assert!(!keeps("yymmd0", "270229") && !keeps("yymmd0", "271300"));
        assert!(!keeps("yymmdd", "280200"));
    }

    #[test]
    fn small_rules_take_their_edges() {
        assert!(keeps("pieceoftotal", "0102") && !keeps("pieceoftotal", "0302"));
        assert!(keeps("posinseqslash", "1/2") && !keeps("posinseqslash", "3/2"));
        assert!(
            keeps("iban", "GB82WEST12345698765432") && !keeps("iban", "GB83WEST12345698765432")
        );
        assert!(keeps("pcenc", "a%20b") && !keeps("pcenc", "a%2"));
        assert!(!keeps("a rule of next year", "1"));
    }
}
