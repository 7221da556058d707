//! Catalog -> index in memory, with the words it knows.
use std::collections::HashMap;

use tantivy::{
    Index, IndexReader, TantivyDocument, TantivyError,
    tokenizer::{TextAnalyzer, TokenStream, Tokenizer},
};

use super::{
    SearchError,
    passages::{Passage, passages, title_parts},
    pinyin::Speller,
    related::Names,
    schema::{EVERYBODY, Fields, LETTERS, WORDS, schema},
    thesaurus::Thesaurus,
    tokens::{Cutter, Dictionary, fold, is_han},
};
use crate::domain::{catalog::Catalog, local_document::LocalDocument};

/// Bytes that the writer may hold before it closes a segment; the whole base fits.
const WRITER_BYTES: usize = 40_000_000;

/// All paragraphs of one catalog, ready to be asked.
pub struct SearchIndex {
    pub(super) reader: IndexReader,
    pub(super) fields: Fields,
    pub(super) passages: Vec<Passage>,
    pub(super) dictionary: Dictionary,
    pub(super) thesaurus: Thesaurus,
    pub(super) speller: Speller,
    pub(super) names: Names,
}

impl std::fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchIndex")
            .field("passages", &self.passages.len())
            .field("spelled_words", &self.speller.len())
            .finish_non_exhaustive()
    }
}

impl SearchIndex {
    /// Builds everything in memory; takes up to a second, so call it on a worker thread.
    pub fn build(catalog: &Catalog, local: &[LocalDocument]) -> Result<Self, SearchError> {
        let names = Names::new(catalog)?;
        let passages = passages(catalog, local, &names);
        // The two halves are about as long, and the PC has two cores.
        let (thesaurus, indexed) = std::thread::scope(|scope| {
            let names = scope.spawn(|| Thesaurus::new(catalog, &passages));
            let indexed = indexed(catalog, &passages);
            (names.join(), indexed)
        });
        let thesaurus = thesaurus.map_err(|_| SearchError::Dictionary)??;
        let (reader, fields, dictionary) = indexed?;
        let speller = Speller::new(spoken_words(&reader, fields, &thesaurus)?);
        Ok(Self { reader, fields, passages, dictionary, thesaurus, speller, names })
    }

    pub fn passages(&self) -> usize {
        self.passages.len()
    }

    /// A text as the words that this index holds, the words inside words among them.
    pub fn words_of(&self, text: &str) -> Vec<String> {
        let mut cutter = Cutter::words(self.dictionary.clone());
        let folded = fold(text);
        let mut stream = cutter.token_stream(&folded);
        let mut words = vec![];
        while stream.advance() {
            words.push(stream.token().text.clone());
        }
        words
    }

    /// Bytes that the inverted index takes.
    pub fn bytes(&self) -> u64 {
        self.reader.searcher().space_usage().map_or(0, |usage| usage.total().get_bytes())
    }

    /// Title, section and text of every passage.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.passages.iter().map(|p| (p.title.as_str(), p.section.as_str(), p.text.as_str()))
    }

    /// Whether some passage is of this document.
    pub fn holds(&self, doc: &str) -> bool {
        self.passages.iter().any(|p| p.doc == doc)
    }
}

fn indexed(
    catalog: &Catalog,
    passages: &[Passage],
) -> Result<(IndexReader, Fields, Dictionary), SearchError> {
    let dictionary = dictionary(catalog);
    let (schema, fields) = schema();
    let index = Index::create_in_ram(schema);
    for (name, cutter) in [(WORDS, Cutter::words(dictionary.clone())), (LETTERS, Cutter::letters())]
    {
        index.tokenizers().register(name, TextAnalyzer::builder(cutter).build());
    }
    let mut writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
    for (place, passage) in passages.iter().enumerate() {
        writer.add_document(document(fields, place as u64, passage))?;
    }
    writer.commit()?;
    writer.wait_merging_threads()?;
    Ok((index.reader()?, fields, dictionary))
}

fn dictionary(catalog: &Catalog) -> Dictionary {
    let mut names: Vec<String> = vec![];
    let mut add = |zh: &str, synonyms: &[String]| {
        names.push(fold(zh));
        names.extend(synonyms.iter().map(|s| fold(s)));
    };
    for condition in &catalog.conditions {
        add(&condition.zh, &condition.synonyms);
    }
    for drug in &catalog.formulary.drugs {
        add(&drug.zh, &drug.synonyms);
    }
    for class in &catalog.formulary.classes {
        add(&class.zh, &[]);
    }
    for finding in &catalog.findings {
        add(&finding.zh, &[]);
    }
    for guideline in &catalog.guidelines {
        title_parts(&guideline.title).for_each(|part| add(part, &[]));
    }
    Dictionary::with_names(names.iter().map(String::as_str))
}

fn document(fields: Fields, place: u64, passage: &Passage) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    let about = fold(&passage.about.join("\n"));
    let (title, section) = (fold(&passage.title), fold(&passage.section));
    document.add_u64(fields.place, place);
    let signs = fold(&passage.signs.join("\n"));
    document.add_text(fields.heading_letters, format!("{title}\n{about}\n{section}\n{signs}"));
    document.add_text(fields.signs, signs);
    document.add_text(fields.body_letters, fold(&passage.text));
    document.add_text(fields.body, fold(&passage.text));
    let others = passage.about.iter().filter(|_| passage.named_by_about);
    let whole = std::iter::once(&passage.title).chain(others).map(String::as_str);
    for name in whole.chain(title_parts(&passage.title)) {
        document.add_text(fields.name, fold(name));
    }
    document.add_text(fields.title, title);
    document.add_text(fields.about, about);
    document.add_text(fields.section, section);
    document.add_text(fields.source, &passage.source);
    document.add_text(fields.kind, passage.kind.id());
    // What names no audience is for all.
    for audience in passage
        .audience
        .iter()
        .map(String::as_str)
        .chain(passage.audience.is_empty().then_some(EVERYBODY))
    {
        document.add_text(fields.audience, audience);
    }
    for disease in &passage.diseases {
        document.add_text(fields.disease, disease);
    }
    if let Some(year) = passage.year {
        document.add_i64(fields.year, i64::from(year));
    }
    document
}

/// Every word that stands in a passage or names something that does; headings count more.
fn spoken_words(
    reader: &IndexReader,
    fields: Fields,
    thesaurus: &Thesaurus,
) -> Result<Vec<(String, f32)>, TantivyError> {
    let mut met: HashMap<String, f32> = HashMap::new();
    for segment in reader.searcher().segment_readers() {
        for (field, weight) in
            [(fields.title, 4.0), (fields.about, 1.0), (fields.section, 4.0), (fields.body, 1.0)]
        {
            let inverted = segment.inverted_index(field)?;
            let mut terms = inverted.terms().stream()?;
            while terms.advance() {
                let Ok(word) = str::from_utf8(terms.key()) else { continue };
                let han = word.chars().all(is_han);
                if word.chars().count() < 2
                    || !(han || word.bytes().all(|b| b.is_ascii_lowercase()))
                {
                    continue;
                }
                *met.entry(word.to_owned()).or_default() += weight * terms.value().doc_freq as f32;
            }
        }
    }
    for (name, times) in thesaurus.spoken() {
        if name.chars().all(is_han) {
            let counted = met.entry(name.to_owned()).or_default();
            *counted = counted.max(times) + 1.0;
        }
    }
    let mut words: Vec<(String, f32)> =
        met.into_iter().map(|(word, times)| (word, times.ln_1p())).collect();
    words.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(words)
}
