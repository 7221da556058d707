//! 本单位资料: the clinic's own papers, kept beside the shipped guidelines and searched together with them.
use super::{audit::Hash, catalog::guideline::Paragraph, instant::Instant};

/// Row in the station's collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDocumentId(pub i64);

/// What was read from a file, before anybody has taken it in.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReadDocument {
    pub title: String,
    /// Found in the title, the file name, or a line that is a date.
    pub year: Option<i16>,
    /// `pdf`, `docx`, `html`, `markdown`, `text`.
    pub format: String,
    /// 0 where the format has none.
    pub pages: u32,
    /// Pages of which nothing could be read.
    pub unread_pages: u32,
    pub paragraphs: Vec<Paragraph>,
}

/// A paper that goes into the collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    pub read: ReadDocument,
    /// Name of the file, without folders.
    pub file_name: String,
    pub sha256: Hash,
}

/// One line of the list of papers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalDocumentLine {
    pub id: LocalDocumentId,
    pub title: String,
    pub year: Option<i16>,
    pub format: String,
    pub file_name: String,
    pub sha256: Hash,
    pub paragraphs: u32,
    /// Sign-in name of who added it.
    pub added_by: String,
    pub added_at: Instant,
}

/// A paper with its text, as the search reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalDocument {
    pub line: LocalDocumentLine,
    pub paragraphs: Vec<Paragraph>,
}

/// What became of a paper that was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    Added(LocalDocumentId),
    /// The very same file is in the collection already.
    Duplicate(LocalDocumentLine),
}

/// The latest year from 1950 to 2099 that is written as four digits on their own: `基层高血压指南2025版` -> 2025.
pub fn year_in(text: &str) -> Option<i16> {
    let years = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 4);
    years.filter_map(|run| run.parse().ok()).filter(|year| (1950..2100).contains(year)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_of_a_title_is_the_latest_one_written() {
        assert_eq!(year_in("国家基层高血压防治管理指南2025版（代替2020版）"), Some(2025));
        assert_eq!(year_in("高血压指南 2025版"), Some(2025));
        assert_eq!(year_in("国卫医发〔2022〕6号"), Some(2022));
        assert_eq!(year_in("编号20251124"), None);
        assert_eq!(year_in("每日 2000 千卡"), Some(2000));
        assert_eq!(year_in("转诊流程"), None);
    }
}
