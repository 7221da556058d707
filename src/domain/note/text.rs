//! A note as typed and as compared, with the way back from one to the other.
use crate::domain::age::half_width;

/// Heading that a sentence stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Section {
    Complaint,
    #[default]
    History,
    Past,
    Personal,
    Family,
    Menstrual,
    Examination,
    Tests,
    Treatment,
}

const HEADINGS: &[(&str, Section)] = &[
    ("主诉", Section::Complaint),
    ("现病史", Section::History),
    ("既往史", Section::Past),
    ("既往病史", Section::Past),
    ("过去史", Section::Past),
    ("过敏史", Section::Past),
    ("用药史", Section::Past),
    ("手术史", Section::Past),
    ("个人史", Section::Personal),
    ("社会史", Section::Personal),
    ("接触史", Section::Personal),
    ("流行病学史", Section::Personal),
    ("家族史", Section::Family),
    ("月经史", Section::Menstrual),
    ("婚育史", Section::Menstrual),
    ("月经婚育史", Section::Menstrual),
    ("孕产史", Section::Menstrual),
    ("生育史", Section::Menstrual),
    ("体格检查", Section::Examination),
    ("体检", Section::Examination),
    ("查体", Section::Examination),
    ("专科检查", Section::Examination),
    ("辅助检查", Section::Tests),
    ("化验", Section::Tests),
    ("检查", Section::Tests),
    ("实验室检查", Section::Tests),
    ("处理", Section::Treatment),
    ("诊断", Section::Treatment),
    ("初步诊断", Section::Treatment),
];

/// Half-width, lower case; blanks dropped.
pub fn normalise(text: &str) -> String {
    text.chars().filter_map(normal_char).collect()
}

/// One character as compared; `None` for what is dropped.
pub fn normal_char(c: char) -> Option<char> {
    let c = half_width(c);
    if c == '\n' || c == '\r' {
        return Some('\n');
    }
    if c.is_whitespace() || c.is_control() {
        return None;
    }
    Some(match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        // Two ways of writing one word.
        '疼' => '痛',
        '粘' => '黏',
        '淤' => '瘀',
        '﹒' | '．' => '.',
        '～' | '〜' => '~',
        '－' | '—' | '–' => '-',
        '°' => '°',
        other => other.to_lowercase().next().unwrap_or(other),
    })
}

/// Ends a sentence.
pub(super) fn is_stop(c: char) -> bool {
    matches!(c, '。' | ';' | '；' | '!' | '?' | '！' | '？' | '\n' | '.')
}

/// Ends a clause.
pub(super) fn is_comma(c: char) -> bool {
    matches!(c, ',' | '，' | ':' | '：') || is_stop(c)
}

/// Characters that never belong to a word.
pub(super) fn is_mark(c: char) -> bool {
    is_comma(c)
        || matches!(
            c,
            '、' | '(' | ')' | '（' | '）' | '"' | '“' | '”' | '/' | '《' | '》' | '\'' | '[' | ']'
        )
}

/// Characters to either side of a word that may belong to its clause.
const LONGEST_CLAUSE: usize = 80;

#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub section: Section,
}

/// Positions below are places in `chars`; `typed_at` leads back to the text as typed.
#[derive(Debug)]
pub(super) struct NoteText {
    pub chars: Vec<char>,
    typed_at: Vec<usize>,
    typed_len: usize,
    pub sentences: Vec<Span>,
}

impl NoteText {
    pub fn new(typed: &str, max_chars: usize) -> Self {
        let mut chars = vec![];
        let mut typed_at = vec![];
        let mut typed_len = 0;
        for (at, c) in typed.chars().take(max_chars).enumerate() {
            typed_len = at + 1;
            if let Some(c) = normal_char(c) {
                chars.push(c);
                typed_at.push(at);
            }
        }
        let mut note = Self { chars, typed_at, typed_len, sentences: vec![] };
        note.split();
        note
    }

    fn split(&mut self) {
        let mut section = Section::default();
        let mut start = 0;
        while start < self.chars.len() {
            if let Some((skip, found)) = self.heading(start) {
                section = found;
                start += skip;
                continue;
            }
            let mut end = start;
            while end < self.chars.len()
                && !self.stops(end)
                && (end == start || self.heading(end).is_none())
            {
                end += 1;
            }
            if end > start {
                self.sentences.push(Span { start, end, section });
            }
            start = if end < self.chars.len() && self.stops(end) {
                end + 1
            } else {
                end.max(start + 1)
            };
        }
    }

    /// A full stop inside a number is a decimal point.
    fn stops(&self, at: usize) -> bool {
        let c = self.chars[at];
        if c == '.' {
            let digit = |at: Option<usize>| {
                at.and_then(|i| self.chars.get(i)).is_some_and(char::is_ascii_digit)
            };
            return !(digit(at.checked_sub(1)) && digit(Some(at + 1))) && !digit(at.checked_sub(1));
        }
        is_stop(c)
    }

    fn heading(&self, at: usize) -> Option<(usize, Section)> {
        if at > 0
            && !is_mark(self.chars[at - 1])
            && self.chars[at - 1] != '】'
            && self.chars[at - 1] != '['
        {
            return None;
        }
        let open = usize::from(matches!(self.chars[at], '【' | '['));
        for (word, section) in HEADINGS {
            let len = word.chars().count();
            let end = at + open + len;
            let same =
                self.chars.get(at + open..end).is_some_and(|s| s.iter().copied().eq(word.chars()));
            if same && self.chars.get(end).is_some_and(|c| matches!(c, ':' | '：' | '】' | ']')) {
                let extra =
                    usize::from(self.chars.get(end + 1).is_some_and(|c| matches!(c, ':' | '：')));
                return Some((open + len + 1 + extra, *section));
            }
        }
        None
    }

    pub fn typed_range(&self, start: usize, end: usize) -> (usize, usize) {
        let from = self.typed_at.get(start).copied().unwrap_or(self.typed_len);
        let to = end.checked_sub(1).and_then(|e| self.typed_at.get(e)).map_or(from, |e| e + 1);
        (from, to)
    }

    /// Whether nothing, not even a blank, stood between `at - 1` and `at` as typed.
    pub fn adjacent(&self, at: usize) -> bool {
        at.checked_sub(1)
            .and_then(|before| Some(self.typed_at.get(at)? - self.typed_at.get(before)? == 1))
            .unwrap_or(false)
    }

    pub fn sentence_at(&self, at: usize) -> Option<Span> {
        let ix = self.sentences.partition_point(|s| s.end <= at);
        self.sentences.get(ix).copied().filter(|s| s.start <= at)
    }

    pub fn slice(&self, start: usize, end: usize) -> String {
        self.chars
            .get(start..end.min(self.chars.len()))
            .map(|s| s.iter().collect())
            .unwrap_or_default()
    }

    /// Whether `word` stands at `at`.
    pub fn at(&self, at: usize, word: &str) -> bool {
        let mut chars = self.chars.get(at..).unwrap_or_default().iter();
        word.chars().all(|c| chars.next() == Some(&c))
    }

    /// Start and end of the clause (between commas) around `at`, inside its sentence.
    pub fn clause_around(&self, at: usize, sentence: Span) -> (usize, usize) {
        // A clause longer than this is no clause: nobody denies or dates across it.
        let first = sentence.start.max(at.saturating_sub(LONGEST_CLAUSE));
        let last = sentence.end.min(at + LONGEST_CLAUSE);
        let start = (first..at).rev().find(|i| is_comma(self.chars[*i])).map_or(first, |i| i + 1);
        let end = (at..last).find(|i| is_comma(self.chars[*i])).unwrap_or(last);
        (start, end)
    }
}
