//! Text -> tokens of the index: jieba words with the dictionary words inside them, and letters with their neighbours.
use std::{collections::HashSet, sync::Arc};

use jieba_rs::Jieba;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::domain::note::normal_char;

/// Frequency given to names that the dictionary lacks: high enough to be kept whole.
const NAME_FREQUENCY: usize = 300;

/// Longer names are phrases and are found letter by letter.
const LONGEST_NAME: usize = 10;

/// Each character as compared, one for one; what never counts becomes a blank.
pub(super) fn fold(text: &str) -> String {
    text.chars().map(|c| normal_char(c).filter(|c| !c.is_whitespace()).unwrap_or(' ')).collect()
}

pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

fn is_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// The dictionary: jieba's own and the names of the base.
#[derive(Clone)]
pub(super) struct Dictionary(Arc<Jieba>);

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dictionary")
    }
}

impl Dictionary {
    /// Loads jieba (about 0.1 s) and adds folded names.
    pub fn with_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut jieba = Jieba::new();
        let mut seen = HashSet::new();
        for name in names {
            let length = name.chars().count();
            if (2..=LONGEST_NAME).contains(&length)
                && name.chars().all(is_han)
                && seen.insert(name)
                && !jieba.has_word(name)
            {
                jieba.add_word(name, Some(NAME_FREQUENCY), None);
            }
        }
        Self(Arc::new(jieba))
    }

    /// Words side by side, without punctuation.
    pub fn cut<'a>(&self, folded: &'a str) -> Vec<&'a str> {
        self.0.cut(folded, false).into_iter().map(|t| t.word).filter(|w| is_word(w)).collect()
    }

    /// The dictionary words that a compound is made of: 狂犬病疫苗 -> 狂犬病, 疫苗. Empty when it is of one piece.
    pub fn pieces<'a>(&self, word: &'a str) -> Vec<&'a str> {
        let inner = self.0.cut_all(word);
        let mut pieces = vec![];
        let mut at = 0;
        while at < word.len() {
            let longest = inner
                .iter()
                .filter(|t| t.byte_start == at && t.word != word && t.end - t.start > 1)
                .max_by_key(|t| t.end - t.start);
            match longest {
                Some(token) => {
                    pieces.push(token.word);
                    at = token.byte_end;
                }
                None => at += word[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        if pieces.len() > 1 { pieces } else { vec![] }
    }
}

#[derive(Clone, Debug)]
enum Mode {
    Words(Dictionary),
    Letters,
}

/// Cuts folded text for one kind of field.
#[derive(Clone, Debug)]
pub(super) struct Cutter(Mode);

impl Cutter {
    pub const fn words(dictionary: Dictionary) -> Self {
        Self(Mode::Words(dictionary))
    }

    pub const fn letters() -> Self {
        Self(Mode::Letters)
    }
}

pub(super) struct Tokens {
    tokens: Vec<Token>,
    next: usize,
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        self.next += 1;
        self.next <= self.tokens.len()
    }

    fn token(&self) -> &Token {
        &self.tokens[self.next - 1]
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokens[self.next - 1]
    }
}

impl Tokenizer for Cutter {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let mut tokens = match &self.0 {
            Mode::Words(dictionary) => words(dictionary, text),
            Mode::Letters => letters(text),
        };
        // Words inside words come out of order, which tantivy does not forgive.
        tokens.sort_by_key(|t| (t.offset_from, t.offset_to));
        Tokens { tokens, next: 0 }
    }
}

fn token(text: &str, position: usize, from: usize, to: usize) -> Token {
    Token { offset_from: from, offset_to: to, position, text: text.to_owned(), position_length: 1 }
}

fn words(dictionary: &Dictionary, text: &str) -> Vec<Token> {
    let mut tokens = vec![];
    for word in dictionary.0.cut(text, false).into_iter().filter(|t| is_word(t.word)) {
        tokens.push(token(word.word, word.start, word.byte_start, word.byte_end));
        if word.end - word.start < 3 {
            continue;
        }
        for inner in dictionary.0.cut_all(word.word) {
            if inner.end - inner.start > 1 && inner.word != word.word {
                tokens.push(token(
                    inner.word,
                    word.start + inner.start,
                    word.byte_start + inner.byte_start,
                    word.byte_start + inner.byte_end,
                ));
            }
        }
    }
    tokens
}

/// What the letter fields hold; the point keeps decimals together.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '.'
}

/// Every letter, and every letter with the next one.
fn letters(text: &str) -> Vec<Token> {
    let mut tokens = vec![];
    let mut chars = text.char_indices().enumerate().peekable();
    while let Some((position, (from, c))) = chars.next() {
        if !is_letter(c) {
            continue;
        }
        let to = from + c.len_utf8();
        tokens.push(token(&text[from..to], position, from, to));
        if let Some((_, (_, next))) = chars.peek().filter(|(_, (_, n))| is_letter(*n)) {
            let end = to + next.len_utf8();
            tokens.push(token(&text[from..end], position, from, end));
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(mut cutter: Cutter, text: &str) -> Vec<(String, usize, usize)> {
        let mut stream = cutter.token_stream(text);
        let mut found = vec![];
        while stream.advance() {
            let t = stream.token();
            found.push((t.text.clone(), t.offset_from, t.offset_to));
        }
        found
    }

    #[test]
    fn folding_keeps_the_number_of_characters() {
        for text in ["头疼ＡＢ\u{7}\n\u{3000}İ𠮷ß", "", "½㎎①"] {
            assert_eq!(fold(text).chars().count(), text.chars().count(), "{text}");
        }
        assert_eq!(fold("头疼ＡＢ"), "头痛ab");
    }

    #[test]
    fn words_inside_words_are_found_and_stand_in_order() {
        let dictionary = Dictionary::with_names(["急性心肌梗死"]);
        let text = "怀疑急性心肌梗死，立即转诊。";
        let found = texts(Cutter::words(dictionary), text);
        let names: Vec<&str> = found.iter().map(|t| t.0.as_str()).collect();
        assert!(names.contains(&"急性心肌梗死") && names.contains(&"心肌梗死"), "{names:?}");
        assert!(found.windows(2).all(|w| (w[0].1, w[0].2) <= (w[1].1, w[1].2)), "{found:?}");
        assert!(found.iter().all(|(word, from, to)| &text[*from..*to] == word));
    }

    #[test]
    fn letters_come_alone_and_in_pairs_but_not_across_a_stop() {
        let names: Vec<String> =
            texts(Cutter::letters(), "转诊。急").into_iter().map(|t| t.0).collect();
        assert_eq!(names, ["转", "转诊", "诊", "急"]);
    }

    #[test]
    fn a_compound_falls_into_the_words_it_is_made_of() {
        let dictionary = Dictionary::with_names(["狂犬病疫苗", "狂犬病"]);
        assert_eq!(dictionary.pieces("狂犬病疫苗"), ["狂犬病", "疫苗"]);
        assert!(dictionary.pieces("疫苗").is_empty());
    }
}
