//! Loading what the program knows, and asking it about one patient.
use std::path::Path;

use crate::{
    domain::{
        catalog::Catalog,
        diagnosis::{Assessment, Correction, Encounter, Engine, Evidence, ModelScores},
        note::Reading,
    },
    infer::{Model, Place},
    knowledge::{self, KnowledgeError, Loaded},
};

/// Something the user has to know about what was, or was not, loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The knowledge folder or pack could not be used; the built-in one is on.
    KnowledgeFallback(String),
    /// Entries left out because of errors.
    EntriesLeftOut(usize),
    /// Ranks come from knowledge alone.
    ModelMissing(String),
}

/// Knowledge and model together.
#[derive(Debug)]
pub struct Advisor {
    pub engine: Engine,
    model: Option<Model>,
    pub notices: Vec<Notice>,
}

/// What was understood and what is advised, for one state of one note.
#[derive(Clone, Debug, Default)]
pub struct Advice {
    pub reading: Reading,
    pub evidence: Evidence,
    pub assessment: Assessment,
}

#[derive(Debug, thiserror::Error)]
pub enum AdvisorError {
    #[error(transparent)]
    Knowledge(#[from] KnowledgeError),
    #[error("知识库太大，内存放不下词典。没有改动任何记录；请换用程序自带的知识库。")]
    Dictionary,
}

impl Advisor {
    /// `folder` or pack file replaces the built-in knowledge; when it cannot be read the built-in one is used and said so.
    pub fn load(folder: Option<&Path>, model: Option<&Path>) -> Result<Self, AdvisorError> {
        let mut notices = vec![];
        let loaded = match folder.map(knowledge::load) {
            Some(Ok(loaded)) => Some(loaded),
            Some(Err(error)) => {
                notices.push(Notice::KnowledgeFallback(error.to_string()));
                None
            }
            None => None,
        };
        let Loaded { files, model: own } = match loaded {
            Some(loaded) => loaded,
            None => Loaded { files: knowledge::embedded()?, model: None },
        };
        let compiled = knowledge::compile(&files);
        let model = match (model, &own) {
            (Some(folder), _) => Place::Folder(folder),
            (None, Some(own)) => Place::Memory { manifest: &own.manifest, onnx: &own.onnx },
            (None, None) => Place::BuiltIn,
        };
        if compiled.lints.errors() > 0 {
            notices.push(Notice::EntriesLeftOut(compiled.lints.errors()));
        }
        Self::with_catalog(compiled.catalog, model, notices)
    }

    pub fn with_catalog(
        catalog: Catalog,
        model: Place<'_>,
        mut notices: Vec<Notice>,
    ) -> Result<Self, AdvisorError> {
        let engine = Engine::new(catalog).ok_or(AdvisorError::Dictionary)?;
        let model = match Model::load(model, &engine.catalog) {
            Ok(model) => Some(model),
            Err(error) => {
                notices.push(Notice::ModelMissing(error.to_string()));
                None
            }
        };
        Ok(Self { engine, model, notices })
    }

    pub fn knowledge_version(&self) -> &str {
        &self.engine.catalog.version
    }

    /// SHA-256 of the model in use, `None` when knowledge ranks alone.
    pub fn model_hash(&self) -> Option<&str> {
        self.model.as_ref().map(Model::sha256)
    }

    /// The visit way, first half: note -> findings -> evidence -> (model) -> assessment.
    pub fn advise(&self, encounter: &Encounter, text: &str, corrections: &[Correction]) -> Advice {
        let reading = self.engine.read(encounter, text);
        let evidence = self.engine.evidence(encounter, &reading, corrections);
        let scores = self.model.as_ref().and_then(|m| m.scores(encounter, &evidence).ok());
        let assessment = self.engine.assess(encounter, &evidence, scores.as_ref());
        Advice { reading, evidence, assessment }
    }

    pub fn model_scores(&self, encounter: &Encounter, evidence: &Evidence) -> Option<ModelScores> {
        self.model.as_ref().and_then(|m| m.scores(encounter, evidence).ok())
    }
}
