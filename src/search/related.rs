//! What a paragraph leads to: the illnesses and drugs it names, the rules about them; and back: from a condition, a rule or
//! an alert to the paragraphs that support it.
use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{
    Hit, Kind, SearchError, SearchIndex, passages::Passage, query::plain_hit, tokens::fold,
};
use crate::domain::catalog::{Catalog, formulary::RxRule, red_flag::RedFlag};

const MOST_OF_A_KIND: usize = 6;
const MOST_SUPPORT: usize = 12;
const MOST_OF_ONE_DOCUMENT: usize = 4;
/// Shorter names stand inside other words.
const SHORTEST_NAME: usize = 2;

/// An entry that can be opened: `gout`, `colchicine`, `rule:acs-chest-pain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related {
    pub conditions: Vec<Entry>,
    pub drugs: Vec<Entry>,
    pub rules: Vec<Entry>,
}

impl Related {
    /// All of them in the order shown.
    pub fn all(&self) -> impl Iterator<Item = &Entry> {
        self.conditions.iter().chain(&self.drugs).chain(&self.rules)
    }
}

/// What the paragraphs should support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// Condition id.
    Condition(String),
    /// Id of a do-not-miss or prescription rule.
    Rule(String),
    Alert {
        /// `warfarin/limit-2`, `ddi/a+b`, or the id of a rule.
        rule: String,
        /// Drug ids, as the alert lists them.
        drugs: Vec<String>,
        message: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Condition(u32),
    Drug(u32),
}

#[derive(Debug)]
pub(super) struct Names {
    automaton: AhoCorasick,
    of_pattern: Vec<Named>,
    conditions: Vec<Entry>,
    drugs: Vec<Entry>,
    condition_ix: HashMap<String, u32>,
    drug_ix: HashMap<String, u32>,
    /// Drugs that an illness lists.
    drugs_of: HashMap<String, Vec<String>>,
    /// Drugs that a guideline lists.
    drugs_of_guideline: HashMap<String, Vec<String>>,
    /// Source ids that an illness cites.
    cited_by: HashMap<String, Vec<String>>,
    rules: HashMap<String, Passage>,
    rules_of: HashMap<String, Vec<Entry>>,
}

impl Names {
    pub fn new(catalog: &Catalog) -> Result<Self, SearchError> {
        let (mut patterns, mut of_pattern) = (vec![], vec![]);
        let mut seen: HashSet<String> = HashSet::new();
        let mut add = |names: &[&str], named: Named| {
            for name in names {
                let name = fold(name);
                let length = name.chars().count();
                if length >= SHORTEST_NAME && !name.is_ascii() && seen.insert(name.clone()) {
                    patterns.push(name);
                    of_pattern.push(named);
                }
            }
        };
        for (n, condition) in catalog.conditions.iter().enumerate() {
            let mut names = vec![condition.zh.as_str()];
            names.extend(condition.synonyms.iter().map(String::as_str));
            add(&names, Named::Condition(n as u32));
        }
        for (n, drug) in catalog.formulary.drugs.iter().enumerate() {
            add(&[drug.zh.as_str()], Named::Drug(n as u32));
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)
            .map_err(|_| SearchError::Dictionary)?;
        let entry = |id: &str, zh: &str| Entry { id: id.to_owned(), name: zh.to_owned() };
        let conditions: Vec<Entry> =
            catalog.conditions.iter().map(|c| entry(&c.id, &c.zh)).collect();
        let drugs: Vec<Entry> =
            catalog.formulary.drugs.iter().map(|d| entry(&d.id, &d.zh)).collect();
        let index = |list: &[Entry]| {
            list.iter().enumerate().map(|(n, e)| (e.id.clone(), n as u32)).collect()
        };
        let mut names = Self {
            automaton,
            of_pattern,
            condition_ix: index(&conditions),
            drug_ix: index(&drugs),
            conditions,
            drugs,
            drugs_of: catalog.conditions.iter().map(|c| (c.id.clone(), c.drugs.clone())).collect(),
            drugs_of_guideline: catalog
                .guidelines
                .iter()
                .map(|g| (g.id.clone(), g.drugs.clone()))
                .collect(),
            cited_by: catalog
                .conditions
                .iter()
                .map(|c| {
                    (c.id.clone(), c.sources.iter().map(|s| source_id(s).to_owned()).collect())
                })
                .collect(),
            rules: HashMap::new(),
            rules_of: HashMap::new(),
        };
        catalog.red_flags.iter().for_each(|rule| names.add_red_flag(catalog, rule));
        catalog.formulary.rules.iter().for_each(|rule| names.add_rx_rule(catalog, rule));
        Ok(names)
    }

    fn add_red_flag(&mut self, catalog: &Catalog, rule: &RedFlag) {
        let mut text = format!("{}\n先做：{}", rule.why.trim(), rule.first_steps.trim());
        if let Some(call) = &rule.call {
            text = format!("{text}\n呼叫：{call}");
        }
        let id = format!("rule:{}", rule.id);
        let passage = Passage::of_rule(
            catalog,
            (&id, &rule.zh, "勿漏规则"),
            (text, rule.status),
            (&rule.sources, rule.conditions.clone()),
        );
        for condition in &rule.conditions {
            let entry = Entry { id: id.clone(), name: rule.zh.clone() };
            self.rules_of.entry(condition.clone()).or_default().push(entry);
        }
        self.rules.insert(id, passage);
    }

    fn add_rx_rule(&mut self, catalog: &Catalog, rule: &RxRule) {
        let mut text = rule.limit.why.trim().to_owned();
        if !rule.limit.instead.is_empty() {
            text = format!("{text}\n改用：{}", rule.limit.instead.trim());
        }
        let id = format!("rule:{}", rule.id);
        let named: Vec<&str> = rule
            .drugs
            .iter()
            .filter_map(|d| catalog.formulary.drug(d))
            .take(3)
            .map(|d| d.zh.as_str())
            .collect();
        let short: String = rule.limit.why.chars().take(16).collect();
        let name =
            if named.is_empty() { short } else { format!("{}：{short}", named.join("、")) };
        let sources = [rule.limit.source.clone()];
        let sources = if rule.limit.source.is_empty() { &[][..] } else { &sources[..] };
        let passage = Passage::of_rule(
            catalog,
            (&id, &name, "处方规则"),
            (text, rule.status),
            (sources, vec![]),
        );
        for drug in &rule.drugs {
            let entry = Entry { id: id.clone(), name: name.clone() };
            self.rules_of.entry(drug.clone()).or_default().push(entry);
        }
        self.rules.insert(id, passage);
    }

    /// Illnesses named in a folded text, each once, in the order met.
    pub fn conditions_in(&self, folded: &str) -> Vec<String> {
        self.named_in(folded)
            .into_iter()
            .filter_map(|named| match named {
                Named::Condition(n) => Some(self.conditions[n as usize].id.clone()),
                Named::Drug(_) => None,
            })
            .collect()
    }

    fn named_in(&self, folded: &str) -> Vec<Named> {
        let mut named = vec![];
        for found in self.automaton.find_iter(folded) {
            let this = self.of_pattern[found.pattern().as_usize()];
            if !named.contains(&this) {
                named.push(this);
            }
        }
        named
    }

    pub fn related(&self, passage: &Passage) -> Related {
        let mut related = Related::default();
        let add = |list: &mut Vec<Entry>, entry: Option<&Entry>| {
            if let Some(entry) = entry.filter(|e| e.id != passage.doc)
                && list.len() < MOST_OF_A_KIND
                && !list.contains(entry)
            {
                list.push(entry.clone());
            }
        };
        let drug = |id: &String| self.drug_ix.get(id).map(|n| &self.drugs[*n as usize]);
        for named in self.named_in(&fold(&passage.text)) {
            match named {
                Named::Condition(n) => {
                    add(&mut related.conditions, self.conditions.get(n as usize));
                }
                Named::Drug(n) => add(&mut related.drugs, self.drugs.get(n as usize)),
            }
        }
        for disease in &passage.diseases {
            let entry = self.condition_ix.get(disease).map(|n| &self.conditions[*n as usize]);
            add(&mut related.conditions, entry);
        }
        let listed = match passage.kind {
            Kind::Guideline => self.drugs_of_guideline.get(&passage.doc),
            Kind::Condition => self.drugs_of.get(&passage.doc),
            _ => None,
        };
        listed.into_iter().flatten().for_each(|id| add(&mut related.drugs, drug(id)));
        let about = std::iter::once(&passage.doc)
            .chain(related.conditions.iter().map(|e| &e.id))
            .chain(related.drugs.iter().map(|e| &e.id));
        let rules: Vec<&Entry> = about.filter_map(|id| self.rules_of.get(id)).flatten().collect();
        for rule in rules {
            add(&mut related.rules, Some(rule));
        }
        related
    }
}

impl SearchIndex {
    /// All paragraphs of one entry, as written: a guideline, an illness, a drug, a paper of the clinic, or `rule:ID`.
    pub fn entry(&self, id: &str) -> Vec<Hit> {
        if let Some(rule) = self.names.rules.get(id) {
            return vec![plain_hit(rule, self.names.related(rule))];
        }
        self.passages
            .iter()
            .filter(|p| p.doc == id)
            .map(|p| plain_hit(p, self.names.related(p)))
            .collect()
    }

    /// The paragraphs that a condition, a rule or an alert rests on, the nearest first.
    pub fn supporting(&self, what: &Support) -> Vec<Hit> {
        let mut cited: Vec<String> = vec![];
        let (first, wanted, words) = match what {
            Support::Condition(id) => {
                cited.extend(self.names.cited_by.get(id).into_iter().flatten().cloned());
                let name = self.names.condition_ix.get(id);
                let name = name.map_or("", |n| self.names.conditions[*n as usize].name.as_str());
                (None, vec![id.clone()], name.to_owned())
            }
            Support::Rule(id) => {
                let rule = self.names.rules.get(&format!("rule:{id}"));
                let about = rule.map(|r| r.diseases.clone()).unwrap_or_default();
                (rule, about, rule.map(|r| r.text.clone()).unwrap_or_default())
            }
            Support::Alert { rule, drugs, message } => {
                (self.names.rules.get(&format!("rule:{rule}")), drugs.clone(), message.clone())
            }
        };
        cited.extend(first.map(|rule| rule.source.clone()).filter(|s| !s.is_empty()));
        let words = pairs(&fold(&words));
        let mut ranked: Vec<(f32, usize)> = vec![];
        for (n, passage) in self.passages.iter().enumerate() {
            let own = wanted.contains(&passage.doc);
            let about = passage.diseases.iter().any(|d| wanted.contains(d));
            let cited = cited.contains(&passage.source);
            // A source is cited for many things: without the illness or the drug it is only a guess.
            if !own && !about && !(cited && first.is_some()) {
                continue;
            }
            // A guideline is what a condition rests on; its own entry only repeats it.
            let place = match (passage.kind, what) {
                (Kind::Guideline, _) if passage.newer_edition.is_some() => 0.6,
                (Kind::Guideline, Support::Condition(_)) => 1.0,
                (Kind::Guideline, _) => 0.7,
                (Kind::Local, _) => 0.8,
                (Kind::Condition | Kind::Drug, _) if own => 0.75,
                _ => 0.3,
            };
            let shared = shared(&words, &pairs(&passage.folded));
            let cited = if cited { 0.5 } else { 0.0 };
            let thin = if passage.diseases.len() > 4 && !own { 0.3 } else { 0.0 };
            let young = passage.year.map_or(0.0, |y| f32::from(y - 2000) / 200.0);
            let score = place + cited + 2.0 * shared + young - thin;
            if own || shared > 0.0 || cited > 0.0 {
                ranked.push((score, n));
            }
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut of_document: HashMap<&str, usize> = HashMap::new();
        ranked.retain(|(_, n)| {
            let shown = of_document.entry(&self.passages[*n].doc).or_default();
            *shown += 1;
            *shown <= MOST_OF_ONE_DOCUMENT
        });
        let mut hits: Vec<Hit> =
            first.map(|rule| plain_hit(rule, self.names.related(rule))).into_iter().collect();
        hits.extend(ranked.into_iter().take(MOST_SUPPORT).map(|(score, n)| {
            let passage = &self.passages[n];
            Hit { score, ..plain_hit(passage, self.names.related(passage)) }
        }));
        hits
    }
}

/// `nhc-hypertension-2025 第4章` -> `nhc-hypertension-2025`.
fn source_id(citation: &str) -> &str {
    citation.split([' ', '#', '：', ':']).next().unwrap_or(citation)
}

/// Pairs of neighbouring characters, for telling how much two texts share.
fn pairs(folded: &str) -> HashSet<(char, char)> {
    let chars: Vec<char> = folded.chars().collect();
    let word = |c: char| c.is_alphanumeric();
    chars.windows(2).filter(|w| word(w[0]) && word(w[1])).map(|w| (w[0], w[1])).collect()
}

/// Share of the first that stands in the second.
fn shared(wanted: &HashSet<(char, char)>, there: &HashSet<(char, char)>) -> f32 {
    if wanted.is_empty() {
        return 0.0;
    }
    wanted.intersection(there).count() as f32 / wanted.len() as f32
}
