//! What differs between provinces and institutions, as data: addresses, required fields, words of refusal and their
//! remedies. A station's own file is laid over the defaults.
use std::collections::BTreeMap;

use serde::Deserialize;

const DEFAULT: &str = include_str!("profiles/default.toml");

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    pub platform: PlatformProfile,
    pub insurance: InsuranceProfile,
    #[serde(default)]
    pub remedy: Vec<Remedy>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformProfile {
    pub url: String,
    pub app_key: String,
    /// A file that holds the secret alone; the secret itself is never in the profile.
    #[serde(default)]
    pub secret_file: String,
    #[serde(skip)]
    pub secret: String,
    /// This institution's ref_ent_id and ent_id.
    pub ref_user_id: String,
    pub ent_id: String,
    pub operator: String,
    pub client_type: String,
    pub physic_type: String,
    pub deadline_hours: u32,
    pub timeout_s: u32,
}

impl std::fmt::Debug for PlatformProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlatformProfile")
            .field("url", &self.url)
            .field("app_key", &self.app_key)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsuranceProfile {
    pub url: String,
    pub org_code: String,
    pub org_name: String,
    pub region: String,
    pub batch: String,
    pub count_in: String,
    pub deadline_hours: u32,
    pub timeout_s: u32,
    pub duplicate_words: Vec<String>,
    pub busy_words: Vec<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub constants: BTreeMap<String, String>,
    pub interfaces: BTreeMap<String, Interface>,
    pub data_types: BTreeMap<String, String>,
    /// Fields that this province asks for although others do not, by interface number.
    #[serde(default)]
    pub required: BTreeMap<String, Vec<String>>,
    /// Fields that this province does not ask for.
    #[serde(default)]
    pub optional: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    pub infno: String,
    pub node: String,
    #[serde(default)]
    pub inv_chg_type: String,
}

/// A word of a platform's refusal, and what a person does about it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    pub word: String,
    pub zh: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
}

impl Profile {
    /// The defaults with a station's own file laid over them.
    pub fn over_defaults(own: &str) -> Result<Self, ProfileError> {
        let mut table: toml::Table = toml::from_str(DEFAULT)?;
        let own: toml::Table = toml::from_str(own)?;
        lay_over(&mut table, own);
        Ok(toml::Value::Table(table).try_into()?)
    }

    /// In plain Chinese, what to do about these words.
    pub fn remedy(&self, words: &str) -> String {
        let small = words.to_lowercase();
        self.remedy.iter().find(|remedy| small.contains(&remedy.word.to_lowercase())).map_or_else(
            || "请按平台的原话处理后重传；看不懂就把原话念给平台客服。".to_owned(),
            |remedy| remedy.zh.clone(),
        )
    }
}

/// Tables are merged, own remedies go before the defaults', everything else is replaced.
fn lay_over(base: &mut toml::Table, own: toml::Table) {
    for (key, value) in own {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(own)) => lay_over(base, own),
            (Some(toml::Value::Array(base)), toml::Value::Array(mut own)) if key == "remedy" => {
                own.append(base);
                *base = own;
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stations_file_is_laid_over_the_defaults_and_unknown_keys_are_refused() {
        let own = "name = '某省'\n[insurance]\nbatch = 'A'\n[insurance.required]\n3505 = ['setl_id']\n[[remedy]]\nword = 'X1'\nzh = '先甲后乙'";
        let profile = Profile::over_defaults(own).unwrap();
        assert_eq!((profile.name.as_str(), profile.insurance.batch.as_str()), ("某省", "A"));
        assert_eq!(profile.insurance.interfaces["retail"].infno, "3505");
        assert_eq!(profile.remedy("错误 x1"), "先甲后乙");
        assert!(profile.remedy("BILL_DECODE_ERROR").contains("20 位"));
        let wrong = Profile::over_defaults("[platform]\nsecret = 'x'").unwrap_err();
        assert!(wrong.to_string().contains("secret"), "{wrong}");
    }
}
