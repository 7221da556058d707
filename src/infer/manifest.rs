//! What a model says about itself: inputs, labels, hash, what it was trained on.
use serde::Deserialize;

use super::ModelError;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub name: String,
    pub file: String,
    pub sha256: String,
    pub input: String,
    pub output: String,
    /// Knowledge version that the training cases were simulated from.
    pub trained_on: String,
    pub cases: u64,
    pub seed: u64,
    /// Names of the inputs, see `domain::diagnosis::features`.
    pub features: Vec<String>,
    /// Condition ids, in the order of the outputs.
    pub labels: Vec<String>,
    /// Those of them that were also trained on real patients.
    #[serde(default)]
    pub real: Vec<String>,
    /// Those patients were younger than this; of older ones nothing was learned from them.
    #[serde(default)]
    pub real_until_years: f64,
}

/// More than any model of ours has; a manifest beyond it is a mistake or an attack.
const MOST: usize = 20_000;

impl Manifest {
    pub(super) fn parse(text: &str) -> Result<Self, ModelError> {
        let manifest: Self = toml::from_str(text)
            .map_err(|e| ModelError::Unfit(format!("manifest.toml：{}", e.message())))?;
        if manifest.features.is_empty()
            || manifest.labels.is_empty()
            || manifest.features.len() > MOST
            || manifest.labels.len() > MOST
        {
            return Err(ModelError::Unfit("manifest.toml 的输入或标签数量不对".into()));
        }
        Ok(manifest)
    }
}
