//! The dictionary of all words that stand for findings, measurements and known illnesses.
use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::text::{NoteText, is_comma, normalise};
use crate::domain::catalog::{
    Catalog,
    finding::{FindingIx, FindingKind},
};

/// What a word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Finding(FindingIx),
    /// A phrase that says the finding is not there.
    NotFinding(FindingIx),
    Condition(usize),
    /// An illness that is a finding of the family when a relative has it.
    Kin(FindingIx),
}

#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub meaning: Meaning,
    pub start: usize,
    pub end: usize,
    /// Gaps of a pattern with `*`, where a negation would turn the whole.
    pub gaps: Vec<(usize, usize)>,
}

/// Longest run of characters that a `*` may stand for.
const GAP: usize = 8;

struct Pattern {
    parts: Vec<u32>,
    meaning: Meaning,
}

/// Built once per catalog; reading a note only borrows it.
pub struct Lexicon {
    literals: AhoCorasick,
    /// What a literal alone means.
    whole: Vec<Vec<Meaning>>,
    /// Patterns with gaps, by their first literal.
    gapped: HashMap<u32, Vec<Pattern>>,
    literal_chars: Vec<usize>,
    pub(super) names: AhoCorasick,
    /// Measurement of each name.
    pub(super) name_of: Vec<usize>,
}

impl std::fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lexicon({} words)", self.whole.len())
    }
}

#[derive(Default)]
struct Builder {
    ids: HashMap<String, u32>,
    words: Vec<String>,
    whole: Vec<Vec<Meaning>>,
    gapped: HashMap<u32, Vec<Pattern>>,
}

impl Builder {
    fn literal(&mut self, word: &str) -> u32 {
        if let Some(id) = self.ids.get(word) {
            return *id;
        }
        let id = self.words.len() as u32;
        self.ids.insert(word.to_owned(), id);
        self.words.push(word.to_owned());
        self.whole.push(vec![]);
        id
    }

    fn add(&mut self, word: &str, meaning: Meaning) {
        let word = normalise(word);
        if word.contains('*') {
            let parts: Vec<u32> =
                word.split('*').filter(|p| !p.is_empty()).map(|p| self.literal(p)).collect();
            if parts.len() > 1 {
                self.gapped.entry(parts[0]).or_default().push(Pattern { parts, meaning });
            }
            return;
        }
        if word.chars().count() < 2 && !matches!(meaning, Meaning::Finding(_)) || word.is_empty() {
            return;
        }
        let id = self.literal(&word) as usize;
        if !self.whole[id].contains(&meaning) {
            self.whole[id].push(meaning);
        }
    }
}

impl Lexicon {
    /// `None` only when the automaton would not fit in memory.
    pub fn new(catalog: &Catalog) -> Option<Self> {
        let mut builder = Builder::default();
        for (ix, finding) in catalog.findings.iter().enumerate() {
            let ix = FindingIx(ix as u32);
            for word in [&finding.zh].into_iter().chain(&finding.synonyms) {
                builder.add(word, Meaning::Finding(ix));
            }
            for word in &finding.absent {
                builder.add(word, Meaning::NotFinding(ix));
            }
            if finding.kind == FindingKind::Family {
                for word in finding.synonyms.iter().filter_map(|w| illness_of_kin(w)) {
                    builder.add(word, Meaning::Kin(ix));
                }
            }
        }
        for (ix, condition) in catalog.conditions.iter().enumerate() {
            for word in [&condition.zh].into_iter().chain(&condition.synonyms) {
                builder.add(word, Meaning::Condition(ix));
            }
        }
        let literals =
            AhoCorasick::builder().match_kind(MatchKind::Standard).build(&builder.words).ok()?;
        let mut names: Vec<(String, usize)> = vec![];
        for (ix, measurement) in catalog.measurements.iter().enumerate() {
            // 血压 150/95 stands for both pressures: the pair is taken apart where it is read.
            let pair: &[&str] =
                if measurement.id == "bp-systolic" { &["血压", "bp", "血压值"] } else { &[] };
            let own = [&measurement.zh].into_iter().chain(&measurement.names).map(String::as_str);
            for name in own.chain(pair.iter().copied()) {
                let name = normalise(name);
                if !name.is_empty() && !names.iter().any(|(n, _)| *n == name) {
                    names.push((name, ix));
                }
            }
        }
        let name_of = names.iter().map(|(_, ix)| *ix).collect();
        let names = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(names.iter().map(|(n, _)| n))
            .ok()?;
        let literal_chars = builder.words.iter().map(|w| w.chars().count()).collect();
        Some(Self {
            literals,
            whole: builder.whole,
            gapped: builder.gapped,
            literal_chars,
            names,
            name_of,
        })
    }

    /// All words of the note that stand for something; a longer word hides the shorter ones inside it.
    pub(super) fn mentions(&self, catalog: &Catalog, note: &NoteText) -> Vec<Hit> {
        let (places, by_literal) = self.places(note);
        let mut hits: Vec<Hit> = vec![];
        for (literal, start) in &places {
            let end = start + self.literal_chars[*literal as usize];
            for meaning in &self.whole[*literal as usize] {
                hits.push(Hit { meaning: *meaning, start: *start, end, gaps: vec![] });
            }
            for pattern in self.gapped.get(literal).into_iter().flatten() {
                hits.extend(self.follow(pattern, *start, end, &by_literal, note));
            }
        }
        keep_longest(
            hits,
            note,
            &|meaning| matches!(meaning, Meaning::Finding(ix) if catalog.finding(ix).kind.is_background()),
        )
    }

    fn places(&self, note: &NoteText) -> (Vec<(u32, usize)>, HashMap<u32, Vec<usize>>) {
        let text: String = note.chars.iter().collect();
        let mut char_at = vec![0_u32; text.len() + 1];
        for (n, (byte, _)) in text.char_indices().enumerate() {
            char_at[byte] = n as u32;
        }
        let mut places = vec![];
        let mut by_literal: HashMap<u32, Vec<usize>> = HashMap::new();
        for found in self.literals.find_overlapping_iter(&text) {
            let start = char_at[found.start()] as usize;
            let literal = found.pattern().as_u32();
            let end = start + self.literal_chars[literal as usize];
            if !latin_word_is_cut(note, start, end) && !stool_is_urine(note, start) {
                places.push((literal, start));
                by_literal.entry(literal).or_default().push(start);
            }
        }
        (places, by_literal)
    }

    /// 耳朵流脓，疼; 头痛，平卧缓解: a clause that opens with what is no complaint of its own is about the one before.
    fn goes_on_after_comma(&self, part: u32, gap: &[char]) -> bool {
        let Some(comma) = gap.iter().position(|c| *c == ',') else { return false };
        self.whole[part as usize].is_empty() && gap[comma + 1..].iter().all(|c| HOW.contains(c))
    }

    fn follow(
        &self,
        pattern: &Pattern,
        start: usize,
        end: usize,
        by_literal: &HashMap<u32, Vec<usize>>,
        note: &NoteText,
    ) -> Option<Hit> {
        let mut gaps = vec![];
        let mut at = end;
        for part in &pattern.parts[1..] {
            let places = by_literal.get(part)?;
            let next = *places.get(places.partition_point(|p| *p < at))?;
            let gap = &note.chars[at..next];
            let commas = gap.iter().filter(|c| is_comma(**c)).count();
            let near = gap.len() <= GAP
                && (commas == 0
                    || (commas == 1
                        && !matches!(note.chars[start], '无' | '没' | '不' | '未')
                        && self.goes_on_after_comma(*part, gap)));
            if !near {
                return None;
            }
            gaps.push((at, next));
            at = next + self.literal_chars[*part as usize];
        }
        Some(Hit { meaning: pattern.meaning, start, end: at, gaps })
    }
}

/// What may stand between a comma and a quality of what was named before it.
const HOW: &[char] =
    &['也', '又', '还', '很', '有', '点', '特', '别', '一', '直', '就', '老', '越'];

/// 家族*地贫 and 地贫家族史 both name 地贫.
fn illness_of_kin(word: &str) -> Option<&str> {
    let illness = word.strip_prefix("家族*").or_else(|| word.strip_suffix("家族史"))?;
    (!illness.contains('*') && illness.chars().count() > 1).then_some(illness)
}

/// 便带血 inside 小便带血 is not of the bowel.
fn stool_is_urine(note: &NoteText, start: usize) -> bool {
    note.at(start, "便") && start.checked_sub(1).is_some_and(|before| note.at(before, "小"))
}

/// `bp` inside `bph` is not blood pressure.
fn latin_word_is_cut(note: &NoteText, start: usize, end: usize) -> bool {
    let latin = |at: Option<usize>| {
        at.and_then(|i| note.chars.get(i)).is_some_and(char::is_ascii_alphabetic)
    };
    (latin(Some(start)) && latin(start.checked_sub(1)) && note.adjacent(start))
        || (latin(end.checked_sub(1)) && latin(Some(end)) && note.adjacent(end))
}

/// Drops a literal hit that lies strictly inside a longer literal hit, and a pattern hit for which a tighter one of the same meaning exists.
/// Characters of the longest word that is worth looking back for.
const LONGEST_WORD: usize = 64;

fn keep_longest(
    mut hits: Vec<Hit>,
    note: &NoteText,
    is_history: &dyn Fn(Meaning) -> bool,
) -> Vec<Hit> {
    hits.sort_by_key(|h| (h.start, usize::MAX - h.end));
    // The name of an illness hides only other illnesses: 被狗咬伤 is also a bite, 慢阻肺急性加重 is also COPD.
    let is_condition = |m: Meaning| matches!(m, Meaning::Condition(_) | Meaning::Kin(_));
    // A history hides no illness: 高血压病史 says both.
    let solid: Vec<(usize, usize, bool, bool)> = hits
        .iter()
        .filter(|h| h.gaps.is_empty())
        .map(|h| (h.start, h.end, is_condition(h.meaning), is_history(h.meaning)))
        .collect();
    let hidden = |h: &Hit| {
        let len = h.end - h.start;
        let near = solid.partition_point(|(s, ..)| *s + LONGEST_WORD < h.start);
        let illness = is_condition(h.meaning);
        let mut before = solid[near..].iter().take_while(|(s, ..)| *s <= h.start);
        before.any(|(s, e, by_illness, by_history)| {
            // A pattern is only hidden by a word that covers it whole.
            let longer = e - s > len && h.end <= *e;
            longer && (!by_illness || illness) && !(*by_history && illness)
        })
    };
    let mut kept: Vec<Hit> = hits.iter().filter(|h| !hidden(h)).cloned().collect();
    // Two words that overlap without covering one another: the longer (then the earlier) wins.
    let mut drop = vec![false; kept.len()];
    for i in 0..kept.len() {
        for j in i + 1..kept.len() {
            let (a, b) = (&kept[i], &kept[j]);
            if b.start >= a.end {
                break;
            }
            let kin = matches!(a.meaning, Meaning::Kin(_)) || matches!(b.meaning, Meaning::Kin(_));
            let crossing = !kin
                && a.gaps.is_empty()
                && b.gaps.is_empty()
                && b.start > a.start
                && b.end > a.end;
            if crossing && !drop[i] && !drop[j] {
                // In 没有精神萎靡 the word is 精神萎靡, denied; not 没有精神.
                let a_denies = matches!(note.chars[a.start], '没' | '无' | '不' | '未');
                let (a_len, b_len) = (a.end - a.start, b.end - b.start);
                // In 没力气好几个月 the word is 没力气.
                let b_good = matches!(b.meaning, Meaning::NotFinding(_));
                let b_wins = b_len > a_len || (a_denies && !b_good && b_len + 1 >= a_len);
                drop[if b_wins { i } else { j }] = true;
            }
        }
    }
    let mut at = 0;
    kept.retain(|_| {
        at += 1;
        !drop[at - 1]
    });
    // 右下腹*压痛 and 右下腹*痛 over the same characters: the one that names more of them is meant.
    let named = |h: &Hit| h.end - h.start - h.gaps.iter().map(|(a, b)| b - a).sum::<usize>();
    // (In 吃油腻后上腹胀痛 the pattern 吃油腻*痛 takes nothing from 上腹*痛, which begins in its gap.)
    let head = |h: &Hit| h.gaps.first().map_or(h.end, |(a, _)| *a);
    let strengths: Vec<(usize, usize, usize, usize)> =
        kept.iter().map(|h| (h.start, head(h), h.end, named(h))).collect();
    kept.retain(|h| {
        let near = strengths.partition_point(|(s, ..)| *s + LONGEST_WORD < h.start);
        let mut around = strengths[near..].iter().take_while(|(s, ..)| *s <= h.start);
        h.gaps.is_empty()
            || !around.any(|(_, first, e, n)| *e == h.end && h.start < *first && *n > named(h))
    });
    // The same finding by a wider pattern over the same place says nothing new.
    let spans: Vec<(Meaning, usize, usize)> =
        kept.iter().map(|h| (h.meaning, h.start, h.end)).collect();
    kept.retain(|h| {
        let near = spans.partition_point(|(_, s, _)| *s < h.start);
        let mut inside = spans[near..].iter().take_while(|(_, s, _)| *s <= h.end);
        h.gaps.is_empty()
            || !inside
                .any(|(m, s, e)| *m == h.meaning && *e <= h.end && (e - s) < (h.end - h.start))
    });
    kept
}
