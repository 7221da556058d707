//! The ranking model: one row of features in, one log-probability a condition out.
use std::{
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

use ndarray::Array2;
use ort::{
    session::{Session, builder::GraphOptimizationLevel},
    value::Tensor,
};
use sha2::Digest;

use super::{backend, manifest::Manifest};
use crate::domain::{
    catalog::Catalog,
    diagnosis::{Encounter, Evidence, ModelScores, features::Encoder},
};

/// All of them leave the rules and the knowledge ranking at work.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("模型未加载：{0}。排序只用知识库，规则与危险信号照常。")]
    Missing(String),
    #[error(
        "模型未加载：文件与清单不符（{0}）。排序只用知识库，规则与危险信号照常；请重新取得模型。"
    )]
    Unfit(String),
    #[error("模型未加载：没有可用的推理引擎（{0}）。排序只用知识库，规则与危险信号照常。")]
    Backend(String),
    #[error("模型这次没有算出来（{0}）。排序只用知识库，规则与危险信号照常。")]
    Run(String),
}

/// Where a model is.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    BuiltIn,
    /// manifest.toml and the file that it names.
    Folder(&'a Path),
    Memory {
        manifest: &'a str,
        onnx: &'a [u8],
    },
}

/// The built-in model as files, to be packed.
pub fn built_in_files() -> (&'static str, &'static [u8]) {
    (MANIFEST, MODEL)
}

static MODEL: &[u8] = include_bytes!("../../models/ranker/model.onnx");
static MANIFEST: &str = include_str!("../../models/ranker/manifest.toml");

/// Largest file that is read as a model.
const LARGEST: u64 = 64 << 20;

/// One loaded model; inference is one thread, one row.
#[derive(Debug)]
pub struct Model {
    session: Mutex<Session>,
    encoder: Encoder,
    manifest: Manifest,
    /// Place in `Catalog::conditions` of each output.
    conditions: Vec<Option<usize>>,
    condition_count: usize,
    /// Outputs that were also trained on real patients.
    real: Vec<bool>,
}

impl Model {
    pub fn load(place: Place<'_>, catalog: &Catalog) -> Result<Self, ModelError> {
        match place {
            Place::BuiltIn => Self::from_memory(MANIFEST, MODEL, catalog),
            Place::Memory { manifest, onnx } => Self::from_memory(manifest, onnx, catalog),
            Place::Folder(folder) => {
                let text = fs::read_to_string(folder.join("manifest.toml"))
                    .map_err(|e| ModelError::Missing(e.to_string()))?;
                let manifest = Manifest::parse(&text)?;
                if manifest.file.contains(['/', '\\']) {
                    return Err(ModelError::Unfit("file 只能是文件名".into()));
                }
                let path = folder.join(&manifest.file);
                let size =
                    fs::metadata(&path).map_err(|e| ModelError::Missing(e.to_string()))?.len();
                if size > LARGEST {
                    return Err(ModelError::Unfit("模型文件过大".into()));
                }
                let bytes = fs::read(&path).map_err(|e| ModelError::Missing(e.to_string()))?;
                Self::from_memory(&text, &bytes, catalog)
            }
        }
    }

    fn from_memory(manifest: &str, bytes: &[u8], catalog: &Catalog) -> Result<Self, ModelError> {
        let manifest = Manifest::parse(manifest)?;
        let hash: String = sha2::Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        if hash != manifest.sha256 {
            return Err(ModelError::Unfit("sha256".into()));
        }
        let environment = backend::environment()?;
        let unfit = |e: &dyn std::fmt::Display| ModelError::Unfit(e.to_string());
        let mut builder = Session::builder(environment).map_err(|e| unfit(&e))?;
        // The embedded back end has no threads to set; one thread is what it uses.
        if let Ok(one_thread) = builder.clone().with_intra_threads(1) {
            builder = one_thread;
        }
        let mut builder =
            builder.with_optimization_level(GraphOptimizationLevel::All).map_err(|e| unfit(&e))?;
        let session = builder.commit_from_memory(bytes).map_err(|e| unfit(&e))?;
        let encoder = Encoder::new(catalog, &manifest.features);
        let conditions =
            manifest.labels.iter().map(|id| catalog.condition_ix.get(id).copied()).collect();
        let real = manifest.labels.iter().map(|id| manifest.real.contains(id)).collect();
        let model = Self {
            real,
            session: Mutex::new(session),
            encoder,
            conditions,
            condition_count: catalog.conditions.len(),
            manifest,
        };
        model.run(vec![0.0; model.encoder.len()])?;
        Ok(model)
    }

    pub fn sha256(&self) -> &str {
        &self.manifest.sha256
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Log-probability per condition; `None` for conditions that the model was not trained on.
    pub fn scores(
        &self,
        encounter: &Encounter,
        evidence: &Evidence,
    ) -> Result<ModelScores, ModelError> {
        let outputs = self.run(self.encoder.encode(encounter, evidence))?;
        let mut scores = ModelScores { log: vec![None; self.condition_count], met: 0.0 };
        let of_those_met = encounter
            .age
            .is_none_or(|age| f64::from(age.days()) < self.manifest.real_until_years * 365.25);
        for ((condition, log), real) in self.conditions.iter().zip(outputs).zip(&self.real) {
            if let Some(ix) = condition {
                scores.log[*ix] = Some(log);
            }
            if *real && of_those_met {
                scores.met += log.exp();
            }
        }
        Ok(scores)
    }

    /// Log-softmax of the outputs.
    fn run(&self, row: Vec<f32>) -> Result<Vec<f64>, ModelError> {
        let failed = |e: &dyn std::fmt::Display| ModelError::Run(e.to_string());
        let width = row.len();
        let input = Array2::from_shape_vec((1, width), row).map_err(|e| failed(&e))?;
        let tensor = Tensor::from_array(input).map_err(|e| failed(&e))?;
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session
            .run(ort::inputs![self.manifest.input.as_str() => tensor])
            .map_err(|e| failed(&e))?;
        let output = outputs
            .get(self.manifest.output.as_str())
            .ok_or_else(|| ModelError::Unfit("没有这个输出".into()))?;
        let (_, values) = output.try_extract_tensor::<f32>().map_err(|e| failed(&e))?;
        if values.len() != self.manifest.labels.len() || values.iter().any(|v| !v.is_finite()) {
            return Err(ModelError::Unfit("输出的形状或数值不对".into()));
        }
        let top = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = values.iter().map(|v| f64::from(v - top).exp()).sum();
        Ok(values.iter().map(|v| f64::from(v - top) - sum.ln()).collect())
    }
}
