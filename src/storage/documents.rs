//! The clinic's own papers: taken in whole or not at all, listed, read, removed. The text goes, the row and the log stay.
use rusqlite::{OptionalExtension, Row, params};

use super::{Store, StoreError};
use crate::domain::audit::{Hash, Stamp};
use crate::domain::catalog::guideline::Paragraph;
use crate::domain::instant::Instant;
use crate::domain::local_document::{
    LocalDocument, LocalDocumentId, LocalDocumentLine, NewDocument, Taken,
};
use crate::domain::role::Action;

const LINES: &str =
    "SELECT d.id, d.title, d.year, d.format, d.file_name, d.sha256, u.name, d.added_at,
    (SELECT count(*) FROM local_paragraphs p WHERE p.document_id = d.id)
    FROM local_documents d JOIN users u ON u.id = d.added_by WHERE d.removed_at IS NULL";

impl Store {
    /// Adds a paper with all its paragraphs, or names the one that is the very same file.
    pub fn add_document(
        &mut self,
        document: &NewDocument,
        stamp: &Stamp,
    ) -> Result<Taken, StoreError> {
        self.write(|books| {
            let same = books
                .prepare(&format!("{LINES} AND d.sha256 = ?1"))?
                .query_row([document.sha256.0], |row| Ok(line(row)))
                .optional()?
                .transpose()?;
            if let Some(same) = same {
                return Ok(Taken::Duplicate(same));
            }
            let read = &document.read;
            books.execute(
                "INSERT INTO local_documents (title, year, format, file_name, sha256, pages, added_at, added_by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    read.title,
                    read.year,
                    read.format,
                    document.file_name,
                    document.sha256.0,
                    read.pages,
                    stamp.at.millis(),
                    stamp.user.0
                ],
            )?;
            let id = books.last_insert_rowid();
            let mut insert = books.prepare(
                "INSERT INTO local_paragraphs (document_id, seq, section, place, text) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for (seq, paragraph) in read.paragraphs.iter().enumerate() {
                insert.execute(params![
                    id,
                    seq as i64 + 1,
                    paragraph.section,
                    paragraph.place,
                    paragraph.text
                ])?;
            }
            let object = format!("local-document:{id} sha256:{}", document.sha256);
            books.log(stamp, Action::ImportKnowledge.id(), object)?;
            Ok(Taken::Added(LocalDocumentId(id)))
        })
    }

    pub fn documents(&self) -> Result<Vec<LocalDocumentLine>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!("{LINES} ORDER BY d.id"))?;
        let rows = statement.query_map([], |row| Ok(line(row)))?;
        rows.map(|row| row?).collect()
    }

    /// All papers with their text.
    pub fn document_texts(&self) -> Result<Vec<LocalDocument>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT section, place, text FROM local_paragraphs WHERE document_id = ?1 ORDER BY seq",
        )?;
        let mut documents = vec![];
        for line in self.documents()? {
            let rows = statement.query_map([line.id.0], |row| {
                Ok(Paragraph { section: row.get(0)?, place: row.get(1)?, text: row.get(2)? })
            })?;
            documents.push(LocalDocument { paragraphs: rows.collect::<Result<_, _>>()?, line });
        }
        Ok(documents)
    }

    /// Takes a paper out of the collection; which one it was stays known.
    pub fn remove_document(
        &mut self,
        id: LocalDocumentId,
        stamp: &Stamp,
    ) -> Result<LocalDocumentLine, StoreError> {
        self.write(|books| {
            let gone = books
                .prepare(&format!("{LINES} AND d.id = ?1"))?
                .query_row([id.0], |row| Ok(line(row)))
                .optional()?
                .transpose()?
                .ok_or(StoreError::NotFound { what: "paper" })?;
            books.execute(
                "UPDATE local_documents SET removed_at = ?2, removed_by = ?3 WHERE id = ?1",
                (id.0, stamp.at.millis(), stamp.user.0),
            )?;
            books.execute("DELETE FROM local_paragraphs WHERE document_id = ?1", [id.0])?;
            let object = format!("local-document:{} removed sha256:{}", id.0, gone.sha256);
            books.log(stamp, Action::ImportKnowledge.id(), object)?;
            Ok(gone)
        })
    }
}

fn line(row: &Row<'_>) -> Result<LocalDocumentLine, StoreError> {
    Ok(LocalDocumentLine {
        id: LocalDocumentId(row.get(0)?),
        title: row.get(1)?,
        year: row.get(2)?,
        format: row.get(3)?,
        file_name: row.get(4)?,
        sha256: Hash(row.get(5)?),
        added_by: row.get(6)?,
        added_at: Instant::from_millis(row.get(7)?),
        paragraphs: row.get(8)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::local_document::ReadDocument;
    use crate::storage::testing::{CAREFUL, stamp, station};

    fn paper(title: &str) -> NewDocument {
        let paragraph =
            Paragraph {
                section: "转诊".into(), place: "第2页".into(), text: "转县医院。".into()
            };
        NewDocument {
            read: ReadDocument {
                title: title.into(),
                year: Some(2024),
                format: "pdf".into(),
                pages: 3,
                unread_pages: 0,
                paragraphs: vec![paragraph.clone(), paragraph],
            },
            file_name: "流程.pdf".into(),
            sha256: Hash::of(title.as_bytes()),
        }
    }

    #[test]
    fn a_paper_is_taken_in_once_read_back_and_removed_with_its_text() {
        let (_dir, layout, dek) = station();
        let mut store = Store::open(&layout, &dek, CAREFUL).unwrap();
        let Taken::Added(id) = store.add_document(&paper("甲"), &stamp()).unwrap() else {
            panic!("not added")
        };
        assert!(
            matches!(store.add_document(&paper("甲"), &stamp()).unwrap(), Taken::Duplicate(l) if l.id == id)
        );
        let texts = store.document_texts().unwrap();
        assert_eq!((texts.len(), texts[0].paragraphs.len()), (1, 2));
        assert_eq!(texts[0].paragraphs[0].place, "第2页");
        store.remove_document(id, &stamp()).unwrap();
        assert!(store.documents().unwrap().is_empty());
        assert!(matches!(store.remove_document(id, &stamp()), Err(StoreError::NotFound { .. })));
        let left: u32 = store
            .conn
            .query_row("SELECT count(*) FROM local_paragraphs", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0, "the text stays behind");
        let log = store.audit_entries(None, 10).unwrap();
        assert!(
            log.iter()
                .any(|e| e.fact.object.starts_with(&format!("local-document:{} removed", id.0)))
        );
        assert!(
            matches!(store.add_document(&paper("甲"), &stamp()).unwrap(), Taken::Added(again) if again != id)
        );
    }

    #[test]
    fn a_paper_that_cannot_be_kept_whole_is_not_kept_at_all() {
        let (_dir, layout, dek) = station();
        let mut store = Store::open(&layout, &dek, CAREFUL).unwrap();
        let mut broken = paper("乙");
        broken.read.paragraphs[1].text.clear();
        assert!(store.add_document(&broken, &stamp()).is_err());
        assert!(store.documents().unwrap().is_empty());
    }
}
