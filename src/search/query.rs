//! Terms -> passages: first those that answer every word, then those that answer some.
use std::{
    collections::{HashMap, HashSet},
    ops::Bound,
};

use tantivy::{
    Searcher, TantivyError, Term as IndexTerm,
    collector::TopDocs,
    query::{
        BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, PhraseQuery, Query,
        RangeQuery, TermQuery,
    },
    schema::{Field, IndexRecordOption},
};

use super::{
    Filter, Hit, Kind,
    build::SearchIndex,
    highlight::highlights,
    passages::Passage,
    related::Related,
    schema::EVERYBODY,
    terms::{Term, Variant, contains},
    tokens::is_letter,
};

/// Passages of one document that a list shows at most.
const MOST_OF_ONE_DOCUMENT: usize = 2;
const MOST_HITS: usize = 200;
/// Place by which the clinic's own paper is shown, when it answers.
const OWN_PAPER_BY: usize = 3;

/// How much a word weighs by where it stands.
const TITLE: f32 = 3.0;
const ABOUT: f32 = 1.2;
const SECTION: f32 = 2.0;
const SIGNS: f32 = 1.0;
const BODY: f32 = 1.0;
/// The word is a whole name of the entry, times how rare it is.
const WHOLE_NAME: f32 = 6.0;
/// Letters in a row, where the dictionary cut the text otherwise.
const LETTERS: f32 = 0.6;
/// A guideline answers before the entries that were written after it. Set on the dev part of the labelled queries.
const GUIDELINE: f32 = 1.25;
/// What an edition weighs when a later one is there.
const SUPERSEDED: f32 = 0.8;

/// Place of a passage, and its score.
type Found = Vec<(usize, f32)>;

impl SearchIndex {
    /// Best first; never fails on what was typed.
    pub fn search(&self, typed: &str, filter: &Filter, limit: usize) -> Vec<Hit> {
        let limit = limit.min(MOST_HITS);
        let terms = self.terms(typed);
        if terms.is_empty() || limit == 0 {
            return vec![];
        }
        let found = self.asked(&terms, filter, limit);
        let found = self.own_papers_seen((found, limit), &terms, filter);
        let mut of_document: HashMap<&str, usize> = HashMap::new();
        let mut hits = vec![];
        for (place, score) in found {
            let passage = &self.passages[place];
            let shown = of_document.entry(&passage.doc).or_default();
            if *shown < MOST_OF_ONE_DOCUMENT && hits.len() < limit {
                *shown += 1;
                hits.push(Hit {
                    related: self.names.related(passage),
                    ..hit(passage, score, &terms)
                });
            }
        }
        hits
    }

    fn asked(&self, terms: &[Term], filter: &Filter, limit: usize) -> Found {
        self.ranked(terms, filter, limit).unwrap_or_else(|error| {
            tracing::warn!(%error, "search index failed, passages are read one by one");
            self.scanned(terms, filter)
        })
    }

    /// The clinic's own paper that answers every word stands among the first three: it is why it was taken in.
    fn own_papers_seen(
        &self,
        (mut found, limit): (Found, usize),
        terms: &[Term],
        filter: &Filter,
    ) -> Found {
        if filter.kind.is_some() || !self.passages.iter().any(|p| p.kind == Kind::Local) {
            return found;
        }
        let own = Filter { kind: Some(Kind::Local), ..filter.clone() };
        let best = self.asked(terms, &own, limit).into_iter().find(|(place, _)| {
            let folded = &self.passages[*place].folded;
            terms.iter().all(|t| !t.needed || t.answered_by(folded))
        });
        let Some((place, _)) = best else { return found };
        let at = found.iter().position(|(other, _)| *other == place).unwrap_or(found.len());
        if at >= OWN_PAPER_BY {
            if at < found.len() {
                found.remove(at);
            }
            let to = (OWN_PAPER_BY - 1).min(found.len());
            let score = found.get(to).map_or(0.0, |(_, score)| *score);
            found.insert(to, (place, score));
        }
        found
    }

    fn ranked(&self, terms: &[Term], filter: &Filter, limit: usize) -> Result<Found, TantivyError> {
        let searcher = self.reader.searcher();
        let narrowed = self.narrowed(filter);
        let wide = limit * 6 + 20;
        let parts = self.of_terms(&searcher, terms)?;
        let every = combined(&parts, terms, true, &narrowed);
        let (mut found, rest): (Found, Found) = self
            .top(&searcher, &every, wide)?
            .into_iter()
            .partition(|(place, _)| self.answers_whole(*place, terms));
        let documents: HashSet<&str> =
            found.iter().map(|(place, _)| self.passages[*place].doc.as_str()).collect();
        let loose = self.loosened(terms);
        if documents.len() >= limit || (terms.len() + loose.len() == 1 && rest.is_empty()) {
            return Ok(found);
        }
        let mut all = terms.to_vec();
        let mut parts = parts;
        parts.extend(self.of_terms(&searcher, &loose)?);
        all.extend(loose);
        let seen: HashSet<usize> = found.iter().map(|(place, _)| *place).collect();
        let mut partial: Found = self
            .top(&searcher, &combined(&parts, &all, false, &narrowed), wide)?
            .into_iter()
            .filter(|(place, _)| !seen.contains(place))
            .map(|(place, score)| (place, score * self.covered(place, &all).powi(2)))
            .filter(|(_, score)| *score > 0.0)
            .collect();
        sort(&mut partial);
        // A partial answer never stands above a whole one.
        let least = found.last().map_or(f32::MAX, |(_, score)| *score);
        found.extend(partial.into_iter().map(|(place, score)| (place, score.min(least))));
        Ok(found)
    }

    fn of_terms(
        &self,
        searcher: &Searcher,
        terms: &[Term],
    ) -> Result<Vec<Box<dyn Query>>, TantivyError> {
        terms.iter().map(|term| self.of_term(searcher, term)).collect()
    }

    fn top(
        &self,
        searcher: &Searcher,
        query: &dyn Query,
        wide: usize,
    ) -> Result<Found, TantivyError> {
        let mut found = vec![];
        for (score, address) in
            searcher.search(query, &TopDocs::with_limit(wide).order_by_score())?
        {
            let places = searcher.segment_reader(address.segment_ord).fast_fields().u64("place")?;
            let Some(place) = places.first(address.doc_id) else { continue };
            let Some(passage) = self.passages.get(place as usize) else { continue };
            let edition = if passage.newer_edition.is_some() { SUPERSEDED } else { 1.0 };
            let kind = if passage.kind == Kind::Guideline { GUIDELINE } else { 1.0 };
            found.push((place as usize, score * edition * kind));
        }
        sort(&mut found);
        Ok(found)
    }

    /// Whether Latin words and numbers really stand there: the letter fields also find them inside longer ones.
    fn answers_whole(&self, place: usize, terms: &[Term]) -> bool {
        let folded = &self.passages[place].folded;
        let latin = |t: &&Term| {
            t.needed && t.variants.iter().any(|v| v.word.contains(|c: char| c.is_ascii()))
        };
        terms.iter().filter(latin).all(|t| t.answered_by(folded))
    }

    /// Share of the terms that a passage answers.
    fn covered(&self, place: usize, terms: &[Term]) -> f32 {
        let folded = &self.passages[place].folded;
        let answered =
            terms.iter().filter(|t| t.variants.iter().any(|v| contains(folded, &v.word))).count();
        answered as f32 / terms.len() as f32
    }

    /// Without the index: every passage is read.
    pub(super) fn scanned(&self, terms: &[Term], filter: &Filter) -> Found {
        let mut found: Found = (0..self.passages.len())
            .filter(|place| passes(&self.passages[*place], filter))
            .map(|place| (place, self.covered(place, terms)))
            .filter(|(_, share)| *share > 0.0)
            .collect();
        sort(&mut found);
        found
    }

    fn of_term(&self, searcher: &Searcher, term: &Term) -> Result<Box<dyn Query>, TantivyError> {
        let mut met = vec![];
        for variant in &term.variants {
            met.push(self.met(searcher, variant)?);
        }
        // A rare word that merely sounds alike must not outweigh the usual one that was meant.
        let passages = self.passages.len() as f32;
        let rarity = |times: f32| (1.0 + passages / times.max(1.0)).ln();
        let together = rarity(met.iter().sum());
        let variants = term
            .variants
            .iter()
            .zip(&met)
            .map(|(variant, times)| {
                let named = WHOLE_NAME * variant.weight * together;
                let weight = variant.weight * together / rarity(*times);
                self.of_variant(variant, *times > 0.0, weight, named)
            })
            .collect();
        Ok(Box::new(DisjunctionMaxQuery::with_tie_breaker(variants, 0.1)))
    }

    /// In how many passages a word stands, about.
    fn met(&self, searcher: &Searcher, variant: &Variant) -> Result<f32, TantivyError> {
        let fields = self.fields;
        let mut times = 0;
        for field in [fields.title, fields.section, fields.body] {
            times += searcher.doc_freq(&IndexTerm::from_field_text(field, &variant.word))?;
        }
        Ok(times as f32)
    }

    fn of_variant(
        &self,
        variant: &Variant,
        is_token: bool,
        weight: f32,
        named: f32,
    ) -> Box<dyn Query> {
        let fields = self.fields;
        let word = variant.word.as_str();
        let mut parts: Vec<Box<dyn Query>> = vec![];
        if is_token {
            for (field, place) in [
                (fields.title, TITLE),
                (fields.about, ABOUT),
                (fields.section, SECTION),
                (fields.signs, SIGNS),
                (fields.body, BODY),
            ] {
                let query = term(field, word, IndexRecordOption::WithFreqs);
                parts.push(boosted(query, place * weight));
            }
        }
        parts.push(Box::new(ConstScoreQuery::new(
            term(fields.name, word, IndexRecordOption::Basic),
            named,
        )));
        // Other ways to say it that are words of the index need not be looked for letter by letter.
        let letter_fields = [(fields.heading_letters, 1.5), (fields.body_letters, 1.0)];
        for (field, place) in
            letter_fields.into_iter().filter(|_| !is_token || variant.weight > 0.99)
        {
            if let Some((letters, pairs)) = in_a_row(field, word) {
                parts.push(boosted(letters, LETTERS * place * weight / pairs as f32));
            }
        }
        Box::new(DisjunctionMaxQuery::with_tie_breaker(parts, 0.3))
    }

    fn narrowed(&self, filter: &Filter) -> Vec<Box<dyn Query>> {
        let fields = self.fields;
        let mut queries: Vec<Box<dyn Query>> = vec![];
        let kind = filter.kind.map(|k| k.id().to_owned());
        for (field, wanted) in [
            (fields.source, &filter.source),
            (fields.disease, &filter.disease),
            (fields.kind, &kind),
        ] {
            if let Some(wanted) = wanted {
                queries.push(term(field, wanted, IndexRecordOption::Basic));
            }
        }
        if filter.year_from.is_some() || filter.year_to.is_some() {
            let bound = |year: Option<i16>| match year {
                Some(year) => {
                    Bound::Included(IndexTerm::from_field_i64(fields.year, i64::from(year)))
                }
                None => Bound::Unbounded,
            };
            queries.push(Box::new(RangeQuery::new(bound(filter.year_from), bound(filter.year_to))));
        }
        if let Some(audience) = &filter.audience {
            let one_of = [audience.as_str(), EVERYBODY]
                .map(|a| (Occur::Should, term(fields.audience, a, IndexRecordOption::Basic)));
            queries.push(Box::new(BooleanQuery::new(one_of.into())));
        }
        queries
    }
}

fn sort(found: &mut Found) {
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
}

fn passes(passage: &Passage, filter: &Filter) -> bool {
    filter.source.as_ref().is_none_or(|s| *s == passage.source)
        && filter.kind.is_none_or(|k| k == passage.kind)
        && filter.disease.as_ref().is_none_or(|d| passage.diseases.contains(d))
        && filter.year_from.is_none_or(|from| passage.year.is_some_and(|y| y >= from))
        && filter.year_to.is_none_or(|to| passage.year.is_some_and(|y| y <= to))
        && filter
            .audience
            .as_ref()
            .is_none_or(|a| passage.audience.is_empty() || passage.audience.contains(a))
}

fn term(field: Field, word: &str, record: IndexRecordOption) -> Box<dyn Query> {
    Box::new(TermQuery::new(IndexTerm::from_field_text(field, word), record))
}

fn boosted(query: Box<dyn Query>, boost: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, boost))
}

/// The letters of a word one after the other, and of how many pairs it is made.
fn in_a_row(field: Field, word: &str) -> Option<(Box<dyn Query>, usize)> {
    let chars: Vec<char> = word.chars().collect();
    if !chars.iter().all(|c| is_letter(*c)) {
        return None;
    }
    let pairs: Vec<IndexTerm> = chars
        .windows(2)
        .map(|pair| IndexTerm::from_field_text(field, &pair.iter().collect::<String>()))
        .collect();
    Some(match pairs.len() {
        0 => (term(field, word, IndexRecordOption::WithFreqs), 1),
        1 => {
            let pair: String = chars.iter().collect();
            (term(field, &pair, IndexRecordOption::WithFreqs), 1)
        }
        n => (Box::new(PhraseQuery::new(pairs)), n),
    })
}

fn combined(
    parts: &[Box<dyn Query>],
    terms: &[Term],
    every: bool,
    narrowed: &[Box<dyn Query>],
) -> BooleanQuery {
    let mut asked: Vec<(Occur, Box<dyn Query>)> = vec![];
    let mut hints: Vec<(Occur, Box<dyn Query>)> = vec![];
    for (part, term) in parts.iter().zip(terms) {
        match (term.needed, every) {
            (true, true) => asked.push((Occur::Must, part.box_clone())),
            (true, false) => asked.push((Occur::Should, part.box_clone())),
            (false, _) => hints.push((Occur::Should, part.box_clone())),
        }
    }
    let mut whole: Vec<(Occur, Box<dyn Query>)> =
        vec![(Occur::Must, Box::new(BooleanQuery::new(asked)))];
    whole.extend(hints);
    for filter in narrowed {
        whole.push((Occur::Must, Box::new(ConstScoreQuery::new(filter.box_clone(), 0.0))));
    }
    BooleanQuery::new(whole)
}

fn hit(passage: &Passage, score: f32, terms: &[Term]) -> Hit {
    let mut words: Vec<&str> = vec![];
    let mut every_word = true;
    for term in terms {
        let here: Vec<&Variant> =
            term.variants.iter().filter(|v| contains(&passage.folded, &v.word)).collect();
        every_word &= !here.is_empty() || !term.needed;
        // Of several meanings only the surest that stand here were meant.
        let surest = here.first().map_or(0.0, |v| v.weight);
        words.extend(here.iter().filter(|v| v.weight >= surest * 0.7).map(|v| v.word.as_str()));
    }
    // `皮` of a longer word says nothing where `浓度` was found, too.
    let single = |word: &&str| word.chars().count() == 1 && !word.is_ascii();
    if !words.iter().all(&single) {
        words.retain(|word| !single(word));
    }
    let marked = highlights(&passage.text, &words);
    Hit { highlights: marked, score, every_word, ..plain_hit(passage, Related::default()) }
}

/// A passage that was not searched for by words.
pub(super) fn plain_hit(passage: &Passage, related: Related) -> Hit {
    Hit {
        doc: passage.doc.clone(),
        title: passage.title.clone(),
        section: passage.section.clone(),
        text: passage.text.clone(),
        highlights: vec![],
        source: passage.source.clone(),
        source_title: passage.source_title.clone(),
        place: passage.place.clone(),
        year: passage.year,
        newer_edition: passage.newer_edition,
        valid_until: passage.valid_until,
        doubtful: passage.is_doubtful(),
        audience: passage.audience.clone(),
        added: passage.added.clone(),
        related,
        kind: passage.kind,
        status: passage.status,
        score: 0.0,
        every_word: true,
    }
}
