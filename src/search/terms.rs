//! What was typed -> the words looked for, each with everything that may stand for it.
use super::{
    build::SearchIndex,
    highlight::stands_alone,
    pinyin::Candidate,
    tokens::{fold, is_han},
};

/// What is typed beyond this is not looked at.
const LONGEST_TYPED: usize = 200;
const MOST_TERMS: usize = 10;
const MOST_VARIANTS: usize = 16;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variant {
    pub word: String,
    pub weight: f32,
}

/// One word typed: any of its variants answers it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    /// Surest first, never empty.
    pub variants: Vec<Variant>,
    /// A passage without it is only a partial answer.
    pub needed: bool,
}

impl Term {
    fn new(mut variants: Vec<Variant>, needed: bool) -> Option<Self> {
        variants.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let mut kept: Vec<Variant> = vec![];
        for variant in variants {
            if kept.len() < MOST_VARIANTS && !kept.iter().any(|k| k.word == variant.word) {
                kept.push(variant);
            }
        }
        (!kept.is_empty()).then_some(Self { variants: kept, needed })
    }

    pub fn answered_by(&self, folded: &str) -> bool {
        self.variants.iter().any(|v| contains(folded, &v.word))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Han,
    Latin,
    Other,
}

fn script(c: char) -> Script {
    if is_han(c) {
        Script::Han
    } else if c.is_ascii_alphanumeric() || c == '.' {
        Script::Latin
    } else {
        Script::Other
    }
}

impl SearchIndex {
    pub(super) fn terms(&self, typed: &str) -> Vec<Term> {
        let short: String = typed.chars().take(LONGEST_TYPED).collect();
        let folded = fold(&short);
        let mut found = vec![];
        for chunk in chunks(&folded) {
            if found.len() >= MOST_TERMS {
                break;
            }
            self.of_chunk(chunk, &mut found);
        }
        if found.is_empty() {
            // Nothing but words that say nothing: take them as they stand.
            found
                .extend(chunks(&folded).into_iter().filter_map(|c| Term::new(vec![sure(c)], true)));
        }
        found.truncate(MOST_TERMS);
        if !found.iter().any(|t| t.needed) {
            for term in &mut found {
                term.needed = true;
            }
        }
        found
    }

    /// The same question asked more loosely: compounds as the words they are made of.
    pub(super) fn loosened(&self, terms: &[Term]) -> Vec<Term> {
        let mut loose = vec![];
        for term in terms {
            let word = &term.variants[0].word;
            let pieces =
                if word.chars().count() > 3 { self.dictionary.pieces(word) } else { vec![] };
            for piece in pieces.into_iter().filter(|p| !self.thesaurus.is_stop(p)) {
                loose.extend(Term::new(self.with_meanings(&[sure(piece)]), term.needed));
            }
        }
        loose.truncate(MOST_TERMS);
        loose
    }

    pub(super) fn occurs(&self, word: &str) -> bool {
        self.passages.iter().any(|p| contains(&p.folded, word))
    }

    fn of_chunk(&self, chunk: &str, found: &mut Vec<Term>) {
        if chunk.chars().all(is_han) {
            self.of_han(chunk, found);
            return;
        }
        if !chunk.chars().any(is_han) {
            self.of_latin(chunk, found);
            return;
        }
        if self.thesaurus.is_name(chunk) || self.occurs(chunk) {
            found.extend(Term::new(self.with_meanings(&[sure(chunk)]), true));
            return;
        }
        let mixed = self.speller.mixed(chunk);
        if !mixed.is_empty() {
            found.extend(Term::new(self.with_meanings(&variants(mixed)), true));
            return;
        }
        for run in runs(chunk) {
            if run.chars().all(is_han) {
                self.of_han(run, found);
            } else {
                self.of_latin(run, found);
            }
        }
    }

    fn of_latin(&self, run: &str, found: &mut Vec<Term>) {
        let number = run.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        if number > 0 && number < run.len() && run.is_ascii() {
            // `0.5g` is printed with and without a gap.
            found.extend(Term::new(vec![sure(&run[..number])], true));
            self.of_latin(&run[number..], found);
            return;
        }
        if run.len() == 1 && number == 0 {
            found.extend(Term::new(vec![sure(run)], false));
            return;
        }
        let mut own = vec![];
        if self.occurs(run) || self.thesaurus.is_name(run) {
            own = self.with_meanings(&[sure(run)]);
        }
        let mut read = vec![];
        if run.bytes().all(|b| b.is_ascii_lowercase()) {
            read = self.speller.read(run);
        }
        match (own.is_empty(), read.len()) {
            (true, 0) => found.extend(Term::new(vec![sure(run)], true)),
            (true, _) => {
                for candidates in read {
                    found.extend(Term::new(self.with_meanings(&variants(candidates)), true));
                }
            }
            (false, _) => {
                // A Latin word of the base is meant first; its letters may still be initials.
                if read.len() == 1 && run.len() <= 4 {
                    own.extend(
                        read.remove(0)
                            .into_iter()
                            .map(|c| Variant { word: c.word, weight: c.weight * 0.25 }),
                    );
                }
                found.extend(Term::new(own, true));
            }
        }
    }

    /// Names first, longest first; what is left between them is cut by the dictionary.
    fn of_han(&self, run: &str, found: &mut Vec<Term>) {
        let chars: Vec<char> = run.chars().collect();
        let mut at = 0;
        let mut left = String::new();
        while at < chars.len() {
            let Some(length) = self.thesaurus.longest_at(&chars[at..]) else {
                left.push(chars[at]);
                at += 1;
                continue;
            };
            let word: String = chars[at..at + length].iter().collect();
            at += length;
            self.of_rest(&left, found);
            left.clear();
            if !self.thesaurus.is_stop(&word) {
                found.extend(Term::new(self.with_meanings(&[sure(&word)]), true));
            }
        }
        self.of_rest(&left, found);
    }

    fn of_rest(&self, rest: &str, found: &mut Vec<Term>) {
        if rest.is_empty() {
            return;
        }
        let whole = rest.chars().count();
        if whole > 1 && !self.occurs(rest) {
            let heard = self.speller.homophones(rest);
            if !heard.is_empty() {
                found.extend(Term::new(self.with_meanings(&variants(heard)), true));
                return;
            }
        }
        let mut single = String::new();
        for word in self.dictionary.cut(rest).into_iter().chain([""]) {
            if word.chars().count() == 1 && !self.thesaurus.is_stop(word) {
                single.push_str(word);
                continue;
            }
            self.of_singles(&single, found);
            single.clear();
            if word.is_empty() || self.thesaurus.is_stop(word) {
                continue;
            }
            let mut own = self.with_meanings(&[sure(word)]);
            if !self.occurs(word) {
                own.extend(variants(self.speller.homophones(word)));
            }
            found.extend(Term::new(own, true));
        }
    }

    /// Characters that the dictionary leaves alone: one is a hint, several are a word it does not know.
    fn of_singles(&self, singles: &str, found: &mut Vec<Term>) {
        let count = singles.chars().count();
        if count == 0 {
            return;
        }
        if count == 1 || self.occurs(singles) {
            found.extend(Term::new(vec![sure(singles)], count > 1));
            return;
        }
        let heard = self.speller.homophones(singles);
        // A word that nobody knows stays whole: its characters one by one would find anything.
        let own = if heard.is_empty() { vec![sure(singles)] } else { variants(heard) };
        found.extend(Term::new(self.with_meanings(&own), true));
    }

    /// Adds what the surest of the words may also be called.
    fn with_meanings(&self, own: &[Variant]) -> Vec<Variant> {
        let mut all = own.to_vec();
        for variant in own.iter().take(5) {
            for meaning in self.thesaurus.meanings(&variant.word) {
                all.push(Variant { word: meaning.word, weight: variant.weight * meaning.weight });
            }
        }
        all
    }
}

/// Whether a word stands in a folded text; Latin words and numbers whole.
pub(super) fn contains(folded: &str, word: &str) -> bool {
    if !word.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !word.ends_with(|c: char| c.is_ascii_alphanumeric())
    {
        return folded.contains(word);
    }
    folded.match_indices(word).any(|(from, _)| stands_alone(folded, from, from + word.len()))
}

fn sure(word: &str) -> Variant {
    Variant { word: word.to_owned(), weight: 1.0 }
}

fn variants(candidates: Vec<Candidate>) -> Vec<Variant> {
    candidates.into_iter().map(|c| Variant { word: c.word, weight: c.weight }).collect()
}

/// What stands between blanks and marks; a point between digits holds them together.
fn chunks(folded: &str) -> Vec<&str> {
    let mut chunks = vec![];
    let mut from = None;
    let bytes = folded.as_bytes();
    for (at, c) in folded.char_indices() {
        let point = c == '.'
            && at > 0
            && bytes[at - 1].is_ascii_digit()
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if c.is_alphanumeric() || point {
            from.get_or_insert(at);
        } else if let Some(start) = from.take() {
            chunks.push(&folded[start..at]);
        }
    }
    if let Some(start) = from {
        chunks.push(&folded[start..]);
    }
    chunks
}

fn runs(chunk: &str) -> Vec<&str> {
    let mut runs = vec![];
    let mut start = 0;
    let mut last = None;
    for (at, c) in chunk.char_indices() {
        let this = script(c);
        if last.is_some_and(|l| l != this) {
            runs.push(&chunk[start..at]);
            start = at;
        }
        last = Some(this);
    }
    runs.push(&chunk[start..]);
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_blanks_part_what_was_typed_but_not_decimals() {
        assert_eq!(
            chunks(&fold("高血压，转诊 0.5g\u{3000}(140/90)")),
            ["高血压", "转诊", "0.5g", "140", "90"]
        );
        assert!(chunks("  ，。\u{7}").is_empty());
    }

    #[test]
    fn scripts_side_by_side_are_parted() {
        assert_eq!(runs("gxy转诊2次"), ["gxy", "转诊", "2", "次"]);
    }

    #[test]
    fn latin_words_count_only_when_they_stand_alone() {
        assert!(contains("查ct和mri", "ct") && !contains("act", "ct") && contains("act", "act"));
        assert!(contains("高血压", "血压"));
    }
}
