//! The fields of the index. Paragraphs themselves stay outside, found by their place.
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
};

pub(super) const WORDS: &str = "words";
pub(super) const LETTERS: &str = "letters";
/// The audience of what names none.
pub(super) const EVERYBODY: &str = "*";

#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// Place in the list of passages.
    pub place: Field,
    pub title: Field,
    pub about: Field,
    pub section: Field,
    /// Findings of the illness.
    pub signs: Field,
    pub body: Field,
    /// Letters of title, other names, section and signs.
    pub heading_letters: Field,
    pub body_letters: Field,
    /// Each name of the entry, whole.
    pub name: Field,
    pub source: Field,
    pub kind: Field,
    pub disease: Field,
    pub audience: Field,
    pub year: Field,
}

pub(super) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let text = |tokenizer: &str, record: IndexRecordOption| {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(record),
        )
    };
    let words = text(WORDS, IndexRecordOption::WithFreqs);
    let letters = text(LETTERS, IndexRecordOption::WithFreqsAndPositions);
    let fields = Fields {
        place: builder.add_u64_field("place", FAST),
        title: builder.add_text_field("title", words.clone()),
        about: builder.add_text_field("about", words.clone()),
        section: builder.add_text_field("section", words.clone()),
        signs: builder.add_text_field("signs", words.clone()),
        body: builder.add_text_field("body", words),
        heading_letters: builder.add_text_field("heading_letters", letters.clone()),
        body_letters: builder.add_text_field("body_letters", letters),
        name: builder.add_text_field("name", STRING),
        source: builder.add_text_field("source", STRING),
        kind: builder.add_text_field("kind", STRING),
        disease: builder.add_text_field("disease", STRING),
        audience: builder.add_text_field("audience", STRING),
        year: builder.add_i64_field("year", INDEXED | FAST),
    };
    (builder.build(), fields)
}
