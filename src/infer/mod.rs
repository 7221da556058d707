//! ONNX ranks: an absent or unfit model means no ranks, never an error on the screen.
use std::path::Path;

use crate::domain::{
    catalog::Catalog,
    diagnosis::{Encounter, Evidence, ModelScores},
};

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("模型未加载：{0}。排序只用知识库，规则与危险信号照常。")]
    Missing(String),
}

/// The ranking model.
#[derive(Debug)]
pub struct Model {
    sha256: String,
}

impl Model {
    pub fn load(_path: Option<&Path>, _catalog: &Catalog) -> Result<Self, ModelError> {
        Err(ModelError::Missing("没有模型文件".into()))
    }

    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    pub fn scores(
        &self,
        _encounter: &Encounter,
        _evidence: &Evidence,
    ) -> Result<ModelScores, ModelError> {
        Err(ModelError::Missing("没有模型文件".into()))
    }
}
