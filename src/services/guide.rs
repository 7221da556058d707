//! The guideline base for the screens: a question in a few words -> passages.
use super::advisor::Advisor;

/// One passage that answers.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Hit {
    pub title: String,
    pub section: String,
    pub text: String,
    /// Character ranges of `text`.
    pub highlights: Vec<(usize, usize)>,
    pub source: String,
}

#[derive(Debug)]
pub struct Library;

impl Library {
    pub fn build(_advisor: &Advisor) -> Self {
        Self
    }

    pub fn search(&self, advisor: &Advisor, query: &str, limit: usize) -> Vec<Hit> {
        let catalog = &advisor.engine.catalog;
        catalog
            .guidelines
            .iter()
            .flat_map(|g| g.paragraphs.iter().map(move |p| (g, p)))
            .filter(|(g, p)| query.split_whitespace().all(|w| p.text.contains(w) || g.title.contains(w)))
            .take(limit)
            .map(|(g, p)| Hit {
                title: g.title.clone(),
                section: p.section.clone(),
                text: p.text.clone(),
                highlights: vec![],
                source: format!("{} {}", g.source, g.year),
            })
            .collect()
    }
}
