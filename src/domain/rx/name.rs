//! Drug names as printed, said, abbreviated or typed in pinyin -> drugs of the formulary.
use std::collections::{HashMap, HashSet};

use super::units::half_width;
use crate::domain::{
    catalog::{Catalog, formulary::Formulary},
    spelling::spellings,
};

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

/// Words for forms; cut off the end of a name, longest first.
const FORMS: &[&str] = &[
    "肠溶干混悬剂",
    "吸入粉雾剂",
    "吸入气雾剂",
    "雾化吸入溶液",
    "雾化混悬液",
    "吸入用混悬液",
    "吸入混悬液",
    "混悬滴剂",
    "阴道软胶囊",
    "阴道泡腾片",
    "双释放肠溶胶囊",
    "肠溶缓释片",
    "肠溶胶囊",
    "肠溶微丸",
    "缓释胶囊",
    "控释胶囊",
    "缓释微丸",
    "缓释颗粒",
    "缓释混悬液",
    "双层片",
    "软胶囊",
    "硬胶囊",
    "胶囊剂",
    "胶囊",
    "胶丸",
    "干混悬剂",
    "混悬液",
    "混悬剂",
    "口服乳",
    "口服溶液剂",
    "口服溶液",
    "口服液",
    "分散片",
    "咀嚼片",
    "泡腾片",
    "肠溶片",
    "控释片",
    "缓释片",
    "口崩片",
    "口腔崩解片",
    "舌下片",
    "含片",
    "薄膜衣片",
    "糖衣片",
    "阴道片",
    "泡腾颗粒",
    "颗粒剂",
    "颗粒",
    "冲剂",
    "散剂",
    "滴丸",
    "蜜丸",
    "水丸",
    "大蜜丸",
    "小蜜丸",
    "浓缩丸",
    "水蜜丸",
    "注射用粉末",
    "注射用浓溶液",
    "小水针",
    "注射液",
    "注射剂",
    "粉针剂",
    "粉针",
    "冻干粉",
    "针剂",
    "针",
    "乳状注射液",
    "脂肪乳",
    "滴眼液",
    "滴眼剂",
    "眼用凝胶",
    "眼药水",
    "眼膏",
    "眼凝胶",
    "滴耳液",
    "滴耳剂",
    "滴鼻液",
    "滴鼻剂",
    "鼻喷雾剂",
    "喷鼻剂",
    "鼻喷剂",
    "喷雾剂",
    "气雾剂",
    "粉雾剂",
    "吸入剂",
    "雾化液",
    "雾化溶液",
    "吸入溶液",
    "乳膏剂",
    "乳膏",
    "软膏剂",
    "软膏",
    "凝胶剂",
    "凝胶",
    "乳胶剂",
    "搽剂",
    "洗剂",
    "酊剂",
    "酊",
    "贴剂",
    "贴膏",
    "贴片",
    "贴",
    "膏药",
    "橡胶膏",
    "透皮贴剂",
    "栓剂",
    "栓",
    "灌肠剂",
    "灌肠液",
    "涂剂",
    "溶液剂",
    "溶液",
    "糖浆剂",
    "糖浆",
    "滴剂",
    "合剂",
    "煎膏",
    "饮片",
    "片剂",
    "片",
    "输液",
    "霜",
    "胶浆",
    "膜剂",
    "口溶膜",
];

/// Salts before the base name that may be left away; `左旋` and such change the drug and are not here.
const DROP_SALTS: &[&str] = &[
    "注射用",
    "吸入用",
    "盐酸",
    "硫酸氢",
    "硫酸",
    "马来酸",
    "富马酸",
    "苯磺酸",
    "甲磺酸",
    "对甲苯磺酸",
    "枸橼酸",
    "柠檬酸",
    "重酒石酸",
    "酒石酸",
    "琥珀酸",
    "磷酸",
    "醋酸",
    "丙酸",
    "糠酸",
    "氢溴酸",
    "门冬氨酸",
    "乳酸",
];
const METALS: &[&str] = &["钠", "钾", "钙", "镁", "二钠", "精氨酸盐", "酯"];

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

/// Half width, lower case, no blanks, dots or hyphens between words.
pub fn plain_name(text: &str) -> String {
    text.chars()
        .map(half_width)
        .filter(|c| {
            !c.is_whitespace()
                && !matches!(c, '·' | '•' | '®' | '™' | '"' | '“' | '”' | '\'' | '-' | '－' | '—')
        })
        .flat_map(char::to_lowercase)
        .collect()
}

fn without_brackets(name: &str) -> String {
    let mut depth = 0;
    name.chars()
        .filter(|c| match c {
            '(' | '[' => {
                depth += 1;
                false
            }
            ')' | ']' => {
                depth = (depth - 1).max(0);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

/// Cuts `0.25g×24片`, `10ml:1g`, `5%` at the end of a printed name; digits inside a name stay.
fn without_strength(name: &str) -> &str {
    let mut end = name.len();
    for (at, c) in name.char_indices() {
        if !c.is_ascii_digit() || at == 0 {
            continue;
        }
        let before = name[..at].chars().next_back();
        if before.is_some_and(|b| b.is_ascii_alphanumeric() || b == '.') {
            continue;
        }
        let tail = &name[at..];
        let rest = tail.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let unit = ["mg", "ml", "ug", "μg", "g", "iu", "万", "%", "u", "片", "粒", "袋", "支", "l"];
        if unit.iter().any(|u| rest.starts_with(u)) {
            end = at;
            break;
        }
    }
    &name[..end]
}

/// The strength inside a printed name; empty when there is none.
pub(super) fn printed_strength(printed: &str) -> &str {
    let printed = printed.trim();
    if let Some((_, rest)) = super::units::number(printed) {
        if let Some(sign) = rest.chars().next().filter(|c| matches!(c, '%' | '％')) {
            return &printed[..printed.len() - rest.len() + sign.len_utf8()];
        }
    }
    let blank = printed.char_indices().skip(1).find(|(at, c)| {
        c.is_ascii_digit()
            && printed[..*at].ends_with(|b: char| b.is_whitespace() || matches!(b, '(' | '（'))
    });
    if let Some((at, _)) = blank {
        return &printed[at..];
    }
    let cut = without_strength(printed);
    &printed[cut.len()..]
}

fn without_leading_percent(name: &str) -> &str {
    match super::units::number(name) {
        Some((_, rest)) if rest.starts_with('%') => &rest[1..],
        _ => name,
    }
}

fn without_form(name: &str) -> &str {
    let mut name = name;
    for _ in 0..2 {
        let Some(form) = FORMS.iter().filter(|f| name.ends_with(**f)).max_by_key(|f| f.len())
        else {
            break;
        };
        let base = &name[..name.len() - form.len()];
        if base.chars().count() < 2 {
            break;
        }
        name = base;
    }
    name
}

fn without_salt(name: &str) -> &str {
    let mut name = name;
    for _ in 0..3 {
        let Some(rest) = DROP_SALTS
            .iter()
            .filter_map(|s| name.strip_prefix(s))
            .find(|rest| rest.chars().count() >= 2)
        else {
            break;
        };
        name = rest;
    }
    name
}

fn without_metal(name: &str) -> &str {
    METALS
        .iter()
        .filter_map(|m| name.strip_suffix(m))
        .find(|rest| rest.chars().count() >= 3)
        .unwrap_or(name)
}

/// The spellings of a name from most to least literal; the first that is known decides.
fn ladder(name: &str) -> Vec<String> {
    let whole = plain_name(name);
    let open = without_brackets(&whole);
    let bare = without_strength(&open).to_owned();
    let bare = if bare.is_empty() { open.clone() } else { bare };
    let percent = without_leading_percent(&bare).to_owned();
    let formless = without_form(&percent).to_owned();
    let saltless = without_salt(&formless).to_owned();
    let metalless = without_metal(&saltless).to_owned();
    let kept_form_saltless = without_salt(&percent).to_owned();
    let metal_only = without_metal(&formless).to_owned();
    let injection = percent.strip_prefix("注射用").map(str::to_owned).unwrap_or_default();
    let mut rungs: Vec<String> = vec![];
    for rung in [
        whole,
        open,
        bare,
        percent,
        injection,
        kept_form_saltless,
        formless,
        metal_only,
        saltless,
        metalless,
    ] {
        if rung.chars().count() >= 2 && !rungs.contains(&rung) {
            rungs.push(rung);
        }
    }
    rungs
}

/// Where a base name may begin: at once, behind a percentage, behind salts.
pub(super) fn beginnings(plain: &str) -> Vec<usize> {
    let percent = plain.len() - without_leading_percent(plain).len();
    let mut starts = vec![0];
    let mut at = percent;
    if at > 0 {
        starts.push(at);
    }
    while let Some(salt) = DROP_SALTS.iter().find(|s| plain[at..].starts_with(**s)) {
        at += salt.len();
        starts.push(at);
    }
    starts
}

/// Bytes of salt endings, form words and a bracket that follow a name.
pub(super) fn skip_form(text: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let word =
            METALS.iter().chain(FORMS).filter(|w| rest.starts_with(**w)).map(|w| w.len()).max();
        if let Some(len) = word {
            at += len;
            continue;
        }
        if rest.starts_with('(') && !rest.starts_with(|c: char| c.is_ascii_digit()) {
            if let Some(close) = rest.find(')') {
                let inner = &rest[1..close];
                if !inner.is_empty()
                    && !inner.contains(|c: char| c.is_ascii_digit())
                    && inner.chars().count() <= 8
                    && !inner.contains("皮试")
                {
                    at += close + 1;
                    continue;
                }
            }
        }
        return at;
    }
}

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
        found.sort_by(|a, b| (a.0, a.1, a.2, a.3, a.4.drug).cmp(&(b.0, b.1, b.2, b.3, b.4.drug)));
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
    fn printed_names_lose_strength_form_and_salt_in_turn() {
        let rungs = ladder("盐酸氨溴索口服溶液（沐舒坦）100ml:0.6g");
        assert!(rungs.contains(&"氨溴索".to_owned()), "{rungs:?}");
        assert!(ladder("注射用头孢曲松钠").contains(&"头孢曲松".to_owned()));
        assert!(ladder("0.9%氯化钠注射液").contains(&"氯化钠".to_owned()));
        assert!(ladder("维生素B12片").contains(&"维生素b12".to_owned()));
        assert!(!ladder("维生素B12片").contains(&"维生素b".to_owned()));
        assert!(!ladder("氯化钠").contains(&"氯化".to_owned()));
    }

    #[test]
    fn a_slip_is_one_character() {
        assert!(one_slip("阿莫西淋", "阿莫西林"));
        assert!(one_slip("amoxicilin", "amoxicillin"));
        assert!(!one_slip("头孢拉定", "头孢他啶"));
    }
}
