//! The clinic's own papers (本单位资料): taken in, listed, read for the search, removed.
use super::Clinic;
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::local_document::{
    LocalDocument, LocalDocumentId, LocalDocumentLine, NewDocument, Taken,
};
use crate::domain::role::Action;
use crate::services::failure::Failure;

impl Clinic {
    /// Takes one paper into the collection; the very same file a second time is named, not added.
    pub fn add_document(&mut self, document: &NewDocument) -> Result<Taken, Failure> {
        let object = format!("local-document sha256:{}", document.sha256);
        let stamp = self.permit(Action::ImportKnowledge, &object)?;
        let mut document = document.clone();
        document.read.title = clean_line(&document.read.title, LINE_MAX).text;
        document.file_name = clean_line(&document.file_name, LINE_MAX).text;
        let added = self.store.add_document(&document, &stamp);
        self.done(added, Action::ImportKnowledge, &object)
    }

    pub fn remove_document(&mut self, id: LocalDocumentId) -> Result<LocalDocumentLine, Failure> {
        let object = format!("local-document:{}", id.0);
        let stamp = self.permit(Action::ImportKnowledge, &object)?;
        let removed = self.store.remove_document(id, &stamp);
        self.done(removed, Action::ImportKnowledge, &object)
    }

    pub fn documents(&mut self) -> Result<Vec<LocalDocumentLine>, Failure> {
        self.read(Action::ReadLocalDocuments, "local-documents".to_owned())?;
        Ok(self.store.documents()?)
    }

    /// All papers with their text, for the search. Logged once; the searches themselves are not.
    pub fn document_texts(&mut self) -> Result<Vec<LocalDocument>, Failure> {
        self.read(Action::ReadLocalDocuments, "local-documents text".to_owned())?;
        Ok(self.store.document_texts()?)
    }
}
