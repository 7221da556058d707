//! Drug names as printed, said, abbreviated or typed in pinyin -> drugs of the formulary.
mod ladder;

use std::collections::{HashMap, HashSet};

use crate::domain::{
    catalog::{Catalog, formulary::Formulary},
    spelling::spellings,
};
pub use ladder::plain_name;
pub(super) use ladder::{beginnings, printed_strength, skip_form};
use ladder::{in_brackets, ladder, without_form, without_strength};

/// How a name was matched; ordered from sure to doubtful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameMatch {
    Exact,
    Abbreviation,
    Initials,
    Prefix,
    Pinyin,
    Fuzzy,
    Unknown,
}

impl NameMatch {
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Exact => "名称",
            Self::Abbreviation => "缩写",
            Self::Initials => "拼音首字母",
            Self::Prefix => "名称开头",
            Self::Pinyin => "全拼",
            Self::Fuzzy => "近似，请核对",
            Self::Unknown => "库中无此药",
        }
    }
}

/// One drug that a typed name may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Place in `Formulary::drugs`.
    pub drug: usize,
    /// The name that matched.
    pub name: String,
    pub how: NameMatch,
}

/// Short names of long standing; the first id that the formulary has is meant.
const ABBREVIATIONS: &[(&str, &[&str])] = &[
    ("ns", &["sodium-chloride"]),
    ("gs", &["glucose"]),
    ("gns", &["glucose-sodium-chloride"]),
    ("vc", &["vitamin-c"]),
    ("vitc", &["vitamin-c"]),
    ("vb1", &["vitamin-b1"]),
    ("vitb1", &["vitamin-b1"]),
    ("vb6", &["vitamin-b6"]),
    ("vitb6", &["vitamin-b6"]),
    ("vb12", &["vitamin-b12"]),
    ("vitb12", &["vitamin-b12"]),
    ("vk1", &["vitamin-k1"]),
    ("dxm", &["dexamethasone"]),
    ("dex", &["dexamethasone"]),
    ("pg", &["benzylpenicillin"]),
    ("png", &["benzylpenicillin"]),
    ("asa", &["aspirin"]),
    ("smz", &["compound-sulfamethoxazole", "sulfamethoxazole-trimethoprim"]),
    ("smzco", &["compound-sulfamethoxazole", "sulfamethoxazole-trimethoprim"]),
    ("mtx", &["methotrexate"]),
    ("inh", &["isoniazid"]),
    ("rfp", &["rifampicin"]),
    ("pza", &["pyrazinamide"]),
    ("emb", &["ethambutol"]),
    ("hctz", &["hydrochlorothiazide"]),
    ("ptu", &["propylthiouracil"]),
    ("tat", &["tetanus-antitoxin"]),
    ("ors", &["oral-rehydration-salts"]),
    ("kcl", &["potassium-chloride"]),
    ("apap", &["acetaminophen", "paracetamol"]),
    ("654-2", &["anisodamine", "racanisodamine"]),
];

struct Spelled {
    key: String,
    drug: usize,
    /// Place of the name in `names`.
    name: usize,
    /// The generic name, not a brand.
    generic: bool,
}

/// All names of all drugs, ready for look-up; built once and kept beside the catalog.
pub struct RxIndex {
    exact: HashMap<String, Vec<usize>>,
    names: Vec<String>,
    /// Names as the knowledge base writes them, before anything is cut off.
    own: HashSet<String>,
    literal: Vec<Spelled>,
    initials: Vec<Spelled>,
    full: Vec<Spelled>,
    homophones: HashMap<String, Vec<usize>>,
    /// Herb names that rules or patent drugs speak of.
    pub(super) herbs: HashSet<String>,
    /// Rows of `Formulary::interactions` by drug id or `@class`.
    pub(super) rows: HashMap<String, Vec<u32>>,
    /// Drug and class names that may stand inside an allergy history, longest first.
    pub(super) allergens: Vec<(String, super::allergy::Allergen)>,
    /// Diagnosis names, longest first, with their ICD-10 codes.
    pub(super) diagnoses: Vec<(String, Vec<String>)>,
    longest_name: usize,
}

impl std::fmt::Debug for RxIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RxIndex({} names)", self.names.len())
    }
}

impl RxIndex {
    pub fn new(catalog: &Catalog) -> Self {
        let formulary = &catalog.formulary;
        let mut index = Self {
            exact: HashMap::new(),
            names: vec![],
            own: HashSet::new(),
            literal: vec![],
            initials: vec![],
            full: vec![],
            homophones: HashMap::new(),
            herbs: super::tcm::herb_names(formulary),
            rows: super::interaction::rows(formulary),
            allergens: super::allergy::allergens(formulary),
            diagnoses: super::person::diagnosis_names(catalog),
            longest_name: 0,
        };
        for (drug, entry) in formulary.drugs.iter().enumerate() {
            let mut seen = HashSet::new();
            let all = std::iter::once(&entry.zh).chain(&entry.synonyms);
            for (n, name) in all.enumerate() {
                if seen.insert(plain_name(name)) {
                    index.add(name, drug, n == 0);
                }
            }
            for name in [&entry.en, &entry.id] {
                let key = plain_name(name);
                if !key.is_empty() && seen.insert(key.clone()) {
                    index.names.push(name.clone());
                    index.literal.push(Spelled {
                        key: key.clone(),
                        drug,
                        name: index.names.len() - 1,
                        generic: true,
                    });
                    push(&mut index.exact, key, drug);
                }
            }
        }
        index.shortened(formulary);
        for (short, ids) in ABBREVIATIONS {
            if let Some(drug) = ids.iter().find_map(|id| formulary.drug_ix.get(*id)) {
                index.exact.insert(plain_name(short), vec![*drug]);
            }
        }
        index.longest_name = index.exact.keys().map(|k| k.chars().count()).max().unwrap_or(0);
        index
    }

    fn add(&mut self, name: &str, drug: usize, generic: bool) {
        let key = plain_name(name);
        if key.is_empty() {
            return;
        }
        self.longest_name = self.longest_name.max(key.chars().count());
        self.names.push(name.to_owned());
        let at = self.names.len() - 1;
        push(&mut self.exact, key.clone(), drug);
        self.own.insert(key.clone());
        let spelled = spellings(name);
        for initials in spelled.initials.into_iter().take(6) {
            self.initials.push(Spelled { key: initials, drug, name: at, generic });
        }
        for full in spelled.full.into_iter().take(6) {
            push(&mut self.homophones, full.clone(), drug);
            self.full.push(Spelled { key: full, drug, name: at, generic });
        }
        self.literal.push(Spelled { key, drug, name: at, generic });
    }

    /// Names without form and salt also lead to their drug, unless they are another drug's own name.
    fn shortened(&mut self, formulary: &Formulary) {
        let mut more: HashMap<String, Vec<usize>> = HashMap::new();
        for (drug, entry) in formulary.drugs.iter().enumerate() {
            for name in std::iter::once(&entry.zh).chain(&entry.synonyms) {
                for rung in ladder(name).into_iter().skip(1) {
                    if !self.exact.contains_key(&rung) {
                        push(&mut more, rung, drug);
                    }
                }
            }
        }
        for (key, drugs) in more {
            // "维生素" must not stand for each of them.
            if drugs.len() <= 2 {
                self.exact.insert(key, drugs);
            }
        }
    }

    /// The drugs that a printed name surely means; several = ambiguous, none = unknown.
    pub fn resolve(&self, printed: &str) -> Vec<usize> {
        for rung in ladder(printed) {
            if let Some(drugs) = self.exact.get(&rung) {
                return drugs.clone();
            }
        }
        let name = plain_name(printed);
        // The brand in brackets, when the words before it are not known.
        if let Some(drugs) = in_brackets(&name).and_then(|inner| self.exact.get(inner)) {
            return drugs.clone();
        }
        let short = without_form(without_strength(&name));
        if short.chars().count() >= 3 && !short.is_ascii() {
            // A slip of the input method sounds the same.
            let heard: HashSet<usize> = spellings(short)
                .full
                .iter()
                .filter_map(|s| self.homophones.get(s))
                .flatten()
                .copied()
                .collect();
            if heard.len() == 1 {
                return heard.into_iter().collect();
            }
        }
        vec![]
    }

    /// Drugs named inside a text, longest names first and without overlap.
    pub(super) fn drugs_inside(&self, text: &str) -> Vec<usize> {
        let mut rest = plain_name(text);
        let mut found = vec![];
        for (name, allergen) in &self.allergens {
            if let super::allergy::Allergen::Drug(drug) = allergen
                && name.chars().count() >= 3
                && rest.contains(name.as_str())
            {
                found.push(*drug);
                rest = rest.replace(name.as_str(), "\u{1}");
            }
        }
        found
    }

    /// Whether a drug is called exactly this.
    pub(super) fn is_own_name(&self, name: &str) -> bool {
        self.own.contains(&plain_name(name))
    }

    /// Bytes of the longest known name at the start of `text` (already [`plain_name`]d): `维生素b1` before `维生素b`.
    pub(super) fn leading_name(&self, text: &str) -> Option<(usize, Vec<usize>)> {
        let ends: Vec<usize> =
            text.char_indices().map(|(at, c)| at + c.len_utf8()).take(self.longest_name).collect();
        ends.into_iter().rev().filter(|end| *end > 1).find_map(|end| {
            let drugs = self.exact.get(&text[..end])?;
            // "vc" must not be found in "vcd", "b1" not in "b12".
            let cut = text[..end].ends_with(|c: char| c.is_ascii_alphabetic())
                && text[end..].starts_with(|c: char| c.is_ascii_alphabetic());
            (!cut).then(|| (end, drugs.clone()))
        })
    }

    /// What a typed beginning may mean, best first.
    pub fn candidates(&self, formulary: &Formulary, typed: &str, limit: usize) -> Vec<Candidate> {
        let key = plain_name(typed);
        if key.is_empty() {
            return vec![];
        }
        let mut found: Vec<(NameMatch, bool, bool, usize, Candidate)> = vec![];
        let mut add = |how: NameMatch, drug: usize, name: &str, generic: bool| {
            let candidate = Candidate { drug, name: name.to_owned(), how };
            let essential = formulary.drugs[drug].essential;
            found.push((how, !essential, !generic, name.chars().count(), candidate));
        };
        for drug in self.resolve(typed) {
            let how = if key.is_ascii() && ABBREVIATIONS.iter().any(|(s, _)| *s == key) {
                NameMatch::Abbreviation
            } else {
                NameMatch::Exact
            };
            add(how, drug, &formulary.drugs[drug].zh, true);
        }
        if key.is_ascii() {
            for s in &self.initials {
                // Whole initials before longer names that begin the same.
                if s.key == key {
                    add(NameMatch::Initials, s.drug, &self.names[s.name], s.generic);
                } else if key.len() >= 2 && s.key.starts_with(&key) {
                    add(NameMatch::Prefix, s.drug, &self.names[s.name], s.generic);
                }
            }
            if key.len() >= 3 {
                for s in self.full.iter().filter(|s| s.key.starts_with(&key)) {
                    add(NameMatch::Pinyin, s.drug, &self.names[s.name], s.generic);
                }
            }
        }
        if key.chars().count() >= 2 {
            for s in self.literal.iter().filter(|s| s.key.starts_with(&key) && s.key != key) {
                add(NameMatch::Prefix, s.drug, &self.names[s.name], s.generic);
            }
        }
        let nothing = found.is_empty();
        let mut add = |drug: usize, name: &str, generic: bool| {
            let candidate = Candidate { drug, name: name.to_owned(), how: NameMatch::Fuzzy };
            let essential = formulary.drugs[drug].essential;
            found.push((NameMatch::Fuzzy, !essential, !generic, name.chars().count(), candidate));
        };
        if nothing && key.chars().count() >= 3 {
            for s in &self.literal {
                if one_slip(&key, &s.key) {
                    add(s.drug, &self.names[s.name], s.generic);
                }
            }
            if key.is_ascii() && key.len() >= 5 {
                for s in &self.full {
                    if one_slip(&key, &s.key) {
                        add(s.drug, &self.names[s.name], s.generic);
                    }
                }
            }
        }
        found.sort_by_key(|f| (f.0, f.1, f.2, f.3, f.4.drug));
        let mut seen = HashSet::new();
        found.into_iter().map(|f| f.4).filter(|c| seen.insert(c.drug)).take(limit).collect()
    }
}

fn push(map: &mut HashMap<String, Vec<usize>>, key: String, drug: usize) {
    let drugs = map.entry(key).or_default();
    if !drugs.contains(&drug) {
        drugs.push(drug);
    }
}

/// One character changed, left out or put in.
fn one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let same_start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest_a = &a[same_start..];
    let rest_b = &b[same_start..];
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Equal => rest_a.len() <= 1 || rest_a[1..] == rest_b[1..],
        std::cmp::Ordering::Less => rest_b.get(1..).is_some_and(|r| r == rest_a),
        std::cmp::Ordering::Greater => rest_a.get(1..).is_some_and(|r| r == rest_b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_one_character() {
        assert!(one_slip("阿莫西淋", "阿莫西林"));
        assert!(one_slip("amoxicilin", "amoxicillin"));
        assert!(!one_slip("头孢拉定", "头孢他啶"));
    }
}
