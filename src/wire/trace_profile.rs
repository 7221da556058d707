//! What differs between provinces and institutions, as data: addresses, required fields, words of refusal and their
//! remedies. A station's own file is laid over the defaults.
use std::collections::BTreeMap;

use serde::Deserialize;

const DEFAULT: &str = include_str!("profiles/default.toml");

/// Profiles that come with the program: what differs from the default, by name. Ours, made from the interface facts.
const NAMED: [(&str, &str); 3] = [
    ("default", ""),
    ("strict", include_str!("profiles/strict.toml")),
    ("batch", include_str!("profiles/batch.toml")),
];

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    /// The shipped profile that a station's own file is laid over.
    #[serde(default)]
    pub base: String,
    /// Where its facts come from.
    #[serde(default)]
    pub basis: Vec<String>,
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
    /// Fields that this platform asks for beside those that its interface marks as required.
    #[serde(default)]
    pub required: Vec<String>,
    /// Fields that are the same in every bill, such as the station's address.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    /// What becomes of refused goods: `not-passed` = 102 with xt_is_check 0, `not-told`.
    pub rejected: String,
    /// xt_check_code by cause; the list of codes was in none of our sources.
    #[serde(default)]
    pub check_codes: BTreeMap<String, String>,
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
    /// Interfaces that have a batch form; none named = all.
    #[serde(default)]
    pub batch_for: Vec<String>,
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
    #[error("没有名为“{name}”的配置；可用：{known}")]
    Unknown { name: String, known: String },
}

impl Profile {
    /// The defaults with a station's own file laid over them.
    pub fn over_defaults(own: &str) -> Result<Self, ProfileError> {
        Self::over("default", own)
    }

    /// A shipped profile with a station's own file laid over it; a `base` in the file wins over the one given.
    pub fn over(base: &str, own: &str) -> Result<Self, ProfileError> {
        let own: toml::Table = toml::from_str(own)?;
        let base = own.get("base").and_then(toml::Value::as_str).unwrap_or(base).to_owned();
        let Some((_, differs)) = NAMED.iter().find(|(name, _)| *name == base) else {
            let known = Self::names().join(" ");
            return Err(ProfileError::Unknown { name: base, known });
        };
        let mut table: toml::Table = toml::from_str(DEFAULT)?;
        lay_over(&mut table, toml::from_str(differs)?);
        lay_over(&mut table, own);
        table.insert("base".to_owned(), toml::Value::String(base));
        Ok(toml::Value::Table(table).try_into()?)
    }

    /// Names of the shipped profiles.
    pub fn names() -> Vec<&'static str> {
        NAMED.iter().map(|(name, _)| *name).collect()
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

    #[test]
    fn every_shipped_profile_says_where_it_comes_from_and_differs_in_what_it_requires() {
        let mut required = std::collections::BTreeSet::new();
        for name in Profile::names() {
            let profile = Profile::over(name, "").unwrap();
            assert!(!profile.basis.is_empty() && profile.base == name, "{name}");
            let lists = (&profile.insurance.required, &profile.insurance.optional);
            required.insert(format!("{lists:?} {:?}", profile.platform.required));
        }
        assert_eq!(required.len(), 3);
        let own = Profile::over("default", "base = 'strict'\nname = '某县'").unwrap();
        assert_eq!((own.base.as_str(), own.name.as_str()), ("strict", "某县"));
        assert!(own.insurance.required["3505"].contains(&"expy_end".to_owned()));
        let wrong = Profile::over("某省", "").unwrap_err().to_string();
        assert!(wrong.contains("某省") && wrong.contains("strict"), "{wrong}");
    }
}
