//! Where the words looked for stand in a paragraph, as ranges of characters.
use std::ops::Range;

use super::tokens::fold;

/// Ranges of characters of `text` that are one of the folded `words`; overlapping and touching ones become one.
pub(super) fn highlights(text: &str, words: &[&str]) -> Vec<Range<usize>> {
    let folded = fold(text);
    // Place of the character that begins at a byte; only asked at beginnings and ends of matches.
    let mut place = vec![0; folded.len() + 1];
    for (count, (byte, c)) in folded.char_indices().enumerate() {
        place[byte] = count;
        place[byte + c.len_utf8()] = count + 1;
    }
    let mut ranges: Vec<Range<usize>> = vec![];
    for word in words.iter().filter(|w| !w.is_empty()) {
        for (from, _) in folded.match_indices(word) {
            let to = from + word.len();
            if stands_alone(&folded, from, to) {
                ranges.push(place[from]..place[to]);
            }
        }
    }
    joined(ranges)
}

/// A Latin word inside a longer one, or a number inside a longer one, is not meant (`ct` in `act`, `5` in `150` and `0.5`).
pub(super) fn stands_alone(folded: &str, from: usize, to: usize) -> bool {
    let inside = &folded.as_bytes()[from..to];
    let before = &folded.as_bytes()[..from];
    let after = &folded.as_bytes()[to..];
    let goes_on = |edge: Option<&u8>, next: Option<&u8>, beyond: Option<&u8>| {
        let (Some(edge), Some(next)) = (edge, next) else { return false };
        (edge.is_ascii_alphabetic() && next.is_ascii_alphabetic())
            || (edge.is_ascii_digit() && next.is_ascii_digit())
            || (edge.is_ascii_digit() && *next == b'.' && beyond.is_some_and(u8::is_ascii_digit))
    };
    let (len, end) = (before.len(), inside.len());
    !goes_on(inside.first(), before.last(), len.checked_sub(2).and_then(|place| before.get(place)))
        && !goes_on(
            end.checked_sub(1).and_then(|place| inside.get(place)),
            after.first(),
            after.get(1),
        )
}

fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|r| (r.start, r.end));
    let mut joined: Vec<Range<usize>> = vec![];
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, words: &[&str], want: &[&str]) {
        let chars: Vec<char> = text.chars().collect();
        let marked: Vec<String> =
            highlights(text, words).into_iter().map(|r| chars[r].iter().collect()).collect();
        assert_eq!(marked, want, "{text}");
    }

    #[test]
    fn each_place_is_marked_and_neighbours_become_one() {
        check("高血压患者血压高时转诊", &["高血压", "血压", "转诊"], &["高血压", "血压", "转诊"]);
        check("头疼头痛", &["头痛"], &["头疼头痛"]);
    }

    #[test]
    fn full_width_and_capitals_are_marked_as_printed() {
        check("查ＣＴ或 MRI", &["ct", "mri"], &["ＣＴ", "MRI"]);
    }

    #[test]
    fn numbers_and_latin_words_are_marked_whole_or_not_at_all() {
        check("150 mg 或 5mg、0.5 mg、5.2。", &["5"], &["5"]);
        check("0.5g", &["0.5", "g"], &["0.5g"]);
        check("act", &["ct"], &[]);
    }

    #[test]
    fn nothing_is_marked_for_nothing() {
        check("高血压", &[], &[]);
        check("", &["高血压", ""], &[]);
    }
}
