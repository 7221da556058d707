//! One line as a doctor types it -> readings: what was understood, what is missing, what is ambiguous. Units are never guessed.
mod amount;
mod scan;
mod unit;

use super::{
    RxItem,
    name::{self, NameMatch, RxIndex},
    signa,
    units::{self, Measure},
};
use crate::domain::catalog::formulary::{Drug, Formulary};
use amount::Written;
use scan::Scan;
use unit::sensible_units;

/// A field of a prescription line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Drug,
    Strength,
    Dose,
    Unit,
    Route,
    Frequency,
    Days,
    Quantity,
    SkinTest,
    Solvent,
    Remark,
}

impl Part {
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Drug => "药品",
            Self::Strength => "规格",
            Self::Dose => "剂量",
            Self::Unit => "单位",
            Self::Route => "途径",
            Self::Frequency => "频次",
            Self::Days => "天数",
            Self::Quantity => "数量",
            Self::SkinTest => "皮试",
            Self::Solvent => "溶媒",
            Self::Remark => "备注",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    pub part: Part,
    pub typed: String,
    pub meaning: String,
}

/// One way to read a line.
#[derive(Clone, Debug, PartialEq)]
pub struct LineReading {
    pub item: RxItem,
    /// Generic name; the typed words when the drug is not known.
    pub name: String,
    pub how: NameMatch,
    pub understood: Vec<Understood>,
    pub missing: Vec<Part>,
    /// When the unit is missing: those that would make sense, likeliest first.
    pub unit_candidates: Vec<String>,
    pub left_over: Vec<String>,
}

impl LineReading {
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// One line for the preview.
    pub fn summary(&self) -> String {
        let mut parts =
            vec![self.item.drug.clone(), self.item.strength.clone(), self.item.directions()];
        if let Some(n) = self.item.quantity {
            parts.push(format!("共{}{}", units::plain(n), self.item.quantity_unit));
        }
        if !self.missing.is_empty() {
            let missing: Vec<&str> = self.missing.iter().map(|p| p.zh()).collect();
            parts.push(format!("〔缺：{}〕", missing.join("、")));
        }
        if !self.unit_candidates.is_empty() {
            parts.push(format!("〔单位？{}〕", self.unit_candidates.join(" / ")));
        }
        parts.retain(|p| !p.is_empty());
        parts.join(" ")
    }
}

const MOST_READINGS: usize = 5;
/// Longer input is a pasted page, not a line.
const LONGEST: usize = 300;

/// Readings of a typed line, best first, at most five; none for an empty line.
pub fn parse(index: &RxIndex, formulary: &Formulary, text: &str) -> Vec<LineReading> {
    let text: String = text
        .chars()
        .take(LONGEST)
        .map(units::half_width)
        .map(|c| if c.is_control() { ' ' } else { c })
        .flat_map(char::to_lowercase)
        .collect();
    let text = without_number(text.trim());
    if text.is_empty() {
        return vec![];
    }
    let head = Head::find(index, formulary, text);
    let scan = scan::scan(&head.rest);
    let mut readings = vec![];
    for (drug, how) in &head.drugs {
        readings.extend(read(formulary, *drug, *how, &head, &scan));
    }
    if head.drugs.is_empty() {
        readings.extend(read(formulary, None, NameMatch::Unknown, &head, &scan));
    }
    readings.truncate(MOST_READINGS);
    readings
}

/// `1. ` and `2、` before a line.
fn without_number(text: &str) -> &str {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == text.len() || text.len() - rest.len() > 2 {
        return text;
    }
    match rest
        .strip_prefix('、')
        .or_else(|| rest.strip_prefix(')'))
        .or_else(|| rest.strip_prefix(". "))
    {
        Some(after) => after.trim_start(),
        None => text,
    }
}

struct Head {
    drugs: Vec<(Option<usize>, NameMatch)>,
    /// As it will be printed when the drug is not known, and with its form words.
    typed: String,
    form: String,
    /// A herb (饮片): known, although no drug of the formulary.
    herb: bool,
    /// Everything but the name.
    rest: String,
}

/// Characters that count in a name, with the byte behind each in the text.
fn counted(text: &str) -> (String, Vec<usize>) {
    let mut plain = String::new();
    let mut ends = vec![];
    for (at, c) in text.char_indices() {
        let kept = name::plain_name(c.encode_utf8(&mut [0; 4]));
        for k in kept.chars() {
            plain.push(k);
            ends.push(at + c.len_utf8());
        }
    }
    (plain, ends)
}

type Found = (usize, Vec<(Option<usize>, NameMatch)>);

impl Head {
    fn find(index: &RxIndex, formulary: &Formulary, text: &str) -> Self {
        let end = end_of_unknown(text);
        if index.herb(&text[..end]).is_some_and(|h| !index.is_own_name(h)) {
            return Self {
                herb: true,
                ..Self::with("", text, end, vec![(None, NameMatch::Exact)])
            };
        }
        // 口服补液盐 is a name, 口服 alone is not.
        if let Some((end, drugs)) =
            named(index, formulary, text).filter(|(end, _)| *end > scan::word(text))
        {
            return Self::with("", text, end, drugs);
        }
        // The name may stand behind the directions: 5天 tid po 阿莫西林 0.5g.
        let words = text.char_indices().filter(|(at, c)| {
            *at > 0 && !c.is_whitespace() && text[..*at].ends_with(char::is_whitespace)
        });
        for (at, _) in words {
            let (before, here) = text.split_at(at);
            if let Some((end, drugs)) =
                named(index, formulary, here).filter(|(end, _)| *end > scan::word(here))
            {
                return Self::with(before, here, end, drugs);
            }
        }
        let candidates = index.candidates(formulary, &text[..end], MOST_READINGS);
        Self::with("", text, end, candidates.into_iter().map(|c| (Some(c.drug), c.how)).collect())
    }

    fn with(
        before: &str,
        text: &str,
        end: usize,
        mut drugs: Vec<(Option<usize>, NameMatch)>,
    ) -> Self {
        let form_end = end + name::skip_form(&text[end..]);
        let behind = &text[form_end..];
        let goes_on = behind.starts_with(|c: char| c.is_alphabetic() && !c.is_ascii())
            && scan::word(behind) == 0;
        if goes_on {
            // 阿司匹林维生素C is not plain 阿司匹林.
            for (_, how) in &mut drugs {
                *how = NameMatch::Fuzzy;
            }
        }
        Self {
            drugs,
            typed: text[..form_end].trim().to_owned(),
            form: text[end..form_end].trim().trim_matches(['(', ')']).to_owned(),
            herb: false,
            rest: format!("{before} {behind}"),
        }
    }
}

/// A drug named at the start of `text`, and where its name ends.
fn named(index: &RxIndex, formulary: &Formulary, text: &str) -> Option<Found> {
    let (plain, ends) = counted(text);
    // Bytes of `plain` -> bytes of `text`.
    let back = |bytes: usize| {
        plain[..bytes]
            .chars()
            .count()
            .checked_sub(1)
            .and_then(|n| ends.get(n))
            .copied()
            .unwrap_or(0)
    };
    let found = name::beginnings(&plain)
        .iter()
        .filter_map(|start| {
            index.leading_name(&plain[*start..]).map(|(len, drugs)| (start + len, drugs))
        })
        .max_by_key(|(end, _)| *end);
    let word_end = text
        .char_indices()
        .find(|(_, c)| !c.is_ascii_alphabetic())
        .map_or(text.len(), |(at, _)| at);
    if let Some((end, drugs)) = found {
        let end = back(end);
        // "am" typed on the way to "amxl" must not stop at a short Latin synonym.
        if end >= word_end {
            let how = exact_or_short(text, end);
            return Some((end, drugs.iter().map(|d| (Some(*d), how)).collect()));
        }
    }
    if word_end > 0 {
        let candidates = index.candidates(formulary, &text[..word_end], MOST_READINGS);
        if !candidates.is_empty() {
            return Some((
                word_end,
                candidates.into_iter().map(|c| (Some(c.drug), c.how)).collect(),
            ));
        }
    }
    None
}

fn exact_or_short(text: &str, end: usize) -> NameMatch {
    if text[..end].is_ascii() { NameMatch::Abbreviation } else { NameMatch::Exact }
}

/// Where an unknown Chinese name stops: at a blank, a digit, or a word of the directions.
fn end_of_unknown(text: &str) -> usize {
    for (at, c) in text.char_indices() {
        let rest = &text[at..];
        let word = at > 0
            && (signa::leading_frequency(rest).is_some()
                || signa::ROUTE_WORDS.iter().any(|(w, _)| !w.is_ascii() && rest.starts_with(w))
                || ["每次", "一次", "皮试"].iter().any(|w| rest.starts_with(w)));
        if at > 0 && (c.is_whitespace() || c.is_ascii_digit() || matches!(c, ',' | ';' | '×' | '*'))
            || word
        {
            return at;
        }
    }
    text.len()
}

/// The readings for one drug: two when `×28` may be days or pieces.
fn read(
    formulary: &Formulary,
    drug: Option<usize>,
    how: NameMatch,
    head: &Head,
    scan: &Scan,
) -> Vec<LineReading> {
    let drug = drug.and_then(|d| formulary.drugs.get(d));
    let reading = assemble(drug, how, head, scan);
    let Some(times) = scan.times.filter(|_| scan.quantity.is_none()) else { return vec![reading] };
    let typed = format!("×{}", units::plain(times));
    let mut as_quantity = reading.clone();
    as_quantity.item.quantity = Some(times);
    as_quantity.understood.push(Understood {
        part: Part::Quantity,
        typed: typed.clone(),
        meaning: format!("共{}（单位没写）", units::plain(times)),
    });
    if scan.days.is_some() || times.fract() != 0.0 || !(1.0..=180.0).contains(&times) {
        return vec![as_quantity];
    }
    let mut as_days = reading;
    as_days.item.days = Some(times as u32);
    as_days.missing.retain(|p| *p != Part::Days);
    as_days.understood.push(Understood {
        part: Part::Days,
        typed,
        meaning: format!("{}天", units::plain(times)),
    });
    vec![as_days, as_quantity]
}

fn assemble(drug: Option<&Drug>, how: NameMatch, head: &Head, scan: &Scan) -> LineReading {
    let mut understood: Vec<Understood> = scan
        .seen
        .iter()
        .map(|(part, typed, meaning)| Understood {
            part: *part,
            typed: typed.clone(),
            meaning: meaning.clone(),
        })
        .collect();
    let name = drug.map_or_else(|| head.typed.clone(), |d| d.zh.clone());
    understood.insert(
        0,
        Understood {
            part: Part::Drug,
            typed: head.typed.clone(),
            meaning: format!("{name}（{}）", how.zh()),
        },
    );
    let (strength, dose) = divide(&scan.amounts);
    let mut item = RxItem {
        drug: if head.form.is_empty() || drug.is_none() || name.ends_with(&head.form) {
            name.clone()
        } else {
            format!("{name}{}", head.form)
        },
        drug_id: drug.map(|d| d.id.clone()),
        strength: strength.map(|w| w.text.clone()).unwrap_or_default(),
        route: scan.route.clone(),
        frequency: scan.frequency.clone(),
        days: scan.days,
        skin_test: scan.skin_test,
        solvent: scan.solvent.clone(),
        remark: scan.remarks.join(" "),
        ..RxItem::default()
    };
    if let Some((n, unit)) = &scan.quantity {
        item.quantity = Some(*n);
        item.quantity_unit.clone_from(unit);
    }
    if let Some(strength) = strength {
        understood.push(Understood {
            part: Part::Strength,
            typed: strength.text.clone(),
            meaning: format!("规格 {}", strength.text),
        });
    }
    let mut unit_candidates = vec![];
    if let Some(dose) = dose {
        item.dose = Some(dose.value);
        item.dose_unit.clone_from(&dose.unit);
        let meaning = if dose.unit.is_empty() {
            unit_candidates = drug.map(|d| sensible_units(d, dose.value)).unwrap_or_default();
            format!("每次{}（单位没写）", units::plain(dose.value))
        } else {
            format!("每次{}{}", units::plain(dose.value), dose.unit)
        };
        understood.push(Understood { part: Part::Dose, typed: dose.text.clone(), meaning });
    }
    if item.route.is_empty()
        && let Some(route) = only_route(drug, &head.form)
    {
        understood.push(Understood {
            part: Part::Route,
            typed: String::new(),
            meaning: format!("{}（此药此剂型只有这一途径）", signa::route_zh(&route)),
        });
        item.route = route;
    }
    let mut missing = vec![];
    let mut need = |part: Part, absent: bool| {
        if absent {
            missing.push(part);
        }
    };
    let local = signa::is_local(&item.route);
    need(Part::Drug, drug.is_none() && !head.herb);
    need(Part::Dose, item.dose.is_none() && !local);
    need(Part::Unit, item.dose.is_some() && item.dose_unit.is_empty());
    need(Part::Route, item.route.is_empty());
    need(Part::Frequency, item.frequency.is_empty());
    need(Part::Days, item.days.is_none() && item.frequency != "once");
    LineReading {
        item,
        name,
        how,
        understood,
        missing,
        unit_candidates,
        left_over: scan.left_over.clone(),
    }
}

/// Of several amounts: what is printed on the box, and what is given at a time.
fn divide(amounts: &[Written]) -> (Option<&Written>, Option<&Written>) {
    let printed = amounts.iter().find(|w| w.printed);
    let open: Vec<&Written> = amounts.iter().filter(|w| !w.printed).collect();
    if let Some(marked) = open.iter().find(|w| w.marked) {
        return (
            printed.or_else(|| open.iter().copied().find(|w| !w.marked && !w.unit.is_empty())),
            Some(marked),
        );
    }
    let measure = |w: &Written| units::unit(&w.unit).map(|(m, _)| m);
    match open.as_slice() {
        [] => (printed, None),
        [one] => (printed, Some(one)),
        [first, second, ..] if printed.is_none() => {
            let pieces =
                measure(second) == Some(Measure::Count) || measure(second) == Some(Measure::Volume);
            let mass = |w: &Written| matches!(measure(w), Some(Measure::Mass | Measure::Units));
            if measure(first) == Some(Measure::Count) && mass(second) {
                (Some(second), Some(first))
            } else if mass(first) && (pieces || mass(second)) {
                (Some(first), Some(second))
            } else {
                (None, Some(first))
            }
        }
        [first, ..] => (printed, Some(first)),
    }
}

/// The route, when drug and form leave only one.
fn only_route(drug: Option<&Drug>, form: &str) -> Option<String> {
    let drug = drug?;
    if let [only] = drug.routes.as_slice() {
        return Some(only.clone());
    }
    let made_for = super::order::route_of_form(form);
    (!made_for.is_empty() && made_for != "injection" && drug.routes.iter().any(|r| r == made_for))
        .then(|| made_for.to_owned())
}
