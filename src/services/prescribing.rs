//! The prescription checker with its knowledge loaded: for commands and batches. Screens use `domain::rx` on the catalog they hold.
use std::path::Path;

use crate::{
    domain::{
        catalog::Catalog,
        rx::{self, Checked, LineReading, Prescription, RxIndex, RxPatient},
    },
    knowledge::KnowledgeError,
    services::knowledge_base,
};

/// Knowledge and name index of one checker.
#[derive(Debug)]
pub struct Pharmacist {
    pub catalog: Catalog,
    pub index: RxIndex,
    /// Entries left out because of errors.
    pub left_out: usize,
}

impl Pharmacist {
    /// Folder or pack file; `None` = the built-in knowledge.
    pub fn load(path: Option<&Path>) -> Result<Self, KnowledgeError> {
        let compiled = knowledge_base::compiled(path)?;
        let left_out = compiled.lints.errors();
        Ok(Self { left_out, ..Self::new(compiled.catalog) })
    }

    pub fn new(catalog: Catalog) -> Self {
        let index = RxIndex::new(&catalog);
        Self { catalog, index, left_out: 0 }
    }

    pub fn check(&self, rx: &Prescription, patient: &RxPatient) -> Checked {
        rx::check(&self.catalog, &self.index, rx, patient)
    }

    pub fn parse(&self, text: &str) -> Vec<LineReading> {
        rx::parse(&self.index, &self.catalog.formulary, text)
    }
}
