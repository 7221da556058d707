//! Numbers as they are spoken: 六十, 一百二, 三十八点五.
use super::text::NoteText;

const LONGEST: usize = 8;

/// A spoken number of at least ten, and where it ends. Smaller ones (一, 两) belong to words more often than to values.
pub(super) fn numeral_at(note: &NoteText, at: usize) -> Option<(f64, usize)> {
    let mut end = at;
    while end - at < LONGEST
        && note
            .chars
            .get(end)
            .is_some_and(|c| digit(*c).is_some() || matches!(c, '十' | '百' | '点'))
    {
        end += 1;
    }
    let value = value(note.chars.get(at..end)?)?;
    (value >= 10.0).then_some((value, end))
}

fn digit(c: char) -> Option<u32> {
    if c == '两' {
        return Some(2);
    }
    "零一二三四五六七八九".chars().position(|d| d == c).map(|d| d as u32)
}

fn value(chars: &[char]) -> Option<f64> {
    let point = chars.iter().position(|c| *c == '点').unwrap_or(chars.len());
    let mut rest = &chars[..point];
    let mut whole = 0;
    if let Some(hundred) = rest.iter().position(|c| *c == '百') {
        let [count] = rest[..hundred] else { return None };
        whole += digit(count)? * 100;
        rest = &rest[hundred + 1..];
        // 一百二 is 120, 一百零二 is 102.
        if let [tens] = rest
            && *tens != '十'
        {
            return (point == chars.len()).then_some(f64::from(whole + digit(*tens)? * 10));
        }
    }
    if let Some(ten) = rest.iter().position(|c| *c == '十') {
        whole += match rest[..ten] {
            [] => 10,
            [count] => digit(count)? * 10,
            _ => return None,
        };
        rest = &rest[ten + 1..];
    }
    whole += match rest {
        [] => 0,
        ['零', one] | [one] => digit(*one)?,
        _ => return None,
    };
    let tenths = match &chars[point..] {
        [] => 0,
        [_, tenth] => digit(*tenth)?,
        _ => return None,
    };
    Some(f64::from(whole) + f64::from(tenths) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spoken_numbers_are_read_as_they_are_meant() {
        for (said, want) in [
            ("六十次", Some((60.0, 2))),
            ("一百二", Some((120.0, 3))),
            ("一百零二次", Some((102.0, 4))),
            ("一百二十五", Some((125.0, 5))),
            ("三十八点五度", Some((38.5, 5))),
            ("十八", Some((18.0, 2))),
            ("两百", Some((200.0, 2))),
            ("三天", None),
            ("百", None),
            ("一二三", None),
            ("十点点", None),
        ] {
            assert_eq!(numeral_at(&NoteText::new(said, 100), 0), want, "{said}");
        }
    }
}
