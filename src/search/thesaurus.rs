//! Which words mean the same: the names of findings, illnesses, drugs and classes, everyday speech among them.
use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{
    SearchError,
    passages::{Passage, title_parts},
    tokens::fold,
};
use crate::domain::catalog::{Catalog, finding::FindingKind};

/// Longer names are sentences that nobody types whole.
const LONGEST_NAME: usize = 14;

/// Words that ask for a part of an entry: any of the first is answered by any of the second.
const ASKING: &[(&[&str], &[&str])] = &[
    (
        &[
            "怎么治",
            "怎么处理",
            "咋治",
            "如何治疗",
            "怎么治疗",
            "怎样治",
            "治疗",
            "用什么药",
            "吃什么药",
        ],
        &["处理", "治疗", "用药"],
    ),
    (
        &[
            "用量",
            "剂量",
            "用法",
            "怎么用",
            "怎么吃",
            "吃多少",
            "吃几片",
            "几片",
            "用多少",
            "用法用量",
        ],
        &["用法", "剂量"],
    ),
    (
        &["禁忌", "副作用", "不良反应", "不能用", "能不能用", "能用吗", "能不能吃"],
        &["注意", "禁忌", "避免"],
    ),
    (&["症状", "表现", "怎么诊断", "怎么判断", "诊断", "鉴别"], &["要点", "诊断", "识别", "判断"]),
    (
        &["转院", "上转", "什么时候转", "要不要转", "送医院", "转上级", "转诊"],
        &["转诊", "急转", "转运"],
    ),
    (&["复查", "复诊", "多久复查", "几天复查", "随访"], &["随访", "复查", "复诊"]),
    (&["交代", "嘱咐", "忌口", "宣教", "告知", "怎么说"], &["告知"]),
];

const STOP_WORDS: &[&str] = &[
    "的",
    "了",
    "吗",
    "呢",
    "吧",
    "和",
    "与",
    "或",
    "及",
    "在",
    "是",
    "有",
    "要",
    "就",
    "都",
    "很",
    "怎么",
    "怎么办",
    "咋办",
    "怎样",
    "如何",
    "什么",
    "哪些",
    "哪个",
    "可以",
    "应该",
    "请问",
    "患者",
    "病人",
    "时候",
    "出现",
    "怎么回事",
    "一个",
    "得了",
    "给",
    "用",
    "能",
    "能不能",
    "该",
    "会",
    "对",
    "把",
    "被",
    "后",
    "时",
    "多少",
];

/// A word that may stand for another, and how near it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Meaning {
    pub word: String,
    pub weight: f32,
}

#[derive(Debug, Default)]
struct Concept {
    main: String,
    others: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Thesaurus {
    concepts: Vec<Concept>,
    /// Folded name -> concepts it names.
    names: HashMap<String, Vec<u32>>,
    /// Names that stand in some passage, with how many.
    present: HashMap<String, u32>,
    asking: HashMap<&'static str, usize>,
    stops: HashSet<&'static str>,
}

impl Thesaurus {
    pub fn new(catalog: &Catalog, passages: &[Passage]) -> Result<Self, SearchError> {
        let mut thesaurus = Self {
            asking: ASKING
                .iter()
                .enumerate()
                .flat_map(|(n, (asked, _))| asked.iter().map(move |word| (*word, n)))
                .collect(),
            stops: STOP_WORDS.iter().copied().collect(),
            ..Self::default()
        };
        // "Takes ibuprofen" lists many drugs as if they were one.
        for finding in catalog.findings.iter().filter(|f| f.kind != FindingKind::DrugUse) {
            thesaurus.add(&finding.zh, &finding.synonyms);
        }
        for condition in &catalog.conditions {
            thesaurus.add(&condition.zh, &condition.synonyms);
        }
        for drug in &catalog.formulary.drugs {
            thesaurus.add(&drug.zh, &drug.synonyms);
        }
        let drugs: HashSet<&str> =
            catalog.formulary.drugs.iter().map(|drug| drug.zh.as_str()).collect();
        for class in &catalog.formulary.classes {
            // A class may list its best known drugs, which do not mean each other.
            let names: Vec<String> =
                class.synonyms.iter().filter(|s| !drugs.contains(s.as_str())).cloned().collect();
            thesaurus.add(&class.zh, &names);
        }
        for guideline in &catalog.guidelines {
            title_parts(&guideline.title).for_each(|part| thesaurus.add(part, &[]));
        }
        thesaurus.count(passages)?;
        Ok(thesaurus)
    }

    fn add(&mut self, main: &str, others: &[String]) {
        let ix = self.concepts.len() as u32;
        let mut concept = Concept { main: fold(main), others: vec![] };
        for name in std::iter::once(main).chain(others.iter().map(String::as_str)) {
            let name = fold(name).trim().to_owned();
            if !(2..=LONGEST_NAME).contains(&name.chars().count()) || name.contains(['*', ' ']) {
                continue;
            }
            let named = self.names.entry(name.clone()).or_default();
            if !named.contains(&ix) {
                named.push(ix);
            }
            if name != concept.main && !concept.others.contains(&name) {
                concept.others.push(name);
            }
        }
        self.concepts.push(concept);
    }

    /// Finds which names stand in the passages; the others would only slow a search.
    fn count(&mut self, passages: &[Passage]) -> Result<(), SearchError> {
        let names: Vec<&str> = self.names.keys().map(String::as_str).collect();
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&names)
            .map_err(|_| SearchError::Dictionary)?;
        let mut counts = vec![(0_u32, usize::MAX); names.len()];
        for (n, passage) in passages.iter().enumerate() {
            for found in automaton.find_overlapping_iter(&passage.folded) {
                let count = &mut counts[found.pattern().as_usize()];
                if count.1 != n {
                    *count = (count.0 + 1, n);
                }
            }
        }
        self.present = names
            .iter()
            .zip(counts)
            .filter(|(_, (count, _))| *count > 0)
            .map(|(name, (count, _))| ((*name).to_owned(), count))
            .collect();
        for concept in &mut self.concepts {
            concept.others.retain(|name| self.present.contains_key(name));
            concept.others.sort_by_key(|name| std::cmp::Reverse(self.present.get(name).copied()));
        }
        Ok(())
    }

    /// Names worth spelling: they, or another name of the same thing, stand in a passage. With how often.
    pub fn spoken(&self) -> impl Iterator<Item = (&str, f32)> {
        self.names.iter().filter_map(|(name, concepts)| {
            let own = self.present.get(name).copied().unwrap_or(0);
            let through = concepts
                .iter()
                .map(|ix| &self.concepts[*ix as usize])
                .flat_map(|c| std::iter::once(&c.main).chain(&c.others))
                .filter_map(|n| self.present.get(n))
                .max()
                .copied()
                .unwrap_or(0);
            let met = (own as f32).max(through as f32 * 0.2);
            (met > 0.0).then_some((name.as_str(), met))
        })
    }

    pub fn is_name(&self, word: &str) -> bool {
        self.names.contains_key(word)
    }

    pub fn is_asking(&self, word: &str) -> bool {
        self.asking.contains_key(word)
    }

    pub fn is_stop(&self, word: &str) -> bool {
        self.stops.contains(word)
    }

    /// The longest name, asking word or stop word at the beginning of `chars`: its length.
    pub fn longest_at(&self, chars: &[char]) -> Option<usize> {
        (2..=chars.len().min(LONGEST_NAME)).rev().find(|length| {
            let word: String = chars[..*length].iter().collect();
            self.is_name(&word) || self.is_asking(&word) || self.is_stop(&word)
        })
    }

    /// What else may stand for a word, nearest first.
    pub fn meanings(&self, word: &str) -> Vec<Meaning> {
        let mut found: Vec<Meaning> = vec![];
        let mut add = |word: &str, weight: f32| {
            if !found.iter().any(|m| m.word == word) {
                found.push(Meaning { word: word.to_owned(), weight });
            }
        };
        if let Some(n) = self.asking.get(word) {
            for section in ASKING[*n].1.iter().filter(|s| **s != word) {
                add(section, 0.7);
            }
        }
        let concepts = self.names.get(word).map_or(&[][..], Vec::as_slice);
        for concept in concepts.iter().map(|ix| &self.concepts[*ix as usize]) {
            if concept.main != word && self.present.contains_key(&concept.main) {
                add(&concept.main, 0.8);
            }
        }
        for concept in concepts.iter().map(|ix| &self.concepts[*ix as usize]) {
            for other in concept.others.iter().filter(|o| *o != word).take(8) {
                add(other, 0.55);
            }
        }
        found
    }
}
