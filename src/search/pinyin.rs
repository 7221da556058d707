//! The words of the base by their sound: full spelling, initials, sloppy sounds, slips of the finger.
use super::tokens::is_han;
use crate::domain::spelling::{may_begin_with, spellings};

/// A word meant, and how sure that is (1 = spelled out in full).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub word: String,
    pub weight: f32,
}

const MOST_CANDIDATES: usize = 10;
const LONGEST_LETTERS: usize = 60;
const LONGEST_PIECE: usize = 30;

/// Spelling -> place of the word, sorted by spelling.
type Table = Vec<(String, u32)>;

#[derive(Debug, Default)]
pub(super) struct Speller {
    /// Word and how often it stands in the base.
    words: Vec<(String, f32)>,
    full: Table,
    /// Letters used by each spelling of `full`, and its length: most slips are ruled out by these.
    outlines: Vec<(u32, usize)>,
    initials: Table,
    sounds: Table,
}

impl Speller {
    /// Words with how often each is met; letters and digits stand for themselves.
    pub fn new(words: Vec<(String, f32)>) -> Self {
        let mut speller = Self::default();
        for (ix, (word, _)) in words.iter().enumerate() {
            let ix = ix as u32;
            let sounds = spellings(word);
            for full in sounds.full {
                speller.sounds.push((sound(&full), ix));
                speller.full.push((full, ix));
            }
            if word.chars().all(is_han) {
                speller.initials.extend(sounds.initials.into_iter().map(|s| (s, ix)));
            }
        }
        for table in [&mut speller.full, &mut speller.initials, &mut speller.sounds] {
            table.sort_unstable();
            table.dedup();
        }
        speller.outlines =
            speller.full.iter().map(|(s, _)| (letter_set(s.as_bytes()), s.len())).collect();
        speller.words = words;
        speller
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// What letters may mean: one list of candidates for each word in them; empty when they mean nothing.
    pub fn read(&self, letters: &str) -> Vec<Vec<Candidate>> {
        if letters.len() < 2 || letters.len() > LONGEST_LETTERS {
            return vec![];
        }
        let mut exact = self.best(within(&self.full, letters), 1.0);
        exact.extend(self.best(within(&self.initials, letters), 0.75));
        if !exact.is_empty() {
            return vec![exact];
        }
        let sloppy = self.best(within(&self.sounds, &sound(letters)), 0.8);
        if !sloppy.is_empty() {
            return vec![sloppy];
        }
        let split = self.split(letters);
        if !split.is_empty() {
            return split;
        }
        let begun = self.best(beginning(&self.full, letters), 0.6);
        if letters.len() >= 3 && !begun.is_empty() {
            return vec![begun];
        }
        let abridged = self.mixed(letters);
        if !abridged.is_empty() {
            return vec![abridged];
        }
        let slips = self.slips(letters);
        if slips.is_empty() { vec![] } else { vec![slips] }
    }

    /// Words written with some characters and some letters: `gao血压`, `高xy`.
    pub fn mixed(&self, typed: &str) -> Vec<Candidate> {
        let typed: Vec<char> = typed.chars().take(LONGEST_LETTERS).collect();
        let Some(first) = typed.first() else { return vec![] };
        if typed.len() < 3 && !typed.iter().any(|c| is_han(*c)) {
            return vec![];
        }
        let places: Vec<u32> = if is_han(*first) {
            (0..self.words.len() as u32)
                .filter(|ix| self.words[*ix as usize].0.starts_with(*first))
                .collect()
        } else {
            beginning(&self.full, &first.to_string()).iter().map(|(_, ix)| *ix).collect()
        };
        let fitting = places.into_iter().filter(|ix| {
            let word: Vec<char> = self.words[*ix as usize].0.chars().collect();
            word.len() <= typed.len() && fits(&word, &typed)
        });
        self.ranked(fitting.collect(), 0.7)
    }

    /// Words that sound like the characters typed, or differ by one of them.
    pub fn homophones(&self, typed: &str) -> Vec<Candidate> {
        let length = typed.chars().count();
        if !(2..=12).contains(&length) {
            return vec![];
        }
        let same_length = |ix: &u32| self.words[*ix as usize].0.chars().count() == length;
        let spelled = spellings(typed);
        for (table, fold, weight) in [(&self.full, false, 0.75_f32), (&self.sounds, true, 0.65)] {
            let places: Vec<u32> = spelled
                .full
                .iter()
                .flat_map(|s| within(table, &if fold { sound(s) } else { s.clone() }).to_vec())
                .map(|(_, ix)| ix)
                .filter(same_length)
                .collect();
            if !places.is_empty() {
                return self.ranked(places, weight);
            }
        }
        if length < 3 {
            return vec![];
        }
        let near = (0..self.words.len() as u32).filter(|ix| {
            let word = &self.words[*ix as usize].0;
            word.len() == typed.len()
                && word.chars().zip(typed.chars()).filter(|(a, b)| a != b).count() == 1
        });
        self.ranked(near.collect(), 0.55)
    }

    fn best(&self, found: &[(String, u32)], weight: f32) -> Vec<Candidate> {
        self.ranked(found.iter().map(|(_, ix)| *ix).collect(), weight)
    }

    /// The words most met first; the rare ones weigh less.
    fn ranked(&self, mut places: Vec<u32>, weight: f32) -> Vec<Candidate> {
        places.sort_unstable();
        places.dedup();
        places.sort_by(|a, b| self.met(*b).total_cmp(&self.met(*a)));
        places.truncate(MOST_CANDIDATES);
        let most = places.first().map_or(1.0, |ix| self.met(*ix)).max(0.1);
        places
            .into_iter()
            .map(|ix| Candidate {
                word: self.words[ix as usize].0.clone(),
                weight: weight * (0.4 + 0.6 * self.met(ix) / most),
            })
            .collect()
    }

    fn met(&self, ix: u32) -> f32 {
        self.words[ix as usize].1
    }

    /// `gaoxueyazhuanzhen` -> 高血压 + 转诊, with as few words as will do.
    fn split(&self, letters: &str) -> Vec<Vec<Candidate>> {
        if !letters.is_ascii() || letters.len() < 4 {
            return vec![];
        }
        // For each end: cheapest way there, where its last piece begins, whether that piece is initials.
        let mut ways: Vec<Option<(f32, usize, bool)>> = vec![None; letters.len() + 1];
        ways[0] = Some((0.0, 0, false));
        for end in 2..=letters.len() {
            for start in end.saturating_sub(LONGEST_PIECE)..end - 1 {
                let Some((so_far, ..)) = ways[start] else { continue };
                let piece = &letters[start..end];
                let spelled = (piece.len() > 2).then(|| self.most_met(&self.full, piece)).flatten();
                let short =
                    (piece.len() <= 6).then(|| self.most_met(&self.initials, piece)).flatten();
                for (met, price, initials) in [(spelled, 1.0, false), (short, 2.0, true)] {
                    let Some(met) = met else { continue };
                    let cost = so_far + price + 1.0 / (1.0 + met);
                    if ways[end].is_none_or(|(best, ..)| cost < best) {
                        ways[end] = Some((cost, start, initials));
                    }
                }
            }
        }
        let mut pieces = vec![];
        let mut end = letters.len();
        while end > 0 {
            let Some((_, start, initials)) = ways[end] else { return vec![] };
            let (table, weight) = if initials { (&self.initials, 0.7) } else { (&self.full, 0.95) };
            pieces.push(self.best(within(table, &letters[start..end]), weight));
            end = start;
        }
        pieces.reverse();
        pieces
    }

    fn most_met(&self, table: &Table, piece: &str) -> Option<f32> {
        within(table, piece).iter().map(|(_, ix)| self.met(*ix)).reduce(f32::max)
    }

    /// One finger wrong in four letters and more, two in eight and more.
    fn slips(&self, letters: &str) -> Vec<Candidate> {
        let most = match letters.len() {
            0..=3 => return vec![],
            4..=7 => 1,
            _ => 2,
        };
        let typed = letters.as_bytes();
        let wanted = letter_set(typed);
        let mut nearest = most;
        let mut places = vec![];
        for ((spelling, ix), (letters, length)) in self.full.iter().zip(&self.outlines) {
            let apart = (letters ^ wanted).count_ones() as usize;
            if length.abs_diff(typed.len()) > nearest || apart > 2 * nearest {
                continue;
            }
            let bytes = spelling.as_bytes();
            let Some(distance) = slip_distance(bytes, typed, nearest) else { continue };
            if distance < nearest {
                nearest = distance;
                places.clear();
            }
            places.push(*ix);
        }
        self.ranked(places, if nearest == 1 { 0.6 } else { 0.45 })
    }
}

fn within<'a>(table: &'a Table, key: &str) -> &'a [(String, u32)] {
    let from = table.partition_point(|(s, _)| s.as_str() < key);
    let many = table[from..].partition_point(|(s, _)| s == key);
    &table[from..from + many]
}

fn beginning<'a>(table: &'a Table, key: &str) -> &'a [(String, u32)] {
    let from = table.partition_point(|(s, _)| s.as_str() < key);
    let many = table[from..].partition_point(|(s, _)| s.starts_with(key));
    &table[from..from + many]
}

/// The spelling as a southern ear hears it: no tongue curled, no nose at the end, l is n.
fn sound(full: &str) -> String {
    let mut heard = String::with_capacity(full.len());
    let mut letters = full.chars().peekable();
    while let Some(c) = letters.next() {
        let next = letters.peek().copied();
        match (c, next) {
            ('z' | 'c' | 's', Some('h')) | ('n', Some('g')) => {
                letters.next();
                heard.push(c);
            }
            ('l', _) => heard.push('n'),
            ('v', _) => heard.push('u'),
            _ => heard.push(c),
        }
    }
    heard
}

/// Whether a word can be read off what was typed, character by character, each as itself or as the beginning of its sound.
fn fits(word: &[char], typed: &[char]) -> bool {
    let (Some((first, rest)), false) = (word.split_first(), typed.is_empty()) else {
        return word.is_empty() && typed.is_empty();
    };
    if *first == typed[0] && fits(rest, &typed[1..]) {
        return true;
    }
    let mut spelling = String::new();
    for (n, c) in typed.iter().take(6).enumerate() {
        if !c.is_ascii_lowercase() {
            break;
        }
        spelling.push(*c);
        if !may_begin_with(*first, &spelling) {
            break;
        }
        if fits(rest, &typed[n + 1..]) {
            return true;
        }
    }
    false
}

fn letter_set(letters: &[u8]) -> u32 {
    letters.iter().fold(0, |set, b| set | 1 << (b.wrapping_sub(b'a') & 31))
}

/// Letters added, left out, changed or swapped; `None` beyond `most`.
fn slip_distance(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    let mut before: Vec<usize> = vec![];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        if row.iter().min().is_some_and(|least| *least > most) {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speller() -> Speller {
        let words =
            ["高血压", "转诊", "症状", "阿莫西林", "糖尿病", "重症", "血糖", "高血糖", "胶囊"];
        Speller::new(words.iter().map(|w| ((*w).to_owned(), 3.0)).collect())
    }

    #[track_caller]
    fn check(typed: &str, want: &[&str]) {
        let read = speller().read(typed);
        assert_eq!(read.len(), want.len(), "{typed}: {read:?}");
        for (group, word) in read.iter().zip(want) {
            assert!(group.iter().any(|c| c.word == *word), "{typed}: no {word} in {read:?}");
        }
    }

    #[test]
    fn words_are_read_from_full_spelling_and_initials() {
        check("gaoxueya", &["高血压"]);
        check("gxy", &["高血压"]);
        check("zz", &["转诊"]);
    }

    #[test]
    fn a_character_of_two_readings_is_found_by_both() {
        check("zhongzheng", &["重症"]);
        check("chongzheng", &["重症"]);
    }

    #[test]
    fn words_typed_without_a_gap_are_split() {
        check("gaoxueyazhuanzhen", &["高血压", "转诊"]);
        check("gxyzhuanzhen", &["高血压", "转诊"]);
        check("amxljn", &["阿莫西林", "胶囊"]);
    }

    #[test]
    fn sloppy_sounds_and_slips_still_find_the_word() {
        check("tannaobin", ["糖尿病"].map(|_| "糖尿病")[..0].as_ref());
        check("tanniaobin", &["糖尿病"]);
        check("gaoxeuya", &["高血压"]);
        check("amoxilin", &["阿莫西林"]);
        check("amoxiling", &["阿莫西林"]);
    }

    #[test]
    fn a_word_in_progress_is_found_by_its_beginning() {
        check("gaoxuey", &["高血压"]);
        check("gaoxy", &["高血压"]);
    }

    #[test]
    fn characters_and_letters_may_be_mixed() {
        for typed in ["gao血压", "高xueya", "高xy", "高血y"] {
            let found = speller().mixed(typed);
            assert!(found.iter().any(|c| c.word == "高血压"), "{typed}: {found:?}");
        }
    }

    #[test]
    fn a_wrong_character_of_the_same_sound_is_put_right() {
        assert_eq!(speller().homophones("阿莫西灵")[0].word, "阿莫西林");
        assert_eq!(speller().homophones("阿魔西林")[0].word, "阿莫西林");
        assert_eq!(speller().homophones("阿莫四林")[0].word, "阿莫西林");
        assert!(speller().homophones("天气真好").is_empty());
    }

    #[test]
    fn letters_that_mean_nothing_mean_nothing() {
        check("qqqqwwww", &[]);
        check("a", &[]);
        check(&"a".repeat(500), &[]);
    }

    #[test]
    fn slips_are_counted_as_fingers_make_them() {
        for (a, b, want) in [("abcd", "abdc", 1), ("abcd", "abd", 1), ("abcd", "abxcd", 1)] {
            assert_eq!(slip_distance(a.as_bytes(), b.as_bytes(), 2), Some(want), "{a} {b}");
        }
        assert_eq!(slip_distance(b"abcd", b"wxyz", 2), None);
    }
}
